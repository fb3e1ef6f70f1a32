//! How components see the session and act on it: one signal, one writer, one callback.

use leptos::prelude::*;

use crate::action::Action;
use crate::session::Session;
use crate::tank::Tank;
use crate::view::place::Draw;
use crate::{playback, storage};

/// The page's one state, in context for every component.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    session: RwSignal<Session, LocalStorage>,
    tank: RwSignal<Option<Tank>>,
    draw: RwSignal<Option<Draw>>,
}

/// The page that the calling component is on.
#[must_use]
pub fn page() -> Page {
    expect_context::<Page>()
}

impl Page {
    /// A page around this session.
    #[must_use]
    pub fn new(session: Session) -> Self {
        Self { session: RwSignal::new_local(session), tank: RwSignal::new(None), draw: RwSignal::new(None) }
    }

    /// Does something. The only way to change anything.
    pub fn send(self, action: Action) {
        // Only after the signal is released: whoever listens may send the next action.
        self.session.maybe_update(|session| session.update(action));
        storage::schedule(self);
    }

    /// The cluster's chunk is there.
    pub(crate) async fn arrived(self, tank: Tank) {
        // Each step is a task of its own, so that a slow phone answers a finger in between.
        playback::next_task().await;
        let Some(engine) = self.session.try_update(|session| (tank.relive)(session)) else { return };
        playback::next_task().await;
        self.session.update(|session| session.take_in(engine));
        storage::schedule(self);
        playback::next_task().await;
        self.send(Action::CheckManifest);
        playback::next_task().await;
        self.tank.set(Some(tank));
    }

    /// Lets what has arrived draw the cluster, for as long as the calling component is there.
    pub(crate) fn draw_what_arrives(self) {
        // What is drawn follows signals that this effect owns.
        Effect::new(move |_| {
            if let Some(tank) = self.tank.get() {
                self.draw.set(Some((tank.begin)(self)));
            }
        });
    }

    /// What draws the cluster, once it is there.
    #[must_use]
    pub fn draw(self) -> RwSignal<Option<Draw>> {
        self.draw
    }

    /// Reads the session, and is told of every change: for memos.
    pub fn with<R>(self, read: impl FnOnce(&Session) -> R) -> R {
        self.session.with(read)
    }

    /// Reads the session once: for event handlers.
    pub fn peek<R>(self, read: impl FnOnce(&Session) -> R) -> R {
        self.session.with_untracked(read)
    }

    /// What has been done to the session besides by a person: marking what is saved.
    pub(crate) fn quietly<R>(self, change: impl FnOnce(&mut Session) -> R) -> Option<R> {
        self.session.try_update_untracked(change)
    }

    /// A part of the session, computed at every change of it: for what is cheap to compute.
    #[must_use]
    pub fn memo<T>(self, read: impl Fn(&Session) -> T + Send + Sync + 'static) -> Memo<T>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        Memo::new(move |_| self.with(&read))
    }

    /// A part of the session that no mere passing of time changes: for what costs to compute or to compare.
    #[must_use]
    pub fn calm_memo<T>(self, read: impl Fn(&Session) -> T + Send + Sync + 'static) -> Memo<T>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        self.versioned(self.memo(|session| session.revision), read)
    }

    /// A part of the session that depends on the world, the moment in whole seconds, and the view, but on no
    /// single frame: computed only when one of them changed.
    #[must_use]
    pub fn world_memo<T>(self, read: impl Fn(&Session) -> T + Send + Sync + 'static) -> Memo<T>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        self.versioned(self.memo(|session| (session.revision, session.moment.now_ms / 1000)), read)
    }

    fn versioned<V, T>(
        self,
        version: Memo<V>,
        read: impl Fn(&Session) -> T + Send + Sync + 'static,
    ) -> Memo<T>
    where
        V: PartialEq + Send + Sync + 'static,
        T: PartialEq + Send + Sync + 'static,
    {
        Memo::new(move |_| {
            // Read, and not only tracked: a memo that nobody reads follows nothing.
            version.with(|_| ());
            self.peek(&read)
        })
    }
}
