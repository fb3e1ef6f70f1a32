//! What is seen: one component per part of the page. No rules about Kubernetes live here.
// #[component] makes the items that belong to a private component `pub`.
#![allow(unreachable_pub)]

mod act_menu;
mod bus;
mod confirm;
mod container_card;
mod events_pane;
pub mod frame;
mod hands_on;
mod header;
mod help;
mod keys;
pub mod lesson_pane;
mod logs_pane;
mod nodes;
mod notices;
mod panes;
mod pod_box;
mod quiz_pane;
mod ring;
mod sheet;
pub mod stage;
pub mod staged;
mod story_pane;
mod surroundings;
mod terminal_pane;
pub mod timeline_bar;
mod timeline_lanes;
mod volumes;
mod why;
mod wires;
mod yaml_pane;

use leptos::prelude::document;
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

/// Scrolls to the end, unless the person has scrolled up to read.
fn stick_to_end(element: &web_sys::HtmlElement) {
    let to_end = element.scroll_height() - element.scroll_top() - element.client_height();
    // Some lines may have come since the last look.
    if to_end < element.client_height() {
        element.set_scroll_top(element.scroll_height());
    }
}
