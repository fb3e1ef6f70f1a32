//! The roles that a cluster begins with, and who has them. Those of the cluster's own components are left out:
//! nothing here asks whether they may do what they do.
// Models plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go (v1.36)

use k8s_api::Value;
use serde_json::json;

use super::namespace::add;
use super::node_lifecycle::Look;
use crate::rng::Rng;

/// Of each rule: verbs, groups (`-` is the core group) and resources; or verbs and paths.
const VIEW: &str = "\
get,list,watch - configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,\
replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status
get,list,watch - bindings,events,limitranges,namespaces/status,pods/log,pods/status,\
replicationcontrollers/status,resourcequotas,resourcequotas/status
get,list,watch - namespaces
get,list,watch discovery.k8s.io endpointslices
get,list,watch apps controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,\
deployments/status,replicasets,replicasets/scale,replicasets/status,statefulsets,statefulsets/scale,statefulsets/status
get,list,watch autoscaling horizontalpodautoscalers,horizontalpodautoscalers/status
get,list,watch batch cronjobs,cronjobs/status,jobs,jobs/status
get,list,watch policy poddisruptionbudgets,poddisruptionbudgets/status
get,list,watch networking.k8s.io ingresses,ingresses/status,networkpolicies";
const EDIT: &str = "\
get,list,watch - pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy
impersonate - serviceaccounts
create,delete,deletecollection,patch,update - pods,pods/attach,pods/exec,pods/portforward,pods/proxy
create - pods/eviction
create,delete,deletecollection,patch,update - configmaps,events,persistentvolumeclaims,replicationcontrollers,\
replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy
create - serviceaccounts/token
create,delete,deletecollection,patch,update apps daemonsets,deployments,deployments/rollback,deployments/scale,\
replicasets,replicasets/scale,statefulsets,statefulsets/scale
create,delete,deletecollection,patch,update autoscaling horizontalpodautoscalers
create,delete,deletecollection,patch,update batch cronjobs,jobs
create,delete,deletecollection,patch,update policy poddisruptionbudgets
create,delete,deletecollection,patch,update networking.k8s.io ingresses,networkpolicies
create,delete,deletecollection,get,list,patch,update,watch coordination.k8s.io leases";
const ADMIN: &str = "\
create authorization.k8s.io localsubjectaccessreviews
create,delete,deletecollection,get,list,patch,update,watch rbac.authorization.k8s.io rolebindings,roles";
const CLUSTER_ADMIN: &str = "* * *\n* /*";
const BASIC: &str = "\
create authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews
create authentication.k8s.io selfsubjectreviews";
const DISCOVERY: &str =
    "get /api,/api/*,/apis,/apis/*,/healthz,/livez,/openapi,/openapi/*,/readyz,/version,/version/";
const PUBLIC: &str = "get /healthz,/livez,/readyz,/version,/version/";
const WELL_KNOWN: &str = "get /.well-known,/.well-known/*";
const ISSUER: &str = "get /.well-known/openid-configuration,/.well-known/openid-configuration/,/openid/v1/jwks,/openid/v1/jwks/";

fn rules(table: &str) -> Vec<Value> {
    let words = |text: &str| -> Vec<String> { text.split(',').map(str::to_string).collect() };
    let groups = |text: &str| if text == "-" { vec![String::new()] } else { words(text) };
    table
        .lines()
        .filter_map(|line| {
            let parts: Vec<&str> = line.split(' ').collect();
            match parts.as_slice() {
                [verbs, "/*"] => Some(json!({"verbs": words(verbs), "nonResourceURLs": ["*"]})),
                [verbs, paths] => Some(json!({"verbs": words(verbs), "nonResourceURLs": words(paths)})),
                [verbs, of, resources] => Some(json!({
                    "verbs": words(verbs), "apiGroups": groups(of), "resources": words(resources)
                })),
                _ => None,
            }
        })
        .collect()
}

/// Adds the roles and their bindings.
pub(crate) fn add_roles(look: &mut Look<'_>, rng: &Rng) {
    const ALL: [&str; 2] = ["system:authenticated", "system:unauthenticated"];
    let edit = format!("{EDIT}\n{VIEW}");
    let admin = format!("{ADMIN}\n{edit}");
    let roles: [(&str, &str, &[&str]); 9] = [
        ("cluster-admin", CLUSTER_ADMIN, &["system:masters"]),
        ("admin", &admin, &[]),
        ("edit", &edit, &[]),
        ("view", VIEW, &[]),
        ("system:basic-user", BASIC, &ALL[..1]),
        ("system:discovery", DISCOVERY, &ALL[..1]),
        ("system:public-info-viewer", PUBLIC, &ALL),
        ("system:openshift:public-info-viewer", WELL_KNOWN, &ALL),
        ("system:service-account-issuer-discovery", ISSUER, &["system:serviceaccounts"]),
    ];
    let metadata = |name: &str| {
        json!({
            "name": name,
            "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"},
            "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"},
        })
    };
    const GROUP: &str = "rbac.authorization.k8s.io";
    for (name, table, groups) in roles {
        let version = format!("{GROUP}/v1");
        let role = json!({
            "apiVersion": version, "kind": "ClusterRole", "metadata": metadata(name), "rules": rules(table),
        });
        add(look, rng, &role);
        if groups.is_empty() {
            continue;
        }
        let subjects: Vec<Value> =
            groups.iter().map(|group| json!({"kind": "Group", "apiGroup": GROUP, "name": group})).collect();
        let binding = json!({
            "apiVersion": version, "kind": "ClusterRoleBinding", "metadata": metadata(name),
            "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": name}, "subjects": subjects,
        });
        add(look, rng, &binding);
    }
}
