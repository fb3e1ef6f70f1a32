//! /proc: what the machine tells about its processes.

use crate::os::Os;
use crate::process::Run;
use crate::types::{Errno, Pid};
use std::rc::Rc;

/// Memory of the simulated node that /proc/meminfo and free show, in KiB.
pub(crate) const NODE_MEMORY_KIB: u64 = 8 << 20;

const PROCESS_FILES: [&str; 13] = [
    "cgroup",
    "cmdline",
    "comm",
    "cwd",
    "environ",
    "exe",
    "fd",
    "mounts",
    "ns",
    "oom_score_adj",
    "root",
    "stat",
    "status",
];
/// Files of /sys/fs/cgroup that the kernel writes anew for each reader.
pub const CGROUP_FILES: [&str; 4] = ["cpu.stat", "memory.current", "memory.peak", "pids.current"];
const ROOT_FILES: [&str; 10] =
    ["cpuinfo", "loadavg", "meminfo", "mounts", "net", "self", "stat", "sys", "uptime", "version"];
const SPACES: [&str; 6] = ["cgroup", "ipc", "mnt", "net", "pid", "uts"];

/// What of a time the kernel is said to have worked for a process: a fourth.
pub(crate) fn system(used: u64) -> u64 {
    used / 4
}

/// The rest of it.
pub(crate) fn user(used: u64) -> u64 {
    used - system(used)
}

impl Os {
    fn ns_pid(&self, pid: Pid, number: &str) -> Option<Pid> {
        let proc = self.proc(pid)?;
        if number == "self" || number == "thread-self" {
            return Some(pid);
        }
        self.find_process(proc.ns, number.parse().ok()?)
    }

    /// The process that a path `/N/…` is about.
    pub(crate) fn proc_of(&self, pid: Pid, path: &str) -> Option<Pid> {
        self.ns_pid(pid, path.trim_start_matches('/').split('/').next()?)
    }

    /// `/N/fd/M`: which process's which descriptor.
    pub(crate) fn proc_fd(&self, pid: Pid, path: &str) -> Option<(Pid, usize)> {
        let mut parts = path.trim_start_matches('/').split('/');
        let other = self.ns_pid(pid, parts.next()?)?;
        if parts.next()? != "fd" {
            return None;
        }
        let fd = parts.next()?.parse().ok()?;
        self.fd_of(other, fd).ok()?;
        Some((other, fd))
    }

    /// Where a link in /proc leads; `None` when it is no link. Fails when there is nothing at all.
    pub(crate) fn proc_link(&self, pid: Pid, path: &str) -> Result<Option<Rc<str>>, Errno> {
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let target: Option<String> = match parts[..] {
            ["self"] => Some(self.proc(pid).map_or(1, |p| p.ns_pid).to_string()),
            ["mounts"] => Some("self/mounts".to_string()),
            ["net"] => Some("self/net".to_string()),
            [number, link] => match (self.ns_pid(pid, number), link) {
                (Some(_), "root") => Some("/".to_string()),
                (Some(other), "cwd") => self.proc(other).map(|p| p.cwd.to_string()),
                (Some(other), "exe") => self.proc(other).and_then(|p| p.argv.first().cloned()),
                _ => None,
            },
            [number, "ns", space] => match self.ns_pid(pid, number).and_then(|p| self.proc(p)) {
                Some(p) if SPACES.contains(&space) => {
                    let id = match space {
                        "net" => p.net.0,
                        "pid" => p.ns.0,
                        "mnt" => p.view.root.0,
                        _ => 0,
                    };
                    Some(format!("{space}:[{}]", 4_026_531_836u64 + u64::from(id)))
                }
                _ => None,
            },
            [_, "fd", _] => self.proc_fd(pid, path).map(|(other, fd)| {
                let ofd = self.fd_of(other, fd).unwrap_or(0);
                match self.ofds.get(&ofd).map(|o| &o.kind) {
                    Some(crate::fd::OfdKind::File { path, .. }) => path.to_string(),
                    Some(crate::fd::OfdKind::Null) => "/dev/null".to_string(),
                    _ => format!("pipe:[{ofd}]"),
                }
            }),
            _ => None,
        };
        match target {
            Some(target) => Ok(Some(target.into())),
            None if self.proc_list(pid, path).is_some() || self.proc_known(pid, &parts) => Ok(None),
            None => Err(Errno::NoEntry),
        }
    }

    fn proc_known(&self, pid: Pid, parts: &[&str]) -> bool {
        match *parts {
            [name] => ROOT_FILES.contains(&name),
            [number, name] if self.ns_pid(pid, number).is_some() => {
                PROCESS_FILES.contains(&name) || name == "net"
            }
            ["cgroup", name] => CGROUP_FILES.contains(&name),
            [_, "net", _] | ["sys", ..] => self.proc_text(pid, &parts.join("/")).is_some(),
            _ => false,
        }
    }

    pub(crate) fn proc_list(&self, pid: Pid, path: &str) -> Option<Vec<Rc<str>>> {
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let names = |list: &[&str]| Some(list.iter().map(|n| Rc::from(*n)).collect::<Vec<Rc<str>>>());
        match parts[..] {
            [""] => {
                let space = self.pid_spaces.get(&self.proc(pid)?.ns)?;
                let mut all: Vec<Rc<str>> = space.procs.keys().map(|n| n.to_string().into()).collect();
                all.extend(ROOT_FILES.iter().map(|n| Rc::from(*n)));
                Some(all)
            }
            ["sys", ref dir @ ..] => {
                let mut all = self.sysctls_below(self.proc(pid)?.net, dir);
                if *dir == ["kernel"] {
                    all.extend(["hostname", "osrelease"].map(Rc::from));
                }
                (!all.is_empty()).then_some(all)
            }
            [number] => self.ns_pid(pid, number).and_then(|_| names(&PROCESS_FILES)),
            [number, "ns"] => self.ns_pid(pid, number).and_then(|_| names(&SPACES)),
            [number, "net"] => self.ns_pid(pid, number).and_then(|_| names(&["dev", "route", "tcp"])),
            [number, "fd"] => {
                let other = self.proc(self.ns_pid(pid, number)?)?;
                let open = other.fds.iter().enumerate().filter(|(_, o)| o.is_some());
                Some(open.map(|(fd, _)| fd.to_string().into()).collect())
            }
            _ => None,
        }
    }

    pub(crate) fn proc_text(&self, pid: Pid, path: &str) -> Option<Vec<u8>> {
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let text = match parts[..] {
            ["uptime"] => {
                let up = self.uptime_ms();
                format!("{}.{:02} {}.{:02}\n", up / 1000, up % 1000 / 10, up / 500, up % 500 / 5)
            }
            ["loadavg"] => "0.08 0.03 0.01 1/128 42\n".to_string(),
            ["version"] => "Linux version 6.1.0 (gcc) #1 SMP PREEMPT_DYNAMIC\n".to_string(),
            ["cpuinfo"] => (0..self.processors(pid).0.div_ceil(1000).min(256))
                .map(|number| format!("processor\t: {number}\nmodel name\t: virtual\n\n"))
                .collect(),
            ["stat"] => {
                let (milli, us) = self.processors(pid);
                let all = self.uptime_ms() / 10 * milli.div_ceil(1000);
                let used = us / 10_000;
                let idle = all.saturating_sub(used);
                let (user, system) = (user(used), system(used));
                format!("cpu  {user} 0 {system} {idle} 0 0 0 0 0 0\nbtime {}\n", self.epoch)
            }
            ["meminfo"] => {
                let used = self.used_memory_kib();
                let line = |name: &str, kib: u64| format!("{name:<16}{kib:>8} kB\n");
                [
                    line("MemTotal:", NODE_MEMORY_KIB),
                    line("MemFree:", NODE_MEMORY_KIB - used),
                    line("MemAvailable:", NODE_MEMORY_KIB - used),
                    line("Buffers:", 0),
                    line("Cached:", 0),
                    line("SwapTotal:", 0),
                    line("SwapFree:", 0),
                ]
                .concat()
            }
            ["sys", "kernel", "hostname"] => format!("{}\n", self.hostname(self.proc(pid)?.net)),
            ["sys", "kernel", "osrelease"] => "6.1.0\n".to_string(),
            ["sys", ref name @ ..] => format!("{}\n", self.sysctl(self.proc(pid)?.net, &name.join("."))?),
            ["cgroup", file] => {
                let id = self.proc(pid)?.cgroup;
                let account = self.cgroups.get(&id)?;
                let number = match file {
                    "cpu.stat" => return Some(account.cpu.stat().into_bytes()),
                    "memory.current" => account.memory,
                    "memory.peak" => account.peak,
                    _ => self.procs.values().filter(|proc| proc.cgroup == id).count() as u64,
                };
                format!("{number}\n")
            }
            [number, file] => {
                let other = self.ns_pid(pid, number)?;
                let proc = self.proc(other)?;
                let granted =
                    self.cgroups.get(&proc.cgroup).map(|account| account.privileges).unwrap_or_default();
                let info = self.info(other)?;
                let name = proc.argv.first().map(|a| crate::fs::split_last(a).1).unwrap_or_default();
                let short: String = name.chars().take(15).collect();
                match file {
                    "cmdline" if matches!(proc.run, Run::Zombie(_)) => String::new(),
                    "cmdline" => proc.argv.iter().map(|a| format!("{a}\0")).collect(),
                    "comm" => format!("{short}\n"),
                    "environ" => proc.env.iter().map(|a| format!("{a}\0")).collect(),
                    "cgroup" => "0::/\n".to_string(),
                    "mounts" => self
                        .mount_lines(other)
                        .into_iter()
                        .map(|[a, b, c, d]| format!("{a} {b} {c} {d} 0 0\n"))
                        .collect(),
                    "oom_score_adj" => format!("{}\n", granted.oom_score_adj),
                    "stat" => format!(
                        "{} ({short}) {} {} {} {} 0 -1 0 0 0 0 0 {} {} {} {} 20 0 1 0 {} {} {}\n",
                        proc.ns_pid,
                        info.state,
                        info.ns_ppid,
                        proc.ns_pid,
                        proc.ns_pid,
                        user(proc.cpu_ns) / 10_000_000,
                        system(proc.cpu_ns) / 10_000_000,
                        user(proc.children_ns) / 10_000_000,
                        system(proc.children_ns) / 10_000_000,
                        proc.start / 10,
                        proc.memory,
                        proc.memory / 4096
                    ),
                    "status" => {
                        let state = match info.state {
                            'Z' => "Z (zombie)",
                            'T' => "T (stopped)",
                            'R' => "R (running)",
                            _ => "S (sleeping)",
                        };
                        let kib = proc.memory / 1024;
                        let bounding = granted.capabilities;
                        let own = self.capabilities(other);
                        let filter = u8::from(granted.seccomp);
                        format!(
                            "Name:\t{short}\nUmask:\t{:04o}\nState:\t{state}\nTgid:\t{pid}\nPid:\t{pid}\nPPid:\t{}\n\
                             Uid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t{gid}\t{gid}\t{gid}\t{gid}\nGroups:\t{groups}\nVmSize:\t{kib:>8} kB\n\
                             VmRSS:\t{kib:>8} kB\nThreads:\t1\nSigIgn:\t{:016x}\nSigCgt:\t{:016x}\n\
                             CapInh:\t{:016x}\nCapPrm:\t{own:016x}\nCapEff:\t{own:016x}\nCapBnd:\t{bounding:016x}\n\
                             CapAmb:\t{:016x}\nNoNewPrivs:\t{}\nSeccomp:\t{}\nSeccomp_filters:\t{filter}\n",
                            proc.umask,
                            info.ns_ppid,
                            proc.ignored >> 1,
                            proc.caught >> 1,
                            0,
                            0,
                            u8::from(granted.no_new_privs),
                            filter * 2,
                            pid = proc.ns_pid,
                            uid = proc.uid,
                            gid = proc.gid,
                            groups = proc.groups.iter().map(|group| format!("{group} ")).collect::<String>(),
                        )
                    }
                    _ => return None,
                }
            }
            [number, "net", file] => {
                let proc = self.proc(self.ns_pid(pid, number)?)?;
                match file {
                    "dev" => "Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0\n  eth0:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0\n".to_string(),
                    "route" => "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n".to_string(),
                    "tcp" => {
                        let mut text = "  sl  local_address rem_address   st\n".to_string();
                        for (n, l) in self.listening(proc.net).iter().enumerate() {
                            text.push_str(&format!("{n:4}: 00000000:{:04X} 00000000:0000 0A\n", l.port));
                        }
                        text
                    }
                    _ => return None,
                }
            }
            _ => return None,
        };
        Some(text.into_bytes())
    }

    /// Milliseconds the node has been up: it was booted an hour before virtual time began.
    pub(crate) fn uptime_ms(&self) -> u64 {
        self.now + 3_600_000
    }

    pub(crate) fn used_memory_kib(&self) -> u64 {
        let used: u64 = self.cgroups.values().map(|c| c.memory / 1024).sum();
        (used + (512 << 10)).min(NODE_MEMORY_KIB)
    }

    /// What mount(8) shows: device, path, type, options.
    pub(crate) fn mount_lines(&self, pid: Pid) -> Vec<[String; 4]> {
        let Some(proc) = self.proc(pid) else { return Vec::new() };
        let line = |dev: &str, path: &str, kind: &str, options: String| {
            [dev.to_string(), path.to_string(), kind.to_string(), options]
        };
        let rw = |ro: bool| format!("{},relatime", if ro { "ro" } else { "rw" });
        let mut lines = vec![
            line("overlay", "/", "overlay", rw(proc.view.root_read_only)),
            line("proc", "/proc", "proc", "rw,nosuid,nodev,noexec,relatime".to_string()),
            line("tmpfs", "/dev", "tmpfs", "rw,nosuid,size=65536k,mode=755".to_string()),
            line("sysfs", "/sys", "sysfs", "ro,nosuid,nodev,noexec,relatime".to_string()),
        ];
        for mount in &proc.view.mounts {
            lines.push(line("/dev/vda1", &mount.path, "ext4", rw(mount.read_only)));
        }
        lines
    }
}
