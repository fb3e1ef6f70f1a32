//! Everything that may enter the simulator. What is not an [`Input`] cannot change the cluster.

use k8s_api::Value;
use k8s_api::meta::Status;

/// One thing that a person (or a recording's script) does to the cluster.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A request to the API server.
    Api(ApiRequest),
    /// Something that befalls the cluster.
    Fault(Fault),
    /// A command run in a container, through the kubelet.
    Exec(ExecRequest),
    /// More bytes for the standard input of such a command.
    ExecInput {
        /// Which.
        exec: u64,
        /// The bytes; none closes it.
        bytes: Vec<u8>,
    },
    /// A change of the image registry.
    Registry(RegistryChange),
}

impl Input {
    /// The tree of a request: an object or a patch.
    pub(crate) fn tree_mut(&mut self) -> Option<&mut Value> {
        match self {
            Self::Api(
                ApiRequest::Create { object: tree, .. }
                | ApiRequest::Update { object: tree, .. }
                | ApiRequest::Patch { patch: tree, .. },
            ) => Some(tree),
            Self::Api(ApiRequest::Delete { .. } | ApiRequest::Evict { .. })
            | Self::Fault(_)
            | Self::Exec(_)
            | Self::ExecInput { .. }
            | Self::Registry(_) => None,
        }
    }
}

/// How a patch is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchType {
    /// `application/merge-patch+json` (RFC 7386).
    Merge,
    /// `application/strategic-merge-patch+json`.
    Strategic,
    /// `application/json-patch+json` (RFC 6902).
    Json,
}

/// What to do with an object's dependents when it is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Propagation {
    /// They go after it.
    #[default]
    Background,
    /// They go before it.
    Foreground,
    /// They stay.
    Orphan,
}

/// Options of a deletion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// `gracePeriodSeconds`, where given.
    pub grace_period_seconds: Option<i64>,
    /// `propagationPolicy`.
    pub propagation: Propagation,
    /// Only if the object has this UID.
    pub uid: Option<String>,
    /// Check, but change nothing.
    pub dry_run: bool,
}

/// A write through the API server. Reads need no request: see [`Cluster`](crate::Cluster).
#[derive(Clone, Debug, PartialEq)]
pub enum ApiRequest {
    /// POST.
    Create {
        /// The namespace of the URL; empty for kinds without one.
        namespace: String,
        /// The object with apiVersion and kind, as decoded.
        object: Value,
        /// Check, but store nothing.
        dry_run: bool,
    },
    /// PUT.
    Update {
        /// The object; a resourceVersion in it must be the stored one.
        object: Value,
        /// `status`, `scale`, `resize`, … or empty.
        subresource: String,
        /// Check, but store nothing.
        dry_run: bool,
    },
    /// PATCH.
    Patch {
        /// The kind's name.
        kind: String,
        /// The namespace; empty for kinds without one.
        namespace: String,
        /// The name.
        name: String,
        /// `status`, `scale`, `resize`, `ephemeralcontainers`, … or empty.
        subresource: String,
        /// How the patch is written.
        patch_type: PatchType,
        /// The patch.
        patch: Value,
        /// Check, but store nothing.
        dry_run: bool,
    },
    /// DELETE.
    Delete {
        /// The kind's name.
        kind: String,
        /// The namespace; empty for kinds without one.
        namespace: String,
        /// The name.
        name: String,
        /// Grace, propagation, preconditions.
        options: DeleteOptions,
    },
    /// POST to a Pod's `eviction` subresource.
    Evict {
        /// The namespace.
        namespace: String,
        /// The Pod.
        name: String,
        /// Grace and preconditions.
        options: DeleteOptions,
    },
}

/// A container, as a person names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerName {
    /// The Pod's namespace.
    pub namespace: String,
    /// The Pod.
    pub pod: String,
    /// The container.
    pub container: String,
}

/// Which probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProbeType {
    /// Failing restarts the container.
    Liveness,
    /// Failing takes the Pod out of its Services.
    Readiness,
    /// The other two wait for it.
    Startup,
}

impl ProbeType {
    /// The word in events: `Liveness`, …
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Liveness => "Liveness",
            Self::Readiness => "Readiness",
            Self::Startup => "Startup",
        }
    }
}

/// What befalls a cluster.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The main process ends by itself with this exit code.
    CrashContainer {
        /// Which.
        container: ContainerName,
        /// 0 to 255.
        exit_code: i32,
    },
    /// The container gets no CPU any more: probes time out, nothing is logged; or it gets it back.
    HangContainer {
        /// Which.
        container: ContainerName,
        /// Hang, or go on.
        hang: bool,
    },
    /// The container takes so much memory at once.
    FillMemory {
        /// Which.
        container: ContainerName,
        /// How much, in bytes.
        bytes: u64,
    },
    /// The main process gets a signal from the node (not from inside: PID 1 is not protected from SIGKILL).
    SignalContainer {
        /// Which.
        container: ContainerName,
        /// Signal number.
        signal: u8,
    },
    /// A probe of the container always fails, or is as the container is.
    SetProbe {
        /// Which.
        container: ContainerName,
        /// Which of its probes.
        probe: ProbeType,
        /// Fails, or is mended.
        broken: bool,
    },
    /// The sandbox (the pause container) is killed.
    KillSandbox {
        /// The Pod's namespace.
        namespace: String,
        /// The Pod.
        pod: String,
    },
    /// Power off: kubelet and every container of the node are gone at once.
    KillNode {
        /// The node.
        node: String,
    },
    /// Power on: the kubelet starts and finds its Pods' containers dead.
    ReviveNode {
        /// The node.
        node: String,
    },
    /// The kubelet stops (its containers run on).
    StopKubelet {
        /// The node.
        node: String,
    },
    /// The kubelet starts again.
    StartKubelet {
        /// The node.
        node: String,
    },
    /// A new node joins.
    AddNode {
        /// Its name.
        name: String,
        /// Its CPUs, as a quantity.
        cpu: String,
        /// Its memory, as a quantity.
        memory: String,
    },
}

/// `kubectl exec`: a command in a running container.
#[derive(Clone, Debug, PartialEq)]
pub struct ExecRequest {
    /// Where.
    pub container: ContainerName,
    /// What.
    pub command: Vec<String>,
    /// Standard input: none, or kept open for [`Input::ExecInput`].
    pub stdin: bool,
    /// A terminal.
    pub tty: bool,
}

/// How pulling an image goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pull {
    /// As the image's own size has it.
    Normal,
    /// It takes so many milliseconds.
    Slow {
        /// Milliseconds.
        ms: u64,
    },
    /// The registry does not know it.
    Missing,
}

/// A change of the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryChange {
    /// How pulling this image goes from now on.
    SetPull {
        /// The image, with its tag.
        image: String,
        /// How.
        pull: Pull,
    },
    /// Makes an unknown image known, behaving like a known one (`like`), or as a server on port 8080.
    Add {
        /// The new image.
        image: String,
        /// The image it behaves like; empty for a plain server.
        like: String,
    },
    /// Takes the image from a node's cache, so that it must be pulled again.
    Remove {
        /// The image.
        image: String,
    },
}

/// What came of an [`Input`].
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The API server's answer: the object as it stands now, or what was wrong.
    Api(Result<Value, Status>),
    /// The command runs under this number: see [`Cluster::exec`](crate::Cluster::exec).
    Exec(u64),
    /// Done.
    Done,
    /// It could not be done; the reason in words.
    Refused(String),
}
