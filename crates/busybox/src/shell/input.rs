//! Where commands come from: a text, or standard input with its prompts.

use super::parse::{ParseError, Parser};
use super::{Frame, Shell};
use crate::ctx::{Ctx, Step};
use crate::fd::Read;
use std::rc::Rc;

impl Shell {
    pub(super) fn source(
        &mut self,
        cx: &mut Ctx<'_>,
        text: Rc<str>,
        pos: usize,
        line: u32,
        last: bool,
    ) -> Option<Step> {
        let mut parser = Parser::new(&text, pos);
        parser.line = line;
        match parser.command() {
            Ok(None) => None,
            Ok(Some(node)) => {
                let (pos, line) = (parser.pos(), parser.line);
                let end = pos >= text.len();
                let last_command = last && end && !text.ends_with('\n');
                if !end {
                    self.frames.push(Frame::Source { text, pos, line, last });
                }
                self.frames.push(Frame::Run { node, last: last_command });
                None
            }
            Err(ParseError::Syntax(message) | ParseError::Incomplete(message)) => {
                self.line = parser.line;
                self.fatal(cx, &["syntax error: ", &message].concat())
            }
        }
    }

    /// Reads commands from standard input, line by line.
    pub(super) fn input(&mut self, cx: &mut Ctx<'_>, mut buf: String, mut eof: bool) -> Option<Step> {
        if !buf.is_empty() {
            let mut parser = Parser::new(&buf, 0);
            parser.line = self.line;
            match parser.command() {
                Ok(node) => {
                    self.line = parser.line;
                    let rest = buf[parser.pos()..].to_string();
                    self.frames.push(Frame::Input { buf: rest, eof });
                    if let Some(node) = node {
                        self.frames.push(Frame::Run { node, last: false });
                    }
                    return None;
                }
                Err(ParseError::Incomplete(_)) if !eof && buf.len() < 1 << 20 => {}
                Err(ParseError::Syntax(message) | ParseError::Incomplete(message)) => {
                    self.frames.push(Frame::Input { buf: String::new(), eof });
                    return self.fatal(cx, &["syntax error: ", &message].concat());
                }
            }
        }
        if eof {
            if self.interactive && cx.is_tty(0) {
                let _ = cx.write(2, b"\n");
            }
            return None;
        }
        // A prompt is due when nothing was read since the last one; `sub_status` marks that it stands already.
        if self.interactive && self.memo_next == 0 {
            let prompt = self.prompt(cx, if buf.is_empty() { "PS1" } else { "PS2" });
            let _ = cx.write(2, prompt.as_bytes());
            self.memo_next = usize::MAX;
        }
        // From a terminal line by line; from elsewhere a buffer at once, as ash does.
        let got = if cx.is_tty(0) { cx.read_line(0) } else { cx.read(0, 1023) };
        match got {
            Ok(Read::Data(bytes)) => {
                self.memo_next = 0;
                buf.push_str(&String::from_utf8_lossy(&bytes));
            }
            Ok(Read::Wait) => {
                self.frames.push(Frame::Input { buf, eof });
                return Some(Step::Block(None));
            }
            _ => {
                self.memo_next = 0;
                eof = true;
            }
        }
        self.frames.push(Frame::Input { buf, eof });
        None
    }

    fn prompt(&mut self, cx: &mut Ctx<'_>, name: &str) -> String {
        let text = self.get(name).unwrap_or_else(|| "# ".into());
        let cwd = cx.cwd();
        let home = self.get("HOME").unwrap_or_else(|| "".into());
        let shown = match cwd.strip_prefix(&*home) {
            Some(rest) if !home.is_empty() && home.len() > 1 => ["~", rest].concat(),
            _ => cwd.to_string(),
        };
        let host = cx.os.hostname(cx.net());
        text.replace("\\w", &shown)
            .replace("\\$", if cx.uid() == 0 { "#" } else { "$" })
            .replace("\\h", &host)
            .replace("\\u", &crate::tools::users::name(cx, cx.uid()).unwrap_or_else(|| "?".to_string()))
    }
}
