//! The simulated cluster behind the API: reads from the store, writes as inputs of the timeline.

use k8s_api::kind::Kind;
use k8s_api::meta::{Status, StatusDetails};
use k8s_sim::apiserver::authorization::{self, Attributes, User};
use k8s_sim::kubelet::pod_status::ContainerState;
use k8s_sim::{
    Answer, ApiRequest, Cluster, ContainerName, DeleteOptions, ExecRequest, Input, PatchType, SimTime,
    Timeline,
};
use serde_json::Value;

use crate::api::{Api, ApiResult, ExecState, Log, LogLine, WatchEvent};
use crate::tree::{at, has, list, text};

fn micros(cluster: &Cluster, at: SimTime) -> i64 {
    cluster.epoch_seconds() * 1_000_000 + at.ms() as i64 * 1000
}

fn not_found(kind: &Kind, name: &str) -> Box<Status> {
    Box::new(Status {
        status: "Failure".into(),
        message: format!("{} \"{name}\" not found", kind.qualified_plural()),
        reason: "NotFound".into(),
        details: Some(StatusDetails {
            name: name.into(),
            kind: kind.plural.into(),
            ..StatusDetails::default()
        }),
        code: 404,
    })
}

fn bad_request(message: String) -> Box<Status> {
    failed("BadRequest", message, 400)
}

fn failed(reason: &str, message: String, code: i32) -> Box<Status> {
    Box::new(Status { status: "Failure".into(), message, reason: reason.into(), details: None, code })
}

/// The API server's answer to an input; what the simulator itself refuses becomes a server error.
fn answered(answer: Answer) -> ApiResult<Value> {
    match answer {
        Answer::Api(result) => result.map_err(Box::new),
        Answer::Refused(message) => Err(failed("", message, 500)),
        Answer::Exec(_) | Answer::Done => Ok(Value::Null),
    }
}

impl Api for Timeline {
    fn now_micros(&self) -> i64 {
        micros(self.cluster(), self.now())
    }

    fn authorize(&self, user: &User, attributes: &Attributes<'_>) -> ApiResult<()> {
        authorization::authorize(self.cluster().store(), user, attributes)
    }

    fn rules(&self, user: &User, namespace: &str) -> Vec<Value> {
        authorization::rules_for(self.cluster().store(), user, namespace)
    }

    fn get(&mut self, kind: &Kind, namespace: &str, name: &str) -> ApiResult<Value> {
        self.cluster().object(kind.kind, namespace, name).ok_or_else(|| not_found(kind, name))
    }

    fn list(&mut self, kind: &Kind, namespace: Option<&str>) -> ApiResult<Vec<Value>> {
        Ok(self.cluster().store().list(kind.kind, namespace).map(|object| object.to_value()).collect())
    }

    fn create(&mut self, namespace: &str, object: &Value, dry_run: bool) -> ApiResult<Value> {
        let namespace = namespace.to_string();
        let request = ApiRequest::Create { namespace, object: object.clone(), dry_run };
        answered(self.submit(Input::Api(request)))
    }

    fn update(&mut self, object: &Value, subresource: &str, dry_run: bool) -> ApiResult<Value> {
        let subresource = subresource.to_string();
        let request = ApiRequest::Update { object: object.clone(), subresource, dry_run };
        answered(self.submit(Input::Api(request)))
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
    ) -> ApiResult<Value> {
        answered(self.submit(Input::Api(ApiRequest::Patch {
            kind: kind.kind.to_string(),
            namespace: namespace.to_string(),
            name: name.to_string(),
            subresource: subresource.to_string(),
            patch_type,
            patch: patch.clone(),
            dry_run,
        })))
    }

    fn delete(
        &mut self,
        kind: &Kind,
        namespace: &str,
        name: &str,
        options: &DeleteOptions,
    ) -> ApiResult<Value> {
        answered(self.submit(Input::Api(ApiRequest::Delete {
            kind: kind.kind.to_string(),
            namespace: namespace.to_string(),
            name: name.to_string(),
            options: options.clone(),
        })))
    }

    fn warnings(&self) -> Vec<String> {
        self.cluster().warnings().to_vec()
    }

    fn evict(&mut self, namespace: &str, name: &str, options: &DeleteOptions) -> ApiResult<Value> {
        answered(self.submit(Input::Api(ApiRequest::Evict {
            namespace: namespace.to_string(),
            name: name.to_string(),
            options: options.clone(),
        })))
    }

    fn watch_position(&self) -> u64 {
        self.cluster().watch().len() as u64
    }

    fn watch(&mut self, kind: &Kind, namespace: Option<&str>, from: u64) -> (Vec<WatchEvent>, u64) {
        let cluster = self.cluster();
        let log = cluster.watch();
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(log.len());
        let events = log
            .iter_from(from)
            .filter(|event| event.object.kind() == kind.kind)
            .filter(|event| namespace.is_none_or(|namespace| event.object.meta().namespace == namespace))
            .map(|event| WatchEvent {
                at_micros: micros(cluster, event.at),
                type_: event.kind,
                object: event.object.to_value(),
            })
            .collect();
        (events, log.len() as u64)
    }

    fn logs(
        &mut self,
        namespace: &str,
        pod: &str,
        container: &str,
        previous: bool,
        from: u64,
    ) -> ApiResult<Log> {
        let cluster = self.cluster();
        let Some(found) = cluster.pod(namespace, pod) else {
            return Err(failed("NotFound", format!("pods \"{pod}\" not found"), 404));
        };
        // Nobody to ask: nothing was written.
        if found.spec.node_name.is_empty() {
            return Ok(Log { ended: true, ..Log::default() });
        }
        let object = found.to_value();
        let id = container_id(&object, pod, container, previous)?;
        let gone = || failed("", format!("unable to retrieve container logs for {id}"), 200);
        let bare = id.split_once("://").map_or(id.as_str(), |(_, id)| id);
        let runtime = cluster
            .agent(&found.spec.node_name)
            .and_then(|agent| agent.runtime.pods.get(found.metadata.uid.as_str()));
        let Some(runtime) = runtime else { return Err(gone()) };
        // Of the runs that have ended the kubelet keeps only the newest.
        // Models pkg/kubelet/pod_container_deletor.go getContainersToDeleteInPod (v1.36)
        let mut kept = runtime.containers.iter().filter(|other| *other.seen.name == *container);
        let mut ended_before = false;
        let instance = kept.find(|other| {
            let found = *other.seen.id == *bare;
            ended_before |= !found && other.seen.state == ContainerState::Exited;
            found
        });
        let Some(instance) = instance.filter(|_| !ended_before) else { return Err(gone()) };
        let ended = instance.seen.state == ContainerState::Exited;
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(instance.log.len());
        let mut next = from;
        let mut lines = Vec::new();
        for line in instance.log.iter_from(from) {
            // The rest of an open line may still come.
            if !line.complete && !ended {
                break;
            }
            let end = if line.complete { "\n" } else { "" };
            lines.push(LogLine { at_micros: micros(cluster, line.at), text: format!("{}{end}", line.text) });
            next += 1;
        }
        Ok(Log { lines, next: next as u64, ended })
    }

    fn exec(
        &mut self,
        namespace: &str,
        pod: &str,
        container: &str,
        command: &[String],
        stdin: bool,
        tty: bool,
    ) -> ApiResult<u64> {
        // Models pkg/registry/core/pod/strategy.go validateContainer (v1.36)
        let names = |pod: &k8s_sim::Pod| {
            let own =
                pod.spec.containers.iter().chain(&pod.spec.init_containers).any(|c| c.name == container);
            own || pod.spec.ephemeral_containers.iter().any(|c| c.name == container)
        };
        if self.cluster().pod(namespace, pod).is_some_and(|pod| !names(pod)) {
            return Err(bad_request(format!("container {container} is not valid for pod {pod}")));
        }
        let answer = self.submit(Input::Exec(ExecRequest {
            container: ContainerName {
                namespace: namespace.to_string(),
                pod: pod.to_string(),
                container: container.to_string(),
            },
            command: command.to_vec(),
            stdin,
            tty,
        }));
        match answer {
            Answer::Exec(exec) => Ok(exec),
            Answer::Api(Err(status)) => Err(Box::new(status)),
            Answer::Refused(reason) => Err(exec_refused(&reason, self.inputs())),
            Answer::Api(Ok(_)) | Answer::Done => Err(failed("", String::new(), 500)),
        }
    }

    fn exec_input(&mut self, exec: u64, bytes: &[u8]) {
        let _ = self.submit(Input::ExecInput { exec, bytes: bytes.to_vec() });
    }

    fn exec_state(&mut self, exec: u64) -> ExecState {
        let Some(found) = self.cluster().exec(exec) else {
            return ExecState { output: Vec::new(), exit_code: Some(137) };
        };
        // The first stream is standard output.
        let piece = |stream: u8, bytes: &[u8]| (stream != 0, String::from_utf8_lossy(bytes).into_owned());
        ExecState {
            output: found.output.iter().map(|(stream, bytes)| piece(*stream as u8, bytes)).collect(),
            exit_code: found.status.map(|status| status.code()),
        }
    }
}

/// A runtime's number for a command: 64 digits that look like nothing.
fn exec_id(number: usize) -> String {
    let mut state = number as u64 ^ 0x9e37_79b9_7f4a_7c15;
    let mut id = String::with_capacity(64);
    for _ in 0..4 {
        state = state.wrapping_mul(0xbf58_476d_1ce4_e5b9).rotate_left(27) ^ 0x94d0_49bb_1331_11eb;
        id.push_str(&format!("{state:016x}"));
    }
    id
}

/// What the kubelet cannot run, as kubectl hears of it.
fn exec_refused(reason: &str, number: usize) -> Box<Status> {
    if reason.starts_with("error dialing backend") {
        return failed("Unknown", reason.to_string(), 500);
    }
    let message = if reason.starts_with("container not found") || reason.contains("does not have a host") {
        format!("unable to upgrade connection: {reason}")
    } else {
        format!(
            "Internal error occurred: Internal error occurred: error executing command in container: failed to \
             exec in container: failed to start exec \"{}\": OCI runtime exec failed: exec failed: unable to start \
             container process: {reason}: unknown",
            exec_id(number)
        )
    };
    failed("", message, 0)
}

/// The id of the run whose log is meant, or the kubelet's refusal.
/// Models pkg/kubelet/kubelet_pods.go validateContainerLogStatus (v1.36)
fn container_id(object: &Value, pod: &str, container: &str, previous: bool) -> ApiResult<String> {
    let groups =
        ["status.containerStatuses", "status.initContainerStatuses", "status.ephemeralContainerStatuses"];
    let mut statuses = groups.iter().flat_map(|path| list(object, path));
    let refuse = |problem: &str| bad_request(format!("container {container:?} in pod {pod:?} {problem}"));
    let Some(status) = statuses.find(|status| text(status, "name") == container) else {
        return Err(refuse("is not available"));
    };
    let last = text(status, "lastState.terminated.containerID");
    if previous {
        return match last {
            "" => {
                let message = format!("previous terminated container {container:?} in pod {pod:?} not found");
                Err(bad_request(message))
            }
            id => Ok(id.to_string()),
        };
    }
    let waiting = at(status, "state.waiting");
    let id = if has(status, "state.running") {
        text(status, "containerID")
    } else if has(status, "state.terminated") {
        match text(status, "state.terminated.containerID") {
            "" => last,
            id => id,
        }
    } else if has(status, "lastState.terminated") {
        last
    } else {
        return Err(match text(waiting, "reason") {
            "" => refuse("is waiting to start - no logs yet"),
            "ErrImagePull" => refuse("is waiting to start: image can't be pulled"),
            "ImagePullBackOff" => refuse("is waiting to start: trying and failing to pull image"),
            reason => refuse(&format!("is waiting to start: {reason}")),
        });
    };
    if id.is_empty() { Err(refuse("is terminated")) } else { Ok(id.to_string()) }
}
