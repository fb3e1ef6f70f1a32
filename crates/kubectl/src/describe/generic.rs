//! Kinds without a description of their own: their metadata, and their fields as a tree.
//! Models describe.go genericDescriber and printUnstructuredContent (v1.36)

use serde_json::Value;

use super::Page;
use crate::tree::{at, plain};

pub(super) fn describe(page: &mut Page, object: &Value) {
    page.head(object);
    page.labels("Labels", at(object, "metadata.labels"));
    page.annotations(object);
    tree(page, 0, object, "");
}

/// `creationTimestamp` as `Creation Timestamp`.
fn title(field: &str) -> String {
    let mut title = String::new();
    let mut before = ' ';
    for c in field.chars() {
        if title.is_empty() {
            title.extend(c.to_uppercase());
        } else {
            if c.is_uppercase() && before.is_lowercase() {
                title.push(' ');
            }
            title.push(c);
        }
        before = c;
    }
    // Abbreviations keep their capitals. Models smartLabelFor
    let words: Vec<String> = title
        .split(' ')
        .map(|word| match word {
            "Api" | "Url" | "Uid" | "Osb" | "Guid" => word.to_uppercase(),
            word => word.to_string(),
        })
        .collect();
    words.join(" ")
}

/// Deeper fields are left out.
const DEPTH_MAX: usize = 30;

fn tree(page: &mut Page, level: usize, value: &Value, path: &str) {
    if level > DEPTH_MAX {
        return;
    }
    for (field, value) in value.as_object().into_iter().flatten() {
        let path = format!("{path}.{field}");
        let skipped = [
            ".metadata.managedFields",
            ".metadata.name",
            ".metadata.namespace",
            ".metadata.labels",
            ".metadata.annotations",
        ];
        if skipped.contains(&path.as_str()) {
            continue;
        }
        let title = title(field);
        match value {
            Value::Object(_) => {
                page.line(level, format!("{title}:"));
                tree(page, level + 1, value, &path);
            }
            Value::Array(items) => {
                page.line(level, format!("{title}:"));
                for item in items {
                    if item.is_object() {
                        tree(page, level + 1, item, &path);
                    } else {
                        page.line(level + 1, plain(item));
                    }
                }
            }
            scalar => page.field(level, &title, plain(scalar)),
        }
    }
}
