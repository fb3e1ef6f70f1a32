//! The seam between the page and the cluster.
//!
//! The page is there at once; the cluster (with everything that is drawn of it) is a chunk of the program that is
//! fetched after the first paint: see [`crate::tank`]. Until it has arrived, and from the outside ever after, the
//! page knows of it what stands here. Code on this side of the seam calls nothing of `k8s-sim`, `kubectl` or
//! `busybox`: whatever it called would be in the first download.

use std::fmt;

use course::{Goal, Verdict};
use k8s_api::Value;
use k8s_sim::Timeline;

use crate::action::Action;
use crate::session::Session;

/// The cluster in time, and everything that the page asks of it.
pub trait Engine: fmt::Debug {
    /// Does what was asked for, and tells the session what came of it. Says whether anything changed that could be
    /// seen.
    fn update(&mut self, session: &mut Session, action: Action) -> bool;
    /// The inputs so far and the moment that is shown: what the browser keeps of it.
    fn story(&self) -> Value;
    /// How far a goal is at the moment that is shown.
    fn verdict(&self, goal: &Goal) -> Verdict;
    /// What could stand at this place (in UTF-16 units) of a manifest, for editor.js.
    fn complete(&self, text: &str, place: usize) -> String;
    /// What the field at this place (in UTF-16 units) of a manifest means, for editor.js.
    fn hover(&self, text: &str, place: usize) -> String;
    /// The cluster itself: for what is drawn on its own side of the seam.
    fn timeline(&self) -> &Timeline;
    /// The same cluster once more.
    fn boxed_clone(&self) -> Box<dyn Engine>;
}

impl Clone for Box<dyn Engine> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}

/// How far the cluster's chunk is on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arrival {
    /// It is being fetched.
    #[default]
    OnItsWay,
    /// It could not be fetched; the person may try again.
    Failed,
    /// It is there.
    There,
}
