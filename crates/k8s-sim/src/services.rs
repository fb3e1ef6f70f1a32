//! Services as the Pods' network sees them: names, virtual addresses, and who stands behind them.
//! Stands for kube-proxy and the cluster's DNS; an endpoint is a Pod that the selector finds and that is ready.
// Models pkg/proxy and the DNS names of Services (v1.36)

use std::collections::BTreeMap;

use busybox::{Ipv4, Os};
use k8s_api::core::{Service, ServicePort};
use k8s_api::intstr::IntOrString;

use crate::apiserver::{Object, Pod, Store};

/// What was told to the network, so that it can be taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServiceProxy {
    names: BTreeMap<String, Vec<Ipv4>>,
    virtual_ips: BTreeMap<(Ipv4, u16), Vec<(Ipv4, u16)>>,
}

impl ServiceProxy {
    /// Brings the network up to what the store says.
    pub(crate) fn sync(&mut self, store: &Store, os: &mut Os) {
        let new = Self::wanted(store);
        for (name, _) in self.names.iter().filter(|(name, _)| !new.names.contains_key(*name)) {
            os.set_dns(name, Vec::new());
        }
        for (name, addresses) in &new.names {
            if self.names.get(name) != Some(addresses) {
                os.set_dns(name, addresses.clone());
            }
        }
        for (&(ip, port), _) in self.virtual_ips.iter().filter(|(key, _)| !new.virtual_ips.contains_key(key))
        {
            os.set_virtual_ip(ip, port, None);
        }
        for (&(ip, port), endpoints) in &new.virtual_ips {
            if self.virtual_ips.get(&(ip, port)) != Some(endpoints) {
                os.set_virtual_ip(ip, port, Some(endpoints.clone()));
            }
        }
        *self = new;
    }

    fn wanted(store: &Store) -> Self {
        let mut new = Self::default();
        // The API server's own Service is always there.
        new.names.insert("kubernetes.default.svc.cluster.local".into(), vec![Ipv4([10, 96, 0, 1])]);
        for object in store.list("Service", None) {
            let Object::Other(other) = &**object else { continue };
            let service = Service::from_value(&object.to_value());
            let full = format!("{}.{}.svc.cluster.local", other.metadata.name, other.metadata.namespace);
            let selector = &service.spec.selector;
            let behind: Vec<&Pod> = store
                .pods()
                .filter(|pod| {
                    !selector.is_empty()
                        && pod.metadata.namespace == other.metadata.namespace
                        && selector.iter().all(|(key, value)| pod.metadata.labels.get(key) == Some(value))
                        && is_endpoint(pod)
                })
                .collect();
            let Some(ip) = Ipv4::parse(&service.spec.cluster_ip) else {
                // Headless: the name stands for the Pods themselves.
                let addresses: Vec<Ipv4> =
                    behind.iter().filter_map(|pod| Ipv4::parse(&pod.status.pod_ip)).collect();
                for pod in behind.iter().filter(|pod| pod.spec.subdomain == other.metadata.name) {
                    let host =
                        if pod.spec.hostname.is_empty() { &pod.metadata.name } else { &pod.spec.hostname };
                    if let Some(address) = Ipv4::parse(&pod.status.pod_ip) {
                        new.names.insert(format!("{host}.{full}"), vec![address]);
                    }
                }
                if !addresses.is_empty() {
                    new.names.insert(full, addresses);
                }
                continue;
            };
            new.names.insert(full, vec![ip]);
            for port in &service.spec.ports {
                let Ok(number) = u16::try_from(port.port) else { continue };
                let endpoints = behind
                    .iter()
                    .filter_map(|pod| Some((Ipv4::parse(&pod.status.pod_ip)?, target_port(pod, port)?)))
                    .collect();
                new.virtual_ips.insert((ip, number), endpoints);
            }
        }
        new
    }
}

/// Whether requests may go to the Pod.
// Models endpointslice/utils.go ShouldPodBeInEndpoints and the ready condition (v1.36)
fn is_endpoint(pod: &Pod) -> bool {
    !pod.is_terminal()
        && pod.metadata.deletion_timestamp.is_none()
        && !pod.status.pod_ip.is_empty()
        && pod.status.conditions.iter().any(|c| c.type_ == "Ready" && c.status == "True")
}

fn target_port(pod: &Pod, port: &ServicePort) -> Option<u16> {
    match &port.target_port {
        IntOrString::Int(number) if *number > 0 => u16::try_from(*number).ok(),
        IntOrString::Str(name) => pod
            .spec
            .containers
            .iter()
            .flat_map(|container| &container.ports)
            .find(|found| found.name == *name)
            .and_then(|found| u16::try_from(found.container_port).ok()),
        IntOrString::Int(_) => u16::try_from(port.port).ok(),
    }
}
