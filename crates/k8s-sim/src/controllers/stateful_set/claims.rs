//! The claims of a StatefulSet's Pods: made with the Pod, and kept or deleted as the retention policy says.
// Models pkg/controller/statefulset/stateful_set_utils.go and stateful_pod_control.go (v1.36)

use k8s_api::Value;
use serde_json::json;

use super::StatefulSet;
use super::pod::ordinal_of;
use crate::apiserver::{Object, ObjectKey, Pod};
use crate::controllers::work::{Owner, Work};

impl StatefulSet {
    fn claim_templates(&self) -> &[Value] {
        self.tree["spec"]["volumeClaimTemplates"].as_array().map_or(&[], Vec::as_slice)
    }

    fn claim_name(&self, template: &Value, ordinal: i64) -> String {
        let name = template["metadata"]["name"].as_str().unwrap_or_default();
        format!("{name}-{}-{ordinal}", self.owner.metadata.name)
    }

    fn claim_key(&self, name: &str) -> ObjectKey {
        ObjectKey::new("PersistentVolumeClaim", &self.owner.metadata.namespace, name)
    }

    /// The volumes that are claims, and the claims' names.
    pub(super) fn claim_names(&self, ordinal: i64) -> Vec<(String, String)> {
        let templates = self.claim_templates().iter();
        templates
            .map(|template| {
                let volume = template["metadata"]["name"].as_str().unwrap_or_default();
                (volume.to_string(), self.claim_name(template, ordinal))
            })
            .collect()
    }

    /// Makes the claims of a Pod that are missing.
    // Models createPersistentVolumeClaims and getPersistentVolumeClaims (v1.36)
    pub(super) fn create_claims(&self, work: &mut Work<'_>, ordinal: i64) -> Result<(), String> {
        let namespace = self.owner.metadata.namespace.clone();
        let mut errors = Vec::new();
        for template in self.claim_templates() {
            let name = self.claim_name(template, ordinal);
            if let Some(claim) = work.store.get(&self.claim_key(&name)) {
                if claim.meta().deletion_timestamp.is_some() {
                    errors.push(format!("pvc {name} is being deleted"));
                }
                continue;
            }
            let mut claim = template.clone();
            claim["apiVersion"] = "v1".into();
            claim["kind"] = "PersistentVolumeClaim".into();
            claim["metadata"]["name"] = name.as_str().into();
            claim["metadata"]["namespace"] = namespace.as_str().into();
            for (key, value) in &self.selector.match_labels {
                claim["metadata"]["labels"][key] = value.as_str().into();
            }
            if let Some(fields) = claim.as_object_mut() {
                fields.remove("status");
            }
            let error = work.create(&namespace, claim).err().map(|refusal| refusal.message);
            self.record_claim(work, &name, &self.pod_name(ordinal), error.as_deref());
            errors.extend(error.map(|error| format!("failed to create PVC {name}: {error}")));
        }
        match errors.as_slice() {
            [] => Ok(()),
            [one] => Err(one.clone()),
            several => Err(format!("[{}]", several.join(", "))),
        }
    }

    /// Whether claims go when the set goes, and when it gets smaller.
    // Models getPersistentVolumeClaimRetentionPolicy (v1.36)
    fn retention(&self) -> (bool, bool) {
        let policy = &self.tree["spec"]["persistentVolumeClaimRetentionPolicy"];
        (policy["whenDeleted"] == "Delete", policy["whenScaled"] == "Delete")
    }

    /// Whether a claim still waits to be deleted with a former Pod of that ordinal.
    // Models PodClaimIsStale (v1.36)
    pub(super) fn claim_is_stale(&self, work: &Work<'_>, ordinal: i64) -> bool {
        let pod = self.pod_name(ordinal);
        self.retention().1
            && self.claim_names(ordinal).iter().any(|(_, claim)| {
                let claim = work.store.get(&self.claim_key(claim));
                claim.is_some_and(|claim| {
                    let references = &claim.meta().owner_references;
                    references.iter().any(|owner| owner.kind == "Pod" && owner.name == pod)
                })
            })
    }

    /// Makes the set or the Pod the owner of the Pod's claims, or nobody, as the retention policy says: with its owner a
    /// claim goes.
    // Models ClaimsMatchRetentionPolicy and updateClaimOwnerRefForSetAndPod (v1.36)
    pub(super) fn keep_claims(&self, work: &mut Work<'_>, pod: &Pod) -> Result<(), String> {
        let Some(ordinal) = ordinal_of(&pod.metadata.name) else { return Ok(()) };
        let (when_deleted, when_scaled) = self.retention();
        let scaled_down = !self.has_place_for(ordinal);
        let pod_owner = Owner::core("Pod", &pod.metadata);
        let wanted = match (when_scaled && scaled_down, when_deleted && !(when_scaled && scaled_down)) {
            (true, _) => Some(&pod_owner),
            (_, true) => Some(&self.owner),
            _ => None,
        };
        for (_, name) in self.claim_names(ordinal) {
            let Some(claim) = work.store.get(&self.claim_key(&name)).cloned() else { continue };
            if let Some(tree) = owned_by(&claim, [&self.owner, &pod_owner], wanted) {
                work.update(tree, "").map_err(|refusal| {
                    format!("could not update claim {name} for delete policy ownerRefs: {}", refusal.message)
                })?;
            }
        }
        Ok(())
    }
}

/// The claim with the wanted one of two owners; nothing if it is so already, or belongs to namesakes of theirs that
/// are gone, with which it goes.
fn owned_by(claim: &Object, owners: [&Owner; 2], wanted: Option<&Owner>) -> Option<Value> {
    let references = &claim.meta().owner_references;
    let mut right = wanted.is_none();
    let mut wrong = false;
    for reference in references {
        let same = |owner: &&Owner| owner.kind == reference.kind && owner.metadata.name == reference.name;
        let Some(owner) = owners.into_iter().find(same) else { continue };
        if owner.metadata.uid != reference.uid {
            return None;
        }
        let is_wanted = wanted.is_some_and(|wanted| wanted.metadata.uid == reference.uid);
        right |= is_wanted && reference.controller == Some(true);
        wrong |= !is_wanted;
    }
    if right && !wrong {
        return None;
    }
    let mut tree = claim.to_value();
    let mut kept = tree["metadata"]["ownerReferences"].as_array().cloned().unwrap_or_default();
    kept.retain(|reference| !owners.iter().any(|owner| reference["uid"] == owner.metadata.uid.as_str()));
    kept.extend(wanted.map(Owner::controller_ref));
    tree["metadata"]["ownerReferences"] = json!(kept);
    Some(tree)
}
