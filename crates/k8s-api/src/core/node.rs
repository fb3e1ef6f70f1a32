//! The node: a machine of the cluster.
//! Models k8s.io/api/core/v1/types.go (v1.36)

use serde_json::Value;

use crate::core::ResourceList;
use crate::meta::{ObjectMeta, Time};

crate::record! {
    /// A machine of the cluster.
    Node {
        metadata: ObjectMeta = "metadata" always,
        spec: NodeSpec = "spec" always,
        status: NodeStatus = "status" always,
    }
    /// How it shall be used.
    NodeSpec {
        pod_cidr: String = "podCIDR",
        pod_cidrs: Vec<String> = "podCIDRs",
        provider_id: String = "providerID",
        unschedulable: bool = "unschedulable",
        taints: Vec<Taint> = "taints",
        config_source: Option<Value> = "configSource",
        external_id: String = "externalID",
    }
    /// A mark that keeps Pods away.
    Taint {
        key: String = "key" always,
        value: String = "value",
        effect: String = "effect" always,
        time_added: Option<Time> = "timeAdded",
    }
    /// What is known about it.
    NodeStatus {
        capacity: ResourceList = "capacity",
        allocatable: ResourceList = "allocatable",
        phase: String = "phase",
        conditions: Vec<NodeCondition> = "conditions",
        addresses: Vec<NodeAddress> = "addresses",
        daemon_endpoints: NodeDaemonEndpoints = "daemonEndpoints" always,
        node_info: NodeSystemInfo = "nodeInfo" always,
        images: Vec<ContainerImage> = "images",
        volumes_in_use: Vec<String> = "volumesInUse",
        volumes_attached: Vec<Value> = "volumesAttached",
        config: Option<Value> = "config",
        runtime_handlers: Vec<Value> = "runtimeHandlers",
        features: Option<Value> = "features",
        declared_features: Vec<String> = "declaredFeatures",
    }
    /// One yes-or-no fact about it.
    NodeCondition {
        type_: String = "type" always,
        status: String = "status" always,
        last_heartbeat_time: Option<Time> = "lastHeartbeatTime" always,
        last_transition_time: Option<Time> = "lastTransitionTime" always,
        reason: String = "reason",
        message: String = "message",
    }
    /// One of its addresses.
    NodeAddress {
        type_: String = "type" always,
        address: String = "address" always,
    }
    /// Ports of its daemons.
    NodeDaemonEndpoints {
        kubelet_endpoint: DaemonEndpoint = "kubeletEndpoint" always,
    }
    /// One such port.
    DaemonEndpoint {
        port: i32 = "Port" always,
    }
    /// Its versions.
    NodeSystemInfo {
        machine_id: String = "machineID" always,
        system_uuid: String = "systemUUID" always,
        boot_id: String = "bootID" always,
        kernel_version: String = "kernelVersion" always,
        os_image: String = "osImage" always,
        container_runtime_version: String = "containerRuntimeVersion" always,
        kubelet_version: String = "kubeletVersion" always,
        kube_proxy_version: String = "kubeProxyVersion" always,
        operating_system: String = "operatingSystem" always,
        architecture: String = "architecture" always,
        swap: Option<Value> = "swap",
    }
    /// An image that it has.
    ContainerImage {
        names: Vec<String> = "names" always,
        size_bytes: i64 = "sizeBytes",
    }
}
