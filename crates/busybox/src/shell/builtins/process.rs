//! Builtins about the process the shell is: times, umask, ulimit, trap.

use super::{fail, out};
use crate::ctx::{Ctx, Step};
use crate::procfs::{system, user};
use crate::shell::Shell;
use crate::shell::command::quote;
use crate::types::Signal;
use std::rc::Rc;

pub(super) fn times(sh: &mut Shell, cx: &mut Ctx<'_>, _: &[String]) -> Option<Step> {
    let (own, children) = cx.os.proc(cx.pid).map_or((0, 0), |p| (p.cpu_ns, p.children_ns));
    let text = |ns: u64| {
        let ms = ns / 1_000_000;
        format!("{}m{}.{:03}s", ms / 60_000, ms / 1000 % 60, ms % 1000)
    };
    let line = |ns: u64| [text(user(ns)), " ".into(), text(system(ns)), "\n".into()].concat();
    out(sh, cx, [line(own), line(children)].concat().as_bytes())
}

pub(super) fn umask(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
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

pub(super) fn ulimit(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    match args.get(1).map(String::as_str) {
        Some("-n") if args.len() == 2 => out(sh, cx, b"1048576\n"),
        None | Some("-f" | "-t" | "-d" | "-v" | "-m") if args.len() <= 2 => out(sh, cx, b"unlimited\n"),
        Some(arg) if arg.starts_with('-') => {
            let known = |c: &char| "HSacdefilmnpqrstuvwx".contains(*c);
            match arg.chars().skip(1).find(|c| !known(c)) {
                Some(letter) => {
                    let text =
                        [&*sh.arg0, ": ulimit: invalid option -- '", &letter.to_string(), "'\n"].concat();
                    let _ = cx.write(2, text.as_bytes());
                    sh.done(cx, 1)
                }
                None => sh.done(cx, 0),
            }
        }
        _ => sh.done(cx, 0),
    }
}

pub(super) fn trap(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let mut rest = &args[1..];
    if rest.first().is_some_and(|a| a == "--") {
        rest = &rest[1..];
    }
    if rest.is_empty() || rest[0] == "-p" {
        let text: String = sh
            .traps
            .iter()
            .map(|(n, action)| {
                let name = if *n == crate::shell::ERR { "ERR" } else { Signal(*n).name() };
                ["trap -- ", quote(action).as_str(), " ", name, "\n"].concat()
            })
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
        let err = (name == "ERR").then_some(Signal(crate::shell::ERR));
        let Some(signal) = err.or_else(|| Signal::parse(name)) else {
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
        if signal.0 == 0 || err.is_some() || sh.hard_ignored & signal.bit() != 0 {
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
