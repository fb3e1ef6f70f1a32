//! Running the tree: one frame at a time.

use super::ast::Node;
use super::expand::Stop;
use super::{Frame, Shell, pattern};
use crate::ctx::{Ctx, Step};
use crate::fd::{Ofd, OfdKind};
use std::rc::Rc;

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
            // A function, a sourced file and eval are simple commands, whose failure `-e` minds.
            Frame::Call { .. } | Frame::Dot | Frame::Context(_) => {
                self.undo(cx, frame);
                self.done(cx, self.status)
            }
            Frame::RestoreFds(_) | Frame::Restore(_) => {
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
            Frame::Quit(status) => self.begin_exit(cx, status),
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

    pub(super) fn node(&mut self, cx: &mut Ctx<'_>, node: Rc<Node>, last: bool) -> Option<Step> {
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
                        // A subshell opens its files itself, and ends.
                        if matches!(**inner, Node::Subshell(_)) {
                            return self.done(cx, 2);
                        }
                        // Of a group `-e` does not mind it.
                        self.status = 1;
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
