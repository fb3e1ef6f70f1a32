//! What the browser keeps, so that nothing is lost: drafts, the story (as its inputs), looks, progress. Each part
//! for itself, so that one that is broken takes nothing else with it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use gloo_timers::callback::Timeout;
use k8s_api::Value;
use leptos::prelude::*;
use serde_json::json;
use wasm_bindgen::JsCast;

use crate::action::{Action, Pane, Theme};
use crate::page::Page;
use crate::session::{Session, Unsaved};
use crate::{examples, panic, playback};

const TEXT: &str = "podarium.v1.text";
/// The story: its inputs and the moment that is shown. The cluster's chunk reads it when it has arrived.
pub(crate) const STORY: &str = "podarium.v1.story";
const LOOK: &str = "podarium.v1.look";
const COURSE: &str = "podarium.v1.course";
/// Written at every start, to find out whether the browser keeps anything.
const PROBE: &str = "podarium.v1.probe";

/// How long changes may wait until they are saved, in milliseconds.
const SAVE_AFTER_MS: u32 = 250;
/// While time runs the story grows with each frame: it is enough to save its clock now and then.
const SAVE_CLOCK_AFTER_MS: u32 = 2_000;

/// Why something could not be kept, for the person.
pub(crate) type Trouble = String;

/// The browser's storage for this page.
fn storage() -> Result<web_sys::Storage, Trouble> {
    let forbidden = || "storage is forbidden or switched off.".to_owned();
    web_sys::window().ok_or_else(forbidden)?.local_storage().map_err(|_| forbidden())?.ok_or_else(forbidden)
}

/// What is kept there, if it can be read.
pub(crate) fn read(key: &str) -> Option<Value> {
    let text = storage().ok()?.get_item(key).ok()??;
    serde_json::from_str(&text).ok()
}

/// Keeps something there.
pub(crate) fn write(key: &str, value: &Value) -> Result<(), Trouble> {
    storage()?.set_item(key, &value.to_string()).map_err(|_| "its storage for this page is full.".to_owned())
}

/// Keeps it no longer. Where that is not possible, nothing is kept anyway.
pub(crate) fn forget(key: &str) {
    drop(storage().map(|storage| storage.remove_item(key)));
}

// Coming back.

/// The session as the browser has kept it; a new one where it has kept nothing that can be read. Its story is
/// lived again when the cluster is there.
#[must_use]
pub fn restored() -> Session {
    let mut session = Session::default();
    if let Some(look) = read(LOOK) {
        restore_look(&mut session, &look);
    }
    if let Some(course) = read(COURSE) {
        session.progress = course::Progress::from_json(&course);
    }
    if let Some(text) = read(TEXT) {
        restore_text(&mut session, &text);
    }
    if let Err(trouble) = storage().and_then(|_| write(PROBE, &json!(true))) {
        session.storage_trouble = Some(trouble);
    }
    session.unsaved = Unsaved::default();
    session
}

fn restore_text(session: &mut Session, saved: &Value) {
    let name = saved["name"].as_str().unwrap_or_default();
    let drafts: BTreeMap<String, String> = saved["drafts"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, text)| Some((name.clone(), text.as_str()?.to_owned())))
        .collect();
    // The example's own text may have changed with a new version of the page: then that one is the origin.
    let origin = examples::find(name).map(|example| example.text).or(saved["origin"].as_str());
    match origin {
        Some(origin) => session.draft.restore(name, origin, drafts),
        None => session.draft.restore(examples::first().id, examples::first().text, drafts),
    }
}

fn restore_look(session: &mut Session, saved: &Value) {
    let view = &mut session.view;
    view.theme = match saved["theme"].as_str() {
        Some("light") => Theme::Light,
        Some("dark") => Theme::Dark,
        _ => Theme::Auto,
    };
    view.large_text = saved["large"].as_bool().unwrap_or(false);
    view.shortcuts_off = saved["keysOff"].as_bool().unwrap_or(false);
    view.pane = match saved["pane"].as_str() {
        Some("events") => Pane::Events,
        Some("logs") => Pane::Logs,
        Some("yaml") => Pane::Yaml,
        Some("kubectl") => Pane::Kubectl,
        _ => Pane::Story,
    };
    if let Some(speed) = saved["speed"].as_u64().and_then(|speed| u32::try_from(speed).ok()) {
        session.playback.speed = playback::SPEEDS.into_iter().find(|it| *it == speed).unwrap_or(1);
    }
    session.terminal.restore_history(&saved["history"]);
}

// Keeping.

thread_local! {
    static WAITING: RefCell<Option<Timeout>> = const { RefCell::new(None) };
    /// The waiting save is for the clock alone, and may be overtaken.
    static SLOWLY: Cell<bool> = const { Cell::new(false) };
    /// It was said already that the story cannot be kept.
    static STORY_TOO_LONG: Cell<bool> = const { Cell::new(false) };
}

/// Saves when the page is left or hidden; from now on changes are saved soon after they were made.
pub fn keep(page: Page) {
    let save_now = move |_: web_sys::Event| {
        WAITING.with_borrow_mut(|waiting| *waiting = None);
        save(page);
    };
    window_event_listener_untyped("pagehide", save_now);
    window_event_listener_untyped("visibilitychange", save_now);
}

/// Sees to it that what has changed is saved soon.
pub(crate) fn schedule(page: Page) {
    let (unsaved, clock_only) = page.peek(|session| {
        let unsaved = session.unsaved;
        (unsaved, unsaved == Unsaved { story: true, ..Unsaved::default() } && session.playback.playing)
    });
    if !unsaved.any() || panic::has_panicked() {
        return;
    }
    let waits = WAITING.with_borrow(Option::is_some);
    if waits && (clock_only || !SLOWLY.get()) {
        return;
    }
    SLOWLY.set(clock_only);
    let timeout = playback::after(if clock_only { SAVE_CLOCK_AFTER_MS } else { SAVE_AFTER_MS }, move || {
        WAITING.with_borrow_mut(|waiting| {
            if let Some(done) = waiting.take() {
                done.forget();
            }
        });
        save(page);
    });
    WAITING.with_borrow_mut(|waiting| *waiting = Some(timeout));
}

/// Whether a part has changed, where it is kept, and how it is written.
type Part = (bool, &'static str, fn(&Session) -> Value);

/// Saves what has changed. Where the browser refuses, the page says so and keeps it in memory.
fn save(page: Page) {
    if panic::has_panicked() {
        return;
    }
    let unsaved = page.peek(|session| session.unsaved);
    let result = page.peek(|session| {
        let parts: [Part; 3] = [
            (unsaved.text, TEXT, text),
            (unsaved.look, LOOK, look),
            (unsaved.course, COURSE, |session| session.progress.to_json()),
        ];
        parts
            .into_iter()
            .filter(|(changed, ..)| *changed)
            .try_for_each(|(_, key, value)| write(key, &value(session)))
    });
    let trouble = result.err();
    if trouble.is_none() && unsaved.story && !save_story(page) {
        // What is typed is worth more than what was lived: it gets the room.
        forget(STORY);
        if !STORY_TOO_LONG.replace(true) {
            page.send(Action::Notice(
                "The story so far is too long for this browser to keep: a reload begins anew. Your YAML is kept.".into(),
            ));
        }
    }
    if trouble.is_none() {
        page.quietly(|session| session.unsaved = Unsaved::default());
    }
    if page.peek(|session| session.storage_trouble != trouble) {
        page.send(Action::StorageState(trouble));
    }
}

/// Whether there was room for it.
fn save_story(page: Page) -> bool {
    // Without a cluster nothing has been lived, and what was kept before stays as it is.
    let Some(story) = page.peek(|session| session.engine.as_ref().map(|engine| engine.story())) else {
        return true;
    };
    let kept = write(STORY, &story).is_ok();
    if kept {
        STORY_TOO_LONG.set(false);
    }
    kept
}

fn text(session: &Session) -> Value {
    let draft = &session.draft;
    json!({ "name": draft.name, "origin": draft.origin(), "drafts": draft.all() })
}

fn look(session: &Session) -> Value {
    let view = &session.view;
    json!({
        "theme": match view.theme {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        },
        "large": view.large_text,
        "keysOff": view.shortcuts_off,
        "pane": match view.pane {
            Pane::Story => "story",
            Pane::Events => "events",
            Pane::Logs => "logs",
            Pane::Yaml => "yaml",
            Pane::Kubectl => "kubectl",
        },
        "speed": session.playback.speed,
        "history": session.terminal.history(),
    })
}

/// The last word of a panic: the text that may not have been saved yet, into its draft.
pub(crate) fn save_text_after_panic(name: &str, text: &str) -> Result<(), String> {
    let mut saved = read(TEXT).filter(Value::is_object).unwrap_or_else(|| json!({}));
    saved["name"] = json!(name);
    if !saved["drafts"].is_object() {
        saved["drafts"] = json!({});
    }
    saved["drafts"][name] = json!(text);
    write(TEXT, &saved)
}

/// Listens to an event of the window, whatever its kind.
fn window_event_listener_untyped(name: &str, told: impl Fn(web_sys::Event) + 'static) {
    let closure = wasm_bindgen::closure::Closure::<dyn Fn(web_sys::Event)>::new(told);
    // It listens for as long as the page lives.
    if window().add_event_listener_with_callback(name, closure.as_ref().unchecked_ref()).is_ok() {
        closure.forget();
    }
}
