//! Rules: which of them a record, the beginning and the end set off.

use super::ast::{Expr, Pattern};
use super::exec::{Jump, Run};
use super::value::Val;
use super::{Awk, ONE};
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
                    self.exit = Some(1);
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
        let line = data.strip_suffix(b"\n").unwrap_or(data);
        let text = String::from_utf8_lossy(line).replace(['\u{1}', '\u{2}', '\u{3}'], "");
        self.set_record(text.into());
        for name in ["NR", "FNR"] {
            let v = self.vars.get(name).cloned().unwrap_or(Val::Unset);
            let n = self.num(&v) + ONE;
            self.vars.insert(name.into(), Val::Num(n));
        }
        if self.rules(cx, 1) { Flow::More } else { Flow::Quit }
    }
    fn finish(&mut self, cx: &mut Ctx<'_>, failed: bool) -> i32 {
        if !self.begun && !self.begin_rules(cx) {
            self.exit.get_or_insert(0);
        }
        self.rules(cx, 2);
        self.exit.unwrap_or(if failed { 2 } else { 0 })
    }
    fn boxed(&self) -> Box<dyn Filter> {
        Box::new(self.clone())
    }
}
