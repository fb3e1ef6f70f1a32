//! Exponential back-off, as the kubelet keeps it for restarts and for image pulls.
// Models client-go util/flowcontrol/backoff.go Backoff (v1.36)

use std::collections::BTreeMap;

use crate::time::SimTime;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    back_off_ms: u64,
    last_update: SimTime,
}

/// Delays by key, doubling from `initial_ms` to `max_ms`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backoff {
    initial_ms: u64,
    max_ms: u64,
    /// After so long without trouble an entry counts as new.
    expiry_ms: u64,
    entries: BTreeMap<String, Entry>,
}

/// A delay of ten seconds to begin with, for restarts and for pulls.
const INITIAL_MS: u64 = 10_000;
/// Five minutes at most.
pub const MAX_CONTAINER_BACK_OFF_MS: u64 = 300_000;
/// A container that ran for ten minutes has its restart back-off forgotten.
const RESTART_EXPIRY_MS: u64 = 600_000;

impl Backoff {
    /// For restarts of containers.
    #[must_use]
    pub fn crash_loop() -> Self {
        Self {
            initial_ms: INITIAL_MS,
            max_ms: MAX_CONTAINER_BACK_OFF_MS,
            expiry_ms: RESTART_EXPIRY_MS,
            entries: BTreeMap::new(),
        }
    }

    /// For image pulls: forgotten after twice the longest delay.
    #[must_use]
    pub fn image_pull() -> Self {
        Self { expiry_ms: 2 * MAX_CONTAINER_BACK_OFF_MS, ..Self::crash_loop() }
    }

    fn live(&self, key: &str, event: SimTime) -> Option<Entry> {
        self.entries.get(key).copied().filter(|entry| event.since_ms(entry.last_update) <= self.expiry_ms)
    }

    /// Whether less than the delay has passed since `event`.
    #[must_use]
    pub fn is_in_back_off_since(&self, key: &str, event: SimTime, now: SimTime) -> bool {
        self.live(key, event).is_some_and(|entry| now.since_ms(event) < entry.back_off_ms)
    }

    /// Whether less than the delay has passed since the entry was last changed.
    #[must_use]
    pub fn is_in_back_off_since_update(&self, key: &str, now: SimTime) -> bool {
        self.live(key, now).is_some_and(|entry| now.since_ms(entry.last_update) < entry.back_off_ms)
    }

    /// The delay now, in milliseconds.
    #[must_use]
    pub fn get_ms(&self, key: &str) -> u64 {
        self.entries.get(key).map_or(0, |entry| entry.back_off_ms)
    }

    /// When the entry was last changed.
    #[must_use]
    pub fn last_update(&self, key: &str) -> Option<SimTime> {
        self.entries.get(key).map(|entry| entry.last_update)
    }

    /// Counts one more occurrence: the first sets the initial delay, each later one doubles it.
    pub fn next(&mut self, key: &str, event: SimTime, now: SimTime) {
        let back_off_ms = match self.live(key, event) {
            Some(entry) => (entry.back_off_ms * 2).min(self.max_ms),
            None => self.initial_ms,
        };
        self.entries.insert(key.into(), Entry { back_off_ms, last_update: now });
    }

    /// Forgets what belongs to a Pod that is gone.
    pub fn forget(&mut self, prefix: &str) {
        self.entries.retain(|key, _| !key.starts_with(prefix));
    }
}
