//! Solutions: one way to reach each goal, as Rust expressions of `Step`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::shapes::{SolutionYaml, StepYaml};
use super::{Lesson, Problem, Source, goal, literal, slice};

/// The longest that a solution may wait at once: a lesson's goal should come within minutes.
const WAIT_SECONDS_MAX: u32 = 3600;

/// `solution.yaml`, with what has been asked for.
#[derive(Debug)]
pub(crate) struct Solution {
    source: Source,
    steps: BTreeMap<String, String>,
    used: RefCell<BTreeSet<String>>,
}

impl Solution {
    pub(crate) fn read(source: Source, lesson: &Lesson, problems: &mut Vec<Problem>) -> Option<Self> {
        let yaml: SolutionYaml = source.yaml(problems)?;
        let mut steps = BTreeMap::new();
        for (id, list) in &yaml {
            let codes: Vec<String> =
                list.iter().filter_map(|step| self::step(&source, lesson, id, step, problems)).collect();
            steps.insert(id.clone(), slice(codes));
        }
        Some(Solution { source, steps, used: RefCell::default() })
    }

    /// The steps for the goal of this id, which stands in another file.
    pub(crate) fn steps(&self, id: &str, asker: &Source, problems: &mut Vec<Problem>) -> String {
        self.used.borrow_mut().insert(id.to_string());
        self.steps.get(id).cloned().unwrap_or_else(|| {
            let message =
                format!("{id} has a goal but no solution. Add the steps to {} under {id}", self.source.file);
            problems.push(asker.problem(&[&format!("id: {id}")], message));
            "&[]".into()
        })
    }

    /// Solutions that no goal asked for.
    pub(crate) fn unused(&self, problems: &mut Vec<Problem>) {
        for id in self.steps.keys() {
            if !self.used.borrow().contains(id) {
                let message = format!("{id} is neither a task nor a question with a goal");
                problems.push(self.source.problem(&[&format!("{id}:")], message));
            }
        }
    }
}

fn step(
    source: &Source,
    lesson: &Lesson,
    id: &str,
    step: &StepYaml,
    problems: &mut Vec<Problem>,
) -> Option<String> {
    let at = format!("{id}:");
    let mut codes = Vec::new();
    if let Some(file) = &step.apply {
        match lesson.manifest(file) {
            Some(index) => codes.push(format!("Step::Apply {{ manifest: {index} }}")),
            None => {
                let message = format!("there is no manifest {file} in the lesson's folder");
                problems.push(source.problem(&[&at, file], message));
                return None;
            }
        }
    }
    if let Some(crash) = &step.crash {
        codes.push(format!(
            "Step::Crash {{ pod: {}, container: {}, exit_code: {} }}",
            literal(&crash.pod),
            literal(&crash.container),
            crash.exit_code
        ));
    }
    if let Some(exec) = &step.exec {
        codes.push(format!(
            "Step::Exec {{ pod: {}, container: {}, command: {} }}",
            literal(&exec.pod),
            literal(&exec.container),
            slice(exec.command.iter().map(|word| literal(word)))
        ));
    }
    if let Some(pod) = &step.delete {
        codes.push(format!("Step::Delete {{ pod: {} }}", literal(pod)));
    }
    if let Some(seconds) = step.wait {
        if seconds > WAIT_SECONDS_MAX {
            let message = format!("waits {seconds} s at once; {WAIT_SECONDS_MAX} s is the most");
            problems.push(source.problem(&[&at, "wait:"], message));
        }
        codes.push(format!("Step::Wait {{ seconds: {seconds} }}"));
    }
    if let Some(expected) = &step.expect {
        let goal = goal::goal(source, lesson, &[&at, "expect:"], expected, problems);
        codes.push(format!("Step::Expect({goal})"));
    }
    let named = [
        step.crash.as_ref().map(|it| [&it.pod, &it.container]),
        step.exec.as_ref().map(|it| [&it.pod, &it.container]),
        step.delete.as_ref().map(|pod| [pod, pod]),
    ];
    for name in named.into_iter().flatten().flatten().filter(|name| !lesson.knows(name)) {
        let message = format!("the step speaks of {name}, which no manifest of this lesson names");
        problems.push(source.problem(&[&at, name], message));
    }
    if codes.len() != 1 {
        let message = "each step has exactly one of: apply, crash, exec, delete, wait, expect";
        problems.push(source.problem(&[&at], message));
        return None;
    }
    codes.pop()
}
