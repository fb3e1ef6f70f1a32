//! How components report: the event recorder with its aggregation, counting and spam filter.
// Models client-go tools/record/events_cache.go EventCorrelator (v1.36)

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use k8s_api::core::{Event, EventSeries, EventSource, ObjectReference};
use k8s_api::meta::{MicroTime, ObjectMeta, Time};

use super::object::{Object, Pod};
use super::store::{ObjectKey, Store};
use crate::time::SimTime;

/// More than so many alike within the interval are reported as one.
const AGGREGATE_MAX_EVENTS: usize = 10;
/// The interval, in seconds.
const AGGREGATE_INTERVAL_SECS: u64 = 600;
/// Events that one object may cause at once before they are dropped.
const SPAM_BURST: u64 = 25;
/// One more is allowed each so many seconds.
const SPAM_REFILL_SECS: u64 = 300;

/// So many objects are remembered, and of each so many events that are alike.
// Models maxLruCacheEntries (v1.36)
const LRU_CACHE_ENTRIES_MAX: usize = 4096;

/// Normal or Warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventType {
    /// As it should be.
    Normal,
    /// Worth a look.
    Warning,
}

impl EventType {
    fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}

/// What was said of one object.
#[derive(Clone, Debug, Default)]
struct Told {
    alike: Vec<Alike>,
    /// What it may still cause, of each type.
    normal: Option<Bucket>,
    warning: Option<Bucket>,
}

/// Events of an object that differ in their texts only. Of texts only their digests are kept: there are many.
#[derive(Clone, Debug)]
struct Alike {
    /// Component, type and reason.
    what: u64,
    messages: Vec<u64>,
    last_secs: u64,
    stored: Vec<Stored>,
}

/// What an event says of which part of its object; nothing for one that stands for many alike.
type Says = Option<u64>;

/// An event in the store.
#[derive(Clone, Debug)]
struct Stored {
    says: Says,
    /// The moment in its name.
    moment: u64,
}

#[derive(Clone, Debug)]
struct Bucket {
    tokens: u64,
    refilled_secs: u64,
}

/// What one reporting process, always of one host, remembers of its events. Lost when it restarts.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    /// By the digest of kind, namespace, name and UID.
    objects: BTreeMap<u64, Rc<Told>>,
}

/// An event about to be recorded.
#[derive(Debug)]
pub struct NewEvent<'a> {
    /// The object it is about.
    pub object: ObjectReference,
    /// Normal or Warning.
    pub kind: EventType,
    /// The machine-readable reason.
    pub reason: &'a str,
    /// The text.
    pub message: String,
    /// `kubelet`, `node-controller`, …
    pub component: &'static str,
    /// The node it comes from, or nothing.
    pub host: &'a str,
}

/// A reference to a Pod or, with a field path, to one of its containers.
#[must_use]
pub fn pod_reference(pod: &Pod, field_path: &str) -> ObjectReference {
    ObjectReference {
        kind: "Pod".into(),
        namespace: pod.metadata.namespace.clone(),
        name: pod.metadata.name.clone(),
        uid: pod.metadata.uid.clone(),
        api_version: "v1".into(),
        resource_version: pod.metadata.resource_version.to_string(),
        field_path: field_path.into(),
    }
}

impl Recorder {
    /// Records an event: a new object, a higher count of an old one, or nothing when the object is too noisy.
    pub fn record(&mut self, store: &mut Store, at: SimTime, epoch_seconds: i64, event: NewEvent<'_>) {
        let now = Time(epoch_seconds + at.secs() as i64);
        let object = &event.object;
        let key = digest(&[&object.kind, &object.namespace, &object.name, &object.uid]);
        self.make_room_for(key);
        let told = Rc::make_mut(self.objects.entry(key).or_default());
        let (alike, says, message) = told.aggregate(at, &event);
        if !told.allow(at, event.kind) {
            return;
        }
        let alike = &mut told.alike[alike];
        if let Some(known) = alike.stored.iter().find(|stored| stored.says == says) {
            let stored =
                ObjectKey::new("Event", &namespace_of(object), &event_name(&object.name, known.moment));
            if let Some(Object::Event(old)) = store.get(&stored).map(|object| &**object) {
                let mut new = old.clone();
                new.count += 1;
                new.message = message;
                new.last_timestamp = Some(now);
                store.put(at, Object::Event(new));
                return;
            }
        }
        let moment = event_moment(store, epoch_seconds, at);
        let name = event_name(&object.name, moment);
        alike.stored.retain(|stored| stored.says != says);
        if alike.stored.len() >= LRU_CACHE_ENTRIES_MAX {
            alike.stored.remove(0);
        }
        alike.stored.reserve_exact(1);
        alike.stored.push(Stored { says, moment });
        let stored = Event {
            metadata: ObjectMeta {
                name,
                namespace: namespace_of(object),
                creation_timestamp: Some(now),
                ..ObjectMeta::default()
            },
            reason: event.reason.into(),
            message,
            source: EventSource { component: event.component.into(), host: event.host.into() },
            first_timestamp: Some(now),
            last_timestamp: Some(now),
            count: 1,
            type_: event.kind.as_str().into(),
            reporting_component: event.component.into(),
            reporting_instance: event.host.into(),
            involved_object: event.object,
            ..Event::default()
        };
        store.put(at, Object::Event(Box::new(stored)));
    }
}

impl Recorder {
    /// Forgets the object that was last spoken of the longest ago, if a new one would be one too many.
    fn make_room_for(&mut self, key: u64) {
        if self.objects.len() < LRU_CACHE_ENTRIES_MAX || self.objects.contains_key(&key) {
            return;
        }
        let last = |told: &Told| told.alike.iter().map(|alike| alike.last_secs).max();
        let oldest = self.objects.iter().min_by_key(|(_, told)| last(told)).map(|(key, _)| *key);
        if let Some(oldest) = oldest {
            self.objects.remove(&oldest);
        }
    }
}

impl Told {
    /// Where events of this kind are kept, what tells this one from the others there, and its text.
    // Models EventAggregator.EventAggregate (v1.36)
    fn aggregate(&mut self, at: SimTime, event: &NewEvent<'_>) -> (usize, Says, String) {
        let what = digest(&[event.component, event.kind.as_str(), event.reason]);
        let known = self.alike.iter().position(|alike| alike.what == what);
        let index = known.unwrap_or(self.alike.len());
        if known.is_none() {
            self.alike.reserve_exact(1);
            self.alike.push(Alike { what, messages: Vec::new(), last_secs: at.secs(), stored: Vec::new() });
        }
        let entry = &mut self.alike[index];
        if at.secs().saturating_sub(entry.last_secs) > AGGREGATE_INTERVAL_SECS {
            entry.messages.clear();
        }
        entry.last_secs = at.secs();
        let message = digest(&[&event.message]);
        if !entry.messages.contains(&message) {
            entry.messages.reserve_exact(1);
            entry.messages.push(message);
        }
        if entry.messages.len() < AGGREGATE_MAX_EVENTS {
            let says = digest(&[&event.object.field_path, &event.message]);
            return (index, Some(says), event.message.clone());
        }
        entry.messages.remove(0);
        (index, None, format!("(combined from similar events): {}", event.message))
    }

    // Models EventSourceObjectSpamFilter.Filter (v1.36)
    fn allow(&mut self, at: SimTime, kind: EventType) -> bool {
        let bucket = match kind {
            EventType::Normal => &mut self.normal,
            EventType::Warning => &mut self.warning,
        };
        let bucket = bucket.get_or_insert(Bucket { tokens: SPAM_BURST, refilled_secs: at.secs() });
        let refill = at.secs().saturating_sub(bucket.refilled_secs) / SPAM_REFILL_SECS;
        bucket.tokens = (bucket.tokens + refill).min(SPAM_BURST);
        bucket.refilled_secs += refill * SPAM_REFILL_SECS;
        if bucket.tokens == 0 {
            return false;
        }
        bucket.tokens -= 1;
        true
    }
}

/// An event as the scheduler writes it, by the newer API: a time instead of counts, a series when it repeats.
// Models client-go tools/events/event_recorder.go (v1.36)
#[allow(clippy::too_many_arguments)] // As many as the recorder's Eventf.
pub fn record_scheduling(
    store: &mut Store,
    at: SimTime,
    epoch_seconds: i64,
    pod: &Pod,
    kind: EventType,
    reason: &str,
    action: &str,
    message: String,
) {
    let now = MicroTime((epoch_seconds * 1000 + at.ms() as i64) * 1000);
    let namespace = pod.metadata.namespace.as_str();
    let earlier = store
        .list_named("Event", namespace, &format!("{}.", pod.metadata.name))
        .filter_map(|object| object.as_event())
        .find(|event| {
            event.reason == reason
                && event.message == message
                && event.involved_object.uid == pod.metadata.uid
        })
        .cloned();
    let event = match earlier {
        Some(mut event) => {
            let count = event.series.as_ref().map_or(1, |series| series.count);
            event.series = Some(Box::new(EventSeries { count: count + 1, last_observed_time: Some(now) }));
            event
        }
        None => Event {
            metadata: ObjectMeta {
                name: event_name(&pod.metadata.name, event_moment(store, epoch_seconds, at)),
                namespace: namespace.into(),
                creation_timestamp: Some(Time(epoch_seconds + at.secs() as i64)),
                ..ObjectMeta::default()
            },
            involved_object: pod_reference(pod, ""),
            reason: reason.into(),
            message,
            type_: kind.as_str().into(),
            event_time: Some(now),
            action: action.into(),
            reporting_component: "default-scheduler".into(),
            reporting_instance: "default-scheduler-control-plane".into(),
            ..Event::default()
        },
    };
    store.put(at, Object::Event(Box::new(event)));
}

fn namespace_of(object: &ObjectReference) -> String {
    if object.namespace.is_empty() { "default".into() } else { object.namespace.clone() }
}

/// The moment of an event in nanoseconds. What happens within one millisecond is told apart by how much was written
/// before.
fn event_moment(store: &Store, epoch_seconds: i64, at: SimTime) -> u64 {
    let ms = epoch_seconds.unsigned_abs() * 1000 + at.ms();
    ms * 1_000_000 + store.watch().len() as u64 % 1_000_000
}

/// The object's name and the moment, so that the events of an object are listed as they came.
// Models client-go tools/record makeEvent (v1.36)
fn event_name(object: &str, moment: u64) -> String {
    format!("{object}.{moment:x}")
}

/// Stands for texts. Two different ones with the same digest are not to be expected in any lesson's life.
fn digest(texts: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    texts.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_that_was_not_spoken_of_for_longest_is_forgotten() {
        let (mut store, mut recorder) = (Store::default(), Recorder::default());
        let mut say = |second: u64, name: &str| {
            let object =
                ObjectReference { kind: "Job".into(), name: name.into(), ..ObjectReference::default() };
            let message = "It is over".to_string();
            let (kind, reason, component) = (EventType::Normal, "Over", "test");
            let event = NewEvent { object, kind, reason, message, component, host: "" };
            recorder.record(&mut store, SimTime::from_secs(second), 0, event);
            let prefix = format!("{name}.");
            let newest =
                store.list_named("Event", "default", &prefix).filter_map(|event| event.as_event()).last();
            (newest.map_or(0, |event| event.count), recorder.objects.len())
        };
        for second in 1..=LRU_CACHE_ENTRIES_MAX as u64 {
            say(second, &format!("job-{second}"));
        }
        assert_eq!(say(5_000, "job-1"), (2, LRU_CACHE_ENTRIES_MAX));
        assert_eq!(say(5_001, "one-more"), (1, LRU_CACHE_ENTRIES_MAX));
        assert_eq!(say(5_002, "job-1").0, 3);
        assert_eq!(say(5_003, "job-2").0, 1);
    }
}
