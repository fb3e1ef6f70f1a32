//! Processor time: what a container uses of it, what it may use, and how the busy ones of a node share.
//!
//! Only work costs: who sleeps or waits is not looked at. A step of a program stands for half a microsecond, and more
//! the longer its process is busy, since an endless loop must not cost the page as much as it would a real machine.

use crate::map::Map;
use crate::os::Os;
use crate::types::{CgroupId, Pid};

/// Steps the processes of one container may take within one millisecond before they must pause.
pub(crate) const STEPS_PER_MS: u32 = 2_000;
/// What a step costs, in nanoseconds.
pub(crate) const STEP_NS: u64 = 1_000_000 / STEPS_PER_MS as u64;
/// Longest pause of a process that never rests, in milliseconds. It bounds what a busy loop costs us.
const MAX_PAUSE_MS: u64 = 64;
/// A process that goes on within so many milliseconds of its last pause has not rested.
pub(crate) const STILL_BUSY_MS: u64 = 16;
/// The kernel grants limits anew so often.
const PERIOD_MS: u64 = 100;
/// What was used up is held back no longer than this at a time, however small the limit.
const LONGEST_DEBT_NS: u64 = 1 << 40;
/// Programs that compute side by side advance at once on so many processors. What they use of more is only counted.
const PARALLEL: u64 = 2;
/// The least that a process may do when it has its turn, in steps.
const LEAST_STEPS: u64 = 16;

/// What the processes of a container, a Pod or a node may use of the processors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuShare {
    /// Time within each tenth of a second, in microseconds (`cpu.max`).
    pub quota_us: Option<u64>,
    /// How much it counts beside others when there is not enough for all (shares of 1024 to a processor).
    pub weight: u64,
    /// The group it belongs to, whose limit holds as well.
    pub parent: Option<CgroupId>,
    /// It is a whole node with so many thousandths of a processor.
    pub node_milli: Option<u64>,
}

/// The account of one group.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cpu {
    quota_ns: Option<u64>,
    weight: u64,
    parent: Option<CgroupId>,
    node: Option<Box<NodeCpu>>,
    usage_ns: u64,
    /// Which tenth of a second `used_ns` is of.
    period: u64,
    used_ns: u64,
    nr_periods: u64,
    nr_throttled: u64,
    throttled_ms: u64,
    /// None of its processes runs before this time.
    throttled_until: u64,
    /// The last time it was, so that a wait counts once.
    counted: u64,
    /// Not run again before this time, who has not rested.
    rest_until: u64,
    /// Length of the last pause, doubled while it stays busy.
    pause: u64,
    /// Steps since that was doubled.
    grown: u32,
    /// Processes that wait in this pause.
    queued: u64,
}

/// A node's processors.
#[derive(Clone, Debug, Default)]
struct NodeCpu {
    milli: u64,
    busy: Map<CgroupId, Busy>,
}

/// A container that is busy.
#[derive(Clone, Copy, Debug)]
struct Busy {
    /// It counts until this time.
    until: u64,
    /// How many thousandths of a processor it could use,
    demand: u64,
    /// and its weight.
    weight: u64,
    /// The group it belongs to.
    parent: Option<CgroupId>,
}

impl Cpu {
    /// Begins a new period when it is time to.
    // Models do_sched_cfs_period_timer of the kernel: what was overdrawn is taken from later periods, and the first
    // idle period is counted before the timer stops.
    fn roll(&mut self, now: u64) {
        let period = now / PERIOD_MS;
        let passed = period - self.period;
        if passed == 0 {
            return;
        }
        self.period = period;
        if let Some(quota) = self.quota_ns {
            let owed = self.used_ns.div_ceil(quota.max(1));
            if self.used_ns > 0 {
                self.nr_periods += passed.min(owed + 1);
            }
            self.used_ns = self.used_ns.saturating_sub(quota.saturating_mul(passed));
        }
    }

    fn left(&mut self, now: u64) -> u64 {
        self.roll(now);
        self.quota_ns.map_or(u64::MAX, |quota| quota.saturating_sub(self.used_ns))
    }

    fn bill(&mut self, now: u64, ns: u64) {
        self.roll(now);
        self.usage_ns += ns;
        if let Some(quota) = self.quota_ns {
            self.used_ns = (self.used_ns + ns).min(LONGEST_DEBT_NS);
            if self.used_ns >= quota {
                self.throttled_until = (self.period + self.used_ns / quota.max(1)) * PERIOD_MS;
            }
        }
    }

    /// What has been used, in microseconds.
    pub(crate) fn usage_us(&self) -> u64 {
        self.usage_ns / 1000
    }
}

/// What the processor does with a process that wants to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It may take so many steps in this millisecond.
    Go(u32),
    /// Not before this time.
    Wait(u64),
}

impl Os {
    /// Changes what a group may use from now on.
    pub fn set_cpu_share(&mut self, cgroup: CgroupId, share: CpuShare) {
        let now = self.now;
        if let Some(account) = self.cgroup_mut(cgroup) {
            let cpu = &mut account.cpu;
            cpu.roll(now);
            let quota = share.quota_us.map(|us| us.max(1) * 1000);
            if quota != cpu.quota_ns {
                // What a former limit held back is let go.
                cpu.quota_ns = quota;
                cpu.used_ns = cpu.used_ns.min(quota.unwrap_or(0));
                cpu.throttled_until = cpu.throttled_until.min((cpu.period + 1) * PERIOD_MS);
            }
            cpu.weight = share.weight;
            cpu.parent = share.parent;
            if let Some(milli) = share.node_milli {
                cpu.node.get_or_insert_default().milli = milli.max(1);
            }
        }
    }

    /// A group and those it belongs to.
    fn groups(&self, cgroup: CgroupId) -> [Option<CgroupId>; 3] {
        let parent = |id: Option<CgroupId>| self.cgroups.get(&id?)?.cpu.parent;
        let above = parent(Some(cgroup));
        [Some(cgroup), above, parent(above)]
    }

    /// Notes time that a process of a group has used.
    pub(crate) fn bill(&mut self, pid: Pid, cgroup: CgroupId, ns: u64) {
        if ns == 0 {
            return;
        }
        if let Some(proc) = self.proc_mut(pid) {
            proc.cpu_ns += ns;
        }
        let now = self.now;
        for id in self.groups(cgroup).into_iter().flatten() {
            if let Some(account) = self.cgroup_mut(id) {
                account.cpu.bill(now, ns);
            }
        }
    }

    /// What a runtime does in a container before a program of it runs. It takes time only where there is a limit:
    /// true when the process must wait.
    pub(crate) fn enter(&mut self, pid: Pid, cgroup: CgroupId) -> bool {
        let owed = self.proc(pid).map_or(0, |proc| u64::from(proc.entering_us));
        if owed == 0 {
            return false;
        }
        let (done, until) = match self.left(cgroup) {
            u64::MAX => {
                self.bill(pid, cgroup, owed * 1000);
                (owed, self.now)
            }
            _ => self.compute(pid, cgroup, owed),
        };
        if let Some(proc) = self.proc_mut(pid) {
            proc.entering_us = owed.saturating_sub(done) as u32;
        }
        if until > self.now {
            self.block(pid, Some(until));
        }
        until > self.now
    }

    /// What is left of a group's limits in this period, in nanoseconds.
    fn left(&mut self, cgroup: CgroupId) -> u64 {
        let now = self.now;
        let mut least = u64::MAX;
        for id in self.groups(cgroup).into_iter().flatten() {
            if let Some(account) = self.cgroup_mut(id).filter(|account| account.cpu.quota_ns.is_some()) {
                least = least.min(account.cpu.left(now));
            }
        }
        least
    }

    /// Until when a group's limits hold it back; counts it as held back.
    fn throttled(&mut self, cgroup: CgroupId) -> Option<u64> {
        let now = self.now;
        let mut until = None;
        for id in self.groups(cgroup).into_iter().flatten() {
            let Some(account) = self.cgroups.get(&id) else { continue };
            let held = account.cpu.throttled_until;
            if held <= now {
                continue;
            }
            until = until.max(Some(held));
            if account.cpu.counted != held
                && let Some(account) = self.cgroup_mut(id)
            {
                let cpu = &mut account.cpu;
                let since = now.max(cpu.counted);
                cpu.counted = held;
                cpu.throttled_ms += held.saturating_sub(since);
                cpu.nr_throttled += (held.saturating_sub(since)).div_ceil(PERIOD_MS);
            }
        }
        until
    }

    /// Whether a process may go on now.
    pub(crate) fn turn(&mut self, pid: Pid, cgroup: CgroupId) -> Turn {
        let now = self.now;
        let busy = self.proc(pid).is_some_and(|proc| proc.busy_until >= now);
        if let Some(until) = self.throttled(cgroup) {
            if busy && let Some(proc) = self.proc_mut(pid) {
                proc.busy_until = until + STILL_BUSY_MS;
            }
            // The others have their turn first.
            return Turn::Wait(until + u64::from(busy));
        }
        let Some(account) = self.cgroup_mut(cgroup) else { return Turn::Go(STEPS_PER_MS) };
        if busy && account.cpu.rest_until > now {
            let until = account.cpu.rest_until;
            account.cpu.queued += 1;
            if let Some(proc) = self.proc_mut(pid) {
                proc.busy_until = until + STILL_BUSY_MS;
            }
            return Turn::Wait(until);
        }
        let pause = match account.cpu.pause {
            _ if !busy => 0,
            pause if account.cpu.grown >= STEPS_PER_MS => (pause * 2).min(MAX_PAUSE_MS),
            pause => pause,
        };
        match self.left(cgroup) {
            u64::MAX => Turn::Go(STEPS_PER_MS),
            left => Turn::Go((left / (STEP_NS * (pause + 1))).clamp(LEAST_STEPS, STEPS_PER_MS.into()) as u32),
        }
    }

    /// A process has used its turn up: how long it must wait, and what that stands for.
    pub(crate) fn pause(&mut self, pid: Pid, cgroup: CgroupId, steps: u32) -> u64 {
        let now = self.now;
        let Some(account) = self.cgroup_mut(cgroup) else { return now };
        let cpu = &mut account.cpu;
        // A container that went on right after its last pause gets a longer one.
        let rested = cpu.rest_until.max(cpu.throttled_until);
        if now.saturating_sub(rested) > 1 {
            cpu.pause = 0;
            cpu.grown = 0;
            cpu.queued = 0;
        }
        if cpu.pause == 0 || cpu.grown >= STEPS_PER_MS {
            cpu.pause = (cpu.pause * 2).clamp(1, MAX_PAUSE_MS);
            cpu.grown = 0;
        }
        cpu.grown = cpu.grown.saturating_add(steps);
        let wanting = std::mem::replace(&mut cpu.queued, 1).max(1);
        // What one step overdrew must be worked off too.
        let alone = (cpu.pause * STEP_NS * u64::from(steps)).min(1_000_000_000);
        let speed = self.speed(cgroup, wanting).max(1);
        let seen = (alone * speed.max(PARALLEL * 1000) / (PARALLEL * 1000)).max(1);
        let wall = (seen * 1000 / speed).div_ceil(1_000_000).max(1);
        self.bill(pid, cgroup, seen);
        let mut until = now + wall;
        if let Some(held) = self.throttled(cgroup) {
            until = until.max(held);
        }
        if let Some(account) = self.cgroup_mut(cgroup) {
            account.cpu.rest_until = until;
        }
        if let Some(proc) = self.proc_mut(pid) {
            proc.busy_until = until + STILL_BUSY_MS;
        }
        until
    }

    /// A program that computes for so long: what it can do at once, in microseconds, and when that is done.
    pub(crate) fn compute(&mut self, pid: Pid, cgroup: CgroupId, us: u64) -> (u64, u64) {
        if let Some(until) = self.throttled(cgroup) {
            return (0, until);
        }
        let left = self.left(cgroup);
        let now = self.now;
        // Within its container it is one among others.
        let others = match self.cgroups.get(&cgroup).map(|account| &account.cpu) {
            Some(cpu) if now.saturating_sub(cpu.rest_until.max(cpu.throttled_until)) <= 1 => cpu.queued,
            _ => 0,
        };
        let speed = self.speed(cgroup, others + 1).max(1);
        let own = (speed / (others + 1)).clamp(1, 1000);
        let limited = left < u64::MAX;
        let in_period = (PERIOD_MS - now % PERIOD_MS) * own;
        let now_us = match limited || own < 1000 {
            true => us.min(in_period).min(left / 1000 / (others + 1)).max(1),
            false => us,
        };
        self.bill(pid, cgroup, now_us * 1000);
        (now_us, self.now + now_us.div_ceil(own))
    }

    /// How many thousandths of a processor a container with so many busy processes gets now.
    fn speed(&mut self, cgroup: CgroupId, wanting: u64) -> u64 {
        let now = self.now;
        let groups = self.groups(cgroup);
        let mut node = None;
        let (mut own, mut shared) = (u64::MAX, u64::MAX);
        let (mut weight, mut parent) = (2, None);
        for id in groups.into_iter().flatten() {
            let Some(account) = self.cgroups.get(&id) else { continue };
            // What a limit leaves unused is there for others.
            let most = account.cpu.quota_ns.map_or(u64::MAX, |ns| (ns / (PERIOD_MS * 1000)).max(1));
            if id == cgroup {
                (own, weight, parent) = (most, account.cpu.weight.max(2), account.cpu.parent);
            } else {
                shared = shared.min(most);
            }
            if account.cpu.node.is_some() {
                node = Some(id);
            }
        }
        let Some(node) = node.and_then(|id| self.cgroup_mut(id)).and_then(|a| a.cpu.node.as_mut()) else {
            return wanting * 1000;
        };
        let all = node.milli;
        node.busy.retain(|_, busy| busy.until >= now);
        let siblings = node.busy.iter().filter(|(id, busy)| **id != cgroup && busy.parent == parent).count();
        let most = own.min(shared / (siblings as u64 + 1));
        let demand = (wanting * 1000).min(all);
        let until = now + MAX_PAUSE_MS + PERIOD_MS;
        node.busy.insert(cgroup, Busy { until, demand: demand.min(most), weight, parent });
        let together: u64 = node.busy.iter().map(|(_, busy)| busy.demand).sum();
        // A limit is kept by its periods, and may be used up in a shorter time.
        if together <= all { demand } else { fair(&node.busy, cgroup, all) }
    }

    /// The processors that a process sees in thousandths, and what all the containers on them have used, in
    /// microseconds.
    pub(crate) fn processors(&self, pid: Pid) -> (u64, u64) {
        let Some(cgroup) = self.proc(pid).map(|proc| proc.cgroup) else { return (2000, 0) };
        let accounts = self.groups(cgroup).into_iter().flatten().filter_map(|id| self.cgroups.get(&id));
        let mut seen = (2000, 0);
        for account in accounts {
            let milli = account.cpu.node.as_ref().map_or(2000, |node| node.milli);
            seen = (milli, account.cpu.usage_us());
        }
        seen
    }
}

impl Cpu {
    /// `cpu.stat`
    pub(crate) fn stat(&self) -> String {
        let usage = self.usage_us();
        let system = crate::procfs::system(usage);
        format!(
            "usage_usec {usage}\nuser_usec {}\nsystem_usec {system}\nnr_periods {}\nnr_throttled {}\n\
             throttled_usec {}\nnr_bursts 0\nburst_usec 0\n",
            usage - system,
            self.nr_periods,
            self.nr_throttled,
            self.throttled_ms * 1000
        )
    }
}

/// A container's part of a node that is full: by weight, and nobody more than it can use.
fn fair(busy: &Map<CgroupId, Busy>, of: CgroupId, all: u64) -> u64 {
    let Some(own) = busy.get(&of) else { return 1 };
    let mut rest = all;
    let mut open: Vec<&Busy> = busy.values().collect();
    // Who is content with less than its part leaves the others more: each round finds such, or it is the last.
    for _ in 0..=busy.len() {
        let weights: u64 = open.iter().map(|busy| busy.weight).sum();
        let part = |busy: &Busy| rest * busy.weight / weights.max(1);
        if own.demand <= part(own) {
            return own.demand;
        }
        let (content, others): (Vec<&Busy>, Vec<&Busy>) =
            open.iter().partition(|busy| busy.demand <= part(busy));
        if content.is_empty() {
            return part(own).max(1);
        }
        rest -= content.iter().map(|busy| busy.demand).sum::<u64>();
        open = others;
    }
    rest.max(1)
}
