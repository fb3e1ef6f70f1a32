//! A watcher that looks at the cluster after every change and says which law of a Pod's life was broken.
//! It knows the rules from the outside: the story, the watch, the runtime; not how the kubelet works.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use k8s_api::core::Container;
use k8s_sim::kubelet::pod_status::ContainerState;
use k8s_sim::{Cluster, Object, Pod, ProbeType, SimTime, StopCause, StoryEntry, StoryKind, WatchType};

/// A container that cannot be stopped gets at least so long between the two signals.
const GRACE_MIN_MS: u64 = 2_000;
/// From the stop of a whole Pod a deletion may take so much longer than the grace: whole seconds, the sandbox, the
/// volumes, the status.
const DELETION_SLACK_MS: u64 = 6_000;
/// So long may a worker go on with what it was doing (a pull, a hook, the stop of one container) before it hears of
/// the deletion: the kubelet does not interrupt it.
const BUSY_MS: u64 = 60_000;
/// So long after a restart the kubelet may still act on the status of the instance before, until it has asked the
/// runtime again and the Pod's worker has looked; and then until the startup probe's next turn, since `started` is
/// handed on by name.
const STATUS_LAG_MS: u64 = 1_500;
/// Lines that are kept of one container.
const LOG_LINES_MAX: usize = 5_000;

/// What is known of one container.
#[derive(Clone, Debug, Default)]
struct Instance {
    restarts: i32,
    back_off_until: Option<SimTime>,
    stopping: Option<(SimTime, u64, StopCause)>,
    term: Option<(SimTime, SimTime)>,
    /// It counted as started since it was last started, or its startup probe succeeded.
    startup_done: bool,
    /// The same, since the sandbox was made.
    ever_started: bool,
    /// When it was last started.
    began: Option<SimTime>,
}

/// What is known of one Pod.
#[derive(Clone, Debug, Default)]
struct Life {
    name: String,
    phase: String,
    containers: BTreeMap<Rc<str>, Instance>,
    /// An app was started in this sandbox.
    apps_began: bool,
    /// When the Pod must be gone.
    gone_by: Option<SimTime>,
    /// A rule restarts all its containers, without back-off.
    restarts_all: bool,
}

/// The watcher.
#[derive(Clone, Debug, Default)]
pub struct Watcher {
    stories: usize,
    watched: usize,
    resource_version: u64,
    lives: BTreeMap<Rc<str>, Life>,
    down: BTreeSet<Rc<str>>,
    /// Changes looked at.
    pub changes: u64,
}

type Verdict = Result<(), String>;

impl Watcher {
    /// Looks at everything that is new.
    pub fn look(&mut self, cluster: &Cluster) -> Verdict {
        if cluster.overrun() {
            return Err("something went round in circles: overrun".into());
        }
        self.changes += 1;
        let news: Vec<_> = cluster.watch().iter_from(self.watched).collect();
        self.watched = cluster.watch().len();
        for event in &news {
            let version = event.object.meta().resource_version;
            if version <= self.resource_version {
                return Err(format!("resourceVersion {version} after {}", self.resource_version));
            }
            self.resource_version = version;
            if let Object::Pod(pod) = &*event.object {
                self.pod_changed(cluster, event.at, event.kind, pod)?;
            }
        }
        let stories: Vec<_> = cluster.story().iter_from(self.stories).cloned().collect();
        self.stories = cluster.story().len();
        for entry in &stories {
            self.told(cluster, entry)
                .map_err(|why| format!("{} {}: {why}\n  at {entry:?}", entry.subject, entry.container))?;
        }
        if !news.is_empty() || !stories.is_empty() {
            addresses(cluster)?;
            statuses(cluster)?;
        }
        for life in self.lives.values() {
            if let Some(at) = life.gone_by.filter(|at| cluster.now() > *at) {
                return Err(format!("{} should be gone by {at}", life.name));
            }
        }
        Ok(())
    }

    /// Looks at what is too dear to be looked at always.
    pub fn look_closely(&self, cluster: &Cluster) -> Verdict {
        for pod in cluster.pods() {
            let Some(agent) = cluster.agent(&pod.spec.node_name) else { continue };
            let Some(runtime) = agent.runtime.pods.get(pod.metadata.uid.as_str()) else { continue };
            for container in &runtime.containers {
                if container.log.len() > LOG_LINES_MAX + 1 {
                    return Err(format!("{} has {} lines", container.seen.name, container.log.len()));
                }
            }
            let view = cluster.pod_view(&pod.metadata.uid);
            if view.is_none_or(|view| view.containers.is_empty()) {
                return Err(format!("{} cannot be shown", pod.metadata.name));
            }
        }
        Ok(())
    }

    fn pod_changed(&mut self, cluster: &Cluster, at: SimTime, kind: WatchType, pod: &Pod) -> Verdict {
        let uid: Rc<str> = pod.metadata.uid.as_str().into();
        if kind == WatchType::Deleted {
            self.lives.remove(&uid);
            return Ok(());
        }
        let name = format!("{}/{}", pod.metadata.namespace, pod.metadata.name);
        let down = self.down.contains(pod.spec.node_name.as_str());
        let life = self.lives.entry(uid).or_default();
        life.name = name;
        life.restarts_all =
            pod.spec.containers.iter().any(|c| c.restart_policy_rules.iter().any(|r| r.action != "Restart"));
        let phase = &pod.status.phase;
        if matches!(life.phase.as_str(), "Succeeded" | "Failed") && life.phase != *phase {
            return Err(format!("{} went from {} to {phase}", life.name, life.phase));
        }
        life.phase.clone_from(phase);
        for status in pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses) {
            let container = life.containers.entry(status.name.as_str().into()).or_default();
            if status.restart_count < container.restarts {
                let (before, after) = (container.restarts, status.restart_count);
                return Err(format!(
                    "{}: restarts of {} fell from {before} to {after}",
                    life.name, status.name
                ));
            }
            container.restarts = status.restart_count;
        }
        let leaving =
            pod.metadata.deletion_timestamp.is_some() && cluster.agent(&pod.spec.node_name).is_some();
        if leaving && life.gone_by.is_none() && !down {
            life.gone_by = Some(gone_by(pod, at));
        }
        Ok(())
    }

    fn node_down(&mut self, cluster: &Cluster, node: &Rc<str>) {
        self.down.insert(node.clone());
        for pod in cluster.pods().filter(|pod| pod.spec.node_name == **node) {
            if let Some(life) = self.lives.get_mut(pod.metadata.uid.as_str()) {
                life.gone_by = None;
            }
        }
    }

    /// A kubelet starts: what it had in its head is gone, and it takes up what was left undone.
    fn node_up(&mut self, cluster: &Cluster, node: &Rc<str>, at: SimTime) {
        self.down.remove(node);
        for pod in cluster.pods().filter(|pod| pod.spec.node_name == **node) {
            let Some(life) = self.lives.get_mut(pod.metadata.uid.as_str()) else { continue };
            for container in life.containers.values_mut() {
                container.back_off_until = None;
                container.startup_done = true;
            }
            if pod.metadata.deletion_timestamp.is_some() {
                life.gone_by = Some(gone_by(pod, at));
            }
        }
    }

    fn told(&mut self, cluster: &Cluster, entry: &StoryEntry) -> Verdict {
        match &entry.kind {
            StoryKind::NodeKilled => self.node_down(cluster, &entry.subject),
            StoryKind::Kubelet { running: false } => self.node_down(cluster, &entry.subject),
            StoryKind::NodeRevived | StoryKind::Kubelet { running: true } => {
                self.node_up(cluster, &entry.subject, entry.at);
            }
            _ => {}
        }
        let Some(pod) = cluster.store().pod_by_uid(&entry.uid) else { return Ok(()) };
        let Some(life) = self.lives.get_mut(&entry.uid) else { return Ok(()) };
        if let StoryKind::SandboxCreated { .. } | StoryKind::SandboxDied = entry.kind {
            life.apps_began = false;
            for container in life.containers.values_mut() {
                container.ever_started = false;
                container.back_off_until = None;
            }
        }
        if entry.container.is_empty() {
            return Ok(());
        }
        let init = pod.spec.init_containers.iter().find(|c| c.name == *entry.container);
        let app = pod.spec.containers.iter().find(|c| c.name == *entry.container);
        if let (StoryKind::Started { .. }, Some(_)) = (&entry.kind, app) {
            if !life.apps_began {
                may_begin(cluster, pod, life)?;
            }
            life.apps_began = true;
        }
        if let (StoryKind::Started { .. }, Some(init)) = (&entry.kind, init)
            && !is_sidecar(init)
        {
            life.apps_began = false;
        }
        if let StoryKind::Stopping { cause: StopCause::PodDeleted, grace_ms } = entry.kind
            && life.gone_by.is_some()
        {
            let grace_ms = grace_ms.max(GRACE_MIN_MS);
            let at = entry.at.after_ms(grace_ms + GRACE_MIN_MS + DELETION_SLACK_MS);
            life.gone_by = life.gone_by.map(|before| before.min(at));
        }
        let container = life.containers.entry(entry.container.clone()).or_default();
        match &entry.kind {
            StoryKind::Started { .. } => {
                let until = container.back_off_until.filter(|until| entry.at < *until && !life.restarts_all);
                if let Some(until) = until {
                    return Err(format!("started within its back-off, which ends at {until}"));
                }
                *container = Instance {
                    restarts: container.restarts,
                    ever_started: container.ever_started,
                    began: Some(entry.at),
                    ..Instance::default()
                };
            }
            StoryKind::ContainerStarted { .. } => {
                container.startup_done = true;
                container.ever_started = true;
            }
            StoryKind::BackOff { until, .. } => container.back_off_until = Some(*until),
            StoryKind::Probe { probe: ProbeType::Startup, ok, run, threshold, .. } => {
                container.startup_done |= *ok && run >= threshold;
            }
            StoryKind::Probe { probe, .. } => {
                let waits = init.or(app).is_some_and(|c| c.startup_probe.is_some());
                // For a moment the probe may still go by the status of the instance before.
                let period =
                    init.or(app).and_then(|c| c.startup_probe.as_ref()).map_or(0, |p| p.period_seconds);
                let lag = STATUS_LAG_MS + period.max(0) as u64 * 1000;
                let stale = container.began.is_some_and(|began| entry.at.since_ms(began) < lag);
                if waits && !container.startup_done && !stale {
                    return Err(format!("{} probe before the startup probe succeeded", probe.as_str()));
                }
            }
            StoryKind::Stopping { grace_ms, cause } => {
                container.stopping = Some((entry.at, *grace_ms, cause.clone()));
            }
            StoryKind::TermSent { kill_at, .. } => {
                let Some((since, grace_ms, cause)) = container.stopping.clone() else {
                    return Err("a stop signal, but nobody said that it stops".into());
                };
                // Time is counted in whole seconds, rounded down.
                let most = since.after_ms(grace_ms.max(GRACE_MIN_MS) + GRACE_MIN_MS + 1_000);
                if *kill_at > most {
                    return Err(format!("SIGKILL at {kill_at}, later than grace and minimum allow ({most})"));
                }
                if kill_at.since_ms(entry.at) < GRACE_MIN_MS {
                    return Err("less than two seconds between the signals".into());
                }
                container.term = Some((entry.at, *kill_at));
                let whole_pod = matches!(
                    cause,
                    StopCause::PodDeleted
                        | StopCause::PodFinished
                        | StopCause::Evicted
                        | StopCause::DeadlineExceeded
                );
                let used_up = entry.at.since_ms(since) + 1_000 >= grace_ms;
                if init.is_some_and(is_sidecar) && whole_pod && !used_up {
                    let running: Vec<&str> = pod
                        .spec
                        .containers
                        .iter()
                        .map(|c| c.name.as_str())
                        .filter(|name| runs(cluster, pod, name))
                        .collect();
                    if !running.is_empty() {
                        return Err(format!("a sidecar was told to stop while {running:?} still run"));
                    }
                }
            }
            StoryKind::KillSent if container.term.is_none_or(|(_, kill_at)| entry.at < kill_at) => {
                return Err("SIGKILL before its time".into());
            }
            StoryKind::Exited { .. } => {
                container.term = None;
                container.stopping = None;
            }
            _ => {}
        }
        Ok(())
    }
}

/// The last moment for a Pod that is being deleted, as long as its stop has not begun: the worker may be busy, and
/// stop one container with the whole grace before it begins to stop the Pod.
fn gone_by(pod: &Pod, at: SimTime) -> SimTime {
    let grace = pod.metadata.deletion_grace_period_seconds.unwrap_or(0);
    let own = pod.spec.termination_grace_period_seconds.unwrap_or(30);
    let grace_ms = (grace.max(0) + own.max(0)) as u64 * 1000;
    at.after_ms(grace_ms + 2 * GRACE_MIN_MS + DELETION_SLACK_MS + BUSY_MS)
}

fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

fn runs(cluster: &Cluster, pod: &Pod, name: &str) -> bool {
    state(cluster, pod, name).is_some_and(|(state, _)| state == ContainerState::Running)
}

fn state(cluster: &Cluster, pod: &Pod, name: &str) -> Option<(ContainerState, i32)> {
    let runtime = &cluster.agent(&pod.spec.node_name)?.runtime;
    let found = runtime.pods.get(pod.metadata.uid.as_str())?.find(name)?;
    Some((found.seen.state, found.seen.exit_code))
}

/// Whether the first app may be started now.
fn may_begin(cluster: &Cluster, pod: &Pod, life: &Life) -> Verdict {
    for init in &pod.spec.init_containers {
        if is_sidecar(init) {
            if !life.containers.get(init.name.as_str()).is_some_and(|c| c.ever_started) {
                return Err(format!("an app starts, but sidecar {} never counted as started", init.name));
            }
        } else if state(cluster, pod, &init.name) != Some((ContainerState::Exited, 0)) {
            let state = state(cluster, pod, &init.name);
            return Err(format!("an app starts, but {} is {state:?}", init.name));
        }
    }
    Ok(())
}

/// One address for each ready sandbox, one ready sandbox for each Pod, no address twice.
fn addresses(cluster: &Cluster) -> Verdict {
    let mut seen: BTreeMap<Rc<str>, Rc<str>> = BTreeMap::new();
    for node in cluster.nodes() {
        let Some(agent) = cluster.agent(&node.metadata.name) else { continue };
        for (uid, pod) in &agent.runtime.pods {
            let ready: Vec<_> = pod.sandboxes.iter().filter(|sandbox| sandbox.seen.ready).collect();
            if ready.len() > 1 {
                return Err(format!("{uid} has {} ready sandboxes", ready.len()));
            }
            for sandbox in ready {
                if sandbox.seen.host_network {
                    continue;
                }
                if sandbox.seen.ip.is_empty() {
                    return Err(format!("the sandbox of {uid} has no address"));
                }
                if let Some(other) = seen.insert(sandbox.seen.ip.clone(), uid.clone()) {
                    return Err(format!("{uid} and {other} share {}", sandbox.seen.ip));
                }
            }
        }
    }
    Ok(())
}

/// What every status must be, whatever happened.
fn statuses(cluster: &Cluster) -> Verdict {
    let mut ips: BTreeMap<&str, &str> = BTreeMap::new();
    for pod in cluster.pods() {
        let name = &pod.metadata.name;
        let ready = pod.status.conditions.iter().any(|c| c.type_ == "Ready" && c.status == "True");
        if ready && (pod.is_terminal() || !pod.status.container_statuses.iter().all(|c| c.ready)) {
            return Err(format!("{name} counts as ready, but {:?}", pod.status));
        }
        for status in pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses) {
            let running = status.state.running.is_some();
            let states = [running, status.state.waiting.is_some(), status.state.terminated.is_some()];
            if states.iter().filter(|is| **is).count() != 1 {
                return Err(format!("{name}: {} is in {states:?}", status.name));
            }
            let plain_init = pod.spec.init_containers.iter().any(|c| c.name == status.name && !is_sidecar(c));
            if !plain_init && status.ready && !running {
                return Err(format!("{name}: {} is ready but does not run", status.name));
            }
        }
        if pod.is_terminal() {
            if pod.status.container_statuses.iter().any(|status| status.state.running.is_some()) {
                return Err(format!("{name} is {} but something runs", pod.status.phase));
            }
        } else if !pod.status.pod_ip.is_empty()
            && !pod.spec.host_network
            && let Some(other) = ips.insert(&pod.status.pod_ip, name)
        {
            return Err(format!("{name} and {other} both say that they have {}", pod.status.pod_ip));
        }
    }
    Ok(())
}
