//! How fast the simulator is: `cargo bench -p k8s-sim`; the same in a browser too: `cargo xtask bench`.
//!
//! Numbers to look at, not a test: a busy machine must not fail a build. Each line says what was aimed at.
//! Natively, words after `--` choose the parts: `cargo bench -p k8s-sim -- idle`.

#![allow(clippy::disallowed_methods, missing_docs)] // A benchmark needs the real clock.

use k8s_sim::{ApiRequest, Input, NodeSetup, Setup, SimTime, Timeline};
use serde_json::{Value, json};

/// Counts what is allocated: the live heap is what a Pod costs, whatever the allocator does with it.
#[global_allocator]
static HEAP: cap::Cap<std::alloc::System> = cap::Cap::new(std::alloc::System, usize::MAX);

#[cfg(target_arch = "wasm32")]
mod host {
    //! The browser's clock and memory.

    use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

    wasm_bindgen_test_configure!(run_in_browser);

    #[wasm_bindgen_test]
    fn simulator() {
        super::all(&[]);
    }

    /// `performance.now()`, which counts in tenths of milliseconds or finer.
    pub(super) fn now_ms() -> f64 {
        web_sys::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now())
    }

    /// All of the memory that was ever taken: it never shrinks.
    pub(super) fn memory_bytes() -> usize {
        core::arch::wasm32::memory_size(0) * 65_536
    }

    pub(super) fn say(line: &str) {
        console_log!("{line}");
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod host {
    //! The machine's clock and memory.

    use std::io::Write;
    use std::sync::OnceLock;
    use std::time::Instant;

    static START: OnceLock<Instant> = OnceLock::new();

    pub(super) fn now_ms() -> f64 {
        START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1000.0
    }

    /// Resident memory, where the system tells (Linux); 0 elsewhere.
    pub(super) fn memory_bytes() -> usize {
        let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
        text.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
    }

    pub(super) fn say(line: &str) {
        let _ = writeln!(std::io::stdout(), "{line}");
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    let chosen: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    all(&chosen);
}

#[cfg(target_arch = "wasm32")]
fn main() {}

fn all(chosen: &[String]) {
    let parts: [(&str, fn()); 4] = [
        ("idle", || idle_pods("busybox", 1_000, 3_600, &idle_pod)),
        ("probed", || idle_pods("nginx with a readiness probe", 1_000, 300, &probed_pod)),
        ("crash", crash_loop),
        ("rewind", rewind),
    ];
    for (name, run) in parts {
        if chosen.is_empty() || chosen.iter().any(|word| word == name) {
            run();
        }
    }
}

fn create(timeline: &mut Timeline, object: Value) {
    let request = ApiRequest::Create { namespace: "default".into(), object, dry_run: false };
    timeline.submit(Input::Api(request));
}

fn pod(name: &str, containers: Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"containers": containers},
    })
}

fn shell(name: &str, script: &str) -> Value {
    json!({"name": name, "image": "busybox:1.36", "command": ["sh", "-c", script]})
}

/// The middle and the largest of some numbers.
fn middle_and_most(mut numbers: Vec<f64>) -> (f64, f64) {
    numbers.sort_by(f64::total_cmp);
    (numbers[numbers.len() / 2], numbers[numbers.len() - 1])
}

/// One Pod that fails at once, until its container has been started again five times.
fn crash_loop() {
    let mut times = Vec::new();
    let mut at = SimTime(0);
    for _ in 0..20 {
        let start = host::now_ms();
        let mut timeline = Timeline::new(Setup::default());
        create(&mut timeline, pod("crash", json!([shell("app", "echo starting; exit 1")])));
        loop {
            timeline.advance_to(timeline.now().after_ms(1_000));
            let restarts = timeline
                .cluster()
                .pod("default", "crash")
                .and_then(|pod| pod.status.container_statuses.first())
                .map_or(0, |status| status.restart_count);
            if restarts >= 5 || timeline.now() > SimTime::from_secs(3_600) {
                break;
            }
        }
        at = timeline.now();
        times.push(host::now_ms() - start);
    }
    let (middle, most) = middle_and_most(times);
    host::say(&format!(
        "crash loop to the fifth restart ({at}): {middle:.2} ms, at most {most:.2} ms (aim: 5 ms)"
    ));
}

/// A Pod of one container that only sleeps.
fn idle_pod(name: &str) -> Value {
    pod(name, json!([shell("app", "exec sleep 1000000")]))
}

/// A Pod of one web server that is asked every ten seconds.
fn probed_pod(name: &str) -> Value {
    let probe = json!({"httpGet": {"path": "/", "port": 80}, "periodSeconds": 10});
    pod(name, json!([{"name": "web", "image": "nginx:1.27", "readinessProbe": probe}]))
}

/// Pods that run and do nothing else for so many seconds, fifty to a node.
fn idle_pods(what: &str, count: usize, seconds: u64, manifest: &dyn Fn(&str) -> Value) {
    let nodes = count.div_ceil(50);
    let setup = Setup {
        nodes: (0..nodes).map(|n| NodeSetup::new(&format!("node-{n}"), "64", "256Gi")).collect(),
        ..Setup::default()
    };
    let mut timeline = Timeline::new(setup);
    timeline.advance_to(SimTime::from_secs(1));
    let (heap, memory) = (HEAP.allocated(), host::memory_bytes());
    let start = host::now_ms();
    for n in 0..count {
        create(&mut timeline, manifest(&format!("idle-{n}")));
    }
    timeline.advance_to(SimTime::from_secs(300));
    let began = host::now_ms() - start;
    let ready = |pod: &&k8s_sim::Pod| {
        pod.status.conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
    };
    let taken = host::memory_bytes().saturating_sub(memory) / count;
    timeline.forget_checkpoints();
    let live = HEAP.allocated().saturating_sub(heap) / count;
    // Whoever looks at all Pods wakes them.
    let running = timeline.cluster().pods().filter(ready).count();
    let awake = HEAP.allocated().saturating_sub(heap) / count;
    host::say(&format!(
        "{what}: {running} of {count} Pods ready after {began:.0} ms; {live} bytes of live heap a Pod (aim: 5,000), \
         {awake} while somebody looks at all of them, {taken} of memory taken"
    ));
    let start = host::now_ms();
    timeline.advance_to(timeline.now().after_ms(seconds * 1000));
    let spent = host::now_ms() - start;
    let rate = seconds as f64 * 1000.0 / spent.max(0.01);
    host::say(&format!(
        "{what}: {rate:.0} simulated seconds a second ({spent:.0} ms for {seconds} s) (aim: 10,000)"
    ));
    let start = host::now_ms();
    let copies: Vec<k8s_sim::Cluster> = (0..10).map(|_| timeline.cluster().clone()).collect();
    let copied = (host::now_ms() - start) / copies.len() as f64;
    let start = host::now_ms();
    timeline.seek(SimTime::from_secs(300 + seconds / 4));
    host::say(&format!(
        "{what}: a checkpoint {copied:.3} ms; back by {} minutes {:.1} ms",
        seconds / 60,
        host::now_ms() - start
    ));
}

/// Five minutes of a lesson with probes, a crash loop and a sidecar, and jumps all over it.
fn rewind() {
    let mut timeline = Timeline::new(Setup::default());
    let mut web = pod("web", json!([shell("app", "exec httpd -f -p 8080 -h /etc")]));
    web["spec"]["initContainers"] = json!([
        shell("wait", "sleep 2"),
        {"name": "log", "image": "busybox:1.36", "restartPolicy": "Always",
         "command": ["sh", "-c", "while true; do date; sleep 1; done"]},
    ]);
    let probe = json!({"httpGet": {"path": "/hostname", "port": 8080}, "periodSeconds": 2});
    web["spec"]["containers"][0]["readinessProbe"] = probe.clone();
    web["spec"]["containers"][0]["livenessProbe"] = probe;
    create(&mut timeline, web);
    create(&mut timeline, pod("crash", json!([shell("app", "sleep 3; exit 1")])));
    let end = SimTime::from_secs(300);
    let start = host::now_ms();
    timeline.advance_to(end);
    host::say(&format!("five minutes of a lesson, lived: {:.1} ms", host::now_ms() - start));
    let mut times = Vec::new();
    let mut draw = 12_345_u64;
    for _ in 0..300 {
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let start = host::now_ms();
        timeline.seek(SimTime((draw >> 33) % end.ms()));
        times.push(host::now_ms() - start);
    }
    let all: f64 = times.iter().sum();
    let (middle, most) = middle_and_most(times);
    host::say(&format!(
        "a jump within them: {middle:.2} ms, at most {most:.2} ms, {:.2} ms on average (aim: 16 ms)",
        all / 300.0
    ));
    let start = host::now_ms();
    timeline.forget_checkpoints();
    timeline.seek(SimTime::from_secs(299));
    host::say(&format!("the same without any checkpoint: {:.1} ms", host::now_ms() - start));
}
