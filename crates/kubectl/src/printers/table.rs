//! Tables: which columns are shown, headers, labels, namespaces, and what a watch adds.

use k8s_api::kind::Kind;
use serde_json::Value;

use super::{Column, cells, columns_of};
use crate::selector::format_labels;
use crate::tabwriter::TabWriter;
use crate::tree::{at, namespace, plain};

/// What the flags of `kubectl get` ask of a table.
#[derive(Clone, Debug, Default)]
pub struct TableOptions {
    /// `-o wide`
    pub wide: bool,
    /// `--no-headers`
    pub no_headers: bool,
    /// `-A`: a NAMESPACE column comes first.
    pub with_namespace: bool,
    /// Names are written as `pod/web`, because several kinds are shown.
    pub with_kind: bool,
    /// `--show-labels`
    pub show_labels: bool,
    /// `-L`: labels with a column each.
    pub label_columns: Vec<String>,
}

/// Prints tables one after another and remembers what a watch must remember: the header that was printed,
/// and how wide each column has been.
/// Models k8s.io/cli-runtime/pkg/printers.HumanReadablePrinter (v1.36)
#[derive(Clone, Debug)]
pub struct TablePrinter {
    options: TableOptions,
    writer: TabWriter,
    header_of: Option<&'static str>,
}

impl TablePrinter {
    /// A printer that has not printed anything yet.
    pub fn new(options: TableOptions) -> TablePrinter {
        TablePrinter { options, writer: TabWriter::for_tables(), header_of: None }
    }

    /// Prints rows of one kind as they are at a moment (microseconds since the epoch). `event` adds the
    /// column of `--output-watch-events`.
    pub fn print(&mut self, kind: &Kind, objects: &[&Value], event: Option<&str>, now_micros: i64) -> String {
        if objects.is_empty() {
            return String::new();
        }
        let text = self.tabbed(kind, objects, event, now_micros);
        self.writer.format(&text)
    }

    /// The rows with tabs between the cells, before they are laid out.
    pub fn tabbed(
        &mut self,
        kind: &Kind,
        objects: &[&Value],
        event: Option<&str>,
        now_micros: i64,
    ) -> String {
        let columns = columns_of(kind.kind);
        let mut text = String::new();
        if !self.options.no_headers && self.header_of != Some(kind.kind) {
            self.header(&columns, event.is_some(), &mut text);
        }
        self.header_of = Some(kind.kind);
        for object in objects {
            self.row(kind, &columns, object, event, now_micros, &mut text);
        }
        text
    }

    fn header(&self, columns: &[Column], event: bool, out: &mut String) {
        let mut titles: Vec<String> = Vec::new();
        if event {
            titles.push("EVENT".to_string());
        }
        if self.options.with_namespace {
            titles.push("NAMESPACE".to_string());
        }
        let shown = columns.iter().filter(|column| self.options.wide || !column.wide);
        titles.extend(shown.map(|column| column.title.to_string()));
        // Models cli-runtime/pkg/printers formatLabelHeaders: what stands after the last slash.
        titles.extend(
            self.options
                .label_columns
                .iter()
                .map(|label| label.rsplit('/').next().unwrap_or(label).to_uppercase()),
        );
        if self.options.show_labels {
            titles.push("LABELS".to_string());
        }
        out.push_str(&titles.join("\t"));
        out.push('\n');
    }

    fn row(
        &self,
        kind: &Kind,
        columns: &[Column],
        object: &Value,
        event: Option<&str>,
        now_micros: i64,
        out: &mut String,
    ) {
        let mut row: Vec<String> = Vec::new();
        if let Some(event) = event {
            // Padded to the longest event type, as the real printer pads it.
            row.push(format!("{event:8}"));
        }
        if self.options.with_namespace {
            row.push(namespace(object).to_string());
        }
        for (index, cell) in cells(kind.kind, object, now_micros, self.options.wide).iter().enumerate() {
            if columns.get(index).is_none_or(|column| column.wide && !self.options.wide) {
                continue;
            }
            let cell = first_line(&plain(cell));
            // The name's column is the only one whose title is NAME and which comes first; an Event's does not.
            let qualified = self.options.with_kind && columns[index].title == "NAME";
            row.push(if qualified { format!("{}/{cell}", kind.qualified()) } else { cell });
        }
        let labels = at(object, "metadata.labels");
        for label in &self.options.label_columns {
            row.push(labels.get(label).and_then(Value::as_str).unwrap_or("").to_string());
        }
        if self.options.show_labels {
            row.push(format_labels(labels));
        }
        out.push_str(&row.join("\t"));
        out.push('\n');
    }
}

/// What a cell shows of a text: its first line, and dots if there are more.
fn first_line(text: &str) -> String {
    match text.find(['\n', '\r', '\x0c']) {
        Some(end) => format!("{}...", &text[..end]),
        None => text.replace(['\t', '\x1b'], "^["),
    }
}
