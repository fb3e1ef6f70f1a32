//! The verbs: one file each, one table.

mod apply;
mod apply_last;
mod auth;
mod create;
mod create_access;
mod create_tls;
mod create_token;
mod debug;
mod debug_copy;
mod delete;
mod describe;
mod diff;
mod discovery;
mod drain;
mod events;
mod exec;
mod expose;
mod get;
mod get_raw;
mod local;
mod logs;
mod metadata;
mod node;
mod patch;
mod prune;
mod replace;
mod rollout;
mod run;
mod scale;
mod set;
mod wait;

use crate::failure::Failure;
pub(crate) use events::interval;
pub(crate) use local::CONTEXT;
pub(crate) use rollout::revision;

use crate::Api;
use crate::session::{Env, Out, Outcome, Session};

/// What a command still waits for.
#[derive(Clone, Debug)]
pub(crate) enum Task {
    /// Nothing: it has ended with this exit code.
    Done(i32),
    /// Objects that were deleted and must go.
    Delete(Box<delete::Waiting>),
    /// More events of a watch.
    Watch(Box<get::Watching>),
    /// A condition of some objects.
    Wait(Box<wait::Waiting>),
    /// More lines of a log.
    Logs(Box<logs::Following>),
    /// A command in a container.
    Exec(Box<exec::Running>),
    /// A rollout.
    Rollout(Box<rollout::Watching>),
    /// A Pod that was made to be watched.
    Run(Box<run::Attached>),
    /// A debug container that must start.
    Attach(Box<debug::Attaching>),
    /// The moment at which it gives up.
    Fail(Box<Failure>),
    /// Nothing that happens in the cluster: only the person ends it.
    Idle,
    /// Pods that must leave a node.
    Drain(Box<drain::Draining>),
}

impl Task {
    /// Looks again; says what it waits for now.
    pub(crate) fn poll(self, api: &mut dyn Api, env: &Env, out: &mut Out) -> Outcome {
        match self {
            Task::Done(code) => Ok(Task::Done(code)),
            Task::Delete(waiting) => waiting.poll(api),
            Task::Watch(watching) => watching.poll(api, out),
            Task::Wait(waiting) => waiting.poll(api, out),
            Task::Logs(following) => following.poll(api, out),
            Task::Exec(running) => running.poll(api, env, out),
            Task::Rollout(watching) => watching.poll(api, out),
            Task::Drain(draining) => draining.poll(api, out),
            Task::Run(attached) => attached.poll(api, out),
            Task::Attach(attaching) => attaching.poll(api, out),
            Task::Fail(failure) => Err(*failure),
            Task::Idle => Ok(Task::Idle),
        }
    }
}

/// A verb of kubectl.
pub(crate) struct Verb {
    /// `rollout status`: one word or two.
    pub(crate) name: &'static str,
    /// Its flags, in the notation of [`crate::flags::Flags::parse`].
    pub(crate) flags: &'static str,
    pub(crate) run: fn(&mut Session<'_>) -> Outcome,
}

const fn verb(name: &'static str, flags: &'static str, run: fn(&mut Session<'_>) -> Outcome) -> Verb {
    Verb { name, flags, run }
}

/// Every verb. Those of two words come before those whose first word is the same.
pub(crate) static VERBS: &[Verb] = &[
    verb("get", get::FLAGS, get::run),
    verb("apply view-last-applied", apply_last::VIEW_FLAGS, apply_last::view),
    verb("apply set-last-applied", apply_last::SET_FLAGS, apply_last::set),
    verb("apply edit-last-applied", apply_last::EDIT_FLAGS, apply_last::edit),
    verb("apply", apply::FLAGS, apply::run),
    verb("create", create::FLAGS, create::run),
    verb("delete", delete::FLAGS, delete::run),
    verb("describe", describe::FLAGS, describe::run),
    verb("logs", logs::FLAGS, logs::run),
    verb("exec", exec::FLAGS, exec::run),
    verb("patch", patch::FLAGS, patch::run),
    verb("label", metadata::LABEL_FLAGS, metadata::label),
    verb("annotate", metadata::ANNOTATE_FLAGS, metadata::annotate),
    verb("run", run::FLAGS, run::run),
    verb("scale", scale::FLAGS, scale::run),
    verb("rollout status", rollout::STATUS_FLAGS, rollout::status),
    verb("rollout history", rollout::HISTORY_FLAGS, rollout::history),
    verb("rollout undo", rollout::UNDO_FLAGS, rollout::undo),
    verb("rollout restart", rollout::CHANGE_FLAGS, rollout::restart),
    verb("rollout pause", rollout::CHANGE_FLAGS, rollout::pause),
    verb("rollout resume", rollout::CHANGE_FLAGS, rollout::resume),
    verb("set image", set::IMAGE_FLAGS, set::image),
    verb("set env", set::ENV_FLAGS, set::env),
    verb("set resources", set::RESOURCES_FLAGS, set::resources),
    verb("set selector", set::SELECTOR_FLAGS, set::selector),
    verb("set serviceaccount", set::IMAGE_FLAGS, set::service_account),
    verb("set sa", set::IMAGE_FLAGS, set::service_account),
    verb("taint", node::TAINT_FLAGS, node::taint),
    verb("cordon", node::CORDON_FLAGS, node::cordon),
    verb("uncordon", node::CORDON_FLAGS, node::uncordon),
    verb("drain", drain::FLAGS, drain::run),
    verb("debug", debug::FLAGS, debug::run),
    verb("replace", replace::FLAGS, replace::run),
    verb("expose", expose::EXPOSE_FLAGS, expose::expose),
    verb("autoscale", expose::AUTOSCALE_FLAGS, expose::autoscale),
    verb("events", events::FLAGS, events::run),
    verb("explain", discovery::EXPLAIN_FLAGS, discovery::explain),
    verb("api-resources", discovery::RESOURCES_FLAGS, discovery::resources),
    verb("api-versions", local::NO_FLAGS, discovery::versions),
    verb("version", discovery::VERSION_FLAGS, discovery::version),
    verb("cluster-info", local::NO_FLAGS, discovery::cluster_info),
    verb("config view", local::CONFIG_FLAGS, local::config_view),
    verb("config current-context", local::CONFIG_FLAGS, local::current_context),
    verb("config get-contexts", local::CONFIG_FLAGS, local::get_contexts),
    verb("config use-context", local::CONFIG_FLAGS, local::use_context),
    verb("config set-context", local::CONFIG_FLAGS, local::set_context),
    verb("auth can-i", auth::CAN_I_FLAGS, auth::can_i),
    verb("auth whoami", auth::WHOAMI_FLAGS, auth::whoami),
    verb("top pods", local::TOP_FLAGS, local::top),
    verb("top pod", local::TOP_FLAGS, local::top),
    verb("top nodes", local::TOP_FLAGS, local::top),
    verb("top node", local::TOP_FLAGS, local::top),
    verb("port-forward", local::FORWARD_FLAGS, local::port_forward),
    verb("cp", local::CP_FLAGS, local::cp),
    verb("attach", local::ATTACH_FLAGS, local::attach),
    verb("edit", local::EDIT_FLAGS, local::edit),
    verb("diff", diff::FLAGS, diff::run),
    verb("certificate approve", local::CERTIFICATE_FLAGS, local::certificate),
    verb("certificate deny", local::CERTIFICATE_FLAGS, local::certificate),
    verb("plugin list", local::NO_FLAGS, local::plugin_list),
    verb("completion", local::NO_FLAGS, local::completion),
    verb("wait", wait::FLAGS, wait::run),
];

/// The verb that the words begin with, and how many words it takes; or what kubectl says of an unknown one.
pub(crate) fn find(words: &[String]) -> Result<(&'static Verb, usize), Failure> {
    let Some(first) = words.first() else {
        return Err(Failure::silent(0));
    };
    for verb in VERBS {
        let mut parts = verb.name.split(' ');
        let count = verb.name.split(' ').count();
        if count <= words.len() && parts.by_ref().zip(words).all(|(part, word)| part == word) {
            return Ok((verb, count));
        }
    }
    if first.starts_with('-') {
        return Err(Failure::plain(format!("Error: flags cannot be placed before plugin name: {first}")));
    }
    // The first word is right, the second is missing or wrong.
    if VERBS.iter().any(|verb| verb.name.starts_with(&format!("{first} "))) {
        return Err(match words.get(1) {
            Some(second) => Failure::usage(first, format!("unknown command {second:?}")),
            None => Failure::usage(first, format!("{first} needs to be told what to do")),
        });
    }
    Err(Failure::plain(unknown(first)))
}

/// `unknown command`, with a guess. Models spf13/cobra Command.SuggestionsFor
fn unknown(word: &str) -> String {
    let mut text = format!("error: unknown command {word:?} for \"kubectl\"");
    let mut guesses: Vec<&str> = Vec::new();
    for name in VERBS.iter().filter_map(|verb| verb.name.split(' ').next()) {
        let near = distance(word, name) <= 2 || name.starts_with(word);
        if near && !guesses.contains(&name) {
            guesses.push(name);
        }
    }
    // kubectl's own list of words that people type for a verb.
    if matches!(word, "pods" | "pod" | "po") && !guesses.contains(&"logs") {
        guesses.push("logs");
    }
    if !guesses.is_empty() {
        crate::sort::by_text(&mut guesses, |guess| guess);
        text.push_str("\n\nDid you mean this?");
        for guess in guesses {
            text.push_str("\n\t");
            text.push_str(guess);
        }
    }
    text
}

/// How many letters must change to make one word of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(40).collect(), b.chars().collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// What `kubectl` alone says: its verbs, each once.
pub(crate) fn overview() -> String {
    let mut words: Vec<&str> = VERBS.iter().filter_map(|verb| verb.name.split(' ').next()).collect();
    crate::sort::by_text(&mut words, |word| word);
    words.dedup();
    let mut text = String::from("kubectl talks to the cluster.\n\nCommands:\n");
    for word in words {
        text.push_str("  ");
        text.push_str(word);
        text.push('\n');
    }
    text.push_str(
        "\nUsage:\n  kubectl [command] [flags]\n\nUse \"kubectl <command> --help\" for its flags.\n",
    );
    text
}

/// What `--help` says of a verb: its flags.
pub(crate) fn help(verb: &Verb) -> String {
    let mut text = format!("Usage:\n  kubectl {} [flags]\n\nFlags:\n", verb.name);
    for (name, takes) in crate::flags::Flags::listed(verb.flags) {
        text.push_str(&format!("    {name}{}\n", if takes { " VALUE" } else { "" }));
    }
    text
}
