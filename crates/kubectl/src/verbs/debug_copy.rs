//! `kubectl debug --copy-to`: a Pod like another, with something changed.
//! Models k8s.io/kubectl/pkg/cmd/debug/debug.go debugByCopy (v1.36)

use serde_json::{Value, json};

use super::Task;
use super::debug::{attach, suffix, warn_of_user};
use crate::api::{DeleteOptions, Propagation};
use crate::failure::Failure;
use crate::session::{Outcome, Session};
use crate::targets;
use crate::tree::{name, namespace, object, text};

/// `security` is what the profile gives to the container that is debugged.
pub(super) fn copy(session: &mut Session<'_>, pod: &Value, command: &[String], security: Value) -> Outcome {
    let flags = session.flags;
    let kept = |flag: &str, field: &str| match flags.is(flag) {
        true => pod["metadata"][field].clone(),
        false => Value::Null,
    };
    let mut spec = pod["spec"].clone();
    let mut drop = |field: &str| spec.as_object_mut().and_then(|spec| spec.remove(field));
    drop("ephemeralContainers");
    if !flags.is("same-node") {
        drop("nodeName");
    }
    if !flags.truth("keep-init-containers", true) {
        drop("initContainers");
    }
    if flags.has("share-processes") || spec["shareProcessNamespace"].is_null() {
        spec["shareProcessNamespace"] = flags.truth("share-processes", true).into();
    }
    let mut containers = spec["containers"].as_array().cloned().unwrap_or_default();
    let images = flags.text("set-image");
    for container in &mut containers {
        let image = |of: &str| images.split(',').find_map(|pair| pair.strip_prefix(of)?.strip_prefix('='));
        if let Some(image) = image(text(container, "name")).or_else(|| image("*")) {
            container["image"] = image.into();
        }
        for probe in ["liveness", "readiness", "startup"] {
            if !flags.is(&format!("keep-{probe}")) {
                container.as_object_mut().and_then(|fields| fields.remove(&format!("{probe}Probe")));
            }
        }
    }
    let image = flags.text("image");
    let mut wanted = flags.text("container").to_string();
    let found = containers.iter().position(|container| text(container, "name") == wanted);
    if found.is_none() && image.is_empty() {
        if images.is_empty() {
            return Err(Failure::error("you must specify image when creating new container"));
        }
        wanted.clear();
    } else {
        if wanted.is_empty() {
            wanted = format!("debugger-{}", suffix(pod, session.api.now_micros()));
            if !flags.is("quiet") {
                session.out.line(format!("Defaulting debug container name to {wanted}."));
            }
        }
        let at = found.unwrap_or(containers.len());
        if found.is_none() {
            containers.push(json!({"name": wanted, "terminationMessagePolicy": "File"}));
        }
        let container = &mut containers[at];
        if !command.is_empty() {
            container["args"] = Value::Null;
            container[if flags.is("arguments-only") { "args" } else { "command" }] = command.into();
        }
        if !image.is_empty() {
            container["image"] = image.into();
        }
        if flags.has("image-pull-policy") {
            container["imagePullPolicy"] = flags.text("image-pull-policy").into();
        }
        container["stdin"] = flags.is("stdin").into();
        container["tty"] = flags.is("tty").into();
        for (field, value) in security.as_object().into_iter().flatten() {
            container["securityContext"][field.as_str()] = value.clone();
        }
        warn_of_user(session, pod, &containers[at]);
    }
    spec["containers"] = containers.into();
    let place = namespace(pod).to_string();
    let copied = json!({
        "apiVersion": "v1", "kind": "Pod", "spec": spec,
        "metadata": object([
            ("name", flags.text("copy-to").into()),
            ("namespace", place.as_str().into()),
            ("labels", kept("keep-labels", "labels")),
            ("annotations", kept("keep-annotations", "annotations")),
        ]),
    });
    let made = session.create(&place, &copied, false)?;
    if flags.is("replace") {
        let options = DeleteOptions {
            grace_period_seconds: Some(0),
            propagation: Propagation::Background,
            uid: None,
            dry_run: false,
        };
        session.api.delete(targets::kind_of("pods")?, &place, name(pod), &options)?;
    }
    if wanted.is_empty() {
        return Ok(Task::Done(0));
    }
    attach(session, place, name(&made).to_string(), wanted)
}
