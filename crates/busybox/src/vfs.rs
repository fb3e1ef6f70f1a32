//! Paths as a process sees them: mounts, symbolic links, permissions, and what is done to files.

use resting::Resting;

use crate::caps::Cap;
use crate::ctx::Ctx;
use crate::fd::{Ofd, OfdKind};
use crate::fs::{Body, Fs, FsId, Ino, Inode, Owner, ROOT, split_last, split_rev};
use crate::map::Map;
use crate::os::Os;
use crate::process::View;
use crate::types::{Errno, Pid};
use std::rc::Rc;

/// The devices in /dev: name, major and minor number.
pub(crate) const DEVICES: [(&str, u32, u32); 7] = [
    ("full", 1, 7),
    ("null", 1, 3),
    ("ptmx", 5, 2),
    ("random", 1, 8),
    ("tty", 5, 0),
    ("urandom", 1, 9),
    ("zero", 1, 5),
];
/// Links in /dev that lead into /proc.
const DEV_LINKS: [(&str, &str); 4] = [
    ("fd", "/proc/self/fd"),
    ("stderr", "/proc/self/fd/2"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
];

/// What a path leads to.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Real {
        fs: FsId,
        ino: Ino,
    },
    Device(usize),
    /// A path below /proc, without the leading `/proc`.
    Proc(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    pub(crate) place: Place,
    /// Where it is in the process's view, without symbolic links.
    pub(crate) path: String,
    pub(crate) read_only: bool,
    /// The mount (or the root) it was found in ends here: inside it, the path is the rest.
    pub(crate) mount: usize,
}

/// What stat(2) tells.
#[derive(Clone, Debug)]
pub(crate) struct Meta {
    /// `-`, `d`, `l`, `c`, `p`.
    pub(crate) kind: char,
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) size: u64,
    pub(crate) mtime: i64,
    pub(crate) nlink: u32,
    pub(crate) ino: u64,
    pub(crate) target: Option<Rc<str>>,
    pub(crate) device: (u32, u32),
}

impl Meta {
    pub(crate) fn is_dir(&self) -> bool {
        self.kind == 'd'
    }

    fn of(fs: FsId, ino: Ino, node: &Inode) -> Meta {
        let (kind, target) = match &node.body {
            Body::Dir(_) => ('d', None),
            Body::Link(target) => ('l', Some(target.clone())),
            _ => ('-', None),
        };
        Meta {
            kind,
            mode: node.mode,
            uid: node.uid,
            gid: node.gid,
            size: node.size(),
            mtime: node.mtime,
            nlink: node.nlink,
            ino: u64::from(fs.0) << 20 | u64::from(ino),
            target,
            device: (0, fs.0),
        }
    }
}

/// How to open a file.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct How {
    pub(crate) read: bool,
    pub(crate) write: bool,
    pub(crate) create: bool,
    pub(crate) truncate: bool,
    pub(crate) append: bool,
    pub(crate) exclusive: bool,
}

impl How {
    pub(crate) const READ: How =
        How { read: true, write: false, create: false, truncate: false, append: false, exclusive: false };
    pub(crate) const WRITE: How =
        How { read: false, write: true, create: true, truncate: true, append: false, exclusive: false };
    pub(crate) const APPEND: How =
        How { read: false, write: true, create: true, truncate: false, append: true, exclusive: false };
}

impl Os {
    /// Walks a path. A missing last part is NoEntry.
    pub(crate) fn resolve(&self, pid: Pid, path: &str, follow_last: bool) -> Result<Resolved, Errno> {
        let proc = self.proc(pid).ok_or(Errno::NoProcess)?;
        if path.is_empty() {
            return Err(Errno::NoEntry);
        }
        if path.len() > 4096 {
            return Err(Errno::NameTooLong);
        }
        let mut todo = split_rev(path);
        // `dir/` means the directory a link leads to.
        let follow_last = follow_last || path.ends_with('/');
        if !path.starts_with('/') {
            todo.extend(split_rev(&proc.cwd));
        }
        self.resolve_in(&proc.view, pid, todo, follow_last)
    }

    fn resolve_in(
        &self,
        view: &Rc<View>,
        pid: Pid,
        mut todo: Vec<String>,
        follow_last: bool,
    ) -> Result<Resolved, Errno> {
        let all = self.capable(pid, Cap::DAC_OVERRIDE);
        let mut view = view.clone();
        let start = Resolved {
            place: Place::Real { fs: view.root, ino: ROOT },
            path: String::new(),
            read_only: view.root_read_only,
            mount: 0,
        };
        let mut stack: Vec<Resolved> = vec![start];
        let mut hops = 0;
        while let Some(name) = todo.pop() {
            if name == ".." {
                if stack.len() > 1 {
                    stack.pop();
                }
                continue;
            }
            let Some(here) = stack.last() else { return Err(Errno::NoEntry) };
            // Each name costs more than the one before: its whole path is copied.
            self.worked(here.path.len() as u32 / 32);
            let mut path = String::with_capacity(here.path.len() + 1 + name.len());
            path.push_str(&here.path);
            path.push('/');
            path.push_str(&name);
            let link: Option<Rc<str>>;
            let mut next =
                Resolved { place: here.place.clone(), path, read_only: here.read_only, mount: here.mount };
            if let Some(mount) = view.mounts.iter().rev().find(|m| m.path == next.path) {
                let fs = self.fss.get(&mount.fs).ok_or(Errno::NoEntry)?;
                let ino = fs.walk(&mount.sub_path, true)?;
                next.place = Place::Real { fs: mount.fs, ino };
                next.read_only = mount.read_only;
                next.mount = next.path.len();
                link = None;
            } else if here.path.is_empty() && name == "proc" {
                next.place = Place::Proc(String::new());
                next.read_only = false;
                link = None;
            } else if here.path == "/sys/fs/cgroup" && crate::procfs::CGROUP_FILES.contains(&&*name) {
                next.place = Place::Proc(["/cgroup/", &name].concat());
                link = None;
            } else if let Place::Proc(at) = &here.place {
                let inner = format!("{at}/{name}");
                let target = self.proc_link(pid, &inner)?;
                if let Some(target) = &target
                    && (follow_last || !todo.is_empty())
                    && (inner.ends_with("/root") || inner.ends_with("/cwd"))
                    && let Some(other) = self.proc_of(pid, &inner)
                {
                    // Through another process's eyes.
                    if !self.may_look_into(pid, other) {
                        return Err(Errno::Access);
                    }
                    view = self.proc(other).ok_or(Errno::NoEntry)?.view.clone();
                    stack.truncate(1);
                    stack[0].place = Place::Real { fs: view.root, ino: ROOT };
                    stack[0].read_only = view.root_read_only;
                    todo.extend(split_rev(target));
                    hops += 1;
                    if hops > 40 {
                        return Err(Errno::Loop);
                    }
                    continue;
                }
                // A link to an open file leads to the file itself, named or not.
                link = target.filter(|_| !inner.contains("/fd/") && !inner.contains("/ns/"));
                next.place = Place::Proc(inner);
            } else {
                let Place::Real { fs, ino } = here.place else { return Err(Errno::NotDir) };
                let device =
                    (here.path == "/dev").then(|| DEVICES.iter().position(|(n, ..)| *n == name)).flatten();
                let dev_link = DEV_LINKS.iter().find(|(n, _)| here.path == "/dev" && *n == name);
                if let Some(device) = device {
                    next.place = Place::Device(device);
                    link = None;
                } else if let Some((_, target)) = dev_link {
                    link = Some((*target).into());
                } else {
                    let tree = self.fss.get(&fs).ok_or(Errno::NoEntry)?;
                    let dir = tree.get(ino).ok_or(Errno::NoEntry)?;
                    if !dir.is_dir() {
                        return Err(Errno::NotDir);
                    }
                    if !all && self.allowed(pid, &Meta::of(fs, ino, dir)) & 1 == 0 {
                        return Err(Errno::Access);
                    }
                    let child = tree.child(ino, &name)?.ok_or(Errno::NoEntry)?;
                    link = match tree.get(child).map(|n| &n.body) {
                        Some(Body::Link(target)) => Some(target.clone()),
                        _ => None,
                    };
                    next.place = Place::Real { fs, ino: child };
                }
            }
            match link {
                Some(target) if follow_last || !todo.is_empty() => {
                    hops += 1;
                    if hops > 40 {
                        return Err(Errno::Loop);
                    }
                    if target.starts_with('/') {
                        stack.truncate(1);
                    }
                    todo.extend(split_rev(&target));
                }
                _ => stack.push(next),
            }
        }
        let mut last = stack.pop().ok_or(Errno::NoEntry)?;
        if last.path.is_empty() {
            last.path.push('/');
        }
        Ok(last)
    }

    /// The short way for plain absolute paths: no mounts, links, devices or checks in between. `None` when the long
    /// way must be gone. Programs are looked up that often.
    fn quick(&self, pid: Pid, path: &str) -> Option<Result<(FsId, Ino), Errno>> {
        let proc = self.proc(pid)?;
        let view = &proc.view;
        let special = path.starts_with("/proc") || path.starts_with("/dev") || path.contains("/.");
        let all = self.capable(pid, Cap::DAC_OVERRIDE);
        if !all || !path.starts_with('/') || special || path.len() > 4096 {
            return None;
        }
        if view.mounts.iter().any(|m| path.starts_with(&*m.path)) {
            return None;
        }
        let tree = self.fss.get(&view.root)?;
        let mut ino = ROOT;
        for name in path.split('/').filter(|n| !n.is_empty()) {
            let Body::Dir(entries) = &tree.get(ino)?.body else { return None };
            ino = match entries.get(name) {
                Some(ino) => *ino,
                None => return Some(Err(Errno::NoEntry)),
            };
            if matches!(tree.get(ino)?.body, Body::Link(_)) {
                return None;
            }
        }
        Some(Ok((view.root, ino)))
    }

    /// The permission bits (rwx) that apply to a process.
    pub(crate) fn allowed(&self, pid: Pid, meta: &Meta) -> u32 {
        let Some(proc) = self.proc(pid) else { return 0 };
        if self.capable(pid, Cap::DAC_OVERRIDE) {
            return 7;
        }
        let bits = if proc.uid == meta.uid {
            meta.mode >> 6 & 7
        } else if proc.gid == meta.gid || proc.groups.contains(&meta.gid) {
            meta.mode >> 3 & 7
        } else {
            meta.mode & 7
        };
        let read = if meta.is_dir() { 5 } else { 4 };
        bits | if self.capable(pid, Cap::DAC_READ_SEARCH) { read } else { 0 }
    }

    pub(crate) fn stat(&self, pid: Pid, path: &str, follow: bool) -> Result<Meta, Errno> {
        if let Some(found) = self.quick(pid, path) {
            let (fs, ino) = found?;
            return self.meta(pid, &Place::Real { fs, ino });
        }
        let at = self.resolve(pid, path, follow)?;
        self.meta(pid, &at.place)
    }

    pub(crate) fn meta(&self, pid: Pid, place: &Place) -> Result<Meta, Errno> {
        match place {
            Place::Real { fs, ino } => {
                let node = self.fss.get(fs).and_then(|f| f.get(*ino)).ok_or(Errno::NoEntry)?;
                Ok(Meta::of(*fs, *ino, node))
            }
            Place::Device(index) => {
                let (_, major, minor) = DEVICES[*index];
                Ok(self.plain_meta('c', 0o666, (major, minor)))
            }
            Place::Proc(path) => {
                if let Some(target) = self.proc_link(pid, path)? {
                    let mut meta = self.plain_meta('l', 0o777, (0, 0));
                    meta.target = Some(target);
                    return Ok(meta);
                }
                if self.proc_list(pid, path).is_some() {
                    return Ok(self.plain_meta('d', 0o555, (0, 0)));
                }
                self.proc_text(pid, path).map(|_| self.plain_meta('-', 0o444, (0, 0))).ok_or(Errno::NoEntry)
            }
        }
    }

    fn plain_meta(&self, kind: char, mode: u32, device: (u32, u32)) -> Meta {
        let mtime = self.unix_ms();
        Meta { kind, mode, uid: 0, gid: 0, size: 0, mtime, nlink: 1, ino: 1, target: None, device }
    }

    /// The content of a real file.
    pub(crate) fn body(&self, pid: Pid, path: &str) -> Result<&Body, Errno> {
        if let Some(found) = self.quick(pid, path) {
            let (fs, ino) = found?;
            return self.fss.get(&fs).and_then(|f| f.get(ino)).map(|n| &n.body).ok_or(Errno::NoEntry);
        }
        match self.resolve(pid, path, true)?.place {
            Place::Real { fs, ino } => {
                self.fss.get(&fs).and_then(|f| f.get(ino)).map(|n| &n.body).ok_or(Errno::NoEntry)
            }
            _ => Err(Errno::Access),
        }
    }

    /// Names in a directory, sorted, without `.` and `..`.
    pub(crate) fn list_dir(&self, pid: Pid, path: &str) -> Result<Vec<Rc<str>>, Errno> {
        let at = self.resolve(pid, path, true)?;
        match &at.place {
            Place::Real { fs, ino } => {
                let node = self.fss.get(fs).and_then(|f| f.get(*ino)).ok_or(Errno::NoEntry)?;
                let Body::Dir(entries) = &node.body else { return Err(Errno::NotDir) };
                if self.allowed(pid, &Meta::of(*fs, *ino, node)) & 4 == 0 {
                    return Err(Errno::Access);
                }
                let mut names: Vec<Rc<str>> = entries.keys().cloned().collect();
                if at.path == "/dev" {
                    names.extend(DEVICES.iter().map(|(n, ..)| Rc::from(*n)));
                    names.extend(DEV_LINKS.iter().map(|(n, _)| Rc::from(*n)));
                    crate::map::sort_by(&mut names, |a, b| a.cmp(b));
                    names.dedup();
                }
                Ok(names)
            }
            Place::Device(_) => Err(Errno::NotDir),
            Place::Proc(path) => self.proc_list(pid, path).ok_or(Errno::NotDir),
        }
    }

    /// The directory a new name would go into: file system, inode, and the name.
    fn parent(&self, pid: Pid, path: &str) -> Result<(Resolved, FsId, Ino, String), Errno> {
        let (dir, name) = split_last(path);
        let dir = if path.trim_end_matches('/').contains('/') {
            if dir.is_empty() { "/" } else { dir }
        } else {
            "."
        };
        let at = self.resolve(pid, dir, true)?;
        match at.place {
            Place::Real { fs, ino } => {
                let node = self.fss.get(&fs).and_then(|f| f.get(ino)).ok_or(Errno::NoEntry)?;
                if !node.is_dir() {
                    return Err(Errno::NotDir);
                }
                Ok((at, fs, ino, name.to_string()))
            }
            Place::Device(_) => Err(Errno::NotDir),
            Place::Proc(_) => Err(Errno::NoEntry),
        }
    }

    fn may_change_dir(&self, pid: Pid, at: &Resolved, fs: FsId, ino: Ino) -> Result<(), Errno> {
        if at.read_only {
            return Err(Errno::ReadOnly);
        }
        let node = self.fss.get(&fs).and_then(|f| f.get(ino)).ok_or(Errno::NoEntry)?;
        if self.allowed(pid, &Meta::of(fs, ino, node)) & 3 != 3 {
            return Err(Errno::Access);
        }
        Ok(())
    }

    fn tree(&mut self, fs: FsId) -> Result<&mut Fs, Errno> {
        self.fss.get_mut(&fs).map(Resting::make_mut).ok_or(Errno::NoEntry)
    }

    fn owner(&self, pid: Pid) -> Owner {
        let (uid, gid) = self.proc(pid).map_or((0, 0), |p| (p.uid, p.gid));
        Owner { uid, gid, mtime: self.unix_ms() }
    }

    /// The path inside the file system that a directory and a name stand for, for [`crate::OsEvent::FileChanged`].
    fn inner_path(at: &Resolved, name: &str) -> Rc<str> {
        let inside = at.path.get(at.mount..).unwrap_or_default().trim_end_matches('/');
        [inside, "/", name].concat().into()
    }

    /// Makes a new inode.
    pub(crate) fn create(
        &mut self,
        pid: Pid,
        path: &str,
        body: Body,
        mode: u32,
    ) -> Result<(FsId, Ino), Errno> {
        let (at, fs, dir, name) = self.parent(pid, path)?;
        if name.is_empty() || self.fss.get(&fs).is_some_and(|f| matches!(f.child(dir, &name), Ok(Some(_)))) {
            return Err(Errno::Exists);
        }
        if at.path == "/dev" && DEVICES.iter().any(|(n, ..)| *n == name) || at.path == "/" && name == "proc" {
            return Err(Errno::Exists);
        }
        self.may_change_dir(pid, &at, fs, dir)?;
        let owner = self.owner(pid);
        let umask = self.proc(pid).map_or(0, |p| p.umask);
        let mode = if matches!(body, Body::Link(_)) { 0o777 } else { mode & !umask };
        let ino = self.tree(fs)?.add(dir, &name, body, mode, owner)?;
        self.note_change((fs, Self::inner_path(&at, &name)));
        Ok((fs, ino))
    }

    pub(crate) fn make_dir(&mut self, pid: Pid, path: &str, mode: u32) -> Result<(), Errno> {
        self.create(pid, path, Body::Dir(Map::new()), mode).map(|_| ())
    }

    /// A second name for a file.
    pub(crate) fn hard_link(&mut self, pid: Pid, old: &str, new: &str) -> Result<(), Errno> {
        let Place::Real { fs, ino } = self.resolve(pid, old, false)?.place else {
            return Err(Errno::CrossDevice);
        };
        let (at, to_fs, dir, name) = self.parent(pid, new)?;
        if fs != to_fs {
            return Err(Errno::CrossDevice);
        }
        self.may_change_dir(pid, &at, fs, dir)?;
        let mtime = self.unix_ms();
        self.tree(fs)?.hard_link(dir, &name, ino, mtime)
    }

    /// unlink(2), or rmdir(2) when `dir` is set.
    pub(crate) fn unlink(&mut self, pid: Pid, path: &str, dir: bool) -> Result<(), Errno> {
        let (at, fs, parent, name) = self.parent(pid, path)?;
        let found = self.resolve(pid, path.trim_end_matches('/'), false)?;
        let Place::Real { fs: its_fs, ino } = found.place else { return Err(Errno::NotPermitted) };
        let node = self.fss.get(&its_fs).and_then(|f| f.get(ino)).ok_or(Errno::NoEntry)?;
        let is_dir = node.is_dir();
        if dir && !is_dir {
            return Err(Errno::NotDir);
        }
        if !dir && is_dir {
            return Err(Errno::IsDir);
        }
        if found.path == "/" || found.mount == found.path.len() && found.mount > 0 {
            return Err(Errno::Busy);
        }
        if dir && matches!(&node.body, Body::Dir(entries) if !entries.is_empty()) {
            return Err(Errno::NotEmpty);
        }
        let owner = node.uid;
        self.may_change_dir(pid, &at, fs, parent)?;
        self.check_sticky(pid, fs, parent, owner)?;
        let mtime = self.unix_ms();
        self.tree(fs)?.unlink(parent, &name, mtime)?;
        self.note_change((fs, Self::inner_path(&at, &name)));
        Ok(())
    }

    /// In a directory like /tmp only owners may remove.
    fn check_sticky(&self, pid: Pid, fs: FsId, dir: Ino, owner: u32) -> Result<(), Errno> {
        let uid = self.proc(pid).map_or(0, |p| p.uid);
        let node = self.fss.get(&fs).and_then(|f| f.get(dir)).ok_or(Errno::NoEntry)?;
        let any = self.capable(pid, Cap::FOWNER);
        if node.mode & 0o1000 != 0 && !any && uid != owner && uid != node.uid {
            return Err(Errno::NotPermitted);
        }
        Ok(())
    }

    /// rename(2)
    pub(crate) fn rename(&mut self, pid: Pid, from: &str, to: &str) -> Result<(), Errno> {
        let found = self.resolve(pid, from.trim_end_matches('/'), false)?;
        let Place::Real { fs, ino } = found.place else { return Err(Errno::NotPermitted) };
        let (from_at, from_fs, from_dir, from_name) = self.parent(pid, from)?;
        let (to_at, to_fs, to_dir, to_name) = self.parent(pid, to)?;
        if from_fs != to_fs || fs != to_fs {
            return Err(Errno::CrossDevice);
        }
        self.may_change_dir(pid, &from_at, fs, from_dir)?;
        self.may_change_dir(pid, &to_at, fs, to_dir)?;
        let tree = self.fss.get(&fs).ok_or(Errno::NoEntry)?;
        let node = tree.get(ino).ok_or(Errno::NoEntry)?;
        let is_dir = node.is_dir();
        self.check_sticky(pid, fs, from_dir, node.uid)?;
        if is_dir
            && (to_at.path.trim_end_matches('/').to_string() + "/").starts_with(&(found.path.clone() + "/"))
        {
            return Err(Errno::Invalid);
        }
        if let Some(old) = tree.child(to_dir, &to_name)? {
            if old == ino {
                return Ok(());
            }
            match (is_dir, tree.get(old).map(|n| &n.body)) {
                (false, Some(Body::Dir(_))) => return Err(Errno::IsDir),
                (true, Some(Body::Dir(entries))) if !entries.is_empty() => return Err(Errno::NotEmpty),
                (true, Some(Body::Dir(_))) | (false, _) => {}
                (true, _) => return Err(Errno::NotDir),
            }
        }
        let mtime = self.unix_ms();
        let tree = self.tree(fs)?;
        tree.version += 1;
        if tree.child(to_dir, &to_name)?.is_some() {
            tree.unlink(to_dir, &to_name, mtime)?;
        }
        for (dir, name, add) in [(from_dir, &from_name, false), (to_dir, &to_name, true)] {
            if let Some(parent) = tree.get_mut(dir) {
                parent.mtime = mtime;
                if is_dir {
                    parent.nlink = if add { parent.nlink + 1 } else { parent.nlink - 1 };
                }
                if let Body::Dir(entries) = &mut parent.body {
                    if add {
                        entries.insert(name.as_str().into(), ino);
                    } else {
                        entries.remove(name.as_str());
                    }
                }
            }
        }
        self.note_change((fs, Self::inner_path(&from_at, &from_name)));
        self.note_change((fs, Self::inner_path(&to_at, &to_name)));
        Ok(())
    }

    /// Changes mode or time of a file. Only its owner may, and who does as owners do.
    pub(crate) fn change(
        &mut self,
        pid: Pid,
        path: &str,
        follow: bool,
        mut edit: impl FnMut(&mut Inode),
    ) -> Result<(), Errno> {
        let uid = self.proc(pid).map_or(0, |p| p.uid);
        let any = self.capable(pid, Cap::FOWNER);
        self.edit(pid, path, follow, &|node| any || uid == node.uid, &mut edit)
    }

    /// Gives a file to another user or group. An owner may give it to a group of its own.
    // Models chown_ok and chgrp_ok of the kernel
    pub(crate) fn give(
        &mut self,
        pid: Pid,
        path: &str,
        follow: bool,
        uid: Option<u32>,
        gid: Option<u32>,
    ) -> Result<(), Errno> {
        let Some(proc) = self.proc(pid) else { return Err(Errno::NoProcess) };
        let (own, group, groups) = (proc.uid, proc.gid, proc.groups.clone());
        let any = self.capable(pid, Cap::CHOWN);
        let may = |node: &Inode| {
            let owner = node.uid == own;
            any || uid.is_none_or(|uid| owner && uid == node.uid)
                && gid.is_none_or(|gid| owner && (gid == node.gid || gid == group || groups.contains(&gid)))
        };
        self.edit(pid, path, follow, &may, &mut |node| {
            node.uid = uid.unwrap_or(node.uid);
            node.gid = gid.unwrap_or(node.gid);
        })
    }

    /// Sets the time of a file to now: who may write it may.
    pub(crate) fn touch(&mut self, pid: Pid, path: &str) -> Result<(), Errno> {
        let meta = self.stat(pid, path, true)?;
        let uid = self.proc(pid).map_or(0, |p| p.uid);
        if self.allowed(pid, &meta) & 2 == 0 && meta.uid != uid && !self.capable(pid, Cap::FOWNER) {
            return Err(Errno::Access);
        }
        let now = self.unix_ms();
        self.edit(pid, path, true, &|_| true, &mut |node| node.mtime = now)
    }

    fn edit(
        &mut self,
        pid: Pid,
        path: &str,
        follow: bool,
        may: &dyn Fn(&Inode) -> bool,
        edit: &mut dyn FnMut(&mut Inode),
    ) -> Result<(), Errno> {
        let at = self.resolve(pid, path, follow)?;
        let Place::Real { fs, ino } = at.place else {
            return if matches!(at.place, Place::Device(_)) { Ok(()) } else { Err(Errno::NotPermitted) };
        };
        if at.read_only {
            return Err(Errno::ReadOnly);
        }
        let tree = self.tree(fs)?;
        tree.version += 1;
        let node = tree.get_mut(ino).ok_or(Errno::NoEntry)?;
        if !may(node) {
            return Err(Errno::NotPermitted);
        }
        edit(node);
        Ok(())
    }

    /// Opens a file; the caller owns the reference.
    pub(crate) fn open(&mut self, pid: Pid, path: &str, how: How) -> Result<u32, Errno> {
        let found = match self.resolve(pid, path, true) {
            Err(Errno::NoEntry) if how.create => {
                // The link itself may be there and lead nowhere: then its target is made.
                let mut target = path.to_string();
                for _ in 0..8 {
                    match self.resolve(pid, &target, false) {
                        Ok(at) => match self.meta(pid, &at.place)?.target {
                            Some(to) if to.starts_with('/') => target = to.to_string(),
                            Some(to) => target = [split_last(&at.path).0, "/", &to].concat(),
                            None => break,
                        },
                        Err(_) => break,
                    }
                }
                if path.ends_with('/') {
                    return Err(Errno::IsDir);
                }
                let (fs, ino) = self.create(pid, &target, Body::File(Rc::default(), 0), 0o666)?;
                let mut at = self.resolve(pid, &target, true)?;
                at.place = Place::Real { fs, ino };
                at
            }
            Ok(_) if how.exclusive => return Err(Errno::Exists),
            found => {
                let found = found?;
                if let Place::Real { .. } = found.place {
                    let meta = self.meta(pid, &found.place)?;
                    if how.write && meta.is_dir() {
                        return Err(Errno::IsDir);
                    }
                    if how.write && found.read_only {
                        return Err(Errno::ReadOnly);
                    }
                    let want = if how.read { 4 } else { 0 } | if how.write { 2 } else { 0 };
                    if self.allowed(pid, &meta) & want != want {
                        return Err(Errno::Access);
                    }
                }
                found
            }
        };
        let kind = match found.place {
            Place::Real { fs, ino } => {
                let mtime = self.unix_ms();
                if how.truncate && how.write {
                    self.tree(fs)?.truncate(ino, 0, mtime)?;
                }
                if let Some(node) = self.tree(fs)?.get_mut(ino) {
                    node.opens += 1;
                }
                let path: Rc<str> = match found.path.get(found.mount..) {
                    Some("") | None => "/".into(),
                    Some(inner) => inner.into(),
                };
                if how.truncate {
                    self.note_change((fs, path.clone()));
                }
                OfdKind::File { fs, ino, path, pos: 0, append: how.append, write: how.write }
            }
            Place::Device(index) => match DEVICES[index].0 {
                "null" => OfdKind::Null,
                "zero" => OfdKind::Zero,
                "full" => OfdKind::Full,
                "random" | "urandom" => OfdKind::Random,
                _ => {
                    let tty = self
                        .proc(pid)
                        .and_then(|p| {
                            p.fds.iter().flatten().find(|o| self.ofds.get(o).is_some_and(|o| o.tty))
                        })
                        .copied();
                    let Some(tty) = tty else { return Err(Errno::NoEntry) };
                    self.retain(tty);
                    return Ok(tty);
                }
            },
            Place::Proc(path) => {
                if let Some((other, fd)) = self.proc_fd(pid, &path) {
                    let ofd = self.fd_of(other, fd).map_err(|_| Errno::NoEntry)?;
                    self.retain(ofd);
                    return Ok(ofd);
                }
                if how.write {
                    return Err(Errno::Access);
                }
                match self.proc_text(pid, &path) {
                    Some(text) => OfdKind::Text { data: Rc::new(text), pos: 0 },
                    None if self.proc_list(pid, &path).is_some() => return Err(Errno::IsDir),
                    None => return Err(Errno::NoEntry),
                }
            }
        };
        Ok(self.new_ofd(Ofd { refs: 1, tty: false, kind }))
    }

    // ---- file systems, for callers outside ----

    /// A file system, empty or with what a template holds (shared until written).
    pub fn create_fs(&mut self, template: Option<&crate::FsTemplate>) -> FsId {
        let id = FsId(self.fresh());
        let fs = match template {
            Some(template) => Fs::of(&template.fs),
            None => Fs::new(self.unix_ms()),
        };
        self.fss.insert(id, Rc::new(fs).into());
        id
    }

    /// A file system that shares what an already made one holds (copied when written).
    pub fn copy_fs(&mut self, from: FsId) -> Option<FsId> {
        let fs = self.fss.get(&from)?.clone();
        let id = FsId(self.fresh());
        self.fss.insert(id, fs);
        Some(id)
    }

    /// Forgets a file system.
    pub fn remove_fs(&mut self, fs: FsId) {
        self.fss.remove(&fs);
    }

    /// Limits what may be written into a file system; `None` lifts it.
    pub fn set_fs_limit(&mut self, fs: FsId, bytes: Option<u64>) {
        if let Some(fs) = self.fss.get_mut(&fs) {
            fs.make_mut().limit = bytes;
        }
    }

    /// Disk used by the files of a file system, in bytes (whole blocks of 4 KiB).
    pub fn fs_usage_bytes(&self, fs: FsId) -> u64 {
        self.fss.get(&fs).map_or(0, |f| f.small().map_or_else(|| f.used, |away| away.used))
    }

    fn outside_owner(&self) -> Owner {
        Owner { uid: 0, gid: 0, mtime: self.unix_ms() }
    }

    /// Writes a whole file, making missing directories; an old file of that name is replaced.
    pub fn write_file(&mut self, fs: FsId, path: &str, content: &[u8], mode: u32) -> Result<(), Errno> {
        let owner = self.outside_owner();
        self.tree(fs)?.put(path, Body::File(Rc::new(content.to_vec()), 0), mode, owner)?;
        self.note_change((fs, format!("/{}", path.trim_matches('/')).into()));
        Ok(())
    }

    /// Reads a whole file (at most 16 MiB of it).
    pub fn read_file(&self, fs: FsId, path: &str) -> Result<Vec<u8>, Errno> {
        let tree = self.fss.get(&fs).ok_or(Errno::NoEntry)?;
        tree.read_at(tree.walk(path, true)?, 0, crate::fs::MAX_FILE as usize)
    }

    /// Removes a file or a whole tree.
    pub fn remove(&mut self, fs: FsId, path: &str) -> Result<(), Errno> {
        let mtime = self.unix_ms();
        let (dir, name) = split_last(path);
        let tree = self.tree(fs)?;
        let dir = tree.walk(dir, true)?;
        tree.remove_tree(dir, name, mtime)?;
        self.note_change((fs, format!("/{}", path.trim_matches('/')).into()));
        Ok(())
    }

    /// Makes a directory and those above it.
    pub fn mkdir(&mut self, fs: FsId, path: &str, mode: u32) -> Result<(), Errno> {
        let owner = self.outside_owner();
        let tree = self.tree(fs)?;
        let ino = tree.make_dirs(path, 0o755, owner)?;
        if let Some(node) = tree.get_mut(ino) {
            node.mode = mode;
        }
        Ok(())
    }

    /// Makes a symbolic link, replacing an old one.
    pub fn symlink(&mut self, fs: FsId, path: &str, target: &str) -> Result<(), Errno> {
        let owner = self.outside_owner();
        self.tree(fs)?.put(path, Body::Link(target.into()), 0o777, owner)?;
        self.note_change((fs, format!("/{}", path.trim_matches('/')).into()));
        Ok(())
    }

    /// Gives a path (and with `recursive` all below it) to a user and group, as fsGroup does.
    pub fn chown(
        &mut self,
        fs: FsId,
        path: &str,
        uid: Option<u32>,
        gid: Option<u32>,
        mode_or: u32,
    ) -> Result<(), Errno> {
        let tree = self.tree(fs)?;
        let ino = tree.walk(path, true)?;
        let node = tree.get_mut(ino).ok_or(Errno::NoEntry)?;
        node.uid = uid.unwrap_or(node.uid);
        node.gid = gid.unwrap_or(node.gid);
        node.mode |= mode_or;
        Ok(())
    }

    /// What a directory holds, sorted by name.
    pub fn list(&self, fs: FsId, path: &str) -> Result<Vec<crate::DirEntry>, Errno> {
        let tree = self.fss.get(&fs).ok_or(Errno::NoEntry)?;
        let dir = tree.get(tree.walk(path, true)?).ok_or(Errno::NoEntry)?;
        let Body::Dir(entries) = &dir.body else { return Err(Errno::NotDir) };
        Ok(entries
            .iter()
            .filter_map(|(name, ino)| {
                let meta = Meta::of(fs, *ino, tree.get(*ino)?);
                Some(crate::DirEntry {
                    name: name.to_string(),
                    kind: meta.kind,
                    size: meta.size,
                    mode: meta.mode,
                    mtime_ms: meta.mtime,
                    target: meta.target.map(|t| t.to_string()),
                })
            })
            .collect())
    }

    /// Makes a directory hold exactly these files (path, content, mode), removing what else was there.
    pub fn replace_tree(
        &mut self,
        fs: FsId,
        path: &str,
        files: &[(String, Vec<u8>, u32)],
    ) -> Result<(), Errno> {
        let owner = self.outside_owner();
        let tree = self.tree(fs)?;
        let dir = tree.make_dirs(path, 0o755, owner)?;
        tree.clear_dir(dir, owner.mtime);
        for (name, content, mode) in files {
            self.write_file(fs, &format!("{path}/{name}"), content, *mode)?;
        }
        Ok(())
    }
}

impl Ctx<'_> {
    pub(crate) fn stat(&self, path: &str) -> Result<Meta, Errno> {
        self.os.stat(self.pid, path, true)
    }

    pub(crate) fn lstat(&self, path: &str) -> Result<Meta, Errno> {
        self.os.stat(self.pid, path, false)
    }

    /// Opens a file at a new descriptor.
    pub(crate) fn open(&mut self, path: &str, how: How) -> Result<usize, Errno> {
        let ofd = self.os.open(self.pid, path, how)?;
        self.os.add_fd(self.pid, ofd, 3)
    }

    pub(crate) fn list(&self, path: &str) -> Result<Vec<Rc<str>>, Errno> {
        self.os.list_dir(self.pid, path)
    }

    /// Reads a whole file that cannot make us wait; None is end-less or a pipe.
    pub(crate) fn read_all(&mut self, path: &str) -> Result<Vec<u8>, Errno> {
        let fd = self.open(path, How::READ)?;
        let mut all = Vec::new();
        let result = loop {
            match self.read(fd, 1 << 20) {
                Ok(crate::fd::Read::Data(bytes)) if all.len() < crate::fs::MAX_FILE as usize => {
                    all.extend(bytes);
                }
                Ok(_) => break Ok(all),
                Err(errno) => break Err(errno),
            }
        };
        self.close(fd);
        result
    }

    /// Replaces the content of a file.
    pub(crate) fn write_all(&mut self, path: &str, bytes: &[u8]) -> Result<(), Errno> {
        let fd = self.open(path, How::WRITE)?;
        let result = self.os.write(self.pid, fd, bytes);
        self.close(fd);
        result
    }
}
