//! Tokens to a tree of nodes, with the rules (and the errors) of the parser that kubectl uses.
//! Models go.yaml.in/yaml/v2/parserc.go as in Kubernetes v1.36

use crate::small::Names;

use super::scanner::{Mark, Scanner, Style, TokenKind};
use super::{DEPTH_MAX, Document, Node, NodeId, NodeKind, Span, Stage, SyntaxError};

/// Reads one YAML document; what follows it is ignored, as kubectl ignores it.
///
/// # Errors
/// The first thing that is wrong with the text.
pub fn parse(text: &str) -> Result<Document, SyntaxError> {
    if let Some((offset, _)) = text.char_indices().find(|(_, c)| is_control(*c)) {
        let problem = "control characters are not allowed".to_string();
        return Err(SyntaxError { problem, stage: Stage::Composer, line: 0, context_line: 0, offset });
    }
    let mut parser = Parser {
        scanner: Scanner::new(text),
        document: Document::default(),
        anchors: Names::default(),
        depth: 0,
    };
    parser.document()?;
    Ok(parser.document)
}

fn is_control(c: char) -> bool {
    let allowed = matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{7E}' | '\u{85}' | '\u{A0}'..);
    !allowed || matches!(c, '\u{FFFE}' | '\u{FFFF}')
}

struct Parser<'a> {
    scanner: Scanner<'a>,
    document: Document,
    anchors: Names,
    depth: usize,
}

type Parse<T = ()> = Result<T, SyntaxError>;

impl Parser<'_> {
    fn is(&mut self, kinds: &[TokenKind]) -> Parse<bool> {
        let token = self.scanner.peek()?;
        Ok(kinds.contains(&token.kind))
    }

    fn start(&mut self) -> Parse<Mark> {
        Ok(self.scanner.peek()?.start)
    }

    fn error(problem: &str, at: Mark, context: Mark) -> SyntaxError {
        SyntaxError {
            problem: problem.to_string(),
            stage: Stage::Parser,
            line: at.line,
            context_line: context.line,
            offset: at.index,
        }
    }

    fn document(&mut self) -> Parse {
        let mut directives = false;
        while self.is(&[TokenKind::Directive])? {
            directives = true;
            self.scanner.take()?;
        }
        let explicit = self.is(&[TokenKind::DocumentStart])?;
        if explicit {
            self.scanner.take()?;
        } else if directives {
            let at = self.start()?;
            return Err(Self::error("did not find expected <document start>", at, Mark::default()));
        }
        let ends =
            [TokenKind::Directive, TokenKind::DocumentStart, TokenKind::DocumentEnd, TokenKind::StreamEnd];
        // A document that does not say where it begins cannot begin with its end.
        let begins = !explicit && self.is(&[TokenKind::DocumentEnd])?;
        if begins || !self.is(&ends)? {
            let root = self.node(true, false)?;
            self.document.root = Some(root);
            // The tokenizer looks one token ahead before the document is over.
            self.scanner.peek()?;
        }
        Ok(())
    }

    fn add(&mut self, kind: NodeKind, start: Mark, end: Mark) -> NodeId {
        let span = Span { start: start.index, end: end.index.max(start.index) };
        self.document.nodes.push(Node { kind, span });
        self.document.nodes.len() - 1
    }

    fn empty(&mut self, at: Mark) -> NodeId {
        self.add(NodeKind::Scalar { text: String::new(), style: Style::Plain, tag: None }, at, at)
    }

    fn node(&mut self, block: bool, indentless: bool) -> Parse<NodeId> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            let at = self.start()?;
            return Err(Self::error("exceeded max depth of 10000", at, at));
        }
        let id = self.node_inner(block, indentless)?;
        self.depth -= 1;
        Ok(id)
    }

    fn node_inner(&mut self, block: bool, indentless: bool) -> Parse<NodeId> {
        let first = self.scanner.peek()?.clone();
        if let TokenKind::Alias(name) = first.kind {
            self.scanner.take()?;
            let Some(target) = self.anchors.get(&name) else {
                let problem = format!("unknown anchor '{name}' referenced");
                return Err(SyntaxError {
                    stage: Stage::Composer,
                    ..Self::error(&problem, first.start, first.start)
                });
            };
            return Ok(self.add(NodeKind::Alias(target), first.start, first.end));
        }
        let (mut anchor, mut tag) = (None, None);
        let mut end = first.start;
        loop {
            match &self.scanner.peek()?.kind {
                TokenKind::Anchor(name) if anchor.is_none() => anchor = Some(name.clone()),
                TokenKind::Tag(name) if tag.is_none() => tag = Some(name.clone()),
                _ => break,
            }
            end = self.scanner.take()?.end;
        }
        // The node takes its number before its children, so that an alias inside can name it.
        let id = self.add(NodeKind::Sequence(Vec::new()), first.start, end);
        if let Some(name) = &anchor {
            self.anchors.set(name, id);
        }
        let token = self.scanner.peek()?.clone();
        let (kind, end) = match token.kind {
            TokenKind::BlockEntry if indentless => self.indentless_sequence()?,
            TokenKind::Scalar(text, style) => {
                self.scanner.take()?;
                (NodeKind::Scalar { text, style, tag }, token.end)
            }
            TokenKind::FlowSequenceStart => self.flow_sequence()?,
            TokenKind::FlowMappingStart => self.flow_mapping()?,
            TokenKind::BlockSequenceStart if block => self.block_sequence()?,
            TokenKind::BlockMappingStart if block => self.block_mapping()?,
            _ if anchor.is_some() || tag.is_some() => {
                (NodeKind::Scalar { text: String::new(), style: Style::Plain, tag }, end)
            }
            _ => return Err(Self::error("did not find expected node content", token.start, first.start)),
        };
        let node = &mut self.document.nodes[id];
        node.kind = kind;
        node.span.end = end.index.max(node.span.start);
        Ok(id)
    }

    /// Where the last child of a block ends; blocks have no closing mark of their own.
    fn end_of(&self, last: Option<NodeId>, otherwise: Mark) -> Mark {
        let end = last.and_then(|id| self.document.nodes.get(id)).map(|node| node.span.end);
        Mark { index: end.unwrap_or(otherwise.index), ..otherwise }
    }

    fn block_sequence(&mut self) -> Parse<(NodeKind, Mark)> {
        let start = self.scanner.take()?.start;
        let mut items = Vec::new();
        let mut end = start;
        while self.is(&[TokenKind::BlockEntry])? {
            let mark = self.scanner.take()?.end;
            let item = if self.is(&[TokenKind::BlockEntry, TokenKind::BlockEnd])? {
                self.empty(mark)
            } else {
                self.node(true, false)?
            };
            items.push(item);
            end = self.end_of(Some(item), mark);
        }
        if !self.is(&[TokenKind::BlockEnd])? {
            let at = self.start()?;
            return Err(Self::error("did not find expected '-' indicator", at, start));
        }
        self.scanner.take()?;
        Ok((NodeKind::Sequence(items), end))
    }

    fn indentless_sequence(&mut self) -> Parse<(NodeKind, Mark)> {
        let mut items = Vec::new();
        let mut end = self.start()?;
        while self.is(&[TokenKind::BlockEntry])? {
            let mark = self.scanner.take()?.end;
            let ends = [TokenKind::BlockEntry, TokenKind::Key, TokenKind::Value, TokenKind::BlockEnd];
            let item = if self.is(&ends)? { self.empty(mark) } else { self.node(true, false)? };
            items.push(item);
            end = self.end_of(Some(item), mark);
        }
        Ok((NodeKind::Sequence(items), end))
    }

    fn block_mapping(&mut self) -> Parse<(NodeKind, Mark)> {
        let start = self.scanner.take()?.start;
        let mut entries = Vec::new();
        let mut end = start;
        let ends = [TokenKind::Key, TokenKind::Value, TokenKind::BlockEnd];
        loop {
            let key = if self.is(&[TokenKind::Key])? {
                let mark = self.scanner.take()?.end;
                if self.is(&ends)? { self.empty(mark) } else { self.node(true, true)? }
            } else {
                break;
            };
            let value = if self.is(&[TokenKind::Value])? {
                let mark = self.scanner.take()?.end;
                if self.is(&ends)? { self.empty(mark) } else { self.node(true, true)? }
            } else {
                let mark = self.start()?;
                self.empty(mark)
            };
            entries.push((key, value));
            end = self.end_of(Some(value), end);
        }
        if !self.is(&[TokenKind::BlockEnd])? {
            let at = self.start()?;
            return Err(Self::error("did not find expected key", at, start));
        }
        self.scanner.take()?;
        Ok((NodeKind::Mapping(entries), end))
    }

    fn flow_sequence(&mut self) -> Parse<(NodeKind, Mark)> {
        let start = self.scanner.take()?.start;
        let mut items = Vec::new();
        while !self.is(&[TokenKind::FlowSequenceEnd])? {
            if !items.is_empty() {
                if !self.is(&[TokenKind::FlowEntry])? {
                    let at = self.start()?;
                    return Err(Self::error("did not find expected ',' or ']'", at, start));
                }
                self.scanner.take()?;
            }
            if self.is(&[TokenKind::Key])? {
                // A single pair without braces: `[a: b]`.
                let pair = self.scanner.take()?;
                let ends = [TokenKind::Value, TokenKind::FlowEntry, TokenKind::FlowSequenceEnd];
                let key = if self.is(&ends)? { self.empty(pair.end) } else { self.node(false, false)? };
                let value = self.flow_value(&TokenKind::FlowSequenceEnd)?;
                let end = self.end_of(Some(value), pair.end);
                items.push(self.add(NodeKind::Mapping(vec![(key, value)]), pair.start, end));
            } else if !self.is(&[TokenKind::FlowSequenceEnd])? {
                items.push(self.node(false, false)?);
            }
        }
        let end = self.scanner.take()?.end;
        Ok((NodeKind::Sequence(items), end))
    }

    fn flow_value(&mut self, close: &TokenKind) -> Parse<NodeId> {
        if self.is(&[TokenKind::Value])? {
            let mark = self.scanner.take()?.end;
            if !self.is(&[TokenKind::FlowEntry, close.clone()])? {
                return self.node(false, false);
            }
            return Ok(self.empty(mark));
        }
        let mark = self.start()?;
        Ok(self.empty(mark))
    }

    fn flow_mapping(&mut self) -> Parse<(NodeKind, Mark)> {
        let start = self.scanner.take()?.start;
        let mut entries = Vec::new();
        while !self.is(&[TokenKind::FlowMappingEnd])? {
            if !entries.is_empty() {
                if !self.is(&[TokenKind::FlowEntry])? {
                    let at = self.start()?;
                    return Err(Self::error("did not find expected ',' or '}'", at, start));
                }
                self.scanner.take()?;
            }
            if self.is(&[TokenKind::Key])? {
                let mark = self.scanner.take()?.end;
                let ends = [TokenKind::Value, TokenKind::FlowEntry, TokenKind::FlowMappingEnd];
                let key = if self.is(&ends)? { self.empty(mark) } else { self.node(false, false)? };
                let value = self.flow_value(&TokenKind::FlowMappingEnd)?;
                entries.push((key, value));
            } else if !self.is(&[TokenKind::FlowMappingEnd])? {
                // What is no key on one line has no value: a colon after it is a mistake.
                let key = self.node(false, false)?;
                let mark = self.start()?;
                let value = self.empty(mark);
                entries.push((key, value));
            }
        }
        let end = self.scanner.take()?.end;
        Ok((NodeKind::Mapping(entries), end))
    }
}
