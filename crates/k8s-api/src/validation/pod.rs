//! Pods and the templates of Pods.
//! Models pkg/apis/core/validation/validation.go (v1.36)

use std::borrow::Cow;

use crate::core::{Container, PodSpec};
use crate::meta::{ObjectMeta, StringMap};
use crate::small::Names;

use super::container::{self, Surroundings};
use super::field::{ErrorList, Path};
use super::meta;
use super::names;
use super::options::Options;
use super::{ips, profiles, resources, scheduling, security, volume, windows};

/// Marks a Pod that stands for one of a kubelet's own.
pub(super) const MIRROR: &str = "kubernetes.io/config.mirror";

/// Checks a new Pod. Models ValidatePodCreate
pub fn create(metadata: &ObjectMeta, spec: &PodSpec, errors: &mut ErrorList) {
    metadata_and_spec(metadata, spec, &Options::default(), errors);
    let path = Path::new("spec");
    if !spec.ephemeral_containers.is_empty() {
        errors.forbidden(&path.child("ephemeralContainers"), "cannot be set on create");
    }
    if !spec.node_name.is_empty() && !spec.scheduling_gates.is_empty() {
        errors
            .forbidden(&path.child("nodeName"), "cannot be set until all schedulingGates have been cleared");
    }
    profiles::agree(&metadata.annotations, spec, &path, errors);
}

/// What holds for Pods new and old. Models validatePodMetadataAndSpec
pub(super) fn metadata_and_spec(
    metadata: &ObjectMeta,
    spec: &PodSpec,
    options: &Options,
    errors: &mut ErrorList,
) {
    let (path_meta, path) = (Path::new("metadata"), Path::new("spec"));
    meta::object_meta(metadata, true, names::dns1123_subdomain, &path_meta, errors);
    annotations(&metadata.annotations, spec, options, &path_meta.child("annotations"), errors);
    self::spec(spec, Some(metadata), options, &path, errors);
    if spec.service_account_name.is_empty() {
        for (i, volume) in spec.volumes.iter().enumerate() {
            for (j, source) in volume.projected.iter().flat_map(|projected| &projected.sources).enumerate() {
                if source.service_account_token.is_some() {
                    let path = path.child("volumes").index(i).child("projected").child("sources").index(j);
                    let words = "must not be specified when serviceAccountName is not set";
                    errors.forbidden(&path.child("serviceAccountToken"), words);
                }
            }
        }
    }
    for (name, list) in [("containers", &spec.containers), ("initContainers", &spec.init_containers)] {
        for (i, container) in list.iter().enumerate() {
            container::image_space(container, &path.child(name).index(i), errors);
        }
    }
}

/// Checks the annotations that mean something to a Pod. Models ValidatePodSpecificAnnotations
pub(super) fn annotations(
    annotations: &StringMap,
    spec: &PodSpec,
    options: &Options,
    path: &Path,
    errors: &mut ErrorList,
) {
    if let Some(value) = annotations.get(MIRROR)
        && spec.node_name.is_empty()
    {
        let words = "must set spec.nodeName if mirror pod annotation is set";
        errors.invalid(&path.key(MIRROR), value, words);
    }
    if !options.invalid_deletion_cost {
        deletion_cost(annotations, path, errors);
    }
    profiles::annotations(annotations, spec, path, errors);
}

/// Checks the cost of deleting a Pod. Models GetDeletionCostFromPodAnnotations
pub(super) fn deletion_cost(annotations: &StringMap, path: &Path, errors: &mut ErrorList) {
    const COST: &str = "controller.kubernetes.io/pod-deletion-cost";
    if let Some(value) = annotations.get(COST) {
        let leading = value.starts_with('+') || (value.len() > 1 && value.starts_with('0'));
        if leading || value.parse::<i32>().is_err() {
            errors.invalid(&path.key(COST), value, "must be a 32bit integer");
        }
    }
}

/// Checks a template of Pods. Models ValidatePodTemplateSpec
pub fn template(metadata: &ObjectMeta, spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    meta::labels(&metadata.labels, &path.child("labels"), errors);
    meta::annotations(&metadata.annotations, &path.child("annotations"), errors);
    let options = Options::default();
    annotations(&metadata.annotations, spec, &options, &path.child("annotations"), errors);
    self::spec(spec, None, &options, &path.child("spec"), errors);
    profiles::agree(&metadata.annotations, spec, &path.child("spec"), errors);
    if !spec.ephemeral_containers.is_empty() {
        let words = "ephemeral containers not allowed in pod template";
        errors.forbidden(&path.child("spec").child("ephemeralContainers"), words);
    }
}

/// Checks a Pod's spec; the metadata is that of the Pod, none in a template. Models ValidatePodSpec
pub fn spec(
    spec: &PodSpec,
    pod: Option<&ObjectMeta>,
    options: &Options,
    path: &Path,
    errors: &mut ErrorList,
) {
    if spec.termination_grace_period_seconds.is_none() {
        errors.required(&path.child("terminationGracePeriodSeconds"), "");
    }
    let volumes = volume::volumes(spec, pod, options, &path.child("volumes"), errors);
    if pod.is_some_and(|metadata| metadata.annotations.contains_key(MIRROR)) {
        for _ in &spec.resource_claims {
            errors.forbidden(&Path::default(), "static pods do not support resource claims");
        }
    } else {
        resource_claims(spec, &path.child("resourceClaims"), errors);
    }
    let around = Surroundings { spec, volumes, options };
    container::containers(&around, &path.child("containers"), errors);
    container::init_containers(&around, &path.child("initContainers"), errors);
    container::ephemeral_containers(&around, &path.child("ephemeralContainers"), errors);
    resources::pod(spec, options, path, errors);
    host_network_ports(spec, pod.is_some(), path, errors);
    match spec.restart_policy.as_str() {
        "Always" | "OnFailure" | "Never" => {}
        "" => errors.required(&path.child("restartPolicy"), ""),
        other => errors.not_supported(&path.child("restartPolicy"), other, &["Always", "OnFailure", "Never"]),
    }
    match spec.dns_policy.as_str() {
        "ClusterFirstWithHostNet" | "ClusterFirst" | "Default" | "None" => {}
        "" => errors.required(&path.child("dnsPolicy"), ""),
        other => {
            let valid = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
            errors.not_supported(&path.child("dnsPolicy"), other, &valid);
        }
    }
    meta::labels(&spec.node_selector, &path.child("nodeSelector"), errors);
    security::pod(spec, options, &path.child("securityContext"), errors);
    if let Some(affinity) = &spec.affinity {
        scheduling::affinity(affinity, options, &path.child("affinity"), errors);
    }
    dns_config(spec, &path.child("dnsConfig"), errors);
    gates(spec, path, errors);
    scheduling::spread(spec, options, &path.child("topologySpreadConstraints"), errors);
    windows::host_process(spec, path, errors);
    host_users(spec, options, path, errors);
    host_name(spec, path, errors);
    let subdomain = |value: &str, field: &str, errors: &mut ErrorList| {
        if !value.is_empty() {
            errors.check(&path.child(field), value, names::dns1123_subdomain);
        }
    };
    subdomain(&spec.service_account_name, "serviceAccountName", errors);
    subdomain(&spec.node_name, "nodeName", errors);
    if let Some(seconds) = spec.active_deadline_seconds {
        for message in names::range(seconds, 1, i64::from(i32::MAX)) {
            errors.invalid(&path.child("activeDeadlineSeconds"), seconds, &message);
        }
    }
    for (field, value) in [("hostname", &spec.hostname), ("subdomain", &spec.subdomain)] {
        if !value.is_empty() {
            errors.check(&path.child(field), value, names::dns1123_label);
        }
    }
    scheduling::tolerations(&spec.tolerations, options, &path.child("tolerations"), errors);
    for (i, alias) in spec.host_aliases.iter().enumerate() {
        let path = path.child("hostAliases").index(i);
        ips::ip(&alias.ip, &path.child("ip"), errors);
        for (j, name) in alias.hostnames.iter().enumerate() {
            errors.check(&path.child("hostnames").index(j), name, names::dns1123_subdomain);
        }
    }
    subdomain(&spec.priority_class_name, "priorityClassName", errors);
    if let Some(class) = &spec.runtime_class_name {
        errors.check(&path.child("runtimeClassName"), class, names::dns1123_subdomain);
    }
    match spec.preemption_policy.as_deref() {
        None | Some("PreemptLowerPriority" | "Never") => {}
        Some("") => errors.required(&path.child("preemptionPolicy"), ""),
        Some(other) => {
            errors.not_supported(&path.child("preemptionPolicy"), other, &["PreemptLowerPriority", "Never"]);
        }
    }
    resources::overhead(&spec.overhead, options, &path.child("overhead"), errors);
    if let Some(os) = &spec.os {
        match os.name.as_str() {
            "linux" | "windows" => {}
            "" => errors.required(&path.child("os").child("name"), ""),
            other => errors.not_supported(&path.child("os"), other, &["linux", "windows"]),
        }
    }
    profiles::operating_system(spec, path, errors);
    if let Some(group) = &spec.scheduling_group {
        let path = path.child("schedulingGroup").child("podGroupName");
        match group["podGroupName"].as_str() {
            None => errors.invalid(&path, &serde_json::Value::Null, "must specify one of: `podGroupName`"),
            Some(name) => errors.check(&path, name, names::dns1123_subdomain),
        }
    }
    file_keys(spec, path, errors);
}

/// Models validatePodResourceClaim
fn resource_claims(spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    let mut seen = Names::default();
    for (i, claim) in spec.resource_claims.iter().enumerate() {
        let path = path.index(i);
        let name = claim["name"].as_str().unwrap_or("");
        if name.is_empty() {
            errors.required(&path.child("name"), "");
        } else if !seen.insert(name) {
            errors.duplicate(&path.child("name"), name);
        } else {
            errors.check(&path.child("name"), name, names::dns1123_label);
        }
        let sources = ["resourceClaimName", "resourceClaimTemplateName"];
        let words = match sources.iter().filter(|field| !claim[**field].is_null()).count() {
            0 => Some("must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"),
            1 => None,
            _ => Some("at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"),
        };
        if let Some(words) = words {
            let shown = crate::internal::Text(crate::internal::value("PodResourceClaim", claim));
            errors.invalid(&path, shown, words);
        }
        for (field, value) in sources.iter().filter_map(|field| Some((field, claim[*field].as_str()?))) {
            errors.check(&path.child(field), value, names::dns1123_subdomain);
        }
    }
}

fn host_network_ports(spec: &PodSpec, is_pod: bool, path: &Path, errors: &mut ErrorList) {
    if !spec.host_network {
        return;
    }
    for (i, container) in spec.containers.iter().enumerate() {
        for (j, port) in container.ports.iter().enumerate() {
            if (is_pod || port.host_port != 0) && port.host_port != port.container_port {
                let path = path.child("containers").index(i).child("ports").index(j).child("hostPort");
                errors.invalid(
                    &path,
                    port.host_port,
                    "must match `containerPort` when `hostNetwork` is true",
                );
            }
        }
    }
}

fn dns_config(spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    if spec.dns_policy == "None" {
        let Some(config) = &spec.dns_config else {
            errors.required(path, "must provide `dnsConfig` when `dnsPolicy` is None");
            return;
        };
        if config.nameservers.is_empty() {
            let words = "must provide at least one DNS nameserver when `dnsPolicy` is None";
            errors.required(&path.child("nameservers"), words);
            return;
        }
    }
    let Some(config) = &spec.dns_config else { return };
    let list = |items: &[String]| serde_json::Value::from(items.to_vec());
    let servers = path.child("nameservers");
    if config.nameservers.len() > 3 {
        errors.invalid(&servers, &list(&config.nameservers), "must not have more than 3 nameservers");
    }
    for (i, server) in config.nameservers.iter().enumerate() {
        ips::ip(server, &servers.index(i), errors);
    }
    let searches = path.child("searches");
    if config.searches.len() > 32 {
        errors.invalid(&searches, &list(&config.searches), "must not have more than 32 search paths");
    }
    if config.searches.join(" ").len() > 2048 {
        let words = "must not have more than 2048 characters (including spaces) in the search list";
        errors.invalid(&searches, &list(&config.searches), words);
    }
    for (i, search) in config.searches.iter().enumerate().filter(|(_, search)| *search != ".") {
        let search = search.strip_suffix('.').unwrap_or(search);
        errors.check(&searches.index(i), search, names::dns1123_subdomain_underscore);
    }
    for (i, option) in config.options.iter().enumerate() {
        if option.name.is_empty() {
            errors.required(&path.child("options").index(i), "must not be empty");
        }
    }
}

fn gates(spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    for (i, gate) in spec.readiness_gates.iter().enumerate() {
        let path = path.child("readinessGates").index(i).child("conditionType");
        errors.check(&path, &gate.condition_type, names::qualified_name);
    }
    let mut seen = Names::default();
    for (i, gate) in spec.scheduling_gates.iter().enumerate() {
        let path = path.child("schedulingGates").index(i);
        errors.check(&path, &gate.name, names::qualified_name);
        if !seen.insert(&gate.name) {
            errors.duplicate(&path, &gate.name);
        }
    }
}

const WITHOUT_HOST_USERS: &str = "when `hostUsers` is false";

/// Models validateHostUsers
fn host_users(spec: &PodSpec, options: &Options, path: &Path, errors: &mut ErrorList) {
    if spec.host_users != Some(false) {
        return;
    }
    let set = [("hostNetwork", spec.host_network), ("HostPID", spec.host_pid), ("HostIPC", spec.host_ipc)];
    for (field, _) in set.iter().filter(|(_, set)| *set) {
        errors.forbidden(&path.child(field), WITHOUT_HOST_USERS);
    }
    if !options.devices_without_host_users {
        devices(spec, path, errors);
    }
}

/// Refuses block devices in a Pod with users of its own.
pub(super) fn devices(spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    if spec.host_users != Some(false) {
        return;
    }
    for (container, path) in every_container(spec, path) {
        if !container.volume_devices.is_empty() {
            errors.forbidden(&path.child("volumeDevices"), WITHOUT_HOST_USERS);
        }
    }
}

/// Every container with its path: init containers, the others, ephemeral ones.
/// Models pkg/api/pod.VisitContainersWithPath
pub(super) fn every_container<'a>(spec: &'a PodSpec, path: &Path) -> Vec<(Cow<'a, Container>, Path)> {
    let mut found = Vec::new();
    for (field, list) in [("initContainers", &spec.init_containers), ("containers", &spec.containers)] {
        let path = path.child(field);
        found.extend(list.iter().enumerate().map(|(i, one)| (Cow::Borrowed(one), path.index(i))));
    }
    let path = path.child("ephemeralContainers");
    let ephemeral = spec.ephemeral_containers.iter().enumerate();
    found.extend(ephemeral.map(|(i, one)| (Cow::Owned(one.to_container()), path.index(i))));
    found
}

fn host_name(spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    let Some(name) = &spec.hostname_override else { return };
    let path = path.child("hostnameOverride");
    if spec.set_hostname_as_fqdn == Some(true) {
        errors.forbidden(&path, "may not be specified when setHostnameAsFQDN is true");
    }
    if spec.host_network {
        errors.forbidden(&path, "may not be specified when hostNetwork is true");
    }
    if name.len() > 64 {
        errors.too_long(&path, 64);
    }
    errors.check(&path, name, names::dns1123_subdomain);
}

/// Variables out of files need an emptyDir. Models validateFileKeyRefVolumes
fn file_keys(spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    for (container, path) in every_container(spec, path) {
        for (j, variable) in container.env.iter().enumerate() {
            let from = variable.value_from.as_ref();
            let Some(file) = from.and_then(|from| from.file_key_ref.as_ref()) else { continue };
            let path = path.child("env").index(j).child("valueFrom").child("fileKeyRef").child("volumeName");
            match spec.volumes.iter().rfind(|volume| volume.name == file.volume_name) {
                None => errors.not_found(&path, &file.volume_name, ""),
                Some(volume) if volume.empty_dir.is_none() => {
                    errors.invalid(&path, &file.volume_name, "referenced volume must be of type emptyDir");
                }
                Some(_) => {}
            }
        }
    }
}
