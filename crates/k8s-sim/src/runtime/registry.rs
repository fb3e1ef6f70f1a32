//! The image registry: which images there are, how long a pull takes, what is in them, how they behave.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use busybox::FsTemplate;

use super::images;
use super::images::spec::Spec;
use crate::input::{Pull, RegistryChange};

/// An image: its files and how it is started.
#[derive(Clone, Debug)]
pub struct Image {
    /// Size in bytes, as the Pulled event says it.
    pub size_bytes: u64,
    /// How long a pull takes, in milliseconds.
    pub pull_ms: u64,
    /// `ENTRYPOINT`
    pub entrypoint: Vec<String>,
    /// `CMD`
    pub cmd: Vec<String>,
    /// `ENV`
    pub env: Vec<String>,
    /// `USER`; empty for root.
    pub user: String,
    /// `WORKDIR`
    pub workdir: String,
    /// `STOPSIGNAL`
    pub stop_signal: String,
    /// It was loaded by hand, and has no digest of a registry.
    pub imported: bool,
    /// What is in it.
    pub rootfs: Rootfs,
}

/// What is in an image. It is made when a first container needs it: most images of a registry are never pulled.
#[derive(Clone)]
pub struct Rootfs {
    spec: &'static Spec,
    tree: OnceCell<FsTemplate>,
}

impl Rootfs {
    pub(super) fn of(spec: &'static Spec) -> Self {
        Self { spec, tree: OnceCell::new() }
    }

    /// The tree of files.
    #[must_use]
    pub fn tree(&self) -> &FsTemplate {
        self.tree.get_or_init(|| self.spec.tree())
    }
}

/// Whether it has been made makes no difference, so it is not shown.
impl std::fmt::Debug for Rootfs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rootfs")
    }
}

impl Image {
    /// The number of its user.
    #[must_use]
    pub fn user_id(&self) -> u32 {
        match self.user.split(':').next().unwrap_or_default() {
            "" | "root" => 0,
            "nobody" => 65534,
            text => text.parse().unwrap_or(0),
        }
    }

    /// The image's reference by digest, made from its name; of an imported one its id.
    #[must_use]
    pub fn digest_ref(&self, name: &str) -> String {
        let full = normalize(name).unwrap_or_else(|_| name.into());
        let repository = full.rsplit_once(':').map_or(&*full, |(repository, _)| repository);
        let hash = full.bytes().fold(0x6c62_272e_07bb_0142_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let hex: String =
            (0..4_u64).map(|part| format!("{:016x}", hash.rotate_left(part as u32 * 13) ^ part)).collect();
        if self.imported { format!("sha256:{hex}") } else { format!("{repository}@sha256:{hex}") }
    }
}

/// One repository: its tags and the image behind them.
#[derive(Clone, Debug)]
pub struct Repository {
    /// Tags that exist, by their beginning; an empty list means any.
    pub tags: Vec<String>,
    /// The image.
    pub image: Rc<Image>,
}

/// Why a pull failed, in the runtime's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullFailure {
    /// The text.
    pub message: String,
}

/// What can be pulled.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    repositories: Rc<BTreeMap<String, Repository>>,
    /// Images that every node has already, by full name.
    cached: Rc<Vec<String>>,
    /// What a learner changed, by full name.
    pulls: BTreeMap<Rc<str>, Pull>,
    /// The nodes' runtime is containerd 1.6, which does not say whose user a container has.
    pub(crate) hides_users: bool,
}

/// The full name of an image: registry, repository and tag.
// Models pkg/util/parsers ParseImageName and distribution/reference (v1.36)
pub fn normalize(image: &str) -> Result<Rc<str>, String> {
    match k8s_api::image::parse(image) {
        Ok(parsed) => {
            let repository = parsed.repository();
            Ok(match (&parsed.digest, &parsed.tag) {
                (Some(digest), _) => format!("{repository}@{digest}").into(),
                (None, Some(tag)) => format!("{repository}:{tag}").into(),
                (None, None) => format!("{repository}:latest").into(),
            })
        }
        Err(words) => {
            let repository = image.split(['@', ':']).next().unwrap_or(image);
            let path = if repository.contains('/') {
                repository.to_string()
            } else {
                format!("library/{repository}")
            };
            Err(format!("couldn't parse image name \"{image}\": {}", words.replace("library/NAME", &path)))
        }
    }
}

/// Registry, repository and tag of a full name.
fn parts(full: &str) -> (&str, &str, &str) {
    let (repository, tag) = match full.split_once('@') {
        Some((repository, digest)) => (repository, digest),
        None => full.rsplit_once(':').unwrap_or((full, "latest")),
    };
    let (domain, path) = repository.split_once('/').unwrap_or(("", repository));
    (domain, path, tag)
}

/// Whether a registry's name is one that no name server knows.
fn unresolvable(domain: &str) -> bool {
    domain.ends_with(".invalid") || domain.ends_with(".local")
}

impl Registry {
    /// What the lessons and examples use.
    #[must_use]
    pub fn course() -> Self {
        Self { repositories: Rc::new(images::course()), ..Self::default() }
    }

    /// What the recorded machine had: some images on the node, few that can be pulled.
    #[must_use]
    pub fn recorded() -> Self {
        Self {
            repositories: Rc::new(images::recorded()),
            cached: Rc::new(images::RECORDED_CACHE.iter().map(|name| (*name).into()).collect()),
            // On the machine, but in no registry.
            pulls: BTreeMap::from([("docker.io/bookstore/catalog:dev".into(), Pull::Missing)]),
            hides_users: true,
        }
    }

    /// Images that every node has already.
    pub fn cached(&self) -> impl Iterator<Item = &str> {
        self.cached.iter().map(String::as_str)
    }

    /// Repositories that can be pulled, for the page's list.
    pub fn repositories(&self) -> impl Iterator<Item = &str> {
        self.repositories.keys().map(String::as_str)
    }

    fn repository(&self, full: &str) -> Option<&Repository> {
        let (domain, path, _) = parts(full);
        self.repositories.get(&format!("{domain}/{path}"))
    }

    /// The image of a full name, if such a tag exists.
    #[must_use]
    pub fn image(&self, full: &str) -> Option<Rc<Image>> {
        let (_, _, tag) = parts(full);
        let found = self.repository(full)?;
        let known = found.tags.is_empty()
            || tag.starts_with("sha256:")
            || found.tags.iter().any(|known| {
                tag == known || known.ends_with('*') && tag.starts_with(known.trim_end_matches('*'))
            });
        known.then(|| found.image.clone())
    }

    /// How long pulling takes, in milliseconds. `draw` is a random number.
    pub(crate) fn pull_ms(&self, image: &str, cached: bool, draw: u64) -> u64 {
        let Ok(full) = normalize(image) else { return 50 };
        if let Some(Pull::Slow { ms }) = self.pulls.get(&full) {
            return *ms;
        }
        match self.image(&full) {
            // Only the manifest is asked for.
            Some(_) if cached => 90 + draw % 80,
            Some(image) => image.pull_ms + draw % (image.pull_ms / 4 + 1),
            // Nobody answers for such names, and the resolver waits.
            None if unresolvable(parts(&full).0) => 10_000,
            None => 100 + draw % 150,
        }
    }

    /// The end of a pull.
    pub fn pull(&self, image: &str) -> Result<(Rc<str>, Rc<Image>), PullFailure> {
        let full = normalize(image).map_err(|message| PullFailure { message })?;
        let missing = self.pulls.get(&full) == Some(&Pull::Missing);
        if let Some(found) = self.image(&full).filter(|_| !missing) {
            return Ok((full, found));
        }
        let (domain, _, _) = parts(&full);
        let what =
            format!("failed to pull and unpack image \"{full}\": failed to resolve reference \"{full}\": ");
        let message = if unresolvable(domain) {
            let (_, path, tag) = parts(&full);
            format!(
                "{what}failed to do request: Head \"https://{domain}/v2/{path}/manifests/{tag}\": dial tcp: lookup {domain} \
                 on 10.255.255.53:53: read udp 10.99.0.1:44321->10.255.255.53:53: i/o timeout"
            )
        } else if self.repository(&full).is_some_and(|known| !known.image.imported) {
            format!("rpc error: code = NotFound desc = {what}{full}: not found")
        } else {
            format!(
                "{what}pull access denied, repository does not exist or may require authorization: server message: \
                 insufficient_scope: authorization failed"
            )
        };
        Err(PullFailure { message })
    }

    /// How pulling an image goes just now.
    #[must_use]
    pub fn pull_state(&self, image: &str) -> Pull {
        let full = normalize(image).unwrap_or_else(|_| image.into());
        match self.pulls.get(&full) {
            Some(pull) => pull.clone(),
            None if self.image(&full).is_some() => Pull::Normal,
            None => Pull::Missing,
        }
    }

    pub(crate) fn change(&mut self, change: &RegistryChange) {
        match change {
            RegistryChange::SetPull { image, pull } => {
                if let Ok(full) = normalize(image) {
                    self.pulls.insert(full, pull.clone());
                }
            }
            RegistryChange::Add { image, like } => {
                let Ok(full) = normalize(image) else { return };
                let model = normalize(like).ok().and_then(|like| self.image(&like));
                let model = model.unwrap_or_else(|| Rc::new(images::plain_server()));
                let (domain, path, _) = parts(&full);
                let repository = Repository { tags: Vec::new(), image: model };
                Rc::make_mut(&mut self.repositories).insert(format!("{domain}/{path}"), repository);
                self.pulls.remove(&full);
            }
            RegistryChange::Remove { .. } => {}
        }
    }
}
