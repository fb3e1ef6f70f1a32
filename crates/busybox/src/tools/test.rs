//! test and [.

use crate::ctx::{Act, Ctx};

struct Test<'a, 'b> {
    cx: &'a Ctx<'b>,
    args: &'a [String],
    at: usize,
    depth: u32,
    double: bool,
}

type Result<T> = std::result::Result<T, String>;

const BINARY: [&str; 15] =
    ["=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef", "=~"];

/// The value of an expression; the message when there is something wrong with it.
pub(crate) fn eval(cx: &Ctx<'_>, args: &[String], double: bool) -> Result<bool> {
    match args {
        [] => return Ok(false),
        [one] => return Ok(!one.is_empty()),
        _ => {}
    }
    let mut test = Test { cx, args, at: 0, depth: 0, double };
    let value = test.or()?;
    match args.get(test.at) {
        None => Ok(value),
        Some(word) => Err([word, ": unknown operand"].concat()),
    }
}

impl Test<'_, '_> {
    fn peek(&self, ahead: usize) -> Option<&str> {
        self.args.get(self.at + ahead).map(String::as_str)
    }

    fn or(&mut self) -> Result<bool> {
        self.depth += 1;
        if self.depth > 100 {
            return Err("too deep".to_string());
        }
        let mut value = self.and()?;
        while matches!(self.peek(0), Some("-o" | "||")) {
            self.at += 1;
            value |= self.and()?;
        }
        self.depth -= 1;
        Ok(value)
    }

    fn and(&mut self) -> Result<bool> {
        let mut value = self.not()?;
        while matches!(self.peek(0), Some("-a" | "&&")) {
            self.at += 1;
            value &= self.not()?;
        }
        Ok(value)
    }

    fn not(&mut self) -> Result<bool> {
        let mut negated = false;
        while self.peek(0) == Some("!")
            && self.peek(1).is_some()
            && !self.peek(1).is_some_and(|op| BINARY.contains(&op) && self.peek(2).is_some())
        {
            self.at += 1;
            negated = !negated;
        }
        Ok(self.primary()? != negated)
    }

    fn primary(&mut self) -> Result<bool> {
        let Some(first) = self.peek(0).map(str::to_string) else {
            return Err("argument expected".to_string());
        };
        if let (Some(op), Some(right)) = (self.peek(1).map(str::to_string), self.peek(2).map(str::to_string))
            && BINARY.contains(&op.as_str())
        {
            self.at += 3;
            return self.binary(&first, &op, &right);
        }
        if first == "(" && self.peek(1).is_some() {
            self.at += 1;
            let value = self.or()?;
            if self.peek(0) != Some(")") {
                return Err("closing paren expected".to_string());
            }
            self.at += 1;
            return Ok(value);
        }
        let unary =
            first.len() == 2 && first.starts_with('-') && "bcdefghkLprSsuwxzntOGN".contains(&first[1..]);
        if unary {
            if let Some(operand) = self.peek(1).map(str::to_string) {
                self.at += 2;
                return Ok(self.unary(&first[1..], &operand));
            }
            if self.args.len() > 1 {
                return Err("argument expected".to_string());
            }
        }
        self.at += 1;
        Ok(!first.is_empty())
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

    fn binary(&self, left: &str, op: &str, right: &str) -> Result<bool> {
        let time = |path: &str| self.cx.stat(path).ok().map(|m| m.mtime);
        Ok(match op {
            "=" | "==" if self.double => crate::shell::pattern::matches(right, left),
            "!=" if self.double => !crate::shell::pattern::matches(right, left),
            "=" | "==" => left == right,
            "!=" => left != right,
            "<" => left < right,
            ">" => left > right,
            "-nt" => time(left) > time(right),
            "-ot" => time(left) < time(right) && time(right).is_some(),
            "-ef" => match (self.cx.stat(left), self.cx.stat(right)) {
                (Ok(a), Ok(b)) => a.ino == b.ino,
                _ => false,
            },
            "=~" => return Err([op, ": unknown operand"].concat()),
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
    trimmed.strip_prefix('+').unwrap_or(trimmed).parse().map_err(|_| [text, ": bad number"].concat())
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
            cx.complain(&message);
            Act::Exit(2)
        }
    }
}
