//! The bar above the editor: which manifest it is, the examples, reset, and Apply.

use leptos::prelude::*;

use crate::action::Action;
use crate::examples::{self, EXAMPLES};
use crate::page::page;

/// The id that the Examples button points at.
const MENU_ID: &str = "examples-menu";

/// The bar.
#[component]
pub(super) fn EditorBar() -> impl IntoView {
    let page = page();
    // The file is called what Apply calls it, whatever is in it.
    let about = page.calm_memo(|session| {
        examples::find(&session.draft.name).map_or_else(
            || format!("{}, from the lesson", session.draft.name.rsplit('/').next().unwrap_or_default()),
            |example| example.title.to_owned(),
        )
    });
    let edited = page.calm_memo(|session| session.draft.edited());
    let undo = page.calm_memo(|session| session.draft.undo.is_some());
    let errors = page.calm_memo(|session| crate::finding::count_errors(&session.findings));
    view! {
        <div class="editor-bar">
            <h2 class="file-name">
                "pod.yaml" <span class="about" title=move || about.get()>{move || about.get()}</span>
                {move || edited.get().then_some(view! { <span class="edited">"edited"</span> })}
            </h2>
            <button popovertarget=MENU_ID aria-haspopup="dialog">
                "Examples"
                <span aria-hidden="true">" ▾"</span>
            </button>
            <Show when=move || edited.get()>
                <button on:click=move |_| page.send(Action::ResetManifest) title="Bring the example's own text back">
                    "Reset"
                </button>
            </Show>
            <Show when=move || undo.get()>
                <button on:click=move |_| page.send(Action::UndoReset)>"Undo reset"</button>
            </Show>
            <button class="primary apply" on:click=move |_| page.send(Action::Apply) title="kubectl apply -f pod.yaml">
                "Apply"
                {move || (errors.get() > 0).then(|| format!(" ({} ✗)", errors.get()))}
            </button>
        </div>
        <div class="popover-menu" id=MENU_ID popover="auto" role="dialog" aria-label="Examples">
            <ul>
                {EXAMPLES
                    .iter()
                    .map(|example| {
                        let open = move |_| page.send(Action::LoadExample(example.id.into()));
                        let draft = page.calm_memo(move |session| session.draft.has_draft(example.id));
                        let here = page.calm_memo(move |session| session.draft.name == example.id);
                        view! {
                            <li>
                                <button
                                    popovertarget=MENU_ID
                                    popovertargetaction="hide"
                                    aria-current=move || here.get().then_some("true")
                                    on:click=open
                                >
                                    <b>
                                        {example.title}
                                        {move || draft.get().then_some(view! { <span class="edited">" edited"</span> })}
                                    </b>
                                    <span>{example.about}</span>
                                </button>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </div>
    }
}
