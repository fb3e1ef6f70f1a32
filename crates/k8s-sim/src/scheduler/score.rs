//! Which of the nodes that can take a Pod suits it best.
// Models the default plugins' Score and NormalizeScore (v1.36). ImageLocality is left out: it gives nothing for images
// of less than 23 MB a container, and a node's images are small here.

use k8s_api::core::{Node, PodSpec};

use super::filter::{term_matches, tolerates};
use super::snapshot::{NodeInfo, Snapshot};
use super::{inter_pod_affinity, pod_topology_spread};
use crate::apiserver::Pod;

/// The sum of the weighted scores for each of these places in the snapshot.
pub(super) fn prioritize_nodes(snapshot: &Snapshot<'_>, pod: &Pod, feasible: &[usize]) -> Vec<i64> {
    let spec = &pod.spec;
    let infos: Vec<&NodeInfo<'_>> = feasible.iter().map(|place| &snapshot.nodes[*place]).collect();
    let own = requests(spec);
    let mut totals: Vec<i64> = infos
        .iter()
        .map(|info| {
            let room = Room::of(info);
            room.least_allocated(own) + room.balanced_allocation(own)
        })
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

const NAMES: [&str; 2] = ["cpu", "memory"];

/// What a Pod asks of CPU and memory, in billionths.
fn requests(spec: &PodSpec) -> [i128; 2] {
    let asked = k8s_api::resources::pod_requests(spec);
    NAMES.map(|name| asked.get(name).map_or(0, |quantity| quantity.nano_value()))
}

/// CPU and memory of a node: what there is, what its Pods ask for, and what those that ask for nothing are taken to use.
struct Room {
    allocatable: [i128; 2],
    requested: [i128; 2],
    non_zero: [i128; 2],
}

/// A Pod that asks for nothing counts as one that asks for a little.
// Models schedutil.GetNonzeroRequests (v1.36)
fn non_zero(asked: [i128; 2]) -> [i128; 2] {
    const LITTLE: [i128; 2] = [100_000_000, 200 * 1024 * 1024 * 1_000_000_000];
    std::array::from_fn(|i| if asked[i] == 0 { LITTLE[i] } else { asked[i] })
}

impl Room {
    fn of(info: &NodeInfo<'_>) -> Self {
        let there = &info.node.status.allocatable;
        let allocatable = NAMES.map(|name| there.get(name).map_or(0, |quantity| quantity.nano_value()));
        let mut room = Self { allocatable, requested: [0; 2], non_zero: [0; 2] };
        for pod in &info.pods {
            let asked = requests(&pod.spec);
            let counted = non_zero(asked);
            for i in 0..2 {
                room.requested[i] += asked[i];
                room.non_zero[i] += counted[i];
            }
        }
        room
    }

    /// How free the node would be with the Pod on it: the mean over CPU and memory.
    // Models noderesources LeastAllocated (v1.36)
    fn least_allocated(&self, own: [i128; 2]) -> i64 {
        let own = non_zero(own);
        let free = |i: usize| {
            let (have, used) = (self.allocatable[i], self.non_zero[i] + own[i]);
            if have > 0 && used <= have { (have - used) * 100 / have } else { 0 }
        };
        ((free(0) + free(1)) / 2) as i64
    }

    /// Whether CPU and memory would be used more evenly than before. Nothing for a Pod that asks for neither.
    // Models noderesources BalancedAllocation (v1.36)
    fn balanced_allocation(&self, own: [i128; 2]) -> i64 {
        if own == [0, 0] {
            return 0;
        }
        // In millionths: a cluster that is lived again counts in whole numbers.
        let score = |own: [i128; 2]| {
            let fraction = |i: usize| {
                let have = self.allocatable[i];
                (have > 0).then(|| ((self.requested[i] + own[i]) * 1_000_000 / have).min(1_000_000))
            };
            match (fraction(0), fraction(1)) {
                (Some(cpu), Some(memory)) => ((2_000_000 - (cpu - memory).abs()) * 100 / 2_000_000) as i64,
                _ => 100,
            }
        };
        50 + (50 + score(own) - score([0, 0])) / 2
    }
}
