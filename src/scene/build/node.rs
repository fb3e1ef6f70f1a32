//! The machines.

use k8s_api::core::{Node, Taint};
use k8s_sim::StoryKind;

use super::Look;
use crate::scene::{Countdown, CountdownKind, NodeCard, PodChip, Selection, Tone};

/// After so long without a heartbeat a node counts as lost.
// Models pkg/controller/nodelifecycle node-monitor-grace-period (v1.36)
const NODE_MONITOR_GRACE_MS: u64 = 50_000;
/// How long a Pod tolerates a lost node when its manifest says nothing.
// Models plugin/pkg/admission/defaulttolerationseconds (v1.36)
const TOLERATION_MS: u64 = 300_000;

/// How far back in the story the end of a node is looked for.
const STORY_BACK_MAX: usize = 5_000;

pub(super) fn nodes(look: &Look<'_>, pods: &[PodChip]) -> Vec<NodeCard> {
    look.cluster.nodes().map(|node| card(look, node, pods)).collect()
}

fn card(look: &Look<'_>, node: &Node, pods: &[PodChip]) -> NodeCard {
    let cluster = look.cluster;
    let name = node.metadata.name.as_str();
    let ready = node
        .status
        .conditions
        .iter()
        .find(|condition| condition.type_ == "Ready")
        .is_some_and(|condition| condition.status == "True");
    let agent = cluster.agent(name);
    let powered = agent.is_none_or(|agent| agent.power);
    let kubelet_runs = agent.is_none_or(|agent| agent.kubelet_running);
    let lease_at_ms = agent.map(|agent| agent.last_lease(cluster.now()).ms());
    let down_since_ms = if powered && kubelet_runs { None } else { down_since(look, name).or(lease_at_ms) };

    let mut countdowns = Vec::new();
    if let (true, Some(_), Some(lease)) = (ready, down_since_ms, lease_at_ms) {
        countdowns.push(Countdown {
            kind: CountdownKind::NodeLost,
            label: "until it counts as lost".into(),
            from_ms: lease,
            until_ms: lease + NODE_MONITOR_GRACE_MS,
        });
    }
    let here = |chip: &&PodChip| chip.node.as_deref() == Some(name);
    for chip in pods.iter().filter(here) {
        let uid = cluster.pod(&chip.key.namespace, &chip.key.name).map(|pod| pod.metadata.uid.as_str());
        if let Some(at) = uid.and_then(|uid| cluster.eviction_at(uid)) {
            countdowns.push(Countdown {
                kind: CountdownKind::Eviction,
                label: format!("until {} is evicted", chip.key.name),
                from_ms: at.ms().saturating_sub(TOLERATION_MS),
                until_ms: at.ms(),
            });
        }
    }

    let mut status = if ready { "Ready" } else { "NotReady" }.to_owned();
    if node.spec.unschedulable {
        status.push_str(",SchedulingDisabled");
    }
    let requested: i128 = cluster
        .pods()
        .filter(|pod| {
            pod.spec.node_name == name && !matches!(pod.status.phase.as_str(), "Succeeded" | "Failed")
        })
        .map(|pod| k8s_sim::scheduler::filter::pod_request(&pod.spec, "cpu"))
        .sum();
    let allocatable = node.status.allocatable.get("cpu").map_or(0, k8s_api::quantity::Quantity::nano_value);
    let milli = |nano: i128| u64::try_from(nano / 1_000_000).unwrap_or(0);
    NodeCard {
        name: name.to_owned(),
        tone: match (ready, powered && kubelet_runs) {
            (true, true) => Tone::Run,
            // The API still says Ready, but nothing stands behind it.
            (true, false) | (false, true) => Tone::Change,
            (false, false) => Tone::Bad,
        },
        status,
        powered,
        kubelet_runs,
        down_since_ms,
        lease_at_ms,
        taints: node.spec.taints.iter().map(taint).collect(),
        countdowns,
        pods: pods.iter().filter(here).cloned().collect(),
        cpu_requested_milli: milli(requested),
        cpu_allocatable_milli: milli(allocatable),
        selected: look.view.selection == Selection::Node(name.to_owned()),
    }
}

/// When the power or the kubelet went: the lease was renewed for the last time before that.
fn down_since(look: &Look<'_>, name: &str) -> Option<u64> {
    let went =
        |kind: &StoryKind| matches!(kind, StoryKind::NodeKilled | StoryKind::Kubelet { running: false });
    let story = look.cluster.story().iter().rev().take(STORY_BACK_MAX);
    story.filter(|entry| &*entry.subject == name && went(&entry.kind)).map(|entry| entry.at.ms()).next()
}

fn taint(taint: &Taint) -> String {
    let value = if taint.value.is_empty() { String::new() } else { format!("={}", taint.value) };
    format!("{}{value}:{}", taint.key, taint.effect)
}
