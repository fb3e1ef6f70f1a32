//! Tools that read their files (or standard input) from front to back as the bytes come: cat, head, tail, wc, and the
//! frame that others use.

use super::{Opts, number};
use crate::ctx::{Act, Ctx, Machine, Step};
use crate::fd::Read;
use crate::types::Errno;
use crate::vfs::How;
use std::collections::VecDeque;

/// Bytes a tool takes in one step.
const CHUNK: usize = 65_536;
/// Of a longer line the rest is lost. It takes memory all the same, so that a line without end fills it.
const MAX_LINE: usize = 1 << 20;
/// Bytes a tool that needs everything at once keeps.
pub(crate) const MAX_SLURP: usize = 16 << 20;

/// What a filter wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    More,
    /// Done with this file.
    NextFile,
    /// Done altogether.
    Quit,
}

/// What a tool does with what it reads.
pub(crate) trait Filter {
    /// A file begins; `-` is standard input.
    fn begin(&mut self, _cx: &mut Ctx<'_>, _name: &str) {}
    /// A line with its newline (the last may lack it), or a chunk when the tool does not work by lines.
    fn data(&mut self, cx: &mut Ctx<'_>, data: &[u8]) -> Flow;
    /// The file is read.
    fn end(&mut self, _cx: &mut Ctx<'_>) -> Flow {
        Flow::More
    }
    /// All is read. Gives the exit code; `failed` says that a file could not be read.
    fn finish(&mut self, _cx: &mut Ctx<'_>, failed: bool) -> i32 {
        i32::from(failed)
    }
    /// Has it nothing to wait for before it reads on, or ends?
    fn settled(&mut self, _cx: &mut Ctx<'_>, _end: bool) -> bool {
        true
    }
    fn boxed(&self) -> Box<dyn Filter>;
}

// Named only: the texts of all machines would have to be on the page.
impl std::fmt::Debug for Box<dyn Filter> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Filter")
    }
}

impl Clone for Box<dyn Filter> {
    fn clone(&self) -> Self {
        self.as_ref().boxed()
    }
}

/// How a tool complains about a file it cannot open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// `cat: can't open 'x': …`
    CantOpen,
    /// `head: x: …`
    Plain,
    /// The same, but there is nothing to find in a directory.
    Grep,
    /// The same, and that is the end.
    Strict,
    /// Not at all.
    Silent,
}

#[derive(Clone, Debug)]
pub(crate) struct Reader {
    files: Vec<String>,
    next: usize,
    fd: Option<usize>,
    buf: Vec<u8>,
    by_line: Option<u8>,
    /// How long the line is by now, and for how much memory was taken.
    length: u64,
    taken: u64,
    /// There may be whole lines left in `buf`: the step's share was used up before they were.
    more: bool,
    style: Style,
    failed: bool,
    /// The exit code, when all that is left is to wait for others.
    ending: Option<i32>,
    filter: Box<dyn Filter>,
}

/// Reads the files (standard input when there are none) through a filter.
pub(crate) fn read(files: Vec<String>, by_line: bool, style: Style, filter: Box<dyn Filter>) -> Act {
    read_parts(files, by_line.then_some(b'\n'), style, filter)
}

/// The same, in parts that each end with this byte.
pub(crate) fn read_parts(
    files: Vec<String>,
    by_line: Option<u8>,
    style: Style,
    filter: Box<dyn Filter>,
) -> Act {
    let files = if files.is_empty() { vec!["-".to_string()] } else { files };
    Act::Run(Box::new(Reader {
        files,
        next: 0,
        fd: None,
        buf: Vec::new(),
        by_line,
        length: 0,
        taken: CHUNK as u64,
        more: false,
        style,
        failed: false,
        ending: None,
        filter,
    }))
}

impl Reader {
    /// A line goes on.
    fn grow(&mut self, cx: &mut Ctx<'_>, bytes: &[u8]) {
        let room = MAX_LINE.saturating_sub(self.buf.len()).min(bytes.len());
        self.buf.extend_from_slice(&bytes[..room]);
        self.length = self.buf.len().max(self.length as usize) as u64 + (bytes.len() - room) as u64;
        let more = self.length.saturating_sub(self.taken);
        if more > 0 {
            self.taken += more;
            cx.os.add_memory(cx.pid, more);
        }
    }

    fn done(&mut self, cx: &mut Ctx<'_>) -> Step {
        let failed = self.failed;
        let code = self.filter.finish(cx, failed);
        if self.filter.settled(cx, true) {
            return Step::Exit(code);
        }
        self.ending = Some(code);
        Step::Yield
    }

    fn close(&mut self, cx: &mut Ctx<'_>) {
        if let Some(fd) = self.fd.take()
            && fd > 2
        {
            cx.close(fd);
        }
    }

    /// The next file; `None` when there is none.
    fn open(&mut self, cx: &mut Ctx<'_>) -> Option<usize> {
        while let Some(name) = self.files.get(self.next).cloned() {
            self.next += 1;
            let result = if name == "-" {
                Ok(0)
            } else {
                match cx.open(&name, How::READ) {
                    Ok(fd) => match cx.stat(&name) {
                        Ok(meta) if meta.is_dir() => {
                            cx.close(fd);
                            Err(Errno::IsDir)
                        }
                        _ => Ok(fd),
                    },
                    Err(errno) => Err(errno),
                }
            };
            match result {
                Ok(fd) => {
                    self.filter.begin(cx, &name);
                    self.fd = Some(fd);
                    return self.fd;
                }
                Err(Errno::IsDir) if self.style == Style::Grep => {}
                Err(errno) => {
                    self.failed = true;
                    match self.style {
                        Style::CantOpen if errno == Errno::IsDir => {
                            cx.complain(&["read error: ", errno.text()].concat());
                        }
                        Style::CantOpen => {
                            cx.fail("can't open", &name, errno);
                        }
                        Style::Plain | Style::Grep | Style::Strict => {
                            cx.fail_path(&name, errno);
                        }
                        Style::Silent => {}
                    }
                    if self.style == Style::Strict {
                        self.next = self.files.len();
                    }
                }
            }
        }
        None
    }
}

impl Machine for Reader {
    fn step(&mut self, cx: &mut Ctx<'_>) -> Step {
        if !self.filter.settled(cx, self.ending.is_some()) {
            return Step::Block(None);
        }
        if let Some(code) = self.ending {
            return Step::Exit(code);
        }
        let fd = match self.fd {
            Some(fd) => fd,
            None => match self.open(cx) {
                Some(fd) => fd,
                None => return self.done(cx),
            },
        };
        let got = match if self.more { Ok(Read::Data(Vec::new())) } else { cx.read(fd, CHUNK) } {
            Ok(Read::Wait) => return Step::Block(None),
            Ok(Read::Data(bytes)) => Some(bytes),
            Ok(Read::Eof) => None,
            Err(errno) => {
                cx.complain(&["read error: ", errno.text()].concat());
                self.failed = true;
                None
            }
        };
        let mut flow = Flow::More;
        match got {
            Some(bytes) => {
                cx.charge(bytes.len() as u32 / 1024);
                let more = std::mem::take(&mut self.more);
                if let Some(end) = self.by_line
                    && !more
                    && !bytes.contains(&end)
                {
                    self.grow(cx, &bytes);
                } else if let Some(end) = self.by_line {
                    self.length = 0;
                    let bytes = if self.buf.is_empty() {
                        bytes
                    } else {
                        let mut all = std::mem::take(&mut self.buf);
                        all.extend(bytes);
                        all
                    };
                    let mut rest = &bytes[..];
                    let mut lines = 0u32;
                    while let Some(at) = rest.iter().position(|b| *b == end) {
                        flow = self.filter.data(cx, &rest[..=at]);
                        rest = &rest[at + 1..];
                        if flow != Flow::More {
                            break;
                        }
                        lines += 1;
                        if lines.is_multiple_of(4) && cx.charge(1) {
                            self.more = true;
                            break;
                        }
                    }
                    // What was read too far belongs to whoever reads next from there.
                    if flow == Flow::Quit
                        && !rest.is_empty()
                        && let Ok(ofd) = cx.os.fd_of(cx.pid, fd)
                    {
                        cx.os.unread(ofd, rest.to_vec());
                    }
                    self.buf = if flow == Flow::More { rest.to_vec() } else { Vec::new() };
                    if self.buf.len() > MAX_LINE && !self.more {
                        let line = std::mem::take(&mut self.buf);
                        flow = self.filter.data(cx, &line);
                    }
                } else {
                    flow = self.filter.data(cx, &bytes);
                }
            }
            None => {
                if !self.buf.is_empty() {
                    let line = std::mem::take(&mut self.buf);
                    flow = self.filter.data(cx, &line);
                }
                if flow == Flow::More {
                    flow = Flow::NextFile;
                }
            }
        }
        match flow {
            Flow::More => {}
            Flow::NextFile => {
                self.close(cx);
                if self.filter.end(cx) == Flow::Quit {
                    return self.done(cx);
                }
            }
            Flow::Quit => {
                self.filter.end(cx);
                return self.done(cx);
            }
        }
        Step::Yield
    }
    fn boxed(&self) -> Box<dyn Machine> {
        Box::new(self.clone())
    }
}

/// A tool that needs all of its input: (name, content) of each file, then it runs.
pub(crate) type Whole = fn(&mut Ctx<'_>, &Opts, &mut Vec<(String, Vec<u8>)>) -> i32;

#[derive(Clone, Debug)]
struct Slurp {
    opts: Opts,
    run: Whole,
    inputs: Vec<(String, Vec<u8>)>,
    size: usize,
}

impl Filter for Slurp {
    fn begin(&mut self, _: &mut Ctx<'_>, name: &str) {
        self.inputs.push((name.to_string(), Vec::new()));
    }
    fn data(&mut self, _: &mut Ctx<'_>, data: &[u8]) -> Flow {
        self.size += data.len();
        if self.size > MAX_SLURP {
            return Flow::NextFile;
        }
        if let Some((_, all)) = self.inputs.last_mut() {
            all.extend_from_slice(data);
        }
        Flow::More
    }
    fn finish(&mut self, cx: &mut Ctx<'_>, failed: bool) -> i32 {
        cx.charge((self.size / 512) as u32);
        let code = (self.run)(cx, &self.opts, &mut self.inputs);
        if failed && code == 0 { 1 } else { code }
    }
    fn boxed(&self) -> Box<dyn Filter> {
        Box::new(self.clone())
    }
}

/// Reads everything, then runs.
pub(crate) fn slurp(files: Vec<String>, opts: Opts, style: Style, run: Whole) -> Act {
    read(files, false, style, Box::new(Slurp { opts, run, inputs: Vec::new(), size: 0 }))
}

#[derive(Clone, Debug)]
struct Cat {
    number: bool,
    nonblank: bool,
    ends: bool,
    tabs: bool,
    controls: bool,
    line: u64,
}

impl Cat {
    fn plain(&self) -> bool {
        !(self.number || self.nonblank || self.ends || self.tabs || self.controls)
    }
}

impl Filter for Cat {
    fn data(&mut self, cx: &mut Ctx<'_>, data: &[u8]) -> Flow {
        if self.plain() {
            return match cx.write(1, data) {
                Ok(()) => Flow::More,
                Err(Errno::Pipe) => Flow::Quit,
                Err(errno) => {
                    cx.complain(&["write error: ", errno.text()].concat());
                    Flow::Quit
                }
            };
        }
        let mut out = Vec::new();
        let (body, newline) = match data.split_last() {
            Some((b'\n', body)) => (body, true),
            _ => (data, false),
        };
        if self.number || self.nonblank && !body.is_empty() {
            self.line += 1;
            out.extend(format!("{:6}\t", self.line).into_bytes());
        }
        for b in body {
            match *b {
                b'\t' if self.tabs => out.extend_from_slice(b"^I"),
                b'\t' => out.push(b'\t'),
                c if self.controls && c >= 128 => {
                    out.extend_from_slice(b"M-");
                    let c = c & 127;
                    if c < 32 {
                        out.extend_from_slice(&[b'^', c + 64]);
                    } else {
                        out.push(c);
                    }
                }
                c if self.controls && c < 32 => out.extend_from_slice(&[b'^', c + 64]),
                127 if self.controls => out.extend_from_slice(b"^?"),
                c => out.push(c),
            }
        }
        if newline {
            if self.ends {
                out.push(b'$');
            }
            out.push(b'\n');
        }
        cx.out_bytes(&out);
        Flow::More
    }
    fn boxed(&self) -> Box<dyn Filter> {
        Box::new(self.clone())
    }
}

pub(crate) fn cat(cx: &mut Ctx<'_>) -> Act {
    let opts = match Opts::parse(cx, "nbvteAuET", &[]) {
        Ok(opts) => opts,
        Err(act) => return act,
    };
    let all = opts.has('A');
    let cat = Cat {
        number: opts.has('n'),
        nonblank: opts.has('b'),
        ends: all || opts.has('e') || opts.has('E'),
        tabs: all || opts.has('t') || opts.has('T'),
        controls: all || opts.has('v') || opts.has('e') || opts.has('t'),
        line: 0,
    };
    let by_line = !cat.plain();
    // Numbering is another way through the files there, with another complaint.
    let numbers = cat.number || cat.nonblank;
    read(opts.rest, by_line, if numbers { Style::Plain } else { Style::CantOpen }, Box::new(cat))
}

/// Turns the old `-5` into `-n 5`.
fn old_count(cx: &Ctx<'_>, letters: &str) -> Vec<String> {
    let args = cx.args();
    let mut args = args[1..].to_vec();
    if let Some(first) = args.first_mut()
        && let Some(n) = first.strip_prefix('-')
        && !n.is_empty()
        && n.bytes().all(|b| b.is_ascii_digit())
    {
        *first = [letters, n].concat();
    }
    args
}

#[derive(Clone, Debug)]
struct Head {
    lines: bool,
    count: u64,
    /// All but the last `count`: what may still have to be kept back.
    except: bool,
    held: VecDeque<Vec<u8>>,
    left: u64,
    titles: bool,
    first: bool,
}

impl Filter for Head {
    fn begin(&mut self, cx: &mut Ctx<'_>, name: &str) {
        self.left = self.count;
        if self.titles {
            title(cx, name, self.first);
        }
        self.first = false;
    }
    fn data(&mut self, cx: &mut Ctx<'_>, data: &[u8]) -> Flow {
        if self.except && !self.lines {
            let mut all = self.held.pop_back().unwrap_or_default();
            all.extend_from_slice(data);
            let keep = all.len().saturating_sub(self.count.min(MAX_SLURP as u64) as usize);
            let rest = all.split_off(keep);
            cx.out_bytes(&all);
            self.held.push_back(rest);
            return Flow::More;
        }
        if self.except {
            self.held.push_back(data.to_vec());
            while self.held.len() as u64 > self.count {
                let Some(line) = self.held.pop_front() else { break };
                cx.out_bytes(&line);
            }
            return Flow::More;
        }
        if self.left == 0 {
            return Flow::NextFile;
        }
        let unit = if self.lines { 1 } else { data.len() as u64 };
        let take = if self.lines { data.len() } else { unit.min(self.left) as usize };
        self.left -= unit.min(self.left);
        if cx.write(1, &data[..take]).is_err() {
            return Flow::Quit;
        }
        if self.left == 0 { Flow::NextFile } else { Flow::More }
    }
    fn end(&mut self, _: &mut Ctx<'_>) -> Flow {
        self.held.clear();
        Flow::More
    }
    fn boxed(&self) -> Box<dyn Filter> {
        Box::new(self.clone())
    }
}

fn title(cx: &mut Ctx<'_>, name: &str, first: bool) {
    let name = if name == "-" { "standard input" } else { name };
    cx.out(&[if first { "" } else { "\n" }, "==> ", name, " <==\n"].concat());
}

pub(crate) fn head(cx: &mut Ctx<'_>) -> Act {
    let args = old_count(cx, "-n");
    let opts = match Opts::parse_args(cx, &args, "n:c:qv", &[("lines", 'n'), ("bytes", 'c')]) {
        Ok(opts) => opts,
        Err(act) => return act,
    };
    // Whoever says -c gets bytes, and the last number counts.
    let by_bytes = opts.has('c');
    let text = opts.value_of("nc").unwrap_or("10");
    let Some(count) = number(text.trim_start_matches('-')) else {
        cx.complain(&["invalid number '", text, "'"].concat());
        return Act::Exit(1);
    };
    let titles = (opts.rest.len() > 1 || opts.has('v')) && !opts.has('q');
    let except = text.starts_with('-');
    let head = Head { lines: !by_bytes, count, except, held: VecDeque::new(), left: 0, titles, first: true };
    read(opts.rest, !by_bytes, Style::Plain, Box::new(head))
}

/// tail: reads to the end, shows what is left over, and follows if asked.
#[derive(Clone, Debug)]
struct Tail {
    files: Vec<Followed>,
    /// From the beginning (`-n +N`), or from the end.
    from_start: bool,
    lines: bool,
    count: u64,
    follow: bool,
    retry: bool,
    sleep: u64,
    titles: bool,
    /// How long the buffer may get before it is looked through again for what can go.
    room: usize,
    /// Bytes of a last line that is too long to be kept, but takes memory all the same.
    lost: u64,
    /// Memory that was taken for the buffer.
    taken: u64,
    /// Whose output was shown last.
    shown: Option<usize>,
    at: usize,
    following: bool,
    failed: bool,
    started: bool,
}

#[derive(Clone, Debug)]
struct Followed {
    name: String,
    fd: Option<usize>,
    /// The inode that is open, to see whether the name has moved on.
    ino: u64,
    buf: Vec<u8>,
    seen: u64,
    /// Lines (or bytes) that are still to be skipped.
    skip: u64,
}

impl Tail {
    fn show(&mut self, cx: &mut Ctx<'_>, index: usize, bytes: &[u8]) -> bool {
        if self.titles && self.shown != Some(index) {
            let name = self.files[index].name.clone();
            title(cx, &name, self.shown.is_none());
            self.shown = Some(index);
        }
        bytes.is_empty() || cx.write(1, bytes).is_ok()
    }

    /// What of the bytes read so far must be kept.
    fn trim(&self, buf: &mut Vec<u8>) {
        let keep = self.keep_from(buf);
        buf.drain(..keep);
    }

    fn keep_from(&self, buf: &[u8]) -> usize {
        let count = self.count as usize;
        if !self.lines {
            return buf.len().saturating_sub(count);
        }
        if count == 0 {
            return buf.len();
        }
        let end = if buf.last() == Some(&b'\n') { buf.len() - 1 } else { buf.len() };
        let newlines = buf[..end].iter().enumerate().rev().filter(|(_, b)| **b == b'\n');
        newlines.map(|(i, _)| i + 1).nth(count - 1).unwrap_or(0)
    }

    /// How much of the next bytes of a file belongs to its beginning, which is not shown.
    fn skip_start(&mut self, index: usize, bytes: &[u8]) -> usize {
        let skip = &mut self.files[index].skip;
        if *skip == 0 {
            return 0;
        }
        if !self.lines {
            let gone = (*skip).min(bytes.len() as u64);
            *skip -= gone;
            return gone as usize;
        }
        for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
            *skip -= 1;
            if *skip == 0 {
                return at + 1;
            }
        }
        bytes.len()
    }

    /// Looks whether a followed name is (again) there.
    fn reopen(&mut self, cx: &mut Ctx<'_>, index: usize) {
        let file = &self.files[index];
        if file.name == "-" {
            return;
        }
        let name = file.name.clone();
        match cx.stat(&name) {
            Ok(meta) => {
                if self.files[index].fd.is_some() && self.files[index].ino == meta.ino {
                    // Shortened in place: from the beginning again.
                    if meta.kind == '-' && meta.size < self.files[index].seen {
                        if let Some(fd) = self.files[index].fd
                            && let Ok(ofd) = cx.os.fd_of(cx.pid, fd)
                            && let Some(crate::fd::OfdKind::File { pos, .. }) =
                                cx.os.ofds.get_mut(&ofd).map(|o| &mut o.kind)
                        {
                            *pos = 0;
                        }
                        self.files[index].seen = 0;
                    }
                    return;
                }
                if !self.retry {
                    return;
                }
                if let Ok(fd) = cx.open(&name, How::READ) {
                    let had = self.files[index].fd.replace(fd);
                    let what = if had.is_some() {
                        "has been replaced; following end of new file"
                    } else {
                        "has appeared; following end of new file"
                    };
                    cx.complain(&[&name, " ", what].concat());
                    if let Some(old) = had {
                        cx.close(old);
                    }
                    self.files[index].ino = meta.ino;
                    self.files[index].seen = 0;
                }
            }
            Err(_) => {
                if self.retry
                    && let Some(old) = self.files[index].fd.take()
                {
                    cx.complain(&[&name, " has been removed or replaced"].concat());
                    cx.close(old);
                }
            }
        }
    }
}

impl Machine for Tail {
    fn step(&mut self, cx: &mut Ctx<'_>) -> Step {
        if !self.started {
            self.started = true;
            for i in 0..self.files.len() {
                let name = self.files[i].name.clone();
                if name == "-" {
                    self.files[i].fd = Some(0);
                    continue;
                }
                match cx.open(&name, How::READ) {
                    Ok(fd) => {
                        self.files[i].fd = Some(fd);
                        self.files[i].ino = cx.stat(&name).map_or(0, |m| m.ino);
                    }
                    Err(errno) => {
                        cx.fail("can't open", &name, errno);
                        self.failed = true;
                    }
                }
            }
            if !self.retry {
                let named = self.files.len();
                self.files.retain(|f| f.fd.is_some());
                // One file that is left alone needs no title.
                self.titles &= named == self.files.len() || self.files.len() > 1;
                if self.files.is_empty() {
                    cx.complain("no files");
                    return Step::Exit(1);
                }
            }
        }
        while !self.following {
            let Some(fd) = self.files.get(self.at).map(|f| f.fd) else {
                if !self.follow {
                    return Step::Exit(i32::from(self.failed));
                }
                self.following = true;
                break;
            };
            let Some(fd) = fd else {
                self.at += 1;
                continue;
            };
            match cx.read(fd, CHUNK) {
                Ok(Read::Wait) => return Step::Block(None),
                Ok(Read::Data(bytes)) if self.from_start => {
                    let at = self.at;
                    self.files[at].seen += bytes.len() as u64;
                    let from = self.skip_start(at, &bytes);
                    cx.charge(bytes.len() as u32 / 1024);
                    if from < bytes.len() && !self.show(cx, at, &bytes[from..]) {
                        return Step::Exit(1);
                    }
                    return Step::Yield;
                }
                Ok(Read::Data(bytes)) => {
                    let mut buf = std::mem::take(&mut self.files[self.at].buf);
                    self.files[self.at].seen += bytes.len() as u64;
                    buf.extend(bytes);
                    if buf.len() > self.room {
                        self.trim(&mut buf);
                        self.room = 2 * buf.len().max(2 * CHUNK);
                    }
                    if buf.len() > MAX_SLURP {
                        self.lost += buf.len() as u64;
                        buf.clear();
                    }
                    // Lines without an end fill the memory, as `tail /dev/zero` does.
                    let more = (self.lost + buf.len() as u64).saturating_sub(self.taken);
                    self.files[self.at].buf = buf;
                    if more > 0 {
                        self.taken += more;
                        cx.os.add_memory(cx.pid, more);
                    }
                    return Step::Yield;
                }
                other => {
                    if let Err(errno) = other {
                        cx.complain(&["read error: ", errno.text()].concat());
                        self.failed = true;
                    }
                    let buf = std::mem::take(&mut self.files[self.at].buf);
                    let from = self.keep_from(&buf);
                    let at = self.at;
                    if !self.show(cx, at, &buf[from..]) {
                        return Step::Exit(1);
                    }
                    self.at += 1;
                }
            }
        }
        // Follow: once a second (or as told) it looks what has been added.
        for i in 0..self.files.len() {
            self.reopen(cx, i);
            let Some(fd) = self.files[i].fd else { continue };
            // A pipe that has ended stays silent.
            for _ in 0..64 {
                let Ok(Read::Data(bytes)) = cx.read(fd, CHUNK) else { break };
                self.files[i].seen += bytes.len() as u64;
                if !self.show(cx, i, &bytes) {
                    return Step::Exit(1);
                }
            }
        }
        Step::Block(Some(cx.now() + self.sleep))
    }
    fn boxed(&self) -> Box<dyn Machine> {
        Box::new(self.clone())
    }
}

pub(crate) fn tail(cx: &mut Ctx<'_>) -> Act {
    let mut args = old_count(cx, "-n");
    if let Some(first) = args.first_mut()
        && first.starts_with('+')
        && first.len() > 1
    {
        *first = ["-n", first].concat();
    }
    let opts =
        match Opts::parse_args(cx, &args, "fFc:n:qs:v", &[("lines", 'n'), ("bytes", 'c'), ("follow", 'f')]) {
            Ok(opts) => opts,
            Err(act) => return act,
        };
    // Whoever says -c gets bytes, be the number that of -n.
    let by_bytes = opts.has('c');
    let text = opts.value('n').or(opts.value('c')).unwrap_or("10");
    let Some(count) = number(text.trim_start_matches(['-', '+'])) else {
        cx.complain(&["invalid number '", text, "'"].concat());
        return Act::Exit(1);
    };
    let sleep = opts.value('s').and_then(super::time::duration_ms).unwrap_or(1000).max(100);
    let names = if opts.rest.is_empty() { vec!["-".to_string()] } else { opts.rest.clone() };
    let skip = count.saturating_sub(1);
    let files = names
        .into_iter()
        .map(|name| Followed { name, fd: None, ino: 0, buf: Vec::new(), seen: 0, skip })
        .collect();
    Act::Run(Box::new(Tail {
        files,
        from_start: text.starts_with('+'),
        lines: !by_bytes,
        count,
        follow: opts.has('f') || opts.has('F'),
        retry: opts.has('F'),
        sleep,
        titles: (opts.rest.len() > 1 || opts.has('v')) && !opts.has('q'),
        room: 4 * CHUNK,
        lost: 0,
        taken: 4 * CHUNK as u64,
        shown: None,
        at: 0,
        following: false,
        failed: false,
        started: false,
    }))
}

#[derive(Clone, Debug)]
struct Wc {
    /// Which columns: lines, words, characters, bytes, longest line.
    show: [bool; 5],
    counts: [u64; 5],
    total: [u64; 5],
    in_word: bool,
    width: u64,
    name: String,
    /// No file was named: it is standard input.
    unnamed: bool,
    /// At most one file was named.
    single: bool,
    files: usize,
}

impl Wc {
    fn print(&self, cx: &mut Ctx<'_>, counts: [u64; 5], name: &str) {
        let cells: Vec<String> =
            counts.iter().zip(self.show).filter(|(_, show)| *show).map(|(n, _)| n.to_string()).collect();
        let mut line = if cells.len() == 1 && self.single {
            cells[0].clone()
        } else {
            cells.iter().map(|c| super::text::pad(c, 9, false, false)).collect::<Vec<_>>().join(" ")
        };
        if !name.is_empty() {
            line.push_str(&[" ", name].concat());
        }
        line.push('\n');
        cx.out(&line);
    }
}

impl Filter for Wc {
    fn begin(&mut self, _: &mut Ctx<'_>, name: &str) {
        self.name = if self.unnamed { String::new() } else { name.to_string() };
        self.counts = [0; 5];
        self.in_word = false;
        self.width = 0;
        self.files += 1;
    }
    fn data(&mut self, _: &mut Ctx<'_>, data: &[u8]) -> Flow {
        self.counts[3] += data.len() as u64;
        for b in data {
            self.counts[2] += 1;
            if *b == b'\n' {
                self.counts[0] += 1;
                self.width = 0;
            } else {
                self.width += 1;
                self.counts[4] = self.counts[4].max(self.width);
            }
            let space = b.is_ascii_whitespace();
            if !space && !self.in_word {
                self.counts[1] += 1;
            }
            self.in_word = !space;
        }
        Flow::More
    }
    fn end(&mut self, cx: &mut Ctx<'_>) -> Flow {
        for (total, count) in self.total.iter_mut().zip(self.counts) {
            *total += count;
        }
        self.total[4] = self.total[4].max(self.counts[4]);
        let name = self.name.clone();
        self.print(cx, self.counts, &name);
        Flow::More
    }
    fn finish(&mut self, cx: &mut Ctx<'_>, failed: bool) -> i32 {
        if self.files > 1 || failed && self.files > 0 {
            self.print(cx, self.total, "total");
        }
        i32::from(failed)
    }
    fn boxed(&self) -> Box<dyn Filter> {
        Box::new(self.clone())
    }
}

pub(crate) fn wc(cx: &mut Ctx<'_>) -> Act {
    let opts = match Opts::parse(cx, "lwmcL", &[]) {
        Ok(opts) => opts,
        Err(act) => return act,
    };
    let mut show = ['l', 'w', 'm', 'c', 'L'].map(|c| opts.has(c));
    if show == [false; 5] {
        show = [true, true, false, true, false];
    }
    let (unnamed, single) = (opts.rest.is_empty(), opts.rest.len() < 2);
    let (counts, total, name) = ([0; 5], [0; 5], String::new());
    let wc = Wc { show, counts, total, in_word: false, width: 0, name, unnamed, single, files: 0 };
    read(opts.rest, false, Style::Plain, Box::new(wc))
}
