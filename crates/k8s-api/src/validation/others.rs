//! ConfigMaps, Secrets, budgets, claims and the like.
//! Models pkg/apis/{core,policy}/validation/validation.go (v1.36)

use serde_json::Value;

use crate::core::{ConfigMap, Secret};
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
        "kubernetes.io/ssh-auth" if secret.data.get("ssh-privatekey").is_some_and(String::is_empty) => {
            errors.required(&path.key("ssh-privatekey"), "");
            &[]
        }
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        _ => &[],
    };
    for key in required.iter().filter(|key| !has(key)) {
        errors.required(&path.key(key), "");
    }
    if let [key] = required
        && key.starts_with(".docker")
        && has(key)
    {
        docker_config(secret, key, &path.key(key), errors);
    }
}

/// What logs in to a registry is an object in JSON.
fn docker_config(secret: &Secret, key: &str, path: &Path, errors: &mut ErrorList) {
    let bytes = match secret.string_data.get(key) {
        Some(text) => text.clone().into_bytes(),
        None => {
            let data = secret.data.get(key).map_or("", String::as_str);
            crate::decode::base64_decode(data).unwrap_or_default()
        }
    };
    let text = String::from_utf8_lossy(&bytes);
    let words = match serde_json::from_slice::<Value>(&bytes) {
        Ok(Value::Object(_) | Value::Null) => return,
        Ok(other) => {
            let what = match other {
                Value::Bool(_) => "bool",
                Value::Number(_) => "number",
                Value::Array(_) => "array",
                _ => "string",
            };
            format!("json: cannot unmarshal {what} into Go value of type map[string]interface {{}}")
        }
        Err(_) => match crate::json_scan::value_end(&text, 0) {
            Err(error) => error.message(),
            Ok(_) => "unexpected end of JSON input".into(),
        },
    };
    errors.invalid(path, "<secret contents redacted>", &words);
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
