//! What the page draws, as plain data: a function of the cluster, the moment and what is selected.
//!
//! Nothing here knows Leptos, the DOM or the wall clock. A [`Scene`] holds *absolute* simulated times
//! (milliseconds since the lesson began) instead of ages and remaining seconds, so that it stays equal
//! from one frame to the next while nothing happens; the view turns those times into numbers with
//! [`clock`] and the current [`Moment`].

pub mod build;
pub mod causes;
pub mod clock;
pub mod container;
#[cfg(test)]
pub mod demo;
pub mod history;
pub mod node;
pub mod pod;
pub mod rules;
pub mod story;
pub mod timeline;
pub mod view_state;

use std::sync::Arc;

pub use build::{build, lanes, lanes_version};
pub use clock::{Countdown, CountdownKind, Moment};
pub use container::{ContainerCard, Gate, ProbePulse, ProbeWord, Role};
pub use node::{NodeCard, PodChip};
pub use pod::{Bus, ConditionMark, Mount, Packet, Pause, PodScene, Socket, VolumeCard};
pub use rules::{FieldPath, Rule};
pub use timeline::{Branch, Lane, LaneKind, Mark, MarkKind, Segment, TimelineScene};
pub use view_state::{PodKey, Selection, ViewState, Zoom};

/// How a thing is doing, for its colour, its outline and its sign. Colour never stands alone: each
/// tone has its own sign and goes with the real word from the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Nothing has begun.
    Idle,
    /// Running, ready, true.
    Run,
    /// On its way from one state to the next.
    Change,
    /// Waiting for its turn to be tried again.
    Retry,
    /// Ended as it should.
    Done,
    /// Failed.
    Bad,
}

impl Tone {
    /// The sign that is drawn before the word.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Idle => "○",
            Self::Run => "●",
            Self::Change => "◐",
            Self::Retry => "↻",
            Self::Done => "■",
            Self::Bad => "✗",
        }
    }

    /// The name of the tone in class names.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Run => "run",
            Self::Change => "change",
            Self::Retry => "retry",
            Self::Done => "done",
            Self::Bad => "bad",
        }
    }
}

/// One sentence that says why the selected (or last changed) thing is as it is, and the causes behind it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Why {
    /// What the sentence is about, as a person would call it; empty when there is nothing to explain.
    pub about: String,
    /// The sentence.
    pub sentence: String,
    /// When it happened, in simulated milliseconds.
    pub at_ms: u64,
    /// The chain of causes, oldest first: when and what.
    pub chain: Vec<(u64, String)>,
    /// What it waits for, as long as it does.
    pub countdown: Option<Countdown>,
    /// The rule behind it.
    pub rule: Option<Rule>,
    /// The Pod that the rule's fields are of.
    pub pod: Option<PodKey>,
    /// The container that they are of.
    pub container: String,
}

/// Everything the stage and the timeline draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scene {
    /// The machines, in name order.
    pub nodes: Vec<NodeCard>,
    /// Every Pod of the cluster in the order of creation, for the chooser.
    pub pods: Vec<PodChip>,
    /// The Pod that is drawn big.
    pub pod: Option<PodScene>,
    /// The lanes; shared, because they change far less often than they are looked at.
    pub timeline: Arc<TimelineScene>,
    /// The sentence of why.
    pub why: Why,
    /// The Pod in one spoken sentence: the label of the box.
    pub spoken: String,
}
