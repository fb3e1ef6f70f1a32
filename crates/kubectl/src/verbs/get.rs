//! `kubectl get`: tables, documents, and watching them change.
//! Models k8s.io/kubectl/pkg/cmd/get/get.go (v1.36)

use k8s_api::kind::Kind;
use serde_json::{Value, json};

use super::Task;
use super::get_raw::no_resource;
use crate::failure::Failure;
use crate::printers::jsonpath::{self, JsonPath};
use crate::printers::output::{Output, print_document};
use crate::printers::{TableOptions, TablePrinter};
use crate::selector::{Fields, Labels};
use crate::session::{Out, Outcome, Session};
use crate::targets::{self, Found, Wanted};
use crate::{Api, WatchType};

pub(super) const FLAGS: &str = "A/all-namespaces o/output:s l/selector:s field-selector:s w/watch watch-only \
    output-watch-events no-headers show-labels L/label-columns:l sort-by:s show-kind ignore-not-found \
    f/filename:l R/recursive k/kustomize:s raw:s chunk-size:i server-print subresource:s show-managed-fields \
    template:s allow-missing-template-keys";

pub(super) fn run(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    let watch = flags.is("watch") || flags.is("watch-only");
    if flags.is("output-watch-events") && !watch {
        return Err(Failure::error(
            "--output-watch-events option can only be used with --watch or --watch-only",
        ));
    }
    if let Some(path) = flags.get("raw") {
        return super::get_raw::run(session, path);
    }
    if flags.args.is_empty() && !flags.has("filename") {
        return Err(no_type("get", "You must specify the type of resource to get."));
    }
    if flags.get("subresource").is_some_and(|name| !["status", "scale", "resize"].contains(&name)) {
        return Err(no_resource());
    }
    let output = Output::parse(session.env, flags)?;
    let position = session.api.watch_position();
    let args = flags.args.clone();
    let wanted = Wanted { all_without_name: true, ..Wanted::default() };
    let mut found = targets::find(session, &args, wanted)?;
    warn_of_old_kinds(session, &found.kinds());
    if watch {
        return start_watch(session, found, output, position);
    }
    if let Some(path) = flags.get("sort-by") {
        sort(&mut found, path);
    }
    let now = session.api.now_micros();
    match &output {
        Output::Table { .. } | Output::CustomColumns(_) => {
            let text = tables(session, &found, &output, now);
            session.out.print(&text);
            let nothing = text.is_empty() && found.failures.is_empty();
            if nothing && !flags.is("ignore-not-found") {
                let place = match found.lists.first() {
                    Some(kind) if kind.namespaced && !flags.is("all-namespaces") => {
                        format!(" in {} namespace", session.namespace())
                    }
                    _ => String::new(),
                };
                session.out.warn(match place.as_str() {
                    "" => "No resources found".to_string(),
                    place => format!("No resources found{place}."),
                });
            }
        }
        Output::Name => {
            for target in &found.targets {
                session.out.line(format!("{}/{}", target.kind.qualified(), target.name));
            }
        }
        _ => {
            let single = found.single && found.targets.len() == 1;
            if found.targets.is_empty() && !found.failures.is_empty() {
                return Err(Failure::join(found.failures));
            }
            let text = if single {
                print_document(&output, &found.targets[0].object)?
            } else if found.single && flags.is("ignore-not-found") {
                String::new()
            } else {
                let items: Vec<Value> = found.targets.iter().map(|target| target.object.clone()).collect();
                let list = json!({
                    "apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": items
                });
                print_document(&output, &list)?
            };
            session.out.print(&text);
        }
    }
    if found.failures.is_empty() { Ok(Task::Done(0)) } else { Err(Failure::join(found.failures)) }
}

/// What `get` says when no type was given.
fn no_type(verb: &str, what: &str) -> Failure {
    Failure::plain(format!(
        "{what} Use \"kubectl api-resources\" for a complete list of supported resources.\n\n\
         error: Required resource not specified.\n\
         Use \"kubectl explain <resource>\" for a detailed description of that resource (e.g. kubectl explain \
         pods).\nSee 'kubectl {verb} -h' for help and examples"
    ))
}

fn table_options(session: &Session<'_>, wide: bool, several_kinds: bool) -> TableOptions {
    let flags = session.flags;
    TableOptions {
        wide,
        no_headers: flags.is("no-headers"),
        with_namespace: flags.is("all-namespaces"),
        with_kind: several_kinds || flags.is("show-kind"),
        show_labels: flags.is("show-labels"),
        label_columns: flags.all("label-columns").iter().map(|label| (*label).to_string()).collect(),
    }
}

/// One table for each run of objects of one kind, with an empty line between them.
fn tables(session: &Session<'_>, found: &Found, output: &Output, now: i64) -> String {
    let targets = &found.targets;
    if let Output::CustomColumns(columns) = output {
        let objects: Vec<&Value> = targets.iter().map(|target| &target.object).collect();
        return columns.print(&objects, session.flags.is("no-headers"));
    }
    let wide = matches!(output, Output::Table { wide: true });
    let mut text = String::new();
    let mut start = 0;
    while start < targets.len() {
        let kind = targets[start].kind;
        let same = targets[start..].iter().take_while(|target| target.kind.kind == kind.kind).count();
        let objects: Vec<&Value> = targets[start..start + same].iter().map(|target| &target.object).collect();
        if start > 0 {
            text.push('\n');
        }
        let mut options = table_options(session, wide, found.several_kinds);
        options.with_namespace &= kind.namespaced;
        text.push_str(&TablePrinter::new(options).print(kind, &objects, None, now));
        start += same;
    }
    text
}

/// Orders the objects by what stands at a path; if it stands nowhere, nothing is left to print.
/// Models get/sorter.go (v1.36)
fn sort(found: &mut Found, path: &str) {
    let path = jsonpath::relaxed(path).ok().and_then(|path| JsonPath::parse(&path).ok());
    let key =
        |object: &Value| -> Option<Value> { path.as_ref()?.find(object).ok()?.into_iter().flatten().next() };
    let mut keyed: Vec<(Option<Value>, targets::Target)> =
        found.targets.drain(..).map(|target| (key(&target.object), target)).collect();
    if keyed.iter().all(|(key, _)| key.is_none()) {
        return;
    }
    crate::sort::by(&mut keyed, |(a, _), (b, _)| jsonpath::compare(a.as_ref(), b.as_ref()));
    found.targets = keyed.into_iter().map(|(_, target)| target).collect();
}

/// A watch: which objects, and how they are printed.
#[derive(Clone, Debug)]
pub(crate) struct Watching {
    kind: &'static Kind,
    namespace: Option<String>,
    name: Option<String>,
    labels: Labels,
    fields: Fields,
    output: Output,
    printer: TablePrinter,
    with_events: bool,
    position: u64,
    documents: usize,
}

fn start_watch(session: &mut Session<'_>, found: Found, output: Output, position: u64) -> Outcome {
    if !found.failures.is_empty() {
        return Err(Failure::join(found.failures));
    }
    let flags = session.flags;
    let kind = found.lists.first().copied().or(found.targets.first().map(|target| target.kind));
    let Some(kind) = kind else {
        return Ok(Task::Done(0));
    };
    if found.several_kinds || (found.lists.is_empty() && found.targets.len() > 1) {
        return Err(Failure::error("you may only specify a single resource type"));
    }
    let (labels, fields) = targets::selectors(session, kind)?;
    let name = if found.lists.is_empty() { found.targets.first().map(|t| t.name.clone()) } else { None };
    let scope = kind.namespaced && !flags.is("all-namespaces");
    let wide = matches!(output, Output::Table { wide: true });
    let mut watching = Watching {
        kind,
        namespace: scope.then(|| session.namespace()),
        name,
        labels,
        fields,
        printer: TablePrinter::new(table_options(session, wide, false)),
        output,
        with_events: flags.is("output-watch-events"),
        position,
        documents: 0,
    };
    if !flags.is("watch-only") {
        let now = session.api.now_micros();
        let objects: Vec<&Value> = found.targets.iter().map(|target| &target.object).collect();
        let text = watching.show_all(&objects, now)?;
        session.out.print(&text);
    }
    Ok(Task::Watch(Box::new(watching)))
}

impl Watching {
    pub(crate) fn poll(mut self, api: &mut dyn Api, out: &mut Out) -> Outcome {
        let (events, next) = api.watch(self.kind, self.namespace.as_deref(), self.position);
        self.position = next;
        for event in events {
            let named = self.name.as_ref().is_none_or(|name| crate::tree::name(&event.object) == name);
            if !named || !self.labels.matches(&event.object) || !self.fields.matches(&event.object) {
                continue;
            }
            let text = self.show(event.type_, &event.object, event.at_micros)?;
            out.print(&text);
        }
        Ok(Task::Watch(Box::new(self)))
    }

    /// The objects that are there at the beginning: one table, so that its columns fit them all.
    fn show_all(&mut self, objects: &[&Value], now: i64) -> Result<String, Failure> {
        if matches!(self.output, Output::Table { .. }) {
            let event = self.with_events.then_some("ADDED");
            return Ok(self.printer.print(self.kind, objects, event, now));
        }
        let mut text = String::new();
        for object in objects {
            text.push_str(&self.show(WatchType::Added, object, now)?);
        }
        Ok(text)
    }

    fn show(&mut self, type_: WatchType, object: &Value, now: i64) -> Result<String, Failure> {
        match &self.output {
            Output::Table { .. } => {
                let event = self.with_events.then(|| type_.as_str());
                Ok(self.printer.print(self.kind, &[object], event, now))
            }
            Output::CustomColumns(columns) => {
                self.documents += 1;
                Ok(columns.print(&[object], self.documents > 1))
            }
            Output::Name => Ok(format!("{}/{}\n", self.kind.qualified(), crate::tree::name(object))),
            output => {
                self.documents += 1;
                let shown = if self.with_events {
                    json!({"type": type_.as_str(), "object": object})
                } else {
                    object.clone()
                };
                let text = print_document(output, &shown)?;
                let again = matches!(output, Output::Yaml) && self.documents > 1;
                Ok(if again { format!("---\n{text}") } else { text })
            }
        }
    }
}

/// What the API server warns of when such kinds are read.
pub(super) fn warn_of_old_kinds(session: &mut Session<'_>, kinds: &[&Kind]) {
    if kinds.iter().any(|kind| kind.kind == "Endpoints") {
        session
            .out
            .warn("Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice");
    }
}
