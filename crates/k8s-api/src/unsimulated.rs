//! Fields of Pods that are accepted, kept and shown, but that the simulator does not act on.

use serde_json::Value;

use crate::kind::Kind;
use crate::yaml::Step;

/// One table, one place: paths below the Pod's spec, `[]` for the items of a list. Whoever teaches the
/// simulator a field takes it out here.
pub const FIELDS: &[&str] = &[
    "hostPID",
    "hostIPC",
    "hostUsers",
    "imagePullSecrets",
    "hostnameOverride",
    "resourceClaims",
    "schedulingGroup",
    "securityContext.seLinuxOptions",
    "securityContext.windowsOptions",
    "securityContext.seccompProfile",
    "securityContext.appArmorProfile",
    "securityContext.fsGroupChangePolicy",
    "securityContext.supplementalGroupsPolicy",
    "securityContext.seLinuxChangePolicy",
    "containers[].volumeDevices",
    "containers[].resources.claims",
    "containers[].securityContext.seLinuxOptions",
    "containers[].securityContext.windowsOptions",
    "containers[].securityContext.seccompProfile",
    "containers[].securityContext.appArmorProfile",
    "containers[].securityContext.procMount",
    "containers[].volumeMounts[].mountPropagation",
    "containers[].volumeMounts[].recursiveReadOnly",
    "volumes[].gcePersistentDisk",
    "volumes[].awsElasticBlockStore",
    "volumes[].gitRepo",
    "volumes[].nfs",
    "volumes[].iscsi",
    "volumes[].glusterfs",
    "volumes[].rbd",
    "volumes[].flexVolume",
    "volumes[].cinder",
    "volumes[].cephfs",
    "volumes[].flocker",
    "volumes[].fc",
    "volumes[].azureFile",
    "volumes[].azureDisk",
    "volumes[].vsphereVolume",
    "volumes[].quobyte",
    "volumes[].photonPersistentDisk",
    "volumes[].portworxVolume",
    "volumes[].scaleIO",
    "volumes[].storageos",
    "volumes[].csi",
];

/// The paths of such fields in a Pod's spec; what holds for containers holds for init containers too.
pub fn unsimulated(spec: &Value) -> Vec<Vec<Step>> {
    let mut found = Vec::new();
    for field in FIELDS {
        let parts: Vec<&str> = field.split('.').collect();
        walk(spec, &parts, &mut Vec::new(), &mut found);
        if let Some(rest) = field.strip_prefix("containers[]") {
            let field = format!("initContainers[]{rest}");
            let parts: Vec<&str> = field.split('.').collect();
            walk(spec, &parts, &mut Vec::new(), &mut found);
        }
    }
    found
}

/// The same for any kind that holds a Pod, with paths from the object's root.
pub fn in_object(kind: &Kind, object: &Value) -> Vec<Vec<Step>> {
    let way: &[&str] = match kind.kind {
        "Pod" => &["spec"],
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job" => &["spec", "template", "spec"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
        // Kept and shown, but nobody acts on it.
        "HorizontalPodAutoscaler" | "Ingress" | "NetworkPolicy" if object["spec"].is_object() => {
            return vec![vec![Step::Key("spec".into())]];
        }
        _ => return Vec::new(),
    };
    let spec = way.iter().fold(object, |value, key| &value[*key]);
    let prefix: Vec<Step> = way.iter().map(|key| Step::Key((*key).to_string())).collect();
    unsimulated(spec).into_iter().map(|path| [prefix.clone(), path].concat()).collect()
}

fn walk(value: &Value, parts: &[&str], path: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
    let Some((first, rest)) = parts.split_first() else {
        found.push(path.clone());
        return;
    };
    let (key, list) = match first.strip_suffix("[]") {
        Some(key) => (key, true),
        None => (*first, false),
    };
    let Some(inner) = value.get(key).filter(|inner| !inner.is_null()) else { return };
    path.push(Step::Key(key.to_string()));
    if list {
        for (i, item) in inner.as_array().into_iter().flatten().enumerate() {
            path.push(Step::Index(i));
            walk(item, rest, path, found);
            path.pop();
        }
    } else {
        walk(inner, rest, path, found);
    }
    path.pop();
}

#[cfg(test)]
mod tests {
    use crate::check::check;

    #[test]
    fn what_nobody_acts_on_is_told_where_it_is_written() {
        let told =
            |text: &str| -> Vec<String> { check(text).into_iter().map(|found| found.message).collect() };
        let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: none\nspec:\n  podSelector: {}\n";
        assert_eq!(told(policy), ["spec is accepted, but not simulated here"]);
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: all\ndata:\n  a: b\n";
        assert_eq!(told(map), Vec::<String>::new());
    }
}
