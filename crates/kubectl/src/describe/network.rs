//! Ingresses, their classes, and network policies.
//! Models describe.go describeIngressV1, describeIngressClassV1, describeNetworkPolicy (v1.36)

use k8s_api::kind::by_kind;
use serde_json::Value;

use super::Page;
use super::service::{endpoint_slices, endpoints};
use crate::Api;
use crate::selector::format_label_selector;
use crate::targets;
use crate::tree::{at, has, int, list, name, namespace, plain, text};

pub(super) fn ingress(page: &mut Page, object: &Value, api: &mut dyn Api) {
    page.field(0, "Name", name(object));
    page.labels("Labels", at(object, "metadata.labels"));
    page.field(0, "Namespace", namespace(object));
    let addresses: Vec<&str> = list(object, "status.loadBalancer.ingress")
        .iter()
        .map(
            |ingress| {
                if text(ingress, "ip").is_empty() { text(ingress, "hostname") } else { text(ingress, "ip") }
            },
        )
        .collect();
    page.field(0, "Address", addresses.join(","));
    let class = text(object, "spec.ingressClassName");
    page.field(0, "Ingress Class", if class.is_empty() { "<none>" } else { class });
    let default = if has(object, "spec.defaultBackend") {
        backend(namespace(object), at(object, "spec.defaultBackend"), api)
    } else {
        "<default>".to_string()
    };
    page.field(0, "Default backend", &default);
    let tls = list(object, "spec.tls");
    if !tls.is_empty() {
        page.line(0, "TLS:");
    }
    for entry in tls {
        let hosts: Vec<String> = list(entry, "hosts").iter().map(plain).collect();
        let hosts = hosts.join(",");
        page.line(
            1,
            match text(entry, "secretName") {
                "" => format!("SNI routes {hosts}"),
                secret => format!("{secret} terminates {hosts}"),
            },
        );
    }
    page.line(0, "Rules:\n  Host\tPath\tBackends");
    page.line(1, "----\t----\t--------");
    let rules = list(object, "spec.rules");
    let mut rules = rules.iter().filter(|rule| has(rule, "http")).peekable();
    if rules.peek().is_none() {
        page.line(1, format!("*\t*\t{default}"));
    }
    for rule in rules {
        let host = text(rule, "host");
        page.line(1, format!("{}\t", if host.is_empty() { "*" } else { host }));
        for path in list(rule, "http.paths") {
            let backend = backend(namespace(object), at(path, "backend"), api);
            page.line(2, format!("\t{} \t{backend}", text(path, "path")));
        }
    }
    page.annotations(object);
}

/// `web:80 (10.244.0.14:80)`. Models describeBackendV1
fn backend(namespace: &str, backend: &Value, api: &mut dyn Api) -> String {
    if has(backend, "resource") {
        let group = text(backend, "resource.apiGroup");
        let group = if group.is_empty() { "<none>" } else { group };
        let (kind, name) = (text(backend, "resource.kind"), text(backend, "resource.name"));
        return format!("APIGroup: {group}, Kind: {kind}, Name: {name}");
    }
    let (service, port) = (text(backend, "service.name"), at(backend, "service.port"));
    let shown = match text(port, "name") {
        "" => int(port, "number").to_string(),
        name => name.to_string(),
    };
    let Some(services) = by_kind("Service") else { return String::new() };
    let found = match targets::get(api, services, namespace, service) {
        Ok(found) => found,
        Err(status) => return format!("{service}:{shown} (<error: {}>)", status.message),
    };
    let named = list(&found, "spec.ports").iter().find(|other| {
        let number = int(port, "number");
        if number != 0 { int(other, "port") == number } else { text(other, "name") == text(port, "name") }
    });
    let slices = endpoint_slices(&found, api);
    format!("{service}:{shown} ({})", endpoints(&slices, named.map_or("", |port| text(port, "name"))))
}

pub(super) fn ingress_class(page: &mut Page, object: &Value) {
    page.field(0, "Name", name(object));
    page.labels("Labels", at(object, "metadata.labels"));
    page.annotations(object);
    page.field(0, "Controller", text(object, "spec.controller"));
    if has(object, "spec.parameters") {
        page.line(0, "Parameters:");
        if has(object, "spec.parameters.apiGroup") {
            page.field(1, "APIGroup", text(object, "spec.parameters.apiGroup"));
        }
        page.field(1, "Kind", text(object, "spec.parameters.kind"));
        page.field(1, "Name", text(object, "spec.parameters.name"));
    }
}

pub(super) fn policy(page: &mut Page, object: &Value) {
    page.head(object);
    let created = text(object, "metadata.creationTimestamp").replace('T', " ").replace('Z', " +0000 UTC");
    page.field(0, "Created on", created);
    page.labels("Labels", at(object, "metadata.labels"));
    page.annotations(object);
    page.line(0, "Spec:");
    let selector = at(object, "spec.podSelector");
    let selected = if selector.as_object().is_none_or(serde_json::Map::is_empty) {
        "<none> (Allowing the specific traffic to all pods in this namespace)".to_string()
    } else {
        format_label_selector(selector)
    };
    page.line(1, format!("PodSelector:     {selected}"));
    let types: Vec<String> = list(object, "spec.policyTypes").iter().map(plain).collect();
    let has_type = |wanted: &str| types.iter().any(|type_| type_ == wanted);
    let directions = [
        ("ingress", has_type("Ingress") || types.is_empty()),
        ("egress", has_type("Egress") || (types.is_empty() && has(object, "spec.egress"))),
    ];
    for (direction, enabled) in directions {
        if enabled {
            page.line(1, format!("Allowing {direction} traffic:"));
            rules(page, list(object, &format!("spec.{direction}")), direction);
        } else {
            page.line(1, format!("Not affecting {direction} traffic"));
        }
    }
    page.line(
        1,
        format!("Policy Types: {}", if types.is_empty() { "<none>".into() } else { types.join(", ") }),
    );
}

/// Models printNetworkPolicySpecIngressFrom and printNetworkPolicySpecEgressTo
fn rules(page: &mut Page, rules: &[Value], direction: &str) {
    let (peers, word, end) = match direction {
        "ingress" => ("from", "From", "source"),
        _ => ("to", "To", "destination"),
    };
    if rules.is_empty() {
        page.line(2, format!("<none> (Selected pods are isolated for {direction} connectivity)"));
    }
    for (i, rule) in rules.iter().enumerate() {
        if list(rule, "ports").is_empty() {
            page.line(2, "To Port: <any> (traffic allowed to all ports)");
        }
        for port in list(rule, "ports") {
            let protocol = text(port, "protocol");
            let protocol = if protocol.is_empty() { "TCP" } else { protocol };
            let number = if has(port, "port") { plain(at(port, "port")) } else { "<nil>".to_string() };
            page.line(
                2,
                match int(port, "endPort") {
                    0 => format!("To Port: {number}/{protocol}"),
                    last => format!("To Port Range: {number}-{last}/{protocol}"),
                },
            );
        }
        if list(rule, peers).is_empty() {
            page.line(2, format!("{word}: <any> (traffic not restricted by {end})"));
        }
        for peer in list(rule, peers) {
            page.line(2, format!("{word}:"));
            for (title, field) in [("NamespaceSelector", "namespaceSelector"), ("PodSelector", "podSelector")]
            {
                if has(peer, field) {
                    page.line(3, format!("{title}: {}", format_label_selector(at(peer, field))));
                }
            }
            if has(peer, "ipBlock") && !has(peer, "podSelector") && !has(peer, "namespaceSelector") {
                let except: Vec<String> = list(peer, "ipBlock.except").iter().map(plain).collect();
                page.line(3, "IPBlock:");
                page.line(4, format!("CIDR: {}", text(peer, "ipBlock.cidr")));
                page.line(4, format!("Except: {}", except.join(", ")));
            }
        }
        if i + 1 != rules.len() {
            page.line(2, "----------");
        }
    }
}
