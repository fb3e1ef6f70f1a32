//! What a process in a container does: a small Unix in virtual time, POSIX sh as BusyBox has it, and BusyBox's tools.
//!
//! An [`Os`] is one simulated machine room: file systems, network and process namespaces, processes, and the
//! connections between them. It is plain data: clone it and the clone goes its own way. It knows no wall clock;
//! [`Os::advance_to`] runs everything that is due up to a virtual millisecond, in order, and what a watcher may want
//! to know comes out of [`Os::take_events`].
//!
//! It knows nothing of Kubernetes: a container is a cgroup, a Pod a network namespace, an image an [`FsTemplate`]
//! whose runnable files are [`Program`]s. Servers that are not BusyBox are [`Workload`]s: descriptions in data.
//!
//! What costs: nothing takes virtual time but waiting (sleep, pipes, the network) and computing: a process that never
//! rests is held back, so that an endless loop cannot stop the world, and a container with a limit has only so much
//! of a processor's time.

mod caps;
mod cpu;
mod ctx;
mod fd;
mod fs;
mod map;
mod net;
mod os;
mod probe;
mod process;
mod procfs;
mod regex;
mod rest;
mod shell;
mod tools;
mod types;
mod vfs;
mod workload;

pub use cpu::CpuShare;
pub use fs::{DirEntry, FsId, FsTemplate, Program};
pub use net::Listener;
pub use os::Os;
pub use probe::ProbeResult;
pub use procfs::CGROUP_FILES;
pub use types::{
    CgroupId, ConnId, Errno, ExitStatus, Ipv4, Mount, NetNs, Origin, OsEvent, Outcome, Pid, PidNs,
    Privileges, ProcessInfo, Signal, SpawnError, SpawnSpec, Stdin, Stream,
};
pub use workload::{OnSignal, Reply, Route, ServedPort, Workload};
