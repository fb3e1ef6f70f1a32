//! Which of the nodes that can take a Pod suits it best.
// Models the default plugins' Score and NormalizeScore (v1.36). ImageLocality is left out: it gives nothing for images
// of less than 23 MB a container, and a node's images are small here.

use k8s_api::core::{Node, PodSpec};

use super::filter::{pod_request, term_matches, tolerates};
use super::snapshot::{NodeInfo, Snapshot};
use super::{inter_pod_affinity, pod_topology_spread};
use crate::apiserver::Pod;

/// The sum of the weighted scores for each of these places in the snapshot.
pub(super) fn prioritize_nodes(snapshot: &Snapshot<'_>, pod: &Pod, feasible: &[usize]) -> Vec<i64> {
    let spec = &pod.spec;
    let infos: Vec<&NodeInfo<'_>> = feasible.iter().map(|place| &snapshot.nodes[*place]).collect();
    let mut totals: Vec<i64> = infos
        .iter()
        .map(|info| least_allocated(spec, info) + balanced_allocation(spec, info).unwrap_or(0))
        .collect();
    let mut add = |scores: Vec<i64>, weight: i64| {
        for (total, score) in totals.iter_mut().zip(scores) {
            *total += score * weight;
        }
    };
    add(normalize(infos.iter().map(|info| intolerable_taints(spec, info.node)).collect(), true), 3);
    add(normalize(infos.iter().map(|info| preferred_weight(spec, info.node)).collect(), false), 2);
    if let Some(scores) = pod_topology_spread::score(snapshot, pod, feasible) {
        add(scores, 2);
    }
    if let Some(scores) = inter_pod_affinity::score(snapshot, pod, feasible) {
        add(scores, 2);
    }
    totals
}

/// From 0 to 100 by the largest, or the other way round.
// Models helper.DefaultNormalizeScore (v1.36)
fn normalize(scores: Vec<i64>, reverse: bool) -> Vec<i64> {
    let most = scores.iter().copied().max().unwrap_or(0);
    let normal = |score: i64| if most == 0 { 0 } else { 100 * score / most };
    scores.into_iter().map(|score| if reverse { 100 - normal(score) } else { normal(score) }).collect()
}

// Models TaintToleration.Score (v1.36)
fn intolerable_taints(spec: &PodSpec, node: &Node) -> i64 {
    let soft = node.spec.taints.iter().filter(|taint| taint.effect == "PreferNoSchedule");
    soft.filter(|taint| {
        let concerns = spec.tolerations.iter().filter(|t| t.effect.is_empty() || t.effect == taint.effect);
        !concerns.into_iter().any(|toleration| tolerates(toleration, taint))
    })
    .count() as i64
}

// Models NodeAffinity.Score (v1.36)
fn preferred_weight(spec: &PodSpec, node: &Node) -> i64 {
    let affinity = spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
    let wishes =
        affinity.map_or(&[][..], |affinity| &affinity.preferred_during_scheduling_ignored_during_execution);
    wishes
        .iter()
        .filter(|wish| term_matches(&wish.preference, &node.metadata))
        .map(|wish| i64::from(wish.weight))
        .sum()
}

fn allocatable(node: &Node, name: &str) -> i128 {
    node.status.allocatable.get(name).map_or(0, |quantity| quantity.nano_value())
}

/// How free the node would be with the Pod on it: the mean over CPU and memory.
// Models noderesources LeastAllocated (v1.36)
fn least_allocated(spec: &PodSpec, info: &NodeInfo<'_>) -> i64 {
    let mut sum = 0;
    for name in ["cpu", "memory"] {
        let have = allocatable(info.node, name);
        // A Pod that asks for nothing counts as one that asks for a little.
        let ask = |spec: &PodSpec| match (pod_request(spec, name), name) {
            (0, "cpu") => 100_000_000,
            (0, _) => 200 * 1024 * 1024 * 1_000_000_000,
            (asked, _) => asked,
        };
        let used: i128 = info.pods.iter().map(|other| ask(&other.spec)).sum::<i128>() + ask(spec);
        if have > 0 && used <= have {
            sum += ((have - used) * 100 / have) as i64;
        }
    }
    sum / 2
}

/// Whether CPU and memory would be used more evenly than before. Nothing for a Pod that asks for neither.
// Models noderesources BalancedAllocation (v1.36)
fn balanced_allocation(spec: &PodSpec, info: &NodeInfo<'_>) -> Option<i64> {
    let names = ["cpu", "memory"];
    let own = names.map(|name| pod_request(spec, name));
    if own == [0, 0] {
        return None;
    }
    let there = names.map(|name| info.pods.iter().map(|other| pod_request(&other.spec, name)).sum::<i128>());
    // In millionths: a cluster that is lived again counts in whole numbers.
    let score = |used: [i128; 2]| {
        let fraction = |i: usize| {
            let have = allocatable(info.node, names[i]);
            (have > 0).then(|| (used[i] * 1_000_000 / have).min(1_000_000))
        };
        match (fraction(0), fraction(1)) {
            (Some(cpu), Some(memory)) => ((2_000_000 - (cpu - memory).abs()) * 100 / 2_000_000) as i64,
            _ => 100,
        }
    };
    let with = score([there[0] + own[0], there[1] + own[1]]);
    Some(50 + (50 + with - score(there)) / 2)
}
