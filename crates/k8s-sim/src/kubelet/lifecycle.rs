//! Hooks: what runs after a container's start and before its stop.
// Models pkg/kubelet/lifecycle/handlers.go (v1.36)

use std::rc::Rc;

use busybox::{ConnId, Pid, ProbeResult, Stream};
use k8s_api::core::{Container, LifecycleHandler};
use k8s_api::intstr::IntOrString;
use k8s_api::print::quote;

use super::Node;
use super::worker::PodWorker;
use crate::apiserver::events::EventType;
use crate::time::SimTime;

/// How long the runtime takes to start a command in a container.
const START_EXEC_MS: u64 = 45;
/// The request of a hook has no time-out of its own; so long a machine tries to connect.
const CONNECT_MS: u64 = 127_000;

/// A hook under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookRun {
    /// A command that the runtime is about to start.
    Starting {
        /// When it runs.
        due: SimTime,
        /// The command.
        command: Vec<String>,
        /// The container's name.
        name: Rc<str>,
        /// Its id.
        id: Rc<str>,
    },
    /// A command in the container.
    Exec(Pid, String),
    /// A request to a URL; any answer at all will do.
    Http(ConnId, String),
    /// A pause.
    Sleep {
        /// Its end.
        until: SimTime,
    },
    /// It could not even begin.
    Over(String),
}

impl Node<'_> {
    /// Starts a hook in a container.
    pub(crate) fn run_hook(
        &mut self,
        worker: &PodWorker,
        container: &Container,
        id: &Rc<str>,
        handler: &LifecycleHandler,
    ) -> HookRun {
        if let Some(exec) = &handler.exec {
            let due = self.now.after_ms(START_EXEC_MS);
            let (command, name) = (exec.command.clone(), container.name.as_str().into());
            return HookRun::Starting { due, command, name, id: id.clone() };
        }
        if let Some(http) = &handler.http_get {
            let pod_ip = self.pod_ip(worker);
            if http.host.is_empty() && worker.pod.spec.host_network {
                // The runtime reports no address of a sandbox in the node's network. Upstream prints all of the
                // Pod's status behind this.
                return HookRun::Over("failed to find networking container".into());
            }
            return match self.http_request(worker, container, http, &pod_ip, "lifecycle", CONNECT_MS) {
                Ok((conn, url)) => HookRun::Http(conn, url),
                Err(error) => HookRun::Over(error),
            };
        }
        if let Some(sleep) = &handler.sleep {
            return HookRun::Sleep { until: self.now.after_ms(sleep.seconds.max(0) as u64 * 1000) };
        }
        let socket = handler.tcp_socket.as_ref().map_or_else(
            || "nil".into(),
            |tcp| {
                let port = match &tcp.port {
                    IntOrString::Int(number) => format!("0 {number} "),
                    IntOrString::Str(name) => format!("1 0 {name}"),
                };
                format!("&TCPSocketAction{{Port:{{{port}}},Host:{},}}", tcp.host)
            },
        );
        let handler = format!("&LifecycleHandler{{Exec:nil,HTTPGet:nil,TCPSocket:{socket},Sleep:nil,}}");
        HookRun::Over(format!("invalid handler: {handler}"))
    }

    /// Whether a hook is over: `Ok` or its error. `None` while it runs; it is looked at again when something
    /// happens to its process, or at the returned time.
    pub(crate) fn poll_hook(
        &mut self,
        worker: &PodWorker,
        hook: &mut HookRun,
    ) -> Result<Result<(), String>, Option<SimTime>> {
        if let HookRun::Starting { due, command, name, id } = hook {
            if self.now < *due {
                return Err(Some(*due));
            }
            let (uid, command) = (&worker.uid, std::mem::take(command));
            let joined = command.join(" ");
            *hook = match self.agent.runtime.exec(self.os, uid, id, command, busybox::Stdin::Empty) {
                Ok(pid) => HookRun::Exec(pid, joined),
                Err(error) => HookRun::Over(format!("{}, message: \"\"", self.exec_error(uid, name, &error))),
            };
        }
        match hook {
            HookRun::Starting { due, .. } => Err(Some(*due)),
            HookRun::Exec(pid, command) => {
                let Some(exec) = self.agent.runtime.execs.get(pid) else {
                    return Ok(Err("container not found, message: \"\"".into()));
                };
                let Some(status) = exec.status else { return Err(None) };
                let text = |only: Stream| {
                    let parts = exec.output.iter().filter(|(stream, _)| *stream == only);
                    let bytes: Vec<u8> = parts.flat_map(|(_, bytes)| bytes.iter().copied()).collect();
                    String::from_utf8_lossy(&bytes).into_owned()
                };
                let over = match status.code() {
                    0 => Ok(()),
                    code => {
                        let stderr = text(Stream::Stderr);
                        let all = quote(&[text(Stream::Stdout), stderr.clone()].concat());
                        Err(format!("command '{command}' exited with {code}: {stderr}, message: {all}"))
                    }
                };
                self.agent.runtime.execs.remove(pid);
                Ok(over)
            }
            HookRun::Http(conn, url) => match self.os.poll(*conn) {
                ProbeResult::Pending => Err(None),
                ProbeResult::Http { .. } => {
                    if let Some(rest) = url.strip_prefix("https://") {
                        let host = rest.split('/').next().unwrap_or_default();
                        let text = format!(
                            "request to HTTPS lifecycle hook {host} got HTTP response, retry with HTTP succeeded"
                        );
                        self.pod_event(worker, EventType::Warning, "LifecycleHTTPFallback", text);
                    }
                    Ok(Ok(()))
                }
                result => Ok(super::prober::http_error(url, &result).map_or(Ok(()), Err)),
            },
            HookRun::Sleep { until } if self.now >= *until => Ok(Ok(())),
            HookRun::Sleep { until } => Err(Some(*until)),
            HookRun::Over(error) => Ok(Err(error.clone())),
        }
    }
}

/// What is said of a hook that has failed.
// Models handlerRunner.Run (v1.36)
pub(crate) fn failure_message(
    worker: &PodWorker,
    container: &str,
    handler: &LifecycleHandler,
    error: &str,
) -> String {
    let what = if let Some(exec) = &handler.exec {
        format!("Exec lifecycle hook ([{}])", exec.command.join(" "))
    } else if let Some(http) = &handler.http_get {
        format!("HTTP lifecycle hook ({})", http.path)
    } else {
        return format!("Cannot run handler: {error}");
    };
    format!("{what} for Container \"{container}\" in Pod \"{}\" failed - error: {error}", worker.formatted())
}
