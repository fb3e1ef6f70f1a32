//! A panic ends the simulator (WebAssembly cannot unwind), never what was typed: it is put away first, then the
//! page says what happened and offers to reload.

use std::cell::{Cell, RefCell};
use std::panic::PanicHookInfo;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use crate::{playback, storage};

thread_local! {
    /// The text in the editor, outside of all signals: one of them may be locked when the panic comes.
    static LAST_TEXT: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
    static PANICKED: Cell<bool> = const { Cell::new(false) };
}

/// From now on a panic is explained on the page.
pub fn set_hook() {
    std::panic::set_hook(Box::new(explain));
}

/// The fire drill: an address that ends in `#drill` makes the page panic, so that what happens then can be tried.
pub fn drill_when_asked() {
    let drill = || {
        let asked = web_sys::window().and_then(|window| window.location().hash().ok());
        assert!(asked.as_deref() != Some("#drill"), "a drill: the address asked for this panic");
    };
    let changed = Closure::<dyn Fn()>::new(drill);
    // It listens for as long as the page lives.
    let listens = web_sys::window().is_some_and(|window| {
        window.add_event_listener_with_callback("hashchange", changed.as_ref().unchecked_ref()).is_ok()
    });
    if listens {
        changed.forget();
    }
    playback::after(0, drill).forget();
}

/// Remembers the text that a panic must not lose, and the name of its draft.
pub fn remember(name: &str, text: &str) {
    LAST_TEXT.with_borrow_mut(|last| {
        let (last_name, last_text) = last.get_or_insert_default();
        name.clone_into(last_name);
        text.clone_into(last_text);
    });
}

/// Whether the simulator has ended by a panic: nothing may be saved any more, or half a state would be.
#[must_use]
pub fn has_panicked() -> bool {
    PANICKED.get()
}

fn explain(info: &PanicHookInfo<'_>) {
    let report = info.to_string();
    web_sys::console::error_1(&report.as_str().into());
    if PANICKED.replace(true) {
        return;
    }
    let text_is_safe = LAST_TEXT.with(|last| {
        last.try_borrow().is_ok_and(|last| {
            last.as_ref().is_none_or(|(name, text)| storage::save_text_after_panic(name, text).is_ok())
        })
    });
    // Fails only where there is no page at all; then there is nobody to tell either.
    drop(show_banner(&report, text_is_safe));
}

fn show_banner(report: &str, text_is_safe: bool) -> Result<(), wasm_bindgen::JsValue> {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return Ok(()) };
    let Some(body) = document.body() else { return Ok(()) };
    let banner = document.create_element("div")?;
    banner.set_class_name("panic-banner");
    banner.set_attribute("role", "alert")?;
    let sentence = document.create_element("p")?;
    sentence.set_text_content(Some(if text_is_safe {
        "Podarium has run into a mistake of its own and stopped. Your YAML and the story so far are kept in this \
         browser: reload the page, and you stand where you were."
    } else {
        "Podarium has run into a mistake of its own and stopped. This browser does not let the page keep anything: \
         copy your YAML out of the editor before you reload."
    }));
    banner.append_child(&sentence)?;
    // A link, and not a button: it works although the simulator is gone.
    let reload = document.create_element("a")?;
    reload.set_class_name("button primary");
    let here = document.location().and_then(|location| location.href().ok()).unwrap_or_default();
    reload.set_attribute("href", here.split('#').next().unwrap_or_default())?;
    reload.set_text_content(Some("Reload"));
    banner.append_child(&reload)?;
    let details = document.create_element("details")?;
    let summary = document.create_element("summary")?;
    summary.set_text_content(Some("What happened"));
    details.append_child(&summary)?;
    let pre = document.create_element("pre")?;
    pre.set_text_content(Some(report));
    details.append_child(&pre)?;
    banner.append_child(&details)?;
    body.prepend_with_node_1(&banner)?;
    Ok(())
}
