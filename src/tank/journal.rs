//! The journal as text: every input with its moment, so that a reload (or a permalink) lives the story again.

use k8s_api::Value;
use k8s_sim::{
    ApiRequest, ContainerName, DeleteOptions, ExecRequest, Fault, Input, PatchType, ProbeType, Propagation,
    Pull, RegistryChange, SimTime,
};
use serde_json::json;

/// The most inputs that are read back.
pub const INPUTS_MAX: usize = 5_000;

/// The journal as JSON: `[[milliseconds, input], …]`.
#[must_use]
pub fn to_json(journal: &[(SimTime, Input)]) -> Value {
    let entries = journal.iter().map(|(at, input)| json!([at.ms(), input_to_json(input)]));
    Value::Array(entries.collect())
}

/// Reads what [`to_json`] wrote. Nothing at all when any part of it is not understood: half a story is another one.
#[must_use]
pub fn from_json(saved: &Value) -> Option<Vec<(SimTime, Input)>> {
    let entries = saved.as_array()?;
    if entries.len() > INPUTS_MAX {
        return None;
    }
    let mut last = 0;
    entries
        .iter()
        .map(|entry| {
            let at = entry[0].as_u64().filter(|at| *at >= last)?;
            last = at;
            Some((SimTime(at), input_from_json(&entry[1])?))
        })
        .collect()
}

fn input_to_json(input: &Input) -> Value {
    match input {
        Input::Api(request) => request_to_json(request),
        Input::Fault(fault) => fault_to_json(fault),
        Input::Exec(ExecRequest { container, command, stdin, tty }) => {
            json!({"do": "exec", "in": name_to_json(container), "command": command, "stdin": stdin, "tty": tty})
        }
        Input::ExecInput { exec, bytes } => {
            json!({"do": "execInput", "exec": exec, "text": String::from_utf8_lossy(bytes)})
        }
        Input::Registry(change) => registry_to_json(change),
    }
}

fn input_from_json(saved: &Value) -> Option<Input> {
    let text = |key: &str| saved[key].as_str().map(str::to_owned);
    let flag = |key: &str| saved[key].as_bool().unwrap_or(false);
    let container = || name_from_json(&saved["in"]);
    let fault = |fault| Some(Input::Fault(fault));
    match saved["do"].as_str()? {
        "create" => Some(Input::Api(ApiRequest::Create {
            namespace: text("namespace")?,
            object: saved["object"].clone(),
            dry_run: flag("dryRun"),
        })),
        "update" => Some(Input::Api(ApiRequest::Update {
            object: saved["object"].clone(),
            subresource: text("subresource")?,
            dry_run: flag("dryRun"),
        })),
        "patch" => Some(Input::Api(ApiRequest::Patch {
            kind: text("kind")?,
            namespace: text("namespace")?,
            name: text("name")?,
            subresource: text("subresource")?,
            patch_type: match saved["type"].as_str()? {
                "merge" => PatchType::Merge,
                "strategic" => PatchType::Strategic,
                "json" => PatchType::Json,
                _ => return None,
            },
            patch: saved["patch"].clone(),
            dry_run: flag("dryRun"),
        })),
        "delete" => Some(Input::Api(ApiRequest::Delete {
            kind: text("kind")?,
            namespace: text("namespace")?,
            name: text("name")?,
            options: options_from_json(&saved["options"])?,
        })),
        "evict" => Some(Input::Api(ApiRequest::Evict {
            namespace: text("namespace")?,
            name: text("name")?,
            options: options_from_json(&saved["options"])?,
        })),
        "crash" => {
            let exit_code = i32::try_from(saved["code"].as_i64()?).ok()?;
            fault(Fault::CrashContainer { container: container()?, exit_code })
        }
        "hang" => fault(Fault::HangContainer { container: container()?, hang: flag("on") }),
        "fillMemory" => fault(Fault::FillMemory { container: container()?, bytes: saved["bytes"].as_u64()? }),
        "signal" => fault(Fault::SignalContainer {
            container: container()?,
            signal: u8::try_from(saved["signal"].as_u64()?).ok()?,
        }),
        "probe" => fault(Fault::SetProbe {
            container: container()?,
            probe: match saved["probe"].as_str()? {
                "Liveness" => ProbeType::Liveness,
                "Readiness" => ProbeType::Readiness,
                "Startup" => ProbeType::Startup,
                _ => return None,
            },
            broken: flag("on"),
        }),
        "killSandbox" => fault(Fault::KillSandbox { namespace: text("namespace")?, pod: text("pod")? }),
        "killNode" => fault(Fault::KillNode { node: text("node")? }),
        "reviveNode" => fault(Fault::ReviveNode { node: text("node")? }),
        "stopKubelet" => fault(Fault::StopKubelet { node: text("node")? }),
        "startKubelet" => fault(Fault::StartKubelet { node: text("node")? }),
        "addNode" => {
            fault(Fault::AddNode { name: text("node")?, cpu: text("cpu")?, memory: text("memory")? })
        }
        "exec" => Some(Input::Exec(ExecRequest {
            container: container()?,
            command: saved["command"]
                .as_array()?
                .iter()
                .map(|it| it.as_str().map(str::to_owned))
                .collect::<Option<_>>()?,
            stdin: flag("stdin"),
            tty: flag("tty"),
        })),
        "execInput" => {
            Some(Input::ExecInput { exec: saved["exec"].as_u64()?, bytes: text("text")?.into_bytes() })
        }
        "pull" => Some(Input::Registry(RegistryChange::SetPull {
            image: text("image")?,
            pull: match &saved["pull"] {
                Value::String(word) if word == "normal" => Pull::Normal,
                Value::String(word) if word == "missing" => Pull::Missing,
                Value::Number(ms) => Pull::Slow { ms: ms.as_u64()? },
                _ => return None,
            },
        })),
        "addImage" => {
            Some(Input::Registry(RegistryChange::Add { image: text("image")?, like: text("like")? }))
        }
        "removeImage" => Some(Input::Registry(RegistryChange::Remove { image: text("image")? })),
        _ => None,
    }
}

fn request_to_json(request: &ApiRequest) -> Value {
    match request {
        ApiRequest::Create { namespace, object, dry_run } => {
            json!({"do": "create", "namespace": namespace, "object": object, "dryRun": dry_run})
        }
        ApiRequest::Update { object, subresource, dry_run } => {
            json!({"do": "update", "object": object, "subresource": subresource, "dryRun": dry_run})
        }
        ApiRequest::Patch { kind, namespace, name, subresource, patch_type, patch, dry_run } => {
            let patch_type = match patch_type {
                PatchType::Merge => "merge",
                PatchType::Strategic => "strategic",
                PatchType::Json => "json",
            };
            json!({
                "do": "patch", "kind": kind, "namespace": namespace, "name": name, "subresource": subresource,
                "type": patch_type, "patch": patch, "dryRun": dry_run,
            })
        }
        ApiRequest::Delete { kind, namespace, name, options } => json!({
            "do": "delete", "kind": kind, "namespace": namespace, "name": name, "options": options_to_json(options),
        }),
        ApiRequest::Evict { namespace, name, options } => {
            json!({"do": "evict", "namespace": namespace, "name": name, "options": options_to_json(options)})
        }
    }
}

fn options_to_json(options: &DeleteOptions) -> Value {
    let propagation = match options.propagation {
        Propagation::Background => "background",
        Propagation::Foreground => "foreground",
        Propagation::Orphan => "orphan",
    };
    json!({
        "grace": options.grace_period_seconds, "propagation": propagation, "uid": options.uid,
        "dryRun": options.dry_run,
    })
}

fn options_from_json(saved: &Value) -> Option<DeleteOptions> {
    Some(DeleteOptions {
        grace_period_seconds: saved["grace"].as_i64(),
        propagation: match saved["propagation"].as_str()? {
            "background" => Propagation::Background,
            "foreground" => Propagation::Foreground,
            "orphan" => Propagation::Orphan,
            _ => return None,
        },
        uid: saved["uid"].as_str().map(str::to_owned),
        dry_run: saved["dryRun"].as_bool().unwrap_or(false),
    })
}

fn fault_to_json(fault: &Fault) -> Value {
    match fault {
        Fault::CrashContainer { container, exit_code } => {
            json!({"do": "crash", "in": name_to_json(container), "code": exit_code})
        }
        Fault::HangContainer { container, hang } => {
            json!({"do": "hang", "in": name_to_json(container), "on": hang})
        }
        Fault::FillMemory { container, bytes } => {
            json!({"do": "fillMemory", "in": name_to_json(container), "bytes": bytes})
        }
        Fault::SignalContainer { container, signal } => {
            json!({"do": "signal", "in": name_to_json(container), "signal": signal})
        }
        Fault::SetProbe { container, probe, broken } => {
            json!({"do": "probe", "in": name_to_json(container), "probe": probe.as_str(), "on": broken})
        }
        Fault::KillSandbox { namespace, pod } => {
            json!({"do": "killSandbox", "namespace": namespace, "pod": pod})
        }
        Fault::KillNode { node } => json!({"do": "killNode", "node": node}),
        Fault::ReviveNode { node } => json!({"do": "reviveNode", "node": node}),
        Fault::StopKubelet { node } => json!({"do": "stopKubelet", "node": node}),
        Fault::StartKubelet { node } => json!({"do": "startKubelet", "node": node}),
        Fault::AddNode { name, cpu, memory } => {
            json!({"do": "addNode", "node": name, "cpu": cpu, "memory": memory})
        }
    }
}

fn registry_to_json(change: &RegistryChange) -> Value {
    match change {
        RegistryChange::SetPull { image, pull } => {
            let pull = match pull {
                Pull::Normal => json!("normal"),
                Pull::Missing => json!("missing"),
                Pull::Slow { ms } => json!(ms),
            };
            json!({"do": "pull", "image": image, "pull": pull})
        }
        RegistryChange::Add { image, like } => json!({"do": "addImage", "image": image, "like": like}),
        RegistryChange::Remove { image } => json!({"do": "removeImage", "image": image}),
    }
}

fn name_to_json(name: &ContainerName) -> Value {
    json!([name.namespace, name.pod, name.container])
}

fn name_from_json(saved: &Value) -> Option<ContainerName> {
    let part = |index: usize| saved[index].as_str().map(str::to_owned);
    Some(ContainerName { namespace: part(0)?, pod: part(1)?, container: part(2)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deed;

    #[test]
    fn every_deed_comes_back_as_it_was() {
        let name = || deed::container("default", "catalog", "app");
        let inputs = vec![
            Input::Api(ApiRequest::Create {
                namespace: "default".into(),
                object: json!({"kind": "Pod", "metadata": {"name": "x"}}),
                dry_run: false,
            }),
            Input::Api(ApiRequest::Update {
                object: json!({"kind": "Pod"}),
                subresource: "status".into(),
                dry_run: true,
            }),
            deed::label_node("node-1", "disktype", "ssd"),
            deed::delete_pod("default", "catalog", Some(0)),
            deed::delete_pod("default", "catalog", None),
            deed::evict_pod("default", "catalog"),
            deed::crash(name(), 3),
            deed::hang(name(), true),
            deed::fill_memory(name(), 1 << 40),
            deed::signal(name(), 15),
            deed::set_probe(name(), ProbeType::Readiness, true),
            deed::kill_sandbox("default", "catalog"),
            deed::kill_node("node-1"),
            deed::revive_node("node-1"),
            deed::kubelet("node-1", false),
            deed::kubelet("node-1", true),
            deed::add_node("node-4"),
            Input::Exec(ExecRequest {
                container: name(),
                command: vec!["sh".into(), "-c".into(), "echo ü".into()],
                stdin: true,
                tty: false,
            }),
            Input::ExecInput { exec: 7, bytes: "exit\n".into() },
            deed::set_pull("nginx", Pull::Slow { ms: 30_000 }),
            deed::set_pull("nginx", Pull::Missing),
            deed::set_pull("nginx", Pull::Normal),
            deed::add_image("shop/cart:1", "nginx"),
            deed::forget_image("nginx"),
        ];
        let journal: Vec<_> =
            inputs.into_iter().enumerate().map(|(n, input)| (SimTime(n as u64 * 10), input)).collect();
        let text = to_json(&journal).to_string();
        assert_eq!(from_json(&serde_json::from_str(&text).unwrap()), Some(journal));
    }

    #[test]
    fn what_is_not_understood_is_no_story() {
        for text in ["{}", "[1]", "[[0,{}]]", r#"[[0,{"do":"dance"}]]"#, r#"[[0,{"do":"killNode"}]]"#] {
            assert_eq!(from_json(&serde_json::from_str(text).unwrap()), None, "{text}");
        }
        let unordered = r#"[[9,{"do":"killNode","node":"a"}],[3,{"do":"killNode","node":"a"}]]"#;
        assert_eq!(from_json(&serde_json::from_str(unordered).unwrap()), None);
    }
}
