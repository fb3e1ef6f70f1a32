//! Processes, signals, namespaces, memory, the network and workloads, through the public interface.

mod common;

use busybox::{
    ExitStatus, FsTemplate, Ipv4, Mount, OnSignal, OsEvent, ProbeResult, Program, Reply, Route, ServedPort,
    Signal, SpawnError, Stdin, Stream, Workload,
};
use common::Machine;
use std::rc::Rc;

#[test]
fn a_trap_cuts_wait_short() {
    let mut m = Machine::new();
    let pid = m.spawn(&["sh", "-c", "trap \"echo got SIGTERM; exit 0\" TERM; sleep 3600 & wait $!"]);
    m.to(5_000);
    assert!(m.os.signal(pid, Signal::TERM));
    m.to(5_000);
    assert_eq!(m.output(pid, None), "got SIGTERM\n");
    assert_eq!(m.status(pid), Some(ExitStatus::Code(0)));
    assert_eq!(m.os.processes().count(), 0, "the sleep went down with its container");
}

#[test]
fn a_foreground_child_holds_the_trap_back() {
    let mut m = Machine::new();
    let pid = m.spawn(&["sh", "-c", "trap \"echo got; exit 3\" TERM; while true; do sleep 5; done"]);
    m.to(7_000);
    m.os.signal(pid, Signal::TERM);
    m.to(9_999);
    assert_eq!(m.status(pid), None);
    m.to(10_000);
    assert_eq!(m.status(pid), Some(ExitStatus::Code(3)));
}

#[test]
fn pid_1_without_a_handler_ignores_term() {
    let mut m = Machine::new();
    let pid = m.spawn(&["sh", "-c", "sleep 3600"]);
    m.to(1_000);
    assert_eq!(
        m.os.processes().next().unwrap().argv.join(" "),
        "sleep 3600",
        "the shell became its last command"
    );
    m.os.signal(pid, Signal::TERM);
    m.to(2_000);
    assert_eq!(m.status(pid), None);
    m.os.signal(pid, Signal::KILL);
    m.to(2_000);
    assert_eq!(m.status(pid), Some(ExitStatus::Signal(Signal::KILL)));
}

#[test]
fn in_a_shared_number_space_term_works() {
    let mut m = Machine::new();
    let pause = m.spawn(&["sleep", "infinity"]);
    let cgroup = m.os.create_cgroup(None);
    let mut spec = m.spec(&["sleep", "100"]);
    spec.cgroup = cgroup;
    let pid = m.os.spawn(spec).unwrap();
    m.to(10);
    m.os.signal(pid, Signal::TERM);
    m.to(10);
    assert_eq!(m.status(pid), Some(ExitStatus::Signal(Signal::TERM)));
    assert_eq!(m.status(pause), None);
}

#[test]
fn memory_over_the_limit_kills_the_container() {
    let mut m = Machine::new();
    m.os.set_memory_limit(m.cgroup, Some(100 << 20));
    let pid = m.spawn(&["memhog", "200", "2"]);
    m.to(1_999);
    assert!(m.os.memory_bytes(m.cgroup) < 1 << 20);
    m.to(10_000);
    let oom = m.log.iter().find_map(|e| match e {
        OsEvent::Exited { at_ms, pid: p, status, oom, .. } if *p == pid => Some((*at_ms, *status, *oom)),
        _ => None,
    });
    let (at, status, oom) = oom.expect("killed");
    assert_eq!((status, oom), (ExitStatus::Signal(Signal::KILL), true));
    assert!((2_480..2_520).contains(&at), "at {at}");
}

#[test]
fn busy_loops_are_held_back() {
    let mut m = Machine::new();
    m.spawn(&["sh", "-c", "while true; do :; done"]);
    m.to(10_000);
    assert!(m.os.cpu_ms(m.cgroup) > 5_000);
    let mut m = Machine::new();
    let pid = m.spawn(&["yes"]);
    m.to(10_000);
    assert!(m.output(pid, None).len() < 64 << 20);
    let mut m = Machine::new();
    m.spawn(&["sh", "-c", "f() { f & }; f; while true; do sleep 1; done"]);
    m.to(10_000);
    let mut m = Machine::new();
    m.spawn(&["sh", "-c", "f() { f | f & }; f; while true; do sleep 1; done"]);
    m.to(2_000);
}

#[test]
fn spawning_says_why_not() {
    let mut m = Machine::new();
    let why = |m: &mut Machine, argv: &[&str]| {
        let spec = m.spec(argv);
        m.os.spawn(spec).unwrap_err()
    };
    assert_eq!(why(&mut m, &["nosuch"]), SpawnError::NotFound { name: "nosuch".into(), in_path: true });
    assert_eq!(why(&mut m, &["/no/such"]), SpawnError::NotFound { name: "/no/such".into(), in_path: false });
    assert_eq!(why(&mut m, &["/etc"]), SpawnError::IsDirectory { name: "/etc".into() });
    assert_eq!(why(&mut m, &["/etc/passwd"]), SpawnError::PermissionDenied { name: "/etc/passwd".into() });
    assert_eq!(why(&mut m, &[]), SpawnError::BadArguments);
    assert_eq!(m.os.processes().count(), 0);
}

fn web() -> Rc<Workload> {
    let reply = |status, body: &str| Reply {
        status,
        content_type: "application/json".into(),
        body: body.into(),
        delay_ms: 0,
    };
    Rc::new(Workload {
        name: "catalog".into(),
        ports: vec![ServedPort {
            port: 80,
            port_env: Some("PORT".into()),
            http: true,
            routes: vec![
                Route { path: "/healthz".into(), reply: reply(200, "{\"status\":\"ok\"}") },
                Route { path: "/slow".into(), reply: Reply { delay_ms: 3_000, ..reply(200, "late") } },
            ],
            document_root: Some("/www".into()),
            bind_error: "bind() to 0.0.0.0:{port} failed (98: Address in use)".into(),
            ..ServedPort::default()
        }],
        startup_ms: 100,
        memory_bytes: 5 << 20,
        start_logs: vec![(
            false,
            "{\"time\":\"{time:%FT%TZ}\",\"msg\":\"listening\",\"port\":{port}}".into(),
        )],
        request_log: Some(("{client} {method} {path} {status} {bytes}".into(), "/dev/stdout".into())),
        on_term: OnSignal::Exit { after_ms: 50, code: 0 },
        ..Workload::default()
    })
}

fn web_machine() -> Machine {
    let mut m = Machine::new();
    let mut image = FsTemplate::busybox(0);
    image.program("/usr/sbin/web", Program::Workload(web())).file("/www/index.html", b"<h1>hi</h1>\n", 0o644);
    m.root = m.os.create_fs(Some(&image));
    m
}

#[test]
fn a_workload_serves_and_probes_see_it() {
    let mut m = web_machine();
    let mut spec = m.spec(&["web"]);
    spec.env.make_mut().push("PORT=8080".into());
    let pid = m.os.spawn(spec).unwrap();
    let ip = Ipv4([10, 244, 0, 5]);
    let early = m.os.http_get(None, ip, 8080, "/healthz", &[], 1_000);
    m.to(50);
    assert_eq!(m.os.poll(early), ProbeResult::Refused);
    m.to(200);
    assert_eq!(m.os.listening(m.net)[0].port, 8080);
    let ok = m.os.http_get(None, ip, 8080, "/healthz", &[], 1_000);
    let slow = m.os.http_get(None, ip, 8080, "/slow", &[], 1_000);
    let tcp = m.os.tcp_connect(None, ip, 8080, 1_000);
    let gone = m.os.http_get(None, Ipv4([10, 244, 9, 9]), 80, "/", &[], 1_000);
    m.to(5_000);
    assert!(
        matches!(m.os.poll(ok), ProbeResult::Http { status: 200, body, .. } if body == b"{\"status\":\"ok\"}")
    );
    assert_eq!(m.os.poll(slow), ProbeResult::TimedOut { connected: true });
    assert_eq!(m.os.poll(gone), ProbeResult::TimedOut { connected: false });
    assert_eq!(m.os.poll(tcp), ProbeResult::Connected);
    m.os.fail_path(m.cgroup, "/healthz", Some(500));
    let ill = m.os.http_get(None, ip, 8080, "/healthz", &[], 1_000);
    let mut exec =
        m.spec(&["sh", "-c", "wget -qO- http://localhost:8080/; wget -qO- localhost:8080/healthz"]);
    exec.init = false;
    let exec = m.os.spawn(exec).unwrap();
    m.to(6_000);
    assert!(matches!(m.os.poll(ill), ProbeResult::Http { status: 500, .. }));
    assert_eq!(
        m.output(exec, None),
        "<h1>hi</h1>\nwget: server returned error: HTTP/1.1 500 Internal Server Error\n"
    );
    m.os.signal(pid, Signal::TERM);
    m.to(7_000);
    assert_eq!(m.status(pid), Some(ExitStatus::Code(0)));
    assert!(m.os.listening(m.net).is_empty());
    let log = m.output(pid, Some(Stream::Stdout));
    assert!(
        log.starts_with("{\"time\":\"2026-11-20T12:00:00Z\",\"msg\":\"listening\",\"port\":8080}\n"),
        "{log}"
    );
    assert!(log.contains("GET /healthz 200 15\n"), "{log}");
}

#[test]
fn a_taken_port_ends_the_second_server() {
    let mut m = web_machine();
    m.spawn(&["web"]);
    let cgroup = m.os.create_cgroup(None);
    let mut spec = m.spec(&["web"]);
    (spec.cgroup, spec.pid_ns) = (cgroup, m.os.create_pid_namespace());
    let second = m.os.spawn(spec).unwrap();
    m.to(1_000);
    assert_eq!(m.output(second, None), "bind() to 0.0.0.0:80 failed (98: Address in use)\n");
    assert_eq!(m.status(second), Some(ExitStatus::Code(1)));
}

#[test]
fn a_frozen_server_does_not_answer() {
    let mut m = web_machine();
    m.spawn(&["web"]);
    m.to(1_000);
    m.os.freeze(m.cgroup);
    let probe = m.os.http_get(None, Ipv4([10, 244, 0, 5]), 80, "/healthz", &[], 1_000);
    m.to(3_000);
    assert_eq!(m.os.poll(probe), ProbeResult::TimedOut { connected: true });
    m.os.thaw(m.cgroup);
    let probe = m.os.http_get(None, Ipv4([10, 244, 0, 5]), 80, "/healthz", &[], 1_000);
    m.to(4_000);
    assert!(matches!(m.os.poll(probe), ProbeResult::Http { status: 200, .. }));
}

#[test]
fn volumes_are_shared_and_may_be_read_only() {
    let mut m = Machine::new();
    let volume = m.os.create_fs(None);
    let mount = |read_only| Mount { path: "/data".into(), fs: volume, sub_path: String::new(), read_only };
    let mut spec = m.spec(&["sh", "-c", "echo hello > /data/x; cat /data/x; sleep 1"]);
    spec.mounts.push(mount(false));
    m.os.spawn(spec).unwrap();
    let root = m.os.create_fs(Some(&FsTemplate::busybox(0)));
    let mut spec = m.spec(&["sh", "-c", "cat /data/x; echo no > /data/x; touch /data/y; ls /"]);
    spec.mounts.push(mount(true));
    (spec.rootfs, spec.init) = (root, false);
    let reader = m.os.spawn(spec).unwrap();
    m.to(100);
    let text = m.output(reader, None);
    assert!(
        text.starts_with(
            "hello\nsh: can't create /data/x: Read-only file system\ntouch: /data/y: Read-only file system\nbin\ndata\n"
        ),
        "{text}"
    );
    assert_eq!(m.os.read_file(volume, "/x").unwrap(), b"hello\n");
}

#[test]
fn a_terminal_prompts() {
    let mut m = Machine::new();
    m.spawn(&["sleep", "100"]);
    let mut spec = m.spec(&["sh"]);
    (spec.stdin, spec.init) = (Stdin::Terminal, false);
    let sh = m.os.spawn(spec).unwrap();
    m.to(10);
    m.os.feed_stdin(sh, b"cd /tmp\n");
    m.to(20);
    m.os.feed_stdin(sh, b"for i in 1 2; do\necho $i\ndone\n");
    m.to(30);
    m.os.feed_stdin(sh, b"sleep 50; echo no\n");
    m.to(40);
    m.os.interrupt(sh);
    m.to(50);
    m.os.feed_stdin(sh, b"echo $?; exit 5\n");
    m.to(60);
    assert_eq!(m.output(sh, None), "/ # /tmp # > > 1\n2\n/tmp # \n/tmp # 130\n");
    assert_eq!(m.status(sh), Some(ExitStatus::Code(5)));
}

#[test]
fn clones_go_the_same_way() {
    let mut m = Machine::new();
    m.spawn(&["sh", "-c", "i=0; while true; do i=$((i+1)); echo $i $RANDOM $(date +%s); sleep 1; done"]);
    m.to(5_500);
    let mut other = m.os.clone();
    m.os.advance_to(9_000);
    other.advance_to(9_000);
    assert_eq!(m.os.take_events(), other.take_events());
}

#[test]
fn proxies_databases_and_log_shippers_are_data_too() {
    let mut m = Machine::new();
    let proxy = Workload {
        name: "envoy".into(),
        ports: vec![ServedPort {
            port: 9000,
            http: true,
            upstream: Some(("localhost".into(), "80".into())),
            ..ServedPort::default()
        }],
        ..Workload::default()
    };
    let redis = Workload {
        ports: vec![ServedPort {
            port: 6379,
            lines: vec![
                ("PING".into(), "+PONG\r\n".into()),
                (String::new(), "-ERR unknown command\r\n".into()),
            ],
            ..ServedPort::default()
        }],
        ..Workload::default()
    };
    let pool = Workload {
        ports: vec![ServedPort {
            port: 5432,
            upstream: Some(("127.0.0.1".into(), "6379".into())),
            ..ServedPort::default()
        }],
        ..Workload::default()
    };
    let shipper = Workload { ships: vec!["/var/log/app/*.log".into()], ..Workload::default() };
    let mut image = FsTemplate::busybox(0);
    for (name, workload) in
        [("web", (*web()).clone()), ("envoy", proxy), ("redis", redis), ("pool", pool), ("ship", shipper)]
    {
        image.program(&format!("/bin/{name}"), Program::Workload(Rc::new(workload)));
    }
    image.file("/www/index.html", b"hello\n", 0o644);
    m.root = m.os.create_fs(Some(&image));
    let mut pids = Vec::new();
    for name in ["web", "envoy", "redis", "pool", "ship"] {
        let mut spec = m.spec(&[name]);
        spec.init = false;
        pids.push(m.os.spawn(spec).unwrap());
    }
    m.to(500);
    let mut spec = m.spec(&[
        "sh",
        "-c",
        "mkdir -p /var/log/app; echo line one > /var/log/app/a.log; echo no > /var/log/app/b.txt
        wget -qO- localhost:9000/; echo PING | nc -w 1 localhost 6379 & sleep 1; echo WHAT | nc localhost 5432 & sleep 1
        echo line two >> /var/log/app/a.log",
    ]);
    spec.init = false;
    let sh = m.os.spawn(spec).unwrap();
    m.to(5_000);
    assert_eq!(m.output(sh, None), "hello\n+PONG\r\n-ERR unknown command\r\n");
    assert_eq!(m.output(pids[4], None), "line one\nline two\n");
}
