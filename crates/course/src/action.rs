//! Everything that a learner can do with the course; [`Progress::apply`](crate::Progress::apply) does it.

/// The parts of the lesson pane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LessonTab {
    /// The text and its tasks.
    #[default]
    Lesson,
    /// The knowledge check.
    Quiz,
    /// The words.
    Glossary,
}

/// How well an open answer met ours, as the learner sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rating {
    /// It was not there yet.
    Missed,
    /// Some of it.
    Partly,
    /// All of it.
    Met,
}

/// One thing that a learner does. Questions and tasks are named by their id in the open lesson; an action that
/// names something unknown, or that is not allowed yet, changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CourseAction {
    /// Open a lesson by its id.
    OpenLesson(String),
    /// Open a part of the lesson pane.
    OpenTab(LessonTab),
    /// Put a manifest of the lesson into the editor: for the page, progress does not change.
    UseManifest {
        /// Text of the manifest.
        text: String,
    },
    /// Read a task's hint.
    Hint {
        /// Id of the task.
        task: String,
    },
    /// Choose an option of a question (single choice: the others are released). Nothing is judged yet.
    Choose {
        /// Id of the question.
        question: String,
        /// Which option, from 0.
        option: usize,
    },
    /// Have the chosen option judged.
    Check {
        /// Id of the question.
        question: String,
    },
    /// Text typed as the answer to an open question.
    Write {
        /// Id of the question.
        question: String,
        /// What is typed so far.
        text: String,
    },
    /// Show our answer; refused while nothing was attempted.
    Reveal {
        /// Id of the question.
        question: String,
    },
    /// The learner's own judgement of an open answer; refused while our answer is hidden.
    Rate {
        /// Id of the question.
        question: String,
        /// How well it was met.
        rating: Rating,
    },
    /// Answer a question anew.
    Retry {
        /// Id of the question.
        question: String,
    },
    /// Forget all answers and all progress.
    ForgetProgress,
}
