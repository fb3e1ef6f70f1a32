//! The API server: defaulting, admission, validation, graceful deletion; and the store behind it.
// Models k8s.io/apiserver/pkg/registry/generic/registry/store.go and pkg/registry/core (v1.36)

pub(crate) mod admission;
pub mod authorization;
mod delete;
mod errors;
pub mod events;
mod eviction;
pub mod object;
pub mod patch;
pub(crate) mod pod_security_checks;
mod request;
mod service_alloc;
pub mod store;
mod template_generation;
mod watch;

use k8s_api::Value;
use k8s_api::kind::{self, Kind};
use k8s_api::meta::{Status, Time};

pub(crate) use delete::{FOREGROUND, ORPHAN, delete_pod, should_delete_during_update};
pub use errors::{already_exists, conflict, not_found};
use errors::{bad_request, details, invalid, patch_refused, status};
pub use object::{Object, Other, Pod};
pub(crate) use request::{Asker, carry_out};
pub use store::{ObjectKey, Store};
pub(crate) use template_generation::TEMPLATE_GENERATION;
pub use watch::{WatchEvent, WatchLog, WatchType};

use admission::{Request, limit_ranger, pod_security, priority, resource_quota, runtime_class};

use crate::input::ApiRequest;
use crate::rng::Rng;
use crate::time::SimTime;

/// What every request needs to know of the world.
#[derive(Debug)]
pub(crate) struct ApiServer<'a> {
    pub(crate) store: &'a mut Store,
    pub(crate) now: SimTime,
    pub(crate) epoch_seconds: i64,
    pub(crate) rng: Rng,
    /// What the answer warns of, in order.
    pub(crate) warnings: Vec<String>,
}

/// More Pods than these are not taken: whoever asks for a million gets so many, and the reason.
const PODS_MAX: usize = 1_200;

type ApiResult = Result<Value, Box<Status>>;

const CHANGED_SINCE_READ: &str =
    "the object has been modified; please apply your changes to the latest version and try again";

impl ApiServer<'_> {
    fn time(&self) -> Time {
        Time(self.epoch_seconds + self.now.secs() as i64)
    }

    /// Carries a request out.
    pub(crate) fn handle(&mut self, request: &ApiRequest) -> ApiResult {
        match request {
            ApiRequest::Create { namespace, object, dry_run } => self.create(namespace, object, *dry_run),
            ApiRequest::Update { object, subresource, dry_run } => self.update(object, subresource, *dry_run),
            ApiRequest::Patch { kind, namespace, name, subresource, patch_type, patch, dry_run } => {
                let kind = self.kind(kind)?;
                let key = ObjectKey::new(kind.kind, namespace, name);
                let old = self.store.get(&key).ok_or_else(|| not_found(kind, name))?.to_value();
                let new = patch::apply(&old, *patch_type, patch, kind.kind)
                    .map_err(|refusal| patch_refused(refusal, *patch_type))?;
                patch::check_types(kind, &new, *patch_type, patch)?;
                if new == old {
                    return Ok(old);
                }
                self.store_update(kind, &key, new, subresource, *dry_run)
            }
            ApiRequest::Delete { kind, namespace, name, options } => {
                let kind = self.kind(kind)?;
                self.delete(kind, namespace, name, options)
            }
            ApiRequest::Evict { namespace, name, options } => {
                let kind = self.kind("Pod")?;
                self.evict(kind, namespace, name, options)
            }
        }
    }

    fn kind(&self, name: &str) -> Result<&'static Kind, Box<Status>> {
        kind::by_kind(name).ok_or_else(|| {
            status(404, "NotFound", "the server could not find the requested resource".to_string())
        })
    }

    // Models Store.Create (v1.36)
    fn create(&mut self, namespace: &str, object: &Value, dry_run: bool) -> ApiResult {
        let kind = decoded_kind(object)?;
        let mut tree = object.clone();
        if tree["metadata"].is_null() {
            tree["metadata"] = serde_json::json!({});
        }
        let given = tree["metadata"]["namespace"].as_str().unwrap_or_default().to_string();
        if kind.namespaced {
            if !given.is_empty() && given != namespace {
                return Err(bad_request(
                    "the namespace of the provided object does not match the namespace sent on the request"
                        .into(),
                ));
            }
            tree["metadata"]["namespace"] = namespace.into();
        }
        let count = self.store.resource_version();
        if tree["metadata"]["name"].as_str().unwrap_or_default().is_empty()
            && let Some(base) = tree["metadata"]["generateName"].as_str().map(str::to_string)
        {
            let suffix = k8s_api::admission::name_suffix(self.rng.draw("name", &base, count));
            tree["metadata"]["name"] = k8s_api::admission::generated_name(&base, &suffix).into();
        }
        let name = tree["metadata"]["name"].as_str().unwrap_or_default().to_string();
        let uid = self.rng.uid(&format!("{}/{namespace}/{name}", kind.kind), count);
        let namespace = if kind.namespaced { namespace } else { "" };
        // Every strategy's PrepareForCreate but the node's forgets the status.
        if kind.kind != "Node"
            && let Some(map) = tree.as_object_mut()
        {
            map.remove("status");
        }
        k8s_api::defaulting::default(kind, &mut tree);
        if kind.kind == "DaemonSet" {
            template_generation::count(&mut tree, None);
        }
        let request =
            Request { store: &*self.store, kind, namespace, name: &name, subresource: "", old: None };
        if kind.kind == "Pod" && self.store.pod_count() >= PODS_MAX {
            let why = format!("this simulated cluster has room for {PODS_MAX} Pods, and they are all there");
            return Err(request.forbidden(&why));
        }
        // What changes the object comes before it has a name of its own, and speaks of what that begins with.
        let own = object["metadata"]["name"].as_str().filter(|own| !own.is_empty());
        let base = own.or(object["metadata"]["generateName"].as_str()).unwrap_or(&name);
        admit_new(&Request { name: base, ..request }, &self.rng, &mut tree, &uid)?;
        if kind.kind == "PersistentVolume" {
            // Models pkg/registry/core/persistentvolume/strategy.go PrepareForCreate (v1.36)
            let now = self.time().rfc3339();
            tree["status"] = serde_json::json!({"phase": "Pending", "lastPhaseTransitionTime": now});
        }
        let asked = object["spec"]["clusterIP"].as_str().is_some_and(|ip| !ip.is_empty());
        let mut errors = k8s_api::validation::field::ErrorList::default();
        if kind.kind == "Service" {
            // Addresses and ports are given out first (BeginCreate); what fails there ends the request.
            errors = k8s_api::validation::service::families(&tree);
            if errors.is_empty() && asked {
                errors = service_alloc::check_cluster_ip(self.store, &tree);
            }
            if errors.is_empty() {
                errors = service_alloc::allocate(self.store, &self.rng, &mut tree, None);
            }
        }
        if errors.is_empty() {
            errors = k8s_api::validation::create(kind, &tree);
        }
        if !errors.is_empty() {
            return Err(invalid(kind, &name, &errors));
        }
        self.warnings.extend(k8s_api::validation::warnings::warnings(kind, &tree));
        let quotas = validate_admission(&request, &tree, &mut self.warnings)?;
        tree = k8s_api::normalize::normalize(kind, &tree);
        let key = ObjectKey::new(kind.kind, namespace, &name);
        // Models etcd3.store.Create
        let version =
            object["metadata"]["resourceVersion"].as_str().and_then(|text| text.parse::<u64>().ok());
        if !dry_run && version.is_some_and(|version| version != 0) {
            let message = "resourceVersion should not be set on objects to be created".to_string();
            return Err(status(500, "", message));
        }
        if self.store.get(&key).is_some() {
            return Err(already_exists(kind, &name));
        }
        let time = self.time();
        if kind.kind == "PersistentVolume" {
            tree["status"]["lastPhaseTransitionTime"] = time.rfc3339().into();
        }
        let mut object = Object::from_value(&tree);
        let meta = object.meta_mut();
        meta.uid = uid;
        meta.creation_timestamp = Some(time);
        meta.deletion_timestamp = None;
        meta.deletion_grace_period_seconds = None;
        meta.generation = i64::from(has_generation(kind));
        if dry_run {
            return Ok(object.to_value());
        }
        for quota in &quotas {
            resource_quota::put_status(self.store, self.now, quota);
        }
        Ok(self.store.put(self.now, object).to_value())
    }

    fn update(&mut self, object: &Value, subresource: &str, dry_run: bool) -> ApiResult {
        let kind = decoded_kind(object)?;
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
        let key = ObjectKey::new(kind.kind, namespace, name);
        self.store_update(kind, &key, object.clone(), subresource, dry_run)
    }

    // Models Store.Update (v1.36)
    fn store_update(
        &mut self,
        kind: &'static Kind,
        key: &ObjectKey,
        mut new: Value,
        subresource: &str,
        dry_run: bool,
    ) -> ApiResult {
        let Some(old_object) = self.store.get(key).cloned() else { return Err(not_found(kind, &key.name)) };
        let old = old_object.to_value();
        let given = new["metadata"]["resourceVersion"].as_str().unwrap_or_default();
        if !given.is_empty() && given != old["metadata"]["resourceVersion"].as_str().unwrap_or_default() {
            return Err(conflict(kind, &key.name, CHANGED_SINCE_READ));
        }
        // What only the server sets stays as it is.
        for field in [
            "uid",
            "creationTimestamp",
            "generation",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "resourceVersion",
        ] {
            match old["metadata"].get(field) {
                Some(value) => new["metadata"][field] = value.clone(),
                None => {
                    if let Some(meta) = new["metadata"].as_object_mut() {
                        meta.remove(field);
                    }
                }
            }
        }
        if subresource == "status" {
            for (field, value) in old.as_object().into_iter().flatten() {
                if field != "status" && field != "metadata" {
                    new[field.as_str()] = value.clone();
                }
            }
        } else if let Some(value) = old.get("status") {
            new["status"] = value.clone();
        }
        let request = Request {
            store: &*self.store,
            kind,
            namespace: &key.namespace,
            name: &key.name,
            subresource,
            old: Some(&old),
        };
        admission::namespace_lifecycle(&request)?;
        let mut quotas = Vec::new();
        if subresource != "status" {
            use k8s_api::validation::update as validate;
            k8s_api::defaulting::default(kind, &mut new);
            if kind.kind == "Pod" {
                k8s_api::admission::only_of_subresource(subresource, &mut new, &old);
            }
            if kind.kind == "Pod" && subresource.is_empty() {
                priority::keep(&mut new, &old);
                k8s_api::admission::default_tolerations(&mut new);
            }
            if kind.kind == "Service" {
                service_alloc::keep(&mut new, &old);
                let ip = cluster_ip(&self.rng, old["metadata"]["uid"].as_str().unwrap_or(""));
                k8s_api::admission::service_addresses(&mut new, &ip);
            }
            new = k8s_api::normalize::normalize(kind, &new);
            if kind.kind == "DaemonSet" {
                template_generation::count(&mut new, Some(&old));
            }
            let mut errors = k8s_api::validation::field::ErrorList::default();
            if kind.kind == "Service" {
                errors = k8s_api::validation::service::families(&new);
                if errors.is_empty() {
                    errors = service_alloc::allocate(self.store, &self.rng, &mut new, Some(&old));
                }
            }
            if errors.is_empty() {
                errors = match subresource {
                    "ephemeralcontainers" => validate::ephemeral_containers(&old, &new),
                    "resize" => validate::resize(&old, &new),
                    _ => validate::update(kind, &old, &new),
                };
            }
            if !errors.is_empty() {
                return Err(invalid(kind, &key.name, &errors));
            }
            self.warnings.extend(k8s_api::validation::warnings::on_update(kind, &old, &new));
            quotas = validate_admission(&request, &new, &mut self.warnings)?;
        }
        let mut object = Object::from_value(&new);
        if has_generation(kind) && subresource != "status" && is_new_generation(kind, &old, &new) {
            object.meta_mut().generation += 1;
        }
        if new == old {
            return Ok(old);
        }
        if subresource == "resize" && new["spec"] != old["spec"] {
            self.admit_resize(kind, &object)?;
        }
        if dry_run {
            return Ok(object.to_value());
        }
        for quota in &quotas {
            resource_quota::put_status(self.store, self.now, quota);
        }
        if should_delete_during_update(object.meta()) {
            // The last finalizer is gone: so is the object.
            let value = object.to_value();
            self.store.remove(self.now, key);
            return Ok(value);
        }
        Ok(self.store.put(self.now, object).to_value())
    }

    /// A node that could never hold the Pod's new requests does not get them.
    // Models plugin/pkg/admission/podresize (v1.36)
    fn admit_resize(&self, kind: &Kind, object: &Object) -> Result<(), Box<Status>> {
        let Object::Pod(pod) = object else { return Ok(()) };
        if pod.spec.node_name.is_empty() {
            return Ok(());
        }
        let forbidden = |why: String| {
            let name = &pod.metadata.name;
            let message = format!("pods \"{name}\" is forbidden: {why}");
            Err(details(status(403, "Forbidden", message), kind, name))
        };
        let key = ObjectKey::new("Node", "", &pod.spec.node_name);
        let Some(node) = self.store.get(&key).and_then(|object| object.as_node()) else {
            return forbidden(format!("node \"{}\" not found", pod.spec.node_name));
        };
        let requests = k8s_api::resources::pod_requests(&pod.spec);
        let mut short = Vec::new();
        for name in ["cpu", "memory"] {
            let (asked, have) = (requests.get(name), node.status.allocatable.get(name));
            let nano = |q: Option<&k8s_api::quantity::Quantity>| q.map_or(0, |q| q.nano_value());
            if nano(asked) > nano(have) {
                let unit = if name == "cpu" { 1_000_000 } else { 1_000_000_000 };
                let (asked, have) = (nano(asked) / unit, nano(have) / unit);
                short.push(format!("{name}, requested: {asked}, allocatable: {have}"));
            }
        }
        if short.is_empty() {
            return Ok(());
        }
        forbidden(format!("node didn't have enough allocatable resources: {}", short.join("; ")))
    }
}

/// The kind of an object, whose fields all have the types of that kind: nothing else may rely on them before.
// Models createHandler and UpdateResource (v1.36): decoding comes before admission
fn decoded_kind(object: &Value) -> Result<&'static Kind, Box<Status>> {
    let api_version = object["apiVersion"].as_str().unwrap_or_default();
    let kind = kind::by_gvk(api_version, object["kind"].as_str().unwrap_or_default())
        .ok_or_else(|| status(404, "NotFound", "the server could not find the requested resource".into()))?;
    match k8s_api::decode::decode(kind, object).bad_request(kind, false) {
        Some(message) => Err(bad_request(message)),
        None => Ok(kind),
    }
}

/// Admission that adds to a new object.
fn admit_new(request: &Request<'_>, rng: &Rng, tree: &mut Value, uid: &str) -> Result<(), Box<Status>> {
    admission::namespace_lifecycle(request)?;
    match request.kind.kind {
        "Pod" => {
            limit_ranger::admit_pod(request, tree);
            let automount = admission::service_account(request, tree)?;
            let suffix = k8s_api::admission::name_suffix(rng.draw("token-volume", uid, 0));
            k8s_api::admission::service_account(tree, &suffix, automount);
            priority::admit_pod(request, tree)?;
            k8s_api::admission::default_tolerations(tree);
            runtime_class::admit(request, tree)?;
            k8s_api::admission::prepare_pod(tree);
        }
        "Job" => k8s_api::admission::job_selector(tree, uid),
        "PersistentVolumeClaim" => admission::claim(request, tree),
        "PersistentVolume" => admission::protect(tree, crate::controllers::volume::VOLUME_FINALIZER),
        "Service" => {
            k8s_api::admission::service_addresses(tree, &cluster_ip(rng, uid));
        }
        "Namespace" => k8s_api::admission::prepare_namespace(tree),
        _ => {}
    }
    Ok(())
}

/// The address that a Service is given if it does not ask for one.
fn cluster_ip(rng: &Rng, uid: &str) -> String {
    let last = 2 + rng.below(250, "cluster-ip", uid, 0);
    let third = rng.below(16, "cluster-ip-net", uid, 0);
    format!("10.96.{third}.{last}")
}

/// Admission that only looks. The quotas that change are returned with their new usage.
fn validate_admission(
    request: &Request<'_>,
    tree: &Value,
    warnings: &mut Vec<String>,
) -> Result<Vec<k8s_api::core::ResourceQuota>, Box<Status>> {
    match (request.kind.kind, request.subresource) {
        ("Pod", "") if request.old.is_none() => limit_ranger::validate(request, tree)?,
        ("Pod", "resize") | ("PersistentVolumeClaim", "") => limit_ranger::validate(request, tree)?,
        ("PriorityClass", "") => priority::validate_class(request, tree)?,
        _ => {}
    }
    pod_security::validate(request, tree, warnings)?;
    resource_quota::validate(request, tree)
}

/// Kinds whose spec changes are counted.
fn has_generation(kind: &Kind) -> bool {
    matches!(
        kind.kind,
        "Pod"
            | "Deployment"
            | "ReplicaSet"
            | "StatefulSet"
            | "DaemonSet"
            | "Job"
            | "CronJob"
            | "ReplicationController"
            | "NetworkPolicy"
            | "Ingress"
            | "PodDisruptionBudget"
            | "IngressClass"
            | "PriorityClass"
            | "PodTemplate"
            | "EndpointSlice"
    )
}

/// Whether an object's generation is another one now.
fn is_new_generation(kind: &Kind, old: &Value, new: &Value) -> bool {
    let differs = |field: &str| new.get(field) != old.get(field);
    match kind.kind {
        // Models endpointSliceStrategy.PrepareForUpdate (v1.36)
        "EndpointSlice" => {
            differs("endpoints") || differs("ports") || new["metadata"]["labels"] != old["metadata"]["labels"]
        }
        _ => differs("spec") || differs("template"),
    }
}
