//! Nodes, namespaces, classes and leases.
//! Models pkg/apis/{core,scheduling,node,coordination}/validation (v1.36)

use serde_json::Value;

use crate::core::{ResourceList, Taint, Toleration};
use crate::internal;
use crate::meta::StringMap;
use crate::quantity::Quantity;
use crate::record::Load;

use super::field::{ErrorList, Path};
use super::options::Options;
use super::{choice, ips, list, meta, names, resources, scheduling, text};

/// Models ValidateNode; the taints' path is upstream's
pub(super) fn node(object: &Value, errors: &mut ErrorList) {
    let mut seen: Vec<(String, String)> = Vec::new();
    for (i, raw) in list(&object["spec"], "taints").iter().enumerate() {
        let taint = Taint::from_value(raw);
        let path = Path::new("metadata").child("taints").index(i);
        errors.check(&path.child("key"), &taint.key, names::qualified_name);
        let messages = names::label_value(&taint.value);
        if !messages.is_empty() {
            errors.invalid(&path.child("value"), &taint.value, &messages.join(";"));
        }
        if taint.effect.is_empty() {
            errors.required(&path.child("effect"), "");
        } else {
            scheduling::effect(&taint.effect, &path.child("effect"), errors);
        }
        let pair = (taint.effect.clone(), taint.key.clone());
        if seen.contains(&pair) {
            let shown = internal::value("Taint", raw);
            errors.duplicate(&path, internal::Text(shown));
            if let Some(last) = errors.0.last_mut() {
                last.body.push_str(": taints must be unique by key and effect pair");
            }
        }
        seen.push(pair);
    }
    for field in ["capacity", "allocatable"] {
        for (name, amount) in object["status"][field].as_object().into_iter().flatten() {
            if let Ok(amount) = Quantity::from_value(amount) {
                let path = Path::new("status").child(field).child(name);
                resources::amount(name, &amount, &path, errors);
            }
        }
    }
    for (i, range) in list(&object["spec"], "podCIDRs").iter().enumerate() {
        ips::cidr(range.as_str().unwrap_or(""), &Path::new("spec").child("podCIDRs").index(i), errors);
    }
}

/// What stays in a node once it is set. Models ValidateNodeUpdate
pub(super) fn node_update(old: &Value, new: &Value, errors: &mut ErrorList) {
    let path = Path::new("spec");
    for (field, name) in [("podCIDRs", "podCIDR"), ("providerID", "providerID")] {
        let (before, after) = (&old["spec"][field], &new["spec"][field]);
        let set = before.as_array().is_some_and(|list| !list.is_empty())
            || before.as_str().is_some_and(|text| !text.is_empty());
        if set && before != after {
            let words = format!("node updates may not change {name} except from \"\" to valid");
            errors.forbidden(&path.child(field), &words);
        }
    }
}

/// Models ValidateNamespace
pub(super) fn namespace(object: &Value, errors: &mut ErrorList) {
    let path = Path::new("spec").child("finalizers");
    for finalizer in list(&object["spec"], "finalizers").iter().filter_map(Value::as_str) {
        errors.check(&path, finalizer, names::qualified_name);
        meta::kube_finalizer(finalizer, &path, errors);
    }
}

/// Models ValidatePriorityClass
pub(super) fn priority_class(object: &Value, errors: &mut ErrorList) {
    let name = text(&object["metadata"], "name");
    let value = object["value"].as_i64().unwrap_or(0);
    if name.starts_with("system-") {
        let known = [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];
        let why = match known.iter().find(|(own, _)| *own == name) {
            None => format!("{name} is not a known system priority class"),
            Some((_, own)) if *own != value => format!("value of {name} PriorityClass must be {own}"),
            Some(_) if object["globalDefault"] == true => {
                format!("globalDefault of {name} PriorityClass must be false")
            }
            Some(_) => String::new(),
        };
        if !why.is_empty() {
            let words = format!(
                "priority class names with 'system-' prefix are reserved for system use only. error: {why}"
            );
            errors.forbidden(&Path::new("metadata").child("name"), &words);
        }
    } else if value > 1_000_000_000 {
        let words = "maximum allowed value of a user defined priority is 1000000000";
        errors.forbidden(&Path::new("value"), words);
    }
    let path = Path::new("preemptionPolicy");
    match object["preemptionPolicy"].as_str() {
        None => {}
        Some("") => errors.required(&path, ""),
        Some(policy) => choice(policy, &path, &["PreemptLowerPriority", "Never"], errors),
    }
}

/// Models ValidatePriorityClassUpdate
pub(super) fn priority_class_update(old: &Value, new: &Value, errors: &mut ErrorList) {
    if old["value"].as_i64().unwrap_or(0) != new["value"].as_i64().unwrap_or(0) {
        errors.forbidden(&Path::new("value"), "may not be changed in an update.");
    }
    let policy = &new["preemptionPolicy"];
    if old["preemptionPolicy"] != *policy {
        errors.invalid(&Path::new("preemptionPolicy"), policy, super::update::IMMUTABLE);
    }
}

/// Models ValidateRuntimeClass
pub(super) fn runtime_class(object: &Value, errors: &mut ErrorList) {
    match text(object, "handler") {
        "" => errors.required(&Path::new("handler"), ""),
        handler => errors.check(&Path::new("handler"), handler, names::dns1123_label),
    }
    let mut fixed = ResourceList::default();
    fixed.load(&object["overhead"]["podFixed"]);
    let options = Options::default();
    resources::overhead(&fixed, &options, &Path::new("overhead"), errors);
    let path = Path::new("scheduling");
    let mut selector = StringMap::default();
    selector.load(&object["scheduling"]["nodeSelector"]);
    meta::labels(&selector, &path.child("nodeSelector"), errors);
    let mut tolerations: Vec<Toleration> = Vec::new();
    tolerations.load(&object["scheduling"]["tolerations"]);
    scheduling::tolerations(&tolerations, &options, &path.child("tolerations"), errors);
}

/// Models ValidateLeaseSpec, without the strategies of coordinated leases
pub(super) fn lease(spec: &Value, errors: &mut ErrorList) {
    let path = Path::new("spec");
    if let Some(seconds) = spec["leaseDurationSeconds"].as_i64().filter(|seconds| *seconds <= 0) {
        errors.invalid(&path.child("leaseDurationSeconds"), seconds, "must be greater than 0");
    }
    if let Some(count) = spec["leaseTransitions"].as_i64().filter(|count| *count < 0) {
        errors.invalid(&path.child("leaseTransitions"), count, "must be greater than or equal to 0");
    }
}
