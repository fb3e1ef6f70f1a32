//! What the API server has to say about a manifest: mistakes, completion, meanings.

use k8s_api::manifest;
use serde_json::json;

use crate::editor::{byte_of_utf16, utf16_of_byte};
use crate::finding::{Finding, Severity};

/// Everything that kubectl, the API server and the simulator have to say about the text.
#[must_use]
pub(super) fn check(text: &str) -> Vec<Finding> {
    manifest::check(text).into_iter().map(Finding::from).collect()
}

impl From<manifest::Diagnostic> for Finding {
    fn from(it: manifest::Diagnostic) -> Self {
        Self {
            severity: match it.severity {
                manifest::Severity::Error => Severity::Error,
                manifest::Severity::Warning => Severity::Warning,
                manifest::Severity::Info => Severity::Info,
            },
            line: it.line,
            column: it.column,
            from: it.span.start,
            to: it.span.end,
            path: it.path,
            message: it.message,
            hint: it.hint.unwrap_or_default(),
        }
    }
}

/// What could stand at this place (in UTF-16 units) of the text, for editor.js: `{from, options}`.
#[must_use]
pub(super) fn complete(text: &str, place: usize) -> String {
    let found = manifest::complete(text, byte_of_utf16(text, place));
    let options: Vec<_> = found
        .items
        .iter()
        .map(|item| {
            let detail =
                if item.required { format!("{}, required", item.detail) } else { item.detail.clone() };
            json!({ "label": item.label, "detail": detail, "info": item.info, "insert": item.insert })
        })
        .collect();
    json!({ "from": utf16_of_byte(text, found.from), "options": options }).to_string()
}

/// What the field at this place means, for editor.js: `{from, to, title, text}` or `null`.
#[must_use]
pub(super) fn hover(text: &str, place: usize) -> String {
    let Some(found) = manifest::hover(text, byte_of_utf16(text, place)) else { return "null".into() };
    let mut lines =
        vec![if found.required { format!("{}, required", found.detail) } else { found.detail.clone() }];
    if !found.values.is_empty() {
        lines.push(format!("One of: {}.", found.values.join(", ")));
    }
    if !found.info.is_empty() {
        lines.push(found.info.to_owned());
    }
    json!({
        "from": utf16_of_byte(text, found.from),
        "to": utf16_of_byte(text, found.to),
        "title": found.path,
        "text": lines.join("\n"),
    })
    .to_string()
}
