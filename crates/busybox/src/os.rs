//! The machine room: all processes, name spaces and file systems of a simulated cluster, and the loop that runs
//! them in virtual time.

use resting::Resting;

use crate::cpu::{STEPS_PER_MS, Turn};
use crate::fd::{Ofd, Pipe};
use crate::fs::{Fs, FsId};
use crate::map::Map;
use crate::net::{Conn, NetSpace, Network};
use crate::process::{Proc, Prog, Run};
use crate::types::{CgroupId, ConnId, NetNs, OsEvent, Pid, PidNs};
use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

/// What falls due.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Timer {
    Wake(Pid),
    Conn(u32),
    Probe(ConnId),
}

/// The account of one container.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cgroup {
    pub(crate) limit: Option<u64>,
    pub(crate) memory: u64,
    pub(crate) peak: u64,
    pub(crate) cpu: crate::cpu::Cpu,
    pub(crate) frozen: bool,
    pub(crate) privileges: crate::Privileges,
    /// Steps taken at `stamp`.
    pub(crate) steps: u32,
    pub(crate) stamp: u64,
    /// Extra milliseconds before each HTTP answer.
    pub(crate) slow_ms: u64,
    /// Paths that answer with another status (health switches).
    pub(crate) fail_paths: Vec<(String, u16)>,
}

/// One per simulated cluster: everything that runs, in plain cloneable data.
#[derive(Clone, Debug)]
pub struct Os {
    pub(crate) now: u64,
    pub(crate) epoch: i64,
    seq: u64,
    timers: Map<(u64, u64), Timer>,
    pub(crate) runnable: VecDeque<Pid>,
    pub(crate) procs: Map<Pid, Rc<Proc>>,
    pub(crate) pid_spaces: Map<PidNs, Rc<PidSpace>>,
    pub(crate) nets: Map<NetNs, Rc<NetSpace>>,
    pub(crate) network: Rc<Network>,
    pub(crate) fss: Map<FsId, Resting<Fs>>,
    pub(crate) cgroups: Map<CgroupId, Rc<Cgroup>>,
    pub(crate) ofds: Map<u32, Ofd>,
    pub(crate) pipes: Map<u32, Pipe>,
    pub(crate) conns: Map<u32, Conn>,
    pub(crate) probes: Map<ConnId, crate::probe::Probe>,
    pub(crate) events: Vec<OsEvent>,
    pub(crate) changed: Map<(FsId, Rc<str>), ()>,
    pub(crate) next_id: u32,
    pub(crate) rng: u64,
    /// Counts what takes memory or disk space.
    pub(crate) usage_changes: u64,
    /// Small work that nobody has been charged for yet, in sixteenths of a step.
    pub(crate) work: Cell<u32>,
}

/// A process number space.
#[derive(Clone, Debug, Default)]
pub(crate) struct PidSpace {
    pub(crate) last: u32,
    pub(crate) procs: Map<u32, Pid>,
}

impl Os {
    /// An empty machine room; `epoch_seconds` is the Unix time at virtual millisecond 0.
    pub fn new(epoch_seconds: i64) -> Os {
        Os {
            now: 0,
            epoch: epoch_seconds,
            seq: 0,
            timers: Map::new(),
            runnable: VecDeque::new(),
            procs: Map::new(),
            pid_spaces: Map::new(),
            nets: Map::new(),
            network: Rc::default(),
            fss: Map::new(),
            cgroups: Map::new(),
            ofds: Map::new(),
            pipes: Map::new(),
            conns: Map::new(),
            probes: Map::new(),
            events: Vec::new(),
            changed: Map::new(),
            next_id: 0,
            rng: 0x9e37_79b9_7f4a_7c15,
            usage_changes: 0,
            work: Cell::new(0),
        }
    }

    /// Virtual milliseconds since the start.
    pub fn now_ms(&self) -> u64 {
        self.now
    }

    /// A number that grows whenever a process takes memory or a file takes disk space.
    pub fn usage_changes(&self) -> u64 {
        self.usage_changes
    }

    /// Milliseconds since 1970, as the processes see it.
    pub fn unix_ms(&self) -> i64 {
        self.epoch * 1000 + self.now as i64
    }

    /// Seeds what `$RANDOM` and /dev/urandom give.
    pub fn set_seed(&mut self, seed: u64) {
        self.rng = seed | 1;
    }

    pub(crate) fn random(&mut self) -> u64 {
        // xorshift64*
        self.rng ^= self.rng >> 12;
        self.rng ^= self.rng << 25;
        self.rng ^= self.rng >> 27;
        self.rng.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn fresh(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }

    /// When something will happen next without further input: now if a process can run, else the earliest timer.
    pub fn next_due_ms(&self) -> Option<u64> {
        if !self.runnable.is_empty() {
            return Some(self.now);
        }
        self.timers.keys().next().map(|(due, _)| (*due).max(self.now))
    }

    /// Runs everything that is due up to and including `now_ms`, in order of due time, then of request.
    pub fn advance_to(&mut self, now_ms: u64) {
        loop {
            while let Some(pid) = self.runnable.pop_front() {
                self.run(pid);
            }
            match self.timers.first_key_value() {
                Some((&(due, seq), &timer)) if due <= now_ms => {
                    self.timers.remove(&(due, seq));
                    self.now = self.now.max(due);
                    match timer {
                        Timer::Wake(pid) => {
                            if let Some(proc) = self.proc_mut(pid) {
                                proc.timer = None;
                            }
                            self.wake(pid);
                        }
                        Timer::Conn(id) => self.wake_conn(id),
                        Timer::Probe(id) => self.step_probe(id),
                    }
                }
                _ => break,
            }
        }
        self.now = self.now.max(now_ms);
    }

    /// What happened since the last call, in order. Changed files come last, once each.
    pub fn take_events(&mut self) -> Vec<OsEvent> {
        let mut events = std::mem::take(&mut self.events);
        for ((fs, path), ()) in std::mem::take(&mut self.changed) {
            events.push(OsEvent::FileChanged { fs, path: path.to_string() });
        }
        events
    }

    pub(crate) fn set_timer(&mut self, due: u64, timer: Timer) -> (u64, u64) {
        self.seq += 1;
        let key = (due, self.seq);
        self.timers.insert(key, timer);
        key
    }

    pub(crate) fn cancel_timer(&mut self, key: (u64, u64)) {
        self.timers.remove(&key);
    }

    pub(crate) fn proc(&self, pid: Pid) -> Option<&Proc> {
        self.procs.get(&pid).map(Rc::as_ref)
    }

    pub(crate) fn proc_mut(&mut self, pid: Pid) -> Option<&mut Proc> {
        self.procs.get_mut(&pid).map(Rc::make_mut)
    }

    pub(crate) fn cgroup_mut(&mut self, id: CgroupId) -> Option<&mut Cgroup> {
        self.cgroups.get_mut(&id).map(Rc::make_mut)
    }

    /// Makes a blocked process runnable. Waking one too often does no harm: each looks again at what it waits for.
    pub(crate) fn wake(&mut self, pid: Pid) {
        let Some(proc) = self.proc_mut(pid) else { return };
        if proc.run != Run::Blocked {
            // It may be deciding to wait this very moment: then it looks once more.
            proc.woken = true;
            return;
        }
        proc.run = Run::Ready;
        if let Some(key) = proc.timer.take() {
            self.cancel_timer(key);
        }
        self.runnable.push_back(pid);
    }

    pub(crate) fn block(&mut self, pid: Pid, until: Option<u64>) {
        let key = until.map(|due| self.set_timer(due, Timer::Wake(pid)));
        if let Some(proc) = self.proc_mut(pid) {
            proc.run = Run::Blocked;
            proc.timer = key;
        } else if let Some(key) = key {
            self.cancel_timer(key);
        }
    }

    /// Lets one process go on until it blocks, ends, or has used up what its container may do in a millisecond.
    fn run(&mut self, pid: Pid) {
        let now = self.now;
        let Some(cgroup) = self.proc(pid).map(|proc| proc.cgroup) else { return };
        let Some(account) = self.cgroup_mut(cgroup) else { return };
        if account.stamp != now {
            account.stamp = now;
            account.steps = 0;
        }
        let before = account.steps;
        self.run_on(pid, cgroup);
        let after = self.cgroups.get(&cgroup).map_or(before, |account| account.steps);
        self.bill(pid, cgroup, u64::from(after.saturating_sub(before)) * crate::cpu::STEP_NS);
    }

    fn run_on(&mut self, pid: Pid, cgroup: CgroupId) {
        let mut allowed = None;
        loop {
            let Some(proc) = self.proc(pid) else { return };
            if proc.run != Run::Ready || proc.stopped {
                return;
            }
            let Some(account) = self.cgroups.get(&cgroup) else { return };
            if account.frozen {
                return;
            }
            let steps = account.steps;
            let allowed = match allowed {
                Some(allowed) => allowed,
                None if self.enter(pid, cgroup) => return,
                None => match self.turn(pid, cgroup) {
                    Turn::Go(steps) => *allowed.insert(steps),
                    Turn::Wait(until) => {
                        self.block(pid, Some(until));
                        return;
                    }
                },
            };
            if steps >= allowed {
                // The one that used the share up goes on last, or the others would never have a turn.
                let until = self.pause(pid, cgroup, steps) + 1;
                self.block(pid, Some(until));
                return;
            }
            self.charge(cgroup, 1);
            if !self.flush(pid) {
                return;
            }
            let Some(proc) = self.proc_mut(pid) else { return };
            if let Some(code) = proc.exiting {
                self.exit(pid, crate::types::ExitStatus::Code(code), false);
                return;
            }
            proc.woken = false;
            let prog = std::mem::replace(&mut proc.prog, Prog::Empty);
            self.step(pid, prog);
        }
    }

    /// Notes work in sixteenths of a step, for whoever is charged next.
    pub(crate) fn worked(&self, sixteenths: u32) {
        self.work.set(self.work.get().saturating_add(sixteenths));
    }

    /// Charges steps to a container; true when it must pause.
    pub(crate) fn charge(&mut self, cgroup: CgroupId, steps: u32) -> bool {
        let work = self.work.get();
        self.work.set(work % 16);
        let steps = steps.saturating_add(work / 16);
        self.cgroup_mut(cgroup).is_none_or(|account| {
            account.steps = account.steps.saturating_add(steps);
            account.steps >= STEPS_PER_MS
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Os;
    use crate::{FsTemplate, Ipv4, SpawnSpec};

    /// What processes hold is given back when they end, however they end.
    #[test]
    fn nothing_is_left_behind() {
        for script in [
            "echo a | cat | cat; x=$(echo b; sleep 1); (exit 3) & wait; exec 5>/tmp/x; echo c >&5; kill -9 $$",
            "httpd -p 80; sleep 1; wget -qO- localhost/x; nc -w 1 localhost 81; sleep 100 | sleep 100 & kill -9 $!",
            "nc -l -p 90 -e cat & sleep 1; echo hi | nc localhost 90; cat <<E\nx\nE\nyes | head -1; timeout 5 sleep 9",
            // Killed by SIGPIPE in the middle of a step, which goes on to start children or to open files.
            "sh -c 'sleep 0.1; echo; sleep 9 | sleep 9' | nosuch",
            "sh -c 'sleep 0.1; echo; exec 5>/tmp/z; sleep 9 &' | nosuch",
            "trap 'echo bye' EXIT; { sleep 9 & } > /tmp/y 2>&1; echo $(sleep 0.5 | cat) | (read x; echo $x)",
        ] {
            let mut os = Os::new(0);
            let net = os.create_net_namespace(Some(Ipv4([10, 0, 0, 1])), "x");
            let pids = os.create_pid_namespace();
            let cgroup = os.create_cgroup(None);
            let root = os.create_fs(Some(&FsTemplate::busybox(0)));
            os.spawn(SpawnSpec::new(&["sh", "-c", script], root, net, pids, cgroup)).expect("sh is there");
            os.advance_to(3_000);
            os.kill_cgroup(cgroup);
            os.advance_to(4_000);
            assert!(os.procs.is_empty(), "{script}: {:?}", os.procs);
            assert!(os.ofds.is_empty(), "{script}: {:?}", os.ofds);
            assert!(os.pipes.is_empty(), "{script}: {:?}", os.pipes);
            assert!(os.conns.is_empty(), "{script}: {:?}", os.conns);
            assert_eq!(os.memory_bytes(cgroup), 0, "{script}");
            assert!(os.listening(net).is_empty(), "{script}");
            assert!(os.next_due_ms().is_none_or(|due| due > 4_000), "{script}");
        }
    }

    /// Who never rests leaves the others of its container their turn.
    #[test]
    fn nobody_starves() {
        for hog in ["while :; do :; done", "read x </dev/zero", "yes >/dev/null", "yes | cat -n >/dev/null"] {
            let script = format!("{hog} & {hog} & sleep 0.2; sleep 0.1; exit 3");
            let mut os = Os::new(0);
            let net = os.create_net_namespace(None, "x");
            let pids = os.create_pid_namespace();
            let cgroup = os.create_cgroup(None);
            let root = os.create_fs(Some(&FsTemplate::busybox(0)));
            os.spawn(SpawnSpec::new(&["sh", "-c", &script], root, net, pids, cgroup)).expect("sh is there");
            os.advance_to(2_000);
            assert!(os.procs.is_empty(), "{script}");
        }
    }
}
