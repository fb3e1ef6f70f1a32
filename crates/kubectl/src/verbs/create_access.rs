//! `kubectl create role`, `rolebinding`, their cluster-wide kin, and `ingress`.
//! Models k8s.io/kubectl/pkg/cmd/create/create_{role,clusterrole,rolebinding,clusterrolebinding,ingress}.go (v1.36)

use k8s_api::kind;
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::flags::Flags;
use crate::tree::object;

const GROUP: &str = "rbac.authorization.k8s.io";

/// A role for the whole cluster, or for a namespace.
pub(super) fn role(flags: &Flags, name: &str, cluster: bool) -> Result<Value, Failure> {
    let mut verbs: Vec<&str> = Vec::new();
    for verb in flags.all("verb") {
        if verb == "*" {
            verbs = vec!["*"];
            break;
        }
        if !verbs.contains(&verb) {
            verbs.push(verb);
        }
    }
    // Resources of one group stand together, in the order in which they come.
    let mut by_group: Vec<(String, Vec<String>)> = Vec::new();
    for word in flags.all("resource") {
        let (resource, subresource) = word.split_once('/').unwrap_or((word, ""));
        let (plural, group) = if resource == "*" {
            ("*".to_string(), String::new())
        } else {
            let kind = kind::by_name(resource).ok_or_else(|| {
                let shown = resource.split('.').next().unwrap_or(resource);
                Failure::plain(format!("the server doesn't have a resource type {shown:?}"))
            })?;
            (kind.plural.to_string(), kind.group.to_string())
        };
        let full = if subresource.is_empty() { plural } else { format!("{plural}/{subresource}") };
        match by_group.iter_mut().find(|(other, _)| *other == group) {
            Some((_, resources)) if resources.contains(&full) => {}
            Some((_, resources)) => resources.push(full),
            None => by_group.push((group, vec![full])),
        }
    }
    let paths = flags.all("non-resource-url");
    if verbs.is_empty() {
        return Err(Failure::error("at least one verb must be specified"));
    }
    if by_group.is_empty() && (!cluster || paths.is_empty()) {
        return Err(Failure::error(if cluster {
            "one of resource or nonResourceURL must be specified"
        } else {
            "at least one resource must be specified"
        }));
    }
    let names = flags.all("resource-name");
    let names = if names.is_empty() { Value::Null } else { names.into() };
    let mut rules: Vec<Value> = by_group
        .into_iter()
        .map(|(group, resources)| {
            object([
                ("verbs", verbs.clone().into()),
                ("apiGroups", vec![group].into()),
                ("resources", resources.into()),
                ("resourceNames", names.clone()),
            ])
        })
        .collect();
    if cluster && !paths.is_empty() {
        rules.push(json!({"verbs": verbs, "nonResourceURLs": paths}));
    }
    let kind = if cluster { "ClusterRole" } else { "Role" };
    Ok(json!({
        "apiVersion": format!("{GROUP}/v1"), "kind": kind, "metadata": {"name": name}, "rules": rules,
    }))
}

/// A binding of a role to users, groups and service accounts.
pub(super) fn binding(flags: &Flags, name: &str, cluster: bool) -> Result<Value, Failure> {
    let (cluster_role, role) = (flags.text("clusterrole"), flags.text("role"));
    let (role_kind, role) = match (cluster_role, role) {
        ("", role) if !role.is_empty() && !cluster => ("Role", role),
        (role, "") if !role.is_empty() => ("ClusterRole", role),
        _ => return Err(Failure::error("exactly one of clusterrole or role must be specified")),
    };
    let mut subjects: Vec<Value> = Vec::new();
    for (flag, kind) in [("user", "User"), ("group", "Group")] {
        for name in flags.all(flag) {
            subjects.push(json!({"kind": kind, "apiGroup": GROUP, "name": name}));
        }
    }
    for account in flags.all("serviceaccount") {
        let parts: Vec<&str> = account.split(':').collect();
        let [namespace, name] = parts.as_slice() else {
            return Err(Failure::error("serviceaccount must be <namespace>:<name>"));
        };
        subjects.push(json!({"kind": "ServiceAccount", "namespace": namespace, "name": name}));
    }
    let kind = if cluster { "ClusterRoleBinding" } else { "RoleBinding" };
    let subjects = if subjects.is_empty() { Value::Null } else { subjects.into() };
    Ok(object([
        ("apiVersion", format!("{GROUP}/v1").into()),
        ("kind", kind.into()),
        ("metadata", json!({"name": name})),
        ("roleRef", json!({"apiGroup": GROUP, "kind": role_kind, "name": role})),
        ("subjects", subjects),
    ]))
}

/// `svc:80` as an Ingress's backend.
fn backend(text: &str) -> Option<Value> {
    let (service, port) = text.split_once(':')?;
    if service.is_empty() || port.is_empty() {
        return None;
    }
    let port = match port.parse::<i64>() {
        Ok(number) => json!({"number": number}),
        Err(_) => json!({"name": port}),
    };
    Some(json!({"service": {"name": service, "port": port}}))
}

/// An Ingress from `host/path=svc:port[,tls[=secret]]`.
pub(super) fn ingress(flags: &Flags, name: &str) -> Result<Value, Failure> {
    let (given, default) = (flags.all("rule"), flags.text("default-backend"));
    if given.is_empty() && default.is_empty() {
        return Err(Failure::error(
            "not enough information provided: every ingress has to either specify a default-backend (which catches \
             all traffic) or a list of rules (which catch specific paths)",
        ));
    }
    let mut rules: Vec<(String, Vec<Value>)> = Vec::new();
    let mut tls: Vec<(String, Vec<String>)> = Vec::new();
    for rule in given {
        let wrong = || {
            Failure::error(format!(
                "rule {rule} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]"
            ))
        };
        let (place, target) = rule.split_once('=').ok_or_else(wrong)?;
        let slash = place.find('/').ok_or_else(wrong)?;
        let (host, path) = place.split_at(slash);
        let (target, secure) = match target.split_once(',') {
            Some((target, secure)) => (target, Some(secure)),
            None => (target, None),
        };
        let backend = backend(target).ok_or_else(wrong)?;
        let (path, path_type) = match path.strip_suffix('*') {
            Some(prefix) => (prefix, "Prefix"),
            None => (path, "Exact"),
        };
        let entry = json!({"path": path, "pathType": path_type, "backend": backend});
        match rules.iter_mut().find(|(other, _)| other == host) {
            Some((_, paths)) => paths.push(entry),
            None => rules.push((host.to_string(), vec![entry])),
        }
        let secret = match secure {
            None => continue,
            Some("tls") => "",
            Some(other) => other.strip_prefix("tls=").ok_or_else(wrong)?,
        };
        let hosts = match tls.iter_mut().find(|(other, _)| other == secret) {
            Some((_, hosts)) => hosts,
            None => {
                tls.push((secret.to_string(), Vec::new()));
                let last = tls.len() - 1;
                &mut tls[last].1
            }
        };
        if !host.is_empty() && !hosts.iter().any(|other| other == host) {
            hosts.push(host.to_string());
        }
    }
    let mut spec = Map::new();
    if let Some(class) = flags.get("class") {
        spec.insert("ingressClassName".into(), class.into());
    }
    if !default.is_empty() {
        let backend = backend(default)
            .ok_or_else(|| Failure::error("default-backend should be in format servicename:serviceport"))?;
        spec.insert("defaultBackend".into(), backend);
    }
    let rules: Vec<Value> = rules
        .into_iter()
        .map(|(host, paths)| {
            let host = if host.is_empty() { Value::Null } else { host.into() };
            object([("host", host), ("http", json!({"paths": paths}))])
        })
        .collect();
    if !rules.is_empty() {
        spec.insert("rules".into(), rules.into());
    }
    let tls: Vec<Value> = tls
        .into_iter()
        .map(|(secret, hosts)| {
            let hosts = if hosts.is_empty() { Value::Null } else { hosts.into() };
            let secret = if secret.is_empty() { Value::Null } else { secret.into() };
            object([("hosts", hosts), ("secretName", secret)])
        })
        .collect();
    if !tls.is_empty() {
        spec.insert("tls".into(), tls.into());
    }
    let annotations: Map<String, Value> = flags
        .all("annotation")
        .into_iter()
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.to_string(), value.into()))
        .collect();
    let annotations = if annotations.is_empty() { Value::Null } else { Value::Object(annotations) };
    Ok(json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": object([("name", name.into()), ("annotations", annotations)]),
        "spec": spec, "status": {"loadBalancer": {}},
    }))
}
