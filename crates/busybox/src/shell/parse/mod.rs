//! Shell grammar to tree, one complete command at a time, as ash reads its input.

mod grammar;
mod redirect;
mod token;
mod word;

use super::ast::{Node, Word};
use std::rc::Rc;
use token::Token;
pub(super) use word::assignment;

/// Nesting of compound commands and substitutions.
const MAX_DEPTH: u32 = 60;

const RESERVED: [&str; 16] = [
    "if", "then", "else", "elif", "fi", "do", "done", "case", "esac", "while", "until", "for", "{", "}", "!",
    "in",
];

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ParseError {
    /// The message after `syntax error: `.
    Syntax(String),
    /// The text ends in the middle of something; more may come. The message is for when it does not.
    Incomplete(String),
}

type Result<T> = std::result::Result<T, ParseError>;

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
            let quote = if expecting == "word" { "" } else { "\"" };
            text.push_str(&[" (expecting ", quote, expecting, quote, ")"].concat());
        }
        if *token == Token::End { ParseError::Incomplete(text) } else { ParseError::Syntax(text) }
    }
}
