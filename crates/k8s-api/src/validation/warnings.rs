//! What the API server accepts with a warning.
//! Models WarningsOnCreate and WarningsOnUpdate of pkg/registry, and pkg/api/{job,service,persistentvolume} (v1.36)

use serde_json::Value;

use crate::core::{NodeSelector, PersistentVolumeClaimSpec, PodSpec, Service};
use crate::kind::Kind;
use crate::meta::ObjectMeta;

use super::field::Path;
use super::pod_warnings::{OLD_VOLUMES, fraction, node_term, pod};
use super::{ips, list, names, text};

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
pub(super) fn claim(spec: &PersistentVolumeClaimSpec, path: &Path, warnings: &mut Vec<String>) {
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
    for shown in ["cephfs", "photonPersistentDisk", "scaleIO", "storageOS", "glusterfs", "rbd"] {
        let field = if shown == "storageOS" { "storageos" } else { shown };
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
    for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
        for (i, rule) in list(spec, rules).iter().enumerate() {
            for (j, peer) in list(rule, peers).iter().enumerate() {
                let block = &peer["ipBlock"];
                let path = Path::new("spec").child(rules).index(i).child(peers).index(j).child("ipBlock");
                warnings.extend(ips::range_warning(text(block, "cidr"), &path.child("cidr")));
                for (k, except) in list(block, "except").iter().enumerate() {
                    let path = path.child("except").index(k);
                    warnings.extend(ips::range_warning(except.as_str().unwrap_or(""), &path));
                }
            }
        }
    }
}
