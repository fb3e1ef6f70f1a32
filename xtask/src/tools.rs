//! The pinned tools: each is taken from the cache of this user or from PATH when its version fits,
//! else built or downloaded into that cache, once for all clones on the machine.

use crate::run::{Outcome, cargo, output, program, root, run};
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

const WASM_TARGET: &str = "wasm32-unknown-unknown";
/// The newest trunk that the Rust named in Cargo.toml can build.
const TRUNK_VERSION: &str = "0.21.14";
/// Must equal the wasm-bindgen in Cargo.lock: the two halves share a private format.
const WASM_BINDGEN_VERSION: &str = "0.2.130";
/// Of the line that wasm_split_helpers in Cargo.lock belongs to.
const WASM_SPLIT_VERSION: &str = "0.2.4";
const NODE_MAJOR_MIN: u32 = 20;

/// `cargo xtask setup`.
pub(crate) fn setup(_arguments: &[String]) -> Outcome {
    for_building()?;
    chromium()?;
    println!("All tools are there. For plain `trunk serve`, add {} to PATH.", cache().join("bin").display());
    Ok(())
}

/// Everything that building the page takes.
pub(crate) fn for_building() -> Outcome {
    wasm_target()?;
    node_modules()?;
    cargo_tool("trunk", TRUNK_VERSION, &["trunk", "--version", TRUNK_VERSION])?;
    let own_crate = |name: &str| root().join("xtask/tools").join(name).to_string_lossy().into_owned();
    cargo_tool("wasm-bindgen", WASM_BINDGEN_VERSION, &["--path", &own_crate("wasm-bindgen-cli")])?;
    cargo_tool("podarium-wasm-split", WASM_SPLIT_VERSION, &["--path", &own_crate("wasm-split")])
}

/// A tool, run with the cache and npm's programs in front of PATH, so that trunk finds its helpers too.
pub(crate) fn tool(name: &str) -> Command {
    let mut command = program(find(name).unwrap_or_else(|| PathBuf::from(name)));
    command.env("PATH", path());
    command
}

/// Where tools are kept between clones: `$XDG_CACHE_HOME/podarium/tools`, or the system's usual place.
fn cache() -> PathBuf {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_CACHE_HOME")
        .or_else(|| set("LOCALAPPDATA"))
        .or_else(|| env::home_dir().map(|home| home.join(".cache")))
        .unwrap_or_else(env::temp_dir);
    base.join("podarium").join("tools")
}

fn path() -> OsString {
    let mut folders = vec![cache().join("bin"), root().join("node_modules").join(".bin")];
    folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    env::join_paths(folders).unwrap_or_default()
}

/// The program in the cache or on PATH.
fn find(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&path()).map(|folder| folder.join(&file)).find(|candidate| candidate.is_file())
}

fn wasm_target() -> Outcome {
    let rustlib = output(program("rustc").args(["--print", "sysroot"]))
        .map(|sysroot| Path::new(&sysroot).join("lib/rustlib").join(WASM_TARGET));
    if rustlib.is_some_and(|folder| folder.is_dir()) {
        return Ok(());
    }
    println!("Adding Rust's {WASM_TARGET} target.");
    run(program("rustup").args(["target", "add", WASM_TARGET])).map_err(|error| {
        format!("{error}\nThe page is compiled to WebAssembly. Get Rust from https://rustup.rs, or install the {WASM_TARGET} target in the way your system offers.")
    })
}

fn cargo_tool(name: &str, version: &str, install: &[&str]) -> Outcome {
    let fits = |path: PathBuf| {
        output(Command::new(path).arg("--version"))
            .is_some_and(|said| said.split(' ').any(|word| word == version))
    };
    if find(name).is_some_and(fits) {
        return Ok(());
    }
    println!("Building {name} {version} into {}: some minutes, only this once.", cache().display());
    run(cargo()
        .args(["install", "--locked", "--force", "--root"])
        .arg(cache())
        .args(install)
        // A tool that runs once per build need not be fast; it should be here soon.
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_TARGET_DIR", cache().join("build")))?;
    // The programs are installed; what they were built from is of no more use.
    let _ = std::fs::remove_dir_all(cache().join("build"));
    Ok(())
}

/// npm's packages as package-lock.json names them.
pub(crate) fn node_modules() -> Outcome {
    let node = output(program("node").arg("--version"))
        .ok_or("Node.js is missing. Podarium's editor and its browser tests need version 20 or later: https://nodejs.org")?;
    let major =
        node.trim_start_matches('v').split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0u32);
    if major < NODE_MAJOR_MIN {
        return Err(format!(
            "Node.js {node} is too old: version {NODE_MAJOR_MIN} or later is needed (https://nodejs.org)"
        ));
    }
    let read = |path: &str| std::fs::read(root().join(path)).ok();
    let stamp = "node_modules/.podarium-lock.json";
    if read("package-lock.json").is_some_and(|lock| read(stamp) == Some(lock)) {
        return Ok(());
    }
    println!("Getting the npm packages that package-lock.json names.");
    run(program(if cfg!(windows) { "npm.cmd" } else { "npm" }).args([
        "ci",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]))?;
    std::fs::copy(root().join("package-lock.json"), root().join(stamp)).map_err(|error| error.to_string())?;
    Ok(())
}

/// A Chromium for the browser tests: `None` when it is the one that Playwright keeps for itself.
pub(crate) fn chromium() -> Outcome<Option<PathBuf>> {
    if let Some(found) = installed_chromium() {
        return Ok(Some(found));
    }
    let is_root = output(program("id").arg("-u")).as_deref() == Some("0");
    if is_root && find("apt-get").is_some() {
        println!("Installing Chromium for the browser tests.");
        let apt = || {
            let mut command = program("apt-get");
            command.env("DEBIAN_FRONTEND", "noninteractive");
            command
        };
        let installed = run(apt().arg("update").arg("-qq"))
            .and_then(|()| run(apt().args(["install", "-y", "-qq", "--no-install-recommends", "chromium"])));
        if let (Ok(()), Some(found)) = (installed, installed_chromium()) {
            return Ok(Some(found));
        }
    }
    node_modules()?;
    println!("Letting Playwright get its Chromium for the browser tests.");
    run(program("node").args(["node_modules/@playwright/test/cli.js", "install", "chromium"])).map_err(
        |error| format!("{error}\nThe browser tests need Chromium: install it, or set CHROMIUM to its path."),
    )?;
    Ok(None)
}

fn installed_chromium() -> Option<PathBuf> {
    let named = ["CHROMIUM", "CHROME", "CHROME_PATH"]
        .iter()
        .filter_map(env::var_os)
        .map(PathBuf::from)
        .find(|path| path.is_file());
    let application = Path::new("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");
    named
        .or_else(|| {
            ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
                .iter()
                .find_map(|name| find(name))
        })
        .or_else(|| application.is_file().then(|| application.to_path_buf()))
}

/// Node with a script of ours, told which browser to use.
pub(crate) fn browser_script(script: &str) -> Outcome<Command> {
    node_modules()?;
    let mut command = program("node");
    command.arg(script);
    if let Some(chromium) = chromium()? {
        command.env("CHROMIUM", chromium);
    }
    Ok(command)
}
