//! Command lines: what the terminal runs, and what it still follows.

use std::collections::BTreeMap;

use k8s_sim::Timeline;
use kubectl::{Api, Command, Env, Progress};

use super::apply;
use super::cluster_api::ClusterApi;
use crate::draft::Draft;
use crate::examples::EXAMPLES;
use crate::terminal::{EntryKind, Terminal, tail};

/// A line is cut after so many characters.
const LINE_MAX: usize = 8_000;

const HELP: &str =
    "kubectl get, describe, logs, exec, apply, delete, label and more work on the cluster above.
pod.yaml is the manifest in the editor; ls lists the other files. clear empties the terminal.
Tab completes, the arrow keys bring back lines, Ctrl+C stops what follows.";

/// What the terminal runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Commands {
    running: Option<Running>,
}

/// A command that waits for something, and the entry that its output stands in.
#[derive(Clone, Debug)]
struct Running {
    command: Command,
    output: Option<u64>,
    /// Where in what the command has printed that entry begins: what a person types in between stands between.
    from: usize,
}

impl Commands {
    /// Runs a line as far as it gets without time passing. Without `may_write` nothing is written, and the answer
    /// says whether the line would have: then a person must be asked, and nothing of it stands in the terminal.
    pub(super) fn run(
        &mut self,
        line: &str,
        terminal: &mut Terminal,
        timeline: &mut Timeline,
        draft: &Draft,
        may_write: bool,
    ) -> bool {
        let line: String = line.chars().take(LINE_MAX).collect();
        if let Some(exec) = self.running.as_ref().and_then(|running| running.command.attached()) {
            let mut api = ClusterApi::new(timeline, may_write);
            api.exec_input(exec, format!("{line}\n").as_bytes());
            if api.wants_to_write && !may_write {
                return true;
            }
            terminal.enter(&line);
            if let Some(running) = &mut self.running {
                running.output = None;
                running.from = running.command.text().len();
            }
            self.follow(terminal, timeline);
            return false;
        }
        match line.trim() {
            "" => {
                terminal.push(EntryKind::Command, "");
                return false;
            }
            "clear" => {
                terminal.enter(&line);
                terminal.clear();
                return false;
            }
            "help" => {
                terminal.enter(&line);
                terminal.push(EntryKind::Output, HELP);
                return false;
            }
            "ls" => {
                terminal.enter(&line);
                let names: Vec<String> = files(draft).into_keys().collect();
                terminal.push(EntryKind::Output, &names.join("\n"));
                return false;
            }
            _ => {}
        }
        let namespace = terminal.namespace().to_owned();
        let env = Env { namespace, files: files(draft), terminal: true, ..Env::default() };
        let mut command = kubectl::start(&line, env);
        let mut api = ClusterApi::new(timeline, may_write);
        let progress = command.poll(&mut api);
        if api.wants_to_write && !may_write {
            return true;
        }
        self.interrupt(terminal);
        terminal.enter(&line);
        if let Some(namespace) = command.new_namespace() {
            terminal.set_namespace(namespace);
        }
        let text = command.text().to_owned();
        if !text.is_empty() {
            terminal.push(EntryKind::Output, &text);
        }
        if progress == Progress::Waiting {
            let output = (!text.is_empty()).then_some(terminal.last_id());
            self.running = Some(Running { command, output, from: 0 });
        }
        false
    }

    /// Whether a command still waits for something.
    pub(super) fn is_following(&self) -> bool {
        self.running.is_some()
    }

    /// Looks whether what is followed has more to print, or has ended; says whether anything changed.
    pub(super) fn follow(&mut self, terminal: &mut Terminal, timeline: &mut Timeline) -> bool {
        let Some(mut running) = self.running.take() else { return false };
        let may_write = !timeline.in_past();
        let before = running.command.text().len();
        let progress = running.command.poll(&mut ClusterApi::new(timeline, may_write));
        let printed = running.command.text().len() != before;
        if printed {
            let new = running.command.text().get(running.from..).unwrap_or_default();
            let text = new.trim_end_matches('\n').to_owned();
            if !running.output.is_some_and(|id| terminal.rewrite(id, &text)) {
                terminal.push(EntryKind::Output, &tail(&text));
                running.output = Some(terminal.last_id());
            }
        }
        if progress == Progress::Waiting {
            self.running = Some(running);
        }
        printed || self.running.is_none()
    }

    /// Ctrl-C.
    pub(super) fn interrupt(&mut self, terminal: &mut Terminal) {
        if self.running.take().is_some() {
            terminal.push(EntryKind::Output, "^C");
        }
        terminal.edit(String::new());
    }

    /// What was followed is no more.
    pub(super) fn forget(&mut self) {
        self.running = None;
    }
}

/// The files that a person has here: the manifest in the editor, and every example.
fn files(draft: &Draft) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> =
        EXAMPLES.iter().map(|example| (format!("{}.yaml", example.id), example.text.to_owned())).collect();
    files.insert(apply::FILE.into(), draft.text.clone());
    files
}
