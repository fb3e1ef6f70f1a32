//! `kubectl rollout`: following a rollout to its end, its history, and changing its course.
//! Models k8s.io/kubectl/pkg/cmd/rollout, polymorphichelpers/rollout_status.go (v1.36)

use k8s_api::kind::{Kind, by_kind};
use k8s_api::time::Time;
use serde_json::{Value, json};

use super::Task;
use super::create::print_made;
use crate::api::PatchType;
use crate::failure::Failure;
use crate::session::{DryRun, Out, Outcome, Session};
use crate::tabwriter::TabWriter;
use crate::targets::{self, Target, Wanted};
use crate::tree::{at, has, int, list, name, text, truth};
use crate::{Api, WatchType, describe};

pub(super) const STATUS_FLAGS: &str =
    "w/watch revision:i timeout:d l/selector:s f/filename:l R/recursive k/kustomize:s";

pub(super) fn status(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    if flags.args.is_empty() && !flags.has("filename") {
        return Err(Failure::error("required resource not specified"));
    }
    let position = session.api.watch_position();
    let args = flags.args.clone();
    let found = targets::find(session, &args, Wanted::default())?;
    if !found.failures.is_empty() {
        return Err(Failure::join(found.failures));
    }
    let Some(target) = found.targets.into_iter().next() else {
        return Ok(Task::Done(0));
    };
    let timeout = flags.micros("timeout").filter(|micros| *micros > 0);
    let watching = Watching {
        kind: target.kind,
        namespace: target.namespace,
        name: target.name,
        revision: flags.int("revision").unwrap_or(0),
        position,
        deadline: timeout.map(|micros| session.api.now_micros() + micros),
    };
    let done = watching.show(&target.object, session.out)?;
    if done || !flags.truth("watch", true) {
        return Ok(Task::Done(0));
    }
    Ok(Task::Rollout(Box::new(watching)))
}

/// A rollout that is followed.
#[derive(Clone, Debug)]
pub(crate) struct Watching {
    kind: &'static Kind,
    namespace: String,
    name: String,
    revision: i64,
    position: u64,
    deadline: Option<i64>,
}

impl Watching {
    pub(crate) fn poll(mut self, api: &mut dyn Api, out: &mut Out) -> Outcome {
        let (events, next) = api.watch(self.kind, Some(&self.namespace), self.position);
        self.position = next;
        for event in events.iter().filter(|event| name(&event.object) == self.name) {
            if event.type_ == WatchType::Deleted {
                return Err(Failure::error("object has been deleted"));
            }
            if self.show(&event.object, out)? {
                return Ok(Task::Done(0));
            }
        }
        if self.deadline.is_some_and(|deadline| api.now_micros() >= deadline) {
            return Err(Failure::error("timed out waiting for the condition"));
        }
        Ok(Task::Rollout(Box::new(self)))
    }

    /// Says how far it is; whether it is done.
    fn show(&self, object: &Value, out: &mut Out) -> Result<bool, Failure> {
        let (text, done) = match self.kind.kind {
            "Deployment" => deployment(object, self.revision)?,
            "DaemonSet" => daemon_set(object)?,
            "StatefulSet" => stateful_set(object)?,
            _ => {
                let group =
                    if self.kind.group.is_empty() { String::new() } else { format!(".{}", self.kind.group) };
                return Err(Failure::error(format!(
                    "no status viewer has been implemented for {}{group}",
                    self.kind.kind
                )));
            }
        };
        out.line(text);
        Ok(done)
    }
}

/// The revision of a Deployment.
pub(crate) fn revision(object: &Value) -> i64 {
    let annotation = crate::tree::at(object, "metadata.annotations").get("deployment.kubernetes.io/revision");
    annotation.and_then(Value::as_str).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Models rollout_status.go DeploymentStatusViewer.Status
fn deployment(object: &Value, wanted: i64) -> Result<(String, bool), Failure> {
    let object_name = name(object);
    if wanted > 0 && wanted != revision(object) {
        return Err(Failure::error(format!(
            "desired revision ({wanted}) is different from the running revision ({})",
            revision(object)
        )));
    }
    if int(object, "metadata.generation") > int(object, "status.observedGeneration") {
        return Ok(("Waiting for deployment spec update to be observed...".to_string(), false));
    }
    let progressing =
        list(object, "status.conditions").iter().find(|condition| text(condition, "type") == "Progressing");
    if progressing.is_some_and(|condition| text(condition, "reason") == "ProgressDeadlineExceeded") {
        return Err(Failure::error(format!("deployment {object_name:?} exceeded its progress deadline")));
    }
    let (desired, updated) = (int(object, "spec.replicas"), int(object, "status.updatedReplicas"));
    let (total, available) = (int(object, "status.replicas"), int(object, "status.availableReplicas"));
    let waiting = format!("Waiting for deployment {object_name:?} rollout to finish:");
    Ok(if updated < desired {
        (format!("{waiting} {updated} out of {desired} new replicas have been updated..."), false)
    } else if total > updated {
        (format!("{waiting} {} old replicas are pending termination...", total - updated), false)
    } else if available < updated {
        (format!("{waiting} {available} of {updated} updated replicas are available..."), false)
    } else {
        (format!("deployment {object_name:?} successfully rolled out"), true)
    })
}

fn rolling_only(object: &Value) -> Result<(), Failure> {
    if text(object, "spec.updateStrategy.type") == "RollingUpdate" {
        return Ok(());
    }
    Err(Failure::error("rollout status is only available for RollingUpdate strategy type"))
}

/// Models rollout_status.go DaemonSetStatusViewer.Status
fn daemon_set(object: &Value) -> Result<(String, bool), Failure> {
    rolling_only(object)?;
    let object_name = name(object);
    if int(object, "metadata.generation") > int(object, "status.observedGeneration") {
        return Ok(("Waiting for daemon set spec update to be observed...".to_string(), false));
    }
    let desired = int(object, "status.desiredNumberScheduled");
    let updated = int(object, "status.updatedNumberScheduled");
    let available = int(object, "status.numberAvailable");
    let waiting = format!("Waiting for daemon set {object_name:?} rollout to finish:");
    Ok(if updated < desired {
        (format!("{waiting} {updated} out of {desired} new pods have been updated..."), false)
    } else if available < desired {
        (format!("{waiting} {available} of {desired} updated pods are available..."), false)
    } else {
        (format!("daemon set {object_name:?} successfully rolled out"), true)
    })
}

/// Models rollout_status.go StatefulSetStatusViewer.Status
fn stateful_set(object: &Value) -> Result<(String, bool), Failure> {
    rolling_only(object)?;
    let observed = int(object, "status.observedGeneration");
    if observed == 0 || int(object, "metadata.generation") > observed {
        return Ok(("Waiting for statefulset spec update to be observed...".to_string(), false));
    }
    let (desired, ready) = (int(object, "spec.replicas"), int(object, "status.readyReplicas"));
    if ready < desired {
        return Ok((format!("Waiting for {} pods to be ready...", desired - ready), false));
    }
    let updated = int(object, "status.updatedReplicas");
    if has(object, "spec.updateStrategy.rollingUpdate") {
        let wanted = desired - int(object, "spec.updateStrategy.rollingUpdate.partition");
        return Ok(if updated < wanted {
            let so_far = format!("{updated} out of {wanted} new pods have been updated...");
            (format!("Waiting for partitioned roll out to finish: {so_far}"), false)
        } else {
            (format!("partitioned roll out complete: {updated} new pods have been updated..."), true)
        });
    }
    let (next, now) = (text(object, "status.updateRevision"), text(object, "status.currentRevision"));
    Ok(if next != now {
        let so_far = format!("{updated} pods at revision {next}...");
        (format!("waiting for statefulset rolling update to complete {so_far}"), false)
    } else {
        let current = int(object, "status.currentReplicas");
        (format!("statefulset rolling update complete {current} pods at revision {now}..."), true)
    })
}

pub(super) const CHANGE_FLAGS: &str = "l/selector:s f/filename:l R/recursive k/kustomize:s o/output:s \
    dry-run:s=unchanged field-manager:s template:s show-managed-fields";
pub(super) const UNDO_FLAGS: &str = "to-revision:i l/selector:s f/filename:l R/recursive k/kustomize:s o/output:s \
    dry-run:s=unchanged template:s show-managed-fields";
pub(super) const HISTORY_FLAGS: &str = "revision:i l/selector:s f/filename:l R/recursive k/kustomize:s o/output:s template:s show-managed-fields";

/// The workloads that are meant; a type alone means all of them.
fn workloads(session: &mut Session<'_>) -> Result<Vec<Target>, Failure> {
    let flags = session.flags;
    if flags.args.is_empty() && !flags.has("filename") {
        return Err(Failure::error("required resource not specified"));
    }
    let args = flags.args.clone();
    let wanted = Wanted { all_without_name: true, ..Wanted::default() };
    let found = targets::find(session, &args, wanted)?;
    if !found.failures.is_empty() {
        return Err(Failure::join(found.failures));
    }
    Ok(found.targets)
}

fn patched(
    session: &mut Session<'_>,
    target: &Target,
    patch: &Value,
    done: &str,
    dry_run: DryRun,
) -> Result<(), Failure> {
    let mut object = target.object.clone();
    if dry_run != DryRun::Client {
        let server = dry_run == DryRun::Server;
        object = session.patch(
            target.kind,
            &target.namespace,
            &target.name,
            "",
            PatchType::Strategic,
            patch,
            server,
        )?;
    }
    print_made(session, &object, done, dry_run)?;
    Ok(())
}

pub(super) fn pause(session: &mut Session<'_>) -> Outcome {
    pause_or_resume(session, true)
}

pub(super) fn resume(session: &mut Session<'_>) -> Outcome {
    pause_or_resume(session, false)
}

fn pause_or_resume(session: &mut Session<'_>, pause: bool) -> Outcome {
    let dry_run = session.dry_run()?;
    for target in workloads(session)? {
        let shown = format!("{} {:?}", target.kind.qualified_plural(), target.name);
        if target.kind.kind != "Deployment" {
            let verb = if pause { "pausing" } else { "resuming" };
            return Err(Failure::error(format!("{shown} {verb} is not supported")));
        }
        match (pause, truth(&target.object, "spec.paused")) {
            (true, true) => return Err(Failure::error(format!("{shown} is already paused"))),
            (false, false) => return Err(Failure::error(format!("{shown} is not paused"))),
            _ => {}
        }
        let value = if pause { Value::Bool(true) } else { Value::Null };
        let done = if pause { "paused" } else { "resumed" };
        patched(session, &target, &json!({"spec": {"paused": value}}), done, dry_run)?;
    }
    Ok(Task::Done(0))
}

/// The annotation whose change makes every Pod of a workload new.
const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

pub(super) fn restart(session: &mut Session<'_>) -> Outcome {
    let dry_run = session.dry_run()?;
    for target in workloads(session)? {
        let shown = format!("{} {:?}", target.kind.qualified_plural(), target.name);
        if !["Deployment", "DaemonSet", "StatefulSet"].contains(&target.kind.kind) {
            return Err(Failure::error(format!("{shown} restarting is not supported")));
        }
        if truth(&target.object, "spec.paused") {
            return Err(Failure::error(format!(
                "{shown} can't restart paused deployment (run rollout resume first)"
            )));
        }
        let now = Time(session.api.now_micros().div_euclid(1_000_000)).rfc3339();
        let before = at(&target.object, "spec.template.metadata.annotations").get(RESTARTED_AT);
        if before.and_then(Value::as_str) == Some(now.as_str()) {
            return Err(Failure::error(format!(
                "failed to create patch for {}: if restart has already been triggered within the past second, \
                 please wait before attempting to trigger another",
                target.name
            )));
        }
        let patch = json!({"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: now}}}}});
        patched(session, &target, &patch, "restarted", dry_run)?;
    }
    Ok(Task::Done(0))
}

/// A revision of a workload: its number, its change cause, its Pod template.
struct Revision {
    number: i64,
    cause: String,
    template: Value,
}

/// The revisions that are kept, oldest first: ReplicaSets of a Deployment, ControllerRevisions of the others.
fn revisions(api: &mut dyn Api, target: &Target) -> Vec<Revision> {
    let kind = if target.kind.kind == "Deployment" { "ReplicaSet" } else { "ControllerRevision" };
    let Some(kind) = by_kind(kind) else { return Vec::new() };
    let uid = text(&target.object, "metadata.uid");
    let objects = api.list(kind, Some(&target.namespace)).unwrap_or_default();
    let owned = |object: &&Value| {
        list(object, "metadata.ownerReferences").iter().any(|owner| text(owner, "uid") == uid)
    };
    let cause = |object: &Value| {
        let annotation = at(object, "metadata.annotations").get("kubernetes.io/change-cause");
        annotation.and_then(Value::as_str).unwrap_or("<none>").to_string()
    };
    let mut found: Vec<Revision> = objects
        .iter()
        .filter(owned)
        .map(|object| {
            let deployment = target.kind.kind == "Deployment";
            let (number, path) = if deployment {
                (revision(object), "spec.template")
            } else {
                (int(object, "revision"), "data.spec.template")
            };
            Revision { number, cause: cause(object), template: at(object, path).clone() }
        })
        .collect();
    crate::sort::by_number(&mut found, |revision| revision.number);
    found
}

pub(super) fn history(session: &mut Session<'_>) -> Outcome {
    let wanted = session.flags.int("revision").unwrap_or(0);
    for target in workloads(session)? {
        let revisions = revisions(session.api, &target);
        let head = format!("{}/{}", target.kind.qualified(), target.name);
        if wanted > 0 {
            let Some(revision) = revisions.iter().find(|revision| revision.number == wanted) else {
                return Err(Failure::error("unable to find the specified revision"));
            };
            session.out.line(format!("{head} with revision #{wanted}"));
            let text = describe::pod_template(&revision.template);
            session.out.line(text);
            continue;
        }
        let mut table = String::from("REVISION\tCHANGE-CAUSE\n");
        for revision in &revisions {
            table.push_str(&format!("{}\t{}\n", revision.number, revision.cause));
        }
        let table = TabWriter::for_describe().format(&table);
        session.out.line(format!("{head} \n{table}"));
    }
    Ok(Task::Done(0))
}

pub(super) fn undo(session: &mut Session<'_>) -> Outcome {
    let dry_run = session.dry_run()?;
    let wanted = session.flags.int("to-revision").unwrap_or(0);
    for target in workloads(session)? {
        if at(&target.object, "metadata.annotations").get(super::apply::LAST_APPLIED).is_some() {
            session.out.warn(format!(
                "Warning: resource {}/{} was previously managed with 'kubectl apply'. Rolling back will not update \
                 the kubectl.kubernetes.io/last-applied-configuration annotation, which may cause unexpected \
                 behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous \
                 configuration file instead.",
                target.kind.plural, target.name
            ));
        }
        let mut revisions = revisions(session.api, &target);
        let chosen = if wanted > 0 {
            let at = revisions.iter().position(|revision| revision.number == wanted);
            at.ok_or_else(|| {
                Failure::error(format!("unable to find specified revision {wanted} in history"))
            })?
        } else {
            let at = revisions.len().checked_sub(2);
            at.ok_or_else(|| {
                let kind = target.kind.singular;
                Failure::error(format!("no rollout history found for {kind} {:?}", target.name))
            })?
        };
        let mut template = revisions.swap_remove(chosen).template;
        if dry_run == DryRun::Client {
            let text = describe::pod_template(&template);
            patched(session, &target, &Value::Null, &text, dry_run)?;
            continue;
        }
        if truth(&target.object, "spec.paused") {
            return Err(Failure::error(
                "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
            ));
        }
        if let Some(labels) = template["metadata"]["labels"].as_object_mut() {
            labels.remove("pod-template-hash");
        }
        if template == *at(&target.object, "spec.template") {
            let what = format!("{}/{}", target.kind.qualified(), target.name);
            session.out.line(format!(
                "{what} skipped rollback (current template already matches revision {wanted})"
            ));
            continue;
        }
        // The whole template is replaced, whatever it had.
        template["$patch"] = "replace".into();
        let patch = json!({"spec": {"template": template}});
        patched(session, &target, &patch, "rolled back", dry_run)?;
    }
    Ok(Task::Done(0))
}
