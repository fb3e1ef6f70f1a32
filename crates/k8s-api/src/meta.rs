//! What every object carries: names, owners, labels; and the API's answer when something is wrong.
//! Models k8s.io/apimachinery/pkg/apis/meta/v1/types.go (v1.36)

use std::collections::BTreeMap;

pub use crate::time::{MicroTime, Time};

/// String to string, as labels, annotations and selectors are.
pub type StringMap = BTreeMap<String, String>;

crate::record! {
    /// Who an object is.
    ObjectMeta {
        name: String = "name",
        generate_name: String = "generateName",
        namespace: String = "namespace",
        uid: String = "uid",
        resource_version: u64 = "resourceVersion",
        generation: i64 = "generation",
        creation_timestamp: Option<Time> = "creationTimestamp",
        deletion_timestamp: Option<Time> = "deletionTimestamp",
        deletion_grace_period_seconds: Option<i64> = "deletionGracePeriodSeconds",
        labels: StringMap = "labels",
        annotations: StringMap = "annotations",
        owner_references: Vec<OwnerReference> = "ownerReferences",
        finalizers: Vec<String> = "finalizers",
    }
    /// The object that this one belongs to.
    OwnerReference {
        api_version: String = "apiVersion" always,
        kind: String = "kind" always,
        name: String = "name" always,
        uid: String = "uid" always,
        controller: Option<bool> = "controller",
        block_owner_deletion: Option<bool> = "blockOwnerDeletion",
    }
    /// A question about labels; empty matches everything.
    LabelSelector {
        match_labels: StringMap = "matchLabels",
        match_expressions: Vec<LabelSelectorRequirement> = "matchExpressions",
    }
    /// One condition of a [`LabelSelector`].
    LabelSelectorRequirement {
        key: String = "key" always,
        operator: String = "operator" always,
        values: Vec<String> = "values",
    }
    /// A condition as newer kinds write it.
    Condition {
        type_: String = "type" always,
        status: String = "status" always,
        observed_generation: i64 = "observedGeneration",
        last_transition_time: Option<Time> = "lastTransitionTime" always,
        reason: String = "reason" always,
        message: String = "message" always,
    }
    /// The API server's answer when it did not do what was asked.
    Status {
        status: String = "status",
        message: String = "message",
        reason: String = "reason",
        details: Option<StatusDetails> = "details",
        code: i32 = "code",
    }
    /// What a [`Status`] is about.
    StatusDetails {
        name: String = "name",
        group: String = "group",
        kind: String = "kind",
        uid: String = "uid",
        causes: Vec<StatusCause> = "causes",
        retry_after_seconds: i32 = "retryAfterSeconds",
    }
    /// One of several things that were wrong.
    StatusCause {
        reason: String = "reason",
        message: String = "message",
        field: String = "field",
    }
}

impl ObjectMeta {
    /// The owner that manages this object, if any.
    /// Models metav1.GetControllerOf (v1.36)
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owner_references.iter().find(|owner| owner.controller == Some(true))
    }
}

impl LabelSelector {
    /// Whether the labels satisfy every requirement; an unknown operator matches nothing.
    /// Models metav1.LabelSelectorAsSelector and labels.Requirement.Matches (v1.36)
    pub fn matches(&self, labels: &StringMap) -> bool {
        self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.match_expressions.iter().all(|requirement| requirement.matches(labels))
    }

    /// Whether there is no requirement at all.
    pub fn is_everything(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }
}

impl LabelSelectorRequirement {
    /// Whether the labels satisfy this requirement.
    pub fn matches(&self, labels: &StringMap) -> bool {
        let value = labels.get(&self.key);
        let listed = value.is_some_and(|value| self.values.contains(value));
        match self.operator.as_str() {
            "In" => listed,
            "NotIn" => !listed,
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    }
}
