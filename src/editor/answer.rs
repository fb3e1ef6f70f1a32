//! What came of the last Apply, in kubectl's words, and the way out when a Pod cannot be changed in place.

use leptos::prelude::*;

use crate::action::Action;
use crate::page::page;

/// The answer below the editor.
#[component]
pub(super) fn ApplyAnswer() -> impl IntoView {
    let page = page();
    let applied = page.calm_memo(|session| session.applied.clone());
    view! {
        <div class="apply-answer" role="status">
            {move || {
                applied
                    .get()
                    .map(|applied| {
                        let bad = applied.failed;
                        let stays = bad && applied.nothing_changed;
                        let recreate = !applied.recreate.is_empty();
                        view! {
                            <div class="answer" class:bad=bad>
                                <button
                                    class="close"
                                    aria-label="Dismiss the answer"
                                    on:click=move |_| page.send(Action::DismissAnswer)
                                >
                                    "×"
                                </button>
                                <pre>{applied.text}</pre>
                                {stays
                                    .then_some(
                                        view! {
                                            <p>"Nothing was changed: what runs in the cluster goes on as it is."</p>
                                        },
                                    )}
                                {recreate
                                    .then_some(
                                        view! {
                                            <p>
                                                "Most of a running Pod can never be changed: its image may, its containers and volumes may not. The old Pod keeps running."
                                            </p>
                                            <button class="primary" on:click=move |_| page.send(Action::DeleteAndCreate)>
                                                "Delete it and create it anew"
                                            </button>
                                            <code class="kubectl-line">"kubectl delete -f pod.yaml && kubectl apply -f pod.yaml"</code>
                                        },
                                    )}
                            </div>
                        }
                    })
            }}
        </div>
    }
}
