//! Other numbers of Pods: by a person's wish, in proportion while a rollout is under way; and what is left of old
//! revisions.
// Models pkg/controller/deployment/sync.go (v1.36)

use super::replica_sets::{ReplicaSet, is_older};
use super::{COMPONENT, DESIRED_REPLICAS, Deployment, MAX_REPLICAS};
use crate::apiserver::ObjectKey;
use crate::apiserver::events::EventType;
use crate::controllers::work::Work;
use crate::input::DeleteOptions;

impl Deployment {
    /// What is done while a Deployment is paused or scaled: its numbers follow, its template does not.
    // Models sync (v1.36)
    pub(super) fn sync_scale(&mut self, work: &mut Work<'_>, sets: &[ReplicaSet]) -> Result<(), String> {
        let (new, old) = self.get_all_replica_sets_and_sync_revision(work, sets, false)?;
        self.scale(work, new.as_ref(), &old)?;
        if self.paused {
            self.cleanup(work, &old)?;
        }
        self.sync_status(work, new.as_ref(), &old)
    }

    /// Whether a person asked for another number since the last look.
    // Models isScalingEvent (v1.36)
    pub(super) fn is_scaling_event(
        &mut self,
        work: &mut Work<'_>,
        sets: &[ReplicaSet],
    ) -> Result<bool, String> {
        let (new, old) = self.get_all_replica_sets_and_sync_revision(work, sets, false)?;
        let mut active = old.iter().chain(&new).filter(|set| set.replicas > 0);
        Ok(active.any(|set| set.noted(DESIRED_REPLICAS).is_some_and(|desired| desired != self.replicas)))
    }

    fn scale(&self, work: &mut Work<'_>, new: Option<&ReplicaSet>, old: &[ReplicaSet]) -> Result<(), String> {
        let mut active: Vec<&ReplicaSet> = old.iter().chain(new).filter(|set| set.replicas > 0).collect();
        // Models FindActiveOrLatest
        let latest = || new.or_else(|| old.iter().reduce(|a, b| if is_older(a, b) { b } else { a }));
        let only = match active.as_slice() {
            [] => latest(),
            [one] => Some(*one),
            _ => None,
        };
        if let Some(set) = only {
            return self.scale_replica_set(work, set, self.replicas, false).map(|_| ());
        }
        if new.is_some_and(|new| self.is_saturated(new)) {
            for set in old.iter().filter(|set| set.replicas > 0) {
                self.scale_replica_set(work, set, 0, false)?;
            }
            return Ok(());
        }
        if !self.rolling {
            return Ok(());
        }
        let allowed = if self.replicas > 0 { self.replicas + self.max_surge } else { 0 };
        let to_add = allowed - active.iter().map(|set| set.replicas).sum::<i64>();
        // The largest first; of equally large ones the newer grows and the older shrinks first.
        k8s_api::small::sort(&mut active, &|a, b| {
            if a.replicas != b.replicas {
                a.replicas > b.replicas
            } else if to_add > 0 {
                is_older(b, a)
            } else {
                is_older(a, b)
            }
        });
        let mut added = 0;
        let mut sizes: Vec<i64> = Vec::new();
        for set in &active {
            let part = self.proportion(set, to_add, added);
            added += part;
            sizes.push(set.replicas + part);
        }
        for (i, set) in active.iter().enumerate() {
            // What is left over by rounding is the largest's.
            let leftover = if i == 0 { to_add - added } else { 0 };
            self.scale_replica_set(work, set, (sizes[i] + leftover).max(0), true)?;
        }
        Ok(())
    }

    /// Whether all its Pods are there, as of the last number that was asked for.
    // Models IsSaturated (v1.36)
    fn is_saturated(&self, set: &ReplicaSet) -> bool {
        let wanted = Some(self.replicas);
        set.replicas == self.replicas
            && set.noted(DESIRED_REPLICAS) == wanted
            && set.available() == self.replicas
    }

    /// A ReplicaSet's share of what is to be added or taken away.
    // Models GetReplicaSetProportion and getReplicaSetFraction (v1.36)
    fn proportion(&self, set: &ReplicaSet, to_add: i64, added: i64) -> i64 {
        if set.replicas == 0 || to_add == 0 || to_add == added {
            return 0;
        }
        let before = set.noted(MAX_REPLICAS).filter(|max| *max != 0);
        let before = before.unwrap_or(i64::from(self.status.replicas));
        let fraction = if self.replicas == 0 {
            -set.replicas
        } else if before == 0 {
            0
        } else {
            // Rounded to the nearest.
            let product = set.replicas * (self.replicas + self.max_surge);
            (2 * product + before) / (2 * before) - set.replicas
        };
        let left = to_add - added;
        if to_add > 0 { fraction.min(left) } else { fraction.max(left) }
    }

    /// Sets a ReplicaSet's number; whether that changed it, and what it is then.
    // Models scaleReplicaSet (v1.36)
    pub(super) fn scale_replica_set(
        &self,
        work: &mut Work<'_>,
        set: &ReplicaSet,
        size: i64,
        force: bool,
    ) -> Result<(bool, ReplicaSet), String> {
        let resize = set.replicas != size;
        let mut tree = set.tree.clone();
        let noted = (resize || force) && self.note_replicas(&mut tree);
        if !resize && !noted {
            return Ok((false, set.clone()));
        }
        tree["spec"]["replicas"] = size.into();
        let made = work.update(tree, "").map_err(|refusal| refusal.message)?;
        if resize {
            let way = if set.replicas < size { "up" } else { "down" };
            let message = format!("Scaled {way} replica set {} from {} to {size}", set.name(), set.replicas);
            work.record(COMPONENT, &self.owner, EventType::Normal, "ScalingReplicaSet", message);
        }
        Ok((resize, ReplicaSet::from_tree(made)))
    }

    /// Deletes the oldest of more old ReplicaSets than are to be kept.
    // Models cleanupDeployment (v1.36)
    pub(super) fn cleanup(&self, work: &mut Work<'_>, old: &[ReplicaSet]) -> Result<(), String> {
        let Some(limit) = self.revision_history_limit else { return Ok(()) };
        let mut alive: Vec<&ReplicaSet> =
            old.iter().filter(|set| set.metadata.deletion_timestamp.is_none()).collect();
        let excess = alive.len().saturating_sub(usize::try_from(limit).unwrap_or(0));
        k8s_api::small::sort(&mut alive, &|a, b| a.revision() < b.revision());
        for set in alive.into_iter().take(excess) {
            let unseen = set.metadata.generation > set.status.observed_generation;
            if set.status.replicas != 0 || set.replicas != 0 || unseen {
                continue;
            }
            let key = ObjectKey::new("ReplicaSet", &set.metadata.namespace, &set.metadata.name);
            if let Err(refusal) = work.delete(&key, DeleteOptions::default())
                && refusal.reason != "NotFound"
            {
                return Err(refusal.message);
            }
        }
        Ok(())
    }
}
