//! How a container is to be started: command, environment, user, mounts, limits.
// Models pkg/kubelet/kubelet_pods.go makeEnvironmentVariables and kuberuntime_container.go
// generateContainerConfig (v1.36)

use std::collections::BTreeMap;
use std::rc::Rc;

use busybox::{FsId, Mount, Signal};
use k8s_api::core::{Container, EnvVar, ResourceFieldSelector};

use super::Node;
use super::allocation::{ContainerResources, pod_cpu_limit};
use super::atomic_writer::fs_group;
use super::pod_network_files::kernel_hostname;
use super::privileges::privileges;
use super::volumes::is_read_only;
use super::worker::PodWorker;
use crate::runtime::ContainerConfig;
use crate::runtime::registry::Image;

/// Replaces `$(NAME)` by its value, `$$` by `$`; an unknown name stays as it is written.
// Models third_party/forked/golang/expansion Expand (v1.36)
#[must_use]
pub fn expand(input: &str, lookup: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = input;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(tail) = after.strip_prefix('$') {
            out.push('$');
            rest = tail;
        } else if let Some((name, tail)) = after.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            match lookup(name) {
                Some(value) => out.push_str(&value),
                None => out.push_str(&format!("$({name})")),
            }
            rest = tail;
        } else {
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// As [`expand`], but every name must be known and stand for something.
// Models ExpandContainerVolumeMounts (v1.36)
fn expand_all(input: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let missing = std::cell::RefCell::new(Vec::<String>::new());
    let text = expand(input, &|name| {
        let value = lookup(name).filter(|value| !value.is_empty());
        let mut missing = missing.borrow_mut();
        if value.is_none() && !missing.iter().any(|known| known == name) {
            let at = missing.iter().position(|known| &**known > name).unwrap_or(missing.len());
            missing.insert(at, name.into());
        }
        value
    });
    let missing = missing.into_inner();
    if missing.is_empty() { Ok(text) } else { Err(format!("missing value for {}", missing.join(", "))) }
}

/// Expands a command by the literal variables of a container only.
// Models ExpandContainerCommandOnlyStatic (v1.36)
#[must_use]
pub fn expand_static(command: &[String], env: &[EnvVar]) -> Vec<String> {
    let lookup = |name: &str| env.iter().rev().find(|v| v.name == name).map(|v| v.value.clone());
    command.iter().map(|word| expand(word, &lookup)).collect()
}

/// The text of a field of the Pod, as `fieldRef` gives it.
// Models podFieldSelectorRuntimeValue and fieldpath.ExtractFieldPathAsString (v1.36)
pub(crate) fn field_ref(node: &Node<'_>, worker: &PodWorker, path: &str) -> Result<String, String> {
    let meta = &worker.pod.metadata;
    let spec = &worker.pod.spec;
    let list = |map: &BTreeMap<String, String>| {
        map.iter().map(|(key, value)| format!("{key}={value:?}")).collect::<Vec<_>>().join("\n")
    };
    let subscript = |name: &str| path.strip_prefix(name)?.strip_prefix("['")?.strip_suffix("']");
    if let Some(key) = subscript("metadata.labels") {
        return Ok(meta.labels.get(key).cloned().unwrap_or_default());
    }
    if let Some(key) = subscript("metadata.annotations") {
        return Ok(meta.annotations.get(key).cloned().unwrap_or_default());
    }
    Ok(match path {
        "metadata.name" => meta.name.clone(),
        "metadata.namespace" => meta.namespace.clone(),
        "metadata.uid" => meta.uid.clone(),
        "metadata.labels" => list(&meta.labels),
        "metadata.annotations" => list(&meta.annotations),
        "spec.nodeName" => spec.node_name.clone(),
        "spec.serviceAccountName" => spec.service_account_name.clone(),
        "status.hostIP" | "status.hostIPs" => node.agent.ip.to_string(),
        "status.podIP" | "status.podIPs" => {
            if spec.host_network {
                node.agent.ip.to_string()
            } else {
                node.pod_ip(worker).to_string()
            }
        }
        _ => return Err(format!("unsupported fieldPath: {path}")),
    })
}

/// The text of a request or limit, as `resourceFieldRef` gives it: rounded up to its divisor.
// Models pkg/api/v1/resource ExtractContainerResourceValue (v1.36)
pub(crate) fn resource_field_ref(
    node: &Node<'_>,
    worker: &PodWorker,
    selector: &ResourceFieldSelector,
    container: &str,
) -> String {
    let Some(container) = worker.container(container) else { return String::new() };
    let (list, name) = match selector.resource.split_once('.') {
        Some(("limits", name)) => (&container.resources.limits, name),
        Some(("requests", name)) => (&container.resources.requests, name),
        _ => return String::new(),
    };
    let limits = selector.resource.starts_with("limits");
    let amount = list.get(name).map(|q| q.nano_value()).filter(|&n| n != 0).or_else(|| {
        // Without a limit, all that the node can give.
        limits.then(|| node.allocatable(name))
    });
    let divisor =
        if selector.divisor.is_zero() { 1_000_000_000 } else { selector.divisor.nano_value().max(1) };
    let amount = amount.unwrap_or(0);
    ((amount + divisor - 1) / divisor).to_string()
}

impl Node<'_> {
    /// The address of the Pod's sandbox.
    pub(crate) fn pod_ip(&self, worker: &PodWorker) -> Rc<str> {
        self.agent
            .runtime
            .pods
            .get(&worker.uid)
            .and_then(|pod| pod.ready_sandbox())
            .map_or_else(|| "".into(), |sandbox| sandbox.seen.ip.clone())
    }

    /// The environment of a container: its own variables over those of its image.
    // Models makeEnvironmentVariables (v1.36)
    pub(crate) fn environment(
        &self,
        worker: &PodWorker,
        container: &Container,
    ) -> Result<Vec<(String, String)>, String> {
        let links = worker.pod.spec.enable_service_links != Some(false);
        let services = super::envvars::service_variables(self.store, &worker.namespace, links);
        let mut values: Vec<(String, String)> = Vec::new();
        let mut set = |name: String, value: String| match values.iter_mut().find(|(known, _)| *known == name)
        {
            Some(entry) => entry.1 = value,
            None => values.push((name, value)),
        };
        for source in &container.env_from {
            let (kind, name, optional) = match (&source.config_map_ref, &source.secret_ref) {
                (Some(source), _) => ("ConfigMap", &source.name, source.optional),
                (None, Some(source)) => ("Secret", &source.name, source.optional),
                (None, None) => continue,
            };
            match self.object_data(kind, &worker.namespace, name) {
                Some(data) => {
                    for (key, value) in data {
                        set(format!("{}{key}", source.prefix), String::from_utf8_lossy(&value).into_owned());
                    }
                }
                None if optional == Some(true) => {}
                None => return Err(format!("{} \"{name}\" not found", kind.to_lowercase())),
            }
        }
        let mut own: BTreeMap<String, String> = services.iter().chain(&values).cloned().collect();
        for variable in &container.env {
            let value = match &variable.value_from {
                None => Some(expand(&variable.value, &|name| own.get(name).cloned())),
                Some(source) => self.value_from(worker, container, source)?,
            };
            if let Some(value) = value {
                own.insert(variable.name.clone(), value.clone());
                match values.iter_mut().find(|(known, _)| *known == variable.name) {
                    Some(entry) => entry.1 = value,
                    None => values.push((variable.name.clone(), value)),
                }
            }
        }
        // What the container says itself comes first.
        for (name, value) in services {
            if !values.iter().any(|(known, _)| *known == name) {
                values.push((name, value));
            }
        }
        Ok(values)
    }

    fn value_from(
        &self,
        worker: &PodWorker,
        container: &Container,
        source: &k8s_api::core::EnvVarSource,
    ) -> Result<Option<String>, String> {
        if let Some(field) = &source.field_ref {
            return field_ref(self, worker, &field.field_path).map(Some);
        }
        if let Some(resource) = &source.resource_field_ref {
            let name =
                if resource.container_name.is_empty() { &container.name } else { &resource.container_name };
            return Ok(Some(resource_field_ref(self, worker, resource, name)));
        }
        let (kind, name, key, optional) = match (&source.config_map_key_ref, &source.secret_key_ref) {
            (Some(source), _) => ("ConfigMap", &source.name, &source.key, source.optional),
            (None, Some(source)) => ("Secret", &source.name, &source.key, source.optional),
            (None, None) => return Ok(None),
        };
        let optional = optional == Some(true);
        let lower = kind.to_lowercase();
        match self.object_data(kind, &worker.namespace, name) {
            None if optional => Ok(None),
            None => Err(format!("{lower} \"{name}\" not found")),
            Some(data) => match data.get(key) {
                Some(value) => Ok(Some(String::from_utf8_lossy(value).into_owned())),
                None if optional => Ok(None),
                None => Err(format!("couldn't find key {key} in {kind} {}/{name}", worker.namespace)),
            },
        }
    }

    /// Everything that the runtime must know to make a container.
    // Models generateContainerConfig (v1.36)
    pub(crate) fn container_config(
        &mut self,
        worker: &PodWorker,
        container: &Container,
        image: &Image,
    ) -> Result<ContainerConfig, String> {
        let spec = &worker.pod.spec;
        let of_pod = spec.security_context.clone().unwrap_or_default();
        let own = container.security_context.clone().unwrap_or_default();
        let wanted_user = own.run_as_user.or(of_pod.run_as_user);
        let non_root = own.run_as_non_root.or(of_pod.run_as_non_root) == Some(true);
        if non_root {
            verify_run_as_non_root(worker, container, image, wanted_user)?;
        }
        let image_user = image.user_id();
        let uid = wanted_user.and_then(|user| u32::try_from(user).ok()).unwrap_or(image_user);
        let gid = own
            .run_as_group
            .or(of_pod.run_as_group)
            .and_then(|group| u32::try_from(group).ok())
            .unwrap_or(if uid == 65534 { 65534 } else { 0 });
        let mut groups: Vec<u32> = vec![gid];
        groups.extend(
            of_pod.supplemental_groups.iter().chain(&of_pod.fs_group).filter_map(|&g| u32::try_from(g).ok()),
        );
        // The kernel keeps them in order.
        k8s_api::small::sort(&mut groups, &|a, b| a < b);
        groups.dedup();

        let environment = self.environment(worker, container)?;
        let lookup =
            |name: &str| environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let expanded = |words: &[String]| words.iter().map(|word| expand(word, &lookup)).collect::<Vec<_>>();
        let mut argv = if container.command.is_empty() {
            image.entrypoint.clone()
        } else {
            expanded(&container.command)
        };
        if !container.args.is_empty() {
            argv.extend(expanded(&container.args));
        } else if container.command.is_empty() {
            argv.extend(image.cmd.clone());
        }
        let mut env: Vec<String> = image
            .env
            .iter()
            .filter(|pair| {
                let name = pair.split('=').next().unwrap_or_default();
                !environment.iter().any(|(known, _)| known == name)
            })
            .cloned()
            .collect();
        let hostname = kernel_hostname(worker, &self.agent.name)?;
        env.push(format!("HOSTNAME={hostname}"));
        env.extend(environment.iter().map(|(name, value)| format!("{name}={value}")));

        let (mounts, snapshots) = self.make_mounts(worker, container, &lookup)?;
        let path = if container.termination_message_path.is_empty() {
            "/dev/termination-log".to_string()
        } else {
            container.termination_message_path.clone()
        };
        let mut files = self.etc_files(worker);
        files.push((path.clone(), Vec::new()));
        let stop = container.lifecycle.as_ref().and_then(|lifecycle| lifecycle.stop_signal.as_deref());
        Ok(ContainerConfig {
            argv,
            env: Rc::new(env).into(),
            cwd: match (&*container.working_dir, &*image.workdir) {
                ("", "") => "/".into(),
                ("", dir) => dir.into(),
                (dir, _) => dir.into(),
            },
            user: (uid, gid, groups.into()),
            mounts,
            snapshots,
            files,
            read_only_root: own.read_only_root_filesystem == Some(true),
            resources: ContainerResources::of(spec.resources.as_deref(), container),
            pod_cpu_limit: pod_cpu_limit(spec),
            privileges: privileges(spec, container, self.agent.resources.memory_capacity),
            stop_signal: Signal::parse(stop.unwrap_or(&image.stop_signal)).unwrap_or(Signal::TERM),
            termination_message_path: path,
            fallback_to_logs: container.termination_message_policy == "FallbackToLogsOnError",
            tty: container.tty,
            stdin: container.stdin,
            target_pid_ns: self.target_pid_ns(worker, &container.name),
        })
    }

    /// What is mounted where, and the file systems that were made for it and go with the container.
    // Models makeMounts (v1.36)
    fn make_mounts(
        &mut self,
        worker: &PodWorker,
        container: &Container,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(Vec<Mount>, Vec<FsId>), String> {
        let mut mounts = Vec::new();
        let mut snapshots = Vec::new();
        for mount in &container.volume_mounts {
            let Some((volume, mut fs)) = worker.volumes.find(&mount.name).and_then(|v| Some((v, v.fs?)))
            else {
                return Err(format!(
                    "cannot find volume \"{}\" to mount into container \"{}\"",
                    mount.name, container.name
                ));
            };
            // An image is unpacked for each container anew, and nobody writes to it.
            let image = worker.pod.spec.volumes.iter().find(|volume| volume.name == mount.name);
            let image = image.and_then(|volume| volume.image.as_ref());
            let image = image.and_then(|image| crate::runtime::registry::normalize(&image.reference).ok());
            let image = image.and_then(|name| self.registry.image(&name));
            if let Some(image) = &image {
                fs = self.os.create_fs(Some(image.rootfs.tree()));
                snapshots.push(fs);
            }
            let sub_path = if mount.sub_path_expr.is_empty() {
                mount.sub_path.clone()
            } else {
                expand_all(&mount.sub_path_expr, lookup)?
            };
            if sub_path.starts_with('/') {
                return Err(format!("error SubPath `{sub_path}` must not be an absolute path"));
            }
            if sub_path.split('/').any(|part| part == "..") {
                return Err(format!("unable to provision SubPath `{sub_path}`: must not contain '..'"));
            }
            let api_made = is_read_only(volume.kind);
            let full = match (&*volume.base, sub_path.as_str()) {
                ("", own) => own.to_string(),
                (base, "") => base.to_string(),
                (base, own) => format!("{}/{own}", base.trim_end_matches('/')),
            };
            if !sub_path.is_empty() {
                if self.os.list(fs, &full).is_err() && self.os.read_file(fs, &full).is_err() {
                    // It is made as open as the volume itself is.
                    let mode = match (volume.kind, fs_group(worker)) {
                        ("emptyDir", Some(_)) => 0o2777,
                        ("emptyDir", None) => 0o777,
                        _ => 0o755,
                    };
                    let _ = self.os.mkdir(fs, &full, mode);
                }
                // A mount of one file holds on to that file: it does not see the next version of the volume.
                if api_made && let Some(snapshot) = self.os.copy_fs(fs) {
                    snapshots.push(snapshot);
                    fs = snapshot;
                }
            }
            let path = if mount.mount_path.starts_with('/') {
                mount.mount_path.clone()
            } else {
                format!("/{}", mount.mount_path)
            };
            mounts.push(Mount {
                path,
                fs,
                sub_path: full,
                read_only: mount.read_only || volume.read_only || api_made || image.is_some(),
            });
        }
        Ok((mounts, snapshots))
    }

    fn target_pid_ns(&self, worker: &PodWorker, name: &str) -> Option<busybox::PidNs> {
        let debug = worker.pod.spec.ephemeral_containers.iter().find(|c| c.name == name)?;
        let target = debug.target_container_name.as_str();
        self.agent.runtime.pods.get(&worker.uid)?.find(target).map(|container| container.pid_ns)
    }

    /// What the node can give of a resource, in billionths.
    pub(crate) fn allocatable(&self, resource: &str) -> i128 {
        let key = crate::apiserver::ObjectKey::new("Node", "", &self.agent.name);
        self.store
            .get(&key)
            .and_then(|object| object.as_node()?.status.allocatable.get(resource).map(|q| q.nano_value()))
            .unwrap_or(0)
    }
}

// Models kuberuntime security_context.go verifyRunAsNonRoot (v1.36)
fn verify_run_as_non_root(
    worker: &PodWorker,
    container: &Container,
    image: &Image,
    user: Option<i64>,
) -> Result<(), String> {
    let pod = format!("\"{}\"", worker.formatted());
    let name = &container.name;
    match user {
        Some(0) => {
            Err(format!("container's runAsUser breaks non-root policy (pod: {pod}, container: {name})"))
        }
        Some(_) => Ok(()),
        None if image.user.is_empty() || image.user == "0" => Err(format!(
            "container has runAsNonRoot and image will run as root (pod: {pod}, container: {name})"
        )),
        None if image.user.parse::<u32>().is_err() => Err(format!(
            "container has runAsNonRoot and image has non-numeric user ({}), cannot verify user is non-root (pod: {pod}, \
             container: {name})",
            image.user
        )),
        None => Ok(()),
    }
}
