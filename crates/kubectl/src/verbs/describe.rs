//! `kubectl describe`. Models k8s.io/kubectl/pkg/cmd/describe/describe.go (v1.36)

use super::Task;
use crate::describe;
use crate::failure::Failure;
use crate::session::{Outcome, Session};
use crate::targets::{self, Found, Wanted};

pub(super) const FLAGS: &str = "A/all-namespaces l/selector:s f/filename:l R/recursive k/kustomize:s show-events \
    chunk-size:i";

pub(super) fn run(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    if flags.args.is_empty() && !flags.has("filename") {
        return Err(Failure::error(
            "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of \
             supported resources.",
        ));
    }
    let args = flags.args.clone();
    let wanted = Wanted { all_without_name: true, ..Wanted::default() };
    let mut found = targets::find(session, &args, wanted)?;
    let mut by_prefix_only = false;
    if !found.failures.is_empty()
        && found.targets.is_empty()
        && let Some(others) = by_prefix(session, &args)?
    {
        by_prefix_only = true;
        found = others;
    }
    super::get::warn_of_old_kinds(session, &found.kinds());
    // Events belong to one object; of several they are shown when they are asked for.
    let one = found.targets.len() == 1 && found.failures.is_empty() && !by_prefix_only;
    let with_events = flags.truth("show-events", one);
    let mut first = true;
    for target in &found.targets {
        if !std::mem::take(&mut first) {
            session.out.print("\n\n");
        }
        let text = describe::object(session.api, target.kind, &target.object, with_events);
        session.out.print(&text);
    }
    if !found.failures.is_empty() {
        return Err(Failure::join(found.failures));
    }
    if found.targets.is_empty() {
        if flags.is("all-namespaces") {
            session.out.warn("No resources found");
        } else {
            session.out.warn(format!("No resources found in {} namespace.", session.namespace()));
        }
    }
    Ok(Task::Done(0))
}

/// `describe pod web` means every Pod whose name begins with `web`, if there is none of that name.
/// Models describe.go DescribeMatchingResources (v1.36)
fn by_prefix(session: &mut Session<'_>, args: &[String]) -> Result<Option<Found>, Failure> {
    let [kind, prefix] = args else { return Ok(None) };
    if kind.contains('/') || session.flags.has("selector") {
        return Ok(None);
    }
    let wanted = Wanted { all_without_name: true, ..Wanted::default() };
    let mut found = targets::find(session, std::slice::from_ref(kind), wanted)?;
    found.targets.retain(|target| target.name.starts_with(prefix.as_str()));
    Ok(if found.targets.is_empty() { None } else { Some(found) })
}
