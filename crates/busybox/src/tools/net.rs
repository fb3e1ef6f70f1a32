//! Tools about the network: nslookup, nc, ping, httpd, netstat, ip, ifconfig.

use super::{Opts, usage};
use crate::ctx::{Act, Ctx, Machine, Step};
use crate::fd::{Ofd, OfdKind, Read};
use crate::net::{Dial, LookupError};
use crate::types::{Errno, Ipv4, Origin, OsEvent, Pid};

/// How long a silent name server is waited for.
pub(crate) const DNS_TIMEOUT_MS: u64 = 5_000;
/// How long connect(2) tries, with the retries of Linux.
pub(crate) const CONNECT_TIMEOUT_MS: u64 = 127_000;

/// Waits, then prints and exits.
#[derive(Clone, Debug)]
struct Later {
    due: u64,
    out: String,
    err: String,
    code: i32,
}

impl Machine for Later {
    fn step(&mut self, cx: &mut Ctx<'_>) -> Step {
        if cx.now() < self.due {
            return Step::Block(Some(self.due));
        }
        cx.out(&self.out);
        let _ = cx.write(2, self.err.as_bytes());
        Step::Exit(self.code)
    }
    fn boxed(&self) -> Box<dyn Machine> {
        Box::new(self.clone())
    }
}

pub(crate) fn nslookup(cx: &mut Ctx<'_>) -> Act {
    let args: Vec<String> = cx.args()[1..].iter().filter(|a| !a.starts_with('-')).cloned().collect();
    let Some(host) = args.first() else { return Act::Exit(usage(cx)) };
    let mut servers = cx.resolver("nameserver");
    let own = args.get(1).cloned();
    if let Some(server) = &own {
        servers = vec![server.clone()];
    }
    let server = servers.first().cloned().unwrap_or_else(|| "127.0.0.1".to_string());
    if own.is_none() && servers.is_empty() || !cx.os.network.dns_up {
        return Act::Run(Box::new(Later {
            due: cx.now() + DNS_TIMEOUT_MS,
            out: String::new(),
            err: ";; connection timed out; no servers could be reached\n\n".to_string(),
            code: 1,
        }));
    }
    let mut text = format!("Server:\t\t{server}\nAddress:\t{server}:53\n\n");
    // A name without a dot is looked for in the search list only; any other is taken as it stands.
    let names = match host.strip_suffix('.') {
        Some(host) => vec![host.to_string()],
        None if host.contains('.') => vec![host.clone()],
        None => {
            let search = cx.resolver("search");
            if search.is_empty() {
                vec![host.clone()]
            } else {
                search.iter().map(|s| format!("{host}.{s}")).collect()
            }
        }
    };
    let mut found = false;
    for name in names {
        let addresses = cx.dns(&name);
        if addresses.is_empty() {
            text.push_str(&format!("** server can't find {name}: NXDOMAIN\n\n"));
            continue;
        }
        found = true;
        for ip in addresses {
            text.push_str(&format!("Name:\t{name}\nAddress: {ip}\n"));
        }
        text.push('\n');
    }
    Act::Run(Box::new(Later { due: cx.now() + 2, out: text, err: String::new(), code: i32::from(!found) }))
}

/// An address for a name, with the complaint that tools share; the time is when it is known.
pub(crate) fn address(cx: &mut Ctx<'_>, host: &str) -> Result<Ipv4, Act> {
    cx.lookup(host).map_err(|error| {
        let err = format!("{}: bad address '{host}'\n", cx.name());
        let wait = if error == LookupError::NoServer { DNS_TIMEOUT_MS } else { 2 };
        Act::Run(Box::new(Later { due: cx.now() + wait, out: String::new(), err, code: 1 }))
    })
}

#[derive(Clone, Debug)]
struct Nc {
    fd: usize,
    conn: u32,
    open: bool,
    /// It listens and waits for its one client.
    listening: bool,
    again: bool,
    scan: bool,
    verbose: bool,
    deadline: u64,
    /// The deadline was asked for (-w).
    own_deadline: bool,
    input_ended: bool,
    prog: Vec<String>,
    ip: Ipv4,
    child: Option<Pid>,
}

impl Machine for Nc {
    fn step(&mut self, cx: &mut Ctx<'_>) -> Step {
        let pid = cx.pid;
        if let Some(child) = self.child {
            // `-ll -e`: one child for each client; done ones are taken away.
            let children = cx.os.proc(pid).map(|p| p.children.clone()).unwrap_or_default();
            for c in children {
                cx.os.reap(pid, c);
            }
            let _ = child;
        }
        if self.listening {
            let Ok(ofd) = cx.os.fd_of(pid, self.fd) else { return Step::Exit(1) };
            let Some(client) = cx.os.accept(pid, ofd) else {
                if cx.now() >= self.deadline {
                    cx.complain("timed out");
                    return Step::Exit(1);
                }
                return Step::Block((self.deadline != u64::MAX).then_some(self.deadline));
            };
            if self.again && !self.prog.is_empty() {
                match cx.os.fork(pid) {
                    Ok(child) => {
                        cx.os.retain(client);
                        cx.os.set_fd(child, 0, Some(client));
                        cx.os.retain(client);
                        cx.os.set_fd(child, 1, Some(client));
                        cx.os.set_fd(child, 2, Some(client));
                        cx.os.set_fd(child, self.fd, None);
                        let argv = self.prog.clone();
                        match (Ctx { os: cx.os, pid: child }).exec(argv, None) {
                            Ok(()) => cx.os.wake(child),
                            Err(_) => cx.os.exit(child, crate::types::ExitStatus::Code(1), false),
                        }
                        self.child = Some(child);
                    }
                    Err(_) => cx.os.release(client),
                }
                return Step::Yield;
            }
            cx.close(self.fd);
            self.listening = false;
            self.open = true;
            if let Some(OfdKind::Socket { conn, .. }) = cx.os.ofds.get(&client).map(|o| &o.kind) {
                self.conn = *conn;
            }
            match cx.os.add_fd(pid, client, 3) {
                Ok(fd) => self.fd = fd,
                Err(_) => return Step::Exit(1),
            }
            if let Some(step) = self.exec(cx) {
                return step;
            }
        }
        if !self.open {
            match cx.os.dial_state(self.conn) {
                Dial::Pending if cx.now() < self.deadline => {
                    cx.os.watch_conn(pid, self.conn, 0);
                    return Step::Block(Some(self.deadline));
                }
                Dial::Pending => {
                    if self.own_deadline {
                        cx.complain("timed out");
                    } else {
                        cx.complain(&format!(
                            "can't connect to remote host ({}): Connection timed out",
                            self.ip
                        ));
                    }
                    return Step::Exit(1);
                }
                Dial::Refused => {
                    cx.complain(&format!("can't connect to remote host ({}): Connection refused", self.ip));
                    return Step::Exit(1);
                }
                Dial::Open => {
                    self.open = true;
                    if self.verbose {
                        let port = cx.os.conns.get(&self.conn).map_or(0, |c| c.port);
                        let text = format!("{} ({}:{port}) open\n", self.ip, self.ip);
                        let _ = cx.write(2, text.as_bytes());
                    }
                    if self.scan {
                        return Step::Exit(0);
                    }
                    if let Some(step) = self.exec(cx) {
                        return step;
                    }
                }
            }
        }
        // Both directions, until the other side has ended.
        if !self.input_ended {
            match cx.read(0, 65_536) {
                Ok(Read::Data(bytes)) => {
                    if cx.write(self.fd, &bytes).is_err() {
                        return Step::Exit(0);
                    }
                    return Step::Yield;
                }
                Ok(Read::Wait) => {}
                _ => {
                    self.input_ended = true;
                    let side = self.side(cx);
                    cx.os.shut(self.conn, side);
                }
            }
        }
        match cx.read(self.fd, 65_536) {
            Ok(Read::Data(bytes)) => {
                if cx.write(1, &bytes).is_err() {
                    return Step::Exit(1);
                }
                Step::Yield
            }
            Ok(Read::Wait) => Step::Block(None),
            _ => Step::Exit(0),
        }
    }
    fn boxed(&self) -> Box<dyn Machine> {
        Box::new(self.clone())
    }
}

impl Nc {
    fn side(&self, cx: &Ctx<'_>) -> usize {
        let ofd = cx.os.fd_of(cx.pid, self.fd).ok();
        match ofd.and_then(|o| cx.os.ofds.get(&o)).map(|o| &o.kind) {
            Some(OfdKind::Socket { side, .. }) => *side,
            _ => 0,
        }
    }

    /// `-e`: becomes the program, with the connection as its input and output.
    fn exec(&mut self, cx: &mut Ctx<'_>) -> Option<Step> {
        if self.prog.is_empty() {
            return None;
        }
        let ofd = cx.os.fd_of(cx.pid, self.fd).ok()?;
        for fd in 0..3 {
            cx.os.retain(ofd);
            cx.os.set_fd(cx.pid, fd, Some(ofd));
        }
        cx.close(self.fd);
        match super::process::exec_or_complain(cx, self.prog.clone(), None) {
            Act::Exit(code) => Some(Step::Exit(code)),
            _ => Some(Step::Replaced),
        }
    }
}

pub(crate) fn nc(cx: &mut Ctx<'_>) -> Act {
    // Everything after -e is the program.
    let args: Vec<String> = cx.args()[1..].to_vec();
    let at = args.iter().position(|a| a == "-e");
    let prog = at.map(|i| args[i + 1..].to_vec()).unwrap_or_default();
    let own = &args[..at.unwrap_or(args.len())];
    let opts = match Opts::parse_args(cx, own, "lp:w:i:zvnus:", &[]) {
        Ok(opts) => opts,
        Err(act) => return act,
    };
    let seconds = opts.value('w').and_then(super::time::duration_ms);
    let listening = opts.has('l');
    let mut nc = Nc {
        fd: 0,
        conn: 0,
        open: false,
        listening,
        again: own.iter().any(|a| a.starts_with('-') && a.matches('l').count() > 1)
            || opts.values('l').count() > 1,
        scan: opts.has('z'),
        verbose: opts.has('v'),
        deadline: match seconds {
            Some(ms) => cx.now() + ms,
            None if listening => u64::MAX,
            None => cx.now() + CONNECT_TIMEOUT_MS,
        },
        own_deadline: seconds.is_some(),
        input_ended: false,
        prog,
        ip: Ipv4::ANY,
        child: None,
    };
    if listening {
        let port = opts.value('p').or_else(|| opts.rest.last().map(String::as_str));
        let port = match port.map(str::parse::<u16>) {
            Some(Ok(port)) => port,
            None => 0,
            Some(Err(_)) => {
                cx.complain(&["invalid number '", port.unwrap_or_default(), "'"].concat());
                return Act::Exit(1);
            }
        };
        let pid = cx.pid;
        match cx.os.listen(pid, Ipv4::ANY, port).and_then(|ofd| cx.os.add_fd(pid, ofd, 3)) {
            Ok(fd) => nc.fd = fd,
            Err(errno) => {
                cx.complain(&["bind: ", errno.text()].concat());
                return Act::Exit(1);
            }
        }
        return Act::Run(Box::new(nc));
    }
    let [host, port] = &opts.rest[..] else { return Act::Exit(usage(cx)) };
    let Ok(port) = port.parse::<u16>() else {
        cx.complain(&["invalid port '", port, "'"].concat());
        return Act::Exit(1);
    };
    nc.ip = match address(cx, host) {
        Ok(ip) => ip,
        Err(act) => return act,
    };
    match cx.connect(nc.ip, port) {
        Ok((fd, conn)) => {
            nc.fd = fd;
            nc.conn = conn;
            Act::Run(Box::new(nc))
        }
        Err(_) => Act::Exit(1),
    }
}

#[derive(Clone, Debug)]
struct Ping {
    ip: Ipv4,
    name: String,
    count: Option<u64>,
    sent: u64,
    received: u64,
    interval: u64,
    answer_at: Option<u64>,
    next: u64,
    end: Option<u64>,
    quiet: bool,
}

impl Ping {
    /// Does that address answer? 0 or 1 packets come back, after some milliseconds.
    fn round_trip(&self, cx: &Ctx<'_>) -> Option<u64> {
        let own = cx.os.nets.get(&cx.net()).and_then(|n| n.ip);
        if self.ip.is_loopback() || own == Some(self.ip) {
            return Some(1);
        }
        let to = cx.os.network.ips.get(&self.ip)?;
        cx.os.reachable(cx.net(), *to).then_some(2)
    }

    fn statistics(&self, cx: &mut Ctx<'_>) {
        let lost = ((self.sent - self.received) * 100).checked_div(self.sent).unwrap_or(0);
        let mut text = format!(
            "\n--- {} ping statistics ---\n{} packets transmitted, {} packets received, {lost}% packet loss\n",
            self.name, self.sent, self.received
        );
        if self.received > 0 {
            text.push_str("round-trip min/avg/max = 0.061/0.061/0.061 ms\n");
        }
        cx.out(&text);
    }
}

impl Machine for Ping {
    fn step(&mut self, cx: &mut Ctx<'_>) -> Step {
        let now = cx.now();
        if cx.os.proc(cx.pid).is_some_and(|p| p.pending != 0) {
            self.statistics(cx);
            return Step::Exit(i32::from(self.received == 0));
        }
        if self.answer_at.is_some_and(|at| at <= now) {
            self.answer_at = None;
            self.received += 1;
            if !self.quiet {
                cx.out(&format!("64 bytes from {}: seq={} ttl=64 time=0.061 ms\n", self.ip, self.sent - 1));
            }
        }
        let all = self.count.is_some_and(|c| self.sent >= c);
        if all && (self.answer_at.is_none() && self.received == self.sent)
            || self.end.is_some_and(|e| now >= e)
        {
            self.statistics(cx);
            return Step::Exit(i32::from(self.received == 0));
        }
        if !all && now >= self.next {
            self.sent += 1;
            self.next = now + self.interval;
            self.answer_at = self.round_trip(cx).map(|ms| now + ms);
            if self.count.is_some_and(|c| self.sent >= c) && self.end.is_none() {
                // Ten seconds for the last answer.
                self.end = Some(now + 10_000);
            }
        }
        let mut due = self.end.unwrap_or(u64::MAX);
        if self.count.is_none_or(|c| self.sent < c) {
            due = due.min(self.next);
        }
        if let Some(at) = self.answer_at {
            due = due.min(at);
        }
        Step::Block(Some(due))
    }
    fn boxed(&self) -> Box<dyn Machine> {
        Box::new(self.clone())
    }
}

pub(crate) fn ping(cx: &mut Ctx<'_>) -> Act {
    let opts = match Opts::parse(cx, "46c:s:i:At:W:w:qI:", &[]) {
        Ok(opts) => opts,
        Err(act) => return act,
    };
    let Some(host) = opts.rest.first() else { return Act::Exit(usage(cx)) };
    let ip = match address(cx, host) {
        Ok(ip) => ip,
        Err(act) => return act,
    };
    let ms = |c: char| opts.value(c).and_then(super::time::duration_ms);
    cx.out(&format!("PING {host} ({ip}): 56 data bytes\n"));
    if !cx.os.may_ping(cx.pid) {
        cx.complain("permission denied (are you root?)");
        return Act::Exit(1);
    }
    if let Some(proc) = cx.os.proc_mut(cx.pid) {
        proc.caught |= crate::types::Signal::INT.bit();
    }
    let now = cx.now();
    Act::Run(Box::new(Ping {
        ip,
        name: host.clone(),
        count: opts.value('c').and_then(|c| c.parse().ok()),
        sent: 0,
        received: 0,
        interval: ms('i').unwrap_or(1000).max(10),
        answer_at: None,
        next: now,
        end: ms('w').map(|w| now + w),
        quiet: opts.has('q'),
    }))
}

/// The small web server: one process, files below a directory.
#[derive(Clone, Debug)]
struct Httpd {
    listener: usize,
    port: u16,
    root: String,
    verbose: bool,
    talks: Vec<(usize, Vec<u8>)>,
}

impl Machine for Httpd {
    fn step(&mut self, cx: &mut Ctx<'_>) -> Step {
        let pid = cx.pid;
        let Ok(ofd) = cx.os.fd_of(pid, self.listener) else { return Step::Exit(1) };
        while self.talks.len() < 48 {
            let Some(client) = cx.os.accept(pid, ofd) else { break };
            match cx.os.add_fd(pid, client, 3) {
                Ok(fd) => self.talks.push((fd, Vec::new())),
                Err(_) => break,
            }
        }
        let mut talks = std::mem::take(&mut self.talks);
        talks.retain_mut(|(fd, buf)| {
            loop {
                match cx.read(*fd, 65_536) {
                    Ok(Read::Wait) => return true,
                    Ok(Read::Data(bytes)) => {
                        buf.extend(bytes);
                        let Some((end, _)) = crate::probe::head_end(buf) else {
                            if buf.len() > 65_536 {
                                cx.close(*fd);
                                return false;
                            }
                            continue;
                        };
                        let head = String::from_utf8_lossy(&buf[..end]).into_owned();
                        self.answer(cx, *fd, &head);
                        cx.close(*fd);
                        return false;
                    }
                    _ => {
                        cx.close(*fd);
                        return false;
                    }
                }
            }
        });
        self.talks = talks;
        if cx.os.proc(pid).is_none_or(|p| !p.out.is_empty()) { Step::Yield } else { Step::Block(None) }
    }
    fn boxed(&self) -> Box<dyn Machine> {
        Box::new(self.clone())
    }
}

impl Httpd {
    fn answer(&self, cx: &mut Ctx<'_>, fd: usize, head: &str) {
        let mut words = head.lines().next().unwrap_or_default().split(' ');
        let method = words.next().unwrap_or_default();
        let target = words.next().unwrap_or("/");
        let path = target.split('?').next().unwrap_or("/");
        let (status, kind, body, _) = if method == "GET" || method == "HEAD" {
            crate::workload::serve_file(cx, &self.root, path)
        } else {
            (501, "text/html".to_string(), b"The requested method is not implemented\n".to_vec(), 0)
        };
        let mut text = format!(
            "HTTP/1.1 {status} {}\r\n{}Connection: close\r\nContent-type: {kind}\r\nContent-Length: {}\r\n\r\n",
            crate::workload::reason(status),
            super::time::format_time(cx.os.unix_ms(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n"),
            body.len()
        )
        .into_bytes();
        if method != "HEAD" {
            text.extend(body);
        }
        let pid = cx.pid;
        let from = match cx.os.fd_of(pid, fd).ok().and_then(|o| cx.os.ofds.get(&o)).map(|o| &o.kind) {
            Some(OfdKind::Socket { conn, .. }) => {
                cx.os.conns.get(conn).map_or((Origin::Outside, Ipv4::LOCALHOST), |c| (c.from, c.peer_ip))
            }
            _ => (Origin::Outside, Ipv4::LOCALHOST),
        };
        if self.verbose {
            let line = format!("[::ffff:{}]: response:{status}\n", from.1);
            let _ = cx.os.write(pid, 2, line.as_bytes());
        }
        if let Some((to, cgroup)) = cx.os.proc(pid).map(|p| (p.net, p.cgroup)) {
            let at_ms = cx.now();
            let path = target.to_string();
            cx.os.events.push(OsEvent::Request {
                at_ms,
                from: from.0,
                to,
                port: self.port,
                cgroup,
                path,
                status,
            });
        }
        let _ = cx.os.write(pid, fd, &text);
    }
}

pub(crate) fn httpd(cx: &mut Ctx<'_>) -> Act {
    let opts = match Opts::parse(cx, "ifvp:u:r:h:c:", &[]) {
        Ok(opts) => opts,
        Err(act) => return act,
    };
    let spec = opts.value('p').unwrap_or("80");
    let (address, port) = spec.rsplit_once(':').unwrap_or(("", spec));
    let Ok(port) = port.parse::<u16>() else {
        cx.complain(&["invalid number '", port, "'"].concat());
        return Act::Exit(1);
    };
    let address = Ipv4::parse(address).unwrap_or(Ipv4::ANY);
    let root = match opts.value('h') {
        Some(dir) => match cx.os.resolve(cx.pid, dir, true) {
            Ok(at) if cx.stat(dir).is_ok_and(|m| m.is_dir()) => at.path,
            Ok(_) => return Act::Exit(cx.fail("can't change directory to", dir, Errno::NotDir)),
            Err(errno) => return Act::Exit(cx.fail("can't change directory to", dir, errno)),
        },
        None => cx.cwd().to_string(),
    };
    let pid = cx.pid;
    let listener = match cx.os.listen(pid, address, port).and_then(|ofd| cx.os.add_fd(pid, ofd, 3)) {
        Ok(fd) => fd,
        Err(errno) => {
            cx.complain(&["bind: ", errno.text()].concat());
            return Act::Exit(1);
        }
    };
    let server = Httpd { listener, port, root, verbose: opts.has('v'), talks: Vec::new() };
    if opts.has('f') {
        return Act::Run(Box::new(server));
    }
    // Without -f it goes into the background: a child lives on, the parent is done.
    match cx.os.fork(pid) {
        Ok(child) => {
            for fd in 0..3 {
                let null = cx.os.new_ofd(Ofd { refs: 1, tty: false, kind: OfdKind::Null });
                cx.os.set_fd(child, fd, Some(null));
            }
            if let Some(proc) = cx.os.proc_mut(child) {
                proc.prog = crate::process::Prog::Tool(Box::new(server));
                proc.caught = 0;
            }
            cx.os.wake(child);
            Act::Exit(0)
        }
        Err(errno) => {
            cx.complain(&["can't fork: ", errno.text()].concat());
            Act::Exit(1)
        }
    }
}

pub(crate) fn netstat(cx: &mut Ctx<'_>) -> Act {
    let opts = match Opts::parse(cx, "raltuwxenWp", &[]) {
        Ok(opts) => opts,
        Err(act) => return act,
    };
    let mut text = "Active Internet connections (only servers)\n".to_string();
    if !opts.has('l') {
        text = "Active Internet connections (w/o servers)\n".to_string();
    }
    text.push_str("Proto Recv-Q Send-Q Local Address           Foreign Address         State       ");
    text.push_str(if opts.has('p') { "PID/Program name    \n" } else { "\n" });
    if opts.has('l') || opts.has('a') {
        for l in cx.os.listening(cx.net()) {
            let local = format!("{}:{}", l.address, l.port);
            text.push_str(&format!("tcp        0      0 {local:<23} 0.0.0.0:*               LISTEN      "));
            if opts.has('p') {
                let name = cx.os.info(l.pid).map(|i| (i.ns_pid, i.argv.first().cloned().unwrap_or_default()));
                if let Some((pid, name)) = name {
                    text.push_str(&format!("{pid}/{name}"));
                }
            }
            text.push('\n');
        }
    }
    cx.out(&text);
    Act::Exit(0)
}

fn own_ip(cx: &Ctx<'_>) -> Option<Ipv4> {
    cx.os.nets.get(&cx.net()).and_then(|n| n.ip)
}

/// A hardware address as bridges make them from the IP address.
fn mac(ip: Ipv4) -> String {
    let [a, b, c, d] = ip.0;
    format!("{:02x}:{:02x}:{a:02x}:{b:02x}:{c:02x}:{d:02x}", 0x02, 0x42)
}

pub(crate) fn ip(cx: &mut Ctx<'_>) -> Act {
    let args: Vec<String> = cx.args()[1..].iter().filter(|a| !a.starts_with('-')).cloned().collect();
    let what = args.first().map_or("", String::as_str);
    let ip = own_ip(cx);
    let mut text = String::new();
    if !what.is_empty() && ("address".starts_with(what) || "link".starts_with(what)) {
        let addresses = !"link".starts_with(what);
        text.push_str("1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n");
        if addresses {
            text.push_str("    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n    inet6 ::1/128 scope host \n       valid_lft forever preferred_lft forever\n");
        }
        if let Some(ip) = ip {
            let [a, b, c, _] = ip.0;
            text.push_str(&format!("2: eth0@if5: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500 qdisc noqueue \n    link/ether {} brd ff:ff:ff:ff:ff:ff\n", mac(ip)));
            if addresses {
                text.push_str(&format!("    inet {ip}/24 brd {a}.{b}.{c}.255 scope global eth0\n       valid_lft forever preferred_lft forever\n"));
            }
        }
    } else if !what.is_empty() && "route".starts_with(what) {
        if let Some(ip) = ip {
            let [a, b, c, _] = ip.0;
            text.push_str(&format!(
                "default via {a}.{b}.{c}.1 dev eth0 \n{a}.{b}.{c}.0/24 dev eth0 scope link  src {ip} \n"
            ));
        }
    } else {
        return Act::Exit(usage(cx));
    }
    cx.out(&text);
    Act::Exit(0)
}

pub(crate) fn ifconfig(cx: &mut Ctx<'_>) -> Act {
    let only = cx.args().get(1).cloned();
    let mut text = String::new();
    let tail = "RX packets:0 errors:0 dropped:0 overruns:0 frame:0\n          TX packets:0 errors:0 dropped:0 overruns:0 carrier:0\n          collisions:0 txqueuelen:1000 \n          RX bytes:0 (0.0 B)  TX bytes:0 (0.0 B)\n\n";
    let wanted = |name: &str| only.as_deref().is_none_or(|o| o == name || o == "-a");
    if let Some(ip) = own_ip(cx)
        && wanted("eth0")
    {
        let [a, b, c, _] = ip.0;
        text.push_str(&format!("eth0      Link encap:Ethernet  HWaddr {}  \n          inet addr:{ip}  Bcast:{a}.{b}.{c}.255  Mask:255.255.255.0\n          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n          {tail}", mac(ip).to_ascii_uppercase()));
    }
    if wanted("lo") {
        text.push_str(&format!("lo        Link encap:Local Loopback  \n          inet addr:127.0.0.1  Mask:255.0.0.0\n          UP LOOPBACK RUNNING  MTU:65536  Metric:1\n          {tail}"));
    }
    if text.is_empty() {
        let name = only.unwrap_or_default();
        cx.complain(&[&name, ": error fetching interface information: Device not found"].concat());
        return Act::Exit(1);
    }
    cx.out(&text);
    Act::Exit(0)
}
