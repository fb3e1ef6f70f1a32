//! Measuring the simulator. Numbers to look at, not a test: a busy machine must not fail a build.

use crate::run::{Outcome, cargo, flag, run};
use crate::tools;

/// `cargo xtask bench`.
pub(crate) fn bench(arguments: &[String]) -> Outcome {
    run(cargo().args(["bench", "--locked", "--package", "k8s-sim", "--bench", "simulator"]))?;
    if flag(arguments, "--native") {
        return Ok(());
    }
    println!("\nIn a browser, built as the page is:");
    tools::for_building()?;
    let mut command = tools::tool(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    if let Some(chromium) = tools::chromium()? {
        command.env("CHROMIUM", chromium);
    }
    command.args(["test", "--release", "--locked", "--package", "k8s-sim", "--bench", "simulator"]);
    run(command.args(["--target", "wasm32-unknown-unknown", "--", "--nocapture"]))
}
