//! `$(( … ))`: C expressions over 64-bit integers, with assignment to shell variables.

use super::Shell;

const MAX_DEPTH: u32 = 100;

/// Binary operators by binding strength, weakest first; longer ones before their beginnings.
const LEVELS: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

struct Arith<'a> {
    shell: &'a mut Shell,
    text: &'a [u8],
    pos: usize,
    depth: u32,
    /// Do assignments count? Not on the side of `&&`, `||`, `?:` that is not taken.
    live: bool,
}

type Result<T> = std::result::Result<T, String>;

fn syntax<T>() -> Result<T> {
    Err("arithmetic syntax error".to_string())
}

impl Shell {
    pub(super) fn arith(&mut self, text: &str, depth: u32) -> Result<i64> {
        if depth > 10 {
            return Err("expression recursion loop detected".to_string());
        }
        let mut arith = Arith { shell: self, text: text.as_bytes(), pos: 0, depth: depth * 10, live: true };
        arith.blanks();
        if arith.pos == arith.text.len() {
            return Ok(0);
        }
        let value = arith.comma()?;
        if arith.pos < arith.text.len() { syntax() } else { Ok(value) }
    }
}

impl Arith<'_> {
    fn blanks(&mut self) {
        while self.text.get(self.pos).is_some_and(u8::is_ascii_whitespace) {
            self.pos += 1;
        }
    }

    fn at(&self, op: &str) -> bool {
        self.text[self.pos..].starts_with(op.as_bytes())
    }

    fn eat(&mut self, op: &str) -> bool {
        if self.at(op) {
            self.pos += op.len();
            self.blanks();
            true
        } else {
            false
        }
    }

    fn comma(&mut self) -> Result<i64> {
        let mut value = self.assign()?;
        while self.eat(",") {
            value = self.assign()?;
        }
        Ok(value)
    }

    fn name(&mut self) -> Option<String> {
        let rest = &self.text[self.pos..];
        if rest.first().is_none_or(|b| !(b.is_ascii_alphabetic() || *b == b'_')) {
            return None;
        }
        let len = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        let name = String::from_utf8_lossy(&rest[..len]).into_owned();
        self.pos += len;
        self.blanks();
        Some(name)
    }

    fn assign(&mut self) -> Result<i64> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return syntax();
        }
        let start = self.pos;
        if let Some(name) = self.name() {
            for op in ["<<=", ">>=", "**=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "="] {
                if self.at(op) && !(op == "=" && self.at("==")) {
                    self.pos += op.len();
                    self.blanks();
                    let right = self.assign()?;
                    let value = if op == "=" {
                        right
                    } else {
                        let left = self.variable(&name)?;
                        self.apply(&op[..op.len() - 1], left, right)?
                    };
                    self.store(&name, value)?;
                    self.depth -= 1;
                    return Ok(value);
                }
            }
            self.pos = start;
        }
        let value = self.ternary()?;
        self.depth -= 1;
        Ok(value)
    }

    fn ternary(&mut self) -> Result<i64> {
        let cond = self.binary(0)?;
        if !self.eat("?") {
            return Ok(cond);
        }
        let live = self.live;
        self.live = live && cond != 0;
        let yes = self.assign()?;
        if !self.eat(":") {
            return syntax();
        }
        self.live = live && cond == 0;
        let no = self.assign()?;
        self.live = live;
        Ok(if cond != 0 { yes } else { no })
    }

    fn binary(&mut self, level: usize) -> Result<i64> {
        let Some(ops) = LEVELS.get(level) else { return self.power() };
        let mut left = self.binary(level + 1)?;
        loop {
            let op = ops.iter().find(|op| {
                self.at(op) && {
                    let next = self.text.get(self.pos + op.len()).copied().unwrap_or(0);
                    // `a | b` is not `a || b`, `a < b` not `a << b`, `a + b` not `a += b`.
                    let doubled = op.len() == 1
                        && matches!(**op, "|" | "&" | "<" | ">" | "*")
                        && next == op.as_bytes()[0];
                    let assigns = next == b'=' && !matches!(**op, "==" | "!=" | "<=" | ">=" | "<" | ">");
                    !doubled && !assigns
                }
            });
            let Some(op) = op else { return Ok(left) };
            self.pos += op.len();
            self.blanks();
            let live = self.live;
            match *op {
                "||" => self.live = live && left == 0,
                "&&" => self.live = live && left != 0,
                _ => {}
            }
            let right = self.binary(level + 1)?;
            self.live = live;
            left = self.apply(op, left, right)?;
        }
    }

    fn power(&mut self) -> Result<i64> {
        let base = self.unary()?;
        if self.at("**") && !self.at("**=") {
            self.pos += 2;
            self.blanks();
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return syntax();
            }
            let exponent = self.power()?;
            self.depth -= 1;
            if exponent < 0 {
                return Err("exponent less than 0".to_string());
            }
            return Ok(base.wrapping_pow(exponent.min(64) as u32));
        }
        Ok(base)
    }

    fn apply(&self, op: &str, a: i64, b: i64) -> Result<i64> {
        Ok(match op {
            "||" => i64::from(a != 0 || b != 0),
            "&&" => i64::from(a != 0 && b != 0),
            "|" => a | b,
            "^" => a ^ b,
            "&" => a & b,
            "==" => i64::from(a == b),
            "!=" => i64::from(a != b),
            "<=" => i64::from(a <= b),
            ">=" => i64::from(a >= b),
            "<" => i64::from(a < b),
            ">" => i64::from(a > b),
            "<<" => a.wrapping_shl(b as u32),
            ">>" => a.wrapping_shr(b as u32),
            "+" => a.wrapping_add(b),
            "-" => a.wrapping_sub(b),
            "*" => a.wrapping_mul(b),
            "/" | "%" if b == 0 => {
                if self.live {
                    return Err("divide by zero".to_string());
                }
                0
            }
            "/" => a.wrapping_div(b),
            "%" => a.wrapping_rem(b),
            _ => a.wrapping_pow(b.clamp(0, 64) as u32),
        })
    }

    fn unary(&mut self) -> Result<i64> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return syntax();
        }
        self.blanks();
        let value = match self.text.get(self.pos) {
            Some(b'+') if self.at("++") => self.step_before(1)?,
            Some(b'-') if self.at("--") => self.step_before(-1)?,
            Some(b'+') => {
                self.pos += 1;
                self.unary()?
            }
            Some(b'-') => {
                self.pos += 1;
                self.unary()?.wrapping_neg()
            }
            Some(b'!') => {
                self.pos += 1;
                i64::from(self.unary()? == 0)
            }
            Some(b'~') => {
                self.pos += 1;
                !self.unary()?
            }
            Some(b'(') => {
                self.pos += 1;
                self.blanks();
                let value = self.comma()?;
                if !self.eat(")") {
                    return syntax();
                }
                value
            }
            Some(b) if b.is_ascii_digit() => self.number()?,
            _ => match self.name() {
                Some(name) => {
                    let value = self.variable(&name)?;
                    for (op, by) in [("++", 1), ("--", -1)] {
                        if self.eat(op) {
                            self.store(&name, value.wrapping_add(by))?;
                        }
                    }
                    value
                }
                None => return syntax(),
            },
        };
        self.blanks();
        self.depth -= 1;
        Ok(value)
    }

    fn step_before(&mut self, by: i64) -> Result<i64> {
        self.pos += 2;
        self.blanks();
        match self.name() {
            Some(name) => {
                let value = self.variable(&name)?.wrapping_add(by);
                self.store(&name, value)?;
                Ok(value)
            }
            // `- -x`, `++5`
            None => Ok(self.unary()?.wrapping_mul(1)),
        }
    }

    fn number(&mut self) -> Result<i64> {
        let rest = &self.text[self.pos..];
        let len = rest.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
        let word = String::from_utf8_lossy(&rest[..len]).into_owned();
        self.pos += len;
        let (digits, radix) = if let Some(hex) = word.strip_prefix("0x").or(word.strip_prefix("0X")) {
            (hex, 16)
        } else if word.len() > 1 && word.starts_with('0') {
            (&word[1..], 8)
        } else {
            (&word[..], 10)
        };
        match u64::from_str_radix(digits, radix) {
            Ok(value) => Ok(value as i64),
            // What is too large for strtoull counts as nothing.
            Err(e) if *e.kind() == std::num::IntErrorKind::PosOverflow => Ok(0),
            Err(_) => syntax(),
        }
    }

    fn variable(&mut self, name: &str) -> Result<i64> {
        let Some(value) = self.shell.get(name) else {
            return Ok(0);
        };
        match value.trim().parse() {
            Ok(number) if !value.starts_with('0') || value.len() == 1 => Ok(number),
            _ => {
                let depth = self.depth / 10 + 1;
                self.shell.arith(&value, depth)
            }
        }
    }

    fn store(&mut self, name: &str, value: i64) -> Result<()> {
        if self.live { self.shell.set(name, &value.to_string()) } else { Ok(()) }
    }
}
