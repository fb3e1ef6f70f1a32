//! Services. Models describe.go describeService (v1.36)

use k8s_api::kind::by_kind;
use serde_json::Value;

use super::{Page, labels_line, or_none};
use crate::Api;
use crate::tree::{at, has, int, list, name, namespace, plain, text, truth};

pub(super) fn describe(page: &mut Page, object: &Value, api: &mut dyn Api) {
    page.head(object);
    page.labels("Labels", at(object, "metadata.labels"));
    page.annotations(object);
    page.field(0, "Selector", labels_line(at(object, "spec.selector")));
    page.field(0, "Type", text(object, "spec.type"));
    let joined = |path: &str| list(object, path).iter().map(plain).collect::<Vec<_>>().join(",");
    let optional = |page: &mut Page, title: &str, value: &str| {
        if !value.is_empty() {
            page.field(0, title, value);
        }
    };
    optional(page, "IP Family Policy", text(object, "spec.ipFamilyPolicy"));
    page.field(0, "IP Families", or_none(joined("spec.ipFamilies")));
    page.field(0, "IP", text(object, "spec.clusterIP"));
    page.field(0, "IPs", or_none(joined("spec.clusterIPs")));
    optional(page, "External IPs", &joined("spec.externalIPs"));
    optional(page, "Desired LoadBalancer IP", text(object, "spec.loadBalancerIP"));
    optional(page, "External Name", text(object, "spec.externalName"));
    let slices = endpoint_slices(object, api);
    for port in list(object, "spec.ports") {
        let port_name = match text(port, "name") {
            "" => "<unset>",
            name => name,
        };
        let protocol = text(port, "protocol");
        page.field(0, "Port", format!("{port_name}\t{}/{protocol}", int(port, "port")));
        page.field(0, "TargetPort", format!("{}/{protocol}", plain(at(port, "targetPort"))));
        optional(page, "AppProtocol", text(port, "appProtocol"));
        if int(port, "nodePort") != 0 {
            page.field(0, "NodePort", format!("{port_name}\t{}/{protocol}", int(port, "nodePort")));
        }
        // Without a selector nothing makes slices.
        let unselected = slices.is_empty() && !has(object, "spec.selector");
        let shown = if unselected { "<none>".into() } else { endpoints(&slices, text(port, "name")) };
        page.field(0, "Endpoints", shown);
    }
    page.field(0, "Session Affinity", text(object, "spec.sessionAffinity"));
    for (title, path) in [
        ("External Traffic Policy", "spec.externalTrafficPolicy"),
        ("Internal Traffic Policy", "spec.internalTrafficPolicy"),
    ] {
        optional(page, title, text(object, path));
    }
    if int(object, "spec.healthCheckNodePort") != 0 {
        page.field(0, "HealthCheck NodePort", int(object, "spec.healthCheckNodePort").to_string());
    }
    optional(page, "LoadBalancer Source Ranges", &joined("spec.loadBalancerSourceRanges"));
    optional(page, "Traffic Distribution", text(object, "spec.trafficDistribution"));
}

pub(super) fn endpoint_slices(service: &Value, api: &mut dyn Api) -> Vec<Value> {
    let Some(kind) = by_kind("EndpointSlice") else { return Vec::new() };
    let mut slices = api.list(kind, Some(namespace(service))).unwrap_or_default();
    slices.retain(|slice| {
        let owner = at(slice, "metadata.labels").get("kubernetes.io/service-name");
        owner.and_then(Value::as_str) == Some(name(service))
    });
    slices
}

/// The ready addresses of a port: three, and how many more.
pub(super) fn endpoints(slices: &[Value], port_name: &str) -> String {
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
