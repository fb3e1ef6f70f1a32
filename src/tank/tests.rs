//! What a person does, and what becomes of it.

use k8s_sim::{Cluster, Setup, SimTime, Timeline};

use super::journal;
use super::simulator::{NOTHING_MORE, Simulator};
use crate::action::{Action, Direction};
use crate::engine::Arrival;
use crate::examples::EXAMPLES;
use crate::session::{KEPT_MAX, NOTICES_MAX, Session};
use crate::{deed, finding};

fn session() -> Session {
    Session::new(Setup::default())
}

fn edit(session: &mut Session, text: &str) {
    session.update(Action::EditManifest(text.into()));
    session.update(Action::Apply);
}

fn live(session: &mut Session, seconds: u64) {
    session.update(Action::Seek(session.timeline().now().after_ms(seconds * 1000)));
}

fn phase(session: &Session, name: &str) -> String {
    let pod = session.cluster().object("Pod", "default", name);
    pod.map(|pod| pod["status"]["phase"].as_str().unwrap_or_default().to_owned()).unwrap_or_default()
}

fn printed(session: &Session) -> String {
    session.terminal.entries().iter().map(|entry| format!("{}\n", entry.text)).collect()
}

#[test]
fn every_example_is_valid_and_lives() {
    // What becomes of its Pod within three simulated minutes.
    let expected = [
        ("web", "web", "Running"),
        ("simple-pod", "simple-pod", "Running"),
        ("catalog", "catalog", "Running"),
        ("catalog-sidecar", "catalog", "Running"),
        ("shared-volume", "shared-volume-pod", "Running"),
        ("web-with-logging", "web-with-logging", "Running"),
        ("init-demo", "init-demo", "Pending"),
        ("sidecar-order", "sidecar-example", "Running"),
        ("full-anatomy", "my-pod", "Pending"),
        ("production-web", "production-web-service", "Running"),
    ];
    assert_eq!(expected.map(|(id, ..)| id).as_slice(), EXAMPLES.iter().map(|it| it.id).collect::<Vec<_>>());
    for (id, pod, wanted) in expected {
        let mut session = session();
        session.update(Action::LoadExample(id.into()));
        assert_eq!(finding::count_errors(&session.findings), 0, "{id}: {:?}", session.findings);
        session.update(Action::Apply);
        let applied = session.applied.clone().unwrap_or_default();
        assert!(!applied.failed, "{id}: {}", applied.text);
        live(&mut session, 180);
        assert_eq!(phase(&session, pod), wanted, "{id}");
    }
}

#[test]
fn a_broken_manifest_leaves_the_old_pod_alone() {
    let mut session = session();
    session.update(Action::Apply);
    live(&mut session, 20);
    edit(
        &mut session,
        "kind: Pod\napiVersion: v1\nmetadata: {name: web}\nspec:\n  containers:\n  - imgae: x\n",
    );
    let applied = session.applied.clone().unwrap_or_default();
    assert!(applied.failed && applied.nothing_changed, "{}", applied.text);
    assert!(finding::count_errors(&session.findings) >= 2, "{:?}", session.findings);
    live(&mut session, 20);
    assert_eq!(phase(&session, "web"), "Running");
}

#[test]
fn what_cannot_be_changed_can_be_created_anew() {
    let mut session = session();
    session.update(Action::LoadExample("catalog".into()));
    session.update(Action::Apply);
    live(&mut session, 20);
    let uid = |session: &Session| {
        session.cluster().object("Pod", "default", "catalog").map(|it| it["metadata"]["uid"].clone())
    };
    let old = uid(&session);
    session.update(Action::LoadExample("catalog-sidecar".into()));
    session.update(Action::Apply);
    let applied = session.applied.clone().unwrap_or_default();
    assert!(applied.text.contains("pod updates may not"), "{}", applied.text);
    assert_eq!(applied.recreate.len(), 1);
    session.update(Action::DeleteAndCreate);
    // Frames, not one jump: the new Pod is created in the frame after the old one has gone.
    for _ in 0..60 {
        live(&mut session, 1);
    }
    assert!(old.is_some() && uid(&session).is_some() && uid(&session) != old);
    assert_eq!(phase(&session, "catalog"), "Running");
}

#[test]
fn acting_in_the_past_asks_and_begins_a_new_future() {
    let mut session = session();
    session.update(Action::Apply);
    live(&mut session, 30);
    session.update(Action::Seek(SimTime(10_000)));
    let deed = || Action::Act(deed::delete_pod("default", "web", None));
    session.update(deed());
    assert!(session.pending.is_some());
    session.update(Action::CancelAct);
    assert_eq!((session.branches.len(), session.timeline().horizon()), (0, SimTime(30_000)));
    session.update(deed());
    session.update(Action::ConfirmAct { always: false });
    assert_eq!((session.branches.len(), session.timeline().horizon()), (1, SimTime(10_000)));
    live(&mut session, 60);
    assert_eq!(phase(&session, "web"), "");
}

#[test]
fn the_terminal_asks_only_when_it_would_write() {
    let mut session = session();
    session.update(Action::Apply);
    live(&mut session, 30);
    session.update(Action::Seek(SimTime(20_000)));
    session.update(Action::Command("kubectl get pods".into()));
    assert!(session.pending.is_none());
    assert!(printed(&session).contains("1/1"), "{}", printed(&session));
    session.update(Action::Command("kubectl delete pod web".into()));
    assert!(session.pending.is_some() && !printed(&session).contains("deleted"));
    assert_eq!(session.timeline().horizon(), SimTime(30_000));
    session.update(Action::ConfirmAct { always: true });
    assert!(session.terminal.is_following(), "kubectl delete waits for the end");
    for _ in 0..40 {
        live(&mut session, 1);
    }
    assert!(!session.terminal.is_following());
    assert!(printed(&session).contains("pod \"web\" deleted"), "{}", printed(&session));
}

#[test]
fn a_story_kept_as_text_is_lived_again_to_the_same_end() {
    let mut session = session();
    session.update(Action::LoadExample("catalog-sidecar".into()));
    session.update(Action::Apply);
    live(&mut session, 15);
    session.update(Action::Act(deed::crash(deed::container("default", "catalog", "catalog"), 3)));
    live(&mut session, 45);
    let text = journal::to_json(&session.timeline().journal()).to_string();
    let again = journal::from_json(&serde_json::from_str(&text).unwrap()).unwrap();
    let replayed = Timeline::replay(Setup::default(), &again, session.timeline().now());
    let pod = |cluster: &Cluster| cluster.object("Pod", "default", "catalog");
    assert_eq!(pod(replayed.cluster()), pod(session.cluster()));
    assert_eq!(replayed.cluster().story().len(), session.cluster().story().len());
}

#[test]
fn steps_go_to_changes_and_back() {
    let mut session = session();
    session.update(Action::Apply);
    session.update(Action::StepChange(Direction::Next));
    let first = session.timeline().now();
    session.update(Action::StepChange(Direction::Next));
    let second = session.timeline().now();
    assert!(SimTime(0) < first && first < second && !session.playback.playing);
    session.update(Action::StepChange(Direction::Previous));
    assert_eq!(session.timeline().now(), first);
    session.update(Action::JumpToEvent(Direction::Next));
    assert!(session.timeline().now() > first);
}

#[test]
fn nothing_to_wait_for_is_said_instead_of_waited_for() {
    for action in [Action::StepChange(Direction::Next), Action::JumpToEvent(Direction::Next)] {
        let mut session = session();
        session.update(Action::Apply);
        for _ in 0..100 {
            let before = session.timeline().now();
            session.update(action.clone());
            if session.timeline().now() == before {
                break;
            }
        }
        let settled = session.timeline().now();
        assert!(settled < SimTime(120_000), "{settled:?}");
        assert_eq!(session.notices.last().map(|notice| &*notice.text), Some(NOTHING_MORE));
        session.update(action);
        assert_eq!((session.timeline().now(), session.timeline().horizon()), (settled, settled));
        assert_eq!(session.notices.len(), 1);
    }
}

#[test]
fn the_start_is_looked_at_standing_still() {
    let mut session = session();
    session.update(Action::Apply);
    session.update(Action::Seek(SimTime(20_000)));
    session.update(Action::Play);
    session.update(Action::GoToStart);
    assert_eq!(session.timeline().now(), SimTime(0));
    assert!(!session.playback.playing);
}

#[test]
fn no_order_of_clicks_breaks_it() {
    let mut session = session();
    let actions = || {
        vec![
            Action::Apply,
            Action::DeleteAndCreate,
            Action::ConfirmAct { always: false },
            Action::CancelAct,
            Action::UndoReset,
            Action::ResetManifest,
            Action::LoadExample("no such example".into()),
            Action::StepChange(Direction::Previous),
            Action::JumpToEvent(Direction::Previous),
            Action::Seek(SimTime(u64::MAX)),
            Action::GoToText(usize::MAX),
            Action::InterruptCommand,
            Action::CompleteCommand,
            Action::CommandHistory(Direction::Next),
            Action::Command("kubectl delete pod nobody".into()),
            Action::Command("\u{0}'".into()),
            Action::Act(deed::kill_node("no such node")),
            Action::Act(deed::crash(deed::container("default", "web", "nobody"), 300)),
            Action::ShowLog { container: "nobody".into(), previous: true },
            Action::EditManifest("\u{feff}---\n- [".into()),
            Action::CheckManifest,
            Action::ResetCluster,
            Action::GoToStart,
        ]
    };
    for first in actions() {
        session.update(first);
        for second in actions() {
            session.update(second);
        }
    }
    session.update(Action::ConfirmAct { always: true });
    session.update(Action::ResetCluster);
    session.update(Action::ConfirmAct { always: true });
    assert!(session.notices.len() <= NOTICES_MAX);
}

#[test]
fn what_is_done_before_the_cluster_is_there_is_kept_and_done_in_order() {
    let mut session = Session::default();
    session.update(Action::Apply);
    session.update(Action::LoadExample("catalog".into()));
    session.update(Action::Command("kubectl apply -f pod.yaml".into()));
    session.update(Action::Command("kubectl get pods".into()));
    session.update(Action::SetSpeed(10));
    session.update(Action::Tick { wall_us: 50_000 });
    session.update(Action::Pause);
    let words: Vec<&str> = session.kept.iter().map(|kept| &*kept.words).collect();
    assert_eq!(words, ["apply the manifest", "kubectl apply -f pod.yaml", "kubectl get pods", "halt time"]);
    assert!(!session.checked && session.findings.is_empty() && !session.unsaved.story);

    Simulator::new(Timeline::new(Setup::default())).arrive(&mut session);
    assert_eq!((session.arrival, session.kept.len(), session.playback.playing), (Arrival::There, 0, false));
    // Each was applied as it stood in the editor at its moment, and the editor stands as it was left.
    let created = printed(&session);
    assert!(created.find("pod/web created") < created.find("pod/catalog created"), "{created}");
    assert!(created.contains("pod/catalog created"), "{created}");
    assert_eq!((&*session.draft.name, session.draft.edited()), ("catalog", false));
    assert!(session.checked && session.unsaved.story);
}

#[test]
fn what_is_kept_waits_for_the_answer_when_the_story_kept_before_is_in_the_past() {
    let mut before = session();
    before.update(Action::Apply);
    live(&mut before, 30);
    before.update(Action::Seek(SimTime(10_000)));
    let timeline = before.timeline().clone();

    let mut session = Session::default();
    session.update(Action::Act(deed::delete_pod("default", "web", None)));
    session.update(Action::Command("kubectl get pods".into()));
    Simulator::new(timeline).arrive(&mut session);
    assert!(session.pending.is_some());
    assert_eq!((session.kept.len(), session.moment.horizon_ms), (1, 30_000));
    session.update(Action::ConfirmAct { always: false });
    assert_eq!((session.kept.len(), session.moment.horizon_ms), (0, 10_000));
    assert!(printed(&session).contains("Terminating"), "{}", printed(&session));
}

#[test]
fn no_order_of_clicks_breaks_it_before_the_cluster_is_there() {
    let mut session = Session::default();
    for _ in 0..KEPT_MAX + 10 {
        session.update(Action::Apply);
        session.update(Action::ConfirmAct { always: false });
        session.update(Action::Seek(SimTime(u64::MAX)));
        session.update(Action::ResetCluster);
    }
    assert_eq!(session.kept.len(), KEPT_MAX);
    Simulator::new(Timeline::new(Setup::default())).arrive(&mut session);
    session.update(Action::ConfirmAct { always: true });
    assert_eq!(session.arrival, Arrival::There);
}
