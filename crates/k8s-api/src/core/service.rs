//! Services and their endpoints in the old form.
//! Models k8s.io/api/core/v1/types.go (v1.36)

use serde_json::Value;

use crate::intstr::IntOrString;
use crate::meta::{Condition, ObjectMeta, StringMap};

crate::record! {
    /// A stable name and address for a set of Pods.
    Service {
        metadata: ObjectMeta = "metadata" always,
        spec: ServiceSpec = "spec" always,
        status: ServiceStatus = "status" always,
    }
    /// What it shall be.
    ServiceSpec {
        ports: Vec<ServicePort> = "ports",
        selector: StringMap = "selector",
        cluster_ip: String = "clusterIP",
        cluster_ips: Vec<String> = "clusterIPs",
        type_: String = "type",
        external_ips: Vec<String> = "externalIPs",
        session_affinity: String = "sessionAffinity",
        load_balancer_ip: String = "loadBalancerIP",
        load_balancer_source_ranges: Vec<String> = "loadBalancerSourceRanges",
        external_name: String = "externalName",
        external_traffic_policy: String = "externalTrafficPolicy",
        health_check_node_port: i32 = "healthCheckNodePort",
        publish_not_ready_addresses: bool = "publishNotReadyAddresses",
        session_affinity_config: Option<Value> = "sessionAffinityConfig",
        ip_families: Vec<String> = "ipFamilies",
        ip_family_policy: Option<String> = "ipFamilyPolicy",
        allocate_load_balancer_node_ports: Option<bool> = "allocateLoadBalancerNodePorts",
        load_balancer_class: Option<String> = "loadBalancerClass",
        internal_traffic_policy: Option<String> = "internalTrafficPolicy",
        traffic_distribution: Option<String> = "trafficDistribution",
    }
    /// One port of it.
    ServicePort {
        name: String = "name",
        protocol: String = "protocol",
        app_protocol: Option<String> = "appProtocol",
        port: i32 = "port" always,
        target_port: IntOrString = "targetPort" always,
        node_port: i32 = "nodePort",
    }
    /// What is known about it.
    ServiceStatus {
        load_balancer: LoadBalancerStatus = "loadBalancer" always,
        conditions: Vec<Condition> = "conditions",
    }
    /// Its outside addresses.
    LoadBalancerStatus {
        ingress: Vec<LoadBalancerIngress> = "ingress",
    }
    /// One of them.
    LoadBalancerIngress {
        ip: String = "ip",
        hostname: String = "hostname",
        ip_mode: Option<String> = "ipMode",
        ports: Vec<PortStatus> = "ports",
    }
    /// A port of that address.
    PortStatus {
        port: i32 = "port" always,
        protocol: String = "protocol" always,
        error: Option<String> = "error",
    }
}
