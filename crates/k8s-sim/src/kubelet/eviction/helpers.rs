//! The eviction manager's questions: which thresholds are met, which Pod goes first, and what it is told.
// Models pkg/kubelet/eviction/helpers.go (v1.36)

use std::rc::Rc;

use k8s_api::core::PodSpec;
use k8s_api::quantity::{Format, Quantity};
use k8s_api::resources::pod_requests;

use super::stats::{NodeStats, PodStats};
use super::{Signal, Threshold};
use crate::time::SimTime;

/// A quantity of bytes as the kubelet prints it.
#[must_use]
pub fn bytes(amount: u64) -> Quantity {
    Quantity::from_units(i64::try_from(amount).unwrap_or(i64::MAX), Format::BinarySi)
}

/// Whether the Pod's status says that it was evicted.
// Models PodIsEvicted (v1.36)
#[must_use]
pub fn pod_is_evicted(pod: &crate::Pod) -> bool {
    pod.status.phase == "Failed" && pod.status.reason == "Evicted"
}

/// The places of the thresholds that are met. With `enforce_min_reclaim` they stay met until more is free.
// Models thresholdsMet (v1.36)
#[must_use]
pub fn thresholds_met(thresholds: &[Threshold], stats: &NodeStats, enforce_min_reclaim: bool) -> Vec<usize> {
    let met = |threshold: &Threshold| {
        let (available, capacity) = stats.observation(threshold.signal);
        let mut quantity = threshold.value.quantity(capacity);
        if enforce_min_reclaim && let Some(more) = &threshold.min_reclaim {
            quantity.add(&more.quantity(capacity));
        }
        quantity > bytes(available)
    };
    (0..thresholds.len()).filter(|&index| met(&thresholds[index])).collect()
}

/// Since when each of the thresholds is met, given what was known before.
// Models thresholdsFirstObservedAt (v1.36)
#[must_use]
pub fn first_observed_at(met: &[usize], before: &[(usize, SimTime)], now: SimTime) -> Vec<(usize, SimTime)> {
    let since = |index: usize| before.iter().find(|(other, _)| *other == index).map_or(now, |(_, at)| *at);
    met.iter().map(|&index| (index, since(index))).collect()
}

/// A Pod that may be evicted.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its UID.
    pub uid: Rc<str>,
    /// Its spec, with the resources it was granted.
    pub spec: Rc<PodSpec>,
    /// What it uses, if that is known.
    pub stats: Option<PodStats>,
}

impl Candidate {
    fn request(&self, resource: &str) -> u64 {
        let requests = pod_requests(&self.spec);
        requests.get(resource).map_or(0, |quantity| quantity.value().max(0).unsigned_abs())
    }
}

/// Puts the Pod that has to go first at the front: those without known usage, then those that use more than they
/// request, then the less important, then those that exceed their request by more.
// Models rankMemoryPressure and rankDiskPressureFunc (v1.36)
pub fn rank(candidates: &mut Vec<Candidate>, signal: Signal) {
    let key = |candidate: &Candidate| {
        let request = candidate.request(signal.resource());
        let usage = candidate.stats.as_ref().map(|stats| match signal {
            Signal::MemoryAvailable => stats.memory_bytes,
            Signal::NodeFsAvailable | Signal::ImageFsAvailable => stats.disk_bytes(),
        });
        let over = i128::from(usage.unwrap_or(0)) - i128::from(request);
        let known = usage.is_some();
        let within = over <= 0;
        (known, within, candidate.spec.priority.unwrap_or(0), -over)
    };
    // A node has at most some hundred Pods; inserting one by one keeps equal ones in their order.
    let mut ranked: Vec<Candidate> = Vec::with_capacity(candidates.len());
    for candidate in candidates.drain(..) {
        let own = key(&candidate);
        let place = ranked.iter().position(|other| key(other) > own).unwrap_or(ranked.len());
        ranked.insert(place, candidate);
    }
    *candidates = ranked;
}

/// Why a Pod is evicted, in the kubelet's words.
// Models evictionMessage (v1.36)
#[must_use]
pub fn eviction_message(
    resource: &str,
    candidate: &Candidate,
    name: &str,
    thresholds: &[&Threshold],
    stats: &NodeStats,
) -> String {
    let mut message = format!("The node was low on resource: {resource}. ");
    if let Some(threshold) = thresholds.iter().find(|threshold| threshold.signal.resource() == resource) {
        let (available, capacity) = stats.observation(threshold.signal);
        let (quantity, available) = (threshold.value.quantity(capacity), bytes(available));
        message.push_str(&format!("Threshold quantity: {quantity}, available: {available}. "));
    }
    let Some(used) = &candidate.stats else { return message };
    let spec = &candidate.spec;
    let larger = |what: &str, name: &str, usage: u64, request: &Quantity| {
        let usage = bytes(usage);
        format!(
            "{what} {name} was using {usage}, request is {request}, has larger consumption of {resource}. "
        )
    };
    if resource == "memory"
        && let Some(request) = spec.resources.as_ref().and_then(|resources| resources.requests.get(resource))
    {
        message.push_str(&larger("Pod", name, used.memory_bytes, request));
    }
    for container in &used.containers {
        let own = spec.containers.iter().chain(&spec.init_containers).find(|c| *c.name == *container.name);
        let Some(own) = own else { continue };
        let request = own.resources.requests.get(resource).cloned().unwrap_or_default();
        let usage = if resource == "memory" { container.memory_bytes } else { container.disk_bytes() };
        if bytes(usage) > request {
            message.push_str(&larger("Container", &container.name, usage, &request));
        }
    }
    message
}
