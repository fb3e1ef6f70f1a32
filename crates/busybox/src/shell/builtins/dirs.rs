//! cd and pwd.

use super::{fail, out};
use crate::ctx::{Ctx, Step};
use crate::shell::Shell;
use crate::types::Errno;
use std::rc::Rc;

pub(super) fn pwd(sh: &mut Shell, cx: &mut Ctx<'_>, _: &[String]) -> Option<Step> {
    let line = [&cx.cwd(), "\n"].concat();
    out(sh, cx, line.as_bytes())
}

pub(super) fn cd(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
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
            // PATH_MAX: the shell tells the kernel the whole path.
            if logical.len() >= 4096 {
                let why = ["can't cd to ", &to, ": ", Errno::NameTooLong.text()].concat();
                return fail(sh, cx, "cd", &why);
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
