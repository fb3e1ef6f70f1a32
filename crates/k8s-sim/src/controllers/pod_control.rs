//! Pods that controllers make and delete, with the events that tell of it.
// Models RealPodControl in pkg/controller/controller_utils.go (v1.36)

use k8s_api::Value;
use k8s_api::meta::Status;
use serde_json::{Map, json};

use super::work::{Owner, Work};
use crate::apiserver::ObjectKey;
use crate::apiserver::events::EventType;
use crate::input::DeleteOptions;

/// The Pod that a template describes, named after its owner and a drawn suffix.
// Models GetPodFromTemplate (v1.36)
pub(crate) fn pod_from_template(template: &Value, owner: &Owner) -> Value {
    let mut metadata = Map::new();
    metadata.insert("generateName".into(), format!("{}-", owner.metadata.name).into());
    for field in ["labels", "annotations", "finalizers"] {
        if let Some(value) = template["metadata"].get(field).filter(|value| !value.is_null()) {
            metadata.insert(field.into(), value.clone());
        }
    }
    metadata.insert("ownerReferences".into(), json!([owner.controller_ref()]));
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]})
}

/// Whether nothing can be made because the namespace is on its way out.
// Models apierrors.HasStatusCause with NamespaceTerminatingCause (v1.36)
pub(crate) fn namespace_terminating(refusal: &Status) -> bool {
    let causes = refusal.details.as_ref().map_or(&[][..], |details| &details.causes);
    causes.iter().any(|cause| cause.reason == "NamespaceTerminating")
}

/// Creates a Pod. Where the namespace is on its way out nothing more is to be made, and that is no failure.
// Models RealPodControl.createPods (v1.36), and what its callers do with its error
pub(crate) fn create_pod(
    work: &mut Work<'_>,
    component: &'static str,
    owner: &Owner,
    pod: Value,
) -> Result<(), String> {
    match work.create(&owner.metadata.namespace, pod) {
        Ok(made) => {
            let text = format!("Created pod: {}", made["metadata"]["name"].as_str().unwrap_or_default());
            work.record(component, owner, EventType::Normal, "SuccessfulCreate", text);
            Ok(())
        }
        Err(refusal) if namespace_terminating(&refusal) => Ok(()),
        Err(refusal) => {
            let text = format!("Error creating: {}", refusal.message);
            work.record(component, owner, EventType::Warning, "FailedCreate", text);
            Err(refusal.message)
        }
    }
}

/// Deletes a Pod with its own grace period.
// Models RealPodControl.DeletePod (v1.36)
pub(crate) fn delete_pod(
    work: &mut Work<'_>,
    component: &'static str,
    owner: &Owner,
    name: &str,
) -> Result<(), String> {
    let key = ObjectKey::new("Pod", &owner.metadata.namespace, name);
    match work.delete(&key, DeleteOptions::default()) {
        Ok(_) => {
            let text = format!("Deleted pod: {name}");
            work.record(component, owner, EventType::Normal, "SuccessfulDelete", text);
            Ok(())
        }
        // It is gone already, which is all that was wanted.
        Err(refusal) if refusal.reason == "NotFound" => Ok(()),
        Err(refusal) => {
            let text = format!("Error deleting: {}", refusal.message);
            work.record(component, owner, EventType::Warning, "FailedDelete", text);
            Err(format!("unable to delete pods: {}", refusal.message))
        }
    }
}

/// Makes so many, in batches that double as long as all goes well: what fails at first would fail as often as it
/// is tried. Returns the first refusal.
// Models slowStartBatch (v1.36)
pub(crate) fn slow_start_batch<E>(count: usize, mut make: impl FnMut() -> Result<(), E>) -> Result<usize, E> {
    let mut remaining = count;
    let mut made = 0;
    let mut size = remaining.min(1);
    while size > 0 {
        let mut failed = None;
        for _ in 0..size {
            match make() {
                Ok(()) => made += 1,
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        remaining -= size;
        size = remaining.min(size * 2);
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::slow_start_batch;

    #[test]
    fn batches_double_until_one_fails() {
        let mut tried = 0;
        let result = slow_start_batch(100, || {
            tried += 1;
            if tried > 5 { Err(tried) } else { Ok(()) }
        });
        // One, two and four: of the third batch two succeed, two fail, and no other is tried.
        assert_eq!((result, tried), (Err(6), 7));
        assert_eq!(slow_start_batch(9, || Ok::<(), ()>(())), Ok(9));
    }
}
