//! Commands: lists, pipelines, compound and simple commands, functions.

use super::token::Token;
use super::word::assignment;
use super::{ParseError, Parser, RESERVED, Result, is_name};
use crate::shell::ast::{Node, Part, Simple};
use std::rc::Rc;

impl Parser<'_> {
    /// Commands up to a closing operator (or the end of the text when it is empty).
    pub(super) fn until(&mut self, close: &str) -> Result<Option<Rc<Node>>> {
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
            if self.peek(true)? != Token::Newline {
                break;
            }
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
    pub(super) fn list(&mut self, top: bool) -> Result<Rc<Node>> {
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
        let not = self.keyword()?.as_deref() == Some("!");
        if not {
            self.take();
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

    pub(super) fn compound(&mut self, keyword: &str) -> Result<Node> {
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
                    _ => return Err(ParseError::Syntax("bad for loop variable".to_string())),
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
                    return Err(self.unexpected(&token, Some("word")));
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
                            return Err(self.unexpected(&token, Some(")")));
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
        // Between [[ and ]] stand && and || for themselves.
        let mut double = false;
        loop {
            match self.peek(simple.words.is_empty())? {
                Token::Op(op @ ("&&" | "||")) if double => {
                    self.take();
                    simple.words.push(vec![Part::Lit { text: op.into(), quoted: true }]);
                }
                Token::Redir(fd, op) => {
                    self.take();
                    simple.redirs.push(self.redir(fd, op)?);
                }
                Token::Word => {
                    let word = std::mem::take(&mut self.word);
                    let plain = self.plain.take();
                    self.take();
                    match plain.as_deref() {
                        Some("[[") => double = true,
                        Some("]]") => double = false,
                        _ => {}
                    }
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
                // No keyword counts here.
                self.plain = None;
                return Err(self.unexpected(&token, if bare { None } else { Some(")") }));
            }
            self.take();
        }
        if !is_name(name) || crate::shell::builtins::is_special(name) {
            return Err(ParseError::Syntax("bad function name".to_string()));
        }
        self.skip_newlines()?;
        self.enter()?;
        let body = self.simple_or_compound()?;
        self.depth -= 1;
        Ok(Rc::new(Node::Function { name: name.into(), body }))
    }
}
