//! The stage as long as there is nothing on it. The machines and the Pod come with the cluster.

use leptos::prelude::*;

use super::place::{Part, Place, Starting};
use crate::action::{Action, Sheet};
use crate::page::page;

/// The stage.
#[component]
pub(super) fn Stage() -> impl IntoView {
    view! {
        <section class="stage" aria-label="Stage">
            <Place part=Part::Stage before=Before />
        </section>
    }
}

/// Before the cluster is there.
#[component]
fn Before() -> impl IntoView {
    view! {
        <div class="stage-floor">
            <section class="nodes" aria-label="Nodes">
                <Starting />
            </section>
            <div class="pods">
                <EmptyStage />
            </div>
        </div>
    }
}

/// Before there is a Pod: what to do, and what will come.
#[component]
pub(crate) fn EmptyStage() -> impl IntoView {
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
