//! The knowledge check: questions as data.

use crate::{Goal, Step};

/// One question.
#[derive(Debug)]
pub struct Question {
    /// Its name within the lesson; answers are kept under it.
    pub id: &'static str,
    /// The question, as HTML rendered from Markdown.
    pub prompt: &'static str,
    /// What kind of answer it wants.
    pub kind: QuestionKind,
    /// More to know, as HTML; shown only after an answer. Empty when there is none.
    pub context: &'static str,
}

/// What kind of answer a question wants.
#[derive(Debug)]
pub enum QuestionKind {
    /// Pick one; every option explains itself when it is picked.
    MultipleChoice {
        /// At least two, of which one is right.
        options: &'static [Choice],
    },
    /// Write an answer, then compare it with ours and rate oneself.
    Open {
        /// Our answer, as HTML.
        answer: &'static str,
    },
    /// Say what will happen, make it happen, then read why.
    Predict {
        /// At least two predictions, of which one is right.
        options: &'static [Choice],
        /// When it has been made to happen.
        goal: Goal,
        /// One way to make it happen.
        solution: &'static [Step],
        /// Why, as HTML.
        answer: &'static str,
    },
    /// Do something on the stage, write down why it works, then compare.
    HandsOn {
        /// When it has been done.
        goal: Goal,
        /// One way to do it.
        solution: &'static [Step],
        /// Our answer, as HTML.
        answer: &'static str,
    },
}

impl Question {
    /// The goal that the simulator judges and a way to reach it, for questions that have one.
    pub fn goal(&self) -> Option<(&Goal, &'static [Step])> {
        match &self.kind {
            QuestionKind::Predict { goal, solution, .. } | QuestionKind::HandsOn { goal, solution, .. } => {
                Some((goal, solution))
            }
            QuestionKind::MultipleChoice { .. } | QuestionKind::Open { .. } => None,
        }
    }

    /// The options, for questions that have some.
    pub fn options(&self) -> &'static [Choice] {
        match self.kind {
            QuestionKind::MultipleChoice { options } | QuestionKind::Predict { options, .. } => options,
            QuestionKind::Open { .. } | QuestionKind::HandsOn { .. } => &[],
        }
    }

    /// Our own answer, for questions that keep one in a drawer.
    pub fn answer(&self) -> Option<&'static str> {
        match self.kind {
            QuestionKind::Open { answer }
            | QuestionKind::Predict { answer, .. }
            | QuestionKind::HandsOn { answer, .. } => Some(answer),
            QuestionKind::MultipleChoice { .. } => None,
        }
    }
}

/// One option of a question.
#[derive(Debug)]
pub struct Choice {
    /// What it claims, as HTML.
    pub text: &'static str,
    /// Is it right?
    pub right: bool,
    /// Why it is right or wrong, as HTML.
    pub feedback: &'static str,
}
