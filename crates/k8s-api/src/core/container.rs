//! Containers: what runs, how it is watched, and how it fares.
//! Models k8s.io/api/core/v1/types.go (v1.36)

use serde_json::Value;

use crate::core::ResourceList;
use crate::core::SeccompProfile;
use crate::intstr::IntOrString;
use crate::meta::Time;
use crate::quantity::Quantity;

crate::record! {
    /// One container of a Pod.
    Container {
        name: String = "name" always,
        image: String = "image",
        command: Vec<String> = "command",
        args: Vec<String> = "args",
        working_dir: String = "workingDir",
        ports: Vec<ContainerPort> = "ports",
        env_from: Vec<EnvFromSource> = "envFrom",
        env: Vec<EnvVar> = "env",
        resources: ResourceRequirements = "resources" always,
        resize_policy: Vec<ContainerResizePolicy> = "resizePolicy",
        restart_policy: Option<String> = "restartPolicy",
        restart_policy_rules: Vec<ContainerRestartRule> = "restartPolicyRules",
        volume_mounts: Vec<VolumeMount> = "volumeMounts",
        volume_devices: Vec<VolumeDevice> = "volumeDevices",
        liveness_probe: Option<Box<Probe>> = "livenessProbe",
        readiness_probe: Option<Box<Probe>> = "readinessProbe",
        startup_probe: Option<Box<Probe>> = "startupProbe",
        lifecycle: Option<Box<Lifecycle>> = "lifecycle",
        termination_message_path: String = "terminationMessagePath",
        termination_message_policy: String = "terminationMessagePolicy",
        image_pull_policy: String = "imagePullPolicy",
        security_context: Option<Box<SecurityContext>> = "securityContext",
        stdin: bool = "stdin",
        stdin_once: bool = "stdinOnce",
        tty: bool = "tty",
    }
    /// A container added to a running Pod, to look at it.
    EphemeralContainer {
        name: String = "name" always,
        image: String = "image",
        command: Vec<String> = "command",
        args: Vec<String> = "args",
        working_dir: String = "workingDir",
        ports: Vec<ContainerPort> = "ports",
        env_from: Vec<EnvFromSource> = "envFrom",
        env: Vec<EnvVar> = "env",
        resources: ResourceRequirements = "resources" always,
        resize_policy: Vec<ContainerResizePolicy> = "resizePolicy",
        restart_policy: Option<String> = "restartPolicy",
        restart_policy_rules: Vec<ContainerRestartRule> = "restartPolicyRules",
        volume_mounts: Vec<VolumeMount> = "volumeMounts",
        volume_devices: Vec<VolumeDevice> = "volumeDevices",
        liveness_probe: Option<Box<Probe>> = "livenessProbe",
        readiness_probe: Option<Box<Probe>> = "readinessProbe",
        startup_probe: Option<Box<Probe>> = "startupProbe",
        lifecycle: Option<Box<Lifecycle>> = "lifecycle",
        termination_message_path: String = "terminationMessagePath",
        termination_message_policy: String = "terminationMessagePolicy",
        image_pull_policy: String = "imagePullPolicy",
        security_context: Option<Box<SecurityContext>> = "securityContext",
        stdin: bool = "stdin",
        stdin_once: bool = "stdinOnce",
        tty: bool = "tty",
        target_container_name: String = "targetContainerName",
    }
    /// A port that a container says it listens on.
    ContainerPort {
        name: String = "name",
        host_port: i32 = "hostPort",
        container_port: i32 = "containerPort" always,
        protocol: String = "protocol",
        host_ip: String = "hostIP",
    }
    /// A whole ConfigMap or Secret as environment variables.
    EnvFromSource {
        prefix: String = "prefix",
        config_map_ref: Option<ConfigMapEnvSource> = "configMapRef",
        secret_ref: Option<SecretEnvSource> = "secretRef",
    }
    /// A ConfigMap by name.
    ConfigMapEnvSource {
        name: String = "name",
        optional: Option<bool> = "optional",
    }
    /// A Secret by name.
    SecretEnvSource {
        name: String = "name",
        optional: Option<bool> = "optional",
    }
    /// One environment variable.
    EnvVar {
        name: String = "name" always,
        value: String = "value",
        value_from: Option<Box<EnvVarSource>> = "valueFrom",
    }
    /// Where the value of a variable comes from.
    EnvVarSource {
        field_ref: Option<ObjectFieldSelector> = "fieldRef",
        resource_field_ref: Option<ResourceFieldSelector> = "resourceFieldRef",
        config_map_key_ref: Option<ConfigMapKeySelector> = "configMapKeyRef",
        secret_key_ref: Option<SecretKeySelector> = "secretKeyRef",
        file_key_ref: Option<FileKeySelector> = "fileKeyRef",
    }
    /// A field of the Pod.
    ObjectFieldSelector {
        api_version: String = "apiVersion",
        field_path: String = "fieldPath" always,
    }
    /// A request or limit of a container.
    ResourceFieldSelector {
        container_name: String = "containerName",
        resource: String = "resource" always,
        divisor: Quantity = "divisor" always,
    }
    /// A key of a ConfigMap.
    ConfigMapKeySelector {
        name: String = "name",
        key: String = "key" always,
        optional: Option<bool> = "optional",
    }
    /// A key of a Secret.
    SecretKeySelector {
        name: String = "name",
        key: String = "key" always,
        optional: Option<bool> = "optional",
    }
    /// A variable out of a file in a volume.
    FileKeySelector {
        volume_name: String = "volumeName" always,
        path: String = "path" always,
        key: String = "key" always,
        optional: Option<bool> = "optional",
    }
    /// How much a container is promised and how much it may take.
    ResourceRequirements {
        limits: ResourceList = "limits",
        requests: ResourceList = "requests",
        claims: Vec<Value> = "claims",
    }
    /// Whether a changed resource restarts the container.
    ContainerResizePolicy {
        resource_name: String = "resourceName" always,
        restart_policy: String = "restartPolicy" always,
    }
    /// What to do when the container exits in a certain way.
    ContainerRestartRule {
        action: String = "action",
        exit_codes: Option<ContainerRestartRuleOnExitCodes> = "exitCodes",
    }
    /// Exit codes of a restart rule.
    ContainerRestartRuleOnExitCodes {
        operator: String = "operator",
        values: Vec<i32> = "values",
    }
    /// Where a volume is seen in a container.
    VolumeMount {
        name: String = "name" always,
        read_only: bool = "readOnly",
        recursive_read_only: Option<String> = "recursiveReadOnly",
        mount_path: String = "mountPath" always,
        sub_path: String = "subPath",
        mount_propagation: Option<String> = "mountPropagation",
        sub_path_expr: String = "subPathExpr",
    }
    /// Where a raw block device is seen in a container.
    VolumeDevice {
        name: String = "name" always,
        device_path: String = "devicePath" always,
    }
    /// A check that the kubelet repeats.
    Probe {
        exec: Option<ExecAction> = "exec",
        http_get: Option<HTTPGetAction> = "httpGet",
        tcp_socket: Option<TCPSocketAction> = "tcpSocket",
        grpc: Option<GRPCAction> = "grpc",
        initial_delay_seconds: i32 = "initialDelaySeconds",
        timeout_seconds: i32 = "timeoutSeconds",
        period_seconds: i32 = "periodSeconds",
        success_threshold: i32 = "successThreshold",
        failure_threshold: i32 = "failureThreshold",
        termination_grace_period_seconds: Option<i64> = "terminationGracePeriodSeconds",
    }
    /// A command run in the container.
    ExecAction {
        command: Vec<String> = "command",
    }
    /// A request to the container.
    HTTPGetAction {
        path: String = "path",
        port: IntOrString = "port" always,
        host: String = "host",
        scheme: String = "scheme",
        http_headers: Vec<HTTPHeader> = "httpHeaders",
    }
    /// A header of that request.
    HTTPHeader {
        name: String = "name" always,
        value: String = "value" always,
    }
    /// An attempt to connect.
    TCPSocketAction {
        port: IntOrString = "port" always,
        host: String = "host",
    }
    /// A gRPC health check.
    GRPCAction {
        port: i32 = "port" always,
        service: Option<String> = "service" always,
    }
    /// A pause.
    SleepAction {
        seconds: i64 = "seconds" always,
    }
    /// What to do after the start and before the stop.
    Lifecycle {
        post_start: Option<LifecycleHandler> = "postStart",
        pre_stop: Option<LifecycleHandler> = "preStop",
        stop_signal: Option<String> = "stopSignal",
    }
    /// One such action.
    LifecycleHandler {
        exec: Option<ExecAction> = "exec",
        http_get: Option<HTTPGetAction> = "httpGet",
        tcp_socket: Option<TCPSocketAction> = "tcpSocket",
        sleep: Option<SleepAction> = "sleep",
    }
    /// Users, capabilities and the like of one container.
    SecurityContext {
        capabilities: Option<Capabilities> = "capabilities",
        privileged: Option<bool> = "privileged",
        se_linux_options: Option<Value> = "seLinuxOptions",
        windows_options: Option<Value> = "windowsOptions",
        run_as_user: Option<i64> = "runAsUser",
        run_as_group: Option<i64> = "runAsGroup",
        run_as_non_root: Option<bool> = "runAsNonRoot",
        read_only_root_filesystem: Option<bool> = "readOnlyRootFilesystem",
        allow_privilege_escalation: Option<bool> = "allowPrivilegeEscalation",
        proc_mount: Option<String> = "procMount",
        seccomp_profile: Option<SeccompProfile> = "seccompProfile",
        app_armor_profile: Option<Value> = "appArmorProfile",
    }
    /// Linux capabilities to add and drop.
    Capabilities {
        add: Vec<String> = "add",
        drop: Vec<String> = "drop",
    }
    /// What is known about one container.
    ContainerStatus {
        name: String = "name" always,
        state: ContainerState = "state" always,
        last_state: ContainerState = "lastState" always,
        ready: bool = "ready" always,
        restart_count: i32 = "restartCount" always,
        image: String = "image" always,
        image_id: String = "imageID" always,
        container_id: String = "containerID",
        started: Option<bool> = "started",
        allocated_resources: ResourceList = "allocatedResources",
        resources: Option<Box<ResourceRequirements>> = "resources",
        volume_mounts: Vec<VolumeMountStatus> = "volumeMounts",
        user: Option<Box<ContainerUser>> = "user",
        allocated_resources_status: Vec<Value> = "allocatedResourcesStatus",
        stop_signal: Option<String> = "stopSignal",
    }
    /// Waiting, running or terminated: at most one is there.
    ContainerState {
        waiting: Option<Box<ContainerStateWaiting>> = "waiting",
        running: Option<ContainerStateRunning> = "running",
        terminated: Option<Box<ContainerStateTerminated>> = "terminated",
    }
    /// Why a container does not run yet.
    ContainerStateWaiting {
        reason: String = "reason",
        message: String = "message",
    }
    /// Since when it runs.
    ContainerStateRunning {
        started_at: Option<Time> = "startedAt" always,
    }
    /// How it ended.
    ContainerStateTerminated {
        exit_code: i32 = "exitCode" always,
        signal: i32 = "signal",
        reason: String = "reason",
        message: String = "message",
        started_at: Option<Time> = "startedAt" always,
        finished_at: Option<Time> = "finishedAt" always,
        container_id: String = "containerID",
    }
    /// The user that its first process was started as.
    ContainerUser {
        linux: Option<LinuxContainerUser> = "linux",
    }
    /// That user on Linux.
    LinuxContainerUser {
        uid: i64 = "uid" always,
        gid: i64 = "gid" always,
        supplemental_groups: Vec<i64> = "supplementalGroups",
    }
    /// A mount as it came to be.
    VolumeMountStatus {
        name: String = "name" always,
        mount_path: String = "mountPath" always,
        read_only: bool = "readOnly",
        recursive_read_only: Option<String> = "recursiveReadOnly",
        volume_status: Option<Value> = "volumeStatus",
    }
}

impl EphemeralContainer {
    /// The same as an ordinary container.
    pub fn to_container(&self) -> Container {
        let own = self.clone();
        Container {
            name: own.name,
            image: own.image,
            command: own.command,
            args: own.args,
            working_dir: own.working_dir,
            ports: own.ports,
            env_from: own.env_from,
            env: own.env,
            resources: own.resources,
            resize_policy: own.resize_policy,
            restart_policy: own.restart_policy,
            restart_policy_rules: own.restart_policy_rules,
            volume_mounts: own.volume_mounts,
            volume_devices: own.volume_devices,
            liveness_probe: own.liveness_probe,
            readiness_probe: own.readiness_probe,
            startup_probe: own.startup_probe,
            lifecycle: own.lifecycle,
            termination_message_path: own.termination_message_path,
            termination_message_policy: own.termination_message_policy,
            image_pull_policy: own.image_pull_policy,
            security_context: own.security_context,
            stdin: own.stdin,
            stdin_once: own.stdin_once,
            tty: own.tty,
        }
    }
}

impl Container {
    /// Whether this init container is a sidecar: it keeps running beside the others.
    /// Models podutil.IsRestartableInitContainer (v1.36)
    pub fn is_restartable_init(&self) -> bool {
        self.restart_policy.as_deref() == Some("Always")
    }
}

crate::choices! {
    /// When an image is pulled.
    PullPolicy { Always, IfNotPresent, Never }
}
