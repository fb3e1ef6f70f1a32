//! Workloads that run for ever: Deployment, ReplicaSet, StatefulSet, DaemonSet.
//! Models k8s.io/api/apps/v1/types.go (v1.36)

use serde_json::Value;

use crate::core::PersistentVolumeClaim;
use crate::core::PodTemplateSpec;
use crate::intstr::IntOrString;
use crate::meta::{LabelSelector, ObjectMeta, Time};

crate::record! {
    /// Pods that are replaced in steps.
    Deployment {
        metadata: ObjectMeta = "metadata" always,
        spec: DeploymentSpec = "spec" always,
        status: DeploymentStatus = "status" always,
    }
    /// What it shall be.
    DeploymentSpec {
        replicas: Option<i32> = "replicas",
        selector: Option<LabelSelector> = "selector" always,
        template: PodTemplateSpec = "template" always,
        strategy: DeploymentStrategy = "strategy" always,
        min_ready_seconds: i32 = "minReadySeconds",
        revision_history_limit: Option<i32> = "revisionHistoryLimit",
        paused: bool = "paused",
        progress_deadline_seconds: Option<i32> = "progressDeadlineSeconds",
    }
    /// How Pods are replaced.
    DeploymentStrategy {
        type_: String = "type",
        rolling_update: Option<RollingUpdateDeployment> = "rollingUpdate",
    }
    /// How many at a time.
    RollingUpdateDeployment {
        max_unavailable: Option<IntOrString> = "maxUnavailable",
        max_surge: Option<IntOrString> = "maxSurge",
    }
    /// How it fares.
    DeploymentStatus {
        observed_generation: i64 = "observedGeneration",
        replicas: i32 = "replicas",
        updated_replicas: i32 = "updatedReplicas",
        ready_replicas: i32 = "readyReplicas",
        available_replicas: i32 = "availableReplicas",
        unavailable_replicas: i32 = "unavailableReplicas",
        terminating_replicas: Option<i32> = "terminatingReplicas",
        conditions: Vec<DeploymentCondition> = "conditions",
        collision_count: Option<i32> = "collisionCount",
    }
    /// One yes-or-no fact about it.
    DeploymentCondition {
        type_: String = "type" always,
        status: String = "status" always,
        last_update_time: Option<Time> = "lastUpdateTime" always,
        last_transition_time: Option<Time> = "lastTransitionTime" always,
        reason: String = "reason",
        message: String = "message",
    }
    /// A number of equal Pods.
    ReplicaSet {
        metadata: ObjectMeta = "metadata" always,
        spec: ReplicaSetSpec = "spec" always,
        status: ReplicaSetStatus = "status" always,
    }
    /// What it shall be.
    ReplicaSetSpec {
        replicas: Option<i32> = "replicas",
        min_ready_seconds: i32 = "minReadySeconds",
        selector: Option<LabelSelector> = "selector" always,
        template: PodTemplateSpec = "template" always,
    }
    /// How it fares.
    ReplicaSetStatus {
        replicas: i32 = "replicas" always,
        fully_labeled_replicas: i32 = "fullyLabeledReplicas",
        ready_replicas: i32 = "readyReplicas",
        available_replicas: i32 = "availableReplicas",
        terminating_replicas: Option<i32> = "terminatingReplicas",
        observed_generation: i64 = "observedGeneration",
        conditions: Vec<ReplicaSetCondition> = "conditions",
    }
    /// One yes-or-no fact about it.
    ReplicaSetCondition {
        type_: String = "type" always,
        status: String = "status" always,
        last_transition_time: Option<Time> = "lastTransitionTime" always,
        reason: String = "reason",
        message: String = "message",
    }
    /// Pods with names and storage of their own.
    StatefulSet {
        metadata: ObjectMeta = "metadata" always,
        spec: StatefulSetSpec = "spec" always,
        status: StatefulSetStatus = "status" always,
    }
    /// What it shall be.
    StatefulSetSpec {
        replicas: Option<i32> = "replicas",
        selector: Option<LabelSelector> = "selector" always,
        template: PodTemplateSpec = "template" always,
        volume_claim_templates: Vec<PersistentVolumeClaim> = "volumeClaimTemplates",
        service_name: String = "serviceName" always,
        pod_management_policy: String = "podManagementPolicy",
        update_strategy: StatefulSetUpdateStrategy = "updateStrategy" always,
        revision_history_limit: Option<i32> = "revisionHistoryLimit",
        min_ready_seconds: i32 = "minReadySeconds",
        persistent_volume_claim_retention_policy: Option<StatefulSetPersistentVolumeClaimRetentionPolicy> = "persistentVolumeClaimRetentionPolicy",
        ordinals: Option<StatefulSetOrdinals> = "ordinals",
    }
    /// How its Pods are replaced.
    StatefulSetUpdateStrategy {
        type_: String = "type",
        rolling_update: Option<RollingUpdateStatefulSetStrategy> = "rollingUpdate",
    }
    /// How many at a time, and from where.
    RollingUpdateStatefulSetStrategy {
        partition: Option<i32> = "partition",
        max_unavailable: Option<IntOrString> = "maxUnavailable",
    }
    /// What becomes of its claims.
    StatefulSetPersistentVolumeClaimRetentionPolicy {
        when_deleted: String = "whenDeleted",
        when_scaled: String = "whenScaled",
    }
    /// Where counting starts.
    StatefulSetOrdinals {
        start: i32 = "start" always,
    }
    /// How it fares.
    StatefulSetStatus {
        observed_generation: i64 = "observedGeneration",
        replicas: i32 = "replicas" always,
        ready_replicas: i32 = "readyReplicas",
        current_replicas: i32 = "currentReplicas",
        updated_replicas: i32 = "updatedReplicas",
        current_revision: String = "currentRevision",
        update_revision: String = "updateRevision",
        collision_count: Option<i32> = "collisionCount",
        conditions: Vec<Value> = "conditions",
        available_replicas: i32 = "availableReplicas" always,
    }
    /// One Pod on each node.
    DaemonSet {
        metadata: ObjectMeta = "metadata" always,
        spec: DaemonSetSpec = "spec" always,
        status: DaemonSetStatus = "status" always,
    }
    /// What it shall be.
    DaemonSetSpec {
        selector: Option<LabelSelector> = "selector" always,
        template: PodTemplateSpec = "template" always,
        update_strategy: DaemonSetUpdateStrategy = "updateStrategy" always,
        min_ready_seconds: i32 = "minReadySeconds",
        revision_history_limit: Option<i32> = "revisionHistoryLimit",
    }
    /// How its Pods are replaced.
    DaemonSetUpdateStrategy {
        type_: String = "type",
        rolling_update: Option<RollingUpdateDaemonSet> = "rollingUpdate",
    }
    /// How many at a time.
    RollingUpdateDaemonSet {
        max_unavailable: Option<IntOrString> = "maxUnavailable",
        max_surge: Option<IntOrString> = "maxSurge",
    }
    /// How it fares.
    DaemonSetStatus {
        current_number_scheduled: i32 = "currentNumberScheduled" always,
        number_misscheduled: i32 = "numberMisscheduled" always,
        desired_number_scheduled: i32 = "desiredNumberScheduled" always,
        number_ready: i32 = "numberReady" always,
        observed_generation: i64 = "observedGeneration",
        updated_number_scheduled: i32 = "updatedNumberScheduled",
        number_available: i32 = "numberAvailable",
        number_unavailable: i32 = "numberUnavailable",
        collision_count: Option<i32> = "collisionCount",
        conditions: Vec<Value> = "conditions",
    }
    /// A former state of a StatefulSet or DaemonSet.
    ControllerRevision {
        metadata: ObjectMeta = "metadata" always,
        data: Value = "data",
        revision: i64 = "revision" always,
    }
}
