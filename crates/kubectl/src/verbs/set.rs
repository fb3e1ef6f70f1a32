//! `kubectl set image`, `set env`, `set resources` and the like: changes of a Pod or of a workload's Pod template.
//! Models k8s.io/kubectl/pkg/cmd/set (v1.36)

use k8s_api::validation::names::strict_env_var_name;
use serde_json::{Map, Value, json};

use super::Task;
use super::create::print_made;
use crate::api::PatchType;
use crate::failure::Failure;
use crate::session::{DryRun, Outcome, Session};
use crate::targets::{self, Target, Wanted};
use crate::tree::{list, text};

const COMMON: &str = "all l/selector:s f/filename:l R/recursive k/kustomize:s dry-run:s=unchanged o/output:s local \
    field-manager:s template:s show-managed-fields";
pub(super) const IMAGE_FLAGS: &str = COMMON;
pub(super) const SELECTOR_FLAGS: &str = "resource-version:s all f/filename:l R/recursive dry-run:s=unchanged o/output:s local \
    field-manager:s template:s show-managed-fields";
pub(super) const ENV_FLAGS: &str = "e/env:a list c/containers:s overwrite from:s keys:l prefix:s resolve all \
    l/selector:s f/filename:l R/recursive k/kustomize:s dry-run:s=unchanged o/output:s local field-manager:s \
    template:s show-managed-fields";
pub(super) const RESOURCES_FLAGS: &str = "limits:s requests:s c/containers:s all l/selector:s f/filename:l \
    R/recursive k/kustomize:s dry-run:s=unchanged o/output:s local field-manager:s template:s show-managed-fields";

/// Where a kind keeps its Pod spec.
fn pod_spec(target: &Target) -> Option<&'static str> {
    Some(match target.kind.kind {
        "Pod" => "spec",
        "CronJob" => "spec.jobTemplate.spec.template.spec",
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job" | "ReplicationController" => {
            "spec.template.spec"
        }
        _ => return None,
    })
}

/// Words with and without an equals sign: resources, and what is to change.
fn split(args: &[String], is_change: impl Fn(&str) -> bool) -> (Vec<String>, Vec<String>) {
    let first = args.iter().position(|arg| is_change(arg)).unwrap_or(args.len());
    (args[..first].to_vec(), args[first..].to_vec())
}

fn nested(path: &str, value: Value) -> Value {
    path.rsplit('.').fold(value, |value, name| json!({name: value}))
}

/// Sends what changed, as patches of containers by name.
fn send(
    session: &mut Session<'_>,
    target: &Target,
    path: &str,
    groups: Map<String, Value>,
    what: &str,
    dry_run: DryRun,
) -> Result<(), Failure> {
    if groups.is_empty() {
        return Ok(());
    }
    let patch = nested(path, Value::Object(groups));
    let mut object = target.object.clone();
    if dry_run != DryRun::Client {
        object = session
            .patch(
                target.kind,
                &target.namespace,
                &target.name,
                "",
                PatchType::Strategic,
                &patch,
                dry_run == DryRun::Server,
            )
            .map_err(|status| {
                if status.reason == "NotFound" {
                    return Failure::from(&*status);
                }
                // `set resources` calls it otherwise when it fails. Models set_resources.go Run (v1.36)
                let what =
                    what.strip_suffix(" requirements").map_or(what.to_string(), |what| format!("{what}s"));
                let message = format!("failed to patch {what} update to pod template {}", status.message);
                Failure::error(message)
            })?;
    }
    print_made(session, &object, &format!("{what} updated"), dry_run)?;
    Ok(())
}

/// The targets; failures are said at once.
fn found(session: &mut Session<'_>, resources: &[String]) -> Result<Vec<Target>, Failure> {
    let found = targets::find(session, resources, Wanted::default())?;
    if !found.failures.is_empty() {
        return Err(Failure::join(found.failures));
    }
    Ok(found.targets)
}

pub(super) fn image(session: &mut Session<'_>) -> Outcome {
    let (resources, pairs) = split(&session.flags.args, |word| word.contains('='));
    let dry_run = session.dry_run()?;
    let targets = found(session, &resources)?;
    if pairs.is_empty() {
        return Err(Failure::error("at least one image update is required"));
    }
    for target in targets {
        let Some(path) = pod_spec(&target) else { continue };
        let mut groups = Map::new();
        for pair in &pairs {
            let (name, image) = pair.split_once('=').unwrap_or((pair, ""));
            let mut known = false;
            for group in ["initContainers", "containers"] {
                for container in list(&target.object, &format!("{path}.{group}")) {
                    let this = text(container, "name");
                    if name != "*" && name != this {
                        continue;
                    }
                    known = true;
                    if text(container, "image") != image {
                        add(&mut groups, group, json!({"name": this, "image": image}));
                    }
                }
            }
            if !known {
                return Err(Failure::error(format!("unable to find container named {name:?}")));
            }
        }
        send(session, &target, path, groups, "image", dry_run)?;
    }
    Ok(Task::Done(0))
}

fn add(groups: &mut Map<String, Value>, group: &str, item: Value) {
    if let Some(items) = groups.entry(group).or_insert_with(|| json!([])).as_array_mut() {
        items.push(item);
    }
}

/// Whether a container is meant by `-c`, which may end in a star.
fn is_meant(wanted: Option<&str>, name: &str) -> bool {
    match wanted {
        None | Some("" | "*") => true,
        Some(wanted) => match wanted.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => wanted == name,
        },
    }
}

pub(super) fn env(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    let is_change = |word: &str| word.contains('=') || word.ends_with('-');
    let (resources, mut changes) = split(&flags.args, is_change);
    changes.extend(flags.all("env").iter().map(|pair| (*pair).to_string()));
    if resources.is_empty() && !flags.has("filename") {
        return Err(Failure::error(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        ));
    }
    for (key, _) in changes.iter().filter_map(|change| change.split_once('=')) {
        let errors = strict_env_var_name(key);
        if !errors.is_empty() {
            return Err(Failure::error(format!("{key:?} is not a valid key name: {}", errors.join(";"))));
        }
    }
    let dry_run = session.dry_run()?;
    let listing = flags.is("list");
    for target in found(session, &resources)? {
        let Some(path) = pod_spec(&target) else { continue };
        let mut groups = Map::new();
        let mut any = false;
        for container in list(&target.object, &format!("{path}.containers")) {
            let name = text(container, "name");
            if !is_meant(flags.get("containers"), name) {
                continue;
            }
            any = true;
            if listing {
                session.out.line(format!("# {} {}, container {name}", target.kind.kind, target.name));
                for variable in list(container, "env") {
                    session.out.line(format!("{}={}", text(variable, "name"), text(variable, "value")));
                }
                continue;
            }
            let now = |key: &str| list(container, "env").iter().find(|other| text(other, "name") == key);
            let mut variables = Vec::new();
            for change in &changes {
                match change.split_once('=') {
                    Some((key, value)) if now(key).is_none_or(|old| text(old, "value") != value) => {
                        variables.push(json!({"name": key, "value": value}));
                    }
                    Some(_) => {}
                    None => {
                        let key = change.trim_end_matches('-');
                        if now(key).is_some() {
                            variables.push(json!({"name": key, "$patch": "delete"}));
                        }
                    }
                }
            }
            if !variables.is_empty() {
                add(&mut groups, "containers", json!({"name": name, "env": variables}));
            }
        }
        if !any {
            let wanted = flags.text("containers");
            session.out.warn(format!(
                "Warning: {}/{} does not have any containers matching {wanted:?}",
                target.kind.kind, target.name
            ));
        }
        send(session, &target, path, groups, "env", dry_run)?;
    }
    Ok(Task::Done(0))
}

/// Models set_selector.go RunSelector (v1.36): only a Service has one that may change.
pub(super) fn selector(session: &mut Session<'_>) -> Outcome {
    let mut resources = session.flags.args.clone();
    let wanted = resources.pop().unwrap_or_default();
    let dry_run = session.dry_run()?;
    for target in found(session, &resources)? {
        if target.kind.kind != "Service" {
            return Err(Failure::error("setting a selector is only supported for Services"));
        }
        let old = target.object["spec"]["selector"].as_object().into_iter().flatten();
        let mut changes = Map::new();
        changes.extend(old.map(|(key, _)| (key.clone(), Value::Null)));
        let pairs = wanted.split(',').filter_map(|pair| pair.split_once('='));
        changes.extend(pairs.map(|(key, value)| (key.to_string(), value.into())));
        let mut groups = Map::new();
        groups.insert("selector".into(), Value::Object(changes));
        send(session, &target, "spec", groups, "selector", dry_run)?;
    }
    Ok(Task::Done(0))
}

/// Models set_serviceaccount.go Run (v1.36)
pub(super) fn service_account(session: &mut Session<'_>) -> Outcome {
    let mut resources = session.flags.args.clone();
    let Some(name) = resources.pop() else {
        return Err(Failure::error("serviceaccount is required"));
    };
    let dry_run = session.dry_run()?;
    for target in found(session, &resources)? {
        let Some(path) = pod_spec(&target) else { continue };
        let mut groups = Map::new();
        groups.insert("serviceAccountName".into(), name.as_str().into());
        send(session, &target, path, groups, "serviceaccount", dry_run)?;
    }
    Ok(Task::Done(0))
}

/// `cpu=100m,memory=1Gi` as amounts by name.
fn amounts(spec: &str) -> Result<Map<String, Value>, Failure> {
    let mut amounts = Map::new();
    for pair in spec.split(',').filter(|pair| !pair.is_empty()) {
        let Some((name, amount)) = pair.split_once('=') else {
            return Err(Failure::error(format!(
                "Invalid argument syntax {pair}, expected <resource>=<value>"
            )));
        };
        k8s_api::quantity::Quantity::parse(amount).map_err(Failure::error)?;
        amounts.insert(name.to_string(), amount.into());
    }
    Ok(amounts)
}

pub(super) fn resources(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    let args = flags.args.clone();
    let dry_run = session.dry_run()?;
    let (limits, requests) = (amounts(flags.text("limits"))?, amounts(flags.text("requests"))?);
    let targets = found(session, &args)?;
    if limits.is_empty() && requests.is_empty() {
        return Err(Failure::error(
            "you must specify an update to requests or limits (in the form of --requests/--limits)",
        ));
    }
    for target in targets {
        let Some(path) = pod_spec(&target) else { continue };
        let mut groups = Map::new();
        for container in list(&target.object, &format!("{path}.containers")) {
            if !is_meant(flags.get("containers"), text(container, "name")) {
                continue;
            }
            let now = &container["resources"];
            let wanted = json!({"limits": limits, "requests": requests});
            let same = ["limits", "requests"].iter().all(|group| {
                let wanted = wanted[*group].as_object().into_iter().flatten();
                wanted.into_iter().all(|(name, amount)| now[*group][name] == *amount)
            });
            if !same {
                let change = json!({"name": text(container, "name"), "resources": wanted});
                add(&mut groups, "containers", change);
            }
        }
        send(session, &target, path, groups, "resource requirements", dry_run)?;
    }
    Ok(Task::Done(0))
}
