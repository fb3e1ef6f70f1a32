//! A large cluster is mostly one to which nothing happens: that is put away, until something does or somebody looks.

use std::rc::Rc;

use resting::Chain;

use super::Cluster;
use crate::kubelet::NodeAgent;
use crate::kubelet::worker::PodWorker;
use crate::time::SimTime;
use crate::wakeup::Wakeup;

/// What nothing happens to is looked for so often.
const REST_EVERY_MS: u64 = 30_000;

impl Cluster {
    /// Something happens: when nothing more does, that can be put away. A lesson's cluster never gets so large.
    pub(super) fn rest_soon(&mut self) {
        if self.store.is_large() {
            let at = SimTime((self.now.ms() / REST_EVERY_MS + 1) * REST_EVERY_MS);
            self.wakeups.push_once(at, Wakeup::Rest);
        }
    }

    /// Puts away what nothing has happened to for a while. Nothing is forgotten, and nothing that anybody sees changes.
    pub(super) fn rest(&mut self) {
        self.store.rest();
        let mut others = false;
        for agent in self.agents.values_mut() {
            let may_rest = |worker: &PodWorker| worker.settled && !worker.rests();
            let idle = |worker: &PodWorker| self.now.since_ms(worker.busy_at) >= REST_EVERY_MS;
            let due = |worker: &PodWorker| may_rest(worker) && idle(worker);
            let mut workers = agent.kubelet.workers.values();
            others |= workers.clone().any(|worker| may_rest(worker) && !idle(worker));
            if !workers.any(|worker| due(worker)) {
                continue;
            }
            let NodeAgent { kubelet, runtime, .. } = Rc::make_mut(agent);
            let (mut roots, mut volumes, mut cgroups) = (Vec::new(), Vec::new(), Vec::new());
            let mut environments = Chain::default();
            for worker in kubelet.workers.values_mut().filter(|worker| due(worker)) {
                let Some(stored) = self.store.resting_pod(&worker.uid) else { continue };
                Rc::make_mut(worker).rest(stored);
                if let Some(pod) = runtime.pods.get_mut(&worker.uid) {
                    for container in &mut Rc::make_mut(pod).containers {
                        roots.push(container.rootfs);
                        cgroups.push(container.cgroup);
                        Rc::make_mut(&mut container.config).env.rest(|env| environments.lean(env));
                    }
                }
                volumes.extend(worker.volumes.volumes.iter().filter_map(|volume| volume.fs));
            }
            self.os.rest_processes(&cgroups, &mut environments);
            self.os.rest_fss(&roots);
            self.os.rest_fss(&volumes);
        }
        if others {
            self.rest_soon();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::input::{Answer, ApiRequest, ContainerName, DeleteOptions, ExecRequest, Fault, Input};
    use crate::setup::{NodeSetup, Setup};

    fn create(object: Value) -> Input {
        Input::Api(ApiRequest::Create { namespace: "default".into(), object, dry_run: false })
    }

    fn pod(n: usize) -> Value {
        let script =
            if n.is_multiple_of(7) { "sleep 40; exit 1" } else { "echo hello > /tmp/note; sleep 100000" };
        let mut tree = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("pod-{n}"), "labels": {"n": n.to_string()}},
            "spec": {"containers": [{
                "name": "app", "image": "busybox:1.36", "command": ["sh", "-c", script],
                "env": [{"name": "NUMBER", "value": n.to_string()}],
            }]},
        });
        if n.is_multiple_of(5) {
            let probe = json!({"exec": {"command": ["cat", "/tmp/note"]}, "periodSeconds": 20});
            tree["spec"]["containers"][0]["readinessProbe"] = probe;
        }
        tree
    }

    /// Everything that anybody can see of a cluster.
    fn seen(cluster: &Cluster) -> Vec<String> {
        let mut all: Vec<String> = cluster
            .watch()
            .iter()
            .map(|event| format!("{:?} {}", event.at, event.object.to_value()))
            .collect();
        for kind in ["Pod", "Event", "Node", "ConfigMap"] {
            all.extend(cluster.store().list(kind, None).map(|object| object.to_value().to_string()));
        }
        all.extend(cluster.story().iter().map(|entry| format!("{entry:?}")));
        all
    }

    #[test]
    fn a_cluster_that_rests_lives_as_one_that_does_not() {
        let node = |n: usize| NodeSetup::new(&format!("node-{n}"), "64", "256Gi");
        let setup = Setup { nodes: (0..3).map(node).collect(), ..Setup::default() };
        let mut rests = Cluster::new(Rc::new(setup));
        for n in 0..90 {
            let _ = rests.apply(&create(pod(n)));
        }
        let mut wakes = rests.clone();
        wakes.store.stay_awake();
        let name = |pod: &str| ContainerName {
            namespace: "default".into(),
            pod: pod.into(),
            container: "app".into(),
        };
        let exec = |pod: &str, script: &str| {
            let command = ["sh", "-c", script].map(String::from).to_vec();
            Input::Exec(ExecRequest { container: name(pod), command, stdin: false, tty: false })
        };
        let delete = |name: &str| {
            Input::Api(ApiRequest::Delete {
                kind: "Pod".into(),
                namespace: "default".into(),
                name: name.into(),
                options: DeleteOptions::default(),
            })
        };
        let later = [
            (
                200,
                exec(
                    "pod-8",
                    "cat /tmp/note /etc/hosts; env; ls -la / /tmp /var/run/secrets/kubernetes.io/serviceaccount",
                ),
            ),
            (230, delete("pod-9")),
            (260, Input::Fault(Fault::CrashContainer { container: name("pod-10"), exit_code: 3 })),
            (320, create(pod(100))),
            (400, Input::Fault(Fault::KillNode { node: "node-1".into() })),
        ];
        let (mut rested, mut exec_number) = (0, 0);
        for (at, input) in later {
            for cluster in [&mut rests, &mut wakes] {
                // In steps, so that what is put away is woken by time, not by looking.
                cluster.advance_to(SimTime::from_secs(at));
            }
            rested += rests.store().resting();
            assert_eq!(wakes.store().resting(), 0);
            let (one, other) = (rests.apply(&input), wakes.apply(&input));
            assert_eq!(one, other);
            if let Answer::Exec(number) = one {
                exec_number = number;
            }
        }
        for cluster in [&mut rests, &mut wakes] {
            cluster.advance_to(SimTime::from_secs(1_000));
        }
        assert!(rested > 1_000, "{rested} objects rested: this test compares nothing");
        for (one, other) in seen(&rests).iter().zip(&seen(&wakes)) {
            assert_eq!(one, other);
        }
        assert_eq!(seen(&rests).len(), seen(&wakes).len());
        let said = |cluster: &Cluster| {
            let exec = cluster.exec(exec_number).unwrap();
            exec.output.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes)).collect::<String>()
        };
        assert!(said(&rests).starts_with("hello\n"), "{}", said(&rests));
        assert_eq!(said(&rests), said(&wakes));
    }
}
