//! Splitting and replacing text.

use super::MAX_TEXT;
use crate::regex::Regex;
use std::rc::Rc;

/// Splits as FS says: a blank stands for runs of white space.
pub(super) fn split_text(text: &str, fs: &str) -> Vec<Rc<str>> {
    if text.is_empty() {
        return Vec::new();
    }
    if fs == " " {
        return text.split_ascii_whitespace().take(10_000).map(Rc::from).collect();
    }
    let mut chars = fs.chars();
    if let (Some(c), None) = (chars.next(), chars.next())
        && c != '\\'
    {
        return text.split(c).take(10_000).map(Rc::from).collect();
    }
    if fs.is_empty() {
        return text.chars().take(10_000).map(|c| c.to_string().into()).collect();
    }
    match Regex::new(fs, true, false) {
        Ok(regex) => split_regex(text, &regex),
        Err(()) => vec![text.into()],
    }
}

pub(super) fn split_regex(text: &str, regex: &Regex) -> Vec<Rc<str>> {
    let mut parts = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some((a, b)) = regex.find(bytes, at).and_then(|g| g[0]) {
        if b == a || parts.len() >= 10_000 {
            break;
        }
        parts.push(String::from_utf8_lossy(&bytes[at..a]).into_owned().into());
        at = b;
    }
    if !text.is_empty() {
        parts.push(String::from_utf8_lossy(&bytes[at..]).into_owned().into());
    }
    parts
}

pub(super) fn substitute(source: &str, regex: &Regex, with: &str, all: bool) -> (String, i128) {
    let text = source.as_bytes();
    let mut out: Vec<u8> = Vec::new();
    let (mut at, mut count) = (0, 0);
    let mut after_hit = usize::MAX;
    while at <= text.len() {
        let Some((a, b)) = regex.find(text, at).and_then(|g| g[0]) else { break };
        if a == b && a == after_hit {
            if a < text.len() {
                out.push(text[a]);
            }
            at = a + 1;
            after_hit = usize::MAX;
            continue;
        }
        out.extend_from_slice(&text[at..a]);
        count += 1;
        let mut chars = with.chars().peekable();
        let mut buf = [0; 4];
        while let Some(c) = chars.next() {
            match c {
                '\\' if chars.peek() == Some(&'&') || chars.peek() == Some(&'\\') => {
                    let c = chars.next().unwrap_or('\\');
                    out.extend_from_slice(c.encode_utf8(&mut buf).as_bytes());
                }
                '&' => out.extend_from_slice(&text[a..b]),
                c => out.extend_from_slice(c.encode_utf8(&mut buf).as_bytes()),
            }
        }
        at = b;
        after_hit = b;
        if a == b {
            if a < text.len() {
                out.push(text[a]);
            }
            at = a + 1;
        }
        if !all || out.len() > MAX_TEXT {
            break;
        }
    }
    if at < text.len() {
        out.extend_from_slice(&text[at..]);
    }
    (String::from_utf8_lossy(&out).into_owned(), count)
}
