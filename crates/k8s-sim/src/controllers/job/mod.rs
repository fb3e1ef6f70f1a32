//! Work that ends: makes Pods until enough of them have succeeded, or too many failed.
// Models pkg/controller/job/job_controller.go (v1.36). Left out: what guards against a cache that lags behind, since
// nothing lags here, and the Workload API.

mod backoff;
mod indexes;
mod manage;
mod notice;
mod policy;
mod track;

use std::collections::BTreeMap;
use std::rc::Rc;

use k8s_api::batch::{Job, JobCondition};
use k8s_api::meta::Time;

use self::backoff::BackoffRecord;
use self::indexes::{Intervals, completion_index};
use self::notice::remove_tracking_finalizer;
use self::policy::Failure;
use super::work::{Controller, Owner, Work};
use super::{pods, ref_manager};
use crate::apiserver::events::EventType;
use crate::apiserver::{Object, ObjectKey, Pod};

pub(super) use notice::{notice, sync_orphan};

const COMPONENT: &str = "job-controller";
/// Changes of its Pods and of its status wait so long, so that a Job is looked at once for many of them.
// Models SyncJobBatchPeriod (v1.36)
const SYNC_JOB_BATCH_MS: u64 = 1_000;
/// Keeps a Pod until its Job has counted it.
const TRACKING_FINALIZER: &str = "batch.kubernetes.io/job-tracking";

/// What the controller remembers, by the UIDs of Jobs.
#[derive(Clone, Debug, Default)]
pub(crate) struct JobsState(BTreeMap<Rc<str>, Memory>);

#[derive(Clone, Copy, Debug, Default)]
struct Memory {
    generation: i64,
    backoff: BackoffRecord,
}

/// Whether a Job is over.
// Models IsJobFinished (v1.36)
pub(super) fn is_finished(job: &Job) -> bool {
    finished_condition(job).is_some()
}

/// By which condition a Job is over.
pub(super) fn finished_condition(job: &Job) -> Option<&JobCondition> {
    job.status.conditions.iter().find(|condition| {
        matches!(condition.type_.as_str(), "Complete" | "Failed") && condition.status == "True"
    })
}

fn has_tracking_finalizer(pod: &Pod) -> bool {
    pod.metadata.finalizers.iter().any(|finalizer| finalizer == TRACKING_FINALIZER)
}

/// Whether somebody else looks after the Job.
// Models managedByExternalController (v1.36)
fn is_managed_elsewhere(job: &Job) -> bool {
    job.spec.managed_by.as_deref().is_some_and(|by| by != "kubernetes.io/job-controller")
}

/// What one look at a Job is about.
// Models syncJobCtx (v1.36)
struct Sync<'a> {
    job: Job,
    owner: Owner,
    pods: &'a [&'a Pod],
    active: Vec<&'a Pod>,
    succeeded: i64,
    failed: i64,
    ready: i32,
    terminating: i32,
    /// The indexes counted before, and those with what has succeeded since.
    prev_succeeded_indexes: Intervals,
    succeeded_indexes: Intervals,
    failed_indexes: Option<Intervals>,
    /// Of indexes that wait for another try: the Pod that failed last.
    delayed: BTreeMap<i64, &'a Pod>,
    backoff: BackoffRecord,
    finished: Option<JobCondition>,
}

/// Looks at a Job.
// Models syncJob (v1.36)
pub(super) fn sync(work: &mut Work<'_>, key: &ObjectKey) -> Result<(), String> {
    let Some(object) = work.store.get(key).cloned() else { return Ok(()) };
    let job = Job::from_value(&object.to_value());
    if is_managed_elsewhere(&job) || is_finished(&job) {
        return Ok(());
    }
    let owner = Owner::of(&object);
    let listed = pods_for_job(work, &job, &owner)?;
    let mut pods: Vec<&Pod> = listed.iter().filter_map(|object| object.as_pod()).collect();
    if is_indexed(&job) {
        k8s_api::small::sort(&mut pods, &|a, b| completion_index(a) < completion_index(b));
    }
    Sync::new(job, owner, &pods).run(work, key)
}

/// The Pods that are the Job's own; those that it may adopt become so.
// Models getPodsForJob (v1.36)
fn pods_for_job(work: &mut Work<'_>, job: &Job, owner: &Owner) -> Result<Vec<Rc<Object>>, String> {
    let mut own = Vec::new();
    for object in ref_manager::owned_or_orphaned(work, owner, "Pod") {
        let Some(pod) = object.as_pod() else { continue };
        let selector = job.spec.selector.as_ref();
        let matches = selector.is_some_and(|selector| selector.matches(&pod.metadata.labels));
        if !ref_manager::claim(work, owner, &object, matches)? {
            continue;
        }
        if pod.metadata.controller().is_some() {
            own.push(object);
            continue;
        }
        let Some(adopted) = work.store.pod(&pod.metadata.namespace, &pod.metadata.name) else { continue };
        let mut adopted = adopted.clone();
        if !has_tracking_finalizer(&adopted) {
            adopted.metadata.finalizers.push(TRACKING_FINALIZER.into());
        }
        own.push(work.store.put(work.now, Object::Pod(Rc::new(adopted))));
    }
    Ok(own)
}

// Models isIndexedJob (v1.36)
fn is_indexed(job: &Job) -> bool {
    job.spec.completion_mode.as_deref() == Some("Indexed")
}

// Models jobSuspended (v1.36)
fn is_suspended(job: &Job) -> bool {
    job.spec.suspend == Some(true)
}

// Models onlyReplaceFailedPods (v1.36)
fn only_replace_failed_pods(job: &Job) -> bool {
    job.spec.pod_replacement_policy.as_deref() == Some("Failed") || job.spec.pod_failure_policy.is_some()
}

/// Whether a Pod counts as failed: one that is deleted counts before it has ended.
// Models isPodFailed (v1.36)
fn is_pod_failed(pod: &Pod, job: &Job) -> bool {
    let deleted = pod.metadata.deletion_timestamp.is_some() && pod.status.phase != "Succeeded";
    pod.status.phase == "Failed" || (deleted && !only_replace_failed_pods(job))
}

// Models newCondition (v1.36)
fn new_condition(type_: &str, reason: &str, message: &str, now: Time) -> JobCondition {
    JobCondition {
        type_: type_.into(),
        status: "True".into(),
        last_probe_time: Some(now),
        last_transition_time: Some(now),
        reason: reason.into(),
        message: message.into(),
    }
}

/// Sets a condition; one that was never true does not become false. Whether anything changed.
// Models ensureJobConditionStatus (v1.36)
fn ensure_condition(list: &mut Vec<JobCondition>, new: JobCondition) -> bool {
    match list.iter_mut().find(|condition| condition.type_ == new.type_) {
        Some(old) if old.status == new.status && old.reason == new.reason && old.message == new.message => {
            false
        }
        Some(old) => {
            *old = new;
            true
        }
        None if new.status == "False" => false,
        None => {
            list.push(new);
            true
        }
    }
}

impl<'a> Sync<'a> {
    fn new(mut job: Job, owner: Owner, pods: &'a [&'a Pod]) -> Self {
        job.status.uncounted_terminated_pods.get_or_insert_default();
        let active: Vec<&Pod> = pods.iter().copied().filter(|pod| pods::is_active(pod)).collect();
        let count = |wanted: &dyn Fn(&Pod) -> bool, pods: &[&Pod]| {
            i32::try_from(pods.iter().filter(|pod| wanted(pod)).count()).unwrap_or(i32::MAX)
        };
        Self {
            ready: count(&|pod| pods::is_ready(pod), &active),
            terminating: count(&|pod| pods::is_terminating(pod), pods),
            job,
            owner,
            pods,
            active,
            succeeded: 0,
            failed: 0,
            prev_succeeded_indexes: Intervals::default(),
            succeeded_indexes: Intervals::default(),
            failed_indexes: None,
            delayed: BTreeMap::new(),
            backoff: BackoffRecord::default(),
            finished: None,
        }
    }

    fn completions(&self) -> Option<i64> {
        self.job.spec.completions.map(i64::from)
    }

    /// The index of a Pod, if it is one of the Job's.
    fn valid_index(&self, pod: &Pod) -> Option<i64> {
        completion_index(pod).filter(|index| *index < self.completions().unwrap_or(0))
    }

    /// Pods that are not counted yet and that have, in an Indexed Job, a valid index.
    // Models getValidPodsWithFilter (v1.36)
    fn valid_pods(&self, counted: &[String], wanted: &dyn Fn(&Pod) -> bool) -> Vec<&'a Pod> {
        let valid = |pod: &&&Pod| {
            has_tracking_finalizer(pod)
                && !counted.contains(&pod.metadata.uid)
                && (!is_indexed(&self.job) || self.valid_index(pod).is_some())
                && wanted(pod)
        };
        self.pods.iter().filter(valid).copied().collect()
    }

    fn run(mut self, work: &mut Work<'_>, key: &ObjectKey) -> Result<(), String> {
        let now = work.time();
        let uid: Rc<str> = self.job.metadata.uid.as_str().into();
        let uncounted = self.job.status.uncounted_terminated_pods.clone().unwrap_or_default();
        let succeeded = self.valid_pods(&uncounted.succeeded, &|pod| pod.status.phase == "Succeeded");
        let failed = self.valid_pods(&uncounted.failed, &|pod| is_pod_failed(pod, &self.job));
        let counting = failed
            .iter()
            .filter(|pod| policy::match_pod_failure_policy(&self.job.spec, pod) != Failure::Ignored);
        self.failed = i64::from(self.job.status.failed) + (counting.count() + uncounted.failed.len()) as i64;
        self.succeeded =
            i64::from(self.job.status.succeeded) + (succeeded.len() + uncounted.succeeded.len()) as i64;
        if self.job.status.start_time.is_none() && !is_suspended(&self.job) {
            self.job.status.start_time = Some(now);
        }
        let remembered = work.controllers.jobs.0.get(&uid).copied().unwrap_or_default();
        self.backoff = remembered.backoff.with(&succeeded, &failed);
        self.evaluate(work, key, now);
        let mut changed = false;
        let mut active = i32::try_from(self.active.len()).unwrap_or(i32::MAX);
        let mut managed = Ok(());
        if self.finished.is_some() {
            let deleted = self.delete_active_pods(work);
            if deleted != active {
                self.finished = None;
            }
            active -= deleted;
            self.terminating += deleted;
        } else {
            if self.job.metadata.deletion_timestamp.is_none() {
                (active, managed) = self.manage(work, key);
            }
            let complete = match self.completions() {
                None => self.succeeded > 0,
                Some(wanted) => self.succeeded >= wanted,
            };
            if complete && active == 0 {
                let message = "Reached expected number of succeeded pods";
                self.finished = Some(new_condition("SuccessCriteriaMet", "CompletionsReached", message, now));
            } else if self.job.metadata.deletion_timestamp.is_none() {
                changed = self.tell_suspension(work, now);
            }
        }
        let status = &mut self.job.status;
        changed |= active != status.active
            || status.ready != Some(self.ready)
            || status.terminating != Some(self.terminating);
        status.active = active;
        status.ready = Some(self.ready);
        status.terminating = Some(self.terminating);
        self.track_status_and_remove_finalizers(work, &uid, changed)
            .map_err(|error| format!("tracking status: {error}"))?;
        managed
    }

    /// Whether the Job is over, and if so how.
    fn evaluate(&mut self, work: &mut Work<'_>, key: &ObjectKey, now: Time) {
        let known = |type_: &str| {
            let mut conditions = self.job.status.conditions.iter();
            conditions.find(|condition| condition.type_ == type_ && condition.status == "True").cloned()
        };
        self.finished = known("SuccessCriteriaMet");
        if self.finished.is_none() {
            self.finished = match known("FailureTarget") {
                Some(target) => Some(new_condition("Failed", &target.reason, &target.message, now)),
                None => self
                    .fail_job_message()
                    .map(|why| new_condition("FailureTarget", "PodFailurePolicy", &why, now)),
            };
        }
        let failure =
            |reason: &str, message: &str| Some(new_condition("FailureTarget", reason, message, now));
        if self.finished.is_none() {
            let limit = i64::from(self.job.spec.backoff_limit.unwrap_or(6));
            if self.failed > limit || self.past_backoff_limit_on_failure(limit) {
                let message = "Job has reached the specified backoff limit";
                self.finished = failure("BackoffLimitExceeded", message);
            } else if let (Some(seconds), Some(start), false) =
                (self.job.spec.active_deadline_seconds, self.job.status.start_time, is_suspended(&self.job))
            {
                let left =
                    start.0.saturating_add(seconds).saturating_mul(1000).saturating_sub(work.unix_ms());
                if left <= 0 {
                    let message = "Job was active longer than specified deadline";
                    self.finished = failure("DeadlineExceeded", message);
                } else {
                    work.enqueue_after(Controller::Job, key, left.unsigned_abs());
                }
            }
        }
        if !is_indexed(&self.job) {
            return;
        }
        let completions = self.completions().unwrap_or(0);
        self.count_indexes(completions);
        if let Some(failed) = &self.failed_indexes
            && self.finished.is_none()
        {
            let most = self.job.spec.max_failed_indexes.map(i64::from);
            if most.is_some_and(|most| failed.total() > most) {
                let message = "Job has exceeded the specified maximal number of failed indexes";
                self.finished = failure("MaxFailedIndexesExceeded", message);
            } else if failed.total() > 0 && failed.total() + self.succeeded_indexes.total() >= completions {
                self.finished = failure("FailedIndexes", "Job has failed indexes");
            }
        }
        if self.finished.is_none() {
            let met = policy::match_success_policy(&self.job.spec, completions, &self.succeeded_indexes);
            self.finished =
                met.map(|message| new_condition("SuccessCriteriaMet", "SuccessPolicy", &message, now));
        }
    }

    // Models getFailJobMessage (v1.36)
    fn fail_job_message(&self) -> Option<String> {
        let failed = self.pods.iter().filter(|pod| is_pod_failed(pod, &self.job));
        let mut messages =
            failed.filter_map(|pod| match policy::match_pod_failure_policy(&self.job.spec, pod) {
                Failure::FailsJob(message) => Some(message),
                Failure::Counts | Failure::Ignored | Failure::FailsIndex => None,
            });
        messages.next()
    }

    /// Whether containers that are restarted in place were so too often.
    // Models pastBackoffLimitOnFailure (v1.36)
    fn past_backoff_limit_on_failure(&self, limit: i64) -> bool {
        if self.job.spec.template.spec["restartPolicy"] != "OnFailure" {
            return false;
        }
        let running =
            self.pods.iter().filter(|pod| matches!(pod.status.phase.as_str(), "Running" | "Pending"));
        let statuses = running
            .flat_map(|pod| pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses));
        let restarts: i64 = statuses.map(|status| i64::from(status.restart_count)).sum();
        if limit == 0 { restarts > 0 } else { restarts >= limit }
    }

    // Models calculateSucceededIndexes, calculateFailedIndexes and getPodsWithDelayedDeletionPerIndex (v1.36)
    fn count_indexes(&mut self, completions: i64) {
        let of = |wanted: &dyn Fn(&Pod) -> bool| -> Vec<i64> {
            let pods = self.pods.iter().filter(|pod| has_tracking_finalizer(pod) && wanted(pod));
            let mut indexes: Vec<i64> = pods.filter_map(|pod| self.valid_index(pod)).collect();
            indexes.dedup();
            indexes
        };
        let previous = Intervals::parse(&self.job.status.completed_indexes, completions);
        let succeeded = previous.with(of(&|pod| pod.status.phase == "Succeeded"));
        let failed = self.job.spec.backoff_limit_per_index.map(|limit| {
            let known = self.job.status.failed_indexes.as_deref().unwrap_or_default();
            Intervals::parse(known, completions)
                .with(of(&|pod| manage::is_index_failed(&self.job, pod, limit)))
        });
        if let Some(failed) = &failed {
            let active: Vec<i64> = self.active.iter().filter_map(|pod| completion_index(pod)).collect();
            let mut delayed: BTreeMap<i64, &'a Pod> = BTreeMap::new();
            for pod in self.valid_pods(&[], &|pod| is_pod_failed(pod, &self.job)) {
                let Some(index) = self.valid_index(pod) else { continue };
                if succeeded.has(index) || failed.has(index) || active.contains(&index) {
                    continue;
                }
                let rank = |pod: &Pod| (manage::absolute_failure_count(pod), backoff::finished_time(pod));
                let newer = delayed.get(&index).is_none_or(|old| {
                    let ((old_count, old_time), (count, time)) = (rank(old), rank(pod));
                    old_count <= count && time >= old_time
                });
                if newer {
                    delayed.insert(index, pod);
                }
            }
            self.delayed = delayed;
        }
        self.succeeded = succeeded.total();
        self.prev_succeeded_indexes = previous;
        self.succeeded_indexes = succeeded;
        self.failed_indexes = failed;
    }

    /// Says that the Job is suspended, or goes on. Whether that is new.
    fn tell_suspension(&mut self, work: &mut Work<'_>, now: Time) -> bool {
        let suspended = is_suspended(&self.job);
        let (reason, message) =
            if suspended { ("JobSuspended", "Job suspended") } else { ("JobResumed", "Job resumed") };
        let mut condition = new_condition("Suspended", reason, message, now);
        if !suspended {
            condition.status = "False".into();
        }
        if !ensure_condition(&mut self.job.status.conditions, condition) {
            return false;
        }
        let reason = reason.trim_start_matches("Job");
        work.record(COMPONENT, &self.owner, EventType::Normal, reason, message.into());
        self.job.status.start_time = if suspended { None } else { Some(now) };
        true
    }
}
