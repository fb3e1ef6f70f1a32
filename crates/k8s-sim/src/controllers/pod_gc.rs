//! Pods whose node is not there: they are failed and removed.
// Models pkg/controller/podgc/gc_controller.go (v1.36)

use std::rc::Rc;

use super::work::Work;
use crate::apiserver::{Object, ObjectKey, Pod, delete_pod};
use crate::input::DeleteOptions;
use crate::wakeup::Wakeup;

/// How often the collector looks.
const GC_CHECK_PERIOD_MS: u64 = 20_000;
/// How long a node must have been missing, from the look that missed it.
const QUARANTINE_MS: u64 = 40_000;

/// A Pod may have lost its node: the collector finds out at its next look, whenever that is.
pub(crate) fn notice(work: &mut Work<'_>) {
    if !work.controllers.gc_is_due {
        let wait = work.rng.span_ms(GC_CHECK_PERIOD_MS, "pod-gc", "", work.now.ms());
        look_after(work, wait);
    }
}

fn look_after(work: &mut Work<'_>, wait_ms: u64) {
    work.controllers.gc_is_due = true;
    work.wakeups.push(work.now.after_ms(wait_ms.max(1)), Wakeup::PodGc);
}

/// Removes Pods of nodes that are missing for long enough. Looks again while some are not.
// Models gcOrphaned (v1.36)
pub(crate) fn collect(work: &mut Work<'_>) {
    work.controllers.gc_is_due = false;
    let missing = |name: &str| work.store.get(&ObjectKey::new("Node", "", name)).is_none();
    let mut orphans: Vec<Pod> = work
        .store
        .pods()
        .filter(|pod| !pod.spec.node_name.is_empty() && missing(&pod.spec.node_name))
        .cloned()
        .collect();
    let now = work.now;
    let since = &mut work.controllers.missing_nodes;
    since.retain(|name, _| orphans.iter().any(|pod| *pod.spec.node_name == **name));
    for pod in &orphans {
        since.entry(pod.spec.node_name.as_str().into()).or_insert(now);
    }
    let all = orphans.len();
    orphans.retain(|pod| {
        let since = since.get(pod.spec.node_name.as_str());
        since.is_some_and(|since| now.since_ms(*since) >= QUARANTINE_MS)
    });
    for pod in &orphans {
        let mut failed = pod.clone();
        if !failed.is_terminal() {
            failed.status_mut().phase = "Failed".into();
        }
        failed.add_disruption_target("DeletionByPodGC", "PodGC: node no longer exists", work.time());
        let (namespace, name) = (&pod.metadata.namespace, &pod.metadata.name);
        work.store.put(now, Object::Pod(Rc::new(failed)));
        let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
        let _ = delete_pod(work.store, now, work.epoch_seconds, namespace, name, &options);
    }
    if orphans.len() < all {
        look_after(work, GC_CHECK_PERIOD_MS);
    }
}
