//! The former states of StatefulSets and DaemonSets, so that one can go back to them: a ControllerRevision each.
// Models pkg/controller/history/controller_history.go (v1.36)

use k8s_api::Value;
use k8s_api::meta::{LabelSelector, Time};
use serde_json::json;

use super::ref_manager;
use super::work::{Owner, Work};
use crate::apiserver::{Object, ObjectKey};
use crate::input::DeleteOptions;

/// Two different templates with one hash are counted, but not for ever.
const COLLISIONS_MAX: i32 = 1000;

/// A former state.
#[derive(Clone)]
pub(super) struct Revision {
    pub(super) name: String,
    pub(super) number: i64,
    created: Option<Time>,
    tree: Value,
}

impl Revision {
    fn read(object: &Object) -> Self {
        Self::from_tree(object.to_value())
    }

    fn from_tree(tree: Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        let meta = &tree["metadata"];
        Self {
            name: text(&meta["name"]),
            number: tree["revision"].as_i64().unwrap_or(0),
            created: k8s_api::meta::ObjectMeta::from_value(meta).creation_timestamp,
            tree,
        }
    }

    pub(super) fn label(&self, key: &str) -> String {
        self.tree["metadata"]["labels"][key].as_str().unwrap_or_default().to_string()
    }

    /// The template of its Pods.
    // Models ApplyRevision (v1.36)
    pub(super) fn template(&self) -> Value {
        let mut template = self.tree["data"]["spec"]["template"].clone();
        if let Some(fields) = template.as_object_mut() {
            fields.remove("$patch");
        }
        template
    }
}

/// What is kept of a workload: its template.
// Models getPatch (v1.36)
pub(super) fn patch_of(workload: &Value) -> Value {
    let mut template = workload["spec"]["template"].clone();
    template["$patch"] = "replace".into();
    json!({"spec": {"template": template}})
}

/// The JSON of a tree as Go writes it.
fn go_json(tree: &Value) -> String {
    let mut text = String::new();
    for letter in tree.to_string().chars() {
        match letter {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => text.push_str(&format!("\\u{:04x}", letter as u32)),
            _ => text.push(letter),
        }
    }
    text
}

// Models HashControllerRevision (v1.36)
fn hash_of(data: &Value, probe: i32) -> String {
    let mut hash: u32 = 0x811c_9dc5;
    for byte in go_json(data).bytes().chain(probe.to_string().bytes()) {
        hash = hash.wrapping_mul(0x0100_0193) ^ u32::from(byte);
    }
    k8s_api::admission::safe_encode(&hash.to_string())
}

// Models ControllerRevisionName (v1.36)
fn name_of(parent: &str, hash: &str) -> String {
    let mut end = parent.len().min(223);
    while !parent.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}-{hash}", &parent[..end])
}

/// The former states of a workload, the oldest first; those that nobody owns are adopted.
// Models ListControllerRevisions and AdoptOrphanRevisions (v1.36)
pub(super) fn list(
    work: &mut Work<'_>,
    owner: &Owner,
    selector: &LabelSelector,
) -> Result<Vec<Revision>, String> {
    let mut revisions = Vec::new();
    for object in ref_manager::owned_or_orphaned(work, owner, "ControllerRevision") {
        if selector.matches(&object.meta().labels) && ref_manager::claim(work, owner, &object, true)? {
            let newest = work.store.get(&ObjectKey::of(&object));
            revisions.extend(newest.map(|object| Revision::read(object)));
        }
    }
    k8s_api::small::sort(&mut revisions, &|a, b| {
        (a.number, a.created, &a.name) < (b.number, b.created, &b.name)
    });
    Ok(revisions)
}

/// The number that a new state gets.
// Models nextRevision (v1.36)
pub(super) fn next(revisions: &[Revision]) -> i64 {
    revisions.last().map_or(0, |last| last.number) + 1
}

/// How a new state is to be kept.
pub(super) struct Snapshot<'a> {
    pub(super) name: &'a str,
    /// The label that holds its hash.
    pub(super) label: (&'a str, &'a str),
    pub(super) number: i64,
}

/// Keeps a new state; nothing if another state has its name.
// Models NewControllerRevision and snapshot (v1.36)
pub(super) fn put(
    work: &mut Work<'_>,
    owner: &Owner,
    workload: &Value,
    snapshot: &Snapshot<'_>,
) -> Result<Option<Revision>, String> {
    let namespace = owner.metadata.namespace.clone();
    let mut labels = workload["spec"]["template"]["metadata"]["labels"].clone();
    labels[snapshot.label.0] = snapshot.label.1.into();
    let tree = json!({
        "apiVersion": "apps/v1", "kind": "ControllerRevision",
        "metadata": {
            "name": snapshot.name, "namespace": namespace, "labels": labels,
            "annotations": workload["metadata"]["annotations"],
            "ownerReferences": [owner.controller_ref()],
        },
        "data": patch_of(workload), "revision": snapshot.number,
    });
    match work.create(&namespace, tree) {
        Ok(made) => Ok(Some(Revision::from_tree(made))),
        Err(refusal) if refusal.reason == "AlreadyExists" => {
            let key = ObjectKey::new("ControllerRevision", &namespace, snapshot.name);
            let other = work.store.get(&key).map(|object| Revision::read(object));
            Ok(other.filter(|other| is_of(other, workload)))
        }
        Err(refusal) => Err(refusal.message),
    }
}

/// Keeps a new state. A name that another state has is told apart by counting.
// Models CreateControllerRevision (v1.36)
pub(super) fn create(
    work: &mut Work<'_>,
    owner: &Owner,
    workload: &Value,
    number: i64,
    collisions: &mut i32,
) -> Result<Revision, String> {
    let data = patch_of(workload);
    let label = hash_of(&data, *collisions);
    while *collisions < COLLISIONS_MAX {
        let name = name_of(&owner.metadata.name, &hash_of(&data, *collisions));
        let snapshot = Snapshot { name: &name, label: ("controller.kubernetes.io/hash", &label), number };
        if let Some(revision) = put(work, owner, workload, &snapshot)? {
            return Ok(revision);
        }
        *collisions += 1;
    }
    Err(format!("too many revisions of {} have the same hash", owner.metadata.name))
}

/// Gives a state another number.
// Models UpdateControllerRevision (v1.36)
pub(super) fn renumber(work: &mut Work<'_>, revision: &Revision, number: i64) -> Result<Revision, String> {
    if revision.number == number {
        return Ok(revision.clone());
    }
    let mut tree = revision.tree.clone();
    tree["revision"] = number.into();
    work.update(tree, "").map(Revision::from_tree).map_err(|refusal| refusal.message)
}

/// Whether a state is that of the workload now.
pub(super) fn is_of(revision: &Revision, workload: &Value) -> bool {
    revision.tree["data"] == patch_of(workload)
}

/// Deletes the oldest states that nothing needs any more, down to the limit.
// Models truncateHistory (v1.36)
pub(super) fn truncate(
    work: &mut Work<'_>,
    owner: &Owner,
    revisions: &[Revision],
    limit: i64,
    is_live: &dyn Fn(&Revision) -> bool,
) -> Result<(), String> {
    let dead: Vec<&Revision> = revisions.iter().filter(|revision| !is_live(revision)).collect();
    let Ok(limit) = usize::try_from(limit) else { return Ok(()) };
    for revision in dead.iter().take(dead.len().saturating_sub(limit)) {
        let key = ObjectKey::new("ControllerRevision", &owner.metadata.namespace, &revision.name);
        match work.delete(&key, DeleteOptions::default()) {
            Err(refusal) if refusal.reason != "NotFound" => return Err(refusal.message),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::hash_of;
    use serde_json::json;

    #[test]
    fn a_state_is_named_as_by_a_real_cluster() {
        let mut set = json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "web"},
            "spec": {
                "serviceName": "web", "selector": {"matchLabels": {"app": "web"}},
                "template": {
                    "metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [{
                        "name": "web", "image": "nginx:1.27",
                        "readinessProbe": {
                            "httpGet": {"path": "/", "port": 80}, "initialDelaySeconds": 2, "periodSeconds": 1,
                        },
                    }]},
                },
            },
        });
        let kind = k8s_api::kind::by_kind("StatefulSet").unwrap();
        k8s_api::defaulting::default(kind, &mut set);
        let set = k8s_api::normalize::normalize(kind, &set);
        assert_eq!(hash_of(&super::patch_of(&set), 0), "fd9966568");
    }
}
