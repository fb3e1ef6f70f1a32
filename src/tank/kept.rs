//! The story as the browser keeps it: written down, and lived again.

use k8s_api::Value;
use k8s_sim::{Setup, SimTime, Timeline};
use serde_json::json;

use super::journal;
use super::simulator::Simulator;
use crate::engine::Engine;
use crate::session::Session;
use crate::storage::{STORY, forget, read, write};

/// The last story that could not be lived again.
const BROKEN_STORY: &str = "podarium.v1.story.broken";
/// Counts the starts since the story was last lived again without a panic.
const TRIES: &str = "podarium.v1.tries";
/// A story that has ended in a panic so often is not lived again without being asked for.
const TRIES_MAX: u64 = 2;
/// So much simulated time after the last input and the shown moment is lived again at most.
const RELIVED_MS_MAX: u64 = 7_200_000;

/// What is kept of a story.
pub(super) fn story(timeline: &Timeline) -> Value {
    json!({
        "seed": timeline.setup().seed,
        "now": timeline.now().ms(),
        "horizon": timeline.horizon().ms(),
        "journal": journal::to_json(&timeline.journal()),
    })
}

/// The cluster as the browser has kept it; a new one where it has kept none.
pub(super) fn relive(session: &mut Session) -> Box<dyn Engine> {
    let timeline = read(STORY).and_then(|saved| relived(session, &saved));
    // The person comes back to a cluster that stands still: nothing should have happened meanwhile.
    Box::new(Simulator::new(timeline.unwrap_or_else(|| Timeline::new(Setup::default()))))
}

/// Lives the story again: same setup, same inputs at the same moments, up to the moment that was shown.
fn relived(session: &mut Session, saved: &Value) -> Option<Timeline> {
    let (Some(inputs), Some(now), Some(horizon)) =
        (journal::from_json(&saved["journal"]), saved["now"].as_u64(), saved["horizon"].as_u64())
    else {
        session.notice("The story so far could not be read, so this is a new cluster.".into());
        return None;
    };
    if inputs.is_empty() {
        return None;
    }
    let tried = read(TRIES).and_then(|tries| tries.as_u64()).unwrap_or(0);
    if tried >= TRIES_MAX {
        session.notice(
            "Living the story again has failed twice, so this is a new cluster. Your YAML is as you left it."
                .into(),
        );
        // Put aside for whoever wants to find out why; it makes room for the new one first.
        forget(STORY);
        drop(write(BROKEN_STORY, saved));
        drop(write(TRIES, &json!(0)));
        return None;
    }
    // Counted before, forgotten after: whoever panics here is found out at the next start.
    drop(write(TRIES, &json!(tried + 1)));
    let setup = Setup { seed: saved["seed"].as_u64().unwrap_or(1), ..Setup::default() };
    let mut timeline = Timeline::new(setup);
    for (at, input) in inputs {
        timeline.advance_to(at);
        timeline.submit(input);
    }
    // Whoever has let it run for hours at the end need not wait for that again.
    let horizon = horizon.min(timeline.now().ms().max(now) + RELIVED_MS_MAX);
    timeline.advance_to(SimTime(horizon));
    timeline.seek(SimTime(now.min(horizon)));
    drop(write(TRIES, &json!(0)));
    Some(timeline)
}
