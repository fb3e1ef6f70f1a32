//! Parts of the page that are drawn a moment later, each in a task of its own, so that a slow phone can answer a
//! finger in between; and what is hidden at first, only when somebody looks.

use leptos::prelude::*;

use crate::playback;

/// From one turn to the next, in milliseconds: the browser lays out and paints in between.
const TURN_MS: u32 = 20;

/// Does this when it is its turn, in a task of its own.
pub(crate) fn at_turn(turn: u32, f: impl FnOnce() + 'static) {
    playback::after(turn * TURN_MS, f).forget();
}

/// Draws what is inside in a task of its own, and keeps it.
#[component]
pub(crate) fn Soon(
    /// Its place in the order, from 1.
    turn: u32,
    /// Whether anybody can see it; it is drawn when that is so for the first time.
    #[prop(optional, into)]
    wanted: Option<Signal<bool>>,
    children: ChildrenFn,
) -> impl IntoView {
    let has_turn = RwSignal::new(false);
    at_turn(turn, move || {
        // Nobody is there any more to draw for: that is no mistake.
        let _ = has_turn.try_set(true);
    });
    let drawn = Memo::new(move |before: Option<&bool>| {
        before == Some(&true) || (has_turn.get() && wanted.is_none_or(|wanted| wanted.get()))
    });
    move || drawn.get().then(|| children())
}
