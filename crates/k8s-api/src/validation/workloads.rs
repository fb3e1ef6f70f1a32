//! Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs, CronJobs.
//! Models pkg/apis/{apps,batch}/validation/validation.go (v1.36)

use serde_json::{Value, json};

use crate::apps::{DaemonSetSpec, DeploymentSpec, ReplicaSetSpec, StatefulSetSpec};
use crate::batch::{CronJobSpec, JobSpec};
use crate::core::{PersistentVolumeClaim, PodSpec, PodTemplateSpec};
use crate::internal;
use crate::intstr::IntOrString;
use crate::meta::{LabelSelector, ObjectMeta};
use crate::record::Field;

use super::field::{ErrorList, Path};
use super::{meta, names, pod, volume};

const MISMATCH: &str = "`selector` does not match template `labels`";

/// Refuses numbers below zero.
pub(super) fn nonnegative(number: Option<i64>, path: &Path, errors: &mut ErrorList) {
    if let Some(number) = number.filter(|number| *number < 0) {
        errors.invalid(path, number, "must be greater than or equal to 0");
    }
}

/// Refuses what is neither a number from zero nor a percentage.
pub(super) fn int_or_percent(value: &IntOrString, path: &Path, errors: &mut ErrorList) {
    match value {
        IntOrString::Int(number) => nonnegative(Some(i64::from(*number)), path, errors),
        IntOrString::Str(text) => errors.check(path, text, names::percent),
    }
}

/// The number before the percent sign, or the number itself.
fn amount(value: &IntOrString) -> i64 {
    match value {
        IntOrString::Int(number) => i64::from(*number),
        IntOrString::Str(text) => text.strip_suffix('%').and_then(|digits| digits.parse().ok()).unwrap_or(0),
    }
}

/// Refuses percentages above 100.
pub(super) fn at_most_all(value: &IntOrString, path: &Path, errors: &mut ErrorList) {
    if matches!(value, IntOrString::Str(_)) && amount(value) > 100 {
        errors.invalid(path, &value.write(), "must not be greater than 100%");
    }
}

fn labels_value(template: &PodTemplateSpec) -> Value {
    let labels = &template.metadata.labels;
    if labels.is_empty() { Value::Null } else { labels.write() }
}

fn selector(selector: Option<&LabelSelector>, kind: &str, path: &Path, errors: &mut ErrorList) {
    let path = path.child("selector");
    let Some(selector) = selector else {
        errors.required(&path, "");
        return;
    };
    meta::label_selector(selector, &path, errors);
    if selector.is_everything() {
        errors.invalid(&path, &selector.to_value(), &format!("empty selector is invalid for {kind}"));
    }
}

/// Whether the selector can be evaluated at all.
fn is_sound(selector: &LabelSelector) -> bool {
    let mut errors = ErrorList::default();
    meta::label_selector(selector, &Path::default(), &mut errors);
    errors.is_empty()
}

fn template(
    template: &PodTemplateSpec,
    selector: Option<&LabelSelector>,
    kind: &str,
    path: &Path,
    errors: &mut ErrorList,
) {
    if let Some(selector) = selector.filter(|selector| !selector.is_everything())
        && !selector.matches(&template.metadata.labels)
    {
        errors.invalid(&path.child("metadata").child("labels"), &labels_value(template), MISMATCH);
    }
    let spec = PodSpec::from_value(&template.spec);
    pod::template(&template.metadata, &spec, path, errors);
    always_for_ever(&spec, kind, path, errors);
}

/// Pods of these controllers are restarted always and have no deadline.
fn always_for_ever(spec: &PodSpec, kind: &str, path: &Path, errors: &mut ErrorList) {
    let path = path.child("spec");
    if spec.restart_policy != "Always" {
        errors.not_supported(&path.child("restartPolicy"), &spec.restart_policy, &["Always"]);
    }
    if spec.active_deadline_seconds.is_some() {
        let words = format!("activeDeadlineSeconds in {kind} is not Supported");
        errors.forbidden(&path.child("activeDeadlineSeconds"), &words);
    }
}

/// Models ValidateDeploymentSpec
pub(super) fn deployment(spec: &DeploymentSpec, raw: &Value, errors: &mut ErrorList) {
    let path = Path::new("spec");
    nonnegative(spec.replicas.map(i64::from), &path.child("replicas"), errors);
    selector(spec.selector.as_ref(), "deployment", &path, errors);
    if spec.selector.as_ref().is_some_and(|selector| !is_sound(selector)) {
        let shown = spec.selector.as_ref().map_or(Value::Null, LabelSelector::to_value);
        errors.invalid(&path.child("selector"), &shown, "invalid label selector");
    } else {
        template(&spec.template, spec.selector.as_ref(), "ReplicaSet", &path.child("template"), errors);
    }
    let path_strategy = path.child("strategy");
    let update = spec.strategy.rolling_update.as_ref();
    match spec.strategy.type_.as_str() {
        "Recreate" => {
            if update.is_some() {
                let words = "may not be specified when strategy `type` is 'Recreate'";
                errors.forbidden(&path_strategy.child("rollingUpdate"), words);
            }
        }
        "RollingUpdate" => {
            let path = path_strategy.child("rollingUpdate");
            if let Some(update) = update {
                let zero = IntOrString::Int(0);
                let unavailable = update.max_unavailable.as_ref().unwrap_or(&zero);
                let surge = update.max_surge.as_ref().unwrap_or(&zero);
                int_or_percent(unavailable, &path.child("maxUnavailable"), errors);
                int_or_percent(surge, &path.child("maxSurge"), errors);
                if amount(unavailable) == 0 && amount(surge) == 0 {
                    let words = "may not be 0 when `maxSurge` is 0";
                    errors.invalid(&path.child("maxUnavailable"), &unavailable.write(), words);
                }
                at_most_all(unavailable, &path.child("maxUnavailable"), errors);
            } else {
                errors.required(&path, "this should be defaulted and never be nil");
            }
        }
        _ => {
            let shown = internal::Text(internal::value("DeploymentStrategy", &raw["strategy"]));
            errors.not_supported(&path_strategy, shown, &["Recreate", "RollingUpdate"]);
        }
    }
    nonnegative(Some(i64::from(spec.min_ready_seconds)), &path.child("minReadySeconds"), errors);
    nonnegative(spec.revision_history_limit.map(i64::from), &path.child("revisionHistoryLimit"), errors);
    if let Some(deadline) = spec.progress_deadline_seconds {
        let path = path.child("progressDeadlineSeconds");
        nonnegative(Some(i64::from(deadline)), &path, errors);
        if deadline <= spec.min_ready_seconds {
            errors.invalid(&path, deadline, "must be greater than minReadySeconds");
        }
    }
}

/// Models ValidateReplicaSetSpec
pub(super) fn replica_set(spec: &ReplicaSetSpec, errors: &mut ErrorList) {
    let path = Path::new("spec");
    nonnegative(spec.replicas.map(i64::from), &path.child("replicas"), errors);
    nonnegative(Some(i64::from(spec.min_ready_seconds)), &path.child("minReadySeconds"), errors);
    selector(spec.selector.as_ref(), "deployment", &path, errors);
    template(&spec.template, spec.selector.as_ref(), "ReplicaSet", &path.child("template"), errors);
}

/// Models ValidateStatefulSetSpec
pub(super) fn stateful_set(spec: &StatefulSetSpec, errors: &mut ErrorList) {
    let path = Path::new("spec");
    let management = path.child("podManagementPolicy");
    match spec.pod_management_policy.as_str() {
        "OrderedReady" | "Parallel" => {}
        "" => errors.required(&management, ""),
        other => errors.invalid(&management, other, "must be 'OrderedReady' or 'Parallel'"),
    }
    let strategy = path.child("updateStrategy");
    match spec.update_strategy.type_.as_str() {
        "RollingUpdate" => {
            if let Some(partition) =
                spec.update_strategy.rolling_update.as_ref().and_then(|update| update.partition)
            {
                nonnegative(
                    Some(i64::from(partition)),
                    &strategy.child("rollingUpdate").child("partition"),
                    errors,
                );
            }
        }
        "OnDelete" => {
            if let Some(update) = &spec.update_strategy.rolling_update {
                let shown = json!({"Partition": update.partition.unwrap_or(0), "MaxUnavailable": null});
                let words = "only allowed for updateStrategy 'RollingUpdate'";
                errors.invalid(&strategy.child("rollingUpdate"), &shown, words);
            }
        }
        "" => errors.required(&strategy, ""),
        other => {
            let shown =
                internal::Text(format!("{{\"Type\":{},\"RollingUpdate\":null}}", crate::print::quote(other)));
            errors.invalid(&strategy, shown, "must be 'RollingUpdate' or 'OnDelete'");
        }
    }
    if let Some(policy) = &spec.persistent_volume_claim_retention_policy {
        let path = path.child("persistentVolumeClaimRetentionPolicy");
        for (field, value) in [("whenDeleted", &policy.when_deleted), ("whenScaled", &policy.when_scaled)] {
            if !matches!(value.as_str(), "Retain" | "Delete") {
                errors.not_supported(&path.child(field), value, &["Retain", "Delete"]);
            }
        }
    }
    for (i, claim) in spec.volume_claim_templates.iter().enumerate() {
        let claim: &PersistentVolumeClaim = claim;
        volume::claim_spec(&claim.spec, &path.child("volumeClaimTemplates").index(i).child("spec"), errors);
    }
    nonnegative(spec.replicas.map(i64::from), &path.child("replicas"), errors);
    nonnegative(Some(i64::from(spec.min_ready_seconds)), &path.child("minReadySeconds"), errors);
    if !spec.service_name.is_empty() {
        errors.check(&path.child("serviceName"), &spec.service_name, names::dns1123_label);
    }
    selector(spec.selector.as_ref(), "statefulset", &path, errors);
    let mut checked = spec.template.clone();
    if checked.spec.is_object() {
        for field in ["hostname", "subdomain"] {
            checked.spec[field] = "".into();
        }
        // The claims stand for volumes of their names.
        let claimed: Vec<Value> = spec
            .volume_claim_templates
            .iter()
            .map(|claim| json!({"name": claim.metadata.name, "persistentVolumeClaim": {"claimName": claim.metadata.name}}))
            .collect();
        if !claimed.is_empty() {
            let own = checked.spec["volumes"].as_array().cloned().unwrap_or_default();
            let others = own.into_iter().filter(|v| !claimed.iter().any(|claim| claim["name"] == v["name"]));
            checked.spec["volumes"] = claimed.iter().cloned().chain(others).collect();
        }
    }
    template(&checked, spec.selector.as_ref(), "StatefulSet", &path.child("template"), errors);
}

/// Models ValidateDaemonSetSpec
pub(super) fn daemon_set(spec: &DaemonSetSpec, raw: &Value, errors: &mut ErrorList) {
    let path = Path::new("spec");
    let path_template = path.child("template");
    if let Some(selector) = &spec.selector {
        meta::label_selector(selector, &path.child("selector"), errors);
        if !selector.matches(&spec.template.metadata.labels) {
            let shown = labels_value(&spec.template);
            errors.invalid(&path_template.child("metadata").child("labels"), &shown, MISMATCH);
        }
        if selector.is_everything() {
            errors.invalid(
                &path.child("selector"),
                &selector.to_value(),
                "empty selector is invalid for daemonset",
            );
        }
    } else {
        // Without a selector nothing matches.
        errors.invalid(
            &path_template.child("metadata").child("labels"),
            &labels_value(&spec.template),
            MISMATCH,
        );
    }
    let pod_spec = PodSpec::from_value(&spec.template.spec);
    pod::template(&spec.template.metadata, &pod_spec, &path_template, errors);
    always_for_ever(&pod_spec, "DaemonSet", &path_template, errors);
    nonnegative(Some(i64::from(spec.min_ready_seconds)), &path.child("minReadySeconds"), errors);
    let path_strategy = path.child("updateStrategy");
    match spec.update_strategy.type_.as_str() {
        "OnDelete" => {}
        "RollingUpdate" => {
            let path = path_strategy.child("rollingUpdate");
            if let Some(update) = &spec.update_strategy.rolling_update {
                let zero = IntOrString::Int(0);
                let unavailable = update.max_unavailable.as_ref().unwrap_or(&zero);
                let surge = update.max_surge.as_ref().unwrap_or(&zero);
                for (field, value) in [("maxUnavailable", unavailable), ("maxSurge", surge)] {
                    int_or_percent(value, &path.child(field), errors);
                }
                for (field, value) in [("maxUnavailable", unavailable), ("maxSurge", surge)] {
                    at_most_all(value, &path.child(field), errors);
                }
                match (amount(unavailable) != 0, amount(surge) != 0) {
                    (true, true) => {
                        let words = "may not be set when maxUnavailable is non-zero";
                        errors.invalid(&path.child("maxSurge"), &surge.write(), words);
                    }
                    (false, false) => {
                        errors.required(&path.child("maxUnavailable"), "cannot be 0 when maxSurge is 0");
                    }
                    _ => {}
                }
            } else {
                errors.required(&path, "");
            }
        }
        _ => {
            let shown = internal::Text(internal::value("DeploymentStrategy", &raw["updateStrategy"]));
            errors.not_supported(&path_strategy, shown, &["RollingUpdate", "OnDelete"]);
        }
    }
    nonnegative(spec.revision_history_limit.map(i64::from), &path.child("revisionHistoryLimit"), errors);
}

/// Checks a new Job whose labels and selector have been generated. Models ValidateJob
pub(super) fn job(metadata: &ObjectMeta, spec: &JobSpec, errors: &mut ErrorList) {
    let path = Path::new("spec");
    generated_selector(metadata, spec, errors);
    job_spec(spec, &path, errors);
    match &spec.selector {
        None => errors.required(&path.child("selector"), ""),
        Some(selector) => {
            meta::label_selector(selector, &path.child("selector"), errors);
            if !selector.matches(&spec.template.metadata.labels) {
                let path = path.child("template").child("metadata").child("labels");
                errors.invalid(&path, &labels_value(&spec.template), MISMATCH);
            }
        }
    }
    if spec.completion_mode.as_deref() == Some("Indexed")
        && let Some(completions) = spec.completions.filter(|n| *n > 0)
    {
        let host = format!("{}-{}", metadata.name, completions - 1);
        if !names::dns1123_label(&host).is_empty() {
            let words = format!("will not able to create pod with invalid DNS label: {host}");
            errors.invalid(&Path::new("metadata").child("name"), &metadata.name, &words);
        }
    }
}

/// Models validateGeneratedSelector
fn generated_selector(metadata: &ObjectMeta, spec: &JobSpec, errors: &mut ErrorList) {
    if spec.manual_selector == Some(true) {
        return;
    }
    let Some(selector) = &spec.selector else { return };
    if metadata.uid.is_empty() {
        return;
    }
    let expected = [("batch.kubernetes.io/controller-uid", &metadata.uid)];
    let exact = selector.match_expressions.is_empty()
        && selector.match_labels.len() == 1
        && expected.iter().all(|(key, value)| selector.match_labels.get(*key) == Some(value));
    if !exact {
        let path = Path::new("spec").child("selector");
        errors.invalid(&path, &selector.to_value(), "`selector` not auto-generated");
    }
}

/// What holds for Jobs, and for the Jobs inside a CronJob. Models validateJobSpec
fn job_spec(spec: &JobSpec, path: &Path, errors: &mut ErrorList) {
    let numbers = [
        ("parallelism", spec.parallelism.map(i64::from)),
        ("completions", spec.completions.map(i64::from)),
        ("activeDeadlineSeconds", spec.active_deadline_seconds),
        ("backoffLimit", spec.backoff_limit.map(i64::from)),
        ("ttlSecondsAfterFinished", spec.ttl_seconds_after_finished.map(i64::from)),
        ("backoffLimitPerIndex", spec.backoff_limit_per_index.map(i64::from)),
        ("maxFailedIndexes", spec.max_failed_indexes.map(i64::from)),
    ];
    for (field, number) in numbers {
        nonnegative(number, &path.child(field), errors);
    }
    if spec.max_failed_indexes.is_some() && spec.backoff_limit_per_index.is_none() {
        errors.required(&path.child("backoffLimitPerIndex"), "when maxFailedIndexes is specified");
    }
    let mode = spec.completion_mode.as_deref().unwrap_or("NonIndexed");
    if !matches!(mode, "NonIndexed" | "Indexed") {
        errors.not_supported(&path.child("completionMode"), mode, &["NonIndexed", "Indexed"]);
    }
    if mode == "Indexed" {
        if spec.completions.is_none() {
            errors.required(&path.child("completions"), "when completion mode is Indexed");
        }
        if let Some(parallelism) = spec.parallelism.filter(|n| *n > 100_000) {
            let words = "must be less than or equal to 100000 when completion mode is Indexed";
            errors.invalid(&path.child("parallelism"), parallelism, words);
        }
        if let (Some(completions), Some(failed)) = (spec.completions, spec.max_failed_indexes)
            && failed > completions
        {
            errors.invalid(
                &path.child("maxFailedIndexes"),
                failed,
                "must be less than or equal to completions",
            );
        }
    }
    if mode == "NonIndexed" {
        for (field, number) in [
            ("backoffLimitPerIndex", spec.backoff_limit_per_index),
            ("maxFailedIndexes", spec.max_failed_indexes),
        ] {
            if let Some(number) = number {
                errors.invalid(&path.child(field), number, "requires indexed completion mode");
            }
        }
    }
    failure_policy(spec, &path.child("podFailurePolicy"), errors);
    if let Some(policy) = &spec.success_policy
        && mode != "Indexed"
    {
        let shown = json!({"Rules": policy.rules.len()});
        errors.invalid(&path.child("successPolicy"), &shown, "requires indexed completion mode");
    }
    let replacement = path.child("podReplacementPolicy");
    match (spec.pod_replacement_policy.as_deref(), spec.pod_failure_policy.is_some()) {
        (None | Some("Failed"), _) | (Some("TerminatingOrFailed"), false) => {}
        (Some(other), true) => errors.not_supported(&replacement, other, &["Failed"]),
        (Some(other), false) => errors.not_supported(&replacement, other, &["Failed", "TerminatingOrFailed"]),
    }
    let path_template = path.child("template");
    let pod_spec = PodSpec::from_value(&spec.template.spec);
    pod::template(&spec.template.metadata, &pod_spec, &path_template, errors);
    let policy = path_template.child("spec").child("restartPolicy");
    match pod_spec.restart_policy.as_str() {
        "Always" | "" => errors.required(&policy, "valid values: \"OnFailure\", \"Never\""),
        "OnFailure" if spec.pod_failure_policy.is_some() => {
            errors.invalid(
                &policy,
                "OnFailure",
                "only \"Never\" is supported when podFailurePolicy is specified",
            );
        }
        "OnFailure" | "Never" => {}
        other => errors.not_supported(&policy, other, &["OnFailure", "Never"]),
    }
}

/// Models validatePodFailurePolicy
fn failure_policy(spec: &JobSpec, path: &Path, errors: &mut ErrorList) {
    let Some(policy) = &spec.pod_failure_policy else { return };
    if policy.rules.len() > 20 {
        errors.too_many(&path.child("rules"), policy.rules.len(), 20);
    }
    for (i, rule) in policy.rules.iter().enumerate() {
        let path = path.child("rules").index(i);
        let action = path.child("action");
        match rule.action.as_str() {
            "FailJob" | "Ignore" | "Count" => {}
            "FailIndex" if spec.backoff_limit_per_index.is_some() => {}
            "FailIndex" => {
                errors.invalid(&action, "FailIndex", "requires the backoffLimitPerIndex to be set");
            }
            "" => errors.required(&action, "valid values: \"Count\", \"FailIndex\", \"FailJob\", \"Ignore\""),
            other => errors.not_supported(&action, other, &["Count", "FailIndex", "FailJob", "Ignore"]),
        }
        if let Some(codes) = &rule.on_exit_codes {
            let path = path.child("onExitCodes");
            match codes.operator.as_str() {
                "In" | "NotIn" => {}
                "" => errors.required(&path.child("operator"), "valid values: \"In\", \"NotIn\""),
                other => errors.not_supported(&path.child("operator"), other, &["In", "NotIn"]),
            }
            if codes.values.is_empty() {
                errors.invalid(
                    &path.child("values"),
                    &Value::from(Vec::<i32>::new()),
                    "at least one value is required",
                );
            }
            for (j, code) in codes.values.iter().enumerate() {
                if codes.operator == "In" && *code == 0 {
                    let words = "must not be 0 for the In operator";
                    errors.invalid(&path.child("values").index(j), *code, words);
                }
                if codes.values[..j].contains(code) {
                    errors.duplicate(&path.child("values").index(j), *code);
                }
            }
        }
        match (rule.on_exit_codes.is_some(), !rule.on_pod_conditions.is_empty()) {
            (true, true) => {
                let words = "specifying both OnExitCodes and OnPodConditions is not supported";
                errors.invalid(&path, "", words);
            }
            (false, false) => {
                errors.invalid(&path, "", "specifying one of OnExitCodes and OnPodConditions is required");
            }
            _ => {}
        }
    }
}

/// Models ValidateCronJobCreate
pub(super) fn cron_job(metadata: &ObjectMeta, spec: &CronJobSpec, errors: &mut ErrorList) {
    let path = Path::new("spec");
    if spec.schedule.is_empty() {
        errors.required(&path.child("schedule"), "");
    } else {
        let path = path.child("schedule");
        if let Err(words) = crate::cron::Schedule::parse(&spec.schedule) {
            errors.invalid(&path, &spec.schedule, &words);
        }
        if spec.schedule.contains("TZ") {
            let words = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
            errors.invalid(&path, &spec.schedule, words);
        }
    }
    nonnegative(spec.starting_deadline_seconds, &path.child("startingDeadlineSeconds"), errors);
    match spec.concurrency_policy.as_str() {
        "Allow" | "Forbid" | "Replace" => {}
        "" => errors.required(&path.child("concurrencyPolicy"), ""),
        other => {
            errors.not_supported(&path.child("concurrencyPolicy"), other, &["Allow", "Forbid", "Replace"]);
        }
    }
    let path_job = path.child("jobTemplate").child("spec");
    let job = &spec.job_template.spec;
    job_spec(job, &path_job, errors);
    if let Some(selector) = &job.selector {
        errors.invalid(
            &path_job.child("selector"),
            &selector.to_value(),
            "`selector` will be auto-generated",
        );
    }
    if job.manual_selector == Some(true) {
        errors.not_supported(&path_job.child("manualSelector"), true, &["nil", "false"]);
    }
    let limits = [
        ("successfulJobsHistoryLimit", spec.successful_jobs_history_limit),
        ("failedJobsHistoryLimit", spec.failed_jobs_history_limit),
    ];
    for (field, limit) in limits {
        nonnegative(limit.map(i64::from), &path.child(field), errors);
    }
    if metadata.name.len() > 52 {
        let words = "must be no more than 52 characters";
        errors.invalid(&Path::new("metadata").child("name"), &metadata.name, words);
    }
}
