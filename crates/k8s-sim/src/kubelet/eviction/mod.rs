//! Node-pressure eviction: what a node may run short of, and which Pod has to go then.
//!
//! Memory and disk space are watched; inodes, process numbers and a separate disk for images are not simulated. The
//! usage is that of the moment, but for volumes of Pods with limits of their own (see [`super::volume_stats`]).
// Models pkg/kubelet/eviction (v1.36)

pub mod helpers;
mod manager;
pub mod stats;

use std::rc::Rc;

pub(crate) use manager::is_critical_pod;

use k8s_api::quantity::{Format, Quantity};

use crate::time::SimTime;

/// How often the kubelet compares usage and thresholds.
pub const MONITORING_PERIOD_MS: u64 = 10_000;
/// How often it looks whether an evicted Pod is cleaned up.
const POD_CLEANUP_POLL_MS: u64 = 1_000;
/// For how long it does so at most.
const POD_CLEANUP_TIMEOUT_MS: u64 = 30_000;
/// A Pod that has to go at once gets so much grace.
const IMMEDIATE_EVICTION_GRACE_PERIOD_SECONDS: i64 = 1;

/// What is watched.
// Models pkg/kubelet/eviction/api Signal (v1.36)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// `memory.available`
    MemoryAvailable,
    /// `nodefs.available`: the disk with volumes and logs.
    NodeFsAvailable,
    /// `imagefs.available`: the disk with images and containers, which is the same one.
    ImageFsAvailable,
}

impl Signal {
    /// By its name in the kubelet's configuration.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "memory.available" => Self::MemoryAvailable,
            "nodefs.available" => Self::NodeFsAvailable,
            "imagefs.available" => Self::ImageFsAvailable,
            _ => return None,
        })
    }

    /// The resource that Pods have to give back.
    #[must_use]
    pub fn resource(self) -> &'static str {
        if self == Self::MemoryAvailable { "memory" } else { "ephemeral-storage" }
    }

    /// The node's condition.
    #[must_use]
    pub fn condition(self) -> Pressure {
        if self == Self::MemoryAvailable { Pressure::Memory } else { Pressure::Disk }
    }
}

/// A node's condition of being short of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressure {
    /// `MemoryPressure`
    Memory,
    /// `DiskPressure`
    Disk,
}

impl Pressure {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Memory, Self::Disk];

    /// The condition's type.
    #[must_use]
    pub fn condition(self) -> &'static str {
        match self {
            Self::Memory => "MemoryPressure",
            Self::Disk => "DiskPressure",
        }
    }

    /// The taint that keeps other Pods away.
    #[must_use]
    pub fn taint(self) -> &'static str {
        match self {
            Self::Memory => "node.kubernetes.io/memory-pressure",
            Self::Disk => "node.kubernetes.io/disk-pressure",
        }
    }
}

/// An amount, or a share of what there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ThresholdValue {
    /// Bytes.
    Quantity(Quantity),
    /// Percent of the capacity.
    Percentage(u32),
}

impl ThresholdValue {
    /// As the kubelet's configuration writes it: `100Mi` or `10%`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_suffix('%') {
            Some(percent) => percent.parse().ok().filter(|&p| p <= 100).map(Self::Percentage),
            None => Quantity::parse(text).ok().map(Self::Quantity),
        }
    }

    /// The amount, for this capacity in bytes.
    // Models GetThresholdQuantity (v1.36)
    #[must_use]
    pub fn quantity(&self, capacity: u64) -> Quantity {
        match self {
            Self::Quantity(quantity) => quantity.clone(),
            Self::Percentage(percent) => {
                let bytes = i64::try_from(capacity / 100 * u64::from(*percent)).unwrap_or(i64::MAX);
                Quantity::from_units(bytes, Format::BinarySi)
            }
        }
    }
}

/// When less than so much is available, Pods have to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// What is watched.
    pub signal: Signal,
    /// Less than this meets the threshold.
    pub value: ThresholdValue,
    /// It must be met for so long first; 0 makes it a hard one.
    pub grace_ms: u64,
    /// Once met, it stays so until so much more is available.
    pub min_reclaim: Option<ThresholdValue>,
}

impl Threshold {
    /// A hard threshold.
    #[must_use]
    pub fn hard(signal: Signal, value: ThresholdValue) -> Self {
        Self { signal, value, grace_ms: 0, min_reclaim: None }
    }
}

/// The part of a kubelet's configuration that is about eviction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvictionConfig {
    /// Hard and soft thresholds.
    pub thresholds: Vec<Threshold>,
    /// `evictionPressureTransitionPeriod`: a condition stays for so long after its threshold was last met.
    pub pressure_transition_period_ms: u64,
    /// `evictionMaxPodGracePeriod`: the longest grace of a Pod that a soft threshold evicts.
    pub max_pod_grace_period_seconds: i64,
}

impl Default for EvictionConfig {
    // Models DefaultEvictionHard (v1.36), without inodes.
    fn default() -> Self {
        let memory = ThresholdValue::Quantity(Quantity::from_units(100 << 20, Format::BinarySi));
        Self {
            thresholds: vec![
                Threshold::hard(Signal::MemoryAvailable, memory),
                Threshold::hard(Signal::NodeFsAvailable, ThresholdValue::Percentage(10)),
                Threshold::hard(Signal::ImageFsAvailable, ThresholdValue::Percentage(15)),
            ],
            pressure_transition_period_ms: 300_000,
            max_pod_grace_period_seconds: 0,
        }
    }
}

impl EvictionConfig {
    /// From the fields of a kubelet's configuration: `evictionHard`, `evictionSoft`, `evictionSoftGracePeriod` and
    /// `evictionMinimumReclaim` map signals to texts. Signals that are not simulated are left out; without
    /// `evictionHard` the usual hard thresholds hold.
    // Models ParseThresholdConfig (v1.36)
    #[must_use]
    pub fn from_maps(
        hard: Option<&[(&str, &str)]>,
        soft: &[(&str, &str)],
        soft_grace: &[(&str, &str)],
        min_reclaim: &[(&str, &str)],
    ) -> Self {
        let mut config = Self::default();
        let read = |(signal, value): &(&str, &str)| {
            Some(Threshold::hard(Signal::parse(signal)?, ThresholdValue::parse(value)?))
        };
        if let Some(hard) = hard {
            config.thresholds = hard.iter().filter_map(read).collect();
        }
        let of = |list: &[(&str, &str)], signal: Signal| {
            list.iter()
                .find(|(name, _)| Signal::parse(name) == Some(signal))
                .map(|(_, text)| (*text).to_string())
        };
        for mut threshold in soft.iter().filter_map(read) {
            let grace = of(soft_grace, threshold.signal);
            threshold.grace_ms = grace.and_then(|text| parse_duration_ms(&text)).unwrap_or(0);
            config.thresholds.push(threshold);
        }
        for threshold in &mut config.thresholds {
            threshold.min_reclaim =
                of(min_reclaim, threshold.signal).and_then(|text| ThresholdValue::parse(&text));
        }
        config
    }
}

/// Milliseconds of a duration as Go writes it, of whole numbers: `90s`, `1m30s`, `500ms`.
#[must_use]
pub fn parse_duration_ms(text: &str) -> Option<u64> {
    let mut total = 0_u64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let (unit, length) = match rest.as_bytes() {
            [b'm', b's', ..] => (1, 2),
            [b's', ..] => (1_000, 1),
            [b'm', ..] => (60_000, 1),
            [b'h', ..] => (3_600_000, 1),
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(unit)?)?;
        rest = &rest[length..];
    }
    Some(total)
}

/// What the eviction manager waits for after an eviction.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cleanup {
    /// The Pods it evicted.
    uids: Vec<Rc<str>>,
    /// When all their containers had stopped.
    killed_at: Option<SimTime>,
}

/// What the eviction manager remembers. Lost when the kubelet restarts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EvictionManager {
    /// The conditions in force, whether or not the node's object tells of them yet.
    pub node_conditions: Vec<Pressure>,
    /// When each was last observed.
    observed_at: Vec<(Pressure, SimTime)>,
    /// Since when each threshold (by its place in the configuration) is met.
    first_observed_at: Vec<(usize, SimTime)>,
    /// Thresholds met for their grace period and not yet resolved.
    thresholds_met: Vec<usize>,
    /// The evictions that are still under way.
    cleanup: Option<Cleanup>,
    /// The last comparison; the next ones follow every ten seconds.
    last_sync: Option<SimTime>,
    /// When it looks next, if anything has changed since the last time.
    pub next_look: Option<SimTime>,
}
