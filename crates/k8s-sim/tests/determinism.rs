//! Same setup and same journal, same cluster: whatever the steps in which time was advanced, and however often
//! somebody went back and forth. `PODARIUM_SEED=n` runs one seed.

mod common;

use common::{Chance, announce, assert_same, digest, generate, live, seeds, tell};
use k8s_sim::{Answer, ApiRequest, Input, Setup, SimTime, StoryKind, Timeline};
use serde_json::json;

/// Chance, setup, what is done, and how long it goes on.
type Story = (Chance, Setup, Vec<(SimTime, Input)>, SimTime);

/// A life of its own for each seed.
fn story(seed: u64, seconds: u64) -> Story {
    announce(seed);
    let mut chance = Chance::new(seed);
    let setup = generate::setup(&mut chance);
    let journal = generate::journal(&mut chance, setup.nodes.len() as u64, seconds, seed.is_multiple_of(6));
    (chance, setup, journal, SimTime::from_secs(seconds))
}

#[test]
fn generated_pods_are_accepted() {
    for seed in seeds(200) {
        let mut chance = Chance::new(seed);
        let pod = generate::pod(&mut chance, "pod", true);
        let answer = Timeline::new(Setup::default()).submit(generate::create(pod.clone()));
        assert!(matches!(answer, Answer::Api(Ok(_))), "seed {seed}: {pod:#}\n{answer:?}");
    }
}

#[test]
fn the_size_of_steps_does_not_matter() {
    for seed in seeds(12) {
        let (mut chance, setup, journal, until) = story(seed, 90);
        let whole = live(Timeline::new(setup.clone()), &journal, until, || 60_000);
        let odd = live(Timeline::new(setup.clone()), &journal, until, || 777);
        assert_same(whole.cluster(), odd.cluster(), "777 ms steps");
        let random = live(Timeline::new(setup.clone()), &journal, until, || {
            let most = *chance.pick(&[3, 40, 1_000, 30_000]);
            chance.between(1, most)
        });
        assert_same(whole.cluster(), random.cluster(), "random steps");
        if seed.is_multiple_of(4) {
            let small = live(Timeline::new(setup), &journal, until, || 1);
            assert_same(whole.cluster(), small.cluster(), "1 ms steps");
        }
    }
}

#[test]
fn going_back_and_forth_changes_nothing() {
    for seed in seeds(10) {
        let (mut chance, setup, journal, until) = story(seed, 60);
        let whole = live(Timeline::new(setup.clone()), &journal, until, || 60_000);
        let mut travelled = whole.clone();
        for round in 0..6 {
            if round == 3 {
                travelled.forget_checkpoints();
            }
            let target = SimTime(chance.between(0, until.ms()));
            travelled.seek(target);
            assert_eq!(travelled.now(), target);
            assert_same(travelled.frontier(), whole.cluster(), "the horizon, seen from the past");
            let lived: Vec<_> = journal.iter().filter(|(at, _)| *at <= target).cloned().collect();
            let fresh = live(Timeline::new(setup.clone()), &lived, target, || 5_000);
            assert_same(travelled.cluster(), fresh.cluster(), "sought");
        }
        travelled.seek(until);
        assert_same(travelled.cluster(), whole.cluster(), "back at the horizon");
        let horizon = until.after_ms(45_000);
        travelled.seek(horizon);
        let longer = live(Timeline::new(setup.clone()), &journal, horizon, || 60_000);
        assert_same(travelled.cluster(), longer.cluster(), "lived on");
        let again = Timeline::replay(setup, &travelled.journal(), horizon);
        assert_same(again.cluster(), longer.cluster(), "replayed from its own journal");
    }
}

#[test]
fn a_fork_is_a_life_of_its_own() {
    for seed in seeds(10) {
        let (mut chance, setup, journal, until) = story(seed, 60);
        let mut forked = live(Timeline::new(setup.clone()), &journal, until, || 60_000);
        let at = SimTime(chance.between(1, until.ms() - 1));
        forked.seek(at);
        let deed = generate::delete("pod-0", Some(3));
        forked.submit(deed.clone());
        assert_eq!(forked.branches().len(), 1);
        assert_eq!((forked.now(), forked.horizon()), (at, at));
        let lived = journal.partition_point(|(time, _)| *time <= at);
        assert_eq!(forked.branches()[0].journal(), journal[lived..], "the future that was given up is kept");
        let mut cut: Vec<_> = journal[..lived].to_vec();
        cut.push((at, deed));
        forked.advance_to(until);
        let fresh = live(Timeline::new(setup.clone()), &cut, until, || 60_000);
        assert_same(forked.cluster(), fresh.cluster(), &tell(&cut));
        // The old checkpoints of the other future must not come back.
        let between = SimTime(chance.between(at.ms(), until.ms()));
        forked.seek(between);
        let fresh = live(Timeline::new(setup), &cut, between, || 60_000);
        assert_same(forked.cluster(), fresh.cluster(), "sought after the fork");
    }
}

#[test]
fn another_seed_is_another_life() {
    let (_, setup, journal, until) = story(3, 60);
    let one = live(Timeline::new(setup.clone()), &journal, until, || 60_000);
    let other = live(Timeline::new(Setup { seed: setup.seed ^ 1, ..setup }), &journal, until, || 60_000);
    assert_ne!(digest(one.cluster()), digest(other.cluster()));
}

/// A Pod in order is not synced for nothing. Whether its syncs are made (Secrets that nobody reads make each kubelet
/// look) or only counted, the same happens to it afterwards.
#[test]
fn a_sync_that_would_change_nothing_can_be_left_out() {
    let mut arrived = 0;
    for seed in seeds(6) {
        let (mut chance, setup, mut journal, _) = story(seed, 90);
        let later = generate::journal(&mut chance, setup.nodes.len() as u64, 90, false);
        let made = |input: &Input| matches!(input, Input::Api(ApiRequest::Create { .. }));
        let troubles = later.into_iter().filter(|(_, input)| !made(input));
        journal.extend(troubles.map(|(at, input)| (at.after_ms(900_000), input)));
        // A program that ends when a sync has brought it the news: the moment tells which syncs there were.
        let config = |value: &str| {
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "news", "namespace": "default"},
                "data": {"word": value}})
        };
        let script = "until grep -q new /news/word; do sleep 1; done; echo ended";
        let reader = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "reader"}, "spec": {
            "containers": [{"name": "app", "image": "busybox:1.36", "command": ["sh", "-c", script],
                "volumeMounts": [{"name": "news", "mountPath": "/news"}]}],
            "volumes": [{"name": "news", "configMap": {"name": "news"}}]}});
        journal.insert(0, (SimTime(0), generate::create(reader)));
        journal.insert(0, (SimTime(0), generate::create(config("old"))));
        let update = ApiRequest::Update { object: config("new"), subresource: String::new(), dry_run: false };
        journal.push((SimTime::from_secs(900), Input::Api(update)));
        journal.sort_by_key(|(at, _)| *at);
        let until = SimTime::from_secs(1_100);
        let mut watched = journal.clone();
        watched.extend((20..180).map(|n| {
            let name = format!("unread-{n}");
            let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}});
            (SimTime(n * 5_003), generate::create(secret))
        }));
        watched.sort_by_key(|(at, _)| *at);
        let counted = live(Timeline::new(setup.clone()), &journal, until, || 60_000);
        let made = live(Timeline::new(setup), &watched, until, || 60_000);
        let told = |timeline: &Timeline| {
            let mut told: Vec<String> = timeline.cluster().story().iter().map(|e| format!("{e:?}")).collect();
            told.sort();
            told
        };
        let ended = counted.cluster().story().iter().any(|entry| {
            &*entry.subject == "default/reader" && matches!(entry.kind, StoryKind::Exited { code: 0, .. })
        });
        // Its node may have been switched off meanwhile.
        arrived += usize::from(ended);
        assert_eq!(told(&counted), told(&made), "seed {seed}: {}", tell(&journal));
    }
    assert!(arrived > 0, "the news never arrived");
}
