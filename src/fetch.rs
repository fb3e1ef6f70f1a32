//! Fetches the cluster's chunk: after the first paint, and again when a person asks for it.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::action::Action;
use crate::engine::Arrival;
use crate::page::Page;
use crate::{playback, tank};

/// From now on the chunk is fetched whenever it is to be on its way.
pub fn start(page: Page) {
    let on_its_way = page.memo(|session| session.arrival == Arrival::OnItsWay);
    // This effect touches the network, no signal.
    Effect::new(move |_| {
        if on_its_way.get() {
            // The page is drawn first.
            request_animation_frame(move || {
                playback::after(0, move || fetch(page)).forget();
            });
        }
    });
}

fn fetch(page: Page) {
    spawn_local(async move {
        match tank::open().await {
            Ok(tank) => page.arrived(tank).await,
            Err(_) => page.send(Action::Arrival(Arrival::Failed)),
        }
    });
}
