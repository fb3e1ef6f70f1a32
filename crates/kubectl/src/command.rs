//! A command from its line to its exit code.

use crate::Api;
use crate::failure::Failure;
use crate::flags::Flags;
use crate::impersonation;
use crate::session::{Env, Out, Session};
use crate::verbs::{self, Task};
use crate::words;

/// A command that was typed. It is plain data: it can be cloned and kept with the moment it belongs to.
#[derive(Clone, Debug)]
pub struct Command {
    env: Env,
    state: State,
    out: Out,
}

#[derive(Clone, Debug)]
enum State {
    /// Not yet begun.
    Typed(String),
    Working(Task),
}

/// How far a command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It has ended with this exit code.
    Done(i32),
    /// It waits for something to happen in the cluster.
    Waiting,
}

/// All that a command printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Both, in the order in which they were written, as a terminal shows them.
    pub text: String,
    /// The exit code; 0 while it waits.
    pub exit_code: i32,
    /// Whether it would go on: it follows or waits for something.
    pub follow: bool,
}

/// A command that has been typed but has not begun.
pub fn start(line: &str, env: Env) -> Command {
    Command { env, state: State::Typed(line.to_string()), out: Out::default() }
}

/// Runs a command as far as it gets without time passing.
pub fn run(line: &str, env: Env, api: &mut dyn Api) -> Output {
    let mut command = start(line, env);
    let progress = command.poll(api);
    let (exit_code, follow) = match progress {
        Progress::Done(code) => (code, false),
        Progress::Waiting => (0, true),
    };
    let Out { stdout, stderr, both, .. } = command.out;
    Output { stdout, stderr, text: both, exit_code, follow }
}

impl Command {
    /// Does what can be done now. Call it again whenever something may have changed, until it is done.
    pub fn poll(&mut self, api: &mut dyn Api) -> Progress {
        let state = std::mem::replace(&mut self.state, State::Working(Task::Done(0)));
        let outcome = match state {
            State::Typed(line) => begin(&line, &self.env, api, &mut self.out),
            State::Working(task) => task.poll(api, &self.env, &mut self.out),
        };
        let task = outcome.unwrap_or_else(|failure| {
            if api.now_micros() < failure.at_micros {
                return Task::Fail(Box::new(failure));
            }
            if !failure.text.is_empty() {
                self.out.warn(&failure.text);
            }
            Task::Done(failure.code)
        });
        let progress = match task {
            Task::Done(code) => Progress::Done(code),
            _ => Progress::Waiting,
        };
        self.state = State::Working(task);
        progress
    }

    /// What it has written to standard output so far.
    pub fn stdout(&self) -> &str {
        &self.out.stdout
    }

    /// What it has written to standard error so far.
    pub fn stderr(&self) -> &str {
        &self.out.stderr
    }

    /// Both in the order in which they were written.
    pub fn text(&self) -> &str {
        &self.out.both
    }

    /// The namespace that commands look in from now on, if this one changed it.
    pub fn new_namespace(&self) -> Option<&str> {
        self.out.namespace.as_deref()
    }

    /// The running command in a container that this command is attached to, if it is `exec`: a terminal sends
    /// it what is typed.
    pub fn attached(&self) -> Option<u64> {
        match &self.state {
            State::Working(Task::Exec(running)) => Some(running.exec),
            _ => None,
        }
    }

    /// Ends it, as Ctrl-C does.
    pub fn interrupt(&mut self) {
        if !matches!(self.state, State::Working(Task::Done(_))) {
            self.state = State::Working(Task::Done(130));
        }
    }
}

fn begin(line: &str, env: &Env, api: &mut dyn Api, out: &mut Out) -> Result<Task, Failure> {
    let mut words = words::split(line).map_err(|problem| Failure::with_code(format!("sh: {problem}"), 2))?;
    match words.first().map(String::as_str) {
        None => return Ok(Task::Done(0)),
        Some("kubectl" | "k") => {
            words.remove(0);
        }
        Some(other) => return Err(Failure::with_code(format!("sh: {other}: not found"), 127)),
    }
    if words.is_empty() {
        out.print(&verbs::overview());
        return Ok(Task::Done(0));
    }
    let (verb, taken) = verbs::find(&words)?;
    let flags = Flags::parse(&words[taken..], verb.flags).map_err(|problem| {
        Failure::plain(format!("error: {problem}\nSee 'kubectl {} --help' for usage.", verb.name))
    })?;
    if flags.is("help") {
        out.print(&verbs::help(verb));
        return Ok(Task::Done(0));
    }
    let own_user = verb.flags.split(' ').any(|flag| flag == "user:a");
    global(&flags, own_user)?;
    match impersonation::user(&flags)? {
        Some(user) => {
            let mut api = impersonation::As { api, user };
            (verb.run)(&mut Session { api: &mut api, env, flags: &flags, out })
        }
        None => (verb.run)(&mut Session { api, env, flags: &flags, out }),
    }
}

/// What the flags that every command has may be wrong about.
/// `own_user`: to this command `--user` means something else.
fn global(flags: &Flags, own_user: bool) -> Result<(), Failure> {
    for (flag, message) in [
        ("context", "Error in configuration: context was not found for specified context: "),
        ("cluster", "error: no server found for cluster "),
    ] {
        if let Some(name) = flags.get(flag).filter(|name| *name != "podarium") {
            return Err(Failure::plain(format!("{message}{name}")));
        }
    }
    if let Some(name) = flags.get("user").filter(|_| !own_user) {
        return Err(Failure::error(format!("auth info {name:?} does not exist")));
    }
    if let Some(path) = flags.get("kubeconfig") {
        return Err(Failure::error(format!("stat {path}: no such file or directory")));
    }
    if flags.has("token") {
        return Err(Failure::error("You must be logged in to the server (Unauthorized)"));
    }
    if let Some(server) = flags.get("server") {
        let host = server.split("://").last().unwrap_or(server);
        return Err(Failure::plain(format!(
            "The connection to the server {host} was refused - did you specify the right host or port?"
        )));
    }
    let timeout = flags.get("request-timeout");
    let valid = |text: &str| text.parse::<i64>().is_ok() || crate::duration::parse(text).is_ok();
    if timeout.is_some_and(|timeout| !valid(timeout)) {
        return Err(Failure::error(
            "Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a \
             corresponding time unit (e.g. 1s | 2m | 3h)",
        ));
    }
    Ok(())
}
