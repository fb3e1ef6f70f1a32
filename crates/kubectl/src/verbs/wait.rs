//! `kubectl wait`. Models k8s.io/kubectl/pkg/cmd/wait (v1.36)

use k8s_api::kind::Kind;
use serde_json::Value;

use super::Task;
use crate::Api;
use crate::duration::SECOND;
use crate::failure::Failure;
use crate::printers::jsonpath::{JsonPath, relaxed, shown};
use crate::session::{Out, Outcome, Session};
use crate::targets::{self, Wanted};
use crate::tree::{int, list, text};

pub(super) const FLAGS: &str = "for:s timeout:d all l/selector:s field-selector:s A/all-namespaces f/filename:l \
    R/recursive k/kustomize:s local o/output:s template:s show-managed-fields";

/// What is waited for.
#[derive(Clone, Debug)]
enum Wanting {
    /// A condition has a status.
    Condition { type_: String, status: String },
    /// The object is gone.
    Delete,
    /// The object exists.
    Create,
    /// What stands at a path; a value, or anything.
    JsonPath { path: JsonPath, value: Option<String> },
}

/// Models wait.go conditionFuncFor (v1.36)
fn wanting(session: &Session<'_>) -> Result<Wanting, Failure> {
    let Some(given) = session.flags.get("for") else {
        return Err(Failure::error("unrecognized condition: []"));
    };
    if given.eq_ignore_ascii_case("delete") {
        return Ok(Wanting::Delete);
    }
    if given.eq_ignore_ascii_case("create") {
        return Ok(Wanting::Create);
    }
    if let Some(rest) = given.strip_prefix("condition=") {
        let (type_, status) = rest.split_once('=').unwrap_or((rest, "true"));
        return Ok(Wanting::Condition { type_: type_.to_string(), status: status.to_string() });
    }
    if let Some(rest) = given.strip_prefix("jsonpath=") {
        // The value follows the expression, which may itself hold an equals sign.
        let (path, value) = match rest.rfind("}=") {
            Some(at) => (&rest[..=at], Some(&rest[at + 2..])),
            None if rest.ends_with('}') || rest.starts_with('{') => (rest, None),
            None => rest.split_once('=').map_or((rest, None), |(path, value)| (path, Some(value))),
        };
        if value == Some("") {
            return Err(Failure::error("jsonpath wait value cannot be empty"));
        }
        let path = relaxed(path).map_err(Failure::error)?;
        let path = JsonPath::parse(&path).map_err(Failure::error)?;
        let value = value.map(|value| value.trim_matches(['"', '\'']).to_string());
        return Ok(Wanting::JsonPath { path, value });
    }
    Err(Failure::error(format!("unrecognized condition: {given:?}")))
}

pub(super) fn run(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    let wanting = wanting(session)?;
    let timeout = match flags.micros("timeout") {
        None => 30 * SECOND,
        // A negative span means a week.
        Some(micros) if micros < 0 => 7 * 24 * 3600 * SECOND,
        Some(micros) => micros,
    };
    let now = session.api.now_micros();
    let mut waiting = Waiting {
        wanting,
        objects: Vec::new(),
        deadline: now + timeout,
        at_once: timeout == 0,
        failures: Vec::new(),
    };
    let args = flags.args.clone();
    let found = targets::find(session, &args, Wanted::default());
    match (&waiting.wanting, found) {
        (_, Err(failure)) => return Err(failure),
        (Wanting::Delete, Ok(found)) if found.targets.is_empty() => return Ok(Task::Done(0)),
        (Wanting::Create, Ok(_)) => {
            // They need not exist yet, so their names are taken from the words.
            waiting.objects = named(session)?;
        }
        (_, Ok(found)) => {
            if !found.failures.is_empty() {
                return Err(Failure::join(found.failures));
            }
            if found.targets.is_empty() {
                return Err(Failure::error("no matching resources found"));
            }
            let objects = found.targets.into_iter();
            waiting.objects = objects.map(|target| (target.kind, target.namespace, target.name)).collect();
        }
    }
    waiting.poll(session.api, session.out)
}

type Named = (&'static Kind, String, String);

fn named(session: &Session<'_>) -> Result<Vec<Named>, Failure> {
    let mut objects = Vec::new();
    let args = &session.flags.args;
    let namespace = session.namespace();
    let mut add = |kind: &'static Kind, name: &str| {
        let namespace = if kind.namespaced { namespace.clone() } else { String::new() };
        objects.push((kind, namespace, name.to_string()));
    };
    for (index, arg) in args.iter().enumerate() {
        if let Some((kind, name)) = arg.split_once('/') {
            add(targets::kind_of(kind)?, name);
        } else if index > 0 {
            add(targets::kind_of(&args[0])?, arg);
        }
    }
    Ok(objects)
}

/// Objects of which something is waited for, one after another, all until the same moment.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    wanting: Wanting,
    objects: Vec<Named>,
    deadline: i64,
    at_once: bool,
    failures: Vec<Failure>,
}

impl Waiting {
    pub(crate) fn poll(mut self, api: &mut dyn Api, out: &mut Out) -> Outcome {
        while let Some((kind, namespace, name)) = self.objects.first() {
            let object = api.get(kind, namespace, name).ok();
            let met = match (&self.wanting, &object) {
                (Wanting::Delete, object) => object.is_none(),
                (Wanting::Create, object) => object.is_some(),
                (_, None) => {
                    let message = format!("{} {name:?} not found", kind.qualified_plural());
                    self.failures.push(Failure::plain(format!("Error from server (NotFound): {message}")));
                    self.objects.remove(0);
                    continue;
                }
                (Wanting::Condition { type_, status }, Some(object)) => condition(object, type_, status),
                (Wanting::JsonPath { path, value }, Some(object)) => at_path(object, path, value.as_deref()),
            };
            let plural = kind.plural;
            if met {
                out.line(format!("{}/{name} condition met", kind.qualified()));
            } else if self.at_once {
                self.failures.push(Failure::error(format!("condition not met for {plural}/{name}")));
            } else if api.now_micros() < self.deadline {
                return Ok(Task::Wait(Box::new(self)));
            } else if matches!(self.wanting, Wanting::Create) {
                return Err(Failure::error("timed out waiting for the condition"));
            } else {
                let message = format!("timed out waiting for the condition on {plural}/{name}");
                self.failures.push(Failure::error(message));
                // The deadline is shared: whoever comes later is not looked at any more.
                for (kind, _, name) in self.objects.drain(1..) {
                    let on = format!("{}/{name}", kind.plural);
                    let message = format!("timed out waiting for the condition on {on}");
                    self.failures.push(Failure::error(message));
                }
            }
            self.objects.remove(0);
        }
        if self.failures.is_empty() { Ok(Task::Done(0)) } else { Err(Failure::join(self.failures)) }
    }
}

/// Models wait/condition.go ConditionalWait.checkCondition (v1.36)
fn condition(object: &Value, type_: &str, status: &str) -> bool {
    let found =
        list(object, "status.conditions").iter().find(|c| text(c, "type").eq_ignore_ascii_case(type_));
    let Some(found) = found else { return false };
    let observed = |value: &Value| int(value, "observedGeneration");
    let generation = int(object, "metadata.generation");
    let seen = if crate::tree::has(found, "observedGeneration") {
        observed(found)
    } else {
        int(object, "status.observedGeneration")
    };
    if seen != 0 && seen < generation {
        return false;
    }
    text(found, "status").eq_ignore_ascii_case(status)
}

/// Models wait/json.go JSONPathWait.checkCondition (v1.36)
fn at_path(object: &Value, path: &JsonPath, wanted: Option<&str>) -> bool {
    let found: Vec<Value> = path.find(object).unwrap_or_default().into_iter().flatten().collect();
    match (found.as_slice(), wanted) {
        ([], _) => false,
        (_, None) => true,
        ([one], Some(wanted)) => !one.is_object() && !one.is_array() && shown(one) == wanted,
        _ => false,
    }
}
