//! Phase and conditions of a Pod, from the states of its containers.
// Models pkg/kubelet/kubelet_pods.go getPhase and pkg/kubelet/status/generate.go (v1.36)

use k8s_api::core::{Container, ContainerStatus, PodCondition, PodSpec, PodStatus};

use super::pod_status::{
    PodStatus as RuntimePodStatus, all_containers_restart_cleaned_up, container_should_restart,
    is_restartable_init_container, pod_sandbox_changed, should_all_containers_restart,
};

/// The reason of containers that start anew together.
pub const RESTARTING_ALL_CONTAINERS: &str = "RestartingAllContainers";

fn status_of<'a>(statuses: &'a [ContainerStatus], name: &str) -> Option<&'a ContainerStatus> {
    statuses.iter().find(|status| status.name == name)
}

/// The phase that follows from the containers' states. `statuses` holds those of init and app containers.
// Models getPhase (v1.36)
#[must_use]
pub fn get_phase(
    spec: &PodSpec,
    statuses: &[ContainerStatus],
    pod_is_terminal: bool,
    pod_has_initialized: bool,
) -> &'static str {
    let restartable = |container: &Container, code: i32, reason: &str| {
        container_should_restart(container, &spec.restart_policy, code) || reason == RESTARTING_ALL_CONTAINERS
    };
    let (mut pending_init, mut failed_init, mut pending_sidecars) = (0, 0, 0);
    let (mut unknown, mut running, mut waiting) = (0, 0, 0);
    let (mut stopped, mut not_restartable, mut succeeded) = (0, 0, 0);

    for container in &spec.init_containers {
        let status = status_of(statuses, &container.name);
        if is_restartable_init_container(container) {
            let Some(status) = status else {
                unknown += 1;
                continue;
            };
            if status.state.running.is_some() {
                if status.started != Some(true) {
                    pending_sidecars += 1;
                }
                running += 1;
            } else if status.state.terminated.is_some() {
                // How a sidecar ended never counts.
            } else if status.state.waiting.is_some() {
                if status.last_state.terminated.is_none() {
                    pending_sidecars += 1;
                    waiting += 1;
                }
            } else {
                pending_sidecars += 1;
                unknown += 1;
            }
            continue;
        }
        let Some(status) = status else {
            pending_init += 1;
            continue;
        };
        let ended = match (&status.state.running, &status.state.terminated, &status.state.waiting) {
            (Some(_), _, _) => None,
            (None, Some(terminated), _) => Some(terminated),
            (None, None, Some(_)) => status.last_state.terminated.as_ref(),
            (None, None, None) => None,
        };
        match ended {
            Some(ended) if ended.exit_code == 0 => {}
            Some(ended) => {
                if !restartable(container, ended.exit_code, &ended.reason) {
                    failed_init += 1;
                }
            }
            None => pending_init += 1,
        }
    }

    for container in &spec.containers {
        let Some(status) = status_of(statuses, &container.name) else {
            unknown += 1;
            continue;
        };
        if status.state.running.is_some() {
            running += 1;
        } else if let Some(ended) = &status.state.terminated {
            stopped += 1;
            if !restartable(container, ended.exit_code, &ended.reason) {
                not_restartable += 1;
            }
            if ended.exit_code == 0 {
                succeeded += 1;
            }
        } else if status.state.waiting.is_some() {
            if let Some(ended) = &status.last_state.terminated {
                stopped += 1;
                if !restartable(container, ended.exit_code, &ended.reason) {
                    not_restartable += 1;
                }
            } else {
                waiting += 1;
            }
        } else {
            unknown += 1;
        }
    }

    if failed_init > 0 {
        "Failed"
    } else if pending_init > 0 || (pending_sidecars > 0 && !pod_has_initialized) || waiting > 0 {
        "Pending"
    } else if running > 0 && unknown == 0 {
        "Running"
    } else if running == 0 && stopped > 0 && unknown == 0 {
        if !pod_is_terminal && stopped != not_restartable {
            "Running"
        } else if stopped == succeeded {
            "Succeeded"
        } else {
            "Failed"
        }
    } else {
        "Pending"
    }
}

/// A condition without times.
fn condition(type_: &str, status: bool, reason: &str, message: String) -> PodCondition {
    PodCondition {
        type_: type_.into(),
        status: if status { "True" } else { "False" }.into(),
        reason: reason.into(),
        message,
        ..PodCondition::default()
    }
}

fn list_names(names: &[&str]) -> String {
    format!("[{}]", names.join(" "))
}

fn not_ready_message(unknown: &[&str], others: &[&str], word: &str) -> String {
    let mut parts = Vec::new();
    if !unknown.is_empty() {
        parts.push(format!("containers with unknown status: {}", list_names(unknown)));
    }
    if !others.is_empty() {
        parts.push(format!("containers with {word} status: {}", list_names(others)));
    }
    parts.join(", ")
}

/// The ContainersReady condition. No statuses at all is told from an empty list by `statuses` being `None`.
// Models GenerateContainersReadyCondition (v1.36)
#[must_use]
pub fn generate_containers_ready_condition(
    spec: &PodSpec,
    statuses: Option<&[ContainerStatus]>,
    phase: &str,
) -> PodCondition {
    let Some(statuses) = statuses else {
        return condition("ContainersReady", false, "UnknownContainerStatuses", String::new());
    };
    let (mut unknown, mut unready) = (Vec::new(), Vec::new());
    let counted =
        spec.init_containers.iter().filter(|c| is_restartable_init_container(c)).chain(&spec.containers);
    for container in counted {
        match status_of(statuses, &container.name) {
            None => unknown.push(container.name.as_str()),
            Some(status) if !status.ready => unready.push(container.name.as_str()),
            Some(_) => {}
        }
    }
    if phase == "Succeeded" && unknown.is_empty() {
        return condition("ContainersReady", false, "PodCompleted", String::new());
    }
    if phase == "Failed" {
        return condition("ContainersReady", false, "PodFailed", String::new());
    }
    let message = not_ready_message(&unknown, &unready, "unready");
    if message.is_empty() {
        condition("ContainersReady", true, "", String::new())
    } else {
        condition("ContainersReady", false, "ContainersNotReady", message)
    }
}

/// The Ready condition: ContainersReady and every readiness gate.
// Models GeneratePodReadyCondition (v1.36)
#[must_use]
pub fn generate_pod_ready_condition(
    spec: &PodSpec,
    conditions: &[PodCondition],
    statuses: Option<&[ContainerStatus]>,
    phase: &str,
) -> PodCondition {
    let mut containers = generate_containers_ready_condition(spec, statuses, phase);
    if containers.status != "True" {
        containers.type_ = "Ready".into();
        return containers;
    }
    let unmet: Vec<String> = spec
        .readiness_gates
        .iter()
        .filter_map(|gate| match conditions.iter().find(|c| c.type_ == gate.condition_type) {
            None => Some(format!(
                "corresponding condition of pod readiness gate \"{}\" does not exist.",
                gate.condition_type
            )),
            Some(found) if found.status != "True" => Some(format!(
                "the status of pod readiness gate \"{}\" is not \"True\", but {}",
                gate.condition_type, found.status
            )),
            Some(_) => None,
        })
        .collect();
    if unmet.is_empty() {
        condition("Ready", true, "", String::new())
    } else {
        condition("Ready", false, "ReadinessGatesNotReady", unmet.join(", "))
    }
}

/// The Initialized condition.
// Models GeneratePodInitializedCondition (v1.36)
#[must_use]
pub fn generate_pod_initialized_condition(
    spec: &PodSpec,
    old: &[PodCondition],
    statuses: Option<&[ContainerStatus]>,
    phase: &str,
) -> PodCondition {
    let Some(statuses) = statuses.or(if spec.init_containers.is_empty() { Some(&[]) } else { None }) else {
        return condition("Initialized", false, "UnknownContainerStatuses", String::new());
    };
    let (mut unknown, mut incomplete) = (Vec::new(), Vec::new());
    for container in &spec.init_containers {
        match status_of(statuses, &container.name) {
            None => unknown.push(container.name.as_str()),
            Some(status) => {
                let done = if is_restartable_init_container(container) {
                    status.started == Some(true)
                } else {
                    status.ready
                };
                if !done {
                    incomplete.push(container.name.as_str());
                }
            }
        }
    }
    if phase == "Succeeded" && unknown.is_empty() {
        return condition("Initialized", true, "PodCompleted", String::new());
    }
    let any_started = spec.containers.iter().any(|container| {
        status_of(statuses, &container.name)
            .is_some_and(|status| status.state.running.is_some() || status.state.terminated.is_some())
    });
    let message = not_ready_message(&unknown, &incomplete, "incomplete");
    let was_true = old.iter().any(|c| c.type_ == "Initialized" && c.status == "True");
    if any_started || message.is_empty() || was_true {
        condition("Initialized", true, "", String::new())
    } else {
        condition("Initialized", false, "ContainersNotInitialized", message)
    }
}

/// The PodReadyToStartContainers condition: there is a sandbox with a network.
// Models GeneratePodReadyToStartContainersCondition (v1.36)
#[must_use]
pub fn generate_pod_ready_to_start_containers_condition(
    spec: &PodSpec,
    status: &RuntimePodStatus,
) -> PodCondition {
    let (changed, _, _) = pod_sandbox_changed(spec, status);
    condition("PodReadyToStartContainers", !changed, "", String::new())
}

/// The AllContainersRestarting condition.
// Models GenerateAllContainersRestartingCondition (v1.36)
#[must_use]
pub fn generate_all_containers_restarting_condition(
    spec: &PodSpec,
    status: &RuntimePodStatus,
    old: &PodStatus,
    phase: &str,
) -> PodCondition {
    let name = "AllContainersRestarting";
    match phase {
        "Succeeded" => condition(name, false, "PodCompleted", String::new()),
        "Failed" => condition(name, false, "PodFailed", String::new()),
        _ if !should_all_containers_restart(spec, Some(status), old)
            || all_containers_restart_cleaned_up(spec, status) =>
        {
            condition(name, false, "", String::new())
        }
        _ => condition(
            name,
            true,
            "RestartAllContainersStarted",
            "container exited with restart policy rule".into(),
        ),
    }
}

/// The PodScheduled condition of a Pod that a kubelet has.
#[must_use]
pub fn pod_scheduled_condition() -> PodCondition {
    condition("PodScheduled", true, "", String::new())
}

/// Makes the readiness conditions of a Pod that has just ended say so.
// Models status_manager.go mergePodStatus, the part for terminal phases (v1.36)
pub fn set_terminal_readiness(status: &mut PodStatus) {
    let reason = if status.phase == "Succeeded" { "PodCompleted" } else { "PodFailed" };
    if status
        .conditions
        .iter()
        .any(|c| matches!(c.type_.as_str(), "Ready" | "ContainersReady") && c.status == "True")
    {
        for found in &mut status.conditions {
            if matches!(found.type_.as_str(), "Ready" | "ContainersReady") {
                let times = found.last_transition_time;
                *found = condition(&found.type_, false, reason, String::new());
                found.last_transition_time = times;
            }
        }
    }
}
