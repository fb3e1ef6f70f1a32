//! Plays every recorded transcript of `tests/transcripts/` and compares what each command printed, and its exit
//! code, with what the real kubectl and cluster said.
//!
//! Commands that do not agree stand in `allowed.txt` with the reason; one that agrees and still stands there is
//! named, so that the list shrinks.

#[path = "../golden/even.rs"]
mod even;
mod play;
mod shell;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use even::Names;
use play::Answer;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/transcripts")
}

/// What stands above the list.
const ALLOWED_HEAD: &str = "# Commands of recorded transcripts that do not agree, and why: transcript, numbers of commands, reason\n\
    # (UPDATE_ALLOWED=1 cargo test -p kubectl --test transcripts takes off what agrees).\n";

/// A line of the list: transcript, numbers, reason.
type Allowed = Vec<(String, BTreeSet<usize>, String)>;

fn allowed() -> Allowed {
    let text = fs::read_to_string(folder().join("allowed.txt")).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (head, reason) = line.split_once(": ").expect("a line is `transcript numbers: reason`");
            let mut words = head.split(' ');
            let name = words.next().unwrap_or("").to_string();
            let numbers = words.map(|word| word.parse().expect("a number of a command")).collect();
            (name, numbers, reason.to_string())
        })
        .collect()
}

/// Lines with what differs from run to run evened out.
fn evened(text: &str, names: &mut Names) -> Vec<String> {
    let text = even::text(text, names);
    let lines = text.trim().lines().map(|line| klog(&line.split_whitespace().collect::<Vec<_>>().join(" ")));
    let mut lines: Vec<String> = lines.collect();
    // The kubelet sets the variables of Services in no order.
    for group in lines.chunk_by_mut(|a, b| of_service(a) && of_service(b)) {
        group.sort();
    }
    lines
}

fn of_service(line: &str) -> bool {
    line.starts_with("KUBERNETES_")
}

/// Moments and process numbers in the heads of log lines: `W1120 12:46:29.360816 54246 helpers.go:719] …`;
/// names of temporary files and their times in what `diff` prints.
fn klog(line: &str) -> String {
    if let Some((head, rest)) = line.split_once("] ")
        && head.starts_with(['W', 'E', 'I'])
        && head.contains(".go:")
        && head[1..].starts_with(|c: char| c.is_ascii_digit())
    {
        let source = head.rsplit(' ').next().unwrap_or("");
        return format!("{} {source}] {rest}", &head[..1]);
    }
    let words = line.split(' ').map(|word| {
        let temporary = ["/tmp/LIVE-", "/tmp/MERGED-"].into_iter().find(|start| word.starts_with(start));
        match temporary {
            Some(start) => {
                let rest = word[start.len()..].trim_start_matches(|c: char| c.is_ascii_digit());
                format!("{start}N{rest}")
            }
            None => word.to_string(),
        }
    });
    let words: Vec<String> = words.collect();
    if (line.starts_with("--- ") || line.starts_with("+++ ")) && words.len() >= 2 {
        return words[..2].join(" ");
    }
    words.join(" ")
}

/// What is compared of a recorded step; nothing if it is not.
fn wanted(step: &Value) -> Option<(&str, Option<i32>)> {
    if step["terminal"] == true {
        return None;
    }
    let text = step["out"].as_str()?;
    let exit = match &step["exit"] {
        Value::Null => Some(0),
        Value::Number(code) => code.as_i64().map(|code| code as i32),
        _ => None,
    };
    Some((text, exit))
}

/// What commands beside others print depends on moments: each line counts once.
fn agrees(step: &Value, want: &[String], got: &[String]) -> bool {
    if step["beside"] != true {
        return want == got;
    }
    let once = |lines: &[String]| lines.iter().cloned().collect::<BTreeSet<String>>();
    once(want) == once(got)
}

#[test]
fn recorded_commands_print_what_was_recorded() {
    let mut allowed = allowed();
    // One transcript with every difference: TRANSCRIPT=cli-get cargo test -p kubectl --test transcripts
    let only = std::env::var("TRANSCRIPT").ok();
    let update = std::env::var("UPDATE_ALLOWED").is_ok();
    let mut failures = Vec::new();
    let mut paths: Vec<PathBuf> = fs::read_dir(folder())
        .expect("tests/transcripts is there")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    paths.sort();
    for path in paths {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if only.as_ref().is_some_and(|only| *only != name) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a transcript can be read");
        let mut rows = text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON"));
        let head: Value = rows.next().expect("a transcript has a head");
        let steps: Vec<Value> = rows.collect();
        let answers = play::play(&head, &steps);
        let (mut right, mut total) = (0, 0);
        let (mut recorded_names, mut our_names) = (Names::default(), Names::default());
        for (index, step) in steps.iter().enumerate() {
            let run = step["run"].as_str().unwrap_or("");
            let Some((out, exit)) = wanted(step) else { continue };
            total += 1;
            let nothing = Answer::default();
            let answer = answers.get(&index).unwrap_or(&nothing);
            let want = evened(out, &mut recorded_names);
            let got = evened(&answer.text, &mut our_names);
            let good = answers.contains_key(&index) && agrees(step, &want, &got) && answer.exit == exit;
            right += usize::from(good);
            let reason =
                allowed.iter_mut().find(|(other, numbers, _)| *other == name && numbers.contains(&index));
            match (good, reason) {
                (true, None) => {}
                (true, Some((_, numbers, _))) if update => {
                    numbers.remove(&index);
                }
                (true, Some(_)) => {
                    eprintln!("{name} {index} agrees: UPDATE_ALLOWED=1 takes it off allowed.txt");
                }
                (false, Some(_)) if only.is_none() => {}
                (false, reason) => {
                    let note = format!(
                        "== {name} {index} $ {run}\n  recorded {exit:?}:\n    {}\n  printed {:?}:\n    {}",
                        want.join("\n    "),
                        answer.exit,
                        got.join("\n    ")
                    );
                    match reason {
                        Some((_, _, reason)) => eprintln!("{note}\n  ({reason})"),
                        None => failures.push(note),
                    }
                }
            }
        }
        eprintln!("{name}: {right} of {total}");
    }
    if update && only.is_none() {
        let mut kept = String::from(ALLOWED_HEAD);
        for (name, numbers, reason) in allowed.iter().filter(|(_, numbers, _)| !numbers.is_empty()) {
            let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
            kept.push_str(&format!("{name} {}: {reason}\n", numbers.join(" ")));
        }
        fs::write(folder().join("allowed.txt"), kept).expect("it can be written");
    } else {
        let reasons: BTreeMap<&str, usize> = allowed.iter().fold(BTreeMap::new(), |mut counts, line| {
            *counts.entry(line.2.as_str()).or_insert(0) += line.1.len();
            counts
        });
        for (reason, count) in reasons {
            eprintln!("allowed: {count} because {reason}");
        }
    }
    assert!(failures.is_empty(), "{} commands differ:\n{}", failures.len(), failures.join("\n"));
}
