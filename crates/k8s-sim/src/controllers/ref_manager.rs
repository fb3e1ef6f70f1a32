//! Whose an object is: controllers adopt what matches their selector and has no controller, and let go of what
//! does not match any more.
// Models pkg/controller/controller_ref_manager.go (v1.36)

use k8s_api::Value;

use super::work::{Owner, Work};
use crate::apiserver::{Object, ObjectKey};

/// Tries to make an object the owner's own; whether it is afterwards. A refusal means to try again later.
// Models BaseControllerRefManager.ClaimObject (v1.36)
pub(crate) fn claim(
    work: &mut Work<'_>,
    owner: &Owner,
    object: &Object,
    matches: bool,
) -> Result<bool, String> {
    let meta = object.meta();
    let leaving = owner.metadata.deletion_timestamp.is_some();
    let changed = match meta.controller() {
        Some(controller) if controller.uid != owner.metadata.uid => return Ok(false),
        Some(_) if matches => return Ok(true),
        Some(_) if leaving => return Ok(false),
        Some(_) => without_owner(object, &owner.metadata.uid),
        None if leaving || !matches || meta.deletion_timestamp.is_some() => return Ok(false),
        None => adopted(object, owner),
    };
    match work.update(changed, "") {
        Ok(_) => Ok(matches),
        Err(refusal) if refusal.reason == "NotFound" => Ok(false),
        Err(refusal) => Err(refusal.message),
    }
}

/// The object with the owner as its controller.
// Models AdoptPod (v1.36)
fn adopted(object: &Object, owner: &Owner) -> Value {
    let mut tree = object.to_value();
    let reference = owner.controller_ref();
    match tree["metadata"]["ownerReferences"].as_array_mut() {
        Some(references) => references.push(reference),
        None => tree["metadata"]["ownerReferences"] = Value::Array(vec![reference]),
    }
    tree
}

/// The object without its reference to an owner.
// Models ReleasePod (v1.36)
pub(crate) fn without_owner(object: &Object, uid: &str) -> Value {
    let mut tree = object.to_value();
    if let Some(references) = tree["metadata"]["ownerReferences"].as_array_mut() {
        references.retain(|reference| reference["uid"] != uid);
    }
    tree
}

/// The objects of a kind in the owner's namespace that are its own or nobody's.
// Models FilterPodsByOwner with orphans (v1.36)
pub(crate) fn owned_or_orphaned(work: &Work<'_>, owner: &Owner, kind: &str) -> Vec<std::rc::Rc<Object>> {
    let wanted = |object: &Object| match object.meta().controller() {
        Some(controller) => controller.uid == owner.metadata.uid,
        None => true,
    };
    let objects = work.store.list(kind, Some(&owner.metadata.namespace));
    objects.filter(|object| wanted(object)).cloned().collect()
}

/// The object that controls another one, if it is what the reference says.
// Models resolveControllerRef (v1.36)
pub(crate) fn controller_of(work: &Work<'_>, object: &Object) -> Option<ObjectKey> {
    let meta = object.meta();
    let reference = meta.controller()?;
    let key = ObjectKey::new(&reference.kind, &meta.namespace, &reference.name);
    let owner = work.store.get(&key)?;
    (owner.meta().uid == reference.uid).then_some(key)
}
