//! What becomes of a claim.
// Models syncClaim of pkg/controller/volume/persistentvolume/pv_controller.go (v1.36)

use k8s_api::Value;
use k8s_api::core::{PersistentVolume, PersistentVolumeClaim};

use super::super::work::{Controller, Work};
use super::{
    BIND_COMPLETED, BOUND_BY_CONTROLLER, RESYNC_MS, SELECTED_NODE, VOLUME, annotate, annotation, class_of,
    is_bound_to, is_delayed, matching, mounts, promise, provision, record, set_phase, tree, update,
};
use crate::apiserver::ObjectKey;
use crate::apiserver::events::EventType::{Normal, Warning};

/// Looks at a claim.
pub(in super::super) fn sync(work: &mut Work<'_>, key: &ObjectKey) -> Result<(), String> {
    let Some(claim) = tree(work, key) else { return Ok(()) };
    let result = match annotation(&claim, BIND_COMPLETED) {
        None => sync_unbound(work, claim),
        Some(_) => sync_bound(work, claim),
    };
    let pending = tree(work, key).is_some_and(|claim| claim["status"]["phase"] == "Pending");
    if pending && result.is_ok() {
        // Models resync (v1.36): all are looked at again in a fixed rhythm; only these can have changed by it.
        let rest = RESYNC_MS - work.now.ms() % RESYNC_MS;
        work.enqueue_after(Controller::Claim, key, rest);
    }
    result
}

// Models syncUnboundClaim (v1.36)
fn sync_unbound(work: &mut Work<'_>, claim: Value) -> Result<(), String> {
    let typed = PersistentVolumeClaim::from_value(&claim);
    if !typed.spec.volume_name.is_empty() {
        return sync_requested(work, claim, &typed);
    }
    let delayed = is_delayed(work.store, &claim);
    let found = {
        let volumes = matching::volumes(work.store);
        let found = matching::find(&typed, class_of(&claim), &volumes, None, &[], delayed);
        found.map(|candidate| ObjectKey::new(VOLUME, "", &candidate.typed.metadata.name))
    };
    if let Some(volume) = found.and_then(|key| tree(work, &key)) {
        return bind(work, volume, claim);
    }
    if provision::assign_default_class(work, &claim)? {
        return Ok(());
    }
    if delayed && annotation(&claim, SELECTED_NODE).is_none() {
        tell_that_it_waits(work, &claim, &typed);
    } else if !class_of(&claim).is_empty() {
        return provision::provision(work, claim);
    } else {
        let message = "no persistent volumes available for this claim and no storage class is set";
        record(work, &claim, Normal, "FailedBinding", message);
    }
    set_status(work, claim, "Pending", None).map(|_| ())
}

// Models emitEventForUnboundDelayBindingClaim and findNonScheduledPodsByPVC (v1.36)
fn tell_that_it_waits(work: &mut Work<'_>, claim: &Value, typed: &PersistentVolumeClaim) {
    let uses = |pod: &&crate::apiserver::Pod| {
        pod.spec.node_name.is_empty()
            && !pod.is_terminal()
            && mounts(pod, &typed.metadata.namespace, &typed.metadata.name)
    };
    let pods: Vec<String> = work.store.pods().filter(uses).map(|pod| pod.metadata.name.clone()).collect();
    let (reason, message) = match &pods[..] {
        [] => ("WaitForFirstConsumer", "waiting for first consumer to be created before binding".to_string()),
        [pod] => ("WaitForPodScheduled", format!("waiting for pod {pod} to be scheduled")),
        _ => ("WaitForPodScheduled", format!("waiting for pods {} to be scheduled", pods.join(","))),
    };
    record(work, claim, Normal, reason, &message);
}

/// A claim that names the volume it wants.
fn sync_requested(work: &mut Work<'_>, claim: Value, typed: &PersistentVolumeClaim) -> Result<(), String> {
    let Some(volume) = tree(work, &ObjectKey::new(VOLUME, "", &typed.spec.volume_name)) else {
        return set_status(work, claim, "Pending", None).map(|_| ());
    };
    let wanted = PersistentVolume::from_value(&volume);
    if wanted.spec.claim_ref.is_none() {
        if let Some(why) = matching::mismatch(&wanted, typed, (class_of(&volume), class_of(&claim))) {
            let message = format!("Cannot bind to requested volume \"{}\": {why}", wanted.metadata.name);
            record(work, &claim, Warning, "VolumeMismatch", &message);
            return set_status(work, claim, "Pending", None).map(|_| ());
        }
        return bind(work, volume, claim);
    }
    if is_bound_to(&wanted, typed) {
        return bind(work, volume, claim);
    }
    let message = format!("volume \"{}\" already bound to a different claim.", wanted.metadata.name);
    record(work, &claim, Warning, "FailedBinding", &message);
    if annotation(&claim, BOUND_BY_CONTROLLER).is_some() {
        return Err(message);
    }
    set_status(work, claim, "Pending", None).map(|_| ())
}

// Models syncBoundClaim (v1.36)
fn sync_bound(work: &mut Work<'_>, claim: Value) -> Result<(), String> {
    let typed = PersistentVolumeClaim::from_value(&claim);
    let name = &typed.spec.volume_name;
    let lost = |work: &mut Work<'_>, claim: Value, reason: &str, message: &str| {
        if claim["status"]["phase"] == "Lost" {
            return Ok(());
        }
        let claim = set_status(work, claim, "Lost", None)?;
        record(work, &claim, Warning, reason, message);
        Ok(())
    };
    if name.is_empty() {
        let message = "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!";
        return lost(work, claim, "ClaimLost", message);
    }
    let Some(volume) = tree(work, &ObjectKey::new(VOLUME, "", name)) else {
        let message = "Bound claim has lost its PersistentVolume. Data on the volume is lost!";
        return lost(work, claim, "ClaimLost", message);
    };
    match PersistentVolume::from_value(&volume).spec.claim_ref {
        Some(by) if by.uid != typed.metadata.uid => {
            let message = "Two claims are bound to the same volume, this one is bound incorrectly";
            lost(work, claim, "ClaimMisbound", message)
        }
        _ => bind(work, volume, claim),
    }
}

/// Binds both to each other, in four steps of which each is skipped that was done.
// Models bind, bindVolumeToClaim and bindClaimToVolume (v1.36)
fn bind(work: &mut Work<'_>, mut volume: Value, mut claim: Value) -> Result<(), String> {
    if promise(&mut volume, &claim) {
        volume = update(work, volume, "")?;
    }
    let volume = set_phase(work, volume, "Bound", "")?;
    let name = &volume["metadata"]["name"];
    let mut changed = false;
    if claim["spec"]["volumeName"] != *name {
        claim["spec"]["volumeName"] = name.clone();
        if annotation(&claim, BOUND_BY_CONTROLLER).is_none() {
            annotate(&mut claim, BOUND_BY_CONTROLLER, "yes");
        }
        changed = true;
    }
    if annotation(&claim, BIND_COMPLETED).is_none() {
        annotate(&mut claim, BIND_COMPLETED, "yes");
        changed = true;
    }
    if changed {
        claim = update(work, claim, "")?;
    }
    set_status(work, claim, "Bound", Some(&volume)).map(|_| ())
}

/// Writes a claim's status, if it is another.
// Models updateClaimStatus (v1.36)
pub(super) fn set_status(
    work: &mut Work<'_>,
    mut claim: Value,
    phase: &str,
    volume: Option<&Value>,
) -> Result<Value, String> {
    let mut status = claim["status"].clone();
    if !status.is_object() {
        status = serde_json::json!({});
    }
    let same_phase = status["phase"] == phase;
    status["phase"] = phase.into();
    if let (Some(volume), Some(status)) = (volume, status.as_object_mut()) {
        status.insert("accessModes".into(), volume["spec"]["accessModes"].clone());
        if !same_phase {
            status.insert("capacity".into(), volume["spec"]["capacity"].clone());
        }
    } else if let Some(status) = status.as_object_mut() {
        status.remove("accessModes");
        status.remove("capacity");
    }
    if status == claim["status"] {
        return Ok(claim);
    }
    claim["status"] = status;
    update(work, claim, "status")
}
