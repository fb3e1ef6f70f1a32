//! Completion and hover texts for the editor.
//!
//! Both go by the indentation of the lines rather than by the YAML tree: while somebody types there often is
//! no tree.

use crate::kind::{self, KINDS, Kind};
use crate::schema::{Found, Leaf, Shape, help, schema};
use crate::small::{Names, order};
use crate::yaml::Step;

/// Texts with more lines than this get no completions.
const LINES_MAX: usize = 20_000;

/// One thing that could stand here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What the list shows.
    pub label: String,
    /// What is put into the text.
    pub insert: String,
    /// Its type, in words.
    pub detail: String,
    /// What it means; may be empty.
    pub info: &'static str,
    /// Whether the object needs it.
    pub required: bool,
}

/// What could stand at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completions {
    /// The first byte of the word that is replaced.
    pub from: usize,
    /// The byte after its last.
    pub to: usize,
    /// The possibilities, the required ones first.
    pub items: Vec<Completion>,
}

/// What a field means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// The first byte of the key.
    pub from: usize,
    /// The byte after its last.
    pub to: usize,
    /// The path of the field: `spec.containers[0].image`.
    pub path: String,
    /// Its type, in words.
    pub detail: String,
    /// Whether the object needs it.
    pub required: bool,
    /// The values that have names.
    pub values: Vec<&'static str>,
    /// What it means; may be empty.
    pub info: &'static str,
}

/// One line of YAML as far as completion understands it.
#[derive(Debug, Default)]
struct Line<'a> {
    /// Where the line begins, in bytes.
    start: usize,
    /// The way to the key of the line, or to the place where one could stand.
    path: Vec<Step>,
    /// The key, and where it begins.
    key: Option<(&'a str, usize)>,
    /// Where the value begins.
    value: Option<usize>,
    /// Whether the line is inside a block of text.
    is_text: bool,
}

/// The lines of one document and what kind it is.
struct Outline<'a> {
    lines: Vec<Line<'a>>,
    kind: Option<&'static Kind>,
    kind_word: &'a str,
    version: &'a str,
}

/// Columns and steps of the keys and items that are open.
type Open = Vec<(usize, Step)>;

fn push_item(open: &mut Open, column: usize) {
    while open.last().is_some_and(|(at, _)| *at > column) {
        open.pop();
    }
    match open.last_mut() {
        Some((at, Step::Index(i))) if *at == column => *i += 1,
        _ => open.push((column, Step::Index(0))),
    }
}

fn pop_to_key(open: &mut Open, column: usize) {
    while open.last().is_some_and(|(at, _)| *at >= column) {
        open.pop();
    }
}

fn steps_of(open: &Open) -> Vec<Step> {
    open.iter().map(|(_, step)| step.clone()).collect()
}

/// Where a key ends: at a colon that a blank or the end follows.
fn key_end(text: &str) -> Option<usize> {
    let end = text.find(": ").or_else(|| text.strip_suffix(':').map(str::len))?;
    (!text[..end].contains([' ', '{', '['])).then_some(end)
}

impl<'a> Outline<'a> {
    /// Reads the document that has this byte.
    fn read(text: &'a str, offset: usize) -> Option<Outline<'a>> {
        let mut start = 0;
        let mut at = 0;
        let mut end = text.len();
        for line in text.split_inclusive('\n') {
            if line.starts_with("---") {
                if at + line.len() <= offset {
                    start = at + line.len();
                } else {
                    end = at;
                    break;
                }
            }
            at += line.len();
        }
        let document = text.get(start..end.max(start))?;
        let mut outline = Outline { lines: Vec::new(), kind: None, kind_word: "", version: "" };
        let mut open: Open = Vec::new();
        let mut block: Option<usize> = None;
        let mut at = start;
        for line in document.split_inclusive('\n') {
            let here = at;
            at += line.len();
            if outline.lines.len() > LINES_MAX {
                return None;
            }
            let body = line.trim_end_matches(['\n', '\r']);
            let indent = body.len() - body.trim_start_matches(' ').len();
            let blank = body.trim().is_empty();
            if let Some(column) = block {
                if blank || indent > column {
                    outline.lines.push(Line { start: here, is_text: true, ..Line::default() });
                    continue;
                }
                block = None;
            }
            let has_cursor = here <= offset && offset <= here + body.len();
            if (blank && !has_cursor) || body.trim_start().starts_with('#') {
                outline.lines.push(Line { start: here, is_text: !blank, ..Line::default() });
                continue;
            }
            let mut column = if blank { indent.min(offset - here) } else { indent };
            let mut rest = body.get(column..).unwrap_or("");
            // A blank line that is being written on does not close anything for the lines after it.
            let saved = blank.then(|| open.clone());
            while let Some(item) = rest.strip_prefix("- ").or_else(|| (rest == "-").then_some("")) {
                push_item(&mut open, column);
                let inner = item.trim_start_matches(' ');
                column += rest.len() - inner.len();
                rest = inner;
            }
            pop_to_key(&mut open, column);
            let mut entry = Line { start: here, path: steps_of(&open), ..Line::default() };
            if let Some(end) = key_end(rest) {
                let key = rest[..end].trim_matches(['"', '\'']);
                let value = rest[end + 1..].trim_start_matches(' ');
                entry.key = Some((key, here + column));
                entry.value = Some(here + body.len() - value.len());
                if open.is_empty() && key == "kind" {
                    outline.kind_word = value.trim();
                } else if open.is_empty() && key == "apiVersion" {
                    outline.version = value.trim();
                }
                open.push((column, Step::Key(key.to_string())));
                if value.starts_with(['|', '>']) {
                    block = Some(column);
                }
            }
            outline.lines.push(entry);
            if let Some(saved) = saved {
                open = saved;
            }
        }
        if start + document.len() == at && (document.is_empty() || document.ends_with('\n')) && offset >= at {
            // The cursor stands on the empty line after the last.
            outline.lines.push(Line { start: at, ..Line::default() });
        }
        outline.kind =
            kind::by_gvk(outline.version, outline.kind_word).or_else(|| kind::by_kind(outline.kind_word));
        Some(outline)
    }

    fn line_at(&self, offset: usize) -> Option<&Line<'a>> {
        self.lines.iter().rev().find(|line| line.start <= offset)
    }

    fn found(&self, path: &[Step]) -> Option<Found<'static>> {
        let root = schema().of_kind(self.kind?)?;
        schema().at(root, path)
    }
}

/// What could stand at a byte of the text: a field, or a value.
pub fn complete(text: &str, offset: usize) -> Completions {
    let offset = floor(text, offset);
    let none = Completions { from: offset, to: offset, items: Vec::new() };
    let Some(outline) = Outline::read(text, offset) else { return none };
    let Some(line) = outline.line_at(offset).filter(|line| !line.is_text) else { return none };
    let before = &text[line.start..offset];
    if before.contains(" #") {
        return none;
    }
    match (line.key, line.value) {
        (Some((key, _)), Some(value)) if offset >= value => {
            let items = values(&outline, line, key);
            let end = text[offset..].find(['\n', '\r', ' ']).map_or(text.len(), |n| offset + n);
            Completions { from: value, to: end, items }
        }
        _ => {
            let word = before.rfind([' ', '-']).map_or(line.start, |n| line.start + n + 1);
            let from = line.key.map_or(word, |(_, from)| from.min(offset));
            let to = from + line.key.map_or(offset - from, |(key, _)| key.len());
            Completions { from, to: to.max(offset), items: keys(&outline, line, from - line.start) }
        }
    }
}

/// The fields that could stand on a line.
fn keys(outline: &Outline<'_>, line: &Line<'_>, column: usize) -> Vec<Completion> {
    let mut path = line.path.clone();
    let present: Vec<&str> = outline
        .lines
        .iter()
        .filter(|other| other.start != line.start && other.path == path)
        .filter_map(|other| other.key.map(|(key, _)| key))
        .collect();
    if path.is_empty() && outline.kind.is_none() {
        return ["apiVersion", "kind", "metadata", "spec"]
            .into_iter()
            .filter(|key| !present.contains(key))
            .map(|key| Completion {
                label: key.into(),
                insert: format!("{key}: "),
                detail: String::new(),
                info: "",
                required: true,
            })
            .collect();
    }
    let Some(mut found) = outline.found(&path) else { return Vec::new() };
    // A list takes items first.
    let mut lead = "";
    if let Shape::List(item) = schema().shape(found.go_type) {
        found.go_type = item;
        lead = "- ";
        path.push(Step::Index(0));
    }
    let Shape::Struct(name) = schema().shape(found.go_type) else { return Vec::new() };
    let mut items: Vec<Completion> = Vec::new();
    if path.is_empty() {
        for key in ["apiVersion", "kind"].into_iter().filter(|key| !present.contains(key)) {
            let insert = format!("{key}: ");
            items.push(Completion {
                label: key.into(),
                insert,
                detail: "string".into(),
                info: "",
                required: true,
            });
        }
    }
    for field in schema().fields(name) {
        if present.contains(&field.name) || (path.is_empty() && field.name == "status") {
            continue;
        }
        let way = schema().field(name, field.name);
        let owner = way.and_then(|(way, _)| way.last().copied()).unwrap_or(name);
        let owner = if owner == "EphemeralContainerCommon" { "Container" } else { owner };
        let inner = " ".repeat(column + lead.len());
        let insert = match schema().shape(field.go_type) {
            Shape::Struct(_) | Shape::Map(_) => format!("{lead}{}:\n{inner}  ", field.name),
            Shape::List(_) => format!("{lead}{}:\n{inner}- ", field.name),
            Shape::Leaf(_) => format!("{lead}{}: ", field.name),
        };
        let found = Found { owner: "", field: Some(field), go_type: field.go_type };
        items.push(Completion {
            label: field.name.into(),
            insert,
            detail: found.type_words(),
            info: help(owner, field.name).unwrap_or(""),
            required: field.required,
        });
    }
    let rank = |i: usize| 2 * usize::from(!items[i].required) + usize::from(items[i].info.is_empty());
    order(items.len(), &|a, b| rank(a) < rank(b)).into_iter().map(|i| items[i].clone()).collect()
}

/// The values that could stand after a key.
fn values(outline: &Outline<'_>, line: &Line<'_>, key: &str) -> Vec<Completion> {
    let item = |label: &str, detail: &str| Completion {
        label: label.into(),
        insert: label.into(),
        detail: detail.into(),
        info: "",
        required: false,
    };
    if line.path.is_empty() && key == "kind" {
        let known =
            KINDS.iter().filter(|kind| outline.version.is_empty() || kind.api_version() == outline.version);
        return known.map(|kind| item(kind.kind, &kind.api_version())).collect();
    }
    if line.path.is_empty() && key == "apiVersion" {
        if let Some(kind) = kind::by_kind(outline.kind_word) {
            return vec![item(&kind.api_version(), kind.kind)];
        }
        let mut versions = Names::default();
        KINDS.iter().for_each(|kind| {
            versions.insert(&kind.api_version());
        });
        return versions.list().into_iter().map(|version| item(version, "")).collect();
    }
    let mut path = line.path.clone();
    path.push(Step::Key(key.to_string()));
    let Some(found) = outline.found(&path) else { return Vec::new() };
    if schema().shape(found.go_type) == Shape::Leaf(Leaf::Bool) {
        return vec![item("true", ""), item("false", "")];
    }
    schema()
        .values(found.go_type)
        .iter()
        .filter(|value| !value.is_empty())
        .map(|value| item(value, ""))
        .collect()
}

/// What the field under a byte of the text means.
pub fn hover(text: &str, offset: usize) -> Option<Hover> {
    let offset = floor(text, offset);
    let outline = Outline::read(text, offset)?;
    let line = outline.line_at(offset)?;
    let (key, from) = line.key?;
    let to = from + key.len();
    if offset < from || offset > to {
        return None;
    }
    let mut path = line.path.clone();
    path.push(Step::Key(key.to_string()));
    let found = outline.found(&path)?;
    let field = found.field?;
    let owner = if found.owner == "EphemeralContainerCommon" { "Container" } else { found.owner };
    Some(Hover {
        from,
        to,
        path: crate::decode::path_text(&path),
        detail: found.type_words(),
        required: field.required,
        values: schema().values(field.go_type).to_vec(),
        info: help(owner, field.name).unwrap_or(""),
    })
}

/// The byte itself, or the start of the character that it is in.
fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    const POD: &str =
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n  - name: c\n    im\n";

    fn labels(text: &str, at: usize) -> Vec<String> {
        complete(text, at).items.into_iter().map(|item| item.label).collect()
    }

    #[test]
    fn fields_and_values_are_offered() {
        let at = POD.len() - 1;
        let found = complete(POD, at);
        assert_eq!(&POD[found.from..found.to], "im");
        assert!(found.items.iter().any(|item| item.label == "image" && !item.info.is_empty()));
        assert!(!found.items.iter().any(|item| item.label == "name"), "name is there already");
        let text = format!("{POD}  restartPolicy: ");
        assert_eq!(labels(&text, text.len()), ["Always", "OnFailure", "Never"]);
        assert!(labels("ki", 2).contains(&"kind".to_string()));
        let text = format!("{POD}  ");
        assert!(labels(&text, text.len()).contains(&"volumes".to_string()));
    }

    #[test]
    fn a_key_is_explained() {
        let at = POD.find("containers").unwrap_or(0) + 3;
        let found = hover(POD, at);
        assert_eq!(found.as_ref().map(|hover| hover.path.as_str()), Some("spec.containers"));
        assert_eq!(found.map(|hover| (hover.required, hover.info.is_empty())), Some((true, false)));
    }
}
