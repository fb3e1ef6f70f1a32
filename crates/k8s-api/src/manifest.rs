//! Manifests: text to objects, with everything that is wrong and where it stands.
//!
//! Nothing stops at the first error. The texts are kubectl's and the API server's; what helps a learner beyond
//! them stands apart, in [`Diagnostic::hint`].

use std::rc::Rc;

use serde_json::Value;

use crate::decode::{self, Problem, similar};
use crate::json_scan::{self, JsonError};
use crate::kind::{self, KINDS, Kind};
use crate::print::quote;
use crate::small::Names;
use crate::yaml::{self, NodeKind, Span, Step};

pub use crate::check::check;
pub use crate::complete::{complete, hover};

/// Longer texts are refused: the API server takes no more either.
pub const TEXT_MAX: usize = 3 * 1024 * 1024;
/// More documents than this in one text are not read.
const DOCUMENTS_MAX: usize = 1000;
/// So many syntax errors are looked for in one document.
const SYNTAX_ERRORS_MAX: usize = 8;
/// More diagnostics than this help nobody.
const DIAGNOSTICS_MAX: usize = 500;

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The object is refused.
    Error,
    /// It is accepted, and surprising.
    Warning,
    /// It is accepted, and not simulated.
    Info,
}

/// Something to say about a place in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The words of kubectl or the API server.
    pub message: String,
    /// What helps further, in our words.
    pub hint: Option<String>,
    /// The field, as the API server writes it; may be empty.
    pub path: String,
    /// The place, in bytes of the text.
    pub span: Span,
    /// The line of the start, from 1.
    pub line: usize,
    /// The column of the start in characters, from 1.
    pub column: usize,
}

/// Why kubectl does not even send a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `error parsing FILE: …`; what follows in the file is not read.
    Parse(String),
    /// `error validating "FILE": error validating data: …`; what follows in the file is not read.
    Validate(String),
    /// `unable to decode "FILE": …`
    Decode(String),
    /// `no matches for kind … in version …`
    NoMatch {
        /// The kind written.
        kind: String,
        /// The version written.
        version: String,
    },
}

impl Refusal {
    /// Whether kubectl stops reading the file here.
    pub fn ends_file(&self) -> bool {
        matches!(self, Refusal::Parse(_) | Refusal::Validate(_))
    }

    /// The words of the message without what names the file.
    pub fn message(&self) -> String {
        match self {
            Refusal::Parse(text) | Refusal::Validate(text) | Refusal::Decode(text) => text.clone(),
            Refusal::NoMatch { kind, version } => {
                format!("no matches for kind {} in version {}", quote(kind), quote(version))
            }
        }
    }
}

/// One object of a manifest.
#[derive(Clone, Debug)]
pub struct Document {
    /// The object as JSON; null when the text could not be read.
    pub object: Value,
    /// Its kind, when there is one of that name.
    pub kind: Option<&'static Kind>,
    /// Why kubectl does not send it.
    pub refusal: Option<Refusal>,
    /// What strict decoding finds; the API server refuses the object for it.
    pub decoded: decode::Decoded,
    /// Where its text begins, in bytes.
    pub start: usize,
    tree: Rc<yaml::Document>,
    /// The way from the tree's root to this object: items of a List share a tree.
    prefix: Vec<Step>,
}

/// Which part of an entry is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The key, if it has one.
    Key,
    /// The value; of a mapping or a list that begins on a line of its own, the key.
    Value,
}

impl Document {
    /// `namespace` and `name` from the metadata.
    pub fn name(&self) -> (&str, &str) {
        let text = |key: &str| self.object["metadata"][key].as_str().unwrap_or("");
        (text("namespace"), text("name"))
    }

    /// The place of the deepest entry that exists on a path, in bytes of the whole text.
    pub fn locate(&self, path: &[Step], part: Part) -> Span {
        let whole: Vec<Step> = self.prefix.iter().chain(path).cloned().collect();
        let Some((entry, depth)) = self.tree.find(&whole) else {
            return Span { start: self.start, end: self.start };
        };
        let missing = depth < whole.len();
        let value = self.tree.nodes.get(entry.value);
        let composite =
            matches!(value.map(|node| &node.kind), Some(NodeKind::Mapping(_) | NodeKind::Sequence(_)));
        let empty = value.is_none_or(|node| node.span.start == node.span.end);
        let key = entry.key.filter(|_| part == Part::Key || missing || composite || empty);
        let span = match (key, value) {
            (Some(key), _) => self.tree.nodes[key].span,
            (None, Some(node)) if composite => self.first_key(entry.value).unwrap_or(node.span),
            (None, Some(node)) => node.span,
            (None, None) => Span::default(),
        };
        Span { start: self.start + span.start, end: self.start + span.end }
    }

    /// The first key of a mapping that has no key of its own: an item of a list, or the whole document.
    fn first_key(&self, id: yaml::NodeId) -> Option<Span> {
        match self.tree.kind(id)? {
            NodeKind::Mapping(entries) => {
                let (key, _) = entries.first()?;
                Some(self.tree.nodes.get(*key)?.span)
            }
            _ => None,
        }
    }

    /// The tree with the places of all nodes, relative to [`Document::start`].
    pub fn tree(&self) -> &yaml::Document {
        &self.tree
    }

    /// The way from the tree's root to this object.
    pub fn prefix(&self) -> &[Step] {
        &self.prefix
    }
}

/// Line and column, both from 1, of a byte of the text.
pub fn position(text: &str, offset: usize) -> (usize, usize) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Collects diagnostics and gives them their line and column.
pub(crate) struct Report<'a> {
    pub(crate) text: &'a str,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Report<'_> {
    /// Whether nothing more need be looked for.
    pub(crate) fn is_full(&self) -> bool {
        self.diagnostics.len() >= DIAGNOSTICS_MAX
    }

    pub(crate) fn add(
        &mut self,
        severity: Severity,
        span: Span,
        path: String,
        message: String,
    ) -> &mut Diagnostic {
        let (line, column) = position(self.text, span.start);
        let new = Diagnostic { severity, message, hint: None, path, span, line, column };
        if self.diagnostics.len() < DIAGNOSTICS_MAX {
            self.diagnostics.push(new);
        } else {
            self.diagnostics[DIAGNOSTICS_MAX - 1] = new;
        }
        let last = self.diagnostics.len() - 1;
        &mut self.diagnostics[last]
    }
}

/// Reads a manifest: its objects, and what kubectl and strict decoding have to say about them.
pub fn parse(text: &str) -> (Vec<Document>, Vec<Diagnostic>) {
    let mut report = Report { text, diagnostics: Vec::new() };
    let mut documents = Vec::new();
    if text.len() > TEXT_MAX {
        let message = "Request entity too large: limit is 3145728".to_string();
        report.add(Severity::Error, Span::default(), String::new(), message);
        return (documents, report.diagnostics);
    }
    let (rest, mut json_error) = match read_json(text, &mut report, &mut documents) {
        Json::All => (text.len(), None),
        Json::Until(rest, error) => (rest, error),
    };
    for part in split(&text[rest..]) {
        match part {
            Ok((start, part)) => {
                let error = json_error.take();
                read_document(rest + start, part, error.as_ref(), &mut report, &mut documents);
            }
            Err((at, message)) => {
                let at = rest + at;
                let end = text[at..].find('\n').map_or(text.len(), |n| at + n);
                report.add(Severity::Error, Span { start: at, end }, String::new(), message.clone());
                documents.push(refused(at, Refusal::Parse(message)));
                break;
            }
        }
        if documents.len() > DOCUMENTS_MAX {
            break;
        }
    }
    for document in &documents {
        if document.refusal.is_none() || matches!(document.refusal, Some(Refusal::Decode(_))) {
            report_decoding(document, &mut report);
        }
    }
    (documents, report.diagnostics)
}

fn refused(start: usize, refusal: Refusal) -> Document {
    Document {
        object: Value::Null,
        kind: None,
        refusal: Some(refusal),
        decoded: decode::Decoded::default(),
        start,
        tree: Rc::default(),
        prefix: Vec::new(),
    }
}

/// How far a text is a stream of JSON values.
enum Json {
    /// There is nothing else in it, or nothing that can be read.
    All,
    /// The rest is read as YAML; if that fails at once, the error says why it was no JSON.
    Until(usize, Option<JsonError>),
}

/// Reads JSON values one after another, as long as there are any.
/// Models YAMLOrJSONDecoder.Decode in apimachinery/pkg/util/yaml/decoder.go (v1.36)
fn read_json(text: &str, report: &mut Report<'_>, documents: &mut Vec<Document>) -> Json {
    if !json_scan::looks_like_json(text) {
        return Json::Until(0, None);
    }
    let (mut at, mut count) = (0, 0);
    loop {
        match json_scan::value_end(text, at) {
            Ok(None) => return Json::All,
            Ok(Some(end)) => {
                let start = at + (text[at..end].len() - text[at..end].trim_start().len());
                read_document(start, &text[start..end], None, report, documents);
                (at, count) = (end, count + 1);
                let ends = documents.last().and_then(|document| document.refusal.as_ref());
                if ends.is_some_and(Refusal::ends_file) || documents.len() > DOCUMENTS_MAX {
                    return Json::All;
                }
            }
            // Two values make it clear that no YAML is meant.
            Err(error) if count > 1 => {
                let place = error.offset.map_or(text.len(), |offset| offset - 1);
                let span = Span { start: place, end: place };
                report.add(Severity::Error, span, String::new(), error.message());
                documents.push(refused(at, Refusal::Parse(error.message())));
                return Json::All;
            }
            Err(error) => {
                let spaces = text[at..].len() - text[at..].trim_start().len();
                let line = text[at..at + spaces].find('\n').map_or(spaces, |newline| newline + 1);
                return Json::Until(at + line, Some(error));
            }
        }
    }
}

/// A part of the text, by where it begins; or what is wrong with the line that separates it.
type Piece<'a> = Result<(usize, &'a str), (usize, String)>;

/// The text between lines of `---`, as kubectl cuts it before it reads YAML.
/// Models YAMLReader.Read in apimachinery/pkg/util/yaml/decoder.go (v1.36)
fn split(text: &str) -> Vec<Piece<'_>> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        if let Some(rest) = line.strip_prefix("---") {
            let rest = rest.trim();
            if !rest.is_empty() && !rest.starts_with('#') {
                parts.push(Err((at, format!("invalid Yaml document separator: {rest}"))));
                return parts;
            }
            // A separator with nothing before it belongs to the document that it opens.
            if at > start {
                parts.push(Ok((start, &text[start..at])));
                start = at + line.len();
            }
        }
        at += line.len();
    }
    if text.len() > start {
        parts.push(Ok((start, &text[start..])));
    }
    parts
}

fn read_document(
    start: usize,
    part: &str,
    json_error: Option<&JsonError>,
    report: &mut Report<'_>,
    documents: &mut Vec<Document>,
) {
    let tree = match yaml::parse(part) {
        Ok(tree) => Rc::new(tree),
        Err(error) => {
            // JSON that YAML cannot read: characters beyond 16 bits are two escapes.
            if let Ok(object) = serde_json::from_str(part) {
                documents.push(identify(object, start, Rc::default(), Vec::new()));
                return;
            }
            let words = json_error.map_or_else(|| conversion_error(&error), JsonError::message);
            let refusal = Refusal::Parse(words);
            report_syntax(start, part, error, report);
            documents.push(refused(start, refusal));
            return;
        }
    };
    let object = match tree.to_json() {
        Ok(Value::Null) => return,
        Ok(object) => object,
        Err(error) => {
            let message = json_error.map_or_else(|| conversion_error(&error), JsonError::message);
            let span = Span { start, end: start + part.trim_end().len() };
            report.add(Severity::Error, span, String::new(), message.clone());
            documents.push(refused(start, Refusal::Parse(message)));
            return;
        }
    };
    report_duplicates(start, &tree, report);
    let items = match (&object["kind"], &object["apiVersion"], object["items"].as_array()) {
        (Value::String(kind), Value::String(version), Some(items)) if kind == "List" && version == "v1" => {
            Some(items)
        }
        _ => None,
    };
    let first = documents.len();
    match items {
        Some(items) => {
            for (i, item) in items.iter().take(DOCUMENTS_MAX).enumerate() {
                let prefix = vec![Step::Key("items".into()), Step::Index(i)];
                documents.push(identify(item.clone(), start, tree.clone(), prefix));
            }
        }
        None => documents.push(identify(object, start, tree, Vec::new())),
    }
    for document in &documents[first..] {
        report_refusal(document, report);
    }
}

fn conversion_error(error: &yaml::SyntaxError) -> String {
    format!("error converting YAML to JSON: {}", error.message())
}

/// What kubectl checks before it sends an object.
/// Models kubectl/pkg/validation and cli-runtime/pkg/resource (v1.36)
fn identify(object: Value, start: usize, tree: Rc<yaml::Document>, prefix: Vec<Step>) -> Document {
    let mut document = Document {
        object,
        kind: None,
        refusal: None,
        decoded: decode::Decoded::default(),
        start,
        tree,
        prefix,
    };
    document.refusal = refusal_of(&mut document);
    document
}

fn refusal_of(document: &mut Document) -> Option<Refusal> {
    let object = &document.object;
    if !object.is_object() {
        return Some(Refusal::Validate("invalid object to validate".into()));
    }
    let mut wrong = Vec::new();
    for key in ["apiVersion", "kind"] {
        match &object[key] {
            Value::Null => wrong.push(format!("{key} not set")),
            Value::String(text) if key == "apiVersion" && text.matches('/').count() > 1 => {
                wrong.push(format!("unexpected GroupVersion string: {text}"));
            }
            Value::String(_) => {}
            _ => wrong.push(format!("{key} isn't string type")),
        }
    }
    if !wrong.is_empty() {
        return Some(Refusal::Validate(crate::print::aggregate(&wrong)));
    }
    let (version, name) = (object["apiVersion"].as_str()?, object["kind"].as_str()?);
    if name.is_empty() {
        return Some(Refusal::Decode(format!("Object 'Kind' is missing in '{object}'")));
    }
    document.kind = kind::by_gvk(version, name);
    let metadata = decode::decode_metadata(object);
    if let Some(message) = metadata.error(false) {
        // kubectl stops here; whoever writes the text wants to know about the rest too.
        document.decoded = document.kind.map_or(metadata, |kind| decode::decode(kind, object));
        return Some(Refusal::Decode(message));
    }
    match document.kind {
        Some(kind) => {
            document.decoded = decode::decode(kind, object);
            None
        }
        // The mapper of kubectl knows kinds in lower case too; the API server refuses them then.
        None if KINDS
            .iter()
            .any(|kind| kind.api_version() == version && kind.kind.to_ascii_lowercase() == name) =>
        {
            None
        }
        None => Some(Refusal::NoMatch { kind: name.into(), version: version.into() }),
    }
}

/// The API server's words for a kind in the wrong case, such as `pod`.
pub fn unregistered(document: &Document) -> Option<String> {
    if document.refusal.is_some() || document.kind.is_some() {
        return None;
    }
    let (version, name) = (document.object["apiVersion"].as_str()?, document.object["kind"].as_str()?);
    let kind =
        KINDS.iter().find(|kind| kind.api_version() == version && kind.kind.to_ascii_lowercase() == name)?;
    Some(format!(
        "{name} in version {} cannot be handled as a {}: no kind {} is registered for version {} in scheme \
         \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\"",
        quote(kind.version),
        kind.kind,
        quote(name),
        quote(version)
    ))
}

fn report_syntax(start: usize, part: &str, first: yaml::SyntaxError, report: &mut Report<'_>) {
    let mut text = part.to_string();
    let mut error = first;
    let mut reported_line = None;
    for _ in 0..SYNTAX_ERRORS_MAX {
        let offset = error.offset.min(part.len());
        let line_start = part.as_bytes()[..offset].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let line_end =
            part.as_bytes()[offset..].iter().position(|b| *b == b'\n').map_or(part.len(), |n| offset + n);
        if reported_line.is_none_or(|line| line_start > line) {
            let word_end = part.as_bytes()[offset..line_end]
                .iter()
                .position(|b| matches!(b, b' ' | b'\r'))
                .map_or(line_end, |n| offset + n.max(1));
            let span = Span { start: start + offset, end: start + word_end };
            let diagnostic = report.add(Severity::Error, span, String::new(), conversion_error(&error));
            diagnostic.hint = syntax_hint(&part[line_start..line_end], &error.problem);
            reported_line = Some(line_start);
        }
        // Blank the line out and look for what else is wrong further down.
        if error.stage == yaml::Stage::Composer || line_start >= line_end {
            break;
        }
        text.replace_range(line_start..line_end, &" ".repeat(line_end - line_start));
        match yaml::parse(&text) {
            Ok(_) => break,
            Err(next) if next.offset <= offset => break,
            Err(next) => error = next,
        }
    }
}

fn syntax_hint(line: &str, problem: &str) -> Option<String> {
    let text = if line.trim_start_matches(' ').starts_with('\t') {
        "YAML does not allow tabs for indentation: use spaces."
    } else if problem.contains("cannot start any token") {
        "A value that begins with such a character needs quotes."
    } else if problem.contains("mapping values are not allowed") {
        "Check the indentation of this line, and put quotes around a value that contains \": \"."
    } else if problem.contains("could not find expected ':'") {
        "A key needs a colon and a space after it."
    } else if problem.contains("expected key") || problem.contains("'-' indicator") {
        "The line is not indented like its neighbours."
    } else if problem.contains("expected ','") {
        "A bracket is not closed, or a comma is missing."
    } else {
        return None;
    };
    Some(text.to_string())
}

/// Keys that come twice: kubectl takes the last one without a word.
fn report_duplicates(start: usize, tree: &yaml::Document, report: &mut Report<'_>) {
    for node in &tree.nodes {
        let NodeKind::Mapping(entries) = &node.kind else { continue };
        let mut seen = Names::default();
        for (key, _) in entries {
            let Some(text) = tree.key_text(*key) else { continue };
            if text != "<<" && !seen.insert(&text) && !report.is_full() {
                let span = tree.nodes[*key].span;
                let span = Span { start: start + span.start, end: start + span.end };
                let message =
                    format!("key {} is already set above; kubectl takes the last one", quote(&text));
                report.add(Severity::Warning, span, String::new(), message);
            }
        }
    }
}

fn report_refusal(document: &Document, report: &mut Report<'_>) {
    let Some(refusal) = &document.refusal else {
        if let Some(message) = unregistered(document) {
            let span = document.locate(&[Step::Key("kind".into())], Part::Value);
            let name = document.object["kind"].as_str().unwrap_or("");
            let meant =
                KINDS.iter().find(|kind| kind.kind.to_ascii_lowercase() == name).map(|kind| kind.kind);
            let diagnostic = report.add(Severity::Error, span, "kind".into(), message);
            diagnostic.hint = meant.map(|meant| format!("Kinds begin with a capital letter: {meant}."));
        }
        return;
    };
    match refusal {
        Refusal::Parse(_) | Refusal::Decode(_) => {}
        Refusal::Validate(message) => {
            let span = document.locate(&[], Part::Key);
            report.add(Severity::Error, span, String::new(), message.clone());
        }
        Refusal::NoMatch { kind, version } => {
            let known = kind::by_kind(kind);
            let field = if known.is_some() { "apiVersion" } else { "kind" };
            let span = document.locate(&[Step::Key(field.into())], Part::Value);
            let diagnostic = report.add(Severity::Error, span, field.into(), refusal.message());
            diagnostic.hint = match known {
                Some(known) => {
                    Some(format!("A {kind} has apiVersion {}, not {version}.", known.api_version()))
                }
                None if kind == "Container" => Some("A container is a part of a Pod: kind is Pod.".into()),
                None => similar(kind, KINDS.iter().map(|kind| kind.kind))
                    .map(|meant| format!("Did you mean {meant}?")),
            };
        }
    }
}

fn report_decoding(document: &Document, report: &mut Report<'_>) {
    for (problem, part) in document
        .decoded
        .mistyped
        .iter()
        .map(|problem| (problem, Part::Value))
        .chain(document.decoded.unknown.iter().map(|problem| (problem, Part::Key)))
    {
        if report.is_full() {
            return;
        }
        let span = document.locate(&problem.path, part);
        let path = decode::path_text(&problem.path);
        let hint = decoding_hint(document, problem);
        report.add(Severity::Error, span, path, problem.message.clone()).hint = hint;
    }
}

fn decoding_hint(document: &Document, problem: &Problem) -> Option<String> {
    if let Some(meant) = problem.meant {
        return Some(format!("Did you mean {meant}?"));
    }
    let value = problem.path.iter().try_fold(&document.object, |value, step| match step {
        Step::Key(key) => value.get(key),
        Step::Index(i) => value.get(i),
    })?;
    let message = &problem.message;
    if message.ends_with("of type string") {
        return match value {
            Value::Bool(_) => Some("YAML reads this word as true or false: put it in quotes.".into()),
            Value::Number(_) => Some("YAML reads this as a number: put it in quotes.".into()),
            Value::Object(_) => Some("YAML reads \"a: b\" as a mapping: put the whole in quotes.".into()),
            Value::Null | Value::String(_) | Value::Array(_) => None,
        };
    }
    if message.contains("of type []") {
        return Some("A list is expected here: begin each item with \"- \".".into());
    }
    if message.contains("unmarshal string")
        && (message.contains("of type int") || message.contains("of type bool"))
    {
        return Some("Leave the quotes out.".into());
    }
    if message.starts_with("quantities must match") {
        return Some("Write an amount as in 500m (cpu) or 64Mi (memory).".into());
    }
    None
}
