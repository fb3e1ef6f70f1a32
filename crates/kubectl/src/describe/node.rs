//! Nodes. Models describe.go describeNode (v1.36)

use k8s_api::kind::by_kind;
use k8s_api::quantity::{Format, Quantity};
use serde_json::Value;

use super::{Page, moment, since};
use crate::Api;
use crate::printers::roles;
use crate::tree::{at, entries, list, name, namespace, plain, text, truth};

pub(super) fn describe(page: &mut Page, node: &Value, api: &mut dyn Api) {
    page.head(node);
    page.field(0, "Roles", roles(node));
    page.labels("Labels", at(node, "metadata.labels"));
    page.annotations(node);
    page.field(0, "CreationTimestamp", moment(text(node, "metadata.creationTimestamp")));
    let mut taints: Vec<&Value> = list(node, "spec.taints").iter().collect();
    let order = |taint: &Value| format!("{},{}", text(taint, "effect"), text(taint, "key"));
    crate::sort::by(&mut taints, |a, b| order(a).cmp(&order(b)));
    page.multiline("Taints", taints.into_iter().map(taint));
    page.field(0, "Unschedulable", truth(node, "spec.unschedulable").to_string());
    let lease = by_kind("Lease").and_then(|kind| api.get(kind, "kube-node-lease", name(node)).ok());
    if let Some(lease) = lease {
        page.line(0, "Lease:");
        page.field(1, "HolderIdentity", text(&lease, "spec.holderIdentity"));
        let time = |path: &str| match text(&lease, path) {
            "" => "<unset>".to_string(),
            time => moment(time),
        };
        page.field(1, "AcquireTime", time("spec.acquireTime"));
        page.field(1, "RenewTime", time("spec.renewTime"));
    }
    let conditions = list(node, "status.conditions");
    if !conditions.is_empty() {
        page.line(0, "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage");
        page.line(1, "----\t------\t-----------------\t------------------\t------\t-------");
        for condition in conditions {
            page.line(
                1,
                format!(
                    "{} \t{} \t{} \t{} \t{} \t{}",
                    text(condition, "type"),
                    text(condition, "status"),
                    moment(text(condition, "lastHeartbeatTime")),
                    moment(text(condition, "lastTransitionTime")),
                    text(condition, "reason"),
                    text(condition, "message")
                ),
            );
        }
    }
    page.line(0, "Addresses:");
    for address in list(node, "status.addresses") {
        page.field(1, text(address, "type"), text(address, "address"));
    }
    for (title, path) in [("Capacity", "status.capacity"), ("Allocatable", "status.allocatable")] {
        page.line(0, format!("{title}:"));
        for (resource, amount) in entries(node, path) {
            page.field(1, resource, plain(amount));
        }
    }
    page.line(0, "System Info:");
    for (title, field) in [
        ("Machine ID", "machineID"),
        ("System UUID", "systemUUID"),
        ("Boot ID", "bootID"),
        ("Kernel Version", "kernelVersion"),
        ("OS Image", "osImage"),
        ("Operating System", "operatingSystem"),
        ("Architecture", "architecture"),
        ("Container Runtime Version", "containerRuntimeVersion"),
        ("Kubelet Version", "kubeletVersion"),
    ] {
        page.field(1, title, text(node, &format!("status.nodeInfo.{field}")));
    }
    for (title, path) in [("PodCIDR", "spec.podCIDR"), ("ProviderID", "spec.providerID")] {
        if !text(node, path).is_empty() {
            page.field(0, title, text(node, path));
        }
    }
    allocation(page, node, api);
}

fn taint(taint: &Value) -> String {
    let (key, value, effect) = (text(taint, "key"), text(taint, "value"), text(taint, "effect"));
    if value.is_empty() { format!("{key}:{effect}") } else { format!("{key}={value}:{effect}") }
}

/// What a Pod asks for: its containers' sum, or what its init containers need at most, with the sidecars
/// that run beside them. Models k8s.io/component-helpers/resource.PodRequests (v1.36)
fn asked(pod: &Value, field: &str, resource: &str) -> Quantity {
    let of = |container: &Value| {
        let amount = at(container, "resources").get(field).and_then(|amounts| amounts.get(resource));
        amount.and_then(|amount| Quantity::from_value(amount).ok()).unwrap_or_default()
    };
    let mut total = Quantity::from_units(0, Format::DecimalSi);
    list(pod, "spec.containers").iter().for_each(|container| total.add(&of(container)));
    let mut sidecars = Quantity::from_units(0, Format::DecimalSi);
    let mut most = Quantity::from_units(0, Format::DecimalSi);
    for container in list(pod, "spec.initContainers") {
        let mut here = of(container);
        if text(container, "restartPolicy") == "Always" {
            sidecars.add(&here);
            here = sidecars.clone();
        } else {
            here.add(&sidecars);
        }
        if here > most {
            most = here;
        }
    }
    total.add(&sidecars);
    if most > total { most } else { total }
}

/// Models describe.go describeNodeResource
fn allocation(page: &mut Page, node: &Value, api: &mut dyn Api) {
    let pods = by_kind("Pod").and_then(|kind| api.list(kind, None).ok()).unwrap_or_default();
    let pods: Vec<&Value> = pods
        .iter()
        .filter(|pod| text(pod, "spec.nodeName") == name(node))
        .filter(|pod| !matches!(text(pod, "status.phase"), "Succeeded" | "Failed"))
        .collect();
    let now = api.now_micros();
    let capacity = |resource: &str| {
        let amount = at(node, "status.allocatable").get(resource);
        amount.and_then(|amount| Quantity::from_value(amount).ok()).unwrap_or_default()
    };
    let percent = |amount: &Quantity, resource: &str| {
        let all = capacity(resource).milli_value();
        if all == 0 { 0 } else { (i128::from(amount.milli_value()) * 100 / i128::from(all)) as i64 }
    };
    let shown = |amount: &Quantity, resource: &str| format!("{amount} ({}%)", percent(amount, resource));
    page.field(0, "Non-terminated Pods", format!("({} in total)", pods.len()));
    page.line(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge");
    page.line(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---");
    for pod in &pods {
        let cell = |field: &str, resource: &str| shown(&asked(pod, field, resource), resource);
        page.line(
            1,
            format!(
                "{}\t{}\t\t{}\t{}\t{}\t{}\t{}",
                namespace(pod),
                name(pod),
                cell("requests", "cpu"),
                cell("limits", "cpu"),
                cell("requests", "memory"),
                cell("limits", "memory"),
                since(text(pod, "metadata.creationTimestamp"), now)
            ),
        );
    }
    page.line(0, "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)");
    page.line(1, "Resource\tRequests\tLimits");
    page.line(1, "--------\t--------\t------");
    for resource in ["cpu", "memory", "ephemeral-storage"] {
        let total = |field: &str| {
            let mut total = Quantity::from_units(0, Format::DecimalSi);
            pods.iter().for_each(|pod| total.add(&asked(pod, field, resource)));
            shown(&total, resource)
        };
        page.line(1, format!("{resource}\t{}\t{}", total("requests"), total("limits")));
    }
}
