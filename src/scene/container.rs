//! A container as a card.

use super::{Countdown, Mount, Tone};

/// What a container is in its Pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Runs to its end before the next one may start.
    Init,
    /// A native sidecar: an init container with `restartPolicy: Always`.
    Sidecar,
    /// An app container.
    App,
    /// An ephemeral container, added by `kubectl debug`.
    Debug,
}

impl Role {
    /// The word on the card.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Sidecar => "sidecar",
            Self::App => "app",
            Self::Debug => "debug",
        }
    }
}

/// Where an init container stands in the airlock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Before the door: an earlier one has not passed.
    Queued,
    /// Inside: the others wait for it.
    Inside,
    /// Through.
    Passed,
}

/// What the last run of a probe came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeWord {
    /// It has not run.
    Unknown,
    /// It passed.
    Passed,
    /// It failed.
    Failed,
    /// It does not run now, such as readiness before the startup probe has passed.
    Paused,
}

/// A probe and its counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbePulse {
    /// `startup`, `readiness` or `liveness`.
    pub kind: &'static str,
    /// What it does, such as `http-get :8080/healthz`.
    pub handler: String,
    /// The last result.
    pub word: ProbeWord,
    /// How many results in a row are like the last one.
    pub run: u32,
    /// How many of them it takes.
    pub threshold: u32,
    /// When it runs next.
    pub next_at_ms: Option<u64>,
    /// Whether the person broke it by hand.
    pub broken_by_hand: bool,
}

/// A container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerCard {
    /// Its name.
    pub name: String,
    /// What it is in its Pod.
    pub role: Role,
    /// Its image, as the manifest names it.
    pub image: String,
    /// For init containers: where it stands in the airlock.
    pub gate: Option<Gate>,
    /// How it is doing.
    pub tone: Tone,
    /// The real word: `Running`, a waiting reason, a terminated reason.
    pub word: String,
    /// What the word means just now, in a plain sentence; may be empty.
    pub detail: String,
    /// The exit code of the run that ended last.
    pub exit_code: Option<i32>,
    /// How that run ended, such as `OOMKilled`; empty when none ended.
    pub ended_reason: String,
    /// How often it was started again.
    pub restarts: u32,
    /// Whether the API calls it ready.
    pub ready: bool,
    /// When this run started.
    pub running_since_ms: Option<u64>,
    /// Whether its process hangs because the person made it hang.
    pub hung: bool,
    /// The stop signal that this run got, by name, and when.
    pub signal_sent: Option<(String, u64)>,
    /// The last lines of its log.
    pub log: Vec<String>,
    /// Its probes.
    pub probes: Vec<ProbePulse>,
    /// Back-off, pull, grace, preStop.
    pub countdowns: Vec<Countdown>,
    /// Ports that a process of it listens on.
    pub listening: Vec<u16>,
    /// What it mounts.
    pub mounts: Vec<Mount>,
    /// Whether it is selected.
    pub selected: bool,
}

impl ContainerCard {
    /// Whether a process of it runs.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.running_since_ms.is_some()
    }

    /// The card in one spoken sentence.
    #[must_use]
    pub fn spoken(&self) -> String {
        let mut text = format!("{}, {} container, {}", self.name, self.role.word(), self.word);
        if let Some(code) = self.exit_code
            && !self.is_running()
        {
            text.push_str(&format!(", exit code {code}"));
        }
        match self.restarts {
            0 => {}
            1 => text.push_str(", restarted once"),
            n => text.push_str(&format!(", restarted {n} times")),
        }
        text
    }
}
