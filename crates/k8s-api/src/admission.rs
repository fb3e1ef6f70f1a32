//! What the API server's admission plugins add to an object on its way in.
//!
//! Everything random is a parameter.

use serde_json::{Value, json};

use crate::core::PodSpec;
use crate::kind::Kind;
use crate::resources::qos_class;

/// Where the token of the service account is mounted.
const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// The letters of generated names: no vowels, nothing that looks alike.
/// Models k8s.io/apimachinery/pkg/util/rand (v1.36)
pub const NAME_LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
/// A generated name keeps this much of its base.
const GENERATED_BASE_MAX: usize = 58;

/// What a new object gets from outside: its namespace, and what is chosen at random.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// The namespace of the request; ignored for kinds without one.
    pub namespace: &'a str,
    /// The object's uid.
    pub uid: &'a str,
    /// The suffix of generated names.
    pub suffix: &'a str,
    /// The address of a Service that asks for none.
    pub cluster_ip: &'a str,
    /// Whether the service account mounts its token; true unless its object says otherwise.
    pub automount: bool,
    /// The priority, and whether it may preempt, that the Pod's class stands for.
    pub priority: (i32, &'a str),
}

/// Defaults, admission and preparation of a new object, in the API server's order; then it is ready for
/// [`crate::validation::create`] and [`crate::normalize::normalize`].
pub fn admit(kind: &Kind, object: &mut Value, given: &Given<'_>) {
    crate::defaulting::default(kind, object);
    if !object.is_object() || !crate::decode::decode(kind, object).mistyped.is_empty() {
        return;
    }
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    let metadata = &mut object["metadata"];
    if kind.namespaced {
        metadata["namespace"] = given.namespace.into();
    }
    metadata["uid"] = given.uid.into();
    let text = |key: &str| metadata[key].as_str().unwrap_or("").to_string();
    let (name, base) = (text("name"), text("generateName"));
    if name.is_empty() && !base.is_empty() {
        metadata["name"] = generated_name(&base, given.suffix).into();
    }
    match kind.kind {
        "Pod" => {
            service_account(object, given.suffix, given.automount);
            default_tolerations(object);
            let class = object["spec"]["priorityClassName"].as_str().unwrap_or("").to_string();
            priority(object, &class, given.priority.0, given.priority.1);
            prepare_pod(object);
        }
        "Job" => job_selector(object, given.uid),
        "Service" => service_addresses(object, given.cluster_ip),
        _ => {}
    }
}

/// What becomes of a new Pod before it is checked.
/// Models pkg/registry/core/pod/strategy.go PrepareForCreate (v1.36)
pub fn prepare_pod(pod: &mut Value) {
    // A negative grace period has always meant one second.
    if pod["spec"]["terminationGracePeriodSeconds"].as_i64().is_some_and(|seconds| seconds < 0) {
        pod["spec"]["terminationGracePeriodSeconds"] = 1.into();
    }
    label_keys(pod);
    pod_status(pod);
}

/// What becomes of a new namespace: it is active, and must be emptied before it can go.
/// Models pkg/registry/core/namespace/strategy.go PrepareForCreate (v1.36)
pub fn prepare_namespace(namespace: &mut Value) {
    let mut finalizers = namespace["spec"]["finalizers"].as_array().cloned().unwrap_or_default();
    if !finalizers.contains(&"kubernetes".into()) {
        finalizers.push("kubernetes".into());
    }
    if !namespace["spec"].is_object() {
        namespace["spec"] = json!({});
    }
    namespace["spec"]["finalizers"] = finalizers.into();
    namespace["status"] = json!({"phase": "Active"});
}

/// Fields of features that are off by default are dropped without a word, from new objects and from changed ones.
/// Models pkg/api/pod.DropDisabledTemplateFields and the PrepareForCreate of the kinds that have such fields (v1.36)
pub fn drop_disabled_fields(kind: &Kind, object: &mut Value) {
    match kind.kind {
        "Pod" => drop_disabled(&mut object["spec"]),
        "PersistentVolumeClaim" => data_sources(&mut object["spec"]),
        "StatefulSet" => {
            if let Some(update) = object.pointer_mut("/spec/updateStrategy/rollingUpdate") {
                remove(update, "maxUnavailable");
            }
        }
        _ => {}
    }
    for place in ["/spec/template/spec", "/spec/jobTemplate/spec/template/spec", "/template/spec"] {
        if let Some(spec) = object.pointer_mut(place) {
            drop_disabled(spec);
        }
    }
}

fn remove(owner: &mut Value, field: &str) {
    if let Some(map) = owner.as_object_mut() {
        map.remove(field);
    }
}

/// Models pkg/api/pod.dropDisabledFields (v1.36)
fn drop_disabled(spec: &mut Value) {
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let lifecycle = container.get_mut("lifecycle").and_then(Value::as_object_mut);
            let emptied = lifecycle.is_some_and(|lifecycle| {
                let signal = lifecycle.remove("stopSignal");
                signal.is_some_and(|signal| !signal.is_null()) && lifecycle.values().all(Value::is_null)
            });
            if emptied {
                remove(container, "lifecycle");
            }
        }
    }
    for volume in spec.get_mut("volumes").and_then(Value::as_array_mut).into_iter().flatten() {
        let sources = volume.pointer_mut("/projected/sources").and_then(Value::as_array_mut);
        for source in sources.into_iter().flatten() {
            remove(source, "clusterTrustBundle");
            remove(source, "podCertificate");
        }
    }
    remove(spec, "schedulingGroup");
}

/// The two ways to say where a claim's data comes from say the same; what is neither a claim nor a snapshot is
/// forgotten.
/// Models EnforceDataSourceBackwardsCompatibility and NormalizeDataSources in pkg/api/persistentvolumeclaim (v1.36)
fn data_sources(spec: &mut Value) {
    if !spec.is_object() {
        return;
    }
    let text = |value: &Value, field: &str| value[field].as_str().unwrap_or("").to_string();
    if !text(&spec["dataSourceRef"], "namespace").is_empty() {
        remove(spec, "dataSourceRef");
    }
    let (source, reference) = (spec["dataSource"].clone(), spec["dataSourceRef"].clone());
    match (source.is_object(), reference.is_object()) {
        (true, false) => {
            let known = [("", "PersistentVolumeClaim"), ("snapshot.storage.k8s.io", "VolumeSnapshot")];
            let own = (text(&source, "apiGroup"), text(&source, "kind"));
            if known.contains(&(own.0.as_str(), own.1.as_str())) {
                spec["dataSourceRef"] = source;
            } else {
                remove(spec, "dataSource");
            }
        }
        (false, true) => {
            spec["dataSource"] = reference;
            remove(&mut spec["dataSource"], "namespace");
        }
        _ => {}
    }
}

/// The labels that a term asks for by key become a part of its selector.
/// Models mutatePodAffinity and mutateTopologySpreadConstraints in pkg/registry/core/pod/strategy.go (v1.36)
fn label_keys(pod: &mut Value) {
    let labels = pod["metadata"]["labels"].clone();
    let spec = &mut pod["spec"];
    let apply = |term: &mut Value| {
        for (field, operator) in [("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")] {
            for key in term[field].as_array().cloned().unwrap_or_default() {
                let value = key.as_str().and_then(|key| labels.get(key));
                let (Some(value), Some(selector)) =
                    (value, term.get_mut("labelSelector").and_then(Value::as_object_mut))
                else {
                    continue;
                };
                let list = selector.entry("matchExpressions").or_insert(Value::Null);
                if list.is_null() {
                    *list = json!([]);
                }
                if let Some(list) = list.as_array_mut() {
                    list.push(json!({"key": key, "operator": operator, "values": [value]}));
                }
            }
        }
    };
    for side in ["podAffinity", "podAntiAffinity"] {
        for list in ["preferred", "required"] {
            let place = format!("/affinity/{side}/{list}DuringSchedulingIgnoredDuringExecution");
            let terms = spec.pointer_mut(&place).and_then(Value::as_array_mut);
            for term in terms.into_iter().flatten().filter(|term| term.is_object()) {
                match term.get_mut("podAffinityTerm").filter(|inner| inner.is_object()) {
                    Some(inner) => apply(inner),
                    None => apply(term),
                }
            }
        }
    }
    let constraints = spec.get_mut("topologySpreadConstraints").and_then(Value::as_array_mut);
    constraints.into_iter().flatten().filter(|one| one.is_object()).for_each(apply);
}

/// Five letters of [`NAME_LETTERS`] out of a random number.
pub fn name_suffix(mut random: u64) -> String {
    let mut suffix = String::new();
    for _ in 0..5 {
        suffix.push(char::from(NAME_LETTERS[(random % 27) as usize]));
        random /= 27;
    }
    suffix
}

/// A text in the letters of generated names, so that no word comes of it.
/// Models k8s.io/apimachinery/pkg/util/rand SafeEncodeString (v1.36)
pub fn safe_encode(text: &str) -> String {
    text.bytes().map(|byte| char::from(NAME_LETTERS[usize::from(byte) % NAME_LETTERS.len()])).collect()
}

/// A name from `generateName` and a suffix.
/// Models k8s.io/apiserver/pkg/storage/names (v1.36)
pub fn generated_name(base: &str, suffix: &str) -> String {
    let mut end = base.len().min(GENERATED_BASE_MAX);
    while !base.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{suffix}", &base[..end])
}

/// The service account's token as a volume of the Pod and a mount of each container.
/// Models plugin/pkg/admission/serviceaccount (v1.36)
pub fn service_account(pod: &mut Value, suffix: &str, automount: bool) {
    let Some(spec) = pod.get_mut("spec").filter(|spec| spec.is_object()) else { return };
    if spec["serviceAccountName"].as_str().unwrap_or("").is_empty() {
        spec["serviceAccountName"] = "default".into();
    }
    spec["serviceAccount"] = spec["serviceAccountName"].clone();
    if !spec["automountServiceAccountToken"].as_bool().unwrap_or(automount) {
        return;
    }
    let existing = spec["volumes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|volume| volume["name"].as_str())
        .find(|name| name.starts_with("kube-api-access-"))
        .map(String::from);
    let volume = existing.clone().unwrap_or_else(|| format!("kube-api-access-{suffix}"));
    let mut mounted = false;
    for list in ["initContainers", "containers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let Some(container) = container.as_object_mut() else { continue };
            let mounts = container.entry("volumeMounts").or_insert(Value::Null);
            if mounts.is_null() {
                *mounts = json!([]);
            }
            let Some(mounts) = mounts.as_array_mut() else { continue };
            if mounts.iter().any(|mount| mount["mountPath"] == TOKEN_PATH) {
                continue;
            }
            mounts.push(json!({"name": volume, "readOnly": true, "mountPath": TOKEN_PATH}));
            mounted = true;
        }
    }
    if mounted && existing.is_none() {
        let source = json!({
            "name": volume,
            "projected": {"defaultMode": 0o644, "sources": [
                {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
                {"downwardAPI": {"items": [
                    {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}},
                ]}},
            ]},
        });
        match spec.get_mut("volumes").and_then(Value::as_array_mut) {
            Some(volumes) => volumes.push(source),
            None => spec["volumes"] = json!([source]),
        }
    }
}

/// The tolerations that keep a Pod for five minutes on a node that is not ready or not reachable.
/// Models plugin/pkg/admission/defaulttolerationseconds (v1.36)
pub fn default_tolerations(pod: &mut Value) {
    let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) else { return };
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let list = spec.entry("tolerations").or_insert(Value::Null);
        if list.is_null() {
            *list = json!([]);
        }
        let Some(list) = list.as_array_mut() else { return };
        let has = list.iter().any(|toleration| {
            let text = |field: &str| toleration[field].as_str().unwrap_or("");
            (text("key") == key || text("key").is_empty()) && matches!(text("effect"), "NoExecute" | "")
        });
        if !has {
            list.push(json!({
                "key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300,
            }));
        }
    }
}

/// The priority that a priority class stands for.
/// Models plugin/pkg/admission/priority (v1.36)
pub fn priority(pod: &mut Value, class: &str, value: i32, preemption: &str) {
    let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) else { return };
    if !class.is_empty() {
        spec.insert("priorityClassName".into(), class.into());
    }
    spec.insert("priority".into(), value.into());
    if spec.get("preemptionPolicy").is_none_or(Value::is_null) {
        spec.insert("preemptionPolicy".into(), preemption.into());
    }
}

/// The status of a new Pod; whatever the request said about it is forgotten.
/// Models pkg/registry/core/pod/strategy.go PrepareForCreate (v1.36)
pub fn pod_status(pod: &mut Value) {
    let class = qos_class(&PodSpec::from_value(&pod["spec"]));
    pod["status"] = json!({"phase": "Pending", "qosClass": class.as_str()});
}

/// The labels and the selector by which a Job knows its Pods.
/// Models pkg/registry/batch/job/strategy.go generateSelector (v1.36)
pub fn job_selector(job: &mut Value, uid: &str) {
    if job["spec"]["manualSelector"] == true {
        return;
    }
    let name = job["metadata"]["name"].as_str().unwrap_or("").to_string();
    let labels = [
        ("controller-uid", uid),
        ("job-name", name.as_str()),
        ("batch.kubernetes.io/controller-uid", uid),
        ("batch.kubernetes.io/job-name", name.as_str()),
    ];
    let Some(spec) = job.get_mut("spec").filter(|spec| spec.is_object()) else { return };
    let template = &mut spec["template"];
    for (key, value) in labels {
        if template["metadata"]["labels"][key].is_null() {
            template["metadata"]["labels"][key] = value.into();
        }
    }
    let selected = &mut spec["selector"]["matchLabels"]["batch.kubernetes.io/controller-uid"];
    if selected.is_null() {
        *selected = uid.into();
    }
    let template_labels = spec["template"]["metadata"]["labels"].clone();
    let own = &mut job["metadata"]["labels"];
    if own.as_object().is_none_or(serde_json::Map::is_empty) {
        *own = template_labels;
    }
}

/// The addresses of a Service, given the cluster IP that was chosen for it.
/// Models pkg/registry/core/service/storage (v1.36), single stack IPv4
pub fn service_addresses(service: &mut Value, cluster_ip: &str) {
    let Some(spec) = service.get_mut("spec").filter(|spec| spec.is_object()) else { return };
    if spec["type"] == "ExternalName" {
        return;
    }
    // Without a selector nobody knows which families the endpoints will have.
    let open =
        spec["clusterIP"] == "None" && spec["selector"].as_object().is_none_or(serde_json::Map::is_empty);
    if spec["ipFamilyPolicy"].is_null() {
        spec["ipFamilyPolicy"] = if open { "RequireDualStack" } else { "SingleStack" }.into();
    }
    if spec["clusterIPs"].as_array().is_none_or(Vec::is_empty) {
        if spec["clusterIP"].as_str().unwrap_or("").is_empty() {
            spec["clusterIP"] = cluster_ip.into();
        }
        spec["clusterIPs"] = json!([spec["clusterIP"]]);
    }
    if spec["ipFamilies"].as_array().is_none_or(Vec::is_empty) {
        spec["ipFamilies"] = json!(["IPv4"]);
        if open && spec["ipFamilyPolicy"] != "SingleStack" {
            spec["ipFamilies"] = json!(["IPv4", "IPv6"]);
        }
    }
}

/// Takes a field from another object, or away if that has none.
fn take(to: &mut Value, field: &str, from: &Value) {
    let Some(map) = to.as_object_mut() else { return };
    match from.get(field) {
        Some(value) => map.insert(field.to_string(), value.clone()),
        None => map.remove(field),
    };
}

/// What a Pod's subresource may change; all else stays as it is, without a word.
/// Models dropNonResizeUpdates and dropNonEphemeralContainerUpdates, pkg/registry/core/pod/strategy.go (v1.36)
pub fn only_of_subresource(subresource: &str, new: &mut Value, old: &Value) {
    let mut spec = old["spec"].clone();
    let given = &new["spec"];
    match subresource {
        "ephemeralcontainers" => take(&mut spec, "ephemeralContainers", given),
        "resize" => {
            let list = |spec: &Value, name: &str| spec[name].as_array().cloned().unwrap_or_default();
            let lists = ["containers", "initContainers"];
            if lists.iter().any(|name| list(&spec, name).len() != list(given, name).len()) {
                return;
            }
            take(&mut spec, "resources", given);
            for name in lists {
                let mut merged = list(&spec, name);
                let wanted = list(given, name);
                if merged.iter().zip(&wanted).any(|(old, new)| old["name"] != new["name"]) {
                    // Validation tells of it.
                    take(&mut spec, name, given);
                    continue;
                }
                for (container, wanted) in merged.iter_mut().zip(&wanted) {
                    take(container, "resources", wanted);
                    take(container, "resizePolicy", wanted);
                }
                if !merged.is_empty() {
                    spec[name] = merged.into();
                }
            }
        }
        _ => return,
    }
    new["spec"] = spec;
    for field in ["labels", "annotations", "finalizers", "ownerReferences"] {
        take(&mut new["metadata"], field, &old["metadata"]);
    }
}
