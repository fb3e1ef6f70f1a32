//! The glass box: name plate, conditions, cast, localhost, volumes, and pause, on which everything stands.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;

use super::act_menu::{ActButton, MenuFor};
use super::bus::BusBar;
use super::container_card::Card;
use super::ring::{Pill, Rings};
use super::volumes::Volumes;
use super::wires::{Anchors, Wires};
use crate::action::Action;
use crate::page::page;
use crate::scene::{Gate, Moment, PodKey, PodScene, Role, Scene, Selection, Tone, clock};

/// The box of the Pod `pod`, which must be the one that the scene draws big.
#[component]
pub(super) fn PodBox(
    pod: PodKey,
    scene: Memo<Arc<Scene>>,
    moment: Memo<Moment>,
    menu: RwSignal<Option<MenuFor>>,
) -> impl IntoView {
    let root = NodeRef::<html::Article>::new();
    let anchors = RwSignal::new(Anchors::default());
    let label = Memo::new(move |_| scene.with(|scene| scene.spoken.clone()));
    let tone = Memo::new(move |_| scene.with(|scene| scene.pod.as_ref().map_or(Tone::Idle, |pod| pod.tone)));
    let homeless =
        Memo::new(move |_| scene.with(|scene| scene.pod.as_ref().is_some_and(|pod| pod.node.is_none())));
    let message = Memo::new(move |_| part(scene, |pod| pod.message.clone()));
    let class = move || {
        let homeless = if homeless.get() { " homeless" } else { "" };
        format!("pod {}{homeless}", tone.get().class())
    };
    view! {
        <article class=class aria-label=move || label.get() node_ref=root>
            <Wires scene root anchors />
            <Plate pod=pod.clone() scene menu moment />
            <div class="ledger">
                <Facts scene moment />
                <Conditions scene />
            </div>
            <Show when=move || message.with(|message| !message.is_empty())>
                <p class="message">{move || message.get()}</p>
            </Show>
            <Cast pod=pod.clone() scene moment menu />
            <BusBar scene moment anchors />
            <Volumes pod=pod.clone() scene />
            <PauseBar scene />
        </article>
    }
}

fn part<T: Default>(scene: Memo<Arc<Scene>>, read: impl Fn(&PodScene) -> T) -> T {
    scene.with(|scene| scene.pod.as_ref().map(read).unwrap_or_default())
}

#[component]
fn Plate(
    pod: PodKey,
    scene: Memo<Arc<Scene>>,
    moment: Memo<Moment>,
    menu: RwSignal<Option<MenuFor>>,
) -> impl IntoView {
    let page = page();
    let tone =
        Signal::derive(move || scene.with(|scene| scene.pod.as_ref().map_or(Tone::Idle, |pod| pod.tone)));
    let word = Signal::derive(move || part(scene, |pod| pod.status.clone()));
    let ip = move || part(scene, |pod| pod.ip.clone());
    let place = move || {
        part(scene, |pod| match &pod.node {
            Some(node) => format!("on {node}"),
            None => "on no node yet".to_owned(),
        })
    };
    let grace = Memo::new(move |_| part(scene, |pod| pod.grace.iter().cloned().collect::<Vec<_>>()));
    let selected = move || part(scene, |pod| pod.selected).to_string();
    let name = pod.name.clone();
    let select = {
        let pod = pod.clone();
        move |_| page.send(Action::Select(Selection::Pod(pod.clone())))
    };
    view! {
        <header class="plate">
            <h2>
                <button class="select" aria-pressed=selected on:click=select>{name}</button>
            </h2>
            <Pill tone word />
            <span class="ip">{ip}</span>
            <span class="place">{place}</span>
            <Rings countdowns=grace moment />
            <ActButton pod=pod.clone() container=None menu />
        </header>
    }
}

#[component]
fn Facts(scene: Memo<Arc<Scene>>, moment: Memo<Moment>) -> impl IntoView {
    let phase = move || part(scene, |pod| pod.phase.clone());
    let ready = move || part(scene, |pod| format!("{}/{}", pod.ready, pod.total));
    let born_ms = Memo::new(move |_| part(scene, |pod| pod.created_ms));
    let age = Memo::new(move |_| clock::age(moment.get().now_ms.saturating_sub(born_ms.get())));
    let restarted = Memo::new(move |_| part(scene, |pod| (pod.restarts, pod.last_restart_ms)));
    let restarts = Memo::new(move |_| {
        let (count, last_ms) = restarted.get();
        match last_ms {
            Some(last_ms) if count > 0 => {
                format!("{count} ({} ago)", clock::age(moment.get().now_ms.saturating_sub(last_ms)))
            }
            _ => count.to_string(),
        }
    });
    view! {
        <dl class="facts">
            <div><dt>"phase"</dt><dd>{phase}</dd></div>
            <div><dt>"READY"</dt><dd>{ready}</dd></div>
            <div><dt>"RESTARTS"</dt><dd>{move || restarts.get()}</dd></div>
            <div><dt>"AGE"</dt><dd>{move || age.get()}</dd></div>
            <div><dt>"restartPolicy"</dt><dd>{move || part(scene, |pod| pod.restart_policy.clone())}</dd></div>
        </dl>
    }
}

#[component]
fn Conditions(scene: Memo<Arc<Scene>>) -> impl IntoView {
    let conditions = Memo::new(move |_| part(scene, |pod| pod.conditions.clone()));
    view! {
        <ul class="conditions" aria-label="Conditions">
            {move || {
                conditions
                    .get()
                    .into_iter()
                    .map(|condition| {
                        let (sign, class) = match condition.status.as_str() {
                            "True" => ("✓", "true"),
                            "False" => ("✗", "false"),
                            "" => ("·", "unset"),
                            _ => ("?", "unknown"),
                        };
                        let spoken =
                            if condition.status.is_empty() { " not set yet".to_owned() } else { format!(" {}", condition.status) };
                        view! {
                            <li class=class title=condition.detail>
                                <i aria-hidden="true">{sign}</i>
                                {condition.kind}
                                <span class="sr-only">{spoken}</span>
                            </li>
                        }
                    })
                    .collect_view()
            }}
        </ul>
    }
}

/// A row of the airlock: an init container, or the trace of a sidecar that passed through it.
#[derive(Clone, PartialEq)]
struct Berth {
    name: String,
    sidecar: Option<&'static str>,
}

#[component]
fn Cast(
    pod: PodKey,
    scene: Memo<Arc<Scene>>,
    moment: Memo<Moment>,
    menu: RwSignal<Option<MenuFor>>,
) -> impl IntoView {
    let of = move |roles: &'static [Role]| {
        Memo::new(move |_| {
            part(scene, |pod| {
                pod.cast
                    .iter()
                    .filter(|card| roles.contains(&card.role))
                    .map(|card| card.name.clone())
                    .collect::<Vec<String>>()
            })
        })
    };
    let sidecars = of(&[Role::Sidecar]);
    let apps = of(&[Role::App]);
    let debuggers = of(&[Role::Debug]);
    let berths = Memo::new(move |_| {
        part(scene, |pod| {
            if pod.of_role(Role::Init).next().is_none() {
                return Vec::new();
            }
            pod.cast
                .iter()
                .filter(|card| matches!(card.role, Role::Init | Role::Sidecar))
                .map(berth)
                .collect()
        })
    });
    let cards = move |names: Memo<Vec<String>>, label: &'static str, class: &'static str, pod: PodKey| {
        view! {
            <Show when=move || names.with(|names| !names.is_empty())>
                <ul class=class aria-label=label>
                    <For each=move || names.get() key=Clone::clone children={
                        let pod = pod.clone();
                        move |name| {
                            let pod = pod.clone();
                            view! { <li><Card pod name scene moment menu /></li> }
                        }
                    } />
                </ul>
            </Show>
        }
    };
    let lock_pod = pod.clone();
    view! {
        <section class="cast" aria-label="Containers" data-observe="">
            <Show when=move || berths.with(|berths| !berths.is_empty())>
                <section class="airlock" aria-label="Init containers, one at a time">
                    <h3>"Init · one at a time"</h3>
                    <ol>
                        <For each=move || berths.get() key=|berth| (berth.name.clone(), berth.sidecar) children={
                            let pod = lock_pod.clone();
                            move |berth| {
                                let pod = pod.clone();
                                match berth.sidecar {
                                    None => view! { <li><Card pod name=berth.name scene moment menu /></li> }.into_any(),
                                    Some(trace) => view! {
                                        <li class="trace">
                                            <b>{berth.name}</b>
                                            {trace}
                                        </li>
                                    }.into_any(),
                                }
                            }
                        } />
                    </ol>
                </section>
            </Show>
            <div class="rooms">
                {cards(sidecars, "Sidecars", "sidecars", pod.clone())}
                {cards(apps, "App containers", "apps", pod.clone())}
            </div>
            <Show when=move || debuggers.with(|names| !names.is_empty())>
                <section class="debug-dock" aria-label="Debug containers">
                    <h3>"Docked for debugging"</h3>
                    {cards(debuggers, "Debug containers", "debuggers", pod.clone())}
                </section>
            </Show>
        </section>
    }
}

fn berth(card: &crate::scene::ContainerCard) -> Berth {
    let sidecar = (card.role == Role::Sidecar).then_some(match card.gate {
        Some(Gate::Queued) => " waits for its turn",
        Some(Gate::Inside) => " is passing: the next waits until it is started",
        Some(Gate::Passed) | None => " passed through and stays on →",
    });
    Berth { name: card.name.clone(), sidecar }
}

#[component]
fn PauseBar(scene: Memo<Arc<Scene>>) -> impl IntoView {
    let tone = Signal::derive(move || {
        scene.with(|scene| scene.pod.as_ref().map_or(Tone::Idle, |pod| pod.pause.tone))
    });
    let word = Signal::derive(move || part(scene, |pod| pod.pause.word.clone()));
    let class = move || format!("foundation {}", tone.get().class());
    let id = move || {
        part(scene, |pod| {
            if pod.pause.sandbox_id.is_empty() {
                return String::new();
            }
            match pod.pause.attempt {
                0 => format!("sandbox {}", pod.pause.sandbox_id),
                n => format!("sandbox {} (attempt {n})", pod.pause.sandbox_id),
            }
        })
    };
    let namespaces = Memo::new(move |_| part(scene, |pod| pod.pause.namespaces.clone()));
    view! {
        <section class=class aria-label="pause, the foundation">
            <h3>"pause"</h3>
            <Pill tone word />
            <ul class="namespaces" aria-label="Namespaces that it holds">
                {move || namespaces.get().into_iter().map(|name| view! { <li>{name}</li> }).collect_view()}
            </ul>
            <span class="sandbox">{id}</span>
            <span class="sentence">{move || part(scene, |pod| pod.pause.sentence.clone())}</span>
        </section>
    }
}
