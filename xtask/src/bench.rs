//! Measuring the simulator. Numbers to look at, not a test: a busy machine must not fail a build.

use crate::run::{Outcome, cargo, run};

/// `cargo xtask bench`.
pub(crate) fn bench(_arguments: &[String]) -> Outcome {
    run(cargo().args(["run", "--release", "--locked", "--package", "k8s-sim", "--example", "bench"]))
}
