//! Builtins that change what runs next: eval, source, exit, return, break and continue.

use super::{fail, number};
use crate::ctx::{Ctx, Step};
use crate::shell::{Frame, Shell};
use std::rc::Rc;

pub(super) fn eval(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
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

pub(super) fn dot(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
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

pub(super) fn exit(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
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

pub(super) fn return_(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let status = match number(sh, cx, args, sh.status) {
        Ok(n) => n & 255,
        Err(step) => return step,
    };
    sh.status = status;
    if sh.leave_call(cx) { sh.done(cx, status) } else { sh.begin_exit(cx, status) }
}

pub(super) fn break_(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let levels = match number(sh, cx, args, 1) {
        Ok(0) => return fail(sh, cx, &args[0], &["Illegal number: ", &args[1]].concat()),
        Ok(n) => n as usize,
        Err(step) => return step,
    };
    sh.status = 0;
    sh.leave_loop(cx, levels, args[0] == "continue");
    None
}
