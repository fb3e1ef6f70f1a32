//! Which Pods a node kills so that a critical Pod finds room.
// Models pkg/kubelet/preemption (v1.36)

use std::collections::VecDeque;
use std::rc::Rc;

use k8s_api::core::{PodSpec, QosClass};
use k8s_api::resources::qos_class;

use super::Node;
use super::eviction::is_critical_pod;
use super::pod_workers::UpdateType;
use super::worker::PodWorkerState;
use crate::scheduler::filter::pod_request;

/// A Pod that may have to go.
pub(super) type Candidate = (Rc<str>, Rc<PodSpec>);
/// What is missing, in billionths, by resource.
pub(super) type Requirements = Vec<(String, i128)>;

/// Which Pods to kill, or why that is of no use.
// Models getPodsToPreempt and sortPodsByQOS (v1.36)
pub(super) fn get_pods_to_preempt(
    preemptor: &PodSpec,
    pods: &[Candidate],
    needs: &Requirements,
) -> Result<VecDeque<Rc<str>>, String> {
    let of = |class: QosClass| -> Vec<Candidate> {
        let fits = |spec: &PodSpec| preemptable(preemptor, spec) && qos_class(spec) == class;
        pods.iter().filter(|(_, spec)| fits(spec)).cloned().collect()
    };
    let classes = [QosClass::BestEffort, QosClass::Burstable, QosClass::Guaranteed];
    let [best_effort, burstable, guaranteed] = classes.map(of);
    let left = subtract(needs, &[&best_effort, &burstable, &guaranteed]);
    if !left.is_empty() {
        return Err(none_found(&left));
    }
    // The others first: each class gives only what those below it and above it leave open.
    let guaranteed = by_distance(guaranteed, subtract(needs, &[&best_effort, &burstable]))?;
    let burstable = by_distance(burstable, subtract(needs, &[&best_effort, &guaranteed]))?;
    let best_effort = by_distance(best_effort, subtract(needs, &[&burstable, &guaranteed]))?;
    Ok([best_effort, burstable, guaranteed].concat().into_iter().map(|(uid, _)| uid).collect())
}

// Models pkg/kubelet/types Preemptable (v1.36)
fn preemptable(preemptor: &PodSpec, other: &PodSpec) -> bool {
    is_critical_pod(preemptor) && !is_critical_pod(other)
        || preemptor.priority.zip(other.priority).is_some_and(|(one, other)| one > other)
}

// Models admissionRequirementList.toString (v1.36)
fn none_found(needs: &Requirements) -> String {
    let list: String = needs
        .iter()
        .map(|(name, amount)| {
            let unit = if name == "cpu" { 1_000_000 } else { 1_000_000_000 };
            format!("(res: {name}, q: {}), ", amount / unit)
        })
        .collect();
    format!("no set of running pods found to reclaim resources: [{list}]")
}

// Models admissionRequirementList.subtract (v1.36)
fn subtract(needs: &Requirements, pods: &[&[Candidate]]) -> Requirements {
    let given =
        |name: &str| pods.iter().copied().flatten().map(|(_, spec)| pod_request(spec, name)).sum::<i128>();
    needs
        .iter()
        .map(|(name, amount)| (name.clone(), amount - given(name)))
        .filter(|(_, left)| *left > 0)
        .collect()
}

/// As few Pods as are enough: first the one that leaves the least open, of equals the smaller one.
// Models getPodsToPreemptByDistance (v1.36)
fn by_distance(mut pods: Vec<Candidate>, mut needs: Requirements) -> Result<Vec<Candidate>, String> {
    let mut chosen = Vec::new();
    while !needs.is_empty() {
        let distance = |spec: &PodSpec| -> i128 {
            let missing = |(name, amount): &(String, i128)| {
                let left = (amount - pod_request(spec, name)).max(0);
                ((left << 30) / amount).pow(2)
            };
            needs.iter().map(missing).sum()
        };
        let size = |spec: &PodSpec| ["memory", "cpu"].map(|name| pod_request(spec, name));
        let better = |one: &PodSpec, other: &PodSpec| {
            let (a, b) = (distance(one), distance(other));
            a < b || a == b && size(one) <= size(other)
        };
        let best = (0..pods.len()).reduce(|best, i| if better(&pods[i].1, &pods[best].1) { i } else { best });
        let Some(best) = best else { return Err(none_found(&needs)) };
        let pod = pods.swap_remove(best);
        needs = subtract(&needs, &[std::slice::from_ref(&pod)]);
        chosen.push(pod);
    }
    Ok(chosen)
}

impl Node<'_> {
    /// Kills one Pod after the other, then lets the one begin that needs the room. A real kubelet attends to nothing
    /// else meanwhile.
    // Models evictPodsToFreeRequests (v1.36)
    pub(crate) fn preempt(&mut self, uid: &Rc<str>, mut victims: VecDeque<Rc<str>>) {
        let workers = &self.agent.kubelet.workers;
        let runs = |uid: &Rc<str>| {
            workers.get(uid).is_some_and(|worker| worker.state < PodWorkerState::TerminatedPod)
        };
        victims.retain(runs);
        let Some(victim) = victims.front().cloned() else {
            return self.with_worker(uid, |node, worker| node.update_pod(worker, UpdateType::Create));
        };
        self.agent.kubelet.preempting.push((uid.clone(), victims));
        self.with_worker(&victim, |node, worker| {
            let message = "Preempted in order to admit critical pod".to_string();
            let condition = "Pod was preempted by Kubelet to accommodate a critical pod.".to_string();
            node.evict_pod(worker, None, "Preempting", message, Some(condition));
        });
    }

    /// A Pod's containers are dead: who waited for that may go on.
    pub(crate) fn preempted(&mut self, victim: &Rc<str>) {
        for (uid, victims) in std::mem::take(&mut self.agent.kubelet.preempting) {
            if victims.front() == Some(victim) {
                self.preempt(&uid, victims.into_iter().skip(1).collect());
            } else {
                self.agent.kubelet.preempting.push((uid, victims));
            }
        }
    }
}
