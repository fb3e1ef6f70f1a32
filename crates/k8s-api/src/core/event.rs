//! Events: what happened to whom, and how often.
//! Models k8s.io/api/core/v1/types.go (v1.36)

use crate::meta::{MicroTime, ObjectMeta, Time};

crate::record! {
    /// Something that happened to an object.
    Event {
        metadata: ObjectMeta = "metadata" always,
        involved_object: ObjectReference = "involvedObject" always,
        reason: String = "reason",
        message: String = "message",
        source: EventSource = "source" always,
        first_timestamp: Option<Time> = "firstTimestamp" always,
        last_timestamp: Option<Time> = "lastTimestamp" always,
        count: i32 = "count",
        type_: String = "type",
        event_time: Option<MicroTime> = "eventTime" always,
        series: Option<Box<EventSeries>> = "series",
        action: String = "action",
        related: Option<Box<ObjectReference>> = "related",
        reporting_component: String = "reportingComponent" always,
        reporting_instance: String = "reportingInstance" always,
    }
    /// An object, or a part of it.
    ObjectReference {
        kind: String = "kind",
        namespace: String = "namespace",
        name: String = "name",
        uid: String = "uid",
        api_version: String = "apiVersion",
        resource_version: String = "resourceVersion",
        field_path: String = "fieldPath",
    }
    /// Who saw it.
    EventSource {
        component: String = "component",
        host: String = "host",
    }
    /// How often it was seen lately.
    EventSeries {
        count: i32 = "count",
        last_observed_time: Option<MicroTime> = "lastObservedTime" always,
    }
}
