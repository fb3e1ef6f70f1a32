//! The terminal pane: scrollback above, the line below.

use leptos::html;
use leptos::prelude::*;

use crate::action::{Action, Direction};
use crate::page::page;
use crate::terminal::EntryKind;

/// The pane.
#[component]
pub(super) fn TerminalPane() -> impl IntoView {
    let page = page();
    let entries = page.calm_memo(|session| session.terminal.entries().to_vec());
    let input = page.calm_memo(|session| session.terminal.input().to_owned());
    let following = page.memo(|session| session.terminal.is_following());
    let out = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        entries.with(|_| ());
        if let Some(out) = out.get() {
            // Who enters a line wants to see its answer.
            out.set_scroll_top(out.scroll_height());
        }
    });
    let on_keydown = move |event: leptos::ev::KeyboardEvent| {
        let key = event.key();
        match key.as_str() {
            "Enter" => {
                event.prevent_default();
                let line = page.peek(|session| session.terminal.input().to_owned());
                page.send(Action::Command(line));
            }
            "ArrowUp" => {
                event.prevent_default();
                page.send(Action::CommandHistory(Direction::Previous));
            }
            "ArrowDown" => {
                event.prevent_default();
                page.send(Action::CommandHistory(Direction::Next));
            }
            "c" | "C" if event.ctrl_key() && has_no_selection() => {
                event.prevent_default();
                page.send(Action::InterruptCommand);
            }
            "l" | "L" if event.ctrl_key() => {
                event.prevent_default();
                page.send(Action::ClearTerminal);
            }
            // Completes; an empty line lets Tab leave the terminal.
            "Tab" if !event.shift_key() && page.peek(|session| !session.terminal.input().is_empty()) => {
                event.prevent_default();
                page.send(Action::CompleteCommand);
            }
            _ => {}
        }
    };
    view! {
        <div class="terminal" on:click=move |_| focus_if_nothing_selected()>
            <div class="scrollback" node_ref=out tabindex="0" role="log" aria-label="Terminal">
                <p class="hint">
                    "The manifest in the editor is the file pod.yaml here. Try: kubectl get pods, kubectl describe pod NAME."
                </p>
                <For each=move || entries.get() key=|entry| (entry.id, entry.text.len()) let:entry>
                    <pre class=match entry.kind {
                        EntryKind::Command => "command",
                        EntryKind::Deed => "deed",
                        EntryKind::Output => "output",
                    }>{entry.text.clone()}</pre>
                </For>
            </div>
            <label class="prompt">
                <span aria-hidden="true">{move || if following.get() { "…" } else { "$" }}</span>
                <input
                    id="terminal-input"
                    type="text"
                    aria-label="Command line"
                    autocapitalize="off"
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=move || input.get()
                    on:input=move |event| page.send(Action::EditCommand(event_target_value(&event)))
                    on:keydown=on_keydown
                />
                <Show when=move || following.get()>
                    <button on:click=move |_| page.send(Action::InterruptCommand)>"Stop (Ctrl+C)"</button>
                </Show>
            </label>
        </div>
    }
}

fn has_no_selection() -> bool {
    window().get_selection().ok().flatten().is_none_or(|selection| selection.is_collapsed())
}

/// A click anywhere in the terminal leads to its line, unless text was marked for copying.
fn focus_if_nothing_selected() {
    if has_no_selection() {
        super::focus_id("terminal-input");
    }
}
