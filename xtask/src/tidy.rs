//! Laws of the house that no compiler checks. Each check names its rule and how to obey it.

use crate::run::{Outcome, cargo, output, root};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Which crates of ours a crate may use. Arrows point inwards: the app knows the simulator, never the reverse.
const MAY_USE: &[(&str, &[&str])] = &[
    ("podarium", &["course", "kubectl", "k8s-sim", "k8s-api", "busybox"]),
    ("course", &["kubectl", "k8s-sim", "k8s-api"]),
    ("kubectl", &["k8s-sim", "k8s-api"]),
    ("k8s-sim", &["k8s-api", "busybox", "resting"]),
    ("k8s-api", &["resting"]),
    ("busybox", &["resting"]),
    ("resting", &[]),
    ("xtask", &[]),
];

/// What no library crate may pull in, however indirectly: a screen, a clock, chance, threads, the network.
const NOT_IN_THE_CORE: &[&str] = &[
    "leptos",
    "web-sys",
    "js-sys",
    "wasm-bindgen",
    "gloo-timers",
    "rand",
    "fastrand",
    "getrandom",
    "chrono",
    "time",
    "jiff",
    "tokio",
    "regex",
];

/// A file this long holds more than one concept.
const RUST_LINES_MAX: usize = 1000;

/// `cargo xtask tidy`.
pub(crate) fn tidy(_arguments: &[String]) -> Outcome {
    let mut slips = Vec::new();
    dependency_directions(&mut slips)?;
    let files = text_files();
    for file in &files {
        one_concept(file, &mut slips);
        pure_scene(file, &mut slips);
        outside_the_tank(file, &mut slips);
        fixed_order(file, &mut slips);
        finished(file, &mut slips);
        one_title(file, &mut slips);
        no_machine(file, &mut slips);
    }
    content_is_data(&files, &mut slips);
    if slips.is_empty() {
        println!("{} files are tidy.", files.len());
        return Ok(());
    }
    Err(format!("{} slips:\n  {}", slips.len(), slips.join("\n  ")))
}

/// A text file of the repository.
struct File {
    /// From the root, with `/` between folders.
    path: String,
    text: String,
}

impl File {
    fn is(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == extension)
    }

    /// The one-based numbers of the lines that `wanted` accepts.
    fn lines_where<'a>(&'a self, wanted: impl Fn(&str) -> bool + 'a) -> impl Iterator<Item = usize> + 'a {
        self.text.lines().enumerate().filter(move |(_, line)| wanted(line)).map(|(index, _)| index + 1)
    }
}

fn text_files() -> Vec<File> {
    let mut files = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = entry.path();
            if path.is_dir() {
                if !matches!(
                    name.as_str(),
                    "target" | "dist" | "node_modules" | ".git" | "test-results" | "playwright-report"
                ) {
                    folders.push(path);
                }
            } else if let Ok(text) = fs::read_to_string(&path) {
                let path = path.strip_prefix(root()).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                files.push(File { path, text });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn dependency_directions(slips: &mut Vec<String>) -> Outcome {
    let metadata = output(cargo().args(["metadata", "--format-version", "1", "--locked"]))
        .ok_or("`cargo metadata --locked` failed: is Cargo.lock up to date?")?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|error| error.to_string())?;
    let name_of: BTreeMap<&str, &str> = list(&metadata["packages"])
        .filter_map(|package| Some((package["id"].as_str()?, package["name"].as_str()?)))
        .collect();
    // What each package is built from; dev-dependencies build tests only.
    let mut uses: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for node in list(&metadata["resolve"]["nodes"]) {
        let direct = list(&node["deps"])
            .filter(|dep| list(&dep["dep_kinds"]).any(|kind| kind["kind"].is_null()))
            .filter_map(|dep| dep["pkg"].as_str());
        uses.insert(node["id"].as_str().unwrap_or_default(), direct.collect());
    }
    let members: Vec<&str> = list(&metadata["workspace_members"]).filter_map(Value::as_str).collect();
    for member in &members {
        let name = name_of[member];
        let Some((_, allowed)) = MAY_USE.iter().find(|(package, _)| *package == name) else {
            slips.push(format!("{name}: a new crate needs its line in MAY_USE (xtask/src/tidy.rs)"));
            continue;
        };
        for used in uses[member].iter().filter(|used| members.contains(used)).map(|used| name_of[used]) {
            if !allowed.contains(&used) {
                slips.push(format!(
                    "{name} uses {used}, which is against the direction of dependencies (ARCHITECTURE.md)"
                ));
            }
        }
        if matches!(name, "podarium" | "xtask") {
            continue;
        }
        let mut reached = BTreeSet::new();
        let mut open = vec![*member];
        while let Some(package) = open.pop() {
            if reached.insert(package) {
                open.extend(uses.get(package).into_iter().flatten());
            }
        }
        for package in
            reached.iter().map(|package| name_of[package]).filter(|package| NOT_IN_THE_CORE.contains(package))
        {
            slips.push(format!(
                "{name} pulls in {package}: the core has no screen, no clock, no chance and no threads"
            ));
        }
    }
    Ok(())
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn one_concept(file: &File, slips: &mut Vec<String>) {
    let lines = file.text.lines().count();
    if file.is("rs") && lines > RUST_LINES_MAX {
        slips.push(format!("{}: {lines} lines; split it by concept (at most {RUST_LINES_MAX})", file.path));
    }
}

fn pure_scene(file: &File, slips: &mut Vec<String>) {
    if !file.path.starts_with("src/scene/") && file.path != "src/scene.rs" {
        return;
    }
    for word in ["leptos", "web_sys", "js_sys", "wasm_bindgen", "gloo"] {
        for line in file.lines_where(|line| code_of(line).contains(word)) {
            slips.push(format!("{}:{line}: the scene is plain data and knows no {word}", file.path));
        }
    }
}

/// What is called from outside the tank is in the first download: there, only types of the cluster may be named.
fn outside_the_tank(file: &File, slips: &mut Vec<String>) {
    let behind_the_seam = ["src/tank/", "src/scene/"].iter().any(|folder| file.path.starts_with(folder));
    if !file.is("rs") || !file.path.starts_with("src/") || behind_the_seam {
        return;
    }
    for word in ["kubectl::", "busybox::", "k8s_api::manifest", ".timeline()", ".cluster()"] {
        for line in file.lines_where(|line| code_of(line).contains(word)) {
            slips.push(format!(
                "{}:{line}: `{word}` outside the tank: the page asks `Engine`, or the cluster is in the first download",
                file.path
            ));
        }
    }
}

fn fixed_order(file: &File, slips: &mut Vec<String>) {
    if !file.path.starts_with("crates/") || !file.is("rs") {
        return;
    }
    for line in
        file.lines_where(|line| ["HashMap", "HashSet"].iter().any(|word| code_of(line).contains(word)))
    {
        slips.push(format!(
            "{}:{line}: iteration order must be fixed: use BTreeMap, BTreeSet or Vec",
            file.path
        ));
    }
}

fn finished(file: &File, slips: &mut Vec<String>) {
    if ["Cargo.lock", "package-lock.json", "tests/golden/", "xtask/src/tidy.rs"]
        .iter()
        .any(|path| file.path.starts_with(path))
    {
        return;
    }
    for word in
        ["TODO", "FIXME", "todo!(", "unimplemented!(", "coming soon", "#[ignore", "test.skip", "test.fixme"]
    {
        for line in file.lines_where(|line| line.contains(word)) {
            slips.push(format!("{}:{line}: `{word}`: finish it, or leave it out", file.path));
        }
    }
}

fn one_title(file: &File, slips: &mut Vec<String>) {
    if !file.is("md") {
        return;
    }
    let mut in_code = false;
    let titles = file.text.lines().filter(|line| {
        if line.starts_with("```") {
            in_code = !in_code;
        }
        !in_code && line.starts_with("# ")
    });
    let titles = titles.count();
    if titles != 1 {
        slips.push(format!("{}: {titles} lines begin with `# `; a page has one title", file.path));
    }
}

fn no_machine(file: &File, slips: &mut Vec<String>) {
    let root = root();
    // A checkout at /app or the like has a path too short to look for.
    if root.components().count() > 2 {
        let root = root.to_string_lossy().into_owned();
        for line in file.lines_where(move |line| line.contains(&root)) {
            slips.push(format!("{}:{line}: a path of one machine", file.path));
        }
    }
    if file.path.ends_with("package-lock.json") && file.text.contains("\"resolved\"") {
        slips.push(format!(
            "{}: names a registry's host; keep omit-lockfile-registry-resolved in .npmrc and write it again",
            file.path
        ));
    }
    if file.path.ends_with("Cargo.lock") {
        for line in file.lines_where(|line| {
            line.starts_with("source = ") && !line.contains("github.com/rust-lang/crates.io-index")
        }) {
            slips.push(format!("{}:{line}: a crate from elsewhere than crates.io", file.path));
        }
    }
}

/// The names of lessons stand in `lessons/` only, so that a lesson can be added without touching Rust.
fn content_is_data(files: &[File], slips: &mut Vec<String>) {
    let lessons: BTreeSet<&str> = files
        .iter()
        .filter_map(|file| file.path.strip_prefix("lessons/"))
        .flat_map(|path| path.split('/').rev().skip(1))
        .filter(|folder| folder.starts_with(|first: char| first.is_ascii_digit()))
        .collect();
    for file in files.iter().filter(|file| file.is("rs")) {
        for lesson in &lessons {
            for line in file.lines_where(|line| code_of(line).contains(lesson)) {
                slips.push(format!("{}:{line}: knows the lesson {lesson} by name", file.path));
            }
        }
    }
}

/// A line of Rust without its comment, well enough for the words looked for here.
fn code_of(line: &str) -> &str {
    line.split("//").next().unwrap_or(line)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_repository_is_tidy() {
        if let Err(slips) = super::tidy(&[]) {
            panic!("{slips}");
        }
    }
}
