//! awk: patterns and actions over fields. Numbers are decimal with six places, so that every machine prints the same.

use super::stream::{Filter, Flow, Style, read};
use super::text::{fixed, printf, unescape};
use super::{Opts, usage};
use crate::ctx::{Act, Ctx};
use crate::map::Map;
use crate::regex::Regex;
use crate::vfs::How;
use std::rc::Rc;

/// Everything is counted in millionths.
const ONE: i128 = 1_000_000;
const MAX_STEPS: u32 = 2_000_000;
const MAX_DEPTH: u32 = 60;
const MAX_TEXT: usize = 1 << 20;
const MAX_ENTRIES: usize = 50_000;

#[derive(Clone, Debug)]
enum Val {
    Unset,
    Num(i128),
    Str(Rc<str>),
    /// From the input: a number when it looks like one.
    Input(Rc<str>),
}

#[derive(Clone, Debug, PartialEq)]
enum Tok {
    Num(i128),
    Str(String),
    Regex(String),
    Name(String),
    /// A name right before `(`.
    Call(String),
    Op(&'static str),
    Newline,
    End,
}

#[derive(Clone, Debug)]
enum Expr {
    Val(Val),
    Regex(Rc<Regex>),
    Var(Rc<str>),
    Field(Box<Expr>),
    Index(Rc<str>, Vec<Expr>),
    Assign(&'static str, Box<Expr>, Box<Expr>),
    Cond(Box<Expr>, Box<Expr>, Box<Expr>),
    Bin(&'static str, Box<Expr>, Box<Expr>),
    Un(&'static str, Box<Expr>),
    /// `++` and `--`: by how much, and whether the new value counts.
    Step(Box<Expr>, i128, bool),
    In(Vec<Expr>, Rc<str>),
    Call(Rc<str>, Vec<Expr>),
    Group(Vec<Expr>),
}

#[derive(Clone, Debug)]
enum Stmt {
    Expr(Expr),
    Print { args: Vec<Expr>, format: bool, to: Option<(bool, Expr)> },
    If(Expr, Box<Stmt>, Option<Box<Stmt>>),
    While(Expr, Box<Stmt>, bool),
    For(Option<Box<Stmt>>, Option<Expr>, Option<Box<Stmt>>, Box<Stmt>),
    ForIn(Rc<str>, Rc<str>, Box<Stmt>),
    Block(Vec<Stmt>),
    Delete(Rc<str>, Option<Vec<Expr>>),
    Next,
    Exit(Option<Expr>),
    Return(Option<Expr>),
    Break,
    Continue,
}

#[derive(Clone, Debug)]
enum Pattern {
    Begin,
    End,
    Always,
    Expr(Expr),
    Range(Expr, Expr, usize),
}

#[derive(Debug)]
struct Function {
    params: Vec<Rc<str>>,
    body: Stmt,
}

#[derive(Debug, Default)]
struct Program {
    rules: Vec<(Pattern, Option<Stmt>)>,
    functions: Map<Rc<str>, Function>,
    ranges: usize,
}

const OPS: [&str; 41] = [
    "**=", "&&", "||", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "^=", "++", "--", ">>", "**",
    "!~", "{", "}", "(", ")", "[", "]", ";", ",", "+", "-", "*", "/", "%", "^", "!", ">", "<", "|", "?", ":",
    "~", "$", "=",
];

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    tok: Tok,
    /// A slash here would begin a regular expression.
    operand: bool,
    depth: u32,
    ranges: usize,
    /// `>` is a redirection inside print.
    no_greater: bool,
    no_in: bool,
}

type Res<T> = Result<T, String>;

impl Parser<'_> {
    fn next(&mut self) -> Res<()> {
        while let Some(b) = self.text.get(self.at) {
            match b {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\\' if self.text.get(self.at + 1) == Some(&b'\n') => self.at += 2,
                b'#' => {
                    while self.text.get(self.at).is_some_and(|b| *b != b'\n') {
                        self.at += 1;
                    }
                }
                _ => break,
            }
        }
        let rest = &self.text[self.at..];
        let Some(b) = rest.first().copied() else {
            self.tok = Tok::End;
            return Ok(());
        };
        let operand = std::mem::replace(&mut self.operand, true);
        self.tok = match b {
            b'\n' => {
                self.at += 1;
                Tok::Newline
            }
            b'0'..=b'9' | b'.' if b != b'.' || rest.get(1).is_some_and(u8::is_ascii_digit) => {
                let mut len = 0;
                while let Some(c) = rest.get(len) {
                    let exponent = (*c == b'e' || *c == b'E')
                        && rest.get(len + 1).is_some_and(|n| {
                            n.is_ascii_digit()
                                || *n == b'-' && rest.get(len + 2).is_some_and(u8::is_ascii_digit)
                        });
                    if !(c.is_ascii_digit() || *c == b'.' || exponent) {
                        break;
                    }
                    len += if exponent { 2 } else { 1 };
                }
                self.at += len;
                self.operand = false;
                Tok::Num(number(&String::from_utf8_lossy(&rest[..len])))
            }
            b'"' => {
                let mut end = 1;
                while rest.get(end).is_some_and(|c| *c != b'"') {
                    end += if rest[end] == b'\\' { 2 } else { 1 };
                }
                if end >= rest.len() {
                    return Err("unterminated string".to_string());
                }
                let (bytes, _) = unescape(&rest[1..end], false);
                self.at += end + 1;
                self.operand = false;
                Tok::Str(String::from_utf8_lossy(&bytes).into_owned())
            }
            b'/' if operand => {
                let mut out = Vec::new();
                let mut end = 1;
                let mut in_set = false;
                loop {
                    let Some(c) = rest.get(end).copied() else {
                        return Err("unterminated regex".to_string());
                    };
                    if c == b'/' && !in_set {
                        break;
                    }
                    match c {
                        b'[' => in_set = true,
                        b']' => in_set = false,
                        _ => {}
                    }
                    if c == b'\\' && rest.get(end + 1) == Some(&b'/') {
                        out.push(b'/');
                        end += 2;
                        continue;
                    }
                    if c == b'\\' {
                        out.push(c);
                        end += 1;
                        out.push(rest.get(end).copied().unwrap_or(b'\\'));
                        end += 1;
                        continue;
                    }
                    out.push(c);
                    end += 1;
                }
                self.at += end + 1;
                self.operand = false;
                Tok::Regex(String::from_utf8_lossy(&out).into_owned())
            }
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                let len = rest.iter().take_while(|c| c.is_ascii_alphanumeric() || **c == b'_').count();
                let name = String::from_utf8_lossy(&rest[..len]).into_owned();
                self.at += len;
                let keyword =
                    matches!(name.as_str(), "print" | "printf" | "return" | "in" | "exit" | "else" | "do");
                self.operand = keyword;
                if !keyword
                    && self.text.get(self.at) == Some(&b'(')
                    && !matches!(name.as_str(), "if" | "while" | "for")
                {
                    Tok::Call(name)
                } else {
                    Tok::Name(name)
                }
            }
            _ => {
                let Some(op) = OPS.iter().find(|op| rest.starts_with(op.as_bytes())) else {
                    return Err(["unexpected character '", &(b as char).to_string(), "'"].concat());
                };
                self.at += op.len();
                self.operand = !matches!(*op, ")" | "]" | "++" | "--");
                Tok::Op(op)
            }
        };
        Ok(())
    }

    fn is(&self, op: &str) -> bool {
        matches!(&self.tok, Tok::Op(o) if *o == op)
    }

    fn is_name(&self, name: &str) -> bool {
        matches!(&self.tok, Tok::Name(n) if n == name)
    }

    fn eat(&mut self, op: &str) -> Res<bool> {
        if self.is(op) {
            self.next()?;
            return Ok(true);
        }
        Ok(false)
    }

    fn expect(&mut self, op: &str) -> Res<()> {
        if self.eat(op)? { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> String {
        let rest = String::from_utf8_lossy(&self.text[self.at.min(self.text.len())..]).into_owned();
        let near: String = rest.chars().take(10).collect();
        if self.tok == Tok::End {
            "Unexpected end of string".to_string()
        } else {
            ["Unexpected token near '", &near, "'"].concat()
        }
    }

    fn newlines(&mut self) -> Res<()> {
        while self.tok == Tok::Newline {
            self.next()?;
        }
        Ok(())
    }

    fn terminators(&mut self) -> Res<()> {
        while self.tok == Tok::Newline || self.is(";") {
            self.next()?;
        }
        Ok(())
    }

    fn enter(&mut self) -> Res<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err("too deep".to_string()) } else { Ok(()) }
    }

    fn program(&mut self) -> Res<Program> {
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
                if self.is("|") {
                    return Err("pipes are not supported".to_string());
                }
                if self.is(">") || self.is(">>") {
                    let append = self.is(">>");
                    self.next()?;
                    let old = std::mem::replace(&mut self.no_greater, true);
                    let target = self.concat()?;
                    self.no_greater = old;
                    to = Some((append, target));
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

    fn list(&mut self) -> Res<Vec<Expr>> {
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

    fn concat(&mut self) -> Res<Expr> {
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

/// The number a text begins with, in millionths.
fn number(text: &str) -> i128 {
    let t = text.trim_start();
    let bytes = t.as_bytes();
    let mut end = usize::from(matches!(bytes.first(), Some(b'-' | b'+')));
    let mut dot = false;
    while let Some(b) = bytes.get(end) {
        if *b == b'.' && !dot {
            dot = true;
        } else if !b.is_ascii_digit() {
            break;
        }
        end += 1;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let mut e = end + 1;
        if matches!(bytes.get(e), Some(b'-' | b'+')) {
            e += 1;
        }
        let start = e;
        while bytes.get(e).is_some_and(u8::is_ascii_digit) {
            e += 1;
        }
        if e > start {
            end = e;
        }
    }
    fixed(&t[..end.min(60)], 6).and_then(|f| f.replace('.', "").parse().ok()).unwrap_or(0)
}

/// Does the whole text look like a number?
fn looks_numeric(text: &str) -> bool {
    let t = text.trim();
    t.bytes().any(|b| b.is_ascii_digit()) && fixed(t, 6).is_some()
}

fn show(n: i128) -> String {
    if n % ONE == 0 {
        return (n / ONE).to_string();
    }
    // Six significant digits, as %.6g gives them.
    let whole = (n / ONE).unsigned_abs();
    let digits = if whole == 0 { 0 } else { whole.to_string().len() };
    if digits > 6 {
        // %.6g of large numbers: 1.23457e+06
        let text = whole.to_string();
        let rounded = fixed(&[&text[..1], ".", &text[1..]].concat(), 5).unwrap_or_default();
        let mantissa = rounded.trim_end_matches('0').trim_end_matches('.');
        return format!("{}{mantissa}e+{:02}", if n < 0 { "-" } else { "" }, digits - 1);
    }
    let places = 6usize.saturating_sub(digits);
    let sign = if n < 0 { "-" } else { "" };
    let text = format!("{sign}{whole}.{:06}", (n % ONE).unsigned_abs());
    let text = fixed(&text, places).unwrap_or(text);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

/// The exact decimal text, for printf.
fn exact(n: i128) -> String {
    let sign = if n < 0 { "-" } else { "" };
    format!("{sign}{}.{:06}", (n / ONE).unsigned_abs(), (n % ONE).unsigned_abs())
}

/// Why a statement was left early.
enum Jump {
    Next,
    Break,
    Continue,
    Return(Val),
    Exit,
    Fatal(String),
}

type Run<T> = Result<T, Jump>;

/// What print said: (append, file), or standard output; and the text.
type Said = (Option<(bool, Rc<str>)>, String);

#[derive(Clone, Debug)]
struct Awk {
    program: Rc<Program>,
    vars: Map<Rc<str>, Val>,
    arrays: Map<Rc<str>, Map<Rc<str>, Val>>,
    /// Locals of the functions that run: name to value, and arrays handed over by name.
    locals: Vec<Map<Rc<str>, Local>>,
    fields: Vec<Rc<str>>,
    record: Rc<str>,
    split: bool,
    active: Vec<bool>,
    steps: u32,
    exit: Option<i32>,
    /// Files that print has opened.
    files: Vec<(String, usize)>,
    /// What print has said: (append, file) or standard output, and the text.
    queue: Vec<Said>,
    queued: usize,
    begun: bool,
    fresh: u32,
}

#[derive(Clone, Debug)]
enum Local {
    Val(Val),
    Array(Rc<str>),
}

impl Awk {
    fn num(&self, v: &Val) -> i128 {
        match v {
            Val::Num(n) => *n,
            Val::Str(s) | Val::Input(s) => number(s),
            Val::Unset => 0,
        }
    }

    fn text(&self, v: &Val) -> Rc<str> {
        match v {
            Val::Num(n) => show(*n).into(),
            Val::Str(s) | Val::Input(s) => s.clone(),
            Val::Unset => "".into(),
        }
    }

    fn truth(&self, v: &Val) -> bool {
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

    fn var(&mut self, name: &str) -> Val {
        if let Some(Local::Val(v)) = self.locals.last().and_then(|l| l.get(name)) {
            return v.clone();
        }
        if name == "NF" {
            self.split_record();
            return Val::Num(self.fields.len() as i128 * ONE);
        }
        self.vars.get(name).cloned().unwrap_or(Val::Unset)
    }

    fn var_text(&mut self, name: &str) -> Rc<str> {
        let v = self.var(name);
        self.text(&v)
    }

    fn array(&self, name: &Rc<str>) -> Rc<str> {
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
        self.fields = split_text(&self.record, &fs);
    }

    fn join_record(&mut self) {
        let ofs = self.var_text("OFS");
        self.record = self.fields.iter().map(|f| &**f).collect::<Vec<_>>().join(&ofs).into();
    }

    fn set_record(&mut self, text: Rc<str>) {
        self.record = text;
        self.split = false;
    }

    fn get_field(&mut self, n: i128) -> Val {
        if n == 0 {
            return Val::Input(self.record.clone());
        }
        self.split_record();
        let field = usize::try_from(n).ok().and_then(|n| self.fields.get(n - 1).cloned());
        field.map_or(Val::Unset, Val::Input)
    }

    fn store(&mut self, target: &Expr, v: Val) -> Run<()> {
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
                if array.len() < MAX_ENTRIES {
                    array.insert(key, v);
                }
            }
            _ => return Err(Jump::Fatal("syntax error".to_string())),
        }
        Ok(())
    }

    fn key(&mut self, keys: &[Expr]) -> Run<Rc<str>> {
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

    fn regex(&mut self, e: &Expr) -> Run<Rc<Regex>> {
        if let Expr::Regex(regex) = e {
            return Ok(regex.clone());
        }
        let v = self.eval(e)?;
        let text = self.text(&v);
        Regex::new(&text, true, false)
            .map(Rc::new)
            .map_err(|()| Jump::Fatal(["bad regex '", &text, "'"].concat()))
    }

    fn step(&mut self) -> Run<()> {
        self.steps += 1;
        if self.steps > MAX_STEPS { Err(Jump::Fatal("too many steps".to_string())) } else { Ok(()) }
    }

    fn eval(&mut self, e: &Expr) -> Run<Val> {
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

    fn call(&mut self, name: &Rc<str>, args: &[Expr]) -> Run<Val> {
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
                let round = |n: i128| (n + ONE / 2).div_euclid(ONE);
                let start = round(num(self, 1));
                let end = if vals.len() > 2 { start.saturating_add(round(num(self, 2))) } else { i128::MAX };
                let from = (start.max(1) - 1).min(chars.len() as i128) as usize;
                let to = (end.max(1) - 1).min(chars.len() as i128) as usize;
                Val::Str(chars[from..to.max(from)].iter().collect::<String>().into())
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
            "close" | "fflush" | "srand" => Val::Num(0),
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
            other => return Err(Jump::Fatal(["Call to undefined function '", other, "'"].concat())),
        })
    }

    fn is_array(&self, name: &Rc<str>) -> bool {
        match self.locals.last().and_then(|l| l.get(name)) {
            Some(Local::Array(_)) => true,
            Some(Local::Val(_)) => false,
            None => self.arrays.contains_key(name),
        }
    }

    /// sprintf: numbers are handed over as decimal texts.
    fn format(&self, vals: &[Val]) -> String {
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
        let (bytes, _) = printf(&args);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn exec(&mut self, s: &Stmt) -> Run<()> {
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
    fn print(&mut self, text: String, to: Option<(bool, Rc<str>)>) {
        self.queued += text.len();
        if self.queued > 4 << 20 {
            return;
        }
        match self.queue.last_mut() {
            Some((None, last)) if to.is_none() => last.push_str(&text),
            _ => self.queue.push((to, text)),
        }
    }

    fn flush(&mut self, cx: &mut Ctx<'_>) {
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

    fn begin_rules(&mut self, cx: &mut Ctx<'_>) -> bool {
        self.begun = true;
        self.vars.insert("\u{1}now".into(), Val::Str(cx.os.unix_ms().div_euclid(1000).to_string().into()));
        self.rules(cx, 0)
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

/// Splits as FS says: a blank stands for runs of white space.
fn split_text(text: &str, fs: &str) -> Vec<Rc<str>> {
    if text.is_empty() {
        return Vec::new();
    }
    if fs == " " {
        return text.split_ascii_whitespace().take(10_000).map(Rc::from).collect();
    }
    let mut chars = fs.chars();
    if let (Some(c), None) = (chars.next(), chars.next())
        && c != '\\'
    {
        return text.split(c).take(10_000).map(Rc::from).collect();
    }
    if fs.is_empty() {
        return text.chars().take(10_000).map(|c| c.to_string().into()).collect();
    }
    match Regex::new(fs, true, false) {
        Ok(regex) => split_regex(text, &regex),
        Err(()) => vec![text.into()],
    }
}

fn split_regex(text: &str, regex: &Regex) -> Vec<Rc<str>> {
    let mut parts = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some((a, b)) = regex.find(bytes, at).and_then(|g| g[0]) {
        if b == a || parts.len() >= 10_000 {
            break;
        }
        parts.push(String::from_utf8_lossy(&bytes[at..a]).into_owned().into());
        at = b;
    }
    if !text.is_empty() {
        parts.push(String::from_utf8_lossy(&bytes[at..]).into_owned().into());
    }
    parts
}

fn substitute(source: &str, regex: &Regex, with: &str, all: bool) -> (String, i128) {
    let text = source.as_bytes();
    let mut out: Vec<u8> = Vec::new();
    let (mut at, mut count) = (0, 0);
    let mut after_hit = usize::MAX;
    while at <= text.len() {
        let Some((a, b)) = regex.find(text, at).and_then(|g| g[0]) else { break };
        if a == b && a == after_hit {
            if a < text.len() {
                out.push(text[a]);
            }
            at = a + 1;
            after_hit = usize::MAX;
            continue;
        }
        out.extend_from_slice(&text[at..a]);
        count += 1;
        let mut chars = with.chars().peekable();
        let mut buf = [0; 4];
        while let Some(c) = chars.next() {
            match c {
                '\\' if chars.peek() == Some(&'&') || chars.peek() == Some(&'\\') => {
                    let c = chars.next().unwrap_or('\\');
                    out.extend_from_slice(c.encode_utf8(&mut buf).as_bytes());
                }
                '&' => out.extend_from_slice(&text[a..b]),
                c => out.extend_from_slice(c.encode_utf8(&mut buf).as_bytes()),
            }
        }
        at = b;
        after_hit = b;
        if a == b {
            if a < text.len() {
                out.push(text[a]);
            }
            at = a + 1;
        }
        if !all || out.len() > MAX_TEXT {
            break;
        }
    }
    if at < text.len() {
        out.extend_from_slice(&text[at..]);
    }
    (String::from_utf8_lossy(&out).into_owned(), count)
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

pub(crate) fn awk(cx: &mut Ctx<'_>) -> Act {
    let mut opts = match Opts::parse(cx, "+F:v:f:e:W:", &[]) {
        Ok(opts) => opts,
        Err(act) => return act,
    };
    let mut source = String::new();
    for file in opts.values('f').map(str::to_string).collect::<Vec<_>>() {
        match cx.read_all(&file) {
            Ok(bytes) => source.push_str(&(String::from_utf8_lossy(&bytes).into_owned() + "\n")),
            Err(errno) => return Act::Exit(cx.fail("can't open", &file, errno)),
        }
    }
    for text in opts.values('e') {
        source.push_str(&[text, "\n"].concat());
    }
    if source.is_empty() {
        if opts.rest.is_empty() {
            return Act::Exit(usage(cx));
        }
        source = opts.rest.remove(0);
    }
    let mut parser = Parser {
        text: source.as_bytes(),
        at: 0,
        tok: Tok::End,
        operand: true,
        depth: 0,
        ranges: 0,
        no_greater: false,
        no_in: false,
    };
    let program = match parser.program() {
        Ok(program) => program,
        Err(message) => {
            cx.complain(&["cmd. line:1: ", &message].concat());
            return Act::Exit(1);
        }
    };
    let mut vars: Map<Rc<str>, Val> = Map::new();
    for (name, value) in [("FS", " "), ("OFS", " "), ("ORS", "\n"), ("RS", "\n"), ("SUBSEP", "\u{1c}")] {
        vars.insert(name.into(), Val::Str(value.into()));
    }
    if let Some(fs) = opts.value('F') {
        let (fs, _) = unescape(fs.as_bytes(), false);
        let fs = String::from_utf8_lossy(&fs).into_owned();
        vars.insert("FS".into(), Val::Str(if fs == "t" { "\t".into() } else { fs.into() }));
    }
    for assign in opts.values('v') {
        if let Some((name, value)) = assign.split_once('=') {
            let (value, _) = unescape(value.as_bytes(), false);
            vars.insert(name.into(), Val::Input(String::from_utf8_lossy(&value).into_owned().into()));
        }
    }
    let mut arrays: Map<Rc<str>, Map<Rc<str>, Val>> = Map::new();
    let env = cx.os.proc(cx.pid).map(|p| p.env.clone()).unwrap_or_default();
    let environ = env.iter().filter_map(|e| e.split_once('=')).map(|(n, v)| (n.into(), Val::Input(v.into())));
    arrays.insert("ENVIRON".into(), environ.collect());
    let only_begin =
        program.rules.iter().all(|(p, _)| matches!(p, Pattern::Begin)) && !program.rules.is_empty();
    let active = vec![false; program.ranges];
    let mut awk = Awk {
        program: Rc::new(program),
        vars,
        arrays,
        locals: Vec::new(),
        fields: Vec::new(),
        record: "".into(),
        split: true,
        active,
        steps: 0,
        exit: None,
        files: Vec::new(),
        queue: Vec::new(),
        queued: 0,
        begun: false,
        fresh: 0,
    };
    if only_begin {
        awk.begin_rules(cx);
        return Act::Exit(awk.exit.unwrap_or(0));
    }
    // `name=value` among the files sets a variable; here before all files.
    let mut files = Vec::new();
    for file in opts.rest {
        match file.split_once('=') {
            Some((name, value)) if !name.contains('/') && !name.is_empty() => {
                awk.vars.insert(name.into(), Val::Input(value.into()));
            }
            _ => files.push(file),
        }
    }
    read(files, true, Style::CantOpen, Box::new(awk))
}
