//! localhost: the one wire that all containers of a Pod share, its sockets and what flies along it.

use std::sync::Arc;

use leptos::prelude::*;

use super::wires::Anchors;
use crate::scene::{Bus, Moment, Packet, Scene, Socket};

/// The bar between the containers and the volumes.
#[component]
pub(super) fn BusBar(
    scene: Memo<Arc<Scene>>,
    moment: Memo<Moment>,
    anchors: RwSignal<Anchors>,
) -> impl IntoView {
    let bus: Memo<Bus> = Memo::new(move |_| {
        scene.with(|scene| scene.pod.as_ref().map(|pod| pod.bus.clone()).unwrap_or_default())
    });
    let ip = Memo::new(move |_| {
        scene.with(|scene| scene.pod.as_ref().map(|pod| pod.ip.clone()).unwrap_or_default())
    });
    let sockets = Memo::new(move |_| bus.with(|bus| bus.sockets.clone()));
    let packets = Memo::new(move |_| bus.with(|bus| bus.packets.clone()));
    // The newest request that is on its way, in words; the rail shows where it is.
    let flight = Memo::new(move |_| {
        let now_ms = moment.get().now_ms;
        packets.with(|packets| {
            let flying = packets.iter().rev().find(|packet| packet.way_per_mille(now_ms).is_some())?;
            Some(format!("{} → :{} {}", flying.from, flying.to_port, flying.text))
        })
    });
    let note = move || match flight.get() {
        Some(flight) => flight,
        None if ip.with(String::is_empty) => "no address yet".to_owned(),
        None => "one address, one port space".to_owned(),
    };
    let note_class = move || if flight.with(Option::is_some) { "note flight" } else { "note" };
    view! {
        <section class="bus" aria-label="localhost" data-bus="">
            <h3>"localhost"</h3>
            <span class="ip">{move || ip.get()}</span>
            <span class=note_class>{note}</span>
            <ul class="sockets">
                {move || sockets.get().into_iter().map(socket_view).collect_view()}
            </ul>
            <div class="rail" aria-hidden="true">
                <For each=move || packets.get() key=Clone::clone let:packet>
                    <Flying packet moment anchors />
                </For>
            </div>
        </section>
    }
}

fn socket_view(socket: Socket) -> impl IntoView {
    let class = if socket.open { "socket open" } else { "socket" };
    let spoken = if socket.open { "listens" } else { "declared, nobody listens" };
    view! {
        <li class=class data-socket=format!("{}:{}", socket.container, socket.port)>
            <span class="who">{socket.container.clone()}</span>
            <b>{format!(":{}", socket.port)}</b>
            <span class="sr-only">{format!(" {spoken}")}</span>
            {(!socket.open).then_some(view! { <span class="hollow" aria-hidden="true">"declared only"</span> })}
        </li>
    }
}

/// A request: where it is follows from the moment alone.
#[component]
fn Flying(packet: Packet, moment: Memo<Moment>, anchors: RwSignal<Anchors>) -> impl IntoView {
    let per_mille = {
        let packet = packet.clone();
        Memo::new(move |_| packet.way_per_mille(moment.get().now_ms))
    };
    let left = move || {
        let share = f64::from(per_mille.get()?) / 1000.0;
        anchors.with(|anchors| {
            let to = anchors.socket(packet.to_port)?;
            let from = anchors.sender(&packet.from);
            Some(format!("{:.1}px", from + (to - from) * share))
        })
    };
    view! {
        <Show when=move || per_mille.get().is_some()>
            <span class="packet" style=("left", left.clone())>
                <i></i>
            </span>
        </Show>
    }
}
