//! What a running program sees: its arguments, descriptors and files, and how it says what it waits for.

use crate::fd::Read;
use crate::os::Os;
use crate::types::{Errno, Pid};
use std::rc::Rc;

/// A tool's beginning. Most are done with it; the others hand over a machine.
pub(crate) type Main = fn(&mut Ctx<'_>) -> Act;

/// What a tool's beginning came to.
#[derive(Debug)]
pub(crate) enum Act {
    Exit(i32),
    Run(Box<dyn Machine>),
    /// The process has become another program.
    Replaced,
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Go on at once.
    Yield,
    /// Go on when something waited for has happened, at the latest at this time.
    Block(Option<u64>),
    Exit(i32),
    Replaced,
}

/// A program that takes time: plain data with a step.
pub(crate) trait Machine {
    fn step(&mut self, cx: &mut Ctx<'_>) -> Step;
    fn boxed(&self) -> Box<dyn Machine>;
}

// Named only: the texts of all machines would have to be on the page.
impl std::fmt::Debug for Box<dyn Machine> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Machine")
    }
}

impl Clone for Box<dyn Machine> {
    fn clone(&self) -> Self {
        self.as_ref().boxed()
    }
}

#[derive(Debug)]
pub(crate) struct Ctx<'a> {
    pub(crate) os: &'a mut Os,
    pub(crate) pid: Pid,
}

impl Ctx<'_> {
    pub(crate) fn args(&self) -> Rc<Vec<String>> {
        self.os.proc(self.pid).map(|p| p.argv.clone()).unwrap_or_default()
    }

    /// The name a tool complains under: the last part of argv[0].
    pub(crate) fn name(&self) -> String {
        self.args().first().map(|a| crate::fs::split_last(a).1.to_string()).unwrap_or_default()
    }

    pub(crate) fn now(&self) -> u64 {
        self.os.now
    }

    pub(crate) fn write(&mut self, fd: usize, bytes: &[u8]) -> Result<(), Errno> {
        let result = self.os.write(self.pid, fd, bytes);
        if result == Err(Errno::Pipe) {
            self.os.broken_pipe(self.pid);
        }
        result
    }

    pub(crate) fn out(&mut self, text: &str) {
        let _ = self.write(1, text.as_bytes());
    }

    pub(crate) fn out_bytes(&mut self, bytes: &[u8]) {
        let _ = self.write(1, bytes);
    }

    /// `name: message` on stderr.
    pub(crate) fn complain(&mut self, message: &str) {
        let mut line = self.name();
        line.push_str(": ");
        line.push_str(message);
        line.push('\n');
        let _ = self.write(2, line.as_bytes());
    }

    /// `name: what 'path': reason`, BusyBox's most common complaint; always gives 1.
    pub(crate) fn fail(&mut self, what: &str, path: &str, errno: Errno) -> i32 {
        self.complain(&[what, " '", path, "': ", errno.text()].concat());
        1
    }

    /// `name: path: reason`; always gives 1.
    pub(crate) fn fail_path(&mut self, path: &str, errno: Errno) -> i32 {
        self.complain(&[path, ": ", errno.text()].concat());
        1
    }

    pub(crate) fn read(&mut self, fd: usize, max: usize) -> Result<Read, Errno> {
        let ofd = self.os.fd_of(self.pid, fd)?;
        self.os.read_ofd(self.pid, ofd, max)
    }

    /// One line (with its newline), or what there is of it; nothing beyond it is taken.
    pub(crate) fn read_line(&mut self, fd: usize) -> Result<Read, Errno> {
        self.read_until(fd, b'\n')
    }

    /// Reads up to a delimiter and leaves the rest for others.
    pub(crate) fn read_until(&mut self, fd: usize, delimiter: u8) -> Result<Read, Errno> {
        let ofd = self.os.fd_of(self.pid, fd)?;
        let mut read = self.os.read_ofd(self.pid, ofd, 4096)?;
        if let Read::Data(bytes) = &mut read
            && let Some(at) = bytes.iter().position(|b| *b == delimiter)
        {
            let rest = bytes.split_off(at + 1);
            self.os.unread(ofd, rest);
        }
        Ok(read)
    }

    pub(crate) fn is_tty(&self, fd: usize) -> bool {
        self.os.fd_of(self.pid, fd).ok().and_then(|o| self.os.ofds.get(&o)).is_some_and(|o| o.tty)
    }

    pub(crate) fn close(&mut self, fd: usize) {
        if fd < crate::fd::MAX_FDS {
            self.os.set_fd(self.pid, fd, None);
        }
    }

    pub(crate) fn env(&self, name: &str) -> Option<String> {
        self.os.env_var(self.pid, name)
    }

    pub(crate) fn cwd(&self) -> Rc<str> {
        self.os.proc(self.pid).map_or_else(|| "/".into(), |p| p.cwd.clone())
    }

    pub(crate) fn uid(&self) -> u32 {
        self.os.proc(self.pid).map_or(0, |p| p.uid)
    }

    /// Counts work against the container's share of this millisecond.
    pub(crate) fn charge(&mut self, steps: u32) -> bool {
        let cgroup = self.os.proc(self.pid).map(|p| p.cgroup);
        cgroup.is_none_or(|c| self.os.charge(c, steps))
    }

    /// Computes for so many microseconds: how many of them can be done at once, and when they are.
    pub(crate) fn compute(&mut self, us: u64) -> (u64, u64) {
        let cgroup = self.os.proc(self.pid).map(|p| p.cgroup);
        cgroup.map_or((us, self.os.now), |c| self.os.compute(self.pid, c, us))
    }

    /// Becomes another program, keeping process and descriptors: exec(3) with a search in PATH.
    pub(crate) fn exec(&mut self, argv: Vec<String>, env: Option<Vec<String>>) -> Result<(), Errno> {
        let path = match &env {
            Some(env) => env.iter().rev().find_map(|e| e.strip_prefix("PATH=")).map(str::to_string),
            None => self.env("PATH"),
        };
        let path = path.unwrap_or_else(|| crate::types::DEFAULT_PATH.to_string());
        let name = argv.first().cloned().unwrap_or_default();
        let at = self.os.find_program(self.pid, &name, &path)?;
        let found = self.os.load(self.pid, &at)?;
        if let Some(proc) = self.os.proc_mut(self.pid) {
            proc.argv = Rc::new(argv);
            if let Some(env) = env {
                proc.env = Rc::new(env).into();
            }
        }
        self.os.begin(self.pid, found);
        Ok(())
    }

    /// Starts a child that runs another program with the given descriptors' copies.
    pub(crate) fn spawn(&mut self, argv: Vec<String>) -> Result<Pid, Errno> {
        let child = self.os.fork(self.pid)?;
        let result = Ctx { os: self.os, pid: child }.exec(argv, None);
        if let Err(errno) = result {
            // Nobody saw it: it never ran.
            self.os.exit(child, crate::types::ExitStatus::Code(127), false);
            self.os.reap(self.pid, child);
            return Err(errno);
        }
        self.os.wake(child);
        Ok(child)
    }
}
