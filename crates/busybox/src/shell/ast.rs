//! The tree a shell text is parsed into. Shared, never changed.

use std::rc::Rc;

/// A word, in pieces.
pub(crate) type Word = Vec<Part>;

#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// Text; quoted text is neither split nor taken for a pattern.
    Lit {
        text: Rc<str>,
        quoted: bool,
    },
    /// `~` or `~name` at the beginning of a word.
    Tilde(Rc<str>),
    Param {
        name: Rc<str>,
        op: Op,
        quoted: bool,
    },
    Command {
        node: Option<Rc<Node>>,
        quoted: bool,
    },
    Arith {
        word: Word,
        quoted: bool,
    },
    /// An empty quoted string: it makes a word where there is nothing else.
    Empty,
}

/// What `${name…}` does.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Plain,
    Length,
    /// `-`, `=`, `?`, `+`; with a colon, empty counts as unset.
    Default {
        kind: u8,
        colon: bool,
        word: Word,
    },
    /// `#`, `##`, `%`, `%%`.
    Trim {
        suffix: bool,
        longest: bool,
        word: Word,
    },
    /// `${x/a/b}` and `${x//a/b}`.
    Replace {
        all: bool,
        pattern: Word,
        with: Word,
    },
    /// `${x:offset:length}`.
    Slice {
        offset: Word,
        length: Option<Word>,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Redir {
    pub(crate) fd: usize,
    pub(crate) kind: RedirKind,
    /// Target name, descriptor, or the text of a here-document.
    pub(crate) word: Word,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RedirKind {
    Read,
    Write,
    Append,
    ReadWrite,
    /// `>|`
    Clobber,
    Dup,
    Here,
    /// `&>`
    Both,
}

#[derive(Clone, Debug)]
pub(crate) struct Simple {
    pub(crate) assigns: Vec<(Rc<str>, Word)>,
    pub(crate) words: Vec<Word>,
    pub(crate) redirs: Vec<Redir>,
    pub(crate) line: u32,
}

#[derive(Clone, Debug)]
pub(crate) enum Node {
    Simple(Simple),
    Pipe(Vec<Rc<Node>>),
    Not(Rc<Node>),
    And(Rc<Node>, Rc<Node>),
    Or(Rc<Node>, Rc<Node>),
    Seq(Vec<Rc<Node>>),
    Background(Rc<Node>),
    Subshell(Rc<Node>),
    If { cond: Rc<Node>, then: Rc<Node>, other: Option<Rc<Node>> },
    Loop { cond: Rc<Node>, body: Rc<Node>, until: bool },
    For { name: Rc<str>, words: Option<Vec<Word>>, body: Rc<Node> },
    Case { word: Word, arms: Vec<(Vec<Word>, Option<Rc<Node>>)> },
    Function { name: Rc<str>, body: Rc<Node> },
    Redirected { node: Rc<Node>, redirs: Vec<Redir> },
}
