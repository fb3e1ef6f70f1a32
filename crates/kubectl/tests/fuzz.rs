//! The fuzz targets, run with their corpus and with random mutations of it. `PODARIUM_SEED=n` runs one seed,
//! `PODARIUM_SEEDS=n` more of them; `fuzz/README.md` says how to fuzz for hours.

#![allow(clippy::disallowed_methods)] // Patience is measured by the real clock.

#[allow(unreachable_pub)] // They are a library elsewhere.
#[path = "../../../fuzz/src/lib.rs"]
mod targets;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// One text may take so long on a slow machine, unoptimized. A loop without an end takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

fn corpus(target: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut files: Vec<_> = fs::read_dir(folder).expect("the corpus").filter_map(Result::ok).collect();
    files.sort_by_key(fs::DirEntry::file_name);
    let texts: Vec<String> = files
        .iter()
        .map(|file| String::from_utf8_lossy(&fs::read(file.path()).expect("readable")).into_owned())
        .collect();
    assert!(!texts.is_empty());
    texts
}

struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) % bound.max(1) as u64) as usize
    }
}

/// A text made of others: cut, doubled, joined and sprinkled with signs.
fn mutated(texts: &[String], signs: &[&str], chance: &mut Chance) -> String {
    let mut text: Vec<char> = texts[chance.below(texts.len())].chars().collect();
    for _ in 0..=chance.below(5) {
        let at = chance.below(text.len() + 1);
        let end = (at + chance.below(30)).min(text.len());
        match chance.below(4) {
            0 => drop(text.drain(at..end)),
            1 => {
                let part = text[at..end].to_vec();
                let to = chance.below(text.len() + 1);
                text.splice(to..to, part);
            }
            2 => {
                let other: Vec<char> = texts[chance.below(texts.len())].chars().collect();
                let from = chance.below(other.len() + 1);
                let until = (from + chance.below(80)).min(other.len());
                text.splice(at..at, other[from..until].iter().copied());
            }
            _ => drop(text.splice(at..at, signs[chance.below(signs.len())].chars())),
        }
    }
    text.into_iter().collect()
}

fn run(name: &str, target: fn(&str), signs: &[&str], usual: u64) {
    let texts = corpus(name);
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let timed = |text: &str| {
        let start = Instant::now();
        target(text);
        assert!(start.elapsed() < PATIENCE, "took {:?}:\n{text}", start.elapsed());
    };
    let one = number("PODARIUM_SEED");
    if one.is_none() {
        texts.iter().for_each(|text| timed(text));
    }
    let seeds = one.map_or(1..=number("PODARIUM_SEEDS").unwrap_or(usual), |seed| seed..=seed);
    for seed in seeds {
        eprintln!("{name}, seed {seed} (again: PODARIUM_SEED={seed})");
        timed(&mutated(&texts, signs, &mut Chance(seed)));
    }
}

#[test]
fn manifests() {
    let signs = [
        ":",
        "- ",
        "\n",
        "\t",
        "{",
        "}",
        "[",
        "]",
        "\"",
        "'",
        "|",
        "&a ",
        "*a",
        "<<: ",
        "!!str ",
        "---\n",
        "null",
        "-1",
        "1e99",
        "99999999999",
        "é",
        "\u{0}",
        "🐟",
        "name: ",
        "command: [sh, -c, ",
        "Always",
        "0s",
        "1000Gi",
    ];
    run("manifest", targets::manifest, &signs, 150);
}

#[test]
fn scripts() {
    let signs = [
        ";",
        "&",
        "|",
        "&&",
        "||",
        "(",
        ")",
        "{ ",
        "}",
        "$",
        "$((",
        "))",
        "${",
        "`",
        "\"",
        "'",
        "\\",
        "\n",
        "<",
        ">",
        "<<E",
        "&1",
        "!",
        "*",
        "?",
        "[",
        "if ",
        "then ",
        "fi",
        "do ",
        "done",
        "case ",
        "esac",
        "while :; ",
        "f()",
        "exec ",
        "trap ",
        "sleep 1",
        "wait",
        "$x",
        "99999999999999999999",
        "é",
        "-n",
        "%s",
    ];
    run("shell", targets::shell, &signs, 200);
}

#[test]
fn command_lines() {
    let signs = [
        " ",
        "\n",
        "kubectl ",
        "--",
        "-",
        "=",
        "-o ",
        "json",
        "yaml",
        "{",
        "}",
        "[",
        "]",
        "'",
        "\"",
        "\\",
        "$",
        "*",
        ",",
        "/",
        "--all",
        "-f -",
        "-n ",
        "pods",
        "deploy/",
        "node-1",
        "99999999999",
        "-1",
        "é",
        "..",
        "@",
        "\u{0}",
    ];
    run("kubectl", targets::kubectl, &signs, 150);
}
