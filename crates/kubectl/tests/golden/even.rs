//! Evens out what differs from run to run in printed text: ages, addresses, moments, random names.

use std::collections::BTreeMap;

/// Gives generated names an order of first appearance: `web-596556dd5f-drvcc` becomes `web-H1-P1`.
#[derive(Debug, Default)]
pub(crate) struct Names {
    seen: BTreeMap<(String, char), Vec<String>>,
}

/// The letters of generated names.
fn is_random(segment: &str, lengths: std::ops::RangeInclusive<usize>) -> bool {
    lengths.contains(&segment.len()) && segment.bytes().all(|b| b"bcdfghjklmnpqrstvwxz2456789".contains(&b))
}

fn is_template_hash(segment: &str) -> bool {
    (8..=10).contains(&segment.len())
        && segment.bytes().next().is_some_and(|b| b"bcdf0123456789".contains(&b))
        && is_random(&segment[1..], 7..=9)
}

fn is_lower(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

fn begins_with_letter(segment: &str) -> bool {
    is_lower(segment) && segment.as_bytes()[0].is_ascii_lowercase()
}

impl Names {
    fn nth(&mut self, base: &str, token: &str, mark: char) -> String {
        let known = self.seen.entry((base.to_string(), mark)).or_default();
        let number = known.iter().position(|other| other == token).unwrap_or_else(|| {
            known.push(token.to_string());
            known.len() - 1
        });
        format!("{mark}{}", number + 1)
    }

    /// The text with its generated names evened out.
    pub(crate) fn even(&mut self, text: &str) -> String {
        let text = self.each_run(text, Names::pods_of_templates);
        let text = self.each_run(&text, Names::templates);
        self.each_run(&text, Names::suffixes)
    }

    /// Rewrites each run of letters, digits, underscores and dashes.
    fn each_run(&mut self, text: &str, rewrite: fn(&mut Names, &[&str]) -> String) -> String {
        let mut out = String::new();
        let mut rest = text;
        let in_run = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        while let Some(start) = rest.find(in_run) {
            out.push_str(&rest[..start]);
            rest = &rest[start..];
            let end = rest.find(|c| !in_run(c)).unwrap_or(rest.len());
            let segments: Vec<&str> = rest[..end].split('-').collect();
            out.push_str(&rewrite(self, &segments));
            rest = &rest[end..];
        }
        out.push_str(rest);
        out
    }

    /// `web-596556dd5f-drvcc`
    fn pods_of_templates(&mut self, segments: &[&str]) -> String {
        let mut out: Vec<String> = Vec::new();
        let mut at = 0;
        while at < segments.len() {
            let lower = segments[at..].iter().take_while(|segment| is_lower(segment)).count();
            let hash = (at + 1..(at + lower).saturating_sub(1))
                .find(|i| is_template_hash(segments[*i]) && is_random(segments[i + 1], 5..=5));
            match hash {
                Some(i) => {
                    let base = segments[at..i].join("-");
                    let pod = format!("{}{}", segments[i], segments[i + 1]);
                    let (h, p) = (self.nth(&base, segments[i], 'H'), self.nth(&base, &pod, 'P'));
                    out.push(format!("{base}-{h}-{p}"));
                    at = i + 2;
                }
                None => {
                    out.push(segments[at].to_string());
                    at += 1;
                }
            }
        }
        out.join("-")
    }

    /// `web-596556dd5f`
    fn templates(&mut self, segments: &[&str]) -> String {
        let mut out: Vec<String> = Vec::new();
        let mut at = 0;
        while at < segments.len() {
            // Dashes may follow one another inside the base.
            let usable = segments[at..].iter().take_while(|s| s.is_empty() || is_lower(s)).count();
            let hash = if begins_with_letter(segments[at]) {
                (at + 1..at + usable).find(|i| is_random(segments[*i], 8..=10))
            } else {
                None
            };
            match hash {
                Some(i) if segments[i].bytes().any(|b| b.is_ascii_digit()) => {
                    let base = segments[at..i].join("-");
                    let h = self.nth(&base, segments[i], 'H');
                    out.push(format!("{base}-{h}"));
                    at = i + 1;
                }
                Some(i) => {
                    out.push(segments[at..=i].join("-"));
                    at = i + 1;
                }
                None => {
                    out.push(segments[at].to_string());
                    at += 1;
                }
            }
        }
        out.join("-")
    }

    /// `agent-785pc`
    fn suffixes(&mut self, segments: &[&str]) -> String {
        let mut out: Vec<String> = Vec::new();
        let mut at = 0;
        while at < segments.len() {
            let lower = segments[at..].iter().take_while(|segment| is_lower(segment)).count();
            let suffix = if begins_with_letter(segments[at]) {
                (at + 1..at + lower).rev().find(|i| is_random(segments[*i], 5..=5))
            } else {
                None
            };
            match suffix {
                Some(i) => {
                    let base = segments[at..i].join("-");
                    if ["ready", "green", "start"].contains(&segments[i]) {
                        out.push(format!("{base}-{}", segments[i]));
                    } else {
                        let p = self.nth(&base, segments[i], 'P');
                        out.push(format!("{base}-{p}"));
                    }
                    at = i + 1;
                }
                None => {
                    out.push(segments[at].to_string());
                    at += 1;
                }
            }
        }
        out.join("-")
    }
}

/// Replaces what a matcher finds: it says how many bytes match at a place, or nothing.
fn replace(text: &str, with: &str, matcher: impl Fn(&[u8], usize) -> Option<usize>) -> String {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let mut at = 0;
    let mut copied = 0;
    while at < bytes.len() {
        match matcher(bytes, at).filter(|length| *length > 0) {
            Some(length) => {
                out.push_str(&text[copied..at]);
                out.push_str(with);
                at += length;
                copied = at;
            }
            None => at += 1,
        }
    }
    out.push_str(&text[copied..]);
    out
}

fn is_word(byte: Option<&u8>) -> bool {
    byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b >= 0x80)
}

/// Whether a word begins or ends here.
fn boundary(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| bytes.get(at));
    is_word(before) != is_word(bytes.get(at))
}

fn digits(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).unwrap_or(&[]).iter().take_while(|b| b.is_ascii_digit()).count()
}

fn starts(bytes: &[u8], at: usize, word: &str) -> bool {
    bytes.get(at..).is_some_and(|rest| rest.starts_with(word.as_bytes()))
}

fn uid(bytes: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    for (index, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        if index > 0 {
            if bytes.get(end) != Some(&b'-') {
                return None;
            }
            end += 1;
        }
        let part = bytes.get(end..end + length)?;
        if !part.iter().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b)) {
            return None;
        }
        end += length;
    }
    Some(end - at)
}

fn id(bytes: &[u8], at: usize) -> Option<usize> {
    let word = ["containerd", "docker-pullable", "sha256"].iter().find(|word| starts(bytes, at, word))?;
    let after = at + word.len();
    if !boundary(bytes, at) || !matches!(bytes.get(after), Some(b':' | b'/' | b'@')) {
        return None;
    }
    let more = bytes[after + 1..].iter().take_while(|b| !b.is_ascii_whitespace() && !b"\"'".contains(b));
    Some(after + 1 + more.count() - at)
}

/// A runtime's number for something: 64 hexadecimal digits.
fn hex(bytes: &[u8], at: usize) -> Option<usize> {
    let part = bytes.get(at..at + 64)?;
    let fits = part.iter().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b));
    (fits && boundary(bytes, at) && boundary(bytes, at + 64)).then_some(64)
}

/// `Nov 20 12:40`, `Fri Nov 20 12:40:48 UTC 2026`: a recording begins at another time of day.
fn clock(bytes: &[u8], at: usize) -> Option<usize> {
    const DAYS: [&str; 7] = ["Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "];
    const MONTHS: [&str; 12] =
        ["Jan ", "Feb ", "Mar ", "Apr ", "May ", "Jun ", "Jul ", "Aug ", "Sep ", "Oct ", "Nov ", "Dec "];
    if !boundary(bytes, at) {
        return None;
    }
    let mut end = at + if DAYS.iter().any(|day| starts(bytes, at, day)) { 4 } else { 0 };
    if !MONTHS.iter().any(|month| starts(bytes, end, month)) {
        return None;
    }
    end += 4 + usize::from(bytes.get(end + 4) == Some(&b' '));
    end += digits(bytes, end);
    let shape = |from: usize, shape: &[u8]| {
        let part = bytes.get(from..from + shape.len());
        part.is_some_and(|part| {
            part.iter().zip(shape).all(|(b, s)| if *s == b'0' { b.is_ascii_digit() } else { b == s })
        })
    };
    if !shape(end, b" 00:00") {
        return None;
    }
    end += 6;
    for more in [&b":00"[..], b" UTC 0000"] {
        end += if shape(end, more) { more.len() } else { 0 };
    }
    Some(end - at)
}

/// `2026-11-20 12:42:20 +0000 UTC`
fn spaced_moment(bytes: &[u8], at: usize) -> Option<usize> {
    let shape = b"0000-00-00 00:00:00 +0000 UTC";
    let part = bytes.get(at..at + shape.len())?;
    let fits = part.iter().zip(shape).all(|(b, s)| if *s == b'0' { b.is_ascii_digit() } else { b == s });
    (fits && boundary(bytes, at)).then_some(shape.len())
}

fn moment(bytes: &[u8], at: usize) -> Option<usize> {
    let shape = b"0000-00-00T";
    let part = bytes.get(at..at + shape.len())?;
    let fits = part.iter().zip(shape).all(|(b, s)| if *s == b'0' { b.is_ascii_digit() } else { b == s });
    if !fits || !boundary(bytes, at) {
        return None;
    }
    let rest = &bytes[at + shape.len()..];
    let clock = rest.iter().take_while(|b| b.is_ascii_digit() || b":.".contains(b)).count();
    if clock == 0 {
        return None;
    }
    Some(shape.len() + clock + usize::from(rest.get(clock) == Some(&b'Z')))
}

fn long_moment(bytes: &[u8], at: usize) -> Option<usize> {
    let days = ["Mon, ", "Tue, ", "Wed, ", "Thu, ", "Fri, ", "Sat, ", "Sun, "];
    if !boundary(bytes, at) || !days.iter().any(|day| starts(bytes, at, day)) {
        return None;
    }
    let line_end = bytes[at..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |end| at + end);
    (at + 5..line_end)
        .find(|i| b"+-".contains(&bytes[*i]) && digits(&bytes[..line_end], i + 1) >= 4)
        .map(|i| i + 5 - at)
}

fn address(bytes: &[u8], at: usize) -> Option<usize> {
    if !boundary(bytes, at) {
        return None;
    }
    let known = ["10.244", "10.245", "10.99", "10.42", "10.96"];
    let mut end = match known.iter().find(|prefix| starts(bytes, at, prefix)) {
        Some(prefix) => at + prefix.len(),
        None if starts(bytes, at, "172.") => {
            let count = digits(bytes, at + 4);
            if count == 0 {
                return None;
            }
            at + 4 + count
        }
        None => return None,
    };
    let mut last = None;
    for parts in 1..=3 {
        let count = digits(bytes, end + 1);
        if bytes.get(end) != Some(&b'.') || count == 0 {
            break;
        }
        end += 1 + count;
        if parts >= 2 && boundary(bytes, end) {
            last = Some(end - at);
        }
    }
    last
}

/// How many bytes of `1d2h3m4s` stand here, and which units: days, hours, minutes, seconds.
fn span(bytes: &[u8], at: usize) -> (usize, [bool; 4]) {
    let mut end = at;
    let mut units = [false; 4];
    for (index, unit) in b"dhms".iter().enumerate() {
        let count = digits(bytes, end);
        if count > 0 && bytes.get(end + count) == Some(unit) {
            end += count + 1;
            units[index] = true;
        }
    }
    (end - at, units)
}

fn ago(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at) != Some(&b'(') {
        return None;
    }
    let (length, _) = span(bytes, at + 1);
    starts(bytes, at + 1 + length, " ago)").then_some(length + 6)
}

fn age(bytes: &[u8], at: usize) -> Option<usize> {
    if !boundary(bytes, at) {
        return None;
    }
    let (length, _) = span(bytes, at);
    (length > 0 && boundary(bytes, at + length)).then_some(length)
}

/// Digits and dots, then `s` or `ms`.
fn fraction(bytes: &[u8], at: usize) -> Option<usize> {
    let number = bytes.get(at..)?.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
    if number == 0 {
        return None;
    }
    let end = at + number + usize::from(bytes.get(at + number) == Some(&b'm'));
    (bytes.get(end) == Some(&b's')).then_some(end + 1 - at)
}

fn took(bytes: &[u8], at: usize) -> Option<usize> {
    if starts(bytes, at, "in ") && boundary(bytes, at) {
        let length = fraction(bytes, at + 3)?;
        return boundary(bytes, at + 3 + length).then_some(length + 3);
    }
    if bytes.get(at) == Some(&b'(') {
        let length = fraction(bytes, at + 1)?;
        let rest = " including waiting)";
        return starts(bytes, at + 1 + length, rest).then_some(1 + length + rest.len());
    }
    None
}

/// `Resource Version:  3435`
fn described_version(bytes: &[u8], at: usize) -> Option<usize> {
    let word = "Resource Version:";
    if !starts(bytes, at, word) {
        return None;
    }
    let spaces = bytes[at + word.len()..].iter().take_while(|b| **b == b' ').count();
    let count = digits(bytes, at + word.len() + spaces);
    (count > 0).then_some(word.len() + spaces + count)
}

/// A number between two words.
fn between<'a>(before: &'a str, after: &'a str) -> impl Fn(&[u8], usize) -> Option<usize> + 'a {
    move |bytes, at| {
        let count = digits(bytes, at + before.len());
        let fits = starts(bytes, at, before) && count > 0 && starts(bytes, at + before.len() + count, after);
        fits.then_some(before.len() + count + after.len())
    }
}

fn token_volume(bytes: &[u8], at: usize) -> Option<usize> {
    let word = "kube-api-access-";
    let suffix = bytes.get(at + word.len()..at + word.len() + 5)?;
    (starts(bytes, at, word) && suffix.iter().all(|b| is_word(Some(b)))).then_some(word.len() + 5)
}

/// Evens out a printed text.
pub(crate) fn text(text: &str, names: &mut Names) -> String {
    let text = replace(text, "UID", uid);
    let text = replace(&text, "ID", id);
    let text = replace(&text, "ID", hex);
    let text = replace(&text, "TIME", spaced_moment);
    let text = replace(&text, "TIME", moment);
    let text = replace(&text, "TIME", clock);
    let text = replace(&text, "TIME", long_moment);
    let text = replace(&text, "IP", address);
    let text = replace(&text, "(AGE ago)", ago);
    let text = replace(&text, "AGE", age);
    let text = replace(&text, "in AGE", took);
    let text = replace(&text, "Image size: N bytes", between("Image size: ", " bytes"));
    let text = replace(&text, "kube-api-access-X", token_volume);
    let text = replace(&text, "resourceVersion: N", between("resourceVersion: \"", "\""));
    let text = replace(&text, "\"resourceVersion\": N", between("\"resourceVersion\": \"", "\""));
    let text = replace(&text, "Resource Version: N", described_version);
    names.even(&text)
}
