//! Users, capabilities, profiles.
//! Models pkg/apis/core/validation/validation.go (v1.36)

use serde_json::Value;

use crate::core::{PodSpec, SeccompProfile, SecurityContext};
use crate::internal;
use crate::small::Names;

use super::field::{ErrorList, Path};
use super::names;
use super::options::Options;
use super::volume::descending_path;
use super::windows;

fn id(id: Option<i64>, path: &Path, errors: &mut ErrorList) {
    if let Some(id) = id {
        for message in names::user_id(id) {
            errors.invalid(path, id, &message);
        }
    }
}

/// Checks the security context of a Pod. Models validatePodSpecSecurityContext
pub(super) fn pod(spec: &PodSpec, options: &Options, path: &Path, errors: &mut ErrorList) {
    let Some(context) = &spec.security_context else { return };
    id(context.fs_group, &path.child("fsGroup"), errors);
    id(context.run_as_user, &path.child("runAsUser"), errors);
    id(context.run_as_group, &path.child("runAsGroup"), errors);
    for (i, group) in context.supplemental_groups.iter().enumerate() {
        id(Some(*group), &path.child("supplementalGroups").index(i), errors);
    }
    if spec.share_process_namespace == Some(true) && spec.host_pid {
        let words = "ShareProcessNamespace and HostPID cannot both be enabled";
        errors.invalid(&path.child("shareProcessNamespace"), true, words);
    }
    sysctls(spec, options, &path.child("sysctls"), errors);
    let choice = |value: &Option<String>, name: &str, valid: &[&str], errors: &mut ErrorList| {
        if let Some(value) = value.as_ref().filter(|value| !valid.contains(&value.as_str())) {
            errors.not_supported(&path.child(name), value, valid);
        }
    };
    choice(&context.fs_group_change_policy, "fsGroupChangePolicy", &["Always", "OnRootMismatch"], errors);
    seccomp(context.seccomp_profile.as_ref(), &path.child("seccompProfile"), errors);
    windows::options(context.windows_options.as_ref(), &path.child("windowsOptions"), errors);
    app_armor(context.app_armor_profile.as_ref(), &path.child("appArmorProfile"), errors);
    choice(&context.supplemental_groups_policy, "supplementalGroupsPolicy", &["Merge", "Strict"], errors);
    // The feature that would mount with the label is off by default.
    let policies: &[&str] =
        if options.any_se_linux_policy { &["MountOption", "Recursive"] } else { &["Recursive"] };
    choice(&context.se_linux_change_policy, "seLinuxChangePolicy", policies, errors);
}

fn sysctls(spec: &PodSpec, options: &Options, path: &Path, errors: &mut ErrorList) {
    const REGEX: &str = "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
    let Some(context) = &spec.security_context else { return };
    let mut seen = Names::default();
    for (i, sysctl) in context.sysctls.iter().enumerate() {
        let path = path.index(i).child("name");
        let name = sysctl.name.as_str();
        if name.is_empty() {
            errors.required(&path, "");
        } else if !names::is_sysctl(name) {
            errors.invalid(&path, name, &format!("must have at most 253 characters and match regex {REGEX}"));
        } else if seen.contains(name) {
            errors.duplicate(&path, name);
        }
        if !options.host_sysctls {
            host_sysctl(spec, name, &path, errors);
        }
        seen.insert(name);
    }
}

/// Refuses the sysctls of a namespace that is the host's. Models ValidateHostSysctl
fn host_sysctl(spec: &PodSpec, name: &str, path: &Path, errors: &mut ErrorList) {
    let dotted = name.replace('/', ".");
    let ipc = ["kernel.shm", "kernel.msg", "fs.mqueue."].iter().any(|prefix| dotted.starts_with(prefix))
        || dotted == "kernel.sem";
    if spec.host_network && dotted.starts_with("net.") {
        errors.invalid(path, name, "may not be specified when 'hostNetwork' is true");
    } else if spec.host_ipc && ipc {
        errors.invalid(path, name, "may not be specified when 'hostIPC' is true");
    }
}

/// The same for all sysctls of a Pod.
pub(super) fn host_sysctls(spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    for sysctl in spec.security_context.iter().flat_map(|context| &context.sysctls) {
        host_sysctl(spec, &sysctl.name, path, errors);
    }
}

fn seccomp(profile: Option<&SeccompProfile>, path: &Path, errors: &mut ErrorList) {
    let Some(profile) = profile else { return };
    match profile.type_.as_str() {
        "Localhost" | "RuntimeDefault" | "Unconfined" => {}
        "" => errors.required(&path.child("type"), "type is required when seccompProfile is set"),
        other => {
            errors.not_supported(&path.child("type"), other, &["Localhost", "RuntimeDefault", "Unconfined"]);
        }
    }
    let local = path.child("localhostProfile");
    match (profile.type_ == "Localhost", &profile.localhost_profile) {
        (true, None) => errors.required(&local, "must be set when seccomp type is Localhost"),
        (true, Some(text)) => descending_path(text, &local, errors),
        (false, Some(_)) => {
            let shown = internal::value("SeccompProfile", &profile.to_value());
            errors.invalid(&local, internal::Text(shown), "can only be set when seccomp type is Localhost");
        }
        (false, None) => {}
    }
}

fn app_armor(profile: Option<&Value>, path: &Path, errors: &mut ErrorList) {
    let Some(profile) = profile else { return };
    let local = path.child("localhostProfile");
    let text = profile["localhostProfile"].as_str();
    match profile["type"].as_str().unwrap_or("") {
        "Localhost" => match text {
            None => errors.required(&local, "must be set when AppArmor type is Localhost"),
            Some(text) => {
                if text.trim() != text {
                    errors.invalid(&local, text, "must not be padded with whitespace");
                } else if text.is_empty() {
                    errors.required(&local, "must be set when AppArmor type is Localhost");
                }
                if text.len() > 4095 {
                    errors.too_long(&local, 4095);
                }
            }
        },
        "RuntimeDefault" | "Unconfined" => {
            if let Some(text) = text {
                errors.invalid(&local, text, "can only be set when AppArmor type is Localhost");
            }
        }
        "" => errors.required(&path.child("type"), "type is required when appArmorProfile is set"),
        other => {
            errors.not_supported(&path.child("type"), other, &["Localhost", "RuntimeDefault", "Unconfined"]);
        }
    }
}

/// Checks the security context of a container. Models ValidateSecurityContext
pub(super) fn container(
    context: Option<&SecurityContext>,
    host_users: bool,
    path: &Path,
    errors: &mut ErrorList,
) {
    let Some(context) = context else { return };
    id(context.run_as_user, &path.child("runAsUser"), errors);
    id(context.run_as_group, &path.child("runAsGroup"), errors);
    if let Some(mount) = &context.proc_mount {
        let path = path.child("procMount");
        if !matches!(mount.as_str(), "Default" | "Unmasked") {
            errors.not_supported(&path, mount, &["Default", "Unmasked"]);
        }
        if host_users && mount == "Unmasked" {
            errors.invalid(&path, mount, "`hostUsers` must be false to use `Unmasked`");
        }
    }
    seccomp(context.seccomp_profile.as_ref(), &path.child("seccompProfile"), errors);
    if context.allow_privilege_escalation == Some(false) {
        let shown = || internal::Text(internal::value("SecurityContext", &context.to_value()));
        if context.privileged == Some(true) {
            let words = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
            errors.invalid(path, shown(), words);
        }
        let added = context.capabilities.iter().flat_map(|capabilities| &capabilities.add);
        for _ in added.filter(|capability| *capability == "CAP_SYS_ADMIN") {
            let words = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
            errors.invalid(path, shown(), words);
        }
    }
    windows::options(context.windows_options.as_ref(), &path.child("windowsOptions"), errors);
    app_armor(context.app_armor_profile.as_ref(), &path.child("appArmorProfile"), errors);
}
