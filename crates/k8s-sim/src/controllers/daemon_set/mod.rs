//! One Pod on each node that can have it.
// Models pkg/controller/daemon/daemon_controller.go (v1.36)

mod history;
mod nodes;
mod update;

use std::collections::BTreeMap;
use std::rc::Rc;

use k8s_api::Value;
use k8s_api::apps::DaemonSetStatus;
use k8s_api::core::{Node, PodSpec};
use k8s_api::intstr::IntOrString;
use k8s_api::meta::LabelSelector;
use k8s_api::record::Load;

use super::pod_control;
use super::pods;
use super::ref_manager;
use super::work::{Controller, Owner, Work};
use crate::apiserver::events::EventType;
use crate::apiserver::{ObjectKey, Pod, TEMPLATE_GENERATION};

pub(super) use nodes::notice;

const COMPONENT: &str = "daemonset-controller";
/// The label that says which template a Pod was made from.
const HASH: &str = "controller-revision-hash";
/// The same by an older name.
const GENERATION: &str = "pod-template-generation";
/// At most so many Pods are made or deleted in one go.
// Models BurstReplicas (v1.36)
const BURST_REPLICAS: usize = 250;
/// The first pause before another failed Pod of a node is deleted; each further one is twice as long.
const FAILED_POD_BACKOFF_MS: u64 = 1_000;
const FAILED_POD_BACKOFF_MS_MAX: u64 = 15 * 60_000;

/// A DaemonSet as one look sees it.
struct DaemonSet {
    owner: Owner,
    tree: Value,
    selector: LabelSelector,
    status: DaemonSetStatus,
    /// With the tolerations that its Pods get.
    spec: PodSpec,
    spec_tree: Value,
    rolling: bool,
    max_surge: IntOrString,
    max_unavailable: IntOrString,
    min_ready_seconds: i64,
}

/// The Pods of a DaemonSet by the node that each is for.
type ByNode = BTreeMap<String, Vec<Rc<Pod>>>;

/// Looks at a DaemonSet.
// Models syncDaemonSet and updateDaemonSet (v1.36)
pub(super) fn sync(work: &mut Work<'_>, key: &ObjectKey) -> Result<(), String> {
    let Some(object) = work.store.get(key).cloned() else { return Ok(()) };
    let set = DaemonSet::read(Owner::of(&object), object.to_value());
    if set.owner.metadata.deletion_timestamp.is_some() {
        return Ok(());
    }
    let nodes: Vec<Node> =
        work.store.list("Node", None).filter_map(|object| object.as_node()).cloned().collect();
    let (current, old) = set.construct_history(work)?;
    let mut result = set.manage(work, &nodes, &current);
    if result.is_ok() && set.rolling {
        result = set.rolling_update(work, &nodes, &current);
    }
    if result.is_ok() {
        result = set.cleanup_history(work, &old);
    }
    let written = set.update_status(work, &nodes, &current);
    result.and(written)
}

impl DaemonSet {
    fn read(owner: Owner, tree: Value) -> Self {
        let spec = &tree["spec"];
        let strategy = &spec["updateStrategy"];
        let rolling = strategy["type"] != "OnDelete";
        let limit = |field: &str| {
            let mut limit = IntOrString::default();
            if rolling {
                limit.load(&strategy["rollingUpdate"][field]);
            }
            limit
        };
        let spec_tree = nodes::with_tolerations(&spec["template"]["spec"]);
        Self {
            selector: LabelSelector::from_value(&spec["selector"]),
            status: DaemonSetStatus::from_value(&tree["status"]),
            spec: PodSpec::from_value(&spec_tree),
            spec_tree,
            rolling,
            max_surge: limit("maxSurge"),
            max_unavailable: limit("maxUnavailable"),
            min_ready_seconds: spec["minReadySeconds"].as_i64().unwrap_or(0),
            owner,
            tree,
        }
    }

    fn is_available(&self, pod: &Pod, unix_ms: i64) -> bool {
        pods::is_available(pod, self.min_ready_seconds, unix_ms)
    }

    // Models AllowsSurge (v1.36)
    fn allows_surge(&self) -> bool {
        self.max_surge.scaled(1, true).is_some_and(|surge| surge > 0)
    }

    fn generation(&self) -> Option<&String> {
        self.owner.metadata.annotations.get(TEMPLATE_GENERATION)
    }

    // Models IsPodUpdated (v1.36)
    fn is_updated(&self, pod: &Pod, hash: &str) -> bool {
        let labels = &pod.metadata.labels;
        let generation = self.generation();
        (generation.is_some() && labels.get(GENERATION) == generation)
            || labels.get(HASH).is_some_and(|label| label == hash)
    }

    /// Its Pods, whatever becomes of them.
    // Models getDaemonPods and getNodesToDaemonPods (v1.36)
    fn pods_by_node(&self, work: &mut Work<'_>, with_ended: bool) -> Result<ByNode, String> {
        let mut by_node = ByNode::new();
        for object in ref_manager::owned_or_orphaned(work, &self.owner, "Pod") {
            let matches = self.selector.matches(&object.meta().labels);
            if !ref_manager::claim(work, &self.owner, &object, matches)? {
                continue;
            }
            let Some(pod) = work.store.shared_pod(&object.meta().uid) else { continue };
            if !with_ended && pod.is_terminal() && pod.metadata.deletion_timestamp.is_some() {
                continue;
            }
            if let Some(node) = nodes::target_of(&pod) {
                by_node.entry(node).or_default().push(pod);
            }
        }
        for pods in by_node.values_mut() {
            // Those that have a node first, then the oldest.
            let order = |pod: &Pod| {
                let meta = &pod.metadata;
                (pod.spec.node_name.is_empty(), meta.creation_timestamp, meta.name.clone())
            };
            k8s_api::small::sort(pods, &|a, b| order(a) < order(b));
        }
        Ok(by_node)
    }

    // Models manage (v1.36)
    fn manage(&self, work: &mut Work<'_>, nodes: &[Node], hash: &str) -> Result<(), String> {
        let by_node = self.pods_by_node(work, false)?;
        let (mut missing, mut surplus) = (Vec::new(), Vec::new());
        for node in nodes {
            let pods = by_node.get(&node.metadata.name).map(Vec::as_slice);
            self.pods_should_be_on(work, node, pods, hash, &mut missing, &mut surplus);
        }
        // Those that wait for a node that is gone.
        for (name, pods) in &by_node {
            if !nodes.iter().any(|node| node.metadata.name == *name) {
                let waiting = pods.iter().filter(|pod| pod.spec.node_name.is_empty());
                surplus.extend(waiting.map(|pod| pod.metadata.name.clone()));
            }
        }
        self.sync_nodes(work, &surplus, &missing, hash)
    }

    // Models podsShouldBeOnNode (v1.36)
    fn pods_should_be_on(
        &self,
        work: &mut Work<'_>,
        node: &Node,
        pods: Option<&[Rc<Pod>]>,
        hash: &str,
        missing: &mut Vec<String>,
        surplus: &mut Vec<String>,
    ) {
        let (should_run, should_continue) = self.node_should_run(node);
        let name = &node.metadata.name;
        let Some(pods) = pods else {
            if should_run {
                missing.push(name.clone());
            }
            return;
        };
        let staying = pods.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none());
        if !should_continue {
            surplus.extend(staying.map(|pod| pod.metadata.name.clone()));
            return;
        }
        let mut running: Vec<&Pod> = Vec::new();
        for pod in staying {
            match pod.status.phase.as_str() {
                "Failed" => {
                    if let Some(delay) = self.failed_pod_backoff(work, name) {
                        work.enqueue_after(Controller::DaemonSet, &self.owner.key(), delay);
                        continue;
                    }
                    let reason = "FailedDaemonPod";
                    self.record_ended(work, EventType::Warning, reason, "failed", pod, "kill it");
                    surplus.push(pod.metadata.name.clone());
                }
                "Succeeded" => {
                    let reason = "SucceededDaemonPod";
                    self.record_ended(work, EventType::Normal, reason, "succeeded", pod, "delete it");
                    surplus.push(pod.metadata.name.clone());
                }
                _ => running.push(pod),
            }
        }
        if !self.allows_surge() {
            surplus.extend(running.iter().skip(1).map(|pod| pod.metadata.name.clone()));
            return;
        }
        if running.is_empty() && should_run {
            missing.push(name.clone());
        }
        if running.len() <= 1 {
            return;
        }
        // One of each template may be there for a while.
        let (mut new, mut old): (Option<&Pod>, Option<&Pod>) = (None, None);
        for pod in running {
            let is_new = pod.metadata.labels.get(HASH).is_some_and(|label| label == hash);
            let place = if is_new { &mut new } else { &mut old };
            match place {
                None => *place = Some(pod),
                Some(_) => surplus.push(pod.metadata.name.clone()),
            }
        }
        if let (Some(new), Some(old)) = (new, old)
            && (!pods::is_ready(old) || self.is_available(new, work.unix_ms()))
        {
            surplus.push(old.metadata.name.clone());
        }
    }

    fn record_ended(
        &self,
        work: &mut Work<'_>,
        kind: EventType,
        reason: &str,
        how: &str,
        pod: &Pod,
        what: &str,
    ) {
        let (namespace, name) = (&pod.metadata.namespace, &pod.metadata.name);
        let node = &pod.spec.node_name;
        let text = format!("Found {how} daemon pod {namespace}/{name} on node {node}, will try to {what}");
        work.record(COMPONENT, &self.owner, kind, reason, text);
    }

    /// How long the deletion of a failed Pod has to wait, because another one of its node failed lately.
    // Models failedPodsBackoff with client-go util/flowcontrol Backoff (v1.36)
    fn failed_pod_backoff(&self, work: &mut Work<'_>, node: &str) -> Option<u64> {
        let key = format!("{}/{}/{node}", self.owner.metadata.uid, self.status.observed_generation);
        let now = work.now;
        let failed_pods = &mut work.controllers.failed_pods;
        // Models Backoff.GC (v1.36)
        failed_pods.retain(|_, (_, at)| now.since_ms(*at) <= 2 * FAILED_POD_BACKOFF_MS_MAX);
        let delay = match failed_pods.get(key.as_str()) {
            Some((delay, at)) if now.since_ms(*at) < *delay => return Some(*delay),
            Some((delay, _)) => (delay * 2).min(FAILED_POD_BACKOFF_MS_MAX),
            None => FAILED_POD_BACKOFF_MS,
        };
        failed_pods.insert(key.into(), (delay, now));
        None
    }

    /// Makes and deletes Pods.
    // Models syncNodes (v1.36)
    fn sync_nodes(
        &self,
        work: &mut Work<'_>,
        delete: &[String],
        create: &[String],
        hash: &str,
    ) -> Result<(), String> {
        let mut nodes = create.iter().take(BURST_REPLICAS);
        let made = pod_control::slow_start_batch(create.len().min(BURST_REPLICAS), || {
            let Some(node) = nodes.next() else { return Ok(()) };
            pod_control::create_pod(work, COMPONENT, &self.owner, self.new_pod(node, hash))
        });
        let mut result = made.map(|_| ());
        for name in delete.iter().take(BURST_REPLICAS) {
            result = result.and(pod_control::delete_pod(work, COMPONENT, &self.owner, name));
        }
        result
    }

    /// The Pod for a node: bound to it by its affinity, so that the scheduler puts it there and nowhere else.
    // Models CreatePodTemplate and ReplaceDaemonSetPodNodeNameNodeAffinity (v1.36)
    fn new_pod(&self, node: &str, hash: &str) -> Value {
        let mut pod = pod_control::pod_from_template(&self.tree["spec"]["template"], &self.owner);
        let labels = &mut pod["metadata"]["labels"];
        if let Some(generation) = self.generation() {
            labels[GENERATION] = generation.as_str().into();
        }
        labels[HASH] = hash.into();
        pod["spec"] = self.spec_tree.clone();
        let required = "requiredDuringSchedulingIgnoredDuringExecution";
        pod["spec"]["affinity"]["nodeAffinity"][required]["nodeSelectorTerms"] = serde_json::json!([
            {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
        ]);
        pod
    }

    // Models updateDaemonSetStatus and storeDaemonSetStatus (v1.36)
    fn update_status(&self, work: &mut Work<'_>, nodes: &[Node], hash: &str) -> Result<(), String> {
        let by_node = self.pods_by_node(work, false)?;
        let unix_ms = work.unix_ms();
        let mut new = DaemonSetStatus {
            observed_generation: self.owner.metadata.generation,
            collision_count: self.status.collision_count,
            conditions: self.status.conditions.clone(),
            ..DaemonSetStatus::default()
        };
        for node in nodes {
            let first = by_node.get(&node.metadata.name).and_then(|pods| pods.first());
            let should_run = self.node_should_run(node).0;
            new.desired_number_scheduled += i32::from(should_run);
            let Some(pod) = first else { continue };
            if !should_run {
                new.number_misscheduled += 1;
                continue;
            }
            new.current_number_scheduled += 1;
            new.number_ready += i32::from(pods::is_ready(pod));
            new.number_available += i32::from(self.is_available(pod, unix_ms));
            new.updated_number_scheduled += i32::from(self.is_updated(pod, hash));
        }
        new.number_unavailable = new.desired_number_scheduled - new.number_available;
        // Also of a new Pod beside an old one, which is not counted: upstream waits when a Pod becomes ready.
        let all: Vec<&Pod> = by_node.values().flatten().map(|pod| &**pod).collect();
        if let Some(after) = pods::next_availability_ms(&all, self.min_ready_seconds, unix_ms) {
            work.enqueue_after(Controller::DaemonSet, &self.owner.key(), after);
        }
        if new == self.status {
            return Ok(());
        }
        work.update_status(&self.owner.key(), new.to_value())
    }
}
