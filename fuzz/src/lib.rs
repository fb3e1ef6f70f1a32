//! What is done with a text of each kind. Used by the fuzz targets and by the test that runs the corpus.

use busybox::{FsTemplate, Ipv4, Os, SpawnSpec};
use k8s_api::manifest;
use k8s_sim::{ApiRequest, Input, Setup, SimTime, Timeline};

/// Longer texts find nothing that shorter ones do not.
const TEXT_MAX: usize = 20_000;
/// Simulated milliseconds that a program or a Pod gets.
const LIFE_MS: u64 = 20_000;

/// A manifest: checked, completed, explained, and applied if it can be.
pub fn manifest(text: &str) {
    if text.len() > TEXT_MAX {
        return;
    }
    for found in manifest::check(text) {
        assert!(found.span.start <= found.span.end && found.span.end <= text.len(), "{found:?}");
        assert!(
            text.is_char_boundary(found.span.start) && text.is_char_boundary(found.span.end),
            "{found:?}"
        );
    }
    let at = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let _ = manifest::complete(text, at);
    let _ = manifest::hover(text, at);
    let mut timeline = Timeline::new(Setup::default());
    let (documents, _) = manifest::parse(text);
    for document in documents.into_iter().take(3) {
        let object = document.object;
        timeline.submit(Input::Api(ApiRequest::Create {
            namespace: "default".into(),
            object,
            dry_run: false,
        }));
    }
    timeline.advance_to(SimTime(LIFE_MS));
    assert!(!timeline.cluster().overrun(), "something goes round in circles");
    for pod in timeline.cluster().pods() {
        let _ = timeline.cluster().pod_view(&pod.metadata.uid);
    }
}

/// A script: run by the shell for a while, then killed.
pub fn shell(text: &str) {
    if text.len() > TEXT_MAX || text.contains('\0') {
        return;
    }
    let mut os = Os::new(1_795_176_000);
    let net = os.create_net_namespace(Some(Ipv4([10, 244, 0, 5])), "web");
    let pids = os.create_pid_namespace();
    let cgroup = os.create_cgroup(Some(64 << 20));
    let root = os.create_fs(Some(&FsTemplate::busybox(1_795_000_000_000)));
    let Ok(_) = os.spawn(SpawnSpec::new(&["sh", "-c", text], root, net, pids, cgroup)) else { return };
    let mut moments = 0;
    while let Some(due) = os.next_due_ms().filter(|due| *due <= LIFE_MS) {
        os.advance_to(due);
        os.take_events();
        moments += 1;
        assert!(moments <= 10 * LIFE_MS, "more than ten moments a millisecond");
    }
    assert!(os.processes().count() <= 256);
    os.remove_cgroup(cgroup);
    os.take_events();
    assert_eq!(os.processes().count(), 0, "something outlived its container");
}

/// Command lines, one after the other, while a Pod runs.
pub fn kubectl(text: &str) {
    if text.len() > TEXT_MAX {
        return;
    }
    let mut timeline = Timeline::new(Setup::default());
    let web = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec:\n  containers:\n  \
               - {name: web, image: busybox, args: [sleep, '1000']}\n";
    let mut env = kubectl::Env { stdin: web.into(), ..kubectl::Env::default() };
    env.files.insert("web.yaml".into(), web.into());
    let _ = kubectl::run("kubectl apply -f web.yaml", env.clone(), &mut timeline);
    for line in text.lines().take(8) {
        timeline.advance_to(timeline.now().after_ms(2_000));
        let mut command = kubectl::start(line, env.clone());
        for _ in 0..5 {
            if let kubectl::Progress::Done(_) = command.poll(&mut timeline) {
                break;
            }
            timeline.advance_to(timeline.now().after_ms(700));
        }
        command.interrupt();
    }
    assert!(!timeline.cluster().overrun(), "something goes round in circles");
}
