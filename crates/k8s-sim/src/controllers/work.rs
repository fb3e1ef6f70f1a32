//! How controllers get to work: a change puts the key of an object into a controller's queue, and the controller
//! looks at that object a moment later. What failed is tried again after growing pauses.
// Models client-go util/workqueue and pkg/controller/controller_utils.go (v1.36)

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use k8s_api::Value;
use k8s_api::core::ObjectReference;
use k8s_api::meta::{ObjectMeta, Status, Time};

use super::cron_job::CronJobsState;
use super::endpoints::EndpointsState;
use super::job::JobsState;
use crate::apiserver::events::{EventType, NewEvent, Recorder};
use crate::apiserver::{ApiServer, Asker, Object, ObjectKey, Store, carry_out};
use crate::input::{ApiRequest, DeleteOptions};
use crate::log::Log;
use crate::rng::Rng;
use crate::story::StoryEntry;
use crate::time::SimTime;
use crate::wakeup::{Wakeup, WakeupQueue};

/// From a change to the look of a controller that is told of it.
const SYNC_MS: u64 = 10;
/// The first pause after a failure; each further one is twice as long.
// Models DefaultTypedControllerRateLimiter (v1.36)
const RETRY_MS: u64 = 5;
/// The longest pause.
const RETRY_MS_MAX: u64 = 1_000_000;
/// The same for Jobs.
// Models DefaultJobApiBackOff and MaxJobApiBackOff (v1.36)
const JOB_RETRY_MS: u64 = 1_000;
const JOB_RETRY_MS_MAX: u64 = 60_000;

/// Whom a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Controller {
    /// Counts how many Pods of a disruption budget may go.
    Disruption,
    /// Takes back that a Pod has to go.
    StalePodDisruption,
    /// Makes Pods until enough of them have succeeded.
    Job,
    /// Lets go of Pods that no Job counts any more.
    JobOrphan,
    /// Makes Jobs by the clock.
    CronJob,
    /// Deletes Jobs that are over.
    TtlAfterFinished,
    /// Finds claims their volumes.
    Claim,
    /// Says how volumes fare, and what becomes of those that are free.
    Volume,
    /// Lets claims go that no Pod uses.
    ClaimProtection,
    /// Lets volumes go that are not bound.
    VolumeProtection,
    /// Says who stands behind a Service.
    Endpoints,
    /// Makes slices of Endpoints that people wrote.
    EndpointsMirror,
    /// Removes what no owner wants any more.
    GarbageCollector,
    /// Keeps one Pod on each node.
    DaemonSet,
    /// Replaces Pods in steps.
    Deployment,
    /// Keeps a number of equal Pods.
    ReplicaSet,
    /// The same by its older name.
    ReplicationController,
    /// Keeps Pods with names of their own.
    StatefulSet,
}

/// What the controllers remember between two looks.
#[derive(Clone, Debug, Default)]
pub struct Controllers {
    queue: WorkQueue,
    recorder: Recorder,
    pub(super) endpoints: EndpointsState,
    pub(super) jobs: JobsState,
    /// Nodes that Pods are bound to and that are not there, and since when that is known.
    pub(super) missing_nodes: BTreeMap<Rc<str>, SimTime>,
    /// Whether the Pod garbage collector is going to look.
    pub(super) gc_is_due: bool,
    /// How long the last failed Pod of a DaemonSet on a node had to wait, and when that began.
    pub(super) failed_pods: BTreeMap<Rc<str>, (u64, SimTime)>,
    pub(super) cron_jobs: CronJobsState,
}

/// Keys that wait, and how often those that failed did so in a row.
#[derive(Clone, Debug, Default)]
struct WorkQueue {
    waiting: BTreeSet<(Controller, Rc<ObjectKey>)>,
    /// Those that come into the queue later, and when.
    delayed: BTreeMap<(Controller, Rc<ObjectKey>), SimTime>,
    failures: BTreeMap<(Controller, Rc<ObjectKey>), u32>,
}

/// What one look may touch.
pub(crate) struct Work<'a> {
    pub(crate) now: SimTime,
    pub(crate) epoch_seconds: i64,
    pub(crate) rng: Rng,
    pub(crate) store: &'a mut Store,
    pub(crate) story: &'a mut Log<Rc<StoryEntry>>,
    pub(crate) wakeups: &'a mut WakeupQueue,
    pub(crate) controllers: &'a mut Controllers,
}

/// What the API server answered; a refusal in its words.
pub(crate) type Answer = Result<Value, Box<Status>>;

impl Work<'_> {
    /// The API's clock.
    pub(crate) fn time(&self) -> Time {
        Time(self.epoch_seconds + self.now.secs() as i64)
    }

    /// Milliseconds since 1970.
    pub(crate) fn unix_ms(&self) -> i64 {
        self.epoch_seconds * 1000 + self.now.ms() as i64
    }

    /// Sends a request to the API server.
    pub(crate) fn api(&mut self, request: &ApiRequest) -> Answer {
        let mut server = ApiServer {
            store: &mut *self.store,
            now: self.now,
            epoch_seconds: self.epoch_seconds,
            rng: self.rng,
            warnings: Vec::new(),
        };
        carry_out(&mut server, self.story, request, Asker::Controller)
    }

    /// Creates an object.
    pub(crate) fn create(&mut self, namespace: &str, object: Value) -> Answer {
        self.api(&ApiRequest::Create { namespace: namespace.into(), object, dry_run: false })
    }

    /// Writes an object, or a part of it such as `status`.
    pub(crate) fn update(&mut self, object: Value, subresource: &str) -> Answer {
        self.api(&ApiRequest::Update { object, subresource: subresource.into(), dry_run: false })
    }

    /// Writes a controller's counts into the newest object, if it is still there: only the status is the controller's.
    pub(crate) fn update_status(&mut self, key: &ObjectKey, status: Value) -> Result<(), String> {
        let Some(newest) = self.store.get(key) else { return Ok(()) };
        let mut tree = newest.to_value();
        tree["status"] = status;
        self.update(tree, "status").map(|_| ()).map_err(|refusal| refusal.message)
    }

    /// Deletes an object.
    pub(crate) fn delete(&mut self, key: &ObjectKey, options: DeleteOptions) -> Answer {
        self.api(&ApiRequest::Delete {
            kind: key.kind.clone(),
            namespace: key.namespace.clone(),
            name: key.name.clone(),
            options,
        })
    }

    /// Lets a controller look at an object soon; once, however often it is asked for until then.
    pub(crate) fn enqueue(&mut self, controller: Controller, key: ObjectKey) {
        let key = Rc::new(key);
        if self.controllers.queue.waiting.insert((controller, Rc::clone(&key))) {
            self.wakeups.push(self.now.after_ms(SYNC_MS), Wakeup::Sync { controller, key });
        }
    }

    /// Lets a controller look at an object after a while; of several such wishes the first that is due counts.
    // Models delayingType.AddAfter and insert (v1.36)
    pub(crate) fn enqueue_after(&mut self, controller: Controller, key: &ObjectKey, after_ms: u64) {
        let at = self.now.after_ms(after_ms.max(1));
        let key = Rc::new(key.clone());
        let due = self.controllers.queue.delayed.entry((controller, Rc::clone(&key))).or_insert(at);
        if *due >= at {
            *due = at;
            self.wakeups.push_once(at, Wakeup::Sync { controller, key });
        }
    }

    /// A key is taken from the queue; false if it has been already.
    pub(super) fn begin(&mut self, controller: Controller, key: &Rc<ObjectKey>) -> bool {
        let entry = (controller, Rc::clone(key));
        let queue = &mut self.controllers.queue;
        let due = queue.delayed.get(&entry).is_some_and(|at| *at <= self.now);
        if due {
            queue.delayed.remove(&entry);
        }
        queue.waiting.remove(&entry) || due
    }

    /// A look is over: what failed is looked at again, the later the more often it failed.
    pub(super) fn end(&mut self, controller: Controller, key: &Rc<ObjectKey>, result: Result<(), String>) {
        let entry = (controller, Rc::clone(key));
        if result.is_ok() {
            self.controllers.queue.failures.remove(&entry);
            return;
        }
        let failures = self.controllers.queue.failures.entry(entry).or_default();
        let (first, longest) = match controller {
            Controller::Job | Controller::JobOrphan => (JOB_RETRY_MS, JOB_RETRY_MS_MAX),
            _ => (RETRY_MS, RETRY_MS_MAX),
        };
        let pause = first.saturating_mul(1 << (*failures).min(30)).min(longest);
        *failures += 1;
        self.enqueue_after(controller, key, pause);
    }

    /// Reports of an object.
    pub(crate) fn record(
        &mut self,
        component: &'static str,
        about: &Owner,
        kind: EventType,
        reason: &str,
        message: String,
    ) {
        let event = NewEvent { object: about.reference(), kind, reason, message, component, host: "" };
        self.controllers.recorder.record(self.store, self.now, self.epoch_seconds, event);
    }
}

/// An object that has others.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    pub(crate) api_version: String,
    pub(crate) kind: String,
    pub(crate) metadata: ObjectMeta,
}

impl Owner {
    /// The owner that an object is.
    pub(crate) fn of(object: &Object) -> Self {
        let api_version = match object {
            Object::Other(other) => other.api_version.clone(),
            Object::Pod(_) | Object::Node(_) | Object::Event(_) => "v1".into(),
        };
        Self { api_version, kind: object.kind().into(), metadata: object.meta().clone() }
    }

    /// An owner of the core group.
    pub(crate) fn core(kind: &str, metadata: &ObjectMeta) -> Self {
        Self { api_version: "v1".into(), kind: kind.into(), metadata: metadata.clone() }
    }

    /// Where it is kept.
    pub(crate) fn key(&self) -> ObjectKey {
        ObjectKey::new(&self.kind, &self.metadata.namespace, &self.metadata.name)
    }

    /// What events call it.
    fn reference(&self) -> ObjectReference {
        ObjectReference {
            kind: self.kind.clone(),
            namespace: self.metadata.namespace.clone(),
            name: self.metadata.name.clone(),
            uid: self.metadata.uid.clone(),
            api_version: self.api_version.clone(),
            resource_version: self.metadata.resource_version.to_string(),
            ..ObjectReference::default()
        }
    }

    /// The entry of `ownerReferences` that makes an object its own.
    // Models metav1.NewControllerRef (v1.36)
    pub(crate) fn controller_ref(&self) -> Value {
        serde_json::json!({
            "apiVersion": self.api_version, "kind": self.kind, "name": self.metadata.name,
            "uid": self.metadata.uid, "controller": true, "blockOwnerDeletion": true,
        })
    }
}
