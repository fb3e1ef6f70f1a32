//! Pods whose node is not there: they are failed and removed.
// Models pkg/controller/podgc/gc_controller.go (v1.36)

use std::rc::Rc;

use k8s_api::meta::Time;

use super::node_lifecycle::Look;
use crate::apiserver::{Object, ObjectKey, Pod};
use crate::input::DeleteOptions;
use crate::time::SimTime;

/// How often the collector looks.
pub const GC_CHECK_PERIOD_MS: u64 = 20_000;
/// How long a node must have been missing.
const QUARANTINE_MS: u64 = 40_000;

/// Removes Pods of missing nodes. Returns whether some wait for the end of the quarantine.
pub(crate) fn collect(look: &mut Look<'_>) -> bool {
    let missing = |look: &Look<'_>, node: &str| look.store.get(&ObjectKey::new("Node", "", node)).is_none();
    let orphans: Vec<Pod> = look
        .store
        .pods()
        .filter(|pod| !pod.spec.node_name.is_empty() && missing(look, &pod.spec.node_name))
        .cloned()
        .collect();
    let mut waiting = false;
    for pod in orphans {
        let since = pod.metadata.creation_timestamp.map_or(0, |at| at.0 - look.epoch_seconds);
        let since = SimTime::from_secs(u64::try_from(since).unwrap_or(0));
        if look.now.since_ms(since) < QUARANTINE_MS {
            waiting = true;
            continue;
        }
        let mut failed = pod.clone();
        if !failed.is_terminal() {
            failed.status_mut().phase = "Failed".into();
        }
        let now = Time(look.epoch_seconds + look.now.secs() as i64);
        failed.add_disruption_target("DeletionByPodGC", "PodGC: node no longer exists", now);
        let (namespace, name) = (pod.metadata.namespace.clone(), pod.metadata.name.clone());
        look.store.put(look.now, Object::Pod(Rc::new(failed)));
        let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
        let _ = crate::apiserver::delete_pod(
            look.store,
            look.now,
            look.epoch_seconds,
            &namespace,
            &name,
            &options,
        );
    }
    waiting
}
