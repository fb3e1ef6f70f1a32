//! Which volume suits a claim.
// Models component-helpers/storage/volume/pv_helpers.go (v1.36)

use k8s_api::Value;
use k8s_api::core::{NodeSelectorTerm, PersistentVolume, PersistentVolumeClaim};
use k8s_api::meta::ObjectMeta;
use k8s_api::quantity::Quantity;

use super::{VOLUME, class_of, is_bound_to};
use crate::apiserver::{Object, Store};
use crate::scheduler::filter::term_matches;

/// A volume, as the API has it and with its fields at hand.
pub(crate) struct Candidate<'a> {
    pub(crate) tree: &'a Value,
    pub(crate) typed: PersistentVolume,
}

/// All volumes, in the order of their names.
pub(crate) fn volumes(store: &Store) -> Vec<Candidate<'_>> {
    let all = store.list(VOLUME, None).filter_map(|object| match &**object {
        Object::Other(other) => {
            let mut typed = PersistentVolume::from_value(&other.tree);
            typed.metadata = other.metadata.clone();
            Some(Candidate { tree: &other.tree, typed })
        }
        _ => None,
    });
    all.collect()
}

fn size(list: &k8s_api::core::ResourceList) -> Quantity {
    list.get("storage").cloned().unwrap_or_default()
}

fn mode(of: &Option<String>) -> &str {
    of.as_deref().unwrap_or("Filesystem")
}

// Models CheckVolumeModeMismatches (v1.36)
pub(super) fn modes_mismatch(claim: &PersistentVolumeClaim, volume: &PersistentVolume) -> bool {
    mode(&claim.spec.volume_mode) != mode(&volume.spec.volume_mode)
}

fn has_all_access_modes(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    claim.spec.access_modes.iter().all(|mode| volume.spec.access_modes.contains(mode))
}

/// Whether a node is one of those from which a volume can be reached.
// Models CheckNodeAffinity (v1.36)
pub(crate) fn reaches(volume: &PersistentVolume, node: &ObjectMeta) -> bool {
    let required = volume.spec.node_affinity.as_ref().map(|affinity| &affinity["required"]);
    let terms = required.and_then(|required| required["nodeSelectorTerms"].as_array());
    terms.is_none_or(|terms| terms.iter().any(|term| term_matches(&NodeSelectorTerm::from_value(term), node)))
}

/// The smallest volume that suits a claim. With a node it is for a Pod there; without one, a claim that waits for
/// its first Pod gets only what was promised to it.
// Models FindMatchingVolume, and findByClaim of the controller's index (v1.36)
pub(crate) fn find<'a, 'b>(
    claim: &PersistentVolumeClaim,
    class: &str,
    volumes: &'a [Candidate<'b>],
    node: Option<&ObjectMeta>,
    taken: &[String],
    delayed: bool,
) -> Option<&'a Candidate<'b>> {
    let asked = size(&claim.spec.resources.requests);
    // Those with the fewest access modes come first, then those with the least room.
    let rank = |candidate: &Candidate<'_>| {
        (candidate.typed.spec.access_modes.len(), size(&candidate.typed.spec.capacity))
    };
    let mut best: Option<&Candidate<'_>> = None;
    for candidate in volumes {
        let volume = &candidate.typed;
        let bound = is_bound_to(volume, claim);
        let suits = !taken.contains(&volume.metadata.name)
            && (volume.spec.claim_ref.is_none() || bound)
            && size(&volume.spec.capacity) >= asked
            && !modes_mismatch(claim, volume)
            && has_all_access_modes(volume, claim)
            && claim.spec.volume_attributes_class_name.as_deref().unwrap_or_default()
                == volume.spec.volume_attributes_class_name.as_deref().unwrap_or_default()
            && volume.metadata.deletion_timestamp.is_none();
        if !suits {
            continue;
        }
        let reached = node.is_none_or(|node| reaches(volume, node));
        if bound {
            return reached.then_some(candidate);
        }
        let free = (node.is_some() || !delayed)
            && volume.status.phase == "Available"
            && claim.spec.selector.as_ref().is_none_or(|selector| selector.matches(&volume.metadata.labels))
            && class_of(candidate.tree) == class
            && reached;
        if free && best.is_none_or(|best| rank(candidate) < rank(best)) {
            best = Some(candidate);
        }
    }
    best
}

/// Why a volume that a claim names cannot be its.
// Models checkVolumeSatisfyClaim (v1.36)
pub(super) fn mismatch(
    volume: &PersistentVolume,
    claim: &PersistentVolumeClaim,
    classes: (&str, &str),
) -> Option<String> {
    if volume.metadata.deletion_timestamp.is_some() {
        return Some(format!("the volume is marked for deletion \"{}\"", volume.metadata.name));
    }
    let attributes = |class: &Option<String>| class.clone().unwrap_or_default();
    let text = if size(&volume.spec.capacity) < size(&claim.spec.resources.requests) {
        "requested PV is too small"
    } else if classes.0 != classes.1 {
        "storageClassName does not match"
    } else if attributes(&claim.spec.volume_attributes_class_name)
        != attributes(&volume.spec.volume_attributes_class_name)
    {
        "volumeAttributesClassName does not match"
    } else if modes_mismatch(claim, volume) {
        "incompatible volumeMode"
    } else if !has_all_access_modes(volume, claim) {
        "incompatible accessMode"
    } else {
        return None;
    };
    Some(text.into())
}
