//! Makes the project's compact copies of recorded scenarios:
//! `cargo run -q -p kubectl --example compact -- SCENARIOS_DIR tests/golden`
//!
//! Of each recording it keeps the script, the manifests, and the facts that are judged (see
//! `tests/golden/judge.rs`): one JSON file a scenario, a story a line.

#[path = "../tests/golden/even.rs"]
mod even;
#[path = "../tests/golden/judge.rs"]
#[allow(dead_code, reason = "the comparison is for the tests")]
mod judge;

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::Path;

use serde_json::{Map, Value};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [from, to] = words.as_slice() else {
        writeln!(std::io::stderr(), "usage: compact SCENARIOS_DIR OUT_DIR")?;
        std::process::exit(2);
    };
    fs::create_dir_all(to)?;
    let mut names: Vec<_> = fs::read_dir(from)?.filter_map(|entry| Some(entry.ok()?.file_name())).collect();
    names.sort();
    for name in names {
        let folder = Path::new(from).join(&name);
        if !folder.join("script.json").exists() {
            continue;
        }
        let script: Value = serde_json::from_str(&fs::read_to_string(folder.join("script.json"))?)?;
        let mut files = Map::new();
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let file = path.file_name().and_then(|name| name.to_str()).unwrap_or("").to_string();
            if file.ends_with(".yaml") {
                files.insert(file, fs::read_to_string(&path)?.into());
            }
        }
        let mut out = String::from("{\n");
        out.push_str(&format!("\"script\": {script},\n\"files\": {},\n", Value::Object(files)));
        out.push_str(&lines("recorded", &recorded(&folder, &script)?));
        if folder.join("again").exists() {
            out.push_str(",\n");
            out.push_str(&lines("again", &recorded(&folder.join("again"), &script)?));
        }
        out.push_str("\n}\n");
        let name = name.to_string_lossy();
        fs::write(Path::new(to).join(format!("{name}.json")), out)?;
    }
    Ok(())
}

fn recorded(folder: &Path, script: &Value) -> Result<Value, Box<dyn Error>> {
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
    let pods: Result<Vec<Value>, _> = text("watch-pods.jsonl").lines().map(serde_json::from_str).collect();
    let events = text("events.json");
    let facts = judge::facts(&judge::Files {
        pods: pods?,
        events: if events.is_empty() { Vec::new() } else { serde_json::from_str(&events)? },
        watch: &text("kubectl-get-pods-wide-watch.txt"),
        steps: &text("steps.txt"),
        until: script["until"].as_f64().unwrap_or(0.0),
        fake: judge::has_fake_nodes(script),
    });
    Ok(facts.to_value())
}

/// The facts with a story, event or step a line, so that changes can be read.
fn lines(name: &str, facts: &Value) -> String {
    let mut out = format!("\"{name}\": {{\"end\": {}", facts["end"]);
    for part in ["stories", "events", "steps"] {
        out.push_str(&format!(",\n\"{part}\": ["));
        for (index, row) in facts[part].as_array().into_iter().flatten().enumerate() {
            out.push_str(if index == 0 { "\n" } else { ",\n" });
            out.push_str(&row.to_string());
        }
        out.push(']');
    }
    out.push('}');
    out
}
