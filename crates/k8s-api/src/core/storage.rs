//! Persistent volumes and claims.
//! Models k8s.io/api/core/v1/types.go (v1.36)

use std::collections::BTreeMap;

use serde_json::Value;

use crate::core::ObjectReference;
use crate::core::ResourceList;
use crate::core::{HostPathVolumeSource, NFSVolumeSource};
use crate::meta::{LabelSelector, ObjectMeta, Time};

crate::record! {
    /// A wish for storage.
    PersistentVolumeClaim {
        metadata: ObjectMeta = "metadata" always,
        spec: PersistentVolumeClaimSpec = "spec" always,
        status: PersistentVolumeClaimStatus = "status" always,
    }
    /// What is wished for.
    PersistentVolumeClaimSpec {
        access_modes: Vec<String> = "accessModes",
        selector: Option<LabelSelector> = "selector",
        resources: VolumeResourceRequirements = "resources" always,
        volume_name: String = "volumeName",
        storage_class_name: Option<String> = "storageClassName",
        volume_mode: Option<String> = "volumeMode",
        data_source: Option<TypedLocalObjectReference> = "dataSource",
        data_source_ref: Option<Value> = "dataSourceRef",
        volume_attributes_class_name: Option<String> = "volumeAttributesClassName",
    }
    /// How much of it.
    VolumeResourceRequirements {
        limits: ResourceList = "limits",
        requests: ResourceList = "requests",
    }
    /// An object of some kind in the same namespace.
    TypedLocalObjectReference {
        api_group: Option<String> = "apiGroup" always,
        kind: String = "kind" always,
        name: String = "name" always,
    }
    /// What came of it.
    PersistentVolumeClaimStatus {
        phase: String = "phase",
        access_modes: Vec<String> = "accessModes",
        capacity: ResourceList = "capacity",
        conditions: Vec<Value> = "conditions",
        allocated_resources: ResourceList = "allocatedResources",
        allocated_resource_statuses: BTreeMap<String, String> = "allocatedResourceStatuses",
        current_volume_attributes_class_name: Option<String> = "currentVolumeAttributesClassName",
        modify_volume_status: Option<Value> = "modifyVolumeStatus",
    }
    /// A piece of storage.
    PersistentVolume {
        metadata: ObjectMeta = "metadata" always,
        spec: PersistentVolumeSpec = "spec" always,
        status: PersistentVolumeStatus = "status" always,
    }
    /// What it is.
    PersistentVolumeSpec {
        capacity: ResourceList = "capacity",
        gce_persistent_disk: Option<Value> = "gcePersistentDisk",
        aws_elastic_block_store: Option<Value> = "awsElasticBlockStore",
        host_path: Option<HostPathVolumeSource> = "hostPath",
        glusterfs: Option<Value> = "glusterfs",
        nfs: Option<NFSVolumeSource> = "nfs",
        rbd: Option<Value> = "rbd",
        iscsi: Option<Value> = "iscsi",
        cinder: Option<Value> = "cinder",
        cephfs: Option<Value> = "cephfs",
        fc: Option<Value> = "fc",
        flocker: Option<Value> = "flocker",
        flex_volume: Option<Value> = "flexVolume",
        azure_file: Option<Value> = "azureFile",
        vsphere_volume: Option<Value> = "vsphereVolume",
        quobyte: Option<Value> = "quobyte",
        azure_disk: Option<Value> = "azureDisk",
        photon_persistent_disk: Option<Value> = "photonPersistentDisk",
        portworx_volume: Option<Value> = "portworxVolume",
        scale_io: Option<Value> = "scaleIO",
        local: Option<Value> = "local",
        storageos: Option<Value> = "storageos",
        csi: Option<Value> = "csi",
        access_modes: Vec<String> = "accessModes",
        claim_ref: Option<ObjectReference> = "claimRef",
        persistent_volume_reclaim_policy: String = "persistentVolumeReclaimPolicy",
        storage_class_name: String = "storageClassName",
        mount_options: Vec<String> = "mountOptions",
        volume_mode: Option<String> = "volumeMode",
        node_affinity: Option<Value> = "nodeAffinity",
        volume_attributes_class_name: Option<String> = "volumeAttributesClassName",
    }
    /// How it fares.
    PersistentVolumeStatus {
        phase: String = "phase",
        message: String = "message",
        reason: String = "reason",
        last_phase_transition_time: Option<Time> = "lastPhaseTransitionTime",
    }
}
