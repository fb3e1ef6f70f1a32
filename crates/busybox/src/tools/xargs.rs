//! xargs: makes command lines of what it reads, and runs them.

use super::Opts;
use crate::ctx::{Act, Ctx, Machine, Step};
use crate::fd::Read;
use crate::types::{Errno, ExitStatus, Pid};
use std::collections::VecDeque;

#[derive(Clone, Debug)]
struct Xargs {
    opts: Opts,
    /// Words that are whole,
    words: VecDeque<String>,
    /// and the one that is being read, with the quote that it is in.
    word: Vec<u8>,
    has: bool,
    quote: u8,
    escaped: bool,
    ended: bool,
    child: Option<Pid>,
    ran: bool,
    code: i32,
}

/// The longest command line that xargs makes, in bytes.
const XARGS_BYTES: usize = 30 << 10;

impl Xargs {
    /// Words of the input: split at blanks, with quotes and backslashes; or at NUL, or by lines.
    fn feed(&mut self, bytes: &[u8]) {
        let (by_nul, by_line) = (self.opts.has('0'), self.opts.has('I'));
        for &c in bytes {
            if self.ended {
                return;
            }
            let plain = !by_nul && !by_line;
            match c {
                0 if by_nul => {
                    self.has = true;
                    self.end_word();
                    continue;
                }
                _ if by_nul => {}
                _ if self.escaped => self.escaped = false,
                _ if self.quote != 0 && c == self.quote => {
                    self.quote = 0;
                    continue;
                }
                _ if self.quote != 0 => {}
                b'\'' | b'"' if plain => {
                    self.quote = c;
                    self.has = true;
                    continue;
                }
                b'\\' if plain => {
                    self.escaped = true;
                    self.has = true;
                    continue;
                }
                b' ' | b'\t' if by_line && self.has => {}
                b' ' | b'\t' if by_line => continue,
                b' ' | b'\t' | b'\n' => {
                    self.end_word();
                    continue;
                }
                _ => {}
            }
            self.word.push(c);
            self.has = true;
        }
    }

    fn end_word(&mut self) {
        if !std::mem::take(&mut self.has) {
            return;
        }
        let word = String::from_utf8_lossy(&std::mem::take(&mut self.word)).into_owned();
        let end = self.opts.value('E').or(self.opts.value('e'));
        if end.is_some_and(|end| !end.is_empty() && end == word) {
            self.ended = true;
        } else {
            self.words.push_back(word);
        }
    }

    /// How many words the next command gets, and whether more input would change that.
    fn batch(&self) -> (usize, bool) {
        let room = self.opts.value('s').and_then(|s| s.parse().ok()).unwrap_or(XARGS_BYTES).min(XARGS_BYTES);
        if self.opts.has('I') {
            return (self.words.len().min(1), !self.words.is_empty() || self.word.len() > room);
        }
        let most = self.opts.value('n').and_then(|n| n.parse().ok()).unwrap_or(usize::MAX).max(1);
        let own: usize = match self.opts.rest.is_empty() {
            true => "echo".len() + 1,
            false => self.opts.rest.iter().map(|word| word.len() + 1).sum(),
        };
        let mut bytes = own;
        for (count, word) in self.words.iter().enumerate() {
            bytes += word.len() + 1;
            if count == most || bytes > room {
                return (count, true);
            }
        }
        (self.words.len(), self.words.len() == most || bytes + self.word.len() > room)
    }
}

impl Machine for Xargs {
    fn step(&mut self, cx: &mut Ctx<'_>) -> Step {
        if let Some(child) = self.child {
            match cx.os.reap(cx.pid, child) {
                Some(status) => {
                    self.child = None;
                    match status {
                        ExitStatus::Code(0) => {}
                        ExitStatus::Code(255) => {
                            let name = self.opts.rest.first().map_or("echo", String::as_str).to_string();
                            cx.complain(&[&name, ": exited with status 255; aborting"].concat());
                            return Step::Exit(124);
                        }
                        ExitStatus::Code(_) => self.code = 123,
                        ExitStatus::Signal(_) => return Step::Exit(125),
                    }
                }
                None => return Step::Block(None),
            }
        }
        // A command starts as soon as no further word would be for it.
        let (count, full) = self.batch();
        if !full && !self.ended {
            match cx.read(0, 4_096) {
                Ok(Read::Data(bytes)) => {
                    cx.charge(bytes.len() as u32 / 256);
                    self.feed(&bytes);
                }
                Ok(Read::Wait) => return Step::Block(None),
                _ => {
                    self.ended = true;
                    if self.quote == 0 {
                        self.end_word();
                    }
                }
            }
            return Step::Yield;
        }
        if !full && self.quote != 0 {
            let which = if self.quote == b'"' { "double" } else { "single" };
            cx.complain(&["unmatched ", which, " quote"].concat());
            return Step::Exit(1);
        }
        if self.words.is_empty() && !full && (self.ran || self.opts.has('r') || self.opts.has('I')) {
            return Step::Exit(self.code);
        }
        if full && count == 0 {
            cx.complain("argument line too long");
            return Step::Exit(1);
        }
        self.ran = true;
        let mut argv =
            if self.opts.rest.is_empty() { vec!["echo".to_string()] } else { self.opts.rest.clone() };
        if let Some(mark) = self.opts.value('I') {
            let word = self.words.pop_front().unwrap_or_default();
            let mark = if mark.is_empty() { "{}" } else { mark };
            argv = argv.iter().map(|a| a.replace(mark, &word)).collect();
        } else {
            argv.extend(self.words.drain(..count));
        }
        if self.opts.has('t') {
            let _ = cx.write(2, (argv.join(" ") + "\n").as_bytes());
        }
        let name = argv[0].clone();
        match cx.spawn(argv) {
            Ok(child) => {
                self.child = Some(child);
                let null = crate::fd::Ofd { refs: 1, tty: false, kind: crate::fd::OfdKind::Null };
                let null = cx.os.new_ofd(null);
                cx.os.set_fd(child, 0, Some(null));
                Step::Yield
            }
            Err(errno) => {
                cx.fail_path(&name, errno);
                Step::Exit(if errno == Errno::NoEntry { 127 } else { 126 })
            }
        }
    }
    fn boxed(&self) -> Box<dyn Machine> {
        Box::new(self.clone())
    }
}

pub(crate) fn xargs(cx: &mut Ctx<'_>) -> Act {
    let opts = match Opts::parse(cx, "+0rtn:I:P:s:xe::E:", &[]) {
        Ok(opts) => opts,
        Err(act) => return act,
    };
    Act::Run(Box::new(Xargs {
        opts,
        words: VecDeque::new(),
        word: Vec::new(),
        has: false,
        quote: 0,
        escaped: false,
        ended: false,
        child: None,
        ran: false,
        code: 0,
    }))
}
