//! Rules: which of them a record, the beginning and the end set off.

use super::ast::{Expr, Pattern};
use super::exec::{Jump, Run};
use super::value::Val;
use super::{Awk, MAX_TEXT, ONE};
use crate::ctx::Ctx;
use crate::tools::stream::{Filter, Flow};
use std::rc::Rc;

impl Awk {
    /// Runs rules of one kind. Gives false when the program is to end.
    fn rules(&mut self, cx: &mut Ctx<'_>, kind: u8) -> bool {
        let program = self.program.clone();
        self.steps = 0;
        for (pattern, action) in &program.rules {
            let go = match (pattern, kind) {
                (Pattern::Begin, 0) | (Pattern::End, 2) | (Pattern::Always, 1) => Ok(true),
                (Pattern::Expr(e), 1) => self.eval(e).map(|v| self.truth(&v)),
                (Pattern::Range(first, second, index), 1) => self.range(first, second, *index),
                _ => Ok(false),
            };
            let result = match (go, action) {
                (Ok(false), _) => Ok(()),
                (Ok(true), Some(action)) => self.exec(action),
                (Ok(true), None) => {
                    let ors = self.var_text("ORS");
                    let text = [&*self.record, &*ors].concat();
                    self.print(text, None);
                    Ok(())
                }
                (Err(jump), _) => Err(jump),
            };
            match result {
                Ok(()) => {}
                Err(Jump::Exit) => {
                    self.finish_turn(cx);
                    return false;
                }
                Err(Jump::Fatal(message)) => {
                    self.flush(cx);
                    cx.complain(&["cmd. line:1: ", &message].concat());
                    self.exit = Some(if message.ends_with("not supported") { 2 } else { 1 });
                    // A fatal error runs no END rules.
                    self.program = Rc::default();
                    return false;
                }
                Err(_) => break,
            }
        }
        self.finish_turn(cx);
        true
    }

    fn finish_turn(&mut self, cx: &mut Ctx<'_>) {
        cx.charge(self.steps / 8);
        self.flush(cx);
    }

    fn range(&mut self, first: &Expr, second: &Expr, index: usize) -> Run<bool> {
        if !self.active[index] {
            let v = self.eval(first)?;
            if !self.truth(&v) {
                return Ok(false);
            }
            self.active[index] = true;
        }
        let v = self.eval(second)?;
        if self.truth(&v) {
            self.active[index] = false;
        }
        Ok(true)
    }

    pub(super) fn begin_rules(&mut self, cx: &mut Ctx<'_>) -> bool {
        self.begun = true;
        self.vars.insert("\u{1}now".into(), Val::Str(cx.os.unix_ms().div_euclid(1000).to_string().into()));
        self.rules(cx, 0)
    }
}

impl Filter for Awk {
    fn begin(&mut self, cx: &mut Ctx<'_>, name: &str) {
        let name = if name == "-" { "" } else { name };
        self.vars.insert("FILENAME".into(), Val::Str(name.into()));
        self.vars.insert("FNR".into(), Val::Num(0));
        if !self.begun && !self.begin_rules(cx) {
            self.exit.get_or_insert(0);
        }
    }
    fn data(&mut self, cx: &mut Ctx<'_>, data: &[u8]) -> Flow {
        if self.exit.is_some() {
            return Flow::Quit;
        }
        let rs = self.var_text("RS");
        if &*rs == "\n" && self.pending.is_empty() {
            let line = data.strip_suffix(b"\n").unwrap_or(data);
            return self.one_record(cx, &String::from_utf8_lossy(line));
        }
        cx.charge(1);
        self.pending.push_str(&String::from_utf8_lossy(data));
        // Nothing that came before can have been a separator.
        let mut new = self.pending.len() - data.len().min(self.pending.len());
        while let Some((from, to)) = self.separator(&rs, new) {
            new = 0;
            let record = self.pending[..from].to_string();
            self.pending.drain(..to);
            if !(rs.is_empty() && record.is_empty()) && self.one_record(cx, &record) == Flow::Quit {
                return Flow::Quit;
            }
        }
        if self.pending.len() > MAX_TEXT {
            self.pending.clear();
        }
        Flow::More
    }
    fn settled(&mut self, cx: &mut Ctx<'_>, end: bool) -> bool {
        self.caught_up(cx, end)
    }
    fn end(&mut self, cx: &mut Ctx<'_>) -> Flow {
        let mut rest = std::mem::take(&mut self.pending);
        if self.var_text("RS").is_empty() {
            rest = rest.trim_matches('\n').to_string();
        }
        if rest.is_empty() || self.exit.is_some() { Flow::More } else { self.one_record(cx, &rest) }
    }
    fn finish(&mut self, cx: &mut Ctx<'_>, failed: bool) -> i32 {
        if failed {
            // A file that is not there ends it, END and all.
            return 1;
        }
        if !self.begun && !self.begin_rules(cx) {
            self.exit.get_or_insert(0);
        }
        self.rules(cx, 2);
        self.exit.unwrap_or(0)
    }
    fn boxed(&self) -> Box<dyn Filter> {
        Box::new(self.clone())
    }
}

impl Awk {
    /// Where the next record that is complete ends in what is pending, and where the one after it begins.
    fn separator(&self, rs: &str, new: usize) -> Option<(usize, usize)> {
        let text = &self.pending;
        // Text that is not what was read (no UTF-8) is a little longer.
        let new = (0..=new.saturating_sub(256)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let mut chars = rs.chars();
        match (chars.next(), chars.next()) {
            (None, _) => {
                // Empty lines separate, as many as there are; those at the beginning are nothing.
                if text.starts_with('\n') {
                    return Some((0, 1));
                }
                text[new..].find("\n\n").map(|at| (new + at, new + at + 2))
            }
            (Some(c), None) => text[new..].find(c).map(|at| (new + at, new + at + c.len_utf8())),
            _ => {
                let regex = crate::regex::Regex::new(rs, true, false).ok()?;
                regex.find(text.as_bytes(), new)?[0].filter(|(from, to)| {
                    to > from && text.is_char_boundary(*from) && text.is_char_boundary(*to)
                })
            }
        }
    }

    fn one_record(&mut self, cx: &mut Ctx<'_>, text: &str) -> Flow {
        let text = text.replace(['\u{1}', '\u{2}', '\u{3}'], "");
        self.set_record(text.into());
        for name in ["NR", "FNR"] {
            let v = self.vars.get(name).cloned().unwrap_or(Val::Unset);
            let n = self.num(&v) + ONE;
            self.vars.insert(name.into(), Val::Num(n));
        }
        if self.rules(cx, 1) { Flow::More } else { Flow::Quit }
    }
}
