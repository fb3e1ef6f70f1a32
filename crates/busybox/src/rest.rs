//! What rests: environments of processes, and file systems put away as what they hold besides their template.

use std::rc::Rc;

use resting::{Bytes, Chain, Reader, Rest, write};

use crate::fs::{Body, Fs, FsId, Ino, Inode};
use crate::map::Map;
use crate::os::Os;
use crate::types::CgroupId;

impl Os {
    /// Puts the environments of these accounts' processes away, each leaning on the one before.
    pub fn rest_processes(&mut self, these: &[CgroupId], chain: &mut Chain) {
        for proc in self.procs.values_mut() {
            if these.contains(&proc.cgroup) && !proc.env.rests() {
                Rc::make_mut(proc).env.rest(|env| chain.lean(env));
            }
        }
    }

    /// Puts file systems away, each leaning on the one before, until somebody looks into them.
    pub fn rest_fss(&mut self, these: &[FsId]) {
        let mut chain = Chain::default();
        for id in these {
            if let Some(fs) = self.fss.get_mut(id)
                && !fs.rests()
                && fs.can_rest()
            {
                fs.rest(|away| away.lean(&mut chain));
            }
        }
    }
}

/// Larger ones are not put away: reading them back would take too long.
const HELD_MAX: u64 = 64 << 10;

const FILE: u64 = 0;
const DIR: u64 = 1;
const LINK: u64 = 2;
/// The template's inode, or its body, as it is there.
const SAME: u64 = 3;

/// The small form of a file system.
#[derive(Clone, Debug)]
pub(crate) struct FsAway {
    template: Option<Rc<Fs>>,
    /// Disk used, which is asked for often.
    pub(crate) used: u64,
    rest: Bytes,
}

impl FsAway {
    /// The same, leaning on that of another file system.
    pub(crate) fn lean(self, chain: &mut Chain) -> Self {
        Self { rest: chain.lean(self.rest), ..self }
    }
}

impl Fs {
    /// Whether it can be put away: it is small, and its programs are its template's.
    pub(crate) fn can_rest(&self) -> bool {
        let programs = |(ino, node): (&Ino, &Rc<Inode>)| {
            matches!(node.body, Body::Program(_)) && self.of_template(*ino).is_none()
        };
        self.held <= HELD_MAX && !self.inodes.iter().any(programs)
    }

    fn of_template(&self, ino: Ino) -> Option<&Rc<Inode>> {
        self.template.as_ref().and_then(|template| template.inodes.get(&ino))
    }
}

impl Rest for Fs {
    type Away = FsAway;

    fn put_away(&self) -> FsAway {
        let mut to = Vec::new();
        for number in [u64::from(self.next), self.held, self.limit.map_or(0, |limit| limit + 1), self.version]
        {
            write(&mut to, number);
        }
        let gone = |ino: &Ino| !self.inodes.contains_key(ino);
        let gone: Vec<Ino> = match &self.template {
            Some(template) => template.inodes.keys().copied().filter(gone).collect(),
            None => Vec::new(),
        };
        write(&mut to, gone.len() as u64);
        for ino in gone {
            write(&mut to, u64::from(ino));
        }
        for (ino, node) in self.inodes.iter() {
            let known = self.of_template(*ino);
            if !known.is_some_and(|known| Rc::ptr_eq(known, node)) {
                write(&mut to, u64::from(*ino));
                write_inode(&mut to, node);
            }
        }
        FsAway { template: self.template.clone(), used: self.used, rest: Bytes::new(to) }
    }

    fn wake(away: &FsAway) -> Self {
        let whole = away.rest.whole();
        let mut from = Reader(&whole);
        let (next, held, limit, version) =
            (from.number() as Ino, from.number(), from.number(), from.number());
        let mut inodes = away.template.as_ref().map_or_else(Map::new, |template| template.inodes.clone());
        for _ in 0..from.number() {
            inodes.remove(&(from.number() as Ino));
        }
        while !from.0.is_empty() {
            let ino = from.number() as Ino;
            let node = read_inode(&mut from, inodes.get(&ino));
            inodes.insert(ino, Rc::new(node));
        }
        let template = away.template.clone();
        Fs { inodes, next, used: away.used, held, limit: limit.checked_sub(1), version, template }
    }
}

fn write_bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    write(to, bytes.len() as u64);
    to.extend_from_slice(bytes);
}

fn write_inode(to: &mut Vec<u8>, node: &Inode) {
    // Times before 1970 do not come up, and would come back as they are.
    for number in [node.mode, node.uid, node.gid, node.nlink, node.opens] {
        write(to, u64::from(number));
    }
    write(to, node.mtime as u64);
    match &node.body {
        Body::File(bytes, zeros) => {
            write(to, FILE);
            write(to, *zeros);
            write_bytes(to, bytes);
        }
        Body::Dir(entries) => {
            write(to, DIR);
            write(to, entries.len() as u64);
            for (name, ino) in entries.iter() {
                write_bytes(to, name.as_bytes());
                write(to, u64::from(*ino));
            }
        }
        Body::Link(target) => {
            write(to, LINK);
            write_bytes(to, target.as_bytes());
        }
        Body::Program(_) => write(to, SAME),
    }
}

fn read_text(from: &mut Reader<'_>) -> Rc<str> {
    String::from_utf8_lossy(from.bytes()).into()
}

fn read_inode(from: &mut Reader<'_>, template: Option<&Rc<Inode>>) -> Inode {
    let [mode, uid, gid, nlink, opens] = [(); 5].map(|()| from.number() as u32);
    let mtime = from.number() as i64;
    let body = match from.number() {
        FILE => {
            let zeros = from.number();
            Body::File(Rc::new(from.bytes().to_vec()), zeros)
        }
        DIR => Body::Dir((0..from.number()).map(|_| (read_text(from), from.number() as Ino)).collect()),
        LINK => Body::Link(read_text(from)),
        _ => template.map_or_else(|| Body::File(Rc::default(), 0), |node| node.body.clone()),
    };
    Inode { body, mode, uid, gid, mtime, nlink, opens }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::{FsTemplate, Owner, ROOT};

    #[test]
    fn what_is_put_away_comes_back_as_it_was() {
        let image = FsTemplate::busybox(1_000);
        let owner = Owner { uid: 7, gid: 8, mtime: 1_700_000_000_123 };
        let mut fs = Fs::of(&image.fs);
        fs.limit = Some(0);
        let (mut seen, mut chain) = (Vec::new(), Chain::default());
        let mut check = |fs: &Fs| {
            assert!(fs.can_rest());
            let away = fs.put_away();
            assert_eq!(format!("{:?}", Fs::wake(&away)), format!("{fs:?}"));
            assert_eq!(format!("{:?}", Fs::wake(&away.lean(&mut chain))), format!("{fs:?}"));
            format!("{fs:?}")
        };
        seen.push(check(&fs));
        fs.limit = None;
        let _ = fs.put("/etc/hosts", Body::File(Rc::new(b"127.0.0.1 localhost\n".to_vec()), 5), 0o644, owner);
        let _ = fs.put("/a/b", Body::Link("../etc".into()), 0o777, owner);
        seen.push(check(&fs));
        let _ = fs.remove_tree(ROOT, "home", 5);
        let ls = fs.walk("/bin/ls", true).unwrap();
        fs.get_mut(ls).unwrap().mode = 0o500;
        seen.push(check(&fs));
        seen.dedup();
        assert_eq!(seen.len(), 3, "each change shows");

        let mut empty = Fs::new(5);
        check(&empty);
        let _ = empty.put("/x", Body::File(Rc::new(vec![0; 100_000]), 0), 0o644, owner);
        assert!(!empty.can_rest(), "too large");
    }
}
