//! How far someone has come: plain data, written as a small JSON text, read back without trust.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::{Course, CourseAction, Lesson, LessonTab, Question, QuestionKind, Rating, World};

/// The most characters of one written answer that are kept.
pub const WRITTEN_CHARS_MAX: usize = 4000;
/// The shortest text that counts as an attempt, in characters that are no white space.
pub const ATTEMPT_CHARS_MIN: usize = 15;
/// The most lessons that saved progress may name; a course has fewer.
const LESSONS_MAX: usize = 500;

/// Everything a learner has done, and what is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The open lesson's id; empty for the first one.
    pub lesson: String,
    /// The open part of the lesson pane.
    pub tab: LessonTab,
    /// What was done, by lesson id.
    pub lessons: BTreeMap<String, LessonProgress>,
}

/// What was done in one lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LessonProgress {
    /// Ids of the tasks that were met once; they stay met, whatever the cluster does later.
    pub done: BTreeSet<String>,
    /// Ids of the tasks whose hint was read.
    pub hints: BTreeSet<String>,
    /// Answers by question id.
    pub answers: BTreeMap<String, Answer>,
}

/// What was answered to one question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The option that is chosen.
    pub chosen: Option<usize>,
    /// The chosen option has been judged.
    pub checked: bool,
    /// How often an option was judged.
    pub tries: u32,
    /// Was the first judged option right?
    pub first_right: bool,
    /// The written answer.
    pub written: String,
    /// Our answer is open.
    pub revealed: bool,
    /// The learner's own judgement.
    pub rating: Option<Rating>,
    /// The simulator has seen what the question asks to do.
    pub met: bool,
}

/// Something that has just been met for the first time.
#[derive(Clone, Copy, Debug)]
pub enum Met {
    /// A task: index into [`Lesson::tasks`].
    Task(usize),
    /// The hands-on part of a question: index into [`Lesson::quiz`].
    Question(usize),
}

/// The score of a lesson's knowledge check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Multiple-choice questions.
    pub choices: u32,
    /// Those of them that have been judged.
    pub judged: u32,
    /// Those whose latest judged option is right.
    pub right: u32,
    /// Those that were right at the first try.
    pub first_try: u32,
    /// Questions answered in one's own words.
    pub open: u32,
    /// Those of them whose answer has been opened and rated.
    pub rated: u32,
    /// Those rated as met.
    pub met: u32,
    /// Those rated as partly met.
    pub partly: u32,
}

impl Score {
    /// Questions that are finished: judged or rated.
    pub fn finished(&self) -> u32 {
        self.judged + self.rated
    }

    /// All questions.
    pub fn total(&self) -> u32 {
        self.choices + self.open
    }

    /// The score in a sentence or two, for eyes and for a screen reader.
    pub fn line(&self) -> String {
        let mut line = if self.judged == 0 {
            format!("You have not checked an answer yet: {} questions wait.", self.choices)
        } else {
            format!("You got {} of {} right", self.right, self.choices)
        };
        if self.judged > 0 {
            line += &match (self.judged < self.choices, self.first_try == self.right) {
                (true, _) => format!("; {} still to answer.", self.choices - self.judged),
                (false, true) => ".".to_string(),
                (false, false) => format!(", {} of them at the first try.", self.first_try),
            };
        }
        if self.rated > 0 {
            line += &format!(
                " In your own words: {} of {} rated, {} had, {} partly.",
                self.rated, self.open, self.met, self.partly
            );
        }
        line
    }
}

impl Answer {
    /// Has enough been written to count as an attempt?
    pub fn is_attempt(&self) -> bool {
        self.written.chars().filter(|c| !c.is_whitespace()).count() >= ATTEMPT_CHARS_MIN
    }

    /// May our answer be opened? Only after an attempt: written, or predicted and made to happen.
    pub fn may_reveal(&self, question: &Question) -> bool {
        match question.kind {
            QuestionKind::MultipleChoice { .. } => false,
            QuestionKind::Open { .. } => self.is_attempt(),
            QuestionKind::Predict { .. } => self.chosen.is_some() && self.met,
            QuestionKind::HandsOn { .. } => self.met && self.is_attempt(),
        }
    }

    /// Is the judged option right? None while nothing is judged.
    pub fn verdict(&self, question: &Question) -> Option<bool> {
        let option = self.checked.then_some(self.chosen?)?;
        question.options().get(option).map(|option| option.right)
    }
}

impl LessonProgress {
    /// What was answered to this question; an empty answer if nothing was.
    pub fn answer(&self, question: &str) -> Answer {
        self.answers.get(question).cloned().unwrap_or_default()
    }

    /// The score in the knowledge check of this lesson.
    pub fn score(&self, lesson: &Lesson) -> Score {
        let mut score = Score::default();
        for question in lesson.quiz {
            let answer = self.answers.get(question.id);
            match question.kind {
                QuestionKind::MultipleChoice { .. } => {
                    score.choices += 1;
                    let Some(answer) = answer else { continue };
                    // Who tries again has been judged before and keeps that until the next check.
                    score.judged += u32::from(answer.tries > 0);
                    score.right += u32::from(answer.verdict(question) == Some(true));
                    score.first_try +=
                        u32::from(answer.first_right && answer.verdict(question) == Some(true));
                }
                QuestionKind::Open { .. } | QuestionKind::Predict { .. } | QuestionKind::HandsOn { .. } => {
                    score.open += 1;
                    let rating = answer.and_then(|answer| answer.rating);
                    score.rated += u32::from(rating.is_some());
                    score.met += u32::from(rating == Some(Rating::Met));
                    score.partly += u32::from(rating == Some(Rating::Partly));
                }
            }
        }
        score
    }
}

impl Progress {
    /// The open lesson with its index; the first one if the saved one is gone. None in a course without lessons.
    pub fn open_lesson(&self, course: &'static Course) -> Option<(usize, &'static Lesson)> {
        course.lesson(&self.lesson).or_else(|| course.lessons.first().map(|lesson| (0, lesson)))
    }

    /// What was done in the lesson of this id.
    pub fn of(&self, lesson: &str) -> LessonProgress {
        self.lessons.get(lesson).cloned().unwrap_or_default()
    }

    /// Does what a learner asks for. What is unknown or not allowed yet changes nothing.
    pub fn apply(&mut self, course: &'static Course, action: &CourseAction) {
        match action {
            CourseAction::OpenLesson(id) => {
                if course.lesson(id).is_some() {
                    self.lesson.clone_from(id);
                    self.tab = LessonTab::Lesson;
                }
                return;
            }
            CourseAction::OpenTab(tab) => {
                self.tab = *tab;
                return;
            }
            CourseAction::ForgetProgress => {
                self.lessons.clear();
                return;
            }
            CourseAction::UseManifest { .. } => return,
            CourseAction::Hint { .. }
            | CourseAction::Choose { .. }
            | CourseAction::Check { .. }
            | CourseAction::Write { .. }
            | CourseAction::Reveal { .. }
            | CourseAction::Rate { .. }
            | CourseAction::Retry { .. } => {}
        }
        let Some((_, lesson)) = self.open_lesson(course) else { return };
        let done = self.lessons.entry(lesson.id.to_string()).or_default();
        if let CourseAction::Hint { task } = action {
            if lesson.tasks.iter().any(|it| it.id == task) {
                done.hints.insert(task.clone());
            }
            return;
        }
        let Some(question) = question_of(action).and_then(|id| lesson.quiz.iter().find(|it| it.id == id))
        else {
            return;
        };
        done.answers.entry(question.id.to_string()).or_default().apply(question, action);
    }

    /// Judges the open lesson's goals on the cluster as it is shown, and keeps what is met for the first time.
    /// Goals that are met already are not looked at again.
    pub fn observe(&mut self, course: &'static Course, world: &dyn World) -> Vec<Met> {
        let Some((_, lesson)) = self.open_lesson(course) else { return Vec::new() };
        let mut met = Vec::new();
        let none = LessonProgress::default();
        let done = self.lessons.get(lesson.id).unwrap_or(&none);
        for (index, task) in lesson.tasks.iter().enumerate() {
            if !done.done.contains(task.id) && task.goal.evaluate(world).met {
                met.push(Met::Task(index));
            }
        }
        for (index, question) in lesson.quiz.iter().enumerate() {
            let Some((goal, _)) = question.goal() else { continue };
            let answer = done.answers.get(question.id);
            // A prediction comes first: what has happened before it proves nothing.
            let waits = matches!(question.kind, QuestionKind::Predict { .. })
                && answer.is_none_or(|answer| answer.chosen.is_none());
            if !waits && !answer.is_some_and(|answer| answer.met) && goal.evaluate(world).met {
                met.push(Met::Question(index));
            }
        }
        if met.is_empty() {
            return met;
        }
        let done = self.lessons.entry(lesson.id.to_string()).or_default();
        for it in &met {
            match *it {
                Met::Task(index) => {
                    done.done.insert(lesson.tasks[index].id.to_string());
                }
                Met::Question(index) => {
                    done.answers.entry(lesson.quiz[index].id.to_string()).or_default().met = true;
                }
            }
        }
        met
    }
}

/// The question that an action is about.
fn question_of(action: &CourseAction) -> Option<&str> {
    match action {
        CourseAction::Choose { question, .. }
        | CourseAction::Check { question }
        | CourseAction::Write { question, .. }
        | CourseAction::Reveal { question }
        | CourseAction::Rate { question, .. }
        | CourseAction::Retry { question } => Some(question),
        CourseAction::OpenLesson(_)
        | CourseAction::OpenTab(_)
        | CourseAction::UseManifest { .. }
        | CourseAction::Hint { .. }
        | CourseAction::ForgetProgress => None,
    }
}

impl Answer {
    fn apply(&mut self, question: &Question, action: &CourseAction) {
        match action {
            CourseAction::Choose { option, .. } => {
                // A judged option stands until the learner tries again; a prediction stands once it is tested.
                if *option < question.options().len() && !self.checked && !self.revealed && !self.met {
                    self.chosen = Some(*option);
                }
            }
            CourseAction::Check { .. } => {
                let multiple_choice = matches!(question.kind, QuestionKind::MultipleChoice { .. });
                // A saved answer may name an option that the question no longer has.
                let option = self.chosen.and_then(|option| question.options().get(option));
                if let (true, false, Some(option)) = (multiple_choice, self.checked, option) {
                    self.checked = true;
                    self.first_right |= self.tries == 0 && option.right;
                    self.tries = self.tries.saturating_add(1);
                }
            }
            CourseAction::Write { text, .. } => {
                self.written = text.chars().take(WRITTEN_CHARS_MAX).collect();
            }
            CourseAction::Reveal { .. } => self.revealed |= self.may_reveal(question),
            CourseAction::Rate { rating, .. } => {
                if self.revealed {
                    self.rating = Some(*rating);
                }
            }
            CourseAction::Retry { .. } => {
                self.chosen = None;
                self.checked = false;
                self.revealed = false;
                self.rating = None;
                self.met = false;
            }
            CourseAction::OpenLesson(_)
            | CourseAction::OpenTab(_)
            | CourseAction::UseManifest { .. }
            | CourseAction::Hint { .. }
            | CourseAction::ForgetProgress => {}
        }
    }
}

// What is saved: short keys, nothing that is as it was at the start.

const TABS: [(&str, LessonTab); 3] =
    [("lesson", LessonTab::Lesson), ("quiz", LessonTab::Quiz), ("glossary", LessonTab::Glossary)];
const RATINGS: [(&str, Rating); 3] =
    [("missed", Rating::Missed), ("partly", Rating::Partly), ("met", Rating::Met)];

fn named<T: Copy + PartialEq>(table: &[(&'static str, T)], it: T) -> &'static str {
    table.iter().find(|(_, other)| *other == it).map_or("", |(name, _)| name)
}

fn by_name<T: Copy>(table: &[(&str, T)], name: Option<&str>) -> Option<T> {
    table.iter().find(|(other, _)| Some(*other) == name).map(|(_, it)| *it)
}

impl Progress {
    /// The progress as JSON, to be kept by the page.
    pub fn to_json(&self) -> Value {
        let lessons: Map<String, Value> =
            self.lessons.iter().map(|(id, lesson)| (id.clone(), lesson.to_json())).collect();
        json!({ "version": 1, "lesson": self.lesson, "tab": named(&TABS, self.tab), "lessons": lessons })
    }

    /// Reads what [`Progress::to_json`] wrote. Anything else is skipped: what is stored may be cut or forged.
    pub fn from_json(saved: &Value) -> Self {
        let mut progress = Progress {
            lesson: string(saved, "lesson"),
            tab: by_name(&TABS, saved.get("tab").and_then(Value::as_str)).unwrap_or_default(),
            lessons: BTreeMap::new(),
        };
        let lessons = saved.get("lessons").and_then(Value::as_object);
        for (id, lesson) in lessons.into_iter().flatten().take(LESSONS_MAX) {
            progress.lessons.insert(id.clone(), LessonProgress::from_json(lesson));
        }
        progress
    }
}

impl LessonProgress {
    fn to_json(&self) -> Value {
        let answers: Map<String, Value> =
            self.answers.iter().map(|(id, answer)| (id.clone(), answer.to_json())).collect();
        json!({ "done": self.done, "hints": self.hints, "answers": answers })
    }

    fn from_json(saved: &Value) -> Self {
        let answers = saved.get("answers").and_then(Value::as_object);
        LessonProgress {
            done: strings(saved, "done"),
            hints: strings(saved, "hints"),
            answers: answers
                .into_iter()
                .flatten()
                .take(LESSONS_MAX)
                .map(|(id, answer)| (id.clone(), Answer::from_json(answer)))
                .collect(),
        }
    }
}

impl Answer {
    fn to_json(&self) -> Value {
        let mut saved = Map::new();
        if let Some(option) = self.chosen {
            saved.insert("chosen".into(), option.into());
        }
        if self.tries > 0 {
            saved.insert("tries".into(), self.tries.into());
        }
        if !self.written.is_empty() {
            saved.insert("written".into(), self.written.as_str().into());
        }
        if let Some(rating) = self.rating {
            saved.insert("rating".into(), named(&RATINGS, rating).into());
        }
        for (key, flag) in [
            ("checked", self.checked),
            ("firstRight", self.first_right),
            ("revealed", self.revealed),
            ("met", self.met),
        ] {
            if flag {
                saved.insert(key.into(), true.into());
            }
        }
        Value::Object(saved)
    }

    fn from_json(saved: &Value) -> Self {
        let flag = |key: &str| saved.get(key).and_then(Value::as_bool).unwrap_or(false);
        let number = |key: &str| saved.get(key).and_then(Value::as_u64);
        Answer {
            chosen: number("chosen").and_then(|n| usize::try_from(n).ok()),
            checked: flag("checked"),
            tries: number("tries").and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
            first_right: flag("firstRight"),
            written: string(saved, "written").chars().take(WRITTEN_CHARS_MAX).collect(),
            revealed: flag("revealed"),
            rating: by_name(&RATINGS, saved.get("rating").and_then(Value::as_str)),
            met: flag("met"),
        }
    }
}

fn string(saved: &Value, key: &str) -> String {
    saved.get(key).and_then(Value::as_str).unwrap_or_default().to_string()
}

fn strings(saved: &Value, key: &str) -> BTreeSet<String> {
    let list = saved.get(key).and_then(Value::as_array);
    list.into_iter().flatten().take(LESSONS_MAX).filter_map(Value::as_str).map(str::to_string).collect()
}

#[cfg(test)]
mod tests;
