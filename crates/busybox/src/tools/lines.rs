//! Tools that change lines or bytes as they pass: cut, tr, uniq, tee, rev, nl, fold, paste; and those that need all of
//! them: sort, tac, base64, md5sum and its kin, od, hexdump, cmp, diff.

use super::stream::{Filter, Flow, Style, read, slurp};
use super::{Opts, number, usage};
use crate::ctx::{Act, Ctx};
use crate::types::Errno;
use crate::vfs::How;

macro_rules! opts {
    ($cx:expr, $spec:expr) => {
        match Opts::parse($cx, $spec, &[]) {
            Ok(opts) => opts,
            Err(act) => return act,
        }
    };
}

/// A filter that is a function of a line and some state.
#[derive(Clone, Debug)]
struct Lines<S: Clone + std::fmt::Debug> {
    state: S,
    line: fn(&mut S, &mut Ctx<'_>, &[u8]) -> Flow,
    finish: fn(&mut S, &mut Ctx<'_>),
}

impl<S: Clone + std::fmt::Debug + 'static> Filter for Lines<S> {
    fn data(&mut self, cx: &mut Ctx<'_>, data: &[u8]) -> Flow {
        (self.line)(&mut self.state, cx, data)
    }
    fn finish(&mut self, cx: &mut Ctx<'_>, failed: bool) -> i32 {
        (self.finish)(&mut self.state, cx);
        i32::from(failed)
    }
    fn boxed(&self) -> Box<dyn Filter> {
        Box::new(self.clone())
    }
}

fn body(data: &[u8]) -> &[u8] {
    data.strip_suffix(b"\n").unwrap_or(data)
}

fn out_line(cx: &mut Ctx<'_>, line: &[u8]) -> Flow {
    let mut line = line.to_vec();
    line.push(b'\n');
    if cx.write(1, &line).is_err() { Flow::Quit } else { Flow::More }
}

/// `1,3-5,7-`: sorted ranges, counted from 1.
fn ranges(text: &str) -> Option<Vec<(usize, usize)>> {
    let mut all = Vec::new();
    for part in text.split(',') {
        let (from, to) = match part.split_once('-') {
            Some(("", "")) => return None,
            Some(("", to)) => (1, to.parse().ok()?),
            Some((from, "")) => (from.parse().ok()?, usize::MAX),
            Some((from, to)) => (from.parse().ok()?, to.parse().ok()?),
            None => {
                let n = part.parse().ok()?;
                (n, n)
            }
        };
        if from == 0 || to < from {
            return None;
        }
        all.push((from, to));
    }
    crate::map::sort_by(&mut all, |a, b| a.cmp(b));
    Some(all)
}

pub(crate) fn cut(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "b:c:f:d:snO:D");
    let kinds = ['b', 'c', 'f'].into_iter().filter(|c| opts.has(*c)).count();
    if kinds > 1 {
        return Act::Exit(usage(cx));
    }
    let list = opts.value('f').or(opts.value('c')).or(opts.value('b'));
    let Some(list) = list else {
        cx.complain("expected a list of bytes, characters, or fields");
        return Act::Exit(1);
    };
    let Some(ranges) = ranges(list) else {
        cx.complain(&["invalid range ", list].concat());
        return Act::Exit(1);
    };
    let delimiter = opts.value('d').and_then(|d| d.bytes().next()).unwrap_or(b'\t');
    let by_field = opts.has('f');
    let join = opts.value('O').map_or_else(|| vec![delimiter], |o| o.as_bytes().to_vec());
    type State = (Vec<(usize, usize)>, u8, bool, bool, Vec<u8>);
    let state: State = (ranges, delimiter, by_field, opts.has('s'), join);
    let filter = Lines {
        state,
        line: |(ranges, delimiter, by_field, only, join), cx, data| {
            let line = body(data);
            let wanted = |n: usize| ranges.iter().any(|(a, b)| *a <= n && n <= *b);
            if !*by_field {
                let out: Vec<u8> =
                    line.iter().enumerate().filter(|(i, _)| wanted(i + 1)).map(|(_, b)| *b).collect();
                return out_line(cx, &out);
            }
            if !line.contains(delimiter) {
                return if *only { Flow::More } else { out_line(cx, line) };
            }
            let parts: Vec<&[u8]> = line
                .split(|b| b == delimiter)
                .enumerate()
                .filter(|(i, _)| wanted(i + 1))
                .map(|(_, p)| p)
                .collect();
            out_line(cx, &parts.join(&join[..]))
        },
        finish: |_, _| {},
    };
    read(opts.rest, true, Style::Plain, Box::new(filter))
}

/// The characters a tr set stands for.
fn tr_set(text: &str) -> Vec<u8> {
    let (bytes, _) = super::text::unescape(text.as_bytes(), false);
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at..].starts_with(b"[:")
            && let Some(end) = bytes[at..].windows(2).position(|w| w == b":]")
        {
            let name = String::from_utf8_lossy(&bytes[at + 2..at + end]).into_owned();
            out.extend((0..=127u8).filter(|b| crate::shell::pattern::in_class(&name, *b as char)));
            at += end + 2;
            continue;
        }
        if at + 2 < bytes.len() && bytes[at + 1] == b'-' && bytes[at] <= bytes[at + 2] {
            out.extend(bytes[at]..=bytes[at + 2]);
            at += 3;
            continue;
        }
        out.push(bytes[at]);
        at += 1;
    }
    out
}

pub(crate) fn tr(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "+cCdst");
    let (delete, squeeze, complement) = (opts.has('d'), opts.has('s'), opts.has('c') || opts.has('C'));
    let Some(first) = opts.rest.first() else { return Act::Exit(usage(cx)) };
    let mut from = tr_set(first);
    if complement {
        from = (0..=255).filter(|b| !from.contains(b)).collect();
    }
    let second = opts.rest.get(1).map(|s| tr_set(s));
    let mut map: Vec<u8> = (0..=255).collect();
    if let (Some(to), false) = (&second, delete) {
        if to.is_empty() && !from.is_empty() {
            return Act::Exit(usage(cx));
        }
        for (i, b) in from.iter().enumerate() {
            map[*b as usize] = to.get(i).or(to.last()).copied().unwrap_or(*b);
        }
    }
    let mut gone = vec![false; 256];
    let mut once = vec![false; 256];
    if delete {
        from.iter().for_each(|b| gone[*b as usize] = true);
    }
    if squeeze {
        let set = second.clone().unwrap_or(if delete { Vec::new() } else { from.clone() });
        set.iter().for_each(|b| once[*b as usize] = true);
    }
    type State = (Vec<u8>, Vec<bool>, Vec<bool>, Option<u8>);
    let state: State = (map, gone, once, None);
    let filter = Lines {
        state,
        line: |(map, gone, once, last), cx, data| {
            let mut out = Vec::with_capacity(data.len());
            for b in data {
                if gone[*b as usize] {
                    continue;
                }
                let b = map[*b as usize];
                if once[b as usize] && *last == Some(b) {
                    continue;
                }
                *last = Some(b);
                out.push(b);
            }
            if cx.write(1, &out).is_err() { Flow::Quit } else { Flow::More }
        },
        finish: |_, _| {},
    };
    read(Vec::new(), false, Style::Plain, Box::new(filter))
}

#[derive(Clone, Debug)]
struct Uniq {
    opts: Opts,
    skip_fields: usize,
    skip_chars: usize,
    last: Option<Vec<u8>>,
    count: u64,
    to: usize,
}

impl Uniq {
    fn key(&self, line: &[u8]) -> Vec<u8> {
        let mut rest = line;
        for _ in 0..self.skip_fields {
            let blanks = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
            rest = &rest[blanks..];
            let word = rest.iter().take_while(|b| !b.is_ascii_whitespace()).count();
            rest = &rest[word..];
        }
        let key = rest[self.skip_chars.min(rest.len())..].to_vec();
        if self.opts.has('i') { key.to_ascii_lowercase() } else { key }
    }

    fn flush(&mut self, cx: &mut Ctx<'_>) {
        let Some(line) = self.last.take() else { return };
        if self.opts.has('d') && self.count < 2 || self.opts.has('u') && self.count > 1 {
            return;
        }
        let mut out = if self.opts.has('c') { format!("{:7} ", self.count).into_bytes() } else { Vec::new() };
        out.extend(line);
        out.push(b'\n');
        let _ = cx.write(self.to, &out);
    }
}

pub(crate) fn uniq(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "cdiuf:s:w:z");
    let count = |c| opts.value(c).and_then(|v| v.parse().ok()).unwrap_or(0);
    let mut to = 1;
    if let Some(path) = opts.rest.get(1).filter(|p| *p != "-") {
        match cx.open(path, How::WRITE) {
            Ok(fd) => to = fd,
            Err(errno) => return Act::Exit(cx.complain_open(&path.clone(), errno)),
        }
    }
    let files = opts.rest.iter().take(1).cloned().collect();
    let state = Uniq { skip_fields: count('f'), skip_chars: count('s'), last: None, count: 0, to, opts };
    let filter = Lines {
        state,
        line: |u, cx, data| {
            let line = body(data);
            if u.last.as_ref().is_some_and(|last| u.key(last) == u.key(line)) {
                u.count += 1;
            } else {
                u.flush(cx);
                u.last = Some(line.to_vec());
                u.count = 1;
            }
            Flow::More
        },
        finish: |u, cx| u.flush(cx),
    };
    read(files, true, Style::CantOpen, Box::new(filter))
}

pub(crate) fn tee(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "ai");
    let mut fds = vec![1];
    let mut failed = false;
    for path in &opts.rest {
        match cx.open(path, if opts.has('a') { How::APPEND } else { How::WRITE }) {
            Ok(fd) => fds.push(fd),
            Err(errno) => {
                cx.fail_path(path, errno);
                failed = true;
            }
        }
    }
    #[derive(Clone, Debug)]
    struct Tee(Vec<usize>, bool);
    impl Filter for Tee {
        fn data(&mut self, cx: &mut Ctx<'_>, data: &[u8]) -> Flow {
            for fd in &self.0 {
                let _ = cx.os.write(cx.pid, *fd, data);
            }
            Flow::More
        }
        fn finish(&mut self, _: &mut Ctx<'_>, failed: bool) -> i32 {
            i32::from(failed || self.1)
        }
        fn boxed(&self) -> Box<dyn Filter> {
            Box::new(self.clone())
        }
    }
    read(Vec::new(), false, Style::Plain, Box::new(Tee(fds, failed)))
}

pub(crate) fn rev(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "");
    let filter = Lines {
        state: (),
        line: |(), cx, data| {
            let text = String::from_utf8_lossy(body(data)).chars().rev().collect::<String>();
            out_line(cx, text.as_bytes())
        },
        finish: |(), _| {},
    };
    read(opts.rest, true, Style::CantOpen, Box::new(filter))
}

pub(crate) fn nl(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "pb:i:l:n:s:v:w:");
    let count = |c, default: u64| opts.value(c).and_then(|v| v.parse().ok()).unwrap_or(default);
    let sep = opts.value('s').unwrap_or("\t").to_string();
    let all = opts.value('b') == Some("a");
    let zero = opts.value('n') == Some("rz");
    let left = opts.value('n') == Some("ln");
    type State = (u64, u64, usize, String, bool, bool, bool);
    let state: State = (count('v', 1), count('i', 1), count('w', 6).min(100) as usize, sep, all, zero, left);
    let filter = Lines {
        state,
        line: |(n, step, width, sep, all, zero, left), cx, data| {
            let line = body(data);
            let mut out = Vec::new();
            if line.is_empty() && !*all {
                out.extend(" ".repeat(*width + sep.len()).into_bytes());
            } else {
                out.extend(super::text::pad(&n.to_string(), *width, *left, *zero).into_bytes());
                out.extend(sep.as_bytes());
                *n += *step;
            }
            out.extend_from_slice(line);
            out_line(cx, &out)
        },
        finish: |_, _| {},
    };
    read(opts.rest, true, Style::CantOpen, Box::new(filter))
}

pub(crate) fn fold(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "bsw:");
    let width = opts.value('w').and_then(|w| w.parse::<usize>().ok()).unwrap_or(80).max(1);
    let filter = Lines {
        state: (width, opts.has('s')),
        line: |(width, spaces), cx, data| {
            let mut rest = body(data);
            while rest.len() > *width {
                let mut cut = *width;
                if *spaces && let Some(at) = rest[..cut].iter().rposition(|b| *b == b' ') {
                    cut = at + 1;
                }
                out_line(cx, &rest[..cut]);
                rest = &rest[cut..];
            }
            out_line(cx, rest)
        },
        finish: |_, _| {},
    };
    read(opts.rest, true, Style::CantOpen, Box::new(filter))
}

fn lines_of(bytes: &[u8]) -> Vec<&[u8]> {
    let mut all: Vec<&[u8]> = bytes.split(|b| *b == b'\n').collect();
    if all.last().is_some_and(|l| l.is_empty()) {
        all.pop();
    }
    all
}

pub(crate) fn paste(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "d:s");
    slurp(opts.rest.clone(), opts, Style::CantOpen, |cx, opts, inputs| {
        let (delimiters, _) = super::text::unescape(opts.value('d').unwrap_or("\t").as_bytes(), false);
        let delimiter = |i: usize| delimiters.get(i % delimiters.len().max(1)).copied();
        // Standard input named several times is read in turns.
        let dashes = inputs.iter().filter(|(n, _)| n == "-").count();
        let shared: Vec<u8> = inputs.iter().filter(|(n, _)| n == "-").flat_map(|(_, b)| b.clone()).collect();
        let mut turn = 0;
        let mut files: Vec<Vec<&[u8]>> = Vec::new();
        for (name, bytes) in inputs.iter() {
            if name == "-" && dashes > 1 {
                files.push(lines_of(&shared).into_iter().skip(turn).step_by(dashes).collect());
                turn += 1;
            } else {
                files.push(lines_of(bytes));
            }
        }
        let mut out = Vec::new();
        let rows: Vec<Vec<&[u8]>> = if opts.has('s') {
            files
        } else {
            let longest = files.iter().map(Vec::len).max().unwrap_or(0);
            (0..longest)
                .map(|i| files.iter().map(|f| f.get(i).copied().unwrap_or_default()).collect())
                .collect()
        };
        for row in rows {
            for (i, cell) in row.iter().enumerate() {
                if i > 0 {
                    out.extend(delimiter(i - 1));
                }
                out.extend_from_slice(cell);
            }
            out.push(b'\n');
        }
        cx.out_bytes(&out);
        0
    })
}

pub(crate) fn tac(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "");
    slurp(opts.rest.clone(), opts, Style::CantOpen, |cx, _, inputs| {
        for (_, bytes) in inputs.iter() {
            let mut out = Vec::new();
            for line in bytes.split_inclusive(|b| *b == b'\n').rev() {
                out.extend_from_slice(line);
            }
            cx.out_bytes(&out);
        }
        0
    })
}

/// One key of sort: fields and characters from, to; its letters.
#[derive(Clone, Debug)]
struct Key {
    from: (usize, usize),
    to: Option<(usize, usize)>,
    letters: String,
}

fn sort_key(text: &str) -> Option<Key> {
    let part = |t: &str| -> Option<((usize, usize), String)> {
        let digits: String = t.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let letters = t[digits.len()..].to_string();
        let (field, char) = digits.split_once('.').unwrap_or((&digits, "0"));
        Some(((field.parse().ok()?, char.parse().ok()?), letters))
    };
    let (from, to) = text.split_once(',').map_or((text, None), |(a, b)| (a, Some(b)));
    let (from, mut letters) = part(from)?;
    let to = match to {
        Some(to) => {
            let (to, more) = part(to)?;
            letters.push_str(&more);
            Some(to)
        }
        None => None,
    };
    (from.0 > 0).then_some(Key { from, to, letters })
}

fn key_of<'a>(line: &'a [u8], key: &Key, separator: Option<u8>) -> &'a [u8] {
    // Where field n (from 1) begins; blanks before it belong to it when they separate.
    let start_of = |n: usize| -> usize {
        let mut at = 0;
        for _ in 1..n {
            match separator {
                Some(s) => match line[at..].iter().position(|b| *b == s) {
                    Some(i) => at += i + 1,
                    None => return line.len(),
                },
                None => {
                    at += line[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
                    at += line[at..].iter().take_while(|b| !b.is_ascii_whitespace()).count();
                }
            }
        }
        at
    };
    let end_of = |n: usize| -> usize {
        let at = start_of(n);
        match separator {
            Some(s) => line[at..].iter().position(|b| *b == s).map_or(line.len(), |i| at + i),
            None => {
                let blanks = line[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
                at + blanks + line[at + blanks..].iter().take_while(|b| !b.is_ascii_whitespace()).count()
            }
        }
    };
    let mut from = start_of(key.from.0);
    if key.from.1 > 0 {
        from += key.from.1 - 1;
    }
    if key.letters.contains('b') {
        from += line.get(from..).map_or(0, |l| l.iter().take_while(|b| b.is_ascii_whitespace()).count());
    }
    let to = match key.to {
        Some((field, 0)) => end_of(field),
        Some((field, char)) => start_of(field) + char,
        None => line.len(),
    };
    let from = from.min(line.len());
    &line[from..to.clamp(from, line.len())]
}

/// The number a text begins with, in millionths; `h`: with K, M, G.
fn sort_number(text: &[u8], human: bool) -> i128 {
    let text = String::from_utf8_lossy(text).into_owned();
    let text = text.trim_start();
    let len = text.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.' || *b == b'-').count();
    let value: i128 = super::text::fixed(&text[..len.min(30)], 6)
        .and_then(|f| f.replace('.', "").parse().ok())
        .unwrap_or(0);
    let power = if human {
        text[len..].chars().next().and_then(|c| "KMGTP".find(c.to_ascii_uppercase())).map_or(0, |i| i + 1)
    } else {
        0
    };
    value << (10 * power)
}

fn compare(a: &[u8], b: &[u8], letters: &str) -> std::cmp::Ordering {
    let order = if letters.contains('n') || letters.contains('h') || letters.contains('g') {
        sort_number(a, letters.contains('h')).cmp(&sort_number(b, letters.contains('h')))
    } else if letters.contains('M') {
        let month = |t: &[u8]| {
            let name = String::from_utf8_lossy(t).trim().to_ascii_uppercase();
            ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
                .iter()
                .position(|m| name.starts_with(m))
                .map_or(0, |i| i + 1)
        };
        month(a).cmp(&month(b))
    } else if letters.contains('V') {
        version(a).cmp(&version(b))
    } else {
        let fold = |t: &[u8]| -> Vec<u8> {
            let keep =
                |b: &&u8| !letters.contains('d') || b.is_ascii_alphanumeric() || b.is_ascii_whitespace();
            let it = t.iter().filter(keep);
            if letters.contains('f') {
                it.map(u8::to_ascii_uppercase).collect()
            } else {
                it.copied().collect()
            }
        };
        if letters.contains('f') || letters.contains('d') { fold(a).cmp(&fold(b)) } else { a.cmp(b) }
    };
    if letters.contains('r') { order.reverse() } else { order }
}

/// A version: runs of digits count as numbers.
fn version(text: &[u8]) -> Vec<(u8, u64, Vec<u8>)> {
    let mut parts = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let digit = text[at].is_ascii_digit();
        let len = text[at..].iter().take_while(|b| b.is_ascii_digit() == digit).count();
        let run = &text[at..at + len];
        if digit {
            parts.push((1, String::from_utf8_lossy(run).parse().unwrap_or(u64::MAX), Vec::new()));
        } else {
            parts.push((0, 0, run.to_vec()));
        }
        at += len;
    }
    parts
}

pub(crate) fn sort(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "ngMucszbrdfihVt:k:o:mS:T:");
    for key in opts.values('k') {
        if sort_key(key).is_none() {
            cx.complain("bad field specification");
            return Act::Exit(2);
        }
    }
    for path in &opts.rest {
        if path != "-"
            && let Err(errno) = cx.stat(path)
        {
            cx.fail_path(path, errno);
            return Act::Exit(2);
        }
    }
    slurp(opts.rest.clone(), opts, Style::Plain, |cx, opts, inputs| {
        let global: String = "ngMbrdfhV".chars().filter(|c| opts.has(*c)).collect();
        let mut keys: Vec<Key> = opts.values('k').filter_map(sort_key).collect();
        for key in &mut keys {
            if key.letters.trim_matches('b').is_empty() {
                key.letters.push_str(&global);
            }
        }
        let separator =
            opts.value('t').and_then(|t| super::text::unescape(t.as_bytes(), false).0.first().copied());
        let order = |a: &[u8], b: &[u8]| {
            for key in &keys {
                let o = compare(key_of(a, key, separator), key_of(b, key, separator), &key.letters);
                if o.is_ne() {
                    return o;
                }
            }
            if keys.is_empty() { compare(a, b, &global) } else { std::cmp::Ordering::Equal }
        };
        let whole = |a: &[u8], b: &[u8]| {
            let o = order(a, b);
            if o.is_ne() || opts.has('s') || opts.has('u') {
                return o;
            }
            if global.contains('r') { b.cmp(a) } else { a.cmp(b) }
        };
        let mut all: Vec<&[u8]> = inputs.iter().flat_map(|(_, b)| lines_of(b)).collect();
        if opts.has('c') {
            for (i, pair) in all.windows(2).enumerate() {
                let o = order(pair[0], pair[1]);
                if o.is_gt() || o.is_eq() && opts.has('u') {
                    let _ = cx.write(2, format!("Check line {}\n", i + 1).as_bytes());
                    return 1;
                }
            }
            return 0;
        }
        crate::map::sort_by(&mut all, |a, b| whole(a, b));
        if opts.has('u') {
            all.dedup_by(|a, b| order(a, b).is_eq());
        }
        let mut out = Vec::new();
        for line in all {
            out.extend_from_slice(line);
            out.push(b'\n');
        }
        match opts.value('o') {
            Some(path) => match cx.write_all(path, &out) {
                Ok(()) => 0,
                Err(errno) => {
                    cx.complain_open(path, errno);
                    2
                }
            },
            None => {
                cx.out_bytes(&out);
                0
            }
        }
    })
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(crate) fn base64(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "dw:");
    slurp(opts.rest.clone(), opts, Style::Plain, |cx, opts, inputs| {
        let bytes = inputs.pop().map(|(_, b)| b).unwrap_or_default();
        let mut out = Vec::new();
        if opts.has('d') {
            let mut acc = 0u32;
            let mut bits = 0;
            for b in bytes.iter().filter(|b| !b.is_ascii_whitespace()) {
                if *b == b'=' {
                    break;
                }
                let Some(v) = BASE64.iter().position(|c| c == b) else {
                    cx.out_bytes(&out);
                    cx.complain("truncated input");
                    return 1;
                };
                acc = acc << 6 | v as u32;
                bits += 6;
                if bits >= 8 {
                    bits -= 8;
                    out.push((acc >> bits) as u8);
                }
            }
            cx.out_bytes(&out);
            return 0;
        }
        let width = opts.value('w').and_then(|w| w.parse::<usize>().ok()).unwrap_or(76);
        let mut column = 0;
        for chunk in bytes.chunks(3) {
            let n = chunk.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
            for i in 0..4 {
                out.push(if i <= chunk.len() { BASE64[(n >> (18 - 6 * i)) as usize & 63] } else { b'=' });
                column += 1;
                if column == width {
                    out.push(b'\n');
                    column = 0;
                }
            }
        }
        if column > 0 && width > 0 {
            out.push(b'\n');
        }
        cx.out_bytes(&out);
        0
    })
}

fn md5(data: &[u8]) -> Vec<u8> {
    // The constants are floor(2^32 · |sin(i)|), from RFC 1321.
    const K: [u32; 64] = [
        0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
        0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
        0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
        0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
        0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
        0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
        0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
        0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
    ];
    const S: [u32; 16] = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
    let mut h: [u32; 4] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
    for block in padded(data, false).chunks(64) {
        let m: Vec<u32> = block.chunks(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect();
        let [mut a, mut b, mut c, mut d] = h;
        for i in 0..64 {
            let (f, g) = match i / 16 {
                0 => (b & c | !b & d, i),
                1 => (d & b | !d & c, (5 * i + 1) % 16),
                2 => (b ^ c ^ d, (3 * i + 5) % 16),
                _ => (c ^ (b | !d), 7 * i % 16),
            };
            let f = f.wrapping_add(a).wrapping_add(K[i]).wrapping_add(m[g]);
            (a, d, c) = (d, c, b);
            b = b.wrapping_add(f.rotate_left(S[i / 16 * 4 + i % 4]));
        }
        for (h, v) in h.iter_mut().zip([a, b, c, d]) {
            *h = h.wrapping_add(v);
        }
    }
    h.iter().flat_map(|w| w.to_le_bytes()).collect()
}

/// The padding that MD5 and SHA share.
fn padded(data: &[u8], big: bool) -> Vec<u8> {
    let mut all = data.to_vec();
    all.push(0x80);
    while all.len() % 64 != 56 {
        all.push(0);
    }
    let bits = (data.len() as u64).wrapping_mul(8);
    all.extend(if big { bits.to_be_bytes() } else { bits.to_le_bytes() });
    all
}

fn sha1(data: &[u8]) -> Vec<u8> {
    let mut h: [u32; 5] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
    for block in padded(data, true).chunks(64) {
        let mut w: Vec<u32> = block.chunks(4).map(|c| u32::from_be_bytes([c[0], c[1], c[2], c[3]])).collect();
        for i in 16..80 {
            w.push((w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16]).rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = h;
        for (i, word) in w.iter().enumerate() {
            let (f, k) = match i / 20 {
                0 => (b & c | !b & d, 0x5a827999),
                1 => (b ^ c ^ d, 0x6ed9eba1),
                2 => (b & c | b & d | c & d, 0x8f1bbcdc),
                _ => (b ^ c ^ d, 0xca62c1d6u32),
            };
            let t = a.rotate_left(5).wrapping_add(f).wrapping_add(e).wrapping_add(k).wrapping_add(*word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, t);
        }
        for (h, v) in h.iter_mut().zip([a, b, c, d, e]) {
            *h = h.wrapping_add(v);
        }
    }
    h.iter().flat_map(|w| w.to_be_bytes()).collect()
}

fn sha256(data: &[u8]) -> Vec<u8> {
    // The first 32 bits of the fractional parts of roots of primes (FIPS 180-4), worked out in integers.
    let root = |p: u64, cube: bool| -> u32 {
        let (mut low, mut high) = (0u128, 1u128 << 40);
        let target = u128::from(p) << if cube { 96 } else { 64 };
        while high - low > 1 {
            let mid = (low + high) / 2;
            let power = if cube { mid * mid * mid } else { mid * mid };
            if power <= target { low = mid } else { high = mid }
        }
        low as u32
    };
    let mut primes: Vec<u64> = Vec::new();
    let mut n = 2;
    while primes.len() < 64 {
        if primes.iter().all(|p| n % p != 0) {
            primes.push(n);
        }
        n += 1;
    }
    let k: Vec<u32> = primes.iter().map(|p| root(*p, true)).collect();
    let mut h: Vec<u32> = primes[..8].iter().map(|p| root(*p, false)).collect();
    for block in padded(data, true).chunks(64) {
        let mut w: Vec<u32> = block.chunks(4).map(|c| u32::from_be_bytes([c[0], c[1], c[2], c[3]])).collect();
        for i in 16..64 {
            let (x, y) = (w[i - 15], w[i - 2]);
            let s0 = x.rotate_right(7) ^ x.rotate_right(18) ^ x >> 3;
            let s1 = y.rotate_right(17) ^ y.rotate_right(19) ^ y >> 10;
            w.push(w[i - 16].wrapping_add(s0).wrapping_add(w[i - 7]).wrapping_add(s1));
        }
        let mut v = h.clone();
        for i in 0..64 {
            let s1 = v[4].rotate_right(6) ^ v[4].rotate_right(11) ^ v[4].rotate_right(25);
            let ch = v[4] & v[5] ^ !v[4] & v[6];
            let t1 = v[7].wrapping_add(s1).wrapping_add(ch).wrapping_add(k[i]).wrapping_add(w[i]);
            let s0 = v[0].rotate_right(2) ^ v[0].rotate_right(13) ^ v[0].rotate_right(22);
            let t2 = s0.wrapping_add(v[0] & v[1] ^ v[0] & v[2] ^ v[1] & v[2]);
            v.rotate_right(1);
            v[4] = v[4].wrapping_add(t1);
            v[0] = t1.wrapping_add(t2);
        }
        for (h, v) in h.iter_mut().zip(v) {
            *h = h.wrapping_add(v);
        }
    }
    h.iter().flat_map(|w| w.to_be_bytes()).collect()
}

fn hash(name: &str, data: &[u8]) -> String {
    let bytes = match name {
        "md5sum" => md5(data),
        "sha1sum" => sha1(data),
        _ => sha256(data),
    };
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub(crate) fn sums(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "cswbt");
    slurp(opts.rest.clone(), opts, Style::CantOpen, |cx, opts, inputs| {
        let tool = cx.name();
        let mut code = 0;
        if !opts.has('c') {
            for (name, bytes) in inputs.iter() {
                let line = [&hash(&tool, bytes), "  ", name, "\n"].concat();
                cx.out(&line);
            }
            return 0;
        }
        let (mut bad, mut all) = (0, 0);
        let list: Vec<u8> = inputs.iter().flat_map(|(_, b)| b.clone()).collect();
        for line in String::from_utf8_lossy(&list).lines() {
            let Some((sum, name)) = line.split_once("  ") else { continue };
            all += 1;
            let ok = cx.read_all(name).is_ok_and(|b| hash(&tool, &b) == sum);
            if !ok {
                bad += 1;
                code = 1;
            }
            if !opts.has('s') {
                cx.out(&[name, if ok { ": OK\n" } else { ": FAILED\n" }].concat());
            }
        }
        if bad > 0 && !opts.has('s') {
            cx.complain(&format!("WARNING: {bad} of {all} computed checksums did NOT match"));
        }
        code
    })
}

pub(crate) fn od(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "aBbcDdeFfHhIiLlOosxAvXt:j:N:w:");
    slurp(opts.rest.clone(), opts, Style::Plain, |cx, opts, inputs| {
        let skip = opts.value('j').and_then(number).unwrap_or(0) as usize;
        let count = opts.value('N').and_then(number).map_or(usize::MAX, |n| n as usize);
        let all: Vec<u8> = inputs.iter().flat_map(|(_, b)| b.clone()).skip(skip).take(count).collect();
        let kind = opts.value('t').unwrap_or(if opts.has('c') {
            "c"
        } else if opts.has('x') || opts.has('h') {
            "x2"
        } else if opts.has('b') {
            "o1"
        } else if opts.has('d') {
            "u2"
        } else {
            "o2"
        });
        let mut text = String::new();
        for (i, row) in all.chunks(16).enumerate() {
            text.push_str(&format!("{:07o}", skip + i * 16));
            let size = kind[1..].parse::<usize>().unwrap_or(if kind == "c" { 1 } else { 4 }).clamp(1, 8);
            for group in row.chunks(size) {
                let value = group.iter().rev().fold(0u64, |n, b| n << 8 | u64::from(*b));
                text.push_str(&match &kind[..1] {
                    "c" => match group[0] {
                        0 => "  \\0".to_string(),
                        7 => "  \\a".to_string(),
                        8 => "  \\b".to_string(),
                        9 => "  \\t".to_string(),
                        10 => "  \\n".to_string(),
                        11 => "  \\v".to_string(),
                        12 => "  \\f".to_string(),
                        13 => "  \\r".to_string(),
                        c @ 32..=126 => format!("   {}", c as char),
                        c => format!(" {c:03o}"),
                    },
                    "x" => format!(" {value:0w$x}", w = size * 2),
                    "u" | "d" => format!(" {value:>w$}", w = [3, 3, 5, 8, 10, 10, 10, 10, 20][size]),
                    _ => format!(" {value:0w$o}", w = [3, 3, 6, 9, 11, 11, 11, 11, 22][size]),
                });
            }
            text.push('\n');
        }
        text.push_str(&format!("{:07o}\n", skip + all.len()));
        cx.out(&text);
        0
    })
}

pub(crate) fn hexdump(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "bcCdeofn:s:vx");
    slurp(opts.rest.clone(), opts, Style::CantOpen, |cx, opts, inputs| {
        let skip = opts.value('s').and_then(number).unwrap_or(0) as usize;
        let count = opts.value('n').and_then(number).map_or(usize::MAX, |n| n as usize);
        let all: Vec<u8> = inputs.iter().flat_map(|(_, b)| b.clone()).skip(skip).take(count).collect();
        let wide = opts.has('C');
        let mut text = String::new();
        let (mut last, mut starred): (&[u8], bool) = (&[], false);
        for (i, row) in all.chunks(16).enumerate() {
            if row == last && row.len() == 16 && !opts.has('v') {
                if !starred {
                    text.push_str("*\n");
                }
                starred = true;
                continue;
            }
            (last, starred) = (row, false);
            if wide {
                text.push_str(&format!("{:08x} ", skip + i * 16));
                for n in 0..16 {
                    if n == 8 {
                        text.push(' ');
                    }
                    match row.get(n) {
                        Some(b) => text.push_str(&format!(" {b:02x}")),
                        None => text.push_str("   "),
                    }
                }
                text.push_str("  |");
                text.extend(row.iter().map(|b| if (32..127).contains(b) { *b as char } else { '.' }));
                text.push_str("|\n");
            } else {
                text.push_str(&format!("{:07x}", skip + i * 16));
                for n in 0..8 {
                    match row.get(n * 2) {
                        Some(low) => {
                            let high = row.get(n * 2 + 1).copied().unwrap_or(0);
                            text.push_str(&format!(" {high:02x}{low:02x}"));
                        }
                        None => text.push_str("     "),
                    }
                }
                text.push('\n');
            }
        }
        if !all.is_empty() {
            let end = skip + all.len();
            text.push_str(&if wide { format!("{end:08x}\n") } else { format!("{end:07x}\n") });
        }
        cx.out(&text);
        0
    })
}

/// Reads one of the files of cmp and diff; `-` is not waited for.
fn one(cx: &mut Ctx<'_>, path: &str) -> Result<Vec<u8>, Errno> {
    cx.read_all(if path == "-" { "/proc/self/fd/0" } else { path })
}

pub(crate) fn cmp(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "lsn:");
    let Some(first) = opts.rest.first().cloned() else { return Act::Exit(usage(cx)) };
    let second = opts.rest.get(1).cloned().unwrap_or_else(|| "-".to_string());
    let mut both = Vec::new();
    for path in [&first, &second] {
        match one(cx, path) {
            Ok(bytes) => both.push(bytes),
            Err(errno) => {
                if !opts.has('s') {
                    cx.fail_path(path, errno);
                }
                return Act::Exit(2);
            }
        }
    }
    let limit = opts.value('n').and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
    let (a, b) = (&both[0][..both[0].len().min(limit)], &both[1][..both[1].len().min(limit)]);
    let mut line = 1;
    let mut code = 0;
    for (i, (x, y)) in a.iter().zip(b).enumerate() {
        if x != y {
            code = 1;
            if opts.has('l') {
                cx.out(&format!("{} {x:3o} {y:3o}\n", i + 1));
                continue;
            }
            if !opts.has('s') {
                cx.out(&format!("{first} {second} differ: char {}, line {line}\n", i + 1));
            }
            return Act::Exit(1);
        }
        line += u32::from(*x == b'\n');
    }
    if a.len() != b.len() {
        code = 1;
        if !opts.has('s') {
            let short = if a.len() < b.len() { &first } else { &second };
            cx.complain(&["EOF on ", short].concat());
        }
    }
    Act::Exit(code)
}

pub(crate) fn diff(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "abBdiL:NqrTstuwU:S:");
    let [first, second] = &opts.rest[..] else { return Act::Exit(usage(cx)) };
    let mut names = [first.clone(), second.clone()];
    for i in 0..2 {
        // A directory stands for the file of the other's name in it.
        if cx.stat(&names[i]).is_ok_and(|m| m.is_dir()) {
            let other = super::text::base(&names[1 - i]).to_string();
            if !cx.stat(&names[1 - i]).is_ok_and(|m| m.is_dir()) {
                names[i] = super::files::join(&names[i], &other);
            }
        }
    }
    let mut pairs = vec![(names[0].clone(), names[1].clone())];
    let mut code = 0;
    if names.iter().all(|n| cx.stat(n).is_ok_and(|m| m.is_dir())) {
        pairs.clear();
        let (a, b) = (cx.list(&names[0]).unwrap_or_default(), cx.list(&names[1]).unwrap_or_default());
        let mut all: Vec<_> = a.iter().chain(&b).cloned().collect();
        crate::map::sort_by(&mut all, |a, b| a.cmp(b));
        all.dedup();
        for name in all {
            let here = |list: &[std::rc::Rc<str>]| list.contains(&name);
            if here(&a) && here(&b) {
                pairs.push((super::files::join(&names[0], &name), super::files::join(&names[1], &name)));
            } else {
                let dir = if here(&a) { &names[0] } else { &names[1] };
                cx.out(&["Only in ", dir, ": ", &name, "\n"].concat());
                code = 1;
            }
        }
        pairs.retain(|(a, _)| !cx.stat(a).is_ok_and(|m| m.is_dir()));
    }
    let context = opts.value('U').and_then(|u| u.parse().ok()).unwrap_or(3usize);
    for (first, second) in pairs {
        let mut both = Vec::new();
        for path in [&first, &second] {
            match one(cx, path) {
                Ok(bytes) => both.push(bytes),
                Err(Errno::NoEntry) if opts.has('N') => both.push(Vec::new()),
                Err(errno) => {
                    cx.fail("can't stat", path, errno);
                    return Act::Exit(2);
                }
            }
        }
        if both[0] == both[1] {
            continue;
        }
        code = 1;
        if opts.has('q') {
            cx.out(&["Files ", &first, " and ", &second, " differ\n"].concat());
            continue;
        }
        let text = unified(&both[0], &both[1], context, opts.has('i'), opts.has('w') || opts.has('b'));
        if !text.is_empty() {
            cx.charge(2000);
            cx.out(&["--- ", &first, "\n+++ ", &second, "\n", &text].concat());
        }
    }
    Act::Exit(code)
}

/// The difference in the unified format, by the longest common subsequence of lines.
fn unified(a: &[u8], b: &[u8], context: usize, icase: bool, blanks: bool) -> String {
    let lines = |bytes: &[u8]| -> Vec<String> {
        bytes.split_inclusive(|b| *b == b'\n').map(|l| String::from_utf8_lossy(l).into_owned()).collect()
    };
    let (a, b) = (lines(a), lines(b));
    let norm = |l: &String| {
        let l = if icase { l.to_ascii_lowercase() } else { l.clone() };
        if blanks { l.split_ascii_whitespace().collect::<Vec<_>>().join(" ") } else { l }
    };
    let (ka, kb): (Vec<String>, Vec<String>) = (a.iter().map(norm).collect(), b.iter().map(norm).collect());
    let start = ka.iter().zip(&kb).take_while(|(x, y)| x == y).count();
    let end = ka[start..].iter().rev().zip(kb[start..].iter().rev()).take_while(|(x, y)| x == y).count();
    let (ma, mb) = (&ka[start..ka.len() - end], &kb[start..kb.len() - end]);
    // (kind, index in a, index in b)
    let mut script: Vec<(u8, usize, usize)> = (0..start).map(|i| (b' ', i, i)).collect();
    let (n, m) = (ma.len(), mb.len());
    let (mut i, mut j) = (0, 0);
    if n * m <= 4_000_000 {
        let mut table = vec![0u16; (n + 1) * (m + 1)];
        for i in (0..n).rev() {
            for j in (0..m).rev() {
                table[i * (m + 1) + j] = if ma[i] == mb[j] {
                    table[(i + 1) * (m + 1) + j + 1] + 1
                } else {
                    table[(i + 1) * (m + 1) + j].max(table[i * (m + 1) + j + 1])
                };
            }
        }
        while i < n && j < m {
            if ma[i] == mb[j] {
                script.push((b' ', start + i, start + j));
                i += 1;
                j += 1;
            } else if table[(i + 1) * (m + 1) + j] >= table[i * (m + 1) + j + 1] {
                script.push((b'-', start + i, start + j));
                i += 1;
            } else {
                script.push((b'+', start + i, start + j));
                j += 1;
            }
        }
    }
    script.extend((i..n).map(|i| (b'-', start + i, start + j)));
    script.extend((j..m).map(|j| (b'+', start + n, start + j)));
    script.extend((0..end).map(|k| (b' ', a.len() - end + k, b.len() - end + k)));
    let mut out = String::new();
    let changed: Vec<usize> =
        script.iter().enumerate().filter(|(_, s)| s.0 != b' ').map(|(i, _)| i).collect();
    let mut at = 0;
    while at < changed.len() {
        let mut last = at;
        while last + 1 < changed.len() && changed[last + 1] - changed[last] <= 2 * context {
            last += 1;
        }
        let from = changed[at].saturating_sub(context);
        let to = (changed[last] + context + 1).min(script.len());
        let hunk = &script[from..to];
        let count = |skip: u8| hunk.iter().filter(|s| s.0 != skip).count();
        let (na, nb) = (count(b'+'), count(b'-'));
        let show = |first: usize, n: usize| match n {
            1 => (first + 1).to_string(),
            0 => format!("{first},0"),
            n => format!("{},{n}", first + 1),
        };
        out.push_str(&format!("@@ -{} +{} @@\n", show(hunk[0].1, na), show(hunk[0].2, nb)));
        for (kind, i, j) in hunk {
            out.push(*kind as char);
            let line = if *kind == b'+' { &b[*j] } else { &a[*i] };
            out.push_str(line);
            if !line.ends_with('\n') {
                out.push_str("\n\\ No newline at end of file\n");
            }
        }
        at = last + 1;
    }
    out
}
