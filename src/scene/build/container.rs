//! The container cards.

use k8s_api::core::ContainerStatus;
use k8s_sim::kubelet::pod_status::ContainerState;
use k8s_sim::{ContainerView, Pod, PodView, ProbeType, ProbeView, StopView, StoryKind};

use super::{Look, cast, key};
use crate::scene::{
    ContainerCard, Countdown, CountdownKind, Gate, Mount, ProbePulse, ProbeWord, Role, Selection, Tone, story,
};

/// Log lines on a card.
const LOG_LINES: usize = 4;
/// Letters of a log line on a card; the Logs pane shows the rest.
const LOG_LINE_CHARS: usize = 200;
/// How far back in the story a stop signal is looked for.
const SIGNAL_BACK_MAX: usize = 2_000;

/// What all containers of a Pod have in common.
pub(super) struct Whole<'a> {
    look: &'a Look<'a>,
    pod: &'a Pod,
    view: &'a PodView,
    grace: Option<&'a Countdown>,
    roles: Vec<(String, Role)>,
    /// The first container of the airlock that has not passed.
    inside: Option<String>,
}

impl<'a> Whole<'a> {
    pub(super) fn new(
        look: &'a Look<'a>,
        pod: &'a Pod,
        view: &'a PodView,
        grace: Option<&'a Countdown>,
    ) -> Self {
        let roles = cast(pod);
        let inside = roles
            .iter()
            .filter(|(_, role)| matches!(role, Role::Init | Role::Sidecar))
            .find(|(name, role)| {
                let status = pod.status.init_container_statuses.iter().find(|status| status.name == *name);
                !status.is_some_and(|status| passed(status, *role))
            })
            .map(|(name, _)| name.clone());
        Self { look, pod, view, grace, roles, inside }
    }

    fn status(&self, name: &str) -> Option<&'a ContainerStatus> {
        let status = &self.pod.status;
        status
            .init_container_statuses
            .iter()
            .chain(&status.container_statuses)
            .chain(&status.ephemeral_container_statuses)
            .find(|status| status.name == name)
    }

    fn gate(&self, name: &str) -> Gate {
        let place = |wanted: &str| self.roles.iter().position(|(name, _)| name == wanted);
        let Some(inside) = &self.inside else { return Gate::Passed };
        if inside == name {
            return if self.view.sandbox.is_some() { Gate::Inside } else { Gate::Queued };
        }
        if place(name) < place(inside) { Gate::Passed } else { Gate::Queued }
    }
}

/// Whether the one after it may start.
fn passed(status: &ContainerStatus, role: Role) -> bool {
    let done = status.state.terminated.as_ref().is_some_and(|ended| ended.exit_code == 0);
    match role {
        Role::Sidecar => status.started == Some(true) || status.ready,
        Role::Init | Role::App | Role::Debug => done,
    }
}

pub(super) fn container_card(whole: &Whole<'_>, view: &ContainerView) -> ContainerCard {
    let name = view.name.to_string();
    let role = whole.roles.iter().find(|(other, _)| *other == name).map_or(Role::App, |(_, role)| *role);
    let status = whole.status(&name);
    let gate = matches!(role, Role::Init | Role::Sidecar).then(|| whole.gate(&name));
    let running = view.state == Some(ContainerState::Running) && whole.view.node_alive;
    let (tone, word) = state(whole, view, status, running);
    let last =
        status.and_then(|status| status.state.terminated.as_ref().or(status.last_state.terminated.as_ref()));
    // Of a machine without power nothing is known but what the API was told before.
    let ended_now = view.state == Some(ContainerState::Exited) && whole.view.node_alive;
    let signal_sent =
        matches!(view.stop, Some(StopView::TermSent { .. })).then(|| signal_sent(whole, &name)).flatten();
    ContainerCard {
        image: view.image.to_string(),
        detail: detail(whole, view, role, running, &word),
        exit_code: if ended_now { Some(view.exit_code) } else { last.map(|last| last.exit_code) },
        ended_reason: if ended_now {
            view.reason.to_string()
        } else {
            last.map(|last| last.reason.clone()).unwrap_or_default()
        },
        restarts: view
            .restart_count
            .max(status.map_or(0, |status| u32::try_from(status.restart_count).unwrap_or(0))),
        ready: view.ready,
        running_since_ms: if running { view.started_at.map(k8s_sim::SimTime::ms) } else { None },
        hung: running && view.frozen,
        countdowns: countdowns(whole, view, signal_sent.as_ref().map(|(_, at_ms)| *at_ms)),
        signal_sent,
        log: view
            .last_lines
            .iter()
            .skip(view.last_lines.len().saturating_sub(LOG_LINES))
            .map(|line| line.text.chars().take(LOG_LINE_CHARS).collect())
            .collect(),
        probes: view.probes.iter().map(|probe| pulse(probe, running)).collect(),
        listening: view.listening.clone(),
        mounts: view
            .mounts
            .iter()
            .map(|(volume, path, read_only)| Mount {
                container: name.clone(),
                volume: volume.to_string(),
                path: path.to_string(),
                read_only: *read_only,
            })
            .collect(),
        selected: whole.look.view.selection
            == Selection::Container { pod: key(whole.pod), container: name.clone() },
        name,
        role,
        gate,
        tone,
        word,
    }
}

/// How it is, and the real word for it.
fn state(
    whole: &Whole<'_>,
    view: &ContainerView,
    status: Option<&ContainerStatus>,
    running: bool,
) -> (Tone, String) {
    if !whole.view.node_alive {
        // Nobody reports any more: the API keeps its last word.
        let said = status.and_then(|status| status.state.running.as_ref());
        let word = if said.is_some() { "Running".to_owned() } else { waiting_word(view, status) };
        return (Tone::Bad, word);
    }
    if running {
        let tone = if view.stop.is_some() && !matches!(view.stop, Some(StopView::WaitsFor { .. })) {
            Tone::Change
        } else {
            Tone::Run
        };
        return (tone, "Running".into());
    }
    let waiting = view
        .waiting
        .as_ref()
        .map(|(reason, _)| reason.to_string())
        .or_else(|| {
            status.and_then(|status| status.state.waiting.as_ref()).map(|waiting| waiting.reason.clone())
        })
        .filter(|reason| !reason.is_empty());
    if view.state == Some(ContainerState::Exited)
        && waiting.as_deref().is_none_or(|word| word.starts_with("Pod"))
    {
        let word = if view.reason.is_empty() { "Terminated".to_owned() } else { view.reason.to_string() };
        let asked = whole.pod.metadata.deletion_timestamp.is_some();
        let tone = if view.exit_code == 0 || (asked && &*view.reason != "OOMKilled") {
            Tone::Done
        } else {
            Tone::Bad
        };
        return (tone, word);
    }
    match waiting {
        Some(word) if word.ends_with("BackOff") => (Tone::Retry, word),
        Some(word) if matches!(word.as_str(), "ContainerCreating" | "PodInitializing") => {
            let at_work = view.pull.is_some() || view.state == Some(ContainerState::Created);
            (if at_work { Tone::Change } else { Tone::Idle }, word)
        }
        Some(word) => (Tone::Bad, word),
        None => match status.and_then(|status| status.state.terminated.as_ref()) {
            Some(ended) if ended.exit_code == 0 => (Tone::Done, ended.reason.clone()),
            Some(ended) => (Tone::Bad, ended.reason.clone()),
            None => (Tone::Idle, waiting_word(view, status)),
        },
    }
}

fn waiting_word(view: &ContainerView, status: Option<&ContainerStatus>) -> String {
    let said = status.and_then(|status| {
        let state = &status.state;
        state
            .waiting
            .as_ref()
            .map(|waiting| waiting.reason.clone())
            .or_else(|| state.terminated.as_ref().map(|ended| ended.reason.clone()))
    });
    match said {
        Some(word) if !word.is_empty() => word,
        _ if view.state.is_some() => "Created".into(),
        _ => "Waiting".into(),
    }
}

/// What the word means just now, in a plain sentence.
fn detail(whole: &Whole<'_>, view: &ContainerView, role: Role, running: bool, word: &str) -> String {
    if !whole.view.node_alive {
        return "The machine has no power: this is the last that was heard of it.".into();
    }
    if running {
        return match &view.stop {
            Some(StopView::PreStop { .. }) => "The preStop hook runs first; SIGTERM follows.".into(),
            Some(StopView::WaitsFor { names, .. }) => {
                let names: Vec<&str> = names.iter().map(|name| &**name).collect();
                format!("SIGTERM waits for {}", names.join(", "))
            }
            Some(StopView::TermSent { .. }) => "It was asked to stop and may finish its work.".into(),
            None if view.frozen => "It gets no CPU: it answers nothing and logs nothing.".into(),
            None if view.post_start => "Its postStart hook runs; the next container waits for it.".into(),
            None if role == Role::Sidecar && !view.started => {
                "Runs, but what comes after it waits until it is started.".into()
            }
            None if matches!(role, Role::App | Role::Sidecar) && !view.started => {
                "Runs, but its startup probe has not passed yet.".into()
            }
            None => String::new(),
        };
    }
    if view.pull.is_some() {
        return "Its image is on the way to this machine.".into();
    }
    let message = view.waiting.as_ref().map(|(_, message)| message.to_string()).unwrap_or_default();
    match word {
        "CrashLoopBackOff" => "It keeps ending, so the kubelet waits before it starts it again.".into(),
        "ImagePullBackOff" => "Its image could not be pulled; the kubelet will ask again.".into(),
        "PodInitializing" => "It waits until every init container is done.".into(),
        "Completed" if role == Role::Init => "It has done its work, so the next one may start.".into(),
        "ContainerCreating" => String::new(),
        _ => message,
    }
}

fn signal_sent(whole: &Whole<'_>, name: &str) -> Option<(String, u64)> {
    whole.look.cluster.story().iter().rev().take(SIGNAL_BACK_MAX).find_map(|entry| {
        if *entry.uid != *whole.view.uid || &*entry.container != name {
            return None;
        }
        match &entry.kind {
            StoryKind::TermSent { signal, .. } => Some((story::signal_name(*signal), entry.at.ms())),
            _ => None,
        }
    })
}

fn countdowns(whole: &Whole<'_>, view: &ContainerView, sent_ms: Option<u64>) -> Vec<Countdown> {
    let mut all = Vec::new();
    let now = whole.look.cluster.now();
    let grace_from = whole.grace.map(|grace| grace.from_ms);
    let mut add = |kind, label: &str, from_ms: u64, until_ms: u64| {
        all.push(Countdown { kind, label: label.to_owned(), from_ms, until_ms });
    };
    if let Some((since, due)) = view.pull {
        add(CountdownKind::Pull, "of the pull left", since.ms(), due.ms());
    }
    if let Some((until, length_ms)) = view.back_off
        && until > now
    {
        let pull = view.waiting.as_ref().is_some_and(|(reason, _)| reason.contains("Pull"));
        let label = if pull { "until the image is asked for again" } else { "until it is started again" };
        add(CountdownKind::BackOff, label, until.ms().saturating_sub(length_ms), until.ms());
    }
    match &view.stop {
        Some(StopView::PreStop { until }) => {
            add(CountdownKind::PreStop, "for preStop at most", grace_from.unwrap_or(now.ms()), until.ms());
        }
        Some(StopView::TermSent { kill_at }) => {
            let from_ms = sent_ms.or(grace_from).unwrap_or(now.ms());
            add(CountdownKind::Grace, "until SIGKILL", from_ms, kill_at.ms());
        }
        Some(StopView::WaitsFor { until, .. }) => {
            add(CountdownKind::Grace, "at most", grace_from.unwrap_or(now.ms()), until.ms());
        }
        None => {}
    }
    all
}

fn pulse(probe: &ProbeView, running: bool) -> ProbePulse {
    let idle = probe.idle || !running;
    // A startup probe that has passed does not run any more, but it has not been put off either.
    let decided = probe.kind == ProbeType::Startup && probe.last == Some(true) && running;
    ProbePulse {
        kind: match probe.kind {
            ProbeType::Startup => "startup",
            ProbeType::Readiness => "readiness",
            ProbeType::Liveness => "liveness",
        },
        handler: probe.handler.clone(),
        word: match probe.last {
            Some(true) if decided || !idle => ProbeWord::Passed,
            Some(false) if !idle => ProbeWord::Failed,
            _ if idle => ProbeWord::Paused,
            _ => ProbeWord::Unknown,
        },
        run: probe.run,
        threshold: if probe.last == Some(false) { probe.failure_threshold } else { probe.success_threshold },
        next_at_ms: (!idle).then(|| probe.next_at.ms()),
        broken_by_hand: probe.broken,
    }
}
