//! The log of every change of every object. What is past is put away small: see [`Resting`].

use std::collections::VecDeque;
use std::rc::Rc;

use resting::Resting;

use super::object::{Object, ObjectAway};
use super::store::ObjectKey;
use crate::log::Log;
use crate::time::SimTime;

/// So many past states are kept ready; those before are put away. A lesson never gets there.
pub(super) const READY_MAX: usize = 256;

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
    state: Resting<Object>,
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
            object: change.state.look(),
        })
    }

    /// What last happened to an object, and when.
    #[must_use]
    pub fn last_of(&self, kind: &str, namespace: &str, name: &str) -> Option<(SimTime, WatchType)> {
        let key = ObjectKey::new(kind, namespace, name);
        self.changes.iter().rev().find(|change| *change.key == key).map(|change| (change.at, change.kind))
    }

    pub(super) fn push(&mut self, at: SimTime, kind: WatchType, key: Rc<ObjectKey>, object: &Rc<Object>) {
        self.changes.push(Change { at, kind, key, state: Rc::clone(object).into() });
    }

    /// The state that a change led to is past.
    pub(super) fn superseded(&mut self, change: usize) {
        Rc::make_mut(&mut self.ready).push_back(change);
    }

    /// Takes off the change whose state has been past for longest, if there are more than so many.
    pub(super) fn past_beyond(&mut self, count: usize) -> Option<usize> {
        if self.ready.len() > count { Rc::make_mut(&mut self.ready).pop_front() } else { None }
    }

    /// The key of what was changed.
    pub(super) fn key(&self, change: usize) -> Option<&Rc<ObjectKey>> {
        self.changes.get(change).map(|change| &change.key)
    }

    /// Puts the state away that a change led to, leaning on an earlier one or else on that of another object.
    pub(super) fn put_away(
        &mut self,
        change: usize,
        past: Option<&ObjectAway>,
        other: Option<&ObjectAway>,
    ) -> Option<ObjectAway> {
        Some(self.changes.get_mut(change)?.state.rest(|away| away.over(past, other)))
    }

    /// The state that a change led to is still so, but put away.
    pub(super) fn rests(&mut self, change: usize, away: ObjectAway) {
        if let Some(change) = self.changes.get_mut(change) {
            change.state = Resting::away(away);
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
