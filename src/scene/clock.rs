//! Times as a person reads them: clocks, ages, and the numbers that count down.

/// The moment that is shown, and how far this future has been lived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moment {
    /// The moment that is shown, in milliseconds since the lesson began.
    pub now_ms: u64,
    /// The latest moment that has been lived; `now_ms` is smaller after scrubbing back.
    pub horizon_ms: u64,
}

impl Moment {
    /// Whether the person looks at the past.
    #[must_use]
    pub const fn in_past(self) -> bool {
        self.now_ms < self.horizon_ms
    }
}

/// What a countdown counts down to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountdownKind {
    /// SIGKILL at the end of the grace period.
    Grace,
    /// The next start after back-off.
    BackOff,
    /// The image is on the machine.
    Pull,
    /// The preStop hook is over.
    PreStop,
    /// The node counts as lost and gets its taint.
    NodeLost,
    /// The Pods are evicted from a lost node.
    Eviction,
}

/// A number that runs to zero: drawn as a ring with the seconds that are left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Countdown {
    /// What it counts down to.
    pub kind: CountdownKind,
    /// The words beside the number, such as "until SIGKILL".
    pub label: String,
    /// When it began, in simulated milliseconds.
    pub from_ms: u64,
    /// When it is over.
    pub until_ms: u64,
}

impl Countdown {
    /// Milliseconds that are left at `now_ms`.
    #[must_use]
    pub const fn left_ms(&self, now_ms: u64) -> u64 {
        self.until_ms.saturating_sub(now_ms)
    }

    /// The share that is left, in thousandths: 1000 at the start, 0 at the end.
    #[must_use]
    pub fn left_per_mille(&self, now_ms: u64) -> u32 {
        let whole = self.until_ms.saturating_sub(self.from_ms).max(1);
        let left = self.left_ms(now_ms).min(whole);
        u32::try_from(left.saturating_mul(1000) / whole).unwrap_or(1000)
    }
}

/// Seconds that are left, rounded up so that 0 means "now": `23 s`, or `4 m 10 s` above two minutes.
#[must_use]
pub fn left(ms: u64) -> String {
    let seconds = ms.div_ceil(1000);
    if seconds < 120 {
        return format!("{seconds} s");
    }
    format!("{} m {:02} s", seconds / 60, seconds % 60)
}

/// An age as kubectl prints it: `42s`, `5m30s`, `3h`, `2d3h`.
// Models staging/src/k8s.io/apimachinery/pkg/util/duration HumanDuration (v1.36)
#[must_use]
pub fn age(ms: u64) -> String {
    let seconds = ms / 1000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let with_rest = |whole: u64, unit: char, rest: u64, rest_unit: char| {
        if rest == 0 { format!("{whole}{unit}") } else { format!("{whole}{unit}{rest}{rest_unit}") }
    };
    match seconds {
        0..120 => format!("{seconds}s"),
        120..600 => with_rest(minutes, 'm', seconds % 60, 's'),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => with_rest(hours, 'h', minutes % 60, 'm'),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => with_rest(days, 'd', hours % 24, 'h'),
        _ => format!("{days}d"),
    }
}

/// The page's clock: `0:00:46.0`.
#[must_use]
pub fn stamp(ms: u64) -> String {
    let tenths = ms / 100 % 10;
    let seconds = ms / 1000;
    format!("{}:{:02}:{:02}.{tenths}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// A moment in spoken seconds: `46.2 s`, `5 m 3 s`.
#[must_use]
pub fn spoken(ms: u64) -> String {
    let seconds = ms / 1000;
    if seconds < 120 {
        return format!("{seconds}.{} s", ms / 100 % 10);
    }
    if seconds < 3600 {
        return format!("{} m {} s", seconds / 60, seconds % 60);
    }
    format!("{} h {} m {} s", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_kubectls() {
        let cases = [
            (0, "0s"),
            (119_999, "119s"),
            (120_000, "2m"),
            (330_000, "5m30s"),
            (660_000, "11m"),
            (10_800_000, "3h"),
            (18_180_000, "5h3m"),
            (86_400_000, "24h"),
            (183_600_000, "2d3h"),
            (700_000_000, "8d"),
        ];
        for (ms, expected) in cases {
            assert_eq!(age(ms), expected, "{ms} ms");
        }
    }

    #[test]
    fn countdowns_round_up_and_end_at_zero() {
        let grace = Countdown {
            kind: CountdownKind::Grace,
            label: "until SIGKILL".into(),
            from_ms: 1000,
            until_ms: 31_000,
        };
        assert_eq!((left(grace.left_ms(1000)), grace.left_per_mille(1000)), ("30 s".into(), 1000));
        assert_eq!((left(grace.left_ms(30_500)), grace.left_per_mille(30_500)), ("1 s".into(), 16));
        assert_eq!((left(grace.left_ms(40_000)), grace.left_per_mille(40_000)), ("0 s".into(), 0));
        assert_eq!(left(250_000), "4 m 10 s");
    }

    #[test]
    fn clocks() {
        assert_eq!(stamp(46_049), "0:00:46.0");
        assert_eq!(stamp(3_723_900), "1:02:03.9");
        assert_eq!(spoken(46_249), "46.2 s");
        assert_eq!(spoken(303_000), "5 m 3 s");
    }
}
