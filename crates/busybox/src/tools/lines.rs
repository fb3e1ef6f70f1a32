//! Tools that change lines or bytes as they pass: cut, tr, uniq, tee, rev, nl, fold; and paste and tac, which need all
//! of them.

use super::stream::{Filter, Flow, Style, read, slurp};
use super::{Opts, usage};
use crate::ctx::{Act, Ctx};
use crate::vfs::How;

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
fn ranges(text: &str) -> Result<Vec<(usize, usize)>, String> {
    let number = |text: &str| {
        let positive = text.parse::<usize>().ok().filter(|n| *n > 0);
        positive.ok_or_else(|| ["invalid number '", text, "'"].concat())
    };
    let mut all = Vec::new();
    for part in text.split(',') {
        let (from, to) = match part.split_once('-') {
            Some((from, to)) => (
                if from.is_empty() { 1 } else { number(from)? },
                if to.is_empty() { usize::MAX } else { number(to)? },
            ),
            None => (number(part)?, number(part)?),
        };
        if to < from - 1 {
            return Err(format!("{to}<{}", from - 1));
        }
        all.push((from, to.max(from)));
    }
    crate::map::sort_by(&mut all, |a, b| a.cmp(b));
    Ok(all)
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
    let ranges = match ranges(list) {
        Ok(ranges) => ranges,
        Err(message) => {
            cx.complain(&message);
            return Act::Exit(1);
        }
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
        // A range that runs backwards is empty.
        if at + 2 < bytes.len() && bytes[at + 1] == b'-' {
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
    let opts = opts!(cx, "+cCds");
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
        let rest = &rest[self.skip_chars.min(rest.len())..];
        let key = rest
            [..self.opts.value('w').and_then(|w| w.parse().ok()).unwrap_or(rest.len()).min(rest.len())]
            .to_vec();
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
    read(opts.rest, true, Style::Plain, Box::new(filter))
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
    read(opts.rest, true, Style::Plain, Box::new(filter))
}

pub(crate) fn fold(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "bsw:");
    let text = opts.value('w').unwrap_or("80");
    let width = match text.parse::<usize>() {
        Ok(width) if (1..=10_000).contains(&width) => width,
        Ok(width) => {
            cx.complain(&format!("number {width} is not in 1..10000 range"));
            return Act::Exit(1);
        }
        Err(_) => {
            cx.complain(&["invalid number '", text, "'"].concat());
            return Act::Exit(1);
        }
    };
    let filter = Lines {
        state: (width, opts.has('s'), opts.has('b')),
        line: |(width, spaces, bytes), cx, data| {
            // The column after a byte: tabs go to the next eighth.
            let after = |column: usize, b: u8| match b {
                _ if *bytes => column + 1,
                b'\t' => column / 8 * 8 + 8,
                8 => column.saturating_sub(1),
                b'\r' => 0,
                // What goes on with a character takes no column of its own.
                0x80..=0xbf => column,
                _ => column + 1,
            };
            let (mut line, mut column): (Vec<u8>, usize) = (Vec::new(), 0);
            let mut folded = Vec::new();
            for b in body(data) {
                while after(column, *b) > *width && !line.is_empty() {
                    let blank = line.iter().rposition(|b| *b == b' ' || *b == b'\t').filter(|_| *spaces);
                    folded.extend(line.drain(..blank.map_or(line.len(), |at| at + 1)));
                    folded.push(b'\n');
                    column = line.iter().fold(0, |c, b| after(c, *b));
                }
                column = after(column, *b);
                line.push(*b);
            }
            folded.extend(line);
            if data.ends_with(b"\n") {
                folded.push(b'\n');
            }
            if cx.write(1, &folded).is_err() { Flow::Quit } else { Flow::More }
        },
        finish: |_, _| {},
    };
    read(opts.rest, true, Style::Plain, Box::new(filter))
}

pub(super) fn lines_of(bytes: &[u8]) -> Vec<&[u8]> {
    parts_of(bytes, b'\n')
}

/// Lines that a tool which needs them all keeps.
const MAX_LINES: usize = 1 << 20;

/// Parts that each end with this byte (the last may lack it), without it.
pub(super) fn parts_of(bytes: &[u8], end: u8) -> Vec<&[u8]> {
    let mut all: Vec<&[u8]> = bytes.split(|b| *b == end).take(MAX_LINES).collect();
    if all.last().is_some_and(|l| l.is_empty()) {
        all.pop();
    }
    all
}

pub(crate) fn paste(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "d:s");
    if opts.value('d') == Some("") {
        cx.complain("-d '' is not supported");
        return Act::Exit(1);
    }
    slurp(opts.rest.clone(), opts, Style::Plain, |cx, opts, inputs| {
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
        if opts.has('s') {
            for file in files.iter().filter(|f| !f.is_empty()) {
                for (i, line) in file.iter().enumerate() {
                    if i > 0 {
                        out.extend(delimiter(i - 1));
                    }
                    out.extend_from_slice(line);
                }
                out.push(b'\n');
            }
            cx.out_bytes(&out);
            return 0;
        }
        // As BusyBox has it: a file that has ended leaves neither a delimiter nor, if it is the last, a newline.
        for row in 0..files.iter().map(Vec::len).max().unwrap_or(0) {
            let mut used = 0;
            for (i, file) in files.iter().enumerate() {
                let Some(line) = file.get(row) else { continue };
                out.extend_from_slice(line);
                if i + 1 == files.len() {
                    out.push(b'\n');
                } else {
                    out.extend(delimiter(used));
                    used += 1;
                }
            }
        }
        cx.out_bytes(&out);
        0
    })
}

pub(crate) fn tac(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "");
    slurp(opts.rest.clone(), opts, Style::Plain, |cx, _, inputs| {
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
