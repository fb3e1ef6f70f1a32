//! Shell grammar to tree, one complete command at a time, as ash reads its input.

use super::ast::{Node, Op, Part, Redir, RedirKind, Simple, Word};
use std::rc::Rc;

/// Nesting of compound commands and substitutions.
const MAX_DEPTH: u32 = 60;

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ParseError {
    /// The message after `syntax error: `.
    Syntax(String),
    /// The text ends in the middle of something; more may come. The message is for when it does not.
    Incomplete(String),
}

type Result<T> = std::result::Result<T, ParseError>;

#[derive(Clone, Debug, PartialEq)]
enum Token {
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
const RESERVED: [&str; 16] = [
    "if", "then", "else", "elif", "fi", "do", "done", "case", "esac", "while", "until", "for", "{", "}", "!",
    "in",
];

#[derive(Clone, Debug)]
pub(crate) struct Parser<'a> {
    text: &'a str,
    pos: usize,
    depth: u32,
    /// A here-document lies between this newline and that position.
    here: Option<(usize, usize)>,
    peeked: Option<Token>,
    /// The word of a peeked token: its pieces, and its text when it is all unquoted.
    word: Word,
    plain: Option<String>,
    pub(crate) line: u32,
}

/// Is this a name: letters, digits, underscore, no digit first?
pub(crate) fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    !bytes.is_empty()
        && !bytes[0].is_ascii_digit()
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str, pos: usize) -> Parser<'a> {
        Parser { text, pos, depth: 0, here: None, peeked: None, word: Vec::new(), plain: None, line: 0 }
    }

    pub(crate) fn pos(&self) -> usize {
        self.pos
    }

    /// The next complete command (a line, or more when it is compound). `None` at the end of the text.
    pub(crate) fn command(&mut self) -> Result<Option<Rc<Node>>> {
        loop {
            match self.peek(true)? {
                Token::Newline => self.take(),
                Token::End => return Ok(None),
                _ => break,
            }
        }
        let node = self.list(true)?;
        match self.peek(true)? {
            Token::Newline => {
                self.take();
                Ok(Some(node))
            }
            Token::End => Ok(Some(node)),
            token => Err(self.unexpected(&token, None)),
        }
    }

    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    fn enter(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(ParseError::Syntax("nested too deeply".to_string())) } else { Ok(()) }
    }

    fn unexpected(&self, token: &Token, expecting: Option<&str>) -> ParseError {
        let mut text = "unexpected ".to_string();
        match token {
            Token::End => text.push_str("end of file"),
            Token::Newline => text.push_str("newline"),
            Token::Op(op) => text.push_str(&["\"", op, "\""].concat()),
            Token::Redir(..) => text.push_str("redirection"),
            Token::Word => match &self.plain {
                Some(plain) if RESERVED.contains(&plain.as_str()) => {
                    text.push_str(&["\"", plain, "\""].concat());
                }
                _ => text.push_str("word"),
            },
        }
        if let Some(expecting) = expecting {
            text.push_str(&[" (expecting \"", expecting, "\")"].concat());
        }
        if *token == Token::End { ParseError::Incomplete(text) } else { ParseError::Syntax(text) }
    }

    fn take(&mut self) {
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
    fn peek(&mut self, _command: bool) -> Result<Token> {
        if let Some(token) = &self.peeked {
            return Ok(token.clone());
        }
        self.skip_blanks();
        let token = self.token()?;
        self.peeked = Some(token.clone());
        Ok(token)
    }

    fn token(&mut self) -> Result<Token> {
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

    /// Reads a word up to a blank or operator; with its text when nothing in it is quoted or expanded.
    fn read_word(&mut self) -> Result<(Word, Option<String>)> {
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
    fn parts(&mut self, stop: fn(u8) -> bool, quoted: bool) -> Result<Word> {
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
            b'(' if rest.starts_with("((") && self.arith_end(self.pos + 3).is_some() => {
                let end = self.arith_end(self.pos + 3).unwrap_or(self.pos + 3);
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

    /// Where the `))` of an arithmetic expansion stands; `None` when it is a subshell in a substitution.
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

    /// Commands up to a closing operator (or the end of the text when it is empty).
    fn until(&mut self, close: &str) -> Result<Option<Rc<Node>>> {
        let node = self.block_opt()?;
        match self.peek(false)? {
            Token::Op(op) if op == close => {}
            Token::End if close.is_empty() => {}
            token => {
                let expecting = if close.is_empty() { None } else { Some(close) };
                return Err(self.unexpected(&token, expecting));
            }
        }
        self.take();
        Ok(node)
    }

    fn keyword(&mut self) -> Result<Option<String>> {
        Ok(match self.peek(true)? {
            Token::Word => self.plain.clone().filter(|p| RESERVED.contains(&p.as_str())),
            _ => None,
        })
    }

    fn expect(&mut self, keyword: &'static str) -> Result<()> {
        match self.keyword()? {
            Some(k) if k == keyword => {
                self.take();
                Ok(())
            }
            _ => {
                let token = self.peek(true)?;
                Err(self.unexpected(&token, Some(keyword)))
            }
        }
    }

    fn skip_newlines(&mut self) -> Result<()> {
        while self.peek(true)? == Token::Newline {
            self.take();
        }
        Ok(())
    }

    /// Does a command begin here?
    fn at_command(&mut self) -> Result<bool> {
        Ok(match self.peek(true)? {
            Token::Word => !matches!(
                self.plain.as_deref(),
                Some("then" | "else" | "elif" | "fi" | "do" | "done" | "esac" | "}")
            ),
            Token::Redir(..) => true,
            Token::Op(op) => op == "(",
            Token::End | Token::Newline => false,
        })
    }

    /// Commands over several lines; nothing is allowed too.
    fn block_opt(&mut self) -> Result<Option<Rc<Node>>> {
        let mut nodes = Vec::new();
        loop {
            self.skip_newlines()?;
            if !self.at_command()? {
                break;
            }
            nodes.push(self.list(false)?);
        }
        Ok(match nodes.len() {
            0 => None,
            1 => nodes.pop(),
            _ => Some(Rc::new(Node::Seq(nodes))),
        })
    }

    fn block(&mut self, expecting: &'static str) -> Result<Rc<Node>> {
        match self.block_opt()? {
            Some(node) => Ok(node),
            None => {
                let token = self.peek(true)?;
                let expecting = (token == Token::End).then_some(expecting);
                Err(self.unexpected(&token, expecting))
            }
        }
    }

    /// and-or lists joined by `;` and `&`, on one line.
    fn list(&mut self, top: bool) -> Result<Rc<Node>> {
        self.enter()?;
        let mut nodes = Vec::new();
        loop {
            let node = self.and_or()?;
            match self.peek(false)? {
                Token::Op("&") => {
                    self.take();
                    nodes.push(Rc::new(Node::Background(node)));
                }
                Token::Op(";") => {
                    self.take();
                    nodes.push(node);
                }
                _ => {
                    nodes.push(node);
                    break;
                }
            }
            if !self.at_command()? {
                if top && let Token::Word = self.peek(true)? {
                    let token = Token::Word;
                    return Err(self.unexpected(&token, None));
                }
                break;
            }
        }
        self.depth -= 1;
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Rc::new(Node::Seq(nodes)) })
    }

    fn and_or(&mut self) -> Result<Rc<Node>> {
        let mut left = self.pipeline()?;
        loop {
            let and = match self.peek(false)? {
                Token::Op("&&") => true,
                Token::Op("||") => false,
                _ => return Ok(left),
            };
            self.take();
            self.skip_newlines()?;
            let right = self.pipeline()?;
            left = Rc::new(if and { Node::And(left, right) } else { Node::Or(left, right) });
        }
    }

    fn pipeline(&mut self) -> Result<Rc<Node>> {
        let mut not = false;
        while self.keyword()?.as_deref() == Some("!") {
            self.take();
            not = !not;
        }
        let mut nodes = vec![self.simple_or_compound()?];
        while self.peek(false)? == Token::Op("|") {
            self.take();
            self.skip_newlines()?;
            nodes.push(self.simple_or_compound()?);
        }
        let node = if nodes.len() == 1 { nodes.remove(0) } else { Rc::new(Node::Pipe(nodes)) };
        Ok(if not { Rc::new(Node::Not(node)) } else { node })
    }

    fn simple_or_compound(&mut self) -> Result<Rc<Node>> {
        let node = match self.peek(true)? {
            Token::Op("(") => {
                self.take();
                self.enter()?;
                let node = self.block(")")?;
                let token = self.peek(false)?;
                if token != Token::Op(")") {
                    return Err(self.unexpected(&token, Some(")")));
                }
                self.take();
                self.depth -= 1;
                Node::Subshell(node)
            }
            Token::Word => match self.keyword()? {
                Some(k) => {
                    self.enter()?;
                    let node = self.compound(&k)?;
                    self.depth -= 1;
                    node
                }
                None => return self.simple(),
            },
            Token::Redir(..) => return self.simple(),
            token => return Err(self.unexpected(&token, None)),
        };
        let node = Rc::new(node);
        let mut redirs = Vec::new();
        while let Token::Redir(fd, op) = self.peek(false)? {
            self.take();
            redirs.push(self.redir(fd, op)?);
        }
        Ok(if redirs.is_empty() { node } else { Rc::new(Node::Redirected { node, redirs }) })
    }

    fn compound(&mut self, keyword: &str) -> Result<Node> {
        match keyword {
            "{" => {
                self.take();
                let node = self.block("}")?;
                self.expect("}")?;
                Ok(Node::Seq(vec![node]))
            }
            "if" => {
                self.take();
                self.if_tail()
            }
            "while" | "until" => {
                self.take();
                let cond = self.block("do")?;
                self.expect("do")?;
                let body = self.block("done")?;
                self.expect("done")?;
                Ok(Node::Loop { cond, body, until: keyword == "until" })
            }
            "for" => {
                self.take();
                let token = self.peek(false)?;
                let name = match (&token, &self.plain) {
                    (Token::Word, Some(name)) if is_name(name) => name.as_str().into(),
                    (Token::Word, _) => return Err(ParseError::Syntax("bad for loop variable".to_string())),
                    _ => return Err(self.unexpected(&token, None)),
                };
                self.take();
                let mut words = None;
                let newline = self.peek(true)? == Token::Newline;
                self.skip_newlines()?;
                if self.keyword()?.as_deref() == Some("in") {
                    self.take();
                    let mut list = Vec::new();
                    while self.peek(false)? == Token::Word {
                        list.push(std::mem::take(&mut self.word));
                        self.take();
                    }
                    words = Some(list);
                    match self.peek(false)? {
                        Token::Op(";") | Token::Newline => self.take(),
                        token => return Err(self.unexpected(&token, None)),
                    }
                } else if !newline && self.peek(false)? == Token::Op(";") {
                    self.take();
                }
                self.skip_newlines()?;
                self.expect("do")?;
                let body = self.block("done")?;
                self.expect("done")?;
                Ok(Node::For { name, words, body })
            }
            "case" => {
                self.take();
                let token = self.peek(false)?;
                if token != Token::Word {
                    return Err(self.unexpected(&token, None));
                }
                let word = std::mem::take(&mut self.word);
                self.take();
                self.skip_newlines()?;
                self.expect("in")?;
                let mut arms = Vec::new();
                loop {
                    self.skip_newlines()?;
                    if self.keyword()?.as_deref() == Some("esac") {
                        self.take();
                        break;
                    }
                    if self.peek(false)? == Token::Op("(") {
                        self.take();
                    }
                    let mut patterns = Vec::new();
                    loop {
                        let token = self.peek(false)?;
                        if token != Token::Word {
                            return Err(self.unexpected(&token, (token == Token::End).then_some("esac")));
                        }
                        patterns.push(std::mem::take(&mut self.word));
                        self.take();
                        if self.peek(false)? != Token::Op("|") {
                            break;
                        }
                        self.take();
                    }
                    let token = self.peek(false)?;
                    if token != Token::Op(")") {
                        return Err(self.unexpected(&token, Some(")")));
                    }
                    self.take();
                    arms.push((patterns, self.block_opt()?));
                    if self.peek(false)? == Token::Op(";;") {
                        self.take();
                    } else if self.keyword()?.as_deref() != Some("esac") {
                        let token = self.peek(false)?;
                        return Err(self.unexpected(&token, Some(";;")));
                    }
                }
                Ok(Node::Case { word, arms })
            }
            _ => {
                let token = Token::Word;
                Err(self.unexpected(&token, None))
            }
        }
    }

    fn if_tail(&mut self) -> Result<Node> {
        let cond = self.block("then")?;
        self.expect("then")?;
        let then = self.block("fi")?;
        let other = match self.keyword()?.as_deref() {
            Some("elif") => {
                self.take();
                self.enter()?;
                let node = self.if_tail()?;
                self.depth -= 1;
                return Ok(Node::If { cond, then, other: Some(Rc::new(node)) });
            }
            Some("else") => {
                self.take();
                Some(self.block("fi")?)
            }
            _ => None,
        };
        self.expect("fi")?;
        Ok(Node::If { cond, then, other })
    }

    fn simple(&mut self) -> Result<Rc<Node>> {
        let mut simple =
            Simple { assigns: Vec::new(), words: Vec::new(), redirs: Vec::new(), line: self.line };
        let mut function = false;
        loop {
            let before = self.pos;
            match self.peek(simple.words.is_empty())? {
                Token::Redir(fd, op) => {
                    self.take();
                    simple.redirs.push(self.redir(fd, op)?);
                }
                Token::Word => {
                    let word = std::mem::take(&mut self.word);
                    let plain = self.plain.take();
                    self.take();
                    let _ = before;
                    if simple.words.is_empty()
                        && let Some((name, value)) = assignment(&word)
                    {
                        simple.assigns.push((name, value));
                    } else {
                        if simple.words.is_empty() && plain.as_deref() == Some("function") && !function {
                            function = true;
                            continue;
                        }
                        let name = plain.filter(|_| simple.words.is_empty() && simple.assigns.is_empty());
                        simple.words.push(word);
                        if let Some(name) = name
                            && (self.peek(false)? == Token::Op("(") || function)
                        {
                            return self.function(&name, function);
                        }
                    }
                }
                Token::Op("(") => {
                    let token = Token::Op("(");
                    return Err(self.unexpected(&token, None));
                }
                _ => break,
            }
        }
        Ok(Rc::new(Node::Simple(simple)))
    }

    fn function(&mut self, name: &str, bare: bool) -> Result<Rc<Node>> {
        if self.peek(false)? == Token::Op("(") {
            self.take();
            let token = self.peek(false)?;
            if token != Token::Op(")") {
                return Err(self.unexpected(&token, if bare { None } else { Some(")") }));
            }
            self.take();
        }
        if name.contains('/') || name.is_empty() {
            return Err(ParseError::Syntax("bad function name".to_string()));
        }
        self.skip_newlines()?;
        self.enter()?;
        let body = self.simple_or_compound()?;
        self.depth -= 1;
        Ok(Rc::new(Node::Function { name: name.into(), body }))
    }

    fn redir(&mut self, fd: usize, op: &str) -> Result<Redir> {
        if op == "?" {
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

fn unterminated() -> ParseError {
    ParseError::Incomplete("unterminated quoted string".to_string())
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

/// `name=value` as the beginning of a command.
pub(crate) fn assignment(word: &Word) -> Option<(Rc<str>, Word)> {
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
