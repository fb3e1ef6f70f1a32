//! Controllers: each watches some kinds of objects and brings about what they ask for.
// Models pkg/controller (v1.36)

mod cron_job;
mod daemon_set;
pub(crate) mod default_roles;
mod deployment;
pub(crate) mod disruption;
pub(crate) mod endpoints;
mod garbage_collector;
mod history;
mod job;
pub(crate) mod kubernetes_service;
pub mod namespace;
pub mod node_lifecycle;
pub(crate) mod node_taints;
pub(crate) mod pod_control;
pub mod pod_gc;
pub(crate) mod pods;
pub(crate) mod ref_manager;
mod replica_set;
mod stateful_set;
mod template_hash;
mod ttl_after_finished;
pub(crate) mod volume;
mod work;

use std::rc::Rc;

pub(crate) use work::Work;
pub use work::{Controller, Controllers};

use crate::apiserver::{Object, ObjectKey, WatchEvent, WatchType};

/// The controller that looks at objects of a kind.
fn controller_for(kind: &str) -> Option<Controller> {
    Some(match kind {
        "DaemonSet" => Controller::DaemonSet,
        "Deployment" => Controller::Deployment,
        "ReplicaSet" => Controller::ReplicaSet,
        "ReplicationController" => Controller::ReplicationController,
        "StatefulSet" => Controller::StatefulSet,
        _ => return None,
    })
}

/// Kinds whose controllers adopt Pods.
const ADOPTERS: [&str; 4] = ["DaemonSet", "ReplicaSet", "ReplicationController", "StatefulSet"];

/// Tells the controllers of a change.
// Models the event handlers that each controller registers with its informers (v1.36)
pub(crate) fn notice(work: &mut Work<'_>, change: &WatchEvent) {
    if matches!(&*change.object, Object::Event(_)) {
        return;
    }
    garbage_collector::notice(work, change);
    endpoints::notice(work, change);
    disruption::notice(work, change);
    job::notice(work, change);
    ttl_after_finished::notice(work, change);
    cron_job::notice(work, change);
    volume::notice(work, change);
    let object = &*change.object;
    if let Object::Node(node) = object
        && change.kind != WatchType::Deleted
    {
        daemon_set::notice(work, node);
    }
    deployment::notice(work, object, change.kind == WatchType::Deleted);
    if let Some(controller) = controller_for(object.kind()) {
        work.enqueue(controller, ObjectKey::of(object));
    }
    if let Some(owner) = ref_manager::controller_of(work, object) {
        // A StatefulSet is told of its Pods only, not of its states and claims.
        let told = owner.kind != "StatefulSet" || object.as_pod().is_some();
        if let Some(controller) = controller_for(&owner.kind).filter(|_| told) {
            work.enqueue(controller, owner);
        }
    } else if let Object::Pod(pod) = object
        && change.kind != WatchType::Deleted
        && pod.metadata.controller().is_none()
        && pod.metadata.deletion_timestamp.is_none()
    {
        for kind in ADOPTERS {
            let wants = |object: &&Rc<Object>| {
                let selector = replica_set::selector_of(kind, &object.to_value()["spec"]);
                !selector.is_everything() && selector.matches(&pod.metadata.labels)
            };
            let adopters = work.store.list(kind, Some(&pod.metadata.namespace));
            let keys: Vec<ObjectKey> = adopters.filter(wants).map(|object| ObjectKey::of(object)).collect();
            for key in keys {
                controller_for(kind).into_iter().for_each(|controller| work.enqueue(controller, key.clone()));
            }
        }
    }
}

/// Lets a controller look at an object.
pub(crate) fn sync(work: &mut Work<'_>, controller: Controller, key: &Rc<ObjectKey>) {
    if !work.begin(controller, key) {
        return;
    }
    let result = match controller {
        Controller::Endpoints => {
            endpoints::sync(work, key);
            Ok(())
        }
        Controller::EndpointsMirror => {
            endpoints::sync_mirror(work, key);
            Ok(())
        }
        Controller::Disruption => {
            disruption::sync(work, key);
            Ok(())
        }
        Controller::StalePodDisruption => {
            disruption::sync_stale(work, key);
            Ok(())
        }
        Controller::Job => job::sync(work, key),
        Controller::CronJob => cron_job::sync(work, key),
        Controller::JobOrphan => {
            job::sync_orphan(work, key);
            Ok(())
        }
        Controller::Claim => volume::sync_claim(work, key),
        Controller::Volume => volume::sync_volume(work, key),
        Controller::ClaimProtection => volume::protect_claim(work, key),
        Controller::VolumeProtection => volume::protect_volume(work, key),
        Controller::TtlAfterFinished => ttl_after_finished::sync(work, key),
        Controller::GarbageCollector => garbage_collector::sync(work, key),
        Controller::Deployment => deployment::sync(work, key),
        Controller::DaemonSet => daemon_set::sync(work, key),
        Controller::StatefulSet => stateful_set::sync(work, key),
        Controller::ReplicaSet | Controller::ReplicationController => {
            replica_set::sync(work, controller, key)
        }
    };
    work.end(controller, key, result);
}
