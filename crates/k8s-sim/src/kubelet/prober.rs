//! Probe workers: when a probe runs, what its result changes, what is said about it.
// Models pkg/kubelet/prober/worker.go and prober.go (v1.36)

use std::rc::Rc;

use busybox::{ConnId, Ipv4, Pid, ProbeResult as NetResult, Stdin};
use k8s_api::core::{Container, ContainerStatus, HTTPGetAction, Probe};
use k8s_api::intstr::IntOrString;

use super::Node;
use super::compute_pod_actions::ProbeResult;
use super::generate::ProbeManager;
use super::pod_status::{container_should_restart, is_restartable_init_container};
use super::redirect::Redirect;
use super::worker::{PodWorker, PodWorkerState};
use crate::apiserver::events::EventType;
use crate::input::ProbeType;
use crate::story::StoryKind;
use crate::time::SimTime;

/// Bytes of a probe's output that are kept.
const OUTPUT_BYTES_MAX: usize = 10_240;

/// Containers at least so much older than the kubelet were there before it.
const KUBELET_RESTART_GRACE_SECONDS: i64 = 10;

/// A probe under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeRun {
    /// A command in the container, and when it is given up.
    Exec(Pid, SimTime),
    /// A request, what it asked for, and how many redirects led there.
    Http(ConnId, String, u32),
    /// A connection attempt, and where to.
    Tcp(ConnId, String),
    /// A gRPC health check: where to, and until when it tries.
    Grpc(SimTime, String),
}

/// One probe of one container.
// Models worker (v1.36)
#[derive(Clone, Debug)]
pub struct ProbeWorker {
    /// The container.
    pub container: Rc<str>,
    /// Which probe.
    pub kind: ProbeType,
    /// Its settings.
    pub spec: Rc<Probe>,
    /// The container's id when it was last looked at.
    pub container_id: Rc<str>,
    /// Result of the last run.
    pub last: Option<bool>,
    /// How often in a row.
    pub run_length: u32,
    /// A failed liveness or a decided startup probe waits for a new container.
    pub on_hold: bool,
    /// It has had its first tick.
    pub begun: bool,
    /// The next tick.
    pub next_tick: SimTime,
    /// Asked to run at once when the current run is over.
    pub triggered: bool,
    /// What runs now.
    pub running: Option<ProbeRun>,
    /// The worker has ended.
    pub stopped: bool,
    /// The text of the last failure.
    pub message: Rc<str>,
    /// When it last ran to an end.
    pub last_at: Option<SimTime>,
}

/// The number of a port that is given by number or by name.
// Models pkg/probe ResolveContainerPort (v1.36)
#[must_use]
pub fn resolve_port(port: &IntOrString, container: &Container) -> Option<u16> {
    let number = match port {
        IntOrString::Int(number) => *number,
        IntOrString::Str(name) => container
            .ports
            .iter()
            .find(|port| port.name == *name)
            .map(|port| port.container_port)
            .or_else(|| name.parse().ok())?,
    };
    u16::try_from(number).ok().filter(|&port| port > 0)
}

/// What is sent with a request of a probe or a hook: who asks, that any answer is welcome, and what the Pod wants.
// Models pkg/probe/http newProbeRequest (v1.36)
pub fn request_headers(http: &HTTPGetAction, purpose: &str) -> Vec<(String, String)> {
    let agent = format!("kube-{purpose}/1.36");
    let mut headers = vec![("User-Agent".to_string(), agent), ("Accept".to_string(), "*/*".to_string())];
    let own = &http.http_headers;
    headers.retain(|(name, _)| !own.iter().any(|own| own.name.eq_ignore_ascii_case(name)));
    headers.extend(own.iter().map(|own| (own.name.clone(), own.value.clone())));
    headers
}

/// What Go's HTTP client says of a request that came to nothing; `None` when there is an answer or none yet.
pub fn http_error(url: &str, result: &NetResult) -> Option<String> {
    let address = url.split('/').nth(2).unwrap_or_default();
    let what = match result {
        NetResult::Refused => format!("dial tcp {address}: connect: connection refused"),
        NetResult::TimedOut { connected: true } => {
            "context deadline exceeded (Client.Timeout exceeded while awaiting headers)".into()
        }
        NetResult::TimedOut { connected: false } => {
            format!("dial tcp {address}: i/o timeout (Client.Timeout exceeded while awaiting headers)")
        }
        NetResult::Reset | NetResult::Connected => "EOF".into(),
        NetResult::Http { .. } if url.starts_with("https:") => {
            "http: server gave HTTP response to HTTPS client".into()
        }
        NetResult::Http { .. } | NetResult::Pending => return None,
    };
    Some(format!("Get \"{url}\": {what}"))
}

/// What a finished run says.
enum Outcome {
    Success,
    /// A success that something is to be said about.
    Warning(String),
    Failure(String),
    /// An error of the prober itself: neither success nor failure.
    Errored(String),
}

impl Node<'_> {
    /// Starts a probe worker for each probe of the Pod that has none yet.
    // Models prober_manager.go AddPod (v1.36)
    pub(crate) fn add_probes(&mut self, worker: &mut PodWorker) {
        let pod = worker.pod.clone();
        let spec = &pod.spec;
        let sidecars = spec.init_containers.iter().filter(|c| is_restartable_init_container(c));
        for container in spec.containers.iter().chain(sidecars) {
            let kinds = [
                (ProbeType::Startup, &container.startup_probe),
                (ProbeType::Readiness, &container.readiness_probe),
                (ProbeType::Liveness, &container.liveness_probe),
            ];
            for (kind, probe) in kinds {
                let Some(probe) = probe else { continue };
                if worker.probes.iter().any(|w| *w.container == *container.name && w.kind == kind) {
                    continue;
                }
                let begins_at = self.first_probe_at(worker, probe, &container.name, kind);
                worker.quiet = false;
                worker.probes.push(ProbeWorker {
                    container: container.name.as_str().into(),
                    kind,
                    spec: Rc::new((**probe).clone()),
                    container_id: "".into(),
                    last: None,
                    run_length: 0,
                    on_hold: false,
                    begun: false,
                    next_tick: begins_at,
                    triggered: false,
                    running: None,
                    stopped: false,
                    message: "".into(),
                    last_at: None,
                });
                self.wake_probes(worker, begins_at);
            }
        }
    }

    /// When a probe worker begins: at once, but under a kubelet that was started less than a period ago it first
    /// sleeps for a part of the period. The kubelets that a cluster begins with have long been up.
    // Models worker.run (v1.36)
    fn first_probe_at(&self, worker: &PodWorker, probe: &Probe, container: &str, kind: ProbeType) -> SimTime {
        let period_ms = probe.period_seconds.max(1) as u64 * 1000;
        let started_at = self.agent.kubelet.started_at;
        if started_at == SimTime(0) || self.now.since_ms(started_at) >= period_ms {
            return self.now;
        }
        let key = format!("{}/{container}/{}", worker.uid, kind as u32);
        self.now.after_ms(self.rng.span_ms(period_ms, "first-probe", &key, started_at.ms()))
    }

    fn wake_probes(&mut self, worker: &PodWorker, at: SimTime) {
        let wakeup = crate::wakeup::Wakeup::Probe { node: self.agent.name.clone(), uid: worker.uid.clone() };
        self.wakeups.push_once(at, wakeup);
    }

    /// Stops liveness and startup probes of app containers: the Pod is ending.
    // Models StopLivenessAndStartup (v1.36)
    pub(crate) fn stop_liveness_and_startup(&mut self, worker: &mut PodWorker) {
        let pod = worker.pod.clone();
        for probe in &mut worker.probes {
            let app = pod.spec.containers.iter().any(|c| *c.name == *probe.container);
            if app && probe.kind != ProbeType::Readiness {
                probe.stopped = true;
            }
        }
    }

    /// Runs what is due of a Pod's probes and takes in what is finished.
    pub(crate) fn drive_probes(&mut self, worker: &mut PodWorker) {
        for index in 0..worker.probes.len() {
            let mut probe = worker.probes[index].clone();
            if probe.stopped {
                continue;
            }
            if let Some(run) = probe.running.clone() {
                match self.poll_probe(worker, &mut probe, &run) {
                    None => {
                        // It runs on, or goes on elsewhere.
                        worker.probes[index] = probe;
                        continue;
                    }
                    Some(outcome) => {
                        probe.running = None;
                        probe.last_at = Some(self.now);
                        self.probe_finished(worker, &mut probe, outcome);
                    }
                }
            }
            let period = probe.spec.period_seconds.max(1) as u64 * 1000;
            let due = self.now >= probe.next_tick;
            if due || probe.triggered && probe.begun {
                probe.begun = true;
                // A tick is not made up for: the ticker holds one at most.
                while probe.next_tick <= self.now {
                    probe.next_tick = probe.next_tick.after_ms(period);
                }
                if probe.triggered {
                    probe.next_tick = self.now.after_ms(period);
                    probe.triggered = false;
                }
                if !self.do_probe(worker, &mut probe) {
                    worker.quiet = false;
                    probe.stopped = true;
                }
            }
            let next = probe.next_tick;
            let idle = probe.running.is_none() && !probe.stopped;
            worker.probes[index] = probe;
            if idle {
                self.wake_probes(worker, next);
            }
        }
    }

    // Models worker.doProbe up to the probe itself (v1.36)
    fn do_probe(&mut self, worker: &mut PodWorker, probe: &mut ProbeWorker) -> bool {
        let Some(status) = worker.status.clone() else { return true };
        if matches!(status.phase.as_str(), "Failed" | "Succeeded") {
            return false;
        }
        let Some(found) = status
            .container_statuses
            .iter()
            .chain(&status.init_container_statuses)
            .find(|found| *found.name == *probe.container && !found.container_id.is_empty())
        else {
            return true;
        };
        let Some(container) = worker.container(&probe.container) else { return true };
        let id: Rc<str> = found.container_id.trim_start_matches("containerd://").into();
        if probe.container_id != id {
            let old = std::mem::replace(&mut probe.container_id, id.clone());
            results_of(worker, probe.kind).remove(&old);
            worker.quiet = false;
            // A container that ran before the kubelet did keeps its standing until it is probed.
            let older =
                found.state.running.as_ref().and_then(|running| running.started_at).is_some_and(|at| {
                    at.0 < self.epoch_seconds + self.agent.kubelet.started_at.secs() as i64
                        - KUBELET_RESTART_GRACE_SECONDS
                });
            let sidecar = worker.pod.spec.init_containers.iter().any(|c| *c.name == *probe.container);
            if sidecar && probe.kind == ProbeType::Startup && found.started == Some(true) {
                self.set_result(worker, probe.kind, &probe.container, &id, ProbeResult::Success);
            }
            if !older {
                self.set_result(worker, probe.kind, &probe.container, &id, initial_value(probe.kind));
            }
            probe.on_hold = false;
        }
        if probe.on_hold {
            return true;
        }
        let Some(running) = &found.state.running else {
            self.set_result(worker, probe.kind, &probe.container, &id, ProbeResult::Failure);
            let Some(ended) = &found.state.terminated else { return true };
            let spec = &worker.pod.spec;
            return container_should_restart(&container, &spec.restart_policy, ended.exit_code)
                || super::pod_status::should_all_containers_restart(spec, None, &status);
        };
        if worker.pod.metadata.deletion_timestamp.is_some() && probe.kind != ProbeType::Readiness {
            self.set_result(worker, probe.kind, &probe.container, &id, ProbeResult::Success);
            return false;
        }
        let started_at = running.started_at.map_or(0, |at| at.0);
        let age_seconds = (self.epoch_seconds * 1000 + self.now.ms() as i64 - started_at * 1000) / 1000;
        if age_seconds < i64::from(probe.spec.initial_delay_seconds) {
            return true;
        }
        if (found.started == Some(true)) == (probe.kind == ProbeType::Startup) {
            return true;
        }
        self.start_probe(worker, probe, &container, &status.pod_ip);
        true
    }

    // Models prober.runProbe (v1.36)
    fn start_probe(
        &mut self,
        worker: &mut PodWorker,
        probe: &mut ProbeWorker,
        container: &Container,
        pod_ip: &str,
    ) {
        let spec = probe.spec.clone();
        let timeout_ms = spec.timeout_seconds.max(1) as u64 * 1000;
        let broken =
            worker.broken_probes.iter().any(|(name, kind)| *name == probe.container && *kind == probe.kind);
        let outcome = if broken {
            Err(Outcome::Failure("broken by hand in Podarium".into()))
        } else if let Some(exec) = &spec.exec {
            let command = super::config::expand_static(&exec.command, &container.env);
            match self.agent.runtime.exec(self.os, &worker.uid, &probe.container_id, command, Stdin::Empty) {
                Ok(pid) => Ok(ProbeRun::Exec(pid, self.now.after_ms(timeout_ms))),
                Err(error) => Err(Outcome::Errored(self.exec_error(&worker.uid, &probe.container, &error))),
            }
        } else if let Some(http) = &spec.http_get {
            match self.http_request(worker, container, http, pod_ip, "probe", timeout_ms) {
                Ok((conn, url)) => Ok(ProbeRun::Http(conn, url, 0)),
                Err(text) if text.starts_with("Get ") => Err(Outcome::Failure(text)),
                Err(text) => Err(Outcome::Errored(text)),
            }
        } else if let Some(tcp) = &spec.tcp_socket {
            let host = if tcp.host.is_empty() { pod_ip } else { &tcp.host };
            match (Ipv4::parse(host), resolve_port(&tcp.port, container)) {
                (Some(ip), Some(port)) => {
                    let address = format!("{host}:{port}");
                    let conn = self.os.tcp_connect(None, ip, port, timeout_ms);
                    Ok(ProbeRun::Tcp(self.await_connection(worker, conn), address))
                }
                _ => Err(Outcome::Errored("couldn't find port for probe".into())),
            }
        } else if let Some(grpc) = &spec.grpc {
            // No server of any image here speaks gRPC, and the client tries until its time is over.
            // Models pkg/probe/grpc Probe (v1.36)
            Ok(ProbeRun::Grpc(self.now.after_ms(timeout_ms), format!("{pod_ip}:{}", grpc.port)))
        } else {
            Err(Outcome::Errored(format!(
                "missing probe handler for {}:{}",
                worker.formatted(),
                container.name
            )))
        };
        match outcome {
            Ok(run) => {
                if let ProbeRun::Exec(_, until) | ProbeRun::Grpc(until, _) = &run {
                    self.wake_probes(worker, *until);
                }
                probe.running = Some(run);
            }
            Err(outcome) => {
                probe.last_at = Some(self.now);
                self.probe_finished(worker, probe, outcome);
            }
        }
    }

    /// Why a command could not be started in a container, as the runtime says it.
    pub(crate) fn exec_error(&self, uid: &str, container: &str, error: &busybox::SpawnError) -> String {
        let what = if let busybox::SpawnError::NoResources = error {
            "container is in CONTAINER_EXITED state".to_string()
        } else {
            let id = self.rng.hex64(&format!("exec/{uid}/{container}"), self.now.ms());
            format!(
                "failed to start exec \"{id}\": OCI runtime exec failed: exec failed: unable to start container \
                 process: {}: unknown",
                crate::runtime::spawn_error_text(error)
            )
        };
        format!("rpc error: code = Unknown desc = failed to exec in container: {what}")
    }

    /// Sends a request of a probe or a hook: the connection and the URL, or why it cannot be sent.
    // Models pkg/probe/http NewRequestForHTTPGetAction (v1.36)
    pub(crate) fn http_request(
        &mut self,
        worker: &PodWorker,
        container: &Container,
        http: &HTTPGetAction,
        pod_ip: &str,
        purpose: &str,
        timeout_ms: u64,
    ) -> Result<(busybox::ConnId, String), String> {
        let host = if http.host.is_empty() { pod_ip } else { &http.host };
        let port = resolve_port(&http.port, container).ok_or("couldn't find port for probe")?;
        let slash = if http.path.starts_with('/') { "" } else { "/" };
        let scheme = if http.scheme.is_empty() { "http".into() } else { http.scheme.to_lowercase() };
        let path = [slash, &http.path].concat();
        let url = format!("{scheme}://{host}:{port}{path}");
        let ip = Ipv4::parse(host)
            .ok_or_else(|| format!("Get \"{url}\": dial tcp: lookup {host}: no such host"))?;
        let conn = self.os.http_get(None, ip, port, &path, &request_headers(http, purpose), timeout_ms);
        Ok((self.await_connection(worker, conn), url))
    }

    /// What a run came to, if it is over.
    fn poll_probe(&mut self, worker: &PodWorker, probe: &mut ProbeWorker, run: &ProbeRun) -> Option<Outcome> {
        let timeout = probe.spec.timeout_seconds.max(1);
        match run {
            ProbeRun::Exec(pid, until) => {
                let Some(exec) = self.agent.runtime.execs.get(pid) else {
                    return Some(Outcome::Errored("container not found".into()));
                };
                if let Some(status) = exec.status {
                    let output: Vec<u8> =
                        exec.output.iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect();
                    self.agent.runtime.execs.remove(pid);
                    let text: String =
                        String::from_utf8_lossy(&output).chars().take(OUTPUT_BYTES_MAX).collect();
                    return Some(match status.code() {
                        0 => Outcome::Success,
                        _ => Outcome::Failure(text),
                    });
                }
                if self.now < *until {
                    return None;
                }
                self.os.signal(*pid, busybox::Signal::KILL);
                self.agent.runtime.execs.remove(pid);
                let command = probe.spec.exec.as_ref().map(|exec| exec.command.join(" ")).unwrap_or_default();
                Some(Outcome::Failure(format!("command timed out: \"{command}\" timed out after {timeout}s")))
            }
            ProbeRun::Http(conn, url, redirects) => match self.os.poll(*conn) {
                NetResult::Pending => None,
                result if let Some(text) = http_error(url, &result) => Some(Outcome::Failure(text)),
                NetResult::Http { status, headers, body } if (300..400).contains(&status) => {
                    let location = headers
                        .iter()
                        .find(|(name, _)| name.eq_ignore_ascii_case("location"))
                        .filter(|_| matches!(status, 301 | 302 | 303 | 307 | 308));
                    let next = location.map_or(Redirect::Elsewhere, |(_, location)| {
                        self.redirect(worker, probe, url, location, *redirects)
                    });
                    match next {
                        Redirect::Followed(run) => {
                            probe.running = Some(run);
                            None
                        }
                        Redirect::Elsewhere => {
                            let kept = &body[..body.len().min(OUTPUT_BYTES_MAX)];
                            let body = String::from_utf8_lossy(kept);
                            let text = format!("Probe terminated redirects, Response body: {body}");
                            Some(Outcome::Warning(text))
                        }
                        Redirect::Refused(text) => Some(Outcome::Failure(text)),
                    }
                }
                NetResult::Http { status: 200..300, .. } => Some(Outcome::Success),
                NetResult::Http { status, .. } => {
                    Some(Outcome::Failure(format!("HTTP probe failed with statuscode: {status}")))
                }
                _ => None,
            },
            ProbeRun::Tcp(conn, address) => match self.os.poll(*conn) {
                NetResult::Pending => None,
                NetResult::Refused => {
                    Some(Outcome::Failure(format!("dial tcp {address}: connect: connection refused")))
                }
                NetResult::TimedOut { .. } => {
                    Some(Outcome::Failure(format!("dial tcp {address}: i/o timeout")))
                }
                NetResult::Connected | NetResult::Http { .. } | NetResult::Reset => Some(Outcome::Success),
            },
            ProbeRun::Grpc(until, _) if self.now < *until => None,
            ProbeRun::Grpc(_, address) => Some(Outcome::Failure(format!(
                "timeout: failed to connect service \"{address}\" within {timeout}s: context deadline exceeded"
            ))),
        }
    }

    // Models worker.doProbe from the result on (v1.36)
    fn probe_finished(&mut self, worker: &mut PodWorker, probe: &mut ProbeWorker, outcome: Outcome) {
        let ok = match outcome {
            Outcome::Success => true,
            Outcome::Warning(text) => {
                let event = format!("{} probe warning: {text}", probe.kind.as_str());
                self.container_event(worker, &probe.container, EventType::Warning, "ProbeWarning", event);
                true
            }
            Outcome::Failure(text) => {
                probe.message = text.as_str().into();
                let event = format!("{} probe failed: {text}", probe.kind.as_str());
                self.container_event(worker, &probe.container, EventType::Warning, "Unhealthy", event);
                false
            }
            Outcome::Errored(text) => {
                let event =
                    format!("{} probe errored and resulted in unknown state: {text}", probe.kind.as_str());
                self.container_event(worker, &probe.container, EventType::Warning, "Unhealthy", event);
                return;
            }
        };
        if probe.last == Some(ok) {
            probe.run_length += 1;
        } else {
            probe.last = Some(ok);
            probe.run_length = 1;
        }
        let threshold =
            if ok { probe.spec.success_threshold } else { probe.spec.failure_threshold }.max(1) as u32;
        let message = if ok { "".into() } else { probe.message.clone() };
        // A probe that goes on as before says nothing new.
        if !ok || probe.run_length <= threshold {
            let run = probe.run_length.min(threshold);
            self.tell(
                worker,
                &probe.container,
                StoryKind::Probe { probe: probe.kind, ok, run, threshold, message },
            );
        }
        if probe.run_length < threshold {
            return;
        }
        let result = if ok { ProbeResult::Success } else { ProbeResult::Failure };
        self.set_result(worker, probe.kind, &probe.container, &probe.container_id, result);
        if (probe.kind == ProbeType::Liveness && !ok) || probe.kind == ProbeType::Startup {
            probe.on_hold = true;
            probe.run_length = 0;
        }
    }

    /// Keeps a result; if it is new, the Pod is looked at again.
    // Models results_manager.go Set and the kubelet's handling of its updates (v1.36)
    fn set_result(
        &mut self,
        worker: &mut PodWorker,
        kind: ProbeType,
        name: &Rc<str>,
        id: &Rc<str>,
        result: ProbeResult,
    ) {
        if results_of(worker, kind).insert(id.clone(), result) == Some(result) {
            return;
        }
        worker.quiet = false;
        match kind {
            ProbeType::Liveness if result != ProbeResult::Failure => return,
            ProbeType::Readiness => {
                self.set_container_readiness(worker, name, id, result == ProbeResult::Success);
            }
            ProbeType::Startup => {
                self.set_container_startup(worker, name, id, result == ProbeResult::Success);
            }
            ProbeType::Liveness => {}
        }
        if worker.state <= PodWorkerState::TerminatingPod {
            self.handle_pod_sync(worker);
        }
    }
}

fn results_of(worker: &mut PodWorker, kind: ProbeType) -> &mut super::compute_pod_actions::ProbeResults {
    match kind {
        ProbeType::Liveness => &mut worker.liveness,
        ProbeType::Readiness => &mut worker.readiness,
        ProbeType::Startup => &mut worker.startup,
    }
}

fn initial_value(kind: ProbeType) -> ProbeResult {
    match kind {
        ProbeType::Readiness => ProbeResult::Failure,
        ProbeType::Liveness => ProbeResult::Success,
        ProbeType::Startup => ProbeResult::Unknown,
    }
}

/// What the probes of one Pod say, while its status is made.
#[derive(Debug)]
pub(crate) struct PodProbes<'a> {
    pub(crate) probes: &'a [ProbeWorker],
    pub(crate) readiness: &'a super::compute_pod_actions::ProbeResults,
    pub(crate) startup: &'a super::compute_pod_actions::ProbeResults,
    /// Readiness probes to run at once: the container is started and not ready.
    pub(crate) trigger: Vec<usize>,
    /// The kubelet started after these containers: they keep being ready until probed.
    pub(crate) kubelet_started_unix: i64,
    pub(crate) pod_was_ready: bool,
}

impl PodProbes<'_> {
    fn worker(&self, name: &str, kind: ProbeType) -> Option<usize> {
        self.probes.iter().position(|w| &*w.container == name && w.kind == kind && !w.stopped)
    }
}

impl ProbeManager for PodProbes<'_> {
    // Models isContainerStarted (v1.36)
    fn started(&self, _container: &Container, status: &ContainerStatus) -> bool {
        if status.state.running.is_none() {
            return false;
        }
        let id = status.container_id.trim_start_matches("containerd://");
        if let Some(result) = self.startup.get(id) {
            return *result == ProbeResult::Success;
        }
        status.started == Some(true) || self.worker(&status.name, ProbeType::Startup).is_none()
    }

    fn ready(&mut self, container: &Container, status: &ContainerStatus) -> bool {
        let id = status.container_id.trim_start_matches("containerd://");
        if self.readiness.get(id) == Some(&ProbeResult::Success) {
            return true;
        }
        let found = self.worker(&status.name, ProbeType::Readiness);
        self.trigger.extend(found);
        let mut ready = found.is_none();
        // Models setReadyStateOnKubeletRestart (v1.36)
        let started_at = status.state.running.as_ref().and_then(|r| r.started_at).map_or(i64::MAX, |at| at.0);
        if started_at < self.kubelet_started_unix - KUBELET_RESTART_GRACE_SECONDS {
            if !self.readiness.contains_key(id) {
                ready = true;
            }
            if container.readiness_probe.is_some() && !self.pod_was_ready {
                ready = false;
            }
        }
        ready
    }
}
