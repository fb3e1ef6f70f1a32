//! What the API server accepts with a warning.
//! Models pkg/api/pod/warnings.go and pkg/registry/core/pod/strategy.go (v1.36)

use serde_json::Value;

use crate::core::{
    Container, ContainerPort, NodeSelector, NodeSelectorTerm, PersistentVolumeClaimSpec, PodSpec,
    ResourceList, Service,
};
use crate::kind::Kind;
use crate::meta::{ObjectMeta, StringMap};
use crate::print::quote;
use crate::small::Names;

use super::field::Path;
use super::{ips, names, overlaps, profiles};

/// A port is compared with so many others of its number.
const PORTS_MAX: usize = 50;

/// The warnings about a new object, in order.
pub fn warnings(kind: &Kind, object: &Value) -> Vec<String> {
    let mut warnings = Vec::new();
    let metadata = ObjectMeta::from_value(&object["metadata"]);
    // What becomes of the name, by kind.
    let used = match kind.kind {
        "Pod" => Some("the Pod's hostname"),
        "Deployment" | "ReplicaSet" | "Job" | "CronJob" | "ReplicationController" => {
            Some("Pod names and hostnames")
        }
        _ => None,
    };
    let messages = names::dns1123_label(&metadata.name);
    if let Some(used) = used.filter(|_| !messages.is_empty() && !metadata.name.is_empty()) {
        warnings.push(format!(
            "metadata.name: this is used in {used}, which can result in surprising behavior; a DNS label is \
             recommended: [{}]",
            messages.join(" ")
        ));
    }
    if kind.kind == "Pod" {
        let spec = PodSpec::from_value(&object["spec"]);
        pod(&spec, &metadata.annotations, &Path::default(), &mut warnings);
    }
    templates(kind, object, &mut warnings);
    if kind.kind == "Ingress" {
        const CLASS: &str = "kubernetes.io/ingress.class";
        if metadata.annotations.contains_key(CLASS) && object["spec"]["ingressClassName"].is_null() {
            warnings.push(format!(
                "annotation \"{CLASS}\" is deprecated, please use 'spec.ingressClassName' instead"
            ));
        }
    }
    let path = Path::new("spec").child("volumeClaimTemplates");
    claims(object, &path, "", &mut warnings);
    others(kind, &metadata, object, &mut warnings);
    warnings
}

/// The warnings about a changed object. Pods are changed too often to be warned about.
pub fn on_update(kind: &Kind, old: &Value, new: &Value) -> Vec<String> {
    let mut warnings = Vec::new();
    let metadata = ObjectMeta::from_value(&new["metadata"]);
    // Only a new generation is looked at; a DaemonSet's is that of its template.
    let changed = match kind.kind {
        "DaemonSet" => old["spec"]["template"] != new["spec"]["template"],
        _ => old["spec"] != new["spec"],
    };
    if changed {
        templates(kind, new, &mut warnings);
    }
    let zoned = new["spec"]["schedule"].as_str().is_some_and(|schedule| schedule.contains("TZ"));
    if kind.kind == "CronJob" && zoned {
        warnings.push(
            "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see \
             https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"
                .into(),
        );
    }
    let path = Path::new("spec").child("volumeClaimTemplates");
    claims(new, &path, "Spec", &mut warnings);
    others(kind, &metadata, new, &mut warnings);
    warnings
}

/// The warnings about the template of Pods that a kind has.
fn templates(kind: &Kind, object: &Value, warnings: &mut Vec<String>) {
    let path = Path::new("spec");
    let (template, path) = match kind.kind {
        "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet" | "ReplicationController" => {
            (&object["spec"]["template"], path.child("template"))
        }
        "PodTemplate" => (&object["template"], Path::new("template")),
        "Job" => {
            many_indexes(&object["spec"], &path, warnings);
            (&object["spec"]["template"], path.child("template"))
        }
        "CronJob" => {
            let path = path.child("jobTemplate").child("spec");
            let job = &object["spec"]["jobTemplate"]["spec"];
            many_indexes(job, &path, warnings);
            (&job["template"], path.child("template"))
        }
        _ => return,
    };
    let metadata = ObjectMeta::from_value(&template["metadata"]);
    pod(&PodSpec::from_value(&template["spec"]), &metadata.annotations, &path, warnings);
}

fn many_indexes(job: &Value, path: &Path, warnings: &mut Vec<String>) {
    let count = |field: &str| job[field].as_i64().unwrap_or(0);
    if job["completionMode"] == "Indexed" && count("completions") > 100_000 && count("parallelism") > 10_000 {
        warnings.push(format!(
            "{path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, \
             Kubernetes might not be able to track completedIndexes when a big number of indexes fail"
        ));
    }
}

/// The claims of a StatefulSet.
fn claims(object: &Value, path: &Path, inner: &str, warnings: &mut Vec<String>) {
    for (i, claim) in object["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten().enumerate() {
        let path = path.index(i);
        let path = if inner.is_empty() { path } else { path.child(inner) };
        self::claim(&PersistentVolumeClaimSpec::from_value(&claim["spec"]), &path, warnings);
    }
}

/// Models GetWarningsForPersistentVolumeClaimSpec
fn claim(spec: &PersistentVolumeClaimSpec, path: &Path, warnings: &mut Vec<String>) {
    let path = path.child("resources");
    for (list, amounts) in [("requests", &spec.resources.requests), ("limits", &spec.resources.limits)] {
        fraction(amounts, "storage", &path.child(list), warnings);
    }
}

/// What is said about new objects and about changed ones.
fn others(kind: &Kind, metadata: &ObjectMeta, object: &Value, warnings: &mut Vec<String>) {
    let annotation = |key: &str, words: &str, warnings: &mut Vec<String>| {
        if metadata.annotations.contains_key(key) {
            let path = Path::new("metadata").child("annotations").key(key);
            warnings.push(format!("{path}: {words}"));
        }
    };
    const CLASS: &str = "volume.beta.kubernetes.io/storage-class";
    const INSTEAD: &str = "deprecated since v1.8; use \"storageClassName\" attribute instead";
    match kind.kind {
        "StatefulSet" if object["spec"]["revisionHistoryLimit"].as_i64().is_some_and(|limit| limit < 0) => {
            let words = "a negative value retains all historical revisions; a value >= 0 is recommended";
            warnings.push(format!("spec.revisionHistoryLimit: {words}"));
        }
        "PersistentVolumeClaim" => {
            annotation(CLASS, INSTEAD, warnings);
            let spec = PersistentVolumeClaimSpec::from_value(&object["spec"]);
            claim(&spec, &Path::new("spec"), warnings);
        }
        "PersistentVolume" => {
            annotation(CLASS, INSTEAD, warnings);
            let words = "deprecated since v1.31; use \"mountOptions\" attribute instead";
            annotation("volume.beta.kubernetes.io/mount-options", words, warnings);
            volume(&object["spec"], warnings);
        }
        "ServiceAccount" => annotation(
            "kubernetes.io/enforce-mountable-secrets",
            "deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets",
            warnings,
        ),
        "Secret" if object["type"] == "kubernetes.io/tls" => {
            warnings.extend(key_pair(&object["data"]));
        }
        "Service" => service(&Service::from_value(object), warnings),
        "NetworkPolicy" => network_policy(&object["spec"], warnings),
        "Endpoints" => {
            warnings
                .push("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice".into());
        }
        _ => {}
    }
}

/// Models GetWarningsForPersistentVolume
fn volume(spec: &Value, warnings: &mut Vec<String>) {
    let path = Path::new("spec");
    if spec["persistentVolumeReclaimPolicy"] == "Recycle" {
        warnings.push(
            "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended \
             approach is to use dynamic provisioning."
                .into(),
        );
    }
    let path_terms = path.child("nodeAffinity").child("required").child("nodeSelectorTerms");
    let required = NodeSelector::from_value(&spec["nodeAffinity"]["required"]);
    for (i, term) in required.node_selector_terms.iter().enumerate() {
        node_term(term, false, &path_terms.index(i), warnings);
    }
    for (field, shown) in
        ["cephfs", "photonPersistentDisk", "scaleIO", "storageos", "glusterfs", "rbd"].map(|field| {
            let shown = if field == "storageos" { "storageOS" } else { field };
            (field, shown)
        })
    {
        if let Some((_, words)) = OLD_VOLUMES.iter().find(|(old, _)| *old == shown)
            && !spec[field].is_null()
        {
            warnings.push(format!("{}: {words}", path.child(shown)));
        }
    }
}

/// What Go says of a certificate and a key that are none. Models tls.X509KeyPair, as far as it needs no cryptography
fn key_pair(data: &Value) -> Option<String> {
    for (field, what) in [("tls.crt", "certificate"), ("tls.key", "key")] {
        let bytes = crate::decode::base64_decode(data[field].as_str().unwrap_or("")).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let label = |line: &str| {
            let name = line.strip_prefix("-----BEGIN ")?.trim_end().strip_suffix("-----")?;
            text.contains(&format!("-----END {name}-----")).then(|| name.to_string())
        };
        let blocks: Vec<String> = text.lines().filter_map(label).collect();
        if blocks.is_empty() {
            return Some(format!("tls: failed to find any PEM data in {what} input"));
        }
    }
    None
}

/// Models GetWarningsForService
fn service(service: &Service, warnings: &mut Vec<String>) {
    const HINTS: &str = "service.kubernetes.io/topology-aware-hints";
    let spec = &service.spec;
    let path = Path::new("spec");
    if service.metadata.annotations.contains_key(HINTS) {
        warnings.push(format!(
            "annotation {HINTS} is deprecated, please use service.kubernetes.io/topology-mode instead"
        ));
    }
    let headless = spec.type_ == "ClusterIP" && spec.cluster_ip == "None";
    for (i, ip) in spec.cluster_ips.iter().enumerate() {
        warnings.extend(ips::warning(ip, &path.child("clusterIPs").index(i)));
    }
    let outside = spec.type_ == "ExternalName";
    let external = !spec.external_ips.is_empty();
    let ignored = [
        (!spec.load_balancer_ip.is_empty(), "spec.loadBalancerIP"),
        (external, "spec.externalIPs"),
        (spec.session_affinity != "None", "spec.SessionAffinity"),
    ];
    for (_, field) in ignored.iter().filter(|(set, _)| *set && headless) {
        warnings.push(format!("{field} is ignored for headless services"));
    }
    for (i, ip) in spec.external_ips.iter().enumerate() {
        warnings.extend(ips::warning(ip, &path.child("externalIPs").index(i)));
    }
    if external && !headless && !outside {
        let words = "spec.externalIPs is deprecated and may no longer be implemented in some clusters";
        warnings.push(words.into());
    }
    warnings.extend(ips::warning(&spec.load_balancer_ip, &path.child("loadBalancerIP")));
    for (i, range) in spec.load_balancer_source_ranges.iter().enumerate() {
        let path = path.child("loadBalancerSourceRanges").index(i);
        warnings.extend(ips::range_warning(range, &path));
    }
    if outside && external {
        warnings.push("spec.externalIPs is ignored when spec.type is \"ExternalName\"".into());
    }
    if !outside && !spec.external_name.is_empty() {
        warnings.push("spec.externalName is ignored when spec.type is not \"ExternalName\"".into());
    }
    if spec.traffic_distribution.as_deref() == Some("PreferClose") {
        warnings
            .push("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"".into());
    }
}

/// Models networkPolicyWarnings
fn network_policy(spec: &Value, warnings: &mut Vec<String>) {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
        for (i, rule) in list(&spec[rules]).iter().enumerate() {
            for (j, peer) in list(&rule[peers]).iter().enumerate() {
                let block = &peer["ipBlock"];
                let path = Path::new("spec").child(rules).index(i).child(peers).index(j).child("ipBlock");
                let text = |value: &Value| value.as_str().unwrap_or("").to_string();
                warnings.extend(ips::range_warning(&text(&block["cidr"]), &path.child("cidr")));
                for (k, except) in list(&block["except"]).iter().enumerate() {
                    let path = path.child("except").index(k);
                    warnings.extend(ips::range_warning(&text(except), &path));
                }
            }
        }
    }
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
fn node_term(term: &NodeSelectorTerm, check_values: bool, path: &Path, warnings: &mut Vec<String>) {
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
const OLD_VOLUMES: [(&str, &str); 9] = [
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
        for (j, ((field, words), source)) in OLD_VOLUMES.iter().zip(sources).enumerate() {
            if let Some(template) = volume
                .ephemeral
                .as_ref()
                .and_then(|own| own.volume_claim_template.as_ref())
                .filter(|_| j == 7)
            {
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
fn fraction(amounts: &ResourceList, resource: &str, path: &Path, warnings: &mut Vec<String>) {
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
