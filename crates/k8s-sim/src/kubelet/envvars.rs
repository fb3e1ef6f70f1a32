//! The variables that tell containers about the Services of their namespace.
// Models pkg/kubelet/envvars/envvars.go and getServiceEnvVarMap (v1.36)

use k8s_api::core::Service;

use crate::apiserver::{Object, Store};

/// The API server's own Service is in every container; nothing else needs to have made it.
const KUBERNETES: [(&str, &str); 8] = [
    ("KUBERNETES_SERVICE_HOST", "10.96.0.1"),
    ("KUBERNETES_SERVICE_PORT", "443"),
    ("KUBERNETES_SERVICE_PORT_HTTPS", "443"),
    ("KUBERNETES_PORT", "tcp://10.96.0.1:443"),
    ("KUBERNETES_PORT_443_TCP", "tcp://10.96.0.1:443"),
    ("KUBERNETES_PORT_443_TCP_PROTO", "tcp"),
    ("KUBERNETES_PORT_443_TCP_PORT", "443"),
    ("KUBERNETES_PORT_443_TCP_ADDR", "10.96.0.1"),
];

/// The variables of the Services that have an address, as they are when a container is made.
pub(crate) fn service_variables(store: &Store, namespace: &str, links: bool) -> Vec<(String, String)> {
    let mut variables: Vec<(String, String)> =
        KUBERNETES.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    if !links {
        return variables;
    }
    for object in store.list("Service", Some(namespace)) {
        let Object::Other(other) = &**object else { continue };
        let service = Service::from_value(&object.to_value());
        if matches!(service.spec.cluster_ip.as_str(), "" | "None") || other.metadata.name == "kubernetes" {
            continue;
        }
        for (name, value) in from_service(&other.metadata.name, &service) {
            match variables.iter_mut().find(|(known, _)| *known == name) {
                Some(known) => known.1 = value,
                None => variables.push((name, value)),
            }
        }
    }
    variables
}

// Models FromServices and makeLinkVariables (v1.36)
fn from_service(name: &str, service: &Service) -> Vec<(String, String)> {
    let ip = &service.spec.cluster_ip;
    let prefix = variable_name(name);
    let mut plain = vec![(format!("{prefix}_SERVICE_HOST"), ip.clone())];
    let mut links = Vec::new();
    for (index, port) in service.spec.ports.iter().enumerate() {
        let number = port.port;
        let protocol = if port.protocol.is_empty() { "TCP" } else { port.protocol.as_str() };
        let lower = protocol.to_lowercase();
        let address = if ip.contains(':') { format!("[{ip}]:{number}") } else { format!("{ip}:{number}") };
        if index == 0 {
            plain.push((format!("{prefix}_SERVICE_PORT"), number.to_string()));
            links.push((format!("{prefix}_PORT"), format!("{lower}://{address}")));
        }
        if !port.name.is_empty() {
            let named = format!("{prefix}_SERVICE_PORT_{}", variable_name(&port.name));
            plain.push((named, number.to_string()));
        }
        let link = format!("{prefix}_PORT_{number}_{protocol}");
        links.push((link.clone(), format!("{lower}://{address}")));
        links.push((format!("{link}_PROTO"), lower));
        links.push((format!("{link}_PORT"), number.to_string()));
        links.push((format!("{link}_ADDR"), ip.clone()));
    }
    plain.extend(links);
    plain
}

// Models makeEnvVariableName (v1.36)
fn variable_name(name: &str) -> String {
    name.replace('-', "_").to_uppercase()
}
