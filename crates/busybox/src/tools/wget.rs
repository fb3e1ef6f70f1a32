//! wget: fetches over HTTP.

use super::net::{CONNECT_TIMEOUT_MS, address};
use super::{Opts, usage};
use crate::ctx::{Act, Ctx, Machine, Step};
use crate::fd::Read;
use crate::net::Dial;
use crate::probe::parse_head;
use crate::types::{Errno, Ipv4};
use crate::vfs::How;

#[derive(Clone, Debug)]
struct Wget {
    opts: Opts,
    urls: Vec<String>,
    /// Where it is now.
    host: String,
    port: u16,
    path: String,
    ip: Ipv4,
    fd: usize,
    conn: u32,
    phase: Phase,
    answer: Vec<u8>,
    /// Body bytes expected and had.
    length: Option<u64>,
    had: u64,
    out: Option<usize>,
    name: String,
    hops: u32,
    deadline: u64,
    code: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Next,
    Dialing,
    Head,
    Body,
}

/// Host, port and path of an address.
fn split_url(url: &str) -> Option<(String, u16, String)> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let default = match scheme {
        "http" => 80,
        "https" => 443,
        "ftp" => 21,
        _ => return None,
    };
    let at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(at);
    let host = host.rsplit('@').next().unwrap_or(host);
    let path = path.split('#').next().unwrap_or_default();
    let path = if path.starts_with('/') { path.to_string() } else { ["/", path].concat() };
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (host, default),
    };
    Some((host.to_string(), port, path))
}

impl Wget {
    fn timeout(&self) -> Option<u64> {
        self.opts.value('T').and_then(|t| t.parse::<u64>().ok()).filter(|t| *t > 0).map(|t| t * 1000)
    }

    fn quiet(&self) -> bool {
        self.opts.has('q')
    }

    fn note(&self, cx: &mut Ctx<'_>, text: &str) {
        if !self.quiet() {
            let _ = cx.write(2, text.as_bytes());
        }
    }

    fn fail(&mut self, cx: &mut Ctx<'_>, text: &str) -> Step {
        cx.complain(text);
        Step::Exit(1)
    }

    fn dial(&mut self, cx: &mut Ctx<'_>) -> Option<Step> {
        let text = format!("Connecting to {}:{} ({}:{})\n", self.host, self.port, self.ip, self.port);
        self.note(cx, &text);
        match cx.connect(self.ip, self.port) {
            Ok((fd, conn)) => {
                self.fd = fd;
                self.conn = conn;
                self.phase = Phase::Dialing;
                self.answer.clear();
                self.deadline = cx.now() + self.timeout().unwrap_or(CONNECT_TIMEOUT_MS);
                None
            }
            Err(errno) => Some(self.fail(cx, &["socket: ", errno.text()].concat())),
        }
    }

    fn request(&self) -> String {
        let post = self.opts.value('d').or(self.opts.value('f'));
        let host = if self.port == 80 { self.host.clone() } else { format!("{}:{}", self.host, self.port) };
        let mut text =
            [if post.is_some() { "POST " } else { "GET " }, &self.path, " HTTP/1.1\r\nHost: ", &host, "\r\n"]
                .concat();
        text.push_str(
            &["User-Agent: ", self.opts.value('U').unwrap_or("Wget"), "\r\nConnection: close\r\n"].concat(),
        );
        for header in self.opts.values('H') {
            text.push_str(&[header, "\r\n"].concat());
        }
        match post {
            Some(data) => {
                if !self.opts.values('H').any(|h| h.to_ascii_lowercase().starts_with("content-type")) {
                    text.push_str("Content-Type: application/x-www-form-urlencoded\r\n");
                }
                text.push_str(&format!("Content-Length: {}\r\n\r\n{data}", data.len()));
            }
            None => text.push_str("\r\n"),
        }
        text
    }

    fn target(&self) -> String {
        match self.opts.value('O') {
            Some(name) => name.to_string(),
            None => {
                let last =
                    self.path.split('?').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
                let name = if last.is_empty() { "index.html" } else { last };
                match self.opts.value('P') {
                    Some(dir) => [dir, "/", name].concat(),
                    None => name.to_string(),
                }
            }
        }
    }

    /// The head of the answer is there.
    fn head(&mut self, cx: &mut Ctx<'_>) -> Option<Step> {
        let Some((status, headers, at)) = parse_head(&self.answer) else {
            return Some(self.fail(cx, "error getting response"));
        };
        let text = String::from_utf8_lossy(&self.answer[..at]).into_owned();
        let first = text.lines().next().unwrap_or_default().to_string();
        if self.opts.has('S') {
            let mut shown = String::new();
            for line in text.lines() {
                shown.push_str(&["  ", line, "\n"].concat());
                if status >= 300 {
                    break;
                }
            }
            let _ = cx.write(2, shown.as_bytes());
        }
        let value =
            |name: &str| headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.clone());
        match status {
            301 | 302 | 303 | 307 | 308 => {
                cx.close(self.fd);
                self.hops += 1;
                if self.hops > 20 {
                    return Some(self.fail(cx, "too many redirections"));
                }
                let to = value("location").unwrap_or_default();
                if to.starts_with('/') {
                    self.path = to;
                } else {
                    match split_url(&to) {
                        Some((host, port, path)) => (self.host, self.port, self.path) = (host, port, path),
                        None => return Some(self.fail(cx, "bad redirection")),
                    }
                }
                match cx.lookup(&self.host.clone()) {
                    Ok(ip) => self.ip = ip,
                    Err(_) => {
                        let text = ["bad address '", &self.host, "'"].concat();
                        return Some(self.fail(cx, &text));
                    }
                }
                return self.dial(cx);
            }
            200..=299 => {}
            _ => {
                let text = ["server returned error: ", first.trim_end()].concat();
                return Some(self.fail(cx, &text));
            }
        }
        if self.opts.has('s') {
            self.note(cx, "remote file exists\n");
            cx.close(self.fd);
            self.phase = Phase::Next;
            return None;
        }
        self.length = value("content-length").and_then(|v| v.parse().ok());
        self.had = 0;
        self.name = self.target();
        let fd = if self.name == "-" {
            self.note(cx, "writing to stdout\n");
            1
        } else {
            let how = How { exclusive: self.opts.value('O').is_none(), ..How::WRITE };
            match cx.open(&self.name, how) {
                Ok(fd) => {
                    let text = ["saving to '", &self.name, "'\n"].concat();
                    self.note(cx, &text);
                    fd
                }
                Err(errno) => {
                    let name = self.name.clone();
                    return Some(Step::Exit(cx.fail("can't open", &name, errno)));
                }
            }
        };
        self.out = Some(fd);
        self.phase = Phase::Body;
        let body = self.answer.split_off(at);
        self.answer.clear();
        self.body(cx, &body)
    }

    fn body(&mut self, cx: &mut Ctx<'_>, bytes: &[u8]) -> Option<Step> {
        self.had += bytes.len() as u64;
        let result = cx.write(self.out.unwrap_or(1), bytes);
        match result {
            Ok(()) => None,
            Err(Errno::Pipe) => Some(Step::Exit(1)),
            Err(errno) => Some(self.fail(cx, &["write error: ", errno.text()].concat())),
        }
    }

    fn done(&mut self, cx: &mut Ctx<'_>) {
        let short = if self.name == "-" { "-" } else { crate::fs::split_last(&self.name).1 }.to_string();
        let bar = format!("{:<20.20} 100% |{}| {:>5}  0:00:00 ETA\n", short, "*".repeat(32), self.had);
        self.note(cx, &bar);
        if self.name == "-" {
            self.note(cx, "written to stdout\n");
        } else {
            let text = ["'", &self.name, "' saved\n"].concat();
            self.note(cx, &text);
        }
        if let Some(fd) = self.out.take()
            && fd > 2
        {
            cx.close(fd);
        }
        cx.close(self.fd);
        self.phase = Phase::Next;
    }
}

impl Machine for Wget {
    fn step(&mut self, cx: &mut Ctx<'_>) -> Step {
        let pid = cx.pid;
        match self.phase {
            Phase::Next => {
                let Some(url) = self.urls.pop() else { return Step::Exit(self.code) };
                match split_url(&url) {
                    Some((host, port, path)) => (self.host, self.port, self.path) = (host, port, path),
                    None => {
                        let text = ["not an http or ftp url: ", &url].concat();
                        return self.fail(cx, &text);
                    }
                }
                // The first name was looked up before; others are as quick.
                match cx.lookup(&self.host.clone()) {
                    Ok(ip) => self.ip = ip,
                    Err(_) => {
                        let text = ["bad address '", &self.host, "'"].concat();
                        return self.fail(cx, &text);
                    }
                }
                self.hops = 0;
                self.dial(cx).unwrap_or(Step::Yield)
            }
            Phase::Dialing => match cx.os.dial_state(self.conn) {
                Dial::Pending if cx.now() < self.deadline => {
                    cx.os.watch_conn(pid, self.conn, 0);
                    Step::Block(Some(self.deadline))
                }
                Dial::Pending if self.timeout().is_some() => self.fail(cx, "download timed out"),
                state @ (Dial::Pending | Dial::Refused) => {
                    let why = if state == Dial::Refused { Errno::Refused } else { Errno::TimedOut };
                    let text = format!("can't connect to remote host ({}): {}", self.ip, why.text());
                    self.fail(cx, &text)
                }
                Dial::Open => {
                    let request = self.request();
                    let _ = cx.os.write(pid, self.fd, request.as_bytes());
                    // BusyBox gives a silent server fifteen minutes.
                    self.deadline = cx.now() + self.timeout().unwrap_or(900_000);
                    self.phase = Phase::Head;
                    Step::Yield
                }
            },
            Phase::Head | Phase::Body => match cx.read(self.fd, 65_536) {
                Ok(Read::Wait) => {
                    if cx.now() >= self.deadline {
                        return self.fail(cx, "download timed out");
                    }
                    Step::Block(Some(self.deadline))
                }
                Ok(Read::Data(bytes)) => {
                    self.deadline = cx.now() + self.timeout().unwrap_or(900_000);
                    let mut step = None;
                    if self.phase == Phase::Head {
                        self.answer.extend(bytes);
                        if crate::probe::head_end(&self.answer).is_some() {
                            step = self.head(cx);
                        } else if self.answer.len() > 65_536 {
                            return self.fail(cx, "error getting response");
                        }
                    } else {
                        step = self.body(cx, &bytes);
                    }
                    if let Some(step) = step {
                        return step;
                    }
                    if self.phase == Phase::Body && self.length.is_some_and(|l| self.had >= l) {
                        self.done(cx);
                    }
                    Step::Yield
                }
                _ if self.phase == Phase::Head => {
                    self.fail(cx, "error getting response: Connection reset by peer")
                }
                _ => {
                    if self.length.is_some_and(|l| self.had < l) {
                        return self.fail(cx, "connection closed prematurely");
                    }
                    self.done(cx);
                    Step::Yield
                }
            },
        }
    }
    fn boxed(&self) -> Box<dyn Machine> {
        Box::new(self.clone())
    }
}

pub(crate) fn wget(cx: &mut Ctx<'_>) -> Act {
    let long = [
        ("quiet", 'q'),
        ("output-document", 'O'),
        ("timeout", 'T'),
        ("spider", 's'),
        ("header", 'H'),
        ("post-data", 'd'),
        ("server-response", 'S'),
        ("user-agent", 'U'),
        ("tries", 't'),
        ("no-check-certificate", 'N'),
        ("directory-prefix", 'P'),
        ("continue", 'c'),
        ("proxy", 'Y'),
        ("no-verbose", 'v'),
    ];
    let opts = match Opts::parse(cx, "cqSO:o:P:Y:U:T:t:H:d:f:sNvn:", &long) {
        Ok(opts) => opts,
        Err(act) => return act,
    };
    let Some(first) = opts.rest.first() else { return Act::Exit(usage(cx)) };
    if let Some((host, ..)) = split_url(first)
        && let Err(act) = address(cx, &host)
    {
        return act;
    }
    let urls = opts.rest.iter().rev().cloned().collect();
    Act::Run(Box::new(Wget {
        opts,
        urls,
        host: String::new(),
        port: 0,
        path: String::new(),
        ip: Ipv4::ANY,
        fd: 0,
        conn: 0,
        phase: Phase::Next,
        answer: Vec::new(),
        length: None,
        had: 0,
        out: None,
        name: String::new(),
        hops: 0,
        deadline: 0,
        code: 0,
    }))
}
