//! What a cluster is made of before anything happens.

use std::collections::BTreeMap;

use crate::rng::Spans;
use k8s_api::core::{Node, NodeAddress, NodeCondition, NodeSystemInfo, ResourceList, Taint};
use k8s_api::meta::{ObjectMeta, Time};
use k8s_api::quantity::Quantity;

use crate::controllers::node_lifecycle::kubelet_condition;
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

    /// The object that its kubelet registers.
    // Models pkg/kubelet/kubelet_node_status.go initialNode (v1.36)
    #[must_use]
    pub(crate) fn object(&self, uid: String, now: Time, number: u8, ip: &str) -> Node {
        let now = Some(now);
        let quantity = |text: &str| Quantity::parse(text).unwrap_or_default();
        let mut capacity = BTreeMap::from([
            ("cpu".to_string(), quantity(&self.cpu)),
            ("memory".to_string(), quantity(&self.memory)),
            ("ephemeral-storage".to_string(), quantity(&self.disk)),
            ("pods".to_string(), quantity("110")),
        ]);
        capacity.extend(self.extended.iter().map(|(name, amount)| (name.clone(), quantity(amount))));
        let mut labels = BTreeMap::from([
            ("kubernetes.io/hostname".to_string(), self.name.clone()),
            ("kubernetes.io/os".to_string(), "linux".to_string()),
            ("kubernetes.io/arch".to_string(), "amd64".to_string()),
            ("beta.kubernetes.io/os".to_string(), "linux".to_string()),
            ("beta.kubernetes.io/arch".to_string(), "amd64".to_string()),
        ]);
        labels.extend(self.labels.clone());
        let mut node = Node {
            metadata: ObjectMeta {
                name: self.name.clone(),
                uid,
                creation_timestamp: now,
                labels,
                ..ObjectMeta::default()
            },
            ..Node::default()
        };
        node.spec.pod_cidr = format!("10.244.{number}.0/24");
        node.spec.pod_cidrs = vec![node.spec.pod_cidr.clone()];
        node.spec.taints = self.taints.iter().filter_map(|text| parse_taint(text)).collect();
        node.status.allocatable = self.allocatable(&capacity);
        node.status.capacity = capacity;
        node.status.conditions = ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"]
            .into_iter()
            .map(|kind| {
                let (status, reason, message) = kubelet_condition(kind);
                NodeCondition {
                    type_: kind.into(),
                    status: status.into(),
                    last_heartbeat_time: now,
                    last_transition_time: now,
                    reason: reason.into(),
                    message: message.into(),
                }
            })
            .collect();
        node.status.addresses = vec![
            NodeAddress { type_: "InternalIP".into(), address: ip.into() },
            NodeAddress { type_: "Hostname".into(), address: self.name.clone() },
        ];
        node.status.node_info = NodeSystemInfo {
            kubelet_version: crate::KUBERNETES_VERSION.into(),
            operating_system: "linux".into(),
            architecture: "amd64".into(),
            os_image: "Debian GNU/Linux 12 (bookworm)".into(),
            kernel_version: "6.1.0-podarium".into(),
            container_runtime_version: "containerd://2.1.4".into(),
            ..NodeSystemInfo::default()
        };
        #[cfg(not(target_arch = "wasm32"))]
        if self.fake {
            node.status.node_info.os_image = "fake".into();
            node.status.node_info.kernel_version = "6".into();
            node.status.node_info.container_runtime_version = "containerd://fake".into();
        }
        node
    }

    /// The machine in bytes. `images_idle` is what its images take of the disk.
    #[must_use]
    pub fn resources(&self, images_idle: u64) -> NodeResources {
        let bytes = |text: &str| Quantity::parse(text).map_or(0, |q| q.value().max(0).unsigned_abs());
        let (memory, disk) = (bytes(&self.memory), bytes(&self.disk));
        let idle = |given: &Option<String>, usual: u64| given.as_deref().map_or(usual, bytes);
        NodeResources {
            cpu_milli: Quantity::parse(&self.cpu).map_or(0, |q| q.milli_value().max(0).unsigned_abs()),
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

/// A taint written as `key=value:Effect`.
fn parse_taint(text: &str) -> Option<Taint> {
    let (pair, effect) = text.rsplit_once(':')?;
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    Some(Taint { key: key.into(), value: value.into(), effect: effect.into(), ..Taint::default() })
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
