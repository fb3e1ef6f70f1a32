//! The rule behind a happening: what it says, where upstream's source has it, and which fields of the manifest
//! decide.

use k8s_sim::{ProbeType, StopCause, StoryEntry, StoryKind};

/// Why a cluster does what it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The rule, in whole sentences.
    pub says: &'static str,
    /// Where Kubernetes's source has it: file and function.
    pub source: &'static str,
    /// The fields that decide; the first that the Pod has is meant.
    pub fields: Vec<FieldPath>,
}

/// A field of a Pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldPath {
    /// From the object's root.
    Pod(&'static [&'static str]),
    /// From the container of the happening.
    Container(&'static [&'static str]),
    /// The volume of this name.
    Volume(String),
}

use FieldPath::{Container as C, Pod as P};

const RESTART_POLICY: [FieldPath; 2] = [C(&["restartPolicy"]), P(&["spec", "restartPolicy"])];
const GRACE: FieldPath = P(&["spec", "terminationGracePeriodSeconds"]);

/// The rule behind this entry; nothing where people acted, or where the entry only sums others up.
#[must_use]
pub fn rule(entry: &StoryEntry) -> Option<Rule> {
    let of = |says: &'static str, source: &'static str, fields: &[FieldPath]| {
        Some(Rule { says, source, fields: fields.to_vec() })
    };
    match &entry.kind {
        StoryKind::Scheduled { .. } => of(
            "Of the nodes that pass every filter (room for the requests, labels, taints, ports) the one with the highest score is taken.",
            "pkg/scheduler/schedule_one.go, schedulePod",
            &[P(&["spec", "nodeSelector"]), P(&["spec", "affinity"])],
        ),
        StoryKind::Unschedulable { .. } => of(
            "A Pod stays Pending until a node passes every filter. It is looked at again when something changes that could help.",
            "pkg/scheduler/schedule_one.go, findNodesThatFitPod",
            &[
                P(&["spec", "schedulingGates"]),
                P(&["spec", "nodeSelector"]),
                P(&["spec", "affinity"]),
                P(&["spec", "resources", "requests"]),
                P(&["spec", "containers"]),
            ],
        ),
        StoryKind::Preempted { .. } => of(
            "A Pod that fits nowhere takes the place of Pods of lower priority: on the node where the least important ones leave, and as few of them as will do.",
            "pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go, SelectVictimsOnNode",
            &[P(&["spec", "priorityClassName"])],
        ),
        StoryKind::Rejected { .. } => of(
            "The kubelet checks for itself whether a Pod fits its node. A Pod that it refuses is Failed at once and never tried again.",
            "pkg/kubelet/lifecycle/predicate.go, Admit",
            &[P(&["spec", "nodeName"]), P(&["spec", "containers"])],
        ),
        StoryKind::VolumeWaiting { volume, .. } => of(
            "No container starts before every volume is there. What cannot be mounted is tried again, with pauses that double up to about two minutes.",
            "pkg/kubelet/volumemanager/volume_manager.go, WaitForAttachAndMount",
            &[FieldPath::Volume(volume.to_string())],
        ),
        StoryKind::VolumesMounted { .. } => of(
            "No container starts before every volume is there.",
            "pkg/kubelet/volumemanager/volume_manager.go, WaitForAttachAndMount",
            &[P(&["spec", "volumes"])],
        ),
        StoryKind::SandboxCreated { .. } => of(
            "The sandbox comes first: pause holds the namespaces, with the Pod's one address, that every container joins.",
            "pkg/kubelet/kuberuntime/kuberuntime_sandbox.go, createPodSandbox",
            &[P(&["spec", "hostNetwork"]), P(&["spec", "shareProcessNamespace"])],
        ),
        StoryKind::SandboxDied => of(
            "Without its sandbox nothing of a Pod can stay: every container is stopped, and all begins anew in a new sandbox, init containers too.",
            "pkg/kubelet/kuberuntime/kuberuntime_manager.go, computePodActions",
            &[P(&["spec", "restartPolicy"])],
        ),
        StoryKind::SandboxStopped => of(
            "The sandbox goes last, when no container needs it any more.",
            "pkg/kubelet/kuberuntime/kuberuntime_manager.go, killPodWithSyncResult",
            &[],
        ),
        StoryKind::Pulling { .. } | StoryKind::Pulled { .. } => of(
            "IfNotPresent fetches only what the node lacks, Always asks the registry at every start, Never takes only what is there. Without a policy, the tag latest (or none) means Always.",
            "pkg/kubelet/images/image_manager.go, EnsureImageExists",
            &[C(&["imagePullPolicy"]), C(&["image"])],
        ),
        StoryKind::PullFailed { .. } | StoryKind::PullBackOff { .. } => of(
            "A pull that failed is tried again for ever: after 10 s, then with pauses that double up to 5 minutes.",
            "pkg/kubelet/images/image_manager.go, EnsureImageExists",
            &[C(&["image"])],
        ),
        StoryKind::CreateFailed { .. } => of(
            "A container whose configuration cannot be made (a ConfigMap that is missing, a user that is not allowed) waits, and is tried again at each sync.",
            "pkg/kubelet/kuberuntime/kuberuntime_container.go, startContainer",
            &[C(&["envFrom"]), C(&["env"]), C(&["securityContext"]), C(&["command"]), C(&["image"])],
        ),
        StoryKind::Started { attempt: 1.., .. } => of(
            "Whether a container that ended is started again is its own restartPolicy's decision, else the Pod's.",
            "pkg/kubelet/container/helpers.go, ShouldContainerBeRestarted",
            &RESTART_POLICY,
        ),
        StoryKind::Started { .. } | StoryKind::Initialized => of(
            "Init containers run one by one in the order of the list: the next begins when the one before has ended with 0, or, if it is a sidecar, counts as started. Then the apps start, also in order.",
            "pkg/kubelet/kuberuntime/kuberuntime_container.go, computeInitContainerActions",
            &[P(&["spec", "initContainers"]), P(&["spec", "containers"])],
        ),
        StoryKind::PostStartRunning | StoryKind::PostStartDone { .. } => of(
            "Until postStart has returned, the kubelet does not go on to the next container. If it fails, the container is killed.",
            "pkg/kubelet/kuberuntime/kuberuntime_container.go, startContainer",
            &[C(&["lifecycle", "postStart"])],
        ),
        StoryKind::ContainerStarted { .. } => of(
            "A container counts as started when its startup probe has succeeded; without one, as soon as it runs.",
            "pkg/kubelet/prober/prober_manager.go, UpdatePodStatus",
            &[C(&["startupProbe"]), C(&["restartPolicy"])],
        ),
        StoryKind::ContainerReady { .. } => of(
            "A container is ready while it runs, counts as started, and its readiness probe succeeds; without one, at once.",
            "pkg/kubelet/prober/prober_manager.go, UpdatePodStatus",
            &[C(&["readinessProbe"]), C(&["startupProbe"])],
        ),
        StoryKind::Exited { oom: true, .. } => of(
            "Memory beyond the limit is never lent: the kernel kills a process of the container, and the exit code is 137.",
            "pkg/kubelet/cm/helpers_linux.go, ResourceConfigForPod",
            &[C(&["resources", "limits", "memory"])],
        ),
        StoryKind::Exited { asked: true, .. } => of(
            "A container that was told to stop has the grace period to end by itself.",
            "pkg/kubelet/kuberuntime/kuberuntime_container.go, killContainer",
            &[GRACE],
        ),
        StoryKind::Exited { .. } | StoryKind::NotRestarted { .. } => of(
            "Always starts a container again whatever its exit code, OnFailure only if it is not 0, Never not at all.",
            "pkg/kubelet/container/helpers.go, ShouldContainerBeRestarted",
            &RESTART_POLICY,
        ),
        StoryKind::BackOff { .. } => of(
            "The first restart is at once. Later ones wait 10 s, 20 s, 40 s and so on up to 5 minutes after the last end, whatever the exit code. A run of more than ten minutes clears the count.",
            "pkg/kubelet/kuberuntime/kuberuntime_manager.go, doBackOff",
            &RESTART_POLICY,
        ),
        StoryKind::Probe { probe, ok, .. } => of(
            "One result decides nothing: only failureThreshold failures in a row, or successThreshold successes in a row, change what the probe says.",
            "pkg/kubelet/prober/worker.go, doProbe",
            &threshold(*probe, *ok),
        ),
        StoryKind::Stopping { cause, .. } => stopping(cause),
        StoryKind::PreStopRunning | StoryKind::PreStopDone { .. } => of(
            "preStop runs before the stop signal, and its time is taken from the grace period.",
            "pkg/kubelet/kuberuntime/kuberuntime_container.go, killContainer",
            &[C(&["lifecycle", "preStop"])],
        ),
        StoryKind::WaitsForTurn { .. } => of(
            "Sidecars stop after the apps, the one that started last first. The grace period is one for all.",
            "pkg/kubelet/kuberuntime/kuberuntime_termination_order.go",
            &[C(&["restartPolicy"]), GRACE],
        ),
        StoryKind::TermSent { .. } | StoryKind::KillSent => of(
            "First the stop signal; what still runs when the grace period is over (two seconds at the least) gets SIGKILL.",
            "pkg/kubelet/kuberuntime/kuberuntime_container.go, killContainer",
            &[C(&["lifecycle", "stopSignal"]), GRACE],
        ),
        StoryKind::PodCreated { by } if by.starts_with("ReplicaSet ") => of(
            "A ReplicaSet's controller compares how many Pods match its selector with how many are wanted, and makes or deletes the difference.",
            "pkg/controller/replicaset/replica_set.go, manageReplicas",
            &[],
        ),
        StoryKind::DeletionRequested { .. } => of(
            "Deleting only marks the Pod. Its object goes when the kubelet has stopped everything and says so.",
            "pkg/registry/core/pod/strategy.go, CheckGracefulDelete",
            &[GRACE],
        ),
        StoryKind::PodRemoved => of(
            "The object goes when everything of the Pod has stopped and no finalizer holds it.",
            "pkg/kubelet/status/status_manager.go, syncPod",
            &[P(&["metadata", "finalizers"])],
        ),
        StoryKind::Phase { .. } => of(
            "Pending until all init containers are done and some container has run; Running while one runs or will run again; Succeeded or Failed when all have ended for good, with 0 or not.",
            "pkg/kubelet/kubelet_pods.go, getPhase",
            &[P(&["spec", "restartPolicy"])],
        ),
        StoryKind::PodReady { .. } => of(
            "A Pod is ready when all its containers are, and every readiness gate's condition is True. Services send requests to ready Pods only.",
            "pkg/kubelet/status/generate.go, GeneratePodReadyCondition",
            &[P(&["spec", "readinessGates"])],
        ),
        StoryKind::EvictionThresholdMet { .. }
        | StoryKind::Evicted { .. }
        | StoryKind::NodePressure { .. } => of(
            "A node that runs short evicts one Pod at a time: first those above their requests, then by priority, then by how far above.",
            "pkg/kubelet/eviction/eviction_manager.go, synchronize",
            &[P(&["spec", "priorityClassName"]), P(&["spec", "containers"])],
        ),
        StoryKind::ResizeStarted | StoryKind::ResizeCompleted | StoryKind::ResizeWaits { .. } => of(
            "A resize is granted when the node has room for it; until then it is Deferred, and Infeasible if the node never could.",
            "pkg/kubelet/allocation/allocation_manager.go, handlePodResourcesResize",
            &[C(&["resizePolicy"]), C(&["resources"])],
        ),
        StoryKind::DeadlineExceeded { .. } => stopping(&StopCause::DeadlineExceeded),
        StoryKind::NodeUnknown | StoryKind::NodeReady => of(
            "A node renews its lease every 10 s. Not heard of for 50 s, its Ready condition becomes Unknown and it is tainted unreachable.",
            "pkg/controller/nodelifecycle/node_lifecycle_controller.go, monitorNodeHealth",
            &[],
        ),
        StoryKind::TaintEvictionPlanned { .. } | StoryKind::TaintEvicted => of(
            "A Pod leaves a node with a NoExecute taint when the time that it tolerates it is over: 300 s, unless it says otherwise.",
            "pkg/controller/tainteviction/taint_eviction.go, processPodOnNode",
            &[P(&["spec", "tolerations"])],
        ),
        StoryKind::PodCreated { .. }
        | StoryKind::Fault { .. }
        | StoryKind::NodeKilled
        | StoryKind::NodeRevived
        | StoryKind::Kubelet { .. }
        | StoryKind::NodeAdded => None,
    }
}

fn stopping(cause: &StopCause) -> Option<Rule> {
    let actions = "pkg/kubelet/kuberuntime/kuberuntime_manager.go, computePodActions";
    let (says, source, fields): (_, _, &[FieldPath]) = match cause {
        StopCause::PodDeleted => (
            "All apps of a Pod that goes are told to stop at the same time, sidecars after them, and they share one grace period.",
            "pkg/kubelet/kuberuntime/kuberuntime_container.go, killContainersWithSyncResult",
            &[GRACE],
        ),
        StopCause::PodFinished => (
            "When every app has ended for good, nothing is left to serve: the sidecars are stopped.",
            actions,
            &[P(&["spec", "restartPolicy"])],
        ),
        StopCause::LivenessProbe => (
            "A liveness probe that fails failureThreshold times in a row has its container killed; restartPolicy says what follows.",
            actions,
            &[C(&["livenessProbe", "failureThreshold"])],
        ),
        StopCause::StartupProbe => (
            "A startup probe that fails failureThreshold times in a row has its container killed; restartPolicy says what follows.",
            actions,
            &[C(&["startupProbe", "failureThreshold"])],
        ),
        StopCause::PostStartHook => (
            "A container whose postStart hook fails is killed; restartPolicy says what follows.",
            "pkg/kubelet/kuberuntime/kuberuntime_container.go, startContainer",
            &[C(&["lifecycle", "postStart"])],
        ),
        StopCause::DefinitionChanged => (
            "A container whose definition changed is stopped, and started anew from the new one.",
            actions,
            &[C(&["image"])],
        ),
        StopCause::SandboxChanged => (
            "Without its sandbox nothing of a Pod can stay: every container is stopped before a new one is made.",
            actions,
            &[],
        ),
        StopCause::Evicted => (
            "A node that runs short stops Pods, those above their requests first.",
            "pkg/kubelet/eviction/eviction_manager.go, evictPod",
            &[C(&["resources"])],
        ),
        StopCause::DeadlineExceeded => (
            "A Pod that is active for longer than activeDeadlineSeconds is stopped and Failed.",
            "pkg/kubelet/active_deadline.go, pastActiveDeadline",
            &[P(&["spec", "activeDeadlineSeconds"])],
        ),
        StopCause::RestartAllContainers => (
            "A restart rule asked for the whole Pod to start anew, in place.",
            actions,
            &[C(&["restartPolicyRules"])],
        ),
        StopCause::Resize => (
            "With the resize policy RestartContainer, a container gets its new resources by a restart.",
            "pkg/kubelet/kuberuntime/kuberuntime_manager.go, computePodResizeAction",
            &[C(&["resizePolicy"])],
        ),
        StopCause::Orphaned => (
            "What runs on a node without an object in the API is stopped.",
            "pkg/kubelet/kubelet_pods.go, HandlePodCleanups",
            &[],
        ),
    };
    Some(Rule { says, source, fields: fields.to_vec() })
}

/// The field with the number that a probe's results are counted against.
fn threshold(probe: ProbeType, ok: bool) -> Vec<FieldPath> {
    let path: &'static [&'static str] = match (probe, ok) {
        (ProbeType::Startup, true) => &["startupProbe", "successThreshold"],
        (ProbeType::Startup, false) => &["startupProbe", "failureThreshold"],
        (ProbeType::Readiness, true) => &["readinessProbe", "successThreshold"],
        (ProbeType::Readiness, false) => &["readinessProbe", "failureThreshold"],
        (ProbeType::Liveness, true) => &["livenessProbe", "successThreshold"],
        (ProbeType::Liveness, false) => &["livenessProbe", "failureThreshold"],
    };
    vec![C(path)]
}
