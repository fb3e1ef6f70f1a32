//! The goal language: a few predicates over the cluster, in YAML's words, judged without side effects.
//!
//! A goal says both whether it is met and what is still missing, so that a learner is told where to look.

use serde_json::Value;

use crate::{EventFacts, World};

/// Something that must be true of the cluster.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// All of them.
    All(&'static [Goal]),
    /// At least one of them.
    Any(&'static [Goal]),
    /// A Pod in a certain condition.
    Pod(PodGoal),
    /// An object that was there, has been removed, and has not come back.
    Gone {
        /// Its kind, such as `Pod`.
        kind: &'static str,
        /// Its namespace.
        namespace: &'static str,
        /// Its name.
        name: &'static str,
        /// For how long it has been gone.
        for_seconds: u32,
    },
    /// An Event about an object.
    Happened {
        /// The Event's reason, such as `BackOff`.
        event: &'static str,
        /// The namespace of the object that it is about.
        namespace: &'static str,
        /// The name of that object.
        object: &'static str,
        /// The container that it is about; empty for any.
        container: &'static str,
        /// What its message contains; empty for anything.
        message: &'static str,
    },
    /// A file in a Pod's volume.
    File {
        /// The Pod's namespace.
        namespace: &'static str,
        /// The Pod's name.
        pod: &'static str,
        /// The volume's name.
        volume: &'static str,
        /// The file's path within the volume.
        path: &'static str,
        /// The containers that must have the volume mounted.
        mounted_in: &'static [&'static str],
    },
    /// A line in a container's log.
    Log {
        /// The Pod's namespace.
        namespace: &'static str,
        /// The Pod's name.
        pod: &'static str,
        /// The container.
        container: &'static str,
        /// What the line contains.
        contains: &'static str,
    },
}

/// What a Pod must be like. Fields that are empty or `None` are not looked at.
#[derive(Clone, Copy, Debug)]
pub struct PodGoal {
    /// Its namespace.
    pub namespace: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its phase.
    pub phase: &'static str,
    /// Its READY column: ready containers of all.
    pub ready: Option<(u32, u32)>,
    /// What must still be as it was when the Pod began.
    pub kept: &'static [Kept],
    /// Conditions on single containers: app, init and sidecar alike.
    pub containers: &'static [ContainerGoal],
}

/// What a container must be like. Fields that are empty or `None` are not looked at.
#[derive(Clone, Copy, Debug)]
pub struct ContainerGoal {
    /// Its name.
    pub name: &'static str,
    /// Its state.
    pub state: Option<ContainerStateName>,
    /// The reason of its state, such as `CrashLoopBackOff`.
    pub reason: &'static str,
    /// The exit code of the instance that ended last.
    pub exit_code: Option<i64>,
    /// Its restart count.
    pub restarts: Option<Count>,
    /// Is it ready?
    pub ready: Option<bool>,
    /// The image that the Pod asks for.
    pub image: &'static str,
}

/// The three states of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerStateName {
    /// Not started yet, or not yet again.
    Waiting,
    /// Its main process runs.
    Running,
    /// Its main process has ended.
    Terminated,
}

impl ContainerStateName {
    fn field(self) -> &'static str {
        match self {
            ContainerStateName::Waiting => "waiting",
            ContainerStateName::Running => "running",
            ContainerStateName::Terminated => "terminated",
        }
    }
}

/// A number between two bounds, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// The least.
    pub min: u32,
    /// The most.
    pub max: u32,
}

impl Count {
    fn holds(self, n: u32) -> bool {
        (self.min..=self.max).contains(&n)
    }

    fn wanted(self) -> String {
        match (self.min, self.max) {
            (min, u32::MAX) => format!("at least {min}"),
            (0, max) => format!("at most {max}"),
            (min, max) if min == max => format!("{min}"),
            (min, max) => format!("{min} to {max}"),
        }
    }
}

/// What can outlive a restart of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The Pod's UID: this is still the same Pod, in which a container has run before.
    Uid,
    /// The Pod's IP: its sandbox was never made anew.
    Ip,
}

/// The judgement on a goal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Is it met?
    pub met: bool,
    /// What is so, or what is still missing, in one sentence.
    pub progress: String,
}

impl Verdict {
    fn yes(progress: impl Into<String>) -> Self {
        Verdict { met: true, progress: progress.into() }
    }

    fn no(progress: impl Into<String>) -> Self {
        Verdict { met: false, progress: progress.into() }
    }
}

impl Goal {
    /// Judges the goal on the world as it is. Changes nothing and asks for no time.
    pub fn evaluate(&self, world: &dyn World) -> Verdict {
        match self {
            Goal::All(goals) => {
                let mut last = Verdict::yes("Done.");
                for goal in *goals {
                    last = goal.evaluate(world);
                    if !last.met {
                        break;
                    }
                }
                last
            }
            Goal::Any(goals) => {
                let mut first_miss = None;
                for goal in *goals {
                    let verdict = goal.evaluate(world);
                    if verdict.met {
                        return verdict;
                    }
                    first_miss.get_or_insert(verdict);
                }
                first_miss.unwrap_or_else(|| Verdict::yes("Done."))
            }
            Goal::Pod(goal) => goal.evaluate(world),
            Goal::Gone { kind, namespace, name, for_seconds } => {
                gone(world, kind, namespace, name, u64::from(*for_seconds))
            }
            Goal::Happened { event, namespace, object, container, message } => {
                let found = world.any_event(namespace, object, &|it| {
                    it.reason == *event
                        && (container.is_empty() || container_of(it) == Some(container))
                        && it.message.contains(message)
                });
                if found {
                    Verdict::yes(format!("The event {event} about {object} is there."))
                } else {
                    Verdict::no(format!("No event {event} about {object} yet."))
                }
            }
            Goal::File { namespace, pod, volume, path, mounted_in } => {
                file(world, (namespace, pod), volume, path, mounted_in)
            }
            Goal::Log { namespace, pod, container, contains } => {
                if world.log_contains(namespace, pod, container, contains) {
                    Verdict::yes(format!("The log of {container} says {contains}."))
                } else {
                    Verdict::no(format!("The log of {container} does not say {contains} yet."))
                }
            }
        }
    }
}

impl PodGoal {
    fn evaluate(&self, world: &dyn World) -> Verdict {
        let name = self.name;
        let Some(pod) = world.object("Pod", self.namespace, name) else {
            return Verdict::no(format!("There is no Pod {name} yet."));
        };
        let phase = text(&pod, "/status/phase");
        if !self.phase.is_empty() && phase != self.phase {
            return Verdict::no(format!("{name} is {phase}; wanted: {}.", self.phase));
        }
        for goal in self.containers {
            if let Some(missing) = goal.missing(&pod) {
                return Verdict::no(missing);
            }
        }
        let (ready, total) = ready_of(&pod);
        if let Some((want_ready, want_total)) = self.ready
            && (ready, total) != (want_ready, want_total)
        {
            return Verdict::no(format!(
                "{name} has READY {ready}/{total}; wanted: {want_ready}/{want_total}."
            ));
        }
        for kept in self.kept {
            if let Some(lost) = kept.lost(world, self, &pod) {
                return Verdict::no(lost);
            }
        }
        Verdict::yes(format!("{name} is {phase}, READY {ready}/{total}."))
    }
}

impl Kept {
    /// What has changed, if it has.
    fn lost(self, world: &dyn World, goal: &PodGoal, pod: &Value) -> Option<String> {
        let (name, uid) = (goal.name, text(pod, "/metadata/uid"));
        // Only the Pod under this UID counts: what an earlier Pod of the name did is another life.
        let had =
            |reason: &str| world.any_event(goal.namespace, name, &|it| it.uid == uid && it.reason == reason);
        match self {
            Kept::Uid if !had("Started") => Some(format!("Nothing has run in this Pod {name} yet.")),
            Kept::Ip if had("SandboxChanged") => {
                Some(format!("The sandbox of {name} was made anew, so its IP may be another."))
            }
            Kept::Ip if text(pod, "/status/podIP").is_empty() => Some(format!("{name} has no IP yet.")),
            Kept::Uid | Kept::Ip => None,
        }
    }
}

impl ContainerGoal {
    /// What is missing, if anything is.
    fn missing(&self, pod: &Value) -> Option<String> {
        let name = self.name;
        let Some(spec) = containers_of(pod, "/spec/", ["containers", "initContainers"], name) else {
            return Some(format!("The Pod has no container {name}."));
        };
        let image = text(spec, "/image");
        if !self.image.is_empty() && image != self.image {
            return Some(format!("{name} has the image {image}; wanted: {}.", self.image));
        }
        let lists = ["containerStatuses", "initContainerStatuses"];
        let Some(status) = containers_of(pod, "/status/", lists, name) else {
            return Some(format!("{name} has no status yet."));
        };
        let state = ["waiting", "running", "terminated"]
            .into_iter()
            .find(|field| status.pointer(&format!("/state/{field}")).is_some())
            .unwrap_or("waiting");
        let reason = text(status, &format!("/state/{state}/reason"));
        if let Some(want) = self.state
            && want.field() != state
        {
            return Some(format!("{name} is {state}; wanted: {}.", want.field()));
        }
        if !self.reason.is_empty() && reason != self.reason {
            let now = if reason.is_empty() { state } else { reason };
            return Some(format!("{name} is {now}; wanted: {}.", self.reason));
        }
        if let Some(want) = self.exit_code {
            let code = ["/state/terminated/exitCode", "/lastState/terminated/exitCode"]
                .into_iter()
                .find_map(|path| status.pointer(path).and_then(Value::as_i64));
            if code != Some(want) {
                return Some(match code {
                    Some(code) => format!("{name} last ended with exit code {code}; wanted: {want}."),
                    None => format!("{name} has not ended yet."),
                });
            }
        }
        if let Some(want) = self.restarts {
            let count = status.pointer("/restartCount").and_then(Value::as_u64).unwrap_or(0);
            if !want.holds(u32::try_from(count).unwrap_or(u32::MAX)) {
                return Some(format!("{name} has restarted {count} times; wanted: {}.", want.wanted()));
            }
        }
        if let Some(want) = self.ready
            && status.pointer("/ready").and_then(Value::as_bool) != Some(want)
        {
            return Some(format!("{name} is {}ready.", if want { "not yet " } else { "still " }));
        }
        None
    }
}

fn gone(world: &dyn World, kind: &str, namespace: &str, name: &str, for_seconds: u64) -> Verdict {
    if let Some(object) = world.object(kind, namespace, name) {
        let leaving = object.pointer("/metadata/deletionTimestamp").is_some();
        return Verdict::no(if leaving {
            format!("{name} is Terminating.")
        } else {
            format!("{kind} {name} is still there.")
        });
    }
    match world.gone_for_ms(kind, namespace, name) {
        None => Verdict::no(format!("There was no {kind} {name} yet.")),
        Some(ms) if ms < for_seconds * 1000 => {
            Verdict::no(format!("{name} has been gone for {} s; wait until {for_seconds} s.", ms / 1000))
        }
        Some(_) => Verdict::yes(format!("{name} is gone, and nothing has brought it back.")),
    }
}

fn file(
    world: &dyn World,
    (namespace, name): (&str, &str),
    volume: &str,
    path: &str,
    mounted_in: &[&str],
) -> Verdict {
    let Some(pod) = world.object("Pod", namespace, name) else {
        return Verdict::no(format!("There is no Pod {name} yet."));
    };
    for container in mounted_in {
        let spec = containers_of(&pod, "/spec/", ["containers", "initContainers"], container);
        let mounts = spec.and_then(|it| it.pointer("/volumeMounts")).and_then(Value::as_array);
        if !mounts.is_some_and(|mounts| mounts.iter().any(|mount| text(mount, "/name") == volume)) {
            return Verdict::no(format!("{container} does not mount the volume {volume}."));
        }
    }
    if world.volume_has_file(namespace, name, volume, path) {
        Verdict::yes(format!("{path} is in the volume {volume}, seen by {}.", mounted_in.join(" and ")))
    } else {
        Verdict::no(format!("There is no file {path} in the volume {volume} yet."))
    }
}

/// READY as `kubectl get pods` counts it: app containers and native sidecars.
// Models pkg/printers/internalversion/printers.go printPod (v1.36), the READY column only.
fn ready_of(pod: &Value) -> (u32, u32) {
    let names = |list: &str, sidecars_only: bool| -> Vec<String> {
        let containers = pod.pointer(list).and_then(Value::as_array);
        let counted = |it: &&Value| !sidecars_only || text(it, "/restartPolicy") == "Always";
        containers.into_iter().flatten().filter(counted).map(|it| text(it, "/name").to_string()).collect()
    };
    let counted = |specs: &str, statuses: &str, sidecars_only: bool| -> (u32, u32) {
        let names = names(specs, sidecars_only);
        let statuses = pod.pointer(statuses).and_then(Value::as_array);
        let ready = statuses.into_iter().flatten().filter(|status| {
            names.iter().any(|name| name == text(status, "/name"))
                && status.pointer("/ready").and_then(Value::as_bool) == Some(true)
                && status.pointer("/state/running").is_some()
        });
        (u32::try_from(ready.count()).unwrap_or(u32::MAX), u32::try_from(names.len()).unwrap_or(u32::MAX))
    };
    let apps = counted("/spec/containers", "/status/containerStatuses", false);
    let sidecars = counted("/spec/initContainers", "/status/initContainerStatuses", true);
    (apps.0 + sidecars.0, apps.1 + sidecars.1)
}

/// The entry of this name in one of two lists.
fn containers_of<'a>(pod: &'a Value, at: &str, lists: [&str; 2], name: &str) -> Option<&'a Value> {
    lists.into_iter().find_map(|list| {
        let entries = pod.pointer(&format!("{at}{list}"))?.as_array()?;
        entries.iter().find(|entry| text(entry, "/name") == name)
    })
}

/// The container that an Event is about.
fn container_of<'a>(event: &EventFacts<'a>) -> Option<&'a str> {
    // The kubelet writes `spec.containers{NAME}` or `spec.initContainers{NAME}`.
    event.field_path.split_once('{')?.1.strip_suffix('}')
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

#[cfg(test)]
mod tests;
