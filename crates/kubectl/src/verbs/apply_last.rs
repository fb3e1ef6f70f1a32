//! `kubectl apply view-last-applied`, `set-last-applied` and `edit-last-applied`: what apply remembers.
//! Models k8s.io/kubectl/pkg/cmd/apply/apply_{view,set,edit}_last_applied.go (v1.36)

use k8s_api::print;
use serde_json::{Value, json};

use super::Task;
use super::apply::{LAST_APPLIED, annotate};
use super::create::print_made;
use crate::api::PatchType;
use crate::failure::Failure;
use crate::files;
use crate::printers::output::yaml;
use crate::session::{DryRun, Outcome, Session};
use crate::targets::{self, Wanted};
use crate::tree::{self, name};

pub(super) const VIEW_FLAGS: &str = "o/output:s=yaml l/selector:s all f/filename:l R/recursive k/kustomize:s";
pub(super) const SET_FLAGS: &str = "f/filename:l R/recursive dry-run:s=unchanged create-annotation o/output:s template:s show-managed-fields";
pub(super) const EDIT_FLAGS: &str = "f/filename:l R/recursive k/kustomize:s o/output:s windows-line-endings \
    field-manager:s validate:s template:s show-managed-fields";

fn remembered(object: &Value) -> Option<&str> {
    tree::at(object, "metadata.annotations").get(LAST_APPLIED).and_then(Value::as_str)
}

pub(super) fn view(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    let output = flags.text("output").to_string();
    if !["yaml", "json", ""].contains(&&*output) {
        return Err(Failure::usage(
            "apply view-last-applied",
            format!("Unexpected -o output mode: {output}, the flag 'output' must be one of yaml|json"),
        ));
    }
    let args = flags.args.clone();
    let wanted = Wanted { all_without_name: flags.is("all"), ..Wanted::default() };
    let found = targets::find(session, &args, wanted)?;
    for target in &found.targets {
        let Some(text) = remembered(&target.object) else { continue };
        let Ok(value) = files::parse(text) else { continue };
        let text = match &*output {
            "json" => print::json_indent(&value, 4) + "\n",
            _ => yaml(&value),
        };
        session.out.print(&text);
    }
    if found.failures.is_empty() { Ok(Task::Done(0)) } else { Err(Failure::join(found.failures)) }
}

pub(super) fn set(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    if !flags.has("filename") {
        return Err(Failure::usage("apply set-last-applied", "must specify one of -f and -k"));
    }
    let dry_run = session.dry_run()?;
    let (context, enforced) = (session.namespace(), flags.has("namespace"));
    for item in files::objects(session.env, flags)? {
        let mut object = item.object?;
        let (kind, namespace) = targets::mapped(&object, &item.source, &context, enforced)?;
        if kind.namespaced {
            tree::set(&mut object, "metadata.namespace", namespace.as_str().into());
        }
        let known = name(&object).to_string();
        let live = targets::get(session.api, kind, &namespace, &known)?;
        let old = remembered(&live);
        if old.is_none() && !flags.is("create-annotation") {
            return Err(Failure::error(format!(
                "no last-applied-configuration annotation found on resource: {known}, to create the annotation, run the \
                 command with --create-annotation"
            )));
        }
        annotate(&mut object);
        let text = remembered(&object).unwrap_or_default();
        let mut set = live.clone();
        if old != Some(text) && dry_run != DryRun::Client {
            let patch = json!({"metadata": {"annotations": {LAST_APPLIED: text}}});
            let server = dry_run == DryRun::Server;
            let patched = session.patch(kind, &namespace, &known, "", PatchType::Merge, &patch, server);
            set = patched.map_err(|status| Failure::from(&*status))?;
        }
        print_made(session, &set, "configured", dry_run)?;
    }
    Ok(Task::Done(0))
}

pub(super) fn edit(session: &mut Session<'_>) -> Outcome {
    let args = session.flags.args.clone();
    let found = targets::find(session, &args, Wanted::default())?;
    if !found.failures.is_empty() {
        return Err(Failure::join(found.failures));
    }
    if found.targets.iter().all(|target| remembered(&target.object).is_none()) {
        return Err(Failure::error(
            "no last-applied-configuration annotation found on resources, to create the annotation, use command `kubectl \
             apply set-last-applied --create-annotation`",
        ));
    }
    Err(Failure::error("there is no text editor here: use apply set-last-applied"))
}
