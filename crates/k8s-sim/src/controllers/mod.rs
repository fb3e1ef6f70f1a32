//! Controllers that watch nodes and what is left of Pods.
// Models pkg/controller (v1.36)

pub(crate) mod default_roles;
pub mod namespace;
pub mod node_lifecycle;
pub(crate) mod node_taints;
pub mod pod_gc;
