//! Flags: which ones a command knows, and what was given.
//! Models github.com/spf13/pflag's rules and error texts, as kubectl uses them.

use crate::duration;

/// The flags that every command knows, in the notation of [`parse`].
const GLOBAL: &str = "n/namespace:s h/help context:s cluster:s user:s kubeconfig:s s/server:s token:s as:s \
    as-group:a as-uid:s request-timeout:s v/v:i vmodule:s certificate-authority:s client-certificate:s \
    client-key:s insecure-skip-tls-verify tls-server-name:s username:s password:s cache-dir:s \
    disable-compression match-server-version profile:s profile-output:s warnings-as-errors \
    log-flush-frequency:d";

/// A yes or no. Models strconv.ParseBool of Go
pub(crate) fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// What kind of value a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bool,
    Text,
    Int,
    Duration,
    /// Values separated by commas, or the flag repeated.
    List,
    /// The flag repeated; commas mean nothing.
    Array,
}

/// A flag that a command knows.
#[derive(Clone, Copy, Debug)]
struct Spec<'a> {
    long: &'a str,
    short: Option<char>,
    kind: Kind,
    /// What it means when it is given without a value, where that is allowed.
    bare: Option<&'a str>,
}

impl<'a> Spec<'a> {
    fn read(word: &'a str) -> Spec<'a> {
        let (word, bare) = match word.split_once('=') {
            Some((word, bare)) => (word, Some(bare)),
            None => (word, None),
        };
        let (name, kind) = word.split_once(':').unwrap_or((word, "b"));
        let (short, long) = match name.split_once('/') {
            Some((short, long)) => (short.chars().next(), long),
            None => (None, name),
        };
        let kind = match kind {
            "s" => Kind::Text,
            "i" => Kind::Int,
            "d" => Kind::Duration,
            "l" => Kind::List,
            "a" => Kind::Array,
            _ => Kind::Bool,
        };
        let bare = if kind == Kind::Bool { Some("true") } else { bare };
        Spec { long, short, kind, bare }
    }

    /// `-w, --watch`: how errors name it.
    fn shown(&self) -> String {
        match self.short {
            Some(short) => format!("-{short}, --{}", self.long),
            None => format!("--{}", self.long),
        }
    }

    fn check(&self, value: &str) -> Result<(), String> {
        let problem = match self.kind {
            Kind::Bool => match parse_bool(value) {
                Some(_) => None,
                None => Some(format!("strconv.ParseBool: parsing {value:?}: invalid syntax")),
            },
            Kind::Int => match value.parse::<i64>() {
                Ok(_) => None,
                Err(error) if *error.kind() == std::num::IntErrorKind::PosOverflow => {
                    Some(format!("strconv.ParseInt: parsing {value:?}: value out of range"))
                }
                Err(_) => Some(format!("strconv.ParseInt: parsing {value:?}: invalid syntax")),
            },
            Kind::Duration => duration::parse(value).err(),
            Kind::Text | Kind::List | Kind::Array => None,
        };
        match problem {
            Some(problem) => {
                Err(format!("invalid argument {value:?} for {:?} flag: {problem}", self.shown()))
            }
            None => Ok(()),
        }
    }
}

/// A command line after its flags were read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    given: Vec<(String, String)>,
    /// What is not a flag.
    pub(crate) args: Vec<String>,
    /// How many of the arguments stand before `--`, if there is one.
    pub(crate) dash_at: Option<usize>,
}

impl Flags {
    /// Reads words by a list of flags: `short/long:kind=bare`, where kind is `s` (text), `i` (whole number),
    /// `d` (span of time), `l` (list), `a` (array) or nothing (yes or no), and `bare` is the value of the
    /// flag when none is given. The error is pflag's.
    pub(crate) fn parse(words: &[String], known: &str) -> Result<Flags, String> {
        let specs: Vec<Spec<'_>> =
            known.split_whitespace().chain(GLOBAL.split_whitespace()).map(Spec::read).collect();
        let mut flags = Flags::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                flags.dash_at = Some(flags.args.len());
                flags.args.extend(words.cloned());
                break;
            }
            if let Some(rest) = word.strip_prefix("--") {
                let (name, value) = match rest.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_string())),
                    None => (rest, None),
                };
                if name.is_empty() || name.starts_with('-') {
                    return Err(format!("bad flag syntax: {word}"));
                }
                let Some(spec) = specs.iter().find(|spec| spec.long == name) else {
                    return Err(format!("unknown flag: --{name}"));
                };
                let value = match (value, spec.bare) {
                    (Some(value), _) => value,
                    (None, Some(bare)) => bare.to_string(),
                    (None, None) => {
                        words.next().cloned().ok_or_else(|| format!("flag needs an argument: --{name}"))?
                    }
                };
                flags.give(spec, value)?;
            } else if word.starts_with('-') && word.len() > 1 {
                flags.shorthands(&word[1..], &specs, &mut words)?;
            } else {
                flags.args.push(word.clone());
            }
        }
        Ok(flags)
    }

    /// The flags of a list, as help shows them, and whether they take a value.
    pub(crate) fn listed(known: &str) -> Vec<(String, bool)> {
        let specs = known.split_whitespace().map(Spec::read);
        let mut listed: Vec<(String, bool)> =
            specs.map(|spec| (spec.shown(), spec.kind != Kind::Bool)).collect();
        crate::sort::by_text(&mut listed, |(name, _)| name);
        listed
    }

    /// Reads `-it`, `-nfoo`, `-n foo`, `-n=foo`.
    fn shorthands(
        &mut self,
        mut letters: &str,
        specs: &[Spec<'_>],
        words: &mut std::slice::Iter<'_, String>,
    ) -> Result<(), String> {
        let all = letters;
        while let Some(letter) = letters.chars().next() {
            let rest = &letters[letter.len_utf8()..];
            let Some(spec) = specs.iter().find(|spec| spec.short == Some(letter)) else {
                return Err(format!("unknown shorthand flag: '{letter}' in -{all}"));
            };
            if let Some(value) = rest.strip_prefix('=') {
                return self.give(spec, value.to_string());
            }
            if let Some(bare) = spec.bare {
                self.give(spec, bare.to_string())?;
                letters = rest;
                continue;
            }
            if !rest.is_empty() {
                return self.give(spec, rest.to_string());
            }
            let value = words.next().cloned();
            let value = value.ok_or_else(|| format!("flag needs an argument: '{letter}' in -{all}"))?;
            return self.give(spec, value);
        }
        Ok(())
    }

    fn give(&mut self, spec: &Spec<'_>, value: String) -> Result<(), String> {
        spec.check(&value)?;
        if spec.kind == Kind::List {
            for part in value.split(',') {
                self.given.push((spec.long.to_string(), part.to_string()));
            }
        } else {
            self.given.push((spec.long.to_string(), value));
        }
        Ok(())
    }

    /// The value that was given last, if any.
    pub(crate) fn get(&self, long: &str) -> Option<&str> {
        self.given.iter().rev().find(|(name, _)| name == long).map(|(_, value)| value.as_str())
    }

    /// The value, or `""`.
    pub(crate) fn text(&self, long: &str) -> &str {
        self.get(long).unwrap_or("")
    }

    /// Every value that was given.
    pub(crate) fn all(&self, long: &str) -> Vec<&str> {
        self.given.iter().filter(|(name, _)| name == long).map(|(_, value)| value.as_str()).collect()
    }

    /// Whether the flag was given at all.
    pub(crate) fn has(&self, long: &str) -> bool {
        self.get(long).is_some()
    }

    /// A yes-or-no flag; `default` when it was not given.
    pub(crate) fn truth(&self, long: &str, default: bool) -> bool {
        self.get(long).map_or(default, |value| parse_bool(value) == Some(true))
    }

    /// Whether a yes-or-no flag is set.
    pub(crate) fn is(&self, long: &str) -> bool {
        self.truth(long, false)
    }

    /// A whole number.
    pub(crate) fn int(&self, long: &str) -> Option<i64> {
        self.get(long).and_then(|value| value.parse().ok())
    }

    /// A span of time in microseconds.
    pub(crate) fn micros(&self, long: &str) -> Option<i64> {
        self.get(long).and_then(|value| duration::parse(value).ok())
    }

    /// The arguments before `--`, and those after it.
    pub(crate) fn around_dash(&self) -> (&[String], &[String]) {
        self.args.split_at(self.dash_at.unwrap_or(self.args.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &str = "w/watch o/output:s i/stdin t/tty tail:i dry-run:s=unchanged f/filename:l";

    fn parse(line: &str) -> Result<Flags, String> {
        let words: Vec<String> = line.split(' ').map(str::to_string).collect();
        Flags::parse(&words, KNOWN)
    }

    #[test]
    fn flags_may_stand_anywhere() {
        let flags = parse("pods -it -oyaml x --tail=3 -n foo --dry-run -f a,b -- -w").unwrap();
        assert_eq!(flags.args, ["pods", "x", "-w"]);
        assert_eq!(flags.dash_at, Some(2));
        assert!(flags.is("stdin") && flags.is("tty") && !flags.is("watch"));
        assert_eq!(flags.get("output"), Some("yaml"));
        assert_eq!(flags.int("tail"), Some(3));
        assert_eq!(flags.get("namespace"), Some("foo"));
        assert_eq!(flags.get("dry-run"), Some("unchanged"));
        assert_eq!(flags.all("filename"), ["a", "b"]);
    }

    #[test]
    fn wrong_flags_are_explained() {
        let error = |line| parse(line).unwrap_err();
        assert_eq!(error("--nosuch"), "unknown flag: --nosuch");
        assert_eq!(error("-X"), "unknown shorthand flag: 'X' in -X");
        assert_eq!(error("--output"), "flag needs an argument: --output");
        assert_eq!(error("-o"), "flag needs an argument: 'o' in -o");
        assert_eq!(
            error("--watch=maybe"),
            "invalid argument \"maybe\" for \"-w, --watch\" flag: strconv.ParseBool: parsing \"maybe\": \
             invalid syntax"
        );
    }
}
