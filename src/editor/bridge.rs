//! The bridge to editor.js: what Rust calls there, and what it calls here.

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Fetches the editor's chunk: see src/boot.js.
    #[wasm_bindgen(catch, js_namespace = podarium, js_name = loadEditor)]
    fn load_editor() -> Result<Promise, JsValue>;
}

/// What the editor asks of the page.
pub(super) struct Callbacks {
    /// The text has changed.
    pub(super) changed: Box<dyn FnMut(String)>,
    /// Ctrl-Enter or ⌘-Enter.
    pub(super) apply: Box<dyn FnMut()>,
    /// What could stand at this place (in UTF-16 units) of the text: JSON.
    pub(super) complete: Box<dyn FnMut(String, u32) -> String>,
    /// What the field at this place of the text means: JSON.
    pub(super) hover: Box<dyn FnMut(String, u32) -> String>,
}

/// A living editor. It stays for as long as the page does, as its closures do.
#[derive(Clone, Debug)]
pub(super) struct Editor {
    handle: Object,
}

impl Editor {
    /// Shows another text.
    pub(super) fn set(&self, text: &str) {
        self.call("set", &text.into());
    }

    /// Underlines mistakes.
    pub(super) fn diagnose(&self, json: &str) {
        self.call("diagnose", &json.into());
    }

    /// Puts the cursor at this place, in UTF-16 units, and the focus into the editor.
    pub(super) fn go(&self, at: usize) {
        self.call("go", &JsValue::from(u32::try_from(at).unwrap_or(u32::MAX)));
    }

    fn call(&self, method: &str, argument: &JsValue) {
        let Ok(function) = Reflect::get(&self.handle, &method.into()) else { return };
        let Some(function) = function.dyn_ref::<Function>() else { return };
        if let Err(error) = function.call1(&self.handle, argument) {
            web_sys::console::error_2(&format!("the editor could not {method}").into(), &error);
        }
    }
}

/// Fetches the editor and makes it in `parent`; then calls `done` with it, or with nothing if that failed.
pub(super) fn create(
    parent: web_sys::HtmlElement,
    text: &str,
    label: &str,
    callbacks: Callbacks,
    done: impl FnOnce(Option<Editor>) + 'static,
) {
    let page = Object::new();
    set(&page, "text", &text.into());
    set(&page, "label", &label.into());
    set(&page, "changed", &Closure::wrap(callbacks.changed).into_js_value());
    set(&page, "apply", &Closure::wrap(callbacks.apply).into_js_value());
    set(&page, "complete", &Closure::wrap(callbacks.complete).into_js_value());
    set(&page, "hover", &Closure::wrap(callbacks.hover).into_js_value());
    let promise = match load_editor() {
        Ok(promise) => promise,
        Err(error) => Promise::reject(&error),
    };
    // One of the two closures is called, once, with the module or with an error.
    let arrived = Closure::once_into_js(move |module: JsValue, failed: JsValue| {
        if !failed.is_undefined() {
            web_sys::console::warn_2(&"the editor did not load; the plain text field stays".into(), &failed);
            return done(None);
        }
        let create = Reflect::get(&module, &"createEditor".into()).ok();
        let made = create
            .as_ref()
            .and_then(|create| create.dyn_ref::<Function>())
            .and_then(|create| create.call2(&JsValue::UNDEFINED, &parent, &page).ok())
            .and_then(|handle| handle.dyn_into::<Object>().ok());
        done(made.map(|handle| Editor { handle }));
    });
    // `promise.then(arrived, error => arrived(undefined, error))`
    let Some(arrived) = arrived.dyn_ref::<Function>() else { return };
    let failed: Function = arrived.bind1(&JsValue::NULL, &JsValue::UNDEFINED).unchecked_into();
    let Ok(then) = Reflect::get(&promise, &"then".into()) else { return };
    if let Some(then) = then.dyn_ref::<Function>() {
        drop(then.call2(&promise, arrived, &failed));
    }
}

fn set(object: &Object, key: &str, value: &JsValue) {
    // Setting a property of a plain object cannot fail.
    drop(Reflect::set(object, &key.into(), value));
}
