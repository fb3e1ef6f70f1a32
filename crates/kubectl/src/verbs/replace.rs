//! `kubectl replace`. Models k8s.io/kubectl/pkg/cmd/replace/replace.go (v1.36)

use super::Task;
use super::create::print_made;
use crate::api::{DeleteOptions, Propagation};
use crate::failure::Failure;
use crate::files;
use crate::session::{DryRun, Outcome, Session};
use crate::targets;
use crate::tree::{self, name, text};

pub(super) const FLAGS: &str = "f/filename:l R/recursive k/kustomize:s force grace-period:i timeout:d wait \
    cascade:s=background save-config subresource:s raw:s validate:s=strict dry-run:s=unchanged o/output:s \
    field-manager:s template:s show-managed-fields";

pub(super) fn run(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    if !flags.has("filename") {
        return Err(Failure::error("must specify one of -f and -k"));
    }
    let dry_run = session.dry_run()?;
    let (context, enforced) = (session.namespace(), flags.has("namespace"));
    let mut failures = Vec::new();
    for item in files::objects(session.env, flags)? {
        let replaced = item.object.and_then(|mut object| {
            let (kind, namespace) = targets::mapped(&object, &item.source, &context, enforced)?;
            if kind.namespaced {
                tree::set(&mut object, "metadata.namespace", namespace.clone().into());
            }
            let server = dry_run == DryRun::Server;
            if dry_run == DryRun::Client {
                return Ok((object, "replaced"));
            }
            let doing = format!("error when replacing {:?}: ", item.source);
            if flags.is("force") {
                let options = DeleteOptions {
                    grace_period_seconds: Some(0),
                    propagation: Propagation::Background,
                    ..DeleteOptions::default()
                };
                let deleted = session.api.delete(kind, &namespace, name(&object), &options);
                if deleted.is_ok() {
                    let place =
                        if kind.namespaced { format!(" from {namespace} namespace") } else { String::new() };
                    session.out.line(format!("{} {:?} deleted{place}", kind.qualified(), name(&object)));
                }
                let made = session.create(&namespace, &object, server);
                return made.map(|object| (object, "replaced")).map_err(|status| Failure::from(&*status));
            }
            if text(&object, "metadata.resourceVersion").is_empty() {
                // Without a version the newest is replaced, whatever it is.
                let live = session.api.get(kind, &namespace, name(&object));
                let live = live.map_err(|status| Failure::status_while(&status, &doing))?;
                let version = tree::at(&live, "metadata.resourceVersion").clone();
                tree::set(&mut object, "metadata.resourceVersion", version);
            }
            let made = session.update(&object, flags.text("subresource"), server);
            made.map(|object| (object, "replaced")).map_err(|status| Failure::status_while(&status, &doing))
        });
        match replaced {
            Ok((object, done)) => {
                print_made(session, &object, done, dry_run)?;
            }
            Err(failure) => failures.push(failure),
        }
    }
    if failures.is_empty() { Ok(Task::Done(0)) } else { Err(Failure::join(failures)) }
}
