//! Strict decoding: does a tree fit the types of its kind? The texts are those of the API server.
//! Models sigs.k8s.io/json and encoding/json as used in Kubernetes v1.36

use serde_json::Value;

use crate::kind::Kind;
use crate::quantity::Quantity;
use crate::schema::{Leaf, Shape, schema};
use crate::yaml::Step;

/// More problems than this are not listed.
const PROBLEMS_MAX: usize = 100;

/// One thing that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The API server's words for it.
    pub message: String,
    /// Where it is.
    pub path: Vec<Step>,
    /// The name that was probably meant, for an unknown field.
    pub meant: Option<&'static str>,
    /// Whether the type reads itself, as amounts and moments do.
    pub own: bool,
}

/// What decoding found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// Values of the wrong type; the API server names the first only. A type that reads itself ends the reading,
    /// and its error counts before those of plain types above it.
    pub mistyped: Vec<Problem>,
    /// Fields that do not exist; the API server names them all, unless something is mistyped.
    pub unknown: Vec<Problem>,
}

impl Decoded {
    /// The API server's message, if anything is wrong; `strict` is off with `--validate=ignore`.
    pub fn error(&self, strict: bool) -> Option<String> {
        if let Some(first) = self.mistyped.first() {
            return Some(first.message.clone());
        }
        if self.unknown.is_empty() || !strict {
            return None;
        }
        let all: Vec<&str> = self.unknown.iter().map(|problem| problem.message.as_str()).collect();
        Some(format!("strict decoding error: {}", all.join(", ")))
    }

    /// The message with which the API server refuses the request.
    pub fn bad_request(&self, kind: &Kind, strict: bool) -> Option<String> {
        let error = self.error(strict)?;
        let name = kind.kind;
        Some(format!(
            "{name} in version {} cannot be handled as a {name}: {error}",
            crate::print::quote(kind.version)
        ))
    }
}

/// Decodes an object of a kind.
pub fn decode(kind: &Kind, object: &Value) -> Decoded {
    match schema().of_kind(kind) {
        Some(root) => decode_type(root, object),
        None => Decoded::default(),
    }
}

/// What kubectl itself checks before it sends an object: the types of the metadata.
/// Models cli-runtime/pkg/resource/metadata_decoder.go (v1.36)
pub fn decode_metadata(object: &Value) -> Decoded {
    let mut decoder = Decoder::default();
    if let Some(metadata) = object.get("metadata") {
        decoder.names.push("metadata");
        decoder.path.push(Step::Key("metadata".into()));
        decoder.owner = "metadataOnlyObject";
        decoder.value("ObjectMeta", metadata);
    }
    decoder.decoded.unknown.clear();
    decoder.decoded
}

fn decode_type(root: &'static str, object: &Value) -> Decoded {
    let mut decoder = Decoder::default();
    decoder.object(root, object, true);
    decoder.decoded
}

/// A name that probably was meant: few letters differ, or only their case.
pub fn similar<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_ascii_lowercase();
    let limit = 1 + word.chars().count() / 4;
    names
        .into_iter()
        .map(|name| (distance(&lower, &name.to_ascii_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many letters must be added, dropped, replaced or swapped; long words are not compared.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// A path as strict decoding writes it: `spec.containers[0].image`.
pub fn path_text(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Index(i) => text.push_str(&format!("[{i}]")),
            Step::Key(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
        }
    }
    text
}

/// A Go type as messages write it.
fn go_name(go_type: &str) -> String {
    let go_type = go_type.trim_start_matches('*');
    if go_type == "[]byte" {
        return "[]uint8".into();
    }
    if let Some(item) = go_type.strip_prefix("[]") {
        let pointer = if item.starts_with('*') { "*" } else { "" };
        return format!("[]{pointer}{}", go_name(item));
    }
    if let Some((key, value)) = go_type.strip_prefix("map[").and_then(|rest| rest.split_once(']')) {
        return format!("map[{}]{}", go_name(key), go_name(value));
    }
    let basic = ["string", "bool", "int", "int32", "int64", "uint32", "float64", "uint8"];
    let go_type = go_type.split('#').next().unwrap_or(go_type);
    if basic.contains(&go_type) || go_type.contains('.') { go_type.into() } else { format!("v1.{go_type}") }
}

#[derive(Default)]
struct Decoder {
    decoded: Decoded,
    path: Vec<Step>,
    /// The names of the fields on the way, as Go's messages list them: no indices, no keys of mappings.
    names: Vec<&'static str>,
    /// The structure whose field is being decoded.
    owner: &'static str,
    /// Whether a type that reads itself has failed: the API server reads no further.
    ended: bool,
}

impl Decoder {
    fn report(&mut self, message: String, own: bool) {
        if self.decoded.mistyped.len() < PROBLEMS_MAX {
            self.decoded.mistyped.push(Problem { message, path: self.path.clone(), meant: None, own });
        }
    }

    /// The error of a type that reads itself.
    fn end(&mut self, message: String) {
        self.report(message, true);
        if !std::mem::replace(&mut self.ended, true) {
            let last = self.decoded.mistyped.len() - 1;
            self.decoded.mistyped.swap(0, last);
        }
    }

    fn mistyped(&mut self, what: &str, go_type: &str) {
        let message = self.words(what, go_type);
        self.report(message, false);
    }

    fn words(&self, what: &str, go_type: &str) -> String {
        let target = if self.owner.is_empty() {
            "Go value".to_string()
        } else {
            let owner = self.owner.rsplit('.').next().unwrap_or(self.owner);
            let owner = owner.split('#').next().unwrap_or(owner);
            format!("Go struct field {owner}.{}", self.names.join("."))
        };
        format!("json: cannot unmarshal {what} into {target} of type {}", go_name(go_type))
    }

    fn object(&mut self, name: &'static str, value: &Value, root: bool) {
        // The templates of a StatefulSet are whole objects.
        let root = root || name == "PersistentVolumeClaim";
        let Some(map) = value.as_object() else { return };
        let schema = schema();
        for (key, item) in map {
            if root && (key == "apiVersion" || key == "kind") {
                if !matches!(item, Value::String(_) | Value::Null) {
                    self.names.push("TypeMeta");
                    self.names.push(if key == "kind" { "kind" } else { "apiVersion" });
                    self.path.push(Step::Key(key.clone()));
                    let owner = std::mem::replace(&mut self.owner, name);
                    self.value("string", item);
                    self.owner = owner;
                    self.path.pop();
                    self.names.truncate(self.names.len() - 2);
                }
                continue;
            }
            self.path.push(Step::Key(key.clone()));
            match schema.field(name, key) {
                Some((way, field)) => {
                    let depth = self.names.len();
                    let owner = std::mem::replace(&mut self.owner, name);
                    self.names.extend(way);
                    self.names.push(field.name);
                    self.value(field.go_type, item);
                    self.names.truncate(depth);
                    self.owner = owner;
                }
                None => {
                    if self.decoded.unknown.len() < PROBLEMS_MAX {
                        let message =
                            format!("unknown field {}", crate::print::quote(&path_text(&self.path)));
                        let fields = schema.fields(name);
                        let meant = similar(key, fields.iter().map(|field| field.name));
                        self.decoded.unknown.push(Problem {
                            message,
                            path: self.path.clone(),
                            meant,
                            own: false,
                        });
                    }
                }
            }
            self.path.pop();
        }
    }

    fn value(&mut self, go_type: &'static str, value: &Value) {
        let what = match value {
            Value::Null => return,
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        match (schema().shape(go_type), value) {
            (Shape::Struct(name), Value::Object(_)) => self.object(name, value, false),
            (Shape::List(item), Value::Array(items)) => {
                for (i, inner) in items.iter().enumerate() {
                    self.path.push(Step::Index(i));
                    self.value(item, inner);
                    self.path.pop();
                }
            }
            (Shape::Map(item), Value::Object(map)) => {
                for (key, inner) in map {
                    self.path.push(Step::Key(key.clone()));
                    self.value(item, inner);
                    self.path.pop();
                }
            }
            (Shape::Leaf(leaf), _) => self.leaf(leaf, go_type, what, value),
            (Shape::Struct(_) | Shape::List(_) | Shape::Map(_), _) => self.mistyped(what, go_type),
        }
    }

    fn leaf(&mut self, leaf: Leaf, go_type: &'static str, what: &str, value: &Value) {
        match (leaf, value) {
            (Leaf::Any, _)
            | (Leaf::String, Value::String(_))
            | (Leaf::Bool, Value::Bool(_))
            | (Leaf::IntOrString, Value::String(_)) => {}
            (Leaf::Quantity, Value::Array(_) | Value::Object(_) | Value::Bool(_)) => {
                self.end(crate::quantity::QuantityError::Format.to_string());
            }
            (Leaf::Quantity, _) => {
                if let Err(error) = Quantity::from_value(value) {
                    self.end(error.to_string());
                }
            }
            (Leaf::Int(bits), Value::Number(number)) => {
                let fits = number.as_i64().is_some_and(|n| match bits {
                    8 => i8::try_from(n).is_ok() || u8::try_from(n).is_ok(),
                    32 => i32::try_from(n).is_ok(),
                    _ => true,
                });
                if !fits {
                    self.mistyped(&format!("number {number}"), go_type);
                }
            }
            (Leaf::IntOrString, Value::Number(number)) => {
                if number.as_i64().is_none_or(|n| i32::try_from(n).is_err()) {
                    let words = self.words(&format!("number {number}"), "int32");
                    self.end(words);
                }
            }
            (Leaf::IntOrString, _) => {
                let words = self.words(what, "int32");
                self.end(words);
            }
            (Leaf::Time, Value::String(text)) => {
                if crate::time::parse_rfc3339(text).is_none() {
                    let rest = crate::print::quote(text);
                    self.end(format!(
                        "parsing time {rest} as \"2006-01-02T15:04:05Z07:00\": cannot parse {rest} as \"2006\""
                    ));
                }
            }
            (Leaf::Time, _) => {
                let words = self.words(what, "string");
                self.end(words);
            }
            (Leaf::Bytes, Value::String(text)) => {
                if let Err(at) = base64_check(text) {
                    self.report(format!("illegal base64 data at input byte {at}"), false);
                }
            }
            (Leaf::Bytes, Value::Array(items)) => {
                for item in items {
                    self.value("uint8", item);
                }
            }
            (Leaf::String | Leaf::Bool | Leaf::Int(_) | Leaf::Bytes, _) => self.mistyped(what, go_type),
        }
    }
}

/// Decodes base64 as Go's StdEncoding does.
///
/// # Errors
/// The byte at which it is wrong.
pub fn base64_decode(text: &str) -> Result<Vec<u8>, usize> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3);
    let mut group = [0u8; 4];
    let mut filled = 0;
    let mut at = 0;
    let skip_breaks = |mut at: usize| {
        while matches!(bytes.get(at), Some(b'\n' | b'\r')) {
            at += 1;
        }
        at
    };
    loop {
        at = skip_breaks(at);
        let Some(byte) = bytes.get(at).copied() else {
            return if filled == 0 { Ok(out) } else { Err(at - filled) };
        };
        let here = at;
        at += 1;
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' if filled >= 2 => {
                if filled == 2 {
                    at = skip_breaks(at);
                    match bytes.get(at) {
                        Some(b'=') => at += 1,
                        Some(_) => return Err(here),
                        None => return Err(bytes.len()),
                    }
                }
                at = skip_breaks(at);
                if at < bytes.len() {
                    return Err(at);
                }
                out.push(group[0] << 2 | group[1] >> 4);
                if filled == 3 {
                    out.push(group[1] << 4 | group[2] >> 2);
                }
                return Ok(out);
            }
            _ => return Err(here),
        };
        group[filled] = six;
        filled += 1;
        if filled == 4 {
            out.extend([
                group[0] << 2 | group[1] >> 4,
                group[1] << 4 | group[2] >> 2,
                group[2] << 6 | group[3],
            ]);
            filled = 0;
        }
    }
}

/// Encodes bytes as base64.
pub fn base64_encode(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * i)) as usize & 63];
            out.push(if i <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

fn base64_check(text: &str) -> Result<(), usize> {
    base64_decode(text).map(|_| ())
}
