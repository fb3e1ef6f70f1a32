//! The lanes: what each container went through, from the first moment to the last that was lived.

use super::{Role, Tone};

/// Whose lane it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LaneKind {
    /// The Pod's phase.
    Phase,
    /// The sandbox.
    Pause,
    /// A container.
    Container(Role),
    /// The machine that the Pod is on.
    Node,
}

/// A stretch of one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// When it began.
    pub from_ms: u64,
    /// When it ended; none while it lasts.
    pub to_ms: Option<u64>,
    /// How the thing was doing.
    pub tone: Tone,
    /// The real word.
    pub word: String,
}

/// What a mark marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    /// A step in the life of the thing.
    Step,
    /// A probe failed.
    ProbeFailed,
    /// A warning event.
    Warning,
    /// Something the person did.
    Action,
}

impl MarkKind {
    /// The name of the kind in class names.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::ProbeFailed => "probe",
            Self::Warning => "warning",
            Self::Action => "action",
        }
    }
}

/// A moment at which something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at_ms: u64,
    /// What kind of happening.
    pub kind: MarkKind,
    /// What happened.
    pub text: String,
}

/// One row of the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// Whose row it is.
    pub kind: LaneKind,
    /// The name at its left: a container's name, `pause`, `Pod`, a node's name.
    pub name: String,
    /// Its stretches, in order, without overlaps.
    pub segments: Vec<Segment>,
    /// Its marks, in order.
    pub marks: Vec<Mark>,
}

/// A future that was lived and then given up by acting in the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Where it forked off.
    pub from_ms: u64,
    /// How far it had been lived.
    pub to_ms: u64,
}

/// All lanes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TimelineScene {
    /// The rows, from top to bottom.
    pub lanes: Vec<Lane>,
    /// Futures that were given up.
    pub branches: Vec<Branch>,
}

/// The ranges that the timeline grows through, in seconds: it grows in steps, so that the lanes stand still
/// between two of them while time passes.
const RANGES_S: [u64; 17] =
    [30, 60, 90, 120, 180, 300, 480, 720, 1_080, 1_800, 2_700, 3_600, 5_400, 7_200, 10_800, 14_400, 21_600];

/// The range in milliseconds that shows everything up to `horizon_ms`, with a little room for what comes.
#[must_use]
pub fn range_ms(horizon_ms: u64) -> u64 {
    let wanted_s = horizon_ms.saturating_add(horizon_ms / 20) / 1000 + 1;
    match RANGES_S.iter().find(|range| **range >= wanted_s) {
        Some(range) => range * 1000,
        None => {
            // 8, 12, 16, 24, 32, 48, … hours.
            let mut range_s: u64 = 28_800;
            while range_s < wanted_s {
                range_s = if (range_s / 28_800).is_power_of_two() && range_s.is_multiple_of(28_800) {
                    range_s / 2 * 3
                } else {
                    range_s / 3 * 4
                };
            }
            range_s * 1000
        }
    }
}

/// Where the axis is labelled, in milliseconds: four to nine round moments from 0 to `range_ms`.
#[must_use]
pub fn ticks(range_ms: u64) -> Vec<u64> {
    const STEPS_S: [u64; 14] = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800];
    let range_s = range_ms / 1000;
    let step = STEPS_S.iter().copied().find(|step| range_s / step <= 8).unwrap_or((range_s / 8).max(1));
    (0..=range_s / step).map(|n| n * step * 1000).collect()
}

/// The label of a tick: `0:30`, `1:05:00`.
#[must_use]
pub fn tick_label(ms: u64) -> String {
    let seconds = ms / 1000;
    if seconds < 3600 {
        return format!("{}:{:02}", seconds / 60, seconds % 60);
    }
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Marks that would lie within `within_ms` of each other become one, which takes the gravest kind and the text
/// of the last, with the number of them.
#[must_use]
pub fn merge_marks(marks: &[Mark], within_ms: u64) -> Vec<Mark> {
    let mut merged: Vec<(Mark, usize)> = Vec::new();
    for mark in marks {
        match merged.last_mut() {
            Some((last, count)) if mark.at_ms < last.at_ms.saturating_add(within_ms) => {
                last.kind = last.kind.max(mark.kind);
                last.text.clone_from(&mark.text);
                *count += 1;
            }
            _ => merged.push((mark.clone(), 1)),
        }
    }
    merged
        .into_iter()
        .map(|(mut mark, count)| {
            if count > 1 {
                mark.text = format!("{count} happenings, the last: {}", mark.text);
            }
            mark
        })
        .collect()
}

/// Neighbouring stretches that are each shorter than `within_ms` become one with the gravest tone.
#[must_use]
pub fn merge_segments(segments: &[Segment], within_ms: u64) -> Vec<Segment> {
    let short =
        |segment: &Segment| segment.to_ms.is_some_and(|to| to.saturating_sub(segment.from_ms) < within_ms);
    let mut merged: Vec<(Segment, usize)> = Vec::new();
    for segment in segments {
        match merged.last_mut() {
            Some((last, count))
                if short(segment)
                    && last.to_ms == Some(segment.from_ms)
                    && (*count > 1
                        || last.to_ms.is_some_and(|to| to.saturating_sub(last.from_ms) < within_ms)) =>
            {
                last.tone = last.tone.max(segment.tone);
                last.to_ms = segment.to_ms;
                *count += 1;
            }
            _ => merged.push((segment.clone(), 1)),
        }
    }
    merged
        .into_iter()
        .map(|(mut segment, count)| {
            if count > 1 {
                segment.word = format!("{count} short states");
            }
            segment
        })
        .collect()
}

impl Lane {
    /// The lane as a sentence: its states up to the end, the last three of them by name.
    #[must_use]
    pub fn spoken(&self) -> String {
        let words: Vec<String> = self
            .segments
            .iter()
            .rev()
            .take(3)
            .rev()
            .map(|segment| format!("{} from {}", segment.word, super::clock::spoken(segment.from_ms)))
            .collect();
        let more = if self.segments.len() > 3 { "…, " } else { "" };
        format!("{}: {more}{}", self.name, words.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_grows_in_steps_and_holds_everything() {
        let mut last = 0;
        let mut steps = 0;
        for horizon_s in 0..100_000 {
            let range = range_ms(horizon_s * 1000);
            assert!(range > horizon_s * 1000, "{horizon_s} s in {range} ms");
            assert!(range >= last);
            steps += u32::from(range != last);
            last = range;
            assert!((3..=10).contains(&ticks(range).len()), "{range}: {:?}", ticks(range));
        }
        assert!(steps < 40, "{steps} steps");
    }

    #[test]
    fn thousands_of_marks_become_few() {
        let marks: Vec<Mark> = (0..5000)
            .map(|n| Mark {
                at_ms: n * 10,
                kind: if n % 100 == 0 { MarkKind::Action } else { MarkKind::ProbeFailed },
                text: format!("mark {n}"),
            })
            .collect();
        let merged = merge_marks(&marks, 500);
        assert_eq!(merged.len(), 100);
        assert_eq!(merged[0].text, "50 happenings, the last: mark 49");
        assert_eq!(merged[0].kind, MarkKind::Action);
        assert_eq!(merge_marks(&marks, 0).len(), 5000);
    }

    #[test]
    fn short_stretches_become_one_and_long_ones_stay() {
        let stretch = |from_ms, to_ms, tone| Segment { from_ms, to_ms, tone, word: "word".into() };
        let segments = [
            stretch(0, Some(10_000), Tone::Run),
            stretch(10_000, Some(10_010), Tone::Bad),
            stretch(10_010, Some(10_020), Tone::Retry),
            stretch(10_020, Some(10_030), Tone::Run),
            stretch(10_030, None, Tone::Run),
        ];
        let merged = merge_segments(&segments, 100);
        let spans: Vec<(u64, Option<u64>, Tone)> =
            merged.iter().map(|s| (s.from_ms, s.to_ms, s.tone)).collect();
        assert_eq!(
            spans,
            [(0, Some(10_000), Tone::Run), (10_000, Some(10_030), Tone::Bad), (10_030, None, Tone::Run)]
        );
        assert_eq!(merged[1].word, "3 short states");
    }
}
