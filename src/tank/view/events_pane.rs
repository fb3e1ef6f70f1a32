//! The Events, as `kubectl get events` lists them.

use k8s_api::core::Event;
use k8s_api::duration::human_duration;
use leptos::prelude::*;

use crate::action::Action;
use crate::page::page;
use crate::scene::{PodKey, Selection};
use crate::session::Session;

/// So many are listed, the newest last.
const SHOWN_MAX: usize = 300;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    key: String,
    last_seen: String,
    warning: bool,
    kind: String,
    reason: String,
    object: String,
    count: i32,
    message: String,
    about: Selection,
}

/// The pane.
#[component]
pub(super) fn EventsPane() -> impl IntoView {
    let page = page();
    let rows = page.world_memo(rows);
    let filtered = page.memo(|session| session.view.events_filtered);
    view! {
        <div class="pane-bar">
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || filtered.get()
                    on:change=move |event| page.send(Action::FilterEvents(event_target_checked(&event)))
                />
                " Only what concerns the selection"
            </label>
            <code class="kubectl-line">"kubectl get events --sort-by=.lastTimestamp"</code>
        </div>
        <Show
            when=move || rows.with(|rows| !rows.is_empty())
            fallback=|| view! { <p class="hint">"No events yet. Each step that a component takes leaves one here."</p> }
        >
            // Scrolls, so the keyboard must be able to get there.
            <div class="table-scroll" tabindex="0" role="region" aria-label="Events">
                <table class="events">
                    <thead>
                        <tr>
                            <th scope="col">"LAST SEEN"</th>
                            <th scope="col">"TYPE"</th>
                            <th scope="col">"REASON"</th>
                            <th scope="col">"OBJECT"</th>
                            <th scope="col">"COUNT"</th>
                            <th scope="col">"MESSAGE"</th>
                        </tr>
                    </thead>
                    <tbody>
                        {move || {
                            rows.get()
                                .into_iter()
                                .map(|row| {
                                    let about = row.about.clone();
                                    view! {
                                        <tr class:warning=row.warning>
                                            <td>{row.last_seen}</td>
                                            <td>{row.kind}</td>
                                            <td>{row.reason}</td>
                                            <td>
                                                <button
                                                    class="plain"
                                                    on:click=move |_| page.send(Action::Select(about.clone()))
                                                >
                                                    {row.object}
                                                </button>
                                            </td>
                                            <td>{row.count.max(1)}</td>
                                            <td class="message">{row.message}</td>
                                        </tr>
                                    }
                                })
                                .collect_view()
                        }}
                    </tbody>
                </table>
            </div>
        </Show>
    }
}

fn rows(session: &Session) -> Vec<Row> {
    let cluster = session.cluster();
    let now = cluster.epoch_seconds() + i64::try_from(cluster.now().secs()).unwrap_or(i64::MAX);
    let mut events: Vec<&Event> = cluster
        .events()
        .filter(|event| {
            !session.view.events_filtered || concerns(event, &session.view.stage.selection, session)
        })
        .collect();
    // As many happen within one second, the order of writing decides.
    let rank = |event: &Event| (last_seen(event), event.metadata.resource_version);
    k8s_api::small::sort(&mut events, &|a, b| rank(a) < rank(b));
    let skipped = events.len().saturating_sub(SHOWN_MAX);
    events.into_iter().skip(skipped).map(|event| row(event, now)).collect()
}

fn row(event: &Event, now: i64) -> Row {
    let object = &event.involved_object;
    let about = match object.kind.as_str() {
        "Node" => Selection::Node(object.name.clone()),
        "Pod" => {
            let pod = PodKey::new(&object.namespace, &object.name);
            match container_of(&object.field_path) {
                Some(container) => Selection::Container { pod, container: container.into() },
                None => Selection::Pod(pod),
            }
        }
        _ => Selection::Nothing,
    };
    Row {
        key: format!("{}/{}", event.metadata.namespace, event.metadata.name),
        last_seen: human_duration((now - last_seen(event)).max(0) * 1000),
        warning: event.type_ == "Warning",
        kind: event.type_.clone(),
        reason: event.reason.clone(),
        object: format!("{}/{}", object.kind.to_lowercase(), object.name),
        count: event.count,
        message: event.message.trim().to_owned(),
        about,
    }
}

/// Unix seconds.
fn last_seen(event: &Event) -> i64 {
    let micro = event.event_time.as_ref().map(|time| time.seconds());
    event.last_timestamp.or(event.first_timestamp).or(micro).map_or(0, |time| time.0)
}

fn concerns(event: &Event, selection: &Selection, session: &Session) -> bool {
    let object = &event.involved_object;
    match selection {
        Selection::Node(node) => object.kind == "Node" && object.name == *node,
        Selection::Nothing | Selection::Pod(_) | Selection::Pause(_) | Selection::Volume { .. } => {
            session.focus().is_some_and(|pod| pod.name == object.name && pod.namespace == object.namespace)
        }
        Selection::Container { pod, container } => {
            pod.name == object.name
                && pod.namespace == object.namespace
                && container_of(&object.field_path).is_none_or(|it| it == container)
        }
    }
}

/// `spec.containers{NAME}` → `NAME`
fn container_of(field_path: &str) -> Option<&str> {
    field_path.split_once('{')?.1.strip_suffix('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_container_is_in_the_field_path() {
        assert_eq!(container_of("spec.containers{web}"), Some("web"));
        assert_eq!(container_of("spec.initContainers{setup}"), Some("setup"));
        assert_eq!(container_of(""), None);
    }
}
