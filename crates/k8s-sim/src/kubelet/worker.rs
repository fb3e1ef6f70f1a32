//! One Pod in the kubelet: its worker's state, what it is doing now, what is known and remembered.
// Models pkg/kubelet/pod_workers.go podSyncStatus (v1.36)

use std::collections::VecDeque;
use std::rc::Rc;

use k8s_api::core as api;
use resting::Resting;

use super::compute_pod_actions::{KillReason, PodActions, ProbeResults};
use super::generate::Reasons;
use super::kill::KillGroup;
use super::lifecycle::HookRun;
use super::pod_status::PodStatus;
use super::prober::ProbeWorker;
use super::volumes::PodVolumes;
use crate::apiserver::Pod;
use crate::apiserver::object::PodAway;
use crate::story::StopCause;
use crate::time::SimTime;

/// How far a Pod's worker is.
// Models PodWorkerState (v1.36)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PodWorkerState {
    /// Starting it and keeping it running.
    SyncPod,
    /// Stopping its containers.
    TerminatingPod,
    /// Nothing runs; cleaning up.
    TerminatedPod,
    /// Nothing is left to do.
    Finished,
}

/// Which kind of container a start is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartKind {
    /// No start: the image that is `spec.volumes[i]` is seen to, before anything that mounts it.
    Volume(usize),
    /// `spec.ephemeralContainers[i]`
    Ephemeral(usize),
    /// `spec.initContainers[i]`
    Init(usize),
    /// `spec.containers[i]`
    App(usize),
    /// No start: running containers get other resources, before the app containers are started.
    Resize,
}

/// How far the start of one container is.
#[derive(Clone, Debug)]
pub enum StartStage {
    /// Back-off and image are to be looked at.
    Begin,
    /// The image is being pulled.
    Pulling {
        /// Since when it waits for the image.
        since: SimTime,
        /// When its turn came and the pull began.
        begun: SimTime,
        /// When it is done.
        due: SimTime,
    },
    /// The runtime makes the container.
    Creating {
        /// When it is made.
        due: SimTime,
    },
    /// The runtime starts it.
    Starting {
        /// Its id.
        id: Rc<str>,
        /// When it is started.
        due: SimTime,
    },
    /// postStart runs.
    PostStart {
        /// The container's id.
        id: Rc<str>,
        /// The hook.
        hook: HookRun,
    },
    /// postStart failed; the container is being killed.
    KillingAfterPostStart {
        /// What the hook said.
        message: String,
        /// The kill.
        kill: KillGroup,
    },
}

/// What went wrong in a sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncError {
    /// The container it is about; empty for the Pod.
    pub container: Rc<str>,
    /// The reason that is shown.
    pub reason: Rc<str>,
    /// Its message.
    pub message: Rc<str>,
    /// For a restart back-off: when it ends.
    pub back_off_until: Option<SimTime>,
}

/// How far a sync is.
#[derive(Clone, Debug)]
pub enum SyncStage {
    /// The volumes must be there first.
    Volumes {
        /// When waiting is given up.
        deadline: SimTime,
    },
    /// Everything is being stopped.
    KillPod(KillGroup),
    /// Single containers are being stopped, one after the other.
    KillContainers {
        /// The one being stopped.
        current: Option<KillGroup>,
        /// Those that follow: id, name, message, reason.
        queue: VecDeque<(Rc<str>, Rc<str>, String, KillReason)>,
        /// Those to be removed after it, for a start of all anew.
        reset: VecDeque<super::compute_pod_actions::ContainerToReset>,
    },
    /// A sandbox is being made.
    Sandbox {
        /// When it is made.
        due: SimTime,
    },
    /// Containers are being started, one after the other.
    Start(StartStage),
}

/// One run of `SyncPod`.
#[derive(Clone, Debug)]
pub struct SyncTask {
    /// How far it is.
    pub stage: SyncStage,
    /// What is to be done.
    pub actions: PodActions,
    /// What is to be started, the current one first.
    pub queue: VecDeque<StartKind>,
    /// What went wrong.
    pub errors: Vec<SyncError>,
    /// Volumes whose images are not there, and why.
    pub missing_images: Vec<SyncError>,
    /// Containers that were started without error.
    pub started: Vec<Rc<str>>,
    /// Something was done (so the runtime has news).
    pub did: bool,
    /// The status of the runtime that it decided on.
    pub runtime: Rc<PodStatus>,
}

/// What a worker is doing.
#[derive(Clone, Debug)]
pub enum Task {
    /// `SyncPod`
    Sync(Box<SyncTask>),
    /// `SyncTerminatingPod`
    Terminating(Box<KillGroup>),
    /// `SyncTerminatedPod`: until the volumes are gone.
    Terminated {
        /// When they are.
        due: SimTime,
    },
}

/// Why the eviction manager stops a Pod.
#[derive(Clone, Debug, PartialEq)]
pub struct Eviction {
    /// The reason: `Evicted` or `Preempting`.
    pub reason: &'static str,
    /// Its words.
    pub message: String,
    /// The condition that tells of it, if the node was short of something.
    pub condition: Option<api::PodCondition>,
}

/// One Pod in the kubelet.
#[derive(Clone, Debug)]
pub struct PodWorker {
    /// The Pod's UID.
    pub uid: Rc<str>,
    /// Its namespace.
    pub namespace: Rc<str>,
    /// Its name.
    pub name: Rc<str>,
    /// The Pod as the API last showed it, with the resources that this node has granted.
    pub pod: Resting<Pod>,
    /// The spec that the API wants, while its resources differ from those that this node has granted.
    pub desired: Option<Rc<api::PodSpec>>,
    /// The condition that tells of a resize that waits.
    pub resize_pending: Option<Rc<api::PodCondition>>,
    /// The condition that tells of a resize that was granted and is not done yet.
    pub resize_in_progress: Option<Rc<api::PodCondition>>,
    /// How far the worker is.
    pub state: PodWorkerState,
    /// The API asked for its deletion.
    pub deleted: bool,
    /// The kubelet failed the Pod: reason and message.
    pub evict: Option<(Rc<str>, Rc<str>)>,
    /// The eviction manager stops the Pod. Told once, when the stop begins.
    pub eviction: Option<Rc<Eviction>>,
    /// After a restart of the kubelet a Pod that is ending has its volumes set up in vain: when next, and the pause
    /// after that.
    pub vain_mount: Option<(SimTime, u64)>,
    /// Why it is being stopped.
    pub stop_cause: Option<StopCause>,
    /// The grace in force, in seconds.
    pub grace_seconds: Option<i64>,
    /// When the grace began.
    pub grace_since: Option<SimTime>,
    /// Something has happened that the next sync must look at.
    pub pending: bool,
    /// The next relist looks at all of the Pod and has it synced, changed or not.
    pub reinspect: bool,
    /// It has taken up an update and waits for news of the runtime before it looks.
    pub awaits_news: bool,
    /// What it is doing.
    pub task: Option<Task>,
    /// What the runtime last told.
    pub cache: Rc<PodStatus>,
    /// When.
    pub cache_at: SimTime,
    /// When the last sync ended.
    pub last_sync: Option<SimTime>,
    /// When anything was last done for the Pod, be it a probe.
    pub busy_at: SimTime,
    /// When it is synced again by itself.
    pub resync_at: Option<SimTime>,
    /// The sync under way has found everything as it was, so far.
    pub quiet: bool,
    /// The last sync changed nothing, and nothing that a sync looks at has changed since. The syncs that fall due
    /// meanwhile are not made: they are counted when something happens to the Pod (`Node::unsettle`).
    pub settled: bool,
    /// The status last reported (the status manager's).
    pub status: Option<Resting<api::PodStatus>>,
    /// Why containers could not be started.
    pub reasons: Reasons,
    /// Probe workers.
    pub probes: Vec<ProbeWorker>,
    /// Liveness results.
    pub liveness: ProbeResults,
    /// Readiness results.
    pub readiness: ProbeResults,
    /// Startup results.
    pub startup: ProbeResults,
    /// Probes that a learner broke: container and type.
    pub broken_probes: Vec<(Rc<str>, crate::input::ProbeType)>,
    /// Volumes.
    pub volumes: PodVolumes,
    /// Messages of the last failed pulls, by image.
    pub pull_errors: std::collections::BTreeMap<Rc<str>, Rc<str>>,
    /// The kubelet knows that the object is gone from the API.
    pub removed: bool,
    /// How often it was synced, for draws.
    pub syncs: u64,
    /// The `started` and `ready` last told to the story, by container.
    pub told: std::collections::BTreeMap<Rc<str>, (bool, bool)>,
}

impl PodWorker {
    /// A worker for a Pod seen for the first time.
    #[must_use]
    pub fn new(pod: Rc<Pod>) -> Self {
        Self {
            uid: pod.metadata.uid.as_str().into(),
            namespace: pod.metadata.namespace.as_str().into(),
            name: pod.metadata.name.as_str().into(),
            pod: pod.into(),
            desired: None,
            resize_pending: None,
            resize_in_progress: None,
            state: PodWorkerState::SyncPod,
            deleted: false,
            evict: None,
            eviction: None,
            vain_mount: None,
            stop_cause: None,
            grace_seconds: None,
            grace_since: None,
            pending: false,
            reinspect: false,
            awaits_news: false,
            task: None,
            cache: Rc::default(),
            cache_at: SimTime(0),
            last_sync: None,
            busy_at: SimTime(0),
            resync_at: None,
            quiet: false,
            settled: false,
            status: None,
            reasons: Reasons::new(),
            probes: Vec::new(),
            liveness: ProbeResults::new(),
            readiness: ProbeResults::new(),
            startup: ProbeResults::new(),
            broken_probes: Vec::new(),
            volumes: PodVolumes::default(),
            pull_errors: std::collections::BTreeMap::new(),
            removed: false,
            syncs: 0,
            told: std::collections::BTreeMap::new(),
        }
    }

    /// Whether it is put away, as far as it can be.
    pub(crate) fn rests(&self) -> bool {
        (self.pod.rests() || self.desired.is_some()) && self.status.as_ref().is_none_or(Resting::rests)
    }

    /// Puts away what nothing happens to, leaning on the small form of the stored Pod.
    pub(crate) fn rest(&mut self, stored: &PodAway) {
        // The granted resources are not in the Pod's small form.
        if self.desired.is_none() {
            self.pod.rest(|pod| if pod == *stored { stored.clone() } else { pod.over(stored) });
        }
        if let Some(status) = &mut self.status {
            status.rest(|status| status.over(stored.rest()));
        }
    }

    /// The spec of a container of any kind.
    #[must_use]
    pub fn container(&self, name: &str) -> Option<api::Container> {
        let spec = &self.pod.spec;
        spec.containers.iter().chain(&spec.init_containers).find(|c| c.name == name).cloned().or_else(|| {
            spec.ephemeral_containers.iter().find(|c| c.name == name).map(super::generate::as_container)
        })
    }

    /// The field path of a container, as events name it.
    // Models pkg/kubelet/container/ref.go fieldPath (v1.36)
    #[must_use]
    pub fn field_path(&self, name: &str) -> String {
        let spec = &self.pod.spec;
        if name.is_empty() {
            String::new()
        } else if spec.init_containers.iter().any(|c| c.name == name) {
            format!("spec.initContainers{{{name}}}")
        } else if spec.ephemeral_containers.iter().any(|c| c.name == name) {
            format!("spec.ephemeralContainers{{{name}}}")
        } else {
            format!("spec.containers{{{name}}}")
        }
    }

    /// `name_namespace(uid)`, as the kubelet's messages name a Pod.
    // Models pkg/kubelet/util/format Pod (v1.36)
    #[must_use]
    pub fn formatted(&self) -> String {
        format!("{}_{}({})", self.name, self.namespace, self.uid)
    }
}
