//! `kubectl debug`: a container of one's own beside those of a running Pod.
//! Models k8s.io/kubectl/pkg/cmd/debug/debug.go (v1.36), ephemeral containers only

use serde_json::{Value, json};

use super::Task;
use super::logs::Following;
use crate::Api;
use crate::api::PatchType;
use crate::containers;
use crate::failure::Failure;
use crate::session::{Out, Outcome, Session};
use crate::targets;
use crate::tree::{has, list, name, namespace, text};

pub(super) const FLAGS: &str = "image:s target:s c/container:s i/stdin t/tty attach q/quiet profile:s custom:s env:a \
    image-pull-policy:s arguments-only copy-to:s replace same-node set-image:s share-processes keep-labels \
    keep-annotations keep-init-containers keep-liveness keep-readiness keep-startup f/filename:l";

/// Five letters for a name, from what is there and the time.
pub(super) fn suffix(pod: &Value, now: i64) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let count = list(pod, "spec.ephemeralContainers").len() as u64;
    let mut state = text(pod, "metadata.uid").bytes().fold(now.unsigned_abs() ^ count << 32, |hash, b| {
        (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    });
    (0..5)
        .map(|_| {
            let letter = LETTERS[(state >> 33) as usize % LETTERS.len()];
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            letter as char
        })
        .collect()
}

/// What a profile adds to the container. Models debug/profiles.go (v1.36)
fn profile(name: &str) -> Result<Value, Failure> {
    Ok(match name {
        "" | "general" => json!({"capabilities": {"add": ["SYS_PTRACE"]}}),
        "legacy" => Value::Null,
        "baseline" => Value::Null,
        "restricted" => json!({
            "runAsNonRoot": true, "capabilities": {"drop": ["ALL"]}, "allowPrivilegeEscalation": false,
            "seccompProfile": {"type": "RuntimeDefault"},
        }),
        "netadmin" => json!({"capabilities": {"add": ["NET_ADMIN", "NET_RAW"]}}),
        "sysadmin" => json!({"privileged": true}),
        other => return Err(Failure::error(format!("unknown profile: {other}"))),
    })
}

pub(super) fn run(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    let (before, command) = flags.around_dash();
    let image = flags.text("image");
    if image.is_empty() && flags.text("copy-to").is_empty() {
        return Err(Failure::error("you must specify --image when not using --copy-to."));
    }
    let Some(word) = before.first() else {
        return Err(Failure::error("NAME or filename is required for debug"));
    };
    let quiet = flags.is("quiet");
    let (stdin, tty) = (flags.is("stdin"), flags.is("tty"));
    if tty && !stdin {
        return Err(Failure::error("-i/--stdin is required for containers with -t/--tty=true"));
    }
    if word.starts_with("node/") {
        return Err(Failure::error("Pods for nodes are not available in this kubectl"));
    }
    let policy = flags.text("image-pull-policy");
    if !matches!(policy, "" | "Always" | "IfNotPresent" | "Never") {
        return Err(Failure::error(format!("invalid image pull policy: {policy}")));
    }
    let target = flags.text("target");
    if !target.is_empty() && flags.has("copy-to") {
        return Err(Failure::error(
            "--target is incompatible with --copy-to. Use --share-processes instead.",
        ));
    }
    if !target.is_empty() && !quiet {
        session.out.line(format!(
            "Targeting container {target:?}. If you don't see processes from this container it may be because the \
             container runtime doesn't support this feature."
        ));
    }
    let profile_name = flags.text("profile");
    if profile_name == "legacy" {
        session.out.warn(
            "--profile=legacy is deprecated and planned to be removed in v1.39. It is recommended to specify other \
             profile, for example \"--profile=general\".",
        );
    }
    let security = profile(profile_name)?;
    let pod = containers::pod_of(session, word)?;
    if flags.has("copy-to") {
        return super::debug_copy::copy(session, &pod, command, security);
    }
    let mut container = json!({
        "name": match flags.text("container") {
            "" => format!("debugger-{}", suffix(&pod, session.api.now_micros())),
            name => name.to_string(),
        },
        "image": image,
        "terminationMessagePolicy": "File",
    });
    let mut set = |field: &str, value: Value| container[field] = value;
    if !command.is_empty() {
        set(if flags.is("arguments-only") { "args" } else { "command" }, command.into());
    }
    if stdin {
        set("stdin", true.into());
    }
    if tty {
        set("tty", true.into());
    }
    if !security.is_null() {
        set("securityContext", security);
    }
    let env: Vec<Value> = flags
        .all("env")
        .iter()
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| json!({"name": key, "value": value}))
        .collect();
    if !env.is_empty() {
        set("env", env.into());
    }
    if !policy.is_empty() {
        set("imagePullPolicy", policy.into());
    }
    if !target.is_empty() {
        set("targetContainerName", target.into());
    }
    let made = text(&container, "name").to_string();
    if flags.text("container").is_empty() && !quiet {
        session.out.line(format!("Defaulting debug container name to {made}."));
    }
    warn_of_user(session, &pod, &container);
    let kind = targets::kind_of("pods")?;
    let (pod_namespace, pod_name) = (namespace(&pod).to_string(), name(&pod).to_string());
    let mut all: Vec<Value> = list(&pod, "spec.ephemeralContainers").to_vec();
    all.push(container);
    let patch = json!({"spec": {"ephemeralContainers": all}});
    session.patch(kind, &pod_namespace, &pod_name, "ephemeralcontainers", PatchType::Merge, &patch, false)?;
    attach(session, pod_namespace, pod_name, made)
}

/// Who types into it or asks for it is attached.
pub(super) fn attach(
    session: &mut Session<'_>,
    namespace: String,
    pod: String,
    container: String,
) -> Outcome {
    let flags = session.flags;
    if !flags.truth("attach", flags.is("stdin")) {
        return Ok(Task::Done(0));
    }
    let quiet = flags.is("quiet");
    if !quiet {
        Following::announce(session.out);
    }
    let attaching = Attaching { namespace, pod, container, quiet, seen: String::new() };
    attaching.poll(session.api, session.out)
}

/// Says that what a profile grants is of little use to a user who is not root. Models displayWarning (v1.36)
pub(super) fn warn_of_user(session: &mut Session<'_>, pod: &Value, container: &Value) {
    let own = &container["securityContext"];
    let granted = own["privileged"] == true || has(own, "capabilities.add");
    if granted && pod["spec"]["securityContext"]["runAsUser"].as_i64().is_some_and(|user| user != 0) {
        session.out.warn(
            "Warning: Non-root user is configured for the entire target Pod, and some capabilities granted by debug \
             profile may not work. Please consider using \"--custom\" with a custom profile that specifies \
             \"securityContext.runAsUser: 0\".",
        );
    }
}

/// A debug container that must start before its output can be shown.
#[derive(Clone, Debug)]
pub(crate) struct Attaching {
    namespace: String,
    pod: String,
    container: String,
    quiet: bool,
    /// The version of the Pod that was looked at last.
    seen: String,
}

impl Attaching {
    // Models waitForContainer (v1.36)
    pub(crate) fn poll(mut self, api: &mut dyn Api, out: &mut Out) -> Outcome {
        let kind = targets::kind_of("pods")?;
        let pod = api.get(kind, &self.namespace, &self.pod)?;
        let copied = list(&pod, "status.containerStatuses").iter();
        let mut statuses = list(&pod, "status.ephemeralContainerStatuses").iter().chain(copied);
        let status = statuses.find(|status| text(status, "name") == self.container);
        let started =
            status.is_some_and(|status| has(status, "state.running") || has(status, "state.terminated"));
        if !started {
            let version = text(&pod, "metadata.resourceVersion");
            let message = status.map_or("", |status| text(status, "state.waiting.message"));
            if !self.quiet && !message.is_empty() && self.seen != version {
                out.warn(format!("Warning: container {}: {message}", self.container));
            }
            self.seen = version.to_string();
            return Ok(Task::Attach(Box::new(self)));
        }
        Following::all_of(&self.namespace, &self.pod, &self.container).poll(api, out)
    }
}
