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
    let value: f64 = text.parse().ok()?;
    if value.is_finite() && value.fract() == 0.0 && value.abs() < 9.0e15 {
        return Some((value as i64).into());
    }
    Number::from_f64(value)
}
