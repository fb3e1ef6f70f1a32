//! What the seeded tests share: a generator of chance, one of Pods and of what befalls them, and the digest of a
//! cluster.
//!
//! A failure names its seed. `PODARIUM_SEED=1234 cargo test -p k8s-sim` runs that one alone;
//! `PODARIUM_SEEDS=500` runs more of them than usual.

#![allow(dead_code, unreachable_pub)] // Each test file uses a part.

pub mod generate;
pub mod watch;

use std::fmt::{self, Write};

use k8s_sim::{Cluster, Input, SimTime, Timeline};

/// A source of chance that tests draw from (SplitMix64).
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// A source with this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.draw() % (high - low + 1)
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.draw() % 100 < percent
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[(self.draw() % all.len() as u64) as usize]
    }
}

/// The seeds to run: `PODARIUM_SEED` alone, or `PODARIUM_SEEDS` many, or the usual number.
pub fn seeds(usual: u64) -> Vec<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    match number("PODARIUM_SEED") {
        Some(seed) => vec![seed],
        None => (1..=number("PODARIUM_SEEDS").unwrap_or(usual)).collect(),
    }
}

/// Says the seed before anything else, so that it stands above a panic.
pub fn announce(seed: u64) {
    eprintln!("seed {seed} (again: PODARIUM_SEED={seed})");
}

/// A hash of everything that a cluster is: whatever is part of its state is part of its debug form.
pub fn digest(cluster: &Cluster) -> u64 {
    let mut hash = Hash(0xcbf2_9ce4_8422_2325);
    write!(hash, "{cluster:?}").expect("hashing cannot fail");
    hash.0
}

struct Hash(u64);

impl Write for Hash {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Ok(())
    }
}

/// What stands first in the debug forms of two clusters that ought to be equal: for people.
pub fn difference(one: &Cluster, other: &Cluster) -> String {
    let (one, other) = (format!("{one:#?}"), format!("{other:#?}"));
    let mut path: Vec<&str> = Vec::new();
    for (number, (a, b)) in one.lines().zip(other.lines()).enumerate() {
        let depth = (a.len() - a.trim_start().len()) / 4;
        if a != b {
            return format!("line {number}, in {}:\n  {}\n  {}", path.join(" > "), a.trim(), b.trim());
        }
        path.truncate(depth);
        path.push(a.trim());
    }
    format!("{} and {} lines", one.lines().count(), other.lines().count())
}

/// Asserts that two clusters are the same to the last byte.
#[track_caller]
pub fn assert_same(one: &Cluster, other: &Cluster, what: &str) {
    assert!(
        digest(one) == digest(other),
        "{what}: not the same at {}: {}",
        one.now(),
        difference(one, other)
    );
}

/// Lives a journal from the start, advancing as `step` says (a step in milliseconds, from now on).
pub fn live(
    mut timeline: Timeline,
    journal: &[(SimTime, Input)],
    until: SimTime,
    mut step: impl FnMut() -> u64,
) -> Timeline {
    let mut inputs = journal.iter().peekable();
    loop {
        while let Some((_, input)) = inputs.next_if(|(at, _)| *at <= timeline.now()) {
            timeline.submit(input.clone());
        }
        if timeline.now() >= until {
            return timeline;
        }
        let target = timeline.now().after_ms(step().max(1)).min(until);
        let target = inputs.peek().map_or(target, |(at, _)| target.min(*at));
        timeline.advance_to(target);
    }
}

/// A journal as a person reads it.
pub fn tell(journal: &[(SimTime, Input)]) -> String {
    let mut text = String::new();
    for (at, input) in journal {
        let line = match input {
            Input::Api(k8s_sim::ApiRequest::Create { object, .. }) => format!("create\n{object:#}"),
            other => format!("{other:?}"),
        };
        let _ = writeln!(text, "{at} {line}");
    }
    text
}
