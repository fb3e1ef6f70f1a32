//! The eviction manager's loop: observe, report pressure, evict one Pod, wait until it is gone.
// Models pkg/kubelet/eviction/eviction_manager.go (v1.36)

use std::rc::Rc;

use k8s_api::core::{ObjectReference, PodCondition, PodSpec, QosClass, Taint};
use k8s_api::resources::{pod_limits, qos_class};

use super::helpers::{Candidate, bytes, eviction_message, first_observed_at, rank, thresholds_met};
use super::stats::{NodeStats, PodStats};
use super::{
    Cleanup, IMMEDIATE_EVICTION_GRACE_PERIOD_SECONDS, MONITORING_PERIOD_MS, POD_CLEANUP_POLL_MS,
    POD_CLEANUP_TIMEOUT_MS, Pressure, Signal, Threshold,
};
use crate::apiserver::ObjectKey;
use crate::apiserver::events::EventType;
use crate::kubelet::Node;
use crate::kubelet::pod_workers::effective_grace_period;
use crate::kubelet::worker::{Eviction, PodWorker, PodWorkerState};
use crate::story::{StopCause, StoryKind};
use crate::time::SimTime;
use crate::wakeup::Wakeup;

/// Pods of this priority and above are needed by the node itself.
const SYSTEM_CRITICAL_PRIORITY: i32 = 2_000_000_000;

// Models pkg/kubelet/types IsCriticalPod (v1.36)
pub(crate) fn is_critical_pod(spec: &PodSpec) -> bool {
    spec.priority.unwrap_or(0) >= SYSTEM_CRITICAL_PRIORITY
}

impl Node<'_> {
    /// Memory or disk may have been taken or freed: the next look is worth while.
    pub(crate) fn usage_changed(&mut self) {
        if self.agent.kubelet.eviction.next_look.is_none() {
            let at = self.next_eviction_sync();
            self.look_for_pressure_at(at);
        }
    }

    /// The next tick of the loop.
    fn next_eviction_sync(&self) -> SimTime {
        let manager = &self.agent.kubelet.eviction;
        let from = manager.last_sync.unwrap_or(self.agent.kubelet.eviction_from);
        let past = self.now.since_ms(from) / MONITORING_PERIOD_MS + 1;
        from.after_ms(past * MONITORING_PERIOD_MS)
    }

    fn look_for_pressure_at(&mut self, at: SimTime) {
        self.agent.kubelet.eviction.next_look = Some(at);
        self.wakeups.push_once(at, Wakeup::Eviction { node: self.agent.name.clone() });
    }

    /// The containers of an evicted Pod have stopped: soon it is looked whether it is cleaned up, too.
    // Models the return of killPodNow (v1.36)
    pub(crate) fn evicted_pod_killed(&mut self, uid: &Rc<str>) {
        let Some(cleanup) = &self.agent.kubelet.eviction.cleanup else { return };
        let runs = |other: &Rc<str>| {
            other != uid
                && self
                    .agent
                    .kubelet
                    .workers
                    .get(other)
                    .is_some_and(|w| w.state < PodWorkerState::TerminatedPod)
        };
        if !cleanup.uids.contains(uid) || cleanup.uids.iter().any(runs) {
            return;
        }
        if let Some(cleanup) = &mut self.agent.kubelet.eviction.cleanup {
            cleanup.killed_at = Some(self.now);
        }
        self.look_for_pressure_at(self.now.after_ms(POD_CLEANUP_POLL_MS));
    }

    /// The eviction manager's turn.
    // Models the loop of Start, and waitForPodsCleanup (v1.36)
    pub(crate) fn look_for_pressure(&mut self) {
        if !self.agent.kubelet_running || self.agent.kubelet.eviction.next_look != Some(self.now) {
            return;
        }
        self.agent.kubelet.eviction.next_look = None;
        if let Some(cleanup) = self.agent.kubelet.eviction.cleanup.clone() {
            let Some(killed_at) = cleanup.killed_at else { return };
            let workers = &self.agent.kubelet.workers;
            let cleaned = |uid: &Rc<str>| {
                workers.get(uid).is_none_or(|worker| worker.state == PodWorkerState::Finished)
            };
            let gone = cleanup.uids.iter().all(cleaned);
            if !gone && self.now.since_ms(killed_at) < POD_CLEANUP_TIMEOUT_MS {
                self.look_for_pressure_at(self.now.after_ms(POD_CLEANUP_POLL_MS));
                return;
            }
            self.agent.kubelet.eviction.cleanup = None;
        }
        self.agent.kubelet.eviction.last_sync = Some(self.now);
        self.synchronize();
        let manager = &self.agent.kubelet.eviction;
        let watches = !manager.node_conditions.is_empty() || !manager.first_observed_at.is_empty();
        if manager.cleanup.is_none() && watches {
            let at = self.next_eviction_sync();
            self.look_for_pressure_at(at);
        }
    }

    // Models synchronize (v1.36)
    fn synchronize(&mut self) {
        let now = self.now;
        let config = self.agent.resources.eviction.clone();
        let stats = self.node_stats();
        let mut manager = std::mem::take(&mut self.agent.kubelet.eviction);

        let mut met = thresholds_met(&config.thresholds, &stats, false);
        for index in thresholds_met(&config.thresholds, &stats, true) {
            if manager.thresholds_met.contains(&index) && !met.contains(&index) {
                met.push(index);
            }
        }
        manager.first_observed_at = first_observed_at(&met, &manager.first_observed_at, now);
        for pressure in Pressure::ALL {
            let seen = met.iter().any(|&index| config.thresholds[index].signal.condition() == pressure);
            match manager.observed_at.iter_mut().find(|(other, _)| *other == pressure) {
                Some(entry) if seen => entry.1 = now,
                None if seen => manager.observed_at.push((pressure, now)),
                _ => {}
            }
        }
        let conditions: Vec<Pressure> = manager
            .observed_at
            .iter()
            .filter(|(_, at)| now.since_ms(*at) < config.pressure_transition_period_ms)
            .map(|(pressure, _)| *pressure)
            .collect();
        if conditions != manager.node_conditions {
            manager.node_conditions = conditions;
            self.wakeups.push_once(
                self.agent.next_node_status(now),
                Wakeup::NodeStatus { node: self.agent.name.clone() },
            );
        }
        manager.thresholds_met = manager
            .first_observed_at
            .iter()
            .filter(|(index, since)| now.since_ms(*since) >= config.thresholds[*index].grace_ms)
            .map(|(index, _)| *index)
            .collect();
        let mut thresholds: Vec<&Threshold> =
            manager.thresholds_met.iter().map(|&index| &config.thresholds[index]).collect();
        self.agent.kubelet.eviction = manager;

        if self.local_storage_eviction() {
            return;
        }
        // Memory comes before all others.
        let first = thresholds.iter().position(|threshold| threshold.signal == Signal::MemoryAvailable);
        if let Some(index) = first {
            thresholds.swap(0, index);
        }
        let Some(&to_reclaim) = thresholds.first() else { return };
        let resource = to_reclaim.signal.resource();
        let text = format!("Attempting to reclaim {resource}");
        self.node_event(EventType::Warning, "EvictionThresholdMet", text);
        let node = self.agent.name.clone();
        self.tell_of_node(StoryKind::EvictionThresholdMet { resource: resource.into() }, &node);
        if self.reclaim_node_level_resources(to_reclaim.signal, &config.thresholds) {
            return;
        }
        self.evict_one(to_reclaim, &thresholds, &stats, config.max_pod_grace_period_seconds);
    }

    /// The Pods that may be evicted.
    // Models getAllocatedPods (v1.36)
    fn active_pods(&self) -> Vec<Candidate> {
        let workers = self.agent.kubelet.workers.values();
        workers
            .filter(|worker| worker.state < PodWorkerState::TerminatedPod && !worker.pod.is_terminal())
            .map(|worker| Candidate {
                uid: worker.uid.clone(),
                spec: worker.pod.spec.clone(),
                stats: self.pod_stats(worker),
            })
            .collect()
    }

    /// Containers of Pods that have ended and unused images go before any Pod does. Whether that was enough.
    // Models reclaimNodeLevelResources, kuberuntime DeleteAllUnusedContainers and pkg/kubelet/images
    // DeleteUnusedImages (v1.36)
    fn reclaim_node_level_resources(&mut self, signal: Signal, thresholds: &[Threshold]) -> bool {
        if signal == Signal::MemoryAvailable {
            return false;
        }
        let workers = self.agent.kubelet.workers.values();
        let ended: Vec<Rc<str>> = workers
            .filter(|worker| worker.state >= PodWorkerState::TerminatedPod)
            .map(|worker| worker.uid.clone())
            .collect();
        for uid in ended {
            self.agent.runtime.remove_dead_containers(self.os, &uid);
        }
        let used: Vec<Rc<str>> = self
            .agent
            .runtime
            .pods
            .values()
            .flat_map(|pod| &pod.containers)
            .filter_map(|container| crate::runtime::registry::normalize(&container.seen.image).ok())
            .collect();
        self.agent.runtime.images.retain(|image| used.contains(image));
        thresholds_met(thresholds, &self.node_stats(), true).is_empty()
    }

    /// At most one Pod is evicted at a time.
    fn evict_one(&mut self, to_reclaim: &Threshold, met: &[&Threshold], stats: &NodeStats, max_grace: i64) {
        let resource = to_reclaim.signal.resource();
        let mut candidates = self.active_pods();
        rank(&mut candidates, to_reclaim.signal);
        let Some(chosen) = candidates.into_iter().find(|candidate| !is_critical_pod(&candidate.spec)) else {
            return;
        };
        let grace = if to_reclaim.grace_ms == 0 {
            IMMEDIATE_EVICTION_GRACE_PERIOD_SECONDS
        } else {
            chosen.spec.termination_grace_period_seconds.map_or(max_grace, |own| own.min(max_grace)).max(1)
        };
        let Some(name) = self.agent.kubelet.workers.get(&chosen.uid).map(|worker| worker.name.clone()) else {
            return;
        };
        let message = eviction_message(resource, &chosen, &name, met, stats);
        self.evict_pods(vec![(chosen.uid, message)], grace, true);
    }

    // Models evictPod (v1.36), for one Pod or several at once
    fn evict_pods(&mut self, pods: Vec<(Rc<str>, String)>, grace: i64, disruption: bool) {
        let uids = pods.iter().map(|(uid, _)| uid.clone()).collect();
        self.agent.kubelet.eviction.cleanup = Some(Cleanup { uids, killed_at: None });
        for (uid, message) in pods {
            let condition = disruption.then(|| message.clone());
            self.with_worker(&uid, |node, worker| {
                node.evict_pod(worker, Some(grace), "Evicted", message, condition);
            });
        }
    }

    /// Begins to stop a Pod that will have failed. Without a grace it has its own.
    pub(crate) fn evict_pod(
        &mut self,
        worker: &mut PodWorker,
        grace: Option<i64>,
        reason: &'static str,
        message: String,
        condition: Option<String>,
    ) {
        self.pod_event(worker, EventType::Warning, reason, message.clone());
        let text = Rc::from(message.trim_end());
        self.tell(worker, "", StoryKind::Evicted { message: text });
        let condition = condition.map(|message| PodCondition {
            type_: "DisruptionTarget".into(),
            observed_generation: worker.pod.metadata.generation,
            status: "True".into(),
            reason: "TerminationByKubelet".into(),
            message,
            ..PodCondition::default()
        });
        worker.eviction = Some(Rc::new(Eviction { reason, message, condition }));
        if worker.state == PodWorkerState::SyncPod {
            worker.stop_cause = Some(StopCause::Evicted);
            worker.state = PodWorkerState::TerminatingPod;
            worker.grace_since = Some(self.now);
        }
        worker.grace_seconds = grace.or_else(|| Some(effective_grace_period(worker)));
        worker.pending = true;
        self.drive_worker(worker);
    }

    /// Evicts Pods that use more local storage than their own limits allow. Whether there was one.
    // Models localStorageEviction (v1.36)
    fn local_storage_eviction(&mut self) -> bool {
        let mut evicted = Vec::new();
        for candidate in self.active_pods() {
            let Some(stats) = &candidate.stats else { continue };
            if is_critical_pod(&candidate.spec) {
                continue;
            }
            if let Some(message) = over_local_storage_limit(&candidate.spec, stats) {
                evicted.push((candidate.uid, message));
            }
        }
        if evicted.is_empty() {
            return false;
        }
        self.evict_pods(evicted, IMMEDIATE_EVICTION_GRACE_PERIOD_SECONDS, false);
        true
    }

    /// Whether a node under pressure takes the Pod on.
    // Models Admit (v1.36)
    pub(crate) fn admit_under_pressure(&self, spec: &PodSpec) -> Result<(), (String, String)> {
        let conditions = &self.agent.kubelet.eviction.node_conditions;
        if conditions.is_empty() || is_critical_pod(spec) {
            return Ok(());
        }
        if conditions[..] == [Pressure::Memory] {
            let taint = Taint {
                key: Pressure::Memory.taint().into(),
                effect: "NoSchedule".into(),
                ..Taint::default()
            };
            let tolerated = spec.tolerations.iter().any(|t| crate::scheduler::filter::tolerates(t, &taint));
            if qos_class(spec) != QosClass::BestEffort || tolerated {
                return Ok(());
            }
        }
        let names: Vec<&str> = conditions.iter().map(|pressure| pressure.condition()).collect();
        Err(("Evicted".into(), format!("The node had condition: [{}]. ", names.join(" "))))
    }

    /// Records an event of the node itself.
    pub(crate) fn node_event(&mut self, kind: EventType, reason: &str, message: String) {
        let key = ObjectKey::new("Node", "", &self.agent.name);
        let uid = self.store.get(&key).map(|object| object.meta().uid.clone()).unwrap_or_default();
        let name = self.agent.name.to_string();
        let reference = ObjectReference { kind: "Node".into(), name, uid, ..ObjectReference::default() };
        self.record(reference, kind, reason, message);
    }
}

/// Which limit of its own a Pod exceeds, in the kubelet's words.
// Models emptyDirLimitEviction, podEphemeralStorageLimitEviction and containerEphemeralStorageLimitEviction (v1.36)
fn over_local_storage_limit(spec: &PodSpec, stats: &PodStats) -> Option<String> {
    for volume in &spec.volumes {
        let limit = volume.empty_dir.as_ref().and_then(|empty| empty.size_limit.as_ref());
        let used = stats.volumes.iter().find(|(name, _)| **name == *volume.name);
        if let (Some(limit), Some((_, used))) = (limit.filter(|limit| limit.sign() > 0), used)
            && bytes(*used) > *limit
        {
            let name = &volume.name;
            return Some(format!("Usage of EmptyDir volume \"{name}\" exceeds the limit \"{limit}\". "));
        }
    }
    if let Some(limit) = pod_limits(spec).get("ephemeral-storage")
        && bytes(stats.disk_bytes()) > *limit
    {
        return Some(format!(
            "Pod ephemeral local storage usage exceeds the total limit of containers {limit}. "
        ));
    }
    stats.containers.iter().find_map(|container| {
        let own = spec.containers.iter().find(|c| *c.name == *container.name)?;
        let limit = own.resources.limits.get("ephemeral-storage").filter(|limit| !limit.is_zero())?;
        (bytes(container.disk_bytes()) > *limit).then(|| {
            let name = &container.name;
            format!("Container {name} exceeded its local ephemeral storage limit \"{limit}\". ")
        })
    })
}
