//! What happened and why, as data: the source of the running log, of the timeline's lanes and of every "why".

use std::rc::Rc;

use crate::input::ProbeType;
use crate::time::SimTime;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct StoryEntry {
    /// When.
    pub at: SimTime,
    /// The Pod's UID; empty when it is not about a Pod.
    pub uid: Rc<str>,
    /// The Pod as `namespace/name`, or the node's name.
    pub subject: Rc<str>,
    /// The container; empty when it is not about one.
    pub container: Rc<str>,
    /// What.
    pub kind: StoryKind,
}

/// Why a container is stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopCause {
    /// The Pod is being deleted.
    PodDeleted,
    /// All that had to run has ended (or failed for good): the rest of the Pod is stopped.
    PodFinished,
    /// The liveness probe failed as often as its threshold.
    LivenessProbe,
    /// The startup probe did.
    StartupProbe,
    /// The postStart hook failed.
    PostStartHook,
    /// The container's definition was changed.
    DefinitionChanged,
    /// The sandbox is gone.
    SandboxChanged,
    /// Evicted by the kubelet.
    Evicted,
    /// Longer active than allowed.
    DeadlineExceeded,
    /// Every container is to start anew.
    RestartAllContainers,
    /// Its resize policy wants a restart for other resources.
    Resize,
    /// The object was removed behind the kubelet's back.
    Orphaned,
}

/// What can happen. Closed: what is not here is not told.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // The fields say what their names say.
pub enum StoryKind {
    /// The API server stored a new Pod. `by` is who made it, such as `ReplicaSet web`; empty for a person.
    PodCreated { by: Rc<str> },
    /// The Pod object is gone.
    PodRemoved,
    /// Deletion was asked for: from now on the Pod is Terminating.
    DeletionRequested { grace_seconds: i64, by: Rc<str> },
    /// The scheduler chose a node.
    Scheduled { node: Rc<str> },
    /// No node fits.
    Unschedulable { message: Rc<str> },
    /// The scheduler removes it for a more important Pod, `namespace/name`.
    Preempted { by: Rc<str> },
    /// The kubelet refused the Pod.
    Rejected { reason: Rc<str>, message: Rc<str> },
    /// All volumes are there.
    VolumesMounted { count: usize },
    /// A volume cannot be mounted yet.
    VolumeWaiting { volume: Rc<str>, message: Rc<str> },
    /// The pause container holds the namespaces; the Pod has its address.
    SandboxCreated { ip: Rc<str>, attempt: u32 },
    /// The sandbox is gone and everything starts anew.
    SandboxDied,
    /// The sandbox was stopped.
    SandboxStopped,
    /// An image is being fetched.
    Pulling { image: Rc<str> },
    /// It is here.
    Pulled { image: Rc<str>, took_ms: u64, was_present: bool },
    /// It cannot be fetched.
    PullFailed { image: Rc<str>, reason: Rc<str>, message: Rc<str> },
    /// Trying again only later.
    PullBackOff { image: Rc<str>, until: SimTime },
    /// A container cannot be made or started.
    CreateFailed { reason: Rc<str>, message: Rc<str> },
    /// The container's first process runs. `attempt` counts restarts.
    Started { attempt: u32, after: Rc<str> },
    /// postStart runs; the next container waits for it.
    PostStartRunning,
    /// postStart is done.
    PostStartDone { ok: bool },
    /// `started` became true: what waited for it may start, and `next` does so for the first time.
    ContainerStarted { sidecar: bool, next: Rc<str> },
    /// `ready` changed.
    ContainerReady { ready: bool },
    /// The first process ended. `asked` when it had been told to stop.
    Exited { code: i32, signal: u8, oom: bool, asked: bool, attempt: u32 },
    /// It is started again only after a pause.
    BackOff { until: SimTime, seconds: u64 },
    /// It will not be started again.
    NotRestarted { policy: Rc<str> },
    /// A probe was made. `run` of `threshold` in a row.
    Probe { probe: ProbeType, ok: bool, run: u32, threshold: u32, message: Rc<str> },
    /// The container is to stop.
    Stopping { cause: StopCause, grace_ms: u64 },
    /// preStop runs.
    PreStopRunning,
    /// preStop is done.
    PreStopDone { ok: bool },
    /// A sidecar's turn to stop comes after these.
    WaitsForTurn { after: Vec<Rc<str>> },
    /// The stop signal was sent; SIGKILL follows at `kill_at`.
    TermSent { signal: u8, kill_at: SimTime },
    /// SIGKILL was sent.
    KillSent,
    /// All init containers are done.
    Initialized,
    /// The phase changed.
    Phase { from: Rc<str>, to: Rc<str> },
    /// The Ready condition changed.
    PodReady { ready: bool, reason: Rc<str> },
    /// The node is short of something: Pods may have to go.
    EvictionThresholdMet { resource: Rc<str> },
    /// The kubelet stops the Pod for that, or because it took more than it may.
    Evicted { message: Rc<str> },
    /// The node says that it is short of something, or no longer.
    NodePressure { condition: Rc<str>, on: bool },
    /// Other resources were granted; the runtime has yet to be told.
    ResizeStarted,
    /// The containers have them.
    ResizeCompleted,
    /// They cannot be granted or given yet.
    ResizeWaits { reason: Rc<str>, message: Rc<str> },
    /// The deadline of the Pod passed.
    DeadlineExceeded { seconds: i64 },
    /// Somebody broke or mended something.
    Fault { what: Rc<str> },
    /// A node lost power.
    NodeKilled,
    /// A node has power again.
    NodeRevived,
    /// A kubelet stopped or started.
    Kubelet { running: bool },
    /// A node has not been heard of for too long.
    NodeUnknown,
    /// A node is heard of again.
    NodeReady,
    /// The Pod will be evicted from its dead node then.
    TaintEvictionPlanned { at: SimTime },
    /// It is.
    TaintEvicted,
    /// A node joined.
    NodeAdded,
}
