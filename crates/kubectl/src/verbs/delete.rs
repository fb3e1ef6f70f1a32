//! `kubectl delete`: asks the API server, then waits until the objects are gone.
//! Models k8s.io/kubectl/pkg/cmd/delete/delete.go (v1.36)

use k8s_api::kind::Kind;

use super::Task;
use crate::api::{DeleteOptions, Propagation};
use crate::duration::SECOND;
use crate::failure::Failure;
use crate::session::{DryRun, Outcome, Session};
use crate::targets::{self, Target, Wanted};
use crate::{Api, tree};

pub(super) const FLAGS: &str = "l/selector:s field-selector:s all A/all-namespaces ignore-not-found force now \
    grace-period:i wait timeout:d cascade:s=background dry-run:s=unchanged f/filename:l R/recursive k/kustomize:s \
    o/output:s i/interactive raw:s";

/// No request is answered sooner.
const REQUEST_MICROS: i64 = 1_000;

pub(super) fn run(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    let mut grace = flags.int("grace-period").unwrap_or(-1);
    let force = flags.is("force");
    let propagation = match flags.get("cascade") {
        None | Some("background" | "true") => Propagation::Background,
        Some("foreground") => Propagation::Foreground,
        Some("orphan" | "false") => Propagation::Orphan,
        Some(other) => {
            return Err(Failure::error(format!(
                "invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
            )));
        }
    };
    if flags.is("now") {
        if grace != -1 {
            return Err(Failure::error("--now and --grace-period cannot be specified together"));
        }
        grace = 1;
    }
    // A grace period of 0 needs --force; without it, it means one second.
    if grace == 0 && !force {
        grace = 1;
    }
    if force && grace < 0 {
        grace = 0;
    }
    let dry_run = session.dry_run()?;
    let output = flags.text("output");
    if !matches!(output, "" | "name") {
        return Err(Failure::error(format!(
            "unexpected -o output mode: {output}. We only support '-o name'"
        )));
    }
    for selector in ["selector", "field-selector"] {
        if flags.is("all") && flags.has(selector) {
            return Err(Failure::error(format!("cannot set --all and --{selector} at the same time")));
        }
    }
    if force && grace > 0 {
        return Err(Failure::error("--force and --grace-period greater than 0 cannot be specified together"));
    }
    let args = flags.args.clone();
    // What is meant is checked before anything is said.
    if args.is_empty() && !flags.has("filename") {
        targets::find(session, &args, Wanted::default())?;
    }
    if force && grace == 0 {
        session.out.warn(
            "Warning: Immediate deletion does not wait for confirmation that the running resource has been \
             terminated. The resource may continue to run on the cluster indefinitely.",
        );
    }
    let found = targets::find(session, &args, Wanted { unseen: true, ..Wanted::default() })?;
    super::get::warn_of_old_kinds(session, &found.kinds());
    let mut failures = found.failures;
    let mut waiting = Waiting { objects: Vec::new(), deadline: None, hasty: false };
    let count = found.targets.len();
    if flags.is("interactive") && count > 0 && failures.is_empty() && !confirmed(session, &found.targets) {
        session.out.line("deletion is cancelled");
        return Ok(Task::Done(0));
    }
    if flags.has("namespace") && found.targets.iter().any(|target| !target.kind.namespaced) {
        session.out.warn("Warning: deleting cluster-scoped resources, not scoped to the provided namespace");
    }
    for target in found.targets {
        let (kind, namespace) = (target.kind, target.namespace.as_str());
        let mut deleted = target.object;
        if dry_run != DryRun::Client {
            let options = DeleteOptions {
                grace_period_seconds: (grace >= 0).then_some(grace),
                propagation,
                uid: None,
                dry_run: dry_run == DryRun::Server,
            };
            match session.api.delete(kind, namespace, &target.name, &options) {
                Ok(object) => deleted = object,
                Err(status) => {
                    let ignored = status.reason == "NotFound" && flags.is("ignore-not-found");
                    if !ignored {
                        let doing = match target.source.as_str() {
                            "" => String::new(),
                            file => format!("error when deleting {file:?}: "),
                        };
                        failures.push(Failure::status_while(&status, &doing));
                    }
                    continue;
                }
            }
        }
        let line = if output == "name" {
            format!("{}/{}", kind.qualified(), target.name)
        } else {
            let operation = if grace == 0 { "force deleted" } else { "deleted" };
            let place = if kind.namespaced { format!(" from {namespace} namespace") } else { String::new() };
            format!("{} \"{}\" {operation}{place}{}", kind.qualified(), target.name, dry_run.suffix())
        };
        session.out.line(line);
        let uid = tree::text(&deleted, "metadata.uid").to_string();
        waiting.objects.push((kind, target.namespace.clone(), target.name, uid));
    }
    if !failures.is_empty() {
        return Err(Failure::join(failures));
    }
    if count == 0 {
        if !flags.is("ignore-not-found") || !found.lists.is_empty() {
            session.out.line("No resources found");
        }
        return Ok(Task::Done(0));
    }
    if dry_run != DryRun::None || !flags.truth("wait", true) {
        return Ok(Task::Done(0));
    }
    let timeout = flags.micros("timeout").filter(|micros| *micros != 0);
    waiting.hasty = timeout.is_some_and(|micros| (0..=REQUEST_MICROS).contains(&micros));
    waiting.deadline = timeout.map(|micros| session.api.now_micros() + micros.max(-SECOND));
    Ok(Task::Delete(Box::new(waiting)))
}

/// Whether the person who was asked says yes. Models delete.go confirmation (v1.36)
fn confirmed(session: &mut Session<'_>, targets: &[Target]) -> bool {
    session.out.line(format!("You are about to delete the following {} resource(s):", targets.len()));
    for target in targets {
        session.out.line(format!("{}/{}", target.kind.qualified(), target.name));
    }
    session.out.print("Do you want to continue? (y/N): ");
    session.env.stdin.lines().next().is_some_and(|answer| answer.trim().eq_ignore_ascii_case("y"))
}

/// Objects that must go before the command ends.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    /// Kind, namespace, name and UID of each.
    objects: Vec<(&'static Kind, String, String, String)>,
    deadline: Option<i64>,
    /// It was over before the first look could be.
    hasty: bool,
}

impl Waiting {
    pub(crate) fn poll(mut self, api: &mut dyn Api) -> Outcome {
        self.objects.retain(|(kind, namespace, name, uid)| {
            api.get(kind, namespace, name).is_ok_and(|object| tree::text(&object, "metadata.uid") == uid)
        });
        let Some((kind, _, name, _)) = self.objects.first() else {
            return Ok(Task::Done(0));
        };
        if self.deadline.is_some_and(|deadline| api.now_micros() >= deadline) {
            if self.hasty {
                return Err(Failure::plain("Unable to connect to the server: context deadline exceeded"));
            }
            return Err(Failure::error(format!(
                "timed out waiting for the condition on {}/{name}",
                kind.qualified_plural()
            )));
        }
        Ok(Task::Delete(Box::new(self)))
    }
}
