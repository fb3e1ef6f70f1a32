//! `kubectl apply`: creates what is missing, patches what differs, remembers what it applied.
//! Models k8s.io/kubectl/pkg/cmd/apply/{apply,patcher}.go (v1.36), client-side

use k8s_api::kind::Kind;
use k8s_api::meta::Status;
use k8s_api::print;
use serde_json::Value;

use super::Task;
use super::create::{print_made, undecodable};
use crate::api::PatchType;
use crate::failure::Failure;
use crate::session::{DryRun, Outcome, Session};
use crate::targets;
use crate::tree::{self, name, text};
use crate::{files, three_way};

pub(super) const FLAGS: &str = "f/filename:l R/recursive k/kustomize:s dry-run:s=unchanged o/output:s server-side \
    force force-conflicts validate:s=strict prune l/selector:s all prune-allowlist:a wait timeout:d grace-period:i \
    cascade:s=background overwrite field-manager:s subresource:s template:s show-managed-fields openapi-patch";

/// The annotation in which apply keeps what it applied.
pub(crate) use k8s_api::print::LAST_APPLIED;

/// Writes the annotation into the object.
pub(super) fn annotate(object: &mut Value) {
    let applied = print::last_applied(object);
    let metadata = &mut object["metadata"];
    if !metadata["annotations"].is_object() {
        metadata["annotations"] = Value::Object(serde_json::Map::new());
    }
    metadata["annotations"][LAST_APPLIED] = applied.into();
}

pub(super) fn run(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    if !flags.args.is_empty() {
        return Err(Failure::usage("apply", format!("Unexpected args: [{}]", flags.args.join(" "))));
    }
    if !flags.has("filename") && !flags.has("kustomize") {
        return Err(Failure::error("must specify one of -f and -k"));
    }
    let dry_run = session.dry_run()?;
    let options = ["strict", "true", "warn", "ignore", "false", ""];
    if let Some(other) = flags.get("validate").filter(|given| !options.contains(given)) {
        return Err(Failure::error(format!(
            "invalid - validate option {other:?}; must be one of: strict (or true), warn, ignore (or false)"
        )));
    }
    if flags.is("prune") && !flags.is("all") && !flags.has("selector") {
        return Err(Failure::error(
            "all resources selected for prune without explicitly passing --all. To prune all resources, pass the \
             --all flag. If you did not mean to prune all resources, specify a label selector",
        ));
    }
    if flags.has("kustomize") {
        return Err(Failure::error("kustomizations are not available in this kubectl"));
    }
    let objects = files::objects(session.env, flags)?;
    if objects.is_empty() {
        return Err(Failure::error("no objects passed to apply"));
    }
    let (context, enforced) = (session.namespace(), flags.has("namespace"));
    let (mut unread, mut failures) = (Vec::new(), Vec::new());
    let mut visited = Vec::new();
    for item in objects {
        let object = match item.object {
            Ok(object) => object,
            Err(failure) => {
                unread.push(failure);
                continue;
            }
        };
        let applied = (|| {
            let (kind, namespace) = targets::mapped(&object, &item.source, &context, enforced)?;
            let manifest = Manifest {
                source: &item.source,
                undecodable: item.undecodable.as_deref(),
                unknown: item.unknown.as_deref(),
                warnings: &item.warnings,
            };
            let place = if kind.namespaced { namespace.clone() } else { String::new() };
            visited.push((kind, place, name(&object).to_string()));
            one(session, kind, &namespace, object, &manifest, dry_run)
        })();
        failures.extend(applied.err());
    }
    // What could not be read is one failure of several: a list in brackets. Models apply.go Run (v1.36)
    if unread.len() > 1 && !failures.is_empty() {
        unread = vec![Failure::aggregate(unread)];
    }
    unread.append(&mut failures);
    let failures = unread;
    if !failures.is_empty() {
        return Err(Failure::join(failures));
    }
    if flags.is("prune") {
        super::prune::prune(session, &visited, dry_run)?;
    }
    Ok(Task::Done(0))
}

/// What stands before the API server's words when the object could not be read or patched.
fn where_(kind: &Kind, namespace: &str, name: &str) -> String {
    let version = kind.version;
    let group = kind.group;
    format!(
        "Resource: \"{group}/{version}, Resource={}\", GroupVersionKind: \"{group}/{version}, Kind={}\"\nName: \
         {name:?}, Namespace: {namespace:?}\n",
        kind.plural, kind.kind
    )
}

/// Where an object comes from, and why the API server will refuse it, if it will.
struct Manifest<'a> {
    source: &'a str,
    undecodable: Option<&'a str>,
    /// Why it will refuse a patch of it.
    unknown: Option<&'a str>,
    /// What the API server warns of when the object is sent.
    warnings: &'a [String],
}

/// Models apply.go applyOneObject (v1.36)
fn one(
    session: &mut Session<'_>,
    kind: &'static Kind,
    namespace: &str,
    mut object: Value,
    manifest: &Manifest<'_>,
    dry_run: DryRun,
) -> Result<(), Failure> {
    let source = manifest.source;
    let generate = text(&object, "metadata.generateName");
    if name(&object).is_empty() && !generate.is_empty() {
        return Err(Failure::error(format!("from {generate}: cannot use generate name with apply")));
    }
    if kind.namespaced {
        tree::set(&mut object, "metadata.namespace", namespace.into());
    }
    let object_name = name(&object).to_string();
    let retrieving = |message: &str| {
        format!(
            "error when retrieving current configuration of:\n{}from server for: {source:?}: {message}",
            where_(kind, namespace, &object_name)
        )
    };
    if object_name.is_empty() {
        return Err(Failure::error(retrieving("resource name may not be empty")));
    }
    annotate(&mut object);
    let server_dry_run = dry_run == DryRun::Server;
    let live = match session.api.get(kind, namespace, &object_name) {
        Ok(live) => live,
        Err(status) if status.reason == "NotFound" => {
            if let Some(problem) = manifest.undecodable.filter(|_| dry_run != DryRun::Client) {
                return Err(undecodable(source, problem));
            }
            if dry_run != DryRun::Client {
                manifest.warnings.iter().for_each(|warning| session.out.warn(warning));
                object = session.create(namespace, &object, server_dry_run).map_err(|status| {
                    Failure::status_while(&status, &format!("error when creating {source:?}: "))
                })?;
            }
            print_made(session, &object, "created", dry_run)?;
            return Ok(());
        }
        Err(status) => {
            let mut status = status;
            status.message = retrieving(&status.message);
            return Err(Failure::from(&*status));
        }
    };
    let annotations = tree::at(&live, "metadata.annotations");
    let original = annotations.get(LAST_APPLIED).and_then(Value::as_str);
    if original.is_none() {
        session.out.warn(format!(
            "Warning: resource {}/{object_name} is missing the {LAST_APPLIED} annotation which is required by \
             kubectl apply. kubectl apply should only be used on resources created declaratively by either \
             kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.",
            kind.plural
        ));
    }
    let original = original.and_then(|text| files::parse(text).ok()).unwrap_or(Value::Null);
    let patch = three_way::patch(kind, &original, &object, &live);
    // Models WarnIfDeleting (v1.36)
    let deleting = tree::has(&live, "metadata.deletionTimestamp") && dry_run != DryRun::Client;
    let warn_if_deleting = |session: &mut Session<'_>| {
        if deleting {
            session.out.warn(format!(
                "Warning: Detected changes to resource {object_name} which is currently being deleted."
            ));
        }
    };
    if patch.as_object().is_none_or(serde_json::Map::is_empty) {
        warn_if_deleting(session);
        print_made(session, &live, "unchanged", dry_run)?;
        return Ok(());
    }
    let mut patched = live;
    if let Some(problem) = manifest.unknown.filter(|_| dry_run != DryRun::Client) {
        let status = k8s_sim::apiserver::patch::refused(&patch, problem);
        return Err(patching(&status, kind, namespace, &object_name, source, &patch));
    }
    if dry_run != DryRun::Client {
        manifest.warnings.iter().for_each(|warning| session.out.warn(warning));
        patched = session
            .patch(kind, namespace, &object_name, "", PatchType::Strategic, &patch, server_dry_run)
            .map_err(|status| patching(&status, kind, namespace, &object_name, source, &patch))?;
    }
    warn_if_deleting(session);
    print_made(session, &patched, "configured", dry_run)?;
    Ok(())
}

fn patching(
    status: &Status,
    kind: &Kind,
    namespace: &str,
    name: &str,
    source: &str,
    patch: &Value,
) -> Failure {
    let doing = format!(
        "error when applying patch:\n{}\nto:\n{}for: {source:?}: error when patching {source:?}: ",
        print::json(patch),
        where_(kind, namespace, name)
    );
    Failure::status_while(status, &doing)
}
