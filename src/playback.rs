//! The only place that meets the wall clock: frames become [`Action::Tick`], delays are made here.

use std::cell::Cell;

use gloo_timers::callback::Timeout;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;

use crate::action::Action;
use crate::page::Page;

/// The speeds that can be chosen: simulated seconds per second.
pub const SPEEDS: [u32; 4] = [1, 10, 100, 1000];

/// No frame counts for more wall time than this, in microseconds: after a pause of the browser (another tab, a
/// closed lid) virtual time goes on where it was.
const FRAME_US_MAX: u32 = 100_000;

/// How virtual time runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Playback {
    /// It runs.
    pub playing: bool,
    /// Simulated seconds per second.
    pub speed: u32,
    /// Microseconds of virtual time that did not fill a millisecond yet.
    carry_us: u64,
}

impl Default for Playback {
    fn default() -> Self {
        Self { playing: false, speed: 1, carry_us: 0 }
    }
}

impl Playback {
    /// The whole milliseconds of virtual time that this much wall time is worth; the rest is kept for later.
    pub fn virtual_ms(&mut self, wall_us: u32) -> u64 {
        let us = self.carry_us + u64::from(wall_us.min(FRAME_US_MAX)) * u64::from(self.speed);
        self.carry_us = us % 1000;
        us / 1000
    }
}

thread_local! {
    /// Whether a frame is asked for already: there is one loop, however often Play is pressed.
    static RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// Lets frames become ticks as long as time is to run.
pub fn start(page: Page) {
    let playing = page.memo(|session| session.playback.playing);
    // This effect touches the browser's frame loop, no signal.
    Effect::new(move |_| {
        if playing.get() && !RUNNING.replace(true) {
            frame(page, None);
        }
    });
}

fn frame(page: Page, last_ms: Option<f64>) {
    request_animation_frame(move || {
        if !page.peek(|session| session.playback.playing) {
            RUNNING.set(false);
            return;
        }
        let now_ms = window().performance().map_or(0.0, |performance| performance.now());
        if let Some(last_ms) = last_ms {
            // A float only here, where the browser hands one over; `as` saturates.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let wall_us = ((now_ms - last_ms) * 1000.0) as u32;
            page.send(Action::Tick { wall_us });
        }
        frame(page, Some(now_ms));
    });
}

/// Calls `f` after so many milliseconds of wall time, unless the handle is dropped before.
pub fn after(ms: u32, f: impl FnOnce() + 'static) -> Timeout {
    Timeout::new(ms, f)
}

/// Goes on in the browser's next task: what it has waiting comes first.
pub async fn next_task() {
    TimeoutFuture::new(0).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_microsecond_is_lost() {
        let mut playback = Playback { playing: true, ..Playback::default() };
        let ms: u64 = (0..60).map(|_| playback.virtual_ms(16_667)).sum();
        assert_eq!(ms, 1000);
    }

    #[test]
    fn a_long_frame_counts_little() {
        let mut playback = Playback { playing: true, speed: 1000, ..Playback::default() };
        assert_eq!(playback.virtual_ms(60_000_000), 100_000);
    }
}
