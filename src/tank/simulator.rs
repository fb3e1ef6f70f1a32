//! The cluster in time, and what a person does to it: the engine behind the seam.

use std::fmt;

use course::{COURSE, Goal, Verdict};
use k8s_api::Value;
use k8s_sim::{Answer, Cluster, Input, Setup, SimTime, StoryEntry, StoryKind, Timeline};

use super::commands::Commands;
use super::{apply, finding, kept};
use crate::action::{Action, Direction};
use crate::applied::Key;
use crate::deed;
use crate::engine::{Arrival, Engine};
use crate::scene::{Branch, Moment, PodKey, Selection, clock, story};
use crate::session::{Pending, Session};

/// How far beyond what was lived a jump may go, in simulated milliseconds.
const AHEAD_MS_MAX: u64 = 3_600_000;
/// How many changes a jump to the next event may live through.
const STEPS_MAX: usize = 2_000;
/// Said when there is nothing to go on to: as far as `Timeline::step` looks.
pub(super) const NOTHING_MORE: &str = "Nothing more happens by itself in the next 10 minutes.";

/// The cluster, and what is still to come of what was done to it.
#[derive(Clone)]
pub(super) struct Simulator {
    pub(super) timeline: Timeline,
    /// What the terminal runs.
    commands: Commands,
    /// The person said: do not ask again.
    forks_freely: bool,
    /// A manifest that is to be applied as soon as these objects are gone.
    waiting_to_create: Option<(Vec<Key>, String)>,
    world_mark: (usize, u64),
}

// By hand: nobody prints a whole cluster, and what could would weigh more than the rest of this file.
impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator").finish_non_exhaustive()
    }
}

impl Engine for Simulator {
    fn update(&mut self, session: &mut Session, action: Action) -> bool {
        if let Action::Tick { wall_us } = action {
            return self.tick(session, wall_us);
        }
        // When the cluster arrives, the page asks for the look at the text by itself, in a task of its own.
        let arrives = action == Action::Arrival(Arrival::There);
        self.do_or_ask(session, action);
        self.do_kept(session);
        if !session.checked && !arrives {
            Self::check(session);
        }
        self.observe(session);
        session.branches = self
            .timeline
            .branches()
            .iter()
            .map(|branch| Branch { from_ms: branch.at.ms(), to_ms: branch.horizon.ms() })
            .collect();
        self.tell(session);
        session.revision += 1;
        true
    }

    fn story(&self) -> Value {
        kept::story(&self.timeline)
    }

    fn verdict(&self, goal: &Goal) -> Verdict {
        goal.evaluate(self.timeline.cluster())
    }

    fn complete(&self, text: &str, place: usize) -> String {
        finding::complete(text, place)
    }

    fn hover(&self, text: &str, place: usize) -> String {
        finding::hover(text, place)
    }

    fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    fn boxed_clone(&self) -> Box<dyn Engine> {
        Box::new(self.clone())
    }
}

impl Session {
    /// A session with a new cluster and the first example in the editor.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        let mut session = Self::default();
        Simulator::new(Timeline::new(setup)).arrive(&mut session);
        session
    }

    /// The cluster in time.
    ///
    /// # Panics
    ///
    /// When its chunk has not arrived: only what is drawn by [`super::view`] asks for it.
    #[must_use]
    pub fn timeline(&self) -> &Timeline {
        self.engine.as_deref().expect("the cluster is there").timeline()
    }

    /// The cluster at the moment that is shown.
    ///
    /// # Panics
    ///
    /// As [`Session::timeline`].
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        self.timeline().cluster()
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
}

impl Simulator {
    pub(super) fn new(timeline: Timeline) -> Self {
        Self {
            timeline,
            commands: Commands::default(),
            forks_freely: false,
            waiting_to_create: None,
            world_mark: (0, 0),
        }
    }

    /// Takes its place in the session, does what was kept for it, and looks at the manifest.
    pub(super) fn arrive(self, session: &mut Session) {
        session.take_in(Box::new(self));
        session.update(Action::CheckManifest);
    }

    fn do_or_ask(&mut self, session: &mut Session, action: Action) {
        if self.must_ask(session, &action) {
            Self::ask(session, action);
        } else {
            self.perform(session, action);
        }
    }

    /// Does what was done before the cluster was there, up to the first thing that a person must be asked about.
    fn do_kept(&mut self, session: &mut Session) {
        while session.pending.is_none() && !session.kept.is_empty() {
            let kept = session.kept.remove(0);
            // As the manifest was at that moment.
            let text = std::mem::replace(&mut session.draft.text, kept.text);
            self.do_or_ask(session, kept.action);
            session.draft.text = text;
            session.checked = false;
        }
    }

    /// Tells the session which moment is shown.
    fn tell(&self, session: &mut Session) {
        session.moment =
            Moment { now_ms: self.timeline.now().ms(), horizon_ms: self.timeline.horizon().ms() };
        session.terminal.set_following(self.commands.is_following());
    }

    fn check(session: &mut Session) {
        session.findings = finding::check(&session.draft.text);
        session.checked = true;
    }

    fn tick(&mut self, session: &mut Session, wall_us: u32) -> bool {
        if !session.playback.playing {
            return false;
        }
        let ms = session.playback.virtual_ms(wall_us);
        if ms == 0 {
            return false;
        }
        self.advance(session, self.timeline.now().after_ms(ms));
        self.tell(session);
        true
    }

    fn advance(&mut self, session: &mut Session, to: SimTime) {
        self.timeline.advance_to(to);
        session.revision += u64::from(self.commands.follow(&mut session.terminal, &mut self.timeline));
        self.apply_what_waited(session);
        session.unsaved.story = true;
        if self.world_moved() {
            self.observe(session);
            session.revision += 1;
        }
    }

    /// Whether the world is another than at the last call, apart from its clock.
    fn world_moved(&mut self) -> bool {
        let cluster = self.timeline.cluster();
        let mark = (cluster.story().len(), cluster.store().resource_version());
        std::mem::replace(&mut self.world_mark, mark) != mark
    }

    fn observe(&self, session: &mut Session) {
        let met = session.progress.observe(&COURSE, self.timeline.cluster());
        session.unsaved.course |= !met.is_empty();
    }

    fn perform(&mut self, session: &mut Session, action: Action) {
        let Some(action) = session.do_here(action) else { return };
        match action {
            Action::Seek(to) => self.seek(session, to),
            Action::StepChange(direction) => self.step(session, direction),
            Action::JumpToEvent(direction) => self.jump_to_event(session, direction),
            Action::GoToHorizon => self.seek(session, self.timeline.horizon()),
            Action::GoToStart => {
                session.playback.playing = false;
                self.seek(session, SimTime(0));
            }
            Action::ResetCluster => self.reset_cluster(session),
            Action::Apply => self.apply(session),
            Action::DeleteAndCreate => self.delete_and_create(session),
            Action::Act(input) => self.act(session, input),
            Action::ConfirmAct { always } => {
                self.forks_freely |= always;
                match session.pending.take().map(|pending| *pending.action) {
                    Some(Action::Command(line)) => self.command(session, &line, true),
                    Some(action) => self.perform(session, action),
                    None => {}
                }
            }
            Action::Command(line) => self.command(session, &line, false),
            Action::InterruptCommand => self.commands.interrupt(&mut session.terminal),
            Action::CompleteCommand => super::complete::word(&mut session.terminal, &self.timeline),
            _ => {}
        }
    }

    // Time.

    fn seek(&mut self, session: &mut Session, to: SimTime) {
        let horizon = self.timeline.horizon();
        if to <= horizon {
            self.timeline.seek(to);
        } else {
            self.advance(session, to.min(horizon.after_ms(AHEAD_MS_MAX)));
        }
        self.world_moved();
        session.unsaved.story = true;
    }

    fn step(&mut self, session: &mut Session, direction: Direction) {
        session.playback.playing = false;
        let now = self.timeline.now();
        match direction {
            Direction::Previous => {
                self.seek(session, self.timeline.prev_change_before(now).unwrap_or(SimTime(0)));
            }
            Direction::Next => match self.timeline.next_change_after(now) {
                Some(at) => self.seek(session, at),
                None => {
                    if !self.step_ahead(session) {
                        session.notice(NOTHING_MORE.into());
                    }
                }
            },
        }
    }

    /// Lives on to the next change that nobody has seen yet. `false` if none is near; then time stands still.
    fn step_ahead(&mut self, session: &mut Session) -> bool {
        let moved = self.timeline.step();
        self.commands.follow(&mut session.terminal, &mut self.timeline);
        self.apply_what_waited(session);
        session.unsaved.story = true;
        moved
    }

    fn jump_to_event(&mut self, session: &mut Session, direction: Direction) {
        session.playback.playing = false;
        let now = self.timeline.now();
        if direction == Direction::Previous {
            let story = self.timeline.cluster().story();
            let last = story.iter().rev().find(|entry| entry.at < now && is_event(entry));
            let at = last.map_or(SimTime(0), |entry| entry.at);
            return self.seek(session, at);
        }
        let next = self.timeline.frontier().story().iter().find(|entry| entry.at > now && is_event(entry));
        if let Some(at) = next.map(|entry| entry.at) {
            return self.seek(session, at);
        }
        self.seek(session, self.timeline.horizon());
        let (start, from) = (self.timeline.now(), self.timeline.cluster().story().len());
        let before = (self.timeline.clone(), self.commands.clone(), session.terminal.clone());
        for _ in 0..STEPS_MAX {
            if !self.step_ahead(session) {
                (self.timeline, self.commands, session.terminal) = before;
                return session.notice(NOTHING_MORE.into());
            }
            if self.timeline.cluster().story().iter_from(from).any(|entry| is_event(entry)) {
                return;
            }
            if self.timeline.now().since_ms(start) > AHEAD_MS_MAX {
                break;
            }
        }
        let tried = clock::left(self.timeline.now().since_ms(start));
        (self.timeline, self.commands, session.terminal) = before;
        session.notice(format!("No event comes by itself in the next {tried}, only probes and the like."));
    }

    fn reset_cluster(&mut self, session: &mut Session) {
        let setup = self.timeline.setup().clone();
        self.timeline = Timeline::new(setup);
        self.waiting_to_create = None;
        session.applied = None;
        session.view.stage = crate::scene::ViewState::default();
        self.commands.forget();
        session.unsaved.story = true;
        self.world_moved();
    }

    // Acting.

    /// Whether the future has to be dropped for this, and the person must be asked.
    fn must_ask(&self, session: &Session, action: &Action) -> bool {
        if matches!(action, Action::ResetCluster) {
            return self.timeline.inputs() > 0 && session.pending.is_none();
        }
        let acts = matches!(
            action,
            Action::Act(_) | Action::Apply | Action::DeleteAndCreate | Action::LoadText { apply: true, .. }
        );
        acts && self.timeline.in_past() && !self.forks_freely
    }

    fn ask(session: &mut Session, action: Action) {
        session.playback.playing = false;
        session.pending = Some(Pending { words: session.pending_words(&action), action: Box::new(action) });
    }

    /// Whoever waits for something in a future that is dropped waits no longer.
    fn note_fork(&mut self) {
        if self.timeline.in_past() {
            self.waiting_to_create = None;
            self.commands.forget();
        }
    }

    fn act(&mut self, session: &mut Session, input: Input) {
        let words = deed::words(&input);
        if let Some(line) = deed::kubectl(&input) {
            session.terminal.note_deed(&line);
        }
        self.note_fork();
        session.unsaved.story = true;
        match self.timeline.submit(input) {
            Answer::Api(Err(status)) => session.notice(format!("Could not {words}: {}", status.message)),
            Answer::Refused(reason) => session.notice(format!("Could not {words}: {reason}")),
            Answer::Api(Ok(_)) | Answer::Exec(_) | Answer::Done => {}
        }
        session.playback.playing = true;
    }

    fn apply(&mut self, session: &mut Session) {
        Self::check(session);
        self.note_fork();
        let text = session.draft.text.clone();
        self.apply_text(session, &text);
    }

    fn apply_text(&mut self, session: &mut Session, text: &str) {
        let applied = apply::apply(&mut self.timeline, text, session.terminal.namespace());
        session.terminal.note_deed(apply::COMMAND);
        session.terminal.note_output(&applied.text);
        session.unsaved.story = true;
        if let Some(key) = applied.pods.first() {
            session.view.stage.pod = Some(key.clone());
            session.view.stage.selection = Selection::Nothing;
        }
        if !applied.failed {
            session.playback.playing = true;
            session.view.sheet = None;
        }
        session.applied = Some(applied);
    }

    fn delete_and_create(&mut self, session: &mut Session) {
        let Some(applied) = session.applied.take() else { return };
        for key in &applied.recreate {
            self.act(session, Input::Api(apply::delete_request(key)));
        }
        self.waiting_to_create = Some((applied.recreate, session.draft.text.clone()));
        self.apply_what_waited(session);
        session.playback.playing = true;
        session.view.sheet = None;
    }

    /// Applies what a delete-and-create has promised, once the names are free. Part of the journal like any act.
    fn apply_what_waited(&mut self, session: &mut Session) {
        if self.timeline.in_past() {
            return;
        }
        let still_there =
            |(kind, namespace, name): &Key| self.timeline.cluster().object(kind, namespace, name).is_some();
        if self.waiting_to_create.as_ref().is_none_or(|(keys, _)| keys.iter().any(still_there)) {
            return;
        }
        if let Some((_, text)) = self.waiting_to_create.take() {
            self.apply_text(session, &text);
        }
    }

    fn command(&mut self, session: &mut Session, line: &str, confirmed: bool) {
        let may_write = confirmed || self.forks_freely || !self.timeline.in_past();
        let written = self.timeline.inputs();
        let asks =
            self.commands.run(line, &mut session.terminal, &mut self.timeline, &session.draft, may_write);
        if asks {
            Self::ask(session, Action::Command(line.to_owned()));
            return;
        }
        if self.timeline.inputs() != written || self.commands.is_following() {
            session.playback.playing = true;
        }
        session.unsaved.story = true;
        session.unsaved.look = true;
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
