//! The images of the machine on which the recordings were made. All are small BusyBox trees.

use super::course::CATALOG_WORK;
use super::spec::{Base, SPEC, Spec};

/// Starts BusyBox's web server and ends well when it is told to stop.
const ENTRY: &str = r#"#!/bin/sh
port=${PORT:-80}
echo "starting on port $port"
httpd -f -v -p "$port" -h /www &
server=$!
trap 'kill $server; exit 0' TERM QUIT INT
wait $server
exit 1
"#;

/// A long sleep that keeps a container running.
const SLEEP: &str = "sleep|3600";

/// A pull there takes 20 to 200 ms.
const SMALL: Spec = Spec { size: 13, pull_ms: 110, ..SPEC };

/// Images that were on the machine before a scenario began. (nginx:1.28 was not at the very first; it is in most.)
pub(crate) const CACHE: &[&str] = &[
    "docker.io/library/busybox:1.36",
    "docker.io/library/busybox:latest",
    "docker.io/library/nginx:1.27",
    "docker.io/library/nginx:1.28",
    "docker.io/bookstore/catalog:dev",
];

pub(super) const IMAGES: &[Spec] = &[
    Spec { names: "docker.io/library/busybox", tags: "1.36 latest", cmd: "sh", ..SMALL },
    Spec {
        names: "docker.io/library/nginx",
        tags: "1.27 1.28 latest",
        entrypoint: "/entry.sh",
        files: &[("/entry.sh", ENTRY), ("/www/index.html", "<h1>hello</h1>\n")],
        ..SMALL
    },
    Spec { names: "docker.io/library/nobody", tags: "1", cmd: SLEEP, user: "65534", ..SMALL },
    Spec { names: "docker.io/library/named", tags: "1", cmd: SLEEP, user: "nobody", ..SMALL },
    Spec {
        names: "docker.io/bookstore/catalog",
        tags: "dev",
        base: Base::Scratch,
        entrypoint: "/catalog",
        programs: &[("/catalog", CATALOG_WORK)],
        ..SMALL
    },
];
