//! The store behind the API server: objects by kind, namespace and name, and the log of every change.
//! Stands for etcd and the watch cache.

use std::collections::BTreeMap;
use std::rc::Rc;

use resting::Resting;

use super::object::{Object, ObjectAway, Pod, PodAway};
use super::watch::{READY_MAX, WatchLog, WatchType};
use crate::time::SimTime;

/// After so many changes a cluster is large.
const LARGE: usize = 4 * READY_MAX;

/// Where an object is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectKey {
    /// The kind's name, such as `Pod`.
    pub kind: String,
    /// The namespace; empty for kinds that have none.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl ObjectKey {
    /// A key from its three parts.
    #[must_use]
    pub fn new(kind: &str, namespace: &str, name: &str) -> Self {
        Self { kind: kind.into(), namespace: namespace.into(), name: name.into() }
    }

    /// The key of an object.
    #[must_use]
    pub fn of(object: &Object) -> Self {
        let meta = object.meta();
        Self::new(object.kind(), &meta.namespace, &meta.name)
    }
}

/// An object in the store.
#[derive(Clone, Debug)]
struct Kept {
    object: Resting<Object>,
    /// The number of the change that made it so.
    change: usize,
    /// The last state of before that is put away.
    past: Option<ObjectAway>,
}

/// Objects and their changes.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// Shared between the copies of a cluster until one of them writes.
    objects: Rc<BTreeMap<Rc<ObjectKey>, Kept>>,
    /// UID → key of each Pod.
    pods_by_uid: Rc<BTreeMap<Rc<str>, Rc<ObjectKey>>>,
    resource_version: u64,
    watch: WatchLog,
    /// What was put away last: what has no past of its own leans on it.
    lately: Option<ObjectAway>,
    /// For tests: nothing rests.
    awake: bool,
}

impl Store {
    /// The last resourceVersion given out.
    #[must_use]
    pub fn resource_version(&self) -> u64 {
        self.resource_version
    }

    /// Every change so far. A watcher remembers how many it has seen.
    #[must_use]
    pub fn watch(&self) -> &WatchLog {
        &self.watch
    }

    /// The object at a key.
    #[must_use]
    pub fn get(&self, key: &ObjectKey) -> Option<&Rc<Object>> {
        self.objects.get(key).map(|kept| kept.object.share())
    }

    /// The Pod of a namespace and name.
    #[must_use]
    pub fn pod(&self, namespace: &str, name: &str) -> Option<&Pod> {
        self.get(&ObjectKey::new("Pod", namespace, name)).and_then(|object| object.as_pod())
    }

    /// The Pod with a UID.
    #[must_use]
    pub fn pod_by_uid(&self, uid: &str) -> Option<&Pod> {
        let key = self.pods_by_uid.get(uid)?;
        self.get(key).and_then(|object| object.as_pod())
    }

    /// The Pod with a UID, to be kept.
    #[must_use]
    pub fn shared_pod(&self, uid: &str) -> Option<Rc<Pod>> {
        match self.get(self.pods_by_uid.get(uid)?).map(|object| &**object) {
            Some(Object::Pod(pod)) => Some(Rc::clone(pod)),
            _ => None,
        }
    }

    /// All objects of a kind, by namespace and name; of one namespace if given.
    pub fn list<'a>(
        &'a self,
        kind: &str,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Rc<Object>> {
        let start = ObjectKey::new(kind, namespace.unwrap_or_default(), "");
        let kind = kind.to_string();
        self.objects
            .range::<ObjectKey, _>(&start..)
            .take_while(move |(key, _)| key.kind == kind && namespace.is_none_or(|ns| ns == key.namespace))
            .map(|(_, kept)| kept.object.share())
    }

    /// The objects of a kind and namespace whose names begin so.
    pub(crate) fn list_named<'a>(
        &'a self,
        kind: &'a str,
        namespace: &'a str,
        prefix: &'a str,
    ) -> impl Iterator<Item = &'a Rc<Object>> {
        let start = ObjectKey::new(kind, namespace, prefix);
        self.objects
            .range::<ObjectKey, _>(&start..)
            .take_while(move |(key, _)| {
                key.kind == kind && key.namespace == namespace && key.name.starts_with(prefix)
            })
            .map(|(_, kept)| kept.object.share())
    }

    /// All Pods.
    pub fn pods(&self) -> impl Iterator<Item = &Pod> {
        self.list("Pod", None).filter_map(|object| object.as_pod())
    }

    /// How many Pods there are.
    #[must_use]
    pub fn pod_count(&self) -> usize {
        self.pods_by_uid.len()
    }

    /// Puts an object in or over the old one, with the next resourceVersion.
    pub fn put(&mut self, at: SimTime, mut object: Object) -> Rc<Object> {
        self.resource_version += 1;
        object.meta_mut().resource_version = self.resource_version;
        let key = Rc::new(ObjectKey::of(&object));
        if let Object::Pod(pod) = &object
            && !self.pods_by_uid.contains_key(pod.metadata.uid.as_str())
        {
            let uid = Rc::from(pod.metadata.uid.as_str());
            Rc::make_mut(&mut self.pods_by_uid).insert(uid, Rc::clone(&key));
        }
        let object = Rc::new(object);
        let past = self.objects.get(&key).and_then(|kept| kept.past.clone());
        let kept = Kept { object: Rc::clone(&object).into(), change: self.watch.len(), past };
        let old = Rc::make_mut(&mut self.objects).insert(Rc::clone(&key), kept);
        let kind = if old.is_some() { WatchType::Modified } else { WatchType::Added };
        self.watch.push(at, kind, key, &object);
        if let Some(old) = old {
            self.superseded(old.change);
        }
        object
    }

    /// Takes an object out; its watchers see its last state with a new resourceVersion.
    pub fn remove(&mut self, at: SimTime, key: &ObjectKey) -> Option<Rc<Object>> {
        if !self.objects.contains_key(key) {
            return None;
        }
        let (key, Kept { object, change, .. }) = Rc::make_mut(&mut self.objects).remove_entry(key)?;
        let mut object = object.look();
        self.resource_version += 1;
        Rc::make_mut(&mut object).meta_mut().resource_version = self.resource_version;
        if let Object::Pod(pod) = &*object {
            Rc::make_mut(&mut self.pods_by_uid).remove(pod.metadata.uid.as_str());
        }
        self.superseded(change);
        self.superseded(self.watch.len());
        self.watch.push(at, WatchType::Deleted, key, &object);
        Some(object)
    }

    /// The state that a change led to is past; one that has been so for long is put away.
    fn superseded(&mut self, change: usize) {
        self.watch.superseded(change);
        while let Some(due) = self.watch.past_beyond(READY_MAX) {
            self.put_away(due);
        }
    }

    /// Puts the state away that a change led to.
    fn put_away(&mut self, due: usize) {
        let key = self.watch.key(due).cloned();
        let kept = key.and_then(|key| Rc::make_mut(&mut self.objects).get_mut(&key));
        match kept {
            Some(kept) => {
                kept.past = self.watch.put_away(due, kept.past.as_ref(), self.lately.as_ref());
                self.lately.clone_from(&kept.past);
            }
            None => _ = self.watch.put_away(due, None, self.lately.as_ref()),
        }
    }

    /// Whether there is so much that it is worth while to put things away.
    pub(crate) fn is_large(&self) -> bool {
        self.watch.len() >= LARGE && !self.awake
    }

    /// Nothing is put away any more.
    #[cfg(test)]
    pub(crate) fn stay_awake(&mut self) {
        self.awake = true;
    }

    /// Puts away what has not been changed lately: each object leans on what it was before or, if it never changed, on
    /// its neighbour. Nothing is forgotten: see [`Resting`].
    pub(crate) fn rest(&mut self) {
        let before = self.watch.len().saturating_sub(READY_MAX / 4);
        while let Some(due) = self.watch.past_beyond(READY_MAX / 4) {
            self.put_away(due);
        }
        let due = |kept: &Kept| kept.change < before && !kept.object.rests();
        if !self.objects.values().any(due) {
            return;
        }
        let mut neighbour = self.lately.clone();
        for kept in Rc::make_mut(&mut self.objects).values_mut() {
            if due(kept) {
                let away = kept.object.rest(|away| away.over(kept.past.as_ref(), neighbour.as_ref()));
                self.watch.rests(kept.change, away.clone());
                neighbour = Some(away);
            }
        }
    }

    /// How many objects are put away.
    #[cfg(test)]
    pub(crate) fn resting(&self) -> usize {
        self.objects.values().filter(|kept| kept.object.rests()).count()
    }

    /// The small form of a Pod that is put away, if nobody has looked since.
    pub(crate) fn resting_pod(&self, uid: &str) -> Option<&PodAway> {
        let kept = self.pods_by_uid.get(uid).and_then(|key| self.objects.get(key))?;
        if let Some(ObjectAway::Pod(pod)) = kept.object.small() { Some(pod) } else { None }
    }
}
