//! Priority classes: what a Pod's class stands for, and that there is one default at most.
// Models plugin/pkg/admission/priority (v1.36)

use k8s_api::Value;

use super::{Refused, Request};
use crate::apiserver::{ObjectKey, Store};

const PREEMPT: &str = "PreemptLowerPriority";

/// The name, value and preemption policy of a class.
struct Class {
    name: String,
    value: i64,
    policy: String,
}

impl Class {
    fn read(tree: &Value) -> Self {
        Self {
            name: tree["metadata"]["name"].as_str().unwrap_or_default().to_string(),
            value: tree["value"].as_i64().unwrap_or(0),
            policy: tree["preemptionPolicy"].as_str().unwrap_or(PREEMPT).to_string(),
        }
    }
}

/// The class for Pods that name none; the smallest, should there be several.
fn default_class(store: &Store) -> Option<Class> {
    let classes = store.list("PriorityClass", None).map(|object| object.to_value());
    classes
        .filter(|tree| tree["globalDefault"] == true)
        .map(|tree| Class::read(&tree))
        .min_by_key(|c| c.value)
}

/// Writes the priority of a new Pod into it.
// Models Plugin.admitPod (v1.36)
pub(crate) fn admit_pod(request: &Request<'_>, pod: &mut Value) -> Result<(), Refused> {
    let asked = pod["spec"]["priorityClassName"].as_str().unwrap_or_default().to_string();
    let class = if asked.is_empty() {
        let none = Class { name: String::new(), value: 0, policy: PREEMPT.to_string() };
        default_class(request.store).unwrap_or(none)
    } else {
        let found = request.store.get(&ObjectKey::new("PriorityClass", "", &asked));
        let Some(found) = found else {
            return Err(request.forbidden(&format!("no PriorityClass with name {asked} was found")));
        };
        Class::read(&found.to_value())
    };
    if let Some(given) = pod["spec"]["priority"].as_i64().filter(|given| *given != class.value) {
        return Err(request.forbidden(&format!(
            "the integer value of priority ({given}) must not be provided in pod spec; priority admission \
             controller computed {} from the given PriorityClass name",
            class.value
        )));
    }
    if let Some(given) = pod["spec"]["preemptionPolicy"].as_str().filter(|given| *given != class.policy) {
        return Err(request.forbidden(&format!(
            "the string value of PreemptionPolicy ({given}) must not be provided in pod spec; priority admission \
             controller computed {} from the given PriorityClass name",
            class.policy
        )));
    }
    k8s_api::admission::priority(pod, &class.name, class.value as i32, &class.policy);
    Ok(())
}

/// What a Pod got when it was made stays, if an update leaves it out.
pub(crate) fn keep(pod: &mut Value, old: &Value) {
    for field in ["priority", "preemptionPolicy"] {
        if pod["spec"][field].is_null() && !old["spec"][field].is_null() {
            pod["spec"][field] = old["spec"][field].clone();
        }
    }
}

/// Only one class may be the default.
// Models Plugin.validatePriorityClass (v1.36)
pub(crate) fn validate_class(request: &Request<'_>, class: &Value) -> Result<(), Refused> {
    if class["globalDefault"] != true {
        return Ok(());
    }
    match default_class(request.store) {
        Some(other) if request.is_new() || other.name != request.name => Err(request.forbidden(&format!(
            "PriorityClass {} is already marked as default. Only one default can exist",
            other.name
        ))),
        _ => Ok(()),
    }
}
