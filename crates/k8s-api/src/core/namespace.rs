//! Namespaces and their bounds.
//! Models k8s.io/api/core/v1/types.go (v1.36)

use serde_json::Value;

use crate::core::ResourceList;
use crate::meta::ObjectMeta;

crate::record! {
    /// A room for names.
    Namespace {
        metadata: ObjectMeta = "metadata" always,
        spec: NamespaceSpec = "spec" always,
        status: NamespaceStatus = "status" always,
    }
    /// What must happen before it goes.
    NamespaceSpec {
        finalizers: Vec<String> = "finalizers",
    }
    /// Whether it is going.
    NamespaceStatus {
        phase: String = "phase",
        conditions: Vec<Value> = "conditions",
    }
    /// Bounds and defaults for what is created in a namespace.
    LimitRange {
        metadata: ObjectMeta = "metadata" always,
        spec: LimitRangeSpec = "spec" always,
    }
    /// Those bounds.
    LimitRangeSpec {
        limits: Vec<LimitRangeItem> = "limits" always,
    }
    /// Bounds for one sort of thing.
    LimitRangeItem {
        type_: String = "type" always,
        max: ResourceList = "max",
        min: ResourceList = "min",
        default: ResourceList = "default",
        default_request: ResourceList = "defaultRequest",
        max_limit_request_ratio: ResourceList = "maxLimitRequestRatio",
    }
    /// How much a namespace may use altogether.
    ResourceQuota {
        metadata: ObjectMeta = "metadata" always,
        spec: ResourceQuotaSpec = "spec" always,
        status: ResourceQuotaStatus = "status" always,
    }
    /// Those limits.
    ResourceQuotaSpec {
        hard: ResourceList = "hard",
        scopes: Vec<String> = "scopes",
        scope_selector: Option<Value> = "scopeSelector",
    }
    /// What is used.
    ResourceQuotaStatus {
        hard: ResourceList = "hard",
        used: ResourceList = "used",
    }
}
