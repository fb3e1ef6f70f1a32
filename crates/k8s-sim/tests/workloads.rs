//! Deployments, StatefulSets and DaemonSets under random changes: always the same for the same journal, and when
//! they are left alone they become what they were asked to be. `PODARIUM_SEED=n` runs one seed.

mod common;

use common::{Chance, announce, assert_same, live, seeds};
use k8s_sim::{
    ApiRequest, Cluster, DeleteOptions, Fault, Input, NodeSetup, PatchType, Propagation, Setup, SimTime,
    Timeline,
};
use serde_json::{Value, json};

const KINDS: [&str; 4] = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"];

fn template(chance: &mut Chance, app: &str) -> Value {
    let images = ["busybox:1.36", "nginx:1.27", "nosuchimage:1"];
    let image = images[usize::from(chance.percent(60)) + usize::from(chance.percent(20))];
    json!({
        "metadata": {"labels": {"app": app}},
        "spec": {
            "terminationGracePeriodSeconds": chance.between(0, 3),
            "containers": [{"name": "c", "image": image, "command": ["sleep", "3600"]}],
        },
    })
}

fn workload(chance: &mut Chance, kind: &str, name: &str) -> Value {
    let mut spec = json!({"selector": {"matchLabels": {"app": name}}, "template": template(chance, name)});
    if kind != "DaemonSet" {
        spec["replicas"] = chance.between(0, 5).into();
    }
    spec["minReadySeconds"] = chance.between(0, 2).into();
    match kind {
        "Deployment" => {
            spec["revisionHistoryLimit"] = 2.into();
            spec["progressDeadlineSeconds"] = 30.into();
            let surge = chance.between(0, 2);
            spec["strategy"] = match chance.percent(20) {
                true => json!({"type": "Recreate"}),
                false => {
                    json!({"rollingUpdate": {"maxSurge": surge, "maxUnavailable": if surge == 0 { 1 } else { 0 }}})
                }
            };
        }
        "StatefulSet" => {
            spec["serviceName"] = name.into();
            if chance.percent(40) {
                spec["podManagementPolicy"] = "Parallel".into();
            }
        }
        "DaemonSet" if chance.percent(30) => {
            spec["updateStrategy"] = json!({"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}});
        }
        _ => {}
    }
    json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": spec})
}

fn patch(kind: &str, name: &str, patch: Value) -> Input {
    Input::Api(ApiRequest::Patch {
        kind: kind.into(),
        namespace: "default".into(),
        name: name.into(),
        subresource: String::new(),
        patch_type: PatchType::Merge,
        patch,
        dry_run: false,
    })
}

/// One workload of each kind, and what is done to them until `busy`.
fn journal(chance: &mut Chance, busy: u64) -> Vec<(SimTime, Input)> {
    let names: Vec<(&str, String)> = KINDS.iter().map(|kind| (*kind, kind.to_lowercase())).collect();
    let create = |object: Value| {
        Input::Api(ApiRequest::Create { namespace: "default".into(), object, dry_run: false })
    };
    let mut journal: Vec<(SimTime, Input)> = Vec::new();
    for (kind, name) in &names {
        journal.push((SimTime(100), create(workload(chance, kind, name))));
    }
    let mut at = 1_000;
    while at < busy * 1000 {
        at += chance.between(1, 9_000);
        let (kind, name) = chance.pick(&names).clone();
        let input = match chance.between(0, 7) {
            0..=2 => patch(kind, &name, json!({"spec": {"template": template(chance, &name)}})),
            3 | 4 if kind != "DaemonSet" => {
                patch(kind, &name, json!({"spec": {"replicas": chance.between(0, 6)}}))
            }
            5 if kind == "Deployment" => patch(kind, &name, json!({"spec": {"paused": chance.percent(50)}})),
            6 => {
                let options = DeleteOptions {
                    propagation: *chance.pick(&[
                        Propagation::Background,
                        Propagation::Foreground,
                        Propagation::Orphan,
                    ]),
                    ..DeleteOptions::default()
                };
                let delete = ApiRequest::Delete {
                    kind: kind.into(),
                    namespace: "default".into(),
                    name: name.clone(),
                    options,
                };
                journal.push((SimTime(at), Input::Api(delete)));
                at += chance.between(1, 3_000);
                create(workload(chance, kind, &name))
            }
            7 => Input::Fault(Fault::AddNode {
                name: format!("more-{at}"),
                cpu: "2".into(),
                memory: "4Gi".into(),
            }),
            _ => patch("Node", "two", json!({"spec": {"unschedulable": chance.percent(50)}})),
        };
        journal.push((SimTime(at), input));
    }
    journal.push((SimTime(at + 1), patch("Deployment", "deployment", json!({"spec": {"paused": false}}))));
    let works = json!({"spec": {"template": {"spec": {"containers": [
        {"name": "c", "image": "busybox:1.36", "command": ["sleep", "3600"]}
    ]}}}});
    for (kind, name) in &names {
        journal.push((SimTime(at + 2), patch(kind, name, works.clone())));
    }
    journal
}

fn setup(seed: u64) -> Setup {
    let nodes = ["one", "two", "three"].map(|name| NodeSetup::new(name, "4", "8Gi"));
    Setup { seed, nodes: nodes.into(), ..Setup::default() }
}

/// What must hold at every moment.
fn always(cluster: &Cluster) {
    assert!(!cluster.overrun());
    for pod in cluster.pods() {
        let owners = &pod.metadata.owner_references;
        assert!(owners.iter().filter(|owner| owner.controller == Some(true)).count() <= 1);
    }
}

/// What must hold of what still is when it was left alone.
fn at_rest(cluster: &Cluster, seed: u64) {
    for (kind, name) in KINDS.iter().map(|kind| (*kind, kind.to_lowercase())) {
        let Some(object) = cluster.object(kind, "default", &name) else { continue };
        let going = &object["metadata"]["deletionTimestamp"];
        assert!(going.is_null(), "seed {seed}: {kind} waits for ever to be gone");
        let (spec, status) = (&object["spec"], &object["status"]);
        let number = |value: &Value| value.as_i64().unwrap_or(0);
        let what = format!("seed {seed}: {kind} {spec:#}\n{status:#}");
        assert_eq!(
            number(&status["observedGeneration"]),
            number(&object["metadata"]["generation"]),
            "{what}"
        );
        match kind {
            "DaemonSet" => {
                let desired = number(&status["desiredNumberScheduled"]);
                assert_eq!(number(&status["updatedNumberScheduled"]), desired, "{what}");
                assert_eq!(number(&status["numberAvailable"]), desired, "{what}");
                assert_eq!(number(&status["numberMisscheduled"]), 0, "{what}");
            }
            // A ReplicaSet keeps the Pods that it has, whatever becomes of its template.
            "ReplicaSet" => assert_eq!(number(&status["replicas"]), number(&spec["replicas"]), "{what}"),
            // One whose first Pod cannot start waits for it for ever, as upstream's known issue has it.
            "StatefulSet" if number(&status["readyReplicas"]) != number(&spec["replicas"]) => {
                assert_ne!(spec["podManagementPolicy"], "Parallel", "{what}");
            }
            _ => {
                for field in ["replicas", "readyReplicas", "availableReplicas", "updatedReplicas"] {
                    assert_eq!(number(&status[field]), number(&spec["replicas"]), "{field} {what}");
                }
            }
        }
    }
    for pod in cluster.pods() {
        let Some(owner) = pod.metadata.controller() else { continue };
        let found = cluster.object(&owner.kind, "default", &owner.name);
        let uid = found.map(|found| found["metadata"]["uid"].clone());
        assert_eq!(
            uid,
            Some(owner.uid.as_str().into()),
            "seed {seed}: Pod {} has lost its owner",
            pod.metadata.name
        );
    }
}

#[test]
fn workloads_become_what_they_were_asked_to_be() {
    for seed in seeds(10) {
        announce(seed);
        let mut chance = Chance::new(seed);
        let journal = journal(&mut chance, 60);
        let mut timeline = Timeline::new(setup(seed));
        for (at, input) in journal {
            timeline.advance_to(at);
            timeline.submit(input);
            always(timeline.cluster());
        }
        let rest = SimTime(timeline.now().ms() + 240_000);
        timeline.advance_to(rest);
        always(timeline.cluster());
        at_rest(timeline.cluster(), seed);
    }
}

#[test]
fn the_same_journal_makes_the_same_workloads() {
    for seed in seeds(3) {
        announce(seed);
        let mut chance = Chance::new(seed);
        let journal = journal(&mut chance, 40);
        let until = SimTime::from_secs(90);
        let whole = live(Timeline::new(setup(seed)), &journal, until, || 60_000);
        let odd = live(Timeline::new(setup(seed)), &journal, until, || 777);
        assert_same(whole.cluster(), odd.cluster(), "777 ms steps");
        let mut travelled = whole.clone();
        for _ in 0..4 {
            travelled.seek(SimTime(chance.between(0, until.ms())));
        }
        travelled.seek(until);
        assert_same(whole.cluster(), travelled.cluster(), "going back and forth");
    }
}
