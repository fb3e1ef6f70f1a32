//! Commands the shell runs itself.

use super::exec::quote;
use super::parse::is_name;
use super::{FLAGS, Frame, Shell, Var, flag_index};
use crate::ctx::{Ctx, Step};
use crate::fd::Read;
use crate::types::{Errno, Pid, Signal};
use std::rc::Rc;

pub(super) type Builtin = fn(&mut Shell, &mut Ctx<'_>, &[String]) -> Option<Step>;

const BUILTINS: [(&str, Builtin); 43] = [
    (".", dot),
    (":", colon),
    ("[", test),
    ("[[", test),
    ("alias", alias),
    ("bg", job_control),
    ("break", break_),
    ("cd", cd),
    ("chdir", cd),
    ("command", command),
    ("continue", break_),
    ("echo", echo),
    ("eval", eval),
    ("exec", colon),
    ("exit", exit),
    ("export", export),
    ("false", false_),
    ("fg", job_control),
    ("getopts", getopts),
    ("hash", colon),
    ("help", help),
    ("jobs", jobs),
    ("kill", kill),
    ("let", let_),
    ("local", local),
    ("printf", printf),
    ("pwd", pwd),
    ("read", read),
    ("readonly", export),
    ("return", return_),
    ("set", set),
    ("shift", shift),
    ("source", dot),
    ("test", test),
    ("times", times),
    ("trap", trap),
    ("true", colon),
    ("type", type_),
    ("ulimit", ulimit),
    ("umask", umask),
    ("unalias", unalias),
    ("unset", unset),
    ("wait", wait),
];

const KEYWORDS: [&str; 16] = [
    "!", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then", "until", "while",
    "{", "}",
];

pub(super) fn find(name: &str) -> Option<Builtin> {
    BUILTINS.iter().find(|(n, _)| *n == name).map(|(_, f)| *f)
}

pub(super) fn is_special(name: &str) -> bool {
    matches!(
        name,
        "." | ":"
            | "break"
            | "continue"
            | "eval"
            | "exec"
            | "exit"
            | "export"
            | "readonly"
            | "return"
            | "set"
            | "shift"
            | "source"
            | "times"
            | "trap"
            | "unset"
    )
}

fn colon(sh: &mut Shell, cx: &mut Ctx<'_>, _: &[String]) -> Option<Step> {
    sh.done(cx, 0)
}

fn false_(sh: &mut Shell, cx: &mut Ctx<'_>, _: &[String]) -> Option<Step> {
    sh.done(cx, 1)
}

/// A builtin's complaint; that of a special one ends a shell that is not interactive.
fn fail(sh: &mut Shell, cx: &mut Ctx<'_>, name: &str, text: &str) -> Option<Step> {
    sh.builtin_message(cx, name, text);
    if is_special(name) || name == "local" { sh.abort(cx, 2) } else { sh.done(cx, 2) }
}

fn out(sh: &mut Shell, cx: &mut Ctx<'_>, bytes: &[u8]) -> Option<Step> {
    match cx.write(1, bytes) {
        Err(Errno::Pipe) => sh.done(cx, 1),
        Err(errno) => {
            sh.message(cx, &["write error: ", errno.text()].concat());
            sh.done(cx, 1)
        }
        Ok(()) => sh.done(cx, 0),
    }
}

fn echo(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let bytes = crate::tools::text::echo(&args[1..]);
    out(sh, cx, &bytes)
}

fn printf(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    if args.len() < 2 {
        sh.message(cx, "usage: printf FORMAT [ARGUMENT...]");
        return sh.done(cx, 2);
    }
    let (bytes, errors) = crate::tools::text::printf(&args[1..]);
    for error in &errors {
        sh.message(cx, error);
    }
    let _ = cx.write(1, &bytes);
    sh.done(cx, i32::from(!errors.is_empty()))
}

fn test(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let mut rest = &args[1..];
    if args[0] != "test" {
        let close = if args[0] == "[" { "]" } else { "]]" };
        match rest.split_last() {
            Some((last, before)) if last == close => rest = before,
            _ => {
                sh.message(cx, &["missing ", close].concat());
                return sh.done(cx, 2);
            }
        }
    }
    match crate::tools::test::eval(cx, rest, args[0] == "[[") {
        Ok(yes) => sh.done(cx, i32::from(!yes)),
        Err(message) => {
            sh.message(cx, &message);
            sh.done(cx, 2)
        }
    }
}

fn pwd(sh: &mut Shell, cx: &mut Ctx<'_>, _: &[String]) -> Option<Step> {
    let line = [&cx.cwd(), "\n"].concat();
    out(sh, cx, line.as_bytes())
}

fn cd(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let mut rest = &args[1..];
    while rest.first().is_some_and(|a| matches!(a.as_str(), "-P" | "-L" | "--")) {
        rest = &rest[1..];
    }
    let mut print = false;
    let to = match rest.first() {
        Some(dash) if dash == "-" => {
            print = true;
            sh.get("OLDPWD").unwrap_or_else(|| "".into()).to_string()
        }
        Some(dir) => dir.clone(),
        None => match sh.get("HOME") {
            Some(home) => home.to_string(),
            None => return sh.done(cx, 0),
        },
    };
    let result = cx.os.resolve(cx.pid, if to.is_empty() { "." } else { &to }, true).and_then(|at| {
        let meta = cx.os.meta(cx.pid, &at.place)?;
        if !meta.is_dir() {
            return Err(Errno::NotDir);
        }
        if cx.os.allowed(cx.pid, &meta) & 1 == 0 {
            return Err(Errno::Access);
        }
        Ok(at.path)
    });
    match result {
        Ok(real) => {
            // The logical path: what was said, with `..` and `.` worked out.
            let old = cx.cwd();
            let mut parts: Vec<&str> =
                if to.starts_with('/') { Vec::new() } else { old.split('/').collect() };
            for part in to.split('/') {
                match part {
                    ".." => {
                        parts.pop();
                    }
                    "." | "" => {}
                    part => parts.push(part),
                }
            }
            let mut logical = String::new();
            for part in parts.into_iter().filter(|p| !p.is_empty()) {
                logical.push('/');
                logical.push_str(part);
            }
            if logical.is_empty() {
                logical.push('/');
            }
            let path = if cx.stat(&logical).is_ok() { logical } else { real };
            let _ = sh.set("OLDPWD", &old);
            let _ = sh.set("PWD", &path);
            for name in ["PWD", "OLDPWD"] {
                if let Some(var) = Rc::make_mut(&mut sh.vars).get_mut(name) {
                    var.export = true;
                }
            }
            sh.env_cache = None;
            if let Some(proc) = cx.os.proc_mut(cx.pid) {
                proc.cwd = path.as_str().into();
            }
            if print {
                let line = [&path, "\n"].concat();
                return out(sh, cx, line.as_bytes());
            }
            sh.done(cx, 0)
        }
        Err(errno) => fail(sh, cx, "cd", &["can't cd to ", &to, ": ", errno.text()].concat()),
    }
}

fn eval(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let text = args[1..].join(" ");
    if text.is_empty() {
        return sh.done(cx, 0);
    }
    sh.status = 0;
    let old = sh.context.replace("eval".into());
    sh.frames.push(Frame::Context(old));
    sh.frames.push(Frame::Source { text: text.into(), pos: 0, line: sh.line, last: false });
    None
}

fn dot(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let Some(name) = args.get(1) else { return fail(sh, cx, &args[0], "filename argument required") };
    let mut path = name.clone();
    if !name.contains('/') {
        let search = sh.get("PATH").unwrap_or_else(|| "".into());
        for dir in search.split(':').take(64) {
            let full = [dir, "/", name].concat();
            if cx.stat(&full).is_ok_and(|m| m.kind == '-') {
                path = full;
                break;
            }
        }
    }
    match cx.read_all(&path) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            sh.status = 0;
            if args.len() > 2 {
                let params = std::mem::replace(&mut sh.params, Rc::new(args[2..].to_vec()));
                sh.frames.push(Frame::Call { params, locals: Vec::new() });
            } else {
                sh.frames.push(Frame::Dot);
            }
            let old = sh.context.replace(path.as_str().into());
            sh.frames.push(Frame::Context(old));
            sh.frames.push(Frame::Source { text: (&*text).into(), pos: 0, line: 1, last: false });
            None
        }
        Err(errno) => fail(sh, cx, &args[0], &["can't open '", name, "': ", errno.text()].concat()),
    }
}

fn number(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String], default: i32) -> Result<i32, Option<Step>> {
    match args.get(1) {
        None => Ok(default),
        Some(text) => match text.parse::<i32>() {
            Ok(n) if n >= 0 => Ok(n),
            _ => Err(fail(sh, cx, &args[0], &["Illegal number: ", text].concat())),
        },
    }
}

fn exit(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    // Inside a trap, `exit` alone means the status before it.
    let before = sh.frames.iter().rev().find_map(|f| match f {
        Frame::TrapEnd(status) | Frame::Exit(status) => Some(*status),
        _ => None,
    });
    let status = match number(sh, cx, args, before.unwrap_or(sh.status)) {
        Ok(n) => n & 255,
        Err(step) => return step,
    };
    sh.begin_exit(cx, status)
}

fn return_(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let status = match number(sh, cx, args, sh.status) {
        Ok(n) => n & 255,
        Err(step) => return step,
    };
    sh.status = status;
    if sh.leave_call(cx) { None } else { sh.begin_exit(cx, status) }
}

fn break_(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let levels = match number(sh, cx, args, 1) {
        Ok(0) => return fail(sh, cx, &args[0], &["Illegal number: ", &args[1]].concat()),
        Ok(n) => n as usize,
        Err(step) => return step,
    };
    sh.status = 0;
    sh.leave_loop(cx, levels, args[0] == "continue");
    None
}

fn export(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let readonly = args[0] == "readonly";
    let mut rest = &args[1..];
    let mut remove = false;
    while let Some(first) = rest.first() {
        match first.as_str() {
            "-n" => remove = true,
            "-p" | "--" => {}
            _ => break,
        }
        rest = &rest[1..];
    }
    if rest.is_empty() {
        let mut text = String::new();
        for (name, var) in sh.vars.iter().filter(|(_, v)| if readonly { v.readonly } else { v.export }) {
            text.push_str(&[args[0].as_str(), " ", name].concat());
            if let Some(value) = &var.value {
                text.push_str(&["=", quote(value).as_str()].concat());
            }
            text.push('\n');
        }
        return out(sh, cx, text.as_bytes());
    }
    for arg in rest {
        let (name, value) = match arg.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (arg.as_str(), None),
        };
        if !is_name(name) {
            return fail(sh, cx, &args[0], &[name, ": bad variable name"].concat());
        }
        if let Some(value) = value
            && let Err(message) = sh.set(name, value)
        {
            return fail(sh, cx, &args[0], &message);
        }
        let var = Rc::make_mut(&mut sh.vars).or_insert(name.into(), Var::default());
        if readonly {
            var.readonly = true;
        } else {
            var.export = !remove;
        }
        sh.env_cache = None;
    }
    sh.done(cx, 0)
}

fn local(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let Some(at) = sh.frames.iter().rposition(|f| matches!(f, Frame::Call { .. })) else {
        return fail(sh, cx, "local", "not in a function");
    };
    for arg in &args[1..] {
        let (name, value) = match arg.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (arg.as_str(), None),
        };
        if !is_name(name) {
            return fail(sh, cx, "local", &[name, ": bad variable name"].concat());
        }
        let old = sh.vars.get(name).cloned();
        if let Frame::Call { locals, .. } = &mut sh.frames[at]
            && !locals.iter().any(|(n, _)| &**n == name)
        {
            locals.push((name.into(), old.clone()));
        }
        match value {
            Some(value) => {
                if let Err(message) = sh.set(name, value) {
                    return fail(sh, cx, "local", &message);
                }
            }
            None => {
                if !old.is_some_and(|v| v.readonly) {
                    Rc::make_mut(&mut sh.vars).insert(name.into(), Var::default());
                    sh.env_cache = None;
                }
            }
        }
    }
    sh.done(cx, 0)
}

fn unset(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let mut functions = false;
    sh.hash = Rc::default();
    for arg in &args[1..] {
        match arg.as_str() {
            "-f" => functions = true,
            "-v" => functions = false,
            name if functions => {
                Rc::make_mut(&mut sh.functions).remove(name);
            }
            name => {
                if !is_name(name) {
                    return fail(sh, cx, "unset", &[name, ": bad variable name"].concat());
                }
                if sh.vars.get(name).is_some_and(|v| v.readonly) {
                    return fail(sh, cx, "unset", &[name, ": is read only"].concat());
                }
                if sh.vars.contains_key(name) {
                    Rc::make_mut(&mut sh.vars).remove(name);
                } else {
                    Rc::make_mut(&mut sh.functions).remove(name);
                }
                sh.env_cache = None;
            }
        }
    }
    sh.done(cx, 0)
}

fn set(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    if args.len() == 1 {
        let text: String = sh
            .vars
            .iter()
            .filter_map(|(n, v)| v.value.as_ref().map(|value| [n, "=", quote(value).as_str(), "\n"].concat()))
            .collect();
        return out(sh, cx, text.as_bytes());
    }
    let mut at = 1;
    while let Some(arg) = args.get(at) {
        let on = arg.starts_with('-');
        if arg == "--" {
            sh.params = Rc::new(args[at + 1..].to_vec());
            return sh.done(cx, 0);
        }
        if arg == "-" || !(on || arg.starts_with('+')) || arg.len() < 2 {
            if arg == "-" {
                at += 1;
            }
            break;
        }
        at += 1;
        for letter in arg[1..].chars() {
            if letter == 'o' {
                match args.get(at) {
                    Some(name) => {
                        if !sh.set_named(name, on) {
                            sh.builtin_message(
                                cx,
                                "set",
                                &["illegal option ", &arg[..1], "o ", name].concat(),
                            );
                            return sh.done(cx, 1);
                        }
                        at += 1;
                    }
                    None => {
                        let mut text = String::new();
                        for (i, (_, name)) in FLAGS.iter().enumerate() {
                            let value = sh.flags >> i & 1 == 1;
                            text.push_str(&format!("{name:<16}{}\n", if value { "on" } else { "off" }));
                        }
                        return out(sh, cx, text.as_bytes());
                    }
                }
                continue;
            }
            match flag_index(letter) {
                Some(i) => sh.flags = sh.flags & !(1 << i) | u32::from(on) << i,
                None => return fail(sh, cx, "set", &format!("illegal option {}{letter}", &arg[..1])),
            }
        }
    }
    if at < args.len() {
        sh.params = Rc::new(args[at..].to_vec());
    }
    sh.done(cx, 0)
}

fn shift(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let by = match number(sh, cx, args, 1) {
        Ok(n) => n as usize,
        Err(step) => return step,
    };
    if by > sh.params.len() {
        return sh.done(cx, 1);
    }
    Rc::make_mut(&mut sh.params).drain(..by);
    sh.done(cx, 0)
}

fn times(sh: &mut Shell, cx: &mut Ctx<'_>, _: &[String]) -> Option<Step> {
    out(sh, cx, b"0m0.000s 0m0.000s\n0m0.000s 0m0.000s\n")
}

fn umask(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let mask = cx.os.proc(cx.pid).map_or(0, |p| p.umask);
    match args.get(1).map(String::as_str) {
        None => {
            let text = format!("{mask:04o}\n");
            out(sh, cx, text.as_bytes())
        }
        Some("-S") => {
            let part = |who: &str, bits: u32| {
                let mut text = [who, "="].concat();
                for (bit, c) in [(4, 'r'), (2, 'w'), (1, 'x')] {
                    if !bits & bit != 0 {
                        text.push(c);
                    }
                }
                text
            };
            let text =
                [part("u", mask >> 6 & 7), part("g", mask >> 3 & 7), part("o", mask & 7)].join(",") + "\n";
            out(sh, cx, text.as_bytes())
        }
        Some(text) => {
            let new = match u32::from_str_radix(text, 8) {
                Ok(new) if new <= 0o777 => Some(new),
                Ok(_) => None,
                Err(_) => crate::tools::files::parse_mode(text, !mask & 0o777, true).map(|m| !m & 0o777),
            };
            match new {
                Some(new) => {
                    if let Some(proc) = cx.os.proc_mut(cx.pid) {
                        proc.umask = new;
                    }
                    sh.done(cx, 0)
                }
                None => fail(sh, cx, "umask", &["illegal mode: ", text].concat()),
            }
        }
    }
}

fn ulimit(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    match args.get(1).map(String::as_str) {
        Some("-n") if args.len() == 2 => out(sh, cx, b"1048576\n"),
        None | Some("-f" | "-t" | "-d" | "-v" | "-m") if args.len() <= 2 => out(sh, cx, b"unlimited\n"),
        _ => sh.done(cx, 0),
    }
}

fn trap(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let mut rest = &args[1..];
    if rest.first().is_some_and(|a| a == "--") {
        rest = &rest[1..];
    }
    if rest.is_empty() || rest[0] == "-p" {
        let text: String = sh
            .traps
            .iter()
            .map(|(n, action)| ["trap -- ", quote(action).as_str(), " ", Signal(*n).name(), "\n"].concat())
            .collect();
        return out(sh, cx, text.as_bytes());
    }
    // With one argument, or when the first is a number, everything is reset.
    let (action, names) = if rest.len() == 1 || rest[0].parse::<u8>().is_ok() && rest[0] != "0" {
        (None, rest)
    } else if rest[0] == "-" {
        (None, &rest[1..])
    } else {
        (Some(rest[0].as_str()), &rest[1..])
    };
    let mut status = 0;
    for name in names {
        let Some(signal) = Signal::parse(name) else {
            sh.builtin_message(cx, "trap", &[name, ": invalid signal specification"].concat());
            status = 1;
            continue;
        };
        let traps = Rc::make_mut(&mut sh.traps);
        match action {
            Some(action) => {
                traps.insert(signal.0, action.into());
            }
            None => {
                traps.remove(&signal.0);
            }
        }
        if signal.0 == 0 || sh.hard_ignored & signal.bit() != 0 {
            continue;
        }
        let interactive = sh.interactive;
        if let Some(proc) = cx.os.proc_mut(cx.pid) {
            let bit = signal.bit();
            proc.caught &= !bit;
            proc.ignored &= !bit;
            match action {
                Some("") => {
                    proc.ignored |= bit;
                    proc.pending &= !bit;
                }
                Some(_) => proc.caught |= bit,
                None if interactive && signal == Signal::INT => proc.caught |= bit,
                None if interactive && signal == Signal::TERM => proc.ignored |= bit,
                None => {}
            }
        }
    }
    sh.done(cx, status)
}

fn kill(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let mut args = args.to_vec();
    for arg in &mut args[1..] {
        if let Some(job) = arg.strip_prefix('%') {
            match sh.job(job) {
                Some(number) => *arg = number.to_string(),
                None => {
                    sh.builtin_message(cx, "kill", &["%", job, ": no such job"].concat());
                    return sh.done(cx, 2);
                }
            }
        }
    }
    let status = crate::tools::process::kill_with(cx, &args, &|cx, text| sh.message(cx, text));
    // A signal to itself: its trap runs before the next command.
    if cx.os.proc(cx.pid).is_none_or(|p| matches!(p.run, crate::process::Run::Zombie(_))) {
        return Some(Step::Yield);
    }
    sh.done(cx, status)
}

impl Shell {
    fn job(&self, spec: &str) -> Option<u32> {
        let live: Vec<_> = self.jobs.iter().collect();
        match spec {
            "" | "%" | "+" => live.last().map(|j| j.number),
            "-" => live.iter().rev().nth(1).map(|j| j.number),
            n => n.parse::<usize>().ok().and_then(|n| live.get(n.wrapping_sub(1))).map(|j| j.number),
        }
    }

    pub(super) fn wait_frame(&mut self, cx: &mut Ctx<'_>, pids: Vec<Pid>, all: bool) -> Option<Step> {
        // Only of what dies while it is waited for is it said that a signal killed it.
        for (_, status) in self.reap(cx, &pids) {
            if !all {
                self.tell_signal(cx, status);
            }
        }
        let mut status = 0;
        let mut open = false;
        for pid in &pids {
            match self.jobs.iter().find(|j| j.pid == *pid) {
                Some(job) => match job.status {
                    Some(s) => status = s.code(),
                    None => open = true,
                },
                None => status = 127,
            }
        }
        if !open {
            self.jobs.retain(|j| !pids.contains(&j.pid));
            return self.done(cx, if all { 0 } else { status });
        }
        let pending = self.pending(cx);
        if pending != 0 {
            let signal = pending.trailing_zeros() as i32;
            return self.done(cx, 128 + signal);
        }
        self.frames.push(Frame::Wait(pids, all));
        Some(Step::Block(None))
    }
}

fn wait(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    if args.len() == 1 {
        let pids = sh.jobs.iter().map(|j| j.pid).collect();
        return sh.wait_frame(cx, pids, true);
    }
    let mut pids = Vec::new();
    for arg in &args[1..] {
        let number = match arg.strip_prefix('%') {
            Some(job) => sh.job(job),
            None => match arg.parse::<u32>() {
                Ok(n) => Some(n),
                Err(_) => return fail(sh, cx, "wait", &["Illegal number: ", arg].concat()),
            },
        };
        let job = number.and_then(|n| sh.jobs.iter().rev().find(|j| j.number == n));
        pids.push(job.map_or(Pid(0), |j| j.pid));
    }
    sh.wait_frame(cx, pids, false)
}

fn jobs(sh: &mut Shell, cx: &mut Ctx<'_>, _: &[String]) -> Option<Step> {
    sh.reap(cx, &[]);
    let mut text = String::new();
    for (i, job) in sh.jobs.iter().enumerate() {
        let mark = if i + 1 == sh.jobs.len() { '+' } else { '-' };
        let state = if job.status.is_some() { "Done" } else { "Running" };
        text.push_str(&format!("[{}]{mark}  {state:<27}\n", i + 1));
    }
    out(sh, cx, text.as_bytes())
}

/// fg and bg: jobs run in the background anyhow; fg waits for one.
fn job_control(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let spec = args.get(1).map_or("", |a| a.trim_start_matches('%'));
    let job = sh.job(spec).and_then(|n| sh.jobs.iter().find(|j| j.number == n)).map(|j| j.pid);
    match job {
        Some(pid) => {
            cx.os.deliver(pid, Signal::CONT, false);
            if args[0] == "bg" {
                return sh.done(cx, 0);
            }
            if let Some(proc) = cx.os.proc_mut(pid) {
                proc.background = false;
            }
            sh.jobs.retain(|j| j.pid != pid);
            let started = cx.now();
            sh.frames.push(Frame::Foreground { pids: vec![pid], started, statuses: vec![-1] });
            None
        }
        None => fail(sh, cx, &args[0], "No current job"),
    }
}

fn let_(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    if args.len() < 2 {
        return fail(sh, cx, "let", "expression expected");
    }
    let mut value = 0;
    for arg in &args[1..] {
        match sh.arith(arg, 0) {
            Ok(v) => value = v,
            Err(message) => return fail(sh, cx, "let", &message),
        }
    }
    sh.done(cx, i32::from(value == 0))
}

fn help(sh: &mut Shell, cx: &mut Ctx<'_>, _: &[String]) -> Option<Step> {
    let names: Vec<&str> = BUILTINS.iter().map(|(n, _)| *n).collect();
    let text = format!("Built-in commands:\n------------------\n\t{}\n", names.join(" "));
    out(sh, cx, text.as_bytes())
}

fn alias(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let mut text = String::new();
    let mut status = 0;
    if args.len() == 1 {
        text.extend(sh.aliases.iter().map(|(n, v)| [n, "=", quote(v).as_str(), "\n"].concat()));
    }
    for arg in &args[1..] {
        match arg.split_once('=') {
            Some((name, value)) => {
                if sh.aliases.len() < 256 {
                    Rc::make_mut(&mut sh.aliases).insert(name.into(), value.into());
                }
            }
            None => match sh.aliases.get(arg.as_str()) {
                Some(value) => text.push_str(&[arg.as_str(), "=", &quote(value), "\n"].concat()),
                None => {
                    let _ = cx.write(2, ["alias: ", arg, " not found\n"].concat().as_bytes());
                    status = 1;
                }
            },
        }
    }
    let _ = cx.write(1, text.as_bytes());
    sh.done(cx, status)
}

fn unalias(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    for arg in &args[1..] {
        if arg == "-a" {
            sh.aliases = Rc::default();
        } else {
            Rc::make_mut(&mut sh.aliases).remove(arg.as_str());
        }
    }
    sh.done(cx, 0)
}

/// What a command name means: (sentence, short form).
fn describe(sh: &Shell, cx: &Ctx<'_>, name: &str) -> Option<(String, String)> {
    let text = |what: &str| Some(([name, " is ", what].concat(), name.to_string()));
    if KEYWORDS.contains(&name) {
        return text("a shell keyword");
    }
    if let Some(alias) = sh.aliases.get(name) {
        let short = ["alias ", name, "=", &quote(alias)].concat();
        return Some(([name, " is an alias for ", alias].concat(), short));
    }
    if sh.functions.contains_key(name) {
        return text("a function");
    }
    if find(name).is_some() {
        return text(if is_special(name) { "a special shell builtin" } else { "a shell builtin" });
    }
    let path = sh.get("PATH").unwrap_or_else(|| "".into());
    let at = cx.os.find_program(cx.pid, name, &path).ok()?;
    Some(([name, " is ", &at].concat(), at))
}

fn type_(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let mut status = 0;
    let mut text = String::new();
    for name in &args[1..] {
        match describe(sh, cx, name) {
            Some((line, _)) => text.push_str(&line),
            None => {
                text.push_str(&[name.as_str(), ": not found"].concat());
                status = 127;
            }
        }
        text.push('\n');
    }
    let _ = cx.write(1, text.as_bytes());
    sh.done(cx, status)
}

fn command(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let mut rest = &args[1..];
    let mut show = None;
    while let Some(first) = rest.first() {
        match first.as_str() {
            "-v" => show = Some(false),
            "-V" => show = Some(true),
            "-p" | "--" => {}
            _ => break,
        }
        rest = &rest[1..];
    }
    let Some(name) = rest.first() else { return sh.done(cx, 0) };
    if let Some(long) = show {
        // ash looks at the first name only.
        return match describe(sh, cx, name) {
            Some((sentence, short)) => {
                let line = if long { sentence } else { short } + "\n";
                out(sh, cx, line.as_bytes())
            }
            None => {
                if long {
                    let _ = cx.write(1, [name.as_str(), ": not found\n"].concat().as_bytes());
                }
                sh.done(cx, 127)
            }
        };
    }
    match find(name) {
        Some(builtin) => builtin(sh, cx, rest),
        None => sh.external(cx, rest.to_vec(), Vec::new(), Vec::new(), false),
    }
}

fn getopts(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    if args.len() < 3 {
        return fail(sh, cx, "getopts", "usage: getopts optstring var [arg]");
    }
    let (spec, name) = (args[1].clone(), args[2].clone());
    let words: Vec<String> = if args.len() > 3 { args[3..].to_vec() } else { sh.params.to_vec() };
    let silent = spec.starts_with(':');
    let mut index: usize = sh.get("OPTIND").and_then(|v| v.parse().ok()).unwrap_or(1);
    let mut at = sh.getopts_at;
    let word = words.get(index.wrapping_sub(1)).cloned().unwrap_or_default();
    if at == 0 {
        if !word.starts_with('-') || word.len() < 2 {
            let _ = sh.set(&name, "?");
            return sh.done(cx, 1);
        }
        if word == "--" {
            let _ = sh.set("OPTIND", &(index + 1).to_string());
            let _ = sh.set(&name, "?");
            return sh.done(cx, 1);
        }
        at = 1;
    }
    let letter = word[at..].chars().next().unwrap_or('?');
    at += letter.len_utf8();
    let found = spec.trim_start_matches(':').find(letter).filter(|_| letter != ':');
    let takes = found.is_some_and(|i| spec.trim_start_matches(':')[i + letter.len_utf8()..].starts_with(':'));
    let mut result = letter.to_string();
    let mut argument: Option<String> = None;
    if at >= word.len() {
        index += 1;
    }
    let mut next = if at >= word.len() { 0 } else { at };
    if found.is_none() {
        result = "?".to_string();
        if silent {
            argument = Some(letter.to_string());
        } else {
            let _ = cx.write(2, format!("Illegal option -{letter}\n").as_bytes());
        }
    } else if takes {
        if at < word.len() {
            argument = Some(word[at..].to_string());
            index += 1;
        } else if let Some(value) = words.get(index - 1) {
            argument = Some(value.clone());
            index += 1;
        } else if silent {
            argument = Some(letter.to_string());
            result = ":".to_string();
        } else {
            let _ = cx.write(2, format!("No arg for -{letter} option\n").as_bytes());
            result = "?".to_string();
        }
        next = 0;
    }
    match argument {
        Some(value) => {
            let _ = sh.set("OPTARG", &value);
        }
        None => {
            Rc::make_mut(&mut sh.vars).remove("OPTARG");
        }
    }
    let _ = sh.set("OPTIND", &index.to_string());
    sh.getopts_at = next;
    if let Err(message) = sh.set(&name, &result) {
        return fail(sh, cx, "getopts", &message);
    }
    sh.done(cx, 0)
}

/// A `read` under way.
#[derive(Clone, Debug)]
pub(crate) struct ReadState {
    names: Vec<String>,
    raw: bool,
    fd: usize,
    delimiter: u8,
    count: Option<usize>,
    deadline: Option<u64>,
    /// Characters so far; escaped ones do not separate.
    chars: Vec<(u8, bool)>,
    escape: bool,
}

fn read(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let mut state = ReadState {
        names: Vec::new(),
        raw: false,
        fd: 0,
        delimiter: b'\n',
        count: None,
        deadline: None,
        chars: Vec::new(),
        escape: false,
    };
    let mut at = 1;
    while let Some(arg) = args.get(at) {
        if !arg.starts_with('-') || arg.len() < 2 {
            break;
        }
        at += 1;
        if arg == "--" {
            break;
        }
        for (i, letter) in arg[1..].char_indices() {
            if letter == 'r' {
                state.raw = true;
                continue;
            }
            if letter == 's' {
                continue;
            }
            let rest = &arg[1 + i + letter.len_utf8()..];
            let value = if rest.is_empty() {
                at += 1;
                args.get(at - 1).cloned().unwrap_or_default()
            } else {
                rest.to_string()
            };
            match letter {
                'p' => {
                    if cx.is_tty(0) {
                        let _ = cx.write(2, value.as_bytes());
                    }
                }
                't' => match crate::tools::time::duration_ms(&value) {
                    Some(ms) => state.deadline = Some(cx.now() + ms),
                    None => return fail(sh, cx, "read", "invalid timeout"),
                },
                'n' => match value.parse() {
                    Ok(n) => state.count = Some(n),
                    Err(_) => return fail(sh, cx, "read", "invalid count"),
                },
                'd' => state.delimiter = value.bytes().next().unwrap_or(0),
                'u' => match value.parse() {
                    Ok(fd) => state.fd = fd,
                    Err(_) => return fail(sh, cx, "read", "invalid file descriptor"),
                },
                other => return fail(sh, cx, "read", &format!("illegal option -{other}")),
            }
            break;
        }
    }
    state.names = args.get(at..).unwrap_or_default().to_vec();
    for name in &state.names {
        if !is_name(name) {
            let text = [&*sh.arg0, ": read: '", name, "': bad variable name\n"].concat();
            let _ = cx.write(2, text.as_bytes());
            return sh.done(cx, 1);
        }
    }
    sh.frames.push(Frame::Read(Box::new(state)));
    None
}

impl Shell {
    pub(super) fn read_frame(&mut self, cx: &mut Ctx<'_>, mut state: Box<ReadState>) -> Option<Step> {
        loop {
            if state.count.is_some_and(|n| state.chars.len() >= n) {
                return self.read_done(cx, &state, 0);
            }
            let got = if let Some(count) = state.count {
                let ofd = cx.os.fd_of(cx.pid, state.fd);
                ofd.and_then(|ofd| cx.os.read_ofd(cx.pid, ofd, (count - state.chars.len()).min(1)))
            } else {
                cx.read_until(state.fd, state.delimiter)
            };
            match got {
                Ok(Read::Data(bytes)) => {
                    for b in bytes {
                        if state.escape {
                            state.escape = false;
                            if b != b'\n' {
                                state.chars.push((b, true));
                            }
                        } else if b == b'\\' && !state.raw {
                            state.escape = true;
                        } else if b == state.delimiter {
                            return self.read_done(cx, &state, 0);
                        } else if b != 0 {
                            state.chars.push((b, false));
                        }
                    }
                    if state.chars.len() > 1 << 20 {
                        return self.read_done(cx, &state, 1);
                    }
                }
                Ok(Read::Wait) => {
                    if state.deadline.is_some_and(|d| d <= cx.now()) {
                        return self.read_done(cx, &state, 1);
                    }
                    let until = state.deadline;
                    self.frames.push(Frame::Read(state));
                    return Some(Step::Block(until));
                }
                _ => return self.read_done(cx, &state, 1),
            }
        }
    }

    fn read_done(&mut self, cx: &mut Ctx<'_>, state: &ReadState, status: i32) -> Option<Step> {
        let ifs = self.get("IFS").unwrap_or_else(|| " \t\n".into());
        let is_ifs = |c: &(u8, bool)| !c.1 && ifs.as_bytes().contains(&c.0);
        let is_blank = |c: &(u8, bool)| is_ifs(c) && c.0.is_ascii_whitespace();
        let text = |chars: &[(u8, bool)]| {
            let bytes: Vec<u8> = chars.iter().map(|c| c.0).collect();
            String::from_utf8_lossy(&bytes).replace(super::pattern::QUOTE, "")
        };
        let mut rest = &state.chars[..];
        let mut values: Vec<String> = Vec::new();
        if state.names.is_empty() {
            values.push(text(rest));
        } else {
            while rest.first().is_some_and(is_blank) {
                rest = &rest[1..];
            }
            for i in 0..state.names.len() {
                if i + 1 == state.names.len() {
                    while rest.last().is_some_and(is_blank) {
                        rest = &rest[..rest.len() - 1];
                    }
                    // One closing separator that is no blank belongs to the last field, unless more follows.
                    if let Some((last, before)) = rest.split_last()
                        && is_ifs(last)
                        && !is_blank(last)
                        && !before.iter().any(is_ifs)
                    {
                        rest = before;
                    }
                    values.push(text(rest));
                    break;
                }
                let end = rest.iter().position(is_ifs).unwrap_or(rest.len());
                values.push(text(&rest[..end]));
                rest = &rest[end..];
                while rest.first().is_some_and(is_blank) {
                    rest = &rest[1..];
                }
                if rest.first().is_some_and(|c| is_ifs(c) && !is_blank(c)) {
                    rest = &rest[1..];
                    while rest.first().is_some_and(is_blank) {
                        rest = &rest[1..];
                    }
                }
            }
        }
        let names = if state.names.is_empty() { vec!["REPLY".to_string()] } else { state.names.clone() };
        for (name, value) in names.iter().zip(values) {
            if let Err(message) = self.set(name, &value) {
                return self.fatal(cx, &message);
            }
        }
        self.done(cx, status)
    }
}
