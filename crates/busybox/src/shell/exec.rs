//! Running the tree: one frame at a time.

use super::ast::{Node, Redir, RedirKind, Simple};
use super::expand::Stop;
use super::parse::{ParseError, Parser};
use super::{Frame, Job, SavedFds, Shell, Var, pattern};
use crate::ctx::{Ctx, Step};
use crate::fd::{Ofd, OfdKind, Read};
use crate::process::{Found, Prog};
use crate::types::{Errno, ExitStatus, Pid, Signal};
use crate::vfs::How;
use std::rc::Rc;

/// A redirection whose word is known.
struct Target {
    fd: usize,
    kind: RedirKind,
    text: String,
}

/// A simple command, expanded.
struct Prepared {
    argv: Vec<String>,
    targets: Vec<Target>,
    assigns: Vec<(Rc<str>, String)>,
}

impl Shell {
    /// Runs one frame that was taken off the stack.
    pub(super) fn frame(&mut self, cx: &mut Ctx<'_>, frame: Frame) -> Option<Step> {
        match frame {
            Frame::Source { text, pos, line, last } => self.source(cx, text, pos, line, last),
            Frame::Input { buf, eof } => self.input(cx, buf, eof),
            Frame::Run { node, last } => self.node(cx, node, last),
            Frame::Seq { node, next, last } => {
                if let Node::Seq(nodes) = &*node
                    && let Some(now) = nodes.get(next)
                {
                    let now = now.clone();
                    let end = next + 1 == nodes.len();
                    if !end {
                        self.frames.push(Frame::Seq { node, next: next + 1, last });
                    }
                    self.frames.push(Frame::Run { node: now, last: last && end });
                }
                None
            }
            Frame::AndOr { node, last } => {
                let go = match &*node {
                    Node::And(_, right) if self.status == 0 => Some(right.clone()),
                    Node::Or(_, right) if self.status != 0 => Some(right.clone()),
                    _ => None,
                };
                if let Some(node) = go {
                    self.frames.push(Frame::Run { node, last });
                }
                None
            }
            Frame::IfCond { node, last } => {
                let Node::If { then, other, .. } = &*node else { return None };
                if self.status == 0 {
                    self.frames.push(Frame::Run { node: then.clone(), last });
                } else {
                    self.status = 0;
                    if let Some(other) = other {
                        self.frames.push(Frame::Run { node: other.clone(), last });
                    }
                }
                None
            }
            Frame::Loop { node, in_cond, status } => {
                let Node::Loop { cond, body, until } = &*node else { return None };
                let (cond, body, until) = (cond.clone(), body.clone(), *until);
                if !in_cond {
                    // The body has run (or `continue` was called): its status is the loop's, so far.
                    self.frames.push(Frame::Loop { node, in_cond: true, status: self.status });
                    self.frames.push(Frame::Run { node: cond, last: false });
                } else if (self.status == 0) != until {
                    self.frames.push(Frame::Loop { node, in_cond: false, status });
                    self.frames.push(Frame::Run { node: body, last: false });
                } else {
                    self.status = status;
                }
                None
            }
            Frame::For { node, items, next } => {
                let Node::For { name, body, .. } = &*node else { return None };
                let (name, body) = (name.clone(), body.clone());
                let item = items.get(next).cloned()?;
                if let Err(message) = self.set(&name, &item) {
                    return self.fatal(cx, &message);
                }
                self.frames.push(Frame::For { node, items, next: next + 1 });
                self.frames.push(Frame::Run { node: body, last: false });
                None
            }
            Frame::Not => {
                self.status = i32::from(self.status == 0);
                None
            }
            Frame::RestoreFds(_)
            | Frame::Call { .. }
            | Frame::Restore(_)
            | Frame::Dot
            | Frame::Context(_) => {
                self.undo(cx, frame);
                None
            }
            Frame::Foreground { pids, started, statuses } => self.foreground(cx, pids, started, statuses),
            Frame::Substitution { pid, fd, buf, eof } => self.substitution(cx, pid, fd, buf, eof),
            Frame::TrapEnd(status) => {
                self.status = status;
                None
            }
            Frame::Wait(pids, any) => self.wait_frame(cx, pids, any),
            Frame::Read(state) => self.read_frame(cx, state),
            Frame::Exit(status) => Some(Step::Exit(status)),
        }
    }

    /// An error that ends a shell (an interactive one only stops what it does).
    pub(super) fn fatal(&mut self, cx: &mut Ctx<'_>, message: &str) -> Option<Step> {
        self.message(cx, message);
        self.abort(cx, 2)
    }

    pub(super) fn abort(&mut self, cx: &mut Ctx<'_>, status: i32) -> Option<Step> {
        self.end_expansion();
        if self.interactive {
            let input = self.frames.iter().position(|f| matches!(f, Frame::Input { .. }));
            while self.frames.len() > input.map_or(0, |i| i + 1) {
                if let Some(frame) = self.frames.pop() {
                    self.undo(cx, frame);
                }
            }
            self.status = status;
            return None;
        }
        self.begin_exit(cx, status)
    }

    fn source(&mut self, cx: &mut Ctx<'_>, text: Rc<str>, pos: usize, line: u32, last: bool) -> Option<Step> {
        let mut parser = Parser::new(&text, pos);
        parser.line = line;
        match parser.command() {
            Ok(None) => None,
            Ok(Some(node)) => {
                let (pos, line) = (parser.pos(), parser.line);
                let end = pos >= text.len();
                let last_command = last && end && !text.ends_with('\n');
                if !end {
                    self.frames.push(Frame::Source { text, pos, line, last });
                }
                self.frames.push(Frame::Run { node, last: last_command });
                None
            }
            Err(ParseError::Syntax(message) | ParseError::Incomplete(message)) => {
                self.line = parser.line;
                self.fatal(cx, &["syntax error: ", &message].concat())
            }
        }
    }

    /// Reads commands from standard input, line by line.
    fn input(&mut self, cx: &mut Ctx<'_>, mut buf: String, mut eof: bool) -> Option<Step> {
        if !buf.is_empty() {
            let mut parser = Parser::new(&buf, 0);
            parser.line = self.line;
            match parser.command() {
                Ok(node) => {
                    self.line = parser.line;
                    let rest = buf[parser.pos()..].to_string();
                    self.frames.push(Frame::Input { buf: rest, eof });
                    if let Some(node) = node {
                        self.frames.push(Frame::Run { node, last: false });
                    }
                    return None;
                }
                Err(ParseError::Incomplete(_)) if !eof && buf.len() < 1 << 20 => {}
                Err(ParseError::Syntax(message) | ParseError::Incomplete(message)) => {
                    self.frames.push(Frame::Input { buf: String::new(), eof });
                    return self.fatal(cx, &["syntax error: ", &message].concat());
                }
            }
        }
        if eof {
            if self.interactive && cx.is_tty(0) {
                let _ = cx.write(2, b"\n");
            }
            return None;
        }
        // A prompt is due when nothing was read since the last one; `sub_status` marks that it stands already.
        if self.interactive && self.memo_next == 0 {
            let prompt = self.prompt(cx, if buf.is_empty() { "PS1" } else { "PS2" });
            let _ = cx.write(2, prompt.as_bytes());
            self.memo_next = usize::MAX;
        }
        // From a terminal line by line; from elsewhere a buffer at once, as ash does.
        let got = if cx.is_tty(0) { cx.read_line(0) } else { cx.read(0, 1023) };
        match got {
            Ok(Read::Data(bytes)) => {
                self.memo_next = 0;
                buf.push_str(&String::from_utf8_lossy(&bytes));
            }
            Ok(Read::Wait) => {
                self.frames.push(Frame::Input { buf, eof });
                return Some(Step::Block(None));
            }
            _ => {
                self.memo_next = 0;
                eof = true;
            }
        }
        self.frames.push(Frame::Input { buf, eof });
        None
    }

    fn prompt(&mut self, cx: &mut Ctx<'_>, name: &str) -> String {
        let text = self.get(name).unwrap_or_else(|| "# ".into());
        let cwd = cx.cwd();
        let home = self.get("HOME").unwrap_or_else(|| "".into());
        let shown = match cwd.strip_prefix(&*home) {
            Some(rest) if !home.is_empty() && home.len() > 1 => ["~", rest].concat(),
            _ => cwd.to_string(),
        };
        let host = cx.os.hostname(cx.net());
        text.replace("\\w", &shown)
            .replace("\\$", if cx.uid() == 0 { "#" } else { "$" })
            .replace("\\h", &host)
            .replace("\\u", &crate::tools::users::name(cx, cx.uid()).unwrap_or_else(|| "?".to_string()))
    }

    fn node(&mut self, cx: &mut Ctx<'_>, node: Rc<Node>, last: bool) -> Option<Step> {
        if self.flag('n') && !self.interactive {
            return None;
        }
        match &*node {
            Node::Simple(simple) => return self.simple(cx, &node, simple, last),
            Node::Pipe(nodes) => return self.pipe(cx, nodes),
            Node::Not(inner) => {
                self.frames.push(Frame::Not);
                self.frames.push(Frame::Run { node: inner.clone(), last: false });
            }
            Node::And(left, _) | Node::Or(left, _) => {
                let left = left.clone();
                self.frames.push(Frame::AndOr { node, last });
                self.frames.push(Frame::Run { node: left, last: false });
            }
            Node::Seq(_) => self.frames.push(Frame::Seq { node, next: 0, last }),
            Node::Background(inner) => {
                let tested = inner.clone();
                match self.fork(cx, tested) {
                    Ok(child) => {
                        let null = cx.os.new_ofd(Ofd { refs: 1, tty: false, kind: OfdKind::Null });
                        if self.interactive {
                            cx.os.release(null);
                        } else {
                            cx.os.set_fd(child, 0, Some(null));
                        }
                        self.background(cx, child);
                    }
                    Err(errno) => return self.cannot_fork(cx, errno),
                }
            }
            Node::Subshell(inner) => {
                if last && self.may_replace() {
                    self.frames.push(Frame::Run { node: inner.clone(), last });
                } else {
                    match self.fork(cx, inner.clone()) {
                        Ok(child) => self.wait_for(cx, child),
                        Err(errno) => return self.cannot_fork(cx, errno),
                    }
                }
            }
            Node::If { cond, .. } => {
                let cond = cond.clone();
                self.frames.push(Frame::IfCond { node, last });
                self.frames.push(Frame::Run { node: cond, last: false });
            }
            Node::Loop { .. } => {
                self.status = 0;
                self.frames.push(Frame::Loop { node, in_cond: false, status: 0 });
            }
            Node::For { words, .. } => {
                let saved = self.begin_expansion();
                let items = match words {
                    Some(words) => match self.fields(cx, words) {
                        Ok(items) => items,
                        Err(stop) => {
                            return self.interrupted(
                                cx,
                                stop,
                                saved,
                                Frame::Run { node: node.clone(), last },
                            );
                        }
                    },
                    None => self.params.to_vec(),
                };
                self.end_expansion();
                self.status = 0;
                self.frames.push(Frame::For { node, items: Rc::new(items), next: 0 });
            }
            Node::Case { word, arms } => {
                let saved = self.begin_expansion();
                match self.case(cx, word, arms) {
                    Ok(body) => {
                        self.end_expansion();
                        self.status = 0;
                        if let Some(node) = body {
                            self.frames.push(Frame::Run { node, last });
                        }
                    }
                    Err(stop) => {
                        return self.interrupted(cx, stop, saved, Frame::Run { node: node.clone(), last });
                    }
                }
            }
            Node::Function { name, body } => {
                if self.functions.len() < 1000 {
                    Rc::make_mut(&mut self.functions).insert(name.clone(), body.clone());
                }
                self.status = 0;
            }
            Node::Redirected { node: inner, redirs } => {
                let saved = self.begin_expansion();
                let targets = match self.targets(cx, redirs) {
                    Ok(targets) => targets,
                    Err(stop) => {
                        return self.interrupted(cx, stop, saved, Frame::Run { node: node.clone(), last });
                    }
                };
                self.end_expansion();
                match self.redirect(cx, &targets) {
                    Ok(saved) => {
                        self.frames.push(Frame::RestoreFds(saved));
                        self.frames.push(Frame::Run { node: inner.clone(), last: false });
                    }
                    Err(message) => {
                        self.message(cx, &message);
                        return self.done(cx, 1);
                    }
                }
            }
        }
        None
    }

    fn case(
        &mut self,
        cx: &mut Ctx<'_>,
        word: &super::ast::Word,
        arms: &[(Vec<super::ast::Word>, Option<Rc<Node>>)],
    ) -> Result<Option<Rc<Node>>, Stop> {
        let text = self.one(cx, word)?;
        for (patterns, body) in arms {
            for p in patterns {
                let p = self.pattern(cx, p)?;
                if pattern::matches(&p, &text) {
                    return Ok(body.clone());
                }
            }
        }
        Ok(None)
    }

    /// A command could not be prepared: run the substitution it needs and come back, or give up.
    fn interrupted(
        &mut self,
        cx: &mut Ctx<'_>,
        stop: Stop,
        saved: Rc<crate::map::Map<Rc<str>, Var>>,
        again: Frame,
    ) -> Option<Step> {
        match stop {
            Stop::Fatal(message) => self.fatal(cx, &message),
            Stop::Command(None) => {
                self.vars = saved;
                self.memo.push("".into());
                self.sub_status = Some(0);
                self.frames.push(again);
                None
            }
            Stop::Command(Some(node)) => {
                if self.memo.len() > 1000 {
                    return self.fatal(cx, "too many command substitutions");
                }
                let (read, write) = cx.os.pipe_pair();
                // The child sees what was assigned on the way.
                let child = match self.fork(cx, node) {
                    Ok(child) => child,
                    Err(errno) => {
                        cx.os.release(read);
                        cx.os.release(write);
                        self.vars = saved;
                        self.end_expansion();
                        return self.cannot_fork(cx, errno);
                    }
                };
                self.vars = saved;
                self.env_cache = None;
                cx.os.set_fd(child, 1, Some(write));
                self.frames.push(again);
                // High up, out of the way of the script's own descriptors.
                match cx.os.add_fd(cx.pid, read, 10) {
                    Ok(fd) => {
                        self.frames.push(Frame::Substitution { pid: child, fd, buf: Vec::new(), eof: false });
                    }
                    Err(_) => return self.fatal(cx, "too many open files"),
                }
                cx.os.wake(child);
                None
            }
        }
    }

    fn substitution(
        &mut self,
        cx: &mut Ctx<'_>,
        pid: Pid,
        fd: usize,
        mut buf: Vec<u8>,
        mut eof: bool,
    ) -> Option<Step> {
        while !eof {
            match cx.read(fd, 65_536) {
                Ok(Read::Data(bytes)) => {
                    if buf.len() < 1 << 20 {
                        buf.extend(bytes);
                    }
                }
                Ok(Read::Wait) => {
                    self.frames.push(Frame::Substitution { pid, fd, buf, eof });
                    return Some(Step::Block(None));
                }
                _ => eof = true,
            }
        }
        match self.reap(cx, &[pid]).pop() {
            Some((_, status)) => {
                cx.close(fd);
                let text = String::from_utf8_lossy(&buf);
                let text = text.trim_end_matches('\n').replace(['\0', pattern::QUOTE], "");
                self.memo.push(text.into());
                self.sub_status = Some(status.code());
                None
            }
            None => {
                self.frames.push(Frame::Substitution { pid, fd, buf, eof });
                Some(Step::Block(None))
            }
        }
    }

    fn cannot_fork(&mut self, cx: &mut Ctx<'_>, errno: Errno) -> Option<Step> {
        self.fatal(cx, &["can't fork: ", errno.text()].concat())
    }

    /// A copy of the shell that will run `node` and exit. It is not yet awake.
    fn fork(&mut self, cx: &mut Ctx<'_>, node: Rc<Node>) -> Result<Pid, Errno> {
        let child = cx.os.fork(cx.pid)?;
        let mut shell = self.forked();
        shell.frames.push(Frame::Run { node, last: true });
        let caught: u64 = 0;
        if let Some(proc) = cx.os.proc_mut(child) {
            proc.caught = caught;
            if self.interactive {
                proc.ignored &= !(Signal::TERM.bit() | Signal::QUIT.bit());
            }
            proc.prog = Prog::Shell(Box::new(shell));
        }
        Ok(child)
    }

    fn background(&mut self, cx: &mut Ctx<'_>, child: Pid) {
        let mut number = 0;
        if let Some(proc) = cx.os.proc_mut(child) {
            proc.background = true;
            number = proc.ns_pid;
            if !self.interactive {
                // Without job control, Ctrl-C is not for the background.
                proc.ignored |= Signal::INT.bit() | Signal::QUIT.bit();
                if let Prog::Shell(shell) = &mut proc.prog {
                    shell.hard_ignored = proc.ignored;
                }
            }
        }
        if self.jobs.len() >= 256 {
            self.jobs.retain(|j| j.status.is_none());
        }
        self.jobs.push(Job { pid: child, number, status: None });
        self.last_background = Some(number);
        self.status = 0;
        if self.interactive {
            let _ = cx.write(2, format!("[{}] {number}\n", self.jobs.len()).as_bytes());
        }
        cx.os.wake(child);
    }

    fn wait_for(&mut self, cx: &mut Ctx<'_>, child: Pid) {
        cx.os.wake(child);
        let started = cx.now();
        self.frames.push(Frame::Foreground { pids: vec![child], started, statuses: vec![-1] });
    }

    fn foreground(
        &mut self,
        cx: &mut Ctx<'_>,
        pids: Vec<Pid>,
        started: u64,
        mut statuses: Vec<i32>,
    ) -> Option<Step> {
        for (pid, status) in self.reap(cx, &pids) {
            if let Some(i) = pids.iter().position(|p| *p == pid) {
                statuses[i] = status.code();
                self.tell_signal(cx, status);
            }
        }
        if statuses.contains(&-1) {
            self.frames.push(Frame::Foreground { pids, started, statuses });
            return Some(Step::Block(None));
        }
        let mut status = statuses.last().copied().unwrap_or(0);
        if self.pipefail() {
            status = statuses.iter().rev().copied().find(|s| *s != 0).unwrap_or(0);
        }
        self.done(cx, status)
    }

    /// A child that somebody waits for was killed: that is said, but not of Ctrl-C and broken pipes.
    pub(super) fn tell_signal(&mut self, cx: &mut Ctx<'_>, status: ExitStatus) {
        if let ExitStatus::Signal(signal) = status
            && signal != Signal::INT
            && signal != Signal::PIPE
        {
            let _ = cx.write(2, [signal.text(), "\n"].concat().as_bytes());
        }
    }

    fn pipe(&mut self, cx: &mut Ctx<'_>, nodes: &[Rc<Node>]) -> Option<Step> {
        let mut pids = Vec::new();
        let mut input: Option<u32> = None;
        for (i, node) in nodes.iter().enumerate() {
            let child = match self.fork(cx, node.clone()) {
                Ok(child) => child,
                Err(errno) => {
                    if let Some(input) = input {
                        cx.os.release(input);
                    }
                    return self.cannot_fork(cx, errno);
                }
            };
            if let Some(input) = input.take() {
                cx.os.set_fd(child, 0, Some(input));
            }
            if i + 1 < nodes.len() {
                let (read, write) = cx.os.pipe_pair();
                cx.os.set_fd(child, 1, Some(write));
                input = Some(read);
            }
            cx.os.wake(child);
            pids.push(child);
        }
        let statuses = vec![-1; pids.len()];
        self.frames.push(Frame::Foreground { pids, started: cx.now(), statuses });
        None
    }

    /// May what runs now take the place of the shell? Not when a trap is still to be served.
    fn may_replace(&self) -> bool {
        self.traps.is_empty() && !self.interactive
    }

    fn targets(&mut self, cx: &mut Ctx<'_>, redirs: &[Redir]) -> Result<Vec<Target>, Stop> {
        let mut targets = Vec::new();
        for redir in redirs {
            let text = self.one(cx, &redir.word)?;
            targets.push(Target { fd: redir.fd, kind: redir.kind, text });
        }
        Ok(targets)
    }

    /// Opens what redirections ask for; gives what to put back.
    fn redirect(&mut self, cx: &mut Ctx<'_>, targets: &[Target]) -> Result<SavedFds, String> {
        let mut saved: SavedFds = Vec::new();
        for target in targets {
            if let Err(message) = self.redirect_one(cx, target, &mut saved) {
                self.restore_fds(cx, saved);
                return Err(message);
            }
        }
        Ok(saved)
    }

    fn redirect_one(
        &mut self,
        cx: &mut Ctx<'_>,
        target: &Target,
        saved: &mut SavedFds,
    ) -> Result<(), String> {
        let path = &target.text;
        let noclobber = self.flag('C') && target.kind == RedirKind::Write;
        let ofd = match target.kind {
            RedirKind::Read => {
                cx.os.open(cx.pid, path, How::READ).map_err(|e| open_error("open", path, e))?
            }
            RedirKind::Write | RedirKind::Clobber | RedirKind::Both => {
                let special = cx.stat(path).is_ok_and(|m| m.kind != '-');
                let how = How { exclusive: noclobber && !special, ..How::WRITE };
                cx.os.open(cx.pid, path, how).map_err(|e| open_error("create", path, e))?
            }
            RedirKind::Append => {
                cx.os.open(cx.pid, path, How::APPEND).map_err(|e| open_error("create", path, e))?
            }
            RedirKind::ReadWrite => {
                let how = How { read: true, write: true, create: true, ..How::default() };
                cx.os.open(cx.pid, path, how).map_err(|e| open_error("create", path, e))?
            }
            RedirKind::Here => {
                let (read, write) = cx.os.pipe_pair();
                if let Some(OfdKind::PipeR(pipe)) = cx.os.ofds.get(&read).map(|o| &o.kind)
                    && let Some(pipe) = cx.os.pipes.get_mut(pipe)
                {
                    pipe.buf = path.as_bytes().to_vec();
                }
                cx.os.release(write);
                read
            }
            RedirKind::Dup if path == "-" => {
                self.save_fd(cx, target.fd, saved);
                cx.close(target.fd);
                return Ok(());
            }
            RedirKind::Dup => {
                let from: usize = path.parse().map_err(|_| "bad fd number".to_string())?;
                let ofd = cx
                    .os
                    .fd_of(cx.pid, from)
                    .map_err(|e| format!("dup2({from},{}): {}", target.fd, e.text()))?;
                cx.os.retain(ofd);
                ofd
            }
        };
        if target.fd >= crate::fd::MAX_FDS {
            cx.os.release(ofd);
            return Err("bad fd number".to_string());
        }
        self.save_fd(cx, target.fd, saved);
        cx.os.set_fd(cx.pid, target.fd, Some(ofd));
        if target.kind == RedirKind::Both {
            cx.os.retain(ofd);
            self.save_fd(cx, 2, saved);
            cx.os.set_fd(cx.pid, 2, Some(ofd));
        }
        Ok(())
    }

    fn save_fd(&mut self, cx: &mut Ctx<'_>, fd: usize, saved: &mut SavedFds) {
        if saved.iter().any(|(f, _)| *f == fd) {
            return;
        }
        let old = cx.os.fd_of(cx.pid, fd).ok();
        if let Some(ofd) = old {
            cx.os.retain(ofd);
        }
        saved.push((fd, old));
    }

    pub(super) fn restore_fds(&mut self, cx: &mut Ctx<'_>, saved: SavedFds) {
        for (fd, ofd) in saved.into_iter().rev() {
            cx.os.set_fd(cx.pid, fd, ofd);
        }
    }

    /// Redirections of `exec` stay: what was saved is let go.
    fn keep_fds(&mut self, cx: &mut Ctx<'_>, saved: SavedFds) {
        for ofd in saved.into_iter().filter_map(|(_, ofd)| ofd) {
            cx.os.release(ofd);
        }
    }

    fn prepare(&mut self, cx: &mut Ctx<'_>, simple: &Simple) -> Result<Prepared, Stop> {
        let mut argv = self.fields(cx, &simple.words)?;
        if let Some(first) = argv.first()
            && !self.aliases.is_empty()
            && let Some(alias) = self.aliases.get(first.as_str())
        {
            let words: Vec<String> = alias.split_ascii_whitespace().map(str::to_string).collect();
            argv.splice(0..1, words);
        }
        let targets = self.targets(cx, &simple.redirs)?;
        let mut assigns = Vec::new();
        for (name, word) in &simple.assigns {
            let value = self.one(cx, word)?;
            // Later ones see earlier ones when they are for the shell itself.
            if argv.is_empty() {
                self.set(name, &value).map_err(Stop::Fatal)?;
            }
            assigns.push((name.clone(), value));
        }
        Ok(Prepared { argv, targets, assigns })
    }

    fn simple(&mut self, cx: &mut Ctx<'_>, node: &Rc<Node>, simple: &Simple, last: bool) -> Option<Step> {
        if self.memo.is_empty() {
            self.sub_status = None;
        }
        self.line = simple.line;
        let saved = self.begin_expansion();
        let prepared = match self.prepare(cx, simple) {
            Ok(prepared) => prepared,
            Err(stop) => return self.interrupted(cx, stop, saved, Frame::Run { node: node.clone(), last }),
        };
        drop(saved);
        self.end_expansion();
        if self.flag('x') {
            self.trace(cx, &prepared);
        }
        let Prepared { argv, targets, assigns } = prepared;
        let Some(name) = argv.first().cloned() else {
            let status = self.sub_status.take().unwrap_or(0);
            match self.redirect(cx, &targets) {
                Ok(saved) => self.restore_fds(cx, saved),
                Err(message) => {
                    self.message(cx, &message);
                    return self.done(cx, 1);
                }
            }
            return self.done(cx, status);
        };
        let special = super::builtins::is_special(&name);
        let function = if special { None } else { self.functions.get(name.as_str()).cloned() };
        let builtin = if function.is_none() { super::builtins::find(&name) } else { None };
        let saved_fds = match self.redirect(cx, &targets) {
            Ok(saved) => saved,
            Err(message) => {
                self.message(cx, &message);
                return if special { self.abort(cx, 1) } else { self.done(cx, 1) };
            }
        };
        if let Some(body) = function {
            if !saved_fds.is_empty() {
                self.frames.push(Frame::RestoreFds(saved_fds));
            }
            return self.call(cx, body, argv, assigns);
        }
        if let Some(builtin) = builtin {
            if name == "exec" {
                return self.exec_builtin(cx, argv, assigns, saved_fds);
            }
            if !saved_fds.is_empty() {
                self.frames.push(Frame::RestoreFds(saved_fds));
            }
            if !assigns.is_empty() {
                let before = match self.assign_for(cx, assigns, special) {
                    Ok(before) => before,
                    Err(step) => return step,
                };
                if !before.is_empty() {
                    self.frames.push(Frame::Restore(before));
                }
            }
            return builtin(self, cx, &argv);
        }
        self.external(cx, argv, assigns, saved_fds, last)
    }

    /// Sets variables in front of a function or builtin; gives what to put back after it.
    #[allow(clippy::type_complexity)]
    fn assign_for(
        &mut self,
        cx: &mut Ctx<'_>,
        assigns: Vec<(Rc<str>, String)>,
        keep: bool,
    ) -> Result<Vec<(Rc<str>, Option<Var>)>, Option<Step>> {
        let mut before = Vec::new();
        for (name, value) in assigns {
            if !keep {
                before.push((name.clone(), self.vars.get(&name).cloned()));
            }
            if let Err(message) = self.set(&name, &value) {
                self.restore_vars(before);
                return Err(self.fatal(cx, &message));
            }
            if !keep && let Some(var) = Rc::make_mut(&mut self.vars).get_mut(&name) {
                var.export = true;
                self.env_cache = None;
            }
        }
        Ok(before)
    }

    fn call(
        &mut self,
        cx: &mut Ctx<'_>,
        body: Rc<Node>,
        argv: Vec<String>,
        assigns: Vec<(Rc<str>, String)>,
    ) -> Option<Step> {
        let depth = self.frames.iter().filter(|f| matches!(f, Frame::Call { .. })).count();
        if depth > 500 {
            return self.fatal(cx, "maximum function nesting level exceeded");
        }
        let locals = match self.assign_for(cx, assigns, false) {
            Ok(before) => before,
            Err(step) => return step,
        };
        let params = std::mem::replace(&mut self.params, Rc::new(argv[1..].to_vec()));
        self.frames.push(Frame::Call { params, locals });
        self.frames.push(Frame::Run { node: body, last: false });
        None
    }

    fn exec_builtin(
        &mut self,
        cx: &mut Ctx<'_>,
        argv: Vec<String>,
        assigns: Vec<(Rc<str>, String)>,
        saved: SavedFds,
    ) -> Option<Step> {
        self.keep_fds(cx, saved);
        let mut rest = &argv[1..];
        let mut name = None;
        if rest.first().is_some_and(|a| a == "-a") && rest.len() > 1 {
            name = Some(rest[1].clone());
            rest = &rest[2..];
        } else if rest.first().is_some_and(|a| a == "--") {
            rest = &rest[1..];
        }
        if rest.is_empty() {
            for (name, value) in assigns {
                if let Err(message) = self.set(&name, &value) {
                    return self.fatal(cx, &message);
                }
            }
            return self.done(cx, 0);
        }
        let _ = name;
        let argv = rest.to_vec();
        match self.replace(cx, argv.clone(), assigns) {
            Ok(()) => Some(Step::Replaced),
            Err(errno) => {
                let (text, status) = not_found(&argv[0], errno);
                self.builtin_message(cx, "exec", &text);
                self.abort(cx, status)
            }
        }
    }

    /// The shell becomes a program.
    fn replace(
        &mut self,
        cx: &mut Ctx<'_>,
        argv: Vec<String>,
        assigns: Vec<(Rc<str>, String)>,
    ) -> Result<(), Errno> {
        let env = self.env_with(&assigns);
        let path = self.path_for(&assigns);
        let at = cx.os.find_program(cx.pid, &argv[0], &path)?;
        let found = cx.os.load(cx.pid, &at)?;
        if let Some(proc) = cx.os.proc_mut(cx.pid) {
            proc.argv = Rc::new(argv);
            proc.env = env;
            if self.interactive {
                proc.ignored &= !(Signal::TERM.bit() | Signal::QUIT.bit());
            }
        }
        cx.os.begin(cx.pid, found);
        Ok(())
    }

    fn path_for(&self, assigns: &[(Rc<str>, String)]) -> String {
        match assigns.iter().rev().find(|(n, _)| &**n == "PATH") {
            Some((_, path)) => path.clone(),
            None => self.get("PATH").map(|p| p.to_string()).unwrap_or_default(),
        }
    }

    fn env_with(&mut self, assigns: &[(Rc<str>, String)]) -> Rc<Vec<String>> {
        let env = self.environment();
        if assigns.is_empty() {
            return env;
        }
        let mut env = env.to_vec();
        for (name, value) in assigns {
            env.retain(|e| e.strip_prefix(&**name).is_none_or(|rest| !rest.starts_with('=')));
            env.push([&**name, "=", value].concat());
        }
        Rc::new(env)
    }

    pub(super) fn external(
        &mut self,
        cx: &mut Ctx<'_>,
        argv: Vec<String>,
        assigns: Vec<(Rc<str>, String)>,
        saved: SavedFds,
        last: bool,
    ) -> Option<Step> {
        if last && self.may_replace() {
            let name = argv[0].clone();
            return match self.replace(cx, argv, assigns) {
                Ok(()) => {
                    // Saved descriptors belong to a shell that is no more.
                    self.keep_fds(cx, saved);
                    for frame in std::mem::take(&mut self.frames) {
                        if let Frame::RestoreFds(saved) = frame {
                            self.keep_fds(cx, saved);
                        }
                    }
                    Some(Step::Replaced)
                }
                Err(errno) => {
                    let (text, status) = not_found(&name, errno);
                    self.message(cx, &text);
                    self.restore_fds(cx, saved);
                    self.done(cx, status)
                }
            };
        }
        let found = self.lookup(cx, &argv[0], &assigns);
        let found = match found {
            Ok(found) => found,
            Err(errno) => {
                let (text, status) = not_found(&argv[0], errno);
                self.message(cx, &text);
                self.restore_fds(cx, saved);
                return self.done(cx, status);
            }
        };
        let env = self.env_with(&assigns);
        let child = match cx.os.fork(cx.pid) {
            Ok(child) => child,
            Err(errno) => {
                self.restore_fds(cx, saved);
                return self.cannot_fork(cx, errno);
            }
        };
        if let Some(proc) = cx.os.proc_mut(child) {
            proc.argv = Rc::new(argv);
            proc.env = env;
            if self.interactive {
                proc.ignored &= !(Signal::TERM.bit() | Signal::QUIT.bit());
            }
        }
        cx.os.begin(child, found);
        self.restore_fds(cx, saved);
        self.wait_for(cx, child);
        None
    }

    /// The program a name stands for. What was found once is found again without a search, while nothing in the root
    /// file system has got or lost a name.
    fn lookup(
        &mut self,
        cx: &mut Ctx<'_>,
        name: &str,
        assigns: &[(Rc<str>, String)],
    ) -> Result<Found, Errno> {
        let stamp = cx.os.proc(cx.pid).and_then(|p| cx.os.fss.get(&p.view.root)).map_or(0, |f| f.version);
        if assigns.is_empty()
            && let Some((at, found)) = self.hash.get(name)
            && *at == stamp
        {
            return Ok(found.clone());
        }
        let path = self.path_for(assigns);
        let at = cx.os.find_program(cx.pid, name, &path)?;
        let found = cx.os.load(cx.pid, &at)?;
        // A directory of PATH that is (in) a mount may change unseen.
        let apart = |dir: &str| {
            let mounts = cx.os.proc(cx.pid).map(|p| p.view.clone());
            dir.starts_with('/')
                && mounts.is_some_and(|v| {
                    v.mounts.iter().all(|m| !dir.starts_with(&*m.path) && !m.path.starts_with(dir))
                })
        };
        let plain = matches!(found, Found::Program(_)) && !name.contains('/') && assigns.is_empty();
        if plain && path.split(':').all(apart) {
            Rc::make_mut(&mut self.hash).insert(name.into(), (stamp, found.clone()));
        }
        Ok(found)
    }

    fn trace(&mut self, cx: &mut Ctx<'_>, p: &Prepared) {
        let mut line = self.get("PS4").unwrap_or_else(|| "+ ".into()).to_string();
        let mut words: Vec<String> =
            p.assigns.iter().map(|(n, v)| [n, "=", quote_if(v).as_str()].concat()).collect();
        words.extend(p.argv.iter().map(|a| quote_if(a)));
        line.push_str(&words.join(" "));
        line.push('\n');
        let _ = cx.write(2, line.as_bytes());
    }

    /// Leaves `levels` loops; `again` goes on with the next round of the last one.
    pub(super) fn leave_loop(&mut self, cx: &mut Ctx<'_>, levels: usize, again: bool) {
        let depth = self
            .frames
            .iter()
            .rev()
            .take_while(|f| !matches!(f, Frame::Call { .. } | Frame::Dot))
            .filter(|f| matches!(f, Frame::Loop { .. } | Frame::For { .. }))
            .count();
        let mut left = levels.min(depth);
        while left > 0 {
            let Some(frame) = self.frames.pop() else { return };
            match frame {
                Frame::Loop { node, .. } => {
                    left -= 1;
                    if left == 0 && again {
                        self.frames.push(Frame::Loop { node, in_cond: false, status: 0 });
                    }
                }
                Frame::For { .. } => {
                    left -= 1;
                    if left == 0 && again {
                        self.frames.push(frame);
                    }
                }
                frame => self.undo(cx, frame),
            }
        }
    }

    /// Leaves a function or a sourced file; false when there is none.
    pub(super) fn leave_call(&mut self, cx: &mut Ctx<'_>) -> bool {
        if !self.frames.iter().any(|f| matches!(f, Frame::Call { .. } | Frame::Dot)) {
            return false;
        }
        while let Some(frame) = self.frames.pop() {
            let end = matches!(frame, Frame::Call { .. } | Frame::Dot);
            self.undo(cx, frame);
            if end {
                break;
            }
        }
        true
    }
}

fn open_error(verb: &str, path: &str, errno: Errno) -> String {
    let reason = match (verb, errno) {
        ("create", Errno::NoEntry | Errno::NotDir) => "nonexistent directory",
        ("open", Errno::NoEntry | Errno::NotDir) => "no such file",
        ("create", Errno::Exists) => "File exists",
        (_, errno) => errno.text(),
    };
    ["can't ", verb, " ", path, ": ", reason].concat()
}

/// The message and status of a program that could not be started.
pub(super) fn not_found(name: &str, errno: Errno) -> (String, i32) {
    match errno {
        Errno::NoEntry | Errno::NotDir => ([name, ": not found"].concat(), 127),
        Errno::IsDir => ([name, ": Permission denied"].concat(), 126),
        errno => ([name, ": ", errno.text()].concat(), 126),
    }
}

/// Quotes a word for `set -x` when it needs it.
fn quote_if(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:,+@^]".contains(c);
    if text.chars().all(plain) { text.to_string() } else { quote(text) }
}

/// In single quotes, so that a shell reads it back as it was.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    loop {
        let end = rest.find('\'').unwrap_or(rest.len());
        out.push_str(&["'", &rest[..end], "'"].concat());
        rest = &rest[end..];
        let after = rest.trim_start_matches('\'');
        if after.len() < rest.len() {
            out.push_str(&["\"", &rest[..rest.len() - after.len()], "\""].concat());
        }
        rest = after;
        if rest.is_empty() {
            return out;
        }
    }
}
