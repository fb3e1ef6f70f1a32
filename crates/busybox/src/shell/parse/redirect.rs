//! Redirections and the here-documents they ask for.

use super::token::Token;
use super::{ParseError, Parser, Result};
use crate::shell::ast::{Part, Redir, RedirKind, Word};

impl Parser<'_> {
    pub(super) fn redir(&mut self, fd: usize, op: &str) -> Result<Redir> {
        if op == "?" {
            let rest = &self.text[self.pos..];
            if rest.starts_with("<(") || rest.starts_with(">(") {
                return Err(ParseError::Syntax("process substitution is not supported here".to_string()));
            }
            let token = Token::Redir(fd, "");
            return Err(self.unexpected(&token, None));
        }
        let token = self.peek(false)?;
        if token != Token::Word {
            return Err(self.unexpected(&token, None));
        }
        let mut word = std::mem::take(&mut self.word);
        self.take();
        let kind = match op {
            "<" => RedirKind::Read,
            ">" => RedirKind::Write,
            ">>" => RedirKind::Append,
            ">|" => RedirKind::Clobber,
            "<>" => RedirKind::ReadWrite,
            "&>" => RedirKind::Both,
            "<&" | ">&" => {
                let number = matches!(&word[..], [Part::Lit { text, .. }] if &**text == "-" || text.parse::<u8>().is_ok());
                let literal = matches!(&word[..], [Part::Lit { .. }]);
                if literal && !number {
                    if op == "<&" || fd != 1 {
                        return Err(ParseError::Syntax("bad fd number".to_string()));
                    }
                    RedirKind::Both
                } else {
                    RedirKind::Dup
                }
            }
            _ => {
                word = self.here_document(&word, op == "<<-")?;
                RedirKind::Here
            }
        };
        Ok(Redir { fd, kind, word })
    }

    /// Reads the text of a here-document, which lies on the lines after this one.
    fn here_document(&mut self, delimiter: &Word, strip: bool) -> Result<Word> {
        let mut quoted = false;
        let mut end_mark = String::new();
        for part in delimiter {
            match part {
                Part::Lit { text, quoted: q } => {
                    quoted |= q;
                    end_mark.push_str(text);
                }
                Part::Empty => quoted = true,
                Part::Param { name, .. } => end_mark.push_str(&["$", name].concat()),
                _ => {}
            }
        }
        let (newline, from) = match self.here {
            Some(here) => here,
            None => match line_end(self.text, self.pos) {
                Some(at) => (at, at + 1),
                None => return Err(ParseError::Incomplete("unexpected end of file".to_string())),
            },
        };
        let mut body = String::new();
        let mut at = from;
        loop {
            if at >= self.text.len() {
                // The end of the text ends the document as well; a shell that still reads asks for more.
                break;
            }
            let end = self.text[at..].find('\n').map_or(self.text.len(), |e| at + e);
            let line = &self.text[at..end];
            let line = if strip { line.trim_start_matches('\t') } else { line };
            at = (end + 1).min(self.text.len());
            self.line += 1;
            if line == end_mark {
                break;
            }
            body.push_str(line);
            body.push('\n');
            if end == self.text.len() {
                break;
            }
        }
        self.here = Some((newline, at));
        if quoted {
            return Ok(vec![Part::Lit { text: body.into(), quoted: true }]);
        }
        self.enter()?;
        let mut inner = Parser::new(&body, 0);
        inner.depth = self.depth;
        let mut word = inner.here_parts()?;
        self.depth -= 1;
        if word.is_empty() {
            word.push(Part::Empty);
        }
        Ok(word)
    }

    /// Like the inside of double quotes, but a double quote is an ordinary character.
    fn here_parts(&mut self) -> Result<Word> {
        let mut word = Vec::new();
        loop {
            word.extend(self.parts(|b| b == b'"', true)?);
            if self.byte(self.pos) != b'"' {
                return Ok(word);
            }
            word.push(Part::Lit { text: "\"".into(), quoted: true });
            self.pos += 1;
        }
    }
}

/// The next newline that is not inside quotes.
fn line_end(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut quote = 0;
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote != b'\'' => at += 1,
            b @ (b'\'' | b'"') => {
                if quote == 0 {
                    quote = b;
                } else if quote == b {
                    quote = 0;
                }
            }
            b'\n' if quote == 0 => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}
