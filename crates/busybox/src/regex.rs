//! POSIX regular expressions, basic and extended, over bytes: what grep, sed, awk and expr need.
//!
//! A small machine with backtracking. The number of its steps is limited, so that no pattern can stop the world; a
//! search that takes more finds nothing.

use crate::shell::pattern::in_class;
use std::cell::Cell;

const MAX_STEPS: u32 = 400_000;
const MAX_PROGRAM: usize = 20_000;
const MAX_DEPTH: u32 = 60;

#[derive(Clone, Debug)]
enum Op {
    Byte(u8),
    Any,
    /// Index of a set.
    Set(usize),
    /// Try the first, then the second.
    Split(usize, usize),
    Jump(usize),
    Save(usize),
    /// Notes the place, and later fails when nothing was taken since.
    Mark(usize),
    Moved(usize),
    Begin,
    End,
    WordEdge(bool),
    WordBegin,
    WordEnd,
    Back(usize),
    Match,
}

/// A compiled expression.
#[derive(Clone, Debug)]
pub(crate) struct Regex {
    ops: Vec<Op>,
    sets: Vec<[u64; 4]>,
    groups: usize,
    marks: usize,
    icase: bool,
    /// It has alternatives: then the longest match must be looked for.
    longest: bool,
    /// The whole pattern is this text: no machine needed.
    literal: Option<Vec<u8>>,
    /// Steps since somebody asked: whoever looks for it in much text pays for them.
    spent: Cell<u32>,
}

/// Where the whole match and its groups are.
pub(crate) type Groups = Vec<Option<(usize, usize)>>;

#[derive(Clone, Debug)]
enum Node {
    Empty,
    Byte(u8),
    Any,
    Set(usize),
    Begin,
    End,
    WordEdge(bool),
    WordBegin,
    WordEnd,
    Back(usize),
    Group(usize, Box<Node>),
    Seq(Vec<Node>),
    Alt(Vec<Node>),
    Repeat(Box<Node>, u32, Option<u32>),
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    extended: bool,
    groups: usize,
    sets: Vec<[u64; 4]>,
    depth: u32,
    alternates: bool,
}

type Result<T> = std::result::Result<T, ()>;

impl Regex {
    /// Compiles a pattern; an error when it is no regular expression (or too big).
    pub(crate) fn new(pattern: &str, extended: bool, icase: bool) -> Result<Regex> {
        let text = pattern.as_bytes();
        let special = |b: &u8| b".[]*^$\\".contains(b) || extended && b"+?(){}|".contains(b);
        let literal = (!icase && !text.iter().any(special)).then(|| text.to_vec());
        let mut p =
            Parser { text, at: 0, extended, groups: 0, sets: Vec::new(), depth: 0, alternates: false };
        let node = p.alternatives()?;
        if p.at < text.len() {
            return Err(());
        }
        let mut regex = Regex {
            ops: Vec::new(),
            sets: p.sets,
            groups: p.groups,
            marks: 0,
            icase,
            longest: p.alternates,
            literal,
            spent: Cell::new(0),
        };
        regex.emit(&node)?;
        regex.ops.push(Op::Match);
        Ok(regex)
    }

    fn emit(&mut self, node: &Node) -> Result<()> {
        if self.ops.len() > MAX_PROGRAM {
            return Err(());
        }
        match node {
            Node::Empty => {}
            Node::Byte(b) => self.ops.push(Op::Byte(*b)),
            Node::Any => self.ops.push(Op::Any),
            Node::Set(s) => self.ops.push(Op::Set(*s)),
            Node::Begin => self.ops.push(Op::Begin),
            Node::End => self.ops.push(Op::End),
            Node::WordEdge(yes) => self.ops.push(Op::WordEdge(*yes)),
            Node::WordBegin => self.ops.push(Op::WordBegin),
            Node::WordEnd => self.ops.push(Op::WordEnd),
            Node::Back(n) => self.ops.push(Op::Back(*n)),
            Node::Group(n, inner) => {
                self.ops.push(Op::Save(n * 2));
                self.emit(inner)?;
                self.ops.push(Op::Save(n * 2 + 1));
            }
            Node::Seq(nodes) => {
                for node in nodes {
                    self.emit(node)?;
                }
            }
            Node::Alt(nodes) => {
                let mut jumps = Vec::new();
                for (i, node) in nodes.iter().enumerate() {
                    if i + 1 == nodes.len() {
                        self.emit(node)?;
                        break;
                    }
                    let split = self.ops.len();
                    self.ops.push(Op::Split(split + 1, 0));
                    self.emit(node)?;
                    jumps.push(self.ops.len());
                    self.ops.push(Op::Jump(0));
                    let here = self.ops.len();
                    self.ops[split] = Op::Split(split + 1, here);
                }
                let end = self.ops.len();
                for jump in jumps {
                    self.ops[jump] = Op::Jump(end);
                }
            }
            Node::Repeat(inner, min, max) => {
                for _ in 0..*min {
                    self.emit(inner)?;
                }
                match max {
                    None => {
                        let mark = self.marks;
                        self.marks += 1;
                        let split = self.ops.len();
                        self.ops.push(Op::Split(split + 1, 0));
                        self.ops.push(Op::Mark(mark));
                        self.emit(inner)?;
                        self.ops.push(Op::Moved(mark));
                        self.ops.push(Op::Jump(split));
                        let end = self.ops.len();
                        self.ops[split] = Op::Split(split + 1, end);
                    }
                    Some(max) => {
                        let mut splits = Vec::new();
                        for _ in *min..*max {
                            splits.push(self.ops.len());
                            self.ops.push(Op::Split(self.ops.len() + 1, 0));
                            self.emit(inner)?;
                        }
                        let end = self.ops.len();
                        for split in splits {
                            self.ops[split] = Op::Split(split + 1, end);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The first match at or after `from`.
    pub(crate) fn find(&self, text: &[u8], from: usize) -> Option<Groups> {
        if let Some(literal) = &self.literal {
            if literal.is_empty() {
                return (from <= text.len()).then(|| vec![Some((from, from))]);
            }
            let at = text.get(from..)?.windows(literal.len()).position(|w| w == &literal[..])? + from;
            return Some(vec![Some((at, at + literal.len()))]);
        }
        let mut steps = 0;
        let found = self.search(text, from, &mut steps);
        self.spent.set(self.spent.get().saturating_add(steps));
        found
    }

    /// What the searches since the last call cost, in steps of a container.
    pub(crate) fn cost(&self) -> u32 {
        let cost = self.spent.get() / 256;
        self.spent.set(self.spent.get() % 256);
        cost
    }

    fn search(&self, text: &[u8], from: usize, steps: &mut u32) -> Option<Groups> {
        for start in from..=text.len() {
            if let Some(groups) = self.run(text, start, steps) {
                return Some(groups);
            }
            if *steps > MAX_STEPS || matches!(self.ops[0], Op::Begin) {
                return None;
            }
        }
        None
    }

    #[cfg(feature = "more")]
    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        self.find(text, 0).is_some()
    }

    fn same(&self, a: u8, b: u8) -> bool {
        a == b || self.icase && a.eq_ignore_ascii_case(&b)
    }

    fn has(&self, set: usize, b: u8) -> bool {
        let bit = |b: u8| self.sets[set][b as usize >> 6] >> (b & 63) & 1 == 1;
        bit(b) || self.icase && (bit(b.to_ascii_lowercase()) || bit(b.to_ascii_uppercase()))
    }

    fn run(&self, text: &[u8], start: usize, steps: &mut u32) -> Option<Groups> {
        let word = |at: usize| text.get(at).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
        let mut slots: Vec<usize> = vec![usize::MAX; (self.groups + 1) * 2 + self.marks];
        let marks = (self.groups + 1) * 2;
        // Where to go on when a way turns out wrong: an instruction and place, or a slot to put back.
        enum Undo {
            Go(usize, usize),
            Slot(usize, usize),
        }
        let mut stack: Vec<Undo> = Vec::new();
        let (mut pc, mut at) = (0, start);
        let mut best: Option<(usize, Vec<usize>)> = None;
        loop {
            *steps += 1;
            if *steps > MAX_STEPS || stack.len() > 200_000 {
                break;
            }
            let here = text.get(at).copied();
            let ok = match &self.ops[pc] {
                Op::Byte(b) => {
                    here.is_some_and(|h| self.same(h, *b)) && {
                        at += 1;
                        true
                    }
                }
                Op::Any => {
                    here.is_some() && {
                        at += 1;
                        true
                    }
                }
                Op::Set(s) => {
                    here.is_some_and(|h| self.has(*s, h)) && {
                        at += 1;
                        true
                    }
                }
                Op::Begin => at == 0,
                Op::End => at == text.len(),
                Op::WordEdge(yes) => ((at > 0 && word(at - 1)) != word(at)) == *yes,
                Op::WordBegin => !(at > 0 && word(at - 1)) && word(at),
                Op::WordEnd => at > 0 && word(at - 1) && !word(at),
                Op::Back(n) => match (slots[n * 2], slots[n * 2 + 1]) {
                    (usize::MAX, _) | (_, usize::MAX) => false,
                    (a, b) => {
                        let len = b - a;
                        let same =
                            text.len() - at >= len && (0..len).all(|i| self.same(text[a + i], text[at + i]));
                        at += if same { len } else { 0 };
                        same
                    }
                },
                Op::Split(first, second) => {
                    stack.push(Undo::Go(*second, at));
                    pc = *first;
                    continue;
                }
                Op::Jump(to) => {
                    pc = *to;
                    continue;
                }
                Op::Save(n) => {
                    stack.push(Undo::Slot(*n, slots[*n]));
                    slots[*n] = at;
                    true
                }
                Op::Mark(n) => {
                    stack.push(Undo::Slot(marks + n, slots[marks + n]));
                    slots[marks + n] = at;
                    true
                }
                Op::Moved(n) => slots[marks + n] != at,
                Op::Match => {
                    if best.as_ref().is_none_or(|(end, _)| at > *end) {
                        best = Some((at, slots.clone()));
                    }
                    if !self.longest || at == text.len() {
                        break;
                    }
                    false
                }
            };
            if ok {
                pc += 1;
                continue;
            }
            loop {
                match stack.pop() {
                    Some(Undo::Slot(n, old)) => slots[n] = old,
                    Some(Undo::Go(to, place)) => {
                        (pc, at) = (to, place);
                        break;
                    }
                    None => return finish(best, start, self.groups),
                }
            }
        }
        finish(best, start, self.groups)
    }
}

fn finish(best: Option<(usize, Vec<usize>)>, start: usize, groups: usize) -> Option<Groups> {
    let (end, slots) = best?;
    let mut all = vec![Some((start, end))];
    for n in 1..=groups {
        let (a, b) = (slots[n * 2], slots[n * 2 + 1]);
        all.push((a != usize::MAX && b != usize::MAX).then_some((a, b)));
    }
    Some(all)
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Is the special sign `c` here: plain in extended, after a backslash in basic expressions?
    fn special(&self, c: u8) -> bool {
        if self.extended {
            self.peek() == Some(c)
        } else {
            self.peek() == Some(b'\\') && self.text.get(self.at + 1) == Some(&c)
        }
    }

    fn skip_special(&mut self) {
        self.at += if self.extended { 1 } else { 2 };
    }

    fn alternatives(&mut self) -> Result<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(());
        }
        let mut all = vec![self.sequence()?];
        while self.special(b'|') {
            self.skip_special();
            self.alternates = true;
            all.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(if all.len() == 1 { all.remove(0) } else { Node::Alt(all) })
    }

    fn sequence(&mut self) -> Result<Node> {
        let mut nodes: Vec<Node> = Vec::new();
        let begin = self.at;
        while let Some(c) = self.peek() {
            if self.special(b'|') || self.special(b')') && (self.depth > 1 || !self.extended) {
                break;
            }
            let first = self.at == begin || matches!(nodes.last(), Some(Node::Begin)) && nodes.len() == 1;
            let node = match c {
                b'*' if first && !self.extended => {
                    self.at += 1;
                    Node::Byte(b'*')
                }
                b'*' | b'+' | b'?' if self.extended && nodes.is_empty() => {
                    // BusyBox's libc takes a leading repetition for itself.
                    self.at += 1;
                    Node::Empty
                }
                b'^' if self.extended || self.at == begin => {
                    self.at += 1;
                    Node::Begin
                }
                b'$' if self.extended || self.at + 1 == self.text.len() || {
                    let rest = &self.text[self.at + 1..];
                    rest.starts_with(b"\\)") || rest.starts_with(b"\\|")
                } =>
                {
                    self.at += 1;
                    Node::End
                }
                b'.' => {
                    self.at += 1;
                    Node::Any
                }
                b'[' => self.bracket()?,
                _ if self.special(b'(') => {
                    self.skip_special();
                    self.groups += 1;
                    let n = self.groups;
                    if n > 100 {
                        return Err(());
                    }
                    let inner = self.alternatives()?;
                    if !self.special(b')') {
                        return Err(());
                    }
                    self.skip_special();
                    Node::Group(n, Box::new(inner))
                }
                _ if self.special(b')') && !self.extended => return Err(()),
                b'\\' => {
                    let Some(next) = self.text.get(self.at + 1).copied() else { return Err(()) };
                    self.at += 2;
                    match next {
                        b'1'..=b'9' => {
                            let n = (next - b'0') as usize;
                            if n > self.groups {
                                return Err(());
                            }
                            Node::Back(n)
                        }
                        b'b' => Node::WordEdge(true),
                        b'B' => Node::WordEdge(false),
                        b'<' => Node::WordBegin,
                        b'>' => Node::WordEnd,
                        b'n' => Node::Byte(b'\n'),
                        b't' => Node::Byte(b'\t'),
                        b'w' | b'W' | b's' | b'S' => {
                            let mut set = [0u64; 4];
                            for b in 0..=255u8 {
                                let word = b.is_ascii_alphanumeric() || b == b'_';
                                let hit = match next {
                                    b'w' => word,
                                    b'W' => !word,
                                    b's' => b.is_ascii_whitespace(),
                                    _ => !b.is_ascii_whitespace(),
                                };
                                if hit {
                                    set[b as usize >> 6] |= 1 << (b & 63);
                                }
                            }
                            self.sets.push(set);
                            Node::Set(self.sets.len() - 1)
                        }
                        other => Node::Byte(other),
                    }
                }
                other => {
                    self.at += 1;
                    Node::Byte(other)
                }
            };
            let node = self.repeats(node)?;
            nodes.push(node);
        }
        Ok(match nodes.len() {
            0 => Node::Empty,
            1 => nodes.remove(0),
            _ => Node::Seq(nodes),
        })
    }

    fn repeats(&mut self, node: Node) -> Result<Node> {
        let mut node = node;
        let mut count = 0;
        while let Some(c) = self.peek() {
            let range = match c {
                b'*' if !matches!(node, Node::Begin) || self.extended => {
                    self.at += 1;
                    (0, None)
                }
                _ if self.special(b'+') => {
                    self.skip_special();
                    (1, None)
                }
                _ if self.special(b'?') => {
                    self.skip_special();
                    (0, Some(1))
                }
                _ if self.special(b'{') => {
                    let begin = self.at;
                    self.skip_special();
                    let min = self.number();
                    let max = if self.peek() == Some(b',') {
                        self.at += 1;
                        self.number()
                    } else {
                        min
                    };
                    if !self.special(b'}') || min.is_none() && max.is_none() {
                        if !self.extended {
                            return Err(());
                        }
                        // No interval: an ordinary sign.
                        self.at = begin;
                        break;
                    }
                    self.skip_special();
                    let low = min.unwrap_or(0);
                    if low > 255 || max.is_some_and(|m| m > 255 || m < low) {
                        return Err(());
                    }
                    (low, max)
                }
                _ => break,
            };
            count += 1;
            if count > 4 {
                return Err(());
            }
            node = Node::Repeat(Box::new(node), range.0, range.1);
        }
        Ok(node)
    }

    fn number(&mut self) -> Option<u32> {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        String::from_utf8_lossy(&self.text[start..self.at]).parse().ok()
    }

    fn bracket(&mut self) -> Result<Node> {
        self.at += 1;
        let negated = self.peek() == Some(b'^');
        if negated {
            self.at += 1;
        }
        let mut set = [0u64; 4];
        let mut add = |b: u8| set[b as usize >> 6] |= 1 << (b & 63);
        let mut first = true;
        loop {
            let Some(c) = self.peek() else { return Err(()) };
            if c == b']' && !first {
                self.at += 1;
                break;
            }
            first = false;
            let rest = &self.text[self.at..];
            if rest.starts_with(b"[:") {
                let end = rest.windows(2).position(|w| w == b":]").ok_or(())?;
                let name = String::from_utf8_lossy(&rest[2..end]).into_owned();
                for b in 0..=127u8 {
                    if in_class(&name, b as char) {
                        add(b);
                    }
                }
                self.at += end + 2;
                continue;
            }
            self.at += 1;
            if self.peek() == Some(b'-') && self.text.get(self.at + 1).is_some_and(|e| *e != b']') {
                let end = self.text[self.at + 1];
                self.at += 2;
                if end < c {
                    return Err(());
                }
                for b in c..=end {
                    add(b);
                }
            } else {
                add(c);
            }
        }
        if negated {
            set = set.map(|w| !w);
        }
        self.sets.push(set);
        Ok(Node::Set(self.sets.len() - 1))
    }
}
