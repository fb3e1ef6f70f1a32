//! Random scripts from a seed: sentences of the grammar in `grammar.txt`.
#![allow(dead_code, unreachable_pub)]

use std::collections::BTreeMap;

const GRAMMAR: &str = include_str!("grammar.txt");
/// Deeper than this, a rule gives its first alternative, which leads no deeper.
const DEEP: u32 = 9;
const LONG: usize = 2_000;

struct Generator {
    state: u64,
    rules: BTreeMap<&'static str, Vec<&'static str>>,
}

/// The script of a seed.
pub fn script(seed: u64) -> String {
    let state = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut generator = Generator { state, rules: rules() };
    for _ in 0..10 {
        generator.next();
    }
    let mut out = String::new();
    generator.expand("script", 0, &mut out);
    out.push('\n');
    out
}

/// Lines `name:` and below them, indented, the alternatives; `#` begins a remark.
fn rules() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut rules: BTreeMap<&'static str, Vec<&'static str>> = BTreeMap::new();
    let mut name = "";
    for line in GRAMMAR.lines().filter(|l| !l.starts_with('#') && !l.is_empty()) {
        match line.strip_prefix("  ") {
            Some(alternative) => rules.entry(name).or_default().push(alternative),
            None => name = line.trim_end_matches(':'),
        }
    }
    rules
}

impl Generator {
    fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state >> 11
    }

    fn expand(&mut self, name: &str, depth: u32, out: &mut String) {
        let all = self.rules.get(name).unwrap_or_else(|| panic!("no rule {name}")).clone();
        let deep = depth > DEEP || out.len() > LONG;
        let at = if deep { 0 } else { self.next() as usize % all.len() };
        let mut rest = all[at];
        while let Some((before, after)) = rest.split_once('«') {
            push(out, before);
            let (what, after) = after.split_once('»').expect("» after «");
            rest = after;
            let (rule, low, high) = match what.chars().last() {
                Some('?') => (&what[..what.len() - 1], 0, 1),
                Some('*') => (&what[..what.len() - 1], 0, 3),
                Some('+') => (&what[..what.len() - 1], 1, 3),
                _ => (what, 1, 1),
            };
            let count = if deep { low } else { low + self.next() % (high - low + 1) };
            for i in 0..count {
                if i > 0 {
                    out.push(' ');
                }
                self.expand(rule, depth + 1, out);
            }
        }
        push(out, rest);
    }
}

/// `¶` is a new line.
fn push(out: &mut String, text: &str) {
    for (i, part) in text.split('¶').enumerate() {
        if i > 0 {
            out.push('\n');
        }
        out.push_str(part);
    }
}
