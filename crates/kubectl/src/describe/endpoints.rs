//! EndpointSlices and Endpoints. Models describe.go describeEndpointSliceV1, describeEndpoints (v1.36)

use serde_json::Value;

use super::{Page, or_none};
use crate::tree::{at, has, int, list, plain, text};

/// The ports of a slice or a subset, as a table.
fn ports(page: &mut Page, level: usize, ports: &[Value]) {
    page.line(level, "Name\tPort\tProtocol");
    page.line(level, "----\t----\t--------");
    for port in ports {
        let number = if has(port, "port") { int(port, "port").to_string() } else { "<unset>".into() };
        page.line(level, format!("{}\t{number}\t{}", or_unset(text(port, "name")), text(port, "protocol")));
    }
}

fn or_unset(text: &str) -> &str {
    if text.is_empty() { "<unset>" } else { text }
}

pub(super) fn slice(page: &mut Page, object: &Value) {
    page.head(object);
    page.labels("Labels", at(object, "metadata.labels"));
    page.annotations(object);
    page.field(0, "AddressType", text(object, "addressType"));
    let found = list(object, "ports");
    if found.is_empty() {
        page.line(0, "Ports: <unset>");
    } else {
        page.line(0, "Ports:");
        ports(page, 1, found);
    }
    let endpoints = list(object, "endpoints");
    page.line(0, if endpoints.is_empty() { "Endpoints: <none>" } else { "Endpoints:" });
    for endpoint in endpoints {
        let addresses: Vec<String> = list(endpoint, "addresses").iter().map(plain).collect();
        page.field(1, "- Addresses", or_none(addresses.join(", ")));
        page.line(2, "Conditions:");
        let ready = at(endpoint, "conditions.ready");
        page.field(3, "Ready", if ready.is_null() { "<unset>".into() } else { plain(ready) });
        page.field(2, "Hostname", or_unset(text(endpoint, "hostname")));
        let target = at(endpoint, "targetRef");
        if !target.is_null() {
            page.field(2, "TargetRef", format!("{}/{}", text(target, "kind"), text(target, "name")));
        }
        page.field(2, "NodeName", or_unset(text(endpoint, "nodeName")));
        page.field(2, "Zone", or_unset(text(endpoint, "zone")));
    }
}

pub(super) fn endpoints(page: &mut Page, object: &Value) {
    page.head(object);
    page.labels("Labels", at(object, "metadata.labels"));
    page.annotations(object);
    page.line(0, "Subsets:");
    for subset in list(object, "subsets") {
        for (title, field) in [("Addresses", "addresses"), ("NotReadyAddresses", "notReadyAddresses")] {
            let addresses: Vec<&str> =
                list(subset, field).iter().map(|address| text(address, "ip")).collect();
            page.field(1, title, or_none(addresses.join(",")));
        }
        if !list(subset, "ports").is_empty() {
            page.line(1, "Ports:");
            ports(page, 2, list(subset, "ports"));
        }
        page.line(0, "");
    }
}
