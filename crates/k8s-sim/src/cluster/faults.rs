//! What a learner breaks and mends: containers, probes, sandboxes, kubelets and whole nodes.

use std::rc::Rc;

use busybox::Signal;
use k8s_api::quantity::Quantity;

use super::Cluster;
use crate::controllers::node_lifecycle::{NODE_MONITOR_PERIOD_MS, report_node_ready};
use crate::input::{ContainerName, Fault};
use crate::kubelet::{Node, NodeAgent};
use crate::setup::NodeSetup;
use crate::story::{StoryEntry, StoryKind};
use crate::wakeup::Wakeup;

/// From a kubelet's process being started to its first look at its Pods: the median of the recordings.
const KUBELET_START_MS: u64 = 1_370;

impl Cluster {
    fn tell_fault(&mut self, uid: &str, subject: String, container: &str, what: String) {
        self.story.push(Rc::new(StoryEntry {
            at: self.now,
            uid: uid.into(),
            subject: subject.into(),
            container: container.into(),
            kind: StoryKind::Fault { what: what.into() },
        }));
    }

    /// Does something to a running container.
    fn on_container(
        &mut self,
        which: &ContainerName,
        what: String,
        act: impl FnOnce(&mut Node<'_>, &mut crate::runtime::Container),
    ) -> Result<(), String> {
        let (node, uid) = self.node_of(&which.namespace, &which.pod)?;
        let running = self.agents.get(&node).is_some_and(|agent| {
            agent.power
                && agent
                    .runtime
                    .pods
                    .get(&uid)
                    .and_then(|pod| pod.find(&which.container))
                    .is_some_and(|c| c.seen.state == crate::kubelet::pod_status::ContainerState::Running)
        });
        if !running {
            return Err(format!("container {} is not running", which.container));
        }
        self.tell_fault(&uid, format!("{}/{}", which.namespace, which.pod), &which.container, what);
        self.on_node(&node, |node| {
            let Some(mut pod) = node.agent.runtime.pods.remove(&uid) else { return };
            let containers = &mut Rc::make_mut(&mut pod).containers;
            if let Some(container) = containers.iter_mut().find(|c| *c.seen.name == *which.container) {
                act(node, container);
            }
            node.agent.runtime.pods.insert(uid.clone(), pod);
        });
        Ok(())
    }

    pub(super) fn fault(&mut self, fault: &Fault) -> Result<(), String> {
        match fault {
            Fault::CrashContainer { container, exit_code } => {
                let code = exit_code.rem_euclid(256);
                self.on_container(container, format!("made to exit with code {code}"), |node, found| {
                    found.forced_exit = Some(code);
                    node.os.kill_cgroup(found.cgroup);
                })
            }
            Fault::HangContainer { container, hang } => {
                let what = if *hang { "hangs: it gets no CPU" } else { "goes on" };
                self.on_container(container, what.into(), |node, found| {
                    found.frozen = *hang;
                    if *hang {
                        node.os.freeze(found.cgroup);
                    } else {
                        node.os.thaw(found.cgroup);
                    }
                })
            }
            Fault::FillMemory { container, bytes } => {
                let bytes = *bytes;
                let what = format!("takes {} MiB of memory", bytes >> 20);
                self.on_container(container, what, |node, found| {
                    if let Some(pid) = found.pid {
                        node.os.fill_memory(pid, bytes);
                    }
                })
            }
            Fault::SignalContainer { container, signal } => {
                let signal = Signal(*signal);
                self.on_container(container, format!("gets SIG{}", signal.name()), |node, found| {
                    if signal == Signal::KILL {
                        node.os.kill_cgroup(found.cgroup);
                    } else if let Some(pid) = found.pid {
                        node.os.signal(pid, signal);
                    }
                })
            }
            Fault::SetProbe { container, probe, broken } => {
                let (node, uid) = self.node_of(&container.namespace, &container.pod)?;
                let state = if *broken { "is broken" } else { "is mended" };
                let what = format!("{} probe {state}", probe.as_str());
                self.tell_fault(
                    &uid,
                    format!("{}/{}", container.namespace, container.pod),
                    &container.container,
                    what,
                );
                let key = (Rc::from(container.container.as_str()), *probe);
                self.on_node(&node, |node| {
                    node.with_worker(&uid, |_, worker| {
                        worker.broken_probes.retain(|other| *other != key);
                        if *broken {
                            worker.broken_probes.push(key);
                        }
                    });
                });
                Ok(())
            }
            Fault::KillSandbox { namespace, pod } => {
                let (node, uid) = self.node_of(namespace, pod)?;
                self.tell_fault(&uid, format!("{namespace}/{pod}"), "", "the sandbox is killed".into());
                self.on_node(&node, |node| node.kill_sandbox(&uid));
                Ok(())
            }
            Fault::KillNode { node } => self.kill_node(node),
            Fault::ReviveNode { node } => self.revive_node(node),
            Fault::StopKubelet { node } => self.set_kubelet(node, false),
            Fault::StartKubelet { node } => self.set_kubelet(node, true),
            Fault::AddNode { name, cpu, memory } => {
                if self.agents.contains_key(name.as_str()) {
                    return Err(format!("nodes \"{name}\" already exists"));
                }
                if Quantity::parse(cpu).is_err()
                    || Quantity::parse(memory).is_err()
                    || self.agents.len() >= 200
                {
                    return Err("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'".into());
                }
                // Among fakes a new one is a fake as well.
                let fake = !self.setup.nodes.is_empty() && self.setup.nodes.iter().all(|node| node.fake);
                self.add_node(&NodeSetup { fake, ..NodeSetup::new(name, cpu, memory) });
                let kind = StoryKind::NodeAdded;
                let subject = Rc::from(name.as_str());
                self.story.push(Rc::new(StoryEntry {
                    at: self.now,
                    uid: "".into(),
                    subject,
                    container: "".into(),
                    kind,
                }));
                Ok(())
            }
        }
    }

    fn agent_mut(&mut self, name: &str) -> Result<&mut NodeAgent, String> {
        self.agents.get_mut(name).map(Rc::make_mut).ok_or_else(|| format!("nodes \"{name}\" not found"))
    }

    fn tell_node(&mut self, name: &str, kind: StoryKind) {
        let entry =
            StoryEntry { at: self.now, uid: "".into(), subject: name.into(), container: "".into(), kind };
        self.story.push(Rc::new(entry));
    }

    fn kill_node(&mut self, name: &str) -> Result<(), String> {
        let now = self.now;
        let Some(agent) = self.agents.get_mut(name).map(Rc::make_mut) else {
            return Err(format!("nodes \"{name}\" not found"));
        };
        if !agent.power {
            return Err(format!("node {name} has no power already"));
        }
        agent.lease_stopped_at = Some(agent.last_lease(now));
        agent.power = false;
        agent.kubelet_running = false;
        agent.kubelet_up_at = None;
        let nets: Vec<_> =
            agent.runtime.pods.values().flat_map(|pod| &pod.sandboxes).map(|s| s.net).collect();
        let own = agent.net;
        agent.runtime.power_off(&mut self.os, now);
        for net in nets.into_iter().chain([own]) {
            self.os.set_unreachable(net, true);
        }
        self.tell_node(name, StoryKind::NodeKilled);
        self.wakeups.push_once(self.now.after_ms(NODE_MONITOR_PERIOD_MS), Wakeup::MonitorNodes);
        Ok(())
    }

    fn revive_node(&mut self, name: &str) -> Result<(), String> {
        let agent = self.agent_mut(name)?;
        if agent.power {
            return Err(format!("node {name} has power already"));
        }
        agent.power = true;
        let own = agent.net;
        self.os.set_unreachable(own, false);
        self.tell_node(name, StoryKind::NodeRevived);
        self.start_kubelet(name);
        Ok(())
    }

    fn set_kubelet(&mut self, name: &str, run: bool) -> Result<(), String> {
        let now = self.now;
        let agent = self.agent_mut(name)?;
        let runs = agent.kubelet_running || agent.kubelet_up_at.is_some();
        if runs == run || !agent.power {
            return Err(format!(
                "the kubelet of {name} is {} already",
                if run { "running" } else { "stopped" }
            ));
        }
        if run {
            self.start_kubelet(name);
        } else {
            agent.lease_stopped_at = Some(agent.last_lease(now));
            agent.kubelet_running = false;
            agent.kubelet_up_at = None;
            self.tell_node(name, StoryKind::Kubelet { running: false });
            self.wakeups.push_once(now.after_ms(NODE_MONITOR_PERIOD_MS), Wakeup::MonitorNodes);
        }
        Ok(())
    }

    /// The kubelet's process starts.
    fn start_kubelet(&mut self, name: &str) {
        let at = self.now.after_ms(KUBELET_START_MS);
        if let Some(agent) = self.agents.get_mut(name).map(Rc::make_mut) {
            agent.kubelet_up_at = Some(at);
        }
        self.wakeups.push_once(at, Wakeup::KubeletUp { node: name.into() });
    }

    /// The kubelet has started: it takes up its work.
    pub(super) fn kubelet_up(&mut self, name: &str) {
        let now = self.now;
        self.tell_node(name, StoryKind::Kubelet { running: true });
        if let Some(agent) = self.agents.get_mut(name).map(Rc::make_mut) {
            agent.kubelet_running = true;
            agent.kubelet_up_at = None;
            agent.lease_stopped_at = None;
            agent.restart_kubelet(now);
        }
        report_node_ready(&mut self.look(), name);
        self.on_node(name, |node| {
            node.kubelet_started();
            node.usage_changed();
        });
        // What it says of its node may differ from what it said before it stopped.
        let node: Rc<str> = name.into();
        self.wakeups.push_once(now, Wakeup::NodeStatus { node });
        self.wakeups.push_once(now.after_ms(NODE_MONITOR_PERIOD_MS), Wakeup::MonitorNodes);
    }
}
