//! `kubectl get --raw`: what stands at a path of the API.
//! Models k8s.io/kubectl/pkg/rawhttp (v1.36), and the paths of the API server as far as kinds are simulated

use k8s_api::kind::{KINDS, Kind};
use k8s_api::print;
use serde_json::Value;

use super::Task;
use crate::failure::Failure;
use crate::selector::Labels;
use crate::session::{Outcome, Session};
use crate::targets;

/// A path that the API server does not know.
pub(super) fn no_resource() -> Failure {
    Failure::plain("Error from server (NotFound): the server could not find the requested resource")
}

pub(super) fn run(session: &mut Session<'_>, path: &str) -> Outcome {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let (version, rest) = match parts[..] {
        ["healthz" | "livez" | "readyz"] => {
            session.out.print("ok");
            return Ok(Task::Done(0));
        }
        ["api", version, ref rest @ ..] => (version.to_string(), rest),
        ["apis", group, version, ref rest @ ..] => ([group, "/", version].concat(), rest),
        _ => return Err(no_resource()),
    };
    let of = |plural: &str| -> Result<&'static Kind, Failure> {
        let found = KINDS.iter().find(|kind| kind.plural == plural && kind.api_version() == version);
        found.ok_or_else(no_resource)
    };
    let (kind, namespace, name) = match *rest {
        ["namespaces"] | ["namespaces", _] | ["namespaces", _, "status"] => {
            (of("namespaces")?, None, rest.get(1).copied())
        }
        ["namespaces", namespace, plural] => (of(plural)?, Some(namespace), None),
        ["namespaces", namespace, plural, name] | ["namespaces", namespace, plural, name, "status"] => {
            (of(plural)?, Some(namespace), Some(name))
        }
        [plural] => (of(plural)?, None, None),
        [plural, name] | [plural, name, "status"] => (of(plural)?, None, Some(name)),
        _ => return Err(no_resource()),
    };
    if kind.namespaced && name.is_some() && namespace.is_none() || !kind.namespaced && namespace.is_some() {
        return Err(no_resource());
    }
    let answer = match name {
        Some(name) => {
            let object = targets::get(session.api, kind, namespace.unwrap_or_default(), name)?;
            print::json_line_in_order(kind, &object)
        }
        None => list(session, kind, namespace, query)?,
    };
    session.out.line(answer);
    Ok(Task::Done(0))
}

fn list(
    session: &mut Session<'_>,
    kind: &'static Kind,
    namespace: Option<&str>,
    query: &str,
) -> Result<String, Failure> {
    let position = session.api.watch_position();
    let mut items = session.api.list(kind, namespace).map_err(|status| Failure::from(&*status))?;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("labelSelector", text)) => {
                let text =
                    text.replace("%3D", "=").replace("%2C", ",").replace("%3d", "=").replace("%2c", ",");
                let labels = Labels::parse(&text).map_err(|why| {
                    Failure::plain(format!(
                        "Error from server (BadRequest): unable to parse requirement: {why}"
                    ))
                })?;
                items.retain(|item| labels.matches(item));
            }
            // All are in one part here.
            Some(("limit", _)) => {}
            _ => return Err(Failure::error(format!("the query {pair:?} is not understood here"))),
        }
    }
    // Items of a list do not say what they are.
    for item in items.iter_mut().filter_map(Value::as_object_mut) {
        item.remove("kind");
        item.remove("apiVersion");
    }
    let items: Vec<String> = items.iter().map(|item| print::json_line_in_order(kind, item)).collect();
    Ok(format!(
        "{{\"kind\":\"{}List\",\"apiVersion\":\"{}\",\"metadata\":{{\"resourceVersion\":\"{position}\"}},\"items\":[{}]}}",
        kind.kind,
        kind.api_version(),
        items.join(",")
    ))
}
