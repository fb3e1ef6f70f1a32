//! What the page learns from the browser (width, motion) and tells it (theme, size of letters).

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use crate::action::{Action, Theme};
use crate::page::Page;

/// Narrower than this, lesson and editor are sheets.
const NARROW: &str = "(max-width: 820px)";

/// Listens to the browser and keeps the document as the view says.
pub(super) fn watch(page: Page) {
    follow(NARROW, move |narrow| page.send(Action::Narrow(narrow)));
    follow("(prefers-reduced-motion: reduce)", move |reduced| page.send(Action::ReducedMotion(reduced)));
    let look = page.memo(|session| (session.view.theme, session.view.large_text));
    // Writes to the document's root, which no component draws.
    Effect::new(move |_| {
        let (theme, large) = look.get();
        let Some(root) = document().document_element() else { return };
        let theme = match theme {
            Theme::Auto => None,
            Theme::Light => Some("light"),
            Theme::Dark => Some("dark"),
        };
        attribute(&root, "data-theme", theme);
        attribute(&root, "data-text", large.then_some("large"));
    });
}

fn attribute(root: &web_sys::Element, name: &str, value: Option<&str>) {
    // Neither fails: the names are valid.
    match value {
        Some(value) => drop(root.set_attribute(name, value)),
        None => drop(root.remove_attribute(name)),
    }
}

/// Tells `told` whether the media query holds, now and whenever that changes.
fn follow(query: &str, told: impl Fn(bool) + 'static) {
    let Ok(Some(list)) = window().match_media(query) else { return };
    told(list.matches());
    let changed =
        Closure::<dyn Fn(web_sys::MediaQueryListEvent)>::new(move |event: web_sys::MediaQueryListEvent| {
            told(event.matches());
        });
    // It listens for as long as the page lives.
    if list.add_event_listener_with_callback("change", changed.as_ref().unchecked_ref()).is_ok() {
        changed.forget();
    }
}
