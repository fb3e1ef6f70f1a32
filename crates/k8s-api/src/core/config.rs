//! Configuration: ConfigMaps, Secrets, service accounts.
//! Models k8s.io/api/core/v1/types.go (v1.36)

use std::collections::BTreeMap;

use crate::core::LocalObjectReference;
use crate::core::ObjectReference;
use crate::meta::{ObjectMeta, StringMap};

crate::record! {
    /// Configuration as keys and values.
    ConfigMap {
        metadata: ObjectMeta = "metadata" always,
        immutable: Option<bool> = "immutable",
        data: StringMap = "data",
        binary_data: BTreeMap<String, String> = "binaryData",
    }
    /// The same for what shall not be seen; values in base64.
    Secret {
        metadata: ObjectMeta = "metadata" always,
        immutable: Option<bool> = "immutable",
        data: BTreeMap<String, String> = "data",
        string_data: StringMap = "stringData",
        type_: String = "type",
    }
    /// Who a Pod is for the API server.
    ServiceAccount {
        metadata: ObjectMeta = "metadata" always,
        secrets: Vec<ObjectReference> = "secrets",
        image_pull_secrets: Vec<LocalObjectReference> = "imagePullSecrets",
        automount_service_account_token: Option<bool> = "automountServiceAccountToken",
    }
}
