//! Virtual time: integer milliseconds since the cluster was set up.

use std::fmt;

/// A moment, in milliseconds since the start. Nothing in the simulator knows another clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SimTime(pub u64);

impl SimTime {
    /// The moment so many whole seconds after the start.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs * 1000)
    }

    /// Milliseconds since the start.
    #[must_use]
    pub const fn ms(self) -> u64 {
        self.0
    }

    /// Whole seconds since the start, as the API writes times.
    #[must_use]
    pub const fn secs(self) -> u64 {
        self.0 / 1000
    }

    /// This moment and so many milliseconds more.
    #[must_use]
    pub const fn after_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; 0 if it lies before.
    #[must_use]
    pub const fn since_ms(self, earlier: SimTime) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (s, tenth) = (self.0 / 1000, self.0 % 1000 / 100);
        write!(f, "{}:{:02}:{:02}.{}", s / 3600, s / 60 % 60, s % 60, tenth)
    }
}
