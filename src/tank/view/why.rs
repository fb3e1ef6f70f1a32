//! One sentence of why; the causes behind it, the rule and the line of the YAML are one press away.

use std::sync::Arc;

use leptos::prelude::*;

use crate::action::Action;
use crate::page::page;
use crate::scene::{Moment, Scene, clock};
use crate::tank::deciding_field::{DecidingField, deciding_field};

use super::ring::Rings;

/// The line under the timeline.
#[component]
pub(super) fn WhyLine(
    /// What to explain.
    scene: Memo<Arc<Scene>>,
    moment: Memo<Moment>,
) -> impl IntoView {
    let page = page();
    let why = Memo::new(move |_| scene.with(|scene| scene.why.clone()));
    let any = Memo::new(move |_| why.with(|why| !why.sentence.is_empty()));
    // A countdown that is over has nothing more to say.
    let countdowns = Memo::new(move |_| {
        let now_ms = moment.get().now_ms;
        why.with(|why| why.countdown.iter().filter(|it| it.until_ms > now_ms).cloned().collect::<Vec<_>>())
    });
    let rule = Memo::new(move |_| why.with(|why| why.rule.clone()));
    let text = page.calm_memo(|session| session.draft.text.clone());
    let field = Memo::new(move |_| {
        let why = why.get();
        let (rule, pod) = (why.rule?, why.pod?);
        let object = page.peek(|session| session.cluster().object("Pod", &pod.namespace, &pod.name));
        text.with(|text| {
            deciding_field(&object.unwrap_or_default(), text, &pod, &why.container, &rule.fields)
        })
    });
    let chained = Memo::new(move |_| why.with(|why| why.chain.len() > 1));
    let chain = move || {
        // The last of them is the sentence above.
        let mut causes = why.get().chain;
        causes.pop();
        causes
            .into_iter()
            .map(|(at_ms, sentence)| {
                view! {
                    <li>
                        <button class="when" on:click=move |_| page.send(Action::Seek(k8s_sim::SimTime(at_ms)))>
                            {clock::stamp(at_ms)}
                        </button>
                        " "
                        {sentence}
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <section class="why" aria-label="Why">
            <Show
                when=move || any.get()
                fallback=|| view! { <p><b>"Why: "</b>"Nothing has happened yet."</p> }
            >
                <p>
                    <b>"Why: "</b>
                    {move || why.with(|why| why.sentence.clone())}
                </p>
                <Rings countdowns moment />
                <details>
                    <summary>{move || if chained.get() { "The rule, and what led to it" } else { "The rule" }}</summary>
                    {move || {
                        rule.get()
                            .map(|rule| {
                                view! {
                                    <p class="rule">
                                        <b>"The rule: "</b>
                                        {rule.says}
                                        " "
                                        {move || field.get().map(decides)}
                                        <cite>"Kubernetes 1.36, " <code>{rule.source}</code></cite>
                                    </p>
                                }
                            })
                    }}
                    <Show when=move || chained.get()>
                        <ol>{chain}</ol>
                    </Show>
                </details>
            </Show>
        </section>
    }
}

/// The field that decided, with the way to its line.
fn decides(field: DecidingField) -> AnyView {
    let page = page();
    let written = field.value.map_or(field.path.clone(), |value| format!("{}: {value}", field.path));
    match field.place {
        Some((line, at)) => view! {
            <button class="to-line" on:click=move |_| page.send(Action::GoToText(at))>
                {format!("line {line}")}
            </button>
            " "
            <code>{written}</code>
            " "
        }
        .into_any(),
        None => view! { <code>{written}</code> " (not in the editor's text) " }.into_any(),
    }
}
