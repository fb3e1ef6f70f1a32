//! Volumes of one Pod: what each is, when it is there, what keeps it from being there.
// Models pkg/kubelet/volumemanager and the volume plugins (v1.36)

use std::collections::BTreeMap;
use std::rc::Rc;

use busybox::FsId;
use k8s_api::Value;
use k8s_api::core::{DownwardAPIVolumeFile, KeyToPath, PodSpec, ProjectedVolumeSource, Volume};

use super::Node;
use super::atomic_writer::{Projection, fs_group, fs_user};
use super::worker::PodWorker;
use crate::apiserver::events::EventType;
use crate::story::StoryKind;
use crate::time::SimTime;

/// How long mounting what is there takes.
const MOUNT_MS: u64 = 300;
/// The first retry of a failed mount; it doubles.
const RETRY_FIRST_MS: u64 = 500;
/// And stays at two minutes and two seconds.
const RETRY_MAX_MS: u64 = 122_000;
/// How long a sync waits for volumes before it says so and gives up.
pub const POD_ATTACH_AND_MOUNT_TIMEOUT_MS: u64 = 123_000;

/// One volume.
#[derive(Clone, Debug)]
pub struct MountedVolume {
    /// Its name in the Pod.
    pub name: Rc<str>,
    /// `emptyDir`, `configMap`, …
    pub kind: &'static str,
    /// Where its files are.
    pub fs: Option<FsId>,
    /// No container mounts it, so the kubelet does not either.
    pub unused: bool,
    /// Where in that: only a directory of the node is not at the root.
    pub base: Rc<str>,
    /// The Pod may only read what its claim stands for.
    pub read_only: bool,
    /// What keeps it from being there.
    pub error: Option<Rc<str>>,
    /// When mounting is tried again.
    pub retry_at: SimTime,
    /// The pause after the next failure.
    pub retry_ms: u64,
    /// The last content written (so that an update is seen).
    content: Files,
}

/// The volumes of one Pod.
#[derive(Clone, Debug, Default)]
pub struct PodVolumes {
    /// In the order of the spec.
    pub volumes: Vec<MountedVolume>,
    /// Mounting has begun.
    pub begun: bool,
    /// A new kubelet finds them on disk: until then it has not looked.
    pub unverified_until: Option<SimTime>,
    /// What they held when that was last read, by name and in bytes.
    pub usage: Option<Vec<(Rc<str>, u64)>>,
    /// When it is read again.
    pub stats_due: Option<SimTime>,
}

impl PodVolumes {
    /// Whether all are there.
    #[must_use]
    pub fn mounted(&self) -> bool {
        self.begun && self.unverified_until.is_none() && self.missing().next().is_none()
    }

    /// Those that a container needs and that are not there yet.
    pub fn missing(&self) -> impl Iterator<Item = &MountedVolume> {
        self.volumes.iter().filter(|volume| volume.fs.is_none() && !volume.unused)
    }

    /// The volume of a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&MountedVolume> {
        self.volumes.iter().find(|volume| &*volume.name == name)
    }
}

/// Files of a volume.
type Files = Vec<Projection>;

/// Whether containers may only read it, whatever their mounts say: the kubelet alone writes it.
// Models the ReadOnly attribute of the volume plugins (v1.36)
#[must_use]
pub(crate) fn is_read_only(kind: &str) -> bool {
    matches!(kind, "configMap" | "secret" | "downwardAPI" | "projected")
}

pub(crate) fn kind_of(volume: &Volume) -> &'static str {
    if volume.empty_dir.is_some() {
        "emptyDir"
    } else if volume.config_map.is_some() {
        "configMap"
    } else if volume.secret.is_some() {
        "secret"
    } else if volume.downward_api.is_some() {
        "downwardAPI"
    } else if volume.projected.is_some() {
        "projected"
    } else if volume.host_path.is_some() {
        "hostPath"
    } else if volume.persistent_volume_claim.is_some() {
        "persistentVolumeClaim"
    } else {
        "other"
    }
}

/// Whether a container mounts the volume.
// Models pkg/volume/util GetPodVolumeNames (v1.36)
fn is_used(spec: &PodSpec, name: &str) -> bool {
    let debug = spec.ephemeral_containers.iter();
    let debug = debug.map(|container| (&container.volume_mounts, &container.volume_devices));
    let containers = spec.init_containers.iter().chain(&spec.containers);
    let mut all =
        containers.map(|container| (&container.volume_mounts, &container.volume_devices)).chain(debug);
    all.any(|(mounts, devices)| {
        mounts.iter().any(|mount| mount.name == name) || devices.iter().any(|device| device.name == name)
    })
}

impl Node<'_> {
    /// Mounts what can be mounted now. Returns when to try again, if something is missing.
    // Models reconciler and operation executor: each failed mount is tried again after a doubling pause (v1.36)
    pub(crate) fn drive_volumes(&mut self, worker: &mut PodWorker) -> Option<SimTime> {
        if worker.volumes.unverified_until.is_some_and(|at| self.now < at) {
            return worker.volumes.unverified_until;
        }
        worker.volumes.unverified_until = None;
        let pod = worker.pod.clone();
        if !worker.volumes.begun {
            worker.volumes.begun = true;
            worker.volumes.volumes = pod
                .spec
                .volumes
                .iter()
                .map(|volume| MountedVolume {
                    name: volume.name.as_str().into(),
                    kind: kind_of(volume),
                    fs: None,
                    unused: !is_used(&pod.spec, &volume.name),
                    base: volume.host_path.as_ref().map_or("", |host| &host.path).into(),
                    read_only: false,
                    error: None,
                    retry_at: self.now.after_ms(MOUNT_MS),
                    retry_ms: RETRY_FIRST_MS,
                    content: Vec::new(),
                })
                .collect();
        }
        let mut next: Option<SimTime> = None;
        for (index, volume) in pod.spec.volumes.iter().enumerate() {
            let Some(mounted) = worker.volumes.volumes.get(index) else { continue };
            if mounted.fs.is_some() || mounted.unused {
                continue;
            }
            if self.now < mounted.retry_at {
                next = Some(next.map_or(mounted.retry_at, |at: SimTime| at.min(mounted.retry_at)));
                continue;
            }
            let (mut of_claim, mut read_only) = (None, false);
            let result = match &volume.persistent_volume_claim {
                None => self.set_up_volume(worker, volume),
                Some(claim) => self.set_up_claim(worker, claim).map(|(fs, path)| {
                    (of_claim, read_only) = (Some(path), claim.read_only);
                    (fs, Files::new())
                }),
            };
            let mut mounted = worker.volumes.volumes[index].clone();
            match result {
                Ok((fs, content)) => {
                    mounted.fs = Some(fs);
                    mounted.content = content;
                    mounted.base = of_claim.unwrap_or(mounted.base);
                    mounted.read_only = read_only;
                    mounted.error = None;
                }
                Err(message) => {
                    let text = match message.starts_with("MountVolume.") {
                        true => message.clone(),
                        false => {
                            format!("MountVolume.SetUp failed for volume \"{}\" : {message}", volume.name)
                        }
                    };
                    self.pod_event(worker, EventType::Warning, "FailedMount", text);
                    if mounted.error.as_deref() != Some(message.as_str()) {
                        let (volume, message) = (mounted.name.clone(), Rc::from(message.as_str()));
                        self.tell(worker, "", StoryKind::VolumeWaiting { volume, message });
                    }
                    mounted.error = Some(message.as_str().into());
                    mounted.retry_at = self.now.after_ms(mounted.retry_ms);
                    mounted.retry_ms = (mounted.retry_ms * 2).min(RETRY_MAX_MS);
                    next = Some(next.map_or(mounted.retry_at, |at: SimTime| at.min(mounted.retry_at)));
                }
            }
            worker.volumes.volumes[index] = mounted;
        }
        next
    }

    /// Writes changed ConfigMaps, Secrets and fields into volumes that are mounted already.
    // Models the remount on each sync of volumes that require it (v1.36)
    pub(crate) fn refresh_volumes(&mut self, worker: &mut PodWorker) {
        let pod = worker.pod.clone();
        for (index, volume) in pod.spec.volumes.iter().enumerate() {
            let Some(MountedVolume { fs: Some(fs), content, .. }) = worker.volumes.volumes.get(index) else {
                continue;
            };
            let (fs, old) = (*fs, content.clone());
            if let Some(Ok(files)) = self.volume_files(worker, volume)
                && files != old
            {
                self.write_payload(worker, fs, &files);
                worker.quiet = false;
                worker.volumes.volumes[index].content = files;
            }
        }
    }

    fn set_up_volume(&mut self, worker: &PodWorker, volume: &Volume) -> Result<(FsId, Files), String> {
        let files = self.volume_files(worker, volume).transpose()?;
        if let Some(host) = &volume.host_path {
            let fs = self.set_up_host_path(&host.path, host.type_.as_deref().unwrap_or_default())?;
            return Ok((fs, Files::new()));
        }
        let fs = self.os.create_fs(None);
        if let Some(empty) = &volume.empty_dir {
            let limit =
                empty.size_limit.as_ref().map(|limit| limit.value().max(0) as u64).filter(|&limit| limit > 0);
            // A memory-backed directory is full at its limit; on disk the kubelet evicts later.
            if empty.medium == "Memory" {
                self.os.set_fs_limit(fs, limit);
            }
            self.own_empty_dir(worker, fs);
        }
        if let Some(files) = &files {
            let _ = self.os.chown(fs, "/", None, None, 0o777);
            self.write_payload(worker, fs, files);
        }
        Ok((fs, files.unwrap_or_default()))
    }

    /// The files of a volume whose content the API gives; `None` for other kinds.
    fn volume_files(&self, worker: &PodWorker, volume: &Volume) -> Option<Result<Files, String>> {
        let namespace = &worker.namespace;
        if let Some(source) = &volume.config_map {
            let optional = source.optional == Some(true);
            let mode = mode_bits(source.default_mode);
            return Some(self.keyed_files(
                "ConfigMap",
                namespace,
                &source.name,
                &source.items,
                optional,
                mode,
            ));
        }
        if let Some(source) = &volume.secret {
            let optional = source.optional == Some(true);
            let mode = mode_bits(source.default_mode);
            return Some(self.keyed_files(
                "Secret",
                namespace,
                &source.secret_name,
                &source.items,
                optional,
                mode,
            ));
        }
        if let Some(source) = &volume.downward_api {
            return Some(self.downward_files(worker, &source.items, mode_bits(source.default_mode)));
        }
        let projected = volume.projected.as_ref()?;
        Some(self.projected_files(worker, projected))
    }

    /// The files of all sources; all that is missing is said at once.
    // Models projectedVolumeMounter.collectData (v1.36)
    fn projected_files(
        &self,
        worker: &PodWorker,
        projected: &ProjectedVolumeSource,
    ) -> Result<Files, String> {
        let namespace = &worker.namespace;
        let mode = mode_bits(projected.default_mode);
        let mut files = Files::new();
        let mut errors: Vec<String> = Vec::new();
        for source in &projected.sources {
            let part = if let Some(source) = &source.config_map {
                // Every namespace has this one in a real cluster; the root CA controller makes it.
                if source.name == "kube-root-ca.crt" {
                    let certificate =
                        b"-----BEGIN CERTIFICATE-----\n(simulated)\n-----END CERTIFICATE-----\n";
                    Ok(vec![Projection::new("ca.crt", certificate.to_vec(), mode)])
                } else {
                    let optional = source.optional == Some(true);
                    self.keyed_files("ConfigMap", namespace, &source.name, &source.items, optional, mode)
                }
            } else if let Some(source) = &source.secret {
                let optional = source.optional == Some(true);
                self.keyed_files("Secret", namespace, &source.name, &source.items, optional, mode)
            } else if let Some(source) = &source.downward_api {
                self.downward_files(worker, &source.items, mode)
            } else if let Some(token) = &source.service_account_token {
                // Only where somebody else than root is known to read it, it is not for all to read.
                let user = fs_user(worker);
                let mode = if user.is_some() || fs_group(worker).is_some() { 0o600 } else { mode };
                let content = b"(simulated service account token)".to_vec();
                Ok(vec![Projection { user, ..Projection::new(&token.path, content, mode) }])
            } else {
                Ok(Files::new())
            };
            match part {
                Ok(part) => {
                    for file in part {
                        files.retain(|other| other.path != file.path);
                        files.push(file);
                    }
                }
                Err(message) if errors.contains(&message) => {}
                Err(message) => errors.push(message),
            }
        }
        match errors.as_slice() {
            [] => Ok(files),
            [only] => Err(only.clone()),
            several => Err(format!("[{}]", several.join(", "))),
        }
    }

    // Models MakePayload of configmap and secret (v1.36)
    fn keyed_files(
        &self,
        kind: &str,
        namespace: &str,
        name: &str,
        items: &[KeyToPath],
        optional: bool,
        mode: u32,
    ) -> Result<Files, String> {
        let lower = kind.to_lowercase();
        let Some(data) = self.object_data(kind, namespace, name) else {
            return if optional { Ok(Files::new()) } else { Err(format!("{lower} \"{name}\" not found")) };
        };
        if items.is_empty() {
            return Ok(data.into_iter().map(|(key, value)| Projection::new(&key, value, mode)).collect());
        }
        let mut files = Files::new();
        for item in items {
            match data.get(&item.key) {
                Some(value) => {
                    let mode = item.mode.map_or(mode, |own| own as u32);
                    files.push(Projection::new(&item.path, value.clone(), mode));
                }
                None if optional => {}
                None if kind == "Secret" => {
                    return Err(format!("references non-existent secret key: {}", item.key));
                }
                None => return Err(format!("configmap references non-existent config key: {}", item.key)),
            }
        }
        Ok(files)
    }

    // Models pkg/volume/downwardapi CollectData (v1.36)
    fn downward_files(
        &self,
        worker: &PodWorker,
        items: &[DownwardAPIVolumeFile],
        mode: u32,
    ) -> Result<Files, String> {
        let mut files = Files::new();
        for item in items {
            let text = if let Some(field) = &item.field_ref {
                super::config::field_ref(self, worker, &field.field_path)?
            } else if let Some(resource) = &item.resource_field_ref {
                super::config::resource_field_ref(self, worker, resource, &resource.container_name)
            } else {
                String::new()
            };
            let mode = item.mode.map_or(mode, |own| own as u32);
            files.push(Projection::new(&item.path, text.into_bytes(), mode));
        }
        Ok(files)
    }

    /// The keys and values of a ConfigMap or Secret.
    pub(crate) fn object_data(
        &self,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Option<BTreeMap<String, Vec<u8>>> {
        let key = crate::apiserver::ObjectKey::new(kind, namespace, name);
        let object = self.store.get(&key)?;
        let crate::apiserver::Object::Other(other) = &**object else { return None };
        let mut data = BTreeMap::new();
        let texts = |field: &str| {
            other
                .tree
                .get(field)
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
                .filter_map(|(key, value)| value.as_str().map(|text| (key.clone(), text.to_string())))
        };
        for (key, text) in texts("data") {
            let bytes = if kind == "Secret" { decode_base64(&text) } else { text.into_bytes() };
            data.insert(key, bytes);
        }
        for (key, text) in texts("binaryData") {
            data.insert(key, decode_base64(&text));
        }
        Some(data)
    }
}

fn mode_bits(mode: Option<i32>) -> u32 {
    mode.map_or(0o644, |mode| mode as u32)
}

/// Decodes base64 (RFC 4648); what is not in the alphabet is skipped.
#[must_use]
pub fn decode_base64(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0);
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    bytes
}
