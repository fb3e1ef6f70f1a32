//! Shell patterns: `*`, `?`, `[…]`. A character after [`QUOTE`] stands for itself.

/// Marks the next character of a pattern as quoted. It cannot come from input: it is taken out there.
pub(crate) const QUOTE: char = '\u{1}';

/// Steps of one match; beyond, it fails. `*` many times over long texts would never end.
const MAX_STEPS: u32 = 200_000;

/// Has the text anything that a pattern match would not take literally?
pub(crate) fn has_magic(pattern: &str) -> bool {
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            QUOTE => {
                chars.next();
            }
            '*' | '?' | '[' => return true,
            _ => {}
        }
    }
    false
}

/// Takes the quote marks away.
pub(crate) fn unquote(pattern: &str) -> String {
    if pattern.contains(QUOTE) { pattern.replace(QUOTE, "") } else { pattern.to_string() }
}

/// Does the whole text match?
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    matches_chars(&pattern, &text)
}

pub(crate) fn matches_chars(p: &[char], t: &[char]) -> bool {
    let (mut pi, mut ti) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    let mut steps = 0;
    loop {
        steps += 1;
        if steps > MAX_STEPS {
            return false;
        }
        if pi < p.len() && p[pi] == '*' {
            star = Some((pi + 1, ti));
            pi += 1;
            continue;
        }
        if ti < t.len()
            && pi < p.len()
            && let Some(used) = one(&p[pi..], t[ti])
        {
            pi += used;
            ti += 1;
            continue;
        }
        if ti == t.len() && pi == p.len() {
            return true;
        }
        match &mut star {
            Some((sp, st)) if *st < t.len() => {
                *st += 1;
                pi = *sp;
                ti = *st;
            }
            _ => return false,
        }
    }
}

/// Matches one character; how much of the pattern that took.
fn one(p: &[char], c: char) -> Option<usize> {
    match p[0] {
        '?' => Some(1),
        '[' => match bracket(p, c) {
            Some((true, used)) => Some(used),
            Some((false, _)) => None,
            None => (c == '[').then_some(1),
        },
        QUOTE if p.len() > 1 => (p[1] == c).then_some(2),
        '\\' if p.len() > 1 => (p[1] == c).then_some(2),
        x => (x == c).then_some(1),
    }
}

/// `[…]`: does it match, and how long is it? `None` when it is not closed.
fn bracket(p: &[char], c: char) -> Option<(bool, usize)> {
    let mut i = 1;
    let negated = matches!(p.get(i), Some('!' | '^'));
    if negated {
        i += 1;
    }
    let mut hit = false;
    let mut first = true;
    loop {
        let mut x = *p.get(i)?;
        if x == ']' && !first {
            return Some((hit != negated, i + 1));
        }
        first = false;
        if x == '[' && p.get(i + 1) == Some(&':') {
            let end = (i + 2..p.len()).find(|e| p[*e] == ':' && p.get(e + 1) == Some(&']'))?;
            let name: String = p[i + 2..end].iter().collect();
            hit |= in_class(&name, c);
            i = end + 2;
            continue;
        }
        if (x == QUOTE || x == '\\') && i + 1 < p.len() {
            i += 1;
            x = p[i];
        }
        if p.get(i + 1) == Some(&'-') && p.get(i + 2).is_some_and(|e| *e != ']') {
            let mut end = p[i + 2];
            i += 3;
            if end == QUOTE {
                end = *p.get(i)?;
                i += 1;
            }
            hit |= x <= c && c <= end;
        } else {
            hit |= x == c;
            i += 1;
        }
    }
}

/// `[:alpha:]` and its like.
pub(crate) fn in_class(name: &str, c: char) -> bool {
    match name {
        "alpha" => c.is_ascii_alphabetic(),
        "digit" => c.is_ascii_digit(),
        "alnum" => c.is_ascii_alphanumeric(),
        "upper" => c.is_ascii_uppercase(),
        "lower" => c.is_ascii_lowercase(),
        "space" => c.is_ascii_whitespace() || c == '\u{b}',
        "blank" => c == ' ' || c == '\t',
        "punct" => c.is_ascii_punctuation(),
        "xdigit" => c.is_ascii_hexdigit(),
        "cntrl" => c.is_ascii_control(),
        "print" => c == ' ' || c.is_ascii_graphic(),
        "graph" => c.is_ascii_graphic(),
        _ => false,
    }
}
