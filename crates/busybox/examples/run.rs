//! Runs a script in a simulated container: `cargo run -p busybox --example run -- 'echo hi'`.

#[path = "../tests/common/mod.rs"]
mod common;

#[allow(clippy::print_stdout)]
fn main() {
    let mut args = std::env::args().skip(1);
    let script = args.next().unwrap_or_default();
    let mut machine = common::Machine::new();
    let pid = machine.spawn(&["sh", "-c", &script]);
    let status = machine.finish(pid);
    print!("{}", machine.output(pid, None));
    println!("[{:?}] at {} ms", status.map(|s| s.code()), machine.os.now_ms());
}
