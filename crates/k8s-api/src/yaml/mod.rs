//! YAML as kubectl reads it: text to a tree of nodes that know where they stand, and to JSON.
//!
//! Written anew rather than taken from a YAML crate, because the texts and line numbers of the errors are
//! kubectl's, and the rules are those of YAML 1.1 as Go reads it (`y` is true, `0400` is 256).
//! Models sigs.k8s.io/yaml and go.yaml.in/yaml/v2 as in Kubernetes v1.36

mod parser;
mod resolve;
mod scanner;

pub use parser::parse;
pub use resolve::scalar_value;
pub use scanner::Style;

use serde_json::{Map, Value};

/// Deeper nesting is refused: nobody writes it, and it would exhaust the stack.
pub const DEPTH_MAX: usize = 100;
/// More nodes than this after aliases are followed are refused.
const NODES_MAX: usize = 400_000;

/// Which part of the reader found an error; their line numbers differ by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Characters to tokens.
    Scanner,
    /// Tokens to nodes.
    Parser,
    /// Nodes to values; these errors have no line.
    Composer,
}

/// Why a text is not YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong, in kubectl's words.
    pub problem: String,
    /// Who found it.
    pub stage: Stage,
    /// The line of the problem, from 0.
    pub line: usize,
    /// The line where the construct began, from 0.
    pub context_line: usize,
    /// The byte where the problem is.
    pub offset: usize,
}

impl SyntaxError {
    /// The message as Go's library words it: `yaml: line 3: …`, with its ways of counting lines.
    pub fn message(&self) -> String {
        let line = match self.stage {
            Stage::Composer => 0,
            _ if self.line == 0 => self.context_line,
            Stage::Scanner => self.line + 1,
            Stage::Parser => self.line,
        };
        if line == 0 {
            format!("yaml: {}", self.problem)
        } else {
            format!("yaml: line {line}: {}", self.problem)
        }
    }
}

/// A stretch of the text: bytes from `start` up to `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// Which node of a [`Document`].
pub type NodeId = usize;

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// A text, a number, a bool or nothing: see [`scalar_value`].
    Scalar {
        /// The text without quotes and escapes.
        text: String,
        /// How it was written.
        style: Style,
        /// Its explicit tag.
        tag: Option<String>,
    },
    /// A list.
    Sequence(Vec<NodeId>),
    /// Keys and values in the order of the text; a key may come twice.
    Mapping(Vec<(NodeId, NodeId)>),
    /// Another node, by its anchor.
    Alias(NodeId),
}

/// A node and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Where it stands.
    pub span: Span,
}

/// One YAML document as a tree of nodes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// All nodes; [`NodeId`]s count here.
    pub nodes: Vec<Node>,
    /// The outermost node, if the document is not empty.
    pub root: Option<NodeId>,
}

/// A step of a path through a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A key of a mapping.
    Key(String),
    /// An index of a list.
    Index(usize),
}

/// A key and its value in a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key's node; none for an item of a list.
    pub key: Option<NodeId>,
    /// The value's node.
    pub value: NodeId,
}

impl Document {
    /// The node behind aliases.
    pub fn follow(&self, mut id: NodeId) -> NodeId {
        for _ in 0..DEPTH_MAX {
            match self.nodes.get(id).map(|node| &node.kind) {
                Some(NodeKind::Alias(target)) => id = *target,
                _ => break,
            }
        }
        id
    }

    /// What a node is, aliases followed.
    pub fn kind(&self, id: NodeId) -> Option<&NodeKind> {
        self.nodes.get(self.follow(id)).map(|node| &node.kind)
    }

    /// The text of a key as JSON writes it.
    pub fn key_text(&self, id: NodeId) -> Option<String> {
        match self.kind(id)? {
            NodeKind::Scalar { text, style, tag } => {
                Some(match resolve::scalar_value(text, *style, tag.as_deref()).ok()? {
                    Value::String(text) => text,
                    other => other.to_string(),
                })
            }
            NodeKind::Sequence(_) | NodeKind::Mapping(_) | NodeKind::Alias(_) => None,
        }
    }

    /// The entry for a key or an index below a node; of a key that comes twice, the last, as in JSON.
    pub fn child(&self, id: NodeId, step: &Step) -> Option<Entry> {
        match (self.kind(id)?, step) {
            (NodeKind::Sequence(items), Step::Index(i)) => {
                items.get(*i).map(|value| Entry { key: None, value: *value })
            }
            (NodeKind::Mapping(entries), Step::Key(wanted)) => {
                let own =
                    entries.iter().rev().find(|(key, _)| self.key_text(*key).as_deref() == Some(wanted));
                match own {
                    Some((key, value)) => Some(Entry { key: Some(*key), value: *value }),
                    None => entries.iter().rev().find_map(|(key, value)| {
                        (self.is_merge(*key) && *value != id)
                            .then(|| self.child_of_merge(*value, step))
                            .flatten()
                    }),
                }
            }
            _ => None,
        }
    }

    fn child_of_merge(&self, value: NodeId, step: &Step) -> Option<Entry> {
        match self.kind(value)? {
            NodeKind::Sequence(items) => items.iter().find_map(|item| match self.kind(*item)? {
                NodeKind::Mapping(_) => self.plain_child(*item, step),
                _ => None,
            }),
            NodeKind::Mapping(_) => self.plain_child(value, step),
            NodeKind::Scalar { .. } | NodeKind::Alias(_) => None,
        }
    }

    /// Like [`Document::child`], but merges of merges are not followed.
    fn plain_child(&self, id: NodeId, step: &Step) -> Option<Entry> {
        let (NodeKind::Mapping(entries), Step::Key(wanted)) = (self.kind(id)?, step) else {
            return None;
        };
        let (key, value) =
            entries.iter().rev().find(|(key, _)| self.key_text(*key).as_deref() == Some(wanted))?;
        Some(Entry { key: Some(*key), value: *value })
    }

    /// The deepest entry that exists on a path, and how many steps lead to it.
    pub fn find(&self, path: &[Step]) -> Option<(Entry, usize)> {
        let mut entry = Entry { key: None, value: self.root? };
        for (depth, step) in path.iter().enumerate() {
            match self.child(entry.value, step) {
                Some(next) => entry = next,
                None => return Some((entry, depth)),
            }
        }
        Some((entry, path.len()))
    }

    fn is_merge(&self, id: NodeId) -> bool {
        match self.nodes.get(id).map(|node| &node.kind) {
            Some(NodeKind::Scalar { text, style: Style::Plain, tag: None }) => text == "<<",
            _ => false,
        }
    }

    /// The document as JSON.
    ///
    /// # Errors
    /// Aliases that run away or contain themselves, merges of what is no mapping, keys that are no scalars,
    /// values that JSON cannot write.
    pub fn to_json(&self) -> Result<Value, SyntaxError> {
        let Some(root) = self.root else { return Ok(Value::Null) };
        Converter { document: self, open: Vec::new(), nodes: 0, aliased: 0 }.value(root)
    }
}

/// Nodes to JSON, aliases followed.
struct Converter<'a> {
    document: &'a Document,
    open: Vec<NodeId>,
    nodes: usize,
    aliased: usize,
}

impl Converter<'_> {
    fn error(problem: String) -> SyntaxError {
        SyntaxError { problem, stage: Stage::Composer, line: 0, context_line: 0, offset: 0 }
    }

    fn value(&mut self, id: NodeId) -> Result<Value, SyntaxError> {
        let document = self.document;
        self.nodes += 1;
        if !self.open.is_empty() {
            self.aliased += 1;
        }
        let mostly_aliases = self.aliased > 100 && self.nodes > 1000 && self.aliased * 100 > self.nodes * 99;
        if mostly_aliases || self.nodes > NODES_MAX {
            return Err(Self::error("document contains excessive aliasing".into()));
        }
        let Some(node) = document.nodes.get(id) else { return Ok(Value::Null) };
        match &node.kind {
            NodeKind::Alias(target) => {
                if self.open.contains(&id) {
                    return Err(Self::error("anchor value contains itself".into()));
                }
                if self.open.len() > DEPTH_MAX {
                    return Err(Self::error("document contains excessive aliasing".into()));
                }
                self.open.push(id);
                let value = self.value(*target);
                self.open.pop();
                value
            }
            NodeKind::Scalar { text, style, tag } => {
                resolve::scalar_value(text, *style, tag.as_deref()).map_err(Self::error)
            }
            NodeKind::Sequence(items) => {
                items.iter().map(|item| self.value(*item)).collect::<Result<_, _>>().map(Value::Array)
            }
            NodeKind::Mapping(entries) => {
                let mut map = Map::new();
                self.mapping(entries, &mut map)?;
                Ok(Value::Object(map))
            }
        }
    }

    fn mapping(
        &mut self,
        entries: &[(NodeId, NodeId)],
        map: &mut Map<String, Value>,
    ) -> Result<(), SyntaxError> {
        for (key, value) in entries {
            if self.document.is_merge(*key) {
                self.merge(*value, map)?;
                continue;
            }
            let key = match self.value(*key)? {
                Value::String(text) => text,
                Value::Null => return Err(Self::error("unsupported map key of type: %!s(<nil>)".into())),
                composite @ (Value::Array(_) | Value::Object(_)) => {
                    return Err(Self::error(format!("invalid map key: {composite}")));
                }
                other => other.to_string(),
            };
            let value = self.value(*value)?;
            map.insert(key, value);
        }
        Ok(())
    }

    fn merge(&mut self, id: NodeId, map: &mut Map<String, Value>) -> Result<(), SyntaxError> {
        let not_a_map = || Self::error("map merge requires map or sequence of maps as the value".into());
        let sources = match self.document.kind(id) {
            Some(NodeKind::Mapping(_)) => vec![id],
            // Go goes backwards, so that the first wins.
            Some(NodeKind::Sequence(items)) => items.iter().rev().copied().collect(),
            _ => return Err(not_a_map()),
        };
        for source in sources {
            match self.value(source)? {
                Value::Object(from) => map.extend(from),
                _ => return Err(not_a_map()),
            }
        }
        Ok(())
    }
}
