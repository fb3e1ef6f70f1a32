//! Plays a recorded scenario's script on the simulated cluster and writes down what happens, in the formats of
//! the recordings. It reads the script and the manifests, and nothing of what was recorded.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use k8s_api::kind::{Kind, by_kind};
use k8s_api::time::parse_rfc3339;
use k8s_sim::kubelet::eviction::{EvictionConfig, parse_duration_ms};
use k8s_sim::{ContainerName, Fault, Input, NodeSetup, Setup, SimTime, Timeline};
use kubectl::api::DeleteOptions;
use kubectl::{Api, Command, Env, Progress, start};
use serde_json::{Map, Value, json};

/// The moment of the script's zero in the simulated cluster, which has been up for a while by then.
const START_MS: i64 = 120_000;
/// From a command being typed to its first request: the median of the recordings' deletions.
const CLIENT_START_MS: i64 = 130;
/// The same for `apply`, which reads files and asks for the API's schema first: the median of the recordings.
const APPLY_START_MS: i64 = 580;
/// From one object of a file to the next, which `apply` sends one after the other: the median of the recordings.
const APPLY_OBJECT_MS: i64 = 35;
/// More moments than this in one scenario would be a loop without an end.
const MOMENTS_MAX: u32 = 5_000_000;

/// What a scenario came to, as the files of a recording hold it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recording {
    /// watch-pods.jsonl, a value a line.
    pub(crate) pods: Vec<Value>,
    /// events.json
    pub(crate) events: Vec<Value>,
    /// kubectl-get-pods-wide-watch.txt
    pub(crate) watch: String,
    /// steps.txt
    pub(crate) steps: String,
}

/// A command of the script at work.
struct Running {
    /// Its place in the script.
    step: usize,
    /// When it begins to act.
    at_ms: i64,
    command: Command,
    done: Option<i32>,
}

struct Stage {
    timeline: Timeline,
    namespace: String,
    files: BTreeMap<String, String>,
    running: Vec<Running>,
    /// `kubectl get pods -w`, how much of its text is written down, and the lines with their times.
    watching: Option<Command>,
    seen: usize,
    lines: String,
    /// What each step printed, by its place in the script.
    printed: BTreeMap<usize, (String, String)>,
}

/// Plays the script. `files` are the manifests by name.
pub(crate) fn play(script: &Value, files: BTreeMap<String, String>) -> Recording {
    let namespace = script["namespace"].as_str().unwrap_or("default").to_string();
    let timeline = Timeline::new(setup(script, &namespace));
    let mut stage = Stage {
        timeline,
        namespace,
        files,
        running: Vec::new(),
        watching: None,
        seen: 0,
        lines: String::new(),
        printed: BTreeMap::new(),
    };
    let until = ms(&script["until"]);
    let steps = script["steps"].as_array().cloned().unwrap_or_default();
    let mut order: Vec<usize> = (0..steps.len()).collect();
    order.sort_by_key(|index| ms(&steps[*index]["t"]));
    // The recorder watched from before the first command on.
    stage.live_until(order.first().map_or(0, |index| ms(&steps[*index]["t"]).min(0)));
    stage.watch_pods();
    for index in order {
        let at = ms(&steps[index]["t"]);
        stage.live_until(at);
        stage.step(index, &steps[index], at);
    }
    stage.live_until(until);
    stage.finish(script, &steps)
}

/// Milliseconds of a number of seconds.
fn ms(seconds: &Value) -> i64 {
    (seconds.as_f64().unwrap_or(0.0) * 1000.0).round() as i64
}

fn setup(script: &Value, namespace: &str) -> Setup {
    let mut setup = Setup::recorded();
    let nodes = script["nodes"].as_array().cloned().unwrap_or_default();
    setup.nodes = nodes
        .iter()
        .map(|node| {
            let text = |field: &str| node[field].as_str().unwrap_or("");
            let mut setup = NodeSetup::new(text("name"), text("cpu"), text("memory"));
            setup.fake = node["fake"] == true;
            let map = |field: &str| -> Option<Vec<(&str, &str)>> {
                let map = node[field].as_object()?;
                Some(map.iter().map(|(key, value)| (key.as_str(), value.as_str().unwrap_or(""))).collect())
            };
            setup.eviction = EvictionConfig::from_maps(
                map("evictionHard").as_deref(),
                &map("evictionSoft").unwrap_or_default(),
                &map("evictionSoftGracePeriod").unwrap_or_default(),
                &map("evictionMinimumReclaim").unwrap_or_default(),
            );
            if let Some(period) =
                parse_duration_ms(text("evictionPressureTransitionPeriod")).filter(|&p| p > 0)
            {
                setup.eviction.pressure_transition_period_ms = period;
            }
            if let Some(seconds) = node["evictionMaxPodGracePeriod"].as_i64() {
                setup.eviction.max_pod_grace_period_seconds = seconds;
            }
            setup.memory_available_idle = node["memoryAvailableIdle"].as_str().map(String::from);
            setup.disk_available_idle = node["nodefsAvailableIdle"].as_str().map(String::from);
            setup
        })
        .collect();
    if namespace != "default" {
        setup.namespaces.push(namespace.to_string());
    }
    setup
}

impl Stage {
    /// Now, in milliseconds of the script.
    fn now(&self) -> i64 {
        self.timeline.now().ms() as i64 - START_MS
    }

    /// Begins `kubectl get pods -o wide -w`.
    fn watch_pods(&mut self) {
        let line = "kubectl get pods -o wide -w --output-watch-events";
        self.watching = Some(start(line, self.env()));
        self.poll();
    }

    fn env(&self) -> Env {
        Env { namespace: self.namespace.clone(), files: self.files.clone(), ..Env::default() }
    }

    /// Lives on until a moment of the script, and lets the commands at work do their part meanwhile.
    fn live_until(&mut self, target: i64) {
        for _ in 0..MOMENTS_MAX {
            let next_command = self
                .running
                .iter()
                .filter(|r| r.done.is_none())
                .map(|r| r.at_ms)
                .filter(|at| *at > self.now());
            let mut next = next_command.min().unwrap_or(target).min(target);
            // A command that waits may be woken by anything, or by its own deadline.
            if let Some(due) = self.timeline.cluster().next_due() {
                next = next.min(due.ms() as i64 - START_MS);
            }
            if self.running.iter().any(|running| running.done.is_none() && running.at_ms <= self.now()) {
                next = next.min(self.now() + 100);
            }
            let next = next.max(self.now());
            self.timeline.advance_to(SimTime((next + START_MS) as u64));
            self.poll();
            if self.now() >= target {
                return;
            }
            // Nothing is due at this very moment any more: do not stand still.
            if next == self.now()
                && self.timeline.cluster().next_due().is_none_or(|d| d <= self.timeline.now())
            {
                let step = SimTime(self.timeline.now().ms() + 1);
                self.timeline.advance_to(step);
            }
        }
    }

    fn poll(&mut self) {
        let now = self.now();
        for running in &mut self.running {
            if running.done.is_some() || running.at_ms > now {
                continue;
            }
            if let Progress::Done(code) = running.command.poll(&mut self.timeline) {
                running.done = Some(code);
            }
        }
        if let Some(watching) = &mut self.watching {
            let _ = watching.poll(&mut self.timeline);
            let text = watching.text();
            for line in text.get(self.seen..).unwrap_or("").lines() {
                let _ = writeln!(self.lines, "{:9.3} | {line}", now as f64 / 1000.0);
            }
            self.seen = text.len();
        }
    }

    /// What a command finds around it; an `apply` of a file with several objects is one for each of them.
    fn one_by_one(&self, line: &str) -> Vec<Env> {
        let env = self.env();
        let file = line.strip_prefix("kubectl apply -f ").filter(|file| !file.contains(' '));
        let documents = file.and_then(|file| Some((file, env.files.get(file)?)));
        let Some((file, text)) = documents else { return vec![env] };
        let documents = text.split("\n---\n").filter(|document| !document.trim().is_empty());
        let with = |document: &str| {
            let mut env = env.clone();
            env.files.insert(file.into(), document.into());
            env
        };
        documents.map(with).collect()
    }

    /// Does one step of the script.
    fn step(&mut self, index: usize, step: &Value, at_ms: i64) {
        let text = |field: &str| self.named(step[field].as_str().unwrap_or(""));
        if let Some(line) = step["run"].as_str() {
            let line = self.named(line);
            let client_ms = if line.starts_with("kubectl apply") { APPLY_START_MS } else { CLIENT_START_MS };
            let mut at_ms = at_ms + client_ms;
            for env in self.one_by_one(&line) {
                self.running.push(Running { step: index, at_ms, command: start(&line, env), done: None });
                at_ms += APPLY_OBJECT_MS;
            }
            return;
        }
        if step["evict"].is_string() {
            let name = text("evict");
            let namespace = self.namespace.clone();
            let answer = self.timeline.evict(&namespace, &name, &DeleteOptions::default());
            let code = answer.err().map_or(201, |status| status.code);
            self.printed.insert(index, (format!("POST eviction {name} -> HTTP {code}"), String::new()));
            return;
        }
        let (pod, node) = (text("pod"), text("node"));
        let namespace = self.namespace.clone();
        let fault = match step["fault"].as_str().unwrap_or("") {
            "stop-kubelet" => Fault::StopKubelet { node },
            "start-kubelet" => Fault::StartKubelet { node },
            "add-node" => Fault::AddNode { name: node, cpu: "4".into(), memory: "8Gi".into() },
            "kill-sandbox" => Fault::KillSandbox { namespace, pod },
            "kill-container" => Fault::SignalContainer {
                container: ContainerName { namespace, pod, container: text("container") },
                signal: match step["signal"].as_str() {
                    Some("SIGTERM") => 15,
                    Some("SIGINT") => 2,
                    _ => 9,
                },
            },
            _ => return,
        };
        let answer = self.timeline.submit(Input::Fault(fault));
        self.printed.insert(index, (format!("# {step} {answer:?}"), String::new()));
    }

    /// Fills in `{pod BASE N}`: the N-th Pod that was created from a base name.
    fn named(&self, text: &str) -> String {
        let mut out = text.to_string();
        while let Some(start) = out.find("{pod ") {
            let Some(end) = out[start..].find('}').map(|end| start + end) else { break };
            let words: Vec<&str> = out[start + 1..end].split(' ').collect();
            let (base, number) = match words.as_slice() {
                [_, base, number] => (*base, number.parse::<usize>().unwrap_or(1)),
                _ => break,
            };
            let prefix = format!("{base}-");
            let log = self.timeline.cluster().watch();
            let name = log
                .iter()
                .filter(|event| event.kind == k8s_sim::WatchType::Added && event.object.kind() == "Pod")
                .map(|event| event.object.meta().name.clone())
                .filter(|name| name.starts_with(&prefix))
                .nth(number.saturating_sub(1))
                .unwrap_or_default();
            out.replace_range(start..=end, &name);
        }
        out
    }

    fn finish(mut self, script: &Value, steps: &[Value]) -> Recording {
        for running in std::mem::take(&mut self.running) {
            let line = steps[running.step]["run"].as_str().unwrap_or("");
            let mut text = running.command.text().to_string();
            if let Some(code) = running.done.filter(|code| *code != 0) {
                let _ = writeln!(text, "[exit {code}]");
            }
            let line = self.named(line);
            let printed = self.printed.entry(running.step).or_insert((line, String::new()));
            printed.1.push_str(&text);
        }
        let mut recording = Recording {
            watch: format!(
                "# kubectl get pods -o wide -w --output-watch-events ; first column = arrival time relative to \
                 apply (s)\n{}",
                self.lines
            ),
            steps: format!("# {}\n", script["description"].as_str().unwrap_or("")),
            ..Recording::default()
        };
        for (index, (line, text)) in &self.printed {
            let at = &steps[*index]["t"];
            let _ = write!(recording.steps, "\n## t={at}s $ {line}\n{text}");
        }
        let zero = self.timeline.cluster().epoch_seconds() * 1_000_000 + START_MS * 1000;
        if let Some(kind) = by_kind("Pod") {
            let from = self.kubectl_events(kind);
            for event in from {
                recording.pods.push(pod_row(&event, zero));
            }
        }
        if let Some(kind) = by_kind("Event") {
            let namespace = self.namespace.clone();
            let events = self.timeline.list(kind, Some(&namespace)).unwrap_or_default();
            recording.events = events.iter().map(|event| event_row(event, zero)).collect();
        }
        recording
    }

    fn kubectl_events(&mut self, kind: &Kind) -> Vec<kubectl::api::WatchEvent> {
        let namespace = self.namespace.clone();
        self.timeline.watch(kind, Some(&namespace), 0).0
    }
}

/// Moments as whole seconds since the script's zero: `+12s`.
fn relative(value: &Value, zero: i64) -> Value {
    match value {
        Value::String(text) => match parse_rfc3339(text) {
            Some(micros) => {
                let seconds = (micros - zero).div_euclid(1_000_000);
                Value::String(format!("{seconds:+}s"))
            }
            None => value.clone(),
        },
        Value::Array(items) => items.iter().map(|item| relative(item, zero)).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), relative(value, zero))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn pod_row(event: &kubectl::api::WatchEvent, zero: i64) -> Value {
    let t = (event.at_micros - zero) as f64 / 1e6;
    let mut metadata = relative(&event.object["metadata"], zero);
    if let Some(map) = metadata.as_object_mut() {
        for field in ["uid", "resourceVersion", "namespace", "managedFields"] {
            map.remove(field);
        }
    }
    json!({
        "t": t,
        "kind": "pods",
        "type": event.type_.as_str(),
        "metadata": metadata,
        "status": relative(&event.object["status"], zero),
    })
}

fn event_row(event: &Value, zero: i64) -> Value {
    let event = relative(event, zero);
    let about = &event["involvedObject"];
    let mut row = Map::new();
    for field in [
        "type",
        "reason",
        "message",
        "count",
        "source",
        "reportingComponent",
        "action",
        "series",
        "firstTimestamp",
        "lastTimestamp",
        "eventTime",
    ] {
        row.insert(field.to_string(), event[field].clone());
    }
    let text = |field: &str| about[field].as_str().unwrap_or("");
    row.insert("object".to_string(), format!("{}/{}", text("kind"), text("name")).into());
    row.insert("fieldPath".to_string(), about["fieldPath"].clone());
    Value::Object(row)
}
