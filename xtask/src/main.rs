//! The project's commands. `cargo xtask` lists them; README.md shows the two that most people need.
//!
//! Everything here is automation: it finds or installs tools, runs them, and judges what they say.
//! It knows nothing of Kubernetes and nothing of what the page does.

mod bench;
mod journey;
mod new_lesson;
mod page;
mod run;
mod test;
mod tidy;
mod tools;

use std::process::ExitCode;

/// One command: its name, its arguments as the help shows them, what it does, and the function that does it.
struct Command {
    name: &'static str,
    arguments: &'static str,
    help: &'static str,
    run: fn(&[String]) -> run::Outcome,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "serve",
        arguments: "[--port N] [--release]",
        help: "get the tools, build the page, serve it, and build again when a file changes",
        run: page::serve,
    },
    Command {
        name: "test",
        arguments: "[STAGE...] [--keep-going]",
        help: "run every check, or the named stages, as continuous integration does",
        run: test::test,
    },
    Command {
        name: "build",
        arguments: "[--public-url /path/] [--dist DIR]",
        help: "write the static site, ready for any web server, to dist/",
        run: page::build,
    },
    Command {
        name: "setup",
        arguments: "",
        help: "only get the tools that the other commands use",
        run: tools::setup,
    },
    Command {
        name: "screenshots",
        arguments: "",
        help: "take the pictures in docs/screenshots/ again",
        run: journey::screenshots,
    },
    Command {
        name: "size",
        arguments: "",
        help: "build the site and say what a visitor downloads before the first click",
        run: page::size,
    },
    Command {
        name: "tidy",
        arguments: "",
        help: "check the laws of the house that no compiler checks",
        run: tidy::tidy,
    },
    Command {
        name: "new-lesson",
        arguments: "CHAPTER NAME",
        help: "write the files of a new lesson",
        run: new_lesson::new_lesson,
    },
    Command {
        name: "bench",
        arguments: "[--native]",
        help: "measure the simulator, native and in a browser",
        run: bench::bench,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let name = arguments.first().map_or("help", String::as_str);
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        help();
        return if matches!(name, "help" | "--help" | "-h") { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    };
    match (command.run)(&arguments[1..]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            if !message.is_empty() {
                eprintln!("\nerror: {message}");
            }
            ExitCode::FAILURE
        }
    }
}

fn help() {
    println!("Usage: cargo xtask COMMAND\n");
    for command in COMMANDS {
        println!("  {:<12} {}", command.name, command.help);
        if !command.arguments.is_empty() {
            println!("  {:<12} {}", "", command.arguments);
        }
    }
}
