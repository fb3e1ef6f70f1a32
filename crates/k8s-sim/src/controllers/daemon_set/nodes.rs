//! Which nodes are to have a Pod of a DaemonSet, and which may keep theirs.
// Models pkg/controller/daemon/daemon_controller.go and util/daemonset_util.go (v1.36)

use k8s_api::Value;
use k8s_api::core::Node;
use serde_json::json;

use super::DaemonSet;
use crate::apiserver::{Object, ObjectKey, Pod};
use crate::controllers::work::{Controller, Owner, Work};
use crate::scheduler::filter::{matches_node_affinity, tolerates};

/// A Pod's spec with what a Pod of a DaemonSet puts up with: a node that is not well, or is cordoned.
// Models AddOrUpdateDaemonPodTolerations (v1.36)
pub(super) fn with_tolerations(spec: &Value) -> Value {
    let mut spec = spec.clone();
    let mut own = vec![
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
    ];
    if spec["hostNetwork"] == true {
        own.push(("network-unavailable", "NoSchedule"));
    }
    let mut tolerations = spec["tolerations"].as_array().cloned().unwrap_or_default();
    for (key, effect) in own {
        let toleration =
            json!({"key": format!("node.kubernetes.io/{key}"), "operator": "Exists", "effect": effect});
        let same = |old: &Value| {
            ["key", "effect", "operator"].iter().all(|field| old[*field] == toleration[*field])
                && old["value"].as_str().unwrap_or_default().is_empty()
        };
        match tolerations.iter_mut().find(|old| same(old)) {
            Some(old) => *old = toleration,
            None => tolerations.push(toleration),
        }
    }
    spec["tolerations"] = Value::Array(tolerations);
    spec
}

/// The node that a Pod is on, or is bound to by its affinity.
// Models GetTargetNodeName (v1.36)
pub(super) fn target_of(pod: &Pod) -> Option<String> {
    if !pod.spec.node_name.is_empty() {
        return Some(pod.spec.node_name.to_string());
    }
    let affinity = pod.spec.affinity.as_ref()?.node_affinity.as_ref()?;
    let required = affinity.required_during_scheduling_ignored_during_execution.as_ref()?;
    let fields = required.node_selector_terms.iter().flat_map(|term| &term.match_fields);
    let mut named = fields.filter(|field| field.key == "metadata.name" && field.operator == "In");
    match named.next()?.values.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

impl DaemonSet {
    /// Whether a node is to have a Pod, and whether it may keep one that it has.
    // Models NodeShouldRunDaemonPod (v1.36)
    pub(super) fn node_should_run(&self, node: &Node) -> (bool, bool) {
        let wanted = self.spec.node_name.as_str();
        if !(wanted.is_empty() || wanted == node.metadata.name) || !matches_node_affinity(&self.spec, node) {
            return (false, false);
        }
        let untolerated = |effect: &str| {
            let taints = node.spec.taints.iter().filter(|taint| taint.effect == effect);
            taints.filter(|taint| !self.spec.tolerations.iter().any(|own| tolerates(own, taint))).count() > 0
        };
        let evicted = untolerated("NoExecute");
        (!evicted && !untolerated("NoSchedule"), !evicted)
    }
}

/// A node that is new or changed may need a Pod, or not want its one any more.
// Models addNode and syncNodeUpdate (v1.36)
pub(in crate::controllers) fn notice(work: &mut Work<'_>, node: &Node) {
    let sets: Vec<_> = work.store.list("DaemonSet", None).cloned().collect();
    for object in sets {
        let set = DaemonSet::read(Owner::of(&object), object.to_value());
        let (should_run, should_continue) = set.node_should_run(node);
        let own = |pod: &Object| {
            let owner = pod.meta().controller();
            let pod = pod.as_pod().map(|pod| pod.spec.node_name.as_str());
            pod == Some(&node.metadata.name) && owner.is_some_and(|owner| owner.uid == object.meta().uid)
        };
        let has = work.store.list("Pod", Some(&object.meta().namespace)).any(|pod| own(pod));
        let misplaced = set.status.number_misscheduled > 0;
        if (should_run && !has) || (has && (!should_continue || misplaced)) {
            work.enqueue(Controller::DaemonSet, ObjectKey::of(&object));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::with_tolerations;
    use serde_json::json;

    #[test]
    fn own_tolerations_take_the_place_of_the_same_in_the_template() {
        let spec = json!({"hostNetwork": true, "tolerations": [
            {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5},
            {"operator": "Exists"},
        ]});
        let tolerations = with_tolerations(&spec)["tolerations"].as_array().cloned().unwrap();
        assert_eq!(tolerations.len(), 8);
        assert!(tolerations[0].get("tolerationSeconds").is_none());
        assert_eq!(tolerations[7]["key"], "node.kubernetes.io/network-unavailable");
    }
}
