//! Jobs by the clock.
// Models pkg/controller/cronjob/cronjob_controllerv2.go and utils.go (v1.36)

use std::collections::BTreeMap;
use std::rc::Rc;

use k8s_api::Value;
use k8s_api::batch::{CronJob, Job};
use k8s_api::core::ObjectReference;
use k8s_api::cron::Schedule;
use k8s_api::meta::Time;
use k8s_api::zones::{self, Zone};
use serde_json::json;

use super::job::{finished_condition, is_finished};
use super::work::{Controller, Owner, Work};
use super::{pod_control, ref_manager};
use crate::apiserver::events::EventType;
use crate::apiserver::{ObjectKey, WatchEvent, WatchType};
use crate::input::DeleteOptions;

const COMPONENT: &str = "cronjob-controller";
/// Later than the schedule says, lest a clock that is slow makes it too early.
// Models nextScheduleDelta (v1.36)
const NEXT_SCHEDULE_DELTA_MS: i64 = 100;
/// More moments between two schedules are not looked at one by one.
const MOMENTS_MAX: usize = 100_000;

/// What the controller remembers: the schedules of CronJobs, by UID.
#[derive(Clone, Debug, Default)]
pub(crate) struct CronJobsState(BTreeMap<Rc<str>, Rc<str>>);

/// Puts the CronJobs into the queue that a change concerns.
// Models addJob, updateJob, deleteJob and updateCronJob (v1.36)
pub(super) fn notice(work: &mut Work<'_>, change: &WatchEvent) {
    let object = &*change.object;
    match object.kind() {
        "Job" => {
            if let Some(key) = ref_manager::controller_of(work, object).filter(|key| key.kind == "CronJob") {
                work.enqueue(Controller::CronJob, key);
            }
        }
        "CronJob" => {
            let key = ObjectKey::of(object);
            let uid: Rc<str> = object.meta().uid.as_str().into();
            if change.kind == WatchType::Deleted {
                work.controllers.cron_jobs.0.remove(&uid);
                return;
            }
            let cron_job = CronJob::from_value(&object.to_value());
            let zone = cron_job.spec.time_zone.as_deref().unwrap_or_default();
            let written: Rc<str> = format!("{zone} {}", cron_job.spec.schedule).into();
            let before = work.controllers.cron_jobs.0.insert(uid, Rc::clone(&written));
            if before.is_none_or(|before| before == written) {
                work.enqueue(Controller::CronJob, key);
                return;
            }
            let due = Plan::of(&cron_job).ok().and_then(|plan| plan.next_ms(&cron_job, work.unix_ms()));
            if let Some(after_ms) = due {
                work.enqueue_after(Controller::CronJob, &key, after_ms);
            }
        }
        _ => {}
    }
}

/// When a CronJob runs.
struct Plan {
    schedule: Schedule,
    zone: Zone,
}

impl Plan {
    // Models formatSchedule (v1.36)
    fn of(cron_job: &CronJob) -> Result<Self, String> {
        let zone = cron_job.spec.time_zone.as_deref().and_then(zones::find).unwrap_or(zones::UTC);
        Ok(Self { schedule: Schedule::parse(&cron_job.spec.schedule)?, zone })
    }

    /// The last moment at which a Job was due since the last one that was made, and how many were missed.
    // Models mostRecentScheduleTime (v1.36)
    fn most_recent(
        &self,
        cron_job: &CronJob,
        now: i64,
        with_deadline: bool,
    ) -> Result<(i64, Option<i64>, i64), String> {
        let created = cron_job.metadata.creation_timestamp.unwrap_or_default().0;
        let mut earliest = cron_job.status.last_schedule_time.map_or(created, |last| last.0);
        if let Some(seconds) = cron_job.spec.starting_deadline_seconds.filter(|_| with_deadline) {
            earliest = earliest.max(now.saturating_sub(seconds));
        }
        let next = |after: i64| self.schedule.next(&self.zone, after);
        let never = "time difference between two schedules is less than 1 second";
        let first = next(earliest).ok_or(never)?;
        if now < first {
            return Ok((earliest, None, 0));
        }
        let second = next(first).ok_or(never)?;
        if now < second {
            return Ok((earliest, Some(first), 0));
        }
        let missed = (now - first) / (second - first) + 1;
        let from = first + (missed - 2) * (second - first);
        let mut moments = std::iter::successors(next(from), |at| next(*at)).take(MOMENTS_MAX);
        let mut last = None;
        while let Some(at) = moments.next().filter(|at| *at <= now) {
            last = Some(at);
        }
        Ok((earliest, last, missed))
    }

    /// After how many milliseconds the next Job is due.
    // Models nextScheduleTimeDuration (v1.36)
    fn next_ms(&self, cron_job: &CronJob, unix_ms: i64) -> Option<u64> {
        let now = unix_ms.div_euclid(1000);
        let from = match self.most_recent(cron_job, now, false) {
            Ok((_, Some(recent), _)) => recent,
            Ok((earliest, None, 0)) => earliest,
            Ok((_, None, _)) | Err(_) => now,
        };
        let next = self.schedule.next(&self.zone, from)?;
        Some((next * 1000 + NEXT_SCHEDULE_DELTA_MS - unix_ms).max(1).unsigned_abs())
    }
}

/// What one look at a CronJob is about.
struct Sync {
    cron_job: CronJob,
    owner: Owner,
    template: Value,
    changed: bool,
}

/// Looks at a CronJob.
// Models sync (v1.36)
pub(super) fn sync(work: &mut Work<'_>, key: &ObjectKey) -> Result<(), String> {
    let Some(object) = work.store.get(key).cloned() else { return Ok(()) };
    let tree = object.to_value();
    let mut sync = Sync {
        cron_job: CronJob::from_value(&tree),
        owner: Owner::of(&object),
        template: tree["spec"]["jobTemplate"].clone(),
        changed: false,
    };
    let jobs: Vec<Job> = work
        .store
        .list("Job", Some(&key.namespace))
        .filter(|job| job.meta().controller().is_some_and(|owner| owner.name == key.name))
        .map(|job| Job::from_value(&job.to_value()))
        .collect();
    sync.cleanup_finished_jobs(work, &jobs);
    let result = sync.run(work, &jobs);
    if sync.changed {
        work.update_status(key, sync.cron_job.status.to_value())?;
    }
    if let Some(after_ms) = result? {
        work.enqueue_after(Controller::CronJob, key, after_ms);
    }
    Ok(())
}

impl Sync {
    fn record(&self, work: &mut Work<'_>, kind: EventType, reason: &str, message: String) {
        work.record(COMPONENT, &self.owner, kind, reason, message);
    }

    fn is_active(&self, uid: &str) -> bool {
        self.cron_job.status.active.iter().any(|job| job.uid == uid)
    }

    fn forget(&mut self, uid: &str) {
        self.cron_job.status.active.retain(|job| job.uid != uid);
        self.changed = true;
    }

    /// Deletes the oldest Jobs that are over, beyond those that are kept.
    // Models cleanupFinishedJobs and removeOldestJobs (v1.36)
    fn cleanup_finished_jobs(&mut self, work: &mut Work<'_>, jobs: &[Job]) {
        let spec = &self.cron_job.spec;
        let limits =
            [("Complete", spec.successful_jobs_history_limit), ("Failed", spec.failed_jobs_history_limit)];
        for (how, limit) in limits {
            let Some(limit) = limit else { continue };
            let over = |job: &&Job| finished_condition(job).is_some_and(|condition| condition.type_ == how);
            let mut finished: Vec<&Job> = jobs.iter().filter(over).collect();
            let rank = |job: &Job| {
                let start = job.status.start_time;
                (start.is_none(), start.unwrap_or_default().0, job.metadata.name.clone())
            };
            k8s_api::small::sort(&mut finished, &|a, b| rank(a) < rank(b));
            let surplus = finished.len().saturating_sub(usize::try_from(limit).unwrap_or(0));
            for job in finished.into_iter().take(surplus) {
                self.delete_job(work, &job.metadata.name, &job.metadata.uid);
            }
        }
    }

    // Models deleteJob (v1.36)
    fn delete_job(&mut self, work: &mut Work<'_>, name: &str, uid: &str) -> bool {
        let key = ObjectKey::new("Job", &self.owner.metadata.namespace, name);
        match work.delete(&key, DeleteOptions::default()) {
            Ok(_) => {
                self.forget(uid);
                self.record(work, EventType::Normal, "SuccessfulDelete", format!("Deleted job {name}"));
                true
            }
            Err(refusal) => {
                let text = format!("Deleted job: {}", refusal.message);
                self.record(work, EventType::Warning, "FailedDelete", text);
                false
            }
        }
    }

    /// Makes the Job that is due. Returns after how many milliseconds to look again.
    // Models syncCronJob (v1.36)
    fn run(&mut self, work: &mut Work<'_>, jobs: &[Job]) -> Result<Option<u64>, String> {
        self.look_at_jobs(work, jobs);
        if self.cron_job.metadata.deletion_timestamp.is_some() || self.cron_job.spec.suspend == Some(true) {
            return Ok(None);
        }
        let schedule = self.cron_job.spec.schedule.clone();
        let plan = match Plan::of(&self.cron_job) {
            Ok(plan) => plan,
            Err(why) => {
                let text = format!("unparseable schedule: {schedule:?} : {why}");
                self.record(work, EventType::Warning, "UnparseableSchedule", text);
                return Ok(None);
            }
        };
        let now = work.time().0;
        let (due, missed) = match plan.most_recent(&self.cron_job, now, true) {
            Ok((_, due, missed)) => (due, missed),
            Err(why) => {
                let text = format!("invalid schedule: {schedule} : {why}");
                self.record(work, EventType::Warning, "InvalidSchedule", text);
                return Ok(None);
            }
        };
        if let Some(due) = due {
            if missed > 100 {
                let text = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock \
                            skew";
                self.record(work, EventType::Warning, "TooManyMissedTimes", text.into());
            }
            self.start(work, &plan, due)?;
        }
        Ok(plan.next_ms(&self.cron_job, work.unix_ms()))
    }

    /// Takes those off the list of the active that are over or gone.
    fn look_at_jobs(&mut self, work: &mut Work<'_>, jobs: &[Job]) {
        for job in jobs {
            let (name, uid) = (&job.metadata.name, &job.metadata.uid);
            let active = self.is_active(uid);
            if !is_finished(job) {
                if !active {
                    let text = format!("Saw a job that the controller did not create or forgot: {name}");
                    self.record(work, EventType::Warning, "UnexpectedJob", text);
                }
                continue;
            }
            let condition = finished_condition(job).map(|condition| condition.type_.clone());
            let condition = condition.unwrap_or_default();
            if active {
                self.forget(uid);
                let text = format!("Saw completed job: {name}, condition: {condition}");
                self.record(work, EventType::Normal, "SawCompletedJob", text);
            }
            let last = self.cron_job.status.last_successful_time;
            if condition == "Complete"
                && let Some(end) = job.status.completion_time
                && last.is_none_or(|last| end.0 > last.0)
            {
                self.cron_job.status.last_successful_time = Some(end);
                self.changed = true;
            }
        }
        for active in self.cron_job.status.active.clone() {
            let key = ObjectKey::new("Job", &active.namespace, &active.name);
            if jobs.iter().all(|job| job.metadata.uid != active.uid) && work.store.get(&key).is_none() {
                let text = format!("Active job went missing: {}", active.name);
                self.record(work, EventType::Normal, "MissingJob", text);
                self.forget(&active.uid);
            }
        }
    }

    /// Makes the Job of a moment, if nothing is against it.
    fn start(&mut self, work: &mut Work<'_>, plan: &Plan, due: i64) -> Result<(), String> {
        let now_ms = work.unix_ms();
        let deadline = self.cron_job.spec.starting_deadline_seconds;
        if deadline.is_some_and(|seconds| due.saturating_add(seconds).saturating_mul(1000) < now_ms) {
            let moment = rfc1123_utc(due);
            let text = format!("Missed scheduled time to start a job: {moment}");
            self.record(work, EventType::Warning, "MissSchedule", text);
            return Ok(());
        }
        let name = format!("{}-{}", self.owner.metadata.name, due / 60);
        let status = &self.cron_job.status;
        if status.active.iter().any(|job| job.name == name) || status.last_schedule_time == Some(Time(due)) {
            return Ok(());
        }
        let running = status.active.clone();
        match self.cron_job.spec.concurrency_policy.as_str() {
            "Forbid" if !running.is_empty() => {
                let text =
                    "Not starting job because prior execution is running and concurrency policy is Forbid";
                self.record(work, EventType::Normal, "JobAlreadyActive", text.into());
                return Ok(());
            }
            "Replace" => {
                for job in running {
                    if !self.delete_job(work, &job.name, &job.uid) {
                        return Err(format!("could not replace job {}/{}", job.namespace, job.name));
                    }
                }
            }
            _ => {}
        }
        let namespace = self.owner.metadata.namespace.clone();
        let made = match work.create(&namespace, self.job(plan, &name, due)) {
            Ok(made) => {
                self.record(work, EventType::Normal, "SuccessfulCreate", format!("Created job {name}"));
                made
            }
            Err(refusal) if refusal.reason == "AlreadyExists" => {
                let known = work.store.get(&ObjectKey::new("Job", &namespace, &name));
                let known = known.map(|job| job.to_value()).unwrap_or_default();
                let owner = &known["metadata"]["ownerReferences"][0]["uid"];
                let uid = known["metadata"]["uid"].as_str().unwrap_or_default();
                if *owner != self.owner.metadata.uid.as_str() || self.is_active(uid) {
                    return Ok(());
                }
                known
            }
            Err(refusal) => {
                if !pod_control::namespace_terminating(&refusal) {
                    let text = format!("Error creating job: {}", refusal.message);
                    self.record(work, EventType::Warning, "FailedCreate", text);
                }
                return Err(refusal.message);
            }
        };
        self.cron_job.status.active.push(reference(&made));
        self.cron_job.status.last_schedule_time = Some(Time(due));
        self.changed = true;
        Ok(())
    }

    // Models getJobFromTemplate2 (v1.36)
    fn job(&self, plan: &Plan, name: &str, due: i64) -> Value {
        let mut metadata = json!({"name": name, "ownerReferences": [self.owner.controller_ref()]});
        for field in ["labels", "annotations"] {
            let given = &self.template["metadata"][field];
            metadata[field] = if given.is_null() { json!({}) } else { given.clone() };
        }
        metadata["annotations"]["batch.kubernetes.io/cronjob-scheduled-timestamp"] =
            rfc3339_in(due, plan.zone.offset_at(due)).into();
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": self.template["spec"]})
    }
}

/// What the list of the active calls a Job.
// Models reference.GetReference (v1.36)
fn reference(job: &Value) -> ObjectReference {
    let text = |field: &str| job["metadata"][field].as_str().unwrap_or_default().to_string();
    ObjectReference {
        kind: "Job".into(),
        namespace: text("namespace"),
        name: text("name"),
        uid: text("uid"),
        api_version: "batch/v1".into(),
        resource_version: text("resourceVersion"),
        ..ObjectReference::default()
    }
}

/// `Fri, 20 Nov 2026 12:00:00 UTC`
fn rfc1123_utc(at: i64) -> String {
    Time(at).rfc1123z().replace("+0000", "UTC")
}

/// A moment as the clocks of a zone show it: `2026-11-20T13:00:00+01:00`.
fn rfc3339_in(at: i64, offset: i64) -> String {
    let shown = Time(at + offset).rfc3339();
    if offset == 0 {
        return shown;
    }
    let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
    format!("{}{sign}{:02}:{:02}", shown.trim_end_matches('Z'), minutes / 60, minutes % 60)
}
