//! The core group: Pods and what they need.

pub mod config;
pub mod container;
pub mod event;
pub mod namespace;
pub mod node;
pub mod pod;
pub mod scheduling;
pub mod service;
pub mod storage;
pub mod volume;

use std::collections::BTreeMap;

pub use config::*;
pub use container::*;
pub use event::*;
pub use namespace::*;
pub use node::*;
pub use pod::*;
pub use scheduling::*;
pub use service::*;
pub use storage::*;
pub use volume::*;

use crate::quantity::Quantity;

/// Amounts by resource name: `cpu`, `memory`, `ephemeral-storage`, …
pub type ResourceList = BTreeMap<String, Quantity>;
