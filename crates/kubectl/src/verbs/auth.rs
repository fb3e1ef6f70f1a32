//! `kubectl auth`: who one is and what one may do.
//! Models k8s.io/kubectl/pkg/cmd/auth/{cani,whoami}.go (v1.36)

use k8s_api::kind;
use serde_json::{Value, json};

use super::Task;
use crate::api::Attributes;
use crate::failure::Failure;
use crate::printers::output::{Output, print_document};
use crate::rbac;
use crate::session::{Outcome, Session};
use crate::tabwriter::TabWriter;

pub(super) const CAN_I_FLAGS: &str = "list q/quiet A/all-namespaces subresource:s no-headers";
pub(super) const WHOAMI_FLAGS: &str = "o/output:s template:s show-managed-fields";

/// Verbs that the API server knows.
const RESOURCE_VERBS: [&str; 14] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "use",
    "bind",
    "impersonate",
    "*",
    "approve",
    "sign",
];
const PATH_VERBS: [&str; 8] = ["get", "put", "post", "head", "options", "delete", "patch", "*"];

pub(super) fn can_i(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    let (namespace, everywhere) = (session.namespace(), flags.is("all-namespaces"));
    if flags.is("list") {
        if !flags.args.is_empty() {
            return Err(Failure::error("list option must be specified with no arguments"));
        }
        if flags.is("quiet") || everywhere || flags.has("subresource") {
            return Err(Failure::error(
                "list option can't be specified with neither quiet, all-namespaces nor subresource options",
            ));
        }
        let user = session.api.user();
        let head =
            if flags.is("no-headers") { "" } else { "Resources\tNon-Resource URLs\tResource Names\tVerbs\n" };
        let rows = rbac::rows(&session.api.rules(&user, &namespace));
        session.out.print(&TabWriter::for_tables().format(&format!("{head}{rows}")));
        return Ok(Task::Done(0));
    }
    let [verb, what] = flags.args.as_slice() else {
        return Err(Failure::plain(
            "error: you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth \
             can-i -h' for help and examples.",
        ));
    };
    let warn = |session: &mut Session<'_>, words: String| session.out.warn(format!("Warning: {words}\n"));
    let user = session.api.user();
    let allowed = if what.starts_with('/') {
        if flags.has("subresource") {
            return Err(Failure::error("--subresource can not be used with NonResourceURL"));
        }
        if !PATH_VERBS.contains(&verb.as_str()) {
            warn(session, format!("verb '{verb}' is not a known verb"));
        }
        session.api.authorize(&user, &Attributes::Path { verb, path: what })
    } else {
        let (word, name) = what.split_once('/').unwrap_or((what, ""));
        let known = kind::by_name(&word.to_lowercase()).filter(|_| word != "*");
        if known.is_none() && word != "*" {
            let (resource, group) = word.split_once('.').unwrap_or((word, ""));
            let place = if group.is_empty() { String::new() } else { format!(" in group '{group}'") };
            warn(session, format!("the server doesn't have a resource type '{resource}'{place}"));
        }
        if let Some(kind) = known.filter(|kind| !kind.namespaced && !everywhere) {
            let group =
                if kind.group.is_empty() { String::new() } else { format!(" in group '{}'", kind.group) };
            warn(session, format!("resource '{}' is not namespace scoped{group}", kind.plural));
        }
        if !RESOURCE_VERBS.contains(&verb.as_str()) {
            warn(session, format!("verb '{verb}' is not a known verb"));
        }
        session.api.authorize(
            &user,
            &Attributes::Resource {
                verb,
                group: known.map_or("", |kind| kind.group),
                resource: known.map_or(word, |kind| kind.plural),
                subresource: flags.text("subresource"),
                namespace: if everywhere { "" } else { &namespace },
                name,
            },
        )
    };
    if flags.is("no-headers") {
        return Err(Failure::error("--no-headers cannot be set without --list specified"));
    }
    if !flags.is("quiet") {
        session.out.line(if allowed.is_ok() { "yes" } else { "no" });
    }
    Ok(Task::Done(i32::from(allowed.is_err())))
}

pub(super) fn whoami(session: &mut Session<'_>) -> Outcome {
    if let Some(word) = session.flags.args.first() {
        return Err(Failure::usage(
            "auth whoami",
            format!("unknown command {word:?} for \"kubectl auth whoami\""),
        ));
    }
    let user = session.api.user();
    let output = Output::parse(session.env, session.flags)?;
    if matches!(output, Output::Table { .. }) {
        let text =
            format!("ATTRIBUTE\tVALUE\nUsername\t{}\nGroups\t[{}]\n", user.name, user.groups.join(" "));
        session.out.print(&TabWriter::for_tables().format(&text));
        return Ok(Task::Done(0));
    }
    let moment = k8s_api::meta::Time(session.api.now_micros().div_euclid(1_000_000)).rfc3339();
    let review: Value = json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview",
        "metadata": {"creationTimestamp": moment},
        "status": {"userInfo": {"username": user.name, "groups": user.groups}},
    });
    let text = print_document(&output, &review)?;
    session.out.print(&text);
    Ok(Task::Done(0))
}
