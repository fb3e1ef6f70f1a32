//! Moments on the wire: whole seconds ([`Time`]) and microseconds ([`MicroTime`]) since the Unix epoch.

use serde_json::Value;

use crate::record::{Field, Load};

/// A moment in whole seconds since the Unix epoch, written as RFC 3339 in UTC.
/// Models k8s.io/apimachinery/pkg/apis/meta/v1/time.go (v1.36)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Time(pub i64);

/// A moment in microseconds since the Unix epoch, written with six decimals.
/// Models k8s.io/apimachinery/pkg/apis/meta/v1/micro_time.go (v1.36)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct MicroTime(pub i64);

/// A moment taken apart in UTC: year, month 1–12, day 1–31, hour, minute, second, weekday (0 = Sunday).
pub type Civil = (i64, u32, u32, u32, u32, u32, u32);

/// Days since 1970-01-01 of a date in the Gregorian calendar.
pub fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = i64::from((month + 9) % 12);
    let doy = (153 * mp + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

/// The calendar date and time of day of a moment.
pub fn civil(seconds: i64) -> Civil {
    let days = seconds.div_euclid(86_400);
    let rest = seconds.rem_euclid(86_400) as u32;
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
    let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
    let year = yoe + era * 400 + i64::from(month <= 2);
    (year, month, day, rest / 3600, rest / 60 % 60, rest % 60, (days + 4).rem_euclid(7) as u32)
}

/// The names of the months as Go prints them, shortened.
pub const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// The names of the weekdays as Go prints them, shortened, from Sunday.
pub const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// Reads an RFC 3339 moment as microseconds since the epoch.
pub fn parse_rfc3339(text: &str) -> Option<i64> {
    let b = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<i64> {
        let part = b.get(from..to)?;
        part.iter().try_fold(0i64, |n, c| c.is_ascii_digit().then(|| n * 10 + i64::from(c - b'0')))
    };
    let marks = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    if marks.iter().any(|(i, c)| b.get(*i) != Some(c)) || !matches!(b.get(10), Some(b'T')) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = days_from_civil(year, month as u32, day as u32);
    if civil(days * 86_400).2 != day as u32 {
        return None;
    }
    let mut at = 19;
    let mut micros = 0;
    if b.get(at) == Some(&b'.') {
        at += 1;
        let mut weight = 100_000;
        let start = at;
        while let Some(c) = b.get(at).filter(|c| c.is_ascii_digit()) {
            micros += i64::from(c - b'0') * weight;
            weight /= 10;
            at += 1;
        }
        if at == start {
            return None;
        }
    }
    let offset = match b.get(at)? {
        b'Z' if b.len() == at + 1 => 0,
        sign @ (b'+' | b'-') if b.len() == at + 6 && b.get(at + 3) == Some(&b':') => {
            let (h, m) = (number(at + 1, at + 3)?, number(at + 4, at + 6)?);
            if h > 23 || m > 59 {
                return None;
            }
            (h * 3600 + m * 60) * if *sign == b'+' { 1 } else { -1 }
        }
        _ => return None,
    };
    Some((days * 86_400 + hour * 3600 + minute * 60 + second - offset) * 1_000_000 + micros)
}

impl Time {
    /// `2026-11-20T23:50:00Z`, as objects carry it.
    pub fn rfc3339(self) -> String {
        let (y, mo, d, h, mi, s, _) = civil(self.0);
        format!("{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}Z")
    }

    /// `Fri, 20 Nov 2026 23:50:00 +0000`, as `kubectl describe` prints it.
    pub fn rfc1123z(self) -> String {
        let (y, mo, d, h, mi, s, wd) = civil(self.0);
        let (month, weekday) = (MONTHS[mo as usize - 1], WEEKDAYS[wd as usize]);
        format!("{weekday}, {d:02} {month} {y:04} {h:02}:{mi:02}:{s:02} +0000")
    }

    /// Reads RFC 3339; fractions of a second are cut off.
    pub fn parse(text: &str) -> Option<Time> {
        parse_rfc3339(text).map(|micros| Time(micros.div_euclid(1_000_000)))
    }
}

impl MicroTime {
    /// `2026-11-20T23:50:00.000000Z`.
    pub fn rfc3339(self) -> String {
        let (y, mo, d, h, mi, s, _) = civil(self.0.div_euclid(1_000_000));
        let micros = self.0.rem_euclid(1_000_000);
        format!("{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}.{micros:06}Z")
    }

    /// The moment cut to whole seconds.
    pub fn seconds(self) -> Time {
        Time(self.0.div_euclid(1_000_000))
    }
}

impl Load for Time {
    fn load(&mut self, value: &Value) {
        *self = value.as_str().and_then(Time::parse).unwrap_or_default();
    }
}

impl Field for Time {
    fn write(&self) -> Value {
        Value::String(self.rfc3339())
    }
    fn is_empty(&self) -> bool {
        false
    }
}

impl Load for MicroTime {
    fn load(&mut self, value: &Value) {
        *self = MicroTime(value.as_str().and_then(parse_rfc3339).unwrap_or_default());
    }
}

impl Field for MicroTime {
    fn write(&self) -> Value {
        Value::String(self.rfc3339())
    }
    fn is_empty(&self) -> bool {
        false
    }
}
