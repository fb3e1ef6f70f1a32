//! The terminal: lines entered, what they printed, and what is still being followed.

use std::collections::BTreeMap;

use k8s_api::Value;
use k8s_sim::Timeline;
use kubectl::{Api, Command, Env, Progress};
use serde_json::json;

use crate::action::Direction;
use crate::cluster_api::ClusterApi;
use crate::draft::Draft;
use crate::examples::EXAMPLES;
use crate::{apply, complete};

/// So many characters of output are kept.
const SCROLLBACK_MAX: usize = 200_000;
/// So many entered lines are kept.
const HISTORY_MAX: usize = 200;
/// A line is cut after so many characters.
const LINE_MAX: usize = 8_000;

const HELP: &str =
    "kubectl get, describe, logs, exec, apply, delete, label and more work on the cluster above.
pod.yaml is the manifest in the editor; ls lists the other files. clear empties the terminal.
Tab completes, the arrow keys bring back lines, Ctrl+C stops what follows.";

/// What stands in the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// To tell entries apart.
    pub id: u64,
    /// What kind of text it is.
    pub kind: EntryKind,
    /// The text, without its last line feed.
    pub text: String,
}

/// Whose words they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A line that a person entered.
    Command,
    /// The line that would have done what was done by hand.
    Deed,
    /// What a command printed.
    Output,
}

/// The terminal.
#[derive(Clone, Debug, Default)]
pub struct Terminal {
    entries: Vec<Entry>,
    next_id: u64,
    history: Vec<String>,
    /// Where in the history the person is; none: at the line that is new.
    at: Option<usize>,
    input: String,
    running: Option<Running>,
    /// The namespace of the context, when it was changed.
    namespace: Option<String>,
}

/// A command that waits for something, and the entry that its output stands in.
#[derive(Clone, Debug)]
struct Running {
    command: Command,
    output: Option<u64>,
    /// Where in what the command has printed that entry begins: what a person types in between stands between.
    from: usize,
}

impl Terminal {
    /// Everything that stands in it.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The line that is being typed.
    #[must_use]
    pub fn input(&self) -> &str {
        &self.input
    }

    /// The namespace that commands are in unless they say another.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or("default")
    }

    /// The line is now this one.
    pub fn edit(&mut self, text: String) {
        self.input = text;
        self.at = None;
    }

    /// Shows a line entered before, or the one after it.
    pub fn recall(&mut self, direction: Direction) {
        let at = match (direction, self.at) {
            (Direction::Previous, None) => self.history.len().checked_sub(1),
            (Direction::Previous, Some(at)) => Some(at.saturating_sub(1)),
            (Direction::Next, Some(at)) if at + 1 < self.history.len() => Some(at + 1),
            (Direction::Next, _) => None,
        };
        self.at = at;
        self.input = at.and_then(|at| self.history.get(at)).cloned().unwrap_or_default();
    }

    /// Shows the line that would have done what was done by hand.
    pub fn note_deed(&mut self, line: &str) {
        self.push(EntryKind::Deed, line);
    }

    /// Forgets what stands in it.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// Entered lines, for storage.
    #[must_use]
    pub fn history(&self) -> Value {
        json!(self.history)
    }

    /// Puts back what [`Terminal::history`] gave.
    pub fn restore_history(&mut self, saved: &Value) {
        let lines =
            saved.as_array().into_iter().flatten().filter_map(|line| line.as_str().map(str::to_owned));
        self.history = lines.take(HISTORY_MAX).collect();
    }

    fn remember(&mut self, line: &str) {
        if self.history.last().is_none_or(|last| last != line) {
            self.history.push(line.to_owned());
        }
        if self.history.len() > HISTORY_MAX {
            self.history.remove(0);
        }
    }

    fn push(&mut self, kind: EntryKind, text: &str) {
        self.next_id += 1;
        self.entries.push(Entry { id: self.next_id, kind, text: text.trim_end_matches('\n').to_owned() });
        let mut size: usize = self.entries.iter().map(|entry| entry.text.len()).sum();
        while size > SCROLLBACK_MAX && self.entries.len() > 1 {
            size -= self.entries.remove(0).text.len();
        }
    }

    /// Shows what a deed has answered.
    pub fn note_output(&mut self, text: &str) {
        if !text.is_empty() {
            self.push(EntryKind::Output, text);
        }
    }

    /// Runs a line as far as it gets without time passing. Without `may_write` nothing is written, and the answer
    /// says whether the line would have: then a person must be asked, and nothing of it stands in the terminal.
    pub fn run(&mut self, line: &str, timeline: &mut Timeline, draft: &Draft, may_write: bool) -> bool {
        let line: String = line.chars().take(LINE_MAX).collect();
        if let Some(exec) = self.running.as_ref().and_then(|running| running.command.attached()) {
            let mut api = ClusterApi::new(timeline, may_write);
            api.exec_input(exec, format!("{line}\n").as_bytes());
            if api.wants_to_write && !may_write {
                return true;
            }
            self.enter(&line);
            if let Some(running) = &mut self.running {
                running.output = None;
                running.from = running.command.text().len();
            }
            self.follow(timeline);
            return false;
        }
        match line.trim() {
            "" => {
                self.push(EntryKind::Command, "");
                return false;
            }
            "clear" => {
                self.enter(&line);
                self.clear();
                return false;
            }
            "help" => {
                self.enter(&line);
                self.push(EntryKind::Output, HELP);
                return false;
            }
            "ls" => {
                self.enter(&line);
                let names: Vec<String> = files(draft).into_keys().collect();
                self.push(EntryKind::Output, &names.join("\n"));
                return false;
            }
            _ => {}
        }
        let namespace = self.namespace().to_owned();
        let env = Env { namespace, files: files(draft), terminal: true, ..Env::default() };
        let mut command = kubectl::start(&line, env);
        let mut api = ClusterApi::new(timeline, may_write);
        let progress = command.poll(&mut api);
        if api.wants_to_write && !may_write {
            return true;
        }
        self.interrupt();
        self.enter(&line);
        if let Some(namespace) = command.new_namespace() {
            self.namespace = Some(namespace.to_owned());
        }
        let text = command.text().to_owned();
        if !text.is_empty() {
            self.push(EntryKind::Output, &text);
        }
        if progress == Progress::Waiting {
            let output = (!text.is_empty()).then_some(self.next_id);
            self.running = Some(Running { command, output, from: 0 });
        }
        false
    }

    /// Whether a command still waits for something.
    #[must_use]
    pub fn is_following(&self) -> bool {
        self.running.is_some()
    }

    /// Looks whether what is followed has more to print, or has ended; says whether anything changed.
    pub fn follow(&mut self, timeline: &mut Timeline) -> bool {
        let Some(mut running) = self.running.take() else { return false };
        let may_write = !timeline.in_past();
        let before = running.command.text().len();
        let progress = running.command.poll(&mut ClusterApi::new(timeline, may_write));
        let printed = running.command.text().len() != before;
        if printed {
            let new = running.command.text().get(running.from..).unwrap_or_default();
            let text = new.trim_end_matches('\n').to_owned();
            let entry = running.output.and_then(|id| self.entries.iter_mut().find(|entry| entry.id == id));
            match entry {
                Some(entry) => entry.text = tail(&text),
                None => {
                    self.push(EntryKind::Output, &tail(&text));
                    running.output = Some(self.next_id);
                }
            }
        }
        if progress == Progress::Waiting {
            self.running = Some(running);
        }
        printed || self.running.is_none()
    }

    /// Ctrl-C.
    pub fn interrupt(&mut self) {
        if self.running.take().is_some() {
            self.push(EntryKind::Output, "^C");
        }
        self.input.clear();
    }

    /// What was followed is no more.
    pub fn forget_following(&mut self) {
        self.running = None;
    }

    /// Completes the last word of the line, as far as there is one way to go on.
    pub fn complete(&mut self, timeline: &Timeline) {
        let (line, choices) = complete::complete(&self.input, self.namespace(), timeline.cluster());
        self.input = line;
        if choices.len() > 1 {
            let text = choices.join("  ");
            self.push(EntryKind::Output, &text);
        }
    }

    fn enter(&mut self, line: &str) {
        self.push(EntryKind::Command, line);
        self.remember(line);
        self.input.clear();
        self.at = None;
    }
}

/// The files that a person has here: the manifest in the editor, and every example.
fn files(draft: &Draft) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> =
        EXAMPLES.iter().map(|example| (format!("{}.yaml", example.id), example.text.to_owned())).collect();
    files.insert(apply::FILE.into(), draft.text.clone());
    files
}

/// The last part of a text that has grown too long.
fn tail(text: &str) -> String {
    let mut from = text.len().saturating_sub(SCROLLBACK_MAX);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    text[from..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_goes_up_and_down() {
        let mut terminal = Terminal::default();
        for line in ["a", "b", "b"] {
            terminal.remember(line);
        }
        terminal.recall(Direction::Previous);
        assert_eq!(terminal.input(), "b");
        terminal.recall(Direction::Previous);
        terminal.recall(Direction::Previous);
        assert_eq!(terminal.input(), "a");
        terminal.recall(Direction::Next);
        terminal.recall(Direction::Next);
        assert_eq!(terminal.input(), "");
    }

    #[test]
    fn the_scrollback_is_bounded() {
        let mut terminal = Terminal::default();
        for _ in 0..30 {
            terminal.push(EntryKind::Output, &"x".repeat(10_000));
        }
        let size: usize = terminal.entries().iter().map(|entry| entry.text.len()).sum();
        assert!(size <= SCROLLBACK_MAX);
    }
}
