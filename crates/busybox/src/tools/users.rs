//! Users and groups, from /etc/passwd and /etc/group: id, whoami.

use super::Opts;
use crate::ctx::{Act, Ctx};

/// The fields of the line of `file` in which field `key` is `value`.
fn entry(cx: &mut Ctx<'_>, file: &str, key: usize, value: &str) -> Option<Vec<String>> {
    let text = cx.read_all(file).ok()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    text.lines()
        .map(|l| l.split(':').map(str::to_string).collect::<Vec<_>>())
        .find(|fields| fields.get(key).is_some_and(|f| f == value))
}

/// The name of a user.
pub(crate) fn name(cx: &mut Ctx<'_>, uid: u32) -> Option<String> {
    entry(cx, "/etc/passwd", 2, &uid.to_string()).map(|f| f[0].clone())
}

/// The name of a group.
pub(crate) fn group(cx: &mut Ctx<'_>, gid: u32) -> Option<String> {
    entry(cx, "/etc/group", 2, &gid.to_string()).map(|f| f[0].clone())
}

/// A user's home.
pub(crate) fn home(cx: &mut Ctx<'_>, name: &str) -> Option<String> {
    entry(cx, "/etc/passwd", 0, name).and_then(|f| f.get(5).cloned())
}

/// The numbers of a user: (uid, gid). A number stands for itself.
pub(crate) fn uid_of(cx: &mut Ctx<'_>, name: &str) -> Option<(u32, Option<u32>)> {
    if let Some(f) = entry(cx, "/etc/passwd", 0, name) {
        return Some((f.get(2)?.parse().ok()?, f.get(3)?.parse().ok()));
    }
    name.parse().ok().map(|uid| (uid, None))
}

/// The number of a group.
pub(crate) fn gid_of(cx: &mut Ctx<'_>, name: &str) -> Option<u32> {
    match entry(cx, "/etc/group", 0, name) {
        Some(f) => f.get(2)?.parse().ok(),
        None => name.parse().ok(),
    }
}

pub(crate) fn whoami(cx: &mut Ctx<'_>) -> Act {
    let uid = cx.uid();
    match name(cx, uid) {
        Some(name) => {
            cx.out(&[&name, "\n"].concat());
            Act::Exit(0)
        }
        None => {
            cx.complain(&format!("unknown uid {uid}"));
            Act::Exit(1)
        }
    }
}

pub(crate) fn id(cx: &mut Ctx<'_>) -> Act {
    let opts = match Opts::parse(cx, "ugGnr", &[]) {
        Ok(opts) => opts,
        Err(act) => return act,
    };
    let (mut uid, mut gid) = cx.os.proc(cx.pid).map_or((0, 0), |p| (p.uid, p.gid));
    let mut groups: Vec<u32> = cx.os.proc(cx.pid).map_or_else(Vec::new, |p| p.groups.to_vec());
    if let Some(user) = opts.rest.first() {
        match entry(cx, "/etc/passwd", 0, user) {
            Some(f) => {
                uid = f.get(2).and_then(|v| v.parse().ok()).unwrap_or(0);
                gid = f.get(3).and_then(|v| v.parse().ok()).unwrap_or(0);
                groups.clear();
            }
            None => {
                cx.complain(&["unknown user ", user].concat());
                return Act::Exit(1);
            }
        }
    }
    if groups.is_empty() {
        groups.push(gid);
    }
    let groups: Vec<(u32, Option<String>)> = groups.into_iter().map(|id| (id, group(cx, id))).collect();
    let (user, group) = (name(cx, uid), group(cx, gid));
    let show = |id: u32, name: &Option<String>| match name {
        Some(name) if opts.has('n') => name.clone(),
        _ => id.to_string(),
    };
    let with = |what: &str, id: u32, name: &Option<String>| match name {
        Some(name) => format!("{what}={id}({name})"),
        None => format!("{what}={id}"),
    };
    let line = if opts.has('u') {
        show(uid, &user)
    } else if opts.has('g') {
        show(gid, &group)
    } else if opts.has('G') {
        groups.iter().map(|(id, name)| show(*id, name)).collect::<Vec<_>>().join(" ")
    } else {
        let all: Vec<String> =
            groups.iter().map(|(id, name)| with("", *id, name).trim_start_matches('=').to_string()).collect();
        [with("uid", uid, &user), with("gid", gid, &group), format!("groups={}", all.join(","))].join(" ")
    };
    cx.out(&[&line, "\n"].concat());
    Act::Exit(0)
}
