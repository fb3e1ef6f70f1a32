//! od, hexdump, xxd and strings: bytes made readable.

use super::stream::{Style, slurp};
use super::{Opts, number, usage};
use crate::ctx::{Act, Ctx};

/// Bytes that are shown at most: each takes several characters.
const MAX_SHOWN: usize = 1 << 20;
/// How many characters a value of so many bytes takes, at most.
const UNSIGNED: [usize; 9] = [0, 3, 5, 8, 10, 13, 15, 17, 20];
const OCTAL: [usize; 9] = [0, 3, 6, 8, 11, 14, 16, 19, 22];
const CONTROLS: [&str; 33] = [
    "nul", "soh", "stx", "etx", "eot", "enq", "ack", "bel", "bs", "ht", "nl", "vt", "ff", "cr", "so", "si",
    "dle", "dc1", "dc2", "dc3", "dc4", "nak", "syn", "etb", "can", "em", "sub", "esc", "fs", "gs", "rs",
    "us", "sp",
];

/// A byte as a character, three wide: `  a`, ` \n`, `377`.
fn character(b: u8) -> String {
    let named = match b {
        0 => "\\0",
        7 => "\\a",
        8 => "\\b",
        9 => "\\t",
        10 => "\\n",
        11 => "\\v",
        12 => "\\f",
        13 => "\\r",
        32..=126 => return format!("  {}", b as char),
        _ => return format!("{b:03o}"),
    };
    format!("{named:>3}")
}

fn value(group: &[u8]) -> u64 {
    group.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b))
}

/// The kinds `od -t` names: letter and size, as in `x1`.
fn od_kinds(text: &str) -> Result<Vec<(u8, usize)>, String> {
    let bytes = text.as_bytes();
    let mut kinds = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let kind = bytes[at];
        at += 1;
        let size = match kind {
            b'a' | b'c' => 1,
            b'd' | b'o' | b'u' | b'x' => match bytes.get(at) {
                Some(b @ (b'1' | b'2' | b'4' | b'8')) => {
                    at += 1;
                    usize::from(b - b'0')
                }
                Some(letter @ (b'C' | b'S' | b'I' | b'L')) => {
                    at += 1;
                    [1, 2, 4, 8][b"CSIL".iter().position(|l| l == letter).unwrap_or(0)]
                }
                _ => 4,
            },
            b'f' => return Err("floating point is not supported here".to_string()),
            other => {
                return Err(format!("invalid character '{}' in type string '{text}'", other as char));
            }
        };
        kinds.push((kind, size));
    }
    Ok(kinds)
}

fn od_group(kind: (u8, usize), group: &[u8]) -> String {
    let (v, size) = (value(group), kind.1);
    match kind.0 {
        b'a' => {
            let b = group[0] & 127;
            let named = CONTROLS.get(usize::from(b)).map_or((b as char).to_string(), |n| (*n).to_string());
            format!(" {:>3}", if b == 127 { "del" } else { &named })
        }
        b'c' => [" ", &character(group[0])].concat(),
        b'x' => format!(" {v:0w$x}", w = size * 2),
        b'o' => format!(" {v:0w$o}", w = OCTAL[size]),
        b'u' => format!(" {v:>w$}", w = UNSIGNED[size]),
        _ => {
            let signed = (v << (64 - 8 * size)) as i64 >> (64 - 8 * size);
            format!(" {signed:>w$}", w = [0, 4, 6, 0, 11, 0, 0, 0, 20][size])
        }
    }
}

pub(crate) fn od(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "abcdfhilosxvA:j:N:t:S:w:");
    if !matches!(opts.value('A').unwrap_or("o"), "d" | "o" | "x" | "n") {
        let radix = opts.value('A').unwrap_or_default();
        cx.complain(&["bad output address radix '", radix, "' (must be [doxn])"].concat());
        return Act::Exit(1);
    }
    let mut text: String = [
        ('a', "a"),
        ('b', "o1"),
        ('c', "c"),
        ('d', "u2"),
        ('f', "f"),
        ('h', "x2"),
        ('i', "d2"),
        ('l', "d4"),
        ('o', "o2"),
        ('s', "d2"),
        ('x', "x2"),
    ]
    .iter()
    .filter(|(letter, _)| opts.has(*letter))
    .map(|(_, kind)| *kind)
    .collect();
    text.extend(opts.values('t'));
    if let Err(message) = od_kinds(&text) {
        cx.complain(&message);
        return Act::Exit(1);
    }
    let opts = Opts { found: [&opts.found[..], &[('K', text)]].concat(), rest: opts.rest };
    slurp(opts.rest.clone(), opts, Style::Plain, |cx, opts, inputs| {
        if inputs.is_empty() {
            return 1;
        }
        let skip = opts.value('j').and_then(number).unwrap_or(0) as usize;
        let count = opts.value('N').and_then(number).map_or(usize::MAX, |n| n as usize);
        let width = opts.value('w').and_then(number).unwrap_or(16).clamp(1, 1024) as usize;
        let all: Vec<u8> =
            inputs.iter().flat_map(|(_, b)| b.clone()).skip(skip).take(count.min(MAX_SHOWN)).collect();
        let mut kinds = od_kinds(opts.value('K').unwrap_or_default()).unwrap_or_default();
        if kinds.is_empty() {
            kinds.push((b'o', 2));
        }
        let address = |n: usize| match opts.value('A') {
            Some("n") => String::new(),
            Some("d") => format!("{n:07}"),
            Some("x") => format!("{n:06x}"),
            _ => format!("{n:07o}"),
        };
        let mut text = String::new();
        let mut rows = Rows::default();
        for (i, row) in all.chunks(width).enumerate() {
            if rows.repeated(&mut text, row, width, opts.has('v')) {
                continue;
            }
            for (n, kind) in kinds.iter().enumerate() {
                let start = address(skip + i * width);
                text.push_str(&if n == 0 { start } else { " ".repeat(start.len()) });
                for group in row.chunks(kind.1) {
                    text.push_str(&od_group(*kind, group));
                }
                text.push('\n');
            }
        }
        if opts.value('A') != Some("n") {
            text.push_str(&(address(skip + all.len()) + "\n"));
        }
        cx.out(&text);
        0
    })
}

/// Rows like the one before are shown as one `*`.
#[derive(Default)]
struct Rows<'a> {
    last: &'a [u8],
    starred: bool,
}

impl<'a> Rows<'a> {
    fn repeated(&mut self, text: &mut String, row: &'a [u8], width: usize, all: bool) -> bool {
        if row == self.last && row.len() == width && !all {
            if !self.starred {
                text.push_str("*\n");
            }
            self.starred = true;
            return true;
        }
        (self.last, self.starred) = (row, false);
        false
    }
}

pub(crate) fn hexdump(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "bcCde:f:n:os:vx");
    if opts.has('e') || opts.has('f') {
        cx.complain("formats (-e, -f) are not supported here");
        return Act::Exit(2);
    }
    slurp(opts.rest.clone(), opts, Style::Plain, |cx, opts, inputs| {
        let skip = opts.value('s').and_then(number).unwrap_or(0) as usize;
        let count = opts.value('n').and_then(number).map_or(usize::MAX, |n| n as usize);
        let all: Vec<u8> =
            inputs.iter().flat_map(|(_, b)| b.clone()).skip(skip).take(count.min(MAX_SHOWN)).collect();
        let letter = opts.last_of("bcCdox");
        let wide = letter == Some('C');
        let mut text = String::new();
        let mut rows = Rows::default();
        for (i, row) in all.chunks(16).enumerate() {
            if rows.repeated(&mut text, row, 16, opts.has('v')) {
                continue;
            }
            let at = skip + i * 16;
            text.push_str(&if wide { format!("{at:08x} ") } else { format!("{at:07x}") });
            let size = if matches!(letter, Some('b' | 'c' | 'C')) { 1 } else { 2 };
            for n in 0..16 / size {
                if wide && n == 8 {
                    text.push(' ');
                }
                let cell = match row.chunks(size).nth(n) {
                    None => String::new(),
                    Some(group) => match letter {
                        Some('C') => format!(" {:02x}", group[0]),
                        Some('b') => format!(" {:03o}", group[0]),
                        Some('c') => [" ", &character(group[0])].concat(),
                        Some('d') => format!("   {:05}", value(group)),
                        Some('o') => format!("  {:06o}", value(group)),
                        Some('x') => format!("    {:04x}", value(group)),
                        _ => format!(" {:04x}", value(group)),
                    },
                };
                let width = match letter {
                    Some('C') => 3,
                    Some('b' | 'c') => 4,
                    Some('d' | 'o' | 'x') => 8,
                    _ => 5,
                };
                text.push_str(&format!("{cell:width$}"));
            }
            if wide {
                text.push_str("  |");
                text.extend(row.iter().map(|b| printable(*b)));
                text.push('|');
            }
            text.push('\n');
        }
        if !all.is_empty() {
            let end = skip + all.len();
            text.push_str(&if wide { format!("{end:08x}\n") } else { format!("{end:07x}\n") });
        }
        cx.out(&text);
        0
    })
}

fn printable(b: u8) -> char {
    if (32..127).contains(&b) { b as char } else { '.' }
}

pub(crate) fn xxd(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "l:s:prc:g:iu");
    if opts.has('i') {
        cx.complain("-i is not supported here");
        return Act::Exit(2);
    }
    slurp(opts.rest.clone(), opts, Style::Plain, |cx, opts, inputs| {
        let many = |letter, default| opts.value(letter).and_then(number).map_or(default, |n| n as usize);
        let plain = opts.has('p');
        let (skip, width) = (many('s', 0), many('c', if plain { 30 } else { 16 }).clamp(1, 256));
        let group = many('g', 2);
        let all: Vec<u8> = inputs.iter().flat_map(|(_, b)| b.clone()).collect();
        if opts.has('r') {
            let mut out = Vec::new();
            for line in String::from_utf8_lossy(&all).lines() {
                // Without the address, up to the two blanks before the text.
                let rest = if plain { line } else { line.split_once(": ").map_or("", |(_, rest)| rest) };
                let rest = if plain { rest } else { rest.split_once("  ").map_or(rest, |(hex, _)| hex) };
                let digits: Vec<u32> = rest.chars().filter_map(|c| c.to_digit(16)).collect();
                out.extend(digits.chunks_exact(2).map(|p| (p[0] * 16 + p[1]) as u8));
            }
            cx.out_bytes(&out);
            return 0;
        }
        let all: Vec<u8> = all.into_iter().skip(skip).take(many('l', MAX_SHOWN).min(MAX_SHOWN)).collect();
        let mut text = String::new();
        for (i, row) in all.chunks(width).enumerate() {
            if !plain {
                text.push_str(&format!("{:08x}: ", skip + i * width));
            }
            for n in 0..width {
                match row.get(n) {
                    Some(b) if opts.has('u') => text.push_str(&format!("{b:02X}")),
                    Some(b) => text.push_str(&format!("{b:02x}")),
                    None if plain => {}
                    None => text.push_str("  "),
                }
                if !plain && group > 0 && (n + 1) % group == 0 {
                    text.push(' ');
                }
            }
            if !plain {
                text.push_str(if group > 0 && width % group == 0 { " " } else { "  " });
                text.extend(row.iter().map(|b| printable(*b)));
            }
            text.push('\n');
        }
        cx.out(&text);
        0
    })
}

pub(crate) fn strings(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "fo:t:n:a");
    let least = opts.value('n').map_or(Some(4), number);
    if least.is_none_or(|n| n == 0) {
        return Act::Exit(usage(cx));
    }
    slurp(opts.rest.clone(), opts, Style::Plain, |cx, opts, inputs| {
        let least = opts.value('n').and_then(number).unwrap_or(4) as usize;
        for (name, bytes) in inputs.iter() {
            for run in bytes.split(|b| !(32..127).contains(b) && *b != b'\t').filter(|r| r.len() >= least) {
                let title = if opts.has('f') { [name, ": "].concat() } else { String::new() };
                cx.out(&[&title, &*String::from_utf8_lossy(run), "\n"].concat());
            }
        }
        0
    })
}
