//! Redirections: what they open, and what is put back after them.

use super::ast::{Redir, RedirKind};
use super::expand::Stop;
use super::{SavedFds, Shell};
use crate::ctx::Ctx;
use crate::fd::OfdKind;
use crate::types::Errno;
use crate::vfs::How;

/// A redirection whose word is known.
pub(super) struct Target {
    fd: usize,
    kind: RedirKind,
    text: String,
}

impl Shell {
    pub(super) fn targets(&mut self, cx: &mut Ctx<'_>, redirs: &[Redir]) -> Result<Vec<Target>, Stop> {
        let mut targets = Vec::new();
        for redir in redirs {
            let text = match self.one(cx, &redir.word) {
                Err(Stop::Fatal(message)) if redir.kind == RedirKind::Here => {
                    return Err(Stop::Soft(message));
                }
                text => text?,
            };
            targets.push(Target { fd: redir.fd, kind: redir.kind, text });
        }
        Ok(targets)
    }

    /// Opens what redirections ask for; gives what to put back.
    pub(super) fn redirect(&mut self, cx: &mut Ctx<'_>, targets: &[Target]) -> Result<SavedFds, String> {
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
            RedirKind::Write | RedirKind::Clobber | RedirKind::Both | RedirKind::Append
                if path.is_empty() =>
            {
                return Err(open_error("create", path, Errno::NoEntry));
            }
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
                let ofd = cx.os.fd_of(cx.pid, from).map_err(|e| format!("{from}: {}", e.text()))?;
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
    pub(super) fn keep_fds(&mut self, cx: &mut Ctx<'_>, saved: SavedFds) {
        for ofd in saved.into_iter().filter_map(|(_, ofd)| ofd) {
            cx.os.release(ofd);
        }
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
