//! The menu of what can be done to a container or a Pod: one popover for the whole stage.

use k8s_sim::{Input, ProbeType};
use leptos::prelude::*;

use crate::action::{Action, Pane};
use crate::deed;
use crate::page::{Page, page};
use crate::scene::{PodKey, ProbePulse, Scene, Selection};

/// The id that the buttons point at with `popovertarget`.
pub(super) const MENU_ID: &str = "act-menu";

/// What the menu is open for, and where its button stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MenuFor {
    pod: PodKey,
    container: Option<String>,
    left: f64,
    top: f64,
}

/// The button that opens the menu for a container, or for the whole Pod.
#[component]
pub(super) fn ActButton(
    pod: PodKey,
    container: Option<String>,
    menu: RwSignal<Option<MenuFor>>,
) -> impl IntoView {
    let page = page();
    let label = format!("Act on {}", container.as_deref().unwrap_or("the Pod"));
    let text = if container.is_some() { "Act" } else { "Act on Pod" };
    let open = move |event: leptos::ev::MouseEvent| {
        let button: web_sys::HtmlElement = event_target(&event);
        let rect = button.get_bounding_client_rect();
        page.send(Action::Select(match &container {
            Some(container) => Selection::Container { pod: pod.clone(), container: container.clone() },
            None => Selection::Pod(pod.clone()),
        }));
        menu.set(Some(MenuFor {
            pod: pod.clone(),
            container: container.clone(),
            left: rect.left(),
            top: rect.bottom(),
        }));
    };
    view! {
        <button class="act" aria-label=label aria-haspopup="dialog" popovertarget=MENU_ID on:click=open>
            {text}
            <span aria-hidden="true">" ▾"</span>
        </button>
    }
}

/// A line of the menu: what it does, and the kubectl line that does the same.
fn item(page: Page, label: &str, action: Action) -> AnyView {
    let kubectl = match &action {
        Action::Act(input) => deed::kubectl(input),
        _ => None,
    };
    view! {
        <li>
            <button popovertarget=MENU_ID popovertargetaction="hide" on:click=move |_| page.send(action.clone())>
                <span>{label.to_owned()}</span>
                {kubectl.map(|line| view! { <code>{line}</code> })}
            </button>
        </li>
    }
    .into_any()
}

fn act(page: Page, label: &str, input: Input) -> AnyView {
    item(page, label, Action::Act(input))
}

fn probe_type(kind: &str) -> ProbeType {
    match kind {
        "startup" => ProbeType::Startup,
        "readiness" => ProbeType::Readiness,
        _ => ProbeType::Liveness,
    }
}

fn probe_item(page: Page, pod: &PodKey, container: &str, probe: &ProbePulse) -> AnyView {
    let name = deed::container(&pod.namespace, &pod.name, container);
    let verb = if probe.broken_by_hand { "Mend" } else { "Break" };
    act(
        page,
        &format!("{verb} its {} probe", probe.kind),
        deed::set_probe(name, probe_type(probe.kind), !probe.broken_by_hand),
    )
}

/// How much memory "fill its memory" takes: more than any limit in the lessons.
const FILL_BYTES: u64 = 64 << 30;

#[component]
fn CrashForm(pod: PodKey, container: String) -> impl IntoView {
    let page = page();
    let code = RwSignal::new(1_i32);
    let crash = move |_| {
        let name = deed::container(&pod.namespace, &pod.name, &container);
        page.send(Action::Act(deed::crash(name, code.get_untracked())));
    };
    view! {
        <li class="crash">
            <label>
                "exit code "
                <input
                    type="number"
                    min="0"
                    max="255"
                    prop:value=move || code.get().to_string()
                    on:input=move |event| {
                        code.set(event_target_value(&event).parse().unwrap_or(1_i32).clamp(0, 255));
                    }
                />
            </label>
            <button popovertarget=MENU_ID popovertargetaction="hide" on:click=crash>
                "Crash it"
            </button>
        </li>
    }
}

fn container_items(page: Page, scene: &Scene, pod: &PodKey, container: &str) -> AnyView {
    let Some(card) =
        scene.pod.as_ref().and_then(|scene| scene.cast.iter().find(|card| card.name == container)).cloned()
    else {
        return view! { <li>"This container is no longer there."</li> }.into_any();
    };
    let name = || deed::container(&pod.namespace, &pod.name, container);
    let running = card.is_running();
    let log = |previous| Action::ShowLog { container: container.to_owned(), previous };
    let exec = Action::EditCommand(format!(
        "kubectl exec -it {} -n {} -c {container} -- sh",
        pod.name, pod.namespace
    ));
    view! {
        {running.then(|| view! { <CrashForm pod=pod.clone() container=container.to_owned() /> })}
        {running
            .then(|| {
                let label = if card.hung { "Let it go on" } else { "Let it hang" };
                act(page, label, deed::hang(name(), !card.hung))
            })}
        {running.then(|| act(page, "Fill its memory", deed::fill_memory(name(), FILL_BYTES)))}
        {running.then(|| act(page, "Send it SIGTERM", deed::signal(name(), 15)))}
        {running.then(|| act(page, "Send it SIGKILL", deed::signal(name(), 9)))}
        {card.probes.iter().map(|probe| probe_item(page, pod, container, probe)).collect_view()}
        {item(page, "Show its log", log(false))}
        {(card.restarts > 0).then(|| item(page, "Show the log of the run before", log(true)))}
        {running
            .then(|| {
                view! {
                    <li>
                        <button
                            popovertarget=MENU_ID
                            popovertargetaction="hide"
                            on:click=move |_| {
                                page.send(Action::OpenPane(Pane::Kubectl));
                                page.send(exec.clone());
                            }
                        >
                            "Open a shell in it"
                        </button>
                    </li>
                }
            })}
    }
    .into_any()
}

fn pod_items(page: Page, pod: &PodKey) -> AnyView {
    let (namespace, name) = (&*pod.namespace, &*pod.name);
    view! {
        {act(page, "Delete it", deed::delete_pod(namespace, name, None))}
        {act(page, "Delete it within 5 s", deed::delete_pod(namespace, name, Some(5)))}
        {act(page, "Delete it by force", deed::delete_pod(namespace, name, Some(0)))}
        {act(page, "Evict it, as a drain does", deed::evict_pod(namespace, name))}
        {act(page, "Kill pause, its foundation", deed::kill_sandbox(namespace, name))}
        {item(page, "Show its YAML", Action::OpenPane(Pane::Yaml))}
    }
    .into_any()
}

/// The popover itself.
#[component]
pub(super) fn ActMenu(scene: Memo<std::sync::Arc<Scene>>, menu: RwSignal<Option<MenuFor>>) -> impl IntoView {
    let page = page();
    let title = move || {
        menu.get().map(|target| match target.container {
            Some(container) => format!("Act on {container}"),
            None => format!("Act on Pod {}", target.pod.name),
        })
    };
    // Kept inside the window: near the right or the lower edge it opens to the left or upwards.
    let left = move || menu.get().map(|target| format!("{}px", target.left));
    let top = move || menu.get().map(|target| format!("{}px", target.top));
    let items = move || {
        let target = menu.get()?;
        // As it was when the menu opened: it must not change under the pointer.
        Some(scene.with_untracked(|scene| match &target.container {
            Some(container) => container_items(page, scene, &target.pod, container),
            None => pod_items(page, &target.pod),
        }))
    };
    view! {
        <div
            class="act-menu"
            id=MENU_ID
            popover="auto"
            role="dialog"
            aria-labelledby="act-menu-title"
            style=("--left", left)
            style=("--top", top)
        >
            <h3 id="act-menu-title">{title}</h3>
            <ul>{items}</ul>
        </div>
    }
}
