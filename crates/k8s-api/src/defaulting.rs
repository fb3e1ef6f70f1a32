//! Defaults: what the API server fills in.
//! Models pkg/apis/{core,apps,batch,…}/v1/defaults.go (v1.36)

use serde_json::{Map, Value, json};

use crate::kind::Kind;

/// Whether Go sees the zero value of a simple field.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(b) => !b,
        Value::Number(n) => n.as_i64() == Some(0),
        Value::String(s) => s.is_empty(),
        Value::Array(_) | Value::Object(_) => false,
    }
}

/// Sets a field that is not a pointer in Go: its zero value counts as missing.
fn fill(map: &mut Value, key: &str, value: impl Into<Value>) {
    if let Some(map) = map.as_object_mut()
        && map.get(key).is_none_or(is_zero)
    {
        map.insert(key.into(), value.into());
    }
}

/// Sets a field that is a pointer in Go: only null counts as missing.
fn fill_pointer(map: &mut Value, key: &str, value: impl Into<Value>) {
    if let Some(map) = map.as_object_mut()
        && map.get(key).is_none_or(Value::is_null)
    {
        map.insert(key.into(), value.into());
    }
}

/// A structure that Go has without a pointer: made when it is missing.
fn structure<'a>(value: &'a mut Value, key: &str) -> Option<&'a mut Value> {
    fill_pointer(value, key, Map::new());
    value.get_mut(key)
}

/// The structure at that key, if it is there.
fn present<'a>(value: &'a mut Value, key: &str) -> Option<&'a mut Value> {
    value.get_mut(key).filter(|inner| inner.is_object())
}

/// The structures of a list; in Go, one that is null is there all the same.
fn items<'a>(value: &'a mut Value, key: &str) -> impl Iterator<Item = &'a mut Value> {
    value.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten().map(|item| {
        if item.is_null() {
            *item = Map::new().into();
        }
        item
    })
}

/// Fills in the defaults of a kind, and drops what is not enabled; an object whose fields have wrong types stays as
/// it is.
pub fn default(kind: &Kind, object: &mut Value) {
    if !object.is_object() || !crate::decode::decode(kind, object).mistyped.is_empty() {
        return;
    }
    by_kind(kind, object);
    crate::admission::drop_disabled_fields(kind, object);
}

fn by_kind(kind: &Kind, object: &mut Value) {
    match kind.kind {
        "Pod" => {
            if let Some(spec) = structure(object, "spec") {
                pod_spec(spec);
                pod_only(spec);
            }
        }
        "PodTemplate" => template(object, "template"),
        "ReplicationController" => replication_controller(object),
        "ReplicaSet" => {
            let Some(spec) = structure(object, "spec") else { return };
            template(spec, "template");
            fill_pointer(spec, "replicas", 1);
        }
        "Deployment" => deployment(object),
        "StatefulSet" => stateful_set(object),
        "DaemonSet" => daemon_set(object),
        "Job" => {
            let labels = object["spec"]["template"]["metadata"]["labels"].clone();
            if let Some(spec) = structure(object, "spec") {
                job_spec(spec);
            }
            let own = object["metadata"]["labels"].as_object().is_none_or(Map::is_empty);
            if labels.is_object() && own {
                object["metadata"]["labels"] = labels;
            }
        }
        "CronJob" => cron_job(object),
        "Service" => service(object),
        "Secret" => {
            string_data(object);
            fill(object, "type", "Opaque");
        }
        "Namespace" => namespace(object),
        "PersistentVolume" => {
            if let Some(spec) = structure(object, "spec") {
                fill(spec, "persistentVolumeReclaimPolicy", "Retain");
                fill_pointer(spec, "volumeMode", "Filesystem");
                volume_source(spec);
            }
            if let Some(status) = structure(object, "status") {
                fill(status, "phase", "Pending");
            }
        }
        "PersistentVolumeClaim" => claim(object),
        "Endpoints" => {
            for subset in items(object, "subsets") {
                items(subset, "ports").for_each(|port| fill(port, "protocol", "TCP"));
            }
        }
        "EndpointSlice" => {
            for port in items(object, "ports") {
                fill_pointer(port, "name", "");
                fill_pointer(port, "protocol", "TCP");
            }
        }
        "LimitRange" => limit_range(object),
        "Node" => {
            if let Some(status) = present(object, "status") {
                let capacity = status["capacity"].clone();
                if capacity.is_object() {
                    fill_pointer(status, "allocatable", capacity);
                }
            }
        }
        "NetworkPolicy" => network_policy(object),
        "IngressClass" => {
            if let Some(spec) = present(object, "spec")
                && let Some(parameters) = present(spec, "parameters")
            {
                fill_pointer(parameters, "scope", "Cluster");
            }
        }
        "HorizontalPodAutoscaler" => autoscaler(object),
        "RoleBinding" | "ClusterRoleBinding" => {
            for subject in items(object, "subjects") {
                let group = match subject["kind"].as_str() {
                    Some("User" | "Group") => "rbac.authorization.k8s.io",
                    _ => continue,
                };
                fill(subject, "apiGroup", group);
            }
            if let Some(role) = structure(object, "roleRef") {
                fill(role, "apiGroup", "rbac.authorization.k8s.io");
            }
        }
        "PriorityClass" => fill_pointer(object, "preemptionPolicy", "PreemptLowerPriority"),
        "StorageClass" => {
            fill_pointer(object, "reclaimPolicy", "Delete");
            fill_pointer(object, "volumeBindingMode", "Immediate");
        }
        _ => {}
    }
}

fn template(owner: &mut Value, key: &str) {
    if let Some(template) = structure(owner, key)
        && let Some(spec) = structure(template, "spec")
    {
        pod_spec(spec);
    }
}

/// What holds for Pods and for templates of Pods.
fn pod_spec(spec: &mut Value) {
    fill(spec, "dnsPolicy", "ClusterFirst");
    fill(spec, "restartPolicy", "Always");
    fill_pointer(spec, "securityContext", Map::new());
    fill_pointer(spec, "terminationGracePeriodSeconds", 30);
    fill(spec, "schedulerName", "default-scheduler");
    for volume in items(spec, "volumes") {
        self::volume(volume);
    }
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        items(spec, list).for_each(container);
    }
    // The old name of the field follows the new one, and the other way round.
    let text = |key: &str| spec[key].as_str().unwrap_or("").to_string();
    let (new, old) = (text("serviceAccountName"), text("serviceAccount"));
    let name = if new.is_empty() { old } else { new };
    if !name.is_empty() {
        spec["serviceAccountName"] = name.clone().into();
        spec["serviceAccount"] = name.into();
    }
}

fn container(container: &mut Value) {
    let image = container["image"].as_str().unwrap_or("").to_string();
    fill(container, "imagePullPolicy", pull_policy(&image));
    fill(container, "terminationMessagePath", "/dev/termination-log");
    fill(container, "terminationMessagePolicy", "File");
    for port in items(container, "ports") {
        fill(port, "protocol", "TCP");
    }
    for variable in items(container, "env") {
        if let Some(from) = present(variable, "valueFrom") {
            if let Some(field) = present(from, "fieldRef") {
                fill(field, "apiVersion", "v1");
            }
            if let Some(file) = present(from, "fileKeyRef") {
                fill_pointer(file, "optional", false);
            }
        }
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = present(container, probe) {
            fill(probe, "timeoutSeconds", 1);
            fill(probe, "periodSeconds", 10);
            fill(probe, "successThreshold", 1);
            fill(probe, "failureThreshold", 3);
            handler(probe);
            if let Some(grpc) = present(probe, "grpc") {
                fill_pointer(grpc, "service", "");
            }
        }
    }
    if let Some(lifecycle) = present(container, "lifecycle") {
        for hook in ["postStart", "preStop"] {
            if let Some(hook) = present(lifecycle, hook) {
                handler(hook);
            }
        }
    }
    if let Some(context) = present(container, "securityContext")
        && context["procMount"].as_str() == Some("")
    {
        context["procMount"] = "Default".into();
    }
}

fn handler(handler: &mut Value) {
    if let Some(get) = present(handler, "httpGet") {
        fill(get, "path", "/");
        fill(get, "scheme", "HTTP");
    }
}

/// The pull policy that an image's tag suggests.
pub fn pull_policy(image: &str) -> &'static str {
    match crate::image::parse(image) {
        Ok(image) if image.tag.as_deref() == Some("latest") => "Always",
        _ => "IfNotPresent",
    }
}

fn volume(volume: &mut Value) {
    let sourceless =
        volume.as_object().is_some_and(|map| map.iter().all(|(key, value)| key == "name" || value.is_null()));
    if sourceless {
        volume["emptyDir"] = json!({});
    }
    for source in ["secret", "configMap", "downwardAPI", "projected"] {
        if let Some(source) = present(volume, source) {
            fill_pointer(source, "defaultMode", 0o644);
            downward_items(source);
        }
    }
    if let Some(projected) = present(volume, "projected") {
        for source in items(projected, "sources") {
            if let Some(token) = present(source, "serviceAccountToken") {
                fill_pointer(token, "expirationSeconds", 3600);
            }
            if let Some(downward) = present(source, "downwardAPI") {
                downward_items(downward);
            }
        }
    }
    if let Some(image) = present(volume, "image") {
        let policy = pull_policy(image["reference"].as_str().unwrap_or(""));
        fill(image, "pullPolicy", policy);
    }
    if let Some(ephemeral) = present(volume, "ephemeral")
        && let Some(claim) = present(ephemeral, "volumeClaimTemplate")
        && let Some(spec) = structure(claim, "spec")
    {
        fill_pointer(spec, "volumeMode", "Filesystem");
    }
    volume_source(volume);
}

/// Volumes of Pods and volumes of the cluster: the source, the field, whether it is a pointer in Go, its default.
const SOURCES: [(&str, &str, bool, &str); 10] = [
    ("hostPath", "type", true, ""),
    ("iscsi", "iscsiInterface", false, "default"),
    ("rbd", "pool", false, "rbd"),
    ("rbd", "user", false, "admin"),
    ("rbd", "keyring", false, "/etc/ceph/keyring"),
    ("azureDisk", "cachingMode", true, "ReadWrite"),
    ("azureDisk", "fsType", true, "ext4"),
    ("azureDisk", "kind", true, "Shared"),
    ("scaleIO", "storageMode", false, "ThinProvisioned"),
    ("scaleIO", "fsType", false, "xfs"),
];

fn volume_source(owner: &mut Value) {
    for (source, field, pointer, value) in SOURCES {
        let Some(source) = present(owner, source) else { continue };
        if pointer {
            fill_pointer(source, field, value);
        } else {
            fill(source, field, value);
        }
    }
    if let Some(disk) = present(owner, "azureDisk") {
        fill_pointer(disk, "readOnly", false);
    }
}

fn downward_items(source: &mut Value) {
    for item in items(source, "items") {
        if let Some(field) = present(item, "fieldRef") {
            fill(field, "apiVersion", "v1");
        }
    }
}

/// What holds for Pods but not for templates. Models SetDefaults_Pod (v1.36)
fn pod_only(spec: &mut Value) {
    for list in ["containers", "initContainers"] {
        for container in items(spec, list) {
            if let Some(resources) = present(container, "resources") {
                requests_from_limits(resources);
            }
        }
    }
    huge_page_limits(spec);
    pod_requests(spec);
    fill_pointer(spec, "enableServiceLinks", true);
    if spec["hostNetwork"] == true {
        for list in ["containers", "initContainers"] {
            for container in items(spec, list) {
                for port in items(container, "ports") {
                    let own = port["containerPort"].clone();
                    fill(port, "hostPort", own);
                }
            }
        }
    }
}

/// Limits of huge pages of the whole Pod, where only containers have them.
/// Models defaultHugePagePodLimits (v1.36); a container asks for as many as its limit.
fn huge_page_limits(spec: &mut Value) {
    let some = |list: &Value| list.as_object().is_some_and(|map| !map.is_empty());
    if !some(&spec["resources"]["limits"]) && !some(&spec["resources"]["requests"]) {
        return;
    }
    let typed = crate::core::PodSpec::from_value(spec);
    for (name, amount) in crate::resources::container_requests(&typed) {
        let resources = &spec["resources"];
        let given = ["limits", "requests"].iter().any(|list| resources[*list].get(&name).is_some());
        if name.starts_with("hugepages-") && !given {
            if spec["resources"]["limits"].is_null() {
                spec["resources"]["limits"] = Map::new().into();
            }
            spec["resources"]["limits"][&name] = amount.to_string().into();
        }
    }
}

/// Requests of the whole Pod, where only limits are written. Models defaultPodRequests (v1.36)
fn pod_requests(spec: &mut Value) {
    let Some(limits) = spec["resources"]["limits"].as_object().filter(|map| !map.is_empty()).cloned() else {
        return;
    };
    let supported = |name: &str| name == "cpu" || name == "memory" || name.starts_with("hugepages-");
    let typed = crate::core::PodSpec::from_value(spec);
    let mut requests = spec["resources"]["requests"].as_object().cloned().unwrap_or_default();
    for (name, amount) in crate::resources::container_requests(&typed) {
        if supported(&name) && !name.starts_with("hugepages-") && !requests.contains_key(&name) {
            requests.insert(name, amount.to_string().into());
        }
    }
    for (name, limit) in limits {
        if supported(&name) && !requests.contains_key(&name) {
            requests.insert(name, limit);
        }
    }
    if !requests.is_empty() {
        spec["resources"]["requests"] = Value::Object(requests);
    }
}

fn requests_from_limits(resources: &mut Value) {
    let Some(limits) = resources["limits"].as_object().cloned() else { return };
    if let Some(requests) = structure(resources, "requests").and_then(Value::as_object_mut) {
        for (name, limit) in limits {
            requests.entry(name).or_insert(limit);
        }
    }
}

fn replication_controller(object: &mut Value) {
    let labels = object["spec"]["template"]["metadata"]["labels"].clone();
    if let Some(spec) = structure(object, "spec") {
        fill_pointer(spec, "replicas", 1);
        if spec["template"].is_object() {
            template(spec, "template");
        }
        if labels.is_object() && spec["selector"].as_object().is_none_or(Map::is_empty) {
            spec["selector"] = labels.clone();
        }
    }
    if labels.is_object() && object["metadata"]["labels"].as_object().is_none_or(Map::is_empty) {
        object["metadata"]["labels"] = labels;
    }
}

/// A Secret's plain texts become data like the rest.
/// Models Convert_v1_Secret_To_core_Secret, pkg/apis/core/v1/conversion.go (v1.36)
fn string_data(object: &mut Value) {
    let Some(texts) = object.as_object_mut().and_then(|map| map.remove("stringData")) else { return };
    for (key, text) in texts.as_object().into_iter().flatten() {
        object["data"][key] = crate::decode::base64_encode(text.as_str().unwrap_or("").as_bytes()).into();
    }
}

fn deployment(object: &mut Value) {
    let Some(spec) = structure(object, "spec") else { return };
    template(spec, "template");
    fill_pointer(spec, "replicas", 1);
    if let Some(strategy) = structure(spec, "strategy") {
        fill(strategy, "type", "RollingUpdate");
        if strategy["type"] == "RollingUpdate"
            && let Some(update) = structure(strategy, "rollingUpdate")
        {
            fill_pointer(update, "maxUnavailable", "25%");
            fill_pointer(update, "maxSurge", "25%");
        }
    }
    fill_pointer(spec, "revisionHistoryLimit", 10);
    fill_pointer(spec, "progressDeadlineSeconds", 600);
}

fn stateful_set(object: &mut Value) {
    let Some(spec) = structure(object, "spec") else { return };
    template(spec, "template");
    fill(spec, "podManagementPolicy", "OrderedReady");
    if let Some(strategy) = structure(spec, "updateStrategy") {
        if strategy["type"].as_str().unwrap_or("").is_empty() {
            fill(strategy, "type", "RollingUpdate");
            fill_pointer(strategy, "rollingUpdate", Map::new());
        }
        if strategy["type"] == "RollingUpdate"
            && let Some(update) = present(strategy, "rollingUpdate")
        {
            fill_pointer(update, "partition", 0);
        }
    }
    if let Some(policy) = structure(spec, "persistentVolumeClaimRetentionPolicy") {
        fill(policy, "whenDeleted", "Retain");
        fill(policy, "whenScaled", "Retain");
    }
    fill_pointer(spec, "replicas", 1);
    fill_pointer(spec, "revisionHistoryLimit", 10);
    for template in items(spec, "volumeClaimTemplates") {
        fill(template, "apiVersion", "v1");
        fill(template, "kind", "PersistentVolumeClaim");
        claim(template);
    }
}

fn daemon_set(object: &mut Value) {
    let Some(spec) = structure(object, "spec") else { return };
    template(spec, "template");
    if let Some(strategy) = structure(spec, "updateStrategy") {
        fill(strategy, "type", "RollingUpdate");
        if strategy["type"] == "RollingUpdate"
            && let Some(update) = structure(strategy, "rollingUpdate")
        {
            fill_pointer(update, "maxUnavailable", 1);
            fill_pointer(update, "maxSurge", 0);
        }
    }
    fill_pointer(spec, "revisionHistoryLimit", 10);
}

/// What holds for Jobs, but not for the Jobs inside a CronJob, is filled in here.
fn job_spec(spec: &mut Value) {
    if spec["completions"].is_null() && spec["parallelism"].is_null() {
        fill_pointer(spec, "completions", 1);
    }
    fill_pointer(spec, "parallelism", 1);
    let limit = if spec["backoffLimitPerIndex"].is_null() { 6 } else { i32::MAX };
    fill_pointer(spec, "backoffLimit", limit);
    fill_pointer(spec, "completionMode", "NonIndexed");
    fill_pointer(spec, "suspend", false);
    let replacement = if spec["podFailurePolicy"].is_null() { "TerminatingOrFailed" } else { "Failed" };
    fill_pointer(spec, "podReplacementPolicy", replacement);
    fill_pointer(spec, "manualSelector", false);
    job_template(spec);
}

/// What a Job's spec gets even inside a CronJob.
fn job_template(spec: &mut Value) {
    template(spec, "template");
    if let Some(policy) = present(spec, "podFailurePolicy") {
        for rule in items(policy, "rules") {
            items(rule, "onPodConditions").for_each(|pattern| fill(pattern, "status", "True"));
        }
    }
}

fn cron_job(object: &mut Value) {
    let Some(spec) = structure(object, "spec") else { return };
    fill(spec, "concurrencyPolicy", "Allow");
    fill_pointer(spec, "suspend", false);
    fill_pointer(spec, "successfulJobsHistoryLimit", 3);
    fill_pointer(spec, "failedJobsHistoryLimit", 1);
    if let Some(template) = structure(spec, "jobTemplate")
        && let Some(job) = structure(template, "spec")
    {
        job_template(job);
    }
}

fn service(object: &mut Value) {
    let Some(spec) = structure(object, "spec") else { return };
    fill(spec, "sessionAffinity", "None");
    if spec["sessionAffinity"] == "None" {
        spec["sessionAffinityConfig"] = Value::Null;
    }
    if spec["sessionAffinity"] == "ClientIP"
        && let Some(config) = structure(spec, "sessionAffinityConfig")
        && let Some(client) = structure(config, "clientIP")
    {
        fill_pointer(client, "timeoutSeconds", 10800);
    }
    fill(spec, "type", "ClusterIP");
    for port in items(spec, "ports") {
        fill(port, "protocol", "TCP");
        let own = port["port"].clone();
        fill(port, "targetPort", own);
    }
    let kind = spec["type"].as_str().unwrap_or("").to_string();
    let external = spec["externalIPs"].as_array().is_some_and(|ips| !ips.is_empty()) && kind == "ClusterIP";
    if external || kind == "NodePort" || kind == "LoadBalancer" {
        fill(spec, "externalTrafficPolicy", "Cluster");
    }
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer" | "ClusterIP") {
        fill_pointer(spec, "internalTrafficPolicy", "Cluster");
    }
    if kind == "LoadBalancer" {
        fill_pointer(spec, "allocateLoadBalancerNodePorts", true);
    }
}

fn namespace(object: &mut Value) {
    let name = object["metadata"]["name"].clone();
    if !is_zero(&name)
        && let Some(metadata) = structure(object, "metadata")
        && let Some(labels) = structure(metadata, "labels")
    {
        labels["kubernetes.io/metadata.name"] = name;
    }
    if let Some(spec) = structure(object, "spec") {
        fill_pointer(spec, "finalizers", json!(["kubernetes"]));
    }
    if let Some(status) = structure(object, "status") {
        fill(status, "phase", "Active");
    }
}

fn claim(object: &mut Value) {
    if let Some(spec) = structure(object, "spec") {
        fill_pointer(spec, "volumeMode", "Filesystem");
    }
    if let Some(status) = structure(object, "status") {
        fill(status, "phase", "Pending");
    }
}

fn limit_range(object: &mut Value) {
    let Some(spec) = present(object, "spec") else { return };
    for item in items(spec, "limits").filter(|item| item["type"] == "Container") {
        let add = |item: &mut Value, to: &str, from: &str| {
            let source = item[from].as_object().cloned().unwrap_or_default();
            if let Some(target) = structure(item, to).and_then(Value::as_object_mut) {
                for (name, amount) in source {
                    target.entry(name).or_insert(amount);
                }
            }
        };
        add(item, "default", "max");
        add(item, "defaultRequest", "default");
        add(item, "defaultRequest", "min");
    }
}

fn network_policy(object: &mut Value) {
    let Some(spec) = structure(object, "spec") else { return };
    for list in ["ingress", "egress"] {
        for rule in items(spec, list) {
            items(rule, "ports").for_each(|port| fill_pointer(port, "protocol", "TCP"));
        }
    }
    if spec["policyTypes"].as_array().is_none_or(Vec::is_empty) {
        let egress = spec["egress"].as_array().is_some_and(|rules| !rules.is_empty());
        spec["policyTypes"] = if egress { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) };
    }
}

fn autoscaler(object: &mut Value) {
    let Some(spec) = structure(object, "spec") else { return };
    fill_pointer(spec, "minReplicas", 1);
    if spec["metrics"].as_array().is_none_or(Vec::is_empty) {
        spec["metrics"] = json!([{
            "type": "Resource",
            "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
        }]);
    }
    let Some(behavior) = present(spec, "behavior") else { return };
    for (key, up) in [("scaleUp", true), ("scaleDown", false)] {
        let Some(rules) = structure(behavior, key) else { continue };
        if up {
            fill_pointer(rules, "stabilizationWindowSeconds", 0);
        }
        fill_pointer(rules, "selectPolicy", "Max");
        let mut policies = vec![json!({"type": "Percent", "value": 100, "periodSeconds": 15})];
        if up {
            policies.insert(0, json!({"type": "Pods", "value": 4, "periodSeconds": 15}));
        }
        fill_pointer(rules, "policies", policies);
    }
}
