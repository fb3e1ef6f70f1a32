//! How many Pods a Job has at a time: makes those that are missing, deletes those that are too many.
// Models manageJob and what it uses of pkg/controller/job/indexed_job_utils.go (v1.36)

use k8s_api::Value;
use k8s_api::batch::Job;
use serde_json::json;

use super::indexes::{COMPLETION_INDEX, completion_index};
use super::policy::{self, Failure};
use super::{
    COMPONENT, Controller, SYNC_JOB_BATCH_MS, Sync, TRACKING_FINALIZER, backoff, is_indexed, is_pod_failed,
    is_suspended, only_replace_failed_pods, pods, remove_tracking_finalizer,
};
use crate::apiserver::{ObjectKey, Pod};
use crate::controllers::pod_control;
use crate::controllers::pods::Ranked;
use crate::controllers::work::Work;

/// At most so many Pods are made or deleted in one look.
// Models MaxPodCreateDeletePerSync (v1.36)
const MAX_POD_CREATE_DELETE_PER_SYNC: usize = 500;
/// The longest beginning of a generated name.
// Models names.MaxGeneratedNameLength (v1.36)
const GENERATED_NAME_BASE_MAX: usize = 58;
const INDEX_FAILURE_COUNT: &str = "batch.kubernetes.io/job-index-failure-count";
const INDEX_IGNORED_FAILURE_COUNT: &str = "batch.kubernetes.io/job-index-ignored-failure-count";

fn count_of(pod: &Pod, annotation: &str) -> i32 {
    let text = pod.metadata.annotations.get(annotation);
    text.and_then(|text| text.parse().ok()).filter(|count| *count >= 0).unwrap_or(0)
}

/// How often the index had failed before this Pod, ignored failures included.
// Models getIndexAbsoluteFailureCount (v1.36)
pub(super) fn absolute_failure_count(pod: &Pod) -> i32 {
    count_of(pod, INDEX_FAILURE_COUNT).saturating_add(count_of(pod, INDEX_IGNORED_FAILURE_COUNT))
}

/// Whether a Pod's index has failed for good.
// Models isIndexFailed (v1.36)
pub(super) fn is_index_failed(job: &Job, pod: &Pod, limit: i32) -> bool {
    if !is_pod_failed(pod, job) {
        return false;
    }
    match policy::match_pod_failure_policy(&job.spec, pod) {
        Failure::FailsIndex => true,
        Failure::Ignored => false,
        Failure::Counts | Failure::FailsJob(_) => count_of(pod, INDEX_FAILURE_COUNT) >= limit,
    }
}

impl<'a> Sync<'a> {
    /// Returns how many are active then.
    // Models manageJob (v1.36)
    pub(super) fn manage(&mut self, work: &mut Work<'_>, key: &ObjectKey) -> (i32, Result<(), String>) {
        let active = self.active.len() as i64;
        let parallelism = i64::from(self.job.spec.parallelism.unwrap_or(1));
        let wanted = match self.completions() {
            _ if is_suspended(&self.job) => 0,
            None if self.succeeded > 0 => active,
            None => parallelism,
            Some(completions) => (completions - self.succeeded).clamp(0, parallelism.max(0)),
        };
        let mut surplus = self.active_pods_for_removal(work, (active - wanted).max(0) as usize);
        if !is_suspended(&self.job) {
            surplus.truncate(MAX_POD_CREATE_DELETE_PER_SYNC);
        }
        if is_suspended(&self.job) || !surplus.is_empty() {
            let (deleted, result) = self.delete_job_pods(work, &surplus);
            self.terminating += deleted;
            return (self.active.len() as i32 - deleted, result);
        }
        let terminating = if only_replace_failed_pods(&self.job) { i64::from(self.terminating) } else { 0 };
        let missing = wanted - terminating - active;
        if missing <= 0 {
            return (active as i32, Ok(()));
        }
        self.create_pods(work, key, (missing as usize).min(MAX_POD_CREATE_DELETE_PER_SYNC))
    }

    fn create_pods(
        &mut self,
        work: &mut Work<'_>,
        key: &ObjectKey,
        mut count: usize,
    ) -> (i32, Result<(), String>) {
        let per_index = self.job.spec.backoff_limit_per_index.is_some();
        let mut wait = if per_index { 0 } else { self.backoff.remaining_ms(work.unix_ms()) };
        let mut indexes = Vec::new();
        if wait == 0 && is_indexed(&self.job) {
            indexes = self.first_pending_indexes(count);
            if per_index {
                wait = self.keep_those_due(&mut indexes, work.unix_ms());
            }
            count = indexes.len();
        }
        if wait > 0 {
            work.enqueue_after(Controller::Job, key, wait.max(SYNC_JOB_BATCH_MS));
            return (0, Ok(()));
        }
        let template = self.pod_template();
        let mut made = 0;
        let mut indexes = indexes.into_iter();
        let result = pod_control::slow_start_batch(count, || {
            let pod = match indexes.next() {
                Some(index) => self.with_index(&template, index),
                None => template.clone(),
            };
            pod_control::create_pod(work, COMPONENT, &self.owner, pod)?;
            made += 1;
            Ok(())
        });
        (self.active.len() as i32 + made, result.map(|_| ()))
    }

    // Models firstPendingIndexes (v1.36)
    fn first_pending_indexes(&self, count: usize) -> Vec<i64> {
        let indexes = |wanted: &dyn Fn(&Pod) -> bool| -> Vec<i64> {
            // The Pods come in the order of their indexes.
            self.pods.iter().filter(|pod| wanted(pod)).filter_map(|pod| completion_index(pod)).collect()
        };
        let mut taken = self.succeeded_indexes.with(indexes(&|pod| pods::is_active(pod)));
        if only_replace_failed_pods(&self.job) {
            taken = taken.with(indexes(&|pod| pods::is_terminating(pod)));
        }
        if let Some(failed) = &self.failed_indexes {
            taken = taken.merge(failed);
        }
        taken.first_missing(count, self.completions().unwrap_or(0))
    }

    /// Keeps the indexes that may be tried again now; if none may, returns how long the first has to wait.
    // Models getPodCreationInfoForIndependentIndexes (v1.36)
    fn keep_those_due(&self, indexes: &mut Vec<i64>, unix_ms: i64) -> u64 {
        let remaining = |index: &i64| {
            let failed = self.delayed.get(index)?;
            let failures = absolute_failure_count(failed).saturating_add(1);
            Some(backoff::remaining_ms(failures, backoff::finished_time(failed), unix_ms))
        };
        let least = indexes.iter().filter_map(remaining).filter(|ms| *ms > 0).min();
        indexes.retain(|index| remaining(index).unwrap_or(0) == 0);
        if indexes.is_empty() { least.unwrap_or(0) } else { 0 }
    }

    fn pod_template(&self) -> Value {
        let tree = self.job.spec.template.to_value();
        let mut pod = pod_control::pod_from_template(&tree, &self.owner);
        let finalizers = &mut pod["metadata"]["finalizers"];
        match finalizers.as_array_mut() {
            Some(list) if list.iter().any(|finalizer| finalizer == TRACKING_FINALIZER) => {}
            Some(list) => list.push(TRACKING_FINALIZER.into()),
            None => *finalizers = json!([TRACKING_FINALIZER]),
        }
        pod
    }

    /// The Pod of an index: it knows its index as an annotation, a label, a variable and by its hostname.
    // Models addCompletionIndexEnvVariables, addCompletionIndexAnnotation and podGenerateNameWithIndex (v1.36)
    fn with_index(&self, template: &Value, index: i64) -> Value {
        let mut pod = template.clone();
        let name = &self.owner.metadata.name;
        let ending = format!("-{index}-");
        let mut base = format!("{name}{ending}");
        if base.len() > GENERATED_NAME_BASE_MAX {
            let mut end = GENERATED_NAME_BASE_MAX - ending.len();
            while !base.is_char_boundary(end) {
                end -= 1;
            }
            base.truncate(end);
            base.push_str(&ending);
        }
        pod["metadata"]["generateName"] = base.into();
        pod["metadata"]["annotations"][COMPLETION_INDEX] = index.to_string().into();
        pod["metadata"]["labels"][COMPLETION_INDEX] = index.to_string().into();
        pod["spec"]["hostname"] = format!("{name}-{index}").into();
        let variable = json!({
            "name": "JOB_COMPLETION_INDEX",
            "valueFrom": {"fieldRef": {"fieldPath": format!("metadata.labels['{COMPLETION_INDEX}']")}},
        });
        for list in ["initContainers", "containers"] {
            for container in pod["spec"][list].as_array_mut().into_iter().flatten() {
                match container["env"].as_array_mut() {
                    Some(env) if env.iter().any(|one| one["name"] == variable["name"]) => {}
                    Some(env) => env.push(variable.clone()),
                    None => container["env"] = json!([variable]),
                }
            }
        }
        if self.job.spec.backoff_limit_per_index.is_some() {
            let (failures, ignored) = self.new_index_failure_counts(index);
            pod["metadata"]["annotations"][INDEX_FAILURE_COUNT] = failures.to_string().into();
            if ignored > 0 {
                pod["metadata"]["annotations"][INDEX_IGNORED_FAILURE_COUNT] = ignored.to_string().into();
            }
        }
        pod
    }

    // Models getNewIndexFailureCounts (v1.36)
    fn new_index_failure_counts(&self, index: i64) -> (i32, i32) {
        let Some(replaced) = self.delayed.get(&index) else { return (0, 0) };
        let ignores = policy::match_pod_failure_policy(&self.job.spec, replaced) == Failure::Ignored;
        let (failures, ignored) =
            (count_of(replaced, INDEX_FAILURE_COUNT), count_of(replaced, INDEX_IGNORED_FAILURE_COUNT));
        (failures.saturating_add(i32::from(!ignores)), ignored.saturating_add(i32::from(ignores)))
    }

    /// Those that are too many: of several with one index all but one, and as many as asked for.
    // Models activePodsForRemoval and appendDuplicatedIndexPodsForRemoval (v1.36)
    fn active_pods_for_removal(&self, work: &Work<'_>, at_least: usize) -> Vec<&'a Pod> {
        let unix_ms = work.unix_ms();
        let sorted = |mut pods: Vec<&'a Pod>| {
            let less = |a: &&Pod, b: &&Pod| {
                let (a, b) = (Ranked { pod: a, rank: 0 }, Ranked { pod: b, rank: 0 });
                pods::goes_first(&a, &b, unix_ms)
            };
            k8s_api::small::sort(&mut pods, &less);
            pods
        };
        let (mut surplus, mut left) = (Vec::new(), Vec::new());
        if is_indexed(&self.job) {
            let mut rest = self.active.as_slice();
            while let Some(first) = rest.first() {
                let index = completion_index(first);
                let same = rest.iter().take_while(|pod| completion_index(pod) == index).count();
                let (group, others) = rest.split_at(same);
                rest = others;
                if self.valid_index(first).is_none() {
                    surplus.extend(group);
                    continue;
                }
                let mut group = sorted(group.to_vec());
                left.extend(group.pop());
                surplus.extend(group);
            }
        } else {
            left.clone_from(&self.active);
        }
        if surplus.len() < at_least {
            let more = at_least - surplus.len();
            surplus.extend(sorted(left).into_iter().take(more));
        }
        surplus
    }

    /// Deletes Pods that are not to be counted.
    // Models deleteJobPods (v1.36)
    fn delete_job_pods(&mut self, work: &mut Work<'_>, surplus: &[&Pod]) -> (i32, Result<(), String>) {
        let mut deleted = 0;
        let mut result = Ok(());
        for pod in surplus {
            remove_tracking_finalizer(work, &pod.metadata.namespace, &pod.metadata.name);
            match pod_control::delete_pod(work, COMPONENT, &self.owner, &pod.metadata.name) {
                Ok(()) => deleted += 1,
                Err(error) => result = Err(error),
            }
            self.ready -= i32::from(pods::is_ready(pod));
        }
        (deleted, result)
    }

    /// Deletes what still runs of a Job that is over. Returns how many.
    // Models deleteActivePods (v1.36)
    pub(super) fn delete_active_pods(&mut self, work: &mut Work<'_>) -> i32 {
        let mut deleted = 0;
        for pod in &self.active {
            deleted +=
                i32::from(pod_control::delete_pod(work, COMPONENT, &self.owner, &pod.metadata.name).is_ok());
            self.ready -= i32::from(pods::is_ready(pod));
        }
        deleted
    }
}
