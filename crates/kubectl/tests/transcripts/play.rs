//! Plays a recorded transcript: every command line at its moment, on a simulated cluster that lives on between
//! them, with the few shell words around kubectl that the recordings use.

use std::collections::BTreeMap;

use k8s_sim::{NodeSetup, Setup, SimTime, Timeline};
use kubectl::{Command, Env, Progress, start};
use serde_json::Value;

use super::shell::{self, Part};

/// The moment of the transcript's zero in the simulated cluster, which has been up for a while by then.
const START_MS: i64 = 120_000;
/// A command that waits longer than it took in the recording, and this much more, is interrupted.
const PATIENCE_MS: i64 = 30_000;
/// After a command that took so much longer, the story goes on where it did in the recording, or everything after it
/// would come too late.
const LATE_MS: i64 = 5_000;
/// More moments than this between two commands would be a loop without an end.
const MOMENTS_MAX: u32 = 1_000_000;

/// What a command printed and its exit code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) text: String,
    /// None when it had not ended by itself.
    pub(crate) exit: Option<i32>,
}

#[derive(Clone)]
struct Beside {
    step: usize,
    until_ms: i64,
    command: Command,
    done: Option<i32>,
}

struct Stage {
    timeline: Timeline,
    env: Env,
    beside: Vec<Beside>,
    answers: BTreeMap<usize, Answer>,
}

/// Milliseconds of a number of seconds.
fn ms(seconds: &Value) -> i64 {
    (seconds.as_f64().unwrap_or(0.0) * 1000.0).round() as i64
}

/// Plays the commands; what each printed, by its number. Those that are no kubectl are missing.
pub(crate) fn play(head: &Value, steps: &[Value]) -> BTreeMap<usize, Answer> {
    let namespace = head["namespace"].as_str().unwrap_or("default").to_string();
    let mut setup = Setup::recorded();
    let nodes = head["nodes"].as_array().cloned().unwrap_or_default();
    setup.nodes = nodes
        .iter()
        .map(|node| {
            let text = |field: &str| node[field].as_str().unwrap_or("");
            let mut setup = NodeSetup::new(text("name"), text("cpu"), text("memory"));
            setup.fake = node["fake"] == true;
            if setup.fake {
                // They said so of themselves when they registered.
                setup.disk = "50Gi".into();
                setup.eviction.thresholds.clear();
            }
            setup
        })
        .collect();
    setup.namespaces.push(namespace.clone());
    let files = head["files"].as_object().into_iter().flatten();
    let files = files.map(|(name, text)| (name.clone(), text.as_str().unwrap_or("").to_string())).collect();
    let mut stage = Stage {
        timeline: Timeline::new(setup),
        env: Env { namespace, files, ..Env::default() },
        beside: Vec::new(),
        answers: BTreeMap::new(),
    };
    for (index, step) in steps.iter().enumerate() {
        stage.live_until(ms(&step["t"]));
        stage.step(index, step);
    }
    let last = stage.beside.iter().map(|beside| beside.until_ms).max().unwrap_or(0);
    stage.live_until(last);
    stage.end_beside(i64::MAX);
    stage.answers
}

impl Stage {
    /// Now, in milliseconds of the transcript.
    fn now(&self) -> i64 {
        self.timeline.now().ms() as i64 - START_MS
    }

    /// Lets the next thing happen, at most up to a moment.
    fn live_on(&mut self, target: i64) {
        let mut next = target;
        if let Some(due) = self.timeline.cluster().next_due() {
            next = next.min(due.ms() as i64 - START_MS);
        }
        if self.beside.iter().any(|beside| beside.done.is_none()) {
            next = next.min(self.now() + 100);
        }
        let next = next.max(self.now());
        self.timeline.advance_to(SimTime((next + START_MS) as u64));
        for beside in self.beside.iter_mut().filter(|beside| beside.done.is_none()) {
            if let Progress::Done(code) = beside.command.poll(&mut self.timeline) {
                beside.done = Some(code);
            }
        }
        if next < target
            && next == self.now()
            && self.timeline.cluster().next_due().is_none_or(|due| due <= self.timeline.now())
        {
            self.timeline.advance_to(SimTime(self.timeline.now().ms() + 1));
        }
    }

    fn live_until(&mut self, target: i64) {
        for _ in 0..MOMENTS_MAX {
            if self.now() >= target {
                break;
            }
            self.live_on(target);
        }
        self.end_beside(target);
    }

    /// Ctrl-C for what ran beside others long enough.
    fn end_beside(&mut self, now: i64) {
        for beside in std::mem::take(&mut self.beside) {
            if beside.until_ms > now {
                self.beside.push(beside);
            } else {
                let text = beside.command.text().to_string();
                self.answers.insert(beside.step, Answer { text, exit: beside.done });
            }
        }
    }

    fn step(&mut self, index: usize, step: &Value) {
        let line = step["run"].as_str().unwrap_or("");
        let Some(parts) = shell::pipeline(line) else { return };
        if let Some(before) = step["before"].as_str() {
            self.kubectl(before, None, true, 0, PATIENCE_MS);
        }
        if step["beside"] == true {
            let command = start(line, self.env.clone());
            let until_ms = ms(&step["until"]);
            self.beside.push(Beside { step: index, until_ms, command, done: None });
            return;
        }
        let took = ms(&step["took"]);
        // Half of the time goes by before the first request.
        self.live_until(self.now() + (took / 2).min(500));
        let mut input = step["stdin"].as_str().map(String::from);
        let mut answer = Answer::default();
        let mut screen = String::new();
        for (place, part) in parts.iter().enumerate() {
            let last = place + 1 == parts.len();
            match part {
                Part::Kubectl { line, from_nothing, file } => {
                    if let Some(file) = file {
                        input = self.env.files.get(file).cloned();
                    }
                    // What the recorder interrupted is interrupted then.
                    let cut = step["exit"].as_str().is_some_and(|exit| exit.starts_with("^C"));
                    let patience = if cut { 0 } else { PATIENCE_MS };
                    let (ended, command) = self.kubectl(line, input.take(), *from_nothing, took, patience);
                    answer.exit = ended;
                    if last {
                        screen.push_str(command.text());
                    } else {
                        screen.push_str(command.stderr());
                        input = Some(command.stdout().to_string());
                    }
                }
                Part::Filter(filter) => {
                    let Some(text) = filter.run(&mut self.env.files, input.take().unwrap_or_default()) else {
                        return;
                    };
                    answer.exit = Some(0);
                    if last {
                        screen.push_str(&text);
                    } else {
                        input = Some(text);
                    }
                }
            }
        }
        answer.text = screen;
        self.answers.insert(index, answer);
    }

    /// Runs one kubectl to its end, or interrupts it.
    fn kubectl(
        &mut self,
        line: &str,
        input: Option<String>,
        from_nothing: bool,
        took: i64,
        patience: i64,
    ) -> (Option<i32>, Command) {
        let mut env = self.env.clone();
        env.stdin = if from_nothing { String::new() } else { input.unwrap_or_default() };
        let mut command = start(line, env);
        let over = self.now() + took;
        let deadline = over + patience;
        let mut ended = None;
        let mut then = None;
        for _ in 0..MOMENTS_MAX {
            if let Progress::Done(code) = command.poll(&mut self.timeline) {
                ended = Some(code);
                break;
            }
            if self.now() >= over && then.is_none() {
                then = Some((self.timeline.clone(), self.beside.clone()));
            }
            if self.now() >= deadline {
                break;
            }
            let soon = self.now() + 100;
            self.live_on(soon.min(deadline));
        }
        if let Some(then) = then.filter(|_| self.now() > over + LATE_MS) {
            (self.timeline, self.beside) = then;
        }
        if let Some(namespace) = command.new_namespace() {
            self.env.namespace = namespace.to_string();
        }
        (ended, command)
    }
}
