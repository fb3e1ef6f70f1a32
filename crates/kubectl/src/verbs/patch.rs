//! `kubectl patch`. Models k8s.io/kubectl/pkg/cmd/patch/patch.go (v1.36)

use k8s_sim::apiserver::patch::apply as apply_patch;

use super::Task;
use super::create::print_made;
use crate::api::PatchType;
use crate::failure::Failure;
use crate::files;
use crate::session::{DryRun, Outcome, Session};
use crate::targets::{self, Wanted};

pub(super) const FLAGS: &str = "p/patch:s patch-file:s type:s subresource:s dry-run:s=unchanged o/output:s \
    f/filename:l R/recursive k/kustomize:s local field-manager:s template:s show-managed-fields";

pub(super) fn run(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    let text = match (flags.get("patch"), flags.get("patch-file")) {
        (Some(_), Some(_)) => {
            return Err(Failure::error("cannot specify --patch and --patch-file together"));
        }
        (Some(patch), None) if !patch.is_empty() => patch.to_string(),
        (None, Some(path)) => files::read(session.env, path)
            .ok_or_else(|| {
                let what = format!("unable to read patch file: open {path}");
                Failure::error(format!("{what}: no such file or directory"))
            })?
            .to_string(),
        _ => {
            return Err(Failure::error(
                "must specify --patch or --patch-file containing the contents of the patch",
            ));
        }
    };
    let patch_type = match flags.get("type").unwrap_or("strategic").to_lowercase().as_str() {
        "strategic" => PatchType::Strategic,
        "merge" => PatchType::Merge,
        "json" => PatchType::Json,
        other => {
            let all = "[json merge strategic]";
            return Err(Failure::error(format!("--type must be one of {all}, not {other:?}")));
        }
    };
    let dry_run = session.dry_run()?;
    let args = flags.args.clone();
    let found = targets::find(session, &args, Wanted::default())?;
    if !found.failures.is_empty() {
        return Err(Failure::join(found.failures));
    }
    // What begins like JSON is sent as it is, and the API server reads it. Models yaml.ToJSON
    let patch = match k8s_api::json_problem(&text).filter(|_| text.trim_start().starts_with('{')) {
        Some(problem) => {
            let doing = if patch_type == PatchType::Json { "error decoding patch: " } else { "" };
            return Err(Failure::plain(format!("Error from server (BadRequest): {doing}{problem}")));
        }
        None => files::parse(&text)
            .map_err(|problem| Failure::error(format!("unable to parse {text:?}: {problem}")))?,
    };
    for target in found.targets {
        let patched = session.patch(
            target.kind,
            &target.namespace,
            &target.name,
            flags.text("subresource"),
            patch_type,
            &patch,
            dry_run != DryRun::None,
        )?;
        let sent = match patch_type {
            PatchType::Json => {
                apply_patch(&target.object, patch_type, &patch, target.kind.kind).unwrap_or_default()
            }
            _ => patch.clone(),
        };
        for problem in k8s_api::decode::decode(target.kind, &sent).unknown {
            // Directives are no fields.
            if !problem.message.contains("$") {
                session.out.warn(format!("Warning: {}", problem.message));
            }
        }
        // What a patch may change without being one: the version, and who manages what.
        let changed = patched != target.object;
        let mut patched = patched;
        if flags.text("subresource") == "scale" {
            // The answer is not the object but its scale.
            patched["apiVersion"] = "autoscaling/v1".into();
            patched["kind"] = "Scale".into();
        }
        // Its messages never tell of a dry run.
        print_made(session, &patched, if changed { "patched" } else { "patched (no change)" }, DryRun::None)?;
    }
    Ok(Task::Done(0))
}
