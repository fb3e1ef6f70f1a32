//! Amounts of cpu, memory and the like: `500m`, `64Mi`, `1e3`.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Value;

use crate::record::{Field, Load};

/// How an amount is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Format {
    /// `1500m`, `2k`, `3M`.
    #[default]
    DecimalSi,
    /// `64Mi`.
    BinarySi,
    /// `12e6`.
    DecimalExponent,
}

/// An amount, exact to a billionth. Equality and order look at the amount only, not at how it is printed.
/// Models k8s.io/apimachinery/pkg/api/resource.Quantity (v1.36)
#[derive(Clone, Debug, Default)]
pub struct Quantity {
    nanos: i128,
    format: Format,
    /// The text as it was written, when Go keeps it: it prints that instead of the canonical form.
    text: Option<Box<str>>,
}

/// Why a text is no amount; the texts are Go's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuantityError {
    /// It does not look like a number with a suffix.
    Format,
    /// The suffix is unknown.
    Suffix,
}

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            QuantityError::Format => {
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
            }
            QuantityError::Suffix => "unable to parse quantity's suffix",
        })
    }
}

const GIGA: i128 = 1_000_000_000;
/// The largest amount with a binary suffix: 2⁶³ − 1.
const BINARY_MAX: i128 = (i64::MAX as i128) * GIGA;
const BINARY_SUFFIXES: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL_SUFFIXES: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
/// Longer texts are not amounts that anybody means.
const TEXT_MAX: usize = 256;

fn power(base: i128, exponent: u32) -> i128 {
    base.checked_pow(exponent).unwrap_or(i128::MAX)
}

/// Divides, rounding away from zero.
fn divide_up(value: i128, by: i128) -> i128 {
    let quotient = value / by;
    if value % by == 0 { quotient } else { quotient + value.signum() }
}

/// The suffix's base (2 or 10), exponent and format.
pub(crate) fn interpret_suffix(suffix: &str) -> Option<(i128, i32, Format)> {
    if let Some((_, exponent)) = DECIMAL_SUFFIXES.iter().find(|(s, _)| *s == suffix) {
        return Some((10, *exponent, Format::DecimalSi));
    }
    if let Some(i) = BINARY_SUFFIXES.iter().position(|s| *s == suffix) {
        return Some((2, 10 * (i as i32 + 1), Format::BinarySi));
    }
    let digits = suffix.strip_prefix(['e', 'E'])?;
    Some((10, digits.parse::<i64>().ok()?.clamp(-400, 400) as i32, Format::DecimalExponent))
}

impl Quantity {
    /// Reads an amount.
    /// Models resource.ParseQuantity (v1.36)
    pub fn parse(text: &str) -> Result<Quantity, QuantityError> {
        if text.is_empty() || text.len() > TEXT_MAX {
            return Err(QuantityError::Format);
        }
        let bytes = text.as_bytes();
        let negative = bytes[0] == b'-';
        let skip_digits = |mut at: usize| {
            while bytes.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
            at
        };
        let start = usize::from(negative || bytes[0] == b'+');
        let mut end = skip_digits(start);
        let number = text[start..end].trim_start_matches('0');
        let mut fraction = "";
        if bytes.get(end) == Some(&b'.') {
            let from = end + 1;
            end = skip_digits(from);
            fraction = &text[from..end];
        }
        let suffix = &text[end..];
        let letters = suffix.bytes().take_while(|b| b"eEinumkKMGTP".contains(b)).count();
        let mut tail = end + letters;
        if matches!(bytes.get(tail), Some(b'-' | b'+')) {
            tail += 1;
        }
        if skip_digits(tail) != text.len() {
            return Err(QuantityError::Format);
        }
        let (base, exponent, mut format) = interpret_suffix(suffix).ok_or(QuantityError::Suffix)?;
        let digits = format!("{number}{fraction}");
        // The amount is digits · base^exponent / 10^fraction; in nanos.
        let mantissa = digits
            .bytes()
            .try_fold(0i128, |n, b| n.checked_mul(10)?.checked_add(i128::from(b - b'0')))
            .unwrap_or(i128::MAX);
        let (mut up, mut down) = (9i32, fraction.len() as i32);
        let mut nanos = mantissa;
        if base == 2 {
            nanos = nanos.saturating_mul(1i128 << exponent);
        } else if exponent >= 0 {
            up += exponent;
        } else {
            down -= exponent;
        }
        let shift = up - down;
        nanos = if shift >= 0 {
            nanos.saturating_mul(power(10, shift as u32))
        } else {
            divide_up(nanos, power(10, (-shift) as u32))
        };
        if format == Format::BinarySi {
            nanos = nanos.min(BINARY_MAX);
            if nanos > 0 && nanos < GIGA {
                format = Format::DecimalSi;
            }
        }
        let scale = exponent - fraction.len() as i32;
        let kept = match format {
            Format::BinarySi => fraction.is_empty() && mantissa & 7 != 0,
            Format::DecimalSi | Format::DecimalExponent => {
                base == 10
                    && scale % 3 == 0
                    && scale >= -9
                    && !digits.ends_with("000")
                    && !digits.starts_with('0')
            }
        } && !digits.is_empty()
            && digits.len() < 16;
        let nanos = if negative { -nanos } else { nanos };
        let quantity = Quantity { nanos, format, text: None };
        let text = (kept && quantity.to_string() != text).then(|| text.into());
        Ok(Quantity { text, ..quantity })
    }

    /// Reads an amount as JSON carries it: a string, or a number.
    pub fn from_value(value: &Value) -> Result<Quantity, QuantityError> {
        match value {
            Value::String(text) => Quantity::parse(text.trim()),
            Value::Number(number) => Quantity::parse(&number.to_string()),
            _ => Err(QuantityError::Format),
        }
    }

    /// A whole number of units.
    pub fn from_units(units: i64, format: Format) -> Quantity {
        Quantity { nanos: i128::from(units) * GIGA, format, text: None }
    }

    /// A number of thousandths, such as milli-cpus.
    pub fn from_millis(millis: i64) -> Quantity {
        Quantity { nanos: i128::from(millis) * 1_000_000, format: Format::DecimalSi, text: None }
    }

    /// The amount in whole units, rounded away from zero. Models Quantity.Value (v1.36)
    pub fn value(&self) -> i64 {
        divide_up(self.nanos, GIGA).clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
    }

    /// The amount in thousandths, rounded away from zero. Models Quantity.MilliValue (v1.36)
    pub fn milli_value(&self) -> i64 {
        divide_up(self.nanos, 1_000_000).clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
    }

    /// The same amount, rounded away from zero to thousandths. Models Quantity.RoundUp(Milli) (v1.36)
    pub fn rounded_to_millis(&self) -> Quantity {
        let nanos = divide_up(self.nanos, 1_000_000) * 1_000_000;
        if nanos == self.nanos { self.clone() } else { Quantity { nanos, format: self.format, text: None } }
    }

    /// The amount in billionths.
    pub fn nano_value(&self) -> i128 {
        self.nanos
    }

    /// How it is printed.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Whether it is nothing.
    pub fn is_zero(&self) -> bool {
        self.nanos == 0
    }

    /// −1, 0 or 1.
    pub fn sign(&self) -> i32 {
        self.nanos.signum() as i32
    }

    /// Adds another amount; zero takes over the other's format.
    pub fn add(&mut self, other: &Quantity) {
        if self.is_zero() {
            self.format = other.format;
        }
        self.text = None;
        self.nanos = self.nanos.saturating_add(other.nanos);
    }

    /// Takes another amount away; zero takes over the other's format.
    pub fn sub(&mut self, other: &Quantity) {
        if self.is_zero() {
            self.format = other.format;
        }
        self.text = None;
        self.nanos = self.nanos.saturating_sub(other.nanos);
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

/// The canonical text: no fraction, the largest suffix that fits.
/// Models Quantity.CanonicalizeBytes (v1.36)
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = &self.text {
            return f.write_str(text);
        }
        if self.nanos == 0 {
            return f.write_str("0");
        }
        let small = self.nanos.abs() < 1024 * GIGA;
        if self.format == Format::BinarySi && !small && self.nanos % GIGA == 0 {
            let mut amount = self.nanos / GIGA;
            let mut step = 0;
            while amount % 1024 == 0 && step < BINARY_SUFFIXES.len() {
                amount /= 1024;
                step += 1;
            }
            return write!(f, "{amount}{}", if step == 0 { "" } else { BINARY_SUFFIXES[step - 1] });
        }
        let mut amount = self.nanos;
        let mut exponent = -9;
        while amount % 1000 == 0 && (self.format == Format::DecimalExponent || exponent < 18) {
            amount /= 1000;
            exponent += 3;
        }
        if self.format == Format::DecimalExponent {
            return if exponent == 0 { write!(f, "{amount}") } else { write!(f, "{amount}e{exponent}") };
        }
        let suffix = DECIMAL_SUFFIXES.iter().find(|(_, e)| *e == exponent).map_or("", |(s, _)| s);
        write!(f, "{amount}{suffix}")
    }
}

impl Load for Quantity {
    fn load(&mut self, value: &Value) {
        *self = Quantity::from_value(value).unwrap_or_default();
    }
}

impl Field for Quantity {
    fn write(&self) -> Value {
        Value::String(self.to_string())
    }
    fn is_empty(&self) -> bool {
        false
    }
}
