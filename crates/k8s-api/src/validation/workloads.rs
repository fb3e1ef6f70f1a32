//! Deployments, ReplicaSets, StatefulSets, DaemonSets.
//! Models pkg/apis/apps/validation/validation.go (v1.36)

use serde_json::{Value, json};

use crate::apps::{DaemonSetSpec, DeploymentSpec, ReplicaSetSpec, StatefulSetSpec};
use crate::core::{PersistentVolumeClaim, PodSpec, PodTemplateSpec};
use crate::internal;
use crate::intstr::IntOrString;
use crate::meta::LabelSelector;
use crate::record::{Field, Load};

use super::field::{ErrorList, Path};
use super::{meta, names, pod, volume};

pub(super) const MISMATCH: &str = "`selector` does not match template `labels`";

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

/// The percentage, if it is one. Models getPercentValue
fn percentage(value: &IntOrString) -> Option<i64> {
    match value {
        IntOrString::Str(text) if names::percent(text).is_empty() => {
            Some(text.trim_end_matches('%').parse().unwrap_or(i64::MAX))
        }
        _ => None,
    }
}

/// The number before the percent sign, or the number itself. Models getIntOrPercentValue
fn amount(value: &IntOrString) -> i64 {
    percentage(value).unwrap_or(match value {
        IntOrString::Int(number) => i64::from(*number),
        IntOrString::Str(text) => text.parse().unwrap_or(0),
    })
}

/// Refuses percentages above 100.
pub(super) fn at_most_all(value: &IntOrString, path: &Path, errors: &mut ErrorList) {
    if percentage(value).is_some_and(|percentage| percentage > 100) {
        errors.invalid(path, &value.write(), "must not be greater than 100%");
    }
}

/// A selector as messages show it.
pub(super) fn selector_text(selector: &LabelSelector) -> internal::Text {
    internal::Text(internal::value("LabelSelector", &selector.to_value()))
}

pub(super) fn labels_value(template: &PodTemplateSpec) -> Value {
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
pub(super) fn is_sound(selector: &LabelSelector) -> bool {
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
    // Without a selector nothing matches.
    let fits =
        |selector: &LabelSelector| selector.is_everything() || selector.matches(&template.metadata.labels);
    if !selector.is_some_and(fits) {
        errors.invalid(&path.child("metadata").child("labels"), &labels_value(template), MISMATCH);
    }
    let spec = PodSpec::from_value(&template.spec);
    pod::template(&template.metadata, &spec, path, errors);
    always_for_ever(&spec, kind, path, errors);
}

/// A template is looked at when its selector can be evaluated.
fn sound_template(
    template: &PodTemplateSpec,
    selector: Option<&LabelSelector>,
    path: &Path,
    errors: &mut ErrorList,
) {
    match selector.filter(|selector| !is_sound(selector)) {
        Some(selector) => {
            errors.invalid(&path.child("selector"), selector_text(selector), "invalid label selector");
        }
        None => self::template(template, selector, "ReplicaSet", &path.child("template"), errors),
    }
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
    sound_template(&spec.template, spec.selector.as_ref(), &path, errors);
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
    sound_template(&spec.template, spec.selector.as_ref(), &path, errors);
}

/// Models ValidateStatefulSetSpec; what cannot change is not looked at again
pub(super) fn stateful_set(raw: &Value, is_new: bool, errors: &mut ErrorList) {
    let spec = &StatefulSetSpec::from_value(raw);
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
                let shown = internal::value("RollingUpdateStatefulSetStrategy", &update.to_value());
                let words = "only allowed for updateStrategy 'RollingUpdate'";
                errors.invalid(&strategy.child("rollingUpdate"), internal::Text(shown), words);
            }
        }
        "" => errors.required(&strategy, ""),
        _ => {
            let shown = internal::value("StatefulSetUpdateStrategy", &raw["updateStrategy"]);
            errors.invalid(&strategy, internal::Text(shown), "must be 'RollingUpdate' or 'OnDelete'");
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
    for (i, claim) in spec.volume_claim_templates.iter().enumerate().filter(|_| is_new) {
        let claim: &PersistentVolumeClaim = claim;
        volume::claim_spec(&claim.spec, &path.child("volumeClaimTemplates").index(i).child("spec"), errors);
    }
    nonnegative(spec.replicas.map(i64::from), &path.child("replicas"), errors);
    nonnegative(Some(i64::from(spec.min_ready_seconds)), &path.child("minReadySeconds"), errors);
    if let Some(ordinals) = &spec.ordinals {
        nonnegative(Some(i64::from(ordinals.start)), &path.child("ordinals.start"), errors);
    }
    if !spec.service_name.is_empty() && is_new {
        errors.check(&path.child("serviceName"), &spec.service_name, names::dns1123_label);
    }
    selector(spec.selector.as_ref(), "statefulset", &path, errors);
    if let Some(selector) = spec.selector.as_ref().filter(|selector| !is_sound(selector)) {
        errors.invalid(&path.child("selector"), selector_text(selector), "");
        let pod_spec = PodSpec::from_value(&spec.template.spec);
        always_for_ever(&pod_spec, "StatefulSet", &path.child("template"), errors);
        return;
    }
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
        if is_sound(selector) && !selector.matches(&spec.template.metadata.labels) {
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

/// Models ValidateReplicationControllerSpec
pub(super) fn replication_controller(raw: &Value, errors: &mut ErrorList) {
    let path = Path::new("spec");
    nonnegative(raw["minReadySeconds"].as_i64(), &path.child("minReadySeconds"), errors);
    let mut selector = LabelSelector::default();
    selector.match_labels.load(&raw["selector"]);
    if selector.is_everything() {
        errors.required(&path.child("selector"), "");
    }
    nonnegative(raw["replicas"].as_i64(), &path.child("replicas"), errors);
    let path = path.child("template");
    if raw["template"].is_null() {
        errors.required(&path, "");
        return;
    }
    let template = PodTemplateSpec::from_value(&raw["template"]);
    self::template(&template, Some(&selector), "ReplicationController", &path, errors);
}
