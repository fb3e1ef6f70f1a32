//! Hooks: what runs after a container's start and before its stop.
// Models pkg/kubelet/lifecycle/handlers.go (v1.36)

use std::rc::Rc;

use busybox::{ConnId, Ipv4, Pid};
use k8s_api::core::{Container, LifecycleHandler};

use super::Node;
use super::prober::resolve_port;
use super::worker::PodWorker;
use crate::time::SimTime;

/// How long the runtime takes to start a command in a container.
const START_EXEC_MS: u64 = 45;

/// A hook under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookRun {
    /// A command that the runtime is about to start.
    Starting {
        /// When it runs.
        due: SimTime,
        /// The command.
        command: Vec<String>,
        /// The container.
        id: Rc<str>,
    },
    /// A command in the container.
    Exec(Pid),
    /// A request; the reference answer is any at all below 400.
    Http(ConnId),
    /// A pause.
    Sleep {
        /// Its end.
        until: SimTime,
    },
    /// Already over: its error, if it failed.
    Over(Option<String>),
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
            return HookRun::Starting { due, command: exec.command.clone(), id: id.clone() };
        }
        if let Some(http) = &handler.http_get {
            let host = if http.host.is_empty() { worker.cache.ip.to_string() } else { http.host.clone() };
            let (Some(ip), Some(port)) = (Ipv4::parse(&host), resolve_port(&http.port, container)) else {
                return HookRun::Over(Some(format!("invalid port or host for the hook: {host}")));
            };
            let path = if http.path.is_empty() { "/" } else { &http.path };
            let conn = self.os.http_get(None, ip, port, path, &[], 60_000);
            return HookRun::Http(self.await_connection(worker, conn));
        }
        if let Some(sleep) = &handler.sleep {
            return HookRun::Sleep { until: self.now.after_ms(sleep.seconds.max(0) as u64 * 1000) };
        }
        HookRun::Over(Some("invalid handler".into()))
    }

    /// Whether a hook is over: `Ok` or its error. `None` while it runs; it is looked at again when something
    /// happens to its process, or at the returned time.
    pub(crate) fn poll_hook(
        &mut self,
        uid: &Rc<str>,
        hook: &mut HookRun,
    ) -> Result<Result<(), String>, Option<SimTime>> {
        if let HookRun::Starting { due, command, id } = hook {
            if self.now < *due {
                return Err(Some(*due));
            }
            let command = std::mem::take(command);
            *hook = match self.agent.runtime.exec(self.os, uid, id, command, busybox::Stdin::Empty) {
                Ok(pid) => HookRun::Exec(pid),
                Err(error) => HookRun::Over(Some(crate::runtime::spawn_error_text(&error))),
            };
        }
        match hook {
            HookRun::Starting { due, .. } => Err(Some(*due)),
            HookRun::Exec(pid) => match self.agent.runtime.execs.get(pid) {
                None => Ok(Err("container not found".into())),
                Some(exec) => match exec.status {
                    None => Err(None),
                    Some(status) => {
                        self.agent.runtime.execs.remove(pid);
                        match status.code() {
                            0 => Ok(Ok(())),
                            code => Ok(Err(format!("command exited with {code}"))),
                        }
                    }
                },
            },
            HookRun::Http(conn) => match self.os.poll(*conn) {
                busybox::ProbeResult::Pending => Err(None),
                result => Ok(super::prober::http_outcome(&result).map(|_| ())),
            },
            HookRun::Sleep { until } if self.now >= *until => Ok(Ok(())),
            HookRun::Sleep { until } => Err(Some(*until)),
            HookRun::Over(None) => Ok(Ok(())),
            HookRun::Over(Some(error)) => Ok(Err(error.clone())),
        }
    }
}
