//! Services.
//! Models pkg/apis/core/validation/validation.go (v1.36)

use serde_json::{Value, json};

use crate::core::{Service, ServicePort, ServiceSpec};
use crate::small::Names;

use super::container::port_number_or_name;
use super::field::{ErrorList, Path};
use super::{choice, ips, meta, names};

/// Checks addresses and families before they are given out; what is wrong here ends the request.
/// Models ValidateServiceClusterIPsRelatedFields, and initIPFamilyFields of pkg/registry/core/service/storage
/// on a cluster of IPv4 alone
pub fn families(object: &Value) -> ErrorList {
    let mut errors = ErrorList::default();
    let spec = ServiceSpec::from_value(&object["spec"]);
    if spec.type_ == "ExternalName" {
        return errors;
    }
    let path = Path::new("spec");
    let usable = cluster_ips(&spec, &path, &mut errors);
    if !errors.is_empty() || !usable {
        return errors;
    }
    let policy = spec.ip_family_policy.as_deref().unwrap_or("SingleStack");
    let path_policy = path.child("ipFamilyPolicy");
    if policy == "SingleStack" {
        let both = [("cluster IPs", spec.cluster_ips.len()), ("IP families", spec.ip_families.len())];
        for (what, _) in both.iter().filter(|(_, count)| *count == 2) {
            let words =
                format!("must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified");
            errors.invalid(&path_policy, policy, &words);
        }
    }
    let list = json!(spec.cluster_ips);
    for (i, ip) in spec.cluster_ips.iter().enumerate().skip(spec.ip_families.len()) {
        if ips::is_ipv6(ip) {
            let words = "IPv6 is not configured on this cluster";
            errors.invalid(&path.child("clusterIPs").index(i), &list, words);
        }
    }
    if !errors.is_empty() || (spec.cluster_ip == "None" && spec.selector.is_empty()) {
        return errors;
    }
    if policy == "RequireDualStack" {
        errors.invalid(&path_policy, policy, "this cluster is not configured for dual-stack services");
    }
    for (i, family) in spec.ip_families.iter().enumerate().filter(|(_, family)| *family == "IPv6") {
        errors.invalid(&path.child("ipFamilies").index(i), family, "not configured on this cluster");
    }
    errors
}

/// Models ValidateServiceClusterIPsRelatedFields; whether the addresses can be looked at further
fn cluster_ips(spec: &ServiceSpec, path: &Path, errors: &mut ErrorList) -> bool {
    let path_ips = path.child("clusterIPs");
    let list = json!(spec.cluster_ips);
    match (spec.cluster_ip.as_str(), spec.cluster_ips.first()) {
        ("", Some(_)) => {
            errors.invalid(&path_ips, &list, "must be empty when `clusterIP` is not specified");
        }
        (one, Some(first)) if one != first => {
            errors.invalid(&path_ips, &list, "first value must match `clusterIP`");
        }
        ("", None) | (_, Some(_)) => {}
        (_, None) => errors.required(&path_ips, ""),
    }
    let mut seen = Names::default();
    for (i, family) in spec.ip_families.iter().enumerate() {
        let path = path.child("ipFamilies").index(i);
        choice(family, &path, &["IPv4", "IPv6"], errors);
        if !seen.insert(family) {
            errors.duplicate(&path, family);
        }
    }
    let policies = ["PreferDualStack", "RequireDualStack", "SingleStack"];
    if let Some(policy) = &spec.ip_family_policy {
        choice(policy, &path.child("ipFamilyPolicy"), &policies, errors);
    }
    let mut usable = true;
    for (i, ip) in spec.cluster_ips.iter().enumerate() {
        if i == 0 && ip == "None" {
            if spec.cluster_ips.len() > 1 {
                usable = false;
                errors.invalid(&path_ips, &list, "'None' must be the first and only value");
            }
        } else {
            usable &= ips::ip(ip, &path_ips.index(i), errors);
        }
    }
    if spec.cluster_ips.len() > 2 {
        errors.invalid(&path_ips, &list, "may only hold up to 2 values");
    }
    if !usable {
        return false;
    }
    if let [first, others @ ..] = spec.cluster_ips.as_slice()
        && !others.is_empty()
        && others.iter().all(|other| ips::is_ipv6(other) == ips::is_ipv6(first))
    {
        errors.invalid(&path_ips, &list, "may specify no more than one IP for each IP family");
    }
    if spec.cluster_ip != "None" {
        for (i, (ip, family)) in spec.cluster_ips.iter().zip(&spec.ip_families).enumerate() {
            let own = if ips::is_ipv6(ip) { "IPv6" } else { "IPv4" };
            if ["IPv4", "IPv6"].contains(&family.as_str()) && own != family {
                let words = format!("expected an {family} value as indicated by `ipFamilies[{i}]`");
                errors.invalid(&path_ips.index(i), ip, &words);
            }
        }
    }
    true
}

/// Models validateService
pub(super) fn service(service: &Service, errors: &mut ErrorList) {
    const HINTS: &str = "service.kubernetes.io/topology-aware-hints";
    const MODE: &str = "service.kubernetes.io/topology-mode";
    let annotations = &service.metadata.annotations;
    let path_annotations = Path::new("metadata").child("annotations");
    if let (Some(hints), Some(mode)) = (annotations.get(HINTS), annotations.get(MODE))
        && hints != mode
    {
        let words = format!("must match annotations[{HINTS}] when both are specified");
        errors.invalid(&path_annotations.key(MODE), mode, &words);
    }
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
    if kind != "ExternalName" {
        cluster_ips(spec, &path, errors);
    }
    for (i, address) in spec.external_ips.iter().enumerate() {
        let path = path.child("externalIPs").index(i);
        if ips::ip(address, &path, errors) {
            ips::endpoint_ip(address, &path, errors);
        }
    }
    match kind {
        "" => errors.required(&path.child("type"), ""),
        _ => {
            let valid = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
            choice(&spec.type_, &path.child("type"), &valid, errors);
        }
    }
    ports(spec, &path, errors);
    load_balancer(service, &path, errors);
    policies(spec, &path, errors);
    let distributions = ["PreferClose", "PreferSameZone", "PreferSameNode"];
    if let Some(distribution) = &spec.traffic_distribution {
        choice(distribution, &path.child("trafficDistribution"), &distributions, errors);
    }
}

/// What only Services with a load balancer may have.
fn load_balancer(service: &Service, path: &Path, errors: &mut ErrorList) {
    const RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
    const WORDS: &str = "may only be used when `type` is 'LoadBalancer'";
    let spec = &service.spec;
    let balanced = spec.type_ == "LoadBalancer";
    let ranges = &spec.load_balancer_source_ranges;
    if !ranges.is_empty() {
        let path = path.child("LoadBalancerSourceRanges");
        if !balanced {
            errors.forbidden(&path, WORDS);
        }
        for (i, range) in ranges.iter().enumerate() {
            ips::cidr(range.trim(), &path.index(i), errors);
        }
    } else if let Some(value) = service.metadata.annotations.get(RANGES) {
        let path = Path::new("metadata").child("annotations").key(RANGES);
        if !balanced {
            errors.forbidden(&path, WORDS);
        }
        for range in value.trim().split(',').filter(|_| !value.trim().is_empty()) {
            ips::cidr(range.trim(), &path, errors);
        }
    }
    match (balanced, spec.allocate_load_balancer_node_ports) {
        (false, Some(_)) => errors.forbidden(&path.child("allocateLoadBalancerNodePorts"), WORDS),
        (true, None) => errors.required(&Path::new("allocateLoadBalancerNodePorts"), ""),
        _ => {}
    }
    if let Some(class) = &spec.load_balancer_class {
        let path = path.child("loadBalancerClass");
        if balanced {
            errors.check(&path, class, names::qualified_name);
        } else {
            errors.forbidden(&path, WORDS);
        }
    }
}

/// What may change in a Service. Models ValidateServiceUpdate, the part before validateService
pub(super) fn update(old: &Value, new: &Value, errors: &mut ErrorList) {
    let (before, after) = (ServiceSpec::from_value(&old["spec"]), ServiceSpec::from_value(&new["spec"]));
    let path = Path::new("spec");
    let outside = before.type_ == "ExternalName" || after.type_ == "ExternalName";
    let (was_headless, headless) = (before.cluster_ip == "None", after.cluster_ip == "None");
    const ONCE: &str = "may not change once set";
    let list = |items: &[String]| if items.is_empty() { Value::Null } else { json!(items) };
    if !(outside || was_headless && headless) {
        let path = path.child("clusterIPs");
        let shown = list(&after.cluster_ips);
        if after.cluster_ips.is_empty() && !before.cluster_ips.is_empty() {
            errors.invalid(&path.index(0), &shown, "primary clusterIP can not be unset");
        }
        for (i, (a, b)) in before.cluster_ips.iter().zip(&after.cluster_ips).enumerate() {
            if a != b && (i == 0 || before.cluster_ips.len() == after.cluster_ips.len()) {
                errors.invalid(&path.index(i), &shown, ONCE);
            }
        }
    }
    if !outside && !was_headless && !headless {
        let path = path.child("ipFamilies").index(0);
        for (a, b) in before.ip_families.iter().zip(&after.ip_families) {
            if a != b {
                errors.invalid(&path, &list(&after.ip_families), ONCE);
            }
        }
    }
    let balanced = |spec: &ServiceSpec| spec.type_ == "LoadBalancer";
    if balanced(&before) && balanced(&after) && before.load_balancer_class != after.load_balancer_class {
        let shown = &new["spec"]["loadBalancerClass"];
        errors.invalid(&path.child("loadBalancerClass"), shown, ONCE);
    }
    let checked = |spec: &ServiceSpec| balanced(spec) && spec.external_traffic_policy == "Local";
    if checked(&before) && checked(&after) && before.health_check_node_port != after.health_check_node_port {
        errors.forbidden(&path.child("healthCheckNodePort"), "field is immutable");
    }
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
    const NEEDED: &str = "when session affinity type is ClientIP";
    match spec.session_affinity.as_str() {
        "None" => {
            if config.is_some() {
                errors.forbidden(&path_config, "must not be set when session affinity is None");
            }
        }
        "ClientIP" => {
            let path_client = path_config.child("clientIP");
            let path_seconds = path_client.child("timeoutSeconds");
            let config = config.unwrap_or(&Value::Null);
            if config.is_null() {
                errors.required(&path_config, NEEDED);
            } else if config["clientIP"].is_null() {
                errors.required(&path_client, NEEDED);
            } else if let Some(seconds) = config["clientIP"]["timeoutSeconds"].as_i64() {
                if !(1..=86_400).contains(&seconds) {
                    errors.invalid(&path_seconds, seconds, "must be greater than 0 and less than 86400");
                }
            } else {
                errors.required(&path_seconds, NEEDED);
            }
        }
        "" => errors.required(&path_affinity, ""),
        _ => choice(&spec.session_affinity, &path_affinity, &["ClientIP", "None"], errors),
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
    let path_health = path.child("healthCheckNodePort");
    let checked = spec.type_ == "LoadBalancer" && spec.external_traffic_policy == "Local";
    match (checked, spec.health_check_node_port) {
        (false, 0) => {}
        (false, port) => {
            let words =
                "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
            errors.invalid(&path_health, port, words);
        }
        (true, port) => {
            // None is chosen when none is asked for.
            for message in names::port_number(i64::from(port)).iter().filter(|_| port != 0) {
                errors.invalid(&path_health, port, message);
            }
        }
    }
    let path_internal = path.child("internalTrafficPolicy");
    match &spec.internal_traffic_policy {
        None if matches!(spec.type_.as_str(), "NodePort" | "LoadBalancer" | "ClusterIP") => {
            errors.required(&path_internal, "");
        }
        None => {}
        Some(policy) => choice(policy, &path_internal, &["Cluster", "Local"], errors),
    }
}
