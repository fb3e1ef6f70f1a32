//! The table of kinds: what the API server answers to `kubectl api-resources`.

/// One kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// `Pod`
    pub kind: &'static str,
    /// `""` for the core group, otherwise `apps`, `batch`, …
    pub group: &'static str,
    /// `v1`
    pub version: &'static str,
    /// `pods`
    pub plural: &'static str,
    /// `pod`
    pub singular: &'static str,
    /// `po`
    pub short: &'static [&'static str],
    /// Whether its objects live in a namespace.
    pub namespaced: bool,
    /// Whether `kubectl get all` shows it.
    pub in_all: bool,
}

const fn kind(
    kind: &'static str,
    (group, version): (&'static str, &'static str),
    plural: &'static str,
    singular: &'static str,
    short: &'static [&'static str],
    namespaced: bool,
    in_all: bool,
) -> Kind {
    Kind { kind, group, version, plural, singular, short, namespaced, in_all }
}

const CORE: (&str, &str) = ("", "v1");
const APPS: (&str, &str) = ("apps", "v1");
const BATCH: (&str, &str) = ("batch", "v1");
const AUTOSCALING: (&str, &str) = ("autoscaling", "v2");
const STORAGE: (&str, &str) = ("storage.k8s.io", "v1");
const NETWORKING: (&str, &str) = ("networking.k8s.io", "v1");
const RBAC: (&str, &str) = ("rbac.authorization.k8s.io", "v1");

/// Every kind that is known here, in the order of `kubectl api-resources`.
pub const KINDS: &[Kind] = &[
    kind("Binding", CORE, "bindings", "binding", &[], true, false),
    kind("ConfigMap", CORE, "configmaps", "configmap", &["cm"], true, false),
    kind("Endpoints", CORE, "endpoints", "endpoints", &["ep"], true, false),
    kind("Event", CORE, "events", "event", &["ev"], true, false),
    kind("LimitRange", CORE, "limitranges", "limitrange", &["limits"], true, false),
    kind("Namespace", CORE, "namespaces", "namespace", &["ns"], false, false),
    kind("Node", CORE, "nodes", "node", &["no"], false, false),
    kind(
        "PersistentVolumeClaim",
        CORE,
        "persistentvolumeclaims",
        "persistentvolumeclaim",
        &["pvc"],
        true,
        false,
    ),
    kind("PersistentVolume", CORE, "persistentvolumes", "persistentvolume", &["pv"], false, false),
    kind("Pod", CORE, "pods", "pod", &["po"], true, true),
    kind("PodTemplate", CORE, "podtemplates", "podtemplate", &[], true, false),
    kind(
        "ReplicationController",
        CORE,
        "replicationcontrollers",
        "replicationcontroller",
        &["rc"],
        true,
        true,
    ),
    kind("ResourceQuota", CORE, "resourcequotas", "resourcequota", &["quota"], true, false),
    kind("Secret", CORE, "secrets", "secret", &[], true, false),
    kind("ServiceAccount", CORE, "serviceaccounts", "serviceaccount", &["sa"], true, false),
    kind("Service", CORE, "services", "service", &["svc"], true, true),
    kind("ControllerRevision", APPS, "controllerrevisions", "controllerrevision", &[], true, false),
    kind("DaemonSet", APPS, "daemonsets", "daemonset", &["ds"], true, true),
    kind("Deployment", APPS, "deployments", "deployment", &["deploy"], true, true),
    kind("ReplicaSet", APPS, "replicasets", "replicaset", &["rs"], true, true),
    kind("StatefulSet", APPS, "statefulsets", "statefulset", &["sts"], true, true),
    kind(
        "HorizontalPodAutoscaler",
        AUTOSCALING,
        "horizontalpodautoscalers",
        "horizontalpodautoscaler",
        &["hpa"],
        true,
        true,
    ),
    kind("CronJob", BATCH, "cronjobs", "cronjob", &["cj"], true, true),
    kind("Job", BATCH, "jobs", "job", &[], true, true),
    kind("Lease", ("coordination.k8s.io", "v1"), "leases", "lease", &[], true, false),
    kind("EndpointSlice", ("discovery.k8s.io", "v1"), "endpointslices", "endpointslice", &[], true, false),
    kind("IngressClass", NETWORKING, "ingressclasses", "ingressclass", &[], false, false),
    kind("Ingress", NETWORKING, "ingresses", "ingress", &["ing"], true, false),
    kind("NetworkPolicy", NETWORKING, "networkpolicies", "networkpolicy", &["netpol"], true, false),
    kind("RuntimeClass", ("node.k8s.io", "v1"), "runtimeclasses", "runtimeclass", &[], false, false),
    kind(
        "PodDisruptionBudget",
        ("policy", "v1"),
        "poddisruptionbudgets",
        "poddisruptionbudget",
        &["pdb"],
        true,
        false,
    ),
    kind("ClusterRoleBinding", RBAC, "clusterrolebindings", "clusterrolebinding", &[], false, false),
    kind("ClusterRole", RBAC, "clusterroles", "clusterrole", &[], false, false),
    kind("RoleBinding", RBAC, "rolebindings", "rolebinding", &[], true, false),
    kind("Role", RBAC, "roles", "role", &[], true, false),
    kind(
        "PriorityClass",
        ("scheduling.k8s.io", "v1"),
        "priorityclasses",
        "priorityclass",
        &["pc"],
        false,
        false,
    ),
    kind("StorageClass", STORAGE, "storageclasses", "storageclass", &["sc"], false, false),
];

impl Kind {
    /// `v1` or `apps/v1`, as `apiVersion` says it.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `pod`, `deployment.apps`: how kubectl names a kind in its messages.
    pub fn qualified(&self) -> String {
        if self.group.is_empty() {
            self.singular.to_string()
        } else {
            format!("{}.{}", self.singular, self.group)
        }
    }

    /// `pods`, `deployments.apps`: how the API server names it in its messages.
    pub fn qualified_plural(&self) -> String {
        if self.group.is_empty() {
            self.plural.to_string()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }
}

/// The kind that a manifest means by `apiVersion` and `kind`.
pub fn by_gvk(api_version: &str, name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.kind == name && kind.api_version() == api_version)
}

/// The kind of that name in any group.
pub fn by_kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.kind == name)
}

/// The kind that somebody means on a command line: `po`, `pod`, `pods`, `Pod`, `deployments.apps`,
/// `deployments.v1.apps`.
pub fn by_name(word: &str) -> Option<&'static Kind> {
    let word = word.to_ascii_lowercase();
    let (name, group) = match word.split_once('.') {
        None => (word.as_str(), None),
        Some((name, group)) => (name, Some(group)),
    };
    KINDS.iter().find(|kind| {
        let named = kind.plural == name || kind.singular == name || kind.short.contains(&name);
        let grouped = group.is_none_or(|group| {
            // `pods.v1` means a group; a version needs a dot after it. Models ParseResourceArg
            let without_version = group.strip_prefix(kind.version).and_then(|rest| rest.strip_prefix('.'));
            group == kind.group || without_version == Some(kind.group)
        });
        named && grouped
    })
}
