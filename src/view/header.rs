//! The bar at the top: what this is, theme, size of letters, keyboard.

use leptos::prelude::*;

use super::hands_on::HandsOnButton;
use crate::action::{Action, Theme};
use crate::page::page;

/// The header.
#[component]
pub(super) fn Header() -> impl IntoView {
    let page = page();
    let theme = page.memo(|session| session.view.theme);
    let large = page.memo(|session| session.view.large_text);
    let lesson = page.calm_memo(|session| {
        session.progress.open_lesson(&course::COURSE).map(|(_, lesson)| lesson.title).unwrap_or_default()
    });
    let next = move || match theme.get() {
        Theme::Auto => (Theme::Light, "◐", "Colours: as the system"),
        Theme::Light => (Theme::Dark, "○", "Colours: paper"),
        Theme::Dark => (Theme::Auto, "●", "Colours: night"),
    };
    view! {
        <header class="app-header">
            <h1>
                <span aria-hidden="true">"◳ "</span>
                "Podarium"
            </h1>
            <span class="crumb">{move || lesson.get()}</span>
            <span class="grow"></span>
            <span class="crumb wide-only">"Kubernetes 1.36, simulated"</span>
            <span class="wide-only">
                <HandsOnButton />
            </span>
            <button class="wide-only" on:click=move |_| page.send(Action::ResetCluster)>
                "New cluster"
            </button>
            <button
                aria-pressed=move || large.get().to_string()
                aria-label="Larger letters, for a projector"
                title="Larger letters, for a projector"
                on:click=move |_| page.send(Action::SetLargeText(!large.get_untracked()))
            >
                "A"
                <span class="bigger" aria-hidden="true">
                    "A"
                </span>
            </button>
            <button
                aria-label=move || next().2
                title=move || next().2
                on:click=move |_| page.send(Action::SetTheme(next().0))
            >
                {move || next().1}
            </button>
            <button
                class="wide-only"
                aria-label="Keyboard shortcuts"
                title="Keyboard shortcuts"
                on:click=move |_| page.send(Action::ShowHelp(true))
            >
                "?"
            </button>
        </header>
    }
}
