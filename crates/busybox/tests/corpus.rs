//! Scripts run here and by the real BusyBox (recorded by `--example record-corpus`) print the same.

mod common;
#[path = "common/corpus.rs"]
mod corpus;

use common::Machine;

#[test]
fn scripts_print_what_busybox_prints() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");
    let only = std::env::var("CASE").ok();
    let (mut good, mut bad) = (0, String::new());
    for (path, cases) in corpus::files(dir) {
        let record = std::fs::read_to_string(path.with_extension("out")).unwrap_or_default();
        let record = corpus::split(&record);
        for case in cases {
            if only.as_ref().is_some_and(|o| !case.name.contains(o.as_str())) {
                continue;
            }
            let mut machine = Machine::new();
            // PID 1 would be spared by signals; the recorded shell was not PID 1.
            machine.spawn(&["sleep", "infinity"]);
            let mut spec = machine.spec(&["sh", "-c", &format!("exec 2>&1\n{}", case.script)]);
            spec.cwd = "/tmp/busybox-corpus".to_string();
            spec.init = false;
            let pid = machine.os.spawn(spec).expect("sh is there");
            let code = machine.finish(pid).map_or(-1, |s| s.code());
            let ours = corpus::entry(&case.name, &machine.output(pid, None), code);
            let theirs =
                record.iter().find(|(n, _)| *n == case.name).map(|(_, t)| t.clone()).unwrap_or_default();
            let theirs = format!("#### {}\n{theirs}", case.name);
            if ours == theirs {
                good += 1;
            } else {
                bad.push_str(&format!(
                    "=== {}: {}\n{}--- BusyBox\n{theirs}--- here\n{ours}\n",
                    path.file_stem().unwrap_or_default().to_string_lossy(),
                    case.name,
                    case.script
                ));
            }
        }
    }
    assert!(bad.is_empty(), "{good} agree; these do not:\n{bad}");
}
