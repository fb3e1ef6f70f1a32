//! Verbs about the person's own side: `config`, `auth`, `top`, `port-forward`, and those that need a machine.

use serde_json::json;

use super::Task;
use super::create::required;
use crate::containers;
use crate::failure::Failure;
use crate::printers::output::yaml;
use crate::session::{Outcome, Session};
use crate::targets;
use crate::tree::{int, list, name, namespace, plain, text};

pub(super) const NO_FLAGS: &str = "";
pub(super) const CONFIG_FLAGS: &str = "current minify o/output:s raw flatten no-headers";
pub(super) const TOP_FLAGS: &str = "A/all-namespaces l/selector:s containers sort-by:s no-headers sum field-selector:s \
    show-capacity use-protocol-buffers show-swap";
pub(super) const FORWARD_FLAGS: &str = "address:l pod-running-timeout:d";
pub(super) const CP_FLAGS: &str = "c/container:s no-preserve retries:i";
pub(super) const ATTACH_FLAGS: &str = "c/container:s i/stdin t/tty q/quiet pod-running-timeout:d";
pub(super) const EDIT_FLAGS: &str = "f/filename:l R/recursive k/kustomize:s o/output:s save-config \
    output-patch subresource:s validate:s=strict windows-line-endings field-manager:s template:s show-managed-fields";

/// The one context, and its cluster and user.
pub(crate) const CONTEXT: &str = "podarium";

pub(super) fn config_view(session: &mut Session<'_>) -> Outcome {
    let view = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": CONTEXT,
        "clusters": [{"name": CONTEXT, "cluster": {"server": "https://127.0.0.1:8443"}}],
        "contexts": [{
            "name": CONTEXT,
            "context": {"cluster": CONTEXT, "user": CONTEXT, "namespace": session.env.namespace},
        }],
        "users": [{"name": CONTEXT, "user": {}}],
    });
    let text = yaml(&view);
    session.out.print(&text);
    Ok(Task::Done(0))
}

pub(super) fn current_context(session: &mut Session<'_>) -> Outcome {
    session.out.line(CONTEXT);
    Ok(Task::Done(0))
}

pub(super) fn get_contexts(session: &mut Session<'_>) -> Outcome {
    let text = format!(
        "CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n*\t{CONTEXT}\t{CONTEXT}\t{CONTEXT}\t{}\n",
        session.env.namespace
    );
    let table = crate::tabwriter::TabWriter::for_tables().format(&text);
    session.out.print(&table);
    Ok(Task::Done(0))
}

pub(super) fn use_context(session: &mut Session<'_>) -> Outcome {
    match session.flags.args.first() {
        Some(name) if name == CONTEXT => session.out.line(format!("Switched to context {name:?}.")),
        Some(name) => return Err(Failure::error(format!("no context exists with the name: {name:?}"))),
        None => return Err(Failure::error("Unexpected args: []")),
    }
    Ok(Task::Done(0))
}

/// `--current --namespace=x` changes where commands look; the caller takes it from the command.
pub(super) fn set_context(session: &mut Session<'_>) -> Outcome {
    let named = session.flags.args.first();
    if !session.flags.is("current") && named.is_none() {
        return Err(Failure::error("you must specify a non-empty context name or --current"));
    }
    if named.is_some_and(|name| name != CONTEXT) {
        return Err(Failure::error("there is only one cluster here, and one context"));
    }
    if let Some(namespace) = session.flags.get("namespace") {
        session.out.namespace = Some(namespace.to_string());
    }
    session.out.line(format!("Context {CONTEXT:?} modified."));
    Ok(Task::Done(0))
}

/// There is no metrics server.
pub(super) fn top(_session: &mut Session<'_>) -> Outcome {
    Err(Failure::error("Metrics API not available"))
}

/// Models k8s.io/kubectl/pkg/cmd/portforward (v1.36) up to the point where it listens.
pub(super) fn port_forward(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    let [target, ports @ ..] = flags.args.as_slice() else {
        return Err(Failure::usage(
            "port-forward",
            "TYPE/NAME and list of ports are required for port-forward",
        ));
    };
    if ports.is_empty() {
        return Err(Failure::usage(
            "port-forward",
            "TYPE/NAME and list of ports are required for port-forward",
        ));
    }
    let pod = containers::pod_of(session, target)?;
    permit(session, "portforward", &pod).map_err(|failure| {
        let words = failure.text.trim_start_matches("error: ");
        Failure::error(format!("error upgrading connection: {words}"))
    })?;
    let phase = text(&pod, "status.phase");
    if phase != "Running" {
        return Err(Failure::error(format!(
            "unable to forward port because pod is not running. Current status={phase}"
        )));
    }
    let named = |port: &str| -> Result<i64, Failure> {
        if let Ok(number) = port.parse() {
            return Ok(number);
        }
        let containers = list(&pod, "spec.containers").iter();
        let mut all = containers.flat_map(|container| list(container, "ports"));
        let found = all.find(|other| text(other, "name") == port);
        found.map(|port| int(port, "containerPort")).ok_or_else(|| {
            Failure::error(format!("Pod '{}' does not have a named port '{port}'", crate::tree::name(&pod)))
        })
    };
    let mut lines = Vec::new();
    for port in ports {
        let (local, remote) = port.split_once(':').unwrap_or((port, port));
        let remote = named(remote)?;
        let local = if local.is_empty() { remote } else { named(local)? };
        lines.push(format!("Forwarding from 127.0.0.1:{local} -> {remote}"));
    }
    for line in lines {
        session.out.line(line);
    }
    Ok(Task::Idle)
}

pub(super) fn cp(session: &mut Session<'_>) -> Outcome {
    let [from, to] = session.flags.args.as_slice() else {
        return Err(Failure::error("source and destination are required"));
    };
    match (from.contains(':'), to.contains(':')) {
        (true, true) => return Err(Failure::error("one of src or dest must be a local file specification")),
        (false, false) => {
            return Err(Failure::error("one of src or dest must be a remote file specification"));
        }
        (false, true) if crate::files::read(session.env, from).is_none() => {
            return Err(Failure::error(format!("{from} doesn't exist in local filesystem")));
        }
        _ => {}
    }
    let remote = if to.contains(':') { to } else { from };
    let (place, _) = remote.split_once(':').unwrap_or((remote, ""));
    let (namespace, name) = match place.split_once('/') {
        Some((namespace, name)) => (namespace.to_string(), name),
        None => (session.namespace(), place),
    };
    if let Some(pods) = k8s_api::kind::by_kind("Pod") {
        let pod = targets::get(session.api, pods, &namespace, name)?;
        permit(session, "exec", &pod)?;
    }
    Err(Failure::error("files cannot be copied here: use exec with cat instead"))
}

/// Whether a stream to a Pod may be opened.
fn permit(session: &mut Session<'_>, subresource: &str, pod: &serde_json::Value) -> Result<(), Failure> {
    let Some(pods) = k8s_api::kind::by_kind("Pod") else { return Ok(()) };
    let asked = session.api.permit("create", pods, subresource, namespace(pod), name(pod));
    asked.map_err(|status| Failure::error(&status.message))
}

pub(super) fn attach(session: &mut Session<'_>) -> Outcome {
    let args = session.flags.args.clone();
    let Some(word) = args.first() else {
        return Err(Failure::error("at least 1 argument is required for attach"));
    };
    if args.len() > 1 {
        targets::kind_of(word)?;
    }
    let pod = containers::pod_of(session, word)?;
    let phase = text(&pod, "status.phase");
    if matches!(phase, "Succeeded" | "Failed") {
        return Err(Failure::error(format!(
            "cannot attach a container in a completed pod; current phase is {phase}"
        )));
    }
    let container =
        containers::choose(session, &pod, session.flags.text("container"), session.flags.is("quiet"))?;
    let flags = session.flags;
    let (stdin, terminal) = (flags.is("stdin"), flags.is("stdin") && session.env.terminal);
    if stdin && flags.is("tty") && !terminal {
        session.out.warn("Unable to use a TTY - input is not a terminal or the right kind of file");
    }
    if !flags.is("quiet") {
        super::logs::Following::announce(session.out);
    }
    // Models the kubelet's AttachContainer (v1.36)
    let pod_name = crate::tree::name(&pod);
    let refused = |why: String| Err(Failure::error(format!("unable to upgrade connection: {why}")));
    if text(&pod, "spec.nodeName").is_empty() {
        return refused(format!("pod {pod_name} does not have a host assigned"));
    }
    let of_it = |path: &str| list(&pod, path).iter().find(|found| text(found, "name") == container);
    let groups = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];
    let status = groups.iter().find_map(|group| of_it(&format!("status.{group}")));
    if !status.is_some_and(|status| crate::tree::has(status, "state.running")) {
        return refused(format!("container {container} not found in pod {pod_name}_{}", namespace(&pod)));
    }
    if of_it("spec.containers").is_some_and(|found| found["tty"] == true) && !terminal {
        return refused("rpc error: code = InvalidArgument desc = tty and stderr cannot both be true".into());
    }
    let following = super::logs::Following::new_lines_of(&pod, &container, session.api);
    following.poll(session.api, session.out)
}

pub(super) fn edit(session: &mut Session<'_>) -> Outcome {
    let args = session.flags.args.clone();
    if args.len() == 1 && !args[0].contains('/') && !session.flags.has("filename") {
        targets::kind_of(&args[0])?;
        return Err(Failure::error("edit cancelled, no objects found"));
    }
    let found = targets::find(session, &args, targets::Wanted::default())?;
    if !found.failures.is_empty() {
        return Err(Failure::join(found.failures));
    }
    Err(Failure::error("there is no text editor here: use apply, patch or the manifest editor"))
}

pub(super) const CERTIFICATE_FLAGS: &str = "f/filename:l R/recursive k/kustomize:s force o/output:s";

/// Nobody asks this cluster for certificates, so that there is none to approve or deny.
pub(super) fn certificate(session: &mut Session<'_>) -> Outcome {
    let names = &session.flags.args;
    if names.is_empty() && !session.flags.has("filename") {
        return Err(Failure::error("one or more CSRs must be specified as <name> or -f <filename>"));
    }
    let missing = names.iter().map(|name| {
        let what = "certificatesigningrequests.certificates.k8s.io";
        Failure::plain(format!("Error from server (NotFound): {what} \"{name}\" not found"))
    });
    Err(Failure::join(missing.collect()))
}

pub(super) fn plugin_list(_session: &mut Session<'_>) -> Outcome {
    Err(Failure::error("unable to find any kubectl plugins in your PATH"))
}

pub(super) fn completion(session: &mut Session<'_>) -> Outcome {
    if session.flags.args.is_empty() {
        return Err(Failure::usage("completion", "Shell not specified."));
    }
    required(session.flags, &[])?;
    Err(Failure::error(format!(
        "completion for {} needs a shell of your own",
        plain(&session.flags.args[0].as_str().into())
    )))
}
