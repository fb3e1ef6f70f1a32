//! Volumes and their sources.
//! Models pkg/apis/core/validation/validation.go (v1.36)

use serde_json::Value;

use crate::core::{
    DownwardAPIVolumeFile, HostPathVolumeSource, KeyToPath, NFSVolumeSource, PersistentVolumeClaimSpec,
    PodSpec, ProjectedVolumeSource, Volume,
};
use crate::meta::ObjectMeta;
use crate::small::Names;

use super::certificates;
use super::container::{object_field, pull_policy, resource_field};
use super::field::{ErrorList, Path};
use super::meta;
use super::names;
use super::old_volumes;
use super::options::Options;
use super::resources;

const FILE_MODE: &str = "must be a number between 0 and 0777 (octal), both inclusive";
const ONE_SOURCE: &str = "may not specify more than 1 volume type";
const DOWNWARD_FIELDS: [&str; 5] =
    ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
const HOST_PATH_TYPES: [&str; 8] =
    ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
const ACCESS_MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

/// Checks the volumes of a Pod; the names of the sound ones, and where they stand.
/// Models ValidateVolumes
pub(super) fn volumes(
    spec: &PodSpec,
    pod: Option<&ObjectMeta>,
    options: &Options,
    path: &Path,
    errors: &mut ErrorList,
) -> Names {
    let mut sound = Names::default();
    let pod_name = pod.map_or("", |meta| meta.name.as_str());
    let mut own_claims = Names::default();
    for volume in &spec.volumes {
        if volume.ephemeral.is_some() && !pod_name.is_empty() {
            own_claims.insert(&format!("{pod_name}-{}", volume.name));
        }
    }
    for (i, volume) in spec.volumes.iter().enumerate() {
        let path = path.index(i);
        let before = errors.0.len();
        source(volume, pod, options, &path, errors);
        let name = path.child("name");
        if volume.name.is_empty() {
            errors.required(&name, "");
        } else {
            errors.check(&name, &volume.name, names::dns1123_label);
        }
        if sound.contains(&volume.name) {
            errors.duplicate(&name, &volume.name);
        }
        if errors.0.len() == before {
            sound.set(&volume.name, i);
        }
        if let Some(claim) =
            volume.persistent_volume_claim.as_ref().filter(|c| own_claims.contains(&c.claim_name))
        {
            let words = "must not reference a PVC that gets created for an ephemeral volume";
            errors.invalid(&path.child("persistentVolumeClaim").child("claimName"), &claim.claim_name, words);
        }
    }
    sound
}

fn source(volume: &Volume, pod: Option<&ObjectMeta>, options: &Options, path: &Path, errors: &mut ErrorList) {
    let pod_name = pod.map_or("", |meta| meta.name.as_str());
    let mut found = false;
    if let Some(empty) = &volume.empty_dir {
        found = true;
        if empty.size_limit.as_ref().is_some_and(|size| size.sign() < 0) {
            let words = "SizeLimit field must be a valid resource quantity";
            errors.forbidden(&path.child("emptyDir").child("sizeLimit"), words);
        }
    }
    // The order in which the API server looks at them; the names in messages are not always the fields'.
    type Check<'a> = (&'static str, bool, &'a dyn Fn(&Path, &mut ErrorList));
    let given = |value: &Option<Box<Value>>| value.is_some();
    let old = |name: &str, value: &Option<Box<Value>>, path: &Path, errors: &mut ErrorList| {
        if let Some(value) = value {
            old_volumes::check(name, value, path, errors);
        }
    };
    let checks: [Check<'_>; 29] = [
        ("hostPath", volume.host_path.is_some(), &|path, errors| {
            volume.host_path.iter().for_each(|host| host_path(host, path, errors));
        }),
        ("gitRepo", given(&volume.git_repo), &|path, errors| git_repo(volume, path, errors)),
        ("gcePersistentDisk", given(&volume.gce_persistent_disk), &|path, errors| {
            old("gcePersistentDisk", &volume.gce_persistent_disk, path, errors);
        }),
        ("awsElasticBlockStore", given(&volume.aws_elastic_block_store), &|path, errors| {
            old("awsElasticBlockStore", &volume.aws_elastic_block_store, path, errors);
        }),
        ("secret", volume.secret.is_some(), &|path, errors| secret(volume, path, errors)),
        ("nfs", volume.nfs.is_some(), &|path, errors| {
            volume.nfs.iter().for_each(|source| nfs(source, path, errors));
        }),
        ("iscsi", given(&volume.iscsi), &|path, errors| old("iscsi", &volume.iscsi, path, errors)),
        ("glusterfs", given(&volume.glusterfs), &|path, errors| {
            old("glusterfs", &volume.glusterfs, path, errors);
        }),
        ("flocker", given(&volume.flocker), &|path, errors| old("flocker", &volume.flocker, path, errors)),
        ("persistentVolumeClaim", volume.persistent_volume_claim.is_some(), &|path, errors| {
            if volume.persistent_volume_claim.as_ref().is_some_and(|claim| claim.claim_name.is_empty()) {
                errors.required(&path.child("claimName"), "");
            }
        }),
        ("rbd", given(&volume.rbd), &|path, errors| old("rbd", &volume.rbd, path, errors)),
        ("cinder", given(&volume.cinder), &|path, errors| old("cinder", &volume.cinder, path, errors)),
        ("cephFS", given(&volume.cephfs), &|path, errors| old("cephfs", &volume.cephfs, path, errors)),
        ("quobyte", given(&volume.quobyte), &|path, errors| old("quobyte", &volume.quobyte, path, errors)),
        ("downwarAPI", volume.downward_api.is_some(), &|_, errors| {
            let Some(downward) = &volume.downward_api else { return };
            let path = path.child("downwardAPI");
            mode(downward.default_mode, &path.child("defaultMode"), errors);
            downward.items.iter().for_each(|file| downward_file(file, &path, errors));
        }),
        ("fc", given(&volume.fc), &|path, errors| old("fc", &volume.fc, path, errors)),
        ("flexVolume", given(&volume.flex_volume), &|path, errors| {
            old("flexVolume", &volume.flex_volume, path, errors);
        }),
        ("configMap", volume.config_map.is_some(), &|path, errors| config_map(volume, path, errors)),
        ("azureFile", given(&volume.azure_file), &|path, errors| {
            old("azureFile", &volume.azure_file, path, errors);
        }),
        ("vsphereVolume", given(&volume.vsphere_volume), &|path, errors| {
            old("vsphereVolume", &volume.vsphere_volume, path, errors);
        }),
        ("photonPersistentDisk", given(&volume.photon_persistent_disk), &|path, errors| {
            old("photonPersistentDisk", &volume.photon_persistent_disk, path, errors);
        }),
        ("portworxVolume", given(&volume.portworx_volume), &|path, errors| {
            old("portworxVolume", &volume.portworx_volume, path, errors);
        }),
        ("azureDisk", given(&volume.azure_disk), &|path, errors| {
            old("azureDisk", &volume.azure_disk, path, errors);
        }),
        ("storageos", given(&volume.storageos), &|path, errors| {
            old("storageos", &volume.storageos, path, errors);
        }),
        ("projected", volume.projected.is_some(), &|path, errors| {
            let Some(projected) = &volume.projected else { return };
            mode(projected.default_mode, &path.child("defaultMode"), errors);
            self::projected(projected, options, path, errors);
        }),
        ("scaleIO", given(&volume.scale_io), &|path, errors| old("scaleIO", &volume.scale_io, path, errors)),
        ("csi", given(&volume.csi), &|path, errors| csi(volume, path, errors)),
        ("ephemeral", volume.ephemeral.is_some(), &|path, errors| ephemeral(volume, path, errors)),
        ("image", volume.image.is_some(), &|path, errors| {
            let Some(image) = &volume.image else { return };
            if pod.is_some() && image.reference.is_empty() {
                errors.required(&path.child("reference"), "");
            }
            pull_policy(&image.pull_policy, &path.child("pullPolicy"), errors);
        }),
    ];
    for (name, _, check) in checks.iter().filter(|(_, given, _)| *given) {
        if found {
            errors.forbidden(&path.child(name), ONE_SOURCE);
            continue;
        }
        found = true;
        // The names that differ between the two messages.
        let own = match *name {
            "cephFS" => "cephfs",
            "gcePersistentDisk" => "persistentDisk",
            other => other,
        };
        check(&path.child(own), errors);
        if *name == "ephemeral" && !pod_name.is_empty() && !volume.name.is_empty() {
            let claim = format!("{pod_name}-{}", volume.name);
            for message in names::dns1123_subdomain(&claim) {
                errors.invalid(
                    &path.child("name"),
                    &volume.name,
                    &format!("PVC name {}: {message}", crate::print::quote(&claim)),
                );
            }
        }
    }
    if let Some(iscsi) = volume.iscsi.as_ref().filter(|iscsi| iscsi["initiatorName"].is_string()) {
        let portal = iscsi["targetPortal"].as_str().unwrap_or("");
        if volume.name.len() + 1 + portal.len() > 64 {
            const WORDS: &str = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if \
                                 iscsi.initiatorName is specified.";
            errors.invalid(&path.child("name"), &volume.name, WORDS);
        }
    }
    if !found {
        errors.required(path, "must specify a volume type");
    }
}

fn mode(mode: Option<i32>, path: &Path, errors: &mut ErrorList) {
    if let Some(mode) = mode.filter(|mode| !(0..=0o777).contains(mode)) {
        errors.invalid(path, mode, FILE_MODE);
    }
}

pub(super) fn host_path(host: &HostPathVolumeSource, path: &Path, errors: &mut ErrorList) {
    if host.path.is_empty() {
        errors.required(&path.child("path"), "");
        return;
    }
    no_backsteps(&host.path, &path.child("path"), errors);
    if let Some(kind) = host.type_.as_ref().filter(|kind| !HOST_PATH_TYPES.contains(&kind.as_str())) {
        errors.not_supported(&path.child("type"), kind, &HOST_PATH_TYPES);
    }
}

fn git_repo(volume: &Volume, path: &Path, errors: &mut ErrorList) {
    let text = |key: &str| volume.git_repo.as_ref().and_then(|repo| repo[key].as_str()).unwrap_or("");
    if text("repository").is_empty() {
        errors.required(&path.child("repository"), "");
    }
    descending_path(text("directory"), &path.child("directory"), errors);
}

fn secret(volume: &Volume, path: &Path, errors: &mut ErrorList) {
    let Some(secret) = &volume.secret else { return };
    if secret.secret_name.is_empty() {
        errors.required(&path.child("secretName"), "");
    }
    mode(secret.default_mode, &path.child("defaultMode"), errors);
    keys(&secret.items, &path.child("items"), errors);
}

fn config_map(volume: &Volume, path: &Path, errors: &mut ErrorList) {
    let Some(map) = &volume.config_map else { return };
    if map.name.is_empty() {
        errors.required(&path.child("name"), "");
    }
    mode(map.default_mode, &path.child("defaultMode"), errors);
    keys(&map.items, &path.child("items"), errors);
}

pub(super) fn nfs(nfs: &NFSVolumeSource, path: &Path, errors: &mut ErrorList) {
    if nfs.server.is_empty() {
        errors.required(&path.child("server"), "");
    }
    if nfs.path.is_empty() {
        errors.required(&path.child("path"), "");
    }
    if !nfs.path.starts_with('/') {
        errors.invalid(&path.child("path"), &nfs.path, "must be an absolute path");
    }
}

fn csi(volume: &Volume, path: &Path, errors: &mut ErrorList) {
    let Some(csi) = &volume.csi else { return };
    csi_driver(csi["driver"].as_str().unwrap_or(""), path, errors);
    let secret = &csi["nodePublishSecretRef"];
    match secret["name"].as_str().unwrap_or("") {
        _ if secret.is_null() => {}
        "" => errors.required(&path.child("nodePublishSecretRef").child("name"), ""),
        name => errors.check(&path.child("name"), name, names::dns1123_subdomain),
    }
}

/// Models ValidateCSIDriverName
pub(super) fn csi_driver(driver: &str, path: &Path, errors: &mut ErrorList) {
    if driver.is_empty() {
        errors.required(&path.child("driver"), "");
    } else {
        if driver.len() > 63 {
            errors.too_long(&path.child("driver"), 63);
        }
        errors.invalid_each(
            &path.child("driver"),
            driver,
            &names::dns1123_subdomain(&driver.to_ascii_lowercase()),
        );
    }
}

fn keys(items: &[KeyToPath], path: &Path, errors: &mut ErrorList) {
    items.iter().enumerate().for_each(|(i, item)| key_to_path(item, &path.index(i), errors));
}

fn key_to_path(item: &KeyToPath, path: &Path, errors: &mut ErrorList) {
    if item.key.is_empty() {
        errors.required(&path.child("key"), "");
    }
    if item.path.is_empty() {
        errors.required(&path.child("path"), "");
    }
    non_reserved_path(&item.path, &path.child("path"), errors);
    mode(item.mode, &path.child("mode"), errors);
}

fn downward_file(file: &DownwardAPIVolumeFile, path: &Path, errors: &mut ErrorList) {
    if file.path.is_empty() {
        errors.required(&path.child("path"), "");
    }
    non_reserved_path(&file.path, &path.child("path"), errors);
    match (&file.field_ref, &file.resource_field_ref) {
        (Some(field), resource) => {
            object_field(field, &DOWNWARD_FIELDS, &path.child("fieldRef"), errors);
            if resource.is_some() {
                let words = "fieldRef and resourceFieldRef can not be specified simultaneously";
                errors.invalid(path, "resource", words);
            }
        }
        (None, Some(resource)) => resource_field(resource, &path.child("resourceFieldRef"), true, errors),
        (None, None) => errors.required(path, "one of fieldRef and resourceFieldRef is required"),
    }
    mode(file.mode, &path.child("mode"), errors);
}

/// Checks the paths of tokens. Models hasNonLocalProjectedTokenPath
pub(super) fn token_paths(spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    let projected = spec.volumes.iter().filter_map(|volume| volume.projected.as_ref());
    for token in projected.flat_map(|p| &p.sources).filter_map(|s| s.service_account_token.as_ref()) {
        non_reserved_path(&token.path, path, errors);
    }
}

/// Checks the sources of a projected volume. Models validateProjectionSources
fn projected(projected: &ProjectedVolumeSource, options: &Options, path: &Path, errors: &mut ErrorList) {
    let mut paths = Names::default();
    const TWICE: &str = "conflicting duplicate paths";
    for (i, source) in projected.sources.iter().enumerate() {
        let path_i = path.child("sources").index(i);
        let mut count = 0;
        let keyed = [
            ("secret", source.secret.as_ref().map(|secret| (&secret.name, &secret.items))),
            ("configMap", source.config_map.as_ref().map(|map| (&map.name, &map.items))),
        ];
        for (field, keyed) in keyed {
            let Some((name, items)) = keyed else { continue };
            count += 1;
            let path_source = path_i.child(field);
            if name.is_empty() {
                errors.required(&path_source.child("name"), "");
            }
            for (j, item) in items.iter().enumerate() {
                key_to_path(item, &path_source.child("items").index(j), errors);
                if !item.path.is_empty() && !paths.insert(&item.path) {
                    errors.invalid(path, name, TWICE);
                }
            }
        }
        if let Some(downward) = &source.downward_api {
            count += 1;
            for file in &downward.items {
                downward_file(file, &path_i.child("downwardAPI"), errors);
                if !file.path.is_empty() && !paths.insert(&file.path) {
                    errors.invalid(path, &file.path, TWICE);
                }
            }
        }
        if let Some(token) = &source.service_account_token {
            count += 1;
            let expiration = path_i.child("serviceAccountToken").child("expirationSeconds");
            let seconds = token.expiration_seconds.unwrap_or(0);
            if seconds < 600 {
                errors.invalid(&expiration, seconds, "may not specify a duration less than 10 minutes");
            }
            if seconds > 1 << 32 {
                errors.invalid(&expiration, seconds, "may not specify a duration larger than 2^32 seconds");
            }
            if token.path.is_empty() {
                errors.required(&path.child("path"), "");
            } else if !options.foreign_token_paths {
                non_reserved_path(&token.path, &path.child("path"), errors);
            }
        }
        if let Some(bundle) = &source.cluster_trust_bundle {
            count += 1;
            let path_source = path_i.child("clusterTrustBundle");
            certificates::trust_bundle(bundle, &mut paths, path, &path_source, errors);
        }
        if let Some(certificate) = &source.pod_certificate {
            count += 1;
            let path_source = path_i.child("podCertificate");
            certificates::pod_certificate(certificate, &mut paths, path, &path_source, errors);
        }
        if count > 1 {
            errors.forbidden(&path_i, "may not specify more than 1 volume type per source");
        }
    }
}

fn ephemeral(volume: &Volume, path: &Path, errors: &mut ErrorList) {
    let Some(ephemeral) = &volume.ephemeral else { return };
    let path = path.child("volumeClaimTemplate");
    let Some(template) = ephemeral.volume_claim_template.as_ref() else {
        errors.required(&path, "");
        return;
    };
    let path_meta = path.child("metadata");
    let metadata = ObjectMeta::from_value(&template["metadata"]);
    meta::annotations(&metadata.annotations, &path_meta.child("annotations"), errors);
    meta::labels(&metadata.labels, &path_meta.child("labels"), errors);
    // Only labels and annotations may be given; the order is that of Go's structure.
    let fields = [
        "name",
        "generateName",
        "namespace",
        "selfLink",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "ownerReferences",
        "finalizers",
        "managedFields",
    ];
    for field in fields {
        let empty = match &template["metadata"][field] {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Number(number) => number.as_i64() == Some(0),
            Value::Bool(_) | Value::Object(_) => false,
        };
        if !empty {
            let name = if field == "uid" { "uID" } else { field };
            errors.forbidden(&path_meta.child(name), "cannot be set");
        }
    }
    let spec = PersistentVolumeClaimSpec::from_value(&template["spec"]);
    claim_spec(&spec, &path.child("spec"), errors);
}

/// Checks ways of access, of which one excludes the others.
pub(super) fn access_modes(modes: &[String], path: &Path, errors: &mut ErrorList) {
    let (mut once, mut other) = (false, false);
    for mode in modes {
        if !ACCESS_MODES.contains(&mode.as_str()) {
            errors.not_supported(path, mode, &ACCESS_MODES);
        } else if mode == "ReadWriteOncePod" {
            once = true;
        } else {
            other = true;
        }
    }
    if once && other {
        errors.forbidden(path, "may not use ReadWriteOncePod with other access modes");
    }
}

/// Checks the wish for storage. Models ValidatePersistentVolumeClaimSpec
pub(super) fn claim_spec(spec: &PersistentVolumeClaimSpec, path: &Path, errors: &mut ErrorList) {
    let path_modes = path.child("accessModes");
    if spec.access_modes.is_empty() {
        errors.required(&path_modes, "at least 1 access mode is required");
    }
    if let Some(selector) = &spec.selector {
        meta::label_selector(selector, &path.child("selector"), errors);
    }
    access_modes(&spec.access_modes, &path_modes, errors);
    let storage = path.child("resources").key("storage");
    match spec.resources.requests.get("storage") {
        None => errors.required(&storage, ""),
        Some(amount) if amount.sign() <= 0 => {
            errors.invalid(&storage, &amount.to_string(), "must be greater than zero");
        }
        Some(amount) => resources::amount("storage", amount, &storage, errors),
    }
    if let Some(class) = spec.storage_class_name.as_ref().filter(|class| !class.is_empty()) {
        errors.check(&path.child("storageClassName"), class, names::dns1123_subdomain);
    }
    if let Some(mode) =
        spec.volume_mode.as_ref().filter(|mode| !matches!(mode.as_str(), "Block" | "Filesystem"))
    {
        errors.not_supported(&path.child("volumeMode"), mode, &["Block", "Filesystem"]);
    }
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or("").to_string();
    let source = spec.data_source.as_ref().map(|source| {
        serde_json::json!({
            "apiGroup": source.api_group, "kind": source.kind, "name": source.name,
        })
    });
    let reference = spec.data_source_ref.clone();
    for (field, value) in [("dataSource", &source), ("dataSourceRef", &reference)] {
        let Some(value) = value else { continue };
        let path = path.child(field);
        for key in ["name", "kind"] {
            if text(value, key).is_empty() {
                errors.required(&path.child(key), "");
            }
        }
        let group = text(value, "apiGroup");
        if group.is_empty() && text(value, "kind") != "PersistentVolumeClaim" {
            let words = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
            errors.invalid(&path, &text(value, "kind"), words);
        }
        if !group.is_empty() {
            errors.check(&path.child("apiGroup"), &group, names::dns1123_subdomain);
        }
        let namespace = text(value, "namespace");
        if !namespace.is_empty() {
            errors.check(&path.child("namespace"), &namespace, names::dns1123_label);
        }
    }
    if let (Some(source), Some(reference)) = (&source, &reference) {
        let empty = Value::Object(serde_json::Map::new());
        let same = ["apiGroup", "kind", "name"].iter().all(|key| text(source, key) == text(reference, key));
        if !text(reference, "namespace").is_empty() {
            errors.invalid(path, &empty, "may not be specified when dataSourceRef.namespace is specified");
        } else if !same {
            errors.invalid(path, &empty, "must match dataSourceRef");
        }
    }
    if let Some(class) = spec.volume_attributes_class_name.as_ref().filter(|class| !class.is_empty()) {
        errors.check(&path.child("volumeAttributesClassName"), class, names::dns1123_subdomain);
    }
}

/// Whether a path goes up somewhere.
pub(super) fn has_backsteps(text: &str) -> bool {
    text.split('/').any(|part| part == "..")
}

/// Refuses paths that go up.
pub(super) fn no_backsteps(text: &str, path: &Path, errors: &mut ErrorList) {
    if has_backsteps(text) {
        errors.invalid(path, text, "must not contain '..'");
    }
}

/// Refuses paths that are absolute or go up.
pub(super) fn descending_path(text: &str, path: &Path, errors: &mut ErrorList) {
    if text.starts_with('/') {
        errors.invalid(path, text, "must be a relative path");
    }
    no_backsteps(text, path, errors);
}

/// Refuses also names that begin with two dots: the kubelet keeps its own files there.
pub(super) fn non_reserved_path(text: &str, path: &Path, errors: &mut ErrorList) {
    descending_path(text, path, errors);
    if text.starts_with("..") && !text.starts_with("../") {
        errors.invalid(path, text, "must not start with '..'");
    }
}
