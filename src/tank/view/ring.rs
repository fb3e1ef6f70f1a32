//! Numbers that count down, and the pill that says a state with its sign and its word.

use leptos::prelude::*;

use crate::scene::{Countdown, Moment, Tone, clock};

/// A ring that empties, with the seconds that are left and what they are left until.
#[component]
pub(super) fn Ring(countdown: Countdown, moment: Memo<Moment>) -> impl IntoView {
    let label = countdown.label.clone();
    let ring = countdown.clone();
    let left = Memo::new(move |_| clock::left(countdown.left_ms(moment.get().now_ms)));
    // A quarter of a thousandth more would not be seen: the memo keeps the ring still in between.
    let share = Memo::new(move |_| ring.left_per_mille(moment.get().now_ms));
    view! {
        <span class="countdown">
            <svg class="ring" viewBox="0 0 20 20" aria-hidden="true">
                <circle class="ring-track" cx="10" cy="10" r="7.5" />
                <circle
                    class="ring-left"
                    cx="10"
                    cy="10"
                    r="7.5"
                    pathLength="1000"
                    transform="rotate(-90 10 10)"
                    stroke-dasharray=move || format!("{} 1000", share.get())
                />
            </svg>
            <span>
                <b>{move || left.get()}</b>
                " "
                {label}
            </span>
        </span>
    }
}

/// All countdowns of a thing.
#[component]
pub(super) fn Rings(
    /// What counts down.
    #[prop(into)]
    countdowns: Signal<Vec<Countdown>>,
    moment: Memo<Moment>,
) -> impl IntoView {
    let any = Memo::new(move |_| countdowns.with(|all| !all.is_empty()));
    view! {
        <Show when=move || any.get()>
            <p class="countdowns">
                {move || {
                    countdowns
                        .get()
                        .into_iter()
                        .map(|countdown| view! { <Ring countdown moment /> })
                        .collect_view()
                }}
            </p>
        </Show>
    }
}

/// The sign and the word of a state.
#[component]
pub(super) fn Pill(
    /// How the thing is doing.
    #[prop(into)]
    tone: Signal<Tone>,
    /// The real word.
    #[prop(into)]
    word: Signal<String>,
) -> impl IntoView {
    view! {
        <span class=move || format!("pill {}", tone.get().class())>
            <span class="sign" aria-hidden="true">
                {move || tone.get().sign()}
            </span>
            {move || word.get()}
        </span>
    }
}
