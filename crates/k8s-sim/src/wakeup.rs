//! Everything that can fall due, and the queue that keeps it in order.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::apiserver::ObjectKey;
use crate::controllers::Controller;
use crate::time::SimTime;

/// Something that falls due. A closed list: what is not here cannot happen by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wakeup {
    /// The scheduler looks at its queue.
    Schedule,
    /// The kubelet of a node sees that a Pod object was added, changed or removed.
    PodConfig {
        /// The node.
        node: Rc<str>,
        /// The Pod's UID.
        uid: Rc<str>,
    },
    /// A Pod worker goes on with what it does (a delay, a deadline or a due resync).
    PodWorker {
        /// The node.
        node: Rc<str>,
        /// The Pod's UID.
        uid: Rc<str>,
    },
    /// The kubelet compares the runtime's containers with what it last saw.
    Relist {
        /// The node.
        node: Rc<str>,
    },
    /// A probe worker's ticker.
    Probe {
        /// The node.
        node: Rc<str>,
        /// The Pod's UID.
        uid: Rc<str>,
    },
    /// A kubelet that was started is up.
    KubeletUp {
        /// The node.
        node: Rc<str>,
    },
    /// A kubelet's eviction manager looks at what is left of its node's memory and disk space.
    Eviction {
        /// The node.
        node: Rc<str>,
    },
    /// A kubelet reads what the volumes of a Pod hold.
    VolumeStats {
        /// The node.
        node: Rc<str>,
        /// The Pod's UID.
        uid: Rc<str>,
    },
    /// A kubelet reports of its node.
    NodeStatus {
        /// The node.
        node: Rc<str>,
    },
    /// A kubelet tries again to grant resources that Pods wait for.
    RetryResizes {
        /// The node.
        node: Rc<str>,
    },
    /// The node lifecycle controller looks at all nodes.
    MonitorNodes,
    /// The namespace controller empties a namespace that is to go.
    Namespace {
        /// Its name.
        name: Rc<str>,
    },
    /// The quota controller counts what the quotas of a namespace limit.
    Quota {
        /// The namespace.
        namespace: Rc<str>,
    },
    /// A controller looks at an object.
    Sync {
        /// Which controller.
        controller: Controller,
        /// The object.
        key: Rc<ObjectKey>,
    },
    /// The Pod garbage collector looks.
    PodGc,
    /// What nothing happens to is put away.
    Rest,
    /// A Pod's toleration of a NoExecute taint is used up.
    TaintEviction {
        /// The Pod's UID.
        uid: Rc<str>,
    },
}

/// Wakeups in the order in which they fall due; ties in the order of asking.
#[derive(Clone, Debug, Default)]
pub struct WakeupQueue {
    due: BTreeMap<(SimTime, u64), Wakeup>,
    seq: u64,
}

/// More than any sane cluster waits for: beyond it new wakeups are refused and the cluster says so.
const WAKEUPS_MAX: usize = 200_000;

impl WakeupQueue {
    /// Asks to be woken at `at`.
    pub fn push(&mut self, at: SimTime, wakeup: Wakeup) {
        if self.due.len() < WAKEUPS_MAX {
            self.due.insert((at, self.seq), wakeup);
            self.seq += 1;
        }
    }

    /// Like [`push`](Self::push), unless the same wakeup is already due then.
    pub fn push_once(&mut self, at: SimTime, wakeup: Wakeup) {
        if !self.due.range((at, 0)..=(at, u64::MAX)).any(|(_, other)| *other == wakeup) {
            self.push(at, wakeup);
        }
    }

    /// When the next wakeup is due.
    #[must_use]
    pub fn next_due(&self) -> Option<SimTime> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes the next wakeup if it is due by `now`.
    pub fn pop_due(&mut self, now: SimTime) -> Option<Wakeup> {
        if self.next_due()? > now {
            return None;
        }
        self.due.pop_first().map(|(_, wakeup)| wakeup)
    }

    /// How many are waiting.
    #[must_use]
    pub fn len(&self) -> usize {
        self.due.len()
    }

    /// Whether nothing is waiting.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.due.is_empty()
    }
}
