//! Keyboard shortcuts. One table: what listens to them and the list that `?` opens are made from it.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::action::{Action, Direction, Pane, Sheet};
use crate::page::Page;

/// A shortcut: the key as the browser names it, how it is written, what it does.
#[derive(Debug)]
pub(super) struct Shortcut {
    key: &'static str,
    /// How a person writes it.
    pub(super) label: &'static str,
    /// What it does.
    pub(super) about: &'static str,
    action: fn() -> Action,
}

/// Every shortcut of a single key.
pub(super) const SHORTCUTS: &[Shortcut] = &[
    Shortcut { key: " ", label: "Space", about: "Play or pause", action: || Action::TogglePlay },
    Shortcut { key: ".", label: ".", about: "Next change", action: || Action::StepChange(Direction::Next) },
    Shortcut {
        key: ",",
        label: ",",
        about: "Change before",
        action: || Action::StepChange(Direction::Previous),
    },
    Shortcut { key: "n", label: "n", about: "Next event", action: || Action::JumpToEvent(Direction::Next) },
    Shortcut {
        key: "p",
        label: "p",
        about: "Event before",
        action: || Action::JumpToEvent(Direction::Previous),
    },
    Shortcut { key: "1", label: "1", about: "Speed 1×", action: || Action::SetSpeed(1) },
    Shortcut { key: "2", label: "2", about: "Speed 10×", action: || Action::SetSpeed(10) },
    Shortcut { key: "3", label: "3", about: "Speed 100×", action: || Action::SetSpeed(100) },
    Shortcut { key: "4", label: "4", about: "Speed 1000×", action: || Action::SetSpeed(1000) },
    Shortcut { key: "s", label: "s", about: "Story", action: || Action::OpenPane(Pane::Story) },
    Shortcut { key: "e", label: "e", about: "Events", action: || Action::OpenPane(Pane::Events) },
    Shortcut { key: "l", label: "l", about: "Logs", action: || Action::OpenPane(Pane::Logs) },
    Shortcut { key: "y", label: "y", about: "YAML of the object", action: || Action::OpenPane(Pane::Yaml) },
    Shortcut { key: "k", label: "k", about: "kubectl", action: || Action::OpenPane(Pane::Kubectl) },
    Shortcut { key: "m", label: "m", about: "Manifest", action: || Action::OpenSheet(Some(Sheet::Editor)) },
    Shortcut { key: "?", label: "?", about: "This list", action: || Action::ShowHelp(true) },
];

/// Listens for as long as the page lives.
pub(super) fn listen(page: Page) {
    window_event_listener_untyped("keydown", move |event| {
        let Ok(event) = event.dyn_into::<web_sys::KeyboardEvent>() else { return };
        if event.default_prevented() || event.is_composing() {
            return;
        }
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            page.send(Action::Apply);
            return;
        }
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let (off, modal) =
            page.peek(|session| (session.view.shortcuts_off, session.view.help || session.pending.is_some()));
        if off || modal || is_taken(&event) {
            return;
        }
        let key = event.key();
        if let Some(shortcut) = SHORTCUTS.iter().find(|shortcut| shortcut.key == key) {
            event.prevent_default();
            page.send((shortcut.action)());
            // The part has to be there before it can have the focus.
            request_animation_frame(move || match key.as_str() {
                "m" => focus_editor(),
                "k" => super::focus_id("terminal-input"),
                _ => {}
            });
        }
    });
}

/// Whether the key belongs to what has the focus: text is typed, or Space presses it.
fn is_taken(event: &web_sys::KeyboardEvent) -> bool {
    let Some(element) = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) else {
        return false;
    };
    let within = |selector: &str| element.closest(selector).ok().flatten().is_some();
    if within("input, textarea, select, [contenteditable=true], [popover], dialog") {
        return true;
    }
    event.key() == " " && within("button, a, summary, [role=tab], [role=slider]")
}

fn focus_editor() {
    let found = document().query_selector(".cm-content, .editor-plain").ok().flatten();
    if let Some(element) = found.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        drop(element.focus());
    }
}
