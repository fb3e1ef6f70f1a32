//! Volumes of storage systems, each with its own few rules; nothing here mounts them.
//! Models pkg/apis/core/validation/validation.go (v1.36), the functions named validate…VolumeSource

use serde_json::Value;

use super::field::{ErrorList, Path};
use super::names;

fn text<'a>(source: &'a Value, field: &str) -> &'a str {
    source[field].as_str().unwrap_or("")
}

fn is_empty_list(list: &Value) -> bool {
    list.as_array().is_none_or(Vec::is_empty)
}

/// Requires fields that are texts.
fn required(source: &Value, fields: &[&str], path: &Path, errors: &mut ErrorList) {
    for field in fields.iter().filter(|field| text(source, field).is_empty()) {
        errors.required(&path.child(field), "");
    }
}

/// A number from 0 to 255.
fn byte(source: &Value, field: &str, words: Option<&str>, path: &Path, errors: &mut ErrorList) {
    let number = source[field].as_i64().unwrap_or(0);
    for message in names::range(number, 0, 255) {
        errors.invalid(&path.child(field), number, words.unwrap_or(&message));
    }
}

/// A reference to a Secret needs a name.
fn secret_ref(source: &Value, path: &Path, errors: &mut ErrorList) {
    if source["secretRef"].is_object() && text(&source["secretRef"], "name").is_empty() {
        errors.required(&path.child("secretRef").child("name"), "");
    }
}

/// Checks a source by the name of its field; those that have no rules pass.
pub(super) fn check(name: &str, source: &Value, path: &Path, errors: &mut ErrorList) {
    // The words are upstream's, the bounds too.
    const PARTITION: &str = "must be between 1 and 255, inclusive";
    match name {
        "gcePersistentDisk" => {
            required(source, &["pdName"], path, errors);
            byte(source, "partition", Some(PARTITION), path, errors);
        }
        "awsElasticBlockStore" => {
            required(source, &["volumeID"], path, errors);
            byte(source, "partition", Some(PARTITION), path, errors);
        }
        "iscsi" => iscsi(source, path, errors),
        "glusterfs" => required(source, &["endpoints", "path"], path, errors),
        "flocker" => flocker(source, path, errors),
        "rbd" => {
            if is_empty_list(&source["monitors"]) {
                errors.required(&path.child("monitors"), "");
            }
            required(source, &["image"], path, errors);
        }
        "cephfs" if is_empty_list(&source["monitors"]) => errors.required(&path.child("monitors"), ""),
        "cinder" => {
            required(source, &["volumeID"], path, errors);
            secret_ref(source, path, errors);
        }
        "quobyte" => quobyte(source, path, errors),
        "fc" => fibre_channel(source, path, errors),
        "flexVolume" => flex(source, path, errors),
        "azureFile" => required(source, &["secretName", "shareName"], path, errors),
        "azureDisk" => azure_disk(source, path, errors),
        "vsphereVolume" => required(source, &["volumePath"], path, errors),
        "photonPersistentDisk" => required(source, &["pdID"], path, errors),
        "portworxVolume" => required(source, &["volumeID"], path, errors),
        "scaleIO" => required(source, &["gateway", "system", "volumeName"], path, errors),
        "storageos" => {
            required(source, &["volumeName"], path, errors);
            for field in ["volumeName", "volumeNamespace"] {
                if !text(source, field).is_empty() {
                    errors.check(&path.child(field), text(source, field), names::dns1123_label);
                }
            }
            secret_ref(source, path, errors);
        }
        _ => {}
    }
}

/// Letters and digits, so many.
fn alphanumeric(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// What is wrong with the name of an iSCSI node. Models iscsiInitiatorIqnRegex and its like
fn iscsi_name(name: &str) -> Option<&'static str> {
    const FORMAT: &str = "must be valid format";
    let good = if let Some(rest) = name.strip_prefix("iqn") {
        // iqn.2015-02.example.com:anything
        let digits = |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
        rest.strip_prefix('.').and_then(|rest| rest.split_once('-')).is_some_and(|(year, rest)| {
            let Some((month, rest)) = rest.split_once('.') else { return false };
            let Some((domain, node)) = rest.split_once(':') else { return false };
            let in_domain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
            digits(year, 4)
                && digits(month, 2)
                && !domain.is_empty()
                && domain.bytes().all(in_domain)
                && !node.is_empty()
                && !node.contains(|c: char| ",;*&$|".contains(c) || c.is_ascii_whitespace())
        })
    } else if let Some(rest) = name.strip_prefix("eui") {
        rest.get(1..).is_some_and(|rest| alphanumeric(rest, 16))
    } else if let Some(rest) = name.strip_prefix("naa") {
        rest.get(1..).is_some_and(|rest| alphanumeric(rest, 32))
    } else {
        return Some("must be valid format starting with iqn, eui, or naa");
    };
    if good { None } else { Some(FORMAT) }
}

fn iscsi(source: &Value, path: &Path, errors: &mut ErrorList) {
    required(source, &["targetPortal", "iqn"], path, errors);
    let iqn = text(source, "iqn");
    if let Some(words) = iscsi_name(iqn).filter(|_| !iqn.is_empty()) {
        errors.invalid(&path.child("iqn"), iqn, words);
    }
    byte(source, "lun", None, path, errors);
    let authenticates = source["chapAuthDiscovery"] == true || source["chapAuthSession"] == true;
    if authenticates && source["secretRef"].is_null() {
        errors.required(&path.child("secretRef"), "");
    }
    if let Some(name) = source["initiatorName"].as_str()
        && let Some(words) = iscsi_name(name)
    {
        errors.invalid(&path.child("initiatorname"), name, words);
    }
}

fn flocker(source: &Value, path: &Path, errors: &mut ErrorList) {
    let (name, uuid) = (text(source, "datasetName"), text(source, "datasetUUID"));
    if name.is_empty() && uuid.is_empty() {
        errors.required(path, "one of datasetName and datasetUUID is required");
    }
    if !name.is_empty() && !uuid.is_empty() {
        let words = "datasetName and datasetUUID can not be specified simultaneously";
        errors.invalid(path, "resource", words);
    }
    if name.contains('/') {
        errors.invalid(&path.child("datasetName"), name, "must not contain '/'");
    }
}

fn quobyte(source: &Value, path: &Path, errors: &mut ErrorList) {
    const PAIRS: &str = "must be a host:port pair or multiple pairs separated by commas";
    let registry = text(source, "registry");
    if registry.is_empty() {
        errors.required(&path.child("registry"), PAIRS);
    } else if text(source, "tenant").len() >= 65 {
        let words = "must be a UUID and may not exceed a length of 64 characters";
        errors.required(&path.child("tenant"), words);
    } else {
        for _ in registry.split(',').filter(|pair| pair.matches(':').count() != 1) {
            errors.invalid(&path.child("registry"), registry, PAIRS);
        }
    }
    required(source, &["volume"], path, errors);
}

fn fibre_channel(source: &Value, path: &Path, errors: &mut ErrorList) {
    let (targets, ids) = (&source["targetWWNs"], &source["wwids"]);
    let (no_targets, no_ids) = (is_empty_list(targets), is_empty_list(ids));
    let path_targets = path.child("targetWWNs");
    if no_targets && no_ids {
        errors.required(&path_targets, "must specify either targetWWNs or wwids, but not both");
    }
    if !no_targets && !no_ids {
        errors.invalid(&path_targets, targets, "targetWWNs and wwids can not be specified simultaneously");
    }
    if !no_targets && source["lun"].is_null() {
        errors.required(&path.child("lun"), "lun is required if targetWWNs is specified");
    } else if !no_targets {
        byte(source, "lun", None, path, errors);
    }
}

fn flex(source: &Value, path: &Path, errors: &mut ErrorList) {
    required(source, &["driver"], path, errors);
    for key in source["options"].as_object().into_iter().flat_map(|options| options.keys()) {
        let domain = format!(".{}", key.split('/').next().unwrap_or("").to_ascii_lowercase());
        if domain.ends_with(".kubernetes.io") || domain.ends_with(".k8s.io") {
            let words = "kubernetes.io and k8s.io namespaces are reserved";
            errors.invalid(&path.child("options").key(key), key, words);
        }
    }
}

fn azure_disk(source: &Value, path: &Path, errors: &mut ErrorList) {
    required(source, &["diskName", "diskURI"], path, errors);
    let choice = |field: &str, valid: &[&str], errors: &mut ErrorList| {
        if let Some(value) = source[field].as_str().filter(|value| !valid.contains(value)) {
            errors.not_supported(&path.child(field), value, valid);
        }
    };
    choice("cachingMode", &["None", "ReadOnly", "ReadWrite"], errors);
    choice("kind", &["Dedicated", "Managed", "Shared"], errors);
    let uri = text(source, "diskURI");
    let (start, form) = match source["kind"].as_str() {
        None => return,
        Some("Managed") => (
            "/subscriptions/",
            "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}",
        ),
        Some(_) => {
            ("https://", "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd")
        }
    };
    if !uri.starts_with(start) {
        errors.not_supported(&path.child("diskURI"), uri, &[form]);
    }
}
