//! What a change means to Jobs, and letting go of Pods that no Job counts any more.
// Models the event handlers and syncOrphanPod of pkg/controller/job/job_controller.go (v1.36)

use std::rc::Rc;

use k8s_api::batch::Job;

use super::{
    SYNC_JOB_BATCH_MS, TRACKING_FINALIZER, has_tracking_finalizer, is_finished, is_managed_elsewhere,
};
use crate::apiserver::{Object, ObjectKey, WatchEvent, WatchType, should_delete_during_update};
use crate::controllers::ref_manager;
use crate::controllers::work::{Controller, Work};

/// Puts the Jobs into the queue that a change concerns.
// Models addPod, updatePod, deletePod, addJob, updateJob and deleteJob (v1.36)
pub(in crate::controllers) fn notice(work: &mut Work<'_>, change: &WatchEvent) {
    let object = &*change.object;
    if object.kind() == "Job" {
        notice_job(work, object, change.kind == WatchType::Deleted);
        return;
    }
    let Object::Pod(pod) = object else { return };
    let tracked = has_tracking_finalizer(pod) && change.kind != WatchType::Deleted;
    match pod.metadata.controller() {
        Some(owner) if owner.kind != "Job" => {}
        Some(_) => match ref_manager::controller_of(work, object) {
            Some(key) => {
                if tracked && job_of(work, &key).is_none_or(|job| is_finished(&job)) {
                    work.enqueue(Controller::JobOrphan, ObjectKey::of(object));
                }
                work.enqueue_after(Controller::Job, &key, SYNC_JOB_BATCH_MS);
            }
            None if tracked => work.enqueue(Controller::JobOrphan, ObjectKey::of(object)),
            None => {}
        },
        None => {
            if tracked {
                work.enqueue(Controller::JobOrphan, ObjectKey::of(object));
            }
            if change.kind != WatchType::Deleted && pod.metadata.deletion_timestamp.is_none() {
                let jobs = work.store.list("Job", Some(&pod.metadata.namespace));
                let adopters = jobs.filter(|job| {
                    let job = Job::from_value(&job.to_value());
                    job.spec.selector.is_some_and(|selector| selector.matches(&pod.metadata.labels))
                });
                let keys: Vec<ObjectKey> = adopters.map(|job| ObjectKey::of(job)).collect();
                for key in keys {
                    work.enqueue_after(Controller::Job, &key, SYNC_JOB_BATCH_MS);
                }
            }
        }
    }
}

fn notice_job(work: &mut Work<'_>, object: &Object, gone: bool) {
    let job = Job::from_value(&object.to_value());
    let key = ObjectKey::of(object);
    let uid: Rc<str> = job.metadata.uid.as_str().into();
    if gone || is_finished(&job) {
        // What its Pods wait for does not come any more.
        let namespace = job.metadata.namespace.as_str();
        let orphans = work.store.list("Pod", Some(namespace)).filter(|pod| {
            pod.as_pod().is_some_and(has_tracking_finalizer)
                && pod.meta().controller().is_some_and(|owner| owner.uid == *uid)
        });
        let orphans: Vec<ObjectKey> = orphans.map(|pod| ObjectKey::of(pod)).collect();
        for orphan in orphans {
            work.enqueue(Controller::JobOrphan, orphan);
        }
        work.controllers.jobs.0.remove(&uid);
        return;
    }
    let generation = job.metadata.generation;
    let memory = work.controllers.jobs.0.entry(uid).or_default();
    if std::mem::replace(&mut memory.generation, generation) == generation {
        work.enqueue_after(Controller::Job, &key, SYNC_JOB_BATCH_MS);
    } else {
        work.enqueue(Controller::Job, key);
    }
}

fn job_of(work: &Work<'_>, key: &ObjectKey) -> Option<Job> {
    work.store.get(key).map(|object| Job::from_value(&object.to_value()))
}

/// Lets go of a Pod whose Job does not count it any more.
// Models syncOrphanPod and handleSingleOrphanPod (v1.36)
pub(in crate::controllers) fn sync_orphan(work: &mut Work<'_>, key: &ObjectKey) {
    let Some(object) = work.store.get(key).cloned() else { return };
    if let Some(owner) = object.meta().controller() {
        if owner.kind != "Job" || owner.api_version != "batch/v1" {
            return;
        }
        let job = ref_manager::controller_of(work, &object).and_then(|key| job_of(work, &key));
        if job.is_some_and(|job| is_managed_elsewhere(&job) || !is_finished(&job)) {
            return;
        }
    }
    remove_tracking_finalizer(work, &key.namespace, &key.name);
}

/// Takes the finalizer off; a Pod that only waited for that is gone then.
pub(super) fn remove_tracking_finalizer(work: &mut Work<'_>, namespace: &str, name: &str) {
    let Some(pod) = work.store.pod(namespace, name).filter(|pod| has_tracking_finalizer(pod)) else { return };
    let mut pod = pod.clone();
    pod.metadata.finalizers.retain(|finalizer| finalizer != TRACKING_FINALIZER);
    if should_delete_during_update(&pod.metadata) {
        work.store.remove(work.now, &ObjectKey::new("Pod", namespace, name));
    } else {
        work.store.put(work.now, Object::Pod(Rc::new(pod)));
    }
}
