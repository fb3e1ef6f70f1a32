//! A machine with one BusyBox container, to run scripts in.
#![allow(dead_code, unreachable_pub)]

use busybox::{CgroupId, ExitStatus, FsTemplate, Ipv4, NetNs, Os, OsEvent, Pid, PidNs, SpawnSpec, Stream};

pub struct Machine {
    pub os: Os,
    pub net: NetNs,
    pub pids: PidNs,
    pub cgroup: CgroupId,
    pub root: busybox::FsId,
    pub log: Vec<OsEvent>,
}

impl Machine {
    pub fn new() -> Machine {
        // 2026-11-20 12:00:00 UTC
        let mut os = Os::new(1_795_176_000);
        let net = os.create_net_namespace(Some(Ipv4([10, 244, 0, 5])), "web");
        let pids = os.create_pid_namespace();
        let cgroup = os.create_cgroup(None);
        let root = os.create_fs(Some(&FsTemplate::busybox(1_795_000_000_000)));
        Machine { os, net, pids, cgroup, root, log: Vec::new() }
    }

    pub fn spec(&self, argv: &[&str]) -> SpawnSpec {
        let mut spec = SpawnSpec::new(argv, self.root, self.net, self.pids, self.cgroup);
        spec.env.make_mut().push("HOME=/root".to_string());
        spec
    }

    pub fn spawn(&mut self, argv: &[&str]) -> Pid {
        let spec = self.spec(argv);
        self.os.spawn(spec).expect("spawn")
    }

    pub fn to(&mut self, ms: u64) {
        self.os.advance_to(ms);
        let events = self.os.take_events();
        self.log.extend(events);
    }

    /// Runs until the process ends, at most an hour.
    pub fn finish(&mut self, pid: Pid) -> Option<ExitStatus> {
        self.finish_by(pid, 3_600_000)
    }

    /// Runs until the process ends or this moment comes.
    pub fn finish_by(&mut self, pid: Pid, end: u64) -> Option<ExitStatus> {
        for _ in 0..200_000 {
            let events = self.os.take_events();
            self.log.extend(events);
            if let Some(status) = self.status(pid) {
                return Some(status);
            }
            match self.os.next_due_ms() {
                Some(due) if due < end => self.os.advance_to(due),
                _ => return None,
            }
        }
        None
    }

    pub fn status(&self, pid: Pid) -> Option<ExitStatus> {
        self.log.iter().find_map(|e| match e {
            OsEvent::Exited { pid: p, status, .. } if *p == pid => Some(*status),
            _ => None,
        })
    }

    pub fn output(&self, pid: Pid, only: Option<Stream>) -> String {
        let mut all = Vec::new();
        for event in &self.log {
            if let OsEvent::Output { pid: p, stream, bytes, .. } = event
                && *p == pid
                && only.is_none_or(|s| s == *stream)
            {
                all.extend_from_slice(bytes);
            }
        }
        String::from_utf8_lossy(&all).into_owned()
    }
}

/// Runs `sh -c script` to its end: everything it printed, and its exit code.
pub fn sh(script: &str) -> (String, Option<i32>) {
    let mut machine = Machine::new();
    let pid = machine.spawn(&["sh", "-c", script]);
    let status = machine.finish(pid);
    (machine.output(pid, None), status.map(ExitStatus::code))
}

/// Runs `sh -c script` in an empty directory, both outputs in one stream, as the recorder and the hunt do. It is not
/// PID 1, which signals would spare.
pub fn in_dir(dir: &str, script: &str) -> (String, i32) {
    let mut machine = Machine::new();
    machine.spawn(&["sleep", "infinity"]);
    let mut spec = machine.spec(&["sh", "-c", &format!("exec 2>&1\n{script}")]);
    spec.cwd = dir.to_string();
    spec.init = false;
    let pid = machine.os.spawn(spec).expect("sh is there");
    machine.os.set_memory_limit(machine.cgroup, Some(64 << 20));
    // Without an end, 143: what timeout makes of it there.
    let code = machine.finish_by(pid, 10_000).map_or(143, ExitStatus::code);
    (machine.output(pid, None), code)
}
