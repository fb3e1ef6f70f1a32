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

/// How each tool of a BusyBox says it is used. The words are that program's own; here they are ours.
pub fn usages(busybox: &str) -> Vec<(String, String)> {
    let run = |args: &[&str]| {
        let out = std::process::Command::new(busybox).args(args).output().expect("busybox runs");
        String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned()
    };
    let names = run(&["--list"]);
    let help = |name: &str| (name.to_string(), run(&[name, "--help"]));
    names.lines().filter(|n| !["true", "false", "test", "[", "[["].contains(n)).map(help).collect()
}

/// An output with `USAGE tool` where a tool said how it is used.
pub fn without_usage(text: &str, usages: &[(String, String)]) -> String {
    if !text.contains("BusyBox v") {
        return text.to_string();
    }
    let mut text = text.to_string();
    for (name, usage) in usages.iter().filter(|(_, u)| u.starts_with("BusyBox v")) {
        text = text.replace(usage, &format!("USAGE {name}\n"));
    }
    // Ours: the version, an empty line, one line of usage.
    while let Some(from) = text.find("BusyBox v1.36.1 (") {
        let rest = &text[from..];
        let Some(usage) = rest.find("\n\nUsage: ").map(|at| at + 9) else { break };
        let end = rest[usage..].find('\n').map_or(rest.len(), |at| usage + at + 1);
        let name = rest[usage..end].split_whitespace().next().unwrap_or_default().to_string();
        text.replace_range(from..from + end, &format!("USAGE {name}\n"));
    }
    text
}
