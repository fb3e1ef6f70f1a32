//! Requests from outside: what a kubelet's probes and a port-forward do, with the same network as everything else.

use crate::fd::Read;
use crate::net::Dial;
use crate::os::{Os, Timer};
use crate::types::{ConnId, Ipv4, NetNs, Origin, OsEvent, Pid};

const MAX_BODY: usize = 1 << 20;

/// How a request from outside stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeResult {
    /// Nothing is decided yet.
    Pending,
    /// The port accepts connections ([`Os::tcp_connect`]).
    Connected,
    /// An HTTP answer came.
    Http {
        /// The status code.
        status: u16,
        /// Head lines after the first, as they came.
        headers: Vec<(String, String)>,
        /// The body (at most 1 MiB).
        body: Vec<u8>,
    },
    /// Nobody listens.
    Refused,
    /// No answer within the time given.
    TimedOut {
        /// The connection itself was made; it is the answer that did not come.
        connected: bool,
    },
    /// The connection ended before a whole answer came, or it was no HTTP.
    Reset,
}

#[derive(Clone, Debug)]
pub(crate) struct Probe {
    conn: u32,
    request: Option<Vec<u8>>,
    http: bool,
    answer: Vec<u8>,
    deadline: u64,
    result: ProbeResult,
    timer: (u64, u64),
}

impl Os {
    /// Sends an HTTP GET. `from` is the namespace it comes from; `None` stands for the node's agent.
    /// `path` may have a query; `headers` are sent as they are.
    pub fn http_get(
        &mut self,
        from: Option<NetNs>,
        ip: Ipv4,
        port: u16,
        path: &str,
        headers: &[(String, String)],
        timeout_ms: u64,
    ) -> ConnId {
        let mut head = ["GET ", path, " HTTP/1.1\r\n"].concat();
        if !headers.iter().any(|(n, _)| n.eq_ignore_ascii_case("host")) {
            head.push_str(&format!("Host: {ip}:{port}\r\n"));
        }
        for (name, value) in headers {
            head.push_str(&[name, ": ", value, "\r\n"].concat());
        }
        head.push_str("Connection: close\r\n\r\n");
        self.begin_probe(from, ip, port, Some(head.into_bytes()), timeout_ms)
    }

    /// Tries to connect to a port, and hangs up.
    pub fn tcp_connect(&mut self, from: Option<NetNs>, ip: Ipv4, port: u16, timeout_ms: u64) -> ConnId {
        self.begin_probe(from, ip, port, None, timeout_ms)
    }

    fn begin_probe(
        &mut self,
        from: Option<NetNs>,
        ip: Ipv4,
        port: u16,
        request: Option<Vec<u8>>,
        timeout_ms: u64,
    ) -> ConnId {
        let id = ConnId(self.fresh());
        let conn = self.dial(from.map_or(Origin::Outside, Origin::Net), ip, port);
        if let Some(c) = self.conns.get_mut(&conn) {
            c.probe = Some(id);
        }
        let deadline = self.now + timeout_ms.max(1);
        let timer = self.set_timer(deadline, Timer::Probe(id));
        let http = request.is_some();
        let result = ProbeResult::Pending;
        self.probes.insert(id, Probe { conn, request, http, answer: Vec::new(), deadline, result, timer });
        id
    }

    /// How a request stands. A decided one is forgotten with this call; an unknown one counts as reset.
    pub fn poll(&mut self, id: ConnId) -> ProbeResult {
        match self.probes.get(&id) {
            Some(p) if p.result == ProbeResult::Pending => ProbeResult::Pending,
            Some(_) => self.probes.remove(&id).map_or(ProbeResult::Reset, |p| p.result),
            None => ProbeResult::Reset,
        }
    }

    /// Gives a request up.
    pub fn cancel(&mut self, id: ConnId) {
        if let Some(p) = self.probes.remove(&id)
            && p.result == ProbeResult::Pending
        {
            self.cancel_timer(p.timer);
            self.close_side(p.conn, 0);
        }
    }

    pub(crate) fn step_probe(&mut self, id: ConnId) {
        let Some(mut p) = self.probes.remove(&id) else { return };
        if p.result != ProbeResult::Pending {
            self.probes.insert(id, p);
            return;
        }
        match self.dial_state(p.conn) {
            Dial::Pending => {}
            Dial::Refused => p.result = ProbeResult::Refused,
            Dial::Open if !p.http => p.result = ProbeResult::Connected,
            Dial::Open => {
                if let Some(request) = p.request.take() {
                    let _ = self.write_conn(Pid(0), p.conn, 0, &request);
                }
                loop {
                    match self.read_conn(Pid(0), p.conn, 0, 65_536) {
                        Ok(Read::Data(bytes)) if p.answer.len() < MAX_BODY => p.answer.extend(bytes),
                        Ok(Read::Wait) => {
                            if let Some(done) = parse_answer(&p.answer, false) {
                                p.result = done;
                            }
                            break;
                        }
                        _ => {
                            p.result = parse_answer(&p.answer, true).unwrap_or(ProbeResult::Reset);
                            break;
                        }
                    }
                }
            }
        }
        if p.result == ProbeResult::Pending && self.now >= p.deadline {
            p.result = ProbeResult::TimedOut { connected: self.dial_state(p.conn) == Dial::Open };
        }
        if p.result != ProbeResult::Pending {
            self.cancel_timer(p.timer);
            if let Some(c) = self.conns.get_mut(&p.conn) {
                c.probe = None;
            }
            self.close_side(p.conn, 0);
            self.events.push(OsEvent::ProbeDone { at_ms: self.now, conn: id });
        }
        self.probes.insert(id, p);
    }
}

/// A whole HTTP answer, when it is there. At the end of data a body without a length is whole as well.
fn parse_answer(bytes: &[u8], ended: bool) -> Option<ProbeResult> {
    let (status, headers, at) = parse_head(bytes)?;
    let length = headers
        .iter()
        .find(|(n, _)| n.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, v)| v.parse::<usize>().ok());
    let body = &bytes[at..];
    match length {
        Some(length) if body.len() < length && !ended => None,
        None if !ended => None,
        _ => Some(ProbeResult::Http { status, headers, body: body.to_vec() }),
    }
}

/// Status, head lines, and where the body begins.
pub(crate) type Head = (u16, Vec<(String, String)>, usize);

/// The head of an HTTP answer: status, lines, and where the body begins.
pub(crate) fn parse_head(bytes: &[u8]) -> Option<Head> {
    let (end, skip) = head_end(bytes)?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let first = lines.next()?;
    if !first.starts_with("HTTP/") {
        return None;
    }
    let status = first.split(' ').nth(1)?.parse().ok()?;
    let headers =
        lines.filter_map(|l| l.split_once(':')).map(|(n, v)| (n.to_string(), v.trim().to_string())).collect();
    Some((status, headers, end + skip))
}

/// Where the empty line of a message head is, and how long it is.
pub(crate) fn head_end(bytes: &[u8]) -> Option<(usize, usize)> {
    let crlf = bytes.windows(4).position(|w| w == b"\r\n\r\n").map(|at| (at, 4));
    let lf = bytes.windows(2).position(|w| w == b"\n\n").map(|at| (at, 2));
    match (crlf, lf) {
        (Some(a), Some(b)) => Some(if a.0 < b.0 { a } else { b }),
        (a, b) => a.or(b),
    }
}
