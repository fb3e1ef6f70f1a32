//! Names, labels and annotations of any object.
//! Models k8s.io/apimachinery/pkg/api/validation/objectmeta.go (v1.36)

use crate::internal::{self, Text};
use crate::meta::{LabelSelector, ObjectMeta, StringMap};

use super::field::{ErrorList, Path};
use super::names;

/// A rule for names.
pub type NameRule = fn(&str) -> Vec<String>;

/// Annotations may be this long together.
pub(super) const ANNOTATIONS_MAX: usize = 256 * 1024;

/// Checks the metadata of an object.
/// Models ValidateObjectMeta
pub fn object_meta(meta: &ObjectMeta, namespaced: bool, rule: NameRule, path: &Path, errors: &mut ErrorList) {
    if !meta.generate_name.is_empty() {
        // A hyphen at the end is followed by the suffix.
        let name = &meta.generate_name;
        let masked = match name.strip_suffix('-') {
            Some(rest) if !rest.is_empty() => {
                format!("{}a", &rest[..rest.len() - rest.chars().next_back().map_or(0, char::len_utf8)])
            }
            _ => name.clone(),
        };
        errors.invalid_each(&path.child("generateName"), name, &rule(&masked));
    }
    if meta.name.is_empty() {
        errors.required(&path.child("name"), "name or generateName is required");
    } else {
        errors.invalid_each(&path.child("name"), &meta.name, &rule(&meta.name));
    }
    let namespace = path.child("namespace");
    if namespaced && meta.namespace.is_empty() {
        errors.required(&namespace, "");
    } else if namespaced {
        errors.check(&namespace, &meta.namespace, names::dns1123_label);
    } else if !meta.namespace.is_empty() {
        errors.forbidden(&namespace, "not allowed on this type");
    }
    if meta.generation < 0 {
        errors.invalid(&path.child("generation"), meta.generation, "must be greater than or equal to 0");
    }
    labels(&meta.labels, &path.child("labels"), errors);
    annotations(&meta.annotations, &path.child("annotations"), errors);
    owners(meta, &path.child("ownerReferences"), errors);
    finalizers(&meta.finalizers, &path.child("finalizers"), errors);
}

/// Models ValidateFinalizers, and validateKubeFinalizerName of pkg/apis/core/validation
pub(super) fn finalizers(finalizers: &[String], path: &Path, errors: &mut ErrorList) {
    for finalizer in finalizers {
        errors.check(path, finalizer, names::qualified_name);
    }
    let both = ["orphan", "foregroundDeletion"];
    if both.iter().all(|name| finalizers.iter().any(|finalizer| finalizer == name)) {
        let words = "finalizer orphan and foregroundDeletion cannot be both set";
        errors.invalid(path, &serde_json::Value::from(finalizers.to_vec()), words);
    }
    for (i, finalizer) in finalizers.iter().enumerate() {
        kube_finalizer(finalizer, &path.index(i), errors);
    }
}

/// A finalizer without a domain is one of Kubernetes's own.
pub(super) fn kube_finalizer(finalizer: &str, path: &Path, errors: &mut ErrorList) {
    if !finalizer.contains('/') && !["kubernetes", "orphan", "foregroundDeletion"].contains(&finalizer) {
        let words = "name is neither a standard finalizer name nor is it fully qualified";
        errors.invalid(path, finalizer, words);
    }
}

/// Models ValidateOwnerReferences
pub(super) fn owners(meta: &ObjectMeta, path: &Path, errors: &mut ErrorList) {
    let mut controller: Option<String> = None;
    for owner in &meta.owner_references {
        let parts: Vec<&str> = owner.api_version.split('/').collect();
        if parts.len() > 2 || parts.last().is_none_or(|version| version.is_empty()) {
            errors.invalid(&path.child("apiVersion"), &owner.api_version, "version must not be empty");
        }
        for (name, value) in [("kind", &owner.kind), ("name", &owner.name), ("uid", &owner.uid)] {
            if value.is_empty() {
                errors.invalid(&path.child(name), value, "must not be empty");
            }
        }
        if owner.api_version == "v1" && owner.kind == "Event" {
            let words = "/v1, Kind=Event is disallowed from being an owner";
            errors.invalid(path, Text(internal::value("OwnerReference", &owner.to_value())), words);
        }
        if owner.controller == Some(true) {
            let name = format!("{}/{}", owner.kind, owner.name);
            if let Some(first) = &controller {
                let words = format!(
                    "Only one reference can have Controller set to true. Found \"true\" in references for {first} and \
                     {name}"
                );
                let all = meta.owner_references.iter().map(|owner| owner.to_value());
                let all = internal::value("[]OwnerReference", &serde_json::Value::Array(all.collect()));
                errors.invalid(path, Text(all), &words);
            } else {
                controller = Some(name);
            }
        }
    }
}

/// Checks labels, and whatever else looks like them.
pub fn labels(labels: &StringMap, path: &Path, errors: &mut ErrorList) {
    for (key, value) in labels {
        errors.check(path, key, names::qualified_name);
        errors.check(path, value, names::label_value);
    }
}

/// Checks annotations.
pub fn annotations(annotations: &StringMap, path: &Path, errors: &mut ErrorList) {
    for key in annotations.keys() {
        errors.invalid_each(path, key, &names::qualified_name(&key.to_ascii_lowercase()));
    }
    if annotations.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>() > ANNOTATIONS_MAX {
        errors.too_long(path, ANNOTATIONS_MAX);
    }
}

/// Checks a label selector.
/// Models metav1 ValidateLabelSelector
pub fn label_selector(selector: &LabelSelector, path: &Path, errors: &mut ErrorList) {
    selector_with(selector, false, path, errors);
}

/// Checks a label selector, whose expressions may have values that no label has.
pub(super) fn selector_with(selector: &LabelSelector, any_value: bool, path: &Path, errors: &mut ErrorList) {
    labels(&selector.match_labels, &path.child("matchLabels"), errors);
    for (i, requirement) in selector.match_expressions.iter().enumerate() {
        let path = path.child("matchExpressions").index(i);
        operator_and_values(&requirement.operator, &requirement.values, false, &path, errors);
        errors.check(&path.child("key"), &requirement.key, names::qualified_name);
        if !any_value {
            values(&requirement.values, &path, errors);
        }
    }
}

/// Checks that an operator has as many values as it needs; `compare` allows `Gt` and `Lt`.
pub(super) fn operator_and_values(
    operator: &str,
    values: &[String],
    compare: bool,
    path: &Path,
    errors: &mut ErrorList,
) {
    match operator {
        "In" | "NotIn" => {
            if values.is_empty() {
                errors
                    .required(&path.child("values"), "must be specified when `operator` is 'In' or 'NotIn'");
            }
        }
        "Exists" | "DoesNotExist" => {
            if !values.is_empty() {
                errors.forbidden(
                    &path.child("values"),
                    "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
                );
            }
        }
        "Gt" | "Lt" if compare => {
            if values.len() != 1 {
                errors.required(
                    &path.child("values"),
                    "must be specified single value when `operator` is 'Lt' or 'Gt'",
                );
            }
        }
        _ => errors.invalid(&path.child("operator"), operator, "not a valid selector operator"),
    }
}

/// Checks the values of a requirement as label values.
pub(super) fn values(values: &[String], path: &Path, errors: &mut ErrorList) {
    for (i, value) in values.iter().enumerate() {
        errors.check(&path.child("values").index(i), value, names::label_value);
    }
}
