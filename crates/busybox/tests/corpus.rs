//! Scripts run here and by the real BusyBox (recorded by `--example record-corpus`) print the same.

mod common;
#[path = "common/corpus.rs"]
mod corpus;

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
            let (text, code) = common::in_dir("/tmp/busybox-corpus", &case.script);
            let ours = corpus::entry(&case.name, &corpus::without_usage(&text, &[]), code);
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
