//! What a process may do beyond its user's rights: capabilities. Only processes of root have what their container
//! was granted; nothing here raises another user's.

use crate::os::Os;
use crate::types::Pid;

/// A capability, by the kernel's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cap(u8);

impl Cap {
    /// Gives files to others.
    pub(crate) const CHOWN: Cap = Cap(0);
    /// Reads and writes whatever there is.
    pub(crate) const DAC_OVERRIDE: Cap = Cap(1);
    /// Reads whatever there is.
    pub(crate) const DAC_READ_SEARCH: Cap = Cap(2);
    /// Does to others' files what only owners may.
    pub(crate) const FOWNER: Cap = Cap(3);
    /// Sends signals to others' processes.
    pub(crate) const KILL: Cap = Cap(5);
    /// Listens on ports that are reserved.
    pub(crate) const NET_BIND_SERVICE: Cap = Cap(10);
    /// Makes packets of its own.
    pub(crate) const NET_RAW: Cap = Cap(13);
    /// Looks into others' processes.
    pub(crate) const SYS_PTRACE: Cap = Cap(19);
    /// Much that administrators do.
    pub(crate) const SYS_ADMIN: Cap = Cap(21);
    /// Is preferred to others.
    pub(crate) const SYS_NICE: Cap = Cap(23);
    /// Sets the clock.
    pub(crate) const SYS_TIME: Cap = Cap(25);
}

impl Os {
    /// The capabilities in effect of a process, a bit each.
    pub(crate) fn capabilities(&self, pid: Pid) -> u64 {
        match self.proc(pid) {
            Some(proc) if proc.uid == 0 => {
                self.cgroups.get(&proc.cgroup).map_or(0, |account| account.privileges.capabilities)
            }
            _ => 0,
        }
    }

    pub(crate) fn capable(&self, pid: Pid, cap: Cap) -> bool {
        self.capabilities(pid) >> cap.0 & 1 != 0
    }

    /// Whether a process may send another a signal.
    // Models kill_ok_by_cred of the kernel
    pub(crate) fn may_signal(&self, pid: Pid, other: Pid) -> bool {
        let uid = |pid: Pid| self.proc(pid).map(|proc| proc.uid);
        uid(pid) == uid(other) || self.capable(pid, Cap::KILL)
    }

    /// Whether a process may look into another, as through /proc/N/root.
    // Models __ptrace_may_access and cap_ptrace_access_check of the kernel
    pub(crate) fn may_look_into(&self, pid: Pid, other: Pid) -> bool {
        let uid = |pid: Pid| self.proc(pid).map(|proc| proc.uid);
        let (own, theirs) = (self.capabilities(pid), self.capabilities(other));
        uid(pid) == uid(other) && theirs & !own == 0 || self.capable(pid, Cap::SYS_PTRACE)
    }
}
