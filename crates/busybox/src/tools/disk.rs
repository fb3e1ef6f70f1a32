//! Tools that tell about files and file systems: stat, readlink, realpath, du, df, mount, mktemp, which, sync, install.

use super::files::{human, join, mode_text, walk};
use super::text::pad;
use super::{Opts, usage, users};
use crate::ctx::{Act, Ctx};
use crate::fs::Body;
use crate::types::Errno;
use crate::vfs::Place;
use std::rc::Rc;

pub(crate) fn stat(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "Lftc:");
    if opts.rest.is_empty() {
        return Act::Exit(usage(cx));
    }
    let mut code = 0;
    for path in &opts.rest {
        let meta = if opts.has('L') { cx.stat(path) } else { cx.lstat(path) };
        let meta = match meta {
            Ok(meta) => meta,
            Err(errno) => {
                code = cx.fail("can't stat", path, errno);
                continue;
            }
        };
        let user = users::name(cx, meta.uid).unwrap_or_else(|| "UNKNOWN".to_string());
        let group = users::group(cx, meta.gid).unwrap_or_else(|| "UNKNOWN".to_string());
        let kind = match meta.kind {
            'd' => "directory",
            'l' => "symbolic link",
            'c' => "character special file",
            _ if meta.size == 0 => "regular empty file",
            _ => "regular file",
        };
        let name = match &meta.target {
            Some(target) => ["'", path, "' -> '", target, "'"].concat(),
            None => path.clone(),
        };
        let blocks = if meta.kind == 'l' { 0 } else { meta.size.div_ceil(4096) * 8 };
        let when = |ms: i64| super::time::format_time(ms, "%F %H:%M:%S.%N %z");
        let seconds = meta.mtime.div_euclid(1000);
        if let Some(format) = opts.value('c') {
            let mut out = String::new();
            let mut chars = format.chars();
            while let Some(c) = chars.next() {
                if c != '%' {
                    out.push(c);
                    continue;
                }
                match chars.next() {
                    Some('n') => out.push_str(path),
                    Some('N') => out.push_str(&name),
                    Some('s') => out.push_str(&meta.size.to_string()),
                    Some('a') => out.push_str(&format!("{:o}", meta.mode)),
                    Some('A') => out.push_str(&mode_text(&meta)),
                    Some('u') => out.push_str(&meta.uid.to_string()),
                    Some('U') => out.push_str(&user),
                    Some('g') => out.push_str(&meta.gid.to_string()),
                    Some('G') => out.push_str(&group),
                    Some('F') => out.push_str(kind),
                    Some('i') => out.push_str(&meta.ino.to_string()),
                    Some('h') => out.push_str(&meta.nlink.to_string()),
                    Some('b') => out.push_str(&blocks.to_string()),
                    Some('B') => out.push_str("512"),
                    Some('o') => out.push_str("4096"),
                    Some('X' | 'Y' | 'Z') => out.push_str(&seconds.to_string()),
                    Some('x' | 'y' | 'z') => out.push_str(&when(meta.mtime)),
                    Some('%') | None => out.push('%'),
                    Some(other) => out.push_str(&format!("%{other}")),
                }
            }
            out.push('\n');
            cx.out(&out);
            continue;
        }
        let time = when(meta.mtime);
        cx.out(&format!(
            "  File: {name}\n  Size: {:<10}\tBlocks: {blocks:<10} IO Block: 4096   {kind}\nDevice: {:x}h/{}d\tInode: {:<10}  Links: {}\nAccess: ({:04o}/{})  Uid: ({:5}/{})   Gid: ({:5}/{})\nAccess: {time}\nModify: {time}\nChange: {time}\n",
            meta.size,
            meta.device.1,
            meta.device.1,
            meta.ino,
            meta.nlink,
            meta.mode,
            mode_text(&meta),
            meta.uid,
            pad(&user, 8, false, false),
            meta.gid,
            pad(&group, 8, false, false),
        ));
    }
    Act::Exit(code)
}

pub(crate) fn readlink(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "fnv");
    let [path] = &opts.rest[..] else { return Act::Exit(usage(cx)) };
    let end = if opts.has('n') { "" } else { "\n" };
    let result = if opts.has('f') {
        whole_path(cx, path).ok()
    } else {
        cx.lstat(path).ok().and_then(|m| m.target).map(|t| t.to_string())
    };
    match result {
        Some(target) => {
            cx.out(&[&target, end].concat());
            Act::Exit(0)
        }
        None => Act::Exit(1),
    }
}

/// Where a path leads in the end. What a link names need not be there.
fn whole_path(cx: &Ctx<'_>, path: &str) -> Result<String, Errno> {
    let mut path = path.to_string();
    let mut followed = false;
    for _ in 0..8 {
        match cx.lstat(&path) {
            Ok(meta) if meta.kind == 'l' && cx.stat(&path).is_err() => {
                followed = true;
                let target = meta.target.map(|t| t.to_string()).unwrap_or_default();
                let dir = crate::fs::split_last(&path).0;
                let here = dir.is_empty() && !path.starts_with('/');
                path = if target.starts_with('/') || here { target } else { join(dir, &target) };
            }
            _ => break,
        }
    }
    match cx.os.resolve(cx.pid, &path, true) {
        Err(Errno::NoEntry) if followed => {
            let (dir, name) = crate::fs::split_last(&path);
            let dir = if dir.is_empty() && !path.starts_with('/') { "." } else { dir };
            cx.os.resolve(cx.pid, &join(dir, ""), true).map(|at| join(&at.path, name))
        }
        at => at.map(|at| at.path),
    }
}

pub(crate) fn realpath(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "emqsz");
    if opts.rest.is_empty() {
        return Act::Exit(usage(cx));
    }
    let mut code = 0;
    for path in &opts.rest {
        match whole_path(cx, path) {
            Ok(at) => cx.out(&[&at, "\n"].concat()),
            Err(errno) => code = cx.fail_path(path, errno),
        }
    }
    Act::Exit(code)
}

pub(crate) fn du(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "aHLdclsxhmkb");
    let roots = if opts.rest.is_empty() { vec![".".to_string()] } else { opts.rest.clone() };
    let mut code = 0;
    let mut all = 0;
    for root in roots {
        let files = walk(cx, &root, false);
        if files.is_empty() {
            code = cx.fail_path(&root, Errno::NoEntry);
            continue;
        }
        cx.charge(files.len() as u32 / 8);
        let kib =
            |m: &crate::vfs::Meta| if m.kind == 'l' || m.kind == 'c' { 0 } else { m.size.div_ceil(4096) * 4 };
        let show = |cx: &mut Ctx<'_>, kib: u64, path: &str| {
            let size = if opts.has('h') {
                human(kib * 1024)
            } else if opts.has('m') {
                kib.div_ceil(1024).to_string()
            } else {
                kib.to_string()
            };
            cx.out(&[&size, "\t", path, "\n"].concat());
        };
        // Sums of directories: a parent always comes before what is in it.
        let mut sums: Vec<u64> = files.iter().map(|(_, m)| kib(m)).collect();
        let mut parents: Vec<(usize, String)> = Vec::new();
        let mut parent_of: Vec<Option<usize>> = vec![None; files.len()];
        for (i, (path, meta)) in files.iter().enumerate() {
            while parents.last().is_some_and(|(_, p)| !path.starts_with(&super::files::join(p, ""))) {
                parents.pop();
            }
            parent_of[i] = parents.last().map(|(i, _)| *i);
            if meta.is_dir() {
                parents.push((i, path.clone()));
            }
        }
        for i in (1..files.len()).rev() {
            if let Some(p) = parent_of[i] {
                sums[p] += sums[i];
            }
        }
        all += sums[0];
        if !opts.has('s') {
            let mut order: Vec<usize> = Vec::new();
            let mut open: Vec<usize> = Vec::new();
            for i in 1..files.len() {
                while open.last().is_some_and(|o| parent_of[i] != Some(*o)) {
                    order.extend(open.pop());
                }
                if files[i].1.is_dir() { open.push(i) } else { order.push(i) }
            }
            order.extend(open.into_iter().rev());
            for i in order {
                if files[i].1.is_dir() || opts.has('a') {
                    show(cx, sums[i], &files[i].0);
                }
            }
        }
        show(cx, sums[0], &root);
        if opts.has('c') {
            show(cx, all, "total");
        }
    }
    Act::Exit(code)
}

/// Size of the simulated node's disk, in KiB.
const DISK_KIB: u64 = 50 << 20;

pub(crate) fn df(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "PkmhTaiB:t:");
    let mut rows: Vec<(String, String, u64, u64)> = Vec::new();
    let used: u64 = cx.os.fss.values().map(|f| f.used / 1024).sum::<u64>() + (6 << 20);
    let lines = cx.os.mount_lines(cx.pid);
    let mounts = cx.os.proc(cx.pid).map(|p| p.view.mounts.clone()).unwrap_or_default();
    for [device, path, kind, _] in lines {
        if kind == "proc" || kind == "sysfs" {
            continue;
        }
        let limit = mounts
            .iter()
            .find(|m| m.path == path)
            .and_then(|m| cx.os.fss.get(&m.fs))
            .and_then(|f| f.limit.map(|l| (l / 1024, f.used / 1024)));
        let (size, used) = match limit {
            Some(sizes) => sizes,
            None if kind == "tmpfs" => (65_536, 0),
            None => (DISK_KIB, used.min(DISK_KIB)),
        };
        rows.push((device, path, size, used));
    }
    let mut code = 0;
    if !opts.rest.is_empty() {
        let mut picked = Vec::new();
        for path in &opts.rest {
            match cx.os.resolve(cx.pid, path, true) {
                Ok(at) => {
                    let mount = if at.mount == 0 { "/" } else { &at.path[..at.mount] };
                    picked.extend(rows.iter().find(|r| r.1 == mount).cloned());
                }
                Err(Errno::NoEntry) => {
                    cx.complain(&[path, ": can't find mount point"].concat());
                    code = 1;
                }
                Err(errno) => code = cx.fail_path(path, errno),
            }
        }
        rows = picked;
    }
    let unit = if opts.has('h') {
        "     Size"
    } else if opts.has('m') {
        "1M-blocks"
    } else {
        "1K-blocks"
    };
    let mut text = format!("Filesystem           {unit}      Used Available Use% Mounted on\n");
    for (device, path, size, used) in rows {
        let show = |kib: u64| {
            if opts.has('h') {
                human(kib * 1024)
            } else if opts.has('m') {
                (kib / 1024).to_string()
            } else {
                kib.to_string()
            }
        };
        let free = size.saturating_sub(used);
        let percent = if size == 0 { 0 } else { (used * 100).div_ceil(size) };
        text.push_str(&format!(
            "{device:<20} {:>9} {:>9} {:>9} {percent:>3}% {path}\n",
            show(size),
            show(used),
            show(free)
        ));
    }
    cx.out(&text);
    Act::Exit(code)
}

pub(crate) fn mount(cx: &mut Ctx<'_>) -> Act {
    if cx.args().len() > 1 {
        let args = cx.args();
        let words: Vec<&String> = args[1..].iter().filter(|arg| !arg.starts_with('-')).collect();
        match &words[..] {
            // What may be mounted elsewhere cannot be here: the program says what it says of a kernel without it.
            [.., what, place] if cx.os.capable(cx.pid, crate::caps::Cap::SYS_ADMIN) => {
                cx.complain(
                    &["mounting ", what, " on ", place, " failed: Function not implemented"].concat(),
                );
            }
            _ => cx.complain("permission denied (are you root?)"),
        }
        return Act::Exit(1);
    }
    for [device, path, kind, options] in cx.os.mount_lines(cx.pid) {
        cx.out(&format!("{device} on {path} type {kind} ({options})\n"));
    }
    Act::Exit(0)
}

pub(crate) fn mktemp(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "dqtup:");
    let dir = opts.value('p').map(str::to_string);
    let (template, in_tmp) = match opts.rest.first() {
        Some(t) => (t.clone(), opts.has('t') || dir.is_some()),
        None => ("tmp.XXXXXX".to_string(), true),
    };
    let marks = template.len() - template.trim_end_matches('X').len();
    if marks < 6 {
        cx.complain(&[&template, ": Invalid argument"].concat());
        return Act::Exit(1);
    }
    let base = dir.or_else(|| cx.env("TMPDIR")).unwrap_or_else(|| "/tmp".to_string());
    for _ in 0..100 {
        let mut name = template[..template.len() - marks].to_string();
        for _ in 0..marks {
            let r = cx.os.random() >> 33;
            name.push(
                b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[(r % 62) as usize] as char,
            );
        }
        let path = if in_tmp { super::files::join(&base, &name) } else { name };
        let body = if opts.has('d') { Body::Dir(Default::default()) } else { Body::File(Rc::default(), 0) };
        let mode = if opts.has('d') { 0o700 } else { 0o600 };
        if !opts.has('u') {
            match cx.os.create(cx.pid, &path, body, mode) {
                Ok(_) => {}
                Err(Errno::Exists) => continue,
                Err(errno) => {
                    let template = if in_tmp { super::files::join(&base, &template) } else { template };
                    return Act::Exit(cx.fail_path(&template, errno));
                }
            }
        }
        cx.out(&[&path, "\n"].concat());
        return Act::Exit(0);
    }
    Act::Exit(1)
}

pub(crate) fn which(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "a");
    if opts.rest.is_empty() {
        return Act::Exit(usage(cx));
    }
    let path = cx.env("PATH").unwrap_or_else(|| crate::types::DEFAULT_PATH.to_string());
    let mut code = 0;
    for name in &opts.rest {
        match cx.os.find_program(cx.pid, name, &path) {
            Ok(at) => cx.out(&[&at, "\n"].concat()),
            Err(_) => code = 1,
        }
    }
    Act::Exit(code)
}

pub(crate) fn truncate(cx: &mut Ctx<'_>) -> Act {
    let opts = opts!(cx, "cs:");
    let Some(size) = opts.value('s') else { return Act::Exit(usage(cx)) };
    let Some(size) = super::number(size).filter(|_| !size.starts_with('+')) else {
        cx.complain(&["invalid number '", size, "'"].concat());
        return Act::Exit(1);
    };
    let mut code = 0;
    for path in &opts.rest {
        let how = crate::vfs::How { truncate: false, create: !opts.has('c'), ..crate::vfs::How::WRITE };
        let result = cx.open(path, how).and_then(|fd| {
            cx.close(fd);
            let Place::Real { fs, ino } = cx.os.resolve(cx.pid, path, true)?.place else {
                return Err(Errno::Invalid);
            };
            let mtime = cx.os.unix_ms();
            let tree = cx.os.fss.get_mut(&fs).ok_or(Errno::NoEntry)?.make_mut();
            tree.truncate(ino, size, mtime)
        });
        match result {
            Ok(()) => {}
            Err(Errno::NoEntry) if opts.has('c') => {}
            Err(errno) => code = cx.complain_open(path, errno),
        }
    }
    Act::Exit(code)
}
