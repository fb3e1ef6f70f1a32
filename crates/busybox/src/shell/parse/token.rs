//! Tokens: operators, redirections and words.

use super::{Parser, Result};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    End,
    Newline,
    /// An operator: `;`, `&&`, `(`, …
    Op(&'static str),
    /// A redirection operator with its descriptor.
    Redir(usize, &'static str),
    Word,
}

/// Longest first.
const OPERATORS: [&str; 9] = [";;", "&&", "||", ";", "&", "|", "(", ")", "\n"];

const REDIRS: [&str; 10] = ["<<-", "<<", "<>", "<&", "<", ">>", ">|", ">&", ">", "&>"];

impl Parser<'_> {
    pub(super) fn take(&mut self) {
        self.peeked = None;
    }

    /// Blanks, line continuations and comments.
    fn skip_blanks(&mut self) {
        loop {
            match self.byte(self.pos) {
                b' ' | b'\t' => self.pos += 1,
                b'\\' if self.byte(self.pos + 1) == b'\n' => self.pos += 2,
                b'#' => {
                    while self.pos < self.text.len() && self.byte(self.pos) != b'\n' {
                        self.pos += 1;
                    }
                }
                _ => return,
            }
        }
    }

    /// Looks at the next token. `_command` is only a hint for readers: a command may begin here.
    pub(super) fn peek(&mut self, _command: bool) -> Result<Token> {
        if let Some(token) = &self.peeked {
            return Ok(token.clone());
        }
        self.skip_blanks();
        let token = self.token()?;
        self.peeked = Some(token.clone());
        Ok(token)
    }

    pub(super) fn token(&mut self) -> Result<Token> {
        let rest = &self.text[self.pos..];
        if rest.is_empty() {
            return Ok(Token::End);
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let after = &rest[digits..];
        if digits <= 2
            && let Some(op) = REDIRS.iter().find(|op| after.starts_with(**op))
            && (digits == 0 || *op != "&>")
        {
            let default = if op.starts_with('<') { 0 } else { 1 };
            let fd = if digits > 0 { rest[..digits].parse().unwrap_or(default) } else { default };
            if after.starts_with("<<<") || after.starts_with("<(") || after.starts_with(">(") {
                return Ok(Token::Redir(fd, "?"));
            }
            self.pos += digits + op.len();
            return Ok(Token::Redir(fd, op));
        }
        if let Some(op) = OPERATORS.iter().find(|op| rest.starts_with(**op)) {
            self.pos += op.len();
            if *op == "\n" {
                self.line += 1;
                if let Some((at, end)) = self.here.take() {
                    if at == self.pos - 1 {
                        self.pos = end;
                    } else {
                        self.here = Some((at, end));
                    }
                }
                return Ok(Token::Newline);
            }
            return Ok(Token::Op(op));
        }
        let (word, plain) = self.read_word()?;
        self.word = word;
        self.plain = plain;
        Ok(Token::Word)
    }
}
