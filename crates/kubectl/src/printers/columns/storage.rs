//! Volumes, claims and storage classes in a table.

use serde_json::Value;

use super::{age, name_cell};
use crate::tree::{at, has, list, text, truth};

pub(super) const VOLUME: &[&str] = &[
    "NAME",
    "CAPACITY",
    "ACCESS MODES",
    "RECLAIM POLICY",
    "STATUS",
    "CLAIM",
    "STORAGECLASS",
    "VOLUMEATTRIBUTESCLASS",
    "REASON",
    "AGE",
    "VOLUMEMODE",
];
pub(super) const CLAIM: &[&str] = &[
    "NAME",
    "STATUS",
    "VOLUME",
    "CAPACITY",
    "ACCESS MODES",
    "STORAGECLASS",
    "VOLUMEATTRIBUTESCLASS",
    "AGE",
    "VOLUMEMODE",
];
pub(super) const CLASS: &[&str] =
    &["NAME", "PROVISIONER", "RECLAIMPOLICY", "VOLUMEBINDINGMODE", "ALLOWVOLUMEEXPANSION", "AGE"];

/// `RWO,ROX`: the access modes in Kubernetes's order, each once.
/// Models pkg/apis/core/helper.GetAccessModesAsString (v1.36)
pub(crate) fn access_modes(modes: &[Value]) -> String {
    [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ]
    .iter()
    .filter(|(mode, _)| modes.iter().any(|m| m.as_str() == Some(mode)))
    .map(|(_, short)| *short)
    .collect::<Vec<_>>()
    .join(",")
}

fn or_unset(object: &Value, path: &str) -> Value {
    if has(object, path) { text(object, path).into() } else { "<unset>".into() }
}

fn phase(object: &Value) -> Value {
    if has(object, "metadata.deletionTimestamp") {
        "Terminating".into()
    } else {
        text(object, "status.phase").into()
    }
}

/// Models printers.go printPersistentVolume (v1.36)
pub(super) fn volume(object: &Value, now: i64) -> Vec<Value> {
    let claim = at(object, "spec.claimRef");
    let claim = if claim.is_null() {
        String::new()
    } else {
        format!("{}/{}", text(claim, "namespace"), text(claim, "name"))
    };
    vec![
        name_cell(object),
        text(object, "spec.capacity.storage").into(),
        access_modes(list(object, "spec.accessModes")).into(),
        text(object, "spec.persistentVolumeReclaimPolicy").into(),
        phase(object),
        claim.into(),
        text(object, "spec.storageClassName").into(),
        or_unset(object, "spec.volumeAttributesClassName"),
        text(object, "status.reason").into(),
        age(object, now),
        or_unset(object, "spec.volumeMode"),
    ]
}

/// Models printers.go printPersistentVolumeClaim (v1.36)
pub(super) fn claim(object: &Value, now: i64) -> Vec<Value> {
    let bound = !text(object, "spec.volumeName").is_empty();
    let modes = if bound { access_modes(list(object, "status.accessModes")) } else { String::new() };
    let capacity = match (bound, text(object, "status.capacity.storage")) {
        (false, _) => "",
        (true, "") => "0",
        (true, capacity) => capacity,
    };
    vec![
        name_cell(object),
        phase(object),
        text(object, "spec.volumeName").into(),
        capacity.into(),
        modes.into(),
        text(object, "spec.storageClassName").into(),
        or_unset(object, "spec.volumeAttributesClassName"),
        age(object, now),
        or_unset(object, "spec.volumeMode"),
    ]
}

/// Models printers.go printStorageClass (v1.36)
pub(super) fn class(object: &Value, now: i64) -> Vec<Value> {
    let annotations = at(object, "metadata.annotations");
    let default = annotations
        .get("storageclass.kubernetes.io/is-default-class")
        .is_some_and(|value| value.as_str() == Some("true"));
    let or = |path: &str, default: &str| match text(object, path) {
        "" => Value::from(default),
        value => Value::from(value),
    };
    let suffix = if default { " (default)" } else { "" };
    vec![
        format!("{}{suffix}", text(object, "metadata.name")).into(),
        text(object, "provisioner").into(),
        or("reclaimPolicy", "Delete"),
        or("volumeBindingMode", "Immediate"),
        truth(object, "allowVolumeExpansion").into(),
        age(object, now),
    ]
}
