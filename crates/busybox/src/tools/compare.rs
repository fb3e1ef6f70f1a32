//! cmp and diff.

use super::{Opts, usage};
use crate::ctx::{Act, Ctx};
use crate::types::Errno;

/// Reads one of the files of cmp and diff; `-` is not waited for.
fn one(cx: &mut Ctx<'_>, path: &str) -> Result<Vec<u8>, Errno> {
    cx.read_all(if path == "-" { "/proc/self/fd/0" } else { path })
}

pub(crate) fn cmp(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "lsn:");
    let Some(first) = opts.rest.first().cloned() else { return Act::Exit(usage(cx)) };
    let second = opts.rest.get(1).cloned().unwrap_or_else(|| "-".to_string());
    let mut both = Vec::new();
    for path in [&first, &second] {
        match one(cx, path) {
            Ok(bytes) => both.push(bytes),
            Err(errno) => {
                if !opts.has('s') {
                    cx.fail_path(path, errno);
                }
                return Act::Exit(2);
            }
        }
    }
    let limit = opts.value('n').and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
    let (a, b) = (&both[0][..both[0].len().min(limit)], &both[1][..both[1].len().min(limit)]);
    let mut line = 1;
    let mut code = 0;
    for (i, (x, y)) in a.iter().zip(b).enumerate() {
        if x != y {
            code = 1;
            if opts.has('l') {
                cx.out(&format!("{} {x:3o} {y:3o}\n", i + 1));
                continue;
            }
            if !opts.has('s') {
                cx.out(&format!("{first} {second} differ: char {}, line {line}\n", i + 1));
            }
            return Act::Exit(1);
        }
        line += u32::from(*x == b'\n');
    }
    if a.len() != b.len() {
        code = 1;
        if !opts.has('s') {
            let short = if a.len() < b.len() { &first } else { &second };
            cx.complain(&["EOF on ", short].concat());
        }
    }
    Act::Exit(code)
}

pub(crate) fn diff(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "abBdiL:NqrTstuwU:S:");
    let [first, second] = &opts.rest[..] else { return Act::Exit(usage(cx)) };
    let mut names = [first.clone(), second.clone()];
    for i in 0..2 {
        // A directory stands for the file of the other's name in it.
        if cx.stat(&names[i]).is_ok_and(|m| m.is_dir()) {
            let other = super::text::base(&names[1 - i]).to_string();
            if !cx.stat(&names[1 - i]).is_ok_and(|m| m.is_dir()) {
                names[i] = super::files::join(&names[i], &other);
            }
        }
    }
    let mut pairs = vec![(names[0].clone(), names[1].clone())];
    let mut code = 0;
    if names.iter().all(|n| cx.stat(n).is_ok_and(|m| m.is_dir())) {
        pairs.clear();
        let (a, b) = (cx.list(&names[0]).unwrap_or_default(), cx.list(&names[1]).unwrap_or_default());
        let mut all: Vec<_> = a.iter().chain(&b).cloned().collect();
        crate::map::sort_by(&mut all, |a, b| a.cmp(b));
        all.dedup();
        for name in all {
            let here = |list: &[std::rc::Rc<str>]| list.contains(&name);
            if here(&a) && here(&b) {
                pairs.push((super::files::join(&names[0], &name), super::files::join(&names[1], &name)));
            } else {
                let dir = if here(&a) { &names[0] } else { &names[1] };
                cx.out(&["Only in ", dir, ": ", &name, "\n"].concat());
                code = 1;
            }
        }
        pairs.retain(|(a, _)| !cx.stat(a).is_ok_and(|m| m.is_dir()));
    }
    let context = opts.value('U').and_then(|u| u.parse().ok()).unwrap_or(3usize);
    for (first, second) in pairs {
        let mut both = Vec::new();
        for path in [&first, &second] {
            match one(cx, path) {
                Ok(bytes) => both.push(bytes),
                Err(Errno::NoEntry) if opts.has('N') => both.push(Vec::new()),
                Err(errno) => {
                    cx.fail("can't stat", path, errno);
                    return Act::Exit(2);
                }
            }
        }
        if both[0] == both[1] {
            continue;
        }
        code = 1;
        if opts.has('q') {
            cx.out(&["Files ", &first, " and ", &second, " differ\n"].concat());
            continue;
        }
        let text = unified(&both[0], &both[1], context, opts.has('i'), opts.has('w') || opts.has('b'));
        if !text.is_empty() {
            cx.charge(2000);
            cx.out(&["--- ", &first, "\n+++ ", &second, "\n", &text].concat());
        }
    }
    Act::Exit(code)
}

/// The difference in the unified format, by the longest common subsequence of lines.
fn unified(a: &[u8], b: &[u8], context: usize, icase: bool, blanks: bool) -> String {
    let lines = |bytes: &[u8]| -> Vec<String> {
        bytes.split_inclusive(|b| *b == b'\n').map(|l| String::from_utf8_lossy(l).into_owned()).collect()
    };
    let (a, b) = (lines(a), lines(b));
    let norm = |l: &String| {
        let l = if icase { l.to_ascii_lowercase() } else { l.clone() };
        if blanks { l.split_ascii_whitespace().collect::<Vec<_>>().join(" ") } else { l }
    };
    let (ka, kb): (Vec<String>, Vec<String>) = (a.iter().map(norm).collect(), b.iter().map(norm).collect());
    let start = ka.iter().zip(&kb).take_while(|(x, y)| x == y).count();
    let end = ka[start..].iter().rev().zip(kb[start..].iter().rev()).take_while(|(x, y)| x == y).count();
    let (ma, mb) = (&ka[start..ka.len() - end], &kb[start..kb.len() - end]);
    // (kind, index in a, index in b)
    let mut script: Vec<(u8, usize, usize)> = (0..start).map(|i| (b' ', i, i)).collect();
    let (n, m) = (ma.len(), mb.len());
    let (mut i, mut j) = (0, 0);
    if n * m <= 4_000_000 {
        let mut table = vec![0u16; (n + 1) * (m + 1)];
        for i in (0..n).rev() {
            for j in (0..m).rev() {
                table[i * (m + 1) + j] = if ma[i] == mb[j] {
                    table[(i + 1) * (m + 1) + j + 1] + 1
                } else {
                    table[(i + 1) * (m + 1) + j].max(table[i * (m + 1) + j + 1])
                };
            }
        }
        while i < n && j < m {
            if ma[i] == mb[j] {
                script.push((b' ', start + i, start + j));
                i += 1;
                j += 1;
            } else if table[(i + 1) * (m + 1) + j] >= table[i * (m + 1) + j + 1] {
                script.push((b'-', start + i, start + j));
                i += 1;
            } else {
                script.push((b'+', start + i, start + j));
                j += 1;
            }
        }
    }
    script.extend((i..n).map(|i| (b'-', start + i, start + j)));
    script.extend((j..m).map(|j| (b'+', start + n, start + j)));
    script.extend((0..end).map(|k| (b' ', a.len() - end + k, b.len() - end + k)));
    let mut out = String::new();
    let changed: Vec<usize> =
        script.iter().enumerate().filter(|(_, s)| s.0 != b' ').map(|(i, _)| i).collect();
    let mut at = 0;
    while at < changed.len() {
        let mut last = at;
        while last + 1 < changed.len() && changed[last + 1] - changed[last] <= 2 * context {
            last += 1;
        }
        let from = changed[at].saturating_sub(context);
        let to = (changed[last] + context + 1).min(script.len());
        let hunk = &script[from..to];
        let count = |skip: u8| hunk.iter().filter(|s| s.0 != skip).count();
        let (na, nb) = (count(b'+'), count(b'-'));
        let show = |first: usize, n: usize| match n {
            1 => (first + 1).to_string(),
            0 => format!("{first},0"),
            n => format!("{},{n}", first + 1),
        };
        out.push_str(&format!("@@ -{} +{} @@\n", show(hunk[0].1, na), show(hunk[0].2, nb)));
        for (kind, i, j) in hunk {
            out.push(*kind as char);
            let line = if *kind == b'+' { &b[*j] } else { &a[*i] };
            out.push_str(line);
            if !line.ends_with('\n') {
                out.push_str("\n\\ No newline at end of file\n");
            }
        }
        at = last + 1;
    }
    out
}
