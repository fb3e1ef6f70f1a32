//! Nodes in a table. Models printers.go printNode (v1.36)

use serde_json::Value;

use super::{age, name_cell};
use crate::tree::{entries, list, text, truth};

pub(super) const TITLES: &[&str] = &[
    "NAME",
    "STATUS",
    "ROLES",
    "AGE",
    "VERSION",
    "INTERNAL-IP",
    "EXTERNAL-IP",
    "OS-IMAGE",
    "KERNEL-VERSION",
    "CONTAINER-RUNTIME",
];

/// The node's roles, from its labels.
pub(crate) fn roles(node: &Value) -> String {
    // Labels come in the order of their keys; the roles are ordered anew, because two labels can name one.
    let mut roles: Vec<&str> = Vec::new();
    for (key, value) in entries(node, "metadata.labels") {
        let value = value.as_str().unwrap_or("");
        let role = match key.strip_prefix("node-role.kubernetes.io/") {
            Some(role) => role,
            None if key == "kubernetes.io/role" => value,
            None => "",
        };
        if !role.is_empty() && !roles.contains(&role) {
            roles.push(role);
        }
    }
    crate::sort::by_text(&mut roles, |role| role);
    if roles.is_empty() { "<none>".to_string() } else { roles.join(",") }
}

fn address<'a>(node: &'a Value, type_: &str) -> &'a str {
    list(node, "status.addresses")
        .iter()
        .find(|address| text(address, "type") == type_)
        .map_or("<none>", |address| text(address, "address"))
}

pub(super) fn cells(node: &Value, now: i64) -> Vec<Value> {
    let ready = list(node, "status.conditions").iter().rev().find(|c| text(c, "type") == "Ready");
    let mut status = match ready.map(|condition| text(condition, "status")) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }
    .to_string();
    if truth(node, "spec.unschedulable") {
        status.push_str(",SchedulingDisabled");
    }
    let info = |field: &str| match text(node, &format!("status.nodeInfo.{field}")) {
        "" => "<unknown>".to_string(),
        value => value.to_string(),
    };
    let mut kernel = info("kernelVersion");
    let architecture = text(node, "status.nodeInfo.architecture");
    if !architecture.is_empty() {
        kernel = format!("{kernel} ({architecture})");
    }
    vec![
        name_cell(node),
        status.into(),
        roles(node).into(),
        age(node, now),
        text(node, "status.nodeInfo.kubeletVersion").into(),
        address(node, "InternalIP").into(),
        address(node, "ExternalIP").into(),
        info("osImage").into(),
        kernel.into(),
        info("containerRuntimeVersion").into(),
    ]
}
