//! The question before a future is dropped: acting in the past begins a new one.

use leptos::html;
use leptos::prelude::*;

use crate::action::Action;
use crate::page::page;
use crate::scene::{Moment, clock};

/// The question.
#[component]
pub(super) fn Confirm() -> impl IntoView {
    let page = page();
    let pending = page.calm_memo(|session| session.pending.clone());
    let times = page.memo(|session| session.moment);
    let reset = Memo::new(move |_| {
        pending.with(|pending| pending.as_ref().is_some_and(|it| *it.action == Action::ResetCluster))
    });
    let always = RwSignal::new(false);
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        super::show_modal(&dialog, pending.with(Option::is_some));
    });
    let on_close = move |_| {
        if page.peek(|session| session.pending.is_some()) {
            page.send(Action::CancelAct);
        }
    };
    let words =
        move || pending.with(|pending| pending.as_ref().map(|it| it.words.clone()).unwrap_or_default());
    let explained = move || {
        let Moment { now_ms: now, horizon_ms: horizon } = times.get();
        if reset.get() {
            return format!(
                "The story so far, up to {}, is forgotten. Your YAML stays.",
                clock::stamp(horizon)
            );
        }
        format!(
            "You look at {}, and the cluster has lived until {}. What happened in between is dropped: from here on, \
             it goes another way.",
            clock::stamp(now),
            clock::stamp(horizon)
        )
    };
    view! {
        <dialog class="dialog" node_ref=dialog aria-labelledby="confirm-title" on:close=on_close>
            <h2 id="confirm-title">
                {move || if reset.get() { "Begin with an empty cluster?" } else { "Begin a new future here?" }}
            </h2>
            <p class="deed">{words}</p>
            <p>{explained}</p>
            <Show when=move || !reset.get()>
                <label class="check">
                    <input
                        type="checkbox"
                        prop:checked=move || always.get()
                        on:change=move |event| always.set(event_target_checked(&event))
                    />
                    " Do not ask again on this visit"
                </label>
            </Show>
            <div class="buttons">
                <button
                    class="primary"
                    on:click=move |_| {
                        let always = always.get_untracked() && !reset.get_untracked();
                        page.send(Action::ConfirmAct { always });
                    }
                >
                    {move || if reset.get() { "Begin anew" } else { "Begin a new future" }}
                </button>
                <button on:click=move |_| page.send(Action::CancelAct)>"Cancel"</button>
            </div>
        </dialog>
    }
}
