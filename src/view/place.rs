//! Places on the page for what shows the cluster: drawn by the tank's chunk once that is there.

use std::sync::Arc;

use leptos::prelude::*;

use crate::engine::Arrival;
use crate::page::{Page, page};
use crate::playback;

/// A part of the page that shows the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The machines and the Pod.
    Stage,
    /// The lanes under the playhead, and why.
    Lanes,
    /// The running log.
    Story,
    /// What of it a screen reader hears.
    Voice,
    /// As `kubectl get events`.
    Events,
    /// As `kubectl logs`.
    Logs,
    /// As `kubectl get -o yaml`.
    Yaml,
    /// The menu of everything that can be done.
    HandsOn,
}

/// Draws a part.
pub type Draw = Arc<dyn Fn(Part) -> AnyView + Send + Sync>;

/// The place of a part, with what stands there until the cluster is there.
#[component]
pub(super) fn Place(part: Part, #[prop(optional, into)] before: Option<ViewFn>) -> impl IntoView {
    let draw = page().draw();
    // When the cluster arrives each place is drawn in a task of its own; what is opened later, at once.
    let drawn = RwSignal::new(draw.get_untracked());
    Effect::new(move |_| {
        let Some(draw) = draw.get() else { return };
        if drawn.with_untracked(Option::is_none) {
            playback::after(0, move || {
                let _ = drawn.try_set(Some(draw));
            })
            .forget();
        }
    });
    move || match drawn.get() {
        Some(draw) => draw(part),
        None => before.as_ref().map(|before| before.run()).into_any(),
    }
}

/// That the cluster is still to come, where it will be shown.
#[component]
pub(super) fn StillToCome() -> impl IntoView {
    view! { <p class="hint">{starting(page())}</p> }
}

/// What to say of the cluster before it is there.
fn starting(page: Page) -> impl IntoView {
    let failed = page.memo(|session| session.arrival == Arrival::Failed);
    move || if failed.get() { "The cluster did not arrive." } else { "The cluster is starting…" }
}

/// The same on the stage, with what will be done as soon as the cluster is there.
#[component]
pub(super) fn Starting() -> impl IntoView {
    let page = page();
    let kept = page.calm_memo(|session| {
        let words: Vec<_> = session.kept.iter().map(|kept| kept.words.as_str()).collect();
        words.join(", ")
    });
    view! {
        <div class="starting" role="status">
            <p>{starting(page)}</p>
            {move || {
                let words = kept.get();
                (!words.is_empty()).then(|| view! { <p>"As soon as it is there: " {words} "."</p> })
            }}
        </div>
    }
}
