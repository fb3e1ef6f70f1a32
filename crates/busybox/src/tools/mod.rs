//! BusyBox's tools, one file for each or for a small family, and the table of them.

/// The options and operands of a tool; without them it ends.
macro_rules! opts {
    ($cx:expr, $spec:expr) => {
        opts!($cx, $spec, &[])
    };
    ($cx:expr, $spec:expr, $long:expr) => {
        match Opts::parse($cx, $spec, $long) {
            Ok(opts) => opts,
            Err(act) => return act,
        }
    };
}

#[cfg(feature = "more")]
mod awk;
mod compare;
mod digest;
#[cfg(feature = "more")]
mod disk;
mod dump;
#[cfg(feature = "more")]
mod expr;
pub(crate) mod files;
#[cfg(feature = "more")]
mod find;
mod flow;
mod grep;
mod jobs;
mod lines;
#[cfg(feature = "more")]
mod more;
mod net;
pub(crate) mod process;
#[cfg(feature = "more")]
mod sed;
mod sort;
pub(crate) mod stream;
mod sys;
pub(crate) mod test;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod users;
mod wget;
mod xargs;

use crate::ctx::{Act, Ctx, Main};

/// A tool: its name, where it begins, and how it is used.
type Tool = (&'static str, Main, &'static str);

/// Every tool, in order of its name.
const TOOLS: &[Tool] = &[
    ("[", test::main, "EXPRESSION ]"),
    ("[[", test::main, "EXPRESSION ]]"),
    ("arch", sys::arch, ""),
    ("ash", unknown_applet, "[-c SCRIPT] [FILE [ARGS]...]"),
    #[cfg(feature = "more")]
    ("awk", awk::awk, "[-v VAR=VAL] [-F SEP] [-f FILE] [PROGRAM] [FILE]..."),
    ("base64", digest::base64, "[-d] [-w COL] [FILE]"),
    ("basename", text::basename, "FILE [SUFFIX] | -a FILE..."),
    ("cat", stream::cat, "[-nbvteA] [FILE]..."),
    ("chgrp", files::chown, "[-Rhvf] GROUP FILE..."),
    ("chmod", files::chmod, "[-Rvf] MODE[,MODE]... FILE..."),
    ("chown", files::chown, "[-Rhvf] USER[:[GRP]] FILE..."),
    ("clear", text::clear, ""),
    ("cmp", compare::cmp, "[-ls] [-n NUM] FILE1 [FILE2]"),
    #[cfg(feature = "more")]
    ("comm", more::comm, "[-123] FILE1 FILE2"),
    ("cp", files::cp, "[-arPLRpf] SOURCE... DEST"),
    ("cut", lines::cut, "[-b|-c|-f LIST] [-d SEP] [-s] [FILE]..."),
    ("date", time::date, "[-u] [-d TIME] [+FMT]"),
    ("dd", flow::dd, "[if=FILE] [of=FILE] [bs=N] [count=N] [skip=N] [seek=N] [conv=notrunc]"),
    #[cfg(feature = "more")]
    ("df", disk::df, "[-PkmhT] [FILESYSTEM]..."),
    ("diff", compare::diff, "[-abBdiNqrTstw] [-U LINES] FILE1 FILE2"),
    ("dirname", text::dirname, "FILENAME"),
    #[cfg(feature = "more")]
    ("dos2unix", more::dos2unix, "[-ud] [FILE]..."),
    #[cfg(feature = "more")]
    ("du", disk::du, "[-aHLdclsxhmk] [FILE]..."),
    ("echo", text::echo_main, "[-neE] [ARG]..."),
    ("egrep", grep::grep, "[OPTIONS] PATTERN [FILE]..."),
    ("env", process::env, "[-i] [-u NAME] [NAME=VALUE]... [PROG ARGS]"),
    #[cfg(feature = "more")]
    ("expand", more::expand, "[-i] [-t N] [FILE]..."),
    #[cfg(feature = "more")]
    ("expr", expr::expr, "EXPRESSION"),
    ("false", false_, ""),
    ("fgrep", grep::grep, "[OPTIONS] PATTERN [FILE]..."),
    #[cfg(feature = "more")]
    ("find", find::find, "[-HL] [PATH]... [OPTIONS] [ACTIONS]"),
    ("fold", lines::fold, "[-bs] [-w WIDTH] [FILE]..."),
    ("free", jobs::free, "[-bkmgh]"),
    (
        "grep",
        grep::grep,
        "[-HhnlLoqvsrRiwFEx] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE } [FILE]...",
    ),
    ("head", stream::head, "[-n N] [-c N] [-qv] [FILE]..."),
    ("hexdump", dump::hexdump, "[-Cv] [-n LEN] [-s OFS] [FILE]..."),
    ("hostname", sys::hostname, "[-isfd]"),
    ("httpd", net::httpd, "[-fv] [-p [IP:]PORT] [-h HOME]"),
    ("id", users::id, "[-ugGnr] [USER]"),
    ("ifconfig", net::ifconfig, "[-a] [INTERFACE]"),
    ("ionice", jobs::prefix, "[-c CLASS] [-n PRI] PROG ARGS"),
    ("ip", net::ip, "address|link|route"),
    ("ipcs", jobs::ipcs, ""),
    ("kill", process::kill, "[-l] [-SIG] PID..."),
    ("killall", jobs::killall, "[-lq] [-SIG] PROCESS_NAME..."),
    ("less", stream::cat, "[FILE]..."),
    #[cfg(feature = "more")]
    ("link", more::link, "FILE LINK"),
    ("ln", files::ln, "[-sfn] TARGET... LINK|DIR"),
    ("logger", jobs::nothing, "[-s] [-t TAG] [MESSAGE]"),
    ("ls", files::ls, "[-1AadhlRFtrSi] [FILE]..."),
    ("md5sum", digest::sums, "[-c] [FILE]..."),
    ("memhog", process::memhog, "MB SECONDS"),
    ("mkdir", files::mkdir, "[-m MODE] [-p] DIRECTORY..."),
    #[cfg(feature = "more")]
    ("mktemp", disk::mktemp, "[-dt] [-p DIR] [TEMPLATE]"),
    ("more", stream::cat, "[FILE]..."),
    #[cfg(feature = "more")]
    ("mount", disk::mount, "[OPTIONS] [-o OPT] DEVICE NODE"),
    ("mv", files::mv, "[-fn] SOURCE... DEST"),
    ("nc", net::nc, "[-iN] [-wN] [-l] [-p PORT] [IPADDR PORT] [-e PROG]"),
    ("netstat", net::netstat, "[-altunp]"),
    ("nice", jobs::nice, "[-n ADJUST] PROG ARGS"),
    ("nl", lines::nl, "[-b a] [-i N] [-s SEP] [-v N] [-w N] [FILE]..."),
    ("nohup", jobs::nohup, "PROG ARGS"),
    ("nproc", jobs::nproc, ""),
    ("nslookup", net::nslookup, "HOST [DNS_SERVER]"),
    ("od", dump::od, "[-bcdox] [-t TYPE] [-N LEN] [FILE]..."),
    ("paste", lines::paste, "[-s] [-d LIST] [FILE]..."),
    #[cfg(feature = "more")]
    ("pgrep", more::pgrep, "[-flanovx] [-s SID|-P PPID|PATTERN]"),
    ("pidof", jobs::pidof, "[-s] [NAME]..."),
    ("ping", net::ping, "[-c COUNT] [-i SECS] [-W SEC] [-w SEC] [-q] HOST"),
    #[cfg(feature = "more")]
    ("pkill", more::pgrep, "[-l|-SIGNAL] [-xfvno] [-s SID|-P PPID|PATTERN]"),
    ("printenv", process::printenv, "[VARIABLE]..."),
    ("printf", text::printf_main, "FORMAT [ARG]..."),
    ("ps", process::ps, "[-o COL1,COL2=HEADER]"),
    ("pwd", text::pwd, ""),
    #[cfg(feature = "more")]
    ("readlink", disk::readlink, "[-fnv] FILE"),
    #[cfg(feature = "more")]
    ("realpath", disk::realpath, "FILE..."),
    ("rev", lines::rev, "[FILE]..."),
    ("rm", files::rm, "[-irf] FILE..."),
    ("rmdir", files::rmdir, "[-p] DIRECTORY..."),
    #[cfg(feature = "more")]
    ("sed", sed::sed, "[-i] [-nrE] [-f FILE]... [-e CMD]... [FILE]..."),
    ("seq", text::seq, "[-w] [-s SEP] [FIRST [INC]] LAST"),
    ("setsid", jobs::prefix, "PROG ARGS"),
    ("sh", unknown_applet, "[-c SCRIPT] [FILE [ARGS]...]"),
    ("sha1sum", digest::sums, "[-c] [FILE]..."),
    ("sha256sum", digest::sums, "[-c] [FILE]..."),
    ("sha512sum", digest::sums, "[-c] [FILE]..."),
    #[cfg(feature = "more")]
    ("shuf", more::shuf, "[-n NUM] [-o FILE] [-z] [FILE | -e [ARG...] | -i L-H]"),
    ("sleep", time::sleep, "[N]..."),
    ("sort", sort::sort, "[-nrughMcszbdfio] [-t CHAR] [-k START[,END]] [-o FILE] [FILE]..."),
    #[cfg(feature = "more")]
    ("split", more::split, "[-a N] [-l N] [-b N] [INPUT [PREFIX]]"),
    #[cfg(feature = "more")]
    ("stat", disk::stat, "[-L] [-c FMT] FILE..."),
    ("strings", dump::strings, "[-fa] [-n LEN] [FILE]..."),
    ("sync", jobs::nothing, ""),
    ("tac", lines::tac, "[FILE]..."),
    ("tail", stream::tail, "[-n N] [-c N] [-fF] [-s SECONDS] [FILE]..."),
    ("tee", lines::tee, "[-ai] [FILE]..."),
    ("test", test::main, "EXPRESSION"),
    ("time", jobs::time, "PROG ARGS"),
    ("timeout", jobs::timeout, "[-s SIG] [-k KILL_SECS] SECS PROG ARGS"),
    ("top", jobs::top, "[-b] [-n COUNT] [-d SECONDS]"),
    ("touch", files::touch, "[-cam] [-d DATE] [-r FILE] FILE..."),
    ("tr", lines::tr, "[-cds] STRING1 [STRING2]"),
    ("true", true_, ""),
    #[cfg(feature = "more")]
    ("truncate", disk::truncate, "[-c] -s SIZE FILE..."),
    ("tty", jobs::tty, ""),
    ("uname", sys::uname, "[-amnrspvio]"),
    #[cfg(feature = "more")]
    ("unexpand", more::expand, "[-fa] [-t N] [FILE]..."),
    ("uniq", lines::uniq, "[-cdiu] [-f,s,w N] [FILE [OUTFILE]]"),
    #[cfg(feature = "more")]
    ("unix2dos", more::dos2unix, "[-ud] [FILE]..."),
    #[cfg(feature = "more")]
    ("unlink", more::link, "FILE"),
    ("uptime", jobs::uptime, ""),
    ("usleep", time::usleep, "N"),
    ("wc", stream::wc, "[-cmlwL] [FILE]..."),
    (
        "wget",
        wget::wget,
        "[-cqS] [--spider] [-O FILE] [--header STR] [--post-data STR] [-P DIR] [-U AGENT] [-T SEC] URL...",
    ),
    #[cfg(feature = "more")]
    ("which", disk::which, "COMMAND..."),
    ("whoami", users::whoami, ""),
    #[cfg(feature = "more")]
    ("xargs", xargs::xargs, "[-0rt] [-n N] [-I STR] [PROG ARGS]"),
    ("xxd", dump::xxd, "[-ps] [-g N] [-c N] [-l LEN] [-s OFS] [-r] [FILE]"),
    ("yes", flow::yes, "[STRING]"),
];

/// The tool of this name.
pub(crate) fn find(name: &str) -> Option<Main> {
    TOOLS.iter().find(|(n, ..)| *n == name).map(|(_, main, _)| *main)
}

/// The names of all tools, as they stand in /bin.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    TOOLS.iter().map(|(n, ..)| *n)
}

const VERSION: &str = "BusyBox v1.36.1 (2023-05-18 22:34:17 UTC) multi-call binary.";

/// The program `busybox` under a name it does not know, or alone.
pub(crate) fn unknown_applet(cx: &mut Ctx<'_>) -> Act {
    let name = cx.name();
    if name != "busybox" {
        let _ = cx.write(2, [name.as_str(), ": applet not found\n"].concat().as_bytes());
        return Act::Exit(127);
    }
    let mut text =
        [VERSION, "\n\nUsage: busybox [function [arguments]...]\n\nCurrently defined functions:\n\t"]
            .concat();
    text.push_str(&names().collect::<Vec<_>>().join(", "));
    text.push('\n');
    cx.out(&text);
    Act::Exit(0)
}

/// Shows how the running tool is used; always gives 1.
pub(crate) fn usage(cx: &mut Ctx<'_>) -> i32 {
    let name = cx.name();
    let usage = TOOLS.iter().find(|(n, ..)| *n == name).map_or("", |(.., usage)| *usage);
    let text = [VERSION, "\n\nUsage: ", &name, " ", usage, "\n"].concat();
    let _ = cx.write(2, text.as_bytes());
    1
}

fn true_(_: &mut Ctx<'_>) -> Act {
    Act::Exit(0)
}

fn false_(_: &mut Ctx<'_>) -> Act {
    Act::Exit(1)
}

/// Options of a command line, taken apart as getopt does: options may stand between operands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Opts {
    pub(crate) found: Vec<(char, String)>,
    pub(crate) rest: Vec<String>,
}

impl Opts {
    /// `spec` lists the letters; one with a colon takes a value, with two one that is attached to it or none. A leading `+` stops at the first operand.
    /// `long` maps long names to letters, as `full-time=F`. A wrong option shows the usage.
    pub(crate) fn parse(cx: &mut Ctx<'_>, spec: &str, long: &[(&str, char)]) -> Result<Opts, Act> {
        let args = cx.args();
        Opts::parse_args(cx, &args[1.min(args.len())..], spec, long)
    }

    pub(crate) fn parse_args(
        cx: &mut Ctx<'_>,
        args: &[String],
        spec: &str,
        long: &[(&str, char)],
    ) -> Result<Opts, Act> {
        let mut opts = Opts::default();
        let ordered = spec.starts_with('+');
        let takes = |c: char| match spec.find(c) {
            Some(at) if c != ':' && c != '+' => Some(spec[at + c.len_utf8()..].starts_with(':')),
            _ => None,
        };
        let mut at = 0;
        while let Some(arg) = args.get(at) {
            at += 1;
            if arg == "--" {
                opts.rest.extend_from_slice(&args[at..]);
                break;
            }
            if let Some(name) = arg.strip_prefix("--") {
                let (name, value) = match name.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_string())),
                    None => (name, None),
                };
                let Some((_, letter)) = long.iter().find(|(n, _)| *n == name) else {
                    cx.complain(&["unrecognized option '", arg, "'"].concat());
                    return Err(Act::Exit(usage(cx)));
                };
                let value = match (takes(*letter), value) {
                    (Some(true), None) => {
                        at += 1;
                        args.get(at - 1).cloned().unwrap_or_default()
                    }
                    (_, value) => value.unwrap_or_default(),
                };
                opts.found.push((*letter, value));
                continue;
            }
            if !arg.starts_with('-') || arg == "-" {
                opts.rest.push(arg.clone());
                if ordered {
                    opts.rest.extend_from_slice(&args[at..]);
                    break;
                }
                continue;
            }
            for (i, letter) in arg.char_indices().skip(1) {
                match takes(letter) {
                    None => {
                        cx.complain(&format!("invalid option -- '{letter}'"));
                        return Err(Act::Exit(usage(cx)));
                    }
                    Some(false) => opts.found.push((letter, String::new())),
                    Some(true) => {
                        let inline = &arg[i + letter.len_utf8()..];
                        let optional = spec.contains(&format!("{letter}::"));
                        let value = if inline.is_empty() && !optional {
                            at += 1;
                            match args.get(at - 1) {
                                Some(value) => value.clone(),
                                None => {
                                    cx.complain(&format!("option requires an argument -- '{letter}'"));
                                    return Err(Act::Exit(usage(cx)));
                                }
                            }
                        } else {
                            inline.to_string()
                        };
                        opts.found.push((letter, value));
                        break;
                    }
                }
            }
        }
        Ok(opts)
    }

    pub(crate) fn has(&self, letter: char) -> bool {
        self.found.iter().any(|(l, _)| *l == letter)
    }

    /// The last value given for a letter.
    pub(crate) fn value(&self, letter: char) -> Option<&str> {
        self.found.iter().rev().find(|(l, _)| *l == letter).map(|(_, v)| v.as_str())
    }

    /// The last value given for any of these letters.
    pub(crate) fn value_of(&self, letters: &str) -> Option<&str> {
        self.found.iter().rev().find(|(l, _)| letters.contains(*l)).map(|(_, v)| v.as_str())
    }

    /// All values given for a letter.
    pub(crate) fn values(&self, letter: char) -> impl Iterator<Item = &str> {
        self.found.iter().filter(move |(l, _)| *l == letter).map(|(_, v)| v.as_str())
    }

    /// Which of these letters came last.
    pub(crate) fn last_of(&self, letters: &str) -> Option<char> {
        self.found.iter().rev().map(|(l, _)| *l).find(|l| letters.contains(*l))
    }
}

/// A number with BusyBox's suffixes: b, k, m, g and their kin.
pub(crate) fn number(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" | "c" => 1,
        "w" => 2,
        "b" => 512,
        "k" | "K" | "kiB" | "KiB" => 1 << 10,
        "kB" | "kD" | "KB" => 1000,
        "m" | "M" | "MiB" => 1 << 20,
        "MB" | "MD" => 1_000_000,
        "g" | "G" | "GiB" => 1 << 30,
        "T" => 1 << 40,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}
