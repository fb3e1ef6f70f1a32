//! Affinity, tolerations, spreading.
//! Models pkg/apis/core/validation/validation.go (v1.36)

use crate::core::{
    Affinity, NodeSelector, NodeSelectorTerm, PodAffinityTerm, PodSpec, Toleration, TopologySpreadConstraint,
    WeightedPodAffinityTerm,
};
use crate::meta::LabelSelector;
use crate::small::Names;

use super::field::{ErrorList, Path};
use super::meta::{label_selector, operator_and_values, selector_with, values};
use super::names;
use super::options::Options;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
const WEIGHT: &str = "must be in the range 1-100";

/// Checks all affinities. Models validateAffinity
pub(super) fn affinity(affinity: &Affinity, options: &Options, path: &Path, errors: &mut ErrorList) {
    if let Some(node) = &affinity.node_affinity {
        let path = path.child("nodeAffinity");
        if let Some(required) = &node.required_during_scheduling_ignored_during_execution {
            node_selector(required, !options.invalid_node_values, &path.child(REQUIRED), errors);
        }
        for (i, term) in node.preferred_during_scheduling_ignored_during_execution.iter().enumerate() {
            let path = path.child(PREFERRED).index(i);
            weight(term.weight, &path, errors);
            node_term(&term.preference, false, &path.child("preference"), errors);
        }
    }
    for term in pod_terms(affinity, path) {
        if let Some(weight) = term.weight {
            self::weight(weight, &term.path, errors);
        }
        pod_term(term.term, options, &term.inner, errors);
    }
}

/// Models ValidateNodeSelector
pub(super) fn node_selector(
    selector: &NodeSelector,
    check_values: bool,
    path: &Path,
    errors: &mut ErrorList,
) {
    let terms = path.child("nodeSelectorTerms");
    if selector.node_selector_terms.is_empty() {
        errors.required(&terms, "must have at least one node selector term");
    }
    for (i, term) in selector.node_selector_terms.iter().enumerate() {
        node_term(term, check_values, &terms.index(i), errors);
    }
}

/// A term of Pod affinity and where it stands.
struct PlacedTerm<'a> {
    weight: Option<i32>,
    term: &'a PodAffinityTerm,
    path: Path,
    /// The path of the term itself, inside its weight.
    inner: Path,
}

fn pod_terms<'a>(affinity: &'a Affinity, path: &Path) -> Vec<PlacedTerm<'a>> {
    let mut placed = Vec::new();
    let mut add = |required: &'a [PodAffinityTerm], preferred: &'a [WeightedPodAffinityTerm], path: Path| {
        for (i, term) in required.iter().enumerate() {
            let path = path.child(REQUIRED).index(i);
            placed.push(PlacedTerm { weight: None, term, inner: path.clone(), path });
        }
        for (i, weighted) in preferred.iter().enumerate() {
            let path = path.child(PREFERRED).index(i);
            let (weight, term) = (Some(weighted.weight), &weighted.pod_affinity_term);
            placed.push(PlacedTerm { weight, term, inner: path.child("podAffinityTerm"), path });
        }
    };
    if let Some(pod) = &affinity.pod_affinity {
        add(
            &pod.required_during_scheduling_ignored_during_execution,
            &pod.preferred_during_scheduling_ignored_during_execution,
            path.child("podAffinity"),
        );
    }
    if let Some(pod) = &affinity.pod_anti_affinity {
        add(
            &pod.required_during_scheduling_ignored_during_execution,
            &pod.preferred_during_scheduling_ignored_during_execution,
            path.child("podAntiAffinity"),
        );
    }
    placed
}

/// Models hasInvalidLabelValueInAffinitySelector
pub(super) fn affinity_selectors(spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    for term in spec.affinity.iter().flat_map(|affinity| pod_terms(affinity, path)) {
        term_selectors(term.term, false, path, errors);
    }
}

/// Models hasInvalidLabelValueInRequiredNodeAffinity
pub(super) fn node_values(spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    let node = spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
    let required = node.and_then(|node| node.required_during_scheduling_ignored_during_execution.as_ref());
    let terms = required.into_iter().flat_map(|required| &required.node_selector_terms);
    for requirement in terms.flat_map(|term| &term.match_expressions) {
        values(&requirement.values, path, errors);
    }
}

fn weight(weight: i32, path: &Path, errors: &mut ErrorList) {
    if !(1..=100).contains(&weight) {
        errors.invalid(&path.child("weight"), weight, WEIGHT);
    }
}

fn node_term(term: &NodeSelectorTerm, check_values: bool, path: &Path, errors: &mut ErrorList) {
    for (i, requirement) in term.match_expressions.iter().enumerate() {
        let path = path.child("matchExpressions").index(i);
        operator_and_values(&requirement.operator, &requirement.values, true, &path, errors);
        errors.check(&path.child("key"), &requirement.key, names::qualified_name);
        if check_values {
            values(&requirement.values, &path, errors);
        }
    }
    for (i, requirement) in term.match_fields.iter().enumerate() {
        let path = path.child("matchFields").index(i);
        if !matches!(requirement.operator.as_str(), "In" | "NotIn") {
            errors.invalid(&path.child("operator"), &requirement.operator, "not a valid selector operator");
        } else if requirement.values.len() != 1 {
            let words = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
            errors.required(&path.child("values"), words);
        }
        if requirement.key == "metadata.name" {
            for (j, value) in requirement.values.iter().enumerate() {
                errors.check(&path.child("values").index(j), value, names::dns1123_subdomain);
            }
        } else {
            errors.invalid(&path.child("key"), &requirement.key, "not a valid field selector key");
        }
    }
}

/// Models ValidatePodAffinityTermSelector
fn term_selectors(term: &PodAffinityTerm, any_value: bool, path: &Path, errors: &mut ErrorList) {
    for (field, selector) in
        [("labelSelector", &term.label_selector), ("namespaceSelector", &term.namespace_selector)]
    {
        if let Some(selector) = selector {
            selector_with(selector, any_value, &path.child(field), errors);
        }
    }
}

fn pod_term(term: &PodAffinityTerm, options: &Options, path: &Path, errors: &mut ErrorList) {
    term_selectors(term, options.invalid_affinity_selectors, path, errors);
    for name in &term.namespaces {
        errors.check(&path.child("namespace"), name, names::dns1123_label);
    }
    label_keys(&term.match_label_keys, &term.mismatch_label_keys, term.label_selector.as_ref(), path, errors);
    let key = path.child("topologyKey");
    if term.topology_key.is_empty() {
        errors.required(&key, "can not be empty");
    }
    errors.check(&key, &term.topology_key, names::qualified_name);
}

/// Models ValidateMatchLabelKeysAndMismatchLabelKeys
fn label_keys(
    matched: &[String],
    mismatched: &[String],
    selector: Option<&LabelSelector>,
    path: &Path,
    errors: &mut ErrorList,
) {
    for (field, keys) in [("matchLabelKeys", matched), ("mismatchLabelKeys", mismatched)] {
        let path = path.child(field);
        if keys.is_empty() {
            continue;
        }
        if selector.is_none() {
            errors.forbidden(&path, "must not be specified when labelSelector is not set");
            continue;
        }
        for (i, key) in keys.iter().enumerate() {
            errors.check(&path.index(i), key, names::qualified_name);
        }
    }
    if let Some(selector) = selector {
        let mut seen: Vec<&str> = selector.match_labels.keys().map(String::as_str).collect();
        for requirement in &selector.match_expressions {
            let key = requirement.key.as_str();
            if let Some(i) = matched.iter().rposition(|matched| matched == key)
                && seen.contains(&key)
            {
                errors.invalid(&path.index(i), key, "exists in both matchLabelKeys and labelSelector");
            }
            seen.push(key);
        }
    }
    for (i, key) in matched.iter().enumerate().filter(|(_, key)| mismatched.contains(key)) {
        let path = path.child("matchLabelKeys").index(i);
        errors.invalid(&path, key, "exists in both matchLabelKeys and mismatchLabelKeys");
    }
}

/// Checks the effect of a taint or a toleration.
pub(super) fn effect(effect: &str, path: &Path, errors: &mut ErrorList) {
    let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
    if !effects.contains(&effect) {
        errors.not_supported(path, effect, &effects);
    }
}

/// Checks tolerations. Models ValidateTolerations
pub(super) fn tolerations(
    tolerations: &[Toleration],
    options: &Options,
    path: &Path,
    errors: &mut ErrorList,
) {
    for (i, toleration) in tolerations.iter().enumerate() {
        let path = path.index(i);
        if !toleration.key.is_empty() {
            errors.check(&path.child("key"), &toleration.key, names::qualified_name);
        }
        let operator = path.child("operator");
        if toleration.key.is_empty() && toleration.operator != "Exists" {
            let words =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            errors.invalid(&operator, &toleration.operator, words);
        }
        if toleration.toleration_seconds.is_some() && toleration.effect != "NoExecute" {
            let words = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            errors.invalid(&path.child("effect"), &toleration.effect, words);
        }
        match toleration.operator.as_str() {
            "Equal" | "" => {
                let messages = names::label_value(&toleration.value);
                if !messages.is_empty() {
                    errors.invalid(&operator, &toleration.value, &messages.join(";"));
                }
            }
            "Exists" => {
                if !toleration.value.is_empty() {
                    let words = "value must be empty when `operator` is 'Exists'";
                    errors.invalid(&operator, &toleration.value, words);
                }
            }
            "Lt" | "Gt" if options.comparing_tolerations => {
                for message in names::decimal_integer(&toleration.value) {
                    errors.invalid(&path.child("value"), &toleration.value, &message);
                }
            }
            "Lt" | "Gt" => {
                errors.not_supported(&operator, &toleration.operator, &["Equal", "Exists", "Lt", "Gt"]);
            }
            other => errors.not_supported(&operator, other, &["Equal", "Exists"]),
        }
        if !toleration.effect.is_empty() {
            effect(&toleration.effect, &path.child("effect"), errors);
        }
    }
}

/// Checks how Pods are spread. Models validateTopologySpreadConstraints
pub(super) fn spread(spec: &PodSpec, options: &Options, path: &Path, errors: &mut ErrorList) {
    let constraints = &spec.topology_spread_constraints;
    // The last of equal ones is the one that is not reported.
    let mut last = Names::default();
    let pair = |constraint: &TopologySpreadConstraint| {
        format!("{{{}, {}}}", constraint.topology_key, constraint.when_unsatisfiable)
    };
    constraints.iter().enumerate().for_each(|(i, constraint)| last.set(&pair(constraint), i));
    for (i, constraint) in constraints.iter().enumerate() {
        let path = path.index(i);
        if constraint.max_skew <= 0 {
            errors.invalid(&path.child("maxSkew"), constraint.max_skew, "must be greater than zero");
        }
        if constraint.topology_key.is_empty() {
            errors.required(&path.child("topologyKey"), "can not be empty");
        }
        let action = constraint.when_unsatisfiable.as_str();
        if !matches!(action, "DoNotSchedule" | "ScheduleAnyway") {
            errors.not_supported(
                &path.child("whenUnsatisfiable"),
                action,
                &["DoNotSchedule", "ScheduleAnyway"],
            );
        }
        if last.get(&pair(constraint)) != Some(i) {
            errors.duplicate(&path.child("{topologyKey, whenUnsatisfiable}"), &pair(constraint));
        }
        if let Some(domains) = constraint.min_domains {
            let path = path.child("minDomains");
            if domains <= 0 {
                errors.invalid(&path, domains, "must be greater than zero");
            }
            if action != "DoNotSchedule" {
                let words =
                    format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
                errors.invalid(&path, domains, &words);
            }
        }
        let policies = [
            ("nodeAffinityPolicy", &constraint.node_affinity_policy),
            ("nodeTaintsPolicy", &constraint.node_taints_policy),
        ];
        for (field, policy) in policies {
            if let Some(policy) =
                policy.as_ref().filter(|policy| !matches!(policy.as_str(), "Honor" | "Ignore"))
            {
                errors.not_supported(&path.child(field), policy, &["Honor", "Ignore"]);
            }
        }
        let selector = constraint.label_selector.as_ref();
        if options.invalid_spread_keys {
            old_label_keys(&constraint.match_label_keys, selector, &path.child("matchLabelKeys"), errors);
        } else {
            label_keys(&constraint.match_label_keys, &[], selector, &path, errors);
        }
        if let Some(selector) = selector.filter(|_| !options.invalid_spread_selectors) {
            label_selector(selector, &path.child("labelSelector"), errors);
        }
    }
}

/// The older rule for the label keys of a constraint. Models ValidateMatchLabelKeysInTopologySpread
fn old_label_keys(keys: &[String], selector: Option<&LabelSelector>, path: &Path, errors: &mut ErrorList) {
    if keys.is_empty() {
        return;
    }
    let Some(selector) = selector else {
        errors.forbidden(path, "must not be specified when labelSelector is not set");
        return;
    };
    for (i, key) in keys.iter().enumerate() {
        let path = path.index(i);
        errors.check(&path, key, names::qualified_name);
        let required = selector.match_expressions.iter().any(|requirement| requirement.key == *key);
        if required || selector.match_labels.contains_key(key) {
            errors.invalid(&path, key, "exists in both matchLabelKeys and labelSelector");
        }
    }
}

/// Models hasInvalidTopologySpreadConstraintLabelSelector
pub(super) fn spread_selectors(spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    for constraint in &spec.topology_spread_constraints {
        constraint.label_selector.iter().for_each(|selector| label_selector(selector, path, errors));
    }
}

/// Models hasInvalidTopologySpreadConstrainMatchLabelKeys
pub(super) fn spread_keys(spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    for constraint in &spec.topology_spread_constraints {
        label_keys(&constraint.match_label_keys, &[], constraint.label_selector.as_ref(), path, errors);
    }
}
