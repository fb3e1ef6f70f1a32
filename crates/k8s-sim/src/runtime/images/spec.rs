//! The form in which images are written down, and how an [`Image`] is made of it.

use std::rc::Rc;

use busybox::{FsTemplate, OnSignal, Program, Reply, Route, ServedPort, Workload};

use crate::runtime::registry::{Image, Rootfs};

/// Files of images are as old as this, in milliseconds since 1970 (October 2025).
const IMAGE_MTIME_MS: i64 = 1_760_000_000_000;

/// Directories of the search path that every image sets.
const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What an image is built upon.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    /// Nothing: no shell, no tools.
    Scratch,
    /// BusyBox as its own image has it (Alpine looks alike).
    BusyBox,
    /// A slim Debian: bash and the core tools, but neither ps nor wget.
    Debian,
}

/// An image, in short.
pub(in crate::runtime) struct Spec {
    /// Full names without tag, separated by blanks.
    pub(super) names: &'static str,
    /// Tags, separated by blanks; `1.2*` stands for all that begin so, none for any.
    pub(super) tags: &'static str,
    /// Size in units of 100,000 bytes.
    pub(super) size: u32,
    /// How long a pull takes, in milliseconds.
    pub(super) pull_ms: u32,
    /// What it is built upon.
    pub(super) base: Base,
    /// `ENTRYPOINT`, words separated by blanks.
    pub(super) entrypoint: &'static str,
    /// `CMD`, separated by `|`, for some words have blanks in them.
    pub(super) cmd: &'static str,
    /// `ENV` besides PATH, separated by blanks.
    pub(super) env: &'static str,
    /// `USER`
    pub(super) user: &'static str,
    /// `STOPSIGNAL`; empty for SIGTERM.
    pub(super) stop_signal: &'static str,
    /// Files by path: a content with `#!` is runnable, `-> x` is a link to x, `dir` is a directory, `applet` the
    /// tool of BusyBox that the path's last part names, `gone` what the base has and this image lacks.
    pub(super) files: &'static [(&'static str, &'static str)],
    /// Servers by path.
    pub(super) programs: &'static [(&'static str, Work)],
    /// Somebody loaded it into the runtime by hand: it has no digest of a registry.
    pub(super) imported: bool,
}

/// The row that others leave as it is.
pub(super) const SPEC: Spec = Spec {
    names: "",
    tags: "",
    size: 400,
    pull_ms: 2_000,
    base: Base::BusyBox,
    entrypoint: "",
    cmd: "",
    env: "",
    user: "",
    stop_signal: "",
    files: &[],
    programs: &[],
    imported: false,
};

/// A [`Workload`], in short. Its texts are templates, see there.
pub(super) struct Work {
    pub(super) name: &'static str,
    pub(super) ports: &'static [Port],
    pub(super) startup_ms: u32,
    pub(super) memory_mib: u32,
    /// Lines at start; those that begin with `!` go to stderr (here and in `stop`).
    pub(super) start: &'static [&'static str],
    pub(super) stop: &'static [&'static str],
    /// The line for a request and the file that it goes to.
    pub(super) request_log: (&'static str, &'static str),
    /// What SIGTERM, SIGINT and SIGQUIT do: exit 0 after so many milliseconds.
    pub(super) stop_ms: u32,
    /// Variables it needs, and the complaint.
    pub(super) required_env: (&'static str, &'static str),
    /// Files it must be able to write, and the complaint.
    pub(super) opens: (&'static [&'static str], &'static str),
    /// Command lines that only print: arguments, output.
    pub(super) prints: &'static [(&'static str, &'static str)],
    /// Files that it ships, separated by blanks.
    pub(super) ships: &'static str,
}

/// The server that others leave as it is.
pub(super) const WORK: Work = Work {
    name: "",
    ports: &[],
    startup_ms: 50,
    memory_mib: 8,
    start: &[],
    stop: &[],
    request_log: ("", ""),
    stop_ms: 50,
    required_env: ("", ""),
    opens: (&[], ""),
    prints: &[],
    ships: "",
};

/// A [`ServedPort`], in short.
pub(super) struct Port {
    pub(super) port: u16,
    /// A variable that gives another number.
    pub(super) env: &'static str,
    /// On 127.0.0.1 only.
    pub(super) local: bool,
    /// HTTP answers: path, status, body. The body's first letter tells its type.
    pub(super) routes: &'static [(&'static str, u16, &'static str)],
    /// Directory that is served besides.
    pub(super) root: &'static str,
    /// Host and port that the rest is handed on to.
    pub(super) upstream: (&'static str, &'static str),
    /// Answers to lines, for a port that does not speak HTTP.
    pub(super) lines: &'static [(&'static str, &'static str)],
    /// It does not speak HTTP.
    pub(super) raw: bool,
    /// The complaint when the port is taken.
    pub(super) taken: &'static str,
}

/// The port that others leave as it is.
pub(super) const PORT: Port = Port {
    port: 8080,
    env: "",
    local: false,
    routes: &[],
    root: "",
    upstream: ("", ""),
    lines: &[],
    raw: false,
    taken: "cannot listen on port {port}: Address in use",
};

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_string).collect()
}

fn lines(all: &[&str]) -> Vec<(bool, String)> {
    all.iter()
        .map(|line| match line.strip_prefix('!') {
            Some(line) => (true, line.to_string()),
            None => (false, (*line).to_string()),
        })
        .collect()
}

fn pair(pair: (&str, &str)) -> Option<(String, String)> {
    (!pair.0.is_empty()).then(|| (pair.0.to_string(), pair.1.to_string()))
}

impl Port {
    fn served(&self) -> ServedPort {
        let route = |(path, status, body): &(&str, u16, &str)| {
            let content_type = match body.bytes().next() {
                Some(b'{' | b'[') => "application/json",
                Some(b'<') => "text/html",
                _ => "text/plain",
            };
            let (body, content_type) = ((*body).to_string(), content_type.to_string());
            Route {
                path: (*path).to_string(),
                reply: Reply { status: *status, content_type, body, delay_ms: 0 },
            }
        };
        ServedPort {
            port: self.port,
            port_env: (!self.env.is_empty()).then(|| self.env.to_string()),
            local_only: self.local,
            http: !self.raw,
            routes: self.routes.iter().map(route).collect(),
            document_root: (!self.root.is_empty()).then(|| self.root.to_string()),
            upstream: pair(self.upstream),
            lines: self
                .lines
                .iter()
                .map(|(begin, answer)| ((*begin).to_string(), (*answer).to_string()))
                .collect(),
            bind_error: self.taken.to_string(),
        }
    }
}

impl Work {
    fn workload(&self) -> Workload {
        let stop = OnSignal::Exit { after_ms: self.stop_ms.into(), code: 0 };
        Workload {
            name: self.name.to_string(),
            ports: self.ports.iter().map(Port::served).collect(),
            startup_ms: self.startup_ms.into(),
            memory_bytes: u64::from(self.memory_mib) << 20,
            start_logs: lines(self.start),
            stop_logs: lines(self.stop),
            request_log: pair(self.request_log),
            on_term: stop.clone(),
            on_int: stop.clone(),
            on_quit: stop,
            required_env: words(self.required_env.0),
            required_env_error: self.required_env.1.to_string(),
            opens: self.opens.0.iter().map(|path| (*path).to_string()).collect(),
            opens_error: self.opens.1.to_string(),
            prints: self.prints.iter().map(|(args, text)| (words(args), (*text).to_string(), 0)).collect(),
            ships: words(self.ships),
            ..Workload::default()
        }
    }
}

impl Spec {
    /// What is in the image.
    pub(in crate::runtime) fn tree(&self) -> FsTemplate {
        let mut rootfs = self.base.tree();
        for (path, content) in self.files {
            if let Some(target) = content.strip_prefix("-> ") {
                rootfs.symlink(path, target);
            } else if *content == "dir" {
                rootfs.dir(path, 0o755);
            } else if *content == "gone" {
                rootfs.remove(path);
            } else if *content == "applet" {
                rootfs.program(path, Program::Applet);
            } else {
                let mode = if content.starts_with("#!") { 0o755 } else { 0o644 };
                rootfs.file(path, content.as_bytes(), mode);
            }
        }
        for (path, work) in self.programs {
            rootfs.program(path, Program::Workload(Rc::new(work.workload())));
        }
        rootfs
    }

    /// The image that the row describes.
    pub(super) fn image(&'static self) -> Image {
        let mut env = vec![PATH.to_string()];
        env.extend(words(self.env));
        let cmd = self.cmd.split('|').filter(|word| !word.is_empty()).map(str::to_string).collect();
        Image {
            size_bytes: u64::from(self.size) * 100_000 + u64::from(self.pull_ms),
            pull_ms: self.pull_ms.into(),
            entrypoint: words(self.entrypoint),
            cmd,
            env,
            user: self.user.to_string(),
            workdir: "/".to_string(),
            stop_signal: if self.stop_signal.is_empty() { "SIGTERM" } else { self.stop_signal }.to_string(),
            imported: self.imported,
            rootfs: Rootfs::of(self),
        }
    }
}

/// What Debian's essential packages bring, as far as BusyBox has it too.
const DEBIAN_TOOLS: &str = "[ awk base64 basename cat chmod chown cp cut date dd df dirname du echo env expr false \
    find grep head hostname id ln ls md5sum mkdir mktemp mv nproc printenv printf pwd readlink realpath rm \
    rmdir sed seq sh sha256sum sleep sort stat sync tac tail tee test timeout touch tr true tty uname uniq \
    wc whoami xargs yes";

const DEBIAN_DIRS: &str = "/boot /dev /etc /home /lib /lib64 /media /mnt /opt /proc /root /run /sbin /srv /sys /tmp \
    /usr/bin /usr/local/bin /usr/sbin /var/cache /var/lib /var/log";

const DEBIAN_USERS: &str = "root:x:0:0:root:/root:/bin/bash
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
nginx:x:101:101:nginx user:/nonexistent:/bin/false
postgres:x:999:999::/var/lib/postgresql:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
";

const DEBIAN_GROUPS: &str = "root:x:0:\nwww-data:x:33:\nnginx:x:101:\npostgres:x:999:\nnogroup:x:65534:\n";

impl Base {
    fn tree(self) -> FsTemplate {
        let mut tree = FsTemplate::new(IMAGE_MTIME_MS);
        match self {
            Self::BusyBox => return FsTemplate::busybox(IMAGE_MTIME_MS),
            Self::Scratch => {
                tree.file("/etc/passwd", b"root:x:0:0:root:/root:/sbin/nologin\n", 0o644);
                tree.dir("/tmp", 0o1777);
            }
            Self::Debian => {
                for dir in DEBIAN_DIRS.split_whitespace() {
                    tree.dir(dir, 0o755);
                }
                tree.dir("/tmp", 0o1777).dir("/root", 0o700).symlink("/bin", "usr/bin");
                for tool in DEBIAN_TOOLS.split_whitespace() {
                    tree.program(&["/usr/bin/", tool].concat(), Program::Applet);
                }
                tree.file("/usr/bin/bash", super::shell_images::BASH.as_bytes(), 0o755);
                tree.file("/etc/passwd", DEBIAN_USERS.as_bytes(), 0o644);
                tree.file("/etc/group", DEBIAN_GROUPS.as_bytes(), 0o644);
                tree.file(
                    "/etc/os-release",
                    b"PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n",
                    0o644,
                );
            }
        }
        tree
    }
}
