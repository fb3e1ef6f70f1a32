//! Reads `lessons/`, checks it and writes the table that [`COURSE`] includes. Wrong content fails the build, with
//! file, line and what to do.

// The checks are tested in tests/content.rs, which includes the same module.
#[path = "content/mod.rs"]
mod content;

use std::path::Path;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lessons");
    println!("cargo::rerun-if-changed={}", root.display());
    println!("cargo::rerun-if-changed=content");
    let table = match content::load(&root) {
        Ok(table) => table,
        Err(problems) => {
            for problem in problems {
                println!("cargo::error={problem}");
            }
            std::process::exit(1);
        }
    };
    let out = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    std::fs::write(Path::new(&out).join("course.rs"), table).expect("OUT_DIR can be written");
}
