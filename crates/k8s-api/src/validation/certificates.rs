//! Certificates in projected volumes. Their features are off by default, so that the API server drops the fields
//! before it checks them; whoever turns the features on meets these rules.
//! Models pkg/apis/core/validation/{validation,names}.go (v1.36)

use serde_json::Value;

use crate::internal;
use crate::meta::LabelSelector;
use crate::small::Names;

use super::field::{ErrorList, Path};
use super::volume::non_reserved_path;
use super::{meta, names};

const TWICE: &str = "conflicting duplicate paths";
const KEY_TYPES: [&str; 6] = ["RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"];

fn text<'a>(source: &'a Value, field: &str) -> &'a str {
    source[field].as_str().unwrap_or("")
}

/// Checks the name of a signer. Models ValidateSignerName
fn signer_name(name: &str, path: &Path, errors: &mut ErrorList) {
    if name.is_empty() {
        errors.required(path, "");
        return;
    }
    let segments: Vec<&str> = name.split('/').collect();
    let [domain, rest] = segments.as_slice() else {
        let words = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
        errors.invalid(path, name, words);
        return;
    };
    if domain.len() > 253 {
        errors.too_long(path, 253);
    }
    let each = |whole: &str, rule: fn(&str) -> Vec<String>, errors: &mut ErrorList| {
        let bad = whole.split('.').map(|label| (label, rule(label))).find(|(_, found)| !found.is_empty());
        for (label, message) in bad.iter().flat_map(|(label, found)| found.iter().map(move |m| (label, m))) {
            let words = format!("validating label {}: {message}", crate::print::quote(label));
            errors.invalid(path, whole, &words);
        }
    };
    each(domain, names::dns1123_label, errors);
    if !domain.contains('.') {
        let words = "should be a domain with at least two segments separated by dots";
        errors.invalid(path, *domain, words);
    }
    each(rest, names::dns1123_subdomain, errors);
    if name.len() > 571 {
        errors.too_long(path, 571);
    }
}

/// Notes a path; it may come once.
fn once(text: &str, paths: &mut Names, path: &Path, errors: &mut ErrorList) {
    if !paths.insert(text) {
        errors.invalid(path, text, TWICE);
    }
}

/// Checks `clusterTrustBundle`; `all` is where duplicates are told.
pub(super) fn trust_bundle(
    source: &Value,
    paths: &mut Names,
    all: &Path,
    path: &Path,
    errors: &mut ErrorList,
) {
    match (source["name"].as_str(), source["signerName"].as_str()) {
        (Some(_), Some(_)) => {
            let shown = internal::Text(internal::value("ClusterTrustBundleProjection", source));
            errors.invalid(path, shown, "only one of name and signerName may be used");
        }
        (Some(name), None) => {
            let path_name = path.child("name");
            if name.is_empty() {
                errors.required(&path_name, "must be a valid object name");
            }
            // The part after the last colon is the name proper; what stands before is the signer's.
            let proper = name.rsplit_once(':').map_or(name, |(_, proper)| proper);
            for message in names::dns1123_subdomain(proper) {
                let words = format!("not a valid clustertrustbundlename: {message}");
                errors.invalid(&path_name, name, &words);
            }
            if !source["labelSelector"].is_null() {
                let words = "labelSelector must be unset if name is specified";
                errors.invalid(&path.child("labelSelector"), &source["labelSelector"], words);
            }
        }
        (None, Some(signer)) => {
            if signer.is_empty() {
                errors.required(&path.child("signerName"), "must be a valid signer name");
            }
            signer_name(signer, &path.child("signerName"), errors);
            let selector = LabelSelector::from_value(&source["labelSelector"]);
            meta::label_selector(&selector, &path.child("labelSelector"), errors);
        }
        (None, None) => errors.required(path, "either name or signerName must be specified"),
    }
    let file = text(source, "path");
    if file.is_empty() {
        errors.required(&path.child("path"), "");
    }
    non_reserved_path(file, &path.child("path"), errors);
    once(file, paths, all, errors);
}

/// Checks `podCertificate`; `all` is where duplicates are told.
pub(super) fn pod_certificate(
    source: &Value,
    paths: &mut Names,
    all: &Path,
    path: &Path,
    errors: &mut ErrorList,
) {
    let signer = text(source, "signerName");
    signer_name(signer, &path.child("signerName"), errors);
    let annotations = source["userAnnotations"].as_object();
    let path_annotations = path.child("userAnnotations");
    for key in annotations.into_iter().flat_map(|map| map.keys()) {
        // Models IsDomainPrefixedKey
        let lower = key.to_ascii_lowercase();
        let messages = names::qualified_name(&lower);
        errors.invalid_each(&path_annotations, &lower, &messages);
        if messages.is_empty() && !lower.contains('/') {
            let words = "must be a domain-prefixed key (such as \"acme.io/foo\")";
            errors.invalid(&path_annotations, &lower, words);
        }
    }
    let size =
        annotations.into_iter().flatten().map(|(key, value)| key.len() + value.as_str().map_or(0, str::len));
    if size.sum::<usize>() > meta::ANNOTATIONS_MAX {
        errors.too_long(&path_annotations, meta::ANNOTATIONS_MAX);
    }
    let key_type = text(source, "keyType");
    if !KEY_TYPES.contains(&key_type) {
        errors.not_supported(&path.child("keyType"), key_type, &KEY_TYPES);
    }
    if let Some(seconds) = source["maxExpirationSeconds"].as_i64() {
        let path = path.child("maxExpirationSeconds");
        let most = if signer.starts_with("kubernetes.io/") { 86_400 } else { 7_862_400 };
        if seconds < 3600 {
            errors.invalid(&path, seconds, "if provided, maxExpirationSeconds must be >= 3600");
        }
        if seconds > most {
            let words = format!("if provided, maxExpirationSeconds must be <= {most}");
            errors.invalid(&path, seconds, &words);
        }
    }
    let mut found = false;
    for field in ["credentialBundlePath", "keyPath", "certificateChainPath"] {
        let file = text(source, field);
        if file.is_empty() {
            continue;
        }
        found = true;
        non_reserved_path(file, &path.child(field), errors);
        once(file, paths, all, errors);
    }
    if !found {
        let words = "specify at least one of credentialBundlePath, keyPath, and certificateChainPath";
        errors.required(path, words);
    }
}
