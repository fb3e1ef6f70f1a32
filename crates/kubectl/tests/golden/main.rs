//! Replays every recorded scenario of `tests/golden/` and judges it by what a real cluster did.
//!
//! Scenarios that do not agree yet stand in `allowed.txt` with the reason; the list can only shrink, because
//! one that agrees and still stands there fails the test.

mod even;
#[allow(dead_code, reason = "the example that makes the compact copies uses the rest")]
mod judge;
mod replay;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use judge::{Facts, Files, Verdict};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden")
}

/// What stands above the list.
const ALLOWED_HEAD: &str = "# Recorded scenarios that do not agree yet, and why. The test prints them, and fails when one of them agrees:\n\
    # the list only shrinks (UPDATE_ALLOWED=1 cargo test -p kubectl --test golden takes off what agrees).\n";

/// The scenarios, by name.
fn scenarios() -> BTreeMap<String, Value> {
    let mut scenarios = BTreeMap::new();
    for entry in fs::read_dir(folder()).expect("tests/golden is there") {
        let path = entry.expect("its entries can be read").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let text = fs::read_to_string(&path).expect("a scenario can be read");
            let scenario = serde_json::from_str(&text).expect("a scenario is JSON");
            let name = path.file_stem().map_or(String::new(), |name| name.to_string_lossy().into_owned());
            scenarios.insert(name, scenario);
        }
    }
    scenarios
}

/// Why a scenario may disagree, by name.
fn allowed() -> BTreeMap<String, String> {
    let text = fs::read_to_string(folder().join("allowed.txt")).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, reason) = line.split_once(": ").expect("a line is `name: reason`");
            (name.to_string(), reason.to_string())
        })
        .collect()
}

fn judge_one(scenario: &Value) -> Verdict {
    let script = &scenario["script"];
    let files = scenario["files"].as_object().into_iter().flatten();
    let files = files.map(|(name, text)| (name.clone(), text.as_str().unwrap_or("").to_string()));
    let recording = replay::play(script, files.collect());
    let replayed = judge::facts(&Files {
        pods: recording.pods,
        events: recording.events,
        watch: &recording.watch,
        steps: &recording.steps,
        until: script["until"].as_f64().unwrap_or(0.0),
        fake: judge::has_fake_nodes(script),
    });
    let mut best = judge::compare(&Facts::from_value(&scenario["recorded"]), &replayed);
    // Two outcomes were near: either will do.
    if scenario["again"].is_object() {
        let other = judge::compare(&Facts::from_value(&scenario["again"]), &replayed);
        let rank = |verdict: &Verdict| (verdict.agrees, verdict.figures.stories.0, verdict.figures.events.0);
        if rank(&other) > rank(&best) {
            best = other;
        }
    }
    // Timing hung on the machine's load: shown, not counted.
    best.agrees |= script["loose"] == true;
    best
}

#[test]
fn recorded_scenarios_agree() {
    let allowed = allowed();
    // One scenario with every difference, while working on it: SCENARIO=name cargo test -p kubectl --test golden
    let only = std::env::var("SCENARIO").ok();
    // UPDATE_ALLOWED=1 takes those that agree off the list; nothing is ever put on it by itself.
    let update = std::env::var("UPDATE_ALLOWED").is_ok();
    let mut kept = String::new();
    let mut failures = Vec::new();
    let (mut agreeing, mut total) = (0, 0);
    for (name, scenario) in scenarios() {
        if only.as_ref().is_some_and(|only| name != *only) {
            continue;
        }
        total += 1;
        let verdict = judge_one(&scenario);
        let f = verdict.figures;
        let line = format!(
            "{name} stories {}/{} timing {}/{} events {}/{} steps {}/{}",
            f.stories.0, f.stories.1, f.timing.0, f.timing.1, f.events.0, f.events.1, f.steps.0, f.steps.1
        );
        agreeing += usize::from(verdict.agrees);
        match (verdict.agrees, allowed.get(&name)) {
            (true, None) => {}
            (true, Some(_)) if update => {}
            (true, Some(_)) => failures.push(format!("{name} agrees: take it off tests/golden/allowed.txt")),
            (false, Some(reason)) => {
                kept.push_str(&format!("{name}: {reason}\n"));
                eprintln!("allowed: {line}: {reason}");
            }
            (false, None) => {
                failures.push(format!("{line}\n  {}", verdict.notes.join("\n  ")));
            }
        }
        if only.is_some() {
            eprintln!("{line}\n  {}", verdict.notes.join("\n  "));
        }
    }
    eprintln!("{agreeing} of {total} scenarios agree");
    if update && only.is_none() {
        fs::write(folder().join("allowed.txt"), format!("{ALLOWED_HEAD}{kept}")).expect("it can be written");
    }
    assert!(failures.is_empty(), "{} scenarios differ:\n{}", failures.len(), failures.join("\n"));
}
