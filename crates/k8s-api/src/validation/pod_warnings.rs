//! What the API server says about the Pods it accepts, and about the templates of Pods.
//! Models pkg/api/pod/warnings.go and pkg/api/node/util.go (v1.36)

use crate::core::{
    Container, ContainerPort, NodeSelectorTerm, PersistentVolumeClaimSpec, PodSpec, ResourceList,
};
use crate::meta::StringMap;
use crate::print::quote;
use crate::small::Names;

use super::field::Path;
use super::warnings::claim;
use super::{ips, names, overlaps, profiles};

/// A port is compared with so many others of its number.
const PORTS_MAX: usize = 50;

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
pub(super) fn pod(spec: &PodSpec, annotations: &StringMap, path: &Path, warnings: &mut Vec<String>) {
    let path_spec = path.child("spec");
    node_labels(spec, &path_spec, warnings);
    let path_annotations = path.child("metadata").child("annotations");
    let deprecated = [
        ("scheduler.alpha.kubernetes.io/critical-pod", "v1.16+", "priorityClassName"),
        ("security.alpha.kubernetes.io/sysctls", "v1.11+", "sysctls"),
        ("security.alpha.kubernetes.io/unsafe-sysctls", "v1.11+", "sysctls"),
    ];
    let useless = |key: &str, since: &str, field: &str, warnings: &mut Vec<String>| {
        if annotations.contains_key(key) {
            let path = path_annotations.key(key);
            warnings.push(format!("{path}: non-functional in {since}; use the \"{field}\" field instead"));
        }
    };
    for (key, since, field) in deprecated {
        useless(key, since, field, warnings);
    }
    volumes(spec, &path_spec.child("volumes"), warnings);
    overlaps::warnings(spec, warnings);
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
    for resource in ["memory", "ephemeral-storage"] {
        fraction(&spec.overhead, resource, &path_spec.child("overhead"), warnings);
    }
    let context = spec.security_context.as_ref();
    let seccomp = |key: &str, warnings: &mut Vec<String>| useless(key, "v1.27+", "seccompProfile", warnings);
    if context.is_none_or(|context| context.seccomp_profile.is_none()) {
        seccomp(profiles::SECCOMP_POD, warnings);
    }
    let ephemeral: Vec<Container> = spec.ephemeral_containers.iter().map(|own| own.to_container()).collect();
    let all = containers(spec, &ephemeral);
    for (place, container) in &all {
        let own = container.security_context.as_ref();
        if own.is_none_or(|context| context.seccomp_profile.is_none()) {
            seccomp(&format!("{}{}", profiles::SECCOMP_CONTAINER, container.name), warnings);
        }
        let key = format!("{}{}", profiles::APP_ARMOR, container.name);
        if own.is_none_or(|context| context.app_armor_profile.is_none())
            && let Some(profile) = annotations.get(&key)
        {
            let of_pod = context.and_then(|context| context.app_armor_profile.as_ref());
            if of_pod.is_none() || profiles::app_armor_field(profile).as_ref() != of_pod {
                let path = path_annotations.key(&key);
                let words = "deprecated since v1.30; use the \"appArmorProfile\" field instead";
                warnings.push(format!("{path}: {words}"));
            }
        }
        let path = path_spec.child(place);
        for resource in ["memory", "ephemeral-storage"] {
            for (list, amounts) in
                [("limits", &container.resources.limits), ("requests", &container.resources.requests)]
            {
                fraction(amounts, resource, &path.child("resources").child(list), warnings);
            }
        }
        hidden_variables(container, &path.child("env"), warnings);
    }
    ports(&all, &path_spec, warnings);
    if spec.termination_grace_period_seconds.is_some_and(|seconds| seconds < 0) {
        let path = path_spec.child("terminationGracePeriodSeconds");
        warnings.push(format!("{path}: must be >= 0; negative values are invalid and will be treated as 1"));
    }
    affinity(spec, &path_spec, warnings);
    let servers = spec.dns_config.iter().flat_map(|config| &config.nameservers).enumerate();
    for (i, server) in servers {
        warnings.extend(ips::warning(server, &path_spec.child("dnsConfig").child("nameservers").index(i)));
    }
    for (i, alias) in spec.host_aliases.iter().enumerate() {
        warnings.extend(ips::warning(&alias.ip, &path_spec.child("hostAliases").index(i).child("ip")));
    }
}

/// Labels of nodes that have another name by now. Models deprecatedNodeLabels in pkg/api/node
const NODE_LABELS: [(&str, &str); 8] = [
    ("beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"),
    ("beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"),
    (
        "failure-domain.beta.kubernetes.io/region",
        "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
    ),
    (
        "failure-domain.beta.kubernetes.io/zone",
        "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
    ),
    (
        "beta.kubernetes.io/instance-type",
        "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
    ),
    ("app.kubernetes.io/created-by", "deprecated since v1.9"),
    (
        "scheduler.alpha.kubernetes.io/preferAvoidPods",
        "deprecated since v1.22; use Taints and Tolerations instead",
    ),
    ("node-role.kubernetes.io/master", "use \"node-role.kubernetes.io/control-plane\" instead"),
];

fn old_label(key: &str) -> Option<&'static str> {
    NODE_LABELS.iter().find(|(label, _)| *label == key).map(|(_, words)| *words)
}

fn node_labels(spec: &PodSpec, path: &Path, warnings: &mut Vec<String>) {
    for key in spec.node_selector.keys() {
        if let Some(words) = old_label(key) {
            warnings.push(format!("{}: {words}", path.child("nodeSelector").key(key)));
        }
    }
    if let Some(node) = spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref()) {
        let path = path.child("affinity").child("nodeAffinity");
        let required = node.required_during_scheduling_ignored_during_execution.iter();
        let path_required =
            path.child("requiredDuringSchedulingIgnoredDuringExecution").child("nodeSelectorTerms");
        for (i, term) in required.flat_map(|required| &required.node_selector_terms).enumerate() {
            node_term(term, false, &path_required.index(i), warnings);
        }
        let path_preferred = path.child("preferredDuringSchedulingIgnoredDuringExecution");
        let preferred = node.preferred_during_scheduling_ignored_during_execution.iter().enumerate();
        for (i, term) in preferred {
            node_term(&term.preference, true, &path_preferred.index(i).child("preference"), warnings);
        }
    }
    for (i, constraint) in spec.topology_spread_constraints.iter().enumerate() {
        let path = path.child("topologySpreadConstraints").index(i);
        let key = &constraint.topology_key;
        if let Some(words) = old_label(key) {
            warnings.push(format!("{}: {key} is {words}", path.child("topologyKey")));
        }
        if constraint.label_selector.is_none() {
            let path = path.child("labelSelector");
            warnings.push(format!("{path}: a null labelSelector results in matching no pod"));
        }
    }
}

/// Models GetWarningsForNodeSelectorTerm
pub(super) fn node_term(
    term: &NodeSelectorTerm,
    check_values: bool,
    path: &Path,
    warnings: &mut Vec<String>,
) {
    for (i, requirement) in term.match_expressions.iter().enumerate() {
        let path = path.child("matchExpressions").index(i);
        let key = &requirement.key;
        if let Some(words) = old_label(key) {
            warnings.push(format!("{}: {key} is {words}", path.child("key")));
        }
        for (j, value) in requirement.values.iter().enumerate().filter(|_| check_values) {
            for message in names::label_value(value) {
                warnings.push(format!("{}: {value} is invalid, {message}", path.child("values").index(j)));
            }
        }
    }
}

/// Sorts of volumes that are no more, or soon; with their names in messages.
pub(super) const OLD_VOLUMES: [(&str, &str); 9] = [
    ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
    ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageOS", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
];

fn volumes(spec: &PodSpec, path: &Path, warnings: &mut Vec<String>) {
    for (i, volume) in spec.volumes.iter().enumerate() {
        let path = path.index(i);
        let sources = [
            &volume.photon_persistent_disk,
            &volume.git_repo,
            &volume.scale_io,
            &volume.flocker,
            &volume.storageos,
            &volume.quobyte,
            &volume.glusterfs,
            &volume.cephfs,
            &volume.rbd,
        ];
        for ((field, words), source) in OLD_VOLUMES.iter().zip(sources) {
            // An ephemeral volume is looked at in front of this one.
            let ephemeral = volume.ephemeral.as_ref().filter(|_| *field == "cephfs");
            if let Some(template) = ephemeral.and_then(|own| own.volume_claim_template.as_ref()) {
                let spec = PersistentVolumeClaimSpec::from_value(&template["spec"]);
                let path = path.child("ephemeral").child("volumeClaimTemplate").child("spec");
                claim(&spec, &path, warnings);
            }
            if source.is_some() {
                warnings.push(format!("{}: {words}", path.child(field)));
            }
        }
    }
}

/// A memory amount such as `128m` is a fraction of a byte.
pub(super) fn fraction(amounts: &ResourceList, resource: &str, path: &Path, warnings: &mut Vec<String>) {
    if let Some(amount) = amounts.get(resource).filter(|amount| amount.milli_value() % 1000 != 0) {
        let text = amount.to_string();
        let path = path.key(resource);
        warnings.push(format!("{path}: fractional byte value \"{text}\" is invalid, must be an integer"));
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
            if !port.host_ip.is_empty() && port.host_port == 0 {
                warnings.push(format!(
                    "{own}: hostIP set without hostPort: {{Name:{} HostPort:0 ContainerPort:{} Protocol:{} HostIP:{}}}",
                    port.name, port.container_port, port.protocol, port.host_ip
                ));
            }
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
