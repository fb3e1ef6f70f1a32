//! What a real browser does with the built site: journeys, scores, pictures.

use crate::page::{build_site, free_port, site_under_test};
use crate::run::{Outcome, run};
use crate::tools;
use std::process::Command;
use std::sync::OnceLock;

const SUB_PATH: &str = "/some/sub/path/";
const PORT: u16 = 4280;

/// Builds the site that the browser checks look at, once in the life of this process.
pub(crate) fn build_site_under_test() -> Outcome {
    static BUILT: OnceLock<Outcome> = OnceLock::new();
    BUILT.get_or_init(|| build_site(SUB_PATH, &site_under_test())).clone()
}

/// The journeys of tests/e2e through the built site.
pub(crate) fn journeys() -> Outcome {
    let mut playwright = script("node_modules/@playwright/test/cli.js")?;
    run(playwright.args(["test", "--config", "tests/e2e/playwright.config.ts"]))
}

/// Lighthouse's judgement of the built site on a phone.
pub(crate) fn lighthouse() -> Outcome {
    run(&mut script("xtask/node/lighthouse.mjs")?)
}

/// `cargo xtask screenshots`.
pub(crate) fn screenshots(_arguments: &[String]) -> Outcome {
    run(&mut script("xtask/node/screenshots.mjs")?)
}

/// A script that looks at the site under test.
fn script(path: &str) -> Outcome<Command> {
    build_site_under_test()?;
    let mut command = tools::browser_script(path)?;
    command.env("SITE", site_under_test()).env("PORT", free_port(PORT)?.to_string());
    Ok(command)
}
