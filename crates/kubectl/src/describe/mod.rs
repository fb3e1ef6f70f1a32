//! What `kubectl describe` prints: for each kind what the real one prints, for those that it does not know
//! their fields as a tree.
//! Models k8s.io/kubectl/pkg/describe/describe.go (v1.36)

mod access;
mod config;
mod containers;
mod endpoints;
mod generic;
mod limits;
mod network;
mod node;
mod others;
mod pod;
mod service;
mod volumes;
mod workloads;

use k8s_api::kind::{Kind, by_kind};
use k8s_api::time::{Time, parse_rfc3339};
use serde_json::Value;

use crate::Api;
use crate::duration::human_duration;
use crate::selector::format_labels;
use crate::tabwriter::TabWriter;
use crate::tree::{at, entries, list, name, namespace, plain, text};
use crate::verbs::interval;

/// The description of an object.
pub(crate) fn object(api: &mut dyn Api, kind: &Kind, object: &Value, with_events: bool) -> String {
    let mut page = Page::default();
    let now = api.now_micros();
    match kind.kind {
        "Pod" => pod::describe(&mut page, object, now),
        "Node" => node::describe(&mut page, object, api),
        "Service" => service::describe(&mut page, object, api),
        "ConfigMap" => config::config_map(&mut page, object),
        "Secret" => config::secret(&mut page, object),
        "Deployment" => workloads::deployment(&mut page, object, api),
        "ReplicaSet" | "StatefulSet" | "DaemonSet" => workloads::set(&mut page, object, api),
        "Job" => workloads::job(&mut page, object),
        "CronJob" => others::cron_job(&mut page, object),
        "Namespace" => limits::namespace(&mut page, object, api),
        "ResourceQuota" => limits::quota(&mut page, object),
        "LimitRange" => limits::limit_range(&mut page, object),
        "ServiceAccount" => access::service_account(&mut page, object),
        "Role" | "ClusterRole" => access::role(&mut page, object),
        "RoleBinding" | "ClusterRoleBinding" => access::binding(&mut page, object),
        "Ingress" => network::ingress(&mut page, object, api),
        "EndpointSlice" => endpoints::slice(&mut page, object),
        "Endpoints" => endpoints::endpoints(&mut page, object),
        "IngressClass" => network::ingress_class(&mut page, object),
        "NetworkPolicy" => network::policy(&mut page, object),
        "StorageClass" => others::storage_class(&mut page, object),
        "PersistentVolumeClaim" => others::claim(&mut page, object, api),
        "PersistentVolume" => others::volume(&mut page, object),
        "PodDisruptionBudget" => others::budget(&mut page, object),
        "PriorityClass" => others::priority_class(&mut page, object),
        _ => generic::describe(&mut page, object),
    }
    if with_events && !EVENTLESS.contains(&kind.kind) {
        let events = events_of(api, kind, object);
        page.events(&events, now);
    }
    page.finish()
}

/// Kinds whose descriptions never say what happened to them.
const EVENTLESS: [&str; 9] = [
    "Secret",
    "Namespace",
    "ResourceQuota",
    "LimitRange",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "NetworkPolicy",
];

/// The description of a Pod template.
pub(crate) fn pod_template(template: &Value) -> String {
    let mut page = Page::default();
    workloads::template(&mut page, template);
    // Its columns are left as they are: one tab each.
    page.text
}

/// The events about an object, oldest first.
fn events_of(api: &mut dyn Api, kind: &Kind, object: &Value) -> Vec<Value> {
    let Some(event_kind) = by_kind("Event") else { return Vec::new() };
    let scope = namespace(object);
    let scope = if scope.is_empty() { "default" } else { scope };
    let mut events = api.list(event_kind, Some(scope)).unwrap_or_default();
    events.retain(|event| {
        let about = at(event, "involvedObject");
        let uid = text(about, "uid");
        text(about, "kind") == kind.kind
            && text(about, "name") == name(object)
            && (uid.is_empty() || kind.kind == "Node" || uid == text(object, "metadata.uid"))
    });
    // Those that were seen only once by a new recorder have no last timestamp and come first.
    let last = |event: &Value| parse_rfc3339(text(event, "lastTimestamp")).unwrap_or(i64::MIN);
    crate::sort::by_number(&mut events, last);
    events
}

/// A page of lines with tabs, laid out at the end.
#[derive(Default)]
struct Page {
    text: String,
    done: String,
}

impl Page {
    /// A line, so many levels in.
    fn line(&mut self, level: usize, text: impl AsRef<str>) {
        for _ in 0..level {
            self.text.push_str("  ");
        }
        self.text.push_str(text.as_ref());
        self.text.push('\n');
    }

    /// `Title:  value`
    fn field(&mut self, level: usize, title: &str, value: impl AsRef<str>) {
        self.line(level, format!("{title}:\t{}", value.as_ref()));
    }

    /// Lays out what was written so far; what follows has columns of its own.
    fn flush(&mut self) {
        let laid_out = TabWriter::for_describe().format(&self.text);
        self.done.push_str(&laid_out);
        self.text.clear();
    }

    fn finish(mut self) -> String {
        self.flush();
        self.done
    }

    /// Several values under one title, a line each.
    fn multiline(&mut self, title: &str, values: impl Iterator<Item = String>) {
        let mut first = true;
        for value in values {
            let title = if std::mem::take(&mut first) { format!("{title}:") } else { String::new() };
            self.line(0, format!("{title}\t{value}"));
        }
        if first {
            self.field(0, title, "<none>");
        }
    }

    /// Models describe.go printLabelsMultiline
    fn labels(&mut self, title: &str, labels: &Value) {
        let pairs = labels.as_object().into_iter().flatten();
        self.multiline(title, pairs.map(|(key, value)| format!("{key}={}", plain(value))));
    }

    /// Models describe.go printAnnotationsMultiline
    fn annotations(&mut self, object: &Value) {
        const LENGTH_MAX: usize = 140;
        let shorten = |line: &str| match line.char_indices().nth(LENGTH_MAX - 2) {
            Some((at, _)) => format!("{}...", &line[..at]),
            None => line.to_string(),
        };
        let mut lines: Vec<String> = Vec::new();
        for (key, value) in entries(object, "metadata.annotations") {
            if key == k8s_api::print::LAST_APPLIED {
                continue;
            }
            let value = value.as_str().unwrap_or("");
            let value = value.strip_suffix('\n').unwrap_or(value);
            if value.len() + key.len() + 2 > LENGTH_MAX || value.contains('\n') {
                lines.push(format!("{key}:"));
                lines.extend(value.split('\n').map(|line| format!("  {}", shorten(line))));
            } else {
                lines.push(format!("{key}: {value}"));
            }
        }
        self.multiline("Annotations", lines.into_iter());
    }

    /// Name, namespace, labels and annotations.
    fn head(&mut self, object: &Value) {
        self.field(0, "Name", name(object));
        if !namespace(object).is_empty() {
            self.field(0, "Namespace", namespace(object));
        }
    }

    /// Models describe.go DescribeEvents
    fn events(&mut self, events: &[Value], now: i64) {
        if events.is_empty() {
            self.field(0, "Events", "<none>");
            return;
        }
        self.flush();
        self.line(0, "Events:\n  Type\tReason\tAge\tFrom\tMessage");
        self.line(1, "----\t------\t----\t----\t-------");
        for event in events {
            let source = match text(event, "source.component") {
                "" => text(event, "reportingComponent"),
                component => component,
            };
            let mut message = text(event, "message").trim().to_string();
            let field = text(event, "involvedObject.fieldPath");
            if !field.is_empty() {
                message = format!("{field}: {message}");
            }
            let (type_, reason) = (text(event, "type"), text(event, "reason"));
            self.line(1, format!("{type_}\t{reason}\t{}\t{source}\t{message}", interval(event, now)));
        }
    }
}

/// A moment as descriptions show it: `Fri, 20 Nov 2026 11:40:31 +0000`.
fn moment(timestamp: &str) -> String {
    Time::parse(timestamp).map_or("Mon, 01 Jan 0001 00:00:00 +0000".to_string(), Time::rfc1123z)
}

/// How long ago, for people.
fn since(timestamp: &str, now: i64) -> String {
    parse_rfc3339(timestamp).map_or("<unknown>".to_string(), |then| human_duration(now - then))
}

fn or_none(text: String) -> String {
    if text.is_empty() { "<none>".to_string() } else { text }
}

/// `ReplicaSet/web-1`: who manages the object.
fn controller(object: &Value) -> Option<String> {
    let owners = list(object, "metadata.ownerReferences");
    let owner = owners.iter().find(|owner| crate::tree::truth(owner, "controller"))?;
    Some(format!("{}/{}", text(owner, "kind"), text(owner, "name")))
}

/// Labels on one line.
fn labels_line(labels: &Value) -> String {
    format_labels(labels)
}
