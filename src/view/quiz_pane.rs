//! The knowledge check: choose and be told why, or write first and then open the drawer with our answer.

use course::{
    Answer, Choice, CourseAction, Goal, Lesson, Question, QuestionKind, Rating, Step, WRITTEN_CHARS_MAX,
};
use leptos::prelude::*;

use super::lesson_pane::{GoalLine, Steps};
use crate::action::Action;
use crate::page::{Page, page};

/// All questions of a lesson, with the score.
#[component]
pub(super) fn QuizPane(lesson: &'static Lesson) -> impl IntoView {
    let page = page();
    let score = page.memo(move |session| {
        session.progress.lessons.get(lesson.id).map(|done| done.score(lesson)).unwrap_or_default()
    });
    // Before the first answer nothing is known of the lesson but the number of its questions.
    let line = move || {
        let score = score.get();
        if score.finished() == 0 {
            format!("{} questions. Nothing is sent anywhere.", lesson.quiz.len())
        } else {
            score.line()
        }
    };
    let questions = lesson.quiz.iter().enumerate();
    let questions = questions
        .map(|(index, question)| view! { <QuestionCard lesson question number=index + 1 /> })
        .collect_view();
    let forget = move |_| page.send(Action::Course(CourseAction::ForgetProgress));
    view! {
        <h2>"What do you know?"</h2>
        <p class="score" role="status">
            {line}
        </p>
        {questions}
        <details class="start-over">
            <summary>"Start over"</summary>
            <p>"Forgets your answers and which tasks are done. The cluster and the editor stay as they are."</p>
            <button on:click=forget>"Forget my answers"</button>
        </details>
    }
}

/// What a question's parts need to know.
#[derive(Clone, Copy)]
struct Asked {
    page: Page,
    question: &'static Question,
    answer: Memo<Answer>,
}

impl Asked {
    fn id(self) -> String {
        self.question.id.to_owned()
    }

    fn element_id(self, part: &str) -> String {
        format!("question-{}-{part}", self.question.id)
    }

    fn send(self, action: CourseAction) {
        self.page.send(Action::Course(action));
    }

    fn revealed(self) -> Memo<bool> {
        Memo::new(move |_| self.answer.with(|answer| answer.revealed))
    }
}

#[component]
fn QuestionCard(lesson: &'static Lesson, question: &'static Question, number: usize) -> impl IntoView {
    let page = page();
    let answer = page.memo(move |session| {
        let done = session.progress.lessons.get(lesson.id);
        done.and_then(|done| done.answers.get(question.id)).cloned().unwrap_or_default()
    });
    let asked = Asked { page, question, answer };
    let parts = match &question.kind {
        QuestionKind::MultipleChoice { options } => view! { <MultipleChoice asked options /> }.into_any(),
        QuestionKind::Open { answer } => view! {
            <Written asked />
            <Drawer asked ours=answer note="Write at least a sentence first: that is how it sticks." />
        }
        .into_any(),
        QuestionKind::Predict { options, goal, solution, answer } => view! {
            <Prediction asked options />
            <Doing lesson asked goal steps=solution />
            <Drawer asked ours=answer note="Choose, then make it happen: the drawer opens when it has." />
        }
        .into_any(),
        QuestionKind::HandsOn { goal, solution, answer } => view! {
            <Doing lesson asked goal steps=solution />
            <Written asked />
            <Drawer asked ours=answer note="Do it, and write down why it works: then the drawer opens." />
        }
        .into_any(),
    };
    let context = (!question.context.is_empty()).then(|| {
        let answered = Memo::new(move |_| answer.with(|answer| answer.checked || answer.revealed));
        view! {
            <Show when=move || answered.get()>
                <div class="prose context" inner_html=question.context></div>
            </Show>
        }
    });
    view! {
        <section class="question" aria-labelledby=asked.element_id("prompt")>
            <h3>{number} ". " {kind_name(question)}</h3>
            <div class="prose" id=asked.element_id("prompt") inner_html=question.prompt></div>
            {parts}
            {context}
        </section>
    }
}

fn kind_name(question: &Question) -> &'static str {
    match question.kind {
        QuestionKind::MultipleChoice { .. } => "Choose one",
        QuestionKind::Open { .. } => "In your own words",
        QuestionKind::Predict { .. } => "Predict, then try",
        QuestionKind::HandsOn { .. } => "Do it, then explain",
    }
}

/// Radio buttons for the options; `after` shows what stands below the chosen one.
fn options_view(
    asked: Asked,
    options: &'static [Choice],
    locked: impl Fn(&Answer) -> bool + Copy + Send + Sync + 'static,
    judged: impl Fn(&Answer) -> bool + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let locked = Memo::new(move |_| asked.answer.with(locked));
    let option_view = move |(index, option): (usize, &'static Choice)| {
        let chosen = Memo::new(move |_| asked.answer.with(|answer| answer.chosen == Some(index)));
        let judged = Memo::new(move |_| chosen.get() && asked.answer.with(judged));
        let choose = move |_| asked.send(CourseAction::Choose { question: asked.id(), option: index });
        view! {
            <div
                class="option"
                class:is-right=move || judged.get() && option.right
                class:is-wrong=move || judged.get() && !option.right
            >
                <label>
                    <input
                        type="radio"
                        name=asked.element_id("option")
                        prop:checked=chosen
                        disabled=locked
                        on:change=choose
                    />
                    <span inner_html=option.text></span>
                </label>
                <div aria-live="polite">
                    <Show when=move || judged.get()>
                        <p class="feedback">
                            <strong>{if option.right { "✓ Right. " } else { "✗ Not quite. " }}</strong>
                            <span inner_html=option.feedback></span>
                        </p>
                    </Show>
                </div>
            </div>
        }
    };
    view! {
        <fieldset class="options" aria-labelledby=asked.element_id("prompt")>
            {options.iter().enumerate().map(option_view).collect_view()}
        </fieldset>
    }
}

#[component]
fn MultipleChoice(asked: Asked, options: &'static [Choice]) -> impl IntoView {
    let checked = Memo::new(move |_| asked.answer.with(|answer| answer.checked));
    let nothing_chosen = Memo::new(move |_| asked.answer.with(|answer| answer.chosen.is_none()));
    let right = Memo::new(move |_| asked.answer.with(|answer| answer.verdict(asked.question) == Some(true)));
    // One button for both, so that the keyboard's focus stays where it is.
    let press = move |_| {
        let question = asked.id();
        asked.send(if checked.get_untracked() {
            CourseAction::Retry { question }
        } else {
            CourseAction::Check { question }
        });
    };
    let others = move || {
        options
            .iter()
            .filter(|option| !option.right)
            .map(|option| {
                view! {
                    <dt inner_html=option.text></dt>
                    <dd inner_html=option.feedback></dd>
                }
            })
            .collect_view()
    };
    view! {
        {options_view(asked, options, |answer| answer.checked, |answer| answer.checked)}
        <p>
            <button on:click=press disabled=nothing_chosen>
                {move || if checked.get() { "Try again" } else { "Check answer" }}
            </button>
        </p>
        <Show when=move || right.get()>
            <details class="others">
                <summary>"Why not the others?"</summary>
                <dl>{others()}</dl>
            </details>
        </Show>
    }
}

/// A prediction: it is judged when the drawer opens.
#[component]
fn Prediction(asked: Asked, options: &'static [Choice]) -> impl IntoView {
    options_view(asked, options, |answer| answer.met || answer.revealed, |answer| answer.revealed)
}

/// What is to be done on the stage, and how far it is.
#[component]
fn Doing(
    lesson: &'static Lesson,
    asked: Asked,
    goal: &'static Goal,
    steps: &'static [Step],
) -> impl IntoView {
    let met = Memo::new(move |_| asked.answer.with(|answer| answer.met));
    view! {
        <div class="doing" class:done=met>
            <GoalLine goal done=met />
            <details>
                <summary>"Help"</summary>
                <Steps lesson steps />
            </details>
        </div>
    }
}

/// The learner's own words; kept with every letter.
#[component]
fn Written(asked: Asked) -> impl IntoView {
    let written = Memo::new(move |_| asked.answer.with(|answer| answer.written.clone()));
    let write = move |event| {
        asked.send(CourseAction::Write { question: asked.id(), text: event_target_value(&event) });
    };
    view! {
        <label class="written">
            "Your answer"
            <textarea
                rows="4"
                maxlength=WRITTEN_CHARS_MAX.to_string()
                prop:value=written
                on:input=write
            ></textarea>
        </label>
    }
}

/// Our answer, behind a lock until something was tried; then the learner's own judgement.
#[component]
fn Drawer(asked: Asked, ours: &'static str, note: &'static str) -> impl IntoView {
    let revealed = asked.revealed();
    let locked = Memo::new(move |_| asked.answer.with(|answer| !answer.may_reveal(asked.question)));
    let note_id = asked.element_id("note");
    // One button for both, so that the keyboard's focus stays where it is.
    let press = move |_| {
        let question = asked.id();
        asked.send(if revealed.get_untracked() {
            CourseAction::Retry { question }
        } else {
            CourseAction::Reveal { question }
        });
    };
    let label = move || match (revealed.get(), locked.get()) {
        (true, _) => "Close the drawer and try again",
        (false, true) => "🔒 Our answer",
        (false, false) => "Open our answer",
    };
    view! {
        <p>
            <button
                on:click=press
                disabled=move || locked.get() && !revealed.get()
                aria-describedby=note_id.clone()
            >
                {label}
            </button>
            <span class="note" id=note_id>
                {move || (locked.get() && !revealed.get()).then_some(note)}
            </span>
        </p>
        <div class="drawer" aria-live="polite">
            <Show when=move || revealed.get()>
                <div class="prose" inner_html=ours></div>
                <Rate asked />
            </Show>
        </div>
    }
}

#[component]
fn Rate(asked: Asked) -> impl IntoView {
    let rating = Memo::new(move |_| asked.answer.with(|answer| answer.rating));
    let button = move |it: Rating, label: &'static str| {
        let rate = move |_| asked.send(CourseAction::Rate { question: asked.id(), rating: it });
        view! {
            <label>
                <input
                    type="radio"
                    name=asked.element_id("rating")
                    prop:checked=move || rating.get() == Some(it)
                    on:change=rate
                />
                {label}
            </label>
        }
    };
    view! {
        <fieldset class="rating">
            <legend>"How did you do?"</legend>
            {button(Rating::Met, "I had it")}
            {button(Rating::Partly, "Partly")}
            {button(Rating::Missed, "Not yet")}
        </fieldset>
    }
}
