//! The container runtime of one node: sandboxes, containers, images, logs.
//! Stands for containerd with runc; its processes run in [`busybox::Os`].

mod cgroup_files;
mod images;
pub mod registry;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use resting::Resting;

use busybox::{
    CgroupId, CpuShare, FsId, FsTemplate, Ipv4, Mount, NetNs, Os, Pid, PidNs, Program, Signal, SpawnError,
    SpawnSpec, Workload,
};
pub use busybox::{ExitStatus, Stream};

use crate::kubelet::allocation::ContainerResources;
use crate::kubelet::pod_status::{ContainerState, PodStatus, RuntimeContainer, RuntimeSandbox};
use crate::log::Log;
use crate::time::SimTime;
use registry::Image;

/// Lines kept of one container's output.
const LOG_LINES_MAX: usize = 5_000;
/// A longer line is split, as the runtime does.
const LOG_LINE_BYTES_MAX: usize = 16_384;
/// Bytes of the termination message that the kubelet reads.
const TERMINATION_MESSAGE_BYTES_MAX: usize = 4_096;
/// Of the end of the log, when that is taken instead, it reads so many lines
const TERMINATION_MESSAGE_LOG_LINES: usize = 80;
/// and of them the last so many bytes.
const TERMINATION_MESSAGE_LOG_BYTES: usize = 2_048;

/// What it costs to enter a container, in microseconds: runc's own start counts as the container's.
const RUNC_INIT_US: u32 = 10_000;

/// One line that a container wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub at: SimTime,
    /// To standard error.
    pub stderr: bool,
    /// Without the newline.
    pub text: Rc<str>,
    /// It ended with a newline (the last line of a program may not).
    pub complete: bool,
}

/// A sandbox: the pause process and the namespaces it holds.
#[derive(Clone, Debug)]
pub struct Sandbox {
    /// What the kubelet sees of it.
    pub seen: RuntimeSandbox,
    /// The network namespace.
    pub net: NetNs,
    /// The process namespace that the containers share, if they do.
    pub pid_ns: Option<PidNs>,
    /// When it was made.
    pub created_at: SimTime,
    /// Its network has been taken down.
    pub torn_down: bool,
    /// With a shared process namespace, the pause process is its first: its account and its root.
    pub pause: Option<(CgroupId, FsId)>,
}

/// What a container needs to start, worked out by the kubelet.
#[derive(Clone, Debug)]
pub struct ContainerConfig {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Environment as `NAME=value`.
    pub env: Resting<Vec<String>>,
    /// Working directory.
    pub cwd: String,
    /// User, group and supplementary groups.
    pub user: (u32, u32, Rc<[u32]>),
    /// Mounts over the root file system.
    pub mounts: Vec<Mount>,
    /// File systems that were made for some of them, and go with the container.
    pub snapshots: Vec<FsId>,
    /// Files to be written into the root file system: path and content. None are left once it is made.
    pub files: Vec<(String, Vec<u8>)>,
    /// The root file system is read-only.
    pub read_only_root: bool,
    /// CPU and memory.
    pub resources: ContainerResources,
    /// The Pod's own limit of CPU in thousandths, which all its containers share; 0 stands for none.
    pub pod_cpu_limit: i64,
    /// What the kernel allows.
    pub privileges: busybox::Privileges,
    /// The signal that asks it to stop.
    pub stop_signal: Signal,
    /// Where the termination message is written.
    pub termination_message_path: String,
    /// Take the end of the log when that is empty and the container failed.
    pub fallback_to_logs: bool,
    /// A terminal.
    pub tty: bool,
    /// Standard input stays open.
    pub stdin: bool,
    /// The process namespace of another container (a debug container's target).
    pub target_pid_ns: Option<PidNs>,
}

impl ContainerConfig {
    /// Memory limit in bytes.
    #[must_use]
    pub fn memory_limit(&self) -> Option<u64> {
        u64::try_from(self.resources.memory_limit).ok().filter(|&limit| limit > 0)
    }
}

/// One container (one attempt).
#[derive(Clone, Debug)]
pub struct Container {
    /// What the kubelet sees of it.
    pub seen: RuntimeContainer,
    /// The sandbox it belongs to.
    pub sandbox: Rc<str>,
    /// How it is started.
    pub config: Rc<ContainerConfig>,
    /// Its root file system.
    pub rootfs: FsId,
    /// What of it came from the image, in bytes.
    pub rootfs_from_image: u64,
    /// Bytes that it wrote to its log.
    pub log_bytes: u64,
    /// Its resource account.
    pub cgroup: CgroupId,
    /// Its process namespace.
    pub pid_ns: PidNs,
    /// Its first process.
    pub pid: Option<Pid>,
    /// What it wrote.
    pub log: Log<LogLine>,
    /// It was told to stop.
    pub asked_to_stop: bool,
    /// It gets no CPU.
    pub frozen: bool,
    /// It is told to end with this code by a learner's fault.
    pub forced_exit: Option<i32>,
}

impl Container {
    /// The last lines it wrote, oldest first.
    pub fn last_lines(&self, count: usize) -> impl Iterator<Item = &LogLine> {
        self.log.iter_from(self.log.len().saturating_sub(count))
    }
}

/// A command that runs inside a container beside its own processes.
#[derive(Clone, Debug)]
pub struct Exec {
    /// Whose container.
    pub container: Rc<str>,
    /// Output, both streams in order.
    pub output: Vec<(Stream, Vec<u8>)>,
    /// How it ended, once it has.
    pub status: Option<ExitStatus>,
}

/// One Pod in the runtime.
#[derive(Clone, Debug, Default)]
pub struct PodRuntime {
    /// Sandboxes, newest first.
    pub sandboxes: Vec<Sandbox>,
    /// Containers, newest first.
    pub containers: Vec<Container>,
    /// The account that holds all of them to the Pod's own limit, when it has one.
    pub cpu_group: Option<CgroupId>,
}

impl PodRuntime {
    /// The newest container of a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Container> {
        self.containers.iter().find(|container| &*container.seen.name == name)
    }

    fn by_id(&mut self, id: &str) -> Option<&mut Container> {
        self.containers.iter_mut().find(|container| &*container.seen.id == id)
    }

    /// The sandbox that is ready.
    #[must_use]
    pub fn ready_sandbox(&self) -> Option<&Sandbox> {
        self.sandboxes.iter().find(|sandbox| sandbox.seen.ready)
    }
}

/// The runtime of one node.
#[derive(Clone, Debug, Default)]
pub struct Runtime {
    /// Pods by UID.
    pub pods: BTreeMap<Rc<str>, Rc<PodRuntime>>,
    /// Images on this node.
    pub images: BTreeSet<Rc<str>>,
    /// Commands run inside containers, by their process.
    pub execs: BTreeMap<Pid, Exec>,
    /// Pods that changed since the kubelet last looked.
    pub dirty: BTreeSet<Rc<str>>,
    /// The machine's processors, in thousandths.
    pub cpu_milli: u64,
    /// Their account, once there is a container.
    cpu_group: Option<CgroupId>,
    by_cgroup: BTreeMap<CgroupId, (Rc<str>, Rc<str>)>,
    /// First two… third number of the node's address range: `10.244.N`.
    pub pod_subnet: u8,
    /// It does not say whose user a container has.
    pub hides_users: bool,
    next_ip: u16,
    made: u64,
}

/// What a process event meant for a container.
#[derive(Clone, Debug)]
pub struct Exited {
    /// The Pod.
    pub uid: Rc<str>,
    /// The container's name.
    pub name: Rc<str>,
    /// Its id.
    pub id: Rc<str>,
    /// Exit code as the API shows it.
    pub code: i32,
    /// The signal, or 0.
    pub signal: u8,
    /// Killed for its memory.
    pub oom: bool,
    /// It had been told to stop.
    pub asked: bool,
    /// How many attempts came before.
    pub attempt: u32,
}

impl Runtime {
    /// An empty runtime whose Pods get addresses from `10.244.subnet.0/24`.
    #[must_use]
    pub fn new(pod_subnet: u8) -> Self {
        Self { pod_subnet, ..Self::default() }
    }

    /// The Pod, to be changed; made if it is not there.
    pub fn pod_mut(&mut self, uid: &Rc<str>) -> &mut PodRuntime {
        self.dirty.insert(uid.clone());
        Rc::make_mut(self.pods.entry(uid.clone()).or_default())
    }

    /// What the runtime tells the kubelet about a Pod.
    // Models kuberuntime GetPodStatus (v1.36)
    #[must_use]
    pub fn pod_status(&self, uid: &str) -> PodStatus {
        let Some(pod) = self.pods.get(uid) else { return PodStatus::default() };
        let ready = pod.ready_sandbox();
        PodStatus {
            sandboxes: pod.sandboxes.iter().map(|sandbox| sandbox.seen.clone()).collect(),
            containers: pod
                .containers
                .iter()
                .map(|container| {
                    let mut seen = container.seen.clone();
                    seen.active = ready.is_some_and(|sandbox| sandbox.seen.id == container.sandbox);
                    Rc::new(seen)
                })
                .collect(),
            ip: ready.map_or_else(|| "".into(), |sandbox| sandbox.seen.ip.clone()),
        }
    }

    // Models the CRI's RunPodSandbox: pause process, namespaces, address from the node's range.
    #[allow(clippy::too_many_arguments)] // As many as the CRI's request.
    pub(crate) fn run_pod_sandbox(
        &mut self,
        os: &mut Os,
        now: SimTime,
        uid: &Rc<str>,
        id: Rc<str>,
        attempt: u32,
        hostname: &str,
        host_net: Option<NetNs>,
        share_pids: bool,
    ) -> Rc<str> {
        let (net, ip): (NetNs, Rc<str>) = match host_net {
            Some(net) => (net, "".into()),
            None => {
                let ip = self.allocate_ip();
                let address = Ipv4([10, 244, self.pod_subnet, ip]);
                (os.create_net_namespace(Some(address), hostname), Rc::from(address.to_string()))
            }
        };
        let pid_ns = share_pids.then(|| os.create_pid_namespace());
        let pause = pid_ns.map(|ns| start_pause(os, net, ns));
        let seen =
            RuntimeSandbox { id, attempt, ready: true, ip: ip.clone(), host_network: host_net.is_some() };
        let sandboxes = &mut self.pod_mut(uid).sandboxes;
        sandboxes.reserve_exact(1);
        sandboxes.insert(0, Sandbox { seen, net, pid_ns, created_at: now, torn_down: false, pause });
        ip
    }

    /// The next free address of the range; a freed one is used again only after all others.
    fn allocate_ip(&mut self) -> u8 {
        let used: BTreeSet<Rc<str>> = self
            .pods
            .values()
            .flat_map(|pod| &pod.sandboxes)
            .filter(|sandbox| sandbox.seen.ready)
            .map(|sandbox| sandbox.seen.ip.clone())
            .collect();
        for _ in 0..253 {
            self.next_ip = self.next_ip % 253 + 1;
            let last = (self.next_ip + 1) as u8;
            if !used.contains(format!("10.244.{}.{last}", self.pod_subnet).as_str()) {
                return last;
            }
        }
        254
    }

    /// Stops whatever sandboxes the Pod has; whether one of them was still ready.
    pub(crate) fn stop_pod_sandbox(&mut self, os: &mut Os, uid: &Rc<str>) -> bool {
        let mut was_ready = false;
        if self.pods.get(uid).is_none_or(|pod| pod.sandboxes.iter().all(|sandbox| sandbox.torn_down)) {
            return false;
        }
        for sandbox in &mut self.pod_mut(uid).sandboxes {
            was_ready |= std::mem::replace(&mut sandbox.seen.ready, false);
            if !std::mem::replace(&mut sandbox.torn_down, true) {
                if !sandbox.seen.host_network {
                    os.remove_net_namespace(sandbox.net);
                }
                stop_pause(os, sandbox.pause.take());
                if let Some(ns) = sandbox.pid_ns {
                    os.remove_pid_namespace(ns);
                }
            }
        }
        was_ready
    }

    /// The pause process dies. The network stays until the sandbox is stopped; a shared process namespace does not.
    pub(crate) fn kill_sandbox(&mut self, os: &mut Os, uid: &Rc<str>) {
        for sandbox in &mut self.pod_mut(uid).sandboxes {
            if std::mem::replace(&mut sandbox.seen.ready, false) {
                // As PID 1 of a shared namespace it takes all the others with it.
                stop_pause(os, sandbox.pause.take());
            }
        }
    }

    /// Removes everything of a Pod.
    pub(crate) fn remove_pod(&mut self, os: &mut Os, uid: &Rc<str>) {
        self.stop_pod_sandbox(os, uid);
        if let Some(pod) = self.pods.remove(uid) {
            for container in &pod.containers {
                self.by_cgroup.remove(&container.cgroup);
                forget_container(os, container);
            }
            if let Some(group) = pod.cpu_group {
                os.remove_cgroup(group);
            }
        }
    }

    #[allow(clippy::too_many_arguments)] // The CRI's CreateContainer request has as many.
    pub(crate) fn create_container(
        &mut self,
        os: &mut Os,
        now: SimTime,
        uid: &Rc<str>,
        id: Rc<str>,
        name: &str,
        restart_count: u32,
        image_name: &str,
        image: &Image,
        mut config: ContainerConfig,
    ) -> Result<(), String> {
        let Some((sandbox, shared)) =
            self.pods.get(uid).and_then(|pod| pod.ready_sandbox()).map(|s| (s.seen.id.clone(), s.pid_ns))
        else {
            let newest = self.pods.get(uid).and_then(|pod| pod.sandboxes.first());
            let id = newest.map_or("", |sandbox| &sandbox.seen.id);
            return Err(format!(
                "failed to get sandbox container task: no running task found: task {id} not found: not found"
            ));
        };
        let rootfs = os.create_fs(Some(image.rootfs.tree()));
        // These are mounted over it on a real node, and no part of what the container wrote.
        for (path, content) in std::mem::take(&mut config.files) {
            let _ = os.write_file(rootfs, &path, &content, 0o644);
        }
        write_cgroup_files(os, rootfs, &config.resources);
        let rootfs_from_image = os.fs_usage_bytes(rootfs);
        let cgroup = os.create_cgroup(config.memory_limit());
        os.set_privileges(cgroup, config.privileges);
        let above = self.cpu_group(os, uid, config.pod_cpu_limit);
        os.set_cpu_share(cgroup, cpu_share(&config.resources, above));
        let pid_ns = shared.or(config.target_pid_ns).unwrap_or_else(|| os.create_pid_namespace());
        let seen = RuntimeContainer {
            id,
            name: name.into(),
            state: ContainerState::Created,
            created_at: now,
            started_at: None,
            finished_at: None,
            exit_code: 0,
            signal: 0,
            reason: "".into(),
            message: "".into(),
            restart_count,
            image: image_name.into(),
            image_ref: image.digest_ref(image_name).into(),
            user: (!self.hides_users).then(|| config.user.clone()),
            active: true,
            resources: Some(config.resources),
        };
        self.by_cgroup.insert(cgroup, (uid.clone(), seen.id.clone()));
        let container = Container {
            seen,
            sandbox,
            config: Rc::new(config),
            rootfs,
            rootfs_from_image,
            log_bytes: 0,
            cgroup,
            pid_ns,
            pid: None,
            log: Log::default(),
            asked_to_stop: false,
            frozen: false,
            forced_exit: None,
        };
        let pod = self.pod_mut(uid);
        // A vector that grows by itself makes room for four.
        pod.containers.reserve_exact(1);
        pod.containers.insert(0, container);
        self.collect_garbage(os, uid, name);
        Ok(())
    }

    /// The account that a Pod's containers belong to: the Pod's where it has a limit of its own, which it then gets,
    /// else the node's. The Pod's is not needed where it only sums up what its containers have.
    pub(crate) fn cpu_group(&mut self, os: &mut Os, uid: &Rc<str>, pod_limit: i64) -> CgroupId {
        let node = *self.cpu_group.get_or_insert_with(|| os.create_cgroup(None));
        let share = CpuShare { quota_us: None, weight: 0, parent: None, node_milli: Some(self.cpu_milli) };
        os.set_cpu_share(node, share);
        let known = self.pods.get(uid).and_then(|pod| pod.cpu_group);
        let quota_us = cgroup_files::cpu_quota(pod_limit);
        if known.is_none() && quota_us.is_none() {
            return node;
        }
        let group = known.unwrap_or_else(|| os.create_cgroup(None));
        os.set_cpu_share(group, CpuShare { quota_us, weight: 0, parent: Some(node), node_milli: None });
        self.pod_mut(uid).cpu_group = Some(group);
        group
    }

    /// Keeps one dead container of each name besides the newest, as the kubelet's garbage collection does.
    fn collect_garbage(&mut self, os: &mut Os, uid: &Rc<str>, name: &str) {
        let pod = self.pod_mut(uid);
        let mut seen = 0;
        let mut removed = Vec::new();
        pod.containers.retain(|container| {
            if &*container.seen.name == name {
                seen += 1;
            }
            let keep = &*container.seen.name != name || seen <= 2;
            if !keep {
                removed.push(container.clone());
            }
            keep
        });
        for container in removed {
            self.by_cgroup.remove(&container.cgroup);
            forget_container(os, &container);
        }
    }

    /// Starts a made container. The error is the runtime's own text.
    pub(crate) fn start_container(
        &mut self,
        os: &mut Os,
        now: SimTime,
        uid: &Rc<str>,
        id: &str,
    ) -> Result<(), String> {
        let pod = self.pod_mut(uid);
        let net = pod.ready_sandbox().map(|sandbox| sandbox.net);
        let Some(container) = pod.by_id(id) else { return Err("container not found".into()) };
        let Some(net) = net else { return Err("sandbox container is not running".into()) };
        let spec = spawn_spec(os, container, net, container.config.argv.clone(), true);
        match os.spawn(spec) {
            Ok(pid) => {
                container.pid = Some(pid);
                container.seen.state = ContainerState::Running;
                container.seen.started_at = Some(now);
                Ok(())
            }
            Err(error) => {
                let message = format!(
                    "failed to create containerd task: failed to create shim task: OCI runtime create failed: \
                     runc create failed: unable to start container process: {}: unknown",
                    spawn_error_text(&error)
                );
                container.seen.state = ContainerState::Exited;
                container.seen.started_at = None;
                container.seen.finished_at = Some(now);
                container.seen.exit_code = 128;
                container.seen.reason = "StartError".into();
                container.seen.message = message.as_str().into();
                Err(message)
            }
        }
    }

    /// Runs a command in a running container; its output and end are kept under the process.
    pub(crate) fn exec(
        &mut self,
        os: &mut Os,
        uid: &Rc<str>,
        id: &str,
        argv: Vec<String>,
        stdin: busybox::Stdin,
    ) -> Result<Pid, SpawnError> {
        let pod = self.pods.get(uid).ok_or(SpawnError::NoResources)?;
        let container = pod
            .containers
            .iter()
            .find(|found| &*found.seen.id == id && found.seen.state == ContainerState::Running)
            .ok_or(SpawnError::NoResources)?;
        let sandbox = pod.sandboxes.iter().find(|sandbox| sandbox.seen.id == container.sandbox);
        let net = sandbox.map(|sandbox| sandbox.net).ok_or(SpawnError::NoResources)?;
        let mut spec = spawn_spec(os, container, net, argv, false);
        spec.stdin = stdin;
        let container = container.seen.id.clone();
        let pid = os.spawn(spec)?;
        self.execs.insert(pid, Exec { container, output: Vec::new(), status: None });
        Ok(pid)
    }

    /// Sends a container's first process a signal from outside.
    pub(crate) fn signal(&mut self, os: &mut Os, uid: &Rc<str>, id: &str, signal: Signal, asked: bool) {
        let Some(container) = self.pod_mut(uid).by_id(id) else { return };
        container.asked_to_stop |= asked;
        if signal == Signal::KILL {
            os.kill_cgroup(container.cgroup);
        } else if let Some(pid) = container.pid {
            os.signal(pid, signal);
        }
    }

    /// Gives a running container other resources.
    // Models the CRI's UpdateContainerResources.
    pub(crate) fn update_container_resources(
        &mut self,
        os: &mut Os,
        uid: &Rc<str>,
        id: &str,
        resources: ContainerResources,
        pod_cpu_limit: i64,
    ) {
        let above = self.cpu_group(os, uid, pod_cpu_limit);
        let Some(container) = self.pod_mut(uid).by_id(id) else { return };
        os.set_cpu_share(container.cgroup, cpu_share(&resources, above));
        container.seen.resources = Some(resources);
        let config = Rc::make_mut(&mut container.config);
        config.resources = resources;
        config.pod_cpu_limit = pod_cpu_limit;
        os.set_memory_limit(container.cgroup, config.memory_limit());
        write_cgroup_files(os, container.rootfs, &resources);
    }

    /// Removes one container.
    pub(crate) fn remove_container(&mut self, os: &mut Os, uid: &Rc<str>, id: &str) {
        let pod = self.pod_mut(uid);
        if let Some(index) = pod.containers.iter().position(|container| &*container.seen.id == id) {
            let container = pod.containers.remove(index);
            self.by_cgroup.remove(&container.cgroup);
            forget_container(os, &container);
        }
    }

    /// Removes the containers of a Pod that have ended, and their logs.
    // Models deleteContainersInPod (v1.36)
    pub(crate) fn remove_dead_containers(&mut self, os: &mut Os, uid: &Rc<str>) {
        let Some(pod) = self.pods.get(uid) else { return };
        let dead: Vec<Rc<str>> = pod
            .containers
            .iter()
            .filter(|container| container.seen.state == ContainerState::Exited)
            .map(|container| container.seen.id.clone())
            .collect();
        for id in dead {
            self.remove_container(os, uid, &id);
        }
    }

    /// The machine loses its power: nothing runs any more, and what was known of it is on disk only.
    pub(crate) fn power_off(&mut self, os: &mut Os, now: SimTime) {
        let uids: Vec<Rc<str>> = self.pods.keys().cloned().collect();
        for uid in uids {
            for container in &mut self.pod_mut(&uid).containers {
                if container.seen.state == ContainerState::Running {
                    container.seen.state = ContainerState::Exited;
                    container.seen.exit_code = 255;
                    container.seen.reason = "Unknown".into();
                    container.seen.finished_at = Some(now);
                    os.kill_cgroup(container.cgroup);
                }
            }
            self.stop_pod_sandbox(os, &uid);
        }
        self.execs.clear();
    }

    /// Which Pod and container an account belongs to.
    #[must_use]
    pub fn owner(&self, cgroup: CgroupId) -> Option<&(Rc<str>, Rc<str>)> {
        self.by_cgroup.get(&cgroup)
    }

    /// Takes output of a process: into the container's log or into a command's output.
    pub(crate) fn output(&mut self, at: SimTime, pid: Pid, cgroup: CgroupId, stream: Stream, bytes: &[u8]) {
        if let Some(exec) = self.execs.get_mut(&pid) {
            if exec.output.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() < 1 << 20 {
                exec.output.push((stream, bytes.to_vec()));
            }
            return;
        }
        let Some((uid, id)) = self.by_cgroup.get(&cgroup).cloned() else { return };
        let Some(pod) = self.pods.get_mut(&uid) else { return };
        let Some(container) = Rc::make_mut(pod).by_id(&id) else { return };
        container.log_bytes += bytes.len() as u64;
        append_log(&mut container.log, at, stream == Stream::Stderr, bytes);
    }

    /// Notes that a process ended. `None` if it was not a container's first.
    pub(crate) fn exited(
        &mut self,
        os: &mut Os,
        at: SimTime,
        pid: Pid,
        cgroup: CgroupId,
        status: ExitStatus,
        oom: bool,
    ) -> Option<Exited> {
        if let Some(exec) = self.execs.get_mut(&pid) {
            exec.status = Some(status);
            return None;
        }
        let (uid, id) = self.by_cgroup.get(&cgroup)?.clone();
        let container = self.pod_mut(&uid).by_id(&id)?;
        if container.pid != Some(pid) || container.seen.state != ContainerState::Running {
            return None;
        }
        let signal = if let ExitStatus::Signal(signal) = status { signal.0 } else { 0 };
        let forced = container.forced_exit.take();
        let code = forced.unwrap_or(status.code());
        let signal = if forced.is_some() { 0 } else { signal };
        container.seen.state = ContainerState::Exited;
        container.seen.finished_at = Some(at);
        container.seen.exit_code = code;
        container.seen.signal = signal;
        container.seen.reason = match (oom, code) {
            (true, _) => "OOMKilled",
            (false, 0) => "Completed",
            (false, _) => "Error",
        }
        .into();
        container.seen.message = termination_message(os, container).into();
        // With a shared process namespace its children would live on.
        os.kill_cgroup(cgroup);
        Some(Exited {
            uid,
            name: container.seen.name.clone(),
            id,
            code,
            signal,
            oom,
            asked: container.asked_to_stop,
            attempt: container.seen.restart_count,
        })
    }

    /// A new id for a sandbox or container of this node.
    pub(crate) fn next_made(&mut self) -> u64 {
        self.made += 1;
        self.made
    }
}

fn cpu_share(resources: &ContainerResources, above: CgroupId) -> CpuShare {
    CpuShare {
        quota_us: cgroup_files::cpu_quota(resources.cpu_limit),
        weight: cgroup_files::cpu_shares(resources).unsigned_abs(),
        parent: Some(above),
        node_milli: None,
    }
}

fn write_cgroup_files(os: &mut Os, rootfs: FsId, resources: &ContainerResources) {
    for (path, content) in cgroup_files::cgroup_files(resources) {
        let _ = os.write_file(rootfs, path, content.as_bytes(), 0o644);
    }
    // These are only seen in the directory: who reads them is told what is so now.
    for name in busybox::CGROUP_FILES {
        let _ = os.write_file(rootfs, &["/sys/fs/cgroup/", name].concat(), b"", 0o444);
    }
}

/// Nothing of the container is left.
fn forget_container(os: &mut Os, container: &Container) {
    os.kill_cgroup(container.cgroup);
    os.remove_cgroup(container.cgroup);
    os.remove_fs(container.rootfs);
    for snapshot in &container.config.snapshots {
        os.remove_fs(*snapshot);
    }
}

/// The pause process as PID 1 of a namespace that the containers share: it reaps, and it outlives them.
fn start_pause(os: &mut Os, net: NetNs, ns: PidNs) -> (CgroupId, FsId) {
    let mut root = FsTemplate::new(0);
    root.program(
        "/pause",
        Program::Workload(Rc::new(Workload { name: "pause".into(), ..Workload::default() })),
    );
    let fs = os.create_fs(Some(&root));
    let cgroup = os.create_cgroup(None);
    let mut spec = SpawnSpec::new(&["/pause"], fs, net, ns, cgroup);
    spec.uid = 65535;
    spec.gid = 65535;
    let _ = os.spawn(spec);
    (cgroup, fs)
}

fn stop_pause(os: &mut Os, pause: Option<(CgroupId, FsId)>) {
    if let Some((cgroup, fs)) = pause {
        os.kill_cgroup(cgroup);
        os.remove_cgroup(cgroup);
        os.remove_fs(fs);
    }
}

/// A user's home, as the container's own list of users has it.
// Models libcontainer/init_linux.go prepareEnv of runc: HOME is set unless it is given
fn home(os: &Os, rootfs: FsId, uid: u32) -> String {
    let users = os.read_file(rootfs, "/etc/passwd").unwrap_or_default();
    let users = String::from_utf8_lossy(&users);
    let fields = |line: &str, index: usize| line.split(':').nth(index).map(str::to_string);
    let own = users.lines().find(|line| fields(line, 2).is_some_and(|id| id == uid.to_string()));
    own.and_then(|line| fields(line, 5)).unwrap_or_else(|| "/".into())
}

fn spawn_spec(os: &Os, container: &Container, net: NetNs, argv: Vec<String>, init: bool) -> SpawnSpec {
    let config = &container.config;
    let mut env = config.env.clone();
    if !env.iter().any(|pair| pair.starts_with("HOME=")) {
        env.make_mut().push(["HOME=", &home(os, container.rootfs, config.user.0)].concat());
    }
    SpawnSpec {
        argv,
        env,
        cwd: config.cwd.clone(),
        make_cwd: true,
        uid: config.user.0,
        gid: config.user.1,
        groups: config.user.2.clone(),
        stdin: match (config.stdin, config.tty) {
            (true, true) => busybox::Stdin::Terminal,
            (true, false) => busybox::Stdin::Fed,
            (false, _) => busybox::Stdin::Empty,
        },
        rootfs: container.rootfs,
        read_only_root: config.read_only_root,
        mounts: config.mounts.clone(),
        net,
        pid_ns: container.pid_ns,
        cgroup: container.cgroup,
        init,
        entering_us: RUNC_INIT_US,
    }
}

/// runc's words for what kept a program from starting.
#[must_use]
pub fn spawn_error_text(error: &SpawnError) -> String {
    match error {
        SpawnError::NotFound { name, in_path: true } => {
            format!("exec: \"{name}\": executable file not found in $PATH")
        }
        SpawnError::NotFound { name, in_path: false } => {
            format!("exec: \"{name}\": stat {name}: no such file or directory")
        }
        SpawnError::PermissionDenied { name } | SpawnError::IsDirectory { name } => {
            format!("exec: \"{name}\": permission denied")
        }
        SpawnError::NotExecutable { name } => format!("exec {name}: exec format error"),
        SpawnError::CwdMissing { path } => {
            format!("chdir to cwd (\"{path}\") set in config.json failed: no such file or directory")
        }
        SpawnError::BadArguments => "args must not be empty".into(),
        SpawnError::NoResources => "resource temporarily unavailable".into(),
    }
}

fn append_log(log: &mut Log<LogLine>, at: SimTime, stderr: bool, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for part in text.split_inclusive('\n') {
        if log.len() >= LOG_LINES_MAX {
            // The oldest half goes, as a rotated log file would.
            let mut kept = Log::default();
            for line in log.iter_from(log.len() / 2) {
                kept.push(line.clone());
            }
            *log = kept;
        }
        let (line, complete) = part.strip_suffix('\n').map_or((part, false), |line| (line, true));
        let open = log.last().filter(|last| !last.complete && last.stderr == stderr).cloned();
        match open {
            Some(last) if last.text.len() + line.len() <= LOG_LINE_BYTES_MAX => {
                log.pop();
                let text = Rc::from(format!("{}{line}", last.text));
                log.push(LogLine { text, complete, ..last });
            }
            _ => log.push(LogLine { at, stderr, text: line.into(), complete }),
        }
    }
}

/// The message that a container left: its termination file, or the end of its log when asked for.
// Models kuberuntime_container.go getTerminationMessage (v1.36)
fn termination_message(os: &Os, container: &Container) -> String {
    let config = &container.config;
    if config.termination_message_path.is_empty() {
        return String::new();
    }
    let file = os.read_file(container.rootfs, &config.termination_message_path).unwrap_or_default();
    let message = String::from_utf8_lossy(&file[file.len().saturating_sub(TERMINATION_MESSAGE_BYTES_MAX)..]);
    if !message.is_empty() || !config.fallback_to_logs || container.seen.exit_code == 0 {
        return message.into_owned();
    }
    let lines = container.last_lines(TERMINATION_MESSAGE_LOG_LINES);
    let text: String =
        lines.map(|line| format!("{}{}", line.text, if line.complete { "\n" } else { "" })).collect();
    String::from_utf8_lossy(&text.as_bytes()[text.len().saturating_sub(TERMINATION_MESSAGE_LOG_BYTES)..])
        .into_owned()
}
