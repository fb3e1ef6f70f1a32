//! Validation: what the API server refuses, in its words and its order.
//!
//! The objects are checked after defaulting. Reading order: [`field`] (paths and errors), [`names`] (what texts
//! must look like), [`pod`], then the other kinds.

pub mod field;
pub mod meta;
pub mod names;
pub mod options;
pub mod pod;
pub mod update;
pub mod warnings;

mod certificates;
mod container;
mod ingress;
mod old_volumes;
mod others;
mod profiles;
mod rbac;
mod resources;
mod scheduling;
mod security;
mod service;
mod volume;
mod windows;
mod workloads;

#[cfg(test)]
mod unit_tests;

use serde_json::Value;

use crate::apps::{DaemonSetSpec, DeploymentSpec, ReplicaSetSpec, StatefulSetSpec};
use crate::batch::{CronJobSpec, JobSpec};
use crate::core::{ConfigMap, LimitRange, PersistentVolumeClaimSpec, PodSpec, Secret, Service, Taint};
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
    meta::object_meta(&metadata, kind.namespaced, name_rule(kind), &Path::new("metadata"), &mut errors);
    spec(kind, object, &mut errors);
    errors
}

/// What the names of a kind must look like.
fn name_rule(kind: &Kind) -> meta::NameRule {
    match kind.kind {
        // Models RelaxedServiceNameValidation, on by default: a digit may come first.
        "Service" | "Namespace" => names::dns1123_label,
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

/// Checks everything but the metadata.
fn spec(kind: &Kind, object: &Value, errors: &mut ErrorList) {
    let raw = &object["spec"];
    match kind.kind {
        "Deployment" => workloads::deployment(&DeploymentSpec::from_value(raw), raw, errors),
        "ReplicaSet" => workloads::replica_set(&ReplicaSetSpec::from_value(raw), errors),
        "StatefulSet" => workloads::stateful_set(&StatefulSetSpec::from_value(raw), errors),
        "DaemonSet" => workloads::daemon_set(&DaemonSetSpec::from_value(raw), raw, errors),
        "Job" => {
            let metadata = ObjectMeta::from_value(&object["metadata"]);
            workloads::job(&metadata, &JobSpec::from_value(raw), errors);
        }
        "CronJob" => {
            let metadata = ObjectMeta::from_value(&object["metadata"]);
            workloads::cron_job(&metadata, &CronJobSpec::from_value(raw), errors);
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
        "LimitRange" => others::limit_range(&LimitRange::from_value(object), errors),
        "Node" => {
            for (i, taint) in raw["taints"].as_array().into_iter().flatten().enumerate() {
                let taint = Taint::from_value(taint);
                let path = Path::new("spec").child("taints").index(i);
                errors.check(&path.child("key"), &taint.key, names::qualified_name);
                errors.check(&path.child("value"), &taint.value, names::label_value);
                scheduling::effect(&taint.effect, &path.child("effect"), errors);
            }
        }
        _ => {}
    }
}
