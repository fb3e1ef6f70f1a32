//! Requests and limits.
//! Models pkg/apis/core/validation/validation.go and pkg/apis/core/helper (v1.36)

use crate::core::{PodSpec, ResourceList, ResourceRequirements};
use crate::quantity::Quantity;
use crate::resources::{container_limits, container_requests};
use crate::small::Names;

use super::field::{ErrorList, Path};
use super::names;
use super::options::Options;

const INTEGERS: [&str; 9] = [
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];
const STANDARD: [&str; 12] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "storage",
    "requests.storage",
    "count",
];

fn is_huge(name: &str) -> bool {
    name.starts_with("hugepages-")
}

fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

fn is_extended(name: &str) -> bool {
    !is_native(name)
        && !name.starts_with("requests.")
        && names::qualified_name(&format!("requests.{name}")).is_empty()
}

/// Whether requests may be smaller than limits.
pub(super) fn is_overcommit_allowed(name: &str) -> bool {
    is_native(name) && !is_huge(name)
}

/// Models IsStandardQuotaResourceName
pub(super) fn is_quota_resource(name: &str) -> bool {
    let standard = STANDARD[..11].contains(&name) && name != "storage";
    standard || INTEGERS.contains(&name) || is_huge(name) || name.starts_with("requests.hugepages-")
}

pub(super) fn resource_name(name: &str, path: &Path, errors: &mut ErrorList) -> bool {
    let messages = names::qualified_name(name);
    errors.invalid_each(path, name, &messages);
    if !messages.is_empty() {
        return false;
    }
    let standard = STANDARD[..11].contains(&name)
        || INTEGERS.contains(&name)
        || is_huge(name)
        || name.starts_with("requests.hugepages-");
    if !name.contains('/') && !standard {
        errors.invalid(path, name, "must be a standard resource type or fully qualified");
        return false;
    }
    true
}

pub(super) fn container_resource_name(name: &str, path: &Path, errors: &mut ErrorList) {
    resource_name(name, path, errors);
    if !name.contains('/') {
        if !matches!(name, "cpu" | "memory" | "ephemeral-storage") && !is_huge(name) {
            errors.invalid(path, name, "must be a standard resource for containers");
        }
    } else if !is_native(name) && !is_extended(name) {
        errors.invalid(path, name, "doesn't follow extended resource name standard");
    }
}

fn pod_resource_name(name: &str, path: &Path, errors: &mut ErrorList) {
    if resource_name(name, path, errors) && !matches!(name, "cpu" | "memory") && !is_huge(name) {
        errors.not_supported(path, name, &["cpu", "hugepages-", "memory"]);
    }
}

/// Checks an amount. Models ValidateResourceQuantityValue
pub(super) fn amount(name: &str, amount: &Quantity, path: &Path, errors: &mut ErrorList) {
    let text = amount.to_string();
    if amount.sign() < 0 {
        errors.invalid(path, &text, "must be greater than or equal to 0");
    }
    if (INTEGERS.contains(&name) || is_extended(name)) && amount.milli_value() % 1000 != 0 {
        errors.invalid(path, &text, "must be an integer");
    }
}

/// Whether an amount is one of whole pages. Models IsHugePageResourceValueDivisible
fn divisible(name: &str, amount: &Quantity) -> bool {
    let size = Quantity::parse(&name["hugepages-".len()..]).unwrap_or_default();
    size.sign() > 0 && size.milli_value() % 1000 == 0 && amount.value() % size.value() == 0
}

/// Models usesIndivisibleHugePagesValues
pub(super) fn has_partial_huge_pages(spec: &PodSpec) -> bool {
    let containers = spec.init_containers.iter().chain(&spec.containers);
    let amounts = containers.flat_map(|one| one.resources.limits.iter().chain(&one.resources.requests));
    amounts.chain(&spec.overhead).any(|(name, amount)| is_huge(name) && !divisible(name, amount))
}

fn huge_page(name: &str, amount: &Quantity, path: &Path, errors: &mut ErrorList) {
    if !divisible(name, amount) {
        let text = amount.to_string();
        errors.invalid(path, &text, &format!("{text} is not positive integer multiple of {name}"));
    }
}

/// Checks requests and limits of a container.
pub(super) fn container(
    resources: &ResourceRequirements,
    spec: &PodSpec,
    options: &Options,
    path: &Path,
    errors: &mut ErrorList,
) {
    requirements(resources, container_resource_name, options, path, errors);
    self::claims(resources, spec, path, errors);
}

/// Models validateResourceClaimNames
fn claims(resources: &ResourceRequirements, spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    let mut claims = Names::default();
    for name in spec.resource_claims.iter().filter_map(|claim| claim["name"].as_str()) {
        claims.insert(name);
    }
    let path = path.child("claims");
    let mut seen = Names::default();
    for (i, claim) in resources.claims.iter().enumerate() {
        let path = path.index(i);
        let name = claim["name"].as_str().unwrap_or("");
        if name.is_empty() {
            errors.required(&path, "");
            continue;
        }
        let request = claim["request"].as_str().unwrap_or("");
        let key = if request.is_empty() { name.to_string() } else { format!("{name}/{request}") };
        if !request.is_empty() {
            errors.check(&path.child("request"), request, names::dns1123_label);
        }
        // A claim without a request stands for all of its requests.
        let whole = format!("{name}/");
        let overlaps = request.is_empty() && seen.list().iter().any(|other| other.starts_with(&whole));
        if seen.contains(name) {
            errors.duplicate(&path, name);
        } else if !seen.insert(&key) || overlaps {
            errors.duplicate(&path, &key);
        }
        if !claims.contains(name) {
            let list = claims.list();
            let rest = if list.is_empty() {
                " which is empty".to_string()
            } else {
                format!(": {}", list.join(", "))
            };
            errors.not_found(
                &path,
                name,
                &format!("must be one of the names in pod.spec.resourceClaims{rest}"),
            );
        }
    }
}

/// Checks what a container costs beyond its own requests.
pub(super) fn overhead(overhead: &ResourceList, options: &Options, path: &Path, errors: &mut ErrorList) {
    let limits = ResourceRequirements { limits: overhead.clone(), ..ResourceRequirements::default() };
    requirements(&limits, container_resource_name, options, path, errors);
}

fn requirements(
    resources: &ResourceRequirements,
    check_name: fn(&str, &Path, &mut ErrorList),
    options: &Options,
    path: &Path,
    errors: &mut ErrorList,
) {
    let (limits, requests) = (path.child("limits"), path.child("requests"));
    for (name, limit) in &resources.limits {
        let path = limits.key(name);
        check_name(name, &path, errors);
        amount(name, limit, &path, errors);
        if is_huge(name) && !options.partial_huge_pages {
            huge_page(name, limit, &path, errors);
        }
    }
    for (name, request) in &resources.requests {
        let path = requests.key(name);
        check_name(name, &path, errors);
        amount(name, request, &path, errors);
        match resources.limits.get(name) {
            Some(limit) if request != limit && !is_overcommit_allowed(name) => {
                errors.invalid(
                    &requests,
                    &request.to_string(),
                    &format!("must be equal to {name} limit of {limit}"),
                );
            }
            Some(limit) if request > limit => {
                let words = format!("must be less than or equal to {name} limit of {limit}");
                errors.invalid(&requests, &request.to_string(), &words);
            }
            Some(_) => {}
            None if !is_overcommit_allowed(name) => {
                errors.required(&limits, "Limit must be set for non overcommitable resources");
            }
            None => {}
        }
        if is_huge(name) && !options.partial_huge_pages {
            huge_page(name, request, &path, errors);
        }
    }
    let all = || resources.limits.keys().chain(resources.requests.keys());
    if all().any(|name| is_huge(name)) && !all().any(|name| name == "cpu" || name == "memory") {
        errors.forbidden(path, "HugePages require cpu or memory");
    }
}

/// Checks the resources of the whole Pod. Models validatePodResources
pub(super) fn pod(spec: &PodSpec, options: &Options, path: &Path, errors: &mut ErrorList) {
    let Some(resources) = &spec.resources else { return };
    let path = path.child("resources");
    if spec.os.as_ref().is_some_and(|os| os.name == "windows") {
        errors.forbidden(&path, "may not be set for a windows pod");
        return;
    }
    if !resources.claims.is_empty() {
        errors.forbidden(&path.child("claims"), "claims may not be set for Resources at pod-level");
    }
    requirements(resources, pod_resource_name, options, &path, errors);
    claims(resources, spec, &path, errors);
    for (name, total) in container_requests(spec) {
        if let Some(own) = resources.requests.get(&name).filter(|own| total > **own) {
            let words = format!("must be greater than or equal to aggregate container requests of {total}");
            errors.invalid(&path.child("requests").key(&name), &own.to_string(), &words);
        }
    }
    for (name, total) in container_limits(spec) {
        if let Some(own) = resources.limits.get(&name).filter(|own| is_huge(&name) && total > **own) {
            let words = format!("must be greater than or equal to aggregate container limits of {total}");
            errors.invalid(&path.child("limits").key(&name), &own.to_string(), &words);
        }
    }
    for (i, container) in spec.containers.iter().enumerate() {
        for (name, limit) in &container.resources.limits {
            if let Some(own) = resources.limits.get(name).filter(|own| limit > *own) {
                let path = path.child("containers").index(i).key(name).child("limits");
                errors.invalid(
                    &path,
                    &limit.to_string(),
                    &format!("must be less than or equal to pod limits of {own}"),
                );
            }
        }
    }
}
