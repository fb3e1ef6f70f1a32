//! From the old Pods to the new ones: little by little, or all at once.
// Models pkg/controller/deployment/rolling.go and recreate.go (v1.36)

use super::Deployment;
use super::replica_sets::ReplicaSet;
use crate::controllers::work::Work;

impl Deployment {
    // Models rolloutRolling (v1.36)
    pub(super) fn rollout_rolling(&mut self, work: &mut Work<'_>, sets: &[ReplicaSet]) -> Result<(), String> {
        let (new, old) = self.get_all_replica_sets_and_sync_revision(work, sets, true)?;
        let Some(new) = new else { return Ok(()) };
        let moved = self.reconcile_new(work, &new, &old)? || self.reconcile_old(work, &new, &old);
        if !moved && self.is_complete(&self.status) {
            self.cleanup(work, &old)?;
        }
        self.sync_rollout_status(work, Some(&new), &old)
    }

    // Models reconcileNewReplicaSet (v1.36)
    fn reconcile_new(
        &self,
        work: &mut Work<'_>,
        new: &ReplicaSet,
        old: &[ReplicaSet],
    ) -> Result<bool, String> {
        let total = new.replicas + old.iter().map(|set| set.replicas).sum::<i64>();
        let size = match new.replicas >= self.replicas {
            true => self.replicas,
            false => self.new_replicas(total, new.replicas),
        };
        Ok(self.scale_replica_set(work, new, size, false)?.0)
    }

    /// Takes away old Pods as far as enough others are available; first those that are not well.
    // Models reconcileOldReplicaSets (v1.36), which also takes a failure for nothing having been done
    fn reconcile_old(&self, work: &mut Work<'_>, new: &ReplicaSet, old: &[ReplicaSet]) -> bool {
        let mut active: Vec<ReplicaSet> = old.iter().filter(|set| set.replicas > 0).cloned().collect();
        if active.is_empty() {
            return false;
        }
        super::replica_sets::sort_by_age(&mut active);
        let total = new.replicas + old.iter().map(|set| set.replicas).sum::<i64>();
        let min_available = self.replicas - self.max_unavailable;
        let max_scaled_down = total - min_available - (new.replicas - new.available());
        if max_scaled_down <= 0 {
            return false;
        }
        let unhealthy = self.cleanup_unhealthy(work, &mut active, max_scaled_down);
        let others = unhealthy.and_then(|unhealthy| {
            let available = new.available() + active.iter().map(ReplicaSet::available).sum::<i64>();
            Ok(unhealthy + self.scale_down(work, &active, available - min_available)?)
        });
        others.is_ok_and(|count| count > 0)
    }

    // Models cleanupUnhealthyReplicas (v1.36)
    fn cleanup_unhealthy(
        &self,
        work: &mut Work<'_>,
        old: &mut [ReplicaSet],
        max: i64,
    ) -> Result<i64, String> {
        let mut gone = 0;
        for set in old {
            if gone >= max {
                break;
            }
            let count = (max - gone).min(set.replicas - set.available());
            if set.replicas == 0 || count <= 0 {
                continue;
            }
            *set = self.scale_replica_set(work, set, set.replicas - count, false)?.1;
            gone += count;
        }
        Ok(gone)
    }

    // Models scaleDownOldReplicaSetsForRollingUpdate (v1.36)
    fn scale_down(&self, work: &mut Work<'_>, old: &[ReplicaSet], max: i64) -> Result<i64, String> {
        let mut gone = 0;
        for set in old.iter().filter(|set| set.replicas > 0) {
            if gone >= max {
                break;
            }
            let count = set.replicas.min(max - gone);
            self.scale_replica_set(work, set, set.replicas - count, false)?;
            gone += count;
        }
        Ok(gone)
    }

    // Models rolloutRecreate (v1.36)
    pub(super) fn rollout_recreate(
        &mut self,
        work: &mut Work<'_>,
        sets: &[ReplicaSet],
    ) -> Result<(), String> {
        let (new, old) = self.get_all_replica_sets_and_sync_revision(work, sets, false)?;
        let mut scaled = false;
        for set in old.iter().filter(|set| set.replicas > 0) {
            scaled |= self.scale_replica_set(work, set, 0, false)?.0;
        }
        if scaled || old_pods_running(work, new.as_ref(), &old) {
            return self.sync_rollout_status(work, new.as_ref(), &old);
        }
        let (new, old) = match new {
            Some(new) => (Some(new), old),
            None => self.get_all_replica_sets_and_sync_revision(work, sets, true)?,
        };
        let Some(new) = new else { return Ok(()) };
        self.scale_replica_set(work, &new, self.replicas, false)?;
        if self.is_complete(&self.status) {
            self.cleanup(work, &old)?;
        }
        self.sync_rollout_status(work, Some(&new), &old)
    }
}

/// Whether anything of the old Pods may still run.
// Models oldPodsRunning (v1.36)
fn old_pods_running(work: &Work<'_>, new: Option<&ReplicaSet>, old: &[ReplicaSet]) -> bool {
    if old.iter().any(|set| set.status.replicas > 0) {
        return true;
    }
    let Some(namespace) = old.first().map(|set| set.metadata.namespace.as_str()) else { return false };
    let new = new.map(|set| set.metadata.uid.as_str());
    let mut pods = work.store.list("Pod", Some(namespace)).filter_map(|object| object.as_pod());
    pods.any(|pod| {
        let owner = pod.metadata.controller().map(|owner| owner.uid.as_str());
        let of_old = owner != new && old.iter().any(|set| Some(set.metadata.uid.as_str()) == owner);
        of_old && !pod.is_terminal()
    })
}
