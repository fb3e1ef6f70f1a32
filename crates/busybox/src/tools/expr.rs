//! expr.

use crate::ctx::{Act, Ctx};
use crate::regex::Regex;

struct Expr<'a> {
    args: &'a [String],
    at: usize,
    depth: u32,
}

type Res = Result<String, String>;

const LEVELS: [&[&str]; 5] =
    [&["|"], &["&"], &["=", "==", "!=", "<", "<=", ">", ">="], &["+", "-"], &["*", "/", "%"]];

fn empty(v: &str) -> bool {
    v.is_empty() || v.parse::<i64>() == Ok(0)
}

impl Expr<'_> {
    fn peek(&self) -> Option<&str> {
        self.args.get(self.at).map(String::as_str)
    }

    fn binary(&mut self, level: usize) -> Res {
        self.depth += 1;
        if self.depth > 200 {
            return Err("syntax error".to_string());
        }
        let Some(ops) = LEVELS.get(level) else {
            let v = self.matching();
            self.depth -= 1;
            return v;
        };
        let mut left = self.binary(level + 1)?;
        while let Some(op) = self.peek().filter(|op| ops.contains(op)).map(str::to_string) {
            self.at += 1;
            let right = self.binary(level + 1)?;
            let truth = |b: bool| if b { "1" } else { "0" }.to_string();
            left = match op.as_str() {
                "|" => {
                    if empty(&left) {
                        right
                    } else {
                        left
                    }
                }
                "&" => {
                    if empty(&left) || empty(&right) {
                        "0".to_string()
                    } else {
                        left
                    }
                }
                "=" | "==" | "!=" | "<" | "<=" | ">" | ">=" => {
                    let order = match (left.parse::<i64>(), right.parse::<i64>()) {
                        (Ok(a), Ok(b)) => a.cmp(&b),
                        _ => left.cmp(&right),
                    };
                    truth(match op.as_str() {
                        "=" | "==" => order.is_eq(),
                        "!=" => order.is_ne(),
                        "<" => order.is_lt(),
                        "<=" => order.is_le(),
                        ">" => order.is_gt(),
                        _ => order.is_ge(),
                    })
                }
                op => {
                    let number = |t: &str| t.parse::<i64>().map_err(|_| "non-numeric argument".to_string());
                    let (a, b) = (number(&left)?, number(&right)?);
                    match op {
                        "+" => a.wrapping_add(b),
                        "-" => a.wrapping_sub(b),
                        "*" => a.wrapping_mul(b),
                        _ if b == 0 => return Err("division by zero".to_string()),
                        "/" => a.wrapping_div(b),
                        _ => a.wrapping_rem(b),
                    }
                    .to_string()
                }
            };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn matching(&mut self) -> Res {
        let mut left = self.primary()?;
        while self.peek() == Some(":") {
            self.at += 1;
            let pattern = self.primary()?;
            left = matched(&left, &pattern)?;
        }
        Ok(left)
    }

    fn primary(&mut self) -> Res {
        let word = self.peek().ok_or("syntax error")?.to_string();
        self.at += 1;
        match word.as_str() {
            "(" => {
                let v = self.binary(0)?;
                if self.peek() != Some(")") {
                    return Err("syntax error".to_string());
                }
                self.at += 1;
                Ok(v)
            }
            "length" if self.peek().is_some() => Ok(self.primary()?.chars().count().to_string()),
            "quote" if self.peek().is_some() => {
                self.at += 1;
                Ok(self.args[self.at - 1].clone())
            }
            "match" if self.peek().is_some() => {
                let text = self.primary()?;
                let pattern = self.primary()?;
                matched(&text, &pattern)
            }
            "index" if self.peek().is_some() => {
                let (text, set) = (self.primary()?, self.primary()?);
                Ok(text.chars().position(|c| set.contains(c)).map_or(0, |i| i + 1).to_string())
            }
            "substr" if self.peek().is_some() => {
                let text = self.primary()?;
                let (from, len) = (self.primary()?.parse::<usize>(), self.primary()?.parse::<usize>());
                let (Ok(from), Ok(len)) = (from, len) else { return Ok(String::new()) };
                Ok(if from == 0 { String::new() } else { text.chars().skip(from - 1).take(len).collect() })
            }
            _ => Ok(word),
        }
    }
}

/// `text : pattern`: the first group, or how long the match is.
fn matched(text: &str, pattern: &str) -> Res {
    let anchored = ["^", pattern.trim_start_matches('^')].concat();
    let regex = Regex::new(&anchored, false, false).map_err(|()| ["bad regex '", pattern, "'"].concat())?;
    let bytes = text.as_bytes();
    let groups = regex.find(bytes, 0);
    let group = |g: Option<&Option<(usize, usize)>>| {
        g.and_then(|g| *g).map(|(a, b)| String::from_utf8_lossy(&bytes[a..b]).into_owned())
    };
    Ok(if pattern.contains("\\(") {
        groups.and_then(|g| group(g.get(1))).unwrap_or_default()
    } else {
        groups.and_then(|g| group(g.first())).map_or(0, |t| t.chars().count()).to_string()
    })
}

pub(crate) fn expr(cx: &mut Ctx<'_>) -> Act {
    let args = cx.args();
    if args.len() < 2 {
        cx.complain("too few arguments");
        return Act::Exit(2);
    }
    let mut e = Expr { args: &args[1..], at: 0, depth: 0 };
    let result =
        e.binary(0).and_then(|v| if e.at < e.args.len() { Err("syntax error".to_string()) } else { Ok(v) });
    match result {
        Ok(v) => {
            cx.out(&[&v, "\n"].concat());
            Act::Exit(i32::from(empty(&v)))
        }
        Err(message) => {
            cx.complain(&message);
            Act::Exit(2)
        }
    }
}
