//! What a picture of a Pod needs to know beyond the API object: what the kubelet and the runtime are doing.

use std::rc::Rc;

use busybox::{FsId, Ipv4, Origin, Outcome};

use crate::cluster::Cluster;
use crate::input::ProbeType;
use crate::kubelet::generate::as_container;
use crate::kubelet::kill::{Kill, KillGroup, KillStage};
use crate::kubelet::pod_status::{ContainerState, RuntimeSandbox, is_restartable_init_container};
use crate::kubelet::worker::{PodWorker, PodWorkerState, StartKind, StartStage, SyncStage, Task};
use crate::runtime::LogLine;
use crate::time::SimTime;

/// A request on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Flight {
    /// When it left.
    pub sent_at: SimTime,
    /// When the answer is back.
    pub arrives_at: SimTime,
    /// Who asked.
    pub from: Origin,
    /// Who answered, if anybody.
    pub to: Option<busybox::NetNs>,
    /// The address asked for.
    pub to_ip: Ipv4,
    /// The port asked for.
    pub port: u16,
    /// What became of it.
    pub outcome: Outcome,
}

/// Role of a container in its Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerRole {
    /// Runs to its end before what follows.
    Init,
    /// A native sidecar.
    Sidecar,
    /// What the Pod is for.
    App,
    /// Added to look inside.
    Debug,
}

/// A probe of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeView {
    /// Which.
    pub kind: ProbeType,
    /// What it does, in a few words: `GET :8080/healthz`.
    pub handler: String,
    /// Result of the last run.
    pub last: Option<bool>,
    /// How often in a row.
    pub run: u32,
    /// How often is enough, after a failure and after a success.
    pub failure_threshold: u32,
    /// The same for successes.
    pub success_threshold: u32,
    /// The next run.
    pub next_at: SimTime,
    /// It runs now.
    pub running: bool,
    /// It does not run (any more): waits for `started`, is decided, or the Pod is ending.
    pub idle: bool,
    /// The text of the last failure.
    pub message: Rc<str>,
    /// A learner broke it.
    pub broken: bool,
}

/// A container being stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopView {
    /// preStop runs, at most until then.
    PreStop {
        /// When waiting for it is given up.
        until: SimTime,
    },
    /// Others must end first.
    WaitsFor {
        /// Their names.
        names: Vec<Rc<str>>,
        /// When waiting is given up.
        until: SimTime,
    },
    /// The stop signal was sent.
    TermSent {
        /// When SIGKILL follows.
        kill_at: SimTime,
    },
}

/// A container of a Pod.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerView {
    /// Its name.
    pub name: Rc<str>,
    /// Its image.
    pub image: Rc<str>,
    /// Its role.
    pub role: ContainerRole,
    /// State in the runtime; nothing if it was never made.
    pub state: Option<ContainerState>,
    /// When it was started.
    pub started_at: Option<SimTime>,
    /// When it ended.
    pub finished_at: Option<SimTime>,
    /// How it ended.
    pub exit_code: i32,
    /// `Completed`, `Error`, `OOMKilled`, …
    pub reason: Rc<str>,
    /// How often it was started again.
    pub restart_count: u32,
    /// It counts as started.
    pub started: bool,
    /// It counts as ready.
    pub ready: bool,
    /// The back-off it waits for: its end and its whole length in milliseconds.
    pub back_off: Option<(SimTime, u64)>,
    /// The pull under way: since when and until when.
    pub pull: Option<(SimTime, SimTime)>,
    /// postStart runs.
    pub post_start: bool,
    /// How it is being stopped.
    pub stop: Option<StopView>,
    /// What keeps it from starting: reason and message.
    pub waiting: Option<(Rc<str>, Rc<str>)>,
    /// Its probes.
    pub probes: Vec<ProbeView>,
    /// TCP ports it listens on.
    pub listening: Vec<u16>,
    /// Its mounts: volume, path, read-only.
    pub mounts: Vec<(Rc<str>, Rc<str>, bool)>,
    /// The last lines it wrote.
    pub last_lines: Vec<LogLine>,
    /// It gets no CPU.
    pub frozen: bool,
    /// Memory it uses, in bytes.
    pub memory_bytes: u64,
    /// Its memory limit, in bytes.
    pub memory_limit: Option<u64>,
    /// Its processes: number and command.
    pub processes: Vec<(u32, String)>,
}

/// A volume of a Pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeView {
    /// Its name.
    pub name: Rc<str>,
    /// `emptyDir`, `configMap`, …
    pub kind: &'static str,
    /// It is there.
    pub mounted: bool,
    /// What keeps it from being there.
    pub error: Option<Rc<str>>,
    /// When that is tried again.
    pub retry_at: SimTime,
    /// Its files: path and size in bytes.
    pub files: Vec<(String, u64)>,
}

/// A Pod as it really is on its node.
#[derive(Clone, Debug, PartialEq)]
pub struct PodView {
    /// Its UID.
    pub uid: Rc<str>,
    /// Its node; empty while it has none.
    pub node: Rc<str>,
    /// The node has power.
    pub node_alive: bool,
    /// The newest sandbox.
    pub sandbox: Option<RuntimeSandbox>,
    /// A sandbox is being made.
    pub creating_sandbox: bool,
    /// How far its worker is; nothing if no kubelet has it.
    pub worker: Option<PodWorkerState>,
    /// When the grace of its end is used up.
    pub grace_until: Option<SimTime>,
    /// Init containers and sidecars, apps, debug containers; each in the order of the spec.
    pub containers: Vec<ContainerView>,
    /// Its volumes, without the injected token.
    pub volumes: Vec<VolumeView>,
    /// Requests that begin or end in it.
    pub flights: Vec<Flight>,
    /// Its network namespace.
    pub net: Option<busybox::NetNs>,
    /// When the Pod is evicted from its dead node.
    pub evicted_at: Option<SimTime>,
}

/// Lines of the log that are shown on a card.
const CARD_LINES: usize = 6;
/// A request is shown for so long at least: many are answered within a millisecond.
const FLIGHT_MS_MIN: u64 = 500;
/// Files of a volume that are listed.
const FILES_MAX: usize = 50;

impl Cluster {
    /// A Pod as it really is. `None` if there is no Pod with this UID.
    #[must_use]
    pub fn pod_view(&self, uid: &str) -> Option<PodView> {
        let pod = self.store().pod_by_uid(uid)?;
        let node: Rc<str> = pod.spec.node_name.as_str().into();
        let agent = self.agent(&node);
        let worker = agent.and_then(|agent| agent.kubelet.workers.get(uid)).map(|worker| &**worker);
        let runtime = agent.and_then(|agent| agent.runtime.pods.get(uid)).map(|pod| &**pod);
        let net = runtime.and_then(|pod| pod.ready_sandbox()).map(|sandbox| sandbox.net);
        let spec = &pod.spec;
        let debug: Vec<_> = spec.ephemeral_containers.iter().map(as_container).collect();
        let role = |container: &k8s_api::core::Container| {
            if is_restartable_init_container(container) {
                ContainerRole::Sidecar
            } else {
                ContainerRole::Init
            }
        };
        let all = spec
            .init_containers
            .iter()
            .map(|container| (container, role(container)))
            .chain(spec.containers.iter().map(|container| (container, ContainerRole::App)))
            .chain(debug.iter().map(|container| (container, ContainerRole::Debug)));
        let containers = all
            .map(|(container, role)| self.container_view(pod, container, role, worker, runtime, net))
            .collect();
        let grace_until = pod
            .metadata
            .deletion_timestamp
            .map(|at| SimTime::from_secs(u64::try_from(at.0 - self.epoch_seconds()).unwrap_or(0)));
        Some(PodView {
            uid: uid.into(),
            node_alive: agent.is_none_or(|agent| agent.power),
            sandbox: runtime.and_then(|pod| pod.sandboxes.first()).map(|sandbox| sandbox.seen.clone()),
            creating_sandbox: matches!(
                worker.and_then(|worker| worker.task.as_ref()),
                Some(Task::Sync(task)) if matches!(task.stage, SyncStage::Sandbox { .. })
            ),
            worker: worker.map(|worker| worker.state),
            grace_until,
            containers,
            volumes: self.volume_views(pod, worker),
            flights: self
                .flights
                .iter()
                .filter(|flight| {
                    flight.sent_at.after_ms(FLIGHT_MS_MIN) >= self.now() || flight.arrives_at >= self.now()
                })
                .filter(|flight| {
                    net.is_some() && (flight.to == net || net.map(Origin::Net) == Some(flight.from))
                })
                .cloned()
                .collect(),
            net,
            evicted_at: self.eviction_at(uid),
            node,
        })
    }

    fn container_view(
        &self,
        pod: &crate::Pod,
        container: &k8s_api::core::Container,
        role: ContainerRole,
        worker: Option<&PodWorker>,
        runtime: Option<&crate::runtime::PodRuntime>,
        net: Option<busybox::NetNs>,
    ) -> ContainerView {
        let found = runtime.and_then(|pod| pod.find(&container.name));
        let running = found.is_some_and(|c| c.seen.state == ContainerState::Running);
        let status = worker.and_then(|worker| worker.status.as_deref()).unwrap_or(&pod.status);
        let reported = status
            .init_container_statuses
            .iter()
            .chain(&status.container_statuses)
            .chain(&status.ephemeral_container_statuses)
            .find(|reported| reported.name == container.name);
        let reason = worker.and_then(|worker| worker.reasons.get(container.name.as_str())).cloned();
        let listening = match (net, found.filter(|_| running)) {
            (Some(net), Some(found)) => {
                self.os.listening(net).iter().filter(|l| l.cgroup == found.cgroup).map(|l| l.port).collect()
            }
            _ => Vec::new(),
        };
        let processes = found.filter(|_| running).map_or_else(Vec::new, |found| {
            self.os
                .processes()
                .filter(|process| process.cgroup == found.cgroup)
                .map(|process| (process.ns_pid, process.argv.join(" ")))
                .collect()
        });
        ContainerView {
            name: container.name.as_str().into(),
            image: container.image.as_str().into(),
            role,
            state: found.map(|c| c.seen.state),
            started_at: found.and_then(|c| c.seen.started_at),
            finished_at: found.and_then(|c| c.seen.finished_at),
            exit_code: found.map_or(0, |c| c.seen.exit_code),
            reason: found.map_or_else(|| "".into(), |c| c.seen.reason.clone()),
            restart_count: found.map_or(0, |c| c.seen.restart_count),
            started: running && reported.is_some_and(|reported| reported.started == Some(true)),
            ready: running && reported.is_some_and(|reported| reported.ready),
            back_off: self.back_off_of(worker, container, found),
            pull: start_of(worker, pod, &container.name).and_then(|stage| match stage {
                StartStage::Pulling { since, due, .. } => Some((*since, *due)),
                _ => None,
            }),
            post_start: matches!(start_of(worker, pod, &container.name), Some(StartStage::PostStart { .. })),
            stop: worker.and_then(|worker| stop_of(worker, &container.name)).filter(|_| running),
            waiting: reason.filter(|_| !running),
            probes: worker.map_or_else(Vec::new, |worker| probes_of(worker, container)),
            listening,
            mounts: container
                .volume_mounts
                .iter()
                .filter(|mount| !mount.name.starts_with("kube-api-access-"))
                .map(|mount| (mount.name.as_str().into(), mount.mount_path.as_str().into(), mount.read_only))
                .collect(),
            last_lines: found.map_or_else(Vec::new, |c| c.last_lines(CARD_LINES).cloned().collect()),
            frozen: found.is_some_and(|c| c.frozen),
            memory_bytes: found.filter(|_| running).map_or(0, |c| self.os.memory_bytes(c.cgroup)),
            memory_limit: found.and_then(|c| c.config.memory_limit()),
            processes,
        }
    }

    fn back_off_of(
        &self,
        worker: Option<&PodWorker>,
        container: &k8s_api::core::Container,
        found: Option<&crate::runtime::Container>,
    ) -> Option<(SimTime, u64)> {
        let worker = worker?;
        let (reason, _) = worker.reasons.get(container.name.as_str())?;
        let kubelet = &self.agent(&worker.pod.spec.node_name)?.kubelet;
        match &**reason {
            "CrashLoopBackOff" => {
                let ms = kubelet.crash_loop_back_off.get_ms(&crate::kubelet::back_off_key(worker, container));
                let finished = found?.seen.finished_at?;
                Some((finished.after_ms(ms), ms))
            }
            "ErrImagePull" | "ImagePullBackOff" => {
                let key = format!("{}_{}", worker.uid, container.image);
                let ms = kubelet.image_back_off.get_ms(&key);
                Some((kubelet.image_back_off.last_update(&key)?.after_ms(ms), ms))
            }
            _ => None,
        }
    }

    fn volume_views(&self, pod: &crate::Pod, worker: Option<&PodWorker>) -> Vec<VolumeView> {
        pod.spec
            .volumes
            .iter()
            .filter(|volume| !volume.name.starts_with("kube-api-access-"))
            .map(|volume| {
                let mounted = worker.and_then(|worker| worker.volumes.find(&volume.name));
                let mut files = Vec::new();
                if let Some(fs) = mounted.and_then(|mounted| mounted.fs) {
                    self.list_files(fs, "", 0, &mut files);
                }
                VolumeView {
                    name: volume.name.as_str().into(),
                    kind: crate::kubelet::volumes::kind_of(volume),
                    mounted: mounted.is_some_and(|mounted| mounted.fs.is_some()),
                    error: mounted.and_then(|mounted| mounted.error.clone()),
                    retry_at: mounted.map_or(SimTime(0), |mounted| mounted.retry_at),
                    files,
                }
            })
            .collect()
    }

    fn list_files(&self, fs: FsId, dir: &str, depth: u32, files: &mut Vec<(String, u64)>) {
        let at = if dir.is_empty() { "/" } else { dir };
        for entry in self.os.list(fs, at).unwrap_or_default() {
            if entry.name == "." || entry.name == ".." || files.len() >= FILES_MAX {
                continue;
            }
            let path = format!("{dir}/{}", entry.name);
            if entry.kind == 'd' && depth < 4 {
                self.list_files(fs, &path, depth + 1, files);
            } else if entry.kind != 'd' {
                files.push((path, entry.size));
            }
        }
    }

    /// What a container wrote: of its newest instance, or of the one before. `None` if there is no such instance.
    #[must_use]
    pub fn logs(&self, namespace: &str, pod: &str, container: &str, previous: bool) -> Option<Vec<LogLine>> {
        let found = self.pod(namespace, pod)?;
        let runtime = self.agent(&found.spec.node_name)?.runtime.pods.get(found.metadata.uid.as_str())?;
        let mut instances = runtime.containers.iter().filter(|c| *c.seen.name == *container);
        let newest = instances.next()?;
        let instance = if previous { instances.next()? } else { newest };
        Some(instance.log.iter().cloned().collect())
    }
}

fn start_of<'a>(worker: Option<&'a PodWorker>, pod: &crate::Pod, name: &str) -> Option<&'a StartStage> {
    let Some(Task::Sync(task)) = worker.and_then(|worker| worker.task.as_ref()) else { return None };
    let SyncStage::Start(stage) = &task.stage else { return None };
    let spec = &pod.spec;
    let current = match task.queue.front()? {
        StartKind::Ephemeral(index) => spec.ephemeral_containers.get(*index).map(|c| c.name.as_str()),
        StartKind::Init(index) => spec.init_containers.get(*index).map(|c| c.name.as_str()),
        StartKind::App(index) => spec.containers.get(*index).map(|c| c.name.as_str()),
        StartKind::Resize | StartKind::Volume(_) => None,
    };
    (current == Some(name)).then_some(stage)
}

fn stop_of(worker: &PodWorker, name: &str) -> Option<StopView> {
    let group: &KillGroup = match worker.task.as_ref()? {
        Task::Terminating(group) => group,
        Task::Sync(task) => match &task.stage {
            SyncStage::KillPod(group) => group,
            SyncStage::KillContainers { current: Some(group), .. } => group,
            SyncStage::Start(StartStage::KillingAfterPostStart { kill, .. }) => kill,
            _ => return None,
        },
        Task::Terminated { .. } => return None,
    };
    let kill: &Kill = group.kills.iter().find(|kill| &*kill.name == name)?;
    match &kill.stage {
        KillStage::PreStop { until, .. } => Some(StopView::PreStop { until: *until }),
        KillStage::WaitForTurn { until, .. } => {
            let running: Vec<Rc<str>> = kill
                .prerequisites
                .iter()
                .filter(|name| group.kills.iter().any(|k| k.name == **name && k.stage != KillStage::Done))
                .cloned()
                .collect();
            // One that has only just started waits for nobody: it is told to stop in a blink.
            (!running.is_empty()).then_some(StopView::WaitsFor { names: running, until: *until })
        }
        KillStage::Stopping { kill_at, .. } => Some(StopView::TermSent { kill_at: *kill_at }),
        KillStage::Done => None,
    }
}

fn probes_of(worker: &PodWorker, container: &k8s_api::core::Container) -> Vec<ProbeView> {
    let order = |kind: ProbeType| match kind {
        ProbeType::Startup => 0,
        ProbeType::Readiness => 1,
        ProbeType::Liveness => 2,
    };
    let mut views: Vec<ProbeView> = worker
        .probes
        .iter()
        .filter(|probe| *probe.container == *container.name)
        .map(|probe| ProbeView {
            kind: probe.kind,
            handler: handler_text(&probe.spec),
            last: probe.last,
            run: probe.run_length,
            failure_threshold: probe.spec.failure_threshold.max(1) as u32,
            success_threshold: probe.spec.success_threshold.max(1) as u32,
            next_at: probe.next_tick,
            running: probe.running.is_some(),
            idle: probe.stopped || probe.on_hold,
            message: probe.message.clone(),
            broken: worker
                .broken_probes
                .iter()
                .any(|(name, kind)| *name == probe.container && *kind == probe.kind),
        })
        .collect();
    k8s_api::small::sort(&mut views, &|a, b| order(a.kind) < order(b.kind));
    views
}

fn handler_text(probe: &k8s_api::core::Probe) -> String {
    if let Some(http) = &probe.http_get {
        format!("GET :{}{}", http.port, http.path)
    } else if let Some(tcp) = &probe.tcp_socket {
        format!("TCP :{}", tcp.port)
    } else if let Some(grpc) = &probe.grpc {
        format!("gRPC :{}", grpc.port)
    } else if let Some(exec) = &probe.exec {
        exec.command.join(" ")
    } else {
        String::new()
    }
}
