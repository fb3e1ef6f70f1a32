//! When the kubelet learns how much the volumes of a Pod hold: not at once, but once in one or two minutes.
//!
//! It is looked for Pods whose own limits may be exceeded; for all others the usage of the moment is near enough.
// Models pkg/kubelet/server/stats/fs_resource_analyzer.go and volume_stat_calculator.go (v1.36)

use std::rc::Rc;

use k8s_api::core::PodSpec;

use super::Node;
use super::worker::{PodWorker, PodWorkerState};
use crate::time::SimTime;
use crate::wakeup::Wakeup;

/// New Pods are looked for so often, and each Pod's volumes are read after so long,
// Models volumeStatsAggPeriod (v1.36)
pub(crate) const VOLUME_STATS_PERIOD_MS: u64 = 60_000;
/// stretched by up to so many percent.
const JITTER_PERCENT: u64 = 100;

/// Whether the Pod has a limit that its volumes may exceed.
pub(crate) fn has_volume_limits(spec: &PodSpec) -> bool {
    let on_disk = |volume: &k8s_api::core::Volume| {
        volume.empty_dir.as_ref().is_some_and(|empty| {
            empty.medium.is_empty() && empty.size_limit.as_ref().is_some_and(|l| !l.is_zero())
        })
    };
    spec.volumes.iter().any(on_disk)
        || spec
            .containers
            .iter()
            .any(|container| container.resources.limits.contains_key("ephemeral-storage"))
}

impl Node<'_> {
    /// The Pod's volumes are there: the next look for new Pods reads them.
    // Models updateCachedPodVolumeStats (v1.36)
    pub(crate) fn expect_volume_stats(&mut self, worker: &mut PodWorker) {
        if has_volume_limits(&worker.pod.spec) {
            let from = self.agent.kubelet.volume_stats_from;
            let at = match self.now.ms().checked_sub(from.ms()) {
                Some(past) => from.after_ms((past / VOLUME_STATS_PERIOD_MS + 1) * VOLUME_STATS_PERIOD_MS),
                None => from,
            };
            worker.volumes.stats_due = Some(at);
            self.wake_volume_stats(&worker.uid, at);
        }
    }

    fn wake_volume_stats(&mut self, uid: &Rc<str>, at: SimTime) {
        let node = self.agent.name.clone();
        self.wakeups.push_once(at, Wakeup::VolumeStats { node, uid: uid.clone() });
    }

    /// Reads what the volumes of a Pod hold.
    // Models calcAndStoreStats (v1.36)
    pub(crate) fn read_volume_stats(&mut self, uid: &Rc<str>) {
        let Some(worker) = self.agent.kubelet.workers.get(uid) else { return };
        // What an earlier kubelet had planned is not done.
        let due = self.agent.kubelet_running && worker.volumes.stats_due == Some(self.now);
        if !due || worker.state == PodWorkerState::Finished {
            return;
        }
        let usage = self.volume_usage(worker);
        let wait =
            self.rng.jitter_ms(VOLUME_STATS_PERIOD_MS, JITTER_PERCENT, "volume-stats", uid, self.now.ms());
        let next = self.now.after_ms(wait);
        if let Some(worker) = self.agent.kubelet.workers.get_mut(uid) {
            let volumes = &mut Rc::make_mut(worker).volumes;
            volumes.usage = Some(usage);
            volumes.stats_due = Some(next);
        }
        self.wake_volume_stats(uid, next);
        self.usage_changed();
    }
}
