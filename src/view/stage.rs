//! The stage: the machines, and the Pod that is drawn big.

use leptos::prelude::*;

use super::act_menu::{ActMenu, MenuFor};
use super::nodes::{Nodes, PodChips};
use super::pod_box::PodBox;
use super::staged::{Staged, staged};
use crate::action::{Action, Sheet};
use crate::page::page;
use crate::scene::PodKey;

/// Nodes, chooser, box.
#[component]
pub fn Stage() -> impl IntoView {
    let Staged { scene, moment, .. } = staged();
    let menu = RwSignal::new(None::<MenuFor>);
    // A list of one, keyed: another Pod is another box, with nothing left of the one before.
    let shown = Memo::new(move |_| {
        scene.with(|scene| {
            scene.pod.iter().map(|pod| (pod.key.clone(), pod.uid.clone())).collect::<Vec<(PodKey, String)>>()
        })
    });
    let several = Memo::new(move |_| scene.with(|scene| scene.pods.len() > 1));
    let chips = Memo::new(move |_| scene.with(|scene| scene.pods.clone()));
    view! {
        <section class="stage" aria-label="Stage">
            <div class="stage-floor">
            <Nodes scene moment />
            <div class="pods">
                <Show when=move || several.get()>
                    <nav class="chooser" aria-label="Pods">
                        <PodChips chips />
                    </nav>
                </Show>
                <Show when=move || shown.with(Vec::is_empty)>
                    <EmptyStage />
                </Show>
                <For each=move || shown.get() key=Clone::clone let:shown>
                    <PodBox pod=shown.0 scene moment menu />
                </For>
            </div>
            </div>
            <ActMenu scene menu />
        </section>
    }
}

/// Before there is a Pod: what to do, and what will come.
#[component]
fn EmptyStage() -> impl IntoView {
    let page = page();
    let narrow = page.memo(|session| session.view.narrow);
    view! {
        <div class="empty">
            <h2>"No Pod yet: apply the manifest"</h2>
            <button class="primary" on:click=move |_| page.send(Action::Apply)>
                "Apply pod.yaml"
            </button>
            <Show when=move || narrow.get()>
                " "
                <button on:click=move |_| page.send(Action::OpenSheet(Some(Sheet::Editor)))>"Show the manifest"</button>
            </Show>
            <Show when=move || !narrow.get()>
                <p>
                    "Or press Apply beside the manifest, or " <kbd>"Ctrl"</kbd> " " <kbd>"Enter"</kbd> " ("
                    <kbd>"⌘"</kbd> " on a Mac) inside it."
                </p>
            </Show>
            <p>"In the terminal, " <code>"kubectl apply -f pod.yaml"</code> " does the same."</p>
            <p>
                "Then watch: the scheduler picks a node, pause lays the foundation, init containers pass one at a time, and the app containers come last."
            </p>
        </div>
    }
}
