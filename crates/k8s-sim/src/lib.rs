//! What the cluster does: API server, scheduler, kubelet and runtime in virtual time.
//!
//! The cluster is plain data ([`Cluster`]) that is stepped from one due moment to the next; everything that enters
//! it is an [`Input`], kept in a journal ([`Timeline`]). Same setup and same journal give the same state, byte for
//! byte, however time is advanced. Nothing here knows a clock, a page, kubectl or lessons.
//!
//! Modelled on Kubernetes v1.36. What is accepted and kept but not acted on is listed in
//! `k8s_api::unsimulated`.

#![deny(clippy::float_arithmetic)]

pub mod apiserver;
mod cluster;
pub mod controllers;
pub mod input;
pub mod kubelet;
mod log;
mod rng;
pub mod runtime;
pub mod scheduler;
mod services;
mod setup;
mod story;
mod time;
mod timeline;
mod view;
mod wakeup;

// Ends of a request in flight.
pub use busybox::{Origin, Outcome};

pub use apiserver::{Object, ObjectKey, Pod, WatchEvent, WatchLog, WatchType};
pub use cluster::Cluster;
pub use input::{
    Answer, ApiRequest, ContainerName, DeleteOptions, ExecRequest, Fault, Input, PatchType, ProbeType,
    Propagation, Pull, RegistryChange,
};
pub use log::Log;
pub use rng::{Rng, Spans};
pub use setup::{NodeSetup, Setup};
pub use story::{StopCause, StoryEntry, StoryKind};
pub use time::SimTime;
pub use timeline::{Branch, Timeline};
pub use view::{ContainerRole, ContainerView, Flight, PodView, ProbeView, StopView, VolumeView};
pub use wakeup::{Wakeup, WakeupQueue};

/// The version whose behaviour is modelled.
pub const KUBERNETES_VERSION: &str = "v1.36.2";
