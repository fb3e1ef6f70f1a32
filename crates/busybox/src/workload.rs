//! Programs that are not BusyBox, described in data: web servers, proxies, databases' front doors, log shippers.
//!
//! A [`Workload`] says what a program listens to, answers, logs, needs and does when it is told to stop; [`Server`]
//! plays it. Texts in it are templates: `{time:%FORMAT}` (strftime, UTC), `{pid}`, `{host}`, `{ip}`, `{port}`,
//! `{env:NAME}`, `{n}` (counts up), and in answers and request logs `{method}`, `{path}`, `{status}`, `{bytes}`,
//! `{client}`, `{agent}`, `{ms}`.

use crate::ctx::{Ctx, Step};
use crate::fd::Read;
use crate::net::Dial;
use crate::types::{Errno, Ipv4, Origin, OsEvent, Signal};
use crate::vfs::How;
use std::rc::Rc;

/// Requests longer than this are refused.
const MAX_REQUEST: usize = 65_536;
const MAX_CONNECTIONS: usize = 64;
/// What a request costs the program that answers it.
const REQUEST_STEPS: u32 = 400;

/// What a program does when a signal comes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OnSignal {
    /// It has no handler: the signal ends it, except as PID 1.
    #[default]
    Default,
    /// It takes no notice.
    Ignore,
    /// It closes its ports, waits, and exits.
    Exit {
        /// How long it takes to finish.
        after_ms: u64,
        /// Its exit code.
        code: i32,
    },
}

/// An HTTP answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Content-Type.
    pub content_type: String,
    /// Template of the body.
    pub body: String,
    /// How long the program thinks about it.
    pub delay_ms: u64,
}

/// An answer for a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The path without query; one that ends in `*` stands for all that begin so.
    pub path: String,
    /// What is answered.
    pub reply: Reply,
}

/// A port that a program serves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServedPort {
    /// TCP port.
    pub port: u16,
    /// An environment variable that gives another port.
    pub port_env: Option<String>,
    /// It listens on 127.0.0.1 only.
    pub local_only: bool,
    /// It speaks HTTP; else lines, see `lines`.
    pub http: bool,
    /// Answers, the first that fits counts.
    pub routes: Vec<Route>,
    /// Directory whose files are served for other paths.
    pub document_root: Option<String>,
    /// Everything is handed on to this host and port (after the routes), both templates.
    pub upstream: Option<(String, String)>,
    /// For a port without HTTP: (beginning of a line, template of the answer). An empty beginning fits all.
    pub lines: Vec<(String, String)>,
    /// What is said when the port is taken, as a template; then the program exits 1.
    pub bind_error: String,
}

/// A program, described in data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workload {
    /// Its name, in the Server head of answers.
    pub name: String,
    /// What it listens to.
    pub ports: Vec<ServedPort>,
    /// From its start to its listening, when it has a processor for itself: it computes.
    pub startup_ms: u64,
    /// Memory it takes at start.
    pub memory_bytes: u64,
    /// Memory it takes more with each request.
    pub memory_per_request: u64,
    /// Memory it takes more each second: a leak.
    pub memory_per_second: u64,
    /// Lines at start: (to stderr, template).
    pub start_logs: Vec<(bool, String)>,
    /// Template of a line for each request, and the file it goes to (`/dev/stdout` for the container's log).
    pub request_log: Option<(String, String)>,
    /// Lines that come again and again: (milliseconds, template).
    pub periodic_logs: Vec<(u64, String)>,
    /// Lines when it is told to stop: (to stderr, template).
    pub stop_logs: Vec<(bool, String)>,
    /// SIGTERM.
    pub on_term: OnSignal,
    /// SIGINT.
    pub on_int: OnSignal,
    /// SIGQUIT.
    pub on_quit: OnSignal,
    /// It ends by itself: (after milliseconds, exit code).
    pub exits_after: Option<(u64, i32)>,
    /// Environment variables it cannot do without; the template of the complaint (`{name}`), then exit 1.
    pub required_env: Vec<String>,
    /// The complaint about a missing variable.
    pub required_env_error: String,
    /// Command lines that only print: (arguments after the name, stdout, exit code). Only an exact match counts.
    pub prints: Vec<(Vec<String>, String, i32)>,
    /// Files it opens for writing before anything else; when it cannot, the template (`{file}`, `{error}`) and exit 1.
    pub opens: Vec<String>,
    /// The complaint about such a file.
    pub opens_error: String,
    /// It ships logs: what is added to the files that match (a directory, or `dir/*.log`) goes to stdout.
    pub ships: Vec<String>,
}

#[derive(Clone, Debug)]
struct Serving {
    fd: usize,
    port: usize,
    buf: Vec<u8>,
    state: Talk,
}

#[derive(Clone, Debug)]
enum Talk {
    Reading,
    /// An answer that is sent at a time.
    Delay(u64, Vec<u8>),
    /// Bytes go to and fro; the connection is watched until it stands. The client may end its half first.
    Proxy {
        fd: usize,
        conn: u32,
        open: bool,
        client_done: bool,
    },
}

#[derive(Clone, Debug)]
struct Shipped {
    path: String,
    pos: u64,
}

/// A workload being played.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    work: Rc<Workload>,
    started: u64,
    phase: Phase,
    /// Listening descriptors, with the index of the port and its number.
    listeners: Vec<(usize, usize, u16)>,
    talks: Vec<Serving>,
    periodic: Vec<u64>,
    shipped: Vec<Shipped>,
    count: u64,
    grown: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    New,
    /// It computes until this time, and then so many microseconds more.
    Starting(u64, u64),
    Running,
    Stopping(u64, i32),
}

struct Request<'a> {
    method: &'a str,
    path: &'a str,
    agent: &'a str,
    status: u16,
    bytes: usize,
    client: Ipv4,
    ms: u64,
    port: u16,
}

impl Server {
    pub(crate) fn new(work: Rc<Workload>) -> Server {
        Server {
            work,
            started: 0,
            phase: Phase::New,
            listeners: Vec::new(),
            talks: Vec::new(),
            periodic: Vec::new(),
            shipped: Vec::new(),
            count: 0,
            grown: 0,
        }
    }

    fn render(&self, cx: &mut Ctx<'_>, template: &str, request: Option<&Request<'_>>) -> String {
        let mut out = String::new();
        let mut rest = template;
        while let Some(at) = rest.find('{') {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let Some(end) = rest.find('}') else { break };
            let key = &rest[1..end];
            let value = if let Some(format) = key.strip_prefix("time:") {
                Some(crate::tools::time::format_time(cx.os.unix_ms(), format))
            } else if let Some(name) = key.strip_prefix("env:") {
                Some(cx.env(name).unwrap_or_default())
            } else {
                match (key, request) {
                    ("millis", _) => Some(format!("{:03}", cx.os.unix_ms().rem_euclid(1000))),
                    ("pid", _) => cx.os.proc(cx.pid).map(|p| p.ns_pid.to_string()),
                    ("host", _) => Some(cx.os.hostname(cx.net()).to_string()),
                    ("ip", _) => {
                        let ip = cx.os.nets.get(&cx.net()).and_then(|n| n.ip);
                        Some(ip.unwrap_or(Ipv4::LOCALHOST).to_string())
                    }
                    ("n", _) => Some(self.count.to_string()),
                    ("port", Some(r)) => Some(r.port.to_string()),
                    ("port", None) => self.work.ports.first().map(|p| port_number(cx, p).to_string()),
                    ("method", Some(r)) => Some(r.method.to_string()),
                    ("path", Some(r)) => Some(r.path.to_string()),
                    ("agent", Some(r)) => Some(r.agent.to_string()),
                    ("status", Some(r)) => Some(r.status.to_string()),
                    ("bytes", Some(r)) => Some(r.bytes.to_string()),
                    ("client", Some(r)) => Some(r.client.to_string()),
                    ("ms", Some(r)) => Some(r.ms.to_string()),
                    _ => None,
                }
            };
            match value {
                Some(value) => {
                    out.push_str(&value);
                    rest = &rest[end + 1..];
                }
                None => {
                    // Braces of JSON stand for themselves.
                    out.push('{');
                    rest = &rest[1..];
                }
            }
        }
        out.push_str(rest);
        out
    }

    fn log(&self, cx: &mut Ctx<'_>, lines: &[(bool, String)]) {
        for (stderr, template) in lines {
            let line = self.render(cx, template, None) + "\n";
            let _ = cx.write(if *stderr { 2 } else { 1 }, line.as_bytes());
        }
    }

    /// Command line, environment, files, signals. A step when it ends there.
    fn begin(&mut self, cx: &mut Ctx<'_>) -> Option<Step> {
        let work = self.work.clone();
        let args = cx.args();
        for (words, text, code) in &work.prints {
            if args.get(1..).is_some_and(|a| a == &words[..]) {
                cx.out(text);
                return Some(Step::Exit(*code));
            }
        }
        for name in &work.required_env {
            if cx.env(name).is_none_or(|v| v.is_empty()) {
                let text = work.required_env_error.replace("{name}", name) + "\n";
                let _ = cx.write(2, text.as_bytes());
                return Some(Step::Exit(1));
            }
        }
        for path in &work.opens {
            match cx.open(path, How::APPEND) {
                Ok(fd) => cx.close(fd),
                Err(errno) => {
                    let text = work.opens_error.replace("{file}", path).replace("{error}", errno.text());
                    let text = self.render(cx, &text, None) + "\n";
                    let _ = cx.write(2, text.as_bytes());
                    return Some(Step::Exit(1));
                }
            }
        }
        for (signal, what) in
            [(Signal::TERM, &work.on_term), (Signal::INT, &work.on_int), (Signal::QUIT, &work.on_quit)]
        {
            if let Some(proc) = cx.os.proc_mut(cx.pid) {
                match what {
                    OnSignal::Default => {}
                    OnSignal::Ignore => proc.ignored |= signal.bit(),
                    OnSignal::Exit { .. } => proc.caught |= signal.bit(),
                }
            }
        }
        self.started = cx.now();
        let pid = cx.pid;
        cx.os.set_memory(pid, work.memory_bytes.max(1 << 20));
        self.phase = Phase::Starting(cx.now(), work.startup_ms * 1000);
        None
    }

    fn listen(&mut self, cx: &mut Ctx<'_>) -> Option<Step> {
        let work = self.work.clone();
        for (index, port) in work.ports.iter().enumerate() {
            let number = port_number(cx, port);
            let address = if port.local_only { Ipv4::LOCALHOST } else { Ipv4::ANY };
            match cx.os.listen(cx.pid, address, number).and_then(|ofd| cx.os.add_fd(cx.pid, ofd, 3)) {
                Ok(fd) => self.listeners.push((fd, index, number)),
                Err(errno) => {
                    let mut template = port.bind_error.replace("{port}", &number.to_string());
                    if errno == Errno::Access {
                        template = denied(&template);
                    }
                    let text = self.render(cx, &template, None) + "\n";
                    let _ = cx.write(2, text.as_bytes());
                    return Some(Step::Exit(1));
                }
            }
        }
        self.log(cx, &work.start_logs);
        self.periodic = work.periodic_logs.iter().map(|(every, _)| cx.now() + (*every).max(1)).collect();
        self.phase = Phase::Running;
        None
    }

    pub(crate) fn step(&mut self, cx: &mut Ctx<'_>) -> Step {
        let now = cx.now();
        if self.phase == Phase::New
            && let Some(step) = self.begin(cx)
        {
            return step;
        }
        self.signals(cx);
        match self.phase {
            Phase::Starting(until, _) if now < until => return Step::Block(Some(until)),
            Phase::Starting(_, left) if left > 0 => {
                let (done, until) = cx.compute(left);
                self.phase = Phase::Starting(until, left - done);
                return Step::Block(Some(until));
            }
            Phase::Starting(..) => {
                if let Some(step) = self.listen(cx) {
                    return step;
                }
            }
            Phase::Stopping(until, code) if now >= until => return Step::Exit(code),
            _ => {}
        }
        let work = self.work.clone();
        if let (Some((after, code)), false) = (work.exits_after, matches!(self.phase, Phase::Stopping(..)))
            && now >= self.started + after
        {
            return Step::Exit(code);
        }
        let mut due: Option<u64> = None;
        let mut at_latest = |t: u64| due = Some(due.map_or(t, |d: u64| d.min(t)));
        if let Phase::Stopping(until, _) = self.phase {
            at_latest(until);
        } else {
            if let Some((after, _)) = work.exits_after {
                at_latest(self.started + after);
            }
            for (i, (every, template)) in work.periodic_logs.iter().enumerate() {
                while self.periodic[i] <= now {
                    self.periodic[i] += (*every).max(1);
                    self.count += 1;
                    let line = self.render(cx, template, None) + "\n";
                    cx.out(&line);
                }
                at_latest(self.periodic[i]);
            }
            if work.memory_per_second > 0 {
                let seconds = (now - self.started) / 1000;
                if seconds > self.grown {
                    let more = (seconds - self.grown) * work.memory_per_second;
                    self.grown = seconds;
                    let pid = cx.pid;
                    cx.os.add_memory(pid, more);
                    if cx.os.proc(pid).is_none() {
                        return Step::Exit(137);
                    }
                }
                at_latest(self.started + (seconds + 1) * 1000);
            }
            if !work.ships.is_empty() {
                self.ship(cx);
                at_latest(now + 1000);
            }
        }
        self.accept(cx);
        let mut talks = std::mem::take(&mut self.talks);
        talks.retain_mut(|talk| self.talk(cx, talk));
        for talk in &talks {
            if let Talk::Delay(until, _) = talk.state {
                at_latest(until);
            }
        }
        self.talks.append(&mut talks);
        if cx.os.proc(cx.pid).is_none_or(|p| !p.out.is_empty() || p.pending != 0) {
            return Step::Yield;
        }
        Step::Block(due)
    }

    fn signals(&mut self, cx: &mut Ctx<'_>) {
        let Some(proc) = cx.os.proc_mut(cx.pid) else { return };
        let pending = std::mem::take(&mut proc.pending);
        if pending == 0 || matches!(self.phase, Phase::Stopping(..)) {
            return;
        }
        let work = self.work.clone();
        for (signal, what) in
            [(Signal::TERM, &work.on_term), (Signal::INT, &work.on_int), (Signal::QUIT, &work.on_quit)]
        {
            if pending & signal.bit() != 0
                && let OnSignal::Exit { after_ms, code } = what
            {
                self.log(cx, &work.stop_logs);
                for (fd, ..) in std::mem::take(&mut self.listeners) {
                    cx.close(fd);
                }
                self.phase = Phase::Stopping(cx.now() + after_ms, *code);
                return;
            }
        }
    }

    fn accept(&mut self, cx: &mut Ctx<'_>) {
        for (fd, port, _) in self.listeners.clone() {
            let Ok(ofd) = cx.os.fd_of(cx.pid, fd) else { continue };
            while self.talks.len() < MAX_CONNECTIONS {
                let Some(conn) = cx.os.accept(cx.pid, ofd) else { break };
                match cx.os.add_fd(cx.pid, conn, 3) {
                    Ok(fd) => {
                        self.talks.push(Serving { fd, port, buf: Vec::new(), state: Talk::Reading });
                        let work = self.work.clone();
                        if let Some((host, port)) =
                            work.ports.get(port).filter(|p| !p.http).and_then(|p| p.upstream.as_ref())
                            && let Some(talk) = self.talks.pop()
                        {
                            let state = self.connect_upstream(cx, host, port);
                            match state {
                                Some(state) => self.talks.push(Serving { state, ..talk }),
                                None => cx.close(talk.fd),
                            }
                        }
                    }
                    Err(_) => break,
                }
            }
        }
    }

    fn connect_upstream(&self, cx: &mut Ctx<'_>, host: &str, port: &str) -> Option<Talk> {
        let host = self.render(cx, host, None);
        let port: u16 = self.render(cx, port, None).parse().ok()?;
        let ip = cx.lookup(&host).ok()?;
        let (fd, conn) = cx.connect(ip, port).ok()?;
        cx.os.watch_conn(cx.pid, conn, 0);
        Some(Talk::Proxy { fd, conn, open: false, client_done: false })
    }

    /// Goes on with one connection; false when it is done.
    fn talk(&mut self, cx: &mut Ctx<'_>, talk: &mut Serving) -> bool {
        let work = self.work.clone();
        let Some(port) = work.ports.get(talk.port) else { return false };
        loop {
            match &mut talk.state {
                Talk::Delay(until, answer) => {
                    if cx.now() < *until {
                        return true;
                    }
                    let answer = std::mem::take(answer);
                    let _ = cx.os.write(cx.pid, talk.fd, &answer);
                    if port.http {
                        cx.close(talk.fd);
                        return false;
                    }
                    talk.state = Talk::Reading;
                }
                Talk::Proxy { .. } => return self.proxy(cx, talk, port),
                Talk::Reading => match cx.read(talk.fd, MAX_REQUEST) {
                    Ok(Read::Wait) => return true,
                    Ok(Read::Data(bytes)) => {
                        talk.buf.extend(bytes);
                        if talk.buf.len() > MAX_REQUEST {
                            cx.close(talk.fd);
                            return false;
                        }
                        if port.http {
                            if let Some((end, skip)) = crate::probe::head_end(&talk.buf) {
                                let head = String::from_utf8_lossy(&talk.buf[..end]).into_owned();
                                let length = head
                                    .lines()
                                    .filter_map(|l| l.split_once(':'))
                                    .find(|(n, _)| n.eq_ignore_ascii_case("content-length"))
                                    .and_then(|(_, v)| v.trim().parse::<usize>().ok())
                                    .unwrap_or(0);
                                if talk.buf.len() >= end + skip + length.min(MAX_REQUEST)
                                    && !self.request(cx, talk, port, &head)
                                {
                                    return false;
                                }
                            }
                        } else {
                            self.line(cx, talk, port);
                        }
                    }
                    _ => {
                        cx.close(talk.fd);
                        return false;
                    }
                },
            }
        }
    }

    fn line(&mut self, cx: &mut Ctx<'_>, talk: &mut Serving, port: &crate::workload::ServedPort) {
        while let Some(at) = talk.buf.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = talk.buf.drain(..=at).collect();
            let line = String::from_utf8_lossy(&line).trim_end().to_string();
            if let Some((_, answer)) = port.lines.iter().find(|(p, _)| line.starts_with(p.as_str())) {
                self.count += 1;
                let answer = self.render(cx, answer, None);
                let _ = cx.os.write(cx.pid, talk.fd, answer.as_bytes());
            }
        }
    }

    /// Answers a request (or begins to); false when the connection is done.
    fn request(&mut self, cx: &mut Ctx<'_>, talk: &mut Serving, port: &ServedPort, head: &str) -> bool {
        let mut first = head.lines().next().unwrap_or_default().split(' ');
        let method = first.next().unwrap_or_default().to_string();
        let target = first.next().unwrap_or("/").to_string();
        let path = target.split('?').next().unwrap_or("/").to_string();
        let agent = head
            .lines()
            .filter_map(|l| l.split_once(':'))
            .find(|(n, _)| n.eq_ignore_ascii_case("user-agent"))
            .map_or_else(|| "-".to_string(), |(_, v)| v.trim().to_string());
        let (from, client) = peer(cx, talk.fd);
        self.count += 1;
        cx.charge(REQUEST_STEPS);
        let account = cx.os.proc(cx.pid).map(|p| p.cgroup);
        let account = account.and_then(|c| cx.os.cgroups.get(&c).cloned());
        let slow = account.as_ref().map_or(0, |a| a.slow_ms);
        let switched = account.and_then(|a| a.fail_paths.iter().find(|(p, _)| *p == path).map(|(_, s)| *s));
        let route = port
            .routes
            .iter()
            .find(|r| match r.path.strip_suffix('*') {
                Some(prefix) => path.starts_with(prefix),
                None => r.path == path,
            })
            .map(|r| &r.reply);
        let number = self.listeners.iter().find(|(_, p, _)| *p == talk.port).map_or(port.port, |(.., n)| *n);
        let mut request = Request {
            method: &method,
            path: &target,
            agent: &agent,
            status: 200,
            bytes: 0,
            client,
            ms: slow,
            port: number,
        };
        let (status, kind, body, delay) = if let Some(status) = switched {
            (status, "text/plain".to_string(), format!("{status} {}\n", reason(status)).into_bytes(), 0)
        } else if let Some(reply) = route {
            request.status = reply.status;
            let body = self.render(cx, &reply.body, Some(&request)).into_bytes();
            (reply.status, reply.content_type.clone(), body, reply.delay_ms)
        } else if let Some((host, upstream)) = &port.upstream {
            match self.connect_upstream(cx, host, upstream) {
                Some(state) => {
                    talk.state = state;
                    self.answered(cx, from, &request);
                    return self.proxy(cx, talk, port);
                }
                None => (503, "text/plain".to_string(), b"no healthy upstream".to_vec(), 0),
            }
        } else if let Some(root) = &port.document_root {
            serve_file(cx, root, &path)
        } else {
            (404, "text/plain".to_string(), b"404 page not found\n".to_vec(), 0)
        };
        request.status = status;
        request.bytes = body.len();
        request.ms = delay + slow;
        let name = &self.work.name;
        let mut answer = format!("HTTP/1.1 {status} {}\r\n", reason(status));
        if !name.is_empty() {
            answer.push_str(&["Server: ", name, "\r\n"].concat());
        }
        answer.push_str(&crate::tools::time::format_time(
            cx.os.unix_ms(),
            "Date: %a, %d %b %Y %H:%M:%S GMT\r\n",
        ));
        answer.push_str(&format!(
            "Content-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        ));
        let mut answer = answer.into_bytes();
        if method != "HEAD" {
            answer.extend(body);
        }
        self.answered(cx, from, &request);
        if let Some((template, file)) = &self.work.request_log.clone() {
            let line = self.render(cx, template, Some(&request)) + "\n";
            if let Ok(fd) = cx.open(file, How::APPEND) {
                let _ = cx.os.write(cx.pid, fd, line.as_bytes());
                cx.close(fd);
            }
        }
        let more = self.work.memory_per_request;
        if more > 0 {
            let pid = cx.pid;
            cx.os.add_memory(pid, more);
        }
        talk.state = Talk::Delay(cx.now() + delay + slow, answer);
        true
    }

    fn answered(&self, cx: &mut Ctx<'_>, from: Origin, request: &Request<'_>) {
        let Some((to, cgroup)) = cx.os.proc(cx.pid).map(|p| (p.net, p.cgroup)) else { return };
        let at_ms = cx.now();
        let (port, status) = (request.port, request.status);
        let path = request.path.to_string();
        cx.os.events.push(OsEvent::Request { at_ms, from, to, port, cgroup, path, status });
    }

    /// Moves bytes between the client and the upstream.
    fn proxy(&mut self, cx: &mut Ctx<'_>, talk: &mut Serving, port: &ServedPort) -> bool {
        let Talk::Proxy { fd, conn, open, client_done } = &mut talk.state else { return true };
        let (fd, conn) = (*fd, *conn);
        let pid = cx.pid;
        if !*open {
            match cx.os.dial_state(conn) {
                Dial::Pending => {
                    cx.os.watch_conn(pid, conn, 0);
                    return true;
                }
                Dial::Refused => {
                    if port.http {
                        let body = "upstream connect error";
                        let text = format!(
                            "HTTP/1.1 503 Service Unavailable\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                            body.len()
                        );
                        let _ = cx.os.write(pid, talk.fd, text.as_bytes());
                    }
                    cx.close(fd);
                    cx.close(talk.fd);
                    return false;
                }
                Dial::Open => *open = true,
            }
        }
        if !talk.buf.is_empty() {
            let bytes = std::mem::take(&mut talk.buf);
            let _ = cx.os.write(pid, fd, &bytes);
        }
        for (from, to) in [(talk.fd, fd), (fd, talk.fd)] {
            if from == talk.fd && *client_done {
                continue;
            }
            for _ in 0..16 {
                match cx.read(from, MAX_REQUEST) {
                    Ok(Read::Data(bytes)) => {
                        if cx.os.write(pid, to, &bytes) == Err(Errno::Pipe) {
                            cx.close(fd);
                            cx.close(talk.fd);
                            return false;
                        }
                    }
                    Ok(Read::Wait) => break,
                    // The client has said everything; the answer may still come.
                    Ok(_) if from == talk.fd => {
                        *client_done = true;
                        cx.os.shut(conn, 0);
                        break;
                    }
                    _ => {
                        cx.close(fd);
                        cx.close(talk.fd);
                        return false;
                    }
                }
            }
        }
        true
    }

    /// Looks for new bytes in the files to be shipped.
    fn ship(&mut self, cx: &mut Ctx<'_>) {
        let work = self.work.clone();
        let mut paths = Vec::new();
        for spec in &work.ships {
            let (dir, pattern) = match spec.rfind('/') {
                Some(at) if spec[at..].contains('*') => (&spec[..at], &spec[at + 1..]),
                _ => (spec.as_str(), "*"),
            };
            for name in cx.list(dir).unwrap_or_default().iter().take(64) {
                if crate::shell::pattern::matches(pattern, name) {
                    paths.push([dir.trim_end_matches('/'), "/", name].concat());
                }
            }
        }
        for path in paths {
            if !cx.stat(&path).is_ok_and(|m| m.kind == '-') {
                continue;
            }
            let index = match self.shipped.iter().position(|s| s.path == path) {
                Some(index) => index,
                None if self.shipped.len() < 64 => {
                    self.shipped.push(Shipped { path: path.clone(), pos: 0 });
                    self.shipped.len() - 1
                }
                None => continue,
            };
            let Ok(all) = cx.read_all(&path) else { continue };
            let pos = self.shipped[index].pos.min(all.len() as u64) as usize;
            // Whole lines only, and not a flood at once.
            let fresh = &all[pos..all.len().min(pos + 65_536)];
            if let Some(end) = fresh.iter().rposition(|b| *b == b'\n') {
                cx.out_bytes(&fresh[..=end]);
                self.shipped[index].pos = (pos + end + 1) as u64;
            }
        }
    }
}

/// What is said of a taken port, said of one that is reserved.
fn denied(taken: &str) -> String {
    taken
        .replace("98: Address already in use", "13: Permission denied")
        .replace("address already in use", "permission denied")
        .replace("Address already in use", "Permission denied")
        .replace("Address in use", "Permission denied")
}

fn port_number(cx: &Ctx<'_>, port: &ServedPort) -> u16 {
    port.port_env.as_ref().and_then(|name| cx.env(name)).and_then(|v| v.parse().ok()).unwrap_or(port.port)
}

/// Who is at the other end of a connection.
fn peer(cx: &Ctx<'_>, fd: usize) -> (Origin, Ipv4) {
    let ofd = cx.os.fd_of(cx.pid, fd).unwrap_or(0);
    match cx.os.ofds.get(&ofd).map(|o| &o.kind) {
        Some(crate::fd::OfdKind::Socket { conn, .. }) => {
            cx.os.conns.get(conn).map_or((Origin::Outside, Ipv4::LOCALHOST), |c| (c.from, c.peer_ip))
        }
        _ => (Origin::Outside, Ipv4::LOCALHOST),
    }
}

/// The words of an HTTP status.
pub(crate) fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Unknown",
    }
}

/// The Content-Type a file name stands for.
pub(crate) fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" | "htm" => "text/html",
        "css" => "text/css",
        "js" => "text/javascript",
        "json" => "application/json",
        "txt" => "text/plain",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

/// A file below a document root, as a whole answer: status, type, body, delay.
pub(crate) fn serve_file(cx: &mut Ctx<'_>, root: &str, path: &str) -> (u16, String, Vec<u8>, u64) {
    let page = |status: u16| {
        let title = format!("{status} {}", reason(status));
        let body = [
            "<html>\n<head><title>",
            &title,
            "</title></head>\n<body>\n<h1>",
            &title,
            "</h1>\n</body>\n</html>\n",
        ]
        .concat();
        (status, "text/html".to_string(), body.into_bytes(), 0)
    };
    if path.split('/').any(|part| part == "..") {
        return page(400);
    }
    let mut full = [root.trim_end_matches('/'), "/", path.trim_start_matches('/')].concat();
    if cx.stat(&full).is_ok_and(|m| m.is_dir()) {
        full = [full.trim_end_matches('/'), "/index.html"].concat();
    }
    match cx.read_all(&full) {
        Ok(bytes) => (200, content_type(&full).to_string(), bytes, 0),
        Err(Errno::Access) => page(403),
        Err(_) => page(404),
    }
}
