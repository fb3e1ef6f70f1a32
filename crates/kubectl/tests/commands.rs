//! Command lines against a simulated cluster: what is printed, and that nothing a person types breaks anything.

use k8s_sim::{Setup, SimTime, Timeline};
use kubectl::{Command, Env, Progress, start};

const POD: &str = "
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: web}
spec:
  terminationGracePeriodSeconds: 5
  containers:
  - name: main
    image: busybox:1.36
    command: [sh, -c, 'echo hello; sleep 3600']
";

/// A person with a cluster of one node and a file `pod.yaml`.
struct Shell {
    timeline: Timeline,
    env: Env,
}

impl Shell {
    fn new() -> Shell {
        let mut env = Env::default();
        env.files.insert("pod.yaml".to_string(), POD.to_string());
        Shell { timeline: Timeline::new(Setup::recorded()), env }
    }

    fn pass(&mut self, seconds: u64) {
        let target = self.timeline.now().after_ms(seconds * 1000);
        self.timeline.advance_to(target);
    }

    /// Runs a command to its end, or for a minute; its text, and its exit code if it is not 0.
    fn run(&mut self, line: &str) -> String {
        let mut command = start(line, self.env.clone());
        let mut progress = command.poll(&mut self.timeline);
        for _ in 0..600 {
            if progress != Progress::Waiting {
                break;
            }
            let next = SimTime(self.timeline.now().ms() + 100);
            self.timeline.advance_to(next);
            progress = command.poll(&mut self.timeline);
        }
        let mut text = command.text().to_string();
        match progress {
            Progress::Done(0) => {}
            Progress::Done(code) => text.push_str(&format!("[exit {code}]\n")),
            Progress::Waiting => text.push_str("[waits]\n"),
        }
        text
    }
}

/// Lines of `$ command` and what it prints; `@ 3` lets seconds pass. Ages are not compared.
#[track_caller]
fn check(script: &str) {
    let mut shell = Shell::new();
    let mut expected: Option<(String, String)> = None;
    let compare = |shell: &mut Shell, expected: &mut Option<(String, String)>| {
        if let Some((line, text)) = expected.take() {
            assert_eq!(shell.run(&line), text, "$ {line}");
        }
    };
    for line in script.trim_start_matches('\n').lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            compare(&mut shell, &mut expected);
            expected = Some((command.to_string(), String::new()));
        } else if let Some(seconds) = line.strip_prefix("@ ") {
            compare(&mut shell, &mut expected);
            shell.pass(seconds.parse().expect("a number of seconds"));
        } else if let Some((_, text)) = &mut expected {
            text.push_str(line);
            text.push('\n');
        }
    }
    compare(&mut shell, &mut expected);
}

#[test]
fn a_pod_from_its_manifest_to_its_end() {
    check(
        "
$ kubectl apply -f pod.yaml
pod/web created
$ kubectl apply -f pod.yaml
pod/web unchanged
@ 5
$ kubectl get pods
NAME   READY   STATUS    RESTARTS   AGE
web    1/1     Running   0          5s
$ kubectl get pod web -o jsonpath='{.status.phase} {.spec.containers[*].name}{\"\\n\"}'
Running main
$ kubectl get pod web -o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName
NAME   NODE
web    node-1
$ kubectl logs web
hello
$ kubectl exec web -- sh -c 'echo $((6*7)); exit 3'
42
command terminated with exit code 3
[exit 3]
$ kubectl wait --for=condition=Ready pod/web
pod/web condition met
$ kubectl label pod web tier=front
pod/web labeled
$ kubectl label pod web tier=front
pod/web not labeled
$ kubectl get pods -l tier=front -o name
pod/web
$ kubectl delete pod web
pod \"web\" deleted from default namespace
$ kubectl get pods
No resources found in default namespace.
",
    );
}

#[test]
fn waiting_follows_virtual_time() {
    check(
        "
$ kubectl run once --image=busybox:1.36 --restart=Never -- sh -c 'sleep 20; echo done'
pod/once created
$ kubectl wait --for=jsonpath='{.status.phase}'=Succeeded pod/once --timeout=5s
error: timed out waiting for the condition on pods/once
[exit 1]
$ kubectl logs -f once
done
$ kubectl wait --for=jsonpath='{.status.phase}'=Succeeded pod/once
pod/once condition met
$ kubectl run gone --image=busybox:1.36 --restart=Never --rm -i -q -- sh -c 'echo hi; exit 5'
hi
pod default/gone terminated (Error)
[exit 5]
@ 5
$ kubectl get pod gone
Error from server (NotFound): pods \"gone\" not found
[exit 1]
",
    );
}

#[test]
fn a_clone_of_a_command_goes_on_by_itself() {
    let mut shell = Shell::new();
    let mut watch: Command = start("kubectl get pods -w", shell.env.clone());
    assert_eq!(watch.poll(&mut shell.timeline), Progress::Waiting);
    let before = watch.clone();
    shell.run("kubectl apply -f pod.yaml");
    shell.pass(5);
    watch.poll(&mut shell.timeline);
    assert!(
        watch.text().contains("ContainerCreating") && watch.text().contains("Running"),
        "{}",
        watch.text()
    );
    assert_eq!(before.text(), "");
    watch.interrupt();
    assert_eq!(watch.poll(&mut shell.timeline), Progress::Done(130));
}

/// A stream of numbers that is the same for the same seed (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// Words that command lines are made of, sensible and not.
const WORDS: &[&str] = &[
    "kubectl",
    "get",
    "pods",
    "pod",
    "web",
    "-o",
    "yaml",
    "json",
    "wide",
    "name",
    "-w",
    "-A",
    "-n",
    "default",
    "-l",
    "app=web",
    "app in (web,x)",
    "!app",
    "=,(",
    "describe",
    "delete",
    "--force",
    "--grace-period=0",
    "logs",
    "-f",
    "pod.yaml",
    "--tail=-1",
    "--tail",
    "99999999999999999999",
    "-p",
    "exec",
    "--",
    "sh",
    "-c",
    "exit 1",
    "apply",
    "create",
    "configmap",
    "x",
    "--from-literal=a=b",
    "patch",
    "{}",
    "{\"spec\":null}",
    "[{\"op\":\"remove\"}]",
    "--type=json",
    "--type=merge",
    "label",
    "a=b",
    "a-",
    "annotate",
    "run",
    "--image=busybox:1.36",
    "--restart=Never",
    "scale",
    "--replicas=3",
    "rollout",
    "status",
    "undo",
    "history",
    "deploy/x",
    "wait",
    "--for=delete",
    "--for=condition=Ready",
    "--timeout=1s",
    "--timeout=-1ns",
    "jsonpath={.items[*]..name}",
    "jsonpath={range}{end}",
    "jsonpath={..}",
    "custom-columns=A:.b,C:{.d",
    "set",
    "image",
    "*=nginx",
    "taint",
    "node",
    "node-1",
    "k=v:NoSchedule",
    "cordon",
    "drain",
    "--ignore-daemonsets",
    "explain",
    "pod.spec",
    "--recursive",
    "debug",
    "--target=main",
    "events",
    "--for",
    "pod/web",
    "a/b/c",
    "/",
    "all",
    "--all",
    "expose",
    "--port=80",
    "--as=x",
    "--",
    "'",
    "\"",
    "\\",
    "#",
    "-",
    "--=",
    "-ooo",
    "--sort-by=.metadata.name",
    "--field-selector=spec.nodeName=node-1",
    "-k",
    ".",
    "é",
    "\u{0}",
];

#[test]
fn no_command_line_breaks_anything() {
    let seed: u64 = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_120);
    eprintln!("seed {seed}");
    let mut numbers = Numbers(seed | 1);
    for round in 0..60 {
        let mut shell = Shell::new();
        shell.run("kubectl apply -f pod.yaml");
        shell.pass(3);
        for _ in 0..25 {
            let mut line = String::from(if numbers.below(10) == 0 { "" } else { "kubectl" });
            for _ in 0..numbers.below(8) {
                line.push(' ');
                line.push_str(WORDS[numbers.below(WORDS.len())]);
            }
            eprintln!("round {round}: {line}");
            let mut command = start(&line, shell.env.clone());
            for _ in 0..3 {
                if command.poll(&mut shell.timeline) != Progress::Waiting {
                    break;
                }
                shell.pass(1);
            }
        }
    }
}
