use serde_json::{Value, json};

use super::{ATTEMPT_CHARS_MIN, LESSONS_MAX, WRITTEN_CHARS_MAX};
use crate::{
    Block, COURSE, Chapter, Choice, Course, CourseAction, EventFacts, Goal, Lesson, LessonTab, Manifest,
    PodGoal, Progress, Question, QuestionKind, Rating, Task, World,
};

const THERE: Goal = Goal::Pod(PodGoal {
    namespace: "default",
    name: "web",
    phase: "",
    ready: None,
    kept: &[],
    containers: &[],
});
const OPTIONS: &[Choice] = &[
    Choice { text: "yes", right: true, feedback: "so it is" },
    Choice { text: "no", right: false, feedback: "see" },
];
const fn question(id: &'static str, kind: QuestionKind) -> Question {
    Question { id, prompt: "?", kind, context: "" }
}
static SMALL: Course = Course {
    title: "Small",
    chapters: &[Chapter { slug: "01-a", title: "A" }],
    lessons: &[Lesson {
        id: "01-a/01-b",
        chapter: 0,
        title: "B",
        minutes: 1,
        start: "",
        body: &[Block::Task(0)],
        tasks: &[Task { id: "there", title: "", text: "", hint: "", goal: THERE, solution: &[] }],
        quiz: &[
            question("one", QuestionKind::MultipleChoice { options: OPTIONS }),
            question("two", QuestionKind::MultipleChoice { options: OPTIONS }),
            question("open", QuestionKind::Open { answer: "ours" }),
            question(
                "predict",
                QuestionKind::Predict { options: OPTIONS, goal: THERE, solution: &[], answer: "ours" },
            ),
            question("hands", QuestionKind::HandsOn { goal: THERE, solution: &[], answer: "ours" }),
        ],
        manifests: &[Manifest { file: "start.yaml", text: "" }],
    }],
    glossary: &[],
};
const LESSON: &str = "01-a/01-b";

/// A world in which there is nothing, or the Pod web.
struct Stage(bool);

impl World for Stage {
    fn object(&self, _kind: &str, _namespace: &str, _name: &str) -> Option<Value> {
        self.0.then(|| json!({}))
    }
    fn gone_for_ms(&self, _kind: &str, _namespace: &str, _name: &str) -> Option<u64> {
        None
    }
    fn any_event(&self, _namespace: &str, _name: &str, _test: &dyn Fn(&EventFacts<'_>) -> bool) -> bool {
        false
    }
    fn volume_has_file(&self, _namespace: &str, _pod: &str, _volume: &str, _path: &str) -> bool {
        false
    }
    fn log_contains(&self, _namespace: &str, _pod: &str, _container: &str, _text: &str) -> bool {
        false
    }
}

fn choose(question: &str, option: usize) -> CourseAction {
    CourseAction::Choose { question: question.into(), option }
}
fn check(question: &str) -> CourseAction {
    CourseAction::Check { question: question.into() }
}
fn retry(question: &str) -> CourseAction {
    CourseAction::Retry { question: question.into() }
}
fn write(question: &str, text: &str) -> CourseAction {
    CourseAction::Write { question: question.into(), text: text.into() }
}
fn reveal(question: &str) -> CourseAction {
    CourseAction::Reveal { question: question.into() }
}
fn rate(question: &str, rating: Rating) -> CourseAction {
    CourseAction::Rate { question: question.into(), rating }
}

fn after(actions: &[CourseAction]) -> Progress {
    let mut progress = Progress::default();
    for action in actions {
        progress.apply(&SMALL, action);
    }
    progress
}

fn score_line(progress: &Progress) -> String {
    progress.of(LESSON).score(&SMALL.lessons[0]).line()
}

#[test]
fn the_score_counts_the_latest_answer_and_remembers_the_first() {
    assert_eq!(score_line(&after(&[])), "You have not checked an answer yet: 2 questions wait.");
    let mut progress = after(&[choose("one", 1), check("one")]);
    assert_eq!(score_line(&progress), "You got 0 of 2 right; 1 still to answer.");
    for action in [retry("one"), choose("one", 0), check("one"), choose("two", 0), check("two")] {
        progress.apply(&SMALL, &action);
    }
    assert_eq!(score_line(&progress), "You got 2 of 2 right, 1 of them at the first try.");
    assert_eq!(
        score_line(&after(&[choose("one", 0), check("one"), choose("two", 0), check("two")])),
        "You got 2 of 2 right."
    );
}

#[test]
fn a_judged_option_stands_until_the_next_try() {
    let progress = after(&[choose("one", 1), check("one"), choose("one", 0), check("one")]);
    let answer = progress.of(LESSON).answer("one");
    assert_eq!((answer.chosen, answer.tries), (Some(1), 1));
}

#[test]
fn the_answer_stays_in_its_drawer_until_something_was_tried() {
    let revealed = |actions: &[CourseAction]| after(actions).of(LESSON).answer("open").revealed;
    let enough = "x".repeat(ATTEMPT_CHARS_MIN);
    assert!(!revealed(&[reveal("open")]));
    assert!(!revealed(&[write("open", &" ".repeat(100)), reveal("open")]));
    assert!(!revealed(&[write("open", "no idea"), reveal("open")]));
    assert!(revealed(&[write("open", &enough), reveal("open")]));
    let rated = |actions: &[CourseAction]| after(actions).of(LESSON).answer("open").rating;
    assert_eq!(rated(&[rate("open", Rating::Met)]), None);
    let actions = [write("open", &enough), reveal("open"), rate("open", Rating::Partly)];
    assert_eq!(rated(&actions), Some(Rating::Partly));
    assert_eq!(
        score_line(&after(&actions)),
        "You have not checked an answer yet: 2 questions wait. In your own words: 1 of 3 rated, 0 had, 1 partly."
    );
}

#[test]
fn a_prediction_comes_before_what_it_predicts() {
    let mut progress = Progress::default();
    progress.observe(&SMALL, &Stage(true));
    assert!(!progress.of(LESSON).answer("predict").met);
    assert!(progress.of(LESSON).answer("hands").met);
    for action in [choose("predict", 0), reveal("predict")] {
        progress.apply(&SMALL, &action);
    }
    assert!(!progress.of(LESSON).answer("predict").revealed);
    progress.observe(&SMALL, &Stage(true));
    progress.apply(&SMALL, &choose("predict", 1));
    progress.apply(&SMALL, &reveal("predict"));
    let answer = progress.of(LESSON).answer("predict");
    assert_eq!((answer.chosen, answer.revealed), (Some(0), true));
}

#[test]
fn what_was_met_stays_met() {
    let mut progress = Progress::default();
    assert!(progress.observe(&SMALL, &Stage(false)).is_empty());
    assert_eq!(progress.observe(&SMALL, &Stage(true)).len(), 2);
    assert!(progress.observe(&SMALL, &Stage(true)).is_empty());
    assert!(progress.observe(&SMALL, &Stage(false)).is_empty());
    assert!(progress.of(LESSON).done.contains("there"));
    progress.apply(&SMALL, &CourseAction::ForgetProgress);
    assert!(progress.lessons.is_empty());
}

#[test]
fn what_is_unknown_changes_nothing() {
    let actions = [
        choose("nobody", 0),
        choose("one", 99),
        check("one"),
        CourseAction::OpenLesson("nowhere".into()),
        CourseAction::Hint { task: "nothing".into() },
        retry("nobody"),
    ];
    let progress = after(&actions);
    let lesson = progress.of(LESSON);
    assert_eq!((progress.lesson.as_str(), lesson.hints.len(), lesson.answer("one").tries), ("", 0, 0));
}

#[test]
fn progress_comes_back_as_it_was_saved() {
    let mut progress = after(&[
        choose("one", 1),
        check("one"),
        write("open", "two containers, one address"),
        reveal("open"),
        rate("open", Rating::Missed),
        CourseAction::Hint { task: "there".into() },
        CourseAction::OpenTab(LessonTab::Quiz),
    ]);
    progress.observe(&SMALL, &Stage(true));
    let saved = progress.to_json().to_string();
    assert_eq!(Progress::from_json(&serde_json::from_str(&saved).unwrap()), progress);
}

#[test]
fn saved_nonsense_is_skipped() {
    for odd in [
        "null",
        "7",
        "[]",
        r#"{"lessons":[]}"#,
        r#"{"lessons":{"a":{"answers":{"x":{"chosen":-1}}}},"tab":"?"}"#,
    ] {
        Progress::from_json(&serde_json::from_str(odd).unwrap());
    }
    let many: serde_json::Map<String, Value> = (0..LESSONS_MAX * 2)
        .map(|n| (format!("{n:04}"), json!({"answers": {"q": {"written": "é".repeat(9000)}}})))
        .collect();
    let progress = Progress::from_json(&json!({ "lessons": many }));
    assert_eq!(progress.lessons.len(), LESSONS_MAX);
    assert_eq!(progress.of("0000").answer("q").written.chars().count(), WRITTEN_CHARS_MAX);
}

#[test]
fn any_option_number_in_a_saved_answer_is_safe() {
    let saved =
        json!({"lessons": {LESSON: {"answers": {"one": {"chosen": 9, "checked": true, "tries": 1}}}}});
    let mut progress = Progress::from_json(&saved);
    assert_eq!(score_line(&progress), "You got 0 of 2 right; 1 still to answer.");
    progress.apply(&SMALL, &check("one"));
    let saved = json!({"lessons": {LESSON: {"answers": {"one": {"chosen": 9}}}}});
    let mut progress = Progress::from_json(&saved);
    progress.apply(&SMALL, &check("one"));
}

#[test]
fn the_real_course_opens_at_its_first_lesson() {
    let (index, lesson) = Progress::default().open_lesson(&COURSE).unwrap();
    assert_eq!(index, 0);
    assert!(!lesson.title.is_empty());
}
