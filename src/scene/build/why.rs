//! The sentence of why.

use k8s_sim::{StoryEntry, StoryKind};

use super::Look;
use crate::scene::{Countdown, CountdownKind, PodKey, Selection, Why, causes, rules, story};

/// How far back the newest happening is looked for, and its causes with it.
const BACK_MAX: usize = 600;

pub(super) fn why(look: &Look<'_>) -> Why {
    let story = look.cluster.story();
    let start = story.len().saturating_sub(BACK_MAX);
    let recent: Vec<&StoryEntry> = story.iter_from(start).map(|entry| &**entry).collect();
    // By name, so that the last thing said of a Pod that is gone is still an answer.
    let subject = look.view.selection.pod().map(ToString::to_string).unwrap_or_default();
    let of = |entry: &StoryEntry| match &look.view.selection {
        Selection::Nothing => true,
        Selection::Node(name) => *entry.subject == **name,
        Selection::Container { container, .. } => {
            *entry.subject == *subject && *entry.container == **container
        }
        Selection::Pod(_) | Selection::Pause(_) | Selection::Volume { .. } => *entry.subject == *subject,
    };
    let newest = |test: &dyn Fn(&StoryEntry) -> bool| {
        recent.iter().rposition(|entry| story::is_news(&entry.kind) && test(entry))
    };
    let pause = matches!(look.view.selection, Selection::Pause(_));
    let found = if pause {
        newest(&|entry| of(entry) && story::is_of_sandbox(&entry.kind)).or_else(|| newest(&of))
    } else {
        newest(&of)
    };
    let Some(last) = found else { return Why::default() };
    let entry = recent[last];
    Why {
        about: if entry.container.is_empty() {
            entry.subject.to_string()
        } else {
            entry.container.to_string()
        },
        sentence: story::sentence(entry),
        at_ms: entry.at.ms(),
        chain: causes::chain(&recent[..=last])
            .into_iter()
            .map(|entry| (entry.at.ms(), story::sentence(entry)))
            .collect(),
        countdown: countdown(entry),
        rule: rules::rule(entry),
        pod: entry
            .subject
            .split_once('/')
            .filter(|_| !entry.uid.is_empty())
            .map(|(namespace, name)| PodKey::new(namespace, name)),
        container: entry.container.to_string(),
    }
}

/// What a happening that only begins something waits for.
fn countdown(entry: &StoryEntry) -> Option<Countdown> {
    let (kind, label, until) = match &entry.kind {
        StoryKind::BackOff { until, .. } => (CountdownKind::BackOff, "left", until),
        StoryKind::PullBackOff { until, .. } => (CountdownKind::BackOff, "until the next pull", until),
        StoryKind::TermSent { kill_at, .. } => (CountdownKind::Grace, "until SIGKILL", kill_at),
        StoryKind::TaintEvictionPlanned { at } => (CountdownKind::Eviction, "until it is evicted", at),
        _ => return None,
    };
    Some(Countdown { kind, label: label.into(), from_ms: entry.at.ms(), until_ms: until.ms() })
}
