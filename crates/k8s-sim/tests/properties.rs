//! What must always be true of a cluster, whatever Pods it runs and whatever befalls them, and what must come true
//! in the end. `PODARIUM_SEED=n` runs one seed, `PODARIUM_SEEDS=n` more of them.

mod common;

use common::watch::Watcher;
use common::{Chance, announce, generate, seeds, tell};
use k8s_sim::{Answer, Fault, Input, Pull, RegistryChange, SimTime, Timeline};

/// A process may be woken, but not so often that the page could not keep up.
const MOMENTS_PER_SECOND_MAX: u64 = 400;

/// Lives a journal and looks at the cluster after each change.
fn lived(
    timeline: &mut Timeline,
    watcher: &mut Watcher,
    journal: &[(SimTime, Input)],
    until: SimTime,
) -> Result<(), String> {
    let mut inputs = journal.iter().peekable();
    loop {
        while let Some((_, input)) = inputs.next_if(|(at, _)| *at <= timeline.now()) {
            timeline.submit(input.clone());
            watcher.look(timeline.cluster())?;
        }
        if timeline.now() >= until {
            return Ok(());
        }
        let due = timeline.cluster().next_due().unwrap_or(until).min(until);
        let due = inputs.peek().map_or(due, |(at, _)| due.min(*at));
        timeline.advance_to(due.max(timeline.now().after_ms(1)));
        watcher.look(timeline.cluster())?;
    }
}

/// What a failure looks like: why, what was done, and what happened last.
fn report(why: &str, timeline: &Timeline, seed: u64) -> String {
    let story = timeline.cluster().story();
    let last: Vec<String> = story
        .iter_from(story.len().saturating_sub(50))
        .map(|entry| format!("{} {} {} {:?}", entry.at, entry.subject, entry.container, entry.kind))
        .collect();
    format!(
        "seed {seed}, at {}: {why}\n\nWhat was done:\n{}\nWhat happened last:\n{}\n",
        timeline.now(),
        tell(&timeline.journal()),
        last.join("\n")
    )
}

/// Everything is mended and every Pod deleted.
fn mend_and_delete(timeline: &mut Timeline) {
    let nodes: Vec<String> = timeline.cluster().nodes().map(|node| node.metadata.name.clone()).collect();
    for node in nodes {
        timeline.submit(Input::Fault(Fault::ReviveNode { node: node.clone() }));
        timeline.submit(Input::Fault(Fault::StartKubelet { node }));
    }
    let (image, pull) = ("busybox:1.36".to_string(), Pull::Normal);
    timeline.submit(Input::Registry(RegistryChange::SetPull { image, pull }));
    let pods: Vec<String> = timeline.cluster().pods().map(|pod| pod.metadata.name.clone()).collect();
    for pod in pods {
        timeline.submit(generate::delete(&pod, None));
    }
}

#[test]
fn a_pods_life_keeps_its_laws() {
    let mut broken = Vec::new();
    for seed in seeds(60) {
        announce(seed);
        let mut chance = Chance::new(seed);
        let setup = generate::setup(&mut chance);
        let seconds = *chance.pick(&[60, 120, 120, 500]);
        let journal =
            generate::journal(&mut chance, setup.nodes.len() as u64, seconds, seed.is_multiple_of(8));
        let mut timeline = Timeline::new(setup);
        if let Err(why) = law_abiding(&mut timeline, &journal, seconds) {
            eprintln!("{}", report(&why, &timeline, seed));
            broken.push(format!("seed {seed}: {why}"));
        }
    }
    assert!(broken.is_empty(), "{} seeds broke a law:\n{}", broken.len(), broken.join("\n"));
}

fn law_abiding(timeline: &mut Timeline, journal: &[(SimTime, Input)], seconds: u64) -> Result<(), String> {
    let mut watcher = Watcher::default();
    lived(timeline, &mut watcher, journal, SimTime::from_secs(seconds))?;
    watcher.look_closely(timeline.cluster())?;
    if watcher.changes > seconds * MOMENTS_PER_SECOND_MAX {
        return Err(format!("{} moments in {seconds} s", watcher.changes));
    }
    // In the end: no Pod stays that was deleted, and nothing of it.
    mend_and_delete(timeline);
    let until = timeline.now().after_ms(90_000);
    lived(timeline, &mut watcher, &[], until)?;
    empty(timeline)
}

/// Nothing is left of any Pod.
fn empty(timeline: &Timeline) -> Result<(), String> {
    let cluster = timeline.cluster();
    if let Some(pod) = cluster.pods().next() {
        return Err(format!("{} is still there", pod.metadata.name));
    }
    for node in cluster.nodes() {
        let Some(agent) = cluster.agent(&node.metadata.name) else { continue };
        if let Some((uid, pod)) = agent.runtime.pods.first_key_value() {
            return Err(format!("{} still has {uid}: {pod:?}", node.metadata.name));
        }
        if let Some((uid, _)) = agent.kubelet.workers.first_key_value() {
            return Err(format!("the kubelet of {} still has a worker for {uid}", node.metadata.name));
        }
    }
    match cluster.os().processes().next() {
        Some(process) => Err(format!("a process is left: {process:?}")),
        None => Ok(()),
    }
}

/// How large the machine room and the nodes are, written out: what grows here is memory that is never given back.
fn size(timeline: &Timeline) -> usize {
    let cluster = timeline.cluster();
    let agents: usize = cluster
        .nodes()
        .filter_map(|node| cluster.agent(&node.metadata.name))
        .map(|agent| format!("{:?}{:?}", agent.kubelet, agent.runtime).len())
        .sum();
    format!("{:?}", cluster.os()).len() + agents
}

#[test]
fn an_hour_costs_no_more_than_half_of_it_promised() {
    for seed in seeds(4) {
        announce(seed);
        let mut chance = Chance::new(seed ^ 0x5eed);
        let setup = generate::setup(&mut chance);
        let journal = generate::journal(&mut chance, setup.nodes.len() as u64, 120, seed.is_multiple_of(4));
        let mut timeline = Timeline::new(setup);
        for (at, input) in &journal {
            timeline.advance_to(*at);
            timeline.submit(input.clone());
        }
        timeline.advance_to(SimTime::from_secs(1_800));
        let half = (size(&timeline), timeline.cluster().watch().len(), timeline.cluster().story().len());
        timeline.advance_to(SimTime::from_secs(3_600));
        let whole = (size(&timeline), timeline.cluster().watch().len(), timeline.cluster().story().len());
        let cluster = timeline.cluster();
        assert!(!cluster.overrun(), "seed {seed}");
        let processes = cluster.os().processes().count();
        assert!(processes <= 256, "seed {seed}: {processes} processes");
        let told = tell(&journal);
        // Half an hour more may fill logs and tables that have a limit; it may not add as much again and more.
        assert!(whole.0 < half.0 * 2 + 200_000, "seed {seed}: {half:?} then {whole:?}\n{told}");
        assert!(whole.1 - half.1 < 20_000, "seed {seed}: {half:?} then {whole:?} changes\n{told}");
        assert!(whole.2 - half.2 < 50_000, "seed {seed}: {half:?} then {whole:?} stories\n{told}");
    }
}

#[test]
fn a_refused_input_changes_no_pod() {
    let mut timeline = Timeline::new(k8s_sim::Setup::default());
    let before = timeline.cluster().watch().len();
    let answer = timeline.submit(generate::delete("nobody", None));
    assert!(matches!(answer, Answer::Api(Err(_))), "{answer:?}");
    let answer = timeline.submit(Input::Fault(Fault::KillNode { node: "nowhere".into() }));
    assert!(matches!(answer, Answer::Refused(_)), "{answer:?}");
    timeline.advance_to(SimTime::from_secs(60));
    assert_eq!(timeline.cluster().watch().len(), before);
}

/// The end of one container of a shared process namespace is nobody else's: the sandbox's pause process is PID 1.
#[test]
fn shared_processes_do_not_die_together() {
    let mut timeline = Timeline::new(k8s_sim::Setup::default());
    let container = |name: &str, script: &str| serde_json::json!({"name": name, "image": "busybox:1.36", "command": ["sh", "-c", script]});
    timeline.submit(generate::create(serde_json::json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "shared"},
        "spec": {
            "shareProcessNamespace": true, "restartPolicy": "Never",
            "containers": [container("short", "sleep 5"), container("long", "sleep 1000")],
        },
    })));
    timeline.advance_to(SimTime::from_secs(20));
    let pod = timeline.cluster().pod("default", "shared").expect("the Pod");
    let running: Vec<_> = pod
        .status
        .container_statuses
        .iter()
        .filter(|s| s.state.running.is_some())
        .map(|s| s.name.as_str())
        .collect();
    assert_eq!(running, ["long"]);
}

/// Nothing is run in a container that has ended.
#[test]
fn no_command_runs_in_an_ended_container() {
    let mut timeline = Timeline::new(k8s_sim::Setup::default());
    timeline.submit(generate::create(serde_json::json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "over"},
        "spec": {"containers": [{"name": "app", "image": "busybox:1.36", "command": ["false"]}]},
    })));
    timeline.advance_to(SimTime::from_secs(20));
    let answer = timeline.submit(Input::Exec(k8s_sim::ExecRequest {
        container: k8s_sim::ContainerName {
            namespace: "default".into(),
            pod: "over".into(),
            container: "app".into(),
        },
        command: vec!["true".into()],
        stdin: false,
        tty: false,
    }));
    assert!(matches!(answer, Answer::Refused(_)), "{answer:?}");
}
