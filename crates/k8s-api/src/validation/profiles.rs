//! The annotations that seccomp and AppArmor profiles once were, and what an operating system has no use for.
//! Models pkg/apis/core/validation/validation.go (v1.36)

use serde_json::Value;

use crate::core::{PodSpec, SecurityContext};
use crate::meta::StringMap;
use crate::print::quote;
use crate::record::Field;

use super::field::{ErrorList, Path};
use super::volume::descending_path;

/// The annotation that a Pod's seccomp profile once was.
pub(super) const SECCOMP_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
/// The same in front of a container's name.
pub(super) const SECCOMP_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";
/// In front of a container's name: the annotation that AppArmor profiles once were.
pub(super) const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

/// The field that an annotation means. Models pkg/api/pod.ApparmorFieldForAnnotation
pub(super) fn app_armor_field(annotation: &str) -> Option<Value> {
    let field = match annotation {
        "unconfined" => serde_json::json!({"type": "Unconfined"}),
        "runtime/default" => serde_json::json!({"type": "RuntimeDefault"}),
        other => {
            let name = other.strip_prefix("localhost/").filter(|name| !name.is_empty())?;
            serde_json::json!({"type": "Localhost", "localhostProfile": name})
        }
    };
    Some(field)
}

/// A container's name, path and security context; init containers first.
/// Models pkg/api/pod.VisitContainersWithPath
fn containers<'a>(spec: &'a PodSpec, path: &Path) -> Vec<(&'a str, Path, Option<&'a SecurityContext>)> {
    let mut found = Vec::new();
    for (field, list) in [("initContainers", &spec.init_containers), ("containers", &spec.containers)] {
        for (i, container) in list.iter().enumerate() {
            let path = path.child(field).index(i);
            found.push((container.name.as_str(), path, container.security_context.as_deref()));
        }
    }
    for (i, container) in spec.ephemeral_containers.iter().enumerate() {
        let path = path.child("ephemeralContainers").index(i);
        found.push((container.name.as_str(), path, container.security_context.as_deref()));
    }
    found
}

/// Checks the annotations themselves.
/// Models ValidateSeccompPodAnnotations and ValidateAppArmorPodAnnotations
pub(super) fn annotations(annotations: &StringMap, spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    if let Some(profile) = annotations.get(SECCOMP_POD) {
        seccomp(profile, &path.child(SECCOMP_POD), errors);
    }
    for (key, profile) in annotations.iter().filter(|(key, _)| key.starts_with(SECCOMP_CONTAINER)) {
        seccomp(profile, &path.child(key), errors);
    }
    for (key, profile) in annotations {
        let Some(name) = key.strip_prefix(APP_ARMOR) else { continue };
        if !containers(spec, &Path::default()).iter().any(|(other, _, _)| *other == name) {
            errors.invalid(&path.key(key), name, "container not found");
        }
        let known = ["", "runtime/default", "unconfined"].contains(&profile.as_str());
        if !known && !profile.starts_with("localhost/") {
            let words = format!("invalid AppArmor profile name: {}", quote(profile));
            errors.invalid(&path.key(key), profile, &words);
        }
    }
}

fn seccomp(profile: &str, path: &Path, errors: &mut ErrorList) {
    if ["runtime/default", "docker/default", "unconfined"].contains(&profile) {
        return;
    }
    match profile.strip_prefix("localhost/") {
        Some(file) => descending_path(file, path, errors),
        None => errors.invalid(path, profile, "must be a valid seccomp profile"),
    }
}

/// Annotation and field, where both are given, must say the same.
/// Models validateSeccompAnnotationsAndFields and validateAppArmorAnnotationsAndFieldsMatchOnCreate
pub(super) fn agree(annotations: &StringMap, spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    if annotations.is_empty() {
        return;
    }
    let pod = spec.security_context.as_ref();
    let mut compare = |key: &str, profile: Option<&Value>, path: Path, what: &str| {
        let (Some(annotation), Some(profile)) = (annotations.get(key), profile) else { return };
        let must = |field: &str, word: &str, errors: &mut ErrorList| {
            let words = format!("{what} {word} in annotation and field must match");
            errors.forbidden(&path.child(field), &words);
        };
        let local = annotation.strip_prefix("localhost/");
        let same = match profile["type"].as_str().unwrap_or("") {
            "Unconfined" => annotation == "unconfined",
            "RuntimeDefault" => {
                annotation == "runtime/default" || (what == "seccomp" && annotation == "docker/default")
            }
            "Localhost" => local.is_some(),
            _ => true,
        };
        if !same {
            must("type", "type", errors);
        } else if profile["type"] == "Localhost" && profile["localhostProfile"].as_str() != local {
            must("localhostProfile", "profile", errors);
        }
    };
    let context_path = |path: &Path, field: &str| path.child("securityContext").child(field);
    let of_pod = pod.and_then(|context| context.seccomp_profile.as_ref()).map(Field::write);
    compare(SECCOMP_POD, of_pod.as_ref(), context_path(path, "seccompProfile"), "seccomp");
    for (name, path, context) in containers(spec, path) {
        let profile = context.and_then(|context| context.seccomp_profile.as_ref()).map(Field::write);
        let key = format!("{SECCOMP_CONTAINER}{name}");
        compare(&key, profile.as_ref(), context_path(&path, "seccompProfile"), "seccomp");
    }
    if spec.os.as_ref().is_some_and(|os| os.name == "windows") {
        return;
    }
    let of_pod = pod.and_then(|context| context.app_armor_profile.as_ref());
    for (name, path, context) in containers(spec, path) {
        let profile = context.and_then(|context| context.app_armor_profile.as_ref()).or(of_pod);
        let key = format!("{APP_ARMOR}{name}");
        compare(&key, profile, context_path(&path, "appArmorProfile"), "apparmor");
    }
}

/// What a Pod that names its operating system may not set.
/// Models validateLinux and validateWindows
pub(super) fn operating_system(spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    let Some(os) = &spec.os else { return };
    let context = spec.security_context.as_ref();
    let path_context = path.child("securityContext");
    if os.name == "linux" {
        const WORDS: &str = "windows options cannot be set for a linux pod";
        if context.is_some_and(|context| context.windows_options.is_some()) {
            errors.forbidden(&path_context.child("windowsOptions"), WORDS);
        }
        for (_, path, context) in containers(spec, path) {
            if context.is_some_and(|context| context.windows_options.is_some()) {
                errors.forbidden(&path.child("securityContext").child("windowsOptions"), WORDS);
            }
        }
    }
    if os.name != "windows" {
        return;
    }
    const WORDS: &str = "cannot be set for a windows pod";
    let tree = context.map_or(Value::Null, Field::write);
    // In the order of the messages: what stands in the security context, and what in the spec.
    let set = [
        (true, "appArmorProfile", false),
        (true, "seLinuxOptions", false),
        (false, "hostUsers", spec.host_users.is_some()),
        (false, "hostPID", spec.host_pid),
        (false, "hostIPC", spec.host_ipc),
        (true, "seccompProfile", false),
        (true, "fsGroup", false),
        (true, "fsGroupChangePolicy", false),
        (true, "sysctls", false),
        (false, "shareProcessNamespace", spec.share_process_namespace.is_some()),
        (true, "runAsUser", false),
        (true, "runAsGroup", false),
        (true, "supplementalGroups", false),
        (true, "supplementalGroupsPolicy", false),
        (true, "seLinuxChangePolicy", false),
    ];
    for (in_context, field, set) in set {
        if in_context && !tree[field].is_null() {
            errors.forbidden(&path_context.child(field), WORDS);
        } else if set {
            errors.forbidden(&path.child(field), WORDS);
        }
    }
    for (_, path, context) in containers(spec, path) {
        let tree = context.map_or(Value::Null, Field::write);
        for field in [
            "appArmorProfile",
            "seLinuxOptions",
            "seccompProfile",
            "capabilities",
            "readOnlyRootFilesystem",
            "privileged",
            "allowPrivilegeEscalation",
            "procMount",
            "runAsUser",
            "runAsGroup",
        ] {
            if !tree[field].is_null() {
                errors.forbidden(&path.child("securityContext").child(field), WORDS);
            }
        }
    }
}
