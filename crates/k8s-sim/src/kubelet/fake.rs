//! A node that only pretends: its Pods run without containers, as on the recordings' fake nodes. The page has no such
//! node, so its download does not carry this.

use std::rc::Rc;

use k8s_api::core::{
    ContainerState, ContainerStateRunning, ContainerStatus, HostIP, PodCondition, PodIP, PodStatus,
};
use k8s_api::meta::Time;

use super::Node;
use crate::apiserver::{self, Object, Pod};
use crate::input::DeleteOptions;
use crate::wakeup::Wakeup;

/// From a Pod's binding to its running.
const START_MS: u64 = 500;
/// From a Pod's deletion to its end.
const STOP_MS: u64 = 1_000;
/// Addresses of a node's Pods end in 1 to this.
const ADDRESSES_MAX: u8 = 254;

impl Node<'_> {
    /// A Pod of this node was added or changed: something will be done about it later.
    pub(super) fn expect_fake_pod(&mut self, uid: &Rc<str>) {
        let Some(pod) = self.fake_pod(uid) else { return };
        let wait = match pod.metadata.deletion_timestamp {
            Some(_) => STOP_MS,
            None if pod.status.phase == "Pending" => START_MS,
            None => return,
        };
        let wakeup = Wakeup::PodWorker { node: self.agent.name.clone(), uid: uid.clone() };
        self.wakeups.push_once(self.now.after_ms(wait), wakeup);
    }

    /// The Pod's time has come: it runs, or it is gone.
    pub(super) fn drive_fake_pod(&mut self, uid: &str) {
        let Some(pod) = self.fake_pod(uid) else { return };
        if pod.metadata.deletion_timestamp.is_some() {
            let options = DeleteOptions {
                grace_period_seconds: Some(0),
                uid: Some(uid.to_string()),
                ..DeleteOptions::default()
            };
            let (namespace, name) = (&pod.metadata.namespace, &pod.metadata.name);
            let _ =
                apiserver::delete_pod(self.store, self.now, self.epoch_seconds, namespace, name, &options);
        } else if pod.status.phase == "Pending" {
            let mut pod = (*pod).clone();
            self.pretend_to_run(&mut pod);
            self.store.put(self.now, Object::Pod(Rc::new(pod)));
        }
    }

    fn fake_pod(&self, uid: &str) -> Option<Rc<Pod>> {
        self.store.shared_pod(uid).filter(|pod| *pod.spec.node_name == *self.agent.name)
    }

    /// Overwrites the whole status but for the quality of service and the moment of the binding.
    fn pretend_to_run(&self, pod: &mut Pod) {
        let now = Some(Time(self.epoch_seconds + self.now.secs() as i64));
        let bound = pod.status.conditions.iter().find(|condition| condition.type_ == "PodScheduled");
        let bound = bound.and_then(|condition| condition.last_transition_time).or(now);
        let kinds = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];
        let conditions = kinds
            .into_iter()
            .map(|kind| PodCondition {
                type_: kind.into(),
                status: "True".into(),
                last_transition_time: if kind == "PodScheduled" { bound } else { now },
                ..PodCondition::default()
            })
            .collect();
        let container_statuses = pod
            .spec
            .containers
            .iter()
            .map(|container| ContainerStatus {
                name: container.name.clone(),
                state: ContainerState {
                    running: Some(ContainerStateRunning { started_at: now }),
                    ..ContainerState::default()
                },
                ready: true,
                image: container.image.clone(),
                image_id: "fake".into(),
                container_id: format!("containerd://{}", pod.metadata.uid),
                started: Some(true),
                ..ContainerStatus::default()
            })
            .collect();
        let (ip, host_ip) = (self.free_fake_address(), self.agent.ip.to_string());
        *pod.status_mut() = PodStatus {
            phase: "Running".into(),
            qos_class: pod.status.qos_class.clone(),
            start_time: now,
            host_ips: vec![HostIP { ip: host_ip.clone() }],
            host_ip,
            pod_ips: vec![PodIP { ip: ip.clone() }],
            pod_ip: ip,
            conditions,
            container_statuses,
            ..PodStatus::default()
        };
    }

    fn free_fake_address(&self) -> String {
        let address = |last: u8| format!("10.245.{}.{last}", self.agent.runtime.pod_subnet);
        let free = |ip: &String| !self.store.pods().any(|pod| pod.status.pod_ip == *ip);
        (1..ADDRESSES_MAX).map(address).find(free).unwrap_or_else(|| address(ADDRESSES_MAX))
    }
}
