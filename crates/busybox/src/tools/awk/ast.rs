//! The tree of a program.

use super::value::Val;
use crate::map::Map;
use crate::regex::Regex;
use std::rc::Rc;

#[derive(Clone, Debug)]
pub(super) enum Expr {
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
pub(super) enum Stmt {
    Expr(Expr),
    Print { args: Vec<Expr>, format: bool, to: Option<(To, Expr)> },
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
pub(super) enum Pattern {
    Begin,
    End,
    Always,
    Expr(Expr),
    Range(Expr, Expr, usize),
}

#[derive(Debug)]
pub(super) struct Function {
    pub(super) params: Vec<Rc<str>>,
    pub(super) body: Stmt,
}

#[derive(Debug, Default)]
pub(super) struct Program {
    pub(super) rules: Vec<(Pattern, Option<Stmt>)>,
    pub(super) functions: Map<Rc<str>, Function>,
    pub(super) ranges: usize,
}

/// Where what is said goes; and the two calls that must wait for their turn among it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum To {
    File,
    Append,
    Pipe,
    System,
    Close,
}
