//! The states that a DaemonSet had.
// Models pkg/controller/daemon/update.go (v1.36)

use super::{DaemonSet, HASH};
use crate::apiserver::ObjectKey;
use crate::controllers::history::{self, Revision, Snapshot};
use crate::controllers::template_hash::compute_hash;
use crate::controllers::work::Work;
use crate::input::DeleteOptions;

impl DaemonSet {
    /// The hash of the present state, and the states before it.
    // Models constructHistory (v1.36)
    pub(super) fn construct_history(&self, work: &mut Work<'_>) -> Result<(String, Vec<Revision>), String> {
        let all = history::list(work, &self.owner, &self.selector)?;
        let (current, old): (Vec<Revision>, Vec<Revision>) =
            all.into_iter().partition(|revision| history::is_of(revision, &self.tree));
        let number = history::next(&old);
        let Some((keep, others)) = current.split_last() else {
            let hash = compute_hash(&self.tree["spec"]["template"], self.status.collision_count);
            return Ok((self.snapshot(work, &hash, number)?, old));
        };
        // Models dedupCurHistories
        for other in others {
            let key = ObjectKey::new("ControllerRevision", &self.owner.metadata.namespace, &other.name);
            work.delete(&key, DeleteOptions::default()).map_err(|refusal| refusal.message)?;
        }
        let hash = keep.label(HASH);
        if keep.number < number {
            history::renumber(work, keep, number)?;
        }
        Ok((hash, old))
    }

    // Models snapshot (v1.36)
    fn snapshot(&self, work: &mut Work<'_>, hash: &str, number: i64) -> Result<String, String> {
        let name = format!("{}-{hash}", self.owner.metadata.name);
        let snapshot = Snapshot { name: &name, label: (HASH, hash), number };
        match history::put(work, &self.owner, &self.tree, &snapshot)? {
            Some(revision) => Ok(revision.label(HASH)),
            None => {
                // Two templates with the same hash: the next try counts them.
                let mut tree = self.tree.clone();
                tree["status"]["collisionCount"] = (self.status.collision_count.unwrap_or(0) + 1).into();
                work.update(tree, "status").map_err(|refusal| refusal.message)?;
                Err(format!("controllerrevisions.apps \"{name}\" already exists"))
            }
        }
    }

    // Models cleanupHistory (v1.36)
    pub(super) fn cleanup_history(&self, work: &mut Work<'_>, old: &[Revision]) -> Result<(), String> {
        let limit = self.tree["spec"]["revisionHistoryLimit"].as_i64().unwrap_or(10);
        let mut excess = old.len().saturating_sub(usize::try_from(limit).unwrap_or(0));
        if excess == 0 {
            return Ok(());
        }
        let by_node = self.pods_by_node(work, true)?;
        for revision in old {
            let hash = revision.label(HASH);
            let live = by_node.values().flatten().any(|pod| pod.metadata.labels.get(HASH) == Some(&hash));
            if excess == 0 || live {
                continue;
            }
            let key = ObjectKey::new("ControllerRevision", &self.owner.metadata.namespace, &revision.name);
            work.delete(&key, DeleteOptions::default()).map_err(|refusal| refusal.message)?;
            excess -= 1;
        }
        Ok(())
    }
}
