//! `podarium-wasm-split INPUT.wasm FOLDER NAME` writes FOLDER/NAME.wasm, the chunks beside it, and what loads them.

use std::path::Path;
use std::process::ExitCode;

use wasm_split_cli_support::{Options, transform};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--version"] => println!("podarium-wasm-split {}", env!("CARGO_PKG_VERSION")),
        [input, folder, name] => {
            if let Err(error) = split(Path::new(input), Path::new(folder), name) {
                eprintln!("error: {error}");
                return ExitCode::FAILURE;
            }
        }
        _ => {
            eprintln!("podarium-wasm-split INPUT.wasm FOLDER NAME");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn split(input: &Path, folder: &Path, name: &str) -> Result<(), String> {
    let module = std::fs::read(input).map_err(|error| format!("{}: {error}", input.display()))?;
    let main_out = folder.join(format!("{name}.wasm"));
    let main_module = format!("./{name}.js");
    let mut options = Options::new(&module);
    options.output_dir = folder;
    options.main_out_path = &main_out;
    options.main_module = &main_module;
    let made = transform(options).map_err(|error| format!("{error:?}"))?;
    if made.split_modules.is_empty() {
        return Err(format!("{} has no lazy door: was it linked with --emit-relocs?", input.display()));
    }
    Ok(())
}
