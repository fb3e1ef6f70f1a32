//! `SyncPod`: from what is wanted and what is there to the next steps, taken one after the other.
// Models pkg/kubelet/kubelet.go SyncPod and kuberuntime_manager.go SyncPod (v1.36)

use std::collections::VecDeque;
use std::rc::Rc;

use k8s_api::core::Container;
use k8s_api::duration::go_duration;

use super::Node;
use super::compute_pod_actions::{KillReason, compute_pod_actions};
use super::images::Ensure;
use super::kill::KillGroup;
use super::lifecycle::failure_message;
use super::pod_status::{ContainerState, is_restartable_init_container};
use super::volumes::POD_ATTACH_AND_MOUNT_TIMEOUT_MS;
use super::worker::{PodWorker, StartKind, StartStage, SyncError, SyncStage, SyncTask};
use crate::apiserver::events::EventType;
use crate::story::{StopCause, StoryKind};
use crate::time::SimTime;

/// How long the runtime takes for a sandbox: pause process, namespaces, network.
const CREATE_SANDBOX_MS: u64 = 150;
/// How long it takes to make a container.
const CREATE_CONTAINER_MS: u64 = 60;
/// How long it takes to start one.
const START_CONTAINER_MS: u64 = 90;

/// What a sync came to.
pub(crate) enum SyncEnd {
    /// It is over: whether anything was done in the runtime, and what went wrong.
    Done { did: bool, errors: Vec<SyncError> },
    /// The Pod has ended: nothing of it will run again.
    Terminal,
}

fn error(container: &str, reason: &str, message: &str) -> SyncError {
    SyncError {
        container: container.into(),
        reason: reason.into(),
        message: message.into(),
        back_off_until: None,
    }
}

impl Node<'_> {
    /// Begins a sync: reports the status, and unless the Pod has ended, goes for its volumes.
    pub(crate) fn begin_sync(&mut self, worker: &mut PodWorker) -> Result<SyncTask, SyncEnd> {
        worker.syncs += 1;
        worker.quiet = true;
        self.note_resize_in_progress(worker);
        let status = self.generate_status(worker, false);
        let terminal = matches!(status.phase.as_str(), "Succeeded" | "Failed");
        self.set_pod_status(worker, status);
        if terminal {
            return Err(SyncEnd::Terminal);
        }
        if worker.volumes.mounted() {
            self.refresh_volumes(worker);
        }
        Ok(SyncTask {
            stage: SyncStage::Volumes { deadline: self.now.after_ms(POD_ATTACH_AND_MOUNT_TIMEOUT_MS) },
            actions: Default::default(),
            queue: VecDeque::new(),
            errors: Vec::new(),
            missing_images: Vec::new(),
            started: Vec::new(),
            did: false,
            runtime: worker.cache.clone(),
        })
    }

    /// Goes on with a sync. `Err` says when to look again.
    pub(crate) fn drive_sync(
        &mut self,
        worker: &mut PodWorker,
        task: &mut SyncTask,
    ) -> Result<SyncEnd, Option<SimTime>> {
        loop {
            match std::mem::replace(&mut task.stage, SyncStage::Start(StartStage::Begin)) {
                SyncStage::Volumes { deadline } => {
                    let was_mounted = worker.volumes.mounted() || worker.volumes.unverified_until.is_some();
                    let next = self.drive_volumes(worker);
                    if !worker.volumes.mounted() {
                        if worker.state != super::worker::PodWorkerState::SyncPod {
                            // Deletion cancels the wait.
                            return Ok(SyncEnd::Done {
                                did: false,
                                errors: vec![error("", "FailedMount", "context canceled")],
                            });
                        }
                        if self.now >= deadline {
                            return Ok(self.volumes_timed_out(worker));
                        }
                        task.stage = SyncStage::Volumes { deadline };
                        return Err(Some(next.map_or(deadline, |at| at.min(deadline))));
                    }
                    if !was_mounted && !worker.volumes.volumes.is_empty() {
                        self.expect_volume_stats(worker);
                        self.tell(
                            worker,
                            "",
                            StoryKind::VolumesMounted { count: worker.volumes.volumes.len() },
                        );
                    }
                    self.add_probes(worker);
                    self.decide(worker, task);
                }
                SyncStage::KillPod(mut group) => {
                    if let Err(at) = self.drive_kill(worker, &mut group) {
                        task.stage = SyncStage::KillPod(group);
                        return Err(at);
                    }
                    if task.actions.create_sandbox {
                        self.purge_init_containers(worker);
                    }
                    self.after_kills(task);
                }
                SyncStage::KillContainers { current, mut queue, mut reset } => {
                    if let Some(mut group) = current
                        && let Err(at) = self.drive_kill(worker, &mut group)
                    {
                        task.stage = SyncStage::KillContainers { current: Some(group), queue, reset };
                        return Err(at);
                    }
                    if let Some((id, name, message, reason)) = queue.pop_front() {
                        let cause = match reason {
                            KillReason::LivenessProbe => StopCause::LivenessProbe,
                            KillReason::StartupProbe => StopCause::StartupProbe,
                            KillReason::FailedPostStartHook => StopCause::PostStartHook,
                            KillReason::RestartAllContainers => StopCause::RestartAllContainers,
                            KillReason::Unknown if task.actions.update_pod_resources => StopCause::Resize,
                            KillReason::Unknown => StopCause::DefinitionChanged,
                        };
                        let grace = (reason == KillReason::RestartAllContainers).then_some(0);
                        let kill =
                            self.kill_container(worker, id, name, &message, reason, grace, Vec::new(), cause);
                        let group = KillGroup { kills: vec![kill], and_sandbox: false, sandbox_due: None };
                        task.stage = SyncStage::KillContainers { current: Some(group), queue, reset };
                    } else if let Some(container) = reset.pop_front() {
                        task.did = true;
                        if container.kill && self.container_runs(worker, &container.id) {
                            queue.push_back((
                                container.id.clone(),
                                container.name.clone(),
                                "killing".into(),
                                KillReason::RestartAllContainers,
                            ));
                            reset.push_front(super::compute_pod_actions::ContainerToReset {
                                kill: false,
                                ..container
                            });
                        } else {
                            self.agent.runtime.remove_container(self.os, &worker.uid, &container.id);
                            // The next sync follows at once, though the removal of what had ended is no news.
                            worker.reinspect = true;
                        }
                        task.stage = SyncStage::KillContainers { current: None, queue, reset };
                    } else {
                        self.after_kills(task);
                    }
                }
                SyncStage::Sandbox { due } => {
                    if self.now < due {
                        task.stage = SyncStage::Sandbox { due };
                        return Err(Some(due));
                    }
                    if let Err(message) = self.create_sandbox(worker, task.actions.attempt) {
                        return Ok(SyncEnd::Done { did: task.did, errors: vec![message] });
                    }
                    task.stage = SyncStage::Start(StartStage::Begin);
                }
                SyncStage::Start(stage) => {
                    let Some(&kind) = task.queue.front() else {
                        return Ok(SyncEnd::Done { did: task.did, errors: std::mem::take(&mut task.errors) });
                    };
                    if kind == StartKind::Resize {
                        self.resize_pod(worker, task);
                        continue;
                    }
                    match self.drive_start(worker, task, kind, stage) {
                        Ok(()) => {}
                        Err(at) => return Err(at),
                    }
                }
            }
        }
    }

    fn resize_pod(&mut self, worker: &mut PodWorker, task: &mut SyncTask) {
        task.did = true;
        task.queue.pop_front();
        let updates = std::mem::take(&mut task.actions.containers_to_update);
        if let Err(message) = self.do_pod_resize_action(worker, &updates) {
            self.resize_failed(worker, &message);
            task.errors.push(error("", "ResizePodInPlaceError", &message));
        }
        // The status is looked at again in any case: part of it may have been done.
        // Models RequestPodReinspect (v1.36)
        worker.reinspect = true;
        self.agent.runtime.dirty.insert(worker.uid.clone());
    }

    fn volumes_timed_out(&mut self, worker: &PodWorker) -> SyncEnd {
        let missing: Vec<&str> = worker.volumes.missing().map(|volume| &*volume.name).collect();
        let text = format!(
            "unmounted volumes=[{}], unattached volumes=[], failed to process volumes=[]: context deadline exceeded",
            missing.join(" ")
        );
        SyncEnd::Done { did: false, errors: vec![error("", "FailedMount", &text)] }
    }

    /// Works out what to do and begins with it.
    fn decide(&mut self, worker: &mut PodWorker, task: &mut SyncTask) {
        let restart_all = worker.status.as_ref().is_some_and(|status| {
            status.conditions.iter().any(|c| c.type_ == "AllContainersRestarting" && c.status == "True")
        });
        let actions =
            compute_pod_actions(&worker.pod, &task.runtime, &worker.liveness, &worker.startup, restart_all);
        if actions.create_sandbox && !actions.sandbox_id.is_empty() {
            let text = "Pod sandbox changed, it will be killed and re-created.".to_string();
            self.pod_event(worker, EventType::Normal, "SandboxChanged", text);
        }
        // Models getImageVolumes (v1.36)
        let volumes = worker.pod.spec.volumes.iter().enumerate();
        let images =
            volumes.filter(|(_, volume)| volume.image.is_some()).map(|(index, _)| StartKind::Volume(index));
        let ephemeral =
            actions.ephemeral_containers_to_start.iter().map(|&index| StartKind::Ephemeral(index));
        let init = actions.init_containers_to_start.iter().map(|&index| StartKind::Init(index));
        let app = actions.containers_to_start.iter().map(|&index| StartKind::App(index));
        let updates = !actions.containers_to_update.is_empty() || actions.update_pod_resources;
        let resize = updates.then_some(StartKind::Resize);
        task.queue = images.chain(ephemeral).chain(init).chain(resize).chain(app).collect();
        task.stage = if actions.kill_pod {
            let (cause, has_news) = if actions.create_sandbox {
                (StopCause::SandboxChanged, !worker.cache.sandboxes.is_empty())
            } else {
                (StopCause::PodFinished, true)
            };
            task.did |= has_news;
            if worker.cache.sandboxes.is_empty() {
                // Nothing is there yet to be stopped.
                SyncStage::KillPod(KillGroup { kills: Vec::new(), and_sandbox: false, sandbox_due: None })
            } else {
                SyncStage::KillPod(self.kill_pod(worker, None, cause))
            }
        } else {
            let queue: VecDeque<_> = actions
                .containers_to_kill
                .iter()
                .map(|kill| (kill.id.clone(), kill.name.clone(), kill.message.clone(), kill.reason))
                .collect();
            task.did |= !queue.is_empty();
            SyncStage::KillContainers {
                current: None,
                queue,
                reset: actions.containers_to_reset.iter().cloned().collect(),
            }
        };
        task.actions = actions;
    }

    fn after_kills(&mut self, task: &mut SyncTask) {
        task.stage = if task.actions.create_sandbox {
            task.did = true;
            SyncStage::Sandbox { due: self.now.after_ms(CREATE_SANDBOX_MS) }
        } else {
            if task.actions.kill_pod {
                // Nothing is started after the Pod was stopped for good.
                task.queue.clear();
            }
            SyncStage::Start(StartStage::Begin)
        };
    }

    /// The runtime handler that a Pod's class asks for, unless the node's runtime has it.
    // Models LookupRuntimeHandler, and containerd's table of runtimes
    fn missing_runtime_handler(&self, worker: &PodWorker) -> Option<String> {
        let class = worker.pod.spec.runtime_class_name.as_deref().filter(|name| !name.is_empty())?;
        let object = self.store.get(&crate::apiserver::ObjectKey::new("RuntimeClass", "", class))?.to_value();
        let handler = object["handler"].as_str()?;
        (handler != "runc").then(|| handler.to_string())
    }

    // Models createPodSandbox (v1.36)
    fn create_sandbox(&mut self, worker: &mut PodWorker, attempt: u32) -> Result<(), SyncError> {
        if let Some(handler) = self.missing_runtime_handler(worker) {
            let message = format!(
                "rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime for \"{handler}\" is configured"
            );
            let text = format!("Failed to create pod sandbox: {message}");
            self.pod_event(worker, EventType::Warning, "FailedCreatePodSandBox", text);
            return Err(error("", "CreatePodSandboxError", &message));
        }
        let hostname = match super::pod_network_files::kernel_hostname(worker, &self.agent.name) {
            Ok(hostname) => hostname,
            Err(problem) => {
                let message = format!(
                    "Failed to generate sandbox config for pod \"{}\": {problem}",
                    worker.formatted()
                );
                let text = format!("Failed to create pod sandbox: {problem}");
                self.pod_event(worker, EventType::Warning, "FailedCreatePodSandBox", text);
                return Err(error("", "CreatePodSandboxError", &message));
            }
        };
        let made = self.agent.runtime.next_made();
        let id: Rc<str> = self.rng.hex64(&format!("{}/sandbox/{}", self.agent.name, worker.uid), made).into();
        let spec = worker.pod.spec.clone();
        let host_net = spec.host_network.then_some(self.agent.net);
        let share = spec.share_process_namespace == Some(true);
        let ip = self.agent.runtime.run_pod_sandbox(
            self.os,
            self.now,
            &worker.uid,
            id,
            attempt,
            &hostname,
            host_net,
            share,
        );
        self.set_sysctls(worker);
        let ip = if spec.host_network { self.agent.ip.clone() } else { ip };
        self.tell(worker, "", StoryKind::SandboxCreated { ip, attempt });
        self.on_pod_sandbox_ready(worker);
        Ok(())
    }

    /// Gives a new sandbox the kernel's settings that its Pod asks for.
    // Models kuberuntime_sandbox.go generatePodSandboxLinuxConfig (v1.36): names may be written with slashes
    fn set_sysctls(&mut self, worker: &PodWorker) {
        let asked = worker.pod.spec.security_context.as_ref().map_or(&[][..], |context| &context.sysctls);
        let pod = self.agent.runtime.pods.get(&worker.uid);
        if let Some(sandbox) = pod.and_then(|pod| pod.ready_sandbox()).filter(|_| !asked.is_empty()) {
            let all =
                asked.iter().map(|s| (super::predicate::normalize_sysctl(&s.name).into(), (*s.value).into()));
            self.os.set_sysctls(sandbox.net, all.collect());
        }
    }

    fn purge_init_containers(&mut self, worker: &PodWorker) {
        for container in &worker.pod.spec.init_containers {
            let ids: Vec<Rc<str>> = self
                .agent
                .runtime
                .pods
                .get(&worker.uid)
                .into_iter()
                .flat_map(|pod| &pod.containers)
                .filter(|found| *found.seen.name == *container.name)
                .map(|found| found.seen.id.clone())
                .collect();
            for id in ids {
                self.agent.runtime.remove_container(self.os, &worker.uid, &id);
            }
            // Their logs go with them, and with those what was known of their number.
            let key = (worker.uid.clone(), Rc::from(container.name.as_str()));
            self.agent.kubelet.log_files.remove(&key);
        }
    }

    fn container_runs(&self, worker: &PodWorker, id: &str) -> bool {
        self.agent.runtime.pods.get(&worker.uid).is_some_and(|pod| {
            pod.containers.iter().any(|c| &*c.seen.id == id && c.seen.state == ContainerState::Running)
        })
    }

    /// Goes on with the start of one container; leaves the next stage in the task.
    // Models startContainer (v1.36)
    fn drive_start(
        &mut self,
        worker: &mut PodWorker,
        task: &mut SyncTask,
        kind: StartKind,
        stage: StartStage,
    ) -> Result<(), Option<SimTime>> {
        let Some(container) = container_of(worker, kind) else {
            task.queue.pop_front();
            return Ok(());
        };
        let name: Rc<str> = container.name.as_str().into();
        match stage {
            StartStage::Begin => {
                if matches!(kind, StartKind::Volume(_)) {
                    // Each sync looks at the image, and says so.
                    worker.quiet = false;
                } else {
                    task.did = true;
                    let failure = self.do_back_off(worker, task, &container);
                    if let Some(failure) = failure.or_else(|| self.missing_image(worker, task, &container)) {
                        self.start_failed(worker, task, kind, failure);
                        return Ok(());
                    }
                }
                let ensured = self.ensure_image_exists(worker, &container);
                self.image_ensured(worker, task, kind, &container, ensured);
            }
            StartStage::Pulling { since, begun, due } => {
                if self.now < due {
                    task.stage = SyncStage::Start(StartStage::Pulling { since, begun, due });
                    return Err(Some(due));
                }
                let ensured = self.image_pulled(worker, &container, since, begun);
                self.image_ensured(worker, task, kind, &container, ensured);
            }
            StartStage::Creating { due } => {
                if self.now < due {
                    task.stage = SyncStage::Start(StartStage::Creating { due });
                    return Err(Some(due));
                }
                match self.create_container(worker, task, &container) {
                    Ok(id) => {
                        self.container_event(
                            worker,
                            &name,
                            EventType::Normal,
                            "Created",
                            "Container created".into(),
                        );
                        let due = self.now.after_ms(START_CONTAINER_MS);
                        task.stage = SyncStage::Start(StartStage::Starting { id, due });
                    }
                    Err((reason, message)) => {
                        self.container_event(
                            worker,
                            &name,
                            EventType::Warning,
                            "Failed",
                            format!("Error: {message}"),
                        );
                        self.start_failed(worker, task, kind, error(&name, reason, &message));
                    }
                }
            }
            StartStage::Starting { id, due } => {
                if self.now < due {
                    task.stage = SyncStage::Start(StartStage::Starting { id, due });
                    return Err(Some(due));
                }
                self.start_container(worker, task, kind, &container, id);
            }
            StartStage::PostStart { id, mut hook } => match self.poll_hook(worker, &mut hook) {
                Err(at) => {
                    task.stage = SyncStage::Start(StartStage::PostStart { id, hook });
                    return Err(at);
                }
                Ok(Ok(())) => {
                    self.tell(worker, &name, StoryKind::PostStartDone { ok: true });
                    self.start_succeeded(worker, task, &name);
                }
                Ok(Err(message)) => {
                    self.tell(worker, &name, StoryKind::PostStartDone { ok: false });
                    let handler = container.lifecycle.as_ref().and_then(|c| c.post_start.as_ref());
                    let message =
                        handler.map_or(String::new(), |h| failure_message(worker, &name, h, &message));
                    let text = "PostStartHook failed".to_string();
                    self.container_event(worker, &name, EventType::Warning, "FailedPostStartHook", text);
                    let kill = self.kill_container(
                        worker,
                        id,
                        name.clone(),
                        "FailedPostStartHook",
                        KillReason::FailedPostStartHook,
                        None,
                        Vec::new(),
                        StopCause::PostStartHook,
                    );
                    let kill = KillGroup { kills: vec![kill], and_sandbox: false, sandbox_due: None };
                    task.stage = SyncStage::Start(StartStage::KillingAfterPostStart { message, kill });
                }
            },
            StartStage::KillingAfterPostStart { message, mut kill } => {
                if let Err(at) = self.drive_kill(worker, &mut kill) {
                    task.stage = SyncStage::Start(StartStage::KillingAfterPostStart { message, kill });
                    return Err(at);
                }
                self.start_failed(worker, task, kind, error(&name, "PostStartHookError", &message));
            }
        }
        Ok(())
    }

    /// Whether the container must wait before it is started again.
    // Models doBackOff (v1.36)
    fn do_back_off(
        &mut self,
        worker: &PodWorker,
        task: &SyncTask,
        container: &Container,
    ) -> Option<SyncError> {
        let last = task
            .runtime
            .containers
            .iter()
            .find(|found| *found.name == *container.name && found.state == ContainerState::Exited)?;
        let finished = last.finished_at.unwrap_or(self.now);
        let key = back_off_key(worker, container);
        let back_off = &mut self.agent.kubelet.crash_loop_back_off;
        if !back_off.is_in_back_off_since(&key, finished, self.now) {
            back_off.next(&key, finished, self.now);
            return None;
        }
        let ms = back_off.get_ms(&key);
        let formatted = worker.formatted();
        let text = format!("Back-off restarting failed container {} in pod {formatted}", container.name);
        self.container_event(worker, &container.name, EventType::Warning, "BackOff", text);
        let until = finished.after_ms(ms);
        if worker
            .reasons
            .get(container.name.as_str())
            .is_none_or(|(reason, _)| &**reason != "CrashLoopBackOff")
        {
            self.tell(worker, &container.name, StoryKind::BackOff { until, seconds: ms / 1000 });
        }
        let message = format!(
            "back-off {} restarting failed container={} pod={formatted}",
            go_duration(ms),
            container.name
        );
        Some(SyncError {
            container: container.name.as_str().into(),
            reason: "CrashLoopBackOff".into(),
            message: message.into(),
            back_off_until: Some(until),
        })
    }

    fn image_ensured(
        &mut self,
        worker: &mut PodWorker,
        task: &mut SyncTask,
        kind: StartKind,
        container: &Container,
        ensured: Ensure,
    ) {
        if let StartKind::Volume(index) = kind {
            if let Ensure::Pulling(begun, due) = ensured {
                task.stage = SyncStage::Start(StartStage::Pulling { since: self.now, begun, due });
                return;
            }
            if let Ensure::Failed(reason, message) = ensured {
                task.missing_images.push(error(&worker.pod.spec.volumes[index].name, reason, &message));
            }
            task.queue.pop_front();
            task.stage = SyncStage::Start(StartStage::Begin);
            return;
        }
        match ensured {
            Ensure::Present => {
                let due = self.now.after_ms(CREATE_CONTAINER_MS);
                task.stage = SyncStage::Start(StartStage::Creating { due });
            }
            Ensure::Pulling(begun, due) => {
                task.stage = SyncStage::Start(StartStage::Pulling { since: self.now, begun, due });
            }
            Ensure::Failed(reason, message) => {
                let text = format!("Error: {reason}");
                self.container_event(worker, &container.name, EventType::Warning, "Failed", text);
                let failure = error(&container.name, reason, &message);
                self.start_failed(worker, task, kind, failure);
            }
        }
    }

    /// Why a container cannot have an image that it mounts.
    // Models toKubeContainerImageVolumes (v1.36)
    fn missing_image(
        &mut self,
        worker: &PodWorker,
        task: &SyncTask,
        container: &Container,
    ) -> Option<SyncError> {
        let mut last = None;
        for mount in &container.volume_mounts {
            let Some(missing) = task.missing_images.iter().find(|missing| *missing.container == *mount.name)
            else {
                continue;
            };
            let text = format!("Error: {}", missing.reason);
            self.container_event(worker, &container.name, EventType::Warning, "Failed", text);
            last = Some(error(&container.name, &missing.reason, &missing.message));
        }
        last
    }

    fn create_container(
        &mut self,
        worker: &PodWorker,
        task: &SyncTask,
        container: &Container,
    ) -> Result<Rc<str>, (&'static str, String)> {
        let name = crate::runtime::registry::normalize(&container.image)
            .map_err(|message| ("InvalidImageName", message))?;
        let Some(image) = self.registry.image(&name) else {
            return Err(("CreateContainerError", format!("image \"{}\": not found", container.image)));
        };
        let target = self.debug_target(worker, task, &container.name)?;
        let config = self
            .container_config(worker, container, &image)
            .map_err(|text| ("CreateContainerConfigError", text))?;
        let made = self.agent.runtime.next_made();
        let id: Rc<str> = self.rng.hex64(&format!("{}/{}", self.agent.name, worker.uid), made).into();
        let missing = match target.filter(|target| !self.container_runs(worker, target)) {
            Some(target) => Some(format!(
                "invalid target container: container \"{target}\" is not running - in state CONTAINER_EXITED"
            )),
            None => config.argv.is_empty().then(|| "failed to generate spec: no command specified".into()),
        };
        if let Some(what) = missing {
            let text = format!("failed to generate container \"{id}\" spec: {what}");
            return Err(("CreateContainerError", text));
        }
        let restart_count = task
            .runtime
            .find(&container.name)
            .map_or_else(|| self.logged_restarts(worker, &container.name), |found| found.restart_count + 1);
        self.agent
            .runtime
            .create_container(
                self.os,
                self.now,
                &worker.uid,
                id.clone(),
                &container.name,
                restart_count,
                &container.image,
                &image,
                config,
            )
            .map_err(|text| ("CreateContainerError", text))?;
        Ok(id)
    }

    /// The id of the container whose processes a debug container is to see.
    // Models getTargetID (v1.36)
    fn debug_target(
        &self,
        worker: &PodWorker,
        task: &SyncTask,
        name: &str,
    ) -> Result<Option<Rc<str>>, (&'static str, String)> {
        let debug = worker.pod.spec.ephemeral_containers.iter().find(|debug| debug.name == name);
        let Some(target) = debug.map(|debug| &*debug.target_container_name).filter(|name| !name.is_empty())
        else {
            return Ok(None);
        };
        let found = task.runtime.find(target).map(|found| Some(found.id.clone()));
        found.ok_or_else(|| {
            ("CreateContainerConfigError", format!("unable to find target container {target}"))
        })
    }

    /// How often a container was started before, by its log files, when the runtime has forgotten it.
    // Models calcRestartCountByLogDir (v1.36)
    fn logged_restarts(&self, worker: &PodWorker, name: &str) -> u32 {
        let key = (worker.uid.clone(), Rc::from(name));
        self.agent.kubelet.log_files.get(&key).map_or(0, |count| count + 1)
    }

    fn start_container(
        &mut self,
        worker: &mut PodWorker,
        task: &mut SyncTask,
        kind: StartKind,
        container: &Container,
        id: Rc<str>,
    ) {
        let name: Rc<str> = container.name.as_str().into();
        if let Err(message) = self.agent.runtime.start_container(self.os, self.now, &worker.uid, &id) {
            self.container_event(worker, &name, EventType::Warning, "Failed", format!("Error: {message}"));
            self.start_failed(worker, task, kind, error(&name, "RunContainerError", &message));
            return;
        }
        self.container_event(worker, &name, EventType::Normal, "Started", "Container started".into());
        let attempt = self
            .agent
            .runtime
            .pods
            .get(&worker.uid)
            .and_then(|pod| pod.find(&name))
            .map_or(0, |found| found.seen.restart_count);
        self.agent.kubelet.log_files.insert((worker.uid.clone(), name.clone()), attempt);
        let after = what_came_before(worker, kind);
        self.tell(worker, &name, StoryKind::Started { attempt, after });
        let hook = container.lifecycle.as_ref().and_then(|lifecycle| lifecycle.post_start.clone());
        match hook {
            Some(handler) => {
                let hook = self.run_hook(worker, container, &id, &handler);
                self.tell(worker, &name, StoryKind::PostStartRunning);
                task.stage = SyncStage::Start(StartStage::PostStart { id, hook });
            }
            None => self.start_succeeded(worker, task, &name),
        }
    }

    fn start_succeeded(&mut self, worker: &mut PodWorker, task: &mut SyncTask, name: &Rc<str>) {
        worker.reasons.remove(name);
        task.started.push(name.clone());
        task.queue.pop_front();
        task.stage = SyncStage::Start(StartStage::Begin);
    }

    /// Notes a failure and goes on as the kubelet does: a failed init container ends the sync, others do not.
    fn start_failed(
        &mut self,
        worker: &mut PodWorker,
        task: &mut SyncTask,
        kind: StartKind,
        failure: SyncError,
    ) {
        if &*failure.reason != "CrashLoopBackOff" && &*failure.reason != "ImagePullBackOff" {
            let (reason, message) = (failure.reason.clone(), failure.message.clone());
            if &*reason != "ErrImagePull" {
                self.tell(worker, &failure.container, StoryKind::CreateFailed { reason, message });
            }
        }
        worker.reasons.insert(failure.container.clone(), (failure.reason.clone(), failure.message.clone()));
        task.errors.push(failure);
        task.queue.pop_front();
        if let StartKind::Init(index) = kind
            && !worker.pod.spec.init_containers.get(index).is_some_and(is_restartable_init_container)
        {
            task.queue.clear();
        }
        task.stage = SyncStage::Start(StartStage::Begin);
    }
}

fn container_of(worker: &PodWorker, kind: StartKind) -> Option<Container> {
    let spec = &worker.pod.spec;
    match kind {
        StartKind::Ephemeral(index) => {
            spec.ephemeral_containers.get(index).map(super::generate::as_container)
        }
        StartKind::Volume(index) => {
            let image = spec.volumes.get(index)?.image.as_ref()?;
            let (image, image_pull_policy) = (image.reference.clone(), image.pull_policy.clone());
            Some(Container { image, image_pull_policy, ..Container::default() })
        }
        StartKind::Init(index) => spec.init_containers.get(index).cloned(),
        StartKind::App(index) => spec.containers.get(index).cloned(),
        StartKind::Resize => None,
    }
}

/// The container that this one had to wait for, for the story.
fn what_came_before(worker: &PodWorker, kind: StartKind) -> Rc<str> {
    let spec = &worker.pod.spec;
    let name = |container: Option<&Container>| container.map_or("", |c| c.name.as_str()).into();
    match kind {
        StartKind::Ephemeral(_) | StartKind::Resize | StartKind::Volume(_) => "".into(),
        StartKind::Init(0) => "".into(),
        StartKind::Init(index) => name(spec.init_containers.get(index - 1)),
        StartKind::App(0) => name(spec.init_containers.last()),
        StartKind::App(index) => name(spec.containers.get(index - 1)),
    }
}

/// The key of a container's restart back-off: another image or other resources begin anew.
// Models pkg/kubelet/kuberuntime/helpers.go GetBackoffKey (v1.36)
pub(crate) fn back_off_key(worker: &PodWorker, container: &Container) -> String {
    let resources = k8s_api::record::Field::write(&container.resources);
    format!("{}/{}/{}/{resources}", worker.uid, container.name, container.image)
}
