//! Role bindings in a table.

use serde_json::Value;

use super::{age, name_cell};
use crate::tree::{list, text};

pub(super) const BINDING: &[&str] = &["NAME", "ROLE", "AGE", "USERS", "GROUPS", "SERVICEACCOUNTS"];

/// The names of the subjects of one kind. Models printers.go rbac.SubjectsStrings (v1.36)
pub(crate) fn subjects(object: &Value, kind: &str) -> String {
    let names: Vec<String> = list(object, "subjects")
        .iter()
        .filter(|subject| text(subject, "kind") == kind)
        .map(|subject| match kind {
            "ServiceAccount" => format!("{}/{}", text(subject, "namespace"), text(subject, "name")),
            _ => text(subject, "name").to_string(),
        })
        .collect();
    names.join(", ")
}

/// Models printers.go printRoleBinding, printClusterRoleBinding (v1.36)
pub(super) fn binding(object: &Value, now: i64) -> Vec<Value> {
    vec![
        name_cell(object),
        format!("{}/{}", text(object, "roleRef.kind"), text(object, "roleRef.name")).into(),
        age(object, now),
        subjects(object, "User").into(),
        subjects(object, "Group").into(),
        subjects(object, "ServiceAccount").into(),
    ]
}
