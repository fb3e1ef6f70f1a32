//! Variables, arrays, and the record with its fields.

use super::ast::Expr;
use super::exec::{Jump, Run};
use super::text::split_text;
use super::value::{Val, looks_numeric, number, show};
use super::{Awk, Local, MAX_ENTRIES, ONE};
use crate::map::Map;
use std::rc::Rc;

impl Awk {
    pub(super) fn num(&self, v: &Val) -> i128 {
        match v {
            Val::Num(n) => *n,
            Val::Str(s) | Val::Input(s) => number(s),
            Val::Unset => 0,
        }
    }

    pub(super) fn text(&self, v: &Val) -> Rc<str> {
        match v {
            Val::Num(n) => show(*n).into(),
            Val::Str(s) | Val::Input(s) => s.clone(),
            Val::Unset => "".into(),
        }
    }

    pub(super) fn truth(&self, v: &Val) -> bool {
        match v {
            Val::Num(n) => *n != 0,
            Val::Str(s) => !s.is_empty(),
            Val::Input(s) => {
                if looks_numeric(s) {
                    number(s) != 0
                } else {
                    !s.is_empty()
                }
            }
            Val::Unset => false,
        }
    }

    pub(super) fn var(&mut self, name: &str) -> Val {
        if let Some(Local::Val(v)) = self.locals.last().and_then(|l| l.get(name)) {
            return v.clone();
        }
        if name == "NF" {
            self.split_record();
            return Val::Num(self.fields.len() as i128 * ONE);
        }
        self.vars.get(name).cloned().unwrap_or(Val::Unset)
    }

    pub(super) fn var_text(&mut self, name: &str) -> Rc<str> {
        let v = self.var(name);
        self.text(&v)
    }

    pub(super) fn array(&self, name: &Rc<str>) -> Rc<str> {
        match self.locals.last().and_then(|l| l.get(name)) {
            Some(Local::Array(real)) => real.clone(),
            _ => name.clone(),
        }
    }

    fn split_record(&mut self) {
        if self.split {
            return;
        }
        self.split = true;
        let fs = match self.vars.get("FS").cloned() {
            Some(v) => self.text(&v),
            None => " ".into(),
        };
        let mut record = self.record.clone();
        if self.vars.get("RS").is_some_and(|rs| self.text(rs).is_empty()) && fs.chars().count() == 1 {
            record = record.replace('\n', &fs).into();
        }
        self.fields = split_text(&record, &fs);
    }

    fn join_record(&mut self) {
        let ofs = self.var_text("OFS");
        self.record = self.fields.iter().map(|f| &**f).collect::<Vec<_>>().join(&ofs).into();
    }

    pub(super) fn set_record(&mut self, text: Rc<str>) {
        self.record = text;
        self.split = false;
    }

    pub(super) fn get_field(&mut self, n: i128) -> Val {
        if n == 0 {
            return Val::Input(self.record.clone());
        }
        self.split_record();
        let field = usize::try_from(n).ok().and_then(|n| self.fields.get(n - 1).cloned());
        field.map_or(Val::Unset, Val::Input)
    }

    pub(super) fn store(&mut self, target: &Expr, v: Val) -> Run<()> {
        // A long text was copied to come here; and a new key moves those after it.
        if let Val::Str(text) | Val::Input(text) = &v {
            self.steps += text.len() as u32 / 256;
        }
        match target {
            Expr::Var(name) => {
                if let Some(local) = self.locals.last_mut().and_then(|l| l.get_mut(name)) {
                    *local = Local::Val(v);
                } else if &**name == "NF" {
                    self.split_record();
                    let n = (self.num(&v) / ONE).clamp(0, 10_000) as usize;
                    self.fields.resize(n, "".into());
                    self.join_record();
                } else if self.vars.len() < MAX_ENTRIES {
                    self.vars.insert(name.clone(), v);
                }
            }
            Expr::Field(index) => {
                let n = self.eval(index)?;
                let n = self.num(&n) / ONE;
                let text = self.text(&v);
                if n == 0 {
                    self.set_record(text);
                } else if (1..10_000).contains(&n) {
                    self.split_record();
                    let n = n as usize;
                    if self.fields.len() < n {
                        self.fields.resize(n, "".into());
                    }
                    self.fields[n - 1] = text;
                    self.join_record();
                }
            }
            Expr::Index(name, keys) => {
                let key = self.key(keys)?;
                let name = self.array(name);
                let array = self.arrays.or_insert(name, Map::new());
                self.steps += array.len() as u32 / 128;
                if array.len() < MAX_ENTRIES {
                    array.insert(key, v);
                }
            }
            _ => return Err(Jump::Fatal("syntax error".to_string())),
        }
        Ok(())
    }

    pub(super) fn key(&mut self, keys: &[Expr]) -> Run<Rc<str>> {
        let mut parts = Vec::new();
        for key in keys {
            let v = self.eval(key)?;
            parts.push(self.text(&v));
        }
        Ok(if parts.len() == 1 {
            parts.remove(0)
        } else {
            parts.iter().map(|p| &**p).collect::<Vec<_>>().join("\u{1c}").into()
        })
    }

    pub(super) fn is_array(&self, name: &Rc<str>) -> bool {
        match self.locals.last().and_then(|l| l.get(name)) {
            Some(Local::Array(_)) => true,
            Some(Local::Val(_)) => false,
            None => self.arrays.contains_key(name),
        }
    }
}
