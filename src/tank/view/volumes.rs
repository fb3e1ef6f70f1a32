//! The Pod's volumes: what kind, which files, and where each container sees them.

use std::sync::Arc;

use leptos::prelude::*;

use crate::action::Action;
use crate::page::page;
use crate::scene::{PodKey, Scene, Selection, VolumeCard};

/// Files that are listed when asked for; more would bury the stage.
const FILES_SHOWN_MAX: usize = 100;

/// All volumes of the Pod that is drawn big.
#[component]
pub(super) fn Volumes(pod: PodKey, scene: Memo<Arc<Scene>>) -> impl IntoView {
    let names = Memo::new(move |_| {
        scene.with(|scene| {
            scene
                .pod
                .as_ref()
                .map(|pod| pod.volumes.iter().map(|volume| volume.name.clone()).collect::<Vec<_>>())
                .unwrap_or_default()
        })
    });
    let none = move || view! { <p class="none">"No volumes: each container has only its own files."</p> };
    let pod = StoredValue::new(pod);
    view! {
        <section class="volumes" aria-label="Volumes">
            <Show
                when=move || names.with(|names| !names.is_empty())
                fallback=none
            >
                <ul>
                    <For each=move || names.get() key=Clone::clone let:name>
                        <li>
                            <Volume pod=pod.get_value() name scene />
                        </li>
                    </For>
                </ul>
            </Show>
        </section>
    }
}

#[component]
fn Volume(pod: PodKey, name: String, scene: Memo<Arc<Scene>>) -> impl IntoView {
    let page = page();
    let wanted = name.clone();
    let volume: Memo<Option<VolumeCard>> = Memo::new(move |_| {
        scene.with(|scene| {
            scene
                .pod
                .as_ref()
                .and_then(|pod| pod.volumes.iter().find(|volume| volume.name == wanted).cloned())
        })
    });
    let is = move |test: fn(&VolumeCard) -> bool| volume.with(|volume| volume.as_ref().is_some_and(test));
    let class = move || {
        let selected = if is(|volume| volume.selected) { " selected" } else { "" };
        let trouble = if is(|volume| volume.trouble.is_some()) { " trouble" } else { "" };
        format!("volume{selected}{trouble}")
    };
    let kind = move || volume.with(|volume| volume.as_ref().map(|volume| volume.kind.clone()));
    let files = Memo::new(move |_| {
        volume.with(|volume| volume.as_ref().map(|volume| volume.files.clone()).unwrap_or_default())
    });
    let mounts = Memo::new(move |_| {
        volume.with(|volume| volume.as_ref().map(|volume| volume.mounts.clone()).unwrap_or_default())
    });
    let count = move || match files.with(Vec::len) {
        0 => "no files".to_owned(),
        1 => "1 file".to_owned(),
        n => format!("{n} files"),
    };
    let select = {
        let volume = name.clone();
        move |_| page.send(Action::Select(Selection::Volume { pod: pod.clone(), volume: volume.clone() }))
    };
    let (label, anchor) = (format!("Volume {name}"), name.clone());
    view! {
        <article class=class aria-label=label data-volume=anchor>
            <header>
                <h3>
                    <button class="select" aria-pressed=move || is(|volume| volume.selected).to_string() on:click=select>
                        {name}
                    </button>
                </h3>
                <span class="kind">{kind}</span>
            </header>
            <details>
                <summary>{count}</summary>
                <ul class="files">
                    {move || {
                        files
                            .get()
                            .into_iter()
                            .take(FILES_SHOWN_MAX)
                            .map(|(path, bytes)| {
                                view! {
                                    <li>
                                        <code>{path}</code>
                                        <span>{format!("{bytes} B")}</span>
                                    </li>
                                }
                            })
                            .collect_view()
                    }}
                </ul>
            </details>
            <p class="trouble-text">{move || volume.with(|volume| volume.as_ref().and_then(|volume| volume.trouble.clone()))}</p>
            <ul class="mounts" aria-label="Mounts">
                {move || {
                    mounts
                        .get()
                        .into_iter()
                        .map(|mount| {
                            view! {
                                <li>
                                    <span class="who">{mount.container}</span>
                                    " "
                                    <code>{mount.path}</code>
                                    {mount.read_only.then_some(view! { <abbr title="read-only">"ro"</abbr> })}
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ul>
        </article>
    }
}
