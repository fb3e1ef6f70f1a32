//! Volumes. Models describe.go describeVolumes (v1.36)

use serde_json::Value;

use super::Page;
use crate::tree::{at, has, list, plain, text, truth};

/// The volumes of a Pod, or (with a space before the title) of a Pod template.
pub(super) fn volumes(page: &mut Page, volumes: &[Value], space: &str) {
    if volumes.is_empty() {
        page.line(0, format!("{space}Volumes:\t<none>"));
        return;
    }
    page.line(0, format!("{space}Volumes:"));
    let indent = if space.is_empty() { "" } else { " " };
    for volume in volumes {
        page.line(1, format!("{indent}{}:", text(volume, "name")));
        source(page, volume);
    }
}

fn fields(page: &mut Page, type_: &str, fields: &[(&str, String)]) {
    page.field(2, "Type", type_);
    for (title, value) in fields {
        page.field(2, title, value);
    }
}

fn optional(source: &Value) -> String {
    truth(source, "optional").to_string()
}

/// The source of a PersistentVolume, by its spec.
pub(super) fn persistent(page: &mut Page, spec: &Value) {
    const OTHERS: [&str; 3] = ["capacity", "claimRef", "nodeAffinity"];
    let sources = spec.as_object().into_iter().flatten();
    let mut sources = sources.filter(|(key, value)| value.is_object() && !OTHERS.contains(&key.as_str()));
    match sources.next() {
        Some((key, source)) if key == "local" => {
            let title = "LocalVolume (a persistent volume backed by local storage on a node)";
            fields(page, title, &[("Path", text(source, "path").to_string())]);
        }
        Some((key, value)) => {
            let mut volume = serde_json::Map::new();
            volume.insert(key.clone(), value.clone());
            source(page, &Value::Object(volume));
        }
        None => page.line(1, "<unknown>"),
    }
}

fn source(page: &mut Page, volume: &Value) {
    let Some((kind, source)) = volume
        .as_object()
        .and_then(|map| map.iter().find(|(key, value)| *key != "name" && value.is_object()))
    else {
        page.line(1, "<unknown>");
        return;
    };
    let value = |field: &str| text(source, field).to_string();
    match kind.as_str() {
        "hostPath" => {
            let type_ = if has(source, "type") { value("type") } else { "<none>".to_string() };
            let title = "HostPath (bare host directory volume)";
            fields(page, title, &[("Path", value("path")), ("HostPathType", type_)]);
        }
        "emptyDir" => {
            let limit = match value("sizeLimit") {
                limit if limit.is_empty() => "<unset>".to_string(),
                limit => limit,
            };
            let title = "EmptyDir (a temporary directory that shares a pod's lifetime)";
            fields(page, title, &[("Medium", value("medium")), ("SizeLimit", limit)]);
        }
        "secret" => {
            let title = "Secret (a volume populated by a Secret)";
            fields(page, title, &[("SecretName", value("secretName")), ("Optional", optional(source))]);
        }
        "configMap" => {
            let title = "ConfigMap (a volume populated by a ConfigMap)";
            fields(page, title, &[("Name", value("name")), ("Optional", optional(source))]);
        }
        "persistentVolumeClaim" => {
            let title =
                "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)";
            let read_only = truth(source, "readOnly").to_string();
            fields(page, title, &[("ClaimName", value("claimName")), ("ReadOnly", read_only)]);
        }
        "downwardAPI" => {
            page.field(2, "Type", "DownwardAPI (a volume populated by information about the pod)");
            page.line(2, "Items:");
            for item in list(source, "items") {
                let from = match text(item, "fieldRef.fieldPath") {
                    "" => text(item, "resourceFieldRef.resource"),
                    path => path,
                };
                page.line(3, format!("{from} -> {}", text(item, "path")));
            }
        }
        "projected" => projected(page, source),
        "image" => {
            let title = "Image (a container image or OCI artifact)";
            fields(page, title, &[("Reference", value("reference")), ("PullPolicy", value("pullPolicy"))]);
        }
        other => {
            let title = format!("{}{}", other[..1].to_uppercase(), &other[1..]);
            page.field(2, "Type", title);
            for (key, value) in source.as_object().into_iter().flatten() {
                page.field(2, key, plain(value));
            }
        }
    }
}

/// Models describe.go printProjectedVolumeSource
fn projected(page: &mut Page, source: &Value) {
    page.field(2, "Type", "Projected (a volume that contains injected data from multiple sources)");
    for part in list(source, "sources") {
        for (field, title) in [("secret", "SecretName"), ("configMap", "ConfigMapName")] {
            if has(part, field) {
                page.field(2, title, text(at(part, field), "name"));
                page.field(2, "Optional", optional(at(part, field)));
            }
        }
        if has(part, "downwardAPI") {
            page.field(2, "DownwardAPI", "true");
        }
        if has(part, "serviceAccountToken") {
            let seconds = at(part, "serviceAccountToken.expirationSeconds");
            page.field(2, "TokenExpirationSeconds", plain(seconds));
        }
    }
}
