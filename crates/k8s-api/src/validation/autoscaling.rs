//! Autoscalers.
//! Models pkg/apis/autoscaling/validation/validation.go (v1.36)

use serde_json::Value;

use crate::quantity::Quantity;

use super::field::{ErrorList, Path};
use super::{choice, list, names, path_segment, resources, text};

/// Sorts of metrics, and the field of each.
const SOURCES: [(&str, &str); 5] = [
    ("ContainerResource", "containerResource"),
    ("External", "external"),
    ("Object", "object"),
    ("Pods", "pods"),
    ("Resource", "resource"),
];
/// The fields in the order in which they are looked at.
const FIELDS: [&str; 5] = ["object", "external", "pods", "resource", "containerResource"];

fn number(owner: &Value, field: &str) -> i64 {
    owner[field].as_i64().unwrap_or(0)
}

/// Models validateHorizontalPodAutoscalerSpec; a target that stays is not looked at again
pub(super) fn spec(spec: &Value, old: Option<&Value>, errors: &mut ErrorList) {
    let path = Path::new("spec");
    let (least, most) = (spec["minReplicas"].as_i64(), number(spec, "maxReplicas"));
    let lower = i64::from(old.is_none_or(|old| old["minReplicas"] != 0));
    if let Some(least) = least.filter(|least| *least < lower) {
        let words = format!("must be greater than or equal to {lower}");
        errors.invalid(&path.child("minReplicas"), least, &words);
    }
    let path_most = path.child("maxReplicas");
    if most == 0 {
        errors.required(&path_most, "must be set and greater than 0");
    } else if most < 0 {
        errors.invalid(&path_most, most, "must be greater than or equal to 1");
    }
    if least.is_some_and(|least| most < least) {
        errors.invalid(&path_most, most, "must be greater than or equal to `minReplicas`");
    }
    let target = &spec["scaleTargetRef"];
    let same = |old: &Value| {
        ["apiVersion", "kind"].iter().all(|field| old["scaleTargetRef"][*field] == target[*field])
    };
    let group = !old.is_some_and(same) && target["kind"] != "ReplicationController";
    reference(target, group, &path.child("scaleTargetRef"), errors);
    let metrics = list(spec, "metrics");
    for (i, metric) in metrics.iter().enumerate() {
        self::metric(metric, &path.child("metrics").index(i), errors);
    }
    if least == Some(0) && !metrics.iter().any(|one| matches!(text(one, "type"), "Object" | "External")) {
        let words = "must specify at least one Object or External metric to support scaling to zero replicas";
        errors.forbidden(&path.child("metrics"), words);
    }
    for field in ["scaleUp", "scaleDown"] {
        let rules = &spec["behavior"][field];
        if rules.is_object() {
            scaling_rules(rules, &path.child("behavior").child(field), errors);
        }
    }
}

/// Models ValidateCrossVersionObjectReference
fn reference(reference: &Value, group: bool, path: &Path, errors: &mut ErrorList) {
    for field in ["kind", "name"] {
        match text(reference, field) {
            "" => errors.required(&path.child(field), ""),
            value => errors.check(&path.child(field), value, path_segment),
        }
    }
    let version = text(reference, "apiVersion");
    let words = match version.matches('/').count() {
        0 if group => "apiVersion must specify API group".to_string(),
        1 if group && version.starts_with('/') => "apiVersion must specify API group".to_string(),
        0 | 1 => return,
        _ => format!("unexpected GroupVersion string: {version}"),
    };
    errors.invalid(&path.child("apiVersion"), version, &words);
}

/// Models validateMetricSpec
fn metric(metric: &Value, path: &Path, errors: &mut ErrorList) {
    let kind = text(metric, "type");
    if kind.is_empty() {
        errors.required(&path.child("type"), "must specify a metric source type");
    }
    choice(kind, &path.child("type"), &SOURCES.map(|(kind, _)| kind), errors);
    let mut present: Vec<&str> = FIELDS.into_iter().filter(|field| metric[*field].is_object()).collect();
    if let Some(field) = present.first() {
        source(field, &metric[*field], &path.child(field), errors);
    }
    let expected = SOURCES.iter().find(|(name, _)| *name == kind).map(|(_, field)| *field);
    if let Some(field) = expected.filter(|field| !metric[*field].is_object()) {
        errors.required(&path.child(field), "must populate information for the given metric source");
    }
    if present.len() != 1 {
        crate::small::sort(&mut present, &|a, b| a < b);
        for field in present.iter().filter(|field| expected != Some(**field)) {
            errors.forbidden(&path.child(field), "must populate the given metric source only");
        }
    }
}

fn source(field: &str, source: &Value, path: &Path, errors: &mut ErrorList) {
    let path_target = path.child("target");
    let set = |field: &str| !source["target"][field].is_null();
    match field {
        "object" | "external" | "pods" => {
            if field == "object" {
                reference(&source["describedObject"], false, &path.child("describedObject"), errors);
            }
            let path = path.child("metric").child("name");
            match text(&source["metric"], "name") {
                "" => errors.required(&path, "must specify a metric name"),
                name => errors.check(&path, name, path_segment),
            }
        }
        _ => {
            let name = text(source, "name");
            if name.is_empty() {
                errors.required(&path.child("name"), "must specify a resource name");
            }
            if field == "containerResource" {
                if !name.is_empty() {
                    resources::container_resource_name(name, &path.child("name"), errors);
                }
                match text(source, "container") {
                    "" => errors.required(&path.child("container"), "must specify a container"),
                    container => errors.check(&path.child("container"), container, names::dns1123_label),
                }
            }
        }
    }
    target(&source["target"], &path_target, errors);
    let (value, average) = (set("value"), set("averageValue"));
    let path_average = path_target.child("averageValue");
    match field {
        "pods" => {
            if !average {
                errors.required(&path_average, "must specify a positive target averageValue");
            }
        }
        "object" => {
            if !value && !average {
                errors.required(&path_average, "must set either a target value or averageValue");
            }
        }
        "external" => {
            if !value && !average {
                let words = "must set either a target value for metric or a per-pod target";
                errors.required(&path_average, words);
            } else if value && average {
                let words = "may not set both a target value for metric and a per-pod target";
                errors.forbidden(&path_target.child("value"), words);
            }
        }
        _ => {
            let used = set("averageUtilization");
            if !used && !average {
                let words = "must set either a target raw value or a target utilization";
                errors.required(&path_target.child("averageUtilization"), words);
            } else if used && average {
                let words = "may not set both a target raw value and a target utilization";
                errors.forbidden(&path_average, words);
            }
        }
    }
}

/// Models validateMetricTarget
fn target(target: &Value, path: &Path, errors: &mut ErrorList) {
    let kind = text(target, "type");
    if kind.is_empty() {
        errors.required(&path.child("type"), "must specify a metric target type");
    }
    if !matches!(kind, "Utilization" | "Value" | "AverageValue") {
        let words = "must be either Utilization, Value, or AverageValue";
        errors.invalid(&path.child("type"), kind, words);
    }
    for field in ["value", "averageValue"] {
        if let Ok(amount) = Quantity::from_value(&target[field])
            && !target[field].is_null()
            && amount.sign() <= 0
        {
            errors.invalid(&path.child(field), &amount.to_string(), "must be positive");
        }
    }
    if let Some(percent) = target["averageUtilization"].as_i64().filter(|percent| *percent < 1) {
        errors.invalid(&path.child("averageUtilization"), percent, "must be greater than 0");
    }
}

/// Models validateScalingRules
fn scaling_rules(rules: &Value, path: &Path, errors: &mut ErrorList) {
    if let Some(window) = rules["stabilizationWindowSeconds"].as_i64() {
        let path = path.child("stabilizationWindowSeconds");
        if window < 0 {
            errors.invalid(&path, window, "must be greater than or equal to zero");
        }
        if window > 3600 {
            errors.invalid(&path, window, "must be less than or equal to 3600");
        }
    }
    if let Some(select) = rules["selectPolicy"].as_str() {
        choice(select, &path.child("selectPolicy"), &["Disabled", "Max", "Min"], errors);
    }
    let path_policies = path.child("policies");
    let policies = list(rules, "policies");
    if policies.is_empty() {
        errors.required(&path_policies, "must specify at least one Policy");
    }
    for (i, policy) in policies.iter().enumerate() {
        let path = path_policies.index(i);
        choice(text(policy, "type"), &path.child("type"), &["Percent", "Pods"], errors);
        for field in ["value", "periodSeconds"] {
            let number = number(policy, field);
            if number <= 0 {
                errors.invalid(&path.child(field), number, "must be greater than zero");
            }
            if field == "periodSeconds" && number > 1800 {
                errors.invalid(&path.child(field), number, "must be less than or equal to 1800");
            }
        }
    }
    if let Ok(tolerance) = Quantity::from_value(&rules["tolerance"])
        && tolerance.sign() < 0
    {
        let path = path.child("tolerance");
        errors.invalid(&path, &tolerance.to_string(), "must be greater than or equal to 0");
    }
}
