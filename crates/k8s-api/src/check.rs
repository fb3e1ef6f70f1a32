//! Everything there is to say about a manifest, for the editor.

use serde_json::Value;

use crate::admission::{Given, admit};
use crate::decode::path_text;
use crate::manifest::{Diagnostic, Document, Part, Refusal, Report, Severity, parse};
use crate::small::order;
use crate::unsimulated;
use crate::validation::field::{Error, ErrorType, steps};
use crate::validation::{create, warnings};
use crate::yaml::Step;

/// Reads a manifest and says everything about it: syntax, strict decoding, validation, warnings, and what is
/// accepted but not simulated. In the order of the text.
pub fn check(text: &str) -> Vec<Diagnostic> {
    let (documents, diagnostics) = parse(text);
    let mut report = Report { text, diagnostics };
    for document in &documents {
        check_document(document, &mut report);
    }
    let found = report.diagnostics;
    let key = |i: usize| (found[i].span.start, found[i].severity);
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    for i in order(found.len(), &|a, b| key(a) < key(b)) {
        let new = &found[i];
        if diagnostics.last().is_none_or(|last| last.message != new.message || last.span != new.span) {
            diagnostics.push(new.clone());
        }
    }
    diagnostics
}

fn check_document(document: &Document, report: &mut Report<'_>) {
    let Some(kind) = document.kind else { return };
    if !matches!(document.refusal, None | Some(Refusal::Decode(_))) {
        return;
    }
    let mut object = document.object.clone();
    // What has the wrong type counts as missing, and is not complained about twice.
    let mut reported: Vec<Vec<Step>> = Vec::new();
    for problem in &document.decoded.mistyped {
        clear(&mut object, &problem.path);
        reported.push(problem.path.clone());
    }
    for problem in &document.decoded.unknown {
        if let (Some(meant), Some((_, parent))) = (problem.meant, problem.path.split_last()) {
            reported.push([parent, &[Step::Key(meant.to_string())]].concat());
        }
    }
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or("").to_string();
    let namespace = if namespace.is_empty() { "default" } else { namespace.as_str() };
    let given = Given {
        namespace,
        uid: "00000000-0000-4000-8000-000000000000",
        suffix: "xxxxx",
        cluster_ip: "10.96.0.10",
        automount: true,
        priority: (0, "PreemptLowerPriority"),
    };
    admit(kind, &mut object, &given);
    let mut refused: Vec<Vec<Step>> = Vec::new();
    for error in create(kind, &object).0 {
        if report.is_full() {
            return;
        }
        let path = steps(&error.field);
        if reported.iter().any(|done| path.starts_with(done)) {
            continue;
        }
        let span = document.locate(&path, Part::Value);
        let hint = hint(&error, &object);
        report.add(Severity::Error, span, error.field, error.body).hint = hint;
        refused.push(path);
    }
    for warning in warnings::warnings(kind, &object) {
        if report.is_full() {
            return;
        }
        let (path, words) = match warning.split_once(": ") {
            Some((path, words)) if !path.contains(' ') => (path, words),
            _ => ("", warning.as_str()),
        };
        let steps = steps(path);
        if refused.contains(&steps) {
            continue;
        }
        let span = document.locate(&steps, Part::Value);
        report.add(Severity::Warning, span, path.to_string(), words.to_string());
    }
    for path in unsimulated::in_object(kind, &document.object) {
        if report.is_full() {
            return;
        }
        let span = document.locate(&path, Part::Key);
        let name = path.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        });
        let message = format!("{} is accepted, but not simulated here", name.unwrap_or("this"));
        report.add(Severity::Info, span, path_text(&path), message);
    }
}

/// Puts null at a path.
fn clear(object: &mut Value, path: &[Step]) {
    let mut at = object;
    for step in path {
        let inner = match step {
            Step::Key(key) => at.get_mut(key),
            Step::Index(i) => at.get_mut(*i),
        };
        match inner {
            Some(inner) => at = inner,
            None => return,
        }
    }
    *at = Value::Null;
}

/// What a learner can do about an error.
fn hint(error: &Error, object: &Value) -> Option<String> {
    let last = error.field.rsplit(['.', ']']).next().unwrap_or("");
    let text = match (error.kind, last) {
        (ErrorType::Required, "containers") => {
            "A Pod needs at least one container: add \"containers:\" with an item."
        }
        (ErrorType::Required, "image") => "Say what to run, for example image: nginx:1.27.",
        (ErrorType::Required, "name") => "Add a name.",
        (ErrorType::Required, "containerPort") => "Give the port a number from 1 to 65535.",
        (ErrorType::Required, "mountPath") => {
            "Say where the volume shall appear, for example mountPath: /data."
        }
        (ErrorType::Required, "restartPolicy") => {
            "A Job's Pods end: write restartPolicy: Never or OnFailure."
        }
        (ErrorType::Required, "selector") => "Say which Pods belong to it: selector with matchLabels.",
        (ErrorType::Invalid, "name") if error.body.contains("lowercase RFC 1123") => {
            "Use lower case letters, digits and hyphens."
        }
        (ErrorType::NotFound, "name") if error.field.contains("volumeMounts") => {
            return Some(volume_hint(object));
        }
        (ErrorType::Invalid, "labels") if error.body.contains("does not match template") => {
            "The labels of the template must be those that the selector asks for."
        }
        _ => return None,
    };
    Some(text.to_string())
}

fn volume_hint(object: &Value) -> String {
    let template = &object["spec"]["template"]["spec"];
    let spec = if template.is_object() { template } else { &object["spec"] };
    let names: Vec<&str> = spec["volumes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|volume| volume["name"].as_str())
        .filter(|name| !name.starts_with("kube-api-access-"))
        .collect();
    if names.is_empty() {
        "The Pod has no volume of that name: add it under volumes.".into()
    } else {
        format!("The Pod has these volumes: {}.", names.join(", "))
    }
}
