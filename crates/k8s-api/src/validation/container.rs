//! Containers: names, images, ports, environment, mounts, probes, hooks.
//! Models pkg/apis/core/validation/validation.go (v1.36)

use crate::core::{
    Container, ContainerPort, ContainerRestartRule, EnvFromSource, EnvVar, EphemeralContainer, HTTPGetAction,
    Lifecycle, LifecycleHandler, ObjectFieldSelector, PodSpec, Probe, ResourceFieldSelector, Volume,
    VolumeMount,
};
use crate::intstr::IntOrString;
use crate::small::Names;

use super::field::{ErrorList, Path};
use super::names;
use super::options::Options;
use super::resources;
use super::security;
use super::volume::{descending_path, has_backsteps, no_backsteps};

const ENV_FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
const RESOURCE_FIELDS: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];
const DIVISORS: [&str; 13] =
    ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];
const ONE_HANDLER: &str = "may not specify more than 1 handler type";
const NO_POLICY: &str = "must specify restartPolicy when restart rules are used";
const MIN_ZERO: &str = "must be greater than or equal to 0";

/// What containers are checked against.
pub(super) struct Surroundings<'a> {
    pub(super) spec: &'a PodSpec,
    /// The names of the volumes that are sound, and where they stand in the list.
    pub(super) volumes: Names,
    /// What is let through.
    pub(super) options: &'a Options,
}

impl Surroundings<'_> {
    fn volume(&self, name: &str) -> Option<&Volume> {
        self.volumes.get(name).and_then(|i| self.spec.volumes.get(i))
    }
}

/// Checks the ordinary containers. Models validateContainers
pub(super) fn containers(around: &Surroundings<'_>, path: &Path, errors: &mut ErrorList) {
    let list = &around.spec.containers;
    if list.is_empty() {
        errors.required(path, "");
        return;
    }
    let mut seen = Names::default();
    for (i, container) in list.iter().enumerate() {
        let path = path.index(i);
        common(container, around, &path, errors);
        if !seen.insert(&container.name) {
            errors.duplicate(&path.child("name"), &container.name);
        }
        watch(container, around.spec, &path, errors);
        restart_policy(container.restart_policy.as_deref(), &container.restart_policy_rules, &path, errors);
    }
    host_ports(list, path, errors);
}

/// Checks the init containers. Models validateInitContainers
pub(super) fn init_containers(around: &Surroundings<'_>, path: &Path, errors: &mut ErrorList) {
    let mut seen = Names::default();
    around.spec.containers.iter().for_each(|container| {
        seen.insert(&container.name);
    });
    for (i, container) in around.spec.init_containers.iter().enumerate() {
        let path_i = path.index(i);
        common(container, around, &path_i, errors);
        let rules = &container.restart_policy_rules;
        // Without a policy, the rules of an init container are not looked at.
        match container.restart_policy.as_deref() {
            None if !rules.is_empty() => errors.required(&path_i.child("restartPolicy"), NO_POLICY),
            policy => restart_policy(policy, rules, &path_i, errors),
        }
        if seen.contains(&container.name) {
            errors.duplicate(&path_i.child("name"), &container.name);
        } else if !container.name.is_empty() {
            seen.insert(&container.name);
        }
        host_ports(std::slice::from_ref(container), path, errors);
        if container.is_restartable_init() {
            watch(container, around.spec, &path_i, errors);
        } else {
            let set = [
                ("lifecycle", container.lifecycle.is_some()),
                ("livenessProbe", container.liveness_probe.is_some()),
                ("readinessProbe", container.readiness_probe.is_some()),
                ("startupProbe", container.startup_probe.is_some()),
            ];
            for (name, _) in set.iter().filter(|(_, set)| *set) {
                let words = "may not be set for init containers without restartPolicy=Always";
                errors.forbidden(&path_i.child(name), words);
            }
            let refused = container.resize_policy.iter().enumerate();
            for (j, policy) in refused.filter(|_| !around.options.init_resize_restarts) {
                if policy.restart_policy == "RestartContainer" {
                    errors.invalid(
                        &path_i.child("resizePolicy").index(j).child("restartPolicy"),
                        &policy.restart_policy,
                        "must not be set to 'RestartContainer' for non-sidecar initContainers",
                    );
                }
            }
        }
    }
}

/// Checks ephemeral containers. Models validateEphemeralContainers
pub(super) fn ephemeral_containers(around: &Surroundings<'_>, path: &Path, errors: &mut ErrorList) {
    let mut others = Names::default();
    for container in around.spec.containers.iter().chain(&around.spec.init_containers) {
        others.insert(&container.name);
    }
    let mut seen = others.clone();
    for (i, ephemeral) in around.spec.ephemeral_containers.iter().enumerate() {
        let path = path.index(i);
        let container = ephemeral.to_container();
        common(&container, around, &path, errors);
        image_space(&container, &path, errors);
        if !seen.insert(&ephemeral.name) {
            errors.duplicate(&path.child("name"), &ephemeral.name);
        }
        let target = &ephemeral.target_container_name;
        if !target.is_empty() && !others.contains(target) {
            errors.not_found(&path.child("targetContainerName"), target, "");
        }
        ephemeral_fields(ephemeral, &path, errors);
    }
}

fn ephemeral_fields(ephemeral: &EphemeralContainer, path: &Path, errors: &mut ErrorList) {
    const WORDS: &str = "cannot be set for an Ephemeral Container";
    let resources = &ephemeral.resources;
    let set = [
        ("ports", !ephemeral.ports.is_empty()),
        (
            "resources",
            !(resources.limits.is_empty() && resources.requests.is_empty() && resources.claims.is_empty()),
        ),
        ("resizePolicy", !ephemeral.resize_policy.is_empty()),
        ("restartPolicy", ephemeral.restart_policy.is_some()),
        ("restartPolicyRules", !ephemeral.restart_policy_rules.is_empty()),
        ("livenessProbe", ephemeral.liveness_probe.is_some()),
        ("readinessProbe", ephemeral.readiness_probe.is_some()),
        ("startupProbe", ephemeral.startup_probe.is_some()),
        ("lifecycle", ephemeral.lifecycle.is_some()),
    ];
    for (name, _) in set.iter().filter(|(_, set)| *set) {
        errors.forbidden(&path.child(name), WORDS);
    }
    for (i, mount) in ephemeral.volume_mounts.iter().enumerate() {
        let path = path.child("volumeMounts").index(i);
        if !mount.sub_path.is_empty() {
            errors.forbidden(&path.child("subPath"), WORDS);
        }
        if !mount.sub_path_expr.is_empty() {
            errors.forbidden(&path.child("subPathExpr"), WORDS);
        }
    }
}

/// Spaces around an image's name are refused in Pods, though not in templates.
pub(super) fn image_space(container: &Container, path: &Path, errors: &mut ErrorList) {
    if container.image.trim() != container.image {
        errors.invalid(
            &path.child("image"),
            &container.image,
            "must not have leading or trailing whitespace",
        );
    }
}

/// What holds for containers of all sorts. Models validateContainerCommon
fn common(container: &Container, around: &Surroundings<'_>, path: &Path, errors: &mut ErrorList) {
    if container.name.is_empty() {
        errors.required(&path.child("name"), "");
    } else {
        errors.check(&path.child("name"), &container.name, names::dns1123_label);
    }
    if container.image.is_empty() {
        errors.required(&path.child("image"), "");
    }
    let policy = path.child("terminationMessagePolicy");
    match container.termination_message_policy.as_str() {
        "File" | "FallbackToLogsOnError" => {}
        "" => errors.required(&policy, ""),
        other => errors.not_supported(&policy, other, &["File", "FallbackToLogsOnError"]),
    }
    ports(&container.ports, &path.child("ports"), errors);
    env(&container.env, &path.child("env"), errors);
    env_from(&container.env_from, &path.child("envFrom"), errors);
    mounts(container, around, &path.child("volumeMounts"), errors);
    devices(container, around, &path.child("volumeDevices"), errors);
    pull_policy(&container.image_pull_policy, &path.child("imagePullPolicy"), errors);
    resources::container(&container.resources, around.spec, around.options, &path.child("resources"), errors);
    resize_policy(container, &around.spec.restart_policy, &path.child("resizePolicy"), errors);
    let host_users = around.spec.host_users.unwrap_or(true);
    security::container(
        container.security_context.as_deref(),
        host_users,
        &path.child("securityContext"),
        errors,
    );
}

pub(super) fn pull_policy(policy: &str, path: &Path, errors: &mut ErrorList) {
    match policy {
        "Always" | "IfNotPresent" | "Never" => {}
        "" => errors.required(path, ""),
        other => errors.not_supported(path, other, &["Always", "IfNotPresent", "Never"]),
    }
}

pub(super) fn ports(ports: &[ContainerPort], path: &Path, errors: &mut ErrorList) {
    let mut seen = Names::default();
    for (i, port) in ports.iter().enumerate() {
        let path_i = path.index(i);
        if !port.name.is_empty() {
            let messages = names::port_name(&port.name);
            if !messages.is_empty() {
                errors.invalid_each(&path_i.child("name"), &port.name, &messages);
            } else if !seen.insert(&port.name) {
                errors.duplicate(&path_i.child("name"), &port.name);
            }
        }
        if port.container_port == 0 {
            errors.required(&path_i.child("containerPort"), "");
        } else {
            number(&path_i.child("containerPort"), port.container_port, errors);
        }
        if port.host_port != 0 {
            number(&path_i.child("hostPort"), port.host_port, errors);
        }
        match port.protocol.as_str() {
            "TCP" | "UDP" | "SCTP" => {}
            "" => errors.required(&path_i.child("protocol"), ""),
            other => errors.not_supported(&path_i.child("protocol"), other, &["SCTP", "TCP", "UDP"]),
        }
    }
}

fn number(path: &Path, port: i32, errors: &mut ErrorList) {
    for message in names::port_number(i64::from(port)) {
        errors.invalid(path, port, &message);
    }
}

fn host_ports(containers: &[Container], path: &Path, errors: &mut ErrorList) {
    let mut seen = Names::default();
    for (i, container) in containers.iter().enumerate() {
        for (j, port) in container.ports.iter().enumerate().filter(|(_, port)| port.host_port != 0) {
            let text = format!("{}/{}/{}", port.protocol, port.host_ip, port.host_port);
            if !seen.insert(&text) {
                errors.duplicate(&path.index(i).child("ports").index(j).child("hostPort"), &text);
            }
        }
    }
}

pub(super) fn env(variables: &[EnvVar], path: &Path, errors: &mut ErrorList) {
    for (i, variable) in variables.iter().enumerate() {
        let path = path.index(i);
        if variable.name.is_empty() {
            errors.required(&path.child("name"), "");
        } else {
            errors.check(&path.child("name"), &variable.name, names::env_var_name);
        }
        value_from(variable, &path.child("valueFrom"), errors);
    }
}

fn value_from(variable: &EnvVar, path: &Path, errors: &mut ErrorList) {
    let Some(from) = &variable.value_from else { return };
    let mut sources = 0;
    if let Some(field) = &from.field_ref {
        sources += 1;
        object_field(field, &ENV_FIELDS, &path.child("fieldRef"), errors);
    }
    if let Some(resource) = &from.resource_field_ref {
        sources += 1;
        resource_field(resource, &path.child("resourceFieldRef"), false, errors);
    }
    if let Some(key) = &from.config_map_key_ref {
        sources += 1;
        key_selector(&key.name, &key.key, &path.child("configMapKeyRef"), errors);
    }
    if let Some(key) = &from.secret_key_ref {
        sources += 1;
        key_selector(&key.name, &key.key, &path.child("secretKeyRef"), errors);
    }
    if let Some(file) = &from.file_key_ref {
        sources += 1;
        let path = path.child("fileKeyRef");
        if file.key.is_empty() {
            errors.required(&path.child("key"), "");
        } else {
            errors.check(&path.child("key"), &file.key, names::env_var_name);
        }
        if file.volume_name.is_empty() {
            errors.required(&path.child("volumeName"), "");
        } else {
            let messages = names::dns1123_label(&file.volume_name);
            errors.invalid_each(&path.child("volumeName"), &file.volume_name, &messages);
        }
        if file.path.is_empty() {
            errors.required(&path.child("path"), "");
        } else {
            no_backsteps(&file.path, &path.child("path"), errors);
        }
    }
    let words = if sources == 0 {
        "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
    } else if !variable.value.is_empty() {
        "may not be specified when `value` is not empty"
    } else if sources > 1 {
        "may not have more than one field specified at a time"
    } else {
        return;
    };
    errors.invalid(path, "", words);
}

fn key_selector(name: &str, key: &str, path: &Path, errors: &mut ErrorList) {
    errors.check(&path.child("name"), name, names::dns1123_subdomain);
    if key.is_empty() {
        errors.required(&path.child("key"), "");
    } else {
        errors.check(&path.child("key"), key, names::config_key);
    }
}

/// Checks a reference to a field of the Pod. Models validateObjectFieldSelector
pub(super) fn object_field(
    field: &ObjectFieldSelector,
    allowed: &[&str],
    path: &Path,
    errors: &mut ErrorList,
) {
    if field.api_version.is_empty() {
        errors.required(&path.child("apiVersion"), "");
        return;
    }
    if field.field_path.is_empty() {
        errors.required(&path.child("fieldPath"), "");
        return;
    }
    let path_field = path.child("fieldPath");
    let convert = |errors: &mut ErrorList, why: &str| {
        errors.invalid(&path_field, &field.field_path, &format!("error converting fieldPath: {why}"));
    };
    if field.api_version != "v1" {
        convert(errors, &format!("unsupported pod version: {}", field.api_version));
        return;
    }
    let text = field.field_path.as_str();
    if let Some((base, subscript)) = text.strip_suffix("']").and_then(|rest| rest.split_once("['")) {
        match base {
            "metadata.annotations" => {
                errors.invalid_each(
                    path,
                    &subscript.to_ascii_lowercase(),
                    &names::qualified_name(&subscript.to_ascii_lowercase()),
                );
            }
            "metadata.labels" => errors.check(path, subscript, names::qualified_name),
            _ => convert(errors, &format!("field label does not support subscript: {text}")),
        }
        return;
    }
    let known = [
        "metadata.annotations",
        "metadata.labels",
        "spec.restartPolicy",
        "spec.schedulerName",
        "status.phase",
        "spec.host",
    ];
    if !known.contains(&text) && !ENV_FIELDS.contains(&text) {
        convert(errors, &format!("field label not supported: {text}"));
        return;
    }
    let text = if text == "spec.host" { "spec.nodeName" } else { text };
    if !allowed.contains(&text) {
        errors.not_supported(&path_field, text, allowed);
    }
}

/// Checks a reference to a request or limit. Models validateContainerResourceFieldSelector
pub(super) fn resource_field(
    field: &ResourceFieldSelector,
    path: &Path,
    volume: bool,
    errors: &mut ErrorList,
) {
    let resource = field.resource.as_str();
    let huge = resource.starts_with("requests.hugepages-") || resource.starts_with("limits.hugepages-");
    if volume && field.container_name.is_empty() {
        errors.required(&path.child("containerName"), "");
    } else if resource.is_empty() {
        errors.required(&path.child("resource"), "");
    } else if !RESOURCE_FIELDS.contains(&resource) && !huge {
        errors.not_supported(&path.child("resource"), resource, &RESOURCE_FIELDS);
    }
    if field.divisor.is_zero() {
        return;
    }
    let divisor = field.divisor.to_string();
    let list = "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the";
    let words = match resource {
        "limits.cpu" | "requests.cpu" if divisor != "1m" && divisor != "1" => {
            "only divisor's values 1m and 1 are supported with the cpu resource".to_string()
        }
        "limits.cpu" | "requests.cpu" => return,
        _ if DIVISORS.contains(&divisor.as_str()) => return,
        "limits.memory" | "requests.memory" => format!("{list} memory resource"),
        "limits.ephemeral-storage" | "requests.ephemeral-storage" => {
            format!("{list} local ephemeral storage resource")
        }
        _ if huge => format!("{list} hugepages resource"),
        _ => return,
    };
    errors.invalid(&path.child("divisor"), resource, &words);
}

fn env_from(sources: &[EnvFromSource], path: &Path, errors: &mut ErrorList) {
    for (i, source) in sources.iter().enumerate() {
        let path_i = path.index(i);
        if !source.prefix.is_empty() {
            errors.check(&path_i.child("prefix"), &source.prefix, names::env_var_name);
        }
        let named = [
            ("configMapRef", source.config_map_ref.as_ref().map(|map| &map.name)),
            ("secretRef", source.secret_ref.as_ref().map(|secret| &secret.name)),
        ];
        for (field, name) in &named {
            let Some(name) = name else { continue };
            let path = path_i.child(field).child("name");
            if name.is_empty() {
                errors.required(&path, "");
            } else {
                errors.invalid_each(&path, name, &names::dns1123_subdomain(name.trim_end_matches('-')));
            }
        }
        match named.iter().filter(|(_, name)| name.is_some()).count() {
            0 => errors.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"),
            1 => {}
            _ => errors.invalid(path, "", "may not have more than one field specified at a time"),
        }
    }
}

fn mounts(container: &Container, around: &Surroundings<'_>, path: &Path, errors: &mut ErrorList) {
    let mut seen = Names::default();
    for (i, mount) in container.volume_mounts.iter().enumerate() {
        let path_i = path.index(i);
        if mount.name.is_empty() {
            errors.required(&path_i.child("name"), "");
        }
        if !around.volumes.contains(&mount.name) {
            errors.not_found(&path_i.child("name"), &mount.name, "");
        }
        if mount.mount_path.is_empty() {
            errors.required(&path_i.child("mountPath"), "");
        }
        if !seen.insert(&mount.mount_path) {
            errors.invalid(&path_i.child("mountPath"), &mount.mount_path, "must be unique");
        }
        if container.volume_devices.iter().any(|device| device.name == mount.name) {
            errors.invalid(&path_i.child("name"), &mount.name, "must not already exist in volumeDevices");
        }
        if container.volume_devices.iter().any(|device| device.device_path == mount.mount_path) {
            let words = "must not already exist as a path in volumeDevices";
            errors.invalid(&path_i.child("mountPath"), &mount.mount_path, words);
        }
        if !mount.sub_path.is_empty() {
            descending_path(&mount.sub_path, &path.child("subPath"), errors);
        }
        if !mount.sub_path_expr.is_empty() {
            if !mount.sub_path.is_empty() {
                let words = "subPathExpr and subPath are mutually exclusive";
                errors.invalid(&path_i.child("subPathExpr"), &mount.sub_path_expr, words);
            }
            descending_path(&mount.sub_path_expr, &path.child("subPathExpr"), errors);
        }
        propagation(mount, container, path, errors);
    }
}

fn propagation(mount: &VolumeMount, container: &Container, path: &Path, errors: &mut ErrorList) {
    if let Some(mode) = &mount.mount_propagation {
        let path = path.child("mountPropagation");
        let modes = ["Bidirectional", "HostToContainer", "None"];
        if !modes.contains(&mode.as_str()) {
            errors.not_supported(&path, mode, &modes);
        }
        let privileged =
            container.security_context.as_deref().and_then(|context| context.privileged) == Some(true);
        if mode == "Bidirectional" && !privileged {
            let words = "Bidirectional mount propagation is available only to privileged containers";
            errors.forbidden(&path, words);
        }
    }
    if let Some(mode) = &mount.recursive_read_only {
        let path = path.child("recursiveReadOnly");
        match mode.as_str() {
            "Disabled" => {}
            "Enabled" | "IfPossible" => {
                if !mount.read_only {
                    errors.forbidden(&path, "may only be specified when readOnly is true");
                }
                if mount.mount_propagation.as_deref().is_some_and(|mode| mode != "None") {
                    errors.forbidden(
                        &path,
                        "may only be specified when mountPropagation is None or not specified",
                    );
                }
            }
            other => errors.not_supported(&path, other, &["Disabled", "Enabled", "IfPossible"]),
        }
    }
}

fn devices(container: &Container, around: &Surroundings<'_>, path: &Path, errors: &mut ErrorList) {
    let (mut names, mut paths) = (Names::default(), Names::default());
    for (i, device) in container.volume_devices.iter().enumerate() {
        let path = path.index(i);
        let name = path.child("name");
        let volume = around.volume(&device.name);
        if device.name.is_empty() {
            errors.required(&name, "");
        }
        if names.contains(&device.name) {
            errors.invalid(&name, &device.name, "must be unique");
        }
        match volume {
            Some(volume) if volume.persistent_volume_claim.is_none() && volume.ephemeral.is_none() => {
                let words =
                    "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                errors.invalid(&name, &device.name, words);
            }
            Some(_) => {}
            None => errors.not_found(&name, &device.name, ""),
        }
        let path_device = path.child("devicePath");
        if device.device_path.is_empty() {
            errors.required(&path_device, "");
        }
        if paths.contains(&device.device_path) {
            errors.invalid(&path_device, &device.device_path, "must be unique");
        }
        if has_backsteps(&device.device_path) {
            errors.invalid(&path_device, &device.device_path, "can not contain backsteps ('..')");
        } else {
            paths.insert(&device.device_path);
        }
        if container.volume_mounts.iter().any(|mount| mount.name == device.name) {
            errors.invalid(&name, &device.name, "must not already exist in volumeMounts");
        }
        if container.volume_mounts.iter().any(|mount| mount.mount_path == device.device_path) {
            let words = "must not already exist as a path in volumeMounts";
            errors.invalid(&path_device, &device.device_path, words);
        }
        if !device.name.is_empty() {
            names.insert(&device.name);
        }
    }
}

fn resize_policy(container: &Container, pod_policy: &str, path: &Path, errors: &mut ErrorList) {
    let mut seen = Names::default();
    for (i, policy) in container.resize_policy.iter().enumerate() {
        if !seen.insert(&policy.resource_name) {
            errors.duplicate(&path.index(i), &policy.resource_name);
        }
        match policy.resource_name.as_str() {
            "cpu" | "memory" => {}
            "" => errors.required(path, ""),
            other => errors.not_supported(path, other, &["cpu", "memory"]),
        }
        match policy.restart_policy.as_str() {
            "NotRequired" | "RestartContainer" => {}
            "" => errors.required(path, ""),
            other => errors.not_supported(path, other, &["NotRequired", "RestartContainer"]),
        }
        if pod_policy == "Never" && policy.restart_policy != "NotRequired" {
            let words = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
            errors.invalid(path, &policy.restart_policy, words);
        }
    }
}

/// Checks a container's own restart policy. Models validateContainerRestartPolicy
fn restart_policy(policy: Option<&str>, rules: &[ContainerRestartRule], path: &Path, errors: &mut ErrorList) {
    let path_policy = path.child("restartPolicy");
    match policy {
        None if rules.is_empty() => return,
        None => errors.required(&path_policy, NO_POLICY),
        Some("Always" | "OnFailure" | "Never") => {}
        Some(other) => errors.not_supported(&path_policy, other, &["Always", "Never", "OnFailure"]),
    }
    if rules.len() > 20 {
        errors.too_many(&path.child("restartPolicyRules"), rules.len(), 20);
    }
    for (i, rule) in rules.iter().enumerate() {
        let path = path.child("restartPolicyRules").index(i);
        if !matches!(rule.action.as_str(), "Restart" | "RestartAllContainers") {
            errors.not_supported(&path.child("action"), &rule.action, &["Restart", "RestartAllContainers"]);
        }
        let codes_path = path.child("exitCodes");
        match &rule.exit_codes {
            Some(codes) => {
                if !matches!(codes.operator.as_str(), "In" | "NotIn") {
                    errors.not_supported(&codes_path.child("operator"), &codes.operator, &["In", "NotIn"]);
                }
                if codes.values.len() > 255 {
                    errors.too_many(&codes_path.child("values"), codes.values.len(), 255);
                }
            }
            None => errors.required(&codes_path, "must be specified"),
        }
    }
}

/// Checks hooks and probes.
fn watch(container: &Container, spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    if let Some(lifecycle) = &container.lifecycle {
        self::lifecycle(lifecycle, spec, &path.child("lifecycle"), errors);
    }
    let probes = [
        ("livenessProbe", &container.liveness_probe),
        ("readinessProbe", &container.readiness_probe),
        ("startupProbe", &container.startup_probe),
    ];
    for (name, probe) in probes {
        let Some(probe) = probe else { continue };
        let path = path.child(name);
        self::probe(probe, &path, errors);
        if name == "readinessProbe" {
            if let Some(grace) = probe.termination_grace_period_seconds {
                let words = "must not be set for readinessProbes";
                errors.invalid(&path.child("terminationGracePeriodSeconds"), grace, words);
            }
        } else if probe.success_threshold != 1 {
            errors.invalid(&path.child("successThreshold"), probe.success_threshold, "must be 1");
        }
    }
}

fn lifecycle(lifecycle: &Lifecycle, spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    for (name, hook) in [("postStart", &lifecycle.post_start), ("preStop", &lifecycle.pre_stop)] {
        if let Some(hook) = hook {
            handler(
                &Handler::of_hook(hook),
                spec.termination_grace_period_seconds,
                &path.child(name),
                errors,
            );
        }
    }
    let Some(signal) = &lifecycle.stop_signal else { return };
    let path = path.child("stopSignal");
    match spec.os.as_ref().map(|os| os.name.as_str()) {
        None => errors.forbidden(&path, "may not be set for containers with empty `spec.os.name`"),
        Some("windows") if !matches!(signal.as_str(), "SIGKILL" | "SIGTERM") => {
            errors.not_supported(&path, signal, &["SIGKILL", "SIGTERM"]);
        }
        Some("linux") => {
            let known = linux_signals();
            if !known.contains(signal) {
                errors.not_supported(&path, signal, &known.iter().map(String::as_str).collect::<Vec<_>>());
            }
        }
        Some(_) => {}
    }
}

/// The signals that stop a container on Linux, as messages list them.
fn linux_signals() -> Vec<String> {
    const NAMES: &str = "ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV \
                         STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX";
    let mut signals: Vec<String> = NAMES.split_whitespace().map(|name| format!("SIG{name}")).collect();
    signals.extend((1..16).map(|i| format!("SIGRTMIN+{i}")));
    signals.extend((1..15).map(|i| format!("SIGRTMAX-{i}")));
    crate::small::sort(&mut signals, &|a, b| a < b);
    signals
}

struct Handler<'a> {
    exec: Option<&'a [String]>,
    http: Option<&'a HTTPGetAction>,
    tcp: Option<&'a IntOrString>,
    grpc: Option<i32>,
    sleep: Option<i64>,
}

impl<'a> Handler<'a> {
    fn of_hook(hook: &'a LifecycleHandler) -> Self {
        Handler {
            exec: hook.exec.as_ref().map(|exec| exec.command.as_slice()),
            http: hook.http_get.as_ref(),
            tcp: hook.tcp_socket.as_ref().map(|tcp| &tcp.port),
            grpc: None,
            sleep: hook.sleep.as_ref().map(|sleep| sleep.seconds),
        }
    }

    fn of_probe(probe: &'a Probe) -> Self {
        Handler {
            exec: probe.exec.as_ref().map(|exec| exec.command.as_slice()),
            http: probe.http_get.as_ref(),
            tcp: probe.tcp_socket.as_ref().map(|tcp| &tcp.port),
            grpc: probe.grpc.as_ref().map(|grpc| grpc.port),
            sleep: None,
        }
    }
}

/// Checks a probe without what is particular to its sort. Models validateProbe
pub(super) fn probe(probe: &Probe, path: &Path, errors: &mut ErrorList) {
    handler(&Handler::of_probe(probe), None, path, errors);
    let numbers = [
        ("initialDelaySeconds", probe.initial_delay_seconds),
        ("timeoutSeconds", probe.timeout_seconds),
        ("periodSeconds", probe.period_seconds),
        ("successThreshold", probe.success_threshold),
        ("failureThreshold", probe.failure_threshold),
    ];
    for (name, number) in numbers {
        if number < 0 {
            errors.invalid(&path.child(name), number, MIN_ZERO);
        }
    }
    if let Some(grace) = probe.termination_grace_period_seconds.filter(|grace| *grace <= 0) {
        errors.invalid(&path.child("terminationGracePeriodSeconds"), grace, "must be greater than 0");
    }
}

fn handler(handler: &Handler<'_>, grace: Option<i64>, path: &Path, errors: &mut ErrorList) {
    let mut found = false;
    let mut first = |name: &str, errors: &mut ErrorList| {
        let again = std::mem::replace(&mut found, true);
        if again {
            errors.forbidden(&path.child(name), ONE_HANDLER);
        }
        !again
    };
    if let Some(command) = handler.exec
        && first("exec", errors)
        && command.is_empty()
    {
        errors.required(&path.child("exec").child("command"), "");
    }
    if let Some(http) = handler.http
        && first("httpGet", errors)
    {
        http_get(http, &path.child("httpGet"), errors);
    }
    if let Some(port) = handler.tcp
        && first("tcpSocket", errors)
    {
        port_number_or_name(port, &path.child("tcpSocket").child("port"), errors);
    }
    if let Some(port) = handler.grpc
        && first("grpc", errors)
    {
        number(&path.child("grpc").child("port"), port, errors);
    }
    if let Some(seconds) = handler.sleep
        && first("sleep", errors)
        && let Some(grace) = grace.filter(|grace| seconds < 0 || seconds > *grace)
    {
        let words = format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
        errors.invalid(&path.child("sleep"), seconds, &words);
    }
    if !found {
        errors.required(path, "must specify a handler type");
    }
}

fn http_get(http: &HTTPGetAction, path: &Path, errors: &mut ErrorList) {
    if http.path.is_empty() {
        errors.required(&path.child("path"), "");
    }
    port_number_or_name(&http.port, &path.child("port"), errors);
    if !matches!(http.scheme.as_str(), "HTTP" | "HTTPS") {
        errors.not_supported(&path.child("scheme"), &http.scheme, &["HTTP", "HTTPS"]);
    }
    for header in &http.http_headers {
        errors.check(&path.child("httpHeaders"), &header.name, names::header_name);
    }
}

/// Checks a port that may be a number or a name.
pub(super) fn port_number_or_name(port: &IntOrString, path: &Path, errors: &mut ErrorList) {
    match port {
        IntOrString::Int(port) => number(path, *port, errors),
        IntOrString::Str(name) => errors.check(path, name, names::port_name),
    }
}
