//! The network between namespaces: who has which address, who listens, and the connections, with their delays.

use crate::caps::Cap;
use crate::ctx::Ctx;
use crate::fd::{Ofd, OfdKind, Read};
use crate::map::Map;
use crate::os::{Os, Timer};
use crate::types::{CgroupId, ConnId, Errno, Ipv4, NetNs, Origin, OsEvent, Outcome, Pid};
use std::collections::VecDeque;
use std::rc::Rc;

/// Bytes under way in one direction before the sender must wait.
const WINDOW: usize = 262_144;
const MAX_BACKLOG: usize = 128;

/// What all namespaces share. Set by the caller.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    pub(crate) ips: Map<Ipv4, NetNs>,
    /// Names (without a final dot) and their addresses.
    pub(crate) dns: Map<String, Vec<Ipv4>>,
    /// Service addresses: to which Pod addresses their ports lead.
    pub(crate) virtual_ips: Map<(Ipv4, u16), Vec<(Ipv4, u16)>>,
    turn: usize,
    /// Pairs between which packets are dropped; port 0 stands for all.
    drops: Map<(NetNs, NetNs, u16), ()>,
    local_ms: u64,
    remote_ms: u64,
    /// The name server answers.
    pub(crate) dns_up: bool,
}

impl Default for Network {
    fn default() -> Network {
        Network {
            ips: Map::new(),
            dns: Map::new(),
            virtual_ips: Map::new(),
            turn: 0,
            drops: Map::new(),
            local_ms: 1,
            remote_ms: 2,
            dns_up: true,
        }
    }
}

/// Settings of the kernel that a namespace has for itself, and what they are when nobody sets them.
const SYSCTLS: [(&str, &str); 12] = [
    ("kernel.shm_rmid_forced", "0"),
    ("net.core.somaxconn", "4096"),
    ("net.ipv4.ip_local_port_range", "32768\t60999"),
    ("net.ipv4.ip_local_reserved_ports", ""),
    ("net.ipv4.ip_unprivileged_port_start", "1024"),
    ("net.ipv4.ping_group_range", "1\t0"),
    ("net.ipv4.tcp_fin_timeout", "60"),
    ("net.ipv4.tcp_keepalive_intvl", "75"),
    ("net.ipv4.tcp_keepalive_probes", "9"),
    ("net.ipv4.tcp_keepalive_time", "7200"),
    ("net.ipv4.tcp_rmem", "4096\t131072\t6291456"),
    ("net.ipv4.tcp_wmem", "4096\t16384\t4194304"),
];

#[derive(Clone, Debug)]
pub(crate) struct NetSpace {
    pub(crate) ip: Option<Ipv4>,
    pub(crate) hostname: Rc<str>,
    /// What was set for it of the kernel's settings, by their names.
    pub(crate) sysctls: Rc<[(Rc<str>, Rc<str>)]>,
    unreachable: bool,
    listeners: Map<u16, Port>,
}

#[derive(Clone, Debug)]
struct Port {
    pid: Pid,
    cgroup: CgroupId,
    address: Ipv4,
    backlog: VecDeque<u32>,
    waiters: Vec<Pid>,
}

/// Somebody who accepts connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// TCP port.
    pub port: u16,
    /// 0.0.0.0 or the one address it is bound to.
    pub address: Ipv4,
    /// The process that opened it.
    pub pid: Pid,
    /// Its container.
    pub cgroup: CgroupId,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Side {
    /// What is under way to this side, with its time of arrival.
    inbox: VecDeque<(u64, Vec<u8>)>,
    closed: bool,
    /// When the other side's end of data arrives.
    eof_at: Option<u64>,
    waiters: Vec<Pid>,
}

#[derive(Clone, Debug)]
pub(crate) struct Conn {
    pub(crate) from: Origin,
    pub(crate) to: Option<NetNs>,
    pub(crate) port: u16,
    pub(crate) peer_ip: Ipv4,
    pub(crate) outcome: Outcome,
    ready_at: u64,
    one_way: u64,
    sides: [Side; 2],
    pub(crate) probe: Option<ConnId>,
}

/// How far a connection attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dial {
    Pending,
    Open,
    Refused,
}

impl Os {
    /// A network namespace with its address (none for one that is not set up yet).
    pub fn create_net_namespace(&mut self, ip: Option<Ipv4>, hostname: &str) -> NetNs {
        let id = NetNs(self.fresh());
        let space = NetSpace {
            ip: None,
            hostname: hostname.into(),
            sysctls: Rc::default(),
            unreachable: false,
            listeners: Map::new(),
        };
        self.nets.insert(id, Rc::new(space));
        self.set_ip(id, ip);
        id
    }

    /// Another name for the machine that its processes see.
    pub(crate) fn set_hostname(&mut self, net: NetNs, hostname: &str) {
        if let Some(space) = self.nets.get_mut(&net).map(Rc::make_mut) {
            space.hostname = hostname.into();
        }
    }

    /// Sets some of the kernel's settings for a namespace, by their names with dots.
    pub fn set_sysctls(&mut self, net: NetNs, sysctls: Rc<[(Rc<str>, Rc<str>)]>) {
        if let Some(space) = self.nets.get_mut(&net).map(Rc::make_mut) {
            space.sysctls = sysctls;
        }
    }

    /// A setting of the kernel, as it is unless it was set.
    pub(crate) fn sysctl(&self, net: NetNs, name: &str) -> Option<Rc<str>> {
        let set = self.nets.get(&net)?.sysctls.iter().find(|(known, _)| &**known == name);
        let usual = || SYSCTLS.iter().find(|(known, _)| *known == name).map(|(_, value)| Rc::from(*value));
        set.map(|(_, value)| value.clone()).or_else(usual)
    }

    /// What stands below a directory of settings, such as `net/ipv4`.
    pub(crate) fn sysctls_below(&self, net: NetNs, dir: &[&str]) -> Vec<Rc<str>> {
        let set = self.nets.get(&net).map(|space| space.sysctls.clone()).unwrap_or_default();
        let mut names: Vec<Rc<str>> = Vec::new();
        for name in SYSCTLS.iter().map(|(name, _)| *name).chain(set.iter().map(|(name, _)| &**name)) {
            let parts: Vec<&str> = name.split('.').collect();
            if let Some(next) = parts.strip_prefix(dir).and_then(|rest| rest.first())
                && !names.iter().any(|known| &**known == *next)
            {
                names.push((*next).into());
            }
        }
        names
    }

    /// Ports below this one are reserved.
    fn unprivileged_ports(&self, net: NetNs) -> u16 {
        self.sysctl(net, "net.ipv4.ip_unprivileged_port_start")
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or(1024)
    }

    /// Whether a process may send pings.
    // Models ping_init_sock of the kernel, for those who have no raw sockets
    pub(crate) fn may_ping(&self, pid: Pid) -> bool {
        let Some(proc) = self.proc(pid) else { return false };
        let range = self.sysctl(proc.net, "net.ipv4.ping_group_range").unwrap_or_default();
        let mut numbers = range.split_whitespace().filter_map(|number| number.parse::<u32>().ok());
        let (from, to) = (numbers.next().unwrap_or(1), numbers.next().unwrap_or(0));
        let fits = |gid: &u32| (from..=to).contains(gid);
        self.capable(pid, Cap::NET_RAW) || fits(&proc.gid) || proc.groups.iter().any(fits)
    }

    /// Gives a namespace another address.
    pub fn set_ip(&mut self, net: NetNs, ip: Option<Ipv4>) {
        let Some(space) = self.nets.get_mut(&net).map(Rc::make_mut) else { return };
        let network = Rc::make_mut(&mut self.network);
        if let Some(old) = space.ip
            && network.ips.get(&old) == Some(&net)
        {
            network.ips.remove(&old);
        }
        space.ip = ip;
        if let Some(ip) = ip {
            network.ips.insert(ip, net);
        }
    }

    /// Forgets a namespace. Processes in it should be gone.
    pub fn remove_net_namespace(&mut self, net: NetNs) {
        self.set_ip(net, None);
        self.nets.remove(&net);
        Rc::make_mut(&mut self.network).drops.retain(|(a, b, _), ()| *a != net && *b != net);
    }

    /// A host name for lookups, fully qualified without a final dot; an empty list removes it.
    pub fn set_dns(&mut self, name: &str, addresses: Vec<Ipv4>) {
        let dns = &mut Rc::make_mut(&mut self.network).dns;
        if addresses.is_empty() {
            dns.remove(name);
        } else {
            dns.insert(name.to_ascii_lowercase(), addresses);
        }
    }

    /// Lets the cluster's name server fall silent, or answer again. Lookups then take five seconds to fail.
    pub fn set_dns_up(&mut self, up: bool) {
        Rc::make_mut(&mut self.network).dns_up = up;
    }

    /// A Service address: connections go to these in turn. An empty list refuses them; `None` removes it.
    pub fn set_virtual_ip(&mut self, ip: Ipv4, port: u16, endpoints: Option<Vec<(Ipv4, u16)>>) {
        let table = &mut Rc::make_mut(&mut self.network).virtual_ips;
        match endpoints {
            Some(endpoints) => {
                table.insert((ip, port), endpoints);
            }
            None => {
                table.remove(&(ip, port));
            }
        }
    }

    /// Cuts a namespace off from all others (its node is dead), or joins it again.
    pub fn set_unreachable(&mut self, net: NetNs, unreachable: bool) {
        if let Some(space) = self.nets.get_mut(&net) {
            Rc::make_mut(space).unreachable = unreachable;
        }
    }

    /// Drops packets from one namespace to a port of another (0: to all ports), as a NetworkPolicy does.
    pub fn set_drop(&mut self, from: NetNs, to: NetNs, port: u16, drop: bool) {
        let drops = &mut Rc::make_mut(&mut self.network).drops;
        if drop {
            drops.insert((from, to, port), ());
        } else {
            drops.remove(&(from, to, port));
        }
    }

    /// Milliseconds a connection takes inside a namespace and between two.
    pub fn set_latency(&mut self, local_ms: u64, remote_ms: u64) {
        let network = Rc::make_mut(&mut self.network);
        network.local_ms = local_ms.max(1);
        network.remote_ms = remote_ms.max(1);
    }

    /// Do packets pass between two namespaces?
    pub(crate) fn reachable(&self, from: NetNs, to: NetNs) -> bool {
        let cut = |net| self.nets.get(&net).is_none_or(|n| n.unreachable);
        from == to || !cut(from) && !cut(to) && !self.network.drops.contains_key(&(from, to, 0))
    }

    /// Who listens in a namespace, by port.
    pub fn listening(&self, net: NetNs) -> Vec<Listener> {
        let Some(space) = self.nets.get(&net) else { return Vec::new() };
        let row = |(port, l): (&u16, &Port)| Listener {
            port: *port,
            address: l.address,
            pid: l.pid,
            cgroup: l.cgroup,
        };
        space.listeners.iter().map(row).collect()
    }

    /// The host name of a namespace.
    pub fn hostname(&self, net: NetNs) -> Rc<str> {
        self.nets.get(&net).map_or_else(|| "localhost".into(), |n| n.hostname.clone())
    }

    /// Binds a port; the caller owns the reference to the open file.
    pub(crate) fn listen(&mut self, pid: Pid, address: Ipv4, port: u16) -> Result<u32, Errno> {
        let Some((net, cgroup)) = self.proc(pid).map(|p| (p.net, p.cgroup)) else {
            return Err(Errno::NoProcess);
        };
        if port != 0 && port < self.unprivileged_ports(net) && !self.capable(pid, Cap::NET_BIND_SERVICE) {
            return Err(Errno::Access);
        }
        let port = if port == 0 { 30_000 + (self.random() % 30_000) as u16 } else { port };
        let space = self.nets.get_mut(&net).map(Rc::make_mut).ok_or(Errno::NoRoute)?;
        if space.listeners.contains_key(&port) {
            return Err(Errno::AddressInUse);
        }
        let entry = Port { pid, cgroup, address, backlog: VecDeque::new(), waiters: Vec::new() };
        space.listeners.insert(port, entry);
        self.events.push(OsEvent::Listening { at_ms: self.now, net, port, cgroup });
        Ok(self.new_ofd(Ofd { refs: 1, tty: false, kind: OfdKind::Listener { net, port } }))
    }

    pub(crate) fn close_listener(&mut self, net: NetNs, port: u16) {
        let Some(space) = self.nets.get_mut(&net).map(Rc::make_mut) else { return };
        let Some(entry) = space.listeners.remove(&port) else { return };
        self.events.push(OsEvent::Closed { at_ms: self.now, net, port, cgroup: entry.cgroup });
        for conn in entry.backlog {
            self.close_side(conn, 1);
        }
    }

    /// The next connection that waits at a listener's descriptor; notes the process for a wake-up when there is none.
    pub(crate) fn accept(&mut self, pid: Pid, ofd: u32) -> Option<u32> {
        let Some(OfdKind::Listener { net, port }) = self.ofds.get(&ofd).map(|o| &o.kind) else { return None };
        let now = self.now;
        let entry = self.nets.get_mut(net).map(Rc::make_mut)?.listeners.get_mut(port)?;
        let first = entry.backlog.front().copied();
        match first.filter(|c| self.conns.get(c).is_none_or(|c| c.ready_at <= now)) {
            Some(conn) => {
                entry.backlog.pop_front();
                Some(self.new_ofd(Ofd { refs: 1, tty: false, kind: OfdKind::Socket { conn, side: 1 } }))
            }
            None => {
                if !entry.waiters.contains(&pid) {
                    entry.waiters.push(pid);
                }
                None
            }
        }
    }

    /// Begins a connection.
    pub(crate) fn dial(&mut self, from: Origin, ip: Ipv4, port: u16) -> u32 {
        let own = if let Origin::Net(net) = from { Some(net) } else { None };
        let own_ip = own.and_then(|n| self.nets.get(&n)).and_then(|n| n.ip);
        let network = Rc::make_mut(&mut self.network);
        let mut target = (ip, port);
        let mut refused = false;
        if let Some(endpoints) = network.virtual_ips.get(&target) {
            network.turn = network.turn.wrapping_add(1);
            match endpoints.get(network.turn % endpoints.len().max(1)) {
                Some(endpoint) => target = *endpoint,
                None => refused = true,
            }
        }
        let to = if ip.is_loopback() || ip == Ipv4::ANY || own_ip == Some(target.0) {
            own
        } else {
            network.ips.get(&target.0).copied()
        };
        let local = own.is_some() && to == own;
        let round_trip = if local || own.is_none() { network.local_ms } else { network.remote_ms };
        let dropped = match (own, to) {
            (Some(a), Some(b)) => {
                network.drops.contains_key(&(a, b, 0)) || network.drops.contains_key(&(a, b, target.1))
            }
            _ => false,
        };
        let cut = |net: Option<NetNs>| net.and_then(|n| self.nets.get(&n)).is_some_and(|n| n.unreachable);
        let lost = !local && (dropped || cut(own) || cut(to));
        let accepts =
            to.and_then(|n| self.nets.get(&n)).and_then(|n| n.listeners.get(&target.1)).is_some_and(|l| {
                let bound = l.address == Ipv4::ANY
                    || l.address == target.0
                    || target.0.is_loopback() && l.address.is_loopback();
                bound && l.backlog.len() < MAX_BACKLOG
            });
        let outcome = if refused {
            Outcome::Refused
        } else if to.is_none() || lost {
            Outcome::Lost
        } else if accepts {
            Outcome::Accepted
        } else {
            Outcome::Refused
        };
        let id = self.fresh();
        let ready_at = self.now + round_trip;
        let peer_ip =
            own_ip.filter(|_| !local).unwrap_or(if own.is_some() { ip } else { Ipv4([10, 244, 0, 1]) });
        let mut sides = [Side::default(), Side::default()];
        sides[1].closed = outcome != Outcome::Accepted;
        let one_way = round_trip / 2;
        let conn = Conn { from, to, port: target.1, peer_ip, outcome, ready_at, one_way, sides, probe: None };
        self.conns.insert(id, conn);
        if outcome != Outcome::Lost {
            self.set_timer(ready_at, Timer::Conn(id));
        }
        if outcome == Outcome::Accepted
            && let Some(space) = to.and_then(|n| self.nets.get_mut(&n))
            && let Some(entry) = Rc::make_mut(space).listeners.get_mut(&target.1)
        {
            entry.backlog.push_back(id);
        }
        let at_ms = self.now;
        self.events.push(OsEvent::Connection {
            at_ms,
            round_trip_ms: round_trip,
            from,
            to_ip: ip,
            port,
            to,
            outcome,
        });
        id
    }

    pub(crate) fn dial_state(&self, conn: u32) -> Dial {
        match self.conns.get(&conn) {
            Some(c) if c.outcome == Outcome::Lost || c.ready_at > self.now => Dial::Pending,
            Some(c) if c.outcome == Outcome::Accepted => Dial::Open,
            _ => Dial::Refused,
        }
    }

    /// Notes a process to be woken by anything that happens to a connection.
    pub(crate) fn watch_conn(&mut self, pid: Pid, conn: u32, side: usize) {
        if let Some(c) = self.conns.get_mut(&conn)
            && !c.sides[side].waiters.contains(&pid)
        {
            c.sides[side].waiters.push(pid);
        }
    }

    pub(crate) fn wake_conn(&mut self, id: u32) {
        let now = self.now;
        let Some(c) = self.conns.get_mut(&id) else { return };
        let mut waiters: Vec<Pid> = c.sides.iter_mut().flat_map(|s| std::mem::take(&mut s.waiters)).collect();
        let probe = c.probe;
        if c.ready_at <= now
            && let Some(space) = c.to.and_then(|n| self.nets.get_mut(&n))
            && space.listeners.get(&c.port).is_some_and(|l| !l.waiters.is_empty())
            && let Some(entry) = Rc::make_mut(space).listeners.get_mut(&c.port)
        {
            waiters.append(&mut entry.waiters);
        }
        for pid in waiters {
            self.wake(pid);
        }
        if let Some(probe) = probe {
            self.step_probe(probe);
        }
    }

    pub(crate) fn read_conn(&mut self, pid: Pid, conn: u32, side: usize, max: usize) -> Result<Read, Errno> {
        let now = self.now;
        let Some(c) = self.conns.get_mut(&conn) else { return Ok(Read::Eof) };
        let s = &mut c.sides[side];
        if s.inbox.front().is_some_and(|(at, _)| *at <= now) {
            let Some((at, mut bytes)) = s.inbox.pop_front() else { return Ok(Read::Wait) };
            if bytes.len() > max {
                let rest = bytes.split_off(max);
                s.inbox.push_front((at, rest));
            }
            self.wake_conn(conn);
            return Ok(Read::Data(bytes));
        }
        if s.inbox.is_empty() && s.eof_at.is_some_and(|at| at <= now) {
            return Ok(Read::Eof);
        }
        if pid.0 != 0 && !s.waiters.contains(&pid) {
            s.waiters.push(pid);
        }
        Ok(Read::Wait)
    }

    pub(crate) fn unread_conn(&mut self, conn: u32, side: usize, bytes: Vec<u8>) {
        let now = self.now;
        if let Some(c) = self.conns.get_mut(&conn)
            && !bytes.is_empty()
        {
            c.sides[side].inbox.push_front((now, bytes));
        }
    }

    pub(crate) fn write_conn(
        &mut self,
        pid: Pid,
        conn: u32,
        side: usize,
        bytes: &[u8],
    ) -> Result<usize, Errno> {
        let now = self.now;
        let Some(c) = self.conns.get_mut(&conn) else { return Err(Errno::Pipe) };
        let other = &mut c.sides[1 - side];
        if other.closed {
            return Err(Errno::Pipe);
        }
        let under_way: usize = other.inbox.iter().map(|(_, b)| b.len()).sum();
        let n = bytes.len().min(WINDOW.saturating_sub(under_way));
        if n > 0 {
            let due = now + c.one_way;
            other.inbox.push_back((due, bytes[..n].to_vec()));
            self.set_timer(due, Timer::Conn(conn));
        }
        if n < bytes.len() {
            self.watch_conn(pid, conn, side);
        }
        Ok(n)
    }

    /// Ends one direction: the other side reads to its end, and may go on writing.
    pub(crate) fn shut(&mut self, conn: u32, side: usize) {
        let now = self.now;
        let Some(c) = self.conns.get_mut(&conn) else { return };
        let due = now + c.one_way;
        c.sides[1 - side].eof_at.get_or_insert(due);
        self.set_timer(due, Timer::Conn(conn));
    }

    pub(crate) fn close_side(&mut self, conn: u32, side: usize) {
        let now = self.now;
        let Some(c) = self.conns.get_mut(&conn) else { return };
        c.sides[side].closed = true;
        let due = now + c.one_way;
        let other = &mut c.sides[1 - side];
        other.eof_at.get_or_insert(due);
        if other.closed {
            self.conns.remove(&conn);
        } else {
            self.set_timer(due, Timer::Conn(conn));
        }
    }
}

/// Why a name has no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LookupError {
    /// NXDOMAIN
    NotFound,
    /// No name server is configured.
    NoServer,
}

impl Ctx<'_> {
    pub(crate) fn net(&self) -> NetNs {
        self.os.proc(self.pid).map_or(NetNs(0), |p| p.net)
    }

    /// The words of a line of /etc/resolv.conf: `nameserver`, `search`.
    pub(crate) fn resolver(&mut self, key: &str) -> Vec<String> {
        let text = self.read_all("/etc/resolv.conf").unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let lines = text.lines().filter_map(|l| l.trim().strip_prefix(key));
        lines
            .flat_map(|l| l.split_ascii_whitespace().map(str::to_string).collect::<Vec<_>>())
            .take(16)
            .collect()
    }

    /// The names a lookup tries, in order: the search list first when there are few dots.
    pub(crate) fn candidates(&mut self, name: &str) -> Vec<String> {
        let Some(absolute) = name.strip_suffix('.') else {
            let ndots = self
                .resolver("options")
                .iter()
                .find_map(|o| o.strip_prefix("ndots:").and_then(|n| n.parse::<usize>().ok()))
                .unwrap_or(1);
            let search = self.resolver("search");
            let mut names: Vec<String> = search.iter().map(|s| format!("{name}.{s}")).collect();
            let at = if name.matches('.').count() >= ndots { 0 } else { names.len() };
            names.insert(at, name.to_string());
            return names;
        };
        vec![absolute.to_string()]
    }

    /// An address for a host name: literal, /etc/hosts, then the simulated DNS.
    pub(crate) fn lookup(&mut self, name: &str) -> Result<Ipv4, LookupError> {
        if let Some(ip) = Ipv4::parse(name) {
            return Ok(ip);
        }
        let hosts = self.read_all("/etc/hosts").unwrap_or_default();
        for line in String::from_utf8_lossy(&hosts).lines() {
            let mut words = line.split('#').next().unwrap_or_default().split_ascii_whitespace();
            if let Some(ip) = words.next().and_then(Ipv4::parse)
                && words.any(|w| w.eq_ignore_ascii_case(name))
            {
                return Ok(ip);
            }
        }
        if name == "localhost" {
            return Ok(Ipv4::LOCALHOST);
        }
        if *self.os.hostname(self.net()) == *name
            && let Some(ip) = self.os.nets.get(&self.net()).and_then(|n| n.ip)
        {
            return Ok(ip);
        }
        if self.resolver("nameserver").is_empty() || !self.os.network.dns_up {
            return Err(LookupError::NoServer);
        }
        for candidate in self.candidates(name) {
            if let Some(ip) = self.dns(&candidate).first() {
                return Ok(*ip);
            }
        }
        Err(LookupError::NotFound)
    }

    /// The addresses of a fully qualified name.
    pub(crate) fn dns(&self, name: &str) -> Vec<Ipv4> {
        self.os.network.dns.get(&name.to_ascii_lowercase()).cloned().unwrap_or_default()
    }

    /// Begins a connection; gives the descriptor and the connection to watch.
    pub(crate) fn connect(&mut self, ip: Ipv4, port: u16) -> Result<(usize, u32), Errno> {
        let conn = self.os.dial(Origin::Net(self.net()), ip, port);
        let ofd = self.os.new_ofd(Ofd { refs: 1, tty: false, kind: OfdKind::Socket { conn, side: 0 } });
        let fd = self.os.add_fd(self.pid, ofd, 3)?;
        Ok((fd, conn))
    }
}
