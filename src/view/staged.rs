//! The scene and the moment as signals, made once for stage and timeline.

use std::sync::Arc;

use leptos::prelude::*;

use crate::page::{Page, page};
use crate::scene::{self, Moment, Scene, Zoom};

/// What stage and timeline follow.
#[derive(Clone, Copy, Debug)]
pub struct Staged {
    /// What is drawn; it changes when the cluster or the view does, not with every frame.
    pub scene: Memo<Arc<Scene>>,
    /// The moment that is shown; it changes with every frame.
    pub moment: Memo<Moment>,
    /// Whether time runs.
    pub playing: Memo<bool>,
    /// Simulated seconds per second.
    pub speed: Memo<u32>,
    /// How much of the past the timeline shows.
    pub zoom: Memo<Zoom>,
}

/// The signals in context, or new ones.
#[must_use]
pub fn staged() -> Staged {
    use_context::<Staged>().unwrap_or_else(|| Staged::new(page()))
}

impl Staged {
    /// Follows the session of this page.
    #[must_use]
    pub fn new(page: Page) -> Self {
        Self {
            scene: page.memo(|session| {
                Arc::new(scene::build(&session.timeline, &session.view.stage, &session.branches))
            }),
            moment: page.memo(|session| Moment {
                now_ms: session.timeline.now().ms(),
                horizon_ms: session.timeline.horizon().ms(),
            }),
            playing: page.memo(|session| session.playback.playing),
            speed: page.memo(|session| session.playback.speed),
            zoom: page.memo(|session| session.view.stage.zoom),
        }
    }
}
