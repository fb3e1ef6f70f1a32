//! What becomes of a volume.
// Models syncVolume of pkg/controller/volume/persistentvolume/pv_controller.go (v1.36)

use k8s_api::Value;
use k8s_api::core::{PersistentVolume, PersistentVolumeClaim};

use super::super::work::{Controller, Work};
use super::{BOUND_BY_CONTROLLER, CLAIM, annotation, fail, matching, record, set_phase, tree, update};
use crate::apiserver::ObjectKey;
use crate::apiserver::events::EventType::{Normal, Warning};
use crate::input::DeleteOptions;

/// Looks at a volume.
pub(in super::super) fn sync(work: &mut Work<'_>, key: &ObjectKey) -> Result<(), String> {
    let Some(volume) = tree(work, key) else { return Ok(()) };
    let typed = PersistentVolume::from_value(&volume);
    let Some(by) = typed.spec.claim_ref.as_ref().filter(|by| !by.uid.is_empty()) else {
        return set_phase(work, volume, "Available", "").map(|_| ());
    };
    let claim_key = ObjectKey::new(CLAIM, &by.namespace, &by.name);
    let claim = tree(work, &claim_key).filter(|claim| claim["metadata"]["uid"] == *by.uid);
    let Some(claim) = claim else {
        return release(work, volume, &typed);
    };
    let wish = PersistentVolumeClaim::from_value(&claim);
    if wish.spec.volume_name.is_empty() {
        if matching::modes_mismatch(&wish, &typed) {
            let text = format!(
                "Cannot bind PersistentVolume to requested PersistentVolumeClaim \"{}\" due to incompatible volumeMode.",
                by.name
            );
            record(work, &volume, Warning, "VolumeMismatch", &text);
            let text = format!(
                "Cannot bind PersistentVolume \"{}\" to requested PersistentVolumeClaim due to incompatible volumeMode.",
                typed.metadata.name
            );
            record(work, &claim, Warning, "VolumeMismatch", &text);
            return Ok(());
        }
        work.enqueue(Controller::Claim, claim_key);
        return Ok(());
    }
    if wish.spec.volume_name == typed.metadata.name {
        return set_phase(work, volume, "Bound", "").map(|_| ());
    }
    // The claim has taken another.
    if annotation(&volume, "pv.kubernetes.io/provisioned-by").is_some()
        && typed.spec.persistent_volume_reclaim_policy == "Delete"
    {
        return release(work, volume, &typed);
    }
    unbind(work, volume)
}

/// Nobody claims it any more.
fn release(work: &mut Work<'_>, mut volume: Value, typed: &PersistentVolume) -> Result<(), String> {
    if !["Released", "Failed"].contains(&&*typed.status.phase) {
        volume = set_phase(work, volume, "Released", "")?;
    }
    // Models reclaimVolume (v1.36)
    match &*typed.spec.persistent_volume_reclaim_policy {
        "Retain" => Ok(()),
        "Recycle" => recycle(work, volume, typed),
        "Delete" => delete(work, volume, typed),
        _ => {
            let message = "Volume has unrecognized PersistentVolumeReclaimPolicy";
            fail(work, volume, "VolumeUnknownReclaimPolicy", message)
        }
    }
}

/// The volume may be claimed again. The Pod that empties it first is left out: the nodes' files stay.
// Models recycleVolumeOperation (v1.36)
fn recycle(work: &mut Work<'_>, volume: Value, typed: &PersistentVolume) -> Result<(), String> {
    if typed.spec.host_path.is_none() && typed.spec.nfs.is_none() {
        return fail(work, volume, "VolumeFailedRecycle", "No recycler plugin found for the volume!");
    }
    record(work, &volume, Normal, "VolumeRecycled", "Volume recycled");
    unbind(work, volume)
}

/// Upstream's deleter for directories of a host takes only those below /tmp, but the recorded cluster's took others.
// Models deleteVolumeOperation and findDeletablePlugin (v1.36)
fn delete(work: &mut Work<'_>, volume: Value, typed: &PersistentVolume) -> Result<(), String> {
    let provisioner = annotation(&volume, "pv.kubernetes.io/provisioned-by").unwrap_or_default();
    let external = !provisioner.is_empty() && !provisioner.starts_with("kubernetes.io/");
    if external || typed.spec.csi.is_some() {
        // Somebody else deletes it, and there is nobody.
        return Ok(());
    }
    if typed.spec.host_path.is_none() {
        let name = &typed.metadata.name;
        let message = format!(
            "error getting deleter volume plugin for volume \"{name}\": no deletable volume plugin matched"
        );
        return fail(work, volume, "VolumeFailedDelete", &message);
    }
    let key = ObjectKey::new(super::VOLUME, "", &typed.metadata.name);
    work.delete(&key, DeleteOptions::default()).map(|_| ()).map_err(|refusal| refusal.message)
}

/// The volume is free again; what a person has promised stays promised.
// Models unbindVolume (v1.36)
fn unbind(work: &mut Work<'_>, mut volume: Value) -> Result<(), String> {
    if annotation(&volume, BOUND_BY_CONTROLLER).is_some() {
        if let Some(spec) = volume["spec"].as_object_mut() {
            spec.remove("claimRef");
        }
        if let Some(annotations) = volume["metadata"]["annotations"].as_object_mut() {
            annotations.remove(BOUND_BY_CONTROLLER);
        }
    } else if let Some(by) = volume["spec"]["claimRef"].as_object_mut() {
        by.remove("uid");
    }
    let volume = update(work, volume, "")?;
    set_phase(work, volume, "Available", "").map(|_| ())
}
