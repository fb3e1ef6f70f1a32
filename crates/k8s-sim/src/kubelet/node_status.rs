//! What the kubelet reports of its node besides its heartbeat: whether it is short of memory or disk space.
// Models pkg/kubelet/kubelet_node_status.go and pkg/kubelet/nodestatus/setters.go (v1.36)

use k8s_api::meta::Time;

use super::eviction::Pressure;
use super::{Node, NodeAgent};
use crate::apiserver::events::EventType;
use crate::apiserver::{Object, ObjectKey};
use crate::controllers::node_lifecycle::kubelet_condition;
use crate::story::StoryKind;
use crate::time::SimTime;

/// The kubelet looks at its node so often: every ten seconds, with a jitter of up to 4 %.
const NODE_STATUS_PERIOD_MS: u64 = 10_200;
/// From the eviction manager's first look to the first report.
const AFTER_EVICTION_MANAGER_MS: u64 = 300;

impl NodeAgent {
    /// When the kubelet reports of its node next.
    pub(crate) fn next_node_status(&self, now: SimTime) -> SimTime {
        let from = self.kubelet.eviction_from.after_ms(AFTER_EVICTION_MANAGER_MS);
        let past = now.since_ms(from) / NODE_STATUS_PERIOD_MS + 1;
        if now < from { from } else { from.after_ms(past * NODE_STATUS_PERIOD_MS) }
    }
}

/// Status, reason and message of a condition, and the reason of the event that tells of it.
// Models MemoryPressureCondition and DiskPressureCondition (v1.36)
fn pressure_condition(
    pressure: Pressure,
    on: bool,
) -> (&'static str, &'static str, &'static str, &'static str) {
    let event = match (pressure, on) {
        (Pressure::Memory, true) => "NodeHasInsufficientMemory",
        (Pressure::Memory, false) => "NodeHasSufficientMemory",
        (Pressure::Disk, true) => "NodeHasDiskPressure",
        (Pressure::Disk, false) => "NodeHasNoDiskPressure",
    };
    let (status, reason, message) = match (pressure, on) {
        (_, false) => kubelet_condition(pressure.condition()),
        (Pressure::Memory, true) => {
            ("True", "KubeletHasInsufficientMemory", "kubelet has insufficient memory available")
        }
        (Pressure::Disk, true) => ("True", "KubeletHasDiskPressure", "kubelet has disk pressure"),
    };
    (status, reason, message, event)
}

impl Node<'_> {
    /// Reports the pressures that the eviction manager sees, if they differ from what the API knows.
    // Models syncNodeStatus (v1.36)
    pub(crate) fn sync_node_status(&mut self) {
        if !self.agent.kubelet_running {
            return;
        }
        let key = ObjectKey::new("Node", "", &self.agent.name);
        let Some(mut node) = self.store.get(&key).and_then(|object| object.as_node()).cloned() else {
            return;
        };
        let now = Some(Time(self.epoch_seconds + self.now.secs() as i64));
        let mut changed = Vec::new();
        for pressure in Pressure::ALL {
            let on = self.agent.kubelet.eviction.node_conditions.contains(&pressure);
            let (status, reason, message, event) = pressure_condition(pressure, on);
            let found = node.status.conditions.iter_mut().find(|c| c.type_ == pressure.condition());
            let Some(condition) = found.filter(|condition| condition.status != status) else { continue };
            condition.status = status.into();
            condition.reason = reason.into();
            condition.message = message.into();
            condition.last_transition_time = now;
            changed.push((pressure, on, event));
        }
        if changed.is_empty() {
            return;
        }
        for condition in &mut node.status.conditions {
            condition.last_heartbeat_time = now;
        }
        self.store.put(self.now, Object::Node(Box::new(node)));
        let name = self.agent.name.clone();
        for (pressure, on, event) in changed {
            let text = format!("Node {name} status is now: {event}");
            self.node_event(EventType::Normal, event, text);
            let condition = pressure.condition().into();
            self.tell_of_node(StoryKind::NodePressure { condition, on }, &name);
        }
    }

    /// Tells something of the node itself.
    pub(crate) fn tell_of_node(&mut self, kind: StoryKind, name: &str) {
        let (uid, subject, container) = ("".into(), name.into(), "".into());
        let entry = crate::story::StoryEntry { at: self.now, uid, subject, container, kind };
        self.story.push(std::rc::Rc::new(entry));
    }
}
