//! Rules, statements and expressions, by recursive descent.

use super::ONE;
use super::ast::{Expr, Function, Pattern, Program, Stmt, To};
use super::lex::{Parser, Res, Tok};
use super::value::Val;
use crate::regex::Regex;
use std::rc::Rc;

impl Parser<'_> {
    pub(super) fn program(&mut self) -> Res<Program> {
        let mut program = Program::default();
        self.next()?;
        self.terminators()?;
        while self.tok != Tok::End {
            if self.is_name("function") || self.is_name("func") {
                self.next()?;
                let (Tok::Call(name) | Tok::Name(name)) = self.tok.clone() else {
                    return Err(self.unexpected());
                };
                self.next()?;
                self.expect("(")?;
                let mut params = Vec::new();
                while let Tok::Name(param) = self.tok.clone() {
                    params.push(Rc::from(param));
                    self.next()?;
                    if !self.eat(",")? {
                        break;
                    }
                }
                self.expect(")")?;
                self.newlines()?;
                let body = self.block()?;
                program.functions.insert(name.into(), Function { params, body });
                self.terminators()?;
                continue;
            }
            let pattern = if self.is_name("BEGIN") {
                self.next()?;
                Pattern::Begin
            } else if self.is_name("END") {
                self.next()?;
                Pattern::End
            } else if self.is("{") {
                Pattern::Always
            } else {
                let first = self.expr()?;
                if self.eat(",")? {
                    self.newlines()?;
                    let second = self.expr()?;
                    self.ranges += 1;
                    Pattern::Range(first, second, self.ranges - 1)
                } else {
                    Pattern::Expr(first)
                }
            };
            let action = if self.is("{") { Some(self.block()?) } else { None };
            program.rules.push((pattern, action));
            self.terminators()?;
        }
        program.ranges = self.ranges;
        Ok(program)
    }

    fn block(&mut self) -> Res<Stmt> {
        self.expect("{")?;
        self.enter()?;
        let mut all = Vec::new();
        self.terminators()?;
        while !self.is("}") {
            if self.tok == Tok::End {
                return Err(self.unexpected());
            }
            all.push(self.stmt()?);
            self.terminators()?;
        }
        self.depth -= 1;
        // What follows a block begins anew: a slash there is a regular expression.
        self.operand = true;
        self.next()?;
        Ok(Stmt::Block(all))
    }

    fn simple(&mut self) -> Res<Stmt> {
        let name = if let Tok::Name(n) | Tok::Call(n) = &self.tok { n.clone() } else { String::new() };
        match name.as_str() {
            "print" | "printf" => {
                self.next()?;
                let mut args = Vec::new();
                let old = std::mem::replace(&mut self.no_greater, true);
                if !matches!(self.tok, Tok::Newline | Tok::End)
                    && !self.is(";")
                    && !self.is("}")
                    && !self.is(">")
                    && !self.is(">>")
                    && !self.is("|")
                {
                    args = self.list()?;
                    if let [Expr::Group(_)] = &args[..]
                        && let Some(Expr::Group(inner)) = args.pop()
                    {
                        args = inner;
                    }
                }
                self.no_greater = old;
                let mut to = None;
                let kinds = [(">", To::File), (">>", To::Append), ("|", To::Pipe)];
                if let Some((_, kind)) = kinds.into_iter().find(|(op, _)| self.is(op)) {
                    self.next()?;
                    let old = std::mem::replace(&mut self.no_greater, true);
                    let target = self.concat()?;
                    self.no_greater = old;
                    to = Some((kind, target));
                }
                Ok(Stmt::Print { args, format: name == "printf", to })
            }
            "delete" => {
                self.next()?;
                let Tok::Name(array) = self.tok.clone() else { return Err(self.unexpected()) };
                self.next()?;
                let index = if self.eat("[")? {
                    let index = self.list()?;
                    self.expect("]")?;
                    Some(index)
                } else {
                    None
                };
                Ok(Stmt::Delete(array.into(), index))
            }
            _ => Ok(Stmt::Expr(self.expr()?)),
        }
    }

    fn stmt(&mut self) -> Res<Stmt> {
        self.enter()?;
        let stmt = self.stmt_inner()?;
        self.depth -= 1;
        Ok(stmt)
    }

    fn stmt_inner(&mut self) -> Res<Stmt> {
        if self.is("{") {
            return self.block();
        }
        if self.eat(";")? {
            return Ok(Stmt::Block(Vec::new()));
        }
        let name = if let Tok::Name(n) = &self.tok { n.clone() } else { String::new() };
        let value = |p: &mut Self| -> Res<Option<Expr>> {
            p.next()?;
            if matches!(p.tok, Tok::Newline | Tok::End) || p.is(";") || p.is("}") {
                Ok(None)
            } else {
                p.expr().map(Some)
            }
        };
        match name.as_str() {
            "if" => {
                self.next()?;
                self.expect("(")?;
                let cond = self.expr()?;
                self.expect(")")?;
                self.newlines()?;
                let then = self.stmt()?;
                // A semicolon may stand before else.
                let (at, tok, operand) = (self.at, self.tok.clone(), self.operand);
                self.terminators()?;
                if self.is_name("else") {
                    self.next()?;
                    self.newlines()?;
                    let other = self.stmt()?;
                    return Ok(Stmt::If(cond, Box::new(then), Some(Box::new(other))));
                }
                (self.at, self.tok, self.operand) = (at, tok, operand);
                Ok(Stmt::If(cond, Box::new(then), None))
            }
            "while" => {
                self.next()?;
                self.expect("(")?;
                let cond = self.expr()?;
                self.expect(")")?;
                self.newlines()?;
                Ok(Stmt::While(cond, Box::new(self.stmt()?), false))
            }
            "do" => {
                self.next()?;
                self.newlines()?;
                let body = self.stmt()?;
                self.terminators()?;
                if !self.is_name("while") {
                    return Err(self.unexpected());
                }
                self.next()?;
                self.expect("(")?;
                let cond = self.expr()?;
                self.expect(")")?;
                Ok(Stmt::While(cond, Box::new(body), true))
            }
            "for" => {
                self.next()?;
                self.expect("(")?;
                if let Tok::Name(var) = self.tok.clone() {
                    let (at, tok, operand) = (self.at, self.tok.clone(), self.operand);
                    self.next()?;
                    if self.is_name("in") {
                        self.next()?;
                        if let Tok::Name(array) = self.tok.clone() {
                            self.next()?;
                            if self.eat(")")? {
                                self.newlines()?;
                                let body = self.stmt()?;
                                return Ok(Stmt::ForIn(var.into(), array.into(), Box::new(body)));
                            }
                        }
                    }
                    (self.at, self.tok, self.operand) = (at, tok, operand);
                }
                let first = if self.is(";") { None } else { Some(Box::new(self.simple()?)) };
                self.expect(";")?;
                let cond = if self.is(";") { None } else { Some(self.expr()?) };
                self.expect(";")?;
                let last = if self.is(")") { None } else { Some(Box::new(self.simple()?)) };
                self.expect(")")?;
                self.newlines()?;
                Ok(Stmt::For(first, cond, last, Box::new(self.stmt()?)))
            }
            "next" | "nextfile" => {
                self.next()?;
                Ok(Stmt::Next)
            }
            "break" => {
                self.next()?;
                Ok(Stmt::Break)
            }
            "continue" => {
                self.next()?;
                Ok(Stmt::Continue)
            }
            "exit" => Ok(Stmt::Exit(value(self)?)),
            "return" => Ok(Stmt::Return(value(self)?)),
            "getline" => Err("getline is not supported".to_string()),
            _ => self.simple(),
        }
    }

    pub(super) fn list(&mut self) -> Res<Vec<Expr>> {
        let mut all = vec![self.expr()?];
        while self.eat(",")? {
            self.newlines()?;
            all.push(self.expr()?);
        }
        Ok(all)
    }

    fn expr(&mut self) -> Res<Expr> {
        self.enter()?;
        let left = self.ternary()?;
        let expr = match &self.tok {
            Tok::Op(op @ ("=" | "+=" | "-=" | "*=" | "/=" | "%=" | "^=" | "**=")) => {
                if !matches!(left, Expr::Var(_) | Expr::Field(_) | Expr::Index(..)) {
                    return Err(self.unexpected());
                }
                let op = *op;
                self.next()?;
                self.newlines()?;
                Expr::Assign(op, Box::new(left), Box::new(self.expr()?))
            }
            _ => left,
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn ternary(&mut self) -> Res<Expr> {
        let cond = self.or()?;
        if !self.eat("?")? {
            return Ok(cond);
        }
        self.newlines()?;
        let yes = self.expr()?;
        self.newlines()?;
        self.expect(":")?;
        self.newlines()?;
        let no = self.expr()?;
        Ok(Expr::Cond(Box::new(cond), Box::new(yes), Box::new(no)))
    }

    fn or(&mut self) -> Res<Expr> {
        let mut left = self.and()?;
        while self.eat("||")? {
            self.newlines()?;
            left = Expr::Bin("||", Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Res<Expr> {
        let mut left = self.member()?;
        while self.eat("&&")? {
            self.newlines()?;
            left = Expr::Bin("&&", Box::new(left), Box::new(self.member()?));
        }
        Ok(left)
    }

    fn member(&mut self) -> Res<Expr> {
        let mut left = self.matching()?;
        while self.is_name("in") && !self.no_in {
            self.next()?;
            let Tok::Name(array) = self.tok.clone() else { return Err(self.unexpected()) };
            self.next()?;
            let keys = if let Expr::Group(keys) = left { keys } else { vec![left] };
            left = Expr::In(keys, array.into());
        }
        Ok(left)
    }

    fn matching(&mut self) -> Res<Expr> {
        let mut left = self.comparison()?;
        while let Tok::Op(op @ ("~" | "!~")) = self.tok {
            self.next()?;
            left = Expr::Bin(op, Box::new(left), Box::new(self.comparison()?));
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Res<Expr> {
        let left = self.concat()?;
        if let Tok::Op(op @ ("<" | "<=" | "==" | "!=" | ">=" | ">")) = self.tok
            && !(op == ">" && self.no_greater)
        {
            self.next()?;
            return Ok(Expr::Bin(op, Box::new(left), Box::new(self.concat()?)));
        }
        Ok(left)
    }

    pub(super) fn concat(&mut self) -> Res<Expr> {
        let mut left = self.sum()?;
        loop {
            let begins = match &self.tok {
                Tok::Num(_) | Tok::Str(_) | Tok::Call(_) => true,
                Tok::Name(n) => !matches!(n.as_str(), "in" | "else" | "getline"),
                Tok::Op(op) => matches!(*op, "$" | "!" | "(" | "-" | "+" | "++" | "--"),
                _ => false,
            };
            if !begins {
                return Ok(left);
            }
            left = Expr::Bin(" ", Box::new(left), Box::new(self.sum()?));
        }
    }

    fn sum(&mut self) -> Res<Expr> {
        let mut left = self.product()?;
        while let Tok::Op(op @ ("+" | "-")) = self.tok {
            self.next()?;
            left = Expr::Bin(op, Box::new(left), Box::new(self.product()?));
        }
        Ok(left)
    }

    fn product(&mut self) -> Res<Expr> {
        let mut left = self.unary()?;
        while let Tok::Op(op @ ("*" | "/" | "%")) = self.tok {
            self.next()?;
            left = Expr::Bin(op, Box::new(left), Box::new(self.unary()?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Res<Expr> {
        if let Tok::Op(op @ ("!" | "-" | "+")) = self.tok {
            self.next()?;
            self.enter()?;
            let inner = self.unary()?;
            self.depth -= 1;
            return Ok(Expr::Un(op, Box::new(inner)));
        }
        let base = self.postfix()?;
        if self.is("^") || self.is("**") {
            self.next()?;
            self.enter()?;
            let exponent = self.unary()?;
            self.depth -= 1;
            return Ok(Expr::Bin("^", Box::new(base), Box::new(exponent)));
        }
        Ok(base)
    }

    fn postfix(&mut self) -> Res<Expr> {
        for (op, by) in [("++", ONE), ("--", -ONE)] {
            if self.is(op) {
                self.operand = true;
                self.next()?;
                let inner = self.primary()?;
                return Ok(Expr::Step(Box::new(inner), by, true));
            }
        }
        let inner = self.primary()?;
        if matches!(inner, Expr::Var(_) | Expr::Field(_) | Expr::Index(..)) {
            for (op, by) in [("++", ONE), ("--", -ONE)] {
                if self.is(op) {
                    self.next()?;
                    return Ok(Expr::Step(Box::new(inner), by, false));
                }
            }
        }
        Ok(inner)
    }

    fn primary(&mut self) -> Res<Expr> {
        self.enter()?;
        let expr = match self.tok.clone() {
            Tok::Num(n) => {
                self.next()?;
                Expr::Val(Val::Num(n))
            }
            Tok::Str(s) => {
                self.next()?;
                Expr::Val(Val::Str(s.into()))
            }
            Tok::Regex(text) => {
                self.next()?;
                let regex =
                    Regex::new(&text, true, false).map_err(|()| ["bad regex '", &text, "'"].concat())?;
                Expr::Regex(Rc::new(regex))
            }
            Tok::Op("$") => {
                self.next()?;
                let inner = if self.is("++") || self.is("--") { self.postfix()? } else { self.primary()? };
                Expr::Field(Box::new(inner))
            }
            Tok::Op("(") => {
                self.next()?;
                let old = std::mem::replace(&mut self.no_greater, false);
                let mut list = self.list()?;
                self.no_greater = old;
                self.expect(")")?;
                if list.len() == 1 && !self.is_name("in") {
                    let one = list.remove(0);
                    // In brackets it is no longer something to assign to, but it may be printed as a list.
                    Expr::Group(vec![one])
                } else {
                    Expr::Group(list)
                }
            }
            Tok::Op("-" | "+" | "!") => self.unary()?,
            Tok::Call(name) => {
                self.next()?;
                self.expect("(")?;
                self.newlines()?;
                let old = std::mem::replace(&mut self.no_greater, false);
                let args = if self.is(")") { Vec::new() } else { self.list()? };
                self.no_greater = old;
                self.newlines()?;
                self.expect(")")?;
                Expr::Call(name.into(), args)
            }
            Tok::Name(name) if name == "length" => {
                self.next()?;
                Expr::Call("length".into(), Vec::new())
            }
            Tok::Name(name) if name == "getline" => return Err("getline is not supported".to_string()),
            Tok::Name(name) => {
                self.next()?;
                if self.eat("[")? {
                    let index = self.list()?;
                    self.expect("]")?;
                    Expr::Index(name.into(), index)
                } else {
                    Expr::Var(name.into())
                }
            }
            _ => return Err(self.unexpected()),
        };
        self.depth -= 1;
        Ok(expr)
    }
}
