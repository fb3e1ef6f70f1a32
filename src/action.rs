//! Everything a person can do on the page, as one closed list, and what the page remembers of how it is looked at.

use course::CourseAction;
use k8s_sim::{Input, SimTime};

use crate::engine::Arrival;
use crate::scene::{self, PodKey, Selection, Zoom};

/// One thing that a person (or the clock of the page) does. `Session::update` is the only one who reacts.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A frame: so many microseconds of wall time have passed since the one before.
    Tick {
        /// Wall time since the last frame.
        wall_us: u32,
    },
    /// Let virtual time run.
    Play,
    /// Stop virtual time.
    Pause,
    /// Play when paused, pause when playing.
    TogglePlay,
    /// Simulated seconds per second: one of [`crate::playback::SPEEDS`].
    SetSpeed(u32),
    /// Show that moment; beyond the horizon nothing has been lived yet, so time is advanced to it.
    Seek(SimTime),
    /// Go to the change after, or before, the moment that is shown.
    StepChange(Direction),
    /// Go to the next, or the last, Kubernetes Event, action or end of a container.
    JumpToEvent(Direction),
    /// Go to the latest moment lived so far.
    GoToHorizon,
    /// Go to the moment before anything was done.
    GoToStart,
    /// A new, empty cluster; the story so far is dropped after a question.
    ResetCluster,

    /// The text in the editor is now this one.
    EditManifest(String),
    /// The text has rested for a moment: look for mistakes in it.
    CheckManifest,
    /// Put an example into the editor; what was typed into the one before is kept as its draft.
    LoadExample(String),
    /// Put the example's own text back; [`Action::UndoReset`] brings the draft back.
    ResetManifest,
    /// Bring back what [`Action::ResetManifest`] replaced.
    UndoReset,
    /// Send the manifest in the editor to the API server.
    Apply,
    /// Delete what could not be updated, then create it from the manifest.
    DeleteAndCreate,
    /// Put a text that is no example (a lesson's manifest) into the editor, under this name.
    LoadText {
        /// The name of its draft, such as the lesson's id and the file's name.
        name: String,
        /// The text.
        text: String,
        /// Send it to the API server at once.
        apply: bool,
    },
    /// The cursor of the editor should stand at this byte of the text.
    GoToText(usize),
    /// Forget the last answer to an Apply.
    DismissAnswer,

    /// Point at something; stage, timeline, panes and terminal follow.
    Select(Selection),
    /// Draw this Pod big; none: the newest.
    ShowPod(Option<PodKey>),
    /// How much of the past the timeline shows.
    SetZoom(Zoom),
    /// Do something to the cluster (see [`crate::deed`]); asks first when the moment shown is in the past.
    Act(Input),
    /// Yes, do it: the future that was lived from here on is dropped.
    ConfirmAct {
        /// Do not ask again on this visit.
        always: bool,
    },
    /// No, leave the future as it is.
    CancelAct,
    /// A line was entered in the terminal.
    Command(String),
    /// Ctrl-C in the terminal: stop following.
    InterruptCommand,
    /// The text of the line that is being typed in the terminal.
    EditCommand(String),
    /// Go through the lines entered before.
    CommandHistory(Direction),
    /// Complete the word at the end of the line in the terminal.
    CompleteCommand,
    /// Empty the terminal's scrollback.
    ClearTerminal,

    /// Show this pane below the stage.
    OpenPane(Pane),
    /// Make the panes below the stage small, or as before.
    TogglePanes,
    /// On a narrow page: slide this sheet over the stage, or away.
    OpenSheet(Option<Sheet>),
    /// The page became narrow (a phone), or wide.
    Narrow(bool),
    /// Light, dark, or as the system says.
    SetTheme(Theme),
    /// Larger letters, for a projector.
    SetLargeText(bool),
    /// The system asks for less motion, or no longer.
    ReducedMotion(bool),
    /// Open or close the list of keyboard shortcuts.
    ShowHelp(bool),
    /// Whether single keys do something.
    SetShortcuts(bool),
    /// Only what concerns the selection in the Events pane, or everything.
    FilterEvents(bool),
    /// Spec, status or all of the object in the YAML pane.
    ShowYaml(YamlPart),
    /// This container's log in the Logs pane; of its run before the last one when `previous`.
    ShowLog {
        /// Name of the container.
        container: String,
        /// As `kubectl logs --previous`.
        previous: bool,
    },
    /// Take a notice away.
    DismissNotice(u32),
    /// The browser could not keep what was typed, and why; or it can again.
    StorageState(Option<String>),
    /// The cluster's chunk is to be fetched (once more), is there, or did not come.
    Arrival(Arrival),
    /// Something to say to the person.
    Notice(String),

    /// Something in the lesson or its questions.
    Course(CourseAction),
}

/// Forward or back in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Towards the future.
    Next,
    /// Towards the past.
    Previous,
}

/// The panes below the stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// The running log in words.
    #[default]
    Story,
    /// As `kubectl get events`.
    Events,
    /// As `kubectl logs`.
    Logs,
    /// As `kubectl get -o yaml`.
    Yaml,
    /// The terminal.
    Kubectl,
}

/// What slides over the stage on a narrow page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    /// Lesson, quiz and glossary.
    Lesson,
    /// The editor.
    Editor,
}

/// Colours of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system says.
    #[default]
    Auto,
    /// Paper.
    Light,
    /// Night.
    Dark,
}

/// Which part of an object the YAML pane shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum YamlPart {
    /// The whole object.
    #[default]
    All,
    /// What was asked for.
    Spec,
    /// What is the case.
    Status,
}

/// How the page is looked at: nothing of it touches the cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ViewState {
    /// What is pointed at, which Pod is drawn big, how much of the past the timeline shows.
    pub stage: scene::ViewState,
    /// The pane below the stage.
    pub pane: Pane,
    /// The panes are folded away.
    pub panes_small: bool,
    /// The sheet over the stage, on a narrow page.
    pub sheet: Option<Sheet>,
    /// The page is narrow: sheets instead of columns.
    pub narrow: bool,
    /// Colours.
    pub theme: Theme,
    /// Larger letters.
    pub large_text: bool,
    /// Show states at once instead of moving.
    pub reduced_motion: bool,
    /// The list of shortcuts is open.
    pub help: bool,
    /// Single keys do nothing (for who speaks to the computer, or has a cat).
    pub shortcuts_off: bool,
    /// The Events pane shows only what concerns the selection.
    pub events_filtered: bool,
    /// Part of the object in the YAML pane.
    pub yaml_part: YamlPart,
    /// The container whose log is shown, when chosen by hand.
    pub log_container: Option<String>,
    /// The log of the run before.
    pub log_previous: bool,
}
