//! How much a Pod asks for, and what class that makes it.

use crate::core::{Container, PodSpec, QosClass, ResourceList};

fn add(total: &mut ResourceList, more: &ResourceList) {
    for (name, amount) in more {
        match total.get_mut(name) {
            Some(sum) => sum.add(amount),
            None => {
                total.insert(name.clone(), amount.clone());
            }
        }
    }
}

fn at_least(total: &mut ResourceList, other: &ResourceList) {
    for (name, amount) in other {
        match total.get_mut(name) {
            Some(sum) if *sum >= *amount => {}
            _ => {
                total.insert(name.clone(), amount.clone());
            }
        }
    }
}

/// The sum over the containers, or what the greediest moment of the start needs: sidecars stay beside the
/// init containers that follow them.
fn aggregate(spec: &PodSpec, of: impl Fn(&Container) -> ResourceList) -> ResourceList {
    let mut total = ResourceList::new();
    for container in &spec.containers {
        add(&mut total, &of(container));
    }
    let (mut sidecars, mut starting) = (ResourceList::new(), ResourceList::new());
    for container in &spec.init_containers {
        let own = of(container);
        if container.is_restartable_init() {
            add(&mut total, &own);
            add(&mut sidecars, &own);
            at_least(&mut starting, &sidecars);
        } else {
            let mut moment = own;
            add(&mut moment, &sidecars);
            at_least(&mut starting, &moment);
        }
    }
    at_least(&mut total, &starting);
    total
}

/// What the containers of a Pod request together.
/// Models k8s.io/component-helpers/resource.AggregateContainerRequests (v1.36)
pub fn container_requests(spec: &PodSpec) -> ResourceList {
    aggregate(spec, |container| container.resources.requests.clone())
}

/// What the containers of a Pod may take together.
/// Models k8s.io/component-helpers/resource.AggregateContainerLimits (v1.36)
pub fn container_limits(spec: &PodSpec) -> ResourceList {
    aggregate(spec, |container| container.resources.limits.clone())
}

/// What a Pod requests: the scheduler and quotas count this.
/// Models k8s.io/component-helpers/resource.PodRequests (v1.36)
pub fn pod_requests(spec: &PodSpec) -> ResourceList {
    let mut total = container_requests(spec);
    if let Some(resources) = &spec.resources {
        for (name, amount) in &resources.requests {
            if is_pod_level(name) {
                total.insert(name.clone(), amount.clone());
            }
        }
    }
    add(&mut total, &spec.overhead);
    total
}

/// What a Pod may take at most.
/// Models k8s.io/component-helpers/resource.PodLimits (v1.36)
pub fn pod_limits(spec: &PodSpec) -> ResourceList {
    let mut total = container_limits(spec);
    if let Some(resources) = &spec.resources {
        for (name, amount) in &resources.limits {
            if is_pod_level(name) {
                total.insert(name.clone(), amount.clone());
            }
        }
    }
    for (name, amount) in &spec.overhead {
        if let Some(limit) = total.get_mut(name) {
            limit.add(amount);
        }
    }
    total
}

fn is_pod_level(name: &str) -> bool {
    name == "cpu" || name == "memory" || name.starts_with("hugepages-")
}

/// The class in which a Pod is treated when its node runs short.
/// Models pkg/apis/core/v1/helper/qos.ComputePodQOS (v1.36)
pub fn qos_class(spec: &PodSpec) -> QosClass {
    let mut requests = ResourceList::new();
    let mut limits = ResourceList::new();
    let mut guaranteed = true;
    let collect = |into: &mut ResourceList, list: &ResourceList| {
        let mut found = 0;
        for name in ["cpu", "memory"] {
            if let Some(amount) = list.get(name).filter(|amount| amount.sign() > 0) {
                let mut own = ResourceList::new();
                own.insert(name.to_string(), amount.clone());
                add(into, &own);
                found += 1;
            }
        }
        found
    };
    if let Some(resources) = &spec.resources {
        collect(&mut requests, &resources.requests);
        if !resources.limits.is_empty() {
            guaranteed = collect(&mut limits, &resources.limits) == 2;
        }
    } else {
        for container in spec.containers.iter().chain(&spec.init_containers) {
            collect(&mut requests, &container.resources.requests);
            guaranteed &= collect(&mut limits, &container.resources.limits) == 2;
        }
    }
    if requests.is_empty() && limits.is_empty() {
        return QosClass::BestEffort;
    }
    let equal = requests.iter().all(|(name, request)| limits.get(name) == Some(request));
    if guaranteed && equal && requests.len() == limits.len() {
        QosClass::Guaranteed
    } else {
        QosClass::Burstable
    }
}
