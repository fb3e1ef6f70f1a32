//! The images of the simulated registry, run through the front door: Pods come up, serve, log, and end as they
//! should; the examples of the page do what their comments promise.

use k8s_sim::{
    Answer, ApiRequest, ContainerName, DeleteOptions, ExecRequest, Input, Setup, SimTime, Timeline,
};

const SECOND: u64 = 1_000;

/// A cluster with one Pod in mind.
struct Lab {
    timeline: Timeline,
    pod: String,
}

impl Lab {
    fn new() -> Self {
        Self { timeline: Timeline::new(Setup::default()), pod: String::new() }
    }

    #[track_caller]
    fn apply(manifest: &str) -> Self {
        let mut lab = Self::new();
        lab.create(manifest);
        lab
    }

    #[track_caller]
    fn create(&mut self, manifest: &str) {
        let (documents, _) = k8s_api::manifest::parse(manifest);
        for document in documents {
            assert!(document.refusal.is_none(), "{:?}", document.refusal);
            let (namespace, name) = document.name();
            let namespace = if namespace.is_empty() { "default" } else { namespace }.to_string();
            if document.kind.is_some_and(|kind| kind.kind == "Pod") {
                self.pod = name.to_string();
            }
            let object = document.object.clone();
            match self.timeline.submit(Input::Api(ApiRequest::Create { namespace, object, dry_run: false })) {
                Answer::Api(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    fn sleep(&mut self, seconds: u64) {
        self.timeline.advance_to(SimTime(self.timeline.now().ms() + seconds * SECOND));
    }

    /// Waits until `done`, at most so many seconds.
    #[track_caller]
    fn until(&mut self, seconds: u64, what: &str, done: impl Fn(&Lab) -> bool) {
        for _ in 0..seconds * 10 {
            if done(self) {
                return;
            }
            self.timeline.advance_to(SimTime(self.timeline.now().ms() + 100));
        }
        panic!("{} is not {what} after {seconds} s: {}", self.pod, self.told());
    }

    #[track_caller]
    fn running(&mut self) -> &mut Self {
        self.until(60, "running and ready", |lab| {
            let pod = lab.timeline.cluster().pod("default", &lab.pod);
            let pod = pod.map(|pod| &pod.status);
            pod.is_some_and(|status| {
                status.phase == "Running"
                    && !status.container_statuses.is_empty()
                    && status
                        .container_statuses
                        .iter()
                        .all(|container| container.ready && container.restart_count == 0)
            })
        });
        self
    }

    /// State, events and logs, for messages of failed tests.
    fn told(&self) -> String {
        let cluster = self.timeline.cluster();
        let mut text = String::new();
        if let Some(pod) = cluster.pod("default", &self.pod) {
            text += &format!("{}\n", pod.status.phase);
            for status in &pod.status.container_statuses {
                text += &format!("{}: {:?} last {:?}\n", status.name, status.state, status.last_state);
            }
            for container in pod.spec.init_containers.iter().chain(&pod.spec.containers) {
                text += &format!("--- log of {}\n{}", container.name, self.log(&container.name));
            }
        }
        for event in cluster.events() {
            text += &format!("{} {}\n", event.reason, event.message);
        }
        text
    }

    fn log(&self, container: &str) -> String {
        let lines = self.timeline.cluster().logs("default", &self.pod, container, false).unwrap_or_default();
        lines.iter().map(|line| format!("{}\n", line.text)).collect()
    }

    /// Runs a command in a container, at most five seconds long: output and exit code.
    #[track_caller]
    fn exec(&mut self, container: &str, script: &str) -> (String, i32) {
        let container =
            ContainerName { namespace: "default".into(), pod: self.pod.clone(), container: container.into() };
        let command = vec!["sh".into(), "-c".into(), script.into()];
        let request = ExecRequest { container, command, stdin: false, tty: false };
        let number = match self.timeline.submit(Input::Exec(request)) {
            Answer::Exec(number) => number,
            Answer::Refused(words) => return (words, 126),
            other => panic!("{other:?}"),
        };
        for _ in 0..50 {
            self.timeline.advance_to(SimTime(self.timeline.now().ms() + 100));
            let Some(run) = self.timeline.cluster().exec(number) else { continue };
            if let Some(status) = run.status {
                let bytes: Vec<u8> = run.output.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
                return (String::from_utf8_lossy(&bytes).into_owned(), status.code());
            }
        }
        panic!("{script} does not end");
    }

    /// Asks with wget in the container `probe`.
    #[track_caller]
    fn get(&mut self, url: &str) -> String {
        self.exec("probe", &format!("wget -qO- {url}")).0
    }

    /// Deletes the Pod and tells after how many milliseconds its containers have ended, and how.
    #[track_caller]
    fn delete(&mut self, container: &str) -> (u64, i32) {
        let began = self.timeline.now().ms();
        let request = ApiRequest::Delete {
            kind: "Pod".into(),
            namespace: "default".into(),
            name: self.pod.clone(),
            options: DeleteOptions::default(),
        };
        assert!(matches!(self.timeline.submit(Input::Api(request)), Answer::Api(Ok(_))));
        let uid = self.timeline.cluster().pod("default", &self.pod).map(|pod| pod.metadata.uid.to_string());
        let uid = uid.unwrap_or_default();
        for _ in 0..400 {
            let view = self.timeline.cluster().pod_view(&uid);
            let ended = view.and_then(|view| {
                let found = view.containers.iter().find(|found| &*found.name == container)?;
                Some((found.finished_at?.ms() - began, found.exit_code))
            });
            if let Some(ended) = ended {
                return ended;
            }
            self.timeline.advance_to(SimTime(self.timeline.now().ms() + 100));
        }
        panic!("{container} does not end: {}", self.told());
    }
}

/// A Pod with this image and a BusyBox container `probe` beside it. `more` are lines of the container.
fn beside(image: &str, more: &[&str]) -> String {
    let more: String = more.iter().map(|line| format!("      {line}\n")).collect();
    format!(
        "apiVersion: v1
kind: Pod
metadata:
  name: demo
spec:
  containers:
    - name: app
      image: {image}
{more}    - name: probe
      image: busybox:1.36
      command: [\"sh\", \"-c\", \"trap 'exit 0' TERM; sleep 3600 & wait\"]
"
    )
}

#[track_caller]
fn lab(image: &str, more: &[&str]) -> Lab {
    let mut lab = Lab::apply(&beside(image, more));
    lab.running();
    lab
}

#[test]
fn servers_answer_over_localhost() {
    for (image, more, url, answer) in [
        ("nginx:1.27", &[][..], "localhost", "nginx is up"),
        ("nginx", &[], "http://localhost:80/", "nginx is up"),
        ("nginxinc/nginx-unprivileged", &[], "localhost:8080", "nginx is up"),
        ("httpd:2.4", &[], "localhost", "It serves"),
        ("bookstore/catalog:dev", &[], "localhost:8080/healthz", "{\"status\":\"ok\"}"),
        (
            "bookstore/catalog:dev",
            &["env: [{name: PORT, value: '9000'}]"],
            "localhost:9000/books",
            "Kubernetes in Action",
        ),
        ("myapp", &[], "localhost:8080/healthz", "{\"status\":\"ok\"}"),
        ("old-monitoring-app", &[], "localhost:8080/stats", "requests "),
        ("traefik/whoami", &[], "localhost/x", "GET /x HTTP/1.1"),
        ("hashicorp/http-echo", &["args: ['-text=good day', '-listen=:7000']"], "localhost:7000", "good day"),
        ("istio/proxyv2", &[], "localhost:15021/healthz/ready", ""),
        ("istio/proxyv2", &[], "localhost:15000/ready", "LIVE"),
        ("prom/node-exporter", &[], "localhost:9100/metrics", "exporter_scrapes_total"),
        ("gcr.io/google-samples/hello-app:1.0", &[], "localhost:8080", "Hello, world!"),
    ] {
        let mut lab = lab(image, more);
        lab.sleep(2);
        let (text, code) = lab.exec("probe", &format!("wget -qO- {url}"));
        assert!(code == 0 && text.contains(answer), "{image} {url}: {code} {text:?}\n{}", lab.told());
    }
}

#[test]
fn databases_listen_and_say_who_they_are() {
    let mut redis = lab("redis:7", &[]);
    redis.sleep(1);
    assert_eq!(redis.exec("probe", "echo PING | nc -w 1 localhost 6379").0, "+PONG\r\n");
    assert_eq!(redis.exec("app", "redis-cli ping").0.trim_end(), "PONG");

    let mut postgres = lab("postgres:17", &["env: [{name: POSTGRES_PASSWORD, value: x}]"]);
    postgres.sleep(3);
    assert_eq!(postgres.exec("app", "pg_isready").1, 0, "{}", postgres.told());

    let mut refused = Lab::apply(&beside("postgres:17", &[]));
    refused.until(30, "crashing", |lab| lab.told().contains("Back-off restarting failed container app"));
    assert!(refused.log("app").contains("set POSTGRES_PASSWORD"), "{}", refused.told());
}

#[test]
fn servers_stop_at_once_and_well() {
    for image in [
        "nginx:1.27",
        "redis:7",
        "bookstore/catalog:dev",
        "myapp",
        "fluentd",
        "registry.k8s.io/pause:3.10",
        "traefik/whoami",
    ] {
        let mut lab = lab(image, &[]);
        lab.sleep(3);
        let (after_ms, code) = lab.delete("app");
        assert!(code == 0 && after_ms < 2_500, "{image}: exit {code} after {after_ms} ms");
    }
    // The mesh proxy drains for a while.
    let mut proxy = lab("istio/proxyv2", &[]);
    proxy.sleep(3);
    let (after_ms, code) = proxy.delete("app");
    assert!(code == 0 && (2_500..6_000).contains(&after_ms), "exit {code} after {after_ms} ms");
}

#[test]
fn nginx_is_as_in_its_image() {
    let mut lab = lab("nginx:1.27", &[]);
    lab.sleep(1);
    assert!(lab.log("app").contains("[notice] 1#1: listening on port 80"), "{}", lab.told());
    lab.get("localhost/");
    lab.get("localhost/nothing");
    let log = lab.log("app");
    assert!(log.contains("127.0.0.1 - - [") && log.contains("\"GET / HTTP/1.1\" 200"), "{log}");
    assert!(log.contains("\"GET /nothing HTTP/1.1\" 404"), "{log}");
    assert!(lab.exec("app", "ls -l /var/log/nginx").0.contains("access.log -> /dev/stdout"));
    assert_eq!(lab.exec("app", "bash -c 'echo $0 $1' a b").0, "a b\n");
    assert_eq!(lab.exec("app", "ps").1, 127, "a Debian image without procps");
    let (page, code) = lab.exec("app", "curl -s localhost");
    assert!(code == 0 && page.contains("nginx is up"), "{page}");
    assert_eq!(lab.exec("app", "curl -s localhost:81").1, 7);
}

#[test]
fn nginx_listens_where_its_configuration_says() {
    let mut lab = Lab::new();
    lab.create(
        "apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
data:
  default.conf: |
    server {
        listen 8081;
        location / { root /usr/share/nginx/html; }
    }
",
    );
    lab.create(
        &(beside("nginx:1.27", &["volumeMounts: [{name: conf, mountPath: /etc/nginx/conf.d}]"])
            + "  volumes: [{name: conf, configMap: {name: conf}}]\n"),
    );
    lab.running().sleep(1);
    assert!(lab.get("localhost:8081").contains("nginx is up"), "{}", lab.told());
}

#[test]
fn nginx_stands_in_front_of_an_app() {
    let mut lab = Lab::new();
    lab.create(
        "apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
data:
  default.conf: |
    server {
        listen 80;
        location / {
            proxy_pass http://localhost:8080;
        }
    }
",
    );
    lab.create(
        &(beside("nginx:1.27", &["volumeMounts: [{name: conf, mountPath: /etc/nginx/conf.d}]"]).replace(
            "    - name: probe",
            "    - name: catalog\n      image: bookstore/catalog:dev\n    - name: probe",
        ) + "  volumes: [{name: conf, configMap: {name: conf}}]\n"),
    );
    lab.running().sleep(2);
    assert!(lab.get("localhost/books").contains("Kubernetes in Action"), "{}", lab.told());
    assert!(lab.log("catalog").contains("\"path\":\"/books\""), "{}", lab.told());
}

#[test]
fn nginx_with_a_read_only_root_says_what_it_misses() {
    let mut lab = Lab::apply(&beside("nginx:1.27", &["securityContext: {readOnlyRootFilesystem: true}"]));
    lab.until(20, "crashing", |lab| lab.told().contains("Back-off restarting failed container app"));
    assert!(lab.log("app").contains("Read-only file system"), "{}", lab.told());
}

#[test]
fn the_port_of_a_pod_can_be_taken_once() {
    let mut lab = Lab::apply(
        &beside("nginx:1.27", &["env: []", "- name: second", "  image: nginx:1.28"])
            .replace("      - name: second\n        image", "    - name: second\n      image"),
    );
    lab.until(30, "crashing", |lab| lab.told().contains("Back-off restarting failed container second"));
    assert!(lab.log("second").contains("bind() to 0.0.0.0:80 failed"), "{}", lab.told());
}

#[test]
fn distroless_images_have_no_shell() {
    let mut lab = lab("bookstore/catalog:dev", &[]);
    let (words, code) = lab.exec("app", "ls");
    assert_eq!((words.as_str(), code), ("exec: \"sh\": executable file not found in $PATH", 126));
    lab.sleep(1);
    lab.get("localhost:8080/books");
    let log = lab.log("app");
    assert!(log.contains("\"msg\":\"listening\",\"port\":\"8080\"}"), "{log}");
    assert!(log.contains("\"path\":\"/books\",\"status\":200"), "{log}");
}

#[test]
fn hello_world_says_hello_and_ends() {
    let mut lab = Lab::apply(
        "apiVersion: v1
kind: Pod
metadata: {name: hello}
spec: {restartPolicy: Never, containers: [{name: app, image: hello-world}]}
",
    );
    lab.until(20, "finished", |lab| lab.told().starts_with("Succeeded"));
    assert!(lab.log("app").starts_with("Hello"));
}

#[test]
fn too_much_memory_is_a_kill() {
    let mut lab = Lab::apply(&beside(
        "polinux/stress",
        &[
            "command: [stress]",
            "args: ['--vm', '1', '--vm-bytes', '250M', '--vm-hang', '1']",
            "resources: {limits: {memory: 100Mi}}",
        ],
    ));
    lab.until(30, "killed for its memory", |lab| lab.told().contains("OOMKilled"));
}

#[test]
fn limits_beyond_any_machine_do_no_harm() {
    for cpu in ["100000000000", "9223372036854775807"] {
        let limits = format!("resources: {{requests: {{cpu: 1m}}, limits: {{cpu: '{cpu}'}}}}");
        let mut lab = Lab::apply(&beside("busybox", &["command: [sleep, '1000']", &limits]));
        let (said, _) = lab.running().exec("app", "cat /sys/fs/cgroup/cpu.max; top -b -n 1");
        assert!(said.contains("idle"), "{said}");
    }
}

#[test]
fn stress_leaves_nothing_behind() {
    let mut lab = Lab::apply(&beside("polinux/stress", &["command: [sleep, '1000']"]));
    let (said, _) = lab.running().exec("app", "stress --cpu 2 --vm 1 --vm-bytes 10M --timeout 2; ps");
    assert!(said.contains("successful run completed in 2s"), "{said}");
    let left = said.lines().skip_while(|line| !line.starts_with("PID")).count();
    assert_eq!(left, 3, "{said}");
}

const LOGS: &str = "  volumes: [{name: logs, emptyDir: {}}]\n";
const LOGS_MOUNT: &str = "volumeMounts: [{name: logs, mountPath: /var/log/app}]";

#[test]
fn a_log_shipper_reads_what_the_app_writes() {
    for image in ["fluentd", "fluent/fluentd:v1.16-1", "fluent/fluent-bit"] {
        let manifest = beside(image, &[LOGS_MOUNT]).replace(
            "      command:",
            "      volumeMounts: [{name: logs, mountPath: /var/log/app}]\n      command:",
        ) + LOGS;
        let mut lab = Lab::apply(&manifest);
        lab.running().sleep(2);
        lab.exec("probe", "echo one order >> /var/log/app/app.log");
        lab.sleep(3);
        assert!(lab.log("app").contains("one order"), "{image}: {}", lab.told());
    }
}

#[test]
fn a_log_adapter_turns_text_into_json() {
    let manifest = beside("custom-app", &[LOGS_MOUNT]).replace(
        "    - name: probe",
        &format!("    - name: adapter\n      image: log-normalizer\n      {LOGS_MOUNT}\n    - name: probe"),
    ) + LOGS;
    let mut lab = Lab::apply(&manifest);
    lab.running().sleep(12);
    assert!(lab.log("app").contains("INFO order 1 accepted"), "{}", lab.told());
    assert!(
        lab.log("adapter").contains("\"level\":\"INFO\",\"msg\":\"order 1 accepted\"}"),
        "{}",
        lab.told()
    );
}

#[test]
fn a_metrics_adapter_translates_for_prometheus() {
    let manifest = beside("old-monitoring-app", &[]).replace(
        "    - name: probe",
        "    - name: adapter\n      image: metrics-converter\n    - name: probe",
    );
    let mut lab = Lab::apply(&manifest);
    lab.running().sleep(8);
    let metrics = lab.get("localhost:9090/metrics");
    assert!(
        metrics.contains("# TYPE app_requests_total counter\napp_requests_total "),
        "{metrics:?} {}",
        lab.told()
    );
}

#[test]
fn an_ambassador_hands_the_app_on_to_its_database() {
    let mut lab = Lab::new();
    lab.create(
        "apiVersion: v1
kind: Service
metadata: {name: postgres}
spec: {selector: {app: db}, ports: [{port: 5432}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db-0, labels: {app: db}}
spec:
  containers:
    - {name: postgres, image: 'postgres:17', env: [{name: POSTGRES_PASSWORD, value: x}]}
",
    );
    lab.running().sleep(3);
    // The app knows localhost only, the ambassador knows the Service.
    lab.create(&beside("myapp", &["env: [{name: DB_HOST, value: localhost}]"]).replace(
        "    - name: probe",
        "    - name: ambassador\n      image: pgbouncer\n      env: [{name: DB_HOST, value: postgres}]\n    - name: probe",
    ));
    lab.running().sleep(15);
    assert!(lab.log("app").contains("database at localhost says: db-0 is listening"), "{}", lab.told());
}

#[test]
fn a_debian_image_has_the_tools_that_it_shows() {
    let mut lab = lab("nginx:1.27", &[]);
    let (missing, _) = lab.exec(
        "app",
        "cd /usr/bin; for tool in *; do case $tool in bash|curl|yes) continue ;; esac
         text=$($tool --help 2>&1 </dev/null) || true
         case $text in *\"applet not found\"*) echo $tool ;; esac; done",
    );
    assert_eq!(missing, "");
}

#[test]
fn a_secret_agent_writes_and_rotates() {
    let manifest = beside(
        "hashicorp/vault",
        &[
            "args: [agent]",
            "env: [{name: ROTATE_SECONDS, value: '10'}]",
            "volumeMounts: [{name: secrets, mountPath: /vault/secrets}]",
        ],
    )
    .replace(
        "      command:",
        "      volumeMounts: [{name: secrets, mountPath: /secrets, readOnly: true}]\n      command:",
    ) + "  volumes: [{name: secrets, emptyDir: {medium: Memory}}]\n";
    let mut lab = Lab::apply(&manifest);
    lab.running();
    assert!(lab.exec("probe", "cat /secrets/db").0.contains("password=secret-1"));
    lab.sleep(10);
    assert!(lab.exec("probe", "cat /secrets/db").0.contains("password=secret-2"));
}

#[test]
fn every_image_starts() {
    let registry = k8s_sim::runtime::registry::Registry::course();
    let names: Vec<String> = registry.repositories().map(str::to_string).collect();
    // stress has no command of its own.
    for name in names.into_iter().filter(|name| !name.ends_with("stress")) {
        let image = ["", "1.0", "1.27", "1.36", "2.0", "3", "dev", "16", "20", "22"]
            .iter()
            .map(|tag| if tag.is_empty() { format!("{name}:latest") } else { format!("{name}:{tag}") })
            .find(|full| registry.image(full).is_some());
        let Some(image) = image else { panic!("{name} has no tag that anybody would guess") };
        let mut lab = Lab::apply(&beside(
            &image,
            &[
                "env: [{name: POSTGRES_PASSWORD, value: x}, {name: MYSQL_ROOT_PASSWORD, value: x}, {name: ECHO_TEXT, value: x}]",
            ],
        ));
        lab.sleep(20);
        let told = lab.told();
        for wrong in ["applet not found", "CreateContainer", "StartError", "Failed", "syntax error"] {
            assert!(!told.contains(wrong), "{image}: {told}");
        }
    }
}

/// The text of an example of the page.
fn example(name: &str) -> String {
    let path = format!("{}/../../examples/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn examples_that_run() {
    for name in [
        "web",
        "simple-pod",
        "catalog",
        "catalog-sidecar",
        "shared-volume",
        "web-with-logging",
        "sidecar-order",
        "production-web",
    ] {
        let mut lab = Lab::apply(&example(name));
        lab.running().sleep(20);
        lab.running();
    }
}

#[test]
fn example_catalog_sidecar_ticks_and_starts_first() {
    let mut lab = Lab::apply(&example("catalog-sidecar"));
    lab.running().sleep(31);
    assert!(
        lab.log("log-sidecar").lines().filter(|line| line.ends_with("Z tick")).count() >= 2,
        "{}",
        lab.told()
    );
    assert_eq!(
        lab.exec("log-sidecar", "wget -qO- http://localhost:8080/healthz").0.trim_end(),
        "{\"status\":\"ok\"}"
    );
}

#[test]
fn example_shared_volume_passes_a_word() {
    let mut lab = Lab::apply(&example("shared-volume"));
    lab.running().sleep(1);
    let log = lab.log("reader");
    assert!(log == "hello\n" || log.contains("No such file or directory"), "{log}");
    assert_eq!(lab.exec("reader", "cat /data/message.txt").0, "hello\n");
}

#[test]
fn example_logs_reach_the_shipper() {
    for (name, server, shipper) in [
        ("web-with-logging", "nginx", "fluentd"),
        ("sidecar-order", "app", "log-aggregator"),
        ("production-web", "web", "log-collector"),
    ] {
        let mut lab = Lab::apply(&example(name));
        lab.running().sleep(3);
        lab.exec(server, "curl -s localhost");
        lab.sleep(3);
        assert!(lab.log(shipper).contains("\"GET / HTTP/1.1\" 200"), "{name}: {}", lab.told());
        // The volume hides the image's links to the container's own output.
        assert!(!lab.log(server).contains("GET /"), "{name}: {}", lab.told());
    }
}

#[test]
fn example_production_web_knows_its_name_and_its_mount_is_read_only() {
    let mut lab = Lab::apply(&example("production-web"));
    lab.running();
    let (env, _) = lab.exec("web", "env");
    assert!(
        env.contains("POD_NAME=production-web-service\n") && env.contains("POD_NAMESPACE=default\n"),
        "{env}"
    );
    let (words, code) = lab.exec("log-collector", "touch /var/log/nginx/x");
    assert!(code == 1 && words.contains("Read-only file system"), "{words}");
}

#[test]
fn example_init_demo_waits_for_its_service() {
    let mut lab = Lab::apply(&example("init-demo"));
    lab.sleep(30);
    assert!(lab.log("init-db-check").contains("waiting for db-service"), "{}", lab.told());
    lab.create("apiVersion: v1\nkind: Service\nmetadata: {name: db-service}\nspec: {selector: {app: db}, ports: [{port: 5432}]}\n");
    lab.running();
    assert_eq!(lab.exec("app", "ls -ld /data/uploads | cut -c 1-10").0, "drwxrwxrwx\n");
}

#[test]
fn example_full_anatomy_waits_for_a_label() {
    let mut lab = Lab::apply(&example("full-anatomy"));
    lab.sleep(5);
    assert!(lab.told().contains("didn't match Pod's node affinity/selector"), "{}", lab.told());
    let patch = Input::Api(ApiRequest::Patch {
        kind: "Node".into(),
        namespace: String::new(),
        name: "node-2".into(),
        subresource: String::new(),
        patch_type: k8s_sim::PatchType::Merge,
        patch: k8s_api::manifest::parse("metadata: {labels: {disktype: ssd}}").0.remove(0).object,
        dry_run: false,
    });
    assert!(matches!(lab.timeline.submit(patch), Answer::Api(Ok(_))));
    lab.running();
}

/// The machine of the recordings.
fn recorded(manifest: &str) -> Lab {
    let mut lab = Lab { timeline: Timeline::new(Setup::recorded()), pod: String::new() };
    lab.create(manifest);
    lab
}

#[test]
fn recorded_nginx_serves_what_lies_in_www() {
    let mut lab = recorded(&beside("nginx:1.27", &[]));
    lab.running().sleep(1);
    assert_eq!(lab.get("localhost"), "<h1>hello</h1>\n");
    assert_eq!(lab.exec("probe", "wget -qO- localhost/ok").1, 1);
    lab.exec("app", "echo yes > /www/ok");
    assert_eq!(lab.get("localhost/ok"), "yes\n");
    let log = lab.log("app");
    assert!(log.starts_with("starting on port 80\n") && log.contains("response:404"), "{log}");
    let (after_ms, code) = lab.delete("app");
    assert!(code == 0 && after_ms < 1_500, "exit {code} after {after_ms} ms");
}

#[test]
fn recorded_nginx_ends_when_its_port_is_taken() {
    let mut lab = recorded(&beside("nginx:1.27", &["env: [{name: PORT, value: '8080'}]"]).replace(
        "    - name: probe",
        "    - name: second\n      image: nginx:1.28\n      env: [{name: PORT, value: '8080'}]\n    - name: probe",
    ));
    lab.until(30, "crashing", |lab| lab.told().contains("Back-off restarting failed container second"));
    assert_eq!(lab.log("second"), "starting on port 8080\nhttpd: bind: Address already in use\n");
    assert!(lab.told().contains("exit_code: 1,"), "{}", lab.told());
}

#[test]
fn recorded_images_pull_quickly_or_not_at_all() {
    for (image, outcome) in [
        ("nobody:1", "Successfully pulled image \"nobody:1\""),
        ("nginx", "Successfully pulled image \"nginx\""),
        ("nginx:1.28", "Container image \"nginx:1.28\" already present"),
        ("busybox:missing", "rpc error: code = NotFound"),
        ("redis:7", "pull access denied"),
    ] {
        let mut lab = recorded(&beside(image, &[]));
        lab.until(10, outcome, |lab| lab.told().contains(outcome));
    }
}

#[test]
fn two_pods_that_wait_for_the_same_image_wait_for_one_download() {
    let pod = |name: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, \
             spec: {{nodeName: node-1, containers: [{{name: main, image: \"nginx:1.27\"}}]}}}}"
        )
    };
    let mut lab = Lab::apply(&pod("first"));
    lab.create(&pod("second"));
    lab.sleep(60);
    let messages = lab.timeline.cluster().events().filter(|event| event.reason == "Pulled");
    let mut took: Vec<String> = messages
        .map(|event| {
            let (_, rest) = event.message.split_once(" in ").expect("it was pulled");
            rest.split(' ').next().expect("a duration").to_string()
        })
        .collect();
    took.sort_by_key(|text| text.ends_with("ms"));
    assert!(took.len() == 2 && !took[0].ends_with("ms") && took[1].ends_with("ms"), "{took:?}");
}
