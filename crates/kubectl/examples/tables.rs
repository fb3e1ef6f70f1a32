//! Answers tables of inputs, so that they can be compared with what the real functions answered:
//! `cargo run --release -q -p kubectl --example tables -- printPod|phase|computePodActions < rows.jsonl`
//!
//! Standard input has a JSON object a line, without its answer; standard output gets one a line with the
//! answer's key alone.

use std::io::{BufRead, Write};

use k8s_api::time::parse_rfc3339;
use kubectl::printers::{cells, columns_of};
use serde_json::{Value, json};

fn main() -> std::io::Result<()> {
    let table = std::env::args().nth(1).unwrap_or_default();
    let answer: fn(&Value) -> Value = match table.as_str() {
        "printPod" => print_pod,
        other => {
            let mut err = std::io::stderr();
            writeln!(err, "no such table: {other:?}; there is printPod")?;
            std::process::exit(2);
        }
    };
    let mut out = std::io::BufWriter::new(std::io::stdout());
    for line in std::io::stdin().lock().lines() {
        let row: Value = serde_json::from_str(&line?).unwrap_or(Value::Null);
        writeln!(out, "{}", answer(&row))?;
    }
    out.flush()
}

/// The row of an object of any kind, at the row's moment.
fn print_pod(row: &Value) -> Value {
    let kind = row["object"]["kind"].as_str().unwrap_or("Pod");
    let now = row["now"].as_str().and_then(parse_rfc3339).unwrap_or(0);
    let wide = row["wide"] != false;
    let columns = columns_of(kind);
    let cells: Vec<Value> = cells(kind, &row["object"], now, wide)
        .into_iter()
        .zip(columns)
        .filter(|(_, column)| wide || !column.wide)
        .map(|(cell, _)| cell)
        .collect();
    json!({"cells": [cells]})
}
