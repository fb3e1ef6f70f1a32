//! Something to look at with a heap profiler: many Pods that run and do nothing, and what is kept of them. The process
//! ends without giving anything back, so that what a profiler calls leaked is what the cluster holds:
//! `cargo build --profile bench -p k8s-sim --example heap`, then `heaptrack target/release/examples/heap 1000`.

use k8s_sim::{ApiRequest, Input, NodeSetup, Setup, SimTime, Timeline};
use serde_json::json;

fn main() {
    let count: usize = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(1_000);
    let nodes = count.div_ceil(50);
    let setup = Setup {
        nodes: (0..nodes).map(|n| NodeSetup::new(&format!("node-{n}"), "64", "256Gi")).collect(),
        ..Setup::default()
    };
    let mut timeline = Timeline::new(setup);
    for n in 0..count {
        let name = format!("idle-{n}");
        let object = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}},
            "spec": {"containers": [{
                "name": "app", "image": "busybox:1.36", "command": ["sh", "-c", "exec sleep 1000000"],
            }]},
        });
        timeline.submit(Input::Api(ApiRequest::Create {
            namespace: "default".into(),
            object,
            dry_run: false,
        }));
    }
    timeline.advance_to(SimTime::from_secs(300));
    timeline.forget_checkpoints();
    std::process::exit(0);
}
