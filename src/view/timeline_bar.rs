//! The spine of the page: the controls of time and the lanes under one playhead.

use leptos::prelude::*;

use super::place::{Part, Place};
use crate::action::{Action, Direction};
use crate::page::page;
use crate::playback::SPEEDS;
use crate::scene::{Moment, Zoom, clock};

/// Controls, lanes, why.
#[component]
pub fn TimelineBar() -> impl IntoView {
    let page = page();
    let moment = page.memo(|session| session.moment);
    let playing = page.memo(|session| session.playback.playing);
    let speed = page.memo(|session| session.playback.speed);
    let zoom = page.memo(|session| session.view.stage.zoom);
    view! {
        <section class="time" aria-label="Timeline">
            <Controls moment playing speed zoom />
            <Past moment />
            <Place part=Part::Lanes />
        </section>
    }
}

#[component]
fn Controls(moment: Memo<Moment>, playing: Memo<bool>, speed: Memo<u32>, zoom: Memo<Zoom>) -> impl IntoView {
    let page = page();
    let stamp = Memo::new(move |_| clock::stamp(moment.get().now_ms));
    let step = move |label: &'static str, sign: &'static str, action: Action| {
        view! {
            <button class="icon" aria-label=label title=label on:click=move |_| page.send(action.clone())>
                <span aria-hidden="true">{sign}</span>
            </button>
        }
    };
    let speeds = SPEEDS
        .iter()
        .map(|&choice| {
            view! {
                <button
                    aria-pressed=move || (speed.get() == choice).to_string()
                    on:click=move |_| page.send(Action::SetSpeed(choice))
                >
                    {format!("{choice}×")}
                </button>
            }
        })
        .collect_view();
    let zoomed = move || zoom.get() == Zoom::LastMinute;
    view! {
        <div class="controls" role="group" aria-label="Time">
            {step("To the start", "⇤", Action::GoToStart)}
            {step("Previous change", "◁", Action::StepChange(Direction::Previous))}
            <button
                class="primary play"
                // What the button says, whatever has come in between.
                on:click=move |_| { page.send(if playing.get_untracked() { Action::Pause } else { Action::Play }); }
            >
                <span aria-hidden="true">{move || if playing.get() { "❚❚ " } else { "▶ " }}</span>
                {move || if playing.get() { "Pause" } else { "Play" }}
            </button>
            {step("Next change", "▷", Action::StepChange(Direction::Next))}
            {step("Next event", "⇥", Action::JumpToEvent(Direction::Next))}
            <div class="speeds" role="group" aria-label="Speed">{speeds}</div>
            <time class="clock">{move || stamp.get()}</time>
            <button
                class="zoom"
                aria-pressed=move || zoomed().to_string()
                on:click=move |_| {
                    let next = if zoom.get_untracked() == Zoom::Whole { Zoom::LastMinute } else { Zoom::Whole };
                    page.send(Action::SetZoom(next));
                }
            >
                "Last minute"
            </button>
        </div>
    }
}

/// The clear word about the past.
#[component]
fn Past(moment: Memo<Moment>) -> impl IntoView {
    let page = page();
    let in_past = Memo::new(move |_| moment.get().in_past());
    let lived = Memo::new(move |_| clock::stamp(moment.get().horizon_ms));
    view! {
        <Show when=move || in_past.get()>
            <p class="past">
                <span>
                    "You are in the past"
                    <span class="how-far">": this future was lived up to " {move || lived.get()}</span>
                    ". Acting here begins a new future."
                </span>
                <button on:click=move |_| page.send(Action::GoToHorizon)>"Back to the newest moment"</button>
            </p>
        </Show>
    }
}
