//! Services. Models describe.go describeService (v1.36)

use k8s_api::kind::by_kind;
use serde_json::Value;

use super::{Page, labels_line};
use crate::Api;
use crate::tree::{at, int, list, name, namespace, plain, text, truth};

pub(super) fn describe(page: &mut Page, object: &Value, api: &mut dyn Api) {
    page.head(object);
    page.labels("Labels", at(object, "metadata.labels"));
    page.annotations(object);
    page.field(0, "Selector", labels_line(at(object, "spec.selector")));
    page.field(0, "Type", text(object, "spec.type"));
    for (title, path) in [("IP Family Policy", "spec.ipFamilyPolicy"), ("IP Families", "spec.ipFamilies")] {
        match at(object, path) {
            Value::Null => {}
            Value::Array(items) => {
                page.field(0, title, items.iter().map(plain).collect::<Vec<_>>().join(","));
            }
            value => page.field(0, title, plain(value)),
        }
    }
    page.field(0, "IP", text(object, "spec.clusterIP"));
    let ips: Vec<String> = list(object, "spec.clusterIPs").iter().map(plain).collect();
    if !ips.is_empty() {
        page.field(0, "IPs", ips.join(","));
    }
    let slices = endpoint_slices(object, api);
    for port in list(object, "spec.ports") {
        let port_name = match text(port, "name") {
            "" => "<unset>",
            name => name,
        };
        let protocol = text(port, "protocol");
        page.field(0, "Port", format!("{port_name}\t{}/{protocol}", int(port, "port")));
        page.field(0, "TargetPort", format!("{}/{protocol}", plain(at(port, "targetPort"))));
        if int(port, "nodePort") != 0 {
            page.field(0, "NodePort", format!("{port_name}\t{}/{protocol}", int(port, "nodePort")));
        }
        page.field(0, "Endpoints", endpoints(&slices, text(port, "name")));
    }
    page.field(0, "Session Affinity", text(object, "spec.sessionAffinity"));
    for (title, path) in [
        ("External Traffic Policy", "spec.externalTrafficPolicy"),
        ("Internal Traffic Policy", "spec.internalTrafficPolicy"),
    ] {
        if !text(object, path).is_empty() {
            page.field(0, title, text(object, path));
        }
    }
}

fn endpoint_slices(service: &Value, api: &mut dyn Api) -> Vec<Value> {
    let Some(kind) = by_kind("EndpointSlice") else { return Vec::new() };
    let mut slices = api.list(kind, Some(namespace(service))).unwrap_or_default();
    slices.retain(|slice| {
        let owner = at(slice, "metadata.labels").get("kubernetes.io/service-name");
        owner.and_then(Value::as_str) == Some(name(service))
    });
    slices
}

/// The ready addresses of a port: three, and how many more.
fn endpoints(slices: &[Value], port_name: &str) -> String {
    const MAX: usize = 3;
    let mut found = Vec::new();
    for slice in slices {
        for port in list(slice, "ports").iter().filter(|port| text(port, "name") == port_name) {
            for endpoint in list(slice, "endpoints").iter().filter(|e| truth(e, "conditions.ready")) {
                let addresses = list(endpoint, "addresses").iter().map(plain);
                found.extend(addresses.map(|address| format!("{address}:{}", int(port, "port"))));
            }
        }
    }
    if found.len() > MAX {
        format!("{} + {} more...", found[..MAX].join(","), found.len() - MAX)
    } else {
        found.join(",")
    }
}
