//! The scene and the moment as signals, made once for stage and timeline.

use std::sync::Arc;

use leptos::prelude::*;

use crate::page::Page;
use crate::scene::{self, Moment, Scene, Zoom};

/// How old the drawing of what no story tells may be, in simulated milliseconds.
const FRESH_MS: u64 = 100;

/// What stage and timeline follow.
#[derive(Clone, Copy, Debug)]
pub struct Staged {
    /// What is drawn; it changes when the cluster or the view does, not with every frame.
    pub scene: Memo<Arc<Scene>>,
    /// The moment that is shown; it changes with every frame.
    pub moment: Memo<Moment>,
    /// How much of the past the timeline shows.
    pub zoom: Memo<Zoom>,
}

impl Staged {
    /// Follows the session of this page.
    #[must_use]
    pub fn new(page: Page) -> Self {
        let moment = page.memo(|session| session.moment);
        // The lanes are read anew only when the story went on, or when another Pod is shown.
        let lanes_version = page.memo(|session| {
            (scene::lanes_version(session.timeline(), &session.view.stage), session.branches.clone())
        });
        let lanes = Memo::new(move |_| {
            lanes_version.with(|_| ());
            page.peek(|session| {
                Arc::new(scene::lanes(session.timeline(), &session.view.stage, &session.branches))
            })
        });
        // What the scene says changes with the story, the view and what was done; and ten times in a simulated
        // second with what no story tells, such as log lines. The rest of the frames move only the moment.
        let version = page.memo(|session| {
            (
                session.revision,
                session.timeline().cluster().story().len(),
                session.timeline().now().ms() / FRESH_MS,
            )
        });
        let scene = Memo::new(move |_| {
            version.with(|_| ());
            let lanes = lanes.get();
            page.peek(|session| Arc::new(scene::build(session.timeline(), &session.view.stage, &lanes)))
        });
        Self { scene, moment, zoom: page.memo(|session| session.view.stage.zoom) }
    }
}
