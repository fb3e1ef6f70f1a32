//! The Pod: what is asked for, and what is known about it.
//! Models k8s.io/api/core/v1/types.go (v1.36)

use resting::Rest;
use serde_json::Value;

use crate::core::ResourceList;
use crate::core::Volume;
use crate::core::{Affinity, Toleration, TopologySpreadConstraint};
use crate::core::{Container, ContainerStatus, EphemeralContainer, ResourceRequirements};
use crate::meta::{ObjectMeta, StringMap, Time};
use crate::packed::Packed;

crate::record! {
    /// What a Pod shall be.
    PodSpec {
        volumes: Vec<Volume> = "volumes",
        init_containers: Vec<Container> = "initContainers",
        containers: Vec<Container> = "containers" always,
        ephemeral_containers: Vec<EphemeralContainer> = "ephemeralContainers",
        restart_policy: String = "restartPolicy",
        termination_grace_period_seconds: Option<i64> = "terminationGracePeriodSeconds",
        active_deadline_seconds: Option<i64> = "activeDeadlineSeconds",
        dns_policy: String = "dnsPolicy",
        node_selector: StringMap = "nodeSelector",
        service_account_name: String = "serviceAccountName",
        service_account: String = "serviceAccount",
        automount_service_account_token: Option<bool> = "automountServiceAccountToken",
        node_name: String = "nodeName",
        host_network: bool = "hostNetwork",
        host_pid: bool = "hostPID",
        host_ipc: bool = "hostIPC",
        share_process_namespace: Option<bool> = "shareProcessNamespace",
        security_context: Option<Box<PodSecurityContext>> = "securityContext",
        image_pull_secrets: Vec<LocalObjectReference> = "imagePullSecrets",
        hostname: String = "hostname",
        subdomain: String = "subdomain",
        affinity: Option<Box<Affinity>> = "affinity",
        scheduler_name: String = "schedulerName",
        tolerations: Vec<Toleration> = "tolerations",
        host_aliases: Vec<HostAlias> = "hostAliases",
        priority_class_name: String = "priorityClassName",
        priority: Option<i32> = "priority",
        dns_config: Option<Box<PodDNSConfig>> = "dnsConfig",
        readiness_gates: Vec<PodReadinessGate> = "readinessGates",
        runtime_class_name: Option<String> = "runtimeClassName",
        enable_service_links: Option<bool> = "enableServiceLinks",
        preemption_policy: Option<String> = "preemptionPolicy",
        overhead: ResourceList = "overhead",
        topology_spread_constraints: Vec<TopologySpreadConstraint> = "topologySpreadConstraints",
        set_hostname_as_fqdn: Option<bool> = "setHostnameAsFQDN",
        os: Option<PodOS> = "os",
        host_users: Option<bool> = "hostUsers",
        scheduling_gates: Vec<PodSchedulingGate> = "schedulingGates",
        resource_claims: Vec<Value> = "resourceClaims",
        resources: Option<Box<ResourceRequirements>> = "resources",
        hostname_override: Option<String> = "hostnameOverride",
        scheduling_group: Option<Value> = "schedulingGroup",
    }
    /// The name of an object in the same namespace.
    LocalObjectReference {
        name: String = "name",
    }
    /// Users, groups and the like for all containers of a Pod.
    PodSecurityContext {
        se_linux_options: Option<Value> = "seLinuxOptions",
        windows_options: Option<Value> = "windowsOptions",
        run_as_user: Option<i64> = "runAsUser",
        run_as_group: Option<i64> = "runAsGroup",
        run_as_non_root: Option<bool> = "runAsNonRoot",
        supplemental_groups: Vec<i64> = "supplementalGroups",
        supplemental_groups_policy: Option<String> = "supplementalGroupsPolicy",
        fs_group: Option<i64> = "fsGroup",
        sysctls: Vec<Sysctl> = "sysctls",
        fs_group_change_policy: Option<String> = "fsGroupChangePolicy",
        seccomp_profile: Option<SeccompProfile> = "seccompProfile",
        app_armor_profile: Option<Value> = "appArmorProfile",
        se_linux_change_policy: Option<String> = "seLinuxChangePolicy",
    }
    /// Which system calls are allowed.
    SeccompProfile {
        type_: String = "type" always,
        localhost_profile: Option<String> = "localhostProfile",
    }
    /// A kernel parameter.
    Sysctl {
        name: String = "name" always,
        value: String = "value" always,
    }
    /// Additions to `/etc/resolv.conf`.
    PodDNSConfig {
        nameservers: Vec<String> = "nameservers",
        searches: Vec<String> = "searches",
        options: Vec<PodDNSConfigOption> = "options",
    }
    /// One option of `/etc/resolv.conf`.
    PodDNSConfigOption {
        name: String = "name",
        value: Option<String> = "value",
    }
    /// One line of `/etc/hosts`.
    HostAlias {
        ip: String = "ip" always,
        hostnames: Vec<String> = "hostnames",
    }
    /// A condition that must be True before the Pod is ready.
    PodReadinessGate {
        condition_type: String = "conditionType" always,
    }
    /// A reason why the Pod may not be scheduled yet.
    PodSchedulingGate {
        name: String = "name" always,
    }
    /// The operating system that the containers need.
    PodOS {
        name: String = "name" always,
    }
    /// What is known about a Pod.
    PodStatus {
        observed_generation: i64 = "observedGeneration",
        phase: String = "phase",
        conditions: Vec<PodCondition> = "conditions",
        message: String = "message",
        reason: String = "reason",
        nominated_node_name: String = "nominatedNodeName",
        host_ip: String = "hostIP",
        host_ips: Vec<HostIP> = "hostIPs",
        pod_ip: String = "podIP",
        pod_ips: Vec<PodIP> = "podIPs",
        start_time: Option<Time> = "startTime",
        init_container_statuses: Vec<ContainerStatus> = "initContainerStatuses",
        container_statuses: Vec<ContainerStatus> = "containerStatuses",
        qos_class: String = "qosClass",
        ephemeral_container_statuses: Vec<ContainerStatus> = "ephemeralContainerStatuses",
        resize: String = "resize",
        resource_claim_statuses: Vec<Value> = "resourceClaimStatuses",
        extended_resource_claim_status: Option<Value> = "extendedResourceClaimStatus",
        allocated_resources: ResourceList = "allocatedResources",
        resources: Option<Box<ResourceRequirements>> = "resources",
        node_allocatable_resource_claim_statuses: Vec<Value> = "nodeAllocatableResourceClaimStatuses",
    }
    /// One yes-or-no fact about a Pod.
    PodCondition {
        type_: String = "type" always,
        observed_generation: i64 = "observedGeneration",
        status: String = "status" always,
        last_probe_time: Option<Time> = "lastProbeTime" always,
        last_transition_time: Option<Time> = "lastTransitionTime" always,
        reason: String = "reason",
        message: String = "message",
    }
    /// An address of a Pod.
    PodIP {
        ip: String = "ip" always,
    }
    /// An address of its node.
    HostIP {
        ip: String = "ip" always,
    }
    /// The Pod that a controller makes: metadata typed, spec as a tree, so that nothing is lost.
    PodTemplateSpec {
        metadata: ObjectMeta = "metadata" always,
        spec: Value = "spec" always,
    }
}

impl Rest for PodStatus {
    type Away = Packed;

    fn put_away(&self) -> Packed {
        Packed::new(&self.to_value())
    }

    fn wake(away: &Packed) -> Self {
        Self::from_value(&away.tree())
    }
}

impl PodSpec {
    /// The restart policy; Always when none is written.
    pub fn restart_policy(&self) -> RestartPolicy {
        RestartPolicy::parse(&self.restart_policy).unwrap_or(RestartPolicy::Always)
    }
}

impl PodStatus {
    /// The condition of that type.
    pub fn condition(&self, type_: &str) -> Option<&PodCondition> {
        self.conditions.iter().find(|condition| condition.type_ == type_)
    }

    /// The status of a container, an init container or an ephemeral one.
    pub fn container(&self, name: &str) -> Option<&ContainerStatus> {
        let all =
            [&self.container_statuses, &self.init_container_statuses, &self.ephemeral_container_statuses];
        all.into_iter().flatten().find(|status| status.name == name)
    }
}

crate::choices! {
    /// Where a Pod stands in its life.
    PodPhase { Pending, Running, Succeeded, Failed, Unknown }
    /// When the containers of a Pod are started again.
    RestartPolicy { Always, OnFailure, Never }
    /// How a Pod is treated when its node runs short.
    QosClass { Guaranteed, Burstable, BestEffort }
}
