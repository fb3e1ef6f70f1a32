//! What there is: `api-resources`, `api-versions`, `version`, `cluster-info`, `explain`.

use k8s_api::kind::{KINDS, Kind};
use k8s_api::schema::{Field, Leaf, Shape, schema};
use k8s_api::yaml::Step;

use super::Task;
use crate::failure::Failure;
use crate::session::{Outcome, Session};
use crate::tabwriter::TabWriter;
use crate::targets;

pub(super) const RESOURCES_FLAGS: &str =
    "namespaced api-group:s verbs:l o/output:s no-headers sort-by:s categories:l cached";
pub(super) const VERSION_FLAGS: &str = "client o/output:s";
pub(super) const EXPLAIN_FLAGS: &str = "recursive api-version:s o/output:s";

const VERSION: &str = "v1.36.2";

/// Models k8s.io/kubectl/pkg/cmd/apiresources (v1.36)
pub(super) fn resources(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    if !flags.args.is_empty() {
        let words = flags.args.join(" ");
        return Err(Failure::usage("api-resources", format!("unexpected arguments: [{words}]")));
    }
    let mut kinds: Vec<&Kind> = KINDS
        .iter()
        .filter(|kind| !flags.has("namespaced") || kind.namespaced == flags.is("namespaced"))
        .filter(|kind| flags.get("api-group").is_none_or(|group| group == kind.group))
        .filter(|kind| flags.all("categories").iter().all(|category| *category == "all" && kind.in_all))
        .collect();
    match flags.get("sort-by") {
        Some("kind") => crate::sort::by_text(&mut kinds, |kind| kind.kind),
        Some("name") => crate::sort::by_text(&mut kinds, |kind| kind.plural),
        _ => {}
    }
    if flags.get("output") == Some("name") {
        for kind in kinds {
            session.out.line(kind.qualified_plural());
        }
        return Ok(Task::Done(0));
    }
    let mut text = String::new();
    if !flags.is("no-headers") {
        text.push_str("NAME\tSHORTNAMES\tAPIVERSION\tNAMESPACED\tKIND\n");
    }
    for kind in kinds {
        let short = kind.short.join(",");
        let version = kind.api_version();
        text.push_str(&format!("{}\t{short}\t{version}\t{}\t{}\n", kind.plural, kind.namespaced, kind.kind));
    }
    let table = TabWriter::for_tables().format(&text);
    session.out.print(&table);
    Ok(Task::Done(0))
}

pub(super) fn versions(session: &mut Session<'_>) -> Outcome {
    if !session.flags.args.is_empty() {
        let words = session.flags.args.join(" ");
        return Err(Failure::usage("api-versions", format!("unexpected arguments: [{words}]")));
    }
    let mut versions: Vec<String> = KINDS.iter().map(Kind::api_version).collect();
    crate::sort::by_text(&mut versions, |version| version);
    versions.dedup();
    for version in versions {
        session.out.line(version);
    }
    Ok(Task::Done(0))
}

pub(super) fn version(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    if !flags.args.is_empty() {
        return Err(Failure::error(format!("extra arguments: [{}]", flags.args.join(" "))));
    }
    session.out.line(format!("Client Version: {VERSION}\nKustomize Version: v5.8.1"));
    if !flags.is("client") {
        session.out.line(format!("Server Version: {VERSION}"));
    }
    Ok(Task::Done(0))
}

pub(super) fn cluster_info(session: &mut Session<'_>) -> Outcome {
    session.out.line(
        "Kubernetes control plane is running at https://127.0.0.1:8443\n\nTo further debug and diagnose cluster \
         problems, use 'kubectl cluster-info dump'.",
    );
    Ok(Task::Done(0))
}

/// A field's type as `explain` writes it: `<[]Container>`, `<map[string]string>`.
fn type_of(go_type: &'static str) -> String {
    fn plain(go_type: &'static str, depth: usize) -> String {
        match schema().shape(go_type) {
            _ if depth > 8 => "Object".to_string(),
            Shape::List(item) => format!("[]{}", plain(item, depth + 1)),
            Shape::Map(value) => format!("map[string]{}", plain(value, depth + 1)),
            Shape::Struct(name) => name.rsplit('.').next().unwrap_or(name).to_string(),
            Shape::Leaf(leaf) => match leaf {
                Leaf::Bool => "boolean",
                Leaf::Int(_) => "integer",
                Leaf::Quantity => "Quantity",
                Leaf::IntOrString => "IntOrString",
                Leaf::Any => "Object",
                Leaf::String | Leaf::Bytes | Leaf::Time => "string",
            }
            .to_string(),
        }
    }
    format!("<{}>", plain(go_type, 0))
}

/// The structure behind a type, if there is one.
fn structure(go_type: &'static str) -> Option<&'static str> {
    match schema().shape(go_type) {
        Shape::Struct(name) => Some(name),
        Shape::List(item) | Shape::Map(item) => match schema().shape(item) {
            Shape::Struct(name) => Some(name),
            _ => None,
        },
        Shape::Leaf(_) => None,
    }
}

/// Fields on one page beyond this are not shown.
const LINES_MAX: usize = 3000;

fn fields(name: &str, level: usize, recursive: bool, above: &mut Vec<String>, out: &mut Vec<String>) {
    let mut fields: Vec<&Field> = schema().fields(name);
    crate::sort::by_text(&mut fields, |field| field.name);
    for field in fields {
        if out.len() > LINES_MAX {
            return;
        }
        let required = if field.required { " -required-" } else { "" };
        out.push(format!("{}{}\t{}{required}", "  ".repeat(level), field.name, type_of(field.go_type)));
        let inner = structure(field.go_type).filter(|_| recursive);
        if let Some(inner) = inner.filter(|inner| above.len() < 20 && !above.iter().any(|name| name == inner))
        {
            above.push(inner.to_string());
            fields_of(inner, level, above, out);
            above.pop();
        }
    }
}

fn fields_of(inner: &str, level: usize, above: &mut Vec<String>, out: &mut Vec<String>) {
    fields(inner, level + 1, true, above, out);
}

/// Models k8s.io/kubectl/pkg/cmd/explain (v1.36), with the fields and their types; the words about them stand
/// in the editor.
pub(super) fn explain(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    let path = match flags.args.as_slice() {
        [] => {
            return Err(Failure::error(
                "You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete list \
                 of supported resources.",
            ));
        }
        [path] => path,
        _ => return Err(Failure::error("We accept only this format: explain RESOURCE")),
    };
    let mut parts = path.split('.');
    let word = parts.next().unwrap_or("");
    let kind = targets::kind_of(word).map_err(|failure| {
        Failure::plain(failure.text.strip_prefix("error: ").unwrap_or(&failure.text).to_string())
    })?;
    let mut head = String::new();
    if !kind.group.is_empty() {
        head.push_str(&format!("GROUP:      {}\n", kind.group));
    }
    head.push_str(&format!("KIND:       {}\nVERSION:    {}\n", kind.kind, kind.version));
    session.out.line(&head);
    let Some(root) = schema().of_kind(kind) else {
        return Ok(Task::Done(0));
    };
    let mut here = root;
    let mut last: Option<&Field> = None;
    let mut names: Vec<Step> = Vec::new();
    for part in parts.filter(|part| !part.is_empty()) {
        let found = if last.is_some_and(|field| structure(field.go_type).is_none()) {
            None
        } else {
            schema().field(here, part)
        };
        let Some((_, field)) = found else {
            return Err(Failure::error(format!("field {part:?} does not exist")));
        };
        names.push(Step::Key(part.to_string()));
        last = Some(field);
        here = structure(field.go_type).unwrap_or(here);
    }
    if let Some(field) = last {
        session.out.line(format!("FIELD: {} {}\n", field.name, type_of(field.go_type)));
        let values = schema().values(field.go_type);
        if !values.is_empty() {
            session.out.line(format!("ENUM:\n    {}\n", values.join("\n    ")));
        }
    }
    if last.is_none_or(|field| structure(field.go_type).is_some()) {
        let mut lines = Vec::new();
        fields(here, 1, flags.is("recursive"), &mut vec![here.to_string()], &mut lines);
        session.out.line("FIELDS:");
        session.out.line(lines.join("\n"));
    }
    Ok(Task::Done(0))
}
