//! Words: quotes, parameters, substitutions, and the assignments they may be.

use super::{ParseError, Parser, Result, is_name};
use crate::shell::ast::{Op, Part, Word};
use std::rc::Rc;

impl Parser<'_> {
    /// Reads a word up to a blank or operator; with its text when nothing in it is quoted or expanded.
    pub(super) fn read_word(&mut self) -> Result<(Word, Option<String>)> {
        let start = self.pos;
        let word = self.parts(
            |b| matches!(b, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>'),
            false,
        )?;
        let plain = match &word[..] {
            [Part::Lit { text, quoted: false }] => Some(text.to_string()),
            [] => Some(String::new()),
            _ => None,
        };
        if self.pos == start {
            // Cannot happen for text that the operators do not match; but never stand still.
            self.pos += self.text[self.pos..].chars().next().map_or(1, char::len_utf8);
        }
        Ok((word, plain))
    }

    /// Reads pieces of a word until `stop` holds outside quotes. Inside double quotes (`quoted`), only `$`, `` ` ``
    /// and backslash are special.
    pub(super) fn parts(&mut self, stop: fn(u8) -> bool, quoted: bool) -> Result<Word> {
        let mut word: Word = Vec::new();
        let mut lit = String::new();
        let start = self.pos;
        let flush = |lit: &mut String, word: &mut Word| {
            if !lit.is_empty() {
                word.push(Part::Lit { text: std::mem::take(lit).into(), quoted });
            }
        };
        while self.pos < self.text.len() {
            let b = self.byte(self.pos);
            if stop(b) {
                break;
            }
            match b {
                b'\\' if quoted => {
                    let next = self.byte(self.pos + 1);
                    self.pos += 1;
                    match next {
                        b'\n' => self.pos += 1,
                        b'$' | b'`' | b'"' | b'\\' => {
                            lit.push(next as char);
                            self.pos += 1;
                        }
                        b'}' if stop(b'}') => {
                            lit.push('}');
                            self.pos += 1;
                        }
                        _ => lit.push('\\'),
                    }
                }
                b'\\' => {
                    self.pos += 1;
                    match self.text[self.pos..].chars().next() {
                        Some('\n') => self.pos += 1,
                        Some(c) => {
                            flush(&mut lit, &mut word);
                            word.push(Part::Lit { text: c.to_string().into(), quoted: true });
                            self.pos += c.len_utf8();
                        }
                        None => lit.push('\\'),
                    }
                }
                b'\'' if !quoted => {
                    let end = self.text[self.pos + 1..].find('\'').ok_or_else(unterminated)?;
                    let text = &self.text[self.pos + 1..self.pos + 1 + end];
                    flush(&mut lit, &mut word);
                    self.line += text.matches('\n').count() as u32;
                    word.push(if text.is_empty() {
                        Part::Empty
                    } else {
                        Part::Lit { text: text.into(), quoted: true }
                    });
                    self.pos += end + 2;
                }
                b'"' => {
                    flush(&mut lit, &mut word);
                    self.pos += 1;
                    self.enter()?;
                    let inner = self.parts(|b| b == b'"', true)?;
                    self.depth -= 1;
                    if self.byte(self.pos) != b'"' {
                        return Err(unterminated());
                    }
                    self.pos += 1;
                    if inner.is_empty() {
                        word.push(Part::Empty);
                    }
                    word.extend(inner);
                }
                b'$' => {
                    flush(&mut lit, &mut word);
                    match self.dollar(quoted)? {
                        Some(part) => word.push(part),
                        None => lit.push('$'),
                    }
                }
                b'`' => {
                    flush(&mut lit, &mut word);
                    word.push(self.backquote(quoted)?);
                }
                b'~' if !quoted && self.pos == start => {
                    let name: String = self.text[self.pos + 1..]
                        .chars()
                        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
                        .collect();
                    let next = self.byte(self.pos + 1 + name.len());
                    if next == 0 || next == b'/' || next == b':' || stop(next) {
                        self.pos += 1 + name.len();
                        word.push(Part::Tilde(name.into()));
                    } else {
                        lit.push('~');
                        self.pos += 1;
                    }
                }
                _ => {
                    // A run of ordinary text at once.
                    let end = self.text[self.pos..]
                        .bytes()
                        .position(|b| stop(b) || matches!(b, b'\\' | b'\'' | b'"' | b'$' | b'`' | b'~'))
                        .unwrap_or(self.text.len() - self.pos)
                        .max(1);
                    let end = (end..).find(|e| self.text.is_char_boundary(self.pos + e)).unwrap_or(end);
                    let run = &self.text[self.pos..self.pos + end];
                    self.line += run.matches('\n').count() as u32;
                    lit.push_str(run);
                    self.pos += end;
                }
            }
        }
        flush(&mut lit, &mut word);
        Ok(word)
    }

    /// What follows a `$`. `None` when it stands for itself.
    fn dollar(&mut self, quoted: bool) -> Result<Option<Part>> {
        let rest = &self.text[self.pos + 1..];
        let first = rest.bytes().next().unwrap_or(0);
        match first {
            b'{' => {
                self.pos += 2;
                self.enter()?;
                let part = self.braces(quoted)?;
                self.depth -= 1;
                Ok(Some(part))
            }
            b'(' if rest.starts_with("((") => {
                let end = self
                    .arith_end(self.pos + 3)
                    .ok_or_else(|| ParseError::Incomplete("missing '))'".to_string()))?;
                self.enter()?;
                let mut inner = Parser::new(&self.text[..end], self.pos + 3);
                inner.depth = self.depth;
                let word = inner.parts(|_| false, true)?;
                self.depth -= 1;
                self.pos = end + 2;
                Ok(Some(Part::Arith { word, quoted }))
            }
            b'(' => {
                self.pos += 2;
                self.enter()?;
                let mut inner = Parser::new(self.text, self.pos);
                inner.depth = self.depth;
                let node = inner.until(")")?;
                self.pos = inner.pos;
                self.line += inner.line;
                self.depth -= 1;
                Ok(Some(Part::Command { node, quoted }))
            }
            b'?' | b'$' | b'!' | b'#' | b'@' | b'*' | b'-' | b'0'..=b'9' => {
                self.pos += 2;
                Ok(Some(Part::Param { name: rest[..1].into(), op: Op::Plain, quoted }))
            }
            b'\'' if !quoted => {
                // $'…' with the escapes of C.
                let mut end = 1;
                while end < rest.len() && rest.as_bytes()[end] != b'\'' {
                    end += if rest.as_bytes()[end] == b'\\' { 2 } else { 1 };
                }
                let inner = rest.get(1..end).ok_or_else(unterminated)?;
                if end >= rest.len() {
                    return Err(unterminated());
                }
                let (bytes, _) = crate::tools::text::unescape(inner.as_bytes(), false);
                self.pos += 1 + end + 1;
                Ok(Some(Part::Lit {
                    text: String::from_utf8_lossy(&bytes).into_owned().into(),
                    quoted: true,
                }))
            }
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                let len = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
                self.pos += 1 + len;
                Ok(Some(Part::Param { name: rest[..len].into(), op: Op::Plain, quoted }))
            }
            _ => {
                self.pos += 1;
                Ok(None)
            }
        }
    }

    /// Where the `))` of an arithmetic expansion stands; `None` when there is none.
    fn arith_end(&self, from: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut depth = 0;
        let mut at = from;
        while at < bytes.len() {
            match bytes[at] {
                b'(' => depth += 1,
                b')' if depth == 0 => return (bytes.get(at + 1) == Some(&b')')).then_some(at),
                b')' => depth -= 1,
                b'\\' => at += 1,
                _ => {}
            }
            at += 1;
        }
        None
    }

    fn braces(&mut self, quoted: bool) -> Result<Part> {
        let missing = || ParseError::Incomplete("missing '}'".to_string());
        let rest = &self.text[self.pos..];
        let param_len = |rest: &str| match rest.bytes().next() {
            Some(b'0'..=b'9') => rest.bytes().take_while(u8::is_ascii_digit).count(),
            Some(b'?' | b'$' | b'!' | b'#' | b'@' | b'*' | b'-') => 1,
            _ => rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count(),
        };
        if rest.starts_with('#') && !rest.starts_with("#}") {
            let len = param_len(&rest[1..]);
            if len > 0 && rest[1 + len..].starts_with('}') {
                let name = rest[1..=len].into();
                self.pos += len + 2;
                return Ok(Part::Param { name, op: Op::Length, quoted });
            }
        }
        let len = param_len(rest);
        let name: Rc<str> = rest[..len].into();
        if len == 0 {
            return Err(if rest.is_empty() {
                missing()
            } else {
                ParseError::Syntax("bad substitution".to_string())
            });
        }
        self.pos += len;
        let rest = &self.text[self.pos..];
        let close = |b: u8| b == b'}';
        let op = match rest.bytes().next() {
            Some(b'}') => Op::Plain,
            Some(c @ (b'-' | b'=' | b'?' | b'+')) => {
                self.pos += 1;
                Op::Default { kind: c, colon: false, word: self.parts(close, quoted)? }
            }
            Some(b':') if matches!(self.byte(self.pos + 1), b'-' | b'=' | b'?' | b'+') => {
                let kind = self.byte(self.pos + 1);
                self.pos += 2;
                Op::Default { kind, colon: true, word: self.parts(close, quoted)? }
            }
            Some(c @ (b'#' | b'%')) => {
                let longest = self.byte(self.pos + 1) == c;
                self.pos += if longest { 2 } else { 1 };
                Op::Trim { suffix: c == b'%', longest, word: self.parts(close, false)? }
            }
            Some(b'/') => {
                let all = self.byte(self.pos + 1) == b'/';
                self.pos += if all { 2 } else { 1 };
                let pattern = self.parts(|b| b == b'}' || b == b'/', false)?;
                let with = if self.byte(self.pos) == b'/' {
                    self.pos += 1;
                    self.parts(close, quoted)?
                } else {
                    Vec::new()
                };
                Op::Replace { all, pattern, with }
            }
            Some(b':') => {
                self.pos += 1;
                let offset = self.parts(|b| b == b'}' || b == b':', true)?;
                let length = if self.byte(self.pos) == b':' {
                    self.pos += 1;
                    Some(self.parts(close, true)?)
                } else {
                    None
                };
                Op::Slice { offset, length }
            }
            None => return Err(missing()),
            Some(_) if !rest.contains('}') => return Err(missing()),
            Some(_) => return Err(ParseError::Syntax("bad substitution".to_string())),
        };
        if self.byte(self.pos) != b'}' {
            return Err(missing());
        }
        self.pos += 1;
        Ok(Part::Param { name, op, quoted })
    }

    /// `` `…` ``: backslashes before `$`, `` ` `` and backslash are taken away first.
    fn backquote(&mut self, quoted: bool) -> Result<Part> {
        let mut inner = String::new();
        let mut at = self.pos + 1;
        loop {
            let Some(c) = self.text[at..].chars().next() else {
                return Err(ParseError::Incomplete("EOF in backquote substitution".to_string()));
            };
            at += c.len_utf8();
            match c {
                '`' => break,
                '\\' => {
                    let next = self.byte(at);
                    if matches!(next, b'$' | b'`' | b'\\') || quoted && next == b'"' {
                        inner.push(next as char);
                        at += 1;
                    } else {
                        inner.push('\\');
                    }
                }
                c => inner.push(c),
            }
        }
        self.pos = at;
        self.enter()?;
        let mut parser = Parser::new(&inner, 0);
        parser.depth = self.depth;
        let node = parser.until("")?;
        self.depth -= 1;
        Ok(Part::Command { node, quoted })
    }
}

fn unterminated() -> ParseError {
    ParseError::Incomplete("unterminated quoted string".to_string())
}

/// `name=value` as the beginning of a command.
pub(in crate::shell) fn assignment(word: &Word) -> Option<(Rc<str>, Word)> {
    let Some(Part::Lit { text, quoted: false }) = word.first() else { return None };
    let (name, rest) = text.split_once('=')?;
    if !is_name(name) {
        return None;
    }
    let mut value: Word = Vec::new();
    if let Some(home) = rest.strip_prefix('~') {
        // A tilde right after the `=` counts.
        let end = home.find(['/', ':']).unwrap_or(home.len());
        value.push(Part::Tilde(home[..end].into()));
        if end < home.len() {
            value.push(Part::Lit { text: home[end..].into(), quoted: false });
        }
    } else if !rest.is_empty() {
        value.push(Part::Lit { text: rest.into(), quoted: false });
    }
    value.extend(word[1..].iter().cloned());
    Some((name.into(), value))
}
