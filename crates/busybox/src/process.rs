//! Processes: how they start, wait, get signals and end.

use crate::ctx::{Act, Ctx, Machine, Main, Step};
use crate::fd::{Ofd, OfdKind};
use crate::fs::{Body, FsId, Owner, Program, split_last};
use crate::os::{Cgroup, Os, PidSpace};
use crate::shell::Shell;
use crate::types::{
    CgroupId, DEFAULT_PATH, Errno, ExitStatus, Mount, NetNs, OsEvent, Pid, PidNs, ProcessInfo, Signal,
    SpawnError, SpawnSpec, Stdin, Stream,
};
use crate::workload::Server;
use resting::Resting;
use std::collections::VecDeque;
use std::rc::Rc;

/// Processes alive (or not reaped) in one number space.
const MAX_PROCESSES: usize = 256;
/// What a BusyBox process keeps in memory.
const BASE_MEMORY: u64 = 200 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Run {
    Ready,
    Blocked,
    Zombie(ExitStatus),
}

/// What a process executes.
#[derive(Clone, Debug)]
pub(crate) enum Prog {
    /// Taken out while it runs.
    Empty,
    /// A tool that has not begun.
    Main(Main),
    Tool(Box<dyn Machine>),
    Shell(Box<Shell>),
    Server(Box<Server>),
}

/// The file tree a process sees.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) root: FsId,
    pub(crate) root_read_only: bool,
    pub(crate) mounts: Vec<Mount>,
}

#[derive(Clone, Debug)]
pub(crate) struct Proc {
    pub(crate) ppid: Pid,
    pub(crate) ns: PidNs,
    pub(crate) ns_pid: u32,
    pub(crate) cgroup: CgroupId,
    /// The process spawned from outside that it descends from.
    pub(crate) root: Pid,
    pub(crate) init: bool,
    pub(crate) argv: Rc<Vec<String>>,
    pub(crate) env: Resting<Vec<String>>,
    pub(crate) cwd: Rc<str>,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) groups: Rc<[u32]>,
    pub(crate) umask: u32,
    pub(crate) view: Rc<View>,
    pub(crate) net: NetNs,
    pub(crate) fds: Vec<Option<u32>>,
    pub(crate) run: Run,
    pub(crate) stopped: bool,
    /// It was woken while it ran.
    pub(crate) woken: bool,
    pub(crate) timer: Option<(u64, u64)>,
    pub(crate) ignored: u64,
    pub(crate) caught: u64,
    pub(crate) pending: u64,
    pub(crate) prog: Prog,
    /// Output that found its pipe full.
    pub(crate) out: VecDeque<(u32, Vec<u8>)>,
    pub(crate) exiting: Option<i32>,
    pub(crate) children: Vec<Pid>,
    pub(crate) memory: u64,
    pub(crate) start: u64,
    /// Processor time it has used, and that of its children that it waited for.
    pub(crate) cpu_ns: u64,
    pub(crate) children_ns: u64,
    /// It has not rested before this time.
    pub(crate) busy_until: u64,
    /// What its runtime has still to do before it runs, in microseconds.
    pub(crate) entering_us: u32,
    /// How much it gives way to others: only told.
    pub(crate) nice: i8,
    /// The pipe that feeds its stdin from outside.
    pub(crate) feed: Option<u32>,
    /// Started with `&`: Ctrl-C does not reach it.
    pub(crate) background: bool,
}

/// A program file, found and checked.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    Program(Program),
    /// `#!`: the interpreter's words and the path of the script, to stand instead of its name.
    Script(Vec<String>),
    /// A text with the x bit, by its path: a shell runs it itself.
    Text(String),
}

impl Proc {
    /// It has not ended. A signal such as SIGPIPE may end a process in the middle of its step: what is left of the
    /// step must not give it children, files or memory, since nobody would ever take them back.
    pub(crate) fn living(&self) -> bool {
        !matches!(self.run, Run::Zombie(_))
    }
}

impl Os {
    /// A number space for processes; several containers may share one.
    pub fn create_pid_namespace(&mut self) -> PidNs {
        let id = PidNs(self.fresh());
        self.pid_spaces.insert(id, Rc::default());
        id
    }

    /// Forgets a number space, killing what is left in it.
    pub fn remove_pid_namespace(&mut self, ns: PidNs) {
        self.kill_space(ns);
        self.pid_spaces.remove(&ns);
    }

    /// An account for a container.
    pub fn create_cgroup(&mut self, memory_limit_bytes: Option<u64>) -> CgroupId {
        let id = CgroupId(self.fresh());
        self.cgroups.insert(id, Rc::new(Cgroup { limit: memory_limit_bytes, ..Cgroup::default() }));
        id
    }

    /// Grants and denies from now on.
    pub fn set_privileges(&mut self, cgroup: CgroupId, privileges: crate::Privileges) {
        if let Some(account) = self.cgroup_mut(cgroup) {
            account.privileges = privileges;
        }
    }

    /// Forgets an account, killing what is left in it.
    pub fn remove_cgroup(&mut self, cgroup: CgroupId) {
        self.kill_cgroup(cgroup);
        self.cgroups.remove(&cgroup);
    }

    /// Starts a process from outside, as a container runtime does.
    pub fn spawn(&mut self, spec: SpawnSpec) -> Result<Pid, SpawnError> {
        let total: usize = spec.argv.iter().chain(spec.env.iter()).map(String::len).sum();
        let name = spec.argv.first().cloned().unwrap_or_default();
        if spec.argv.is_empty() || total > 1 << 20 {
            return Err(SpawnError::BadArguments);
        }
        let known = self.fss.contains_key(&spec.rootfs)
            && self.nets.contains_key(&spec.net)
            && self.cgroups.contains_key(&spec.cgroup);
        let full = self.pid_spaces.get(&spec.pid_ns).is_none_or(|s| s.procs.len() >= MAX_PROCESSES);
        if !known || full {
            return Err(SpawnError::NoResources);
        }
        self.make_mount_points(&spec);
        let pid = Pid(self.fresh());
        let mut mounts = spec.mounts;
        for mount in &mut mounts {
            mount.path = format!("/{}", mount.path.trim_matches('/'));
        }
        let view = Rc::new(View { root: spec.rootfs, root_read_only: spec.read_only_root, mounts });
        let proc = Proc {
            ppid: Pid(0),
            ns: spec.pid_ns,
            ns_pid: 0,
            cgroup: spec.cgroup,
            root: pid,
            init: spec.init,
            argv: Rc::new(spec.argv),
            env: spec.env,
            cwd: if spec.cwd.starts_with('/') { spec.cwd.as_str().into() } else { "/".into() },
            uid: spec.uid,
            gid: spec.gid,
            groups: spec.groups,
            umask: 0o022,
            view,
            net: spec.net,
            fds: Vec::new(),
            run: Run::Blocked,
            stopped: false,
            woken: false,
            timer: None,
            ignored: 0,
            caught: 0,
            pending: 0,
            prog: Prog::Empty,
            out: VecDeque::new(),
            exiting: None,
            children: Vec::new(),
            memory: BASE_MEMORY,
            start: self.now,
            cpu_ns: 0,
            children_ns: 0,
            busy_until: 0,
            entering_us: spec.entering_us,
            nice: 0,
            feed: None,
            background: false,
        };
        self.procs.insert(pid, Rc::new(proc));
        let fail = |os: &mut Os, error| {
            os.procs.remove(&pid);
            Err(error)
        };
        // The working directory, then the program: the order in which runc complains.
        let cwd = self.proc(pid).map(|p| p.cwd.clone()).unwrap_or_else(|| "/".into());
        match self.stat(pid, &cwd, true) {
            Ok(meta) if meta.is_dir() => {}
            Err(Errno::NoEntry) if spec.make_cwd => {
                let owner = Owner { uid: 0, gid: 0, mtime: self.unix_ms() };
                if !cwd.starts_with("/proc/") && !cwd.starts_with("/dev/") {
                    let _ =
                        self.fss.get_mut(&spec.rootfs).map(|fs| fs.make_mut().make_dirs(&cwd, 0o755, owner));
                }
                if self.stat(pid, &cwd, true).is_err() {
                    return fail(self, SpawnError::CwdMissing { path: cwd.to_string() });
                }
            }
            _ => return fail(self, SpawnError::CwdMissing { path: cwd.to_string() }),
        }
        let path = self.env_var(pid, "PATH").unwrap_or_else(|| DEFAULT_PATH.to_string());
        let program = match self.find_program(pid, &name, &path).and_then(|at| self.load(pid, &at)) {
            Ok(program) => program,
            Err(error) => {
                let error = match error {
                    Errno::Access => SpawnError::PermissionDenied { name },
                    Errno::IsDir => SpawnError::IsDirectory { name },
                    Errno::NoExec => SpawnError::NotExecutable { name },
                    _ => SpawnError::NotFound { in_path: !name.contains('/'), name },
                };
                return fail(self, error);
            }
        };
        let tty = matches!(spec.stdin, Stdin::Terminal);
        let input = match spec.stdin {
            Stdin::Empty => OfdKind::Null,
            Stdin::Bytes(bytes) => {
                let pipe = self.new_pipe(0);
                if let Some(p) = self.pipes.get_mut(&pipe) {
                    p.buf = bytes;
                    p.readers = 1;
                }
                OfdKind::PipeR(pipe)
            }
            Stdin::Fed | Stdin::Terminal => {
                let pipe = self.new_pipe(1);
                if let Some(p) = self.pipes.get_mut(&pipe) {
                    p.readers = 1;
                }
                if let Some(proc) = self.proc_mut(pid) {
                    proc.feed = Some(pipe);
                }
                OfdKind::PipeR(pipe)
            }
        };
        let capture = |stream| OfdKind::Capture { root: pid, cgroup: spec.cgroup, stream };
        let fds =
            [input, capture(Stream::Stdout), capture(if tty { Stream::Stdout } else { Stream::Stderr })]
                .map(|kind| Some(self.new_ofd(Ofd { refs: 1, tty, kind })));
        let now_first = self.join_space(pid);
        if let Some(proc) = self.proc_mut(pid) {
            proc.fds = fds.to_vec();
            // PID 1 of a shared number space is nobody's init but its own.
            debug_assert!(now_first || proc.ns_pid > 1);
        }
        self.begin(pid, program);
        self.add_memory(pid, 0);
        self.wake(pid);
        Ok(pid)
    }

    fn make_mount_points(&mut self, spec: &SpawnSpec) {
        let owner = Owner { uid: 0, gid: 0, mtime: self.unix_ms() };
        let mut missing: Vec<(String, bool)> = Vec::new();
        let Some(root) = self.fss.get(&spec.rootfs) else { return };
        for dir in ["/dev", "/proc", "/sys"] {
            if root.walk(dir, true).is_err() {
                missing.push((dir.to_string(), true));
            }
        }
        for mount in &spec.mounts {
            if root.walk(&mount.path, true).is_err() {
                let dir = match self.fss.get(&mount.fs) {
                    Some(fs) => {
                        fs.walk(&mount.sub_path, true).ok().and_then(|i| fs.get(i)).is_none_or(|n| n.is_dir())
                    }
                    None => true,
                };
                missing.push((mount.path.clone(), dir));
            }
        }
        if missing.is_empty() {
            return;
        }
        if let Some(fs) = self.fss.get_mut(&spec.rootfs) {
            let fs = fs.make_mut();
            for (path, dir) in missing {
                if dir {
                    let _ = fs.make_dirs(&path, 0o755, owner);
                } else {
                    let _ = fs.put(&path, Body::File(Rc::default(), 0), 0o644, owner);
                }
            }
        }
    }

    /// Gives a process its number; true when it is number 1.
    fn join_space(&mut self, pid: Pid) -> bool {
        let Some(ns) = self.proc(pid).map(|p| p.ns) else { return false };
        let Some(space) = self.pid_spaces.get_mut(&ns) else { return false };
        let space: &mut PidSpace = Rc::make_mut(space);
        space.last += 1;
        let number = space.last;
        space.procs.insert(number, pid);
        if let Some(proc) = self.proc_mut(pid) {
            proc.ns_pid = number;
        }
        number == 1
    }

    /// Puts a program into a process, at its beginning.
    pub(crate) fn begin(&mut self, pid: Pid, found: Found) {
        let mut found = found;
        let mut hops = 0;
        let program = loop {
            match found {
                Found::Program(program) => break program,
                Found::Script(words) => {
                    let Some(proc) = self.proc_mut(pid) else { return };
                    let mut argv = words.clone();
                    argv.extend(proc.argv.iter().skip(1).cloned());
                    proc.argv = Rc::new(argv);
                    hops += 1;
                    let next = words.first().map_or(Err(Errno::NoEntry), |w| self.load(pid, w));
                    match next {
                        Ok(next) if hops < 4 => found = next,
                        _ => {
                            if let Some(proc) = self.proc_mut(pid) {
                                proc.exiting = Some(127);
                                proc.prog = Prog::Empty;
                            }
                            return;
                        }
                    }
                }
                Found::Text(path) => {
                    let Some(proc) = self.proc_mut(pid) else { return };
                    let mut argv = vec!["sh".to_string(), path];
                    argv.extend(proc.argv.iter().skip(1).cloned());
                    proc.argv = Rc::new(argv);
                    break Program::Applet;
                }
            }
        };
        let Some(proc) = self.proc_mut(pid) else { return };
        // exec(2): handlers are gone, what was ignored stays so.
        proc.caught = 0;
        proc.memory = BASE_MEMORY;
        proc.prog = match program {
            Program::Workload(workload) => Prog::Server(Box::new(Server::new(workload))),
            Program::Applet => {
                let mut name = split_last(&proc.argv[0]).1.to_string();
                if name == "busybox" && proc.argv.len() > 1 {
                    proc.argv = Rc::new(proc.argv[1..].to_vec());
                    name = split_last(&proc.argv[0]).1.to_string();
                }
                let name = name.trim_start_matches('-');
                if name == "sh" || name == "ash" {
                    Prog::Shell(Box::new(Shell::start()))
                } else {
                    Prog::Main(crate::tools::find(name).unwrap_or(crate::tools::unknown_applet))
                }
            }
        };
    }

    /// Where a program lies: `name` as it is when it has a slash, else the first hit in `path`.
    pub(crate) fn find_program(&self, pid: Pid, name: &str, path: &str) -> Result<String, Errno> {
        if name.contains('/') {
            return self.may_execute(pid, name).map(|()| name.to_string());
        }
        if name.is_empty() {
            return Err(Errno::NoEntry);
        }
        let mut error = Errno::NoEntry;
        for dir in path.split(':').take(64) {
            let full = format!("{}/{name}", if dir.is_empty() { "." } else { dir });
            match self.may_execute(pid, &full) {
                Ok(()) => return Ok(full),
                Err(Errno::Access) => error = Errno::Access,
                Err(_) => {}
            }
        }
        Err(error)
    }

    fn may_execute(&self, pid: Pid, path: &str) -> Result<(), Errno> {
        let meta = self.stat(pid, path, true)?;
        if meta.is_dir() {
            return Err(Errno::IsDir);
        }
        let all = self.capable(pid, crate::caps::Cap::DAC_OVERRIDE);
        let bits = if all { meta.mode & 0o111 } else { self.allowed(pid, &meta) & 1 };
        if bits == 0 { Err(Errno::Access) } else { Ok(()) }
    }

    /// Reads what kind of program a file is.
    pub(crate) fn load(&self, pid: Pid, path: &str) -> Result<Found, Errno> {
        self.may_execute(pid, path)?;
        match self.body(pid, path)? {
            Body::Program(program) => Ok(Found::Program(program.clone())),
            Body::File(data, _) => {
                let first = data.split(|b| *b == b'\n').next().unwrap_or_default();
                match first.strip_prefix(b"#!") {
                    Some(rest) => {
                        let rest = String::from_utf8_lossy(&rest[..rest.len().min(200)]);
                        let mut words: Vec<String> =
                            rest.trim().splitn(2, ' ').map(|w| w.trim().to_string()).collect();
                        if self.may_execute(pid, &words[0]).is_err() {
                            return Err(Errno::NoEntry);
                        }
                        words.push(path.to_string());
                        Ok(Found::Script(words))
                    }
                    None if data.iter().take(64).any(|b| *b == 0) => Err(Errno::NoExec),
                    None => Ok(Found::Text(path.to_string())),
                }
            }
            _ => Err(Errno::Access),
        }
    }

    /// A child that shares everything with its parent, and does not run yet. Its descriptors are copies.
    pub(crate) fn fork(&mut self, parent: Pid) -> Result<Pid, Errno> {
        let Some(proc) = self.procs.get(&parent).filter(|proc| proc.living()) else {
            return Err(Errno::NoProcess);
        };
        if self.pid_spaces.get(&proc.ns).is_none_or(|s| s.procs.len() >= MAX_PROCESSES) {
            return Err(Errno::Again);
        }
        let fds = proc.fds.clone();
        let child = Proc {
            ppid: parent,
            init: false,
            ns_pid: 0,
            fds: fds.clone(),
            run: Run::Blocked,
            stopped: false,
            woken: false,
            timer: None,
            pending: 0,
            prog: Prog::Empty,
            out: VecDeque::new(),
            exiting: None,
            children: Vec::new(),
            start: self.now,
            cpu_ns: 0,
            children_ns: 0,
            feed: None,
            argv: proc.argv.clone(),
            env: proc.env.clone(),
            cwd: proc.cwd.clone(),
            groups: proc.groups.clone(),
            view: proc.view.clone(),
            ..**proc
        };
        let pid = Pid(self.fresh());
        self.procs.insert(pid, Rc::new(child));
        for ofd in fds.into_iter().flatten() {
            self.retain(ofd);
        }
        self.join_space(pid);
        if let Some(proc) = self.proc_mut(parent) {
            proc.children.push(pid);
        }
        self.add_memory(pid, 0);
        Ok(pid)
    }

    /// Charges a process's own memory to its container when it starts, and more when it grows (`more` bytes).
    /// Over the limit, the whole container is killed, as with memory.oom.group.
    pub(crate) fn add_memory(&mut self, pid: Pid, more: u64) {
        let Some(proc) = self.proc_mut(pid).filter(|proc| proc.living()) else { return };
        proc.memory += more;
        let (cgroup, init) = (proc.cgroup, more == 0);
        let grown = if init { proc.memory } else { more };
        let Some(account) = self.cgroup_mut(cgroup) else { return };
        account.memory += grown;
        account.peak = account.peak.max(account.memory);
        self.usage_changes += 1;
        let Some(account) = self.cgroup_mut(cgroup) else { return };
        if account.limit.is_some_and(|limit| account.memory > limit) {
            self.kill_all(cgroup, true);
        }
    }

    pub(crate) fn set_memory(&mut self, pid: Pid, bytes: u64) {
        let Some(proc) = self.proc(pid) else { return };
        let (now, cgroup) = (proc.memory, proc.cgroup);
        if bytes > now {
            self.add_memory(pid, bytes - now);
        } else {
            if let Some(proc) = self.proc_mut(pid) {
                proc.memory = bytes;
            }
            if let Some(account) = self.cgroup_mut(cgroup) {
                account.memory = account.memory.saturating_sub(now - bytes);
            }
        }
    }

    /// Sends a signal from outside. False when there is no such process (any more).
    pub fn signal(&mut self, pid: Pid, signal: Signal) -> bool {
        self.deliver(pid, signal, true)
    }

    /// Ctrl-C on the terminal of a process that was spawned with one.
    pub fn interrupt(&mut self, root: Pid) {
        let targets: Vec<Pid> =
            self.procs.iter().filter(|(_, p)| p.root == root && !p.background).map(|(pid, _)| *pid).collect();
        for pid in targets {
            self.deliver(pid, Signal::INT, true);
        }
    }

    pub(crate) fn deliver(&mut self, pid: Pid, signal: Signal, outside: bool) -> bool {
        let Some(proc) = self.proc_mut(pid) else { return false };
        if matches!(proc.run, Run::Zombie(_)) {
            return !outside;
        }
        if signal.0 == 0 {
            return true;
        }
        let first = proc.ns_pid == 1;
        if signal == Signal::KILL {
            if !first || outside {
                self.exit(pid, ExitStatus::Signal(signal), false);
            }
            return true;
        }
        if signal == Signal::STOP {
            if !first || outside {
                proc.stopped = true;
            }
            return true;
        }
        if signal == Signal::CONT && proc.stopped {
            proc.stopped = false;
            if proc.run == Run::Ready {
                self.runnable.push_back(pid);
            }
        }
        let Some(proc) = self.proc_mut(pid) else { return false };
        if proc.ignored & signal.bit() != 0 {
            return true;
        }
        if proc.caught & signal.bit() != 0 {
            proc.pending |= signal.bit();
            self.wake(pid);
            return true;
        }
        // CHLD, CONT, URG and WINCH do nothing by default; the terminal stops are not modelled.
        if first || matches!(signal.0, 17 | 18 | 20..=23 | 28) {
            return true;
        }
        self.exit(pid, ExitStatus::Signal(signal), false);
        true
    }

    /// SIGKILL to all processes of a container.
    pub fn kill_cgroup(&mut self, cgroup: CgroupId) {
        self.kill_all(cgroup, false);
    }

    fn kill_all(&mut self, cgroup: CgroupId, oom: bool) {
        let pids: Vec<Pid> =
            self.procs.iter().filter(|(_, p)| p.cgroup == cgroup).map(|(pid, _)| *pid).collect();
        for pid in pids.into_iter().rev() {
            self.exit(pid, ExitStatus::Signal(Signal::KILL), oom);
        }
    }

    fn kill_space(&mut self, ns: PidNs) {
        let pids: Vec<Pid> =
            self.pid_spaces.get(&ns).map(|s| s.procs.values().copied().collect()).unwrap_or_default();
        for pid in pids.into_iter().rev() {
            self.exit(pid, ExitStatus::Signal(Signal::KILL), false);
        }
    }

    /// Stops the processes of a container from getting any CPU, as a hung program.
    pub fn freeze(&mut self, cgroup: CgroupId) {
        if let Some(account) = self.cgroup_mut(cgroup) {
            account.frozen = true;
        }
    }

    /// Lets a frozen container go on.
    pub fn thaw(&mut self, cgroup: CgroupId) {
        if let Some(account) = self.cgroup_mut(cgroup)
            && account.frozen
        {
            account.frozen = false;
            let ready: Vec<Pid> = self
                .procs
                .iter()
                .filter(|(_, p)| p.cgroup == cgroup && p.run == Run::Ready)
                .map(|(pid, _)| *pid)
                .collect();
            self.runnable.extend(ready);
        }
    }

    /// Ends a process. Its children go to PID 1 of its number space; when it was PID 1, or its container's main
    /// process, the others are killed with it.
    pub(crate) fn exit(&mut self, pid: Pid, status: ExitStatus, oom: bool) {
        let Some(proc) = self.proc_mut(pid) else { return };
        if matches!(proc.run, Run::Zombie(_)) {
            return;
        }
        proc.run = Run::Zombie(status);
        proc.prog = Prog::Empty;
        proc.env = Resting::default();
        let timer = proc.timer.take();
        let fds: Vec<u32> = std::mem::take(&mut proc.fds).into_iter().flatten().collect();
        let out: Vec<u32> = std::mem::take(&mut proc.out).into_iter().map(|(ofd, _)| ofd).collect();
        let children = std::mem::take(&mut proc.children);
        let feed = proc.feed.take();
        let (ppid, ns, ns_pid, cgroup, init, memory) =
            (proc.ppid, proc.ns, proc.ns_pid, proc.cgroup, proc.init, proc.memory);
        proc.memory = 0;
        if let Some(key) = timer {
            self.cancel_timer(key);
        }
        for ofd in fds.into_iter().chain(out) {
            self.release(ofd);
        }
        if let Some(pipe) = feed {
            self.drop_writer(pipe);
        }
        if let Some(account) = self.cgroup_mut(cgroup) {
            account.memory = account.memory.saturating_sub(memory);
        }
        let reaper = match self.pid_spaces.get(&ns).and_then(|s| s.procs.get(&1)) {
            // One that is dying itself would never look.
            Some(first)
                if *first != pid && !self.proc(*first).is_some_and(|p| matches!(p.run, Run::Zombie(_))) =>
            {
                *first
            }
            _ => Pid(0),
        };
        for child in children {
            let Some(proc) = self.proc_mut(child) else { continue };
            proc.ppid = reaper;
            let dead = matches!(proc.run, Run::Zombie(_));
            if reaper == Pid(0) {
                if dead {
                    self.forget(child);
                }
            } else {
                if let Some(parent) = self.proc_mut(reaper) {
                    parent.children.push(child);
                }
                if dead {
                    self.wake(reaper);
                }
            }
        }
        if ns_pid == 1 {
            self.kill_space(ns);
        }
        if init {
            self.kill_all(cgroup, oom);
        }
        if ppid == Pid(0) {
            // A process that lost its parent has nobody to tell.
            if self.proc(pid).is_some_and(|p| p.root == pid) {
                self.events.push(OsEvent::Exited { at_ms: self.now, pid, cgroup, status, oom });
            }
            self.forget(pid);
        } else {
            self.deliver(ppid, Signal::CHLD, false);
            self.wake(ppid);
        }
    }

    fn forget(&mut self, pid: Pid) {
        if let Some(proc) = self.procs.remove(&pid)
            && let Some(space) = self.pid_spaces.get_mut(&proc.ns)
        {
            let space = Rc::make_mut(space);
            space.procs.remove(&proc.ns_pid);
            // An empty space begins again with PID 1, as a new sandbox does.
            if space.procs.is_empty() {
                space.last = 0;
            }
        }
    }

    /// Takes the status of a dead child.
    pub(crate) fn reap(&mut self, parent: Pid, child: Pid) -> Option<ExitStatus> {
        let dead = self.proc(child)?;
        let Run::Zombie(status) = dead.run else { return None };
        let used = dead.cpu_ns + dead.children_ns;
        if let Some(proc) = self.proc_mut(parent) {
            proc.children_ns += used;
            proc.children.retain(|c| *c != child);
        }
        self.forget(child);
        Some(status)
    }

    /// Runs one step of a program that was taken out of its process.
    pub(crate) fn step(&mut self, pid: Pid, prog: Prog) {
        let mut prog = prog;
        let mut cx = Ctx { os: self, pid };
        let step = match &mut prog {
            Prog::Empty => Step::Exit(0),
            Prog::Main(main) => match main(&mut cx) {
                Act::Exit(code) => Step::Exit(code),
                Act::Run(machine) => {
                    prog = Prog::Tool(machine);
                    Step::Yield
                }
                Act::Replaced => Step::Replaced,
            },
            Prog::Tool(machine) => machine.step(&mut cx),
            Prog::Shell(shell) => shell.step(&mut cx),
            Prog::Server(server) => server.step(&mut cx),
        };
        let Some(proc) = self.proc_mut(pid) else { return };
        if matches!(proc.run, Run::Zombie(_)) {
            return;
        }
        match step {
            Step::Replaced => {}
            Step::Yield => proc.prog = prog,
            Step::Exit(code) => proc.exiting = Some(code & 255),
            Step::Block(until) => {
                proc.prog = prog;
                if !proc.woken {
                    self.block(pid, until);
                }
            }
        }
    }

    /// One process, for a listing.
    pub(crate) fn info(&self, pid: Pid) -> Option<ProcessInfo> {
        let proc = self.proc(pid)?;
        Some(ProcessInfo {
            pid,
            ns_pid: proc.ns_pid,
            ns_ppid: self.proc(proc.ppid).map_or(0, |p| p.ns_pid),
            ppid: proc.ppid,
            pid_ns: proc.ns,
            cgroup: proc.cgroup,
            argv: proc.argv.clone(),
            state: match proc.run {
                Run::Zombie(_) => 'Z',
                _ if proc.stopped => 'T',
                Run::Ready => 'R',
                // It waits for the processor only.
                Run::Blocked if proc.busy_until >= self.now + crate::cpu::STILL_BUSY_MS => 'R',
                Run::Blocked => 'S',
            },
            rss_bytes: proc.memory,
            cpu_us: proc.cpu_ns / 1000,
            start_ms: proc.start,
            uid: proc.uid,
        })
    }

    /// All processes, in order of their start.
    pub fn processes(&self) -> impl Iterator<Item = ProcessInfo> + '_ {
        self.procs.keys().filter_map(|pid| self.info(*pid))
    }

    /// The process with this number in a number space.
    pub fn find_process(&self, ns: PidNs, ns_pid: u32) -> Option<Pid> {
        self.pid_spaces.get(&ns)?.procs.get(&ns_pid).copied()
    }

    /// Memory in use by a container, in bytes.
    pub fn memory_bytes(&self, cgroup: CgroupId) -> u64 {
        self.cgroups.get(&cgroup).map_or(0, |c| c.memory)
    }

    /// A fault from outside: a process of the container takes so much memory more at once.
    pub fn fill_memory(&mut self, pid: Pid, bytes: u64) {
        if bytes > 0 {
            self.add_memory(pid, bytes);
        }
    }

    /// CPU time a container has used, in milliseconds.
    pub fn cpu_ms(&self, cgroup: CgroupId) -> u64 {
        self.cgroups.get(&cgroup).map_or(0, |c| c.cpu.usage_us() / 1000)
    }

    /// Changes a container's memory limit; one that is over it is killed at once.
    pub fn set_memory_limit(&mut self, cgroup: CgroupId, limit_bytes: Option<u64>) {
        if let Some(account) = self.cgroup_mut(cgroup) {
            account.limit = limit_bytes;
            if limit_bytes.is_some_and(|limit| account.memory > limit) {
                self.kill_all(cgroup, true);
            }
        }
    }

    /// A health switch: requests to `path` are answered with `status` from now on; `None` ends it.
    pub fn fail_path(&mut self, cgroup: CgroupId, path: &str, status: Option<u16>) {
        if let Some(account) = self.cgroup_mut(cgroup) {
            account.fail_paths.retain(|(p, _)| p != path);
            if let Some(status) = status
                && account.fail_paths.len() < 64
            {
                account.fail_paths.push((path.to_string(), status));
            }
        }
    }

    /// A health switch: every HTTP answer of this container's servers comes this much later.
    pub fn slow(&mut self, cgroup: CgroupId, extra_ms: u64) {
        if let Some(account) = self.cgroup_mut(cgroup) {
            account.slow_ms = extra_ms;
        }
    }

    pub(crate) fn env_var(&self, pid: Pid, name: &str) -> Option<String> {
        let proc = self.proc(pid)?;
        proc.env
            .iter()
            .rev()
            .find_map(|e| e.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')))
            .map(str::to_string)
    }
}
