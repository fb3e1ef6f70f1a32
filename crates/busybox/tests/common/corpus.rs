//! The corpus: files of small scripts, each under a line `#### name`, and beside them what BusyBox printed.
#![allow(dead_code, unreachable_pub)]

use std::path::PathBuf;

pub struct Case {
    pub name: String,
    pub script: String,
}

/// The scripts of each file, files in order of their names.
pub fn files(dir: &str) -> Vec<(PathBuf, Vec<Case>)> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(dir)
        .expect("the corpus is there")
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "sh"))
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a corpus file");
            let cases = split(&text).into_iter().map(|(name, script)| Case { name, script }).collect();
            (path, cases)
        })
        .collect()
}

/// Parts of a text, each under its `#### name`.
pub fn split(text: &str) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("#### ") {
            all.push((name.trim().to_string(), String::new()));
        } else if let Some((_, part)) = all.last_mut() {
            part.push_str(line);
        }
    }
    all
}

/// One entry of a record.
pub fn entry(name: &str, output: &str, code: i32) -> String {
    let newline = if output.is_empty() || output.ends_with('\n') { "" } else { "\\\n" };
    format!("#### {name}\n{output}{newline}[exit {code}]\n")
}
