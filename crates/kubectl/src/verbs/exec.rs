//! `kubectl exec`: a command in a container.
//! Models k8s.io/kubectl/pkg/cmd/exec/exec.go (v1.36)

use super::Task;
use crate::Api;
use crate::containers;
use crate::failure::Failure;
use crate::session::{Env, Out, Outcome, Session};
use crate::tree::{name, namespace, text};

pub(super) const FLAGS: &str = "c/container:s i/stdin t/tty q/quiet f/filename:l pod-running-timeout:d";

pub(super) fn run(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    let (before, command) = flags.around_dash();
    if before.is_empty() && !flags.has("filename") {
        return Err(Failure::error("pod, type/name or --filename must be specified"));
    }
    if before.len() > 1 {
        return Err(Failure::usage(
            "exec",
            "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead",
        ));
    }
    if command.is_empty() {
        return Err(Failure::error("you must specify at least one command for the container"));
    }
    let pod = containers::pod_of(session, &before[0])?;
    let phase = text(&pod, "status.phase");
    if matches!(phase, "Succeeded" | "Failed") {
        return Err(Failure::error(format!(
            "cannot exec into a container in a completed pod; current phase is {phase}"
        )));
    }
    let container = containers::choose(session, &pod, flags.text("container"), flags.is("quiet"))?;
    // Without -i there is nothing to be a terminal. Models SetupTTY (v1.36)
    let (stdin, mut tty) = (flags.is("stdin"), flags.is("tty") && flags.is("stdin"));
    if tty && !session.env.terminal {
        session.out.warn("Unable to use a TTY - input is not a terminal or the right kind of file");
        tty = false;
    }
    let started = session.api.exec(namespace(&pod), name(&pod), &container, command, stdin, tty);
    let exec = started.map_err(|status| {
        // What the kubelet refuses comes back through the upgraded connection, not as an answer.
        if status.reason.is_empty() { Failure::error(&status.message) } else { Failure::from(&*status) }
    })?;
    if stdin && !session.env.terminal {
        session.api.exec_input(exec, session.env.stdin.as_bytes());
        session.api.exec_input(exec, &[]);
    }
    let running = Running { exec, read: 0 };
    running.poll(session.api, session.env, session.out)
}

/// A command that runs.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) exec: u64,
    /// Bytes shown so far.
    read: usize,
}

impl Running {
    pub(crate) fn poll(mut self, api: &mut dyn Api, _env: &Env, out: &mut Out) -> Outcome {
        let state = api.exec_state(self.exec);
        let mut written = 0;
        for (error, text) in &state.output {
            // What was shown before is skipped.
            let new = text.get(self.read.saturating_sub(written).min(text.len())..).unwrap_or("");
            written += text.len();
            if *error {
                out.warn_raw(new);
            } else {
                out.print(new);
            }
        }
        self.read = written;
        match state.exit_code {
            None => Ok(Task::Exec(Box::new(self))),
            Some(0) => Ok(Task::Done(0)),
            Some(code) => Err(Failure::with_code(format!("command terminated with exit code {code}"), code)),
        }
    }
}
