//! Stopping containers: preStop, the turn of sidecars, the stop signal, and SIGKILL when the grace is used up.
// Models pkg/kubelet/kuberuntime/kuberuntime_container.go killContainer and
// kuberuntime_termination_order.go (v1.36)

use std::rc::Rc;

use busybox::Signal;

use super::Node;
use super::compute_pod_actions::KillReason;
use super::lifecycle::HookRun;
use super::pod_status::{ContainerState, is_restartable_init_container};
use super::worker::PodWorker;
use crate::apiserver::events::EventType;
use crate::story::{StopCause, StoryKind};
use crate::time::SimTime;

/// A container gets at least so long between the stop signal and SIGKILL.
pub const MINIMUM_GRACE_PERIOD_IN_SECONDS: i64 = 2;
/// From the death of the last container to the sandbox being stopped.
const STOP_SANDBOX_MS: u64 = 100;
/// From SIGKILL's due time to the runtime noticing; a real runtime needs a moment.
const STOP_SLACK_MS: u64 = 40;

/// No container is told to stop sooner after its start: the runtime answers that it has started, and only then is
/// asked to stop it. By then a program has said what it does when it is told to.
const STARTED_MS: u64 = 30;

/// How far the stop of one container is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KillStage {
    /// preStop runs.
    PreStop {
        /// The hook.
        hook: HookRun,
        /// When it began.
        since: SimTime,
        /// When waiting for it is given up.
        until: SimTime,
    },
    /// Others must end first.
    WaitForTurn {
        /// Since when.
        since: SimTime,
        /// When waiting is given up.
        until: SimTime,
    },
    /// The stop signal was sent.
    Stopping {
        /// When SIGKILL follows.
        kill_at: SimTime,
        /// It was sent.
        killed: bool,
    },
    /// It has ended.
    Done,
}

/// The stop of one container.
#[derive(Clone, Debug)]
pub struct Kill {
    /// Its id.
    pub id: Rc<str>,
    /// Its name.
    pub name: Rc<str>,
    /// What is left of the grace, in whole seconds.
    pub grace_seconds: i64,
    /// How far it is.
    pub stage: KillStage,
    /// The containers that must end first.
    pub prerequisites: Vec<Rc<str>>,
    /// A preStop hook that was not waited for any longer: it ends with the container, and then it has failed.
    pub outlasting_hook: Option<HookRun>,
}

/// Containers being stopped together, and the sandbox after them.
#[derive(Clone, Debug)]
pub struct KillGroup {
    /// One entry a container.
    pub kills: Vec<Kill>,
    /// Stop the sandbox when all have ended.
    pub and_sandbox: bool,
    /// When that is done.
    pub sandbox_due: Option<SimTime>,
}

impl Node<'_> {
    /// Begins to stop every running container of a Pod.
    // Models killContainersWithSyncResult (v1.36)
    pub(crate) fn kill_pod(
        &mut self,
        worker: &PodWorker,
        grace_override: Option<i64>,
        cause: StopCause,
    ) -> KillGroup {
        let running: Vec<(Rc<str>, Rc<str>)> =
            worker.cache.running().map(|c| (c.id.clone(), c.name.clone())).collect();
        let names: Vec<Rc<str>> = running.iter().map(|(_, name)| name.clone()).collect();
        let ordered = worker.pod.spec.init_containers.iter().any(is_restartable_init_container);
        let kills = running
            .into_iter()
            .map(|(id, name)| {
                let prerequisites = if ordered { prerequisites(worker, &name, &names) } else { Vec::new() };
                self.kill_container(
                    worker,
                    id,
                    name,
                    "",
                    KillReason::Unknown,
                    grace_override,
                    prerequisites,
                    cause.clone(),
                )
            })
            .collect();
        KillGroup { kills, and_sandbox: true, sandbox_due: None }
    }

    /// Begins to stop one container.
    #[allow(clippy::too_many_arguments)] // As many as the function it models.
    pub(crate) fn kill_container(
        &mut self,
        worker: &PodWorker,
        id: Rc<str>,
        name: Rc<str>,
        message: &str,
        reason: KillReason,
        grace_override: Option<i64>,
        prerequisites: Vec<Rc<str>>,
        cause: StopCause,
    ) -> Kill {
        let container = worker.container(&name);
        let grace =
            grace_override.unwrap_or_else(|| termination_grace_period(worker, container.as_ref(), reason));
        let text =
            if message.is_empty() { format!("Stopping container {name}") } else { message.to_string() };
        self.container_event(worker, &name, EventType::Normal, "Killing", text);
        self.tell(worker, &name, StoryKind::Stopping { cause, grace_ms: grace.max(0) as u64 * 1000 });
        let mut kill = Kill {
            id,
            name,
            grace_seconds: grace,
            stage: KillStage::Done,
            prerequisites,
            outlasting_hook: None,
        };
        let hook = container.as_ref().and_then(|c| c.lifecycle.as_ref()?.pre_stop.clone());
        match (container, hook) {
            (Some(container), Some(handler)) if grace > 0 => {
                let hook = self.run_hook(worker, &container, &kill.id, &handler);
                self.tell(worker, &kill.name, StoryKind::PreStopRunning);
                kill.stage = KillStage::PreStop {
                    hook,
                    since: self.now,
                    until: self.now.after_ms(grace as u64 * 1000),
                };
            }
            _ => self.wait_for_turn(worker, &mut kill),
        }
        kill
    }

    fn wait_for_turn(&mut self, worker: &PodWorker, kill: &mut Kill) {
        if kill.prerequisites.is_empty() || kill.grace_seconds <= 0 {
            let may_stop = self.may_stop_at(worker, &kill.id);
            if self.now < may_stop {
                kill.stage = KillStage::WaitForTurn { since: self.now, until: may_stop };
            } else {
                self.send_stop_signal(worker, kill);
            }
            return;
        }
        self.tell(worker, &kill.name, StoryKind::WaitsForTurn { after: kill.prerequisites.clone() });
        let until = self.now.after_ms(kill.grace_seconds as u64 * 1000);
        kill.stage = KillStage::WaitForTurn { since: self.now, until };
    }

    // Models the CRI's StopContainer (v1.36)
    fn send_stop_signal(&mut self, worker: &PodWorker, kill: &mut Kill) {
        let grace = kill.grace_seconds.max(MINIMUM_GRACE_PERIOD_IN_SECONDS);
        let kill_at = self.now.after_ms(grace as u64 * 1000);
        let signal = self
            .agent
            .runtime
            .pods
            .get(&worker.uid)
            .and_then(|pod| pod.containers.iter().find(|c| c.seen.id == kill.id))
            .map_or(Signal::TERM, |c| c.config.stop_signal);
        kill.stage = KillStage::Stopping { kill_at, killed: false };
        if self.is_running(worker, &kill.id) {
            self.tell(worker, &kill.name, StoryKind::TermSent { signal: signal.0, kill_at });
            self.agent.runtime.signal(self.os, &worker.uid, &kill.id, signal, true);
        }
    }

    /// When a container may be told to stop at the earliest.
    fn may_stop_at(&self, worker: &PodWorker, id: &str) -> SimTime {
        let pod = self.agent.runtime.pods.get(&worker.uid);
        let container = pod.and_then(|pod| pod.containers.iter().find(|c| &*c.seen.id == id));
        container.and_then(|c| c.seen.started_at).map_or(self.now, |started| started.after_ms(STARTED_MS))
    }

    fn is_running(&self, worker: &PodWorker, id: &str) -> bool {
        self.agent.runtime.pods.get(&worker.uid).is_some_and(|pod| {
            pod.containers.iter().any(|c| &*c.seen.id == id && c.seen.state == ContainerState::Running)
        })
    }

    /// Goes on with a stop. `Ok` when everything has ended; else when to look again (besides when something
    /// happens).
    pub(crate) fn drive_kill(
        &mut self,
        worker: &PodWorker,
        group: &mut KillGroup,
    ) -> Result<(), Option<SimTime>> {
        loop {
            let mut again = false;
            let mut wait: Option<SimTime> = None;
            let mut wait_until = |at: SimTime| wait = Some(wait.map_or(at, |other: SimTime| other.min(at)));
            for index in 0..group.kills.len() {
                let others_running: Vec<Rc<str>> = group
                    .kills
                    .iter()
                    .filter(|other| other.stage != KillStage::Done)
                    .map(|other| other.name.clone())
                    .collect();
                let kill = &mut group.kills[index];
                match kill.stage.clone() {
                    KillStage::Done => {}
                    KillStage::PreStop { mut hook, since, until } => {
                        let over = self.poll_hook(worker, &mut hook);
                        kill.stage = KillStage::PreStop { hook: hook.clone(), since, until };
                        match over {
                            Err(at) if self.now < until => wait_until(at.map_or(until, |at| at.min(until))),
                            over => {
                                if over.is_err() {
                                    kill.outlasting_hook = Some(hook);
                                }
                                // Time is counted in whole seconds, rounded down.
                                kill.grace_seconds -= (self.now.since_ms(since) / 1000) as i64;
                                let ok = !matches!(over, Ok(Err(_)));
                                if !ok {
                                    let text = "PreStopHook failed".to_string();
                                    self.container_event(
                                        worker,
                                        &kill.name,
                                        EventType::Warning,
                                        "FailedPreStopHook",
                                        text,
                                    );
                                }
                                self.tell(worker, &kill.name, StoryKind::PreStopDone { ok });
                                self.wait_for_turn(worker, kill);
                                again = true;
                            }
                        }
                    }
                    KillStage::WaitForTurn { since, until } => {
                        let blocked = kill.prerequisites.iter().any(|name| others_running.contains(name));
                        let may_stop = self.may_stop_at(worker, &kill.id);
                        if (blocked && self.now < until) || self.now < may_stop {
                            wait_until(until.max(may_stop));
                        } else {
                            kill.grace_seconds -= (self.now.since_ms(since) / 1000) as i64;
                            self.send_stop_signal(worker, kill);
                            again = true;
                        }
                    }
                    KillStage::Stopping { kill_at, killed } => {
                        if !self.is_running(worker, &kill.id) {
                            kill.stage = KillStage::Done;
                            again = true;
                            if let Some(mut hook) = kill.outlasting_hook.take()
                                && !matches!(self.poll_hook(worker, &mut hook), Ok(Ok(())))
                            {
                                let text = "PreStopHook failed".to_string();
                                let kind = EventType::Warning;
                                self.container_event(worker, &kill.name, kind, "FailedPreStopHook", text);
                            }
                        } else if self.now >= kill_at && !killed {
                            self.tell(worker, &kill.name, StoryKind::KillSent);
                            kill.stage = KillStage::Stopping {
                                kill_at: self.now.after_ms(STOP_SLACK_MS),
                                killed: true,
                            };
                            self.agent.runtime.signal(self.os, &worker.uid, &kill.id, Signal::KILL, true);
                            // The process ends when the machine runs next: look again at once.
                            wait_until(self.now.after_ms(STOP_SLACK_MS));
                        } else {
                            wait_until(kill_at.max(self.now.after_ms(1)));
                        }
                    }
                }
            }
            if again {
                continue;
            }
            if group.kills.iter().any(|kill| kill.stage != KillStage::Done) {
                return Err(wait);
            }
            if !group.and_sandbox {
                return Ok(());
            }
            let due = *group.sandbox_due.get_or_insert(self.now.after_ms(STOP_SANDBOX_MS));
            if self.now < due {
                return Err(Some(due));
            }
            let had_sandbox = self.agent.runtime.stop_pod_sandbox(self.os, &worker.uid);
            if had_sandbox {
                self.tell(worker, "", StoryKind::SandboxStopped);
            }
            return Ok(());
        }
    }
}

/// The containers that must have ended before this one gets its signal.
// Models newTerminationOrdering (v1.36)
fn prerequisites(worker: &PodWorker, name: &str, running: &[Rc<str>]) -> Vec<Rc<str>> {
    let spec = &worker.pod.spec;
    let Some(index) = spec
        .init_containers
        .iter()
        .position(|container| container.name == name && is_restartable_init_container(container))
    else {
        return Vec::new();
    };
    let next_sidecar = spec.init_containers[index + 1..].iter().find(|c| is_restartable_init_container(c));
    spec.containers
        .iter()
        .chain(next_sidecar)
        .map(|container| Rc::from(container.name.as_str()))
        .filter(|name| running.contains(name))
        .collect()
}

// Models setTerminationGracePeriod (v1.36)
fn termination_grace_period(
    worker: &PodWorker,
    container: Option<&k8s_api::core::Container>,
    reason: KillReason,
) -> i64 {
    if let Some(grace) = worker.pod.metadata.deletion_grace_period_seconds {
        return grace;
    }
    let Some(of_pod) = worker.pod.spec.termination_grace_period_seconds else {
        return MINIMUM_GRACE_PERIOD_IN_SECONDS;
    };
    let probe = container.and_then(|container| match reason {
        KillReason::StartupProbe => container.startup_probe.as_ref(),
        KillReason::LivenessProbe => container.liveness_probe.as_ref(),
        KillReason::FailedPostStartHook | KillReason::RestartAllContainers | KillReason::Unknown => None,
    });
    probe.and_then(|probe| probe.termination_grace_period_seconds).unwrap_or(of_pod)
}
