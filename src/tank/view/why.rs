//! One sentence of why, and the causes behind it one press away.

use std::sync::Arc;

use leptos::prelude::*;

use crate::action::Action;
use crate::page::page;
use crate::scene::{Scene, clock};

/// The line under the timeline.
#[component]
pub(super) fn WhyLine(
    /// What to explain.
    scene: Memo<Arc<Scene>>,
) -> impl IntoView {
    let page = page();
    let why = Memo::new(move |_| scene.with(|scene| scene.why.clone()));
    let any = Memo::new(move |_| why.with(|why| !why.sentence.is_empty()));
    let chained = Memo::new(move |_| why.with(|why| why.chain.len() > 1));
    let chain = move || {
        why.get()
            .chain
            .into_iter()
            .map(|(at_ms, sentence)| {
                view! {
                    <li>
                        <button class="when" on:click=move |_| page.send(Action::Seek(k8s_sim::SimTime(at_ms)))>
                            {clock::stamp(at_ms)}
                        </button>
                        " "
                        {sentence}
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <section class="why" aria-label="Why">
            <Show
                when=move || any.get()
                fallback=|| view! { <p><b>"Why: "</b>"Nothing has happened yet."</p> }
            >
                <p>
                    <b>"Why: "</b>
                    {move || why.with(|why| why.sentence.clone())}
                </p>
                <details>
                    <summary>{move || if chained.get() { "What led to it" } else { "All of it" }}</summary>
                    <Show when=move || chained.get()>
                        <ol>{chain}</ol>
                    </Show>
                </details>
            </Show>
        </section>
    }
}
