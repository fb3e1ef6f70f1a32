//! `kubectl events`. Models k8s.io/kubectl/pkg/cmd/events (v1.36)

use k8s_api::kind::by_kind;
use k8s_api::time::parse_rfc3339;
use serde_json::{Value, json};

use super::Task;
use crate::duration::human_duration;
use crate::failure::Failure;
use crate::printers::output::{Output, print_document};
use crate::session::{Outcome, Session};
use crate::tabwriter::TabWriter;
use crate::targets;
use crate::tree::{has, int, text};

pub(super) const FLAGS: &str = "A/all-namespaces for:s types:l w/watch o/output:s no-headers chunk-size:i template:s \
    show-managed-fields";

pub(super) fn run(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    let types = flags.all("types");
    if types.iter().any(|t| !t.eq_ignore_ascii_case("normal") && !t.eq_ignore_ascii_case("warning")) {
        return Err(Failure::error("valid --types are Normal or Warning"));
    }
    let about = match flags.get("for") {
        None => None,
        Some(word) => {
            let Some((kind, name)) = word.split_once('/').filter(|(a, b)| !a.is_empty() && !b.is_empty())
            else {
                return Err(Failure::error("--for must be in resource/name form"));
            };
            Some((targets::kind_of(kind)?, name))
        }
    };
    let output = Output::parse(session.env, flags)?;
    let namespace = session.namespace();
    let all = flags.is("all-namespaces");
    let Some(kind) = by_kind("Event") else { return Ok(Task::Done(0)) };
    let scope = if all { None } else { Some(namespace.as_str()) };
    let mut events: Vec<Value> = session.api.list(kind, scope)?;
    events.retain(|event| {
        let about_it = about.is_none_or(|(kind, name)| {
            let object = |field: &str| text(event, &format!("involvedObject.{field}"));
            object("kind") == kind.kind && object("name") == name
        });
        about_it && (types.is_empty() || types.iter().any(|t| t.eq_ignore_ascii_case(text(event, "type"))))
    });
    // By when they were last seen.
    crate::sort::by_number(&mut events, last_seen);
    if events.is_empty() {
        let place = if all { String::new() } else { format!(" in {namespace} namespace.") };
        session.out.warn(match all {
            true => "No events found.".to_string(),
            false => format!("No events found{place}"),
        });
        return Ok(Task::Done(0));
    }
    let text = match output {
        // A list has no name.
        Output::Name => "\n".to_string(),
        Output::Table { .. } | Output::CustomColumns(_) => {
            table(&events, all, flags.is("no-headers"), session.api.now_micros())
        }
        output => {
            let list = json!({
                "apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": events
            });
            print_document(&output, &list)?
        }
    };
    session.out.print(&text);
    Ok(Task::Done(0))
}

/// When an event was seen last, in microseconds. Models cmd/events eventTime
pub(crate) fn last_seen(event: &Value) -> i64 {
    let series = text(event, "series.lastObservedTime");
    let candidates = [series, text(event, "lastTimestamp"), text(event, "eventTime")];
    candidates.iter().find_map(|time| parse_rfc3339(time)).unwrap_or(0)
}

fn table(events: &[Value], all: bool, no_headers: bool, now: i64) -> String {
    let mut out = String::new();
    if !no_headers {
        out.push_str(if all { "NAMESPACE\t" } else { "" });
        out.push_str("LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n");
    }
    for event in events {
        if all {
            out.push_str(&format!("{}\t", text(event, "metadata.namespace")));
        }
        out.push_str(&format!(
            "{}\t{}\t{}\t{}/{}\t{}\n",
            interval(event, now),
            text(event, "type"),
            text(event, "reason"),
            text(event, "involvedObject.kind"),
            text(event, "involvedObject.name"),
            text(event, "message").trim()
        ));
    }
    TabWriter::for_tables().format(&out)
}

/// `28s (x9 over 6m3s)`. Models cmd/events getInterval and describe.go DescribeEvents (v1.36)
pub(crate) fn interval(event: &Value, now: i64) -> String {
    let since =
        |time: &str| parse_rfc3339(time).map_or("<unknown>".to_string(), |then| human_duration(now - then));
    let first = match text(event, "firstTimestamp") {
        "" => since(text(event, "eventTime")),
        time => since(time),
    };
    if has(event, "series") {
        let last = since(text(event, "series.lastObservedTime"));
        return format!("{last} (x{} over {first})", int(event, "series.count"));
    }
    if int(event, "count") > 1 {
        return format!("{} (x{} over {first})", since(text(event, "lastTimestamp")), int(event, "count"));
    }
    first
}
