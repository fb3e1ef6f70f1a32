//! `kubectl expose` and `kubectl autoscale`: a Service or an autoscaler made from another object.
//! Models k8s.io/kubectl/pkg/cmd/{expose,autoscale} (v1.36)

use serde_json::{Map, Value, json};

use super::Task;
use super::create::{print_made, required};
use crate::containers::selector_of;
use crate::failure::Failure;
use crate::session::{DryRun, Outcome, Session};
use crate::targets::{self, Target, Wanted};
use crate::tree::{at, int, list, object, text};

pub(super) const EXPOSE_FLAGS: &str = "port:s target-port:s protocol:s type:s name:s l/labels:s selector:s \
    external-ip:s load-balancer-ip:s cluster-ip:s session-affinity:s overrides:s override-type:s f/filename:l \
    R/recursive k/kustomize:s dry-run:s=unchanged o/output:s save-config field-manager:s template:s \
    show-managed-fields";
pub(super) const AUTOSCALE_FLAGS: &str = "min:i max:i cpu-percent:i cpu:s memory:s name:s f/filename:l R/recursive \
    k/kustomize:s dry-run:s=unchanged o/output:s save-config field-manager:s template:s show-managed-fields";

fn one_target(session: &mut Session<'_>) -> Result<Option<Target>, Failure> {
    let args = session.flags.args.clone();
    let found = targets::find(session, &args, Wanted::default())?;
    if !found.failures.is_empty() {
        return Err(Failure::join(found.failures));
    }
    Ok(found.targets.into_iter().next())
}

/// `a=b,c=d` as a map.
fn pairs(text: &str) -> Map<String, Value> {
    text.split(',')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.to_string(), value.into()))
        .collect()
}

fn number_or_name(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from)
}

pub(super) fn expose(session: &mut Session<'_>) -> Outcome {
    let dry_run = session.dry_run()?;
    let Some(target) = one_target(session)? else { return Ok(Task::Done(0)) };
    let flags = session.flags;
    let exposable = ["Pod", "Service", "ReplicationController", "Deployment", "ReplicaSet"];
    if !exposable.contains(&target.kind.kind) {
        let group =
            if target.kind.group.is_empty() { String::new() } else { format!(".{}", target.kind.group) };
        return Err(Failure::error(format!("cannot expose a {}{group}", target.kind.kind)));
    }
    let from = &target.object;
    let selector = match flags.get("selector") {
        Some(selector) => pairs(selector),
        None if target.kind.kind == "Pod" => {
            at(from, "metadata.labels").as_object().cloned().unwrap_or_default()
        }
        None => pairs(&selector_of(from).unwrap_or_default()),
    };
    if selector.is_empty() {
        return Err(Failure::error(
            "couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be \
             exposed",
        ));
    }
    let spec = if target.kind.kind == "Pod" { "spec" } else { "spec.template.spec" };
    let own: Vec<(i64, String)> = if target.kind.kind == "Service" {
        let ports = list(from, "spec.ports").iter();
        ports.map(|port| (int(port, "port"), text(port, "protocol").to_string())).collect()
    } else {
        list(from, &format!("{spec}.containers"))
            .iter()
            .flat_map(|container| list(container, "ports"))
            .map(|port| (int(port, "containerPort"), text(port, "protocol").to_string()))
            .collect()
    };
    let protocol = |own: &str| match (flags.text("protocol"), own) {
        ("", "") => "TCP".to_string(),
        ("", own) => own.to_string(),
        (given, _) => given.to_string(),
    };
    let wanted: Vec<(i64, String)> = match flags.get("port") {
        Some(port) => port
            .split(',')
            .map(|port| port.parse::<i64>().map(|port| (port, protocol(""))))
            .collect::<Result<_, _>>()
            .map_err(|_| Failure::error(format!("strconv.Atoi: parsing {port:?}: invalid syntax")))?,
        None => own.iter().map(|(port, own)| (*port, protocol(own))).collect(),
    };
    if wanted.is_empty() {
        return Err(Failure::error("couldn't find port via --port flag or introspection"));
    }
    let several = wanted.len() > 1;
    let ports: Vec<Value> = wanted
        .iter()
        .enumerate()
        .map(|(index, (port, protocol))| {
            let to = flags.get("target-port").map_or_else(|| Value::from(*port), number_or_name);
            let mut entry = json!({"port": port, "protocol": protocol, "targetPort": to});
            if several {
                entry["name"] = format!("port-{}", index + 1).into();
            }
            entry
        })
        .collect();
    let labels = match flags.get("labels") {
        Some(labels) => Value::Object(pairs(labels)),
        None => at(from, "metadata.labels").clone(),
    };
    let service_name = flags.get("name").unwrap_or(&target.name);
    let service = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": object([("name", service_name.into()), ("labels", labels)]),
        "spec": object([
            ("ports", ports.into()),
            ("selector", Value::Object(selector)),
            ("type", flags.text("type").into()),
            ("clusterIP", flags.text("cluster-ip").into()),
            ("sessionAffinity", flags.text("session-affinity").into()),
        ]),
        "status": {"loadBalancer": {}},
    });
    make(session, &target.namespace, service, "exposed", dry_run)
}

fn make(session: &mut Session<'_>, namespace: &str, mut made: Value, done: &str, dry_run: DryRun) -> Outcome {
    if dry_run != DryRun::Client {
        made["metadata"]["namespace"] = namespace.into();
        made = session.create(namespace, &made, dry_run == DryRun::Server)?;
    }
    print_made(session, &made, done, dry_run)
}

pub(super) fn autoscale(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    required(flags, &["max"])?;
    let (least, most) = (flags.int("min").unwrap_or(-1), flags.int("max").unwrap_or(-1));
    if most < 1 {
        return Err(Failure::error(format!("--max=MAXPODS is required and must be at least 1, max: {most}")));
    }
    if most < least {
        return Err(Failure::error(format!(
            "--max=MAXPODS must be larger or equal to --min=MINPODS, max: {most}, min: {least}"
        )));
    }
    if flags.has("cpu-percent") {
        session.out.warn(
            "Flag --cpu-percent has been deprecated, Use --cpu with percentage or resource quantity format (e.g., \
             '70%' for utilization or '500m' for milliCPU).",
        );
    }
    let dry_run = session.dry_run()?;
    let Some(target) = one_target(session)? else { return Ok(Task::Done(0)) };
    let mut metrics = Vec::new();
    let percent =
        flags.int("cpu-percent").filter(|percent| *percent > 0).map(|percent| format!("{percent}%"));
    let asked = [
        ("cpu", flags.get("cpu").map(str::to_string).or(percent)),
        ("memory", flags.get("memory").map(str::to_string)),
    ];
    for (resource, amount) in asked {
        let Some(amount) = amount else { continue };
        let goal = match amount.strip_suffix('%') {
            Some(percent) => {
                let percent: i64 = percent.parse().map_err(|_| {
                    Failure::error(format!("failed to parse utilization percentage from {amount:?}"))
                })?;
                json!({"type": "Utilization", "averageUtilization": percent})
            }
            None => json!({"type": "AverageValue", "averageValue": amount}),
        };
        metrics.push(json!({"type": "Resource", "resource": {"name": resource, "target": goal}}));
    }
    let autoscaler = json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": flags.get("name").unwrap_or(&target.name)},
        "spec": object([
            ("maxReplicas", most.into()),
            ("minReplicas", if least > 0 { least.into() } else { Value::Null }),
            ("metrics", if metrics.is_empty() { Value::Null } else { metrics.into() }),
            ("scaleTargetRef", json!({
                "apiVersion": target.kind.api_version(), "kind": target.kind.kind, "name": target.name,
            })),
        ]),
    });
    make(session, &target.namespace, autoscaler, "autoscaled", dry_run)
}
