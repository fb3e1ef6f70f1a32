//! Claims stay while a Pod uses them, and volumes while they are bound.
// Models pkg/controller/volume/pvcprotection and pvprotection (v1.36)

use super::super::work::Work;
use super::{mounts, tree, update};
use crate::apiserver::{ObjectKey, Other, Pod};

pub(crate) const CLAIM_FINALIZER: &str = "kubernetes.io/pvc-protection";
pub(crate) const VOLUME_FINALIZER: &str = "kubernetes.io/pv-protection";

/// Whether there is something to do: it is on its way out, or not protected yet.
// Models protectionutil IsDeletionCandidate and NeedToAddFinalizer (v1.36)
pub(super) fn concerns(object: &Other, finalizer: &str) -> bool {
    let meta = &object.metadata;
    meta.deletion_timestamp.is_some() == meta.finalizers.iter().any(|other| other == finalizer)
}

/// Looks at a claim.
// Models processPVC and podUsesPVCForDeletion (v1.36)
pub(in super::super) fn sync_claim(work: &mut Work<'_>, key: &ObjectKey) -> Result<(), String> {
    let uses = |pod: &Pod| !pod.spec.node_name.is_empty() && mounts(pod, &key.namespace, &key.name);
    let used = work.store.pods().any(uses);
    protect(work, key, CLAIM_FINALIZER, used)
}

/// Looks at a volume.
// Models processPV and isBeingUsed (v1.36)
pub(in super::super) fn sync_volume(work: &mut Work<'_>, key: &ObjectKey) -> Result<(), String> {
    let used = tree(work, key).is_some_and(|volume| volume["status"]["phase"] == "Bound");
    protect(work, key, VOLUME_FINALIZER, used)
}

fn protect(work: &mut Work<'_>, key: &ObjectKey, finalizer: &str, used: bool) -> Result<(), String> {
    let Some(mut object) = tree(work, key) else { return Ok(()) };
    let leaving = object["metadata"]["deletionTimestamp"].is_string();
    let mut finalizers = object["metadata"]["finalizers"].as_array().cloned().unwrap_or_default();
    let has = finalizers.iter().any(|other| other == finalizer);
    match (leaving, has) {
        (true, true) if !used => finalizers.retain(|other| other != finalizer),
        (false, false) => finalizers.push(finalizer.into()),
        _ => return Ok(()),
    }
    object["metadata"]["finalizers"] = finalizers.into();
    update(work, object, "").map(|_| ())
}
