//! Markdown, rendered when the crate is built. Authors write no HTML; what comes out is safe to show as it is.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use super::{Lesson, Problem, Source, lint, literal};

/// The text of a lesson.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) title: String,
    /// Rust expressions of `Block`.
    pub(crate) blocks: Vec<String>,
    /// Indices into the tasks of goal.yaml, in the order in which the text meets them.
    pub(crate) task_order: Vec<usize>,
    /// Words to read.
    pub(crate) words: usize,
}

impl Body {
    /// Reads `lesson.md`. A paragraph that is only a link to a file of the lesson becomes a button or a task.
    pub(crate) fn read(
        source: &Source,
        lesson: &Lesson,
        task_ids: &[&str],
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let (events, plain) = events_of(source, &[], "the lesson", &source.text, problems);
        lint::plain_text(source, &[], "the lesson", &plain, problems);
        let mut body = Body {
            title: String::new(),
            blocks: Vec::new(),
            task_order: Vec::new(),
            words: plain.split_whitespace().count(),
        };
        let mut html_events = Vec::new();
        let mut rest = &events[..];
        while let Some(event) = rest.first() {
            if let Some((dest, label, used)) = lone_link(rest) {
                let block = body.block(source, lesson, task_ids, &dest, &label, problems);
                body.flush(&mut html_events);
                body.blocks.extend(block);
                rest = &rest[used..];
            } else if matches!(event, Event::Start(Tag::Heading { level: HeadingLevel::H1, .. })) {
                let end =
                    rest.iter().position(|it| matches!(it, Event::End(TagEnd::Heading(_)))).unwrap_or(0);
                if !body.title.is_empty() {
                    problems.push(source.problem(&[], "a lesson has one title (# …); use ## for its parts"));
                }
                body.title = text_of(&rest[..end]);
                rest = &rest[end + 1..];
            } else {
                html_events.push(event.clone());
                rest = &rest[1..];
            }
        }
        body.flush(&mut html_events);
        if body.title.is_empty() {
            problems.push(source.problem(&[], "the lesson has no title. Begin it with # and a title"));
            return None;
        }
        Some(body)
    }

    fn flush(&mut self, events: &mut Vec<Event<'_>>) {
        if !events.is_empty() {
            self.blocks.push(format!("Block::Html({})", literal(&render(std::mem::take(events)))));
        }
    }

    fn block(
        &mut self,
        source: &Source,
        lesson: &Lesson,
        task_ids: &[&str],
        dest: &str,
        label: &str,
        problems: &mut Vec<Problem>,
    ) -> Option<String> {
        if let Some(id) = dest.strip_prefix("goal.yaml#") {
            let Some(index) = task_ids.iter().position(|it| *it == id) else {
                problems.push(source.problem(&[dest], format!("goal.yaml has no task {id}")));
                return None;
            };
            if self.task_order.contains(&index) {
                problems
                    .push(source.problem(&[dest, dest], format!("the task {id} stands twice in the text")));
                return None;
            }
            self.task_order.push(index);
            return Some(format!("Block::Task({})", self.task_order.len() - 1));
        }
        if dest == "quiz.yaml" {
            return Some(format!("Block::Quiz {{ label: {} }}", literal(label)));
        }
        match lesson.manifest(dest) {
            Some(manifest) => {
                Some(format!("Block::Try {{ label: {}, manifest: {manifest} }}", literal(label)))
            }
            None => {
                let message = format!(
                    "the link leads to {dest}, which is no manifest here. A link on a line of its own leads to a \
                     manifest of the lesson, to goal.yaml#TASK or to quiz.yaml"
                );
                problems.push(source.problem(&[dest], message));
                None
            }
        }
    }
}

/// Prose of one or more paragraphs, as a Rust string of HTML.
pub(crate) fn prose(
    source: &Source,
    at: &[&str],
    what: &str,
    text: &str,
    problems: &mut Vec<Problem>,
) -> String {
    if text.trim().is_empty() {
        problems.push(source.problem(at, format!("{what} is empty")));
    }
    let (events, plain) = events_of(source, at, what, text, problems);
    lint::plain_text(source, at, what, &plain, problems);
    if events.iter().any(|event| matches!(event, Event::Start(Tag::Heading { .. }))) {
        problems.push(source.problem(at, format!("{what} has a heading; only a lesson's text has some")));
    }
    literal(&render(events))
}

/// One paragraph without its element, as a Rust string of HTML.
pub(crate) fn inline(
    source: &Source,
    at: &[&str],
    what: &str,
    text: &str,
    problems: &mut Vec<Problem>,
) -> String {
    let (mut events, plain) = events_of(source, at, what, text, problems);
    lint::plain_text(source, at, what, &plain, problems);
    let is_edge =
        |event: &Event<'_>| matches!(event, Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph));
    if events.iter().filter(|event| is_edge(event)).count() > 2
        || !events.first().is_none_or(is_edge)
        || !events.last().is_none_or(is_edge)
    {
        problems.push(source.problem(at, format!("{what} must be one paragraph")));
    }
    events.retain(|event| !is_edge(event));
    literal(&render(events))
}

fn render(events: Vec<Event<'_>>) -> String {
    let mut text = String::new();
    html::push_html(&mut text, events.into_iter());
    text.trim_end().to_string()
}

/// The events of a text, without what must not be there, which is complained about; and its words alone.
fn events_of<'a>(
    source: &Source,
    at: &[&str],
    what: &str,
    text: &'a str,
    problems: &mut Vec<Problem>,
) -> (Vec<Event<'a>>, String) {
    let mut events = Vec::new();
    let mut plain = String::new();
    let mut in_code = false;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match &event {
            Event::Html(raw) | Event::InlineHtml(raw) => {
                let message = format!("{what} has HTML ({}). Write Markdown; &lt; stands for <", raw.trim());
                problems.push(source.problem(&[at, &[raw]].concat(), message));
                continue;
            }
            Event::Start(Tag::Image { dest_url, .. }) => {
                let message = format!("{what} has an image ({dest_url}); the stage is the picture");
                problems.push(source.problem(&[at, &[dest_url]].concat(), message));
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                let inside = dest_url.ends_with(".yaml") || dest_url.starts_with("goal.yaml#");
                if !inside && !dest_url.starts_with("https://kubernetes.io/docs/") {
                    let message = format!(
                        "{what} links to {dest_url}. Links lead to a file of the lesson or to \
                         https://kubernetes.io/docs/"
                    );
                    problems.push(source.problem(&[at, &[dest_url]].concat(), message));
                }
            }
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Text(words) if !in_code => plain.push_str(words),
            Event::Code(words) => plain.push_str(words),
            Event::SoftBreak => plain.push(' '),
            Event::HardBreak
            | Event::End(
                TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::TableCell | TagEnd::TableHead,
            ) => plain.push('\n'),
            _ => {}
        }
        events.push(match event {
            // The pane has the page's first two levels of headings itself.
            Event::Start(Tag::Heading { level: HeadingLevel::H2, id, classes, attrs }) => {
                Event::Start(Tag::Heading { level: HeadingLevel::H3, id, classes, attrs })
            }
            Event::End(TagEnd::Heading(HeadingLevel::H2)) => Event::End(TagEnd::Heading(HeadingLevel::H3)),
            Event::Start(Tag::Heading { level: HeadingLevel::H3, id, classes, attrs }) => {
                Event::Start(Tag::Heading { level: HeadingLevel::H4, id, classes, attrs })
            }
            Event::End(TagEnd::Heading(HeadingLevel::H3)) => Event::End(TagEnd::Heading(HeadingLevel::H4)),
            other => other,
        });
    }
    (events, plain)
}

/// A paragraph of one link to a file of the lesson: where it leads, what it says, how many events it takes.
fn lone_link(events: &[Event<'_>]) -> Option<(String, String, usize)> {
    let [Event::Start(Tag::Paragraph), Event::Start(Tag::Link { dest_url, .. }), ..] = events else {
        return None;
    };
    let end = events.iter().position(|event| matches!(event, Event::End(TagEnd::Link)))?;
    if !matches!(events.get(end + 1), Some(Event::End(TagEnd::Paragraph))) || dest_url.starts_with("https:") {
        return None;
    }
    Some((dest_url.to_string(), text_of(&events[..end]), end + 2))
}

fn text_of(events: &[Event<'_>]) -> String {
    let mut text = String::new();
    for event in events {
        if let Event::Text(words) | Event::Code(words) = event {
            text.push_str(words);
        }
    }
    text
}
