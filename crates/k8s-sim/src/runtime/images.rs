//! The images of the simulated registry.

use std::collections::BTreeMap;
use std::rc::Rc;

use busybox::FsTemplate;

use super::registry::{Image, Repository};

/// Files of images are as old as this, in milliseconds since 1970.
const IMAGE_MTIME_MS: i64 = 1_760_000_000_000;

const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_string).collect()
}

fn busybox() -> Image {
    Image {
        size_bytes: 2_210_000,
        pull_ms: 700,
        entrypoint: Vec::new(),
        cmd: words("sh"),
        env: vec![PATH.into()],
        user: String::new(),
        workdir: "/".into(),
        stop_signal: "SIGTERM".into(),
        rootfs: FsTemplate::busybox(IMAGE_MTIME_MS),
    }
}

pub(crate) fn plain_server() -> Image {
    busybox()
}

pub(crate) fn course() -> BTreeMap<String, Repository> {
    recorded()
}

pub(crate) fn recorded() -> BTreeMap<String, Repository> {
    let mut all = BTreeMap::new();
    let mut add = |name: &str, tags: &str, image: Image| {
        all.insert(name.to_string(), Repository { tags: words(tags), image: Rc::new(image) });
    };
    add("docker.io/library/busybox", "1.36 latest", busybox());
    all
}
