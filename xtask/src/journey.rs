//! What a real browser does with the built site: journeys, scores, pictures.

use crate::page::{build_site, free_port, site_under_test};
use crate::run::{Outcome, run};
use crate::tools;
use std::process::Command;

const SUB_PATH: &str = "/some/sub/path/";
const PORT: u16 = 4280;

/// Builds the site that the browser checks look at.
pub(crate) fn build_site_under_test() -> Outcome {
    build_site(SUB_PATH, &site_under_test())
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
    build_site_under_test()?;
    run(&mut script("xtask/node/screenshots.mjs")?)
}

/// A script that looks at the site under test, which is built first if it is not there.
fn script(path: &str) -> Outcome<Command> {
    let site = site_under_test();
    if !site.join("index.html").is_file() {
        build_site_under_test()?;
    }
    let mut command = tools::browser_script(path)?;
    command.env("SITE", site).env("PORT", free_port(PORT)?.to_string());
    Ok(command)
}
