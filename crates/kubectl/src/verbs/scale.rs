//! `kubectl scale`. Models k8s.io/kubectl/pkg/cmd/scale/scale.go (v1.36)

use serde_json::json;

use super::Task;
use super::create::{print_made, required};
use crate::api::PatchType;
use crate::failure::Failure;
use crate::session::{DryRun, Outcome, Session};
use crate::targets::{self, Wanted};
use crate::tree::{int, text};

pub(super) const FLAGS: &str = "replicas:i current-replicas:i resource-version:s timeout:d all l/selector:s \
    dry-run:s=unchanged o/output:s f/filename:l R/recursive k/kustomize:s template:s show-managed-fields";

pub(super) fn run(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    required(flags, &["replicas"])?;
    let replicas = flags.int("replicas").unwrap_or(-1);
    if replicas < 0 {
        return Err(Failure::error(
            "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
        ));
    }
    let dry_run = session.dry_run()?;
    let args = flags.args.clone();
    let found = targets::find(session, &args, Wanted::default())?;
    let mut failures = found.failures;
    for target in found.targets {
        let scalable = ["Deployment", "ReplicaSet", "StatefulSet", "ReplicationController"];
        if !scalable.contains(&target.kind.kind) {
            failures.push(Failure::plain(
                "Error from server (NotFound): the server could not find the requested resource",
            ));
            continue;
        }
        let now = int(&target.object, "spec.replicas");
        let expected = flags.int("current-replicas").filter(|expected| *expected >= 0);
        if let Some(expected) = expected.filter(|expected| *expected != now) {
            failures.push(Failure::error(format!("Expected replicas to be {expected}, was {now}")));
            continue;
        }
        let version = text(&target.object, "metadata.resourceVersion");
        if let Some(wanted) =
            flags.get("resource-version").filter(|wanted| !wanted.is_empty() && *wanted != version)
        {
            failures.push(Failure::error(format!("Expected resource version to be {wanted}, was {version}")));
            continue;
        }
        let mut object = target.object.clone();
        if dry_run != DryRun::Client {
            let patch = json!({"spec": {"replicas": replicas}});
            let patched = session.patch(
                target.kind,
                &target.namespace,
                &target.name,
                "",
                PatchType::Merge,
                &patch,
                dry_run == DryRun::Server,
            );
            match patched {
                Ok(patched) => object = patched,
                Err(status) => {
                    failures.push(Failure::from(&*status));
                    continue;
                }
            }
        }
        print_made(session, &object, "scaled", dry_run)?;
    }
    if failures.is_empty() { Ok(Task::Done(0)) } else { Err(Failure::join(failures)) }
}
