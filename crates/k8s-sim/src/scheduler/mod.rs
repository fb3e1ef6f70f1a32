//! The scheduler: finds a node for each Pod that has none.
//!
//! Left out: the spreading that Pods of a Service get unasked, disruption budgets when others have to go, and the
//! binding of volumes (a claim without one keeps its Pod waiting).
// Models pkg/scheduler/schedule_one.go and its queue (v1.36)

pub mod filter;
mod inter_pod_affinity;
mod pod_topology_spread;
mod preemption;
mod score;
mod snapshot;
mod volume_binding;

use std::collections::BTreeMap;
use std::rc::Rc;

use k8s_api::core::{Node, NodeSpec, NodeStatus, PodCondition};
use k8s_api::meta::{ObjectMeta, Time};

use crate::apiserver::events::{EventType, record_scheduling};
use crate::apiserver::{Object, Pod, Store, WatchEvent, WatchType};
use crate::input::DeleteOptions;
use crate::log::Log;
use crate::rng::Rng;
use crate::story::{StoryEntry, StoryKind};
use crate::time::SimTime;
use filter::{Plugin, Unfit, fits, node_passes};
use preemption::{eligible_to_preempt_others, preempt};
use score::prioritize_nodes;
use snapshot::Snapshot;
use volume_binding::PodVolumes;

/// From a Pod's creation to its binding.
pub const SCHEDULE_MS: u64 = 25;
/// Without any event a Pod that did not fit is tried again after five minutes.
const UNSCHEDULABLE_FLUSH_MS: u64 = 300_000;

/// A Pod that did not fit, and what it waits for.
#[derive(Clone, Debug)]
struct Attempt {
    /// What turned it away; nothing means that anything may help.
    rejected_by: Vec<Plugin>,
    /// The Pod as it was tried.
    generation: i64,
    /// Something happened that may help. A queue that is otherwise empty does not wait for the back-off's end.
    queued: bool,
    flush_at: SimTime,
}

/// What the scheduler remembers.
#[derive(Clone, Debug, Default)]
pub struct Scheduler {
    attempts: BTreeMap<Rc<str>, Attempt>,
    /// Pods whose volumes are being bound.
    binding: BTreeMap<Rc<str>, volume_binding::Binding>,
    /// The nodes as they were last seen, with no more than decides where Pods go.
    nodes: BTreeMap<Rc<str>, Rc<Node>>,
}

/// What one round of the scheduler may touch.
pub(crate) struct Round<'a> {
    pub(crate) now: SimTime,
    pub(crate) epoch_seconds: i64,
    pub(crate) rng: Rng,
    pub(crate) store: &'a mut Store,
    pub(crate) story: &'a mut Log<Rc<StoryEntry>>,
}

/// Why a Pod found no node, and what comes of it.
struct Failure {
    message: String,
    rejected_by: Vec<Plugin>,
    /// The node that the Pod is promised from now on, empty for none; nothing if that stays as it is.
    nominated: Option<String>,
    /// The Pods that leave that node for it.
    victims: Vec<Pod>,
}

impl Scheduler {
    /// Takes note of a change; true if some Pod is to be tried.
    // Models the event handlers of pkg/scheduler/eventhandlers.go and the plugins' queueing hints (v1.36)
    pub(crate) fn notice(&mut self, store: &Store, change: &WatchEvent) -> bool {
        match &*change.object {
            Object::Pod(pod) if pod.spec.node_name.is_empty() => {
                match self.attempts.get_mut(pod.metadata.uid.as_str()) {
                    Some(attempt) => {
                        attempt.queued |= attempt.generation != pod.metadata.generation;
                        attempt.queued
                    }
                    None => true,
                }
            }
            Object::Pod(pod) => {
                let gone = change.kind == WatchType::Deleted || pod.is_terminal();
                gone && self.move_all_to_active(|plugin| {
                    matches!(
                        plugin,
                        Plugin::NodePorts
                            | Plugin::NodeResourcesFit
                            | Plugin::PodTopologySpread
                            | Plugin::InterPodAffinity
                    )
                })
            }
            Object::Node(node) => self.notice_node(store, node, change.kind),
            Object::Other(other) => {
                matches!(other.kind.as_str(), "PersistentVolumeClaim" | "PersistentVolume" | "StorageClass")
                    && self.move_all_to_active(|plugin| plugin == Plugin::VolumeBinding)
            }
            Object::Event(_) => false,
        }
    }

    /// Queues the Pods that one of these plugins has turned away; true if there are some.
    // Models MoveAllToActiveOrBackoffQueue (v1.36)
    fn move_all_to_active(&mut self, helped: impl Fn(Plugin) -> bool) -> bool {
        let mut any = false;
        for attempt in self.attempts.values_mut() {
            if attempt.rejected_by.is_empty() || attempt.rejected_by.iter().any(|plugin| helped(*plugin)) {
                attempt.queued = true;
                any = true;
            }
        }
        any
    }

    fn notice_node(&mut self, store: &Store, node: &Node, kind: WatchType) -> bool {
        let name: Rc<str> = node.metadata.name.as_str().into();
        if kind == WatchType::Deleted {
            self.nodes.remove(&name);
            return false;
        }
        let new = Node {
            metadata: ObjectMeta {
                name: node.metadata.name.clone(),
                labels: node.metadata.labels.clone(),
                ..ObjectMeta::default()
            },
            spec: NodeSpec {
                taints: node.spec.taints.clone(),
                unschedulable: node.spec.unschedulable,
                ..NodeSpec::default()
            },
            status: NodeStatus { allocatable: node.status.allocatable.clone(), ..NodeStatus::default() },
        };
        let old = self.nodes.get(&name).cloned();
        if old.as_deref() == Some(&new) {
            return false;
        }
        let more = old.as_ref().is_none_or(|old| old.status.allocatable != new.status.allocatable);
        let other_labels = old.as_ref().is_none_or(|old| old.metadata.labels != new.metadata.labels);
        let mut any = false;
        for (uid, attempt) in &mut self.attempts {
            let Some(pod) = store.pod_by_uid(uid) else { continue };
            let helped = |plugin: &Plugin| match plugin {
                Plugin::NodeResourcesFit => more && fits(&pod.spec, &new, &[]).is_ok(),
                Plugin::NodePorts => old.is_none(),
                Plugin::PodTopologySpread | Plugin::InterPodAffinity => other_labels,
                Plugin::VolumeBinding => false,
                _ => {
                    node_passes(*plugin, &pod.spec, &new)
                        && old.as_ref().is_none_or(|old| !node_passes(*plugin, &pod.spec, old))
                }
            };
            if attempt.rejected_by.is_empty() || attempt.rejected_by.iter().any(helped) {
                attempt.queued = true;
                any = true;
            }
        }
        self.nodes.insert(name, Rc::new(new));
        any
    }

    /// Tries every Pod that waits for a node and may fit now. Returns when to try again, if some still wait.
    pub(crate) fn run(&mut self, round: &mut Round<'_>) -> Option<SimTime> {
        let mut waiting: Vec<Pod> = round
            .store
            .pods()
            .filter(|pod| {
                pod.spec.node_name.is_empty()
                    && pod.metadata.deletion_timestamp.is_none()
                    && !pod.is_terminal()
                    && pod.spec.scheduler_name == "default-scheduler"
            })
            .cloned()
            .collect();
        // Models queuesort.PrioritySort (v1.36)
        let rank = |pod: &Pod| (-i64::from(pod.spec.priority.unwrap_or(0)), pod.metadata.resource_version);
        k8s_api::small::sort(&mut waiting, &|a, b| rank(a) < rank(b));
        self.binding.retain(|uid, _| waiting.iter().any(|pod| *pod.metadata.uid == **uid));
        self.attempts.retain(|uid, _| waiting.iter().any(|pod| *pod.metadata.uid == **uid));
        for pod in waiting {
            if !pod.spec.scheduling_gates.is_empty() {
                set_condition(
                    round,
                    &pod,
                    "SchedulingGated",
                    "Scheduling is blocked due to non-empty scheduling gates",
                    &pod.status.nominated_node_name,
                );
                continue;
            }
            let uid: Rc<str> = pod.metadata.uid.as_str().into();
            if self.waits_for_volumes(round, &pod, &uid) {
                continue;
            }
            if self.attempts.get(&uid).is_some_and(|attempt| !attempt.queued && round.now < attempt.flush_at)
            {
                continue;
            }
            match schedule_pod(round, &pod) {
                Ok((node, volumes)) => {
                    self.attempts.remove(&uid);
                    if volumes.is_empty() {
                        bind(round, &pod, &node);
                    } else {
                        volume_binding::pre_bind(round, &node, volumes);
                        let binding = volume_binding::Binding {
                            node: node.into(),
                            check_at: round.now.after_ms(volume_binding::POLL_MS),
                            deadline: round.now.after_ms(volume_binding::TIMEOUT_MS),
                        };
                        self.binding.insert(uid, binding);
                    }
                    self.move_all_to_active(|plugin| {
                        matches!(plugin, Plugin::PodTopologySpread | Plugin::InterPodAffinity)
                    });
                }
                Err(failure) => {
                    let attempt = Attempt {
                        rejected_by: failure.rejected_by.clone(),
                        generation: pod.metadata.generation,
                        queued: false,
                        flush_at: round.now.after_ms(UNSCHEDULABLE_FLUSH_MS),
                    };
                    self.attempts.insert(uid, attempt);
                    fail(round, &pod, failure);
                }
            }
        }
        let due = |attempt: &Attempt| {
            if attempt.queued { round.now.after_ms(SCHEDULE_MS) } else { attempt.flush_at }
        };
        let checks = self.binding.values().map(|binding| binding.check_at);
        self.attempts.values().map(due).chain(checks).min()
    }

    /// Binds a Pod whose volumes are bound now, or gives it up; true if it only waits.
    // Models VolumeBinding.PreBind and BindPodVolumes (v1.36)
    fn waits_for_volumes(&mut self, round: &mut Round<'_>, pod: &Pod, uid: &Rc<str>) -> bool {
        let Some(binding) = self.binding.get_mut(uid) else { return false };
        if round.now < binding.check_at {
            return true;
        }
        if volume_binding::all_bound(round.store, pod) {
            let node = binding.node.clone();
            self.binding.remove(uid);
            bind(round, pod, &node);
            return true;
        }
        if round.now < binding.deadline {
            binding.check_at = round.now.after_ms(volume_binding::POLL_MS);
            return true;
        }
        self.binding.remove(uid);
        let message = "running PreBind plugin \"VolumeBinding\": binding volumes: context deadline exceeded";
        let kind = EventType::Warning;
        let (now, epoch) = (round.now, round.epoch_seconds);
        let (reason, text) = ("FailedScheduling", message.to_string());
        record_scheduling(round.store, now, epoch, pod, kind, reason, "Scheduling", text);
        set_condition(round, pod, "SchedulerError", message, &pod.status.nominated_node_name);
        false
    }
}

/// The node with the best score among those that fit; chance decides between equals.
// Models schedulePod and schedulingCycle (v1.36)
fn schedule_pod(round: &Round<'_>, pod: &Pod) -> Result<(String, PodVolumes), Failure> {
    let snapshot = Snapshot::of(round.store);
    let count = snapshot.nodes.len();
    if count == 0 {
        return Err(Failure {
            message: "no nodes available to schedule pods".into(),
            rejected_by: Vec::new(),
            nominated: Some(String::new()),
            victims: Vec::new(),
        });
    }
    let claims = match volume_binding::pre_filter(round.store, pod) {
        Ok(claims) => claims,
        Err(why) => {
            // The claims of devices, which come after those of volumes, were never looked at: the search for room
            // that others could make ends with that, and the message with its words.
            return Err(Failure {
                message: format!("0/{count} nodes are available: {why}. not found"),
                rejected_by: vec![Plugin::VolumeBinding],
                nominated: None,
                victims: Vec::new(),
            });
        }
    };
    let volumes =
        |place: usize| volume_binding::find_pod_volumes(round.store, &claims, snapshot.nodes[place].node);
    let name_of = |place: usize| snapshot.nodes[place].node.metadata.name.as_str();
    let filter = |place: usize| {
        snapshot.filter(pod, place).err().or_else(|| {
            let why = volumes(place).err()?;
            let reasons = why.into_iter().map(str::to_string).collect();
            Some(Unfit { plugin: Plugin::VolumeBinding, reasons, preemption_might_help: false })
        })
    };
    let chosen = |place: usize| Ok((name_of(place).to_string(), volumes(place).unwrap_or_default()));
    // Models evaluateNominatedNode (v1.36)
    let nominated = (0..count).find(|place| name_of(*place) == pod.status.nominated_node_name);
    if let Some(place) = nominated.filter(|place| filter(*place).is_none()) {
        return chosen(place);
    }
    let failed: Vec<Option<Unfit>> = (0..count).map(filter).collect();
    let feasible: Vec<usize> = (0..count).filter(|place| failed[*place].is_none()).collect();
    let tie = |name: &str| round.rng.tie("schedule", &format!("{}/{name}", pod.metadata.uid), 0);
    let scores = prioritize_nodes(&snapshot, pod, &feasible);
    // Models selectHost (v1.36)
    let mut best: Option<(i64, u64, usize)> = None;
    for (place, score) in feasible.iter().zip(scores) {
        let this = (score, tie(name_of(*place)), *place);
        if best.is_none_or(|best| (this.0, this.1) > (best.0, best.1)) {
            best = Some(this);
        }
    }
    if let Some((_, _, place)) = best {
        return chosen(place);
    }
    let mut rejected_by: Vec<Plugin> = failed.iter().flatten().map(|unfit| unfit.plugin).collect();
    rejected_by.dedup();
    let reasons =
        fit_error(count, &mut failed.iter().flatten().flat_map(|unfit| &unfit.reasons).map(String::as_str));
    // Models RunPostFilterPlugins: DynamicResources, then DefaultPreemption (v1.36)
    let (message, nominated, victims) = match eligible_to_preempt_others(&snapshot, pod, &failed) {
        Ok(()) => match preempt(&snapshot, pod, &failed, &tie) {
            Ok(candidate) => {
                (reasons, Some(candidate.node), candidate.victims.into_iter().cloned().collect())
            }
            Err(why) => (no_preemption(&reasons, &why), Some(String::new()), Vec::new()),
        },
        Err(why) => (no_preemption(&reasons, why), None, Vec::new()),
    };
    Err(Failure { message, rejected_by, nominated, victims })
}

fn no_preemption(reasons: &str, why: &str) -> String {
    format!("{reasons} no new claims to deallocate, preemption: {why}")
}

/// `0/3 nodes are available: …`
// Models framework.FitError.Error (v1.36)
fn fit_error(nodes: usize, texts: &mut dyn Iterator<Item = &str>) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for text in texts {
        *counts.entry(text.to_string()).or_default() += 1;
    }
    let mut lines: Vec<String> = counts.into_iter().map(|(text, n)| format!("{n} {text}")).collect();
    // Sorted as texts, with the numbers in them.
    k8s_api::small::sort(&mut lines, &|a, b| a < b);
    format!("0/{nodes} nodes are available: {}.", lines.join(", "))
}

fn tell(round: &mut Round<'_>, pod: &Pod, kind: StoryKind) {
    round.story.push(Rc::new(StoryEntry {
        at: round.now,
        uid: pod.metadata.uid.as_str().into(),
        subject: format!("{}/{}", pod.metadata.namespace, pod.metadata.name).into(),
        container: "".into(),
        kind,
    }));
}

// Models bind and the pods/binding subresource (v1.36)
fn bind(round: &mut Round<'_>, pod: &Pod, node: &str) {
    let message = format!("Successfully assigned {}/{} to {node}", pod.metadata.namespace, pod.metadata.name);
    record_scheduling(
        round.store,
        round.now,
        round.epoch_seconds,
        pod,
        EventType::Normal,
        "Scheduled",
        "Binding",
        message,
    );
    let mut bound = pod.clone();
    bound.edit_spec(|spec| spec["nodeName"] = node.into());
    let now = Time(round.epoch_seconds + round.now.secs() as i64);
    bound.status_mut().nominated_node_name.clear();
    bound.set_condition(PodCondition {
        type_: "PodScheduled".into(),
        status: "True".into(),
        last_transition_time: Some(now),
        ..PodCondition::default()
    });
    round.store.put(round.now, Object::Pod(Rc::new(bound)));
    tell(round, pod, StoryKind::Scheduled { node: node.into() });
}

// Models handleSchedulingFailure (v1.36)
fn fail(round: &mut Round<'_>, pod: &Pod, failure: Failure) {
    record_scheduling(
        round.store,
        round.now,
        round.epoch_seconds,
        pod,
        EventType::Warning,
        "FailedScheduling",
        "Scheduling",
        failure.message.clone(),
    );
    let nominated = failure.nominated.unwrap_or_else(|| pod.status.nominated_node_name.clone());
    if set_condition(round, pod, "Unschedulable", &failure.message, &nominated) {
        tell(round, pod, StoryKind::Unschedulable { message: failure.message.into() });
    }
    for victim in failure.victims {
        preempt_pod(round, pod, &victim, &nominated);
    }
}

/// A Pod leaves for a more important one, with its grace period.
// Models Executor.PreemptPod (v1.36)
fn preempt_pod(round: &mut Round<'_>, preemptor: &Pod, victim: &Pod, node: &str) {
    if victim.metadata.deletion_timestamp.is_some() {
        return;
    }
    let mut marked = victim.clone();
    let message =
        format!("{}: preempting to accommodate a higher priority pod", preemptor.spec.scheduler_name);
    let now = Time(round.epoch_seconds + round.now.secs() as i64);
    marked.add_disruption_target("PreemptionByScheduler", &message, now);
    round.store.put(round.now, Object::Pod(Rc::new(marked)));
    let by = format!("{}/{}", preemptor.metadata.namespace, preemptor.metadata.name);
    tell(round, victim, StoryKind::Preempted { by: by.into() });
    let (namespace, name) = (&victim.metadata.namespace, &victim.metadata.name);
    let options = DeleteOptions::default();
    let _ =
        crate::apiserver::delete_pod(round.store, round.now, round.epoch_seconds, namespace, name, &options);
    let message = format!("Preempted by pod {} on node {node}", preemptor.metadata.uid);
    record_scheduling(
        round.store,
        round.now,
        round.epoch_seconds,
        victim,
        EventType::Normal,
        "Preempted",
        "Preempting",
        message,
    );
}

/// Says that the Pod waits, and which node it has been promised.
fn set_condition(round: &mut Round<'_>, pod: &Pod, reason: &str, message: &str, nominated: &str) -> bool {
    let old = pod.status.conditions.iter().find(|c| c.type_ == "PodScheduled");
    if old.is_some_and(|c| c.status == "False" && c.reason == reason && c.message == message)
        && pod.status.nominated_node_name == nominated
    {
        return false;
    }
    let now = Time(round.epoch_seconds + round.now.secs() as i64);
    let since = old.filter(|c| c.status == "False").and_then(|c| c.last_transition_time).unwrap_or(now);
    let mut changed = pod.clone();
    changed.status_mut().nominated_node_name = nominated.into();
    changed.set_condition(PodCondition {
        type_: "PodScheduled".into(),
        status: "False".into(),
        reason: reason.into(),
        message: message.into(),
        last_transition_time: Some(since),
        ..PodCondition::default()
    });
    round.store.put(round.now, Object::Pod(Rc::new(changed)));
    true
}
