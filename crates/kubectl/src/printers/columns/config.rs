//! Configuration in a table.

use serde_json::Value;

use super::{age, name_cell};
use crate::tree::{entries, text};

/// Models printers.go printConfigMap (v1.36)
pub(super) fn config_map(object: &Value, now: i64) -> Vec<Value> {
    let count = entries(object, "data").count() + entries(object, "binaryData").count();
    vec![name_cell(object), count.into(), age(object, now)]
}

/// Models printers.go printSecret (v1.36)
pub(super) fn secret(object: &Value, now: i64) -> Vec<Value> {
    let count = entries(object, "data").count();
    vec![name_cell(object), text(object, "type").into(), count.into(), age(object, now)]
}

/// Models printers.go printResourceQuota (v1.36)
pub(super) fn resource_quota(object: &Value, now: i64) -> Vec<Value> {
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    for (resource, hard) in entries(object, "status.hard") {
        let used = entries(object, "status.used").find(|(name, _)| *name == resource);
        let used = used.and_then(|(_, value)| value.as_str()).unwrap_or("0");
        let column = if resource.starts_with("limits.") { &mut limits } else { &mut requests };
        column.push(format!("{resource}: {used}/{}", hard.as_str().unwrap_or("0")));
    }
    vec![name_cell(object), requests.join(", ").into(), limits.join(", ").into(), age(object, now)]
}
