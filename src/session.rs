//! The page's whole state and the one function that changes it.

use course::{COURSE, CourseAction, Progress};

use crate::action::{Action, Pane, Sheet, ViewState};
use crate::applied::Applied;
use crate::draft::Draft;
use crate::engine::{Arrival, Engine};
use crate::finding::Finding;
use crate::playback::Playback;
use crate::scene::{Branch, Moment, Selection};
use crate::terminal::Terminal;
use crate::{deed, examples, panic};

/// The most messages on the page at once; the oldest gives way.
pub(crate) const NOTICES_MAX: usize = 4;
/// So many things are kept to be done as soon as the cluster is there.
pub(crate) const KEPT_MAX: usize = 50;

/// A message to the person, until it is taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// To take it away by.
    pub id: u32,
    /// What it says.
    pub text: String,
}

/// Which parts of the session differ from what the browser keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // A set of four.
pub struct Unsaved {
    /// The drafts.
    pub text: bool,
    /// The inputs so far, and the moment that is shown.
    pub story: bool,
    /// Theme, panes, speed.
    pub look: bool,
    /// Answers and tasks of the course.
    pub course: bool,
}

impl Unsaved {
    /// Whether anything has to be saved.
    #[must_use]
    pub fn any(self) -> bool {
        self != Self::default()
    }
}

/// What a person is asked before the future is dropped.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    /// What waits for the answer.
    pub action: Box<Action>,
    /// What it does, in words.
    pub words: String,
}

/// What was done before the cluster was there: it is done, in order, as soon as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// What was done.
    pub action: Action,
    /// What it does, in words.
    pub words: String,
    /// The text in the editor at that moment.
    pub text: String,
}

/// The whole state of the page.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// The cluster; none until its chunk has arrived.
    pub engine: Option<Box<dyn Engine>>,
    /// How far the cluster's chunk is on its way.
    pub arrival: Arrival,
    /// What waits for the cluster, in order.
    pub kept: Vec<Kept>,
    /// The moment that is shown, and how far has been lived.
    pub moment: Moment,
    /// How the page is looked at.
    pub view: ViewState,
    /// How time runs.
    pub playback: Playback,
    /// The text in the editor.
    pub draft: Draft,
    /// What is wrong with that text, as of the last look.
    pub findings: Vec<Finding>,
    /// The text has been looked at since it changed, which takes the cluster's API server.
    pub checked: bool,
    /// Where the editor's cursor should go: a byte of the text, and a count so that the same place can be asked
    /// for twice.
    pub go_to: (u32, usize),
    /// What came of the last Apply.
    pub applied: Option<Applied>,
    /// What is asked before the future is dropped.
    pub pending: Option<Pending>,
    /// The terminal.
    pub terminal: Terminal,
    /// How far the learner has come.
    pub progress: Progress,
    /// Messages to the person.
    pub notices: Vec<Notice>,
    /// Why the browser keeps nothing, when it does not.
    pub storage_trouble: Option<String>,
    /// Futures that were lived and given up.
    pub branches: Vec<Branch>,
    /// Counts whatever changed besides the mere passing of time.
    pub revision: u64,
    /// What the browser does not keep yet.
    pub unsaved: Unsaved,
    notice_count: u32,
}

impl Session {
    /// Whether the moment that is shown lies before the last one that was lived.
    #[must_use]
    pub fn in_past(&self) -> bool {
        self.moment.in_past()
    }

    /// The cluster is there: what was kept for it is done.
    pub fn take_in(&mut self, engine: Box<dyn Engine>) {
        self.engine = Some(engine);
        // What was kept is done with whatever is done next, and that is this.
        self.update(Action::Arrival(Arrival::There));
    }

    /// Does what was asked for. Says whether anything changed that could be seen.
    pub fn update(&mut self, action: Action) -> bool {
        // Out of its place while it works: it changes the session around it.
        if let Some(mut engine) = self.engine.take() {
            let changed = engine.update(self, action);
            self.engine = Some(engine);
            return changed;
        }
        match action {
            // Nothing runs that could go on, be completed or be stopped.
            Action::Tick { .. } | Action::CompleteCommand | Action::InterruptCommand => return false,
            // It runs, and stands still, for the cluster only.
            // Applying lets time run: a toggle after it would halt what was to be started.
            Action::Play | Action::TogglePlay => self.keep_for_later(Action::Play),
            Action::Pause => self.keep_for_later(action),
            _ => {
                if let Some(rest) = self.do_here(action) {
                    self.keep_for_later(rest);
                }
            }
        }
        self.revision += 1;
        true
    }

    /// Keeps what only the cluster can do until it is there, with the manifest that it may be about.
    fn keep_for_later(&mut self, action: Action) {
        if let Action::Command(_) = &action {
            self.terminal.edit(String::new());
        }
        if self.kept.len() < KEPT_MAX {
            self.kept.push(Kept {
                words: self.pending_words(&action),
                action,
                text: self.draft.text.clone(),
            });
        }
    }

    /// Does what the page alone can do; gives back what is left for the cluster.
    pub(crate) fn do_here(&mut self, action: Action) -> Option<Action> {
        match action {
            Action::Play => self.playback.playing = true,
            Action::Pause => self.playback.playing = false,
            Action::TogglePlay => self.playback.playing = !self.playback.playing,
            Action::SetSpeed(speed) => {
                self.playback.speed = speed.clamp(1, 1000);
                self.unsaved.look = true;
            }
            Action::LoadText { name, text, apply } => {
                self.load_text(&name, &text, apply);
                return apply.then_some(Action::Apply);
            }
            Action::EditManifest(_)
            | Action::CheckManifest
            | Action::LoadExample(_)
            | Action::ResetManifest
            | Action::UndoReset
            | Action::GoToText(_) => self.edit(action),
            Action::DismissAnswer => self.applied = None,
            Action::CancelAct => self.pending = None,
            Action::EditCommand(text) => self.terminal.edit(text),
            Action::CommandHistory(direction) => self.terminal.recall(direction),
            Action::ClearTerminal => self.terminal.clear(),
            Action::DismissNotice(id) => self.notices.retain(|notice| notice.id != id),
            Action::Notice(text) => self.notice(text),
            Action::StorageState(trouble) => self.storage_trouble = trouble,
            Action::Arrival(arrival) => self.arrival = arrival,
            Action::Course(action) => self.course(&action),
            Action::Select(_)
            | Action::ShowPod(_)
            | Action::SetZoom(_)
            | Action::OpenPane(_)
            | Action::TogglePanes
            | Action::OpenSheet(_)
            | Action::Narrow(_)
            | Action::SetTheme(_)
            | Action::SetLargeText(_)
            | Action::ReducedMotion(_)
            | Action::ShowHelp(_)
            | Action::SetShortcuts(_)
            | Action::FilterEvents(_)
            | Action::ShowYaml(_)
            | Action::ShowLog { .. } => self.look(action),
            Action::Tick { .. }
            | Action::Seek(_)
            | Action::StepChange(_)
            | Action::JumpToEvent(_)
            | Action::GoToHorizon
            | Action::GoToStart
            | Action::ResetCluster
            | Action::Apply
            | Action::DeleteAndCreate
            | Action::Act(_)
            | Action::ConfirmAct { .. }
            | Action::Command(_)
            | Action::InterruptCommand
            | Action::CompleteCommand => return Some(action),
        }
        None
    }

    /// What an action does, for the question before it and for the list of what is kept.
    pub(crate) fn pending_words(&self, action: &Action) -> String {
        match action {
            Action::Act(input) => deed::words(input),
            Action::Command(line) => line.clone(),
            Action::ResetCluster => "begin with an empty cluster".into(),
            Action::Play => "let time run".into(),
            Action::Pause => "halt time".into(),
            Action::Apply => "apply the manifest".into(),
            _ => "move in time".into(),
        }
    }

    // The editor.

    fn edit(&mut self, action: Action) {
        match action {
            Action::EditManifest(text) => {
                panic::remember(&self.draft.name, &text);
                self.draft.edit(text);
                self.unsaved.text = true;
                // Looked at when typing rests.
                return;
            }
            Action::CheckManifest => {
                self.checked = false;
                return;
            }
            Action::LoadExample(id) => {
                let Some(example) = examples::find(&id) else { return };
                self.draft.open(example.id, example.text);
            }
            Action::ResetManifest => self.draft.reset(),
            Action::UndoReset => self.draft.undo_reset(),
            Action::GoToText(at) => {
                self.go_to = (self.go_to.0 + 1, at);
                if self.view.narrow {
                    self.view.sheet = Some(Sheet::Editor);
                }
                return;
            }
            _ => return,
        }
        self.unsaved.text = true;
        self.checked = false;
    }

    /// Another text comes into the editor; to be applied at once, or to be looked at.
    fn load_text(&mut self, name: &str, text: &str, apply: bool) {
        self.draft.open(name, text);
        if !apply && self.view.narrow {
            self.view.sheet = Some(Sheet::Editor);
        }
        self.unsaved.text = true;
        self.checked = false;
    }

    // The course.

    fn course(&mut self, action: &CourseAction) {
        if let CourseAction::UseManifest { text } = action {
            let lesson = self.progress.open_lesson(&COURSE).map(|(_, lesson)| lesson);
            let file = lesson.and_then(|it| it.manifests.iter().find(|manifest| manifest.text == text));
            let name = match (lesson, file) {
                (Some(lesson), Some(file)) => format!("{}/{}", lesson.id, file.file),
                _ => "lesson".into(),
            };
            self.load_text(&name, text, false);
        }
        self.progress.apply(&COURSE, action);
        self.unsaved.course = true;
    }

    // The view.

    fn look(&mut self, action: Action) {
        let view = &mut self.view;
        match action {
            Action::Select(selection) => {
                if let Some(key) = selection.pod() {
                    view.stage.pod = Some(key.clone());
                }
                view.log_container = None;
                view.stage.selection = selection;
            }
            Action::ShowPod(pod) => {
                view.stage.selection = Selection::Nothing;
                view.stage.pod = pod;
                view.log_container = None;
            }
            Action::SetZoom(zoom) => view.stage.zoom = zoom,
            Action::OpenPane(pane) => {
                view.pane = pane;
                view.panes_small = false;
            }
            Action::TogglePanes => view.panes_small = !view.panes_small,
            Action::OpenSheet(sheet) => view.sheet = sheet,
            Action::Narrow(narrow) => {
                view.narrow = narrow;
                view.sheet = None;
            }
            Action::SetTheme(theme) => view.theme = theme,
            Action::SetLargeText(large) => view.large_text = large,
            Action::ReducedMotion(reduced) => view.reduced_motion = reduced,
            Action::ShowHelp(open) => view.help = open,
            Action::SetShortcuts(on) => view.shortcuts_off = !on,
            Action::FilterEvents(filtered) => view.events_filtered = filtered,
            Action::ShowYaml(part) => view.yaml_part = part,
            Action::ShowLog { container, previous } => {
                view.log_container = Some(container);
                view.log_previous = previous;
                view.pane = Pane::Logs;
                view.panes_small = false;
            }
            _ => {}
        }
        self.unsaved.look = true;
    }

    pub(crate) fn notice(&mut self, text: String) {
        self.notices.retain(|notice| notice.text != text);
        if self.notices.len() >= NOTICES_MAX {
            self.notices.remove(0);
        }
        self.notice_count += 1;
        self.notices.push(Notice { id: self.notice_count, text });
    }
}
