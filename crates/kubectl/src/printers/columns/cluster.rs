//! Small kinds in a table: namespaces, classes, leases, and those with no columns of their own.

use serde_json::Value;

use super::{age, name_cell};
use crate::tree::{int, text, truth};

pub(super) fn name_and_age(object: &Value, now: i64) -> Vec<Value> {
    vec![name_cell(object), age(object, now)]
}

pub(super) fn created_at(object: &Value, _now: i64) -> Vec<Value> {
    vec![name_cell(object), text(object, "metadata.creationTimestamp").into()]
}

pub(super) fn namespace(object: &Value, now: i64) -> Vec<Value> {
    vec![name_cell(object), text(object, "status.phase").into(), age(object, now)]
}

/// Models printers.go printPriorityClass (v1.36)
pub(super) fn priority(object: &Value, now: i64) -> Vec<Value> {
    vec![
        name_cell(object),
        int(object, "value").into(),
        truth(object, "globalDefault").into(),
        age(object, now),
        text(object, "preemptionPolicy").into(),
    ]
}

pub(super) fn runtime_class(object: &Value, now: i64) -> Vec<Value> {
    vec![name_cell(object), text(object, "handler").into(), age(object, now)]
}

pub(super) fn lease(object: &Value, now: i64) -> Vec<Value> {
    vec![name_cell(object), text(object, "spec.holderIdentity").into(), age(object, now)]
}
