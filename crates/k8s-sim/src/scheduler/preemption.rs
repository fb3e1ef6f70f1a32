//! A more important Pod makes room for itself.
// Models pkg/scheduler/framework/preemption and plugins/defaultpreemption (v1.36)

use std::cmp::Reverse;

use super::filter::Unfit;
use super::fit_error;
use super::snapshot::{Snapshot, priority};
use crate::apiserver::Pod;
use crate::controllers::disruption;

/// Where the Pod is to go, and who leaves for it.
pub(super) struct Candidate<'a> {
    pub(super) node: String,
    /// The most important first.
    pub(super) victims: Vec<&'a Pod>,
    /// How many of them a disruption budget would rather keep.
    violations: usize,
}

/// The node that is best made room on, or why none is.
// Models Evaluator.Preempt (v1.36)
pub(super) fn preempt<'a>(
    snapshot: &Snapshot<'a>,
    pod: &Pod,
    failed: &[Option<Unfit>],
    tie: &dyn Fn(&str) -> u64,
) -> Result<Candidate<'a>, String> {
    let mut candidates: Vec<Candidate<'a>> = Vec::new();
    let mut reasons: Vec<String> = Vec::new();
    for (place, unfit) in failed.iter().enumerate() {
        if !unfit.as_ref().is_some_and(|unfit| unfit.preemption_might_help) {
            reasons.push("Preemption is not helpful for scheduling".into());
            continue;
        }
        match select_victims_on_node(snapshot, pod, place) {
            Ok((victims, violations)) => {
                let node = snapshot.nodes[place].node.metadata.name.clone();
                candidates.push(Candidate { node, victims, violations });
            }
            Err(why) => reasons.extend(why),
        }
    }
    pick_one_node(candidates, tie)
        .ok_or_else(|| fit_error(failed.len(), &mut reasons.iter().map(String::as_str)))
}

/// Whether the Pod may make others go, or why not.
// Models PodEligibleToPreemptOthers (v1.36)
pub(super) fn eligible_to_preempt_others(
    snapshot: &Snapshot<'_>,
    pod: &Pod,
    failed: &[Option<Unfit>],
) -> Result<(), &'static str> {
    if pod.spec.preemption_policy.as_deref() == Some("Never") {
        return Err("not eligible due to preemptionPolicy=Never.");
    }
    let nominated = &pod.status.nominated_node_name;
    let place = snapshot.nodes.iter().position(|info| info.node.metadata.name == *nominated);
    if let Some(place) = place
        && failed[place].as_ref().is_none_or(|unfit| unfit.preemption_might_help)
    {
        let leaving = |other: &&Pod| {
            priority(other) < priority(pod)
                && other.metadata.deletion_timestamp.is_some()
                && other.status.conditions.iter().any(|c| {
                    c.type_ == "DisruptionTarget" && c.status == "True" && c.reason == "PreemptionByScheduler"
                })
        };
        if snapshot.nodes[place].pods.iter().any(leaving) {
            return Err("not eligible due to a terminating pod on the nominated node.");
        }
    }
    Ok(())
}

/// The fewest Pods of lower priority without which the Pod fits, the most important first; or the reasons against.
/// Those whose disruption budgets would be violated are spared first, if they can be; how many could not is told.
// Models SelectVictimsOnNode (v1.36)
fn select_victims_on_node<'a>(
    snapshot: &Snapshot<'a>,
    pod: &Pod,
    place: usize,
) -> Result<(Vec<&'a Pod>, usize), Vec<String>> {
    let mut dry = snapshot.clone();
    let lower = |other: &&Pod| priority(other) < priority(pod);
    let mut potential: Vec<&'a Pod> = dry.nodes[place].pods.iter().copied().filter(lower).collect();
    if potential.is_empty() {
        return Err(vec!["No preemption victims found for incoming pod".into()]);
    }
    dry.nodes[place].pods.retain(|other| !lower(other));
    dry.filter(pod, place).map_err(|unfit| unfit.reasons)?;
    // Models util.MoreImportantPod (v1.36)
    let rank = |pod: &Pod| (Reverse(priority(pod)), pod.status.start_time);
    k8s_api::small::sort(&mut potential, &|a, b| rank(a) < rank(b));
    let (violating, others) = split_by_budgets(snapshot, potential);
    let mut victims = Vec::new();
    let mut violations = 0;
    let boundary = violating.len();
    for (index, other) in violating.into_iter().chain(others).enumerate() {
        dry.nodes[place].pods.push(other);
        if dry.filter(pod, place).is_err() {
            dry.nodes[place].pods.pop();
            victims.push(other);
            violations += usize::from(index < boundary);
        }
    }
    k8s_api::small::sort(&mut victims, &|a, b| rank(a) < rank(b));
    Ok((victims, violations))
}

/// The Pods whose going would be too much for a disruption budget, and the others, each in the same order as before.
// Models filterPodsWithPDBViolation (v1.36)
fn split_by_budgets<'a>(snapshot: &Snapshot<'a>, pods: Vec<&'a Pod>) -> (Vec<&'a Pod>, Vec<&'a Pod>) {
    let mut allowed: Vec<i32> =
        snapshot.budgets.iter().map(|budget| budget.status.disruptions_allowed).collect();
    pods.into_iter().partition(|pod| {
        let mut violated = false;
        for (budget, allowed) in snapshot.budgets.iter().zip(&mut allowed) {
            let empty = budget.spec.selector.as_ref().is_none_or(|selector| selector.is_everything());
            if !pod.metadata.labels.is_empty()
                && !empty
                && disruption::selects(budget, pod)
                && !budget.status.disrupted_pods.contains_key(&pod.metadata.name)
            {
                *allowed = allowed.saturating_sub(1);
                violated |= *allowed < 0;
            }
        }
        violated
    })
}

// Models pickOneNodeForPreemption (v1.36)
fn pick_one_node<'a>(candidates: Vec<Candidate<'a>>, tie: &dyn Fn(&str) -> u64) -> Option<Candidate<'a>> {
    candidates.into_iter().min_by_key(|candidate| {
        let victims = &candidate.victims;
        let highest = victims.first().map(|pod| priority(pod));
        let sum: i64 = victims.iter().map(|pod| i64::from(priority(pod)) + i64::from(i32::MAX) + 1).sum();
        let of_highest = victims.iter().filter(|pod| Some(priority(pod)) == highest);
        let earliest = of_highest.filter_map(|pod| pod.status.start_time).min();
        (candidate.violations, highest, sum, victims.len(), Reverse(earliest), Reverse(tie(&candidate.node)))
    })
}
