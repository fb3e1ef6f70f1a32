//! Parts of the page that are drawn a moment later, each in a task of its own, so that a slow phone can answer a
//! finger in between.

use leptos::prelude::*;

use crate::playback;

/// From one turn to the next, in milliseconds: the browser lays out and paints in between.
const TURN_MS: u32 = 20;

/// Draws what is inside in a task of its own.
#[component]
pub(crate) fn Soon(
    /// Its place in the order, from 1.
    turn: u32,
    children: ChildrenFn,
) -> impl IntoView {
    let here = RwSignal::new(false);
    playback::after(turn * TURN_MS, move || {
        // Nobody is there any more to draw for: that is no mistake.
        let _ = here.try_set(true);
    })
    .forget();
    move || here.get().then(|| children())
}
