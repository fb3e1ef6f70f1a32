//! Values: numbers in millionths, texts, and how one becomes the other.

use super::ONE;
use crate::tools::text::fixed;
use std::rc::Rc;

#[derive(Clone, Debug)]
pub(super) enum Val {
    Unset,
    Num(i128),
    Str(Rc<str>),
    /// From the input: a number when it looks like one.
    Input(Rc<str>),
}

/// The number a text begins with, in millionths.
pub(super) fn number(text: &str) -> i128 {
    let t = text.trim_start();
    let bytes = t.as_bytes();
    let mut end = usize::from(matches!(bytes.first(), Some(b'-' | b'+')));
    let mut dot = false;
    while let Some(b) = bytes.get(end) {
        if *b == b'.' && !dot {
            dot = true;
        } else if !b.is_ascii_digit() {
            break;
        }
        end += 1;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let mut e = end + 1;
        if matches!(bytes.get(e), Some(b'-' | b'+')) {
            e += 1;
        }
        let start = e;
        while bytes.get(e).is_some_and(u8::is_ascii_digit) {
            e += 1;
        }
        if e > start {
            end = e;
        }
    }
    fixed(&t[..end.min(60)], 6).and_then(|f| f.replace('.', "").parse().ok()).unwrap_or(0)
}

/// Does the whole text look like a number?
pub(super) fn looks_numeric(text: &str) -> bool {
    let t = text.trim();
    t.bytes().any(|b| b.is_ascii_digit()) && fixed(t, 6).is_some()
}

pub(super) fn show(n: i128) -> String {
    if n % ONE == 0 {
        return (n / ONE).to_string();
    }
    // Six significant digits, as %.6g gives them.
    let whole = (n / ONE).unsigned_abs();
    let digits = if whole == 0 { 0 } else { whole.to_string().len() };
    if digits > 6 {
        // %.6g of large numbers: 1.23457e+06
        let text = whole.to_string();
        let rounded = fixed(&[&text[..1], ".", &text[1..]].concat(), 5).unwrap_or_default();
        let mantissa = rounded.trim_end_matches('0').trim_end_matches('.');
        return format!("{}{mantissa}e+{:02}", if n < 0 { "-" } else { "" }, digits - 1);
    }
    if whole == 0 && n.abs() < 100 {
        // Smaller than a ten-thousandth: 1.2e-05
        let text = n.abs().to_string();
        let mantissa = [&text[..1], ".", &text[1..]].concat();
        let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
        return format!("{}{mantissa}e-{:02}", if n < 0 { "-" } else { "" }, 7 - text.len());
    }
    let places = 6usize.saturating_sub(digits);
    let sign = if n < 0 { "-" } else { "" };
    let text = format!("{sign}{whole}.{:06}", (n % ONE).unsigned_abs());
    let text = fixed(&text, places).unwrap_or(text);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

/// The exact decimal text, for printf.
pub(super) fn exact(n: i128) -> String {
    let sign = if n < 0 { "-" } else { "" };
    format!("{sign}{}.{:06}", (n / ONE).unsigned_abs(), (n % ONE).unsigned_abs())
}
