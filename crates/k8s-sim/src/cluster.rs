//! The whole cluster as plain data, and how it gets from one moment to the next.

mod faults;
mod rest;

use std::collections::BTreeMap;
use std::rc::Rc;

use busybox::{Ipv4, Os, OsEvent, Pid};
use k8s_api::Value;
use k8s_api::core::Node as NodeObject;
use k8s_api::meta::{ObjectMeta, Time};

use crate::apiserver::admission::resource_quota;
use crate::apiserver::{
    ApiServer, Asker, Object, ObjectKey, Other, Pod, Store, WatchEvent, WatchLog, carry_out,
};
use crate::controllers::node_lifecycle::{Look, NODE_MONITOR_PERIOD_MS, NodeLifecycle};
use crate::controllers::{
    self, Controllers, Work, default_roles, kubernetes_service, namespace, node_taints, pod_gc,
};
use crate::input::{Answer, ExecRequest, Input, RegistryChange};
use crate::kubelet::{Node, NodeAgent};
use crate::log::Log;
use crate::rng::Rng;
use crate::runtime::registry::Registry;
use crate::scheduler::{Round, SCHEDULE_MS, Scheduler};
use crate::services::ServiceProxy;
use crate::setup::{NodeSetup, Setup};
use crate::story::{StoryEntry, StoryKind};
use crate::time::SimTime;
use crate::view::Flight;
use crate::wakeup::{Wakeup, WakeupQueue};

/// From a write to the kubelet hearing of it.
const WATCH_MS: u64 = 15;
/// More wakeups than this at one and the same millisecond would be a loop without an end.
const WAKEUPS_PER_MOMENT_MAX: u32 = 20_000;
/// Requests kept for drawing.
const FLIGHTS_MAX: usize = 64;

/// A command run in a container.
#[derive(Clone, Debug)]
struct ExecSession {
    node: Rc<str>,
    pid: Pid,
}

/// The whole world. Cloning it is cheap: what is large is shared.
#[derive(Clone, Debug)]
pub struct Cluster {
    pub(crate) setup: Rc<Setup>,
    pub(crate) now: SimTime,
    rng: Rng,
    wakeups: WakeupQueue,
    store: Store,
    watched: usize,
    seen_usage: u64,
    pub(crate) os: Os,
    scheduler: Scheduler,
    lifecycle: NodeLifecycle,
    controllers: Rc<Controllers>,
    proxy: ServiceProxy,
    pub(crate) agents: BTreeMap<Rc<str>, Rc<NodeAgent>>,
    registry: Registry,
    story: Log<Rc<StoryEntry>>,
    execs: BTreeMap<u64, ExecSession>,
    made_execs: u64,
    pub(crate) flights: Vec<Flight>,
    overrun: bool,
    /// What the answer to the last request warned of.
    warnings: Vec<String>,
    /// Moments at which something fell due so far.
    pub(crate) moments: u64,
}

impl Cluster {
    /// A cluster as it is set up, at time zero.
    #[must_use]
    pub fn new(setup: Rc<Setup>) -> Self {
        let mut cluster = Self {
            now: SimTime(0),
            rng: Rng::new(setup.seed, setup.spans),
            wakeups: WakeupQueue::default(),
            store: Store::default(),
            watched: 0,
            seen_usage: 0,
            os: Os::new(setup.epoch_seconds),
            scheduler: Scheduler::default(),
            lifecycle: NodeLifecycle::default(),
            controllers: Rc::default(),
            proxy: ServiceProxy::default(),
            agents: BTreeMap::new(),
            registry: setup.registry.clone(),
            story: Log::default(),
            execs: BTreeMap::new(),
            made_execs: 0,
            flights: Vec::new(),
            overrun: false,
            warnings: Vec::new(),
            moments: 0,
            setup: setup.clone(),
        };
        cluster.os.set_seed(setup.seed);
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            cluster.add_namespace(name);
        }
        for name in &setup.namespaces {
            cluster.add_namespace(name);
        }
        let rng = cluster.rng;
        namespace::add_priority_classes(&mut cluster.look(), &rng);
        default_roles::add_roles(&mut cluster.look(), &rng);
        kubernetes_service::add(&mut cluster.look(), &rng);
        for node in &setup.nodes {
            cluster.add_node(node);
        }
        cluster.watched = cluster.store.watch().len();
        cluster.proxy.sync(&cluster.store, &mut cluster.os);
        cluster
    }

    fn time(&self) -> Time {
        Time(self.setup.epoch_seconds + self.now.secs() as i64)
    }

    fn add_namespace(&mut self, name: &str) {
        let metadata = ObjectMeta {
            name: name.into(),
            uid: self.rng.uid(&format!("Namespace/{name}"), 0),
            creation_timestamp: Some(self.time()),
            labels: BTreeMap::from([("kubernetes.io/metadata.name".to_string(), name.to_string())]),
            ..ObjectMeta::default()
        };
        let tree = serde_json::json!({"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}});
        let other = Other { api_version: "v1".into(), kind: "Namespace".into(), metadata, tree };
        self.store.put(self.now, Object::Other(Box::new(other)));
        let rng = self.rng;
        namespace::furnish(&mut self.look(), &rng, name);
    }

    fn add_node(&mut self, setup: &NodeSetup) {
        let number = self.agents.len() as u8;
        let name: Rc<str> = setup.name.as_str().into();
        let ip = format!("10.99.0.{}", 1 + u32::from(number));
        let address = Ipv4::parse(&ip);
        let net = self.os.create_net_namespace(address, &name);
        let mut agent = NodeAgent::new(name.clone(), ip.as_str().into(), net, number, self.now, &self.rng);
        agent.fake = setup.fake;
        agent.runtime.hides_users = self.registry.hides_users;
        agent.runtime.images.extend(self.registry.cached().map(Rc::from));
        agent.runtime.images.extend(setup.cached_images.iter().map(|image| Rc::from(image.as_str())));
        let images = agent.runtime.images.iter().filter_map(|name| self.registry.image(name));
        let images_idle = images.map(|image| image.size_bytes).sum();
        agent.resources = Rc::new(setup.resources(images_idle));
        agent.runtime.cpu_milli = agent.resources.cpu_milli;
        let uid = self.rng.uid(&format!("Node/{}", setup.name), 0);
        let object = setup.object(uid, self.time(), number, &ip);
        self.store.put(self.now, Object::Node(Box::new(object)));
        self.agents.insert(name, Rc::new(agent));
    }

    // ---------------------------------------------------------------- reading

    /// The moment.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// Unix time of the start, in seconds.
    #[must_use]
    pub fn epoch_seconds(&self) -> i64 {
        self.setup.epoch_seconds
    }

    /// The API's clock: whole seconds since 1970.
    #[must_use]
    pub fn api_now(&self) -> Time {
        self.time()
    }

    /// The store behind the API server.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// All Pods, by namespace and name.
    pub fn pods(&self) -> impl Iterator<Item = &Pod> {
        self.store.pods()
    }

    pub(crate) fn pod_count(&self) -> usize {
        self.store.pod_count()
    }

    /// One Pod.
    #[must_use]
    pub fn pod(&self, namespace: &str, name: &str) -> Option<&Pod> {
        self.store.pod(namespace, name)
    }

    /// All nodes, by name.
    pub fn nodes(&self) -> impl Iterator<Item = &NodeObject> {
        self.store.list("Node", None).filter_map(|object| object.as_node())
    }

    /// All events, by namespace and name.
    pub fn events(&self) -> impl Iterator<Item = &k8s_api::core::Event> {
        self.store.list("Event", None).filter_map(|object| object.as_event())
    }

    /// Any object as the API server would send it.
    #[must_use]
    pub fn object(&self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        self.store.get(&ObjectKey::new(kind, namespace, name)).map(|object| object.to_value())
    }

    /// Every change of every object so far.
    #[must_use]
    pub fn watch(&self) -> &WatchLog {
        self.store.watch()
    }

    /// What happened, and why.
    #[must_use]
    pub fn story(&self) -> &Log<Rc<StoryEntry>> {
        &self.story
    }

    /// The machine behind a node.
    #[must_use]
    pub fn agent(&self, node: &str) -> Option<&NodeAgent> {
        self.agents.get(node).map(|agent| &**agent)
    }

    /// What can be pulled.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// When a Pod will be evicted from its dead node.
    #[must_use]
    pub fn eviction_at(&self, uid: &str) -> Option<SimTime> {
        self.lifecycle.evictions.get(uid).copied()
    }

    /// The simulated machine room: processes and files.
    #[must_use]
    pub fn os(&self) -> &Os {
        &self.os
    }

    /// What the API server's answer to the last request warned of, in order.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Whether something went round in circles and was cut short. It should never be true.
    #[must_use]
    pub fn overrun(&self) -> bool {
        self.overrun
    }

    /// When anything will happen next by itself.
    #[must_use]
    pub fn next_due(&self) -> Option<SimTime> {
        let os = self.os.next_due_ms().map(SimTime);
        match (self.wakeups.next_due(), os) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    // ---------------------------------------------------------------- time

    /// Lets everything happen that is due up to and including `target`.
    pub(crate) fn advance_to(&mut self, target: SimTime) {
        while let Some(due) = self.next_due().filter(|due| *due <= target) {
            self.now = self.now.max(due);
            self.moments += 1;
            self.settle();
        }
        self.now = self.now.max(target);
        self.os.advance_to(self.now.ms());
    }

    /// Everything that is due at this moment.
    pub(crate) fn settle(&mut self) {
        for round in 0.. {
            self.run_os();
            // What is done about a change may be a change itself.
            while self.watch_changes() {}
            let Some(wakeup) = self.wakeups.pop_due(self.now) else { break };
            if round >= WAKEUPS_PER_MOMENT_MAX {
                // Put off rather than lost; the page says so.
                self.overrun = true;
                self.wakeups.push(self.now.after_ms(1), wakeup);
                break;
            }
            self.handle(wakeup);
        }
    }

    fn handle(&mut self, wakeup: Wakeup) {
        if wakeup != Wakeup::Rest {
            self.rest_soon();
        }
        match wakeup {
            Wakeup::Rest => self.rest(),
            Wakeup::Schedule => self.schedule(),
            Wakeup::PodConfig { node, uid } => self.on_node(&node, |node| node.pod_config(&uid)),
            Wakeup::PodWorker { node, uid } => self.on_node(&node, |node| node.wake(&uid)),
            Wakeup::Relist { node } => self.on_node(&node, |node| node.relist()),
            Wakeup::Probe { node, uid } => self.on_node(&node, |node| node.wake_probe(&uid)),
            Wakeup::KubeletUp { node } => {
                if self.agents.get(&node).is_some_and(|agent| agent.kubelet_up_at == Some(self.now)) {
                    self.kubelet_up(&node);
                }
            }
            Wakeup::Eviction { node } => self.on_node(&node, |node| node.look_for_pressure()),
            Wakeup::VolumeStats { node, uid } => self.on_node(&node, |node| node.read_volume_stats(&uid)),
            Wakeup::NodeStatus { node } => self.on_node(&node, |node| node.sync_node_status()),
            Wakeup::RetryResizes { node } => self.on_node(&node, |node| node.retry_pending_resizes()),
            Wakeup::MonitorNodes => self.monitor_nodes(),
            Wakeup::Namespace { name } => {
                if let Some(after_ms) = namespace::sync(&mut self.look(), &name) {
                    self.wakeups.push_once(self.now.after_ms(after_ms), Wakeup::Namespace { name });
                }
            }
            Wakeup::Quota { namespace } => resource_quota::sync(&mut self.store, self.now, &namespace),
            Wakeup::Sync { controller, key } => controllers::sync(&mut self.work(), controller, &key),
            Wakeup::PodGc => pod_gc::collect(&mut self.work()),
            Wakeup::TaintEviction { uid } => {
                self.on_lifecycle(|lifecycle, look| lifecycle.evict(look, &uid));
            }
        }
    }

    fn look(&mut self) -> Look<'_> {
        Look {
            now: self.now,
            epoch_seconds: self.setup.epoch_seconds,
            store: &mut self.store,
            story: &mut self.story,
        }
    }

    fn work(&mut self) -> Work<'_> {
        Work {
            now: self.now,
            epoch_seconds: self.setup.epoch_seconds,
            rng: self.rng,
            store: &mut self.store,
            story: &mut self.story,
            wakeups: &mut self.wakeups,
            controllers: Rc::make_mut(&mut self.controllers),
        }
    }

    /// Lets one node do something.
    pub(crate) fn on_node<R: Default>(&mut self, name: &str, run: impl FnOnce(&mut Node<'_>) -> R) -> R {
        let Some((name, mut agent)) = self.agents.remove_entry(name) else { return R::default() };
        let mut result = R::default();
        if agent.power {
            let mut node = Node {
                agent: Rc::make_mut(&mut agent),
                now: self.now,
                epoch_seconds: self.setup.epoch_seconds,
                rng: self.rng,
                wakeups: &mut self.wakeups,
                store: &mut self.store,
                os: &mut self.os,
                registry: &self.registry,
                story: &mut self.story,
            };
            result = run(&mut node);
        }
        self.agents.insert(name, agent);
        result
    }

    /// Lets the processes run and takes in what they did.
    fn run_os(&mut self) {
        self.os.advance_to(self.now.ms());
        if self.seen_usage != self.os.usage_changes() {
            self.seen_usage = self.os.usage_changes();
            self.usage_changed();
        }
        for event in self.os.take_events() {
            match event {
                OsEvent::Output { at_ms, pid, cgroup, stream, bytes } => {
                    let node = self.host_of(cgroup, pid);
                    if let Some(agent) = node.and_then(|name| self.agents.get_mut(&name)) {
                        let runtime = &mut Rc::make_mut(agent).runtime;
                        runtime.output(SimTime(at_ms), pid, cgroup, stream, &bytes);
                    }
                }
                OsEvent::Exited { at_ms, pid, cgroup, status, oom } => {
                    if let Some(name) = self.host_of(cgroup, pid) {
                        self.process_exited(&name, SimTime(at_ms), pid, cgroup, status, oom);
                    }
                }
                OsEvent::Connection { at_ms, round_trip_ms, from, to_ip, port, to, outcome } => {
                    self.flights.push(Flight {
                        sent_at: SimTime(at_ms),
                        arrives_at: SimTime(at_ms + round_trip_ms),
                        from,
                        to,
                        to_ip,
                        port,
                        outcome,
                    });
                    if self.flights.len() > FLIGHTS_MAX {
                        self.flights.remove(0);
                    }
                }
                OsEvent::ProbeDone { conn, .. } => {
                    let asked =
                        self.agents.iter().find(|(_, agent)| agent.kubelet.connections.contains_key(&conn));
                    if let Some(name) = asked.map(|(name, _)| name.clone()) {
                        self.on_node(&name, |node| {
                            if let Some(uid) = node.agent.kubelet.connections.remove(&conn) {
                                node.notice(&uid);
                            }
                        });
                    }
                }
                OsEvent::Listening { .. }
                | OsEvent::Closed { .. }
                | OsEvent::Request { .. }
                | OsEvent::FileChanged { .. } => {}
            }
        }
    }

    /// More memory or disk space is in use somewhere: the kubelets' eviction managers have something to look at.
    fn usage_changed(&mut self) {
        let idle = |agent: &NodeAgent| {
            agent.power && agent.kubelet_running && agent.kubelet.eviction.next_look.is_none()
        };
        let names: Vec<Rc<str>> =
            self.agents.iter().filter(|(_, agent)| idle(agent)).map(|(name, _)| name.clone()).collect();
        for name in names {
            self.on_node(&name, |node| node.usage_changed());
        }
    }

    /// The node on which a process runs.
    fn host_of(&self, cgroup: busybox::CgroupId, pid: Pid) -> Option<Rc<str>> {
        let owns = |agent: &NodeAgent| {
            agent.runtime.owner(cgroup).is_some() || agent.runtime.execs.contains_key(&pid)
        };
        self.agents.iter().find(|(_, agent)| owns(agent)).map(|(name, _)| name.clone())
    }

    fn process_exited(
        &mut self,
        name: &Rc<str>,
        at: SimTime,
        pid: Pid,
        cgroup: busybox::CgroupId,
        status: busybox::ExitStatus,
        oom: bool,
    ) {
        self.on_node(name, |node| {
            let owner = node.agent.runtime.owner(cgroup).map(|(uid, _)| uid.clone());
            let exited = node.agent.runtime.exited(node.os, at, pid, cgroup, status, oom);
            if let Some(exited) = exited {
                let uid = exited.uid.clone();
                node.with_settled_worker(&uid, |node, worker| {
                    let kind = StoryKind::Exited {
                        code: exited.code,
                        signal: exited.signal,
                        oom: exited.oom,
                        asked: exited.asked,
                        attempt: exited.attempt,
                    };
                    node.tell(worker, &exited.name, kind);
                });
            }
            if let Some(uid) = owner {
                // A stop, a hook or a probe may have waited for it.
                node.notice(&uid);
                node.request_relist();
            }
        });
    }

    /// Tells the scheduler and the kubelets what changed in the store; false if nothing did.
    fn watch_changes(&mut self) -> bool {
        let from = self.watched;
        let len = self.store.watch().len();
        if from == len {
            return false;
        }
        let changes: Vec<WatchEvent> = self.store.watch().iter_from(from).collect();
        self.watched = len;
        let mut schedule = false;
        let mut network = false;
        // What the syncs of settled Pods look at, besides their own objects.
        let shown = |object: &Object| match object {
            Object::Node(_) => true,
            Object::Other(other) => matches!(other.kind.as_str(), "ConfigMap" | "Secret"),
            Object::Pod(_) | Object::Event(_) => false,
        };
        if changes.iter().any(|change| shown(&change.object)) {
            let names: Vec<Rc<str>> = self.agents.keys().cloned().collect();
            for name in names {
                self.on_node(&name, |node| node.unsettle_all());
            }
        }
        for change in changes {
            if let (crate::WatchType::Deleted, Object::Pod(pod)) = (change.kind, &*change.object) {
                let subject = format!("{}/{}", pod.metadata.namespace, pod.metadata.name);
                let uid = Rc::from(pod.metadata.uid.as_str());
                let kind = StoryKind::PodRemoved;
                let entry =
                    StoryEntry { at: self.now, uid, subject: subject.into(), container: "".into(), kind };
                self.story.push(Rc::new(entry));
            }
            let rng = self.rng;
            if let Some((at, wakeup)) = namespace::watch(&mut self.look(), &rng, &change) {
                self.wakeups.push_once(at, wakeup);
            }
            let gone = change.kind == crate::WatchType::Deleted;
            match &*change.object {
                Object::Node(node) => {
                    self.on_lifecycle(|lifecycle, look| lifecycle.node_changed(look, node, gone));
                    if gone {
                        pod_gc::notice(&mut self.work());
                    }
                }
                Object::Pod(pod) if !gone && !pod.spec.node_name.is_empty() => {
                    self.on_lifecycle(|lifecycle, look| lifecycle.pod_changed(look, pod));
                }
                Object::Pod(_) | Object::Event(_) | Object::Other(_) => {}
            }
            controllers::notice(&mut self.work(), &change);
            network |= matches!(change.object.kind(), "Service" | "EndpointSlice");
            schedule |= self.scheduler.notice(&self.store, &change);
            match &*change.object {
                Object::Pod(pod) if pod.spec.node_name.is_empty() => {}
                Object::Pod(pod) if !self.agents.contains_key(pod.spec.node_name.as_str()) => {
                    pod_gc::notice(&mut self.work());
                }
                Object::Pod(pod) => {
                    let node: Rc<str> = pod.spec.node_name.as_str().into();
                    let uid: Rc<str> = pod.metadata.uid.as_str().into();
                    let worker = self.agents.get(&node).and_then(|agent| agent.kubelet.workers.get(&uid));
                    if worker.is_some_and(|worker| worker.settled) {
                        self.on_node(&node, |node| node.with_worker(&uid, |_, _| {}));
                    }
                    self.wakeups.push_once(self.now.after_ms(WATCH_MS), Wakeup::PodConfig { node, uid });
                }
                Object::Node(node) => {
                    let time = self.time();
                    node_taints::no_schedule_taints(&mut self.store, self.now, time, node);
                }
                Object::Event(_) | Object::Other(_) => {}
            }
        }
        if network {
            self.proxy.sync(&self.store, &mut self.os);
        }
        if schedule {
            self.wakeups.push_once(self.now.after_ms(SCHEDULE_MS), Wakeup::Schedule);
        }
        true
    }

    fn schedule(&mut self) {
        let mut scheduler = std::mem::take(&mut self.scheduler);
        let mut round = Round {
            now: self.now,
            epoch_seconds: self.setup.epoch_seconds,
            rng: self.rng,
            store: &mut self.store,
            story: &mut self.story,
        };
        let again = scheduler.run(&mut round);
        if let Some(at) = again {
            self.wakeups.push_once(at, Wakeup::Schedule);
        }
        self.scheduler = scheduler;
    }

    /// Lets the node controller do something; what it plans becomes due.
    fn on_lifecycle<R>(&mut self, run: impl FnOnce(&mut NodeLifecycle, &mut Look<'_>) -> R) -> R {
        let mut lifecycle = std::mem::take(&mut self.lifecycle);
        let before = lifecycle.evictions.clone();
        let result = run(&mut lifecycle, &mut self.look());
        for (uid, at) in &lifecycle.evictions {
            if before.get(uid) != Some(at) {
                self.wakeups.push(*at, Wakeup::TaintEviction { uid: uid.clone() });
            }
        }
        self.lifecycle = lifecycle;
        result
    }

    fn monitor_nodes(&mut self) {
        let leases: BTreeMap<Rc<str>, SimTime> =
            self.agents.iter().map(|(name, agent)| (name.clone(), agent.last_lease(self.now))).collect();
        let again = self.on_lifecycle(|lifecycle, look| lifecycle.monitor(look, &leases));
        // A node that has just gone silent is not late yet, but it will be.
        if again || self.agents.values().any(|agent| agent.lease_stopped_at.is_some()) {
            self.wakeups.push_once(self.now.after_ms(NODE_MONITOR_PERIOD_MS), Wakeup::MonitorNodes);
        }
    }

    // ---------------------------------------------------------------- inputs

    /// Takes an input in, at this moment.
    pub(crate) fn apply(&mut self, input: &Input) -> Answer {
        let answer = match input {
            Input::Api(request) => self.api(request),
            Input::Fault(fault) => match self.fault(fault) {
                Ok(()) => Answer::Done,
                Err(reason) => Answer::Refused(reason),
            },
            Input::Exec(request) => self.start_exec(request),
            Input::ExecInput { exec, bytes } => {
                if let Some(session) = self.execs.get(exec) {
                    if bytes.is_empty() {
                        self.os.close_stdin(session.pid);
                    } else {
                        self.os.feed_stdin(session.pid, bytes);
                    }
                }
                Answer::Done
            }
            Input::Registry(change) => {
                self.registry.change(change);
                if let RegistryChange::Remove { image } = change {
                    let name =
                        crate::runtime::registry::normalize(image).unwrap_or_else(|_| image.as_str().into());
                    for agent in self.agents.values_mut() {
                        Rc::make_mut(agent).runtime.images.remove(&name);
                    }
                }
                Answer::Done
            }
        };
        self.settle();
        answer
    }

    fn api(&mut self, request: &crate::input::ApiRequest) -> Answer {
        let mut server = ApiServer {
            store: &mut self.store,
            now: self.now,
            epoch_seconds: self.setup.epoch_seconds,
            rng: self.rng,
            warnings: Vec::new(),
        };
        let result = carry_out(&mut server, &mut self.story, request, Asker::Person);
        self.warnings = server.warnings;
        Answer::Api(result.map_err(|status| *status))
    }

    fn node_of(&self, namespace: &str, pod: &str) -> Result<(Rc<str>, Rc<str>), String> {
        let found = self.pod(namespace, pod).ok_or_else(|| format!("pods \"{pod}\" not found"))?;
        if found.spec.node_name.is_empty() {
            return Err(format!("pod {pod} does not have a host assigned"));
        }
        Ok((Rc::from(found.spec.node_name.as_str()), Rc::from(found.metadata.uid.as_str())))
    }

    fn start_exec(&mut self, request: &ExecRequest) -> Answer {
        let which = &request.container;
        let (node, uid) = match self.node_of(&which.namespace, &which.pod) {
            Ok(found) => found,
            Err(reason) => return Answer::Refused(reason),
        };
        let stdin = match (request.stdin, request.tty) {
            (false, _) => busybox::Stdin::Empty,
            (true, false) => busybox::Stdin::Fed,
            (true, true) => busybox::Stdin::Terminal,
        };
        let started = self.on_node(&node, |node| {
            let id = node
                .agent
                .runtime
                .pods
                .get(&uid)
                .and_then(|pod| pod.find(&which.container))
                // Models findContainer (v1.36): the runtime's cache knows those that run.
                .filter(|container| {
                    container.seen.state == crate::kubelet::pod_status::ContainerState::Running
                })
                .map(|c| c.seen.id.clone());
            Some(match id {
                None => Err(format!("container not found (\"{}\")", which.container)),
                Some(id) => node
                    .agent
                    .runtime
                    .exec(node.os, &uid, &id, request.command.clone(), stdin)
                    .map_err(|error| crate::runtime::spawn_error_text(&error)),
            })
        });
        match started {
            None => Answer::Refused(format!(
                "error dialing backend: dial tcp {node}:10250: connect: no route to host"
            )),
            Some(Err(reason)) => Answer::Refused(reason),
            Some(Ok(pid)) => {
                self.made_execs += 1;
                self.execs.insert(self.made_execs, ExecSession { node, pid });
                Answer::Exec(self.made_execs)
            }
        }
    }

    /// A command run in a container: its output so far and how it ended, if it has.
    #[must_use]
    pub fn exec(&self, number: u64) -> Option<&crate::runtime::Exec> {
        let session = self.execs.get(&number)?;
        self.agents.get(&session.node)?.runtime.execs.get(&session.pid)
    }
}
