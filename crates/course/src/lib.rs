//! What a learner does: lessons, goals, quizzes, and how far someone has come.
//!
//! The content itself stands in `lessons/` as Markdown and YAML. `build.rs` reads, checks and renders it, and
//! embeds one table, [`COURSE`], so that the page carries no YAML or Markdown parser. A [`Goal`] is judged on
//! what the cluster shows ([`World`]); nothing here draws, stores or moves the clock.
#![deny(clippy::float_arithmetic)]

mod action;
mod goal;
mod lesson;
mod progress;
mod quiz;
mod world;

pub use action::{CourseAction, LessonTab, Rating};
pub use goal::{ContainerGoal, ContainerStateName, Count, Goal, Kept, PodGoal, Verdict};
pub use lesson::{Block, Chapter, Course, Lesson, Manifest, Step, Task, Term};
pub use progress::{ATTEMPT_CHARS_MIN, Answer, LessonProgress, Met, Progress, Score, WRITTEN_CHARS_MAX};
pub use quiz::{Choice, Question, QuestionKind};
pub use world::{EventFacts, World};

/// The whole course, as `lessons/` stood when this crate was built.
pub static COURSE: Course = include!(concat!(env!("OUT_DIR"), "/course.rs"));
