//! The scheduler: finds a node for each Pod that has none.
// Models pkg/scheduler/schedule_one.go and its queue (v1.36)

pub mod filter;

use std::collections::BTreeMap;
use std::rc::Rc;

use k8s_api::core::{PodCondition, PodSpec};
use k8s_api::meta::Time;

use crate::apiserver::events::{EventType, record_scheduling};
use crate::apiserver::{Object, Pod, Store};
use crate::log::Log;
use crate::rng::Rng;
use crate::story::{StoryEntry, StoryKind};
use crate::time::SimTime;
use filter::{Unfit, filter, least_allocated_score};

/// From a Pod's creation to its binding.
pub const SCHEDULE_MS: u64 = 25;
/// The first pause before a Pod that did not fit is tried again; it doubles.
const POD_INITIAL_BACK_OFF_MS: u64 = 1_000;
/// The longest.
const POD_MAX_BACK_OFF_MS: u64 = 10_000;
/// Without any event a Pod that did not fit is tried again after five minutes.
pub const UNSCHEDULABLE_FLUSH_MS: u64 = 300_000;

#[derive(Clone, Debug)]
struct Attempt {
    count: u32,
    /// Not tried again before then.
    back_off_until: SimTime,
    /// When it failed last.
    failed_at: SimTime,
    /// Which specification did not fit.
    generation: i64,
    /// A Pod that leaves could make room for it.
    needs_room: bool,
    /// One has left since.
    moved: bool,
    /// What was said of it.
    message: Rc<str>,
}

/// What the scheduler remembers.
#[derive(Clone, Debug, Default)]
pub struct Scheduler {
    attempts: BTreeMap<Rc<str>, Attempt>,
}

/// What one round of the scheduler may touch.
pub(crate) struct Round<'a> {
    pub(crate) now: SimTime,
    pub(crate) epoch_seconds: i64,
    pub(crate) rng: Rng,
    pub(crate) store: &'a mut Store,
    pub(crate) story: &'a mut Log<Rc<StoryEntry>>,
}

impl Scheduler {
    /// Tries every Pod that waits for a node. Returns when to try again, if some still wait.
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
        waiting
            .sort_by_key(|pod| (-i64::from(pod.spec.priority.unwrap_or(0)), pod.metadata.resource_version));
        self.attempts.retain(|uid, _| waiting.iter().any(|pod| *pod.metadata.uid == **uid));
        let mut again: Option<SimTime> = None;
        for pod in waiting {
            if !pod.spec.scheduling_gates.is_empty() {
                set_condition(
                    round,
                    &pod,
                    "SchedulingGated",
                    "Scheduling is blocked due to non-empty scheduling gates",
                );
                continue;
            }
            let uid: Rc<str> = pod.metadata.uid.as_str().into();
            if let Some(attempt) = self.attempts.get(&uid)
                && round.now < attempt.back_off_until
            {
                again = Some(again.map_or(attempt.back_off_until, |at| at.min(attempt.back_off_until)));
                continue;
            }
            match choose(round, &pod) {
                Ok(node) => {
                    self.attempts.remove(&uid);
                    bind(round, &pod, &node);
                }
                Err((message, needs_room)) => {
                    let before = self.attempts.get(&uid);
                    let generation = pod.metadata.generation;
                    // Models the plugins' queueing hints (v1.36): what happened did not help, so it was not tried.
                    if before.is_some_and(|attempt| {
                        !attempt.moved
                            && attempt.generation == generation
                            && *attempt.message == *message
                            && round.now < attempt.failed_at.after_ms(UNSCHEDULABLE_FLUSH_MS)
                    }) {
                        continue;
                    }
                    let count = before.map_or(0, |attempt| attempt.count);
                    let pause = (POD_INITIAL_BACK_OFF_MS << count.min(4)).min(POD_MAX_BACK_OFF_MS);
                    let back_off_until = round.now.after_ms(pause);
                    let attempt = Attempt {
                        count: count + 1,
                        back_off_until,
                        failed_at: round.now,
                        generation,
                        needs_room,
                        moved: false,
                        message: message.as_str().into(),
                    };
                    self.attempts.insert(uid, attempt);
                    fail(round, &pod, message);
                }
            }
        }
        again
    }

    /// A Pod has left its node: those that need room are tried again.
    // Models isSchedulableAfterPodEvent of the plugins noderesources and nodeports (v1.36)
    pub(crate) fn pod_left(&mut self) {
        for attempt in self.attempts.values_mut() {
            attempt.moved |= attempt.needs_room;
        }
    }

    /// Whether a Pod is waiting that did not fit.
    #[must_use]
    pub fn has_unschedulable(&self) -> bool {
        !self.attempts.is_empty()
    }
}

/// The node with the best score among those that fit; chance decides between equals. Else why none fits, and whether
/// a Pod that leaves could change it.
// Models schedulePod (v1.36)
fn choose(round: &Round<'_>, pod: &Pod) -> Result<String, (String, bool)> {
    let mut by_node: BTreeMap<&str, Vec<&PodSpec>> = BTreeMap::new();
    for other in round.store.pods() {
        if !other.spec.node_name.is_empty() && !other.is_terminal() {
            by_node.entry(&other.spec.node_name).or_default().push(&other.spec);
        }
    }
    let nodes: Vec<_> = round.store.list("Node", None).filter_map(|object| object.as_node()).collect();
    if nodes.is_empty() {
        return Err(("no nodes available to schedule pods".into(), false));
    }
    let mut best: Option<(i64, u64, &str)> = None;
    let mut unfit: Vec<Unfit> = Vec::new();
    for node in &nodes {
        let name = node.metadata.name.as_str();
        let there = by_node.get(name).map_or(&[][..], |specs| specs);
        match filter(&pod.spec, node, there) {
            Err(reason) => unfit.push(reason),
            Ok(()) => {
                let score = least_allocated_score(&pod.spec, node, there);
                let tie = round.rng.draw("schedule", &format!("{}/{name}", pod.metadata.uid), 0);
                if best.is_none_or(|(other, other_tie, _)| (score, tie) > (other, other_tie)) {
                    best = Some((score, tie, name));
                }
            }
        }
    }
    best.map(|(_, _, name)| name.to_string())
        .ok_or_else(|| (fit_error(nodes.len(), &unfit), unfit.iter().any(|unfit| unfit.needs_room)))
}

/// `0/3 nodes are available: …`
// Models framework.FitError.Error and RunPostFilterPlugins (v1.36)
fn fit_error(nodes: usize, unfit: &[Unfit]) -> String {
    let count = |texts: &mut dyn Iterator<Item = &str>| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for text in texts {
            *counts.entry(text.to_string()).or_default() += 1;
        }
        let mut lines: Vec<String> = counts.into_iter().map(|(text, n)| format!("{n} {text}")).collect();
        // Sorted as texts, with the numbers in them.
        lines.sort();
        lines.join(", ")
    };
    let reasons = count(&mut unfit.iter().flat_map(|unfit| unfit.reasons.iter().map(String::as_str)));
    let preemption = count(&mut unfit.iter().map(|unfit| {
        if unfit.preemption_might_help {
            "No preemption victims found for incoming pod"
        } else {
            "Preemption is not helpful for scheduling"
        }
    }));
    format!(
        "0/{nodes} nodes are available: {reasons}. no new claims to deallocate, preemption: 0/{nodes} nodes are \
         available: {preemption}."
    )
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
    bound.status_mut().conditions.retain(|c| c.type_ != "PodScheduled");
    let observed_generation = bound.metadata.generation;
    bound.status_mut().conditions.push(PodCondition {
        type_: "PodScheduled".into(),
        status: "True".into(),
        last_transition_time: Some(now),
        observed_generation,
        ..PodCondition::default()
    });
    round.store.put(round.now, Object::Pod(Rc::new(bound)));
    tell(round, pod, StoryKind::Scheduled { node: node.into() });
}

// Models handleSchedulingFailure (v1.36)
fn fail(round: &mut Round<'_>, pod: &Pod, message: String) {
    record_scheduling(
        round.store,
        round.now,
        round.epoch_seconds,
        pod,
        EventType::Warning,
        "FailedScheduling",
        "Scheduling",
        message.clone(),
    );
    if set_condition(round, pod, "Unschedulable", &message) {
        tell(round, pod, StoryKind::Unschedulable { message: message.into() });
    }
}

fn set_condition(round: &mut Round<'_>, pod: &Pod, reason: &str, message: &str) -> bool {
    let old = pod.status.conditions.iter().find(|c| c.type_ == "PodScheduled");
    if old.is_some_and(|c| c.status == "False" && c.reason == reason && c.message == message) {
        return false;
    }
    let now = Time(round.epoch_seconds + round.now.secs() as i64);
    let since = old.filter(|c| c.status == "False").and_then(|c| c.last_transition_time).unwrap_or(now);
    let mut changed = pod.clone();
    changed.status_mut().conditions.retain(|c| c.type_ != "PodScheduled");
    changed.status_mut().conditions.push(PodCondition {
        type_: "PodScheduled".into(),
        status: "False".into(),
        reason: reason.into(),
        message: message.into(),
        last_transition_time: Some(since),
        observed_generation: pod.metadata.generation,
        ..PodCondition::default()
    });
    round.store.put(round.now, Object::Pod(Rc::new(changed)));
    true
}
