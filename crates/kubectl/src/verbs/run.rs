//! `kubectl run`: a Pod from flags. Models k8s.io/kubectl/pkg/cmd/run/run.go (v1.36)

use k8s_api::validation::names::strict_env_var_name;
use serde_json::{Map, Value, json};

use super::Task;
use super::create::{print_built, print_made, required};
use super::logs::Following;
use crate::Api;
use crate::api::DeleteOptions;
use crate::failure::Failure;
use crate::session::{DryRun, Out, Outcome, Session};
use crate::tree::{NULL, at, has, int, list, text};
use crate::{files, targets};

pub(super) const FLAGS: &str = "image:s port:s env:a l/labels:s restart:s command i/stdin t/tty rm attach expose \
    dry-run:s=unchanged o/output:s overrides:s override-type:s image-pull-policy:s annotations:a privileged \
    q/quiet leave-stdin-open field-manager:s save-config grace-period:i force timeout:d wait cascade:s=background \
    pod-running-timeout:d filename:l template:s show-managed-fields f/file:l";

/// Whether a text may be an image's name. Models distribution/reference.ParseNormalizedNamed, roughly: no
/// blanks, no capital letters in the path.
fn is_image(name: &str) -> bool {
    let path = name.split('@').next().unwrap_or("");
    let (path, tag) = match path.rfind(':').filter(|at| !path[*at..].contains('/')) {
        Some(at) => (&path[..at], Some(&path[at + 1..])),
        None => (path, None),
    };
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_./:".contains(&b);
    let first_and_last = |text: &str| {
        text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
            && text.bytes().last().is_some_and(|b| b.is_ascii_alphanumeric())
    };
    first_and_last(path)
        && path.bytes().all(letter)
        && tag.is_none_or(|tag| {
            !tag.is_empty() && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        })
}

pub(super) fn run(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    required(flags, &["image"])?;
    let (before, after) = flags.around_dash();
    let mut words = before.to_vec();
    words.extend(after.iter().cloned());
    let Some(name) = words.first().filter(|_| flags.dash_at != Some(0)) else {
        return Err(Failure::usage("run", "NAME is required for run"));
    };
    let image = flags.text("image");
    if image.is_empty() {
        return Err(Failure::error("--image is required"));
    }
    if !is_image(image) {
        return Err(Failure::error(format!("Invalid image name {image:?}: invalid reference format")));
    }
    if flags.is("tty") && !flags.is("stdin") {
        return Err(Failure::usage("run", "-i/--stdin is required for containers with -t/--tty=true"));
    }
    if flags.is("expose") && flags.text("port").is_empty() {
        return Err(Failure::usage("run", "--port must be set when exposing a service"));
    }
    let attached = flags.is("stdin") || flags.is("tty") || flags.is("attach");
    if flags.is("rm") && !attached {
        return Err(Failure::usage("run", "--rm should only be used for attached containers"));
    }
    let dry_run = session.dry_run()?;
    if attached && dry_run != DryRun::None {
        return Err(Failure::usage(
            "run",
            "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)",
        ));
    }
    let restart = flags.get("restart").unwrap_or("Always");
    if !["Always", "OnFailure", "Never"].contains(&restart) {
        return Err(Failure::usage("run", format!("invalid restart policy: {restart}")));
    }
    let mut pod = pod(session, name, image, restart, &words[1..])?;
    if let Some(overrides) = flags.get("overrides") {
        let overrides = files::parse(overrides)
            .map_err(|problem| Failure::error(format!("Invalid JSON Patch: {problem}")))?;
        merge(&mut pod, &overrides, 0);
    }
    let namespace = session.namespace();
    pod["metadata"]["namespace"] = namespace.clone().into();
    if dry_run == DryRun::Client {
        let metadata = pod["metadata"].as_object_mut().filter(|_| !flags.has("namespace"));
        metadata.map(|metadata| metadata.remove("namespace"));
    } else {
        pod = session.create(&namespace, &pod, dry_run == DryRun::Server)?;
    }
    if flags.is("expose") {
        expose(session, name, &namespace, dry_run)?;
    }
    if attached && dry_run == DryRun::None {
        let attached = Attached {
            namespace,
            name: name.clone(),
            rm: flags.is("rm"),
            exit: restart == "Never",
            quiet: flags.is("quiet"),
            following: None,
        };
        return attached.poll(session.api, session.out);
    }
    print_built(session, &pod, dry_run)
}

/// The Service of `--expose`.
fn expose(session: &mut Session<'_>, name: &str, namespace: &str, dry_run: DryRun) -> Outcome {
    let port: i64 = session.flags.text("port").parse().unwrap_or(0);
    let mut service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
        "spec": {
            "selector": {"run": name},
            "ports": [{"port": port, "protocol": "TCP", "targetPort": port}],
        },
        "status": {"loadBalancer": {}},
    });
    if dry_run != DryRun::Client {
        service["metadata"]["namespace"] = namespace.into();
        service = session.create(namespace, &service, dry_run == DryRun::Server)?;
    }
    let made = print_made(session, &service, "created", dry_run)?;
    if session.flags.get("output") == Some("yaml") {
        // One for the end of the document, one before the next.
        session.out.print("---\n---\n");
    }
    Ok(made)
}

/// A Pod whose output is shown until it ends; then it may be deleted.
/// Models run.go handleAttachPod and removeCreatedObjects (v1.36)
#[derive(Clone, Debug)]
pub(crate) struct Attached {
    namespace: String,
    name: String,
    /// It is deleted at the end.
    rm: bool,
    /// Its exit code becomes kubectl's.
    exit: bool,
    quiet: bool,
    following: Option<Following>,
}

impl Attached {
    pub(crate) fn poll(mut self, api: &mut dyn Api, out: &mut Out) -> Outcome {
        let kind = targets::kind_of("pods")?;
        let pod = api.get(kind, &self.namespace, &self.name)?;
        let state =
            list(&pod, "status.containerStatuses").first().map_or(&NULL, |status| at(status, "state"));
        if self.following.is_none() {
            let begun = has(state, "running") || has(state, "terminated");
            if !begun {
                return Ok(Task::Run(Box::new(self)));
            }
            if !self.quiet {
                Following::announce(out);
            }
            let container =
                list(&pod, "spec.containers").first().map_or("", |container| text(container, "name"));
            self.following = Some(Following::all_of(&self.namespace, &self.name, container));
        }
        if let Some(following) = self.following.take() {
            match following.poll(api, out)? {
                Task::Logs(following) => {
                    self.following = Some(*following);
                    return Ok(Task::Run(Box::new(self)));
                }
                // Its log has ended; how it ended stands in its status a moment later.
                _ if self.exit && !has(state, "terminated") => {
                    let mut rest = Following::all_of(&self.namespace, &self.name, "");
                    rest.finish();
                    self.following = Some(rest);
                    return Ok(Task::Run(Box::new(self)));
                }
                _ => {}
            }
        }
        if self.rm {
            let options = DeleteOptions::default();
            api.delete(kind, &self.namespace, &self.name, &options)?;
            if !self.quiet {
                out.line(format!("pod {:?} deleted from {} namespace", self.name, self.namespace));
            }
        }
        let code = if self.exit { int(state, "terminated.exitCode") } else { 0 };
        if code == 0 {
            return Ok(Task::Done(0));
        }
        let reason = text(state, "terminated.reason");
        let message = format!("pod {}/{} terminated ({reason})", self.namespace, self.name);
        Err(Failure::with_code(message, i32::try_from(code).unwrap_or(1)))
    }
}

fn pod(
    session: &Session<'_>,
    name: &str,
    image: &str,
    restart: &str,
    args: &[String],
) -> Result<Value, Failure> {
    let flags = session.flags;
    let mut labels: Map<String, Value> = Map::new();
    match flags.get("labels").filter(|labels| !labels.is_empty()) {
        None => {
            labels.insert("run".to_string(), name.into());
        }
        Some(given) => {
            for label in given.split(',') {
                let Some((key, value)) = label.split_once('=').filter(|(key, _)| !key.is_empty()) else {
                    return Err(Failure::error(format!("unexpected label spec: {label}")));
                };
                labels.insert(key.to_string(), value.into());
            }
        }
    }
    let mut container = json!({"name": name, "image": image, "resources": {}});
    if !args.is_empty() {
        container[if flags.is("command") { "command" } else { "args" }] = args.into();
    }
    let mut env = Vec::new();
    for pair in flags.all("env") {
        let Some((key, value)) = pair.split_once('=').filter(|(key, _)| strict_env_var_name(key).is_empty())
        else {
            return Err(Failure::error(format!("invalid env: {pair}")));
        };
        env.push(json!({"name": key, "value": value}));
    }
    if !env.is_empty() {
        container["env"] = env.into();
    }
    if let Some(port) = flags.get("port").filter(|port| !port.is_empty()) {
        let port: i64 = port
            .parse()
            .map_err(|_| Failure::error(format!("strconv.Atoi: parsing {port:?}: invalid syntax")))?;
        container["ports"] = json!([{"containerPort": port}]);
    }
    if let Some(policy) = flags.get("image-pull-policy") {
        container["imagePullPolicy"] = policy.into();
    }
    if flags.is("privileged") {
        container["securityContext"] = json!({"privileged": true});
    }
    for (flag, fields) in [("stdin", &["stdin", "stdinOnce"][..]), ("tty", &["tty"])] {
        for field in fields {
            if flags.is(flag) {
                container[*field] = true.into();
            }
        }
    }
    let mut metadata = json!({"name": name, "labels": labels});
    let annotations: Map<String, Value> = flags
        .all("annotations")
        .iter()
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.to_string(), value.into()))
        .collect();
    if !annotations.is_empty() {
        metadata["annotations"] = Value::Object(annotations);
    }
    Ok(json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": metadata,
        "spec": {"containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": restart},
        "status": {},
    }))
}

/// RFC 7386 for what `--overrides` says.
fn merge(into: &mut Value, from: &Value, depth: usize) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) if depth < 50 => {
            for (key, value) in from {
                if value.is_null() {
                    into.remove(key);
                } else {
                    merge(into.entry(key.clone()).or_insert(Value::Null), value, depth + 1);
                }
            }
        }
        (into, from) => into.clone_from(from),
    }
}
