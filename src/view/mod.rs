//! What is seen at once: one component per part of the page. What shows the cluster comes later, into the places
//! that are kept for it here: see [`place`].
// #[component] makes the items that belong to a private component `pub`.
#![allow(unreachable_pub)]

mod confirm;
pub mod frame;
pub(crate) mod hands_on;
mod header;
mod help;
mod keys;
mod lesson_pane;
mod notices;
mod panes;
pub mod place;
mod quiz_pane;
mod sheet;
pub(crate) mod soon;
pub(crate) mod stage;
mod surroundings;
mod terminal_pane;
mod timeline_bar;

use leptos::prelude::{GetValue, SetValue, StoredValue, document, request_animation_frame};
use wasm_bindgen::JsCast;

/// Opens or closes a modal dialog; does nothing when it is so already.
fn show_modal(dialog: &web_sys::HtmlDialogElement, open: bool) {
    if open && !dialog.open() {
        // Fails only for a dialog that is not in the page.
        drop(dialog.show_modal());
    } else if !open && dialog.open() {
        dialog.close();
    }
}

/// Puts the focus on the element with this id.
fn focus_id(id: &str) {
    let element = document().get_element_by_id(id);
    if let Some(element) = element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        drop(element.focus());
    }
}

/// Keeps the end of a growing list in view, unless the person has scrolled up to read.
#[derive(Clone, Copy)]
pub(crate) struct StickToEnd(StoredValue<bool>);

impl StickToEnd {
    pub(crate) fn new() -> Self {
        Self(StoredValue::new(true))
    }

    /// The person has scrolled: to the end, or away from it.
    pub(crate) fn scrolled(self, element: &web_sys::HtmlElement) {
        let below = element.scroll_height() - element.scroll_top() - element.client_height();
        self.0.set_value(below < NEAR_END_PX);
    }

    /// Something was added, or the list is seen again: its new end is there after the next frame.
    pub(crate) fn follow(self, element: web_sys::HtmlElement) {
        request_animation_frame(move || {
            if self.0.try_get_value() == Some(true) {
                element.set_scroll_top(element.scroll_height());
            }
        });
    }
}

/// So near to its end, in CSS pixels, a list counts as being at it.
const NEAR_END_PX: i32 = 24;
