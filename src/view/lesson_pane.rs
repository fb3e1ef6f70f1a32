//! The lesson beside the stage: its text, its tasks with their marks, the knowledge check and the glossary.

use course::{Block, COURSE, CourseAction, Goal, Lesson, LessonTab, Step, Task};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::focus_id;
use super::quiz_pane::QuizPane;
use super::soon::Soon;
use crate::action::{Action, Pane, Sheet};
use crate::deed;
use crate::page::{Page, page};

/// The parts of the pane, in the order of their tabs.
const TABS: [LessonTab; 3] = [LessonTab::Lesson, LessonTab::Quiz, LessonTab::Glossary];

/// The pane with its three parts.
#[component]
pub fn LessonPane() -> impl IntoView {
    let page = page();
    let lesson = open_lesson(page);
    let tab = page.memo(|session| session.progress.tab);
    view! {
        <div class="lesson-pane">
            <Tabs lesson tab />
            // Once opened, every part stays in the page, so that it keeps its place and its open drawers.
            {TABS
                .map(|part| {
                    view! {
                        <div
                            class="lesson-body"
                            role="tabpanel"
                            tabindex="0"
                            id=panel_id(part)
                            aria-labelledby=tab_id(part)
                            hidden=move || tab.get() != part
                        >
                            <Soon turn=1 wanted=Memo::new(move |_| tab.get() == part)>
                                {move || part_view(part, lesson.get())}
                            </Soon>
                        </div>
                    }
                })
                .collect_view()}
        </div>
    }
}

fn part_view(part: LessonTab, lesson: Option<usize>) -> AnyView {
    let Some(lesson) = lesson_at(lesson) else {
        return view! { <p class="lesson-empty">"There is no lesson here."</p> }.into_any();
    };
    match part {
        LessonTab::Lesson => view! { <LessonText lesson /> }.into_any(),
        LessonTab::Quiz => view! { <QuizPane lesson /> }.into_any(),
        LessonTab::Glossary => view! { <Glossary /> }.into_any(),
    }
}

/// The index of the open lesson.
fn open_lesson(page: Page) -> Memo<Option<usize>> {
    page.memo(|session| session.progress.open_lesson(&COURSE).map(|(index, _)| index))
}

fn lesson_at(index: Option<usize>) -> Option<&'static Lesson> {
    COURSE.lessons.get(index?)
}

fn tab_id(tab: LessonTab) -> &'static str {
    match tab {
        LessonTab::Lesson => "lesson-tab-text",
        LessonTab::Quiz => "lesson-tab-quiz",
        LessonTab::Glossary => "lesson-tab-glossary",
    }
}

fn panel_id(tab: LessonTab) -> &'static str {
    match tab {
        LessonTab::Lesson => "lesson-panel-text",
        LessonTab::Quiz => "lesson-panel-quiz",
        LessonTab::Glossary => "lesson-panel-glossary",
    }
}

/// The row of tabs: one stop for the Tab key, arrows within.
#[component]
fn Tabs(lesson: Memo<Option<usize>>, tab: Memo<LessonTab>) -> impl IntoView {
    let page = page();
    // How many questions are finished, of how many.
    let finished = page.memo(move |session| {
        let lesson = lesson_at(lesson.get())?;
        let score = session.progress.lessons.get(lesson.id).map(|done| done.score(lesson));
        Some((score.unwrap_or_default().finished(), lesson.quiz.len()))
    });
    let label = move |tab| match tab {
        LessonTab::Lesson => "Lesson".to_owned(),
        LessonTab::Quiz => finished.get().map_or_else(|| "Quiz".into(), |(n, m)| format!("Quiz {n}/{m}")),
        LessonTab::Glossary => "Glossary".to_owned(),
    };
    let open = move |tab| page.send(Action::Course(CourseAction::OpenTab(tab)));
    let on_key = move |event: KeyboardEvent| {
        let at = TABS.iter().position(|it| *it == tab.get_untracked()).unwrap_or(0);
        let to = match event.key().as_str() {
            "ArrowRight" => (at + 1) % TABS.len(),
            "ArrowLeft" => (at + TABS.len() - 1) % TABS.len(),
            "Home" => 0,
            "End" => TABS.len() - 1,
            _ => return,
        };
        event.prevent_default();
        open(TABS[to]);
        focus_id(tab_id(TABS[to]));
    };
    view! {
        <div class="lesson-tabs" role="tablist" aria-label="Parts of the lesson" on:keydown=on_key>
            {TABS
                .map(|it| {
                    view! {
                        <button
                            id=tab_id(it)
                            role="tab"
                            aria-controls=panel_id(it)
                            aria-selected=move || (tab.get() == it).to_string()
                            tabindex=move || if tab.get() == it { "0" } else { "-1" }
                            on:click=move |_| open(it)
                        >
                            {move || label(it)}
                        </button>
                    }
                })
                .collect_view()}
        </div>
    }
}

/// The text with its tasks.
#[component]
fn LessonText(lesson: &'static Lesson) -> impl IntoView {
    let page = page();
    let done =
        page.memo(move |session| session.progress.lessons.get(lesson.id).map_or(0, |it| it.done.len()));
    let blocks = lesson.body.iter().map(|block| block_view(lesson, block)).collect_view();
    let chapter = COURSE.chapters.get(lesson.chapter).map(|chapter| chapter.title);
    view! {
        <p class="lesson-crumb">
            {chapter} " · about " {lesson.minutes} " min · "
            <span role="status">{done} " of " {lesson.tasks.len()} " tasks done"</span>
        </p>
        {(COURSE.lessons.len() > 1).then(|| view! { <LessonChoice lesson /> })}
        <h2>{lesson.title}</h2>
        {blocks}
    }
}

/// The list of lessons, once there are several.
#[component]
fn LessonChoice(lesson: &'static Lesson) -> impl IntoView {
    let page = page();
    let choose = move |event| {
        page.send(Action::Course(CourseAction::OpenLesson(event_target_value(&event))));
    };
    view! {
        <label class="lesson-choice">
            "Lesson "
            <select on:change=choose>
                {COURSE
                    .lessons
                    .iter()
                    .map(|it| view! { <option value=it.id selected=it.id == lesson.id>{it.title}</option> })
                    .collect_view()}
            </select>
        </label>
    }
}

fn block_view(lesson: &'static Lesson, block: &'static Block) -> AnyView {
    match block {
        // Made from the lessons' Markdown when the page was built: see the crate `course`.
        Block::Html(html) => view! { <div class="prose" inner_html=*html></div> }.into_any(),
        Block::Try { label, manifest } => {
            view! { <TryButton label text=lesson.manifests[*manifest].text /> }.into_any()
        }
        Block::Task(index) => {
            view! { <TaskCard lesson task=&lesson.tasks[*index] number=index + 1 /> }.into_any()
        }
        Block::Quiz { label } => {
            let page = page();
            let open = move |_| {
                page.send(Action::Course(CourseAction::OpenTab(LessonTab::Quiz)));
                focus_id(tab_id(LessonTab::Quiz));
            };
            view! { <p><button class="primary" on:click=open>{*label}</button></p> }.into_any()
        }
    }
}

/// Puts a manifest into the editor; on a narrow page the editor slides in.
#[component]
fn TryButton(label: &'static str, text: &'static str) -> impl IntoView {
    let page = page();
    let load = move |_| {
        page.send(Action::Course(CourseAction::UseManifest { text: text.to_owned() }));
        if page.peek(|session| session.view.narrow) {
            page.send(Action::OpenSheet(Some(Sheet::Editor)));
        }
    };
    view! { <p><button class="try" on:click=load>{label}</button></p> }
}

/// A task: what to do, how far it is, and help.
#[component]
fn TaskCard(lesson: &'static Lesson, task: &'static Task, number: usize) -> impl IntoView {
    let page = page();
    let done = page.memo(move |session| {
        session.progress.lessons.get(lesson.id).is_some_and(|it| it.done.contains(task.id))
    });
    let title_id = format!("task-{}", task.id);
    let labelled_by = title_id.clone();
    let read_hint = move |_| page.send(Action::Course(CourseAction::Hint { task: task.id.to_owned() }));
    view! {
        <section class="task" class:done=done aria-labelledby=labelled_by>
            <h3 id=title_id>
                <span class="mark" aria-hidden="true">{move || if done.get() { "✓" } else { "○" }}</span>
                <span class="sr-only">{move || if done.get() { "Done: " } else { "To do: " }}</span>
                {number} ". " {task.title}
            </h3>
            <div class="prose" inner_html=task.text></div>
            <GoalLine goal=&task.goal done />
            <details on:toggle=read_hint>
                <summary>"Help"</summary>
                <div class="prose" inner_html=task.hint></div>
                <Steps lesson steps=task.solution />
            </details>
        </section>
    }
}

/// How far a goal is, in one sentence, as the cluster stands at the moment that is shown.
#[component]
pub(super) fn GoalLine(goal: &'static Goal, done: Memo<bool>) -> impl IntoView {
    let progress = page().world_memo(move |session| {
        session
            .engine
            .as_ref()
            .map_or_else(|| "The cluster is starting…".into(), |engine| engine.verdict(goal).progress)
    });
    let words = move || if done.get() { "Done.".to_owned() } else { progress.get() };
    view! { <p class="goal" class:met=done>{words}</p> }
}

/// One way to reach a goal, each step at a press.
#[component]
pub(super) fn Steps(lesson: &'static Lesson, steps: &'static [Step]) -> impl IntoView {
    let steps = steps.iter().filter(|step| !matches!(step, Step::Expect(_)));
    let steps = steps.map(|step| view! { <li>{step_view(lesson, *step)}</li> }).collect_view();
    view! {
        <p class="steps-title">"One way to do it:"</p>
        <ol class="steps">{steps}</ol>
    }
}

fn step_view(lesson: &'static Lesson, step: Step) -> AnyView {
    let page = page();
    let words = match step {
        Step::Apply { manifest } => format!("Apply {}", lesson.manifests[manifest].file),
        Step::Crash { container, exit_code, .. } => format!("Crash {container} with exit code {exit_code}"),
        Step::Exec { .. } => step.kubectl(lesson).unwrap_or_default(),
        Step::Delete { pod } => format!("Delete the Pod {pod}"),
        Step::Wait { seconds } => return format!("Let time run, for up to {seconds} s.").into_any(),
        Step::Expect(_) => return ().into_any(),
    };
    let is_command = matches!(step, Step::Exec { .. });
    let perform = move |_| do_step(page, lesson, step);
    let words = if is_command { view! { <code>{words}</code> }.into_any() } else { words.into_any() };
    view! { <button class="step" on:click=perform>{words}</button> }.into_any()
}

/// Does what the learner would have done by hand.
fn do_step(page: Page, lesson: &'static Lesson, step: Step) {
    /// Lessons speak of Pods in the namespace that every cluster has.
    const NAMESPACE: &str = "default";
    match step {
        Step::Apply { manifest } => {
            let manifest = &lesson.manifests[manifest];
            page.send(Action::LoadText {
                name: format!("{}/{}", lesson.id, manifest.file),
                text: manifest.text.to_owned(),
                apply: true,
            });
        }
        Step::Crash { pod, container, exit_code } => {
            let container = deed::container(NAMESPACE, pod, container);
            page.send(Action::Act(deed::crash(container, i32::from(exit_code))));
        }
        Step::Exec { .. } => {
            page.send(Action::OpenPane(Pane::Kubectl));
            page.send(Action::Command(step.kubectl(lesson).unwrap_or_default()));
            // What the command prints stands in the terminal, which a narrow page hides.
            if page.peek(|session| session.view.narrow) {
                page.send(Action::OpenSheet(None));
            }
        }
        Step::Delete { pod } => page.send(Action::Act(deed::delete_pod(NAMESPACE, pod, None))),
        Step::Wait { .. } => page.send(Action::Play),
        Step::Expect(_) => {}
    }
}

/// The words of the field, in ours.
#[component]
fn Glossary() -> impl IntoView {
    view! {
        <h2>"Glossary"</h2>
        <dl class="glossary">
            {COURSE
                .glossary
                .iter()
                .map(|term| {
                    view! {
                        <dt>{term.term}</dt>
                        <dd inner_html=term.meaning></dd>
                    }
                })
                .collect_view()}
        </dl>
    }
}
