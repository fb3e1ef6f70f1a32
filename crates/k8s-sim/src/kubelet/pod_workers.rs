//! Pod workers: one thing at a time for each Pod, and what comes after it.
// Models pkg/kubelet/pod_workers.go (v1.36)

use std::rc::Rc;

use super::Node;
use super::pod_status::{ContainerState, PodStatus};
use super::sync::SyncEnd;
use super::worker::{PodWorker, PodWorkerState, SyncError, Task};
use crate::story::{StopCause, StoryKind};
use crate::time::SimTime;

/// A Pod in order is looked at again after a minute to a minute and a half.
const RESYNC_INTERVAL_MS: u64 = 60_000;
/// After an error without a time of its own.
const BACK_OFF_PERIOD_MS: u64 = 10_000;
/// Both are stretched by up to so many percent.
const JITTER_PERCENT: u64 = 50;
/// How long removing a Pod's volumes and cgroups takes.
const CLEAN_UP_MS: u64 = 120;

/// Why a Pod is looked at.
// Models pkg/kubelet/types SyncPodType (v1.36)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UpdateType {
    Create,
    Update,
    Sync,
    Kill,
}

impl Node<'_> {
    /// Something about the Pod has changed: the worker looks at it as soon as it is free.
    // Models UpdatePod (v1.36)
    pub(crate) fn update_pod(&mut self, worker: &mut PodWorker, update: UpdateType) {
        if worker.state == PodWorkerState::Finished {
            return;
        }
        let deleted = worker.pod.metadata.deletion_timestamp.is_some();
        if worker.state == PodWorkerState::SyncPod {
            let cause = if deleted {
                Some(StopCause::PodDeleted)
            } else if worker.pod.is_terminal() {
                Some(StopCause::PodFinished)
            } else if update == UpdateType::Kill {
                Some(match &worker.evict {
                    Some(_) => StopCause::DeadlineExceeded,
                    None if worker.eviction.is_some() => StopCause::Evicted,
                    None => StopCause::Orphaned,
                })
            } else {
                None
            };
            if let Some(cause) = cause {
                worker.deleted |= deleted;
                worker.stop_cause = Some(cause);
                worker.state = PodWorkerState::TerminatingPod;
            }
        }
        worker.deleted |= deleted;
        if worker.state == PodWorkerState::TerminatingPod {
            let grace = effective_grace_period(worker);
            if worker.grace_seconds != Some(grace) {
                worker.grace_seconds = Some(grace);
                worker.grace_since.get_or_insert(self.now);
            }
        }
        worker.pending = true;
        self.drive_worker(worker);
    }

    /// The Pod is looked at because of a probe or because it is time.
    // Models HandlePodSyncs (v1.36)
    pub(crate) fn handle_pod_sync(&mut self, worker: &mut PodWorker) {
        self.update_pod_later(worker);
    }

    /// As [`update_pod`](Self::update_pod), from inside something that already holds the worker.
    fn update_pod_later(&mut self, worker: &mut PodWorker) {
        worker.pending = true;
        self.wake_worker(worker, self.now);
    }

    /// Lets the worker go on as far as it can now.
    // Models podWorkerLoop (v1.36)
    pub(crate) fn drive_worker(&mut self, worker: &mut PodWorker) {
        if worker.resync_at.is_some_and(|at| at <= self.now) {
            worker.resync_at = None;
            if worker.state != PodWorkerState::Finished {
                worker.pending = true;
            }
        }
        self.mount_in_vain(worker);
        if worker.task.is_none() && self.deadline(worker).is_some_and(|at| at <= self.now) {
            worker.pending = true;
        }
        // Each round either ends or moves the worker on; more rounds than this would be a loop without an end.
        for _ in 0..64 {
            match worker.task.take() {
                None => {
                    if worker.state == PodWorkerState::Finished || !(worker.pending || worker.awaits_news) {
                        return;
                    }
                    if !worker.awaits_news {
                        // The update is taken up now; what comes while it waits is another one.
                        worker.pending = false;
                        worker.awaits_news = true;
                    }
                    if let Some(at) = self.news_expected_at(worker) {
                        self.wake_worker(worker, at);
                        return;
                    }
                    worker.awaits_news = false;
                    if self.agent.runtime.dirty.contains(&worker.uid) {
                        // This very tick's relist comes first; what it finds is an update of its own.
                        self.relist_pod(worker);
                    }
                    self.begin_task(worker);
                }
                Some(Task::Sync(mut task)) => match self.drive_sync(worker, &mut task) {
                    Err(at) => {
                        worker.quiet = false;
                        worker.task = Some(Task::Sync(task));
                        self.wait(worker, at);
                        return;
                    }
                    Ok(end) => self.sync_ended(worker, end),
                },
                Some(Task::Terminating(mut group)) => match self.drive_kill(worker, &mut group) {
                    Err(at) => {
                        worker.task = Some(Task::Terminating(group));
                        self.wait(worker, at);
                        return;
                    }
                    Ok(()) => self.terminating_ended(worker),
                },
                Some(Task::Terminated { due }) => {
                    if self.now < due {
                        worker.task = Some(Task::Terminated { due });
                        self.wait(worker, Some(due));
                        return;
                    }
                    self.terminated_ended(worker);
                }
            }
        }
        self.wake_worker(worker, self.now.after_ms(1));
    }

    fn wait(&mut self, worker: &PodWorker, at: Option<SimTime>) {
        if let Some(at) = at {
            self.wake_worker(worker, at);
        }
    }

    /// A sync wants to know what became of the one before: the cache must be newer than that.
    // Models podCache.GetNewerThan (v1.36)
    fn news_expected_at(&self, worker: &PodWorker) -> Option<SimTime> {
        let last = worker.last_sync?;
        if worker.cache_at > last {
            return None;
        }
        let tick = self.agent.next_tick(last);
        (self.now < tick).then_some(tick)
    }

    fn begin_task(&mut self, worker: &mut PodWorker) {
        match worker.state {
            PodWorkerState::SyncPod => match self.begin_sync(worker) {
                Ok(task) => worker.task = Some(Task::Sync(Box::new(task))),
                Err(end) => self.sync_ended(worker, end),
            },
            PodWorkerState::TerminatingPod => {
                // Models SyncTerminatingPod (v1.36)
                let mut status = self.generate_status(worker, false);
                if let Some(eviction) = worker.eviction.take() {
                    status.phase = "Failed".into();
                    status.reason = eviction.reason.into();
                    status.message.clone_from(&eviction.message);
                    if let Some(condition) = &eviction.condition {
                        status.conditions.retain(|other| other.type_ != condition.type_);
                        status.conditions.push(condition.clone());
                    }
                }
                self.set_pod_status(worker, status);
                self.stop_liveness_and_startup(worker);
                let cause = worker.stop_cause.clone().unwrap_or(StopCause::PodFinished);
                let group = self.kill_pod(worker, worker.grace_seconds, cause);
                worker.task = Some(Task::Terminating(Box::new(group)));
            }
            PodWorkerState::TerminatedPod => {
                let status = self.generate_status(worker, true);
                self.set_pod_status(worker, status);
                worker.task = Some(Task::Terminated { due: self.now.after_ms(CLEAN_UP_MS) });
            }
            PodWorkerState::Finished => {}
        }
    }

    fn sync_ended(&mut self, worker: &mut PodWorker, end: SyncEnd) {
        worker.last_sync = Some(self.now);
        match end {
            SyncEnd::Terminal => {
                // Models completeSync (v1.36)
                if worker.state == PodWorkerState::SyncPod {
                    worker.state = PodWorkerState::TerminatingPod;
                    worker.stop_cause = Some(match &worker.evict {
                        Some((reason, _)) if &**reason == "DeadlineExceeded" => StopCause::DeadlineExceeded,
                        Some(_) => StopCause::Evicted,
                        None => StopCause::PodFinished,
                    });
                    worker.grace_seconds = Some(effective_grace_period(worker));
                    worker.grace_since = Some(self.now);
                }
                self.complete_work(worker, true, &[]);
            }
            SyncEnd::Done { did, errors } => {
                worker.settled = !did && errors.is_empty() && is_settled(worker);
                if did && errors.is_empty() {
                    // Models the on-demand relist after a sync that changed something (v1.36)
                    self.relist_pod(worker);
                }
                self.complete_work(worker, false, &errors);
            }
        }
    }

    fn terminating_ended(&mut self, worker: &mut PodWorker) {
        worker.last_sync = Some(self.now);
        for probe in &mut worker.probes {
            probe.stopped = true;
        }
        let mut stopped = self.agent.runtime.pod_status(&worker.uid);
        stopped.ip = worker.cache.ip.clone();
        worker.cache = Rc::new(stopped);
        worker.state = PodWorkerState::TerminatedPod;
        let status = self.generate_status(worker, true);
        self.set_pod_status(worker, status);
        self.evicted_pod_killed(&worker.uid.clone());
        self.preempted(&worker.uid);
        self.complete_work(worker, true, &[]);
    }

    fn terminated_ended(&mut self, worker: &mut PodWorker) {
        worker.last_sync = Some(self.now);
        worker.state = PodWorkerState::Finished;
        worker.resync_at = None;
        worker.pending = false;
        // The volumes are unmounted before the Pod counts as cleaned up.
        self.remove_volumes(&mut worker.volumes);
        self.terminate_pod(worker);
    }

    // Models completeWork (v1.36)
    fn complete_work(&mut self, worker: &mut PodWorker, phase_transition: bool, errors: &[SyncError]) {
        let after_ms = if phase_transition {
            0
        } else if errors.is_empty() {
            self.resync_after_ms(worker)
        } else {
            let back_off = errors.iter().filter_map(|error| error.back_off_until).min();
            let ms =
                back_off.map_or(BACK_OFF_PERIOD_MS, |until| until.since_ms(self.now)).min(RESYNC_INTERVAL_MS);
            self.rng.jitter_ms(ms, JITTER_PERCENT, "back-off", &worker.uid, worker.syncs)
        };
        // The queue is looked at on each tick of the sync loop.
        let due = self.agent.next_tick(self.now.after_ms(after_ms));
        worker.resync_at = Some(due);
        if !worker.settled {
            self.wake_worker(worker, due);
        }
        if let Some(at) = self.deadline(worker) {
            self.wake_worker(worker, at.max(self.now.after_ms(1)));
        }
    }

    fn resync_after_ms(&self, worker: &PodWorker) -> u64 {
        self.rng.jitter_ms(RESYNC_INTERVAL_MS, JITTER_PERCENT, "resync", &worker.uid, worker.syncs)
    }

    /// Something happens to the Pod: the syncs that fell due before and would have changed nothing are counted, and
    /// the next one is made.
    ///
    /// `before` is the moment up to which they have been: what happens first at a moment (an event of a process)
    /// comes before a sync that is due then, what was asked for later comes after it.
    pub(crate) fn unsettle(&mut self, worker: &mut PodWorker, before: SimTime) {
        if !std::mem::replace(&mut worker.settled, false) {
            return;
        }
        while let Some(at) = worker.resync_at.filter(|at| *at < before) {
            worker.syncs += 1;
            worker.last_sync = Some(at);
            worker.resync_at = Some(self.agent.next_tick(at.after_ms(self.resync_after_ms(worker))));
        }
        if let Some(at) = worker.resync_at {
            self.wake_worker(worker, at);
        }
    }

    /// A ConfigMap, a Secret or a node has changed: every sync has something new to look at.
    pub(crate) fn unsettle_all(&mut self) {
        let settled = self.agent.kubelet.workers.iter().filter(|(_, worker)| worker.settled);
        let uids: Vec<Rc<str>> = settled.map(|(uid, _)| uid.clone()).collect();
        for uid in uids {
            self.with_worker(&uid, |_, _| {});
        }
    }

    /// A new kubelet tries to set up the volumes of a Pod that was ending when it started, but knows none of the
    /// objects they need: only a sync of a living Pod would have told it.
    // Models the volume manager's populator against configMapManager.RegisterPod (v1.36)
    fn mount_in_vain(&mut self, worker: &mut PodWorker) {
        let Some((at, pause_ms)) = worker.vain_mount else { return };
        if worker.state >= PodWorkerState::TerminatedPod {
            worker.vain_mount = None;
            return;
        }
        if self.now < at {
            return;
        }
        let token = worker.pod.spec.volumes.iter().find(|volume| volume.name.starts_with("kube-api-access-"));
        let Some(name) = token.map(|volume| volume.name.clone()) else {
            worker.vain_mount = None;
            return;
        };
        let text = format!(
            "MountVolume.SetUp failed for volume \"{name}\" : object \"{}\"/\"kube-root-ca.crt\" not registered",
            worker.namespace
        );
        self.pod_event(worker, crate::apiserver::events::EventType::Warning, "FailedMount", text);
        let next = self.now.after_ms(pause_ms);
        worker.vain_mount = Some((next, pause_ms * 2));
        self.wake_worker(worker, next);
    }

    /// Asks the runtime about one Pod; if its containers changed, the Pod is looked at.
    // Models reconcilePodRecord and computeEvents (v1.36)
    pub(crate) fn relist_pod(&mut self, worker: &mut PodWorker) {
        self.agent.runtime.dirty.remove(&worker.uid);
        let mut new = self.agent.runtime.pod_status(&worker.uid);
        let worthy = sync_worthy(&worker.cache, &new) | std::mem::take(&mut worker.reinspect);
        if new.ip.is_empty() && !new.sandboxes.iter().any(|sandbox| sandbox.ready) {
            new.ip = worker.cache.ip.clone();
        }
        worker.cache = Rc::new(new);
        // Later than the sync that asked for it.
        worker.cache_at = self.now.after_ms(1);
        if worthy {
            worker.pending = true;
            self.wake_worker(worker, self.now);
        }
    }

    /// When the Pod's deadline passes, if it has one and has not been failed for it.
    pub(crate) fn deadline(&self, worker: &PodWorker) -> Option<SimTime> {
        let at = self.past_deadline(worker)?;
        (worker.state == PodWorkerState::SyncPod && worker.evict.is_none()).then(|| self.agent.next_tick(at))
    }

    fn past_deadline(&self, worker: &PodWorker) -> Option<SimTime> {
        let seconds = worker.pod.spec.active_deadline_seconds?;
        let started = worker.status.as_ref()?.start_time?.0 - self.epoch_seconds;
        Some(SimTime::from_secs(u64::try_from(started + seconds).ok()?))
    }

    /// Fails the Pod when its deadline has passed. It is said again each time the status is made.
    // Models pkg/kubelet/active_deadline.go ShouldEvict (v1.36)
    pub(crate) fn check_deadline(&mut self, worker: &mut PodWorker) {
        if worker.pod.is_terminal() || self.past_deadline(worker).is_none_or(|at| self.now < at) {
            return;
        }
        let (reason, message) =
            ("DeadlineExceeded", "Pod was active on the node longer than the specified deadline");
        if worker.evict.is_none() {
            worker.evict = Some((reason.into(), message.into()));
            let seconds = worker.pod.spec.active_deadline_seconds.unwrap_or_default();
            self.tell(worker, "", StoryKind::DeadlineExceeded { seconds });
        }
        self.pod_event(worker, crate::apiserver::events::EventType::Normal, reason, message.into());
    }
}

/// Whether the next sync would change as little as this one did. It looks at: the Pod as the kubelet and as the API
/// have it, the cache, the results of probes, reasons, volumes with the ConfigMaps, Secrets and the node they show;
/// and it does something anew each time for a Pod that has failed or whose resize is not over.
fn is_settled(worker: &PodWorker) -> bool {
    let resizing = worker.desired.is_some()
        || worker.resize_pending.is_some()
        || worker.resize_in_progress.is_some()
        || worker.reinspect;
    worker.quiet
        && worker.state == PodWorkerState::SyncPod
        && !worker.pending
        && !worker.awaits_news
        && worker.evict.is_none()
        && worker.eviction.is_none()
        && !resizing
}

/// Whether the difference is one that the kubelet acts on.
fn sync_worthy(old: &PodStatus, new: &PodStatus) -> bool {
    let started_or_died = new.containers.iter().any(|container| {
        let before = old.containers.iter().find(|other| other.id == container.id).map(|other| other.state);
        before != Some(container.state)
    });
    let removed = old.containers.iter().any(|container| {
        container.state == ContainerState::Running
            && !new.containers.iter().any(|other| other.id == container.id)
    });
    let sandboxes = new.sandboxes.iter().any(|sandbox| {
        old.sandboxes
            .iter()
            .find(|other| other.id == sandbox.id)
            .is_none_or(|other| other.ready != sandbox.ready)
    });
    started_or_died || removed || sandboxes
}

// Models calculateEffectiveGracePeriod (v1.36)
pub(crate) fn effective_grace_period(worker: &PodWorker) -> i64 {
    let mut grace = worker.grace_seconds.unwrap_or(0);
    let mut shorten = |seconds: Option<i64>| {
        if let Some(seconds) = seconds
            && (grace == 0 || seconds < grace)
        {
            grace = seconds;
        }
    };
    shorten(worker.pod.metadata.deletion_grace_period_seconds);
    if grace == 0 {
        grace = worker.pod.spec.termination_grace_period_seconds.unwrap_or(0);
    }
    grace.max(1)
}
