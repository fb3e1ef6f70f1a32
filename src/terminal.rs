//! The terminal: lines entered, what they printed, and what is still being followed.

use k8s_api::Value;
use serde_json::json;

use crate::action::Direction;

/// So many characters of output are kept.
const SCROLLBACK_MAX: usize = 200_000;
/// So many entered lines are kept.
const HISTORY_MAX: usize = 200;

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
    /// A command waits for something.
    following: bool,
    /// The namespace of the context, when it was changed.
    namespace: Option<String>,
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

    /// Puts a text below what stands there.
    pub(crate) fn push(&mut self, kind: EntryKind, text: &str) {
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

    /// Whether a command still waits for something.
    #[must_use]
    pub fn is_following(&self) -> bool {
        self.following
    }

    /// A command waits for something now, or no longer.
    pub(crate) fn set_following(&mut self, following: bool) {
        self.following = following;
    }

    /// The namespace that commands are in is now this one.
    pub(crate) fn set_namespace(&mut self, namespace: &str) {
        self.namespace = Some(namespace.to_owned());
    }

    /// What stands in this entry is now this text.
    pub(crate) fn rewrite(&mut self, id: u64, text: &str) -> bool {
        let entry = self.entries.iter_mut().find(|entry| entry.id == id);
        entry.map(|entry| entry.text = tail(text)).is_some()
    }

    /// The last entry's id.
    pub(crate) fn last_id(&self) -> u64 {
        self.next_id
    }

    /// A line was entered: it stands in the terminal and in its history.
    pub(crate) fn enter(&mut self, line: &str) {
        self.push(EntryKind::Command, line);
        self.remember(line);
        self.input.clear();
        self.at = None;
    }
}

/// The last part of a text that has grown too long.
pub(crate) fn tail(text: &str) -> String {
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
