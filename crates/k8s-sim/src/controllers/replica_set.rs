//! A number of equal Pods: makes those that are missing, deletes those that are too many, and tells how many there
//! are. ReplicationControllers are the same by an older name.
// Models pkg/controller/replicaset/replica_set.go and replica_set_utils.go (v1.36)

use std::collections::BTreeMap;
use std::rc::Rc;

use k8s_api::Value;
use k8s_api::apps::{ReplicaSetCondition, ReplicaSetStatus};
use k8s_api::meta::LabelSelector;

use super::pod_control;
use super::pods::{self, Ranked};
use super::ref_manager;
use super::work::{Controller, Owner, Work};
use crate::apiserver::{Object, ObjectKey, Pod};

/// At most so many Pods are made or deleted in one go.
// Models BurstReplicas (v1.36)
const BURST_REPLICAS: usize = 500;

/// What one look is about.
struct ReplicaSet {
    controller: Controller,
    component: &'static str,
    owner: Owner,
    tree: Value,
    selector: LabelSelector,
    replicas: usize,
    min_ready_seconds: i64,
}

/// The selector of a workload; that of a ReplicationController is a plain map.
pub(crate) fn selector_of(kind: &str, spec: &Value) -> LabelSelector {
    let selector = &spec["selector"];
    match kind {
        "ReplicationController" => LabelSelector::from_value(&serde_json::json!({"matchLabels": selector})),
        _ => LabelSelector::from_value(selector),
    }
}

/// Looks at a ReplicaSet.
// Models syncReplicaSet (v1.36)
pub(crate) fn sync(work: &mut Work<'_>, controller: Controller, key: &ObjectKey) -> Result<(), String> {
    let Some(object) = work.store.get(key).cloned() else { return Ok(()) };
    let tree = object.to_value();
    let set = ReplicaSet {
        controller,
        component: match controller {
            Controller::ReplicationController => "replication-controller",
            _ => "replicaset-controller",
        },
        owner: Owner::of(&object),
        selector: selector_of(&key.kind, &tree["spec"]),
        replicas: usize::try_from(tree["spec"]["replicas"].as_i64().unwrap_or(1)).unwrap_or(0),
        min_ready_seconds: tree["spec"]["minReadySeconds"].as_i64().unwrap_or(0),
        tree,
    };
    let all = ref_manager::owned_or_orphaned(work, &set.owner, "Pod");
    let mut active: Vec<Rc<Object>> = Vec::new();
    let mut terminating = 0;
    let mut failed = None;
    for object in all {
        let Some(pod) = object.as_pod() else { continue };
        let matches = set.selector.matches(&pod.metadata.labels);
        if pods::is_active(pod) {
            match ref_manager::claim(work, &set.owner, &object, matches) {
                Ok(true) => active.push(object),
                Ok(false) => {}
                Err(error) => failed = Some(error),
            }
        } else if matches && pods::is_terminating(pod) && pod.metadata.controller().is_some() {
            terminating += 1;
        }
    }
    if let Some(error) = failed {
        return Err(error);
    }
    let active: Vec<&Pod> = active.iter().filter_map(|object| object.as_pod()).collect();
    let managed = match set.owner.metadata.deletion_timestamp {
        None => set.manage(work, &active),
        Some(_) => Ok(()),
    };
    let status = set.update_status(work, &active, terminating, managed.as_ref().err())?;
    managed?;
    if set.min_ready_seconds > 0 && status.ready_replicas != status.available_replicas {
        let next = pods::next_availability_ms(&active, set.min_ready_seconds, work.unix_ms());
        let fallback = set.min_ready_seconds.unsigned_abs() * 1000;
        work.enqueue_after(set.controller, key, next.unwrap_or(fallback));
    }
    Ok(())
}

impl ReplicaSet {
    /// Makes or deletes Pods until there are as many as wanted.
    // Models manageReplicas (v1.36)
    fn manage(&self, work: &mut Work<'_>, active: &[&Pod]) -> Result<(), String> {
        if active.len() < self.replicas {
            let count = (self.replicas - active.len()).min(BURST_REPLICAS);
            let pod = pod_control::pod_from_template(&self.tree["spec"]["template"], &self.owner);
            let made = pod_control::slow_start_batch(count, || {
                pod_control::create_pod(work, self.component, &self.owner, pod.clone())
            });
            return made.map(|_| ());
        }
        let count = (active.len() - self.replicas).min(BURST_REPLICAS);
        let mut failed = Ok(());
        for name in self.pods_to_delete(work, active, count) {
            let deleted = pod_control::delete_pod(work, self.component, &self.owner, &name);
            failed = failed.and(deleted);
        }
        failed
    }

    /// Those that are not far yet go first, then those with many of their kind beside them, then the young.
    // Models getPodsToDelete and getPodsRankedByRelatedPodsOnSameNode (v1.36)
    fn pods_to_delete(&self, work: &Work<'_>, active: &[&Pod], count: usize) -> Vec<String> {
        let mut ranked: Vec<Ranked<'_>> = active.iter().map(|pod| Ranked { pod, rank: 0 }).collect();
        if count < ranked.len() {
            let on_node = self.related_pods_by_node(work);
            for one in &mut ranked {
                one.rank = on_node.get(one.pod.spec.node_name.as_str()).copied().unwrap_or(0);
            }
            let unix_ms = work.unix_ms();
            k8s_api::small::sort(&mut ranked, &|a, b| pods::goes_first(a, b, unix_ms));
        }
        ranked.iter().take(count).map(|one| one.pod.metadata.name.clone()).collect()
    }

    /// How many active Pods each node has of all ReplicaSets with the same owner.
    // Models getIndirectlyRelatedPods (v1.36)
    fn related_pods_by_node(&self, work: &Work<'_>) -> BTreeMap<String, usize> {
        let namespace = self.owner.metadata.namespace.as_str();
        let own = self.owner.metadata.controller().map(|owner| owner.uid.clone());
        let related: Vec<LabelSelector> = work
            .store
            .list(&self.owner.kind, Some(namespace))
            .filter(|object| {
                let same = object.meta().controller().map(|owner| &owner.uid) == own.as_ref();
                object.meta().uid == self.owner.metadata.uid || (own.is_some() && same)
            })
            .map(|object| selector_of(&self.owner.kind, &object.to_value()["spec"]))
            .collect();
        let mut on_node = BTreeMap::new();
        let all = work.store.list("Pod", Some(namespace)).filter_map(|object| object.as_pod());
        for pod in all.filter(|pod| pods::is_active(pod)) {
            if related.iter().any(|selector| selector.matches(&pod.metadata.labels)) {
                *on_node.entry(pod.spec.node_name.to_string()).or_insert(0) += 1;
            }
        }
        on_node
    }

    /// Writes what was counted, unless it is known.
    // Models calculateStatus and updateReplicaSetStatus (v1.36)
    fn update_status(
        &self,
        work: &mut Work<'_>,
        active: &[&Pod],
        terminating: i32,
        failure: Option<&String>,
    ) -> Result<ReplicaSetStatus, String> {
        let old = ReplicaSetStatus::from_value(&self.tree["status"]);
        let template = &self.tree["spec"]["template"]["metadata"]["labels"];
        let labeled = LabelSelector::from_value(&serde_json::json!({"matchLabels": template}));
        let unix_ms = work.unix_ms();
        let count = |wanted: &dyn Fn(&Pod) -> bool| active.iter().filter(|pod| wanted(pod)).count() as i32;
        let mut new = ReplicaSetStatus {
            replicas: active.len() as i32,
            fully_labeled_replicas: count(&|pod| labeled.matches(&pod.metadata.labels)),
            ready_replicas: count(&|pod| pods::is_ready(pod)),
            available_replicas: count(&|pod| pods::is_available(pod, self.min_ready_seconds, unix_ms)),
            terminating_replicas: Some(terminating),
            ..old.clone()
        };
        if self.controller == Controller::ReplicationController {
            new.terminating_replicas = None;
        }
        let known = new.conditions.iter().position(|condition| condition.type_ == "ReplicaFailure");
        match (failure, known) {
            (Some(message), None) => new.conditions.push(ReplicaSetCondition {
                type_: "ReplicaFailure".into(),
                status: "True".into(),
                last_transition_time: Some(work.time()),
                reason: if active.len() < self.replicas { "FailedCreate" } else { "FailedDelete" }.into(),
                message: message.clone(),
            }),
            (None, Some(at)) => {
                new.conditions.remove(at);
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
        let generation = self.owner.metadata.generation;
        if new == old && generation == old.observed_generation {
            return Ok(old);
        }
        new.observed_generation = generation;
        work.update_status(&self.owner.key(), new.to_value())?;
        Ok(new)
    }
}
