//! `kubectl rollout status`: following a rollout to its end.
//! Models k8s.io/kubectl/pkg/cmd/rollout, polymorphichelpers/rollout_status.go (v1.36)

use k8s_api::kind::Kind;
use serde_json::Value;

use super::Task;
use crate::failure::Failure;
use crate::session::{Out, Outcome, Session};
use crate::targets::{self, Wanted};
use crate::tree::{has, int, list, name, text};
use crate::{Api, WatchType};

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
