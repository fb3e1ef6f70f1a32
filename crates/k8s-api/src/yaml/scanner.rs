//! Text to tokens, with the rules (and the errors) of the scanner that kubectl uses.
//! Models go.yaml.in/yaml/v2/scannerc.go as in Kubernetes v1.36

use std::collections::VecDeque;

use super::{Stage, SyntaxError};

/// A place in the text: byte offset, line and column from 0; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Mark {
    pub(super) index: usize,
    pub(super) line: usize,
    pub(super) column: usize,
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In single or double quotes.
    Quoted,
    /// As a block, `|` or `>`.
    Block,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    StreamEnd,
    Directive,
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(String),
    Anchor(String),
    Tag(String),
    Scalar(String, Style),
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: Mark,
    pub(super) end: Mark,
}

/// A place where a key without `?` may have begun.
#[derive(Clone, Copy, Debug, Default)]
struct SimpleKey {
    possible: bool,
    required: bool,
    token: usize,
    mark: Mark,
}

/// A key without `?` must end this many characters after its start.
const SIMPLE_KEY_MAX: usize = 1024;

#[derive(Debug)]
pub(super) struct Scanner<'a> {
    text: &'a [u8],
    mark: Mark,
    tokens: VecDeque<Token>,
    tokens_taken: usize,
    indent: isize,
    indents: Vec<isize>,
    keys: Vec<SimpleKey>,
    key_allowed: bool,
    done: bool,
}

type Scan<T = ()> = Result<T, SyntaxError>;

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Scanner {
            text: text.as_bytes(),
            mark: Mark::default(),
            tokens: VecDeque::new(),
            tokens_taken: 0,
            indent: -1,
            indents: Vec::new(),
            keys: vec![SimpleKey::default()],
            key_allowed: true,
            done: false,
        }
    }

    /// The next token, left in the queue.
    pub(super) fn peek(&mut self) -> Scan<&Token> {
        loop {
            if !self.tokens.is_empty() {
                let head = self.tokens_taken;
                let waiting = self.keys.iter().position(|key| key.possible && key.token == head);
                match waiting {
                    None => break,
                    Some(i) => {
                        if !self.check_key(i)? {
                            break;
                        }
                    }
                }
            } else if self.done {
                self.push(TokenKind::StreamEnd, self.mark);
                break;
            }
            self.fetch()?;
        }
        Ok(&self.tokens[0])
    }

    /// Takes the token that [`Scanner::peek`] showed.
    pub(super) fn take(&mut self) -> Scan<Token> {
        self.peek()?;
        self.tokens_taken += 1;
        self.tokens.pop_front().ok_or_else(|| self.error("unknown problem parsing YAML content"))
    }

    fn error(&self, problem: &str) -> SyntaxError {
        SyntaxError {
            problem: problem.to_string(),
            stage: Stage::Scanner,
            line: self.mark.line,
            context_line: 0,
            offset: self.mark.index,
        }
    }

    fn error_in(&self, context: Mark, problem: &str) -> SyntaxError {
        SyntaxError { context_line: context.line, ..self.error(problem) }
    }

    fn at(&self, ahead: usize) -> u8 {
        self.text.get(self.mark.index + ahead).copied().unwrap_or(0)
    }

    fn is_end(&self) -> bool {
        self.mark.index >= self.text.len()
    }

    /// The length of the line break that starts here, 0 if none does.
    fn break_len(&self, ahead: usize) -> usize {
        match (self.at(ahead), self.at(ahead + 1), self.at(ahead + 2)) {
            (b'\r', b'\n', _) => 2,
            (b'\r' | b'\n', ..) => 1,
            (0xC2, 0x85, _) => 2,
            (0xE2, 0x80, 0xA8 | 0xA9) => 3,
            _ => 0,
        }
    }

    fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.at(ahead), b' ' | b'\t')
    }

    fn is_break_or_end(&self, ahead: usize) -> bool {
        self.mark.index + ahead >= self.text.len() || self.break_len(ahead) > 0
    }

    fn is_blank_or_end(&self, ahead: usize) -> bool {
        self.is_blank(ahead) || self.is_break_or_end(ahead)
    }

    /// Steps over one character.
    fn skip(&mut self) {
        let width = match self.at(0) {
            0xF0.. => 4,
            0xE0.. => 3,
            0xC0.. => 2,
            _ => 1,
        };
        self.mark.index = (self.mark.index + width).min(self.text.len());
        self.mark.column += 1;
    }

    /// Steps over one character and keeps it.
    fn read(&mut self, into: &mut Vec<u8>) {
        let from = self.mark.index;
        self.skip();
        into.extend_from_slice(&self.text[from..self.mark.index]);
    }

    /// Steps over a line break and keeps it, as a line feed where it is not one of its own kind.
    fn read_break(&mut self, into: &mut Vec<u8>) {
        let length = self.break_len(0);
        if length == 3 {
            into.extend_from_slice(&self.text[self.mark.index..self.mark.index + 3]);
        } else {
            into.push(b'\n');
        }
        self.mark.index += length;
        self.mark.column = 0;
        self.mark.line += 1;
    }

    fn skip_break(&mut self) {
        let length = self.break_len(0);
        if length > 0 {
            self.mark.index += length;
            self.mark.column = 0;
            self.mark.line += 1;
        }
    }

    fn skip_comment(&mut self) {
        if self.at(0) == b'#' {
            while !self.is_break_or_end(0) {
                self.skip();
            }
        }
    }

    fn text_of(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap_or_default()
    }

    fn in_flow(&self) -> bool {
        self.keys.len() > 1
    }

    fn column(&self) -> isize {
        self.mark.column as isize
    }

    fn push(&mut self, kind: TokenKind, start: Mark) {
        self.tokens.push_back(Token { kind, start, end: self.mark });
    }

    /// Whether a possible key is still possible.
    fn check_key(&mut self, i: usize) -> Scan<bool> {
        let key = self.keys[i];
        if !key.possible {
            return Ok(false);
        }
        if key.mark.line < self.mark.line || key.mark.index + SIMPLE_KEY_MAX < self.mark.index {
            if key.required {
                return Err(self.error_in(key.mark, "could not find expected ':'"));
            }
            self.keys[i].possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    fn save_key(&mut self) -> Scan {
        let required = !self.in_flow() && self.indent == self.column();
        if self.key_allowed {
            let token = self.tokens_taken + self.tokens.len();
            let key = SimpleKey { possible: true, required, token, mark: self.mark };
            self.remove_key()?;
            if let Some(last) = self.keys.last_mut() {
                *last = key;
            }
        }
        Ok(())
    }

    fn remove_key(&mut self) -> Scan {
        let key = self.keys.last().copied().unwrap_or_default();
        if key.possible && key.required {
            return Err(self.error_in(key.mark, "could not find expected ':'"));
        }
        if let Some(last) = self.keys.last_mut() {
            last.possible = false;
        }
        Ok(())
    }

    /// Opens a block collection when the column is deeper than the indent; `at` is where its token goes.
    fn roll_indent(&mut self, column: isize, at: Option<usize>, kind: TokenKind, mark: Mark) {
        if self.in_flow() || self.indent >= column {
            return;
        }
        self.indents.push(self.indent);
        self.indent = column;
        let token = Token { kind, start: mark, end: mark };
        match at {
            Some(number) => self.tokens.insert(number - self.tokens_taken, token),
            None => self.tokens.push_back(token),
        }
    }

    fn unroll_indent(&mut self, column: isize) {
        if self.in_flow() {
            return;
        }
        while self.indent > column {
            self.push(TokenKind::BlockEnd, self.mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn at_document_mark(&self) -> bool {
        let word = [self.at(0), self.at(1), self.at(2)];
        self.mark.column == 0 && (word == *b"---" || word == *b"...") && self.is_blank_or_end(3)
    }

    /// Scans one more token (or several).
    fn fetch(&mut self) -> Scan {
        self.skip_to_token();
        self.unroll_indent(self.column());
        let start = self.mark;
        let c = self.at(0);
        if self.is_end() {
            if self.mark.column != 0 {
                self.mark.column = 0;
                self.mark.line += 1;
            }
            self.unroll_indent(-1);
            self.remove_key()?;
            self.key_allowed = false;
            self.done = true;
            self.push(TokenKind::StreamEnd, self.mark);
            return Ok(());
        }
        if self.mark.column == 0 && c == b'%' {
            self.unroll_indent(-1);
            self.remove_key()?;
            self.key_allowed = false;
            return self.scan_directive();
        }
        if self.at_document_mark() {
            self.unroll_indent(-1);
            self.remove_key()?;
            self.key_allowed = false;
            (0..3).for_each(|_| self.skip());
            self.push(if c == b'-' { TokenKind::DocumentStart } else { TokenKind::DocumentEnd }, start);
            return Ok(());
        }
        let block = !self.in_flow();
        match c {
            b'[' | b'{' => {
                self.save_key()?;
                self.keys.push(SimpleKey { mark: self.mark, ..SimpleKey::default() });
                if self.keys.len() > super::DEPTH_MAX {
                    return Err(self.error("exceeded max depth of 10000"));
                }
                self.key_allowed = true;
                self.skip();
                let kind = if c == b'[' { TokenKind::FlowSequenceStart } else { TokenKind::FlowMappingStart };
                self.push(kind, start);
            }
            b']' | b'}' => {
                self.remove_key()?;
                if self.keys.len() > 1 {
                    self.keys.pop();
                }
                self.key_allowed = false;
                self.skip();
                let kind = if c == b']' { TokenKind::FlowSequenceEnd } else { TokenKind::FlowMappingEnd };
                self.push(kind, start);
            }
            b',' => {
                self.remove_key()?;
                self.key_allowed = true;
                self.skip();
                self.push(TokenKind::FlowEntry, start);
            }
            b'-' if self.is_blank_or_end(1) => {
                if block {
                    if !self.key_allowed {
                        return Err(self.error("block sequence entries are not allowed in this context"));
                    }
                    self.open_block(TokenKind::BlockSequenceStart)?;
                }
                self.remove_key()?;
                self.key_allowed = true;
                self.skip();
                self.push(TokenKind::BlockEntry, start);
            }
            b'?' if !block || self.is_blank_or_end(1) => {
                if block {
                    if !self.key_allowed {
                        return Err(self.error("mapping keys are not allowed in this context"));
                    }
                    self.open_block(TokenKind::BlockMappingStart)?;
                }
                self.remove_key()?;
                self.key_allowed = block;
                self.skip();
                self.push(TokenKind::Key, start);
            }
            b':' if !block || self.is_blank_or_end(1) => self.fetch_value()?,
            b'*' | b'&' => {
                self.save_key()?;
                self.key_allowed = false;
                self.scan_anchor()?;
            }
            b'!' => {
                self.save_key()?;
                self.key_allowed = false;
                self.scan_tag()?;
            }
            b'|' | b'>' if block => {
                self.remove_key()?;
                self.key_allowed = true;
                self.scan_block_scalar(c == b'|')?;
            }
            b'\'' | b'"' => {
                self.save_key()?;
                self.key_allowed = false;
                self.scan_quoted(c == b'\'')?;
            }
            _ => {
                let special = b"-?:,[]{}#&*!|>'\"%@`".contains(&c) || self.is_blank(0);
                let plain = !special
                    || (c == b'-' && !self.is_blank(1))
                    || (block && (c == b'?' || c == b':') && !self.is_blank_or_end(1));
                if !plain {
                    return Err(self.error("found character that cannot start any token"));
                }
                self.save_key()?;
                self.key_allowed = false;
                self.scan_plain()?;
            }
        }
        Ok(())
    }

    fn open_block(&mut self, kind: TokenKind) -> Scan {
        self.roll_indent(self.column(), None, kind, self.mark);
        if self.indents.len() > super::DEPTH_MAX {
            return Err(self.error("exceeded max depth of 10000"));
        }
        Ok(())
    }

    fn fetch_value(&mut self) -> Scan {
        let last = self.keys.len() - 1;
        if self.check_key(last)? {
            let key = self.keys[last];
            let token = Token { kind: TokenKind::Key, start: key.mark, end: key.mark };
            self.tokens.insert(key.token - self.tokens_taken, token);
            self.roll_indent(
                key.mark.column as isize,
                Some(key.token),
                TokenKind::BlockMappingStart,
                key.mark,
            );
            if self.indents.len() > super::DEPTH_MAX {
                return Err(self.error("exceeded max depth of 10000"));
            }
            self.keys[last].possible = false;
            self.key_allowed = false;
        } else {
            if !self.in_flow() {
                if !self.key_allowed {
                    return Err(self.error("mapping values are not allowed in this context"));
                }
                self.open_block(TokenKind::BlockMappingStart)?;
            }
            self.key_allowed = !self.in_flow();
        }
        let start = self.mark;
        self.skip();
        self.push(TokenKind::Value, start);
        Ok(())
    }

    /// Eats spaces, comments and line breaks; tabs only where no key may begin.
    fn skip_to_token(&mut self) {
        loop {
            if self.mark.column == 0
                && self.text[self.mark.index.min(self.text.len())..].starts_with(&[0xEF, 0xBB, 0xBF])
            {
                self.skip();
                // The mark of byte order takes no column of the first line.
                self.mark.column = 0;
            }
            while self.at(0) == b' ' || (self.at(0) == b'\t' && (self.in_flow() || !self.key_allowed)) {
                self.skip();
            }
            self.skip_comment();
            if self.break_len(0) == 0 {
                return;
            }
            self.skip_break();
            if !self.in_flow() {
                self.key_allowed = true;
            }
        }
    }

    fn scan_directive(&mut self) -> Scan {
        let start = self.mark;
        self.skip();
        let mut name = Vec::new();
        while self.at(0).is_ascii_alphanumeric() || matches!(self.at(0), b'_' | b'-') {
            self.read(&mut name);
        }
        if name.is_empty() {
            return Err(self.error_in(start, "could not find expected directive name"));
        }
        if !self.is_blank_or_end(0) {
            return Err(self.error_in(start, "found unexpected non-alphabetical character"));
        }
        if name != b"YAML" && name != b"TAG" {
            return Err(self.error_in(start, "found unknown directive name"));
        }
        while !self.is_break_or_end(0) && self.at(0) != b'#' {
            self.skip();
        }
        self.skip_comment();
        self.push(TokenKind::Directive, start);
        self.skip_break();
        Ok(())
    }

    fn scan_anchor(&mut self) -> Scan {
        let start = self.mark;
        let alias = self.at(0) == b'*';
        self.skip();
        let mut name = Vec::new();
        while self.at(0).is_ascii_alphanumeric() || matches!(self.at(0), b'_' | b'-') {
            self.read(&mut name);
        }
        if name.is_empty() || !(self.is_blank_or_end(0) || b"?:,]}%@`".contains(&self.at(0))) {
            return Err(self.error_in(start, "did not find expected alphabetic or numeric character"));
        }
        let name = Self::text_of(name);
        self.push(if alias { TokenKind::Alias(name) } else { TokenKind::Anchor(name) }, start);
        Ok(())
    }

    fn scan_tag(&mut self) -> Scan {
        let start = self.mark;
        let mut tag = Vec::new();
        if self.at(1) == b'<' {
            self.skip();
            self.skip();
            while !self.is_blank_or_end(0) && self.at(0) != b'>' {
                self.read(&mut tag);
            }
            if tag.is_empty() {
                return Err(self.error_in(start, "did not find expected tag URI"));
            }
            if self.at(0) != b'>' {
                return Err(self.error_in(start, "did not find the expected '>'"));
            }
            self.skip();
        } else {
            // A tag is a part of a URI; a comma may be in it, which surprises in `[!a, b]`.
            let in_uri = |b: u8| b.is_ascii_alphanumeric() || b"_-;/?:@&=+$,.!~*'()[]%".contains(&b);
            while in_uri(self.at(0)) {
                self.read(&mut tag);
            }
            if let Some(rest) = tag.strip_prefix(b"!!") {
                if rest.is_empty() {
                    return Err(self.error_in(start, "did not find expected tag URI"));
                }
                tag = [b"tag:yaml.org,2002:", rest].concat();
            }
        }
        if !self.is_blank_or_end(0) {
            return Err(self.error_in(start, "did not find expected whitespace or line break"));
        }
        self.push(TokenKind::Tag(Self::text_of(tag)), start);
        Ok(())
    }

    fn scan_block_scalar(&mut self, literal: bool) -> Scan {
        let start = self.mark;
        self.skip();
        // At most one sign and one digit, in either order.
        let (mut keep, mut strip, mut increment) = (false, false, 0isize);
        for _ in 0..2 {
            match self.at(0) {
                b'+' if !keep && !strip => keep = true,
                b'-' if !keep && !strip => strip = true,
                b'0' if increment == 0 => {
                    return Err(self.error_in(start, "found an indentation indicator equal to 0"));
                }
                digit @ b'1'..=b'9' if increment == 0 => increment = isize::from(digit - b'0'),
                _ => break,
            }
            self.skip();
        }
        while self.is_blank(0) {
            self.skip();
        }
        self.skip_comment();
        if !self.is_break_or_end(0) {
            return Err(self.error_in(start, "did not find expected comment or line break"));
        }
        self.skip_break();
        let mut end = self.mark;
        let mut indent = if increment > 0 { self.indent.max(0) + increment } else { 0 };
        let (mut text, mut leading_break, mut breaks) = (Vec::new(), Vec::new(), Vec::new());
        self.scan_block_breaks(&mut indent, &mut breaks, start, &mut end)?;
        let mut leading_blank = false;
        while self.column() == indent && !self.is_end() {
            let blank = self.is_blank(0);
            if !literal && !leading_blank && !blank && leading_break.first() == Some(&b'\n') {
                if breaks.is_empty() {
                    text.push(b' ');
                }
            } else {
                text.append(&mut leading_break);
            }
            leading_break.clear();
            text.append(&mut breaks);
            leading_blank = blank;
            while !self.is_break_or_end(0) {
                self.read(&mut text);
            }
            end = self.mark;
            if !self.is_end() {
                self.read_break(&mut leading_break);
            }
            let mut after = end;
            self.scan_block_breaks(&mut indent, &mut breaks, start, &mut after)?;
        }
        if !strip {
            text.append(&mut leading_break);
        }
        if keep {
            text.append(&mut breaks);
        }
        let kind = TokenKind::Scalar(Self::text_of(text), Style::Block);
        self.tokens.push_back(Token { kind, start, end });
        Ok(())
    }

    /// Empty lines and indentation of a block scalar; finds out the indent when it is not known yet.
    fn scan_block_breaks(
        &mut self,
        indent: &mut isize,
        breaks: &mut Vec<u8>,
        start: Mark,
        end: &mut Mark,
    ) -> Scan {
        let mut deepest = 0;
        loop {
            while (*indent == 0 || self.column() < *indent) && self.at(0) == b' ' {
                self.skip();
            }
            deepest = deepest.max(self.column());
            if (*indent == 0 || self.column() < *indent) && self.at(0) == b'\t' {
                return Err(
                    self.error_in(start, "found a tab character where an indentation space is expected")
                );
            }
            if self.break_len(0) == 0 {
                break;
            }
            self.read_break(breaks);
            *end = self.mark;
        }
        if *indent == 0 {
            *indent = deepest.max(self.indent + 1).max(1);
        }
        Ok(())
    }

    /// Adds what lies between two words: the blanks, or the folded line breaks.
    fn fold(text: &mut Vec<u8>, blanks: &mut Vec<u8>, first_break: &mut Vec<u8>, breaks: &mut Vec<u8>) {
        if first_break.is_empty() {
            text.append(blanks);
        } else if first_break[0] == b'\n' {
            if breaks.is_empty() {
                text.push(b' ');
            }
            text.append(breaks);
        } else {
            text.append(first_break);
            text.append(breaks);
        }
        first_break.clear();
        blanks.clear();
    }

    fn scan_quoted(&mut self, single: bool) -> Scan {
        let start = self.mark;
        let quote = self.at(0);
        self.skip();
        let mut text = Vec::new();
        let (mut blanks, mut first_break, mut breaks) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            if self.at_document_mark() {
                return Err(self.error_in(start, "found unexpected document indicator"));
            }
            if self.is_end() {
                return Err(self.error_in(start, "found unexpected end of stream"));
            }
            let mut escaped_break = false;
            while !self.is_blank_or_end(0) {
                if self.at(0) == quote {
                    if single && self.at(1) == quote {
                        text.push(quote);
                        self.skip();
                        self.skip();
                        continue;
                    }
                    break;
                }
                if !single && self.at(0) == b'\\' {
                    if self.break_len(1) > 0 {
                        self.skip();
                        self.skip_break();
                        escaped_break = true;
                        break;
                    }
                    self.scan_escape(start, &mut text)?;
                } else {
                    self.read(&mut text);
                }
            }
            if self.at(0) == quote {
                break;
            }
            while self.is_blank(0) || self.break_len(0) > 0 {
                if self.is_blank(0) {
                    if first_break.is_empty() && !escaped_break {
                        self.read(&mut blanks);
                    } else {
                        self.skip();
                    }
                } else if first_break.is_empty() && !escaped_break {
                    blanks.clear();
                    self.read_break(&mut first_break);
                } else {
                    self.read_break(&mut breaks);
                }
            }
            if escaped_break {
                text.append(&mut breaks);
            } else {
                Self::fold(&mut text, &mut blanks, &mut first_break, &mut breaks);
            }
        }
        self.skip();
        self.push(TokenKind::Scalar(Self::text_of(text), Style::Quoted), start);
        Ok(())
    }

    fn scan_escape(&mut self, start: Mark, text: &mut Vec<u8>) -> Scan {
        let plain: &[u8] = match self.at(1) {
            b'0' => b"\0",
            b'a' => b"\x07",
            b'b' => b"\x08",
            b't' | b'\t' => b"\t",
            b'n' => b"\n",
            b'v' => b"\x0B",
            b'f' => b"\x0C",
            b'r' => b"\r",
            b'e' => b"\x1B",
            b' ' => b" ",
            b'"' => b"\"",
            b'\'' => b"'",
            b'\\' => b"\\",
            b'N' => "\u{85}".as_bytes(),
            b'_' => "\u{A0}".as_bytes(),
            b'L' => "\u{2028}".as_bytes(),
            b'P' => "\u{2029}".as_bytes(),
            b'x' | b'u' | b'U' => b"",
            _ => return Err(self.error_in(start, "found unknown escape character")),
        };
        let digits = match self.at(1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => 0,
        };
        text.extend_from_slice(plain);
        self.skip();
        self.skip();
        if digits > 0 {
            let mut code = 0u32;
            for i in 0..digits {
                let Some(digit) = char::from(self.at(i)).to_digit(16) else {
                    return Err(self.error_in(start, "did not find expected hexdecimal number"));
                };
                code = (code << 4) | digit;
            }
            let Some(c) = char::from_u32(code) else {
                return Err(self.error_in(start, "found invalid Unicode character escape code"));
            };
            text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            (0..digits).for_each(|_| self.skip());
        }
        Ok(())
    }

    fn scan_plain(&mut self) -> Scan {
        let start = self.mark;
        let mut end = self.mark;
        let indent = self.indent + 1;
        let mut text = Vec::new();
        let (mut blanks, mut first_break, mut breaks) = (Vec::new(), Vec::new(), Vec::new());
        let flow = self.in_flow();
        loop {
            if self.at_document_mark() || self.at(0) == b'#' {
                break;
            }
            while !self.is_blank_or_end(0) {
                let c = self.at(0);
                if (c == b':' && self.is_blank_or_end(1)) || (flow && b",?[]{}".contains(&c)) {
                    break;
                }
                if !first_break.is_empty() || !blanks.is_empty() {
                    Self::fold(&mut text, &mut blanks, &mut first_break, &mut breaks);
                }
                self.read(&mut text);
                end = self.mark;
            }
            if !(self.is_blank(0) || self.break_len(0) > 0) {
                break;
            }
            while self.is_blank(0) || self.break_len(0) > 0 {
                if self.is_blank(0) {
                    if !first_break.is_empty() && self.column() < indent && self.at(0) == b'\t' {
                        return Err(self.error_in(start, "found a tab character that violates indentation"));
                    }
                    if first_break.is_empty() {
                        self.read(&mut blanks);
                    } else {
                        self.skip();
                    }
                } else if first_break.is_empty() {
                    blanks.clear();
                    self.read_break(&mut first_break);
                } else {
                    self.read_break(&mut breaks);
                }
            }
            if !flow && self.column() < indent {
                break;
            }
        }
        if !first_break.is_empty() {
            self.key_allowed = true;
        }
        let kind = TokenKind::Scalar(Self::text_of(text), Style::Plain);
        self.tokens.push_back(Token { kind, start, end });
        Ok(())
    }
}
