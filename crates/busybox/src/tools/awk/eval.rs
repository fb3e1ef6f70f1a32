//! Expressions.

use super::ast::Expr;
use super::exec::{Jump, Run};
use super::value::{Val, looks_numeric};
use super::{Awk, MAX_ENTRIES, MAX_STEPS, MAX_TEXT, ONE};
use crate::map::Map;
use crate::regex::Regex;
use std::rc::Rc;

impl Awk {
    pub(super) fn regex(&mut self, e: &Expr) -> Run<Rc<Regex>> {
        if let Expr::Regex(regex) = e {
            return Ok(regex.clone());
        }
        let v = self.eval(e)?;
        let text = self.text(&v);
        Regex::new(&text, true, false)
            .map(Rc::new)
            .map_err(|()| Jump::Fatal(["bad regex '", &text, "'"].concat()))
    }

    pub(super) fn step(&mut self) -> Run<()> {
        self.steps += 1;
        if self.steps > MAX_STEPS { Err(Jump::Fatal("too many steps".to_string())) } else { Ok(()) }
    }

    pub(super) fn eval(&mut self, e: &Expr) -> Run<Val> {
        self.step()?;
        let bool_val = |b: bool| Val::Num(if b { ONE } else { 0 });
        Ok(match e {
            Expr::Val(v) => v.clone(),
            Expr::Regex(regex) => bool_val(regex.is_match(self.record.as_bytes())),
            Expr::Var(name) => self.var(name),
            Expr::Field(index) => {
                let n = self.eval(index)?;
                let n = self.num(&n) / ONE;
                if n < 0 {
                    return Err(Jump::Fatal("Access to negative field".to_string()));
                }
                self.get_field(n)
            }
            Expr::Index(name, keys) => {
                let key = self.key(keys)?;
                let name = self.array(name);
                let array = self.arrays.or_insert(name, Map::new());
                self.steps += array.len() as u32 / 128;
                if array.len() >= MAX_ENTRIES {
                    return Ok(Val::Unset);
                }
                array.or_insert(key, Val::Unset).clone()
            }
            Expr::Group(list) => {
                let mut v = Val::Unset;
                for e in list {
                    v = self.eval(e)?;
                }
                v
            }
            Expr::Assign(op, target, value) => {
                let right = self.eval(value)?;
                let v = if *op == "=" {
                    right
                } else {
                    let left = self.eval(target)?;
                    let (a, b) = (self.num(&left), self.num(&right));
                    Val::Num(arith(if op.starts_with("**") { "^" } else { &op[..1] }, a, b)?)
                };
                self.store(target, v.clone())?;
                v
            }
            Expr::Cond(cond, yes, no) => {
                let c = self.eval(cond)?;
                if self.truth(&c) { self.eval(yes)? } else { self.eval(no)? }
            }
            Expr::Un(op, inner) => {
                let v = self.eval(inner)?;
                match *op {
                    "!" => bool_val(!self.truth(&v)),
                    "-" => Val::Num(-self.num(&v)),
                    _ => Val::Num(self.num(&v)),
                }
            }
            Expr::Step(target, by, new) => {
                let old = self.eval(target)?;
                let old = self.num(&old);
                self.store(target, Val::Num(old.saturating_add(*by)))?;
                Val::Num(if *new { old.saturating_add(*by) } else { old })
            }
            Expr::In(keys, name) => {
                let key = self.key(keys)?;
                let name = self.array(name);
                bool_val(self.arrays.get(&name).is_some_and(|a| a.contains_key(&key)))
            }
            Expr::Bin(op, a, b) => match *op {
                "&&" => {
                    let a = self.eval(a)?;
                    let yes = self.truth(&a) && {
                        let b = self.eval(b)?;
                        self.truth(&b)
                    };
                    bool_val(yes)
                }
                "||" => {
                    let a = self.eval(a)?;
                    let yes = self.truth(&a) || {
                        let b = self.eval(b)?;
                        self.truth(&b)
                    };
                    bool_val(yes)
                }
                "~" | "!~" => {
                    let text = self.eval(a)?;
                    let text = self.text(&text);
                    let hit = self.regex(b)?.is_match(text.as_bytes());
                    bool_val(hit == (*op == "~"))
                }
                " " => {
                    let a = self.eval(a)?;
                    let b = self.eval(b)?;
                    let (a, b) = (self.text(&a), self.text(&b));
                    if a.len() + b.len() > MAX_TEXT {
                        return Err(Jump::Fatal("out of memory".to_string()));
                    }
                    Val::Str([&*a, &*b].concat().into())
                }
                "<" | "<=" | "==" | "!=" | ">=" | ">" => {
                    let (a, b) = (self.eval(a)?, self.eval(b)?);
                    let numeric = |v: &Val| match v {
                        Val::Num(_) | Val::Unset => true,
                        Val::Input(s) => looks_numeric(s),
                        Val::Str(_) => false,
                    };
                    let order = if numeric(&a) && numeric(&b) {
                        self.num(&a).cmp(&self.num(&b))
                    } else {
                        self.text(&a).cmp(&self.text(&b))
                    };
                    bool_val(match *op {
                        "<" => order.is_lt(),
                        "<=" => order.is_le(),
                        "==" => order.is_eq(),
                        "!=" => order.is_ne(),
                        ">=" => order.is_ge(),
                        _ => order.is_gt(),
                    })
                }
                op => {
                    let a = self.eval(a)?;
                    let b = self.eval(b)?;
                    Val::Num(arith(op, self.num(&a), self.num(&b))?)
                }
            },
            Expr::Call(name, args) => self.call(name, args)?,
        })
    }
}

fn arith(op: &str, a: i128, b: i128) -> Run<i128> {
    Ok(match op {
        "+" => a.saturating_add(b),
        "-" => a.saturating_sub(b),
        "*" => {
            // Whole numbers are multiplied as such, so that more of them fit.
            if a % ONE == 0 { (a / ONE).saturating_mul(b) } else { a.saturating_mul(b) / ONE }
        }
        "/" | "%" if b == 0 => return Err(Jump::Fatal("Division by zero".to_string())),
        "/" => a.saturating_mul(ONE) / b,
        "%" => a % b,
        _ => {
            let mut result = ONE;
            for _ in 0..(b / ONE).clamp(0, 128) {
                result = if a % ONE == 0 {
                    (a / ONE).saturating_mul(result)
                } else {
                    a.saturating_mul(result) / ONE
                };
            }
            result
        }
    })
}
