//! Builtins about variables, parameters and options: export, local, unset, set, shift, getopts.

use super::{fail, number, out};
use crate::ctx::{Ctx, Step};
use crate::shell::command::quote;
use crate::shell::parse::is_name;
use crate::shell::{FLAGS, Frame, Shell, Var, flag_index};
use std::rc::Rc;

pub(super) fn export(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
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

pub(super) fn local(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
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

pub(super) fn unset(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let mut functions = false;
    sh.hash = Rc::default();
    for arg in &args[1..] {
        match arg.as_str() {
            "-f" => functions = true,
            "-v" => functions = false,
            option if option.starts_with('-') && option.len() > 1 => {
                return fail(sh, cx, "unset", &["illegal option ", &option[..2.min(option.len())]].concat());
            }
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

pub(super) fn set(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
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
                            text.push_str(&match (on, value) {
                                (true, value) => format!("{name:<16}{}\n", if value { "on" } else { "off" }),
                                (false, true) => ["set -o ", name, "\n"].concat(),
                                (false, false) => ["set +o ", name, "\n"].concat(),
                            });
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

pub(super) fn shift(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
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

pub(super) fn getopts(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    if args.len() < 3 {
        return fail(sh, cx, "getopts", "usage: getopts optstring var [arg]");
    }
    let (spec, name) = (args[1].clone(), args[2].clone());
    let words: Vec<String> = if args.len() > 3 { args[3..].to_vec() } else { sh.params.to_vec() };
    let silent = spec.starts_with(':');
    let mut index: usize = sh.get("OPTIND").and_then(|v| v.parse().ok()).unwrap_or(1);
    let mut at = sh.getopts_at;
    // In the middle of a word OPTIND stands after it already.
    if at > 0 {
        index = index.saturating_sub(1);
    }
    let word = words.get(index.wrapping_sub(1)).cloned().unwrap_or_default();
    if at == 0 || at >= word.len() {
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
    index += 1;
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
