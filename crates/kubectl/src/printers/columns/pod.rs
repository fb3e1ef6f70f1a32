//! Pods in a table: where STATUS, READY and RESTARTS come from.

use k8s_api::time::parse_rfc3339;
use serde_json::Value;

use super::{age, name_cell, or_none};
use crate::duration::human_duration;
use crate::tree::{at, has, int, list, text, truth};

pub(super) const TITLES: &[&str] =
    &["NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE", "NOMINATED NODE", "READINESS GATES"];

/// How a terminated container is called when it gives no reason.
fn ended(terminated: &Value) -> String {
    let reason = text(terminated, "reason");
    if !reason.is_empty() {
        reason.to_string()
    } else if int(terminated, "signal") != 0 {
        format!("Signal:{}", int(terminated, "signal"))
    } else {
        format!("ExitCode:{}", int(terminated, "exitCode"))
    }
}

fn has_condition(pod: &Value, type_: &str) -> bool {
    list(pod, "status.conditions")
        .iter()
        .find(|condition| text(condition, "type") == type_)
        .is_some_and(|condition| text(condition, "status") == "True")
}

/// Restarts so far, and when the last container run before the present one ended (microseconds).
#[derive(Clone, Copy, Default)]
struct Restarts {
    count: i64,
    last: Option<i64>,
}

impl Restarts {
    fn add(&mut self, status: &Value) {
        self.count += int(status, "restartCount");
        self.last = self.last.max(parse_rfc3339(text(status, "lastState.terminated.finishedAt")));
    }
}

/// What READY, STATUS and RESTARTS say about a Pod.
pub(crate) struct Summary {
    ready: i64,
    total: usize,
    pub(crate) reason: String,
    restarts: Restarts,
}

/// Models pkg/printers/internalversion/printers.go printPod (v1.36)
pub(crate) fn summary(pod: &Value) -> Summary {
    let phase = text(pod, "status.phase");
    let mut reason = match text(pod, "status.reason") {
        "" => phase.to_string(),
        reason => reason.to_string(),
    };
    for condition in list(pod, "status.conditions") {
        if text(condition, "type") == "PodScheduled" && text(condition, "reason") == "SchedulingGated" {
            reason = "SchedulingGated".to_string();
        }
    }
    let init_containers = list(pod, "spec.initContainers");
    let is_sidecar = |name: &str| {
        // Of two containers with one name the later counts, as in a map.
        let container = init_containers.iter().rev().find(|container| text(container, "name") == name);
        container.is_some_and(|container| text(container, "restartPolicy") == "Always")
    };
    let sidecars = init_containers.iter().filter(|c| text(c, "restartPolicy") == "Always").count();
    let total = list(pod, "spec.containers").len() + sidecars;
    let mut ready = 0;
    let mut restarts = Restarts::default();
    let mut sidecar_restarts = Restarts::default();
    let mut initializing = false;
    for (index, status) in list(pod, "status.initContainerStatuses").iter().enumerate() {
        let sidecar = is_sidecar(text(status, "name"));
        restarts.add(status);
        if sidecar {
            sidecar_restarts.add(status);
        }
        let terminated = at(status, "state.terminated");
        if !terminated.is_null() && int(terminated, "exitCode") == 0 {
            continue;
        }
        if sidecar && truth(status, "started") {
            ready += i64::from(truth(status, "ready"));
            continue;
        }
        let waiting = text(status, "state.waiting.reason");
        reason = if !terminated.is_null() {
            format!("Init:{}", ended(terminated))
        } else if !waiting.is_empty() && waiting != "PodInitializing" {
            format!("Init:{waiting}")
        } else {
            format!("Init:{index}/{}", init_containers.len())
        };
        initializing = true;
        break;
    }
    if !initializing || has_condition(pod, "Initialized") {
        restarts = sidecar_restarts;
        let mut has_running = false;
        let mut error = String::new();
        for status in list(pod, "status.containerStatuses").iter().rev() {
            restarts.add(status);
            let waiting = text(status, "state.waiting.reason");
            let terminated = at(status, "state.terminated");
            if !waiting.is_empty() {
                reason = waiting.to_string();
            } else if !terminated.is_null() {
                reason = ended(terminated);
                if int(terminated, "exitCode") != 0 {
                    error.clone_from(&reason);
                }
            } else if truth(status, "ready") && has(status, "state.running") {
                has_running = true;
                ready += 1;
            }
        }
        if reason == "Completed" {
            if has_running && any_condition_true(pod, "Ready") {
                reason = "Running".to_string();
            } else if !error.is_empty() {
                reason = error;
            } else if has_running {
                reason = "NotReady".to_string();
            }
        }
    }
    if has(pod, "metadata.deletionTimestamp") {
        if text(pod, "status.reason") == "NodeLost" {
            reason = "Unknown".to_string();
        } else if !matches!(phase, "Succeeded" | "Failed") {
            reason = "Terminating".to_string();
        }
    }
    Summary { ready, total, reason, restarts }
}

fn any_condition_true(pod: &Value, type_: &str) -> bool {
    list(pod, "status.conditions")
        .iter()
        .any(|condition| text(condition, "type") == type_ && text(condition, "status") == "True")
}

/// `1/2`: how many of the readiness gates are open.
fn gates(pod: &Value) -> Value {
    let gates = list(pod, "spec.readinessGates");
    if gates.is_empty() {
        return "<none>".into();
    }
    let open = gates.iter().filter(|gate| has_condition(pod, text(gate, "conditionType"))).count();
    format!("{open}/{}", gates.len()).into()
}

pub(super) fn cells(pod: &Value, now: i64) -> Vec<Value> {
    let summary = summary(pod);
    let restarts = match summary.restarts {
        Restarts { count, last: Some(last) } if count != 0 => {
            format!("{count} ({} ago)", human_duration(now - last))
        }
        Restarts { count, .. } => count.to_string(),
    };
    vec![
        name_cell(pod),
        format!("{}/{}", summary.ready, summary.total).into(),
        summary.reason.into(),
        restarts.into(),
        age(pod, now),
        or_none(list(pod, "status.podIPs").first().map_or("", |ip| text(ip, "ip"))),
        or_none(text(pod, "spec.nodeName")),
        or_none(text(pod, "status.nominatedNodeName")),
        gates(pod),
    ]
}
