//! Taints that tell of a node's conditions.
// Models pkg/controller/nodelifecycle (v1.36)

use k8s_api::core::{Node, Taint};
use k8s_api::meta::Time;

use crate::apiserver::{Object, ObjectKey, Store};
use crate::kubelet::eviction::Pressure;
use crate::time::SimTime;

/// A node that is cordoned or short of something carries taints that say so; another one carries none of them.
// Models nodelifecycle doNoScheduleTaintingPass (v1.36) for these conditions and spec.unschedulable
pub(crate) fn no_schedule_taints(store: &mut Store, now: SimTime, time: Time, node: &Node) {
    const CORDONED: &str = "node.kubernetes.io/unschedulable";
    let key = ObjectKey::new("Node", "", &node.metadata.name);
    let Some(stored) = store.get(&key).and_then(|object| object.as_node()) else { return };
    let short = |pressure: Pressure| {
        let condition = stored.status.conditions.iter().find(|c| c.type_ == pressure.condition());
        condition.is_some_and(|condition| condition.status == "True")
    };
    let mut wanted = vec![(CORDONED, stored.spec.unschedulable)];
    wanted.extend(Pressure::ALL.map(|pressure| (pressure.taint(), short(pressure))));
    let has = |key: &str| stored.spec.taints.iter().any(|t| t.key == key && t.effect == "NoSchedule");
    wanted.retain(|(key, on)| has(key) != *on);
    if wanted.is_empty() {
        return;
    }
    let mut changed = stored.clone();
    for (key, on) in wanted {
        changed.spec.taints.retain(|taint| taint.key != key);
        if on {
            changed.spec.taints.push(Taint {
                key: key.into(),
                effect: "NoSchedule".into(),
                time_added: Some(time),
                ..Taint::default()
            });
        }
    }
    store.put(now, Object::Node(Box::new(changed)));
}
