//! The checks behind the levels of Pod Security, one function each.
// Models k8s.io/pod-security-admission/policy (v1.36)

use k8s_api::Value;

/// So many Pods of a namespace are looked at when its level changes.
pub(crate) const PODS_MAX: usize = 3000;
/// The newest version that any check knows; later ones are the same.
const NEWEST_MINOR: u32 = 35;

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) reason: String,
    /// May be empty.
    pub(crate) detail: String,
}

fn violation(reason: &str, detail: String) -> Option<Violation> {
    Some(Violation { reason: reason.to_string(), detail })
}

/// A Pod as the checks see it.
struct Subject<'a> {
    metadata: &'a Value,
    spec: &'a Value,
    minor: u32,
}

/// One check: since which minor version, which check of the weaker level it stands for, what it does.
struct Check {
    id: &'static str,
    since: u32,
    overrides: &'static str,
    run: fn(&Subject<'_>) -> Option<Violation>,
}

const fn check(
    id: &'static str,
    since: u32,
    overrides: &'static str,
    run: fn(&Subject<'_>) -> Option<Violation>,
) -> Check {
    Check { id, since, overrides, run }
}

/// In the order of the messages.
const BASELINE: &[Check] = &[
    check("appArmorProfile", 0, "", app_armor),
    check("capabilities_baseline", 0, "", capabilities_baseline),
    check("hostNamespaces", 0, "", host_namespaces),
    check("hostPathVolumes", 0, "", host_path_volumes),
    check("hostPorts", 0, "", host_ports),
    check("hostProbesAndHostLifecycle", 34, "", host_probes),
    check("privileged", 0, "", privileged),
    check("procMount", 0, "", proc_mount_baseline),
    check("seLinuxOptions", 0, "", se_linux),
    check("seccompProfile_baseline", 0, "", seccomp_baseline),
    check("sysctls", 0, "", sysctls),
    check("windowsHostProcess", 0, "", windows_host_process),
];
const RESTRICTED: &[Check] = &[
    check("allowPrivilegeEscalation", 8, "", allow_privilege_escalation),
    check("capabilities_restricted", 22, "capabilities_baseline", capabilities_restricted),
    check("procMount_restricted", 35, "procMount", proc_mount),
    check("restrictedVolumes", 0, "hostPathVolumes", restricted_volumes),
    check("runAsNonRoot", 0, "", run_as_non_root),
    check("runAsUser", 23, "", run_as_user),
    check("seccompProfile_restricted", 19, "seccompProfile_baseline", seccomp_restricted),
];

/// Everything that a level forbids about a Pod.
// Models checkRegistry.EvaluatePod (v1.36)
pub(crate) fn evaluate(
    restricted: bool,
    minor: Option<u32>,
    metadata: &Value,
    spec: &Value,
) -> Vec<Violation> {
    let minor = minor.unwrap_or(NEWEST_MINOR).min(NEWEST_MINOR);
    let subject = Subject { metadata, spec, minor };
    let stricter: Vec<&Check> = if restricted {
        RESTRICTED.iter().filter(|check| check.since <= minor).collect()
    } else {
        Vec::new()
    };
    let overridden = |id: &str| stricter.iter().any(|check| check.overrides == id);
    let baseline = BASELINE.iter().filter(|check| check.since <= minor && !overridden(check.id));
    baseline.chain(stricter.iter().copied()).filter_map(|check| (check.run)(&subject)).collect()
}

impl<'a> Subject<'a> {
    /// Init containers, containers, ephemeral ones.
    fn containers(&self) -> impl Iterator<Item = &'a Value> + use<'a> {
        let spec = self.spec;
        let lists = ["initContainers", "containers", "ephemeralContainers"];
        lists.into_iter().flat_map(move |list| spec[list].as_array().into_iter().flatten())
    }

    /// The names of the containers that a test picks out.
    fn named(&self, mut test: impl FnMut(&Value) -> bool) -> Vec<String> {
        let found = self.containers().filter(|container| test(&container["securityContext"]));
        found.map(|container| container["name"].as_str().unwrap_or("").to_string()).collect()
    }

    fn is_windows(&self) -> bool {
        self.spec["os"]["name"] == "windows"
    }

    /// Pods in a user namespace of their own may do more since 1.35.
    fn is_relaxed(&self) -> bool {
        self.minor >= 35 && self.spec["hostUsers"] == false
    }
}

fn quoted(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| format!("\"{item}\"")).collect();
    items.join(", ")
}

fn word<'a>(one: &'a str, several: &'a str, count: usize) -> &'a str {
    if count == 1 { one } else { several }
}

/// `container "a"`, `containers "a", "b"`.
fn containers(names: &[String]) -> String {
    format!("{} {}", word("container", "containers", names.len()), quoted(names))
}

/// Adds a text to a sorted set of them.
fn note(set: &mut Vec<String>, text: &str) {
    if let Err(at) = set.binary_search_by(|other| other.as_str().cmp(text)) {
        set.insert(at, text.to_string());
    }
}

/// Who set something: the Pod, containers.
fn setters(pod: bool, names: &[String]) -> Vec<String> {
    let mut setters = Vec::new();
    if pod {
        setters.push("pod".to_string());
    }
    if !names.is_empty() {
        setters.push(containers(names));
    }
    setters
}

fn app_armor(subject: &Subject<'_>) -> Option<Violation> {
    let mut bad = Vec::new();
    let mut is_bad = |context: &Value| match context["appArmorProfile"]["type"].as_str() {
        None | Some("RuntimeDefault" | "Localhost") => false,
        Some(other) => {
            note(&mut bad, other);
            true
        }
    };
    let pod = is_bad(&subject.spec["securityContext"]);
    let mut who = setters(pod, &subject.named(is_bad));
    let mut annotations = Vec::new();
    for (key, value) in subject.metadata["annotations"].as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or("");
        let allowed = value.is_empty() || value == "runtime/default" || value.starts_with("localhost/");
        if key.starts_with("container.apparmor.security.beta.kubernetes.io/") && !allowed {
            note(&mut annotations, &format!("{key}={value:?}"));
        }
    }
    if !annotations.is_empty() {
        who.push(word("annotation", "annotations", annotations.len()).to_string());
        bad.extend(annotations);
    }
    if who.is_empty() {
        return None;
    }
    let reason = word("forbidden AppArmor profile", "forbidden AppArmor profiles", bad.len());
    violation(reason, format!("{} must not set AppArmor profile type to {}", who.join(" and "), quoted(&bad)))
}

/// What a container may add without being special.
const DEFAULT_CAPABILITIES: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// The texts of a list.
fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// Containers that add capabilities which are not allowed, and those.
fn adding(subject: &Subject<'_>, allowed: &[&str]) -> (Vec<String>, Vec<String>) {
    let mut added = Vec::new();
    let names = subject.named(|context| {
        let bad: Vec<&str> =
            texts(&context["capabilities"]["add"]).filter(|name| !allowed.contains(name)).collect();
        bad.iter().for_each(|name| note(&mut added, name));
        !bad.is_empty()
    });
    (names, added)
}

fn may_not_add(names: &[String], added: &[String]) -> String {
    format!("{} must not include {} in securityContext.capabilities.add", containers(names), quoted(added))
}

fn capabilities_baseline(subject: &Subject<'_>) -> Option<Violation> {
    let (names, added) = adding(subject, DEFAULT_CAPABILITIES);
    if names.is_empty() {
        return None;
    }
    violation("non-default capabilities", may_not_add(&names, &added))
}

fn capabilities_restricted(subject: &Subject<'_>) -> Option<Violation> {
    if subject.minor >= 25 && subject.is_windows() {
        return None;
    }
    let keeping = subject.named(|context| !texts(&context["capabilities"]["drop"]).any(|name| name == "ALL"));
    let (names, added) = adding(subject, &["NET_BIND_SERVICE"]);
    let mut details = Vec::new();
    if !keeping.is_empty() {
        details
            .push(format!("{} must set securityContext.capabilities.drop=[\"ALL\"]", containers(&keeping)));
    }
    if !names.is_empty() {
        details.push(may_not_add(&names, &added));
    }
    if details.is_empty() {
        return None;
    }
    violation("unrestricted capabilities", details.join("; "))
}

fn host_namespaces(subject: &Subject<'_>) -> Option<Violation> {
    let fields = ["hostNetwork", "hostPID", "hostIPC"];
    let set: Vec<String> = fields
        .iter()
        .filter(|field| subject.spec[**field] == true)
        .map(|field| format!("{field}=true"))
        .collect();
    if set.is_empty() { None } else { violation("host namespaces", set.join(", ")) }
}

fn host_path_volumes(subject: &Subject<'_>) -> Option<Violation> {
    let volumes = subject.spec["volumes"].as_array().into_iter().flatten();
    let names: Vec<String> = volumes
        .filter(|volume| !volume["hostPath"].is_null())
        .map(|volume| volume["name"].as_str().unwrap_or("").to_string())
        .collect();
    if names.is_empty() {
        return None;
    }
    violation("hostPath volumes", format!("{} {}", word("volume", "volumes", names.len()), quoted(&names)))
}

fn host_ports(subject: &Subject<'_>) -> Option<Violation> {
    let mut ports = Vec::new();
    let mut names = Vec::new();
    for container in subject.containers() {
        let used = container["ports"].as_array().into_iter().flatten().filter_map(|p| p["hostPort"].as_i64());
        let used: Vec<i64> = used.filter(|port| *port != 0).collect();
        if !used.is_empty() {
            names.push(container["name"].as_str().unwrap_or("").to_string());
        }
        used.iter().for_each(|port| note(&mut ports, &port.to_string()));
    }
    if names.is_empty() {
        return None;
    }
    let detail = format!(
        "{} {} {} {}",
        containers(&names),
        word("uses", "use", names.len()),
        word("hostPort", "hostPorts", ports.len()),
        ports.join(", ")
    );
    violation("hostPort", detail)
}

fn host_probes(subject: &Subject<'_>) -> Option<Violation> {
    let (mut names, mut hosts) = (Vec::new(), Vec::new());
    for container in subject.containers() {
        let lifecycle = &container["lifecycle"];
        let handlers = [
            &container["livenessProbe"],
            &container["readinessProbe"],
            &container["startupProbe"],
            &lifecycle["postStart"],
            &lifecycle["preStop"],
        ];
        for handler in handlers {
            for way in ["httpGet", "tcpSocket"] {
                if let Some(host) = handler[way]["host"].as_str().filter(|host| !host.is_empty()) {
                    note(&mut names, container["name"].as_str().unwrap_or(""));
                    note(&mut hosts, host);
                }
            }
        }
    }
    if names.is_empty() {
        return None;
    }
    let detail = format!(
        "{} {} {} {}",
        containers(&names),
        word("uses", "use", names.len()),
        word("probe or lifecycle host", "probe or lifecycle hosts", hosts.len()),
        quoted(&hosts)
    );
    violation("probe or lifecycle host", detail)
}

fn privileged(subject: &Subject<'_>) -> Option<Violation> {
    let names = subject.named(|context| context["privileged"] == true);
    if names.is_empty() {
        return None;
    }
    violation("privileged", format!("{} must not set securityContext.privileged=true", containers(&names)))
}

fn proc_mount_baseline(subject: &Subject<'_>) -> Option<Violation> {
    if subject.is_relaxed() { None } else { proc_mount(subject) }
}

fn proc_mount(subject: &Subject<'_>) -> Option<Violation> {
    let mut types = Vec::new();
    let names = subject.named(|context| match context["procMount"].as_str() {
        None | Some("Default") => false,
        Some(other) => {
            note(&mut types, other);
            true
        }
    });
    if names.is_empty() {
        return None;
    }
    let detail =
        format!("{} must not set securityContext.procMount to {}", containers(&names), quoted(&types));
    violation("procMount", detail)
}

fn se_linux(subject: &Subject<'_>) -> Option<Violation> {
    let mut allowed = vec!["", "container_t", "container_init_t", "container_kvm_t"];
    if subject.minor >= 31 {
        allowed.push("container_engine_t");
    }
    let (mut types, mut user, mut role) = (Vec::new(), false, false);
    let mut is_bad = |context: &Value| {
        let options = &context["seLinuxOptions"];
        let text = |field: &str| options[field].as_str().unwrap_or("");
        let wrong_type = !allowed.contains(&text("type"));
        if wrong_type {
            note(&mut types, text("type"));
        }
        let (has_user, has_role) = (!text("user").is_empty(), !text("role").is_empty());
        user |= has_user;
        role |= has_role;
        wrong_type || has_user || has_role
    };
    let pod = is_bad(&subject.spec["securityContext"]);
    let who = setters(pod, &subject.named(is_bad));
    if who.is_empty() {
        return None;
    }
    let mut data = Vec::new();
    if !types.is_empty() {
        data.push(format!("{} {}", word("type", "types", types.len()), quoted(&types)));
    }
    if user {
        data.push("user may not be set".to_string());
    }
    if role {
        data.push("role may not be set".to_string());
    }
    let detail =
        format!("{} set forbidden securityContext.seLinuxOptions: {}", who.join(" and "), data.join("; "));
    violation("seLinuxOptions", detail)
}

/// Who sets a bad seccomp profile, which ones; and who sets none at all, counting the Pod's.
fn seccomp(subject: &Subject<'_>) -> (Vec<String>, Vec<String>, Vec<String>) {
    let mut bad = Vec::new();
    let mut is_bad = |context: &Value| match context["seccompProfile"]["type"].as_str() {
        None | Some("RuntimeDefault" | "Localhost") => false,
        Some(other) => {
            note(&mut bad, other);
            true
        }
    };
    let pod_context = &subject.spec["securityContext"];
    let pod = is_bad(pod_context);
    let who = setters(pod, &subject.named(is_bad));
    let covered = !pod_context["seccompProfile"].is_null() && !pod;
    let without = subject.named(|context| context["seccompProfile"].is_null() && !covered);
    (who, bad, without)
}

fn bad_seccomp(who: &[String], bad: &[String]) -> Option<Violation> {
    let detail =
        format!("{} must not set securityContext.seccompProfile.type to {}", who.join(" and "), quoted(bad));
    violation("seccompProfile", detail)
}

fn seccomp_baseline(subject: &Subject<'_>) -> Option<Violation> {
    // Before 1.19 profiles were annotations, which no server takes any more.
    let (who, bad, _) = seccomp(subject);
    if who.is_empty() || subject.minor < 19 { None } else { bad_seccomp(&who, &bad) }
}

fn seccomp_restricted(subject: &Subject<'_>) -> Option<Violation> {
    if subject.minor >= 25 && subject.is_windows() {
        return None;
    }
    let (who, bad, without) = seccomp(subject);
    if !who.is_empty() {
        return bad_seccomp(&who, &bad);
    }
    if without.is_empty() {
        return None;
    }
    let detail = format!(
        "pod or {} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"",
        containers(&without)
    );
    violation("seccompProfile", detail)
}

/// Harmless ones, each since a minor version.
pub(crate) const SAFE_SYSCTLS: &[(&str, u32)] = &[
    ("kernel.shm_rmid_forced", 0),
    ("net.ipv4.ip_local_port_range", 0),
    ("net.ipv4.tcp_syncookies", 0),
    ("net.ipv4.ping_group_range", 0),
    ("net.ipv4.ip_unprivileged_port_start", 0),
    ("net.ipv4.ip_local_reserved_ports", 27),
    ("net.ipv4.tcp_keepalive_time", 29),
    ("net.ipv4.tcp_fin_timeout", 29),
    ("net.ipv4.tcp_keepalive_intvl", 29),
    ("net.ipv4.tcp_keepalive_probes", 29),
    ("net.ipv4.tcp_rmem", 32),
    ("net.ipv4.tcp_wmem", 32),
];

fn sysctls(subject: &Subject<'_>) -> Option<Violation> {
    let safe =
        |name: &str| SAFE_SYSCTLS.iter().any(|(other, since)| *other == name && *since <= subject.minor);
    let set = subject.spec["securityContext"]["sysctls"].as_array().into_iter().flatten();
    let bad: Vec<&str> =
        set.filter_map(|sysctl| sysctl["name"].as_str()).filter(|name| !safe(name)).collect();
    if bad.is_empty() { None } else { violation("forbidden sysctls", bad.join(", ")) }
}

fn windows_host_process(subject: &Subject<'_>) -> Option<Violation> {
    let is_bad = |context: &Value| context["windowsOptions"]["hostProcess"] == true;
    let who = setters(is_bad(&subject.spec["securityContext"]), &subject.named(is_bad));
    if who.is_empty() {
        return None;
    }
    let detail =
        format!("{} must not set securityContext.windowsOptions.hostProcess=true", who.join(" and "));
    violation("hostProcess", detail)
}

fn allow_privilege_escalation(subject: &Subject<'_>) -> Option<Violation> {
    if subject.minor >= 25 && subject.is_windows() {
        return None;
    }
    let names = subject.named(|context| context["allowPrivilegeEscalation"] != false);
    if names.is_empty() {
        return None;
    }
    let detail = format!("{} must set securityContext.allowPrivilegeEscalation=false", containers(&names));
    violation("allowPrivilegeEscalation != false", detail)
}

/// Volumes that anybody may use.
const FREE_VOLUMES: &[&str] = &[
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

fn restricted_volumes(subject: &Subject<'_>) -> Option<Violation> {
    let (mut names, mut types) = (Vec::new(), Vec::new());
    for volume in subject.spec["volumes"].as_array().into_iter().flatten() {
        let set = |field: &str| volume.get(field).is_some_and(|source| !source.is_null());
        if FREE_VOLUMES.iter().any(|field| set(field)) {
            continue;
        }
        names.push(volume["name"].as_str().unwrap_or("").to_string());
        let source = volume.as_object().into_iter().flatten().find(|(key, _)| *key != "name");
        note(&mut types, source.map_or("unknown", |(key, _)| key));
    }
    if names.is_empty() {
        return None;
    }
    let detail = format!(
        "{} {} {} {} {}",
        word("volume", "volumes", names.len()),
        quoted(&names),
        word("uses", "use", names.len()),
        word("restricted volume type", "restricted volume types", types.len()),
        quoted(&types)
    );
    violation("restricted volume types", detail)
}

fn run_as_non_root(subject: &Subject<'_>) -> Option<Violation> {
    if subject.is_relaxed() {
        return None;
    }
    let reason = "runAsNonRoot != true";
    let pod = &subject.spec["securityContext"]["runAsNonRoot"];
    let who = setters(*pod == false, &subject.named(|context| context["runAsNonRoot"] == false));
    if !who.is_empty() {
        let detail = format!("{} must not set securityContext.runAsNonRoot=false", who.join(" and "));
        return violation(reason, detail);
    }
    let without = subject.named(|context| context["runAsNonRoot"].is_null() && *pod != true);
    if without.is_empty() {
        return None;
    }
    violation(reason, format!("pod or {} must set securityContext.runAsNonRoot=true", containers(&without)))
}

fn run_as_user(subject: &Subject<'_>) -> Option<Violation> {
    if subject.is_relaxed() {
        return None;
    }
    let is_bad = |context: &Value| context["runAsUser"] == 0;
    let who = setters(is_bad(&subject.spec["securityContext"]), &subject.named(is_bad));
    if who.is_empty() {
        return None;
    }
    violation("runAsUser=0", format!("{} must not set runAsUser=0", who.join(" and ")))
}
