//! Scenarios that a person can read: every Markdown file in `scenarios/` is played on a simulated cluster and must
//! come out as it says. See `scenarios/README.md` for what may stand in one.

use std::path::Path;

use k8s_sim::kubelet::eviction::{EvictionConfig, parse_duration_ms};
use k8s_sim::{ContainerName, Fault, Input, NodeSetup, Setup, SimTime, Timeline};
use kubectl::{Command, Env, Progress, start};

/// The longest that a command may take, in seconds.
const COMMAND_SECONDS_MAX: u64 = 300;

/// A person with a cluster and files.
struct Stage {
    setup: Setup,
    timeline: Option<Timeline>,
    env: Env,
    /// Commands started with `&`, with their lines.
    beside: Vec<(String, Command)>,
}

impl Stage {
    fn new() -> Self {
        Self { setup: Setup::recorded(), timeline: None, env: Env::default(), beside: Vec::new() }
    }

    fn timeline(&mut self) -> &mut Timeline {
        let setup = &self.setup;
        self.timeline.get_or_insert_with(|| Timeline::new(setup.clone()))
    }

    fn pass_ms(&mut self, ms: u64) {
        let timeline = self.timeline();
        let target = SimTime(timeline.now().ms() + ms);
        timeline.advance_to(target);
    }

    /// Runs a command to its end; its text, and its exit code if that is not 0.
    fn run(&mut self, line: &str) -> String {
        let mut command = start(line, self.env.clone());
        let mut progress = command.poll(self.timeline());
        for _ in 0..COMMAND_SECONDS_MAX * 10 {
            if progress != Progress::Waiting {
                break;
            }
            self.pass_ms(100);
            progress = command.poll(self.timeline());
        }
        let mut text = command.text().to_string();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        match progress {
            Progress::Done(0) => {}
            Progress::Done(code) => text.push_str(&format!("[exit {code}]\n")),
            Progress::Waiting => text.push_str("[waits]\n"),
        }
        text
    }

    /// Lets something befall the cluster: `! WHAT POD CONTAINER MORE`.
    fn befall(&mut self, line: &str) -> Result<(), String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let container = |pod: &str, container: &str| ContainerName {
            namespace: "default".into(),
            pod: pod.into(),
            container: container.into(),
        };
        let number = |text: &str| text.parse::<i64>().map_err(|_| format!("no number: {text}"));
        let fault = match words[..] {
            ["fill-memory", pod, name, mebibytes] => {
                let bytes = number(mebibytes)?.unsigned_abs() << 20;
                Fault::FillMemory { container: container(pod, name), bytes }
            }
            ["crash", pod, name, code] => {
                let exit_code = number(code)? as i32;
                Fault::CrashContainer { container: container(pod, name), exit_code }
            }
            ["signal", pod, name, signal] => {
                let signal = number(signal)? as u8;
                Fault::SignalContainer { container: container(pod, name), signal }
            }
            ["kill-sandbox", pod] => Fault::KillSandbox { namespace: "default".into(), pod: pod.into() },
            ["stop-kubelet", node] => Fault::StopKubelet { node: node.into() },
            ["start-kubelet", node] => Fault::StartKubelet { node: node.into() },
            _ => return Err(format!("nothing that can befall a cluster: {line}")),
        };
        self.timeline().submit(Input::Fault(fault));
        Ok(())
    }

    /// Takes in a line of a `setup` block: `node NAME CPU MEMORY field=value…`, or `namespace NAME`.
    fn set_up(&mut self, line: &str, first: bool) -> Result<(), String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["node", name, cpu, memory, ref more @ ..] => {
                if first {
                    self.setup.nodes.clear();
                }
                let mut node = NodeSetup::new(name, cpu, memory);
                let (mut hard, mut soft, mut grace, mut reclaim) = (None, Vec::new(), Vec::new(), Vec::new());
                let (mut period, mut max_grace) = (None, None);
                for field in more {
                    let (field, value) = field.split_once('=').ok_or("field=value")?;
                    match field {
                        "taint" => node.taints.push(value.into()),
                        "label" => {
                            let (key, value) = value.split_once('=').ok_or("label=key=value")?;
                            node.labels.insert(key.into(), value.into());
                        }
                        "disk" => node.disk = value.into(),
                        "memoryAvailableIdle" => node.memory_available_idle = Some(value.into()),
                        "nodefsAvailableIdle" => node.disk_available_idle = Some(value.into()),
                        "evictionHard" => hard.get_or_insert_with(Vec::new).push(pair(value)?),
                        "evictionSoft" => soft.push(pair(value)?),
                        "evictionSoftGracePeriod" => grace.push(pair(value)?),
                        "evictionMinimumReclaim" => reclaim.push(pair(value)?),
                        "evictionPressureTransitionPeriod" => period = parse_duration_ms(value),
                        "evictionMaxPodGracePeriod" => max_grace = value.parse().ok(),
                        _ => return Err(format!("no field of a node: {field}")),
                    }
                }
                node.eviction = EvictionConfig::from_maps(hard.as_deref(), &soft, &grace, &reclaim);
                if let Some(seconds) = max_grace {
                    node.eviction.max_pod_grace_period_seconds = seconds;
                }
                if let Some(period) = period {
                    node.eviction.pressure_transition_period_ms = period;
                }
                self.setup.nodes.push(node);
            }
            ["namespace", name] => self.setup.namespaces.push(name.into()),
            _ => return Err(format!("nothing to set up: {line}")),
        }
        Ok(())
    }
}

/// `memory.available<1Gi` or `memory.available=30s`
fn pair(text: &str) -> Result<(&str, &str), String> {
    text.split_once(['<', '=']).ok_or_else(|| format!("no signal with its value: {text}"))
}

/// Whether the text is what is expected: `[..]` stands for anything in a line, a line `...` for any lines.
fn matches(expected: &[&str], text: &[&str]) -> bool {
    match (expected.split_first(), text.split_first()) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some((&"...", rest)), _) => (0..=text.len()).any(|skip| matches(rest, &text[skip..])),
        (Some(_), None) => false,
        (Some((wanted, more_wanted)), Some((line, more))) => {
            line_matches(wanted.trim_end(), line.trim_end()) && matches(more_wanted, more)
        }
    }
}

fn line_matches(expected: &str, line: &str) -> bool {
    let Some((before, after)) = expected.split_once("[..]") else { return expected == line };
    let Some(rest) = line.strip_prefix(before) else { return false };
    (0..=rest.len()).filter(|&at| rest.is_char_boundary(at)).any(|at| line_matches(after, &rest[at..]))
}

/// Plays one file. The error tells where it came out otherwise.
fn play(text: &str) -> Result<(), String> {
    let mut stage = Stage::new();
    let mut lines = text.lines().enumerate().peekable();
    let mut commands = 0;
    while let Some((_, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let mut block: Vec<(usize, &str)> = Vec::new();
        for (at, line) in lines.by_ref() {
            if line == "```" {
                break;
            }
            block.push((at + 1, line));
        }
        match info.split_whitespace().collect::<Vec<_>>()[..] {
            ["yaml", name] => {
                let content: String = block.iter().map(|(_, line)| format!("{line}\n")).collect();
                stage.env.files.insert(name.into(), content);
            }
            ["setup"] => {
                for (index, (at, line)) in block.iter().enumerate() {
                    stage.set_up(line, index == 0).map_err(|why| format!("line {at}: {why}"))?;
                }
            }
            ["console"] => commands += console(&mut stage, &block)?,
            _ => return Err(format!("a block of an unknown kind: {info}")),
        }
    }
    if commands == 0 { Err("there is nothing to compare".into()) } else { Ok(()) }
}

fn console(stage: &mut Stage, block: &[(usize, &str)]) -> Result<usize, String> {
    let mut commands = 0;
    let mut lines = block.iter().peekable();
    while let Some((at, line)) = lines.next() {
        if let Some(seconds) = line.strip_prefix("@ ") {
            let seconds: f64 = seconds.parse().map_err(|_| format!("line {at}: how many seconds?"))?;
            stage.pass_ms((seconds * 1000.0) as u64);
            continue;
        }
        if let Some(what) = line.strip_prefix("! ") {
            stage.befall(what).map_err(|why| format!("line {at}: {why}"))?;
            continue;
        }
        let Some(command) = line.strip_prefix("$ ") else {
            return Err(format!("line {at}: {line:?} is neither a command nor its answer"));
        };
        let mut expected = Vec::new();
        while let Some((_, line)) =
            lines.next_if(|(_, line)| !["$ ", "@ ", "! "].iter().any(|sign| line.starts_with(sign)))
        {
            expected.push(*line);
        }
        commands += 1;
        if let Some(command) = command.strip_suffix(" &") {
            let mut running = start(command, stage.env.clone());
            running.poll(stage.timeline());
            stage.beside.push((command.into(), running));
            continue;
        }
        let printed = stage.run(command);
        let text: Vec<&str> = printed.lines().collect();
        if !matches(&expected, &text) {
            return Err(format!(
                "line {at}: $ {command}\n--- expected\n{}\n--- printed\n{printed}",
                expected.join("\n")
            ));
        }
    }
    Ok(commands)
}

#[test]
fn every_scenario_comes_out_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("a folder of scenarios").flatten().collect();
    files.sort_by_key(std::fs::DirEntry::file_name);
    let only = std::env::var("SCENARIO").unwrap_or_default();
    let mut failed = Vec::new();
    let mut played = 0;
    for file in files {
        let name = file.file_name().to_string_lossy().into_owned();
        if !name.ends_with(".md") || name == "README.md" || !name.contains(&only) {
            continue;
        }
        let text = std::fs::read_to_string(file.path()).expect("a readable file");
        played += 1;
        if let Err(why) = play(&text) {
            failed.push(format!("{name}: {why}"));
        }
    }
    assert!(played > 0, "no scenario has {only:?} in its name");
    assert!(
        failed.is_empty(),
        "{} of {played} scenarios came out otherwise\n\n{}",
        failed.len(),
        failed.join("\n\n")
    );
}

#[test]
fn what_came_out_otherwise_is_seen() {
    let file = |answer: &str| format!("# A\n```console\n$ kubectl get pods\n{answer}\n```\n");
    assert_eq!(play(&file("No resources found in default namespace.")), Ok(()));
    assert_eq!(play(&file("No [..] in default[..].")), Ok(()));
    assert_eq!(play(&file("...")), Ok(()));
    assert!(play(&file("No pods.")).is_err());
    assert!(play("# Nothing").is_err());
}
