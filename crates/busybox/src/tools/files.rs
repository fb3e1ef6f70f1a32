//! Tools about files and directories: ls, mkdir, rmdir, rm, cp, mv, ln, touch, chmod, chown.

use super::text::{base, pad};
use super::time::{civil, format_time, parse_date};
use super::{Opts, usage, users};
use crate::ctx::{Act, Ctx};
use crate::fs::Body;
use crate::map::sort_by;
use crate::types::Errno;
use crate::vfs::{How, Meta, Place};
use std::rc::Rc;

/// Files a recursive tool looks at.
const MAX_WALK: usize = 20_000;

/// `1.5K`: a size for people.
pub(crate) fn human(bytes: u64) -> String {
    if bytes < 1024 {
        return bytes.to_string();
    }
    let mut tenths = bytes * 10;
    let mut unit = 0;
    while tenths >= 10_240 && unit < 5 {
        tenths = tenths.div_ceil(1024);
        unit += 1;
    }
    format!("{}.{}{}", tenths / 10, tenths % 10, ["", "K", "M", "G", "T", "P"][unit])
}

/// `-rw-r--r--`
pub(crate) fn mode_text(meta: &Meta) -> String {
    let mut text = String::new();
    text.push(meta.kind);
    for (shift, special, c) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let bits = meta.mode >> shift & 7;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        let x = bits & 1 != 0;
        text.push(match (meta.mode & special != 0, x) {
            (true, true) => c,
            (true, false) => c.to_ascii_uppercase(),
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    text
}

pub(crate) fn join(dir: &str, name: &str) -> String {
    if dir.ends_with('/') { [dir, name].concat() } else { [dir, "/", name].concat() }
}

struct Entry {
    name: String,
    path: String,
    meta: Meta,
}

pub(crate) fn ls(cx: &mut Ctx<'_>) -> Act {
    let long = [("color", 'G'), ("full-time", 'e'), ("group-directories-first", 'g')];
    let opts = opts!(cx, "1AaCxdLHRFplinshrSXvctuw:egGkQT:", &long);
    let mut files = Vec::new();
    let mut dirs = Vec::new();
    let mut code = 0;
    let operands = if opts.rest.is_empty() { vec![".".to_string()] } else { opts.rest.clone() };
    for path in &operands {
        let follow = !"lFsi".chars().any(|c| opts.has(c)) || opts.has('L') || opts.has('H');
        let meta = if follow { cx.stat(path) } else { cx.lstat(path) };
        match meta {
            Ok(meta) => {
                let entry = Entry { name: path.clone(), path: path.clone(), meta };
                if entry.meta.is_dir() && !opts.has('d') { dirs.push(entry) } else { files.push(entry) }
            }
            Err(errno) => code = cx.fail_path(path, errno),
        }
    }
    sort_entries(&mut files, &opts);
    sort_entries(&mut dirs, &opts);
    let titled = operands.len() > 1 || opts.has('R');
    let mut first = files.is_empty();
    if !files.is_empty() {
        list(cx, &files, &opts, None);
    }
    let mut seen = 0;
    dirs.reverse();
    while let Some(dir) = dirs.pop() {
        seen += 1;
        if seen > MAX_WALK {
            break;
        }
        let names = match cx.list(&dir.path) {
            Ok(names) => names,
            Err(errno) => {
                code = cx.complain_open(&dir.path, errno);
                continue;
            }
        };
        let mut entries = Vec::new();
        let mut blocks = 0;
        let dots = if opts.has('a') { vec![".", ".."] } else { Vec::new() };
        for name in dots.into_iter().map(str::to_string).chain(names.iter().map(|n| n.to_string())) {
            if name.starts_with('.') && !(opts.has('a') || opts.has('A')) {
                continue;
            }
            let path = join(&dir.path, &name);
            let meta = if opts.has('L') { cx.stat(&path) } else { cx.lstat(&path) };
            match meta {
                Ok(meta) => {
                    blocks +=
                        if meta.kind == 'l' || meta.kind == 'c' { 0 } else { meta.size.div_ceil(4096) * 4 };
                    entries.push(Entry { name, path, meta });
                }
                Err(errno) => code = cx.fail_path(&path, errno),
            }
        }
        cx.charge(entries.len() as u32);
        sort_entries(&mut entries, &opts);
        if titled {
            let title = [if first { "" } else { "\n" }, &dir.path, ":\n"].concat();
            cx.out(&title);
        }
        first = false;
        list(cx, &entries, &opts, Some(blocks));
        if opts.has('R') {
            for entry in entries.into_iter().rev() {
                if entry.meta.is_dir() && entry.name != "." && entry.name != ".." && dirs.len() < MAX_WALK {
                    dirs.push(entry);
                }
            }
        }
    }
    Act::Exit(code)
}

impl Ctx<'_> {
    /// `name: can't open 'path': reason`; always gives 1.
    pub(crate) fn complain_open(&mut self, path: &str, errno: Errno) -> i32 {
        self.fail("can't open", path, errno)
    }
}

fn sort_entries(entries: &mut Vec<Entry>, opts: &Opts) {
    match opts.last_of("StX") {
        Some('S') => sort_by(entries, |a, b| b.meta.size.cmp(&a.meta.size).then(a.name.cmp(&b.name))),
        Some('t') => sort_by(entries, |a, b| b.meta.mtime.cmp(&a.meta.mtime).then(a.name.cmp(&b.name))),
        Some(_) => {
            let extension =
                |e: &Entry| e.name.rfind('.').map(|at| e.name[at..].to_string()).unwrap_or_default();
            sort_by(entries, |a, b| extension(a).cmp(&extension(b)).then(a.name.cmp(&b.name)));
        }
        None => sort_by(entries, |a, b| a.name.cmp(&b.name)),
    }
    if opts.has('g') {
        sort_by(entries, |a, b| (!a.meta.is_dir()).cmp(&!b.meta.is_dir()));
    }
    if opts.has('r') {
        entries.reverse();
    }
}

/// Prints entries; `blocks` is the total line of a directory, in KiB.
fn list(cx: &mut Ctx<'_>, entries: &[Entry], opts: &Opts, blocks: Option<u64>) {
    let long = opts.has('l') || opts.has('n') || opts.has('e');
    let mut text = String::new();
    if let Some(blocks) = blocks
        && (long || opts.has('s'))
    {
        if opts.has('h') {
            text.push_str(&["total ", &human(blocks * 1024), "\n"].concat());
        } else {
            text.push_str(&format!("total {blocks}\n"));
        }
    }
    let now = cx.os.unix_ms();
    let columns = (opts.has('C') || opts.has('x') || cx.is_tty(1)) && !opts.has('1') && !long;
    let mut names = Vec::new();
    for entry in entries {
        let mut line = String::new();
        let meta = &entry.meta;
        if opts.has('i') {
            line.push_str(&format!("{:>7} ", meta.ino));
        }
        if opts.has('s') {
            let kib = if meta.kind == 'l' { 0 } else { meta.size.div_ceil(4096) * 4 };
            line.push_str(&format!("{kib:>6} "));
        }
        if long {
            let (user, group) = if opts.has('n') {
                (None, None)
            } else {
                (users::name(cx, meta.uid), users::group(cx, meta.gid))
            };
            let user = user.unwrap_or_else(|| meta.uid.to_string());
            let group = group.unwrap_or_else(|| meta.gid.to_string());
            let size = if meta.kind == 'c' {
                format!("{:>3}, {:>3}", meta.device.0, meta.device.1)
            } else if opts.has('h') {
                human(meta.size)
            } else {
                meta.size.to_string()
            };
            let when = if opts.has('e') {
                format_time(meta.mtime, "%a %b %e %H:%M:%S %Y")
            } else if now - meta.mtime < 15_778_800_000 && meta.mtime - now < 900_000 {
                format_time(meta.mtime, "%b %e %H:%M")
            } else {
                let c = civil(meta.mtime.div_euclid(1000));
                [format_time(meta.mtime, "%b %e"), pad(&c.year.to_string(), 6, false, false)].concat()
            };
            let width = 8;
            line.push_str(
                &[mode_text(meta), pad(&meta.nlink.to_string(), 5, false, false), " ".to_string()].concat(),
            );
            line.push_str(
                &[pad(&user, width, true, false), " ".to_string(), pad(&group, width, true, false)].concat(),
            );
            line.push_str(
                &[
                    pad(&size, if opts.has('h') { 8 } else { 10 }, false, false),
                    " ".to_string(),
                    when,
                    " ".to_string(),
                ]
                .concat(),
            );
        }
        line.push_str(&entry.name);
        if opts.has('F') || opts.has('p') {
            match meta.kind {
                'd' => line.push('/'),
                'l' if opts.has('F') && !long => line.push('@'),
                '-' if opts.has('F') && meta.mode & 0o111 != 0 => line.push('*'),
                _ => {}
            }
        }
        if long && let Some(target) = &meta.target {
            line.push_str(&[" -> ", target].concat());
        }
        names.push(line);
    }
    if columns && !names.is_empty() {
        let width = names.iter().map(|n| n.chars().count()).max().unwrap_or(0) + 2;
        let per_line = (80 / width).max(1);
        let rows = names.len().div_ceil(per_line);
        for row in 0..rows {
            let cells: Vec<&String> = names.iter().skip(row).step_by(rows).collect();
            for (i, cell) in cells.iter().enumerate() {
                let last = i + 1 == cells.len();
                text.push_str(&if last { (*cell).clone() } else { pad(cell, width, true, false) });
            }
            text.push('\n');
        }
    } else {
        for name in names {
            text.push_str(&name);
            text.push('\n');
        }
    }
    cx.out(&text);
}

/// Reads `755`, `u+x`, `a=rw,go-w`. `old` is the mode that is changed; a directory takes `X`.
pub(crate) fn parse_mode(text: &str, old: u32, dir: bool) -> Option<u32> {
    if text.bytes().all(|b| (b'0'..=b'7').contains(&b)) && !text.is_empty() && text.len() <= 5 {
        return u32::from_str_radix(text, 8).ok().filter(|m| *m <= 0o7777);
    }
    let mut mode = old;
    for clause in text.split(',') {
        let at = clause.find(['+', '-', '='])?;
        let mut who = 0;
        for c in clause[..at].chars() {
            who |= match c {
                'u' => 0o4700,
                'g' => 0o2070,
                'o' => 0o1007,
                'a' => 0o7777,
                _ => return None,
            };
        }
        if at == 0 {
            who = 0o7777;
        }
        let mut op = '+';
        let mut bits = 0;
        let mut apply = |op: char, bits: u32| match op {
            '+' => mode |= bits,
            '-' => mode &= !bits,
            _ => mode = mode & !(who & 0o777) | bits,
        };
        let mut pending = false;
        for c in clause[at..].chars() {
            match c {
                '+' | '-' | '=' => {
                    if pending {
                        apply(op, bits);
                    }
                    pending = true;
                    op = c;
                    bits = 0;
                }
                'r' => bits |= 0o444 & who,
                'w' => bits |= 0o222 & who,
                'x' => bits |= 0o111 & who,
                'X' => {
                    if dir || old & 0o111 != 0 {
                        bits |= 0o111 & who;
                    }
                }
                's' => bits |= 0o6000 & who,
                't' => bits |= 0o1000,
                'u' => bits |= ((old >> 6 & 7) * 0o111) & who,
                'g' => bits |= ((old >> 3 & 7) * 0o111) & who,
                'o' => bits |= ((old & 7) * 0o111) & who,
                _ => return None,
            }
        }
        apply(op, bits);
    }
    Some(mode)
}

pub(crate) fn mkdir(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "m:pv", &[("parents", 'p'), ("mode", 'm')]);
    if opts.rest.is_empty() {
        return Act::Exit(usage(cx));
    }
    let mode = match opts.value('m') {
        Some(text) => match parse_mode(text, 0o777, true) {
            Some(mode) => Some(mode),
            None => {
                cx.complain(&["invalid mode '", text, "'"].concat());
                return Act::Exit(1);
            }
        },
        None => None,
    };
    let mut code = 0;
    'paths: for path in &opts.rest {
        let pid = cx.pid;
        let mut done = cx.os.make_dir(pid, path, 0o777);
        if opts.has('p') {
            if matches!(done, Err(Errno::NoEntry | Errno::NotDir)) {
                let mut so_far = String::new();
                for part in path.split('/').collect::<Vec<_>>() {
                    so_far.push_str(part);
                    if !part.is_empty() {
                        done = cx.os.make_dir(pid, &so_far, 0o777);
                        if done.is_ok() && opts.has('v') && so_far.len() < path.trim_end_matches('/').len() {
                            created(cx, &(so_far.clone() + "/"));
                        }
                        if done == Err(Errno::Exists) && cx.stat(&so_far).is_ok_and(|m| m.is_dir()) {
                            done = Ok(());
                        } else if done.is_err() && so_far.len() < path.trim_end_matches('/').len() {
                            code = cx.fail("can't create directory", &(so_far.clone() + "/"), Errno::NotDir);
                            continue 'paths;
                        }
                        if done.is_err() {
                            break;
                        }
                    }
                    so_far.push('/');
                }
            } else if done.is_err() && cx.stat(path).is_ok_and(|m| m.is_dir()) {
                continue;
            }
        }
        match done {
            Ok(()) => {
                if opts.has('v') {
                    created(cx, path);
                }
                if let Some(mode) = mode {
                    let _ = cx.os.change(pid, path, true, |n| n.mode = mode);
                }
            }
            Err(errno) => code = cx.fail("can't create directory", path, errno),
        }
    }
    Act::Exit(code)
}

fn created(cx: &mut Ctx<'_>, path: &str) {
    cx.out(&["created directory: '", path, "'\n"].concat());
}

/// `'from' -> 'to'`, as -v shows a copy or a move.
fn moved(cx: &mut Ctx<'_>, from: &str, to: &str) {
    cx.out(&["'", from, "' -> '", to, "'\n"].concat());
}

/// Asks, as -i does. Who has nothing to say says no.
fn asked(cx: &mut Ctx<'_>, question: &str) -> bool {
    let text = [&cx.name(), ": ", question, "? "].concat();
    let _ = cx.write(2, text.as_bytes());
    matches!(cx.read_line(0), Ok(crate::fd::Read::Data(line)) if line.first().is_some_and(|b| b"yY".contains(b)))
}

pub(crate) fn rmdir(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "pv", &[("ignore-fail-on-non-empty", 'i')]);
    if opts.rest.is_empty() {
        return Act::Exit(usage(cx));
    }
    let mut code = 0;
    for path in &opts.rest {
        let mut path = path.clone();
        loop {
            if let Err(errno) = cx.os.unlink(cx.pid, &path, true) {
                cx.complain(&["'", &path, "': ", errno.text()].concat());
                code = 1;
                break;
            }
            match path.trim_end_matches('/').rfind('/') {
                Some(at) if opts.has('p') && at > 0 => path.truncate(at),
                _ => break,
            }
        }
    }
    Act::Exit(code)
}

/// A file and all below it, directories before (or after) what is in them; links are not followed.
pub(crate) fn walk(cx: &Ctx<'_>, path: &str, dirs_last: bool) -> Vec<(String, Meta)> {
    let mut all = Vec::new();
    let mut stack = vec![path.to_string()];
    while let Some(at) = stack.pop() {
        let Ok(meta) = cx.lstat(&at) else { continue };
        if meta.is_dir() {
            let names = cx.list(&at).unwrap_or_default();
            stack.extend(names.iter().rev().map(|n| join(&at, n)));
        }
        all.push((at, meta));
        if all.len() >= MAX_WALK {
            break;
        }
    }
    if dirs_last {
        all.reverse();
    }
    all
}

pub(crate) fn rm(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "irRf", &[("recursive", 'r'), ("force", 'f')]);
    if opts.rest.is_empty() && !opts.has('f') {
        return Act::Exit(usage(cx));
    }
    let mut code = 0;
    let (force, recursive) = (opts.has('f'), opts.has('r') || opts.has('R'));
    let ask = opts.last_of("if") == Some('i');
    for path in &opts.rest {
        if matches!(base(path), "." | "..") {
            cx.complain("can't remove '.' or '..'");
            code = 1;
            continue;
        }
        match cx.lstat(path) {
            Err(Errno::NoEntry | Errno::NotDir) if force => {}
            Err(errno) => code = cx.fail("can't remove", path, errno),
            Ok(meta) if meta.is_dir() && recursive => {
                for (path, meta) in walk(cx, path, true) {
                    if let Err(errno) = cx.os.unlink(cx.pid, &path, meta.is_dir()) {
                        code = cx.fail("can't remove", &path, errno);
                    }
                }
            }
            Ok(meta) if meta.is_dir() => {
                cx.complain(&["'", path, "' is a directory"].concat());
                code = 1;
            }
            Ok(_) if ask && !asked(cx, &["remove '", path, "'"].concat()) => {}
            Ok(_) => {
                if let Err(errno) = cx.os.unlink(cx.pid, path, false) {
                    code = cx.fail("can't remove", path, errno);
                }
            }
        }
    }
    Act::Exit(code)
}

/// Copies one file, link or directory (without what is in it).
fn copy_one(cx: &mut Ctx<'_>, from: &str, to: &str, meta: &Meta, keep: bool, force: bool) -> Result<(), i32> {
    let pid = cx.pid;
    match meta.kind {
        'd' => {
            if !cx.stat(to).is_ok_and(|m| m.is_dir())
                && let Err(errno) = cx.os.make_dir(pid, to, meta.mode | 0o700)
            {
                return Err(cx.fail("can't create directory", to, errno));
            }
        }
        'l' => {
            let target: Rc<str> = meta.target.clone().unwrap_or_else(|| "".into());
            let _ = cx.os.unlink(pid, to, false);
            if let Err(errno) = cx.os.create(pid, to, Body::Link(target), 0o777) {
                return Err(cx.fail("can't create symlink", to, errno));
            }
            return Ok(());
        }
        _ => {
            if let (Ok(a), Ok(b)) = (cx.stat(from), cx.stat(to))
                && a.ino == b.ino
                && a.kind == '-'
            {
                cx.complain(&["'", from, "' and '", to, "' are the same file"].concat());
                return Err(1);
            }
            // Programs are copied as such; other content through the usual doors.
            let body = match cx.os.resolve(pid, from, true).map(|at| at.place) {
                Ok(Place::Real { fs, ino }) => {
                    let allowed = cx.stat(from).map(|m| cx.os.allowed(pid, &m)).unwrap_or(0);
                    if allowed & 4 == 0 {
                        return Err(cx.complain_open(from, Errno::Access));
                    }
                    cx.os.fss.get(&fs).and_then(|f| f.get(ino)).map(|n| n.body.clone())
                }
                _ => None,
            };
            let body = match body {
                Some(body) => body,
                None => match cx.read_all(from) {
                    Ok(bytes) => Body::File(Rc::new(bytes), 0),
                    Err(errno) => return Err(cx.complain_open(from, errno)),
                },
            };
            if force && cx.lstat(to).is_ok_and(|m| m.kind != 'c') {
                let writable = cx.stat(to).is_ok_and(|m| cx.os.allowed(pid, &m) & 2 != 0);
                if !writable {
                    let _ = cx.os.unlink(pid, to, false);
                }
            }
            let existed = cx.lstat(to).is_ok();
            let result = match (existed, body) {
                (true, Body::File(data, _)) => cx.write_all(to, &data),
                (_, body) => {
                    if existed {
                        let _ = cx.os.unlink(pid, to, false);
                    }
                    cx.os.create(pid, to, body, meta.mode & 0o777).map(|_| ())
                }
            };
            if let Err(errno) = result {
                return Err(cx.fail("can't create", to, errno));
            }
        }
    }
    if keep {
        let (mode, uid, gid, mtime) = (meta.mode, meta.uid, meta.gid, meta.mtime);
        let _ = cx.os.change(pid, to, true, |n| n.mtime = mtime);
        if let Err(errno) = cx.os.give(pid, to, true, Some(uid), Some(gid)) {
            cx.fail("can't preserve ownership of", to, errno);
        }
        let _ = cx.os.change(pid, to, true, |n| n.mode = mode);
    }
    Ok(())
}

/// Source and destination pairs of cp, mv and ln: into a directory, or onto a name.
fn pairs(cx: &Ctx<'_>, opts: &Opts, no_dir: bool) -> Option<Vec<(String, String)>> {
    let (sources, dest) = match opts.value('t') {
        Some(dir) => (&opts.rest[..], dir.to_string()),
        None => match opts.rest.split_last() {
            Some((dest, sources)) if !sources.is_empty() => (sources, dest.clone()),
            _ => return None,
        },
    };
    let into = !no_dir && (opts.has('t') || sources.len() > 1 || cx.stat(&dest).is_ok_and(|m| m.is_dir()));
    Some(
        sources.iter().map(|s| (s.clone(), if into { join(&dest, base(s)) } else { dest.clone() })).collect(),
    )
}

pub(crate) fn cp(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "arPLHpfinlsTut:dRv", &[("archive", 'a'), ("recursive", 'r'), ("force", 'f')]);
    let Some(list) = pairs(cx, &opts, opts.has('T')) else { return Act::Exit(usage(cx)) };
    let recursive = opts.has('a') || opts.has('r') || opts.has('R');
    let keep = opts.has('a') || opts.has('p');
    let keep_links = opts.has('a') || opts.has('d') || opts.has('P') || (recursive && !opts.has('L'));
    let mut code = 0;
    for (from, to) in list {
        let meta = if keep_links { cx.lstat(&from) } else { cx.stat(&from) };
        let meta = match meta {
            Ok(meta) => meta,
            Err(errno) => {
                code = cx.fail("can't stat", &from, errno);
                continue;
            }
        };
        if meta.is_dir() && !recursive {
            cx.complain(&["omitting directory '", &from, "'"].concat());
            code = 1;
            continue;
        }
        if opts.has('n') && cx.lstat(&to).is_ok() {
            continue;
        }
        if meta.is_dir() {
            let inside =
                |cx: &Ctx<'_>, p: &str| cx.os.resolve(cx.pid, p, true).map(|a| a.path).unwrap_or_default();
            // A directory may be copied into itself: all but the copy.
            if cx.stat(&to).is_err()
                && let Err(status) = copy_one(cx, &from, &to, &meta, keep, false)
            {
                code = status;
                continue;
            }
            let copy = inside(cx, &to);
            let mut told = false;
            // With -v a directory is told of when all in it is.
            let mut open: Vec<(String, String)> = Vec::new();
            for (path, meta) in walk(cx, &from, false) {
                let at = inside(cx, &path);
                if path != from && (at.clone() + "/").starts_with(&(copy.clone() + "/")) {
                    if !told {
                        cx.complain(&["recursion detected, omitting directory '", &path, "'"].concat());
                        code = 1;
                    }
                    told = true;
                    continue;
                }
                let target = [&to, &path[from.len()..]].concat();
                while opts.has('v')
                    && let Some((from, to)) = open.pop_if(|(dir, _)| !path.starts_with(&join(dir, "")))
                {
                    moved(cx, &from, &to);
                }
                if opts.has('v') && meta.is_dir() {
                    open.push((path.clone(), target.clone()));
                } else if opts.has('v') {
                    moved(cx, &path, &target);
                }
                let meta = if keep_links { meta } else { cx.stat(&path).unwrap_or(meta) };
                if let Err(status) = copy_one(cx, &path, &target, &meta, keep, opts.has('f')) {
                    code = status;
                }
            }
            while let Some((from, to)) = open.pop() {
                moved(cx, &from, &to);
            }
        } else {
            if opts.has('i') && cx.lstat(&to).is_ok() && !asked(cx, &["overwrite '", &to, "'"].concat()) {
                continue;
            }
            match copy_one(cx, &from, &to, &meta, keep, opts.has('f')) {
                Ok(()) if opts.has('v') => moved(cx, &from, &to),
                Ok(()) => {}
                Err(status) => code = status,
            }
        }
    }
    Act::Exit(code)
}

pub(crate) fn mv(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "finTt:v", &[("force", 'f'), ("no-clobber", 'n')]);
    let Some(list) = pairs(cx, &opts, opts.has('T')) else { return Act::Exit(usage(cx)) };
    let mut code = 0;
    for (from, to) in list {
        if opts.has('n') && cx.lstat(&to).is_ok() {
            continue;
        }
        if opts.last_of("fin") == Some('i')
            && cx.lstat(&to).is_ok()
            && !asked(cx, &["overwrite '", &to, "'"].concat())
        {
            continue;
        }
        match cx.os.rename(cx.pid, &from, &to) {
            Ok(()) if opts.has('v') => moved(cx, &from, &to),
            Ok(()) => {}
            Err(Errno::CrossDevice) => {
                let mut failed = false;
                for (path, meta) in walk(cx, &from, false) {
                    let target = [&to, &path[from.len()..]].concat();
                    failed |= copy_one(cx, &path, &target, &meta, true, true).is_err();
                }
                if failed {
                    code = 1;
                    continue;
                }
                for (path, meta) in walk(cx, &from, true) {
                    if let Err(errno) = cx.os.unlink(cx.pid, &path, meta.is_dir()) {
                        code = cx.fail("can't remove", &path, errno);
                    }
                }
            }
            Err(errno) => code = cx.fail("can't rename", &from, errno),
        }
    }
    Act::Exit(code)
}

pub(crate) fn ln(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "sfnbtTvS:", &[("symbolic", 's'), ("force", 'f')]);
    let mut opts = opts;
    if opts.rest.len() == 1 && !opts.has('T') {
        opts.rest.push(".".to_string());
    }
    let no_dir = opts.has('T')
        || opts.has('n') && opts.rest.last().is_some_and(|d| cx.lstat(d).is_ok_and(|m| m.kind == 'l'));
    let Some(list) = pairs(cx, &opts, no_dir) else { return Act::Exit(usage(cx)) };
    let mut code = 0;
    for (target, name) in list {
        if opts.has('f') {
            let _ = cx.os.unlink(cx.pid, &name, false);
        }
        let result = if opts.has('s') {
            cx.os.create(cx.pid, &name, Body::Link(target.as_str().into()), 0o777).map(|_| ())
        } else {
            if let Err(errno) = cx.lstat(&target) {
                code = cx.fail_path(&target, errno);
                continue;
            }
            cx.os.hard_link(cx.pid, &target, &name)
        };
        if let Err(errno) = result {
            code = cx.fail_path(&name, errno);
        }
    }
    Act::Exit(code)
}

pub(crate) fn touch(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "cd:t:r:amhf", &[("no-create", 'c'), ("date", 'd'), ("reference", 'r')]);
    if opts.rest.is_empty() {
        return Act::Exit(usage(cx));
    }
    let mut when = cx.os.unix_ms();
    let given = ['r', 'd', 't'].into_iter().any(|c| opts.has(c));
    if let Some(path) = opts.value('r') {
        match cx.stat(path) {
            Ok(meta) => when = meta.mtime,
            Err(errno) => return Act::Exit(cx.fail_path(path, errno)),
        }
    } else if let Some(text) = opts.value('d').or(opts.value('t')) {
        match parse_date(text, when.div_euclid(1000)) {
            Some(seconds) => when = seconds * 1000,
            None => {
                cx.complain(&["invalid date '", text, "'"].concat());
                return Act::Exit(1);
            }
        }
    }
    let mut code = 0;
    for path in &opts.rest {
        let mut result = Ok(());
        if cx.stat(path).is_err() {
            if opts.has('c') {
                continue;
            }
            let how = How { truncate: false, ..How::WRITE };
            result = cx.open(path, how).map(|fd| cx.close(fd));
        } else if !given {
            result = cx.os.touch(cx.pid, path);
        }
        if result.is_ok() && given {
            result = cx.os.change(cx.pid, path, true, |n| n.mtime = when);
        }
        if let Err(errno) = result {
            code = cx.fail_path(path, errno);
        }
    }
    Act::Exit(code)
}

pub(crate) fn chmod(cx: &mut Ctx<'_>) -> Act {
    // A mode such as `-w` looks like an option.
    let args = cx.args();
    let (mut recursive, mut verbose, mut changes, mut quiet) = (false, false, false, false);
    let mut rest: Vec<String> = Vec::new();
    for arg in &args[1..] {
        if rest.is_empty()
            && arg.len() > 1
            && arg.starts_with('-')
            && arg[1..].chars().all(|c| "Rvcf".contains(c))
        {
            recursive |= arg.contains('R');
            verbose |= arg.contains('v');
            changes |= arg.contains('c');
            quiet |= arg.contains('f');
        } else {
            rest.push(arg.clone());
        }
    }
    let Some((mode, paths)) = rest.split_first().filter(|(_, p)| !p.is_empty()) else {
        return Act::Exit(usage(cx));
    };
    let mut code = 0;
    for path in paths {
        let all = if recursive {
            walk(cx, path, false).into_iter().map(|(p, _)| p).collect()
        } else {
            vec![path.clone()]
        };
        if all.is_empty() {
            code = cx.fail_path(path, Errno::NoEntry);
        }
        for path in all {
            let meta = match cx.stat(&path) {
                Ok(meta) => meta,
                Err(errno) => {
                    code = cx.fail_path(&path, errno);
                    continue;
                }
            };
            let Some(new) = parse_mode(mode, meta.mode, meta.is_dir()) else {
                cx.complain(&["invalid mode '", mode, "'"].concat());
                return Act::Exit(1);
            };
            if let Err(errno) = cx.os.change(cx.pid, &path, true, |n| n.mode = new) {
                code = if quiet { 1 } else { cx.fail_path(&path, errno) };
            } else if verbose || changes && new != meta.mode {
                let shown = mode_text(&Meta { mode: new, ..meta });
                cx.out(&format!("mode of '{path}' changed to {new:04o} ({})\n", &shown[1..]));
            }
        }
    }
    Act::Exit(code)
}

pub(crate) fn chown(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "RhLHPcvf", &[]);
    let group_only = cx.name() == "chgrp";
    let Some((spec, paths)) = opts.rest.split_first().filter(|(_, p)| !p.is_empty()) else {
        return Act::Exit(usage(cx));
    };
    let (user, group) = match spec.split_once([':', '.']) {
        _ if group_only => ("", spec.as_str()),
        Some((user, group)) => (user, group),
        None => (spec.as_str(), ""),
    };
    let mut uid = None;
    let mut gid = None;
    if !user.is_empty() {
        match users::uid_of(cx, user) {
            Some((id, own)) => {
                uid = Some(id);
                if spec.ends_with(':') {
                    gid = own;
                }
            }
            None => {
                cx.complain(&["unknown user ", user].concat());
                return Act::Exit(1);
            }
        }
    }
    if !group.is_empty() {
        gid = users::gid_of(cx, group);
        if gid.is_none() {
            cx.complain(&["unknown group ", group].concat());
            return Act::Exit(1);
        }
    }
    let mut code = 0;
    for path in paths {
        let all = if opts.has('R') {
            walk(cx, path, false).into_iter().map(|(p, _)| p).collect()
        } else {
            vec![path.clone()]
        };
        for path in all {
            let result = match cx.stat(&path) {
                Err(errno) => Err(errno),
                Ok(_) => cx.os.give(cx.pid, &path, !opts.has('h'), uid, gid),
            };
            match result {
                Err(errno) if !opts.has('f') => code = cx.fail_path(&path, errno),
                Err(_) => code = 1,
                Ok(()) if opts.has('v') => {
                    let (u, g) = cx.stat(&path).map_or((0, 0), |m| (m.uid, m.gid));
                    cx.out(&format!("changed ownership of '{path}' to {u}:{g}\n"));
                }
                Ok(()) => {}
            }
        }
    }
    Act::Exit(code)
}
