//! What controllers ask of Pods: whether they count, and which of them to part with first.
// Models pkg/controller/controller_utils.go and pkg/api/v1/pod/util.go (v1.36)

use k8s_api::core::ContainerStatus;
use k8s_api::meta::Time;

use crate::apiserver::Pod;

/// Whether it neither ended nor is about to.
// Models IsPodActive (v1.36)
pub(crate) fn is_active(pod: &Pod) -> bool {
    !pod.is_terminal() && pod.metadata.deletion_timestamp.is_none()
}

/// Whether it is being deleted and still at work.
// Models IsPodTerminating (v1.36)
pub(crate) fn is_terminating(pod: &Pod) -> bool {
    !pod.is_terminal() && pod.metadata.deletion_timestamp.is_some()
}

/// Since when it is ready; nothing if it is not.
pub(crate) fn ready_since(pod: &Pod) -> Option<Time> {
    let ready = pod.status.conditions.iter().find(|condition| condition.type_ == "Ready")?;
    (ready.status == "True").then(|| ready.last_transition_time.unwrap_or_default())
}

/// Whether it is ready.
// Models IsPodReady (v1.36)
pub(crate) fn is_ready(pod: &Pod) -> bool {
    ready_since(pod).is_some()
}

/// When it will have been ready for long enough, in milliseconds from now; nothing if it is not ready.
// Models IsPodAvailable and nextPodAvailabilityCheck (v1.36)
pub(crate) fn available_in_ms(pod: &Pod, min_ready_seconds: i64, unix_ms: i64) -> Option<u64> {
    let since = ready_since(pod)?;
    let due = (since.0 + min_ready_seconds) * 1000;
    Some(if min_ready_seconds <= 0 { 0 } else { (due - unix_ms).max(0).unsigned_abs() })
}

/// Whether it has been ready for long enough.
pub(crate) fn is_available(pod: &Pod, min_ready_seconds: i64, unix_ms: i64) -> bool {
    available_in_ms(pod, min_ready_seconds, unix_ms) == Some(0)
}

/// When to look again because a ready Pod will be available then.
// Models FindMinNextPodAvailabilityCheck (v1.36)
pub(crate) fn next_availability_ms(pods: &[&Pod], min_ready_seconds: i64, unix_ms: i64) -> Option<u64> {
    let waits = pods.iter().filter_map(|pod| available_in_ms(pod, min_ready_seconds, unix_ms));
    waits.filter(|wait| *wait > 0).min()
}

/// A Pod, and how many of its kind are on its node.
pub(crate) struct Ranked<'a> {
    pub(crate) pod: &'a Pod,
    pub(crate) rank: usize,
}

/// Whether `a` goes before `b`.
// Models ActivePodsWithRanks.Less (v1.36)
pub(crate) fn goes_first(a: &Ranked<'_>, b: &Ranked<'_>, unix_ms: i64) -> bool {
    let phase = |pod: &Pod| match pod.status.phase.as_str() {
        "Running" => 2,
        "Unknown" => 1,
        _ => 0,
    };
    let cost = |pod: &Pod| {
        let text = pod.metadata.annotations.get("controller.kubernetes.io/pod-deletion-cost");
        text.and_then(|text| text.parse::<i32>().ok()).unwrap_or(0)
    };
    // The smaller goes first; what is decided by time follows.
    let order = |ranked: &Ranked<'_>| {
        let pod = ranked.pod;
        let assigned = !pod.spec.node_name.is_empty();
        (assigned, phase(pod), is_ready(pod), cost(pod), usize::MAX - ranked.rank)
    };
    let (first, second) = (order(a), order(b));
    if first != second {
        return first < second;
    }
    let (a, b) = (a.pod, b.pod);
    let younger = |since_a: Option<Time>, since_b: Option<Time>| {
        let (age_a, age_b) = (age_class(since_a, unix_ms), age_class(since_b, unix_ms));
        if age_a == age_b { a.metadata.uid < b.metadata.uid } else { age_a < age_b }
    };
    let (ready_a, ready_b) = (ready_since(a), ready_since(b));
    if ready_a != ready_b {
        return younger(ready_a, ready_b);
    }
    let (restarts_a, restarts_b) = (restarts(a), restarts(b));
    if restarts_a != restarts_b {
        return restarts_a > restarts_b;
    }
    let (made_a, made_b) = (a.metadata.creation_timestamp, b.metadata.creation_timestamp);
    if made_a != made_b {
        return younger(made_a, made_b);
    }
    false
}

/// How long ago a moment is, in powers of two: what is about as old counts as just as old.
// Models logarithmicRankDiff (v1.36)
fn age_class(at: Option<Time>, unix_ms: i64) -> i64 {
    let Some(at) = at else { return -2 };
    let nanoseconds = (unix_ms - at.0 * 1000).saturating_mul(1_000_000);
    if nanoseconds <= 0 { -1 } else { i64::from(nanoseconds.unsigned_abs().ilog2()) }
}

/// The statuses of its sidecars.
pub(crate) fn sidecar_statuses(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    pod.status.init_container_statuses.iter().filter(|status| {
        let mut init = pod.spec.init_containers.iter();
        init.any(|container| container.name == status.name && container.is_restartable_init())
    })
}

/// The highest restart count of its containers and of its sidecars.
// Models maxContainerRestarts (v1.36)
fn restarts(pod: &Pod) -> (i32, i32) {
    let regular = pod.status.container_statuses.iter().map(|status| status.restart_count).max();
    let sidecars = sidecar_statuses(pod).map(|status| status.restart_count).max();
    (regular.unwrap_or(0), sidecars.unwrap_or(0))
}
