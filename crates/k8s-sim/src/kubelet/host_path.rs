//! The node's own files, as far as Pods can mount them, and what `hostPath.type` asks of them.
// Models pkg/volume/hostpath/host_path.go checkType (v1.36)

use busybox::{FsId, FsTemplate};

use super::Node;

/// Directories of a Linux node with a kubelet and containerd.
const DIRECTORIES: [&str; 22] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc/kubernetes/manifests",
    "/home",
    "/lib",
    "/mnt",
    "/opt/cni/bin",
    "/proc",
    "/root",
    "/run/containerd",
    "/sbin",
    "/srv",
    "/sys/fs/cgroup",
    "/usr/bin",
    "/usr/local/bin",
    "/usr/share",
    "/var/lib/containerd",
    "/var/lib/kubelet/pods",
    "/var/log/containers",
    "/var/log/pods",
    "/var/tmp",
];
/// Sockets that Pods ask for. Files cannot be sockets here, so these paths only are.
const SOCKETS: [&str; 3] =
    ["/run/containerd/containerd.sock", "/var/run/containerd/containerd.sock", "/run/dbus/system_bus_socket"];

/// What is at a path of the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    File,
    Directory,
    Socket,
}

impl Node<'_> {
    /// The node's root file system. It is the same for all its Pods, and outlives them.
    fn host_root(&mut self) -> FsId {
        if let Some(fs) = self.agent.host_root {
            return fs;
        }
        let mut template = FsTemplate::new(self.epoch_seconds * 1000);
        for directory in DIRECTORIES {
            template.dir(directory, 0o755);
        }
        template.dir("/tmp", 0o1777);
        template.file("/etc/hostname", format!("{}\n", self.agent.name).as_bytes(), 0o644);
        template.file("/etc/hosts", host_hosts_file(&self.agent.name).as_bytes(), 0o644);
        template.file("/etc/resolv.conf", b"nameserver 192.168.0.1\n", 0o644);
        template.symlink("/var/run", "/run");
        let fs = self.os.create_fs(Some(&template));
        self.agent.host_root = Some(fs);
        self.agent.host_root_idle = self.os.fs_usage_bytes(fs);
        fs
    }

    fn found_on_host(&self, fs: FsId, path: &str) -> Found {
        if SOCKETS.contains(&path) {
            Found::Socket
        } else if self.os.list(fs, path).is_ok() {
            Found::Directory
        } else if self.os.read_file(fs, path).is_ok() {
            Found::File
        } else {
            Found::Nothing
        }
    }

    /// The node's file system, if it has this directory.
    pub(super) fn local_directory(&mut self, path: &str) -> Option<FsId> {
        let fs = self.host_root();
        (self.found_on_host(fs, path) == Found::Directory).then_some(fs)
    }

    /// Sees to it that the path is what its type says, and gives the file system that it is in.
    // Models checkTypeInternal (v1.36)
    pub(crate) fn set_up_host_path(&mut self, path: &str, kind: &str) -> Result<FsId, String> {
        let fs = self.host_root();
        let found = self.found_on_host(fs, path);
        let wanted = |good: bool, what: &str| {
            if good { Ok(fs) } else { Err(format!("hostPath type check failed: {path} is not {what}")) }
        };
        match kind {
            "DirectoryOrCreate" if found == Found::Nothing => {
                let _ = self.os.mkdir(fs, path, 0o755);
                Ok(fs)
            }
            "DirectoryOrCreate" | "Directory" => wanted(found == Found::Directory, "a directory"),
            // The directory around it is not made.
            "FileOrCreate" if found == Found::Nothing => {
                let above = path.rsplit_once('/').map_or("/", |(above, _)| above);
                if self.os.list(fs, above).is_err() {
                    return Err(format!("open {path}: no such file or directory"));
                }
                let _ = self.os.write_file(fs, path, b"", 0o644);
                Ok(fs)
            }
            "FileOrCreate" | "File" => wanted(found == Found::File, "a file"),
            "Socket" => wanted(found == Found::Socket, "a socket file"),
            "CharDevice" => wanted(false, "a character device"),
            "BlockDevice" => wanted(false, "a block device"),
            _ => {
                // Nobody looks; what is missing the runtime makes, as a directory.
                if found == Found::Nothing {
                    let _ = self.os.mkdir(fs, path, 0o755);
                }
                Ok(fs)
            }
        }
    }
}

/// The node's own `/etc/hosts`.
pub(crate) fn host_hosts_file(node: &str) -> String {
    format!("127.0.0.1\tlocalhost\n127.0.1.1\t{node}\n::1\tlocalhost ip6-localhost ip6-loopback\n")
}
