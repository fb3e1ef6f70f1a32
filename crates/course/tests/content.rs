//! Wrong content fails the build with words that teach its author, and says where to look.

#[path = "../content/mod.rs"]
mod content;

use std::fs;
use std::path::{Path, PathBuf};

/// A small course that is well, file by file.
const SMALL: [(&str, &str); 7] = [
    ("course.yaml", "format_version: 1\ntitle: Small\nchapters: [{slug: 01-a, title: A}]\n"),
    ("glossary.yaml", "terms: [{term: Pod, meaning: A word.}]\n"),
    ("01-a/01-b/lesson.md", "# Title\n\nWords.\n\n[Load it](start.yaml)\n\n[Do it](goal.yaml#alive)\n"),
    ("01-a/01-b/start.yaml", "metadata: {name: hello}\nspec: {containers: [{name: app}]}\n"),
    ("01-a/01-b/solution.yaml", "alive: [{apply: start.yaml}, {wait: 5}]\n"),
    (
        "01-a/01-b/goal.yaml",
        "tasks: [{id: alive, title: Do, text: Do it., hint: So., goal: {pod: {name: hello, containers: {app: {}}}}}]\n",
    ),
    ("01-a/01-b/quiz.yaml", "questions: [{id: why, kind: open, prompt: Why?, answer: So.}]\n"),
];

/// The small course on disk, in which one file of its lesson is another; gone when dropped.
struct Course(PathBuf);

impl Course {
    fn with(name: &str, file: &str, text: &str) -> Self {
        let root = std::env::temp_dir().join(format!("podarium-content-{}-{name}", std::process::id()));
        let lesson = root.join("01-a/01-b");
        fs::create_dir_all(&lesson).unwrap();
        for (path, text) in SMALL {
            fs::write(root.join(path), text).unwrap();
        }
        if !file.is_empty() {
            fs::write(lesson.join(file), text).unwrap();
        }
        Course(root)
    }
}

impl Drop for Course {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What is said about a lesson in which `file` is this text.
fn complaints(name: &str, file: &str, text: &str) -> String {
    match content::load(&Course::with(name, file, text).0) {
        Ok(_) => String::new(),
        Err(problems) => problems.iter().map(|it| format!("{it}\n")).collect(),
    }
}

#[track_caller]
fn check(name: &str, file: &str, text: &str, at_line: usize, says: &str) {
    let all = complaints(name, file, text);
    let place = if at_line == 0 { format!("{file}: ") } else { format!("{file}:{at_line}: ") };
    let found = all.lines().any(|line| line.contains(&place) && line.contains(says));
    assert!(found, "wanted “{place}…{says}” in:\n{all}");
}

const QUIZ_HEAD: &str = "questions:\n  - id: q\n    kind: multiple-choice\n    prompt: What?\n    options:\n";

#[test]
fn the_lessons_themselves_are_well() {
    let lessons = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lessons");
    assert!(content::load(&lessons).is_ok());
    assert_eq!(complaints("well", "", ""), "");
}

#[test]
fn an_option_without_feedback_is_named() {
    let quiz = format!(
        "{QUIZ_HEAD}      - text: Yes\n        right: true\n        feedback: So.\n      - text: Never\n"
    );
    check("feedback", "quiz.yaml", &quiz, 9, "the option “Never…” has no feedback. Say why it is wrong");
}

#[test]
fn one_option_is_right() {
    let options = |first: bool, second: bool| {
        format!(
            "{QUIZ_HEAD}      - {{text: Yes, right: {first}, feedback: So.}}\n      - {{text: No, right: {second}, feedback: So.}}\n"
        )
    };
    check(
        "none-right",
        "quiz.yaml",
        &options(false, false),
        5,
        "no option of q is right. Mark one with right: true",
    );
    check("both-right", "quiz.yaml", &options(true, true), 5, "2 options of q are right");
}

#[test]
fn a_question_has_what_its_kind_needs() {
    let quiz = "questions:\n  - id: why\n    kind: open\n    prompt: Why?\n";
    check("no-answer", "quiz.yaml", quiz, 2, "the question why needs an answer");
    let quiz = "questions:\n  - id: why\n    kind: hands-on\n    prompt: Why?\n    answer: So.\n";
    check("no-goal", "quiz.yaml", quiz, 2, "the question why needs a goal");
    let quiz = "questions:\n  - id: why\n    kind: riddle\n    prompt: Why?\n";
    check("kind", "quiz.yaml", quiz, 3, "unknown variant `riddle`");
}

fn goal(lines: &str) -> String {
    format!("tasks:\n  - id: alive\n    title: Do\n    text: Do it.\n    hint: Like so.\n    goal:\n{lines}")
}

#[test]
fn goals_speak_a_closed_language() {
    check("goal-key", "goal.yaml", &goal("      podd: {name: hello}\n"), 7, "unknown field `podd`");
    check(
        "goal-empty",
        "goal.yaml",
        &goal("      all: []\n").replace("all: []", "{}"),
        6,
        "the goal is empty",
    );
    check(
        "phase",
        "goal.yaml",
        &goal("      pod: {name: hello, phase: Unknown}\n"),
        7,
        "Unknown is no phase",
    );
    check(
        "ready",
        "goal.yaml",
        &goal("      pod: {name: hello, ready: 3/2}\n"),
        7,
        "not like the READY column",
    );
    let restarts =
        "      pod:\n        name: hello\n        containers:\n          app:\n            restarts: many\n";
    check("count", "goal.yaml", &goal(restarts), 11, "restarts must be like 1");
    check("name", "goal.yaml", &goal("      pod: {name: helo}\n"), 7, "speaks of helo, which no manifest");
}

#[test]
fn a_task_has_a_hint_and_a_place_and_a_solution() {
    let lines = goal("      pod: {name: hello}\n");
    check("hint", "goal.yaml", &lines.replace("Like so.", "\"\""), 2, "the task alive has no hint");
    let lost = lines.replace("id: alive", "id: lost");
    check("place", "goal.yaml", &lost, 2, "the task lost is not in the lesson's text");
    let all = complaints("solution", "solution.yaml", "nobody: []\n");
    assert!(all.contains("alive has a goal but no solution"), "{all}");
    assert!(all.contains("solution.yaml:1: nobody is neither a task nor a question"), "{all}");
}

#[test]
fn steps_are_checked() {
    let steps = "alive:\n  - apply: nowhere.yaml\n  - {wait: 1, delete: hello}\n";
    let all = complaints("steps", "solution.yaml", steps);
    assert!(all.contains("solution.yaml:2: there is no manifest nowhere.yaml"), "{all}");
    assert!(all.contains("each step has exactly one of"), "{all}");
    let all = complaints("step-names", "solution.yaml", "alive:\n  - crash: {pod: hello, container: ap}\n");
    assert!(all.contains("solution.yaml:2: the step speaks of ap, which"), "{all}");
}

#[test]
fn text_is_plain_and_its_links_lead_somewhere() {
    let text = |line: &str| format!("# Title\n\nWords.\n\n{line}\n");
    check("html", "lesson.md", &text("<script>alert(1)</script>"), 5, "has HTML");
    check(
        "link",
        "lesson.md",
        &text("See [this](https://example.com/)."),
        5,
        "links to https://example.com/",
    );
    check("file", "lesson.md", &text("[Load it](gone.yaml)"), 5, "gone.yaml, which is no manifest here");
    check("task", "lesson.md", &text("[Do it](goal.yaml#gone)"), 5, "goal.yaml has no task gone");
    check("word", "lesson.md", &text("You simply apply it."), 5, "says “simply”");
    let long = format!("{}end.", "and ".repeat(60));
    check("long", "lesson.md", &text(&long), 5, "a sentence of 61 words");
    check("title", "lesson.md", "Words.\n", 0, "the lesson has no title");
}

#[test]
fn a_file_that_nobody_reads_is_named() {
    check("stray", "notes.txt", "", 0, "is no file of a lesson");
}
