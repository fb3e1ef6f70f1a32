//! Builtins about children: kill, wait, jobs, fg and bg.

use super::{fail, out};
use crate::ctx::{Ctx, Step};
use crate::shell::{Frame, Shell};
use crate::types::{ExitStatus, Pid, Signal};

pub(super) fn kill(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let mut args = args.to_vec();
    for arg in &mut args[1..] {
        if let Some(job) = arg.strip_prefix('%') {
            match sh.job(job) {
                Some(number) => *arg = number.to_string(),
                None => {
                    sh.builtin_message(cx, "kill", &["%", job, ": no such job"].concat());
                    return sh.done(cx, 2);
                }
            }
        }
    }
    let status = crate::tools::process::kill_with(cx, &args, &|cx, text| sh.message(cx, text));
    // A signal to itself: its trap runs before the next command.
    if cx.os.proc(cx.pid).is_none_or(|p| matches!(p.run, crate::process::Run::Zombie(_))) {
        return Some(Step::Yield);
    }
    sh.done(cx, status)
}

impl Shell {
    fn job(&self, spec: &str) -> Option<u32> {
        let live: Vec<_> = self.jobs.iter().collect();
        match spec {
            "" | "%" | "+" => live.last().map(|j| j.number),
            "-" => live.iter().rev().nth(1).map(|j| j.number),
            n => n.parse::<usize>().ok().and_then(|n| live.get(n.wrapping_sub(1))).map(|j| j.number),
        }
    }

    pub(in crate::shell) fn wait_frame(
        &mut self,
        cx: &mut Ctx<'_>,
        pids: Vec<Pid>,
        all: bool,
    ) -> Option<Step> {
        // Only of what dies while it is waited for is it said that a signal killed it.
        for (_, status) in self.reap(cx, &pids) {
            if !all {
                self.tell_signal(cx, status);
            }
        }
        let mut status = 0;
        let mut open = false;
        for pid in &pids {
            match self.jobs.iter().find(|j| j.pid == *pid) {
                Some(job) => match job.status {
                    Some(s) => status = s.code(),
                    None => open = true,
                },
                None => status = 127,
            }
        }
        if !open {
            // Their statuses stay, so that they can be asked for again.
            return self.done(cx, if all { 0 } else { status });
        }
        let pending = self.pending(cx);
        if pending != 0 {
            let signal = pending.trailing_zeros() as i32;
            return self.done(cx, 128 + signal);
        }
        self.frames.push(Frame::Wait(pids, all));
        Some(Step::Block(None))
    }
}

pub(super) fn wait(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    if args.len() == 1 {
        let pids = sh.jobs.iter().map(|j| j.pid).collect();
        return sh.wait_frame(cx, pids, true);
    }
    let mut pids = Vec::new();
    for arg in &args[1..] {
        let number = match arg.strip_prefix('%') {
            Some(job) => match sh.job(job) {
                None => return fail(sh, cx, "wait", &[arg, ": no such job"].concat()),
                number => number,
            },
            None => match arg.parse::<u32>() {
                Ok(n) => Some(n),
                Err(_) => return fail(sh, cx, "wait", &["Illegal number: ", arg].concat()),
            },
        };
        let job = number.and_then(|n| sh.jobs.iter().rev().find(|j| j.number == n));
        pids.push(job.map_or(Pid(0), |j| j.pid));
    }
    sh.wait_frame(cx, pids, false)
}

pub(super) fn jobs(sh: &mut Shell, cx: &mut Ctx<'_>, _: &[String]) -> Option<Step> {
    sh.reap(cx, &[]);
    let mut text = String::new();
    for (i, job) in sh.jobs.iter().enumerate() {
        let mark = if i + 1 == sh.jobs.len() { '+' } else { '-' };
        let state = match job.status {
            None => "Running".to_string(),
            Some(ExitStatus::Code(0)) => "Done".to_string(),
            Some(ExitStatus::Code(code)) => format!("Done({code})"),
            Some(ExitStatus::Signal(signal)) => signal.text().to_string(),
        };
        text.push_str(&format!("[{}]{mark}  {state:<27}\n", i + 1));
    }
    // What has been told of is over.
    sh.jobs.retain(|j| j.status.is_none());
    out(sh, cx, text.as_bytes())
}

/// fg and bg: jobs run in the background anyhow; fg waits for one.
pub(super) fn job_control(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let spec = args.get(1).map_or("", |a| a.trim_start_matches('%'));
    let job = sh.job(spec).and_then(|n| sh.jobs.iter().find(|j| j.number == n)).map(|j| j.pid);
    match job {
        Some(pid) => {
            cx.os.deliver(pid, Signal::CONT, false);
            if args[0] == "bg" {
                return sh.done(cx, 0);
            }
            if let Some(proc) = cx.os.proc_mut(pid) {
                proc.background = false;
            }
            sh.jobs.retain(|j| j.pid != pid);
            let started = cx.now();
            sh.frames.push(Frame::Foreground { pids: vec![pid], started, statuses: vec![-1] });
            None
        }
        None => fail(sh, cx, &args[0], "No current job"),
    }
}
