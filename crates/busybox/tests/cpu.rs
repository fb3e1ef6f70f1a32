//! Processor time: limits hold, shares are fair, and what costs nothing is not held up.

mod common;

use busybox::{CgroupId, CpuShare, ExitStatus, FsTemplate, Program, Workload};
use common::Machine;
use std::rc::Rc;

fn share(quota_us: Option<u64>, weight: u64, parent: Option<CgroupId>) -> CpuShare {
    CpuShare { quota_us, weight, parent, node_milli: None }
}

fn limited(quota_us: u64) -> Machine {
    let mut m = Machine::new();
    m.os.set_cpu_share(m.cgroup, share(Some(quota_us), 2, None));
    m
}

const COUNT: &str = "i=0; while [ $i -lt 12000 ]; do i=$((i+1)); done";

/// How long a script takes in a container with this limit, in milliseconds.
fn took(quota_us: Option<u64>, script: &str) -> u64 {
    let mut m = quota_us.map_or_else(Machine::new, limited);
    let pid = m.spawn(&["sh", "-c", script]);
    for ms in (10..100_000).step_by(10) {
        m.to(ms);
        if m.status(pid).is_some() {
            return ms;
        }
    }
    panic!("{script} does not end");
}

#[test]
fn work_takes_as_much_longer_as_there_is_less_of_a_processor() {
    for script in [COUNT, "dd if=/dev/zero of=/tmp/f bs=1M count=15 2>/dev/null; md5sum /tmp/f"] {
        let all = took(None, script);
        let half = took(Some(50_000), script);
        let tenth = took(Some(10_000), script);
        assert!(half * 10 > all * 16 && half * 10 < all * 25 + 1000, "{script}: {all}, half {half}");
        assert!(tenth * 10 > all * 85 && tenth * 10 < all * 130 + 1000, "{script}: {all}, tenth {tenth}");
    }
}

#[test]
fn a_loop_uses_what_it_may() {
    for script in [
        "while true; do i=$((i+1)); done",
        "yes >/dev/null",
        "dd if=/dev/zero of=/dev/null 2>&1",
        "while :; do ls >/dev/null; done",
    ] {
        let mut m = limited(20_000);
        m.spawn(&["sh", "-c", script]);
        m.to(3_000);
        let used = m.os.cpu_ms(m.cgroup);
        assert!((550..680).contains(&used), "{script}: {used}");
        let mut m = Machine::new();
        m.spawn(&["sh", "-c", script]);
        m.to(3_000);
        let used = m.os.cpu_ms(m.cgroup);
        assert!((2_700..3_100).contains(&used), "{script}: {used}");
    }
}

#[test]
fn the_account_says_what_was_held_back() {
    let mut m = limited(50_000);
    // Only its name is in the tree, as a runtime puts it there.
    m.os.write_file(m.root, "/sys/fs/cgroup/cpu.stat", b"", 0o444).unwrap();
    let pid =
        m.spawn(&["sh", "-c", "yes >/dev/null & sleep 10; cat /sys/fs/cgroup/cpu.stat; ps -o pid,time,args"]);
    m.to(20_000);
    let text = m.output(pid, None);
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim().parse::<u64>().unwrap_or_default()
    };
    assert!((4_900_000..5_200_000).contains(&value("usage_usec")), "{text}");
    assert!((98..=103).contains(&value("nr_periods")), "{text}");
    assert!((95..=102).contains(&value("nr_throttled")), "{text}");
    assert!((4_700_000..5_200_000).contains(&value("throttled_usec")), "{text}");
    assert!(text.contains("0:05 yes"), "{text}");
}

/// The others of a container have their turn.
#[test]
fn who_does_little_waits_little() {
    for quota in [None, Some(50_000), Some(5_000)] {
        let mut m = quota.map_or_else(Machine::new, limited);
        m.spawn(&["sh", "-c", "while :; do :; done"]);
        m.to(5_050);
        let mut spec = m.spec(&["sh", "-c", "echo hi | cat"]);
        spec.init = false;
        let pid = m.os.spawn(spec).unwrap();
        let mut at = 5_050;
        while m.status(pid).is_none() && at < 20_000 {
            at += 10;
            m.to(at);
        }
        assert!(at < 5_350, "{quota:?}: {at}");
    }
}

#[test]
fn a_start_computes() {
    for (quota, from, to) in [(None, 500, 500), (Some(50_000), 900, 1_050), (Some(10_000), 4_700, 5_100)] {
        let mut m = quota.map_or_else(Machine::new, limited);
        let work =
            Workload { startup_ms: 500, start_logs: vec![(false, "up".into())], ..Workload::default() };
        let mut root = FsTemplate::new(0);
        root.program("/server", Program::Workload(Rc::new(work)));
        m.root = m.os.create_fs(Some(&root));
        let pid = m.spawn(&["/server"]);
        m.to(from - 1);
        assert_eq!(m.output(pid, None), "", "{quota:?}");
        m.to(to);
        assert_eq!(m.output(pid, None), "up\n", "{quota:?}");
    }
}

#[test]
fn a_full_node_is_shared_by_weight() {
    let mut m = Machine::new();
    let node = m.os.create_cgroup(None);
    m.os.set_cpu_share(node, CpuShare { quota_us: None, weight: 0, parent: None, node_milli: Some(2_000) });
    let group = m.os.create_cgroup(None);
    m.os.set_cpu_share(group, share(Some(30_000), 0, Some(node)));
    let mut all = Vec::new();
    // Two that want more than there is, one that needs little, two that share a limit, and one with two processes.
    for (weight, above, script) in [
        (300, node, "while :; do :; done"),
        (100, node, "while :; do :; done"),
        (2, node, "sleep 1000"),
        (1000, group, "while :; do :; done"),
        (1000, group, "while :; do :; done"),
        (300, node, "yes >/dev/null & yes >/dev/null"),
    ] {
        let cgroup = m.os.create_cgroup(None);
        m.os.set_cpu_share(cgroup, share(None, weight, Some(above)));
        let mut spec = m.spec(&["sh", "-c", script]);
        (spec.cgroup, spec.pid_ns) = (cgroup, m.os.create_pid_namespace());
        m.os.spawn(spec).unwrap();
        all.push(cgroup);
    }
    m.to(10_000);
    let used: Vec<u64> = all.iter().map(|cgroup| m.os.cpu_ms(*cgroup)).collect();
    let total: u64 = used.iter().sum();
    assert!((18_000..21_500).contains(&total), "{used:?}");
    assert!((2_700..3_300).contains(&(used[3] + used[4])), "{used:?}");
    assert!(used[0] > used[1] * 5 / 2 && used[0] < used[1] * 7 / 2, "{used:?}");
    assert!(used[2] < 10, "{used:?}");
}

#[test]
fn two_processes_use_two_processors() {
    let mut m = Machine::new();
    m.os.set_cpu_share(
        m.cgroup,
        CpuShare { quota_us: None, weight: 2, parent: None, node_milli: Some(2_000) },
    );
    let script = format!("({COUNT}) & ({COUNT}) & wait");
    let pid = m.spawn(&["sh", "-c", &script]);
    let alone = took(None, COUNT);
    m.to(alone * 13 / 10);
    assert_eq!(m.status(pid), Some(ExitStatus::Code(0)), "{alone}");
}

#[test]
fn another_limit_holds_at_once() {
    let mut m = limited(1_000);
    m.spawn(&["sh", "-c", "while :; do :; done"]);
    m.to(5_000);
    let before = m.os.cpu_ms(m.cgroup);
    assert!(before < 70, "{before}");
    m.os.set_cpu_share(m.cgroup, share(Some(80_000), 2, None));
    m.to(10_000);
    let after = m.os.cpu_ms(m.cgroup) - before;
    assert!((3_700..4_200).contains(&after), "{after}");
}

/// What a start will take is counted when it begins: more than there is of a processor until top looks again.
#[test]
fn top_shows_no_more_than_all() {
    let mut m = Machine::new();
    let work = Workload { startup_ms: 5_000, ..Workload::default() };
    let mut root = FsTemplate::busybox(0);
    root.program("/server", Program::Workload(Rc::new(work)));
    m.root = m.os.create_fs(Some(&root));
    let pid = m.spawn(&["sh", "-c", "sleep 1; /server & top -b -n 1"]);
    m.to(3_000);
    let text = m.output(pid, None);
    assert!(text.contains("CPU: 100% usr   0% sys   0% nic   0% idle"), "{text}");
}

/// A line without an end fills the memory that there is, whoever reads it, and takes no time of ours.
#[test]
fn a_line_without_end_fills_the_memory() {
    for tool in
        ["rev", "sed s/a/b/", "grep x", "awk '{print}'", "sort", "cut -c1", "uniq", "tail", "cat -n", "tac"]
    {
        let mut m = Machine::new();
        m.os.set_memory_limit(m.cgroup, Some(64 << 20));
        let pid = m.spawn(&["sh", "-c", &format!("{tool} </dev/zero >/dev/null")]);
        m.to(30_000);
        assert!(m.status(pid).is_some(), "{tool}");
    }
}

#[test]
fn what_can_be_shown_is_shown_at_once() {
    for (script, says) in [
        ("yes | tail -n +3 | head -2", "y\ny\n"),
        ("tail -c +2 /dev/zero | head -c 3 | od -An -tx1", " 00 00 00\n"),
        ("(echo a; echo b; sleep 1; echo c; sleep 100) | tail -n +2", "b\nc\n"),
        ("(echo a b; sleep 1; echo c; sleep 100) | xargs -n 1", "a\nb\nc\n"),
        ("(printf 'a b'; sleep 1; echo c d; sleep 100) | xargs -n 2 echo", "a bc\n"),
        ("(echo one two; sleep 100) | xargs -I X echo [X]", "[one two]\n"),
        ("yes | xargs -n 2 | head -1", "y y\n"),
    ] {
        let mut m = Machine::new();
        let pid = m.spawn(&["sh", "-c", script]);
        m.to(5_000);
        assert_eq!(m.output(pid, None), says, "{script}");
    }
}
