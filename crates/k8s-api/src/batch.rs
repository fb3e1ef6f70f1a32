//! Work that ends: Job and CronJob.
//! Models k8s.io/api/batch/v1/types.go (v1.36)

use crate::core::ObjectReference;
use crate::core::PodTemplateSpec;
use crate::meta::{LabelSelector, ObjectMeta, Time};

crate::record! {
    /// Pods that run until enough have succeeded.
    Job {
        metadata: ObjectMeta = "metadata" always,
        spec: JobSpec = "spec" always,
        status: JobStatus = "status" always,
    }
    /// What it shall be.
    JobSpec {
        parallelism: Option<i32> = "parallelism",
        completions: Option<i32> = "completions",
        active_deadline_seconds: Option<i64> = "activeDeadlineSeconds",
        pod_failure_policy: Option<PodFailurePolicy> = "podFailurePolicy",
        success_policy: Option<SuccessPolicy> = "successPolicy",
        backoff_limit: Option<i32> = "backoffLimit",
        backoff_limit_per_index: Option<i32> = "backoffLimitPerIndex",
        max_failed_indexes: Option<i32> = "maxFailedIndexes",
        selector: Option<LabelSelector> = "selector",
        manual_selector: Option<bool> = "manualSelector",
        template: PodTemplateSpec = "template" always,
        ttl_seconds_after_finished: Option<i32> = "ttlSecondsAfterFinished",
        completion_mode: Option<String> = "completionMode",
        suspend: Option<bool> = "suspend",
        pod_replacement_policy: Option<String> = "podReplacementPolicy",
        managed_by: Option<String> = "managedBy",
    }
    /// Which failures count.
    PodFailurePolicy {
        rules: Vec<PodFailurePolicyRule> = "rules" always,
    }
    /// One rule of it.
    PodFailurePolicyRule {
        action: String = "action" always,
        on_exit_codes: Option<PodFailurePolicyOnExitCodesRequirement> = "onExitCodes",
        on_pod_conditions: Vec<PodFailurePolicyOnPodConditionsPattern> = "onPodConditions",
    }
    /// Exit codes of a rule.
    PodFailurePolicyOnExitCodesRequirement {
        container_name: Option<String> = "containerName",
        operator: String = "operator" always,
        values: Vec<i32> = "values" always,
    }
    /// A Pod condition of a rule.
    PodFailurePolicyOnPodConditionsPattern {
        type_: String = "type" always,
        status: String = "status" always,
    }
    /// When it is done before all are.
    SuccessPolicy {
        rules: Vec<SuccessPolicyRule> = "rules" always,
    }
    /// One rule of it.
    SuccessPolicyRule {
        succeeded_indexes: Option<String> = "succeededIndexes",
        succeeded_count: Option<i32> = "succeededCount",
    }
    /// How it fares.
    JobStatus {
        conditions: Vec<JobCondition> = "conditions",
        start_time: Option<Time> = "startTime",
        completion_time: Option<Time> = "completionTime",
        active: i32 = "active",
        succeeded: i32 = "succeeded",
        failed: i32 = "failed",
        terminating: Option<i32> = "terminating",
        completed_indexes: String = "completedIndexes",
        failed_indexes: Option<String> = "failedIndexes",
        uncounted_terminated_pods: Option<UncountedTerminatedPods> = "uncountedTerminatedPods",
        ready: Option<i32> = "ready",
    }
    /// One yes-or-no fact about it.
    JobCondition {
        type_: String = "type" always,
        status: String = "status" always,
        last_probe_time: Option<Time> = "lastProbeTime" always,
        last_transition_time: Option<Time> = "lastTransitionTime" always,
        reason: String = "reason",
        message: String = "message",
    }
    /// Pods that ended and are not counted yet.
    UncountedTerminatedPods {
        succeeded: Vec<String> = "succeeded",
        failed: Vec<String> = "failed",
    }
    /// Jobs by the clock.
    CronJob {
        metadata: ObjectMeta = "metadata" always,
        spec: CronJobSpec = "spec" always,
        status: CronJobStatus = "status" always,
    }
    /// What it shall be.
    CronJobSpec {
        schedule: String = "schedule" always,
        time_zone: Option<String> = "timeZone",
        starting_deadline_seconds: Option<i64> = "startingDeadlineSeconds",
        concurrency_policy: String = "concurrencyPolicy",
        suspend: Option<bool> = "suspend",
        job_template: JobTemplateSpec = "jobTemplate" always,
        successful_jobs_history_limit: Option<i32> = "successfulJobsHistoryLimit",
        failed_jobs_history_limit: Option<i32> = "failedJobsHistoryLimit",
    }
    /// The Job that it makes.
    JobTemplateSpec {
        metadata: ObjectMeta = "metadata" always,
        spec: JobSpec = "spec" always,
    }
    /// How it fares.
    CronJobStatus {
        active: Vec<ObjectReference> = "active",
        last_schedule_time: Option<Time> = "lastScheduleTime",
        last_successful_time: Option<Time> = "lastSuccessfulTime",
    }
}
