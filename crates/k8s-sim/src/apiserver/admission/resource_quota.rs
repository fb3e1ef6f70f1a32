//! Resource quotas: what counts for what, and whether there is room.
// Models k8s.io/apiserver/pkg/admission/plugin/resourcequota and pkg/quota/v1 (v1.36)

use k8s_api::Value;
use k8s_api::core::{PodSpec, ResourceList, ResourceQuota};
use k8s_api::kind::Kind;
use k8s_api::quantity::{Format, Quantity};

use super::{Refused, Request};
use crate::apiserver::{Object, Store};
use crate::time::SimTime;

/// Resources that every container must name as soon as a quota counts them.
const REQUIRED: [&str; 6] =
    ["cpu", "limits.cpu", "limits.memory", "memory", "requests.cpu", "requests.memory"];

fn count(number: usize) -> Quantity {
    Quantity::from_units(number as i64, Format::DecimalSi)
}

/// `count/pods`, `count/deployments.apps`
fn count_name(kind: &Kind) -> String {
    format!("count/{}", kind.qualified_plural())
}

/// What an object takes of the resources that quotas know.
// Models the evaluators' Usage in pkg/quota/v1/evaluator/core (v1.36)
fn usage(kind: &Kind, object: &Value) -> ResourceList {
    let mut used = ResourceList::from([(count_name(kind), count(1))]);
    match kind.kind {
        // What has ended takes nothing any more, but for the object itself.
        "Pod" if matches!(object["status"]["phase"].as_str(), Some("Succeeded" | "Failed")) => {}
        "Pod" => {
            let spec = PodSpec::from_value(&object["spec"]);
            let requests = k8s_api::resources::pod_requests(&spec);
            used.extend(compute(&requests, &k8s_api::resources::pod_limits(&spec)));
        }
        "Service" => {
            let ports = object["spec"]["ports"].as_array().map_or(&[][..], Vec::as_slice);
            let (node_ports, balancers) = match object["spec"]["type"].as_str() {
                Some("NodePort") => (ports.len(), 0),
                Some("LoadBalancer") if object["spec"]["allocateLoadBalancerNodePorts"] == false => {
                    (ports.iter().filter(|port| port["nodePort"].as_i64().unwrap_or(0) != 0).count(), 1)
                }
                Some("LoadBalancer") => (ports.len(), 1),
                _ => (0, 0),
            };
            used.insert("services".into(), count(1));
            used.insert("services.nodeports".into(), count(node_ports));
            used.insert("services.loadbalancers".into(), count(balancers));
        }
        "PersistentVolumeClaim" => {
            used.insert("persistentvolumeclaims".into(), count(1));
            let class = object["spec"]["storageClassName"].as_str().filter(|class| !class.is_empty());
            let of_class =
                |what: &str| class.map(|class| format!("{class}.storageclass.storage.k8s.io/{what}"));
            used.extend(of_class("persistentvolumeclaims").map(|name| (name, count(1))));
            if let Ok(storage) = Quantity::from_value(&object["spec"]["resources"]["requests"]["storage"]) {
                used.extend(of_class("requests.storage").map(|name| (name, storage.clone())));
                used.insert("requests.storage".into(), storage);
            }
        }
        "ConfigMap" | "Secret" | "ResourceQuota" | "ReplicationController" => {
            used.insert(kind.plural.into(), count(1));
        }
        _ => {}
    }
    used
}

/// Requests and limits under the names that quotas use.
// Models podComputeUsageHelper (v1.36)
fn compute(requests: &ResourceList, limits: &ResourceList) -> ResourceList {
    let mut used = ResourceList::from([("pods".to_string(), count(1))]);
    for (name, amount) in requests {
        let known = matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage");
        if known || name.starts_with("hugepages-") {
            used.insert(name.clone(), amount.clone());
        }
        used.insert(format!("requests.{name}"), amount.clone());
    }
    for name in ["cpu", "memory", "ephemeral-storage"] {
        if let Some(amount) = limits.get(name) {
            used.insert(format!("limits.{name}"), amount.clone());
        }
    }
    used
}

/// Whether a quota's resource is one that objects of a kind can take.
// Models the evaluators' MatchingResources (v1.36)
fn is_of(kind: &Kind, name: &str) -> bool {
    if name == count_name(kind) {
        return true;
    }
    match kind.kind {
        "Pod" => {
            let plain = ["pods", "cpu", "memory", "ephemeral-storage"];
            let native = ["cpu", "memory", "ephemeral-storage"];
            let requested = name.strip_prefix("requests.");
            plain.contains(&name)
                || name.starts_with("hugepages-")
                || requested.is_some_and(|rest| {
                    native.contains(&rest) || rest.starts_with("hugepages-") || rest.contains('/')
                })
                || name.strip_prefix("limits.").is_some_and(|rest| native.contains(&rest))
        }
        "Service" => matches!(name, "services" | "services.nodeports" | "services.loadbalancers"),
        "PersistentVolumeClaim" => {
            let own = ["persistentvolumeclaims", "requests.storage"];
            own.contains(&name)
                || own.iter().any(|what| name.ends_with(&format!(".storageclass.storage.k8s.io/{what}")))
        }
        "ConfigMap" | "Secret" | "ResourceQuota" | "ReplicationController" => name == kind.plural,
        _ => false,
    }
}

/// Whether an object is one of those that a quota is about.
// Models podMatchesScopeFunc and getScopeSelectorsFromQuota (v1.36)
fn in_scope(quota: &ResourceQuota, kind: &Kind, object: &Value) -> bool {
    let selectors = quota.spec.scope_selector.as_ref().map(|selector| &selector["matchExpressions"]);
    let expressions = selectors.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let plain = quota.spec.scopes.iter().map(|scope| (scope.as_str(), "Exists", &Value::Null));
    let selected = expressions.iter().map(|expression| {
        let text = |field: &str| expression[field].as_str().unwrap_or("");
        (text("scopeName"), text("operator"), &expression["values"])
    });
    plain.chain(selected).all(|(scope, operator, values)| {
        kind.kind == "Pod" && pod_matches(scope, operator, values, &object["spec"])
    })
}

fn pod_matches(scope: &str, operator: &str, values: &Value, spec: &Value) -> bool {
    let terminating = spec["activeDeadlineSeconds"].as_i64().is_some_and(|seconds| seconds >= 0);
    let best_effort = || {
        let class = k8s_api::resources::qos_class(&PodSpec::from_value(spec));
        class == k8s_api::core::QosClass::BestEffort
    };
    match scope {
        "Terminating" => terminating,
        "NotTerminating" => !terminating,
        "BestEffort" => best_effort(),
        "NotBestEffort" => !best_effort(),
        "PriorityClass" => {
            let class = spec["priorityClassName"].as_str().unwrap_or("");
            let listed = values.as_array().into_iter().flatten().any(|value| *value == *class);
            match operator {
                "In" => !class.is_empty() && listed,
                "NotIn" => class.is_empty() || !listed,
                "DoesNotExist" => class.is_empty(),
                _ => !class.is_empty(),
            }
        }
        "CrossNamespacePodAffinity" => ["podAffinity", "podAntiAffinity"].iter().any(|kind| {
            let affinity = &spec["affinity"][*kind];
            let list = |field: &str| affinity[field].as_array().cloned().unwrap_or_default();
            let required = list("requiredDuringSchedulingIgnoredDuringExecution");
            let preferred = list("preferredDuringSchedulingIgnoredDuringExecution");
            let preferred = preferred.iter().map(|term| &term["podAffinityTerm"]);
            required.iter().chain(preferred).any(|term| {
                term["namespaces"].as_array().is_some_and(|names| !names.is_empty())
                    || !term["namespaceSelector"].is_null()
            })
        }),
        _ => false,
    }
}

/// `a=1,b=2`
fn pretty(list: &ResourceList, names: &[String]) -> String {
    let zero = Quantity::default();
    let parts: Vec<String> =
        names.iter().map(|name| format!("{name}={}", list.get(name).unwrap_or(&zero))).collect();
    parts.join(",")
}

/// Resources that containers must name and do not: `limits.cpu for: a,b; …`.
// Models podEvaluator.Constraints (v1.36)
fn constraints(restricted: &[String], pod: &Value) -> Option<String> {
    let spec = PodSpec::from_value(&pod["spec"]);
    if spec.resources.is_some() {
        return None;
    }
    let mut missing = Vec::new();
    for name in REQUIRED.iter().filter(|name| restricted.iter().any(|other| other == *name)) {
        let mut without: Vec<&str> = spec
            .containers
            .iter()
            .chain(&spec.init_containers)
            .filter(|c| !compute(&c.resources.requests, &c.resources.limits).contains_key(*name))
            .map(|container| container.name.as_str())
            .collect();
        k8s_api::small::sort(&mut without, &|a, b| a < b);
        without.dedup();
        if !without.is_empty() {
            missing.push(format!("{name} for: {}", without.join(",")));
        }
    }
    if missing.is_empty() { None } else { Some(format!("must specify {}", missing.join("; "))) }
}

fn quotas(store: &Store, namespace: &str) -> Vec<ResourceQuota> {
    let quotas = store.list("ResourceQuota", Some(namespace));
    quotas.map(|object| ResourceQuota::from_value(&object.to_value())).collect()
}

/// Whether updates of a kind can cost more than before.
fn handles(request: &Request<'_>, object: &Value) -> bool {
    let Some(old) = request.old else { return request.subresource.is_empty() };
    match (request.kind.kind, request.subresource) {
        ("Pod", "") => {
            let terminating =
                |pod: &Value| pod["spec"]["activeDeadlineSeconds"].as_i64().is_some_and(|s| s >= 0);
            terminating(old) != terminating(object)
        }
        ("Pod", "resize") => true,
        ("Service" | "PersistentVolumeClaim", "") => true,
        _ => false,
    }
}

/// Refuses what does not fit into the namespace's quotas; returns the quotas with their new usage.
// Models CheckRequest (v1.36)
pub(crate) fn validate(request: &Request<'_>, object: &Value) -> Result<Vec<ResourceQuota>, Refused> {
    if request.namespace.is_empty() || !handles(request, object) {
        return Ok(Vec::new());
    }
    let mut changed = Vec::new();
    let used = usage(request.kind, object);
    for mut quota in quotas(request.store, request.namespace) {
        // A quota whose usage has not been counted yet knows nothing.
        let hard = if quota.status.hard.is_empty() { &quota.spec.hard } else { &quota.status.hard };
        let restricted: Vec<String> = hard.keys().filter(|name| is_of(request.kind, name)).cloned().collect();
        if restricted.is_empty() || !in_scope(&quota, request.kind, object) {
            continue;
        }
        let name = &quota.metadata.name;
        if request.kind.kind == "Pod"
            && let Some(why) = constraints(&restricted, object)
        {
            return Err(request.forbidden(&format!("failed quota: {name}: {why}")));
        }
        if restricted.iter().any(|name| !quota.status.used.contains_key(name)) {
            let names = restricted.join(",");
            return Err(request.forbidden(&format!("status unknown for quota: {name}, resources: {names}")));
        }
        let mut delta = used.clone();
        if let Some(old) = request.old.filter(|old| in_scope(&quota, request.kind, old)) {
            for (name, before) in usage(request.kind, old) {
                if let Some(amount) = delta.get_mut(&name) {
                    amount.sub(&before);
                }
            }
        }
        delta.retain(|name, amount| amount.sign() > 0 && restricted.contains(name));
        if delta.is_empty() {
            continue;
        }
        let mut after = quota.status.used.clone();
        for (name, amount) in &delta {
            if let Some(sum) = after.get_mut(name) {
                sum.add(amount);
            }
        }
        let exceeded: Vec<String> = delta.keys().filter(|name| after[*name] > hard[*name]).cloned().collect();
        if !exceeded.is_empty() {
            return Err(request.forbidden(&format!(
                "exceeded quota: {name}, requested: {}, used: {}, limited: {}",
                pretty(&delta, &exceeded),
                pretty(&quota.status.used, &exceeded),
                pretty(hard, &exceeded)
            )));
        }
        quota.status.used = after;
        changed.push(quota);
    }
    Ok(changed)
}

/// Writes a quota's status.
pub(crate) fn put_status(store: &mut Store, now: SimTime, quota: &ResourceQuota) {
    let key =
        crate::apiserver::ObjectKey::new("ResourceQuota", &quota.metadata.namespace, &quota.metadata.name);
    let Some(stored) = store.get(&key) else { return };
    let mut tree = stored.to_value();
    tree["status"] = quota.status.to_value();
    if tree != stored.to_value() {
        store.put(now, Object::from_value(&tree));
    }
}

/// Counts anew what the quotas of a namespace limit.
// Models pkg/controller/resourcequota syncResourceQuota (v1.36)
pub(crate) fn sync(store: &mut Store, now: SimTime, namespace: &str) {
    for mut quota in quotas(store, namespace) {
        let mut used: ResourceList =
            quota.spec.hard.keys().map(|name| (name.clone(), Quantity::default())).collect();
        for kind in k8s_api::kind::KINDS.iter().filter(|kind| kind.namespaced) {
            if !quota.spec.hard.keys().any(|name| is_of(kind, name)) {
                continue;
            }
            for object in store.list(kind.kind, Some(namespace)) {
                let object = object.to_value();
                if !in_scope(&quota, kind, &object) {
                    continue;
                }
                for (name, amount) in usage(kind, &object) {
                    if let Some(sum) = used.get_mut(&name) {
                        sum.add(&amount);
                    }
                }
            }
        }
        quota.status.hard.clone_from(&quota.spec.hard);
        quota.status.used = used;
        put_status(store, now, &quota);
    }
}
