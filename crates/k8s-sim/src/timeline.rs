//! Time travel: a journal of inputs, and checkpoints that are only a cache.

use std::collections::BTreeMap;
use std::rc::Rc;

use k8s_api::packed::Packed;

use crate::cluster::Cluster;
use crate::input::{Answer, Input};
use crate::setup::Setup;
use crate::time::SimTime;

/// A checkpoint is made each so many simulated milliseconds,
const CHECKPOINT_EVERY_MS: u64 = 5_000;
/// less often in a cluster with more Pods than this, since a copy costs as much as it is large,
const CHECKPOINT_PODS: u64 = 50;
/// but at least this often.
const CHECKPOINT_AFTER_MS_MAX: u64 = 60_000;
/// More checkpoints than this are thinned out.
const CHECKPOINTS_MAX: usize = 400;
/// More inputs than this are refused: no lesson needs as many.
const JOURNAL_MAX: usize = 100_000;

/// An input as the journal keeps it: its tree, if it has one, put away.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    at: SimTime,
    input: Input,
    tree: Option<Packed>,
}

impl Entry {
    /// An entry after those before it: what is written is mostly like what was written last.
    fn new(at: SimTime, mut input: Input, before: &[Self]) -> Self {
        let base = before.iter().rev().take(8).find_map(|entry| entry.tree.as_ref());
        let tree = input.tree_mut().map(|tree| Packed::new(&std::mem::take(tree)));
        let tree = tree.map(|tree| base.map_or(tree.clone(), |base| tree.over_alike(base, 8)));
        Self { at, input, tree }
    }

    fn input(&self) -> Input {
        let mut input = self.input.clone();
        if let (Some(to), Some(tree)) = (input.tree_mut(), &self.tree) {
            *to = tree.tree();
        }
        input
    }
}

/// A future that was given up when somebody acted in its past.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Where it branched off.
    pub at: SimTime,
    /// How far it had been lived.
    pub horizon: SimTime,
    /// What had been done in it after that.
    journal: Vec<Entry>,
}

impl Branch {
    /// What had been done in it after that.
    #[must_use]
    pub fn journal(&self) -> Vec<(SimTime, Input)> {
        self.journal.iter().map(|entry| (entry.at, entry.input())).collect()
    }
}

/// The cluster through time: where it is, how far it has been, what was done to it.
#[derive(Clone, Debug)]
pub struct Timeline {
    setup: Rc<Setup>,
    journal: Vec<Entry>,
    /// State after everything at its moment. Those of inputs are kept longest.
    checkpoints: BTreeMap<SimTime, Rc<Cluster>>,
    cursor: Cluster,
    frontier: Rc<Cluster>,
    branches: Vec<Branch>,
}

impl Timeline {
    /// A timeline that begins with this setup.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        let setup = Rc::new(setup);
        let cursor = Cluster::new(setup.clone());
        let frontier = Rc::new(cursor.clone());
        Self {
            setup,
            journal: Vec::new(),
            checkpoints: BTreeMap::from([(SimTime(0), frontier.clone())]),
            cursor,
            frontier,
            branches: Vec::new(),
        }
    }

    /// A timeline that was lived before: the same journal gives the same cluster.
    #[must_use]
    pub fn replay(setup: Setup, journal: &[(SimTime, Input)], until: SimTime) -> Self {
        let mut timeline = Self::new(setup);
        for (at, input) in journal {
            timeline.advance_to(*at);
            timeline.submit(input.clone());
        }
        timeline.advance_to(until);
        timeline
    }

    /// What it began with.
    #[must_use]
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The moment that is shown.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.cursor.now()
    }

    /// How far it has been lived.
    #[must_use]
    pub fn horizon(&self) -> SimTime {
        self.frontier.now().max(self.now())
    }

    /// The cluster at the moment that is shown.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.cursor
    }

    /// The cluster at the horizon: its story spans everything lived so far.
    #[must_use]
    pub fn frontier(&self) -> &Cluster {
        if self.in_past() { &self.frontier } else { &self.cursor }
    }

    /// Whether the moment shown lies before the horizon.
    #[must_use]
    pub fn in_past(&self) -> bool {
        self.now() < self.frontier.now()
    }

    /// Everything that was done, in order.
    #[must_use]
    pub fn journal(&self) -> Vec<(SimTime, Input)> {
        self.journal.iter().map(|entry| (entry.at, entry.input())).collect()
    }

    /// How much was done.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.journal.len()
    }

    /// Futures that were given up, oldest first.
    #[must_use]
    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    /// Does something to the cluster now. In the past this begins a new future; the old one becomes a branch.
    pub fn submit(&mut self, input: Input) -> Answer {
        if self.journal.len() >= JOURNAL_MAX {
            return Answer::Refused("the journal is full: begin anew".into());
        }
        if self.in_past() {
            self.fork();
        }
        let answer = self.cursor.apply(&input);
        self.journal.push(Entry::new(self.now(), input, &self.journal));
        self.keep_checkpoint();
        answer
    }

    fn fork(&mut self) {
        let now = self.now();
        let at = self.journal.partition_point(|entry| entry.at <= now);
        let journal = self.journal.split_off(at);
        self.branches.push(Branch { at: now, horizon: self.frontier.now(), journal });
        if self.branches.len() > 16 {
            self.branches.remove(0);
        }
        self.checkpoints.retain(|time, _| *time <= now);
        self.frontier = Rc::new(self.cursor.clone());
    }

    /// Lives on until `target`; does nothing if that lies behind.
    pub fn advance_to(&mut self, target: SimTime) {
        if target <= self.now() {
            return;
        }
        if self.in_past() {
            return self.seek(target);
        }
        while self.now() < target {
            let next =
                SimTime(self.now().ms() / CHECKPOINT_EVERY_MS * CHECKPOINT_EVERY_MS + CHECKPOINT_EVERY_MS);
            self.cursor.advance_to(target.min(next));
            if self.now() == next && self.checkpoint_due() {
                self.keep_checkpoint();
            }
        }
    }

    /// Shows another moment. Beyond the horizon it is lived first.
    pub fn seek(&mut self, target: SimTime) {
        if !self.in_past() {
            if target >= self.now() {
                return self.advance_to(target);
            }
            self.frontier = Rc::new(self.cursor.clone());
        }
        if target >= self.frontier.now() {
            self.cursor = (*self.frontier).clone();
            return self.advance_to(target);
        }
        let from = self.checkpoints.range(..=target).next_back().map(|(_, cluster)| cluster.clone());
        // Going on from here is nearer than any checkpoint before it.
        let nearer = self.now() <= target && from.as_ref().is_none_or(|from| from.now() <= self.now());
        let mut at = if nearer {
            self.journal.partition_point(|entry| entry.at <= self.now())
        } else {
            match from {
                Some(from) => self.cursor = (*from).clone(),
                None => self.cursor = Cluster::new(self.setup.clone()),
            }
            self.journal.partition_point(|entry| entry.at <= self.now())
        };
        while let Some(entry) = self.journal.get(at).filter(|entry| entry.at <= target) {
            self.cursor.advance_to(entry.at);
            let _ = self.cursor.apply(&entry.input());
            at += 1;
        }
        self.cursor.advance_to(target);
    }

    /// Lives on (or shows) the next moment at which the story goes on. `false` if nothing would happen within ten
    /// simulated minutes; then the horizon is shown and stays where it was.
    pub fn step(&mut self) -> bool {
        if let Some(at) = self.next_change_after(self.now()) {
            self.seek(at);
            return true;
        }
        let limit = self.horizon().after_ms(600_000);
        self.seek(self.horizon());
        let start = self.cursor.clone();
        let before = start.story().len();
        while let Some(due) = self.cursor.next_due().filter(|due| *due <= limit) {
            self.advance_to(due.max(self.now().after_ms(1)));
            if self.cursor.story().len() > before {
                return true;
            }
        }
        // What was tried is not lived: a checkpoint of it would be wrong after the next input.
        let horizon = start.now();
        self.checkpoints.retain(|time, _| *time <= horizon);
        self.cursor = start;
        false
    }

    /// The next moment in what has been lived at which something happened.
    #[must_use]
    pub fn next_change_after(&self, at: SimTime) -> Option<SimTime> {
        self.frontier().story().iter().map(|entry| entry.at).find(|time| *time > at)
    }

    /// The last moment before `at` at which something happened.
    #[must_use]
    pub fn prev_change_before(&self, at: SimTime) -> Option<SimTime> {
        self.frontier().story().iter().rev().map(|entry| entry.at).find(|time| *time < at)
    }

    fn checkpoint_due(&self) -> bool {
        let Some((last, kept)) = self.checkpoints.last_key_value() else { return true };
        if kept.moments == self.cursor.moments {
            // Nothing has happened since: going on from there is as good.
            return false;
        }
        let pods = self.cursor.pod_count() as u64;
        let every = CHECKPOINT_EVERY_MS * pods.div_ceil(CHECKPOINT_PODS).max(1);
        self.now().since_ms(*last) >= every.min(CHECKPOINT_AFTER_MS_MAX)
    }

    fn keep_checkpoint(&mut self) {
        self.checkpoints.insert(self.now(), Rc::new(self.cursor.clone()));
        if self.checkpoints.len() > CHECKPOINTS_MAX {
            // Every other of the older half goes.
            let old: Vec<SimTime> =
                self.checkpoints.keys().copied().take(CHECKPOINTS_MAX / 2).skip(1).step_by(2).collect();
            for time in old {
                self.checkpoints.remove(&time);
            }
        }
    }

    /// Forgets all checkpoints. Nothing changes but speed; for tests.
    pub fn forget_checkpoints(&mut self) {
        self.checkpoints.clear();
    }
}
