//! Random Pods, and random things that befall them.

use k8s_sim::{
    ApiRequest, ContainerName, DeleteOptions, ExecRequest, Fault, Input, NodeSetup, ProbeType, Pull,
    RegistryChange, Setup, SimTime,
};
use serde_json::{Value, json};

use super::Chance;

/// The namespace that everything happens in.
pub const NAMESPACE: &str = "default";

/// A small cluster.
pub fn setup(chance: &mut Chance) -> Setup {
    let nodes = chance.between(1, 3);
    Setup {
        seed: chance.draw(),
        nodes: (1..=nodes).map(|n| NodeSetup::new(&format!("node-{n}"), "4", "8Gi")).collect(),
        ..Setup::default()
    }
}

/// One simple statement of a script.
fn statement(chance: &mut Chance, shared: bool) -> String {
    let dir = if shared { "/shared" } else { "/tmp" };
    match chance.between(0, 15) {
        0 => format!("echo line {}", chance.between(0, 99)),
        1 => format!("sleep {}", chance.between(0, 12)),
        2 => format!("sleep 0.{}", chance.between(1, 9)),
        3 => format!("touch {dir}/ready"),
        4 => format!("echo $(( {} * 7 )) >> {dir}/count", chance.between(1, 9)),
        5 => format!("[ -f {dir}/ready ] && echo there || echo not there"),
        6 => "for i in 1 2 3; do echo $i; done".into(),
        7 => "cat /etc/hostname; hostname -i".into(),
        8 => format!("sleep {} &", chance.between(1, 30)),
        9 => "x=$(seq 1 5 | grep -c .); echo $x".into(),
        10 => "echo oops >&2".into(),
        11 => format!("rm -f {dir}/ready"),
        12 => "f() { echo in f $1; return 0; }; f once".into(),
        13 => "case $HOSTNAME in p*) echo a Pod;; *) echo no;; esac".into(),
        14 => "echo done > /dev/termination-log".into(),
        _ => "true".into(),
    }
}

/// How a script ends, or goes on.
fn ending(chance: &mut Chance, ends: bool, hostile: bool) -> String {
    if hostile && chance.percent(6) {
        // Programs that a simulator must survive.
        return (*chance.pick(&[
            "while :; do :; done",
            "yes",
            "f() { f | f & }; f",
            "x=aaaaaaaa; while :; do x=$x$x; done",
            "while :; do echo -n more; done",
            "while :; do sleep 1 & done",
            "f() { f; }; f",
            "cat /dev/zero",
            "dd if=/dev/zero of=/tmp/big bs=1M count=100000",
            "exec sh -c 'exec sh -c \"kill -9 1; sleep 1000\"'",
        ]))
        .into();
    }
    if ends {
        return match chance.between(0, 5) {
            0 | 1 => "exit 0".into(),
            2 => format!("exit {}", chance.between(1, 255)),
            3 => format!("sleep {}; exit {}", chance.between(1, 20), chance.between(0, 3)),
            4 => "exit 42".into(),
            _ => "kill -9 $$; exit 7".into(),
        };
    }
    match chance.between(0, 7) {
        0 => "exec sleep 3600".into(),
        1 => "sleep 3600".into(),
        2 => format!("while true; do echo tick; sleep {}; done", chance.between(1, 10)),
        3 => "exec httpd -f -p 8080 -h /tmp".into(),
        4 => "nc -lk -p 8080 -e true".into(),
        5 => "trap 'echo bye; exit 0' TERM; while true; do sleep 1; done".into(),
        6 => "trap '' TERM; while true; do sleep 1; done".into(),
        _ => "sleep 3600 & wait".into(),
    }
}

fn script(chance: &mut Chance, ends: bool, shared: bool, hostile: bool) -> String {
    let mut lines: Vec<String> = Vec::new();
    if chance.percent(20) {
        lines.push(format!("trap 'echo asked to stop; sleep {}; exit 0' TERM", chance.between(0, 5)));
    }
    for _ in 0..chance.between(0, 3) {
        lines.push(statement(chance, shared));
    }
    lines.push(ending(chance, ends, hostile));
    lines.join("\n")
}

/// What a probe does, or (with the Pod's grace) a hook.
fn handler(chance: &mut Chance, hook: Option<u64>, shared: bool) -> Value {
    let dir = if shared { "/shared" } else { "/tmp" };
    match chance.between(0, 5) {
        0 => json!({"exec": {"command": ["true"]}}),
        1 => json!({"exec": {"command": ["sh", "-c", format!("test -f {dir}/ready")]}}),
        2 => json!({"exec": {"command": ["sleep", chance.between(0, 6).to_string()]}}),
        3 => json!({"httpGet": {"path": "/", "port": 8080}}),
        4 => match hook {
            // It must be shorter than the grace.
            Some(grace) if grace > 1 => json!({"sleep": {"seconds": chance.between(1, (grace - 1).min(6))}}),
            Some(_) => json!({"exec": {"command": ["false"]}}),
            None => json!({"grpc": {"port": 8080}}),
        },
        _ => json!({"tcpSocket": {"port": 8080}}),
    }
}

fn probe(chance: &mut Chance, readiness: bool, shared: bool) -> Value {
    let mut probe = handler(chance, None, shared);
    probe["periodSeconds"] = chance.between(1, 10).into();
    probe["initialDelaySeconds"] = chance.between(0, 6).into();
    probe["timeoutSeconds"] = chance.between(1, 3).into();
    probe["failureThreshold"] = chance.between(1, 4).into();
    if readiness {
        probe["successThreshold"] = chance.between(1, 3).into();
    } else if chance.percent(20) {
        probe["terminationGracePeriodSeconds"] = chance.between(1, 10).into();
    }
    probe
}

fn image(chance: &mut Chance) -> &'static str {
    match chance.between(0, 19) {
        0 => "nowhere.invalid/app:1",
        1 => "busybox:no-such-tag",
        2 => "not-in-the-registry",
        _ => "busybox:1.36",
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Init,
    Sidecar,
    App,
}

/// What the containers of a Pod have in common.
#[derive(Clone, Copy)]
struct Common {
    grace: u64,
    shared: bool,
    hostile: bool,
}

fn container(chance: &mut Chance, name: &str, role: Role, pod: Common) -> Value {
    let Common { shared, hostile, .. } = pod;
    let ends = match role {
        Role::Init => true,
        Role::Sidecar => chance.percent(15),
        Role::App => chance.percent(45),
    };
    let command = match chance.between(0, 19) {
        0 => json!(["no-such-program"]),
        1 => json!(["/etc/hostname"]),
        2 => json!(["sleep", "20"]),
        _ => {
            let text = match role {
                // Most init containers succeed, or little would ever be seen of what follows.
                Role::Init if chance.percent(70) => {
                    format!("{}; sleep {}", statement(chance, shared), chance.between(0, 4))
                }
                Role::Init | Role::Sidecar | Role::App => script(chance, ends, shared, hostile),
            };
            json!(["sh", "-c", text])
        }
    };
    let mut container = json!({"name": name, "image": image(chance), "command": command});
    if shared {
        container["volumeMounts"] = json!([{"name": "shared", "mountPath": "/shared"}]);
    }
    if chance.percent(25) {
        container["imagePullPolicy"] = (*chance.pick(&["Always", "IfNotPresent", "Never"])).into();
    }
    if chance.percent(30) {
        let memory = format!("{}Mi", chance.between(8, 128));
        container["resources"] = json!({"limits": {"memory": memory, "cpu": "100m"}});
    }
    if chance.percent(15) {
        container["env"] = json!([
            {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "MEMORY", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory"}}},
            {"name": "BOTH", "value": "$(POD_IP)-$(MEMORY)-$(NOT_THERE)"},
        ]);
    }
    if chance.percent(5) {
        container["envFrom"] = json!([{"configMapRef": {"name": "not-there"}}]);
    }
    if chance.percent(10) {
        container["terminationMessagePolicy"] = "FallbackToLogsOnError".into();
    }
    if chance.percent(8) {
        container["securityContext"] = json!({"runAsUser": 1000, "runAsNonRoot": true});
    }
    if chance.percent(8) {
        container["securityContext"]["readOnlyRootFilesystem"] = true.into();
    }
    match role {
        Role::Init => {}
        Role::Sidecar => container["restartPolicy"] = "Always".into(),
        Role::App if chance.percent(15) => {
            container["restartPolicy"] = (*chance.pick(&["Always", "OnFailure", "Never"])).into();
            if chance.percent(60) {
                let action = *chance.pick(&["Restart", "Restart", "RestartAllContainers"]);
                let operator = *chance.pick(&["In", "NotIn"]);
                container["restartPolicyRules"] =
                    json!([{"action": action, "exitCodes": {"operator": operator, "values": [42, 137]}}]);
            }
        }
        Role::App => {}
    }
    if role != Role::Init {
        for (field, percent) in [("livenessProbe", 25), ("readinessProbe", 30), ("startupProbe", 20)] {
            if chance.percent(percent) {
                container[field] = probe(chance, field == "readinessProbe", shared);
            }
        }
        for (field, percent) in [("postStart", 12), ("preStop", 20)] {
            if chance.percent(percent) {
                container["lifecycle"][field] = handler(chance, Some(pod.grace), shared);
            }
        }
    }
    container
}

/// A random Pod that the API server accepts.
pub fn pod(chance: &mut Chance, name: &str, hostile: bool) -> Value {
    let shared = chance.percent(50);
    let grace = *chance.pick(&[0, 1, 2, 5, 10, 30]);
    let common = Common { grace, shared, hostile };
    let mut init = Vec::new();
    if chance.percent(55) {
        for n in 0..chance.between(1, 3) {
            let role = if chance.percent(45) { Role::Sidecar } else { Role::Init };
            let prefix = if role == Role::Sidecar { "side" } else { "init" };
            init.push(container(chance, &format!("{prefix}-{n}"), role, common));
        }
    }
    let apps: Vec<Value> = (0..*chance.pick(&[1, 1, 1, 2, 2, 3]))
        .map(|n| container(chance, &format!("app-{n}"), Role::App, common))
        .collect();
    let mut spec = json!({
        "restartPolicy": *chance.pick(&["Always", "Always", "OnFailure", "Never"]),
        "terminationGracePeriodSeconds": grace,
        "initContainers": init,
        "containers": apps,
    });
    let mut volumes = Vec::new();
    if shared {
        let medium = if chance.percent(30) { "Memory" } else { "" };
        volumes.push(json!({"name": "shared", "emptyDir": {"medium": medium}}));
    }
    if chance.percent(8) {
        volumes.push(
            json!({"name": "missing", "configMap": {"name": "not-there", "optional": chance.percent(50)}}),
        );
    }
    if chance.percent(12) {
        let items = json!([{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]);
        volumes.push(json!({"name": "about", "downwardAPI": {"items": items}}));
    }
    spec["volumes"] = volumes.into();
    if chance.percent(12) {
        spec["activeDeadlineSeconds"] = chance.between(1, 60).into();
    }
    if chance.percent(12) {
        spec["shareProcessNamespace"] = true.into();
    }
    if chance.percent(6) {
        spec["hostNetwork"] = true.into();
    }
    if chance.percent(15) {
        spec["nodeName"] = "node-1".into();
    }
    if chance.percent(5) {
        spec["nodeSelector"] = json!({"kubernetes.io/hostname": "node-1"});
    }
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}}, "spec": spec})
}

/// The request that makes an object.
pub fn create(object: Value) -> Input {
    Input::Api(ApiRequest::Create { namespace: NAMESPACE.into(), object, dry_run: false })
}

/// The request that deletes a Pod.
pub fn delete(name: &str, grace: Option<i64>) -> Input {
    Input::Api(ApiRequest::Delete {
        kind: "Pod".into(),
        namespace: NAMESPACE.into(),
        name: name.into(),
        options: DeleteOptions { grace_period_seconds: grace, ..DeleteOptions::default() },
    })
}

/// Something that befalls one of these Pods, or a node.
fn trouble(chance: &mut Chance, pods: &[Value], nodes: u64) -> Input {
    let pod = chance.pick(pods);
    let name = pod["metadata"]["name"].as_str().unwrap_or_default().to_string();
    let containers: Vec<&Value> = ["initContainers", "containers"]
        .iter()
        .flat_map(|list| pod["spec"][list].as_array().into_iter().flatten())
        .collect();
    let container = ContainerName {
        namespace: NAMESPACE.into(),
        pod: name.clone(),
        container: chance.pick(&containers)["name"].as_str().unwrap_or_default().into(),
    };
    let node = format!("node-{}", chance.between(1, nodes));
    let probe = *chance.pick(&[ProbeType::Liveness, ProbeType::Readiness, ProbeType::Startup]);
    let fault = match chance.between(0, 23) {
        0 | 1 => Fault::CrashContainer { container, exit_code: *chance.pick(&[0, 1, 42, 255]) },
        2 => Fault::HangContainer { container, hang: chance.percent(60) },
        3 => Fault::FillMemory { container, bytes: chance.between(1, 400) << 20 },
        4 | 5 => Fault::SignalContainer { container, signal: *chance.pick(&[1, 2, 9, 10, 15, 19, 18]) },
        6 | 7 => Fault::SetProbe { container, probe, broken: chance.percent(60) },
        8 => Fault::KillSandbox { namespace: NAMESPACE.into(), pod: name },
        9 => Fault::KillNode { node },
        10 | 11 => Fault::ReviveNode { node },
        12 => Fault::StopKubelet { node },
        13 | 14 => Fault::StartKubelet { node },
        15 => {
            return Input::Registry(RegistryChange::SetPull {
                image: "busybox:1.36".into(),
                pull: chance.pick(&[Pull::Normal, Pull::Missing, Pull::Slow { ms: 8_000 }]).clone(),
            });
        }
        16 => return Input::Registry(RegistryChange::Remove { image: "busybox:1.36".into() }),
        17 | 18 => {
            let commands =
                ["ps", "cat /etc/hosts", "ls -l /", "kill -TERM 1", "sleep 5", "touch /tmp/ready", "yes"];
            let command = chance.pick(&commands).split(' ').map(str::to_string).collect();
            return Input::Exec(ExecRequest { container, command, stdin: false, tty: false });
        }
        19 => {
            let options = DeleteOptions::default();
            return Input::Api(ApiRequest::Evict { namespace: NAMESPACE.into(), name, options });
        }
        _ => {
            let grace = *chance.pick(&[None, None, None, Some(0), Some(1), Some(4)]);
            return delete(&name, grace);
        }
    };
    Input::Fault(fault)
}

/// What is done to a cluster in the first `seconds`: Pods are made, and trouble comes.
pub fn journal(chance: &mut Chance, nodes: u64, seconds: u64, hostile: bool) -> Vec<(SimTime, Input)> {
    let pods: Vec<Value> =
        (0..chance.between(1, 4)).map(|n| pod(chance, &format!("pod-{n}"), hostile)).collect();
    let mut journal: Vec<(SimTime, Input)> = Vec::new();
    for pod in &pods {
        journal.push((SimTime(chance.between(0, 8_000)), create(pod.clone())));
    }
    for _ in 0..chance.between(0, 10) {
        let at = SimTime(chance.between(0, seconds * 1000));
        journal.push((at, trouble(chance, &pods, nodes)));
    }
    if chance.percent(30) {
        // The same name once more, perhaps while the old one is still there.
        let at = SimTime(chance.between(20_000, seconds.max(21) * 1000));
        journal.push((at, create(chance.pick(&pods).clone())));
    }
    journal.sort_by_key(|(at, _)| *at);
    journal
}
