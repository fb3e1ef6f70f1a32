//! Storage classes, claims and volumes; budgets, priority classes, CronJobs.
//! Models describe.go (v1.36)

use k8s_api::kind::by_kind;
use serde_json::Value;

use super::{Page, labels_line, moment, or_none, volumes, workloads};
use crate::Api;
use crate::selector::format_label_selector;
use crate::tree::{at, has, int, list, name, namespace, plain, text, truth};

fn unset(value: &Value) -> String {
    match value {
        Value::Null => "<unset>".to_string(),
        Value::Bool(yes) => if *yes { "True" } else { "False" }.to_string(),
        other => plain(other),
    }
}

pub(super) fn storage_class(page: &mut Page, object: &Value) {
    page.field(0, "Name", name(object));
    let annotations = at(object, "metadata.annotations");
    let default =
        ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"]
            .iter()
            .any(|key| annotations.get(*key).is_some_and(|value| value == "true"));
    page.field(0, "IsDefaultClass", if default { "Yes" } else { "No" });
    page.field(0, "Annotations", labels_line(annotations));
    page.field(0, "Provisioner", text(object, "provisioner"));
    page.field(0, "Parameters", labels_line(at(object, "parameters")));
    page.field(0, "AllowVolumeExpansion", unset(at(object, "allowVolumeExpansion")));
    let options = list(object, "mountOptions");
    if options.is_empty() {
        page.field(0, "MountOptions", "<none>");
    } else {
        page.line(0, "MountOptions:");
        options.iter().for_each(|option| page.line(1, plain(option)));
    }
    page.field(0, "ReclaimPolicy", text(object, "reclaimPolicy"));
    page.field(0, "VolumeBindingMode", text(object, "volumeBindingMode"));
}

fn access_modes(modes: &[Value]) -> String {
    let short = |mode: &Value| match mode.as_str() {
        Some("ReadWriteOnce") => "RWO",
        Some("ReadOnlyMany") => "ROX",
        Some("ReadWriteMany") => "RWX",
        Some("ReadWriteOncePod") => "RWOP",
        _ => "",
    };
    let order = ["RWO", "ROX", "RWX", "RWOP"];
    let given: Vec<&str> = modes.iter().map(short).collect();
    order.into_iter().filter(|mode| given.contains(mode)).collect::<Vec<_>>().join(",")
}

fn finalizers(object: &Value) -> String {
    let finalizers: Vec<String> = list(object, "metadata.finalizers").iter().map(plain).collect();
    format!("[{}]", finalizers.join(" "))
}

pub(super) fn claim(page: &mut Page, object: &Value, api: &mut dyn Api) {
    page.head(object);
    page.field(0, "StorageClass", text(object, "spec.storageClassName"));
    let going = has(object, "metadata.deletionTimestamp");
    let phase = text(object, "status.phase");
    page.field(0, "Status", if going { format!("Terminating (lasts {phase})") } else { phase.to_string() });
    let volume = text(object, "spec.volumeName");
    page.field(0, "Volume", volume);
    page.labels("Labels", at(object, "metadata.labels"));
    page.annotations(object);
    page.field(0, "Finalizers", finalizers(object));
    let bound = !volume.is_empty();
    let capacity = if bound { plain(at(object, "status.capacity.storage")) } else { String::new() };
    page.field(0, "Capacity", capacity);
    page.field(0, "Access Modes", access_modes(if bound { list(object, "status.accessModes") } else { &[] }));
    page.field(0, "VolumeMode", text(object, "spec.volumeMode"));
    let uses = |pod: &Value| {
        list(pod, "spec.volumes").iter().any(|volume| {
            text(volume, "persistentVolumeClaim.claimName") == name(object)
                || (has(volume, "ephemeral")
                    && format!("{}-{}", name(pod), text(volume, "name")) == name(object))
        })
    };
    let pods =
        by_kind("Pod").and_then(|kind| api.list(kind, Some(namespace(object))).ok()).unwrap_or_default();
    page.multiline("Used By", pods.iter().filter(|pod| uses(pod)).map(|pod| name(pod).to_string()));
}

pub(super) fn volume(page: &mut Page, object: &Value) {
    page.field(0, "Name", name(object));
    page.labels("Labels", at(object, "metadata.labels"));
    page.annotations(object);
    page.field(0, "Finalizers", finalizers(object));
    page.field(0, "StorageClass", text(object, "spec.storageClassName"));
    page.field(0, "Status", text(object, "status.phase"));
    let claim = match text(object, "spec.claimRef.name") {
        "" => String::new(),
        name => format!("{}/{name}", text(object, "spec.claimRef.namespace")),
    };
    page.field(0, "Claim", claim);
    page.field(0, "Reclaim Policy", text(object, "spec.persistentVolumeReclaimPolicy"));
    page.field(0, "Access Modes", access_modes(list(object, "spec.accessModes")));
    page.field(0, "VolumeMode", text(object, "spec.volumeMode"));
    page.field(0, "Capacity", plain(at(object, "spec.capacity.storage")));
    let terms = list(object, "spec.nodeAffinity.required.nodeSelectorTerms");
    if has(object, "spec.nodeAffinity.required") {
        page.field(0, "Node Affinity", "");
        page.field(1, "Required Terms", if terms.is_empty() { "<none>" } else { "" });
    } else {
        page.field(0, "Node Affinity", "<none>");
    }
    for (i, term) in terms.iter().enumerate() {
        let requirements = list(term, "matchExpressions").iter().map(|requirement| {
            let values: Vec<String> = list(requirement, "values").iter().map(plain).collect();
            let operator = text(requirement, "operator").to_lowercase();
            match values.is_empty() {
                true => format!("{} {operator}", text(requirement, "key")),
                false => format!("{} {operator} [{}]", text(requirement, "key"), values.join(", ")),
            }
        });
        let shown: Vec<String> = requirements.collect();
        let mut title = format!("Term {i}:");
        for line in if shown.is_empty() { vec!["<none>".to_string()] } else { shown } {
            page.line(2, format!("{}\t{line}", std::mem::take(&mut title)));
        }
    }
    page.field(0, "Message", text(object, "status.message"));
    page.line(0, "Source:");
    volumes::persistent(page, at(object, "spec"));
}

pub(super) fn budget(page: &mut Page, object: &Value) {
    page.head(object);
    for (title, field) in [("Min available", "spec.minAvailable"), ("Max unavailable", "spec.maxUnavailable")]
    {
        if has(object, field) {
            page.field(0, title, plain(at(object, field)));
            break;
        }
    }
    let selector = at(object, "spec.selector");
    page.field(
        0,
        "Selector",
        if selector.is_null() { "<unset>".into() } else { format_label_selector(selector) },
    );
    page.line(0, "Status:");
    for (title, field) in [
        ("Allowed disruptions", "disruptionsAllowed"),
        ("Current", "currentHealthy"),
        ("Desired", "desiredHealthy"),
        ("Total", "expectedPods"),
    ] {
        page.field(2, title, int(object, &format!("status.{field}")).to_string());
    }
}

pub(super) fn priority_class(page: &mut Page, object: &Value) {
    page.field(0, "Name", name(object));
    page.field(0, "Value", int(object, "value").to_string());
    page.field(0, "GlobalDefault", truth(object, "globalDefault").to_string());
    page.field(0, "PreemptionPolicy", text(object, "preemptionPolicy"));
    page.field(0, "Description", text(object, "description"));
    page.field(0, "Annotations", labels_line(at(object, "metadata.annotations")));
}

pub(super) fn cron_job(page: &mut Page, object: &Value) {
    page.head(object);
    page.labels("Labels", at(object, "metadata.labels"));
    page.annotations(object);
    page.field(0, "Schedule", text(object, "spec.schedule"));
    page.field(0, "Concurrency Policy", text(object, "spec.concurrencyPolicy"));
    page.field(0, "Suspend", unset(at(object, "spec.suspend")));
    page.field(0, "Time Zone", unset(at(object, "spec.timeZone")));
    page.field(0, "Successful Job History Limit", unset(at(object, "spec.successfulJobsHistoryLimit")));
    page.field(0, "Failed Job History Limit", unset(at(object, "spec.failedJobsHistoryLimit")));
    let seconds = |path: &str| match at(object, path) {
        Value::Null => "<unset>".to_string(),
        seconds => format!("{}s", plain(seconds)),
    };
    page.field(0, "Starting Deadline Seconds", seconds("spec.startingDeadlineSeconds"));
    let selector = at(object, "spec.jobTemplate.spec.selector");
    page.field(
        0,
        "Selector",
        if selector.is_null() { "<unset>".into() } else { format_label_selector(selector) },
    );
    page.field(0, "Parallelism", unset(at(object, "spec.jobTemplate.spec.parallelism")));
    page.field(0, "Completions", unset(at(object, "spec.jobTemplate.spec.completions")));
    if has(object, "spec.jobTemplate.spec.activeDeadlineSeconds") {
        page.field(0, "Active Deadline Seconds", seconds("spec.jobTemplate.spec.activeDeadlineSeconds"));
    }
    workloads::template(page, at(object, "spec.jobTemplate.spec.template"));
    let last = text(object, "status.lastScheduleTime");
    page.field(0, "Last Schedule Time", if last.is_empty() { "<unset>".into() } else { moment(last) });
    let active: Vec<&str> = list(object, "status.active").iter().map(|job| text(job, "name")).collect();
    page.field(0, "Active Jobs", or_none(active.join(", ")));
}
