//! Paths and errors of fields, with the words of the API server.
//! Models k8s.io/apimachinery/pkg/util/validation/field (v1.36)

use std::fmt;

use serde_json::Value;

use crate::meta::{Status, StatusCause, StatusDetails};
use crate::print::{aggregate, json, quote};
use crate::small::Names;
use crate::yaml::Step;

/// The way to a field: `spec.containers[0].image`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Path(String);

impl Path {
    /// The path of a field of the object itself.
    pub fn new(name: &str) -> Path {
        Path(name.to_string())
    }

    /// A field of the structure at this path.
    pub fn child(&self, name: &str) -> Path {
        if self.0.is_empty() { Path::new(name) } else { Path(format!("{}.{name}", self.0)) }
    }

    /// An item of the list at this path.
    pub fn index(&self, i: usize) -> Path {
        Path(format!("{}[{i}]", self.0))
    }

    /// An entry of the mapping at this path.
    pub fn key(&self, key: &str) -> Path {
        Path(format!("{}[{key}]", self.0))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The steps of a path's text; what stands in brackets is an index or a key.
pub fn steps(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let end = inner.find(']').unwrap_or(inner.len());
            let word = &inner[..end];
            steps.push(word.parse().map_or_else(|_| Step::Key(word.to_string()), Step::Index));
            rest = inner.get(end + 1..).unwrap_or("");
        } else {
            let word = rest.strip_prefix('.').unwrap_or(rest);
            let end = word.find(['.', '[']).unwrap_or(word.len());
            if end > 0 {
                steps.push(Step::Key(word[..end].to_string()));
            } else if word.len() == rest.len() {
                break;
            }
            rest = &word[end..];
        }
    }
    steps
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorType {
    /// It names something that is not there.
    NotFound,
    /// It is missing.
    Required,
    /// It comes twice.
    Duplicate,
    /// It is malformed or out of bounds.
    Invalid,
    /// It is none of the allowed values.
    NotSupported,
    /// It may not be set.
    Forbidden,
    /// It is too long.
    TooLong,
    /// There are too many.
    TooMany,
    /// Something else went wrong.
    Internal,
}

impl ErrorType {
    /// The words in a message.
    pub fn words(self) -> &'static str {
        match self {
            ErrorType::NotFound => "Not found",
            ErrorType::Required => "Required value",
            ErrorType::Duplicate => "Duplicate value",
            ErrorType::Invalid => "Invalid value",
            ErrorType::NotSupported => "Unsupported value",
            ErrorType::Forbidden => "Forbidden",
            ErrorType::TooLong => "Too long",
            ErrorType::TooMany => "Too many",
            ErrorType::Internal => "Internal error",
        }
    }

    /// The reason in a Status.
    pub fn reason(self) -> &'static str {
        match self {
            ErrorType::NotFound => "FieldValueNotFound",
            ErrorType::Required => "FieldValueRequired",
            ErrorType::Duplicate => "FieldValueDuplicate",
            ErrorType::Invalid => "FieldValueInvalid",
            ErrorType::NotSupported => "FieldValueNotSupported",
            ErrorType::Forbidden => "FieldValueForbidden",
            ErrorType::TooLong => "FieldValueTooLong",
            ErrorType::TooMany => "FieldValueTooMany",
            ErrorType::Internal => "InternalError",
        }
    }
}

/// One error of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorType,
    /// The field's path as text.
    pub field: String,
    /// The words after the path: `Invalid value: -1: must be …`.
    pub body: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.body)
    }
}

/// A value in an error's message.
#[derive(Debug)]
pub enum Bad<'a> {
    /// In quotes.
    Text(&'a str),
    /// As it is.
    Plain(String),
}

impl<'a> From<&'a str> for Bad<'a> {
    fn from(text: &'a str) -> Self {
        Bad::Text(text)
    }
}

impl<'a> From<&'a String> for Bad<'a> {
    fn from(text: &'a String) -> Self {
        Bad::Text(text)
    }
}

impl From<i64> for Bad<'_> {
    fn from(number: i64) -> Self {
        Bad::Plain(number.to_string())
    }
}

impl From<i32> for Bad<'_> {
    fn from(number: i32) -> Self {
        Bad::Plain(number.to_string())
    }
}

impl From<bool> for Bad<'_> {
    fn from(yes: bool) -> Self {
        Bad::Plain(yes.to_string())
    }
}

impl From<&Value> for Bad<'_> {
    fn from(value: &Value) -> Self {
        Bad::Plain(json(value))
    }
}

impl Bad<'_> {
    fn text(&self) -> String {
        match self {
            Bad::Text(text) => quote(text),
            Bad::Plain(text) => text.clone(),
        }
    }
}

/// All errors of an object, in the order in which the API server finds them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorList(pub Vec<Error>);

impl ErrorList {
    fn add(&mut self, kind: ErrorType, path: &Path, value: Option<String>, detail: &str) {
        let mut body = kind.words().to_string();
        for part in [value.as_deref().unwrap_or(""), detail] {
            if !part.is_empty() {
                body.push_str(": ");
                body.push_str(part);
            }
        }
        self.0.push(Error { kind, field: path.to_string(), body });
    }

    /// A malformed value.
    pub fn invalid<'a>(&mut self, path: &Path, value: impl Into<Bad<'a>>, detail: &str) {
        self.add(ErrorType::Invalid, path, Some(value.into().text()), detail);
    }

    /// A malformed value, once for each message.
    pub fn invalid_each(&mut self, path: &Path, value: &str, details: &[String]) {
        for detail in details {
            self.invalid(path, value, detail);
        }
    }

    /// A text that must follow a rule.
    pub fn check(&mut self, path: &Path, text: &str, rule: fn(&str) -> Vec<String>) {
        self.invalid_each(path, text, &rule(text));
    }

    /// A missing value.
    pub fn required(&mut self, path: &Path, detail: &str) {
        self.add(ErrorType::Required, path, None, detail);
    }

    /// A value that may not be set.
    pub fn forbidden(&mut self, path: &Path, detail: &str) {
        self.add(ErrorType::Forbidden, path, None, detail);
    }

    /// A value that comes twice.
    pub fn duplicate<'a>(&mut self, path: &Path, value: impl Into<Bad<'a>>) {
        self.add(ErrorType::Duplicate, path, Some(value.into().text()), "");
    }

    /// A name that nothing has.
    pub fn not_found<'a>(&mut self, path: &Path, value: impl Into<Bad<'a>>, detail: &str) {
        self.add(ErrorType::NotFound, path, Some(value.into().text()), detail);
    }

    /// A value that is none of the allowed ones.
    pub fn not_supported<'a>(&mut self, path: &Path, value: impl Into<Bad<'a>>, valid: &[&str]) {
        let valid: Vec<String> = valid.iter().map(|word| quote(word)).collect();
        let detail = format!("supported values: {}", valid.join(", "));
        self.add(ErrorType::NotSupported, path, Some(value.into().text()), &detail);
    }

    /// A text that is too long.
    pub fn too_long(&mut self, path: &Path, max: usize) {
        self.add(ErrorType::TooLong, path, None, &format!("may not be more than {max} bytes"));
    }

    /// A list that is too long.
    pub fn too_many(&mut self, path: &Path, count: usize, max: usize) {
        let detail = format!("must have at most {max} {}", if max == 1 { "item" } else { "items" });
        self.add(ErrorType::TooMany, path, Some(count.to_string()), &detail);
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the errors of another list.
    pub fn append(&mut self, other: ErrorList) {
        self.0.extend(other.0);
    }

    /// The messages in order.
    pub fn messages_all(&self) -> Vec<String> {
        self.0.iter().map(Error::to_string).collect()
    }

    /// The messages, each once.
    pub fn messages(&self) -> Vec<String> {
        let mut seen = Names::default();
        let mut messages = self.messages_all();
        messages.retain(|message| seen.insert(message));
        messages
    }

    /// The API server's answer to an object with these errors.
    /// Models apierrors.NewInvalid (v1.36)
    pub fn status(&self, group: &str, kind: &str, name: &str) -> Status {
        let all = aggregate(&self.messages());
        let causes = self
            .0
            .iter()
            .map(|error| StatusCause {
                reason: error.kind.reason().into(),
                message: error.body.clone(),
                field: error.field.clone(),
            })
            .collect();
        let qualified = if group.is_empty() { kind.to_string() } else { format!("{kind}.{group}") };
        Status {
            status: "Failure".into(),
            message: format!("{qualified} {} is invalid: {all}", quote(name)),
            reason: "Invalid".into(),
            details: Some(StatusDetails {
                name: name.into(),
                group: group.into(),
                kind: kind.into(),
                causes,
                ..StatusDetails::default()
            }),
            code: 422,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_taken_apart() {
        let path = steps("spec.containers[0].resources.limits[nvidia.com/gpu]");
        assert_eq!(path.len(), 6);
        assert_eq!(path[2], Step::Index(0));
        assert_eq!(path[5], Step::Key("nvidia.com/gpu".into()));
        assert!(steps("").is_empty() && steps("..").is_empty() && !steps("[").is_empty());
    }
}
