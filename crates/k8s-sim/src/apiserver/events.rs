//! How components report: the event recorder with its aggregation, counting and spam filter.
// Models client-go tools/record/events_cache.go EventCorrelator (v1.36)

use std::collections::BTreeMap;
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

#[derive(Clone, Debug)]
struct Aggregate {
    messages: Vec<Rc<str>>,
    last_secs: u64,
}

#[derive(Clone, Debug)]
struct Bucket {
    tokens: u64,
    refilled_secs: u64,
}

/// What one reporting process remembers of its events. Lost when it restarts.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    aggregates: BTreeMap<String, Aggregate>,
    /// Event key with message → name of the stored event.
    seen: BTreeMap<String, String>,
    buckets: BTreeMap<Rc<str>, Bucket>,
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
    pub component: &'a str,
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
        let alike = format!(
            "{}/{}/{}/{}/{}/{}/{}/{}",
            event.component,
            event.host,
            object.kind,
            object.namespace,
            object.name,
            object.uid,
            event.kind.as_str(),
            event.reason
        );
        let (key, message) = self.aggregate(at, &alike, &object.field_path, event.message);
        if !self.allow(at, object, event.kind) {
            return;
        }
        if let Some(name) = self.seen.get(&key) {
            let stored = ObjectKey::new("Event", &namespace_of(object), name);
            if let Some(Object::Event(old)) = store.get(&stored).map(|object| &**object) {
                let mut new = old.clone();
                new.count += 1;
                new.message = message;
                new.last_timestamp = Some(now);
                store.put(at, Object::Event(new));
                return;
            }
        }
        let name = event_name(store, &object.name, epoch_seconds, at);
        self.seen.insert(key, name.clone());
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

    // Models EventAggregator.EventAggregate (v1.36)
    fn aggregate(&mut self, at: SimTime, alike: &str, field_path: &str, message: String) -> (String, String) {
        let entry = self
            .aggregates
            .entry(alike.to_string())
            .or_insert_with(|| Aggregate { messages: Vec::new(), last_secs: at.secs() });
        if at.secs().saturating_sub(entry.last_secs) > AGGREGATE_INTERVAL_SECS {
            entry.messages.clear();
        }
        entry.last_secs = at.secs();
        if !entry.messages.iter().any(|known| **known == *message) {
            entry.messages.push(Rc::from(message.as_str()));
        }
        if entry.messages.len() < AGGREGATE_MAX_EVENTS {
            return (format!("{alike}/{field_path}/{message}"), message);
        }
        entry.messages.remove(0);
        (alike.to_string(), format!("(combined from similar events): {message}"))
    }

    // Models EventSourceObjectSpamFilter.Filter (v1.36)
    fn allow(&mut self, at: SimTime, object: &ObjectReference, kind: EventType) -> bool {
        let key: Rc<str> = Rc::from(format!("{}/{}/{}", object.kind, object.uid, kind.as_str()));
        let bucket = self
            .buckets
            .entry(key)
            .or_insert_with(|| Bucket { tokens: SPAM_BURST, refilled_secs: at.secs() });
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
        .list("Event", Some(namespace))
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
            event.series = Some(EventSeries { count: count + 1, last_observed_time: Some(now) });
            event
        }
        None => Event {
            metadata: ObjectMeta {
                name: event_name(store, &pod.metadata.name, epoch_seconds, at),
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

/// The object's name and the moment in nanoseconds, so that the events of an object are listed as they came. What
/// happens within one millisecond is told apart by how much was written before.
// Models client-go tools/record makeEvent (v1.36)
fn event_name(store: &Store, object: &str, epoch_seconds: i64, at: SimTime) -> String {
    let ms = epoch_seconds.unsigned_abs() * 1000 + at.ms();
    let written = store.watch().len() as u64 % 1_000_000;
    format!("{object}.{:x}", ms * 1_000_000 + written)
}
