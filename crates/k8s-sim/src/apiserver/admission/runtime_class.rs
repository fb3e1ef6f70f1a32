//! Runtime classes: they must be there, and bring overhead, node selectors and tolerations with them.
// Models plugin/pkg/admission/runtimeclass (v1.36)

use k8s_api::Value;

use super::{Refused, Request};
use crate::apiserver::ObjectKey;

/// Writes what the Pod's class says into the Pod.
// Models RuntimeClass.Admit (v1.36)
pub(crate) fn admit(request: &Request<'_>, pod: &mut Value) -> Result<(), Refused> {
    let Some(name) = pod["spec"]["runtimeClassName"].as_str().map(str::to_string) else {
        return match pod["spec"].get("overhead").filter(|overhead| !overhead.is_null()) {
            Some(_) => Err(request.forbidden(
                "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
            )),
            None => Ok(()),
        };
    };
    let Some(class) = request.store.get(&ObjectKey::new("RuntimeClass", "", &name)) else {
        return Err(request.forbidden(&format!("pod rejected: RuntimeClass \"{name}\" not found")));
    };
    let class = class.to_value();
    let fixed = &class["overhead"]["podFixed"];
    let own = pod["spec"]["overhead"].clone();
    if !fixed.is_null() {
        if own.as_object().is_some_and(|map| !map.is_empty()) && own != *fixed {
            return Err(request
                .forbidden("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"));
        }
        pod["spec"]["overhead"] = fixed.clone();
    } else if !own.is_null() {
        return Err(request.forbidden(
            "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
        ));
    }
    for (key, value) in class["scheduling"]["nodeSelector"].as_object().into_iter().flatten() {
        let (value, own) = (value.as_str().unwrap_or(""), pod["spec"]["nodeSelector"][key].as_str());
        if let Some(own) = own.filter(|own| *own != value) {
            return Err(request.forbidden(&format!(
                "conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; pod.spec.nodeSelector[{key}] = {own}"
            )));
        }
        pod["spec"]["nodeSelector"][key] = value.into();
    }
    for toleration in class["scheduling"]["tolerations"].as_array().into_iter().flatten() {
        match pod["spec"]["tolerations"].as_array_mut() {
            Some(list) if list.contains(toleration) => {}
            Some(list) => list.push(toleration.clone()),
            None => pod["spec"]["tolerations"] = Value::Array(vec![toleration.clone()]),
        }
    }
    Ok(())
}
