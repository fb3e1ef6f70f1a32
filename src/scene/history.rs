//! The lanes of a Pod, read from the story: what each container went through.

use std::collections::BTreeMap;

use k8s_sim::{StoryEntry, StoryKind};

use super::{Lane, LaneKind, Mark, Role, Segment, Tone, story};

/// More stretches or marks than this are not kept for one lane; the oldest give way.
const PER_LANE_MAX: usize = 20_000;

/// A lane that is being written.
#[derive(Debug)]
struct Draft {
    lane: Lane,
}

impl Draft {
    fn new(kind: LaneKind, name: &str) -> Self {
        Self { lane: Lane { kind, name: name.to_owned(), segments: Vec::new(), marks: Vec::new() } }
    }

    /// From now on the thing is in this state.
    fn enter(&mut self, at_ms: u64, tone: Tone, word: &str) {
        if let Some(last) = self.lane.segments.last()
            && last.to_ms.is_none()
            && last.tone == tone
            && last.word == word
        {
            return;
        }
        self.leave(at_ms);
        if self.lane.segments.len() >= PER_LANE_MAX {
            self.lane.segments.remove(0);
        }
        self.lane.segments.push(Segment { from_ms: at_ms, to_ms: None, tone, word: word.to_owned() });
    }

    /// From now on there is nothing to tell.
    fn leave(&mut self, at_ms: u64) {
        if let Some(last) = self.lane.segments.last_mut()
            && last.to_ms.is_none()
        {
            last.to_ms = Some(at_ms);
            if last.from_ms == at_ms {
                self.lane.segments.pop();
            }
        }
    }

    fn is_running(&self) -> bool {
        self.lane.segments.last().is_some_and(|last| last.to_ms.is_none() && last.word.starts_with("Running"))
    }

    fn has_ended(&self) -> bool {
        self.lane.segments.last().is_some_and(|last| last.to_ms.is_none() && last.tone == Tone::Done)
    }

    fn mark(&mut self, entry: &StoryEntry) {
        if let Some(kind) = story::mark(&entry.kind) {
            if self.lane.marks.len() >= PER_LANE_MAX {
                self.lane.marks.remove(0);
            }
            self.lane.marks.push(Mark { at_ms: entry.at.ms(), kind, text: story::sentence(entry) });
        }
    }
}

/// The lanes of the Pod `uid`: its phase, its sandbox, its containers in the order of `cast` (and those that are
/// gone from it), and its node when something befell that.
#[must_use]
pub fn lanes<'a>(
    story: impl Iterator<Item = &'a StoryEntry>,
    uid: &str,
    cast: &[(String, Role)],
) -> Vec<Lane> {
    let mut phase = Draft::new(LaneKind::Phase, "Pod");
    let mut pause = Draft::new(LaneKind::Pause, "pause");
    let mut node: Option<Draft> = None;
    let mut containers: Vec<Draft> =
        cast.iter().map(|(name, role)| Draft::new(LaneKind::Container(*role), name)).collect();
    let mut at_of: BTreeMap<String, usize> =
        cast.iter().enumerate().map(|(n, (name, _))| (name.clone(), n)).collect();

    for entry in story {
        let at_ms = entry.at.ms();
        if &*entry.uid != uid {
            if let Some(node) = &mut node
                && *node.lane.name == *entry.subject
                && entry.uid.is_empty()
            {
                node_entry(node, entry);
                if entry.kind == StoryKind::NodeKilled {
                    for container in containers.iter_mut().filter(|container| container.is_running()) {
                        container.enter(at_ms, Tone::Bad, "power lost");
                    }
                    pause.leave(at_ms);
                }
            }
            continue;
        }
        if !entry.container.is_empty() {
            let at = *at_of.entry(entry.container.to_string()).or_insert_with(|| {
                containers.push(Draft::new(LaneKind::Container(Role::App), &entry.container));
                containers.len() - 1
            });
            container_entry(&mut containers[at], entry);
            // Of a Pod that is gone only the story tells what its containers were.
            if at >= cast.len() && matches!(entry.kind, StoryKind::ContainerStarted { sidecar: true, .. }) {
                containers[at].lane.kind = LaneKind::Container(Role::Sidecar);
            }
            continue;
        }
        match &entry.kind {
            StoryKind::PodCreated { .. } => phase.enter(at_ms, Tone::Change, "Pending"),
            StoryKind::Phase { to, .. } => phase.enter(at_ms, story::phase_tone(to), to),
            StoryKind::DeletionRequested { .. } => {
                let phase_now = phase.lane.segments.last().map(|last| last.word.clone()).unwrap_or_default();
                phase.enter(at_ms, Tone::Change, &format!("{phase_now}, Terminating"));
            }
            StoryKind::Scheduled { node: name } => {
                let mut lane = Draft::new(LaneKind::Node, name);
                lane.enter(at_ms, Tone::Run, "Ready");
                node = Some(lane);
            }
            StoryKind::SandboxCreated { attempt: 0, .. } => pause.enter(at_ms, Tone::Run, "Running"),
            StoryKind::SandboxCreated { attempt, .. } => {
                pause.enter(at_ms, Tone::Run, &format!("Running, attempt {attempt}"));
            }
            StoryKind::Initialized => {
                for container in
                    containers.iter_mut().skip(cast.len()).filter(|container| container.has_ended())
                {
                    container.lane.kind = LaneKind::Container(Role::Init);
                }
            }
            StoryKind::SandboxDied => pause.enter(at_ms, Tone::Bad, "died"),
            StoryKind::SandboxStopped => pause.leave(at_ms),
            StoryKind::PodRemoved => {
                phase.leave(at_ms);
                pause.leave(at_ms);
                for container in &mut containers {
                    container.leave(at_ms);
                }
                if let Some(node) = &mut node {
                    node.leave(at_ms);
                }
            }
            _ => {}
        }
        if matches!(entry.kind, StoryKind::SandboxDied) {
            pause.mark(entry);
        } else {
            phase.mark(entry);
        }
    }

    let mut lanes = vec![phase.lane, pause.lane];
    lanes.extend(containers.into_iter().map(|draft| draft.lane));
    // A node that only ever was Ready tells nothing.
    lanes.extend(
        node.map(|draft| draft.lane).filter(|lane| lane.segments.len() > 1 || !lane.marks.is_empty()),
    );
    lanes
}

fn node_entry(node: &mut Draft, entry: &StoryEntry) {
    let at_ms = entry.at.ms();
    match &entry.kind {
        StoryKind::NodeKilled => node.enter(at_ms, Tone::Bad, "no power"),
        StoryKind::Kubelet { running: false } => node.enter(at_ms, Tone::Bad, "kubelet stopped"),
        StoryKind::NodeUnknown => node.enter(at_ms, Tone::Bad, "NotReady"),
        StoryKind::NodeRevived | StoryKind::Kubelet { running: true } => {
            node.enter(at_ms, Tone::Change, "starting");
        }
        StoryKind::NodeReady => node.enter(at_ms, Tone::Run, "Ready"),
        _ => {}
    }
    node.mark(entry);
}

fn container_entry(container: &mut Draft, entry: &StoryEntry) {
    let at_ms = entry.at.ms();
    match &entry.kind {
        StoryKind::Pulling { .. } => container.enter(at_ms, Tone::Change, "Pulling"),
        StoryKind::Pulled { .. } => container.enter(at_ms, Tone::Change, "ContainerCreating"),
        StoryKind::PullFailed { reason, .. } | StoryKind::CreateFailed { reason, .. } => {
            container.enter(at_ms, Tone::Bad, reason);
        }
        StoryKind::PullBackOff { .. } => container.enter(at_ms, Tone::Retry, "ImagePullBackOff"),
        StoryKind::BackOff { .. } => container.enter(at_ms, Tone::Retry, "CrashLoopBackOff"),
        StoryKind::Started { attempt: 0, .. } => container.enter(at_ms, Tone::Run, "Running"),
        StoryKind::Started { attempt, .. } => {
            container.enter(at_ms, Tone::Run, &format!("Running, restart {attempt}"));
        }
        StoryKind::Stopping { .. } => container.enter(at_ms, Tone::Change, "stopping"),
        StoryKind::PreStopRunning => container.enter(at_ms, Tone::Change, "preStop"),
        StoryKind::WaitsForTurn { .. } => container.enter(at_ms, Tone::Run, "Running, waits for its turn"),
        StoryKind::TermSent { signal, .. } => {
            container.enter(at_ms, Tone::Change, &story::signal_name(*signal));
        }
        StoryKind::KillSent => container.enter(at_ms, Tone::Bad, "SIGKILL"),
        StoryKind::Exited { oom: true, .. } => container.enter(at_ms, Tone::Bad, "OOMKilled"),
        StoryKind::Exited { code: 0, .. } => container.enter(at_ms, Tone::Done, "Completed"),
        StoryKind::Exited { code, asked, .. } => {
            let tone = if *asked { Tone::Done } else { Tone::Bad };
            container.enter(at_ms, tone, &format!("Error, exit {code}"));
        }
        _ => {}
    }
    container.mark(entry);
}

#[cfg(test)]
mod tests {
    use k8s_sim::SimTime;

    use super::*;

    fn entry(ms: u64, container: &str, kind: StoryKind) -> StoryEntry {
        StoryEntry {
            at: SimTime(ms),
            uid: "u1".into(),
            subject: "default/catalog".into(),
            container: container.into(),
            kind,
        }
    }

    fn of_node(ms: u64, kind: StoryKind) -> StoryEntry {
        StoryEntry { at: SimTime(ms), uid: "".into(), subject: "node-1".into(), container: "".into(), kind }
    }

    /// The lanes as text: a line for each stretch.
    fn text(lanes: &[Lane]) -> String {
        let mut text = String::new();
        for lane in lanes {
            for segment in &lane.segments {
                let to = segment.to_ms.map_or("…".to_owned(), |to| to.to_string());
                let sign = segment.tone.sign();
                text.push_str(&format!("{} {}-{to} {sign} {}\n", lane.name, segment.from_ms, segment.word));
            }
        }
        text
    }

    #[test]
    fn a_life_with_a_crash_and_a_dead_node() {
        let exited = |code| StoryKind::Exited { code, signal: 0, oom: false, asked: false, attempt: 0 };
        let story = [
            entry(0, "", StoryKind::PodCreated { by: "".into() }),
            entry(10, "", StoryKind::Scheduled { node: "node-1".into() }),
            entry(100, "", StoryKind::SandboxCreated { ip: "10.244.1.2".into(), attempt: 0 }),
            entry(110, "app", StoryKind::Pulling { image: "nginx".into() }),
            entry(900, "app", StoryKind::Pulled { image: "nginx".into(), took_ms: 790, was_present: false }),
            entry(1000, "app", StoryKind::Started { attempt: 0, after: "".into() }),
            entry(1000, "", StoryKind::Phase { from: "Pending".into(), to: "Running".into() }),
            entry(3000, "app", exited(1)),
            entry(3500, "app", StoryKind::BackOff { until: SimTime(13_500), seconds: 10 }),
            entry(13_500, "app", StoryKind::Started { attempt: 1, after: "".into() }),
            of_node(20_000, StoryKind::NodeKilled),
            of_node(70_000, StoryKind::NodeUnknown),
        ];
        let lanes = lanes(story.iter(), "u1", &[("app".into(), Role::App)]);
        assert_eq!(
            text(&lanes),
            "Pod 0-1000 ◐ Pending\n\
             Pod 1000-… ● Running\n\
             pause 100-20000 ● Running\n\
             app 110-900 ◐ Pulling\n\
             app 900-1000 ◐ ContainerCreating\n\
             app 1000-3000 ● Running\n\
             app 3000-3500 ✗ Error, exit 1\n\
             app 3500-13500 ↻ CrashLoopBackOff\n\
             app 13500-20000 ● Running, restart 1\n\
             app 20000-… ✗ power lost\n\
             node-1 10-20000 ● Ready\n\
             node-1 20000-70000 ✗ no power\n\
             node-1 70000-… ✗ NotReady\n"
        );
    }
}
