//! Answers tables of inputs, so that they can be compared with what the real functions answered:
//! `cargo run --release -q -p kubectl --example tables -- printPod|phase|computePodActions < rows.jsonl`
//!
//! Standard input has a JSON object a line, without its answer; standard output gets one a line with the
//! answer's key alone.

use std::io::{BufRead, Write};

use std::rc::Rc;

use k8s_api::core::{ContainerStatus, PodCondition, PodSpec, PodStatus};
use k8s_api::record::Load;
use k8s_api::time::parse_rfc3339;
use k8s_sim::kubelet::compute_pod_actions::{ProbeResult, ProbeResults, compute_pod_actions};
use k8s_sim::kubelet::pod_status::{self, ContainerState, RuntimeContainer, RuntimeSandbox};
use k8s_sim::kubelet::status::{
    generate_containers_ready_condition, generate_pod_initialized_condition, generate_pod_ready_condition,
    get_phase,
};
use k8s_sim::{Pod, SimTime};
use kubectl::printers::{cells, columns_of};
use serde_json::{Value, json};

fn main() -> std::io::Result<()> {
    let table = std::env::args().nth(1).unwrap_or_default();
    let answer: fn(&Value) -> Value = match table.as_str() {
        "printPod" => print_pod,
        "phase" => phase,
        "computePodActions" => pod_actions,
        other => {
            let mut err = std::io::stderr();
            writeln!(err, "no such table: {other:?}; there are printPod, phase and computePodActions")?;
            std::process::exit(2);
        }
    };
    let mut out = std::io::BufWriter::new(std::io::stdout());
    for line in std::io::stdin().lock().lines() {
        let row: Value = serde_json::from_str(&line?).unwrap_or(Value::Null);
        writeln!(out, "{}", answer(&row))?;
    }
    out.flush()
}

/// The row of an object of any kind, at the row's moment.
fn print_pod(row: &Value) -> Value {
    let kind = row["object"]["kind"].as_str().unwrap_or("Pod");
    let now = row["now"].as_str().and_then(parse_rfc3339).unwrap_or(0);
    let wide = row["wide"] != false;
    let columns = columns_of(kind);
    let cells: Vec<Value> = cells(kind, &row["object"], now, wide)
        .into_iter()
        .zip(columns)
        .filter(|(_, column)| wide || !column.wide)
        .map(|(cell, _)| cell)
        .collect();
    json!({"cells": [cells]})
}

fn loaded<T: Load + Default>(value: &Value) -> T {
    let mut item = T::default();
    item.load(value);
    item
}

/// The statuses of the containers, unless nothing is known of them.
fn statuses(value: &Value) -> Option<Vec<ContainerStatus>> {
    value.is_array().then(|| loaded(value))
}

/// A Pod's phase, or one of its conditions.
fn phase(row: &Value) -> Value {
    if row["func"] == "getPhase" {
        let spec: PodSpec = loaded(&row["spec"]);
        let statuses = statuses(&row["statuses"]).unwrap_or_default();
        let (terminal, initialized) = (row["podIsTerminal"] == true, row["podHasInitialized"] == true);
        return json!({"phase": get_phase(&spec, &statuses, terminal, initialized)});
    }
    let spec: PodSpec = loaded(&row["pod"]["spec"]);
    let status: PodStatus = loaded(&row["pod"]["status"]);
    let conditions: Vec<PodCondition> = loaded(&row["conditions"]);
    let statuses = statuses(&row["containerStatuses"]);
    let statuses = statuses.as_deref();
    let phase = row["phase"].as_str().unwrap_or("");
    let condition = match row["func"].as_str().unwrap_or("") {
        "GenerateContainersReadyCondition" => generate_containers_ready_condition(&spec, statuses, phase),
        "GeneratePodReadyCondition" => generate_pod_ready_condition(&spec, &conditions, statuses, phase),
        _ => generate_pod_initialized_condition(&spec, &status.conditions, statuses, phase),
    };
    let mut condition = condition.to_value();
    // Nothing is left out of the answer, and nothing has happened at any time.
    condition["lastProbeTime"] = Value::Null;
    condition["lastTransitionTime"] = Value::Null;
    json!({"condition": condition})
}

/// The image of a container of a Pod.
fn image_of<'a>(pod: &'a Value, name: &str) -> &'a str {
    let groups = ["initContainers", "containers", "ephemeralContainers"];
    let mut containers = groups.iter().flat_map(|group| pod["spec"][*group].as_array().into_iter().flatten());
    let container = containers.find(|container| container["name"] == name);
    container.and_then(|container| container["image"].as_str()).unwrap_or("")
}

/// What the kubelet does next.
fn pod_actions(row: &Value) -> Value {
    let pod = Pod::from_value(&row["pod"]);
    let text = |value: &Value| Rc::<str>::from(value.as_str().unwrap_or(""));
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let number = |value: &Value| value.as_i64().unwrap_or(0);
    let containers = list(&row["containers"]).into_iter().map(|container| {
        Rc::new(RuntimeContainer {
            resources: None,
            id: text(&container["id"]),
            name: text(&container["name"]),
            state: match container["state"].as_str() {
                Some("created") => ContainerState::Created,
                Some("running") => ContainerState::Running,
                Some("exited") => ContainerState::Exited,
                _ => ContainerState::Unknown,
            },
            created_at: SimTime(0),
            started_at: None,
            finished_at: None,
            exit_code: number(&container["exitCode"]) as i32,
            signal: 0,
            reason: text(&container["reason"]),
            message: text(&Value::Null),
            restart_count: number(&container["restartCount"]) as u32,
            // Made from the container's definition as it is now.
            image: image_of(&row["pod"], container["name"].as_str().unwrap_or("")).into(),
            image_ref: text(&Value::Null),
            user: Some((0, 0, Rc::from([]))),
            active: true,
        })
    });
    let sandboxes = list(&row["sandboxes"]).into_iter().map(|sandbox| RuntimeSandbox {
        id: text(&sandbox["id"]),
        attempt: number(&sandbox["attempt"]) as u32,
        ready: sandbox["state"] == "SANDBOX_READY",
        ip: text(&sandbox["ip"]),
        host_network: false,
    });
    let status = pod_status::PodStatus {
        sandboxes: sandboxes.collect(),
        containers: containers.collect(),
        ip: text(&Value::Null),
    };
    // Results are given by container name, and kept by the id of the newest container of that name.
    let results = |field: &str| -> ProbeResults {
        let given = row["extra"][field].as_object().cloned().unwrap_or_default();
        given
            .iter()
            .filter_map(|(name, result)| {
                let id = status.find(name)?.id.clone();
                let result = match result.as_str() {
                    Some("Success") => ProbeResult::Success,
                    Some("Failure") => ProbeResult::Failure,
                    _ => ProbeResult::Unknown,
                };
                Some((id, result))
            })
            .collect()
    };
    let (liveness, startup) = (results("livenessResults"), results("startupResults"));
    let actions =
        compute_pod_actions(&pod, &status, &liveness, &startup, row["restartAllContainers"] == true);
    let or_null = |indices: &[usize]| if indices.is_empty() { Value::Null } else { json!(indices) };
    let kills: Vec<Value> = actions
        .containers_to_kill
        .iter()
        .map(|kill| {
            json!({"id": &*kill.id, "name": &*kill.name, "message": kill.message, "reason": kill.reason.as_str()})
        })
        .collect();
    json!({"result": {
        "attempt": actions.attempt,
        "containersToKill": kills,
        "containersToReset": actions.containers_to_reset.len(),
        "containersToStart": actions.containers_to_start,
        "createSandbox": actions.create_sandbox,
        "ephemeralContainersToStart": or_null(&actions.ephemeral_containers_to_start),
        "initContainersToStart": or_null(&actions.init_containers_to_start),
        "killPod": actions.kill_pod,
        "sandboxID": &*actions.sandbox_id,
    }})
}
