//! Pod Security: what the levels of a namespace's labels forbid, and in which words.
// Models k8s.io/pod-security-admission admission/admission.go and api/helpers.go (v1.36); exemptions and audit
// annotations are left out, because nothing here reads them.

use k8s_api::Value;
use k8s_api::validation::field::{ErrorList, Path};

use super::{Refused, Request};
use crate::apiserver::pod_security_checks::{self as checks, Violation};
use crate::apiserver::{Pod, Store, invalid};

/// How strict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Privileged,
    Baseline,
    Restricted,
}

/// How strict, and as of which minor version (none: the latest).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LevelVersion {
    level: Level,
    minor: Option<u32>,
}

impl LevelVersion {
    const OFF: Self = Self { level: Level::Privileged, minor: None };

    fn text(self) -> String {
        let level = match self.level {
            Level::Privileged => "privileged",
            Level::Baseline => "baseline",
            Level::Restricted => "restricted",
        };
        match self.minor {
            None => format!("{level}:latest"),
            Some(minor) => format!("{level}:v1.{minor}"),
        }
    }

    fn violations(self, metadata: &Value, spec: &Value) -> Vec<Violation> {
        match self.level {
            Level::Privileged => Vec::new(),
            level => checks::evaluate(level == Level::Restricted, self.minor, metadata, spec),
        }
    }
}

/// What a namespace asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Policy {
    enforce: LevelVersion,
    audit: LevelVersion,
    warn: LevelVersion,
    errors: ErrorList,
}

fn parse_level(text: &str) -> Option<Level> {
    Some(match text {
        "privileged" => Level::Privileged,
        "baseline" => Level::Baseline,
        "restricted" => Level::Restricted,
        _ => return None,
    })
}

/// The minor version of `v1.N`; none for `latest`.
fn parse_version(text: &str) -> Result<Option<u32>, ()> {
    if text == "latest" {
        return Ok(None);
    }
    let digits = text.strip_prefix("v1.").ok_or(())?;
    let canonical = digits == "0" || (!digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit()));
    if canonical { digits.parse().map(Some).map_err(|_| ()) } else { Err(()) }
}

/// What the labels of a namespace ask for; what cannot be read counts as restricted for `enforce`, as nothing
/// for the others.
// Models api.PolicyToEvaluate (v1.36)
fn policy(namespace: &Value) -> Policy {
    let labels = &namespace["metadata"]["labels"];
    let mut errors = ErrorList::default();
    let path = Path::new("metadata").child("labels");
    let mut read = |mode: &str, on_error: Level| {
        let mut read = LevelVersion::OFF;
        let key = format!("pod-security.kubernetes.io/{mode}");
        let mut given = false;
        if let Some(text) = labels[key.as_str()].as_str() {
            given = true;
            read.level = parse_level(text).unwrap_or_else(|| {
                let detail = "must be one of privileged, baseline, restricted";
                errors.invalid(&path.key(&key), text, detail);
                on_error
            });
        }
        let key = format!("{key}-version");
        let mut versioned = false;
        if let Some(text) = labels[key.as_str()].as_str() {
            versioned = true;
            read.minor = parse_version(text).unwrap_or_else(|()| {
                errors.invalid(&path.key(&key), text, "must be \"latest\" or \"v1.x\"");
                None
            });
        }
        (read, given, versioned)
    };
    let (enforce, has_enforce, _) = read("enforce", Level::Restricted);
    let (audit, _, _) = read("audit", Level::Privileged);
    let (mut warn, has_warn, has_warn_version) = read("warn", Level::Privileged);
    let readable = labels["pod-security.kubernetes.io/enforce"].as_str().and_then(parse_level).is_some();
    // Who is refused is warned, too, unless the labels say otherwise.
    if !has_warn && has_enforce && readable && enforce.level > warn.level {
        warn.level = enforce.level;
        if !has_warn_version {
            warn.minor = enforce.minor;
        }
    }
    Policy { enforce, audit, warn, errors }
}

/// Each reason, with its details in parentheses.
// Models AggregateCheckResult.ForbiddenDetail (v1.36)
fn detail(violations: &[Violation]) -> String {
    let texts: Vec<String> = violations
        .iter()
        .map(|violation| match violation.detail.as_str() {
            "" => violation.reason.clone(),
            detail => format!("{} ({detail})", violation.reason),
        })
        .collect();
    texts.join(", ")
}

/// Refuses what the namespace's labels forbid, or warns of it.
// Models Admission.Validate (v1.36)
pub(crate) fn validate(
    request: &Request<'_>,
    object: &Value,
    warnings: &mut Vec<String>,
) -> Result<(), Refused> {
    match request.kind.kind {
        "Namespace" if request.subresource.is_empty() => validate_namespace(request, object, warnings),
        "Pod" => {
            let ignored = ["exec", "attach", "binding", "eviction", "log", "portforward", "proxy", "status"];
            if ignored.contains(&request.subresource) {
                return Ok(());
            }
            if request.old.is_some_and(|old| !is_significant(&object["spec"], &old["spec"])) {
                return Ok(());
            }
            evaluate(request, &object["metadata"], &object["spec"], true, warnings)
        }
        "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet" | "Job" | "ReplicationController"
            if request.subresource.is_empty() =>
        {
            let template = &object["spec"]["template"];
            evaluate(request, &template["metadata"], &template["spec"], false, warnings)
        }
        "CronJob" if request.subresource.is_empty() => {
            let template = &object["spec"]["jobTemplate"]["spec"]["template"];
            evaluate(request, &template["metadata"], &template["spec"], false, warnings)
        }
        "PodTemplate" => {
            let template = &object["template"];
            evaluate(request, &template["metadata"], &template["spec"], false, warnings)
        }
        _ => Ok(()),
    }
}

/// Whether an update changes anything that the levels look at.
// Models isSignificantPodUpdate (v1.36)
fn is_significant(new: &Value, old: &Value) -> bool {
    let list = |spec: &Value, field: &str| spec[field].as_array().cloned().unwrap_or_default();
    for field in ["containers", "initContainers"] {
        let (new, old) = (list(new, field), list(old, field));
        if new.len() != old.len() || new.iter().zip(&old).any(|(new, old)| new["image"] != old["image"]) {
            return true;
        }
    }
    let old = list(old, "ephemeralContainers");
    list(new, "ephemeralContainers").iter().any(|container| {
        let same = old.iter().find(|other| other["name"] == container["name"]);
        same.is_none_or(|same| same["image"] != container["image"])
    })
}

// Models Admission.EvaluatePod (v1.36)
fn evaluate(
    request: &Request<'_>,
    metadata: &Value,
    spec: &Value,
    enforce: bool,
    warnings: &mut Vec<String>,
) -> Result<(), Refused> {
    let Some(namespace) = request.namespace_object() else { return Ok(()) };
    let policy = policy(&namespace);
    if enforce {
        let violations = policy.enforce.violations(metadata, spec);
        if !violations.is_empty() {
            let why = format!("violates PodSecurity \"{}\": {}", policy.enforce.text(), detail(&violations));
            return Err(request.forbidden(&why));
        }
    }
    let violations = policy.warn.violations(metadata, spec);
    if !violations.is_empty() {
        warnings.push(format!(
            "would violate PodSecurity \"{}\": {}",
            policy.warn.text(),
            detail(&violations)
        ));
    }
    Ok(())
}

// Models Admission.ValidateNamespace (v1.36)
fn validate_namespace(
    request: &Request<'_>,
    namespace: &Value,
    warnings: &mut Vec<String>,
) -> Result<(), Refused> {
    let new = policy(namespace);
    let old = request.old.map(policy);
    if !new.errors.is_empty() && old.as_ref().is_none_or(|old| old.errors != new.errors) {
        return Err(invalid(request.kind, request.name, &new.errors));
    }
    let Some(old) = old else { return Ok(()) };
    let relaxed = new.enforce.minor == old.enforce.minor && new.enforce.level <= old.enforce.level;
    if new.enforce != old.enforce && new.enforce.level != Level::Privileged && !relaxed {
        warnings.extend(of_existing_pods(request.store, request.name, new.enforce));
    }
    Ok(())
}

/// Warnings about the Pods that a new level would refuse.
// Models Admission.EvaluatePodsInNamespace (v1.36)
fn of_existing_pods(store: &Store, namespace: &str, enforce: LevelVersion) -> Vec<String> {
    // Reasons, the first Pod by name, how many.
    let mut found: Vec<(String, String, usize)> = Vec::new();
    let pods = store.list("Pod", Some(namespace)).filter_map(|object| object.as_pod());
    for pod in pods.take(checks::PODS_MAX) {
        let Pod { metadata, spec_tree, .. } = pod;
        let violations = enforce.violations(&metadata.to_value(), &spec_tree.tree());
        if violations.is_empty() {
            continue;
        }
        let reasons: Vec<&str> = violations.iter().map(|violation| violation.reason.as_str()).collect();
        let reasons = reasons.join(", ");
        match found.iter_mut().find(|(other, _, _)| *other == reasons) {
            Some((_, _, count)) => *count += 1,
            None => found.push((reasons, metadata.name.clone(), 1)),
        }
    }
    if found.is_empty() {
        return Vec::new();
    }
    let mut lines: Vec<String> = found
        .into_iter()
        .map(|(reasons, pod, count)| match count {
            1 => format!("{pod}: {reasons}"),
            2 => format!("{pod} (and 1 other pod): {reasons}"),
            _ => format!("{pod} (and {} other pods): {reasons}", count - 1),
        })
        .collect();
    k8s_api::small::sort(&mut lines, &|a, b| a < b);
    let head = format!(
        "existing pods in namespace \"{namespace}\" violate the new PodSecurity enforce level \"{}\"",
        enforce.text()
    );
    lines.insert(0, head);
    lines
}
