//! The glass box.

use k8s_api::core::PodSpec;
use k8s_sim::kubelet::pod_status::ContainerState;
use k8s_sim::kubelet::worker::PodWorkerState;
use k8s_sim::{ContainerView, Pod, PodView};

use super::container::{Whole, container_card};
use super::{Look, key, printed, status_tone};
use crate::scene::{
    Bus, ConditionMark, Countdown, CountdownKind, Mount, Packet, Pause, PodScene, Selection, Socket, Tone,
    VolumeCard,
};

/// A request is drawn for at least so many simulated milliseconds, or nobody would see it.
const PACKET_MS_MIN: u64 = 400;
/// How much of a sandbox's id is shown.
const ID_CHARS: usize = 12;
/// The conditions of every Pod, in the order in which it gains them.
const CONDITIONS: [&str; 5] =
    ["PodScheduled", "PodReadyToStartContainers", "Initialized", "ContainersReady", "Ready"];

pub(super) fn pod_scene(look: &Look<'_>, pod: &Pod) -> Option<PodScene> {
    let uid = pod.metadata.uid.as_str();
    let view = look.cluster.pod_view(uid)?;
    let printed = printed(look, pod);
    let grace = grace(look, pod);
    let whole = Whole::new(look, pod, &view, grace.as_ref());
    let cast: Vec<_> = view.containers.iter().map(|container| container_card(&whole, container)).collect();
    let statuses = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
    let last_restart_ms = statuses
        .filter_map(|status| status.last_state.terminated.as_ref()?.finished_at)
        .max()
        .map(|time| look.ms(time));
    Some(PodScene {
        key: key(pod),
        uid: uid.to_owned(),
        ip: pod.status.pod_ip.clone(),
        node: (!pod.spec.node_name.is_empty()).then(|| pod.spec.node_name.clone()),
        phase: pod.status.phase.clone(),
        tone: if view.node_alive { status_tone(pod, &printed) } else { Tone::Bad },
        ready: printed.ready,
        total: printed.total,
        restarts: printed.restarts,
        status: printed.status,
        last_restart_ms,
        created_ms: pod.metadata.creation_timestamp.map_or(0, |time| look.ms(time)),
        restart_policy: pod.spec.restart_policy.clone(),
        message: message(pod),
        grace,
        conditions: conditions(pod),
        bus: bus(pod, &view),
        volumes: volumes(look, pod, &view),
        pause: pause(&pod.spec, &view),
        selected: look.view.selection == Selection::Pod(key(pod)),
        cast,
    })
}

fn grace(look: &Look<'_>, pod: &Pod) -> Option<Countdown> {
    let until_ms = look.ms(pod.metadata.deletion_timestamp?);
    let seconds = u64::try_from(pod.metadata.deletion_grace_period_seconds.unwrap_or(0)).unwrap_or(0);
    Some(Countdown {
        kind: CountdownKind::Grace,
        label: "of grace left".into(),
        from_ms: until_ms.saturating_sub(seconds.saturating_mul(1000)),
        until_ms,
    })
}

/// What the API says in words: the Pod's own reason, or the scheduler's while no node fits.
fn message(pod: &Pod) -> String {
    let status = &pod.status;
    match (status.reason.as_str(), status.message.as_str()) {
        ("", "") => {}
        ("", message) => return message.to_owned(),
        (reason, "") => return reason.to_owned(),
        (reason, message) => return format!("{reason}: {message}"),
    }
    if !pod.spec.node_name.is_empty() {
        return String::new();
    }
    let scheduled = status.conditions.iter().find(|condition| condition.type_ == "PodScheduled");
    match scheduled {
        Some(condition) if !condition.message.is_empty() => condition.message.clone(),
        _ => "Waits for the scheduler to choose a node.".into(),
    }
}

fn conditions(pod: &Pod) -> Vec<ConditionMark> {
    let found = &pod.status.conditions;
    let usual = CONDITIONS.iter().map(|kind| {
        let condition = found.iter().find(|condition| condition.type_ == *kind);
        ConditionMark {
            kind: (*kind).to_owned(),
            status: condition.map(|condition| condition.status.clone()).unwrap_or_default(),
            detail: condition.map_or_else(|| "not set yet".to_owned(), detail),
        }
    });
    let others =
        found.iter().filter(|condition| !CONDITIONS.contains(&condition.type_.as_str())).map(|condition| {
            ConditionMark {
                kind: condition.type_.clone(),
                status: condition.status.clone(),
                detail: detail(condition),
            }
        });
    usual.chain(others).collect()
}

fn detail(condition: &k8s_api::core::PodCondition) -> String {
    let mut text = condition.reason.clone();
    if !condition.message.is_empty() {
        text.push_str(if text.is_empty() { "" } else { ": " });
        text.push_str(&condition.message);
    }
    text
}

fn bus(pod: &Pod, view: &PodView) -> Bus {
    let spec = &pod.spec;
    let mut sockets = Vec::new();
    for container in &view.containers {
        let mut open = container.listening.clone();
        k8s_api::small::sort(&mut open, &|a, b| a < b);
        open.dedup();
        sockets.extend(open.iter().map(|port| Socket {
            container: container.name.to_string(),
            port: *port,
            open: true,
        }));
        let declared = spec
            .init_containers
            .iter()
            .chain(&spec.containers)
            .find(|declared| *declared.name == *container.name)
            .map(|declared| declared.ports.as_slice())
            .unwrap_or_default();
        for port in declared.iter().filter_map(|port| u16::try_from(port.container_port).ok()) {
            if !open.contains(&port) {
                sockets.push(Socket { container: container.name.to_string(), port, open: false });
            }
        }
    }
    let packets = view
        .flights
        .iter()
        .filter(|flight| flight.to.is_some() && flight.to == view.net)
        .map(|flight| Packet {
            from: match flight.from {
                k8s_sim::Origin::Outside => "kubelet".into(),
                k8s_sim::Origin::Net(net) if Some(net) == view.net => inside(view, flight.port),
                k8s_sim::Origin::Net(_) => "another Pod".into(),
            },
            to_port: flight.port,
            text: match flight.outcome {
                k8s_sim::Outcome::Accepted => "answered".into(),
                k8s_sim::Outcome::Refused => "refused: nobody listens".into(),
                k8s_sim::Outcome::Lost => "lost: no answer".into(),
            },
            sent_ms: flight.sent_at.ms(),
            arrives_ms: flight.arrives_at.ms().max(flight.sent_at.ms() + PACKET_MS_MIN),
        })
        .collect();
    Bus { sockets, packets }
}

/// Who sent a request from inside the Pod. The network does not tell its containers apart; only where a single
/// one can have asked, it has a name.
fn inside(view: &PodView, port: u16) -> String {
    let asks = |container: &&ContainerView| {
        container.state == Some(ContainerState::Running) && !container.listening.contains(&port)
    };
    let mut askers = view.containers.iter().filter(asks);
    match (askers.next(), askers.next()) {
        (Some(only), None) => only.name.to_string(),
        _ => "localhost".into(),
    }
}

fn volumes(look: &Look<'_>, pod: &Pod, view: &PodView) -> Vec<VolumeCard> {
    let key = key(pod);
    view.volumes
        .iter()
        .map(|volume| {
            let name = volume.name.to_string();
            let mounts = view
                .containers
                .iter()
                .flat_map(|container| container.mounts.iter().map(move |mount| (container, mount)))
                .filter(|(_, (volume, _, _))| **volume == *name)
                .map(|(container, (_, path, read_only))| Mount {
                    container: container.name.to_string(),
                    volume: name.clone(),
                    path: path.to_string(),
                    read_only: *read_only,
                })
                .collect();
            VolumeCard {
                kind: volume.kind.to_owned(),
                trouble: volume.error.as_ref().map(ToString::to_string),
                files: volume.files.clone(),
                mounts,
                selected: look.view.selection == Selection::Volume { pod: key.clone(), volume: name.clone() },
                name,
            }
        })
        .collect()
}

fn pause(spec: &PodSpec, view: &PodView) -> Pause {
    let mut namespaces = Vec::new();
    if !spec.host_network {
        namespaces.push("net");
    }
    if !spec.host_ipc {
        namespaces.push("ipc");
    }
    if !spec.host_network {
        namespaces.push("uts");
    }
    if spec.share_process_namespace == Some(true) && !spec.host_pid {
        namespaces.push("pid");
    }
    let sentence = if spec.host_network {
        "Everything above stands on it. The network is the machine's own (hostNetwork), so it holds none."
    } else if spec.share_process_namespace == Some(true) {
        "Holds the namespaces: the address outlives every container above, and each sees the processes of all."
    } else {
        "Holds the namespaces: the address outlives every container above."
    };
    let (tone, word) = match &view.sandbox {
        Some(_) if !view.node_alive => (Tone::Bad, "no power"),
        _ if view.creating_sandbox => (Tone::Change, "being made"),
        Some(sandbox) if sandbox.ready => (Tone::Run, "Running"),
        Some(_) if view.worker == Some(PodWorkerState::SyncPod) => (Tone::Bad, "died"),
        Some(_) => (Tone::Done, "stopped"),
        None => (Tone::Idle, "not made yet"),
    };
    Pause {
        tone,
        word: word.to_owned(),
        sandbox_id: view.sandbox.as_ref().map(|s| s.id.chars().take(ID_CHARS).collect()).unwrap_or_default(),
        attempt: view.sandbox.as_ref().map_or(0, |sandbox| sandbox.attempt),
        namespaces,
        sentence: sentence.to_owned(),
    }
}
