//! What decides on which node a Pod may run.
//! Models k8s.io/api/core/v1/types.go (v1.36)

use crate::meta::LabelSelector;

crate::record! {
    /// Wishes about nodes and neighbours.
    Affinity {
        node_affinity: Option<NodeAffinity> = "nodeAffinity",
        pod_affinity: Option<PodAffinity> = "podAffinity",
        pod_anti_affinity: Option<PodAntiAffinity> = "podAntiAffinity",
    }
    /// Wishes about nodes.
    NodeAffinity {
        required_during_scheduling_ignored_during_execution: Option<NodeSelector> = "requiredDuringSchedulingIgnoredDuringExecution",
        preferred_during_scheduling_ignored_during_execution: Vec<PreferredSchedulingTerm> = "preferredDuringSchedulingIgnoredDuringExecution",
    }
    /// Wishes to be near other Pods.
    PodAffinity {
        required_during_scheduling_ignored_during_execution: Vec<PodAffinityTerm> = "requiredDuringSchedulingIgnoredDuringExecution",
        preferred_during_scheduling_ignored_during_execution: Vec<WeightedPodAffinityTerm> = "preferredDuringSchedulingIgnoredDuringExecution",
    }
    /// Wishes to be away from other Pods.
    PodAntiAffinity {
        required_during_scheduling_ignored_during_execution: Vec<PodAffinityTerm> = "requiredDuringSchedulingIgnoredDuringExecution",
        preferred_during_scheduling_ignored_during_execution: Vec<WeightedPodAffinityTerm> = "preferredDuringSchedulingIgnoredDuringExecution",
    }
    /// Nodes that match any of the terms.
    NodeSelector {
        node_selector_terms: Vec<NodeSelectorTerm> = "nodeSelectorTerms" always,
    }
    /// Nodes that satisfy all requirements.
    NodeSelectorTerm {
        match_expressions: Vec<NodeSelectorRequirement> = "matchExpressions",
        match_fields: Vec<NodeSelectorRequirement> = "matchFields",
    }
    /// One requirement about a label or field of a node.
    NodeSelectorRequirement {
        key: String = "key" always,
        operator: String = "operator" always,
        values: Vec<String> = "values",
    }
    /// A term with a weight.
    PreferredSchedulingTerm {
        weight: i32 = "weight" always,
        preference: NodeSelectorTerm = "preference" always,
    }
    /// Which Pods, and how near.
    PodAffinityTerm {
        label_selector: Option<LabelSelector> = "labelSelector",
        namespaces: Vec<String> = "namespaces",
        topology_key: String = "topologyKey" always,
        namespace_selector: Option<LabelSelector> = "namespaceSelector",
        match_label_keys: Vec<String> = "matchLabelKeys",
        mismatch_label_keys: Vec<String> = "mismatchLabelKeys",
    }
    /// A term with a weight.
    WeightedPodAffinityTerm {
        weight: i32 = "weight" always,
        pod_affinity_term: PodAffinityTerm = "podAffinityTerm" always,
    }
    /// A taint that the Pod puts up with.
    Toleration {
        key: String = "key",
        operator: String = "operator",
        value: String = "value",
        effect: String = "effect",
        toleration_seconds: Option<i64> = "tolerationSeconds",
    }
    /// How evenly Pods are spread.
    TopologySpreadConstraint {
        max_skew: i32 = "maxSkew" always,
        topology_key: String = "topologyKey" always,
        when_unsatisfiable: String = "whenUnsatisfiable" always,
        label_selector: Option<LabelSelector> = "labelSelector",
        min_domains: Option<i32> = "minDomains",
        node_affinity_policy: Option<String> = "nodeAffinityPolicy",
        node_taints_policy: Option<String> = "nodeTaintsPolicy",
        match_label_keys: Vec<String> = "matchLabelKeys",
    }
}
