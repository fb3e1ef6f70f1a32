//! `kubectl create`: from files, and from flags for the kinds that have a generator.
//! Models k8s.io/kubectl/pkg/cmd/create (v1.36)

use k8s_api::decode::base64_encode as base64;
use k8s_api::print;
use k8s_api::validation::names::{config_key, strict_env_var_name};
use serde_json::{Value, json};

use super::{Task, create_access};
use crate::failure::Failure;
use crate::files;
use crate::printers::output::{Output, print_document};
use crate::session::{DryRun, Outcome, Session};
use crate::targets;
use crate::tree::{self, name, object};

pub(super) const FLAGS: &str = "f/filename:l R/recursive k/kustomize:s dry-run:s=unchanged o/output:s save-config \
    validate:s=strict l/selector:s edit raw:s field-manager:s template:s show-managed-fields from-literal:a \
    from-file:a from-env-file:a type:s image:l r/replicas:i port:i tcp:l clusterip:s node-port:i external-name:s \
    from:s schedule:s restart:s append-hash immutable docker-server:s docker-username:s docker-password:s \
    docker-email:s value:i global-default description:s preemption-policy:s min-available:s max-unavailable:s \
    hard:s scopes:s verb:l resource:l resource-name:a non-resource-url:l role:s clusterrole:s user:a group:a \
    serviceaccount:a cert:s key:s duration:d audience:a class:s rule:a default-backend:s annotation:a";

pub(super) fn run(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    if flags.has("filename") {
        return from_files(session);
    }
    let (before, after) = flags.around_dash();
    let Some(what) = before.first() else {
        return Err(Failure::error("must specify one of -f and -k"));
    };
    let command: Vec<Value> = after.iter().map(|word| Value::from(word.as_str())).collect();
    let rest = &before[1..];
    if what == "token" {
        return super::create_token::run(session, rest);
    }
    let built = match what.as_str() {
        "namespace" | "ns" => Built::new(what, rest, "create namespace", namespace)?,
        "configmap" | "cm" => Built::new(what, rest, "create configmap", |name| config_map(session, name))?,
        "serviceaccount" | "sa" => Built::new(what, rest, "create serviceaccount", |name| {
            Ok(json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}))
        })?,
        "secret" => secret(session, rest)?,
        "service" | "svc" => service(session, rest)?,
        "deployment" | "deploy" => {
            required(flags, &["image"])?;
            Built::new(what, rest, "create deployment", |name| deployment(session, name, &command))?
        }
        "job" => Built::new(what, rest, "create job", |name| job(session, name, &command))?,
        "cronjob" | "cj" => {
            required(flags, &["image", "schedule"])?;
            Built::new(what, rest, "create cronjob", |name| cron_job(session, name, &command))?
        }
        "priorityclass" | "pc" => Built::new(what, rest, "create priorityclass", |name| {
            let policy = flags.get("preemption-policy").unwrap_or("PreemptLowerPriority");
            let default = if flags.is("global-default") { Value::Bool(true) } else { Value::Null };
            Ok(object([
                ("apiVersion", "scheduling.k8s.io/v1".into()),
                ("kind", "PriorityClass".into()),
                ("metadata", json!({"name": name})),
                ("value", flags.int("value").unwrap_or(0).into()),
                ("globalDefault", default),
                ("description", flags.text("description").into()),
                ("preemptionPolicy", policy.into()),
            ]))
        })?,
        "poddisruptionbudget" | "pdb" => {
            Built::new(what, rest, "create poddisruptionbudget", |name| disruption_budget(session, name))?
        }
        "quota" | "resourcequota" => Built::new(what, rest, "create quota", |name| quota(session, name))?,
        "role" => Built::new(what, rest, "create role", |name| create_access::role(flags, name, false))?,
        "clusterrole" => {
            Built::new(what, rest, "create clusterrole", |name| create_access::role(flags, name, true))?
        }
        "rolebinding" => {
            Built::new(what, rest, "create rolebinding", |name| create_access::binding(flags, name, false))?
        }
        "clusterrolebinding" => {
            required(flags, &["clusterrole"])?;
            let command = "create clusterrolebinding";
            Built::new(what, rest, command, |name| create_access::binding(flags, name, true))?
        }
        "ingress" | "ing" => {
            Built::new(what, rest, "create ingress", |name| create_access::ingress(flags, name))?
        }
        _ => return Err(Failure::usage("create", format!("Unexpected args: [{}]", before.join(" ")))),
    };
    send(session, built)
}

/// An object made from flags, and how errors name the command.
struct Built {
    object: Value,
    /// `configmap:` in `failed to create configmap: …`; empty where the API server's answer stands alone.
    what: &'static str,
}

impl Built {
    fn new(
        what: &str,
        names: &[String],
        command: &str,
        make: impl FnOnce(&str) -> Result<Value, Failure>,
    ) -> Result<Built, Failure> {
        let [name] = names else {
            return Err(Failure::usage(
                command,
                format!("exactly one NAME is required, got {}", names.len()),
            ));
        };
        let what = match what {
            "deployment" | "deploy" => "deployment:",
            "configmap" | "cm" => "configmap:",
            "cronjob" | "cj" => "cronjob:",
            "job" => "job:",
            // Here the real one has no colon.
            "secret" => "secret",
            "quota" | "resourcequota" => "quota:",
            "serviceaccount" | "sa" => "serviceaccount:",
            "priorityclass" | "pc" => "priorityclass:",
            "poddisruptionbudget" | "pdb" => "poddisruptionbudgets:",
            "rolebinding" => "rolebinding:",
            "clusterrolebinding" => "clusterrolebinding:",
            "ingress" | "ing" => "ingress:",
            "clusterip" => "ClusterIP service:",
            "nodeport" => "NodePort service:",
            "loadbalancer" => "LoadBalancer service:",
            "externalname" => "ExternalName service:",
            _ => "",
        };
        Ok(Built { object: make(name)?, what })
    }
}

/// Errors about flags that must be given. Models spf13/cobra ValidateRequiredFlags
pub(super) fn required(flags: &crate::flags::Flags, names: &[&str]) -> Result<(), Failure> {
    let missing: Vec<String> =
        names.iter().filter(|name| !flags.has(name)).map(|name| format!("{name:?}")).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::error(format!("required flag(s) {} not set", missing.join(", "))))
}

/// Sends the object, or only shows it, and says that it was made.
fn send(session: &mut Session<'_>, built: Built) -> Outcome {
    let dry_run = session.dry_run()?;
    let Built { mut object, what } = built;
    let namespace = session.namespace();
    let (kind, namespace) = targets::mapped(&object, "", &namespace, false)?;
    if kind.namespaced && (dry_run == DryRun::None || session.flags.has("namespace")) {
        tree::set(&mut object, "metadata.namespace", namespace.clone().into());
    }
    if session.flags.is("save-config") {
        super::apply::annotate(&mut object);
    }
    if dry_run != DryRun::Client {
        object = session.create(&namespace, &object, dry_run == DryRun::Server).map_err(|status| {
            if what.is_empty() || status.reason == "NotFound" && status.message.starts_with("namespaces") {
                return Failure::from(&*status);
            }
            let message = format!("failed to create {what} {}", status.message);
            Failure::error(message)
        })?;
    }
    print_built(session, &object, dry_run)
}

/// The same for an object that kubectl has made itself: its JSON has Go's order.
pub(super) fn print_built(session: &mut Session<'_>, object: &Value, dry_run: DryRun) -> Outcome {
    let kind = k8s_api::kind::by_gvk(tree::text(object, "apiVersion"), tree::text(object, "kind"));
    if let (Output::Json, Some(kind)) = (Output::parse(session.env, session.flags)?, kind) {
        session.out.print(&(print::json_in_order(kind, object, 4) + "\n"));
        return Ok(Task::Done(0));
    }
    print_made(session, object, "created", dry_run)
}

/// `pod/web created`, or the object itself when `-o` asks for it.
pub(super) fn print_made(session: &mut Session<'_>, object: &Value, done: &str, dry_run: DryRun) -> Outcome {
    let kind = k8s_api::kind::by_gvk(tree::text(object, "apiVersion"), tree::text(object, "kind"));
    let unknown = || match tree::text(object, "apiVersion").split_once('/') {
        Some((group, _)) => format!("{}.{group}", tree::text(object, "kind").to_lowercase()),
        None => tree::text(object, "kind").to_lowercase(),
    };
    let qualified = kind.map_or_else(unknown, |kind| kind.qualified());
    match Output::parse(session.env, session.flags)? {
        Output::Table { .. } => {
            session.out.line(format!("{qualified}/{} {done}{}", name(object), dry_run.suffix()));
        }
        Output::Name => session.out.line(format!("{qualified}/{}", name(object))),
        Output::CustomColumns(columns) => {
            let text = columns.print(&[object], false);
            session.out.print(&text);
        }
        output => {
            let text = print_document(&output, object)?;
            session.out.print(&text);
        }
    }
    Ok(Task::Done(0))
}

fn from_files(session: &mut Session<'_>) -> Outcome {
    let dry_run = session.dry_run()?;
    let objects = files::objects(session.env, session.flags)?;
    let mut failures = Vec::new();
    let (context, enforced) = (session.namespace(), session.flags.has("namespace"));
    let mut count = 0;
    for item in objects {
        let made = item.object.and_then(|mut object| {
            let (kind, namespace) = targets::mapped(&object, &item.source, &context, enforced)?;
            if let Some(problem) = item.undecodable.filter(|_| dry_run != DryRun::Client) {
                return Err(undecodable(&item.source, &problem));
            }
            if kind.namespaced {
                tree::set(&mut object, "metadata.namespace", namespace.clone().into());
            }
            if session.flags.is("save-config") {
                super::apply::annotate(&mut object);
            }
            if dry_run == DryRun::Client {
                return Ok(object);
            }
            item.warnings.iter().for_each(|warning| session.out.warn(warning));
            let made = session.create(&namespace, &object, dry_run == DryRun::Server);
            made.map_err(|status| {
                Failure::status_while(&status, &format!("error when creating {:?}: ", item.source))
            })
        });
        match made {
            Ok(object) => {
                count += 1;
                print_made(session, &object, "created", dry_run)?;
            }
            Err(failure) => failures.push(failure),
        }
    }
    if !failures.is_empty() {
        return Err(Failure::join(failures));
    }
    if count == 0 {
        return Err(Failure::error("no objects passed to create"));
    }
    Ok(Task::Done(0))
}

/// The API server could not make sense of the object.
pub(super) fn undecodable(source: &str, problem: &str) -> Failure {
    Failure::plain(format!("Error from server (BadRequest): error when creating {source:?}: {problem}"))
}

fn namespace(name: &str) -> Result<Value, Failure> {
    Ok(json!({
        "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}, "spec": {}, "status": {}
    }))
}

/// `--from-literal`, `--from-file` and `--from-env-file` as texts by key.
/// Models k8s.io/kubectl/pkg/cmd/create/create_configmap.go (v1.36)
fn data(session: &Session<'_>, kind: &str, name: &str) -> Result<serde_json::Map<String, Value>, Failure> {
    let flags = session.flags;
    if flags.has("from-env-file") && (flags.has("from-file") || flags.has("from-literal")) {
        return Err(Failure::error("from-env-file cannot be combined with from-file or from-literal"));
    }
    let is_secret = kind == "Secret";
    let mut data = serde_json::Map::new();
    let mut add = |key: &str, value: &str| -> Result<(), Failure> {
        let errors = config_key(key);
        if !errors.is_empty() {
            return Err(Failure::error(if is_secret {
                format!("{key:?} is not valid key name for a Secret {}", errors.join(";"))
            } else {
                format!("{key:?} is not a valid key name for a ConfigMap: {}", errors.join(","))
            }));
        }
        if data.insert(key.to_string(), value.into()).is_some() {
            return Err(Failure::error(if is_secret {
                format!("cannot add key {key}, another key by that name already exists")
            } else {
                format!(
                    "cannot add key {key:?}, another key by that name already exists in Data for ConfigMap {name:?}"
                )
            }));
        }
        Ok(())
    };
    for source in flags.all("from-file") {
        let (key, path) = match source.split_once('=') {
            Some((_, path)) if path.contains('=') => {
                return Err(Failure::error("key names or file paths cannot contain '='"));
            }
            Some(("", path)) => {
                return Err(Failure::error(format!("key name for file path {path} missing")));
            }
            Some((key, "")) => return Err(Failure::error(format!("file path for key name {key} missing"))),
            Some((key, path)) => (Some(key), path),
            None => (None, source),
        };
        if let Some(text) = files::read(session.env, path) {
            add(key.unwrap_or_else(|| path.rsplit('/').next().unwrap_or(path)), text)?;
            continue;
        }
        let folder = format!("{}/", path.trim_end_matches('/'));
        let inside: Vec<(&String, &String)> =
            session.env.files.iter().filter(|(name, _)| name.starts_with(&folder)).collect();
        if inside.is_empty() {
            return Err(Failure::error(format!("error reading {path}: no such file or directory")));
        }
        if key.is_some() {
            return Err(Failure::error("cannot give a key name for a directory path"));
        }
        for (name, text) in inside {
            if !name[folder.len()..].contains('/') {
                add(&name[folder.len()..], text)?;
            }
        }
    }
    for source in flags.all("from-literal") {
        let Some((key, value)) = source.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            return Err(Failure::error(format!("invalid literal source {source}, expected key=value")));
        };
        add(key, value.trim_matches(['"', '\'']))?;
    }
    for path in flags.all("from-env-file") {
        let text = files::read(session.env, path)
            .ok_or_else(|| Failure::error(format!("error reading {path}: no such file or directory")))?;
        for line in
            text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            let errors = strict_env_var_name(key);
            if !errors.is_empty() {
                return Err(Failure::error(format!("{key:?} is not a valid key name: {}", errors.join(";"))));
            }
            add(key, value)?;
        }
    }
    Ok(data)
}

fn config_map(session: &Session<'_>, name: &str) -> Result<Value, Failure> {
    let data = data(session, "ConfigMap", name)?;
    let mut object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
    if !data.is_empty() {
        object["data"] = Value::Object(data);
    }
    Ok(object)
}

fn secret(session: &Session<'_>, args: &[String]) -> Result<Built, Failure> {
    let Some(sort) = args.first() else {
        return Err(Failure::usage("create secret", "create secret needs to be told what to do"));
    };
    match sort.as_str() {
        "generic" => Built::new("secret", &args[1..], "create secret generic", |name| {
            let encoded = data(session, "Secret", name)?
                .into_iter()
                .map(|(key, value)| (key, base64(value.as_str().unwrap_or("").as_bytes()).into()))
                .collect();
            let mut object = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}});
            object["data"] = Value::Object(encoded);
            if let Some(type_) = session.flags.get("type") {
                object["type"] = type_.into();
            }
            Ok(object)
        }),
        "tls" => Built::new("secret", &args[1..], "create secret tls", |name| {
            super::create_tls::secret(session, name)
        }),
        "docker-registry" => Built::new("secret", &args[1..], "create secret docker-registry", |name| {
            let flags = session.flags;
            let (user, password) = (flags.text("docker-username"), flags.text("docker-password"));
            let server = flags.get("docker-server").unwrap_or("https://index.docker.io/v1/");
            let auth = base64(format!("{user}:{password}").as_bytes());
            // In the order in which the real one writes them; absent ones are left out.
            let email = flags.text("docker-email");
            let fields = [("username", user), ("password", password), ("email", email), ("auth", &auth)];
            let entry: Vec<String> = fields
                .iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(key, value)| format!("{key:?}:{}", print::quote(value)))
                .collect();
            let config = format!("{{\"auths\":{{{}:{{{}}}}}}}", print::quote(server), entry.join(","));
            Ok(json!({
                "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name},
                "type": "kubernetes.io/dockerconfigjson",
                "data": {".dockerconfigjson": base64(config.as_bytes())},
            }))
        }),
        other => Err(Failure::usage("create secret", format!("unknown command {other:?}"))),
    }
}

fn service(session: &Session<'_>, args: &[String]) -> Result<Built, Failure> {
    let flags = session.flags;
    let Some(sort) = args.first() else {
        return Err(Failure::usage("create service", "create service needs to be told what to do"));
    };
    let type_ = match sort.as_str() {
        "clusterip" => "ClusterIP",
        "nodeport" => "NodePort",
        "loadbalancer" => "LoadBalancer",
        "externalname" => "ExternalName",
        other => return Err(Failure::usage("create service", format!("unknown command {other:?}"))),
    };
    Built::new(sort, &args[1..], &format!("create service {sort}"), |name| {
        let mut ports = Vec::new();
        for spec in flags.all("tcp") {
            let (port, target) = spec.split_once(':').unwrap_or((spec, spec));
            let number: i64 = port
                .parse()
                .map_err(|_| Failure::error(format!("strconv.Atoi: parsing {port:?}: invalid syntax")))?;
            let target = target.parse::<i64>().map_or_else(|_| Value::from(target), Value::from);
            let mut entry = json!({
                "name": spec.replace(':', "-"), "port": number, "protocol": "TCP", "targetPort": target
            });
            if let Some(node_port) = flags.int("node-port").filter(|port| *port != 0) {
                entry["nodePort"] = node_port.into();
            }
            ports.push(entry);
        }
        if ports.is_empty() && flags.text("clusterip") != "None" && type_ != "ExternalName" {
            return Err(Failure::error("at least one tcp port specifier must be provided"));
        }
        let mut spec = json!({"type": type_, "selector": {"app": name}});
        if !ports.is_empty() {
            spec["ports"] = ports.into();
        }
        for (flag, field) in [("clusterip", "clusterIP"), ("external-name", "externalName")] {
            if let Some(value) = flags.get(flag) {
                spec[field] = value.into();
            }
        }
        Ok(json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "labels": {"app": name}},
            "spec": spec, "status": {"loadBalancer": {}},
        }))
    })
}

/// The last part of an image's name: what its container is called.
fn image_name(image: &str) -> String {
    let base = image.rsplit('/').next().unwrap_or(image);
    let base = base.split([':', '@']).next().unwrap_or(base);
    base.replace(['_', '.'], "-")
}

fn deployment(session: &Session<'_>, name: &str, command: &[Value]) -> Result<Value, Failure> {
    let flags = session.flags;
    let images = flags.all("image");
    let containers: Vec<Value> = images
        .iter()
        .map(|image| {
            let mut container = json!({"image": image, "name": image_name(image), "resources": {}});
            if !command.is_empty() {
                container["command"] = command.into();
            }
            if let Some(port) = flags.int("port").filter(|port| *port > 0) {
                container["ports"] = json!([{"containerPort": port}]);
            }
            container
        })
        .collect();
    let labels = json!({"app": name});
    Ok(json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": flags.int("replicas").unwrap_or(1),
            "selector": {"matchLabels": labels},
            "strategy": {},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        },
        "status": {},
    }))
}

fn job_spec(name: &str, image: &str, command: &[Value], restart: &str) -> Value {
    let mut container = json!({"image": image, "name": name, "resources": {}});
    if !command.is_empty() {
        container["command"] = command.into();
    }
    json!({"template": {"metadata": {}, "spec": {"containers": [container], "restartPolicy": restart}}})
}

fn job(session: &mut Session<'_>, name: &str, command: &[Value]) -> Result<Value, Failure> {
    let flags = session.flags;
    let Some(from) = flags.get("from") else {
        let Some(image) = flags.get("image") else {
            return Err(Failure::error("either --image or --from must be specified"));
        };
        return Ok(json!({
            "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name},
            "spec": job_spec(name, image, command, "Never"), "status": {},
        }));
    };
    if flags.has("image") {
        return Err(Failure::error("either --image or --from must be specified"));
    }
    let wanted = [from.to_string()];
    let found = targets::find(session, &wanted, targets::Wanted::default())?;
    if let Some(failure) = found.failures.into_iter().next() {
        return Err(failure);
    }
    let Some(source) = found.targets.first().filter(|target| target.kind.kind == "CronJob") else {
        let kind = found.targets.first().map_or("Object", |target| target.kind.kind);
        return Err(Failure::error(format!("unknown object type *v1.{kind}")));
    };
    let template = tree::at(&source.object, "spec.jobTemplate");
    let mut annotations = tree::at(template, "metadata.annotations").as_object().cloned().unwrap_or_default();
    annotations.insert("cronjob.kubernetes.io/instantiate".to_string(), "manual".into());
    Ok(json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": object([
            ("name", name.into()),
            ("annotations", Value::Object(annotations)),
            ("labels", tree::at(template, "metadata.labels").clone()),
            ("ownerReferences", json!([{
                "apiVersion": "batch/v1", "kind": "CronJob", "name": source.name, "controller": true,
                "uid": tree::text(&source.object, "metadata.uid"),
            }])),
        ]),
        "spec": tree::at(template, "spec").clone(),
    }))
}

fn cron_job(session: &Session<'_>, name: &str, command: &[Value]) -> Result<Value, Failure> {
    let flags = session.flags;
    let restart = flags.get("restart").unwrap_or("OnFailure");
    Ok(json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name},
        "spec": {
            "schedule": flags.text("schedule"),
            "jobTemplate": {
                "metadata": {"name": name},
                "spec": job_spec(name, flags.text("image"), command, restart),
            },
        },
        "status": {},
    }))
}

fn disruption_budget(session: &Session<'_>, name: &str) -> Result<Value, Failure> {
    let flags = session.flags;
    let Some(selector) = flags.get("selector").filter(|selector| !selector.is_empty()) else {
        return Err(Failure::error("a selector must be specified"));
    };
    let number = |text: &str| text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from);
    let bounds = [("min-available", "minAvailable"), ("max-unavailable", "maxUnavailable")];
    let given: Vec<_> = bounds.iter().filter(|(flag, _)| flags.has(flag)).collect();
    let [(flag, field)] = given.as_slice() else {
        return Err(Failure::error(match given.len() {
            0 => "one of min-available or max-unavailable must be specified",
            _ => "min-available and max-unavailable cannot be both specified",
        }));
    };
    let labels: serde_json::Map<String, Value> = selector
        .split(',')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.to_string(), value.trim_start_matches('=').into()))
        .collect();
    Ok(json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": labels}, *field: number(flags.text(flag))},
        "status": {"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0},
    }))
}

fn quota(session: &Session<'_>, name: &str) -> Result<Value, Failure> {
    let mut hard = serde_json::Map::new();
    for pair in session.flags.text("hard").split(',').filter(|pair| !pair.is_empty()) {
        let Some((resource, amount)) = pair.split_once('=') else {
            return Err(Failure::error(format!(
                "Invalid argument syntax {pair}, expected <resource>=<value>"
            )));
        };
        hard.insert(resource.to_string(), amount.into());
    }
    let scopes: Vec<&str> =
        session.flags.text("scopes").split(',').filter(|scope| !scope.is_empty()).collect();
    let scopes = if scopes.is_empty() { Value::Null } else { scopes.into() };
    Ok(json!({
        "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": name},
        "spec": object([("hard", Value::Object(hard)), ("scopes", scopes)]), "status": {},
    }))
}
