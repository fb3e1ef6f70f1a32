//! What is wrong with a manifest, ready for the editor and the list below it.

use serde_json::json;

use crate::editor::utf16_of_byte;

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
