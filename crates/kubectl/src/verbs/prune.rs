//! `kubectl apply --prune`: deletes what was applied before and is not any more.
//! Models k8s.io/kubectl/pkg/cmd/apply/prune.go and util/prune (v1.36)

use k8s_api::kind::{self, Kind};
use serde_json::Value;

use super::apply::LAST_APPLIED;
use super::create::print_made;
use crate::api::DeleteOptions;
use crate::failure::Failure;
use crate::selector::Labels;
use crate::session::{DryRun, Session};
use crate::tree::{self, name, namespace};

const NAMESPACED: [&str; 14] = [
    "ConfigMap",
    "Endpoints",
    "PersistentVolumeClaim",
    "Pod",
    "ReplicationController",
    "Secret",
    "Service",
    "Job",
    "CronJob",
    "Ingress",
    "DaemonSet",
    "Deployment",
    "ReplicaSet",
    "StatefulSet",
];
const CLUSTER_WIDE: [&str; 2] = ["Namespace", "PersistentVolume"];

/// The kinds that are looked through, those of namespaces first.
// Models ParseResources and GetRESTMappings (v1.36)
fn kinds(session: &mut Session<'_>) -> Result<Vec<&'static Kind>, Failure> {
    let asked = session.flags.all("prune-allowlist");
    if asked.is_empty() {
        // Who asks in a namespace, by flag or by context, is warned of what will change.
        if session.flags.has("namespace") || session.env.namespace != "default" {
            session.out.warn(
                "W0101 00:00:00.000000       1 prune.go:71] Deprecated: kubectl apply will no longer prune non-namespaced \
                 resources by default when used with the --namespace flag in a future release. To preserve the current \
                 behaviour, list the resources you want to target explicitly in the --prune-allowlist flag.",
            );
        }
        return Ok(NAMESPACED.iter().chain(&CLUSTER_WIDE).filter_map(|name| kind::by_kind(name)).collect());
    }
    let mut all = Vec::new();
    for text in asked {
        let parts: Vec<&str> = text.split('/').collect();
        let [group, version, name] = parts[..] else {
            return Err(Failure::error(format!(
                "invalid GroupVersionKind format: {text}, please follow <group/version/kind>"
            )));
        };
        let version = if group == "core" { version.to_string() } else { [group, "/", version].concat() };
        all.push(
            kind::by_gvk(&version, name).ok_or_else(|| {
                Failure::error(format!("no matches for kind {name:?} in version {version:?}"))
            })?,
        );
    }
    let (mut first, second): (Vec<&Kind>, Vec<&Kind>) = all.into_iter().partition(|kind| kind.namespaced);
    first.extend(second);
    Ok(first)
}

/// Deletes what is not among the applied, of which each is a kind, a namespace and a name.
pub(super) fn prune(
    session: &mut Session<'_>,
    applied: &[(&'static Kind, String, String)],
    dry_run: DryRun,
) -> Result<(), Failure> {
    let labels = Labels::parse(session.flags.text("selector")).map_err(Failure::error)?;
    let mut namespaces: Vec<&str> = Vec::new();
    for (_, namespace, _) in applied.iter().filter(|(kind, ..)| kind.namespaced) {
        if !namespaces.contains(&namespace.as_str()) {
            namespaces.push(namespace);
        }
    }
    let kinds = kinds(session)?;
    let mut places: Vec<(&'static Kind, Option<&str>)> = Vec::new();
    for place in namespaces {
        places.extend(kinds.iter().filter(|kind| kind.namespaced).map(|kind| (*kind, Some(place))));
    }
    places.extend(kinds.iter().filter(|kind| !kind.namespaced).map(|kind| (*kind, None)));
    for (kind, place) in places {
        let all = session.api.list(kind, place).map_err(|status| Failure::from(&*status))?;
        super::get::warn_of_old_kinds(session, &[kind]);
        for object in all {
            let visited = applied.iter().any(|(other, place, known)| {
                other.kind == kind.kind && *place == namespace(&object) && *known == name(&object)
            });
            let ours =
                tree::at(&object, "metadata.annotations").get(LAST_APPLIED).is_some_and(Value::is_string);
            if visited || !ours || !labels.matches(&object) {
                continue;
            }
            if dry_run != DryRun::Client {
                let options =
                    DeleteOptions { dry_run: dry_run == DryRun::Server, ..DeleteOptions::default() };
                let gone = session.api.delete(kind, namespace(&object), name(&object), &options);
                gone.map_err(|status| Failure::from(&*status))?;
            }
            print_made(session, &object, "pruned", dry_run)?;
        }
    }
    Ok(())
}
