//! A node that is no longer heard of: its conditions, its taints, the eviction of its Pods.
// Models pkg/controller/nodelifecycle, pkg/controller/tainteviction and pkg/controller/podgc (v1.36)

use std::collections::BTreeMap;
use std::rc::Rc;

use k8s_api::core::{Node, NodeCondition, ObjectReference, Taint};
use k8s_api::meta::Time;

use crate::apiserver::events::{EventType, NewEvent, Recorder, pod_reference};
use crate::apiserver::{Object, Pod, Store};
use crate::log::Log;
use crate::scheduler::filter::tolerates;
use crate::story::{StoryEntry, StoryKind};
use crate::time::SimTime;

/// A lease that is older than this makes its node's state unknown.
const NODE_MONITOR_GRACE_PERIOD_MS: u64 = 50_000;
/// How often the controller looks.
pub const NODE_MONITOR_PERIOD_MS: u64 = 5_000;
/// From a taint to the deletion of a Pod that does not tolerate it at all: two queues and a write.
const EVICTION_MS: u64 = 30;
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const NOT_READY: &str = "node.kubernetes.io/not-ready";

/// What the controller remembers.
#[derive(Clone, Debug, Default)]
pub struct NodeLifecycle {
    /// When each Pod on a tainted node will be evicted.
    pub evictions: BTreeMap<Rc<str>, SimTime>,
    /// The NoExecute taints of nodes that have any.
    tainted: BTreeMap<Rc<str>, Vec<Taint>>,
    recorder: Recorder,
}

/// What one look may touch.
pub(crate) struct Look<'a> {
    pub(crate) now: SimTime,
    pub(crate) epoch_seconds: i64,
    pub(crate) store: &'a mut Store,
    pub(crate) story: &'a mut Log<Rc<StoryEntry>>,
}

impl Look<'_> {
    fn time(&self) -> Time {
        Time(self.epoch_seconds + self.now.secs() as i64)
    }

    fn tell(&mut self, uid: &str, subject: &str, kind: StoryKind) {
        let (uid, subject) = (Rc::from(uid), Rc::from(subject));
        self.story.push(Rc::new(StoryEntry { at: self.now, uid, subject, container: "".into(), kind }));
    }

    fn put_node(&mut self, node: Node) {
        self.store.put(self.now, Object::Node(Box::new(node)));
    }
}

fn ready_condition(node: &Node) -> Option<&NodeCondition> {
    node.status.conditions.iter().find(|c| c.type_ == "Ready")
}

/// What the kubelet reports of its node when it is well.
pub(crate) fn report_node_ready(look: &mut Look<'_>, name: &str) {
    let Some(node) = find_node(look.store, name) else { return };
    if ready_condition(&node).is_some_and(|c| c.status == "True") {
        return;
    }
    let mut node = node;
    let now = look.time();
    for condition in &mut node.status.conditions {
        let (status, reason, message) = kubelet_condition(&condition.type_);
        if condition.status != status {
            condition.last_transition_time = Some(now);
        }
        condition.status = status.into();
        condition.reason = reason.into();
        condition.message = message.into();
        condition.last_heartbeat_time = Some(now);
    }
    look.put_node(node);
    look.tell("", name, StoryKind::NodeReady);
}

/// Status, reason and message of a healthy node's condition.
// Models pkg/kubelet/nodestatus/setters.go (v1.36)
#[must_use]
pub fn kubelet_condition(kind: &str) -> (&'static str, &'static str, &'static str) {
    match kind {
        "MemoryPressure" => {
            ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available")
        }
        "DiskPressure" => ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        "PIDPressure" => ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        _ => ("True", "KubeletReady", "kubelet is posting ready status"),
    }
}

fn find_node(store: &Store, name: &str) -> Option<Node> {
    store
        .list("Node", None)
        .filter_map(|object| object.as_node())
        .find(|node| node.metadata.name == name)
        .cloned()
}

impl NodeLifecycle {
    /// Looks at every node. `leases` tells when each was last heard of. Returns whether to look again.
    // Models monitorNodeHealth and processTaintBaseEviction (v1.36)
    pub(crate) fn monitor(&mut self, look: &mut Look<'_>, leases: &BTreeMap<Rc<str>, SimTime>) -> bool {
        let mut watch = false;
        for (name, lease) in leases {
            let Some(node) = find_node(look.store, name) else { continue };
            let silent = look.now.since_ms(*lease) > NODE_MONITOR_GRACE_PERIOD_MS;
            let unknown = ready_condition(&node).is_some_and(|c| c.status == "Unknown");
            if silent && !unknown {
                self.mark_unknown(look, node);
            } else if !silent && !unknown {
                self.untaint(look, node);
            }
            // A lease that is not the newest may run out.
            watch |= silent || look.now.since_ms(*lease) > 10_000;
        }
        watch
    }

    fn mark_unknown(&mut self, look: &mut Look<'_>, mut node: Node) {
        let now = look.time();
        for condition in &mut node.status.conditions {
            if condition.status != "Unknown" {
                condition.last_transition_time = Some(now);
            }
            condition.status = "Unknown".into();
            condition.reason = "NodeStatusUnknown".into();
            condition.message = "Kubelet stopped posting node status.".into();
        }
        let name = node.metadata.name.clone();
        let reference = ObjectReference {
            kind: "Node".into(),
            name: name.clone(),
            uid: node.metadata.uid.clone(),
            ..ObjectReference::default()
        };
        node.spec.taints.retain(|taint| taint.key != NOT_READY && taint.key != UNREACHABLE);
        for effect in ["NoSchedule", "NoExecute"] {
            node.spec.taints.push(Taint {
                key: UNREACHABLE.into(),
                effect: effect.into(),
                time_added: Some(now),
                ..Taint::default()
            });
        }
        // When no node at all is well the controller stops evicting.
        let others_ready = look.store.list("Node", None).filter_map(|object| object.as_node()).any(|other| {
            other.metadata.name != name && ready_condition(other).is_some_and(|c| c.status == "True")
        });
        if !others_ready {
            node.spec.taints.retain(|taint| taint.effect != "NoExecute");
        }
        look.put_node(node.clone());
        self.record(
            look,
            reference,
            EventType::Normal,
            "NodeNotReady",
            format!("Node {name} status is now: NodeNotReady"),
        );
        look.tell("", &name, StoryKind::NodeUnknown);
        let pods: Vec<Pod> = look.store.pods().filter(|pod| pod.spec.node_name == name).cloned().collect();
        for pod in pods {
            self.mark_pod_not_ready(look, &pod);
        }
    }

    // Models controllerutil.MarkPodsNotReady (v1.36)
    fn mark_pod_not_ready(&mut self, look: &mut Look<'_>, pod: &Pod) {
        if !super::pods::is_ready(pod) {
            return;
        }
        let mut marked = pod.clone();
        let now = look.time();
        if let Some(ready) = marked.status_mut().conditions.iter_mut().find(|c| c.type_ == "Ready") {
            ready.status = "False".into();
            ready.last_transition_time = Some(now);
        }
        look.store.put(look.now, Object::Pod(Rc::new(marked)));
        let text = "Node is not ready".to_string();
        self.record(look, pod_reference(pod, ""), EventType::Warning, "NodeNotReady", text);
        let subject = format!("{}/{}", pod.metadata.namespace, pod.metadata.name);
        let reason = Rc::from("NodeNotReady");
        look.tell(&pod.metadata.uid, &subject, StoryKind::PodReady { ready: false, reason });
    }

    fn record(
        &mut self,
        look: &mut Look<'_>,
        object: ObjectReference,
        kind: EventType,
        reason: &str,
        message: String,
    ) {
        let component =
            if reason.starts_with("Taint") { "taint-eviction-controller" } else { "node-controller" };
        let event = NewEvent { object, kind, reason, message, component, host: "" };
        self.recorder.record(look.store, look.now, look.epoch_seconds, event);
    }

    /// A node's taints may have changed: its Pods have to go, or may stay after all.
    // Models tainteviction handleNodeUpdate (v1.36)
    pub(crate) fn node_changed(&mut self, look: &mut Look<'_>, node: &Node, gone: bool) {
        let name = node.metadata.name.as_str();
        let evicting = node.spec.taints.iter().filter(|taint| taint.effect == "NoExecute" && !gone);
        let taints: Vec<Taint> = evicting.cloned().collect();
        let known = self.tainted.get(name);
        if known == Some(&taints) || (known.is_none() && taints.is_empty()) {
            return;
        }
        if taints.is_empty() {
            self.tainted.remove(name);
        } else {
            self.tainted.insert(name.into(), taints.clone());
        }
        let pods: Vec<Pod> = look.store.pods().filter(|pod| pod.spec.node_name == name).cloned().collect();
        for pod in pods {
            self.process_pod(look, &pod, &taints);
        }
    }

    /// A Pod may have come to a node with such taints.
    // Models tainteviction handlePodUpdate (v1.36)
    pub(crate) fn pod_changed(&mut self, look: &mut Look<'_>, pod: &Pod) {
        if !self.evictions.contains_key(pod.metadata.uid.as_str())
            && let Some(taints) = self.tainted.get(pod.spec.node_name.as_str()).cloned()
        {
            self.process_pod(look, pod, &taints);
        }
    }

    /// How long a Pod may stay on a node with such taints.
    // Models processPodOnNode and getMinTolerationTime (v1.36)
    fn process_pod(&mut self, look: &mut Look<'_>, pod: &Pod, taints: &[Taint]) {
        let uid: Rc<str> = pod.metadata.uid.as_str().into();
        if pod.metadata.deletion_timestamp.is_some() {
            return;
        }
        if taints.is_empty() {
            if self.evictions.remove(&uid).is_some() {
                let text =
                    format!("Cancelling deletion of Pod {}/{}", pod.metadata.namespace, pod.metadata.name);
                self.record(look, pod_reference(pod, ""), EventType::Normal, "TaintManagerEviction", text);
            }
            return;
        }
        let mut least: Option<u64> = None;
        for taint in taints {
            let Some(toleration) =
                pod.spec.tolerations.iter().find(|toleration| tolerates(toleration, taint))
            else {
                least = Some(0);
                break;
            };
            if let Some(seconds) = toleration.toleration_seconds {
                let ms = u64::try_from(seconds).unwrap_or(0) * 1000;
                least = Some(least.map_or(ms, |least| least.min(ms)));
            }
        }
        let Some(ms) = least else { return };
        let at = look.now.after_ms(ms.max(EVICTION_MS));
        // What is planned already stays so, unless it is to be sooner.
        if self.evictions.get(&uid).is_some_and(|planned| *planned <= at) {
            return;
        }
        self.evictions.insert(uid.clone(), at);
        let subject = format!("{}/{}", pod.metadata.namespace, pod.metadata.name);
        look.tell(&uid, &subject, StoryKind::TaintEvictionPlanned { at });
    }

    /// The time of a Pod on its tainted node is up.
    // Models tainteviction deletePodHandler (v1.36)
    pub(crate) fn evict(&mut self, look: &mut Look<'_>, uid: &str) {
        if self.evictions.get(uid).is_none_or(|at| *at > look.now) {
            return;
        }
        self.evictions.remove(uid);
        let Some(pod) = look.store.pod_by_uid(uid).cloned() else { return };
        let text = format!("Marking for deletion Pod {}/{}", pod.metadata.namespace, pod.metadata.name);
        self.record(look, pod_reference(&pod, ""), EventType::Normal, "TaintManagerEviction", text);
        let mut marked = pod.clone();
        let message = "Taint manager: deleting due to NoExecute taint";
        marked.add_disruption_target("DeletionByTaintManager", message, look.time());
        look.store.put(look.now, Object::Pod(Rc::new(marked)));
        let options = crate::input::DeleteOptions::default();
        let (namespace, name) = (pod.metadata.namespace.clone(), pod.metadata.name.clone());
        let _ = crate::apiserver::delete_pod(
            look.store,
            look.now,
            look.epoch_seconds,
            &namespace,
            &name,
            &options,
        );
        look.tell(uid, &format!("{namespace}/{name}"), StoryKind::TaintEvicted);
    }

    /// A node that is well again loses its taints.
    fn untaint(&mut self, look: &mut Look<'_>, mut node: Node) {
        let before = node.spec.taints.len();
        node.spec.taints.retain(|taint| taint.key != NOT_READY && taint.key != UNREACHABLE);
        if node.spec.taints.len() == before {
            return;
        }
        look.put_node(node);
    }
}
