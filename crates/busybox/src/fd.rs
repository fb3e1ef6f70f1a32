//! Open files, pipes, and the bytes that go through them.

use crate::fs::{FsId, Ino};
use crate::os::Os;
use crate::types::{CgroupId, Errno, OsEvent, Pid, Signal, Stream};
use std::rc::Rc;

/// Bytes a pipe holds before its writer must wait, as in Linux.
const PIPE_CAPACITY: usize = 65_536;
/// File descriptors of one process.
pub(crate) const MAX_FDS: usize = 64;
/// Output bytes that wait to be taken from [`Os::take_events`]; what comes beyond is dropped, so that a flood
/// cannot eat the memory of the page.
const MAX_EVENTS: usize = 100_000;

/// An open file description: what dup and fork share.
#[derive(Clone, Debug)]
pub(crate) struct Ofd {
    pub(crate) refs: u32,
    pub(crate) tty: bool,
    pub(crate) kind: OfdKind,
}

#[derive(Clone, Debug)]
pub(crate) enum OfdKind {
    Null,
    Zero,
    Full,
    Random,
    File {
        fs: FsId,
        ino: Ino,
        path: Rc<str>,
        pos: u64,
        append: bool,
        write: bool,
    },
    /// The text of a file in /proc, as it was when it was opened.
    Text {
        data: Rc<Vec<u8>>,
        pos: usize,
    },
    PipeR(u32),
    PipeW(u32),
    Capture {
        root: Pid,
        cgroup: CgroupId,
        stream: Stream,
    },
    /// One end of a connection: 0 asked, 1 answers.
    Socket {
        conn: u32,
        side: usize,
    },
    Listener {
        net: crate::types::NetNs,
        port: u16,
    },
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Pipe {
    pub(crate) buf: Vec<u8>,
    pub(crate) readers: u32,
    pub(crate) writers: u32,
    pub(crate) waiters: Vec<Pid>,
}

/// What reading gave.
#[derive(Clone, Debug)]
pub(crate) enum Read {
    Data(Vec<u8>),
    Eof,
    /// Nothing yet; the reader is woken when there is.
    Wait,
}

impl Os {
    pub(crate) fn new_ofd(&mut self, ofd: Ofd) -> u32 {
        let id = self.fresh();
        self.ofds.insert(id, ofd);
        id
    }

    /// A pipe with no reader and this many writers yet.
    pub(crate) fn new_pipe(&mut self, writers: u32) -> u32 {
        let id = self.fresh();
        self.pipes.insert(id, Pipe { writers, ..Pipe::default() });
        id
    }

    /// Both ends of a new pipe, as open files: (read, write).
    pub(crate) fn pipe_pair(&mut self) -> (u32, u32) {
        let pipe = self.new_pipe(1);
        if let Some(p) = self.pipes.get_mut(&pipe) {
            p.readers = 1;
        }
        let read = self.new_ofd(Ofd { refs: 1, tty: false, kind: OfdKind::PipeR(pipe) });
        let write = self.new_ofd(Ofd { refs: 1, tty: false, kind: OfdKind::PipeW(pipe) });
        (read, write)
    }

    pub(crate) fn retain(&mut self, ofd: u32) {
        if let Some(o) = self.ofds.get_mut(&ofd) {
            o.refs += 1;
        }
    }

    pub(crate) fn release(&mut self, ofd: u32) {
        let Some(o) = self.ofds.get_mut(&ofd) else { return };
        o.refs -= 1;
        if o.refs > 0 {
            return;
        }
        let Some(o) = self.ofds.remove(&ofd) else { return };
        match o.kind {
            OfdKind::PipeW(pipe) => self.drop_writer(pipe),
            OfdKind::PipeR(pipe) => {
                if let Some(p) = self.pipes.get_mut(&pipe) {
                    p.readers -= 1;
                    p.buf = Vec::new();
                    self.wake_pipe(pipe);
                    self.drop_pipe(pipe);
                }
            }
            OfdKind::File { fs, ino, .. } => {
                if let Some(fs) = self.fss.get_mut(&fs)
                    && fs.get(ino).is_some()
                {
                    let fs = fs.make_mut();
                    if let Some(node) = fs.get_mut(ino) {
                        node.opens = node.opens.saturating_sub(1);
                    }
                    fs.free_if_unused(ino);
                }
            }
            OfdKind::Socket { conn, side } => self.close_side(conn, side),
            OfdKind::Listener { net, port } => self.close_listener(net, port),
            _ => {}
        }
    }

    pub(crate) fn drop_writer(&mut self, pipe: u32) {
        if let Some(p) = self.pipes.get_mut(&pipe) {
            p.writers = p.writers.saturating_sub(1);
            self.wake_pipe(pipe);
            self.drop_pipe(pipe);
        }
    }

    fn drop_pipe(&mut self, pipe: u32) {
        if self.pipes.get(&pipe).is_some_and(|p| p.readers == 0 && p.writers == 0) {
            self.pipes.remove(&pipe);
        }
    }

    fn wake_pipe(&mut self, pipe: u32) {
        let waiters = self.pipes.get_mut(&pipe).map(|p| std::mem::take(&mut p.waiters)).unwrap_or_default();
        for pid in waiters {
            self.wake(pid);
        }
    }

    /// Brings bytes to a process that was spawned with [`crate::Stdin::Fed`] or a terminal. False when it no
    /// longer reads.
    pub fn feed_stdin(&mut self, pid: Pid, bytes: &[u8]) -> bool {
        let Some(pipe) = self.proc(pid).and_then(|p| p.feed) else { return false };
        let Some(p) = self.pipes.get_mut(&pipe) else { return false };
        if p.readers == 0 || p.buf.len() > 1 << 20 {
            return false;
        }
        p.buf.extend_from_slice(bytes);
        self.wake_pipe(pipe);
        true
    }

    /// Ends the input of such a process (Ctrl-D).
    pub fn close_stdin(&mut self, pid: Pid) {
        if let Some(pipe) = self.proc_mut(pid).and_then(|p| p.feed.take()) {
            self.drop_writer(pipe);
        }
    }

    pub(crate) fn fd_of(&self, pid: Pid, fd: usize) -> Result<u32, Errno> {
        self.proc(pid).and_then(|p| p.fds.get(fd).copied().flatten()).ok_or(Errno::BadFd)
    }

    /// Puts an open file at a descriptor; what was there is released. The reference is handed over.
    pub(crate) fn set_fd(&mut self, pid: Pid, fd: usize, ofd: Option<u32>) {
        let Some(proc) = self.proc_mut(pid).filter(|proc| proc.living()) else {
            ofd.into_iter().for_each(|ofd| self.release(ofd));
            return;
        };
        if proc.fds.len() <= fd {
            proc.fds.resize(fd + 1, None);
        }
        if let Some(old) = std::mem::replace(&mut proc.fds[fd], ofd) {
            self.release(old);
        }
    }

    /// Puts an open file at the lowest free descriptor that is at least `from`.
    pub(crate) fn add_fd(&mut self, pid: Pid, ofd: u32, from: usize) -> Result<usize, Errno> {
        let fd = {
            let Some(proc) = self.proc(pid) else { return Err(Errno::BadFd) };
            (from..MAX_FDS).find(|fd| proc.fds.get(*fd).copied().flatten().is_none())
        };
        match fd {
            Some(fd) => {
                self.set_fd(pid, fd, Some(ofd));
                Ok(fd)
            }
            None => {
                self.release(ofd);
                Err(Errno::Again)
            }
        }
    }

    /// At most `max` bytes from an open file. `Wait` has noted the reader for a wake-up.
    pub(crate) fn read_ofd(&mut self, pid: Pid, ofd: u32, max: usize) -> Result<Read, Errno> {
        let read = self.read_bytes(pid, ofd, max);
        if let Ok(Read::Data(bytes)) = &read
            && let Some(cgroup) = self.proc(pid).map(|p| p.cgroup)
        {
            // Much data costs steps, so that what reads without an end is held back like any busy loop.
            self.charge(cgroup, (bytes.len() / 2048) as u32);
        }
        read
    }

    fn read_bytes(&mut self, pid: Pid, ofd: u32, max: usize) -> Result<Read, Errno> {
        let Some(o) = self.ofds.get(&ofd) else { return Err(Errno::BadFd) };
        let data = |bytes: Vec<u8>| Ok(if bytes.is_empty() { Read::Eof } else { Read::Data(bytes) });
        match &o.kind {
            OfdKind::Null => Ok(Read::Eof),
            OfdKind::Zero | OfdKind::Full => Ok(Read::Data(vec![0; max.min(65_536)])),
            OfdKind::Random => {
                let n = max.min(4096);
                let bytes = (0..n).map(|_| (self.random() >> 32) as u8).collect();
                Ok(Read::Data(bytes))
            }
            &OfdKind::File { fs, ino, pos, .. } => {
                let Some(tree) = self.fss.get(&fs) else { return Err(Errno::NoEntry) };
                let bytes = tree.read_at(ino, pos, max.min(1 << 20))?;
                if let Some(Ofd { kind: OfdKind::File { pos, .. }, .. }) = self.ofds.get_mut(&ofd) {
                    *pos += bytes.len() as u64;
                }
                data(bytes)
            }
            OfdKind::Text { data: text, pos } => {
                let bytes = text[*pos..(*pos + max).min(text.len())].to_vec();
                if let Some(Ofd { kind: OfdKind::Text { pos, .. }, .. }) = self.ofds.get_mut(&ofd) {
                    *pos += bytes.len();
                }
                data(bytes)
            }
            &OfdKind::PipeR(pipe) => {
                let Some(p) = self.pipes.get_mut(&pipe) else { return Ok(Read::Eof) };
                if p.buf.is_empty() {
                    if p.writers == 0 {
                        return Ok(Read::Eof);
                    }
                    if !p.waiters.contains(&pid) {
                        p.waiters.push(pid);
                    }
                    return Ok(Read::Wait);
                }
                let bytes = if p.buf.len() <= max {
                    std::mem::take(&mut p.buf)
                } else {
                    p.buf.drain(..max).collect()
                };
                self.wake_pipe(pipe);
                Ok(Read::Data(bytes))
            }
            &OfdKind::Socket { conn, side } => self.read_conn(pid, conn, side, max),
            OfdKind::PipeW(_) | OfdKind::Listener { .. } => Err(Errno::BadFd),
            // A terminal's output side; reading it is what `cat <&1` does.
            OfdKind::Capture { .. } => Ok(Read::Eof),
        }
    }

    /// Gives back bytes that were read too far.
    pub(crate) fn unread(&mut self, ofd: u32, bytes: Vec<u8>) {
        let Some(o) = self.ofds.get_mut(&ofd) else { return };
        match &mut o.kind {
            OfdKind::File { pos, .. } => *pos -= bytes.len() as u64,
            OfdKind::Text { pos, .. } => *pos -= bytes.len(),
            &mut OfdKind::PipeR(pipe) => {
                if let Some(p) = self.pipes.get_mut(&pipe) {
                    p.buf.splice(..0, bytes);
                }
            }
            &mut OfdKind::Socket { conn, side } => self.unread_conn(conn, side, bytes),
            _ => {}
        }
    }

    /// Writes what can be written now; gives how much that was. 0 with bytes left means: wait (it is noted).
    fn write_ofd(&mut self, pid: Pid, ofd: u32, bytes: &[u8]) -> Result<usize, Errno> {
        let now = self.now;
        let mtime = self.unix_ms();
        let Some(o) = self.ofds.get_mut(&ofd) else { return Err(Errno::BadFd) };
        match &mut o.kind {
            OfdKind::Null | OfdKind::Zero | OfdKind::Random => Ok(bytes.len()),
            OfdKind::Full => Err(Errno::NoSpace),
            OfdKind::File { write: false, .. } | OfdKind::Text { .. } => Err(Errno::BadFd),
            OfdKind::File { fs, ino, pos, append, path, .. } => {
                let Some(tree) = self.fss.get_mut(fs) else { return Err(Errno::NoEntry) };
                let tree = tree.make_mut();
                if *append {
                    *pos = tree.get(*ino).map_or(0, crate::fs::Inode::size);
                }
                tree.write_at(*ino, *pos, bytes, mtime)?;
                *pos += bytes.len() as u64;
                let entry = (*fs, path.clone());
                self.note_change(entry);
                Ok(bytes.len())
            }
            &mut OfdKind::PipeW(pipe) => {
                let Some(p) = self.pipes.get_mut(&pipe) else { return Err(Errno::Pipe) };
                if p.readers == 0 {
                    return Err(Errno::Pipe);
                }
                let n = bytes.len().min(PIPE_CAPACITY.saturating_sub(p.buf.len()));
                if n == 0 {
                    if !p.waiters.contains(&pid) {
                        p.waiters.push(pid);
                    }
                    return Ok(0);
                }
                p.buf.extend_from_slice(&bytes[..n]);
                let again = n < bytes.len();
                self.wake_pipe(pipe);
                if again && let Some(p) = self.pipes.get_mut(&pipe) {
                    p.waiters.push(pid);
                }
                Ok(n)
            }
            &mut OfdKind::Capture { root, cgroup, stream } => {
                // A flood of output costs steps, so that `yes` is held back like any busy loop.
                self.charge(cgroup, (bytes.len() / 64) as u32);
                if let Some(OsEvent::Output { at_ms, pid, stream: s, bytes: b, .. }) = self.events.last_mut()
                    && (*at_ms, *pid, *s) == (now, root, stream)
                    && b.len() + bytes.len() <= 65_536
                {
                    b.extend_from_slice(bytes);
                } else if self.events.len() < MAX_EVENTS {
                    let bytes = bytes.to_vec();
                    self.events.push(OsEvent::Output { at_ms: now, pid: root, cgroup, stream, bytes });
                }
                Ok(bytes.len())
            }
            &mut OfdKind::Socket { conn, side } => self.write_conn(pid, conn, side, bytes),
            OfdKind::PipeR(_) | OfdKind::Listener { .. } => Err(Errno::BadFd),
        }
    }

    pub(crate) fn note_change(&mut self, entry: (FsId, Rc<str>)) {
        self.usage_changes += 1;
        if self.changed.len() < 4096 {
            self.changed.insert(entry, ());
        }
    }

    /// Writes to a descriptor. What does not fit now is kept and written before the process goes on; so a program
    /// never sees a full pipe.
    pub(crate) fn write(&mut self, pid: Pid, fd: usize, bytes: &[u8]) -> Result<(), Errno> {
        let ofd = self.fd_of(pid, fd)?;
        if bytes.is_empty() {
            return Ok(());
        }
        self.worked(4);
        let waiting = self.proc(pid).is_some_and(|p| !p.out.is_empty());
        let done = if waiting { 0 } else { self.write_ofd(pid, ofd, bytes)? };
        if done < bytes.len() {
            self.retain(ofd);
            if let Some(proc) = self.proc_mut(pid) {
                proc.out.push_back((ofd, bytes[done..].to_vec()));
            }
        }
        Ok(())
    }

    /// Writes kept output. False when the process must wait, or was killed by SIGPIPE.
    pub(crate) fn flush(&mut self, pid: Pid) -> bool {
        loop {
            let Some(proc) = self.proc_mut(pid) else { return false };
            let Some((ofd, bytes)) = proc.out.pop_front() else { return true };
            match self.write_ofd(pid, ofd, &bytes) {
                Ok(n) if n < bytes.len() => {
                    if let Some(proc) = self.proc_mut(pid) {
                        proc.out.push_front((ofd, bytes[n..].to_vec()));
                    }
                    self.block(pid, None);
                    return false;
                }
                result => {
                    self.release(ofd);
                    if result == Err(Errno::Pipe) && !self.broken_pipe(pid) {
                        return false;
                    }
                }
            }
        }
    }

    /// SIGPIPE. True when the process lives on (it ignores or catches it).
    pub(crate) fn broken_pipe(&mut self, pid: Pid) -> bool {
        let Some(proc) = self.proc(pid) else { return false };
        if (proc.ignored | proc.caught) & Signal::PIPE.bit() != 0 {
            return true;
        }
        if proc.ns_pid == 1 {
            return true;
        }
        self.exit(pid, crate::types::ExitStatus::Signal(Signal::PIPE), false);
        false
    }
}
