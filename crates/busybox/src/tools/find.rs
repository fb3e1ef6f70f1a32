//! find: looks through directories, and runs others on what it finds.

use super::files::join;
use super::usage;
use crate::ctx::{Act, Ctx, Machine, Step};
use crate::shell::pattern;
use crate::types::{ExitStatus, Pid};
use crate::vfs::Meta;

const MAX_FILES: usize = 20_000;

#[derive(Clone, Debug)]
enum Test {
    Name(String, bool),
    Path(String),
    Type(char),
    /// Size in units of so many bytes, compared.
    Size(i8, u64, u64),
    /// Age of the last change, in units of so many seconds.
    Age(i8, i64, i64),
    Newer(i64),
    Perm(u32, u8),
    User(u32),
    Group(u32),
    Links(i8, u64),
    Regex(crate::regex::Regex),
    Empty,
    True(bool),
    Print(char),
    Exec(Vec<String>, bool),
    Delete,
    Prune,
    Quit,
    Not(Box<Test>),
    And(Vec<Test>),
    Or(Vec<Test>),
}

#[derive(Clone, Debug)]
struct Find {
    test: Test,
    /// Paths still to be looked at: path, depth, its directory was seen (-depth).
    stack: Vec<(String, usize, bool)>,
    max: usize,
    min: usize,
    depth_first: bool,
    follow: bool,
    seen: usize,
    /// The last commands to run, one at a time.
    queue: Vec<Vec<String>>,
    /// What the actions for this file have come to so far: when a command has ended, its file is looked at again.
    results: Vec<bool>,
    again: Option<(String, Meta)>,
    /// `-exec … +`: what it gathered.
    gathered: Vec<(Vec<String>, Vec<String>)>,
    child: Option<Pid>,
    code: i32,
    stop: bool,
    prune: bool,
    /// How many actions this look has come past.
    acted: usize,
}

struct Parser<'a> {
    args: &'a [String],
    at: usize,
    depth: u32,
    action: bool,
    max: usize,
    min: usize,
    depth_first: bool,
}

impl Parser<'_> {
    fn value(&mut self, option: &str) -> Result<String, String> {
        let v = self.args.get(self.at).cloned().ok_or_else(|| [option, " requires an argument"].concat())?;
        self.at += 1;
        Ok(v)
    }

    fn or(&mut self, cx: &Ctx<'_>) -> Result<Test, String> {
        self.depth += 1;
        if self.depth > 50 {
            return Err("too deep".to_string());
        }
        let mut all = vec![self.and(cx)?];
        while matches!(self.args.get(self.at).map(String::as_str), Some("-o" | "-or")) {
            self.at += 1;
            all.push(self.and(cx)?);
        }
        self.depth -= 1;
        Ok(if all.len() == 1 { all.remove(0) } else { Test::Or(all) })
    }

    fn and(&mut self, cx: &Ctx<'_>) -> Result<Test, String> {
        let mut all = Vec::new();
        while let Some(arg) = self.args.get(self.at) {
            match arg.as_str() {
                "-o" | "-or" | ")" => break,
                "-a" | "-and" => self.at += 1,
                _ => all.push(self.primary(cx)?),
            }
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Test::And(all) })
    }

    fn primary(&mut self, cx: &Ctx<'_>) -> Result<Test, String> {
        let arg = self.args[self.at].clone();
        self.at += 1;
        let signed = |text: &str| -> Option<(i8, u64, String)> {
            let (sign, rest) = match text.as_bytes().first()? {
                b'+' => (1, &text[1..]),
                b'-' => (-1, &text[1..]),
                _ => (0, text),
            };
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            Some((sign, rest[..digits].parse().ok()?, rest[digits..].to_string()))
        };
        Ok(match arg.as_str() {
            "!" | "-not" => {
                if self.at >= self.args.len() {
                    return Err("unexpected end of expression".to_string());
                }
                Test::Not(Box::new(self.primary(cx)?))
            }
            "(" => {
                let inner = self.or(cx)?;
                if self.args.get(self.at).map(String::as_str) != Some(")") {
                    return Err("unpaired '('".to_string());
                }
                self.at += 1;
                inner
            }
            "-name" => Test::Name(self.value(&arg)?, false),
            "-iname" => Test::Name(self.value(&arg)?.to_ascii_lowercase(), true),
            "-path" | "-wholename" => Test::Path(self.value(&arg)?),
            "-type" => Test::Type(match self.value(&arg)?.as_str() {
                "f" => '-',
                "d" => 'd',
                "l" => 'l',
                "c" => 'c',
                "p" => 'p',
                "b" | "s" => 'b',
                other => return Err(["invalid argument '", other, "' to '-type'"].concat()),
            }),
            "-group" => {
                let name = self.value(&arg)?;
                Test::Group(name.parse().unwrap_or(if name == "root" { 0 } else { 65_534 }))
            }
            "-regex" => {
                let text = self.value(&arg)?;
                let whole = ["^\\(", &text, "\\)$"].concat();
                let bad = |()| ["bad regex '", &text, "'"].concat();
                Test::Regex(crate::regex::Regex::new(&whole, false, false).map_err(bad)?)
            }
            "-size" | "-mtime" | "-mmin" | "-links" => {
                let text = self.value(&arg)?;
                let bad = || ["invalid number '", &text, "'"].concat();
                let (sign, n, unit) = signed(&text).ok_or_else(bad)?;
                match arg.as_str() {
                    "-size" => {
                        let unit = match unit.as_str() {
                            "" | "b" => 512,
                            "c" => 1,
                            "k" => 1024,
                            "M" => 1 << 20,
                            _ => return Err(bad()),
                        };
                        Test::Size(sign, n, unit)
                    }
                    "-links" => Test::Links(sign, n),
                    "-mtime" => Test::Age(sign, n as i64, 86_400),
                    _ => Test::Age(sign, n as i64, 60),
                }
            }
            "-newer" => {
                let path = self.value(&arg)?;
                let meta = cx.stat(&path).map_err(|e| [&path, ": ", e.text()].concat())?;
                Test::Newer(meta.mtime)
            }
            "-perm" => {
                let text = self.value(&arg)?;
                let kind = text.bytes().next().filter(|b| b"-/+".contains(b)).unwrap_or(b'=');
                let mode = super::files::parse_mode(text.trim_start_matches(['-', '/', '+']), 0, false);
                Test::Perm(mode.ok_or_else(|| ["invalid mode '", &text, "'"].concat())?, kind)
            }
            "-user" => {
                let name = self.value(&arg)?;
                Test::User(name.parse().unwrap_or(if name == "root" { 0 } else { 65_534 }))
            }
            "-empty" => Test::Empty,
            "-true" => Test::True(true),
            "-false" => Test::True(false),
            "-print" => {
                self.action = true;
                Test::Print('\n')
            }
            "-print0" => {
                self.action = true;
                Test::Print('\0')
            }
            "-delete" => {
                self.action = true;
                self.depth_first = true;
                Test::Delete
            }
            "-prune" => Test::Prune,
            "-quit" => {
                self.action = true;
                Test::Quit
            }
            "-exec" | "-ok" => {
                self.action = true;
                let end = self.args[self.at..].iter().position(|a| a == ";" || a == "+");
                let Some(end) = end else { return Err("-exec requires an argument".to_string()) };
                let words = self.args[self.at..self.at + end].to_vec();
                let many = self.args[self.at + end] == "+";
                self.at += end + 1;
                if words.is_empty() {
                    return Err("-exec requires an argument".to_string());
                }
                Test::Exec(words, many)
            }
            "-maxdepth" => {
                self.max = self.value(&arg)?.parse().map_err(|_| "invalid number".to_string())?;
                Test::True(true)
            }
            "-mindepth" => {
                self.min = self.value(&arg)?.parse().map_err(|_| "invalid number".to_string())?;
                Test::True(true)
            }
            "-depth" => {
                self.depth_first = true;
                Test::True(true)
            }
            "-xdev" | "-follow" => Test::True(true),
            other => return Err(["unrecognized: ", other].concat()),
        })
    }
}

impl Find {
    /// Does a file pass? Actions are done on the way. `None` when a command must run first.
    fn check(&mut self, cx: &mut Ctx<'_>, test: &Test, path: &str, meta: &Meta) -> Option<bool> {
        match test {
            Test::Not(inner) => return self.check(cx, inner, path, meta).map(|v| !v),
            Test::And(all) => {
                for test in all {
                    if !self.check(cx, test, path, meta)? {
                        return Some(false);
                    }
                }
                return Some(true);
            }
            Test::Or(all) => {
                for test in all {
                    if self.check(cx, test, path, meta)? {
                        return Some(true);
                    }
                }
                return Some(false);
            }
            Test::Print(_) | Test::Delete | Test::Exec(..) => {}
            test => return Some(self.test(cx, test, path, meta)),
        }
        self.acted += 1;
        if let Some(done) = self.results.get(self.acted - 1) {
            return Some(*done);
        }
        if let Test::Exec(words, false) = test {
            let argv: Vec<String> = words.iter().map(|w| w.replace("{}", path)).collect();
            let name = argv[0].clone();
            match cx.spawn(argv) {
                Ok(child) => {
                    self.child = Some(child);
                    self.again = Some((path.to_string(), meta.clone()));
                    return None;
                }
                Err(errno) => {
                    cx.fail_path(&name, errno);
                }
            }
        }
        let done = self.test(cx, test, path, meta);
        self.results.push(done);
        Some(done)
    }

    fn test(&mut self, cx: &mut Ctx<'_>, test: &Test, path: &str, meta: &Meta) -> bool {
        let sign = |sign: i8, a: i64, b: i64| match sign {
            1 => a > b,
            -1 => a < b,
            _ => a == b,
        };
        match test {
            Test::Name(p, icase) => {
                let name = super::text::base(path);
                if *icase {
                    pattern::matches(p, &name.to_ascii_lowercase())
                } else {
                    pattern::matches(p, name)
                }
            }
            Test::Path(p) => pattern::matches(p, path),
            Test::Type(kind) => meta.kind == *kind,
            Test::Size(s, n, unit) => sign(*s, meta.size.div_ceil(*unit) as i64, *n as i64),
            Test::Age(s, n, unit) => {
                let age = (cx.os.unix_ms() - meta.mtime).div_euclid(1000).div_euclid(*unit);
                sign(*s, age, *n)
            }
            Test::Newer(mtime) => meta.mtime > *mtime,
            Test::Perm(mode, kind) => match kind {
                b'-' => meta.mode & mode == *mode,
                b'=' => meta.mode == *mode,
                _ => *mode == 0 || meta.mode & mode != 0,
            },
            Test::User(uid) => meta.uid == *uid,
            Test::Group(gid) => meta.gid == *gid,
            Test::Links(s, n) => sign(*s, meta.nlink as i64, *n as i64),
            Test::Regex(regex) => regex.is_match(path.as_bytes()),
            Test::Empty => match meta.kind {
                'd' => cx.list(path).is_ok_and(|l| l.is_empty()),
                '-' => meta.size == 0,
                _ => false,
            },
            Test::True(v) => *v,
            Test::Print(end) => {
                let mut line = path.to_string();
                line.push(*end);
                cx.out(&line);
                true
            }
            Test::Delete => {
                if path == "." {
                    return true;
                }
                match cx.os.unlink(cx.pid, path, meta.is_dir()) {
                    Ok(()) => true,
                    Err(errno) => {
                        self.code = cx.fail_path(path, errno);
                        false
                    }
                }
            }
            Test::Prune => {
                self.prune = true;
                true
            }
            Test::Quit => {
                self.stop = true;
                true
            }
            Test::Exec(words, true) => {
                match self.gathered.iter_mut().find(|(w, _)| w == words) {
                    Some((_, files)) => files.push(path.to_string()),
                    None => self.gathered.push((words.clone(), vec![path.to_string()])),
                }
                true
            }
            // A command that could not be started.
            _ => false,
        }
    }
}

impl Machine for Find {
    fn step(&mut self, cx: &mut Ctx<'_>) -> Step {
        if let Some(child) = self.child {
            match cx.os.reap(cx.pid, child) {
                Some(status) => {
                    self.child = None;
                    self.results.push(status == ExitStatus::Code(0));
                }
                None => return Step::Block(None),
            }
        }
        if let Some((path, meta)) = self.again.take() {
            self.acted = 0;
            let test = self.test.clone();
            self.check(cx, &test, &path, &meta);
            return Step::Yield;
        }
        if !self.queue.is_empty() {
            let argv = self.queue.remove(0);
            let name = argv[0].clone();
            match cx.spawn(argv) {
                Ok(child) => self.child = Some(child),
                Err(errno) => {
                    self.code = cx.fail_path(&name, errno);
                }
            }
            return Step::Yield;
        }
        let next = if self.stop || self.seen > MAX_FILES { None } else { self.stack.pop() };
        let Some((path, depth, done)) = next else {
            if let Some((words, files)) = self.gathered.pop() {
                let mut argv = Vec::new();
                for word in words {
                    if word == "{}" { argv.extend(files.iter().cloned()) } else { argv.push(word) }
                }
                self.queue.push(argv);
                return Step::Yield;
            }
            return Step::Exit(self.code);
        };
        self.seen += 1;
        let meta = if self.follow { cx.stat(&path).or_else(|_| cx.lstat(&path)) } else { cx.lstat(&path) };
        let meta = match meta {
            Ok(meta) => meta,
            Err(errno) => {
                self.code = cx.fail_path(&path, errno);
                return Step::Yield;
            }
        };
        let into = meta.is_dir() && depth < self.max && !done;
        if into && self.depth_first {
            self.stack.push((path.clone(), depth, true));
        }
        self.prune = false;
        if !(into && self.depth_first) && depth >= self.min {
            let test = self.test.clone();
            (self.acted, self.results) = (0, Vec::new());
            self.check(cx, &test, &path, &meta);
        }
        if into && (self.depth_first || !self.prune) {
            match cx.list(&path) {
                Ok(names) => {
                    self.stack.extend(names.iter().rev().map(|n| (join(&path, n), depth + 1, false)));
                }
                Err(errno) => self.code = cx.fail_path(&path, errno),
            }
        }
        Step::Yield
    }
    fn boxed(&self) -> Box<dyn Machine> {
        Box::new(self.clone())
    }
}

pub(crate) fn find(cx: &mut Ctx<'_>) -> Act {
    let mut args: Vec<String> = cx.args()[1..].to_vec();
    let mut follow = false;
    while args.first().is_some_and(|a| a == "-L" || a == "-H" || a == "-P") {
        follow |= args.remove(0) == "-L";
    }
    let paths = args.iter().take_while(|a| !a.starts_with('-') && *a != "!" && *a != "(").count();
    let mut roots: Vec<String> = args.drain(..paths).collect();
    if roots.is_empty() {
        roots.push(".".to_string());
    }
    let mut parser =
        Parser { args: &args, at: 0, depth: 0, action: false, max: usize::MAX, min: 0, depth_first: false };
    let test = match parser.or(cx) {
        Ok(test) if parser.at == args.len() => test,
        Ok(_) => {
            cx.complain("unpaired ')'");
            return Act::Exit(1);
        }
        Err(message) => {
            cx.complain(&message);
            if message.starts_with("unrecognized") {
                usage(cx);
            }
            return Act::Exit(1);
        }
    };
    let test = if parser.action { test } else { Test::And(vec![test, Test::Print('\n')]) };
    let (max, min, depth_first) = (parser.max, parser.min, parser.depth_first);
    Act::Run(Box::new(Find {
        test,
        stack: roots.into_iter().rev().map(|r| (r, 0, false)).collect(),
        max,
        min,
        depth_first,
        follow,
        seen: 0,
        queue: Vec::new(),
        results: Vec::new(),
        again: None,
        acted: 0,
        gathered: Vec::new(),
        child: None,
        code: 0,
        stop: false,
        prune: false,
    }))
}
