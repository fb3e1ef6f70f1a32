//! grep, egrep, fgrep.

use super::stream::{Filter, Flow, Style, read_parts};
use super::{Opts, usage};
use crate::ctx::{Act, Ctx};
use crate::regex::Regex;

#[derive(Clone, Debug)]
struct Grep {
    patterns: Vec<Regex>,
    /// -F: plain texts, lower case when -i.
    fixed: Vec<Vec<u8>>,
    opts: Opts,
    names: bool,
    max: Option<u64>,
    before: usize,
    after: usize,
    name: String,
    line: u64,
    count: u64,
    hits: u64,
    /// Lines kept in case the next ones hit.
    kept: Vec<(u64, Vec<u8>)>,
    /// Lines still to be shown after a hit.
    left: usize,
    /// The last line shown, for the `--` between groups.
    shown: u64,
    /// -m is reached.
    stopped: bool,
}

impl Grep {
    /// The first hit in a line.
    fn hit(&self, line: &[u8], from: usize) -> Option<(usize, usize)> {
        let word = |a: usize, b: usize| {
            let is = |c: Option<&u8>| c.is_some_and(|c| c.is_ascii_alphanumeric() || *c == b'_');
            !(is(line.get(b)) || a > 0 && is(line.get(a - 1)))
        };
        let fits = |a: usize, b: usize| {
            (!self.opts.has('x') || a == 0 && b == line.len()) && (!self.opts.has('w') || word(a, b))
        };
        let mut best: Option<(usize, usize)> = None;
        let mut take = |a: usize, b: usize| {
            if best.is_none_or(|(x, y)| a < x || a == x && b > y) {
                best = Some((a, b));
            }
        };
        for text in &self.fixed {
            let folded = if self.opts.has('i') { line.to_ascii_lowercase() } else { line.to_vec() };
            if text.is_empty() {
                if fits(from, from) {
                    take(from, from);
                }
                continue;
            }
            let mut at = from;
            while let Some(i) =
                folded.get(at..).and_then(|l| l.windows(text.len()).position(|w| w == &text[..]))
            {
                let (a, b) = (at + i, at + i + text.len());
                if fits(a, b) {
                    take(a, b);
                    break;
                }
                at = a + 1;
            }
        }
        for pattern in &self.patterns {
            let mut at = from;
            while let Some(groups) = pattern.find(line, at) {
                let Some((a, b)) = groups[0] else { break };
                if fits(a, b) {
                    take(a, b);
                    break;
                }
                at = a + 1;
                if at > line.len() {
                    break;
                }
            }
        }
        best
    }

    fn show(&mut self, cx: &mut Ctx<'_>, number: u64, line: &[u8], sep: char) {
        if (self.before > 0 || self.after > 0) && self.shown > 0 && number > self.shown + 1 {
            cx.out("--\n");
        }
        self.shown = number;
        let mut out = Vec::new();
        if self.names {
            out.extend_from_slice(self.name.as_bytes());
            out.push(sep as u8);
        }
        if self.opts.has('n') {
            out.extend(format!("{number}{sep}").into_bytes());
        }
        out.extend_from_slice(line);
        out.push(if self.opts.has('z') { 0 } else { b'\n' });
        cx.out_bytes(&out);
    }
}

impl Filter for Grep {
    fn begin(&mut self, _: &mut Ctx<'_>, name: &str) {
        self.name = if name == "-" { "(standard input)".to_string() } else { name.to_string() };
        self.line = 0;
        self.count = 0;
        self.kept.clear();
        self.left = 0;
        self.shown = 0;
        self.stopped = false;
    }
    fn data(&mut self, cx: &mut Ctx<'_>, data: &[u8]) -> Flow {
        let end: &[u8] = if self.opts.has('z') { b"\0" } else { b"\n" };
        let line = data.strip_suffix(end).unwrap_or(data);
        self.line += 1;
        cx.charge(1);
        let hit = self.hit(line, 0);
        cx.charge(self.patterns.iter().map(Regex::cost).sum());
        if self.stopped || hit.is_some() == self.opts.has('v') {
            if self.left > 0 {
                self.left -= 1;
                self.show(cx, self.line, line, '-');
                if self.stopped && self.left == 0 {
                    return Flow::NextFile;
                }
            } else if self.before > 0 {
                self.kept.push((self.line, line.to_vec()));
                if self.kept.len() > self.before {
                    self.kept.remove(0);
                }
            }
            return Flow::More;
        }
        self.count += 1;
        self.hits += u64::from(!self.opts.has('L'));
        if self.opts.has('q') {
            return Flow::Quit;
        }
        if self.opts.has('l') {
            let text = [&self.name, "\n"].concat();
            cx.out(&text);
            return Flow::NextFile;
        }
        if self.opts.has('L') {
            return Flow::NextFile;
        }
        if !self.opts.has('c') {
            if self.opts.has('o') {
                let mut at = 0;
                while let Some((a, b)) = self.hit(line, at) {
                    if b > a {
                        self.shown = 0;
                        self.show(cx, self.line, &line[a..b], ':');
                    }
                    at = if b > a { b } else { b + 1 };
                    if at > line.len() {
                        break;
                    }
                }
            } else {
                for (number, kept) in std::mem::take(&mut self.kept) {
                    self.show(cx, number, &kept, '-');
                }
                self.show(cx, self.line, line, ':');
                self.left = self.after;
            }
        }
        // What follows the last hit is still shown.
        self.stopped = self.max.is_some_and(|m| self.count >= m);
        if self.stopped && self.left == 0 { Flow::NextFile } else { Flow::More }
    }
    fn end(&mut self, cx: &mut Ctx<'_>) -> Flow {
        if self.opts.has('c') && !self.opts.has('q') {
            let text = if self.names {
                format!("{}:{}\n", self.name, self.count)
            } else {
                format!("{}\n", self.count)
            };
            cx.out(&text);
        }
        if self.opts.has('L') && self.count == 0 {
            self.hits += 1;
            let text = [&self.name, "\n"].concat();
            cx.out(&text);
        }
        Flow::More
    }
    fn finish(&mut self, _: &mut Ctx<'_>, failed: bool) -> i32 {
        if self.hits > 0 && (self.opts.has('q') || !failed) {
            0
        } else if failed {
            2
        } else {
            1
        }
    }
    fn boxed(&self) -> Box<dyn Filter> {
        Box::new(self.clone())
    }
}

pub(crate) fn grep(cx: &mut Ctx<'_>) -> Act {
    let long = [
        ("color", 'a'),
        ("ignore-case", 'i'),
        ("count", 'c'),
        ("quiet", 'q'),
        ("line-number", 'n'),
        ("recursive", 'r'),
    ];
    // It fails in a way of its own.
    let Ok(mut opts) = Opts::parse(cx, "HhnlLoqvsrRiwFEzcm:A:B:C:e:f:xa", &long) else {
        return Act::Exit(2);
    };
    let mut texts: Vec<String> = opts.values('e').map(str::to_string).collect();
    if let Some(file) = opts.value('f') {
        match cx.read_all(file) {
            Ok(bytes) => texts.extend(String::from_utf8_lossy(&bytes).lines().map(str::to_string)),
            Err(errno) => {
                let file = file.to_string();
                cx.fail_path(&file, errno);
                return Act::Exit(2);
            }
        }
    } else if texts.is_empty() {
        if opts.rest.is_empty() {
            usage(cx);
            return Act::Exit(2);
        }
        texts.push(opts.rest.remove(0));
    }
    let name = cx.name();
    let texts: Vec<String> = texts.iter().flat_map(|t| t.split('\n')).map(str::to_string).collect();
    let (mut fixed, mut patterns) = (Vec::new(), Vec::new());
    let icase = opts.has('i');
    for text in &texts {
        if opts.has('F') || name == "fgrep" {
            fixed.push(if icase { text.to_ascii_lowercase() } else { text.clone() }.into_bytes());
        } else {
            match Regex::new(text, opts.has('E') || name == "egrep", icase) {
                Ok(regex) => patterns.push(regex),
                Err(()) => {
                    cx.complain(&["bad regex '", text, "'"].concat());
                    return Act::Exit(2);
                }
            }
        }
    }
    let count = |c: char| opts.value(c).and_then(|v| v.parse::<usize>().ok());
    let both = count('C').unwrap_or(0);
    let recursive = opts.has('r') || opts.has('R');
    let mut files = opts.rest.clone();
    let mut below = false;
    if recursive {
        for root in std::mem::take(&mut files) {
            let all = super::files::walk(cx, &root, false);
            if all.is_empty() {
                files.push(root);
                continue;
            }
            below |= all.len() > 1;
            files.extend(
                all.into_iter().filter(|(p, m)| m.kind == '-' || m.kind == 'l' && *p == root).map(|(p, _)| p),
            );
        }
        if files.is_empty() && !opts.rest.is_empty() {
            return Act::Exit(1);
        }
    }
    let names = (files.len() > 1 || below || opts.has('H')) && !opts.has('h');
    let style = if opts.has('s') { Style::Silent } else { Style::Grep };
    let grep = Grep {
        patterns,
        fixed,
        names,
        max: opts.value('m').and_then(|m| m.parse().ok()),
        before: count('B').unwrap_or(both).min(1000),
        after: count('A').unwrap_or(both).min(1000),
        name: String::new(),
        line: 0,
        count: 0,
        hits: 0,
        kept: Vec::new(),
        left: 0,
        shown: 0,
        stopped: false,
        opts,
    };
    let end = if grep.opts.has('z') { 0 } else { b'\n' };
    read_parts(files, Some(end), style, Box::new(grep))
}
