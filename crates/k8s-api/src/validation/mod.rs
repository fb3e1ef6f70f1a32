//! Validation: what the API server refuses, in its words and its order.
//!
//! The objects are checked after defaulting. Reading order: [`field`] (paths and errors), [`names`] (what texts
//! must look like), [`pod`], then the other kinds.

pub mod field;
pub mod meta;
pub mod names;
pub mod options;
pub mod pod;
pub mod service;
pub mod update;
pub mod warnings;

mod autoscaling;
mod certificates;
mod cluster;
mod container;
mod ingress;
mod ips;
mod jobs;
mod network;
mod old_volumes;
mod others;
mod overlaps;
mod pod_warnings;
mod profiles;
mod quota;
mod rbac;
mod resources;
mod scheduling;
mod security;
mod storage;
mod volume;
mod windows;
mod workloads;

#[cfg(test)]
mod unit_tests;

use serde_json::Value;

use crate::apps::{DaemonSetSpec, DeploymentSpec, ReplicaSetSpec};
use crate::core::{
    ConfigMap, LimitRange, PersistentVolumeClaimSpec, PodSpec, PodTemplateSpec, Secret, Service,
};
use crate::kind::Kind;
use crate::meta::ObjectMeta;
use crate::policy::PodDisruptionBudgetSpec;

use field::{ErrorList, Path};

/// Checks a new object, after defaulting and with its namespace set.
pub fn create(kind: &Kind, object: &Value) -> ErrorList {
    let mut errors = ErrorList::default();
    let metadata = ObjectMeta::from_value(&object["metadata"]);
    if kind.kind == "Pod" {
        let spec = PodSpec::from_value(&object["spec"]);
        pod::create(&metadata, &spec, &mut errors);
        return errors;
    }
    if kind.kind == "Service" {
        let errors = service::families(object);
        if !errors.is_empty() {
            return errors;
        }
    }
    // A budget's name is looked at last, like those of all other objects once more.
    let late = kind.kind == "PodDisruptionBudget";
    let path = Path::new("metadata");
    if !late {
        meta::object_meta(&metadata, kind.namespaced, name_rule(kind), &path, &mut errors);
    }
    spec(kind, object, &mut errors);
    if late && errors.is_empty() {
        meta::object_meta(&metadata, kind.namespaced, path_segment, &path, &mut errors);
    }
    if kind.kind == "Ingress" {
        ingress::class_annotation(&metadata, object, &mut errors);
    }
    errors
}

/// What the names of a kind must look like.
fn name_rule(kind: &Kind) -> meta::NameRule {
    match kind.kind {
        // Models RelaxedServiceNameValidation, on by default: a digit may come first.
        "Service" | "Namespace" | "StatefulSet" => names::dns1123_label,
        // Paths, not names.
        "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding" => path_segment,
        _ => names::dns1123_subdomain,
    }
}

/// What may stand between two slashes of a URL. Models path.IsValidPathSegmentName
pub fn path_segment(name: &str) -> Vec<String> {
    if name == "." || name == ".." {
        return vec![format!("may not be '{name}'")];
    }
    let bad = ["/", "%"].into_iter().filter(|c| name.contains(c));
    bad.map(|c| format!("may not contain '{c}'")).collect()
}

/// A text of an object; empty if it has none.
fn text<'a>(owner: &'a Value, field: &str) -> &'a str {
    owner[field].as_str().unwrap_or("")
}

/// A list of an object; empty if it has none.
fn list<'a>(owner: &'a Value, field: &str) -> &'a [Value] {
    owner[field].as_array().map_or(&[], Vec::as_slice)
}

/// A text that is one of a few.
fn choice(value: &str, path: &Path, valid: &[&str], errors: &mut ErrorList) {
    if !valid.contains(&value) {
        errors.not_supported(path, value, valid);
    }
}

/// Checks everything but the metadata.
fn spec(kind: &Kind, object: &Value, errors: &mut ErrorList) {
    let raw = &object["spec"];
    match kind.kind {
        "Deployment" => workloads::deployment(&DeploymentSpec::from_value(raw), raw, errors),
        "ReplicaSet" => workloads::replica_set(&ReplicaSetSpec::from_value(raw), errors),
        "StatefulSet" => workloads::stateful_set(raw, true, errors),
        "DaemonSet" => workloads::daemon_set(&DaemonSetSpec::from_value(raw), raw, errors),
        "Job" => {
            let metadata = ObjectMeta::from_value(&object["metadata"]);
            jobs::job(&metadata, raw, errors);
        }
        "CronJob" => {
            let metadata = ObjectMeta::from_value(&object["metadata"]);
            jobs::cron_job(&metadata, raw, None, errors);
        }
        "Service" => service::service(&Service::from_value(object), errors),
        "ConfigMap" => others::config_map(&ConfigMap::from_value(object), errors),
        "Secret" => others::secret(&Secret::from_value(object), errors),
        "PodDisruptionBudget" => {
            others::disruption_budget(&PodDisruptionBudgetSpec::from_value(raw), raw, errors);
        }
        "PersistentVolumeClaim" => {
            volume::claim_spec(&PersistentVolumeClaimSpec::from_value(raw), &Path::new("spec"), errors);
        }
        "Role" | "ClusterRole" => rbac::role(object, kind.namespaced, errors),
        "RoleBinding" | "ClusterRoleBinding" => rbac::binding(object, kind.namespaced, errors),
        "Ingress" => ingress::spec(raw, errors),
        "LimitRange" => quota::limit_range(&LimitRange::from_value(object), errors),
        "Node" => cluster::node(object, errors),
        "Namespace" => cluster::namespace(object, errors),
        "PriorityClass" => cluster::priority_class(object, errors),
        "RuntimeClass" => cluster::runtime_class(object, errors),
        "Lease" => cluster::lease(raw, errors),
        "ReplicationController" => workloads::replication_controller(raw, errors),
        "PodTemplate" => {
            let template = PodTemplateSpec::from_value(&object["template"]);
            let spec = PodSpec::from_value(&template.spec);
            pod::template(&template.metadata, &spec, &Path::new("template"), errors);
        }
        "NetworkPolicy" => network::policy(raw, None, errors),
        "IngressClass" => network::ingress_class(raw, errors),
        "Endpoints" => network::endpoints(object, errors),
        "EndpointSlice" => network::endpoint_slice(object, errors),
        "HorizontalPodAutoscaler" => autoscaling::spec(raw, None, errors),
        "PersistentVolume" => storage::volume(raw, errors),
        "StorageClass" => storage::class(object, errors),
        "ResourceQuota" => quota::spec(raw, errors),
        _ => {}
    }
}
