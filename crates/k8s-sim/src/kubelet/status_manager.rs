//! What the kubelet reports to the API, and when the object may go.
// Models pkg/kubelet/status/status_manager.go (v1.36)

use std::rc::Rc;

use k8s_api::core::{ContainerStatus, PodStatus};
use k8s_api::meta::Time;

use super::Node;
use super::allocation::resize_conditions;
use super::generate::{Facts, KUBELET_CONDITIONS, generate_api_pod_status};
use super::prober::PodProbes;
use super::status::{
    generate_containers_ready_condition, generate_pod_ready_condition, set_terminal_readiness,
};
use super::worker::{PodWorker, PodWorkerState};
use crate::apiserver::{self, Object};
use crate::input::{DeleteOptions, ProbeType};
use crate::story::StoryKind;

impl Node<'_> {
    /// Works out the Pod's status from what the runtime last told.
    pub(crate) fn generate_status(&mut self, worker: &mut PodWorker, terminal: bool) -> PodStatus {
        self.check_deadline(worker);
        let old = worker.status.as_deref().cloned().unwrap_or_else(|| (*worker.pod.status).clone());
        let mut probes = PodProbes {
            probes: &worker.probes,
            readiness: &worker.readiness,
            startup: &worker.startup,
            trigger: Vec::new(),
            kubelet_started_unix: self.epoch_seconds + self.agent.kubelet.started_at.secs() as i64,
            pod_was_ready: worker
                .pod
                .status
                .conditions
                .iter()
                .any(|c| c.type_ == "Ready" && c.status == "True"),
        };
        let resize = resize_conditions(worker, terminal);
        let facts = Facts {
            resize: &resize,
            old: &old,
            reasons: &worker.reasons,
            host_ip: &self.agent.ip,
            epoch_seconds: self.epoch_seconds,
            evict: worker.evict.as_ref().map(|(reason, message)| (&**reason, &**message)),
        };
        let status = generate_api_pod_status(&worker.pod, &worker.cache, &facts, terminal, &mut probes);
        let trigger = std::mem::take(&mut probes.trigger);
        for index in trigger {
            if let Some(probe) = worker.probes.get_mut(index) {
                probe.triggered = true;
                worker.quiet = false;
                let wakeup =
                    crate::wakeup::Wakeup::Probe { node: self.agent.name.clone(), uid: worker.uid.clone() };
                self.wakeups.push_once(self.now, wakeup);
            }
        }
        status
    }

    /// Remembers a status and sends it to the API if that has another.
    // Models SetPodStatus, updateStatusInternal, syncPod and mergePodStatus (v1.36)
    pub(crate) fn set_pod_status(&mut self, worker: &mut PodWorker, mut status: PodStatus) {
        let now = Time(self.epoch_seconds + self.now.secs() as i64);
        let old = worker.status.as_deref().unwrap_or(&worker.pod.status);
        for condition in &mut status.conditions {
            let before = old.conditions.iter().find(|c| c.type_ == condition.type_);
            condition.last_transition_time = match before {
                Some(before) if before.status == condition.status => {
                    before.last_transition_time.or(Some(now))
                }
                _ => Some(now),
            };
            // Those of a resize say themselves which generation they are about.
            if KUBELET_CONDITIONS.contains(&condition.type_.as_str())
                && !condition.type_.starts_with("PodResize")
            {
                condition.observed_generation = worker.pod.metadata.generation;
            }
        }
        shorten_termination_messages(worker, &mut status);
        status.start_time = old.start_time.or(status.start_time).or(Some(now));
        status.observed_generation = worker.pod.metadata.generation;
        if worker.status.as_deref() == Some(&status) {
            // Nothing to tell; the API may still have another.
            return self.send_status(worker);
        }
        worker.quiet = false;
        self.tell_changes(worker, old.clone(), &status);
        worker.status = Some(Rc::new(status).into());
        self.send_status(worker);
    }

    fn send_status(&mut self, worker: &mut PodWorker) {
        let Some(mut status) = worker.status.as_ref().map(|status| Rc::clone(status.share())) else { return };
        let Some(stored) = self.store.pod_by_uid(&worker.uid) else { return };
        // What is sent is mostly what is remembered: then both have it together.
        let is_terminal = |phase: &str| matches!(phase, "Succeeded" | "Failed");
        let may_run = worker.state < PodWorkerState::TerminatedPod;
        // A terminal phase is reported only when nothing can run any more.
        let ending = !is_terminal(&stored.status.phase) && is_terminal(&status.phase);
        if ending && may_run {
            let status = Rc::make_mut(&mut status);
            status.phase.clone_from(&stored.status.phase);
            status.reason.clone_from(&stored.status.reason);
            status.message.clone_from(&stored.status.message);
            status.conditions.retain(|c| c.type_ != "DisruptionTarget");
        }
        if is_terminal(&status.phase) {
            set_terminal_readiness(Rc::make_mut(&mut status));
        }
        let foreign = stored
            .status
            .conditions
            .iter()
            .filter(|c| {
                !KUBELET_CONDITIONS.contains(&c.type_.as_str())
                    && !status.conditions.iter().any(|own| own.type_ == c.type_)
            })
            .cloned();
        let mut conditions: Vec<_> = foreign.collect();
        if !conditions.is_empty() {
            let status = Rc::make_mut(&mut status);
            conditions.append(&mut status.conditions);
            status.conditions = conditions;
        }
        if status.nominated_node_name != stored.status.nominated_node_name {
            Rc::make_mut(&mut status).nominated_node_name.clone_from(&stored.status.nominated_node_name);
        }
        if status.resource_claim_statuses != stored.status.resource_claim_statuses {
            Rc::make_mut(&mut status)
                .resource_claim_statuses
                .clone_from(&stored.status.resource_claim_statuses);
        }
        if stored.status == status {
            return;
        }
        worker.quiet = false;
        let mut pod = stored.clone();
        pod.status = status;
        let put = self.store.put(self.now, Object::Pod(Rc::new(pod)));
        if let Object::Pod(stored) = &*put {
            // Only what was written: everything else the kubelet hears of through its watch.
            let own = worker.pod.make_mut();
            own.status = stored.status.clone();
            own.metadata.resource_version = stored.metadata.resource_version;
        }
    }

    /// The sandbox is there: said at once, before any image is pulled.
    // Models OnPodSandboxReady (v1.36)
    pub(crate) fn on_pod_sandbox_ready(&mut self, worker: &mut PodWorker) {
        let Some(mut status) = worker.status.as_deref().cloned() else { return };
        if let Some(ready) = status.conditions.iter_mut().find(|c| c.type_ == "PodReadyToStartContainers") {
            ready.status = "True".into();
        }
        self.set_pod_status(worker, status);
    }

    /// Nothing is left of the Pod on this node: its object may go, if its deletion was asked for.
    // Models TerminatePod and canBeDeleted (v1.36)
    pub(crate) fn terminate_pod(&mut self, worker: &mut PodWorker) {
        if let Some(status) = worker.status.as_deref() {
            let mut status = status.clone();
            settle_container_states(&worker.pod, &mut status);
            worker.status = Some(Rc::new(status).into());
        }
        self.send_status(worker);
        let Some(pod) = self.store.pod_by_uid(&worker.uid) else {
            worker.removed = true;
            return;
        };
        if pod.metadata.deletion_timestamp.is_none() {
            return;
        }
        let (namespace, name) = (pod.metadata.namespace.clone(), pod.metadata.name.clone());
        let options = DeleteOptions {
            grace_period_seconds: Some(0),
            uid: Some(worker.uid.to_string()),
            ..DeleteOptions::default()
        };
        let _ = apiserver::delete_pod(self.store, self.now, self.epoch_seconds, &namespace, &name, &options);
    }

    /// Readiness changed by a probe: reported at once.
    // Models SetContainerReadiness (v1.36)
    pub(crate) fn set_container_readiness(
        &mut self,
        worker: &mut PodWorker,
        name: &str,
        id: &str,
        ready: bool,
    ) {
        let Some(mut status) = worker.status.as_deref().cloned() else { return };
        let Some(found) = container_status(&mut status, name, id) else { return };
        if found.ready == ready {
            return;
        }
        found.ready = ready;
        let all: Vec<ContainerStatus> =
            status.init_container_statuses.iter().chain(&status.container_statuses).cloned().collect();
        let spec = worker.pod.spec.clone();
        let phase = status.phase.clone();
        let pod_ready = generate_pod_ready_condition(&spec, &status.conditions, Some(&all), &phase);
        let containers_ready = generate_containers_ready_condition(&spec, Some(&all), &phase);
        for new in [pod_ready, containers_ready] {
            if let Some(slot) = status.conditions.iter_mut().find(|c| c.type_ == new.type_) {
                *slot = new;
            }
        }
        self.set_pod_status(worker, status);
    }

    /// `started` changed by the startup probe: reported at once.
    // Models SetContainerStartup (v1.36)
    pub(crate) fn set_container_startup(
        &mut self,
        worker: &mut PodWorker,
        name: &str,
        id: &str,
        started: bool,
    ) {
        let Some(mut status) = worker.status.as_deref().cloned() else { return };
        let Some(found) = container_status(&mut status, name, id) else { return };
        if found.started == Some(started) {
            return;
        }
        found.started = Some(started);
        self.set_pod_status(worker, status);
    }

    /// Tells what a new status changes.
    fn tell_changes(&mut self, worker: &mut PodWorker, old: PodStatus, new: &PodStatus) {
        for found in new.init_container_statuses.iter().chain(&new.container_statuses) {
            let now = (found.started == Some(true), found.ready);
            let before = worker.told.insert(found.name.as_str().into(), now).unwrap_or_default();
            let plain_init = worker
                .pod
                .spec
                .init_containers
                .iter()
                .any(|c| c.name == found.name && c.restart_policy.as_deref() != Some("Always"));
            if plain_init {
                continue;
            }
            let sidecar = worker.pod.spec.init_containers.iter().any(|c| c.name == found.name);
            if now.0 && !before.0 {
                let next = if sidecar { next_to_start(worker, new, &found.name) } else { "".into() };
                self.tell(worker, &found.name, StoryKind::ContainerStarted { sidecar, next });
            }
            let has_probe =
                worker.probes.iter().any(|p| *p.container == *found.name && p.kind == ProbeType::Readiness);
            if now.1 != before.1 && has_probe {
                self.tell(worker, &found.name, StoryKind::ContainerReady { ready: now.1 });
            }
        }
        let is = |status: &PodStatus, kind: &str| {
            status.conditions.iter().find(|c| c.type_ == kind).map(|c| (c.status == "True", c.reason.clone()))
        };
        if let (Some((true, _)), was) = (is(new, "Initialized"), is(&old, "Initialized"))
            && was.is_none_or(|(was, _)| !was)
            && !worker.pod.spec.init_containers.is_empty()
        {
            self.tell(worker, "", StoryKind::Initialized);
        }
        if old.phase != new.phase && !new.phase.is_empty() {
            let (from, to) = (Rc::from(old.phase.as_str()), Rc::from(new.phase.as_str()));
            self.tell(worker, "", StoryKind::Phase { from, to });
        }
        if let Some((ready, reason)) = is(new, "Ready") {
            let was = is(&old, "Ready").is_some_and(|(was, _)| was);
            if ready != was {
                self.tell(worker, "", StoryKind::PodReady { ready, reason: reason.into() });
            }
        }
    }
}

/// The container that waited for this sidecar, if it has never been started.
fn next_to_start(worker: &PodWorker, status: &PodStatus, sidecar: &str) -> Rc<str> {
    let spec = &worker.pod.spec;
    let at =
        spec.init_containers.iter().position(|container| container.name == sidecar).map_or(0, |at| at + 1);
    let next = spec.init_containers.get(at).or(spec.containers.first());
    let never_started = |name: &str| {
        status
            .init_container_statuses
            .iter()
            .chain(&status.container_statuses)
            .any(|found| found.name == name && found.container_id.is_empty())
    };
    next.filter(|container| never_started(&container.name))
        .map_or_else(|| "".into(), |c| c.name.as_str().into())
}

/// Every container of a Pod that is over has ended, if need be in a way that nobody saw.
// Models TerminatePod, hasPodInitialized and initializedContainers (v1.36)
fn settle_container_states(pod: &crate::Pod, status: &mut PodStatus) {
    let settle = |found: &mut ContainerStatus| {
        if found.state.terminated.is_none() {
            found.state = k8s_api::core::ContainerState {
                terminated: Some(Box::new(k8s_api::core::ContainerStateTerminated {
                    reason: "ContainerStatusUnknown".into(),
                    message: "The container could not be located when the pod was terminated".into(),
                    exit_code: 137,
                    ..Default::default()
                })),
                ..Default::default()
            };
        }
    };
    if has_pod_initialized(pod) {
        status.container_statuses.iter_mut().for_each(settle);
    }
    let statuses = &mut status.init_container_statuses;
    let seen =
        |found: &ContainerStatus| found.state.waiting.is_none() || found.last_state.terminated.is_some();
    let last = statuses.iter().rposition(seen).unwrap_or(0);
    statuses.iter_mut().take(last + 1).for_each(settle);
    if !matches!(status.phase.as_str(), "Succeeded" | "Failed") {
        status.phase = "Failed".into();
    }
}

fn has_pod_initialized(pod: &crate::Pod) -> bool {
    let Some(last) = pod.spec.init_containers.last() else { return true };
    if pod
        .status
        .container_statuses
        .iter()
        .any(|c| c.last_state.terminated.is_some() || c.state.waiting.is_none())
    {
        return true;
    }
    let Some(found) = pod.status.init_container_statuses.last() else { return false };
    if super::pod_status::is_restartable_init_container(last) {
        return found.state.running.is_some() && found.started == Some(true);
    }
    [&found.state, &found.last_state]
        .iter()
        .any(|state| state.terminated.as_ref().is_some_and(|ended| ended.exit_code == 0))
}

fn container_status<'a>(status: &'a mut PodStatus, name: &str, id: &str) -> Option<&'a mut ContainerStatus> {
    status
        .container_statuses
        .iter_mut()
        .chain(&mut status.init_container_statuses)
        .find(|found| found.name == name && found.container_id.ends_with(id))
}

/// All termination messages of a Pod together are not longer than this: each container has its part of it.
const TERMINATION_MESSAGES_BYTES_MAX: usize = 12 * 1024;

// Models normalizeStatus (v1.36)
fn shorten_termination_messages(worker: &PodWorker, status: &mut PodStatus) {
    let spec = &worker.pod.spec;
    let containers = spec.containers.len() + spec.init_containers.len() + spec.ephemeral_containers.len();
    let part = TERMINATION_MESSAGES_BYTES_MAX / containers.max(1);
    let statuses = status
        .container_statuses
        .iter_mut()
        .chain(&mut status.init_container_statuses)
        .chain(&mut status.ephemeral_container_statuses);
    for container in statuses {
        for state in [&mut container.state, &mut container.last_state] {
            if let Some(ended) = &mut state.terminated
                && ended.message.len() > part
            {
                let end = (0..=part).rev().find(|end| ended.message.is_char_boundary(*end)).unwrap_or(0);
                ended.message.truncate(end);
            }
        }
    }
}
