//! Schedules of CronJobs: five fields, or a word such as `@hourly`.
//! Models github.com/robfig/cron/v3 (parser.go, spec.go) as used in Kubernetes v1.36

use crate::print::quote;
use crate::time::civil;
use crate::zones::Zone;

/// The moments at which a CronJob runs: a bit for each minute, hour, day, month and weekday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    minute: u64,
    hour: u64,
    day: u64,
    month: u64,
    weekday: u64,
    /// Whether the day was written as `*` or `?`; then the weekday alone decides, and the other way round.
    any_day: bool,
    any_weekday: bool,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/// The next moment is looked for in so many days, as far as the original looks.
const DAYS_MAX: i64 = 5 * 366;

impl Schedule {
    /// Reads a schedule.
    ///
    /// # Errors
    /// What is wrong with it, in the words of the library that Kubernetes uses.
    pub fn parse(text: &str) -> Result<Schedule, String> {
        if text.is_empty() {
            return Err("empty spec string".into());
        }
        let text = match text.strip_prefix("TZ=").or_else(|| text.strip_prefix("CRON_TZ=")) {
            Some(rest) => rest.split_once(' ').map_or("", |(_, rest)| rest).trim(),
            None => text,
        };
        let text = match text {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            word if word.starts_with('@') => return Err(format!("unrecognized descriptor: {word}")),
            fields => fields,
        };
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else {
            let count = fields.len();
            return Err(format!("expected exactly 5 fields, found {count}: [{}]", fields.join(" ")));
        };
        let (minute, _) = field(minute, 0, 59, &[])?;
        let (hour, _) = field(hour, 0, 23, &[])?;
        let (day, any_day) = field(day, 1, 31, &[])?;
        let (month, _) = field(month, 1, 12, &MONTHS)?;
        let (weekday, any_weekday) = field(weekday, 0, 6, &WEEKDAYS)?;
        Ok(Schedule { minute, hour, day, month, weekday, any_day, any_weekday })
    }

    /// The first moment after this one, in seconds since the epoch, by the clocks of a time zone; none for dates that
    /// never come.
    pub fn next(&self, zone: &Zone, after: i64) -> Option<i64> {
        let has = |bits: u64, n: u32| bits & (1 << n) != 0;
        let start = after + zone.offset_at(after);
        let first_day = start.div_euclid(86_400);
        for date in first_day..first_day + DAYS_MAX {
            let (_, month, day, .., weekday) = civil(date * 86_400);
            let (by_day, by_weekday) = (has(self.day, day), has(self.weekday, weekday));
            let both =
                if self.any_day || self.any_weekday { by_day && by_weekday } else { by_day || by_weekday };
            if !has(self.month, month) || !both {
                continue;
            }
            // On a day on which the clocks are changed, what they show is not in the order of time.
            let changed =
                zone.offset_at(date * 86_400 - 86_400) != zone.offset_at(date * 86_400 + 2 * 86_400);
            let mut first: Option<i64> = None;
            for minute in 0..1440 {
                if !has(self.hour, (minute / 60) as u32) || !has(self.minute, (minute % 60) as u32) {
                    continue;
                }
                for at in zone.moments_of(date * 86_400 + minute * 60).filter(|at| *at > after) {
                    first = Some(first.map_or(at, |first| first.min(at)));
                }
                if first.is_some() && !changed {
                    break;
                }
            }
            if first.is_some() {
                return first;
            }
        }
        None
    }
}

/// The bits of a field, and whether it is a star.
fn field(text: &str, min: u32, max: u32, names: &[&str]) -> Result<(u64, bool), String> {
    let (mut bits, mut star) = (0, false);
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (range, step) = match part.split('/').collect::<Vec<_>>().as_slice() {
            [range] => (*range, None),
            [range, step] => (*range, Some(number(step, &[], 0)?)),
            _ => return Err(format!("too many slashes: {part}")),
        };
        let (low, mut high) = match range.split('-').collect::<Vec<_>>().as_slice() {
            ["*" | "?"] => {
                star |= step.unwrap_or(1) <= 1;
                (min, max)
            }
            [one] => {
                let one = number(one, names, min)?;
                (one, one)
            }
            [low, high] => (number(low, names, min)?, number(high, names, min)?),
            _ => return Err(format!("too many hyphens: {part}")),
        };
        // `5/10` means from 5 to the end.
        if step.is_some() && !range.contains('-') && low == high {
            high = max;
        }
        let step = step.unwrap_or(1);
        if low < min {
            return Err(format!("beginning of range ({low}) below minimum ({min}): {part}"));
        }
        if high > max {
            return Err(format!("end of range ({high}) above maximum ({max}): {part}"));
        }
        if low > high {
            return Err(format!("beginning of range ({low}) beyond end of range ({high}): {part}"));
        }
        if step == 0 {
            return Err(format!("step of range should be a positive number: {part}"));
        }
        for n in (low..=high).step_by(step as usize) {
            bits |= 1 << n;
        }
    }
    Ok((bits, star))
}

fn number(text: &str, names: &[&str], first: u32) -> Result<u32, String> {
    if let Some(i) = names.iter().position(|name| *name == text.to_ascii_lowercase()) {
        return Ok(i as u32 + first);
    }
    match text.parse::<i64>() {
        Ok(n) if n < 0 => Err(format!("negative number ({n}) not allowed: {text}")),
        Ok(n) => Ok(u32::try_from(n).unwrap_or(u32::MAX)),
        Err(_) => Err(format!(
            "failed to parse int from {text}: strconv.Atoi: parsing {}: invalid syntax",
            quote(text)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;
    use crate::zones::{UTC, find};

    #[test]
    fn clocks_that_are_changed_skip_or_repeat() {
        let next = |text: &str, after: &str| {
            let (schedule, zone) = (Schedule::parse(text).ok()?, find("Europe/Berlin")?);
            Some(Time(schedule.next(&zone, Time::parse(after)?.0)?).rfc3339())
        };
        let is = |text: &str, after: &str, at: &str| assert_eq!(next(text, after).as_deref(), Some(at));
        is("30 2 * * 1", "2026-11-20T12:00:00Z", "2026-11-23T01:30:00Z");
        // There is no half past two on the day of the change in spring, and there are two in autumn.
        is("30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z");
        is("30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z");
        is("30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z");
        is("0 * * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z");
    }

    #[test]
    fn schedules_find_their_next_moment() {
        let next =
            |text: &str, after| Schedule::parse(text).ok().and_then(|schedule| schedule.next(&UTC, after));
        assert_eq!(next("* * * * *", 0), Some(60));
        assert_eq!(next("*/5 * * * *", 301), Some(600));
        assert_eq!(next("@daily", 1), Some(86_400));
        // 1970-01-04 was a Sunday.
        assert_eq!(next("30 2 * * sun", 0), Some(3 * 86_400 + 2 * 3600 + 30 * 60));
        assert_eq!(next("0 0 31 2 *", 0), None);
        assert!(Schedule::parse("* * *").is_err() && Schedule::parse("61 * * * *").is_err());
    }
}
