//! Records what the real BusyBox prints for the scripts in tests/corpus, where one is installed:
//! `cargo run -p busybox --example record-corpus [-- /path/to/busybox]`. The tests need no BusyBox.

use std::process::{Command, Stdio};

#[path = "../tests/common/corpus.rs"]
mod corpus;

/// The exit code, or 128 and the signal.
fn code(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

#[allow(clippy::print_stdout)]
fn main() {
    let busybox = std::env::args().nth(1).unwrap_or_else(|| "busybox".to_string());
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");
    let usages = corpus::usages(&busybox);
    for (path, cases) in corpus::files(dir) {
        let mut out = String::new();
        for case in cases {
            let temp = std::env::temp_dir().join("busybox-corpus");
            let _ = std::fs::remove_dir_all(&temp);
            std::fs::create_dir_all(&temp).expect("a temporary directory");
            // One stream for both outputs, so that their order is recorded too.
            let wrapped = format!("exec 2>&1\n{}", case.script);
            let result = Command::new("timeout")
                .args(["20", &busybox, "sh", "-c", &wrapped])
                .current_dir(&temp)
                .env_clear()
                .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
                .env("HOME", "/root")
                .stdin(Stdio::null())
                .output()
                .expect("busybox runs");
            let text = String::from_utf8_lossy(&result.stdout);
            let text = corpus::without_usage(&text, &usages);
            out.push_str(&corpus::entry(&case.name, &text, code(result.status)));
        }
        std::fs::write(path.with_extension("out"), out).expect("the record is written");
        println!("{}", path.display());
    }
}
