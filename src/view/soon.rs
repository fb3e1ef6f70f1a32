//! Parts of the page that are drawn a moment later, each in a task of its own, so that a slow phone can answer a
//! finger in between.

use leptos::prelude::*;

use crate::playback;

/// Draws what is inside in a task of its own.
#[component]
pub(crate) fn Soon(children: ChildrenFn) -> impl IntoView {
    let here = RwSignal::new(false);
    playback::after(0, move || {
        // Nobody is there any more to draw for: that is no mistake.
        let _ = here.try_set(true);
    })
    .forget();
    move || here.get().then(|| children())
}
