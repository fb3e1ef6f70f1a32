//! A Pod. Models describe.go describePod (v1.36)

use serde_json::Value;

use super::containers::containers;
use super::volumes::volumes;
use super::{Page, controller, moment, since};
use crate::selector::format_label_selector;
use crate::tree::{at, has, int, list, plain, text};

pub(super) fn describe(page: &mut Page, pod: &Value, now: i64) {
    page.head(pod);
    if has(pod, "spec.priority") {
        page.field(0, "Priority", int(pod, "spec.priority").to_string());
    }
    for (title, path) in [
        ("Priority Class Name", "spec.priorityClassName"),
        ("Runtime Class Name", "spec.runtimeClassName"),
        ("Service Account", "spec.serviceAccountName"),
    ] {
        if !text(pod, path).is_empty() {
            page.field(0, title, text(pod, path));
        }
    }
    match text(pod, "spec.nodeName") {
        "" => page.field(0, "Node", "<none>"),
        node => page.field(0, "Node", format!("{node}/{}", text(pod, "status.hostIP"))),
    }
    if has(pod, "status.startTime") {
        page.field(0, "Start Time", moment(text(pod, "status.startTime")));
    }
    page.labels("Labels", at(pod, "metadata.labels"));
    page.annotations(pod);
    let phase = text(pod, "status.phase");
    if has(pod, "metadata.deletionTimestamp") && !matches!(phase, "Failed" | "Succeeded") {
        let lasts = since(text(pod, "metadata.deletionTimestamp"), now);
        page.field(0, "Status", format!("Terminating (lasts {lasts})"));
        let grace = int(pod, "metadata.deletionGracePeriodSeconds");
        page.field(0, "Termination Grace Period", format!("{grace}s"));
    } else {
        page.field(0, "Status", phase);
    }
    for (title, path) in [
        ("Reason", "status.reason"),
        ("Message", "status.message"),
        ("SeccompProfile", "spec.securityContext.seccompProfile.type"),
    ] {
        if !text(pod, path).is_empty() {
            page.field(0, title, text(pod, path));
        }
    }
    page.field(0, "IP", text(pod, "status.podIP"));
    let ips = list(pod, "status.podIPs");
    if ips.is_empty() {
        page.field(0, "IPs", "<none>");
    } else {
        page.line(0, "IPs:");
        for ip in ips {
            page.field(1, "IP", text(ip, "ip"));
        }
    }
    if let Some(controller) = controller(pod) {
        page.field(0, "Controlled By", controller);
    }
    if !text(pod, "status.nominatedNodeName").is_empty() {
        page.field(0, "NominatedNodeName", text(pod, "status.nominatedNodeName"));
    }
    if has(pod, "spec.resources") {
        page.line(0, "Resources:");
        super::containers::resources(page, at(pod, "spec.resources"), 1);
    }
    if !list(pod, "spec.initContainers").is_empty() {
        containers(page, "Init Containers", pod, "spec.initContainers", "status.initContainerStatuses");
    }
    containers(page, "Containers", pod, "spec.containers", "status.containerStatuses");
    if !list(pod, "spec.ephemeralContainers").is_empty() {
        let statuses = "status.ephemeralContainerStatuses";
        containers(page, "Ephemeral Containers", pod, "spec.ephemeralContainers", statuses);
    }
    let conditions = list(pod, "status.conditions");
    let gates = list(pod, "spec.readinessGates");
    if !gates.is_empty() {
        page.line(0, "Readiness Gates:\n  Type\tStatus");
        for gate in gates {
            let type_ = text(gate, "conditionType");
            let condition = conditions.iter().find(|condition| text(condition, "type") == type_);
            let status = condition.map_or("<none>", |condition| text(condition, "status"));
            page.line(1, format!("{type_} \t{status} "));
        }
    }
    if !conditions.is_empty() {
        page.line(0, "Conditions:\n  Type\tStatus");
        for condition in conditions {
            page.line(1, format!("{} \t{} ", text(condition, "type"), text(condition, "status")));
        }
    }
    volumes(page, list(pod, "spec.volumes"), "");
    page.field(0, "QoS Class", text(pod, "status.qosClass"));
    page.labels("Node-Selectors", at(pod, "spec.nodeSelector"));
    page.multiline("Tolerations", tolerations(list(pod, "spec.tolerations")));
    let mut spread: Vec<&Value> = list(pod, "spec.topologySpreadConstraints").iter().collect();
    crate::sort::by_text(&mut spread, |constraint| text(constraint, "topologyKey"));
    if !spread.is_empty() {
        page.multiline("Topology Spread Constraints", spread.into_iter().map(spread_line));
    }
}

fn spread_line(constraint: &Value) -> String {
    let selector = match at(constraint, "labelSelector") {
        Value::Null => String::new(),
        selector => format!(" for selector {}", format_label_selector(selector)),
    };
    format!(
        "{}:{} when max skew {} is exceeded{selector}",
        text(constraint, "topologyKey"),
        text(constraint, "whenUnsatisfiable"),
        int(constraint, "maxSkew")
    )
}

/// Models describe.go printTolerationsMultilineWithIndent
pub(super) fn tolerations(tolerations: &[Value]) -> impl Iterator<Item = String> {
    let mut sorted: Vec<&Value> = tolerations.iter().collect();
    crate::sort::by_text(&mut sorted, |toleration| text(toleration, "key"));
    sorted.into_iter().map(|toleration| {
        let (key, value) = (text(toleration, "key"), text(toleration, "value"));
        let effect = text(toleration, "effect");
        let mut line = key.to_string();
        if !value.is_empty() {
            line.push_str(&format!("={value}"));
        }
        if !effect.is_empty() {
            line.push_str(&format!(":{effect}"));
        }
        if text(toleration, "operator") == "Exists" && value.is_empty() {
            line.push_str(if line.is_empty() { "op=Exists" } else { " op=Exists" });
        }
        if has(toleration, "tolerationSeconds") {
            line.push_str(&format!(" for {}s", plain(at(toleration, "tolerationSeconds"))));
        }
        line
    })
}
