//! Volumes and where their contents come from.
//! Models k8s.io/api/core/v1/types.go (v1.36)

use serde_json::Value;

use crate::core::{ObjectFieldSelector, ResourceFieldSelector};
use crate::quantity::Quantity;

crate::record! {
    /// A volume of a Pod.
    Volume {
        name: String = "name" always,
        host_path: Option<Box<HostPathVolumeSource>> = "hostPath",
        empty_dir: Option<Box<EmptyDirVolumeSource>> = "emptyDir",
        gce_persistent_disk: Option<Box<Value>> = "gcePersistentDisk",
        aws_elastic_block_store: Option<Box<Value>> = "awsElasticBlockStore",
        git_repo: Option<Box<Value>> = "gitRepo",
        secret: Option<Box<SecretVolumeSource>> = "secret",
        nfs: Option<Box<NFSVolumeSource>> = "nfs",
        iscsi: Option<Box<Value>> = "iscsi",
        glusterfs: Option<Box<Value>> = "glusterfs",
        persistent_volume_claim: Option<Box<PersistentVolumeClaimVolumeSource>> = "persistentVolumeClaim",
        rbd: Option<Box<Value>> = "rbd",
        flex_volume: Option<Box<Value>> = "flexVolume",
        cinder: Option<Box<Value>> = "cinder",
        cephfs: Option<Box<Value>> = "cephfs",
        flocker: Option<Box<Value>> = "flocker",
        downward_api: Option<Box<DownwardAPIVolumeSource>> = "downwardAPI",
        fc: Option<Box<Value>> = "fc",
        azure_file: Option<Box<Value>> = "azureFile",
        config_map: Option<Box<ConfigMapVolumeSource>> = "configMap",
        vsphere_volume: Option<Box<Value>> = "vsphereVolume",
        quobyte: Option<Box<Value>> = "quobyte",
        azure_disk: Option<Box<Value>> = "azureDisk",
        photon_persistent_disk: Option<Box<Value>> = "photonPersistentDisk",
        projected: Option<Box<ProjectedVolumeSource>> = "projected",
        portworx_volume: Option<Box<Value>> = "portworxVolume",
        scale_io: Option<Box<Value>> = "scaleIO",
        storageos: Option<Box<Value>> = "storageos",
        csi: Option<Box<Value>> = "csi",
        ephemeral: Option<Box<EphemeralVolumeSource>> = "ephemeral",
        image: Option<Box<ImageVolumeSource>> = "image",
    }
    /// A path of the node.
    HostPathVolumeSource {
        path: String = "path" always,
        type_: Option<String> = "type",
    }
    /// An empty directory that lives as long as the Pod.
    EmptyDirVolumeSource {
        medium: String = "medium",
        size_limit: Option<Quantity> = "sizeLimit",
    }
    /// The keys of a Secret as files.
    SecretVolumeSource {
        secret_name: String = "secretName",
        items: Vec<KeyToPath> = "items",
        default_mode: Option<i32> = "defaultMode",
        optional: Option<bool> = "optional",
    }
    /// The keys of a ConfigMap as files.
    ConfigMapVolumeSource {
        name: String = "name",
        items: Vec<KeyToPath> = "items",
        default_mode: Option<i32> = "defaultMode",
        optional: Option<bool> = "optional",
    }
    /// One key and the file it becomes.
    KeyToPath {
        key: String = "key" always,
        path: String = "path" always,
        mode: Option<i32> = "mode",
    }
    /// Facts about the Pod as files.
    DownwardAPIVolumeSource {
        items: Vec<DownwardAPIVolumeFile> = "items",
        default_mode: Option<i32> = "defaultMode",
    }
    /// One such file.
    DownwardAPIVolumeFile {
        path: String = "path" always,
        field_ref: Option<ObjectFieldSelector> = "fieldRef",
        resource_field_ref: Option<ResourceFieldSelector> = "resourceFieldRef",
        mode: Option<i32> = "mode",
    }
    /// Several sources in one directory.
    ProjectedVolumeSource {
        sources: Vec<VolumeProjection> = "sources" always,
        default_mode: Option<i32> = "defaultMode",
    }
    /// One of those sources.
    VolumeProjection {
        secret: Option<Box<SecretProjection>> = "secret",
        downward_api: Option<Box<DownwardAPIProjection>> = "downwardAPI",
        config_map: Option<Box<ConfigMapProjection>> = "configMap",
        service_account_token: Option<Box<ServiceAccountTokenProjection>> = "serviceAccountToken",
        cluster_trust_bundle: Option<Box<Value>> = "clusterTrustBundle",
        pod_certificate: Option<Box<Value>> = "podCertificate",
    }
    /// A Secret among them.
    SecretProjection {
        name: String = "name",
        items: Vec<KeyToPath> = "items",
        optional: Option<bool> = "optional",
    }
    /// A ConfigMap among them.
    ConfigMapProjection {
        name: String = "name",
        items: Vec<KeyToPath> = "items",
        optional: Option<bool> = "optional",
    }
    /// Facts about the Pod among them.
    DownwardAPIProjection {
        items: Vec<DownwardAPIVolumeFile> = "items",
    }
    /// A token for the Pod's service account.
    ServiceAccountTokenProjection {
        audience: String = "audience",
        expiration_seconds: Option<i64> = "expirationSeconds",
        path: String = "path" always,
    }
    /// A claim in the same namespace.
    PersistentVolumeClaimVolumeSource {
        claim_name: String = "claimName" always,
        read_only: bool = "readOnly",
    }
    /// A directory of an NFS server.
    NFSVolumeSource {
        server: String = "server" always,
        path: String = "path" always,
        read_only: bool = "readOnly",
    }
    /// The contents of an image.
    ImageVolumeSource {
        reference: String = "reference",
        pull_policy: String = "pullPolicy",
    }
    /// A claim made for this Pod alone.
    EphemeralVolumeSource {
        volume_claim_template: Option<Value> = "volumeClaimTemplate",
    }
}
