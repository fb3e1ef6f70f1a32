//! The selected object as `kubectl get -o yaml` prints it, at the moment that is shown.

use leptos::prelude::*;

use crate::action::{Action, YamlPart};
use crate::page::page;
use crate::scene::Selection;
use crate::session::Session;

const PARTS: [(YamlPart, &str, &str); 3] = [
    (YamlPart::All, "All", "The whole object"),
    (YamlPart::Spec, "spec", "What was asked for"),
    (YamlPart::Status, "status", "What is the case"),
];

/// What is shown, and by which command a person would see it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    command: String,
    lines: Vec<String>,
}

/// The pane.
#[component]
pub(super) fn YamlPane() -> impl IntoView {
    let page = page();
    let part = page.memo(|session| session.view.yaml_part);
    let shown = page.world_memo(shown);
    // Lines that differ from what was shown before, so that a change can be seen when stepping.
    let marked = Memo::new(move |old: Option<&(Option<Shown>, Vec<bool>)>| {
        let new = shown.get();
        let before = old.and_then(|(shown, _)| shown.as_ref());
        let changed = match (&new, before) {
            (Some(new), Some(before)) if new.command == before.command && new != before => {
                new.lines.iter().map(|line| !before.lines.contains(line)).collect()
            }
            (Some(new), _) => vec![false; new.lines.len()],
            (None, _) => Vec::new(),
        };
        (new, changed)
    });
    view! {
        <div class="pane-bar">
            <div class="segmented" role="group" aria-label="Part of the object">
                {PARTS
                    .into_iter()
                    .map(|(it, label, title)| {
                        view! {
                            <button
                                aria-pressed=move || (part.get() == it).to_string()
                                title=title
                                on:click=move |_| page.send(Action::ShowYaml(it))
                            >
                                {label}
                            </button>
                        }
                    })
                    .collect_view()}
            </div>
            <code class="kubectl-line">{move || shown.get().map(|shown| shown.command)}</code>
        </div>
        {move || {
            let (shown, changed) = marked.get();
            match shown {
                None => view! { <p class="hint">"Nothing is selected, and no Pod is there."</p> }.into_any(),
                Some(shown) => {
                    view! {
                        <pre class="yaml" tabindex="0" role="region" aria-label="YAML of the object">
                            {shown
                                .lines
                                .into_iter()
                                .zip(changed)
                                .map(|(line, changed)| {
                                    view! { <span class="line" class:changed=changed>{line + "\n"}</span> }
                                })
                                .collect_view()}
                        </pre>
                    }
                        .into_any()
                }
            }
        }}
    }
}

fn shown(session: &Session) -> Option<Shown> {
    let cluster = session.cluster();
    let (object, command) = if let Selection::Node(node) = &session.view.stage.selection {
        (cluster.object("Node", "", node)?, format!("kubectl get node {node} -o yaml"))
    } else {
        let pod = session.focus()?;
        let object = cluster.object("Pod", &pod.namespace, &pod.name)?;
        let namespace =
            if pod.namespace == "default" { String::new() } else { format!(" -n {}", pod.namespace) };
        (object, format!("kubectl get pod {}{namespace} -o yaml", pod.name))
    };
    let part = match session.view.yaml_part {
        YamlPart::All => object,
        YamlPart::Spec => serde_json::json!({ "spec": object["spec"] }),
        YamlPart::Status => serde_json::json!({ "status": object["status"] }),
    };
    let text = k8s_api::print::yaml(&part);
    Some(Shown { command, lines: text.lines().map(str::to_owned).collect() })
}
