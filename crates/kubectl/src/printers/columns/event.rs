//! Events in a table. Models printers.go printEvent (v1.36)

use serde_json::Value;

use super::since;
use crate::tree::{has, int, text};

pub(super) const TITLES: &[&str] = &[
    "LAST SEEN",
    "TYPE",
    "REASON",
    "OBJECT",
    "SUBOBJECT",
    "SOURCE",
    "MESSAGE",
    "FIRST SEEN",
    "COUNT",
    "NAME",
];

/// `kubelet, node-1`: who reported it. Models printers.go formatEventSource (v1.36)
pub(crate) fn source(event: &Value) -> String {
    let first = |one: &str, other: &str| match text(event, one) {
        "" => text(event, other).to_string(),
        value => value.to_string(),
    };
    let component = first("source.component", "reportingComponent");
    let instance = first("source.host", "reportingInstance");
    if instance.is_empty() { component } else { format!("{component}, {instance}") }
}

/// How often it was seen: a series' count, the count, or once.
pub(crate) fn count(event: &Value) -> i64 {
    if has(event, "series") { int(event, "series.count") } else { int(event, "count").max(1) }
}

/// When it was first and last seen, as spans until now.
fn seen(event: &Value, now: i64) -> (String, String) {
    let first = match text(event, "firstTimestamp") {
        "" => since(text(event, "eventTime"), now),
        timestamp => since(timestamp, now),
    };
    let last = if has(event, "series") {
        since(text(event, "series.lastObservedTime"), now)
    } else {
        match text(event, "lastTimestamp") {
            "" => first.clone(),
            timestamp => since(timestamp, now),
        }
    };
    (first, last)
}

pub(super) fn cells(event: &Value, now: i64) -> Vec<Value> {
    let (first, last) = seen(event, now);
    let kind = text(event, "involvedObject.kind").to_lowercase();
    let target = match text(event, "involvedObject.name") {
        "" => kind,
        name => format!("{kind}/{name}"),
    };
    vec![
        last.into(),
        text(event, "type").into(),
        text(event, "reason").into(),
        target.into(),
        text(event, "involvedObject.fieldPath").into(),
        source(event).into(),
        text(event, "message").trim().into(),
        first.into(),
        count(event).into(),
        text(event, "metadata.name").into(),
    ]
}
