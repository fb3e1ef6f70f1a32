//! The shell's children: substitutions, subshells, pipelines and jobs, and waiting for them.

use super::ast::Node;
use super::expand::Stop;
use super::{Frame, Job, Shell, Var, pattern};
use crate::ctx::{Ctx, Step};
use crate::fd::Read;
use crate::process::Prog;
use crate::types::{Errno, ExitStatus, Pid, Signal};
use std::rc::Rc;

impl Shell {
    /// A command could not be prepared: run the substitution it needs and come back, or give up.
    pub(super) fn interrupted(
        &mut self,
        cx: &mut Ctx<'_>,
        stop: Stop,
        saved: Rc<crate::map::Map<Rc<str>, Var>>,
        again: Frame,
    ) -> Option<Step> {
        match stop {
            Stop::Fatal(message) => self.fatal(cx, &message),
            Stop::Soft(message) => {
                self.end_expansion();
                self.message(cx, &message);
                self.done(cx, 1)
            }
            Stop::Command(None) => {
                self.vars = saved;
                self.memo.push("".into());
                self.sub_status = Some(0);
                self.frames.push(again);
                None
            }
            Stop::Command(Some(node)) => {
                if self.memo.len() > 1000 {
                    return self.fatal(cx, "too many command substitutions");
                }
                let (read, write) = cx.os.pipe_pair();
                // The child sees what was assigned on the way.
                let child = match self.fork(cx, node) {
                    Ok(child) => child,
                    Err(errno) => {
                        cx.os.release(read);
                        cx.os.release(write);
                        self.vars = saved;
                        self.end_expansion();
                        return self.cannot_fork(cx, errno);
                    }
                };
                self.vars = saved;
                self.env_cache = None;
                // A substitution goes on after a failure, whatever the shell does.
                if let Some(Prog::Shell(shell)) = cx.os.proc_mut(child).map(|p| &mut p.prog) {
                    shell.set_named("errexit", false);
                }
                cx.os.set_fd(child, 1, Some(write));
                self.frames.push(again);
                // High up, out of the way of the script's own descriptors.
                match cx.os.add_fd(cx.pid, read, 10) {
                    Ok(fd) => {
                        self.frames.push(Frame::Substitution { pid: child, fd, buf: Vec::new(), eof: false });
                    }
                    Err(_) => return self.fatal(cx, "too many open files"),
                }
                cx.os.wake(child);
                None
            }
        }
    }

    pub(super) fn substitution(
        &mut self,
        cx: &mut Ctx<'_>,
        pid: Pid,
        fd: usize,
        mut buf: Vec<u8>,
        mut eof: bool,
    ) -> Option<Step> {
        while !eof {
            match cx.read(fd, 65_536) {
                Ok(Read::Data(bytes)) => {
                    if buf.len() < 1 << 20 {
                        buf.extend(bytes);
                    }
                }
                Ok(Read::Wait) => {
                    self.frames.push(Frame::Substitution { pid, fd, buf, eof });
                    return Some(Step::Block(None));
                }
                _ => eof = true,
            }
        }
        match self.reap(cx, &[pid]).pop() {
            Some((_, status)) => {
                cx.close(fd);
                let text = String::from_utf8_lossy(&buf);
                let text = text.trim_end_matches('\n').replace(['\0', pattern::QUOTE], "");
                self.memo.push(text.into());
                self.sub_status = Some(status.code());
                None
            }
            None => {
                self.frames.push(Frame::Substitution { pid, fd, buf, eof });
                Some(Step::Block(None))
            }
        }
    }

    pub(super) fn cannot_fork(&mut self, cx: &mut Ctx<'_>, errno: Errno) -> Option<Step> {
        self.fatal(cx, &["can't fork: ", errno.text()].concat())
    }

    /// A copy of the shell that will run `node` and exit. It is not yet awake.
    pub(super) fn fork(&mut self, cx: &mut Ctx<'_>, node: Rc<Node>) -> Result<Pid, Errno> {
        let child = cx.os.fork(cx.pid)?;
        let mut shell = self.forked();
        shell.frames.push(Frame::Run { node, last: true });
        let caught: u64 = 0;
        if let Some(proc) = cx.os.proc_mut(child) {
            proc.caught = caught;
            if self.interactive {
                proc.ignored &= !(Signal::TERM.bit() | Signal::QUIT.bit());
            }
            proc.prog = Prog::Shell(Box::new(shell));
        }
        Ok(child)
    }

    pub(super) fn background(&mut self, cx: &mut Ctx<'_>, child: Pid) {
        let mut number = 0;
        if let Some(proc) = cx.os.proc_mut(child) {
            proc.background = true;
            number = proc.ns_pid;
            if !self.interactive {
                // Without job control, Ctrl-C is not for the background.
                proc.ignored |= Signal::INT.bit() | Signal::QUIT.bit();
                if let Prog::Shell(shell) = &mut proc.prog {
                    shell.hard_ignored = proc.ignored;
                }
            }
        }
        if self.jobs.len() >= 256 {
            self.jobs.retain(|j| j.status.is_none());
        }
        self.jobs.push(Job { pid: child, number, status: None });
        self.last_background = Some(number);
        self.status = 0;
        if self.interactive {
            let _ = cx.write(2, format!("[{}] {number}\n", self.jobs.len()).as_bytes());
        }
        cx.os.wake(child);
    }

    pub(super) fn wait_for(&mut self, cx: &mut Ctx<'_>, child: Pid) {
        cx.os.wake(child);
        let started = cx.now();
        self.frames.push(Frame::Foreground { pids: vec![child], started, statuses: vec![-1] });
    }

    pub(super) fn foreground(
        &mut self,
        cx: &mut Ctx<'_>,
        pids: Vec<Pid>,
        started: u64,
        mut statuses: Vec<i32>,
    ) -> Option<Step> {
        for (pid, status) in self.reap(cx, &pids) {
            if let Some(i) = pids.iter().position(|p| *p == pid) {
                statuses[i] = status.code();
                self.tell_signal(cx, status);
            }
        }
        if statuses.contains(&-1) {
            self.frames.push(Frame::Foreground { pids, started, statuses });
            return Some(Step::Block(None));
        }
        let mut status = statuses.last().copied().unwrap_or(0);
        if self.pipefail() {
            status = statuses.iter().rev().copied().find(|s| *s != 0).unwrap_or(0);
        }
        self.done(cx, status)
    }

    /// A child that somebody waits for was killed: that is said, but not of Ctrl-C and broken pipes.
    pub(super) fn tell_signal(&mut self, cx: &mut Ctx<'_>, status: ExitStatus) {
        if let ExitStatus::Signal(signal) = status
            && signal != Signal::INT
            && signal != Signal::PIPE
        {
            let _ = cx.write(2, [signal.text(), "\n"].concat().as_bytes());
        }
    }

    pub(super) fn pipe(&mut self, cx: &mut Ctx<'_>, nodes: &[Rc<Node>]) -> Option<Step> {
        let mut pids = Vec::new();
        let mut input: Option<u32> = None;
        for (i, node) in nodes.iter().enumerate() {
            let child = match self.fork(cx, node.clone()) {
                Ok(child) => child,
                Err(errno) => {
                    if let Some(input) = input {
                        cx.os.release(input);
                    }
                    return self.cannot_fork(cx, errno);
                }
            };
            if let Some(input) = input.take() {
                cx.os.set_fd(child, 0, Some(input));
            }
            if i + 1 < nodes.len() {
                let (read, write) = cx.os.pipe_pair();
                cx.os.set_fd(child, 1, Some(write));
                input = Some(read);
            }
            cx.os.wake(child);
            pids.push(child);
        }
        let statuses = vec![-1; pids.len()];
        self.frames.push(Frame::Foreground { pids, started: cx.now(), statuses });
        None
    }

    /// May what runs now take the place of the shell? Not when a trap is still to be served.
    pub(super) fn may_replace(&self) -> bool {
        self.traps.is_empty() && !self.interactive
    }
}
