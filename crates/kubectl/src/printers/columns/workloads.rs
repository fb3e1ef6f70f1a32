//! Deployments, jobs and their kind in a table.

use k8s_api::time::parse_rfc3339;
use serde_json::Value;

use super::{age, container_cells, name_cell, or_none, since};
use crate::duration::human_duration;
use crate::selector::{format_label_selector, format_labels};
use crate::tree::{at, has, int, list, plain, text};

pub(super) const DEPLOYMENT: &[&str] =
    &["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE", "CONTAINERS", "IMAGES", "SELECTOR"];
pub(super) const REPLICA_SET: &[&str] =
    &["NAME", "DESIRED", "CURRENT", "READY", "AGE", "CONTAINERS", "IMAGES", "SELECTOR"];
pub(super) const DAEMON_SET: &[&str] = &[
    "NAME",
    "DESIRED",
    "CURRENT",
    "READY",
    "UP-TO-DATE",
    "AVAILABLE",
    "NODE SELECTOR",
    "AGE",
    "CONTAINERS",
    "IMAGES",
    "SELECTOR",
];
pub(super) const JOB: &[&str] =
    &["NAME", "STATUS", "COMPLETIONS", "DURATION", "AGE", "CONTAINERS", "IMAGES", "SELECTOR"];
pub(super) const CRON_JOB: &[&str] = &[
    "NAME",
    "SCHEDULE",
    "TIMEZONE",
    "SUSPEND",
    "ACTIVE",
    "LAST SCHEDULE",
    "AGE",
    "CONTAINERS",
    "IMAGES",
    "SELECTOR",
];

/// The row, and after it the containers, their images and the selector, which `-o wide` shows.
fn with_template(mut row: Vec<Value>, object: &Value, containers: &str, selector: String) -> Vec<Value> {
    row.extend(container_cells(object, containers));
    row.push(selector.into());
    row
}

const CONTAINERS: &str = "spec.template.spec.containers";

/// Models printers.go printDeployment (v1.36)
pub(super) fn deployment(object: &Value, now: i64) -> Vec<Value> {
    let ready = format!("{}/{}", int(object, "status.readyReplicas"), int(object, "spec.replicas"));
    let row = vec![
        name_cell(object),
        ready.into(),
        int(object, "status.updatedReplicas").into(),
        int(object, "status.availableReplicas").into(),
        age(object, now),
    ];
    let selector = format_label_selector(at(object, "spec.selector"));
    // An empty selector prints as nothing here, unlike in the other kinds.
    let selector = if selector == "<none>" { String::new() } else { selector };
    with_template(row, object, CONTAINERS, selector)
}

fn replicas(object: &Value, now: i64) -> Vec<Value> {
    vec![
        name_cell(object),
        int(object, "spec.replicas").into(),
        int(object, "status.replicas").into(),
        int(object, "status.readyReplicas").into(),
        age(object, now),
    ]
}

/// Models printers.go printReplicaSet (v1.36)
pub(super) fn replica_set(object: &Value, now: i64) -> Vec<Value> {
    let selector = format_label_selector(at(object, "spec.selector"));
    with_template(replicas(object, now), object, CONTAINERS, selector)
}

/// Models printers.go printReplicationController (v1.36)
pub(super) fn replication_controller(object: &Value, now: i64) -> Vec<Value> {
    let selector = format_labels(at(object, "spec.selector"));
    with_template(replicas(object, now), object, CONTAINERS, selector)
}

/// Models printers.go printStatefulSet (v1.36)
pub(super) fn stateful_set(object: &Value, now: i64) -> Vec<Value> {
    let ready = format!("{}/{}", int(object, "status.readyReplicas"), int(object, "spec.replicas"));
    let mut row = vec![name_cell(object), ready.into(), age(object, now)];
    row.extend(container_cells(object, CONTAINERS));
    row
}

/// Models printers.go printDaemonSet (v1.36)
pub(super) fn daemon_set(object: &Value, now: i64) -> Vec<Value> {
    let row = vec![
        name_cell(object),
        int(object, "status.desiredNumberScheduled").into(),
        int(object, "status.currentNumberScheduled").into(),
        int(object, "status.numberReady").into(),
        int(object, "status.updatedNumberScheduled").into(),
        int(object, "status.numberAvailable").into(),
        format_labels(at(object, "spec.template.spec.nodeSelector")).into(),
        age(object, now),
    ];
    with_template(row, object, CONTAINERS, format_label_selector(at(object, "spec.selector")))
}

fn job_status(job: &Value) -> &'static str {
    let holds = |type_: &str| {
        list(job, "status.conditions")
            .iter()
            .any(|condition| text(condition, "type") == type_ && text(condition, "status") == "True")
    };
    if holds("Complete") {
        "Complete"
    } else if holds("Failed") {
        "Failed"
    } else if has(job, "metadata.deletionTimestamp") {
        "Terminating"
    } else if holds("Suspended") {
        "Suspended"
    } else if holds("FailureTarget") {
        "FailureTarget"
    } else if holds("SuccessCriteriaMet") {
        "SuccessCriteriaMet"
    } else {
        "Running"
    }
}

/// Models printers.go printJob (v1.36)
pub(super) fn job(object: &Value, now: i64) -> Vec<Value> {
    let succeeded = int(object, "status.succeeded");
    let parallelism = int(object, "spec.parallelism");
    let completions = if has(object, "spec.completions") {
        format!("{succeeded}/{}", int(object, "spec.completions"))
    } else if parallelism > 1 {
        format!("{succeeded}/1 of {parallelism}")
    } else {
        format!("{succeeded}/1")
    };
    let moment = |path: &str| parse_rfc3339(text(object, path));
    let duration = moment("status.startTime")
        .map(|start| human_duration(moment("status.completionTime").unwrap_or(now) - start))
        .unwrap_or_default();
    let row = vec![
        name_cell(object),
        job_status(object).into(),
        completions.into(),
        duration.into(),
        age(object, now),
    ];
    with_template(row, object, CONTAINERS, format_label_selector(at(object, "spec.selector")))
}

/// Models printers.go printCronJob (v1.36)
pub(super) fn cron_job(object: &Value, now: i64) -> Vec<Value> {
    let suspend = match at(object, "spec.suspend") {
        Value::Bool(true) => "True",
        Value::Bool(false) => "False",
        _ => "<unset>",
    };
    let last = match text(object, "status.lastScheduleTime") {
        "" => "<none>".to_string(),
        timestamp => since(timestamp, now),
    };
    let row = vec![
        name_cell(object),
        text(object, "spec.schedule").into(),
        or_none(text(object, "spec.timeZone")),
        suspend.into(),
        list(object, "status.active").len().into(),
        last.into(),
        age(object, now),
    ];
    let selector = format_label_selector(at(object, "spec.jobTemplate.spec.selector"));
    with_template(row, object, "spec.jobTemplate.spec.template.spec.containers", selector)
}

/// Models printers.go printControllerRevision (v1.36)
pub(super) fn revision(object: &Value, now: i64) -> Vec<Value> {
    let owner =
        list(object, "metadata.ownerReferences").iter().find(|owner| crate::tree::truth(owner, "controller"));
    let controller = owner.map_or("<none>".to_string(), |owner| {
        let kind = text(owner, "kind").to_lowercase();
        match text(owner, "apiVersion").split_once('/') {
            Some((group, _)) => format!("{kind}.{group}/{}", text(owner, "name")),
            None => format!("{kind}/{}", text(owner, "name")),
        }
    });
    vec![name_cell(object), controller.into(), int(object, "revision").into(), age(object, now)]
}

/// Models printers.go printPodTemplate (v1.36)
pub(super) fn pod_template(object: &Value, _now: i64) -> Vec<Value> {
    let mut row = vec![name_cell(object)];
    row.extend(container_cells(object, "template.spec.containers"));
    row.push(format_labels(at(object, "template.metadata.labels")).into());
    row
}

/// Models printers.go formatHPAMetrics (v1.36); resource metrics only, the others have no source here.
fn metrics(object: &Value) -> String {
    const MAX: usize = 2;
    let specs = list(object, "spec.metrics");
    if specs.is_empty() {
        return "<none>".to_string();
    }
    let mut shown: Vec<String> = specs
        .iter()
        .enumerate()
        .map(|(index, spec)| {
            let current = list(object, "status.currentMetrics").get(index).unwrap_or(&crate::tree::NULL);
            let resource = at(spec, "resource");
            let (target, now) = if has(resource, "target.averageValue") {
                let now = text(current, "resource.current.averageValue").to_string();
                (text(resource, "target.averageValue").to_string(), now)
            } else {
                let percent = |value: &Value, path: &str| {
                    if has(value, path) { format!("{}%", int(value, path)) } else { String::new() }
                };
                let target = percent(resource, "target.averageUtilization");
                let target = if target.is_empty() { "<auto>".to_string() } else { target };
                (target, percent(current, "resource.current.averageUtilization"))
            };
            let now = if now.is_empty() { "<unknown>" } else { &now };
            format!("{}: {now}/{target}", text(resource, "name"))
        })
        .collect();
    let count = shown.len();
    shown.truncate(MAX);
    let joined = shown.join(", ");
    if count > MAX { format!("{joined} + {} more...", count - MAX) } else { joined }
}

/// Models printers.go printHorizontalPodAutoscaler (v1.36)
pub(super) fn autoscaler(object: &Value, now: i64) -> Vec<Value> {
    let target = at(object, "spec.scaleTargetRef");
    let least = at(object, "spec.minReplicas");
    vec![
        name_cell(object),
        format!("{}/{}", text(target, "kind"), text(target, "name")).into(),
        metrics(object).into(),
        if least.is_null() { "<unset>".into() } else { plain(least).into() },
        int(object, "spec.maxReplicas").into(),
        int(object, "status.currentReplicas").into(),
        age(object, now),
    ]
}

/// Models printers.go printPodDisruptionBudget (v1.36)
pub(super) fn disruption_budget(object: &Value, now: i64) -> Vec<Value> {
    let bound = |path: &str| match at(object, path) {
        Value::Null => "N/A".to_string(),
        bound => plain(bound),
    };
    vec![
        name_cell(object),
        bound("spec.minAvailable").into(),
        bound("spec.maxUnavailable").into(),
        int(object, "status.disruptionsAllowed").into(),
        age(object, now),
    ]
}
