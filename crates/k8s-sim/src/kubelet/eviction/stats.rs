//! What a node and its Pods use: the figures that the eviction manager decides on.
// Models pkg/kubelet/server/stats (v1.36)

use std::rc::Rc;

use k8s_api::core::Volume;

use super::Signal;
use crate::kubelet::Node;
use crate::kubelet::pod_status::ContainerState;
use crate::kubelet::volume_stats::has_volume_limits;
use crate::kubelet::worker::PodWorker;
use crate::runtime::Container;

/// Memory and disk space are handed out in pages.
const PAGE_BYTES: u64 = 4096;
/// The directories and mount points that a container's writable layer begins with.
const WRITABLE_LAYER_BYTES: u64 = 44 << 10;
/// Log files are rotated: no more than so much of them is kept.
const LOGS_BYTES_MAX: u64 = 50 << 20;

fn pages(bytes: u64) -> u64 {
    bytes.div_ceil(PAGE_BYTES) * PAGE_BYTES
}

/// What a node has and what is left of it, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeStats {
    /// Memory.
    pub memory_capacity: u64,
    /// Of it, not in use.
    pub memory_available: u64,
    /// Disk space.
    pub disk_capacity: u64,
    /// Of it, free.
    pub disk_available: u64,
}

impl NodeStats {
    /// What is available of a signal, and its capacity.
    #[must_use]
    pub fn observation(&self, signal: Signal) -> (u64, u64) {
        match signal {
            Signal::MemoryAvailable => (self.memory_available, self.memory_capacity),
            Signal::NodeFsAvailable | Signal::ImageFsAvailable => (self.disk_available, self.disk_capacity),
        }
    }
}

/// What one container uses, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerStats {
    /// Its name.
    pub name: Rc<str>,
    /// Its working set.
    pub memory_bytes: u64,
    /// What it wrote outside of volumes.
    pub rootfs_bytes: u64,
    /// Its log files.
    pub logs_bytes: u64,
}

impl ContainerStats {
    /// Writable layer and logs.
    #[must_use]
    pub fn disk_bytes(&self) -> u64 {
        self.rootfs_bytes + self.logs_bytes
    }
}

/// What one Pod uses, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodStats {
    /// Its running containers.
    pub containers: Vec<ContainerStats>,
    /// Its volumes on the node's disk, by name.
    pub volumes: Vec<(Rc<str>, u64)>,
    /// Its working set, volumes in memory included.
    pub memory_bytes: u64,
}

impl PodStats {
    /// Containers, logs and local volumes.
    // Models podDiskUsage (v1.36)
    #[must_use]
    pub fn disk_bytes(&self) -> u64 {
        let containers: u64 = self.containers.iter().map(ContainerStats::disk_bytes).sum();
        containers + self.volumes.iter().map(|(_, bytes)| bytes).sum::<u64>()
    }
}

/// Whether the volume is a directory on the node's disk that goes with the Pod.
// Models pkg/volume/util IsLocalEphemeralVolume (v1.36)
fn is_local_ephemeral_volume(volume: &Volume) -> bool {
    volume.empty_dir.as_ref().is_some_and(|empty| empty.medium.is_empty()) || volume.config_map.is_some()
}

impl Node<'_> {
    fn container_stats(&self, container: &Container) -> ContainerStats {
        let written = self.os.fs_usage_bytes(container.rootfs).saturating_sub(container.rootfs_from_image);
        ContainerStats {
            name: container.seen.name.clone(),
            memory_bytes: pages(self.os.memory_bytes(container.cgroup)),
            rootfs_bytes: WRITABLE_LAYER_BYTES + pages(written),
            logs_bytes: pages(container.log_bytes.clamp(1, LOGS_BYTES_MAX)),
        }
    }

    /// What a Pod uses; nothing is known of one without a sandbox.
    pub(crate) fn pod_stats(&self, worker: &PodWorker) -> Option<PodStats> {
        let pod = self.agent.runtime.pods.get(&worker.uid)?;
        pod.ready_sandbox()?;
        let mut stats = PodStats::default();
        for container in pod.containers.iter().filter(|c| c.seen.state == ContainerState::Running) {
            stats.containers.push(self.container_stats(container));
        }
        stats.memory_bytes = stats.containers.iter().map(|c| c.memory_bytes).sum();
        stats.volumes = if has_volume_limits(&worker.pod.spec) {
            worker.volumes.usage.clone().unwrap_or_default()
        } else {
            self.volume_usage(worker)
        };
        Some(stats)
    }

    /// What each of a Pod's local volumes holds now.
    pub(crate) fn volume_usage(&self, worker: &PodWorker) -> Vec<(Rc<str>, u64)> {
        let local = worker.pod.spec.volumes.iter().filter(|volume| is_local_ephemeral_volume(volume));
        local
            .filter_map(|volume| {
                let fs = worker.volumes.find(&volume.name)?.fs?;
                Some((Rc::from(volume.name.as_str()), pages(self.os.fs_usage_bytes(fs))))
            })
            .collect()
    }

    /// What the whole node has left.
    pub(crate) fn node_stats(&self) -> NodeStats {
        let limits = &self.agent.resources;
        let runtime = &self.agent.runtime;
        let (mut memory, mut disk) = (0, 0);
        for pod in runtime.pods.values() {
            for container in &pod.containers {
                let stats = self.container_stats(container);
                memory += stats.memory_bytes;
                disk += stats.disk_bytes();
            }
        }
        for worker in self.agent.kubelet.workers.values() {
            for volume in &worker.pod.spec.volumes {
                let Some(empty) = &volume.empty_dir else { continue };
                let Some(fs) = worker.volumes.find(&volume.name).and_then(|v| v.fs) else { continue };
                // What is in a volume in memory counts for the container that wrote it.
                if empty.medium.is_empty() {
                    disk += pages(self.os.fs_usage_bytes(fs));
                }
            }
        }
        let on_host = self.agent.host_root.map_or(0, |fs| self.os.fs_usage_bytes(fs));
        disk += pages(on_host.saturating_sub(self.agent.host_root_idle));
        let images: u64 =
            runtime.images.iter().filter_map(|name| self.registry.image(name)).map(|i| i.size_bytes).sum();
        let free = (limits.disk_available_idle + limits.images_idle).saturating_sub(images + disk);
        NodeStats {
            memory_capacity: limits.memory_capacity,
            memory_available: limits.memory_available_idle.saturating_sub(memory) / PAGE_BYTES * PAGE_BYTES,
            disk_capacity: limits.disk_capacity,
            disk_available: free / PAGE_BYTES * PAGE_BYTES,
        }
    }
}
