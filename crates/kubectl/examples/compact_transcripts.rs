//! Makes the project's compact copies of recorded transcripts:
//! `cargo run -q -p kubectl --example compact_transcripts -- TRANSCRIPTS_DIR tests/transcripts`
//!
//! Of each it keeps, a JSON object a line: first namespace, nodes and files, then each command with its moment
//! and what it printed. What help and explain print is others' prose and is left out (`"prose": true`).

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [from, to] = words.as_slice() else {
        writeln!(std::io::stderr(), "usage: compact_transcripts TRANSCRIPTS_DIR OUT_DIR")?;
        std::process::exit(2);
    };
    fs::create_dir_all(to)?;
    let mut names: Vec<_> = fs::read_dir(from)?.filter_map(|entry| Some(entry.ok()?.file_name())).collect();
    names.sort();
    for name in names {
        let folder = Path::new(from).join(&name);
        let Ok(script) = fs::read_to_string(folder.join("script.json")) else { continue };
        let mut script: Value = serde_json::from_str(&script)?;
        // The scripts say fake-1 of what the cluster of the transcripts called node-1.
        for node in script["nodes"].as_array_mut().into_iter().flatten() {
            let name = node["name"].as_str().and_then(|name| name.strip_prefix("fake-")).map(String::from);
            if let Some(number) = name {
                node["name"] = format!("node-{number}").into();
            }
        }
        let mut files = BTreeMap::new();
        collect(&folder, "", &mut files)?;
        let head = json!({"namespace": script["namespace"], "nodes": script["nodes"], "files": files});
        let mut out = format!("{head}\n");
        let transcript = fs::read_to_string(folder.join("transcript.txt"))?;
        let mut blocks = blocks(&transcript).into_iter().peekable();
        for step in script["steps"].as_array().into_iter().flatten() {
            let mut kept = step.clone();
            let run = step["run"].as_str().unwrap_or("");
            if let Some(map) = kept.as_object_mut() {
                map.remove("arrival");
            }
            // A remark stands without the sign of a shell.
            let found =
                |head: &str| head.contains(&format!("s $ {run}")) || head.contains(&format!(" {run}"));
            // The recorder cleared away the Pod of each trap before it set the next.
            if run.contains(" traps/") {
                kept["before"] = "kubectl delete pods --all --force --grace-period=0".into();
            }
            match blocks.next_if(|(head, _)| found(head)) {
                Some(_) if run.starts_with('#') => {}
                Some((_, text)) if is_prose(run, text) => kept["prose"] = true.into(),
                Some((_, text)) => kept["out"] = printed(text).into(),
                None => {}
            }
            out.push_str(&format!("{kept}\n"));
        }
        fs::write(Path::new(to).join(format!("{}.jsonl", name.to_string_lossy())), out)?;
    }
    Ok(())
}

/// The manifests and whatever else the commands read, by path.
fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = format!("{prefix}{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files)?;
        } else if !["script.json", "transcript.txt", "result.json"].contains(&name.as_str()) {
            files.insert(name, fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// The head line and the text of each command.
fn blocks(transcript: &str) -> Vec<(&str, &str)> {
    let mut parts: Vec<(&str, &str)> = Vec::new();
    let mut starts: Vec<usize> = transcript.match_indices("\n## t=").map(|(at, _)| at + 1).collect();
    if transcript.starts_with("## t=") {
        starts.insert(0, 0);
    }
    for (index, start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(transcript.len());
        let block = &transcript[*start..end];
        parts.push(block.split_once('\n').unwrap_or((block, "")));
    }
    parts
}

/// What was printed, without the mark of the exit code.
fn printed(text: &str) -> &str {
    let text = text.trim_end_matches('\n');
    match text.rsplit_once('\n') {
        Some((before, last)) if last.starts_with("[exit ") && last.ends_with(']') => before,
        None if text.starts_with("[exit ") => "",
        _ => text,
    }
}

fn is_prose(run: &str, text: &str) -> bool {
    let explains = run.starts_with("kubectl explain") && !text.contains("[exit ");
    explains || text.contains("\nUsage:\n")
}
