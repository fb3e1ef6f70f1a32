//! The menu of everything that can be done to the cluster: its button and its frame. What stands in it comes with
//! the cluster.

use leptos::prelude::*;

use super::place::{Part, Place, StillToCome};

/// The id that the buttons point at.
const MENU_ID: &str = "hands-on";

/// Whether the menu is open, for what is drawn in it.
#[derive(Clone, Copy)]
struct Open(RwSignal<bool>);

/// Whether the menu that the calling component is drawn in is open.
pub(crate) fn is_open() -> RwSignal<bool> {
    expect_context::<Open>().0
}

/// The button that opens the menu.
#[component]
pub(super) fn HandsOnButton() -> impl IntoView {
    view! {
        <button class="hands-on-button" popovertarget=MENU_ID aria-haspopup="dialog">
            "Hands on"
            <span aria-hidden="true">" ▾"</span>
        </button>
    }
}

/// The menu, once on the page.
#[component]
pub(super) fn HandsOnMenu() -> impl IntoView {
    let open = RwSignal::new(false);
    provide_context(Open(open));
    view! {
        <div
            class="popover-menu hands-on"
            id=MENU_ID
            popover="auto"
            role="dialog"
            aria-label="Hands on the cluster"
            on:toggle=move |event| open.set(was_opened(&event))
        >
            <Place part=Part::HandsOn before=StillToCome />
        </div>
    }
}

/// Whether the popover that the event is about has just been opened.
fn was_opened(event: &web_sys::Event) -> bool {
    event_target::<web_sys::Element>(event).matches(":popover-open").unwrap_or(false)
}
