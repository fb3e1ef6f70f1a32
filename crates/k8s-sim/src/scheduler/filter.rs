//! Which nodes can take a Pod, and why not the others.
// Models pkg/scheduler/framework/plugins (v1.36)

use k8s_api::core::{Node, NodeSelectorRequirement, NodeSelectorTerm, PodSpec, Taint, Toleration};
use k8s_api::meta::ObjectMeta;

/// Why a node cannot take a Pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// One text for each reason.
    pub reasons: Vec<String>,
    /// Removing other Pods from the node could change it.
    pub preemption_might_help: bool,
    /// Other Pods have what it needs.
    pub needs_room: bool,
}

fn unfit(reason: &str, preemption_might_help: bool) -> Unfit {
    Unfit { reasons: vec![reason.into()], preemption_might_help, needs_room: preemption_might_help }
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

/// Whether a node can take a Pod beside those that are there.
pub fn filter(spec: &PodSpec, node: &Node, there: &[&PodSpec]) -> Result<(), Unfit> {
    let untolerated = |effects: &[&str]| {
        node.spec
            .taints
            .iter()
            .filter(|taint| effects.contains(&taint.effect.as_str()))
            .any(|taint| !spec.tolerations.iter().any(|toleration| tolerates(toleration, taint)))
    };
    if !spec.node_name.is_empty() && spec.node_name != node.metadata.name {
        return Err(unfit("node(s) didn't match the requested node name", false));
    }
    if untolerated(&["NoSchedule", "NoExecute"]) {
        return Err(unfit("node(s) had untolerated taint(s)", false));
    }
    let cordon = Taint {
        key: "node.kubernetes.io/unschedulable".into(),
        effect: "NoSchedule".into(),
        ..Taint::default()
    };
    if node.spec.unschedulable && !spec.tolerations.iter().any(|toleration| tolerates(toleration, &cordon)) {
        return Err(unfit("node(s) were unschedulable", false));
    }
    if !matches_node_affinity(spec, node) {
        return Err(unfit("node(s) didn't match Pod's node affinity/selector", false));
    }
    if there.iter().any(|other| host_ports_clash(spec, other)) {
        return Err(unfit("node(s) didn't have free ports for the requested pod ports", true));
    }
    fits(spec, node, there)
}

// Models noderesources.Fit (v1.36)
fn fits(spec: &PodSpec, node: &Node, there: &[&PodSpec]) -> Result<(), Unfit> {
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
        let used: i128 = there.iter().map(|other| pod_request(other, name)).sum();
        if used + wanted > have {
            reasons.push(format!("Insufficient {name}"));
            // More than the whole node: no other Pod's leaving would help.
            might_help &= wanted <= have;
        }
    }
    if reasons.is_empty() {
        Ok(())
    } else {
        Err(Unfit { reasons, preemption_might_help: might_help, needs_room: true })
    }
}

/// How free a node would be with the Pod on it, from 0 to 100: the mean over CPU and memory.
// Models noderesources LeastAllocated (v1.36)
#[must_use]
pub fn least_allocated_score(spec: &PodSpec, node: &Node, there: &[&PodSpec]) -> i64 {
    let mut sum = 0;
    for name in ["cpu", "memory"] {
        let have = node.status.allocatable.get(name).map_or(0, |quantity| quantity.nano_value());
        // A Pod that asks for nothing counts as one that asks for a little.
        let ask = |spec: &PodSpec| {
            let asked = pod_request(spec, name);
            match (asked, name) {
                (0, "cpu") => 100_000_000,
                (0, _) => 200 * 1024 * 1024 * 1_000_000_000,
                _ => asked,
            }
        };
        let used: i128 = there.iter().map(|other| ask(other)).sum::<i128>() + ask(spec);
        if have > 0 && used <= have {
            sum += ((have - used) * 100 / have) as i64;
        }
    }
    sum / 2
}
