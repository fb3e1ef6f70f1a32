//! Which failures count, and when a Job has succeeded before all of its indexes have.
// Models pkg/controller/job/pod_failure_policy.go and success_policy.go (v1.36)

use k8s_api::batch::{
    JobSpec, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyRule, SuccessPolicyRule,
};
use k8s_api::core::ContainerStatus;

use super::indexes::Intervals;
use crate::apiserver::Pod;

/// What a failed Pod means to its Job.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It counts towards the limit.
    Counts,
    /// It is as if it had not been.
    Ignored,
    /// Its index has failed for good.
    FailsIndex,
    /// The Job has failed, with the reason.
    FailsJob(String),
}

/// What the Job's rules say of a failed Pod.
// Models matchPodFailurePolicy (v1.36)
pub(super) fn match_pod_failure_policy(spec: &JobSpec, pod: &Pod) -> Failure {
    let rules = spec.pod_failure_policy.as_ref().map_or(&[][..], |policy| &policy.rules);
    for (place, rule) in rules.iter().enumerate() {
        let Some(what) = matched(rule, pod) else { continue };
        match rule.action.as_str() {
            "Ignore" => return Failure::Ignored,
            "FailIndex" => return Failure::FailsIndex,
            "Count" => return Failure::Counts,
            "FailJob" => {
                return Failure::FailsJob(format!("{what} matching {} rule at index {place}", rule.action));
            }
            _ => {}
        }
    }
    Failure::Counts
}

/// What of the Pod a rule is about, in words.
fn matched(rule: &PodFailurePolicyRule, pod: &Pod) -> Option<String> {
    let (namespace, name) = (&pod.metadata.namespace, &pod.metadata.name);
    if let Some(wanted) = &rule.on_exit_codes {
        let status = exited(&pod.status.container_statuses, wanted)
            .or_else(|| exited(&pod.status.init_container_statuses, wanted))?;
        let code = status.state.terminated.as_ref()?.exit_code;
        return Some(format!(
            "Container {} for pod {namespace}/{name} failed with exit code {code}",
            status.name
        ));
    }
    let condition = pod.status.conditions.iter().find(|condition| {
        let mut patterns = rule.on_pod_conditions.iter();
        patterns.any(|pattern| pattern.type_ == condition.type_ && pattern.status == condition.status)
    })?;
    Some(format!("Pod {namespace}/{name} has condition {}", condition.type_))
}

// Models getMatchingContainerFromList (v1.36)
fn exited<'a>(
    statuses: &'a [ContainerStatus],
    wanted: &PodFailurePolicyOnExitCodesRequirement,
) -> Option<&'a ContainerStatus> {
    statuses.iter().find(|status| {
        let Some(terminated) = &status.state.terminated else { return false };
        let listed = wanted.values.contains(&terminated.exit_code);
        let fits = match wanted.operator.as_str() {
            "In" => listed,
            "NotIn" => !listed,
            _ => false,
        };
        let named = wanted.container_name.as_ref().is_none_or(|name| *name == status.name);
        terminated.exit_code != 0 && named && fits
    })
}

/// Which rule of the Job's success policy these indexes satisfy, in words.
// Models matchSuccessPolicy (v1.36)
pub(super) fn match_success_policy(
    spec: &JobSpec,
    completions: i64,
    succeeded: &Intervals,
) -> Option<String> {
    let policy = spec.success_policy.as_ref().filter(|_| !succeeded.is_empty())?;
    let met = |rule: &SuccessPolicyRule| {
        let enough = |count: i64| rule.succeeded_count.is_some_and(|wanted| count >= i64::from(wanted));
        match &rule.succeeded_indexes {
            Some(indexes) => {
                let wanted = Intervals::parse(indexes, completions);
                let common = wanted.overlap(succeeded);
                !wanted.is_empty() && (common == wanted.total() || enough(common))
            }
            None => enough(succeeded.total()),
        }
    };
    policy.rules.iter().position(met).map(|place| format!("Matched rules at index {place}"))
}
