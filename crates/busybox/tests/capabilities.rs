//! What a process may do: as another user, and as root without capabilities. The words are the real BusyBox's.

mod common;

use busybox::{FsTemplate, Privileges, Program};
use common::Machine;

const NONE: u64 = 0;
/// What containerd gives to a container that asks for nothing.
const USUAL: u64 = 0xa804_25fb;

/// Runs a script in a container with these capabilities, as this user, and gives what it prints.
fn run(capabilities: u64, uid: u32, script: &str) -> String {
    let mut m = Machine::new();
    m.os.set_privileges(m.cgroup, Privileges { capabilities, ..Privileges::default() });
    let setup = "mkdir -p /tmp/priv /tmp/sticky /tmp/w; echo s >/tmp/priv/secret; echo o >/tmp/other; echo x >/tmp/sticky/x; \
                 chown -R 65534 /tmp/priv /tmp/other /tmp/sticky; chmod 700 /tmp/priv; chmod 1777 /tmp/sticky; chmod 777 /tmp/w; echo >/etc/shadow; chmod 600 /etc/shadow";
    let all = m.os.create_cgroup(None);
    let mut spec = m.spec(&["sh", "-c", setup]);
    (spec.cgroup, spec.pid_ns) = (all, m.os.create_pid_namespace());
    m.os.spawn(spec).unwrap();
    m.to(100);
    // Somebody else's process, in the same number space but not in the container.
    let mut spec = m.spec(&["sleep", "900"]);
    (spec.cgroup, spec.uid) = (all, 65_534);
    m.os.spawn(spec).unwrap();
    let mut spec = m.spec(&["sh", "-c", &format!("cd /tmp/w; exec 2>&1; {script}")]);
    (spec.uid, spec.gid) = (uid, uid);
    let pid = m.os.spawn(spec).unwrap();
    m.finish_by(pid, 20_000);
    m.output(pid, None)
}

#[test]
fn root_without_capabilities_is_a_user_like_others() {
    for (script, says) in [
        ("touch f; chown 1:1 f", "chown: f: Operation not permitted\n"),
        ("touch f; chgrp 1 f", "chgrp: f: Operation not permitted\n"),
        ("touch f; chgrp 0 f && chown 0:0 f && echo ok", "ok\n"),
        ("cat /tmp/priv/secret", "cat: can't open '/tmp/priv/secret': Permission denied\n"),
        ("ls /tmp/priv", "ls: can't open '/tmp/priv': Permission denied\n"),
        ("chmod 600 /tmp/other", "chmod: /tmp/other: Operation not permitted\n"),
        ("touch /tmp/other", "touch: /tmp/other: Permission denied\n"),
        ("touch -d 2020-01-01 /tmp/other", "touch: /tmp/other: Operation not permitted\n"),
        ("rm -f /tmp/sticky/x", "rm: can't remove '/tmp/sticky/x': Operation not permitted\n"),
        ("mv /tmp/sticky/x .", "mv: can't rename '/tmp/sticky/x': Operation not permitted\n"),
        ("echo y >>/tmp/other", "sh: can't create /tmp/other: Permission denied\n"),
        ("mount -t tmpfs none /mnt", "mount: permission denied (are you root?)\n"),
        (
            "ping -c1 127.0.0.1",
            "PING 127.0.0.1 (127.0.0.1): 56 data bytes\nping: permission denied (are you root?)\n",
        ),
        (
            "date -s 2020-01-01; echo $?",
            "date: can't set date: Operation not permitted\nWed Jan  1 00:00:00 UTC 2020\n0\n",
        ),
        ("hostname foo", "hostname: sethostname: Operation not permitted\n"),
        ("kill 1", "sh: can't kill pid 1: Operation not permitted\n"),
        ("killall sleep; echo $?", "killall: can't kill pid 1: Operation not permitted\n1\n"),
        ("pkill sleep; echo $?", "pkill: killing pid 1 failed: Operation not permitted\n1\n"),
        (
            "cp -p /tmp/other c; echo $?; stat -c %u c",
            "cp: can't preserve ownership of 'c': Operation not permitted\n0\n0\n",
        ),
        ("httpd -f -p 80", "httpd: bind: Permission denied\n"),
        ("nc -l -p 80", "nc: bind: Permission denied\n"),
        ("cat /etc/shadow >/dev/null && echo mine", "mine\n"),
    ] {
        assert_eq!(run(NONE, 0, script), says, "{script}");
    }
}

#[test]
fn each_capability_is_for_something() {
    for (bits, script, says) in [
        (1 << 0, "touch f; chown 1:2 f; stat -c %u:%g f", "1:2\n"),
        (1 << 1, "cat /tmp/priv/secret; echo y >/tmp/priv/new; ls /tmp/priv", "s\nnew\nsecret\n"),
        (
            1 << 2,
            "cat /tmp/priv/secret; echo y >/tmp/priv/new",
            "s\nsh: can't create /tmp/priv/new: Permission denied\n",
        ),
        (1 << 3, "chmod 600 /tmp/other; rm /tmp/sticky/x; touch -d 2020-01-01 /tmp/other; echo $?", "0\n"),
        (1 << 5, "killall sleep; sleep 0.1; echo $?", "0\n"),
        (1 << 10, "httpd -p 80 && echo up", "up\n"),
        (1 << 13, "ping -c1 127.0.0.1 >/dev/null && echo pong", "pong\n"),
        (1 << 21, "hostname foo; hostname", "foo\n"),
        (1 << 23, "nice -n -5 nice", "-5\n"),
        (
            USUAL,
            "httpd -p 80 && ping -c1 127.0.0.1 >/dev/null && chown 7 /tmp/other && cat /tmp/priv/secret",
            "s\n",
        ),
        (
            USUAL,
            "hostname foo; nice -n -5 true; ls /proc/1/root",
            "hostname: sethostname: Operation not permitted\nnice: setpriority(-5): Permission denied\nls: /proc/1/root: Permission denied\n",
        ),
    ] {
        assert_eq!(run(bits, 0, script), says, "{script}");
        if bits != USUAL {
            assert_ne!(run(NONE, 0, script), says, "{script} without it");
        }
    }
}

#[test]
fn another_user_has_none_of_them() {
    for (script, says) in [
        ("nice; nice -n 5 nice; nice -n 3 nice -n 30 nice", "0\n5\n19\n"),
        ("nice -n -1 true; echo $?", "nice: setpriority(-1): Permission denied\n1\n"),
        ("chown 0 /etc/passwd", "chown: /etc/passwd: Operation not permitted\n"),
        ("kill 1", "sh: can't kill pid 1: Operation not permitted\n"),
        ("cat /etc/shadow", "cat: can't open '/etc/shadow': Permission denied\n"),
        ("httpd -f -p 80", "httpd: bind: Permission denied\n"),
        ("httpd -p 8080 && echo up", "up\n"),
        (
            "ping -c1 127.0.0.1",
            "PING 127.0.0.1 (127.0.0.1): 56 data bytes\nping: permission denied (are you root?)\n",
        ),
        ("cat /proc/sys/net/ipv4/ip_unprivileged_port_start; ls /proc/sys/net", "1024\ncore\nipv4\n"),
        ("grep CapEff /proc/self/status", "CapEff:\t0000000000000000\n"),
        ("hostname -F /nosuch", "hostname: can't open '/nosuch': No such file or directory\n"),
    ] {
        assert_eq!(run(USUAL, 1000, script), says, "{script}");
    }
}

#[test]
fn settings_of_a_namespace_open_ports_and_pings() {
    let mut m = Machine::new();
    m.os.set_sysctls(
        m.net,
        [
            ("net.ipv4.ip_unprivileged_port_start".into(), "0".into()),
            ("net.ipv4.ping_group_range".into(), "0 2147483647".into()),
        ]
        .into(),
    );
    let mut spec = m.spec(&[
        "sh",
        "-c",
        "httpd -p 80 && ping -c1 127.0.0.1 >/dev/null && cat /proc/sys/net/ipv4/ping_group_range",
    ]);
    (spec.uid, spec.gid) = (1000, 1000);
    let pid = m.os.spawn(spec).unwrap();
    m.finish_by(pid, 10_000);
    assert_eq!(m.output(pid, None), "0 2147483647\n");
}

/// A server that is not BusyBox says it in its own words.
#[test]
fn a_server_says_that_its_port_is_reserved() {
    let mut m = Machine::new();
    let port = busybox::ServedPort {
        port: 80,
        bind_error: "bind() to 0.0.0.0:{port} failed (98: Address already in use)".into(),
        ..Default::default()
    };
    let mut root = FsTemplate::new(0);
    let work = busybox::Workload { ports: vec![port], ..Default::default() };
    root.program("/server", Program::Workload(std::rc::Rc::new(work)));
    m.root = m.os.create_fs(Some(&root));
    let mut spec = m.spec(&["/server"]);
    spec.uid = 101;
    let pid = m.os.spawn(spec).unwrap();
    m.finish_by(pid, 10_000);
    assert_eq!(m.output(pid, None), "bind() to 0.0.0.0:80 failed (13: Permission denied)\n");
}
