//! What led to what: the chain of causes behind a happening, read backwards from the story.

use k8s_sim::{StopCause, StoryEntry, StoryKind};

/// How far back a cause is looked for.
const CAUSES_BACK_MAX: usize = 400;
/// How long a chain of causes may grow.
const CHAIN_MAX: usize = 8;

/// The entries that led to the last one of `story`, oldest first, the last one included.
#[must_use]
pub fn chain<'a>(story: &[&'a StoryEntry]) -> Vec<&'a StoryEntry> {
    let Some(mut at) = story.len().checked_sub(1) else { return Vec::new() };
    let mut found = vec![story[at]];
    while found.len() < CHAIN_MAX {
        let effect = story[at];
        let from = at.saturating_sub(CAUSES_BACK_MAX);
        let Some(cause) = (from..at).rev().find(|earlier| led_to(story[*earlier], effect)) else { break };
        // A loop (pull, fail, wait, pull) is told once.
        if found.iter().any(|known| same_kind(known, story[cause])) {
            break;
        }
        found.push(story[cause]);
        at = cause;
    }
    found.reverse();
    found
}

/// Whether both say the same of the same container.
fn same_kind(one: &StoryEntry, other: &StoryEntry) -> bool {
    one.container == other.container
        && std::mem::discriminant(&one.kind) == std::mem::discriminant(&other.kind)
        // The failures of a probe are counted, so each of them is its own step.
        && !matches!(one.kind, StoryKind::Probe { .. })
}

/// Whether `cause`, which lies before `effect`, is what led to it (the nearest one that is).
fn led_to(cause: &StoryEntry, effect: &StoryEntry) -> bool {
    let same_pod = cause.uid == effect.uid;
    let same_container = same_pod && cause.container == effect.container;
    let of = |names: &str| same_pod && &*cause.container == names;
    match (&cause.kind, &effect.kind) {
        (StoryKind::PodCreated { .. }, StoryKind::Scheduled { .. } | StoryKind::Unschedulable { .. }) => {
            same_pod
        }
        (
            StoryKind::Scheduled { .. },
            StoryKind::VolumesMounted { .. } | StoryKind::VolumeWaiting { .. } | StoryKind::Rejected { .. },
        ) => same_pod,
        (StoryKind::VolumesMounted { .. } | StoryKind::SandboxDied, StoryKind::SandboxCreated { .. }) => {
            same_pod
        }
        (StoryKind::Fault { .. }, StoryKind::SandboxDied) => same_pod,
        (
            StoryKind::SandboxCreated { .. } | StoryKind::BackOff { .. } | StoryKind::PullBackOff { .. },
            StoryKind::Pulling { .. } | StoryKind::Pulled { was_present: true, .. },
        ) => same_pod && (same_container || cause.container.is_empty()),
        (StoryKind::Pulling { .. }, StoryKind::Pulled { .. } | StoryKind::PullFailed { .. }) => {
            same_container
        }
        (StoryKind::PullFailed { .. }, StoryKind::PullBackOff { .. }) => same_container,
        (StoryKind::BackOff { .. }, StoryKind::Started { attempt: 1.., .. }) => same_container,
        (StoryKind::Exited { .. }, StoryKind::Started { attempt: 1.., .. }) => same_container,
        (
            StoryKind::ContainerStarted { .. }
            | StoryKind::Exited { .. }
            | StoryKind::Started { .. }
            | StoryKind::PostStartDone { .. },
            StoryKind::Started { attempt: 0, after },
        ) if !after.is_empty() => of(after),
        (StoryKind::Pulled { .. }, StoryKind::Started { .. }) => same_container,
        (StoryKind::Started { .. }, StoryKind::ContainerStarted { .. } | StoryKind::PostStartRunning) => {
            same_container
        }
        (StoryKind::PostStartRunning, StoryKind::PostStartDone { .. }) => same_container,
        (
            StoryKind::Probe { .. } | StoryKind::ContainerStarted { .. },
            StoryKind::ContainerReady { ready: true },
        ) => same_container,
        (
            StoryKind::Probe { ok: false, .. } | StoryKind::Exited { .. },
            StoryKind::ContainerReady { ready: false },
        ) => same_container,
        (StoryKind::Fault { .. }, StoryKind::Probe { ok: false, .. }) => same_container,
        (StoryKind::Probe { ok: false, run: 1, .. }, StoryKind::Probe { ok: false, run: 2.., .. }) => {
            same_container
        }
        (
            StoryKind::Probe { ok: false, .. },
            StoryKind::Stopping { cause: StopCause::LivenessProbe | StopCause::StartupProbe, .. },
        ) => same_container,
        (StoryKind::DeletionRequested { .. }, StoryKind::Stopping { cause: StopCause::PodDeleted, .. }) => {
            same_pod
        }
        (
            StoryKind::PostStartDone { ok: false },
            StoryKind::Stopping { cause: StopCause::PostStartHook, .. },
        ) => same_container,
        (StoryKind::SandboxDied, StoryKind::Stopping { cause: StopCause::SandboxChanged, .. }) => same_pod,
        (
            StoryKind::DeadlineExceeded { .. },
            StoryKind::Stopping { cause: StopCause::DeadlineExceeded, .. },
        ) => same_pod,
        (StoryKind::EvictionThresholdMet { .. }, StoryKind::Evicted { .. }) => cause.at == effect.at,
        (
            StoryKind::Evicted { .. },
            StoryKind::Stopping { cause: StopCause::Evicted, .. } | StoryKind::Phase { .. },
        ) => same_pod,
        (StoryKind::ResizeStarted, StoryKind::Stopping { cause: StopCause::Resize, .. }) => same_pod,
        (StoryKind::ResizeStarted, StoryKind::ResizeCompleted) => same_pod,
        (StoryKind::Exited { .. }, StoryKind::Stopping { cause: StopCause::PodFinished, .. }) => same_pod,
        (StoryKind::Stopping { .. }, StoryKind::PreStopRunning | StoryKind::WaitsForTurn { .. }) => {
            same_container
        }
        (StoryKind::PreStopRunning, StoryKind::PreStopDone { .. }) => same_container,
        (
            StoryKind::WaitsForTurn { .. } | StoryKind::PreStopDone { .. } | StoryKind::Stopping { .. },
            StoryKind::TermSent { .. },
        ) => same_container,
        (StoryKind::TermSent { .. } | StoryKind::Stopping { .. }, StoryKind::KillSent) => same_container,
        (
            StoryKind::KillSent
            | StoryKind::TermSent { .. }
            | StoryKind::Fault { .. }
            | StoryKind::Started { .. },
            StoryKind::Exited { .. },
        ) => same_container,
        (StoryKind::NodeKilled, StoryKind::Exited { .. }) => true,
        (StoryKind::Exited { .. }, StoryKind::BackOff { .. } | StoryKind::NotRestarted { .. }) => {
            same_container
        }
        (
            StoryKind::Exited { .. },
            StoryKind::SandboxStopped | StoryKind::Phase { .. } | StoryKind::Initialized,
        ) => same_pod,
        (StoryKind::Started { .. }, StoryKind::Phase { to, .. }) => same_pod && &**to == "Running",
        (
            StoryKind::SandboxStopped | StoryKind::DeletionRequested { .. } | StoryKind::TaintEvicted,
            StoryKind::PodRemoved,
        ) => same_pod,
        (StoryKind::ContainerReady { .. }, StoryKind::PodReady { .. }) => same_pod,
        (StoryKind::NodeKilled | StoryKind::Kubelet { running: false }, StoryKind::NodeUnknown) => {
            cause.subject == effect.subject
        }
        (StoryKind::NodeRevived | StoryKind::Kubelet { running: true }, StoryKind::NodeReady) => {
            cause.subject == effect.subject
        }
        (StoryKind::NodeUnknown, StoryKind::TaintEvictionPlanned { .. }) => true,
        (StoryKind::Preempted { .. }, StoryKind::Stopping { .. } | StoryKind::PodRemoved) => same_pod,
        (StoryKind::TaintEvictionPlanned { .. }, StoryKind::TaintEvicted) => same_pod,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use k8s_sim::SimTime;

    use super::*;

    fn entry(ms: u64, container: &str, kind: StoryKind) -> StoryEntry {
        StoryEntry {
            at: SimTime(ms),
            uid: "u1".into(),
            subject: "default/catalog".into(),
            container: container.into(),
            kind,
        }
    }

    #[test]
    fn the_chain_goes_back_to_what_was_asked_for() {
        let story = [
            entry(0, "", StoryKind::DeletionRequested { grace_seconds: 30, by: "".into() }),
            entry(1, "sidecar", StoryKind::Stopping { cause: StopCause::PodDeleted, grace_ms: 30_000 }),
            entry(1, "catalog", StoryKind::Stopping { cause: StopCause::PodDeleted, grace_ms: 30_000 }),
            entry(2, "catalog", StoryKind::TermSent { signal: 15, kill_at: SimTime(30_001) }),
            entry(
                3,
                "catalog",
                StoryKind::Exited { code: 0, signal: 0, oom: false, asked: true, attempt: 0 },
            ),
        ];
        let story: Vec<&StoryEntry> = story.iter().collect();
        let times: Vec<u64> = chain(&story).iter().map(|entry| entry.at.ms()).collect();
        assert_eq!(times, [0, 1, 2, 3]);
    }
}
