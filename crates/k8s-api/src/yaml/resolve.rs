//! What a scalar means: the rules of YAML 1.1 as Go reads them.
//! Models go.yaml.in/yaml/v2/resolve.go as in Kubernetes v1.36

use serde_json::{Number, Value};

use super::scanner::Style;

const TAG_PREFIX: &str = "tag:yaml.org,2002:";

/// The value of a scalar.
///
/// # Errors
/// A tag that does not fit the text, or a number that JSON cannot write; in Go's words.
pub fn scalar_value(text: &str, style: Style, tag: Option<&str>) -> Result<Value, String> {
    let tag = tag.filter(|tag| *tag != "!" || style == Style::Plain);
    let short = match tag {
        None if style == Style::Plain => "",
        None => return Ok(Value::String(text.to_string())),
        Some("!") => "",
        Some(tag) => match tag.strip_prefix(TAG_PREFIX) {
            Some(short) => short,
            // Tags of others say nothing here: the text stands for itself.
            None => return Ok(Value::String(text.to_string())),
        },
    };
    let value = plain_value(text)?;
    let found = match &value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        _ => "str",
    };
    match short {
        "" => Ok(value),
        "str" | "binary" => Ok(Value::String(text.to_string())),
        "float" if found == "int" => Ok(value),
        _ if short == found => Ok(value),
        _ => Err(format!("cannot decode !!{found} `{text}` as a !!{short}")),
    }
}

/// The value of a scalar without quotes and tag.
fn plain_value(text: &str) -> Result<Value, String> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Ok(true.into());
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Ok(false.into());
        }
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        ".nan" | ".NaN" | ".NAN" => return Err("json: unsupported value: NaN".into()),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Err("json: unsupported value: +Inf".into());
        }
        "-.inf" | "-.Inf" | "-.INF" => return Err("json: unsupported value: -Inf".into()),
        _ => {}
    }
    let number = match text.as_bytes()[0] {
        b'.' => float(text),
        b'+' | b'-' | b'0'..=b'9' => {
            let plain = text.replace('_', "");
            integer(&plain).or_else(|| float(&plain))
        }
        _ => None,
    };
    Ok(number.map_or_else(|| Value::String(text.to_string()), Value::Number))
}

/// Digits with Go's prefixes: `0x`, `0o`, `0b`, and `0` for octal.
fn integer(text: &str) -> Option<Number> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = if let Some(rest) = lower.strip_prefix("0x") {
        (16, rest)
    } else if let Some(rest) = lower.strip_prefix("0b") {
        (2, rest)
    } else if let Some(rest) = lower.strip_prefix("0o") {
        (8, rest)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, &lower[1..])
    } else {
        (10, lower.as_str())
    };
    if digits.is_empty() || !digits.bytes().all(|b| char::from(b).is_digit(radix)) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if !negative {
        return Some(match i64::try_from(magnitude) {
            Ok(n) => n.into(),
            Err(_) => magnitude.into(),
        });
    }
    match magnitude.cmp(&(1 << 63)) {
        std::cmp::Ordering::Greater => None,
        std::cmp::Ordering::Equal => Some(i64::MIN.into()),
        std::cmp::Ordering::Less => Some((-(magnitude as i64)).into()),
    }
}

/// A decimal with a point or an exponent; whole ones become integers, as JSON writes them.
fn float(text: &str) -> Option<Number> {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(at) => (&body[..at], Some(&body[at + 1..])),
        None => (body, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['+', '-']).unwrap_or(e);
        !e.is_empty() && digits(e)
    });
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) || !exponent_fits {
        return None;
    }
    // A decimal of up to 19 digits times a power of ten: exact for what people write. The standard library's
    // reader would bring 10 KB of tables onto the page.
    let mut digits: u64 = 0;
    let mut dropped = 0i64;
    for b in whole.bytes().chain(fraction.bytes()) {
        match digits.checked_mul(10).and_then(|d| d.checked_add(u64::from(b - b'0'))) {
            Some(next) if dropped == 0 => digits = next,
            _ => dropped += 1,
        }
    }
    let exponent = match exponent {
        Some(text) => text.parse::<i64>().unwrap_or(if text.starts_with('-') { -9999 } else { 9999 }),
        None => 0,
    };
    let mut power = exponent.saturating_add(dropped).saturating_sub(fraction.len() as i64).clamp(-9999, 9999);
    let mut value = digits as f64;
    while power > 0 && value != 0.0 && value.is_finite() {
        let step = power.min(22);
        value *= POWERS[step as usize];
        power -= step;
    }
    while power < 0 && value != 0.0 {
        let step = (-power).min(22);
        value /= POWERS[step as usize];
        power += step;
    }
    if text.starts_with('-') {
        value = -value;
    }
    if value.is_finite() && value.fract() == 0.0 && value.abs() < 9.0e15 {
        return Some((value as i64).into());
    }
    Number::from_f64(value)
}

/// Powers of ten that are exact.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_go_reads_them() {
        let value = |text: &str| scalar_value(text, Style::Plain, None).map(|value| value.to_string());
        for (text, json) in [
            ("80.5", "80.5"),
            ("1.10", "1.1"),
            ("1e3", "1000"),
            ("-.5", "-0.5"),
            ("0.1", "0.1"),
            ("123456.789", "123456.789"),
            ("0400", "256"),
            ("0x1F", "31"),
            ("1_000", "1000"),
            ("1e-7", "1e-7"),
            ("y", "true"),
            ("~", "null"),
            ("1.2.3", "\"1.2.3\""),
            ("08", "8"),
            ("12e03", "12000"),
        ] {
            assert_eq!(value(text).as_deref(), Ok(json), "{text}");
        }
    }
}
