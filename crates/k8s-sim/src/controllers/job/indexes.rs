//! Sets of completion indexes, kept as intervals: `0,2-5`.
// Models pkg/controller/job/indexed_job_utils.go (v1.36)

use std::fmt;

use crate::apiserver::Pod;

/// The annotation and label that say which index a Pod has.
pub(super) const COMPLETION_INDEX: &str = "batch.kubernetes.io/job-completion-index";

/// The index of a Pod, if it has one.
// Models getCompletionIndex (v1.36)
pub(super) fn completion_index(pod: &Pod) -> Option<i64> {
    let text = pod.metadata.annotations.get(COMPLETION_INDEX)?;
    text.parse().ok().filter(|index| *index >= 0)
}

/// Indexes in intervals, the lowest first, none touching the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Intervals(Vec<(i64, i64)>);

impl Intervals {
    /// Reads them; what cannot be read is left out, as is what lies beyond the completions.
    // Models parseIndexesFromString (v1.36)
    pub(super) fn parse(text: &str, completions: i64) -> Self {
        let mut all: Vec<(i64, i64)> = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (Ok(first), Ok(last)) = (first.parse::<i64>(), last.parse::<i64>()) else { continue };
            if first >= completions {
                break;
            }
            let last = last.min(completions - 1);
            match all.last_mut() {
                Some(before) if before.1 == first - 1 => before.1 = last,
                _ => all.push((first, last)),
            }
        }
        Self(all)
    }

    /// With these as well, which come in their order.
    // Models withOrderedIndexes (v1.36)
    pub(super) fn with(&self, indexes: impl IntoIterator<Item = i64>) -> Self {
        self.merge(&Self(indexes.into_iter().map(|index| (index, index)).collect()))
    }

    // Models orderedIntervals.merge (v1.36)
    pub(super) fn merge(&self, other: &Self) -> Self {
        let (mut a, mut b) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut all: Vec<(i64, i64)> = Vec::new();
        loop {
            let next = match (a.peek(), b.peek()) {
                (Some(one), Some(two)) if one.0 < two.0 => a.next(),
                (_, Some(_)) => b.next(),
                (Some(_), None) => a.next(),
                (None, None) => return Self(all),
            };
            let Some(&(first, last)) = next else { return Self(all) };
            match all.last_mut() {
                Some(before) if first <= before.1 + 1 => before.1 = before.1.max(last),
                _ => all.push((first, last)),
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many indexes there are.
    pub(super) fn total(&self) -> i64 {
        self.0.iter().map(|(first, last)| last - first + 1).sum()
    }

    pub(super) fn has(&self, index: i64) -> bool {
        let at = self.0.partition_point(|(_, last)| *last < index);
        self.0.get(at).is_some_and(|(first, _)| *first <= index)
    }

    /// The first so many below `completions` that are not among these.
    // Models firstPendingIndexes (v1.36)
    pub(super) fn first_missing(&self, count: usize, completions: i64) -> Vec<i64> {
        let mut found = Vec::new();
        let mut candidate = 0;
        for &(first, last) in self.0.iter().chain([&(completions, completions)]) {
            while candidate < first.min(completions) && found.len() < count {
                found.push(candidate);
                candidate += 1;
            }
            candidate = candidate.max(last + 1);
        }
        found
    }

    /// How many indexes both have.
    // Models matchSucceededIndexesRule (v1.36)
    pub(super) fn overlap(&self, other: &Self) -> i64 {
        let (mut a, mut b) = (0, 0);
        let mut common = 0;
        while let (Some(one), Some(two)) = (self.0.get(a), other.0.get(b)) {
            common += (one.1.min(two.1) - one.0.max(two.0) + 1).max(0);
            a += usize::from(one.1 <= two.1);
            b += usize::from(two.1 <= one.1);
        }
        common
    }
}

impl fmt::Display for Intervals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (first, last)) in self.0.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            match last - first {
                0 => write!(f, "{comma}{first}")?,
                1 => write!(f, "{comma}{first},{last}")?,
                _ => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Intervals;

    #[test]
    fn intervals_are_read_written_and_merged() {
        let all = Intervals::parse("0,2-4,7,8", 10);
        assert_eq!((all.to_string().as_str(), all.total()), ("0,2-4,7,8", 6));
        assert_eq!(all.with([1, 5, 9]).to_string(), "0-5,7-9");
        assert_eq!(Intervals::parse("1,x,3-9,20", 5).to_string(), "1,3,4");
        assert!(all.has(3) && !all.has(5) && !all.has(9));
    }

    #[test]
    fn missing_ones_are_counted_from_zero() {
        let all = Intervals::parse("0,2-4", 10);
        assert_eq!(all.first_missing(3, 10), [1, 5, 6]);
        assert_eq!(all.first_missing(9, 6), [1, 5]);
        assert_eq!(Intervals::default().first_missing(2, 1_000_000), [0, 1]);
    }

    #[test]
    fn overlaps_are_counted() {
        let all = Intervals::parse("0-3,6-9", 10);
        assert_eq!(all.overlap(&Intervals::parse("2-7", 10)), 4);
        assert_eq!(all.overlap(&Intervals::default()), 0);
    }
}
