//! Disruption budgets and priorities.
//! Models k8s.io/api/policy/v1, scheduling/v1 and coordination/v1 (v1.36)

use std::collections::BTreeMap;

use crate::intstr::IntOrString;
use crate::meta::{Condition, LabelSelector, MicroTime, ObjectMeta, Time};

crate::record! {
    /// How many Pods may be disturbed at once.
    PodDisruptionBudget {
        metadata: ObjectMeta = "metadata" always,
        spec: PodDisruptionBudgetSpec = "spec" always,
        status: PodDisruptionBudgetStatus = "status" always,
    }
    /// What it shall be.
    PodDisruptionBudgetSpec {
        min_available: Option<IntOrString> = "minAvailable",
        selector: Option<LabelSelector> = "selector",
        max_unavailable: Option<IntOrString> = "maxUnavailable",
        unhealthy_pod_eviction_policy: Option<String> = "unhealthyPodEvictionPolicy",
    }
    /// How it fares.
    PodDisruptionBudgetStatus {
        observed_generation: i64 = "observedGeneration",
        disrupted_pods: BTreeMap<String, Option<Time>> = "disruptedPods",
        disruptions_allowed: i32 = "disruptionsAllowed" always,
        current_healthy: i32 = "currentHealthy" always,
        desired_healthy: i32 = "desiredHealthy" always,
        expected_pods: i32 = "expectedPods" always,
        conditions: Vec<Condition> = "conditions",
    }
    /// A name for a priority.
    PriorityClass {
        metadata: ObjectMeta = "metadata" always,
        value: i32 = "value" always,
        global_default: bool = "globalDefault",
        description: String = "description",
        preemption_policy: Option<String> = "preemptionPolicy",
    }
    /// A sign of life.
    Lease {
        metadata: ObjectMeta = "metadata" always,
        spec: LeaseSpec = "spec" always,
    }
    /// Whose, and how fresh.
    LeaseSpec {
        holder_identity: Option<String> = "holderIdentity",
        lease_duration_seconds: Option<i32> = "leaseDurationSeconds",
        acquire_time: Option<MicroTime> = "acquireTime",
        renew_time: Option<MicroTime> = "renewTime",
        lease_transitions: Option<i32> = "leaseTransitions",
        strategy: Option<String> = "strategy",
        preferred_holder: Option<String> = "preferredHolder",
    }
}
