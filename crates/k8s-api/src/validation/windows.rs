//! What only containers on Windows have.
//! Models validateWindowsSecurityContextOptions and validateWindowsHostProcessPod,
//! pkg/apis/core/validation/validation.go (v1.36)

use serde_json::Value;

use crate::core::PodSpec;

use super::field::{ErrorList, Path};
use super::names;
use super::pod::every_container;

/// Checks the options of a security context.
pub(super) fn options(options: Option<&Value>, path: &Path, errors: &mut ErrorList) {
    let Some(options) = options else { return };
    if let Some(name) = options["gmsaCredentialSpecName"].as_str() {
        errors.check(&path.child("gmsaCredentialSpecName"), name, names::dns1123_subdomain);
    }
    if let Some(text) = options["gmsaCredentialSpec"].as_str() {
        let path = path.child("gmsaCredentialSpec");
        if text.is_empty() {
            errors.invalid(&path, text, "gmsaCredentialSpec cannot be an empty string");
        } else if text.len() > 64 * 1024 {
            errors.invalid(&path, text, "gmsaCredentialSpec size must be under 64 KiB");
        }
    }
    if let Some(name) = options["runAsUserName"].as_str() {
        for words in user_name(name) {
            errors.invalid(&path.child("runAsUserName"), name, &format!("runAsUserName{words}"));
        }
    }
}

/// What is wrong with `user` or `domain\user`.
fn user_name(name: &str) -> Vec<&'static str> {
    if name.is_empty() {
        return vec![" cannot be an empty string"];
    }
    if name.chars().any(|c| c.is_ascii_control()) {
        return vec![" cannot contain control characters"];
    }
    let parts: Vec<&str> = name.split('\\').collect();
    let (domain, user) = match parts.as_slice() {
        [user] => (None, *user),
        [domain, user] => (Some(*domain), *user),
        _ => return vec![" cannot contain more than one backslash"],
    };
    let mut found = Vec::new();
    if let Some(domain) = domain {
        if domain.len() >= 256 {
            found.push("'s Domain length must be under 256 characters");
        }
        if !is_net_bios(domain) && !domain.split('.').all(is_label) {
            found.push("'s Domain doesn't match the NetBios nor the DNS format");
        }
    }
    if user.is_empty() {
        found.push("'s User cannot be empty");
    } else if user.len() > 104 {
        found.push("'s User length must not be longer than 104 characters");
    }
    if !user.is_empty() && user.chars().all(|c| matches!(c, '.' | ' ')) {
        found.push("'s User cannot contain only periods or spaces");
    }
    if user.contains(|c| "\"/\\:;|=,+*?<>@[]".contains(c)) {
        found.push("'s User cannot contain the following characters: \"/\\:;|=,+*?<>@[]");
    }
    found
}

fn is_net_bios(domain: &str) -> bool {
    let fits = |c: char| !"\\/:*?\"<>|".contains(c);
    (1..=15).contains(&domain.chars().count()) && !domain.starts_with('.') && domain.chars().all(fits)
}

fn is_label(label: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    (1..=63).contains(&label.len())
        && label.bytes().all(inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Containers that are processes of the host: all of a Pod or none.
pub(super) fn host_process(spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    let of = |options: Option<&Value>| options.and_then(|options| options["hostProcess"].as_bool());
    let of_pod = of(spec.security_context.as_ref().and_then(|context| context.windows_options.as_ref()));
    let containers = every_container(spec, path);
    let mut on_host = 0;
    for (container, path) in &containers {
        let context = container.security_context.as_ref();
        let own = of(context.and_then(|context| context.windows_options.as_ref()));
        if let (Some(own), Some(of_pod)) = (own, of_pod)
            && own != of_pod
        {
            let path = path.child("securityContext").child("windowsOptions").child("hostProcess");
            let words =
                format!("pod hostProcess value must be identical if both are specified, was {of_pod}");
            errors.invalid(&path, own, &words);
        }
        on_host += usize::from(own.or(of_pod) == Some(true));
    }
    if on_host == 0 {
        return;
    }
    if on_host != containers.len() {
        let words =
            "If pod contains any hostProcess containers then all containers must be HostProcess containers";
        errors.invalid(path, "", words);
    }
    if !spec.host_network {
        let words = "hostNetwork must be true if pod contains any hostProcess containers";
        errors.invalid(&path.child("hostNetwork"), false, words);
    }
}

#[cfg(test)]
mod tests {
    use super::user_name;

    #[test]
    fn users_and_their_domains() {
        for good in ["Administrator", "NT AUTHORITY\\SYSTEM", "corp.example\\me", "me.too"] {
            assert!(user_name(good).is_empty(), "{good}: {:?}", user_name(good));
        }
        for bad in ["", "a\\b\\c", "a\tb", "\\me", "corp\\", ". .", "me@corp", ".corp.\\me"] {
            assert!(!user_name(bad).is_empty(), "{bad}");
        }
    }
}
