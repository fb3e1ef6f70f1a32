//! What is wrong with a manifest, ready for the editor and the list below it.

use k8s_api::manifest;
use serde_json::json;

use crate::editor::{byte_of_utf16, utf16_of_byte};

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The API server would refuse the object, or kubectl could not read the text.
    Error,
    /// Accepted, but hardly meant.
    Warning,
    /// Accepted and kept, but the simulator does not act on it.
    Info,
}

impl Severity {
    /// The word in class names, and CodeMirror's word.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }

    /// The sign beside the text.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Error => "✗",
            Self::Warning => "!",
            Self::Info => "i",
        }
    }
}

/// One thing to say about the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The first byte of the text that is meant.
    pub from: usize,
    /// The byte after it.
    pub to: usize,
    /// The field, such as `spec.containers[0].image`; empty for the text as a whole.
    pub path: String,
    /// What is said, in the words of kubectl or the API server.
    pub message: String,
    /// What was probably meant; empty when nobody can guess.
    pub hint: String,
}

/// How many of them are errors.
#[must_use]
pub fn count_errors(findings: &[Finding]) -> usize {
    findings.iter().filter(|finding| finding.severity == Severity::Error).count()
}

/// The findings for editor.js: a JSON list of `{from, to, severity, message}`, in UTF-16 units of the text.
#[must_use]
pub fn for_editor(text: &str, findings: &[Finding]) -> String {
    let place = |byte| utf16_of_byte(text, byte);
    let list: Vec<_> = findings
        .iter()
        .map(|finding| {
            let hint = if finding.hint.is_empty() { String::new() } else { format!("\n{}", finding.hint) };
            json!({
                "from": place(finding.from),
                "to": place(finding.to.max(finding.from)),
                "severity": finding.severity.class(),
                "message": format!("{}{hint}", finding.message),
            })
        })
        .collect();
    serde_json::Value::from(list).to_string()
}

/// Everything that kubectl, the API server and the simulator have to say about the text.
#[must_use]
pub fn check(text: &str) -> Vec<Finding> {
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
pub fn complete(text: &str, place: usize) -> String {
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
pub fn hover(text: &str, place: usize) -> String {
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
