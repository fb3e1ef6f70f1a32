//! Namespaces: what every new one gets, and how one that is deleted is emptied.
// Models pkg/controller/namespace, pkg/controller/serviceaccount and pkg/controller/certificates/rootcacertpublisher
// (v1.36)

use std::rc::Rc;

use k8s_api::Value;
use k8s_api::meta::Time;
use serde_json::json;

use super::node_lifecycle::Look;
use crate::apiserver::{Object, ObjectKey, Pod, WatchEvent, WatchType};
use crate::input::DeleteOptions;
use crate::rng::Rng;
use crate::time::SimTime;
use crate::wakeup::Wakeup;

/// From the deletion to the controller's first look.
// Models namespaceDeletionGracePeriod (v1.36)
pub const DELETION_GRACE_MS: u64 = 5_000;
/// What stands for the cluster's certificate.
const ROOT_CA: &str = "-----BEGIN CERTIFICATE-----\nUG9kYXJpdW0=\n-----END CERTIFICATE-----\n";

/// From a change to the quotas being counted anew.
const QUOTA_MS: u64 = 30;

/// The classes of the Pods that keep a cluster alive.
// Models pkg/apis/scheduling SystemPriorityClasses (v1.36)
pub(crate) fn add_priority_classes(look: &mut Look<'_>, rng: &Rng) {
    let classes = [
        (
            "system-cluster-critical",
            2_000_000_000,
            "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
        ),
        (
            "system-node-critical",
            2_000_001_000,
            "Used for system critical pods that must not be moved from their current node.",
        ),
    ];
    for (name, value, description) in classes {
        let class = json!({
            "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
            "metadata": {"name": name, "generation": 1},
            "value": value, "preemptionPolicy": "PreemptLowerPriority", "description": description,
        });
        add(look, rng, &class);
    }
}

/// The service account and the certificate that are in every namespace.
pub(crate) fn furnish(look: &mut Look<'_>, rng: &Rng, namespace: &str) {
    let certificate = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {
            "name": "kube-root-ca.crt", "namespace": namespace,
            "annotations": {"kubernetes.io/description": "Contains a CA bundle that can be used to verify the \
    kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is \
    guaranteed across distributions of Kubernetes clusters."},
        },
        "data": {"ca.crt": ROOT_CA},
    });
    let account = json!({
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": namespace},
    });
    add(look, rng, &certificate);
    add(look, rng, &account);
}

/// What a change means to the controllers of namespaces and quotas: when which of them is to look.
pub(crate) fn watch(look: &mut Look<'_>, rng: &Rng, change: &WatchEvent) -> Option<(SimTime, Wakeup)> {
    let meta = change.object.meta();
    let gone = change.kind == WatchType::Deleted;
    match (&*change.object, change.object.kind()) {
        (Object::Event(_) | Object::Node(_), _) => None,
        (_, "Namespace") => {
            if gone {
                return None;
            }
            let name: Rc<str> = meta.name.as_str().into();
            if meta.deletion_timestamp.is_some() {
                return Some((look.now.after_ms(DELETION_GRACE_MS), Wakeup::Namespace { name }));
            }
            if change.kind == WatchType::Added {
                furnish(look, rng, &name);
            }
            None
        }
        (object, kind) => {
            let ended = gone || object.as_pod().is_some_and(Pod::is_terminal);
            let counted = kind == "ResourceQuota" && !gone;
            let limited = || look.store.list("ResourceQuota", Some(&meta.namespace)).next().is_some();
            (counted || (ended && limited())).then(|| {
                let namespace = meta.namespace.as_str().into();
                (look.now.after_ms(QUOTA_MS), Wakeup::Quota { namespace })
            })
        }
    }
}

/// Puts an object in that a cluster or a namespace begins with, unless it is there.
pub(super) fn add(look: &mut Look<'_>, rng: &Rng, tree: &Value) {
    let mut object = Object::from_value(tree);
    let uid = rng.uid(&format!("{}/{}/{}", object.kind(), object.meta().namespace, object.meta().name), 0);
    if look.store.get(&ObjectKey::of(&object)).is_some() {
        return;
    }
    let meta = object.meta_mut();
    meta.uid = uid;
    meta.creation_timestamp = Some(Time(look.epoch_seconds + look.now.secs() as i64));
    look.store.put(look.now, object);
}

/// Deletes what is in a namespace that is to go, and then the namespace. Returns after how many milliseconds to
/// look again, if something is still there.
// Models namespacedResourcesDeleter.Delete and NamespaceController.worker (v1.36)
pub(crate) fn sync(look: &mut Look<'_>, name: &str) -> Option<u64> {
    let key = ObjectKey::new("Namespace", "", name);
    look.store.get(&key)?.meta().deletion_timestamp?;
    let mut estimate = 0;
    let mut remaining = false;
    let keys: Vec<ObjectKey> = k8s_api::kind::KINDS
        .iter()
        .filter(|kind| kind.namespaced)
        .flat_map(|kind| look.store.list(kind.kind, Some(name)).map(|object| ObjectKey::of(object)))
        .collect();
    for key in keys {
        let Some(object) = look.store.get(&key).cloned() else { continue };
        if let Object::Pod(pod) = &*object {
            if !pod.is_terminal() {
                estimate = pod.spec.termination_grace_period_seconds.unwrap_or(0).max(estimate);
            }
            let options = DeleteOptions::default();
            let (store, now) = (&mut *look.store, look.now);
            crate::apiserver::delete_pod(store, now, look.epoch_seconds, name, &key.name, &options);
        } else if object.meta().finalizers.is_empty() {
            look.store.remove(look.now, &key);
        } else if object.meta().deletion_timestamp.is_none() {
            let mut marked = (*object).clone();
            marked.meta_mut().deletion_timestamp = Some(Time(look.epoch_seconds + look.now.secs() as i64));
            look.store.put(look.now, marked);
        }
        remaining |= look.store.get(&key).is_some();
    }
    if remaining {
        return Some((u64::try_from(estimate).unwrap_or(0) / 2 + 1) * 1000);
    }
    look.store.remove(look.now, &key);
    None
}
