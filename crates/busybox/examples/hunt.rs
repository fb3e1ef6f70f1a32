//! Runs scripts here and by the real BusyBox, and shows where they differ:
//! `cargo run -p busybox --example hunt -- FROM COUNT [/path/to/busybox]` makes that many random scripts from seeds;
//! `... -- FILE.sh` takes the scripts of a file like those in tests/corpus.
//!
//! The real one runs in a root directory and namespaces of its own, so that no script can do harm: this needs root
//! on Linux, and a static busybox. What is found goes into tests/corpus, which the tests read without a BusyBox.

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/common/corpus.rs"]
mod corpus;
#[path = "../tests/common/generator.rs"]
mod generator;

use corpus::Case;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The outer shell is PID 1, as the container's own process is where the script is run by exec.
const RUNNER: &str = "mount -t proc proc /proc; cd /tmp/hunt; \
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root timeout 10 sh -c \"$1\" </dev/null; exit $?";

/// A root directory like the image's, with nothing but BusyBox in it.
fn root(busybox: &str) -> PathBuf {
    let root = std::env::temp_dir().join(format!("busybox-hunt-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&root);
    for dir in ["bin", "dev", "etc", "proc", "root", "tmp/hunt", "usr/bin", "usr/sbin", "sbin", "var"] {
        std::fs::create_dir_all(root.join(dir)).expect("a directory");
    }
    let found = Command::new("which").arg(busybox).output().expect("which runs").stdout;
    let found = String::from_utf8_lossy(&found).trim().to_string();
    std::fs::copy(found, root.join("bin/busybox")).expect("busybox is installed");
    let list = Command::new(busybox).arg("--list").output().expect("busybox runs").stdout;
    for name in String::from_utf8_lossy(&list).lines().filter(|n| *n != "busybox") {
        std::os::unix::fs::symlink("/bin/busybox", root.join("bin").join(name)).expect("a link");
    }
    std::fs::write(root.join("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n").expect("a file");
    std::fs::write(root.join("etc/group"), "root:x:0:\n").expect("a file");
    for (name, minor) in [("null", "3"), ("zero", "5")] {
        Command::new("mknod")
            .arg(root.join("dev").join(name))
            .args(["c", "1", minor])
            .status()
            .expect("mknod");
    }
    root
}

fn theirs(root: &Path, script: &str) -> (String, i32) {
    let dir = root.join("tmp/hunt");
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).expect("a directory");
    let out = Command::new("unshare")
        .args(["--pid", "--fork", "--kill-child", "--mount", "--uts", "--net", "chroot"])
        .arg(root)
        .args(["/bin/sh", "-c", RUNNER, "sh", &format!("exec 2>&1\n{script}")])
        .stdin(Stdio::null())
        .output()
        .expect("unshare runs");
    (String::from_utf8_lossy(&out.stdout).into_owned(), out.status.code().unwrap_or(-1))
}

#[allow(clippy::print_stdout)]
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| args.get(at).and_then(|a| a.parse::<u64>().ok());
    let cases: Vec<Case> = match (number(0), args.first()) {
        (None, Some(file)) => {
            let text = std::fs::read_to_string(file).expect("a file of scripts");
            corpus::split(&text).into_iter().map(|(name, script)| Case { name, script }).collect()
        }
        (from, _) => {
            let from = from.unwrap_or(1);
            let seeds = from..from.saturating_add(number(1).unwrap_or(100));
            seeds.map(|s| Case { name: format!("seed {s}"), script: generator::script(s) }).collect()
        }
    };
    let busybox = args.get(if number(0).is_some() { 2 } else { 1 }).map_or("busybox", String::as_str);
    let root = root(busybox);
    let usages = corpus::usages(busybox);
    let (all, mut bad) = (cases.len(), 0);
    for case in cases {
        // What several processes trace at once is mixed as chance has it.
        if case.script.contains("set -x") && case.script.contains(['|', '&']) {
            continue;
        }
        if std::env::var("SHOW").is_ok() {
            println!("{}\n{}", case.name, case.script);
        }
        let (text, code) = common::in_dir("/tmp/hunt", &case.script);
        let ours = corpus::entry(&case.name, &corpus::without_usage(&text, &usages), code);
        let (text, code) = theirs(&root, &case.script);
        let theirs = corpus::entry(&case.name, &corpus::without_usage(&text, &usages), code);
        if ours != theirs {
            bad += 1;
            let part = |text: &str| text.chars().take(3_000).collect::<String>();
            println!(
                "#### {}\n{}--- BusyBox\n{}--- here\n{}",
                case.name,
                case.script,
                part(&theirs),
                part(&ours)
            );
        }
    }
    let _ = std::fs::remove_dir_all(&root);
    println!("{bad} of {all} differ");
}
