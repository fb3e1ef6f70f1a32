//! `cargo xtask test`: every check there is, in stages, the quick ones first.

use crate::run::{Outcome, cargo, flag, run};
use crate::{journey, page, tidy, tools};
use std::time::Instant;

/// One stage: its name, what it shows, and the function that fails with a message.
struct Stage {
    name: &'static str,
    shows: &'static str,
    run: fn() -> Outcome,
}

const STAGES: &[Stage] = &[
    Stage { name: "tidy", shows: "the laws of the house that no compiler checks", run: || tidy::tidy(&[]) },
    Stage {
        name: "format",
        shows: "Rust is formatted",
        run: || run(cargo().args(["fmt", "--all", "--check"])),
    },
    Stage { name: "clippy", shows: "no compiler or clippy warning", run: clippy },
    Stage { name: "clippy-wasm", shows: "the same, as the browser's code", run: clippy_wasm },
    Stage { name: "native", shows: "simulator, kubectl, lessons and recordings", run: native },
    Stage { name: "browser", shows: "the page's parts in headless Chromium", run: browser },
    Stage {
        name: "site",
        shows: "the released site builds for a sub-path",
        run: journey::build_site_under_test,
    },
    Stage {
        name: "size",
        shows: "the first visit stays within its budget",
        run: || page::check_size(&page::site_under_test()),
    },
    Stage { name: "journeys", shows: "people's ways through the page, and axe", run: journey::journeys },
    Stage { name: "lighthouse", shows: "speed and accessibility on a phone", run: journey::lighthouse },
];

/// `cargo xtask test`.
pub(crate) fn test(arguments: &[String]) -> Outcome {
    let keep_going = flag(arguments, "--keep-going");
    let named: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    if let Some(unknown) = named.iter().find(|name| !STAGES.iter().any(|stage| stage.name == name.as_str())) {
        let names: Vec<&str> = STAGES.iter().map(|stage| stage.name).collect();
        return Err(format!("no stage is called {unknown}; there are {}", names.join(", ")));
    }
    let stages: Vec<&Stage> = STAGES
        .iter()
        .filter(|stage| named.is_empty() || named.iter().any(|name| *name == stage.name))
        .collect();

    let start = Instant::now();
    let mut summary = Vec::new();
    let mut failed = 0;
    for stage in &stages {
        println!("\n=== {}: {}", stage.name, stage.shows);
        let stage_start = Instant::now();
        let result = (stage.run)();
        let line = format!(
            "{} {:<12} {:>7.1} s",
            if result.is_ok() { "ok    " } else { "FAILED" },
            stage.name,
            stage_start.elapsed().as_secs_f32()
        );
        println!("=== {line}");
        summary.push(line);
        if let Err(message) = result {
            failed += 1;
            println!("{message}\nTo run this stage again: cargo xtask test {}", stage.name);
            if !keep_going {
                break;
            }
        }
    }

    println!("\n{}", summary.join("\n"));
    let left_out = stages.len() - summary.len();
    if left_out > 0 {
        println!("{left_out} stages were not run after the failure (--keep-going runs them).");
    }
    println!("All in {:.0} s.", start.elapsed().as_secs_f32());
    println!("{} passed, {failed} failed", summary.len() - failed);
    if failed == 0 { Ok(()) } else { Err(String::new()) }
}

fn clippy() -> Outcome {
    run(cargo().args(["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn clippy_wasm() -> Outcome {
    tools::for_building()?;
    run(cargo()
        .args(["clippy", "--locked", "--package", "podarium", "--all-targets"])
        .args(WASM)
        .args(["--", "-D", "warnings"]))
}

fn native() -> Outcome {
    run(cargo().args(["test", "--locked", "--workspace"]))
}

fn browser() -> Outcome {
    tools::for_building()?;
    let mut command = tools::tool(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    if let Some(chromium) = tools::chromium()? {
        command.env("CHROMIUM", chromium);
    }
    // The runner in .cargo/config.toml opens them. Not -q, which would be passed on to it.
    run(command.args(["test", "--locked", "--package", "podarium", "--tests"]).args(WASM))
}

const WASM: [&str; 2] = ["--target", "wasm32-unknown-unknown"];
