//! Building and serving the page.

use crate::run::{Outcome, flag, option, program, root, run};
use crate::tools;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

const PORT: u16 = 8080;
const PORTS_TRIED: u16 = 100;

/// `cargo xtask serve`.
pub(crate) fn serve(arguments: &[String]) -> Outcome {
    tools::for_building()?;
    // trunk refuses to ignore a folder that is not there.
    std::fs::create_dir_all(root().join("target")).map_err(|error| error.to_string())?;
    let port = match option(arguments, "--port") {
        Some(port) => port.parse().map_err(|_| format!("{port} is not a port number"))?,
        None => free_port(PORT)?,
    };
    println!("Building the page: some minutes the first time, seconds after that.");
    thread::spawn(move || {
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            thread::sleep(Duration::from_millis(200));
        }
        println!(
            "\n  Podarium is at http://127.0.0.1:{port}/\n  It builds again when a file changes. Ctrl-C ends it.\n"
        );
    });
    let mut trunk = trunk("serve");
    trunk.args(["--address", "127.0.0.1", "--port", &port.to_string()]);
    if flag(arguments, "--release") {
        trunk.arg("--release");
    }
    run(&mut trunk)
}

/// `cargo xtask build`.
pub(crate) fn build(arguments: &[String]) -> Outcome {
    let public_url = option(arguments, "--public-url").unwrap_or("/");
    let dist = root().join(option(arguments, "--dist").unwrap_or("dist"));
    build_site(public_url, &dist)?;
    println!("The site for {public_url} is in {}.", dist.display());
    Ok(())
}

/// `cargo xtask size`.
pub(crate) fn size(_arguments: &[String]) -> Outcome {
    let dist = root().join("dist");
    build_site("/", &dist)?;
    check_size(&dist)
}

/// Builds the site as visitors get it.
pub(crate) fn build_site(public_url: &str, dist: &Path) -> Outcome {
    tools::for_building()?;
    run(trunk("build").args(["--release", "--locked", "--public-url", public_url, "--dist"]).arg(dist))
}

/// Says what a visitor downloads before the first click; an error when it is more than the budget.
pub(crate) fn check_size(dist: &Path) -> Outcome {
    run(program("node").arg("xtask/node/size.mjs").arg(dist))
}

/// The address that a test server may take.
pub(crate) fn free_port(from: u16) -> Outcome<u16> {
    (from..from.saturating_add(PORTS_TRIED))
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .ok_or_else(|| format!("no free port from {from} on"))
}

/// The site that the browser checks look at, on a sub-path because GitHub Pages serves it on one.
pub(crate) fn site_under_test() -> PathBuf {
    root().join("target").join("site")
}

fn trunk(subcommand: &str) -> Command {
    let mut trunk = tools::tool("trunk");
    // trunk reads NO_COLOR as a true or false, and stops at the usual NO_COLOR=1.
    trunk.env_remove("NO_COLOR").arg(subcommand).args(["--skip-version-check"]);
    trunk
}
