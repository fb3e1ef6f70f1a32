//! What a container can read of its limits below `/sys/fs/cgroup`.
// Models runc's cgroup managers: version 2, and the memory limit of version 1, which older nodes (and the recorded
// one) have.

use crate::kubelet::allocation::ContainerResources;

/// The kernel shares time out anew so often, in microseconds.
const CPU_PERIOD_US: i64 = 100_000;
/// The least that can be granted of a period.
const CPU_QUOTA_MIN_US: i64 = 1_000;
/// `memory.limit_in_bytes` of a container without a limit.
const UNLIMITED_V1: i64 = 0x7fff_ffff_ffff_f000;

/// The files: path and content.
pub(super) fn cgroup_files(resources: &ContainerResources) -> [(&'static str, String); 4] {
    let memory = (resources.memory_limit > 0).then_some(resources.memory_limit);
    let quota = cpu_quota(resources.cpu_limit).map_or("max".into(), |us| us.to_string());
    [
        ("/sys/fs/cgroup/memory.max", memory.map_or("max\n".into(), |bytes| format!("{bytes}\n"))),
        ("/sys/fs/cgroup/cpu.max", format!("{quota} {CPU_PERIOD_US}\n")),
        ("/sys/fs/cgroup/cpu.weight", format!("{}\n", cpu_weight(resources))),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", format!("{}\n", memory.unwrap_or(UNLIMITED_V1))),
    ]
}

/// What a limit in thousandths grants of each period, in microseconds.
// Models pkg/kubelet/cm/helpers_linux.go MilliCPUToQuota (v1.36)
pub(super) fn cpu_quota(limit: i64) -> Option<u64> {
    (limit > 0).then(|| (limit.saturating_mul(CPU_PERIOD_US) / 1000).max(CPU_QUOTA_MIN_US).unsigned_abs())
}

/// How much a container counts beside others.
// Models pkg/kubelet/cm/helpers_linux.go MilliCPUToShares (v1.36)
pub(super) fn cpu_shares(resources: &ContainerResources) -> i64 {
    // A limit without a request counts as one.
    let milli = if resources.cpu_request == 0 { resources.cpu_limit } else { resources.cpu_request };
    (milli.saturating_mul(1024) / 1000).clamp(2, 262_144)
}

/// The weight that stands for a container's CPU shares.
// Models runc's ConvertCPUSharesToCgroupV2Value
fn cpu_weight(resources: &ContainerResources) -> i64 {
    1 + (cpu_shares(resources) - 2) * 9_999 / 262_142
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_what_the_kernel_would_show() {
        let of = |cpu_request, cpu_limit, memory_limit| {
            let resources = ContainerResources { cpu_request, cpu_limit, memory_limit, ..Default::default() };
            cgroup_files(&resources).map(|(_, content)| content)
        };
        let half = of(250, 500, 64 << 20);
        assert_eq!(half, ["67108864\n", "50000 100000\n", "10\n", "67108864\n"]);
        let none = of(0, 0, 0);
        assert_eq!(none, ["max\n", "max 100000\n", "1\n", "9223372036854771712\n"]);
        assert_eq!(of(1000, 1, 0)[1..3], ["1000 100000\n", "39\n"]);
        // More than any machine has.
        assert_eq!(of(i64::MAX, i64::MAX, 0)[1..3], ["9223372036854775 100000\n", "10000\n"]);
    }
}
