//! BusyBox ash: a shell as plain data. Its program counter is a stack of frames, so that it can stop in the middle
//! of anything, be cloned, and go on.

mod arith;
mod ast;
mod builtins;
mod children;
mod command;
mod exec;
mod expand;
mod input;
mod parse;
pub(crate) mod pattern;
mod redirect;

use crate::ctx::{Ctx, Step};
use crate::map::Map;
use crate::process::Found;
use crate::types::{ExitStatus, Pid, Signal};
use ast::Node;
use std::rc::Rc;

/// Frames on the stack; deeper recursion of functions ends the shell.
const MAX_FRAMES: usize = 4_000;
/// Steps of one turn, before others get theirs.
const TURN: u32 = 200;
/// Where the trap for failing commands stands among those for signals.
const ERR: u8 = 64;

#[derive(Clone, Debug, Default)]
pub(crate) struct Var {
    value: Option<Rc<str>>,
    export: bool,
    readonly: bool,
}

/// A descriptor to put back: (number, what was open there).
type SavedFds = Vec<(usize, Option<u32>)>;

/// What is still to be done, innermost last.
#[derive(Clone, Debug)]
pub(crate) enum Frame {
    /// The rest of a text. `last`: nothing follows, so that its last command may replace the shell.
    Source {
        text: Rc<str>,
        pos: usize,
        line: u32,
        last: bool,
    },
    /// Standard input (or a terminal) as the source; what was read and not yet run.
    Input {
        buf: String,
        eof: bool,
    },
    Run {
        node: Rc<Node>,
        last: bool,
    },
    Seq {
        node: Rc<Node>,
        next: usize,
        last: bool,
    },
    AndOr {
        node: Rc<Node>,
        last: bool,
    },
    IfCond {
        node: Rc<Node>,
        last: bool,
    },
    /// Of a loop: is the condition being run (or its body)?
    Loop {
        node: Rc<Node>,
        in_cond: bool,
        status: i32,
    },
    For {
        node: Rc<Node>,
        items: Rc<Vec<String>>,
        next: usize,
    },
    Not,
    RestoreFds(SavedFds),
    /// Waits for foreground processes; the last one's status counts.
    Foreground {
        pids: Vec<Pid>,
        started: u64,
        statuses: Vec<i32>,
    },
    /// Collects the output of a command substitution.
    Substitution {
        pid: Pid,
        fd: usize,
        buf: Vec<u8>,
        eof: bool,
    },
    /// A function call: what to put back after it.
    Call {
        params: Rc<Vec<String>>,
        locals: Vec<(Rc<str>, Option<Var>)>,
    },
    /// A sourced file ends here.
    Dot,
    /// Variables set for one command only.
    Restore(Vec<(Rc<str>, Option<Var>)>),
    /// After a trap's action the status is what it was.
    TrapEnd(i32),
    Wait(Vec<Pid>, bool),
    Read(Box<builtins::ReadState>),
    /// What messages named before.
    Context(Option<Rc<str>>),
    Exit(i32),
    /// After the ERR trap `-e` ends the shell.
    Quit(i32),
}

/// A process the shell started in the background.
#[derive(Clone, Debug)]
struct Job {
    pid: Pid,
    number: u32,
    status: Option<ExitStatus>,
}

#[derive(Clone, Debug)]
pub(crate) struct Shell {
    started: bool,
    frames: Vec<Frame>,
    vars: Rc<Map<Rc<str>, Var>>,
    functions: Rc<Map<Rc<str>, Rc<Node>>>,
    aliases: Rc<Map<Rc<str>, Rc<str>>>,
    params: Rc<Vec<String>>,
    arg0: Rc<str>,
    /// What messages name besides the shell, with the line: a script, a sourced file, `eval`.
    context: Option<Rc<str>>,
    line: u32,
    /// One bit per letter of `set`: see [`FLAGS`].
    flags: u32,
    traps: Rc<Map<u8, Rc<str>>>,
    hard_ignored: u64,
    status: i32,
    /// The status of the last command substitution, while a command is being prepared.
    sub_status: Option<i32>,
    last_background: Option<u32>,
    jobs: Vec<Job>,
    /// Results of the substitutions of the command that is being prepared.
    memo: Vec<Rc<str>>,
    memo_next: usize,
    /// It is a copy whose result somebody tests, so `-e` does not end it.
    tested: bool,
    interactive: bool,
    /// Started with -c, or reading its standard input.
    from_text: bool,
    from_stdin: bool,
    /// `$$`: the number of the first shell.
    shell_pid: u32,
    env_cache: Option<Rc<Vec<String>>>,
    /// Programs found before, with the state of the root file system they were found in.
    hash: Rc<Map<Rc<str>, (u64, Found)>>,
    getopts_at: usize,
}

/// Letters of `set` and the names of `set -o`.
const FLAGS: [(char, &str); 14] = [
    ('e', "errexit"),
    ('f', "noglob"),
    ('I', "ignoreeof"),
    ('m', "monitor"),
    ('n', "noexec"),
    ('x', "xtrace"),
    ('v', "verbose"),
    ('C', "noclobber"),
    ('a', "allexport"),
    ('b', "notify"),
    ('u', "nounset"),
    ('E', "errtrace"),
    ('V', "vi"),
    ('\0', "pipefail"),
];

fn flag_index(letter: char) -> Option<usize> {
    FLAGS.iter().position(|(l, _)| *l == letter && letter != '\0')
}

impl Shell {
    pub(crate) fn start() -> Shell {
        Shell {
            started: false,
            frames: Vec::new(),
            vars: Rc::default(),
            functions: Rc::default(),
            aliases: Rc::default(),
            params: Rc::default(),
            arg0: "sh".into(),
            context: None,
            line: 0,
            flags: 0,
            traps: Rc::default(),
            hard_ignored: 0,
            status: 0,
            sub_status: None,
            last_background: None,
            jobs: Vec::new(),
            memo: Vec::new(),
            memo_next: 0,
            tested: false,
            interactive: false,
            from_text: false,
            from_stdin: false,
            shell_pid: 0,
            env_cache: None,
            hash: Rc::default(),
            getopts_at: 0,
        }
    }

    fn flag(&self, letter: char) -> bool {
        flag_index(letter).is_some_and(|i| self.flags >> i & 1 == 1)
    }

    fn pipefail(&self) -> bool {
        self.flags >> 13 & 1 == 1
    }

    /// Reads the command line and the environment.
    fn set_up(&mut self, cx: &mut Ctx<'_>) -> Option<Step> {
        self.started = true;
        let args = cx.args();
        if let Some(proc) = cx.os.proc(cx.pid) {
            self.shell_pid = proc.ns_pid;
            self.hard_ignored = proc.ignored;
            let vars = Rc::make_mut(&mut self.vars);
            for entry in proc.env.iter() {
                if let Some((name, value)) = entry.split_once('=')
                    && parse::is_name(name)
                {
                    vars.insert(
                        name.into(),
                        Var { value: Some(value.into()), export: true, readonly: false },
                    );
                }
            }
            let plain = |value: &str| Var { value: Some(value.into()), export: false, readonly: false };
            vars.insert("IFS".into(), plain(" \t\n"));
            vars.insert("OPTIND".into(), plain("1"));
            vars.insert("PS1".into(), plain("\\w \\$ "));
            vars.insert("PS2".into(), plain("> "));
            vars.insert("PS4".into(), plain("+ "));
            let cwd = proc.cwd.to_string();
            let parent = cx.os.proc(proc.ppid).map_or(0, |p| p.ns_pid);
            vars.insert("PPID".into(), plain(&parent.to_string()));
            vars.insert(
                "PWD".into(),
                Var { value: Some(cwd.as_str().into()), export: true, readonly: false },
            );
            if !vars.contains_key("PATH") {
                vars.insert(
                    "PATH".into(),
                    Var {
                        value: Some("/sbin:/usr/sbin:/bin:/usr/bin".into()),
                        export: false,
                        readonly: false,
                    },
                );
            }
        }
        let mut at = 1;
        let mut command = false;
        let mut from_stdin = false;
        while let Some(arg) = args.get(at) {
            let on = arg.starts_with('-');
            if arg == "--" || arg == "-" {
                at += 1;
                break;
            }
            if !(on || arg.starts_with('+')) || arg.len() < 2 {
                break;
            }
            at += 1;
            for letter in arg[1..].chars() {
                match letter {
                    'c' => command = true,
                    's' => from_stdin = true,
                    'i' => self.interactive = true,
                    'l' => {}
                    'o' => {
                        let name = args.get(at).cloned().unwrap_or_default();
                        at += 1;
                        if !self.set_named(&name, on) {
                            self.message(cx, &["illegal option -o ", &name].concat());
                            return Some(Step::Exit(2));
                        }
                    }
                    letter => match flag_index(letter) {
                        Some(i) => self.flags = self.flags & !(1 << i) | u32::from(on) << i,
                        None => {
                            self.message(cx, &format!("illegal option -{letter}"));
                            return Some(Step::Exit(2));
                        }
                    },
                }
            }
        }
        let rest = args.get(at..).unwrap_or_default();
        self.from_text = command;
        if command {
            let Some(text) = rest.first() else {
                self.message(cx, "-c requires an argument");
                return Some(Step::Exit(2));
            };
            if let Some(name) = rest.get(1) {
                self.arg0 = name.as_str().into();
            } else {
                self.arg0 = args[0].as_str().into();
            }
            self.params = Rc::new(rest.get(2..).unwrap_or_default().to_vec());
            self.frames.push(Frame::Source { text: text.as_str().into(), pos: 0, line: 0, last: true });
        } else if let (Some(path), false) = (rest.first(), from_stdin) {
            self.arg0 = path.as_str().into();
            self.params = Rc::new(rest[1..].to_vec());
            self.context = Some(self.arg0.clone());
            match cx.read_all(path) {
                Ok(bytes) => {
                    let text = String::from_utf8_lossy(&bytes);
                    self.frames.push(Frame::Source { text: (&*text).into(), pos: 0, line: 1, last: false });
                }
                Err(errno) => {
                    let reason = if errno == crate::types::Errno::NoEntry {
                        "No such file or directory"
                    } else {
                        errno.text()
                    };
                    self.context = None;
                    self.arg0 = args[0].as_str().into();
                    self.message(cx, &["can't open '", path, "': ", reason].concat());
                    return Some(Step::Exit(2));
                }
            }
        } else {
            self.arg0 = args[0].as_str().into();
            self.params = Rc::new(rest.to_vec());
            self.from_stdin = true;
            if cx.is_tty(0) {
                self.interactive = true;
            }
            self.frames.push(Frame::Input { buf: String::new(), eof: false });
        }
        if self.interactive
            && let Some(proc) = cx.os.proc_mut(cx.pid)
        {
            proc.caught |= Signal::INT.bit();
            proc.ignored |= Signal::TERM.bit() | Signal::QUIT.bit();
        }
        None
    }

    /// `sh: message`, in a script file `script: line N: message`, in eval `sh: eval: line N: message`.
    fn message(&self, cx: &mut Ctx<'_>, text: &str) {
        let mut line = self.arg0.to_string();
        if let Some(context) = &self.context {
            if *context != self.arg0 {
                line.push_str(&[": ", context].concat());
            }
            if !self.interactive {
                line.push_str(&format!(": line {}", self.line));
            }
        }
        line.push_str(": ");
        line.push_str(text);
        line.push('\n');
        let _ = cx.write(2, line.as_bytes());
    }

    /// The message of a builtin: it names itself and the line.
    fn builtin_message(&self, cx: &mut Ctx<'_>, name: &str, text: &str) {
        let mut line = [&*self.arg0, ": ", name, ": "].concat();
        if !self.interactive {
            line.push_str(&format!("line {}: ", self.line));
        }
        line.push_str(text);
        line.push('\n');
        let _ = cx.write(2, line.as_bytes());
    }

    fn pending(&self, cx: &Ctx<'_>) -> u64 {
        cx.os.proc(cx.pid).map_or(0, |p| p.pending)
    }

    /// The lowest signal that waits for its trap, taken off the list.
    fn take_signal(&self, cx: &mut Ctx<'_>) -> Option<Signal> {
        let proc = cx.os.proc_mut(cx.pid)?;
        if proc.pending == 0 {
            return None;
        }
        let signal = Signal(proc.pending.trailing_zeros() as u8);
        proc.pending &= !signal.bit();
        Some(signal)
    }

    pub(crate) fn step(&mut self, cx: &mut Ctx<'_>) -> Step {
        if !self.started
            && let Some(step) = self.set_up(cx)
        {
            return step;
        }
        let mut turn = 0;
        loop {
            turn += 1;
            if turn >= TURN {
                cx.charge(TURN);
                return Step::Yield;
            }
            // Output that waits for its reader holds the shell as well.
            if cx.os.proc(cx.pid).is_none_or(|p| !p.out.is_empty()) {
                return Step::Yield;
            }
            let waiting = matches!(
                self.frames.last(),
                Some(Frame::Foreground { .. } | Frame::Substitution { .. } | Frame::Wait(..))
            );
            if !waiting
                && self.pending(cx) != 0
                && let Some(signal) = self.take_signal(cx)
            {
                self.run_trap(cx, signal);
                continue;
            }
            if self.frames.len() > MAX_FRAMES {
                self.message(cx, "nested too deeply");
                return Step::Exit(2);
            }
            let Some(frame) = self.frames.pop() else {
                let status = self.status;
                match self.begin_exit(cx, status) {
                    Some(step) => {
                        cx.charge(turn);
                        return step;
                    }
                    None => continue,
                }
            };
            if let Some(step) = self.frame(cx, frame) {
                cx.charge(turn);
                return step;
            }
        }
    }

    fn run_trap(&mut self, cx: &mut Ctx<'_>, signal: Signal) {
        match self.traps.get(&signal.0).cloned() {
            Some(action) => {
                self.frames.push(Frame::TrapEnd(self.status));
                self.frames.push(Frame::Source { text: action, pos: 0, line: self.line, last: false });
            }
            None if signal == Signal::INT && self.interactive => {
                self.unwind_all(cx);
                self.status = 130;
                self.end_expansion();
                let _ = cx.write(2, b"\n");
                self.frames.push(Frame::Input { buf: String::new(), eof: false });
            }
            None => {}
        }
    }

    /// Ends the shell, after the EXIT trap. `None` when the trap is to be run first.
    fn begin_exit(&mut self, cx: &mut Ctx<'_>, status: i32) -> Option<Step> {
        self.unwind_all(cx);
        let action =
            if self.traps.contains_key(&0) { Rc::make_mut(&mut self.traps).remove(&0) } else { None };
        match action {
            Some(action) => {
                self.status = status;
                self.frames.push(Frame::Exit(status));
                self.frames.push(Frame::Source { text: action, pos: 0, line: self.line, last: false });
                None
            }
            None => Some(Step::Exit(status)),
        }
    }

    fn unwind_all(&mut self, cx: &mut Ctx<'_>) {
        while let Some(frame) = self.frames.pop() {
            self.undo(cx, frame);
        }
    }

    /// What must be put back when a frame is left.
    fn undo(&mut self, cx: &mut Ctx<'_>, frame: Frame) {
        match frame {
            Frame::RestoreFds(saved) => self.restore_fds(cx, saved),
            Frame::Call { params, locals } => {
                self.params = params;
                self.restore_vars(locals);
            }
            Frame::Restore(vars) => self.restore_vars(vars),
            Frame::Context(old) => self.context = old,
            Frame::Substitution { fd, .. } => cx.close(fd),
            _ => {}
        }
    }

    fn restore_vars(&mut self, saved: Vec<(Rc<str>, Option<Var>)>) {
        self.env_cache = None;
        self.hash = Rc::default();
        let vars = Rc::make_mut(&mut self.vars);
        for (name, var) in saved.into_iter().rev() {
            match var {
                Some(var) => vars.insert(name, var),
                None => vars.remove(&name),
            };
        }
    }

    /// Is the result of what runs now tested by something around it?
    fn in_test(&self) -> bool {
        self.tested
            || self.frames.iter().any(|f| {
                matches!(
                    f,
                    Frame::AndOr { .. }
                        | Frame::IfCond { .. }
                        | Frame::Loop { in_cond: true, .. }
                        | Frame::Not
                )
            })
    }

    /// A command is done with this status.
    fn done(&mut self, cx: &mut Ctx<'_>, status: i32) -> Option<Step> {
        self.status = status;
        if status == 0 || self.in_test() {
            return None;
        }
        let quits = self.flag('e');
        if let Some(action) = self.traps.get(&ERR).cloned()
            && !self.frames.iter().any(|f| match f {
                Frame::TrapEnd(_) | Frame::Quit(_) => true,
                Frame::Call { .. } => !self.flag('E'),
                _ => false,
            })
        {
            self.frames.push(if quits { Frame::Quit(status) } else { Frame::TrapEnd(status) });
            self.frames.push(Frame::Source { text: action, pos: 0, line: self.line, last: false });
            return None;
        }
        if quits { self.begin_exit(cx, status) } else { None }
    }

    /// Takes the statuses of all dead children: those in the background keep theirs for `wait`. Gives those of the
    /// children named.
    fn reap(&mut self, cx: &mut Ctx<'_>, foreground: &[Pid]) -> Vec<(Pid, ExitStatus)> {
        let children = cx.os.proc(cx.pid).map(|p| p.children.clone()).unwrap_or_default();
        let mut found = Vec::new();
        for child in children {
            let Some(status) = cx.os.reap(cx.pid, child) else { continue };
            if foreground.contains(&child) {
                found.push((child, status));
            }
            if let Some(job) = self.jobs.iter_mut().find(|j| j.pid == child) {
                job.status = Some(status);
            }
        }
        found
    }

    // ---- variables ----

    fn get(&self, name: &str) -> Option<Rc<str>> {
        self.vars.get(name).and_then(|v| v.value.clone())
    }

    /// Sets a variable; the message when it may not be.
    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let all_export = self.flag('a');
        let count = self.vars.len();
        let old = self.vars.get(name);
        if old.is_some_and(|v| v.readonly) {
            return Err([name, ": is read only"].concat());
        }
        if old.is_none() && count >= 4_000 || value.len() > 1 << 20 {
            return Err("out of memory".to_string());
        }
        if all_export || old.is_some_and(|v| v.export) {
            self.env_cache = None;
        }
        if name == "PATH" {
            self.hash = Rc::default();
        }
        if name == "OPTIND" {
            self.getopts_at = 0;
        }
        let vars = Rc::make_mut(&mut self.vars);
        match vars.get_mut(name) {
            Some(var) => {
                var.value = Some(value.into());
                var.export |= all_export;
            }
            None => {
                vars.insert(
                    name.into(),
                    Var { value: Some(value.into()), export: all_export, readonly: false },
                );
            }
        }
        Ok(())
    }

    /// The environment for programs.
    fn environment(&mut self) -> Rc<Vec<String>> {
        if let Some(env) = &self.env_cache {
            return env.clone();
        }
        let env: Vec<String> = self
            .vars
            .iter()
            .filter(|(_, v)| v.export)
            .filter_map(|(n, v)| v.value.as_ref().map(|value| [n, "=", value].concat()))
            .collect();
        let env = Rc::new(env);
        self.env_cache = Some(env.clone());
        env
    }

    fn set_named(&mut self, name: &str, on: bool) -> bool {
        match FLAGS.iter().position(|(_, n)| *n == name) {
            Some(i) => {
                self.flags = self.flags & !(1 << i) | u32::from(on) << i;
                true
            }
            None => false,
        }
    }

    /// `$-`
    fn flag_letters(&self) -> String {
        // The order of ash's own list, from its end.
        "ubaCvxcisnmIfe"
            .chars()
            .filter(|c| match c {
                'c' => self.from_text,
                'i' => self.interactive,
                's' => self.from_stdin,
                c => self.flag(*c),
            })
            .collect()
    }

    /// A copy for a subshell, with nothing to do yet.
    fn forked(&self) -> Shell {
        let mut traps = self.traps.clone();
        if traps.values().any(|t| !t.is_empty()) {
            Rc::make_mut(&mut traps).retain(|_, action| action.is_empty());
        }
        Shell {
            started: true,
            frames: Vec::new(),
            vars: self.vars.clone(),
            functions: self.functions.clone(),
            aliases: self.aliases.clone(),
            params: self.params.clone(),
            arg0: self.arg0.clone(),
            context: self.context.clone(),
            traps,
            jobs: Vec::new(),
            memo: Vec::new(),
            memo_next: 0,
            tested: self.in_test(),
            interactive: false,
            env_cache: self.env_cache.clone(),
            hash: self.hash.clone(),
            ..*self
        }
    }
}
