//! Ingresses.
//! Models pkg/apis/networking/validation/validation.go (v1.36)

use serde_json::Value;

use crate::meta::ObjectMeta;

use super::field::{ErrorList, Path};
use super::network::reference;
use super::{ips, names};

/// What a path may not hold.
const SEQUENCES: [&str; 5] = ["//", "/./", "/../", "%2f", "%2F"];
/// How a path may not end.
const SUFFIXES: [&str; 2] = ["/..", "/."];

/// Models ValidateIngressSpec
pub(super) fn spec(spec: &Value, errors: &mut ErrorList) {
    let path = Path::new("spec");
    let rules = spec["rules"].as_array().map_or(&[][..], Vec::as_slice);
    if rules.is_empty() && !spec["defaultBackend"].is_object() {
        errors.invalid(&path, &Value::Null, "either `defaultBackend` or `rules` must be specified");
    }
    if spec["defaultBackend"].is_object() {
        backend(&spec["defaultBackend"], &path.child("defaultBackend"), errors);
    }
    for (i, rule) in rules.iter().enumerate() {
        let path = path.child("rules").index(i);
        let name = rule["host"].as_str().unwrap_or("");
        if !name.is_empty() {
            if ips::is_ip(name) {
                errors.invalid(&path.child("host"), name, "must be a DNS name, not an IP address");
            }
            host(name, &path.child("host"), errors);
        }
        if rule["http"].is_object() {
            paths(&rule["http"]["paths"], &path.child("http").child("paths"), errors);
        }
    }
    for (i, tls) in spec["tls"].as_array().into_iter().flatten().enumerate() {
        let path = path.child("tls").index(i);
        for (j, name) in tls["hosts"].as_array().into_iter().flatten().enumerate() {
            host(name.as_str().unwrap_or(""), &path.child("hosts").index(j), errors);
        }
        if let Some(secret) = tls["secretName"].as_str().filter(|secret| !secret.is_empty()) {
            errors.check(&path.child("secretName"), secret, names::dns1123_subdomain);
        }
    }
    if let Some(class) = spec["ingressClassName"].as_str() {
        errors.check(&path.child("ingressClassName"), class, names::dns1123_subdomain);
    }
}

/// The class of a new Ingress is named once. Models ValidateIngressCreate
pub(super) fn class_annotation(metadata: &ObjectMeta, object: &Value, errors: &mut ErrorList) {
    const CLASS: &str = "kubernetes.io/ingress.class";
    if let (Some(old), Some(new)) =
        (metadata.annotations.get(CLASS), object["spec"]["ingressClassName"].as_str())
        && old != new
    {
        let words = "must match `ingressClassName` when both are specified";
        errors.invalid(&Path::new("annotations").child(CLASS), old, words);
    }
}

fn host(name: &str, path: &Path, errors: &mut ErrorList) {
    let rule = if name.contains('*') { names::wildcard_subdomain } else { names::dns1123_subdomain };
    errors.check(path, name, rule);
}

/// Models validateHTTPIngressPath
fn paths(paths: &Value, path: &Path, errors: &mut ErrorList) {
    let list = paths.as_array().map_or(&[][..], Vec::as_slice);
    if list.is_empty() {
        errors.required(path, "");
    }
    for (i, one) in list.iter().enumerate() {
        let path_i = path.index(i);
        let text = one["path"].as_str().unwrap_or("");
        let path_text = path_i.child("path");
        match one["pathType"].as_str() {
            None => {
                errors.required(&path_i.child("pathType"), "pathType must be specified");
                continue;
            }
            Some("Exact" | "Prefix") => {
                if !text.starts_with('/') {
                    errors.invalid(&path_text, text, "must be an absolute path");
                }
                for bad in SEQUENCES.iter().filter(|bad| text.contains(**bad)) {
                    errors.invalid(&path_text, text, &format!("must not contain '{bad}'"));
                }
                for bad in SUFFIXES.iter().filter(|bad| text.ends_with(**bad)) {
                    errors.invalid(&path_text, text, &format!("cannot end with '{bad}'"));
                }
            }
            Some("ImplementationSpecific") => {
                if !text.is_empty() && !text.starts_with('/') {
                    errors.invalid(&path_text, text, "must be an absolute path");
                }
            }
            Some(other) => {
                let known = ["Exact", "ImplementationSpecific", "Prefix"];
                errors.not_supported(&path_i.child("pathType"), other, &known);
            }
        }
        backend(&one["backend"], &path_i.child("backend"), errors);
    }
}

/// Models validateIngressBackend
fn backend(backend: &Value, path: &Path, errors: &mut ErrorList) {
    let (service, resource) = (&backend["service"], &backend["resource"]);
    match (service.is_object(), resource.is_object()) {
        (true, true) => errors.invalid(path, "", "cannot set both resource and service backends"),
        (false, false) => errors.invalid(path, "", "resource or service backend is required"),
        (false, true) => reference(resource, &path.child("resource"), errors),
        (true, false) => {
            let path_service = path.child("service");
            let name = service["name"].as_str().unwrap_or("");
            if name.is_empty() {
                errors.required(&path_service.child("name"), "");
            } else {
                errors.check(&path_service.child("name"), name, names::dns1123_label);
            }
            let path_port = path_service.child("port");
            let port_name = service["port"]["name"].as_str().unwrap_or("");
            let number = service["port"]["number"].as_i64().unwrap_or(0);
            match (port_name.is_empty(), number) {
                (true, 0) => errors.required(path, "port name or number is required"),
                (false, 0) => errors.check(&path_port.child("name"), port_name, names::port_name),
                (true, number) => {
                    for message in names::port_number(number) {
                        errors.invalid(&path_port.child("number"), number, &message);
                    }
                }
                (false, _) => errors.invalid(path, "", "cannot set both port name & port number"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn hosts_paths_and_backends() {
        let mut errors = ErrorList::default();
        let path = json!({"path": "a/../b", "pathType": "Prefix", "backend": {"service": {"name": "web"}}});
        spec(&json!({"rules": [{"host": "10.0.0.1", "http": {"paths": [path, {}]}}]}), &mut errors);
        assert_eq!(
            errors.messages_all(),
            [
                "spec.rules[0].host: Invalid value: \"10.0.0.1\": must be a DNS name, not an IP address",
                "spec.rules[0].http.paths[0].path: Invalid value: \"a/../b\": must be an absolute path",
                "spec.rules[0].http.paths[0].path: Invalid value: \"a/../b\": must not contain '/../'",
                "spec.rules[0].http.paths[0].backend: Required value: port name or number is required",
                "spec.rules[0].http.paths[1].pathType: Required value: pathType must be specified",
            ]
        );
    }
}
