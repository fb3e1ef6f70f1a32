//! Calls: functions of the program, and those that come with awk.

use super::ast::{Expr, To};
use super::exec::{Jump, Run};
use super::text::{split_regex, split_text, substitute};
use super::value::{Val, exact, number};
use super::{Awk, Local, MAX_DEPTH, ONE};
use crate::map::Map;
use crate::tools::text::printf;
use std::rc::Rc;

impl Awk {
    pub(super) fn call(&mut self, name: &Rc<str>, args: &[Expr]) -> Run<Val> {
        let program = self.program.clone();
        if let Some(function) = program.functions.get(name) {
            if self.locals.len() as u32 >= MAX_DEPTH {
                return Err(Jump::Fatal("function calls nested too deeply".to_string()));
            }
            let mut locals = Map::new();
            for (i, param) in function.params.iter().enumerate() {
                let local = match args.get(i) {
                    // A name that is an array is handed over as such.
                    Some(Expr::Var(n)) if self.is_array(n) => Local::Array(self.array(n)),
                    Some(e) => Local::Val(self.eval(e)?),
                    None => {
                        self.fresh += 1;
                        locals.insert(param.clone(), Local::Array(format!("\u{1}{}", self.fresh).into()));
                        Local::Val(Val::Unset)
                    }
                };
                locals.insert(param.clone(), local);
            }
            self.locals.push(locals);
            let result = self.exec(&function.body);
            self.locals.pop();
            return match result {
                Ok(()) => Ok(Val::Unset),
                Err(Jump::Return(v)) => Ok(v),
                Err(jump) => Err(jump),
            };
        }
        let mut vals = Vec::new();
        let by_name = matches!(&**name, "sub" | "gsub" | "split" | "match" | "length");
        if !by_name {
            for e in args {
                vals.push(self.eval(e)?);
            }
        }
        let text = |me: &Self, i: usize| vals.get(i).map_or_else(|| Rc::from(""), |v| me.text(v));
        let num = |me: &Self, i: usize| vals.get(i).map_or(0, |v| me.num(v));
        Ok(match &**name {
            "length" => {
                if let Some(Expr::Var(n)) = args.first()
                    && self.is_array(n)
                {
                    let n = self.array(n);
                    return Ok(Val::Num(self.arrays.get(&n).map_or(0, Map::len) as i128 * ONE));
                }
                let v = match args.first() {
                    Some(e) => self.eval(e)?,
                    None => Val::Input(self.record.clone()),
                };
                Val::Num(self.text(&v).chars().count() as i128 * ONE)
            }
            "substr" => {
                let chars: Vec<char> = text(self, 0).chars().collect();
                // A beginning before the text is the text's, whatever the length (here BusyBox is not POSIX).
                let from = (num(self, 1) / ONE - 1).clamp(0, chars.len() as i128) as usize;
                let len = if vals.len() > 2 { num(self, 2) / ONE } else { i128::MAX };
                let to = from + len.clamp(0, (chars.len() - from) as i128) as usize;
                Val::Str(chars[from..to].iter().collect::<String>().into())
            }
            "index" => {
                let (t, s) = (text(self, 0), text(self, 1));
                Val::Num(t.find(&*s).map_or(0, |i| t[..i].chars().count() as i128 + 1) * ONE)
            }
            "tolower" => Val::Str(text(self, 0).to_ascii_lowercase().into()),
            "toupper" => Val::Str(text(self, 0).to_ascii_uppercase().into()),
            "int" => Val::Num(num(self, 0) / ONE * ONE),
            "sqrt" => {
                // By Newton's method, on integers.
                let n = num(self, 0).clamp(0, i128::MAX / ONE / ONE) * ONE;
                let mut x = n;
                let mut y = (x + 1) / 2;
                while y < x {
                    x = y;
                    y = (x + n / x.max(1)) / 2;
                }
                Val::Num(x)
            }
            "systime" => Val::Num(number(&self.var_text("\u{1}now"))),
            "sprintf" => Val::Str(self.format(&vals).into()),
            "fflush" | "srand" => Val::Num(0),
            // They wait for their turn among what is said; what a command came to is not known yet.
            "close" | "system" => {
                let kind = if &**name == "close" { To::Close } else { To::System };
                let command = text(self, 0);
                self.print(String::new(), Some((kind, command)));
                Val::Num(0)
            }
            "split" => {
                let Some(Expr::Var(array)) = args.get(1) else {
                    return Err(Jump::Fatal("syntax error".to_string()));
                };
                let v = self.eval(&args[0])?;
                let source = self.text(&v);
                let parts = match args.get(2) {
                    Some(e @ Expr::Regex(_)) => {
                        let regex = self.regex(e)?;
                        split_regex(&source, &regex)
                    }
                    Some(e) => {
                        let sep = self.eval(e)?;
                        split_text(&source, &self.text(&sep))
                    }
                    None => {
                        let fs =
                            self.vars.get("FS").cloned().map_or_else(|| Rc::from(" "), |v| self.text(&v));
                        split_text(&source, &fs)
                    }
                };
                let array = self.array(array);
                if let Some(Local::Val(_)) = self.locals.last().and_then(|l| l.get(&array)) {
                    self.fresh += 1;
                    let real: Rc<str> = format!("\u{1}{}", self.fresh).into();
                    if let Some(locals) = self.locals.last_mut() {
                        locals.insert(array.clone(), Local::Array(real));
                    }
                }
                let array = self.array(&array);
                let count = parts.len();
                let entries =
                    parts.into_iter().enumerate().map(|(i, p)| ((i + 1).to_string().into(), Val::Input(p)));
                self.arrays.insert(array, entries.collect());
                Val::Num(count as i128 * ONE)
            }
            "match" => {
                let v = match args.first() {
                    Some(e) => self.eval(e)?,
                    None => return Err(Jump::Fatal("syntax error".to_string())),
                };
                let source = self.text(&v);
                let regex = match args.get(1) {
                    Some(e) => self.regex(e)?,
                    None => return Err(Jump::Fatal("syntax error".to_string())),
                };
                let hit = regex.find(source.as_bytes(), 0).and_then(|g| g[0]);
                let (start, length) = match hit {
                    Some((a, b)) => (a as i128 + 1, (b - a) as i128),
                    None => (0, -1),
                };
                self.vars.insert("RSTART".into(), Val::Num(start * ONE));
                self.vars.insert("RLENGTH".into(), Val::Num(length * ONE));
                Val::Num(start * ONE)
            }
            "sub" | "gsub" => {
                let (Some(pattern), Some(with)) = (args.first(), args.get(1)) else {
                    return Err(Jump::Fatal("syntax error".to_string()));
                };
                let regex = self.regex(pattern)?;
                let with = self.eval(with)?;
                let with = self.text(&with);
                let whole = Expr::Field(Box::new(Expr::Val(Val::Num(0))));
                let target = args.get(2).unwrap_or(&whole);
                let source = self.eval(target)?;
                let source = self.text(&source);
                let (out, count) = substitute(&source, &regex, &with, &**name == "gsub");
                if count > 0 {
                    self.store(target, Val::Str(out.into()))?;
                }
                Val::Num(count * ONE)
            }
            other @ ("exp" | "log" | "sin" | "cos" | "atan2") => {
                return Err(Jump::Fatal([other, " is not supported"].concat()));
            }
            other => return Err(Jump::Fatal(["Call to undefined function '", other, "'"].concat())),
        })
    }

    /// sprintf: numbers are handed over as decimal texts.
    pub(super) fn format(&self, vals: &[Val]) -> String {
        let Some(first) = vals.first() else { return String::new() };
        let format = self.text(first);
        let mut args = vec![format.replace('\\', "\\\\")];
        let mut specs = format.split('%').skip(1);
        let mut rest = vals[1..].iter();
        while let Some(spec) = specs.next() {
            if spec.is_empty() {
                specs.next();
                continue;
            }
            for _ in 0..spec.chars().take_while(|c| !c.is_ascii_alphabetic()).filter(|c| *c == '*').count() {
                if let Some(v) = rest.next() {
                    args.push((self.num(v) / ONE).to_string());
                }
            }
            let conversion = spec.chars().find(char::is_ascii_alphabetic).unwrap_or('s');
            let Some(v) = rest.next() else {
                args.push(String::new());
                continue;
            };
            args.push(match (conversion, v) {
                ('d' | 'i' | 'o' | 'x' | 'X' | 'u', v) => (self.num(v) / ONE).to_string(),
                ('e' | 'E' | 'f' | 'F' | 'g' | 'G', v) => exact(self.num(v)),
                ('c', Val::Num(n)) => char::from_u32((*n / ONE) as u32).unwrap_or('\0').to_string(),
                (_, v) => self.text(v).to_string(),
            });
        }
        // The format is used once only, whatever is left over.
        let bytes = printf(&args).out;
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
