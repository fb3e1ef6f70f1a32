//! Pods that are to be near others, or are not to be.
// Models pkg/scheduler/framework/plugins/interpodaffinity (v1.36)

use k8s_api::core::{PodAffinityTerm, WeightedPodAffinityTerm};

use super::filter::{Plugin, Unfit, unfit};
use super::snapshot::{NodeInfo, Snapshot};
use crate::apiserver::Pod;

/// A required affinity term counts so much when others' preferences are scored.
const HARD_POD_AFFINITY_WEIGHT: i64 = 1;

/// What a Pod requires and what it would like, of those it is to be near or (`anti`) away from.
fn wishes(pod: &Pod, anti: bool) -> (&[PodAffinityTerm], &[WeightedPodAffinityTerm]) {
    let Some(affinity) = &pod.spec.affinity else { return (&[], &[]) };
    match (anti, &affinity.pod_affinity, &affinity.pod_anti_affinity) {
        (false, Some(near), _) => (
            &near.required_during_scheduling_ignored_during_execution,
            &near.preferred_during_scheduling_ignored_during_execution,
        ),
        (true, _, Some(away)) => (
            &away.required_during_scheduling_ignored_during_execution,
            &away.preferred_during_scheduling_ignored_during_execution,
        ),
        _ => (&[], &[]),
    }
}

fn required(pod: &Pod, anti: bool) -> &[PodAffinityTerm] {
    wishes(pod, anti).0
}

fn preferred(pod: &Pod, anti: bool) -> &[WeightedPodAffinityTerm] {
    wishes(pod, anti).1
}

/// Whether a term of `owner` speaks of `other`.
// Models framework.AffinityTerm.Matches (v1.36)
fn matches(snapshot: &Snapshot<'_>, term: &PodAffinityTerm, owner: &Pod, other: &Pod) -> bool {
    let namespace = other.metadata.namespace.as_str();
    let named = if term.namespaces.is_empty() && term.namespace_selector.is_none() {
        owner.metadata.namespace == namespace
    } else {
        term.namespaces.iter().any(|name| name == namespace)
            || term.namespace_selector.as_ref().is_some_and(|selector| {
                selector.is_everything()
                    || snapshot.namespaces.get(namespace).is_some_and(|labels| selector.matches(labels))
            })
    };
    let same = |key: &String| owner.metadata.labels.get(key) == other.metadata.labels.get(key);
    let has = |key: &&String| owner.metadata.labels.contains_key(*key);
    named
        && term.label_selector.as_ref().is_some_and(|selector| selector.matches(&other.metadata.labels))
        && term.match_label_keys.iter().filter(has).all(same)
        && !term.mismatch_label_keys.iter().filter(has).any(same)
}

/// The Pods on nodes that share the label's value with this node.
fn near<'s, 'a>(
    snapshot: &'s Snapshot<'a>,
    info: &NodeInfo<'_>,
    key: &'s str,
) -> impl Iterator<Item = &'a Pod> + use<'s, 'a> {
    let value = info.label(key).map(str::to_string);
    snapshot
        .nodes
        .iter()
        .filter(move |other| value.is_some() && other.label(key) == value.as_deref())
        .flat_map(|other| other.pods.iter().copied())
}

/// Whether the Pod and those that are there can stand each other.
// Models InterPodAffinity.Filter (v1.36)
pub(super) fn filter(snapshot: &Snapshot<'_>, pod: &Pod, info: &NodeInfo<'_>) -> Result<(), Unfit> {
    let refused = |reason: &str, help: bool| Err(unfit(Plugin::InterPodAffinity, reason, help));
    let terms = required(pod, false);
    if !satisfies_pod_affinity(snapshot, pod, info, terms) {
        return refused("node(s) didn't match pod affinity rules", false);
    }
    let parted = |owner: &Pod, term: &PodAffinityTerm, other: &Pod| matches(snapshot, term, owner, other);
    for term in required(pod, true) {
        if near(snapshot, info, &term.topology_key).any(|other| parted(pod, term, other)) {
            return refused("node(s) didn't match pod anti-affinity rules", true);
        }
    }
    for other in &snapshot.nodes {
        for owner in &other.pods {
            let here = |term: &&PodAffinityTerm| {
                let value = other.label(&term.topology_key);
                value.is_some() && value == info.label(&term.topology_key)
            };
            if required(owner, true).iter().filter(here).any(|term| parted(owner, term, pod)) {
                return refused("node(s) didn't satisfy existing pods anti-affinity rules", true);
            }
        }
    }
    Ok(())
}

// Models satisfyPodAffinity (v1.36)
fn satisfies_pod_affinity(
    snapshot: &Snapshot<'_>,
    pod: &Pod,
    info: &NodeInfo<'_>,
    terms: &[PodAffinityTerm],
) -> bool {
    if terms.iter().any(|term| info.label(&term.topology_key).is_none()) {
        return false;
    }
    let all = |other: &Pod| terms.iter().all(|term| matches(snapshot, term, pod, other));
    let found = |term: &PodAffinityTerm| near(snapshot, info, &term.topology_key).any(all);
    if terms.iter().all(found) {
        return true;
    }
    // The first of a group that wants to be together would never find a place: it may go anywhere.
    let keyed = |other: &NodeInfo<'_>| terms.iter().any(|term| other.label(&term.topology_key).is_some());
    let nowhere =
        !snapshot.nodes.iter().filter(|other| keyed(other)).any(|other| other.pods.iter().any(|p| all(p)));
    nowhere && all(pod)
}

/// How well each node suits what the Pod and the others prefer, from 0 to 100; nothing if nobody prefers anything.
// Models InterPodAffinity.PreScore, Score and NormalizeScore (v1.36)
pub(super) fn score(snapshot: &Snapshot<'_>, pod: &Pod, feasible: &[usize]) -> Option<Vec<i64>> {
    let mut sums = vec![0_i64; feasible.len()];
    let mut any = false;
    for other in &snapshot.nodes {
        for there in &other.pods {
            let mut add = |key: &str, weight: i64| {
                let Some(value) = other.label(key) else { return };
                any = true;
                for (sum, place) in sums.iter_mut().zip(feasible) {
                    if snapshot.nodes[*place].label(key) == Some(value) {
                        *sum += weight;
                    }
                }
            };
            for (owner, subject) in [(pod, *there), (*there, pod)] {
                for anti in [false, true] {
                    for wish in preferred(owner, anti) {
                        let term = &wish.pod_affinity_term;
                        if matches(snapshot, term, owner, subject) {
                            let weight = i64::from(wish.weight);
                            add(&term.topology_key, if anti { -weight } else { weight });
                        }
                    }
                }
            }
            for term in required(there, false) {
                if matches(snapshot, term, there, pod) {
                    add(&term.topology_key, HARD_POD_AFFINITY_WEIGHT);
                }
            }
        }
    }
    let (least, most) = (*sums.iter().min()?, *sums.iter().max()?);
    let normal = |sum: &i64| if most > least { 100 * (sum - least) / (most - least) } else { 0 };
    any.then(|| sums.iter().map(normal).collect())
}
