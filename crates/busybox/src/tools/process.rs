//! Tools about processes and their environment: kill, ps, env, printenv, memhog.

use super::{Opts, usage};
use crate::ctx::{Act, Ctx, Machine, Step};
use crate::types::{Errno, Pid, ProcessInfo, SIGNAL_NAMES, Signal};

/// kill(1), for the tool and for the shell: `say` prints a complaint.
pub(crate) fn kill_with(cx: &mut Ctx<'_>, args: &[String], say: &dyn Fn(&mut Ctx<'_>, &str)) -> i32 {
    let mut rest = &args[1..];
    let mut signal = Signal::TERM;
    if let Some(first) = rest.first()
        && first.starts_with('-')
        && first != "--"
        && first.len() > 1
    {
        if first == "-l" {
            if rest.len() == 1 {
                let mut text = String::new();
                for (n, name) in SIGNAL_NAMES.iter().enumerate().skip(1) {
                    text.push_str(&format!("{n:2}) {name}\n"));
                }
                cx.out(&text);
                return 0;
            }
            for arg in &rest[1..] {
                let line = match arg.parse::<u8>() {
                    Ok(n) => Signal(n & 127).name().to_string(),
                    Err(_) => match Signal::parse(arg) {
                        Some(signal) => signal.0.to_string(),
                        None => {
                            say(cx, &["unknown signal '", arg, "'"].concat());
                            return 1;
                        }
                    },
                };
                cx.out(&[&line, "\n"].concat());
            }
            return 0;
        }
        let mut name = first[1..].to_string();
        rest = &rest[1..];
        if name == "s" || name == "n" {
            name = rest.first().cloned().unwrap_or_default();
            rest = rest.get(1..).unwrap_or_default();
        }
        match Signal::parse(&name) {
            Some(s) => signal = s,
            None => {
                say(cx, &["bad signal name '", &name, "'"].concat());
                return 1;
            }
        }
    }
    if rest.first().is_some_and(|a| a == "--") {
        rest = &rest[1..];
    }
    if rest.is_empty() {
        say(cx, "you need to specify whom to kill");
        return 1;
    }
    let mut status = 0;
    for arg in rest {
        let Ok(number) = arg.parse::<i64>() else {
            say(cx, &["invalid number '", arg, "'"].concat());
            status = 1;
            continue;
        };
        let targets = targets(cx, number);
        if targets.is_empty() {
            say(cx, &["can't kill pid ", arg, ": No such process"].concat());
            status = 1;
        }
        for pid in targets {
            if !cx.os.may_signal(cx.pid, pid) {
                say(cx, &["can't kill pid ", arg, ": Operation not permitted"].concat());
                status = 1;
                continue;
            }
            cx.os.deliver(pid, signal, false);
        }
    }
    status
}

/// Whom kill(2) means: one process, the own group (0), another group (negative), or all (-1).
fn targets(cx: &Ctx<'_>, number: i64) -> Vec<Pid> {
    let Some(me) = cx.os.proc(cx.pid) else { return Vec::new() };
    let Some(space) = cx.os.pid_spaces.get(&me.ns) else { return Vec::new() };
    if number > 0 {
        return space.procs.get(&(number as u32)).copied().into_iter().collect();
    }
    let group = match number {
        0 => Some(me.root),
        -1 => None,
        n => match space.procs.get(&(n.unsigned_abs() as u32)).and_then(|p| cx.os.proc(*p)) {
            Some(leader) => Some(leader.root),
            None => return Vec::new(),
        },
    };
    space
        .procs
        .iter()
        .filter(|(n, pid)| match group {
            Some(group) => cx.os.proc(**pid).is_some_and(|p| p.root == group),
            None => **n != 1 && **pid != cx.pid,
        })
        .map(|(_, pid)| *pid)
        .collect()
}

pub(crate) fn kill(cx: &mut Ctx<'_>) -> Act {
    let args = cx.args();
    Act::Exit(kill_with(cx, &args, &|cx, text| cx.complain(text)))
}

/// The processes one sees: those of the own number space, by number.
pub(crate) fn visible(cx: &Ctx<'_>) -> Vec<ProcessInfo> {
    let Some(ns) = cx.os.proc(cx.pid).map(|p| p.ns) else { return Vec::new() };
    let Some(space) = cx.os.pid_spaces.get(&ns) else { return Vec::new() };
    space.procs.values().filter_map(|pid| cx.os.info(*pid)).collect()
}

/// The command line as ps shows it; a dead process has only its name.
pub(crate) fn command_line(info: &ProcessInfo) -> String {
    if info.state == 'Z' {
        let name = info.argv.first().map(|a| crate::fs::split_last(a).1).unwrap_or_default();
        return ["[", &name.chars().take(15).collect::<String>(), "]"].concat();
    }
    info.argv.join(" ").chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// `0:03`, as ps and top show CPU time.
fn cpu_time(us: u64) -> String {
    let seconds = us / 1_000_000;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

pub(crate) fn ps(cx: &mut Ctx<'_>) -> Act {
    // BSD-style options are taken and ignored, as `ps aux` is.
    let args = cx.args();
    let mut columns: Vec<(String, String)> = Vec::new();
    let mut at = 1;
    while let Some(arg) = args.get(at) {
        at += 1;
        let list = match arg.strip_prefix("-o") {
            Some("") => {
                at += 1;
                args.get(at - 1).cloned().unwrap_or_default()
            }
            Some(list) => list.to_string(),
            None => continue,
        };
        for column in list.split(',') {
            let (name, head) = column.split_once('=').unwrap_or((column, ""));
            columns.push((name.to_string(), head.to_string()));
        }
    }
    if columns.is_empty() {
        for name in ["pid", "user", "args"] {
            columns.push((name.to_string(), String::new()));
        }
    }
    let known = [
        ("pid", "PID", 5, true),
        ("ppid", "PPID", 5, true),
        ("user", "USER", 8, false),
        ("uid", "UID", 5, true),
        ("time", "TIME", 6, true),
        ("etime", "ELAPSED", 7, true),
        ("stat", "STAT", 4, false),
        ("state", "STAT", 4, false),
        ("vsz", "VSZ", 5, true),
        ("rss", "RSS", 4, true),
        ("comm", "COMMAND", 16, false),
        ("args", "COMMAND", 16, false),
        ("cmd", "COMMAND", 16, false),
    ];
    let mut plan = Vec::new();
    for (name, head) in &columns {
        let Some((_, title, width, right)) = known.iter().find(|(n, ..)| n == name) else {
            cx.complain(
                &[
                    "bad -o argument '",
                    name,
                    "', supported arguments: user,uid,comm,args,pid,ppid,stat,time,etime,vsz,rss",
                ]
                .concat(),
            );
            return Act::Exit(1);
        };
        let title = if head.is_empty() { (*title).to_string() } else { head.clone() };
        let width = (*width).max(title.len());
        plan.push((name.clone(), title, width, *right));
    }
    let mut lines = Vec::new();
    lines.push(plan.iter().map(|(_, title, ..)| title.clone()).collect::<Vec<_>>());
    for info in visible(cx) {
        let user = super::users::name(cx, info.uid).unwrap_or_else(|| info.uid.to_string());
        let age = (cx.now() - info.start_ms) / 1000;
        let row = plan.iter().map(|(name, ..)| match name.as_str() {
            "pid" => info.ns_pid.to_string(),
            "ppid" => info.ns_ppid.to_string(),
            "user" => user.chars().take(8).collect(),
            "uid" => info.uid.to_string(),
            "time" => cpu_time(info.cpu_us),
            "etime" => format!("{}:{:02}", age / 60, age % 60),
            "stat" | "state" => info.state.to_string(),
            "vsz" => ((info.rss_bytes >> 10) + 4204).to_string(),
            "rss" => (info.rss_bytes >> 10).to_string(),
            "comm" => info.argv.first().map(|a| crate::fs::split_last(a).1.to_string()).unwrap_or_default(),
            _ => command_line(&info),
        });
        lines.push(row.collect());
    }
    let mut text = String::new();
    for (n, row) in lines.iter().enumerate() {
        let last = row.len() - 1;
        for (i, (cell, (_, _, width, right))) in row.iter().zip(&plan).enumerate() {
            if i > 0 {
                text.push(' ');
            }
            if i == last && (!right || n == 0) {
                text.push_str(cell);
            } else {
                // The heads stand at the left of their columns.
                text.push_str(&super::text::pad(cell, *width, n == 0 || !right, false));
            }
        }
        text.push('\n');
    }
    cx.out(&text);
    Act::Exit(0)
}

pub(crate) fn printenv(cx: &mut Ctx<'_>) -> Act {
    let args = cx.args();
    let mut code = 0;
    if args.len() == 1 {
        let env = cx.os.proc(cx.pid).map(|p| p.env.clone()).unwrap_or_default();
        for entry in env.iter() {
            cx.out(&[entry, "\n"].concat());
        }
    }
    for name in &args[1..] {
        match cx.env(name) {
            Some(value) => cx.out(&[&value, "\n"].concat()),
            None => code = 1,
        }
    }
    Act::Exit(code)
}

pub(crate) fn env(cx: &mut Ctx<'_>) -> Act {
    let opts = match Opts::parse(cx, "+iu:0", &[("unset", 'u'), ("ignore-environment", 'i')]) {
        Ok(opts) => opts,
        Err(act) => return act,
    };
    let mut env: Vec<String> = match cx.os.proc(cx.pid) {
        Some(p) if !opts.has('i') => p.env.to_vec(),
        _ => Vec::new(),
    };
    let is = |entry: &str, name: &str| entry.split('=').next() == Some(name);
    for name in opts.values('u') {
        env.retain(|e| !is(e, name));
    }
    let mut rest = &opts.rest[..];
    if rest.first().is_some_and(|a| a == "-") {
        env.clear();
        rest = &rest[1..];
    }
    while let Some((name, _)) = rest.first().and_then(|a| a.split_once('=')) {
        env.retain(|e| !is(e, name));
        env.push(rest[0].clone());
        rest = &rest[1..];
    }
    if rest.is_empty() {
        for entry in &env {
            cx.out(&[entry, "\n"].concat());
        }
        return Act::Exit(0);
    }
    exec_or_complain(cx, rest.to_vec(), Some(env))
}

/// Becomes another program, or says why not: `can't execute 'x': …`, 127 or 126.
pub(crate) fn exec_or_complain(cx: &mut Ctx<'_>, argv: Vec<String>, env: Option<Vec<String>>) -> Act {
    let name = argv[0].clone();
    match cx.exec(argv, env) {
        Ok(()) => Act::Replaced,
        Err(errno) => {
            let errno = if errno == Errno::IsDir { Errno::Access } else { errno };
            cx.fail("can't execute", &name, errno);
            Act::Exit(if errno == Errno::NoEntry { 127 } else { 126 })
        }
    }
}

/// Waits, then takes memory one mebibyte at a time, then sleeps for ever.
#[derive(Clone, Debug)]
struct Memhog {
    left: u64,
    due: u64,
}

impl Machine for Memhog {
    fn step(&mut self, cx: &mut Ctx<'_>) -> Step {
        while cx.now() >= self.due {
            if self.left == 0 {
                return Step::Block(None);
            }
            self.left -= 1;
            self.due += 5;
            let pid = cx.pid;
            cx.os.add_memory(pid, 1 << 20);
            if cx.os.proc(pid).is_none() {
                return Step::Exit(137);
            }
        }
        Step::Block(Some(self.due))
    }
    fn boxed(&self) -> Box<dyn Machine> {
        Box::new(self.clone())
    }
}

pub(crate) fn memhog(cx: &mut Ctx<'_>) -> Act {
    let args = cx.args();
    let megabytes = args.get(1).and_then(|a| a.parse::<u64>().ok());
    let wait = args.get(2).map_or(Some(0), |a| super::time::duration_ms(a));
    match (megabytes, wait) {
        (Some(left), Some(wait)) => {
            Act::Run(Box::new(Memhog { left: left.min(1 << 20), due: cx.now() + wait }))
        }
        _ => Act::Exit(usage(cx)),
    }
}
