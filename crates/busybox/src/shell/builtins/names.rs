//! Builtins about what a command name means: alias, unalias, type, command.

use super::{find, is_special, out};
use crate::ctx::{Ctx, Step};
use crate::shell::Shell;
use crate::shell::command::quote;
use std::rc::Rc;

const KEYWORDS: [&str; 16] = [
    "!", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then", "until", "while",
    "{", "}",
];

pub(super) fn alias(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
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

pub(super) fn unalias(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let mut status = 0;
    for arg in &args[1..] {
        if arg == "-a" {
            sh.aliases = Rc::default();
        } else if Rc::make_mut(&mut sh.aliases).remove(arg.as_str()).is_none() {
            let _ = cx.write(2, ["unalias: ", arg, " not found\n"].concat().as_bytes());
            status = 1;
        }
    }
    sh.done(cx, status)
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

/// hash: what it keeps is found again anyhow; it only says what is not there.
pub(super) fn hash(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let mut status = 0;
    for name in args[1..].iter().filter(|a| !a.starts_with('-')) {
        if describe(sh, cx, name).is_none() {
            sh.builtin_message(cx, "hash", &[name.as_str(), ": not found"].concat());
            status = 1;
        }
    }
    sh.done(cx, status)
}

pub(super) fn type_(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
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

pub(super) fn command(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let mut rest = &args[1..];
    let mut show = None;
    while let Some(first) = rest.first() {
        match first.as_str() {
            "-v" => show = Some(false),
            "-V" => show = Some(true),
            "-p" | "--" => {}
            option if option.starts_with('-') && option.len() > 1 => {
                let text = ["illegal option ", &option[..2.min(option.len())]].concat();
                return super::fail(sh, cx, "command", &text);
            }
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
