//! The Pods of a StatefulSet: what they are called, how they are made, and what is told of it.
// Models pkg/controller/statefulset/stateful_set_utils.go and stateful_pod_control.go (v1.36)

use k8s_api::Value;
use serde_json::json;

use super::StatefulSet;
use crate::apiserver::events::EventType;
use crate::apiserver::{ObjectKey, Pod};
use crate::controllers::history::Revision;
use crate::controllers::pod_control::pod_from_template;
use crate::controllers::work::Work;
use crate::input::DeleteOptions;

const COMPONENT: &str = "statefulset-controller";
const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";
const POD_INDEX: &str = "apps.kubernetes.io/pod-index";
const REVISION: &str = "controller-revision-hash";

// Models getParentNameAndOrdinal (v1.36)
fn parts(name: &str) -> Option<(&str, &str)> {
    let (parent, ordinal) = name.rsplit_once('-')?;
    (!ordinal.is_empty() && ordinal.bytes().all(|byte| byte.is_ascii_digit())).then_some((parent, ordinal))
}

/// The StatefulSet that a Pod's name names.
pub(super) fn parent_of(name: &str) -> Option<&str> {
    parts(name).map(|(parent, _)| parent)
}

/// The number at the end of a Pod's name.
pub(super) fn ordinal_of(name: &str) -> Option<i64> {
    parts(name)?.1.parse::<i32>().ok().map(i64::from)
}

/// The name of the state that a Pod was made from.
pub(super) fn revision_of(pod: &Pod) -> &str {
    pod.metadata.labels.get(REVISION).map_or("", String::as_str)
}

impl StatefulSet {
    pub(super) fn pod_name(&self, ordinal: i64) -> String {
        format!("{}-{ordinal}", self.owner.metadata.name)
    }

    // Models recordPodEvent (v1.36)
    pub(super) fn record_pod(&self, work: &mut Work<'_>, verb: &str, pod: &str, error: Option<&str>) {
        let set = &self.owner.metadata.name;
        match error {
            None => {
                let text = format!("{verb} Pod {pod} in StatefulSet {set} successful");
                work.record(COMPONENT, &self.owner, EventType::Normal, &format!("Successful{verb}"), text);
            }
            Some(error) => {
                let text = format!("{verb} Pod {pod} in StatefulSet {set} failed error: {error}");
                work.record(COMPONENT, &self.owner, EventType::Warning, &format!("Failed{verb}"), text);
            }
        }
    }

    // Models recordClaimEvent (v1.36)
    pub(super) fn record_claim(&self, work: &mut Work<'_>, claim: &str, pod: &str, error: Option<&str>) {
        let set = &self.owner.metadata.name;
        let (kind, reason, text) = match error {
            None => {
                let text = format!("Create Claim {claim} Pod {pod} in StatefulSet {set} success");
                (EventType::Normal, "SuccessfulCreate", text)
            }
            Some(error) => {
                let text =
                    format!("Create Claim {claim} for Pod {pod} in StatefulSet {set} failed error: {error}");
                (EventType::Warning, "FailedCreate", text)
            }
        };
        work.record(COMPONENT, &self.owner, kind, reason, text);
    }

    /// The Pod of an ordinal at a state, with its name, host name and claims.
    // Models newStatefulSetPod, initIdentity and updateStorage (v1.36)
    fn new_pod(&self, ordinal: i64, revision: &Revision) -> Value {
        let mut pod = pod_from_template(&revision.template(), &self.owner);
        let name = self.pod_name(ordinal);
        let labels = &mut pod["metadata"]["labels"];
        labels[POD_NAME] = name.as_str().into();
        labels[POD_INDEX] = ordinal.to_string().into();
        labels[REVISION] = revision.name.as_str().into();
        pod["metadata"]["name"] = name.as_str().into();
        let spec = &mut pod["spec"];
        spec["hostname"] = name.into();
        if let Some(service) = self.tree["spec"]["serviceName"].as_str().filter(|name| !name.is_empty()) {
            spec["subdomain"] = service.into();
        }
        let claims = self.claim_names(ordinal);
        let mut volumes: Vec<Value> = claims
            .iter()
            .map(|(volume, claim)| json!({"name": volume, "persistentVolumeClaim": {"claimName": claim}}))
            .collect();
        for volume in spec["volumes"].as_array().into_iter().flatten() {
            if !claims.iter().any(|(name, _)| volume["name"] == name.as_str()) {
                volumes.push(volume.clone());
            }
        }
        if !volumes.is_empty() {
            spec["volumes"] = Value::Array(volumes);
        }
        pod
    }

    // Models CreateStatefulPod (v1.36)
    pub(super) fn create_pod(
        &self,
        work: &mut Work<'_>,
        ordinal: i64,
        revision: &Revision,
    ) -> Result<(), String> {
        let name = self.pod_name(ordinal);
        if let Err(error) = self.create_claims(work, ordinal) {
            self.record_pod(work, "Create", &name, Some(&error));
            return Err(error);
        }
        match work.create(&self.owner.metadata.namespace, self.new_pod(ordinal, revision)) {
            Err(refusal) if refusal.reason == "AlreadyExists" => Err(refusal.message),
            Err(refusal) => {
                self.record_pod(work, "Create", &name, Some(&refusal.message));
                Err(refusal.message)
            }
            Ok(made) => {
                let uid = made["metadata"]["uid"].as_str().unwrap_or_default();
                if let Some(pod) = work.store.shared_pod(uid) {
                    self.keep_claims(work, &pod)?;
                }
                self.record_pod(work, "Create", &name, None);
                Ok(())
            }
        }
    }

    // Models DeleteStatefulPod (v1.36)
    pub(super) fn delete_pod(&self, work: &mut Work<'_>, pod: &Pod) -> Result<(), String> {
        let key = ObjectKey::new("Pod", &pod.metadata.namespace, &pod.metadata.name);
        match work.delete(&key, DeleteOptions::default()) {
            Err(refusal) if refusal.reason != "NotFound" => {
                self.record_pod(work, "Delete", &pod.metadata.name, Some(&refusal.message));
                Err(refusal.message)
            }
            _ => {
                self.record_pod(work, "Delete", &pod.metadata.name, None);
                Ok(())
            }
        }
    }

    /// Gives a Pod back the labels that say which one it is.
    // Models UpdateStatefulPod, identityMatches and updateIdentity (v1.36)
    pub(super) fn keep_identity(&self, work: &mut Work<'_>, pod: &Pod) -> Result<(), String> {
        let meta = &pod.metadata;
        if meta.labels.get(POD_NAME) == Some(&meta.name) {
            return Ok(());
        }
        let mut tree = pod.to_value();
        tree["metadata"]["labels"][POD_NAME] = meta.name.as_str().into();
        tree["metadata"]["labels"][POD_INDEX] = ordinal_of(&meta.name).unwrap_or(0).to_string().into();
        let result = work.update(tree, "");
        let error = result.as_ref().err().map(|refusal| refusal.message.clone());
        self.record_pod(work, "Update", &meta.name, error.as_deref());
        error.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::{ordinal_of, parent_of};

    #[test]
    fn a_name_tells_parent_and_ordinal() {
        assert_eq!((parent_of("web-10"), ordinal_of("web-10")), (Some("web"), Some(10)));
        assert_eq!((parent_of("a-b-0"), ordinal_of("a-b-0")), (Some("a-b"), Some(0)));
        assert_eq!((parent_of("web"), parent_of("web-x"), parent_of("web-")), (None, None, None));
        assert_eq!(ordinal_of("web-99999999999"), None);
    }
}
