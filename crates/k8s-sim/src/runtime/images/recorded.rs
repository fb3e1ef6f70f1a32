//! The images of the machine on which the recordings were made. All are small BusyBox trees.

use super::course::CATALOG_WORK;
use super::spec::{Base, SPEC, Spec};

/// Starts BusyBox's web server and ends well when it is told to stop.
const ENTRY: &str = r#"#!/bin/sh
trap '[ -z "$server" ] || kill $server; exit 0' TERM QUIT INT
port=${PORT:-80}
echo "starting on port $port"
httpd -f -v -p "$port" -h /www &
server=$!
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
    "docker.io/library/nginx:1.14.2",
    "docker.io/bookstore/catalog:dev",
];

/// What it writes before it only waits.
const FLUENTD: &str = r#"#!/bin/sh
echo "2026-11-20 00:00:00 +0000 [info]: starting fluentd-1.16.0 pid=1"
echo "2026-11-20 00:00:00 +0000 [info]: #0 fluentd worker is now running worker=0"
trap 'exit 0' TERM
sleep 1000000 &
wait
"#;

/// The same for a mesh's proxy, which says whose it is.
const PROXY: &str = r#"#!/bin/sh
echo "info Proxy role: sidecar pod=$POD_NAME ns=$POD_NAMESPACE ip=$INSTANCE_IP"
echo "info Envoy proxy is ready"
trap 'exit 0' TERM
sleep 1000000 &
wait
"#;

pub(super) const IMAGES: &[Spec] = &[
    Spec {
        names: "docker.io/library/busybox",
        tags: "1.36 latest",
        cmd: "sh",
        files: &[("/home", "gone")],
        ..SMALL
    },
    Spec {
        names: "docker.io/library/nginx",
        tags: "1.14.2 1.27 1.28 latest",
        entrypoint: "/entry.sh",
        files: &[("/home", "gone"), ("/entry.sh", ENTRY), ("/www/index.html", "<h1>hello</h1>\n")],
        ..SMALL
    },
    Spec { names: "docker.io/library/perl", tags: "5.34", cmd: "sh", files: &[("/home", "gone")], ..SMALL },
    Spec { names: "docker.io/library/nobody", tags: "1", cmd: SLEEP, user: "65534", ..SMALL },
    Spec { names: "docker.io/library/named", tags: "1", cmd: SLEEP, user: "nobody", ..SMALL },
    Spec {
        names: "docker.io/bookstore/catalog",
        tags: "dev",
        base: Base::Scratch,
        entrypoint: "/catalog",
        programs: &[("/catalog", CATALOG_WORK)],
        imported: true,
        ..SMALL
    },
    Spec {
        names: "docker.io/fluent/fluentd",
        tags: "v1.16-1",
        entrypoint: "/entry.sh",
        files: &[("/entry.sh", FLUENTD)],
        ..SMALL
    },
    Spec {
        names: "docker.io/istio/proxyv2",
        tags: "1.20.0",
        entrypoint: "/entry.sh",
        user: "1337",
        files: &[("/entry.sh", PROXY)],
        ..SMALL
    },
];
