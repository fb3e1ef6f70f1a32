//! Scenes of real Pods as text.

use std::fmt::Write as _;
use std::sync::Arc;

use k8s_sim::{Answer, ApiRequest, DeleteOptions, Fault, Input, Setup, SimTime, Timeline};
use serde_json::{Value, json};

use super::{build, lanes};
use crate::scene::{FieldPath, LaneKind, PodKey, PodScene, Role, Scene, Selection, ViewState, clock};

fn create(timeline: &mut Timeline, pod: Value) {
    let answer = timeline.submit(Input::Api(ApiRequest::Create {
        namespace: "default".into(),
        object: pod,
        dry_run: false,
    }));
    assert!(matches!(answer, Answer::Api(Ok(_))), "{answer:?}");
}

fn delete(timeline: &mut Timeline, name: &str) {
    let _ = timeline.submit(Input::Api(ApiRequest::Delete {
        kind: "Pod".into(),
        namespace: "default".into(),
        name: name.into(),
        options: DeleteOptions::default(),
    }));
}

/// An init container, a native sidecar and an app on one volume.
fn catalog() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "catalog"},
        "spec": {
            "initContainers": [
                {"name": "setup", "image": "busybox:1.36", "command": ["sh", "-c", "sleep 2; echo ready > /data/state"],
                 "volumeMounts": [{"name": "data", "mountPath": "/data"}]},
                {"name": "log-sidecar", "image": "busybox:1.36", "restartPolicy": "Always",
                 "command": ["sh", "-c", "trap 'exit 0' TERM; while true; do sleep 1; done"],
                 "volumeMounts": [{"name": "data", "mountPath": "/data", "readOnly": true}]}
            ],
            "containers": [
                {"name": "web", "image": "busybox:1.36", "ports": [{"containerPort": 80}],
                 "command": ["sh", "-c", "trap 'sleep 3; exit 0' TERM; while true; do sleep 1; done"],
                 "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                 "readinessProbe": {"exec": {"command": ["cat", "/data/state"]}, "periodSeconds": 2}}
            ],
            "volumes": [{"name": "data", "emptyDir": {}}]
        }
    })
}

fn scene_of(timeline: &Timeline, view: &ViewState) -> Scene {
    build(timeline, view, &Arc::new(lanes(timeline, view, &[])))
}

fn at(timeline: &mut Timeline, seconds: u64) -> Scene {
    timeline.advance_to(SimTime::from_secs(seconds));
    scene_of(timeline, &ViewState::default())
}

/// The Pod as lines: what somebody who looks at the stage would read out. Numbers that the simulator draws by
/// chance (latencies) are left out.
fn text(scene: &Scene) -> String {
    let Some(pod) = &scene.pod else { return "no Pod\n".into() };
    let mut out = String::new();
    plate(&mut out, pod);
    for card in &pod.cast {
        let gate = card.gate.map(|gate| format!(" {gate:?}")).unwrap_or_default();
        let _ = writeln!(
            out,
            "{} {}{gate} {} {} restarts={} exit={:?} {}",
            card.role.word(),
            card.name,
            card.tone.sign(),
            card.word,
            card.restarts,
            card.exit_code,
            card.detail
        );
        for probe in &card.probes {
            let _ = writeln!(out, "  {} {} {:?}", probe.kind, probe.handler, probe.word);
        }
        for countdown in &card.countdowns {
            let _ = writeln!(out, "  {:?} {}", countdown.kind, countdown.label);
        }
    }
    for socket in &pod.bus.sockets {
        let _ = writeln!(out, "socket {}:{} {}", socket.container, socket.port, socket.open);
    }
    for volume in &pod.volumes {
        let files: Vec<&str> = volume.files.iter().map(|(path, _)| path.as_str()).collect();
        let _ = writeln!(out, "volume {} {} {files:?}", volume.name, volume.kind);
        for mount in &volume.mounts {
            let read_only = if mount.read_only { " ro" } else { "" };
            let _ = writeln!(out, "  {} {}{read_only}", mount.container, mount.path);
        }
    }
    let _ = writeln!(out, "pause {} {} {:?}", pod.pause.tone.sign(), pod.pause.word, pod.pause.namespaces);
    out
}

fn plate(out: &mut String, pod: &PodScene) {
    let _ = writeln!(
        out,
        "{} {} {} phase={} ready={}/{} restarts={} grace={}",
        pod.key,
        pod.tone.sign(),
        pod.status,
        pod.phase,
        pod.ready,
        pod.total,
        pod.restarts,
        pod.grace.as_ref().map_or("-".into(), |grace| clock::left(grace.until_ms - grace.from_ms)),
    );
    let conditions: Vec<String> = pod.conditions.iter().map(|c| format!("{}={}", c.kind, c.status)).collect();
    let _ = writeln!(out, "{}", conditions.join(" "));
}

#[track_caller]
fn check(scene: &Scene, expected: &str) {
    let expected: String =
        expected.lines().map(str::trim_start).fold(String::new(), |text, line| text + line + "\n");
    let actual: String =
        text(scene).lines().map(str::trim).fold(String::new(), |text, line| text + line + "\n");
    assert_eq!(actual.trim(), expected.trim(), "\n{actual}");
}

#[test]
fn the_pod_that_is_drawn_stays_the_same_while_others_of_its_deployment_change() {
    let mut timeline = Timeline::new(Setup::default());
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "nginx:1.27"}]},
        }},
    });
    create(&mut timeline, deployment);
    timeline.advance_to(SimTime(500));
    let mut drawn = Vec::new();
    while timeline.now() < SimTime::from_secs(60) {
        timeline.advance_to(timeline.now().after_ms(100));
        drawn.push(scene_of(&timeline, &ViewState::default()).pod.map(|pod| pod.key.name));
    }
    assert!(drawn[0].is_some());
    drawn.dedup();
    assert_eq!(drawn.len(), 1, "{drawn:?}");
}

#[test]
fn before_there_is_a_pod() {
    let mut timeline = Timeline::new(Setup::default());
    let scene = at(&mut timeline, 1);
    check(&scene, "no Pod");
    assert_eq!(scene.spoken, "No Pod yet");
    let nodes: Vec<(&str, &str, u64)> =
        scene.nodes.iter().map(|node| (&*node.name, &*node.status, node.cpu_allocatable_milli)).collect();
    assert_eq!(nodes, [("node-1", "Ready", 4000), ("node-2", "Ready", 4000), ("node-3", "Ready", 4000)]);
}

#[test]
fn a_pod_that_runs_and_is_deleted() {
    let mut timeline = Timeline::new(Setup::default());
    timeline.advance_to(SimTime::from_secs(1));
    create(&mut timeline, catalog());
    check(
        &at(&mut timeline, 3),
        r#"default/catalog ◐ Init:0/2 phase=Pending ready=0/2 restarts=0 grace=-
        PodScheduled=True PodReadyToStartContainers=True Initialized=False ContainersReady=False Ready=False
        init setup Inside ● Running restarts=0 exit=None
        sidecar log-sidecar Queued ○ PodInitializing restarts=0 exit=None It waits until every init container is done.
        app web ○ PodInitializing restarts=0 exit=None It waits until every init container is done.
        readiness cat /data/state Paused
        socket web:80 false
        volume data emptyDir []
        setup /data
        log-sidecar /data ro
        web /data
        pause ● Running ["net", "ipc", "uts"]"#,
    );
    check(
        &at(&mut timeline, 60),
        r#"default/catalog ● Running phase=Running ready=2/2 restarts=0 grace=-
        PodScheduled=True PodReadyToStartContainers=True Initialized=True ContainersReady=True Ready=True
        init setup Passed ■ Completed restarts=0 exit=Some(0) It has done its work, so the next one may start.
        sidecar log-sidecar Passed ● Running restarts=0 exit=None
        app web ● Running restarts=0 exit=None
        readiness cat /data/state Passed
        socket web:80 false
        volume data emptyDir ["/state"]
        setup /data
        log-sidecar /data ro
        web /data
        pause ● Running ["net", "ipc", "uts"]"#,
    );
    delete(&mut timeline, "catalog");
    check(
        &at(&mut timeline, 61),
        r#"default/catalog ◐ Terminating phase=Running ready=2/2 restarts=0 grace=30 s
        PodScheduled=True PodReadyToStartContainers=True Initialized=True ContainersReady=True Ready=True
        init setup Passed ■ Completed restarts=0 exit=Some(0) It has done its work, so the next one may start.
        sidecar log-sidecar Passed ● Running restarts=0 exit=None SIGTERM waits for web
        Grace at most
        app web ◐ Running restarts=0 exit=None It was asked to stop and may finish its work.
        readiness cat /data/state Passed
        Grace until SIGKILL
        socket web:80 false
        volume data emptyDir ["/state"]
        setup /data
        log-sidecar /data ro
        web /data
        pause ● Running ["net", "ipc", "uts"]"#,
    );

    let scene = at(&mut timeline, 64);
    assert_eq!(scene.why.about, "log-sidecar");
    let times: Vec<bool> = scene.why.chain.windows(2).map(|pair| pair[0].0 <= pair[1].0).collect();
    assert!(times.len() >= 2 && times.iter().all(|in_order| *in_order), "{:?}", scene.why);
    assert!(scene.why.chain[0].1.starts_with("Deletion of Pod catalog was asked for"), "{:?}", scene.why);
    let rule = scene.why.rule.as_ref().expect("a signal has its rule");
    assert!(rule.source.ends_with("killContainer"), "{rule:?}");
    assert!(rule.fields.contains(&FieldPath::Pod(&["spec", "terminationGracePeriodSeconds"])), "{rule:?}");
    assert_eq!(scene.why.countdown.as_ref().map(|it| it.label.as_str()), Some("until SIGKILL"));

    // Gone from the stage, but its lanes are still there, closed, and know what its containers were.
    let scene = at(&mut timeline, 80);
    check(&scene, "no Pod");
    let lanes: Vec<(&str, LaneKind)> =
        scene.timeline.lanes.iter().map(|lane| (lane.name.as_str(), lane.kind)).collect();
    assert_eq!(
        lanes,
        [
            ("Pod", LaneKind::Phase),
            ("pause", LaneKind::Pause),
            ("setup", LaneKind::Container(Role::Init)),
            ("log-sidecar", LaneKind::Container(Role::Sidecar)),
            ("web", LaneKind::Container(Role::App)),
        ]
    );
    assert_eq!(scene.why.sentence, "Pod catalog is gone: its object was removed from the API server.");
    assert!(
        scene.timeline.lanes.iter().flat_map(|lane| &lane.segments).all(|segment| segment.to_ms.is_some())
    );
}

#[test]
fn the_selection_marks_its_card_and_asks_its_own_why() {
    let mut timeline = Timeline::new(Setup::default());
    timeline.advance_to(SimTime::from_secs(1));
    create(&mut timeline, catalog());
    timeline.advance_to(SimTime::from_secs(60));
    let pod = PodKey::new("default", "catalog");
    let container = "setup".to_owned();
    let view = ViewState { selection: Selection::Container { pod, container }, ..ViewState::default() };
    let scene = scene_of(&timeline, &view);
    let selected: Vec<&str> = scene
        .pod
        .iter()
        .flat_map(|pod| &pod.cast)
        .filter(|card| card.selected)
        .map(|card| card.name.as_str())
        .collect();
    assert_eq!(selected, ["setup"]);
    assert_eq!(scene.why.sentence, "setup came to its end by itself (exit code 0).");
}

#[test]
fn a_dead_node_counts_up_and_its_pod_tells_what_was_last_heard() {
    let mut timeline = Timeline::new(Setup::default());
    timeline.advance_to(SimTime::from_secs(1));
    create(&mut timeline, catalog());
    timeline.advance_to(SimTime::from_secs(20));
    let scene = scene_of(&timeline, &ViewState::default());
    let home = scene.pod.as_ref().and_then(|pod| pod.node.clone()).unwrap_or_default();
    let _ = timeline.submit(Input::Fault(Fault::KillNode { node: home.clone() }));
    let scene = at(&mut timeline, 30);
    let node = scene.nodes.iter().find(|node| node.name == home).expect("the Pod's node is drawn");
    assert!(!node.powered);
    assert_eq!(node.down_since_ms, Some(20_000));
    let labels: Vec<&str> = node.countdowns.iter().map(|countdown| countdown.label.as_str()).collect();
    assert_eq!(labels, ["until it counts as lost"]);
    let pod = scene.pod.as_ref().expect("the Pod is drawn");
    assert_eq!((pod.status.as_str(), pod.pause.word.as_str()), ("Running", "no power"));
    assert!(pod.cast.iter().all(|card| !card.is_running()));

    let scene = at(&mut timeline, 90);
    let node = scene.nodes.iter().find(|node| node.name == home).expect("the Pod's node is drawn");
    assert_eq!(node.status, "NotReady");
    let labels: Vec<&str> = node.countdowns.iter().map(|countdown| countdown.label.as_str()).collect();
    assert_eq!(labels, ["until catalog is evicted"]);
    let lanes: Vec<&str> = scene.timeline.lanes.iter().map(|lane| lane.name.as_str()).collect();
    assert_eq!(lanes.last(), Some(&&*home), "a node that died has its own lane");
}

#[test]
fn the_same_moment_is_the_same_scene() {
    let mut timeline = Timeline::new(Setup::default());
    timeline.advance_to(SimTime::from_secs(1));
    create(&mut timeline, catalog());
    let there = at(&mut timeline, 20);
    timeline.advance_to(SimTime::from_secs(50));
    timeline.seek(SimTime::from_secs(20));
    let back = scene_of(&timeline, &ViewState::default());
    // Only the lanes know what comes later.
    assert_eq!(Scene { timeline: Arc::default(), ..there }, Scene { timeline: Arc::default(), ..back });
}
