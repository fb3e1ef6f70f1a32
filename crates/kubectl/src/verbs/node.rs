//! `kubectl taint`, `cordon`, `uncordon` and `drain`: what may run on a node.
//! Models k8s.io/kubectl/pkg/cmd/{taint,drain} and pkg/drain (v1.36)

use k8s_api::kind::{Kind, by_kind};
use serde_json::{Value, json};

use super::Task;
use super::create::print_made;
use crate::Api;
use crate::api::{DeleteOptions, PatchType};
use crate::duration::SECOND;
use crate::failure::Failure;
use crate::session::{DryRun, Out, Outcome, Session};
use crate::targets::{self, Target, Wanted};
use crate::tree::{at, has, list, name, namespace, text, truth};

pub(super) const TAINT_FLAGS: &str = "all overwrite l/selector:s dry-run:s=unchanged o/output:s validate:s=strict \
    field-manager:s template:s show-managed-fields";
pub(super) const CORDON_FLAGS: &str = "l/selector:s dry-run:s=unchanged";
pub(super) const DRAIN_FLAGS: &str = "force ignore-daemonsets delete-emptydir-data delete-local-data grace-period:i \
    timeout:d l/selector:s pod-selector:s disable-eviction skip-wait-for-delete-timeout:i chunk-size:i \
    dry-run:s=unchanged";

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
fn nodes(session: &mut Session<'_>, verb: &str, unschedulable: bool) -> Result<Vec<Target>, Failure> {
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

/// Pods to drain, sorted by what stands in the way.
/// Models pkg/drain/filters.go (v1.36)
#[derive(Default)]
struct Sorted {
    go: Vec<Value>,
    warnings: Vec<(&'static str, String)>,
    errors: Vec<(&'static str, String)>,
}

const BARE: &str = "cannot delete Pods that declare no controller (use --force to override)";
const BARE_WARNING: &str = "deleting Pods that declare no controller";
const DAEMON: &str = "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)";
const DAEMON_WARNING: &str = "ignoring DaemonSet-managed Pods";
const LOCAL: &str = "cannot delete Pods with local storage (use --delete-emptydir-data to override)";
const LOCAL_WARNING: &str = "deleting Pods with local storage";

fn sort(pods: Vec<Value>, session: &Session<'_>) -> Sorted {
    let flags = session.flags;
    let mut sorted = Sorted::default();
    for pod in pods {
        let shown = format!("{}/{}", namespace(&pod), name(&pod));
        let finished = matches!(text(&pod, "status.phase"), "Succeeded" | "Failed");
        let owner = list(&pod, "metadata.ownerReferences").iter().find(|owner| truth(owner, "controller"));
        let daemon = owner.is_some_and(|owner| text(owner, "kind") == "DaemonSet");
        if daemon && !finished {
            let (list, what) = if flags.is("ignore-daemonsets") {
                (&mut sorted.warnings, DAEMON_WARNING)
            } else {
                (&mut sorted.errors, DAEMON)
            };
            list.push((what, shown));
            continue;
        }
        if at(&pod, "metadata.annotations").get("kubernetes.io/config.mirror").is_some() {
            continue;
        }
        let mut refused = false;
        let local = list(&pod, "spec.volumes").iter().any(|volume| has(volume, "emptyDir"));
        let checks = [
            (local, flags.is("delete-emptydir-data") || flags.is("delete-local-data"), LOCAL, LOCAL_WARNING),
            (owner.is_none(), flags.is("force"), BARE, BARE_WARNING),
        ];
        for (applies, allowed, error, warning) in checks {
            if applies && !finished {
                refused |= !allowed;
                if allowed {
                    sorted.warnings.push((warning, shown.clone()));
                } else {
                    sorted.errors.push((error, shown.clone()));
                }
            }
        }
        if !refused {
            sorted.go.push(pod);
        }
    }
    sorted
}

/// `why: ns/a, ns/b; other why: ns/c`
fn listed(entries: &[(&'static str, String)]) -> String {
    let mut reasons: Vec<&str> = entries.iter().map(|(reason, _)| *reason).collect();
    crate::sort::by_text(&mut reasons, |reason| reason);
    reasons.dedup();
    let line = |reason: &&str| {
        let pods: Vec<&str> =
            entries.iter().filter(|(other, _)| other == reason).map(|(_, pod)| pod.as_str()).collect();
        format!("{reason}: {}", pods.join(", "))
    };
    reasons.iter().map(line).collect::<Vec<_>>().join("; ")
}

pub(super) fn drain(session: &mut Session<'_>) -> Outcome {
    let nodes = nodes(session, "drain", true)?;
    let dry_run = session.dry_run()?;
    let flags = session.flags;
    let Some(kind) = by_kind("Pod") else { return Ok(Task::Done(0)) };
    let all = session.api.list(kind, None)?;
    let mut task = Draining { nodes: Vec::new(), pods: Vec::new(), deadline: None, grace: None, kind };
    task.grace = flags.int("grace-period").filter(|grace| *grace >= 0);
    let timeout = flags.micros("timeout").filter(|micros| *micros > 0);
    task.deadline = timeout.map(|micros| session.api.now_micros() + micros);
    for node in &nodes {
        let here = all.iter().filter(|pod| text(pod, "spec.nodeName") == node.name).cloned().collect();
        let sorted = sort(here, session);
        if !sorted.errors.is_empty() {
            let why = listed(&sorted.errors);
            return Err(Failure::plain(format!(
                "error: unable to drain node {:?} due to error: {why}, continuing command...\nThere are pending \
                 nodes to be drained:\n {}\n{why}",
                node.name, node.name
            )));
        }
        if !sorted.warnings.is_empty() {
            session.out.warn(format!("Warning: {}", listed(&sorted.warnings)));
        }
        for pod in &sorted.go {
            let shown = format!("{}/{}", namespace(pod), name(pod));
            session.out.line(format!("evicting pod {shown}{}", dry_run.suffix()));
            task.pods.push(Leaving {
                namespace: namespace(pod).to_string(),
                name: name(pod).to_string(),
                uid: text(pod, "metadata.uid").to_string(),
                evicted: false,
                next_try: 0,
            });
        }
        task.nodes.push(node.name.clone());
    }
    if dry_run != DryRun::None {
        task.pods.clear();
    }
    task.poll(session.api, session.out)
}

#[derive(Clone, Debug)]
struct Leaving {
    namespace: String,
    name: String,
    uid: String,
    evicted: bool,
    /// When a refused eviction is tried again, in microseconds.
    next_try: i64,
}

/// Pods that must go before their nodes are drained.
#[derive(Clone, Debug)]
pub(crate) struct Draining {
    nodes: Vec<String>,
    pods: Vec<Leaving>,
    deadline: Option<i64>,
    grace: Option<i64>,
    kind: &'static Kind,
}

impl Draining {
    pub(crate) fn poll(mut self, api: &mut dyn Api, out: &mut Out) -> Outcome {
        let now = api.now_micros();
        let mut left = Vec::new();
        for mut pod in std::mem::take(&mut self.pods) {
            let there = api
                .get(self.kind, &pod.namespace, &pod.name)
                .is_ok_and(|object| text(&object, "metadata.uid") == pod.uid);
            if !there {
                out.line(format!("pod/{} evicted", pod.name));
                continue;
            }
            if !pod.evicted && now >= pod.next_try {
                if pod.next_try > 0 {
                    out.line(format!("evicting pod {}/{}", pod.namespace, pod.name));
                }
                let options = DeleteOptions { grace_period_seconds: self.grace, ..DeleteOptions::default() };
                match api.evict(&pod.namespace, &pod.name, &options) {
                    Ok(_) => pod.evicted = true,
                    // A disruption budget stands in the way: again in five seconds.
                    Err(status) if status.code == 429 => {
                        out.warn(format!(
                            "error when evicting pods/{:?} -n {:?} (will retry after 5s): {}",
                            pod.name, pod.namespace, status.message
                        ));
                        pod.next_try = now + 5 * SECOND;
                    }
                    Err(status) => return Err(Failure::from(&*status)),
                }
            }
            left.push(pod);
        }
        self.pods = left;
        if self.pods.is_empty() {
            for node in &self.nodes {
                out.line(format!("node/{node} drained"));
            }
            return Ok(Task::Done(0));
        }
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            let node = self.nodes.first().map_or("", String::as_str);
            let why = "drain did not complete within the timeout";
            return Err(Failure::plain(format!(
                "There are pending pods in node {node:?} when an error occurred: global timeout reached\nerror: \
                 unable to drain node {node:?} due to error: {why}, continuing command...\nThere are pending nodes \
                 to be drained:\n {node}\n{why}"
            )));
        }
        Ok(Task::Drain(Box::new(self)))
    }
}
