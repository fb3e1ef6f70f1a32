//! The frame of the page: header, lesson and editor at the left, stage, time and panes at the right. On a narrow
//! page the stage comes first, and lesson and editor slide over it.

use leptos::prelude::*;

use super::confirm::Confirm;
use super::hands_on::{HandsOnButton, HandsOnMenu};
use super::header::Header;
use super::help::Help;
use super::lesson_pane::LessonPane;
use super::notices::Notices;
use super::panes::Panes;
use super::place::{Part, Place};
use super::sheet::SheetBox;
use super::soon::Soon;
use super::stage::Stage;
use super::timeline_bar::TimelineBar;
use super::{keys, surroundings};
use crate::action::{Action, Sheet};
use crate::editor::EditorPane;
use crate::page::page;

/// At this turn everything that is seen first is there.
pub(crate) const FILLED: u32 = 5;

/// The frame.
#[component]
pub fn Frame() -> impl IntoView {
    let page = page();
    surroundings::watch(page);
    keys::listen(page);
    page.draw_what_arrives();
    let narrow = page.memo(|session| session.view.narrow);
    let seen = |sheet| page.memo(move |session| !session.view.narrow || session.view.sheet == Some(sheet));
    let (lesson_seen, editor_seen) = (seen(Sheet::Lesson), seen(Sheet::Editor));
    let asked = page.calm_memo(|session| session.pending.is_some());
    let help = page.memo(|session| session.view.help);
    let covered = page.memo(|session| session.view.narrow && session.view.sheet.is_some());
    view! {
        <a class="skip-link" href="#stage">
            "Skip to the stage"
        </a>
        <div class="page" class:narrow=move || narrow.get()>
            <div class="above" inert=move || covered.get()>
                <Soon turn=1>
                    <Header />
                </Soon>
            </div>
            <div class="left">
                <SheetBox sheet=Sheet::Lesson label="Lesson">
                    <Soon turn=5 wanted=lesson_seen>
                        <LessonPane />
                    </Soon>
                </SheetBox>
                <SheetBox sheet=Sheet::Editor label="Manifest">
                    <Soon turn=6 wanted=editor_seen>
                        <EditorPane />
                    </Soon>
                </SheetBox>
            </div>
            <main class="right" inert=move || covered.get()>
                <Notices />
                <div class="stage-area" id="stage" tabindex="-1">
                    <Soon turn=2>
                        <Stage />
                    </Soon>
                </div>
                <div class="time-area">
                    <Soon turn=3>
                        <TimelineBar />
                    </Soon>
                    <nav class="page-dock" aria-label="Lesson, manifest and actions">
                        <button on:click=move |_| page.send(Action::OpenSheet(Some(Sheet::Lesson)))>"Lesson"</button>
                        <button on:click=move |_| page.send(Action::OpenSheet(Some(Sheet::Editor)))>"Manifest"</button>
                        <HandsOnButton />
                    </nav>
                </div>
                <Soon turn=4>
                    <Panes />
                </Soon>
            </main>
        </div>
        <Soon turn=7>
            <HandsOnMenu />
            <Place part=Part::Voice />
        </Soon>
        <Soon turn=8 wanted=asked>
            <Confirm />
        </Soon>
        <Soon turn=8 wanted=help>
            <Help />
        </Soon>
    }
}
