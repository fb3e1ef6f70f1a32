//! Small tools: comm, split, expand, unexpand, shuf, dos2unix, link, unlink, pgrep and pkill.

use super::lines::lines_of;
use super::stream::{Style, slurp};
use super::{Opts, number, usage};
use crate::ctx::{Act, Ctx};
use crate::types::Signal;

const MAX_FILES: usize = 676;
/// What a tool makes of its input at once.
const MAX_OUT: usize = 8 << 20;

pub(crate) fn comm(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "123");
    if opts.rest.len() != 2 {
        return Act::Exit(usage(cx));
    }
    slurp(opts.rest.clone(), opts, Style::Plain, |cx, opts, inputs| {
        let [(_, left), (_, right)] = &inputs[..] else { return 1 };
        let (left, right) = (lines_of(left), lines_of(right));
        let (mut a, mut b) = (0, 0);
        let mut out = Vec::new();
        while a < left.len() || b < right.len() {
            let order = match (left.get(a), right.get(b)) {
                (Some(x), Some(y)) => x.cmp(y),
                (Some(_), None) => std::cmp::Ordering::Less,
                _ => std::cmp::Ordering::Greater,
            };
            let (column, line) = match order {
                std::cmp::Ordering::Less => ('1', left[a]),
                std::cmp::Ordering::Greater => ('2', right[b]),
                std::cmp::Ordering::Equal => ('3', left[a]),
            };
            a += usize::from(order.is_le());
            b += usize::from(order.is_ge());
            if opts.has(column) {
                continue;
            }
            let before = "12".chars().filter(|c| *c < column && !opts.has(*c)).count();
            out.extend(std::iter::repeat_n(b'\t', before));
            out.extend_from_slice(line);
            out.push(b'\n');
        }
        cx.out_bytes(&out);
        0
    })
}

pub(crate) fn split(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "l:b:a:");
    let size = |letter| opts.value(letter).map_or(Some(1000), number);
    if opts.rest.len() > 2 || size('l').is_none_or(|n| n == 0) || size('b').is_none_or(|n| n == 0) {
        return Act::Exit(usage(cx));
    }
    slurp(opts.rest.iter().take(1).cloned().collect(), opts, Style::Plain, |cx, opts, inputs| {
        let prefix = opts.rest.get(1).map_or("x", String::as_str);
        let letters = opts.value('a').and_then(|a| a.parse().ok()).unwrap_or(2usize).clamp(1, 8);
        let all: Vec<u8> = inputs.iter().flat_map(|(_, b)| b.clone()).collect();
        let pieces: Vec<Vec<u8>> = if let Some(bytes) = opts.value('b').and_then(number) {
            all.chunks(bytes as usize).map(<[u8]>::to_vec).collect()
        } else {
            let lines: Vec<&[u8]> = all.split_inclusive(|b| *b == b'\n').collect();
            let each = opts.value('l').and_then(number).unwrap_or(1000) as usize;
            lines.chunks(each).map(<[&[u8]]>::concat).collect()
        };
        for (i, piece) in pieces.iter().enumerate() {
            if i >= MAX_FILES || letters == 1 && i >= 26 {
                cx.complain("suffixes exhausted");
                return 1;
            }
            let mut name = prefix.to_string();
            for at in (0..letters as u32).rev() {
                name.push((b'a' + (i / 26usize.pow(at) % 26) as u8) as char);
            }
            if let Err(errno) = cx.write_all(&name, piece) {
                return cx.fail("can't open", &name, errno);
            }
        }
        0
    })
}

/// expand and unexpand.
pub(crate) fn expand(cx: &mut Ctx<'_>) -> Act {
    let long = [("tabs", 't'), ("initial", 'i'), ("all", 'a'), ("first-only", 'f')];
    let opts = opts!(cx, "it:af", &long);
    slurp(opts.rest.clone(), opts, Style::Plain, |cx, opts, inputs| {
        let width = opts.value('t').and_then(|t| t.parse().ok()).unwrap_or(8usize).clamp(1, 1000);
        let (back, all) = (cx.name() == "unexpand", opts.has('a') || opts.has('t'));
        let mut out = Vec::new();
        for line in inputs.iter().flat_map(|(_, b)| b.split_inclusive(|b| *b == b'\n')) {
            let (mut column, mut blanks, mut first) = (0usize, 0usize, true);
            // Tabs may be wide.
            if out.len() > MAX_OUT {
                break;
            }
            for b in line.iter().take(MAX_OUT / width) {
                let active = first || if back { all && !opts.has('f') } else { !opts.has('i') };
                match *b {
                    b' ' if back && active => {
                        column += 1;
                        blanks += 1;
                        if column.is_multiple_of(width) {
                            // One blank alone stays one, unless others follow a tab.
                            out.push(if blanks > 1 || first { b'\t' } else { b' ' });
                            blanks = 0;
                        }
                        continue;
                    }
                    b'\t' => {
                        let next = (column / width + 1) * width;
                        if back || !active {
                            blanks = 0;
                            out.push(b'\t');
                        } else {
                            out.extend(std::iter::repeat_n(b' ', next - column));
                        }
                        column = next;
                        continue;
                    }
                    _ => {}
                }
                out.extend(std::iter::repeat_n(b' ', std::mem::take(&mut blanks)));
                first &= *b == b' ';
                column += usize::from(!(0x80..=0xbf).contains(b));
                out.push(*b);
            }
            out.extend(std::iter::repeat_n(b' ', blanks));
        }
        cx.out_bytes(&out);
        0
    })
}

pub(crate) fn shuf(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "ei:n:o:z");
    let files =
        if opts.has('e') || opts.has('i') { vec!["/dev/null".to_string()] } else { opts.rest.clone() };
    slurp(files, opts, Style::Plain, |cx, opts, inputs| {
        let mut all: Vec<Vec<u8>> = if opts.has('e') {
            opts.rest.iter().map(|a| a.clone().into_bytes()).collect()
        } else if let Some(range) = opts.value('i') {
            let Some((low, high)) = range.split_once('-').and_then(|(a, b)| {
                let (a, b) = (a.parse::<u64>().ok()?, b.parse::<u64>().ok()?);
                (b >= a && b - a < 100_000).then_some((a, b))
            }) else {
                cx.complain(&["bad range '", range, "'"].concat());
                return 1;
            };
            (low..=high).map(|n| n.to_string().into_bytes()).collect()
        } else {
            inputs.iter().flat_map(|(_, b)| lines_of(b)).map(<[u8]>::to_vec).collect()
        };
        for i in (1..all.len()).rev() {
            let other = cx.os.random() >> 16;
            all.swap(i, (other % (i as u64 + 1)) as usize);
        }
        let count = opts.value('n').and_then(number).map_or(usize::MAX, |n| n as usize);
        let mut out = Vec::new();
        for line in all.iter().take(count) {
            out.extend_from_slice(line);
            out.push(if opts.has('z') { 0 } else { b'\n' });
        }
        match opts.value('o') {
            Some(path) => cx.write_all(path, &out).map_or_else(|e| cx.fail("can't open", path, e), |()| 0),
            None => {
                cx.out_bytes(&out);
                0
            }
        }
    })
}

/// dos2unix and unix2dos: from standard input, or files in place.
pub(crate) fn dos2unix(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "du");
    slurp(opts.rest.clone(), opts, Style::Plain, |cx, opts, inputs| {
        let to_dos = opts.has('d') || cx.name() == "unix2dos" && !opts.has('u');
        let mut code = 0;
        for (name, bytes) in inputs.iter() {
            let mut out = Vec::with_capacity(bytes.len());
            for b in bytes.iter().filter(|b| **b != b'\r') {
                if to_dos && *b == b'\n' {
                    out.push(b'\r');
                }
                out.push(*b);
            }
            if opts.rest.is_empty() {
                cx.out_bytes(&out);
            } else if let Err(errno) = cx.write_all(name, &out) {
                code = cx.fail("can't open", name, errno);
            }
        }
        code
    })
}

pub(crate) fn link(cx: &mut Ctx<'_>) -> Act {
    let args = cx.args();
    match &args[1..] {
        [path] if cx.name() == "unlink" => match cx.os.unlink(cx.pid, path, false) {
            Ok(()) => Act::Exit(0),
            Err(errno) => Act::Exit(cx.fail("can't remove file", path, errno)),
        },
        [from, to] if cx.name() == "link" => match cx.os.hard_link(cx.pid, from, to) {
            Ok(()) => Act::Exit(0),
            Err(errno) => {
                let what = ["can't create hardlink '", to, "' to"].concat();
                Act::Exit(cx.fail(&what, from, errno))
            }
        },
        _ => Act::Exit(usage(cx)),
    }
}

/// pgrep and pkill: processes whose name (or with -f, command line) has a pattern.
pub(crate) fn pgrep(cx: &mut Ctx<'_>) -> Act {
    let args = cx.args();
    let kills = cx.name() == "pkill";
    let mut args: Vec<String> = args[1..].to_vec();
    let mut signal = Signal::TERM;
    if let Some(found) = args.first().and_then(|a| Signal::parse(a.strip_prefix('-')?)).filter(|_| kills) {
        signal = found;
        args.remove(0);
    }
    let opts = match Opts::parse_args(cx, &args, "vlafxons:P:", &[]) {
        Ok(opts) => opts,
        Err(act) => return act,
    };
    let [pattern] = &opts.rest[..] else { return Act::Exit(usage(cx)) };
    let Ok(regex) = crate::regex::Regex::new(pattern, true, false) else {
        cx.complain(&["bad regex '", pattern, "'"].concat());
        return Act::Exit(1);
    };
    let (own, space) = cx.os.proc(cx.pid).map_or((0, None), |p| (p.ns_pid, Some(p.ns)));
    let mut hits: Vec<(u32, crate::Pid, String)> = Vec::new();
    for p in cx.os.processes().filter(|p| Some(p.pid_ns) == space && p.ns_pid != own && p.state != 'Z') {
        let name = p.argv.first().map(|a| super::text::base(a).to_string()).unwrap_or_default();
        let text = if opts.has('f') { p.argv.join(" ") } else { name.clone() };
        let hit = match regex.find(text.as_bytes(), 0).and_then(|g| g[0]) {
            Some((from, to)) => !opts.has('x') || from == 0 && to == text.len(),
            None => false,
        };
        if hit != opts.has('v') {
            hits.push((p.ns_pid, p.pid, if opts.has('a') { p.argv.join(" ") } else { name }));
        }
    }
    crate::map::sort_by(&mut hits, |a, b| a.0.cmp(&b.0));
    if opts.has('o') {
        hits.truncate(1);
    } else if opts.has('n') {
        hits.drain(..hits.len().saturating_sub(1));
    }
    let mut refused = false;
    for (number, pid, name) in &hits {
        if kills && !cx.os.may_signal(cx.pid, *pid) {
            refused = true;
            cx.complain(&format!("killing pid {number} failed: Operation not permitted"));
        } else if kills {
            cx.os.deliver(*pid, signal, false);
        } else if opts.has('l') || opts.has('a') {
            cx.out(&format!("{number} {name}\n"));
        } else {
            cx.out(&format!("{number}\n"));
        }
    }
    Act::Exit(i32::from(hits.is_empty() || refused))
}
