//! The text in the editor, and everything that was typed before: nothing typed is ever lost.

use std::collections::BTreeMap;

use crate::examples;

/// The text in the editor, with a draft for each manifest that was ever edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Which manifest it is: an example's id, or a name that a lesson gave.
    pub name: String,
    /// What stands in the editor.
    pub text: String,
    /// Counts the changes that did not come from the editor itself: it has to show the text anew.
    pub set_count: u32,
    /// What a reset has replaced.
    pub undo: Option<String>,
    /// The manifest's own text, from which a reset takes it.
    origin: String,
    /// What was typed into the others, where it differs from their own text.
    kept: BTreeMap<String, String>,
}

impl Default for Draft {
    fn default() -> Self {
        let first = examples::first();
        Self::new(first.id, first.text)
    }
}

impl Draft {
    /// A draft of this manifest, not edited yet.
    #[must_use]
    pub fn new(name: &str, origin: &str) -> Self {
        Self {
            name: name.into(),
            text: origin.into(),
            set_count: 0,
            undo: None,
            origin: origin.into(),
            kept: BTreeMap::new(),
        }
    }

    /// The editor says that its text is now this one.
    pub fn edit(&mut self, text: String) {
        self.text = text;
        self.undo = None;
    }

    /// Another manifest comes into the editor: as it was left, or as it was written.
    pub fn open(&mut self, name: &str, origin: &str) {
        self.keep();
        self.text = self.kept.get(name).map_or(origin, String::as_str).into();
        self.name = name.into();
        self.origin = origin.into();
        self.undo = None;
        self.set_count += 1;
    }

    /// The manifest's own text comes back; what was there can be had back once.
    pub fn reset(&mut self) {
        if !self.edited() {
            return;
        }
        self.undo = Some(std::mem::replace(&mut self.text, self.origin.clone()));
        self.kept.remove(&self.name);
        self.set_count += 1;
    }

    /// Takes the last reset back.
    pub fn undo_reset(&mut self) {
        if let Some(text) = self.undo.take() {
            self.text = text;
            self.set_count += 1;
        }
    }

    /// Whether the text differs from the manifest's own.
    #[must_use]
    pub fn edited(&self) -> bool {
        self.text != self.origin
    }

    /// Whether this manifest was edited and left so.
    #[must_use]
    pub fn has_draft(&self, name: &str) -> bool {
        if name == self.name { self.edited() } else { self.kept.contains_key(name) }
    }

    /// Every draft by name, the one in the editor included: for storage.
    #[must_use]
    pub fn all(&self) -> BTreeMap<String, String> {
        let mut all = self.kept.clone();
        if self.edited() {
            all.insert(self.name.clone(), self.text.clone());
        } else {
            all.remove(&self.name);
        }
        all
    }

    /// Puts back what was stored: the drafts, and which of them is in the editor.
    pub fn restore(&mut self, name: &str, origin: &str, drafts: BTreeMap<String, String>) {
        self.kept = drafts;
        name.clone_into(&mut self.name);
        origin.clone_into(&mut self.origin);
        self.text = self.kept.get(name).map_or(origin, String::as_str).into();
        self.undo = None;
        self.set_count += 1;
    }

    /// The manifest's own text.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    fn keep(&mut self) {
        if self.edited() {
            self.kept.insert(self.name.clone(), self.text.clone());
        } else {
            self.kept.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_waits_for_its_return() {
        let mut draft = Draft::new("a", "a: 1");
        draft.edit("a: 2".into());
        draft.open("b", "b: 1");
        assert_eq!((draft.text.as_str(), draft.has_draft("a")), ("b: 1", true));
        draft.open("a", "a: 1");
        assert_eq!(draft.text, "a: 2");
    }

    #[test]
    fn a_reset_can_be_taken_back() {
        let mut draft = Draft::new("a", "a: 1");
        draft.edit("a: 2".into());
        draft.reset();
        assert_eq!((draft.text.as_str(), draft.edited()), ("a: 1", false));
        draft.undo_reset();
        assert_eq!((draft.text.as_str(), draft.undo.as_ref()), ("a: 2", None));
        // A reset of what was never edited has nothing to take back.
        let mut draft = Draft::new("a", "a: 1");
        draft.reset();
        assert_eq!(draft.undo, None);
    }

    #[test]
    fn storage_gets_every_draft_and_gives_it_back() {
        let mut draft = Draft::new("a", "a: 1");
        draft.edit("a: 2".into());
        draft.open("b", "b: 1");
        draft.edit("b: 2".into());
        let stored = draft.all();
        assert_eq!(stored.len(), 2);
        let mut again = Draft::default();
        again.restore("b", "b: 1", stored);
        assert_eq!((again.text.as_str(), again.origin()), ("b: 2", "b: 1"));
        assert!(again.has_draft("a"));
    }
}
