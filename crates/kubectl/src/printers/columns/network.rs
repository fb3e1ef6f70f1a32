//! Services, endpoints, ingresses and policies in a table.

use serde_json::Value;

use super::{age, first_three, name_cell, or_none};
use crate::selector::{format_label_selector, format_labels};
use crate::tree::{at, has, int, list, plain, text};

pub(super) const SERVICE: &[&str] =
    &["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE", "SELECTOR"];

/// Addresses of a load balancer, sorted, each once.
fn load_balancer(object: &Value) -> Vec<String> {
    let mut addresses: Vec<String> = list(object, "status.loadBalancer.ingress")
        .iter()
        .map(|ingress| match text(ingress, "ip") {
            "" => text(ingress, "hostname").to_string(),
            ip => ip.to_string(),
        })
        .filter(|address| !address.is_empty())
        .collect();
    crate::sort::by_text(&mut addresses, |address| address);
    addresses.dedup();
    addresses
}

/// Addresses in 16 characters, unless there is room for all of them.
/// Models printers.go loadBalancerStatusStringer (v1.36)
fn clipped(addresses: &str, wide: bool) -> String {
    const WIDTH: usize = 16;
    match addresses.char_indices().nth(WIDTH - 3) {
        Some((at, _)) if !wide && addresses.len() > WIDTH => format!("{}...", &addresses[..at]),
        _ => addresses.to_string(),
    }
}

/// Models printers.go getServiceExternalIP (v1.36)
fn external_ip(service: &Value, wide: bool) -> String {
    let external: Vec<String> = list(service, "spec.externalIPs").iter().map(plain).collect();
    match text(service, "spec.type") {
        "ClusterIP" | "NodePort" => {
            if external.is_empty() {
                "<none>".to_string()
            } else {
                external.join(",")
            }
        }
        "LoadBalancer" => {
            let balancer = clipped(&load_balancer(service).join(","), wide);
            let addresses: Vec<String> =
                std::iter::once(balancer).filter(|text| !text.is_empty()).chain(external).collect();
            if addresses.is_empty() { "<pending>".to_string() } else { addresses.join(",") }
        }
        "ExternalName" => text(service, "spec.externalName").to_string(),
        _ => "<unknown>".to_string(),
    }
}

pub(super) fn service(object: &Value, now: i64) -> Vec<Value> {
    service_row(object, now, false)
}

/// Models printers.go printService (v1.36)
pub(super) fn service_row(object: &Value, now: i64, wide: bool) -> Vec<Value> {
    let ports: Vec<String> = list(object, "spec.ports")
        .iter()
        .map(|port| {
            let (number, node_port, protocol) =
                (int(port, "port"), int(port, "nodePort"), text(port, "protocol"));
            if node_port > 0 {
                format!("{number}:{node_port}/{protocol}")
            } else {
                format!("{number}/{protocol}")
            }
        })
        .collect();
    let ip = list(object, "spec.clusterIPs").first().and_then(Value::as_str).unwrap_or("");
    vec![
        name_cell(object),
        text(object, "spec.type").into(),
        or_none(ip),
        external_ip(object, wide).into(),
        or_none(&ports.join(",")),
        age(object, now),
        format_labels(at(object, "spec.selector")).into(),
    ]
}

/// Models printers.go formatEndpoints (v1.36)
pub(super) fn endpoints(object: &Value, now: i64) -> Vec<Value> {
    let mut addresses = Vec::new();
    for subset in list(object, "subsets") {
        let ips = || list(subset, "addresses").iter().map(|address| text(address, "ip"));
        if list(subset, "ports").is_empty() {
            addresses.extend(ips().map(str::to_string));
        }
        for port in list(subset, "ports") {
            addresses.extend(ips().map(|ip| format!("{ip}:{}", int(port, "port"))));
        }
    }
    vec![name_cell(object), or_none(&first_three(&addresses)), age(object, now)]
}

fn or_unset(items: &[String]) -> Value {
    let joined = first_three(items);
    if joined.is_empty() { "<unset>".into() } else { joined.into() }
}

/// Models printers.go printEndpointSlice (v1.36)
pub(super) fn endpoint_slice(object: &Value, now: i64) -> Vec<Value> {
    let ports: Vec<String> = list(object, "ports")
        .iter()
        .map(|port| {
            if has(port, "port") {
                int(port, "port").to_string()
            } else if has(port, "name") {
                text(port, "name").to_string()
            } else {
                "*".to_string()
            }
        })
        .collect();
    let addresses: Vec<String> = list(object, "endpoints")
        .iter()
        .flat_map(|endpoint| list(endpoint, "addresses"))
        .map(plain)
        .collect();
    vec![
        name_cell(object),
        text(object, "addressType").into(),
        or_unset(&ports),
        or_unset(&addresses),
        age(object, now),
    ]
}

/// Models printers.go formatHosts (v1.36)
fn hosts(rules: &[Value]) -> String {
    const MAX: usize = 3;
    let mut hosts = Vec::new();
    let mut more = false;
    for rule in rules {
        more |= hosts.len() == MAX;
        if !more && !text(rule, "host").is_empty() {
            hosts.push(text(rule, "host"));
        }
    }
    if hosts.is_empty() {
        "*".to_string()
    } else if more {
        format!("{} + {} more...", hosts.join(","), rules.len() - MAX)
    } else {
        hosts.join(",")
    }
}

pub(super) fn ingress(object: &Value, now: i64) -> Vec<Value> {
    ingress_row(object, now, false)
}

/// Models printers.go printIngress (v1.36)
pub(super) fn ingress_row(object: &Value, now: i64, wide: bool) -> Vec<Value> {
    let ports = if list(object, "spec.tls").is_empty() { "80" } else { "80, 443" };
    vec![
        name_cell(object),
        or_none(text(object, "spec.ingressClassName")),
        hosts(list(object, "spec.rules")).into(),
        clipped(&load_balancer(object).join(","), wide).into(),
        ports.into(),
        age(object, now),
    ]
}

/// Models printers.go printIngressClass (v1.36)
pub(super) fn ingress_class(object: &Value, now: i64) -> Vec<Value> {
    let parameters = at(object, "spec.parameters");
    let parameters = match (text(parameters, "kind"), text(parameters, "apiGroup")) {
        ("", _) => "<none>".to_string(),
        (kind, "") => format!("{kind}/{}", text(parameters, "name")),
        (kind, group) => format!("{kind}.{group}/{}", text(parameters, "name")),
    };
    vec![name_cell(object), text(object, "spec.controller").into(), parameters.into(), age(object, now)]
}

/// Models printers.go printNetworkPolicy (v1.36)
pub(super) fn network_policy(object: &Value, now: i64) -> Vec<Value> {
    vec![name_cell(object), format_label_selector(at(object, "spec.podSelector")).into(), age(object, now)]
}
