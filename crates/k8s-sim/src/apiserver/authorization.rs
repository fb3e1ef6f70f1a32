//! Who may do what: roles, their bindings, and what the API server says when nothing allows a request.
// Models plugin/pkg/auth/authorizer/rbac and pkg/registry/rbac/validation (v1.36)

use k8s_api::Value;
use k8s_api::kind::Kind;
use k8s_api::meta::Status;

use super::{Store, details, status};

/// Whom the API server takes somebody for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// `jane`, `system:serviceaccount:NAMESPACE:NAME`
    pub name: String,
    /// The groups that the user is in.
    pub groups: Vec<String>,
}

impl User {
    /// Whoever is at the terminal.
    #[must_use]
    pub fn admin() -> User {
        User {
            name: "kubernetes-admin".into(),
            groups: vec!["system:masters".into(), "system:authenticated".into()],
        }
    }

    /// Somebody whom another one speaks for, with the groups that follow from the name.
    // Models k8s.io/apiserver/pkg/endpoints/filters/impersonation (v1.36)
    #[must_use]
    pub fn impersonated(name: &str, groups: &[String]) -> User {
        let mut groups = groups.to_vec();
        if let Some((namespace, _)) =
            name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'))
            && groups.is_empty()
        {
            groups.push("system:serviceaccounts".into());
            groups.push(format!("system:serviceaccounts:{namespace}"));
        }
        let everyone =
            if name == "system:anonymous" { "system:unauthenticated" } else { "system:authenticated" };
        if !groups.iter().any(|group| group == everyone) {
            groups.push(everyone.into());
        }
        User { name: name.into(), groups }
    }
}

/// What is asked of the API server.
#[derive(Clone, Copy, Debug)]
pub enum Attributes<'a> {
    /// Something about a resource.
    Resource {
        /// `get`, `list`, `create`, …
        verb: &'a str,
        /// `""` for the core group.
        group: &'a str,
        /// `pods`
        resource: &'a str,
        /// `log`; empty if the resource itself is meant.
        subresource: &'a str,
        /// Empty for the whole cluster.
        namespace: &'a str,
        /// Empty if no object is named.
        name: &'a str,
    },
    /// A path that is no resource, such as `/healthz`.
    Path {
        /// `get`
        verb: &'a str,
        /// The path.
        path: &'a str,
    },
}

impl<'a> Attributes<'a> {
    /// What is asked about objects of a kind.
    // Models k8s.io/apiserver/pkg/endpoints/request RequestInfo: a namespace is in itself (v1.36)
    #[must_use]
    pub fn of(
        verb: &'a str,
        kind: &'a Kind,
        subresource: &'a str,
        namespace: &'a str,
        name: &'a str,
    ) -> Attributes<'a> {
        let namespace = if kind.kind == "Namespace" { name } else { namespace };
        Attributes::Resource { verb, group: kind.group, resource: kind.plural, subresource, namespace, name }
    }
}

fn list<'a>(rule: &'a Value, field: &str) -> impl Iterator<Item = &'a str> {
    rule[field].as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn has(rule: &Value, field: &str, wanted: &str) -> bool {
    list(rule, field).any(|one| one == "*" || one == wanted)
}

/// Whether a rule allows a request.
// Models rbac.RuleAllows (v1.36)
#[must_use]
pub fn rule_allows(rule: &Value, attributes: &Attributes<'_>) -> bool {
    match *attributes {
        Attributes::Path { verb, path } => {
            let fits = |pattern: &str| {
                pattern == "*"
                    || pattern == path
                    || pattern.strip_suffix('*').is_some_and(|start| path.starts_with(start))
            };
            has(rule, "verbs", verb) && list(rule, "nonResourceURLs").any(fits)
        }
        Attributes::Resource { verb, group, resource, subresource, name, .. } => {
            let combined = if subresource.is_empty() {
                resource.to_string()
            } else {
                format!("{resource}/{subresource}")
            };
            let of_all = |one: &str| {
                !subresource.is_empty() && one.strip_prefix("*/").is_some_and(|other| other == subresource)
            };
            let names = list(rule, "resourceNames");
            has(rule, "verbs", verb)
                && has(rule, "apiGroups", group)
                && list(rule, "resources").any(|one| one == "*" || one == combined || of_all(one))
                && (list(rule, "resourceNames").next().is_none() || names.into_iter().any(|one| one == name))
        }
    }
}

/// Whether a subject of a binding is the user; `namespace` is that of the binding.
// Models rbac/validation appliesToUser (v1.36)
fn applies(subject: &Value, user: &User, namespace: &str) -> bool {
    let text = |field: &str| subject[field].as_str().unwrap_or("");
    match text("kind") {
        "User" => text("name") == user.name,
        "Group" => user.groups.iter().any(|group| group == text("name")),
        "ServiceAccount" => {
            let own = text("namespace");
            let namespace = if own.is_empty() { namespace } else { own };
            !namespace.is_empty()
                && user.name == format!("system:serviceaccount:{namespace}:{}", text("name"))
        }
        _ => false,
    }
}

/// The rules that hold for a user: in the whole cluster, and in a namespace if one is given.
// Models DefaultRuleResolver.VisitRulesFor (v1.36)
#[must_use]
pub fn rules_for(store: &Store, user: &User, namespace: &str) -> Vec<Value> {
    let mut rules = Vec::new();
    let mut add = |binding: &Value, namespace: &str| {
        let subjects = binding["subjects"].as_array();
        if !subjects.into_iter().flatten().any(|subject| applies(subject, user, namespace)) {
            return;
        }
        let (kind, name) = (&binding["roleRef"]["kind"], binding["roleRef"]["name"].as_str().unwrap_or(""));
        let (kind, place) = if kind == "ClusterRole" { ("ClusterRole", "") } else { ("Role", namespace) };
        let role = store.get(&super::ObjectKey::new(kind, place, name)).map(|role| role.to_value());
        rules.extend(role.iter().flat_map(|role| role["rules"].as_array().into_iter().flatten()).cloned());
    };
    for binding in store.list("ClusterRoleBinding", None) {
        add(&binding.to_value(), "");
    }
    if !namespace.is_empty() {
        for binding in store.list("RoleBinding", Some(namespace)) {
            add(&binding.to_value(), namespace);
        }
    }
    rules
}

/// Whether a user may do something.
#[must_use]
pub fn is_allowed(store: &Store, user: &User, attributes: &Attributes<'_>) -> bool {
    if user.groups.iter().any(|group| group == "system:masters") {
        return true;
    }
    let namespace = match attributes {
        Attributes::Resource { namespace, .. } => namespace,
        Attributes::Path { .. } => "",
    };
    rules_for(store, user, namespace).iter().any(|rule| rule_allows(rule, attributes))
}

/// Lets a request through, or says why not.
///
/// # Errors
///
/// The API server's `Forbidden`, which names the user, the verb and the resource.
// Models k8s.io/apiserver/pkg/endpoints/handlers/responsewriters Forbidden (v1.36)
pub fn authorize(store: &Store, user: &User, attributes: &Attributes<'_>) -> Result<(), Box<Status>> {
    if is_allowed(store, user, attributes) {
        return Ok(());
    }
    match *attributes {
        Attributes::Path { verb, path } => {
            let message = format!("forbidden: User \"{}\" cannot {verb} path \"{path}\"", user.name);
            Err(status(403, "Forbidden", message))
        }
        Attributes::Resource { verb, group, resource, subresource, namespace, name } => {
            let qualified =
                if group.is_empty() { resource.to_string() } else { format!("{resource}.{group}") };
            let slash = if subresource.is_empty() { "" } else { "/" };
            let place = if namespace.is_empty() {
                "at the cluster scope".to_string()
            } else {
                format!("in the namespace \"{namespace}\"")
            };
            let object = if name.is_empty() { qualified } else { format!("{qualified} \"{name}\"") };
            let message = format!(
                "{object} is forbidden: User \"{}\" cannot {verb} resource \"{resource}{slash}{subresource}\" in API \
                 group \"{group}\" {place}",
                user.name
            );
            let answer = status(403, "Forbidden", message);
            let kind =
                k8s_api::kind::KINDS.iter().find(|kind| kind.plural == resource && kind.group == group);
            Err(match kind {
                Some(kind) => details(answer, kind, name),
                None => answer,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pods<'a>(verb: &'a str, subresource: &'a str, name: &'a str) -> Attributes<'a> {
        Attributes::Resource { verb, group: "", resource: "pods", subresource, namespace: "a", name }
    }

    #[test]
    fn rules_name_subresources_and_objects() {
        let rule = json!({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]});
        assert!(rule_allows(&rule, &pods("get", "", "x")));
        assert!(!rule_allows(&rule, &pods("get", "log", "x")));
        assert!(!rule_allows(&rule, &pods("list", "", "")));
        let rule = json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*/log"]});
        assert!(rule_allows(&rule, &pods("get", "log", "x")) && !rule_allows(&rule, &pods("get", "", "x")));
        let rule = json!({"verbs": ["get"], "apiGroups": [""], "resources": ["*"], "resourceNames": ["x"]});
        assert!(rule_allows(&rule, &pods("get", "exec", "x")) && !rule_allows(&rule, &pods("get", "", "y")));
        let rule = json!({"verbs": ["get"], "nonResourceURLs": ["/healthz", "/api/*"]});
        let path = |path| Attributes::Path { verb: "get", path };
        assert!(rule_allows(&rule, &path("/healthz")) && rule_allows(&rule, &path("/api/v1")));
        assert!(!rule_allows(&rule, &path("/healthz/x")) && !rule_allows(&rule, &pods("get", "", "x")));
    }

    #[test]
    fn groups_follow_from_the_name() {
        let user = User::impersonated("system:serviceaccount:a:b", &[]);
        assert_eq!(
            user.groups,
            ["system:serviceaccounts", "system:serviceaccounts:a", "system:authenticated"]
        );
        assert!(applies(&json!({"kind": "ServiceAccount", "name": "b"}), &user, "a"));
        assert!(!applies(&json!({"kind": "ServiceAccount", "name": "b", "namespace": "c"}), &user, "a"));
        assert_eq!(User::impersonated("system:anonymous", &[]).groups, ["system:unauthenticated"]);
    }
}
