//! Measuring the simulator. Numbers to look at, not a test: a busy machine must not fail a build.

use crate::run::{Outcome, cargo, flag, root, run};
use crate::tools;

/// `cargo xtask bench`.
pub(crate) fn bench(arguments: &[String]) -> Outcome {
    run(cargo().args(["bench", "--locked"]).args(BENCH))?;
    if flag(arguments, "--native") {
        return Ok(());
    }
    println!("\nIn a browser, built as the page is:");
    tools::for_building()?;
    let mut command = tools::tool(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    if let Some(chromium) = tools::chromium()? {
        command.env("CHROMIUM", chromium);
    }
    // Cargo runs the program in its package's folder, from where the runner in .cargo/config.toml is not found.
    let runner = root().join("xtask/node/wasm-test.mjs");
    let runner = format!("target.wasm32-unknown-unknown.runner=[\"node\", {:?}]", runner.to_string_lossy());
    command.args(["test", "--release", "--locked", "--config", &runner]).args(BENCH);
    run(command.args(["--target", "wasm32-unknown-unknown", "--", "--nocapture"]))
}

const BENCH: [&str; 4] = ["--package", "k8s-sim", "--bench", "simulator"];
