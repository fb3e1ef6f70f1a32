//! Quotas and ranges of requests and limits.
//! Models pkg/apis/core/validation/validation.go (v1.36)

use serde_json::Value;

use crate::core::{LimitRange, ResourceList};
use crate::internal;
use crate::quantity::Quantity;

use super::field::{ErrorList, Path};
use super::{list, names, resources, text};

const SCOPES: [&str; 7] = [
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "VolumeAttributesClass",
    "CrossNamespacePodAffinity",
];
const COMPUTE: [&str; 6] =
    ["cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"];

/// Whether a quota with that scope may count that resource. Models IsResourceQuotaScopeValidForResource
fn counts(scope: &str, resource: &str) -> bool {
    match scope {
        "BestEffort" => resource == "pods",
        "VolumeAttributesClass" => matches!(resource, "persistentvolumeclaims" | "requests.storage"),
        other if SCOPES.contains(&other) => resource == "pods" || COMPUTE.contains(&resource),
        _ => true,
    }
}

/// Models ValidateResourceQuotaSpec
pub(super) fn spec(spec: &Value, errors: &mut ErrorList) {
    let path = Path::new("spec");
    let hard = spec["hard"].as_object();
    let names: Vec<&str> = hard.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    for (name, amount) in hard.into_iter().flatten() {
        let path = path.child("hard").key(name);
        resources::resource_name(name, &path, errors);
        if !name.contains('/') && !resources::is_quota_resource(name) {
            errors.invalid(&path, name, "must be a standard resource for quota");
        }
        if let Ok(amount) = Quantity::from_value(amount) {
            resources::amount(name, &amount, &path, errors);
        }
    }
    let scopes: Vec<&str> = list(spec, "scopes").iter().filter_map(Value::as_str).collect();
    let fits = |scope: &str| {
        names.iter().filter(|name| resources::is_quota_resource(name) && !counts(scope, name)).count()
    };
    let conflicts = |scopes: &[&str]| {
        let pairs = [["BestEffort", "NotBestEffort"], ["NotTerminating", "Terminating"]];
        pairs.iter().filter(|pair| pair.iter().all(|scope| scopes.contains(scope))).count()
    };
    let path_scopes = path.child("scopes");
    for scope in &scopes {
        if !SCOPES.contains(scope) {
            errors.invalid(&path_scopes, &spec["scopes"], "unsupported scope");
        }
        for _ in 0..fits(scope) {
            errors.invalid(&path_scopes, &spec["scopes"], "unsupported scope applied to resource");
        }
    }
    for _ in 0..conflicts(&scopes) {
        errors.invalid(&path_scopes, &spec["scopes"], "conflicting scopes");
    }
    if !spec["scopeSelector"].is_object() {
        return;
    }
    let path = path.child("scopeSelector").child("matchExpressions");
    let requirements = list(&spec["scopeSelector"], "matchExpressions");
    for requirement in requirements {
        let (scope, operator) = (text(requirement, "scopeName"), text(requirement, "operator"));
        if !SCOPES.contains(&scope) {
            errors.invalid(&path.child("scopeName"), scope, "unsupported scope");
        }
        for _ in 0..fits(scope) {
            let shown = internal::Text(internal::value("ScopeSelector", &spec["scopeSelector"]));
            errors.invalid(&path, shown, "unsupported scope applied to resource");
        }
        let plain = SCOPES[..4].contains(&scope) || scope == "CrossNamespacePodAffinity";
        if plain && operator != "Exists" {
            let words = "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, \
                         ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, \
                         ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
            errors.invalid(&path.child("operator"), operator, words);
        }
        let values = list(requirement, "values");
        match operator {
            "In" | "NotIn" if values.is_empty() => {
                let words =
                    "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
                errors.required(&path.child("values"), words);
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                let words =
                    "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
                errors.invalid(&path.child("values"), &requirement["values"], words);
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            other => errors.invalid(&path.child("operator"), other, "not a valid selector operator"),
        }
    }
    let named: Vec<&str> = requirements.iter().map(|one| text(one, "scopeName")).collect();
    for _ in 0..conflicts(&named) {
        errors.invalid(&path, &spec["scopes"], "conflicting scopes");
    }
}

/// The scopes of a quota stay. Models ValidateResourceQuotaUpdate
pub(super) fn update(old: &Value, new: &Value, errors: &mut ErrorList) {
    let (before, after) = (list(&old["spec"], "scopes"), list(&new["spec"], "scopes"));
    let same = |a: &[Value], b: &[Value]| a.iter().all(|scope| b.contains(scope));
    if !(same(before, after) && same(after, before)) {
        let path = Path::new("spec").child("scopes");
        errors.invalid(&path, &new["spec"]["scopes"], super::update::IMMUTABLE);
    }
}

/// Models ValidateLimitRange
pub(super) fn limit_range(range: &LimitRange, errors: &mut ErrorList) {
    for (i, item) in range.spec.limits.iter().enumerate() {
        let path = Path::new("spec").child("limits").index(i);
        let kind = item.type_.as_str();
        let messages = names::qualified_name(kind);
        errors.invalid_each(&path.child("type"), kind, &messages);
        let known = kind.contains('/') || ["Container", "PersistentVolumeClaim", "Pod"].contains(&kind);
        if messages.is_empty() && !known {
            errors.invalid(&path.child("type"), kind, "must be a standard limit type or fully qualified");
        }
        if range.spec.limits[..i].iter().any(|other| other.type_ == item.type_) {
            errors.duplicate(&path.child("type"), kind);
        }
        let is_pod = kind == "Pod";
        let check = |field: &str, amounts: &ResourceList, errors: &mut ErrorList| {
            for name in amounts.keys() {
                let path = path.child(field).key(name);
                if matches!(kind, "Pod" | "Container") {
                    resources::container_resource_name(name, &path, errors);
                } else {
                    resources::resource_name(name, &path, errors);
                }
            }
        };
        check("max", &item.max, errors);
        check("min", &item.min, errors);
        for (field, amounts) in [("default", &item.default), ("defaultRequest", &item.default_request)] {
            if !is_pod {
                check(field, amounts, errors);
            } else if !amounts.is_empty() {
                errors.forbidden(&path.child(field), "may not be specified when `type` is 'Pod'");
            }
        }
        let storage = |amounts: &ResourceList| amounts.contains_key("storage");
        if kind == "PersistentVolumeClaim" && !storage(&item.min) && !storage(&item.max) {
            let words = "either minimum or maximum storage value is required, but neither was provided";
            errors.required(&path.child("limits"), words);
        }
        check("maxLimitRequestRatio", &item.max_limit_request_ratio, errors);
        let none = ResourceList::new();
        let (defaults, requests) =
            if is_pod { (&none, &none) } else { (&item.default, &item.default_request) };
        let all = [&item.min, &item.max, defaults, requests, &item.max_limit_request_ratio];
        let mut keys: Vec<&String> = all.into_iter().flat_map(|amounts| amounts.keys()).collect();
        crate::small::sort(&mut keys, &|a, b| a < b);
        keys.dedup();
        for key in keys {
            let bounds = Bounds {
                min: item.min.get(key),
                max: item.max.get(key),
                default: defaults.get(key),
                request: requests.get(key),
                ratio: item.max_limit_request_ratio.get(key),
            };
            bounds.check(key, &path, errors);
        }
    }
}

/// What a range says about one resource.
struct Bounds<'a> {
    min: Option<&'a Quantity>,
    max: Option<&'a Quantity>,
    default: Option<&'a Quantity>,
    request: Option<&'a Quantity>,
    ratio: Option<&'a Quantity>,
}

impl Bounds<'_> {
    fn check(&self, key: &str, path: &Path, errors: &mut ErrorList) {
        let (min, max) = (("min value", self.min), ("max value", self.max));
        let request = |name| (name, self.request);
        let default = |name| (name, self.default);
        // The field that is named, which of the two is shown, and the two that must be in order.
        let pairs = [
            ("min", false, min, max),
            ("defaultRequest", true, min, request("default request value")),
            ("defaultRequest", false, request("default request value"), max),
            ("defaultRequest", false, request("default request value"), default("default limit value")),
            ("default", false, min, default("default value")),
            ("default", true, default("default value"), max),
        ];
        for (field, shows_large, (small_words, small), (large_words, large)) in pairs {
            let (Some(small), Some(large)) = (small, large) else { continue };
            if small > large {
                let shown = if shows_large { large } else { small };
                let words = format!("{small_words} {small} is greater than {large_words} {large}");
                errors.invalid(&path.child(field).key(key), &shown.to_string(), &words);
            }
        }
        if let Some(ratio) = self.ratio {
            let path = path.child("maxLimitRequestRatio").key(key);
            let shown = ratio.to_string();
            if ratio.milli_value() < 1000 {
                errors.invalid(&path, &shown, &format!("ratio {shown} is less than 1"));
            }
            let milli = |amount: &Quantity| i128::from(amount.milli_value());
            if let (Some(min), Some(max)) = (self.min.map(milli), self.max.map(milli))
                && min > 0
                && milli(ratio) * min > max * 1000
            {
                let millionths = (2 * max * 1_000_000 / min + 1) / 2;
                let (whole, rest) = (millionths / 1_000_000, millionths % 1_000_000);
                let words = format!("ratio {shown} is greater than max/min = {whole}.{rest:06}");
                errors.invalid(&path, &shown, &words);
            }
        }
        if let (Some(default), Some(request)) = (self.default, self.request)
            && default != request
            && !resources::is_overcommit_allowed(key)
        {
            let words =
                format!("default value {default} must equal to defaultRequest value {request} in {key}");
            errors.invalid(&path.child("defaultRequest").key(key), &request.to_string(), &words);
        }
    }
}
