//! Questions: checked, and written as Rust expressions of `Question`.

use std::collections::BTreeSet;

use super::shapes::{ChoiceYaml, QuestionKindYaml, QuestionYaml, QuizYaml};
use super::solution::Solution;
use super::{Lesson, Problem, Source, goal, lint, literal, markdown, slice};

/// All questions as a Rust expression.
pub(crate) fn questions(
    source: &Source,
    lesson: &Lesson,
    quiz: &QuizYaml,
    solution: &Solution,
    problems: &mut Vec<Problem>,
) -> String {
    let mut ids = BTreeSet::new();
    let codes: Vec<String> = quiz
        .questions
        .iter()
        .map(|question| {
            if !ids.insert(&question.id) {
                let key = format!("id: {}", question.id);
                let message = format!("the id {} stands twice; answers are kept under it", question.id);
                problems.push(source.problem(&[&key, &key], message));
            }
            self::question(source, lesson, question, solution, problems)
        })
        .collect();
    slice(codes)
}

fn question(
    source: &Source,
    lesson: &Lesson,
    question: &QuestionYaml,
    solution: &Solution,
    problems: &mut Vec<Problem>,
) -> String {
    use QuestionKindYaml::{HandsOn, MultipleChoice, Open, Predict};
    let (id, kind) = (&question.id, question.kind);
    let key = format!("id: {id}");
    lint::id(source, id, problems);

    let has_options = matches!(kind, MultipleChoice | Predict);
    let has_answer = matches!(kind, Open | Predict | HandsOn);
    let has_goal = matches!(kind, Predict | HandsOn);
    let mut complain = |wanted: bool, given: bool, what: &str| {
        if wanted != given {
            let message = if wanted { format!("needs {what}") } else { format!("has no use for {what}") };
            problems.push(source.problem(&[&key], format!("the question {id} {message} (kind: {kind:?})")));
        }
    };
    complain(has_options, !question.options.is_empty(), "options");
    complain(has_answer, !question.answer.trim().is_empty(), "an answer");
    complain(has_goal, question.goal.is_some(), "a goal");

    if has_options {
        match question.options.iter().filter(|option| option.right).count() {
            1 => {}
            0 => {
                let message = format!("no option of {id} is right. Mark one with right: true");
                problems.push(source.problem(&[&key, "options:"], message));
            }
            n => {
                let message = format!("{n} options of {id} are right; only one can be chosen");
                problems.push(source.problem(&[&key, "options:"], message));
            }
        }
        if question.options.len() < 2 {
            problems.push(source.problem(&[&key, "options:"], format!("{id} needs at least two options")));
        }
    }
    let options: Vec<String> = question.options.iter().map(|it| option(source, &key, it, problems)).collect();
    let options = slice(options);
    let prompt = markdown::prose(source, &[&key, "prompt:"], "the prompt", &question.prompt, problems);
    let optional = |name: &str, text: &str, problems: &mut Vec<Problem>| {
        if text.trim().is_empty() {
            literal("")
        } else {
            markdown::prose(source, &[&key, name], name.trim_end_matches(':'), text, problems)
        }
    };
    let answer = optional("answer:", &question.answer, problems);
    let context = optional("context:", &question.context, problems);
    let (goal, steps) = match &question.goal {
        Some(goal) => (
            goal::goal(source, lesson, &[&key, "goal:"], goal, problems),
            solution.steps(id, source, problems),
        ),
        None => ("Goal::All(&[])".into(), "&[]".into()),
    };
    let kind = match kind {
        MultipleChoice => format!("MultipleChoice {{ options: {options} }}"),
        Open => format!("Open {{ answer: {answer} }}"),
        Predict => {
            format!("Predict {{ options: {options}, goal: {goal}, solution: {steps}, answer: {answer} }}")
        }
        HandsOn => format!("HandsOn {{ goal: {goal}, solution: {steps}, answer: {answer} }}"),
    };
    format!(
        "Question {{ id: {}, prompt: {prompt}, kind: QuestionKind::{kind}, context: {context} }}",
        literal(id)
    )
}

fn option(source: &Source, key: &str, option: &ChoiceYaml, problems: &mut Vec<Problem>) -> String {
    let first_words: String = option.text.chars().take(30).collect();
    let at = [key, "options:", first_words.trim()];
    if option.feedback.trim().is_empty() {
        let message = format!(
            "the option “{}…” has no feedback. Say why it is {}: a wrong answer is where people learn",
            first_words.trim(),
            if option.right { "right" } else { "wrong" }
        );
        problems.push(source.problem(&at, message));
    }
    let text = markdown::inline(source, &at, "the option", &option.text, problems);
    let feedback = markdown::inline(source, &at, "the feedback", &option.feedback, problems);
    format!("Choice {{ text: {text}, right: {}, feedback: {feedback} }}", option.right)
}
