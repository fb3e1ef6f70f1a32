//! Replays a recorded scenario on the simulated cluster:
//! `cargo run --release -q -p kubectl --example replay -- SCENARIO_DIR OUT_DIR`
//!
//! Reads script.json and the manifests of SCENARIO_DIR and writes watch-pods.jsonl, events.json,
//! kubectl-get-pods-wide-watch.txt and steps.txt to OUT_DIR, in the formats of the recordings. With `--all`
//! the folders hold a scenario each.

#[path = "../tests/golden/replay.rs"]
mod replay;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::Path;

use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (flags, folders): (Vec<&String>, Vec<&String>) =
        words.iter().partition(|word| word.starts_with("--"));
    let [from, to] = folders.as_slice() else {
        writeln!(std::io::stderr(), "usage: replay [--all] SCENARIO_DIR OUT_DIR")?;
        std::process::exit(2);
    };
    let (from, to) = (Path::new(from.as_str()), Path::new(to.as_str()));
    if flags.is_empty() {
        return one(from, to);
    }
    let mut names: Vec<_> = fs::read_dir(from)?.filter_map(|entry| Some(entry.ok()?.file_name())).collect();
    names.sort();
    for name in names {
        if from.join(&name).join("script.json").exists() {
            one(&from.join(&name), &to.join(&name))?;
        }
    }
    Ok(())
}

fn one(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    let script: Value = serde_json::from_str(&fs::read_to_string(from.join("script.json"))?)?;
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("").to_string();
        if name.ends_with(".yaml") {
            files.insert(name, fs::read_to_string(&path)?);
        }
    }
    let recording = replay::play(&script, files);
    fs::create_dir_all(to)?;
    let mut pods = String::new();
    for row in &recording.pods {
        pods.push_str(&row.to_string());
        pods.push('\n');
    }
    fs::write(to.join("watch-pods.jsonl"), pods)?;
    fs::write(to.join("events.json"), Value::Array(recording.events).to_string())?;
    fs::write(to.join("kubectl-get-pods-wide-watch.txt"), recording.watch)?;
    fs::write(to.join("steps.txt"), recording.steps)?;
    Ok(())
}
