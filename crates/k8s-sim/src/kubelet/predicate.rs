//! Whether a Pod that was bound to the node may run there: the scheduler may not have been asked, or may have known
//! less.
// Models canAdmitPod and pkg/kubelet/lifecycle/predicate.go (v1.36)

use std::rc::Rc;

use k8s_api::core::{Node as ApiNode, PodSpec};

use super::Node;
use super::eviction::is_critical_pod;
use super::preemption::{Candidate, Requirements, get_pods_to_preempt};
use super::worker::PodWorkerState;
use crate::apiserver::pod_security_checks::SAFE_SYSCTLS;
use crate::apiserver::{ObjectKey, Pod};
use crate::scheduler::filter;

/// Why a Pod is rejected: reason and message.
type Rejection = (String, String);

impl Node<'_> {
    /// Whether the Pod may run here, with the resources of this spec.
    pub(crate) fn can_admit_pod(&self, pod: &Pod, spec: &PodSpec) -> Result<Vec<Rc<str>>, Rejection> {
        self.admit_under_pressure(spec)?;
        let key = ObjectKey::new("Node", "", &self.agent.name);
        let Some(object) = self.store.get(&key) else { return Ok(Vec::new()) };
        let Some(node) = object.as_node() else { return Ok(Vec::new()) };
        admit_by_system(pod, spec)?;
        let others: Vec<Candidate> = self
            .agent
            .kubelet
            .workers
            .iter()
            .filter(|(_, other)| other.state < PodWorkerState::TerminatedPod && !other.pod.is_terminal())
            .filter(|(uid, _)| ***uid != *pod.metadata.uid)
            .map(|(uid, other)| (uid.clone(), other.pod.spec.clone()))
            .collect();
        let missing = general_filter(spec, node, &others)?;
        get_pods_to_preempt(spec, &others, &missing).map_err(|text| {
            let message = format!(
                "Unexpected error while attempting to recover from admission failure: preemption: error finding a set \
                 of pods to preempt: {text}"
            );
            ("UnexpectedAdmissionError".into(), message)
        })
    }
}

/// A setting's name with dots: it may be written as a path.
// Models component-helpers/node/util/sysctl NormalizeName (v1.36)
pub(super) fn normalize_sysctl(name: &str) -> String {
    match name.find(['.', '/']).is_some_and(|at| name[at..].starts_with('/')) {
        true => name.replace('/', "."),
        false => name.to_string(),
    }
}

// Models rejectPodAdmissionBasedOnOSSelector and its neighbours (v1.36)
fn admit_by_system(pod: &Pod, spec: &PodSpec) -> Result<(), Rejection> {
    let refuse = |reason: &str, message: &str| Err((reason.to_string(), message.to_string()));
    let context = spec.security_context.as_ref();
    // Models pkg/kubelet/sysctl/allowlist.go (v1.36)
    for sysctl in context.into_iter().flat_map(|context| &context.sysctls) {
        let name = normalize_sysctl(&sysctl.name);
        if !SAFE_SYSCTLS.iter().any(|(safe, _)| *safe == name) {
            return refuse("SysctlForbidden", &format!("forbidden sysctl: \"{name}\" not allowlisted"));
        }
    }
    // It is the Pod's label that is compared, not its selector.
    if pod.metadata.labels.get("kubernetes.io/os").is_some_and(|os| os != "linux") {
        let message = "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label";
        return refuse("PodOSSelectorNodeLabelDoesNotMatch", message);
    }
    if spec.os.as_ref().is_some_and(|os| os.name != "linux") {
        return refuse("PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS");
    }
    // The node's runtime does not have this feature.
    if context.and_then(|c| c.supplemental_groups_policy.as_deref()) == Some("Strict") {
        let message = "SupplementalGroupsPolicy=Strict is not supported in this node";
        return refuse("SupplementalGroupsPolicyNotSupported", message);
    }
    Ok(())
}

/// The first thing that stands against it: what it asks for, then where it may run, its ports, and the taints. What
/// a critical Pod asks for too much is returned: room may be made for it.
// Models generalFilter, pkg/scheduler AdmissionCheck and HandleAdmissionFailure (v1.36)
fn general_filter(spec: &PodSpec, node: &ApiNode, others: &[Candidate]) -> Result<Requirements, Rejection> {
    let failed = |predicate: &str, description: &str| {
        Err((predicate.to_string(), format!("Predicate {predicate} failed: {description}")))
    };
    let mut missing = Requirements::new();
    // Models noderesources.Fits (v1.36)
    let first = ["pods", "cpu", "memory", "ephemeral-storage"];
    let mut names: Vec<&str> = node.status.allocatable.keys().map(String::as_str).collect();
    let rank = |name: &str| first.iter().position(|known| *known == name).unwrap_or(first.len());
    k8s_api::small::sort(&mut names, &|a, b| (rank(a), a) < (rank(b), b));
    for name in names {
        let wanted = filter::pod_request(spec, name);
        if wanted == 0 {
            continue;
        }
        let used: i128 = others.iter().map(|(_, spec)| filter::pod_request(spec, name)).sum();
        let capacity = node.status.allocatable[name].nano_value();
        if used + wanted > capacity {
            if is_critical_pod(spec) {
                missing.push((name.to_string(), used + wanted - capacity));
                continue;
            }
            let unit = if name == "cpu" { 1_000_000 } else { 1_000_000_000 };
            let message = format!(
                "Node didn't have enough resource: {name}, requested: {}, used: {}, capacity: {}",
                wanted / unit,
                used / unit,
                capacity / unit
            );
            return Err((format!("OutOf{name}"), message));
        }
    }
    if !filter::matches_node_affinity(spec, node) {
        return failed("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
    }
    if others.iter().any(|(_, other)| filter::host_ports_clash(spec, other)) {
        return failed("NodePorts", "node(s) didn't have free ports for the requested pod ports");
    }
    let tolerated = |taint| spec.tolerations.iter().any(|toleration| filter::tolerates(toleration, taint));
    if node.spec.taints.iter().any(|taint| taint.effect == "NoExecute" && !tolerated(taint)) {
        return failed("TaintToleration", "node(s) had taints that the pod didn't tolerate");
    }
    Ok(missing)
}
