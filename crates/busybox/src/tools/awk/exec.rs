//! Statements, and the output they leave.

use super::ast::{Expr, Stmt};
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
                    Some((append, e)) => {
                        let v = self.eval(e)?;
                        Some((*append, self.text(&v)))
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
    pub(super) fn print(&mut self, text: String, to: Option<(bool, Rc<str>)>) {
        self.queued += text.len();
        if self.queued > 4 << 20 {
            return;
        }
        match self.queue.last_mut() {
            Some((None, last)) if to.is_none() => last.push_str(&text),
            _ => self.queue.push((to, text)),
        }
    }

    pub(super) fn flush(&mut self, cx: &mut Ctx<'_>) {
        self.queued = 0;
        for (to, text) in std::mem::take(&mut self.queue) {
            let Some((append, path)) = to else {
                cx.out(&text);
                continue;
            };
            let path = &*path;
            if path == "/dev/stderr" {
                let _ = cx.write(2, text.as_bytes());
                continue;
            }
            if path == "/dev/stdout" || path == "-" {
                cx.out(&text);
                continue;
            }
            let fd = match self.files.iter().find(|(p, _)| p == path) {
                Some((_, fd)) => *fd,
                None => match cx.open(path, if append { How::APPEND } else { How::WRITE }) {
                    Ok(fd) => {
                        self.files.push((path.to_string(), fd));
                        fd
                    }
                    Err(errno) => {
                        cx.fail("can't open", path, errno);
                        continue;
                    }
                },
            };
            let _ = cx.os.write(cx.pid, fd, text.as_bytes());
        }
    }
}
