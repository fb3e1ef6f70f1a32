//! EndpointSlices: which endpoints go into which slice, with as few writes as can be.
// Models k8s.io/endpointslice/reconciler.go and utils.go (v1.36)

use std::collections::BTreeMap;

use k8s_api::admission::{generated_name, name_suffix};
use k8s_api::core::Service;
use k8s_api::meta::{ObjectMeta, StringMap, Time};
use k8s_api::small;
use serde_json::{Value, json};

use super::{
    LABEL_MANAGED_BY, LABEL_SERVICE_NAME, LAST_CHANGE_TRIGGER_TIME, SLICE_CONTROLLER, addresses, hostname,
    is_ready, other, ports, service_labels, should_pod_be_in_endpoints, target_ref,
};
use crate::apiserver::{Object, ObjectKey, Other, Pod, Store};
use crate::controllers::work::{Owner, Work};

/// The most endpoints of a slice.
// Models MaxEndpointsPerSlice's default (v1.36)
const MAX_ENDPOINTS_PER_SLICE: usize = 100;

/// A slice while it is reckoned with.
#[derive(Clone)]
struct Slice {
    /// Empty for one that is to be created.
    name: String,
    labels: StringMap,
    endpoints: Vec<Value>,
    ports: Vec<Value>,
    /// The stored slice that is updated in place.
    old: Option<Box<Other>>,
}

/// What is to be done to the slices of one address family.
#[derive(Default)]
struct Plan {
    create: Vec<Slice>,
    update: Vec<Slice>,
    delete: Vec<Slice>,
}

/// The slices that this controller keeps for a Service.
pub(super) fn of_service<'a>(store: &'a Store, service: &'a Service) -> impl Iterator<Item = &'a Other> {
    store.list("EndpointSlice", Some(&service.metadata.namespace)).filter_map(|object| {
        let slice = other(object)?;
        let label = |key: &str| slice.metadata.labels.get(key).map(String::as_str);
        let ours = label(LABEL_SERVICE_NAME) == Some(&service.metadata.name)
            && label(LABEL_MANAGED_BY) == Some(SLICE_CONTROLLER);
        ours.then_some(slice)
    })
}

/// Brings the slices of a Service up to its Pods.
// Models Reconciler.Reconcile (v1.36)
pub(super) fn reconcile(work: &mut Work<'_>, service: &Service, pods: &[&Pod], trigger_time: Option<Time>) {
    let mut existing: BTreeMap<String, Vec<Slice>> = BTreeMap::new();
    let mut dropped = Vec::new();
    let families = &service.spec.ip_families;
    for slice in of_service(work.store, service) {
        if slice.metadata.deletion_timestamp.is_some() {
            continue;
        }
        let family = slice.tree.get("addressType").and_then(Value::as_str).unwrap_or_default();
        if !families.iter().any(|supported| supported == family) {
            dropped.push(ObjectKey::new("EndpointSlice", &slice.metadata.namespace, &slice.metadata.name));
            continue;
        }
        let list = |field: &str| slice.tree.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
        existing.entry(family.to_string()).or_default().push(Slice {
            name: slice.metadata.name.clone(),
            labels: slice.metadata.labels.clone(),
            endpoints: list("endpoints"),
            ports: list("ports"),
            old: Some(Box::new(slice.clone())),
        });
    }
    for family in families {
        let existing = existing.remove(family).unwrap_or_default();
        let plan = reconcile_by_address_type(work, service, pods, existing, family);
        finalize(work, service, plan, family, trigger_time);
    }
    for key in dropped {
        work.store.remove(work.now, &key);
    }
}

// Models reconcileByAddressType (v1.36)
fn reconcile_by_address_type(
    work: &Work<'_>,
    service: &Service,
    pods: &[&Pod],
    existing: Vec<Slice>,
    family: &str,
) -> Plan {
    let mut plan = Plan::default();
    let count = existing.len();
    // Slices and wanted endpoints in groups that share their ports.
    let mut by_ports: Vec<(Vec<Value>, Vec<Slice>)> = Vec::new();
    for slice in existing {
        let owned = slice.old.as_ref().is_some_and(|old| {
            let mut owners = old.metadata.owner_references.iter();
            owners.any(|owner| owner.uid == service.metadata.uid && owner.kind == "Service")
        });
        match by_ports.iter_mut().find(|(ports, _)| *ports == slice.ports) {
            _ if !owned => plan.delete.push(slice),
            Some((_, slices)) => slices.push(slice),
            None => by_ports.push((slice.ports.clone(), vec![slice])),
        }
    }
    let mut desired: Vec<(Vec<Value>, Vec<Value>)> = Vec::new();
    for pod in pods.iter().filter(|pod| should_pod_be_in_endpoints(pod, true)) {
        let ports = ports::slice_ports(&ports::endpoint_ports(service, pod));
        let index = desired.iter().position(|(known, _)| *known == ports).unwrap_or_else(|| {
            desired.push((ports, Vec::new()));
            desired.len() - 1
        });
        if let Some(endpoint) = pod_to_endpoint(work, pod, service, family) {
            desired[index].1.push(endpoint);
        }
    }
    for (ports, mut endpoints) in desired {
        small::sort(&mut endpoints, &|a, b| address_order(a) < address_order(b));
        let at = by_ports.iter().position(|(known, _)| *known == ports);
        let slices = at.map(|at| by_ports.swap_remove(at).1).unwrap_or_default();
        reconcile_by_port_mapping(&mut plan, service, slices, endpoints, ports);
    }
    plan.delete.extend(by_ports.into_iter().flat_map(|(_, slices)| slices));
    // A Service without endpoints has an empty slice.
    if plan.delete.len() == count && plan.create.is_empty() {
        let placeholder = new_slice(service, Vec::new());
        match plan.delete.as_slice() {
            [only]
                if only.endpoints.is_empty()
                    && only.ports.is_empty()
                    && only.labels == placeholder.labels =>
            {
                plan.delete.clear();
            }
            _ => plan.create.push(placeholder),
        }
    }
    plan
}

/// The addresses of an endpoint as numbers, so that they come in the order of the network.
fn address_order(endpoint: &Value) -> Vec<u32> {
    let first = endpoint["addresses"][0].as_str().unwrap_or_default();
    first.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

// Models podToEndpoint (v1.36)
fn pod_to_endpoint(work: &Work<'_>, pod: &Pod, service: &Service, family: &str) -> Option<Value> {
    let addresses: Vec<&str> = addresses(pod, family == "IPv6").collect();
    if addresses.is_empty() {
        return None;
    }
    let publish = service.spec.publish_not_ready_addresses;
    let node = work.store.get(&ObjectKey::new("Node", "", &pod.spec.node_name));
    if node.is_none() && !publish {
        return None;
    }
    let serving = is_ready(pod);
    let terminating = pod.metadata.deletion_timestamp.is_some();
    let ready = publish || (serving && !terminating);
    let mut endpoint = json!({
        "addresses": addresses,
        "conditions": {"ready": ready, "serving": serving, "terminating": terminating},
        "targetRef": target_ref(pod),
    });
    if !pod.spec.node_name.is_empty() {
        endpoint["nodeName"] = pod.spec.node_name.as_str().into();
    }
    let zone = node.and_then(|node| node.meta().labels.get("topology.kubernetes.io/zone"));
    if let Some(zone) = zone.filter(|zone| !zone.is_empty()) {
        endpoint["zone"] = zone.as_str().into();
    }
    if let Some(hostname) = hostname(pod, service) {
        endpoint["hostname"] = hostname.into();
    }
    Some(endpoint)
}

/// Whether two endpoints are one and the same, whatever their conditions.
// Models hashEndpoint (v1.36)
fn same_endpoint(a: &Value, b: &Value) -> bool {
    a["addresses"] == b["addresses"]
        && a["hostname"] == b["hostname"]
        && a["targetRef"]["namespace"] == b["targetRef"]["namespace"]
        && a["targetRef"]["name"] == b["targetRef"]["name"]
}

// Models newEndpointSlice (v1.36)
fn new_slice(service: &Service, ports: Vec<Value>) -> Slice {
    let labels = slice_labels(service);
    Slice { name: String::new(), labels, endpoints: Vec::new(), ports, old: None }
}

/// The Service's labels, and those that say whose slice it is.
// Models setEndpointSliceLabels (v1.36)
fn slice_labels(service: &Service) -> StringMap {
    let mut labels = service_labels(service);
    labels.insert(LABEL_SERVICE_NAME.into(), service.metadata.name.clone());
    labels.insert(LABEL_MANAGED_BY.into(), SLICE_CONTROLLER.into());
    labels
}

// Models reconcileByPortMapping (v1.36)
fn reconcile_by_port_mapping(
    plan: &mut Plan,
    service: &Service,
    existing: Vec<Slice>,
    mut desired: Vec<Value>,
    ports: Vec<Value>,
) {
    let labels = slice_labels(service);
    let (mut update, mut unchanged) = (Vec::new(), Vec::new());
    // 1. What is still wanted stays where it is.
    for mut slice in existing {
        let before = slice.endpoints.len();
        let mut changed = false;
        let mut kept = Vec::with_capacity(before);
        for endpoint in &slice.endpoints {
            let Some(at) = desired.iter().position(|wanted| same_endpoint(wanted, endpoint)) else {
                continue;
            };
            let wanted = desired.remove(at);
            changed |= wanted != *endpoint;
            kept.push(wanted);
        }
        if changed || before != kept.len() {
            if kept.is_empty() {
                plan.delete.push(slice);
                continue;
            }
            slice.endpoints = kept;
            slice.labels.clone_from(&labels);
            update.push(slice);
        } else if slice.labels != labels {
            slice.labels.clone_from(&labels);
            update.push(slice);
        } else {
            unchanged.push(slice);
        }
    }
    let mut rest = desired.into_iter();
    // 2. Slices that are written anyway are filled up, the fullest first.
    small::sort(&mut update, &|a: &Slice, b: &Slice| a.endpoints.len() > b.endpoints.len());
    for slice in &mut update {
        let room = MAX_ENDPOINTS_PER_SLICE.saturating_sub(slice.endpoints.len());
        slice.endpoints.extend(rest.by_ref().take(room));
    }
    // 3. What is left goes into one slice that has room for all of it, or into new ones.
    while rest.len() > 0 {
        let count = rest.len();
        let room = |slice: &Slice| MAX_ENDPOINTS_PER_SLICE.checked_sub(slice.endpoints.len() + count);
        let mut best: Option<(usize, usize)> = None;
        if count < MAX_ENDPOINTS_PER_SLICE {
            for (at, left) in unchanged.iter().enumerate().filter_map(|(at, slice)| Some((at, room(slice)?)))
            {
                if left < best.map_or(MAX_ENDPOINTS_PER_SLICE, |(_, least)| least) {
                    best = Some((at, left));
                }
            }
        }
        let mut slice = match best {
            Some((at, _)) => unchanged.remove(at),
            None => new_slice(service, ports.clone()),
        };
        let room = MAX_ENDPOINTS_PER_SLICE.saturating_sub(slice.endpoints.len());
        slice.endpoints.extend(rest.by_ref().take(room));
        if slice.old.is_some() { update.push(slice) } else { plan.create.push(slice) }
    }
    plan.update.append(&mut update);
}

/// Writes what has changed. A slice that would go takes the place of one that would come.
// Models Reconciler.finalize (v1.36)
fn finalize(
    work: &mut Work<'_>,
    service: &Service,
    mut plan: Plan,
    family: &str,
    trigger_time: Option<Time>,
) {
    let mut delete = Vec::new();
    for slice in plan.delete {
        let owned = slice.old.as_ref().is_some_and(|old| {
            old.metadata.owner_references.iter().any(|owner| owner.uid == service.metadata.uid)
        });
        match plan.create.pop() {
            Some(mut new) if owned => {
                new.name.clone_from(&slice.name);
                new.old = slice.old;
                plan.update.push(new);
            }
            Some(new) => {
                plan.create.push(new);
                delete.push(slice.name);
            }
            None => delete.push(slice.name),
        }
    }
    if service.metadata.deletion_timestamp.is_none() {
        for slice in plan.create {
            write(work, service, slice, family, trigger_time);
        }
    }
    for slice in plan.update {
        write(work, service, slice, family, trigger_time);
    }
    for name in delete {
        work.store.remove(work.now, &ObjectKey::new("EndpointSlice", &service.metadata.namespace, &name));
    }
}

/// A list as Go writes it, where none is null.
fn or_null(list: Vec<Value>) -> Value {
    if list.is_empty() { Value::Null } else { Value::Array(list) }
}

fn write(work: &mut Work<'_>, service: &Service, slice: Slice, family: &str, trigger_time: Option<Time>) {
    let meta = &service.metadata;
    let mut metadata = metadata_of(work, &meta.namespace, &meta.name, slice.old.as_deref());
    metadata.labels = slice.labels;
    set_trigger_time(&mut metadata.annotations, trigger_time);
    put(work, metadata, &Owner::core("Service", meta), family, slice.endpoints, slice.ports);
}

/// What the slice is called that is there, or that is to be made for a Service.
pub(super) fn metadata_of(
    work: &Work<'_>,
    namespace: &str,
    service: &str,
    old: Option<&Other>,
) -> ObjectMeta {
    if let Some(old) = old {
        return old.metadata.clone();
    }
    let base = format!("{service}-");
    let count = work.store.resource_version();
    let suffix = name_suffix(work.rng.draw("name", &base, count));
    let name = generated_name(&base, &suffix);
    ObjectMeta {
        uid: work.rng.uid(&format!("EndpointSlice/{namespace}/{name}"), count),
        name,
        generate_name: base,
        namespace: namespace.into(),
        creation_timestamp: Some(work.time()),
        ..ObjectMeta::default()
    }
}

/// Puts a slice in, new or in place of its older self.
pub(super) fn put(
    work: &mut Work<'_>,
    metadata: ObjectMeta,
    owner: &Owner,
    family: &str,
    endpoints: Vec<Value>,
    ports: Vec<Value>,
) {
    let mut tree = json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": metadata.to_value(),
        "addressType": family, "endpoints": or_null(endpoints), "ports": or_null(ports),
    });
    tree["metadata"]["ownerReferences"] = json!([owner.controller_ref()]);
    let mut object = Object::from_value(&tree);
    object.meta_mut().generation += 1;
    work.store.put(work.now, object);
}

/// Says since when the endpoints are due; nothing if that is not known.
// Models addTriggerTimeAnnotation (v1.36)
pub(super) fn set_trigger_time(annotations: &mut StringMap, trigger_time: Option<Time>) {
    match trigger_time {
        Some(time) => drop(annotations.insert(LAST_CHANGE_TRIGGER_TIME.into(), time.rfc3339())),
        None => drop(annotations.remove(LAST_CHANGE_TRIGGER_TIME)),
    }
}
