//! od and hexdump: bytes made readable.

use super::stream::{Style, slurp};
use super::{Opts, number};
use crate::ctx::{Act, Ctx};

pub(crate) fn od(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "aBbcDdeFfHhIiLlOosxAvXt:j:N:w:");
    slurp(opts.rest.clone(), opts, Style::Plain, |cx, opts, inputs| {
        let skip = opts.value('j').and_then(number).unwrap_or(0) as usize;
        let count = opts.value('N').and_then(number).map_or(usize::MAX, |n| n as usize);
        let all: Vec<u8> = inputs.iter().flat_map(|(_, b)| b.clone()).skip(skip).take(count).collect();
        let kind = opts.value('t').unwrap_or(if opts.has('c') {
            "c"
        } else if opts.has('x') || opts.has('h') {
            "x2"
        } else if opts.has('b') {
            "o1"
        } else if opts.has('d') {
            "u2"
        } else {
            "o2"
        });
        let mut text = String::new();
        for (i, row) in all.chunks(16).enumerate() {
            text.push_str(&format!("{:07o}", skip + i * 16));
            let size = kind[1..].parse::<usize>().unwrap_or(if kind == "c" { 1 } else { 4 }).clamp(1, 8);
            for group in row.chunks(size) {
                let value = group.iter().rev().fold(0u64, |n, b| n << 8 | u64::from(*b));
                text.push_str(&match &kind[..1] {
                    "c" => match group[0] {
                        0 => "  \\0".to_string(),
                        7 => "  \\a".to_string(),
                        8 => "  \\b".to_string(),
                        9 => "  \\t".to_string(),
                        10 => "  \\n".to_string(),
                        11 => "  \\v".to_string(),
                        12 => "  \\f".to_string(),
                        13 => "  \\r".to_string(),
                        c @ 32..=126 => format!("   {}", c as char),
                        c => format!(" {c:03o}"),
                    },
                    "x" => format!(" {value:0w$x}", w = size * 2),
                    "u" | "d" => format!(" {value:>w$}", w = [3, 3, 5, 8, 10, 10, 10, 10, 20][size]),
                    _ => format!(" {value:0w$o}", w = [3, 3, 6, 9, 11, 11, 11, 11, 22][size]),
                });
            }
            text.push('\n');
        }
        text.push_str(&format!("{:07o}\n", skip + all.len()));
        cx.out(&text);
        0
    })
}

pub(crate) fn hexdump(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "bcCdeofn:s:vx");
    slurp(opts.rest.clone(), opts, Style::CantOpen, |cx, opts, inputs| {
        let skip = opts.value('s').and_then(number).unwrap_or(0) as usize;
        let count = opts.value('n').and_then(number).map_or(usize::MAX, |n| n as usize);
        let all: Vec<u8> = inputs.iter().flat_map(|(_, b)| b.clone()).skip(skip).take(count).collect();
        let wide = opts.has('C');
        let mut text = String::new();
        let (mut last, mut starred): (&[u8], bool) = (&[], false);
        for (i, row) in all.chunks(16).enumerate() {
            if row == last && row.len() == 16 && !opts.has('v') {
                if !starred {
                    text.push_str("*\n");
                }
                starred = true;
                continue;
            }
            (last, starred) = (row, false);
            if wide {
                text.push_str(&format!("{:08x} ", skip + i * 16));
                for n in 0..16 {
                    if n == 8 {
                        text.push(' ');
                    }
                    match row.get(n) {
                        Some(b) => text.push_str(&format!(" {b:02x}")),
                        None => text.push_str("   "),
                    }
                }
                text.push_str("  |");
                text.extend(row.iter().map(|b| if (32..127).contains(b) { *b as char } else { '.' }));
                text.push_str("|\n");
            } else {
                text.push_str(&format!("{:07x}", skip + i * 16));
                for n in 0..8 {
                    match row.get(n * 2) {
                        Some(low) => {
                            let high = row.get(n * 2 + 1).copied().unwrap_or(0);
                            text.push_str(&format!(" {high:02x}{low:02x}"));
                        }
                        None => text.push_str("     "),
                    }
                }
                text.push('\n');
            }
        }
        if !all.is_empty() {
            let end = skip + all.len();
            text.push_str(&if wide { format!("{end:08x}\n") } else { format!("{end:07x}\n") });
        }
        cx.out(&text);
        0
    })
}
