//! Tasks and goals: checked, and written as Rust expressions of `Task` and `Goal`.

use super::shapes::{ContainerYaml, CountYaml, GoalYaml, PodYaml, TaskYaml};
use super::solution::Solution;
use super::{Lesson, Problem, Source, lint, literal, markdown, slice};

/// A task as a Rust expression.
pub(crate) fn task(
    source: &Source,
    lesson: &Lesson,
    task: &TaskYaml,
    solution: &Solution,
    problems: &mut Vec<Problem>,
) -> String {
    let key = format!("id: {}", task.id);
    lint::id(source, &task.id, problems);
    if task.hint.trim().is_empty() {
        let message = format!("the task {} has no hint. Give the help that you would give a friend", task.id);
        problems.push(source.problem(&[&key], message));
    }
    let goal = goal(source, lesson, &[&key, "goal:"], &task.goal, problems);
    let steps = solution.steps(&task.id, source, problems);
    let text = markdown::prose(source, &[&key, "text:"], "the text", &task.text, problems);
    let hint = markdown::prose(source, &[&key, "hint:"], "the hint", &task.hint, problems);
    format!(
        "Task {{ id: {}, title: {}, text: {text}, hint: {hint}, goal: {goal}, solution: {steps} }}",
        literal(&task.id),
        literal(&task.title),
    )
}

/// A goal as a Rust expression. `at` leads to its place in the file.
pub(crate) fn goal(
    source: &Source,
    lesson: &Lesson,
    at: &[&str],
    goal: &GoalYaml,
    problems: &mut Vec<Problem>,
) -> String {
    let GoalYaml { all, any, pod, gone, happened, file, log } = goal;
    let mut parts = Vec::new();
    let mut named = Vec::new();
    for (list, kind) in [(all, "All"), (any, "Any")] {
        let Some(list) = list else { continue };
        let goals: Vec<String> = list.iter().map(|it| self::goal(source, lesson, at, it, problems)).collect();
        parts.push(format!("Goal::{kind}({})", slice(goals)));
    }
    if let Some(pod) = pod {
        named.push(&pod.name);
        named.extend(pod.containers.keys());
        parts.push(self::pod(source, at, pod, problems));
    }
    if let Some(gone) = gone {
        named.push(&gone.name);
        parts.push(format!(
            "Goal::Gone {{ kind: {}, namespace: {}, name: {}, for_seconds: {} }}",
            literal(&gone.kind),
            literal(&gone.namespace),
            literal(&gone.name),
            gone.for_seconds
        ));
    }
    if let Some(happened) = happened {
        named.push(&happened.object);
        named.extend(Some(&happened.container).filter(|name| !name.is_empty()));
        parts.push(format!(
            "Goal::Happened {{ event: {}, namespace: {}, object: {}, container: {}, message: {} }}",
            literal(&happened.event),
            literal(&happened.namespace),
            literal(&happened.object),
            literal(&happened.container),
            literal(&happened.message)
        ));
    }
    if let Some(file) = file {
        named.extend([&file.pod, &file.volume]);
        named.extend(&file.mounted_in);
        parts.push(format!(
            "Goal::File {{ namespace: {}, pod: {}, volume: {}, path: {}, mounted_in: {} }}",
            literal(&file.namespace),
            literal(&file.pod),
            literal(&file.volume),
            literal(&file.path),
            slice(file.mounted_in.iter().map(|name| literal(name)))
        ));
    }
    if let Some(log) = log {
        named.extend([&log.pod, &log.container]);
        parts.push(format!(
            "Goal::Log {{ namespace: {}, pod: {}, container: {}, contains: {} }}",
            literal(&log.namespace),
            literal(&log.pod),
            literal(&log.container),
            literal(&log.contains)
        ));
    }
    for name in named {
        if !lesson.knows(name) {
            let message = format!("the goal speaks of {name}, which no manifest of this lesson names");
            problems.push(source.problem(&[at, &[name]].concat(), message));
        }
    }
    match parts.len() {
        0 => {
            let message = "the goal is empty. Use at least one of: pod, gone, happened, file, log, all, any";
            problems.push(source.problem(at, message));
            "Goal::All(&[])".into()
        }
        1 => parts.remove(0),
        _ => format!("Goal::All({})", slice(parts)),
    }
}

fn pod(source: &Source, at: &[&str], pod: &PodYaml, problems: &mut Vec<Problem>) -> String {
    const PHASES: [&str; 4] = ["Pending", "Running", "Succeeded", "Failed"];
    if !pod.phase.is_empty() && !PHASES.contains(&pod.phase.as_str()) {
        let message = format!("{} is no phase. There are: {}", pod.phase, PHASES.join(", "));
        problems.push(source.problem(&[at, &["phase:"]].concat(), message));
    }
    let ready = match &pod.ready {
        None => "None".into(),
        Some(ready) => {
            let parts =
                ready.split_once('/').map(|(a, b)| (a.trim().parse::<u32>(), b.trim().parse::<u32>()));
            match parts {
                Some((Ok(ready), Ok(all))) if ready <= all => format!("Some(({ready}, {all}))"),
                _ => {
                    let message = format!("ready: {ready} is not like the READY column, such as 2/2");
                    problems.push(source.problem(&[at, &["ready:"]].concat(), message));
                    "None".into()
                }
            }
        }
    };
    let kept: Vec<String> = pod
        .kept
        .iter()
        .filter_map(|kept| match kept.as_str() {
            "uid" => Some("Kept::Uid".to_string()),
            "ip" => Some("Kept::Ip".to_string()),
            other => {
                let message = format!("kept: {other} is unknown. There are: uid, ip");
                problems.push(source.problem(&[at, &["kept:"]].concat(), message));
                None
            }
        })
        .collect();
    let containers: Vec<String> =
        pod.containers.iter().map(|(name, it)| container(source, at, name, it, problems)).collect();
    format!(
        "Goal::Pod(PodGoal {{ namespace: {}, name: {}, phase: {}, ready: {ready}, kept: {}, containers: {} }})",
        literal(&pod.namespace),
        literal(&pod.name),
        literal(&pod.phase),
        slice(kept),
        slice(containers)
    )
}

fn container(
    source: &Source,
    at: &[&str],
    name: &str,
    container: &ContainerYaml,
    problems: &mut Vec<Problem>,
) -> String {
    let at = [at, &[name]].concat();
    let state = match container.state.as_deref() {
        None => "None",
        Some("waiting") => "Some(ContainerStateName::Waiting)",
        Some("running") => "Some(ContainerStateName::Running)",
        Some("terminated") => "Some(ContainerStateName::Terminated)",
        Some(other) => {
            let message = format!("{other} is no state. There are: waiting, running, terminated");
            problems.push(source.problem(&[&at[..], &["state:"]].concat(), message));
            "None"
        }
    };
    let restarts = match &container.restarts {
        None => "None".into(),
        Some(count) => match bounds(count) {
            Some((min, max)) => format!("Some(Count {{ min: {min}, max: {max} }})"),
            None => {
                let message = "restarts must be like 1, \">= 1\" or \"<= 2\"";
                problems.push(source.problem(&[&at[..], &["restarts:"]].concat(), message));
                "None".into()
            }
        },
    };
    format!(
        "ContainerGoal {{ name: {}, state: {state}, reason: {}, exit_code: {:?}, restarts: {restarts}, \
         ready: {:?}, image: {} }}",
        literal(name),
        literal(&container.reason),
        container.exit_code,
        container.ready,
        literal(&container.image)
    )
}

fn bounds(count: &CountYaml) -> Option<(u32, u32)> {
    match count {
        CountYaml::Exactly(n) => Some((*n, *n)),
        CountYaml::Bounds(text) => {
            let text = text.trim();
            if let Some(min) = text.strip_prefix(">=") {
                Some((min.trim().parse().ok()?, u32::MAX))
            } else if let Some(max) = text.strip_prefix("<=") {
                Some((0, max.trim().parse().ok()?))
            } else {
                let n = text.parse().ok()?;
                Some((n, n))
            }
        }
    }
}
