//! Limit ranges: defaults for containers that say nothing, and bounds that Pods and claims must keep.
// Models plugin/pkg/admission/limitranger (v1.36)

use k8s_api::Value;
use k8s_api::core::{LimitRange, LimitRangeItem, PodSpec, ResourceList};
use k8s_api::quantity::Quantity;

use super::{Refused, Request, aggregate};

const ANNOTATION: &str = "kubernetes.io/limit-ranger";
/// Amounts up to this are compared in thousandths.
const MILLI_VALUE_MAX: i64 = ((1u64 << 63) / 1000) as i64;

fn limit_ranges(request: &Request<'_>) -> Vec<LimitRange> {
    let ranges = request.store.list("LimitRange", Some(request.namespace));
    ranges.map(|object| LimitRange::from_value(&object.to_value())).collect()
}

/// Fills in what the namespace's limit ranges say about containers.
// Models PodMutateLimitFunc (v1.36)
pub(crate) fn admit_pod(request: &Request<'_>, pod: &mut Value) {
    for range in limit_ranges(request) {
        let (mut requests, mut limits) = (ResourceList::new(), ResourceList::new());
        for item in range.spec.limits.iter().filter(|item| item.type_ == "Container") {
            requests.extend(item.default_request.clone());
            limits.extend(item.default.clone());
        }
        let mut said = Vec::new();
        for (list, what) in [("containers", "container"), ("initContainers", "init container")] {
            for container in pod["spec"][list].as_array_mut().into_iter().flatten() {
                let name = container["name"].as_str().unwrap_or("").to_string();
                for (field, word, defaults) in
                    [("requests", "request", &requests), ("limits", "limit", &limits)]
                {
                    let set = fill(&mut container["resources"], field, defaults);
                    if !set.is_empty() {
                        said.push(format!("{} {word} for {what} {name}", set.join(", ")));
                    }
                }
            }
        }
        if !said.is_empty() {
            let text = format!("LimitRanger plugin set: {}", said.join("; "));
            pod["metadata"]["annotations"][ANNOTATION] = text.into();
        }
    }
}

/// Sets the amounts that are missing; their names in order.
fn fill(resources: &mut Value, field: &str, defaults: &ResourceList) -> Vec<String> {
    let mut set = Vec::new();
    for (name, amount) in defaults {
        if resources[field].get(name).is_none() {
            resources[field][name] = amount.to_string().into();
            set.push(name.clone());
        }
    }
    set
}

/// Refuses a Pod or claim that is out of bounds.
// Models PodValidateLimitFunc and PersistentVolumeClaimValidateLimitFunc (v1.36)
pub(crate) fn validate(request: &Request<'_>, object: &Value) -> Result<(), Refused> {
    for range in limit_ranges(request) {
        let mut errors = Vec::new();
        if request.kind.kind == "Pod" {
            let spec = PodSpec::from_value(&object["spec"]);
            for item in &range.spec.limits {
                pod_item(item, &spec, &mut errors);
            }
        } else {
            let spec = k8s_api::core::PersistentVolumeClaimSpec::from_value(&object["spec"]);
            let requests = &spec.resources.requests;
            for item in range.spec.limits.iter().filter(|item| item.type_ == "PersistentVolumeClaim") {
                let kind = &item.type_;
                for (name, bound) in &item.min {
                    errors.extend(min(kind, name, bound, requests, &ResourceList::new()));
                }
                for (name, bound) in &item.max {
                    errors.extend(max_request(kind, name, bound, requests));
                }
            }
        }
        if let Some(text) = aggregate(errors) {
            return Err(request.forbidden(&text));
        }
    }
    Ok(())
}

fn pod_item(item: &LimitRangeItem, spec: &PodSpec, errors: &mut Vec<String>) {
    let mut check = |requests: &ResourceList, limits: &ResourceList| {
        let kind = &item.type_;
        for (name, bound) in &item.min {
            errors.extend(min(kind, name, bound, requests, limits));
        }
        for (name, bound) in &item.max {
            errors.extend(max(kind, name, bound, requests, limits));
        }
        for (name, bound) in &item.max_limit_request_ratio {
            errors.extend(ratio(kind, name, bound, requests, limits));
        }
    };
    match item.type_.as_str() {
        "Container" => {
            for container in spec.containers.iter().chain(&spec.init_containers) {
                check(&container.resources.requests, &container.resources.limits);
            }
        }
        // Overhead is not counted here.
        "Pod" => {
            let mut spec = spec.clone();
            spec.overhead.clear();
            check(&k8s_api::resources::pod_requests(&spec), &k8s_api::resources::pod_limits(&spec));
        }
        _ => {}
    }
}

/// Amounts at a common precision.
// Models requestLimitEnforcedValues (v1.36)
fn values(amounts: [&Quantity; 3]) -> [i64; 3] {
    let whole = amounts.map(Quantity::value);
    if whole.iter().all(|value| *value <= MILLI_VALUE_MAX) {
        amounts.map(Quantity::milli_value)
    } else {
        whole
    }
}

// Models minConstraint (v1.36)
fn min(
    kind: &str,
    name: &str,
    bound: &Quantity,
    requests: &ResourceList,
    limits: &ResourceList,
) -> Option<String> {
    let zero = Quantity::default();
    let (request, limit) = (requests.get(name), limits.get(name));
    let [asked, limited, least] = values([request.unwrap_or(&zero), limit.unwrap_or(&zero), bound]);
    let head = format!("minimum {name} usage per {kind} is {bound}");
    match (request, limit) {
        (None, _) => Some(format!("{head}.  No request is specified")),
        (Some(request), _) if asked < least => Some(format!("{head}, but request is {request}")),
        (_, Some(limit)) if limited < least => Some(format!("{head}, but limit is {limit}")),
        _ => None,
    }
}

// Models maxConstraint (v1.36)
fn max(
    kind: &str,
    name: &str,
    bound: &Quantity,
    requests: &ResourceList,
    limits: &ResourceList,
) -> Option<String> {
    let zero = Quantity::default();
    let (request, limit) = (requests.get(name), limits.get(name));
    let [asked, limited, most] = values([request.unwrap_or(&zero), limit.unwrap_or(&zero), bound]);
    let head = format!("maximum {name} usage per {kind} is {bound}");
    match (request, limit) {
        (_, None) => Some(format!("{head}.  No limit is specified")),
        (_, Some(limit)) if limited > most => Some(format!("{head}, but limit is {limit}")),
        (Some(request), _) if asked > most => Some(format!("{head}, but request is {request}")),
        _ => None,
    }
}

// Models maxRequestConstraint (v1.36)
fn max_request(kind: &str, name: &str, bound: &Quantity, requests: &ResourceList) -> Option<String> {
    let head = format!("maximum {name} usage per {kind} is {bound}");
    let Some(request) = requests.get(name) else { return Some(format!("{head}.  No request is specified")) };
    let [asked, _, most] = values([request, &Quantity::default(), bound]);
    (asked > most).then(|| format!("{head}, but request is {request}"))
}

// Models limitRequestRatioConstraint (v1.36)
fn ratio(
    kind: &str,
    name: &str,
    bound: &Quantity,
    requests: &ResourceList,
    limits: &ResourceList,
) -> Option<String> {
    let zero = Quantity::default();
    let (request, limit) = (requests.get(name).unwrap_or(&zero), limits.get(name).unwrap_or(&zero));
    let [asked, limited, _] = values([request, limit, bound]);
    let head = format!("{name} max limit to request ratio per {kind} is {bound}");
    if asked == 0 {
        return Some(format!("{head}, but no request is specified or request is 0"));
    }
    if limited == 0 {
        return Some(format!("{head}, but no limit is specified or limit is 0"));
    }
    // In whole numbers: limit · 1000 against the bound in thousandths times the request.
    let most = if bound.value() <= MILLI_VALUE_MAX {
        i128::from(bound.milli_value())
    } else {
        i128::from(bound.value()) * 1000
    };
    let (limited, asked) = (i128::from(limited), i128::from(asked));
    (limited * 1000 > most * asked).then(|| {
        let millionths = (limited * 1_000_000 + asked / 2) / asked;
        let (whole, rest) = (millionths / 1_000_000, millionths % 1_000_000);
        format!("{head}, but provided ratio is {whole}.{rest:06}")
    })
}
