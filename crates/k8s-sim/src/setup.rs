//! What a cluster is made of before anything happens.

use std::collections::BTreeMap;

use crate::rng::Spans;
use k8s_api::core::ResourceList;
use k8s_api::quantity::Quantity;

use crate::kubelet::NodeResources;
use crate::kubelet::eviction::{EvictionConfig, Signal};
use crate::runtime::registry::Registry;

/// One node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSetup {
    /// Its name.
    pub name: String,
    /// CPUs, as a quantity.
    pub cpu: String,
    /// Memory, as a quantity.
    pub memory: String,
    /// Labels besides the usual ones.
    pub labels: BTreeMap<String, String>,
    /// Taints as `key=value:Effect`.
    pub taints: Vec<String>,
    /// It has no real containers: a Pod there runs half a second after it is bound (as the recordings' fake
    /// nodes do).
    pub fake: bool,
    /// Images that need no pull.
    pub cached_images: Vec<String>,
    /// Other resources, such as `nvidia.com/gpu`.
    pub extended: BTreeMap<String, String>,
    /// Disk space, as a quantity.
    pub disk: String,
    /// Memory that is available before any Pod runs, as a quantity; else nearly all of it.
    pub memory_available_idle: Option<String>,
    /// Disk space that is available before any Pod runs, as a quantity; else four fifths.
    pub disk_available_idle: Option<String>,
    /// When the kubelet evicts Pods.
    pub eviction: EvictionConfig,
}

impl NodeSetup {
    /// A node with this name and size and nothing special.
    #[must_use]
    pub fn new(name: &str, cpu: &str, memory: &str) -> Self {
        Self {
            name: name.into(),
            cpu: cpu.into(),
            memory: memory.into(),
            labels: BTreeMap::new(),
            taints: Vec::new(),
            fake: false,
            cached_images: Vec::new(),
            extended: BTreeMap::new(),
            disk: "100Gi".into(),
            memory_available_idle: None,
            disk_available_idle: None,
            eviction: EvictionConfig::default(),
        }
    }

    /// The machine in bytes. `images_idle` is what its images take of the disk.
    #[must_use]
    pub fn resources(&self, images_idle: u64) -> NodeResources {
        let bytes = |text: &str| Quantity::parse(text).map_or(0, |q| q.value().max(0).unsigned_abs());
        let (memory, disk) = (bytes(&self.memory), bytes(&self.disk));
        let idle = |given: &Option<String>, usual: u64| given.as_deref().map_or(usual, bytes);
        NodeResources {
            memory_capacity: memory,
            memory_available_idle: idle(
                &self.memory_available_idle,
                memory.saturating_sub(SYSTEM_MEMORY_BYTES),
            ),
            disk_capacity: disk,
            disk_available_idle: idle(&self.disk_available_idle, disk / 5 * 4),
            images_idle,
            eviction: self.eviction.clone(),
        }
    }

    /// What Pods may request: all but what hard eviction thresholds keep free.
    // Models pkg/kubelet/cm/node_container_manager_linux.go GetNodeAllocatableReservation (v1.36)
    #[must_use]
    pub fn allocatable(&self, capacity: &ResourceList) -> ResourceList {
        let mut allocatable = capacity.clone();
        for (name, signal) in
            [("memory", Signal::MemoryAvailable), ("ephemeral-storage", Signal::NodeFsAvailable)]
        {
            let hard = self.eviction.thresholds.iter().find(|t| t.signal == signal && t.grace_ms == 0);
            if let (Some(amount), Some(threshold)) = (allocatable.get_mut(name), hard) {
                let bytes = amount.value().max(0).unsigned_abs();
                amount.sub(&threshold.value.quantity(bytes));
            }
        }
        allocatable
    }
}

/// What the system, the runtime and the kubelet use of a node's memory.
const SYSTEM_MEMORY_BYTES: u64 = 512 << 20;

/// Everything that decides a run besides its inputs.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Same seed, same run.
    pub seed: u64,
    /// How spans of time that are left to chance come about.
    pub spans: Spans,
    /// Unix time of the start, in seconds.
    pub epoch_seconds: i64,
    /// The nodes.
    pub nodes: Vec<NodeSetup>,
    /// What can be pulled, and how it behaves.
    pub registry: Registry,
    /// Namespaces besides the four that every cluster has.
    pub namespaces: Vec<String>,
}

impl Default for Setup {
    /// Three nodes and the images that the lessons use.
    fn default() -> Self {
        Self {
            seed: 1,
            spans: Spans::Drawn,
            // 2026-11-20 12:00:00 UTC
            epoch_seconds: 1_795_176_000,
            nodes: (1..=3).map(|n| NodeSetup::new(&format!("node-{n}"), "4", "8Gi")).collect(),
            registry: Registry::course(),
            namespaces: Vec::new(),
        }
    }
}

impl Setup {
    /// The machine on which the recordings were made: images on the node, others fail to pull. What was drawn there
    /// is not known, so spans of time are of middling length.
    #[must_use]
    pub fn recorded() -> Self {
        Self {
            seed: 1,
            spans: Spans::Middle,
            epoch_seconds: 1_795_176_000,
            nodes: vec![NodeSetup::new("node-1", "2", "24Gi")],
            registry: Registry::recorded(),
            namespaces: Vec::new(),
        }
    }
}
