//! What happened, in plain sentences, and what led to it: the words of the running log and of every "why".

use k8s_sim::{StopCause, StoryEntry, StoryKind};

use super::{MarkKind, Tone, clock};

/// The entry as one sentence.
#[must_use]
pub fn sentence(entry: &StoryEntry) -> String {
    let subject = name(&entry.subject);
    let container = &*entry.container;
    let at = entry.at.ms();
    match &entry.kind {
        StoryKind::PodCreated { by } if by.is_empty() => {
            format!("The API server stored Pod {subject}. Nothing runs yet: it needs a node.")
        }
        StoryKind::PodCreated { by } => {
            format!("{by} lacked a Pod, so its controller made {subject}. Nothing runs yet: it needs a node.")
        }
        StoryKind::PodRemoved => {
            format!("Pod {subject} is gone: its object was removed from the API server.")
        }
        StoryKind::DeletionRequested { grace_seconds: 0, by } if !by.is_empty() => {
            format!("Pod {subject} was deleted by {by}: nothing of it runs, so the object goes at once.")
        }
        StoryKind::DeletionRequested { grace_seconds, by } if !by.is_empty() => format!(
            "Pod {subject} was deleted by {by}: it is Terminating and has {grace_seconds} s to end by itself."
        ),
        StoryKind::DeletionRequested { grace_seconds: 0, .. } => {
            format!(
                "Pod {subject} was deleted by force: the object goes at once, without waiting for its processes."
            )
        }
        StoryKind::DeletionRequested { grace_seconds, .. } => format!(
            "Deletion of Pod {subject} was asked for: it is Terminating and has {grace_seconds} s to end by itself."
        ),
        StoryKind::Scheduled { node } => {
            format!("The scheduler chose {node} for Pod {subject}, so the kubelet there takes over.")
        }
        StoryKind::Unschedulable { message } => {
            format!("No node takes Pod {subject}, so it stays Pending and is tried again: {message}")
        }
        StoryKind::Preempted { by } => format!(
            "The scheduler removes Pod {subject} to make room for {by}, whose priority is higher; its grace period begins."
        ),
        StoryKind::Rejected { reason, message } => {
            format!("The kubelet refused Pod {subject} ({reason}): {message}")
        }
        StoryKind::VolumesMounted { count: 0 } => {
            format!("Pod {subject} has no volumes to wait for, so its sandbox may be made.")
        }
        StoryKind::VolumesMounted { count } => {
            format!(
                "{} mounted for Pod {subject}, so its sandbox may be made.",
                counted(*count, "volume is", "volumes are")
            )
        }
        StoryKind::VolumeWaiting { volume, message } => {
            format!("Volume {volume} cannot be mounted, so nothing of Pod {subject} may start: {message}")
        }
        StoryKind::SandboxCreated { ip, attempt: 0 } if ip.is_empty() => {
            format!("pause runs and holds the namespaces of Pod {subject}; containers may start on it.")
        }
        StoryKind::SandboxCreated { ip, attempt: 0 } => {
            format!("pause runs and holds the namespaces of Pod {subject}; the address {ip} is theirs.")
        }
        StoryKind::SandboxCreated { ip, attempt } => {
            format!(
                "A new pause runs (attempt {attempt}): Pod {subject} now has the address {ip} and starts from its first container."
            )
        }
        StoryKind::SandboxDied => {
            format!(
                "The sandbox of Pod {subject} died, so its network is gone and every container must start anew."
            )
        }
        StoryKind::SandboxStopped => {
            format!("pause was stopped: the namespaces and the address of Pod {subject} are gone.")
        }
        StoryKind::Pulling { image } => format!("The kubelet pulls image {image} for {container}."),
        StoryKind::Pulled { image, was_present: true, .. } => {
            format!("Image {image} is already on the machine, so {container} need not wait for it.")
        }
        StoryKind::Pulled { image, took_ms, .. } => {
            format!("Image {image} arrived after {}, so {container} can be made.", seconds(*took_ms))
        }
        StoryKind::PullFailed { image, reason, message } => {
            format!("Image {image} cannot be pulled ({reason}), so {container} waits: {message}")
        }
        StoryKind::PullBackOff { image, until } => format!(
            "{container} waits {} before image {image} is asked for again (ImagePullBackOff).",
            clock::left(until.ms().saturating_sub(at))
        ),
        StoryKind::CreateFailed { reason, message } => {
            format!("{container} cannot be made ({reason}): {message}")
        }
        StoryKind::Started { attempt: 0, after } if after.is_empty() => format!("{container} is running."),
        StoryKind::Started { attempt: 0, after } => {
            format!(
                "{container} is running; it was started after {after}: one at a time, in the order of the list."
            )
        }
        StoryKind::Started { attempt, .. } => {
            format!(
                "{container} was started again in place (restart {attempt}): same Pod, same address, new process."
            )
        }
        StoryKind::PostStartRunning => {
            format!("The postStart hook of {container} runs; the next container waits for it.")
        }
        StoryKind::PostStartDone { ok: true } => format!("The postStart hook of {container} is done."),
        StoryKind::PostStartDone { ok: false } => {
            format!("The postStart hook of {container} failed, so the container is killed.")
        }
        StoryKind::ContainerStarted { sidecar: true, next } if !next.is_empty() => {
            format!("{container} is started, so {next} may start.")
        }
        StoryKind::ContainerStarted { sidecar: true, .. } => {
            format!("The sidecar {container} is started.")
        }
        StoryKind::ContainerStarted { sidecar: false, .. } => {
            format!("{container} is started: its other probes, if it has any, may begin.")
        }
        StoryKind::ContainerReady { ready: true } => format!("{container} is ready."),
        StoryKind::ContainerReady { ready: false } => {
            format!("{container} is no longer ready, so the Pod must get no requests.")
        }
        StoryKind::Exited { code, signal, oom, asked, .. } => exited(container, *code, *signal, *oom, *asked),
        StoryKind::BackOff { until, seconds } => format!(
            "{container} keeps ending, so it is started again only in {} (CrashLoopBackOff: {seconds} s after its last end).",
            clock::left(until.ms().saturating_sub(at))
        ),
        StoryKind::NotRestarted { policy } => {
            format!("{container} stays as it is: restartPolicy {policy} does not start it again.")
        }
        StoryKind::Probe { probe, ok: true, .. } => {
            format!("The {} probe of {container} passed.", lower(probe.as_str()))
        }
        StoryKind::Probe { probe, ok: false, run, threshold, message } if message.trim().is_empty() => {
            format!("The {} probe of {container} failed ({run} of {threshold}).", lower(probe.as_str()))
        }
        StoryKind::Probe { probe, ok: false, run, threshold, message } => {
            format!(
                "The {} probe of {container} failed ({run} of {threshold}): {message}",
                lower(probe.as_str())
            )
        }
        StoryKind::Stopping { cause, grace_ms } => {
            format!("{container} is to stop within {}, because {}.", seconds(*grace_ms), cause_words(cause))
        }
        StoryKind::PreStopRunning => {
            format!(
                "The preStop hook of {container} runs; SIGTERM waits until it is done, and the grace period is running."
            )
        }
        StoryKind::PreStopDone { ok: true } => {
            format!("The preStop hook of {container} is done, so SIGTERM may follow.")
        }
        StoryKind::PreStopDone { ok: false } => {
            format!("The preStop hook of {container} failed; SIGTERM follows all the same.")
        }
        StoryKind::WaitsForTurn { after } => {
            format!("{container} still runs: a sidecar gets SIGTERM only after {} ended.", list(after))
        }
        StoryKind::TermSent { signal, kill_at } => format!(
            "{} was sent to {container}; SIGKILL follows in {} if it is still running then.",
            signal_name(*signal),
            clock::left(kill_at.ms().saturating_sub(at))
        ),
        StoryKind::KillSent => {
            format!("{container} did not end in time, so it got SIGKILL, which nothing can refuse.")
        }
        StoryKind::Initialized => {
            format!(
                "Every init container of Pod {subject} is done or, as a sidecar, started: the app containers may start."
            )
        }
        StoryKind::Phase { from, to } if from.is_empty() => format!("Pod {subject} is {to}."),
        StoryKind::Phase { from, to } => {
            format!("Pod {subject} went from {from} to {to}: {}.", phase_meaning(to))
        }
        StoryKind::PodReady { ready: true, .. } => {
            format!("Pod {subject} is Ready: Services may send requests to it.")
        }
        StoryKind::PodReady { ready: false, reason } if reason.is_empty() => {
            format!("Pod {subject} is not Ready: Services send nothing to it.")
        }
        StoryKind::PodReady { ready: false, reason } => {
            format!("Pod {subject} is not Ready ({reason}): Services send nothing to it.")
        }
        StoryKind::EvictionThresholdMet { resource } => {
            format!("{subject} is short of {resource}, so its kubelet looks for something that can go.")
        }
        StoryKind::Evicted { message } => {
            format!("The kubelet evicts Pod {subject}: {message}")
        }
        StoryKind::NodePressure { condition, on: true } => {
            format!("{subject} says {condition}: other Pods are kept away from it.")
        }
        StoryKind::NodePressure { condition, on: false } => {
            format!("{subject} no longer says {condition}: it takes Pods again.")
        }
        StoryKind::ResizeStarted => {
            format!("Pod {subject} is granted other resources; the runtime is told next.")
        }
        StoryKind::ResizeCompleted => {
            format!("The containers of Pod {subject} have the resources that were asked for.")
        }
        StoryKind::ResizeWaits { reason, message } => {
            format!("Pod {subject} does not get the resources that were asked for ({reason}): {message}")
        }
        StoryKind::DeadlineExceeded { seconds } => {
            format!(
                "Pod {subject} was active for longer than its activeDeadlineSeconds of {seconds}, so it fails."
            )
        }
        StoryKind::Fault { what } if container.is_empty() => format!("By hand: {what}."),
        StoryKind::Fault { what } => format!("By hand: {container} {what}."),
        StoryKind::NodeKilled => {
            format!("{subject} lost its power: every process there died, and nobody renews its lease.")
        }
        StoryKind::NodeRevived => {
            format!("{subject} has power again; its kubelet starts and finds its containers dead.")
        }
        StoryKind::Kubelet { running: true } => format!("The kubelet of {subject} runs again and reports."),
        StoryKind::Kubelet { running: false } => {
            format!(
                "The kubelet of {subject} stopped: its containers run on, but nobody watches them or reports."
            )
        }
        StoryKind::NodeUnknown => format!(
            "{subject} was not heard of for too long, so it counts as NotReady and its Pods as not Ready; their phase stays."
        ),
        StoryKind::NodeReady => format!("{subject} is heard of again: it is Ready."),
        StoryKind::TaintEvictionPlanned { at: due } => format!(
            "Pod {subject} tolerates its lost node for {} more; then it is marked for deletion.",
            clock::left(due.ms().saturating_sub(at))
        ),
        StoryKind::TaintEvicted => format!(
            "Pod {subject} was marked for deletion because its node is lost. It stays Terminating: only that node's kubelet could confirm its end."
        ),
        StoryKind::NodeAdded => format!("{subject} joined the cluster."),
    }
}

/// How the entry is to be read: as a good, a bad, or a passing thing.
#[must_use]
pub fn tone(kind: &StoryKind) -> Tone {
    match kind {
        StoryKind::Started { .. }
        | StoryKind::ContainerStarted { .. }
        | StoryKind::ContainerReady { ready: true }
        | StoryKind::PodReady { ready: true, .. }
        | StoryKind::SandboxCreated { .. }
        | StoryKind::NodeReady
        | StoryKind::NodeRevived
        | StoryKind::NodeAdded
        | StoryKind::Kubelet { running: true }
        | StoryKind::Probe { ok: true, .. } => Tone::Run,
        StoryKind::Exited { code: 0, .. } | StoryKind::PodRemoved | StoryKind::SandboxStopped => Tone::Done,
        StoryKind::Exited { asked: true, oom: false, .. } => Tone::Done,
        StoryKind::BackOff { .. } | StoryKind::PullBackOff { .. } => Tone::Retry,
        StoryKind::Exited { .. }
        | StoryKind::Unschedulable { .. }
        | StoryKind::Preempted { .. }
        | StoryKind::Rejected { .. }
        | StoryKind::VolumeWaiting { .. }
        | StoryKind::SandboxDied
        | StoryKind::PullFailed { .. }
        | StoryKind::CreateFailed { .. }
        | StoryKind::PostStartDone { ok: false }
        | StoryKind::PreStopDone { ok: false }
        | StoryKind::Probe { ok: false, .. }
        | StoryKind::KillSent
        | StoryKind::ResizeWaits { .. }
        | StoryKind::EvictionThresholdMet { .. }
        | StoryKind::Evicted { .. }
        | StoryKind::NodePressure { on: true, .. }
        | StoryKind::DeadlineExceeded { .. }
        | StoryKind::NodeKilled
        | StoryKind::NodeUnknown
        | StoryKind::TaintEvicted
        | StoryKind::Kubelet { running: false } => Tone::Bad,
        StoryKind::ContainerReady { ready: false } | StoryKind::PodReady { ready: false, .. } => Tone::Change,
        StoryKind::Phase { to, .. } => phase_tone(to),
        _ => Tone::Change,
    }
}

/// Which mark the entry leaves on its lane; none for what the stretches of the lane already show.
#[must_use]
pub fn mark(kind: &StoryKind) -> Option<MarkKind> {
    match kind {
        StoryKind::DeletionRequested { by, .. } | StoryKind::PodCreated { by } if !by.is_empty() => {
            Some(MarkKind::Step)
        }
        StoryKind::Fault { .. } | StoryKind::DeletionRequested { .. } | StoryKind::PodCreated { .. } => {
            Some(MarkKind::Action)
        }
        StoryKind::NodeKilled | StoryKind::NodeRevived | StoryKind::NodeAdded | StoryKind::Kubelet { .. } => {
            Some(MarkKind::Action)
        }
        StoryKind::Probe { ok: false, .. } => Some(MarkKind::ProbeFailed),
        StoryKind::Unschedulable { .. }
        | StoryKind::Preempted { .. }
        | StoryKind::Rejected { .. }
        | StoryKind::VolumeWaiting { .. }
        | StoryKind::PullFailed { .. }
        | StoryKind::CreateFailed { .. }
        | StoryKind::PostStartDone { ok: false }
        | StoryKind::PreStopDone { ok: false }
        | StoryKind::SandboxDied
        | StoryKind::KillSent
        | StoryKind::NodeUnknown
        | StoryKind::TaintEvicted
        | StoryKind::ResizeWaits { .. }
        | StoryKind::Evicted { .. }
        | StoryKind::NodePressure { on: true, .. }
        | StoryKind::DeadlineExceeded { .. }
        | StoryKind::Exited { oom: true, .. } => Some(MarkKind::Warning),
        StoryKind::ContainerReady { .. }
        | StoryKind::ResizeStarted
        | StoryKind::ResizeCompleted
        | StoryKind::TermSent { .. }
        | StoryKind::WaitsForTurn { .. }
        | StoryKind::Initialized
        | StoryKind::Scheduled { .. }
        | StoryKind::PodRemoved
        | StoryKind::NodeReady => Some(MarkKind::Step),
        _ => None,
    }
}

/// Whether the entry is worth being shown as "the last thing that happened". Probes that pass are not.
#[must_use]
pub fn is_news(kind: &StoryKind) -> bool {
    !matches!(
        kind,
        StoryKind::Probe { ok: true, .. }
            | StoryKind::PodReady { .. }
            | StoryKind::VolumesMounted { .. }
            | StoryKind::ContainerStarted { sidecar: false, .. }
    )
}

/// Whether the entry is about the sandbox, on which the containers stand.
#[must_use]
pub fn is_of_sandbox(kind: &StoryKind) -> bool {
    matches!(kind, StoryKind::SandboxCreated { .. } | StoryKind::SandboxDied | StoryKind::SandboxStopped)
}

/// The name without its namespace.
fn name(subject: &str) -> &str {
    subject.rsplit('/').next().unwrap_or(subject)
}

fn lower(word: &str) -> String {
    word.to_ascii_lowercase()
}

fn counted(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

fn seconds(ms: u64) -> String {
    if ms.is_multiple_of(1000) {
        format!("{} s", ms / 1000)
    } else {
        format!("{}.{} s", ms / 1000, ms / 100 % 10)
    }
}

fn list(names: &[std::rc::Rc<str>]) -> String {
    match names {
        [] => "the app containers".into(),
        [one] => format!("{one} has"),
        [head @ .., last] => {
            let head: Vec<&str> = head.iter().map(|name| &**name).collect();
            format!("{} and {last} have", head.join(", "))
        }
    }
}

/// `SIGTERM` and its like.
#[must_use]
pub fn signal_name(signal: u8) -> String {
    match signal {
        1 => "SIGHUP".into(),
        2 => "SIGINT".into(),
        3 => "SIGQUIT".into(),
        6 => "SIGABRT".into(),
        9 => "SIGKILL".into(),
        10 => "SIGUSR1".into(),
        11 => "SIGSEGV".into(),
        12 => "SIGUSR2".into(),
        13 => "SIGPIPE".into(),
        14 => "SIGALRM".into(),
        15 => "SIGTERM".into(),
        other => format!("signal {other}"),
    }
}

fn exited(container: &str, code: i32, signal: u8, oom: bool, asked: bool) -> String {
    if oom {
        return format!(
            "{container} took more memory than its limit, so the kernel killed it (OOMKilled, exit code {code})."
        );
    }
    match (code, signal, asked) {
        (0, _, true) => format!("{container} ended in good order after it was told to stop (exit code 0)."),
        (0, _, false) => format!("{container} came to its end by itself (exit code 0)."),
        (_, 0, true) => format!("{container} ended after it was told to stop (exit code {code})."),
        (_, 0, false) => format!("{container} failed: its process ended with exit code {code}."),
        (_, signal, _) => format!(
            "{container} was ended by {} (exit code {code}, which is 128 + {signal}).",
            signal_name(signal)
        ),
    }
}

fn cause_words(cause: &StopCause) -> &'static str {
    match cause {
        StopCause::PodDeleted => "the Pod is being deleted",
        StopCause::PodFinished => "everything that had to run in this Pod has ended",
        StopCause::LivenessProbe => "its liveness probe failed too often",
        StopCause::StartupProbe => "its startup probe failed too often",
        StopCause::PostStartHook => "its postStart hook failed",
        StopCause::DefinitionChanged => "its definition was changed",
        StopCause::SandboxChanged => "the sandbox it stands on is gone",
        StopCause::Evicted => "the kubelet evicts the Pod",
        StopCause::DeadlineExceeded => "the Pod was active for longer than allowed",
        StopCause::RestartAllContainers => "a rule asks for every container to start anew",
        StopCause::Resize => "other resources need a restart, as its resize policy says",
        StopCause::Orphaned => "its Pod object is gone",
    }
}

/// How a phase is drawn.
pub(super) fn phase_tone(phase: &str) -> Tone {
    match phase {
        "Running" => Tone::Run,
        "Succeeded" => Tone::Done,
        "Failed" => Tone::Bad,
        _ => Tone::Change,
    }
}

fn phase_meaning(phase: &str) -> &'static str {
    match phase {
        "Pending" => "not every container has been created",
        "Running" => "every container was created, and at least one runs or will run again",
        "Succeeded" => "every container ended with exit code 0, and none is started again",
        "Failed" => "every container ended, at least one of them badly, and none is started again",
        _ => "nobody can say how it is",
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

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
    fn sentences_name_the_cause() {
        let cases: [(StoryEntry, &str); 7] = [
            (
                entry(
                    0,
                    "log-sidecar",
                    StoryKind::ContainerStarted { sidecar: true, next: "catalog".into() },
                ),
                "log-sidecar is started, so catalog may start.",
            ),
            (
                entry(
                    0,
                    "log-sidecar",
                    StoryKind::WaitsForTurn { after: vec![Rc::from("catalog"), Rc::from("web")] },
                ),
                "log-sidecar still runs: a sidecar gets SIGTERM only after catalog and web have ended.",
            ),
            (
                entry(0, "catalog", StoryKind::TermSent { signal: 15, kill_at: SimTime(30_000) }),
                "SIGTERM was sent to catalog; SIGKILL follows in 30 s if it is still running then.",
            ),
            (
                entry(
                    0,
                    "catalog",
                    StoryKind::Exited { code: 137, signal: 9, oom: false, asked: true, attempt: 0 },
                ),
                "catalog was ended by SIGKILL (exit code 137, which is 128 + 9).",
            ),
            (
                entry(0, "", StoryKind::DeletionRequested { grace_seconds: 30, by: "".into() }),
                "Deletion of Pod catalog was asked for: it is Terminating and has 30 s to end by itself.",
            ),
            (
                entry(0, "", StoryKind::PodCreated { by: "ReplicaSet web".into() }),
                "ReplicaSet web lacked a Pod, so its controller made catalog. Nothing runs yet: it needs a node.",
            ),
            (
                entry(0, "", StoryKind::DeletionRequested { grace_seconds: 30, by: "ReplicaSet web".into() }),
                "Pod catalog was deleted by ReplicaSet web: it is Terminating and has 30 s to end by itself.",
            ),
        ];
        for (entry, expected) in cases {
            assert_eq!(sentence(&entry), expected);
        }
    }
}
