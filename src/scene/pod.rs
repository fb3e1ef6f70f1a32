//! The glass box: a Pod from its name plate down to pause.

use super::{ContainerCard, Countdown, PodKey, Role, Tone};

/// A condition of the Pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionMark {
    /// Its type, such as `PodScheduled`.
    pub kind: String,
    /// `True`, `False` or `Unknown`; empty while nobody has set it.
    pub status: String,
    /// Its reason and message, for whoever asks.
    pub detail: String,
}

/// A mount of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The container.
    pub container: String,
    /// The volume.
    pub volume: String,
    /// Where it appears inside the container.
    pub path: String,
    /// Whether the container can only read it.
    pub read_only: bool,
}

/// A volume of the Pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeCard {
    /// Its name.
    pub name: String,
    /// Its kind, such as `emptyDir`.
    pub kind: String,
    /// Its files: path and size in bytes.
    pub files: Vec<(String, u64)>,
    /// Who mounts it, and where.
    pub mounts: Vec<Mount>,
    /// What keeps it from being mounted.
    pub trouble: Option<String>,
    /// Whether it is selected.
    pub selected: bool,
}

/// A port that a container listens on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// The container.
    pub container: String,
    /// The port.
    pub port: u16,
    /// Whether a process listens; a port that is only declared is drawn hollow.
    pub open: bool,
}

/// A request on its way along localhost, or from the kubelet to a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Packet {
    /// Who sends: a container's name, or `kubelet`.
    pub from: String,
    /// The port it goes to.
    pub to_port: u16,
    /// What it carries, such as `GET /healthz`.
    pub text: String,
    /// When it left.
    pub sent_ms: u64,
    /// When it arrives.
    pub arrives_ms: u64,
}

impl Packet {
    /// How far it has come at `now_ms`, in thousandths; none before it left and after it arrived.
    #[must_use]
    pub fn way_per_mille(&self, now_ms: u64) -> Option<u32> {
        if now_ms < self.sent_ms || now_ms > self.arrives_ms {
            return None;
        }
        let whole = (self.arrives_ms - self.sent_ms).max(1);
        u32::try_from((now_ms - self.sent_ms) * 1000 / whole).ok()
    }
}

/// The Pod's one network: an address, its sockets and what flies along.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bus {
    /// The sockets, by container and port.
    pub sockets: Vec<Socket>,
    /// Requests in flight.
    pub packets: Vec<Packet>,
}

/// The pause container: the sandbox that the others stand on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// How it is doing.
    pub tone: Tone,
    /// Its state in a word.
    pub word: String,
    /// The sandbox's id, shortened; empty before there is one.
    pub sandbox_id: String,
    /// Which sandbox this is: 0 is the Pod's first, more mean that it was made anew.
    pub attempt: u32,
    /// The namespaces that it holds for all containers, such as `net`.
    pub namespaces: Vec<&'static str>,
    /// Why it matters, in a sentence.
    pub sentence: String,
}

/// The Pod that is drawn big.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodScene {
    /// Which Pod.
    pub key: PodKey,
    /// Its uid: another uid is another Pod.
    pub uid: String,
    /// Its address; empty before there is one.
    pub ip: String,
    /// The node it is bound to.
    pub node: Option<String>,
    /// `status.phase`.
    pub phase: String,
    /// What kubectl prints under STATUS.
    pub status: String,
    /// How it is doing.
    pub tone: Tone,
    /// Ready containers, as kubectl counts them under READY.
    pub ready: u32,
    /// Containers that count under READY.
    pub total: u32,
    /// What kubectl counts under RESTARTS.
    pub restarts: u32,
    /// When a container last ended before it was started again.
    pub last_restart_ms: Option<u64>,
    /// When the object was created.
    pub created_ms: u64,
    /// The restart policy.
    pub restart_policy: String,
    /// `status.reason` and `status.message`, or the scheduler's words while no node fits.
    pub message: String,
    /// What is left of the grace period.
    pub grace: Option<Countdown>,
    /// The conditions, in the order in which a Pod gains them.
    pub conditions: Vec<ConditionMark>,
    /// Init containers and sidecars in list order, then app containers, then debug containers.
    pub cast: Vec<ContainerCard>,
    /// localhost.
    pub bus: Bus,
    /// The volumes, in the manifest's order.
    pub volumes: Vec<VolumeCard>,
    /// The foundation.
    pub pause: Pause,
    /// Whether the Pod itself is selected.
    pub selected: bool,
}

impl PodScene {
    /// The containers of one role, in order.
    pub fn of_role(&self, role: Role) -> impl Iterator<Item = &ContainerCard> {
        self.cast.iter().filter(move |card| card.role == role)
    }

    /// The box in one spoken sentence.
    #[must_use]
    pub fn spoken(&self) -> String {
        format!("Pod {}, {}, {} of {} ready", self.key.name, self.status, self.ready, self.total)
    }
}
