//! The nouns of the small Unix: identifiers, signals, errors, events, and what it takes to start a process.

use crate::fs::FsId;
use resting::Resting;
use std::rc::Rc;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(pub u32);
    };
}
pub(crate) use id;

id!(/// A process, counted over the whole simulated machine room (not the number `$$` shows: see [`crate::ProcessInfo::ns_pid`]).
    Pid);
id!(/// A network namespace: a Pod's, or a node's own.
    NetNs);
id!(/// A process number space. The first process spawned in it is its PID 1.
    PidNs);
id!(/// The account of one container: memory, CPU, and all its processes.
    CgroupId);
id!(/// A connection opened from outside by a probe or a port-forward.
    ConnId);

/// An IPv4 address, as four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ipv4(pub [u8; 4]);

impl Ipv4 {
    /// 127.0.0.1
    pub const LOCALHOST: Ipv4 = Ipv4([127, 0, 0, 1]);
    /// 0.0.0.0
    pub const ANY: Ipv4 = Ipv4([0; 4]);

    /// Reads `10.244.0.7`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Ipv4> {
        let mut bytes = [0; 4];
        let mut parts = text.split('.');
        for byte in &mut bytes {
            let part = parts.next()?;
            if part.is_empty() || part.len() > 3 || !part.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            *byte = part.parse().ok()?;
        }
        if parts.next().is_some() { None } else { Some(Ipv4(bytes)) }
    }

    /// True for 127.0.0.0/8.
    pub fn is_loopback(self) -> bool {
        self.0[0] == 127
    }
}

impl std::fmt::Display for Ipv4 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [a, b, c, d] = self.0;
        write!(f, "{a}.{b}.{c}.{d}")
    }
}

/// A signal number, as Linux counts on x86 and arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signal(pub u8);

pub(crate) const SIGNAL_NAMES: [&str; 32] = [
    "EXIT", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "POLL", "PWR", "SYS",
];

impl Signal {
    /// Hang up.
    pub const HUP: Signal = Signal(1);
    /// Ctrl-C.
    pub const INT: Signal = Signal(2);
    /// Ctrl-\, and the graceful stop of nginx.
    pub const QUIT: Signal = Signal(3);
    /// Cannot be caught.
    pub const KILL: Signal = Signal(9);
    /// For a program's own use.
    pub const USR1: Signal = Signal(10);
    /// A write to a pipe that nobody reads.
    pub const PIPE: Signal = Signal(13);
    /// The polite request to end.
    pub const TERM: Signal = Signal(15);
    /// A child ended.
    pub const CHLD: Signal = Signal(17);
    /// Go on after STOP.
    pub const CONT: Signal = Signal(18);
    /// Stop; cannot be caught.
    pub const STOP: Signal = Signal(19);

    /// The name without `SIG`: `TERM`.
    pub fn name(self) -> &'static str {
        SIGNAL_NAMES.get(self.0 as usize).copied().unwrap_or("?")
    }

    /// Reads `TERM`, `SIGTERM`, `term` or `15`. 0 (and `EXIT`) is allowed: `kill -0`, `trap … 0`.
    pub fn parse(text: &str) -> Option<Signal> {
        if let Ok(n) = text.parse::<u8>() {
            return (n < 32).then_some(Signal(n));
        }
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        SIGNAL_NAMES.iter().position(|n| *n == name).map(|n| Signal(n as u8))
    }

    /// The words of strsignal(3), as a shell tells them of a child.
    pub(crate) fn text(self) -> &'static str {
        match self.0 {
            1 => "Hangup",
            3 => "Quit",
            4 => "Illegal instruction",
            5 => "Trace/breakpoint trap",
            6 => "Aborted",
            7 => "Bus error",
            8 => "Arithmetic exception",
            9 => "Killed",
            10 => "User defined signal 1",
            11 => "Segmentation fault",
            12 => "User defined signal 2",
            14 => "Alarm clock",
            15 => "Terminated",
            _ => "Unknown signal",
        }
    }

    pub(crate) fn bit(self) -> u64 {
        1 << (self.0 & 63)
    }
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// It called exit.
    Code(i32),
    /// A signal killed it.
    Signal(Signal),
}

impl ExitStatus {
    /// The number a shell or a container runtime shows: the code, or 128 + signal.
    pub fn code(self) -> i32 {
        match self {
            ExitStatus::Code(code) => code,
            ExitStatus::Signal(signal) => 128 + i32::from(signal.0),
        }
    }
}

/// Which of the two output streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stream {
    /// File descriptor 1 (and 2 as well on a terminal).
    Stdout,
    /// File descriptor 2.
    Stderr,
}

/// What became of a connection attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Somebody listened there.
    Accepted,
    /// Nobody listens on that port.
    Refused,
    /// The packets got no answer (unknown address, dead node, dropped by a policy).
    Lost,
}

/// Where a connection comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A process in this namespace (or a probe made in its name).
    Net(NetNs),
    /// The node's own agent: probes, port-forward.
    Outside,
}

/// Something a watcher of the machine may want to know. `at_ms` is virtual time.
#[derive(Clone, Debug, PartialEq)]
pub enum OsEvent {
    /// Bytes written to the captured stdout or stderr of a process that was spawned from outside (by it or its
    /// descendants). Successive writes at the same millisecond may be joined.
    Output {
        /// When.
        at_ms: u64,
        /// The process that [`crate::Os::spawn`] returned.
        pid: Pid,
        /// Its container.
        cgroup: CgroupId,
        /// stdout or stderr.
        stream: Stream,
        /// What was written.
        bytes: Vec<u8>,
    },
    /// A process that was spawned from outside ended. Its descendants end silently.
    Exited {
        /// When.
        at_ms: u64,
        /// The process that [`crate::Os::spawn`] returned.
        pid: Pid,
        /// Its container.
        cgroup: CgroupId,
        /// How.
        status: ExitStatus,
        /// The memory limit of the container was the cause.
        oom: bool,
    },
    /// A process began to accept connections.
    Listening {
        /// When.
        at_ms: u64,
        /// Where.
        net: NetNs,
        /// TCP port.
        port: u16,
        /// Whose.
        cgroup: CgroupId,
    },
    /// A port is no longer served.
    Closed {
        /// When.
        at_ms: u64,
        /// Where.
        net: NetNs,
        /// TCP port.
        port: u16,
        /// Whose.
        cgroup: CgroupId,
    },
    /// Somebody tried to connect.
    Connection {
        /// When the first packet left.
        at_ms: u64,
        /// Milliseconds until the answer (or the refusal) is back.
        round_trip_ms: u64,
        /// Who asked.
        from: Origin,
        /// Address asked for (a Service address stays what it was).
        to_ip: Ipv4,
        /// Port asked for.
        port: u16,
        /// The namespace that answered, when there was one.
        to: Option<NetNs>,
        /// What became of it.
        outcome: Outcome,
    },
    /// A workload answered an HTTP request.
    Request {
        /// When.
        at_ms: u64,
        /// Who asked.
        from: Origin,
        /// Who answered.
        to: NetNs,
        /// On which port.
        port: u16,
        /// Whose.
        cgroup: CgroupId,
        /// The path asked for.
        path: String,
        /// The HTTP status answered.
        status: u16,
    },
    /// A file of this file system was made, changed or removed (told once per [`crate::Os::take_events`]).
    FileChanged {
        /// Which file system.
        fs: FsId,
        /// Path inside it, beginning with `/`.
        path: String,
    },
    /// A connection opened with [`crate::Os::http_get`] or [`crate::Os::tcp_connect`] is decided: ask
    /// [`crate::Os::poll`].
    ProbeDone {
        /// When.
        at_ms: u64,
        /// Which.
        conn: ConnId,
    },
}

/// What kept an operation on files or processes from happening, with the words of strerror(3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errno {
    /// ENOENT
    NoEntry,
    /// EACCES
    Access,
    /// EPERM
    NotPermitted,
    /// EEXIST
    Exists,
    /// ENOTDIR
    NotDir,
    /// EISDIR
    IsDir,
    /// ENOTEMPTY
    NotEmpty,
    /// EROFS
    ReadOnly,
    /// ENOSPC
    NoSpace,
    /// EFBIG
    TooBig,
    /// EINVAL
    Invalid,
    /// ELOOP
    Loop,
    /// EBADF
    BadFd,
    /// EPIPE
    Pipe,
    /// ESRCH
    NoProcess,
    /// ENAMETOOLONG
    NameTooLong,
    /// EAGAIN
    Again,
    /// ENOEXEC
    NoExec,
    /// EXDEV
    CrossDevice,
    /// EBUSY
    Busy,
    /// EADDRINUSE
    AddressInUse,
    /// ECONNREFUSED
    Refused,
    /// ETIMEDOUT
    TimedOut,
    /// ECONNRESET
    Reset,
    /// EHOSTUNREACH
    NoRoute,
}

impl Errno {
    /// The text of strerror(3).
    pub fn text(self) -> &'static str {
        match self {
            Errno::NoEntry => "No such file or directory",
            Errno::Access => "Permission denied",
            Errno::NotPermitted => "Operation not permitted",
            Errno::Exists => "File exists",
            Errno::NotDir => "Not a directory",
            Errno::IsDir => "Is a directory",
            Errno::NotEmpty => "Directory not empty",
            Errno::ReadOnly => "Read-only file system",
            Errno::NoSpace => "No space left on device",
            Errno::TooBig => "File too large",
            Errno::Invalid => "Invalid argument",
            Errno::Loop => "Too many levels of symbolic links",
            Errno::BadFd => "Bad file descriptor",
            Errno::Pipe => "Broken pipe",
            Errno::NoProcess => "No such process",
            Errno::NameTooLong => "File name too long",
            Errno::Again => "Resource temporarily unavailable",
            Errno::NoExec => "Exec format error",
            Errno::CrossDevice => "Invalid cross-device link",
            Errno::Busy => "Device or resource busy",
            Errno::AddressInUse => "Address already in use",
            Errno::Refused => "Connection refused",
            Errno::TimedOut => "Connection timed out",
            Errno::Reset => "Connection reset by peer",
            Errno::NoRoute => "No route to host",
        }
    }
}

/// A file system laid over a path of a process's view.
#[derive(Clone, Debug)]
pub struct Mount {
    /// Absolute path in the container.
    pub path: String,
    /// What is mounted.
    pub fs: FsId,
    /// A directory or file inside it, or empty for its root (Kubernetes' subPath).
    pub sub_path: String,
    /// Writing through this mount fails with EROFS.
    pub read_only: bool,
}

/// What file descriptor 0 gives.
#[derive(Clone, Debug, Default)]
pub enum Stdin {
    /// End of file at once.
    #[default]
    Empty,
    /// These bytes, then end of file.
    Bytes(Vec<u8>),
    /// Bytes that [`crate::Os::feed_stdin`] brings, until [`crate::Os::close_stdin`].
    Fed,
    /// The same, and it is a terminal: `sh` prompts, stderr goes to stdout.
    Terminal,
}

/// What the kernel grants or denies all processes of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Privileges {
    /// The capabilities of a process of root, a bit each. Others have none.
    pub capabilities: u64,
    /// Programs do not get more than who starts them has.
    pub no_new_privs: bool,
    /// System calls are filtered.
    pub seccomp: bool,
    /// How much sooner than others (or later) it is killed when memory runs out.
    pub oom_score_adj: i32,
}

impl Default for Privileges {
    /// A machine's own, without any container.
    fn default() -> Self {
        Privileges { capabilities: (1 << 41) - 1, no_new_privs: false, seccomp: false, oom_score_adj: 0 }
    }
}

/// Everything needed to start a process.
#[derive(Clone, Debug)]
pub struct SpawnSpec {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// `NAME=value`, in order. PATH is looked up here, or the usual one is taken.
    pub env: Resting<Vec<String>>,
    /// Working directory; made if it is not there and `make_cwd` is set.
    pub cwd: String,
    /// Make the working directory when it is missing, as container runtimes do.
    pub make_cwd: bool,
    /// User.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// The other groups it is in.
    pub groups: std::rc::Rc<[u32]>,
    /// File descriptor 0.
    pub stdin: Stdin,
    /// The root file system.
    pub rootfs: FsId,
    /// Writing to the root file system fails with EROFS.
    pub read_only_root: bool,
    /// What is mounted over it. Missing mount points are made.
    pub mounts: Vec<Mount>,
    /// Network namespace.
    pub net: NetNs,
    /// Process number space.
    pub pid_ns: PidNs,
    /// Memory and CPU account.
    pub cgroup: CgroupId,
    /// It is the container's main process: when it ends, all processes of the cgroup are killed.
    pub init: bool,
    /// Processor time that its runtime uses in the container before it runs, in microseconds. It delays the start only
    /// where there is a limit.
    pub entering_us: u32,
}

impl SpawnSpec {
    /// A spec with the given essentials, run as root in `/` with the usual PATH and no input.
    pub fn new(argv: &[&str], rootfs: FsId, net: NetNs, pid_ns: PidNs, cgroup: CgroupId) -> SpawnSpec {
        SpawnSpec {
            argv: argv.iter().map(|a| (*a).to_string()).collect(),
            env: std::rc::Rc::new(vec![DEFAULT_PATH_ENV.to_string()]).into(),
            cwd: "/".to_string(),
            make_cwd: true,
            uid: 0,
            gid: 0,
            groups: std::rc::Rc::default(),
            stdin: Stdin::Empty,
            rootfs,
            read_only_root: false,
            mounts: Vec::new(),
            net,
            pid_ns,
            cgroup,
            init: true,
            entering_us: 0,
        }
    }
}

/// The PATH container images come with.
pub(crate) const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
pub(crate) const DEFAULT_PATH_ENV: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Why a process could not be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpawnError {
    /// No such program.
    NotFound {
        /// argv[0].
        name: String,
        /// It was looked for in PATH (no slash in the name).
        in_path: bool,
    },
    /// The file is there but must not be run (mode, or not a program).
    PermissionDenied {
        /// argv[0].
        name: String,
    },
    /// argv[0] is a directory.
    IsDirectory {
        /// argv[0].
        name: String,
    },
    /// It is a file with the x bit, but of no known format (exec format error).
    NotExecutable {
        /// argv[0].
        name: String,
    },
    /// The working directory does not exist and may not be made.
    CwdMissing {
        /// The directory.
        path: String,
    },
    /// argv is empty, or too long.
    BadArguments,
    /// The namespace or file system is gone, or full of processes.
    NoResources,
}

/// One process, for `ps` and for drawing.
#[derive(Clone, Debug)]
pub struct ProcessInfo {
    /// Machine-wide identity.
    pub pid: Pid,
    /// The number its own namespace shows.
    pub ns_pid: u32,
    /// Its parent's number in the namespace; 0 when started from outside.
    pub ns_ppid: u32,
    /// Machine-wide identity of the parent; `Pid(0)` when started from outside.
    pub ppid: Pid,
    /// The namespace.
    pub pid_ns: PidNs,
    /// Its container.
    pub cgroup: CgroupId,
    /// Program and arguments as they were given.
    pub argv: Rc<Vec<String>>,
    /// `R`, `S`, `T` or `Z`, as ps shows it.
    pub state: char,
    /// Resident memory in bytes.
    pub rss_bytes: u64,
    /// CPU time used, in microseconds.
    pub cpu_us: u64,
    /// Virtual time of its start.
    pub start_ms: u64,
    /// User.
    pub uid: u32,
}
