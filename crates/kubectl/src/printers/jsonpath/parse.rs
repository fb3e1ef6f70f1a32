//! Reading JSONPath templates. Models k8s.io/client-go/util/jsonpath/parser.go (v1.36)

use super::{DEPTH_MAX, Node, Operand, Step};

/// Where an action ends: at the brace that is not inside quotes or an inner brace.
pub(super) fn action_end(text: &str) -> Option<usize> {
    let mut quote: Option<char> = None;
    let mut skip = false;
    for (at, c) in text.char_indices() {
        if std::mem::take(&mut skip) {
            continue;
        }
        match (quote, c) {
            (_, '\\') => skip = true,
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '}') => return Some(at),
            _ => {}
        }
    }
    None
}

/// Reads the inside of an action.
pub(super) struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Parser<'a> {
        Parser { rest: text.trim(), depth: 0 }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn take(&mut self, count: usize) -> &'a str {
        let (piece, rest) = self.rest.split_at(count);
        self.rest = rest;
        piece
    }

    /// Paths and quoted texts, one after another.
    pub(super) fn action(&mut self) -> Result<Vec<Node>, String> {
        let mut nodes = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            match self.peek() {
                None => return Ok(nodes),
                Some('"' | '\'') => nodes.push(Node::Text(self.quoted()?)),
                Some('.' | '[' | '$' | '@') => nodes.push(Node::Path(self.path()?)),
                Some(c) if c.is_alphanumeric() || c == '_' => {
                    let word = self.word();
                    nodes.push(Node::Unknown(word.to_string()));
                    // Whatever follows is never reached.
                    self.rest = "";
                }
                Some(c) => {
                    return Err(format!("unrecognized character in action: U+{:04X} '{c}'", c as u32));
                }
            }
        }
    }

    /// A path and nothing else.
    pub(super) fn whole_path(&mut self) -> Result<Vec<Step>, String> {
        let steps = self.path()?;
        match self.rest.trim_start().chars().next() {
            None => Ok(steps),
            Some(c) => Err(format!("unrecognized character in action: U+{:04X} '{c}'", c as u32)),
        }
    }

    fn word(&mut self) -> &'a str {
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        self.take(end)
    }

    fn quoted(&mut self) -> Result<String, String> {
        let mut chars = self.rest.char_indices();
        let Some((_, quote)) = chars.next() else { return Err("unterminated quoted string".to_string()) };
        let mut text = String::new();
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.rest = &self.rest[at + c.len_utf8()..];
                return Ok(text);
            }
            if c != '\\' {
                text.push(c);
                continue;
            }
            text.push(match chars.next() {
                Some((_, 'n')) => '\n',
                Some((_, 't')) => '\t',
                Some((_, 'r')) => '\r',
                Some((_, other)) => other,
                None => break,
            });
        }
        Err("unterminated quoted string".to_string())
    }

    fn path(&mut self) -> Result<Vec<Step>, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("the path is nested too deeply".to_string());
        }
        let mut steps = Vec::new();
        loop {
            match self.peek() {
                Some('$') => {
                    self.take(1);
                    steps.push(Step::Field("$".to_string()));
                }
                Some('@') => {
                    self.take(1);
                }
                Some('.') => {
                    self.take(1);
                    if self.peek() == Some('.') {
                        self.take(1);
                        steps.push(Step::Recursive);
                    }
                    match self.peek() {
                        Some('*') => {
                            self.take(1);
                            steps.push(Step::Wildcard);
                        }
                        Some('[') | None => {}
                        Some(_) => {
                            let name = self.field_name();
                            if !name.is_empty() {
                                steps.push(Step::Field(name));
                            }
                        }
                    }
                }
                Some('[') => {
                    self.take(1);
                    steps.push(self.bracket()?);
                }
                _ => break,
            }
        }
        self.depth -= 1;
        Ok(steps)
    }

    /// A field's name, where a backslash keeps a dot from ending it.
    fn field_name(&mut self) -> String {
        let mut name = String::new();
        let mut chars = self.rest.char_indices();
        let mut end = self.rest.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => name.extend(chars.next().map(|(_, c)| c)),
                '.' | '[' | ']' | ')' | ' ' | '\t' | '=' | '!' | '<' | '>' | ',' | '{' | '}' => {
                    end = at;
                    break;
                }
                c => name.push(c),
            }
        }
        self.take(end);
        name
    }

    /// What stands between brackets.
    fn bracket(&mut self) -> Result<Step, String> {
        if self.rest.starts_with("?(") {
            self.take(2);
            let step = self.filter()?;
            if !self.rest.starts_with(")]") {
                return Err("unterminated filter".to_string());
            }
            self.take(2);
            return Ok(step);
        }
        let end = bracket_end(self.rest).ok_or("unterminated array")?;
        let inside = self.take(end);
        self.take(1);
        let parts = split_outside_quotes(inside, ',');
        if parts.len() > 1 {
            let steps: Result<Vec<Vec<Step>>, String> =
                parts.iter().map(|part| subscript(part.trim()).map(|step| vec![step])).collect();
            return Ok(Step::Union(steps?));
        }
        subscript(inside.trim())
    }

    fn filter(&mut self) -> Result<Step, String> {
        let left = self.operand()?;
        self.rest = self.rest.trim_start();
        let signs = self.rest.find(|c: char| !"=!<>".contains(c)).unwrap_or(self.rest.len());
        let operator = self.take(signs);
        if operator.is_empty() {
            return Ok(Step::Filter(left, "exists".to_string(), Operand::None));
        }
        let right = self.operand()?;
        Ok(Step::Filter(left, operator.to_string(), right))
    }

    fn operand(&mut self) -> Result<Operand, String> {
        self.rest = self.rest.trim_start();
        match self.peek() {
            Some('"' | '\'') => Ok(Operand::Literal(self.quoted()?.into())),
            Some('@' | '.' | '$') => Ok(Operand::Path(self.path()?)),
            _ => {
                let end = self
                    .rest
                    .find(|c: char| !c.is_alphanumeric() && !"_.-+".contains(c))
                    .unwrap_or(self.rest.len());
                let word = self.take(end);
                Ok(match word {
                    "true" => Operand::Literal(true.into()),
                    "false" => Operand::Literal(false.into()),
                    word => match word.parse::<i64>() {
                        Ok(number) => Operand::Literal(number.into()),
                        Err(_) => Operand::Unknown(word.to_string()),
                    },
                })
            }
        }
    }
}

fn bracket_end(text: &str) -> Option<usize> {
    let mut quote: Option<char> = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, ']') => return Some(at),
            _ => {}
        }
    }
    None
}

fn split_outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut quote: Option<char> = None;
    let mut start = 0;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, c) if c == separator => {
                parts.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// `*`, `3`, `-1`, `1:2`, `'name'`.
fn subscript(text: &str) -> Result<Step, String> {
    if text == "*" || text.is_empty() {
        return Ok(Step::Wildcard);
    }
    for quote in ['\'', '"'] {
        if let Some(name) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return Ok(Step::Field(name.replace('\\', "")));
        }
    }
    let number = |part: &str| -> Result<Option<i64>, String> {
        match part.trim() {
            "" => Ok(None),
            part => part.parse().map(Some).map_err(|_| format!("invalid array index {text}")),
        }
    };
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        [index] => Ok(Step::Slice { start: number(index)?, end: None, step: None, index: true }),
        [start, end] => {
            Ok(Step::Slice { start: number(start)?, end: number(end)?, step: None, index: false })
        }
        [start, end, step] => {
            Ok(Step::Slice { start: number(start)?, end: number(end)?, step: number(step)?, index: false })
        }
        _ => Err(format!("invalid array index {text}")),
    }
}
