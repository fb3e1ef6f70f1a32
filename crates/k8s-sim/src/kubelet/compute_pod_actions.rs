//! What to do next with a Pod's containers.
// Models pkg/kubelet/kuberuntime/kuberuntime_manager.go computePodActions and
// kuberuntime_container.go computeInitContainerActions (v1.36)

use std::collections::BTreeMap;
use std::rc::Rc;

use k8s_api::core::Container;

use super::allocation::ContainerResources;
use super::pod_status::{
    ContainerState, PodStatus, RuntimeContainer, find_matching_container_restart_rule,
    has_any_regular_container_created, is_restartable_init_container, pod_sandbox_changed,
    should_container_be_restarted,
};
use crate::apiserver::Pod;

/// Why the kubelet kills one container of a living Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KillReason {
    /// The startup probe failed.
    StartupProbe,
    /// The liveness probe failed.
    LivenessProbe,
    /// The postStart hook failed.
    FailedPostStartHook,
    /// All containers start anew.
    RestartAllContainers,
    /// Anything else.
    Unknown,
}

impl KillReason {
    /// The kubelet's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StartupProbe => "StartupProbe",
            Self::LivenessProbe => "LivenessProbe",
            Self::FailedPostStartHook => "FailedPostStartHook",
            Self::RestartAllContainers => "RestartAllContainers",
            Self::Unknown => "Unknown",
        }
    }
}

/// A container to kill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerToKill {
    /// Its id.
    pub id: Rc<str>,
    /// Its name.
    pub name: Rc<str>,
    /// The text of the Killing event.
    pub message: String,
    /// Why.
    pub reason: KillReason,
}

/// A container to remove before all start anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerToReset {
    /// Its id.
    pub id: Rc<str>,
    /// Its name.
    pub name: Rc<str>,
    /// It still runs and must be killed first.
    pub kill: bool,
}

/// A running container to be given other resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerToUpdate {
    /// Its id.
    pub id: Rc<str>,
    /// Its name.
    pub name: Rc<str>,
    /// What it is to have.
    pub desired: ContainerResources,
    /// What it has.
    pub current: ContainerResources,
}

/// What to do next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodActions {
    /// Stop everything, sandbox included.
    pub kill_pod: bool,
    /// Make a new sandbox.
    pub create_sandbox: bool,
    /// The sandbox there is.
    pub sandbox_id: Rc<str>,
    /// The number of the sandbox to be made (or that is there).
    pub attempt: u32,
    /// Init containers to start, by index, in order.
    pub init_containers_to_start: Vec<usize>,
    /// App containers to start, by index, in order.
    pub containers_to_start: Vec<usize>,
    /// Debug containers to start, by index.
    pub ephemeral_containers_to_start: Vec<usize>,
    /// Containers to kill.
    pub containers_to_kill: Vec<ContainerToKill>,
    /// Containers to remove, for a start of all anew.
    pub containers_to_reset: Vec<ContainerToReset>,
    /// Running containers to be given other resources.
    pub containers_to_update: Vec<ContainerToUpdate>,
    /// A container is restarted to be given other resources.
    pub update_pod_resources: bool,
}

/// Result of a probe, as the kubelet remembers it for a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeResult {
    /// Not known yet.
    Unknown,
    /// Failed as often as the threshold.
    Failure,
    /// Succeeded as often as the threshold.
    Success,
}

/// Results of probes by container id.
pub type ProbeResults = BTreeMap<Rc<str>, ProbeResult>;

/// Decides what to do next.
#[must_use]
pub fn compute_pod_actions(
    pod: &Pod,
    status: &PodStatus,
    liveness: &ProbeResults,
    startup: &ProbeResults,
    restart_all_containers: bool,
) -> PodActions {
    let spec = &pod.spec;
    let (create_sandbox, attempt, sandbox_id) = pod_sandbox_changed(spec, status);
    let mut changes =
        PodActions { kill_pod: create_sandbox, create_sandbox, sandbox_id, attempt, ..PodActions::default() };

    if restart_all_containers {
        changes.containers_to_reset = containers_to_reset(pod, status);
        return changes;
    }

    if create_sandbox {
        if spec.restart_policy == "Never" && attempt != 0 && !status.containers.is_empty() {
            changes.create_sandbox = false;
            return changes;
        }
        let succeeded = |name: &str| {
            status
                .find(name)
                .is_some_and(|found| found.state == ContainerState::Exited && found.exit_code == 0)
        };
        let to_start: Vec<usize> = (0..spec.containers.len())
            .filter(|&index| {
                let container = &spec.containers[index];
                let policy = container.restart_policy.as_deref().unwrap_or(&spec.restart_policy);
                !(policy == "OnFailure" && succeeded(&container.name))
            })
            .collect();
        if to_start.is_empty() && has_any_regular_container_created(spec, status) {
            changes.create_sandbox = false;
            return changes;
        }
        if spec.init_containers.is_empty() {
            changes.containers_to_start = to_start;
        } else {
            changes.init_containers_to_start = vec![0];
        }
        return changes;
    }

    changes.ephemeral_containers_to_start = (0..spec.ephemeral_containers.len())
        .filter(|&index| status.find(&spec.ephemeral_containers[index].name).is_none())
        .collect();

    let initialized = compute_init_container_actions(pod, status, liveness, startup, &mut changes);
    if changes.kill_pod || !initialized {
        return changes;
    }

    let mut keep_count = 0;
    for (index, container) in spec.containers.iter().enumerate() {
        let Some(found) = status.find(&container.name).filter(|found| found.state == ContainerState::Running)
        else {
            if should_container_be_restarted(container, pod, status) {
                changes.containers_to_start.push(index);
                if let Some(found) =
                    status.find(&container.name).filter(|found| found.state == ContainerState::Unknown)
                {
                    changes.containers_to_kill.push(unknown_state_kill("Container", &found.id, &found.name));
                }
            }
            continue;
        };
        let mut restart = container.restart_policy.as_deref().unwrap_or(&spec.restart_policy) != "Never";
        let (mut message, reason) = if *found.image != *container.image {
            restart = true;
            (format!("Container {} definition changed", container.name), KillReason::Unknown)
        } else if liveness.get(&found.id) == Some(&ProbeResult::Failure) {
            (format!("Container {} failed liveness probe", container.name), KillReason::LivenessProbe)
        } else if startup.get(&found.id) == Some(&ProbeResult::Failure) {
            (format!("Container {} failed startup probe", container.name), KillReason::StartupProbe)
        } else {
            if compute_pod_resize_action(pod, container, found, &mut changes) {
                keep_count += 1;
            } else {
                changes.containers_to_start.push(index);
            }
            continue;
        };
        if restart {
            message.push_str(", will be restarted");
            changes.containers_to_start.push(index);
        }
        let (id, name) = (found.id.clone(), found.name.clone());
        changes.containers_to_kill.push(ContainerToKill { id, name, message, reason });
    }

    if keep_count == 0 && changes.containers_to_start.is_empty() {
        changes.kill_pod = true;
        changes.init_containers_to_start.clear();
    }
    changes
}

/// What a running container needs to get its resources. `false` when it must be restarted for that.
// Models computePodResizeAction (v1.36)
fn compute_pod_resize_action(
    pod: &Pod,
    container: &Container,
    found: &RuntimeContainer,
    changes: &mut PodActions,
) -> bool {
    let Some(current) = found.resources else { return true };
    let desired = ContainerResources::of(pod.spec.resources.as_deref(), container);
    if current == desired {
        return true;
    }
    let restarts = |name: &str| {
        let policy = container.resize_policy.iter().find(|policy| policy.resource_name == name);
        policy.is_some_and(|policy| policy.restart_policy == "RestartContainer")
    };
    let memory =
        (current.memory_request, current.memory_limit) != (desired.memory_request, desired.memory_limit);
    let cpu = (current.cpu_request, current.cpu_limit) != (desired.cpu_request, desired.cpu_limit);
    let (id, name) = (found.id.clone(), found.name.clone());
    if memory && restarts("memory") || cpu && restarts("cpu") {
        let message = format!("Container {} resize requires restart", container.name);
        changes.containers_to_kill.push(ContainerToKill { id, name, message, reason: KillReason::Unknown });
        changes.update_pod_resources = true;
        return false;
    }
    changes.containers_to_update.push(ContainerToUpdate { id, name, desired, current });
    true
}

fn unknown_state_kill(what: &str, id: &Rc<str>, name: &Rc<str>) -> ContainerToKill {
    ContainerToKill {
        id: id.clone(),
        name: name.clone(),
        message: format!("{what} is in \"unknown\" state, try killing it before restart"),
        reason: KillReason::Unknown,
    }
}

fn compute_init_container_actions(
    pod: &Pod,
    status: &PodStatus,
    liveness: &ProbeResults,
    startup: &ProbeResults,
    changes: &mut PodActions,
) -> bool {
    let spec = &pod.spec;
    if spec.init_containers.is_empty() {
        return true;
    }
    let mut pod_has_initialized = spec.containers.iter().any(|container| {
        status
            .find(&container.name)
            .is_some_and(|found| matches!(found.state, ContainerState::Created | ContainerState::Running))
    });
    let mut previously_initialized = pod_has_initialized;
    let last = spec.init_containers.len() - 1;
    let mut start: Vec<usize> = Vec::new();

    // From the last to the first: the completed ones may be gone from the runtime already.
    for (index, container) in spec.init_containers.iter().enumerate().rev() {
        let restartable = is_restartable_init_container(container);
        let Some(found) = status.find(&container.name) else {
            if previously_initialized && restartable {
                start.push(index);
            }
            continue;
        };
        if previously_initialized && !restartable {
            continue;
        }
        let kill = |what: &str, reason| ContainerToKill {
            id: found.id.clone(),
            name: found.name.clone(),
            message: format!("Init container {} {what}", container.name),
            reason,
        };
        match found.state {
            ContainerState::Created => start.push(index),
            ContainerState::Running if !restartable => {
                compute_pod_resize_action(pod, container, found, changes);
            }
            ContainerState::Running => 'running: {
                if container.startup_probe.is_some() {
                    match startup.get(&found.id) {
                        Some(ProbeResult::Success) => {}
                        Some(ProbeResult::Failure) => {
                            changes
                                .containers_to_kill
                                .push(kill("failed startup probe", KillReason::StartupProbe));
                            start.push(index);
                            break 'running;
                        }
                        Some(ProbeResult::Unknown) | None => break 'running,
                    }
                }
                if index == last {
                    pod_has_initialized = true;
                } else if !previously_initialized {
                    start.push(index + 1);
                }
                if *found.image != *container.image {
                    changes.containers_to_kill.push(kill("definition changed", KillReason::Unknown));
                    start.push(index);
                } else if container.liveness_probe.is_some()
                    && liveness.get(&found.id) == Some(&ProbeResult::Failure)
                {
                    changes.containers_to_kill.push(kill("failed liveness probe", KillReason::LivenessProbe));
                    start.push(index);
                } else if (container.liveness_probe.is_none() || liveness.contains_key(&found.id))
                    && !compute_pod_resize_action(pod, container, found, changes)
                {
                    start.push(index);
                }
            }
            ContainerState::Exited if restartable => start.push(index),
            ContainerState::Exited if found.exit_code != 0 || &*found.reason == "OOMKilled" => {
                if !should_container_be_restarted(container, pod, status) {
                    changes.kill_pod = true;
                    changes.init_containers_to_start.clear();
                    return false;
                }
                start.push(index);
            }
            ContainerState::Exited => {
                if index == last {
                    pod_has_initialized = true;
                } else {
                    start.push(index + 1);
                }
            }
            ContainerState::Unknown => {
                if !restartable {
                    let policy = container.restart_policy.as_deref().unwrap_or(&spec.restart_policy);
                    if policy == "Never" {
                        changes.kill_pod = true;
                        changes.init_containers_to_start.clear();
                        return false;
                    }
                }
                changes.containers_to_kill.push(unknown_state_kill("Init container", &found.id, &found.name));
                start.push(index);
            }
        }
        previously_initialized = true;
    }
    if !previously_initialized {
        start.push(0);
    }
    start.reverse();
    changes.init_containers_to_start = start;
    pod_has_initialized
}

// Models getContainersToReset (v1.36)
fn containers_to_reset(pod: &Pod, status: &PodStatus) -> Vec<ContainerToReset> {
    let split = |containers: &[k8s_api::core::Container]| {
        let (mut sources, mut targets) = (Vec::new(), Vec::new());
        for container in containers {
            for found in status.containers.iter().filter(|found| *found.name == *container.name) {
                let mut info =
                    ContainerToReset { id: found.id.clone(), name: found.name.clone(), kill: false };
                if found.state == ContainerState::Exited {
                    let source = find_matching_container_restart_rule(container, found.exit_code)
                        .is_some_and(|rule| rule.action == "RestartAllContainers");
                    if source { sources.push(info) } else { targets.push(info) }
                } else {
                    info.kill = true;
                    targets.push(info);
                }
            }
        }
        (sources, targets)
    };
    let (source_init, target_init) = split(&pod.spec.init_containers);
    let (source, target) = split(&pod.spec.containers);
    [target, target_init, source, source_init].concat()
}
