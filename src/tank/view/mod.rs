//! What is seen of the cluster: one component per part of the page. No rules about Kubernetes live here.
// #[component] makes the items that belong to a private component `pub`.
#![allow(unreachable_pub)]

mod act_menu;
mod bus;
mod container_card;
mod events_pane;
mod hands_on;
mod logs_pane;
mod nodes;
mod pod_box;
mod ring;
mod stage;
mod staged;
mod story_pane;
mod timeline_lanes;
mod volumes;
mod why;
mod wires;
mod yaml_pane;

use std::sync::Arc;

use leptos::prelude::*;

use crate::page::Page;
use crate::view::place::{Draw, Part};

/// Follows the session from now on; what it gives draws the parts.
pub(super) fn begin(page: Page) -> Draw {
    let staged = staged::Staged::new(page);
    Arc::new(move |part| match part {
        Part::Stage => view! { <stage::Stage staged /> }.into_any(),
        Part::Lanes => {
            let staged::Staged { scene, moment, zoom } = staged;
            view! {
                <timeline_lanes::Lanes scene moment zoom />
                <why::WhyLine scene moment />
            }
            .into_any()
        }
        Part::Story => view! { <story_pane::StoryPane /> }.into_any(),
        Part::Voice => view! { <story_pane::StoryVoice /> }.into_any(),
        Part::Events => view! { <events_pane::EventsPane /> }.into_any(),
        Part::Logs => view! { <logs_pane::LogsPane /> }.into_any(),
        Part::Yaml => view! { <yaml_pane::YamlPane /> }.into_any(),
        Part::HandsOn => view! { <hands_on::HandsOn /> }.into_any(),
    })
}
