//! Keyed random draws: each is a hash of the seed and of what it is for, so that a new draw somewhere does not
//! change any other.

/// The cluster's source of chance. Same seed and same key, same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rng {
    seed: u64,
    spans: Spans,
}

/// How spans of time that a real cluster leaves to chance come about: the jitter of a back-off or of a resync, and
/// at which fraction of a second a kubelet's tickers tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spans {
    /// From the seed, evenly over their range.
    #[default]
    Drawn,
    /// The middle of their range. No other value is nearer to what another run drew, so a replay that is to be
    /// compared with a recording takes this one.
    Middle,
}

fn mix(mut x: u64) -> u64 {
    // The finalizer of SplitMix64.
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

impl Rng {
    /// A source with this seed.
    #[must_use]
    pub const fn new(seed: u64, spans: Spans) -> Self {
        Self { seed, spans }
    }

    /// A number for this purpose, object and count.
    #[must_use]
    pub fn draw(&self, purpose: &str, object: &str, count: u64) -> u64 {
        let mut hash = mix(self.seed ^ 0x9e37_79b9_7f4a_7c15);
        for byte in purpose.bytes().chain([0]).chain(object.bytes()) {
            hash = mix(hash ^ u64::from(byte)).wrapping_add(0x9e37_79b9_7f4a_7c15);
        }
        mix(hash ^ mix(count))
    }

    /// A number below `bound` (0 if `bound` is 0).
    #[must_use]
    pub fn below(&self, bound: u64, purpose: &str, object: &str, count: u64) -> u64 {
        if bound == 0 { 0 } else { self.draw(purpose, object, count) % bound }
    }

    /// What decides between equals, the largest first; in a replay they are all the same, so that the first is taken.
    #[must_use]
    pub fn tie(&self, purpose: &str, object: &str, count: u64) -> u64 {
        match self.spans {
            Spans::Drawn => self.draw(purpose, object, count),
            Spans::Middle => 0,
        }
    }

    /// A span of less than `bound_ms`, as [`Spans`] says.
    #[must_use]
    pub fn span_ms(&self, bound_ms: u64, purpose: &str, object: &str, count: u64) -> u64 {
        match self.spans {
            Spans::Drawn => self.below(bound_ms, purpose, object, count),
            Spans::Middle => bound_ms / 2,
        }
    }

    /// `base` stretched by a factor between 1 and 1 + `percent`/100.
    // Models k8s.io/apimachinery/pkg/util/wait Jitter (v1.36)
    #[must_use]
    pub fn jitter_ms(&self, base: u64, percent: u64, purpose: &str, object: &str, count: u64) -> u64 {
        base + base * percent / 100 * self.span_ms(1001, purpose, object, count) / 1000
    }

    /// A UID in the usual writing.
    #[must_use]
    pub fn uid(&self, object: &str, count: u64) -> String {
        let (a, b) = (self.draw("uid-a", object, count), self.draw("uid-b", object, count));
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            a >> 32,
            a >> 16 & 0xffff,
            a & 0xfff,
            0x8000 | (b >> 48 & 0x3fff),
            b & 0xffff_ffff_ffff
        )
    }

    /// 64 hexadecimal digits, as container and sandbox ids have.
    #[must_use]
    pub fn hex64(&self, object: &str, count: u64) -> String {
        (0..4).map(|part| format!("{:016x}", self.draw("hex", object, count * 4 + part))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jitter_is_drawn_or_in_the_middle() {
        let of = |spans, seed| Rng::new(seed, spans).jitter_ms(10_000, 50, "back-off", "pod", seed);
        let drawn: Vec<u64> = (0..200).map(|seed| of(Spans::Drawn, seed)).collect();
        assert!(drawn.iter().all(|ms| (10_000..=15_000).contains(ms)), "{drawn:?}");
        assert!(drawn.iter().any(|ms| *ms < 11_000) && drawn.iter().any(|ms| *ms > 14_000), "{drawn:?}");
        assert!((0..200).all(|seed| of(Spans::Middle, seed) == 12_500));
    }
}
