//! How a Deployment fares: its counts, and whether it is available and makes progress.
// Models pkg/controller/deployment/progress.go and sync.go (v1.36)

use k8s_api::apps::{DeploymentCondition, DeploymentStatus};
use k8s_api::meta::Time;

use super::Deployment;
use super::replica_sets::ReplicaSet;
use crate::controllers::work::{Controller, Work};

fn find<'a>(status: &'a DeploymentStatus, kind: &str) -> Option<&'a DeploymentCondition> {
    status.conditions.iter().find(|condition| condition.type_ == kind)
}

/// Puts a condition in place of the one of its type, unless that says the same.
// Models SetDeploymentCondition (v1.36)
fn set(status: &mut DeploymentStatus, mut condition: DeploymentCondition) {
    if let Some(old) = find(status, &condition.type_)
        && old.status == condition.status
    {
        if old.reason == condition.reason {
            return;
        }
        condition.last_transition_time = old.last_transition_time;
    }
    remove(status, &condition.type_);
    status.conditions.push(condition);
}

fn remove(status: &mut DeploymentStatus, kind: &str) {
    status.conditions.retain(|condition| condition.type_ != kind);
}

fn condition(now: Time, kind: &str, status: &str, reason: &str, message: String) -> DeploymentCondition {
    DeploymentCondition {
        type_: kind.into(),
        status: status.into(),
        last_update_time: Some(now),
        last_transition_time: Some(now),
        reason: reason.into(),
        message,
    }
}

impl Deployment {
    pub(super) fn condition(&self, kind: &str) -> Option<&DeploymentCondition> {
        find(&self.status, kind)
    }

    pub(super) fn set_condition(
        &mut self,
        now: Time,
        kind: &str,
        status: &str,
        reason: &str,
        message: String,
    ) {
        set(&mut self.status, condition(now, kind, status, reason, message));
    }

    /// Whether all Pods are new ones and available.
    // Models DeploymentComplete (v1.36)
    pub(super) fn is_complete(&self, status: &DeploymentStatus) -> bool {
        let all = |count: i32| i64::from(count) == self.replicas;
        all(status.updated_replicas)
            && all(status.replicas)
            && all(status.available_replicas)
            && status.observed_generation >= self.owner.metadata.generation
    }

    // Models calculateStatus (v1.36)
    fn calculate(&self, now: Time, new: Option<&ReplicaSet>, old: &[ReplicaSet]) -> DeploymentStatus {
        let all: Vec<&ReplicaSet> = old.iter().chain(new).collect();
        let sum = |of: &dyn Fn(&ReplicaSet) -> i32| all.iter().map(|set| of(set)).sum::<i32>();
        let available = sum(&|set| set.status.available_replicas);
        let total: i64 = all.iter().map(|set| set.replicas).sum();
        let known = all
            .iter()
            .filter(|set| set.status.observed_generation != 0 || set.status.terminating_replicas.is_some());
        let terminating: Option<Vec<i32>> = known.map(|set| set.status.terminating_replicas).collect();
        let mut status = DeploymentStatus {
            observed_generation: self.owner.metadata.generation,
            replicas: sum(&|set| set.status.replicas),
            updated_replicas: new.map_or(0, |set| set.status.replicas),
            ready_replicas: sum(&|set| set.status.ready_replicas),
            available_replicas: available,
            unavailable_replicas: i32::try_from((total - i64::from(available)).max(0)).unwrap_or(i32::MAX),
            terminating_replicas: terminating.map(|counts| counts.iter().sum()),
            conditions: self.status.conditions.clone(),
            collision_count: self.status.collision_count,
        };
        let (word, reason, message) = match i64::from(available) >= self.replicas - self.max_unavailable {
            true => ("True", "MinimumReplicasAvailable", "Deployment has minimum availability."),
            false => {
                ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
            }
        };
        set(&mut status, condition(now, "Available", word, reason, message.into()));
        status
    }

    // Models syncDeploymentStatus (v1.36)
    pub(super) fn sync_status(
        &mut self,
        work: &mut Work<'_>,
        new: Option<&ReplicaSet>,
        old: &[ReplicaSet],
    ) -> Result<(), String> {
        let status = self.calculate(work.time(), new, old);
        self.write_status(work, status)
    }

    fn write_status(&mut self, work: &mut Work<'_>, status: DeploymentStatus) -> Result<(), String> {
        if status == self.status {
            return Ok(());
        }
        self.status = status;
        self.put_status(work)
    }

    // Models syncRolloutStatus (v1.36)
    pub(super) fn sync_rollout_status(
        &mut self,
        work: &mut Work<'_>,
        new: Option<&ReplicaSet>,
        old: &[ReplicaSet],
    ) -> Result<(), String> {
        let now = work.time();
        let mut status = self.calculate(now, new, old);
        if self.progress_deadline.is_none() {
            remove(&mut status, "Progressing");
        }
        let current = self.condition("Progressing").cloned();
        let done = status.replicas == status.updated_replicas
            && current.as_ref().is_some_and(|current| current.reason == "NewReplicaSetAvailable");
        if let Some(deadline) = self.progress_deadline.filter(|_| !done) {
            let whole = match new {
                Some(set) => format!("ReplicaSet \"{}\"", set.name()),
                None => format!("Deployment \"{}\"", self.name()),
            };
            if self.is_complete(&status) {
                let message = format!("{whole} has successfully progressed.");
                set(&mut status, condition(now, "Progressing", "True", "NewReplicaSetAvailable", message));
            } else if self.is_progressing(&status) {
                let message = format!("{whole} is progressing.");
                let mut progressing = condition(now, "Progressing", "True", "ReplicaSetUpdated", message);
                if let Some(current) = current.filter(|current| current.status == "True") {
                    progressing.last_transition_time = current.last_transition_time;
                }
                // Its time of update tells of the last progress, so that it is new even if it says the same.
                remove(&mut status, "Progressing");
                set(&mut status, progressing);
            } else if timed_out(&status, deadline, work.unix_ms()) {
                let message = format!("{whole} has timed out progressing.");
                set(&mut status, condition(now, "Progressing", "False", "ProgressDeadlineExceeded", message));
            }
        }
        let failures = |set: &ReplicaSet| {
            set.status.conditions.iter().find(|condition| condition.type_ == "ReplicaFailure").cloned()
        };
        match new.and_then(failures).or_else(|| old.iter().find_map(failures)) {
            Some(failure) => {
                let at = failure.last_transition_time.unwrap_or(now);
                let failure =
                    condition(at, &failure.type_, &failure.status, &failure.reason, failure.message);
                set(&mut status, failure);
            }
            None => remove(&mut status, "ReplicaFailure"),
        }
        if status == self.status {
            self.requeue_stuck(work);
            return Ok(());
        }
        self.write_status(work, status)
    }

    // Models DeploymentProgressing (v1.36)
    fn is_progressing(&self, new: &DeploymentStatus) -> bool {
        let old = &self.status;
        let old_pods = |status: &DeploymentStatus| status.replicas - status.updated_replicas;
        new.updated_replicas > old.updated_replicas
            || old_pods(new) < old_pods(old)
            || new.ready_replicas > old.ready_replicas
            || new.available_replicas > old.available_replicas
    }

    /// Looks again when the deadline is over, if nothing happens until then.
    // Models requeueStuckDeployment (v1.36)
    fn requeue_stuck(&self, work: &mut Work<'_>) {
        let (Some(deadline), Some(current)) = (self.progress_deadline, self.condition("Progressing")) else {
            return;
        };
        if self.is_complete(&self.status) || current.reason == "ProgressDeadlineExceeded" {
            return;
        }
        let due = (current.last_update_time.unwrap_or_default().0 + deadline) * 1000;
        let after = (due - work.unix_ms()).max(0).unsigned_abs();
        // A second more, because the time of the condition is in whole seconds.
        work.enqueue_after(Controller::Deployment, &self.owner.key(), after + 1000);
    }
}

// Models DeploymentTimedOut (v1.36)
fn timed_out(status: &DeploymentStatus, deadline: i64, unix_ms: i64) -> bool {
    match find(status, "Progressing") {
        None => false,
        Some(current) if current.reason == "NewReplicaSetAvailable" => false,
        Some(current) if current.reason == "ProgressDeadlineExceeded" => true,
        Some(current) => (current.last_update_time.unwrap_or_default().0 + deadline) * 1000 < unix_ms,
    }
}
