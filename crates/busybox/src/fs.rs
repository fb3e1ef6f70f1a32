//! File systems: trees of inodes with modes, owners and times. Contents are shared, so cloning is cheap.

use crate::map::Map;
use crate::types::{Errno, id};
use crate::workload::Workload;
use std::rc::Rc;

id!(/// A file system: an image's root, a volume.
    FsId);

/// What a runnable file is. Images are trees in which some files are such programs.
#[derive(Clone, Debug)]
pub enum Program {
    /// A BusyBox tool, chosen by the last part of argv[0] (or by argv[1] when argv[0] is `busybox`).
    Applet,
    /// A server or job described in data.
    Workload(Rc<Workload>),
}

pub(crate) type Ino = u32;
pub(crate) const ROOT: Ino = 1;
/// Bytes that one file may really hold; longer ones may only be zeros at the end.
pub(crate) const MAX_FILE: u64 = 16 << 20;
/// Bytes that one file system may really hold.
const MAX_FS: u64 = 64 << 20;
const MAX_INODES: usize = 20_000;

#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// Bytes, then that many zeros (what dd from /dev/zero leaves, without keeping them).
    File(Rc<Vec<u8>>, u64),
    Dir(Map<Rc<str>, Ino>),
    Link(Rc<str>),
    Program(Program),
}

#[derive(Clone, Debug)]
pub(crate) struct Inode {
    pub(crate) body: Body,
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Milliseconds since 1970.
    pub(crate) mtime: i64,
    pub(crate) nlink: u32,
    pub(crate) opens: u32,
}

impl Inode {
    pub(crate) fn is_dir(&self) -> bool {
        matches!(self.body, Body::Dir(_))
    }
    pub(crate) fn size(&self) -> u64 {
        match &self.body {
            Body::File(data, zeros) => data.len() as u64 + zeros,
            Body::Dir(_) => 4096,
            Body::Link(target) => target.len() as u64,
            Body::Program(_) => 1_131_168,
        }
    }
    /// What it takes of the disk, in bytes.
    fn charge(&self) -> u64 {
        match &self.body {
            Body::File(..) => self.size().div_ceil(4096) * 4096,
            _ => 0,
        }
    }
    fn held(&self) -> u64 {
        if let Body::File(data, _) = &self.body { data.len() as u64 } else { 0 }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Fs {
    pub(crate) inodes: Map<Ino, Rc<Inode>>,
    pub(crate) next: Ino,
    /// Disk used, in whole blocks.
    pub(crate) used: u64,
    pub(crate) held: u64,
    pub(crate) limit: Option<u64>,
    /// Counts changes of names and modes.
    pub(crate) version: u64,
    /// What it was when it was made, shared.
    pub(crate) template: Option<Rc<Fs>>,
}

/// The owner and times a new inode gets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) mtime: i64,
}

/// The set-group-ID bit of a mode.
const SET_GID: u32 = 0o2000;

impl Fs {
    pub(crate) fn new(mtime: i64) -> Fs {
        let root =
            Inode { body: Body::Dir(Map::new()), mode: 0o755, uid: 0, gid: 0, mtime, nlink: 2, opens: 0 };
        Fs {
            inodes: [(ROOT, Rc::new(root))].into_iter().collect(),
            next: ROOT + 1,
            used: 0,
            held: 0,
            limit: None,
            version: 0,
            template: None,
        }
    }

    /// A file system that holds what a template holds.
    pub(crate) fn of(template: &Rc<Fs>) -> Fs {
        Fs { template: Some(Rc::clone(template)), ..(**template).clone() }
    }

    pub(crate) fn get(&self, ino: Ino) -> Option<&Inode> {
        self.inodes.get(&ino).map(Rc::as_ref)
    }

    pub(crate) fn get_mut(&mut self, ino: Ino) -> Option<&mut Inode> {
        self.inodes.get_mut(&ino).map(Rc::make_mut)
    }

    pub(crate) fn child(&self, dir: Ino, name: &str) -> Result<Option<Ino>, Errno> {
        match self.get(dir).map(|i| &i.body) {
            Some(Body::Dir(entries)) => Ok(entries.get(name).copied()),
            _ => Err(Errno::NotDir),
        }
    }

    /// Puts a new inode into a directory. The name must be free.
    pub(crate) fn add(
        &mut self,
        dir: Ino,
        name: &str,
        body: Body,
        mode: u32,
        o: Owner,
    ) -> Result<Ino, Errno> {
        if name.is_empty() || name == "." || name == ".." || name.contains('/') {
            return Err(Errno::Invalid);
        }
        if name.len() > 255 {
            return Err(Errno::NameTooLong);
        }
        if self.inodes.len() >= MAX_INODES {
            return Err(Errno::NoSpace);
        }
        if self.child(dir, name)?.is_some() {
            return Err(Errno::Exists);
        }
        let is_dir = matches!(body, Body::Dir(_));
        // In a directory with the set-group-ID bit everything is that group's, and so are directories in it.
        let group = self.get(dir).filter(|parent| parent.mode & SET_GID != 0).map(|parent| parent.gid);
        let inode = Inode {
            body,
            mode: if is_dir && group.is_some() { mode | SET_GID } else { mode },
            uid: o.uid,
            gid: group.unwrap_or(o.gid),
            mtime: o.mtime,
            nlink: if is_dir { 2 } else { 1 },
            opens: 0,
        };
        if self.used + inode.charge() > self.limit.unwrap_or(u64::MAX) || self.held + inode.held() > MAX_FS {
            return Err(Errno::NoSpace);
        }
        self.used += inode.charge();
        self.held += inode.held();
        let ino = self.next;
        self.next += 1;
        self.inodes.insert(ino, Rc::new(inode));
        self.link(dir, name, ino, o.mtime);
        if is_dir && let Some(parent) = self.get_mut(dir) {
            parent.nlink += 1;
        }
        Ok(ino)
    }

    fn link(&mut self, dir: Ino, name: &str, ino: Ino, mtime: i64) {
        self.version += 1;
        if let Some(parent) = self.get_mut(dir) {
            parent.mtime = mtime;
            if let Body::Dir(entries) = &mut parent.body {
                entries.insert(name.into(), ino);
            }
        }
    }

    /// A second name for a file.
    pub(crate) fn hard_link(&mut self, dir: Ino, name: &str, ino: Ino, mtime: i64) -> Result<(), Errno> {
        if self.child(dir, name)?.is_some() {
            return Err(Errno::Exists);
        }
        let node = self.get_mut(ino).ok_or(Errno::NoEntry)?;
        if node.is_dir() {
            return Err(Errno::NotPermitted);
        }
        node.nlink += 1;
        self.link(dir, name, ino, mtime);
        Ok(())
    }

    /// Takes a name out of a directory; the inode goes when nothing holds it any more.
    pub(crate) fn unlink(&mut self, dir: Ino, name: &str, mtime: i64) -> Result<(), Errno> {
        let ino = self.child(dir, name)?.ok_or(Errno::NoEntry)?;
        self.version += 1;
        let is_dir = self.get(ino).is_some_and(Inode::is_dir);
        let parent = self.get_mut(dir).ok_or(Errno::NoEntry)?;
        parent.mtime = mtime;
        if is_dir {
            parent.nlink -= 1;
        }
        if let Body::Dir(entries) = &mut parent.body {
            entries.remove(name);
        }
        if let Some(node) = self.get_mut(ino) {
            node.nlink = if is_dir { 0 } else { node.nlink.saturating_sub(1) };
        }
        self.free_if_unused(ino);
        Ok(())
    }

    pub(crate) fn free_if_unused(&mut self, ino: Ino) {
        if let Some(node) = self.get(ino)
            && node.nlink == 0
            && node.opens == 0
        {
            let (charge, held) = (node.charge(), node.held());
            self.used -= charge.min(self.used);
            self.held -= held.min(self.held);
            self.inodes.remove(&ino);
        }
    }

    /// Removes a whole subtree.
    pub(crate) fn remove_tree(&mut self, dir: Ino, name: &str, mtime: i64) -> Result<(), Errno> {
        let ino = self.child(dir, name)?.ok_or(Errno::NoEntry)?;
        self.clear_dir(ino, mtime);
        self.unlink(dir, name, mtime)
    }

    pub(crate) fn clear_dir(&mut self, ino: Ino, mtime: i64) {
        // An explicit stack: trees can be deep. Directories are emptied children first.
        let mut stack = vec![(ino, false)];
        while let Some((at, seen)) = stack.pop() {
            let Some(Body::Dir(entries)) = self.get(at).map(|i| &i.body) else { continue };
            if !seen && stack.len() < MAX_INODES {
                let inner: Vec<Ino> = entries.values().copied().collect();
                stack.push((at, true));
                stack.extend(inner.into_iter().map(|i| (i, false)));
            } else {
                let names: Vec<Rc<str>> = entries.keys().cloned().collect();
                for name in names {
                    let _ = self.unlink(at, &name, mtime);
                }
            }
        }
    }

    /// Changes the bytes of a file by `edit`, and keeps the books. `edit` gets the bytes and the zeros behind.
    fn edit(
        &mut self,
        ino: Ino,
        mtime: i64,
        edit: impl FnOnce(&mut Rc<Vec<u8>>, &mut u64) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        let (limit, used, held) = (self.limit.unwrap_or(u64::MAX), self.used, self.held);
        let node = self.get_mut(ino).ok_or(Errno::NoEntry)?;
        let (charge, bytes) = (node.charge(), node.held());
        let Body::File(data, zeros) = &mut node.body else { return Err(Errno::IsDir) };
        let before = (data.clone(), *zeros);
        let result = edit(data, zeros);
        let (new_charge, new_bytes) = (node.charge(), node.held());
        let over = new_charge > charge && used - charge.min(used) + new_charge > limit
            || new_bytes > bytes && held - bytes.min(held) + new_bytes > MAX_FS;
        if over || result.is_err() {
            node.body = Body::File(before.0, before.1);
            return Err(result.err().unwrap_or(Errno::NoSpace));
        }
        node.mtime = mtime;
        self.used = used - charge.min(used) + new_charge;
        self.held = held - bytes.min(held) + new_bytes;
        Ok(())
    }

    pub(crate) fn truncate(&mut self, ino: Ino, len: u64, mtime: i64) -> Result<(), Errno> {
        self.edit(ino, mtime, |data, zeros| {
            if len <= data.len() as u64 {
                if len == 0 {
                    *data = Rc::default();
                } else {
                    Rc::make_mut(data).truncate(len as usize);
                }
                *zeros = 0;
            } else {
                *zeros = len - data.len() as u64;
            }
            Ok(())
        })
    }

    pub(crate) fn write_at(&mut self, ino: Ino, pos: u64, bytes: &[u8], mtime: i64) -> Result<(), Errno> {
        if bytes.is_empty() {
            return Ok(());
        }
        // The common case without the copy that keeps `edit` undoable.
        if let Some(node) = self.inodes.get_mut(&ino) {
            let node = Rc::make_mut(node);
            if let Body::File(data, 0) = &mut node.body
                && data.len() as u64 == pos
                && pos + (bytes.len() as u64) < MAX_FILE
            {
                let more = (pos + bytes.len() as u64).div_ceil(4096) * 4096 - pos.div_ceil(4096) * 4096;
                if self.used + more > self.limit.unwrap_or(u64::MAX)
                    || self.held + bytes.len() as u64 > MAX_FS
                {
                    return Err(Errno::NoSpace);
                }
                Rc::make_mut(data).extend_from_slice(bytes);
                node.mtime = mtime;
                self.used += more;
                self.held += bytes.len() as u64;
                return Ok(());
            }
        }
        self.edit(ino, mtime, |data, zeros| {
            let end = pos + bytes.len() as u64;
            if end > MAX_FILE {
                return Err(Errno::TooBig);
            }
            let total = data.len() as u64 + *zeros;
            let data = Rc::make_mut(data);
            if (data.len() as u64) < end {
                data.resize(end as usize, 0);
            }
            data[pos as usize..end as usize].copy_from_slice(bytes);
            *zeros = total.saturating_sub(data.len() as u64);
            Ok(())
        })
    }

    /// Writes `n` zeros at the end of a file (or over what is there) without keeping them.
    pub(crate) fn write_zeros(&mut self, ino: Ino, pos: u64, n: u64, mtime: i64) -> Result<(), Errno> {
        self.edit(ino, mtime, |data, zeros| {
            let total = (data.len() as u64 + *zeros).max(pos + n);
            if pos < data.len() as u64 {
                let end = (pos + n).min(data.len() as u64);
                Rc::make_mut(data)[pos as usize..end as usize].fill(0);
            }
            *zeros = total - data.len() as u64;
            Ok(())
        })
    }

    /// At most `max` bytes from `pos`.
    pub(crate) fn read_at(&self, ino: Ino, pos: u64, max: usize) -> Result<Vec<u8>, Errno> {
        match self.get(ino).map(|i| &i.body) {
            Some(Body::File(data, zeros)) => {
                let len = data.len() as u64;
                if pos < len {
                    let end = (pos as usize + max).min(data.len());
                    return Ok(data[pos as usize..end].to_vec());
                }
                Ok(vec![0; (len + zeros).saturating_sub(pos).min(max as u64) as usize])
            }
            Some(Body::Program(_)) if pos == 0 => Ok(b"\x7fELF\x02\x01\x01\0".to_vec()),
            Some(Body::Program(_)) => Ok(Vec::new()),
            Some(_) => Err(Errno::IsDir),
            None => Err(Errno::NoEntry),
        }
    }

    /// Walks a plain path inside this file system (for callers outside; follows symlinks within it).
    pub(crate) fn walk(&self, path: &str, follow_last: bool) -> Result<Ino, Errno> {
        let mut todo: Vec<String> = split_rev(path);
        let mut stack = vec![ROOT];
        let mut hops = 0;
        while let Some(name) = todo.pop() {
            if name == ".." {
                if stack.len() > 1 {
                    stack.pop();
                }
                continue;
            }
            let here = *stack.last().unwrap_or(&ROOT);
            let ino = self.child(here, &name)?.ok_or(Errno::NoEntry)?;
            if let Some(Body::Link(target)) = self.get(ino).map(|i| &i.body)
                && (follow_last || !todo.is_empty())
            {
                hops += 1;
                if hops > 40 {
                    return Err(Errno::Loop);
                }
                if target.starts_with('/') {
                    stack.truncate(1);
                }
                todo.extend(split_rev(target));
                continue;
            }
            stack.push(ino);
        }
        Ok(*stack.last().unwrap_or(&ROOT))
    }

    /// Makes the directories of `path` that are missing; gives the last one.
    pub(crate) fn make_dirs(&mut self, path: &str, mode: u32, o: Owner) -> Result<Ino, Errno> {
        let mut at = ROOT;
        let mut names = split_rev(path);
        while let Some(name) = names.pop() {
            at = match self.child(at, &name)? {
                Some(ino) if self.get(ino).is_some_and(Inode::is_dir) => ino,
                Some(ino) => match self.get(ino).map(|i| &i.body) {
                    Some(Body::Link(target)) => {
                        let target = target.to_string();
                        self.walk(&target, true)?
                    }
                    _ => return Err(Errno::NotDir),
                },
                None => self.add(at, &name, Body::Dir(Map::new()), mode, o)?,
            };
        }
        Ok(at)
    }

    /// Writes a whole file, making its directories. For callers outside.
    pub(crate) fn put(&mut self, path: &str, body: Body, mode: u32, o: Owner) -> Result<(), Errno> {
        let (dir, name) = split_last(path);
        let dir = self.make_dirs(dir, 0o755, o)?;
        if let Some(old) = self.child(dir, name)? {
            if self.get(old).is_some_and(Inode::is_dir) {
                return Err(Errno::IsDir);
            }
            self.unlink(dir, name, o.mtime)?;
        }
        self.add(dir, name, body, mode, o).map(|_| ())
    }
}

/// The parts of a path, last first, without empty ones and `.`.
pub(crate) fn split_rev(path: &str) -> Vec<String> {
    path.rsplit('/').filter(|p| !p.is_empty() && *p != ".").map(str::to_string).collect()
}

/// Directory and last name: `/a/b` gives `/a` and `b`.
pub(crate) fn split_last(path: &str) -> (&str, &str) {
    let path = path.trim_end_matches('/');
    match path.rfind('/') {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => ("", path),
    }
}

/// A tree of files to start file systems from: what an image holds.
#[derive(Clone, Debug)]
pub struct FsTemplate {
    pub(crate) fs: Rc<Fs>,
    owner: Owner,
}

impl FsTemplate {
    /// An empty tree; everything in it is as old as `mtime_ms` (milliseconds since 1970).
    pub fn new(mtime_ms: i64) -> FsTemplate {
        FsTemplate { fs: Rc::new(Fs::new(mtime_ms)), owner: Owner { uid: 0, gid: 0, mtime: mtime_ms } }
    }

    /// A directory, with those above it.
    pub fn dir(&mut self, path: &str, mode: u32) -> &mut FsTemplate {
        let fs = Rc::make_mut(&mut self.fs);
        if let Ok(ino) = fs.make_dirs(path, 0o755, self.owner)
            && let Some(node) = fs.get_mut(ino)
        {
            node.mode = mode;
        }
        self
    }

    /// A file.
    pub fn file(&mut self, path: &str, content: &[u8], mode: u32) -> &mut FsTemplate {
        let _ =
            Rc::make_mut(&mut self.fs).put(path, Body::File(Rc::new(content.to_vec()), 0), mode, self.owner);
        self
    }

    /// A symbolic link.
    pub fn symlink(&mut self, path: &str, target: &str) -> &mut FsTemplate {
        let _ = Rc::make_mut(&mut self.fs).put(path, Body::Link(target.into()), 0o777, self.owner);
        self
    }

    /// A runnable file.
    pub fn program(&mut self, path: &str, program: Program) -> &mut FsTemplate {
        let _ = Rc::make_mut(&mut self.fs).put(path, Body::Program(program), 0o755, self.owner);
        self
    }

    /// Takes a path and what is under it out again.
    pub fn remove(&mut self, path: &str) {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        if let Ok(dir) = self.fs.walk(if parent.is_empty() { "/" } else { parent }, true) {
            let _ = Rc::make_mut(&mut self.fs).remove_tree(dir, name, 0);
        }
    }

    /// Gives a path to a user and group.
    pub fn chown(&mut self, path: &str, uid: u32, gid: u32) -> &mut FsTemplate {
        let fs = Rc::make_mut(&mut self.fs);
        if let Ok(ino) = fs.walk(path, false)
            && let Some(node) = fs.get_mut(ino)
        {
            node.uid = uid;
            node.gid = gid;
        }
        self
    }

    /// The BusyBox image: every tool in /bin as a hard link of one program, the usual directories, and users
    /// root and nobody.
    pub fn busybox(mtime_ms: i64) -> FsTemplate {
        let mut t = FsTemplate::new(mtime_ms);
        for (dir, mode) in [
            ("/bin", 0o755),
            ("/dev", 0o755),
            ("/etc", 0o755),
            ("/home", 0o755),
            ("/proc", 0o555),
            ("/root", 0o700),
            ("/sys", 0o555),
            ("/tmp", 0o1777),
            ("/usr/sbin", 0o755),
            ("/var/spool/mail", 0o755),
            ("/var/www", 0o755),
        ] {
            t.dir(dir, mode);
        }
        t.chown("/home", 65534, 65534);
        t.symlink("/usr/bin", "../bin");
        t.program("/bin/busybox", Program::Applet);
        if let (Ok(dir), Ok(ino)) = (t.fs.walk("/bin", true), t.fs.walk("/bin/busybox", true)) {
            for name in crate::tools::names() {
                let _ = Rc::make_mut(&mut t.fs).hard_link(dir, name, ino, mtime_ms);
            }
        }
        t.file("/etc/passwd", PASSWD, 0o644);
        t.file("/etc/group", GROUP, 0o644);
        t
    }
}

const PASSWD: &[u8] = b"root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
bin:x:2:2:bin:/bin:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
";
const GROUP: &[u8] =
    b"root:x:0:\ndaemon:x:1:\nbin:x:2:\ntty:x:5:\nwww-data:x:33:\nusers:x:100:\nnogroup:x:65534:\n";

/// One entry of a directory, for callers outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirEntry {
    /// Its name.
    pub name: String,
    /// `d`, `-` or `l`, as ls shows it.
    pub kind: char,
    /// Size in bytes.
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
    /// Last change, in milliseconds since 1970.
    pub mtime_ms: i64,
    /// Where a symbolic link points.
    pub target: Option<String>,
}
