//! awk: patterns and actions over fields. Numbers are decimal with six places, so that every machine prints the same.

mod ast;
mod call;
mod eval;
mod exec;
mod lex;
mod parse;
mod record;
mod rules;
mod text;
mod value;

use super::stream::{Filter, Style, read};
use super::text::unescape;
use super::{Opts, usage};
use crate::ctx::{Act, Ctx};
use crate::map::Map;
use crate::types::Pid;
use ast::{Pattern, Program, To};
use lex::{Parser, Tok};
use std::rc::Rc;
use value::Val;

/// Everything is counted in millionths.
const ONE: i128 = 1_000_000;
const MAX_STEPS: u32 = 2_000_000;
const MAX_DEPTH: u32 = 60;
const MAX_TEXT: usize = 1 << 20;
const MAX_ENTRIES: usize = 50_000;

/// What print said: where to, or standard output; and the text.
type Said = (Option<(To, Rc<str>)>, String);

#[derive(Clone, Debug)]
struct Awk {
    program: Rc<Program>,
    vars: Map<Rc<str>, Val>,
    arrays: Map<Rc<str>, Map<Rc<str>, Val>>,
    /// Locals of the functions that run: name to value, and arrays handed over by name.
    locals: Vec<Map<Rc<str>, Local>>,
    fields: Vec<Rc<str>>,
    record: Rc<str>,
    /// Input that is no whole record yet, when records are not lines.
    pending: String,
    split: bool,
    active: Vec<bool>,
    steps: u32,
    exit: Option<i32>,
    /// Files and commands that print has opened.
    files: Vec<(String, usize)>,
    /// Commands that print feeds.
    pipes: Vec<(Rc<str>, Pid)>,
    /// A command whose end is waited for before anything else is said.
    waiting: Option<Pid>,
    /// What print has said.
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
            // What the real one knows and this one does not is told apart.
            return Act::Exit(if message.ends_with("not supported") { 2 } else { 1 });
        }
    };
    let mut vars: Map<Rc<str>, Val> = Map::new();
    for (name, value) in [("FS", " "), ("OFS", " "), ("ORS", "\n"), ("RS", "\n"), ("SUBSEP", "\u{1c}")] {
        vars.insert(name.into(), Val::Str(value.into()));
    }
    if let Some(fs) = opts.value('F') {
        let (fs, _) = unescape(fs.as_bytes(), false);
        let fs = String::from_utf8_lossy(&fs).into_owned();
        vars.insert("FS".into(), Val::Str(fs.into()));
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
    let words: Vec<&str> = std::iter::once("awk").chain(opts.rest.iter().map(String::as_str)).collect();
    vars.insert("ARGC".into(), Val::Num(words.len() as i128 * ONE));
    let argv =
        words.iter().enumerate().map(|(i, w)| (i.to_string().as_str().into(), Val::Input((*w).into())));
    arrays.insert("ARGV".into(), argv.collect());
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
        pending: String::new(),
        split: true,
        active,
        steps: 0,
        exit: None,
        files: Vec::new(),
        pipes: Vec::new(),
        waiting: None,
        queue: Vec::new(),
        queued: 0,
        begun: false,
        fresh: 0,
    };
    if only_begin {
        awk.begin_rules(cx);
        awk.program = Rc::default();
        if awk.settled(cx, true) {
            return Act::Exit(awk.exit.unwrap_or(0));
        }
        return read(vec!["/dev/null".to_string()], true, Style::Strict, Box::new(awk));
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
    read(files, true, Style::Strict, Box::new(awk))
}
