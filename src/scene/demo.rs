//! Scenes made by hand: for the tests, and for working on the view before a cluster is at hand.

use std::sync::Arc;

use super::*;

fn countdown(kind: CountdownKind, label: &str, from_ms: u64, until_ms: u64) -> Countdown {
    Countdown { kind, label: label.to_owned(), from_ms, until_ms }
}

fn mount(container: &str, volume: &str, path: &str, read_only: bool) -> Mount {
    Mount { container: container.to_owned(), volume: volume.to_owned(), path: path.to_owned(), read_only }
}

fn card(name: &str, role: Role, image: &str, tone: Tone, word: &str) -> ContainerCard {
    ContainerCard {
        name: name.to_owned(),
        role,
        image: image.to_owned(),
        gate: (role == Role::Init).then_some(Gate::Passed),
        tone,
        word: word.to_owned(),
        detail: String::new(),
        exit_code: None,
        ended_reason: String::new(),
        restarts: 0,
        ready: tone == Tone::Run,
        running_since_ms: (tone == Tone::Run).then_some(12_000),
        hung: false,
        signal_sent: None,
        log: Vec::new(),
        probes: Vec::new(),
        countdowns: Vec::new(),
        listening: Vec::new(),
        mounts: Vec::new(),
        selected: false,
    }
}

fn probe(
    kind: &'static str,
    handler: &str,
    word: ProbeWord,
    run: u32,
    threshold: u32,
    next: Option<u64>,
) -> ProbePulse {
    ProbePulse {
        kind,
        handler: handler.to_owned(),
        word,
        run,
        threshold,
        next_at_ms: next,
        broken_by_hand: false,
    }
}

fn chip(name: &str, node: Option<&str>, status: &str, tone: Tone, shown: bool) -> PodChip {
    PodChip {
        key: PodKey::new("default", name),
        node: node.map(str::to_owned),
        status: status.to_owned(),
        tone,
        shown,
    }
}

fn node(name: &str, pods: Vec<PodChip>, requested: u64) -> NodeCard {
    NodeCard {
        name: name.to_owned(),
        status: "Ready".to_owned(),
        tone: Tone::Run,
        powered: true,
        kubelet_runs: true,
        down_since_ms: None,
        lease_at_ms: Some(40_000),
        taints: Vec::new(),
        countdowns: Vec::new(),
        pods,
        cpu_requested_milli: requested,
        cpu_allocatable_milli: 2000,
        selected: false,
    }
}

fn dead_node() -> NodeCard {
    NodeCard {
        status: "NotReady".to_owned(),
        tone: Tone::Bad,
        powered: false,
        kubelet_runs: false,
        down_since_ms: Some(2_000),
        lease_at_ms: Some(1_000),
        taints: vec!["node.kubernetes.io/unreachable:NoExecute".to_owned()],
        countdowns: vec![countdown(CountdownKind::Eviction, "until web-1 is evicted", 45_000, 345_000)],
        ..node("node-3", vec![chip("web-1", Some("node-3"), "Running", Tone::Run, false)], 100)
    }
}

fn conditions(values: [&str; 5]) -> Vec<ConditionMark> {
    let kinds = ["PodScheduled", "PodReadyToStartContainers", "Initialized", "ContainersReady", "Ready"];
    kinds
        .iter()
        .zip(values)
        .map(|(kind, status)| ConditionMark {
            kind: (*kind).to_owned(),
            status: status.to_owned(),
            detail: String::new(),
        })
        .collect()
}

fn segment(from_ms: u64, to_ms: Option<u64>, tone: Tone, word: &str) -> Segment {
    Segment { from_ms, to_ms, tone, word: word.to_owned() }
}

fn mark(at_ms: u64, kind: MarkKind, text: &str) -> Mark {
    Mark { at_ms, kind, text: text.to_owned() }
}

fn lane(kind: LaneKind, name: &str, segments: Vec<Segment>, marks: Vec<Mark>) -> Lane {
    Lane { kind, name: name.to_owned(), segments, marks }
}

fn pause(tone: Tone, word: &str) -> Pause {
    Pause {
        tone,
        word: word.to_owned(),
        sandbox_id: "4f1c9a02d7be".to_owned(),
        attempt: 0,
        namespaces: vec!["net", "ipc", "uts"],
        sentence: "holds the Pod's namespaces: the IP outlives every container above".to_owned(),
    }
}

/// The Pod of the mock: a sidecar and an app, being deleted, at 46 s.
#[must_use]
pub fn terminating() -> (Scene, Moment) {
    let key = PodKey::new("default", "catalog");
    let setup = ContainerCard {
        exit_code: Some(0),
        ended_reason: "Completed".into(),
        detail: "It has done its work; the next one may start.".into(),
        mounts: vec![mount("setup", "varlog", "/var/log/app", false)],
        ..card("setup", Role::Init, "busybox:1.36", Tone::Done, "Completed")
    };
    let sidecar = ContainerCard {
        detail: "SIGTERM waits for catalog".into(),
        log: vec!["log-sidecar: shipping from /var/log/app".into(), "2026-11-20T12:00:30Z tick".into()],
        probes: vec![probe("startup", "exec [cat /var/log/app/ready]", ProbeWord::Passed, 1, 30, None)],
        mounts: vec![mount("log-sidecar", "varlog", "/var/log/app", true)],
        ..card("log-sidecar", Role::Sidecar, "busybox:1.36", Tone::Run, "Running")
    };
    let app = ContainerCard {
        detail: "SIGTERM was sent; the process may finish its work.".into(),
        running_since_ms: Some(25_000),
        signal_sent: Some(("SIGTERM".into(), 41_500)),
        restarts: 1,
        exit_code: Some(1),
        ended_reason: "Error".into(),
        log: vec![
            r#"{"level":"INFO","msg":"listening","port":"8080"}"#.into(),
            r#"{"msg":"GET /healthz","status":200}"#.into(),
            r#"{"msg":"draining 3 requests"}"#.into(),
        ],
        probes: vec![
            probe("readiness", "http-get :8080/healthz", ProbeWord::Failed, 1, 3, Some(50_000)),
            probe("liveness", "http-get :8080/healthz", ProbeWord::Paused, 0, 3, None),
        ],
        countdowns: vec![countdown(CountdownKind::Grace, "until SIGKILL", 39_000, 69_000)],
        listening: vec![8080],
        mounts: vec![mount("catalog", "varlog", "/var/log/app", false)],
        ..card("catalog", Role::App, "bookstore/catalog:dev", Tone::Change, "Running")
    };
    let pod = PodScene {
        uid: "7b0c".into(),
        ip: "10.244.1.7".into(),
        node: Some("node-1".into()),
        phase: "Running".into(),
        status: "Terminating".into(),
        tone: Tone::Change,
        ready: 2,
        total: 2,
        restarts: 1,
        last_restart_ms: Some(24_800),
        created_ms: 4_000,
        restart_policy: "Always".into(),
        message: String::new(),
        grace: Some(countdown(CountdownKind::Grace, "of grace left", 39_000, 69_000)),
        conditions: conditions(["True", "True", "True", "False", "False"]),
        cast: vec![setup, sidecar, app],
        bus: Bus {
            sockets: vec![
                Socket { container: "catalog".into(), port: 8080, open: true },
                Socket { container: "log-sidecar".into(), port: 9000, open: false },
            ],
            packets: vec![Packet {
                from: "kubelet".into(),
                to_port: 8080,
                text: "GET /healthz".into(),
                sent_ms: 45_500,
                arrives_ms: 46_500,
            }],
        },
        volumes: vec![VolumeCard {
            name: "varlog".into(),
            kind: "emptyDir".into(),
            files: vec![("access.log".into(), 812), ("ready".into(), 0)],
            mounts: vec![
                mount("setup", "varlog", "/var/log/app", false),
                mount("log-sidecar", "varlog", "/var/log/app", true),
                mount("catalog", "varlog", "/var/log/app", false),
            ],
            trouble: None,
            selected: false,
        }],
        pause: pause(Tone::Run, "Running"),
        selected: false,
        key,
    };
    let lanes = vec![
        lane(
            LaneKind::Phase,
            "Pod",
            vec![
                segment(4_000, Some(21_000), Tone::Change, "Pending"),
                segment(21_000, None, Tone::Run, "Running"),
            ],
            vec![
                mark(4_000, MarkKind::Action, "kubectl apply"),
                mark(39_000, MarkKind::Action, "kubectl delete pod catalog"),
            ],
        ),
        lane(LaneKind::Pause, "pause", vec![segment(5_000, None, Tone::Done, "Running")], vec![]),
        lane(
            LaneKind::Container(Role::Init),
            "setup",
            vec![
                segment(6_000, Some(11_000), Tone::Run, "Running"),
                segment(11_000, None, Tone::Done, "Completed"),
            ],
            vec![],
        ),
        lane(
            LaneKind::Container(Role::Sidecar),
            "log-sidecar",
            vec![
                segment(11_000, Some(12_000), Tone::Change, "ContainerCreating"),
                segment(12_000, None, Tone::Run, "Running"),
            ],
            vec![],
        ),
        lane(
            LaneKind::Container(Role::App),
            "catalog",
            vec![
                segment(12_000, Some(14_000), Tone::Change, "ContainerCreating"),
                segment(14_000, Some(24_000), Tone::Run, "Running"),
                segment(24_000, Some(25_000), Tone::Bad, "Error"),
                segment(25_000, Some(39_000), Tone::Run, "Running, restart 1"),
                segment(39_000, None, Tone::Change, "Stopping"),
            ],
            vec![
                mark(24_000, MarkKind::Action, "crashed with exit code 1"),
                mark(33_000, MarkKind::ProbeFailed, "Readiness probe failed"),
                mark(43_000, MarkKind::ProbeFailed, "Readiness probe failed"),
            ],
        ),
    ];
    let chips = vec![
        chip("catalog", Some("node-1"), "Terminating", Tone::Change, true),
        chip("web-1", Some("node-3"), "Running", Tone::Run, false),
    ];
    let scene = Scene {
        nodes: vec![node("node-1", vec![chips[0].clone()], 680), node("node-2", vec![], 60), dead_node()],
        pods: chips,
        spoken: pod.spoken(),
        pod: Some(pod),
        timeline: Arc::new(TimelineScene { lanes, branches: vec![Branch { from_ms: 20_000, to_ms: 58_000 }] }),
        why: Why {
            about: "log-sidecar".into(),
            sentence: "log-sidecar still runs because a native sidecar gets SIGTERM only after every app container has ended, or when the 30 s of grace are used up.".into(),
            at_ms: 39_000,
            chain: vec![
                (39_000, "You asked for the Pod to be deleted; it has 30 s of grace.".into()),
                (39_100, "The kubelet sent SIGTERM to catalog.".into()),
            ],
            ..Why::default()
        },
    };
    (scene, Moment { now_ms: 46_000, horizon_ms: 52_000 })
}

/// Back-off, a pull that fails, an OOM kill, a hung process.
#[must_use]
pub fn failing() -> (Scene, Moment) {
    let (mut scene, moment) = terminating();
    let Some(pod) = &mut scene.pod else { return (scene, moment) };
    pod.status = "CrashLoopBackOff".into();
    pod.tone = Tone::Bad;
    pod.grace = None;
    pod.ready = 1;
    pod.total = 4;
    pod.restarts = 7;
    pod.cast = vec![
        ContainerCard {
            detail: "Next start in the order of the list, when its back-off is over.".into(),
            exit_code: Some(137),
            ended_reason: "OOMKilled".into(),
            restarts: 4,
            log: vec!["loading the index".into(), "Killed".into()],
            countdowns: vec![countdown(CountdownKind::BackOff, "until the next start", 20_000, 100_000)],
            ..card("indexer", Role::App, "bookstore/indexer:2.1", Tone::Retry, "CrashLoopBackOff")
        },
        ContainerCard {
            detail: "The registry has no such image.".into(),
            countdowns: vec![countdown(CountdownKind::BackOff, "until the next pull", 40_000, 60_000)],
            ..card("typo", Role::App, "ngnix:1.27", Tone::Retry, "ImagePullBackOff")
        },
        ContainerCard {
            detail: "The image is on its way to the machine.".into(),
            countdowns: vec![countdown(CountdownKind::Pull, "of the pull left", 38_000, 58_000)],
            ..card("slow", Role::App, "redis:7", Tone::Change, "ContainerCreating")
        },
        ContainerCard {
            hung: true,
            listening: vec![80],
            probes: vec![probe("liveness", "http-get :80/", ProbeWord::Failed, 2, 3, Some(50_000))],
            ..card("web", Role::App, "nginx:1.27", Tone::Run, "Running")
        },
        card("debugger-x7k2p", Role::Debug, "busybox:1.36", Tone::Run, "Running"),
    ];
    scene.spoken = pod.spoken();
    (scene, moment)
}

/// Eight containers with names of 63 characters, six volumes.
#[must_use]
pub fn crowded() -> (Scene, Moment) {
    let (mut scene, moment) = terminating();
    let Some(pod) = &mut scene.pod else { return (scene, moment) };
    let long =
        |stem: &str, n: usize| format!("{}{n}", format!("{stem}-").repeat(20)[..62].trim_end_matches('-'));
    let roles =
        [Role::Init, Role::Init, Role::Sidecar, Role::Sidecar, Role::App, Role::App, Role::App, Role::Debug];
    let template = pod.cast[2].clone();
    pod.key.name = long("payment", 0);
    pod.cast = roles
        .iter()
        .enumerate()
        .map(|(n, role)| ContainerCard {
            name: long("shipper", n),
            role: *role,
            gate: (*role == Role::Init).then_some(if n == 0 { Gate::Passed } else { Gate::Inside }),
            image: format!("registry.internal.bookstore.test:5000/platform/{}:v1.2.{n}", long("img", n)),
            listening: vec![u16::try_from(8080 + n).unwrap_or(0), 9090],
            mounts: (0..6)
                .map(|v| {
                    mount(
                        &long("shipper", n),
                        &long("volume", v),
                        "/var/lib/very/deep/path/where/data/lives",
                        v % 2 == 0,
                    )
                })
                .collect(),
            ..template.clone()
        })
        .collect();
    pod.bus.sockets = pod
        .cast
        .iter()
        .flat_map(|c| {
            c.listening.iter().map(|port| Socket { container: c.name.clone(), port: *port, open: true })
        })
        .collect();
    pod.volumes = (0..6)
        .map(|v| VolumeCard {
            name: long("volume", v),
            kind: "persistentVolumeClaim".into(),
            files: (0..40).map(|f| (format!("file-{f}.log"), 1000 + f)).collect(),
            mounts: pod
                .cast
                .iter()
                .map(|c| {
                    mount(&c.name, &long("volume", v), "/var/lib/very/deep/path/where/data/lives", v % 2 == 0)
                })
                .collect(),
            trouble: (v == 5).then(|| "persistentvolumeclaim \"data\" not found".to_owned()),
            selected: false,
        })
        .collect();
    scene.spoken = pod.spoken();
    (scene, moment)
}

/// A Pod that no node takes.
#[must_use]
pub fn unschedulable() -> (Scene, Moment) {
    let (mut scene, moment) = terminating();
    let Some(pod) = &mut scene.pod else { return (scene, moment) };
    pod.node = None;
    pod.ip.clear();
    pod.phase = "Pending".into();
    pod.status = "Pending".into();
    pod.tone = Tone::Change;
    pod.ready = 0;
    pod.restarts = 0;
    pod.last_restart_ms = None;
    pod.grace = None;
    pod.message = "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.".into();
    pod.conditions = conditions(["False", "False", "False", "False", "False"]);
    pod.cast = vec![
        card("setup", Role::Init, "busybox:1.36", Tone::Idle, "Waiting"),
        card("catalog", Role::App, "bookstore/catalog:dev", Tone::Idle, "Waiting"),
    ];
    pod.cast[0].gate = Some(Gate::Queued);
    pod.bus = Bus::default();
    pod.volumes[0].files.clear();
    pod.pause = Pause { sandbox_id: String::new(), ..pause(Tone::Idle, "not made yet") };
    scene.nodes[0].pods.clear();
    scene.spoken = pod.spoken();
    (scene, moment)
}

/// No Pod at all.
#[must_use]
pub fn empty() -> (Scene, Moment) {
    let scene = Scene {
        nodes: vec![node("node-1", vec![], 0), node("node-2", vec![], 0), node("node-3", vec![], 0)],
        pods: vec![],
        pod: None,
        timeline: Arc::default(),
        why: Why::default(),
        spoken: "No Pod yet".into(),
    };
    (scene, Moment { now_ms: 1_000, horizon_ms: 1_000 })
}

mod tests {
    use super::*;

    #[test]
    fn what_a_screen_reader_says() {
        let cards = |(scene, _): (Scene, Moment)| -> Vec<String> {
            scene.pod.iter().flat_map(|pod| &pod.cast).map(ContainerCard::spoken).collect()
        };
        assert_eq!(terminating().0.spoken, "Pod catalog, Terminating, 2 of 2 ready");
        assert_eq!(
            cards(terminating()),
            [
                "setup, init container, Completed, exit code 0",
                "log-sidecar, sidecar container, Running",
                "catalog, app container, Running, restarted once"
            ]
        );
        assert_eq!(
            cards(failing())[0],
            "indexer, app container, CrashLoopBackOff, exit code 137, restarted 4 times"
        );
        assert_eq!(empty().0.spoken, "No Pod yet");
    }

    #[test]
    fn a_packet_is_where_the_moment_says() {
        let (scene, _) = terminating();
        let pod = scene.pod.expect("the demo has a Pod");
        let packet = &pod.bus.packets[0];
        let way: Vec<Option<u32>> =
            [45_499, 45_500, 46_000, 46_500, 46_501].into_iter().map(|at| packet.way_per_mille(at)).collect();
        assert_eq!(way, [None, Some(0), Some(500), Some(1000), None]);
    }

    #[test]
    fn the_stage_is_tried_with_names_as_long_as_they_may_be() {
        let (scene, _) = crowded();
        let pod = scene.pod.expect("the demo has a Pod");
        assert_eq!((pod.cast.len(), pod.volumes.len()), (8, 6));
        assert!(pod.cast.iter().all(|card| card.name.len() >= 60 && card.name.len() <= 63));
        assert_eq!(unschedulable().0.nodes[0].cpu_percent(), 34);
    }
}
