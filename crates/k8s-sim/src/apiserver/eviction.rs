//! The eviction of a Pod: a deletion that disruption budgets may refuse.
// Models pkg/registry/core/pod/storage/eviction.go (v1.36)

use std::rc::Rc;

use k8s_api::kind::Kind;
use k8s_api::meta::{Status, StatusCause, StatusDetails, Time};
use k8s_api::policy::PodDisruptionBudget;

use super::{ApiResult, ApiServer, Object, ObjectKey, Pod, not_found, status};
use crate::controllers::{disruption, pods};
use crate::input::DeleteOptions;

/// More evictions than this that nobody has seen yet are not kept count of.
// Models MaxDisruptedPodSize (v1.36)
const DISRUPTED_PODS_MAX: usize = 2000;

impl ApiServer<'_> {
    /// Evicts a Pod if no budget is against it.
    // Models EvictionREST.Create (v1.36)
    pub(super) fn evict(
        &mut self,
        kind: &'static Kind,
        namespace: &str,
        name: &str,
        options: &DeleteOptions,
    ) -> ApiResult {
        let Some(pod) = self.store.pod(namespace, name).cloned() else { return Err(not_found(kind, name)) };
        if !can_ignore_budgets(&pod) {
            let budgets = disruption::budgets(self.store, Some(namespace));
            let budgets: Vec<PodDisruptionBudget> =
                budgets.filter(|budget| disruption::selects(budget, &pod)).collect();
            match budgets.as_slice() {
                [] => {}
                [budget] if spares(budget, &pod) => {}
                [budget] => self.check_and_decrement(budget, name, options.dry_run)?,
                _ => {
                    let why = "This pod has more than one PodDisruptionBudget, which the eviction subresource does \
                               not support.";
                    return Err(status(500, "", why.into()));
                }
            }
        }
        if !options.dry_run {
            self.mark_as_target(&pod);
        }
        self.delete(kind, namespace, name, options)?;
        Ok(serde_json::json!({"kind": "Status", "apiVersion": "v1", "status": "Success", "code": 201}))
    }

    // Models addConditionAndDeletePod (v1.36)
    fn mark_as_target(&mut self, pod: &Pod) {
        let (reason, message) = ("EvictionByEvictionAPI", "Eviction API: evicting");
        let known = pod.status.conditions.iter().any(|condition| {
            condition.type_ == "DisruptionTarget" && condition.status == "True" && condition.reason == reason
        });
        if !known {
            let mut pod = pod.clone();
            pod.add_disruption_target(reason, message, self.time());
            self.store.put(self.now, Object::Pod(Rc::new(pod)));
        }
    }

    /// Takes one from what a budget allows, or says why it allows nothing.
    // Models checkAndDecrement (v1.36)
    fn check_and_decrement(
        &mut self,
        budget: &PodDisruptionBudget,
        pod: &str,
        dry_run: bool,
    ) -> Result<(), Box<Status>> {
        let name = budget.metadata.name.as_str();
        let now = &budget.status;
        if now.observed_generation < budget.metadata.generation {
            let why = format!("The disruption budget {name} is still being processed by the server.");
            return Err(too_many_requests(10, why));
        }
        let forbidden = |why: &str| {
            let message = format!("poddisruptionbudget.policy \"{name}\" is forbidden: {why}");
            Err(status(403, "Forbidden", message))
        };
        if now.disruptions_allowed < 0 {
            return forbidden("pdb disruptions allowed is negative");
        }
        if now.disrupted_pods.len() > DISRUPTED_PODS_MAX {
            return forbidden(
                "DisruptedPods map too big - too many evictions not confirmed by PDB controller",
            );
        }
        if now.disruptions_allowed == 0 {
            return Err(too_many_requests(0, why_not(budget)));
        }
        if dry_run {
            return Ok(());
        }
        let time = self.time();
        let mut new = now.clone();
        new.disruptions_allowed -= 1;
        if new.disruptions_allowed == 0 {
            disruption::update_disruption_allowed_condition(&mut new, time);
        }
        new.disrupted_pods.insert(pod.into(), Some(Time(time.0)));
        let key = ObjectKey::new("PodDisruptionBudget", &budget.metadata.namespace, name);
        if let Some(object) = self.store.get(&key).cloned() {
            disruption::write_status(self.store, self.now, &object, &new);
        }
        Ok(())
    }
}

/// Pods that nobody misses any more, or not yet.
// Models canIgnorePDB (v1.36)
fn can_ignore_budgets(pod: &Pod) -> bool {
    pod.is_terminal() || pod.status.phase == "Pending" || pod.metadata.deletion_timestamp.is_some()
}

/// Whether a Pod that is not well may go without counting.
fn spares(budget: &PodDisruptionBudget, pod: &Pod) -> bool {
    let status = &budget.status;
    let always = budget.spec.unhealthy_pod_eviction_policy.as_deref() == Some("AlwaysAllow");
    let enough = status.current_healthy >= status.desired_healthy && status.desired_healthy > 0;
    !pods::is_ready(pod) && (always || enough)
}

/// Why a budget allows nothing now.
fn why_not(budget: &PodDisruptionBudget) -> String {
    let (name, status) = (&budget.metadata.name, &budget.status);
    let refusal = status.conditions.iter().find(|condition| {
        condition.type_ == "DisruptionAllowed" && condition.status == "False" && !condition.message.is_empty()
    });
    match refusal {
        Some(condition) if condition.reason == "SyncFailed" => format!(
            "The disruption budget {name} does not allow evicting pods currently because it failed sync: {}",
            condition.message
        ),
        _ if status.current_healthy <= status.desired_healthy => format!(
            "The disruption budget {name} needs {} healthy pods and has {} currently",
            status.desired_healthy, status.current_healthy
        ),
        Some(condition) => format!(
            "The disruption budget {name} does not allow evicting pods currently ({}): {}",
            condition.reason, condition.message
        ),
        None => format!("The disruption budget {name} does not allow evicting pods currently"),
    }
}

// Models createTooManyRequestsError (v1.36)
fn too_many_requests(retry_after_seconds: i32, message: String) -> Box<Status> {
    let text = "Cannot evict pod as it would violate the pod's disruption budget.";
    let mut answer = status(429, "TooManyRequests", text.into());
    answer.details = Some(StatusDetails {
        causes: vec![StatusCause { reason: "DisruptionBudget".into(), message, ..StatusCause::default() }],
        retry_after_seconds,
        ..StatusDetails::default()
    });
    answer
}
