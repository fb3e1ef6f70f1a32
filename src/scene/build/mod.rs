//! From the cluster to the scene.

mod container;
mod node;
mod pod;
#[cfg(test)]
mod tests;
mod why;

use std::rc::Rc;
use std::sync::Arc;

use k8s_api::meta::Time;
use k8s_sim::{Cluster, Pod, StoryEntry, StoryKind, Timeline};

use super::{Branch, PodChip, PodKey, Role, Scene, TimelineScene, Tone, ViewState, history};

/// The scene at the moment that `timeline` shows. `lanes` are those of [`lanes`], which change less often.
#[must_use]
pub fn build(timeline: &Timeline, view: &ViewState, lanes: &Arc<TimelineScene>) -> Scene {
    let cluster = timeline.cluster();
    let look = Look { cluster, view };
    let mut objects: Vec<&Pod> = cluster.pods().collect();
    k8s_api::small::sort(&mut objects, &|a, b| {
        (&a.metadata.creation_timestamp, &a.metadata.name)
            < (&b.metadata.creation_timestamp, &b.metadata.name)
    });
    let shown = shown(cluster, view);
    let pods: Vec<PodChip> = objects
        .iter()
        .map(|pod| chip(&look, pod, shown.is_some_and(|shown| shown.metadata.uid == pod.metadata.uid)))
        .collect();
    let pod = shown.and_then(|shown| pod::pod_scene(&look, shown));
    let spoken = pod.as_ref().map_or_else(|| "No Pod yet".to_owned(), super::PodScene::spoken);
    Scene {
        nodes: node::nodes(&look, &pods),
        why: why::why(&look),
        pods,
        pod,
        timeline: Arc::clone(lanes),
        spoken,
    }
}

/// What says that the lanes must be read anew: the Pod they are of, and how long the story is.
#[must_use]
pub fn lanes_version(timeline: &Timeline, view: &ViewState) -> (String, usize) {
    (lanes_uid(timeline, view), timeline.frontier().story().len())
}

/// The lanes of the Pod that is shown, over everything that has been lived.
#[must_use]
pub fn lanes(timeline: &Timeline, view: &ViewState, branches: &[Branch]) -> TimelineScene {
    let uid = lanes_uid(timeline, view);
    let frontier = timeline.frontier();
    // Before the Pod was made and after it is gone, its containers are known from another moment.
    let pod = timeline.cluster().store().pod_by_uid(&uid).or_else(|| frontier.store().pod_by_uid(&uid));
    let cast = pod.map(cast).unwrap_or_default();
    let lanes = if uid.is_empty() {
        Vec::new()
    } else {
        history::lanes(frontier.story().iter().map(|entry| &**entry), &uid, &cast)
    };
    TimelineScene { lanes, branches: branches.to_vec() }
}

/// The uid of the Pod whose lanes are shown: the one on the stage, else the newest that ever was and that fits
/// the choice.
fn lanes_uid(timeline: &Timeline, view: &ViewState) -> String {
    if let Some(pod) = shown(timeline.cluster(), view) {
        return pod.metadata.uid.clone();
    }
    let chosen = view.selection.pod().or(view.pod.as_ref()).map(ToString::to_string);
    let story = timeline.frontier().story();
    let born = |subject: Option<&str>| {
        story
            .iter()
            .rev()
            .find(|entry| {
                !entry.uid.is_empty()
                    && entry.container.is_empty()
                    && subject.is_none_or(|subject| subject == &*entry.subject)
            })
            .map(|entry| entry.uid.to_string())
    };
    chosen.and_then(|chosen| born(Some(&chosen))).or_else(|| born(None)).unwrap_or_default()
}

/// What the builders look at.
pub(super) struct Look<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) view: &'a ViewState,
}

impl Look<'_> {
    /// A moment of the API in milliseconds since the lesson began.
    pub(super) fn ms(&self, time: Time) -> u64 {
        u64::try_from(time.0 - self.cluster.epoch_seconds()).unwrap_or(0).saturating_mul(1000)
    }
}

/// The Pod that is drawn big.
fn shown<'a>(cluster: &'a Cluster, view: &ViewState) -> Option<&'a Pod> {
    let find = |key: &PodKey| cluster.pod(&key.namespace, &key.name);
    view.selection
        .pod()
        .and_then(find)
        .or_else(|| view.pod.as_ref().and_then(find))
        .or_else(|| newest(cluster))
}

/// The Pod that was created last: of a Deployment's several, made within one second, always the same.
fn newest(cluster: &Cluster) -> Option<&Pod> {
    let second = cluster.pods().map(|pod| pod.metadata.creation_timestamp).max()?;
    let of_then = || cluster.pods().filter(|pod| pod.metadata.creation_timestamp == second);
    let created = |entry: &&Rc<StoryEntry>| matches!(entry.kind, StoryKind::PodCreated { .. });
    let mut created = cluster.story().iter().rev().filter(created);
    let last = created.find_map(|entry| of_then().find(|pod| *pod.metadata.uid == *entry.uid));
    last.or_else(|| of_then().next())
}

fn key(pod: &Pod) -> PodKey {
    PodKey::new(&pod.metadata.namespace, &pod.metadata.name)
}

/// Names and roles of the containers, in the order in which the stage shows them.
fn cast(pod: &Pod) -> Vec<(String, Role)> {
    let spec = &pod.spec;
    let init = spec.init_containers.iter().map(|container| {
        let sidecar = container.restart_policy.as_deref() == Some("Always");
        (container.name.clone(), if sidecar { Role::Sidecar } else { Role::Init })
    });
    let apps = spec.containers.iter().map(|container| (container.name.clone(), Role::App));
    let debug = spec.ephemeral_containers.iter().map(|container| (container.name.clone(), Role::Debug));
    init.chain(apps).chain(debug).collect()
}

/// What kubectl prints about a Pod.
struct Printed {
    ready: u32,
    total: u32,
    status: String,
    restarts: u32,
}

fn printed(look: &Look<'_>, pod: &Pod) -> Printed {
    let micros = look.cluster.api_now().0.saturating_mul(1_000_000);
    let object = look.cluster.object("Pod", &pod.metadata.namespace, &pod.metadata.name).unwrap_or_default();
    let cells = kubectl::printers::cells("Pod", &object, micros, false);
    let cell = |n: usize| match cells.get(n) {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let ready = cell(1);
    let (now, total) = ready.split_once('/').unwrap_or(("0", "0"));
    Printed {
        ready: now.parse().unwrap_or(0),
        total: total.parse().unwrap_or(0),
        status: cell(2),
        restarts: cell(3).split(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0),
    }
}

/// How a Pod is doing, judged by the word that kubectl prints for it.
fn status_tone(pod: &Pod, printed: &Printed) -> Tone {
    let status = printed.status.as_str();
    match pod.status.phase.as_str() {
        "Failed" => return Tone::Bad,
        "Succeeded" => return Tone::Done,
        _ => {}
    }
    match status {
        "Terminating" => Tone::Change,
        "Running" if printed.ready == printed.total => Tone::Run,
        "Completed" => Tone::Done,
        _ if status.contains("BackOff") => Tone::Retry,
        _ if ["Err", "Error", "OOMKilled", "Invalid"].iter().any(|word| status.contains(word)) => Tone::Bad,
        _ => Tone::Change,
    }
}

fn chip(look: &Look<'_>, pod: &Pod, shown: bool) -> PodChip {
    let printed = printed(look, pod);
    PodChip {
        key: key(pod),
        node: (!pod.spec.node_name.is_empty()).then(|| pod.spec.node_name.clone()),
        tone: status_tone(pod, &printed),
        status: printed.status,
        shown,
    }
}
