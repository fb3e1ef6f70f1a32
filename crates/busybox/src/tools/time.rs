//! Time: sleep, date.

use super::Opts;
use super::text::{fixed, pad};
use crate::ctx::{Act, Ctx, Machine, Step};

/// Milliseconds in a duration such as `5`, `0.2`, `3m`; `infinity` is a very long time.
pub(crate) fn duration_ms(text: &str) -> Option<u64> {
    if text == "infinity" || text == "inf" {
        return Some(u64::MAX / 8);
    }
    let (digits, factor) = match text.strip_suffix(['s', 'm', 'h', 'd']) {
        Some(digits) => match text.as_bytes()[text.len() - 1] {
            b's' => (digits, 1),
            b'm' => (digits, 60),
            b'h' => (digits, 3600),
            _ => (digits, 86_400),
        },
        None => (text, 1),
    };
    if digits.starts_with('-') || digits.contains(['e', 'E']) {
        return None;
    }
    let ms: u64 = fixed(digits, 3)?.replace('.', "").parse().ok()?;
    Some(ms.saturating_mul(factor).min(u64::MAX / 8))
}

/// Sleeps until a time, then exits with a code.
#[derive(Clone, Debug)]
pub(crate) struct Sleep {
    pub(crate) until: u64,
    pub(crate) code: i32,
}

impl Machine for Sleep {
    fn step(&mut self, cx: &mut Ctx<'_>) -> Step {
        if cx.now() >= self.until { Step::Exit(self.code) } else { Step::Block(Some(self.until)) }
    }
    fn boxed(&self) -> Box<dyn Machine> {
        Box::new(self.clone())
    }
}

pub(crate) fn sleep(cx: &mut Ctx<'_>) -> Act {
    let args = cx.args();
    if args.len() < 2 {
        return Act::Exit(super::usage(cx));
    }
    let mut total = 0u64;
    for arg in &args[1..] {
        match duration_ms(arg) {
            Some(ms) => total = total.saturating_add(ms),
            None => {
                cx.complain(&["invalid number '", arg, "'"].concat());
                return Act::Exit(1);
            }
        }
    }
    Act::Run(Box::new(Sleep { until: cx.now().saturating_add(total), code: 0 }))
}

pub(crate) fn usleep(cx: &mut Ctx<'_>) -> Act {
    match cx.args().get(1).and_then(|a| a.parse::<u64>().ok()) {
        Some(us) => Act::Run(Box::new(Sleep { until: cx.now().saturating_add(us.div_ceil(1000)), code: 0 })),
        None => Act::Exit(super::usage(cx)),
    }
}

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A moment taken apart, in UTC.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    /// 1 to 12
    pub(crate) month: i64,
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    /// 0 is Sunday.
    pub(crate) weekday: i64,
    /// 1 to 366
    pub(crate) yearday: i64,
}

/// Days since 1970 of a date in the Gregorian calendar.
fn days_from(year: i64, month: i64, day: i64) -> i64 {
    // Years are counted from March, so that the leap day is the last of its year.
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

pub(crate) fn civil(seconds: i64) -> Civil {
    let days = seconds.div_euclid(86_400);
    let rest = seconds.rem_euclid(86_400);
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    Civil {
        year,
        month,
        day: doy - (153 * mp + 2) / 5 + 1,
        hour: rest / 3600,
        minute: rest / 60 % 60,
        second: rest % 60,
        weekday: (days + 4).rem_euclid(7),
        yearday: days - days_from(year, 1, 1) + 1,
    }
}

/// Year and week of ISO 8601: a week belongs to the year of its Thursday.
fn iso_week(seconds: i64) -> (i64, i64) {
    let c = civil(seconds);
    let thursday = civil(seconds + (3 - (c.weekday + 6) % 7) * 86_400);
    (thursday.year, (thursday.yearday - 1) / 7 + 1)
}

/// strftime(3) in UTC.
pub(crate) fn format_time(unix_ms: i64, format: &str) -> String {
    let seconds = unix_ms.div_euclid(1000);
    let c = civil(seconds);
    let mut out = String::new();
    let two = |n: i64| pad(&n.to_string(), 2, false, true);
    let blank = |n: i64| pad(&n.to_string(), 2, false, false);
    let hour12 = if c.hour % 12 == 0 { 12 } else { c.hour % 12 };
    let mut chars = format.chars().peekable();
    while let Some(ch) = chars.next() {
        if ch != '%' {
            out.push(ch);
            continue;
        }
        let mut flag = ' ';
        if let Some(f @ ('-' | '_' | '0' | '^' | '#')) = chars.peek().copied() {
            flag = f;
            chars.next();
        }
        let Some(spec) = chars.next() else {
            out.push('%');
            break;
        };
        let text = match spec {
            'a' => DAYS[c.weekday as usize][..3].to_string(),
            'A' => DAYS[c.weekday as usize].to_string(),
            'b' | 'h' => MONTHS[c.month as usize - 1][..3].to_string(),
            'B' => MONTHS[c.month as usize - 1].to_string(),
            'c' => format_time(unix_ms, "%a %b %e %H:%M:%S %Y"),
            'C' => two(c.year / 100),
            'd' => two(c.day),
            'D' | 'x' => format_time(unix_ms, "%m/%d/%y"),
            'e' => blank(c.day),
            'F' => format_time(unix_ms, "%Y-%m-%d"),
            'g' => two(iso_week(seconds).0 % 100),
            'y' => two(c.year % 100),
            'G' => iso_week(seconds).0.to_string(),
            'Y' => c.year.to_string(),
            'H' => two(c.hour),
            'I' => two(hour12),
            'j' => pad(&c.yearday.to_string(), 3, false, true),
            'k' => blank(c.hour),
            'l' => blank(hour12),
            'm' => two(c.month),
            'M' => two(c.minute),
            'n' => "\n".to_string(),
            'N' => pad(&(unix_ms.rem_euclid(1000) * 1_000_000).to_string(), 9, false, true),
            'p' => if c.hour < 12 { "AM" } else { "PM" }.to_string(),
            'P' => if c.hour < 12 { "am" } else { "pm" }.to_string(),
            'r' => format_time(unix_ms, "%I:%M:%S %p"),
            'R' => format_time(unix_ms, "%H:%M"),
            's' => seconds.to_string(),
            'S' => two(c.second),
            't' => "\t".to_string(),
            'T' | 'X' => format_time(unix_ms, "%H:%M:%S"),
            'u' => if c.weekday == 0 { 7 } else { c.weekday }.to_string(),
            'U' => two((c.yearday + 6 - c.weekday) / 7),
            'V' => two(iso_week(seconds).1),
            'w' => c.weekday.to_string(),
            'W' => two((c.yearday + 6 - (c.weekday + 6) % 7) / 7),
            'z' => "+0000".to_string(),
            'Z' => "UTC".to_string(),
            '%' => "%".to_string(),
            other => ['%', other].iter().collect(),
        };
        match flag {
            '-' => {
                let short = text.trim_start_matches(['0', ' ']);
                out.push_str(if short.is_empty() { "0" } else { short });
            }
            '_' => {
                let short = text.trim_start_matches('0');
                out.push_str(&pad(short, text.len(), false, false));
            }
            '^' => out.push_str(&text.to_ascii_uppercase()),
            _ => out.push_str(&text),
        }
    }
    out
}

/// Reads the date formats BusyBox knows; gives seconds since 1970.
pub(crate) fn parse_date(text: &str, now: i64) -> Option<i64> {
    if let Some(seconds) = text.strip_prefix('@') {
        return fixed(seconds, 0)?.parse().ok();
    }
    let numbers = |t: &str, seps: &[char]| -> Option<Vec<i64>> {
        t.split(|c| seps.contains(&c)).map(|p| if p.is_empty() { None } else { p.parse().ok() }).collect()
    };
    let today = civil(now);
    let t = text.trim().trim_end_matches('Z');
    if t.bytes().take_while(u8::is_ascii_digit).count() >= 4
        && t.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    {
        // [[[[[YY]YY]MM]DD]hh]mm[.ss], from its end.
        let (digits, second) = t.split_once('.').unwrap_or((t, "00"));
        if digits.len() % 2 == 1 || digits.len() > 12 || second.len() != 2 {
            return None;
        }
        let pairs: Vec<&str> =
            (0..digits.len() / 2).rev().filter_map(|i| digits.get(i * 2..i * 2 + 2)).collect();
        let pair = |i: usize, or: i64| pairs.get(i).map_or(Some(or), |p| p.parse().ok());
        let year = match (pairs.get(4), pairs.get(5)) {
            (Some(low), Some(high)) => [*high, *low].concat().parse().ok()?,
            (Some(low), None) => low.parse::<i64>().ok()? + 2000,
            _ => today.year,
        };
        let clock = format!("{}:{}:{second}", pair(1, today.hour)?, pair(0, today.minute)?);
        let date = format!("{year:04}-{}-{}", pair(3, today.month)?, pair(2, today.day)?);
        return parse_date(&[date, clock].join(" "), now);
    }
    // [YYYY.]MM.DD-hh:mm[:ss]
    if let Some((date, clock)) = t.split_once('-')
        && date.contains('.')
    {
        let date = date.replace('.', "-");
        let date = if date.matches('-').count() == 1 { format!("{}-{date}", today.year) } else { date };
        return parse_date(&[&date, " ", clock].concat(), now);
    }
    let (date, clock) = match t.split_once([' ', 'T']) {
        Some((date, clock)) => (Some(date), Some(clock)),
        None if t.contains(':') && !t.contains('-') => (None, Some(t)),
        None => (Some(t), None),
    };
    let (year, month, day) = match date {
        Some(date) => match numbers(date, &['-'])?[..] {
            [y, m, d] if (1900..=9999).contains(&y) => (y, m, d),
            _ => return None,
        },
        None => (today.year, today.month, today.day),
    };
    let (hour, minute, second) = match clock {
        Some(clock) => match numbers(clock, &[':'])?[..] {
            [h, m] => (h, m, 0),
            [h, m, s] => (h, m, s),
            _ => return None,
        },
        None => (0, 0, 0),
    };
    let ok = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second);
    ok.then(|| days_from(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

pub(crate) fn date(cx: &mut Ctx<'_>) -> Act {
    let long =
        [("utc", 'u'), ("date", 'd'), ("iso-8601", 'I'), ("set", 's'), ("reference", 'r'), ("rfc-2822", 'R')];
    let opts = match Opts::parse(cx, "ud:s:r:D:RI::", &long) {
        Ok(opts) => opts,
        Err(act) => return act,
    };
    let mut ms = cx.os.unix_ms();
    if let Some(text) = opts.value('s').or(opts.value('d')) {
        match parse_date(text, ms.div_euclid(1000)) {
            Some(seconds) => ms = seconds * 1000,
            None => {
                cx.complain(&["invalid date '", text, "'"].concat());
                return Act::Exit(1);
            }
        }
    } else if let Some(path) = opts.value('r') {
        match cx.stat(path) {
            Ok(meta) => ms = meta.mtime,
            Err(errno) => return Act::Exit(cx.fail_path(path, errno)),
        }
    }
    let mut format = "%a %b %e %H:%M:%S %Z %Y".to_string();
    if opts.has('R') {
        format = "%a, %d %b %Y %H:%M:%S %z".to_string();
    } else if let Some(spec) = opts.value('I') {
        let kinds = ["date", "hours", "minutes", "seconds", "ns"];
        let Some(kind) = kinds.iter().position(|k| k.starts_with(spec)) else {
            return Act::Exit(super::usage(cx));
        };
        let clock = ["", "T%H", "T%H:%M", "T%H:%M:%S", "T%H:%M:%S,%N"][kind];
        let zone = if kind == 0 { "" } else { "+00:00" };
        format = ["%Y-%m-%d", clock, zone].concat();
    }
    match opts.rest.first() {
        Some(arg) if arg.starts_with('+') => format = arg[1..].to_string(),
        Some(arg) => {
            cx.complain(&["invalid date '", arg, "'"].concat());
            return Act::Exit(1);
        }
        None => {}
    }
    if opts.has('s') {
        // All nodes have one clock here, and nobody sets it.
        let may = cx.os.capable(cx.pid, crate::caps::Cap::SYS_TIME);
        let why = if may { "Function not implemented" } else { "Operation not permitted" };
        cx.complain(&["can't set date: ", why].concat());
    }
    let line = format_time(ms, &format) + "\n";
    cx.out(&line);
    Act::Exit(0)
}
