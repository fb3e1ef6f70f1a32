//! Everything that can be done to the cluster, in one menu: Pod, containers, images, machines. Each line shows
//! the kubectl command that does the same, where there is one.

use k8s_sim::kubelet::pod_status::ContainerState;
use k8s_sim::{ContainerView, Input, ProbeType, Pull, StoryKind};
use leptos::prelude::*;

use crate::action::Action;
use crate::deed;
use crate::page::{Page, page};
use crate::scene::PodKey;
use crate::session::Session;

/// More than any node has.
const FILL_BYTES: u64 = 64 << 30;
/// How long a slow pull takes.
const SLOW_MS: u64 = 30_000;

/// What the menu can act on.
#[derive(Clone, Debug, Default, PartialEq)]
struct Reach {
    pod: Option<PodKey>,
    containers: Vec<Container>,
    nodes: Vec<(String, bool)>,
}

#[derive(Clone, Debug, PartialEq)]
struct Container {
    name: String,
    image: String,
    /// Its process runs, so that something can be done to it.
    running: bool,
    hung: bool,
    /// Its probes, and whether somebody has broken them.
    probes: Vec<(ProbeType, bool)>,
}

impl Container {
    fn of(view: &ContainerView, node_alive: bool) -> Self {
        let running = node_alive && view.state == Some(ContainerState::Running);
        Self {
            name: view.name.to_string(),
            image: view.image.to_string(),
            running,
            hung: running && view.frozen,
            probes: view.probes.iter().map(|probe| (probe.kind, probe.broken)).collect(),
        }
    }
}

impl Reach {
    fn of(session: &Session) -> Self {
        let cluster = session.cluster();
        let story = cluster.story();
        let powered = |node: &str| {
            let last = story.iter().rev().find(|entry| {
                &*entry.subject == node
                    && matches!(entry.kind, StoryKind::NodeKilled | StoryKind::NodeRevived)
            });
            !last.is_some_and(|entry| entry.kind == StoryKind::NodeKilled)
        };
        let nodes =
            cluster.nodes().map(|node| (node.metadata.name.clone(), powered(&node.metadata.name))).collect();
        let pod = session.focus();
        let object = pod.as_ref().and_then(|key| cluster.object("Pod", &key.namespace, &key.name));
        let uid = object.as_ref().and_then(|object| object["metadata"]["uid"].as_str().map(str::to_owned));
        let containers = uid
            .and_then(|uid| cluster.pod_view(&uid))
            .map(|view| view.containers.iter().map(|it| Container::of(it, view.node_alive)).collect())
            .unwrap_or_default();
        Self { pod: pod.filter(|_| object.is_some()), containers, nodes }
    }

    /// The images of the containers, each once.
    fn images(&self) -> Vec<String> {
        let mut images: Vec<String> =
            self.containers.iter().map(|container| container.image.clone()).collect();
        k8s_api::small::sort(&mut images, &|a, b| a < b);
        images.dedup();
        images
    }
}

/// What stands in the menu, as long as it is open.
#[component]
pub(super) fn HandsOn() -> impl IntoView {
    let page = page();
    let open = crate::view::hands_on::is_open();
    let version = page.memo(move |session| session.revision);
    let reach = Memo::new(move |_| {
        // What nobody sees is not computed.
        if !open.get() {
            return Reach::default();
        }
        version.with(|_| ());
        page.peek(Reach::of)
    });
    view! {
        <PodPart reach />
        <ContainerPart reach />
        <ImagePart reach />
        <NodePart reach />
    }
}

/// A button that acts, with its kubectl line.
fn deed_button(page: Page, label: impl Into<String>, input: Input) -> AnyView {
    let line = deed::kubectl(&input);
    let none = line.is_none();
    view! {
        <button class="deed" on:click=move |_| page.send(Action::Act(input.clone()))>
            <span>{label.into()}</span>
            <code class:none=none>{line.unwrap_or_else(|| "no kubectl command does this".into())}</code>
        </button>
    }
    .into_any()
}

#[component]
fn PodPart(reach: Memo<Reach>) -> impl IntoView {
    let page = page();
    let pod = Memo::new(move |_| reach.with(|reach| reach.pod.clone()));
    move || {
        pod.get().map(|PodKey { namespace, name }| {
            view! {
                <section>
                    <h3>"Pod " <b>{name.clone()}</b></h3>
                    <div class="deeds">
                        {deed_button(page, "Delete it", deed::delete_pod(&namespace, &name, None))}
                        {deed_button(page, "Delete it within 5 s", deed::delete_pod(&namespace, &name, Some(5)))}
                        {deed_button(page, "Delete it by force", deed::delete_pod(&namespace, &name, Some(0)))}
                        {deed_button(page, "Kill pause, its foundation", deed::kill_sandbox(&namespace, &name))}
                    </div>
                </section>
            }
        })
    }
}

#[component]
fn ContainerPart(reach: Memo<Reach>) -> impl IntoView {
    let page = page();
    let names = Memo::new(move |_| {
        reach
            .with(|reach| reach.containers.iter().map(|container| container.name.clone()).collect::<Vec<_>>())
    });
    let chosen = RwSignal::new(String::new());
    let container = Memo::new(move |_| {
        let selected = page.with(|session| session.view.stage.selection.container().map(str::to_owned));
        reach.with(|reach| {
            let find = |name: &str| reach.containers.iter().find(|container| container.name == name).cloned();
            find(&chosen.get()).or_else(|| find(&selected?)).or_else(|| reach.containers.first().cloned())
        })
    });
    let code = RwSignal::new(1);
    let deeds = move || {
        let container = container.get()?;
        let pod = reach.with(|reach| reach.pod.clone())?;
        let name = || deed::container(&pod.namespace, &pod.name, &container.name);
        Some(view! {
            <div class="deeds">
                {if container.running {
                    let hang = if container.hung { "Let it go on" } else { "Let it hang" };
                    view! {
                        {deed_button(page, format!("End it with exit code {}", code.get()), deed::crash(name(), code.get()))}
                        {deed_button(page, hang, deed::hang(name(), !container.hung))}
                        {deed_button(page, "Fill its memory", deed::fill_memory(name(), FILL_BYTES))}
                        {deed_button(page, "Send it SIGTERM", deed::signal(name(), 15))}
                        {deed_button(page, "Send it SIGKILL", deed::signal(name(), 9))}
                    }
                        .into_any()
                } else {
                    view! { <p class="hint">{format!("{} does not run now: there is no process to act on.", container.name)}</p> }
                        .into_any()
                }}
                {container
                    .probes
                    .iter()
                    .map(|(probe, broken)| {
                        let verb = if *broken { "Mend" } else { "Break" };
                        let label = format!("{verb} its {} probe", probe.as_str().to_lowercase());
                        deed_button(page, label, deed::set_probe(name(), *probe, !broken))
                    })
                    .collect_view()}
            </div>
        })
    };
    view! {
        <Show when=move || names.with(|names| !names.is_empty())>
            <section>
                <h3>
                    <label>
                        "Container "
                        <select on:change=move |event| chosen.set(event_target_value(&event))>
                            {move || {
                                names
                                    .get()
                                    .into_iter()
                                    .map(|name| {
                                        let here = name.clone();
                                        let on = move || container.with(|it| it.as_ref().is_some_and(|it| it.name == here));
                                        view! { <option value=name.clone() prop:selected=on>{name.clone()}</option> }
                                    })
                                    .collect_view()
                            }}
                        </select>
                    </label>
                </h3>
                <label class="exit-code">
                    "Exit code "
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
                {deeds}
            </section>
        </Show>
    }
}

#[component]
fn ImagePart(reach: Memo<Reach>) -> impl IntoView {
    let page = page();
    let images = Memo::new(move |_| reach.with(Reach::images));
    let added = RwSignal::new(String::new());
    let add = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let image = added.get_untracked().trim().to_owned();
        if !image.is_empty() {
            page.send(Action::Act(deed::add_image(&image, "")));
            added.set(String::new());
        }
    };
    view! {
        <section>
            <h3>"Images"</h3>
            {move || {
                images
                    .get()
                    .into_iter()
                    .map(|image| {
                        view! {
                            <p class="image-name">
                                <code>{image.clone()}</code>
                            </p>
                            <div class="deeds short">
                                {deed_button(page, "Pull as usual", deed::set_pull(&image, Pull::Normal))}
                                {deed_button(page, "Pull takes 30 s", deed::set_pull(&image, Pull::Slow { ms: SLOW_MS }))}
                                {deed_button(page, "Missing in the registry", deed::set_pull(&image, Pull::Missing))}
                                {deed_button(page, "Forget the nodes' copies", deed::forget_image(&image))}
                            </div>
                        }
                    })
                    .collect_view()
            }}
            <form class="add-image" on:submit=add>
                <label>
                    "Add an image to the registry "
                    <input
                        type="text"
                        placeholder="shop/cart:1"
                        autocapitalize="off"
                        spellcheck="false"
                        prop:value=move || added.get()
                        on:input=move |event| added.set(event_target_value(&event))
                    />
                </label>
                <button>"Add"</button>
            </form>
        </section>
    }
}

#[component]
fn NodePart(reach: Memo<Reach>) -> impl IntoView {
    let page = page();
    let nodes = Memo::new(move |_| reach.with(|reach| reach.nodes.clone()));
    let label = RwSignal::new("disktype=ssd".to_owned());
    let add_label = move |node: &str| {
        if let Some((key, value)) = label.get_untracked().split_once('=') {
            page.send(Action::Act(deed::label_node(node, key.trim(), value.trim())));
        } else {
            page.send(Action::Notice("A label is written key=value.".into()));
        }
    };
    let add_node = move |_| {
        let count = nodes.with_untracked(Vec::len);
        page.send(Action::Act(deed::add_node(&format!("node-{}", count + 1))));
    };
    view! {
        <section>
            <h3>"Machines"</h3>
            <label class="exit-code">
                "Label to give "
                <input
                    type="text"
                    autocapitalize="off"
                    spellcheck="false"
                    prop:value=move || label.get()
                    on:input=move |event| label.set(event_target_value(&event))
                />
            </label>
            <div class="deeds">
                {move || {
                    nodes
                        .get()
                        .into_iter()
                        .map(|(node, powered)| {
                            let power = if powered {
                                deed_button(page, format!("Cut the power of {node}"), deed::kill_node(&node))
                            } else {
                                deed_button(page, format!("Give {node} its power back"), deed::revive_node(&node))
                            };
                            let labelled = node.clone();
                            view! {
                                {power}
                                <button class="deed" on:click=move |_| add_label(&labelled)>
                                    <span>{format!("Label {node}")}</span>
                                    <code>{move || format!("kubectl label node {node} {}", label.get())}</code>
                                </button>
                            }
                        })
                        .collect_view()
                }}
                <button class="deed" on:click=add_node>
                    <span>"Add a machine"</span>
                    <code class="none">"no kubectl command does this"</code>
                </button>
            </div>
        </section>
    }
}
