//! No text, however wrong, may bring the machine down or stop it.

mod common;
#[path = "common/generator.rs"]
mod generator;

use common::Machine;

const WORDS: &[&str] = &[
    "if",
    "then",
    "else",
    "elif",
    "fi",
    "for",
    "in",
    "do",
    "done",
    "while",
    "until",
    "case",
    "esac",
    "{",
    "}",
    "(",
    ")",
    "!",
    "&&",
    "||",
    ";",
    "&",
    "|",
    "\n",
    ";;",
    "<",
    ">",
    ">>",
    "<<E",
    "E",
    "2>&1",
    ">&-",
    "<&3",
    "&>",
    "f()",
    "f",
    "echo",
    "cat",
    "sleep 1",
    "sleep 0.01",
    "true",
    "false",
    "exit",
    "return",
    "break",
    "continue",
    "set -e",
    "set -u",
    "set -x",
    "trap 'echo t' TERM",
    "trap '' INT",
    "kill $$",
    "kill -9 $!",
    "wait",
    "wait $!",
    "read x",
    "shift",
    "eval",
    "local x=1",
    "export A=b",
    "unset x",
    "x=1",
    "x=$x$x",
    "y=`echo a`",
    "$x",
    "\"$x\"",
    "$@",
    "\"$@\"",
    "$*",
    "${x:-a}",
    "${x#*}",
    "${x%%b}",
    "${#x}",
    "${x/a/b}",
    "${x:1:2}",
    "$((x+1))",
    "$((x++))",
    "$((1/0))",
    "$((2**70))",
    "$((9223372036854775807+1))",
    "$((-9223372036854775807-1))",
    "$(",
    "`",
    "'",
    "\"",
    "\\",
    "#",
    "$",
    "${",
    "${x",
    "$((",
    "[",
    "]",
    "[ a = b ]",
    "test",
    "[[",
    "*",
    "?",
    "[a-z]*",
    "~",
    "a b",
    "é",
    "\u{1}",
    "\0",
    "printf '%d %s\\n' 1 a",
    "printf %*d 9 1",
    "printf '%9999999d' 1",
    "seq 5",
    "yes",
    "head -3",
    "tail -2",
    "tail -f x",
    "grep -E '(a|b)*c'",
    "grep '[' x",
    "sed 's/a*/b/g'",
    "sed -n '$p;1d'",
    "awk '{print $1 $NF}'",
    "awk 'BEGIN{while(1)x++}'",
    "awk '/a/,/b/{x[$1]++}'",
    "sort -n",
    "uniq -c",
    "cut -d: -f2-",
    "tr a-z A-Z",
    "wc",
    "tee x",
    "x",
    "/tmp/x",
    "/proc/self/status",
    "/dev/zero",
    "dd if=/dev/zero of=x bs=1M count=3",
    "head -c 100",
    "find / -maxdepth 2",
    "xargs echo",
    "ls -laR /",
    "rm -rf /tmp/*",
    "mkdir -p a/b",
    "mv a b",
    "cp -r a c",
    "ln -s x y",
    "chmod 000 x",
    "date +%s",
    "date -d @99999999999999",
    "nc -l -p 80",
    "wget -qO- localhost",
    "httpd -p 81",
    "timeout 1",
    "exec",
    "exec 3>x",
    "exec cat",
    ". x",
    "sh -c 'echo $0'",
    "sh x",
    "getopts ab: o",
    "umask 077",
    "cd ..",
    "cd -",
    "pwd",
    "type ls",
    "command -v sh",
    "expr 1 + 2",
    "let x=x*x",
    "env",
    "ps",
    "od -c",
    "hexdump -C",
    "md5sum",
    "base64 -d",
    "diff x y",
    "cmp x y",
    "fold -w 3",
    "nl",
    "paste - -",
    "kill -STOP $$",
];

fn next(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

fn script(seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let count = 1 + next(&mut state) % 24;
    let mut text = String::new();
    for _ in 0..count {
        let word = WORDS[(next(&mut state) % WORDS.len() as u64) as usize];
        text.push_str(word);
        match next(&mut state) % 8 {
            0 => {}
            1 => text.push(';'),
            2 => text.push('\n'),
            3 => text.push('|'),
            _ => text.push(' '),
        }
    }
    text
}

/// The seeds to try: `SEED` and `COUNT` say others.
fn seeds(count: u64) -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|s| s.parse().ok());
    let from: u64 = number("SEED").unwrap_or(1);
    from..from + number("COUNT").unwrap_or(count)
}

/// Runs a script for three seconds in 64 MiB; then it is killed, and nothing may be left.
fn harmless(seed: u64, text: &str) {
    if std::env::var("SHOW").is_ok() {
        eprintln!("seed {seed}: {text:?}");
    }
    let result = std::panic::catch_unwind(|| {
        let mut m = Machine::new();
        m.os.set_memory_limit(m.cgroup, Some(64 << 20));
        m.spawn(&["sh", "-c", text]);
        for second in 1..=3 {
            m.to(second * 1000);
        }
        assert!(m.os.processes().count() <= 256);
        m.os.kill_cgroup(m.cgroup);
        m.to(3_001);
        assert_eq!(m.os.processes().count(), 0);
    });
    assert!(result.is_ok(), "seed {seed}: {text:?}");
}

#[test]
fn random_scripts_do_no_harm() {
    for seed in seeds(80) {
        harmless(seed, &script(seed));
    }
}

/// Scripts that make sense, as the hunt for differences uses them, and what is left of them when some of it is lost.
#[test]
fn sensible_scripts_do_no_harm_whole_or_torn() {
    for seed in seeds(60) {
        let text = generator::script(seed);
        harmless(seed, &text);
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut chars: Vec<char> = text.chars().collect();
        for _ in 0..1 + next(&mut state) % 4 {
            let from = next(&mut state) as usize % chars.len().max(1);
            let to = (from + next(&mut state) as usize % 12).min(chars.len());
            chars.drain(from.min(to)..to);
        }
        harmless(seed, &chars.into_iter().collect::<String>());
    }
}

/// The same script gives the same output, however time passes.
#[test]
fn sensible_scripts_are_deterministic() {
    for seed in seeds(30) {
        let text = generator::script(seed);
        let run = |step: u64| {
            let mut m = Machine::new();
            let pid = m.spawn(&["sh", "-c", &text]);
            for at in 1..=4_000 / step {
                m.to(at * step);
            }
            (m.output(pid, None), m.status(pid))
        };
        assert_eq!(run(1000), run(125), "seed {seed}: {text:?}");
    }
}
