//! The lanes: what each container went through, from the first moment to the last that was lived.

use super::{Role, Tone};

/// Whose lane it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneKind {
    /// The Pod's phase.
    Phase,
    /// The sandbox.
    Pause,
    /// A container.
    Container(Role),
    /// The machine that the Pod is on.
    Node,
}

/// A stretch of one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// When it began.
    pub from_ms: u64,
    /// When it ended; none while it lasts.
    pub to_ms: Option<u64>,
    /// How the thing was doing.
    pub tone: Tone,
    /// The real word.
    pub word: String,
}

/// What a mark marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    /// A step in the life of the thing.
    Step,
    /// A probe failed.
    ProbeFailed,
    /// A warning event.
    Warning,
    /// Something the person did.
    Action,
}

impl MarkKind {
    /// The name of the kind in class names.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::ProbeFailed => "probe",
            Self::Warning => "warning",
            Self::Action => "action",
        }
    }
}

/// A moment at which something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at_ms: u64,
    /// What kind of happening.
    pub kind: MarkKind,
    /// What happened.
    pub text: String,
}

/// One row of the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// Whose row it is.
    pub kind: LaneKind,
    /// The name at its left: a container's name, `pause`, `Pod`, a node's name.
    pub name: String,
    /// Its stretches, in order, without overlaps.
    pub segments: Vec<Segment>,
    /// Its marks, in order.
    pub marks: Vec<Mark>,
}

/// A future that was lived and then given up by acting in the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Where it forked off.
    pub from_ms: u64,
    /// How far it had been lived.
    pub to_ms: u64,
}

/// All lanes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TimelineScene {
    /// The rows, from top to bottom.
    pub lanes: Vec<Lane>,
    /// Futures that were given up.
    pub branches: Vec<Branch>,
}
