//! What the kernel allows the processes of a container, and how soon it kills them when the node runs out of memory.

use busybox::Privileges;
use k8s_api::core::{Container, PodSpec, QosClass};
use k8s_api::resources::{container_requests, qos_class};

use super::pod_status::is_restartable_init_container;

/// The kernel's capabilities, by their numbers.
const CAPABILITIES: &str = "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE \
    NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE \
    SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL \
    SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE";
/// All of them.
const ALL_CAPABILITIES: u64 = (1 << 41) - 1;
/// Those that containerd gives to a container that asks for nothing.
const DEFAULT_CAPABILITIES: u64 = 0xa804_25fb;
/// The score of containers that are killed last, and that of those that are killed first.
const GUARANTEED_OOM_SCORE_ADJ: i64 = -997;
const BEST_EFFORT_OOM_SCORE_ADJ: i64 = 1000;

/// What a container's processes may do.
// Models determineEffectiveSecurityContext (v1.36), and containerd's WithCapabilities
pub(crate) fn privileges(spec: &PodSpec, container: &Container, memory_capacity: u64) -> Privileges {
    let own = container.security_context.clone().unwrap_or_default();
    let privileged = own.privileged == Some(true);
    let of_pod = spec.security_context.as_ref().and_then(|of_pod| of_pod.seccomp_profile.clone());
    let profile = own.seccomp_profile.or(of_pod);
    let capabilities = own.capabilities.unwrap_or_default();
    Privileges {
        capabilities: if privileged {
            ALL_CAPABILITIES
        } else {
            effective_capabilities(&capabilities.add, &capabilities.drop)
        },
        no_new_privs: own.allow_privilege_escalation == Some(false),
        seccomp: !privileged && profile.is_some_and(|profile| profile.type_ != "Unconfined"),
        oom_score_adj: oom_score_adjust(spec, container, memory_capacity) as i32,
    }
}

fn effective_capabilities(add: &[String], drop: &[String]) -> u64 {
    let named = |names: &[String], name: &str| names.iter().any(|other| other.eq_ignore_ascii_case(name));
    let mut all = match (named(drop, "ALL"), named(add, "ALL")) {
        (true, _) => 0,
        (false, true) => ALL_CAPABILITIES,
        (false, false) => DEFAULT_CAPABILITIES,
    };
    for (bit, name) in CAPABILITIES.split(' ').enumerate() {
        if named(add, name) {
            all |= 1 << bit;
        }
        if named(drop, name) {
            all &= !(1 << bit);
        }
    }
    all
}

// Models pkg/kubelet/qos/policy.go GetContainerOOMScoreAdjust (v1.36)
fn oom_score_adjust(spec: &PodSpec, container: &Container, memory_capacity: u64) -> i64 {
    if spec.priority_class_name == "system-node-critical" {
        return GUARANTEED_OOM_SCORE_ADJ;
    }
    match qos_class(spec) {
        QosClass::Guaranteed => return GUARANTEED_OOM_SCORE_ADJ,
        QosClass::BestEffort => return BEST_EFFORT_OOM_SCORE_ADJ,
        QosClass::Burstable => {}
    }
    let memory = |list: &k8s_api::core::ResourceList| list.get("memory").map_or(0, |amount| amount.value());
    let of = |container: &Container| memory(&container.resources.requests);
    let count = (spec.containers.len() + spec.init_containers.len()) as i64;
    // What the Pod asks for beyond its containers is divided among them.
    let rest = match spec.resources.as_ref().map_or(0, |resources| memory(&resources.requests)) {
        0 => 0,
        of_pod => (of_pod - memory(&container_requests(spec))) / count.max(1),
    };
    let capacity = i64::try_from(memory_capacity).unwrap_or(i64::MAX).max(1);
    let score = |asked: i64| 1000 - 1000 * i128::from(asked + rest) / i128::from(capacity);
    let mut adjust = score(of(container));
    if is_restartable_init_container(container) {
        // A sidecar lives at least as long as the first of those that it serves.
        adjust = adjust.min(score(spec.containers.iter().map(of).min().unwrap_or(0)));
    }
    adjust.clamp(i128::from(1000 + GUARANTEED_OOM_SCORE_ADJ), i128::from(BEST_EFFORT_OOM_SCORE_ADJ - 1))
        as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_the_kernels_bits() {
        let words = |text: &str| text.split_whitespace().map(String::from).collect::<Vec<_>>();
        let of = |add: &str, drop: &str| effective_capabilities(&words(add), &words(drop));
        assert_eq!(of("", ""), 0xa804_25fb);
        assert_eq!(of("NET_ADMIN SYS_TIME", ""), 0xaa04_35fb);
        assert_eq!(of("NET_BIND_SERVICE nosuch", "ALL"), 0x400);
        assert_eq!(of("all", "sys_time"), ALL_CAPABILITIES & !0x0200_0000);
        assert_eq!(CAPABILITIES.split(' ').count(), 41);
    }
}
