//! What is let through in a changed Pod because the Pod before the change had it.
//! Models PodValidationOptions and GetValidationOptionsFromPodSpecAndMeta, pkg/api/pod/util.go (v1.36)

use crate::core::PodSpec;
use crate::meta::StringMap;

use super::field::{ErrorList, Path};
use super::{pod, resources, scheduling, security, volume};

/// Rules that came later than Pods which break them: such a Pod must stay changeable. All are off for a new Pod.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The cost of deletion need not be a number.
    pub invalid_deletion_cost: bool,
    /// The selectors of Pod affinities may have values that no label has.
    pub invalid_affinity_selectors: bool,
    /// Required node affinity may ask for values that no label has.
    pub invalid_node_values: bool,
    /// The selectors of spread constraints may be malformed.
    pub invalid_spread_selectors: bool,
    /// The label keys of spread constraints may contradict their selectors.
    pub invalid_spread_keys: bool,
    /// Sysctls of a namespace may be set though the namespace is the host's.
    pub host_sysctls: bool,
    /// Huge pages need not come in whole pages.
    pub partial_huge_pages: bool,
    /// A token's path may leave its volume.
    pub foreign_token_paths: bool,
    /// Init containers that run once may ask to be restarted when they are resized.
    pub init_resize_restarts: bool,
    /// Block devices may be used in a user namespace, where they do not work.
    pub devices_without_host_users: bool,
    /// Tolerations may compare numbers.
    pub comparing_tolerations: bool,
    /// Any policy for SELinux labels may be named.
    pub any_se_linux_policy: bool,
}

impl Options {
    /// What a Pod that is changed may keep.
    pub fn of(old: &PodSpec, annotations: &StringMap) -> Options {
        let found = |check: &dyn Fn(&Path, &mut ErrorList)| {
            let mut errors = ErrorList::default();
            check(&Path::default(), &mut errors);
            !errors.is_empty()
        };
        let context = old.security_context.as_ref();
        let once = old.init_containers.iter().filter(|container| !container.is_restartable_init());
        let mut restarts = once.flat_map(|container| &container.resize_policy);
        Options {
            invalid_deletion_cost: found(&|path, errors| pod::deletion_cost(annotations, path, errors)),
            invalid_affinity_selectors: found(&|path, errors| {
                scheduling::affinity_selectors(old, path, errors);
            }),
            invalid_node_values: found(&|path, errors| scheduling::node_values(old, path, errors)),
            invalid_spread_selectors: found(&|path, errors| scheduling::spread_selectors(old, path, errors)),
            invalid_spread_keys: found(&|path, errors| scheduling::spread_keys(old, path, errors)),
            host_sysctls: found(&|path, errors| security::host_sysctls(old, path, errors)),
            partial_huge_pages: resources::has_partial_huge_pages(old),
            foreign_token_paths: found(&|path, errors| volume::token_paths(old, path, errors)),
            init_resize_restarts: restarts.any(|policy| policy.restart_policy == "RestartContainer"),
            devices_without_host_users: found(&|path, errors| pod::devices(old, path, errors)),
            comparing_tolerations: old
                .tolerations
                .iter()
                .any(|toleration| matches!(toleration.operator.as_str(), "Lt" | "Gt")),
            any_se_linux_policy: context.is_some_and(|context| context.se_linux_change_policy.is_some()),
        }
    }
}
