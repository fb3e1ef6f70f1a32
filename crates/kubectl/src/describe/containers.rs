//! The containers of a Pod or of a Pod template. Models describe.go describeContainers (v1.36)

use serde_json::Value;

use super::{Page, moment, or_none};
use crate::tree::{at, entries, has, int, list, plain, text, truth};

/// One group of containers with their statuses.
pub(super) fn containers(page: &mut Page, label: &str, object: &Value, specs: &str, statuses: &str) {
    let specs = list(object, specs);
    if specs.is_empty() {
        page.line(0, format!("{label}: <none>"));
    } else {
        page.line(0, format!("{label}:"));
    }
    let statuses = list(object, statuses);
    for container in specs {
        let name = text(container, "name");
        let status = statuses.iter().find(|status| text(status, "name") == name);
        one(page, object, container, status, 1);
    }
}

/// One container, so many levels in.
pub(super) fn one(page: &mut Page, pod: &Value, container: &Value, status: Option<&Value>, level: usize) {
    page.line(level, format!("{}:", text(container, "name")));
    let level = level + 1;
    if let Some(status) = status {
        page.field(level, "Container ID", text(status, "containerID"));
    }
    page.field(level, "Image", text(container, "image"));
    if let Some(status) = status {
        page.field(level, "Image ID", text(status, "imageID"));
    }
    for (title, field) in [("Port", "containerPort"), ("Host Port", "hostPort")] {
        let ports: Vec<String> = list(container, "ports")
            .iter()
            .map(|port| {
                let shown = format!("{}/{}", int(port, field), text(port, "protocol"));
                match text(port, "name") {
                    "" => shown,
                    name => format!("{shown} ({name})"),
                }
            })
            .collect();
        let plural = if ports.len() > 1 { "s" } else { "" };
        page.field(level, &format!("{title}{plural}"), or_none(ports.join(", ")));
    }
    let seccomp = text(container, "securityContext.seccompProfile.type");
    if !seccomp.is_empty() {
        page.field(level, "SeccompProfile", seccomp);
    }
    for (title, field) in [("Command", "command"), ("Args", "args")] {
        let words = list(container, field);
        if !words.is_empty() {
            page.line(level, format!("{title}:"));
            for line in words.iter().filter_map(Value::as_str).flat_map(|word| word.split('\n')) {
                page.line(level + 1, line);
            }
        }
    }
    if let Some(status) = status {
        state(page, "State", at(status, "state"), level);
        if has(status, "lastState.terminated") {
            state(page, "Last State", at(status, "lastState"), level);
        }
        page.field(level, "Ready", if truth(status, "ready") { "True" } else { "False" });
        page.field(level, "Restart Count", int(status, "restartCount").to_string());
    }
    resources(page, at(container, "resources"), level);
    for (title, field) in
        [("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe")]
    {
        if has(container, field) {
            page.field(level, title, probe(at(container, field)));
        }
    }
    environment(page, pod, container, level);
    mounts(page, container, level);
}

/// Models describe.go describeStatus
fn state(page: &mut Page, title: &str, state: &Value, level: usize) {
    let terminated = at(state, "terminated");
    if has(state, "running") {
        page.field(level, title, "Running");
        page.field(level + 1, "Started", moment(text(state, "running.startedAt")));
    } else if terminated.is_null() {
        page.field(level, title, "Waiting");
        if !text(state, "waiting.reason").is_empty() {
            page.field(level + 1, "Reason", text(state, "waiting.reason"));
        }
    } else {
        page.field(level, title, "Terminated");
        for (title, field) in [("Reason", "reason"), ("Message", "message")] {
            if !text(terminated, field).is_empty() {
                page.field(level + 1, title, text(terminated, field));
            }
        }
        page.field(level + 1, "Exit Code", int(terminated, "exitCode").to_string());
        if int(terminated, "signal") > 0 {
            page.field(level + 1, "Signal", int(terminated, "signal").to_string());
        }
        page.field(level + 1, "Started", moment(text(terminated, "startedAt")));
        page.field(level + 1, "Finished", moment(text(terminated, "finishedAt")));
    }
}

/// Models describe.go describeResources
pub(super) fn resources(page: &mut Page, resources: &Value, level: usize) {
    for (title, field) in [("Limits", "limits"), ("Requests", "requests")] {
        let mut first = true;
        for (name, amount) in entries(resources, field) {
            if std::mem::take(&mut first) {
                page.line(level, format!("{title}:"));
            }
            page.field(level + 1, name, plain(amount));
        }
    }
}

/// Models describe.go DescribeProbe
fn probe(probe: &Value) -> String {
    let attributes = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        int(probe, "initialDelaySeconds"),
        int(probe, "timeoutSeconds"),
        int(probe, "periodSeconds"),
        int(probe, "successThreshold"),
        int(probe, "failureThreshold")
    );
    let handler = if has(probe, "exec") {
        let words: Vec<&str> = list(probe, "exec.command").iter().filter_map(Value::as_str).collect();
        format!("exec [{}]", words.join(" "))
    } else if has(probe, "httpGet") {
        let get = at(probe, "httpGet");
        let (scheme, path) = (text(get, "scheme").to_lowercase(), text(get, "path"));
        // A path that lacks its slash gets one, as in any URL with a host.
        let slash = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
        format!("http-get {scheme}://{}:{}{slash}{path}", text(get, "host"), plain(at(get, "port")))
    } else if has(probe, "tcpSocket") {
        let host = text(probe, "tcpSocket.host");
        format!("tcp-socket {host}:{}", plain(at(probe, "tcpSocket.port")))
    } else if has(probe, "grpc") {
        format!("grpc <pod>:{} {}", int(probe, "grpc.port"), text(probe, "grpc.service"))
    } else {
        "unknown".to_string()
    };
    format!("{handler} {attributes}")
}

/// Models describe.go describeContainerEnvFrom and describeContainerEnvVars
fn environment(page: &mut Page, pod: &Value, container: &Value, level: usize) {
    let sources = list(container, "envFrom");
    if !sources.is_empty() {
        page.line(level, "Environment Variables from:");
        for source in sources {
            let (kind, reference) = if has(source, "configMapRef") {
                ("ConfigMap", at(source, "configMapRef"))
            } else {
                ("Secret", at(source, "secretRef"))
            };
            let prefix = match text(source, "prefix") {
                "" => String::new(),
                prefix => format!(" with prefix '{prefix}'"),
            };
            let optional = truth(reference, "optional");
            page.line(
                level + 1,
                format!("{}\t{kind}{prefix}\tOptional: {optional}", text(reference, "name")),
            );
        }
    }
    let variables = list(container, "env");
    if variables.is_empty() {
        page.field(level, "Environment", "<none>");
        return;
    }
    page.line(level, "Environment:");
    for variable in variables {
        let name = text(variable, "name");
        let from = at(variable, "valueFrom");
        if from.is_null() {
            let mut title = format!("{name}:");
            for line in text(variable, "value").split('\n') {
                page.line(level + 1, format!("{title}\t{line}"));
                title.clear();
            }
        } else if has(from, "fieldRef") {
            let field = at(from, "fieldRef");
            let path = text(field, "fieldPath");
            let value = field_value(pod, path);
            page.line(level + 1, format!("{name}:\t{value} ({}:{path})", text(field, "apiVersion")));
        } else if has(from, "resourceFieldRef") {
            let resource = text(from, "resourceFieldRef.resource");
            let value = resource_value(container, resource);
            page.line(level + 1, format!("{name}:\t{value} ({resource})"));
        } else {
            let (words, reference) = if has(from, "secretKeyRef") {
                ("in secret", at(from, "secretKeyRef"))
            } else {
                ("of config map", at(from, "configMapKeyRef"))
            };
            let (key, source) = (text(reference, "key"), text(reference, "name"));
            let optional = truth(reference, "optional");
            page.line(
                level + 1,
                format!("{name}:\t<set to the key '{key}' {words} '{source}'>\tOptional: {optional}"),
            );
        }
    }
}

/// What a fieldRef stands for: only who the Pod is; what the node fills in is left empty.
/// Models pkg/fieldpath.ExtractFieldPathAsString (v1.36)
fn field_value(pod: &Value, path: &str) -> String {
    match path {
        "metadata.name" | "metadata.namespace" | "metadata.uid" => plain(at(pod, path)),
        _ => String::new(),
    }
}

/// Models resourcehelper.ExtractContainerResourceValue (v1.36), with a divisor of 1
fn resource_value(container: &Value, resource: &str) -> String {
    let Some((group, name)) = resource.split_once('.') else { return String::new() };
    let amount = at(container, "resources").get(group).and_then(|group| group.get(name));
    match amount.and_then(|amount| k8s_api::quantity::Quantity::from_value(amount).ok()) {
        Some(amount) => amount.value().to_string(),
        None if group == "limits" && matches!(name, "cpu" | "memory") => "node allocatable".to_string(),
        None => "0".to_string(),
    }
}

/// Models describe.go describeContainerVolumes
fn mounts(page: &mut Page, container: &Value, level: usize) {
    let mut mounts: Vec<&Value> = list(container, "volumeMounts").iter().collect();
    if mounts.is_empty() {
        page.field(level, "Mounts", "<none>");
        return;
    }
    page.line(level, "Mounts:");
    crate::sort::by_text(&mut mounts, |mount| text(mount, "mountPath"));
    for mount in mounts {
        let mut flags = if truth(mount, "readOnly") { "ro" } else { "rw" }.to_string();
        if !text(mount, "subPath").is_empty() {
            flags.push_str(&format!(",path={:?}", text(mount, "subPath")));
        }
        page.line(level + 1, format!("{} from {} ({flags})", text(mount, "mountPath"), text(mount, "name")));
    }
}
