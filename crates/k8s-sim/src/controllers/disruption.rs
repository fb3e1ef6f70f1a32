//! How many of an application's Pods may go at once: counts them for each PodDisruptionBudget.
// Models pkg/controller/disruption and k8s.io/component-helpers/apps/poddisruptionbudget (v1.36)

use k8s_api::core::PodCondition;
use k8s_api::intstr::IntOrString;
use k8s_api::kind;
use k8s_api::meta::{Condition, LabelSelector, Time};
use k8s_api::policy::{PodDisruptionBudget, PodDisruptionBudgetStatus};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::pods;
use super::work::{Controller, Owner, Work};
use crate::apiserver::events::EventType;
use crate::apiserver::{Object, ObjectKey, Pod, Store, WatchEvent, WatchType};

const COMPONENT: &str = "controllermanager";
/// A Pod that was evicted has to be on its way out after so long, or it counts again.
// Models DeletionTimeout and stalePodDisruptionTimeout (v1.36)
const DELETION_TIMEOUT_SECS: i64 = 120;

/// Whether a budget is about a Pod of its namespace.
// Models LabelSelectorAsSelector (v1.36): no selector selects nothing, an empty one everything
pub(crate) fn selects(budget: &PodDisruptionBudget, pod: &Pod) -> bool {
    budget.metadata.namespace == pod.metadata.namespace
        && budget.spec.selector.as_ref().is_some_and(|selector| selector.matches(&pod.metadata.labels))
}

/// The budgets of a namespace, or of all.
pub(crate) fn budgets<'a>(
    store: &'a Store,
    namespace: Option<&'a str>,
) -> impl Iterator<Item = PodDisruptionBudget> + use<'a> {
    let budgets = store.list("PodDisruptionBudget", namespace);
    budgets.map(|object| PodDisruptionBudget::from_value(&object.to_value()))
}

/// Puts the budgets into the queue that a change concerns.
// Models addPod, updatePod, deletePod and updateDB (v1.36)
pub(super) fn notice(work: &mut Work<'_>, change: &WatchEvent) {
    let object = &*change.object;
    let Object::Pod(pod) = object else {
        if object.kind() == "PodDisruptionBudget" {
            work.enqueue(Controller::Disruption, ObjectKey::of(object));
        }
        return;
    };
    let mut found = budgets(work.store, Some(&pod.metadata.namespace)).filter(|budget| selects(budget, pod));
    let (first, several) = (found.next(), found.next().is_some());
    drop(found);
    if let Some(budget) = first {
        let (namespace, name) = (&pod.metadata.namespace, &budget.metadata.name);
        if several {
            let text = format!(
                "Pod {namespace:?}/{:?} matches multiple PodDisruptionBudgets.  Chose {name:?} arbitrarily.",
                pod.metadata.name
            );
            let about = Owner::of(object);
            work.record(COMPONENT, &about, EventType::Warning, "MultiplePodDisruptionBudgets", text);
        }
        work.enqueue(Controller::Disruption, ObjectKey::new("PodDisruptionBudget", namespace, name));
    }
    if change.kind != WatchType::Deleted
        && let Some(since) = disrupted_since(pod)
    {
        let due = (since.0 + DELETION_TIMEOUT_SECS) * 1000 - work.unix_ms();
        let key = ObjectKey::of(object);
        work.enqueue_after(Controller::StalePodDisruption, &key, due.max(0).unsigned_abs());
    }
}

/// Since when a Pod is said to have to go without being on its way out.
// Models nonTerminatingPodHasStaleDisruptionCondition (v1.36)
fn disrupted_since(pod: &Pod) -> Option<Time> {
    if !pods::is_active(pod) {
        return None;
    }
    let condition = pod.status.conditions.iter().find(|condition| condition.type_ == "DisruptionTarget")?;
    let counts = condition.status == "True" && condition.reason != "TerminationByKubelet";
    counts.then(|| condition.last_transition_time.unwrap_or_default())
}

/// A Pod that did not go after all is no target any more.
// Models syncStalePodDisruption (v1.36)
pub(super) fn sync_stale(work: &mut Work<'_>, key: &ObjectKey) {
    let Some(pod) = work.store.pod(&key.namespace, &key.name) else { return };
    let now = work.time();
    if disrupted_since(pod).is_some_and(|since| since.0 + DELETION_TIMEOUT_SECS <= now.0) {
        let mut pod = pod.clone();
        pod.set_condition(PodCondition {
            type_: "DisruptionTarget".into(),
            status: "False".into(),
            last_transition_time: Some(now),
            ..PodCondition::default()
        });
        work.store.put(work.now, Object::Pod(Rc::new(pod)));
    }
}

/// Counts the Pods of one budget anew.
// Models sync, trySync and failSafe (v1.36)
pub(super) fn sync(work: &mut Work<'_>, key: &ObjectKey) {
    let Some(object) = work.store.get(key).cloned() else { return };
    let budget = PodDisruptionBudget::from_value(&object.to_value());
    let about = Owner::of(&object);
    let listed = work.store.list("Pod", Some(&key.namespace)).cloned();
    let listed: Vec<Rc<Object>> =
        listed.filter(|object| object.as_pod().is_some_and(|pod| selects(&budget, pod))).collect();
    let pods: Vec<&Pod> = listed.iter().filter_map(|object| object.as_pod()).collect();
    if pods.is_empty() {
        let text = "No matching pods found".to_string();
        work.record(COMPONENT, &about, EventType::Normal, "NoPods", text);
    }
    let mut unmanaged = false;
    let expected = expected_pod_count(work.store, &budget, &pods, &mut unmanaged);
    let (expected_pods, desired_healthy) = match expected {
        Ok(counts) => counts,
        Err(why) => {
            let text = format!("Failed to calculate the number of expected pods: {why}");
            work.record(COMPONENT, &about, EventType::Warning, "CalculateExpectedPodCountFailed", text);
            let mut status = budget.status.clone();
            status.disruptions_allowed = 0;
            set_condition(&mut status, "SyncFailed", &why, work.time());
            write(work, &object, &budget, status);
            return;
        }
    };
    if unmanaged {
        let text = format!(
            "Pods selected by this PodDisruptionBudget (selector: {}) were found to be unmanaged. As a result, the \
             status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account \
             for these pods please set \".spec.minAvailable\" field of the PDB to an integer value.",
            selector_text(budget.spec.selector.as_ref())
        );
        work.record(COMPONENT, &about, EventType::Warning, "UnmanagedPods", text);
    }
    let (disrupted_pods, recheck) = disrupted_pods(work, &budget, &pods);
    let healthy = |pod: &&&Pod| {
        pod.metadata.deletion_timestamp.is_none()
            && !disrupted_pods.contains_key(&pod.metadata.name)
            && pods::is_ready(pod)
    };
    let current_healthy = i32::try_from(pods.iter().filter(healthy).count()).unwrap_or(i32::MAX);
    let allowed = if expected_pods <= 0 { 0 } else { current_healthy.saturating_sub(desired_healthy).max(0) };
    let mut status = PodDisruptionBudgetStatus {
        current_healthy,
        desired_healthy,
        expected_pods,
        disruptions_allowed: allowed,
        disrupted_pods,
        observed_generation: budget.metadata.generation,
        conditions: budget.status.conditions.clone(),
    };
    update_disruption_allowed_condition(&mut status, work.time());
    write(work, &object, &budget, status);
    if let Some(at) = recheck {
        let due = at.0 * 1000 - work.unix_ms();
        work.enqueue_after(Controller::Disruption, key, due.max(0).unsigned_abs());
    }
}

// Models updatePdbStatus (v1.36)
fn write(
    work: &mut Work<'_>,
    object: &Object,
    budget: &PodDisruptionBudget,
    status: PodDisruptionBudgetStatus,
) {
    if status != budget.status {
        write_status(work.store, work.now, object, &status);
    }
}

/// Puts a budget's new status into the store.
pub(crate) fn write_status(
    store: &mut Store,
    now: crate::time::SimTime,
    object: &Object,
    status: &PodDisruptionBudgetStatus,
) {
    let Object::Other(other) = object else { return };
    let mut other = other.clone();
    other.tree["status"] = status.to_value();
    store.put(now, Object::Other(other));
}

/// How many Pods there should be, and how many of them have to be well.
// Models getExpectedPodCount (v1.36)
fn expected_pod_count(
    store: &Store,
    budget: &PodDisruptionBudget,
    pods: &[&Pod],
    unmanaged: &mut bool,
) -> Result<(i32, i32), String> {
    let scaled = |value: &IntOrString, total: i32| {
        let scaled = value.scaled(i64::from(total), true);
        let scaled =
            scaled.ok_or("invalid value for IntOrString: invalid type: string is not a percentage")?;
        Ok::<i32, String>(scaled.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32)
    };
    if let Some(most) = &budget.spec.max_unavailable {
        let expected = expected_scale(store, pods, unmanaged)?;
        return Ok((expected, expected.saturating_sub(scaled(most, expected)?).max(0)));
    }
    match &budget.spec.min_available {
        Some(IntOrString::Int(least)) => Ok((i32::try_from(pods.len()).unwrap_or(i32::MAX), *least)),
        Some(least) => {
            let expected = expected_scale(store, pods, unmanaged)?;
            Ok((expected, scaled(least, expected)?))
        }
        None => Ok((0, 0)),
    }
}

/// How many Pods the controllers of these Pods want together.
// Models getExpectedScale (v1.36)
fn expected_scale(store: &Store, pods: &[&Pod], unmanaged: &mut bool) -> Result<i32, String> {
    let mut scales: BTreeMap<String, i64> = BTreeMap::new();
    for pod in pods {
        let Some(owner) = pod.metadata.controller() else {
            *unmanaged = true;
            continue;
        };
        if scales.contains_key(&owner.uid) {
            continue;
        }
        let Some(found) = kind::by_gvk(&owner.api_version, &owner.kind) else {
            return Err(format!("no matches for kind {:?} in version {:?}", owner.kind, owner.api_version));
        };
        if !["ReplicationController", "ReplicaSet", "Deployment", "StatefulSet"].contains(&found.kind) {
            return Err(format!("{} does not implement the scale subresource", found.qualified_plural()));
        }
        let namespace = pod.metadata.namespace.as_str();
        let get = |kind: &str, name: &str, uid: &str| {
            let object = store.get(&ObjectKey::new(kind, namespace, name));
            object.filter(|object| object.meta().uid == uid)
        };
        let Some(controller) = get(&owner.kind, &owner.name, &owner.uid) else {
            return Err(format!("found no controllers for pod {:?}", pod.metadata.name));
        };
        // A ReplicaSet stands for the Deployment behind it.
        let above = controller.meta().controller().filter(|above| above.kind == "Deployment");
        let above = above.and_then(|above| get("Deployment", &above.name, &above.uid));
        if let Object::Other(counted) = &**above.unwrap_or(controller) {
            let replicas = counted.tree["spec"]["replicas"].as_i64().unwrap_or(1);
            scales.insert(counted.metadata.uid.clone(), replicas);
        }
    }
    let sum = scales.values().fold(0_i64, |sum, scale| sum.saturating_add(*scale));
    Ok(i32::try_from(sum).unwrap_or(i32::MAX))
}

/// The evicted Pods that are not on their way out yet, and when to look at them again.
// Models buildDisruptedPodMap (v1.36)
fn disrupted_pods(
    work: &mut Work<'_>,
    budget: &PodDisruptionBudget,
    pods: &[&Pod],
) -> (BTreeMap<String, Option<Time>>, Option<Time>) {
    let now = work.time();
    let mut kept = BTreeMap::new();
    let mut recheck: Option<Time> = None;
    for pod in pods.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none()) {
        let Some(since) = budget.status.disrupted_pods.get(&pod.metadata.name) else { continue };
        let due = Time(since.unwrap_or_default().0 + DELETION_TIMEOUT_SECS);
        if due.0 < now.0 {
            let about = Owner::core("Pod", &pod.metadata);
            let namespace = &budget.metadata.namespace;
            let text = format!("Pod was expected by PDB {namespace}/{namespace} to be deleted but it wasn't");
            work.record(COMPONENT, &about, EventType::Warning, "NotDeleted", text);
        } else {
            if recheck.is_none_or(|least| due.0 < least.0) {
                recheck = Some(due);
            }
            kept.insert(pod.metadata.name.clone(), *since);
        }
    }
    (kept, recheck)
}

/// Says by a condition whether any Pod may go.
// Models UpdateDisruptionAllowedCondition (v1.36)
pub(crate) fn update_disruption_allowed_condition(status: &mut PodDisruptionBudgetStatus, now: Time) {
    let reason = if status.disruptions_allowed > 0 { "SufficientPods" } else { "InsufficientPods" };
    set_condition(status, reason, "", now);
}

// Models meta.SetStatusCondition (v1.36)
fn set_condition(status: &mut PodDisruptionBudgetStatus, reason: &str, message: &str, now: Time) {
    let truth = if reason == "SufficientPods" { "True" } else { "False" };
    let known = status.conditions.iter().position(|condition| condition.type_ == "DisruptionAllowed");
    let at = known.unwrap_or_else(|| {
        status.conditions.push(Condition { type_: "DisruptionAllowed".into(), ..Condition::default() });
        status.conditions.len() - 1
    });
    let condition = &mut status.conditions[at];
    if condition.status != truth {
        condition.last_transition_time = Some(now);
    }
    condition.status = truth.into();
    condition.reason = reason.into();
    condition.message = message.into();
    condition.observed_generation = status.observed_generation;
}

/// A selector as Go prints one.
// Models LabelSelector.String (v1.36)
fn selector_text(selector: Option<&LabelSelector>) -> String {
    let Some(selector) = selector else { return "nil".into() };
    let labels: String =
        selector.match_labels.iter().map(|(key, value)| format!("{key}: {value},")).collect();
    let expressions: String = selector
        .match_expressions
        .iter()
        .map(|one| {
            let values = one.values.join(" ");
            format!(
                "LabelSelectorRequirement{{Key:{},Operator:{},Values:[{values}],}},",
                one.key, one.operator
            )
        })
        .collect();
    format!(
        "&LabelSelector{{MatchLabels:map[string]string{{{labels}}},MatchExpressions:[]LabelSelectorRequirement{{\
         {expressions}}},}}"
    )
}
