//! Pods that are replaced in steps: a Deployment has a ReplicaSet for each template it ever had, and moves its Pods
//! from the old ones to the new one.
// Models pkg/controller/deployment/deployment_controller.go and sync.go (v1.36)

mod replica_sets;
mod rollout;
mod scale;
mod status;

use k8s_api::Value;
use k8s_api::apps::DeploymentStatus;
use k8s_api::intstr::IntOrString;
use k8s_api::meta::LabelSelector;
use k8s_api::record::Load;

use self::replica_sets::ReplicaSet;
use super::ref_manager;
use super::work::{Controller, Owner, Work};
use crate::apiserver::ObjectKey;

const COMPONENT: &str = "deployment-controller";
const REVISION: &str = "deployment.kubernetes.io/revision";
const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";
const ROLLBACK_TO: &str = "deprecated.deployment.rollback.to";
/// The label that tells the Pods of one template from those of another.
const TEMPLATE_HASH: &str = "pod-template-hash";
/// Seconds and revisions that mean none at all.
const NO_LIMIT: i64 = i32::MAX as i64;

/// A Deployment as one look sees it.
struct Deployment {
    owner: Owner,
    /// With what the look changed of its annotations.
    tree: Value,
    /// With what the look changed.
    status: DeploymentStatus,
    replicas: i64,
    rolling: bool,
    paused: bool,
    max_surge: i64,
    max_unavailable: i64,
    min_ready_seconds: i64,
    /// Seconds without progress after which it is said to have failed.
    progress_deadline: Option<i64>,
    revision_history_limit: Option<i64>,
}

impl Deployment {
    fn read(owner: Owner, tree: Value) -> Self {
        let spec = &tree["spec"];
        let replicas = spec["replicas"].as_i64().unwrap_or(1);
        let rolling = spec["strategy"]["type"] != "Recreate";
        let limits = &spec["strategy"]["rollingUpdate"];
        let (max_surge, max_unavailable) = match rolling {
            true => resolve_fenceposts(limits, replicas),
            false => (0, 0),
        };
        let status = DeploymentStatus::from_value(&tree["status"]);
        let limit = |field: &str| spec[field].as_i64().filter(|number| *number != NO_LIMIT);
        Self {
            replicas,
            rolling,
            max_surge,
            max_unavailable: max_unavailable.min(replicas),
            paused: spec["paused"] == true,
            min_ready_seconds: spec["minReadySeconds"].as_i64().unwrap_or(0),
            progress_deadline: limit("progressDeadlineSeconds"),
            revision_history_limit: limit("revisionHistoryLimit"),
            status,
            owner,
            tree,
        }
    }

    fn name(&self) -> &str {
        &self.owner.metadata.name
    }

    /// Writes the status, and the annotations with it.
    fn put_status(&mut self, work: &mut Work<'_>) -> Result<(), String> {
        let mut tree = self.tree.clone();
        tree["status"] = self.status.to_value();
        work.update(tree, "status").map(|_| ()).map_err(|refusal| refusal.message)
    }
}

/// How many Pods there may be too many and too few.
// Models ResolveFenceposts (v1.36)
pub(super) fn resolve_fenceposts(limits: &Value, desired: i64) -> (i64, i64) {
    let of = |field: &str, round_up: bool| {
        let mut limit = IntOrString::default();
        limit.load(&limits[field]);
        limit.scaled(desired, round_up).unwrap_or(0)
    };
    match (of("maxSurge", true), of("maxUnavailable", false)) {
        (0, 0) => (0, 1),
        limits => limits,
    }
}

/// Looks at a Deployment.
// Models syncDeployment (v1.36)
pub(super) fn sync(work: &mut Work<'_>, key: &ObjectKey) -> Result<(), String> {
    let Some(object) = work.store.get(key).cloned() else { return Ok(()) };
    let mut deployment = Deployment::read(Owner::of(&object), object.to_value());
    let selector = LabelSelector::from_value(&deployment.tree["spec"]["selector"]);
    let mut sets = Vec::new();
    for object in ref_manager::owned_or_orphaned(work, &deployment.owner, "ReplicaSet") {
        let matches = selector.matches(&object.meta().labels);
        if ref_manager::claim(work, &deployment.owner, &object, matches)? {
            sets.extend(work.store.get(&ObjectKey::of(&object)).map(|object| ReplicaSet::read(object)));
        }
    }
    replica_sets::sort_by_age(&mut sets);
    if deployment.owner.metadata.deletion_timestamp.is_some() {
        let (new, old) = deployment.get_all_replica_sets_and_sync_revision(work, &sets, false)?;
        return deployment.sync_status(work, new.as_ref(), &old);
    }
    deployment.check_paused_conditions(work)?;
    if deployment.paused {
        return deployment.sync_scale(work, &sets);
    }
    if replica_sets::annotation(&deployment.tree, ROLLBACK_TO).is_some_and(|to| to.parse::<i64>().is_ok()) {
        return deployment.rollback(work, &sets);
    }
    if deployment.is_scaling_event(work, &sets)? {
        return deployment.sync_scale(work, &sets);
    }
    match deployment.rolling {
        true => deployment.rollout_rolling(work, &sets),
        false => deployment.rollout_recreate(work, &sets),
    }
}

impl Deployment {
    /// A Deployment that was paused or goes on is not to be blamed for the time in between.
    // Models checkPausedConditions (v1.36)
    fn check_paused_conditions(&mut self, work: &mut Work<'_>) -> Result<(), String> {
        let reason = self.condition("Progressing").map(|condition| condition.reason.clone());
        if self.progress_deadline.is_none() || reason.as_deref() == Some("ProgressDeadlineExceeded") {
            return Ok(());
        }
        let said_paused = reason.as_deref() == Some("DeploymentPaused");
        let (reason, message) = match (self.paused, said_paused) {
            (true, false) => ("DeploymentPaused", "Deployment is paused"),
            (false, true) => ("DeploymentResumed", "Deployment is resumed"),
            _ => return Ok(()),
        };
        self.set_condition(work.time(), "Progressing", "Unknown", reason, message.into());
        self.put_status(work)
    }

    /// Goes back to an earlier template, as an annotation of an old API asks.
    // Models rollback.go (v1.36)
    fn rollback(&mut self, work: &mut Work<'_>, sets: &[ReplicaSet]) -> Result<(), String> {
        use crate::apiserver::events::EventType::{Normal, Warning};
        let (new, old) = self.get_all_replica_sets_and_sync_revision(work, sets, true)?;
        let all: Vec<&ReplicaSet> = old.iter().chain(&new).collect();
        let asked = replica_sets::annotation(&self.tree, ROLLBACK_TO);
        let mut revision = asked.and_then(|asked| asked.parse::<i64>().ok()).unwrap_or(0);
        if revision == 0 {
            let newest = all.iter().map(|set| set.revision()).max().unwrap_or(0);
            let earlier = all.iter().map(|set| set.revision()).filter(|revision| *revision < newest);
            revision = earlier.max().unwrap_or(0);
        }
        let found = all.iter().find(|set| revision != 0 && set.revision() == revision);
        let (kind, reason, message) = match found {
            None if revision == 0 => {
                (Warning, "DeploymentRollbackRevisionNotFound", "Unable to find last revision.".to_string())
            }
            None => {
                let message = "Unable to find the revision to rollback to.".to_string();
                (Warning, "DeploymentRollbackRevisionNotFound", message)
            }
            Some(set) if set.has_template(&self.tree["spec"]["template"]) => {
                let name = self.name();
                let message = format!(
                    "The rollback revision contains the same template as current deployment \"{name}\""
                );
                (Warning, "DeploymentRollbackTemplateUnchanged", message)
            }
            Some(set) => {
                self.tree["spec"]["template"] = replica_sets::without_hash(&set.tree["spec"]["template"]);
                replica_sets::copy_annotations(&set.tree, &mut self.tree);
                let message = format!("Rolled back deployment \"{}\" to revision {revision}", self.name());
                (Normal, "DeploymentRollback", message)
            }
        };
        if let Some(annotations) = self.tree["metadata"]["annotations"].as_object_mut() {
            annotations.remove(ROLLBACK_TO);
        }
        work.record(COMPONENT, &self.owner, kind, reason, message);
        work.update(self.tree.clone(), "").map(|_| ()).map_err(|refusal| refusal.message)
    }
}

/// Tells Deployments of a change of another object.
// Models addReplicaSet, updateReplicaSet and deletePod (v1.36)
pub(super) fn notice(work: &mut Work<'_>, object: &crate::apiserver::Object, gone: bool) {
    match object.kind() {
        "ReplicaSet" if object.meta().controller().is_none() && !gone => {
            let wants = |deployment: &crate::apiserver::Object| {
                let selector = LabelSelector::from_value(&deployment.to_value()["spec"]["selector"]);
                !selector.is_everything() && selector.matches(&object.meta().labels)
            };
            let all = work.store.list("Deployment", Some(&object.meta().namespace));
            let keys: Vec<_> =
                all.filter(|object| wants(object)).map(|object| ObjectKey::of(object)).collect();
            keys.into_iter().for_each(|key| work.enqueue(Controller::Deployment, key));
        }
        // One that waits for the last of its old Pods to be gone.
        "Pod" if gone => {
            let set = ref_manager::controller_of(work, object);
            let set = set.and_then(|key| work.store.get(&key).cloned());
            let deployment = set.and_then(|set| ref_manager::controller_of(work, &set));
            if let Some(key) = deployment.filter(|key| key.kind == "Deployment") {
                work.enqueue(Controller::Deployment, key);
            }
        }
        _ => {}
    }
}
