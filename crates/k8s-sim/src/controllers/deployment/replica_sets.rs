//! The ReplicaSets of a Deployment: which is the new one, and their revisions and annotations.
// Models pkg/controller/deployment/sync.go and util/deployment_util.go (v1.36)

use k8s_api::Value;
use k8s_api::apps::ReplicaSetStatus;
use k8s_api::meta::ObjectMeta;
use serde_json::json;

use super::{
    COMPONENT, DESIRED_REPLICAS, Deployment, MAX_REPLICAS, REVISION, REVISION_HISTORY, ROLLBACK_TO,
    TEMPLATE_HASH,
};
use crate::apiserver::events::EventType;
use crate::apiserver::{Object, ObjectKey};
use crate::controllers::pod_control::namespace_terminating;
use crate::controllers::template_hash::compute_hash;
use crate::controllers::work::Work;

/// How long the list of a ReplicaSet's earlier revisions may get.
const REVISION_HISTORY_BYTES_MAX: usize = 2000;
/// How long a name may be.
const NAME_MAX: usize = 253;

/// A ReplicaSet as one look sees it.
#[derive(Clone)]
pub(super) struct ReplicaSet {
    pub(super) metadata: ObjectMeta,
    pub(super) tree: Value,
    pub(super) replicas: i64,
    pub(super) status: ReplicaSetStatus,
}

impl ReplicaSet {
    pub(super) fn read(object: &Object) -> Self {
        Self::from_tree(object.to_value())
    }

    pub(super) fn from_tree(tree: Value) -> Self {
        Self {
            metadata: ObjectMeta::from_value(&tree["metadata"]),
            replicas: tree["spec"]["replicas"].as_i64().unwrap_or(1),
            status: ReplicaSetStatus::from_value(&tree["status"]),
            tree,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.metadata.name
    }

    pub(super) fn available(&self) -> i64 {
        i64::from(self.status.available_replicas)
    }

    // Models Revision (v1.36)
    pub(super) fn revision(&self) -> i64 {
        annotation(&self.tree, REVISION).and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    /// A number that the Deployment left in an annotation.
    // Models getNonNegativeInt32FromAnnotation (v1.36)
    pub(super) fn noted(&self, key: &str) -> Option<i64> {
        annotation(&self.tree, key)?
            .parse::<u32>()
            .ok()
            .map(i64::from)
            .filter(|number| *number <= i64::from(i32::MAX))
    }

    /// Whether its Pods are those of a template.
    // Models EqualIgnoreHash (v1.36)
    pub(super) fn has_template(&self, template: &Value) -> bool {
        without_hash(&self.tree["spec"]["template"]) == without_hash(template)
    }
}

/// A template as the Deployment has it.
pub(super) fn without_hash(template: &Value) -> Value {
    let mut template = template.clone();
    if let Some(labels) = template["metadata"]["labels"].as_object_mut() {
        labels.remove(TEMPLATE_HASH);
    }
    template
}

/// The oldest first; of equally old ones by name.
// Models ReplicaSetsByCreationTimestamp (v1.36)
pub(super) fn is_older(a: &ReplicaSet, b: &ReplicaSet) -> bool {
    let key = |set: &ReplicaSet| (set.metadata.creation_timestamp, set.metadata.name.clone());
    key(a) < key(b)
}

pub(super) fn sort_by_age(sets: &mut [ReplicaSet]) {
    k8s_api::small::sort(sets, &is_older);
}

pub(super) fn annotation<'a>(tree: &'a Value, key: &str) -> Option<&'a str> {
    tree["metadata"]["annotations"].get(key)?.as_str()
}

/// Sets an annotation; whether that changed anything.
pub(super) fn annotate(tree: &mut Value, key: &str, value: &str) -> bool {
    if annotation(tree, key) == Some(value) {
        return false;
    }
    if !tree["metadata"]["annotations"].is_object() {
        tree["metadata"]["annotations"] = json!({});
    }
    tree["metadata"]["annotations"][key] = value.into();
    true
}

/// Copies the annotations that are not about the object itself; whether that changed anything.
// Models copyDeploymentAnnotationsToReplicaSet (v1.36)
pub(super) fn copy_annotations(from: &Value, to: &mut Value) -> bool {
    let own = [
        "kubectl.kubernetes.io/last-applied-configuration",
        REVISION,
        REVISION_HISTORY,
        DESIRED_REPLICAS,
        MAX_REPLICAS,
        ROLLBACK_TO,
    ];
    let mut changed = false;
    for (key, value) in from["metadata"]["annotations"].as_object().into_iter().flatten() {
        if !own.contains(&key.as_str()) {
            changed |= annotate(to, key, value.as_str().unwrap_or_default());
        }
    }
    changed
}

/// Gives the new ReplicaSet its annotations and revision; whether that changed anything.
// Models SetNewReplicaSetAnnotations (v1.36)
fn set_new_annotations(deployment: &Value, set: &mut Value, new: i64) -> bool {
    let mut changed = copy_annotations(deployment, set);
    let before = annotation(set, REVISION).map(str::to_string);
    let Ok(old) = before.as_deref().unwrap_or("0").parse::<i64>() else { return false };
    if old >= new {
        return changed;
    }
    annotate(set, REVISION, &new.to_string());
    changed = true;
    let Some(before) = before else { return changed };
    // It is come back to: its earlier revisions are kept as its history.
    let history = annotation(set, REVISION_HISTORY).unwrap_or_default();
    let mut revisions: Vec<&str> = history.split(',').filter(|revision| !revision.is_empty()).collect();
    revisions.push(&before);
    let length = |revisions: &[&str]| revisions.iter().map(|revision| revision.len() + 1).sum::<usize>();
    while length(&revisions) > REVISION_HISTORY_BYTES_MAX {
        revisions.remove(0);
    }
    let history = revisions.join(",");
    annotate(set, REVISION_HISTORY, &history);
    changed
}

impl Deployment {
    /// The ReplicaSet of the present template, and all others. It is made if it is missing and `create` says so.
    // Models getAllReplicaSetsAndSyncRevision (v1.36)
    pub(super) fn get_all_replica_sets_and_sync_revision(
        &mut self,
        work: &mut Work<'_>,
        sets: &[ReplicaSet],
        create: bool,
    ) -> Result<(Option<ReplicaSet>, Vec<ReplicaSet>), String> {
        // Of several with the same template the oldest.
        let new = sets.iter().find(|set| set.has_template(&self.tree["spec"]["template"]));
        let uid = new.map(|set| set.metadata.uid.as_str());
        let old: Vec<ReplicaSet> =
            sets.iter().filter(|set| Some(set.metadata.uid.as_str()) != uid).cloned().collect();
        let revision = old.iter().map(ReplicaSet::revision).max().unwrap_or(0) + 1;
        let new = match new {
            Some(set) => Some(self.sync_existing(work, set, revision)?),
            None if create => Some(self.create_replica_set(work, &old, revision)?),
            None => None,
        };
        Ok((new, old))
    }

    /// Brings the new ReplicaSet's annotations and its Deployment's revision up to date.
    fn sync_existing(
        &mut self,
        work: &mut Work<'_>,
        set: &ReplicaSet,
        revision: i64,
    ) -> Result<ReplicaSet, String> {
        let mut tree = set.tree.clone();
        let changed = set_new_annotations(&self.tree, &mut tree, revision);
        let min_ready_seconds = tree["spec"]["minReadySeconds"].as_i64().unwrap_or(0);
        if changed || min_ready_seconds != self.min_ready_seconds {
            tree["spec"]["minReadySeconds"] = self.min_ready_seconds.into();
            return work.update(tree, "").map(ReplicaSet::from_tree).map_err(|refusal| refusal.message);
        }
        let own = annotation(&tree, REVISION).unwrap_or_default().to_string();
        let mut changed = annotate(&mut self.tree, REVISION, &own);
        if self.progress_deadline.is_some() && self.condition("Progressing").is_none() {
            let message = format!("Found new replica set \"{}\"", set.name());
            self.set_condition(work.time(), "Progressing", "True", "FoundNewReplicaSet", message);
            changed = true;
        }
        if changed {
            self.put_status(work)?;
        }
        Ok(set.clone())
    }

    // Models the second half of getNewReplicaSet (v1.36)
    fn create_replica_set(
        &mut self,
        work: &mut Work<'_>,
        old: &[ReplicaSet],
        revision: i64,
    ) -> Result<ReplicaSet, String> {
        let spec = &self.tree["spec"];
        let hash = compute_hash(&spec["template"], self.status.collision_count);
        let (mut template, mut selector) = (spec["template"].clone(), spec["selector"].clone());
        template["metadata"]["labels"][TEMPLATE_HASH] = hash.as_str().into();
        selector["matchLabels"][TEMPLATE_HASH] = hash.as_str().into();
        let mut base = self.name();
        while base.len() + 1 + hash.len() > NAME_MAX {
            base = &base[..base.len() - 1];
        }
        let name = format!("{base}-{hash}");
        let total: i64 = old.iter().map(|set| set.replicas).sum();
        let replicas = match self.rolling {
            true => self.new_replicas(total, 0),
            false => self.replicas,
        };
        let namespace = self.owner.metadata.namespace.clone();
        let mut tree = json!({
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {
                "name": name, "namespace": namespace, "labels": template["metadata"]["labels"],
                "ownerReferences": [self.owner.controller_ref()],
            },
            "spec": {
                "replicas": replicas, "minReadySeconds": self.min_ready_seconds,
                "selector": selector, "template": template,
            },
        });
        set_new_annotations(&self.tree, &mut tree, revision);
        self.note_replicas(&mut tree);
        let mut made_now = true;
        let made = match work.create(&namespace, tree) {
            Ok(made) => ReplicaSet::from_tree(made),
            Err(refusal) if refusal.reason == "AlreadyExists" => {
                made_now = false;
                let key = ObjectKey::new("ReplicaSet", &namespace, &name);
                let other = work.store.get(&key).map(|object| ReplicaSet::read(object));
                let own = other.filter(|other| {
                    let owner = other.metadata.controller().map(|owner| owner.uid.as_str());
                    owner == Some(&self.owner.metadata.uid)
                        && other.has_template(&self.tree["spec"]["template"])
                });
                let Some(own) = own else {
                    // Two templates with the same hash: the next try counts them.
                    self.status.collision_count = Some(self.status.collision_count.unwrap_or(0) + 1);
                    self.put_status(work)?;
                    return Err(refusal.message);
                };
                own
            }
            Err(refusal) if namespace_terminating(&refusal) => return Err(refusal.message),
            Err(refusal) => {
                let message = format!("Failed to create new replica set \"{name}\": {}", refusal.message);
                if self.progress_deadline.is_some() {
                    let reason = "ReplicaSetCreateError";
                    self.set_condition(work.time(), "Progressing", "False", reason, message.clone());
                    // There is a bigger problem than this write.
                    let _ = self.put_status(work);
                }
                work.record(COMPONENT, &self.owner, EventType::Warning, "ReplicaSetCreateError", message);
                return Err(refusal.message);
            }
        };
        if made_now && replicas > 0 {
            let message = format!("Scaled up replica set {name} from 0 to {replicas}");
            work.record(COMPONENT, &self.owner, EventType::Normal, "ScalingReplicaSet", message);
        }
        let mut changed = annotate(&mut self.tree, REVISION, &revision.to_string());
        if made_now && self.progress_deadline.is_some() {
            let message = format!("Created new replica set \"{name}\"");
            self.set_condition(work.time(), "Progressing", "True", "NewReplicaSetCreated", message);
            changed = true;
        }
        if changed {
            self.put_status(work)?;
        }
        Ok(made)
    }

    /// Notes in a ReplicaSet how many Pods the Deployment wants now, so that it can be told later whether that changed.
    // Models SetReplicasAnnotations (v1.36)
    pub(super) fn note_replicas(&self, set: &mut Value) -> bool {
        let desired = annotate(set, DESIRED_REPLICAS, &self.replicas.to_string());
        let max = annotate(set, MAX_REPLICAS, &(self.replicas + self.max_surge).to_string());
        desired || max
    }

    /// To how many Pods the new ReplicaSet may grow.
    // Models NewRSNewReplicas (v1.36)
    pub(super) fn new_replicas(&self, total: i64, own: i64) -> i64 {
        let room = self.replicas + self.max_surge - total;
        if room <= 0 { own } else { own + room.min(self.replicas - own) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_come_back_to_remembers_its_revisions() {
        let deployment = json!({"metadata": {"annotations": {"note": "x", REVISION: "7"}}});
        let mut set = json!({"metadata": {}});
        assert!(set_new_annotations(&deployment, &mut set, 1));
        assert_eq!(annotation(&set, REVISION), Some("1"));
        assert_eq!(annotation(&set, REVISION_HISTORY), None);
        assert!(set_new_annotations(&deployment, &mut set, 3));
        assert!(set_new_annotations(&deployment, &mut set, 5));
        assert_eq!(annotation(&set, REVISION_HISTORY), Some("1,3"));
        assert_eq!(annotation(&set, "note"), Some("x"));
        assert!(!set_new_annotations(&deployment, &mut set, 4));
    }
}
