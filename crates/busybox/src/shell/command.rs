//! Simple commands: their words, and whether a function, a builtin or a program runs.

use super::ast::{Node, Part, Simple};
use super::expand::Stop;
use super::redirect::Target;
use super::{Frame, SavedFds, Shell, Var};
use crate::ctx::{Ctx, Step};
use crate::process::Found;
use crate::types::{Errno, Signal};
use std::rc::Rc;

/// A simple command, expanded.
struct Prepared {
    argv: Vec<String>,
    targets: Vec<Target>,
    assigns: Vec<(Rc<str>, String)>,
}

impl Shell {
    fn prepare(&mut self, cx: &mut Ctx<'_>, simple: &Simple) -> Result<Prepared, Stop> {
        let mut argv = match &simple.words[..] {
            [first, rest @ ..] if matches!(&first[..], [Part::Lit { text, .. }] if super::builtins::assigns(text)) =>
            {
                let mut argv = self.fields(cx, std::slice::from_ref(first))?;
                for word in rest {
                    match super::parse::assignment(word) {
                        Some((name, value)) => {
                            let value = self.one(cx, &value)?;
                            argv.push([&*name, "=", value.as_str()].concat());
                        }
                        None => argv.extend(self.fields(cx, std::slice::from_ref(word))?),
                    }
                }
                argv
            }
            words => self.fields(cx, words)?,
        };
        if let Some(first) = argv.first()
            && !self.aliases.is_empty()
            && let Some(alias) = self.aliases.get(first.as_str())
        {
            let words: Vec<String> = alias.split_ascii_whitespace().map(str::to_string).collect();
            argv.splice(0..1, words);
        }
        let targets = self.targets(cx, &simple.redirs)?;
        let mut assigns = Vec::new();
        for (name, word) in &simple.assigns {
            let value = self.one(cx, word)?;
            // Later ones see earlier ones when they are for the shell itself.
            if argv.is_empty() {
                self.set(name, &value).map_err(Stop::Fatal)?;
            }
            assigns.push((name.clone(), value));
        }
        Ok(Prepared { argv, targets, assigns })
    }

    pub(super) fn simple(
        &mut self,
        cx: &mut Ctx<'_>,
        node: &Rc<Node>,
        simple: &Simple,
        last: bool,
    ) -> Option<Step> {
        if self.memo.is_empty() {
            self.sub_status = None;
        }
        self.line = simple.line;
        let saved = self.begin_expansion();
        let prepared = match self.prepare(cx, simple) {
            Ok(prepared) => prepared,
            Err(stop) => return self.interrupted(cx, stop, saved, Frame::Run { node: node.clone(), last }),
        };
        drop(saved);
        self.end_expansion();
        if self.flag('x') {
            self.trace(cx, &prepared);
        }
        let Prepared { argv, targets, assigns } = prepared;
        let Some(name) = argv.first().cloned() else {
            let status = self.sub_status.take().unwrap_or(0);
            match self.redirect(cx, &targets) {
                Ok(saved) => self.restore_fds(cx, saved),
                Err(message) => {
                    self.message(cx, &message);
                    return self.done(cx, 1);
                }
            }
            return self.done(cx, status);
        };
        let special = super::builtins::is_special(&name);
        let function = if special { None } else { self.functions.get(name.as_str()).cloned() };
        let builtin = if function.is_none() { super::builtins::find(&name) } else { None };
        let saved_fds = match self.redirect(cx, &targets) {
            Ok(saved) => saved,
            Err(message) => {
                self.message(cx, &message);
                return if special { self.abort(cx, 1) } else { self.done(cx, 1) };
            }
        };
        if let Some(body) = function {
            if !saved_fds.is_empty() {
                self.frames.push(Frame::RestoreFds(saved_fds));
            }
            return self.call(cx, body, argv, assigns);
        }
        if let Some(builtin) = builtin {
            if name == "exec" {
                return self.exec_builtin(cx, argv, assigns, saved_fds);
            }
            if !saved_fds.is_empty() {
                self.frames.push(Frame::RestoreFds(saved_fds));
            }
            if !assigns.is_empty() {
                let before = match self.assign_for(cx, assigns, special) {
                    Ok(before) => before,
                    Err(step) => return step,
                };
                if !before.is_empty() {
                    self.frames.push(Frame::Restore(before));
                }
            }
            return builtin(self, cx, &argv);
        }
        if let Some((name, _)) = assigns.iter().find(|(n, _)| self.vars.get(n).is_some_and(|v| v.readonly)) {
            return self.fatal(cx, &[name, ": is read only"].concat());
        }
        self.external(cx, argv, assigns, saved_fds, last)
    }

    /// Sets variables in front of a function or builtin; gives what to put back after it.
    #[allow(clippy::type_complexity)]
    fn assign_for(
        &mut self,
        cx: &mut Ctx<'_>,
        assigns: Vec<(Rc<str>, String)>,
        keep: bool,
    ) -> Result<Vec<(Rc<str>, Option<Var>)>, Option<Step>> {
        let mut before = Vec::new();
        for (name, value) in assigns {
            if !keep {
                before.push((name.clone(), self.vars.get(&name).cloned()));
            }
            if let Err(message) = self.set(&name, &value) {
                self.restore_vars(before);
                return Err(self.fatal(cx, &message));
            }
            if !keep && let Some(var) = Rc::make_mut(&mut self.vars).get_mut(&name) {
                var.export = true;
                self.env_cache = None;
            }
        }
        Ok(before)
    }

    fn call(
        &mut self,
        cx: &mut Ctx<'_>,
        body: Rc<Node>,
        argv: Vec<String>,
        assigns: Vec<(Rc<str>, String)>,
    ) -> Option<Step> {
        let depth = self.frames.iter().filter(|f| matches!(f, Frame::Call { .. })).count();
        if depth > 500 {
            return self.fatal(cx, "maximum function nesting level exceeded");
        }
        let locals = match self.assign_for(cx, assigns, false) {
            Ok(before) => before,
            Err(step) => return step,
        };
        let params = std::mem::replace(&mut self.params, Rc::new(argv[1..].to_vec()));
        self.frames.push(Frame::Call { params, locals });
        self.frames.push(Frame::Run { node: body, last: false });
        None
    }

    fn exec_builtin(
        &mut self,
        cx: &mut Ctx<'_>,
        argv: Vec<String>,
        assigns: Vec<(Rc<str>, String)>,
        saved: SavedFds,
    ) -> Option<Step> {
        self.keep_fds(cx, saved);
        let mut rest = &argv[1..];
        let mut name = None;
        if rest.first().is_some_and(|a| a == "-a") && rest.len() > 1 {
            name = Some(rest[1].clone());
            rest = &rest[2..];
        } else if rest.first().is_some_and(|a| a == "--") {
            rest = &rest[1..];
        }
        if rest.is_empty() {
            for (name, value) in assigns {
                if let Err(message) = self.set(&name, &value) {
                    return self.fatal(cx, &message);
                }
            }
            return self.done(cx, 0);
        }
        let _ = name;
        let argv = rest.to_vec();
        match self.replace(cx, argv.clone(), assigns) {
            Ok(()) => Some(Step::Replaced),
            Err(errno) => {
                let (text, status) = not_found(&argv[0], errno);
                self.builtin_message(cx, "exec", &text);
                self.abort(cx, status)
            }
        }
    }

    /// The shell becomes a program.
    pub(super) fn replace(
        &mut self,
        cx: &mut Ctx<'_>,
        argv: Vec<String>,
        assigns: Vec<(Rc<str>, String)>,
    ) -> Result<(), Errno> {
        let env = self.env_with(&assigns);
        let path = self.path_for(&assigns);
        let at = cx.os.find_program(cx.pid, &argv[0], &path)?;
        let found = cx.os.load(cx.pid, &at)?;
        if let Some(proc) = cx.os.proc_mut(cx.pid) {
            proc.argv = Rc::new(argv);
            proc.env = env.into();
            if self.interactive {
                proc.ignored &= !(Signal::TERM.bit() | Signal::QUIT.bit());
            }
        }
        cx.os.begin(cx.pid, found);
        Ok(())
    }

    fn path_for(&self, assigns: &[(Rc<str>, String)]) -> String {
        match assigns.iter().rev().find(|(n, _)| &**n == "PATH") {
            Some((_, path)) => path.clone(),
            None => self.get("PATH").map(|p| p.to_string()).unwrap_or_default(),
        }
    }

    fn env_with(&mut self, assigns: &[(Rc<str>, String)]) -> Rc<Vec<String>> {
        let env = self.environment();
        if assigns.is_empty() {
            return env;
        }
        let mut env = env.to_vec();
        for (name, value) in assigns {
            env.retain(|e| e.strip_prefix(&**name).is_none_or(|rest| !rest.starts_with('=')));
            env.push([&**name, "=", value].concat());
        }
        Rc::new(env)
    }

    pub(super) fn external(
        &mut self,
        cx: &mut Ctx<'_>,
        argv: Vec<String>,
        assigns: Vec<(Rc<str>, String)>,
        saved: SavedFds,
        last: bool,
    ) -> Option<Step> {
        if last && self.may_replace() {
            let name = argv[0].clone();
            return match self.replace(cx, argv, assigns) {
                Ok(()) => {
                    // Saved descriptors belong to a shell that is no more.
                    self.keep_fds(cx, saved);
                    for frame in std::mem::take(&mut self.frames) {
                        if let Frame::RestoreFds(saved) = frame {
                            self.keep_fds(cx, saved);
                        }
                    }
                    Some(Step::Replaced)
                }
                Err(errno) => {
                    let (text, status) = not_found(&name, errno);
                    self.message(cx, &text);
                    self.restore_fds(cx, saved);
                    self.done(cx, status)
                }
            };
        }
        let found = self.lookup(cx, &argv[0], &assigns);
        let found = match found {
            Ok(found) => found,
            Err(errno) => {
                let (text, status) = not_found(&argv[0], errno);
                self.message(cx, &text);
                self.restore_fds(cx, saved);
                return self.done(cx, status);
            }
        };
        let env = self.env_with(&assigns);
        let child = match cx.os.fork(cx.pid) {
            Ok(child) => child,
            Err(errno) => {
                self.restore_fds(cx, saved);
                return self.cannot_fork(cx, errno);
            }
        };
        if let Some(proc) = cx.os.proc_mut(child) {
            proc.argv = Rc::new(argv);
            proc.env = env.into();
            if self.interactive {
                proc.ignored &= !(Signal::TERM.bit() | Signal::QUIT.bit());
            }
        }
        cx.os.begin(child, found);
        self.restore_fds(cx, saved);
        self.wait_for(cx, child);
        None
    }

    /// The program a name stands for. What was found once is found again without a search, while nothing in the root
    /// file system has got or lost a name.
    fn lookup(
        &mut self,
        cx: &mut Ctx<'_>,
        name: &str,
        assigns: &[(Rc<str>, String)],
    ) -> Result<Found, Errno> {
        let stamp = cx.os.proc(cx.pid).and_then(|p| cx.os.fss.get(&p.view.root)).map_or(0, |f| f.version);
        if assigns.is_empty()
            && let Some((at, found)) = self.hash.get(name)
            && *at == stamp
        {
            return Ok(found.clone());
        }
        let path = self.path_for(assigns);
        let at = cx.os.find_program(cx.pid, name, &path)?;
        let found = cx.os.load(cx.pid, &at)?;
        // A directory of PATH that is (in) a mount may change unseen.
        let apart = |dir: &str| {
            let mounts = cx.os.proc(cx.pid).map(|p| p.view.clone());
            dir.starts_with('/')
                && mounts.is_some_and(|v| {
                    v.mounts.iter().all(|m| !dir.starts_with(&*m.path) && !m.path.starts_with(dir))
                })
        };
        let plain = matches!(found, Found::Program(_)) && !name.contains('/') && assigns.is_empty();
        if plain && path.split(':').all(apart) {
            Rc::make_mut(&mut self.hash).insert(name.into(), (stamp, found.clone()));
        }
        Ok(found)
    }

    fn trace(&mut self, cx: &mut Ctx<'_>, p: &Prepared) {
        let mut line = self.get("PS4").unwrap_or_else(|| "+ ".into()).to_string();
        let mut words: Vec<String> =
            p.assigns.iter().map(|(n, v)| [n, "=", quote_if(v).as_str()].concat()).collect();
        words.extend(p.argv.iter().map(|a| quote_if(a)));
        line.push_str(&words.join(" "));
        line.push('\n');
        let _ = cx.write(2, line.as_bytes());
    }
}

/// The message and status of a program that could not be started.
pub(super) fn not_found(name: &str, errno: Errno) -> (String, i32) {
    match errno {
        Errno::NoEntry | Errno::NotDir => ([name, ": not found"].concat(), 127),
        Errno::IsDir => ([name, ": Permission denied"].concat(), 126),
        errno => ([name, ": ", errno.text()].concat(), 126),
    }
}

/// Quotes a word for `set -x` when it needs it.
fn quote_if(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:,+@^]".contains(c);
    if text.chars().all(plain) { text.to_string() } else { quote(text) }
}

/// In single quotes, so that a shell reads it back as it was.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    loop {
        let end = rest.find('\'').unwrap_or(rest.len());
        out.push_str(&["'", &rest[..end], "'"].concat());
        rest = &rest[end..];
        let after = rest.trim_start_matches('\'');
        if after.len() < rest.len() {
            out.push_str(&["\"", &rest[..rest.len() - after.len()], "\""].concat());
        }
        rest = after;
        if rest.is_empty() {
            return out;
        }
    }
}
