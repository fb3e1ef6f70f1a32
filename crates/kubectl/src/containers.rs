//! Which container of a Pod a command means, and which Pod a `deploy/web` means.

use serde_json::Value;

use crate::duration::SECOND;
use crate::failure::Failure;
use crate::selector::Labels;
use crate::session::Session;
use crate::targets;
use crate::tree::{at, list, name, text};

/// The annotation that names the container that is meant when none is said.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// A Pod's containers in the order in which kubectl names them: apps, ephemeral, init.
fn all(pod: &Value) -> Vec<(&str, &'static str)> {
    let names = |path: &str, mark: &'static str| {
        list(pod, path).iter().map(move |container| (text(container, "name"), mark)).collect::<Vec<_>>()
    };
    let mut all = names("spec.containers", "");
    all.extend(names("spec.ephemeralContainers", " (ephem)"));
    all.extend(names("spec.initContainers", " (init)"));
    all
}

/// `one, other, prep (init)`. Models k8s.io/kubectl/pkg/cmd/util/podcmd.AllContainerNames (v1.36)
pub(crate) fn listed(pod: &Value) -> String {
    all(pod).iter().map(|(name, mark)| format!("{name}{mark}")).collect::<Vec<_>>().join(", ")
}

/// The container that is meant: the one named, the one annotated, or the first; in the last case it is said
/// which. Models podcmd.FindOrDefaultContainerByName (v1.36)
pub(crate) fn choose(
    session: &mut Session<'_>,
    pod: &Value,
    named: &str,
    quiet: bool,
) -> Result<String, Failure> {
    if !named.is_empty() {
        return match all(pod).iter().any(|(name, _)| *name == named) {
            true => Ok(named.to_string()),
            false => Err(not_valid(pod, named)),
        };
    }
    let annotated = at(pod, "metadata.annotations").get(DEFAULT_CONTAINER).and_then(Value::as_str);
    if let Some(annotated) = annotated.filter(|name| !name.is_empty()) {
        return match all(pod).iter().any(|(name, _)| *name == annotated) {
            true => Ok(annotated.to_string()),
            false => Err(not_valid(pod, annotated)),
        };
    }
    let first = list(pod, "spec.containers").first().map_or("", |container| text(container, "name"));
    if all(pod).len() > 1 && !quiet {
        session.out.warn(format!("Defaulted container {first:?} out of: {}", listed(pod)));
    }
    Ok(first.to_string())
}

/// The container does not exist.
pub(crate) fn not_valid(pod: &Value, container: &str) -> Failure {
    let pod_name = name(pod);
    Failure::error(format!("container {container} is not valid for pod {pod_name} out of: {}", listed(pod)))
}

/// The labels by which an object chooses its Pods; nothing if it has none.
/// Models k8s.io/kubectl/pkg/polymorphichelpers.SelectorsForObject (v1.36)
pub(crate) fn selector_of(object: &Value) -> Option<String> {
    let labels = match text(object, "kind") {
        "Service" | "ReplicationController" => at(object, "spec.selector").clone(),
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job" => {
            let shown = crate::selector::format_label_selector(at(object, "spec.selector"));
            return Some(if shown == "<none>" { String::new() } else { shown });
        }
        _ => return None,
    };
    let shown = crate::selector::format_labels(&labels);
    Some(if shown == "<none>" { String::new() } else { shown })
}

/// The Pods that an object means: itself, or those its selector chooses. `doing` is what cannot be done else.
pub(crate) fn pods_of(session: &mut Session<'_>, object: &Value, doing: &str) -> Result<Vec<Value>, Failure> {
    if text(object, "kind") == "Pod" {
        return Ok(vec![object.clone()]);
    }
    let Some(selector) = selector_of(object) else {
        return Err(Failure::error(format!(
            "cannot {doing} *v1.{}: selector for *v1.{} not implemented",
            text(object, "kind"),
            text(object, "kind")
        )));
    };
    let labels = Labels::parse(&selector).map_err(Failure::error)?;
    let pods = targets::kind_of("pods")?;
    let namespace = crate::tree::namespace(object).to_string();
    let all = session.api.list(pods, Some(&namespace))?;
    Ok(all.into_iter().filter(|pod| labels.matches(pod)).collect())
}

/// Of several Pods the one is meant that runs, is ready, has been so for longest, and is the oldest.
/// Models podutils.ByLogging (v1.36)
pub(crate) fn by_logging(pod: &Value) -> impl Ord + use<> {
    let ready = list(pod, "status.conditions").iter().find(|condition| text(condition, "type") == "Ready");
    let since = ready.filter(|condition| text(condition, "status") == "True");
    let since = since.map(|condition| text(condition, "lastTransitionTime").to_string());
    let running = text(pod, "status.phase") == "Running";
    (!running, since.is_none(), since, text(pod, "metadata.creationTimestamp").to_string())
}

/// The one Pod that `pod` or `type/name` means.
pub(crate) fn pod_of(session: &mut Session<'_>, word: &str) -> Result<Value, Failure> {
    let words =
        if word.contains('/') { vec![word.to_string()] } else { vec!["pods".to_string(), word.to_string()] };
    let found = targets::find(session, &words, targets::Wanted::default())?;
    if let Some(failure) = found.failures.into_iter().next() {
        return Err(failure);
    }
    let Some(target) = found.targets.into_iter().next() else {
        return Err(Failure::silent(1));
    };
    let pods = pods_of(session, &target.object, "attach to")?;
    pods.into_iter().min_by_key(by_logging).ok_or_else(|| no_pod(session, 60))
}

/// No Pod is there yet: one is waited for, usually so many seconds.
/// Models polymorphichelpers.GetFirstPod (v1.36), but for a Pod that comes in time
pub(crate) fn no_pod(session: &Session<'_>, seconds: i64) -> Failure {
    let wait = session.flags.micros("pod-running-timeout").unwrap_or(seconds * SECOND);
    Failure::error("timed out waiting for the condition").at(session.api.now_micros() + wait)
}
