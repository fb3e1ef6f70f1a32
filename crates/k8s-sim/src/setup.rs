//! What a cluster is made of before anything happens.

use std::collections::BTreeMap;

use crate::rng::Spans;
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
        }
    }
}

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
