//! Podarium: a glass tank in which people watch Kubernetes Pods live, crash and die.
//!
//! This crate is the page: the only place that knows Leptos, the DOM, the wall clock and the browser's storage.
//! What a cluster does is told by `k8s-sim`; what is drawn of it, by [`scene`]. Everything a person does is an
//! [`action::Action`], and [`session::Session::update`] is the only one who reacts.

pub mod action;
pub mod applied;
pub mod deed;
pub mod draft;
pub mod editor;
pub mod engine;
pub mod examples;
pub mod fetch;
pub mod finding;
pub mod page;
pub mod panic;
pub mod playback;
pub mod scene;
pub mod session;
pub mod storage;
pub mod tank;
pub mod terminal;
pub mod view;

use leptos::prelude::*;

use crate::page::Page;
use crate::session::Session;
use crate::view::frame::{self, Frame};

/// Puts the page into the document.
pub fn mount() {
    panic::set_hook();
    // A module that has just arrived is still being compiled: reading what was kept and drawing are other tasks' work.
    playback::after(0, || {
        let session = storage::restored();
        playback::after(0, || begin(session)).forget();
    })
    .forget();
}

fn begin(session: Session) {
    let page = Page::new(session);
    mount_to_body(move || view! { <App page /> });
    // It lies over the page until that is worth looking at.
    view::soon::at_turn(frame::FILLED, || {
        if let Some(skeleton) = document().get_element_by_id("skeleton") {
            skeleton.remove();
        }
    });
    storage::keep(page);
    playback::start(page);
    fetch::start(page);
    panic::drill_when_asked();
}

/// The whole page around this session.
#[component]
pub fn App(
    /// The page's state.
    page: Page,
) -> impl IntoView {
    provide_context(page);
    view! { <Frame /> }
}
