//! Pods that are to be spread evenly over zones, nodes or whatever a label tells apart.
// Models pkg/scheduler/framework/plugins/podtopologyspread (v1.36)

use std::collections::BTreeMap;

use k8s_api::core::TopologySpreadConstraint;

use super::filter::{Plugin, Unfit, matches_node_affinity, node_passes, unfit};
use super::snapshot::{NodeInfo, Snapshot};
use crate::apiserver::Pod;

/// One, where fractions are counted.
const ONE: i64 = 1 << 16;
const HOSTNAME: &str = "kubernetes.io/hostname";

fn constraints<'a>(pod: &'a Pod, when: &str) -> Vec<&'a TopologySpreadConstraint> {
    let all = pod.spec.topology_spread_constraints.iter();
    all.filter(|constraint| constraint.when_unsatisfiable == when).collect()
}

fn counts(constraint: &TopologySpreadConstraint, pod: &Pod, other: &Pod) -> bool {
    other.metadata.namespace == pod.metadata.namespace
        && constraint.label_selector.as_ref().is_some_and(|selector| selector.matches(&other.metadata.labels))
        && constraint.match_label_keys.iter().all(|key| {
            let own = pod.metadata.labels.get(key);
            own.is_none() || own == other.metadata.labels.get(key)
        })
}

/// How many Pods there count; those that are leaving do not.
fn count_pods_match_selector(constraint: &TopologySpreadConstraint, pod: &Pod, info: &NodeInfo<'_>) -> i64 {
    let stays = |other: &&&Pod| other.metadata.deletion_timestamp.is_none();
    info.pods.iter().filter(stays).filter(|other| counts(constraint, pod, other)).count() as i64
}

fn match_node_inclusion_policies(
    constraint: &TopologySpreadConstraint,
    pod: &Pod,
    info: &NodeInfo<'_>,
) -> bool {
    (constraint.node_affinity_policy.as_deref() == Some("Ignore")
        || matches_node_affinity(&pod.spec, info.node))
        && (constraint.node_taints_policy.as_deref() != Some("Honor")
            || node_passes(Plugin::TaintToleration, &pod.spec, info.node))
}

/// The Pods that count, for each value of the label that some node has.
fn domains<'a>(
    snapshot: &Snapshot<'a>,
    pod: &Pod,
    of: &TopologySpreadConstraint,
    all: &[&TopologySpreadConstraint],
) -> BTreeMap<&'a str, i64> {
    let mut domains = BTreeMap::new();
    for info in &snapshot.nodes {
        let complete = all.iter().all(|constraint| info.label(&constraint.topology_key).is_some());
        if let Some(value) = info.label(&of.topology_key)
            && complete
            && match_node_inclusion_policies(of, pod, info)
        {
            *domains.entry(value).or_default() += count_pods_match_selector(of, pod, info);
        }
    }
    domains
}

/// Whether the Pod would make no place much fuller than the emptiest.
// Models PodTopologySpread.Filter (v1.36)
pub(super) fn filter(snapshot: &Snapshot<'_>, pod: &Pod, info: &NodeInfo<'_>) -> Result<(), Unfit> {
    const REASON: &str = "node(s) didn't match pod topology spread constraints";
    let hard = constraints(pod, "DoNotSchedule");
    for constraint in &hard {
        let Some(value) = info.label(&constraint.topology_key) else {
            let reason = format!("{REASON} (missing required label)");
            return Err(unfit(Plugin::PodTopologySpread, &reason, false));
        };
        let domains = domains(snapshot, pod, constraint, &hard);
        let enough = domains.len() >= constraint.min_domains.unwrap_or(1).max(1) as usize;
        let least = if enough { domains.values().copied().min().unwrap_or(0) } else { 0 };
        let own = i64::from(counts(constraint, pod, pod));
        let there = domains.get(value).copied().unwrap_or(0);
        if there + own - least > i64::from(constraint.max_skew) {
            return Err(unfit(Plugin::PodTopologySpread, REASON, true));
        }
    }
    Ok(())
}

/// How well each node keeps the spread that is only wished for, from 0 to 100; nothing if none is.
// Models PodTopologySpread.Score and NormalizeScore (v1.36)
pub(super) fn score(snapshot: &Snapshot<'_>, pod: &Pod, feasible: &[usize]) -> Option<Vec<i64>> {
    let soft = constraints(pod, "ScheduleAnyway");
    if soft.is_empty() {
        return None;
    }
    let info = |place: usize| &snapshot.nodes[place];
    let complete =
        |place: usize| soft.iter().all(|constraint| info(place).label(&constraint.topology_key).is_some());
    let candidates = feasible.iter().filter(|place| complete(**place)).count();
    let mut sums: Vec<Option<i64>> = feasible.iter().map(|place| complete(*place).then_some(0)).collect();
    for constraint in &soft {
        let mut domains = domains(snapshot, pod, constraint, &soft);
        domains.retain(|value, _| {
            let key = &constraint.topology_key;
            feasible.iter().any(|place| complete(*place) && info(*place).label(key) == Some(*value))
        });
        let hostname = constraint.topology_key == HOSTNAME;
        let size = if hostname { candidates } else { domains.len() };
        let weight = ln(size as u64 + 2);
        for (sum, place) in sums.iter_mut().zip(feasible) {
            let Some(value) = info(*place).label(&constraint.topology_key) else { continue };
            let count = if hostname {
                count_pods_match_selector(constraint, pod, info(*place))
            } else {
                domains.get(value).copied().unwrap_or(0)
            };
            if let Some(sum) = sum {
                *sum += count * weight + i64::from(constraint.max_skew - 1) * ONE;
            }
        }
    }
    let sums: Vec<Option<i64>> = sums.into_iter().map(|sum| sum.map(|sum| (sum + ONE / 2) / ONE)).collect();
    let most = sums.iter().flatten().copied().max().unwrap_or(0);
    let least = sums.iter().flatten().copied().min().unwrap_or(0);
    let normal = |sum: Option<i64>| match sum {
        None => 0,
        Some(_) if most == 0 => 100,
        Some(sum) => 100 * (most + least - sum) / most,
    };
    Some(sums.into_iter().map(normal).collect())
}

/// The natural logarithm in parts of [`ONE`], without floating-point numbers: a cluster that is lived again on another
/// machine must come to the same scores.
// Models topologyNormalizingWeight (v1.36)
fn ln(number: u64) -> i64 {
    const LN_2: u64 = 45_426;
    let whole = u64::from(number.max(1).ilog2());
    // The mantissa, between 1 and 2; squaring it doubles its logarithm, which tells the next binary digit.
    let mut mantissa = (number.max(1) << 31) >> whole;
    let mut log2 = whole << 16;
    for digit in (0..16).rev() {
        mantissa = (mantissa * mantissa) >> 31;
        if mantissa >= 1 << 32 {
            mantissa >>= 1;
            log2 |= 1 << digit;
        }
    }
    ((log2 * LN_2) >> 16) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::float_arithmetic)] // What it is compared with.
    fn the_logarithm_is_one() {
        for number in 1..2_000_u64 {
            let wanted = (number as f64).ln();
            let is = ln(number) as f64 / ONE as f64;
            assert!((is - wanted).abs() < 0.001, "ln {number}: {is}, wanted {wanted}");
        }
    }
}
