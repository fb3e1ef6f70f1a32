//! `kubectl taint`, `cordon` and `uncordon`: what may run on a node.
//! Models k8s.io/kubectl/pkg/cmd/{taint,drain} (v1.36)

use serde_json::{Value, json};

use super::Task;
use super::create::print_made;
use crate::api::PatchType;
use crate::failure::Failure;
use crate::session::{DryRun, Outcome, Session};
use crate::targets::{self, Target, Wanted};
use crate::tree::{list, text, truth};

pub(super) const TAINT_FLAGS: &str = "all overwrite l/selector:s dry-run:s=unchanged o/output:s validate:s=strict \
    field-manager:s template:s show-managed-fields";
pub(super) const CORDON_FLAGS: &str = "l/selector:s dry-run:s=unchanged";
const KEY: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with \
    an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
    '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/// A taint to set, or (without a value) to take away.
struct Change {
    key: String,
    value: String,
    /// Empty in a removal of every effect.
    effect: String,
    remove: bool,
}

/// Models taint/utils.go ParseTaints (v1.36)
fn parse(spec: &str) -> Result<Change, Failure> {
    let (body, remove) = match spec.strip_suffix('-') {
        Some(body) => (body, true),
        None => (spec, false),
    };
    let (pair, effect) = body.split_once(':').unwrap_or((body, ""));
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    if effect.is_empty() && !remove {
        return Err(Failure::usage("taint", format!("invalid taint spec: {spec}, {KEY}")));
    }
    if !effect.is_empty() && !["NoSchedule", "PreferNoSchedule", "NoExecute"].contains(&effect) {
        return Err(Failure::usage(
            "taint",
            format!("invalid taint effect: {effect}, unsupported taint effect"),
        ));
    }
    Ok(Change { key: key.into(), value: value.into(), effect: effect.into(), remove })
}

pub(super) fn taint(session: &mut Session<'_>) -> Outcome {
    let args = session.flags.args.clone();
    let is_spec = |word: &String| word.contains([':', '=']) || word.ends_with('-');
    let first = args.iter().position(is_spec).unwrap_or(args.len());
    let (resources, specs) = args.split_at(first);
    if resources.is_empty() {
        return Err(Failure::error("one or more resources must be specified as <resource> <name>"));
    }
    if let Some(word) = resources.first().filter(|word| !["node", "nodes", "no"].contains(&word.as_str())) {
        let shown = word.split('/').next().unwrap_or(word);
        return Err(Failure::error(format!("invalid resource type {shown}, only node types are supported")));
    }
    if specs.is_empty() {
        return Err(Failure::error("at least one taint update is required"));
    }
    let changes: Result<Vec<Change>, Failure> = specs.iter().map(|spec| parse(spec)).collect();
    let changes = changes?;
    let dry_run = session.dry_run()?;
    let found = targets::find(session, resources, Wanted::default())?;
    if !found.failures.is_empty() {
        return Err(Failure::join(found.failures));
    }
    for target in found.targets {
        let mut taints: Vec<Value> = list(&target.object, "spec.taints").to_vec();
        let removing = changes.iter().any(|change| change.remove);
        let adding = changes.iter().any(|change| !change.remove);
        for change in &changes {
            let same = |taint: &Value| {
                text(taint, "key") == change.key
                    && (change.effect.is_empty() || text(taint, "effect") == change.effect)
            };
            if change.remove {
                let before = taints.len();
                taints.retain(|taint| !same(taint));
                if taints.len() == before {
                    let effect =
                        if change.effect.is_empty() { String::new() } else { format!(":{}", change.effect) };
                    return Err(Failure::error(format!("taint \"{}{effect}\" not found", change.key)));
                }
                continue;
            }
            if taints.iter().any(same) && !session.flags.is("overwrite") {
                return Err(Failure::error(format!(
                    "node {} already has {} taint(s) with same effect(s) and --overwrite is false",
                    target.name, change.key
                )));
            }
            taints.retain(|taint| !same(taint));
            let mut taint = json!({"key": change.key, "effect": change.effect});
            if !change.value.is_empty() {
                taint["value"] = change.value.as_str().into();
            }
            taints.insert(0, taint);
        }
        let done = match (adding, removing) {
            (true, true) => "modified",
            (false, true) => "untainted",
            _ => "tainted",
        };
        let patch = json!({"spec": {"taints": taints}});
        let object = patched(session, &target, &patch, dry_run)?;
        print_made(session, &object, done, dry_run)?;
    }
    Ok(Task::Done(0))
}

fn patched(
    session: &mut Session<'_>,
    target: &Target,
    patch: &Value,
    dry_run: DryRun,
) -> Result<Value, Failure> {
    if dry_run == DryRun::Client {
        return Ok(target.object.clone());
    }
    let server = dry_run == DryRun::Server;
    Ok(session.patch(target.kind, "", &target.name, "", PatchType::Merge, patch, server)?)
}

pub(super) fn cordon(session: &mut Session<'_>) -> Outcome {
    nodes(session, "cordon", true).map(|_| Task::Done(0))
}

pub(super) fn uncordon(session: &mut Session<'_>) -> Outcome {
    nodes(session, "uncordon", false).map(|_| Task::Done(0))
}

/// Marks the nodes; models drain.RunCordonOrUncordon (v1.36)
pub(super) fn nodes(
    session: &mut Session<'_>,
    verb: &str,
    unschedulable: bool,
) -> Result<Vec<Target>, Failure> {
    let args = &session.flags.args;
    if args.is_empty() && !session.flags.has("selector") {
        return Err(Failure::usage(verb, format!("USAGE: {verb} NODE [flags]")));
    }
    let words: Vec<String> = if args.iter().any(|arg| arg.contains('/')) {
        args.clone()
    } else {
        std::iter::once("nodes".to_string()).chain(args.iter().cloned()).collect()
    };
    let dry_run = session.dry_run()?;
    let found = targets::find(session, &words, Wanted::default())?;
    if !found.failures.is_empty() {
        return Err(Failure::join(found.failures));
    }
    let done = if unschedulable { "cordoned" } else { "uncordoned" };
    for target in &found.targets {
        if truth(&target.object, "spec.unschedulable") == unschedulable {
            session.out.line(format!("node/{} already {done}{}", target.name, dry_run.suffix()));
            continue;
        }
        let value = if unschedulable { Value::Bool(true) } else { Value::Null };
        let patch = json!({"spec": {"unschedulable": value}});
        patched(session, target, &patch, dry_run)?;
        session.out.line(format!("node/{} {done}{}", target.name, dry_run.suffix()));
    }
    Ok(found.targets)
}
