//! The nodes and their Pods, as one attempt to schedule a Pod sees them.
// Models pkg/scheduler/backend/cache/snapshot.go (v1.36)

use std::collections::BTreeMap;
use std::rc::Rc;

use k8s_api::core::Node;
use k8s_api::meta::StringMap;
use k8s_api::policy::PodDisruptionBudget;

use super::filter::{self, Unfit};
use super::{inter_pod_affinity, pod_topology_spread};
use crate::apiserver::{Object, Pod, Store};
use crate::controllers::disruption;

/// A node and the Pods that are bound to it and not over.
#[derive(Clone, Debug)]
pub(super) struct NodeInfo<'a> {
    pub(super) node: &'a Node,
    pub(super) pods: Vec<&'a Pod>,
}

impl<'a> NodeInfo<'a> {
    /// The value of one of its labels.
    pub(super) fn label(&self, key: &str) -> Option<&'a str> {
        self.node.metadata.labels.get(key).map(String::as_str)
    }
}

/// All of them.
#[derive(Clone, Debug)]
pub(super) struct Snapshot<'a> {
    pub(super) nodes: Vec<NodeInfo<'a>>,
    /// Pods that wait for others to leave the node that they have been promised.
    pub(super) nominated: Vec<&'a Pod>,
    /// The labels of each namespace.
    pub(super) namespaces: BTreeMap<&'a str, &'a StringMap>,
    /// The disruption budgets.
    pub(super) budgets: Rc<Vec<PodDisruptionBudget>>,
}

impl<'a> Snapshot<'a> {
    pub(super) fn of(store: &'a Store) -> Self {
        let nodes = store.list("Node", None).filter_map(|object| object.as_node());
        let mut nodes: Vec<NodeInfo<'a>> = nodes.map(|node| NodeInfo { node, pods: Vec::new() }).collect();
        let mut nominated = Vec::new();
        for pod in store.pods().filter(|pod| !pod.is_terminal()) {
            // The nodes come in the order of their names.
            let place = nodes.binary_search_by(|info| info.node.metadata.name.cmp(&pod.spec.node_name));
            if let Ok(place) = place {
                nodes[place].pods.push(pod);
            } else if !pod.status.nominated_node_name.is_empty() {
                nominated.push(pod);
            }
        }
        let namespaces = store.list("Namespace", None).filter_map(|object| match &**object {
            Object::Other(other) => Some((other.metadata.name.as_str(), &other.metadata.labels)),
            _ => None,
        });
        let budgets = Rc::new(disruption::budgets(store, None).collect());
        Self { namespaces: namespaces.collect(), nodes, nominated, budgets }
    }

    /// Whether a node can take a Pod. Pods of the same or a higher priority that have been promised the node count as
    /// if they were there; without them it must do as well, since they may never come.
    // Models RunFilterPluginsWithNominatedPods (v1.36)
    pub(super) fn filter(&self, pod: &Pod, place: usize) -> Result<(), Unfit> {
        let name = &self.nodes[place].node.metadata.name;
        let expected: Vec<&Pod> = self
            .nominated
            .iter()
            .filter(|other| {
                other.status.nominated_node_name == *name
                    && other.metadata.uid != pod.metadata.uid
                    && priority(other) >= priority(pod)
            })
            .copied()
            .collect();
        if !expected.is_empty() {
            let mut with = self.clone();
            with.nodes[place].pods.extend(expected);
            with.run_filters(pod, place)?;
        }
        self.run_filters(pod, place)
    }

    fn run_filters(&self, pod: &Pod, place: usize) -> Result<(), Unfit> {
        let info = &self.nodes[place];
        filter::filter(&pod.spec, info.node, &info.pods)?;
        pod_topology_spread::filter(self, pod, info)?;
        inter_pod_affinity::filter(self, pod, info)
    }
}

/// How important a Pod is.
pub(super) fn priority(pod: &Pod) -> i32 {
    pod.spec.priority.unwrap_or(0)
}
