//! kubectl's door to the page's cluster, with a guard: in the past nothing is written before a person was asked.

use k8s_api::Value;
use k8s_api::kind::Kind;
use k8s_api::meta::Status;
use k8s_sim::{DeleteOptions, PatchType, Timeline};
use kubectl::Api;
use kubectl::api::{Attributes, ExecState, Log, User, WatchEvent};

/// A request that the API server refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// The object's kind.
    pub kind: String,
    /// Its namespace; empty when it has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The API server's answer.
    pub status: Status,
}

/// The cluster as kubectl sees it.
#[derive(Debug)]
pub struct ClusterApi<'a> {
    timeline: &'a mut Timeline,
    /// Writes are let through. Without it nothing is written: in the past a person is asked first.
    may_write: bool,
    /// Something was to be written.
    pub wants_to_write: bool,
    /// Changes that the API server refused.
    pub refused: Vec<Refused>,
}

impl<'a> ClusterApi<'a> {
    /// A door to this timeline.
    #[must_use]
    pub fn new(timeline: &'a mut Timeline, may_write: bool) -> Self {
        Self { timeline, may_write, wants_to_write: false, refused: Vec::new() }
    }

    /// Says whether something may be written, and remembers that it was wanted.
    fn admit(&mut self) -> Result<(), Box<Status>> {
        self.wants_to_write = true;
        if self.may_write {
            return Ok(());
        }
        // Never shown: whoever asks looks at `wants_to_write` first.
        Err(Box::new(Status {
            status: "Failure".into(),
            reason: "ServiceUnavailable".into(),
            code: 503,
            ..Status::default()
        }))
    }

    fn write(
        &mut self,
        (kind, namespace, name): (&str, &str, &str),
        request: impl FnOnce(&mut Timeline) -> Result<Value, Box<Status>>,
    ) -> Result<Value, Box<Status>> {
        self.admit()?;
        request(self.timeline).inspect_err(|status| {
            self.refused.push(Refused {
                kind: kind.to_owned(),
                namespace: namespace.to_owned(),
                name: name.to_owned(),
                status: (**status).clone(),
            });
        })
    }
}

fn key(object: &Value) -> (String, String, String) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let metadata = &object["metadata"];
    (text(&object["kind"]), text(&metadata["namespace"]), text(&metadata["name"]))
}

impl Api for ClusterApi<'_> {
    fn now_micros(&self) -> i64 {
        self.timeline.now_micros()
    }

    fn authorize(&self, user: &User, attributes: &Attributes<'_>) -> Result<(), Box<Status>> {
        self.timeline.authorize(user, attributes)
    }

    fn rules(&self, user: &User, namespace: &str) -> Vec<Value> {
        self.timeline.rules(user, namespace)
    }

    fn get(&mut self, kind: &Kind, namespace: &str, name: &str) -> Result<Value, Box<Status>> {
        self.timeline.get(kind, namespace, name)
    }

    fn list(&mut self, kind: &Kind, namespace: Option<&str>) -> Result<Vec<Value>, Box<Status>> {
        self.timeline.list(kind, namespace)
    }

    fn create(&mut self, namespace: &str, object: &Value, dry_run: bool) -> Result<Value, Box<Status>> {
        let (kind, _, name) = key(object);
        self.write((&kind, namespace, &name), |timeline| timeline.create(namespace, object, dry_run))
    }

    fn update(&mut self, object: &Value, subresource: &str, dry_run: bool) -> Result<Value, Box<Status>> {
        let (kind, namespace, name) = key(object);
        self.write((&kind, &namespace, &name), |timeline| timeline.update(object, subresource, dry_run))
    }

    fn patch(
        &mut self,
        kind: &Kind,
        namespace: &str,
        name: &str,
        subresource: &str,
        patch_type: PatchType,
        patch: &Value,
        dry_run: bool,
    ) -> Result<Value, Box<Status>> {
        self.write((kind.kind, namespace, name), |timeline| {
            timeline.patch(kind, namespace, name, subresource, patch_type, patch, dry_run)
        })
    }

    fn delete(
        &mut self,
        kind: &Kind,
        namespace: &str,
        name: &str,
        options: &DeleteOptions,
    ) -> Result<Value, Box<Status>> {
        self.write((kind.kind, namespace, name), |timeline| timeline.delete(kind, namespace, name, options))
    }

    fn warnings(&self) -> Vec<String> {
        self.timeline.warnings()
    }

    fn evict(&mut self, namespace: &str, name: &str, options: &DeleteOptions) -> Result<Value, Box<Status>> {
        self.write(("Pod", namespace, name), |timeline| timeline.evict(namespace, name, options))
    }

    fn watch_position(&self) -> u64 {
        self.timeline.watch_position()
    }

    fn watch(&mut self, kind: &Kind, namespace: Option<&str>, from: u64) -> (Vec<WatchEvent>, u64) {
        self.timeline.watch(kind, namespace, from)
    }

    fn logs(
        &mut self,
        namespace: &str,
        pod: &str,
        container: &str,
        previous: bool,
        from: u64,
    ) -> Result<Log, Box<Status>> {
        self.timeline.logs(namespace, pod, container, previous, from)
    }

    fn exec(
        &mut self,
        namespace: &str,
        pod: &str,
        container: &str,
        command: &[String],
        stdin: bool,
        tty: bool,
    ) -> Result<u64, Box<Status>> {
        self.admit()?;
        self.timeline.exec(namespace, pod, container, command, stdin, tty)
    }

    fn exec_input(&mut self, exec: u64, bytes: &[u8]) {
        if self.admit().is_ok() {
            self.timeline.exec_input(exec, bytes);
        }
    }

    fn exec_state(&mut self, exec: u64) -> ExecState {
        self.timeline.exec_state(exec)
    }
}
