//! The machines beside the Pod.

use std::sync::Arc;

use leptos::prelude::*;

use super::ring::{Pill, Rings};
use crate::action::Action;
use crate::deed;
use crate::page::page;
use crate::scene::{Moment, NodeCard, PodChip, Scene, Selection, Tone, clock};

/// All nodes.
#[component]
pub(super) fn Nodes(scene: Memo<Arc<Scene>>, moment: Memo<Moment>) -> impl IntoView {
    let names = Memo::new(move |_| {
        scene.with(|scene| scene.nodes.iter().map(|node| node.name.clone()).collect::<Vec<_>>())
    });
    view! {
        <section class="nodes" aria-label="Nodes">
            <ul>
                <For each=move || names.get() key=Clone::clone let:name>
                    <li>
                        <Node name scene moment />
                    </li>
                </For>
            </ul>
        </section>
    }
}

#[component]
fn Node(name: String, scene: Memo<Arc<Scene>>, moment: Memo<Moment>) -> impl IntoView {
    let page = page();
    let wanted = name.clone();
    let node: Memo<Option<NodeCard>> =
        Memo::new(move |_| scene.with(|scene| scene.nodes.iter().find(|node| node.name == wanted).cloned()));
    let is = move |test: fn(&NodeCard) -> bool| node.with(|node| node.as_ref().is_some_and(test));
    let tone = Signal::derive(move || node.with(|node| node.as_ref().map_or(Tone::Idle, |node| node.tone)));
    let word = Signal::derive(move || {
        node.with(|node| node.as_ref().map(|node| node.status.clone()).unwrap_or_default())
    });
    let class = move || {
        let dead = if is(|node| !node.powered) { " dead" } else { "" };
        let selected = if is(|node| node.selected) { " selected" } else { "" };
        format!("node {}{dead}{selected}", tone.get().class())
    };
    let facts = Memo::new(move |_| {
        let now_ms = moment.get().now_ms;
        node.with(|node| node.as_ref().map(|node| lease_words(node, now_ms)).unwrap_or_default())
    });
    let countdowns = Memo::new(move |_| {
        node.with(|node| node.as_ref().map(|node| node.countdowns.clone()).unwrap_or_default())
    });
    let chips =
        Memo::new(move |_| node.with(|node| node.as_ref().map(|node| node.pods.clone()).unwrap_or_default()));
    let taints = Memo::new(move |_| {
        node.with(|node| node.as_ref().map(|node| node.taints.clone()).unwrap_or_default())
    });
    let percent = Memo::new(move |_| node.with(|node| node.as_ref().map_or(0, NodeCard::cpu_percent)));
    let cpu = Memo::new(move |_| {
        node.with(|node| {
            node.as_ref()
                .map(|node| format!("cpu {}m/{}m", node.cpu_requested_milli, node.cpu_allocatable_milli))
        })
    });
    let select = {
        let name = name.clone();
        move |_| page.send(Action::Select(Selection::Node(name.clone())))
    };
    let (kill, label) = (name.clone(), name.clone());
    view! {
        <article class=class aria-label=format!("Node {name}")>
            <header>
                <h2>
                    <button class="select" aria-pressed=move || is(|node| node.selected).to_string() on:click=select>
                        {name.clone()}
                    </button>
                </h2>
                <Pill tone word />
            </header>
            <p class="facts">{move || facts.get()}</p>
            <Show when=move || taints.with(|taints| !taints.is_empty())>
                <p class="taints">{move || taints.get().join(", ")}</p>
            </Show>
            <Rings countdowns moment />
            <PodChips chips />
            <span class="meter" aria-hidden="true">
                <i style=("width", move || format!("{}%", percent.get()))></i>
            </span>
            <div class="foot">
                <p class="cpu">{move || cpu.get()}</p>
                <button
                    class="power"
                    aria-label=move || {
                        if is(|node| node.powered) { format!("Kill {label}") } else { format!("Revive {label}") }
                    }
                    on:click=move |_| {
                        let powered = node.with_untracked(|node| node.as_ref().is_none_or(|node| node.powered));
                        let input = if powered { deed::kill_node(&kill) } else { deed::revive_node(&kill) };
                        page.send(Action::Act(input));
                    }
                >
                    <span aria-hidden="true">{move || if is(|node| node.powered) { "⚡" } else { "↑" }}</span>
                    <span class="power-word">{move || if is(|node| node.powered) { " Kill" } else { " Revive" }}</span>
                </button>
            </div>
        </article>
    }
}

/// What is known of the node's heartbeat.
fn lease_words(node: &NodeCard, now_ms: u64) -> String {
    let mut words = String::new();
    if let Some(since) = node.down_since_ms {
        let what = if node.powered { "kubelet stopped" } else { "power lost" };
        words.push_str(&format!("{what} {} ago · ", clock::age(now_ms.saturating_sub(since))));
    }
    match node.lease_at_ms {
        Some(at) => words.push_str(&format!("lease renewed {} ago", clock::age(now_ms.saturating_sub(at)))),
        None => words.push_str("no lease yet"),
    }
    words
}

/// Pods in one word each; pressing one draws it big.
#[component]
pub(super) fn PodChips(
    /// The Pods.
    #[prop(into)]
    chips: Signal<Vec<PodChip>>,
) -> impl IntoView {
    let page = page();
    let any = Memo::new(move |_| chips.with(|chips| !chips.is_empty()));
    view! {
        <Show when=move || any.get()>
            <ul class="chips">
                {move || {
                    chips
                        .get()
                        .into_iter()
                        .map(|chip| {
                            let key = chip.key.clone();
                            view! {
                                <li>
                                    <button
                                        class=format!("chip {}", chip.tone.class())
                                        aria-pressed=chip.shown.to_string()
                                        title=chip.status.clone()
                                        on:click=move |_| page.send(Action::Select(Selection::Pod(key.clone())))
                                    >
                                        <span class="sign" aria-hidden="true">{chip.tone.sign()}</span>
                                        {chip.key.name.clone()}
                                        <span class="sr-only">{format!(", {}", chip.status)}</span>
                                    </button>
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ul>
        </Show>
    }
}
