//! Judges a replay by its recording: what each Pod went through, how long it took, the events, and what the
//! commands printed. The rules are those of the recordings' own comparison.
//!
//! A real cluster merges quick changes, so a stretch shorter than [`SHORT`] may be missing on either side; and
//! back-off has a jitter, so what begins in the last third of a stretch at the end may fall outside.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::even::{self, Names};

/// Seconds; a recorder on a slow machine merges or splits shorter stretches.
pub(crate) const SHORT: f64 = 1.6;
/// Seconds; start-up and sync delays of the recorded machine.
const SLACK: f64 = 3.0;
/// What is compared where there were no real containers.
const FAKE_CHANNELS: [&str; 5] = ["phase", "condition Ready", "deletion", "object", "kubectl columns"];

/// What happened in one channel, without repeats: seconds and values.
pub(crate) type Story = Vec<(f64, String)>;

/// What a recording or a replay says, evened out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// By Pod and channel.
    pub(crate) stories: BTreeMap<(String, String), Story>,
    /// When it ended, in seconds.
    pub(crate) end: f64,
    /// How often each event was seen, by object, field path, type, reason and message.
    pub(crate) events: BTreeMap<Vec<String>, i64>,
    /// Commands and what they printed.
    pub(crate) steps: Vec<(String, String)>,
}

/// The files of a recording, as texts.
#[derive(Debug, Default)]
pub(crate) struct Files<'a> {
    /// watch-pods.jsonl, a value a line.
    pub(crate) pods: Vec<Value>,
    /// events.json
    pub(crate) events: Vec<Value>,
    /// kubectl-get-pods-wide-watch.txt
    pub(crate) watch: &'a str,
    /// steps.txt
    pub(crate) steps: &'a str,
    /// When the script ends, in seconds.
    pub(crate) until: f64,
    /// Whether the nodes had no real containers.
    pub(crate) fake: bool,
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or("")
}

fn state_of(status: &Value) -> String {
    let state = &status["state"];
    let restarts = status["restartCount"].as_i64().unwrap_or(0);
    for kind in ["running", "terminated", "waiting"] {
        let body = &state[kind];
        if state.get(kind).is_none() {
            continue;
        }
        let detail = match kind {
            "waiting" => text(body, "reason").to_string(),
            "terminated" => {
                let code = body["exitCode"].as_i64().map_or("None".to_string(), |code| code.to_string());
                format!("{}/{code}", text(body, "reason"))
            }
            _ => String::new(),
        };
        return format!("{kind}:{detail} restarts={restarts}");
    }
    "none".to_string()
}

/// Python's word for a truth.
fn python(truth: bool) -> String {
    if truth { "True" } else { "False" }.to_string()
}

/// Takes the facts from files.
pub(crate) fn facts(files: &Files<'_>) -> Facts {
    let mut names = Names::default();
    let mut facts = Facts { end: files.until, ..Facts::default() };
    for row in &files.pods {
        pod_row(&mut facts, row, &mut names);
    }
    for line in files.watch.lines() {
        watch_line(&mut facts, line, &mut names);
    }
    if files.fake {
        facts.stories.retain(|(_, channel), _| FAKE_CHANNELS.contains(&channel.as_str()));
    }
    for event in &files.events {
        let component = match text(event, "reportingComponent") {
            "" => text(&event["source"], "component"),
            component => component,
        };
        if files.fake && component == "kubelet" {
            continue;
        }
        let key = vec![
            names.even(text(event, "object")),
            text(event, "fieldPath").to_string(),
            text(event, "type").to_string(),
            text(event, "reason").to_string(),
            even::text(text(event, "message"), &mut names).trim().to_string(),
        ];
        let count = event["count"].as_i64().filter(|count| *count != 0);
        let count = count.or(event["series"]["count"].as_i64().filter(|count| *count != 0)).unwrap_or(1);
        *facts.events.entry(key).or_insert(0) += count;
    }
    for block in blocks(files.steps) {
        let (head, body) = block.split_once('\n').unwrap_or((block, ""));
        let Some((_, command)) = head.split_once("s $ ").filter(|(t, _)| t.starts_with("t=")) else {
            continue;
        };
        if command.starts_with('#') || command.starts_with("POST ") {
            continue;
        }
        let command = even::text(command, &mut names);
        let body = even::text(body, &mut names);
        let lines: Vec<String> =
            body.trim().lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        facts.steps.push((command, lines.join("\n")));
    }
    facts
}

/// The parts of steps.txt that begin with `## `, without it.
fn blocks(steps: &str) -> Vec<&str> {
    let mut starts: Vec<usize> = Vec::new();
    let mut at = 0;
    for line in steps.split_inclusive('\n') {
        if line.starts_with("## ") {
            starts.push(at);
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([steps.len()]);
    starts.iter().zip(ends).map(|(start, end)| &steps[start + 3..end]).collect()
}

impl Facts {
    fn add(&mut self, pod: &str, channel: &str, t: f64, value: String) {
        let story = self.stories.entry((pod.to_string(), channel.to_string())).or_default();
        if story.last().is_none_or(|(_, last)| *last != value) {
            story.push((t, value));
        }
    }
}

fn pod_row(facts: &mut Facts, row: &Value, names: &mut Names) {
    let (metadata, status) = (&row["metadata"], &row["status"]);
    let t = row["t"].as_f64().unwrap_or(0.0);
    let pod = names.even(text(metadata, "name"));
    facts.end = facts.end.max(t);
    facts.add(&pod, "phase", t, text(status, "phase").to_string());
    for condition in status["conditions"].as_array().into_iter().flatten() {
        let value = format!("{}:{}", text(condition, "status"), text(condition, "reason"));
        facts.add(&pod, &format!("condition {}", text(condition, "type")), t, value);
    }
    for group in ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"] {
        for container in status[group].as_array().into_iter().flatten() {
            let channel = |what: &str| format!("{group}[{}] {what}", text(container, "name"));
            facts.add(&pod, &channel("state"), t, state_of(container));
            let ready = container["ready"].as_bool().map_or("None".to_string(), python);
            facts.add(&pod, &channel("ready"), t, ready);
            facts.add(&pod, &channel("started"), t, python(container["started"] == true));
        }
    }
    if metadata.get("deletionTimestamp").is_some() {
        let grace = &metadata["deletionGracePeriodSeconds"];
        let grace = grace.as_i64().map_or("None".to_string(), |grace| grace.to_string());
        facts.add(&pod, "deletion", t, format!("grace={grace}"));
    }
    match text(row, "type") {
        "DELETED" => facts.add(&pod, "object", t, "deleted".to_string()),
        "ADDED" => facts.add(&pod, "object", t, "present".to_string()),
        _ => {}
    }
}

fn watch_line(facts: &mut Facts, line: &str, names: &mut Names) {
    let Some((time, rest)) = line.split_once(" | ") else { return };
    let Ok(t) = time.trim().parse::<f64>() else { return };
    let words: Vec<&str> = rest.split_whitespace().collect();
    let [event, pod, ready, status, restarts, ..] = words.as_slice() else { return };
    let is_count = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let fraction = ready.split_once('/').is_some_and(|(a, b)| is_count(a) && is_count(b));
    if *event == "EVENT" || !fraction || !restarts.starts_with(|c: char| c.is_ascii_digit()) {
        return;
    }
    let pod = names.even(pod);
    let count: String = restarts.chars().take_while(char::is_ascii_digit).collect();
    let value = if *event == "DELETED" { "deleted".to_string() } else { format!("{ready} {status} {count}") };
    facts.add(&pod, "kubectl columns", t, value);
    facts.end = facts.end.max(t);
}

/// How many of each kind agree, and of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Stories.
    pub(crate) stories: (usize, usize),
    /// Stretches of time.
    pub(crate) timing: (usize, usize),
    /// Events.
    pub(crate) events: (usize, usize),
    /// Steps.
    pub(crate) steps: (usize, usize),
}

/// What came of a comparison.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verdict {
    /// Every story and event agrees, nine tenths of the timings and eight of the steps.
    pub(crate) agrees: bool,
    /// The numbers.
    pub(crate) figures: Figures,
    /// Each difference in words.
    pub(crate) notes: Vec<String>,
}

/// Compares a replay with its recording.
pub(crate) fn compare(golden: &Facts, replay: &Facts) -> Verdict {
    let mut figures = Figures::default();
    let mut notes = Vec::new();
    let replay_end = replay.end.max(golden.end);
    let mut keys: Vec<&(String, String)> = golden.stories.keys().chain(replay.stories.keys()).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        figures.stories.1 += 1;
        let (pod, channel) = key;
        let (recorded, replayed) = match (golden.stories.get(key), replay.stories.get(key)) {
            (Some(recorded), Some(replayed)) => (recorded, replayed),
            (recorded, replayed) => {
                let story = recorded.or(replayed).cloned().unwrap_or_default();
                if is_brief(&story) {
                    figures.stories.0 += 1;
                    continue;
                }
                let values: Vec<&String> = story.iter().map(|(_, value)| value).collect();
                let what = if recorded.is_some() { "not replayed" } else { "not in the recording" };
                notes.push(format!("story {pod} {channel}: {what}: {values:?}"));
                continue;
            }
        };
        let (pairs, missing, extra) = align(recorded, replayed, golden.end, replay_end);
        if missing.is_empty() && extra.is_empty() {
            figures.stories.0 += 1;
        } else {
            let show = |story: &Story| {
                story.iter().map(|(t, value)| format!("{t:.1} {value}")).collect::<Vec<_>>().join(" | ")
            };
            notes.push(format!(
                "story {pod} {channel}:\n    recorded {}\n    replayed {}\n    lacks {missing:?} has too much \
                 {extra:?}",
                show(recorded),
                show(replayed)
            ));
        }
        for window in pairs.windows(2) {
            let [(a, b), (a2, b2)] = window else { continue };
            figures.timing.1 += 1;
            let (in_golden, in_replay) = (a2.0 - a.0, b2.0 - b.0);
            if (in_golden - in_replay).abs() <= SLACK.max(0.35 * in_golden.max(in_replay)) {
                figures.timing.0 += 1;
            } else {
                notes.push(format!(
                    "timing {pod} {channel}: {} -> {} took {in_golden:.1} s, replayed {in_replay:.1} s",
                    a.1, a2.1
                ));
            }
        }
    }
    compare_events(golden, replay, &mut figures, &mut notes);
    compare_steps(golden, replay, &mut figures, &mut notes);
    let share = |(good, total): (usize, usize), tenths: usize| good * 10 >= total * tenths;
    let agrees = figures.stories.1 > 0
        && figures.stories.0 == figures.stories.1
        && figures.events.0 == figures.events.1
        && share(figures.timing, 9)
        && share(figures.steps, 8);
    Verdict { agrees, figures, notes }
}

/// Whether a story has no stretch that must be seen on the other side too.
fn is_brief(story: &Story) -> bool {
    let last = (story.first().map_or(0.0, |(t, _)| *t) + SHORT + 1.0, String::new());
    let next = story.iter().skip(1).chain([&last]);
    story.iter().zip(next).all(|(a, b)| b.0 - a.0 < SHORT)
}

type Entry = (f64, String);

/// The cheapest pairing of two stories, in which skipping a short stretch is free: pairs, what the replay
/// lacks, what it has too much.
fn align<'a>(
    golden: &'a Story,
    replay: &'a Story,
    golden_end: f64,
    replay_end: f64,
) -> (Vec<(&'a Entry, &'a Entry)>, Vec<&'a str>, Vec<&'a str>) {
    let skips = |story: &Story, end: f64| -> Vec<f64> {
        (0..story.len())
            .map(|i| {
                let until = story.get(i + 1).map_or(end.max(story[i].0 + 9e9), |next| next.0);
                let late = i > 0
                    && i + 1 == story.len()
                    && end - story[i].0 < SHORT.max(0.35 * (story[i].0 - story[i - 1].0));
                if until - story[i].0 < SHORT || late { 0.01 } else { 1.0 }
            })
            .collect()
    };
    let (skip_golden, skip_replay) = (skips(golden, golden_end), skips(replay, replay_end));
    let (n, m) = (golden.len(), replay.len());
    let mut cost = vec![vec![0.0f64; m + 1]; n + 1];
    for i in (0..=n).rev() {
        for j in (0..=m).rev() {
            let mut best = if i == n && j == m { 0.0 } else { f64::INFINITY };
            if i < n {
                best = best.min(cost[i + 1][j] + skip_golden[i]);
            }
            if j < m {
                best = best.min(cost[i][j + 1] + skip_replay[j]);
            }
            if i < n && j < m && golden[i].1 == replay[j].1 {
                best = best.min(cost[i + 1][j + 1]);
            }
            cost[i][j] = best;
        }
    }
    let (mut i, mut j) = (0, 0);
    let (mut pairs, mut missing, mut extra) = (Vec::new(), Vec::new(), Vec::new());
    let same = |a: f64, b: f64| (a - b).abs() < 1e-9;
    while i < n || j < m {
        if i < n && j < m && golden[i].1 == replay[j].1 && same(cost[i][j], cost[i + 1][j + 1]) {
            pairs.push((&golden[i], &replay[j]));
            i += 1;
            j += 1;
        } else if i < n && same(cost[i][j], cost[i + 1][j] + skip_golden[i]) {
            if skip_golden[i] > 0.5 {
                missing.push(golden[i].1.as_str());
            }
            i += 1;
        } else {
            if skip_replay[j] > 0.5 {
                extra.push(replay[j].1.as_str());
            }
            j += 1;
        }
    }
    (pairs, missing, extra)
}

fn compare_events(golden: &Facts, replay: &Facts, figures: &mut Figures, notes: &mut Vec<String>) {
    let mut keys: Vec<&Vec<String>> = golden.events.keys().chain(replay.events.keys()).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        figures.events.1 += 1;
        let (recorded, replayed) = (golden.events.get(key), replay.events.get(key));
        let close = match (recorded, replayed) {
            (Some(recorded), Some(replayed)) => (recorded - replayed).abs() * 4 <= (*recorded).max(8),
            _ => false,
        };
        if close {
            figures.events.0 += 1;
        } else {
            let count = |count: Option<&i64>| count.copied().unwrap_or(0);
            notes.push(format!(
                "event {key:?}: recorded x{}, replayed x{}",
                count(recorded),
                count(replayed)
            ));
        }
    }
}

fn compare_steps(golden: &Facts, replay: &Facts, figures: &mut Figures, notes: &mut Vec<String>) {
    figures.steps.1 = golden.steps.len();
    for (index, step) in golden.steps.iter().enumerate() {
        let replayed = replay.steps.get(index);
        if replayed == Some(step) {
            figures.steps.0 += 1;
            continue;
        }
        let indent = |text: &str| text.replace('\n', "\n    ");
        let shown = replayed.map_or("(nothing)".to_string(), |(_, text)| indent(text));
        notes.push(format!(
            "step $ {}\n  recorded:\n    {}\n  replayed:\n    {shown}",
            step.0,
            indent(&step.1)
        ));
    }
}

impl Facts {
    /// The facts as JSON: stories as `[pod, channel, t, value, t, value, …]`.
    pub(crate) fn to_value(&self) -> Value {
        let stories: Vec<Value> = self
            .stories
            .iter()
            .map(|((pod, channel), story)| {
                let mut row = vec![json!(pod), json!(channel)];
                for (t, value) in story {
                    row.extend([json!((t * 1000.0).round() / 1000.0), json!(value)]);
                }
                Value::Array(row)
            })
            .collect();
        let events: Vec<Value> = self.events.iter().map(|(key, count)| json!([count, key])).collect();
        let steps: Vec<Value> = self.steps.iter().map(|(command, text)| json!([command, text])).collect();
        json!({"end": self.end, "stories": stories, "events": events, "steps": steps})
    }

    /// Reads what [`Facts::to_value`] wrote.
    pub(crate) fn from_value(value: &Value) -> Facts {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let owned = |value: &Value| value.as_str().unwrap_or("").to_string();
        let mut facts = Facts { end: value["end"].as_f64().unwrap_or(0.0), ..Facts::default() };
        for row in list(&value["stories"]) {
            let row = list(&row);
            let [pod, channel, story @ ..] = row.as_slice() else { continue };
            let story =
                story.chunks(2).map(|pair| (pair[0].as_f64().unwrap_or(0.0), owned(&pair[1]))).collect();
            facts.stories.insert((owned(pod), owned(channel)), story);
        }
        for event in list(&value["events"]) {
            let key = list(&event[1]).iter().map(owned).collect();
            facts.events.insert(key, event[0].as_i64().unwrap_or(1));
        }
        facts.steps = list(&value["steps"]).iter().map(|step| (owned(&step[0]), owned(&step[1]))).collect();
        facts
    }
}

/// Whether the script's nodes have no real containers.
pub(crate) fn has_fake_nodes(script: &Value) -> bool {
    script["nodes"].as_array().is_some_and(|nodes| nodes.iter().any(|node| node["fake"] == true))
}
