//! What the API server accepts with a warning.
//! Models pkg/api/pod/warnings.go and pkg/registry/core/pod/strategy.go (v1.36)

use serde_json::Value;

use crate::core::{Container, ContainerPort, PodSpec};
use crate::kind::Kind;
use crate::meta::{ObjectMeta, StringMap};
use crate::print::quote;
use crate::small::Names;

use super::field::Path;
use super::names;

/// A port is compared with so many others of its number.
const PORTS_MAX: usize = 50;

/// The warnings about a new object, in order.
pub fn warnings(kind: &Kind, object: &Value) -> Vec<String> {
    let mut warnings = Vec::new();
    let metadata = ObjectMeta::from_value(&object["metadata"]);
    match kind.kind {
        "Pod" => {
            let messages = names::dns1123_label(&metadata.name);
            if !metadata.name.is_empty() && !messages.is_empty() {
                warnings.push(format!(
                    "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; \
                     a DNS label is recommended: [{}]",
                    messages.join(" ")
                ));
            }
            let spec = PodSpec::from_value(&object["spec"]);
            pod(&spec, &metadata.annotations, &Path::default(), &mut warnings);
        }
        "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet" | "Job" | "ReplicationController" => {
            host_name(kind, &metadata, object, &mut warnings);
            template(&object["spec"]["template"], &Path::new("spec").child("template"), &mut warnings);
        }
        "CronJob" => {
            let path = Path::new("spec").child("jobTemplate").child("spec").child("template");
            template(&object["spec"]["jobTemplate"]["spec"]["template"], &path, &mut warnings);
        }
        "Endpoints" => {
            warnings
                .push("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice".into());
        }
        _ => {}
    }
    warnings
}

fn host_name(kind: &Kind, metadata: &ObjectMeta, object: &Value, warnings: &mut Vec<String>) {
    let messages = names::dns1123_label(&metadata.name);
    if messages.is_empty() || metadata.name.is_empty() {
        return;
    }
    let used = match kind.kind {
        "Job" if object["spec"]["completionMode"] == "Indexed" => "hostnames",
        "Job" => return,
        "StatefulSet" | "Deployment" | "ReplicaSet" | "ReplicationController" => "hostnames",
        _ => return,
    };
    warnings.push(format!(
        "metadata.name: this is used in Pod names and {used}, which can result in surprising behavior; a DNS label \
         is recommended: [{}]",
        messages.join(" ")
    ));
}

fn template(template: &Value, path: &Path, warnings: &mut Vec<String>) {
    let metadata = ObjectMeta::from_value(&template["metadata"]);
    pod(&PodSpec::from_value(&template["spec"]), &metadata.annotations, path, warnings);
}

/// Init containers first, as the API server visits them; the ephemeral ones are given as ordinary ones.
fn containers<'a>(spec: &'a PodSpec, ephemeral: &'a [Container]) -> Vec<(String, &'a Container)> {
    let lists = [
        ("initContainers", spec.init_containers.as_slice()),
        ("containers", spec.containers.as_slice()),
        ("ephemeralContainers", ephemeral),
    ];
    let mut all = Vec::new();
    for (list, containers) in lists {
        for (i, container) in containers.iter().enumerate() {
            all.push((format!("{list}[{i}]"), container));
        }
    }
    all
}

/// Models warningsForPodSpecAndMeta
fn pod(spec: &PodSpec, annotations: &StringMap, path: &Path, warnings: &mut Vec<String>) {
    let path_spec = path.child("spec");
    node_labels(spec, &path_spec, warnings);
    for (i, constraint) in spec.topology_spread_constraints.iter().enumerate() {
        if constraint.label_selector.is_none() {
            let path = path_spec.child("topologySpreadConstraints").index(i).child("labelSelector");
            warnings.push(format!("{path}: a null labelSelector results in matching no pod"));
        }
    }
    let deprecated = [
        ("scheduler.alpha.kubernetes.io/critical-pod", "v1.16+", "priorityClassName"),
        ("security.alpha.kubernetes.io/sysctls", "v1.11+", "sysctls"),
        ("security.alpha.kubernetes.io/unsafe-sysctls", "v1.11+", "sysctls"),
    ];
    for (key, since, field) in deprecated {
        if annotations.contains_key(key) {
            let path = path.child("metadata").child("annotations").key(key);
            warnings.push(format!("{path}: non-functional in {since}; use the \"{field}\" field instead"));
        }
    }
    volumes(spec, &path_spec.child("volumes"), warnings);
    let twice = |list: &str, field: &str, word: &str, items: Vec<&str>, warnings: &mut Vec<String>| {
        let mut seen = Names::default();
        for (i, item) in items.iter().enumerate().filter(|(_, item)| !seen.insert(item)) {
            let path = path_spec.child(list).index(i).child(field);
            warnings.push(format!("{path}: duplicate {word} {}", quote(item)));
        }
    };
    twice("hostAliases", "ip", "ip", spec.host_aliases.iter().map(|a| a.ip.as_str()).collect(), warnings);
    let secrets: Vec<&str> = spec.image_pull_secrets.iter().map(|secret| secret.name.as_str()).collect();
    twice("imagePullSecrets", "name", "name", secrets.clone(), warnings);
    for (i, _) in secrets.iter().enumerate().filter(|(_, name)| name.is_empty()) {
        let path = path_spec.child("imagePullSecrets").index(i).child("name");
        warnings.push(format!("{path}: invalid empty name \"\""));
    }
    let ephemeral: Vec<Container> = spec.ephemeral_containers.iter().map(|own| own.to_container()).collect();
    let all = containers(spec, &ephemeral);
    for (place, container) in &all {
        let path = path_spec.child(place);
        fractions(container, &path, warnings);
        hidden_variables(container, &path.child("env"), warnings);
    }
    ports(&all, &path_spec, warnings);
    if spec.termination_grace_period_seconds.is_some_and(|seconds| seconds < 0) {
        let path = path_spec.child("terminationGracePeriodSeconds");
        warnings.push(format!("{path}: must be >= 0; negative values are invalid and will be treated as 1"));
    }
    affinity(spec, &path_spec, warnings);
}

fn node_labels(spec: &PodSpec, path: &Path, warnings: &mut Vec<String>) {
    let deprecated = [
        ("beta.kubernetes.io/arch", "kubernetes.io/arch"),
        ("beta.kubernetes.io/os", "kubernetes.io/os"),
        ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
        ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
        ("beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type"),
    ];
    for key in spec.node_selector.keys() {
        if let Some((_, instead)) = deprecated.iter().find(|(old, _)| old == key) {
            let since = if key == "beta.kubernetes.io/arch" || key == "beta.kubernetes.io/os" {
                "v1.14"
            } else {
                "v1.17"
            };
            let path = path.child("nodeSelector").key(key);
            warnings.push(format!("{path}: deprecated since {since}; use \"{instead}\" instead"));
        }
    }
}

fn volumes(spec: &PodSpec, path: &Path, warnings: &mut Vec<String>) {
    for (i, volume) in spec.volumes.iter().enumerate() {
        let old = [
            (
                "photonPersistentDisk",
                &volume.photon_persistent_disk,
                "deprecated in v1.11, non-functional in v1.16+",
            ),
            ("gitRepo", &volume.git_repo, "deprecated in v1.11, and disabled by default in v1.33+"),
            ("scaleIO", &volume.scale_io, "deprecated in v1.16, non-functional in v1.22+"),
            ("flocker", &volume.flocker, "deprecated in v1.22, non-functional in v1.25+"),
            ("storageOS", &volume.storageos, "deprecated in v1.22, non-functional in v1.25+"),
            ("quobyte", &volume.quobyte, "deprecated in v1.22, non-functional in v1.25+"),
            ("glusterfs", &volume.glusterfs, "deprecated in v1.25, non-functional in v1.26+"),
            ("cephfs", &volume.cephfs, "deprecated in v1.28, non-functional in v1.31+"),
            ("rbd", &volume.rbd, "deprecated in v1.28, non-functional in v1.31+"),
        ];
        for (field, _, words) in old.iter().filter(|(_, source, _)| source.is_some()) {
            warnings.push(format!("{}: {words}", path.index(i).child(field)));
        }
        for source in volume.projected.iter().flat_map(|projected| &projected.sources) {
            if crate::record::Field::is_empty(source) {
                warnings.push(format!("volume {} (Projected) has no sources provided", quote(&volume.name)));
            }
        }
    }
}

/// A memory amount such as `128m` is a fraction of a byte.
fn fractions(container: &Container, path: &Path, warnings: &mut Vec<String>) {
    for resource in ["memory", "ephemeral-storage"] {
        for (list, amounts) in
            [("limits", &container.resources.limits), ("requests", &container.resources.requests)]
        {
            if let Some(amount) = amounts.get(resource).filter(|amount| amount.milli_value() % 1000 != 0) {
                let path = path.child("resources").child(list).key(resource);
                let text = amount.to_string();
                warnings
                    .push(format!("{path}: fractional byte value \"{text}\" is invalid, must be an integer"));
            }
        }
    }
}

fn hidden_variables(container: &Container, path: &Path, warnings: &mut Vec<String>) {
    let mut seen = Names::default();
    for (i, variable) in container.env.iter().enumerate() {
        if seen.insert(&variable.name) {
            continue;
        }
        let reference = format!("$({})", variable.name);
        let extends = variable.value.contains(&reference) && variable.value != reference;
        if variable.value_from.is_some() || !extends {
            warnings.push(format!(
                "{}: hides previous definition of {}, which may be dropped when using apply",
                path.index(i),
                quote(&variable.name)
            ));
        }
    }
}

fn ports(containers: &[(String, &Container)], path: &Path, warnings: &mut Vec<String>) {
    let mut numbers = Names::default();
    let mut all: Vec<Vec<(Path, &ContainerPort)>> = Vec::new();
    for (place, container) in containers {
        for (i, port) in container.ports.iter().enumerate() {
            let own = path.child(place).child("ports").index(i);
            let key = format!("{}/{}", port.container_port, port.protocol);
            let group = numbers.get(&key).unwrap_or(all.len());
            if group == all.len() {
                numbers.set(&key, group);
                all.push(Vec::new());
            }
            let others = &mut all[group];
            for (other_path, other) in others.iter().take(PORTS_MAX) {
                let (open, other_open) = (port.host_ip.is_empty(), other.host_ip.is_empty());
                let words = if port.host_ip == other.host_ip && port.host_port == other.host_port {
                    "duplicate"
                } else if port.host_port == 0 || other.host_port == 0 {
                    "overlapping"
                } else if port.host_port == other.host_port && open != other_open {
                    "dangerously ambiguous"
                } else {
                    continue;
                };
                warnings.push(format!("{own}: {words} port definition with {other_path}"));
            }
            others.push((own, port));
        }
    }
    let mut named = Names::default();
    let mut paths: Vec<Path> = Vec::new();
    for (place, container) in containers {
        for (i, port) in container.ports.iter().enumerate().filter(|(_, port)| !port.name.is_empty()) {
            let own = path.child(place).child("ports").index(i);
            match named.get(&port.name).map(|i| &paths[i]) {
                Some(other) => warnings.push(format!(
                    "{own}: duplicate port name {} with {other}, services and probes that select ports by name will \
                     use {other}",
                    quote(&port.name)
                )),
                None => {
                    named.set(&port.name, paths.len());
                    paths.push(own);
                }
            }
        }
    }
}

fn affinity(spec: &PodSpec, path: &Path, warnings: &mut Vec<String>) {
    let Some(affinity) = &spec.affinity else { return };
    let path = path.child("affinity");
    let near = affinity.pod_affinity.as_ref().map(|pod| {
        (
            "podAffinity",
            &pod.required_during_scheduling_ignored_during_execution,
            &pod.preferred_during_scheduling_ignored_during_execution,
        )
    });
    let away = affinity.pod_anti_affinity.as_ref().map(|pod| {
        (
            "podAntiAffinity",
            &pod.required_during_scheduling_ignored_during_execution,
            &pod.preferred_during_scheduling_ignored_during_execution,
        )
    });
    for (field, required, preferred) in near.into_iter().chain(away) {
        let mut warn = |path: Path| {
            let path = path.child("labelSelector");
            warnings.push(format!("{path}: a null labelSelector results in matching no pod"));
        };
        let path = path.child(field);
        for (i, _) in required.iter().enumerate().filter(|(_, term)| term.label_selector.is_none()) {
            warn(path.child("requiredDuringSchedulingIgnoredDuringExecution").index(i));
        }
        let terms = preferred.iter().enumerate();
        for (i, _) in terms.filter(|(_, term)| term.pod_affinity_term.label_selector.is_none()) {
            let path = path.child("preferredDuringSchedulingIgnoredDuringExecution").index(i);
            warn(path.child("podAffinityTerm"));
        }
    }
}
