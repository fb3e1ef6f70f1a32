//! ConfigMaps, Secrets, budgets, claims and the like.
//! Models pkg/apis/{core,policy}/validation/validation.go (v1.36)

use serde_json::Value;

use crate::core::{ConfigMap, LimitRange, Secret};
use crate::internal;
use crate::policy::PodDisruptionBudgetSpec;

use super::field::{ErrorList, Path};
use super::workloads::{at_most_all, int_or_percent};
use super::{meta, names};

/// ConfigMaps and Secrets may be this large.
const DATA_MAX: usize = 1024 * 1024;

/// Models ValidateConfigMap
pub(super) fn config_map(map: &ConfigMap, errors: &mut ErrorList) {
    let mut size = 0;
    for (key, value) in &map.data {
        let path = Path::new("data").key(key);
        errors.check(&path, key, names::config_key);
        if map.binary_data.contains_key(key) {
            errors.invalid(&path, key, "duplicate of key present in binaryData");
        }
        size += value.len();
    }
    for (key, value) in &map.binary_data {
        errors.invalid_each(&Path::new("binaryData").key(key), key, &names::config_key(key));
        size += value.len() / 4 * 3;
    }
    if size > DATA_MAX {
        errors.too_long(&Path::default(), DATA_MAX);
    }
}

/// Models ValidateSecret
pub(super) fn secret(secret: &Secret, errors: &mut ErrorList) {
    let path = Path::new("data");
    // Text given in the clear is stored as data.
    let has = |key: &str| secret.data.contains_key(key) || secret.string_data.contains_key(key);
    let mut size = 0;
    for (key, value) in secret.data.iter().chain(&secret.string_data) {
        errors.check(&path.key(key), key, names::config_key);
        size += value.len() / 4 * 3;
    }
    if size > DATA_MAX {
        errors.too_long(&path, DATA_MAX);
    }
    let required: &[&str] = match secret.type_.as_str() {
        "kubernetes.io/service-account-token" => {
            const NAME: &str = "kubernetes.io/service-account.name";
            if secret.metadata.annotations.get(NAME).is_none_or(String::is_empty) {
                errors.required(&Path::new("metadata").child("annotations").key(NAME), "");
            }
            &[]
        }
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => &["username", "password"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        _ => &[],
    };
    for key in required.iter().filter(|key| !has(key)) {
        errors.required(&path.key(key), "");
    }
}

/// Models ValidatePodDisruptionBudgetSpec
pub(super) fn disruption_budget(spec: &PodDisruptionBudgetSpec, raw: &Value, errors: &mut ErrorList) {
    let path = Path::new("spec");
    if spec.min_available.is_some() && spec.max_unavailable.is_some() {
        let shown = internal::Text(internal::value("PodDisruptionBudgetSpec", raw));
        errors.invalid(&path, shown, "minAvailable and maxUnavailable cannot be both set");
    }
    for (field, value) in [("minAvailable", &spec.min_available), ("maxUnavailable", &spec.max_unavailable)] {
        if let Some(value) = value {
            int_or_percent(value, &path.child(field), errors);
            at_most_all(value, &path.child(field), errors);
        }
    }
    if let Some(selector) = &spec.selector {
        meta::label_selector(selector, &path.child("selector"), errors);
    }
    if let Some(policy) = &spec.unhealthy_pod_eviction_policy
        && !matches!(policy.as_str(), "AlwaysAllow" | "IfHealthyBudget")
    {
        let path = path.child("unhealthyPodEvictionPolicy");
        errors.not_supported(&path, policy, &["AlwaysAllow", "IfHealthyBudget"]);
    }
}

/// Models ValidateLimitRange, the bounds of one sort against each other
pub(super) fn limit_range(range: &LimitRange, errors: &mut ErrorList) {
    for (i, item) in range.spec.limits.iter().enumerate() {
        let path = Path::new("spec").child("limits").index(i);
        if item.type_.is_empty() {
            errors.check(&path.child("type"), &item.type_, names::qualified_name);
        }
        if range.spec.limits[..i].iter().any(|other| other.type_ == item.type_) {
            errors.duplicate(&path.child("type"), &item.type_);
        }
        if item.type_ == "Pod" {
            for (field, set) in
                [("default", !item.default.is_empty()), ("defaultRequest", !item.default_request.is_empty())]
            {
                if set {
                    errors.forbidden(&path.child(field), "may not be specified when `type` is 'Pod'");
                }
            }
        }
        let pairs = [
            ("min", "min", "min value", &item.min, "max value", &item.max),
            ("defaultRequest", "min", "min value", &item.min, "default request value", &item.default_request),
            (
                "defaultRequest",
                "defaultRequest",
                "default request value",
                &item.default_request,
                "max value",
                &item.max,
            ),
            (
                "defaultRequest",
                "defaultRequest",
                "default request value",
                &item.default_request,
                "default limit value",
                &item.default,
            ),
            ("default", "min", "min value", &item.min, "default value", &item.default),
            ("default", "max", "default value", &item.default, "max value", &item.max),
        ];
        for (field, shown, small_words, small, large_words, large) in pairs {
            for (name, low) in small {
                let Some(high) = large.get(name).filter(|high| low > *high) else { continue };
                let value = match shown {
                    "min" if field == "defaultRequest" => high.to_string(),
                    "max" => high.to_string(),
                    _ => low.to_string(),
                };
                let words = format!("{small_words} {low} is greater than {large_words} {high}");
                errors.invalid(&path.child(field).key(name), &value, &words);
            }
        }
    }
}
