//! Counting what ended: a Pod is kept by a finalizer until it stands in the Job's status, so that none is missed.
// Models trackJobStatusAndRemoveFinalizers and what it uses (v1.36)

use std::collections::BTreeSet;
use std::rc::Rc;

use k8s_api::batch::{JobCondition, JobStatus};

use super::indexes::completion_index;
use super::policy::{self, Failure};
use super::{
    COMPONENT, Memory, Sync, ensure_condition, has_tracking_finalizer, is_indexed, is_pod_failed,
    new_condition, remove_tracking_finalizer,
};
use crate::apiserver::Pod;
use crate::apiserver::events::EventType;
use crate::controllers::work::Work;

/// At most so many Pods are counted in one look.
// Models MaxUncountedPods (v1.36)
const MAX_UNCOUNTED_PODS: usize = 500;

fn is_success(condition: Option<&JobCondition>) -> bool {
    condition.is_some_and(|condition| condition.type_ == "SuccessCriteriaMet")
}

/// Moves the Pods that have no finalizer any more from the list of the uncounted to the counters.
// Models cleanUncountedPodsWithoutFinalizers (v1.36)
fn clean_uncounted(status: &mut JobStatus, with_finalizer: &BTreeSet<&str>) -> bool {
    let Some(uncounted) = &mut status.uncounted_terminated_pods else { return false };
    let mut changed = false;
    let lists =
        [(&mut uncounted.succeeded, &mut status.succeeded), (&mut uncounted.failed, &mut status.failed)];
    for (list, counter) in lists {
        let before = list.len();
        list.retain(|uid| with_finalizer.contains(uid.as_str()));
        let counted = before - list.len();
        *counter = counter.saturating_add(i32::try_from(counted).unwrap_or(i32::MAX));
        changed |= counted > 0;
    }
    changed
}

impl<'a> Sync<'a> {
    // Models trackJobStatusAndRemoveFinalizers (v1.36)
    pub(super) fn track_status_and_remove_finalizers(
        &mut self,
        work: &mut Work<'_>,
        uid: &Rc<str>,
        mut flush: bool,
    ) -> Result<(), String> {
        let all = self.pods;
        let mut with_finalizer: BTreeSet<&str> = all
            .iter()
            .filter(|pod| has_tracking_finalizer(pod))
            .map(|pod| pod.metadata.uid.as_str())
            .collect();
        flush |= clean_uncounted(&mut self.job.status, &with_finalizer);
        let (release, reached_max) = self.find_countable(&mut flush);
        flush |= self.tell_interim_condition(work);
        if flush {
            self.write_status(work).map_err(|error| format!("adding uncounted pods to status: {error}"))?;
            let generation = self.job.metadata.generation;
            let memory = Memory { generation, backoff: self.backoff };
            work.controllers.jobs.0.insert(Rc::clone(uid), memory);
        }
        for pod in release {
            remove_tracking_finalizer(work, &pod.metadata.namespace, &pod.metadata.name);
            with_finalizer.remove(pod.metadata.uid.as_str());
        }
        let mut flush = clean_uncounted(&mut self.job.status, &with_finalizer);
        let finished = !reached_max && self.enact_job_finished();
        flush |= finished;
        if flush {
            self.write_status(work)
                .map_err(|error| format!("removing uncounted pods from status: {error}"))?;
            if finished {
                self.record_job_finished(work);
            }
        }
        Ok(())
    }

    /// Notes what ended, and returns which Pods may go then and whether there are more than can be noted at once.
    fn find_countable(&mut self, flush: &mut bool) -> (Vec<&'a Pod>, bool) {
        let mut release: Vec<&Pod> = Vec::new();
        let mut new_indexes = Vec::new();
        let indexed = is_indexed(&self.job);
        let before = self.job.status.uncounted_terminated_pods.clone().unwrap_or_default();
        let mut uncounted = before.clone();
        let mut reached_max = false;
        let all = self.pods;
        for &pod in all.iter().filter(|pod| has_tracking_finalizer(pod)) {
            let failed = is_pod_failed(pod, &self.job);
            if !self.can_remove_finalizer(pod, failed) {
                continue;
            }
            release.push(pod);
            let pod_uid = &pod.metadata.uid;
            let failed = failed || (self.finished.is_some() && !is_success(self.finished.as_ref()));
            if pod.status.phase == "Succeeded" && !before.failed.contains(pod_uid) {
                if indexed {
                    // The index is enough to know it again.
                    let index =
                        self.valid_index(pod).filter(|index| !self.prev_succeeded_indexes.has(*index));
                    new_indexes.extend(index);
                    *flush |= index.is_some();
                } else if !before.succeeded.contains(pod_uid) {
                    *flush = true;
                    uncounted.succeeded.push(pod_uid.clone());
                }
            } else if failed
                && !before.failed.contains(pod_uid)
                && (!indexed || self.valid_index(pod).is_some())
                && policy::match_pod_failure_policy(&self.job.spec, pod) != Failure::Ignored
            {
                *flush = true;
                uncounted.failed.push(pod_uid.clone());
            }
            if new_indexes.len() + uncounted.succeeded.len() + uncounted.failed.len() >= MAX_UNCOUNTED_PODS {
                reached_max = true;
                break;
            }
        }
        self.job.status.uncounted_terminated_pods = Some(uncounted);
        if indexed {
            new_indexes.dedup();
            self.succeeded_indexes = self.succeeded_indexes.with(new_indexes);
            let (completed, failed) =
                (self.succeeded_indexes.to_string(), self.failed_indexes.as_ref().map(ToString::to_string));
            let status = &mut self.job.status;
            *flush |= status.completed_indexes != completed || status.failed_indexes != failed;
            status.succeeded = i32::try_from(self.succeeded_indexes.total()).unwrap_or(i32::MAX);
            status.completed_indexes = completed;
            status.failed_indexes = failed;
        }
        (release, reached_max)
    }

    // Models canRemoveFinalizer (v1.36)
    fn can_remove_finalizer(&self, pod: &Pod, failed: bool) -> bool {
        if self.job.metadata.deletion_timestamp.is_some()
            || self.finished.is_some()
            || pod.status.phase == "Succeeded"
        {
            return true;
        }
        let delayed = completion_index(pod).and_then(|index| self.delayed.get(&index));
        failed && delayed.is_none_or(|delayed| delayed.metadata.uid != pod.metadata.uid)
    }

    /// What is known of the end before the last Pod is counted; from now on the final condition is meant.
    fn tell_interim_condition(&mut self, work: &Work<'_>) -> bool {
        let now = work.time();
        let Some(condition) = self.finished.clone() else { return false };
        let last = match condition.type_.as_str() {
            "FailureTarget" => "Failed",
            "SuccessCriteriaMet" => "Complete",
            _ => return false,
        };
        self.finished = Some(new_condition(last, &condition.reason, &condition.message, now));
        let conditions = &mut self.job.status.conditions;
        let known = conditions.iter().any(|one| one.type_ == condition.type_ && one.status == "True");
        if !known {
            conditions.push(condition);
        }
        !known
    }

    /// Adds the final condition, if nothing is left to wait for.
    // Models enactJobFinished (v1.36)
    fn enact_job_finished(&mut self) -> bool {
        let Some(condition) = self.finished.clone() else { return false };
        let status = &mut self.job.status;
        let uncounted = status.uncounted_terminated_pods.as_ref();
        if uncounted.is_some_and(|pods| !pods.succeeded.is_empty() || !pods.failed.is_empty())
            || self.terminating > 0
        {
            return false;
        }
        if condition.type_ == "Complete" {
            status.completion_time = condition.last_transition_time;
        }
        ensure_condition(&mut status.conditions, condition);
        true
    }

    // Models recordJobFinished (v1.36)
    fn record_job_finished(&self, work: &mut Work<'_>) {
        let Some(condition) = &self.finished else { return };
        if condition.type_ != "Complete" {
            let (reason, message) = (condition.reason.as_str(), condition.message.clone());
            work.record(COMPONENT, &self.owner, EventType::Warning, reason, message);
            return;
        }
        if self.job.spec.completions.is_some_and(|wanted| self.job.status.succeeded > wanted) {
            let text = "Too many succeeded pods running after completion count reached".to_string();
            work.record(COMPONENT, &self.owner, EventType::Warning, "TooManySucceededPods", text);
        }
        work.record(COMPONENT, &self.owner, EventType::Normal, "Completed", "Job completed".into());
    }

    // Models updateJobStatus (v1.36)
    fn write_status(&mut self, work: &mut Work<'_>) -> Result<(), String> {
        work.update_status(&self.owner.key(), self.job.status.to_value())
    }
}
