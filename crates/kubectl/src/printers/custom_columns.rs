//! `-o custom-columns`: a table of what the person asks for.
//! Models k8s.io/kubectl/pkg/cmd/get/customcolumn.go (v1.36)

use serde_json::Value;

use super::jsonpath::{JsonPath, relaxed};
use crate::failure::Failure;
use crate::tabwriter::TabWriter;

/// Columns: a title and a path each.
#[derive(Clone, Debug)]
pub(crate) struct CustomColumns(Vec<(String, JsonPath)>);

impl CustomColumns {
    /// Reads `NAME:.metadata.name,NODE:.spec.nodeName`.
    pub(crate) fn parse(spec: &str) -> Result<CustomColumns, Failure> {
        if spec.is_empty() {
            return Err(Failure::error("custom-columns format specified but no custom columns given"));
        }
        let mut columns = Vec::new();
        for part in spec.split(',') {
            let Some((title, path)) = part.split_once(':') else {
                return Err(Failure::error(format!(
                    "unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>"
                )));
            };
            columns.push((title.to_string(), path_of(path)?));
        }
        Ok(CustomColumns(columns))
    }

    /// Reads a file: titles on the first line, paths on the second.
    pub(crate) fn parse_file(text: &str) -> Result<CustomColumns, Failure> {
        let mut lines = text.lines();
        let mut words = || lines.next().unwrap_or("").split_whitespace();
        let (titles, paths): (Vec<&str>, Vec<&str>) = (words().collect(), words().collect());
        if titles.len() != paths.len() {
            return Err(Failure::error(format!(
                "number of headers ({}) and field specifications ({}) don't match",
                titles.len(),
                paths.len()
            )));
        }
        let mut columns = Vec::new();
        for (title, path) in titles.iter().zip(paths) {
            columns.push(((*title).to_string(), path_of(path)?));
        }
        Ok(CustomColumns(columns))
    }

    /// The table of these objects.
    pub(crate) fn print(&self, objects: &[&Value], no_headers: bool) -> String {
        let mut text = String::new();
        if !no_headers {
            let titles: Vec<&str> = self.0.iter().map(|(title, _)| title.as_str()).collect();
            text.push_str(&titles.join("\t"));
            text.push('\n');
        }
        for object in objects {
            let cells: Vec<String> = self.0.iter().map(|(_, path)| cell(path, object)).collect();
            text.push_str(&cells.join("\t"));
            text.push('\n');
        }
        TabWriter::for_tables().format(&text)
    }
}

fn path_of(text: &str) -> Result<JsonPath, Failure> {
    let path = relaxed(text).map_err(Failure::error)?;
    JsonPath::parse(&path).map_err(Failure::error)
}

fn cell(path: &JsonPath, object: &Value) -> String {
    let found: Vec<String> =
        path.find(object).unwrap_or_default().into_iter().flatten().map(|value| go_plain(&value)).collect();
    if found.is_empty() { "<none>".to_string() } else { found.join(",").replace(['\t', '\n'], " ") }
}

/// A tree as Go's `%v` prints it.
fn go_plain(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_string(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(go_plain).collect();
            format!("[{}]", items.join(" "))
        }
        Value::Object(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{key}:{}", go_plain(value))).collect();
            format!("map[{}]", entries.join(" "))
        }
    }
}
