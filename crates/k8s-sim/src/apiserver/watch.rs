//! The log of every change of every object. What is past is put away small: see [`Packed`].

use std::collections::VecDeque;
use std::rc::Rc;

use k8s_api::Value;
use k8s_api::packed::Packed;

use super::object::{Object, Pod};
use super::store::ObjectKey;
use crate::log::Log;
use crate::time::SimTime;

/// So many past states are kept ready; those before are put away. A lesson never gets there.
const READY_MAX: usize = 256;

/// What a watcher is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchType {
    /// A new object.
    Added,
    /// A changed object.
    Modified,
    /// An object that is gone; its last state.
    Deleted,
}

impl WatchType {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "ADDED",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
        }
    }
}

/// One change of one object.
#[derive(Clone, Debug)]
pub struct WatchEvent {
    /// When.
    pub at: SimTime,
    /// What kind of change.
    pub kind: WatchType,
    /// The object after it (before it, for a deletion).
    pub object: Rc<Object>,
}

/// A change as the log keeps it.
#[derive(Clone, Debug)]
struct Change {
    at: SimTime,
    kind: WatchType,
    key: Rc<ObjectKey>,
    state: State,
}

/// An object after a change.
#[derive(Clone, Debug)]
enum State {
    /// As it is in the store, or was lately.
    Ready(Rc<Object>),
    /// A Pod of before: its spec, which its later states mostly share, and the rest.
    Pod { spec: Packed, rest: Packed },
    /// Any other object of before.
    Whole(Packed),
}

impl State {
    fn object(&self) -> Rc<Object> {
        match self {
            Self::Ready(object) => Rc::clone(object),
            Self::Pod { spec, rest } => {
                let pod = Pod { spec_tree: spec.clone(), ..Pod::from_value(&rest.tree()) };
                Rc::new(Object::Pod(Rc::new(pod.with_spec_of_tree())))
            }
            Self::Whole(tree) => Rc::new(Object::from_value(&tree.tree())),
        }
    }

    fn put_away(object: &Object) -> Self {
        match object {
            Object::Pod(pod) => {
                let rest = [("metadata", pod.metadata.to_value()), ("status", pod.status.to_value())];
                let rest: Value = rest.into_iter().map(|(name, part)| (name.to_owned(), part)).collect();
                Self::Pod { spec: pod.spec_tree.clone(), rest: Packed::new(&rest) }
            }
            other => Self::Whole(Packed::new(&other.to_value())),
        }
    }
}

/// Every change so far. A watcher remembers how many it has seen.
#[derive(Clone, Debug, Default)]
pub struct WatchLog {
    changes: Log<Change>,
    /// Past states that are still ready, the oldest first.
    ready: Rc<VecDeque<usize>>,
}

impl WatchLog {
    /// How many changes there were.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether nothing ever changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// All changes, first to last.
    pub fn iter(&self) -> impl Iterator<Item = WatchEvent> {
        self.iter_from(0)
    }

    /// The changes from number `start` on.
    pub fn iter_from(&self, start: usize) -> impl Iterator<Item = WatchEvent> {
        self.changes.iter_from(start).map(|change| WatchEvent {
            at: change.at,
            kind: change.kind,
            object: change.state.object(),
        })
    }

    /// What last happened to an object, and when.
    #[must_use]
    pub fn last_of(&self, kind: &str, namespace: &str, name: &str) -> Option<(SimTime, WatchType)> {
        let key = ObjectKey::new(kind, namespace, name);
        self.changes.iter().rev().find(|change| *change.key == key).map(|change| (change.at, change.kind))
    }

    pub(super) fn push(&mut self, at: SimTime, kind: WatchType, key: Rc<ObjectKey>, object: &Rc<Object>) {
        self.changes.push(Change { at, kind, key, state: State::Ready(Rc::clone(object)) });
    }

    /// The state that a change led to is past.
    pub(super) fn superseded(&mut self, change: usize) {
        let ready = Rc::make_mut(&mut self.ready);
        ready.push_back(change);
        if ready.len() <= READY_MAX {
            return;
        }
        let Some(change) = ready.pop_front().and_then(|oldest| self.changes.get_mut(oldest)) else { return };
        if let State::Ready(object) = &change.state {
            change.state = State::put_away(object);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{READY_MAX, WatchType};
    use crate::apiserver::{Object, Store};
    use crate::time::SimTime;
    use serde_json::json;

    #[test]
    fn what_is_put_away_is_read_as_it_was() {
        let pod = |turn: usize| {
            json!({
                "apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": "a", "namespace": "default", "uid": "u", "labels": {"turn": turn.to_string()}},
                "spec": {"containers": [{"name": "app", "image": "nginx", "odd": [turn]}], "unknown": {"x": 1.5}},
                "status": {"phase": "Running", "podIP": "10.0.0.1"},
            })
        };
        let event = |turn: usize| {
            json!({
                "apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "default"},
                "reason": "Pulled", "count": turn, "firstTimestamp": "2026-01-01T00:00:00Z",
            })
        };
        let mut store = Store::default();
        let mut told = Vec::new();
        let turns = READY_MAX + 20;
        for turn in 0..turns {
            for tree in [pod(turn), event(turn)] {
                let put = store.put(SimTime(turn as u64), Object::from_value(&tree));
                told.push((SimTime(turn as u64), put.to_value()));
            }
        }
        let all: Vec<_> = store.watch().iter().map(|event| (event.at, event.object.to_value())).collect();
        assert_eq!(all, told);
        let whole: Vec<_> = store.watch().iter().map(|event| event.object).collect();
        for object in whole {
            assert_eq!(Object::from_value(&object.to_value()), *object);
        }
        let last = store.watch().last_of("Pod", "default", "a");
        assert_eq!(last, Some((SimTime(turns as u64 - 1), WatchType::Modified)));
        store.remove(SimTime(9_999), &crate::ObjectKey::new("Pod", "default", "a"));
        let last = store.watch().last_of("Pod", "default", "a");
        assert_eq!(last, Some((SimTime(9_999), WatchType::Deleted)));
    }
}
