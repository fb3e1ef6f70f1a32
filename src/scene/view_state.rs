//! What the person is looking at: the selection, the Pod that is big, the zoom of the timeline.

use std::fmt;

/// The namespace and the name of a Pod.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodKey {
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl PodKey {
    /// The key of the Pod `name` in `namespace`.
    #[must_use]
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.to_owned(), name: name.to_owned() }
    }
}

impl fmt::Display for PodKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// The one thing that is selected on the page: stage, timeline, YAML and events all follow it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Selection {
    /// Nothing: the newest happening is explained.
    #[default]
    Nothing,
    /// A whole Pod.
    Pod(PodKey),
    /// A container of a Pod.
    Container {
        /// Its Pod.
        pod: PodKey,
        /// The container's name.
        container: String,
    },
    /// A volume of a Pod.
    Volume {
        /// Its Pod.
        pod: PodKey,
        /// The volume's name.
        volume: String,
    },
    /// The pause container of a Pod, which holds its namespaces.
    Pause(PodKey),
    /// A machine.
    Node(String),
}

impl Selection {
    /// The Pod that the selection lies in.
    #[must_use]
    pub fn pod(&self) -> Option<&PodKey> {
        match self {
            Self::Nothing | Self::Node(_) => None,
            Self::Pod(pod) | Self::Pause(pod) | Self::Container { pod, .. } | Self::Volume { pod, .. } => {
                Some(pod)
            }
        }
    }

    /// The container that is selected.
    #[must_use]
    pub fn container(&self) -> Option<&str> {
        match self {
            Self::Container { container, .. } => Some(container),
            Self::Nothing | Self::Node(_) | Self::Pod(_) | Self::Pause(_) | Self::Volume { .. } => None,
        }
    }
}

/// Which part of history the timeline shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Zoom {
    /// Everything that was lived.
    #[default]
    Whole,
    /// The minute before the playhead.
    LastMinute,
}

/// What the person is looking at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ViewState {
    /// The selected thing.
    pub selection: Selection,
    /// The Pod that is drawn big; without one (or when it is gone) the newest Pod is.
    pub pod: Option<PodKey>,
    /// The part of history that the timeline shows.
    pub zoom: Zoom,
}
