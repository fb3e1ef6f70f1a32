//! sort: keys, and the orders they are compared in.

use super::Opts;
use super::lines::parts_of;
use super::stream::{Style, slurp};
use crate::ctx::{Act, Ctx};

/// One key of sort: fields and characters from, to; its letters.
#[derive(Clone, Debug)]
struct Key {
    from: (usize, usize),
    to: Option<(usize, usize)>,
    letters: String,
}

fn sort_key(text: &str) -> Option<Key> {
    let part = |t: &str| -> Option<((usize, usize), String)> {
        let digits: String = t.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let letters = t[digits.len()..].to_string();
        let (field, char) = digits.split_once('.').unwrap_or((&digits, "0"));
        Some(((field.parse().ok()?, char.parse().ok()?), letters))
    };
    let (from, to) = text.split_once(',').map_or((text, None), |(a, b)| (a, Some(b)));
    let (from, mut letters) = part(from)?;
    let to = match to {
        Some(to) => {
            let (to, more) = part(to)?;
            letters.push_str(&more);
            Some(to)
        }
        None => None,
    };
    (from.0 > 0).then_some(Key { from, to, letters })
}

fn key_of<'a>(line: &'a [u8], key: &Key, separator: Option<u8>) -> &'a [u8] {
    // Where field n (from 1) begins; blanks before it belong to it when they separate.
    let start_of = |n: usize| -> usize {
        let mut at = 0;
        for _ in 1..n {
            match separator {
                Some(s) => match line[at..].iter().position(|b| *b == s) {
                    Some(i) => at += i + 1,
                    None => return line.len(),
                },
                None => {
                    at += line[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
                    at += line[at..].iter().take_while(|b| !b.is_ascii_whitespace()).count();
                }
            }
        }
        at
    };
    let end_of = |n: usize| -> usize {
        let at = start_of(n);
        match separator {
            Some(s) => line[at..].iter().position(|b| *b == s).map_or(line.len(), |i| at + i),
            None => {
                let blanks = line[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
                at + blanks + line[at + blanks..].iter().take_while(|b| !b.is_ascii_whitespace()).count()
            }
        }
    };
    let mut from = start_of(key.from.0);
    if key.from.1 > 0 {
        from += key.from.1 - 1;
    }
    if key.letters.contains('b') {
        from += line.get(from..).map_or(0, |l| l.iter().take_while(|b| b.is_ascii_whitespace()).count());
    }
    let to = match key.to {
        Some((field, 0)) => end_of(field),
        Some((field, char)) => start_of(field) + char,
        None => line.len(),
    };
    let from = from.min(line.len());
    &line[from..to.clamp(from, line.len())]
}

/// The number a text begins with, in millionths; `h`: with K, M, G.
fn sort_number(text: &[u8], human: bool) -> i128 {
    // Most are short and whole; a million of them are compared twenty million times.
    if !human && (1..=18).contains(&text.len()) && text.iter().all(u8::is_ascii_digit) {
        return text.iter().fold(0i128, |n, digit| n * 10 + i128::from(digit - b'0')) * 1_000_000;
    }
    let text = String::from_utf8_lossy(text).into_owned();
    let text = text.trim_start();
    let len = text.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.' || *b == b'-').count();
    let value: i128 = super::text::fixed(&text[..len.min(30)], 6)
        .and_then(|f| f.replace('.', "").parse().ok())
        .unwrap_or(0);
    let power = if human {
        text[len..].chars().next().and_then(|c| "KMGTP".find(c.to_ascii_uppercase())).map_or(0, |i| i + 1)
    } else {
        0
    };
    value << (10 * power)
}

fn compare(a: &[u8], b: &[u8], letters: &str) -> std::cmp::Ordering {
    let order = if letters.contains('n') || letters.contains('h') || letters.contains('g') {
        sort_number(a, letters.contains('h')).cmp(&sort_number(b, letters.contains('h')))
    } else if letters.contains('M') {
        let month = |t: &[u8]| {
            let name = String::from_utf8_lossy(t).trim().to_ascii_uppercase();
            ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
                .iter()
                .position(|m| name.starts_with(m))
                .map_or(0, |i| i + 1)
        };
        month(a).cmp(&month(b))
    } else if letters.contains('V') {
        version(a).cmp(&version(b))
    } else {
        let fold = |t: &[u8]| -> Vec<u8> {
            let keep =
                |b: &&u8| !letters.contains('d') || b.is_ascii_alphanumeric() || b.is_ascii_whitespace();
            let it = t.iter().filter(keep);
            if letters.contains('f') {
                it.map(u8::to_ascii_uppercase).collect()
            } else {
                it.copied().collect()
            }
        };
        if letters.contains('f') || letters.contains('d') { fold(a).cmp(&fold(b)) } else { a.cmp(b) }
    };
    if letters.contains('r') { order.reverse() } else { order }
}

/// A version: runs of digits count as numbers.
fn version(text: &[u8]) -> Vec<(u8, u64, Vec<u8>)> {
    let mut parts = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let digit = text[at].is_ascii_digit();
        let len = text[at..].iter().take_while(|b| b.is_ascii_digit() == digit).count();
        let run = &text[at..at + len];
        if digit {
            parts.push((1, String::from_utf8_lossy(run).parse().unwrap_or(u64::MAX), Vec::new()));
        } else {
            parts.push((0, 0, run.to_vec()));
        }
        at += len;
    }
    parts
}

pub(crate) fn sort(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "ngMucszbrdfihVt:k:o:mS:T:");
    for key in opts.values('k') {
        if sort_key(key).is_none() {
            cx.complain("bad field specification");
            return Act::Exit(2);
        }
    }
    for path in &opts.rest {
        if path != "-"
            && let Err(errno) = cx.stat(path)
        {
            cx.fail_path(path, errno);
            return Act::Exit(2);
        }
    }
    slurp(opts.rest.clone(), opts, Style::Plain, |cx, opts, inputs| {
        let global: String = "ngMbrdfhV".chars().filter(|c| opts.has(*c)).collect();
        let mut keys: Vec<Key> = opts.values('k').filter_map(sort_key).collect();
        for key in &mut keys {
            if key.letters.trim_matches('b').is_empty() {
                key.letters.push_str(&global);
            }
        }
        let separator =
            opts.value('t').and_then(|t| super::text::unescape(t.as_bytes(), false).0.first().copied());
        let order = |a: &[u8], b: &[u8]| {
            for key in &keys {
                let o = compare(key_of(a, key, separator), key_of(b, key, separator), &key.letters);
                if o.is_ne() {
                    return o;
                }
            }
            if keys.is_empty() {
                if global.contains('b') {
                    return compare(a.trim_ascii_start(), b.trim_ascii_start(), &global);
                }
                compare(a, b, &global)
            } else {
                std::cmp::Ordering::Equal
            }
        };
        let whole = |a: &[u8], b: &[u8]| {
            let o = order(a, b);
            if o.is_ne() || opts.has('s') || opts.has('u') {
                return o;
            }
            if global.contains('r') { b.cmp(a) } else { a.cmp(b) }
        };
        let end = if opts.has('z') { b'\0' } else { b'\n' };
        let mut all: Vec<&[u8]> = inputs.iter().flat_map(|(_, b)| parts_of(b, end)).collect();
        if opts.has('c') {
            for (i, pair) in all.windows(2).enumerate() {
                let o = order(pair[0], pair[1]);
                if o.is_gt() || o.is_eq() && opts.has('u') {
                    let _ = cx.write(2, format!("Check line {}\n", i + 1).as_bytes());
                    return 1;
                }
            }
            return 0;
        }
        crate::map::sort_by(&mut all, |a, b| whole(a, b));
        if opts.has('u') {
            all.dedup_by(|a, b| order(a, b).is_eq());
        }
        let mut out = Vec::new();
        for line in all {
            out.extend_from_slice(line);
            out.push(end);
        }
        match opts.value('o') {
            Some(path) => match cx.write_all(path, &out) {
                Ok(()) => 0,
                Err(errno) => {
                    cx.complain_open(path, errno);
                    2
                }
            },
            None => {
                cx.out_bytes(&out);
                0
            }
        }
    })
}
