//! The running log: what happens and why, in words. It is also what a screen reader hears.

use leptos::html;
use leptos::prelude::*;

use k8s_sim::SimTime;

use crate::action::{Action, Pane};
use crate::page::page;
use crate::scene::{PodKey, Selection, clock, story};
use crate::session::Session;
use crate::view::StickToEnd;

/// So many entries are shown, the newest last.
const SHOWN_MAX: usize = 200;
/// At most so many new entries are read out at once; what is quicker is only counted.
const SPOKEN_MAX: usize = 3;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    index: usize,
    at_ms: u64,
    tone: &'static str,
    sign: &'static str,
    text: String,
    about: Selection,
}

/// The pane.
#[component]
pub(super) fn StoryPane() -> impl IntoView {
    let page = page();
    let version =
        page.memo(|session| (session.cluster().story().len(), session.timeline().horizon() == SimTime(0)));
    let lines = Memo::new(move |_| {
        version.with(|_| ());
        page.peek(lines)
    });
    let list = NodeRef::<html::Ol>::new();
    let seen = page.memo(|session| session.view.pane == Pane::Story && !session.view.panes_small);
    let end = StickToEnd::new();
    Effect::new(move |_| {
        lines.with(|_| ());
        if let (true, Some(list)) = (seen.get(), list.get()) {
            end.follow(list.into());
        }
    });
    view! {
        <Show when=move || lines.with(Vec::is_empty)>
            <p class="hint">"Nothing has happened yet. Apply the manifest and press Play."</p>
        </Show>
        <ol
            class="story"
            node_ref=list
            tabindex="0"
            aria-label="What happened, and why"
            on:scroll=move |event| end.scrolled(&event_target(&event))
        >
            <For each=move || lines.get() key=|line| (line.index, line.at_ms, line.text.clone()) let:line>
                <li class=format!("tone-{}", line.tone)>
                    <button
                        class="when"
                        title="Show this moment"
                        on:click=move |_| {
                            page.send(Action::Pause);
                            page.send(Action::Seek(SimTime(line.at_ms)));
                        }
                    >
                        {clock::stamp(line.at_ms)}
                    </button>
                    <span class="sign" aria-hidden="true">
                        {line.sign}
                    </span>
                    <button class="plain what" on:click=move |_| page.send(Action::Select(line.about.clone()))>
                        {line.text.clone()}
                    </button>
                </li>
            </For>
        </ol>
    }
}

/// What a screen reader hears while time runs: the newest entries, a few at a time. Always on the page.
#[component]
pub(super) fn StoryVoice() -> impl IntoView {
    let page = page();
    // Once per second of wall time at most: at high speed the words would pile up.
    let spoken = page.memo(|session| {
        let speed = u64::from(session.playback.speed.max(1));
        (session.timeline().now().ms() / (1000 * speed), session.playback.playing)
    });
    let said = StoredValue::new(0_usize);
    let text = Memo::new(move |_| {
        spoken.with(|_| ());
        page.peek(|session| {
            let story = session.cluster().story();
            let from = said.get_value();
            said.set_value(story.len());
            if story.len() <= from {
                return Vec::new();
            }
            let new: Vec<String> = story
                .iter_from(from)
                .filter(|entry| story::is_news(&entry.kind))
                .map(|entry| story::sentence(entry))
                .collect();
            let skipped = new.len().saturating_sub(SPOKEN_MAX);
            let mut words: Vec<String> = new.into_iter().skip(skipped).collect();
            if skipped > 0 {
                words.insert(0, format!("{skipped} more before."));
            }
            words
        })
    });
    view! {
        <div class="visually-hidden" role="log" aria-live="polite" aria-label="What happens">
            {move || text.get().into_iter().map(|words| view! { <p>{words}</p> }).collect_view()}
        </div>
    }
}

fn lines(session: &Session) -> Vec<Line> {
    let story = session.cluster().story();
    let from = story.len().saturating_sub(SHOWN_MAX);
    story
        .iter_from(from)
        .enumerate()
        .filter(|(_, entry)| story::is_news(&entry.kind))
        .map(|(offset, entry)| {
            let tone = story::tone(&entry.kind);
            Line {
                index: from + offset,
                at_ms: entry.at.ms(),
                tone: tone.class(),
                sign: tone.sign(),
                text: story::sentence(entry),
                about: about(entry),
            }
        })
        .collect()
}

fn about(entry: &k8s_sim::StoryEntry) -> Selection {
    let Some((namespace, name)) = entry.subject.split_once('/') else {
        return Selection::Node(entry.subject.to_string());
    };
    let pod = PodKey::new(namespace, name);
    if entry.container.is_empty() {
        Selection::Pod(pod)
    } else {
        Selection::Container { pod, container: entry.container.to_string() }
    }
}
