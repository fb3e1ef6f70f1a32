//! read: one line into variables, over as many turns as it takes to come.

use super::fail;
use crate::ctx::{Ctx, Step};
use crate::fd::Read;
use crate::shell::parse::is_name;
use crate::shell::{Frame, Shell, pattern};

/// A `read` under way.
#[derive(Clone, Debug)]
pub(crate) struct ReadState {
    names: Vec<String>,
    raw: bool,
    fd: usize,
    delimiter: u8,
    count: Option<usize>,
    deadline: Option<u64>,
    /// Characters so far; escaped ones do not separate.
    chars: Vec<(u8, bool)>,
    escape: bool,
}

pub(super) fn read(sh: &mut Shell, cx: &mut Ctx<'_>, args: &[String]) -> Option<Step> {
    let mut state = ReadState {
        names: Vec::new(),
        raw: false,
        fd: 0,
        delimiter: b'\n',
        count: None,
        deadline: None,
        chars: Vec::new(),
        escape: false,
    };
    let mut at = 1;
    while let Some(arg) = args.get(at) {
        if !arg.starts_with('-') || arg.len() < 2 {
            break;
        }
        at += 1;
        if arg == "--" {
            break;
        }
        for (i, letter) in arg[1..].char_indices() {
            if letter == 'r' {
                state.raw = true;
                continue;
            }
            if letter == 's' {
                continue;
            }
            let rest = &arg[1 + i + letter.len_utf8()..];
            let value = if rest.is_empty() {
                at += 1;
                args.get(at - 1).cloned().unwrap_or_default()
            } else {
                rest.to_string()
            };
            match letter {
                'p' => {
                    if cx.is_tty(0) {
                        let _ = cx.write(2, value.as_bytes());
                    }
                }
                't' => match crate::tools::time::duration_ms(&value) {
                    Some(ms) => state.deadline = Some(cx.now() + ms),
                    None => return fail(sh, cx, "read", "invalid timeout"),
                },
                'n' => match value.parse() {
                    Ok(n) => state.count = Some(n),
                    Err(_) => return fail(sh, cx, "read", "invalid count"),
                },
                'd' => state.delimiter = value.bytes().next().unwrap_or(0),
                'u' => match value.parse() {
                    Ok(fd) => state.fd = fd,
                    Err(_) => return fail(sh, cx, "read", "invalid file descriptor"),
                },
                other => return fail(sh, cx, "read", &format!("illegal option -{other}")),
            }
            break;
        }
    }
    state.names = args.get(at..).unwrap_or_default().to_vec();
    for name in &state.names {
        if !is_name(name) {
            let text = [&*sh.arg0, ": read: '", name, "': bad variable name\n"].concat();
            let _ = cx.write(2, text.as_bytes());
            return sh.done(cx, 1);
        }
    }
    sh.frames.push(Frame::Read(Box::new(state)));
    None
}

impl Shell {
    pub(in crate::shell) fn read_frame(
        &mut self,
        cx: &mut Ctx<'_>,
        mut state: Box<ReadState>,
    ) -> Option<Step> {
        loop {
            if state.count.is_some_and(|n| state.chars.len() >= n) {
                return self.read_done(cx, &state, 0);
            }
            let got = if let Some(count) = state.count {
                let ofd = cx.os.fd_of(cx.pid, state.fd);
                ofd.and_then(|ofd| cx.os.read_ofd(cx.pid, ofd, (count - state.chars.len()).min(1)))
            } else {
                cx.read_until(state.fd, state.delimiter)
            };
            match got {
                Ok(Read::Data(bytes)) => {
                    let cost = bytes.len() as u32 / 256;
                    for b in bytes {
                        if state.escape {
                            state.escape = false;
                            if b != b'\n' {
                                state.chars.push((b, true));
                            }
                        } else if b == b'\\' && !state.raw {
                            state.escape = true;
                        } else if b == state.delimiter {
                            return self.read_done(cx, &state, 0);
                        } else if b != 0 {
                            state.chars.push((b, false));
                        }
                    }
                    if state.chars.len() > 1 << 20 {
                        return self.read_done(cx, &state, 1);
                    }
                    // Zeros count for nothing, and may go on without end.
                    if cx.charge(cost) {
                        self.frames.push(Frame::Read(state));
                        return Some(Step::Yield);
                    }
                }
                Ok(Read::Wait) => {
                    if state.deadline.is_some_and(|d| d <= cx.now()) {
                        return self.read_done(cx, &state, 1);
                    }
                    let until = state.deadline;
                    self.frames.push(Frame::Read(state));
                    return Some(Step::Block(until));
                }
                _ => return self.read_done(cx, &state, 1),
            }
        }
    }

    fn read_done(&mut self, cx: &mut Ctx<'_>, state: &ReadState, status: i32) -> Option<Step> {
        let ifs = self.get("IFS").unwrap_or_else(|| " \t\n".into());
        let is_ifs = |c: &(u8, bool)| !c.1 && ifs.as_bytes().contains(&c.0);
        let is_blank = |c: &(u8, bool)| is_ifs(c) && c.0.is_ascii_whitespace();
        let text = |chars: &[(u8, bool)]| {
            let bytes: Vec<u8> = chars.iter().map(|c| c.0).collect();
            String::from_utf8_lossy(&bytes).replace(pattern::QUOTE, "")
        };
        let mut rest = &state.chars[..];
        let mut values: Vec<String> = Vec::new();
        if state.names.is_empty() {
            values.push(text(rest));
        } else {
            while rest.first().is_some_and(is_blank) {
                rest = &rest[1..];
            }
            for i in 0..state.names.len() {
                if i + 1 == state.names.len() {
                    while rest.last().is_some_and(is_blank) {
                        rest = &rest[..rest.len() - 1];
                    }
                    // One closing separator that is no blank belongs to the last field, unless more follows.
                    if let Some((last, before)) = rest.split_last()
                        && is_ifs(last)
                        && !is_blank(last)
                        && !before.iter().any(is_ifs)
                    {
                        rest = before;
                    }
                    values.push(text(rest));
                    break;
                }
                let end = rest.iter().position(is_ifs).unwrap_or(rest.len());
                values.push(text(&rest[..end]));
                rest = &rest[end..];
                while rest.first().is_some_and(is_blank) {
                    rest = &rest[1..];
                }
                if rest.first().is_some_and(|c| is_ifs(c) && !is_blank(c)) {
                    rest = &rest[1..];
                    while rest.first().is_some_and(is_blank) {
                        rest = &rest[1..];
                    }
                }
            }
        }
        let names = if state.names.is_empty() { vec!["REPLY".to_string()] } else { state.names.clone() };
        for (name, value) in names.iter().zip(values) {
            if let Err(message) = self.set(name, &value) {
                return fail(self, cx, "read", &message);
            }
        }
        self.done(cx, status)
    }
}
