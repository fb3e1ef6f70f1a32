//! The content under `lessons/`, read, checked and turned into Rust source. Used when the crate is built and by
//! the tests of the checks; nothing of it is in the page.

mod goal;
mod lint;
mod markdown;
mod quiz;
mod shapes;
mod solution;

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::path::Path;

use markdown::Body;
use shapes::{CourseYaml, GlossaryYaml, GoalsYaml, QuizYaml};
use solution::Solution;

/// The version of the content's format that this code reads.
const FORMAT_VERSION: u32 = 1;

/// Something wrong in the content, for its author.
#[derive(Debug)]
pub(crate) struct Problem {
    /// The file's path under `lessons/`.
    pub(crate) file: String,
    /// The line, from 1; 0 when it is about the whole file.
    pub(crate) line: usize,
    /// What is wrong and what to do.
    pub(crate) message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "lessons/{}: {}", self.file, self.message),
            line => write!(f, "lessons/{}:{line}: {}", self.file, self.message),
        }
    }
}

/// A file of the content, with its name for messages.
#[derive(Debug)]
pub(crate) struct Source {
    /// The path under `lessons/`.
    pub(crate) file: String,
    /// The whole text.
    pub(crate) text: String,
}

impl Source {
    fn read(root: &Path, file: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        match std::fs::read_to_string(root.join(file)) {
            Ok(text) => Some(Source { file: file.to_string(), text }),
            Err(error) => {
                let message = format!("cannot be read ({error}). Each lesson needs this file");
                problems.push(Problem { file: file.to_string(), line: 0, message });
                None
            }
        }
    }

    /// A problem near the line that holds the first needle, or the second one after it, and so on.
    fn problem(&self, needles: &[&str], message: impl Into<String>) -> Problem {
        Problem { file: self.file.clone(), line: self.line_of(needles), message: message.into() }
    }

    /// The line (from 1) that one comes to by looking for each needle in turn; 0 when the first is nowhere.
    fn line_of(&self, needles: &[&str]) -> usize {
        let lines: Vec<&str> = self.text.lines().collect();
        let mut at = None;
        for needle in needles {
            let first_line = needle.lines().next().unwrap_or("").trim();
            let from = at.unwrap_or(0);
            let found =
                lines.iter().skip(from).position(|line| !first_line.is_empty() && line.contains(first_line));
            if let Some(found) = found {
                at = Some(from + found);
            }
        }
        at.map_or(0, |index| index + 1)
    }

    fn yaml<T: serde::de::DeserializeOwned>(&self, problems: &mut Vec<Problem>) -> Option<T> {
        match serde_yaml::from_str(&self.text) {
            Ok(it) => Some(it),
            Err(error) => {
                let line = error.location().map_or(0, |location| location.line());
                problems.push(Problem { file: self.file.clone(), line, message: error.to_string() });
                None
            }
        }
    }
}

/// A manifest of a lesson.
#[derive(Debug)]
pub(crate) struct ManifestFile {
    /// Its name in the lesson's folder.
    pub(crate) name: String,
    text: String,
    /// The names of the objects, containers and volumes in it: what a goal may speak of.
    names: Vec<String>,
}

/// What the checks of one lesson look things up in.
#[derive(Debug)]
pub(crate) struct Lesson {
    /// The manifests, in the order of their names.
    pub(crate) manifests: Vec<ManifestFile>,
}

impl Lesson {
    /// The index of the manifest with this file name.
    fn manifest(&self, name: &str) -> Option<usize> {
        self.manifests.iter().position(|manifest| manifest.name == name)
    }

    /// Does any manifest name this?
    fn knows(&self, name: &str) -> bool {
        self.manifests.iter().any(|manifest| manifest.names.iter().any(|it| it == name))
    }
}

/// A Rust string literal.
pub(crate) fn literal(text: &str) -> String {
    format!("{text:?}")
}

/// A Rust array of these expressions, by reference.
pub(crate) fn slice(items: impl IntoIterator<Item = String>) -> String {
    let items: Vec<String> = items.into_iter().collect();
    format!("&[{}]", items.join(", "))
}

/// Reads and checks everything under `root`; the Rust expression of a `Course`, or all that is wrong.
pub(crate) fn load(root: &Path) -> Result<String, Vec<Problem>> {
    let mut problems = Vec::new();
    let table = course(root, &mut problems);
    match table {
        Some(table) if problems.is_empty() => Ok(table),
        _ => Err(problems),
    }
}

fn course(root: &Path, problems: &mut Vec<Problem>) -> Option<String> {
    let source = Source::read(root, "course.yaml", problems)?;
    let course: CourseYaml = source.yaml(problems)?;
    if course.format_version != FORMAT_VERSION {
        let message = format!("is {}; this code reads {FORMAT_VERSION}", course.format_version);
        problems.push(source.problem(&["format_version"], format!("format_version {message}")));
        return None;
    }
    let mut chapters = Vec::new();
    let mut lessons = Vec::new();
    for slug in folders(root) {
        let Some(chapter) = course.chapters.iter().find(|chapter| chapter.slug == slug) else {
            let message =
                format!("the folder {slug} is not among the chapters. Add it: {{slug: {slug}, title: …}}");
            problems.push(source.problem(&["chapters"], message));
            continue;
        };
        for folder in folders(&root.join(&slug)) {
            lessons.extend(lesson(root, &format!("{slug}/{folder}"), chapters.len(), problems));
        }
        chapters.push(format!("Chapter {{ slug: {}, title: {} }}", literal(&slug), literal(&chapter.title)));
    }
    for chapter in &course.chapters {
        if !root.join(&chapter.slug).is_dir() {
            let message = format!("there is no folder {}. Make it, or take the chapter away", chapter.slug);
            problems.push(source.problem(&[&chapter.slug], message));
        }
    }
    let glossary = glossary(root, problems)?;
    let mut table = String::new();
    let _ = write!(
        table,
        "Course {{ title: {}, chapters: {}, lessons: {}, glossary: {glossary} }}",
        literal(&course.title),
        slice(chapters),
        slice(lessons)
    );
    Some(table)
}

fn lesson(root: &Path, id: &str, chapter: usize, problems: &mut Vec<Problem>) -> Option<String> {
    let file = |name: &str| format!("{id}/{name}");
    let text = Source::read(root, &file("lesson.md"), problems);
    let goals = Source::read(root, &file("goal.yaml"), problems);
    let quiz = Source::read(root, &file("quiz.yaml"), problems);
    let solution = Source::read(root, &file("solution.yaml"), problems);
    let start = Source::read(root, &file("start.yaml"), problems);
    let (text, goals, quiz, solution, start) = (text?, goals?, quiz?, solution?, start?);

    let lesson = Lesson { manifests: manifests(root, id, problems) };
    let tasks: GoalsYaml = goals.yaml(problems)?;
    let questions: QuizYaml = quiz.yaml(problems)?;
    let solution = Solution::read(solution, &lesson, problems)?;

    let task_ids: Vec<&str> = tasks.tasks.iter().map(|task| task.id.as_str()).collect();
    let body = Body::read(&text, &lesson, &task_ids, problems)?;
    let words = body.words;
    let mut ids = BTreeMap::new();
    let mut task_codes: Vec<String> = Vec::new();
    // Tasks stand in the order in which the text meets them.
    for index in &body.task_order {
        let task = &tasks.tasks[*index];
        ids.insert(task.id.clone(), ());
        task_codes.push(goal::task(&goals, &lesson, task, &solution, problems));
    }
    for task in &tasks.tasks {
        if !ids.contains_key(&task.id) {
            let message = format!(
                "the task {} is not in the lesson's text. Give it a line of its own there: [{}](goal.yaml#{})",
                task.id, task.title, task.id
            );
            problems.push(goals.problem(&[&format!("id: {}", task.id)], message));
        }
    }
    let questions = quiz::questions(&quiz, &lesson, &questions, &solution, problems);
    solution.unused(problems);

    // Two minutes for each task, and a calm reader's 150 words a minute.
    let minutes = words.div_ceil(150) + 2 * task_codes.len();
    let manifests = lesson
        .manifests
        .iter()
        .map(|it| format!("Manifest {{ file: {}, text: {} }}", literal(&it.name), literal(&it.text)));
    Some(format!(
        "Lesson {{ id: {}, chapter: {chapter}, title: {}, minutes: {minutes}, start: {}, body: {}, tasks: {}, \
         quiz: {questions}, manifests: {} }}",
        literal(id),
        literal(&body.title),
        literal(&start.text),
        slice(body.blocks),
        slice(task_codes),
        slice(manifests),
    ))
}

/// Files of a lesson that are not manifests.
const NOT_MANIFESTS: [&str; 3] = ["goal.yaml", "quiz.yaml", "solution.yaml"];

fn manifests(root: &Path, id: &str, problems: &mut Vec<Problem>) -> Vec<ManifestFile> {
    let mut manifests = Vec::new();
    for name in files(&root.join(id)) {
        if !name.ends_with(".yaml") {
            if name != "lesson.md" {
                let message = "is no file of a lesson: lesson.md, goal.yaml, quiz.yaml, solution.yaml, start.yaml \
                               and other manifests (*.yaml). Take it away or rename it";
                problems.push(Problem { file: format!("{id}/{name}"), line: 0, message: message.into() });
            }
            continue;
        }
        if NOT_MANIFESTS.contains(&name.as_str()) {
            continue;
        }
        let Some(source) = Source::read(root, &format!("{id}/{name}"), problems) else { continue };
        let mut names = Vec::new();
        // A manifest may be wrong on purpose, so a parse error is no problem here; tests apply the right ones.
        for document in serde_yaml::Deserializer::from_str(&source.text) {
            if let Ok(value) = <serde_yaml::Value as serde::Deserialize>::deserialize(document) {
                names_in(&value, 0, &mut names);
            }
        }
        manifests.push(ManifestFile { name, text: source.text, names });
    }
    manifests
}

/// Every value of a key `name`.
fn names_in(value: &serde_yaml::Value, depth: usize, names: &mut Vec<String>) {
    const DEPTH_MAX: usize = 32;
    if depth > DEPTH_MAX {
        return;
    }
    match value {
        serde_yaml::Value::Mapping(mapping) => {
            for (key, value) in mapping {
                if key.as_str() == Some("name")
                    && let Some(name) = value.as_str()
                {
                    names.push(name.to_string());
                }
                names_in(value, depth + 1, names);
            }
        }
        serde_yaml::Value::Sequence(items) => {
            for item in items {
                names_in(item, depth + 1, names);
            }
        }
        _ => {}
    }
}

fn glossary(root: &Path, problems: &mut Vec<Problem>) -> Option<String> {
    let source = Source::read(root, "glossary.yaml", problems)?;
    let glossary: GlossaryYaml = source.yaml(problems)?;
    let mut terms: Vec<_> = glossary.terms.iter().collect();
    terms.sort_by_key(|term| term.term.to_lowercase());
    for pair in terms.windows(2) {
        if pair[0].term.to_lowercase() == pair[1].term.to_lowercase() {
            problems
                .push(source.problem(&[&pair[0].term], format!("the term {} stands twice", pair[0].term)));
        }
    }
    Some(slice(terms.into_iter().map(|term| {
        let meaning = markdown::inline(&source, &[&term.term], "the meaning", &term.meaning, problems);
        format!("Term {{ term: {}, meaning: {meaning} }}", literal(&term.term))
    })))
}

/// Names of the folders in a folder, sorted.
fn folders(path: &Path) -> Vec<String> {
    entries(path, |kind| kind.is_dir())
}

/// Names of the files in a folder, sorted.
fn files(path: &Path) -> Vec<String> {
    entries(path, |kind| kind.is_file())
}

fn entries(path: &Path, wanted: impl Fn(std::fs::FileType) -> bool) -> Vec<String> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.file_type().is_ok_and(&wanted))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}
