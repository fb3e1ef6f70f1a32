//! Statements, and the output they leave.

use super::ast::{Expr, Stmt, To};
use super::value::Val;
use super::{Awk, ONE};
use crate::ctx::Ctx;
use crate::map::Map;
use crate::vfs::How;
use std::rc::Rc;

/// Why a statement was left early.
pub(super) enum Jump {
    Next,
    Break,
    Continue,
    Return(Val),
    Exit,
    Fatal(String),
}

pub(super) type Run<T> = Result<T, Jump>;

impl Awk {
    pub(super) fn exec(&mut self, s: &Stmt) -> Run<()> {
        self.step()?;
        match s {
            Stmt::Expr(e) => {
                self.eval(e)?;
            }
            Stmt::Print { args, format, to } => {
                let mut vals = Vec::new();
                for e in args {
                    vals.push(self.eval(e)?);
                }
                let text = if *format {
                    self.format(&vals)
                } else {
                    let ofs = self.var_text("OFS");
                    let ors = self.var_text("ORS");
                    if vals.is_empty() {
                        [&*self.record, &*ors].concat()
                    } else {
                        let parts: Vec<Rc<str>> = vals.iter().map(|v| self.text(v)).collect();
                        [parts.iter().map(|p| &**p).collect::<Vec<_>>().join(&ofs).as_str(), &ors].concat()
                    }
                };
                let target = match to {
                    Some((kind, e)) => {
                        let v = self.eval(e)?;
                        Some((*kind, self.text(&v)))
                    }
                    None => None,
                };
                self.print(text, target);
            }
            Stmt::If(cond, then, other) => {
                let c = self.eval(cond)?;
                if self.truth(&c) {
                    self.exec(then)?;
                } else if let Some(other) = other {
                    self.exec(other)?;
                }
            }
            Stmt::While(cond, body, body_first) => {
                let mut first = *body_first;
                loop {
                    if !first {
                        let c = self.eval(cond)?;
                        if !self.truth(&c) {
                            break;
                        }
                    }
                    first = false;
                    match self.exec(body) {
                        Err(Jump::Break) => break,
                        Ok(()) | Err(Jump::Continue) => {}
                        other => return other,
                    }
                }
            }
            Stmt::For(first, cond, last, body) => {
                if let Some(first) = first {
                    self.exec(first)?;
                }
                loop {
                    if let Some(cond) = cond {
                        let c = self.eval(cond)?;
                        if !self.truth(&c) {
                            break;
                        }
                    }
                    match self.exec(body) {
                        Err(Jump::Break) => break,
                        Ok(()) | Err(Jump::Continue) => {}
                        other => return other,
                    }
                    if let Some(last) = last {
                        self.exec(last)?;
                    }
                }
            }
            Stmt::ForIn(var, array, body) => {
                let array = self.array(array);
                let mut keys: Vec<Rc<str>> =
                    self.arrays.get(&array).map(|a| a.keys().cloned().collect()).unwrap_or_default();
                // The order is nobody's to rely on; numbers by size read best.
                let key = |k: &Rc<str>| (k.parse::<i64>().unwrap_or(i64::MAX), k.clone());
                crate::map::sort_by(&mut keys, |a, b| key(a).cmp(&key(b)));
                for key in keys {
                    self.store(&Expr::Var(var.clone()), Val::Input(key))?;
                    match self.exec(body) {
                        Err(Jump::Break) => break,
                        Ok(()) | Err(Jump::Continue) => {}
                        other => return other,
                    }
                }
            }
            Stmt::Block(all) => {
                for s in all {
                    self.exec(s)?;
                }
            }
            Stmt::Delete(name, keys) => {
                let name = self.array(name);
                match keys {
                    Some(keys) => {
                        let key = self.key(keys)?;
                        if let Some(array) = self.arrays.get_mut(&name) {
                            array.remove(&key);
                        }
                    }
                    None => {
                        self.arrays.insert(name, Map::new());
                    }
                }
            }
            Stmt::Next => return Err(Jump::Next),
            Stmt::Break => return Err(Jump::Break),
            Stmt::Continue => return Err(Jump::Continue),
            Stmt::Return(e) => {
                let v = match e {
                    Some(e) => self.eval(e)?,
                    None => Val::Unset,
                };
                return Err(Jump::Return(v));
            }
            Stmt::Exit(e) => {
                let code = match e {
                    Some(e) => {
                        let v = self.eval(e)?;
                        Some((self.num(&v) / ONE) as i32)
                    }
                    None => None,
                };
                self.exit = Some(code.unwrap_or(self.exit.unwrap_or(0)));
                return Err(Jump::Exit);
            }
        }
        Ok(())
    }

    /// Output waits here until the tool's step is over: statements know nothing of descriptors.
    pub(super) fn print(&mut self, text: String, to: Option<(To, Rc<str>)>) {
        self.queued += text.len() + 1;
        if self.queued > 4 << 20 || self.queue.len() > 50_000 {
            return;
        }
        match self.queue.last_mut() {
            Some((None, last)) if to.is_none() => last.push_str(&text),
            _ => self.queue.push((to, text)),
        }
    }

    /// Says what is to be said, up to a command that must end first.
    pub(super) fn flush(&mut self, cx: &mut Ctx<'_>) {
        let mut queue = std::mem::take(&mut self.queue).into_iter();
        while self.waiting.is_none()
            && let Some((to, text)) = queue.next()
        {
            match to {
                None => cx.out(&text),
                Some((kind, name)) => self.say(cx, kind, &name, &text),
            }
        }
        self.queue = queue.collect();
        if self.queue.is_empty() {
            self.queued = 0;
        }
    }

    fn say(&mut self, cx: &mut Ctx<'_>, kind: To, name: &Rc<str>, text: &str) {
        match kind {
            To::System => {
                self.waiting = cx.spawn(["sh", "-c", name].map(str::to_string).to_vec()).ok();
                return;
            }
            To::Close => {
                if let Some(at) = self.files.iter().position(|(n, _)| **n == **name) {
                    cx.close(self.files.remove(at).1);
                }
                if let Some(at) = self.pipes.iter().position(|(n, _)| n == name) {
                    self.waiting = Some(self.pipes.remove(at).1);
                }
                return;
            }
            To::File | To::Append if matches!(&**name, "/dev/stdout" | "-") => {
                cx.out(text);
                return;
            }
            To::File | To::Append if &**name == "/dev/stderr" => {
                let _ = cx.write(2, text.as_bytes());
                return;
            }
            _ => {}
        }
        let fd = match self.files.iter().find(|(n, _)| **n == **name) {
            Some((_, fd)) => Ok(*fd),
            None => match kind {
                To::Pipe => self.pipe(cx, name),
                To::Append => cx.open(name, How::APPEND),
                _ => cx.open(name, How::WRITE),
            },
        };
        match fd {
            Ok(fd) => {
                if !self.files.iter().any(|(n, _)| **n == **name) {
                    self.files.push((name.to_string(), fd));
                }
                let _ = cx.os.write(cx.pid, fd, text.as_bytes());
            }
            Err(errno) => {
                cx.fail("can't open", name, errno);
            }
        }
    }

    /// A shell that reads what is written to the descriptor.
    fn pipe(&mut self, cx: &mut Ctx<'_>, command: &Rc<str>) -> Result<usize, crate::types::Errno> {
        let child = cx.spawn(["sh", "-c", command].map(str::to_string).to_vec())?;
        let (read, write) = cx.os.pipe_pair();
        cx.os.set_fd(child, 0, Some(read));
        self.pipes.push((command.clone(), child));
        cx.os.add_fd(cx.pid, write, 3)
    }

    /// Is everything said, and (at the end) everybody done?
    pub(super) fn caught_up(&mut self, cx: &mut Ctx<'_>, end: bool) -> bool {
        loop {
            if let Some(child) = self.waiting {
                if cx.os.reap(cx.pid, child).is_none() {
                    return false;
                }
                self.waiting = None;
            }
            if self.queue.is_empty() {
                break;
            }
            self.flush(cx);
        }
        if end {
            for (_, fd) in std::mem::take(&mut self.files) {
                cx.close(fd);
            }
            self.pipes.retain(|(_, child)| cx.os.reap(cx.pid, *child).is_none());
        }
        !end || self.pipes.is_empty()
    }
}
