//! Node ports and cluster IPs: what a Service keeps, asks for and is given.
// Models pkg/registry/core/service/storage/{storage,alloc}.go and strategy.go (v1.36)

use std::collections::{BTreeMap, BTreeSet};

use k8s_api::Value;
use k8s_api::validation::field::{ErrorList, Path};

use super::Store;
use crate::rng::Rng;

/// The ports of a node that Services may have.
const FIRST: i64 = 30_000;
const LAST: i64 = 32_767;

fn needs_cluster_ip(service: &Value) -> bool {
    service["spec"]["type"] != "ExternalName"
}

fn needs_node_port(service: &Value) -> bool {
    match service["spec"]["type"].as_str() {
        Some("NodePort") => true,
        Some("LoadBalancer") => service["spec"]["allocateLoadBalancerNodePorts"] != false,
        _ => false,
    }
}

fn ports(service: &Value) -> &[Value] {
    service["spec"]["ports"].as_array().map_or(&[], Vec::as_slice)
}

fn node_port(port: &Value) -> i64 {
    port["nodePort"].as_i64().unwrap_or(0)
}

fn node_ports(service: &Value) -> BTreeSet<i64> {
    ports(service).iter().map(node_port).filter(|port| *port != 0).collect()
}

fn ports_mut(service: &mut Value) -> impl Iterator<Item = &mut Value> {
    let ports = service.get_mut("spec").and_then(|spec| spec.get_mut("ports"));
    ports.and_then(Value::as_array_mut).into_iter().flatten().filter(|port| port.is_object())
}

/// What the changed Service does not mention and keeps.
// Models patchAllocatedValues and dropTypeDependentFields (v1.36)
pub(super) fn keep(new: &mut Value, old: &Value) {
    if needs_cluster_ip(old) && needs_cluster_ip(new) && new["spec"].is_object() {
        if new["spec"]["clusterIP"].as_str().unwrap_or("").is_empty() {
            new["spec"]["clusterIP"] = old["spec"]["clusterIP"].clone();
        }
        if new["spec"]["clusterIPs"].as_array().is_none_or(Vec::is_empty) {
            new["spec"]["clusterIPs"] = old["spec"]["clusterIPs"].clone();
        }
        // Who changes the one means the list too. Models normalizeClusterIPs
        if new["spec"]["clusterIP"] != old["spec"]["clusterIP"]
            && new["spec"]["clusterIPs"] == old["spec"]["clusterIPs"]
        {
            new["spec"]["clusterIPs"] = serde_json::json!([new["spec"]["clusterIP"]]);
        }
    }
    if needs_node_port(old) && needs_node_port(new) {
        let (before, after) = (node_ports(old), node_ports(new));
        let by_name: BTreeMap<&str, i64> =
            ports(old).iter().map(|port| (port["name"].as_str().unwrap_or(""), node_port(port))).collect();
        for port in ports_mut(new).filter(|port| node_port(port) == 0) {
            let known = by_name.get(port["name"].as_str().unwrap_or("")).copied().unwrap_or(0);
            if known != 0 && !(before.contains(&known) && after.contains(&known)) {
                port["nodePort"] = known.into();
            }
        }
    }
    if needs_node_port(old) && !needs_node_port(new) {
        let pairs = |service: &Value| ports(service).iter().map(node_port).collect::<Vec<_>>();
        if pairs(old) == pairs(new) {
            ports_mut(new).filter_map(Value::as_object_mut).for_each(|port| {
                port.remove("nodePort");
            });
        }
    }
    if needs_cluster_ip(old)
        && !needs_cluster_ip(new)
        && let Some(spec) = new.get_mut("spec").and_then(Value::as_object_mut)
    {
        for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
            if spec.get(field) == old["spec"].get(field) {
                spec.remove(field);
            }
        }
    }
}

/// Gives a Service the node ports that it needs, or says why it cannot have those that it wants.
// Models initNodePorts and updateNodePorts (v1.36)
pub(super) fn allocate(store: &Store, rng: &Rng, new: &mut Value, old: Option<&Value>) -> ErrorList {
    let mut errors = ErrorList::default();
    if !matches!(new["spec"]["type"].as_str(), Some("NodePort" | "LoadBalancer")) {
        return errors;
    }
    let mine = old.map(node_ports).unwrap_or_default();
    let mut taken: BTreeSet<i64> = BTreeSet::new();
    for service in store.list("Service", None) {
        taken.extend(node_ports(&service.to_value()));
    }
    let asked: Vec<(i64, i64)> =
        ports(new).iter().map(|port| (port["port"].as_i64().unwrap_or(0), node_port(port))).collect();
    let gives = needs_node_port(new);
    let name = format!("{}/{}", text(new, "namespace"), text(new, "name"));
    // The same port by several protocols is one port of the node.
    let mut given: BTreeMap<i64, i64> = BTreeMap::new();
    for (i, port) in ports_mut(new).enumerate() {
        let (number, wanted) = asked[i];
        if wanted == 0 && !gives {
            continue;
        }
        let path = Path::new("spec").child("ports").index(i).child("nodePort");
        let known = given.get(&number).copied();
        let wanted = match wanted {
            0 => known.or_else(|| asked.iter().find(|(n, w)| *n == number && *w != 0).map(|(_, w)| *w)),
            wanted => Some(wanted),
        };
        let chosen = match wanted {
            Some(wanted) if known == Some(wanted) || mine.contains(&wanted) => wanted,
            Some(wanted) if !(FIRST..=LAST).contains(&wanted) => {
                let words = format!(
                    "provided port is not in the valid range. The range of valid ports is {FIRST}-{LAST}"
                );
                errors.invalid(&path, wanted, &words);
                return errors;
            }
            Some(wanted) if taken.contains(&wanted) => {
                errors.invalid(&path, wanted, "provided port is already allocated");
                return errors;
            }
            Some(wanted) => wanted,
            None => {
                let count = LAST - FIRST + 1;
                let start = rng.below(count as u64, "node-port", &name, i as u64) as i64;
                let free = (0..count).map(|step| FIRST + (start + step) % count).find(|p| !taken.contains(p));
                let Some(free) = free else { return errors };
                free
            }
        };
        taken.insert(chosen);
        given.insert(number, chosen);
        port["nodePort"] = chosen.into();
    }
    errors
}

/// Whether the cluster IP that a new Service asks for can be had.
// Models allocIPs (v1.36)
pub(super) fn check_cluster_ip(store: &Store, new: &Value) -> ErrorList {
    let mut errors = ErrorList::default();
    let Some(wanted) = new["spec"]["clusterIP"].as_str().filter(|ip| !ip.is_empty() && *ip != "None") else {
        return errors;
    };
    let path = Path::new("spec").child("clusterIPs");
    let list = serde_json::json!([wanted]);
    let Ok(address) = wanted.parse::<std::net::Ipv4Addr>() else { return errors };
    let [a, b, _, _] = address.octets();
    if (a, b) != (10, 96) {
        let words = format!(
            "failed to allocate IP {wanted}: the provided IP ({wanted}) is not in the valid range. The range of \
             valid IPs is 10.96.0.0/16"
        );
        errors.invalid(&path, &list, &words);
    } else if store
        .list("Service", None)
        .any(|service| service.to_value()["spec"]["clusterIP"].as_str() == Some(wanted))
    {
        let words = format!("failed to allocate IP {wanted}: provided IP is already allocated");
        errors.invalid(&path, &list, &words);
    }
    errors
}

fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object["metadata"][field].as_str().unwrap_or("")
}
