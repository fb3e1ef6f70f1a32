//! The kubelet: keeps the Pods of one node as they should be, and reports how they are.
// Models pkg/kubelet (v1.36)

pub mod allocation;
mod atomic_writer;
pub mod backoff;
pub mod compute_pod_actions;
pub mod config;
mod envvars;
pub mod eviction;
#[cfg(not(target_arch = "wasm32"))]
mod fake;
pub mod generate;
mod host_path;
mod images;
pub mod kill;
pub mod lifecycle;
mod node_status;
mod pod_network_files;
pub mod pod_status;
mod pod_workers;
mod predicate;
mod preemption;
mod privileges;
pub mod prober;
mod redirect;
pub mod status;
mod status_manager;
mod sync;
pub(crate) use sync::back_off_key;
mod persistent_volumes;
mod volume_stats;
pub mod volumes;
pub mod worker;

use std::collections::BTreeMap;
use std::rc::Rc;

use busybox::{ConnId, FsId, NetNs, Os};
use k8s_api::core::ObjectReference;

use crate::apiserver::events::{EventType, NewEvent, Recorder, pod_reference};
use crate::apiserver::{Pod, Store};
use crate::log::Log;
use crate::rng::Rng;
use crate::runtime::Runtime;
use crate::runtime::registry::Registry;
use crate::story::{StoryEntry, StoryKind};
use crate::time::SimTime;
use crate::wakeup::{Wakeup, WakeupQueue};
use backoff::Backoff;
use eviction::{EvictionConfig, EvictionManager};
use worker::{PodWorker, PodWorkerState};

pub(crate) use pod_workers::UpdateType;

/// The kubelet asks the runtime for news once a second.
const RELIST_PERIOD_MS: u64 = 1_000;
/// A new kubelet's volume manager begins after so long.
const FIRST_MOUNT_MS: u64 = 300;
/// The first pause of its retries.
const MOUNT_RETRY_MS: u64 = 500;
/// A sync that waits for volumes looks again after so long.
// Models podAttachAndMountRetryInterval (v1.36)
const MOUNT_CHECK_PERIOD_MS: u64 = 300;
/// What it does by itself it does on the ticks of a second.
const SYNC_TICK_MS: u64 = 1_000;

/// The kubelet's own memory. Lost when it restarts.
#[derive(Clone, Debug)]
pub struct Kubelet {
    /// When it started.
    pub started_at: SimTime,
    /// Pods by UID.
    pub workers: BTreeMap<Rc<str>, Rc<PodWorker>>,
    /// Restart back-off.
    pub crash_loop_back_off: Backoff,
    /// Pull back-off.
    pub image_back_off: Backoff,
    /// When the pull under way is over: pulls go one after the other.
    pub pull_free_at: SimTime,
    /// Images that are being pulled, and when they will be there.
    pub pulls: BTreeMap<Rc<str>, SimTime>,
    /// What it remembers of its events.
    pub recorder: Recorder,
    /// Whose probe or hook a connection is.
    pub connections: BTreeMap<ConnId, Rc<str>>,
    /// The highest restart number of each container's log files. These are on disk.
    pub log_files: BTreeMap<(Rc<str>, Rc<str>), u32>,
    /// The fraction of a second at which its tickers tick.
    pub phase_ms: u64,
    /// What it knows of the node's being short of memory or disk space.
    pub eviction: EvictionManager,
    /// From when on it looks at that every ten seconds.
    pub eviction_from: SimTime,
    /// From when on it looks every minute for Pods whose volumes it does not know.
    pub volume_stats_from: SimTime,
    /// Pods that wait for other resources than they have, the first to be served first.
    pub pending_resizes: Vec<Rc<str>>,
    /// Critical Pods that wait until others have been killed, and which are still to be.
    pub preempting: Vec<(Rc<str>, Vec<Rc<str>>)>,
}

impl Kubelet {
    fn new(now: SimTime, phase_ms: u64) -> Self {
        Self {
            started_at: now,
            workers: BTreeMap::new(),
            crash_loop_back_off: Backoff::crash_loop(),
            image_back_off: Backoff::image_pull(),
            pull_free_at: now,
            pulls: BTreeMap::new(),
            recorder: Recorder::default(),
            connections: BTreeMap::new(),
            log_files: BTreeMap::new(),
            phase_ms,
            eviction: EvictionManager::default(),
            eviction_from: now,
            volume_stats_from: now,
            pending_resizes: Vec::new(),
            preempting: Vec::new(),
        }
    }
}

/// What a machine has before any Pod runs, in bytes, and how its kubelet guards it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeResources {
    /// Processors, in thousandths.
    pub cpu_milli: u64,
    /// Memory.
    pub memory_capacity: u64,
    /// Of it, what the system itself leaves.
    pub memory_available_idle: u64,
    /// Disk space.
    pub disk_capacity: u64,
    /// Of it, what the system and its images leave.
    pub disk_available_idle: u64,
    /// The images that were there from the beginning.
    pub images_idle: u64,
    /// When Pods have to go.
    pub eviction: EvictionConfig,
}

/// A node as a machine: power, kubelet, runtime.
#[derive(Clone, Debug)]
pub struct NodeAgent {
    /// Its name.
    pub name: Rc<str>,
    /// Its address.
    pub ip: Rc<str>,
    /// Its own network namespace.
    pub net: NetNs,
    /// It has power.
    pub power: bool,
    /// Its kubelet runs.
    pub kubelet_running: bool,
    /// When its kubelet, which was started, will run.
    pub kubelet_up_at: Option<SimTime>,
    /// Its Pods are only pretended (see [`crate::NodeSetup::fake`]).
    pub fake: bool,
    /// When its last lease was renewed, once it no longer is.
    pub lease_stopped_at: Option<SimTime>,
    /// The kubelet.
    pub kubelet: Kubelet,
    /// The runtime.
    pub runtime: Runtime,
    /// What the machine has.
    pub resources: Rc<NodeResources>,
    /// The node's own files, once a Pod has mounted some of them.
    pub host_root: Option<FsId>,
    /// What these took before any Pod wrote there, in bytes.
    pub host_root_idle: u64,
}

impl NodeAgent {
    /// A node that has just been switched on.
    #[must_use]
    pub fn new(name: Rc<str>, ip: Rc<str>, net: NetNs, subnet: u8, now: SimTime, rng: &Rng) -> Self {
        let phase_ms = rng.span_ms(SYNC_TICK_MS, "kubelet-phase", &name, 0);
        let since = rng.span_ms(eviction::MONITORING_PERIOD_MS, "eviction-manager", &name, 0);
        let eviction_from = now.after_ms(since);
        let since = rng.span_ms(volume_stats::VOLUME_STATS_PERIOD_MS, "volume-stats", &name, 0);
        let volume_stats_from = now.after_ms(since);
        Self {
            ip,
            net,
            power: true,
            kubelet_running: true,
            kubelet_up_at: None,
            fake: false,
            lease_stopped_at: None,
            kubelet: Kubelet { eviction_from, volume_stats_from, ..Kubelet::new(now, phase_ms) },
            runtime: Runtime::new(subnet),
            resources: Rc::default(),
            host_root: None,
            host_root_idle: 0,
            name,
        }
    }

    /// Forgets what only the kubelet's process knew.
    pub(crate) fn restart_kubelet(&mut self, now: SimTime) {
        let log_files = std::mem::take(&mut self.kubelet.log_files);
        let workers = std::mem::take(&mut self.kubelet.workers);
        // Its tickers tick from its start on.
        self.kubelet = Kubelet::new(now, now.ms() % SYNC_TICK_MS);
        self.kubelet.log_files = log_files;
        // Volumes stay mounted on disk: the new kubelet finds them.
        for (uid, old) in workers {
            let mut worker = PodWorker::new(Rc::clone(old.pod.share()));
            worker.volumes = old.volumes.clone();
            worker.volumes.usage = None;
            worker.volumes.stats_due = None;
            worker.volumes.unverified_until =
                worker.volumes.mounted().then(|| now.after_ms(MOUNT_CHECK_PERIOD_MS));
            worker.broken_probes = old.broken_probes.clone();
            self.kubelet.workers.insert(uid, Rc::new(worker));
        }
        self.runtime.execs.clear();
    }

    /// The next tick after `at` of a ticker with a period of a second.
    fn next_tick(&self, at: SimTime) -> SimTime {
        let phase = self.kubelet.phase_ms;
        let past = at.ms() + RELIST_PERIOD_MS - phase;
        SimTime(past / RELIST_PERIOD_MS * RELIST_PERIOD_MS + phase)
    }

    /// When its last lease was renewed.
    #[must_use]
    pub fn last_lease(&self, now: SimTime) -> SimTime {
        const RENEW_MS: u64 = 10_000;
        let at = self.lease_stopped_at.unwrap_or(now);
        let since_start = at.since_ms(self.kubelet.started_at);
        self.kubelet.started_at.after_ms(since_start / RENEW_MS * RENEW_MS)
    }
}

/// One node at work: its machine, and what of the cluster it may touch.
pub(crate) struct Node<'a> {
    pub(crate) agent: &'a mut NodeAgent,
    pub(crate) now: SimTime,
    pub(crate) epoch_seconds: i64,
    pub(crate) rng: Rng,
    pub(crate) wakeups: &'a mut WakeupQueue,
    pub(crate) store: &'a mut Store,
    pub(crate) os: &'a mut Os,
    pub(crate) registry: &'a Registry,
    pub(crate) story: &'a mut Log<Rc<StoryEntry>>,
}

impl Node<'_> {
    /// Tells the story.
    pub(crate) fn tell(&mut self, worker: &PodWorker, container: &str, kind: StoryKind) {
        self.story.push(Rc::new(StoryEntry {
            at: self.now,
            uid: worker.uid.clone(),
            subject: format!("{}/{}", worker.namespace, worker.name).into(),
            container: container.into(),
            kind,
        }));
    }

    fn record(&mut self, object: ObjectReference, kind: EventType, reason: &str, message: String) {
        let host = self.agent.name.to_string();
        let event = NewEvent { object, kind, reason, message, component: "kubelet", host: &host };
        self.agent.kubelet.recorder.record(self.store, self.now, self.epoch_seconds, event);
    }

    /// Records an event of a container.
    // Models recordContainerEvent (v1.36)
    pub(crate) fn container_event(
        &mut self,
        worker: &PodWorker,
        name: &str,
        kind: EventType,
        reason: &str,
        message: String,
    ) {
        let reference = pod_reference(&worker.pod, &worker.field_path(name));
        self.record(reference, kind, reason, message);
    }

    /// Records an event of a Pod.
    pub(crate) fn pod_event(&mut self, worker: &PodWorker, kind: EventType, reason: &str, message: String) {
        self.record(pod_reference(&worker.pod, ""), kind, reason, message);
    }

    /// Remembers whose a connection is: its Pod is looked at when it is decided.
    fn await_connection(&mut self, worker: &PodWorker, connection: ConnId) -> ConnId {
        self.agent.kubelet.connections.insert(connection, worker.uid.clone());
        connection
    }

    pub(crate) fn wake_worker(&mut self, worker: &PodWorker, at: SimTime) {
        let wakeup = Wakeup::PodWorker { node: self.agent.name.clone(), uid: worker.uid.clone() };
        self.wakeups.push_once(at.max(self.now), wakeup);
    }

    /// Runs something on a Pod's worker, if there is one. It comes after the syncs that are due now.
    pub(crate) fn with_worker(&mut self, uid: &str, run: impl FnOnce(&mut Self, &mut PodWorker)) {
        let after = self.now.after_ms(1);
        self.with_settled_worker(uid, |node, worker| {
            node.unsettle(worker, after);
            run(node, worker);
        });
    }

    /// As [`with_worker`](Self::with_worker), for what need not change anything: a settled worker stays so, unless
    /// `run` does something to it.
    pub(crate) fn with_settled_worker(&mut self, uid: &str, run: impl FnOnce(&mut Self, &mut PodWorker)) {
        let Some((uid, mut worker)) = self.agent.kubelet.workers.remove_entry(uid) else { return };
        let busy = Rc::make_mut(&mut worker);
        busy.busy_at = self.now;
        run(self, busy);
        let gone = worker.removed && worker.state == PodWorkerState::Finished;
        if gone {
            self.clean_up_pod(&worker);
        } else {
            self.agent.kubelet.workers.insert(uid, worker);
        }
        self.request_relist();
    }

    /// Everything that is due now for one Pod.
    pub(crate) fn wake(&mut self, uid: &str) {
        if self.agent.kubelet_running {
            #[cfg(not(target_arch = "wasm32"))]
            if self.agent.fake {
                return self.drive_fake_pod(uid);
            }
            self.with_settled_worker(uid, |node, worker| {
                // A sync that is due now is part of it.
                node.unsettle(worker, node.now);
                node.drive_worker(worker);
            });
        }
    }

    /// A probe is due.
    pub(crate) fn wake_probe(&mut self, uid: &str) {
        self.drive_all(uid, self.now.after_ms(1));
    }

    /// Something happened that a stop, a hook or a probe may have waited for. It comes before a sync that is due now.
    pub(crate) fn notice(&mut self, uid: &str) {
        self.drive_all(uid, self.now);
    }

    fn drive_all(&mut self, uid: &str, before: SimTime) {
        if self.agent.kubelet_running {
            self.with_settled_worker(uid, |node, worker| {
                let sync_due = worker.resync_at.is_some_and(|at| before <= at && at <= node.now);
                if worker.settled && !sync_due && !node.agent.runtime.dirty.contains(&worker.uid) {
                    worker.quiet = true;
                    node.drive_probes(worker);
                    if worker.quiet {
                        // Probes that went as before: a sync would find nothing new.
                        return;
                    }
                    node.unsettle(worker, before);
                } else {
                    node.unsettle(worker, before);
                    node.drive_probes(worker);
                }
                node.drive_worker(worker);
            });
        }
    }

    /// The Pod object was added, changed or removed.
    // Models syncLoopIteration's handling of config updates (v1.36)
    pub(crate) fn pod_config(&mut self, uid: &Rc<str>) {
        if !self.agent.kubelet_running {
            return;
        }
        #[cfg(not(target_arch = "wasm32"))]
        if self.agent.fake {
            return self.expect_fake_pod(uid);
        }
        let pod = self.store.shared_pod(uid).filter(|pod| *pod.spec.node_name == *self.agent.name);
        let known = self.agent.kubelet.workers.contains_key(uid);
        match (pod, known) {
            (Some(pod), false) => self.handle_pod_addition(pod),
            (Some(pod), true) => self.handle_pod_update(uid, pod),
            (None, true) => {
                self.with_worker(uid, |node, worker| node.handle_pod_remove(worker));
                self.retry_pending_resizes();
            }
            (None, false) => {}
        }
    }

    // Models HandlePodAdditions (v1.36)
    fn handle_pod_addition(&mut self, pod: Rc<Pod>) {
        let mut worker = PodWorker::new(pod.clone());
        let mut victims = Vec::new();
        if !pod.is_terminal() && pod.metadata.deletion_timestamp.is_none() {
            match self.can_admit_pod(&pod, &pod.spec) {
                Ok(found) => victims = found,
                Err((reason, message)) => {
                    self.reject_pod(&mut worker, &reason, &message);
                    self.agent.kubelet.workers.insert(worker.uid.clone(), Rc::new(worker));
                    return;
                }
            }
        }
        let uid = worker.uid.clone();
        self.agent.kubelet.workers.insert(uid.clone(), Rc::new(worker));
        self.preempt(&uid, victims);
    }

    // Models HandlePodUpdates and HandlePodReconcile (v1.36)
    fn handle_pod_update(&mut self, uid: &Rc<str>, pod: Rc<Pod>) {
        let Some(old) = self.agent.kubelet.workers.get(uid).map(|worker| worker.pod.clone()) else { return };
        let new = pod.clone();
        let spec_changed = old.spec_tree != new.spec_tree;
        let mut waits = false;
        self.with_worker(uid, |node, worker| {
            node.take_pod(worker, pod);
            waits = worker.desired.is_some();
        });
        if spec_changed && waits {
            self.push_pending_resize(uid);
            self.retry_pending_resizes();
        } else if self.has_pending_resizes() && frees_resources(&old, &new) {
            self.retry_pending_resizes();
        }
        let changed = old.metadata.deletion_timestamp != new.metadata.deletion_timestamp
            || old.metadata.deletion_grace_period_seconds != new.metadata.deletion_grace_period_seconds
            || old.metadata.labels != new.metadata.labels
            || old.metadata.annotations != new.metadata.annotations
            || spec_changed;
        if eviction::helpers::pod_is_evicted(&new) {
            self.agent.runtime.remove_dead_containers(self.os, uid);
        }
        self.with_worker(uid, |node, worker| {
            if changed {
                node.update_pod(worker, UpdateType::Update);
            } else if !new.spec.readiness_gates.is_empty() && needs_readiness_reconcile(&new, worker) {
                node.update_pod(worker, UpdateType::Sync);
            }
        });
    }

    // Models HandlePodRemoves (v1.36)
    fn handle_pod_remove(&mut self, worker: &mut PodWorker) {
        worker.removed = true;
        if worker.state == PodWorkerState::Finished {
            return;
        }
        self.update_pod(worker, UpdateType::Kill);
    }

    /// The runtime forgets the Pod and its volumes.
    fn clean_up_pod(&mut self, worker: &PodWorker) {
        self.agent.runtime.remove_pod(self.os, &worker.uid);
        self.agent.runtime.dirty.remove(&worker.uid);
        self.remove_volumes(&mut worker.volumes.clone());
        self.agent.kubelet.crash_loop_back_off.forget(&worker.uid);
        self.agent.kubelet.image_back_off.forget(&worker.uid);
        self.agent.kubelet.log_files.retain(|(uid, _), _| *uid != worker.uid);
    }

    /// Removes the files of a Pod's volumes, but not those of the node.
    pub(crate) fn remove_volumes(&mut self, volumes: &mut volumes::PodVolumes) {
        for volume in &mut volumes.volumes {
            if let Some(fs) = volume.fs.take().filter(|fs| Some(*fs) != self.agent.host_root) {
                self.os.remove_fs(fs);
            }
        }
    }

    /// Something changed in the runtime: the next relist finds it.
    pub(crate) fn request_relist(&mut self) {
        if !self.agent.runtime.dirty.is_empty() {
            let at = self.agent.next_tick(self.now);
            self.wakeups.push_once(at, Wakeup::Relist { node: self.agent.name.clone() });
        }
    }

    /// The pause process dies, and with it the namespaces.
    pub(crate) fn kill_sandbox(&mut self, uid: &str) {
        self.with_worker(uid, |node, worker| {
            node.agent.runtime.kill_sandbox(node.os, &worker.uid);
            node.tell(worker, "", StoryKind::SandboxDied);
        });
    }

    /// Looks for Pods whose containers changed.
    // Models pkg/kubelet/pleg/generic.go Relist (v1.36)
    pub(crate) fn relist(&mut self) {
        if !self.agent.kubelet_running {
            return;
        }
        let dirty = std::mem::take(&mut self.agent.runtime.dirty);
        for uid in dirty {
            self.with_worker(&uid, |node, worker| node.relist_pod(worker));
        }
    }

    /// All that a kubelet does when it starts: it takes over the Pods that the API has for its node.
    pub(crate) fn kubelet_started(&mut self) {
        let name = self.agent.name.clone();
        let pods: Vec<Rc<Pod>> = self
            .store
            .pods()
            .filter(|pod| *pod.spec.node_name == *name)
            .map(|pod| Rc::new(pod.clone()))
            .collect();
        let known: Vec<Rc<str>> = self.agent.kubelet.workers.keys().cloned().collect();
        for uid in known {
            if !pods.iter().any(|pod| *pod.metadata.uid == *uid) {
                self.with_worker(&uid, |node, worker| {
                    worker.cache = Rc::new(node.agent.runtime.pod_status(&worker.uid));
                    node.handle_pod_remove(worker);
                });
            }
        }
        for pod in pods {
            let uid: Rc<str> = pod.metadata.uid.as_str().into();
            if !self.agent.kubelet.workers.contains_key(&uid) {
                self.agent.kubelet.workers.insert(uid.clone(), Rc::new(PodWorker::new(pod.clone())));
            }
            let mut waits = false;
            self.with_worker(&uid, |node, worker| {
                node.take_pod(worker, pod);
                node.backfill_resize_conditions(worker);
                waits = worker.desired.is_some();
                worker.cache = Rc::new(node.agent.runtime.pod_status(&worker.uid));
                worker.cache_at = node.now;
                if worker.pod.metadata.deletion_timestamp.is_some()
                    && worker.volumes.unverified_until.take().is_some()
                {
                    worker.vain_mount = Some((node.now.after_ms(FIRST_MOUNT_MS), MOUNT_RETRY_MS));
                    node.wake_worker(worker, node.now.after_ms(FIRST_MOUNT_MS));
                }
                if worker.volumes.begun {
                    node.expect_volume_stats(worker);
                }
                node.update_pod(worker, UpdateType::Create);
            });
            if waits {
                self.push_pending_resize(&uid);
            }
        }
        self.retry_pending_resizes();
    }

    // Models rejectPod (v1.36)
    fn reject_pod(&mut self, worker: &mut PodWorker, reason: &str, message: &str) {
        self.pod_event(worker, EventType::Warning, reason, message.to_string());
        let message = &format!("Pod was rejected: {message}");
        let (why, words) = (Rc::from(reason), Rc::from(message.as_str()));
        self.tell(worker, "", StoryKind::Rejected { reason: why, message: words });
        let mut status = (*worker.pod.status).clone();
        status.phase = "Failed".into();
        status.reason = reason.into();
        status.message = message.clone();
        status.qos_class = k8s_api::resources::qos_class(&worker.pod.spec).as_str().into();
        worker.state = PodWorkerState::Finished;
        // Nothing else is said of a Pod that was never taken on.
        status
            .conditions
            .retain(|condition| !generate::KUBELET_CONDITIONS.contains(&condition.type_.as_str()));
        self.set_pod_status(worker, status);
    }
}

/// Whether a Pod that ended, or that the runtime has by now given less, leaves more to others.
// Models HandlePodReconcile's look at pending resizes (v1.36)
fn frees_resources(old: &Pod, new: &Pod) -> bool {
    let given = |pod: &Pod| -> Vec<_> {
        let of = |c: &k8s_api::core::ContainerStatus| c.resources.as_ref().map(|r| r.requests.clone());
        pod.status.container_statuses.iter().map(of).collect()
    };
    new.is_terminal() && !old.is_terminal() || given(old) != given(new)
}

// Models status_manager.go NeedToReconcilePodReadiness (v1.36)
fn needs_readiness_reconcile(pod: &Pod, worker: &PodWorker) -> bool {
    let Some(status) = &worker.status else { return false };
    let all: Vec<_> =
        pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses).cloned().collect();
    let wanted = status::generate_pod_ready_condition(
        &pod.spec,
        &pod.status.conditions,
        Some(&all),
        &pod.status.phase,
    );
    status
        .conditions
        .iter()
        .find(|c| c.type_ == "Ready")
        .is_none_or(|current| current.status != wanted.status)
}
