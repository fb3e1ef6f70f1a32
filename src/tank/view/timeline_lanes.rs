//! The lanes, the axis above them and the playhead across them.

use std::sync::Arc;

use k8s_sim::SimTime;
use leptos::html;
use leptos::prelude::*;

use crate::action::Action;
use crate::page::page;
use crate::scene::timeline::{merge_marks, merge_segments, range_ms, tick_label, ticks};
use crate::scene::{
    Branch, Lane, LaneKind, Mark, Moment, PodKey, Scene, Segment, Selection, TimelineScene, Zoom, clock,
};

/// What the last minute is, when zoomed.
const WINDOW_MS: u64 = 60_000;
/// How long a step of the arrow keys, and of the page keys, is.
const ARROW_MS: u64 = 1000;
const PAGE_MS: u64 = 10_000;
/// How many pixels the narrowest stretch and the space between two marks take. The width of a track differs
/// from screen to screen; 800 pixels are near enough to decide what would be too narrow to see.
const TRACK_PX: u64 = 800;
const NARROW_PX: u64 = 2;
/// How wide a letter of a stretch's word is.
const LETTER_PX: u64 = 7;
/// How many of the given-up futures are drawn: the newest ones.
const BRANCHES_SHOWN: usize = 3;

/// A moment as percent of the range.
fn percent(ms: u64, range_ms: u64) -> String {
    #[allow(clippy::cast_precision_loss)] // Milliseconds of some days at most.
    let share = ms as f64 * 100.0 / range_ms.max(1) as f64;
    format!("{share:.4}%")
}

fn seek(ms: u64) -> Action {
    Action::Seek(SimTime(ms))
}

/// The lanes.
#[component]
pub(super) fn Lanes(scene: Memo<Arc<Scene>>, moment: Memo<Moment>, zoom: Memo<Zoom>) -> impl IntoView {
    let page = page();
    let timeline: Memo<Arc<TimelineScene>> =
        Memo::new(move |_| scene.with(|scene| Arc::clone(&scene.timeline)));
    let range = Memo::new(move |_| range_ms(moment.get().horizon_ms));
    let shown = Memo::new(move |_| match zoom.get() {
        Zoom::Whole => range.get(),
        Zoom::LastMinute => WINDOW_MS.min(range.get()),
    });
    let pod = Memo::new(move |_| scene.with(|scene| scene.pod.as_ref().map(|pod| pod.key.clone())));
    let names = Memo::new(move |_| {
        timeline.with(|timeline| {
            timeline.lanes.iter().map(|lane| (lane.kind, lane.name.clone())).collect::<Vec<_>>()
        })
    });

    let scroller = NodeRef::<html::Div>::new();
    let surface = NodeRef::<html::Div>::new();
    // Zoomed, the playhead stays in sight: the browser scrolls, the lanes are not touched.
    Effect::new(move |was_zoomed: Option<bool>| {
        let (range, shown) = (range.get(), shown.get());
        let Some(element) = scroller.get() else { return false };
        if shown >= range {
            // Asked for without need, it would make the browser lay the page out in the middle of its work.
            if was_zoomed == Some(true) {
                element.set_scroll_left(0);
            }
            return false;
        }
        let now = moment.get().now_ms;
        let width = f64::from(element.client_width());
        #[allow(clippy::cast_precision_loss)] // Milliseconds of some days at most.
        let left = now as f64 / shown.max(1) as f64 * width - width * 0.8;
        #[allow(clippy::cast_possible_truncation)]
        element.set_scroll_left(left.max(0.0) as i32);
        true
    });

    let to_pointer = move |client_x: i32| {
        let Some(element) = surface.get_untracked() else { return };
        let rect = element.get_bounding_client_rect();
        if rect.width() <= 0.0 {
            return;
        }
        let share = ((f64::from(client_x) - rect.left()) / rect.width()).clamp(0.0, 1.0);
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let at_ms = (share * range.get_untracked() as f64) as u64;
        let horizon_ms = moment.get_untracked().horizon_ms;
        page.send(seek(at_ms.min(horizon_ms)));
    };
    let down = move |event: leptos::ev::PointerEvent| {
        if event.button() != 0 {
            return;
        }
        if let Some(element) = surface.get_untracked() {
            // Without capture the drag only ends earlier.
            let _ = element.set_pointer_capture(event.pointer_id());
        }
        page.send(Action::Pause);
        to_pointer(event.client_x());
    };
    let drag = move |event: leptos::ev::PointerEvent| {
        if event.buttons() & 1 == 1 {
            to_pointer(event.client_x());
        }
    };
    let horizon = move || percent(moment.get().horizon_ms, range.get());
    let now = move || percent(moment.get().now_ms, range.get());
    let width = move || {
        #[allow(clippy::cast_precision_loss)]
        let times = range.get() as f64 / shown.get().max(1) as f64;
        format!("{:.3}%", times * 100.0)
    };

    view! {
        <div class="lanes" style=("--rows", move || names.with(|names| names.len().max(1)).to_string())>
            <div class="lane-names" aria-hidden="true">
                <span class="axis-name"></span>
                <For each=move || names.get() key=Clone::clone let:lane>
                    <LaneName kind=lane.0 name=lane.1 pod scene />
                </For>
            </div>
            <div class="scroller" node_ref=scroller>
                <div
                    class="surface"
                    node_ref=surface
                    style=("width", width)
                    on:pointerdown=down
                    on:pointermove=drag
                >
                    <div class="axis" aria-hidden="true">
                        {move || axis(range.get(), shown.get())}
                    </div>
                    <ul class="tracks" aria-label="Lanes">
                        <For each=move || names.get() key=Clone::clone let:lane>
                            <Track kind=lane.0 name=lane.1 timeline moment range shown />
                        </For>
                    </ul>
                    <div class="branches" class:some=move || timeline.with(|timeline| !timeline.branches.is_empty()) aria-hidden="true">
                        {move || {
                            let range = range.get();
                            timeline
                                .with(|timeline| {
                                    let skip = timeline.branches.len().saturating_sub(BRANCHES_SHOWN);
                                    timeline.branches[skip..].to_vec()
                                })
                                .into_iter()
                                .map(|branch| branch_view(branch, range))
                                .collect_view()
                        }}
                    </div>
                    <div class="shade past-shade" aria-hidden="true" style=("left", now) style=("right", move || {
                        let moment = moment.get();
                        percent(range.get().saturating_sub(moment.horizon_ms), range.get())
                    })></div>
                    <div class="shade unlived" aria-hidden="true" style=("left", horizon)></div>
                    <Playhead moment range />
                </div>
            </div>
        </div>
    }
}

/// Labels along the whole range, as dense as the part that is shown asks for.
fn axis(range: u64, shown: u64) -> impl IntoView {
    let step = ticks(shown).get(1).copied().unwrap_or(range).max(1);
    // A few hundred labels at most, however far the zoom goes.
    let step = step.max(range / 400);
    // The end of the range has no room for a label.
    (0..range.div_ceil(step))
        .map(|n| {
            let at_ms = n * step;
            view! { <span style=("left", percent(at_ms, range))>{tick_label(at_ms)}</span> }
        })
        .collect_view()
}

fn branch_view(branch: Branch, range: u64) -> impl IntoView {
    let width = percent(branch.to_ms.saturating_sub(branch.from_ms), range);
    let text = format!("given up at {}", tick_label(branch.to_ms));
    view! {
        <i style=("left", percent(branch.from_ms, range)) style=("width", width)>
            <span>{text}</span>
        </i>
    }
}

#[component]
fn LaneName(
    kind: LaneKind,
    name: String,
    pod: Memo<Option<PodKey>>,
    scene: Memo<Arc<Scene>>,
) -> impl IntoView {
    let page = page();
    let (shown, whole) = (name.clone(), name.clone());
    let wanted = name.clone();
    let selected = Memo::new(move |_| {
        scene.with(|scene| {
            scene.pod.as_ref().is_some_and(|pod| match kind {
                LaneKind::Container(_) => pod.cast.iter().any(|card| card.selected && card.name == wanted),
                LaneKind::Phase | LaneKind::Pause | LaneKind::Node => false,
            })
        })
    });
    let select = move |_| {
        let selection = match (kind, pod.get_untracked()) {
            (LaneKind::Node, _) => Selection::Node(name.clone()),
            (LaneKind::Container(_), Some(pod)) => Selection::Container { pod, container: name.clone() },
            (LaneKind::Pause, Some(pod)) => Selection::Pause(pod),
            (LaneKind::Phase, Some(pod)) => Selection::Pod(pod),
            (_, None) => Selection::Nothing,
        };
        page.send(Action::Select(selection));
    };
    view! {
        <span
            class=move || if selected.get() { "lane-name selected" } else { "lane-name" }
            title=whole
            on:click=select
        >
            <bdi>{shown}</bdi>
        </span>
    }
}

/// A row: its stretches and its marks. It is drawn anew only when its history or the scale changes.
#[component]
fn Track(
    kind: LaneKind,
    name: String,
    timeline: Memo<Arc<TimelineScene>>,
    moment: Memo<Moment>,
    range: Memo<u64>,
    shown: Memo<u64>,
) -> impl IntoView {
    // Where an open stretch is covered, in steps of a sixteenth of what is shown: not drawn anew in every frame.
    let lived = Memo::new(move |_| {
        let step = (shown.get() / 16).max(1);
        moment.get().horizon_ms / step * step
    });
    let lane: Memo<Option<Lane>> = Memo::new(move |_| {
        let within_ms = shown.get() * NARROW_PX / TRACK_PX;
        timeline.with(|timeline| {
            timeline.lanes.iter().find(|lane| lane.kind == kind && lane.name == name).map(|lane| Lane {
                kind,
                name: lane.name.clone(),
                segments: merge_segments(&lane.segments, within_ms),
                marks: merge_marks(&lane.marks, within_ms * 3),
            })
        })
    });
    let class = match kind {
        LaneKind::Phase => "track phase",
        LaneKind::Pause => "track pause",
        LaneKind::Node => "track node",
        LaneKind::Container(role) => match role.word() {
            "init" => "track init",
            "sidecar" => "track sidecar",
            "debug" => "track debug",
            _ => "track app",
        },
    };
    view! {
        <li class=class>
            <span class="sr-only">{move || lane.with(|lane| lane.as_ref().map(Lane::spoken))}</span>
            <div aria-hidden="true">
                {move || {
                    let (range, shown, lived) = (range.get(), shown.get(), lived.get());
                    lane.with(|lane| {
                        lane.as_ref().map(|lane| {
                            let segments =
                                lane.segments.iter().map(|segment| stretch(segment, range, shown, lived)).collect_view();
                            let marks = lane.marks.iter().map(|mark| mark_view(mark, range)).collect_view();
                            view! {
                                {segments}
                                {marks}
                            }
                        })
                    })
                }}
            </div>
        </li>
    }
}

fn stretch(segment: &Segment, range: u64, shown: u64, lived: u64) -> impl IntoView + use<> {
    let to_ms = segment.to_ms.unwrap_or(range);
    let long_ms = to_ms.saturating_sub(segment.from_ms);
    let title = format!("{} from {}", segment.word, clock::stamp(segment.from_ms));
    // An open stretch is drawn to the end of the range and covered from the horizon on.
    let seen_ms = segment.to_ms.unwrap_or(lived).saturating_sub(segment.from_ms);
    // A word that would be cut off is left out; it is in the tooltip and in the spoken lane.
    let room_px = seen_ms.saturating_mul(TRACK_PX) / shown.max(1);
    let wanted_px = 28 + LETTER_PX * u64::try_from(segment.word.chars().count()).unwrap_or(0);
    let label = if wanted_px <= room_px {
        format!("{} {}", segment.tone.sign(), segment.word)
    } else if room_px >= 18 {
        segment.tone.sign().to_owned()
    } else {
        String::new()
    };
    view! {
        <i
            class=format!("stretch {}", segment.tone.class())
            title=title
            style=("left", percent(segment.from_ms, range))
            style=("width", percent(long_ms, range))
        >
            <span>{label}</span>
        </i>
    }
}

fn mark_view(mark: &Mark, range: u64) -> impl IntoView + use<> {
    let title = format!("{} {}", clock::stamp(mark.at_ms), mark.text);
    view! {
        <b class=format!("mark {}", mark.kind.class()) title=title style=("left", percent(mark.at_ms, range))></b>
    }
}

/// The playhead: a slider from the first moment to the last that was lived.
#[component]
fn Playhead(moment: Memo<Moment>, range: Memo<u64>) -> impl IntoView {
    let page = page();
    let left = move || percent(moment.get().now_ms, range.get());
    let seconds = |ms: u64| format!("{}.{}", ms / 1000, ms / 100 % 10);
    let keys = move |event: leptos::ev::KeyboardEvent| {
        let Moment { now_ms, horizon_ms } = moment.get_untracked();
        let at_ms = match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => now_ms.saturating_sub(ARROW_MS),
            "ArrowRight" | "ArrowUp" => now_ms + ARROW_MS,
            "PageDown" => now_ms.saturating_sub(PAGE_MS),
            "PageUp" => now_ms + PAGE_MS,
            "Home" => 0,
            "End" => horizon_ms,
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        page.send(Action::Pause);
        page.send(seek(at_ms.min(horizon_ms)));
    };
    view! {
        <div
            class="playhead"
            role="slider"
            tabindex="0"
            aria-label="Moment that is shown"
            aria-orientation="horizontal"
            aria-valuemin="0"
            aria-valuemax=move || seconds(moment.get().horizon_ms)
            aria-valuenow=move || seconds(moment.get().now_ms)
            aria-valuetext=move || clock::spoken(moment.get().now_ms)
            style=("left", left)
            on:keydown=keys
        ></div>
    }
}
