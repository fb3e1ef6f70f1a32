//! Deletes Jobs some time after they are over.
// Models pkg/controller/ttlafterfinished (v1.36)

use k8s_api::batch::Job;

use super::job::finished_condition;
use super::work::{Controller, Work};
use crate::apiserver::{Object, ObjectKey, WatchEvent, WatchType};
use crate::input::{DeleteOptions, Propagation};

/// Puts a Job into the queue that is over and asked for this.
// Models addJob and updateJob (v1.36)
pub(super) fn notice(work: &mut Work<'_>, change: &WatchEvent) {
    let Object::Other(other) = &*change.object else { return };
    if other.kind == "Job"
        && change.kind != WatchType::Deleted
        && other.tree["spec"].get("ttlSecondsAfterFinished").is_some()
    {
        work.enqueue(Controller::TtlAfterFinished, ObjectKey::of(&change.object));
    }
}

/// Deletes a Job whose time is up; looks again when it will be.
// Models processJob, processTTL and timeLeft (v1.36)
pub(super) fn sync(work: &mut Work<'_>, key: &ObjectKey) -> Result<(), String> {
    let Some(object) = work.store.get(key) else { return Ok(()) };
    let job = Job::from_value(&object.to_value());
    let ttl = job.spec.ttl_seconds_after_finished;
    let finished = finished_condition(&job).and_then(|condition| condition.last_transition_time);
    let (Some(ttl), Some(finished), None) = (ttl, finished, job.metadata.deletion_timestamp) else {
        return Ok(());
    };
    let left = (finished.0 + i64::from(ttl)) * 1000 - work.unix_ms();
    if left > 0 {
        work.enqueue_after(Controller::TtlAfterFinished, key, left.unsigned_abs());
        return Ok(());
    }
    let options = DeleteOptions {
        propagation: Propagation::Foreground,
        uid: Some(job.metadata.uid),
        ..DeleteOptions::default()
    };
    work.delete(key, options).map(|_| ()).map_err(|refusal| refusal.message)
}
