//! The Pod status that the kubelet reports.
// Models pkg/kubelet/kubelet_pods.go generateAPIPodStatus and convertToAPIContainerStatuses (v1.36)

use std::collections::BTreeMap;
use std::rc::Rc;

use k8s_api::core as api;
use k8s_api::core::{
    Container, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus,
    ContainerUser, LinuxContainerUser, VolumeMountStatus,
};
use k8s_api::meta::Time;
use k8s_api::quantity::{Format, Quantity};
use k8s_api::resources::{pod_limits, pod_requests};
use k8s_api::small::sort;

use super::pod_status::{
    ContainerState, PodStatus, RuntimeContainer, all_containers_could_restart,
    has_any_active_regular_container_started, has_any_regular_container_created,
    should_all_containers_restart, should_container_be_restarted,
};
use super::status::{
    RESTARTING_ALL_CONTAINERS, generate_all_containers_restarting_condition,
    generate_containers_ready_condition, generate_pod_initialized_condition, generate_pod_ready_condition,
    generate_pod_ready_to_start_containers_condition, get_phase, pod_scheduled_condition,
};
use crate::apiserver::Pod;
use crate::time::SimTime;

/// Conditions that the kubelet owns.
pub const KUBELET_CONDITIONS: &[&str] = &[
    "PodScheduled",
    "Ready",
    "Initialized",
    "ContainersReady",
    "PodReadyToStartContainers",
    "PodResizeInProgress",
    "PodResizePending",
    "AllContainersRestarting",
];

/// Why a container could not be started, as the kubelet remembers it until it can: reason and message.
pub type Reasons = BTreeMap<Rc<str>, (Rc<str>, Rc<str>)>;

/// What the probes say about a container: `started`, `ready`.
pub trait ProbeManager {
    /// Whether it counts as started.
    fn started(&self, container: &Container, status: &ContainerStatus) -> bool;
    /// Whether it counts as ready (asked only when started and running).
    fn ready(&mut self, container: &Container, status: &ContainerStatus) -> bool;
}

/// What is needed besides the Pod and the runtime's answer.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The last status reported.
    pub old: &'a api::PodStatus,
    /// Why containers could not be started.
    pub reasons: &'a Reasons,
    /// The node's address.
    pub host_ip: &'a str,
    /// Unix time of the simulation's start.
    pub epoch_seconds: i64,
    /// The kubelet has decided that the Pod failed: reason and message.
    pub evict: Option<(&'a str, &'a str)>,
    /// What there is to tell of a resize.
    pub resize: &'a [api::PodCondition],
}

fn time(epoch: i64, at: Option<SimTime>) -> Option<Time> {
    at.map(|at| Time(epoch + at.secs() as i64))
}

/// The status to report. `terminal` when nothing of the Pod will run again.
pub fn generate_api_pod_status(
    pod: &Pod,
    runtime: &PodStatus,
    facts: &Facts<'_>,
    terminal: bool,
    probes: &mut dyn ProbeManager,
) -> api::PodStatus {
    let spec = &pod.spec;
    let restarting = should_all_containers_restart(spec, Some(runtime), facts.old);
    let mut status = api::PodStatus {
        qos_class: k8s_api::resources::qos_class(spec).as_str().into(),
        ..api::PodStatus::default()
    };
    if !runtime.ip.is_empty() {
        status.pod_ip = runtime.ip.to_string();
        status.pod_ips = vec![api::PodIP { ip: runtime.ip.to_string() }];
    }
    let debug: Vec<Container> = spec.ephemeral_containers.iter().map(as_container).collect();
    let convert = |containers: &[Container], old: &[ContainerStatus], init: bool| {
        convert_container_statuses(pod, runtime, facts, old, containers, init, restarting)
    };
    status.container_statuses = convert(&spec.containers, &facts.old.container_statuses, false);
    let by_name = |a: &ContainerStatus, b: &ContainerStatus| a.name < b.name;
    sort(&mut status.container_statuses, &by_name);
    status.init_container_statuses = convert(&spec.init_containers, &facts.old.init_container_statuses, true);
    status.ephemeral_container_statuses = convert(&debug, &facts.old.ephemeral_container_statuses, false);
    sort(&mut status.ephemeral_container_statuses, &by_name);

    status.resources = Some(Box::new(pod_level_resources(pod, runtime)));
    status.allocated_resources = pod_requests(spec);

    let all: Vec<ContainerStatus> =
        status.container_statuses.iter().chain(&status.init_container_statuses).cloned().collect();
    status.phase =
        get_phase(spec, &all, terminal, has_any_active_regular_container_started(spec, runtime)).into();
    let is_terminal = |phase: &str| matches!(phase, "Failed" | "Succeeded");
    if !is_terminal(&status.phase) {
        if is_terminal(&facts.old.phase) {
            status.phase.clone_from(&facts.old.phase);
        } else if pod.is_terminal() {
            status.phase.clone_from(&pod.status.phase);
        }
    }
    if status.phase == facts.old.phase {
        let keep = |old: &str, api: &str| if old.is_empty() { api.to_string() } else { old.to_string() };
        status.reason = keep(&facts.old.reason, &pod.status.reason);
        status.message = keep(&facts.old.message, &pod.status.message);
    }
    if let Some((reason, message)) = facts.evict {
        status.phase = "Failed".into();
        status.reason = reason.into();
        status.message = message.into();
    }
    if pod.is_terminal() {
        status.phase.clone_from(&pod.status.phase);
    }

    update_pod_status(spec, &mut status, probes);

    status.conditions = pod
        .status
        .conditions
        .iter()
        .filter(|c| !KUBELET_CONDITIONS.contains(&c.type_.as_str()))
        .cloned()
        .collect();
    status.conditions.extend(facts.resize.iter().cloned());
    if let Some(target) = facts.old.conditions.iter().find(|c| c.type_ == "DisruptionTarget") {
        status.conditions.retain(|c| c.type_ != "DisruptionTarget");
        status.conditions.push(target.clone());
    }
    status.conditions.push(generate_pod_ready_to_start_containers_condition(spec, runtime));
    let all: Vec<ContainerStatus> =
        status.init_container_statuses.iter().chain(&status.container_statuses).cloned().collect();
    let phase = status.phase.clone();
    status.conditions.push(generate_pod_initialized_condition(
        spec,
        &facts.old.conditions,
        Some(&all),
        &phase,
    ));
    let ready = generate_pod_ready_condition(spec, &status.conditions, Some(&all), &phase);
    status.conditions.push(ready);
    status.conditions.push(generate_containers_ready_condition(spec, Some(&all), &phase));
    status.conditions.push(pod_scheduled_condition());
    if all_containers_could_restart(spec) {
        let condition = generate_all_containers_restarting_condition(spec, runtime, facts.old, &phase);
        status.conditions.push(condition);
    }
    status.host_ip = facts.host_ip.into();
    status.host_ips = vec![api::HostIP { ip: facts.host_ip.into() }];
    if spec.host_network && status.pod_ip.is_empty() {
        status.pod_ip = facts.host_ip.into();
        status.pod_ips = vec![api::PodIP { ip: facts.host_ip.into() }];
    }
    status
}

/// A debug container, seen as any other: it has the same fields.
pub fn as_container(debug: &api::EphemeralContainer) -> Container {
    Container::from_value(&debug.to_value())
}

// Models prober_manager.go UpdatePodStatus (v1.36)
fn update_pod_status(spec: &api::PodSpec, status: &mut api::PodStatus, probes: &mut dyn ProbeManager) {
    for found in &mut status.container_statuses {
        let Some(container) = spec.containers.iter().find(|c| c.name == found.name) else { continue };
        let started = probes.started(container, found);
        found.started = Some(started);
        if started {
            found.ready = found.state.running.is_some() && probes.ready(container, found);
        }
    }
    for found in &mut status.init_container_statuses {
        let Some(container) = spec.init_containers.iter().find(|c| c.name == found.name) else { continue };
        let started = probes.started(container, found);
        found.started = Some(started);
        if container.restart_policy.as_deref() != Some("Always") {
            if found.state.terminated.as_ref().is_some_and(|ended| ended.exit_code == 0) {
                found.ready = true;
            }
        } else if started {
            found.ready = found.state.running.is_some() && probes.ready(container, found);
        }
    }
}

fn convert_container_statuses(
    pod: &Pod,
    runtime: &PodStatus,
    facts: &Facts<'_>,
    old_statuses: &[ContainerStatus],
    containers: &[Container],
    init: bool,
    restarting: bool,
) -> Vec<ContainerStatus> {
    let default_reason =
        if pod.spec.init_containers.is_empty() { "ContainerCreating" } else { "PodInitializing" };
    let old_of = |name: &str| old_statuses.iter().find(|old| old.name == name);
    containers
        .iter()
        .map(|container| {
            let old = old_of(&container.name);
            let mut status = waiting_by_default(container, old, default_reason);
            let found: Vec<&Rc<RuntimeContainer>> =
                runtime.containers.iter().filter(|c| *c.name == *container.name).take(2).collect();
            if found.is_empty() {
                missing_container(pod, old, &mut status, default_reason, restarting);
            }
            for (nth, seen) in found.into_iter().enumerate() {
                let converted = convert(seen, container, old, facts.epoch_seconds, restarting);
                if nth == 0 {
                    status = converted;
                } else {
                    status.last_state = converted.state;
                }
            }
            apply_reason(pod, runtime, facts, container, init, &mut status);
            status
        })
        .collect()
}

fn waiting_by_default(container: &Container, old: Option<&ContainerStatus>, reason: &str) -> ContainerStatus {
    let mut status = ContainerStatus {
        name: container.name.clone(),
        image: container.image.clone(),
        ..ContainerStatus::default()
    };
    status.state.waiting =
        Some(Box::new(ContainerStateWaiting { reason: reason.into(), message: String::new() }));
    status.volume_mounts = container
        .volume_mounts
        .iter()
        .map(|mount| VolumeMountStatus {
            name: mount.name.clone(),
            mount_path: mount.mount_path.clone(),
            read_only: mount.read_only,
            recursive_read_only: mount.read_only.then(|| "Disabled".to_string()),
            ..VolumeMountStatus::default()
        })
        .collect();
    match old {
        Some(old) if old.state.terminated.is_some() => old.clone(),
        Some(old) => {
            status.restart_count = old.restart_count;
            status.last_state = old.last_state.clone();
            status
        }
        None => status,
    }
}

/// A container that was running and is no longer known to the runtime.
fn missing_container(
    pod: &Pod,
    old: Option<&ContainerStatus>,
    status: &mut ContainerStatus,
    default_reason: &str,
    restarting: bool,
) {
    let Some(old) = old else { return };
    let gone = |reason: &str, message: &str| {
        Box::new(ContainerStateTerminated {
            reason: reason.into(),
            message: message.into(),
            exit_code: 137,
            ..ContainerStateTerminated::default()
        })
    };
    if restarting && old.state.waiting.is_none() {
        let message = "The container is removed because RestartAllContainers in place";
        status.state.waiting = Some(Box::new(ContainerStateWaiting {
            reason: RESTARTING_ALL_CONTAINERS.into(),
            message: message.into(),
        }));
        status.state.terminated = None;
        status.last_state.terminated = Some(gone(RESTARTING_ALL_CONTAINERS, message));
        status.restart_count = old.restart_count + 1;
        return;
    }
    let default_waiting =
        status.state.waiting.as_ref().is_some_and(|waiting| waiting.reason == default_reason);
    if old.state.running.is_none() || !default_waiting || status.last_state.terminated.is_some() {
        return;
    }
    status.last_state.terminated = Some(gone(
        "ContainerStatusUnknown",
        "The container could not be located when the pod was deleted.  The container used to be Running",
    ));
    if pod.metadata.deletion_timestamp.is_none() {
        status.restart_count += 1;
    }
}

/// What a container was granted, with CPU and memory as a running one has them.
// Models convertContainerStatusResources (v1.36)
fn resources_of(seen: &RuntimeContainer, granted: &Container) -> api::ResourceRequirements {
    let mut resources = granted.resources.clone();
    let Some(has) = seen.resources.filter(|_| seen.state == ContainerState::Running) else {
        return resources;
    };
    let memory = |bytes| Quantity::from_units(bytes, Format::BinarySi);
    for (list, cpu, bytes) in [
        (&mut resources.limits, has.cpu_limit, has.memory_limit),
        (&mut resources.requests, has.cpu_request, has.memory_request),
    ] {
        if list.is_empty() {
            continue;
        }
        if cpu > 0 && list.get("cpu").is_none_or(|q| q.milli_value() != cpu) {
            list.insert("cpu".into(), Quantity::from_millis(cpu));
        }
        if bytes > 0 && list.get("memory").is_none_or(|q| q.value() != bytes) {
            list.insert("memory".into(), memory(bytes));
        }
    }
    resources
}

/// What the whole Pod may use: what it was granted, and once it runs what its containers have of that.
// Models convertToAPIPodLevelResourcesStatus (v1.36), without the rounding of a cgroup's shares
fn pod_level_resources(pod: &Pod, runtime: &PodStatus) -> api::ResourceRequirements {
    let spec = &pod.spec;
    let (requests, limits) = (pod_requests(spec), pod_limits(spec));
    if pod.status.phase != "Running" {
        return api::ResourceRequirements { requests, limits, ..Default::default() };
    }
    let mut resources = spec.resources.as_deref().cloned().unwrap_or_default();
    let has = |container: &Container| {
        let found = runtime.find(&container.name).filter(|found| found.state == ContainerState::Running);
        found.map_or_else(|| container.resources.clone(), |found| resources_of(found, container))
    };
    let mut actual = api::PodSpec { overhead: spec.overhead.clone(), ..Default::default() };
    for (from, to) in
        [(&spec.containers, &mut actual.containers), (&spec.init_containers, &mut actual.init_containers)]
    {
        to.extend(from.iter().map(|container| Container {
            resources: has(container),
            restart_policy: container.restart_policy.clone(),
            ..Default::default()
        }));
    }
    let everyone = |name: &str| actual.containers.iter().all(|c| c.resources.limits.contains_key(name));
    let (now, most) = (pod_requests(&actual), pod_limits(&actual));
    for name in ["cpu", "memory"] {
        let missing = |list: &api::ResourceList| !list.contains_key(name);
        if let Some(amount) = now.get(name).filter(|_| missing(&resources.requests)) {
            resources.requests.insert(name.into(), amount.clone());
        }
        // A Pod whose containers are not all limited is not limited itself.
        if let Some(amount) = most.get(name).filter(|_| missing(&resources.limits) && everyone(name)) {
            resources.limits.insert(name.into(), amount.clone());
        }
    }
    resources
}

fn convert(
    seen: &RuntimeContainer,
    container: &Container,
    old: Option<&ContainerStatus>,
    epoch: i64,
    restarting: bool,
) -> ContainerStatus {
    let id = format!("containerd://{}", seen.id);
    let mut status = ContainerStatus {
        name: seen.name.to_string(),
        restart_count: i32::try_from(seen.restart_count).unwrap_or(i32::MAX),
        image: full_image_name(&seen.image),
        image_id: seen.image_ref.to_string(),
        container_id: id.clone(),
        allocated_resources: container.resources.requests.clone(),
        resources: Some(Box::new(resources_of(seen, container))),
        ..ContainerStatus::default()
    };
    let told =
        seen.user.as_ref().filter(|_| seen.started_at.is_some() || seen.state == ContainerState::Created);
    status.user = told.map(|(uid, gid, groups)| {
        Box::new(ContainerUser {
            linux: Some(LinuxContainerUser {
                uid: i64::from(*uid),
                gid: i64::from(*gid),
                supplemental_groups: groups.iter().map(|&group| i64::from(group)).collect(),
            }),
        })
    });
    if let Some(old) = old {
        status.volume_mounts.clone_from(&old.volume_mounts);
        status.restart_count = status.restart_count.max(old.restart_count);
        if old.container_id != id && old.state.terminated.is_some() {
            status.last_state.terminated.clone_from(&old.state.terminated);
        } else if old.last_state.terminated.is_some() {
            status.last_state.terminated.clone_from(&old.last_state.terminated);
        }
    }
    match seen.state {
        ContainerState::Running => {
            status.state.running = Some(ContainerStateRunning { started_at: time(epoch, seen.started_at) });
            status.started = old.and_then(|old| old.started);
            if let Some(old) = old.filter(|old| {
                old.state.terminated.is_some() && old.restart_count >= seen.restart_count as i32
            }) {
                status.restart_count = old.restart_count + 1;
            }
        }
        ContainerState::Created => status.state.waiting = Some(Box::default()),
        ContainerState::Exited => {
            status.state.terminated = Some(Box::new(ContainerStateTerminated {
                exit_code: seen.exit_code,
                reason: seen.reason.to_string(),
                message: seen.message.to_string(),
                // A container that never ran has the runtime's zero time, the start of 1970.
                started_at: time(epoch, seen.started_at).or(Some(Time(0))),
                finished_at: time(epoch, seen.finished_at),
                container_id: id,
                ..ContainerStateTerminated::default()
            }));
        }
        ContainerState::Unknown => match old.filter(|old| old.state.running.is_some()) {
            Some(old) => {
                status.state.terminated = Some(Box::new(ContainerStateTerminated {
                    reason: if restarting { RESTARTING_ALL_CONTAINERS } else { "ContainerStatusUnknown" }
                        .into(),
                    message: "The container could not be located when the pod was terminated".into(),
                    exit_code: 137,
                    ..ContainerStateTerminated::default()
                }));
                status.restart_count = old.restart_count + 1;
            }
            None => status.state.waiting = Some(Box::default()),
        },
    }
    status
}

/// A failed start is shown as the reason for waiting, until a start succeeds.
fn apply_reason(
    pod: &Pod,
    runtime: &PodStatus,
    facts: &Facts<'_>,
    container: &Container,
    init: bool,
    status: &mut ContainerStatus,
) {
    if init {
        let seen = runtime.find(&container.name);
        if seen.is_some_and(|seen| seen.state == ContainerState::Exited && seen.exit_code == 0) {
            return;
        }
        if seen.is_none()
            && has_any_regular_container_created(&pod.spec, runtime)
            && container.restart_policy.as_deref() != Some("Always")
            && status.state.waiting.is_some()
        {
            status.state = api::ContainerState {
                terminated: Some(Box::new(ContainerStateTerminated {
                    reason: "Completed".into(),
                    message: "Unable to get init container status from container runtime and pod has been \
                              initialized, treat it as exited normally"
                        .into(),
                    ..ContainerStateTerminated::default()
                })),
                ..api::ContainerState::default()
            };
            return;
        }
    }
    if !should_container_be_restarted(container, pod, runtime) {
        return;
    }
    let Some((reason, message)) = facts.reasons.get(container.name.as_str()) else { return };
    if status.state.terminated.is_some() {
        status.last_state = status.state.clone();
    }
    status.state = api::ContainerState {
        waiting: Some(Box::new(ContainerStateWaiting {
            reason: reason.to_string(),
            message: message.to_string(),
        })),
        ..api::ContainerState::default()
    };
}

/// The image's name as the runtime reports it: with registry and repository.
pub fn full_image_name(image: &str) -> String {
    let first = image.split('/').next().unwrap_or_default();
    let has_registry =
        image.contains('/') && (first.contains('.') || first.contains(':') || first == "localhost");
    let named = match (has_registry, image.contains('/')) {
        (true, _) => image.to_string(),
        (false, true) => format!("docker.io/{image}"),
        (false, false) => format!("docker.io/library/{image}"),
    };
    let last = named.rsplit('/').next().unwrap_or_default();
    if last.contains(':') || last.contains('@') { named } else { format!("{named}:latest") }
}
