//! Spans of time as people read them.

/// An age as `kubectl get` prints it, from milliseconds.
/// Models k8s.io/apimachinery/pkg/util/duration.HumanDuration (v1.36)
pub fn human_duration(millis: i64) -> String {
    // Go divides toward zero, so that a little less than nothing is 0s.
    let seconds = millis / 1000;
    if seconds < -1 {
        return "<invalid>".into();
    }
    if seconds < 0 {
        return "0s".into();
    }
    let two = |a: i64, unit: char, b: i64, rest: char| {
        if b == 0 { format!("{a}{unit}") } else { format!("{a}{unit}{b}{rest}") }
    };
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    if seconds < 120 {
        format!("{seconds}s")
    } else if minutes < 10 {
        two(minutes, 'm', seconds % 60, 's')
    } else if minutes < 180 {
        format!("{minutes}m")
    } else if hours < 8 {
        two(hours, 'h', minutes % 60, 'm')
    } else if hours < 48 {
        format!("{hours}h")
    } else if hours < 24 * 8 {
        two(hours / 24, 'd', hours % 24, 'h')
    } else if hours < 24 * 365 * 2 {
        format!("{}d", hours / 24)
    } else if hours < 24 * 365 * 8 {
        two(hours / 24 / 365, 'y', hours / 24 % 365, 'd')
    } else {
        format!("{}y", hours / 24 / 365)
    }
}

/// A span of milliseconds as Go prints it: `150ms`, `1.2s`, `1m2.5s`. Models time.Duration.String
pub fn go_duration(ms: u64) -> String {
    let seconds = |ms: u64| {
        let mut text = format!("{}.{:03}", ms / 1000, ms % 1000);
        while text.ends_with('0') {
            text.pop();
        }
        if text.ends_with('.') {
            text.pop();
        }
        text
    };
    match ms {
        0 => "0s".into(),
        1..=999 => format!("{ms}ms"),
        1_000..=59_999 => format!("{}s", seconds(ms)),
        60_000..=3_599_999 => format!("{}m{}s", ms / 60_000, seconds(ms % 60_000)),
        _ => format!("{}h{}m{}s", ms / 3_600_000, ms / 60_000 % 60, seconds(ms % 60_000)),
    }
}
