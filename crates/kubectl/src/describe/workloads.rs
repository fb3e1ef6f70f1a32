//! Workloads and their Pod templates. Models describe.go describeDeployment and its neighbours (v1.36)

use k8s_api::kind::by_kind;
use k8s_api::time::parse_rfc3339;
use serde_json::Value;

use super::containers::one;
use super::volumes::volumes;
use super::{Page, controller, moment, or_none};
use crate::Api;
use crate::duration::human_duration;
use crate::selector::{Labels, format_label_selector};
use crate::tree::{at, has, int, list, name, namespace, plain, text};

/// Models describe.go DescribePodTemplate
pub(super) fn template(page: &mut Page, template: &Value) {
    page.line(0, "Pod Template:");
    let labels: Vec<String> = at(template, "metadata.labels")
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", plain(value)))
        .collect();
    let mut title = "  Labels:";
    for label in if labels.is_empty() { vec!["<none>".to_string()] } else { labels } {
        page.line(0, format!("{title}\t{label}"));
        title = "  ";
    }
    if !text(template, "spec.serviceAccountName").is_empty() {
        page.line(0, format!("  Service Account:\t{}", text(template, "spec.serviceAccountName")));
    }
    for (title, path) in [("Init Containers", "spec.initContainers"), ("Containers", "spec.containers")] {
        let containers = list(template, path);
        if containers.is_empty() {
            continue;
        }
        page.line(0, format!("  {title}:"));
        for container in containers {
            // One space more than two levels in, as the real one has it.
            let mut inner = Page::default();
            one(&mut inner, template, container, None, 1);
            for (index, line) in inner.text.lines().enumerate() {
                page.line(0, if index == 0 { format!(" {line}") } else { line.to_string() });
            }
        }
    }
    volumes(page, list(template, "spec.volumes"), "  ");
    page.line(0, format!("  Node-Selectors:\t{}", super::labels_line(at(template, "spec.nodeSelector"))));
    page.multiline("  Tolerations", super::pod::tolerations(list(template, "spec.tolerations")));
}

fn conditions(page: &mut Page, object: &Value) {
    let conditions = list(object, "status.conditions");
    if conditions.is_empty() {
        return;
    }
    page.line(0, "Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------");
    for condition in conditions {
        let (type_, status, reason) =
            (text(condition, "type"), text(condition, "status"), text(condition, "reason"));
        page.line(1, format!("{type_} \t{status}\t{reason}"));
    }
}

fn head(page: &mut Page, object: &Value) {
    page.head(object);
    page.field(0, "CreationTimestamp", moment(text(object, "metadata.creationTimestamp")));
    page.labels("Labels", at(object, "metadata.labels"));
    page.annotations(object);
}

pub(super) fn deployment(page: &mut Page, object: &Value, api: &mut dyn Api) {
    head(page, object);
    page.field(0, "Selector", format_label_selector(at(object, "spec.selector")));
    page.field(
        0,
        "Replicas",
        format!(
            "{} desired | {} updated | {} total | {} available | {} unavailable",
            int(object, "spec.replicas"),
            int(object, "status.updatedReplicas"),
            int(object, "status.replicas"),
            int(object, "status.availableReplicas"),
            int(object, "status.unavailableReplicas")
        ),
    );
    page.field(0, "StrategyType", text(object, "spec.strategy.type"));
    page.field(0, "MinReadySeconds", int(object, "spec.minReadySeconds").to_string());
    if has(object, "spec.strategy.rollingUpdate") {
        let bound = |field: &str| plain(at(object, &format!("spec.strategy.rollingUpdate.{field}")));
        let (unavailable, surge) = (bound("maxUnavailable"), bound("maxSurge"));
        page.field(0, "RollingUpdateStrategy", format!("{unavailable} max unavailable, {surge} max surge"));
    }
    template(page, at(object, "spec.template"));
    conditions(page, object);
    let (old, new) = replica_sets(object, api);
    page.field(0, "OldReplicaSets", or_none(old));
    page.field(0, "NewReplicaSet", or_none(new));
}

/// The Deployment's ReplicaSets: those of earlier revisions, and the present one.
fn replica_sets(deployment: &Value, api: &mut dyn Api) -> (String, String) {
    let Some(kind) = by_kind("ReplicaSet") else { return Default::default() };
    let sets = api.list(kind, Some(namespace(deployment))).unwrap_or_default();
    let uid = text(deployment, "metadata.uid");
    let revision = |object: &Value| crate::verbs::revision(object);
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for set in &sets {
        if list(set, "metadata.ownerReferences").iter().all(|owner| text(owner, "uid") != uid) {
            continue;
        }
        let (made, wanted) = (int(set, "status.replicas"), int(set, "spec.replicas"));
        let shown = format!("{} ({made}/{wanted} replicas created)", name(set));
        if revision(set) == revision(deployment) { new.push(shown) } else { old.push(shown) }
    }
    (old.join(", "), new.join(", "))
}

/// ReplicaSets, StatefulSets and DaemonSets.
pub(super) fn set(page: &mut Page, object: &Value, api: &mut dyn Api) {
    let daemon = text(object, "kind") == "DaemonSet";
    page.head(object);
    if !daemon && text(object, "kind") == "StatefulSet" {
        page.field(0, "CreationTimestamp", moment(text(object, "metadata.creationTimestamp")));
    }
    page.field(0, "Selector", format_label_selector(at(object, "spec.selector")));
    if daemon {
        page.field(0, "Node-Selector", super::labels_line(at(object, "spec.template.spec.nodeSelector")));
    }
    page.labels("Labels", at(object, "metadata.labels"));
    page.annotations(object);
    if let Some(controller) = controller(object) {
        page.field(0, "Controlled By", controller);
    }
    if daemon {
        for (title, field) in [
            ("Desired Number of Nodes Scheduled", "desiredNumberScheduled"),
            ("Current Number of Nodes Scheduled", "currentNumberScheduled"),
            ("Number of Nodes Scheduled with Up-to-date Pods", "updatedNumberScheduled"),
            ("Number of Nodes Scheduled with Available Pods", "numberAvailable"),
            ("Number of Nodes Misscheduled", "numberMisscheduled"),
        ] {
            page.line(0, format!("{title}: {}", int(object, &format!("status.{field}"))));
        }
    } else {
        let (now, wanted) = (int(object, "status.replicas"), int(object, "spec.replicas"));
        if text(object, "kind") == "StatefulSet" {
            page.field(0, "Replicas", format!("{wanted} desired | {now} total"));
            page.field(0, "Update Strategy", text(object, "spec.updateStrategy.type"));
            for (title, field) in [("Partition", "partition"), ("MaxUnavailable", "maxUnavailable")] {
                let value = at(object, "spec.updateStrategy.rollingUpdate").get(field);
                if let Some(value) = value.filter(|value| !value.is_null()) {
                    page.field(1, title, plain(value));
                }
            }
        } else {
            page.field(0, "Replicas", format!("{now} current / {wanted} desired"));
        }
    }
    let counts = pods_statuses(object, api);
    page.field(0, "Pods Status", counts);
    template(page, at(object, "spec.template"));
    if text(object, "kind") == "StatefulSet" {
        claims(page, list(object, "spec.volumeClaimTemplates"));
    } else {
        conditions(page, object);
    }
}

/// Models describeVolumeClaimTemplates
fn claims(page: &mut Page, templates: &[Value]) {
    if templates.is_empty() {
        page.field(0, "Volume Claims", "<none>");
        return;
    }
    page.line(0, "Volume Claims:");
    for claim in templates {
        page.field(1, "Name", name(claim));
        page.field(1, "StorageClass", text(claim, "spec.storageClassName"));
        for (title, path) in [("Labels", "metadata.labels"), ("Annotations", "metadata.annotations")] {
            let pairs = at(claim, path).as_object().into_iter().flatten();
            let mut lines: Vec<String> =
                pairs.map(|(key, value)| format!("{key}={}", plain(value))).collect();
            if lines.is_empty() {
                lines.push("<none>".to_string());
            }
            let mut title = format!("{title}:");
            for line in lines {
                page.line(1, format!("{}\t{line}", std::mem::take(&mut title)));
            }
        }
        let capacity = at(claim, "spec.resources.requests.storage");
        page.field(1, "Capacity", if capacity.is_null() { "<default>".into() } else { plain(capacity) });
        let modes: Vec<String> = list(claim, "spec.accessModes").iter().map(plain).collect();
        page.field(1, "Access Modes", format!("[{}]", modes.join(" ")));
    }
}

/// `2 Running / 0 Waiting / 0 Succeeded / 0 Failed`
fn pods_statuses(object: &Value, api: &mut dyn Api) -> String {
    let Some(kind) = by_kind("Pod") else { return String::new() };
    let selector = format_label_selector(at(object, "spec.selector"));
    let labels = Labels::parse(&selector).unwrap_or_default();
    let pods = api.list(kind, Some(namespace(object))).unwrap_or_default();
    let count = |phase: &str| {
        pods.iter().filter(|pod| labels.matches(pod) && text(pod, "status.phase") == phase).count()
    };
    let [running, waiting, succeeded, failed] = ["Running", "Pending", "Succeeded", "Failed"].map(count);
    format!("{running} Running / {waiting} Waiting / {succeeded} Succeeded / {failed} Failed")
}

pub(super) fn job(page: &mut Page, object: &Value) {
    page.head(object);
    page.field(0, "Selector", format_label_selector(at(object, "spec.selector")));
    page.labels("Labels", at(object, "metadata.labels"));
    page.annotations(object);
    if let Some(controller) = controller(object) {
        page.field(0, "Controlled By", controller);
    }
    let number = |path: &str| match at(object, path) {
        Value::Null => "<unset>".to_string(),
        value => plain(value),
    };
    page.field(0, "Parallelism", number("spec.parallelism"));
    page.field(0, "Completions", number("spec.completions"));
    page.field(0, "Completion Mode", text(object, "spec.completionMode"));
    page.field(0, "Suspend", number("spec.suspend"));
    page.field(0, "Backoff Limit", number("spec.backoffLimit"));
    if has(object, "spec.ttlSecondsAfterFinished") {
        page.field(0, "TTL Seconds After Finished", number("spec.ttlSecondsAfterFinished"));
    }
    let (start, end) = (text(object, "status.startTime"), text(object, "status.completionTime"));
    if !start.is_empty() {
        page.field(0, "Start Time", moment(start));
    }
    if !end.is_empty() {
        page.field(0, "Completed At", moment(end));
        if let (Some(start), Some(end)) = (parse_rfc3339(start), parse_rfc3339(end)) {
            page.field(0, "Duration", human_duration(end - start));
        }
    }
    if has(object, "spec.activeDeadlineSeconds") {
        page.field(0, "Active Deadline Seconds", format!("{}s", int(object, "spec.activeDeadlineSeconds")));
    }
    let (active, succeeded, failed) =
        (int(object, "status.active"), int(object, "status.succeeded"), int(object, "status.failed"));
    let ready = match at(object, "status.ready") {
        Value::Null => String::new(),
        ready => format!(" ({} Ready)", plain(ready)),
    };
    let counts = format!("{active} Active{ready} / {succeeded} Succeeded / {failed} Failed");
    page.field(0, "Pods Statuses", counts);
    if text(object, "spec.completionMode") == "Indexed" {
        page.field(0, "Completed Indexes", capped_indexes(text(object, "status.completedIndexes")));
    }
    template(page, at(object, "spec.template"));
}

/// A list of indexes, cut off at the first comma that comes after 50 characters.
/// Models describe.go capIndexesListOrNone (v1.36)
fn capped_indexes(indexes: &str) -> String {
    const SOFT_LIMIT: usize = 50;
    if indexes.is_empty() {
        return "<none>".into();
    }
    match indexes.bytes().skip(SOFT_LIMIT).position(|byte| byte == b',') {
        Some(at) => format!("{}...", &indexes[..=SOFT_LIMIT + at]),
        None => indexes.into(),
    }
}
