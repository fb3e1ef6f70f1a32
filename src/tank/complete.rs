//! Completion in the terminal: verbs, kinds, names, containers, flags.

use k8s_api::kind::KINDS;
use k8s_sim::{Cluster, Timeline};

use crate::terminal::{EntryKind, Terminal};

const VERBS: &[&str] = &[
    "annotate",
    "api-resources",
    "apply",
    "auth",
    "config",
    "cordon",
    "create",
    "debug",
    "delete",
    "describe",
    "drain",
    "events",
    "exec",
    "explain",
    "expose",
    "get",
    "label",
    "logs",
    "patch",
    "replace",
    "rollout",
    "run",
    "scale",
    "set",
    "taint",
    "top",
    "uncordon",
    "version",
    "wait",
];
/// Verbs whose first word names a kind, and not a Pod.
const OF_KINDS: &[&str] =
    &["annotate", "delete", "describe", "explain", "get", "label", "patch", "scale", "wait"];
const FLAGS: &[&str] = &[
    "--all-namespaces",
    "--container",
    "--filename",
    "--follow",
    "--force",
    "--grace-period",
    "--namespace",
    "--output",
    "--previous",
    "--selector",
    "--watch",
];

/// Completes the last word of the line in the terminal, as far as there is one way to go on.
pub(super) fn word(terminal: &mut Terminal, timeline: &Timeline) {
    let (line, choices) = complete(terminal.input(), terminal.namespace(), timeline.cluster());
    terminal.edit(line);
    if choices.len() > 1 {
        terminal.push(EntryKind::Output, &choices.join("  "));
    }
}

/// The line with its last word completed as far as there is one way to go on, and what it could become.
fn complete(line: &str, namespace: &str, cluster: &Cluster) -> (String, Vec<String>) {
    let (before, last) = line.rsplit_once(' ').map_or(("", line), |(before, last)| (before, last));
    let words: Vec<&str> = before.split_whitespace().collect();
    let mut choices: Vec<String> = candidates(&words, last, namespace, cluster)
        .into_iter()
        .filter(|word| word.starts_with(last))
        .collect();
    k8s_api::small::sort(&mut choices, &|a, b| a < b);
    choices.dedup();
    let Some(first) = choices.first() else { return (line.to_owned(), choices) };
    // What they all begin with.
    let common = choices.iter().fold(first.as_str(), |common, word| {
        let same = common.char_indices().zip(word.chars()).take_while(|((_, a), b)| a == b).last();
        &common[..same.map_or(0, |((at, c), _)| at + c.len_utf8())]
    });
    let space = if choices.len() == 1 && !common.ends_with('/') { " " } else { "" };
    let gap = if before.is_empty() { "" } else { " " };
    (format!("{before}{gap}{common}{space}"), choices)
}

fn candidates(words: &[&str], last: &str, namespace: &str, cluster: &Cluster) -> Vec<String> {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let Some((first, rest)) = words.split_first() else { return vec!["kubectl".into(), "clear".into()] };
    if !matches!(*first, "kubectl" | "k") {
        return Vec::new();
    }
    let Some((verb, rest)) = rest.split_first() else { return owned(VERBS) };
    let namespace = namespace_of(rest, namespace);
    match rest.last() {
        Some(&"-n" | &"--namespace") => return names(cluster, "Namespace", ""),
        Some(&"-c" | &"--container") => return containers(rest, &namespace, cluster),
        Some(&"-o" | &"--output") => return owned(&["yaml", "json", "wide", "name", "jsonpath="]),
        Some(&"-f" | &"--filename") => return vec![super::apply::FILE.into()],
        _ => {}
    }
    if last.starts_with('-') {
        return owned(FLAGS);
    }
    let plain = rest.iter().filter(|word| !word.starts_with('-')).collect::<Vec<_>>();
    match (OF_KINDS.contains(verb), plain.as_slice()) {
        (true, []) => KINDS.iter().flat_map(|kind| [kind.plural, kind.singular]).map(str::to_owned).collect(),
        (true, [kind, ..]) => {
            let found = KINDS
                .iter()
                .find(|it| it.plural == **kind || it.singular == **kind || it.short.contains(*kind));
            let Some(found) = found else { return Vec::new() };
            names(cluster, found.kind, if found.namespaced { &namespace } else { "" })
        }
        (false, []) if matches!(*verb, "logs" | "exec") => names(cluster, "Pod", &namespace),
        (false, _) => Vec::new(),
    }
}

fn namespace_of(words: &[&str], context: &str) -> String {
    let at = words.iter().position(|word| matches!(*word, "-n" | "--namespace"));
    at.and_then(|at| words.get(at + 1)).map_or_else(|| context.to_owned(), |word| (*word).to_owned())
}

fn names(cluster: &Cluster, kind: &str, namespace: &str) -> Vec<String> {
    let namespace = (!namespace.is_empty()).then_some(namespace);
    cluster.store().list(kind, namespace).map(|object| object.meta().name.clone()).collect()
}

/// The containers of the Pod that the line names.
fn containers(words: &[&str], namespace: &str, cluster: &Cluster) -> Vec<String> {
    let pod = words.iter().find_map(|word| cluster.pod(namespace, word));
    let Some(pod) = pod else { return Vec::new() };
    pod.spec
        .init_containers
        .iter()
        .chain(&pod.spec.containers)
        .map(|container| container.name.clone())
        .collect()
}
