//! The list of keyboard shortcuts.

use leptos::html;
use leptos::prelude::*;

use super::keys::SHORTCUTS;
use crate::action::Action;
use crate::page::page;

/// The dialog that `?` opens.
#[component]
pub(super) fn Help() -> impl IntoView {
    let page = page();
    let open = page.memo(|session| session.view.help);
    let on = page.memo(|session| !session.view.shortcuts_off);
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        super::show_modal(&dialog, open.get());
    });
    view! {
        <dialog
            class="dialog"
            node_ref=dialog
            aria-labelledby="help-title"
            on:close=move |_| page.send(Action::ShowHelp(false))
        >
            <h2 id="help-title">"Keyboard"</h2>
            <dl class="shortcuts">
                {SHORTCUTS
                    .iter()
                    .map(|shortcut| {
                        view! {
                            <div>
                                <dt>
                                    <kbd>{shortcut.label}</kbd>
                                </dt>
                                <dd>{shortcut.about}</dd>
                            </div>
                        }
                    })
                    .collect_view()}
                <div>
                    <dt>
                        <kbd>"Ctrl"</kbd>
                        " or "
                        <kbd>"⌘"</kbd>
                        "+"
                        <kbd>"Enter"</kbd>
                    </dt>
                    <dd>"Apply the manifest"</dd>
                </div>
                <div>
                    <dt>
                        <kbd>"Esc"</kbd>
                        ", "
                        <kbd>"Tab"</kbd>
                    </dt>
                    <dd>"Leave the editor"</dd>
                </div>
            </dl>
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || on.get()
                    on:change=move |event| page.send(Action::SetShortcuts(event_target_checked(&event)))
                />
                " Single keys do this while nothing is typed"
            </label>
            <form method="dialog">
                <button class="primary">"Close"</button>
            </form>
        </dialog>
    }
}
