//! Tools that run or look for processes: timeout, time, nohup, killall, pidof, top, free, uptime, logger, and some that
//! only have to be there.

use super::process::{command_line, exec_or_complain, visible};
use super::{Opts, usage, users};
use crate::caps::Cap;
use crate::ctx::{Act, Ctx, Machine, Step};
use crate::procfs::{NODE_MEMORY_KIB, system, user};
use crate::types::{Errno, Pid, ProcessInfo, Signal};

/// `time`: waits for a child, and says how long it took.
#[derive(Clone, Debug)]
struct Clock {
    child: Pid,
    started: u64,
}

impl Machine for Clock {
    fn step(&mut self, cx: &mut Ctx<'_>) -> Step {
        let Some(status) = cx.os.reap(cx.pid, self.child) else { return Step::Block(None) };
        let used = cx.os.proc(cx.pid).map_or(0, |p| p.children_ns);
        let line = |name: &str, ms: u64| {
            format!("{name}\t{}m {}.{:02}s\n", ms / 60_000, ms / 1000 % 60, ms % 1000 / 10)
        };
        let text = [
            line("real", cx.now() - self.started),
            line("user", user(used) / 1_000_000),
            line("sys", system(used) / 1_000_000),
        ]
        .concat();
        let _ = cx.write(2, text.as_bytes());
        Step::Exit(status.code())
    }
    fn boxed(&self) -> Box<dyn Machine> {
        Box::new(self.clone())
    }
}

/// The watcher of timeout: it looks once a second, and ends with the process it watches.
#[derive(Clone, Debug)]
struct Watch {
    target: Pid,
    deadline: u64,
    signal: Signal,
    kill_after: Option<u64>,
}

impl Machine for Watch {
    fn step(&mut self, cx: &mut Ctx<'_>) -> Step {
        let alive = cx.os.proc(self.target).is_some_and(|p| !matches!(p.run, crate::process::Run::Zombie(_)));
        if !alive {
            return Step::Exit(0);
        }
        if cx.now() >= self.deadline {
            cx.os.deliver(self.target, self.signal, false);
            match self.kill_after.take() {
                Some(ms) => {
                    self.signal = Signal::KILL;
                    self.deadline = cx.now() + ms;
                }
                None => return Step::Exit(0),
            }
        }
        Step::Block(Some(self.deadline.min(cx.now() + 1000)))
    }
    fn boxed(&self) -> Box<dyn Machine> {
        Box::new(self.clone())
    }
}

/// timeout becomes the program itself, and leaves a watcher behind that is nobody's child.
pub(crate) fn timeout(cx: &mut Ctx<'_>) -> Act {
    let long = [("signal", 's'), ("kill-after", 'k')];
    let opts = match Opts::parse(cx, "+s:k:t:", &long) {
        Ok(opts) => opts,
        Err(act) => return act,
    };
    let Some((time, argv)) = opts.rest.split_first().filter(|(_, a)| !a.is_empty()) else {
        return Act::Exit(usage(cx));
    };
    let Some(ms) = super::time::duration_ms(time) else {
        cx.complain(&["invalid number '", time, "'"].concat());
        return Act::Exit(1);
    };
    let signal = match opts.value('s').map(Signal::parse) {
        Some(None) => {
            cx.complain(&["unknown signal '", opts.value('s').unwrap_or_default(), "'"].concat());
            return Act::Exit(1);
        }
        Some(Some(signal)) => signal,
        None => Signal::TERM,
    };
    let kill_after = opts.value('k').and_then(super::time::duration_ms);
    if ms > 0 {
        match cx.os.fork(cx.pid) {
            Ok(child) => {
                // Whole seconds, at least one.
                let deadline = cx.now() + (ms / 1000).max(1) * 1000;
                let me = cx.pid;
                if let Some(proc) = cx.os.proc_mut(me) {
                    proc.children.retain(|c| *c != child);
                }
                for fd in 0..3 {
                    cx.os.set_fd(child, fd, None);
                }
                if let Some(proc) = cx.os.proc_mut(child) {
                    proc.ppid = Pid(0);
                    proc.prog = crate::process::Prog::Tool(Box::new(Watch {
                        target: me,
                        deadline,
                        signal,
                        kill_after,
                    }));
                }
                cx.os.wake(child);
            }
            Err(errno) => {
                cx.complain(&["can't fork: ", errno.text()].concat());
                return Act::Exit(1);
            }
        }
    }
    exec_or_complain(cx, argv.to_vec(), None)
}

pub(crate) fn time(cx: &mut Ctx<'_>) -> Act {
    let argv: Vec<String> = cx.args()[1..].iter().skip_while(|a| a.starts_with('-')).cloned().collect();
    if argv.is_empty() {
        return Act::Exit(usage(cx));
    }
    let name = argv[0].clone();
    match cx.spawn(argv) {
        Ok(child) => Act::Run(Box::new(Clock { child, started: cx.now() })),
        Err(errno) => {
            cx.fail("can't execute", &name, errno);
            Act::Exit(if errno == Errno::NoEntry { 127 } else { 126 })
        }
    }
}

pub(crate) fn nohup(cx: &mut Ctx<'_>) -> Act {
    let argv: Vec<String> = cx.args()[1..].to_vec();
    if argv.is_empty() {
        return Act::Exit(usage(cx));
    }
    if let Some(proc) = cx.os.proc_mut(cx.pid) {
        proc.ignored |= Signal::HUP.bit();
    }
    let name = argv[0].clone();
    match cx.exec(argv, None) {
        Ok(()) => Act::Replaced,
        Err(errno) => {
            cx.complain(&["failed to run command '", &name, "': ", errno.text()].concat());
            Act::Exit(if errno == Errno::NoEntry { 127 } else { 126 })
        }
    }
}

/// nice: tells how much it gives way, or runs what follows with more or less of that.
pub(crate) fn nice(cx: &mut Ctx<'_>) -> Act {
    let args = cx.args();
    let old = cx.os.proc(cx.pid).map_or(0, |proc| proc.nice);
    let mut rest = &args[1..];
    let Some(first) = rest.first() else {
        cx.out(&format!("{old}\n"));
        return Act::Exit(0);
    };
    let mut by = 10;
    if let Some(option) = first.strip_prefix('-') {
        let text = match option.strip_prefix('n') {
            Some("") => {
                rest = &rest[1..];
                rest.first().map_or("", String::as_str)
            }
            Some(number) => number,
            None => option,
        };
        if rest.len() < 2 {
            return Act::Exit(usage(cx));
        }
        match text.parse::<i32>() {
            Ok(number) => by = number.clamp(-100, 100),
            Err(_) => {
                cx.complain(&["invalid number '", text, "'"].concat());
                return Act::Exit(1);
            }
        }
        rest = &rest[1..];
    }
    let new = i32::from(old) + by;
    if by < 0 && !cx.os.capable(cx.pid, Cap::SYS_NICE) {
        cx.complain(&format!("setpriority({new}): Permission denied"));
        return Act::Exit(1);
    }
    if let Some(proc) = cx.os.proc_mut(cx.pid) {
        proc.nice = new.clamp(-20, 19) as i8;
    }
    exec_or_complain(cx, rest.to_vec(), None)
}

/// setsid, ionice, chrt, stdbuf: run what follows.
pub(crate) fn prefix(cx: &mut Ctx<'_>) -> Act {
    let opts = match Opts::parse(cx, "+n:c:o:e:i:p:t", &[]) {
        Ok(opts) => opts,
        Err(act) => return act,
    };
    if opts.rest.is_empty() {
        return Act::Exit(usage(cx));
    }
    exec_or_complain(cx, opts.rest, None)
}

/// Processes of this name: by the last part of argv[0], or of the script it runs.
fn named(cx: &Ctx<'_>, name: &str) -> Vec<(Pid, u32)> {
    let base = |a: &String| crate::fs::split_last(a).1.to_string();
    visible(cx)
        .into_iter()
        .filter(|i| i.state != 'Z' && i.argv.first().is_some_and(|a| base(a) == name || a == name))
        .map(|i| (i.pid, i.ns_pid))
        .collect()
}

pub(crate) fn pidof(cx: &mut Ctx<'_>) -> Act {
    let opts = match Opts::parse(cx, "so:x", &[]) {
        Ok(opts) => opts,
        Err(act) => return act,
    };
    let mut all: Vec<String> = Vec::new();
    for name in &opts.rest {
        all.extend(named(cx, name).iter().rev().map(|(_, n)| n.to_string()));
    }
    if opts.has('s') {
        all.truncate(1);
    }
    if all.is_empty() {
        return Act::Exit(1);
    }
    cx.out(&[&all.join(" "), "\n"].concat());
    Act::Exit(0)
}

pub(crate) fn killall(cx: &mut Ctx<'_>) -> Act {
    let args = cx.args();
    let mut rest = &args[1..];
    let mut signal = Signal::TERM;
    let mut quiet = false;
    while let Some(option) = rest.first().and_then(|a| a.strip_prefix('-')) {
        match option {
            "q" => quiet = true,
            "l" => return super::process::kill(cx),
            "s" => {
                rest = &rest[1..];
                signal = rest.first().and_then(|s| Signal::parse(s)).unwrap_or(signal);
            }
            name => match Signal::parse(name) {
                Some(s) => signal = s,
                None => {
                    cx.complain(&["bad signal name '", name, "'"].concat());
                    return Act::Exit(1);
                }
            },
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    if rest.is_empty() {
        cx.complain("you need to specify whom to kill");
        return Act::Exit(1);
    }
    let mut code = 0;
    for name in rest {
        let found = named(cx, name);
        if found.iter().all(|(pid, _)| *pid == cx.pid) {
            code = 1;
            if !quiet {
                cx.complain(&[name, ": no process killed"].concat());
            }
        }
        for (pid, _) in found {
            if pid == cx.pid {
                continue;
            }
            if cx.os.may_signal(cx.pid, pid) {
                cx.os.deliver(pid, signal, false);
            } else {
                code = 1;
                let number = cx.os.proc(pid).map_or(0, |p| p.ns_pid);
                cx.complain(&format!("can't kill pid {number}: Operation not permitted"));
            }
        }
    }
    Act::Exit(code)
}

/// top in batch mode; on a terminal it shows itself again every five seconds.
#[derive(Clone, Debug)]
struct Top {
    rounds: Option<u64>,
    delay: u64,
    next: u64,
    batch: bool,
    before: Option<Sample>,
}

/// When top last looked, and what the node and each process had used by then, in microseconds.
#[derive(Clone, Debug)]
struct Sample {
    at: u64,
    node: u64,
    times: Vec<(Pid, u64)>,
}

/// It first looks for so long before it shows anything.
const TOP_SAMPLE_MS: u64 = 100;

impl Machine for Top {
    fn step(&mut self, cx: &mut Ctx<'_>) -> Step {
        if cx.now() < self.next {
            return Step::Block(Some(self.next));
        }
        let used = cx.os.used_memory_kib();
        let mut processes = visible(cx);
        let (milli, node_us) = cx.os.processors(cx.pid);
        let times = processes.iter().map(|info| (info.pid, info.cpu_us)).collect();
        let Some(before) = self.before.replace(Sample { at: cx.now(), node: node_us, times }) else {
            self.next = cx.now() + TOP_SAMPLE_MS;
            return Step::Block(Some(self.next));
        };
        // Of all processors together.
        let whole = (cx.now() - before.at).max(1) * milli.max(1);
        let percent = |us: u64| (us * 100 / whole).min(100);
        let load = |info: &ProcessInfo| {
            let then = before.times.iter().find(|(pid, _)| *pid == info.pid).map_or(0, |(_, us)| *us);
            percent(info.cpu_us.saturating_sub(then))
        };
        // The busiest first.
        crate::map::sort_by(&mut processes, |a, b| load(b).cmp(&load(a)));
        let node = node_us.saturating_sub(before.node);
        // Work is counted when it begins, and may take longer than until the next look.
        let usr = percent(user(node));
        let sys = percent(system(node)).min(100 - usr);
        let mut text = if self.batch { String::new() } else { "\x1b[H\x1b[J".to_string() };
        text.push_str(&format!(
            "Mem: {used}K used, {}K free, 0K shrd, 0K buff, 0K cached\nCPU: {usr:>3}% usr {sys:>3}% sys   0% nic {:>3}% idle   0% io   0% irq   0% sirq\nLoad average: 0.08 0.03 0.01 1/{} {}\n  PID  PPID USER     STAT   VSZ %VSZ %CPU COMMAND\n",
            NODE_MEMORY_KIB - used,
            100 - usr - sys,
            processes.len(),
            processes.iter().map(|p| p.ns_pid).max().unwrap_or(0)
        ));
        for info in &processes {
            let user = users::name(cx, info.uid).unwrap_or_else(|| info.uid.to_string());
            let vsz = (info.rss_bytes >> 10) + 4204;
            text.push_str(&format!(
                "{:>5} {:>5} {user:<8.8} {:<4} {vsz:>5} {:>3}% {:>3}% {}\n",
                info.ns_pid,
                info.ns_ppid,
                info.state,
                vsz * 100 / NODE_MEMORY_KIB,
                load(info),
                command_line(info)
            ));
        }
        cx.out(&text);
        if let Some(rounds) = &mut self.rounds {
            *rounds = rounds.saturating_sub(1);
            if *rounds == 0 {
                return Step::Exit(0);
            }
        }
        self.next = cx.now() + self.delay;
        Step::Block(Some(self.next))
    }
    fn boxed(&self) -> Box<dyn Machine> {
        Box::new(self.clone())
    }
}

pub(crate) fn top(cx: &mut Ctx<'_>) -> Act {
    let opts = match Opts::parse(cx, "bn:d:mH", &[]) {
        Ok(opts) => opts,
        Err(act) => return act,
    };
    Act::Run(Box::new(Top {
        rounds: opts.value('n').and_then(|n| n.parse().ok()),
        delay: opts.value('d').and_then(super::time::duration_ms).unwrap_or(5_000).max(100),
        next: 0,
        batch: opts.has('b'),
        before: None,
    }))
}

pub(crate) fn free(cx: &mut Ctx<'_>) -> Act {
    let opts = match Opts::parse(cx, "bkmgh", &[]) {
        Ok(opts) => opts,
        Err(act) => return act,
    };
    let used = cx.os.used_memory_kib();
    let show = |kib: u64| {
        if opts.has('h') {
            super::files::human(kib * 1024)
        } else if opts.has('b') {
            (kib * 1024).to_string()
        } else if opts.has('m') {
            (kib >> 10).to_string()
        } else if opts.has('g') {
            (kib >> 20).to_string()
        } else {
            kib.to_string()
        }
    };
    let (all, free) = (NODE_MEMORY_KIB, NODE_MEMORY_KIB - used);
    cx.out(&format!(
        "              total        used        free      shared  buff/cache   available\nMem:{:>15}{:>12}{:>12}{:>12}{:>12}{:>12}\nSwap:{:>14}{:>12}{:>12}\n",
        show(all),
        show(used),
        show(free),
        show(0),
        show(0),
        show(free),
        show(0),
        show(0),
        show(0)
    ));
    Act::Exit(0)
}

pub(crate) fn uptime(cx: &mut Ctx<'_>) -> Act {
    let minutes = cx.os.uptime_ms() / 60_000;
    let clock = super::time::format_time(cx.os.unix_ms(), "%H:%M:%S");
    let (days, hours) = (minutes / 1440, minutes / 60 % 24);
    let mut up = String::new();
    if days > 0 {
        up.push_str(&format!("{days} day{}, ", if days == 1 { "" } else { "s" }));
    }
    up.push_str(&if hours > 0 {
        format!("{hours:2}:{:02}", minutes % 60)
    } else {
        format!("{} min", minutes % 60)
    });
    cx.out(&format!(" {clock} up {up},  0 users,  load average: 0.08, 0.03, 0.01\n"));
    Act::Exit(0)
}

/// logger, sync: nobody listens to the one, nothing is to be done for the other.
pub(crate) fn nothing(cx: &mut Ctx<'_>) -> Act {
    let opts = Opts::parse(cx, "st:p:f", &[]);
    if let Ok(opts) = opts
        && opts.has('s')
    {
        let text = format!("{}: {}\n", opts.value('t').unwrap_or("root"), opts.rest.join(" "));
        let _ = cx.write(2, text.as_bytes());
    }
    Act::Exit(0)
}

pub(crate) fn nproc(cx: &mut Ctx<'_>) -> Act {
    cx.out("2\n");
    Act::Exit(0)
}

pub(crate) fn tty(cx: &mut Ctx<'_>) -> Act {
    if cx.is_tty(0) {
        cx.out("/dev/pts/0\n");
        return Act::Exit(0);
    }
    if cx.args().get(1).is_none_or(|a| a != "-s") {
        cx.out("not a tty\n");
    }
    Act::Exit(1)
}

pub(crate) fn ipcs(cx: &mut Ctx<'_>) -> Act {
    cx.out("\n------ Message Queues --------\nkey        msqid      owner      perms      used-bytes   messages    \n\n------ Shared Memory Segments --------\nkey        shmid      owner      perms      bytes      nattch     status      \n\n------ Semaphore Arrays --------\nkey        semid      owner      perms      nsems     \n\n");
    Act::Exit(0)
}
