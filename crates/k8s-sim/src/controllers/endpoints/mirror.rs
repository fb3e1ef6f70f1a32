//! Slices of the Endpoints that people write for a Service without a selector.
// Models pkg/controller/endpointslicemirroring (v1.36)

use k8s_api::meta::StringMap;
use serde_json::{Value, json};

use super::{LABEL_MANAGED_BY, LABEL_SERVICE_NAME, LAST_CHANGE_TRIGGER_TIME, is_going, other, slices};
use crate::apiserver::{ObjectKey, Other};
use crate::controllers::work::{Owner, Work};

const MIRRORING_CONTROLLER: &str = "endpointslicemirroring-controller.k8s.io";
const LABEL_SKIP_MIRROR: &str = "endpointslice.kubernetes.io/skip-mirror";
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// At most so many addresses of a subset are mirrored.
// Models MirroringMaxEndpointsPerSubset's default (v1.36)
const MAX_ENDPOINTS_PER_SUBSET: usize = 1000;

/// The endpoints of one subset and address family.
struct Wanted {
    family: &'static str,
    ports: Vec<Value>,
    endpoints: Vec<Value>,
}

/// Brings the mirrored slices of a Service up to its Endpoints.
// Models syncEndpoints (v1.36)
pub(in crate::controllers) fn sync(work: &mut Work<'_>, key: &ObjectKey) {
    let (namespace, name) = (key.namespace.as_str(), key.name.as_str());
    let mut existing: Vec<Other> = Vec::new();
    for slice in work.store.list("EndpointSlice", Some(namespace)).filter_map(|object| other(object)) {
        let label = |label: &str| slice.metadata.labels.get(label).map(String::as_str);
        if label(LABEL_SERVICE_NAME) == Some(name) && label(LABEL_MANAGED_BY) == Some(MIRRORING_CONTROLLER) {
            existing.push(slice.clone());
        }
    }
    let endpoints = work.store.get(&ObjectKey::new("Endpoints", namespace, name)).cloned();
    let service = work.store.get(key).and_then(|object| other(object));
    let selectorless = service.is_some_and(|service| service.tree["spec"].get("selector").is_none());
    let endpoints = endpoints.as_deref().and_then(other).filter(|endpoints| {
        let skip = endpoints.metadata.labels.get(LABEL_SKIP_MIRROR).is_some_and(|skip| skip == "true");
        selectorless && !skip
    });
    if let Some(endpoints) = endpoints.filter(|_| !is_going(work, namespace)) {
        for wanted in subsets(endpoints) {
            mirror(work, endpoints, wanted, &mut existing);
        }
    }
    for slice in existing {
        let key = ObjectKey::new("EndpointSlice", namespace, &slice.metadata.name);
        work.store.remove(work.now, &key);
    }
}

fn list<'a>(tree: &'a Value, field: &str) -> &'a [Value] {
    tree.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// What the slices shall say.
// Models reconciler.reconcile and addressToEndpoint (v1.36)
fn subsets(endpoints: &Other) -> Vec<Wanted> {
    let mut all = Vec::new();
    for subset in list(&endpoints.tree, "subsets") {
        let mut ports = list(subset, "ports").to_vec();
        for port in &mut ports {
            if port.get("name").is_none() {
                port["name"] = "".into();
            }
        }
        let ready = list(subset, "addresses").iter().map(|address| (address, true));
        let not_ready = list(subset, "notReadyAddresses").iter().map(|address| (address, false));
        let mut families = [("IPv4", Vec::new()), ("IPv6", Vec::new())];
        for (address, ready) in ready.chain(not_ready).take(MAX_ENDPOINTS_PER_SUBSET) {
            let ip = address["ip"].as_str().unwrap_or_default();
            let mut endpoint = json!({"addresses": [ip], "conditions": {"ready": ready}});
            for field in ["targetRef", "nodeName", "hostname"] {
                if let Some(value) = address.get(field) {
                    endpoint[field] = value.clone();
                }
            }
            families[usize::from(ip.contains(':'))].1.push(endpoint);
        }
        for (family, endpoints) in families.into_iter().filter(|(_, endpoints)| !endpoints.is_empty()) {
            all.push(Wanted { family, ports: ports.clone(), endpoints });
        }
    }
    all
}

/// Writes one slice, unless it is there; the one that it replaces is taken from those that exist.
// Models reconcileByPortMapping, newEndpointSlice and recycleSlices (v1.36)
fn mirror(work: &mut Work<'_>, endpoints: &Other, wanted: Wanted, existing: &mut Vec<Other>) {
    let of_family = |slice: &Other| slice.tree["addressType"] == wanted.family;
    let same_ports = |slice: &Other| list(&slice.tree, "ports") == wanted.ports;
    let at = existing.iter().position(|slice| of_family(slice) && same_ports(slice));
    let at = at.or_else(|| existing.iter().position(of_family));
    let old = at.map(|at| existing.swap_remove(at));
    let from = &endpoints.metadata;
    let mut labels = from.labels.clone();
    labels.insert(LABEL_SERVICE_NAME.into(), from.name.clone());
    labels.insert(LABEL_MANAGED_BY.into(), MIRRORING_CONTROLLER.into());
    let kept = |key: &str| key != LAST_CHANGE_TRIGGER_TIME && key != LAST_APPLIED;
    let kept = from.annotations.iter().filter(|(key, _)| kept(key));
    let annotations: StringMap = kept.map(|(key, value)| (key.clone(), value.clone())).collect();
    if old.as_ref().is_some_and(|old| {
        same_ports(old)
            && list(&old.tree, "endpoints") == wanted.endpoints
            && old.metadata.labels == labels
            && old.metadata.annotations == annotations
    }) {
        return;
    }
    let mut metadata = slices::metadata_of(work, &from.namespace, &from.name, old.as_ref());
    metadata.labels = labels;
    metadata.annotations = annotations;
    slices::put(
        work,
        metadata,
        &Owner::core("Endpoints", from),
        wanted.family,
        wanted.endpoints,
        wanted.ports,
    );
}
