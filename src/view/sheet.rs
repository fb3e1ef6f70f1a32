//! A part of the page that is a column on a wide page and a sheet over the stage on a narrow one.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::action::{Action, Sheet};
use crate::page::page;

/// What can take the focus inside a sheet.
const FOCUSABLE: &str = "a[href], button:not([disabled]), input:not([disabled]), select:not([disabled]), \
    textarea:not([disabled]):not([hidden]), [contenteditable=true], [tabindex='0']";

/// The part, with the manners of a dialog while it covers the stage.
#[component]
pub(super) fn SheetBox(
    /// Which part.
    sheet: Sheet,
    /// What it is called.
    label: &'static str,
    children: Children,
) -> impl IntoView {
    let page = page();
    let narrow = page.memo(|session| session.view.narrow);
    let open = page.memo(move |session| session.view.narrow && session.view.sheet == Some(sheet));
    let root = NodeRef::<html::Section>::new();
    let opener = StoredValue::new_local(None::<web_sys::HtmlElement>);

    Effect::new(move |was: Option<bool>| {
        let is = open.get();
        if is && was != Some(true) {
            opener.set_value(document().active_element().and_then(|element| element.dyn_into().ok()));
            if let Some(first) = root.get_untracked().and_then(|root| focusable(&root).into_iter().next()) {
                drop(first.focus());
            }
        } else if !is && was == Some(true) {
            // Back to where the person came from.
            opener.update_value(|opener| {
                if let Some(element) = opener.take() {
                    drop(element.focus());
                }
            });
        }
        is
    });
    let on_keydown = move |event: leptos::ev::KeyboardEvent| {
        if !open.get_untracked() || event.default_prevented() {
            return;
        }
        match event.key().as_str() {
            "Escape" => page.send(Action::OpenSheet(None)),
            "Tab" => {
                if let Some(root) = root.get_untracked() {
                    keep_inside(&root, &event);
                }
            }
            _ => {}
        }
    };
    view! {
        <section
            class="sheet"
            class:open=move || open.get()
            class=("editor-sheet", sheet == Sheet::Editor)
            class=("lesson-sheet", sheet == Sheet::Lesson)
            node_ref=root
            aria-label=label
            role=move || open.get().then_some("dialog")
            aria-modal=move || open.get().then_some("true")
            hidden=move || narrow.get() && !open.get()
            on:keydown=on_keydown
        >
            <Show when=move || open.get()>
                <div class="sheet-bar">
                    <b>{label}</b>
                    <button on:click=move |_| page.send(Action::OpenSheet(None))>"Back to the stage"</button>
                </div>
            </Show>
            {children()}
        </section>
    }
}

fn focusable(root: &web_sys::HtmlElement) -> Vec<web_sys::HtmlElement> {
    let Ok(found) = root.query_selector_all(FOCUSABLE) else { return Vec::new() };
    (0..found.length())
        .filter_map(|index| found.item(index)?.dyn_into::<web_sys::HtmlElement>().ok())
        .filter(|element| element.offset_width() > 0)
        .collect()
}

/// Tab at the last element goes to the first, and the other way round.
fn keep_inside(root: &web_sys::HtmlElement, event: &leptos::ev::KeyboardEvent) {
    let all = focusable(root);
    let (Some(first), Some(last)) = (all.first(), all.last()) else { return };
    let active = document().active_element();
    let is = |element: &web_sys::HtmlElement| active.as_ref() == Some(element.as_ref());
    if event.shift_key() && is(first) {
        event.prevent_default();
        drop(last.focus());
    } else if !event.shift_key() && is(last) {
        event.prevent_default();
        drop(first.focus());
    }
}
