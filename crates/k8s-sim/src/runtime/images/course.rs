//! Images that serve something: web servers, databases, the bookstore, proxies and other helpers.

use super::shell_images::{CURL, CURL_FILES};
use super::spec::{Base, PORT, Port, SPEC, Spec, WORK, Work};

/// What an official image's entrypoint comes down to here.
const ENTRYPOINT: &str = "#!/bin/sh\nexec \"$@\"\n";

/// nginx: where its configuration says `listen`, there it listens, and what it says of `proxy_pass` it does. Its
/// error log holds what it says itself.
const NGINX_ENTRYPOINT: &str = r#"#!/bin/sh
[ "$1" = nginx ] || exec "$@"
for file in /etc/nginx/conf.d/*.conf; do
  [ -r "$file" ] || continue
  while read -r key value rest; do
    value=${value%;}
    case $key in
      listen) export NGINX_PORT="${value##*:}" ;;
      proxy_pass)
        value=${value#http://}
        value=${value%%/*}
        export NGINX_TO="${value%%:*}" NGINX_TO_PORT=80
        case $value in *:*) NGINX_TO_PORT=${value##*:} ;; esac
        ;;
    esac
  done <"$file"
done
if [ "$NGINX_TO" ]; then
  shift
  set -- /usr/lib/nginx/nginx "$@"
fi
exec "$@" 2>>/var/log/nginx/error.log
"#;

const NGINX_PAGE: &str = "<!DOCTYPE html>
<html>
<head><title>It works: nginx</title></head>
<body>
<h1>nginx is up</h1>
<p>This page lies in /usr/share/nginx/html. Mount a volume there, and its files are served instead.</p>
</body>
</html>
";

const NGINX_PORT: Port = Port {
    port: 80,
    env: "NGINX_PORT",
    root: "/usr/share/nginx/html",
    taken: "{time:%Y/%m/%d %H:%M:%S} [emerg] {pid}#{pid}: bind() to 0.0.0.0:{port} failed (98: Address already in use)",
    ..PORT
};

/// nginx in front of an app.
const NGINX_PROXY: Work =
    Work { ports: &[Port { upstream: ("{env:NGINX_TO}", "{env:NGINX_TO_PORT}"), ..NGINX_PORT }], ..NGINX };

const NGINX: Work = Work {
    name: "nginx",
    ports: &[NGINX_PORT],
    startup_ms: 120,
    memory_mib: 7,
    start: &[
        "!{time:%Y/%m/%d %H:%M:%S} [notice] {pid}#{pid}: nginx, event method epoll",
        "!{time:%Y/%m/%d %H:%M:%S} [notice] {pid}#{pid}: listening on port {port}, workers are up",
    ],
    stop: &["!{time:%Y/%m/%d %H:%M:%S} [notice] {pid}#{pid}: shutting down: no new connections"],
    request_log: (
        "{client} - - [{time:%d/%b/%Y:%H:%M:%S} +0000] \"{method} {path} HTTP/1.1\" {status} {bytes} \"-\" \"{agent}\" \"-\"",
        "/var/log/nginx/access.log",
    ),
    stop_ms: 100,
    opens: (
        &["/var/cache/nginx/client_temp", "/run/nginx.pid", "/var/log/nginx/access.log"],
        "{time:%Y/%m/%d %H:%M:%S} [emerg] {pid}#{pid}: open() \"{file}\" failed ({error})",
    ),
    prints: &[
        ("-v", "nginx version: nginx (simulated)\n"),
        ("-t", "nginx: configuration file /etc/nginx/nginx.conf test is successful\n"),
    ],
    ..WORK
};

const OK: (&str, u16, &str) = ("/healthz", 200, "{\"status\":\"ok\"}\n");

/// The bookstore's catalog: JSON over HTTP, JSON in its log.
pub(super) const CATALOG_WORK: Work = Work {
    ports: &[Port {
        env: "PORT",
        routes: &[
            OK,
            (
                "/books",
                200,
                "[{\"id\":1,\"price\":39.99,\"title\":\"Kubernetes in Action\"},\
                 {\"id\":2,\"price\":34.5,\"title\":\"The Go Programming Language\"},\
                 {\"id\":3,\"price\":29,\"title\":\"Site Reliability Engineering\"}]\n",
            ),
            // In a format of its own, for adapters to translate.
            ("/stats", 200, "requests {n}\n"),
        ],
        taken: "{\"time\":\"{time:%Y-%m-%dT%H:%M:%S}.{millis}Z\",\"level\":\"ERROR\",\"msg\":\"listen\",\
                \"err\":\"listen tcp :{port}: bind: address already in use\"}",
        ..PORT
    }],
    startup_ms: 80,
    memory_mib: 12,
    start: &[
        "{\"time\":\"{time:%Y-%m-%dT%H:%M:%S}.{millis}Z\",\"level\":\"INFO\",\"msg\":\"listening\",\"port\":\"{port}\"}",
    ],
    stop: &["{\"time\":\"{time:%Y-%m-%dT%H:%M:%S}.{millis}Z\",\"level\":\"INFO\",\"msg\":\"stopping\"}"],
    request_log: (
        "{\"time\":\"{time:%Y-%m-%dT%H:%M:%S}.{millis}Z\",\"level\":\"INFO\",\"msg\":\"request\",\"method\":\"{method}\",\
         \"path\":\"{path}\",\"status\":{status},\"duration_ms\":{ms}}",
        "/dev/stdout",
    ),
    ..WORK
};

/// Asks the database, where the environment names one, and lets the server run.
const APP_START: &str = r#"#!/bin/sh
[ "$DB_HOST" ] && while :; do
  echo "database at $DB_HOST says: $(echo hello | nc -w 2 "$DB_HOST" "${DB_PORT:-5432}" 2>&1)"
  sleep 10
done &
exec /app/server
"#;

/// An image that nobody described: a server on `$PORT` or 8080.
pub(super) const PLAIN_SERVER: Spec = Spec {
    names: "docker.io/library/myapp docker.io/library/app docker.io/library/legacy-app",
    size: 380,
    pull_ms: 1_800,
    cmd: "/app/start",
    files: &[("/app/start", APP_START)],
    programs: &[(
        "/app/server",
        Work {
            ports: &[Port {
                env: "PORT",
                routes: &[OK, ("/stats", 200, "requests {n}\n"), ("/", 200, "Hello from {host}\n")],
                ..PORT
            }],
            startup_ms: 300,
            memory_mib: 24,
            start: &["listening on port {port}"],
            stop: &["stopping"],
            request_log: ("{method} {path} {status}", "/dev/stdout"),
            ..WORK
        },
    )],
    ..SPEC
};

const HTTP_ECHO: &str = r#"#!/lib/sim/sh
for arg; do
  arg=${arg#-}
  case $arg in
    -text=*|text=*) export ECHO_TEXT="${arg#*=}" ;;
    -listen=*|listen=*) export ECHO_PORT=${arg##*:} ;;
  esac
done
[ "$ECHO_TEXT" ] || { echo "Missing -text option!" >&2; exit 127; }
exec /lib/sim/http-echo
"#;

const REDIS_CLI: &str = r#"#!/bin/sh
host=127.0.0.1 port=6379
while :; do
  case $1 in
    -h) host=$2; shift 2 ;;
    -p) port=$2; shift 2 ;;
    *) break ;;
  esac
done
answer=$(echo "$*" | nc -w 1 "$host" "$port") || {
  echo "Could not connect to Redis at $host:$port: Connection refused" >&2
  exit 1
}
echo "${answer#+}"
"#;

const PG_ISREADY: &str = r#"#!/bin/sh
if echo | nc -w 1 127.0.0.1 5432 >/dev/null 2>&1; then
  echo "/var/run/postgresql:5432 - accepting connections"
else
  echo "/var/run/postgresql:5432 - no response"
  exit 2
fi
"#;

/// A database's front door: it says who it is, and knows no queries.
const DATABASE: Port = Port {
    raw: true,
    lines: &[("", "{host} is listening, but a simulated database answers no queries\n")],
    ..PORT
};

const MYSQL: Work = Work {
    ports: &[Port { port: 3306, ..DATABASE }],
    startup_ms: 2_500,
    memory_mib: 180,
    start: &["!{time:%Y-%m-%dT%H:%M:%SZ} ready for connections on port {port}"],
    stop: &["!{time:%Y-%m-%dT%H:%M:%SZ} shutdown complete"],
    stop_ms: 900,
    required_env: (
        "MYSQL_ROOT_PASSWORD",
        "the database is not set up, and {name} is not given: no root password",
    ),
    ..WORK
};

const NGINX_IMAGE: Spec = Spec {
    names: "docker.io/library/nginx",
    tags: "1 1.14* 1.16* 1.21* 1.22* 1.23* 1.24* 1.25* 1.26* 1.27* 1.28* 1.29* latest alpine* stable* mainline* perl",
    size: 720,
    pull_ms: 3_200,
    base: Base::Debian,
    entrypoint: "/docker-entrypoint.sh",
    cmd: "nginx|-g|daemon off;",
    stop_signal: "SIGQUIT",
    files: &[
        ("/docker-entrypoint.sh", NGINX_ENTRYPOINT),
        ("/docker-entrypoint.d", "dir"),
        ("/etc/nginx/nginx.conf", "user  nginx;\nhttp {\n    include /etc/nginx/conf.d/*.conf;\n}\n"),
        (
            "/etc/nginx/conf.d/default.conf",
            "server {\n    listen       80;\n    location / {\n        root   /usr/share/nginx/html;\n    }\n}\n",
        ),
        ("/usr/share/nginx/html/index.html", NGINX_PAGE),
        ("/var/cache/nginx", "dir"),
        ("/var/log/nginx/access.log", "-> /dev/stdout"),
        ("/var/log/nginx/error.log", "-> /dev/stderr"),
        ("/usr/bin/curl", CURL),
        ("/usr/lib/curl/wget", "applet"),
    ],
    programs: &[("/usr/sbin/nginx", NGINX), ("/usr/lib/nginx/nginx", NGINX_PROXY)],
    ..SPEC
};

pub(super) const SERVERS: &[Spec] = &[
    NGINX_IMAGE,
    Spec {
        names: "docker.io/nginxinc/nginx-unprivileged",
        files: &[
            ("/docker-entrypoint.sh", NGINX_ENTRYPOINT),
            ("/etc/nginx/conf.d/default.conf", "server {\n    listen       8080;\n}\n"),
            ("/usr/share/nginx/html/index.html", NGINX_PAGE),
            ("/var/log/nginx/access.log", "-> /dev/stdout"),
            ("/var/log/nginx/error.log", "-> /dev/stderr"),
        ],
        user: "101",
        programs: &[("/usr/sbin/nginx", Work { opens: (&["/tmp/nginx.pid"], NGINX.opens.1), ..NGINX })],
        ..NGINX_IMAGE
    },
    Spec {
        names: "docker.io/library/httpd",
        tags: "2* latest alpine*",
        size: 590,
        pull_ms: 2_700,
        base: Base::Debian,
        cmd: "httpd-foreground",
        files: &[("/usr/local/apache2/htdocs/index.html", "<html><body><h1>It serves</h1></body></html>\n")],
        programs: &[(
            "/usr/local/bin/httpd-foreground",
            Work {
                name: "Apache",
                ports: &[Port { port: 80, root: "/usr/local/apache2/htdocs", ..PORT }],
                start: &["![{time:%a %b %d %H:%M:%S %Y}] [core:notice] [pid {pid}] ready"],
                request_log: (
                    "{client} - - [{time:%d/%b/%Y:%H:%M:%S} +0000] \"{method} {path} HTTP/1.1\" {status} {bytes}",
                    "/dev/stdout",
                ),
                ..WORK
            },
        )],
        ..SPEC
    },
    Spec {
        names: "docker.io/bookstore/catalog",
        tags: "dev latest 1*",
        size: 72,
        pull_ms: 1_100,
        base: Base::Scratch,
        entrypoint: "/catalog",
        programs: &[("/catalog", CATALOG_WORK)],
        ..SPEC
    },
    PLAIN_SERVER,
    Spec {
        names: "docker.io/library/redis docker.io/valkey/valkey",
        tags: "5* 6* 7* 8* latest alpine*",
        size: 450,
        pull_ms: 2_400,
        base: Base::Debian,
        entrypoint: "/usr/local/bin/docker-entrypoint.sh",
        cmd: "redis-server",
        files: &[
            ("/usr/local/bin/docker-entrypoint.sh", ENTRYPOINT),
            ("/usr/local/bin/redis-cli", REDIS_CLI),
            ("/usr/bin/nc", "applet"),
            ("/data", "dir"),
        ],
        programs: &[(
            "/usr/local/bin/redis-server",
            Work {
                ports: &[Port {
                    port: 6379,
                    raw: true,
                    lines: &[
                        ("PING", "+PONG\r\n"),
                        ("ping", "+PONG\r\n"),
                        ("QUIT", "+OK\r\n"),
                        ("", "-ERR only PING is simulated\r\n"),
                    ],
                    taken: "{pid}:M {time:%d %b %Y %H:%M:%S} # Could not create server TCP listening socket *:{port}: bind: Address already in use",
                    ..PORT
                }],
                startup_ms: 60,
                memory_mib: 10,
                start: &["{pid}:M {time:%d %b %Y %H:%M:%S}.{millis} * Ready to accept connections tcp"],
                stop: &["{pid}:M {time:%d %b %Y %H:%M:%S}.{millis} * Asked to stop, bye"],
                ..WORK
            },
        )],
        ..SPEC
    },
    Spec {
        names: "docker.io/library/postgres",
        tags: "1* latest alpine*",
        size: 1_500,
        pull_ms: 4_200,
        base: Base::Debian,
        entrypoint: "/usr/local/bin/docker-entrypoint.sh",
        cmd: "postgres",
        stop_signal: "SIGINT",
        files: &[
            ("/usr/local/bin/docker-entrypoint.sh", ENTRYPOINT),
            ("/usr/local/bin/pg_isready", PG_ISREADY),
            ("/usr/bin/nc", "applet"),
            ("/var/lib/postgresql/data", "dir"),
        ],
        programs: &[(
            "/usr/local/bin/postgres",
            Work {
                ports: &[Port { port: 5432, ..DATABASE }],
                startup_ms: 1_500,
                memory_mib: 40,
                start: &[
                    "!{time:%Y-%m-%d %H:%M:%S}.{millis} UTC [{pid}] LOG:  database system is ready to accept connections",
                ],
                stop: &["!{time:%Y-%m-%d %H:%M:%S}.{millis} UTC [{pid}] LOG:  database system is shut down"],
                stop_ms: 300,
                required_env: (
                    "POSTGRES_PASSWORD",
                    "Error: the database is new, and nobody gave its superuser a password: set {name}",
                ),
                ..WORK
            },
        )],
        ..SPEC
    },
    Spec {
        names: "docker.io/library/mysql docker.io/library/mariadb",
        size: 2_300,
        pull_ms: 5_500,
        base: Base::Debian,
        entrypoint: "/usr/local/bin/docker-entrypoint.sh",
        cmd: "mysqld",
        files: &[("/usr/local/bin/docker-entrypoint.sh", ENTRYPOINT), ("/var/lib/mysql", "dir")],
        programs: &[("/usr/sbin/mysqld", MYSQL), ("/usr/sbin/mariadbd", MYSQL)],
        ..SPEC
    },
    Spec {
        names: "docker.io/library/mongo",
        size: 2_800,
        pull_ms: 5_800,
        base: Base::Debian,
        cmd: "mongod",
        files: &[("/data/db", "dir")],
        programs: &[(
            "/usr/bin/mongod",
            Work { ports: &[Port { port: 27017, ..DATABASE }], startup_ms: 1_200, memory_mib: 90, ..WORK },
        )],
        ..SPEC
    },
    Spec {
        names: "docker.io/library/memcached",
        base: Base::Debian,
        cmd: "memcached",
        programs: &[(
            "/usr/local/bin/memcached",
            Work { ports: &[Port { port: 11211, ..DATABASE }], ..WORK },
        )],
        ..SPEC
    },
    Spec {
        names: "docker.io/hashicorp/http-echo",
        size: 45,
        pull_ms: 1_000,
        base: Base::Scratch,
        entrypoint: "/http-echo",
        files: &[("/http-echo", HTTP_ECHO), ("/lib/sim/sh", "applet")],
        programs: &[(
            "/lib/sim/http-echo",
            Work {
                ports: &[Port {
                    port: 5678,
                    env: "ECHO_PORT",
                    routes: &[("/health", 200, "{\"status\":\"ok\"}\n"), ("/*", 200, "{env:ECHO_TEXT}\n")],
                    ..PORT
                }],
                start: &["!{time:%Y/%m/%d %H:%M:%S} [INFO] server is listening on :{port}"],
                request_log: (
                    "{time:%Y/%m/%d %H:%M:%S} {client} \"{method} {path} HTTP/1.1\" {status} {bytes}",
                    "/dev/stdout",
                ),
                ..WORK
            },
        )],
        ..SPEC
    },
    Spec {
        names: "docker.io/traefik/whoami docker.io/containous/whoami",
        size: 27,
        pull_ms: 900,
        base: Base::Scratch,
        entrypoint: "/whoami",
        programs: &[(
            "/whoami",
            Work {
                ports: &[Port {
                    port: 80,
                    env: "WHOAMI_PORT_NUMBER",
                    routes: &[
                        ("/health", 200, ""),
                        (
                            "/*",
                            200,
                            "Hostname: {host}\nIP: 127.0.0.1\nIP: {ip}\nRemoteAddr: {client}\n{method} {path} HTTP/1.1\nUser-Agent: {agent}\n",
                        ),
                    ],
                    ..PORT
                }],
                start: &["{time:%Y/%m/%d %H:%M:%S} Starting up on port {port}"],
                ..WORK
            },
        )],
        ..SPEC
    },
    Spec {
        names: "gcr.io/google-samples/hello-app us-docker.pkg.dev/google-samples/containers/gke/hello-app",
        tags: "1.0 2.0",
        size: 120,
        base: Base::Scratch,
        cmd: "./hello-app",
        programs: &[(
            "/hello-app",
            Work {
                ports: &[Port {
                    env: "PORT",
                    routes: &[("/*", 200, "Hello, world!\nHostname: {host}\n")],
                    ..PORT
                }],
                start: &["{time:%Y/%m/%d %H:%M:%S} Server listening on port {port}"],
                ..WORK
            },
        )],
        ..SPEC
    },
];

/// Log shippers look in these places for files.
const LOG_PLACES: &str =
    "/var/log/*.log /var/log/nginx/*.log /var/log/app/*.log /var/log/catalog/*.log /logs/*.log /data/*.log";

const FLUENTD: Work = Work {
    ports: &[Port { port: 24224, raw: true, ..PORT }],
    startup_ms: 900,
    memory_mib: 60,
    start: &[
        "{time:%Y-%m-%d %H:%M:%S} +0000 [info]: starting fluentd pid={pid}",
        "{time:%Y-%m-%d %H:%M:%S} +0000 [info]: #0 listening port port={port}",
        "{time:%Y-%m-%d %H:%M:%S} +0000 [info]: #0 fluentd worker is now running worker=0",
    ],
    stop: &["{time:%Y-%m-%d %H:%M:%S} +0000 [info]: stopping: the buffers are flushed"],
    stop_ms: 1_000,
    ships: LOG_PLACES,
    ..WORK
};

const ENVOY_STATS: (&str, u16, &str) = (
    "/stats/prometheus",
    200,
    "# TYPE envoy_http_downstream_rq_total counter\nenvoy_http_downstream_rq_total {n}\n",
);

/// Envoy as a mesh runs it: it hands on what comes to 15006 to the app beside it.
const ISTIO_PROXY: Work = Work {
    name: "envoy",
    ports: &[
        Port {
            port: 15000,
            local: true,
            routes: &[
                ("/ready", 200, "LIVE\n"),
                ("/server_info", 200, "{\"state\":\"LIVE\"}\n"),
                ENVOY_STATS,
            ],
            ..PORT
        },
        Port { port: 15001, ..PORT },
        Port { port: 15006, upstream: ("127.0.0.1", "{env:APP_PORT}"), ..PORT },
        Port { port: 15021, routes: &[("/healthz/ready", 200, "")], ..PORT },
        Port { port: 15090, routes: &[ENVOY_STATS], ..PORT },
    ],
    startup_ms: 1_200,
    memory_mib: 45,
    start: &["{time:%Y-%m-%dT%H:%M:%S}.{millis}Z\tinfo\tEnvoy proxy is ready"],
    stop: &["{time:%Y-%m-%dT%H:%M:%S}.{millis}Z\tinfo\tDraining connections"],
    stop_ms: 3_000,
    ..WORK
};

/// A helper between an app and its database: the app asks localhost, this one knows where the database is.
const DATABASE_PROXY: Work = Work {
    ports: &[Port { port: 5432, env: "LISTEN_PORT", raw: true, upstream: ("{env:DB_HOST}", "5432"), ..PORT }],
    memory_mib: 6,
    start: &["listening on port {port}, the database is at {env:DB_HOST}:5432"],
    stop: &["stopping"],
    ..WORK
};

/// Tells how often it was asked, in the format of Prometheus. The port hangs on the exporter.
const EXPORTER: Work = Work {
    ports: &[Port {
        env: "EXPORTER_PORT",
        routes: &[
            ("/metrics", 200, "# TYPE exporter_scrapes_total counter\nexporter_scrapes_total {n}\nup 1\n"),
            ("/-/healthy", 200, "healthy\n"),
            ("/", 200, "<a href=\"/metrics\">metrics</a>\n"),
        ],
        ..PORT
    }],
    start: &["level=info msg=\"listening\" address=:{port}"],
    ..WORK
};

/// Turns the numbers of an app's /stats into metrics that Prometheus can read, again and again.
const METRICS_CONVERTER: &str = r#"#!/bin/sh
trap 'exit 0' TERM INT
mkdir -p /srv
/bin/metrics-server &
echo "translating http://localhost:${APP_PORT:-8080}/stats for Prometheus, on port ${METRICS_PORT:-9090}"
while :; do
  if stats=$(wget -qO- "http://localhost:${APP_PORT:-8080}/stats" 2>/dev/null); then
    echo "$stats" | while read -r name value; do
      printf '# TYPE app_%s_total counter\napp_%s_total %s\n' "$name" "$name" "$value"
    done >/srv/metrics
  else
    echo "the app does not answer" >&2
  fi
  sleep 5 &
  wait $!
done
"#;

/// Writes lines of text, as programs did before there were log collectors.
const CUSTOM_APP: &str = r#"#!/bin/sh
trap 'echo stopping; exit 0' TERM INT
dir=${LOG_DIR:-/var/log/app}
mkdir -p "$dir"
n=0
while :; do
  n=$((n + 1))
  line="$(date -u '+%Y-%m-%d %H:%M:%S') INFO order $n accepted"
  echo "$line"
  echo "$line" >>"$dir/app.log"
  sleep 5 &
  wait $!
done
"#;

/// Reads such lines and writes JSON.
const LOG_NORMALIZER: &str = r#"#!/bin/sh
trap 'exit 0' TERM INT
file=${LOG_DIR:-/var/log/app}/app.log
echo "reading $file, writing JSON" >&2
tail -n +1 -F "$file" 2>/dev/null | while read -r day time level text; do
  echo "{\"time\":\"${day}T${time}Z\",\"level\":\"$level\",\"msg\":\"$text\"}"
done &
wait $!
"#;

/// Fetches a secret, writes it to a file, and writes a new one now and then.
const SECRET_AGENT: &str = r#"#!/bin/sh
trap 'exit 0' TERM INT
dir=${SECRETS_DIR:-/vault/secrets}
mkdir -p "$dir"
n=0
while :; do
  n=$((n + 1))
  printf 'username=app\npassword=secret-%s\n' "$n" >"$dir/.new"
  mv "$dir/.new" "$dir/${SECRET_NAME:-db}"
  echo "wrote $dir/${SECRET_NAME:-db}, version $n"
  sleep "${ROTATE_SECONDS:-60}" &
  wait $!
done
"#;

const EXPORTER_IMAGE: Spec = Spec {
    size: 110,
    pull_ms: 1_300,
    base: Base::Scratch,
    entrypoint: "/exporter",
    programs: &[("/exporter", EXPORTER)],
    ..SPEC
};

pub(super) const HELPERS: &[Spec] = &[
    Spec {
        names: "docker.io/library/fluentd docker.io/fluent/fluentd",
        size: 520,
        pull_ms: 5_000,
        cmd: "fluentd",
        files: &[(
            "/fluentd/etc/fluent.conf",
            "<source>\n  @type tail\n</source>\n<match **>\n  @type stdout\n</match>\n",
        )],
        programs: &[("/usr/sbin/fluentd", FLUENTD)],
        ..SPEC
    },
    Spec {
        names: "docker.io/fluent/fluent-bit cr.fluentbit.io/fluent/fluent-bit",
        size: 350,
        pull_ms: 2_600,
        base: Base::Scratch,
        entrypoint: "/fluent-bit/bin/fluent-bit",
        programs: &[(
            "/fluent-bit/bin/fluent-bit",
            Work {
                ports: &[Port { port: 2020, routes: &[("/api/v1/health", 200, "ok\n")], ..PORT }],
                startup_ms: 200,
                memory_mib: 14,
                start: &["![{time:%Y/%m/%d %H:%M:%S}] [ info] [fluent bit] pid={pid}, watching log files"],
                stop: &["![{time:%Y/%m/%d %H:%M:%S}] [ info] [engine] service has stopped"],
                ..FLUENTD
            },
        )],
        ..SPEC
    },
    Spec {
        names: "docker.io/istio/proxyv2 gcr.io/istio-release/proxyv2",
        size: 980,
        pull_ms: 4_000,
        base: Base::Debian,
        entrypoint: "/usr/local/bin/pilot-agent",
        cmd: "proxy|sidecar",
        env: "APP_PORT=80",
        user: "1337:1337",
        files: CURL_FILES,
        programs: &[("/usr/local/bin/pilot-agent", ISTIO_PROXY)],
        ..SPEC
    },
    Spec {
        names: "docker.io/envoyproxy/envoy",
        size: 620,
        pull_ms: 3_000,
        base: Base::Debian,
        entrypoint: "/docker-entrypoint.sh",
        cmd: "envoy",
        env: "APP_PORT=8080",
        files: &[("/docker-entrypoint.sh", ENTRYPOINT)],
        programs: &[(
            "/usr/local/bin/envoy",
            Work {
                ports: &[
                    Port { port: 9901, routes: &[("/ready", 200, "LIVE\n"), ENVOY_STATS], ..PORT },
                    Port { port: 10000, upstream: ("127.0.0.1", "{env:APP_PORT}"), ..PORT },
                ],
                ..ISTIO_PROXY
            },
        )],
        ..SPEC
    },
    Spec {
        names: "docker.io/library/pgbouncer docker.io/edoburu/pgbouncer docker.io/bitnami/pgbouncer docker.io/pgbouncer/pgbouncer",
        size: 60,
        pull_ms: 1_200,
        cmd: "pgbouncer",
        env: "DB_HOST=postgres",
        programs: &[("/usr/bin/pgbouncer", DATABASE_PROXY)],
        ..SPEC
    },
    Spec {
        names: "gcr.io/cloudsql-docker/gce-proxy gcr.io/cloud-sql-connectors/cloud-sql-proxy",
        size: 290,
        pull_ms: 2_200,
        base: Base::Scratch,
        cmd: "/cloud_sql_proxy",
        env: "DB_HOST=postgres",
        programs: &[("/cloud_sql_proxy", DATABASE_PROXY), ("/cloud-sql-proxy", DATABASE_PROXY)],
        ..SPEC
    },
    Spec {
        names: "docker.io/library/old-monitoring-app",
        size: 410,
        pull_ms: 1_900,
        cmd: "/app/server",
        programs: &[(
            "/app/server",
            Work {
                ports: &[Port { env: "PORT", routes: &[OK, ("/stats", 200, "requests {n}\n")], ..PORT }],
                start: &["old-monitoring-app on port {port}: numbers under /stats"],
                ..WORK
            },
        )],
        ..SPEC
    },
    Spec {
        names: "docker.io/library/metrics-converter docker.io/library/prometheus-adapter",
        size: 90,
        pull_ms: 1_300,
        cmd: "/metrics-converter",
        files: &[("/metrics-converter", METRICS_CONVERTER)],
        programs: &[(
            "/bin/metrics-server",
            Work { ports: &[Port { port: 9090, env: "METRICS_PORT", root: "/srv", ..PORT }], ..WORK },
        )],
        ..SPEC
    },
    Spec {
        names: "docker.io/library/custom-app",
        cmd: "/custom-app",
        files: &[("/custom-app", CUSTOM_APP)],
        ..SPEC
    },
    Spec {
        names: "docker.io/library/log-normalizer docker.io/library/log-adapter",
        size: 90,
        pull_ms: 1_300,
        cmd: "/log-normalizer",
        files: &[("/log-normalizer", LOG_NORMALIZER)],
        ..SPEC
    },
    Spec {
        names: "docker.io/hashicorp/vault docker.io/hashicorp/vault-k8s docker.io/library/vault-agent",
        size: 1_500,
        pull_ms: 3_600,
        entrypoint: "/bin/vault",
        files: &[("/bin/vault", SECRET_AGENT)],
        ..SPEC
    },
    Spec { names: "docker.io/nginx/nginx-prometheus-exporter", env: "EXPORTER_PORT=9113", ..EXPORTER_IMAGE },
    Spec { names: "docker.io/oliver006/redis_exporter", env: "EXPORTER_PORT=9121", ..EXPORTER_IMAGE },
    Spec {
        names: "docker.io/prom/node-exporter quay.io/prometheus/node-exporter",
        env: "EXPORTER_PORT=9100",
        ..EXPORTER_IMAGE
    },
    Spec {
        names: "docker.io/prom/prometheus quay.io/prometheus/prometheus",
        env: "EXPORTER_PORT=9090",
        ..EXPORTER_IMAGE
    },
];
