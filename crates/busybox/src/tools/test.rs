//! test and [.

use crate::ctx::{Act, Ctx};

// Models BusyBox's coreutils/test.c (1.35): what counts as an operator hangs on its place.
struct Test<'a, 'b> {
    cx: &'a Ctx<'b>,
    args: &'a [String],
    at: usize,
    depth: u32,
    double: bool,
}

type Result<T> = std::result::Result<T, String>;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    End,
    Operand,
    Unary,
    Binary,
    Not,
    And,
    Or,
    Open,
    Close,
}

const BINARY: [&str; 14] =
    ["=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"];

/// The value of an expression; the message when there is something wrong with it.
pub(crate) fn eval(cx: &Ctx<'_>, args: &[String], double: bool) -> Result<bool> {
    let mut negated = false;
    let mut rest = args;
    loop {
        let mut test = Test { cx, args: rest, at: 0, depth: 0, double };
        match rest {
            [] => return Ok(negated),
            [one] => return Ok(one.is_empty() == negated),
            [_, _, _] if test.kind(1) == Kind::Binary => return Ok(test.binary()? != negated),
            // Not a group: `( ! -e )` asks whether a text is empty.
            [open, inner @ .., close] if inner.len() == 2 && open == "(" && close == ")" => rest = inner,
            _ => {}
        }
        match rest.split_first() {
            Some((first, more)) if first == "!" => rest = more,
            _ => break,
        }
        negated = !negated;
    }
    let mut test = Test { cx, args, at: 0, depth: 0, double };
    let value = test.or()?;
    match args.get(test.at + 1) {
        None => Ok(value),
        Some(word) => Err([word, ": unknown operand"].concat()),
    }
}

/// Each method begins at `at` and ends on the last word it used.
impl Test<'_, '_> {
    fn kind(&self, at: usize) -> Kind {
        let Some(word) = self.args.get(at).map(String::as_str) else { return Kind::End };
        match word {
            "!" => Kind::Not,
            "(" => Kind::Open,
            ")" => Kind::Close,
            "-a" if !self.double => Kind::And,
            "-o" if !self.double => Kind::Or,
            "&&" if self.double => Kind::And,
            "||" if self.double => Kind::Or,
            "=~" if self.double => Kind::Binary,
            word if BINARY.contains(&word) => Kind::Binary,
            word if word.len() == 2
                && word.starts_with('-')
                && "rwxefdcbpugkstznhOGLS".contains(&word[1..]) =>
            {
                Kind::Unary
            }
            _ => Kind::Operand,
        }
    }

    fn or(&mut self) -> Result<bool> {
        let mut value = self.and()?;
        while self.kind(self.at + 1) == Kind::Or {
            self.at += 2;
            value |= self.and()?;
        }
        Ok(value)
    }

    fn and(&mut self) -> Result<bool> {
        let mut value = self.not()?;
        while self.kind(self.at + 1) == Kind::And {
            self.at += 2;
            value &= self.not()?;
        }
        Ok(value)
    }

    fn not(&mut self) -> Result<bool> {
        let mut negated = false;
        while self.kind(self.at) == Kind::Not {
            if self.at + 1 >= self.args.len() {
                return Ok(!negated);
            }
            self.at += 1;
            negated = !negated;
        }
        Ok(self.primary()? != negated)
    }

    fn primary(&mut self) -> Result<bool> {
        let kind = self.kind(self.at);
        if kind == Kind::End {
            return Err("argument expected".to_string());
        }
        if kind == Kind::Open {
            self.depth += 1;
            if self.depth > 100 {
                return Err("too deep".to_string());
            }
            self.at += 1;
            let value = self.or()?;
            self.at += 1;
            self.depth -= 1;
            let closed = self.kind(self.at) == Kind::Close;
            return if closed { Ok(value) } else { Err("closing paren expected".to_string()) };
        }
        let binary = self.kind(self.at + 1) == Kind::Binary;
        if binary && self.at + 2 < self.args.len() {
            return self.binary();
        }
        let first = &self.args[self.at];
        match self.args.get(self.at + 1) {
            Some(operand) if kind == Kind::Unary => {
                self.at += 1;
                Ok(self.unary(&first[1..], operand))
            }
            _ if binary && kind != Kind::Unary => self.binary(),
            _ => Ok(!first.is_empty()),
        }
    }

    fn unary(&self, op: &str, operand: &str) -> bool {
        match op {
            "n" => return !operand.is_empty(),
            "z" => return operand.is_empty(),
            "t" => return operand.parse().is_ok_and(|fd| self.cx.is_tty(fd)),
            "L" | "h" => return self.cx.lstat(operand).is_ok_and(|m| m.kind == 'l'),
            _ => {}
        }
        let Ok(meta) = self.cx.stat(operand) else { return false };
        let allowed = self.cx.os.allowed(self.cx.pid, &meta);
        match op {
            "e" => true,
            "f" => meta.kind == '-',
            "d" => meta.is_dir(),
            "s" => meta.size > 0,
            "c" => meta.kind == 'c',
            "r" => allowed & 4 != 0,
            "w" => {
                let read_only = self.cx.os.resolve(self.cx.pid, operand, true).is_ok_and(|at| at.read_only);
                allowed & 2 != 0 && !read_only
            }
            "x" => {
                if self.cx.uid() == 0 {
                    meta.is_dir() || meta.mode & 0o111 != 0
                } else {
                    allowed & 1 != 0
                }
            }
            "u" => meta.mode & 0o4000 != 0,
            "g" => meta.mode & 0o2000 != 0,
            "k" => meta.mode & 0o1000 != 0,
            "O" => meta.uid == self.cx.uid(),
            "G" | "N" => true,
            _ => false,
        }
    }

    fn binary(&mut self) -> Result<bool> {
        let (left, op) = (self.args[self.at].as_str(), self.args[self.at + 1].as_str());
        self.at += 2;
        let Some(right) = self.args.get(self.at) else {
            return Err([op, ": argument expected"].concat());
        };
        let time = |path: &str| self.cx.stat(path).ok().map(|m| m.mtime);
        Ok(match op {
            "=" | "==" if self.double => crate::shell::pattern::matches(right, left),
            "!=" if self.double => !crate::shell::pattern::matches(right, left),
            "=" | "==" => left == right,
            "!=" => left != right,
            "<" => left < right,
            ">" => left > right,
            "-nt" => time(left) > time(right) && time(right).is_some(),
            "-ot" => time(left) < time(right) && time(left).is_some(),
            "-ef" => match (self.cx.stat(left), self.cx.stat(right)) {
                (Ok(a), Ok(b)) => a.ino == b.ino,
                _ => false,
            },
            "=~" => match crate::regex::Regex::new(right, true, false) {
                Ok(regex) => regex.find(left.as_bytes(), 0).is_some(),
                Err(()) => return Err(String::new()),
            },
            _ => {
                let (a, b) = (number(left)?, number(right)?);
                match op {
                    "-eq" => a == b,
                    "-ne" => a != b,
                    "-lt" => a < b,
                    "-le" => a <= b,
                    "-gt" => a > b,
                    _ => a >= b,
                }
            }
        })
    }
}

fn number(text: &str) -> Result<i64> {
    let trimmed = text.trim();
    let digits = trimmed.strip_prefix('+').unwrap_or(trimmed);
    let all = !digits.is_empty() && digits.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit());
    digits.parse().map_err(|_| match text {
        "" => "bad number".to_string(),
        _ if all => [text, ": out of range"].concat(),
        _ => [text, ": bad number"].concat(),
    })
}

pub(crate) fn main(cx: &mut Ctx<'_>) -> Act {
    let args = cx.args();
    let name = cx.name();
    let mut rest = &args[1..];
    if name != "test" {
        let close = if name == "[" { "]" } else { "]]" };
        match rest.split_last() {
            Some((last, before)) if last == close => rest = before,
            _ => {
                cx.complain(&["missing ", close].concat());
                return Act::Exit(2);
            }
        }
    }
    match eval(cx, rest, name == "[[") {
        Ok(value) => Act::Exit(i32::from(!value)),
        Err(message) => {
            if !message.is_empty() {
                cx.complain(&message);
            }
            Act::Exit(2)
        }
    }
}
