//! A number or a text, as ports and rolling-update bounds are.

use std::fmt;

use serde_json::Value;

use crate::record::{Field, Load};

/// A number or a text.
/// Models k8s.io/apimachinery/pkg/util/intstr (v1.36)
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IntOrString {
    /// A number.
    Int(i32),
    /// A text: the name of a port, or a percentage.
    Str(String),
}

impl Default for IntOrString {
    fn default() -> Self {
        IntOrString::Int(0)
    }
}

impl fmt::Display for IntOrString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IntOrString::Int(n) => n.fmt(f),
            IntOrString::Str(s) => f.write_str(s),
        }
    }
}

impl IntOrString {
    /// The number meant, where a percentage is one of `total`, rounded up or down.
    /// Models intstr.GetScaledValueFromIntOrPercent (v1.36); `None` where that returns an error.
    pub fn scaled(&self, total: i64, round_up: bool) -> Option<i64> {
        match self {
            IntOrString::Int(n) => Some(i64::from(*n)),
            IntOrString::Str(text) => {
                let percent: i64 = text.strip_suffix('%')?.parse().ok()?;
                let product = percent.checked_mul(total)?;
                Some(if round_up {
                    product.saturating_add(99).div_euclid(100)
                } else {
                    product.div_euclid(100)
                })
            }
        }
    }
}

impl Load for IntOrString {
    fn load(&mut self, value: &Value) {
        *self = match value {
            Value::String(text) => IntOrString::Str(text.clone()),
            _ => IntOrString::Int(value.as_i64().and_then(|n| i32::try_from(n).ok()).unwrap_or(0)),
        };
    }
}

impl Field for IntOrString {
    fn write(&self) -> Value {
        match self {
            IntOrString::Int(n) => Value::from(*n),
            IntOrString::Str(text) => Value::String(text.clone()),
        }
    }
    fn is_empty(&self) -> bool {
        false
    }
}
