use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{ContainerGoal, ContainerStateName, Count, Goal, Kept, PodGoal};
use crate::{EventFacts, World};

/// A world of written-down facts.
#[derive(Debug, Default)]
struct Written {
    pods: BTreeMap<String, Value>,
    gone_ms: BTreeMap<String, u64>,
    /// The name of the Pod, and the event about it.
    events: Vec<(&'static str, EventFacts<'static>)>,
    files: BTreeSet<(String, String)>,
    log: String,
}

impl World for Written {
    fn object(&self, kind: &str, _namespace: &str, name: &str) -> Option<Value> {
        self.pods.get(name).filter(|_| kind == "Pod").cloned()
    }
    fn gone_for_ms(&self, _kind: &str, _namespace: &str, name: &str) -> Option<u64> {
        self.gone_ms.get(name).copied()
    }
    fn any_event(&self, _namespace: &str, name: &str, test: &dyn Fn(&EventFacts<'_>) -> bool) -> bool {
        self.events.iter().any(|(about, event)| *about == name && test(event))
    }
    fn volume_has_file(&self, _namespace: &str, _pod: &str, volume: &str, path: &str) -> bool {
        self.files.contains(&(volume.to_string(), path.to_string()))
    }
    fn log_contains(&self, _namespace: &str, _pod: &str, _container: &str, text: &str) -> bool {
        self.log.lines().any(|line| line.contains(text))
    }
}

/// The Pod web: an app container, a plain init container and a native sidecar.
fn web(app: Value, sidecar_ready: bool) -> Written {
    let mut status = json!({"name": "app"});
    status.as_object_mut().unwrap().extend(app.as_object().unwrap().clone());
    let pod = json!({
        "metadata": {"name": "web", "uid": "uid-1"},
        "spec": {
            "initContainers": [
                {"name": "setup", "image": "busybox:1.36"},
                {"name": "side", "image": "busybox:1.36", "restartPolicy": "Always"},
            ],
            "containers": [{"name": "app", "image": "nginx:1.27", "volumeMounts": [{"name": "page"}]}],
        },
        "status": {
            "phase": "Running",
            "podIP": "10.244.0.2",
            "initContainerStatuses": [
                {"name": "setup", "ready": true, "state": {"terminated": {"exitCode": 0}}},
                {"name": "side", "ready": sidecar_ready, "state": {"running": {}}},
            ],
            "containerStatuses": [status],
        },
    });
    Written { pods: BTreeMap::from([("web".into(), pod)]), ..Written::default() }
}

fn running() -> Written {
    web(
        json!({"ready": true, "restartCount": 2, "state": {"running": {}},
               "lastState": {"terminated": {"exitCode": 3}}}),
        true,
    )
}

fn waiting() -> Written {
    web(
        json!({"ready": false, "restartCount": 5, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}),
        true,
    )
}

const POD: PodGoal =
    PodGoal { namespace: "default", name: "web", phase: "", ready: None, kept: &[], containers: &[] };
const APP: ContainerGoal = ContainerGoal {
    name: "app",
    state: None,
    reason: "",
    exit_code: None,
    restarts: None,
    ready: None,
    image: "",
};

#[track_caller]
fn check(goal: Goal, world: &Written, met: bool, progress: &str) {
    let verdict = goal.evaluate(world);
    assert_eq!((verdict.met, verdict.progress.as_str()), (met, progress));
}

#[track_caller]
fn check_app(goal: ContainerGoal, world: &Written, met: bool, progress: &str) {
    // Leaked: goals are static in the course, and a test ends.
    let containers = Box::leak(Box::new([goal]));
    check(Goal::Pod(PodGoal { containers, ..POD }), world, met, progress);
}

#[test]
fn a_pod_that_is_not_there_meets_nothing() {
    check(Goal::Pod(POD), &Written::default(), false, "There is no Pod web yet.");
}

#[test]
fn phase_and_ready_are_compared() {
    let goal = Goal::Pod(PodGoal { phase: "Running", ready: Some((2, 2)), ..POD });
    check(goal, &running(), true, "web is Running, READY 2/2.");
    check(goal, &waiting(), false, "web has READY 1/2; wanted: 2/2.");
    let goal = Goal::Pod(PodGoal { phase: "Succeeded", ..POD });
    check(goal, &running(), false, "web is Running; wanted: Succeeded.");
}

#[test]
fn ready_counts_sidecars_but_no_plain_init_containers() {
    let world = web(json!({"ready": true, "state": {"running": {}}}), false);
    check(Goal::Pod(POD), &world, true, "web is Running, READY 1/2.");
}

#[test]
fn containers_are_compared_by_state_reason_and_count() {
    let state = |state| ContainerGoal { state: Some(state), ..APP };
    check_app(state(ContainerStateName::Running), &running(), true, "web is Running, READY 2/2.");
    check_app(state(ContainerStateName::Running), &waiting(), false, "app is waiting; wanted: running.");
    let reason = ContainerGoal { reason: "CrashLoopBackOff", ..APP };
    check_app(reason, &waiting(), true, "web is Running, READY 1/2.");
    check_app(reason, &running(), false, "app is running; wanted: CrashLoopBackOff.");
    let at_least = |min| ContainerGoal { restarts: Some(Count { min, max: u32::MAX }), ..APP };
    check_app(at_least(2), &running(), true, "web is Running, READY 2/2.");
    check_app(at_least(3), &running(), false, "app has restarted 2 times; wanted: at least 3.");
    let code = |code| ContainerGoal { exit_code: Some(code), ..APP };
    check_app(code(3), &running(), true, "web is Running, READY 2/2.");
    check_app(code(1), &running(), false, "app last ended with exit code 3; wanted: 1.");
    check_app(code(1), &waiting(), false, "app has not ended yet.");
    let image = ContainerGoal { image: "nginx:1.28", ..APP };
    check_app(image, &running(), false, "app has the image nginx:1.27; wanted: nginx:1.28.");
    let ready = ContainerGoal { ready: Some(true), ..APP };
    check_app(ready, &waiting(), false, "app is not yet ready.");
    check_app(ContainerGoal { name: "nobody", ..APP }, &running(), false, "The Pod has no container nobody.");
}

#[test]
fn a_sandbox_made_anew_has_not_kept_the_address() {
    let event = |reason, uid| ("web", EventFacts { reason, uid, ..EventFacts::default() });
    let goal = Goal::Pod(PodGoal { kept: &[Kept::Uid, Kept::Ip], ..POD });
    let mut world = running();
    check(goal, &world, false, "Nothing has run in this Pod web yet.");
    // What an earlier Pod of this name went through does not count.
    world.events = vec![event("SandboxChanged", "uid-0"), event("Started", "uid-1")];
    check(goal, &world, true, "web is Running, READY 2/2.");
    world.events.push(event("SandboxChanged", "uid-1"));
    check(goal, &world, false, "The sandbox of web was made anew, so its IP may be another.");
}

#[test]
fn gone_means_that_it_was_there() {
    let goal = Goal::Gone { kind: "Pod", namespace: "default", name: "web", for_seconds: 10 };
    check(goal, &Written::default(), false, "There was no Pod web yet.");
    let mut world = running();
    check(goal, &world, false, "Pod web is still there.");
    world.pods.get_mut("web").unwrap()["metadata"]["deletionTimestamp"] = json!("2026-11-20T12:00:00Z");
    check(goal, &world, false, "web is Terminating.");
    world.pods.clear();
    world.gone_ms.insert("web".into(), 9_999);
    check(goal, &world, false, "web has been gone for 9 s; wait until 10 s.");
    world.gone_ms.insert("web".into(), 10_000);
    check(goal, &world, true, "web is gone, and nothing has brought it back.");
}

#[test]
fn events_are_found_by_reason_container_and_message() {
    let mut world = running();
    let event = EventFacts {
        reason: "BackOff",
        message: "Back-off restarting failed container app in pod web",
        uid: "uid-1",
        field_path: "spec.containers{app}",
    };
    world.events = vec![("web", event)];
    let goal = |container, message| Goal::Happened {
        event: "BackOff",
        namespace: "default",
        object: "web",
        container,
        message,
    };
    check(goal("", ""), &world, true, "The event BackOff about web is there.");
    check(goal("app", "Back-off restarting"), &world, true, "The event BackOff about web is there.");
    check(goal("ap", ""), &world, false, "No event BackOff about web yet.");
    check(goal("app", "pulling"), &world, false, "No event BackOff about web yet.");
}

#[test]
fn a_file_must_be_in_a_volume_that_both_mount() {
    let goal = |mounted_in| Goal::File {
        namespace: "default",
        pod: "web",
        volume: "page",
        path: "note.txt",
        mounted_in,
    };
    let mut world = running();
    check(goal(&["app"]), &world, false, "There is no file note.txt in the volume page yet.");
    world.files.insert(("page".into(), "note.txt".into()));
    check(goal(&["app"]), &world, true, "note.txt is in the volume page, seen by app.");
    check(goal(&["app", "side"]), &world, false, "side does not mount the volume page.");
}

#[test]
fn goals_join() {
    static PARTS: [Goal; 2] = [
        Goal::Pod(PodGoal { ready: Some((2, 2)), ..POD }),
        Goal::Log { namespace: "default", pod: "web", container: "app", contains: "GET" },
    ];
    let mut world = running();
    check(Goal::All(&PARTS), &world, false, "The log of app does not say GET yet.");
    check(Goal::Any(&PARTS), &world, true, "web is Running, READY 2/2.");
    check(Goal::Any(&PARTS), &waiting(), false, "web has READY 1/2; wanted: 2/2.");
    world.log = "GET / 200".into();
    check(Goal::All(&PARTS), &world, true, "The log of app says GET.");
}

#[test]
fn a_world_of_odd_shapes_is_no_trouble() {
    for odd in [json!(null), json!([]), json!({"status": 7, "spec": {"containers": [1, {"name": 2}]}})] {
        let world = Written {
            pods: BTreeMap::from([("web".into(), odd)]),
            events: vec![("web", EventFacts { field_path: "}{", ..EventFacts::default() })],
            ..Written::default()
        };
        for goal in [
            Goal::Pod(PodGoal { phase: "Running", ready: Some((1, 1)), kept: &[Kept::Uid], ..POD }),
            Goal::Happened { event: "X", namespace: "default", object: "web", container: "a", message: "" },
        ] {
            assert!(!goal.evaluate(&world).met);
        }
    }
}
