//! A Pod waits until the claims that it mounts have their volumes. Claims that wait for their first Pod get them
//! here: volumes that the node reaches are promised to them, and the Pod is bound once that is done.
// Models pkg/scheduler/framework/plugins/volumebinding (v1.36)

use std::rc::Rc;

use k8s_api::Value;
use k8s_api::core::{Node, PersistentVolume, PersistentVolumeClaim};

use super::Round;
use crate::apiserver::{Object, ObjectKey, Pod, Store};
use crate::controllers::volume::matching::{self, Candidate};
use crate::controllers::volume::{BIND_COMPLETED, SELECTED_NODE, class_of, is_delayed, other, promise};

const NO_VOLUME: &str = "node(s) didn't find available persistent volumes to bind";
const NODE_CONFLICT: &str = "node(s) didn't match PersistentVolume's node affinity";
const NO_SUCH_VOLUME: &str = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";
/// A provisioner that makes nothing.
const NO_PROVISIONER: &str = "kubernetes.io/no-provisioner";

/// The claims of a Pod.
#[derive(Debug, Default)]
pub(super) struct PodClaims {
    /// The volumes of those that have one.
    bound: Vec<String>,
    /// Those that wait for this Pod, by name, as trees and typed.
    delayed: Vec<(Value, PersistentVolumeClaim)>,
}

/// What is to be done so that a Pod can run on a node.
#[derive(Debug, Default)]
pub(super) struct PodVolumes {
    /// Volumes to be promised, and to which claims.
    promises: Vec<(String, Value)>,
    /// Claims for which somebody is to make a volume.
    provisions: Vec<Value>,
}

impl PodVolumes {
    /// Nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.promises.is_empty() && self.provisions.is_empty()
    }
}

fn claim_names(pod: &Pod) -> impl Iterator<Item = (String, bool)> + '_ {
    pod.spec.volumes.iter().filter_map(|volume| match (&volume.persistent_volume_claim, &volume.ephemeral) {
        (Some(claim), _) => Some((claim.claim_name.clone(), false)),
        (None, Some(_)) => Some((format!("{}-{}", pod.metadata.name, volume.name), true)),
        (None, None) => None,
    })
}

fn is_bound(claim: &PersistentVolumeClaim) -> bool {
    !claim.spec.volume_name.is_empty() && claim.metadata.annotations.contains_key(BIND_COMPLETED)
}

/// The claims that a Pod mounts, or the first that keeps it waiting wherever it would run.
// Models VolumeBinding.PreFilter, podHasPVCs and GetPodVolumeClaims (v1.36)
pub(super) fn pre_filter(store: &Store, pod: &Pod) -> Result<PodClaims, String> {
    let namespace = &pod.metadata.namespace;
    let mut claims = PodClaims::default();
    let mut unbound_immediate = false;
    for (name, ephemeral) in claim_names(pod) {
        let Some(claim) = other(store, "PersistentVolumeClaim", namespace, &name) else {
            return Err(if ephemeral {
                format!(
                    "waiting for ephemeral volume controller to create the persistentvolumeclaim \"{name}\""
                )
            } else {
                format!("persistentvolumeclaim \"{name}\" not found")
            });
        };
        let tree = Object::Other(claim.clone().into()).to_value();
        let typed = PersistentVolumeClaim::from_value(&tree);
        if typed.status.phase == "Lost" {
            return Err(format!(
                "persistentvolumeclaim \"{name}\" bound to non-existent persistentvolume \"{}\"",
                typed.spec.volume_name
            ));
        }
        if claim.metadata.deletion_timestamp.is_some() {
            return Err(format!("persistentvolumeclaim \"{name}\" is being deleted"));
        }
        if is_bound(&typed) {
            claims.bound.push(typed.spec.volume_name);
            continue;
        }
        if is_delayed(store, &tree) && typed.spec.volume_name.is_empty() {
            claims.delayed.push((tree, typed));
        } else {
            unbound_immediate = true;
        }
    }
    if unbound_immediate {
        return Err("pod has unbound immediate PersistentVolumeClaims".into());
    }
    Ok(claims)
}

/// What a node offers to a Pod's claims, or what is missing.
// Models VolumeBinding.Filter, FindPodVolumes, findMatchingVolumes and checkVolumeProvisions (v1.36)
pub(super) fn find_pod_volumes(
    store: &Store,
    claims: &PodClaims,
    node: &Node,
) -> Result<PodVolumes, Vec<&'static str>> {
    let mut reasons = Vec::new();
    let volumes: Vec<Candidate<'_>> = match claims.bound.is_empty() && claims.delayed.is_empty() {
        true => Vec::new(),
        false => matching::volumes(store),
    };
    let meta = &node.metadata;
    let mut missing = false;
    for name in &claims.bound {
        match volumes.iter().find(|volume| volume.typed.metadata.name == *name) {
            Some(volume) if !matching::reaches(&volume.typed, meta) => reasons.push(NODE_CONFLICT),
            Some(_) => {}
            None => missing = true,
        }
    }
    reasons.dedup();
    let mut found = PodVolumes::default();
    let mut delayed: Vec<&(Value, PersistentVolumeClaim)> = claims.delayed.iter().collect();
    let size = |claim: &PersistentVolumeClaim| {
        claim.spec.resources.requests.get("storage").cloned().unwrap_or_default()
    };
    // The small ones choose first.
    k8s_api::small::sort(&mut delayed, &|a, b| size(&a.1) < size(&b.1));
    let mut taken = Vec::new();
    let mut satisfied = true;
    for (tree, claim) in delayed {
        let class = class_of(tree);
        let selected = claim.metadata.annotations.get(SELECTED_NODE);
        if selected.is_some_and(|selected| *selected != meta.name) {
            satisfied = false;
            break;
        }
        if selected.is_none()
            && let Some(volume) = matching::find(claim, class, &volumes, Some(meta), &taken, true)
        {
            taken.push(volume.typed.metadata.name.clone());
            found.promises.push((volume.typed.metadata.name.clone(), tree.clone()));
            continue;
        }
        let provisioner =
            other(store, "StorageClass", "", class).map(|class| class.tree["provisioner"].clone());
        let provisioner = provisioner.as_ref().and_then(Value::as_str).unwrap_or_default();
        if provisioner.is_empty() || provisioner == NO_PROVISIONER {
            satisfied = false;
            break;
        }
        found.provisions.push(tree.clone());
    }
    if !satisfied {
        reasons.push(NO_VOLUME);
    }
    if missing {
        reasons.push(NO_SUCH_VOLUME);
    }
    if reasons.is_empty() { Ok(found) } else { Err(reasons) }
}

/// Writes down what was chosen: the volumes' promises, and the node for those who make volumes.
// Models bindAPIUpdate (v1.36)
pub(super) fn pre_bind(round: &mut Round<'_>, node: &str, found: PodVolumes) {
    for (name, claim) in found.promises {
        let key = ObjectKey::new("PersistentVolume", "", &name);
        let Some(mut volume) = round.store.get(&key).map(|object| object.to_value()) else { continue };
        if promise(&mut volume, &claim) {
            round.store.put(round.now, Object::from_value(&volume));
        }
    }
    for mut claim in found.provisions {
        if claim["metadata"]["annotations"][SELECTED_NODE] != node {
            claim["metadata"]["annotations"][SELECTED_NODE] = node.into();
            round.store.put(round.now, Object::from_value(&claim));
        }
    }
}

/// Whether all claims of a Pod have their volumes.
// Models checkBindings (v1.36)
pub(super) fn all_bound(store: &Store, pod: &Pod) -> bool {
    claim_names(pod).all(|(name, _)| {
        other(store, "PersistentVolumeClaim", &pod.metadata.namespace, &name).is_some_and(|claim| {
            let tree = &claim.tree;
            let volume = tree["spec"]["volumeName"].as_str().unwrap_or_default();
            claim.metadata.annotations.contains_key(BIND_COMPLETED)
                && tree["status"]["phase"] == "Bound"
                && other(store, "PersistentVolume", "", volume).is_some_and(|volume| {
                    let by = PersistentVolume::from_value(&volume.tree).spec.claim_ref;
                    by.is_some_and(|by| by.uid == claim.metadata.uid)
                })
        })
    })
}

/// A Pod whose node is chosen, and whose volumes are being bound.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    pub(super) node: Rc<str>,
    /// When it is looked at next,
    pub(super) check_at: crate::time::SimTime,
    /// and when it is given up.
    pub(super) deadline: crate::time::SimTime,
}

/// Between two looks at whether the volumes are bound.
// Models WaitForPodBindingCompleted's poll in BindPodVolumes (v1.36)
pub(super) const POLL_MS: u64 = 1_000;
/// The longest wait.
// Models VolumeBindingArgs.BindTimeoutSeconds (v1.36)
pub(super) const TIMEOUT_MS: u64 = 600_000;
