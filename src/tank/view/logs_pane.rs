//! What a container has written, as `kubectl logs` shows it.

use k8s_api::Value;
use k8s_sim::Cluster;
use k8s_sim::runtime::LogLine;
use leptos::html;
use leptos::prelude::*;

use crate::action::Action;
use crate::page::page;
use crate::session::Session;
use crate::view::StickToEnd;

/// So many lines are shown, the last ones.
const LINES_MAX: usize = 500;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    containers: Vec<String>,
    container: String,
    previous: bool,
    /// The container has run before.
    has_previous: bool,
    command: String,
    text: Result<String, String>,
}

/// The pane.
#[component]
pub(super) fn LogsPane() -> impl IntoView {
    let page = page();
    let shown = page.world_memo(shown);
    let containers = Memo::new(move |_| shown.with(|shown| shown.as_ref().map(|it| it.containers.clone())));
    let container = Memo::new(move |_| shown.with(|shown| shown.as_ref().map(|it| it.container.clone())));
    let previous = Memo::new(move |_| shown.with(|shown| shown.as_ref().is_some_and(|it| it.previous)));
    let has_previous =
        Memo::new(move |_| shown.with(|shown| shown.as_ref().is_some_and(|it| it.has_previous)));
    let out = NodeRef::<html::Pre>::new();
    let end = StickToEnd::new();
    Effect::new(move |_| {
        shown.with(|_| ());
        if let Some(out) = out.get() {
            end.follow(out.into());
        }
    });
    let show = move |container: String, previous: bool| page.send(Action::ShowLog { container, previous });
    view! {
        <Show
            when=move || containers.get().is_some()
            fallback=|| view! { <p class="hint">"No Pod yet, so nobody has written anything."</p> }
        >
            <div class="pane-bar">
                <label>
                    "Container "
                    <select on:change=move |event| show(event_target_value(&event), previous.get_untracked())>
                        {move || {
                            containers
                                .get()
                                .unwrap_or_default()
                                .into_iter()
                                .map(|name| {
                                    let here = name.clone();
                                    let on = move || container.get().as_deref() == Some(&*here);
                                    view! { <option value=name.clone() prop:selected=on>{name.clone()}</option> }
                                })
                                .collect_view()
                        }}
                    </select>
                </label>
                <label class="check">
                    <input
                        type="checkbox"
                        disabled=move || !has_previous.get() && !previous.get()
                        prop:checked=move || previous.get()
                        on:change=move |event| {
                            show(container.get_untracked().unwrap_or_default(), event_target_checked(&event));
                        }
                    />
                    " The run before"
                </label>
                <code class="kubectl-line">
                    {move || shown.with(|shown| shown.as_ref().map(|it| it.command.clone()))}
                </code>
            </div>
            <pre class="log-text" node_ref=out tabindex="0" role="region" aria-label="Log" on:scroll=move |event| end.scrolled(&event_target(&event))>
                {move || {
                    shown
                        .with(|shown| {
                            shown
                                .as_ref()
                                .map(|it| match &it.text {
                                    Ok(text) if text.is_empty() => "(nothing written yet)".to_owned(),
                                    Ok(text) => text.clone(),
                                    Err(why) => why.clone(),
                                })
                        })
                }}
            </pre>
        </Show>
    }
}

fn shown(session: &Session) -> Option<Shown> {
    let pod = session.focus()?;
    let cluster = session.cluster();
    let object = cluster.object("Pod", &pod.namespace, &pod.name)?;
    let names = |list: &str| -> Vec<String> {
        let entries = object["spec"][list].as_array();
        entries.into_iter().flatten().filter_map(|it| it["name"].as_str().map(str::to_owned)).collect()
    };
    let containers: Vec<String> =
        ["initContainers", "containers", "ephemeralContainers"].into_iter().flat_map(names).collect();
    // The one chosen here, else the one selected on the stage, else the first app container.
    let view = &session.view;
    let container = view
        .log_container
        .as_deref()
        .or(view.stage.selection.container())
        .filter(|name| containers.iter().any(|it| it == name))
        .map(str::to_owned)
        .or_else(|| names("containers").into_iter().next())?;
    let restarts = ["containerStatuses", "initContainerStatuses"]
        .into_iter()
        .filter_map(|list| object["status"][list].as_array())
        .flatten()
        .find(|status| status["name"] == *container)
        .map_or(0, |status| status["restartCount"].as_u64().unwrap_or(0));
    let text = written(cluster, &pod.namespace, &pod.name, &container, view.log_previous).map(|lines| {
        let skipped = lines.len().saturating_sub(LINES_MAX);
        let mut text = String::new();
        for line in &lines[skipped..] {
            text.push_str(&line.text);
            if line.complete {
                text.push('\n');
            }
        }
        if skipped > 0 {
            text.insert_str(0, &format!("({skipped} lines before)\n"));
        }
        text
    });
    let namespace = if pod.namespace == "default" { String::new() } else { format!(" -n {}", pod.namespace) };
    let previous = if view.log_previous { " --previous" } else { "" };
    Some(Shown {
        command: format!("kubectl logs {}{namespace} -c {container}{previous}", pod.name),
        containers,
        container,
        previous: view.log_previous,
        has_previous: restarts > 0,
        text,
    })
}

/// The status of a container of this Pod, whatever its role.
fn container_status<'a>(pod: &'a Value, container: &str) -> Option<&'a Value> {
    ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"]
        .into_iter()
        .filter_map(|list| pod["status"][list].as_array())
        .flatten()
        .find(|status| status["name"] == *container)
}

/// What a container wrote, or why there is nothing to read, in the kubelet's words.
// Models pkg/kubelet/kubelet_pods.go validateContainerLogStatus (v1.36)
fn written(
    cluster: &Cluster,
    namespace: &str,
    pod: &str,
    container: &str,
    previous: bool,
) -> Result<Vec<LogLine>, String> {
    let bad = |message: String| format!("Error from server (BadRequest): {message}");
    let Some(object) = cluster.object("Pod", namespace, pod) else {
        return Err(format!("Error from server (NotFound): pods \"{pod}\" not found"));
    };
    if object["spec"]["nodeName"].as_str().is_none_or(str::is_empty) {
        return Err(bad(format!("pod {pod} does not have a host assigned")));
    }
    if let Some(lines) = cluster.logs(namespace, pod, container, previous) {
        return Ok(lines);
    }
    if previous {
        return Err(bad(format!("previous terminated container \"{container}\" in pod \"{pod}\" not found")));
    }
    let reason = container_status(&object, container)
        .map(|it| it["state"]["waiting"]["reason"].as_str().unwrap_or_default().to_owned());
    let why = match reason.as_deref() {
        Some("ErrImagePull") => "image can't be pulled",
        Some("ImagePullBackOff") => "trying and failing to pull image",
        Some(reason) if !reason.is_empty() => reason,
        _ => "ContainerCreating",
    };
    Err(bad(format!("container \"{container}\" in pod \"{pod}\" is waiting to start: {why}")))
}
