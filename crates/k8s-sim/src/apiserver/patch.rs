//! Patches: JSON merge patch, JSON patch, strategic merge patch.

use k8s_api::Value;
use k8s_api::kind::Kind;
use k8s_api::meta::Status;
use k8s_api::validation::field::{ErrorList, Path};
use k8s_api::yaml::Step;

use crate::input::PatchType;

/// Why a patch cannot be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no patch.
    NoPatch,
    /// It is no object, but what JSON calls so.
    NoObject(&'static str),
    /// One of its operations does not fit the object.
    Unfit,
}

/// Applies a patch.
///
/// # Errors
/// It is no patch, or does not fit.
pub fn apply(target: &Value, patch_type: PatchType, patch: &Value, kind: &str) -> Result<Value, Refusal> {
    let mut result = target.clone();
    if patch_type != PatchType::Json {
        match patch {
            Value::Object(_) => {}
            Value::Null => return Ok(result),
            Value::Bool(_) => return Err(Refusal::NoObject("bool")),
            Value::Number(_) => return Err(Refusal::NoObject("number")),
            Value::String(_) => return Err(Refusal::NoObject("string")),
            Value::Array(_) => return Err(Refusal::NoObject("array")),
        }
    }
    match patch_type {
        PatchType::Merge => merge(&mut result, patch),
        PatchType::Strategic => strategic(&mut result, patch, kind, ""),
        PatchType::Json => json_patch(&mut result, patch)?,
    }
    Ok(result)
}

/// What is wrong with the types of a patched object, in the API server's words.
// Models applyPatchToObject and the runtime's converter (v1.36): its words are not those of a JSON decoder, which
// jsonPatcher.applyPatchToCurrentObject uses for the other types of patches
pub fn check_types(
    kind: &Kind,
    patched: &Value,
    patch_type: PatchType,
    patch: &Value,
) -> Result<(), Box<Status>> {
    let decoded = k8s_api::decode::decode(kind, patched);
    let Some(problem) = decoded.mistyped.first() else { return Ok(()) };
    if patch_type != PatchType::Strategic {
        return Err(invalid(&patched.to_string(), &problem.message));
    }
    let mut found = patched;
    for step in &problem.path {
        found = match step {
            Step::Key(key) => &found[key.as_str()],
            Step::Index(index) => &found[*index],
        };
    }
    let is = match found {
        Value::Array(_) => "slice",
        Value::Object(_) => "map",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        _ => "string",
    };
    let wanted = problem.message.rsplit_once("of type ").map_or("", |(_, wanted)| wanted);
    let why = if problem.own && problem.message.starts_with("json: ") {
        let what = problem.message.split(" into ").next().unwrap_or("");
        format!("{what} into Go value of type {wanted}")
    } else if wanted.starts_with("[]") {
        format!("cannot restore slice from {is}")
    } else if wanted.starts_with("map") {
        format!("cannot restore map from {is}")
    } else if wanted.contains('.') {
        format!("cannot restore struct from: {is}")
    } else if matches!((is, wanted), ("int64", "string")) {
        format!("cannot convert {is} to {wanted}")
    } else if problem.message.starts_with("json: ") && !wanted.is_empty() {
        format!("unrecognized type: {wanted}")
    } else {
        problem.message.clone()
    };
    Err(refused(patch, &why))
}

/// The answer to a strategic patch whose outcome does not decode; it shows what is left of the patch by then.
pub fn refused(patch: &Value, why: &str) -> Box<Status> {
    let mut rest = patch.clone();
    consume(&mut rest);
    invalid(&go_text(&rest), why)
}

/// Models apierrors.NewInvalid without a kind or a name
fn invalid(value: &str, why: &str) -> Box<Status> {
    let mut errors = ErrorList::default();
    errors.invalid(&Path::new("patch"), value, why);
    Box::new(errors.status("", "", ""))
}

/// Lists whose order is given are taken out of a patch as they are merged. Models mergePatchIntoOriginal
fn consume(patch: &mut Value) {
    let Some(map) = patch.as_object_mut() else { return };
    let ordered: Vec<String> =
        map.keys().filter_map(|key| Some(key.strip_prefix("$setElementOrder/")?.to_string())).collect();
    for list in ordered {
        map.remove(&format!("$setElementOrder/{list}"));
        map.remove(&list);
    }
    map.remove("$retainKeys");
    map.iter_mut().for_each(|(_, value)| consume(value));
}

/// A value as Go's `%+v` prints it.
fn go_text(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".into(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(go_text).collect::<Vec<_>>().join(" ")),
        Value::Object(map) => {
            // The map is in order already.
            let entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{key}:{}", go_text(value))).collect();
            format!("map[{}]", entries.join(" "))
        }
        other => other.to_string(),
    }
}

/// RFC 7386.
pub fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Default::default());
    }
    let Value::Object(map) = target else { return };
    for (key, value) in changes {
        if value.is_null() {
            map.remove(key);
        } else {
            merge(map.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

/// Lists that are merged by a key rather than replaced: field and key.
// Facts from the patchMergeKey tags of k8s.io/api (v1.36)
const MERGE_KEYS: &[(&str, &str)] = &[
    ("containers", "name"),
    ("initContainers", "name"),
    ("ephemeralContainers", "name"),
    ("volumes", "name"),
    ("env", "name"),
    ("volumeMounts", "mountPath"),
    ("volumeDevices", "devicePath"),
    ("conditions", "type"),
    ("imagePullSecrets", "name"),
    ("hostAliases", "ip"),
    ("topologySpreadConstraints", "topologyKey"),
    ("ownerReferences", "uid"),
    ("schedulingGates", "name"),
    ("addresses", "type"),
    ("podIPs", "ip"),
    ("hostIPs", "ip"),
    ("secrets", "name"),
];
/// Lists of plain values that are merged as sets.
const MERGED_SETS: &[&str] = &["finalizers", "podCIDRs"];

fn merge_key(field: &str, items: &[Value]) -> Option<&'static str> {
    if field == "ports" {
        // A Service's ports go by `port`, a container's by `containerPort`.
        let container = items.iter().any(|item| item.get("containerPort").is_some());
        return Some(if container { "containerPort" } else { "port" });
    }
    MERGE_KEYS.iter().find(|(name, _)| *name == field).map(|(_, key)| *key)
}

/// A strategic merge patch: lists with a merge key are merged item by item, `$patch` directives are honoured.
// Models k8s.io/apimachinery/pkg/util/strategicpatch (v1.36)
pub fn strategic(target: &mut Value, patch: &Value, kind: &str, field: &str) {
    match patch {
        Value::Object(changes) => {
            if changes.get("$patch").and_then(Value::as_str) == Some("replace") {
                let mut replaced = changes.clone();
                replaced.remove("$patch");
                *target = Value::Object(replaced);
                return;
            }
            if !target.is_object() {
                *target = Value::Object(Default::default());
            }
            let Value::Object(map) = target else { return };
            for (key, value) in changes {
                if key == "$patch" || key.starts_with("$setElementOrder/") || key.starts_with("$retainKeys") {
                    continue;
                }
                if let Some(list) = key.strip_prefix("$deleteFromPrimitiveList/") {
                    if let (Some(Value::Array(items)), Value::Array(gone)) = (map.get_mut(list), value) {
                        items.retain(|item| !gone.contains(item));
                    }
                    continue;
                }
                if value.is_null() {
                    map.remove(key);
                } else if value.is_object() || value.is_array() {
                    strategic(map.entry(key.clone()).or_insert(Value::Null), value, kind, key);
                } else {
                    map.insert(key.clone(), value.clone());
                }
            }
            for (key, order) in changes {
                if let Some(list) = key.strip_prefix("$setElementOrder/") {
                    reorder(map.get_mut(list), order, list);
                }
            }
        }
        Value::Array(items) => strategic_list(target, items, kind, field),
        other => *target = other.clone(),
    }
}

fn strategic_list(target: &mut Value, items: &[Value], kind: &str, field: &str) {
    let Some(key) = merge_key(field, items) else {
        match target {
            Value::Array(old) if MERGED_SETS.contains(&field) => {
                for item in items {
                    if !old.contains(item) {
                        old.push(item.clone());
                    }
                }
            }
            _ => *target = Value::Array(items.to_vec()),
        }
        return;
    };
    if !target.is_array() {
        *target = Value::Array(Vec::new());
    }
    let Value::Array(old) = target else { return };
    for item in items {
        let found = item.get(key).and_then(|id| old.iter().position(|other| other.get(key) == Some(id)));
        match (item.get("$patch").and_then(Value::as_str), found) {
            (Some("delete"), Some(at)) => {
                old.remove(at);
            }
            (Some("delete"), None) => {}
            (Some("replace"), _) if item.get(key).is_none() => old.clear(),
            (_, Some(at)) => strategic(&mut old[at], item, kind, ""),
            (_, None) => {
                let mut new = Value::Null;
                strategic(&mut new, item, kind, "");
                old.push(new);
            }
        }
    }
}

fn reorder(list: Option<&mut Value>, order: &Value, field: &str) {
    let (Some(Value::Array(items)), Value::Array(order)) = (list, order) else { return };
    let key = merge_key(field, items);
    let place = |item: &Value| {
        order.iter().position(|wanted| match key {
            Some(key) => wanted.get(key) == item.get(key),
            None => wanted == item,
        })
    };
    let place = |item: &Value| place(item).unwrap_or(usize::MAX);
    k8s_api::small::sort(items, &|a, b| place(a) < place(b));
}

/// RFC 6902.
fn json_patch(target: &mut Value, patch: &Value) -> Result<(), Refusal> {
    let Value::Array(operations) = patch else {
        return Err(Refusal::NoPatch);
    };
    for operation in operations {
        let text = |key: &str| operation.get(key).and_then(Value::as_str).unwrap_or_default();
        let path = text("path");
        match text("op") {
            "add" => add(target, path, operation["value"].clone())?,
            "replace" => {
                remove(target, path)?;
                add(target, path, operation["value"].clone())?;
            }
            "remove" => {
                remove(target, path)?;
            }
            "test" => {
                if target.pointer(path) != operation.get("value") {
                    return Err(Refusal::Unfit);
                }
            }
            "move" => {
                let value = remove(target, text("from"))?;
                add(target, path, value)?;
            }
            "copy" => {
                let value = target.pointer(text("from")).cloned().unwrap_or(Value::Null);
                add(target, path, value)?;
            }
            _ => return Err(Refusal::Unfit),
        }
    }
    Ok(())
}

fn split(path: &str) -> (&str, String) {
    let (parent, last) = path.rsplit_once('/').unwrap_or(("", path));
    (parent, last.replace("~1", "/").replace("~0", "~"))
}

fn add(target: &mut Value, path: &str, value: Value) -> Result<(), Refusal> {
    if path.is_empty() {
        *target = value;
        return Ok(());
    }
    let (parent, last) = split(path);
    match target.pointer_mut(parent) {
        Some(Value::Object(map)) => {
            map.insert(last, value);
        }
        Some(Value::Array(items)) => {
            let at = if last == "-" { items.len() } else { last.parse().map_err(|_| Refusal::Unfit)? };
            if at > items.len() {
                return Err(Refusal::Unfit);
            }
            items.insert(at, value);
        }
        _ => return Err(Refusal::Unfit),
    }
    Ok(())
}

fn remove(target: &mut Value, path: &str) -> Result<Value, Refusal> {
    let (parent, last) = split(path);
    let removed = match target.pointer_mut(parent) {
        Some(Value::Object(map)) => map.remove(&last),
        Some(Value::Array(items)) => {
            last.parse::<usize>().ok().filter(|&at| at < items.len()).map(|at| items.remove(at))
        }
        _ => None,
    };
    removed.ok_or(Refusal::Unfit)
}
