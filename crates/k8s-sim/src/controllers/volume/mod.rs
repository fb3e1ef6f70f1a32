//! Claims and volumes: which claim gets which volume, what becomes of a volume that nobody claims any more, and what
//! keeps either from going while it is used.
// Models pkg/controller/volume/persistentvolume, pvcprotection and pvprotection (v1.36)

mod claims;
pub(crate) mod matching;
mod protection;
mod provision;
mod volumes;

use k8s_api::Value;
use k8s_api::core::{PersistentVolume, PersistentVolumeClaim};

use super::work::{Controller, Owner, Work};
use crate::apiserver::events::EventType;
use crate::apiserver::{Object, ObjectKey, Other, Pod, Store, WatchEvent, WatchType};

pub(crate) use protection::{CLAIM_FINALIZER, VOLUME_FINALIZER};
pub(super) use protection::{sync_claim as protect_claim, sync_volume as protect_volume};
pub(crate) use provision::default_class;
pub(super) use {claims::sync as sync_claim, volumes::sync as sync_volume};

/// The controller bound them, and may unbind them.
pub(crate) const BOUND_BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";
/// The claim was bound once; if it is not any more, it is lost.
pub(crate) const BIND_COMPLETED: &str = "pv.kubernetes.io/bind-completed";
/// The scheduler has chosen a node for which a volume is to be made.
pub(crate) const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";
/// Claims that wait are looked at again so often.
// Models PVClaimBinderSyncPeriod (v1.36)
const RESYNC_MS: u64 = 15_000;
const COMPONENT: &str = "persistentvolume-controller";

const CLAIM: &str = "PersistentVolumeClaim";
const VOLUME: &str = "PersistentVolume";

/// Tells the controllers of claims and volumes of a change.
// Models NewController, deleteClaim, deleteVolume, pvcAddedUpdated and podAddedDeletedUpdated (v1.36)
pub(super) fn notice(work: &mut Work<'_>, change: &WatchEvent) {
    let gone = change.kind == WatchType::Deleted;
    match &*change.object {
        Object::Pod(pod) => {
            for claim in
                pod.spec.volumes.iter().filter_map(|v| v.persistent_volume_claim.as_ref()).filter(|_| gone)
            {
                let key = ObjectKey::new(CLAIM, &pod.metadata.namespace, &claim.claim_name);
                work.enqueue(Controller::ClaimProtection, key);
            }
        }
        Object::Other(other) if other.kind == CLAIM => {
            let volume = other.tree["spec"]["volumeName"].as_str().unwrap_or_default();
            if gone {
                if !volume.is_empty() {
                    work.enqueue(Controller::Volume, ObjectKey::new(VOLUME, "", volume));
                }
                return;
            }
            let key = ObjectKey::of(&change.object);
            if protection::concerns(other, protection::CLAIM_FINALIZER) {
                work.enqueue(Controller::ClaimProtection, key.clone());
            }
            work.enqueue(Controller::Claim, key);
        }
        Object::Other(other) if other.kind == VOLUME => {
            if gone {
                let claim = &other.tree["spec"]["claimRef"];
                let part = |name: &str| claim[name].as_str().unwrap_or_default();
                if claim.is_object() {
                    work.enqueue(Controller::Claim, ObjectKey::new(CLAIM, part("namespace"), part("name")));
                }
                return;
            }
            let key = ObjectKey::of(&change.object);
            if protection::concerns(other, protection::VOLUME_FINALIZER) {
                work.enqueue(Controller::VolumeProtection, key.clone());
            }
            work.enqueue(Controller::Volume, key);
        }
        _ => {}
    }
}

pub(crate) fn other<'a>(store: &'a Store, kind: &str, namespace: &str, name: &str) -> Option<&'a Other> {
    match &**store.get(&ObjectKey::new(kind, namespace, name))? {
        Object::Other(other) => Some(other),
        _ => None,
    }
}

/// A claim or volume as a tree that can be changed and written.
fn tree(work: &Work<'_>, key: &ObjectKey) -> Option<Value> {
    work.store.get(key).map(|object| object.to_value())
}

fn annotation<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object["metadata"]["annotations"][name].as_str()
}

fn annotate(object: &mut Value, name: &str, value: &str) {
    object["metadata"]["annotations"][name] = value.into();
}

/// The class that a claim asks for, or that a volume is of.
// Models component-helpers/storage/volume GetPersistentVolumeClaimClass (v1.36)
pub(crate) fn class_of(object: &Value) -> &str {
    annotation(object, "volume.beta.kubernetes.io/storage-class")
        .or_else(|| object["spec"]["storageClassName"].as_str())
        .unwrap_or_default()
}

/// Whether a claim's class binds it only once a Pod needs it.
// Models component-helpers/storage/volume IsDelayBindingMode (v1.36)
pub(crate) fn is_delayed(store: &Store, claim: &Value) -> bool {
    other(store, "StorageClass", "", class_of(claim))
        .is_some_and(|class| class.tree["volumeBindingMode"] == "WaitForFirstConsumer")
}

/// Whether a Pod mounts a claim.
fn mounts(pod: &Pod, namespace: &str, name: &str) -> bool {
    let mut claims = pod.spec.volumes.iter().filter_map(|volume| volume.persistent_volume_claim.as_ref());
    pod.metadata.namespace == namespace && claims.any(|claim| claim.claim_name == name)
}

/// Whether a volume is promised to a claim: by its name, and by the very object if that is known.
// Models component-helpers/storage/volume IsVolumeBoundToClaim (v1.36)
pub(crate) fn is_bound_to(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    volume.spec.claim_ref.as_ref().is_some_and(|by| {
        by.name == claim.metadata.name
            && by.namespace == claim.metadata.namespace
            && (by.uid.is_empty() || by.uid == claim.metadata.uid)
    })
}

/// Promises a volume to a claim; true if that changed anything.
// Models component-helpers/storage/volume GetBindVolumeToClaim (v1.36)
pub(crate) fn promise(volume: &mut Value, claim: &Value) -> bool {
    let by_controller =
        !is_bound_to(&PersistentVolume::from_value(volume), &PersistentVolumeClaim::from_value(claim));
    let mut changed = false;
    let (meta, by) = (&claim["metadata"], &volume["spec"]["claimRef"]);
    if ["name", "namespace", "uid"].iter().any(|field| by[*field] != meta[*field]) {
        volume["spec"]["claimRef"] = serde_json::json!({
            "kind": CLAIM, "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"],
            "apiVersion": "v1", "resourceVersion": meta["resourceVersion"],
        });
        changed = true;
    }
    if by_controller && annotation(volume, BOUND_BY_CONTROLLER).is_none() {
        annotate(volume, BOUND_BY_CONTROLLER, "yes");
        changed = true;
    }
    changed
}

fn update(work: &mut Work<'_>, object: Value, subresource: &str) -> Result<Value, String> {
    work.update(object, subresource).map_err(|refusal| refusal.message)
}

/// Reports of a claim or a volume.
fn record(work: &mut Work<'_>, object: &Value, kind: EventType, reason: &str, message: &str) {
    let about = Owner::of(&Object::from_value(object));
    work.record(COMPONENT, &about, kind, reason, message.into());
}

/// Writes a volume's phase, if it is another.
// Models updateVolumePhase and the registry's PrepareForUpdate (v1.36)
fn set_phase(work: &mut Work<'_>, mut volume: Value, phase: &str, message: &str) -> Result<Value, String> {
    if volume["status"]["phase"] == phase {
        return Ok(volume);
    }
    volume["status"] = serde_json::json!({
        "phase": phase, "lastPhaseTransitionTime": work.time().rfc3339(),
    });
    if !message.is_empty() {
        volume["status"]["message"] = message.into();
    }
    update(work, volume, "status")
}

/// The same, with a report the first time.
// Models updateVolumePhaseWithEvent (v1.36)
fn fail(work: &mut Work<'_>, volume: Value, reason: &str, message: &str) -> Result<(), String> {
    if volume["status"]["phase"] == "Failed" {
        return Ok(());
    }
    let volume = set_phase(work, volume, "Failed", message)?;
    record(work, &volume, EventType::Warning, reason, message);
    Ok(())
}
