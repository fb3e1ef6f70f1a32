//! Tokens of a program, and the parser that looks at one of them at a time.

use super::MAX_DEPTH;
use super::value::number;
use crate::tools::text::unescape;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tok {
    Num(i128),
    Str(String),
    Regex(String),
    Name(String),
    /// A name right before `(`.
    Call(String),
    Op(&'static str),
    Newline,
    End,
}

const OPS: [&str; 41] = [
    "**=", "&&", "||", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "^=", "++", "--", ">>", "**",
    "!~", "{", "}", "(", ")", "[", "]", ";", ",", "+", "-", "*", "/", "%", "^", "!", ">", "<", "|", "?", ":",
    "~", "$", "=",
];

pub(super) struct Parser<'a> {
    pub(super) text: &'a [u8],
    pub(super) at: usize,
    pub(super) tok: Tok,
    /// A slash here would begin a regular expression.
    pub(super) operand: bool,
    pub(super) depth: u32,
    pub(super) ranges: usize,
    /// `>` is a redirection inside print.
    pub(super) no_greater: bool,
    pub(super) no_in: bool,
}

pub(super) type Res<T> = Result<T, String>;

impl Parser<'_> {
    pub(super) fn next(&mut self) -> Res<()> {
        while let Some(b) = self.text.get(self.at) {
            match b {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\\' if self.text.get(self.at + 1) == Some(&b'\n') => self.at += 2,
                b'#' => {
                    while self.text.get(self.at).is_some_and(|b| *b != b'\n') {
                        self.at += 1;
                    }
                }
                _ => break,
            }
        }
        let rest = &self.text[self.at..];
        let Some(b) = rest.first().copied() else {
            self.tok = Tok::End;
            return Ok(());
        };
        let operand = std::mem::replace(&mut self.operand, true);
        self.tok = match b {
            b'\n' => {
                self.at += 1;
                Tok::Newline
            }
            b'0'..=b'9' | b'.' if b != b'.' || rest.get(1).is_some_and(u8::is_ascii_digit) => {
                let mut len = 0;
                while let Some(c) = rest.get(len) {
                    let exponent = (*c == b'e' || *c == b'E')
                        && rest.get(len + 1).is_some_and(|n| {
                            n.is_ascii_digit()
                                || *n == b'-' && rest.get(len + 2).is_some_and(u8::is_ascii_digit)
                        });
                    if !(c.is_ascii_digit() || *c == b'.' || exponent) {
                        break;
                    }
                    len += if exponent { 2 } else { 1 };
                }
                self.at += len;
                self.operand = false;
                Tok::Num(number(&String::from_utf8_lossy(&rest[..len])))
            }
            b'"' => {
                let mut end = 1;
                while rest.get(end).is_some_and(|c| *c != b'"') {
                    end += if rest[end] == b'\\' { 2 } else { 1 };
                }
                if end >= rest.len() {
                    return Err("unterminated string".to_string());
                }
                let (bytes, _) = unescape(&rest[1..end], false);
                self.at += end + 1;
                self.operand = false;
                Tok::Str(String::from_utf8_lossy(&bytes).into_owned())
            }
            b'/' if operand => {
                let mut out = Vec::new();
                let mut end = 1;
                let mut in_set = false;
                loop {
                    let Some(c) = rest.get(end).copied() else {
                        return Err("unterminated regex".to_string());
                    };
                    if c == b'/' && !in_set {
                        break;
                    }
                    match c {
                        b'[' => in_set = true,
                        b']' => in_set = false,
                        _ => {}
                    }
                    if c == b'\\' && rest.get(end + 1) == Some(&b'/') {
                        out.push(b'/');
                        end += 2;
                        continue;
                    }
                    if c == b'\\' {
                        out.push(c);
                        end += 1;
                        out.push(rest.get(end).copied().unwrap_or(b'\\'));
                        end += 1;
                        continue;
                    }
                    out.push(c);
                    end += 1;
                }
                self.at += end + 1;
                self.operand = false;
                Tok::Regex(String::from_utf8_lossy(&out).into_owned())
            }
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                let len = rest.iter().take_while(|c| c.is_ascii_alphanumeric() || **c == b'_').count();
                let name = String::from_utf8_lossy(&rest[..len]).into_owned();
                self.at += len;
                let keyword =
                    matches!(name.as_str(), "print" | "printf" | "return" | "in" | "exit" | "else" | "do");
                self.operand = keyword;
                if !keyword
                    && self.text.get(self.at) == Some(&b'(')
                    && !matches!(name.as_str(), "if" | "while" | "for")
                {
                    Tok::Call(name)
                } else {
                    Tok::Name(name)
                }
            }
            _ => {
                let Some(op) = OPS.iter().find(|op| rest.starts_with(op.as_bytes())) else {
                    return Err(["unexpected character '", &(b as char).to_string(), "'"].concat());
                };
                self.at += op.len();
                self.operand = !matches!(*op, ")" | "]" | "++" | "--");
                Tok::Op(op)
            }
        };
        Ok(())
    }

    pub(super) fn is(&self, op: &str) -> bool {
        matches!(&self.tok, Tok::Op(o) if *o == op)
    }

    pub(super) fn is_name(&self, name: &str) -> bool {
        matches!(&self.tok, Tok::Name(n) if n == name)
    }

    pub(super) fn eat(&mut self, op: &str) -> Res<bool> {
        if self.is(op) {
            self.next()?;
            return Ok(true);
        }
        Ok(false)
    }

    pub(super) fn expect(&mut self, op: &str) -> Res<()> {
        if self.eat(op)? { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn unexpected(&self) -> String {
        "Unexpected token".to_string()
    }

    pub(super) fn newlines(&mut self) -> Res<()> {
        while self.tok == Tok::Newline {
            self.next()?;
        }
        Ok(())
    }

    pub(super) fn terminators(&mut self) -> Res<()> {
        while self.tok == Tok::Newline || self.is(";") {
            self.next()?;
        }
        Ok(())
    }

    pub(super) fn enter(&mut self) -> Res<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err("too deep".to_string()) } else { Ok(()) }
    }
}
