//! Makes the table of field names and types from the Go sources of the Kubernetes API.
//!
//! `cargo run -- STAGING > ../v1.36.txt`, where STAGING is `staging/src/k8s.io` of a checkout of
//! github.com/kubernetes/kubernetes at the release wanted; `cargo run -- --internal APIS > ../internal-v1.36.txt`,
//! where APIS is its `pkg/apis`, for the names and order in which messages show whole structures. The Go sources rather than the OpenAPI document,
//! because the API server's messages name Go types, and merge keys stand beside the fields.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::path::Path;

/// Go packages read, and what stands before their types' names in messages (`v1` is left out).
const PACKAGES: [(&str, &str); 17] = [
    ("apimachinery/pkg/apis/meta/v1", ""),
    ("apimachinery/pkg/runtime", "runtime."),
    ("api/core/v1", ""),
    ("api/apps/v1", ""),
    ("api/batch/v1", ""),
    ("api/autoscaling/v2", "v2."),
    ("api/coordination/v1", ""),
    ("api/discovery/v1", ""),
    ("api/networking/v1", ""),
    ("api/node/v1", ""),
    ("api/policy/v1", ""),
    ("api/rbac/v1", ""),
    ("api/scheduling/v1", ""),
    ("api/storage/v1", ""),
    ("apimachinery/pkg/types", "types."),
    ("apimachinery/pkg/api/resource", "resource."),
    ("apimachinery/pkg/util/intstr", "intstr."),
];

/// Types that are one value in JSON.
const LEAVES: [&str; 9] = [
    "Time",
    "MicroTime",
    "Duration",
    "FieldsV1",
    "resource.Quantity",
    "intstr.IntOrString",
    "runtime.RawExtension",
    "types.UID",
    "types.NodeName",
];

const ROOTS: &str = "Pod Binding ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolumeClaim \
    PersistentVolume PodTemplate ReplicationController ResourceQuota Secret ServiceAccount Service \
    ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet v2.HorizontalPodAutoscaler CronJob Job Lease \
    EndpointSlice IngressClass Ingress NetworkPolicy RuntimeClass PodDisruptionBudget ClusterRoleBinding \
    ClusterRole RoleBinding Role PriorityClass StorageClass";

#[derive(Default, Clone, PartialEq)]
struct Field {
    json: String,
    ty: String,
    required: bool,
    /// Written even when it is empty.
    always: bool,
    /// A structure that is left out when it is empty.
    omit_zero: bool,
    merge: String,
}

#[derive(Default)]
struct Schema {
    structs: BTreeMap<String, Vec<Field>>,
    aliases: BTreeMap<String, String>,
    values: BTreeMap<String, Vec<String>>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let root = match arguments.as_slice() {
        [flag, apis] if flag == "--internal" => {
            print!("{}", internal(apis));
            return;
        }
        [root] => root.clone(),
        _ => {
            eprintln!("usage: schema-generator STAGING | --internal APIS");
            std::process::exit(2);
        }
    };
    let mut schema = Schema::default();
    for (package, prefix) in PACKAGES {
        let folder = Path::new(&root).join(package);
        let mut files: Vec<_> = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|f| f.path()).collect();
        files.sort();
        for file in files {
            let name = file.file_name().unwrap_or_default().to_string_lossy().to_string();
            if name.ends_with(".go") && !name.contains("zz_") && !name.contains(".pb.") && !name.ends_with("_test.go") {
                let source = std::fs::read_to_string(&file).unwrap_or_default();
                schema.read(&source, prefix, package);
            }
        }
    }
    print!("{}", schema.write());
}

impl Schema {
    fn read(&mut self, source: &str, prefix: &str, package: &str) {
        let mut lines = source.lines();
        let mut optional = false;
        while let Some(line) = lines.next() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if line.starts_with("type ") && line.ends_with("struct {") {
                let mut fields = Vec::new();
                for line in lines.by_ref() {
                    if line == "}" {
                        break;
                    }
                    let text = line.trim();
                    if text.starts_with("//") {
                        optional |= text.starts_with("// +optional");
                    } else if let Some(field) = read_field(text, prefix, optional) {
                        fields.push(field);
                        optional = false;
                    } else {
                        optional = false;
                    }
                }
                let mut name = format!("{prefix}{}", words[1]);
                if self.structs.contains_key(&name) && fields != self.structs[&name] {
                    let group = package.split('/').nth(1).unwrap_or("");
                    name = format!("{name}#{group}");
                }
                self.structs.insert(name, fields);
            } else if words.len() == 3 && words[0] == "type" && line.starts_with("type ") {
                self.aliases.insert(format!("{prefix}{}", words[1]), qualify(words[2], prefix));
            } else if line.starts_with('\t') || line.starts_with("const ") {
                // A constant of a named type: `PodPending PodPhase = "Pending"`.
                let words = words.strip_prefix(&["const"]).unwrap_or(&words);
                if let [_, ty, "=", value] = words
                    && let Some(value) = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'))
                {
                    self.values.entry(format!("{prefix}{ty}")).or_default().push(value.to_string());
                }
            }
        }
    }

    /// The types that are reachable from the roots, each after the one that names it first.
    fn write(&self) -> String {
        let mut out = String::new();
        out.push_str("# Field names and types of the Kubernetes API, v1.36. Made by generator/; do not edit.\n");
        out.push_str("# cargo run --manifest-path generator/Cargo.toml -- KUBERNETES/staging/src/k8s.io > v1.36.txt\n");
        out.push_str("# `:Type` begins a type; then its fields: name, Go type, ~merge key. After the name stand\n");
        out.push_str("# * when required, ! when written even if empty, ? when a structure is left out if empty.\n");
        out.push_str("# `+Type` takes in the fields of another. `=Type Alias-of Value…` names a simple type.\n");
        let mut waiting: VecDeque<String> = ROOTS.split_whitespace().map(String::from).collect();
        let mut seen: BTreeSet<String> = waiting.iter().cloned().collect();
        while let Some(name) = waiting.pop_front() {
            if LEAVES.contains(&name.as_str()) {
                continue;
            }
            if let Some(fields) = self.structs.get(&name) {
                let group = name.split_once('#').map(|(_, group)| group);
                let _ = writeln!(out, ":{name}");
                for field in fields {
                    let mut ty = field.ty.clone();
                    let inner = inner_type(&ty).to_string();
                    if let Some(group) = group
                        && self.structs.contains_key(&format!("{inner}#{group}"))
                    {
                        ty = format!("{ty}#{group}");
                    }
                    let target = inner_type(&ty).to_string();
                    if seen.insert(target.clone()) {
                        waiting.push_back(target);
                    }
                    if field.json.is_empty() {
                        let _ = writeln!(out, "+{ty}");
                        continue;
                    }
                    let required = [("*", field.required), ("!", field.always), ("?", field.omit_zero)];
                    let required: String = required.iter().filter(|(_, on)| *on).map(|(mark, _)| *mark).collect();
                    let merge = if field.merge.is_empty() { String::new() } else { format!(" ~{}", field.merge) };
                    let _ = writeln!(out, "{}{required} {ty}{merge}", field.json);
                }
            } else if let Some(of) = self.aliases.get(&name) {
                let values = self.values.get(&name).map(|v| v.join(" ")).unwrap_or_default();
                let _ = writeln!(out, "={name} {of} {values}");
                let target = inner_type(of).to_string();
                if seen.insert(target.clone()) {
                    waiting.push_back(target);
                }
            }
        }
        out.lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }
}

/// The type of the items of lists and maps, and behind pointers.
fn inner_type(mut ty: &str) -> &str {
    loop {
        let next = ty
            .strip_prefix("[]")
            .or_else(|| ty.strip_prefix('*'))
            .or_else(|| ty.strip_prefix("map[").and_then(|rest| rest.split_once(']')).map(|(_, value)| value));
        match next {
            Some(inner) => ty = inner,
            None => return ty,
        }
    }
}

/// A Go type with the package names that messages use; `v1` is left out.
fn qualify(ty: &str, prefix: &str) -> String {
    let inner = inner_type(ty);
    let outer = &ty[..ty.len() - inner.len()];
    let basic = ["string", "bool", "int", "int32", "int64", "uint32", "float64", "byte", "uint8"];
    let named = match inner.split_once('.') {
        Some(("metav1" | "v1" | "corev1" | "core" | "apiv1", name)) => name.to_string(),
        Some(_) => inner.to_string(),
        None if basic.contains(&inner) => inner.to_string(),
        None => format!("{prefix}{inner}"),
    };
    outer.replace("metav1.", "").replace("v1.", "") + &named
}

fn tag<'a>(tags: &'a str, name: &str) -> Option<&'a str> {
    tags.split_once(&format!("{name}:\"")).and_then(|(_, rest)| rest.split_once('"')).map(|(value, _)| value)
}

fn read_field(text: &str, prefix: &str, optional: bool) -> Option<Field> {
    let (declaration, tags) = text.split_once('`')?;
    let json = tag(tags, "json")?;
    let words: Vec<&str> = declaration.split_whitespace().collect();
    let (ty, embedded) = match words.as_slice() {
        [ty] => (*ty, true),
        [_, ty] => (*ty, false),
        _ => return None,
    };
    let (name, options) = json.split_once(',').unwrap_or((json, ""));
    if name == "-" || (embedded && ty.ends_with("TypeMeta")) {
        return None;
    }
    let strategy = tag(tags, "patchStrategy").unwrap_or("");
    let mut merge = tag(tags, "patchMergeKey").unwrap_or("").to_string();
    if merge.is_empty() && strategy.contains("merge") {
        // A list of simple values that is merged has no key of its own.
        merge = "=".into();
    }
    if strategy.contains("retainKeys") {
        merge.push('!');
    }
    Some(Field {
        json: name.to_string(),
        ty: qualify(ty, prefix),
        required: !name.is_empty() && !optional && !options.contains("omitempty"),
        always: !name.is_empty() && !options.contains("omitempty"),
        omit_zero: options.contains("omitzero"),
        merge,
    })
}

/// The structures as the API server holds them, which have no JSON names.
fn internal(apis: &str) -> String {
    let mut structs: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for group in ["core", "apps", "batch", "policy"] {
        let source = std::fs::read_to_string(format!("{apis}/{group}/types.go")).unwrap_or_default();
        let mut open: Option<(String, Vec<(String, String)>)> = None;
        for line in source.lines() {
            let code = line.split("//").next().unwrap_or("");
            let words: Vec<&str> = code.split_whitespace().collect();
            match (&mut open, words.as_slice()) {
                (None, ["type", name, "struct", "{"]) => open = Some(((*name).to_string(), Vec::new())),
                (Some(_), ["}"]) => {
                    let (name, fields) = open.take().unwrap_or_default();
                    structs.insert(name, fields);
                }
                (Some((_, fields)), [ty]) if line.starts_with('\t') => fields.push((String::new(), (*ty).to_string())),
                (Some((_, fields)), [name, ty, ..]) => {
                    fields.push(((*name).to_string(), ty.replace("api.", "").replace("core.", "").replace("metav1.LabelSelector", "LabelSelector")));
                }
                _ => {}
            }
        }
    }
    // These have JSON names in their Go sources: what is missing is left out.
    let named = [
        ("LabelSelector", vec![("matchLabels", "map[string]string"), ("matchExpressions", "[]LabelSelectorRequirement")]),
        ("LabelSelectorRequirement", vec![("key", "string"), ("operator", "string"), ("values", "[]string")]),
        (
            "OwnerReference",
            vec![
                ("apiVersion", "string"),
                ("kind", "string"),
                ("name", "string"),
                ("uid", "string"),
                ("controller", "*bool"),
                ("blockOwnerDeletion", "*bool"),
            ],
        ),
    ];
    for (name, fields) in named {
        let fields = fields.into_iter().map(|(field, ty)| (field.to_string(), ty.to_string()));
        structs.insert(name.to_string(), fields.collect());
    }
    let mut out = String::from(
        "# How the API server's own structures are laid out, v1.36. Made by generator/; do not edit.\n\
         # cargo run --manifest-path generator/Cargo.toml -- --internal KUBERNETES/pkg/apis > internal-v1.36.txt\n",
    );
    let roots = [
        "PodSpec",
        "DeploymentStrategy",
        "PodDisruptionBudgetSpec",
        "StatefulSetUpdateStrategy",
        "PodFailurePolicy",
        "SuccessPolicy",
        "PersistentVolumeSource",
        "PersistentVolumeClaimSpec",
        "VolumeNodeAffinity",
        "ScopeSelector",
        "Taint",
        "OwnerReference",
    ];
    let mut waiting: VecDeque<String> = roots.iter().map(|root| (*root).to_string()).collect();
    let mut seen: BTreeSet<String> = waiting.iter().cloned().collect();
    while let Some(name) = waiting.pop_front() {
        let Some(fields) = structs.get(&name) else { continue };
        let _ = writeln!(out, ":{name}");
        for (field, ty) in fields {
            // What stands for a leaf needs no type.
            let inner = inner_type(ty).to_string();
            let known = structs.contains_key(&inner);
            if seen.insert(inner.clone()) {
                waiting.push_back(inner.clone());
            }
            let pointer = ty.starts_with('*') || ty.starts_with('[') || ty.starts_with("map[") || inner == "ResourceList";
            let shape = match (known, pointer, ty.as_str()) {
                (true, ..) => ty.clone(),
                (false, true, _) => "?".into(),
                (false, false, "bool") => "false".into(),
                (false, false, "int32" | "int64" | "intstr.IntOrString") => "0".into(),
                (false, false, "resource.Quantity") => "\"0\"".into(),
                (false, false, _) => String::new(),
            };
            let line = if field.is_empty() { format!("+{ty}") } else { format!("{field} {shape}") };
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }
    out
}
