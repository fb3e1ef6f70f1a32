//! `kubectl label` and `kubectl annotate`.
//! Models k8s.io/kubectl/pkg/cmd/label/label.go, annotate/annotate.go (v1.36)

use serde_json::{Map, Value, json};

use super::Task;
use super::create::print_made;
use crate::api::PatchType;
use crate::failure::Failure;
use crate::session::{DryRun, Outcome, Session};
use crate::targets::{self, Target, Wanted};
use crate::tree::{at, text};

pub(super) const LABEL_FLAGS: &str = "overwrite list l/selector:s field-selector:s all A/all-namespaces \
    resource-version:s dry-run:s=unchanged o/output:s f/filename:l R/recursive k/kustomize:s local \
    field-manager:s template:s show-managed-fields";
pub(super) const ANNOTATE_FLAGS: &str = LABEL_FLAGS;

/// What tells the two verbs apart.
struct Sort {
    /// `label`
    word: &'static str,
    /// `labels`
    field: &'static str,
    done: &'static str,
}

const LABEL: Sort = Sort { word: "label", field: "labels", done: "labeled" };
const ANNOTATE: Sort = Sort { word: "annotation", field: "annotations", done: "annotated" };

pub(super) fn label(session: &mut Session<'_>) -> Outcome {
    change(session, &LABEL)
}

pub(super) fn annotate(session: &mut Session<'_>) -> Outcome {
    change(session, &ANNOTATE)
}

/// `key=value` and `key-` words, and the arguments before them.
/// Models cmdutil.GetResourcesAndPairs (v1.36)
fn split(args: &[String]) -> (Vec<String>, Vec<String>) {
    let is_pair = |word: &String| word.contains('=') && !word.starts_with('=') || word.ends_with('-');
    let first = args.iter().position(is_pair).unwrap_or(args.len());
    (args[..first].to_vec(), args[first..].to_vec())
}

const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or \
    '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex \
    used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/// Whether a label may have that value. Models validation.IsValidLabelValue (v1.36)
fn label_value_problem(value: &str) -> Option<String> {
    if value.len() > 63 {
        return Some("must be no more than 63 bytes".to_string());
    }
    let bytes = value.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    let fine = bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
        && ends.iter().flatten().all(|b| b.is_ascii_alphanumeric());
    (!fine).then(|| LABEL_VALUE.to_string())
}

fn change(session: &mut Session<'_>, sort: &Sort) -> Outcome {
    let flags = session.flags;
    let word = sort.word;
    let (resources, pairs) = split(&flags.args);
    let list = flags.is("list");
    if resources.is_empty() && !flags.has("filename") {
        return Err(Failure::error(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        ));
    }
    let mut new: Map<String, Value> = Map::new();
    let mut gone: Vec<String> = Vec::new();
    for pair in &pairs {
        if let Some((key, value)) = pair.split_once('=') {
            let well_formed = !key.is_empty() && (sort.word != "label" || !value.contains('='));
            if !well_formed {
                return Err(Failure::error(format!("invalid {word} spec: {pair}")));
            }
            let problem = label_value_problem(value).filter(|_| sort.word == "label");
            if let Some(problem) = problem {
                return Err(Failure::error(format!("invalid label value: {pair:?}: {problem}")));
            }
            new.insert(key.to_string(), value.into());
        } else if let Some(key) = pair.strip_suffix('-') {
            gone.push(key.to_string());
        } else {
            return Err(Failure::error(format!("unknown {word} spec: {pair}")));
        }
    }
    if gone.iter().any(|key| new.contains_key(key)) {
        let article = if word == "label" { "a" } else { "an" };
        return Err(Failure::error(format!(
            "can not both modify and remove {article} {word} in the same command"
        )));
    }
    if pairs.is_empty() && !list {
        return Err(Failure::error(format!("at least one {word} update is required")));
    }
    let dry_run = session.dry_run()?;
    let wanted = Wanted::default();
    let found = targets::find(session, &resources, wanted)?;
    let mut failures = found.failures;
    let several = found.targets.len() > 1;
    for target in found.targets {
        if list {
            show(session, &target, sort, several);
            continue;
        }
        if let Err(failure) = one(session, &target, sort, &new, &gone, dry_run) {
            failures.push(failure);
        }
    }
    if failures.is_empty() { Ok(Task::Done(0)) } else { Err(Failure::join(failures)) }
}

fn show(session: &mut Session<'_>, target: &Target, sort: &Sort, several: bool) {
    if several {
        session.out.line(format!("Listing {} for {}/{}:", sort.field, target.kind.kind, target.name));
    }
    let entries = at(&target.object, &format!("metadata.{}", sort.field));
    for (key, value) in entries.as_object().into_iter().flatten() {
        session.out.line(format!("{key}={}", value.as_str().unwrap_or("")));
    }
}

fn one(
    session: &mut Session<'_>,
    target: &Target,
    sort: &Sort,
    new: &Map<String, Value>,
    gone: &[String],
    dry_run: DryRun,
) -> Result<(), Failure> {
    let flags = session.flags;
    let now = at(&target.object, &format!("metadata.{}", sort.field)).clone();
    let before = |key: &str| now.get(key).and_then(Value::as_str);
    if !flags.is("overwrite") {
        let kept: Vec<String> = new
            .iter()
            .filter(|(key, value)| before(key).is_some_and(|old| Some(old) != value.as_str()))
            .map(|(key, _)| format!("'{key}' already has a value ({})", before(key).unwrap_or("")))
            .collect();
        if !kept.is_empty() {
            return Err(Failure::error(if sort.word == "label" {
                format!("{}, and --overwrite is false", kept.join(", "))
            } else {
                let key = new.keys().find(|key| before(key).is_some()).map_or("", String::as_str);
                format!(
                    "--overwrite is false but found the following declared annotation(s): '{key}' already has a \
                     value ({})",
                    before(key).unwrap_or("")
                )
            }));
        }
    }
    for key in gone.iter().filter(|key| sort.word == "label" && before(key).is_none()) {
        session.out.line(format!("label {key:?} not found."));
    }
    let mut entries = new.clone();
    entries.extend(gone.iter().map(|key| (key.clone(), Value::Null)));
    let patch = json!({"metadata": {sort.field: entries}});
    let changes = new.iter().any(|(key, value)| before(key) != value.as_str());
    let removes = gone.iter().any(|key| before(key).is_some());
    let mut object = target.object.clone();
    let version = text(&target.object, "metadata.resourceVersion");
    if flags.get("resource-version").is_some_and(|wanted| wanted != version) {
        return Err(Failure::plain(format!(
            "Error from server (Conflict): Operation cannot be fulfilled on {} {:?}: the object has been modified; \
             please apply your changes to the latest version and try again",
            target.kind.qualified_plural(),
            target.name
        )));
    }
    if dry_run != DryRun::Client && (changes || removes || sort.word != "label") {
        object = session.patch(
            target.kind,
            &target.namespace,
            &target.name,
            "",
            PatchType::Merge,
            &patch,
            dry_run == DryRun::Server,
        )?;
    }
    let done = match (sort.word, changes, removes) {
        ("label", false, false) if !new.is_empty() || !gone.is_empty() => "not labeled",
        ("label", false, true) => "unlabeled",
        ("label", true, true) => "modified",
        _ => sort.done,
    };
    print_made(session, &object, done, dry_run)?;
    Ok(())
}
