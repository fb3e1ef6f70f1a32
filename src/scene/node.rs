//! The machines beside the Pod.

use super::{Countdown, PodKey, Tone};

/// A Pod in one word: on its node and in the chooser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodChip {
    /// Which Pod.
    pub key: PodKey,
    /// The node it is bound to.
    pub node: Option<String>,
    /// What kubectl prints under STATUS.
    pub status: String,
    /// How it is doing.
    pub tone: Tone,
    /// Whether it is the one that is drawn big.
    pub shown: bool,
}

/// A machine: what the API says about it, and what is really the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeCard {
    /// Its name.
    pub name: String,
    /// What kubectl prints under STATUS, such as `Ready` or `NotReady,SchedulingDisabled`.
    pub status: String,
    /// How it is doing.
    pub tone: Tone,
    /// Whether the machine has power.
    pub powered: bool,
    /// Whether its kubelet runs.
    pub kubelet_runs: bool,
    /// When the machine or its kubelet went down.
    pub down_since_ms: Option<u64>,
    /// When its Lease was renewed last: the heartbeat.
    pub lease_at_ms: Option<u64>,
    /// Its taints, as `key:effect`.
    pub taints: Vec<String>,
    /// Until it counts as lost, and until its Pods are evicted.
    pub countdowns: Vec<Countdown>,
    /// The Pods that are bound to it.
    pub pods: Vec<PodChip>,
    /// Requested processor time, in thousandths of a core.
    pub cpu_requested_milli: u64,
    /// Processor time that may be requested, in thousandths of a core.
    pub cpu_allocatable_milli: u64,
    /// Whether it is selected.
    pub selected: bool,
}

impl NodeCard {
    /// The share of its processor time that Pods have requested, in percent.
    #[must_use]
    pub fn cpu_percent(&self) -> u64 {
        (self.cpu_requested_milli.saturating_mul(100) / self.cpu_allocatable_milli.max(1)).min(100)
    }
}
