//! How fast a thousand idle containers go: `cargo run --release -p busybox --example idle`.

use busybox::{FsTemplate, Ipv4, Os, SpawnSpec};

#[allow(clippy::print_stdout, clippy::disallowed_methods)]
fn main() {
    let image = FsTemplate::busybox(0);
    for script in [
        "sleep 3600",
        "trap 'exit 0' TERM; sleep 3600 & wait $!",
        "while true; do sleep 5; done",
        "while true; do date; sleep 30; done",
        "while true; do echo \"$(date -u +%FT%TZ) tick\"; sleep 30; done",
    ] {
        let mut os = Os::new(1_795_176_000);
        for i in 0..1000u32 {
            let net = os.create_net_namespace(Some(Ipv4([10, 1, (i / 250) as u8, (i % 250) as u8])), "pod");
            let pids = os.create_pid_namespace();
            let cgroup = os.create_cgroup(None);
            let root = os.create_fs(Some(&image));
            os.spawn(SpawnSpec::new(&["sh", "-c", script], root, net, pids, cgroup)).expect("spawn");
        }
        os.advance_to(10);
        os.take_events();
        let start = std::time::Instant::now();
        let mut events = 0;
        for second in 1..=1000 {
            os.advance_to(second * 1000);
            events += os.take_events().len();
        }
        let took = start.elapsed();
        let start = std::time::Instant::now();
        for _ in 0..100 {
            std::hint::black_box(os.clone());
        }
        let clone = start.elapsed() / 100;
        println!("{script}: 1000 s in {took:?}, {events} events; a clone takes {clone:?}");
    }
}
