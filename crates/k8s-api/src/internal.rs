//! Structures as the API server's own messages show them: with Go's names, in Go's order.
//!
//! `Invalid value: {"Type":"Foo","RollingUpdate":null}` and the difference that a forbidden change of a Pod
//! prints come from these.

use std::fmt::Write as _;
use std::sync::OnceLock;

use serde_json::Value;

use crate::print;
use crate::text_diff::unified;
use crate::validation::field::Bad;

const TABLE: &str = include_str!("../schema/internal-v1.36.txt");

/// The fields of a type: Go's name, Go's type or the zero value of a leaf.
type Fields = Vec<(&'static str, &'static str)>;

fn table() -> &'static [(&'static str, Fields)] {
    static TYPES: OnceLock<Vec<(&'static str, Fields)>> = OnceLock::new();
    TYPES.get_or_init(|| {
        let mut types: Vec<(&'static str, Fields)> = Vec::new();
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix(':') {
                types.push((name, Vec::new()));
            } else if let Some((_, fields)) = types.last_mut() {
                match line.strip_prefix('+') {
                    Some(embedded) => fields.push(("", embedded)),
                    None => fields.push(line.split_once(' ').unwrap_or((line, ""))),
                }
            }
        }
        types
    })
}

/// The fields of the type of that name.
fn fields_of(name: &str) -> Option<&'static Fields> {
    table().iter().find(|(own, _)| *own == name).map(|(_, fields)| fields)
}

/// A structure in Go's order.
enum Shown {
    Leaf(Value),
    List(Vec<Shown>),
    Object(Vec<(&'static str, Shown)>),
}

fn show(go_type: &str, value: &Value) -> Shown {
    if let Some(item) = go_type.strip_prefix("[]") {
        return match value {
            Value::Array(items) if !items.is_empty() => {
                Shown::List(items.iter().map(|value| show(item, value)).collect())
            }
            _ => Shown::Leaf(Value::Null),
        };
    }
    let name = go_type.trim_start_matches('*');
    if name != go_type && value.is_null() {
        return Shown::Leaf(Value::Null);
    }
    match fields_of(name) {
        Some(_) => {
            let mut shown = Vec::new();
            fields(name, value, &mut shown);
            Shown::Object(shown)
        }
        None => Shown::Leaf(value.clone()),
    }
}

fn fields(name: &str, value: &Value, shown: &mut Vec<(&'static str, Shown)>) {
    for (field, ty) in fields_of(name).into_iter().flatten() {
        if field.is_empty() {
            fields(ty, value, shown);
            continue;
        }
        let found =
            value.as_object().and_then(|map| map.iter().find(|(key, _)| key.eq_ignore_ascii_case(field)));
        let given = found.map_or(&Value::Null, |(_, given)| given);
        // The few structures with JSON names leave out what is missing.
        let empty = given.is_null()
            || given.as_array().is_some_and(Vec::is_empty)
            || given.as_object().is_some_and(serde_json::Map::is_empty);
        if empty && field.starts_with(|c: char| c.is_ascii_lowercase()) {
            continue;
        }
        let leaf = match *ty {
            // Empty lists and mappings are null in Go.
            "?" => match given {
                Value::Array(items) if items.is_empty() => Value::Null,
                Value::Object(map) if map.is_empty() => Value::Null,
                other => other.clone(),
            },
            "false" if given.is_null() => Value::Bool(false),
            "0" if given.is_null() => Value::from(0),
            "" if given.is_null() => Value::from(""),
            "\"0\"" if given.is_null() => Value::from("0"),
            "false" | "0" | "" | "\"0\"" => given.clone(),
            go_type => {
                shown.push((field, show(go_type, given)));
                continue;
            }
        };
        shown.push((field, Shown::Leaf(leaf)));
    }
}

/// A structure as one line of JSON, with Go's names and order.
pub fn value(go_type: &str, value: &Value) -> String {
    let mut out = String::new();
    compact(&mut out, &show(go_type, value));
    out
}

fn compact(out: &mut String, shown: &Shown) {
    match shown {
        Shown::Leaf(value) => out.push_str(&print::json(value)),
        Shown::List(items) => {
            for (i, item) in items.iter().enumerate() {
                out.push(if i == 0 { '[' } else { ',' });
                compact(out, item);
            }
            out.push(']');
        }
        Shown::Object(fields) => {
            out.push('{');
            for (i, (name, field)) in fields.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                let _ = write!(out, "\"{name}\":");
                compact(out, field);
            }
            out.push('}');
        }
    }
}

fn indented(out: &mut String, shown: &Shown, depth: usize) {
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', depth));
    };
    match shown {
        Shown::Leaf(value) => {
            let text = print::json_indent(value, 1);
            out.push_str(&text.replace('\n', &format!("\n{}", " ".repeat(depth))));
        }
        Shown::List(items) => {
            for (i, item) in items.iter().enumerate() {
                out.push(if i == 0 { '[' } else { ',' });
                line(out, depth + 1);
                indented(out, item, depth + 1);
            }
            line(out, depth);
            out.push(']');
        }
        Shown::Object(fields) if fields.is_empty() => out.push_str("{}"),
        Shown::Object(fields) => {
            out.push('{');
            for (i, (name, field)) in fields.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                line(out, depth + 1);
                let _ = write!(out, "\"{name}\": ");
                indented(out, field, depth + 1);
            }
            line(out, depth);
            out.push('}');
        }
    }
}

/// A text that stands in a message as it is.
#[derive(Debug)]
pub struct Text(pub String);

impl From<Text> for Bad<'_> {
    fn from(text: Text) -> Self {
        Bad::Plain(text.0)
    }
}

/// A Pod's spec as the API server holds it: some of its fields stand in the security context.
fn pod_spec(spec: &Value) -> Value {
    let mut spec = spec.clone();
    for field in ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"] {
        let moved = spec[field].clone();
        if !moved.is_null() && spec.is_object() {
            if !spec["securityContext"].is_object() {
                spec["securityContext"] = Value::Object(serde_json::Map::new());
            }
            spec["securityContext"][field] = moved;
        }
    }
    spec
}

/// A template of Pods as one line of JSON: Go's structure takes the metadata's fields in.
pub fn template_value(template: &Value) -> String {
    let text = print::json(&template["metadata"]);
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or("");
    let comma = if inner.is_empty() { "" } else { "," };
    format!("{{{inner}{comma}\"Spec\":{}}}", pod_spec_value(&template["spec"]))
}

/// A Pod's spec as one line of JSON, with Go's names and order.
pub fn pod_spec_value(spec: &Value) -> String {
    value("PodSpec", &pod_spec(spec))
}

/// The difference between two specs of Pods, as a refused update shows it.
pub fn pod_spec_diff(old: &Value, new: &Value) -> String {
    diff("PodSpec", &pod_spec(old), &pod_spec(new))
}

/// The difference between two structures of a type.
/// Models k8s.io/apimachinery/pkg/util/diff.Diff (v1.36)
pub fn diff(go_type: &str, old: &Value, new: &Value) -> String {
    let text = |value: &Value| {
        let mut out = String::new();
        indented(&mut out, &show(go_type, value), 0);
        out
    };
    unified(&text(old), &text(new))
}
