//! The page's whole state and the one function that changes it.

use course::{COURSE, CourseAction, Progress};
use k8s_sim::{Answer, Cluster, Input, Setup, SimTime, StoryEntry, StoryKind, Timeline};

use crate::action::{Action, Direction, Pane, Sheet, ViewState};
use crate::apply::{self, Applied, Key};
use crate::draft::Draft;
use crate::finding::{self, Finding};
use crate::playback::Playback;
use crate::scene::{Branch, PodKey, Selection, clock, story};
use crate::terminal::Terminal;
use crate::{deed, examples, panic};

/// The most messages on the page at once; the oldest gives way.
const NOTICES_MAX: usize = 4;
/// How far beyond what was lived a jump may go, in simulated milliseconds.
const AHEAD_MS_MAX: u64 = 3_600_000;
/// How many changes a jump to the next event may live through.
const STEPS_MAX: usize = 2_000;
/// Said when there is nothing to go on to: as far as `Timeline::step` looks.
const NOTHING_MORE: &str = "Nothing more happens by itself in the next 10 minutes.";

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

/// The whole state of the page.
#[derive(Clone, Debug)]
pub struct Session {
    /// The cluster in time.
    pub timeline: Timeline,
    /// How the page is looked at.
    pub view: ViewState,
    /// How time runs.
    pub playback: Playback,
    /// The text in the editor.
    pub draft: Draft,
    /// What is wrong with that text, as of the last look.
    pub findings: Vec<Finding>,
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
    /// The person said: do not ask again.
    forks_freely: bool,
    /// A manifest that is to be applied as soon as these objects are gone.
    waiting_to_create: Option<(Vec<Key>, String)>,
    notice_count: u32,
    world_mark: (usize, u64),
}

impl Default for Session {
    fn default() -> Self {
        Self::new(Setup::default())
    }
}

impl Session {
    /// A session with a new cluster and the first example in the editor.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        let mut session = Self {
            timeline: Timeline::new(setup),
            view: ViewState::default(),
            playback: Playback::default(),
            draft: Draft::default(),
            findings: Vec::new(),
            go_to: (0, 0),
            applied: None,
            pending: None,
            terminal: Terminal::default(),
            progress: Progress::default(),
            notices: Vec::new(),
            storage_trouble: None,
            branches: Vec::new(),
            revision: 0,
            unsaved: Unsaved::default(),
            forks_freely: false,
            waiting_to_create: None,
            notice_count: 0,
            world_mark: (0, 0),
        };
        session.check();
        session
    }

    /// The cluster at the moment that is shown.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        self.timeline.cluster()
    }

    /// Whether the moment that is shown lies before the last one that was lived.
    #[must_use]
    pub fn in_past(&self) -> bool {
        self.timeline.in_past()
    }

    /// The Pod that the panes are about: the selected one, or else the newest.
    #[must_use]
    pub fn focus(&self) -> Option<PodKey> {
        if let Some(key) = self.view.stage.selection.pod().or(self.view.stage.pod.as_ref()) {
            return Some(key.clone());
        }
        let newest = self
            .cluster()
            .pods()
            .max_by_key(|pod| (pod.metadata.creation_timestamp, pod.metadata.resource_version))?;
        Some(PodKey::new(&newest.metadata.namespace, &newest.metadata.name))
    }

    /// Does what was asked for. Says whether anything changed that could be seen.
    pub fn update(&mut self, action: Action) -> bool {
        if self.must_ask(&action) {
            self.ask(action);
            self.revision += 1;
            return true;
        }
        if let Action::Tick { wall_us } = action {
            return self.tick(wall_us);
        }
        self.perform(action);
        self.observe();
        self.branches = self
            .timeline
            .branches()
            .iter()
            .map(|branch| Branch { from_ms: branch.at.ms(), to_ms: branch.horizon.ms() })
            .collect();
        self.revision += 1;
        true
    }

    fn tick(&mut self, wall_us: u32) -> bool {
        if !self.playback.playing {
            return false;
        }
        let ms = self.playback.virtual_ms(wall_us);
        if ms == 0 {
            return false;
        }
        self.advance(self.timeline.now().after_ms(ms));
        true
    }

    fn advance(&mut self, to: SimTime) {
        self.timeline.advance_to(to);
        self.revision += u64::from(self.terminal.follow(&mut self.timeline));
        self.apply_what_waited();
        self.unsaved.story = true;
        if self.world_moved() {
            self.observe();
            self.revision += 1;
        }
    }

    /// Whether the world is another than at the last call, apart from its clock.
    fn world_moved(&mut self) -> bool {
        let cluster = self.timeline.cluster();
        let mark = (cluster.story().len(), cluster.store().resource_version());
        std::mem::replace(&mut self.world_mark, mark) != mark
    }

    fn observe(&mut self) {
        let met = self.progress.observe(&COURSE, self.timeline.cluster());
        self.unsaved.course |= !met.is_empty();
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Tick { .. } => {}
            Action::Play => self.playback.playing = true,
            Action::Pause => self.playback.playing = false,
            Action::TogglePlay => self.playback.playing = !self.playback.playing,
            Action::SetSpeed(speed) => {
                self.playback.speed = speed.clamp(1, 1000);
                self.unsaved.look = true;
            }
            Action::Seek(to) => self.seek(to),
            Action::StepChange(direction) => self.step(direction),
            Action::JumpToEvent(direction) => self.jump_to_event(direction),
            Action::GoToHorizon => self.seek(self.timeline.horizon()),
            Action::GoToStart => {
                self.playback.playing = false;
                self.seek(SimTime(0));
            }
            Action::ResetCluster => self.reset_cluster(),
            Action::EditManifest(_)
            | Action::CheckManifest
            | Action::LoadExample(_)
            | Action::ResetManifest
            | Action::UndoReset
            | Action::LoadText { .. }
            | Action::GoToText(_) => self.edit(action),
            Action::Apply => self.apply(),
            Action::DeleteAndCreate => self.delete_and_create(),
            Action::DismissAnswer => self.applied = None,
            Action::Act(input) => self.act(input),
            Action::ConfirmAct { always } => {
                self.forks_freely |= always;
                match self.pending.take().map(|pending| *pending.action) {
                    Some(Action::Command(line)) => self.command(&line, true),
                    Some(action) => self.perform(action),
                    None => {}
                }
            }
            Action::CancelAct => self.pending = None,
            Action::Command(line) => self.command(&line, false),
            Action::InterruptCommand => self.terminal.interrupt(),
            Action::EditCommand(text) => self.terminal.edit(text),
            Action::CommandHistory(direction) => self.terminal.recall(direction),
            Action::CompleteCommand => self.terminal.complete(&self.timeline),
            Action::ClearTerminal => self.terminal.clear(),
            Action::DismissNotice(id) => self.notices.retain(|notice| notice.id != id),
            Action::Notice(text) => self.notice(text),
            Action::StorageState(trouble) => self.storage_trouble = trouble,
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
        }
    }

    // Time.

    fn seek(&mut self, to: SimTime) {
        let horizon = self.timeline.horizon();
        if to <= horizon {
            self.timeline.seek(to);
        } else {
            self.advance(to.min(horizon.after_ms(AHEAD_MS_MAX)));
        }
        self.world_moved();
        self.unsaved.story = true;
    }

    fn step(&mut self, direction: Direction) {
        self.playback.playing = false;
        let now = self.timeline.now();
        match direction {
            Direction::Previous => self.seek(self.timeline.prev_change_before(now).unwrap_or(SimTime(0))),
            Direction::Next => match self.timeline.next_change_after(now) {
                Some(at) => self.seek(at),
                None => {
                    if !self.step_ahead() {
                        self.notice(NOTHING_MORE.into());
                    }
                }
            },
        }
    }

    /// Lives on to the next change that nobody has seen yet. `false` if none is near; then time stands still.
    fn step_ahead(&mut self) -> bool {
        let moved = self.timeline.step();
        self.terminal.follow(&mut self.timeline);
        self.apply_what_waited();
        self.unsaved.story = true;
        moved
    }

    fn jump_to_event(&mut self, direction: Direction) {
        self.playback.playing = false;
        let now = self.timeline.now();
        if direction == Direction::Previous {
            let story = self.cluster().story();
            let last = story.iter().rev().find(|entry| entry.at < now && is_event(entry));
            let at = last.map_or(SimTime(0), |entry| entry.at);
            return self.seek(at);
        }
        let next = self.timeline.frontier().story().iter().find(|entry| entry.at > now && is_event(entry));
        if let Some(at) = next.map(|entry| entry.at) {
            return self.seek(at);
        }
        self.seek(self.timeline.horizon());
        let (start, from) = (self.timeline.now(), self.cluster().story().len());
        let before = (self.timeline.clone(), self.terminal.clone());
        for _ in 0..STEPS_MAX {
            if !self.step_ahead() {
                (self.timeline, self.terminal) = before;
                return self.notice(NOTHING_MORE.into());
            }
            if self.cluster().story().iter_from(from).any(|entry| is_event(entry)) {
                return;
            }
            if self.timeline.now().since_ms(start) > AHEAD_MS_MAX {
                break;
            }
        }
        let tried = clock::left(self.timeline.now().since_ms(start));
        (self.timeline, self.terminal) = before;
        self.notice(format!("No event comes by itself in the next {tried}, only probes and the like."));
    }

    fn reset_cluster(&mut self) {
        let setup = self.timeline.setup().clone();
        self.timeline = Timeline::new(setup);
        self.waiting_to_create = None;
        self.applied = None;
        self.view.stage = crate::scene::ViewState::default();
        self.terminal.forget_following();
        self.unsaved.story = true;
        self.world_moved();
    }

    // Acting.

    /// Whether the future has to be dropped for this, and the person must be asked.
    fn must_ask(&self, action: &Action) -> bool {
        if matches!(action, Action::ResetCluster) {
            return !self.timeline.journal().is_empty() && self.pending.is_none();
        }
        let acts = matches!(
            action,
            Action::Act(_) | Action::Apply | Action::DeleteAndCreate | Action::LoadText { apply: true, .. }
        );
        acts && self.in_past() && !self.forks_freely
    }

    fn ask(&mut self, action: Action) {
        self.playback.playing = false;
        self.pending = Some(Pending { words: self.pending_words(&action), action: Box::new(action) });
    }

    fn pending_words(&self, action: &Action) -> String {
        match action {
            Action::Act(input) => deed::words(input),
            Action::Command(line) => line.clone(),
            Action::ResetCluster => "begin with an empty cluster".into(),
            _ => "apply the manifest".into(),
        }
    }

    /// Whoever waits for something in a future that is dropped waits no longer.
    fn note_fork(&mut self) {
        if self.in_past() {
            self.waiting_to_create = None;
            self.terminal.forget_following();
        }
    }

    fn act(&mut self, input: Input) {
        let words = deed::words(&input);
        if let Some(line) = deed::kubectl(&input) {
            self.terminal.note_deed(&line);
        }
        self.note_fork();
        self.unsaved.story = true;
        match self.timeline.submit(input) {
            Answer::Api(Err(status)) => self.notice(format!("Could not {words}: {}", status.message)),
            Answer::Refused(reason) => self.notice(format!("Could not {words}: {reason}")),
            Answer::Api(Ok(_)) | Answer::Exec(_) | Answer::Done => {}
        }
        self.playback.playing = true;
    }

    fn apply(&mut self) {
        self.check();
        self.note_fork();
        let text = self.draft.text.clone();
        self.apply_text(&text);
    }

    fn apply_text(&mut self, text: &str) {
        let applied = apply::apply(&mut self.timeline, text, self.terminal.namespace());
        self.terminal.note_deed(apply::COMMAND);
        self.terminal.note_output(&applied.text);
        self.unsaved.story = true;
        if let Some(key) = applied.pods.first() {
            self.view.stage.pod = Some(key.clone());
            self.view.stage.selection = Selection::Nothing;
        }
        if !applied.failed {
            self.playback.playing = true;
            self.view.sheet = None;
        }
        self.applied = Some(applied);
    }

    fn delete_and_create(&mut self) {
        let Some(applied) = self.applied.take() else { return };
        for key in &applied.recreate {
            self.act(Input::Api(apply::delete_request(key)));
        }
        self.waiting_to_create = Some((applied.recreate, self.draft.text.clone()));
        self.apply_what_waited();
        self.playback.playing = true;
        self.view.sheet = None;
    }

    /// Applies what a delete-and-create has promised, once the names are free. Part of the journal like any act.
    fn apply_what_waited(&mut self) {
        if self.in_past() {
            return;
        }
        let still_there =
            |(kind, namespace, name): &Key| self.cluster().object(kind, namespace, name).is_some();
        if self.waiting_to_create.as_ref().is_none_or(|(keys, _)| keys.iter().any(still_there)) {
            return;
        }
        if let Some((_, text)) = self.waiting_to_create.take() {
            self.apply_text(&text);
        }
    }

    fn command(&mut self, line: &str, confirmed: bool) {
        let may_write = confirmed || self.forks_freely || !self.in_past();
        let written = self.timeline.journal().len();
        let asks = self.terminal.run(line, &mut self.timeline, &self.draft, may_write);
        if asks {
            self.ask(Action::Command(line.to_owned()));
            return;
        }
        if self.timeline.journal().len() != written || self.terminal.is_following() {
            self.playback.playing = true;
        }
        self.unsaved.story = true;
        self.unsaved.look = true;
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
            Action::CheckManifest => return self.check(),
            Action::LoadExample(id) => {
                let Some(example) = examples::find(&id) else { return };
                self.draft.open(example.id, example.text);
            }
            Action::LoadText { name, text, apply } => {
                self.draft.open(&name, &text);
                if apply {
                    self.apply();
                } else if self.view.narrow {
                    self.view.sheet = Some(Sheet::Editor);
                }
            }
            Action::ResetManifest => self.draft.reset(),
            Action::UndoReset => self.draft.undo_reset(),
            Action::GoToText(at) => {
                self.go_to = (self.go_to.0 + 1, at);
                return;
            }
            _ => return,
        }
        self.unsaved.text = true;
        self.check();
    }

    fn check(&mut self) {
        self.findings = finding::check(&self.draft.text);
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
            self.edit(Action::LoadText { name, text: text.clone(), apply: false });
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

    fn notice(&mut self, text: String) {
        self.notices.retain(|notice| notice.text != text);
        if self.notices.len() >= NOTICES_MAX {
            self.notices.remove(0);
        }
        self.notice_count += 1;
        self.notices.push(Notice { id: self.notice_count, text });
    }
}

/// Whether the entry is a place to stop at when jumping: what Kubernetes makes an Event of, what was done by hand,
/// and the ends of containers.
fn is_event(entry: &StoryEntry) -> bool {
    story::mark(&entry.kind).is_some()
        || matches!(
            entry.kind,
            StoryKind::Started { .. }
                | StoryKind::Exited { .. }
                | StoryKind::BackOff { .. }
                | StoryKind::Pulling { .. }
                | StoryKind::Pulled { .. }
                | StoryKind::Stopping { .. }
                | StoryKind::SandboxCreated { .. }
        )
}

#[cfg(test)]
mod tests;
