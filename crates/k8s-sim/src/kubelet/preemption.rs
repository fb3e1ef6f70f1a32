//! Which Pods a node kills so that a critical Pod finds room.
// Models pkg/kubelet/preemption (v1.36)

use std::rc::Rc;

use k8s_api::core::PodSpec;
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

/// Which Pods to kill, the last one first, or why that is of no use.
// Models getPodsToPreempt and sortPodsByQOS (v1.36)
pub(super) fn get_pods_to_preempt(
    preemptor: &PodSpec,
    pods: &[Candidate],
    needs: &Requirements,
) -> Result<Vec<Rc<str>>, String> {
    let mut chosen: [Vec<Candidate>; 3] = Default::default();
    for pod in pods.iter().filter(|(_, spec)| !needs.is_empty() && preemptable(preemptor, spec)) {
        chosen[qos_class(&pod.1) as usize].push(pod.clone());
    }
    let left = subtract(needs, &chosen);
    if !left.is_empty() {
        // Models admissionRequirementList.toString (v1.36)
        let mut text = "no set of running pods found to reclaim resources: [".to_string();
        for (name, amount) in left {
            let unit = if name == "cpu" { 1_000_000 } else { 1_000_000_000 };
            text.push_str(&format!("(res: {name}, q: {}), ", amount / unit));
        }
        return Err(text + "]");
    }
    // Each class gives only what the others leave open: Guaranteed first, when all of the others may yet go.
    for class in 0..chosen.len() {
        let pods = std::mem::take(&mut chosen[class]);
        chosen[class] = by_distance(pods, subtract(needs, &chosen));
    }
    Ok(chosen.into_iter().flat_map(|pods| pods.into_iter().rev()).map(|(uid, _)| uid).collect())
}

// Models pkg/kubelet/types Preemptable (v1.36)
fn preemptable(preemptor: &PodSpec, other: &PodSpec) -> bool {
    is_critical_pod(preemptor) && !is_critical_pod(other)
        || preemptor.priority.zip(other.priority).is_some_and(|(one, other)| one > other)
}

// Models admissionRequirementList.subtract (v1.36)
fn subtract(needs: &Requirements, pods: &[Vec<Candidate>]) -> Requirements {
    let mut left = needs.clone();
    for (_, spec) in pods.iter().flatten() {
        give(&mut left, spec);
    }
    left
}

fn give(needs: &mut Requirements, spec: &PodSpec) {
    needs.retain_mut(|(name, amount)| {
        *amount -= pod_request(spec, name);
        *amount > 0
    });
}

/// As few Pods as are enough: first the one that leaves the least open, of equals the smaller one.
// Models getPodsToPreemptByDistance (v1.36)
fn by_distance(mut pods: Vec<Candidate>, mut needs: Requirements) -> Vec<Candidate> {
    let mut chosen = Vec::new();
    while !needs.is_empty() && !pods.is_empty() {
        let rank = |spec: &PodSpec| {
            let mut distance = 0;
            for (name, amount) in &needs {
                // The share that is still missing, in 2⁻³⁰.
                let left = (*amount - pod_request(spec, name)).max(0);
                distance += ((left << 30) / amount).pow(2);
            }
            (distance, pod_request(spec, "memory"), pod_request(spec, "cpu"))
        };
        let mut best = 0;
        for index in 1..pods.len() {
            if rank(&pods[index].1) <= rank(&pods[best].1) {
                best = index;
            }
        }
        let pod = pods.swap_remove(best);
        give(&mut needs, &pod.1);
        chosen.push(pod);
    }
    chosen
}

impl Node<'_> {
    /// Kills one Pod after the other, then lets the one begin that needs the room. A real kubelet attends to nothing
    /// else meanwhile.
    // Models evictPodsToFreeRequests (v1.36)
    pub(crate) fn preempt(&mut self, uid: &Rc<str>, mut victims: Vec<Rc<str>>) {
        let workers = &self.agent.kubelet.workers;
        victims.retain(|uid| {
            workers.get(uid).is_some_and(|worker| worker.state < PodWorkerState::TerminatedPod)
        });
        let Some(victim) = victims.last().cloned() else {
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
        let waiting = &mut self.agent.kubelet.preempting;
        if let Some(index) = waiting.iter().position(|(_, victims)| victims.last() == Some(victim)) {
            // The victim itself runs no more.
            let (uid, victims) = waiting.swap_remove(index);
            self.preempt(&uid, victims);
        }
    }
}
