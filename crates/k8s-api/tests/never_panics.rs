//! Whatever is typed: no panic, no endless loop. Each failure prints the seed that makes it again.

use k8s_api::manifest::{check, complete, hover};

const MANIFESTS: &str = include_str!("data/manifests.json");
const RUNS: u64 = 1500;

/// A small generator: the same numbers for the same seed.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below.max(1) as u64) as usize
    }
}

fn try_all(text: &str, random: &mut Random) {
    for diagnostic in check(text) {
        assert!(
            diagnostic.span.start <= diagnostic.span.end && diagnostic.span.end <= text.len(),
            "{diagnostic:?}"
        );
        assert!(text.is_char_boundary(diagnostic.span.start), "{diagnostic:?}");
        assert!(text.is_char_boundary(diagnostic.span.end), "{diagnostic:?}");
    }
    for _ in 0..3 {
        let at = random.next(text.len() + 2);
        let found = complete(text, at);
        assert!(found.from <= found.to && found.to <= text.len());
        hover(text, at);
    }
}

#[test]
fn mutated_manifests_never_panic() {
    let cases: serde_json::Value = serde_json::from_str(MANIFESTS).unwrap_or_default();
    let texts: Vec<&str> =
        cases.as_array().into_iter().flatten().filter_map(|case| case["manifest"].as_str()).collect();
    let tokens = [
        ":", "- ", "  ", "\n", "\t", "{", "}", "[", "]", "\"", "'", "|", ">", "&a ", "*a", "<<: ", "!!int ",
        "%", "@", "#", "---\n", "...", "?", "null", "true", "-1", "1e999", "0x", "é", "\u{FEFF}", "\u{0}",
        "🐟", "~", ",",
    ];
    for seed in 1..=RUNS {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut text: Vec<char> = texts[random.next(texts.len())].chars().collect();
        for _ in 0..=random.next(6) {
            let at = random.next(text.len() + 1);
            match random.next(4) {
                0 => {
                    let end = (at + random.next(20)).min(text.len());
                    text.drain(at..end);
                }
                1 => {
                    let token = tokens[random.next(tokens.len())];
                    text.splice(at..at, token.chars());
                }
                2 => {
                    let end = (at + random.next(40)).min(text.len());
                    let copy: Vec<char> = text[at..end].to_vec();
                    let to = random.next(text.len() + 1);
                    text.splice(to..to, copy);
                }
                _ => text.truncate(at),
            }
        }
        let text: String = text.into_iter().collect();
        let outcome = std::panic::catch_unwind(|| try_all(&text, &mut Random(seed)));
        assert!(outcome.is_ok(), "seed {seed}: {text:?}");
    }
    eprintln!("mutated manifests: {RUNS} seeds");
}

#[test]
fn random_bytes_never_panic() {
    for seed in 1..=300 {
        let mut random = Random(seed * 77 + 1);
        let bytes: Vec<u8> = (0..random.next(300)).map(|_| random.next(256) as u8).collect();
        let text = String::from_utf8_lossy(&bytes);
        let outcome = std::panic::catch_unwind(|| try_all(&text, &mut Random(seed)));
        assert!(outcome.is_ok(), "seed {seed}: {text:?}");
    }
}

#[test]
fn hostile_texts_end() {
    let deep = "[".repeat(50_000);
    let nested = (0..2000).map(|i| format!("{}a:\n", " ".repeat(i))).collect::<String>();
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for i in 1..12 {
        let previous = format!("*a{}", i - 1);
        bomb.push_str(&format!("a{i}: &a{i} [{}]\n", vec![previous; 10].join(",")));
    }
    let loops = "a: &a [*a]\nb: *a\n".to_string();
    let merges = "a: &a {<<: *a}\nkind: Pod\n".to_string();
    let long = format!("a: \"{}", "x".repeat(200_000));
    let many = "---\na: 1\n".repeat(3000);
    for text in [deep, nested, bomb, loops, merges, long, many] {
        try_all(&text, &mut Random(1));
    }
}

#[test]
fn long_lists_end() {
    let head =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: b\n";
    let many = |line: &str| line.repeat(5_000);
    let texts = [
        format!("{head}    env:\n{}", many("    - {name: A, valu: 1}\n")),
        format!("{head}    ports:\n{}", many("    - {containerPort: 80}\n")),
        format!("{head}{}", many("  - {name: A_, image: x, command: [a]}\n")),
        format!("{head}  schedulingGates:\n{}", many("  - {name: a}\n")),
        format!("apiVersion: v1\nkind: List\nitems:\n{}", many("- {apiVersion: v1, kind: ConfigMap}\n")),
    ];
    for text in &texts {
        try_all(text, &mut Random(7));
    }
}
