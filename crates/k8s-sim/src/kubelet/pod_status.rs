//! What the kubelet learns from the runtime about one Pod, and the questions asked of it.
// Models pkg/kubelet/container/runtime.go PodStatus and helpers.go (v1.36)

use std::rc::Rc;

use k8s_api::core::{Container, ContainerRestartRule, PodSpec};

use super::allocation::ContainerResources;
use crate::apiserver::Pod;
use crate::time::SimTime;

/// State of a container in the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerState {
    /// Made but not started.
    Created,
    /// Its first process runs.
    Running,
    /// It ended.
    Exited,
    /// The runtime cannot tell.
    Unknown,
}

/// One container (one attempt) in the runtime.
#[derive(Clone, Debug, PartialEq)]
pub struct RuntimeContainer {
    /// The runtime's id, without scheme.
    pub id: Rc<str>,
    /// The name in the Pod.
    pub name: Rc<str>,
    /// State.
    pub state: ContainerState,
    /// When it was made.
    pub created_at: SimTime,
    /// When its first process was started.
    pub started_at: Option<SimTime>,
    /// When that ended.
    pub finished_at: Option<SimTime>,
    /// The exit code (128 + signal if killed).
    pub exit_code: i32,
    /// The signal that ended it, or 0.
    pub signal: u8,
    /// `Completed`, `Error`, `OOMKilled`, `StartError`.
    pub reason: Rc<str>,
    /// The termination message.
    pub message: Rc<str>,
    /// How many attempts came before.
    pub restart_count: u32,
    /// The image as the spec names it.
    pub image: Rc<str>,
    /// The image's digest reference.
    pub image_ref: Rc<str>,
    /// User and group of the first process, and its supplementary groups, if the runtime tells.
    pub user: Option<(u32, u32, Rc<[u32]>)>,
    /// The sandbox it was made in is the current one.
    pub active: bool,
    /// CPU and memory as the runtime was last told.
    pub resources: Option<ContainerResources>,
}

/// One sandbox of a Pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeSandbox {
    /// The runtime's id.
    pub id: Rc<str>,
    /// How many came before.
    pub attempt: u32,
    /// It holds its namespaces.
    pub ready: bool,
    /// The Pod's address; empty with the host's network.
    pub ip: Rc<str>,
    /// It uses the node's network.
    pub host_network: bool,
}

/// A Pod as the runtime has it: newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodStatus {
    /// Sandboxes, newest first.
    pub sandboxes: Vec<RuntimeSandbox>,
    /// Containers, newest first.
    pub containers: Vec<Rc<RuntimeContainer>>,
    /// The address of the ready sandbox (or the last known one while terminating).
    pub ip: Rc<str>,
}

impl PodStatus {
    /// The newest container of a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Rc<RuntimeContainer>> {
        self.containers.iter().find(|container| &*container.name == name)
    }

    /// Containers that run.
    pub fn running(&self) -> impl Iterator<Item = &Rc<RuntimeContainer>> {
        self.containers.iter().filter(|container| container.state == ContainerState::Running)
    }
}

/// Whether an init container is a native sidecar.
// Models pkg/api/v1/pod IsRestartableInitContainer (v1.36)
#[must_use]
pub fn is_restartable_init_container(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

/// The first restart rule that matches the exit code.
// Models pkg/api/v1/pod FindMatchingContainerRestartRule (v1.36)
#[must_use]
pub fn find_matching_container_restart_rule(
    container: &Container,
    code: i32,
) -> Option<&ContainerRestartRule> {
    container.restart_policy_rules.iter().find(|rule| {
        rule.exit_codes.as_ref().is_some_and(|codes| {
            let listed = codes.values.contains(&code);
            if codes.operator == "NotIn" { !listed } else { listed }
        })
    })
}

/// Whether a container that ended so is started again.
// Models pkg/api/v1/pod ContainerShouldRestart (v1.36)
#[must_use]
pub fn container_should_restart(container: &Container, pod_policy: &str, exit_code: i32) -> bool {
    let by_policy = |policy: &str| match policy {
        "OnFailure" => Some(exit_code != 0),
        "Never" => Some(false),
        "Always" => Some(true),
        _ => None,
    };
    if let Some(policy) = container.restart_policy.as_deref() {
        if let Some(rule) = find_matching_container_restart_rule(container, exit_code)
            && matches!(rule.action.as_str(), "Restart" | "RestartAllContainers")
        {
            return true;
        }
        if let Some(answer) = by_policy(policy) {
            return answer;
        }
    }
    by_policy(pod_policy).unwrap_or(true)
}

/// Whether a container is to be started, first or again.
// Models pkg/kubelet/container ShouldContainerBeRestarted (v1.36)
#[must_use]
pub fn should_container_be_restarted(container: &Container, pod: &Pod, status: &PodStatus) -> bool {
    if pod.metadata.deletion_timestamp.is_some() {
        return false;
    }
    let Some(found) = status.find(&container.name) else { return true };
    match found.state {
        ContainerState::Running => false,
        ContainerState::Unknown | ContainerState::Created => true,
        ContainerState::Exited => {
            container_should_restart(container, &pod.spec.restart_policy, found.exit_code)
        }
    }
}

/// Whether some rule of the Pod restarts all its containers.
// Models pkg/api/v1/pod AllContainersCouldRestart (v1.36)
#[must_use]
pub fn all_containers_could_restart(spec: &PodSpec) -> bool {
    spec.init_containers
        .iter()
        .chain(&spec.containers)
        .flat_map(|container| &container.restart_policy_rules)
        .any(|rule| rule.action == "RestartAllContainers")
}

/// Whether the Pod restarts all its containers now.
// Models pkg/kubelet/container ShouldAllContainersRestart (v1.36)
#[must_use]
pub fn should_all_containers_restart(
    spec: &PodSpec,
    status: Option<&PodStatus>,
    api: &k8s_api::core::PodStatus,
) -> bool {
    if api.conditions.iter().any(|c| c.type_ == "AllContainersRestarting" && c.status == "True") {
        return true;
    }
    let restarts_all = |container: &Container, code: i32| {
        find_matching_container_restart_rule(container, code)
            .is_some_and(|rule| rule.action == "RestartAllContainers")
    };
    spec.init_containers.iter().chain(&spec.containers).any(|container| {
        if let Some(status) = status {
            match status.find(&container.name) {
                Some(found) if found.state == ContainerState::Exited => {
                    if restarts_all(container, found.exit_code) {
                        return true;
                    }
                }
                _ => return false,
            }
        }
        api.init_container_statuses
            .iter()
            .chain(&api.container_statuses)
            .filter(|found| found.name == container.name)
            .filter_map(|found| found.state.terminated.as_ref())
            .any(|terminated| restarts_all(container, terminated.exit_code))
    })
}

/// Whether all containers are gone from the runtime.
// Models pkg/kubelet/container AllContainersRestartCleanedUp (v1.36)
#[must_use]
pub fn all_containers_restart_cleaned_up(spec: &PodSpec, status: &PodStatus) -> bool {
    spec.containers
        .iter()
        .chain(&spec.init_containers)
        .all(|container| status.find(&container.name).is_none())
}

/// Whether an app container was made in the current sandbox.
// Models pkg/kubelet/container HasAnyActiveRegularContainerStarted (v1.36)
#[must_use]
pub fn has_any_active_regular_container_started(spec: &PodSpec, status: &PodStatus) -> bool {
    status
        .containers
        .iter()
        .any(|found| found.active && spec.containers.iter().any(|container| *container.name == *found.name))
}

/// Whether an app container was ever made.
// Models pkg/kubelet/kuberuntime HasAnyRegularContainerCreated (v1.36)
#[must_use]
pub fn has_any_regular_container_created(spec: &PodSpec, status: &PodStatus) -> bool {
    spec.containers
        .iter()
        .any(|c| status.find(&c.name).is_some_and(|found| found.state != ContainerState::Unknown))
}

/// Whether the Pod needs a new sandbox; which attempt that is; the old one's id.
// Models pkg/kubelet/kuberuntime/util PodSandboxChanged (v1.36)
#[must_use]
pub fn pod_sandbox_changed(spec: &PodSpec, status: &PodStatus) -> (bool, u32, Rc<str>) {
    let Some(newest) = status.sandboxes.first() else { return (true, 0, "".into()) };
    let ready = status.sandboxes.iter().filter(|sandbox| sandbox.ready).count();
    if ready > 1 || !newest.ready {
        return (true, newest.attempt + 1, newest.id.clone());
    }
    if newest.host_network != spec.host_network {
        return (true, newest.attempt + 1, "".into());
    }
    if !spec.host_network && newest.ip.is_empty() {
        return (true, newest.attempt + 1, newest.id.clone());
    }
    (false, newest.attempt, newest.id.clone())
}
