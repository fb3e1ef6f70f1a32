//! Commands the shell runs itself.

mod dirs;
mod flow;
mod jobs;
mod names;
mod process;
mod read;
mod vars;

use super::Shell;
use crate::ctx::{Ctx, Step};
use crate::types::Errno;
use dirs::{cd, pwd};
use flow::{break_, dot, eval, exit, return_};
use jobs::{job_control, jobs, kill, wait};
use names::{alias, command, hash, type_, unalias};
use process::{times, trap, ulimit, umask};
pub(crate) use read::ReadState;
use read::read;
use vars::{export, getopts, local, set, shift, unset};

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
    ("hash", hash),
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

/// Are its operands of the form `name=value` assignments, which are not split?
pub(super) fn assigns(name: &str) -> bool {
    matches!(name, "alias" | "export" | "local" | "readonly")
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

fn number(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String], default: i32) -> Result<i32, Option<Step>> {
    match args.get(1) {
        None => Ok(default),
        Some(text) => match text.parse::<i32>() {
            Ok(n) if n >= 0 => Ok(n),
            _ => Err(fail(sh, cx, &args[0], &["Illegal number: ", text].concat())),
        },
    }
}

fn colon(sh: &mut Shell, cx: &mut Ctx<'_>, _: &[String]) -> Option<Step> {
    sh.done(cx, 0)
}

fn false_(sh: &mut Shell, cx: &mut Ctx<'_>, _: &[String]) -> Option<Step> {
    sh.done(cx, 1)
}

fn echo(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let bytes = crate::tools::text::echo(&args[1..]);
    out(sh, cx, &bytes)
}

fn printf(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let from = if args.get(1).is_some_and(|a| a == "--") { 2 } else { 1 };
    if args.len() <= from {
        sh.message(cx, "usage: printf FORMAT [ARGUMENT...]");
        return sh.done(cx, 2);
    }
    let printed = crate::tools::text::printf(&args[from..]);
    let status = printed.show(cx, &|cx, text| sh.message(cx, text));
    sh.done(cx, status)
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
            if !message.is_empty() {
                sh.message(cx, &message);
            }
            sh.done(cx, 2)
        }
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
