//! Service accounts, roles and their bindings.
//! Models describe.go describeServiceAccount, RoleDescriber, RoleBindingDescriber (v1.36)

use serde_json::Value;

use super::Page;
use crate::rbac;
use crate::tree::{at, list, name, text};

pub(super) fn service_account(page: &mut Page, object: &Value) {
    page.head(object);
    page.labels("Labels", at(object, "metadata.labels"));
    page.annotations(object);
    let secrets = list(object, "imagePullSecrets");
    page.multiline("Image pull secrets", secrets.iter().map(name_of));
}

fn name_of(reference: &Value) -> String {
    text(reference, "name").to_string()
}

fn role_head(page: &mut Page, object: &Value) {
    page.field(0, "Name", name(object));
    page.labels("Labels", at(object, "metadata.labels"));
    page.annotations(object);
}

pub(super) fn role(page: &mut Page, object: &Value) {
    role_head(page, object);
    page.line(0, "PolicyRule:");
    page.line(1, "Resources\tNon-Resource URLs\tResource Names\tVerbs");
    page.line(1, "---------\t-----------------\t--------------\t-----");
    rbac::rows(list(object, "rules")).lines().for_each(|row| page.line(1, row));
}

pub(super) fn binding(page: &mut Page, object: &Value) {
    role_head(page, object);
    page.line(0, "Role:");
    page.field(1, "Kind", text(object, "roleRef.kind"));
    page.field(1, "Name", text(object, "roleRef.name"));
    page.line(0, "Subjects:");
    page.line(1, "Kind\tName\tNamespace");
    page.line(1, "----\t----\t---------");
    for subject in list(object, "subjects") {
        let (kind, namespace) = (text(subject, "kind"), text(subject, "namespace"));
        page.line(1, format!("{kind}\t{}\t{namespace}", name_of(subject)));
    }
}
