//! Who stands behind a Service: its EndpointSlices, and the older Endpoints object.
// Models pkg/controller/endpointslice and pkg/controller/endpoint (v1.36). Both controllers hear of the same changes,
// so that one look serves both. Left out: the hints of topology-aware routing and of trafficDistribution.

mod mirror;
mod ports;
mod slices;
mod subsets;

use std::collections::BTreeMap;
use std::rc::Rc;

use k8s_api::core::Service;
use k8s_api::meta::{StringMap, Time};
use serde_json::{Value, json};

use super::pods::is_ready;
use super::work::{Controller, Work};
use crate::apiserver::{Object, ObjectKey, Other, Pod, Store, WatchEvent, WatchType};

/// Before a slice that somebody else changed is put right.
// Models endpointSliceChangeMinSyncDelay (v1.36)
const SLICE_CHANGE_MS: u64 = 1_000;

pub(crate) const LABEL_SERVICE_NAME: &str = "kubernetes.io/service-name";
const LABEL_MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const LABEL_HEADLESS: &str = "service.kubernetes.io/headless";
const SLICE_CONTROLLER: &str = "endpointslice-controller.k8s.io";
const LAST_CHANGE_TRIGGER_TIME: &str = "endpoints.kubernetes.io/last-change-trigger-time";

/// A Service's namespace and name.
type ServiceKey = (Rc<str>, Rc<str>);

/// What the controllers remember of the Services they look after, by namespace and name.
#[derive(Clone, Debug, Default)]
pub(crate) struct EndpointsState {
    services: Rc<BTreeMap<ServiceKey, ServiceState>>,
}

/// What is remembered of one Service.
// Models TriggerTimeTracker's ServiceState (v1.36)
#[derive(Clone, Debug, Default)]
struct ServiceState {
    last_service_trigger_time: Option<Time>,
    /// Of its Pods, by name.
    pods: BTreeMap<Rc<str>, PodState>,
    /// The slices as they were left: name and resourceVersion.
    // Models EndpointSliceTracker (v1.36)
    slices: BTreeMap<Rc<str>, u64>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct PodState {
    last_trigger_time: Option<Time>,
    /// What of the Pod decides about its endpoint, when it was last heard of.
    seen: Option<Projection>,
}

/// What of a Pod, besides its labels, may change its endpoint.
// Models podEndpointsChanged (v1.36)
#[derive(Clone, Debug, PartialEq)]
struct Projection {
    ready: bool,
    terminal: bool,
    deletion_timestamp: Option<Time>,
    ip: Rc<str>,
    hostname: Rc<str>,
}

impl Projection {
    fn of(pod: &Pod) -> Self {
        Self {
            ready: is_ready(pod),
            terminal: pod.is_terminal(),
            deletion_timestamp: pod.metadata.deletion_timestamp,
            ip: pod.status.pod_ip.as_str().into(),
            hostname: pod.spec.hostname.as_str().into(),
        }
    }
}

/// A Service as the controllers need it, or nothing if it gets no endpoints from them: it is ExternalName, or it
/// has no selector, so that people write its endpoints themselves.
fn selected_service(object: &Object) -> Option<Service> {
    let Object::Other(other) = object else { return None };
    let spec = other.tree.get("spec")?;
    if spec.get("type").and_then(Value::as_str) == Some("ExternalName") || spec.get("selector").is_none() {
        return None;
    }
    Some(Service::from_value(&object.to_value()))
}

fn selects(selector: &StringMap, labels: &StringMap) -> bool {
    selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// What a change means to the controllers: which Services to look at, and when.
// Models onServiceUpdate, onPodUpdate, syncPod, onEndpointSliceUpdate and onEndpointsDelete (v1.36)
pub(super) fn notice(work: &mut Work<'_>, change: &WatchEvent) {
    let meta = change.object.meta();
    let key = |name: &str| ObjectKey::new("Service", &meta.namespace, name);
    match &*change.object {
        Object::Pod(pod) => {
            let gone = change.kind == WatchType::Deleted;
            for name in work.controllers.endpoints.services_of_pod(work.store, pod, gone) {
                work.enqueue(Controller::Endpoints, key(&name));
            }
        }
        Object::Other(other) => match other.kind.as_str() {
            "Service" => {
                work.enqueue(Controller::Endpoints, key(&meta.name));
                work.enqueue(Controller::EndpointsMirror, key(&meta.name));
            }
            "Endpoints" => {
                if change.kind == WatchType::Deleted {
                    work.enqueue(Controller::Endpoints, key(&meta.name));
                }
                if !subsets::is_ours(&change.object) {
                    work.enqueue(Controller::EndpointsMirror, key(&meta.name));
                }
            }
            "EndpointSlice" => {
                let managed = meta.labels.get(LABEL_MANAGED_BY).is_some_and(|by| by == SLICE_CONTROLLER);
                let service = meta.labels.get(LABEL_SERVICE_NAME).filter(|_| managed);
                if let Some(name) = service.filter(|name| !work.controllers.endpoints.expects(name, change)) {
                    work.enqueue_after(Controller::Endpoints, &key(name), SLICE_CHANGE_MS);
                }
            }
            _ => {}
        },
        Object::Node(_) | Object::Event(_) => {}
    }
}

pub(super) use mirror::sync as sync_mirror;

/// Brings the slices and the Endpoints of one Service up to its Pods.
// Models syncService of both controllers (v1.36)
pub(super) fn sync(work: &mut Work<'_>, key: &ObjectKey) {
    let (namespace, name) = (key.namespace.as_str(), key.name.as_str());
    let known = (Rc::from(namespace), Rc::from(name));
    let Some(object) = work.store.get(key).cloned() else {
        // The slices go with their owner.
        let endpoints = ObjectKey::new("Endpoints", namespace, name);
        if work.store.get(&endpoints).is_some_and(|object| subsets::is_ours(object)) {
            work.store.remove(work.now, &endpoints);
        }
        work.controllers.endpoints.forget(&known);
        return;
    };
    let Some(service) = selected_service(&object).filter(|_| !is_going(work, namespace)) else { return };
    let mut pods: Vec<Rc<Object>> = Vec::new();
    for object in work.store.list("Pod", Some(namespace)) {
        if object.as_pod().is_some_and(|pod| selects(&service.spec.selector, &pod.metadata.labels)) {
            pods.push(Rc::clone(object));
        }
    }
    let state = &mut work.controllers.endpoints;
    let trigger_time = state.last_change_trigger_time(known.clone(), &service, &pods);
    let pods: Vec<&Pod> = pods.iter().filter_map(|object| object.as_pod()).collect();
    slices::reconcile(work, &service, &pods, trigger_time);
    subsets::sync(work, &service, &pods, trigger_time);
    let left = slices::of_service(work.store, &service)
        .map(|slice| (Rc::from(slice.metadata.name.as_str()), slice.metadata.resource_version))
        .collect();
    if let Some(state) = Rc::make_mut(&mut work.controllers.endpoints.services).get_mut(&known) {
        state.slices = left;
    }
}

/// Whether nothing can be made in a namespace any more.
fn is_going(work: &Work<'_>, namespace: &str) -> bool {
    let found = work.store.get(&ObjectKey::new("Namespace", "", namespace));
    found.is_some_and(|namespace| namespace.meta().deletion_timestamp.is_some())
}

impl EndpointsState {
    /// Whether a change of a slice is one that the controller made itself.
    // Models EndpointSliceTracker.ShouldSync and HandleDeletion (v1.36)
    fn expects(&self, service: &str, change: &WatchEvent) -> bool {
        let meta = change.object.meta();
        let key = (Rc::from(meta.namespace.as_str()), Rc::from(service));
        let left = self.services.get(&key).and_then(|state| state.slices.get(meta.name.as_str()));
        match change.kind {
            WatchType::Deleted => left.is_none(),
            WatchType::Added | WatchType::Modified => left == Some(&meta.resource_version),
        }
    }

    fn forget(&mut self, key: &ServiceKey) {
        if self.services.contains_key(key) {
            Rc::make_mut(&mut self.services).remove(key);
        }
    }

    /// The Services whose endpoints a changed Pod changes.
    // Models GetPodUpdateProjectionKey and GetServicesToUpdate (v1.36)
    fn services_of_pod(&mut self, store: &Store, pod: &Pod, gone: bool) -> Vec<Rc<str>> {
        let mut found = Vec::new();
        let namespace = pod.metadata.namespace.as_str();
        for object in store.list("Service", Some(namespace)) {
            let Object::Other(other) = &**object else { continue };
            let Some(selector) = other.tree.get("spec").and_then(|spec| spec.get("selector")) else {
                continue;
            };
            let selector = selector.as_object().into_iter().flatten();
            let matches = selector.clone().count() > 0
                && selector
                    .into_iter()
                    .all(|(key, value)| pod.metadata.labels.get(key).map(String::as_str) == value.as_str());
            let key = (Rc::from(namespace), Rc::from(other.metadata.name.as_str()));
            let name = Rc::from(pod.metadata.name.as_str());
            let known = self.services.get(&key).and_then(|state| state.pods.get(&name));
            if !matches && known.is_none() {
                continue;
            }
            let new = (matches && !gone).then(|| Projection::of(pod));
            if known.is_some_and(|known| known.seen == new) {
                continue;
            }
            found.push(Rc::clone(&key.1));
            if let Some(state) = Rc::make_mut(&mut self.services).get_mut(&key) {
                match new {
                    Some(_) => state.pods.entry(name).or_default().seen = new,
                    None => drop(state.pods.remove(&name)),
                }
            }
        }
        found
    }

    /// When what led to this change of the endpoints happened, if that is known.
    // Models TriggerTimeTracker.ComputeEndpointLastChangeTriggerTime (v1.36)
    fn last_change_trigger_time(
        &mut self,
        key: ServiceKey,
        service: &Service,
        pods: &[Rc<Object>],
    ) -> Option<Time> {
        let services = Rc::make_mut(&mut self.services);
        let known = services.contains_key(&key);
        let state = services.entry(key).or_default();
        let mut least: Option<Time> = None;
        let mut note = |time: Option<Time>, last: Option<Time>| {
            if let Some(time) = time.filter(|time| last.is_none_or(|last| time.0 > last.0)) {
                least = Some(least.filter(|least| least.0 <= time.0).unwrap_or(time));
            }
        };
        let mut states = BTreeMap::new();
        for pod in pods.iter().filter_map(|object| object.as_pod()) {
            let ready = pod.status.conditions.iter().find(|condition| condition.type_ == "Ready");
            let trigger_time = ready.and_then(|ready| ready.last_transition_time);
            let old = state.pods.get(pod.metadata.name.as_str());
            note(trigger_time, old.and_then(|old| old.last_trigger_time));
            let seen = Some(Projection::of(pod));
            let new = PodState { last_trigger_time: trigger_time, seen };
            states.insert(Rc::from(pod.metadata.name.as_str()), new);
        }
        let created = service.metadata.creation_timestamp;
        note(created, state.last_service_trigger_time);
        state.pods = states;
        state.last_service_trigger_time = created;
        if known { least } else { created }
    }
}

/// Whether a Pod has a place among the endpoints at all.
// Models endpointutil.ShouldPodBeInEndpoints (v1.36)
fn should_pod_be_in_endpoints(pod: &Pod, include_terminating: bool) -> bool {
    let addressed = !pod.status.pod_ip.is_empty() || !pod.status.pod_ips.is_empty();
    addressed && !pod.is_terminal() && (include_terminating || pod.metadata.deletion_timestamp.is_none())
}

/// The hostname that the Pod has within a headless Service.
// Models endpointutil.ShouldSetHostname (v1.36)
fn hostname<'a>(pod: &'a Pod, service: &Service) -> Option<&'a str> {
    let host = pod.spec.hostname.as_str();
    (!host.is_empty() && pod.spec.subdomain == service.metadata.name).then_some(host)
}

/// The Pod as the target of an endpoint.
fn target_ref(pod: &Pod) -> Value {
    json!({
        "kind": "Pod", "namespace": pod.metadata.namespace, "name": pod.metadata.name, "uid": pod.metadata.uid,
    })
}

/// The Pod's addresses of one family.
// Models getEndpointAddresses (v1.36)
fn addresses(pod: &Pod, ipv6: bool) -> impl Iterator<Item = &str> {
    pod.status.pod_ips.iter().map(|ip| ip.ip.as_str()).filter(move |ip| ip.contains(':') == ipv6)
}

// Models helper.IsServiceIPSet (v1.36)
fn is_headless(service: &Service) -> bool {
    matches!(service.spec.cluster_ip.as_str(), "None" | "")
}

/// The Service's labels, which its slices and Endpoints have as well, and whether it is headless.
fn service_labels(service: &Service) -> StringMap {
    let mut labels = service.metadata.labels.clone();
    labels.remove(LABEL_HEADLESS);
    if is_headless(service) {
        labels.insert(LABEL_HEADLESS.into(), String::new());
    }
    labels
}

/// The object as one of a kind that the store keeps as a tree.
fn other(object: &Object) -> Option<&Other> {
    if let Object::Other(other) = object { Some(other) } else { None }
}
