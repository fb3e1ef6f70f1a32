//! Persistent volumes, storage classes, and what may change in them and in claims.
//! Models pkg/apis/{core,storage}/validation/validation.go (v1.36)

use serde_json::Value;

use crate::core::{NodeSelector, PersistentVolumeSpec};
use crate::internal;
use crate::quantity::Quantity;
use crate::record::Field;
use crate::small::Names;

use super::field::{ErrorList, Path};
use super::update::{IMMUTABLE, copy_field};
use super::{choice, list, meta, names, old_volumes, scheduling, text, volume};

/// The sources of a volume in the order in which they are looked at; `cephfs` has two names.
const SOURCES: [&str; 22] = [
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "flocker",
    "nfs",
    "rbd",
    "quobyte",
    "cephfs",
    "iscsi",
    "cinder",
    "fc",
    "flexVolume",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "scaleIO",
    "local",
    "storageos",
    "csi",
];

/// Models ValidatePersistentVolumeSpec
pub(super) fn volume(raw: &Value, errors: &mut ErrorList) {
    let spec = PersistentVolumeSpec::from_value(raw);
    let path = Path::new("spec");
    if spec.access_modes.is_empty() {
        errors.required(&path.child("accessModes"), "");
    }
    volume::access_modes(&spec.access_modes, &path.child("accessModes"), errors);
    let path_capacity = path.child("capacity");
    if spec.capacity.is_empty() {
        errors.required(&path_capacity, "");
    }
    if !spec.capacity.contains_key("storage") || spec.capacity.len() > 1 {
        let shown = if spec.capacity.is_empty() { Value::Null } else { spec.capacity.write() };
        errors.not_supported(&path_capacity, &shown, &["storage"]);
    }
    for (name, amount) in &spec.capacity {
        let path = path_capacity.key(name);
        if amount.sign() < 0 && amount.value() < 0 {
            errors.invalid(&path, amount.value(), "must be a valid resource quantity");
        }
        if amount.sign() <= 0 {
            errors.invalid(&path, &amount.to_string(), "must be greater than zero");
        }
    }
    let path_reclaim = path.child("persistentVolumeReclaimPolicy");
    let reclaim = spec.persistent_volume_reclaim_policy.as_str();
    if !reclaim.is_empty() {
        choice(reclaim, &path_reclaim, &["Delete", "Recycle", "Retain"], errors);
    }
    let affinity = raw["nodeAffinity"].as_object();
    if let Some(affinity) = affinity {
        let path = path.child("nodeAffinity").child("required");
        match affinity.get("required").filter(|required| !required.is_null()) {
            Some(required) => {
                scheduling::node_selector(&NodeSelector::from_value(required), true, &path, errors);
            }
            None => errors.required(&path, "must specify required node constraints"),
        }
    }
    sources(&spec, raw, affinity.is_some(), &path, errors);
    let root =
        |path: &str| path.starts_with('/') && path.split('/').all(|part| matches!(part, "" | "." | ".."));
    if reclaim == "Recycle" && spec.host_path.as_ref().is_some_and(|host| root(&host.path)) {
        errors.forbidden(&path_reclaim, "may not be 'recycle' for a hostPath mount of '/'");
    }
    if !spec.storage_class_name.is_empty() {
        errors.check(&path.child("storageClassName"), &spec.storage_class_name, names::dns1123_subdomain);
    }
    if let Some(mode) = &spec.volume_mode {
        choice(mode, &path.child("volumeMode"), &["Block", "Filesystem"], errors);
    }
    if let Some(class) = &spec.volume_attributes_class_name {
        let path_class = path.child("volumeAttributesClassName");
        if class.is_empty() {
            errors.required(&path_class, "an empty string is disallowed");
        } else {
            errors.check(&path_class, class, names::dns1123_subdomain);
        }
        if spec.csi.is_none() {
            errors.required(&path.child("csi"), "has to be specified when using volumeAttributesClassName");
        }
    }
}

fn sources(
    spec: &PersistentVolumeSpec,
    raw: &Value,
    has_affinity: bool,
    path: &Path,
    errors: &mut ErrorList,
) {
    let mut found = false;
    for name in SOURCES.iter().filter(|name| !raw[**name].is_null()) {
        if found && *name != "flexVolume" {
            let name = if *name == "cephfs" { "cephFS" } else { name };
            errors.forbidden(&path.child(name), "may not specify more than 1 volume type");
            continue;
        }
        found = true;
        let path_source = path.child(if *name == "gcePersistentDisk" { "persistentDisk" } else { name });
        let source = &raw[*name];
        match *name {
            "hostPath" => {
                if let Some(host) = &spec.host_path {
                    volume::host_path(host, &path_source, errors);
                }
            }
            "nfs" => {
                if let Some(nfs) = &spec.nfs {
                    volume::nfs(nfs, &path_source, errors);
                }
            }
            "local" => {
                match text(source, "path") {
                    "" => errors.required(&path_source.child("path"), ""),
                    local => volume::no_backsteps(local, &path_source.child("path"), errors),
                }
                if !has_affinity {
                    errors.required(&path.child("nodeAffinity"), "Local volume requires node affinity");
                }
            }
            "csi" => csi(source, &path_source, errors),
            other => old_volumes::check(other, source, &path_source, errors),
        }
    }
    if !found {
        errors.required(path, "must specify a volume type");
    }
}

/// Models validateCSIPersistentVolumeSource
fn csi(source: &Value, path: &Path, errors: &mut ErrorList) {
    volume::csi_driver(text(source, "driver"), path, errors);
    if text(source, "volumeHandle").is_empty() {
        errors.required(&path.child("volumeHandle"), "");
    }
    for field in [
        "controllerPublishSecretRef",
        "controllerExpandSecretRef",
        "nodePublishSecretRef",
        "nodeExpandSecretRef",
    ] {
        let secret = &source[field];
        let rules: [(&str, meta::NameRule); 2] =
            [("name", names::dns1123_subdomain), ("namespace", names::dns1123_label)];
        for (part, rule) in rules.iter().filter(|_| secret.is_object()) {
            let path = path.child(field).child(part);
            match text(secret, part) {
                "" => errors.required(&path, ""),
                value => errors.check(&path, value, *rule),
            }
        }
    }
}

/// Models ValidatePersistentVolumeUpdate
pub(super) fn volume_update(old: &Value, new: &Value, errors: &mut ErrorList) {
    let (before, after) = (&old["spec"], &new["spec"]);
    if SOURCES.iter().any(|name| before[*name] != after[*name]) {
        let difference = internal::diff("PersistentVolumeSource", before, after);
        let words = format!("spec.persistentvolumesource is immutable after creation\n{difference}");
        errors.forbidden(&Path::new("spec").child("persistentvolumesource"), &words);
    }
    if before["volumeMode"] != after["volumeMode"] {
        errors.invalid(&Path::new("volumeMode"), &after["volumeMode"], IMMUTABLE);
    }
    if !before["nodeAffinity"].is_null() && before["nodeAffinity"] != after["nodeAffinity"] {
        let shown = internal::Text(internal::value("*VolumeNodeAffinity", &after["nodeAffinity"]));
        let words = format!("{IMMUTABLE}, except for updating from beta label to GA");
        errors.invalid(&Path::new("nodeAffinity"), shown, &words);
    }
}

/// Models ValidatePersistentVolumeClaimUpdate
pub(super) fn claim_update(old: &Value, new: &Value, errors: &mut ErrorList) {
    let (before, after) = (&old["spec"], &new["spec"]);
    let (mut known, mut wanted) = (before.clone(), after.clone());
    let take = |to: &mut Value, field: &str, from: &Value| {
        if let Some(map) = to.as_object_mut() {
            copy_field(map, from, field);
        }
    };
    if text(before, "volumeName").is_empty() {
        take(&mut known, "volumeName", after);
    }
    // A class may be named later, once.
    if before["storageClassName"].is_null() {
        take(&mut wanted, "storageClassName", before);
    }
    if new["status"]["phase"] == "Bound" {
        if wanted["resources"]["requests"].is_object() {
            take(&mut wanted["resources"]["requests"], "storage", &before["resources"]["requests"]);
        }
        take(&mut wanted, "volumeAttributesClassName", before);
    }
    if known != wanted {
        let difference = internal::diff("PersistentVolumeClaimSpec", &known, &wanted);
        let words = format!(
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound \
             claims\n{difference}"
        );
        errors.forbidden(&Path::new("spec"), &words);
    }
    let size = |owner: &Value| Quantity::from_value(&owner["storage"]).unwrap_or_default();
    let (had, now) = (size(&before["resources"]["requests"]), size(&after["resources"]["requests"]));
    if now < had && now <= size(&old["status"]["capacity"]) {
        let path = Path::new("spec").child("resources").child("requests").child("storage");
        errors.forbidden(&path, "field can not be less than status.capacity");
    }
    if before["volumeMode"] != after["volumeMode"] {
        errors.invalid(&Path::new("volumeMode"), &after["volumeMode"], IMMUTABLE);
    }
    let current = !old["status"]["currentVolumeAttributesClassName"].is_null();
    let (a, b) = (&before["volumeAttributesClassName"], &after["volumeAttributesClassName"]);
    if a != b && current && (b.is_null() || *b == "") {
        let what = if b.is_null() { "nil" } else { "empty string" };
        let words =
            format!("update to {what} is forbidden when status.currentVolumeAttributesClassName is not nil");
        errors.forbidden(&Path::new("spec").child("volumeAttributesClassName"), &words);
    }
}

/// Models ValidateStorageClass
pub(super) fn class(object: &Value, errors: &mut ErrorList) {
    let path = Path::new("provisioner");
    match text(object, "provisioner") {
        "" => errors.required(&path, ""),
        name => errors.check(&path, &name.to_ascii_lowercase(), names::qualified_name),
    }
    let parameters = object["parameters"].as_object();
    let path = Path::new("parameters");
    if parameters.is_some_and(|all| all.len() > 512) {
        errors.too_long(&path, 512);
    }
    for key in parameters.into_iter().flatten().map(|(key, _)| key).filter(|key| key.is_empty()) {
        errors.invalid(&path, key, "field can not be empty.");
    }
    if let Some(policy) = object["reclaimPolicy"].as_str().filter(|policy| !policy.is_empty()) {
        choice(policy, &Path::new("reclaimPolicy"), &["Delete", "Retain"], errors);
    }
    let path = Path::new("volumeBindingMode");
    match object["volumeBindingMode"].as_str() {
        None => errors.required(&path, ""),
        Some(mode) => choice(mode, &path, &["Immediate", "WaitForFirstConsumer"], errors),
    }
    for (i, term) in list(object, "allowedTopologies").iter().enumerate() {
        let mut seen = Names::default();
        for (j, requirement) in list(term, "matchLabelExpressions").iter().enumerate() {
            let path = Path::new("allowedTopologies").index(i).child("matchLabelExpressions").index(j);
            let values = list(requirement, "values");
            if values.is_empty() {
                errors.required(&path.child("values"), "");
            }
            let mut known = Names::default();
            for (k, value) in values.iter().enumerate() {
                if !known.insert(value.as_str().unwrap_or("")) {
                    errors.duplicate(&path.child("values").index(k), value);
                }
            }
            let key = text(requirement, "key");
            errors.check(&path.child("key"), key, names::qualified_name);
            if !seen.insert(key) {
                errors.duplicate(&path.child("key"), key);
            }
        }
    }
}
