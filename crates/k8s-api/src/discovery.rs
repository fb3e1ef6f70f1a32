//! Endpoints of Services.
//! Models k8s.io/api/discovery/v1/types.go (v1.36)

use serde_json::Value;

use crate::core::ObjectReference;
use crate::meta::{ObjectMeta, StringMap};

crate::record! {
    /// Addresses behind a Service.
    EndpointSlice {
        metadata: ObjectMeta = "metadata" always,
        address_type: String = "addressType" always,
        endpoints: Vec<Endpoint> = "endpoints" always,
        ports: Vec<EndpointPort> = "ports" always,
    }
    /// One of them.
    Endpoint {
        addresses: Vec<String> = "addresses" always,
        conditions: EndpointConditions = "conditions" always,
        hostname: Option<String> = "hostname",
        target_ref: Option<ObjectReference> = "targetRef",
        deprecated_topology: StringMap = "deprecatedTopology",
        node_name: Option<String> = "nodeName",
        zone: Option<String> = "zone",
        hints: Option<Value> = "hints",
    }
    /// Whether it may be used.
    EndpointConditions {
        ready: Option<bool> = "ready",
        serving: Option<bool> = "serving",
        terminating: Option<bool> = "terminating",
    }
    /// A port of all of them.
    EndpointPort {
        name: Option<String> = "name",
        protocol: Option<String> = "protocol",
        port: Option<i32> = "port",
        app_protocol: Option<String> = "appProtocol",
    }
}
