//! `kubectl diff`: what apply would change, as `diff -u -N` of the live object and the merged one.
//! Models k8s.io/kubectl/pkg/cmd/diff/diff.go (v1.36), client-side

use k8s_api::kind::Kind;
use k8s_api::meta::Time;
use k8s_api::print;
use k8s_api::text_diff::unified;
use serde_json::{Map, Value};

use super::Task;
use super::apply::LAST_APPLIED;
use super::create::undecodable;
use crate::api::PatchType;
use crate::failure::Failure;
use crate::session::{Outcome, Session};
use crate::tree::{self, name};
use crate::{files, targets, three_way};

pub(super) const FLAGS: &str = "f/filename:l R/recursive k/kustomize:s server-side force-conflicts prune \
    prune-allowlist:a l/selector:s concurrency:i show-managed-fields show-secrets field-manager:s";

/// The name of a file in both folders, and what each holds.
struct Pair {
    file: String,
    live: String,
    merged: String,
}

pub(super) fn run(session: &mut Session<'_>) -> Outcome {
    // Exit code 1 means that there are differences.
    pairs(session).map_err(|failure| Failure::with_code(failure.text, 2)).map(|mut pairs| {
        crate::sort::by_text(&mut pairs, |pair| &pair.file);
        let mut found = false;
        let moment = session.api.now_micros();
        for Pair { file, live, merged } in pairs.iter().filter(|pair| pair.live != pair.merged) {
            found = true;
            // Folders with a number of their own, and files as old as the command.
            let (live_path, merged_path) =
                (format!("/tmp/LIVE-{}/{file}", moment / 7), format!("/tmp/MERGED-{}/{file}", moment / 11));
            let written = clock(moment);
            session.out.print(&format!(
                "diff -u -N {live_path} {merged_path}\n--- {live_path}\t{written}\n+++ {merged_path}\t{written}\n{}",
                unified(live, merged)
            ));
        }
        Task::Done(i32::from(found))
    })
}

fn pairs(session: &mut Session<'_>) -> Result<Vec<Pair>, Failure> {
    let flags = session.flags;
    if !flags.args.is_empty() {
        return Err(Failure::usage("diff", format!("Unexpected args: [{}]", flags.args.join(" "))));
    }
    if !flags.has("filename") && !flags.has("kustomize") {
        return Err(Failure::error("must specify one of -f and -k"));
    }
    for (flag, what) in
        [("kustomize", "kustomizations"), ("prune", "pruning"), ("server-side", "field managers")]
    {
        if flags.has(flag) {
            return Err(Failure::error(format!("{what} are not available in this kubectl")));
        }
    }
    let (context, enforced) = (session.namespace(), flags.has("namespace"));
    let mut pairs = Vec::new();
    for item in files::objects(session.env, flags)? {
        let mut object = item.object?;
        let (kind, namespace) = targets::mapped(&object, &item.source, &context, enforced)?;
        if kind.namespaced {
            tree::set(&mut object, "metadata.namespace", namespace.clone().into());
        }
        if let Some(problem) = item.undecodable {
            return Err(undecodable(&item.source, &problem));
        }
        pairs.push(one(session, kind, &namespace, &object, &item.source)?);
    }
    Ok(pairs)
}

/// Models InfoObject.Live and InfoObject.Merged
fn one(
    session: &mut Session<'_>,
    kind: &'static Kind,
    namespace: &str,
    object: &Value,
    source: &str,
) -> Result<Pair, Failure> {
    let group = if kind.group.is_empty() { String::new() } else { format!("{}.", kind.group) };
    let file = format!("{group}{}.{}.{namespace}.{}", kind.version, kind.kind, name(object));
    let live = match targets::get(session.api, kind, namespace, name(object)) {
        Ok(live) => live,
        Err(status) if status.reason == "NotFound" => Value::Null,
        Err(status) => return Err(Failure::from(&*status)),
    };
    let merged = if live.is_null() {
        session.create(namespace, object, true)?
    } else {
        let applied = tree::at(&live, "metadata.annotations").get(LAST_APPLIED).and_then(Value::as_str);
        let original = applied.and_then(|text| files::parse(text).ok()).unwrap_or(Value::Null);
        // What was applied is compared without being noted. Models GetModifiedConfiguration
        let mut modified = object.clone();
        let mut annotations =
            tree::at(object, "metadata.annotations").as_object().cloned().unwrap_or_default();
        annotations.remove(LAST_APPLIED);
        tree::set(&mut modified, "metadata.annotations", Value::Object(annotations));
        let patch = three_way::patch(kind, &original, &modified, &live);
        if patch.as_object().is_none_or(Map::is_empty) {
            live.clone()
        } else {
            let strategic = PatchType::Strategic;
            session.patch(kind, namespace, name(object), "", strategic, &patch, true).map_err(|status| {
                Failure::status_while(&status, if status.reason == "Invalid" { "" } else { source })
            })?
        }
    };
    let (mut live, mut merged) = (live, merged);
    if kind.kind == "Secret" && !session.flags.is("show-secrets") {
        mask(&mut live, &mut merged);
    }
    let text = |object: &Value| if object.is_null() { String::new() } else { print::yaml(object) };
    Ok(Pair { file, live: text(&live), merged: text(&merged) })
}

/// `2026-11-20 12:46:29.657925000 +0000`
fn clock(micros: i64) -> String {
    let text = Time(micros.div_euclid(1_000_000)).rfc3339();
    format!("{}.{:06}000 +0000", text.trim_end_matches('Z').replace('T', " "), micros.rem_euclid(1_000_000))
}

/// Secrets stay secret, but whether they change is shown. Models Masker
fn mask(live: &mut Value, merged: &mut Value) {
    let data = |object: &Value| object["data"].as_object().cloned().unwrap_or_default();
    let (before, after) = (data(live), data(merged));
    for (key, old) in &before {
        let changed = after.get(key).is_some_and(|new| new != old);
        live["data"][key] = if changed { "*** (before)" } else { "***" }.into();
    }
    for (key, new) in &after {
        let changed = before.get(key).is_some_and(|old| old != new);
        merged["data"][key] = if changed { "*** (after)" } else { "***" }.into();
    }
}
