//! Which CPU and memory a Pod was granted on its node, and what becomes of a wish to change that.
//!
//! A worker's Pod is the Pod as granted: the API's, with the resources that this node has allocated to it. What the
//! API wants beyond that stands in [`PodWorker::desired`] until it fits.
// Models pkg/kubelet/allocation (v1.36)

use std::rc::Rc;

use k8s_api::core::{Container, PodCondition, PodSpec, ResourceList, ResourceRequirements};
use k8s_api::meta::Time;
use k8s_api::record::Field;
use k8s_api::resources::{pod_limits, pod_requests, qos_class};

use super::Node;
use super::compute_pod_actions::ContainerToUpdate;
use super::pod_status::{ContainerState, is_restartable_init_container};
use super::worker::{PodWorker, PodWorkerState};
use crate::apiserver::Pod;
use crate::apiserver::events::EventType;
use crate::story::StoryKind;
use crate::wakeup::Wakeup;

/// Resizes that did not fit are tried again after so long, if nothing happens before.
const RETRY_DELAY_MS: u64 = 180_000;

/// CPU in thousandths and memory in bytes as the runtime was last told; 0 stands for none.
// Models kuberuntime's resourceRequirements (v1.36)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContainerResources {
    /// `requests.cpu`
    pub cpu_request: i64,
    /// `limits.cpu`
    pub cpu_limit: i64,
    /// `requests.memory`
    pub memory_request: i64,
    /// `limits.memory`
    pub memory_limit: i64,
}

impl ContainerResources {
    /// What a container is to have. The Pod's own limits hold for containers that have none.
    // Models containerResourcesFromRequirements and pkg/kubelet/util GetLimits (v1.36)
    #[must_use]
    pub fn of(of_pod: Option<&ResourceRequirements>, container: &Container) -> Self {
        let amount = |list: &ResourceList, name: &str| {
            list.get(name).map_or(0, |q| if name == "cpu" { q.milli_value() } else { q.value() })
        };
        let own = &container.resources;
        let limit = |name: &str| match amount(&own.limits, name) {
            0 => of_pod.map_or(0, |pod| amount(&pod.limits, name)),
            amount => amount,
        };
        Self {
            cpu_request: amount(&own.requests, "cpu"),
            cpu_limit: limit("cpu"),
            memory_request: amount(&own.requests, "memory"),
            memory_limit: limit("memory"),
        }
    }
}

/// The CPU that a Pod's containers share by its own limit, in thousandths; 0 stands for none.
pub(super) fn pod_cpu_limit(spec: &PodSpec) -> i64 {
    spec.resources.as_deref().and_then(|of_pod| of_pod.limits.get("cpu")).map_or(0, |q| q.milli_value())
}

/// The spec with the resources of another, or `None` where these are the same.
// Models updatePodFromAllocation (v1.36)
fn update_pod_from_allocation(spec: &Rc<PodSpec>, allocated: &Rc<PodSpec>) -> Option<Rc<PodSpec>> {
    if Rc::ptr_eq(spec, allocated) {
        return None;
    }
    let differs =
        |a: &ResourceRequirements, b: &ResourceRequirements| a.requests != b.requests || a.limits != b.limits;
    let mut updated: Option<PodSpec> = None;
    for (wanted, granted, init) in [
        (&spec.containers, &allocated.containers, false),
        (&spec.init_containers, &allocated.init_containers, true),
    ] {
        for (index, (new, old)) in wanted.iter().zip(granted).enumerate() {
            if differs(&new.resources, &old.resources) {
                let copy = updated.get_or_insert_with(|| (**spec).clone());
                let list = if init { &mut copy.init_containers } else { &mut copy.containers };
                list[index].resources = old.resources.clone();
            }
        }
    }
    if spec.resources != allocated.resources {
        updated.get_or_insert_with(|| (**spec).clone()).resources.clone_from(&allocated.resources);
    }
    updated.map(Rc::new)
}

/// The resources of all containers as the kubelet's events show them.
// Models pkg/kubelet/events/resize.go makeResourceSummaryFromSpec (v1.36)
fn resize_message(prefix: &str, spec: &PodSpec, generation: i64, error: &str) -> String {
    let list = |containers: &[Container]| {
        let items: Vec<String> = containers
            .iter()
            .map(|c| format!("{{\"name\":\"{}\",\"resources\":{}}}", c.name, c.resources.write()))
            .collect();
        items.join(",")
    };
    let mut parts = Vec::new();
    if !spec.init_containers.is_empty() {
        parts.push(format!("\"initContainers\":[{}]", list(&spec.init_containers)));
    }
    parts.push(format!("\"containers\":[{}]", list(&spec.containers)));
    parts.push(format!("\"generation\":{generation}"));
    if !error.is_empty() {
        parts.push(format!("\"error\":{}", k8s_api::Value::from(error)));
    }
    format!("{prefix}: {{{}}}", parts.join(","))
}

impl Node<'_> {
    fn resize_condition(
        &self,
        kind: &str,
        old: Option<&PodCondition>,
        reason: &str,
        message: &str,
        generation: i64,
    ) -> Rc<PodCondition> {
        let now = Some(Time(self.epoch_seconds + self.now.secs() as i64));
        let since = old.filter(|old| old.reason == reason).map_or(now, |old| old.last_transition_time);
        Rc::new(PodCondition {
            type_: kind.into(),
            observed_generation: generation,
            status: "True".into(),
            last_probe_time: now,
            last_transition_time: since,
            reason: reason.into(),
            message: message.into(),
        })
    }

    /// Takes the API's Pod for the worker's own, but for resources that are not granted yet.
    // Models UpdatePodFromAllocation before a Pod reaches its worker (v1.36)
    pub(crate) fn take_pod(&mut self, worker: &mut PodWorker, mut pod: Rc<Pod>) {
        match update_pod_from_allocation(&pod.spec, &worker.pod.spec) {
            Some(granted) => {
                worker.desired = Some(pod.spec.clone());
                Rc::make_mut(&mut pod).spec = granted;
            }
            // A wish that was withdrawn waits no more.
            None => {
                worker.desired = None;
                worker.resize_pending = None;
            }
        }
        worker.pod = pod.into();
    }

    /// Notes that a Pod waits for other resources than it has.
    // Models PushPendingResize and sortPendingResizes (v1.36)
    pub(crate) fn push_pending_resize(&mut self, uid: &Rc<str>) {
        let workers = &self.agent.kubelet.workers;
        let rank = |uid: &str| {
            let Some(worker) = workers.get(uid) else { return (true, 0, false, 0) };
            let spec = worker.desired.as_ref().unwrap_or(&worker.pod.spec);
            let asked = |spec: &PodSpec, name: &str| {
                pod_requests(spec).get(name).map_or(0, |quantity| quantity.nano_value())
            };
            let grows =
                ["cpu", "memory"].iter().any(|name| asked(spec, name) > asked(&worker.pod.spec, name));
            let priority = i64::from(spec.priority.unwrap_or(0));
            let guaranteed = qos_class(spec) == k8s_api::core::QosClass::Guaranteed;
            let since =
                worker.resize_pending.as_ref().and_then(|c| c.last_transition_time).map(|time| time.0);
            // What grows nothing, then what is more important, then what has waited longer; new ones come last.
            (grows, -priority, !guaranteed, since.unwrap_or(i64::MAX))
        };
        let pending = &mut self.agent.kubelet.pending_resizes;
        if !pending.contains(uid) {
            let own = rank(uid);
            let place = pending.iter().position(|other| rank(other) > own).unwrap_or(pending.len());
            pending.insert(place, uid.clone());
        }
    }

    /// Grants the waiting resizes that fit by now.
    // Models retryPendingResizes and handlePodResourcesResize (v1.36)
    pub(crate) fn retry_pending_resizes(&mut self) {
        let pending = std::mem::take(&mut self.agent.kubelet.pending_resizes);
        let mut left = Vec::new();
        for uid in pending {
            let Some(worker) = self.agent.kubelet.workers.get(&uid) else { continue };
            let pod = worker.pod.clone();
            let Some(desired) = worker.desired.clone() else { continue };
            let fit = self.can_admit_pod(&pod, &desired).map(|victims| self.preempt(&uid, victims));
            let mut waits = false;
            self.with_worker(&uid, |node, worker| {
                waits = node.handle_pod_resources_resize(worker, desired, fit);
            });
            if waits {
                left.push(uid);
            }
        }
        if !left.is_empty() {
            let wakeup = Wakeup::RetryResizes { node: self.agent.name.clone() };
            self.wakeups.push_once(self.now.after_ms(RETRY_DELAY_MS), wakeup);
        }
        self.agent.kubelet.pending_resizes = left;
    }

    /// Whether the Pod goes on waiting.
    fn handle_pod_resources_resize(
        &mut self,
        worker: &mut PodWorker,
        desired: Rc<PodSpec>,
        fit: Result<(), (String, String)>,
    ) -> bool {
        let generation = worker.pod.metadata.generation;
        match fit {
            Ok(()) => {
                worker.pod.make_mut().spec = desired;
                worker.desired = None;
                worker.resize_pending = None;
                worker.resize_in_progress = None;
                self.set_resize_in_progress(worker, "", "");
                let text = resize_message("Pod resize started", &worker.pod.spec, generation, "");
                self.pod_event(worker, EventType::Normal, "ResizeStarted", text);
                self.tell(worker, "", StoryKind::ResizeStarted);
                self.handle_pod_sync(worker);
                false
            }
            Err((reason, message)) => {
                let reason = if reason == "Infeasible" { "Infeasible" } else { "Deferred" };
                let old = worker.resize_pending.take();
                let new =
                    self.resize_condition("PodResizePending", old.as_deref(), reason, &message, generation);
                let news = old
                    .as_ref()
                    .is_none_or(|old| old.reason != reason || old.observed_generation != generation);
                worker.resize_pending = Some(new);
                if news {
                    let text =
                        resize_message(&format!("Pod resize {reason}"), &desired, generation, &message);
                    self.pod_event(worker, EventType::Warning, &format!("Resize{reason}"), text);
                    let (reason, message) = (reason.into(), message.as_str().into());
                    self.tell(worker, "", StoryKind::ResizeWaits { reason, message });
                }
                // The condition has another time of its last probe, if nothing else.
                self.handle_pod_sync(worker);
                reason == "Deferred"
            }
        }
    }

    /// Sets the condition; one that is there keeps its generation, and its reason if there is no new one. Whether it
    /// says anything else than before.
    // Models SetPodResizeInProgressCondition (v1.36)
    fn set_resize_in_progress(&self, worker: &mut PodWorker, reason: &str, message: &str) -> bool {
        let old = worker.resize_in_progress.take();
        let (reason, message, generation) = match &old {
            Some(old) if reason.is_empty() => (&*old.reason, &*old.message, old.observed_generation),
            Some(old) => (reason, message, old.observed_generation),
            None => (reason, message, worker.pod.metadata.generation),
        };
        let new = self.resize_condition("PodResizeInProgress", old.as_deref(), reason, message, generation);
        let news = old.is_none_or(|old| old.reason != new.reason || old.message != new.message);
        worker.resize_in_progress = Some(new);
        news
    }

    /// Says whether the runtime has yet to be told of a grant, at the begin of each sync.
    // Models SyncPod's handling of PodResizeInProgress and IsPodResizeInProgress (v1.36)
    pub(crate) fn note_resize_in_progress(&mut self, worker: &mut PodWorker) {
        let spec = &worker.pod.spec;
        let of_pod = spec.resources.as_deref();
        let sidecars = spec.init_containers.iter().filter(|c| is_restartable_init_container(c));
        let in_progress = spec.containers.iter().chain(sidecars).any(|container| {
            worker.cache.find(&container.name).is_some_and(|found| {
                let wanted = ContainerResources::of(of_pod, container);
                found.state == ContainerState::Running && found.resources.is_some_and(|has| has != wanted)
            })
        });
        if in_progress {
            self.set_resize_in_progress(worker, "", "");
        } else if let Some(condition) = worker.resize_in_progress.take() {
            let text =
                resize_message("Pod resize completed", &worker.pod.spec, condition.observed_generation, "");
            self.pod_event(worker, EventType::Normal, "ResizeCompleted", text);
            self.tell(worker, "", StoryKind::ResizeCompleted);
        }
    }

    /// Tells the runtime of the resources of running containers. The error says why it could not be done.
    // Models doPodResizeAction, validateMemoryResizeAction and updatePodContainerResources (v1.36)
    pub(crate) fn do_pod_resize_action(
        &mut self,
        worker: &mut PodWorker,
        updates: &[ContainerToUpdate],
    ) -> Result<(), String> {
        let mut problems = Vec::new();
        let spec = &worker.pod.spec;
        let stats = self.pod_stats(worker).unwrap_or_default();
        let usage = stats.memory_bytes;
        let lowered = |now: i64, wanted: i64| wanted != 0 && (now == 0 || wanted < now);
        let sum = |of: fn(&ContainerToUpdate) -> i64| updates.iter().map(of).sum::<i64>();
        let limited = |c: &Container| ContainerResources::of(spec.resources.as_deref(), c).memory_limit != 0;
        // A Pod has a limit of its own when all its containers have one, and gets it with the last of them.
        // Models ResourceConfigForPod (v1.36)
        let pod_lowered = spec.init_containers.iter().chain(&spec.containers).all(limited)
            && (updates.iter().any(|u| u.current.memory_limit == 0)
                || sum(|u| u.desired.memory_limit) < sum(|u| u.current.memory_limit));
        let of_pod = pod_limits(spec).get("memory").map_or(0, |limit| limit.value());
        if pod_lowered && usage >= of_pod.unsigned_abs() {
            problems
                .push(format!("attempting to set pod memory limit ({of_pod}) below current usage ({usage})"));
        }
        for container in &stats.containers {
            let Some(update) = updates.iter().find(|update| update.name == container.name) else { continue };
            let wanted = update.desired.memory_limit;
            if lowered(update.current.memory_limit, wanted) && container.memory_bytes >= wanted.unsigned_abs()
            {
                // The usage that upstream names here is the Pod's as well.
                problems.push(format!(
                    "attempting to set container \"{}\" memory limit ({wanted}) below current usage ({usage})",
                    update.name
                ));
            }
        }
        if !problems.is_empty() {
            let all = match &problems[..] {
                [one] => one.clone(),
                several => format!("[{}]", several.join(", ")),
            };
            return Err(format!("cannot decrease memory limits: {all}"));
        }
        let pod_limit = pod_cpu_limit(spec);
        for update in updates {
            let (id, wanted) = (&update.id, update.desired);
            self.agent.runtime.update_container_resources(self.os, &worker.uid, id, wanted, pod_limit);
        }
        Ok(())
    }

    /// Notes what kept a resize from being done.
    // Models SyncPod's handling of a failed ResizePodInPlace (v1.36)
    pub(crate) fn resize_failed(&mut self, worker: &mut PodWorker, message: &str) {
        if !self.set_resize_in_progress(worker, "Error", message) {
            return;
        }
        let generation = worker.resize_in_progress.as_ref().map_or(0, |c| c.observed_generation);
        let text = resize_message("Pod resize error", &worker.pod.spec, generation, message);
        self.pod_event(worker, EventType::Warning, "ResizeError", text);
        let (reason, message) = ("Error".into(), message.into());
        self.tell(worker, "", StoryKind::ResizeWaits { reason, message });
    }

    /// A new kubelet remembers from the API what it had said of resizes.
    // Models BackfillPodResizeConditions (v1.36)
    pub(crate) fn backfill_resize_conditions(&mut self, worker: &mut PodWorker) {
        for old in worker.pod.clone().status.conditions.iter().filter(|c| c.type_.starts_with("PodResize")) {
            let generation = old.observed_generation;
            let new = self.resize_condition(&old.type_, None, &old.reason, &old.message, generation);
            let pending = old.type_ == "PodResizePending";
            *(if pending { &mut worker.resize_pending } else { &mut worker.resize_in_progress }) = Some(new);
        }
    }

    /// Whether a Pod that is gone, has ended, or asks for less may let a waiting resize fit.
    pub(crate) fn has_pending_resizes(&self) -> bool {
        !self.agent.kubelet.pending_resizes.is_empty()
    }
}

/// The conditions that tell of a resize, for the status.
// Models determinePodResizeStatus (v1.36)
pub(crate) fn resize_conditions(worker: &PodWorker, terminal: bool) -> Vec<PodCondition> {
    if terminal || worker.state >= PodWorkerState::TerminatedPod {
        return Vec::new();
    }
    worker.resize_pending.iter().chain(&worker.resize_in_progress).map(|c| (**c).clone()).collect()
}
