//! The panes below the stage: story, events, logs, YAML, terminal.

use leptos::prelude::*;

use super::place::{Part, Place, StillToCome};
use super::terminal_pane::TerminalPane;
use crate::action::{Action, Pane};
use crate::page::page;

const TABS: [(Pane, &str, &str); 5] = [
    (Pane::Story, "story", "Story"),
    (Pane::Events, "events", "Events"),
    (Pane::Logs, "logs", "Logs"),
    (Pane::Yaml, "yaml", "YAML"),
    (Pane::Kubectl, "kubectl", "kubectl"),
];

/// Tabs and the pane that is open.
#[component]
pub(super) fn Panes() -> impl IntoView {
    let page = page();
    let pane = page.memo(|session| session.view.pane);
    let small = page.memo(|session| session.view.panes_small);
    // The arrow keys go from tab to tab, as in every tab list.
    let on_keydown = move |event: leptos::ev::KeyboardEvent| {
        let here = TABS.iter().position(|(it, _, _)| *it == pane.get_untracked()).unwrap_or(0);
        let to = match event.key().as_str() {
            "ArrowRight" => (here + 1) % TABS.len(),
            "ArrowLeft" => (here + TABS.len() - 1) % TABS.len(),
            "Home" => 0,
            "End" => TABS.len() - 1,
            _ => return,
        };
        event.prevent_default();
        page.send(Action::OpenPane(TABS[to].0));
        super::focus_id(&format!("tab-{}", TABS[to].1));
    };
    view! {
        <section class="panes" class:small=move || small.get() aria-label="What the cluster says">
            <div class="tabs">
                <div role="tablist" aria-label="Panes" on:keydown=on_keydown>
                    {TABS
                        .into_iter()
                        .map(|(it, id, label)| {
                            let on = move || pane.get() == it;
                            view! {
                                <button
                                    role="tab"
                                    id=format!("tab-{id}")
                                    aria-controls=format!("pane-{id}")
                                    aria-selected=move || on().to_string()
                                    tabindex=move || if on() { "0" } else { "-1" }
                                    on:click=move |_| page.send(Action::OpenPane(it))
                                >
                                    {label}
                                </button>
                            }
                        })
                        .collect_view()}
                </div>
                <span class="grow"></span>
                <button
                    class="fold"
                    aria-expanded=move || (!small.get()).to_string()
                    aria-label="Show the panes"
                    on:click=move |_| page.send(Action::TogglePanes)
                >
                    {move || if small.get() { "▴" } else { "▾" }}
                </button>
            </div>
            // The story stays in the page, hidden or not: a screen reader follows it all the time.
            {TABS
                .into_iter()
                .map(|(it, id, _)| {
                    view! {
                        <div
                            class="pane"
                            role="tabpanel"
                            id=format!("pane-{id}")
                            aria-labelledby=format!("tab-{id}")
                            hidden=move || pane.get() != it || small.get()
                        >
                            {match it {
                                Pane::Story => place(Part::Story),
                                Pane::Events => when(pane, it, || place(Part::Events)),
                                Pane::Logs => when(pane, it, || place(Part::Logs)),
                                Pane::Yaml => when(pane, it, || place(Part::Yaml)),
                                Pane::Kubectl => when(pane, it, || view! { <TerminalPane /> }.into_any()),
                            }}
                        </div>
                    }
                })
                .collect_view()}
        </section>
    }
}

fn place(part: Part) -> AnyView {
    view! { <Place part before=StillToCome /> }.into_any()
}

/// The pane, as long as it is the open one: what nobody sees is not computed.
fn when(pane: Memo<Pane>, it: Pane, content: fn() -> AnyView) -> AnyView {
    let open = Memo::new(move |_| pane.get() == it);
    (move || open.get().then(content)).into_any()
}
