//! Files of a volume that get into each other's way.
//! Models warningsForOverlappingVirtualPaths in pkg/api/pod/warnings.go (v1.36)

use serde_json::Value;

use crate::core::{DownwardAPIVolumeFile, KeyToPath, PodSpec, VolumeProjection};
use crate::print::quote;

/// More files than this are not compared with each other.
const FILES_MAX: usize = 200;

/// A file and where it comes from.
#[derive(Clone, PartialEq, Eq)]
struct File {
    path: String,
    source: String,
}

impl File {
    fn text(&self) -> String {
        if self.source.is_empty() {
            quote(&self.path)
        } else {
            format!("{} ({})", quote(&self.path), self.source)
        }
    }
}

fn keys(items: &[KeyToPath], source: &str) -> Vec<File> {
    items.iter().map(|item| File { path: item.path.clone(), source: source.into() }).collect()
}

fn files(items: &[DownwardAPIVolumeFile], source: &str) -> Vec<File> {
    items.iter().map(|item| File { path: item.path.clone(), source: source.into() }).collect()
}

/// Each file with the earlier ones that it hides, or that hide it.
fn collisions(files: Vec<File>) -> Vec<String> {
    let mut found = Vec::new();
    let mut earlier: Vec<File> = Vec::new();
    for mut file in files.into_iter().take(FILES_MAX) {
        file.path.truncate(file.path.trim_end_matches('/').len());
        let below = |a: &str, b: &str| format!("{a}/").starts_with(&format!("{b}/"));
        for other in earlier.iter().filter(|other| !other.path.is_empty() && !file.path.is_empty()) {
            if below(&other.path, &file.path) || below(&file.path, &other.path) {
                found.push(format!("{} with {}", file.text(), other.text()));
            }
        }
        earlier.push(file);
    }
    found
}

fn projected(source: &VolumeProjection) -> Vec<File> {
    let named = |kind: &str, name: &str| format!("{kind} {}", quote(name));
    let text = |value: &Value, field: &str| value[field].as_str().unwrap_or("").to_string();
    if let Some(map) = source.config_map.as_ref().filter(|map| !map.items.is_empty()) {
        return keys(&map.items, &named("ConfigMap", &map.name));
    }
    if let Some(secret) = source.secret.as_ref().filter(|secret| !secret.items.is_empty()) {
        return keys(&secret.items, &named("Secret", &secret.name));
    }
    if let Some(downward) = source.downward_api.as_ref().filter(|downward| !downward.items.is_empty()) {
        return files(&downward.items, "DownwardAPI");
    }
    if let Some(token) = &source.service_account_token {
        return vec![File { path: token.path.clone(), source: "ServiceAccountToken".into() }];
    }
    if let Some(bundle) = &source.cluster_trust_bundle {
        let name = if bundle["name"].is_null() { text(bundle, "signerName") } else { text(bundle, "name") };
        return vec![File { path: text(bundle, "path"), source: named("ClusterTrustBundle", &name) }];
    }
    let Some(certificate) = &source.pod_certificate else { return Vec::new() };
    let parts = [
        ("certificateChainPath", "PodCertificate chain"),
        ("keyPath", "PodCertificate key"),
        ("credentialBundlePath", "PodCertificate credential bundle"),
    ];
    let files = parts.map(|(field, source)| File { path: text(certificate, field), source: source.into() });
    files.into_iter().filter(|file| !file.path.is_empty()).collect()
}

/// The warnings about the volumes of a Pod.
pub(super) fn warnings(spec: &PodSpec, warnings: &mut Vec<String>) {
    for volume in &spec.volumes {
        let mut warn = |what: &str, files: Vec<File>| {
            for collision in collisions(files) {
                warnings
                    .push(format!("volume {} ({what}): overlapping paths: {collision}", quote(&volume.name)));
            }
        };
        if let Some(map) = &volume.config_map {
            warn(&format!("ConfigMap {}", quote(&map.name)), keys(&map.items, ""));
        }
        if let Some(secret) = &volume.secret {
            warn(&format!("Secret {}", quote(&secret.secret_name)), keys(&secret.items, ""));
        }
        if let Some(downward) = &volume.downward_api {
            warn("DownwardAPI", files(&downward.items, ""));
        }
        let mut all = Vec::new();
        for source in volume.projected.iter().flat_map(|projected| &projected.sources) {
            all.extend(projected(source));
        }
        warn("Projected", all);
        for source in volume.projected.iter().flat_map(|projected| &projected.sources) {
            if crate::record::Field::is_empty(source) {
                warnings.push(format!("volume {} (Projected) has no sources provided", quote(&volume.name)));
            }
        }
    }
}
