//! The editor's pane: the text, what is wrong with it, the examples, and Apply.
// #[component] makes the items that belong to a private component `pub`.
#![allow(unreachable_pub)]

mod answer;
mod bridge;
mod findings;
mod menu;
mod places;

use std::cell::RefCell;

use gloo_timers::callback::Timeout;
use leptos::html;
use leptos::prelude::*;

pub(crate) use places::{byte_of_utf16, utf16_of_byte};

use crate::action::Action;
use crate::page::{Page, page};
use crate::{finding, playback};

/// How long typing must rest before the text is looked at, in milliseconds.
const REST_MS: u32 = 180;

/// Everything about the manifest: editor, mistakes, examples, Apply.
#[component]
pub fn EditorPane() -> impl IntoView {
    let page = page();
    let frame = NodeRef::<html::Div>::new();
    let plain = NodeRef::<html::Textarea>::new();
    // The editor is a thing of the browser: it lives beside the signals.
    let editor = StoredValue::new_local(None::<bridge::Editor>);
    let loaded = RwSignal::new(false);

    // This pane is drawn after the first paint, and on a phone only when somebody opens it.
    Effect::new(move |_| {
        let Some(parent) = frame.get() else { return };
        request_animation_frame(move || {
            set_timeout(
                move || {
                    let text = page.peek(|session| session.draft.text.clone());
                    bridge::create(parent.into(), &text, "Manifest, YAML", callbacks(page), move |made| {
                        let Some(made) = made else { return };
                        editor.set_value(Some(made));
                        loaded.set(true);
                    });
                },
                std::time::Duration::from_millis(0),
            );
        });
    });

    let set_count = page.memo(|session| session.draft.set_count);
    Effect::new(move |_| {
        set_count.with(|_| ());
        let text = page.peek(|session| session.draft.text.clone());
        if loaded.get() {
            editor.with_value(|editor| editor.iter().for_each(|editor| editor.set(&text)));
        }
        if let Some(plain) = plain.get() {
            plain.set_value(&text);
        }
    });
    let found = page.calm_memo(|session| session.findings.clone());
    Effect::new(move |_| {
        found.with(|_| ());
        if loaded.get() {
            let json = page.peek(|session| finding::for_editor(&session.draft.text, &session.findings));
            editor.with_value(|editor| editor.iter().for_each(|editor| editor.diagnose(&json)));
        }
    });
    let go_to = page.memo(|session| session.go_to);
    Effect::new(move |_| {
        let (count, byte) = go_to.get();
        // Somebody may have been sent here before the editor was there.
        let loaded = loaded.get();
        if count == 0 {
            return;
        }
        let place = page.peek(|session| utf16_of_byte(&session.draft.text, byte));
        if loaded {
            editor.with_value(|editor| editor.iter().for_each(|editor| editor.go(place)));
        } else if let Some(plain) = plain.get_untracked() {
            let at = u32::try_from(place).unwrap_or(u32::MAX);
            drop(plain.set_selection_range(at, at));
            drop(plain.focus());
        }
    });

    let on_keydown = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            page.send(Action::Apply);
        }
    };
    view! {
        <menu::EditorBar />
        <div class="editor" class:loaded=move || loaded.get()>
            <div class="editor-code" node_ref=frame></div>
            <textarea
                class="editor-plain"
                node_ref=plain
                aria-label="Manifest, YAML"
                aria-describedby="editor-help"
                spellcheck="false"
                autocapitalize="off"
                autocomplete="off"
                hidden=move || loaded.get()
                on:input=move |event| changed(page, event_target_value(&event))
                on:keydown=on_keydown
            ></textarea>
        </div>
        <p class="editor-help" id="editor-help">
            <kbd>"Ctrl"</kbd>
            " or "
            <kbd>"⌘"</kbd>
            "+"
            <kbd>"Enter"</kbd>
            " applies. "
            <kbd>"Esc"</kbd>
            ", then "
            <kbd>"Tab"</kbd>
            " leaves the editor."
        </p>
        <answer::ApplyAnswer />
        <findings::Findings />
    }
}

thread_local! {
    /// The look at the text that waits for typing to rest; a new keystroke drops it.
    static CHECK: RefCell<Option<Timeout>> = const { RefCell::new(None) };
}

/// A keystroke: the text is safe at once, and looked at when typing rests.
fn changed(page: Page, text: String) {
    page.send(Action::EditManifest(text));
    let check = playback::after(REST_MS, move || page.send(Action::CheckManifest));
    CHECK.with_borrow_mut(|waiting| *waiting = Some(check));
}

fn callbacks(page: Page) -> bridge::Callbacks {
    bridge::Callbacks {
        changed: Box::new(move |text| changed(page, text)),
        apply: Box::new(move || page.send(Action::Apply)),
        // Until the cluster is there, nobody knows.
        complete: Box::new(move |text, place| {
            page.peek(|session| session.engine.as_ref().map(|engine| engine.complete(&text, place as usize)))
                .unwrap_or_else(|| r#"{"from":0,"options":[]}"#.into())
        }),
        hover: Box::new(move |text, place| {
            page.peek(|session| session.engine.as_ref().map(|engine| engine.hover(&text, place as usize)))
                .unwrap_or_else(|| "null".into())
        }),
    }
}
