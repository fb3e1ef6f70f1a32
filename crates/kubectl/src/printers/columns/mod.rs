//! The columns of each kind, and the cells of its rows: what the API server puts into a table.
//! Models pkg/printers/internalversion/printers.go AddHandlers (v1.36)

mod cluster;
mod config;
mod event;
mod network;
mod node;
mod pod;
mod rbac;
mod storage;
mod workloads;

pub(crate) use node::roles;
use serde_json::Value;

use crate::duration::human_duration;
use crate::tree::{list, text};
use k8s_api::time::parse_rfc3339;

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its title, as the header shows it.
    pub title: &'static str,
    /// Whether only `-o wide` shows it.
    pub wide: bool,
}

/// How the rows of a kind are made: the object and the moment (microseconds since the epoch) in, one value
/// per column out.
type Cells = fn(&Value, i64) -> Vec<Value>;

/// A kind's header and rows. Titles from `wide_from` on belong to `-o wide`.
struct Table {
    kind: &'static str,
    titles: &'static [&'static str],
    wide_from: usize,
    cells: Cells,
}

const fn table(kind: &'static str, titles: &'static [&'static str], wide_from: usize, cells: Cells) -> Table {
    Table { kind, titles, wide_from, cells }
}

/// Every kind with columns of its own.
static TABLES: &[Table] = &[
    table("Pod", pod::TITLES, 5, pod::cells),
    table("Node", node::TITLES, 5, node::cells),
    table("Namespace", &["NAME", "STATUS", "AGE"], 3, cluster::namespace),
    table("Event", event::TITLES, 10, event::cells),
    table("Service", network::SERVICE, 6, network::service),
    table("Endpoints", &["NAME", "ENDPOINTS", "AGE"], 3, network::endpoints),
    table("EndpointSlice", &["NAME", "ADDRESSTYPE", "PORTS", "ENDPOINTS", "AGE"], 5, network::endpoint_slice),
    table("Ingress", &["NAME", "CLASS", "HOSTS", "ADDRESS", "PORTS", "AGE"], 6, network::ingress),
    table("IngressClass", &["NAME", "CONTROLLER", "PARAMETERS", "AGE"], 4, network::ingress_class),
    table("NetworkPolicy", &["NAME", "POD-SELECTOR", "AGE"], 3, network::network_policy),
    table("ConfigMap", &["NAME", "DATA", "AGE"], 3, config::config_map),
    table("Secret", &["NAME", "TYPE", "DATA", "AGE"], 4, config::secret),
    table("ServiceAccount", &["NAME", "AGE"], 2, cluster::name_and_age),
    table("ResourceQuota", &["NAME", "REQUEST", "LIMIT", "AGE"], 4, config::resource_quota),
    table("LimitRange", &["NAME", "CREATED AT"], 2, cluster::created_at),
    table("Deployment", workloads::DEPLOYMENT, 5, workloads::deployment),
    table("ReplicaSet", workloads::REPLICA_SET, 5, workloads::replica_set),
    table("ReplicationController", workloads::REPLICA_SET, 5, workloads::replication_controller),
    table("StatefulSet", &["NAME", "READY", "AGE", "CONTAINERS", "IMAGES"], 3, workloads::stateful_set),
    table("DaemonSet", workloads::DAEMON_SET, 8, workloads::daemon_set),
    table("Job", workloads::JOB, 5, workloads::job),
    table("CronJob", workloads::CRON_JOB, 7, workloads::cron_job),
    table("ControllerRevision", &["NAME", "CONTROLLER", "REVISION", "AGE"], 4, workloads::revision),
    table("PodTemplate", &["NAME", "CONTAINERS", "IMAGES", "POD LABELS"], 4, workloads::pod_template),
    table(
        "HorizontalPodAutoscaler",
        &["NAME", "REFERENCE", "TARGETS", "MINPODS", "MAXPODS", "REPLICAS", "AGE"],
        7,
        workloads::autoscaler,
    ),
    table(
        "PodDisruptionBudget",
        &["NAME", "MIN AVAILABLE", "MAX UNAVAILABLE", "ALLOWED DISRUPTIONS", "AGE"],
        5,
        workloads::disruption_budget,
    ),
    table("PersistentVolume", storage::VOLUME, 10, storage::volume),
    table("PersistentVolumeClaim", storage::CLAIM, 8, storage::claim),
    table("StorageClass", storage::CLASS, 6, storage::class),
    table(
        "PriorityClass",
        &["NAME", "VALUE", "GLOBAL-DEFAULT", "AGE", "PREEMPTIONPOLICY"],
        5,
        cluster::priority,
    ),
    table("RuntimeClass", &["NAME", "HANDLER", "AGE"], 3, cluster::runtime_class),
    table("Lease", &["NAME", "HOLDER", "AGE"], 3, cluster::lease),
    table("RoleBinding", rbac::BINDING, 3, rbac::binding),
    table("ClusterRoleBinding", rbac::BINDING, 3, rbac::binding),
    table("Role", &["NAME", "CREATED AT"], 2, cluster::created_at),
    table("ClusterRole", &["NAME", "CREATED AT"], 2, cluster::created_at),
];

/// What is printed of a kind without columns of its own.
static PLAIN: Table = table("", &["NAME", "AGE"], 2, cluster::name_and_age);

fn table_of(kind: &str) -> &'static Table {
    TABLES.iter().find(|table| table.kind == kind).unwrap_or(&PLAIN)
}

/// The columns of a kind.
pub fn columns_of(kind: &str) -> Vec<Column> {
    let table = table_of(kind);
    let wide = |index: usize| match kind {
        // The only kind whose wide columns stand between the others.
        "Event" => matches!(index, 4 | 5 | 7 | 8 | 9),
        _ => index >= table.wide_from,
    };
    table.titles.iter().enumerate().map(|(index, title)| Column { title, wide: wide(index) }).collect()
}

/// The cells of an object's row, one per column, at a moment in microseconds since the epoch. Where there is
/// not much room (`wide` is false), addresses may be cut short.
pub fn cells(kind: &str, object: &Value, now_micros: i64, wide: bool) -> Vec<Value> {
    match (kind, wide) {
        ("Service", true) => network::service_row(object, now_micros, true),
        ("Ingress", true) => network::ingress_row(object, now_micros, true),
        _ => (table_of(kind).cells)(object, now_micros),
    }
}

/// How long ago a timestamp was. Models printers.go translateTimestampSince (v1.36)
fn since(timestamp: &str, now_micros: i64) -> String {
    parse_rfc3339(timestamp).map_or("<unknown>".to_string(), |then| human_duration(now_micros - then))
}

fn age(object: &Value, now_micros: i64) -> Value {
    since(text(object, "metadata.creationTimestamp"), now_micros).into()
}

fn name_cell(object: &Value) -> Value {
    text(object, "metadata.name").into()
}

fn or_none(value: &str) -> Value {
    if value.is_empty() { "<none>".into() } else { value.into() }
}

/// `first,second,third + 2 more...` Models printers.go listWithMoreString (v1.36)
fn first_three(items: &[String]) -> String {
    const MAX: usize = 3;
    if items.len() > MAX {
        format!("{} + {} more...", items[..MAX].join(","), items.len() - MAX)
    } else {
        items.join(",")
    }
}

/// Names and images of the containers at a path. Models printers.go layoutContainerCells (v1.36)
fn container_cells(object: &Value, path: &str) -> [Value; 2] {
    let join = |field: &str| {
        list(object, path).iter().map(|container| text(container, field)).collect::<Vec<_>>().join(",").into()
    };
    [join("name"), join("image")]
}
