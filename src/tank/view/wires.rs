//! The wires behind the cards: measured from the boxes as the browser laid them out, in one place.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use crate::scene::{PodScene, Scene};

/// How round a wire turns, in pixels.
const BEND_PX: f64 = 7.0;
/// The room between two cards, in which wires may run.
const GUTTER_PX: f64 = 6.0;

/// A box, in pixels from the upper left corner of the Pod's box.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Area {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

/// Where the ends of the wires lie.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Anchors {
    width: f64,
    height: f64,
    bus: Area,
    cards: Vec<(String, Area)>,
    sockets: Vec<(String, Area)>,
    volumes: Vec<(String, Area)>,
}

impl Anchors {
    /// Where a socket of this port is, along the bus.
    pub(super) fn socket(&self, port: u16) -> Option<f64> {
        let end = format!(":{port}");
        let area = self.sockets.iter().find(|(name, _)| name.ends_with(&end)).map(|(_, area)| area)?;
        Some(middle(*area) - self.bus.left)
    }

    /// Where a sender stands, along the bus: the kubelet and whoever is unknown at its left end.
    pub(super) fn sender(&self, name: &str) -> f64 {
        find(&self.cards, name).map_or(0.0, |area| middle(area) - self.bus.left)
    }
}

fn find(areas: &[(String, Area)], name: &str) -> Option<Area> {
    areas.iter().find(|(other, _)| other == name).map(|(_, area)| *area)
}

fn middle(area: Area) -> f64 {
    f64::midpoint(area.left, area.right)
}

/// A wire, ready to be drawn.
#[derive(Debug, Clone, PartialEq)]
struct Wire {
    path: String,
    class: &'static str,
    lit: bool,
}

/// A line through right angles, with round bends.
fn bent(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (n, (x, y)) in points.iter().enumerate() {
        if n == 0 {
            path.push_str(&format!("M{x:.1} {y:.1}"));
            continue;
        }
        let Some((next_x, next_y)) = points.get(n + 1) else {
            path.push_str(&format!("L{x:.1} {y:.1}"));
            continue;
        };
        let (from_x, from_y) = points[n - 1];
        let toward = |(to_x, to_y): (f64, f64)| {
            let length = (to_x - x).abs() + (to_y - y).abs();
            let share = if length > 0.0 { (BEND_PX.min(length / 2.0)) / length } else { 0.0 };
            (x + (to_x - x) * share, y + (to_y - y) * share)
        };
        let (before, after) = (toward((from_x, from_y)), toward((*next_x, *next_y)));
        path.push_str(&format!(
            "L{:.1} {:.1}Q{x:.1} {y:.1} {:.1} {:.1}",
            before.0, before.1, after.0, after.1
        ));
    }
    path
}

/// From the lower edge of a card down to `y`: straight when nothing is in the way, else through the gutter
/// at its left.
fn way_down(anchors: &Anchors, card: Area, x: f64, y: f64) -> Vec<(f64, f64)> {
    let blocked = anchors.cards.iter().any(|(_, other)| {
        other.top > card.bottom - 1.0 && other.top < y && other.left < x + 2.0 && other.right > x - 2.0
    });
    if !blocked {
        return vec![(x, card.bottom), (x, y)];
    }
    let (gap, gutter) = (card.bottom + GUTTER_PX, card.left - GUTTER_PX);
    vec![(x, card.bottom), (x, gap), (gutter, gap), (gutter, y)]
}

/// From `y` down to a volume: straight from above, or around the volumes that lie over it.
fn way_in(anchors: &Anchors, volume: Area, y: f64, n: usize) -> Vec<(f64, f64)> {
    #[allow(clippy::cast_precision_loss)] // A few dozen mounts at most.
    let x = volume.left + 16.0 + (n as f64 * 5.0).min((volume.right - volume.left) / 2.0);
    let blocked = anchors
        .volumes
        .iter()
        .any(|(_, other)| other.bottom < volume.top + 1.0 && other.left < x && other.right > x);
    if !blocked {
        return vec![(x, y), (x, volume.top)];
    }
    let (gutter, entry) = (volume.left - GUTTER_PX, volume.top + 14.0);
    vec![(gutter, y), (gutter, entry), (volume.left, entry)]
}

fn wires(pod: &PodScene, anchors: &Anchors) -> Vec<Wire> {
    let mut wires = Vec::new();
    for (n, socket) in pod.bus.sockets.iter().enumerate() {
        let (Some(card), Some(end)) = (
            find(&anchors.cards, &socket.container),
            find(&anchors.sockets, &format!("{}:{}", socket.container, socket.port)),
        ) else {
            continue;
        };
        #[allow(clippy::cast_precision_loss)] // A few dozen ports at most.
        let level = anchors.bus.top - 4.0 - (n % 3) as f64 * 2.5;
        let x = card.left + (card.right - card.left) * 0.62;
        let mut points = way_down(anchors, card, x, level);
        points.push((middle(end), level));
        points.push((middle(end), end.top));
        wires.push(Wire {
            path: bent(&points),
            class: if socket.open { "wire net open" } else { "wire net" },
            lit: lit(pod, &socket.container, None),
        });
    }
    for (track, volume) in pod.volumes.iter().enumerate() {
        let Some(end) = find(&anchors.volumes, &volume.name) else { continue };
        #[allow(clippy::cast_precision_loss)] // A few dozen volumes at most.
        let level = anchors.bus.bottom + 5.0 + (track % 5) as f64 * 3.0;
        for (n, mount) in volume.mounts.iter().enumerate() {
            let Some(card) = find(&anchors.cards, &mount.container) else { continue };
            let x = card.left + (card.right - card.left) * 0.3;
            let mut points = way_down(anchors, card, x, level);
            points.extend(way_in(anchors, end, level, n));
            wires.push(Wire {
                path: bent(&points),
                class: if mount.read_only { "wire mount ro" } else { "wire mount" },
                lit: lit(pod, &mount.container, Some(&volume.name)),
            });
        }
    }
    // Lit wires last, so that they lie on top.
    k8s_api::small::sort(&mut wires, &|a, b| !a.lit && b.lit);
    wires
}

/// Whether a wire belongs to what is selected.
fn lit(pod: &PodScene, container: &str, volume: Option<&str>) -> bool {
    pod.cast.iter().any(|card| card.selected && card.name == container)
        || volume.is_some_and(|name| pod.volumes.iter().any(|volume| volume.selected && volume.name == name))
}

fn measure(root: &web_sys::Element) -> Option<Anchors> {
    let origin = root.get_bounding_client_rect();
    // Measured from the padding box, where an absolute child begins.
    let (border_left, border_top) = (f64::from(root.client_left()), f64::from(root.client_top()));
    let area = |element: &web_sys::Element| {
        let rect = element.get_bounding_client_rect();
        let (left, top) = (origin.left() + border_left, origin.top() + border_top);
        Area {
            left: rect.left() - left,
            top: rect.top() - top,
            right: rect.right() - left,
            bottom: rect.bottom() - top,
        }
    };
    let all = |attribute: &str| {
        let mut found = Vec::new();
        if let Ok(list) = root.query_selector_all(&format!("[{attribute}]")) {
            for n in 0..list.length() {
                if let Some(element) = list.get(n).and_then(|node| node.dyn_into::<web_sys::Element>().ok()) {
                    found.push((element.get_attribute(attribute).unwrap_or_default(), area(&element)));
                }
            }
        }
        found
    };
    Some(Anchors {
        width: f64::from(root.client_width()),
        height: f64::from(root.client_height()),
        bus: all("data-bus").first().map(|(_, area)| *area)?,
        cards: all("data-card"),
        sockets: all("data-socket"),
        volumes: all("data-volume"),
    })
}

/// The drawing behind the cards of `root`.
#[component]
pub(super) fn Wires(
    scene: Memo<Arc<Scene>>,
    root: NodeRef<html::Article>,
    anchors: RwSignal<Anchors>,
) -> impl IntoView {
    let asked = Rc::new(Cell::new(false));
    // At most once in a frame, after the layout: whoever asks, asks here.
    let ask = Rc::new(move || {
        if asked.replace(true) {
            return;
        }
        let asked = Rc::clone(&asked);
        request_animation_frame(move || {
            asked.set(false);
            let Some(element) = root.try_get_untracked().flatten() else { return };
            if let Some(measured) = measure(&element)
                && anchors.try_with_untracked(|old| *old != measured) == Some(true)
            {
                anchors.set(measured);
            }
        });
    });
    let on_scene = Rc::clone(&ask);
    Effect::new(move |_| {
        scene.with(|_| ());
        on_scene();
    });
    Effect::new(move |observer: Option<Option<Observer>>| {
        if let Some(old @ Some(_)) = observer {
            return old;
        }
        let element = root.get()?;
        Observer::new(&element, Rc::clone(&ask))
    });
    let drawn = Memo::new(move |_| {
        scene.with(|scene| {
            scene.pod.as_ref().map(|pod| anchors.with(|anchors| wires(pod, anchors))).unwrap_or_default()
        })
    });
    let view_box = move || anchors.with(|anchors| format!("0 0 {:.0} {:.0}", anchors.width, anchors.height));
    let many = move || drawn.with(|wires| wires.len() > 14);
    view! {
        <svg
            class=move || if many() { "wires many" } else { "wires" }
            aria-hidden="true"
            viewBox=view_box
            preserveAspectRatio="none"
        >
            {move || {
                drawn
                    .get()
                    .into_iter()
                    .map(|wire| {
                        let class = if wire.lit { format!("{} lit", wire.class) } else { wire.class.to_owned() };
                        view! { <path class=class d=wire.path></path> }
                    })
                    .collect_view()
            }}
        </svg>
    }
}

/// Watches the sizes of the boxes; stops when it is dropped.
struct Observer {
    observer: web_sys::ResizeObserver,
    _callback: Closure<dyn FnMut()>,
}

impl Observer {
    fn new(root: &web_sys::Element, ask: Rc<impl Fn() + 'static>) -> Option<Self> {
        let callback = Closure::<dyn FnMut()>::new(move || ask());
        let observer = web_sys::ResizeObserver::new(callback.as_ref().unchecked_ref()).ok()?;
        observer.observe(root);
        if let Ok(parts) = root.query_selector_all("[data-observe]") {
            for n in 0..parts.length() {
                if let Some(element) = parts.get(n).and_then(|node| node.dyn_into::<web_sys::Element>().ok())
                {
                    observer.observe(&element);
                }
            }
        }
        Some(Self { observer, _callback: callback })
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}
