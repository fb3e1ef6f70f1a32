//! Images that bring a shell and tools, and no server.

use super::spec::{Base, SPEC, Spec, WORK, Work};

/// bash, as far as it is a POSIX shell.
pub(super) const BASH: &str = "#!/bin/sh\nexec sh \"$@\"\n";

/// curl, as far as fetching a page goes, over BusyBox's wget.
pub(super) const CURL: &str = r#"#!/bin/sh
url= out=- fail=
while [ $# -gt 0 ]; do
  case $1 in
    -o) out=$2; shift ;;
    -m|-H|-A|-X|-d|-w|--max-time|--connect-timeout|--retry) shift ;;
    -f|--fail|-*f*) fail=1 ;;
    -*) ;;
    *) url=$1 ;;
  esac
  shift
done
[ "$url" ] || { echo "curl: (2) no URL specified" >&2; exit 2; }
case $url in *://*) ;; *) url=http://$url ;; esac
host=${url#*://} host=${host%%/*}
text=$(/usr/lib/curl/wget -q -O "$out" "$url" 2>&1) && { [ -z "$text" ] || printf '%s\n' "$text"; exit 0; }
case $text in
  *"bad address"*) echo "curl: (6) Could not resolve host: ${host%:*}" >&2; exit 6 ;;
  *"returned error"*) [ -z "$fail" ] && { echo "${text##*HTTP/1.1 }"; exit 0; }
    echo "curl: (22) The requested URL returned error: ${text##*HTTP/1.1 }" >&2; exit 22 ;;
  *"timed out"*) echo "curl: (28) Connection timed out" >&2; exit 28 ;;
  *) echo "curl: (7) Failed to connect to $host" >&2; exit 7 ;;
esac
"#;

/// A program that the simulator does not have. Without arguments it would wait for input, and there is none.
const ABSENT: &str = "#!/bin/sh
[ $# = 0 ] && exit 0
echo \"${0##*/}: this cluster is simulated and cannot run such programs, only sh and its tools\" >&2
exit 2
";

/// Eats memory as `stress --vm-bytes` does, then keeps it, and keeps processors busy as `--cpu` says.
const STRESS: &str = r#"#!/bin/sh
mb= cpu=0 limit= hogs=
echo "stress: info: [$$] dispatching hogs"
while [ $# -gt 0 ]; do
  case $1 in
    --vm-bytes) mb=$2; shift ;;
    --vm|-m) mb=${mb:-256}; shift ;;
    --cpu|-c) cpu=$2; shift ;;
    --timeout|-t) limit=$2; shift ;;
    --vm-hang) shift ;;
  esac
  shift
done
i=0
while [ "$i" -lt "$cpu" ]; do
  while :; do :; done &
  hogs="$hogs $!"
  i=$((i + 1))
done
case $mb in
  *G|*g) mb=$((${mb%?} * 1024)) ;;
  *M|*m) mb=${mb%?} ;;
  *K|*k) mb=$((${mb%?} / 1024)) ;;
esac
if [ "$limit" ]; then
  if [ "$mb" ]; then
    memhog "$mb" 0 &
    hogs="$hogs $!"
  fi
  sleep "$limit"
  { kill $hogs; wait; } 2>/dev/null
  echo "stress: info: [$$] successful run completed in ${limit%s}s"
  exit 0
fi
[ "$mb" ] && exec memhog "$mb" 0
wait
"#;

/// Debian with something on top of it.
const DEBIAN: Spec = Spec { base: Base::Debian, cmd: "bash", size: 490, pull_ms: 2_400, ..SPEC };

pub(super) const CURL_FILES: &[(&str, &str)] = &[("/usr/bin/curl", CURL), ("/usr/lib/curl/wget", "applet")];

pub(super) const IMAGES: &[Spec] = &[
    Spec {
        names: "docker.io/library/busybox",
        tags: "1 1.2* 1.3* latest stable* glibc musl uclibc",
        size: 22,
        pull_ms: 900,
        cmd: "sh",
        ..SPEC
    },
    Spec {
        names: "docker.io/library/alpine",
        tags: "3 3.* latest edge",
        size: 36,
        pull_ms: 1_000,
        cmd: "/bin/sh",
        files: &[("/etc/alpine-release", "3.22.0\n")],
        ..SPEC
    },
    Spec {
        names: "docker.io/curlimages/curl",
        size: 96,
        pull_ms: 1_200,
        entrypoint: "curl",
        user: "100",
        files: CURL_FILES,
        ..SPEC
    },
    Spec {
        names: "docker.io/library/ubuntu",
        tags: "20* 22* 24* 25* latest jammy noble",
        size: 298,
        ..DEBIAN
    },
    Spec {
        names: "docker.io/library/debian",
        tags: "10* 11* 12* 13* latest stable* bookworm* trixie*",
        ..DEBIAN
    },
    Spec {
        names: "docker.io/library/python",
        tags: "3* latest slim* alpine*",
        cmd: "python3",
        size: 3_600,
        pull_ms: 4_500,
        files: &[("/usr/local/bin/python3", ABSENT), ("/usr/local/bin/python", "-> python3")],
        ..DEBIAN
    },
    Spec {
        names: "docker.io/library/node",
        tags: "18* 20* 22* 24* lts* latest slim* alpine*",
        cmd: "node",
        size: 4_000,
        pull_ms: 4_800,
        files: &[("/usr/local/bin/node", ABSENT), ("/usr/local/bin/npm", ABSENT)],
        ..DEBIAN
    },
    Spec {
        names: "docker.io/library/perl",
        tags: "5* latest slim*",
        cmd: "perl",
        size: 3_300,
        pull_ms: 4_300,
        files: &[("/usr/local/bin/perl", ABSENT)],
        ..DEBIAN
    },
    Spec {
        names: "docker.io/polinux/stress docker.io/vish/stress docker.io/progrium/stress",
        size: 40,
        pull_ms: 1_100,
        files: &[("/usr/bin/stress", STRESS), ("/stress", "-> /usr/bin/stress")],
        ..SPEC
    },
    Spec {
        names: "docker.io/library/hello-world",
        size: 1,
        pull_ms: 600,
        base: Base::Scratch,
        cmd: "/hello",
        programs: &[(
            "/hello",
            Work {
                prints: &[(
                    "",
                    "Hello from a container!\nIt has done all that it was made for, and now it ends.\n",
                )],
                ..WORK
            },
        )],
        ..SPEC
    },
    Spec {
        names: "registry.k8s.io/pause k8s.gcr.io/pause",
        tags: "3* latest",
        size: 3,
        pull_ms: 500,
        base: Base::Scratch,
        entrypoint: "/pause",
        user: "65535:65535",
        programs: &[("/pause", Work { memory_mib: 1, startup_ms: 1, stop_ms: 1, ..WORK })],
        ..SPEC
    },
];
