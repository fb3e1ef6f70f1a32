//! What belongs to others goes with them: dependents of owners that are gone are deleted, owners that wait for their
//! dependents are held until those are gone, and dependents that are to stay are cut loose.
// Models pkg/controller/garbagecollector (v1.36)

use std::rc::Rc;

use k8s_api::Value;
use k8s_api::meta::OwnerReference;

use super::ref_manager;
use super::work::{Controller, Work};
use crate::apiserver::{FOREGROUND, ORPHAN, Object, ObjectKey, WatchEvent, WatchType};
use crate::input::{DeleteOptions, Propagation};

fn has_finalizer(object: &Object, finalizer: &str) -> bool {
    object.meta().finalizers.iter().any(|other| other == finalizer)
}

/// Whether an object is being deleted, but only after its dependents.
// Models isDeletingDependents (v1.36)
fn waits_for_dependents(object: &Object) -> bool {
    object.meta().deletion_timestamp.is_some() && has_finalizer(object, FOREGROUND)
}

/// The owner that a reference means.
fn owner_of(work: &Work<'_>, object: &Object, reference: &OwnerReference) -> Option<Rc<Object>> {
    let scope = k8s_api::kind::by_kind(&reference.kind)
        .map_or("", |kind| if kind.namespaced { object.meta().namespace.as_str() } else { "" });
    let owner = work.store.get(&ObjectKey::new(&reference.kind, scope, &reference.name))?;
    (owner.meta().uid == reference.uid).then(|| Rc::clone(owner))
}

/// All objects that name this one as an owner.
fn dependents_of(work: &Work<'_>, owner: &Object) -> Vec<Rc<Object>> {
    let meta = owner.meta();
    let namespace = (!meta.namespace.is_empty()).then_some(meta.namespace.as_str());
    let kinds = k8s_api::kind::KINDS.iter().filter(|kind| kind.kind != "Event");
    kinds
        .flat_map(|kind| work.store.list(kind.kind, if kind.namespaced { namespace } else { None }))
        .filter(|object| object.meta().owner_references.iter().any(|owner| owner.uid == meta.uid))
        .cloned()
        .collect()
}

/// What a change means to the collector.
// Models GraphBuilder.processGraphChanges (v1.36)
pub(crate) fn notice(work: &mut Work<'_>, change: &WatchEvent) {
    let object = &*change.object;
    let gone = change.kind == WatchType::Deleted;
    let meta = object.meta();
    if gone {
        for dependent in dependents_of(work, object) {
            work.enqueue(Controller::GarbageCollector, ObjectKey::of(&dependent));
        }
    } else if meta.deletion_timestamp.is_some()
        && (has_finalizer(object, ORPHAN) || waits_for_dependents(object))
    {
        work.enqueue(Controller::GarbageCollector, ObjectKey::of(object));
    }
    for reference in &meta.owner_references {
        let owner = owner_of(work, object, reference);
        match owner {
            // The owner may have waited for this one only.
            Some(owner) if gone && waits_for_dependents(&owner) => {
                work.enqueue(Controller::GarbageCollector, ObjectKey::of(&owner));
            }
            Some(owner) if !waits_for_dependents(&owner) => {}
            _ if gone => {}
            _ => work.enqueue(Controller::GarbageCollector, ObjectKey::of(object)),
        }
    }
}

/// Looks whether an object is still wanted.
// Models attemptToDeleteItem and attemptToOrphanWorker (v1.36)
pub(crate) fn sync(work: &mut Work<'_>, key: &ObjectKey) -> Result<(), String> {
    let Some(object) = work.store.get(key).cloned() else { return Ok(()) };
    if object.meta().deletion_timestamp.is_some() {
        if has_finalizer(&object, ORPHAN) {
            for dependent in dependents_of(work, &object) {
                let loose = ref_manager::without_owner(&dependent, &object.meta().uid);
                work.update(loose, "").map_err(|refusal| refusal.message)?;
            }
            return remove_finalizer(work, &object, ORPHAN);
        }
        if has_finalizer(&object, FOREGROUND) {
            return wait_for_dependents(work, &object);
        }
        return Ok(());
    }
    let references = &object.meta().owner_references;
    if references.is_empty() {
        return Ok(());
    }
    let mut lost: Vec<&str> = Vec::new();
    let (mut solid, mut waiting) = (false, false);
    for reference in references {
        match owner_of(work, &object, reference) {
            Some(owner) if waits_for_dependents(&owner) && reference.block_owner_deletion == Some(true) => {
                waiting = true;
                lost.push(&reference.uid);
            }
            Some(_) => solid = true,
            None => lost.push(&reference.uid),
        }
    }
    if solid {
        if lost.is_empty() {
            return Ok(());
        }
        let mut tree = object.to_value();
        if let Some(references) = tree["metadata"]["ownerReferences"].as_array_mut() {
            references.retain(|reference| !lost.iter().any(|uid| reference["uid"] == **uid));
        }
        return work.update(tree, "").map(|_| ()).map_err(|refusal| refusal.message);
    }
    let dependents = if waiting { dependents_of(work, &object) } else { Vec::new() };
    if dependents.iter().any(|dependent| waits_for_dependents(dependent)) {
        // A ring of owners: it does not hold its owner up any more.
        let mut tree = object.to_value();
        for reference in tree["metadata"]["ownerReferences"].as_array_mut().into_iter().flatten() {
            reference["blockOwnerDeletion"] = Value::Bool(false);
        }
        work.update(tree, "").map_err(|refusal| refusal.message)?;
    }
    let propagation = match dependents.is_empty() {
        false => Propagation::Foreground,
        true if has_finalizer(&object, ORPHAN) => Propagation::Orphan,
        true if has_finalizer(&object, FOREGROUND) => Propagation::Foreground,
        true => Propagation::Background,
    };
    let options =
        DeleteOptions { propagation, uid: Some(object.meta().uid.clone()), ..DeleteOptions::default() };
    match work.delete(key, options) {
        Err(refusal) if refusal.reason != "NotFound" => Err(refusal.message),
        _ => Ok(()),
    }
}

// Models processDeletingDependentsItem (v1.36)
fn wait_for_dependents(work: &mut Work<'_>, object: &Object) -> Result<(), String> {
    let uid = object.meta().uid.as_str();
    let blocks = |dependent: &Object| {
        let references = &dependent.meta().owner_references;
        references.iter().any(|owner| owner.uid == uid && owner.block_owner_deletion == Some(true))
    };
    let mut blocked = false;
    for dependent in dependents_of(work, object) {
        blocked |= blocks(&dependent);
        if dependent.meta().deletion_timestamp.is_none() {
            work.enqueue(Controller::GarbageCollector, ObjectKey::of(&dependent));
        }
    }
    if blocked { Ok(()) } else { remove_finalizer(work, object, FOREGROUND) }
}

fn remove_finalizer(work: &mut Work<'_>, object: &Object, finalizer: &str) -> Result<(), String> {
    let mut tree = object.to_value();
    if let Some(finalizers) = tree["metadata"]["finalizers"].as_array_mut() {
        finalizers.retain(|other| other != finalizer);
    }
    work.update(tree, "").map(|_| ()).map_err(|refusal| refusal.message)
}
