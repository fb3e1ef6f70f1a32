//! `kubectl drain`: a node that is to be empty.
//! Models k8s.io/kubectl/pkg/cmd/drain and pkg/drain (v1.36)

use std::collections::VecDeque;

use k8s_api::duration::go_duration;
use k8s_api::kind::{Kind, by_kind};
use k8s_api::print::aggregate;
use k8s_api::time::parse_rfc3339;
use serde_json::Value;

use super::{Task, node};
use crate::Api;
use crate::api::DeleteOptions;
use crate::duration::SECOND;
use crate::failure::Failure;
use crate::selector::Labels;
use crate::session::{DryRun, Out, Outcome, Session};
use crate::tree::{at, has, list, name, namespace, text, truth};

pub(super) const FLAGS: &str = "force ignore-daemonsets delete-emptydir-data delete-local-data grace-period:i \
    timeout:d l/selector:s pod-selector:s disable-eviction skip-wait-for-delete-timeout:i chunk-size:i \
    dry-run:s=unchanged";

const BARE: &str = "cannot delete Pods that declare no controller (use --force to override)";
const BARE_WARNING: &str = "deleting Pods that declare no controller";
const DAEMON: &str = "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)";
const DAEMON_WARNING: &str = "ignoring DaemonSet-managed Pods";
const LOCAL: &str = "cannot delete Pods with local storage (use --delete-emptydir-data to override)";
/// A refused eviction is tried again after so long.
const EVICT_ERROR_RETRY: i64 = 5 * SECOND;

/// What was asked for.
#[derive(Clone, Debug)]
struct Options {
    force: bool,
    ignore_daemonsets: bool,
    delete_local_data: bool,
    disable_eviction: bool,
    pod_selector: Option<Labels>,
    /// Pods that have been on their way out for longer, in seconds, are not waited for.
    skip_deleted: i64,
    grace: Option<i64>,
    timeout: Option<i64>,
    dry_run: DryRun,
}

/// What is to become of a Pod.
enum Fate {
    Goes,
    Warns(&'static str),
    Stays,
    StaysWith(&'static str),
    Refused(&'static str),
}

impl Options {
    fn skips(&self, pod: &Value, now: i64) -> bool {
        let deleted = parse_rfc3339(text(pod, "metadata.deletionTimestamp"));
        self.skip_deleted > 0 && deleted.is_some_and(|at| (now - at) / SECOND > self.skip_deleted)
    }

    /// Models pkg/drain/filters.go (v1.36); of several things to say the last counts.
    fn fate(&self, pod: &Value, now: i64) -> Fate {
        let finished = matches!(text(pod, "status.phase"), "Succeeded" | "Failed");
        let owner = list(pod, "metadata.ownerReferences").iter().find(|owner| truth(owner, "controller"));
        if self.skips(pod, now) {
            return Fate::Stays;
        }
        if owner.is_some_and(|owner| text(owner, "kind") == "DaemonSet") && !finished {
            return if self.ignore_daemonsets {
                Fate::StaysWith(DAEMON_WARNING)
            } else {
                Fate::Refused(DAEMON)
            };
        }
        if at(pod, "metadata.annotations").get("kubernetes.io/config.mirror").is_some() {
            return Fate::Stays;
        }
        let local = list(pod, "spec.volumes").iter().any(|volume| has(volume, "emptyDir"));
        if local && !finished && !self.delete_local_data {
            return Fate::Refused(LOCAL);
        }
        match (owner.is_none() && !finished, self.force) {
            (true, true) => Fate::Warns(BARE_WARNING),
            (true, false) => Fate::Refused(BARE),
            (false, _) => Fate::Goes,
        }
    }
}

/// `why: ns/a, ns/b`, a text for each reason.
fn listed(entries: &[(&'static str, String)]) -> Vec<String> {
    let mut reasons: Vec<&str> = entries.iter().map(|(reason, _)| *reason).collect();
    crate::sort::by_text(&mut reasons, |reason| reason);
    reasons.dedup();
    let line = |reason: &&str| {
        let pods: Vec<&str> =
            entries.iter().filter(|(other, _)| other == reason).map(|(_, pod)| pod.as_str()).collect();
        format!("{reason}: {}", pods.join(", "))
    };
    reasons.iter().map(line).collect()
}

pub(super) fn run(session: &mut Session<'_>) -> Outcome {
    let nodes = node::nodes(session, "drain", true)?;
    let flags = session.flags;
    let pod_selector = flags.get("pod-selector").map(Labels::parse).transpose().map_err(Failure::error)?;
    let options = Options {
        force: flags.is("force"),
        ignore_daemonsets: flags.is("ignore-daemonsets"),
        delete_local_data: flags.is("delete-emptydir-data") || flags.is("delete-local-data"),
        disable_eviction: flags.is("disable-eviction"),
        pod_selector,
        skip_deleted: flags.int("skip-wait-for-delete-timeout").unwrap_or(0),
        grace: flags.int("grace-period").filter(|grace| *grace >= 0),
        timeout: flags.micros("timeout").filter(|micros| *micros > 0),
        dry_run: session.dry_run()?,
    };
    let Some(kind) = by_kind("Pod") else { return Ok(Task::Done(0)) };
    let nodes = nodes.into_iter().map(|node| node.name).collect();
    let task = Draining { options, nodes, current: None, failed: Vec::new(), kind };
    task.poll(session.api, session.out)
}

#[derive(Clone, Debug)]
struct Leaving {
    namespace: String,
    name: String,
    uid: String,
    asked: bool,
    /// When a refused eviction is tried again, in microseconds.
    next_try: i64,
}

/// The node whose turn it is.
#[derive(Clone, Debug)]
struct Current {
    node: String,
    pods: Vec<Leaving>,
    deadline: Option<i64>,
    errors: Vec<String>,
}

/// Nodes that are emptied one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Draining {
    options: Options,
    nodes: VecDeque<String>,
    current: Option<Current>,
    /// Nodes that could not be emptied, and why.
    failed: Vec<(String, String)>,
    kind: &'static Kind,
}

impl Draining {
    /// Models RunDrain (v1.36)
    pub(crate) fn poll(mut self, api: &mut dyn Api, out: &mut Out) -> Outcome {
        loop {
            let Some(mut current) = self.current.take() else {
                let Some(node) = self.nodes.pop_front() else { return self.end(out) };
                self.begin(node, api, out)?;
                continue;
            };
            self.go_on(&mut current, api, out);
            if !current.pods.is_empty() {
                self.current = Some(current);
                return Ok(Task::Drain(Box::new(self)));
            }
            if current.errors.is_empty() {
                out.line(format!("node/{} drained{}", current.node, self.options.dry_run.suffix()));
                continue;
            }
            let why = aggregate(&current.errors);
            let left = self.pods_of(&current.node, api)?;
            let now = api.now_micros();
            let pending: Vec<&Value> = left
                .iter()
                .filter(|pod| matches!(self.options.fate(pod, now), Fate::Goes | Fate::Warns(_)))
                .collect();
            if !pending.is_empty() {
                out.warn(format!(
                    "There are pending pods in node {:?} when an error occurred: {why}",
                    current.node
                ));
                for pod in pending {
                    out.warn(format!("pod/{}", name(pod)));
                }
            }
            self.fail(current.node, why, out);
        }
    }

    fn fail(&mut self, node: String, why: String, out: &mut Out) {
        out.warn(format!("error: unable to drain node {node:?} due to error: {why}, continuing command..."));
        self.failed.push((node, why));
    }

    fn end(self, out: &mut Out) -> Outcome {
        if self.failed.is_empty() {
            return Ok(Task::Done(0));
        }
        out.warn("There are pending nodes to be drained:");
        for (node, _) in &self.failed {
            out.warn(format!(" {node}"));
        }
        let whys: Vec<&str> = self.failed.iter().map(|(_, why)| why.as_str()).collect();
        Err(Failure::plain(whys.join("\n")))
    }

    fn pods_of(&self, node: &str, api: &mut dyn Api) -> Result<Vec<Value>, Failure> {
        let mut pods = api.list(self.kind, None)?;
        pods.retain(|pod| {
            text(pod, "spec.nodeName") == node
                && self.options.pod_selector.as_ref().is_none_or(|selector| selector.matches(pod))
        });
        Ok(pods)
    }

    /// Looks at what is on a node. Models GetPodsForDeletion (v1.36)
    fn begin(&mut self, node: String, api: &mut dyn Api, out: &mut Out) -> Result<(), Failure> {
        let (mut warnings, mut errors, mut leaving) = (Vec::new(), Vec::new(), Vec::new());
        let now = api.now_micros();
        for pod in self.pods_of(&node, api)? {
            let shown = format!("{}/{}", namespace(&pod), name(&pod));
            match self.options.fate(&pod, now) {
                Fate::Goes => leaving.push(pod),
                Fate::Warns(why) => {
                    warnings.push((why, shown));
                    leaving.push(pod);
                }
                Fate::StaysWith(why) => warnings.push((why, shown)),
                Fate::Refused(why) => errors.push((why, shown)),
                Fate::Stays => {}
            }
        }
        if !errors.is_empty() {
            self.fail(node, aggregate(&listed(&errors)), out);
            return Ok(());
        }
        if !warnings.is_empty() {
            out.warn(format!("Warning: {}", listed(&warnings).join("; ")));
        }
        let dry_run = self.options.dry_run;
        if !self.options.disable_eviction || dry_run == DryRun::Client {
            for pod in &leaving {
                out.line(format!("evicting pod {}/{}{}", namespace(pod), name(pod), dry_run.suffix()));
            }
        }
        if dry_run != DryRun::None {
            leaving.clear();
        }
        let pods = leaving
            .iter()
            .map(|pod| Leaving {
                namespace: namespace(pod).to_string(),
                name: name(pod).to_string(),
                uid: text(pod, "metadata.uid").to_string(),
                asked: false,
                next_try: 0,
            })
            .collect();
        let deadline = self.options.timeout.map(|timeout| now + timeout);
        self.current = Some(Current { node, pods, deadline, errors: Vec::new() });
        Ok(())
    }

    /// Asks the Pods to go, and sees which are gone. Models evictPods and deletePods (v1.36)
    fn go_on(&self, current: &mut Current, api: &mut dyn Api, out: &mut Out) {
        let now = api.now_micros();
        let late = current.deadline.is_some_and(|deadline| now >= deadline);
        for mut pod in std::mem::take(&mut current.pods) {
            let Leaving { namespace, name, .. } = &pod;
            let there = api
                .get(self.kind, namespace, name)
                .ok()
                .filter(|object| text(object, "metadata.uid") == pod.uid);
            let Some(object) = there else {
                let done = if self.options.disable_eviction { "deleted" } else { "evicted" };
                out.line(format!("pod/{name} {done}"));
                continue;
            };
            if pod.asked {
                if self.options.skips(&object, now) {
                    continue;
                }
                if late {
                    current.errors.push(format!(
                        "error when waiting for pod {name:?} in namespace {namespace:?} to terminate: context \
                         deadline exceeded"
                    ));
                    continue;
                }
            } else if now >= pod.next_try {
                if pod.next_try > 0 {
                    out.line(format!("evicting pod {namespace}/{name}"));
                }
                if late {
                    let timeout = self.options.timeout.unwrap_or(0) / 1000;
                    current.errors.push(format!(
                        "error when evicting pods/{name:?} -n {namespace:?}: global timeout reached: {}",
                        go_duration(timeout.unsigned_abs())
                    ));
                    continue;
                }
                let options =
                    DeleteOptions { grace_period_seconds: self.options.grace, ..DeleteOptions::default() };
                let answer = if self.options.disable_eviction {
                    api.delete(self.kind, namespace, name, &options)
                } else {
                    api.evict(namespace, name, &options)
                };
                match answer {
                    Ok(_) => pod.asked = true,
                    Err(status) if status.code == 404 => continue,
                    // A disruption budget stands in the way.
                    Err(status) if status.code == 429 => {
                        out.warn(format!(
                            "error when evicting pods/{name:?} -n {namespace:?} (will retry after 5s): {}",
                            status.message
                        ));
                        pod.next_try = now + EVICT_ERROR_RETRY;
                    }
                    Err(status) => {
                        current.errors.push(format!(
                            "error when evicting pods/{name:?} -n {namespace:?}: {}",
                            status.message
                        ));
                        continue;
                    }
                }
            }
            current.pods.push(pod);
        }
    }
}
