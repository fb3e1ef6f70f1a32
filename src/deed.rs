//! What a person can do to the cluster: inputs made from a few words, and the words (and the kubectl line) for
//! an input.

use k8s_api::Value;
use k8s_sim::{
    ApiRequest, ContainerName, DeleteOptions, ExecRequest, Fault, Input, PatchType, ProbeType, Pull,
    RegistryChange,
};

/// Names a container.
#[must_use]
pub fn container(namespace: &str, pod: &str, container: &str) -> ContainerName {
    ContainerName { namespace: namespace.into(), pod: pod.into(), container: container.into() }
}

/// The main process of the container ends by itself with this code.
#[must_use]
pub fn crash(container: ContainerName, exit_code: i32) -> Input {
    Input::Fault(Fault::CrashContainer { container, exit_code })
}

/// The container stops answering, or goes on.
#[must_use]
pub fn hang(container: ContainerName, hang: bool) -> Input {
    Input::Fault(Fault::HangContainer { container, hang })
}

/// The container takes so many bytes of memory at once.
#[must_use]
pub fn fill_memory(container: ContainerName, bytes: u64) -> Input {
    Input::Fault(Fault::FillMemory { container, bytes })
}

/// The main process of the container gets a signal.
#[must_use]
pub fn signal(container: ContainerName, signal: u8) -> Input {
    Input::Fault(Fault::SignalContainer { container, signal })
}

/// A probe fails from now on, or tells the truth again.
#[must_use]
pub fn set_probe(container: ContainerName, probe: ProbeType, broken: bool) -> Input {
    Input::Fault(Fault::SetProbe { container, probe, broken })
}

/// The pause container is killed.
#[must_use]
pub fn kill_sandbox(namespace: &str, pod: &str) -> Input {
    Input::Fault(Fault::KillSandbox { namespace: namespace.into(), pod: pod.into() })
}

/// The Pod is to be deleted: within its own grace period, or within `grace_seconds` (0: by force).
#[must_use]
pub fn delete_pod(namespace: &str, name: &str, grace_seconds: Option<i64>) -> Input {
    Input::Api(ApiRequest::Delete {
        kind: "Pod".into(),
        namespace: namespace.into(),
        name: name.into(),
        options: DeleteOptions { grace_period_seconds: grace_seconds, ..DeleteOptions::default() },
    })
}

/// The Pod is to be evicted, as a drain does it.
#[must_use]
pub fn evict_pod(namespace: &str, name: &str) -> Input {
    Input::Api(ApiRequest::Evict {
        namespace: namespace.into(),
        name: name.into(),
        options: DeleteOptions::default(),
    })
}

/// The node loses its power.
#[must_use]
pub fn kill_node(node: &str) -> Input {
    Input::Fault(Fault::KillNode { node: node.into() })
}

/// The node has power again.
#[must_use]
pub fn revive_node(node: &str) -> Input {
    Input::Fault(Fault::ReviveNode { node: node.into() })
}

/// The node's kubelet stops, or starts again.
#[must_use]
pub fn kubelet(node: &str, run: bool) -> Input {
    let node = node.into();
    Input::Fault(if run { Fault::StartKubelet { node } } else { Fault::StopKubelet { node } })
}

/// A node joins: 4 CPUs, 8 GiB.
#[must_use]
pub fn add_node(name: &str) -> Input {
    Input::Fault(Fault::AddNode { name: name.into(), cpu: "4".into(), memory: "8Gi".into() })
}

/// The node gets a label.
#[must_use]
pub fn label_node(node: &str, key: &str, value: &str) -> Input {
    Input::Api(ApiRequest::Patch {
        kind: "Node".into(),
        namespace: String::new(),
        name: node.into(),
        subresource: String::new(),
        patch_type: PatchType::Merge,
        patch: serde_json::json!({"metadata": {"labels": {key: value}}}),
        dry_run: false,
    })
}

/// How the image's pull goes from now on. A node that has the image already does not notice it, unless the pull
/// policy is Always: see [`forget_image`].
#[must_use]
pub fn set_pull(image: &str, pull: Pull) -> Input {
    Input::Registry(RegistryChange::SetPull { image: image.into(), pull })
}

/// The nodes forget their copies of the image, so that it must be pulled again.
#[must_use]
pub fn forget_image(image: &str) -> Input {
    Input::Registry(RegistryChange::Remove { image: image.into() })
}

/// The registry learns an image that behaves like `like` (empty: a plain server).
#[must_use]
pub fn add_image(image: &str, like: &str) -> Input {
    Input::Registry(RegistryChange::Add { image: image.into(), like: like.into() })
}

/// What an input does, in a few words: `crash container catalog with exit code 1`.
#[must_use]
pub fn words(input: &Input) -> String {
    match input {
        Input::Api(request) => request_words(request),
        Input::Fault(fault) => fault_words(fault),
        Input::Exec(ExecRequest { container, command, .. }) => {
            format!("run {} in container {}", command.join(" "), container.container)
        }
        Input::ExecInput { .. } => "type into a running command".into(),
        Input::Registry(RegistryChange::SetPull { image, pull }) => match pull {
            Pull::Normal => format!("let image {image} be pulled as usual"),
            Pull::Slow { ms } => format!("let every pull of image {image} take {} s", ms / 1000),
            Pull::Missing => format!("take image {image} out of the registry"),
        },
        Input::Registry(RegistryChange::Add { image, .. }) => format!("add image {image} to the registry"),
        Input::Registry(RegistryChange::Remove { image }) => {
            format!("take image {image} from the nodes' caches")
        }
    }
}

fn request_words(request: &ApiRequest) -> String {
    match request {
        ApiRequest::Create { object, .. } => format!("create {}", object_words(object)),
        ApiRequest::Update { object, .. } => format!("change {}", object_words(object)),
        ApiRequest::Patch { kind, name, .. } => format!("change {kind} {name}"),
        ApiRequest::Delete { kind, name, options, .. } => match options.grace_period_seconds {
            Some(0) => format!("delete {kind} {name} by force"),
            Some(seconds) => format!("delete {kind} {name} within {seconds} s"),
            None => format!("delete {kind} {name}"),
        },
        ApiRequest::Evict { name, .. } => format!("evict Pod {name}"),
    }
}

fn object_words(object: &Value) -> String {
    let kind = object["kind"].as_str().unwrap_or("object");
    format!("{kind} {}", object["metadata"]["name"].as_str().unwrap_or_default())
}

fn fault_words(fault: &Fault) -> String {
    match fault {
        Fault::CrashContainer { container, exit_code } => {
            format!("end container {} with exit code {exit_code}", container.container)
        }
        Fault::HangContainer { container, hang: true } => {
            format!("let container {} hang", container.container)
        }
        Fault::HangContainer { container, hang: false } => {
            format!("let container {} go on", container.container)
        }
        Fault::FillMemory { container, bytes } => {
            format!("let container {} take {} Mi of memory", container.container, bytes >> 20)
        }
        Fault::SignalContainer { container, signal } => {
            format!("send signal {signal} to container {}", container.container)
        }
        Fault::SetProbe { container, probe, broken } => {
            let verb = if *broken { "break" } else { "mend" };
            format!("{verb} the {} probe of {}", probe.as_str().to_lowercase(), container.container)
        }
        Fault::KillSandbox { pod, .. } => format!("kill the pause container of {pod}"),
        Fault::KillNode { node } => format!("cut the power of {node}"),
        Fault::ReviveNode { node } => format!("give {node} its power back"),
        Fault::StopKubelet { node } => format!("stop the kubelet of {node}"),
        Fault::StartKubelet { node } => format!("start the kubelet of {node}"),
        Fault::AddNode { name, .. } => format!("add node {name}"),
    }
}

/// The kubectl line that does the same on a real cluster, where there is one.
#[must_use]
pub fn kubectl(input: &Input) -> Option<String> {
    match input {
        Input::Api(request) => request_line(request),
        Input::Fault(fault) => fault_line(fault),
        Input::Exec(ExecRequest { container, command, stdin, tty }) => {
            let flags = match (stdin, tty) {
                (true, true) => "-it ",
                (true, false) => "-i ",
                (false, true) => "-t ",
                (false, false) => "",
            };
            Some(format!("kubectl exec {flags}{} -- {}", target(container), command.join(" ")))
        }
        Input::ExecInput { .. } | Input::Registry(_) => None,
    }
}

fn request_line(request: &ApiRequest) -> Option<String> {
    match request {
        ApiRequest::Create { .. } => Some("kubectl create -f pod.yaml".into()),
        ApiRequest::Update { .. } => Some("kubectl replace -f pod.yaml".into()),
        ApiRequest::Patch { kind, namespace, name, patch, .. } => {
            let kind = kind.to_lowercase();
            if let Some(labels) = patch["metadata"]["labels"].as_object()
                && let Some((key, value)) = labels.iter().next()
            {
                let set = value.as_str().map_or(format!("{key}-"), |value| format!("{key}={value}"));
                return Some(format!("kubectl label {kind} {name}{} {set}", namespace_flag(namespace)));
            }
            Some(format!("kubectl patch {kind} {name}{} -p '{patch}'", namespace_flag(namespace)))
        }
        ApiRequest::Delete { kind, namespace, name, options } => {
            let grace = match options.grace_period_seconds {
                Some(0) => " --grace-period=0 --force".into(),
                Some(seconds) => format!(" --grace-period={seconds}"),
                None => String::new(),
            };
            Some(format!("kubectl delete {} {name}{}{grace}", kind.to_lowercase(), namespace_flag(namespace)))
        }
        ApiRequest::Evict { .. } => None,
    }
}

fn fault_line(fault: &Fault) -> Option<String> {
    match fault {
        // The kernel drops SIGKILL and SIGSTOP that come to PID 1 from inside its own namespace.
        Fault::SignalContainer { container, signal } if !matches!(signal, 9 | 19) => {
            Some(format!("kubectl exec {} -- kill -{signal} 1", target(container)))
        }
        // Nobody can choose the exit code of another's process.
        Fault::CrashContainer { .. }
        | Fault::SignalContainer { .. }
        | Fault::HangContainer { .. }
        | Fault::FillMemory { .. }
        | Fault::SetProbe { .. }
        | Fault::KillSandbox { .. }
        | Fault::KillNode { .. }
        | Fault::ReviveNode { .. }
        | Fault::StopKubelet { .. }
        | Fault::StartKubelet { .. }
        | Fault::AddNode { .. } => None,
    }
}

fn target(container: &ContainerName) -> String {
    format!("{}{} -c {}", container.pod, namespace_flag(&container.namespace), container.container)
}

/// ` -n name`, unless it is the namespace that kubectl takes anyway.
fn namespace_flag(namespace: &str) -> String {
    if namespace.is_empty() || namespace == "default" { String::new() } else { format!(" -n {namespace}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deletion_has_its_line() {
        let lines =
            [None, Some(0), Some(5)].map(|grace| kubectl(&delete_pod("default", "catalog", grace)).unwrap());
        assert_eq!(
            lines,
            [
                "kubectl delete pod catalog",
                "kubectl delete pod catalog --grace-period=0 --force",
                "kubectl delete pod catalog --grace-period=5",
            ]
        );
        assert_eq!(
            kubectl(&delete_pod("shop", "catalog", None)).as_deref(),
            Some("kubectl delete pod catalog -n shop")
        );
    }

    #[test]
    fn labels_have_their_line() {
        let input = label_node("node-1", "disktype", "ssd");
        assert_eq!(kubectl(&input).as_deref(), Some("kubectl label node node-1 disktype=ssd"));
    }

    #[test]
    fn only_what_a_real_cluster_would_do_has_a_line() {
        let name = || container("default", "web", "web");
        assert_eq!(kubectl(&signal(name(), 15)).as_deref(), Some("kubectl exec web -c web -- kill -15 1"));
        assert_eq!(kubectl(&signal(name(), 9)), None);
        assert_eq!(kubectl(&crash(name(), 7)), None);
    }

    #[test]
    fn a_power_cut_has_no_line() {
        assert_eq!(kubectl(&kill_node("node-1")), None);
        assert_eq!(words(&kill_node("node-1")), "cut the power of node-1");
    }
}
