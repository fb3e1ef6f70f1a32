//! Which nodes can take a Pod, and why not the others.
// Models pkg/scheduler/framework/plugins (v1.36)

use k8s_api::core::{Node, NodeSelectorRequirement, NodeSelectorTerm, PodSpec, Taint, Toleration};
use k8s_api::meta::ObjectMeta;

use crate::apiserver::Pod;

/// What may turn a Pod away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plugin {
    /// The node is cordoned.
    NodeUnschedulable,
    /// Another node was asked for.
    NodeName,
    /// A taint that is not tolerated.
    TaintToleration,
    /// Labels of the node.
    NodeAffinity,
    /// A host port is taken.
    NodePorts,
    /// CPU, memory and other things to be had.
    NodeResourcesFit,
    /// A claim without a volume.
    VolumeBinding,
    /// Pods are to be spread evenly.
    PodTopologySpread,
    /// Pods that are to be near, or are not to be.
    InterPodAffinity,
}

/// Why a node cannot take a Pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// What turned the Pod away.
    pub plugin: Plugin,
    /// One text for each reason.
    pub reasons: Vec<String>,
    /// Removing other Pods from the node could change it.
    pub preemption_might_help: bool,
}

pub(super) fn unfit(plugin: Plugin, reason: &str, preemption_might_help: bool) -> Unfit {
    Unfit { plugin, reasons: vec![reason.into()], preemption_might_help }
}

/// What a Pod asks of a resource, in billionths.
#[must_use]
pub fn pod_request(spec: &PodSpec, resource: &str) -> i128 {
    if resource == "pods" {
        return 1_000_000_000;
    }
    k8s_api::resources::pod_requests(spec).get(resource).map_or(0, |quantity| quantity.nano_value())
}

/// Whether a toleration covers a taint.
// Models k8s.io/component-helpers/scheduling/corev1 Toleration.ToleratesTaint (v1.36)
#[must_use]
pub fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    (toleration.effect.is_empty() || toleration.effect == taint.effect)
        && (toleration.key.is_empty() || toleration.key == taint.key)
        && match toleration.operator.as_str() {
            "Exists" => true,
            "" | "Equal" => toleration.value == taint.value,
            _ => false,
        }
}

fn requirement_matches(requirement: &NodeSelectorRequirement, value: Option<&String>) -> bool {
    let listed = value.is_some_and(|value| requirement.values.contains(value));
    let compare = |larger: bool| {
        let wanted = requirement.values.first().and_then(|v| v.parse::<i64>().ok());
        match (value.and_then(|v| v.parse::<i64>().ok()), wanted) {
            (Some(have), Some(wanted)) => {
                if larger {
                    have > wanted
                } else {
                    have < wanted
                }
            }
            _ => false,
        }
    };
    match requirement.operator.as_str() {
        "In" => listed,
        "NotIn" => !listed,
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => compare(true),
        "Lt" => compare(false),
        _ => false,
    }
}

/// Whether a node is one of those that a term describes.
#[must_use]
pub fn term_matches(term: &NodeSelectorTerm, meta: &ObjectMeta) -> bool {
    if term.match_expressions.is_empty() && term.match_fields.is_empty() {
        return false;
    }
    term.match_expressions.iter().all(|r| requirement_matches(r, meta.labels.get(&r.key)))
        && term
            .match_fields
            .iter()
            .all(|r| r.key == "metadata.name" && requirement_matches(r, Some(&meta.name)))
}

/// Whether a node has the labels that a Pod asks for.
// Models nodeaffinity.RequiredNodeAffinity.Match (v1.36)
#[must_use]
pub fn matches_node_affinity(spec: &PodSpec, node: &Node) -> bool {
    let labels = &node.metadata.labels;
    spec.node_selector.iter().all(|(key, value)| labels.get(key) == Some(value))
        && spec
            .affinity
            .as_ref()
            .and_then(|affinity| affinity.node_affinity.as_ref())
            .and_then(|affinity| affinity.required_during_scheduling_ignored_during_execution.as_ref())
            .is_none_or(|required| {
                required.node_selector_terms.iter().any(|term| term_matches(term, &node.metadata))
            })
}

fn host_ports(spec: &PodSpec) -> impl Iterator<Item = (i32, &str, &str)> {
    spec.containers.iter().flat_map(|container| &container.ports).filter(|port| port.host_port > 0).map(
        |port| {
            (
                port.host_port,
                if port.protocol.is_empty() { "TCP" } else { port.protocol.as_str() },
                port.host_ip.as_str(),
            )
        },
    )
}

fn ports_clash(a: (i32, &str, &str), b: (i32, &str, &str)) -> bool {
    let any = |ip: &str| ip.is_empty() || ip == "0.0.0.0";
    a.0 == b.0 && a.1 == b.1 && (any(a.2) || any(b.2) || a.2 == b.2)
}

/// Whether two Pods want the same port of their node.
// Models nodeports.Fits (v1.36)
#[must_use]
pub fn host_ports_clash(a: &PodSpec, b: &PodSpec) -> bool {
    host_ports(a).any(|own| host_ports(b).any(|port| ports_clash(own, port)))
}

fn tolerated(spec: &PodSpec, taint: &Taint) -> bool {
    spec.tolerations.iter().any(|toleration| tolerates(toleration, taint))
}

/// Whether a node passes a plugin that looks at nothing but the node itself; the others pass.
pub(super) fn node_passes(plugin: Plugin, spec: &PodSpec, node: &Node) -> bool {
    match plugin {
        Plugin::NodeUnschedulable => {
            let cordon = Taint {
                key: "node.kubernetes.io/unschedulable".into(),
                effect: "NoSchedule".into(),
                ..Taint::default()
            };
            !node.spec.unschedulable || tolerated(spec, &cordon)
        }
        Plugin::NodeName => spec.node_name.is_empty() || spec.node_name == node.metadata.name,
        Plugin::TaintToleration => {
            let acts = |taint: &&Taint| matches!(taint.effect.as_str(), "NoSchedule" | "NoExecute");
            node.spec.taints.iter().filter(acts).all(|taint| tolerated(spec, taint))
        }
        Plugin::NodeAffinity => matches_node_affinity(spec, node),
        _ => true,
    }
}

/// Whether a node can take a Pod beside those that are there, as far as the node and its Pods alone decide.
pub(super) fn filter(spec: &PodSpec, node: &Node, there: &[&Pod]) -> Result<(), Unfit> {
    let alone = [
        (Plugin::NodeUnschedulable, "node(s) were unschedulable"),
        (Plugin::NodeName, "node(s) didn't match the requested node name"),
        (Plugin::TaintToleration, "node(s) had untolerated taint(s)"),
        (Plugin::NodeAffinity, "node(s) didn't match Pod's node affinity/selector"),
    ];
    if let Some((plugin, reason)) = alone.into_iter().find(|(plugin, _)| !node_passes(*plugin, spec, node)) {
        return Err(unfit(plugin, reason, false));
    }
    if there.iter().any(|other| host_ports_clash(spec, &other.spec)) {
        return Err(unfit(
            Plugin::NodePorts,
            "node(s) didn't have free ports for the requested pod ports",
            true,
        ));
    }
    fits(spec, node, there)
}

// Models noderesources.Fit (v1.36)
pub(super) fn fits(spec: &PodSpec, node: &Node, there: &[&Pod]) -> Result<(), Unfit> {
    let mut reasons = Vec::new();
    let mut might_help = true;
    let allocatable =
        |name: &str| node.status.allocatable.get(name).map_or(0, |quantity| quantity.nano_value());
    if there.len() as i128 * 1_000_000_000 + 1_000_000_000 > allocatable("pods") {
        reasons.push("Too many pods".to_string());
    }
    let wanted = k8s_api::resources::pod_requests(spec);
    for (name, quantity) in &wanted {
        let wanted = quantity.nano_value();
        if wanted <= 0 {
            continue;
        }
        let have = allocatable(name);
        let used: i128 = there.iter().map(|other| pod_request(&other.spec, name)).sum();
        if used + wanted > have {
            reasons.push(format!("Insufficient {name}"));
            // More than the whole node: no other Pod's leaving would help.
            might_help &= wanted <= have;
        }
    }
    if reasons.is_empty() {
        return Ok(());
    }
    Err(Unfit { plugin: Plugin::NodeResourcesFit, reasons, preemption_might_help: might_help })
}
