//! The ports of an endpoint: where a Service's port leads on a Pod, and in which order they are kept.

use k8s_api::core::{Service, ServicePort};
use k8s_api::intstr::IntOrString;
use k8s_api::small;
use serde_json::{Value, json};

use crate::apiserver::Pod;

/// The number on the Pod that a Service's port leads to.
// Models endpointslice FindPort (v1.36)
fn find_port(pod: &Pod, port: &ServicePort) -> Option<i32> {
    match &port.target_port {
        IntOrString::Int(number) => Some(*number),
        IntOrString::Str(name) => {
            let sidecars =
                pod.spec.init_containers.iter().filter(|container| container.is_restartable_init());
            let mut ports = pod.spec.containers.iter().chain(sidecars).flat_map(|container| &container.ports);
            let found = ports.find(|found| found.name == *name && found.protocol == port.protocol);
            found.map(|found| found.container_port)
        }
    }
}

/// The ports that the Pod has of the Service's.
// Models getEndpointPorts (v1.36)
pub(super) fn endpoint_ports<'a>(service: &'a Service, pod: &Pod) -> Vec<(&'a ServicePort, i32)> {
    service.spec.ports.iter().filter_map(|port| Some((port, find_port(pod, port)?))).collect()
}

/// The ports as a slice keeps them.
// Models NewPortMapKey (v1.36): it sorts them by a hash of how Go would print them.
pub(super) fn slice_ports(ports: &[(&ServicePort, i32)]) -> Vec<Value> {
    let mut hashed: Vec<(u128, Value)> = ports
        .iter()
        .map(|(port, number)| {
            let (name, protocol) = (&port.name, &port.protocol);
            let app_protocol = port.app_protocol.as_deref().unwrap_or("<nil>");
            let printed = format!(
                "(v1.EndpointPort){{Name:(*string){name} Protocol:(*v1.Protocol){protocol} Port:(*int32){number} \
                 AppProtocol:(*string){app_protocol}}}"
            );
            let mut tree = json!({"name": name, "port": number, "protocol": protocol});
            if let Some(app_protocol) = &port.app_protocol {
                tree["appProtocol"] = app_protocol.as_str().into();
            }
            (fnv128a(&printed), tree)
        })
        .collect();
    small::sort(&mut hashed, &|a, b| a.0 < b.0);
    hashed.into_iter().map(|(_, port)| port).collect()
}

/// A port as an Endpoints object keeps it, and what it is sorted by.
// Models endpointPortFromServicePort and portsByHash (v1.36)
pub(super) fn subset_port(port: &ServicePort, number: i32) -> (u128, Value) {
    let (name, protocol) = (&port.name, &port.protocol);
    let app_protocol = port.app_protocol.as_deref().unwrap_or("<nil>");
    let printed = format!(
        "(v1.EndpointPort){{Name:(string){name} Port:(int32){number} Protocol:(v1.Protocol){protocol} \
         AppProtocol:(*string){app_protocol}}}"
    );
    let mut tree = json!({"port": number, "protocol": protocol});
    if !name.is_empty() {
        tree["name"] = name.as_str().into();
    }
    if let Some(app_protocol) = &port.app_protocol {
        tree["appProtocol"] = app_protocol.as_str().into();
    }
    (fnv128a(&printed), tree)
}

// Models hash/fnv New128a
fn fnv128a(text: &str) -> u128 {
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for byte in text.bytes() {
        hash ^= u128::from(byte);
        hash = hash.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    hash
}
