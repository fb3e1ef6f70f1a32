//! Services.
//! Models pkg/apis/core/validation/validation.go (v1.36)

use serde_json::{Value, json};

use crate::core::{Service, ServicePort, ServiceSpec};
use crate::small::Names;

use super::container::port_number_or_name;
use super::field::{ErrorList, Path};
use super::{meta, names, pod};

/// Models validateService
pub(super) fn service(service: &Service, errors: &mut ErrorList) {
    let spec = &service.spec;
    let path = Path::new("spec");
    let headless = spec.cluster_ip == "None";
    let kind = spec.type_.as_str();
    if spec.ports.is_empty() && !headless && kind != "ExternalName" {
        errors.required(&path.child("ports"), "");
    }
    match kind {
        "LoadBalancer" | "NodePort" if headless => {
            let words = format!("may not be set to 'None' for {kind} services");
            errors.invalid(&path.child("clusterIPs").index(0), "None", &words);
        }
        "ExternalName" => external_name(spec, &path, errors),
        _ => {}
    }
    let mut seen = Names::default();
    for (i, port) in spec.ports.iter().enumerate() {
        self::port(port, spec.ports.len() > 1, &mut seen, &path.child("ports").index(i), errors);
    }
    meta::labels(&spec.selector, &path.child("selector"), errors);
    affinity(spec, &path, errors);
    for (i, address) in spec.external_ips.iter().enumerate() {
        pod::ip(address, &path.child("externalIPs").index(i), errors);
    }
    match kind {
        "ClusterIP" | "ExternalName" | "LoadBalancer" | "NodePort" => {}
        "" => errors.required(&path.child("type"), ""),
        other => {
            let valid = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
            errors.not_supported(&path.child("type"), other, &valid);
        }
    }
    ports(spec, &path, errors);
    let may = |field: &str, errors: &mut ErrorList| {
        errors.forbidden(&path.child(field), "may only be used when `type` is 'LoadBalancer'");
    };
    if kind != "LoadBalancer" {
        if !spec.load_balancer_source_ranges.is_empty() {
            may("LoadBalancerSourceRanges", errors);
        }
        if spec.allocate_load_balancer_node_ports.is_some() {
            may("allocateLoadBalancerNodePorts", errors);
        }
        if spec.load_balancer_class.is_some() {
            may("loadBalancerClass", errors);
        }
    }
    policies(spec, &path, errors);
}

fn external_name(spec: &ServiceSpec, path: &Path, errors: &mut ErrorList) {
    const WORDS: &str = "may not be set for ExternalName services";
    if !spec.cluster_ips.is_empty() || !spec.cluster_ip.is_empty() {
        errors.forbidden(&path.child("clusterIPs"), WORDS);
    }
    if !spec.ip_families.is_empty() {
        errors.forbidden(&path.child("ipFamilies"), WORDS);
    }
    if spec.ip_family_policy.is_some() {
        errors.forbidden(&path.child("ipFamilyPolicy"), WORDS);
    }
    let path = path.child("externalName");
    let name = spec.external_name.strip_suffix('.').unwrap_or(&spec.external_name);
    if name.is_empty() {
        errors.required(&path, "");
    } else {
        errors.check(&path, name, names::dns1123_subdomain);
    }
}

fn port(port: &ServicePort, named: bool, seen: &mut Names, path: &Path, errors: &mut ErrorList) {
    if named && port.name.is_empty() {
        errors.required(&path.child("name"), "");
    } else if !port.name.is_empty() {
        errors.check(&path.child("name"), &port.name, names::dns1123_label);
        if !seen.insert(&port.name) {
            errors.duplicate(&path.child("name"), &port.name);
        }
    }
    for message in names::port_number(i64::from(port.port)) {
        errors.invalid(&path.child("port"), port.port, &message);
    }
    match port.protocol.as_str() {
        "TCP" | "UDP" | "SCTP" => {}
        "" => errors.required(&path.child("protocol"), ""),
        other => errors.not_supported(&path.child("protocol"), other, &["SCTP", "TCP", "UDP"]),
    }
    port_number_or_name(&port.target_port, &path.child("targetPort"), errors);
    if let Some(protocol) = &port.app_protocol {
        errors.check(&path.child("appProtocol"), protocol, names::qualified_name);
    }
}

fn affinity(spec: &ServiceSpec, path: &Path, errors: &mut ErrorList) {
    let path_affinity = path.child("sessionAffinity");
    let path_config = path.child("sessionAffinityConfig");
    let config = spec.session_affinity_config.as_ref();
    match spec.session_affinity.as_str() {
        "None" => {
            if config.is_some() {
                errors.forbidden(&path_config, "must not be set when session affinity is None");
            }
        }
        "ClientIP" => {
            let seconds =
                config.and_then(|config| config["clientIP"]["timeoutSeconds"].as_i64()).unwrap_or(0);
            if !(1..=86_400).contains(&seconds) {
                let path = path_config.child("clientIP").child("timeoutSeconds");
                errors.invalid(&path, seconds, "must be greater than 0 and less than 86400");
            }
        }
        "" => errors.required(&path_affinity, ""),
        other => errors.not_supported(&path_affinity, other, &["ClientIP", "None"]),
    }
}

/// Ports must not collide.
fn ports(spec: &ServiceSpec, path: &Path, errors: &mut ErrorList) {
    let path = path.child("ports");
    if spec.type_ == "ClusterIP" {
        for (i, _) in spec.ports.iter().enumerate().filter(|(_, port)| port.node_port != 0) {
            let words = "may not be used when `type` is 'ClusterIP'";
            errors.forbidden(&path.index(i).child("nodePort"), words);
        }
    }
    let mut seen = Names::default();
    for (i, port) in spec.ports.iter().enumerate().filter(|(_, port)| port.node_port != 0) {
        if !seen.insert(&format!("{}/{}", port.protocol, port.node_port)) {
            errors.duplicate(&path.index(i).child("nodePort"), port.node_port);
        }
    }
    let mut seen = Names::default();
    for (i, port) in spec.ports.iter().enumerate() {
        if !seen.insert(&format!("{}/{}", port.protocol, port.port)) {
            let shown: Value = json!({"Name": "", "Protocol": port.protocol});
            // Go's order of the fields is not the alphabet's.
            let text = format!(
                "{{\"Name\":\"\",\"Protocol\":{},\"AppProtocol\":null,\"Port\":{},\"TargetPort\":0,\"NodePort\":0}}",
                shown["Protocol"], port.port
            );
            errors.duplicate(&path.index(i), crate::internal::Text(text));
        }
    }
}

fn policies(spec: &ServiceSpec, path: &Path, errors: &mut ErrorList) {
    let external = matches!(spec.type_.as_str(), "LoadBalancer" | "NodePort")
        || (spec.type_ == "ClusterIP" && !spec.external_ips.is_empty());
    let path_external = path.child("externalTrafficPolicy");
    match (external, spec.external_traffic_policy.as_str()) {
        (false, "") | (true, "Cluster" | "Local") => {}
        (false, other) => {
            errors.invalid(&path_external, other, "may only be set for externally-accessible services");
        }
        (true, "") => errors.required(&path_external, ""),
        (true, other) => errors.not_supported(&path_external, other, &["Cluster", "Local"]),
    }
    if let Some(policy) = &spec.internal_traffic_policy
        && !matches!(policy.as_str(), "Cluster" | "Local")
    {
        errors.not_supported(&path.child("internalTrafficPolicy"), policy, &["Cluster", "Local"]);
    }
}
