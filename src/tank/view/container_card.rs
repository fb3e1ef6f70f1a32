//! A container as a card: who it is, how it is, what it says, what is being asked of it.

use std::sync::Arc;

use leptos::prelude::*;

use super::act_menu::{ActButton, MenuFor};
use super::ring::{Pill, Rings};
use crate::action::Action;
use crate::page::page;
use crate::scene::{
    ContainerCard, Moment, PodKey, ProbePulse, ProbeWord, Role, Scene, Selection, Tone, clock,
};

/// How long the sign of a signal flies from the kubelet to a container, in simulated milliseconds.
const SIGNAL_FLIGHT_MS: u64 = 800;

/// The card of the container `name` of the Pod that is drawn big.
#[component]
pub(super) fn Card(
    pod: PodKey,
    name: String,
    scene: Memo<Arc<Scene>>,
    moment: Memo<Moment>,
    menu: RwSignal<Option<MenuFor>>,
) -> impl IntoView {
    let page = page();
    let wanted = name.clone();
    let card: Memo<Option<ContainerCard>> = Memo::new(move |_| {
        scene.with(|scene| {
            scene.pod.as_ref().and_then(|pod| pod.cast.iter().find(|card| card.name == wanted).cloned())
        })
    });
    let is = move |test: fn(&ContainerCard) -> bool| card.with(|card| card.as_ref().is_some_and(test));
    let text = move |read: fn(&ContainerCard) -> String| {
        card.with(|card| card.as_ref().map(read).unwrap_or_default())
    };
    let tone = Signal::derive(move || card.with(|card| card.as_ref().map_or(Tone::Idle, |card| card.tone)));
    let role = card.with_untracked(|card| card.as_ref().map_or(Role::App, |card| card.role));

    let class = move || {
        let selected = if is(|card| card.selected) { " selected" } else { "" };
        let hung = if is(|card| card.hung) { " hung" } else { "" };
        format!("card {} role-{}{selected}{hung}", tone.get().class(), role.word())
    };
    let word = Signal::derive(move || text(|card| card.word.clone()));
    let countdowns = Memo::new(move |_| {
        card.with(|card| card.as_ref().map(|card| card.countdowns.clone()).unwrap_or_default())
    });
    let log = Memo::new(move |_| text(|card| card.log.join("\n")));
    let probes = Memo::new(move |_| {
        card.with(|card| card.as_ref().map(|card| card.probes.clone()).unwrap_or_default())
    });
    let label = Memo::new(move |_| text(ContainerCard::spoken));
    let since = Memo::new(move |_| card.with(|card| card.as_ref().and_then(|card| card.running_since_ms)));
    let running_for = move || {
        since.get().map(|since| format!("for {}", clock::age(moment.get().now_ms.saturating_sub(since))))
    };
    let select = {
        let (pod, container) = (pod.clone(), name.clone());
        move |_| {
            page.send(Action::Select(Selection::Container {
                pod: pod.clone(),
                container: container.clone(),
            }));
        }
    };
    let (jack, log_label) = (name.clone(), format!("Last log lines of {name}"));

    view! {
        <article class=class aria-label=move || label.get() data-card=jack>
            <header>
                <h3>
                    <button class="select" aria-pressed=move || is(|card| card.selected).to_string() on:click=select>
                        {name.clone()}
                    </button>
                </h3>
                <ActButton pod=pod.clone() container=Some(name.clone()) menu />
            </header>
            <p class="kind">
                <span class="role">{role.word()}</span>
                " "
                <span class="image">{move || text(|card| card.image.clone())}</span>
            </p>
            <p class="state">
                <Pill tone word />
                <span class="facts">
                    {move || running_for().map(|text| view! { <span>{text}</span> })}
                    {move || card.with(|card| card.as_ref().map(facts))}
                </span>
            </p>
            <SignalSent card moment />
            <Show when=move || is(|card| !card.detail.is_empty())>
                <p class="detail">{move || text(|card| card.detail.clone())}</p>
            </Show>
            <Rings countdowns moment />
            <Show when=move || log.with(|log| !log.is_empty())>
                <pre class="log" tabindex="0" aria-label=log_label.clone()>
                    <code>{move || log.get()}</code>
                </pre>
            </Show>
            <Show when=move || probes.with(|probes| !probes.is_empty())>
                <ul class="probes" aria-label="Probes">
                    {move || {
                        probes.get().into_iter().map(|probe| view! { <Probe probe moment /> }).collect_view()
                    }}
                </ul>
            </Show>
        </article>
    }
}

/// Readiness, restarts and how the last run ended.
fn facts(card: &ContainerCard) -> impl IntoView + use<> {
    let ready = (card.is_running() && card.role != Role::Init && card.role != Role::Debug)
        .then_some(if card.ready { "✓ ready" } else { "not ready" });
    let code = card.exit_code.map(|code| {
        let last = if card.is_running() { "last run: " } else { "" };
        // The word of the pill already names the reason of a run that has just ended.
        if card.ended_reason.is_empty() || card.ended_reason == card.word {
            format!("{last}exit {code}")
        } else {
            format!("{last}{}, exit {code}", card.ended_reason)
        }
    });
    let restarts = match card.restarts {
        0 => None,
        1 => Some("1 restart".to_owned()),
        n => Some(format!("{n} restarts")),
    };
    view! {
        {ready.map(|text| view! { <span>{text}</span> })}
        {restarts.map(|text| view! { <span>{text}</span> })}
        {code.map(|text| view! { <span class="exit">{text}</span> })}
        {card.hung.then(|| view! { <span class="hangs">"hangs (by hand)"</span> })}
    }
}

/// The stop signal: flying in at first, then how long ago it came.
#[component]
fn SignalSent(card: Memo<Option<ContainerCard>>, moment: Memo<Moment>) -> impl IntoView {
    let sent = Memo::new(move |_| card.with(|card| card.as_ref().and_then(|card| card.signal_sent.clone())));
    let flight = Memo::new(move |_| {
        sent.get().map_or(1000, |(_, at_ms)| {
            moment.get().now_ms.saturating_sub(at_ms).min(SIGNAL_FLIGHT_MS) * 1000 / SIGNAL_FLIGHT_MS
        })
    });
    let text = Memo::new(move |_| {
        sent.get().map(|(signal, at_ms)| {
            format!("{signal} sent {} ago", clock::age(moment.get().now_ms.saturating_sub(at_ms)))
        })
    });
    view! {
        <Show when=move || sent.with(Option::is_some)>
            <p class="signal" style=("--flight", move || (1000 - flight.get()).to_string())>
                <span aria-hidden="true">"↓ "</span>
                {move || text.get()}
            </p>
        </Show>
    }
}

/// A probe: its last result, its counter, and when it runs next.
#[component]
fn Probe(probe: ProbePulse, moment: Memo<Moment>) -> impl IntoView {
    let (class, word) = match probe.word {
        ProbeWord::Unknown => ("probe", "not run yet".to_owned()),
        ProbeWord::Passed => ("probe passed", "✓ passed".to_owned()),
        ProbeWord::Failed => {
            ("probe failed", format!("✗ failed {}/{}", probe.run.min(probe.threshold), probe.threshold))
        }
        ProbeWord::Paused => ("probe", "paused".to_owned()),
    };
    let next_at_ms = probe.next_at_ms;
    let next = Memo::new(move |_| {
        next_at_ms.map(|at| format!("next in {}", clock::left(at.saturating_sub(moment.get().now_ms))))
    });
    let pips = (probe.word == ProbeWord::Failed && probe.threshold <= 10).then(|| {
        (0..probe.threshold)
            .map(|n| view! { <i class=if n < probe.run { "pip full" } else { "pip" }></i> })
            .collect_view()
    });
    let by_hand = probe.broken_by_hand.then(|| view! { <span class="by-hand">"broken by hand"</span> });
    view! {
        <li class=class>
            <span class="kind">{probe.kind}</span>
            " "
            <b>{word}</b>
            <span class="pips" aria-hidden="true">{pips}</span>
            <span class="handler">{probe.handler.clone()}</span>
            {by_hand}
            <span class="next">{move || next.get()}</span>
        </li>
    }
}
