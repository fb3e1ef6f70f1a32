//! The stage: the machines, and the Pod that is drawn big.

use leptos::prelude::*;

use super::act_menu::{ActMenu, MenuFor};
use super::nodes::{Nodes, PodChips};
use super::pod_box::PodBox;
use super::staged::Staged;
use crate::scene::PodKey;
use crate::view::stage::EmptyStage;

/// Nodes, chooser, box.
#[component]
pub(super) fn Stage(staged: Staged) -> impl IntoView {
    let Staged { scene, moment, .. } = staged;
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
    }
}
