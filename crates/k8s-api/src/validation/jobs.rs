//! Jobs and CronJobs.
//! Models pkg/apis/batch/validation/validation.go and pkg/registry/batch/job/strategy.go (v1.36)

use serde_json::Value;

use crate::batch::{CronJobSpec, JobSpec, PodFailurePolicyRule, SuccessPolicyRule};
use crate::core::PodSpec;
use crate::internal::{self, Text};
use crate::meta::ObjectMeta;
use crate::print::quote;
use crate::small::Names;

use super::field::{Bad, ErrorList, Path};
use super::update::{IMMUTABLE, copy_field, copy_node_affinity, immutable};
use super::workloads::{MISMATCH, is_sound, labels_value, nonnegative, selector_text};
use super::{choice, list, meta, names, pod};

const ACTIONS: [&str; 4] = ["Count", "FailIndex", "FailJob", "Ignore"];
const STATUSES: [&str; 3] = ["False", "True", "Unknown"];
/// An Indexed Job may have this much of anything.
const INDEXED_MAX: i32 = 100_000;

/// A message about the value as a whole, which is not shown.
const OMITTED: fn() -> Bad<'static> = || Bad::Plain(String::new());

fn one_of(valid: &[&str]) -> String {
    let quoted: Vec<String> = valid.iter().map(|word| quote(word)).collect();
    format!("valid values: [{}]", quoted.join(" "))
}

fn too_many(count: usize, max: usize, path: &Path, errors: &mut ErrorList) {
    if count > max {
        errors.too_many(path, count, max);
    }
}

/// Checks a Job whose labels and selector have been generated. Models ValidateJob
pub(super) fn job(metadata: &ObjectMeta, raw: &Value, errors: &mut ErrorList) {
    let spec = JobSpec::from_value(raw);
    let path = Path::new("spec");
    generated_selector(metadata, &spec, errors);
    job_spec(&spec, raw, &path, errors);
    match &spec.selector {
        None => errors.required(&path.child("selector"), ""),
        Some(selector) => meta::label_selector(selector, &path.child("selector"), errors),
    }
    let labels = &spec.template.metadata.labels;
    if spec.selector.as_ref().is_none_or(|selector| is_sound(selector) && !selector.matches(labels)) {
        let path = path.child("template").child("metadata").child("labels");
        errors.invalid(&path, &labels_value(&spec.template), MISMATCH);
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
    let expected = [
        ("controller-uid", &metadata.uid),
        ("job-name", &metadata.name),
        ("batch.kubernetes.io/controller-uid", &metadata.uid),
        ("batch.kubernetes.io/job-name", &metadata.name),
    ];
    let path = Path::new("spec").child("template").child("metadata").child("labels");
    for (key, value) in expected {
        let words = format!("must be '{value}'");
        match spec.template.metadata.labels.get(key) {
            None => errors.required(&path.key(key), &words),
            Some(own) if own != value => {
                errors.invalid(&path.key(key), &labels_value(&spec.template), &words);
            }
            Some(_) => {}
        }
    }
    let all = expected.map(|(key, value)| (key.to_string(), value.clone())).into_iter().collect();
    if is_sound(selector) && !selector.matches(&all) {
        let path = Path::new("spec").child("selector");
        errors.invalid(&path, selector_text(selector), "`selector` not auto-generated");
    }
}

/// What holds for Jobs, and for the Jobs inside a CronJob. Models validateJobSpec
fn job_spec(spec: &JobSpec, raw: &Value, path: &Path, errors: &mut ErrorList) {
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
    if let Some(manager) = &spec.managed_by {
        names::domain_prefixed_path(manager, &path.child("managedBy"), errors);
        if manager.len() > 63 {
            errors.too_long(&path.child("managedBy"), 63);
        }
    }
    let mode = spec.completion_mode.as_deref().unwrap_or("NonIndexed");
    if !matches!(mode, "NonIndexed" | "Indexed") {
        errors.not_supported(&path.child("completionMode"), mode, &["NonIndexed", "Indexed"]);
    }
    if mode == "Indexed" {
        indexed(spec, path, errors);
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
    let pod_spec = PodSpec::from_value(&spec.template.spec);
    failure_policy(spec, &pod_spec, &raw["podFailurePolicy"], &path.child("podFailurePolicy"), errors);
    if let Some(policy) = &spec.success_policy {
        let path = path.child("successPolicy");
        if mode == "Indexed" {
            let rules = path.child("rules");
            if policy.rules.is_empty() {
                let words = "at least one rules must be specified when the successPolicy is specified";
                errors.required(&rules, words);
            }
            too_many(policy.rules.len(), 20, &rules, errors);
            for (i, rule) in policy.rules.iter().enumerate() {
                success_rule(rule, spec.completions.unwrap_or(0), &rules.index(i), errors);
            }
        } else {
            let shown = Text(internal::value("SuccessPolicy", &raw["successPolicy"]));
            errors.invalid(&path, shown, "requires indexed completion mode");
        }
    }
    let replacement = path.child("podReplacementPolicy");
    match (spec.pod_replacement_policy.as_deref(), spec.pod_failure_policy.is_some()) {
        (None | Some("Failed"), _) | (Some("TerminatingOrFailed"), false) => {}
        (Some(other), true) => errors.not_supported(&replacement, other, &["Failed"]),
        (Some(other), false) => errors.not_supported(&replacement, other, &["Failed", "TerminatingOrFailed"]),
    }
    let path_template = path.child("template");
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

fn indexed(spec: &JobSpec, path: &Path, errors: &mut ErrorList) {
    let (completions, parallelism) = (spec.completions, spec.parallelism.unwrap_or(0));
    let (path_failed, path_parallelism) = (path.child("maxFailedIndexes"), path.child("parallelism"));
    if completions.is_none() {
        errors.required(&path.child("completions"), "when completion mode is Indexed");
    }
    if parallelism > INDEXED_MAX {
        let words = "must be less than or equal to 100000 when completion mode is Indexed";
        errors.invalid(&path_parallelism, parallelism, words);
    }
    let failed = spec.max_failed_indexes;
    if let (Some(completions), Some(failed)) = (completions, failed)
        && failed > completions
    {
        errors.invalid(&path_failed, failed, "must be less than or equal to completions");
    }
    if let Some(failed) = failed.filter(|failed| *failed > INDEXED_MAX) {
        errors.invalid(&path_failed, failed, "must be less than or equal to 100000");
    }
    if completions.is_none_or(|n| n <= INDEXED_MAX) || spec.backoff_limit_per_index.is_none() {
        return;
    }
    const WORDS: &str = "must be less than or equal to 10000 when completions are above 100000 and used with \
                         backoff limit per index";
    if failed.is_none() {
        errors.required(&path_failed, "must be specified when completions is above 100000");
    }
    if parallelism > 10_000 {
        errors.invalid(&path_parallelism, parallelism, WORDS);
    }
    if let Some(failed) = failed.filter(|failed| *failed > 10_000) {
        errors.invalid(&path_failed, failed, WORDS);
    }
}

/// Models validatePodFailurePolicy
fn failure_policy(spec: &JobSpec, pod_spec: &PodSpec, raw: &Value, path: &Path, errors: &mut ErrorList) {
    let Some(policy) = &spec.pod_failure_policy else { return };
    let rules = path.child("rules");
    too_many(policy.rules.len(), 20, &rules, errors);
    for (i, rule) in policy.rules.iter().enumerate() {
        let path = rules.index(i);
        let action = path.child("action");
        match rule.action.as_str() {
            "FailIndex" if spec.backoff_limit_per_index.is_none() => {
                errors.invalid(&action, "FailIndex", "requires the backoffLimitPerIndex to be set");
            }
            "" => errors.required(&action, &one_of(&ACTIONS)),
            other => choice(other, &action, &ACTIONS, errors),
        }
        exit_codes(rule, pod_spec, &raw["rules"][i]["onExitCodes"], &path.child("onExitCodes"), errors);
        let path_conditions = path.child("onPodConditions");
        too_many(rule.on_pod_conditions.len(), 20, &path_conditions, errors);
        for (j, condition) in rule.on_pod_conditions.iter().enumerate() {
            let path = path_conditions.index(j);
            errors.check(&path.child("type"), &condition.type_, names::qualified_name);
            match condition.status.as_str() {
                "" => errors.required(&path.child("status"), &one_of(&STATUSES)),
                other => choice(other, &path.child("status"), &STATUSES, errors),
            }
        }
        let words = match (rule.on_exit_codes.is_some(), !rule.on_pod_conditions.is_empty()) {
            (true, true) => "specifying both OnExitCodes and OnPodConditions is not supported",
            (false, false) => "specifying one of OnExitCodes and OnPodConditions is required",
            _ => continue,
        };
        errors.invalid(&path, OMITTED(), words);
    }
}

fn exit_codes(
    rule: &PodFailurePolicyRule,
    pod_spec: &PodSpec,
    raw: &Value,
    path: &Path,
    errors: &mut ErrorList,
) {
    let Some(codes) = &rule.on_exit_codes else { return };
    let operators = ["In", "NotIn"];
    match codes.operator.as_str() {
        "" => errors.required(&path.child("operator"), &one_of(&operators)),
        other => choice(other, &path.child("operator"), &operators, errors),
    }
    let mut containers = pod_spec.containers.iter().chain(&pod_spec.init_containers);
    if let Some(name) =
        codes.container_name.as_ref().filter(|name| !containers.any(|container| container.name == **name))
    {
        let words = "must be one of the container or initContainer names in the pod template";
        errors.invalid(&path.child("containerName"), name, words);
    }
    let path = path.child("values");
    if codes.values.is_empty() {
        errors.invalid(&path, &raw["values"], "at least one value is required");
    }
    too_many(codes.values.len(), 255, &path, errors);
    let mut seen = Names::default();
    for (j, code) in codes.values.iter().enumerate() {
        if codes.operator == "In" && *code == 0 {
            errors.invalid(&path.index(j), *code, "must not be 0 for the In operator");
        }
        if !seen.insert(&code.to_string()) {
            errors.duplicate(&path.index(j), *code);
        }
    }
    if codes.values.windows(2).any(|pair| pair[0] > pair[1]) {
        errors.invalid(&path, &raw["values"], "must be ordered");
    }
}

/// Models validateSuccessPolicyRule
fn success_rule(rule: &SuccessPolicyRule, completions: i32, path: &Path, errors: &mut ErrorList) {
    let (indexes, count) = (&rule.succeeded_indexes, rule.succeeded_count);
    if indexes.is_none() && count.is_none() {
        errors.required(path, "at least one of succeededCount or succeededIndexes must be specified");
    }
    let mut total = 0;
    if let Some(indexes) = indexes {
        let path = path.child("succeededIndexes");
        if indexes.len() > 64 * 1024 {
            errors.too_long(&path, 64 * 1024);
        }
        match count_indexes(indexes, completions) {
            Ok(count) => total = count,
            Err(why) => {
                errors.invalid(&path, indexes, &format!("error parsing succeededIndexes: {why}"));
            }
        }
    }
    let Some(count) = count else { return };
    let path = path.child("succeededCount");
    nonnegative(Some(i64::from(count)), &path, errors);
    let most = |most: i32, what: &str| format!("must be less than or equal to {most} (the number of {what})");
    if count > completions {
        errors.invalid(&path, count, &most(completions, "specified completions"));
    }
    if indexes.is_some() && count > total {
        let words = most(total, "indexes in the specified succeededIndexes field");
        errors.invalid(&path, count, &words);
    }
}

/// How many indexes `0,2-4` names. Models validateIndexesFormat
fn count_indexes(text: &str, completions: i32) -> Result<i32, String> {
    let mut last: Option<i32> = None;
    let mut total = 0;
    if text.is_empty() {
        return Ok(0);
    }
    let number = |text: &str| {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let number = digits.parse::<i32>().ok().filter(|_| !digits.starts_with('+'));
        let number =
            number.ok_or_else(|| format!("cannot convert string to integer for index: {}", quote(text)))?;
        if number >= completions { Err(format!("too large index: {}", quote(text))) } else { Ok(number) }
    };
    let order =
        |before: i32, now: i32| Err(format!("non-increasing order, previous: {before}, current: {now}"));
    for part in text.split(',') {
        let ends: Vec<&str> = part.split('-').collect();
        let (first, end) = match ends.as_slice() {
            [one] => (number(one)?, None),
            [first, end] => (number(first)?, Some(number(end)?)),
            _ => {
                return Err(format!(
                    "the fragment {} violates the requirement that an index interval can have at most two parts \
                     separated by '-'",
                    quote(part)
                ));
            }
        };
        if let Some(end) = end.filter(|end| first >= *end) {
            return order(first, end);
        }
        if let Some(last) = last.filter(|last| *last >= first) {
            return order(last, first);
        }
        let end = end.unwrap_or(first);
        total += end - first + 1;
        last = Some(end);
    }
    Ok(total)
}

/// What may change in a Job. Models ValidateJobSpecUpdate
pub(super) fn job_update(old: &Value, new: &Value, errors: &mut ErrorList) {
    let (before, after) = (&old["spec"], &new["spec"]);
    let path = Path::new("spec");
    if before["completions"] != after["completions"] {
        let (path, value) = (path.child("completions"), &after["completions"]);
        if after["completionMode"] != "Indexed" {
            errors.invalid(&path, value, IMMUTABLE);
        } else if !value.is_null() && *value != after["parallelism"] {
            errors.invalid(&path, value, "can only be modified in tandem with spec.parallelism");
        }
    }
    immutable(old, new, "selector", errors);
    template_update(old, new, &path.child("template"), errors);
    for field in ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"]
    {
        immutable(old, new, field, errors);
    }
}

/// A Job that is suspended and does nothing may ask for other nodes and other resources; else its template stays.
/// Models validatePodTemplateUpdate and shouldAllowMutablePodTemplate
fn template_update(old: &Value, new: &Value, path: &Path, errors: &mut ErrorList) {
    let (before, after) = (&old["spec"]["template"], &new["spec"]["template"]);
    let status = &old["status"];
    let conditions = status["conditions"].as_array().into_iter().flatten();
    let mut suspended = conditions.filter(|one| one["type"] == "Suspended" && one["status"] == "True");
    let may_change = old["spec"]["suspend"] == true
        && (status["startTime"].is_null() || suspended.next().is_some())
        && status["active"].as_i64().unwrap_or(0) == 0;
    if !may_change {
        if before != after {
            let shown = internal::template_value(after);
            errors.invalid(path, Text(shown), IMMUTABLE);
        }
        return;
    }
    let mut allowed = before["spec"].clone();
    if let Some(map) = allowed.as_object_mut() {
        for field in ["nodeSelector", "tolerations", "schedulingGates"] {
            copy_field(map, &after["spec"], field);
        }
        copy_node_affinity(map, &after["spec"]);
    }
    for name in ["containers", "initContainers"] {
        let wanted = list(&after["spec"], name);
        let own = allowed.get_mut(name).and_then(Value::as_array_mut).filter(|own| own.len() == wanted.len());
        for (own, wanted) in own.into_iter().flatten().zip(wanted).filter(|(a, b)| a["name"] == b["name"]) {
            if let Some(own) = own.as_object_mut() {
                copy_field(own, wanted, "resources");
            }
        }
    }
    if allowed != after["spec"] {
        let shown = internal::pod_spec_value(&after["spec"]);
        errors.invalid(&path.child("spec"), Text(shown), IMMUTABLE);
    }
}

/// Models ValidateCronJobCreate; with the spec before, ValidateCronJobUpdate
pub(super) fn cron_job(metadata: &ObjectMeta, raw: &Value, old: Option<&Value>, errors: &mut ErrorList) {
    let spec = CronJobSpec::from_value(raw);
    let path = Path::new("spec");
    if spec.schedule.is_empty() {
        errors.required(&path.child("schedule"), "");
    } else {
        let path = path.child("schedule");
        if let Err(words) = crate::cron::Schedule::parse(&spec.schedule) {
            errors.invalid(&path, &spec.schedule, &words);
        }
        let had = old.is_some_and(|old| old["schedule"].as_str().is_some_and(|text| text.contains("TZ")));
        if spec.schedule.contains("TZ") && (!had || spec.time_zone.is_some()) {
            let words = if had {
                "cannot use both timeZone field and TZ or CRON_TZ in schedule"
            } else {
                "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
            };
            errors.invalid(&path, &spec.schedule, words);
        }
    }
    nonnegative(spec.starting_deadline_seconds, &path.child("startingDeadlineSeconds"), errors);
    if let Some(zone) =
        spec.time_zone.as_ref().filter(|_| old.is_none_or(|old| old["timeZone"] != raw["timeZone"]))
    {
        time_zone(zone, &path.child("timeZone"), errors);
    }
    match spec.concurrency_policy.as_str() {
        "" => errors.required(&path.child("concurrencyPolicy"), ""),
        other => choice(other, &path.child("concurrencyPolicy"), &["Allow", "Forbid", "Replace"], errors),
    }
    let path_job = path.child("jobTemplate").child("spec");
    let job = &spec.job_template.spec;
    job_spec(job, &raw["jobTemplate"]["spec"], &path_job, errors);
    if let Some(selector) = &job.selector {
        let words = "`selector` will be auto-generated";
        errors.invalid(&path_job.child("selector"), selector_text(selector), words);
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
    if old.is_none() && metadata.name.len() > 52 {
        let words = "must be no more than 52 characters";
        errors.invalid(&Path::new("metadata").child("name"), &metadata.name, words);
    }
}

/// Models validateTimeZone
fn time_zone(zone: &str, path: &Path, errors: &mut ErrorList) {
    if zone.is_empty() {
        errors.invalid(path, zone, "timeZone must be nil or non-empty string");
        return;
    }
    let unknown = format!("unknown time zone {zone}");
    let fits = |part: &str| {
        let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
        (1..=14).contains(&part.len())
            && !matches!(part, "." | "..")
            && !part.starts_with('-')
            && part.chars().all(letter)
    };
    if !zone.split('/').all(fits) {
        errors.invalid(path, zone, &unknown);
        return;
    }
    if zone.eq_ignore_ascii_case("local") {
        let words = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
        errors.invalid(path, zone, words);
    }
    if zone != "Local" && crate::zones::find(zone).is_none() {
        errors.invalid(path, zone, &unknown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_counted() {
        assert_eq!(count_indexes("0,2-4", 5), Ok(4));
        assert_eq!(count_indexes("", 5), Ok(0));
        assert!(count_indexes("0-5", 5).is_err());
        assert!(count_indexes("3,1", 5).is_err());
        assert!(count_indexes("1-2-3", 5).is_err());
        assert!(count_indexes("x", 5).is_err());
    }

    #[test]
    fn zones_have_an_area() {
        let bad = |zone: &str| {
            let mut errors = ErrorList::default();
            time_zone(zone, &Path::new("zone"), &mut errors);
            !errors.is_empty()
        };
        assert!(!bad("Europe/Berlin") && !bad("UTC") && !bad("America/Argentina/Salta"));
        assert!(
            bad("Mars/Phobos")
                && bad("")
                && bad("europe/berlin")
                && bad("Local")
                && bad("Etc/..")
                && bad("UTC+x")
        );
    }
}
