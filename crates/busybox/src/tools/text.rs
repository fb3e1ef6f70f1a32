//! Tools that only make text: echo, printf, seq, basename, dirname, pwd, clear.

use super::{Opts, usage};
use crate::ctx::{Act, Ctx};
use crate::fs::split_last;

/// Turns the backslash escapes of `echo -e` (and of C, and of printf) into bytes. The flag says that `\c` was met.
/// In `echo` style an octal escape begins with a zero.
pub(crate) fn unescape(text: &[u8], echo: bool) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        if text[at] != b'\\' || at + 1 == text.len() {
            out.push(text[at]);
            at += 1;
            continue;
        }
        let c = text[at + 1];
        at += 2;
        match c {
            b'a' => out.push(7),
            b'b' => out.push(8),
            b'e' | b'E' => out.push(27),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'v' => out.push(11),
            b'\\' => out.push(b'\\'),
            b'\'' if !echo => out.push(b'\''),
            b'"' if !echo => out.push(b'"'),
            b'c' => return (out, true),
            b'x' => {
                let digits: Vec<u8> =
                    text[at..].iter().take(2).copied().take_while(u8::is_ascii_hexdigit).collect();
                if digits.is_empty() {
                    out.extend_from_slice(b"\\x");
                } else {
                    let text = String::from_utf8_lossy(&digits).into_owned();
                    out.push(u8::from_str_radix(&text, 16).unwrap_or(0));
                    at += digits.len();
                }
            }
            b'0'..=b'7' => {
                let max = if echo && c == b'0' { 4 } else { 3 };
                let mut value = u32::from(c - b'0');
                let mut taken = 1;
                while taken < max && text.get(at).is_some_and(|b| (b'0'..=b'7').contains(b)) {
                    value = value * 8 + u32::from(text[at] - b'0');
                    at += 1;
                    taken += 1;
                }
                out.push(value as u8);
            }
            _ => {
                out.push(b'\\');
                out.push(c);
            }
        }
    }
    (out, false)
}

/// What echo prints.
pub(crate) fn echo(args: &[String]) -> Vec<u8> {
    let mut rest = args;
    let (mut newline, mut escapes) = (true, false);
    while let Some(arg) = rest.first() {
        if arg.len() < 2 || !arg.starts_with('-') || !arg[1..].chars().all(|c| "neE".contains(c)) {
            break;
        }
        for c in arg[1..].chars() {
            match c {
                'n' => newline = false,
                'e' => escapes = true,
                _ => escapes = false,
            }
        }
        rest = &rest[1..];
    }
    let mut bytes = rest.join(" ").into_bytes();
    if escapes {
        let (done, stop) = unescape(&bytes, true);
        bytes = done;
        newline &= !stop;
    }
    if newline {
        bytes.push(b'\n');
    }
    bytes
}

pub(crate) fn echo_main(cx: &mut Ctx<'_>) -> Act {
    let args = cx.args();
    let bytes = echo(&args[1..]);
    match cx.write(1, &bytes) {
        Ok(()) => Act::Exit(0),
        Err(errno) => {
            cx.complain(&["write error: ", errno.text()].concat());
            Act::Exit(1)
        }
    }
}

/// A number as printf reads it: decimal, octal, hex, or `'c`. `None` when there is more, or none.
fn integer(text: &str) -> Option<i64> {
    let t = text.trim_start();
    if let Some(c) = t.strip_prefix(['\'', '"']) {
        return c.chars().next().map(|c| i64::from(u32::from(c)));
    }
    let (sign, digits) = match t.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, t.strip_prefix('+').unwrap_or(t)),
    };
    let value = if let Some(hex) = digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        i64::from_str_radix(hex, 16)
    } else if digits.len() > 1 && digits.starts_with('0') {
        i64::from_str_radix(&digits[1..], 8)
    } else {
        digits.parse()
    };
    value.ok().map(|v| v.wrapping_mul(sign))
}

/// A decimal number, scaled to `places` digits after the point, rounded half away from zero. Without floating point,
/// so that all machines agree.
pub(crate) fn fixed(text: &str, places: usize) -> Option<String> {
    let t = text.trim();
    let (negative, t) = match t.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, t.strip_prefix('+').unwrap_or(t)),
    };
    let (mantissa, exponent) = match t.find(['e', 'E']) {
        Some(at) => (&t[..at], t[at + 1..].parse::<i32>().ok()?),
        None => (t, 0),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && part.is_empty() || !whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    if exponent.abs() > 300 || whole.len() + part.len() > 300 {
        return None;
    }
    let mut digits: Vec<u8> = whole.bytes().chain(part.bytes()).map(|b| b - b'0').collect();
    // Where the decimal point stands, counted from the left.
    let mut point = whole.len() as i32 + exponent;
    while point < 0 {
        digits.insert(0, 0);
        point += 1;
    }
    while (digits.len() as i32) < point + places as i32 + 1 {
        digits.push(0);
    }
    let keep = point as usize + places;
    // A tie that binary floating point holds exactly goes to the even digit, as printf(3) does it.
    let tie = digits[keep] == 5 && digits[keep + 1..].iter().all(|d| *d == 0);
    let exact = places < 15 && {
        let part = digits[point as usize..=keep].iter().fold(0u128, |n, d| n * 10 + u128::from(*d));
        part % 5u128.pow(places as u32 + 1) == 0
    };
    let odd = keep > 0 && digits[keep - 1] % 2 == 1;
    let up = if tie && exact { odd } else { digits[keep] >= 5 };
    digits.truncate(keep);
    if up {
        let mut at = keep;
        loop {
            if at == 0 {
                digits.insert(0, 1);
                point += 1;
                break;
            }
            at -= 1;
            if digits[at] == 9 {
                digits[at] = 0;
            } else {
                digits[at] += 1;
                break;
            }
        }
    }
    let mut out: String = if negative { "-".to_string() } else { String::new() };
    let whole: String = digits[..point as usize].iter().map(|d| (d + b'0') as char).collect();
    let whole = whole.trim_start_matches('0');
    out.push_str(if whole.is_empty() { "0" } else { whole });
    if places > 0 {
        out.push('.');
        out.extend(digits[point as usize..].iter().map(|d| (d + b'0') as char));
    }
    Some(out)
}

/// Fills a text to a width.
pub(crate) fn pad(text: &str, width: usize, left: bool, zero: bool) -> String {
    let len = text.chars().count();
    if len >= width {
        return text.to_string();
    }
    let fill = width - len;
    if left {
        return [text, &" ".repeat(fill)].concat();
    }
    if zero {
        let sign = if text.starts_with('-') || text.starts_with('+') { 1 } else { 0 };
        return [&text[..sign], &"0".repeat(fill), &text[sign..]].concat();
    }
    [&" ".repeat(fill), text].concat()
}

/// A decimal number as (mantissa with `places` digits after the point, exponent of ten), as %e shows it.
fn scientific(text: &str, places: usize) -> Option<(String, i32)> {
    fixed(text, 0)?;
    let t = text.trim();
    let at = t.find(['e', 'E']).unwrap_or(t.len());
    let exponent: i32 = t.get(at + 1..).and_then(|e| e.parse().ok()).unwrap_or(0);
    let sign = if t.starts_with('-') { "-" } else { "" };
    let (whole, part) = t[..at].trim_start_matches(['-', '+']).split_once('.').unwrap_or((&t[..at], ""));
    let whole = whole.trim_start_matches(['-', '+']);
    let digits = [whole, part].concat();
    let zeros = digits.bytes().take_while(|b| *b == b'0').count();
    let digits = &digits[zeros..];
    if digits.is_empty() {
        return Some(([sign, &fixed("0", places)?].concat(), 0));
    }
    let mut exponent = exponent + whole.len() as i32 - zeros as i32 - 1;
    let mut mantissa = fixed(&[&digits[..1], ".", &digits[1..]].concat(), places)?;
    if mantissa.starts_with("10") {
        mantissa = fixed("1", places)?;
        exponent += 1;
    }
    Some(([sign, &mantissa].concat(), exponent))
}

/// %f, %e and %g of a decimal text.
fn float(text: &str, conversion: u8, precision: usize, alt: bool) -> Option<String> {
    let exponential = |places: usize| {
        let (mantissa, exponent) = scientific(text, places)?;
        let sign = if exponent < 0 { '-' } else { '+' };
        Some((mantissa, format!("e{sign}{:02}", exponent.abs())))
    };
    let shown = match conversion.to_ascii_lowercase() {
        b'f' => fixed(text, precision)?,
        b'e' => exponential(precision).map(|(mantissa, tail)| mantissa + &tail)?,
        _ => {
            let digits = precision.max(1);
            let (_, power) = scientific(text, digits - 1)?;
            let (mut number, tail) = if power < -4 || power >= digits as i32 {
                exponential(digits - 1)?
            } else {
                (fixed(text, (digits as i32 - 1 - power) as usize)?, String::new())
            };
            if number.contains('.') && !alt {
                number = number.trim_end_matches('0').trim_end_matches('.').to_string();
            }
            [number, tail].concat()
        }
    };
    Some(if conversion.is_ascii_uppercase() { shown.to_uppercase() } else { shown })
}

/// What printf printed, and what it said meanwhile.
#[derive(Default)]
pub(crate) struct Printed {
    pub(crate) out: Vec<u8>,
    /// Complaints, each with how much had been printed before it.
    pub(crate) errors: Vec<(usize, String)>,
    pub(crate) failed: bool,
}

impl Printed {
    fn wrong(&mut self, text: &str) {
        self.errors.push((self.out.len(), ["invalid number '", text, "'"].concat()));
    }

    /// Output and complaints in their order.
    pub(crate) fn show(&self, cx: &mut Ctx<'_>, complain: &dyn Fn(&mut Ctx<'_>, &str)) -> i32 {
        let mut shown = 0;
        for (at, text) in &self.errors {
            cx.out_bytes(&self.out[shown..*at]);
            shown = *at;
            complain(cx, text);
        }
        cx.out_bytes(&self.out[shown..]);
        i32::from(self.failed)
    }
}

/// What printf prints. `args[0]` is the format, used again while arguments are left.
pub(crate) fn printf(args: &[String]) -> Printed {
    let mut all = Printed::default();
    let format = args[0].as_bytes();
    let mut rest = &args[1..];
    loop {
        let before = rest.len();
        let mut at = 0;
        while at < format.len() {
            if all.out.len() > 4 << 20 {
                return all;
            }
            if format[at] == b'\\' {
                let mut end = at + 2;
                while end < format.len().min(at + 4) && format[end].is_ascii_hexdigit() {
                    end += 1;
                }
                // One escape at a time: how much it takes shows in what is left over.
                let piece = &format[at..end.min(format.len())];
                let (used, bytes, stop) = one_escape(piece);
                all.out.extend(bytes);
                if stop {
                    return all;
                }
                at += used;
                continue;
            }
            if format[at] != b'%' {
                all.out.push(format[at]);
                at += 1;
                continue;
            }
            let directive = at;
            at += 1;
            if format.get(at) == Some(&b'%') {
                all.out.push(b'%');
                at += 1;
                continue;
            }
            let (mut left, mut zero, mut plus, mut space, mut alt) = (false, false, false, false, false);
            while let Some(c) = format.get(at) {
                match c {
                    b'-' => left = true,
                    b'0' => zero = true,
                    b'+' => plus = true,
                    b' ' => space = true,
                    b'#' => alt = true,
                    _ => break,
                }
                at += 1;
            }
            let mut next = || -> String {
                match rest.split_first() {
                    Some((first, more)) => {
                        rest = more;
                        first.clone()
                    }
                    None => String::new(),
                }
            };
            let mut stars = Vec::new();
            let mut count = |at: &mut usize, next: &mut dyn FnMut() -> String| -> Option<i64> {
                if format.get(*at) == Some(&b'*') {
                    *at += 1;
                    let text = next();
                    let value = text.parse().ok();
                    if value.is_none() && !text.is_empty() {
                        stars.push(text);
                    }
                    return value;
                }
                let digits: String =
                    format[*at..].iter().take_while(|b| b.is_ascii_digit()).map(|b| *b as char).collect();
                *at += digits.len();
                digits.parse().ok()
            };
            let mut width = count(&mut at, &mut next).unwrap_or(0);
            if width < 0 {
                left = true;
                width = -width;
            }
            let width = width.min(10_000) as usize;
            let mut precision: Option<usize> = None;
            if format.get(at) == Some(&b'.') {
                at += 1;
                precision = Some(count(&mut at, &mut next).unwrap_or(0).clamp(0, 1000) as usize);
            }
            for text in &stars {
                all.wrong(text);
            }
            let before = at;
            while format.get(at).is_some_and(|c| b"hlLz".contains(c)) {
                at += 1;
            }
            let plain_b = at == directive + 1;
            let known = format.get(at).filter(|c| b"diouxXfFeEgGcs".contains(c) || **c == b'b' && plain_b);
            let Some(conversion) = known.copied() else {
                let rest = [&format[directive..before], &format[at..]].concat();
                all.errors
                    .push((all.out.len(), [&String::from_utf8_lossy(&rest), ": invalid format"].concat()));
                all.failed = true;
                return all;
            };
            at += 1;
            match conversion {
                b's' | b'b' => {
                    let text = next();
                    let mut bytes = text.into_bytes();
                    let mut stop = false;
                    if conversion == b'b' {
                        (bytes, stop) = unescape(&bytes, true);
                    }
                    if let Some(p) = precision {
                        bytes.truncate(p);
                    }
                    let fill = vec![b' '; width.saturating_sub(bytes.len())];
                    if left {
                        all.out.extend(bytes);
                        all.out.extend(fill);
                    } else {
                        all.out.extend(fill);
                        all.out.extend(bytes);
                    }
                    if stop {
                        return all;
                    }
                }
                b'c' => {
                    // Of an empty text the byte that ends it.
                    let c = next().chars().next().unwrap_or('\0').to_string();
                    all.out.extend(pad(&c, width, left, false).into_bytes());
                }
                b'd' | b'i' | b'u' | b'o' | b'x' | b'X' => {
                    let text = next();
                    let value = integer(&text).unwrap_or_else(|| {
                        all.wrong(&text);
                        all.failed = true;
                        0
                    });
                    let mut digits = match conversion {
                        b'o' => format!("{value:o}"),
                        b'x' => format!("{value:x}"),
                        b'X' => format!("{value:X}"),
                        b'u' => (value as u64).to_string(),
                        _ => value.unsigned_abs().to_string(),
                    };
                    if let Some(p) = precision {
                        digits = pad(&digits, p, false, true);
                    }
                    if alt && value != 0 {
                        match conversion {
                            b'x' => digits.insert_str(0, "0x"),
                            b'X' => digits.insert_str(0, "0X"),
                            b'o' => digits.insert(0, '0'),
                            _ => {}
                        }
                    }
                    if conversion == b'd' || conversion == b'i' {
                        if value < 0 {
                            digits.insert(0, '-');
                        } else if plus {
                            digits.insert(0, '+');
                        } else if space {
                            digits.insert(0, ' ');
                        }
                    }
                    all.out.extend(pad(&digits, width, left, zero && precision.is_none()).into_bytes());
                }
                b'f' | b'F' | b'e' | b'E' | b'g' | b'G' => {
                    let text = next();
                    let source = if text.is_empty() { "0" } else { &text };
                    let mut number = match float(source, conversion, precision.unwrap_or(6), alt) {
                        Some(number) => number,
                        None => {
                            all.wrong(&text);
                            all.failed = true;
                            float("0", conversion, precision.unwrap_or(6), alt).unwrap_or_default()
                        }
                    };
                    if plus && !number.starts_with('-') {
                        number.insert(0, '+');
                    }
                    all.out.extend(pad(&number, width, left, zero).into_bytes());
                }
                _ => {}
            }
        }
        if rest.is_empty() || rest.len() == before || all.out.len() > 1 << 20 {
            return all;
        }
    }
}

/// One escape of a printf format: how long it is, what it means, and whether it was `\c`.
fn one_escape(piece: &[u8]) -> (usize, Vec<u8>, bool) {
    let used = match piece.get(1) {
        None => return (1, b"\\".to_vec(), false),
        Some(b'0'..=b'7') => 1 + piece[1..].iter().take(3).take_while(|b| (b'0'..=b'7').contains(*b)).count(),
        Some(b'x') => 2 + piece[2..].iter().take(2).take_while(|b| b.is_ascii_hexdigit()).count(),
        Some(_) => 2,
    };
    let (bytes, stop) = unescape(&piece[..used], false);
    (used, bytes, stop)
}

pub(crate) fn printf_main(cx: &mut Ctx<'_>) -> Act {
    let args = cx.args();
    let from = if args.get(1).is_some_and(|a| a == "--") { 2 } else { 1 };
    if args.len() <= from {
        return Act::Exit(usage(cx));
    }
    Act::Exit(printf(&args[from..]).show(cx, &|cx, text| cx.complain(text)))
}

pub(crate) fn pwd(cx: &mut Ctx<'_>) -> Act {
    let line = [&cx.cwd(), "\n"].concat();
    cx.out(&line);
    Act::Exit(0)
}

pub(crate) fn clear(cx: &mut Ctx<'_>) -> Act {
    cx.out("\x1b[H\x1b[J");
    Act::Exit(0)
}

/// The last part of a path; `/` for the root.
pub(crate) fn base(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() && !path.is_empty() { "/" } else { split_last(trimmed).1 }
}

pub(crate) fn basename(cx: &mut Ctx<'_>) -> Act {
    let opts = match Opts::parse(cx, "+as:", &[]) {
        Ok(opts) => opts,
        Err(act) => return act,
    };
    let many = opts.has('a') || opts.has('s');
    if opts.rest.is_empty() || !many && opts.rest.len() > 2 {
        return Act::Exit(usage(cx));
    }
    let suffix =
        if many { opts.value('s') } else { opts.rest.get(1).map(String::as_str) }.unwrap_or_default();
    for path in &opts.rest[..if many { opts.rest.len() } else { 1 }] {
        let name = base(path);
        let short = name.strip_suffix(suffix).filter(|s| !s.is_empty()).unwrap_or(name);
        cx.out(&[short, "\n"].concat());
    }
    Act::Exit(0)
}

pub(crate) fn dirname(cx: &mut Ctx<'_>) -> Act {
    let args = cx.args();
    if args.len() != 2 {
        return Act::Exit(usage(cx));
    }
    let path = args[1].trim_end_matches('/');
    let dir = match path.rfind('/') {
        _ if path.is_empty() && !args[1].is_empty() => "/",
        Some(at) => match path[..at].trim_end_matches('/') {
            "" => "/",
            dir => dir,
        },
        None => ".",
    };
    cx.out(&[dir, "\n"].concat());
    Act::Exit(0)
}

/// A decimal as (digits without the point, places after it).
fn decimal(text: &str) -> Option<(i64, u32)> {
    if text.contains(['e', 'E']) {
        let plain = fixed(text, 9)?;
        return decimal(plain.trim_end_matches('0').trim_end_matches('.'));
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = [whole, part].concat();
    if part.len() > 9 || digits.len() > 18 || part.starts_with(['+', '-']) {
        return None;
    }
    Some((digits.parse().ok()?, part.len() as u32))
}

pub(crate) fn seq(cx: &mut Ctx<'_>) -> Act {
    let args: Vec<String> = cx.args()[1..].to_vec();
    let mut rest: Vec<String> = Vec::new();
    let (mut wide, mut sep) = (false, "\n".to_string());
    let mut at = 0;
    while at < args.len() {
        match args[at].as_str() {
            "-w" if rest.is_empty() => wide = true,
            "-s" if rest.is_empty() => {
                at += 1;
                sep = args.get(at).cloned().unwrap_or_default();
            }
            other if rest.is_empty() && other.starts_with("-s") => sep = other[2..].to_string(),
            // Negative numbers are options where the first one may stand.
            other if rest.is_empty() && other.starts_with('-') && other.len() > 1 => {
                let letter: String = other.chars().skip(1).take(1).collect();
                cx.complain(&["invalid option -- '", &letter, "'"].concat());
                return Act::Exit(usage(cx));
            }
            other => rest.push(other.to_string()),
        }
        at += 1;
    }
    let numbers: Option<Vec<(i64, u32)>> = rest.iter().map(|r| decimal(r)).collect();
    let Some(numbers) = numbers.filter(|n| !n.is_empty() && n.len() <= 3) else {
        return Act::Exit(usage(cx));
    };
    let places = numbers.iter().map(|n| n.1).max().unwrap_or(0);
    let scaled: Vec<i64> = numbers.iter().map(|(v, p)| v.saturating_mul(10i64.pow(places - p))).collect();
    let one = 10i64.pow(places);
    let (first, step, last) = match scaled[..] {
        [last] => (one, one, last),
        [first, last] => (first, one, last),
        _ => (scaled[0], scaled[1], scaled[2]),
    };
    let show = |v: i64| {
        let sign = if v < 0 { "-" } else { "" };
        let v = v.unsigned_abs();
        if places == 0 {
            format!("{sign}{v}")
        } else {
            format!("{sign}{}.{:0w$}", v / one as u64, v % one as u64, w = places as usize)
        }
    };
    let width = if wide { show(first).len().max(show(last).len()) } else { 0 };
    let mut text = String::new();
    let mut value = first;
    // It counts in floating point there, so that 0.3 is not reached from 0.1 by steps of 0.1.
    let float = |v: i64| v as f64 / one as f64;
    let (mut n, by, end) = (float(first), float(step), float(last));
    while if step < 0 { n >= end } else { n <= end } {
        if !text.is_empty() {
            text.push_str(&sep);
        }
        text.push_str(&pad(&show(value), width, false, true));
        if text.len() > if step == 0 { 1 << 16 } else { 4 << 20 } {
            break;
        }
        value = value.saturating_add(step);
        n += by;
    }
    if !text.is_empty() {
        text.push('\n');
    }
    cx.charge(text.len() as u32 / 1024);
    cx.out(&text);
    Act::Exit(0)
}
