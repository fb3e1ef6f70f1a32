//! How files that the API gives get into a volume: all at once, behind a link, so that no program ever reads half
//! of an update.
// Models pkg/volume/util/atomic_writer.go and pkg/volume/volume_linux.go (v1.36)

use std::collections::BTreeSet;

use busybox::FsId;

use super::Node;
use super::worker::PodWorker;

/// One file of a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Projection {
    /// Where, below the volume.
    pub(crate) path: String,
    /// What it holds.
    pub(crate) content: Vec<u8>,
    /// Its mode.
    pub(crate) mode: u32,
    /// Whose it is, if not root's.
    pub(crate) user: Option<u32>,
}

impl Projection {
    /// A file of root's.
    pub(crate) fn new(path: &str, content: Vec<u8>, mode: u32) -> Self {
        Self { path: path.trim_matches('/').into(), content, mode, user: None }
    }
}

/// What a group may do with the files of a read-only volume.
const READ_ONLY_MASK: u32 = 0o440;
/// And with those of others.
const READ_WRITE_MASK: u32 = 0o660;
/// A directory can also be entered, and what is made in it belongs to the group again.
const DIRECTORY_MASK: u32 = 0o2110;

impl Node<'_> {
    /// Writes the files into a directory named after the moment, and has `..data` point there.
    // Models AtomicWriter.Write (v1.36)
    pub(crate) fn write_payload(&mut self, worker: &PodWorker, fs: FsId, files: &[Projection]) {
        let group = fs_group(worker);
        let version = self.time_stamped_directory(worker);
        // What was there before goes; its links are made again below.
        let _ = self.os.replace_tree(fs, "/", &[]);
        let _ = self.os.mkdir(fs, &version, 0o755);
        let mut directories = BTreeSet::from([version.clone()]);
        for file in files {
            let path = format!("{version}/{}", file.path);
            let _ = self.os.write_file(fs, &path, &file.content, file.mode);
            let _ = self.os.chown(fs, &path, file.user, group, group.map_or(0, |_| READ_ONLY_MASK));
            for (at, _) in path.match_indices('/') {
                directories.insert(path[..at].to_string());
            }
        }
        for directory in &directories {
            self.own_directory(fs, directory, group, READ_ONLY_MASK);
        }
        let _ = self.os.symlink(fs, "..data", &version);
        let visible: BTreeSet<&str> = files.iter().filter_map(|file| file.path.split('/').next()).collect();
        for name in visible {
            let _ = self.os.symlink(fs, name, &format!("..data/{name}"));
        }
        self.own_directory(fs, "/", group, READ_ONLY_MASK);
    }

    /// The root of an emptyDir: everybody may write, and with `fsGroup` it is the group's.
    // Models emptyDir's setupDir and SetVolumeOwnership (v1.36)
    pub(crate) fn own_empty_dir(&mut self, worker: &PodWorker, fs: FsId) {
        let _ = self.os.chown(fs, "/", Some(0), None, 0o777);
        self.own_directory(fs, "/", fs_group(worker), READ_WRITE_MASK);
    }

    // Models changeFilePermission (v1.36)
    fn own_directory(&mut self, fs: FsId, path: &str, group: Option<u32>, mask: u32) {
        if group.is_some() {
            let _ = self.os.chown(fs, path, None, group, mask | DIRECTORY_MASK);
        }
    }

    /// `..2026_01_31_09_00_00.1234567890`: the time in UTC and a number that makes it its own.
    // Models newTimestampDir (v1.36)
    fn time_stamped_directory(&self, worker: &PodWorker) -> String {
        let at = k8s_api::time::Time(self.epoch_seconds + self.now.secs() as i64).rfc3339();
        let at = at.trim_end_matches('Z').replace(['-', 'T', ':'], "_");
        let number = self.rng.below(1 << 32, "atomic-writer", &worker.uid, self.now.ms());
        format!("..{at}.{number}")
    }
}

/// The group that a Pod's volumes are given to.
pub(crate) fn fs_group(worker: &PodWorker) -> Option<u32> {
    let group = worker.pod.spec.security_context.as_ref()?.fs_group?;
    u32::try_from(group).ok()
}

/// The one user that all containers of a Pod run as, if its manifest says so.
// Models pkg/volume/util FsUserFrom (v1.36)
pub(crate) fn fs_user(worker: &PodWorker) -> Option<u32> {
    let spec = &worker.pod.spec;
    let of_pod = spec.security_context.as_ref().and_then(|context| context.run_as_user);
    let mut user = None;
    for container in spec.init_containers.iter().chain(&spec.containers) {
        let own = container.security_context.as_ref().and_then(|context| context.run_as_user);
        let this = own.or(of_pod)?;
        if *user.get_or_insert(this) != this {
            return None;
        }
    }
    u32::try_from(user?).ok()
}
