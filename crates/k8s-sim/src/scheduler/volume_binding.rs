//! A Pod waits until the claims that it mounts have their volumes.
// Models pkg/scheduler/framework/plugins/volumebinding (v1.36)

use k8s_api::core::PersistentVolumeClaim;

use crate::apiserver::{Object, ObjectKey, Pod, Store};

const NO_VOLUME: &str = "node(s) didn't find available persistent volumes to bind";

/// What stands against the Pod on every node.
pub(super) enum Unbound {
    /// Known before any node is looked at.
    Everywhere(String),
    /// Each node is looked at, and has nothing to bind.
    OnEachNode(&'static str),
}

fn other<'a>(
    store: &'a Store,
    kind: &str,
    namespace: &str,
    name: &str,
) -> Option<&'a crate::apiserver::Other> {
    match &**store.get(&ObjectKey::new(kind, namespace, name))? {
        Object::Other(other) => Some(other),
        _ => None,
    }
}

/// The first claim that keeps the Pod waiting.
// Models VolumeBinding.PreFilter and podHasPVCs (v1.36)
pub(super) fn pre_filter(store: &Store, pod: &Pod) -> Result<(), Unbound> {
    let everywhere = |text: String| Err(Unbound::Everywhere(text));
    let namespace = &pod.metadata.namespace;
    let mut unbound_delayed = false;
    let mut unbound_immediate = false;
    for volume in &pod.spec.volumes {
        let (name, ephemeral) = match (&volume.persistent_volume_claim, &volume.ephemeral) {
            (Some(claim), _) => (claim.claim_name.clone(), false),
            (None, Some(_)) => (format!("{}-{}", pod.metadata.name, volume.name), true),
            (None, None) => continue,
        };
        let Some(claim) = other(store, "PersistentVolumeClaim", namespace, &name) else {
            return everywhere(if ephemeral {
                format!(
                    "waiting for ephemeral volume controller to create the persistentvolumeclaim \"{name}\""
                )
            } else {
                format!("persistentvolumeclaim \"{name}\" not found")
            });
        };
        let typed = PersistentVolumeClaim::from_value(&claim.tree);
        if typed.status.phase == "Lost" {
            return everywhere(format!(
                "persistentvolumeclaim \"{name}\" bound to non-existent persistentvolume \"{}\"",
                typed.spec.volume_name
            ));
        }
        if claim.metadata.deletion_timestamp.is_some() {
            return everywhere(format!("persistentvolumeclaim \"{name}\" is being deleted"));
        }
        let bound = !typed.spec.volume_name.is_empty()
            && claim.metadata.annotations.contains_key("pv.kubernetes.io/bind-completed");
        if bound {
            continue;
        }
        let class = typed.spec.storage_class_name.as_deref().unwrap_or_default();
        let delayed = other(store, "StorageClass", "", class)
            .is_some_and(|class| class.tree["volumeBindingMode"] == "WaitForFirstConsumer");
        unbound_delayed |= delayed && typed.spec.volume_name.is_empty();
        unbound_immediate |= !delayed || !typed.spec.volume_name.is_empty();
    }
    match (unbound_immediate, unbound_delayed) {
        (true, _) => everywhere("pod has unbound immediate PersistentVolumeClaims".into()),
        (false, true) => Err(Unbound::OnEachNode(NO_VOLUME)),
        _ => Ok(()),
    }
}
