//! Services as the Pods' network sees them: names, virtual addresses, and who stands behind them.
//! Stands for kube-proxy and the cluster's DNS, which both follow the EndpointSlices.
// Models pkg/proxy and CoreDNS's kubernetes plugin (v1.36)

use std::collections::BTreeMap;

use busybox::{Ipv4, Os};
use k8s_api::Value;

use crate::apiserver::{Object, Store};
use crate::controllers::endpoints::LABEL_SERVICE_NAME;

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
        let known = endpoints(store);
        for object in store.list("Service", None) {
            let Object::Other(service) = &**object else { continue };
            let full = format!("{}.{}.svc.cluster.local", service.metadata.name, service.metadata.namespace);
            let key = (&*service.metadata.namespace, &*service.metadata.name);
            let endpoints = known.get(&key).map_or(&[][..], Vec::as_slice);
            let spec = &service.tree["spec"];
            match Ipv4::parse(text(&spec["clusterIP"])) {
                Some(ip) => {
                    new.names.insert(full, vec![ip]);
                    for port in list(&spec["ports"]) {
                        let Some(number) = number(&port["port"]) else { continue };
                        new.virtual_ips.insert((ip, number), behind(endpoints, text(&port["name"])));
                    }
                }
                None => new.name_pods(full, endpoints),
            }
        }
        new
    }

    /// Headless: the name stands for the ready Pods themselves, and each has a name of its own below it.
    // Models CoreDNS's findServices and endpointHostname
    fn name_pods(&mut self, full: String, endpoints: &[Endpoint<'_>]) {
        let mut addresses = Vec::new();
        for endpoint in endpoints.iter().filter(|endpoint| endpoint.ready) {
            if !addresses.contains(&endpoint.ip) {
                addresses.push(endpoint.ip);
            }
            if !endpoint.hostname.is_empty() {
                self.names.insert(format!("{}.{full}", endpoint.hostname), vec![endpoint.ip]);
            }
        }
        if !addresses.is_empty() {
            self.names.insert(full, addresses);
        }
    }
}

/// An endpoint as its slices tell it.
struct Endpoint<'a> {
    ip: Ipv4,
    hostname: &'a str,
    ready: bool,
    /// It still answers, though it is about to go.
    serving: bool,
    ports: &'a [Value],
}

/// What the slices say of the endpoints of each Service, by its namespace and name.
fn endpoints(store: &Store) -> BTreeMap<(&str, &str), Vec<Endpoint<'_>>> {
    let mut all = BTreeMap::<_, Vec<_>>::new();
    for object in store.list("EndpointSlice", None) {
        let Object::Other(slice) = &**object else { continue };
        let Some(service) = slice.metadata.labels.get(LABEL_SERVICE_NAME) else { continue };
        let found = all.entry((&*slice.metadata.namespace, &**service)).or_default();
        for endpoint in list(&slice.tree["endpoints"]) {
            // What is not said counts as ready, and as serving if ready.
            let condition = |name: &str| endpoint["conditions"][name].as_bool();
            let ready = condition("ready").unwrap_or(true);
            let serving = condition("serving").unwrap_or(ready);
            let Some(ip) = list(&endpoint["addresses"]).first().and_then(|ip| Ipv4::parse(text(ip))) else {
                continue;
            };
            let ports = list(&slice.tree["ports"]);
            found.push(Endpoint { ip, hostname: text(&endpoint["hostname"]), ready, serving, ports });
        }
    }
    all
}

/// Where requests to a port go: to those that are ready, and if there are none to those that still serve.
// Models pkg/proxy/topology.go CategorizeEndpoints (v1.36)
fn behind(endpoints: &[Endpoint<'_>], port_name: &str) -> Vec<(Ipv4, u16)> {
    let of = |ready: bool| {
        let chosen =
            endpoints.iter().filter(|endpoint| if ready { endpoint.ready } else { endpoint.serving });
        chosen
            .filter_map(|endpoint| {
                let port = endpoint.ports.iter().find(|port| text(&port["name"]) == port_name)?;
                Some((endpoint.ip, number(&port["port"])?))
            })
            .collect::<Vec<_>>()
    };
    let ready = of(true);
    if ready.is_empty() { of(false) } else { ready }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn number(value: &Value) -> Option<u16> {
    value.as_u64().and_then(|number| u16::try_from(number).ok())
}
