//! Words to fields: parameters, substitutions, splitting, patterns.
//!
//! A command substitution needs another process, in the middle of a word. So preparing a command is tried again from
//! its beginning each time one is done, with the results so far at hand and the variables as they were.

use super::ast::{Node, Op, Part, Word};
use super::pattern::{self, QUOTE};
use super::{Shell, Var};
use crate::ctx::Ctx;
use crate::map::Map;
use std::rc::Rc;

/// Fields of one command, and bytes of all of them.
const MAX_FIELDS: usize = 20_000;
const MAX_BYTES: usize = 1 << 20;

/// Why a word could not be expanded (now).
#[derive(Debug)]
pub(super) enum Stop {
    /// This must be run first.
    Command(Option<Rc<Node>>),
    /// The shell ends with a message and status 2.
    Fatal(String),
    /// The command fails with a message, and the shell goes on: what befalls a here-document.
    Soft(String),
}

type Result<T> = std::result::Result<T, Stop>;

/// What becomes of a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Fields, split and matched against files.
    Fields,
    /// One string.
    One,
    /// One pattern: quoted characters are marked.
    Pattern,
}

struct Builder {
    mode: Mode,
    ifs: Rc<str>,
    done: Vec<String>,
    cur: String,
    /// There is a field, be it empty.
    has: bool,
    after_blank: bool,
    bytes: usize,
}

impl Builder {
    fn new(mode: Mode, ifs: Rc<str>) -> Builder {
        Builder { mode, ifs, done: Vec::new(), cur: String::new(), has: false, after_blank: false, bytes: 0 }
    }

    fn quoted(&mut self, text: &str) -> Result<()> {
        self.has = true;
        self.after_blank = false;
        self.grow(text.len())?;
        if self.mode == Mode::One {
            self.cur.push_str(text);
            return Ok(());
        }
        for c in text.chars() {
            if matches!(c, '*' | '?' | '[' | ']' | '\\' | '-' | '!' | '^' | QUOTE) {
                self.cur.push(QUOTE);
            }
            self.cur.push(c);
        }
        Ok(())
    }

    fn literal(&mut self, text: &str) -> Result<()> {
        self.has = true;
        self.after_blank = false;
        self.grow(text.len())?;
        self.cur.push_str(text);
        Ok(())
    }

    /// The result of an expansion outside quotes.
    fn split(&mut self, text: &str) -> Result<()> {
        self.grow(text.len())?;
        if self.mode != Mode::Fields {
            self.cur.push_str(text);
            self.has = true;
            return Ok(());
        }
        let ifs = self.ifs.clone();
        for c in text.chars() {
            if !ifs.contains(c) {
                if c == QUOTE || c == '\\' {
                    self.cur.push(QUOTE);
                }
                self.cur.push(c);
                self.has = true;
                self.after_blank = false;
            } else if c == ' ' || c == '\t' || c == '\n' {
                if self.has {
                    self.finish()?;
                    self.after_blank = true;
                }
            } else if self.after_blank && !self.has {
                self.after_blank = false;
            } else {
                self.has = true;
                self.finish()?;
            }
        }
        Ok(())
    }

    fn grow(&mut self, by: usize) -> Result<()> {
        self.bytes += by;
        if self.bytes > MAX_BYTES || self.done.len() > MAX_FIELDS {
            return Err(Stop::Fatal("out of memory".to_string()));
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        if self.has {
            self.done.push(std::mem::take(&mut self.cur));
            self.has = false;
            self.grow(1)?;
        }
        Ok(())
    }
}

impl Shell {
    /// Begins (again) to prepare a command. Gives what to put back if it must be interrupted.
    pub(super) fn begin_expansion(&mut self) -> Rc<Map<Rc<str>, Var>> {
        self.memo_next = 0;
        self.vars.clone()
    }

    /// It is prepared: the results of its substitutions are used up.
    pub(super) fn end_expansion(&mut self) {
        self.memo.clear();
        self.memo_next = 0;
    }

    fn ifs(&self) -> Rc<str> {
        self.get("IFS").unwrap_or_else(|| " \t\n".into())
    }

    pub(super) fn fields(&mut self, cx: &mut Ctx<'_>, words: &[Word]) -> Result<Vec<String>> {
        let mut all = Vec::new();
        for word in words {
            // Most words are plain.
            if let [Part::Lit { text, quoted }] = &word[..]
                && (*quoted || !text.contains(['*', '?', '[']))
            {
                all.push(text.to_string());
                continue;
            }
            let mut b = Builder::new(Mode::Fields, self.ifs());
            self.word(cx, word, &mut b)?;
            b.finish()?;
            for field in b.done {
                if !self.flag('f') && pattern::has_magic(&field) {
                    let mut found = self.glob(cx, &field);
                    if !found.is_empty() {
                        all.append(&mut found);
                        continue;
                    }
                }
                all.push(pattern::unquote(&field));
            }
            if all.len() > MAX_FIELDS {
                return Err(Stop::Fatal("out of memory".to_string()));
            }
        }
        Ok(all)
    }

    pub(super) fn one(&mut self, cx: &mut Ctx<'_>, word: &Word) -> Result<String> {
        let mut b = Builder::new(Mode::One, "".into());
        self.word(cx, word, &mut b)?;
        Ok(b.cur)
    }

    pub(super) fn pattern(&mut self, cx: &mut Ctx<'_>, word: &Word) -> Result<String> {
        let mut b = Builder::new(Mode::Pattern, "".into());
        self.word(cx, word, &mut b)?;
        Ok(b.cur)
    }

    fn word(&mut self, cx: &mut Ctx<'_>, word: &Word, b: &mut Builder) -> Result<()> {
        for part in word {
            match part {
                Part::Lit { text, quoted: true } => b.quoted(text)?,
                Part::Lit { text, quoted: false } => b.literal(text)?,
                Part::Empty => b.quoted("")?,
                Part::Tilde(name) => {
                    let home = if name.is_empty() {
                        self.get("HOME").map(|h| h.to_string())
                    } else {
                        crate::tools::users::home(cx, name)
                    };
                    match home {
                        Some(home) => b.quoted(&home)?,
                        None => b.literal(&["~", name].concat())?,
                    }
                }
                Part::Command { node, quoted } => {
                    let text = match self.memo.get(self.memo_next) {
                        Some(text) => text.clone(),
                        None => return Err(Stop::Command(node.clone())),
                    };
                    self.memo_next += 1;
                    self.put(&text, *quoted, b)?;
                }
                Part::Arith { word, quoted } => {
                    let text = self.one(cx, word)?;
                    let value = self.arith(&text, 0).map_err(Stop::Fatal)?;
                    self.put(&value.to_string(), *quoted, b)?;
                }
                Part::Param { name, op, quoted } => self.param(cx, name, op, *quoted, b)?,
            }
        }
        Ok(())
    }

    fn put(&mut self, text: &str, quoted: bool, b: &mut Builder) -> Result<()> {
        if quoted { b.quoted(text) } else { b.split(text) }
    }

    /// The value of a parameter or variable.
    pub(super) fn value(&mut self, cx: &mut Ctx<'_>, name: &str) -> Option<Rc<str>> {
        Some(match name {
            "?" => self.status.to_string().into(),
            "$" => self.shell_pid.to_string().into(),
            "#" => self.params.len().to_string().into(),
            "!" => self.last_background?.to_string().into(),
            "-" => self.flag_letters().into(),
            "0" => self.arg0.clone(),
            "@" | "*" => {
                if self.params.is_empty() {
                    return None;
                }
                self.joined().into()
            }
            "RANDOM" if self.vars.contains_key("RANDOM") || !self.started => self.get(name)?,
            "RANDOM" => (cx.os.random() >> 33 & 0x7fff).to_string().into(),
            "LINENO" => self.line.to_string().into(),
            _ => match name.parse::<usize>() {
                Ok(index) => self.params.get(index.wrapping_sub(1))?.as_str().into(),
                Err(_) => self.get(name)?,
            },
        })
    }

    fn joined(&self) -> String {
        let ifs = self.get("IFS");
        let sep: String = match &ifs {
            Some(ifs) => ifs.chars().take(1).collect(),
            None => " ".to_string(),
        };
        self.params.join(&sep)
    }

    fn param(
        &mut self,
        cx: &mut Ctx<'_>,
        name: &Rc<str>,
        op: &Op,
        quoted: bool,
        b: &mut Builder,
    ) -> Result<()> {
        let list = &**name == "@" || &**name == "*";
        let value = self.value(cx, name);
        match op {
            Op::Default { kind, colon, word } => {
                let there = value.as_ref().is_some_and(|v| !*colon || !v.is_empty());
                match (kind, there) {
                    (b'+', true) => return self.word(cx, word, b),
                    (b'+', false) => {
                        if quoted {
                            b.quoted("")?;
                        }
                        return Ok(());
                    }
                    (_, true) => {}
                    (b'-', false) => {
                        if quoted && word.is_empty() {
                            b.quoted("")?;
                        }
                        return self.default_word(cx, word, quoted, b);
                    }
                    (b'=', false) => {
                        let text = self.one(cx, word)?;
                        if !super::parse::is_name(name) {
                            return Err(Stop::Fatal([name, ": bad variable name"].concat()));
                        }
                        self.set(name, &text).map_err(Stop::Fatal)?;
                        return self.put(&text, quoted, b);
                    }
                    (_, false) => {
                        let text = self.one(cx, word)?;
                        let text = match (text.is_empty(), colon) {
                            (false, _) => text,
                            (true, true) => "parameter not set or null".to_string(),
                            (true, false) => "parameter not set".to_string(),
                        };
                        return Err(Stop::Fatal([name, ": ", &text].concat()));
                    }
                }
            }
            Op::Length => {
                let length = if list { self.params.len() } else { value.as_ref().map_or(0, |v| v.len()) };
                if value.is_none() && !list && self.flag('u') {
                    return Err(Stop::Fatal([name, ": parameter not set"].concat()));
                }
                return self.put(&length.to_string(), quoted, b);
            }
            _ => {}
        }
        let Some(value) = value else {
            if self.flag('u') && !list && !matches!(op, Op::Default { .. }) {
                return Err(Stop::Fatal([name, ": parameter not set"].concat()));
            }
            if quoted && &**name != "@" {
                b.quoted("")?;
            }
            return Ok(());
        };
        let text: Rc<str> = match op {
            Op::Trim { suffix, longest, word } => {
                let pattern = self.pattern(cx, word)?;
                trim(&value, &pattern, *suffix, *longest).into()
            }
            Op::Replace { all, pattern, with } => {
                let pattern = self.pattern(cx, pattern)?;
                let with = self.one(cx, with)?;
                replace(&value, &pattern, &with, *all).into()
            }
            Op::Slice { offset, length } => {
                let offset = self.one(cx, offset)?;
                let offset = self.arith(&offset, 0).map_err(Stop::Fatal)?;
                let length = match length {
                    Some(word) => {
                        let text = self.one(cx, word)?;
                        Some(self.arith(&text, 0).map_err(Stop::Fatal)?)
                    }
                    None => None,
                };
                slice(&value, offset, length).into()
            }
            _ if list => {
                let params = self.params.clone();
                if &**name == "@" || !quoted {
                    for (i, param) in params.iter().enumerate() {
                        if i > 0 {
                            if b.mode == Mode::Fields {
                                b.finish()?;
                            } else {
                                b.cur.push(' ');
                            }
                        }
                        self.put(param, quoted, b)?;
                    }
                    return Ok(());
                }
                value
            }
            _ => value,
        };
        self.put(&text, quoted, b)
    }

    /// The word of `${x:-word}`: outside quotes, what it literally says is split too.
    fn default_word(&mut self, cx: &mut Ctx<'_>, word: &Word, quoted: bool, b: &mut Builder) -> Result<()> {
        for part in word {
            match part {
                Part::Lit { text, quoted: false } if !quoted && !text.contains(['*', '?', '[']) => {
                    b.split(text)?;
                }
                part => self.word(cx, std::slice::from_ref(part).to_vec().as_ref(), b)?,
            }
        }
        Ok(())
    }

    /// The paths that a pattern matches, sorted. Hidden names need a leading dot in the pattern.
    fn glob(&self, cx: &mut Ctx<'_>, pattern: &str) -> Vec<String> {
        let absolute = pattern.starts_with('/');
        let mut found: Vec<String> = vec![if absolute { "/".to_string() } else { String::new() }];
        let parts: Vec<&str> = pattern.split('/').filter(|p| !p.is_empty()).collect();
        for (i, part) in parts.iter().enumerate() {
            let last = i + 1 == parts.len();
            let mut next = Vec::new();
            for base in &found {
                if !pattern::has_magic(part) {
                    let path = [base.as_str(), &pattern::unquote(part), if last { "" } else { "/" }].concat();
                    if cx.lstat(path.trim_end_matches('/')).is_ok() {
                        next.push(path);
                    }
                    continue;
                }
                let p: Vec<char> = part.chars().collect();
                let hidden = part.starts_with('.');
                let names = cx.list(if base.is_empty() { "." } else { base }).unwrap_or_default();
                cx.charge(names.len() as u32 / 16);
                for name in names {
                    let chars: Vec<char> = name.chars().collect();
                    if name.starts_with('.') != hidden || !pattern::matches_chars(&p, &chars) {
                        continue;
                    }
                    let path = [base, &*name].concat();
                    if last {
                        next.push(path);
                    } else if cx.stat(&path).is_ok_and(|m| m.is_dir()) {
                        next.push(path + "/");
                    }
                }
            }
            found = next;
            if found.len() > MAX_FIELDS {
                return Vec::new();
            }
        }
        if pattern.ends_with('/') {
            found.retain(|p| cx.stat(p).is_ok_and(|m| m.is_dir()));
            found.iter_mut().for_each(|p| p.push('/'));
        }
        crate::map::sort_by(&mut found, |a, b| a.cmp(b));
        found
    }
}

/// `${x#p}` and its three sisters.
fn trim(value: &str, pattern: &str, suffix: bool, longest: bool) -> String {
    let p: Vec<char> = pattern.chars().collect();
    let v: Vec<char> = value.chars().take(65_536).collect();
    let fits = |cut: &usize| pattern::matches_chars(&p, if suffix { &v[*cut..] } else { &v[..*cut] });
    // The shortest suffix begins last.
    let cut = if suffix != longest { (0..=v.len()).rev().find(fits) } else { (0..=v.len()).find(fits) };
    match cut {
        Some(cut) if suffix => v[..cut].iter().collect(),
        Some(cut) => v[cut..].iter().collect(),
        None => value.to_string(),
    }
}

fn replace(value: &str, pattern: &str, with: &str, all: bool) -> String {
    let p: Vec<char> = pattern.chars().collect();
    let v: Vec<char> = value.chars().take(8_192).collect();
    let mut out = String::new();
    let mut at = 0;
    let mut done = p.is_empty();
    while at < v.len() {
        let end = if done {
            None
        } else {
            (at + 1..=v.len()).rev().find(|e| pattern::matches_chars(&p, &v[at..*e]))
        };
        match end {
            Some(end) => {
                out.push_str(with);
                at = end;
                done = !all;
            }
            None => {
                out.push(v[at]);
                at += 1;
            }
        }
    }
    out
}

fn slice(value: &str, offset: i64, length: Option<i64>) -> String {
    let v: Vec<char> = value.chars().collect();
    let len = v.len() as i64;
    let start = if offset < 0 { (len + offset).max(0) } else { offset.min(len) };
    let end = match length {
        None => len,
        Some(n) if n < 0 => (len + n).max(start),
        Some(n) => start.saturating_add(n).min(len),
    };
    v[start as usize..end as usize].iter().collect()
}
