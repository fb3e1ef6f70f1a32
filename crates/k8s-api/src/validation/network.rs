//! Network policies, classes of Ingresses, endpoints.
//! Models pkg/apis/{networking,discovery}/validation/validation.go (v1.36)

use serde_json::Value;

use crate::intstr::IntOrString;
use crate::meta::LabelSelector;
use crate::record::Load;
use crate::small::Names;

use super::container::port_number_or_name;
use super::field::{ErrorList, Path};
use super::{choice, ips, list, meta, names, path_segment, text};

const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];

/// Models ValidateNetworkPolicySpec; ranges that the policy had before may be wrong
pub(super) fn policy(spec: &Value, old: Option<&Value>, errors: &mut ErrorList) {
    let path = Path::new("spec");
    selector(&spec["podSelector"], &path.child("podSelector"), errors);
    let known = old.map(ranges).unwrap_or_default();
    for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
        for (i, rule) in list(spec, rules).iter().enumerate() {
            let path = path.child(rules).index(i);
            for (j, port) in list(rule, "ports").iter().enumerate() {
                self::port(port, &path.child("ports").index(j), errors);
            }
            for (j, one) in list(rule, peers).iter().enumerate() {
                peer(one, &known, &path.child(peers).index(j), errors);
            }
        }
    }
    let types = list(spec, "policyTypes");
    let path = path.child("policyTypes");
    if types.len() > 2 {
        errors.invalid(&path, &spec["policyTypes"], "may not specify more than two policyTypes");
        return;
    }
    for (i, kind) in types.iter().enumerate() {
        choice(kind.as_str().unwrap_or(""), &path.index(i), &["Ingress", "Egress"], errors);
    }
}

/// The ranges of addresses in a policy.
fn ranges(spec: &Value) -> Names {
    let mut ranges = Names::default();
    for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
        for peer in list(spec, rules).iter().flat_map(|rule| list(rule, peers)) {
            let block = &peer["ipBlock"];
            for range in list(block, "except").iter().chain([&block["cidr"]]) {
                ranges.insert(range.as_str().unwrap_or(""));
            }
        }
    }
    ranges
}

fn selector(selector: &Value, path: &Path, errors: &mut ErrorList) {
    meta::label_selector(&LabelSelector::from_value(selector), path, errors);
}

/// Models ValidateNetworkPolicyPort
fn port(port: &Value, path: &Path, errors: &mut ErrorList) {
    if let Some(protocol) = port["protocol"].as_str() {
        choice(protocol, &path.child("protocol"), &PROTOCOLS, errors);
    }
    let (path_port, path_end) = (path.child("port"), path.child("endPort"));
    let end = port["endPort"].as_i64();
    let mut own = IntOrString::default();
    own.load(&port["port"]);
    match (port["port"].as_i64(), end) {
        (Some(first), end) => {
            port_number_or_name(&own, &path_port, errors);
            if end.is_some_and(|end| end < first) {
                errors.invalid(&path_end, first, "must be greater than or equal to `port`");
            }
            for message in end.map(names::port_number).unwrap_or_default() {
                errors.invalid(&path_end, end.unwrap_or(0), &message);
            }
        }
        (None, end) => {
            let given = port["port"].is_string();
            if let Some(end) = end {
                let words = if given { "non-numeric" } else { "not specified" };
                errors.invalid(&path_end, end, &format!("may not be specified when `port` is {words}"));
            }
            if given {
                port_number_or_name(&own, &path_port, errors);
            }
        }
    }
}

/// Models ValidateNetworkPolicyPeer
fn peer(peer: &Value, known: &Names, path: &Path, errors: &mut ErrorList) {
    let mut count = 0;
    for field in ["podSelector", "namespaceSelector"] {
        if peer[field].is_object() {
            count += 1;
            selector(&peer[field], &path.child(field), errors);
        }
    }
    let block = &peer["ipBlock"];
    if block.is_object() {
        count += 1;
        ip_block(block, known, &path.child("ipBlock"), errors);
    }
    if count == 0 {
        errors.required(path, "must specify a peer");
    } else if count > 1 && block.is_object() {
        errors.forbidden(path, "may not specify both ipBlock and another peer");
    }
}

/// Models ValidateIPBlock
fn ip_block(block: &Value, known: &Names, path: &Path, errors: &mut ErrorList) {
    let cidr = text(block, "cidr");
    if cidr.is_empty() {
        errors.required(&path.child("cidr"), "");
        return;
    }
    if !known.contains(cidr) {
        ips::cidr(cidr, &path.child("cidr"), errors);
    }
    let Some(whole) = ips::Range::parse(cidr) else { return };
    for (i, except) in list(block, "except").iter().enumerate() {
        let (except, path) = (except.as_str().unwrap_or(""), path.child("except").index(i));
        if !known.contains(except) {
            ips::cidr(except, &path, errors);
        }
        if ips::Range::parse(except).is_some_and(|except| !whole.is_strictly_wider(&except)) {
            errors.invalid(&path, except, "must be a strict subset of `cidr`");
        }
    }
}

/// Models validateIngressClassSpec
pub(super) fn ingress_class(spec: &Value, errors: &mut ErrorList) {
    let path = Path::new("spec");
    let controller = text(spec, "controller");
    if controller.len() > 250 {
        errors.too_long(&path.child("controller"), 250);
    }
    names::domain_prefixed_path(controller, &path.child("controller"), errors);
    let parameters = &spec["parameters"];
    if !parameters.is_object() {
        return;
    }
    let path = path.child("parameters");
    reference(parameters, &path, errors);
    let namespace = parameters["namespace"].as_str();
    let path_namespace = path.child("namespace");
    match (parameters["scope"].as_str(), namespace) {
        (None, _) => errors.required(&path.child("scope"), ""),
        (Some("Namespace"), None) => {
            errors.required(&path_namespace, "`parameters.scope` is set to 'Namespace'");
        }
        (Some("Namespace"), Some(namespace)) => {
            errors.check(&path_namespace, namespace, names::dns1123_label);
        }
        (Some("Cluster"), None) => {}
        (Some("Cluster"), Some(_)) => {
            errors.forbidden(&path_namespace, "`parameters.scope` is set to 'Cluster'");
        }
        (Some(other), _) => choice(other, &path.child("scope"), &["Cluster", "Namespace"], errors),
    }
}

/// Checks a reference to an object of any kind. Models validateIngressTypedLocalObjectReference
pub(super) fn reference(reference: &Value, path: &Path, errors: &mut ErrorList) {
    if let Some(group) = reference["apiGroup"].as_str() {
        errors.check(&path.child("apiGroup"), group, names::dns1123_subdomain);
    }
    for field in ["kind", "name"] {
        match text(reference, field) {
            "" => errors.required(&path.child(field), ""),
            value => errors.check(&path.child(field), value, path_segment),
        }
    }
}

/// Models validateEndpointSubsets of pkg/apis/core/validation
pub(super) fn endpoints(object: &Value, errors: &mut ErrorList) {
    for (i, subset) in list(object, "subsets").iter().enumerate() {
        let path = Path::new("subsets").index(i);
        let kinds = ["addresses", "notReadyAddresses"];
        if kinds.iter().all(|field| list(subset, field).is_empty()) {
            errors.required(&path, "must specify `addresses` or `notReadyAddresses`");
        }
        for field in kinds {
            for (j, address) in list(subset, field).iter().enumerate() {
                let path = path.child(field).index(j);
                let ip = text(address, "ip");
                ips::ip(ip, &path.child("ip"), errors);
                if !text(address, "hostname").is_empty() {
                    errors.check(&path.child("hostname"), text(address, "hostname"), names::dns1123_label);
                }
                if let Some(node) = address["nodeName"].as_str() {
                    errors.check(&path.child("nodeName"), node, names::dns1123_subdomain);
                }
                ips::endpoint_ip(ip, &path.child("ip"), errors);
            }
        }
        let ports = list(subset, "ports");
        for (j, port) in ports.iter().enumerate() {
            let path = path.child("ports").index(j);
            match text(port, "name") {
                "" if ports.len() > 1 => errors.required(&path.child("name"), ""),
                "" => {}
                name => errors.check(&path.child("name"), name, names::dns1123_label),
            }
            let number = port["port"].as_i64().unwrap_or(0);
            for message in names::port_number(number) {
                errors.invalid(&path.child("port"), number, &message);
            }
            protocol(port, &path, errors);
        }
    }
}

fn protocol(port: &Value, path: &Path, errors: &mut ErrorList) {
    match text(port, "protocol") {
        "" => errors.required(&path.child("protocol"), ""),
        other => choice(other, &path.child("protocol"), &["SCTP", "TCP", "UDP"], errors),
    }
    if let Some(protocol) = port["appProtocol"].as_str() {
        errors.check(&path.child("appProtocol"), protocol, names::qualified_name);
    }
}

/// Models ValidateEndpointSlice, without hints
pub(super) fn endpoint_slice(object: &Value, errors: &mut ErrorList) {
    let family = text(object, "addressType");
    match family {
        "" => errors.required(&Path::new("addressType"), ""),
        other => choice(other, &Path::new("addressType"), &["FQDN", "IPv4", "IPv6"], errors),
    }
    let mut seen = Names::default();
    for (i, port) in list(object, "ports").iter().enumerate() {
        let path = Path::new("ports").index(i);
        let name = text(port, "name");
        if !name.is_empty() {
            errors.check(&path.child("name"), name, names::dns1123_label);
        }
        if !seen.insert(name) {
            errors.duplicate(&path.child("name"), name);
        }
        protocol(port, &path, errors);
    }
    for (i, endpoint) in list(object, "endpoints").iter().enumerate() {
        let path = Path::new("endpoints").index(i);
        let addresses = list(endpoint, "addresses");
        let path_addresses = path.child("addresses");
        if addresses.is_empty() {
            errors.required(&path_addresses, "must contain at least 1 address");
        } else if addresses.len() > 100 {
            errors.too_many(&path_addresses, addresses.len(), 100);
        }
        for (j, address) in addresses.iter().enumerate() {
            let (address, path) = (address.as_str().unwrap_or(""), path_addresses.index(j));
            if matches!(family, "IPv4" | "IPv6") && ips::ip(address, &path, errors) {
                if ips::is_ipv6(address) != (family == "IPv6") {
                    errors.invalid(&path_addresses, address, &format!("must be an {family} address"));
                }
                ips::endpoint_ip(address, &path, errors);
            }
        }
        if let Some(node) = endpoint["nodeName"].as_str() {
            errors.check(&path.child("nodeName"), node, names::dns1123_subdomain);
        }
        if let Some(host) = endpoint["hostname"].as_str() {
            errors.check(&path.child("hostname"), host, names::dns1123_label);
        }
    }
}
