//! What may change in an object that exists.
//! Models pkg/apis/{core,apps,batch}/validation and apimachinery's ValidateObjectMetaUpdate (v1.36)

use serde_json::{Map, Value};

use crate::core::PodSpec;
use crate::internal;
use crate::kind::Kind;
use crate::meta::ObjectMeta;
use crate::resources::qos_class;

use super::field::{ErrorList, Path};
use super::options::Options;
use super::{meta, names, pod, profiles, scheduling};

pub(super) const IMMUTABLE: &str = "field is immutable";
const POD_FIELDS: &str = "pod updates may not change fields other than `spec.containers[*].image`,\
    `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing \
    tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
const STATEFUL_SET_FIELDS: &str = "updates to statefulset spec for fields other than 'replicas', 'ordinals', \
    'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and \
    'minReadySeconds' are forbidden";

/// Checks the change of an object; both are as they would be stored.
/// Models rest.BeforeUpdate, which looks at the metadata of any object first
pub fn update(kind: &Kind, old: &Value, new: &Value) -> ErrorList {
    let mut errors = ErrorList::default();
    let metadata = ObjectMeta::from_value(&new["metadata"]);
    let path = Path::new("metadata");
    meta::object_meta(&metadata, kind.namespaced, super::path_segment, &path, &mut errors);
    errors.0.extend(change(kind, old, new).0);
    errors
}

/// What the kind's own rules say about a change.
pub(super) fn change(kind: &Kind, old: &Value, new: &Value) -> ErrorList {
    let mut errors = ErrorList::default();
    object_meta(old, new, &mut errors);
    match kind.kind {
        "Pod" => pod_update(old, new, &mut errors),
        "Deployment" | "ReplicaSet" => {
            super::spec(kind, new, &mut errors);
            immutable(old, new, "selector", &mut errors);
        }
        "DaemonSet" => {
            immutable(old, new, "selector", &mut errors);
            super::spec(kind, new, &mut errors);
        }
        "StatefulSet" => {
            super::workloads::stateful_set(&new["spec"], false, &mut errors);
            stateful_set(old, new, &mut errors);
        }
        "Job" => {
            super::spec(kind, new, &mut errors);
            super::jobs::job_update(old, new, &mut errors);
        }
        "CronJob" => {
            let metadata = ObjectMeta::from_value(&new["metadata"]);
            super::jobs::cron_job(&metadata, &new["spec"], Some(&old["spec"]), &mut errors);
        }
        "Service" => {
            super::service::update(old, new, &mut errors);
            super::spec(kind, new, &mut errors);
        }
        "Secret" => {
            if old["type"] != new["type"] {
                errors.invalid(&Path::new("type"), &new["type"], IMMUTABLE);
            }
            frozen(old, new, &["data"], &mut errors);
            super::spec(kind, new, &mut errors);
        }
        "ConfigMap" => {
            frozen(old, new, &["data", "binaryData"], &mut errors);
            super::spec(kind, new, &mut errors);
        }
        "RoleBinding" | "ClusterRoleBinding" => {
            super::spec(kind, new, &mut errors);
            super::rbac::same_role(old, new, &mut errors);
        }
        "IngressClass" => {
            unchanged(&["spec", "controller"], old, new, &mut errors);
            super::spec(kind, new, &mut errors);
        }
        "PriorityClass" => super::cluster::priority_class_update(old, new, &mut errors),
        "NetworkPolicy" => super::network::policy(&new["spec"], Some(&old["spec"]), &mut errors),
        "HorizontalPodAutoscaler" => {
            super::autoscaling::spec(&new["spec"], Some(&old["spec"]), &mut errors);
        }
        "PersistentVolume" => {
            super::spec(kind, new, &mut errors);
            super::storage::volume_update(old, new, &mut errors);
        }
        "PersistentVolumeClaim" => {
            super::spec(kind, new, &mut errors);
            super::storage::claim_update(old, new, &mut errors);
        }
        "ResourceQuota" => {
            super::spec(kind, new, &mut errors);
            super::quota::update(old, new, &mut errors);
        }
        "Node" => {
            super::spec(kind, new, &mut errors);
            super::cluster::node_update(old, new, &mut errors);
        }
        _ => super::spec(kind, new, &mut errors),
    }
    for (_, field) in FIXED.iter().filter(|(name, _)| *name == kind.kind) {
        unchanged(&[field], old, new, &mut errors);
    }
    errors
}

/// Fields at the top of an object that stay as they are.
const FIXED: [(&str, &str); 7] = [
    ("StorageClass", "parameters"),
    ("StorageClass", "provisioner"),
    ("StorageClass", "reclaimPolicy"),
    ("StorageClass", "volumeBindingMode"),
    ("RuntimeClass", "handler"),
    ("EndpointSlice", "addressType"),
    ("ControllerRevision", "data"),
];

/// Models apimachinery's ValidateImmutableField
fn unchanged(path: &[&str], old: &Value, new: &Value, errors: &mut ErrorList) {
    let (mut before, mut after) = (old, new);
    for field in path {
        (before, after) = (&before[*field], &after[*field]);
    }
    if before != after {
        let path = path.iter().fold(Path::default(), |path, field| path.child(field));
        errors.invalid(&path, after, IMMUTABLE);
    }
}

/// What holds for the metadata of any object.
fn object_meta(old: &Value, new: &Value, errors: &mut ErrorList) {
    let path = Path::new("metadata");
    let (before, after) = (&old["metadata"], &new["metadata"]);
    let (typed_before, typed_after) = (ObjectMeta::from_value(before), ObjectMeta::from_value(after));
    if typed_before.deletion_timestamp.is_some() {
        let extra: Vec<String> = typed_after
            .finalizers
            .iter()
            .filter(|finalizer| !typed_before.finalizers.contains(finalizer))
            .map(|finalizer| crate::print::quote(finalizer))
            .collect();
        if !extra.is_empty() {
            let words = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                extra.join(", ")
            );
            errors.forbidden(&path.child("finalizers"), &words);
        }
    }
    if typed_after.generation < typed_before.generation {
        errors.invalid(&path.child("generation"), typed_after.generation, "must not be decremented");
    }
    let fields =
        ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"];
    for field in fields {
        if before[field] != after[field] {
            let path = path.child(field);
            match &after[field] {
                Value::Null if field.ends_with("Timestamp") || field.ends_with("Seconds") => {
                    errors.invalid(&path, &Value::Null, IMMUTABLE);
                }
                Value::Null => errors.invalid(&path, "", IMMUTABLE),
                value => errors.invalid(&path, value, IMMUTABLE),
            }
        }
    }
    meta::labels(&typed_after.labels, &path.child("labels"), errors);
    meta::annotations(&typed_after.annotations, &path.child("annotations"), errors);
}

/// Fields that stay as they are, and the API server's own type of each that is a structure.
const STRUCTURES: [(&str, &str); 3] = [
    ("selector", "LabelSelector"),
    ("podFailurePolicy", "*PodFailurePolicy"),
    ("successPolicy", "*SuccessPolicy"),
];

pub(super) fn immutable(old: &Value, new: &Value, field: &str, errors: &mut ErrorList) {
    let (before, after) = (&old["spec"][field], &new["spec"][field]);
    if before == after {
        return;
    }
    let path = Path::new("spec").child(field);
    match STRUCTURES.iter().find(|(name, _)| *name == field && !after.is_null()) {
        Some((_, ty)) => errors.invalid(&path, internal::Text(internal::value(ty, after)), IMMUTABLE),
        None => errors.invalid(&path, after, IMMUTABLE),
    }
}

fn frozen(old: &Value, new: &Value, fields: &[&str], errors: &mut ErrorList) {
    if old["immutable"] != true {
        return;
    }
    const WORDS: &str = "field is immutable when `immutable` is set";
    if new["immutable"] != true {
        errors.forbidden(&Path::new("immutable"), WORDS);
    }
    for field in fields.iter().filter(|field| old[**field] != new[**field]) {
        errors.forbidden(&Path::new(field), WORDS);
    }
}

fn stateful_set(old: &Value, new: &Value, errors: &mut ErrorList) {
    let mutable = [
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ];
    let rest = |object: &Value| {
        let mut spec = object["spec"].as_object().cloned().unwrap_or_default();
        mutable.iter().for_each(|field| {
            spec.remove(*field);
        });
        spec
    };
    if rest(old) != rest(new) {
        errors.forbidden(&Path::new("spec"), STATEFUL_SET_FIELDS);
    }
}

/// Models ValidatePodUpdate
fn pod_update(old: &Value, new: &Value, errors: &mut ErrorList) {
    let path = Path::new("spec");
    let metadata = ObjectMeta::from_value(&new["metadata"]);
    let (before, after) = (PodSpec::from_value(&old["spec"]), PodSpec::from_value(&new["spec"]));
    let options = options(old, &before);
    pod::metadata_and_spec(&metadata, &after, &options, errors);
    pod_annotations(old, &metadata, &after, &options, errors);
    let lists = [
        ("containers", &before.containers, &after.containers),
        ("initContainers", &before.init_containers, &after.init_containers),
    ];
    for (field, old_list, new_list) in lists {
        let path = path.child(field);
        if old_list.len() != new_list.len() {
            errors.forbidden(&path, "pod updates may not add or remove containers");
            return;
        }
        for (i, container) in new_list.iter().enumerate() {
            let path = path.index(i).child("image");
            if container.image.is_empty() {
                errors.required(&path, "");
            }
            if container.image.trim() != container.image {
                errors.invalid(&path, &container.image, "must not have leading or trailing whitespace");
            }
        }
    }
    let deadline = path.child("activeDeadlineSeconds");
    match (before.active_deadline_seconds, after.active_deadline_seconds) {
        (_, Some(seconds)) if !(0..=i64::from(i32::MAX)).contains(&seconds) => {
            let words = names::range(seconds, 0, i64::from(i32::MAX)).remove(0);
            errors.invalid(&deadline, seconds, &words);
            return;
        }
        (Some(old), Some(new)) if old < new => {
            errors.invalid(&deadline, new, "must be less than or equal to previous value");
            return;
        }
        (Some(_), None) => {
            errors.invalid(&deadline, &Value::Null, "must not update from a positive integer to nil value");
        }
        _ => {}
    }
    added_tolerations(&before, &after, &options, &path.child("tolerations"), errors);
    for (i, gate) in after.scheduling_gates.iter().enumerate() {
        if !before.scheduling_gates.contains(gate) {
            let words = format!("only deletion is allowed, but found new scheduling gate '{}'", gate.name);
            errors.forbidden(&path.child("schedulingGates").index(i).child("name"), &words);
        }
    }
    let gated = !before.scheduling_gates.is_empty();
    if gated {
        gated_changes(&old["spec"], &new["spec"], &path, errors);
    }
    let munged = munged_spec(&old["spec"], &new["spec"], gated);
    if munged != old["spec"] {
        let difference = internal::pod_spec_diff(&old["spec"], &munged);
        errors.forbidden(&path, &format!("{POD_FIELDS}\n{difference}"));
    }
}

/// The new spec with what may change put back.
fn munged_spec(old: &Value, new: &Value, gated: bool) -> Value {
    let mut munged = new.clone();
    for list in ["containers", "initContainers"] {
        let images: Vec<Value> =
            old[list].as_array().into_iter().flatten().map(|container| container["image"].clone()).collect();
        let containers = munged.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
        for (container, image) in containers.zip(images) {
            if container.is_object() {
                container["image"] = image;
            }
        }
    }
    let Some(map) = munged.as_object_mut() else { return munged };
    let mut put_back = vec!["activeDeadlineSeconds", "schedulingGates", "tolerations"];
    if gated {
        put_back.push("nodeSelector");
    }
    if old["terminationGracePeriodSeconds"].as_i64().is_some_and(|seconds| seconds < 0)
        && new["terminationGracePeriodSeconds"] == 1
    {
        put_back.push("terminationGracePeriodSeconds");
    }
    for field in put_back {
        copy_field(map, old, field);
    }
    if gated {
        copy_node_affinity(map, old);
    }
    munged
}

/// Takes the node affinity of another spec, and leaves the rest of the affinity.
pub(super) fn copy_node_affinity(map: &mut Map<String, Value>, from: &Value) {
    let wanted = &from["affinity"];
    let mut affinity = map.get("affinity").and_then(Value::as_object).cloned().unwrap_or_default();
    copy_field(&mut affinity, wanted, "nodeAffinity");
    if affinity.is_empty() && wanted.is_null() {
        map.remove("affinity");
    } else {
        map.insert("affinity".into(), Value::Object(affinity));
    }
}

/// While a Pod waits at its gates, where it may run can be narrowed, but not widened.
/// Models validateNodeSelectorMutation and validateNodeAffinityMutation
fn gated_changes(old: &Value, new: &Value, path: &Path, errors: &mut ErrorList) {
    let (before, after) = (&old["nodeSelector"], &new["nodeSelector"]);
    let kept = before.as_object().into_iter().flatten().all(|(key, value)| after.get(key) == Some(value));
    if !kept {
        let words = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
        errors.invalid(&path.child("nodeSelector"), after, words);
    }
    let terms = |spec: &Value| {
        let required = &spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
        required["nodeSelectorTerms"].as_array().cloned().unwrap_or_default()
    };
    let (old_terms, new_terms) = (terms(old), terms(new));
    let path = path.child("affinity").child("nodeAffinity");
    let path = path.child("requiredDuringSchedulingIgnoredDuringExecution").child("nodeSelectorTerms");
    if old_terms.is_empty() {
        return;
    }
    if old_terms.len() != new_terms.len() {
        let shown: Vec<String> =
            new_terms.iter().map(|term| internal::value("NodeSelectorTerm", term)).collect();
        let shown = if shown.is_empty() { "null".to_string() } else { format!("[{}]", shown.join(",")) };
        let words = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
        errors.invalid(&path, internal::Text(shown), words);
        return;
    }
    for (i, (old_term, new_term)) in old_terms.iter().zip(&new_terms).enumerate() {
        let list = |term: &Value, field: &str| term[field].as_array().cloned().unwrap_or_default();
        let empty =
            |term: &Value| list(term, "matchExpressions").is_empty() && list(term, "matchFields").is_empty();
        let grows = ["matchExpressions", "matchFields"]
            .iter()
            .all(|field| list(new_term, field).starts_with(&list(old_term, field)));
        if !grows || (empty(old_term) && !empty(new_term)) {
            let shown = internal::Text(internal::value("NodeSelectorTerm", new_term));
            errors.invalid(&path.index(i), shown, "only additions are allowed (no mutations or deletions)");
        }
    }
}

/// Models ValidatePodSpecificAnnotationUpdates
fn pod_annotations(
    old: &Value,
    metadata: &ObjectMeta,
    spec: &PodSpec,
    options: &Options,
    errors: &mut ErrorList,
) {
    let path = Path::new("metadata").child("annotations");
    let before = ObjectMeta::from_value(&old["metadata"]).annotations;
    let after = &metadata.annotations;
    let fixed = |key: &str| match key {
        pod::MIRROR => Some("mirror pod annotation"),
        _ if key.starts_with(profiles::APP_ARMOR) => Some("AppArmor annotations"),
        _ => None,
    };
    for (key, what) in before.iter().filter_map(|(key, value)| {
        fixed(key).filter(|_| after.get(key) != Some(value)).map(|what| (key, what))
    }) {
        errors.forbidden(&path.key(key), &format!("may not remove or update {what}"));
    }
    for key in after.keys().filter(|key| !before.contains_key(*key)) {
        if let Some(what) = fixed(key) {
            errors.forbidden(&path.key(key), &format!("may not add {what}"));
        }
    }
    pod::annotations(after, spec, options, &path, errors);
}

/// What the changed Pod may keep of the old one.
fn options(old: &Value, before: &PodSpec) -> Options {
    Options::of(before, &ObjectMeta::from_value(&old["metadata"]).annotations)
}

/// Takes a field from another object, or away if that has none.
pub(super) fn copy_field(map: &mut Map<String, Value>, from: &Value, field: &str) {
    match from.get(field) {
        Some(value) => map.insert(field.to_string(), value.clone()),
        None => map.remove(field),
    };
}

fn added_tolerations(
    before: &PodSpec,
    after: &PodSpec,
    options: &Options,
    path: &Path,
    errors: &mut ErrorList,
) {
    for old in &before.tolerations {
        let kept = after.tolerations.iter().any(|new| {
            let mut same = old.clone();
            same.toleration_seconds = new.toleration_seconds;
            same == *new
        });
        if !kept {
            errors.forbidden(path, "existing toleration can not be modified except its tolerationSeconds");
            return;
        }
    }
    scheduling::tolerations(&after.tolerations, options, path, errors);
}

/// Checks a change through the `ephemeralcontainers` subresource.
/// Models ValidatePodEphemeralContainersUpdate
pub fn ephemeral_containers(old: &Value, new: &Value) -> ErrorList {
    let mut errors = ErrorList::default();
    object_meta(old, new, &mut errors);
    let metadata = ObjectMeta::from_value(&new["metadata"]);
    let (before, after) = (PodSpec::from_value(&old["spec"]), PodSpec::from_value(&new["spec"]));
    let options = options(old, &before);
    pod::metadata_and_spec(&metadata, &after, &options, &mut errors);
    pod_annotations(old, &metadata, &after, &options, &mut errors);
    if !old["metadata"]["annotations"][pod::MIRROR].is_null() {
        let mut only = ErrorList::default();
        only.forbidden(&Path::default(), "static pods do not support ephemeral containers");
        return only;
    }
    let path = Path::new("spec").child("ephemeralContainers");
    let list = |object: &Value| object["spec"]["ephemeralContainers"].as_array().cloned().unwrap_or_default();
    let (old_list, new_list) = (list(old), list(new));
    for old_container in &old_list {
        let name = crate::print::quote(old_container["name"].as_str().unwrap_or(""));
        match new_list.iter().find(|new| new["name"] == old_container["name"]) {
            None => {
                errors
                    .forbidden(&path, &format!("existing ephemeral containers {name} may not be removed\n"));
            }
            Some(new_container) if new_container != old_container => {
                let difference = internal::diff("EphemeralContainer", old_container, new_container);
                let words = format!("existing ephemeral containers {name} may not be changed\n{difference}");
                errors.forbidden(&path, &words);
            }
            Some(_) => {}
        }
    }
    errors
}

/// Checks a change through the `resize` subresource.
pub fn resize(old: &Value, new: &Value) -> ErrorList {
    resize_with(old, new, &options(old, &PodSpec::from_value(&old["spec"])))
}

/// Models ValidatePodResize
pub(super) fn resize_with(old: &Value, new: &Value, options: &Options) -> ErrorList {
    let mut errors = ErrorList::default();
    object_meta(old, new, &mut errors);
    let metadata = ObjectMeta::from_value(&new["metadata"]);
    let (before, after) = (PodSpec::from_value(&old["spec"]), PodSpec::from_value(&new["spec"]));
    pod::metadata_and_spec(&metadata, &after, options, &mut errors);
    let mirror = !old["metadata"]["annotations"][pod::MIRROR].is_null();
    if mirror || before.os.as_ref().is_some_and(|os| os.name == "windows") {
        let mut only = ErrorList::default();
        let which = if mirror { "static" } else { "windows" };
        only.forbidden(&Path::default(), &format!("{which} pods cannot be resized"));
        return only;
    }
    let path = Path::new("spec");
    if qos_class(&before) != qos_class(&after) {
        let shown = new["status"]["qosClass"].as_str().unwrap_or("");
        errors.invalid(&path, shown, "Pod QOS Class may not change as a result of resizing");
    }
    let statuses = old["status"]["containerStatuses"].as_array();
    let running = statuses.into_iter().flatten().find(|status| status["state"]["running"].is_object());
    if running.is_some_and(|status| status["resources"].is_null()) {
        errors.forbidden(&path, "Pod running on node without support for resize");
    }
    pod_level_resources(old, new, &path, &mut errors);
    if old["status"]["nodeAllocatableResourceClaimStatuses"].as_array().is_some_and(|list| !list.is_empty()) {
        errors.forbidden(&path, "pods with node allocatable resource claims cannot be resized");
    }
    if !container_order(&before, &after, &path, &mut errors) {
        return errors;
    }
    for (list, old_list, new_list) in [
        ("initContainers", &before.init_containers, &after.init_containers),
        ("containers", &before.containers, &after.containers),
    ] {
        for (i, (old_container, new_container)) in old_list.iter().zip(new_list).enumerate() {
            let path = path.child(list).index(i).child("resources");
            let (a, b) = (&old_container.resources, &new_container.resources);
            for (field, word, a, b) in [
                ("requests", "requests", &a.requests, &b.requests),
                ("limits", "limits", &a.limits, &b.limits),
            ] {
                if a.keys().any(|name| !b.contains_key(name)) {
                    errors.forbidden(&path.child(field), &format!("resource {word} cannot be removed"));
                }
            }
        }
    }
    let mut copy = new["spec"].clone();
    const ONLY: &str = "only cpu and memory resources are mutable";
    for (list, words) in [("containers", ""), ("initContainers", "initContainers")] {
        let old_list = old["spec"][list].as_array().map_or(&[][..], Vec::as_slice);
        let containers = copy.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
        for (i, (container, old_container)) in containers.zip(old_list).enumerate() {
            let changed = container != old_container;
            keep_cpu_and_memory(container, old_container);
            if container != old_container {
                if words.is_empty() {
                    errors.forbidden(&path, ONLY);
                } else {
                    let words = "only cpu and memory resources for init or sidecar containers are mutable";
                    errors.forbidden(&path.child(list).index(i), words);
                }
            }
            if changed && !words.is_empty() && container["restartPolicy"] != "Always" {
                let policies = container["resizePolicy"].as_array().into_iter().flatten();
                for _ in policies.filter(|policy| policy["restartPolicy"] == "RestartContainer") {
                    let words = "non-sidecar init containers with a resize policy of RestartContainer cannot be \
                                 resized";
                    errors.forbidden(&path.child(list).index(i), words);
                }
            }
        }
    }
    if copy["resources"].is_object() {
        keep_cpu_and_memory(&mut copy, &old["spec"]);
        let empty = copy["resources"].as_object().is_none_or(Map::is_empty);
        if empty && let Some(map) = copy.as_object_mut() {
            copy_field(map, &old["spec"], "resources");
        }
    }
    if errors.is_empty() && copy != old["spec"] {
        errors.forbidden(&path, ONLY);
    }
    errors
}

/// Models validatePodLevelResourcesResize
fn pod_level_resources(old: &Value, new: &Value, path: &Path, errors: &mut ErrorList) {
    let (before, after) = (&old["spec"]["resources"], &new["spec"]["resources"]);
    if before.is_object() && !after.is_object() {
        errors.forbidden(&path.child("resources"), "pod-level resources cannot be removed");
        return;
    }
    for (list, word) in [("requests", "requests"), ("limits", "limits")] {
        let names = before[list].as_object().into_iter().flatten().map(|(name, _)| name);
        if names.into_iter().any(|name| after[list].get(name).is_none()) {
            let words = format!("pod-level resource {word} cannot be removed");
            errors.forbidden(&path.child("resources").child(list), &words);
        }
    }
    let mut kept = new["spec"].clone();
    keep_cpu_and_memory(&mut kept, &old["spec"]);
    let empty = |resources: &Value| resources.as_object().is_none_or(Map::is_empty);
    let same = kept["resources"] == *before || (empty(&kept["resources"]) && empty(before));
    if !same {
        errors.forbidden(path, "only cpu and memory resources are mutable at pod-level");
    }
}

fn container_order(before: &PodSpec, after: &PodSpec, path: &Path, errors: &mut ErrorList) -> bool {
    let found = errors.0.len();
    for (list, old, new) in [
        ("containers", &before.containers, &after.containers),
        ("initContainers", &before.init_containers, &after.init_containers),
    ] {
        let path = path.child(list);
        if old.len() != new.len() {
            errors.forbidden(&path, &format!("{list} may not be added or removed on resize"));
            continue;
        }
        for (i, _) in old.iter().zip(new).enumerate().filter(|(_, (old, new))| old.name != new.name) {
            errors.forbidden(
                &path.index(i).child("name"),
                &format!("{list} may not be renamed or reordered on resize"),
            );
        }
    }
    errors.0.len() == found
}

/// Puts the old cpu and memory back into the resources of a container, or of a Pod's spec.
fn keep_cpu_and_memory(owner: &mut Value, old: &Value) {
    let Some(resources) = owner.get_mut("resources").and_then(Value::as_object_mut) else { return };
    for list in ["limits", "requests"] {
        let old_list = &old["resources"][list];
        let mut amounts = resources.get(list).and_then(Value::as_object).cloned().unwrap_or_default();
        for name in ["cpu", "memory"] {
            copy_field(&mut amounts, old_list, name);
        }
        if amounts.is_empty() {
            resources.remove(list);
        } else {
            resources.insert(list.into(), Value::Object(amounts));
        }
    }
}
