//! Roles and their bindings.
//! Models pkg/apis/rbac/validation/validation.go (v1.36)

use serde_json::Value;

use crate::meta::LabelSelector;

use super::field::{ErrorList, Path};
use super::{meta, names, path_segment};

const GROUP: &str = "rbac.authorization.k8s.io";

fn is_empty(value: &Value) -> bool {
    value.as_array().is_none_or(Vec::is_empty)
}

/// Models ValidateRole and ValidateClusterRole
pub(super) fn role(object: &Value, namespaced: bool, errors: &mut ErrorList) {
    for (i, rule) in object["rules"].as_array().into_iter().flatten().enumerate() {
        policy_rule(rule, namespaced, &Path::new("rules").index(i), errors);
    }
    let aggregation = &object["aggregationRule"];
    if !aggregation.is_object() || namespaced {
        return;
    }
    let path = Path::new("aggregationRule").child("clusterRoleSelectors");
    if is_empty(&aggregation["clusterRoleSelectors"]) {
        errors.required(&path, "at least one clusterRoleSelector required if aggregationRule is non-nil");
    }
    let selectors = aggregation["clusterRoleSelectors"].as_array();
    for (i, selector) in selectors.into_iter().flatten().enumerate() {
        meta::label_selector(&LabelSelector::from_value(selector), &path.index(i), errors);
    }
}

/// Models ValidatePolicyRule
fn policy_rule(rule: &Value, namespaced: bool, path: &Path, errors: &mut ErrorList) {
    if is_empty(&rule["verbs"]) {
        errors.required(&path.child("verbs"), "verbs must contain at least one value");
    }
    if !is_empty(&rule["nonResourceURLs"]) {
        let path = path.child("nonResourceURLs");
        if namespaced {
            let words = "namespaced rules cannot apply to non-resource URLs";
            errors.invalid(&path, &rule["nonResourceURLs"], words);
        }
        if ["apiGroups", "resources", "resourceNames"].iter().any(|field| !is_empty(&rule[*field])) {
            let words = "rules cannot apply to both regular resources and non-resource URLs";
            errors.invalid(&path, &rule["nonResourceURLs"], words);
        }
        return;
    }
    if is_empty(&rule["apiGroups"]) {
        errors.required(&path.child("apiGroups"), "resource rules must supply at least one api group");
    }
    if is_empty(&rule["resources"]) {
        errors.required(&path.child("resources"), "resource rules must supply at least one resource");
    }
}

/// Models ValidateRoleBinding and ValidateClusterRoleBinding
pub(super) fn binding(object: &Value, namespaced: bool, errors: &mut ErrorList) {
    let path = Path::new("roleRef");
    let text = |field: &str| object["roleRef"][field].as_str().unwrap_or("");
    if text("apiGroup") != GROUP {
        errors.not_supported(&path.child("apiGroup"), text("apiGroup"), &[GROUP]);
    }
    let kinds: &[&str] = if namespaced { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
    if !kinds.contains(&text("kind")) {
        errors.not_supported(&path.child("kind"), text("kind"), kinds);
    }
    if text("name").is_empty() {
        errors.required(&path.child("name"), "");
    } else {
        errors.check(&path.child("name"), text("name"), path_segment);
    }
    for (i, one) in object["subjects"].as_array().into_iter().flatten().enumerate() {
        subject(one, namespaced, &Path::new("subjects").index(i), errors);
    }
}

/// Models ValidateRoleBindingSubject
fn subject(subject: &Value, namespaced: bool, path: &Path, errors: &mut ErrorList) {
    let text = |field: &str| subject[field].as_str().unwrap_or("");
    if text("name").is_empty() {
        errors.required(&path.child("name"), "");
    }
    match text("kind") {
        "ServiceAccount" => {
            if !text("name").is_empty() {
                errors.check(&path.child("name"), text("name"), names::dns1123_subdomain);
            }
            if !text("apiGroup").is_empty() {
                errors.not_supported(&path.child("apiGroup"), text("apiGroup"), &[""]);
            }
            if !namespaced && text("namespace").is_empty() {
                errors.required(&path.child("namespace"), "");
            }
        }
        "User" | "Group" => {
            if text("apiGroup") != GROUP {
                errors.not_supported(&path.child("apiGroup"), text("apiGroup"), &[GROUP]);
            }
        }
        other => errors.not_supported(&path.child("kind"), other, &["ServiceAccount", "User", "Group"]),
    }
}

/// A binding keeps its role for ever.
pub(super) fn same_role(old: &Value, new: &Value, errors: &mut ErrorList) {
    if old["roleRef"] != new["roleRef"] {
        let of = |field: &str| crate::print::quote(new["roleRef"][field].as_str().unwrap_or(""));
        let shown =
            format!("{{\"APIGroup\":{},\"Kind\":{},\"Name\":{}}}", of("apiGroup"), of("kind"), of("name"));
        errors.invalid(&Path::new("roleRef"), crate::internal::Text(shown), "cannot change roleRef");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rules_are_about_resources_or_about_paths() {
        let mut errors = ErrorList::default();
        let rules = json!([{}, {"verbs": ["get"], "nonResourceURLs": ["/x"], "resources": ["pods"]}]);
        role(&json!({"rules": rules}), true, &mut errors);
        assert_eq!(
            errors.messages_all(),
            [
                "rules[0].verbs: Required value: verbs must contain at least one value",
                "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
                "rules[0].resources: Required value: resource rules must supply at least one resource",
                "rules[1].nonResourceURLs: Invalid value: [\"/x\"]: namespaced rules cannot apply to non-resource URLs",
                "rules[1].nonResourceURLs: Invalid value: [\"/x\"]: rules cannot apply to both regular resources and \
                 non-resource URLs",
            ]
        );
    }

    #[test]
    fn bindings_name_a_role_and_known_subjects() {
        let mut errors = ErrorList::default();
        let subjects = json!([{"kind": "Robot", "name": "x"}, {"kind": "ServiceAccount", "name": "a"}]);
        binding(&json!({"roleRef": {"kind": "Role"}, "subjects": subjects}), false, &mut errors);
        assert_eq!(
            errors.messages_all(),
            [
                "roleRef.apiGroup: Unsupported value: \"\": supported values: \"rbac.authorization.k8s.io\"",
                "roleRef.kind: Unsupported value: \"Role\": supported values: \"ClusterRole\"",
                "roleRef.name: Required value",
                "subjects[0].kind: Unsupported value: \"Robot\": supported values: \"ServiceAccount\", \"User\", \"Group\"",
                "subjects[1].namespace: Required value",
            ]
        );
    }
}
