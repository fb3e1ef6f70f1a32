//! The Endpoints object of a Service, which has its name and is deprecated but still kept.
// Models pkg/controller/endpoint and pkg/api/v1/endpoints (v1.36). Left out: cutting it off at 1000 addresses.

use k8s_api::core::{Service, ServicePort};
use k8s_api::meta::{ObjectMeta, StringMap, Time};
use k8s_api::small;
use serde_json::{Value, json};

use super::{
    addresses, hostname, is_headless, is_ready, other, ports, service_labels, should_pod_be_in_endpoints,
    slices::set_trigger_time, target_ref,
};
use crate::apiserver::{Object, ObjectKey, Pod};
use crate::controllers::work::Work;

const LABEL_MANAGED_BY: &str = "endpoints.kubernetes.io/managed-by";
const CONTROLLER: &str = "endpoint-controller";

/// Whether it was this controller that made it.
pub(super) fn is_ours(object: &Object) -> bool {
    object.meta().labels.get(LABEL_MANAGED_BY).is_some_and(|by| by == CONTROLLER)
}

/// An address and whether requests may go there.
type Address = (Value, bool);

/// A port as it is kept, after what it is sorted by.
type Port = (u128, Value);

/// A port with what stands behind it: no port at all in a headless Service without any.
struct Behind<'a> {
    port: Option<(&'a ServicePort, i32)>,
    addresses: Vec<Address>,
}

// Models Controller.syncService (v1.36)
pub(super) fn sync(work: &mut Work<'_>, service: &Service, pods: &[&Pod], trigger_time: Option<Time>) {
    let subsets = repack_subsets(service, pods);
    let labels = endpoints_labels(service);
    let (namespace, name) = (&service.metadata.namespace, &service.metadata.name);
    let old = work.store.get(&ObjectKey::new("Endpoints", namespace, name));
    let old = old.and_then(|object| other(object));
    let known = old.and_then(|old| old.tree.get("subsets")).and_then(Value::as_array);
    if old.is_some_and(|old| known.map_or(&[][..], Vec::as_slice) == subsets && old.metadata.labels == labels)
    {
        return;
    }
    let mut metadata = old.map_or_else(
        || ObjectMeta {
            name: name.clone(),
            namespace: namespace.clone(),
            uid: work.rng.uid(&format!("Endpoints/{namespace}/{name}"), work.store.resource_version()),
            creation_timestamp: Some(work.time()),
            ..ObjectMeta::default()
        },
        |old| old.metadata.clone(),
    );
    metadata.labels = labels;
    set_trigger_time(&mut metadata.annotations, trigger_time);
    let mut tree = json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata.to_value()});
    if !subsets.is_empty() {
        tree["subsets"] = Value::Array(subsets);
    }
    work.store.put(work.now, Object::from_value(&tree));
}

fn endpoints_labels(service: &Service) -> StringMap {
    let mut labels = service_labels(service);
    labels.insert(LABEL_MANAGED_BY.into(), CONTROLLER.into());
    labels
}

/// The addresses in as few groups as there are different sets of them behind a port.
// Models addEndpointSubset and RepackSubsets (v1.36)
fn repack_subsets(service: &Service, pods: &[&Pod]) -> Vec<Value> {
    let ipv6 = service.spec.ip_families.first().is_some_and(|family| family == "IPv6");
    let publish = service.spec.publish_not_ready_addresses;
    let mut by_port: Vec<Behind<'_>> = Vec::new();
    for pod in pods.iter().filter(|pod| should_pod_be_in_endpoints(pod, publish)) {
        let Some(ip) = addresses(pod, ipv6).next() else { continue };
        let mut address = json!({"ip": ip, "nodeName": pod.spec.node_name, "targetRef": target_ref(pod)});
        if let Some(hostname) = hostname(pod, service) {
            address["hostname"] = hostname.into();
        }
        let ready = publish || is_ready(pod);
        let found = ports::endpoint_ports(service, pod);
        let mut places: Vec<Option<(&ServicePort, i32)>> = found.into_iter().map(Some).collect();
        if service.spec.ports.is_empty() && is_headless(service) {
            places.push(None);
        }
        for port in places {
            let at = by_port.iter().position(|behind| behind.port == port).unwrap_or_else(|| {
                by_port.push(Behind { port, addresses: Vec::new() });
                by_port.len() - 1
            });
            by_port[at].addresses.push((address.clone(), ready));
        }
    }
    // Ports with the same addresses behind them stand together.
    let mut groups: Vec<(Vec<Address>, Vec<Port>)> = Vec::new();
    for mut behind in by_port {
        small::sort(&mut behind.addresses, &|(a, _), (b, _)| text(&a["ip"]) < text(&b["ip"]));
        let port = behind.port.map(|(port, number)| ports::subset_port(port, number));
        match groups.iter_mut().find(|(addresses, _)| *addresses == behind.addresses) {
            Some((_, ports)) => ports.extend(port),
            None => groups.push((behind.addresses, port.into_iter().collect())),
        }
    }
    for (_, ports) in &mut groups {
        small::sort(ports, &|a, b| a.0 < b.0);
    }
    small::sort(&mut groups, &|(_, a), (_, b)| a.first().map(|port| port.0) < b.first().map(|port| port.0));
    groups.into_iter().map(|(addresses, ports)| subset(addresses, ports)).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn subset(addresses: Vec<Address>, ports: Vec<Port>) -> Value {
    let mut tree = json!({});
    for (field, wanted) in [("addresses", true), ("notReadyAddresses", false)] {
        let list: Vec<Value> = addresses
            .iter()
            .filter(|(_, ready)| *ready == wanted)
            .map(|(address, _)| address.clone())
            .collect();
        if !list.is_empty() {
            tree[field] = Value::Array(list);
        }
    }
    if !ports.is_empty() {
        tree["ports"] = ports.into_iter().map(|(_, port)| port).collect();
    }
    tree
}
