//! Apply: the manifest in the editor on its way to the API server, exactly as `kubectl apply -f pod.yaml` sends it.

use k8s_api::meta::Status;
use k8s_api::{Value, manifest};
use k8s_sim::{ApiRequest, DeleteOptions, Timeline};
use kubectl::{Env, Progress};

use super::cluster_api::ClusterApi;
use crate::applied::{Applied, Key};
use crate::scene::PodKey;

/// The name under which the terminal knows the manifest in the editor.
pub const FILE: &str = "pod.yaml";
/// The command that Apply is.
pub const COMMAND: &str = "kubectl apply -f pod.yaml";

/// Applies a manifest now.
pub fn apply(timeline: &mut Timeline, text: &str, namespace: &str) -> Applied {
    let mut env = Env { namespace: namespace.into(), terminal: true, ..Env::default() };
    env.files.insert(FILE.into(), text.into());
    let version = timeline.cluster().store().resource_version();
    let mut api = ClusterApi::new(timeline, true);
    let mut command = kubectl::start(COMMAND, env);
    let progress = command.poll(&mut api);
    let recreate = std::mem::take(&mut api.refused)
        .into_iter()
        .filter(|refused| cannot_change(&refused.status))
        .map(|refused| (refused.kind, refused.namespace, refused.name))
        .collect();
    let (documents, _) = manifest::parse(text);
    let pods = documents
        .iter()
        .map(|document| key_of(&document.object, namespace))
        .filter(|(kind, namespace, name)| {
            kind == "Pod" && timeline.cluster().object(kind, namespace, name).is_some()
        })
        .map(|(_, namespace, name)| PodKey::new(&namespace, &name))
        .collect();
    Applied {
        at_ms: timeline.now().ms(),
        text: command.text().trim_end().to_owned(),
        failed: !matches!(progress, Progress::Done(0)),
        nothing_changed: timeline.cluster().store().resource_version() == version,
        recreate,
        pods,
    }
}

fn key_of(object: &Value, namespace: &str) -> Key {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let own = text(&object["metadata"]["namespace"]);
    let namespace = if own.is_empty() { namespace.to_owned() } else { own };
    (text(&object["kind"]), namespace, text(&object["metadata"]["name"]))
}

/// The request that deletes this object in its own time.
#[must_use]
pub fn delete_request((kind, namespace, name): &Key) -> ApiRequest {
    ApiRequest::Delete {
        kind: kind.clone(),
        namespace: namespace.clone(),
        name: name.clone(),
        options: DeleteOptions::default(),
    }
}

/// Whether a new object could have what this one cannot get.
fn cannot_change(status: &Status) -> bool {
    status.reason == "Invalid"
        && ["may not change fields", "may not add or remove", "field is immutable"]
            .iter()
            .any(|words| status.message.contains(words))
}
