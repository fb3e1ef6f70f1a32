//! From old Pods to new ones, node by node: the old one goes first, or with a surge the new one comes first.
// Models pkg/controller/daemon/update.go (v1.36)

use std::rc::Rc;

use k8s_api::core::Node;

use super::{ByNode, DaemonSet};
use crate::apiserver::Pod;
use crate::controllers::work::Work;

/// The Pods of a node that are to stay: one of the present template and one of another.
struct OnNode<'a> {
    new: Option<&'a Pod>,
    old: Option<&'a Pod>,
}

impl DaemonSet {
    // Models rollingUpdate (v1.36)
    pub(super) fn rolling_update(
        &self,
        work: &mut Work<'_>,
        nodes: &[Node],
        hash: &str,
    ) -> Result<(), String> {
        let mut by_node = self.pods_by_node(work, false)?;
        let mut desired = 0;
        for node in nodes.iter().filter(|node| self.node_should_run(node).0) {
            desired += 1;
            by_node.entry(node.metadata.name.clone()).or_default();
        }
        // Models updatedDesiredNodeCounts
        let max_surge = self.max_surge.scaled(desired, true).unwrap_or(0);
        let mut max_unavailable = self.max_unavailable.scaled(desired, true).unwrap_or(0);
        if desired > 0 && max_surge == 0 && max_unavailable == 0 {
            max_unavailable = 1;
        }
        match max_surge {
            0 => self.replace_old(work, &by_node, max_unavailable, hash),
            _ => self.surge(work, nodes, &by_node, max_surge, desired, hash),
        }
    }

    /// The new and the old Pod of a node; nothing if there are several of a kind.
    // Models findUpdatedPodsOnNode (v1.36)
    fn on_node<'a>(&self, pods: &'a [Rc<Pod>], hash: &str) -> Option<OnNode<'a>> {
        let mut found = OnNode { new: None, old: None };
        for pod in pods.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none()) {
            let place = if self.is_updated(pod, hash) { &mut found.new } else { &mut found.old };
            if place.replace(pod).is_some() {
                return None;
            }
        }
        Some(found)
    }

    /// Deletes old Pods: those that are not available at once, others as far as enough are.
    fn replace_old(
        &self,
        work: &mut Work<'_>,
        by_node: &ByNode,
        max_unavailable: i64,
        hash: &str,
    ) -> Result<(), String> {
        let unix_ms = work.unix_ms();
        let mut unavailable = 0;
        let (mut allowed, mut candidates) = (Vec::new(), Vec::new());
        for pods in by_node.values() {
            match self.on_node(pods, hash) {
                // What is too much, or is just being made, is not this function's business.
                None | Some(OnNode { new: None, old: None } | OnNode { new: Some(_), old: Some(_) }) => {
                    unavailable += 1;
                }
                Some(OnNode { new: Some(new), .. }) => {
                    unavailable += i64::from(!self.is_available(new, unix_ms));
                }
                Some(OnNode { old: Some(old), .. }) => {
                    let name = old.metadata.name.clone();
                    if !self.is_available(old, unix_ms) {
                        allowed.push(name);
                        unavailable += 1;
                    } else if unavailable < max_unavailable {
                        candidates.push(name);
                    }
                }
            }
        }
        let room = usize::try_from(max_unavailable - unavailable).unwrap_or(0);
        allowed.extend(candidates.into_iter().take(room));
        self.sync_nodes(work, &allowed, &[], hash)
    }

    /// Makes new Pods beside the old ones, and deletes an old one once the new one is available.
    fn surge(
        &self,
        work: &mut Work<'_>,
        nodes: &[Node],
        by_node: &ByNode,
        max_surge: i64,
        desired: i64,
        hash: &str,
    ) -> Result<(), String> {
        let unix_ms = work.unix_ms();
        let (mut surge, mut available) = (0, 0);
        let (mut delete, mut not_here) = (Vec::new(), Vec::new());
        let (mut allowed, mut candidates) = (Vec::new(), Vec::new());
        for (name, pods) in by_node {
            let Some(OnNode { new, old }) = self.on_node(pods, hash) else {
                surge += 1;
                continue;
            };
            let shown = old.or(new);
            let shown_available = shown.is_some_and(|pod| self.is_available(pod, unix_ms));
            available += i64::from(shown_available);
            match (new, old) {
                (_, None) => {}
                (None, Some(old)) => {
                    let node = nodes.iter().find(|node| node.metadata.name == *name);
                    let should_run = node.is_some_and(|node| self.node_should_run(node).0);
                    match (should_run, shown_available) {
                        (false, false) => delete.push(old.metadata.name.clone()),
                        (false, true) => not_here.push(old.metadata.name.clone()),
                        (true, false) => allowed.push(name.clone()),
                        (true, true) if surge < max_surge => candidates.push(name.clone()),
                        (true, true) => {}
                    }
                }
                (Some(new), Some(_)) if !self.is_available(new, unix_ms) => surge += 1,
                (Some(_), Some(old)) => delete.push(old.metadata.name.clone()),
            }
        }
        let spare = usize::try_from(available - desired).unwrap_or(0);
        delete.extend(not_here.into_iter().take(spare));
        let room = usize::try_from(max_surge - surge).unwrap_or(0);
        allowed.extend(candidates.into_iter().take(room));
        self.sync_nodes(work, &delete, &allowed, hash)
    }
}
