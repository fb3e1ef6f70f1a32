//! The patch that `kubectl apply` sends: what the manifest changes in the live object, and what was in the
//! last manifest and is no longer in this one.
//! Models apimachinery/pkg/util/strategicpatch.CreateThreeWayMergePatch (v1.36)

use k8s_api::kind::Kind;
use k8s_api::schema::{Shape, schema};
use serde_json::{Map, Value, json};

use crate::tree::plain;

/// The patch from the live object to the manifest; empty when there is nothing to do.
pub(crate) fn patch(kind: &Kind, original: &Value, modified: &Value, current: &Value) -> Value {
    let root = schema().of_kind(kind);
    let empty = Map::new();
    let (original, modified, current) = (
        original.as_object().unwrap_or(&empty),
        modified.as_object().unwrap_or(&empty),
        current.as_object().unwrap_or(&empty),
    );
    let delta = diff_maps(current, modified, root, Mode::Additions, false, 0);
    let mut deletions = diff_maps(original, modified, root, Mode::Deletions, false, 0);
    merge_maps(&mut deletions, delta, root, 0);
    Value::Object(deletions)
}

/// Deeper objects are compared as a whole.
const DEPTH_MAX: usize = 100;

/// Which differences count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// What is new or changed.
    Additions,
    /// What is gone.
    Deletions,
}

/// What patches do with a field: its type below, and how its list merges.
struct Meta {
    below: Option<&'static str>,
    is_list: bool,
    /// `name`: by that key; `=`: by value; empty: the whole list at once.
    merge: &'static str,
    /// Only the new keys stay.
    retain_keys: bool,
}

fn meta(type_: Option<&'static str>, name: &str) -> Meta {
    let mut meta = Meta { below: None, is_list: false, merge: "", retain_keys: false };
    let Some((_, field)) = type_.and_then(|type_| schema().field(type_, name)) else {
        return meta;
    };
    match schema().shape(field.go_type) {
        Shape::Struct(name) => meta.below = Some(name),
        Shape::List(item) => {
            meta.is_list = true;
            if let Shape::Struct(name) = schema().shape(item) {
                meta.below = Some(name);
            }
        }
        Shape::Map(_) | Shape::Leaf(_) => {}
    }
    meta.retain_keys = field.merge.ends_with('!');
    meta.merge = field.merge.trim_end_matches('!');
    meta
}

/// Models strategicpatch.diffMaps
fn diff_maps(
    original: &Map<String, Value>,
    modified: &Map<String, Value>,
    type_: Option<&'static str>,
    mode: Mode,
    retain_keys: bool,
    depth: usize,
) -> Map<String, Value> {
    let mut patch = Map::new();
    for (key, new) in modified {
        let Some(old) = original.get(key) else {
            if mode == Mode::Additions {
                patch.insert(key.clone(), new.clone());
            }
            continue;
        };
        let meta = meta(type_, key);
        match (old, new) {
            // Such a structure is sent whole, changed or not. Models strategicpatch.handleMapDiff
            (Value::Object(_), Value::Object(_)) if meta.merge == "replace" => {
                if mode == Mode::Additions {
                    patch.insert(key.clone(), new.clone());
                }
            }
            (Value::Object(old), Value::Object(new)) if depth < DEPTH_MAX => {
                let inner = diff_maps(old, new, meta.below, mode, meta.retain_keys, depth + 1);
                if !inner.is_empty() {
                    patch.insert(key.clone(), Value::Object(inner));
                }
            }
            (Value::Array(old), Value::Array(new)) if meta.is_list && !meta.merge.is_empty() => {
                diff_lists(key, old, new, &meta, mode, depth, &mut patch);
            }
            _ => {
                if mode == Mode::Additions && old != new {
                    patch.insert(key.clone(), new.clone());
                }
            }
        }
    }
    if mode == Mode::Deletions {
        for key in original.keys().filter(|key| !modified.contains_key(*key)) {
            patch.insert(key.clone(), Value::Null);
        }
    }
    if retain_keys {
        let kept: Vec<&String> = modified.iter().filter(|(_, v)| !v.is_null()).map(|(key, _)| key).collect();
        let more = original.keys().any(|key| !modified.contains_key(key));
        if !kept.is_empty() && (!patch.is_empty() || more) {
            patch.insert("$retainKeys".to_string(), json!(kept));
        }
    }
    patch
}

/// Models strategicpatch.handleSliceDiff and diffLists
fn diff_lists(
    key: &str,
    old: &[Value],
    new: &[Value],
    meta: &Meta,
    mode: Mode,
    depth: usize,
    patch: &mut Map<String, Value>,
) {
    if old.is_empty() {
        if mode == Mode::Additions && !new.is_empty() {
            patch.insert(key.to_string(), new.into());
        }
        return;
    }
    let of_maps = old.iter().chain(new).any(Value::is_object);
    let order: Vec<Value>;
    let mut changes: Vec<Value> = Vec::new();
    if of_maps {
        let merge_key = meta.merge;
        let id = |item: &Value| item.get(merge_key).map(plain).unwrap_or_default();
        for item in new {
            match old.iter().find(|other| id(other) == id(item)) {
                Some(Value::Object(before)) if depth < DEPTH_MAX => {
                    let Value::Object(after) = item else { continue };
                    let mut inner = diff_maps(before, after, meta.below, mode, meta.retain_keys, depth + 1);
                    if !inner.is_empty() {
                        let value = item.get(merge_key).cloned().unwrap_or(Value::Null);
                        inner.insert(merge_key.to_string(), value);
                        changes.push(Value::Object(inner));
                    }
                }
                Some(_) => {}
                None if mode == Mode::Additions => changes.push(item.clone()),
                None => {}
            }
        }
        if mode == Mode::Deletions {
            for item in old.iter().filter(|item| !new.iter().any(|other| id(other) == id(item))) {
                let value = item.get(merge_key).cloned().unwrap_or(Value::Null);
                changes.push(json!({"$patch": "delete", merge_key: value}));
            }
        }
        let same_order = old.len() == new.len() && old.iter().zip(new).all(|(a, b)| id(a) == id(b));
        let needed = !changes.is_empty() || (mode == Mode::Additions && !same_order);
        order = if needed {
            let key_of = |item: &Value| item.get(merge_key).cloned().unwrap_or(Value::Null);
            new.iter().map(|item| json!({merge_key: key_of(item)})).collect()
        } else {
            Vec::new()
        };
    } else {
        let gone: Vec<Value> = old.iter().filter(|item| !new.contains(item)).cloned().collect();
        if mode == Mode::Additions {
            changes = new.iter().filter(|item| !old.contains(item)).cloned().collect();
        } else if !gone.is_empty() {
            patch.insert(format!("$deleteFromPrimitiveList/{key}"), gone.clone().into());
        }
        let needed = if mode == Mode::Additions { old != new } else { !gone.is_empty() };
        order = if needed { new.to_vec() } else { Vec::new() };
    }
    if !changes.is_empty() {
        patch.insert(key.to_string(), changes.into());
    }
    if !order.is_empty() {
        patch.insert(format!("$setElementOrder/{key}"), order.into());
    }
}

/// Adds one patch to another. Models strategicpatch.mergeMap for patches that do not contradict each other.
fn merge_maps(
    into: &mut Map<String, Value>,
    from: Map<String, Value>,
    type_: Option<&'static str>,
    depth: usize,
) {
    for (key, value) in from {
        let meta = meta(type_, &key);
        match (into.get_mut(&key), value) {
            (Some(Value::Object(into)), Value::Object(from)) if depth < DEPTH_MAX => {
                merge_maps(into, from, meta.below, depth + 1);
            }
            (Some(Value::Array(into)), Value::Array(from)) if meta.is_list && !meta.merge.is_empty() => {
                for item in from {
                    let id = item.get(meta.merge).cloned();
                    let same =
                        into.iter_mut().find(|other| id.is_some() && other.get(meta.merge) == id.as_ref());
                    match (same, item) {
                        (Some(Value::Object(into)), Value::Object(item)) => {
                            merge_maps(into, item, meta.below, depth + 1);
                        }
                        (_, item) => into.push(item),
                    }
                }
            }
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_api::kind::by_kind;

    fn check(original: Value, modified: Value, current: Value, expected: Value) {
        let kind = by_kind("Pod").unwrap();
        assert_eq!(patch(kind, &original, &modified, &current), expected);
    }

    #[test]
    fn what_the_server_added_is_left_alone() {
        let manifest = json!({"spec": {"containers": [{"name": "a", "image": "x"}]}});
        let live =
            json!({"spec": {"containers": [{"name": "a", "image": "x", "resources": {}}], "nodeName": "n"}});
        check(manifest.clone(), manifest, live, json!({}));
    }

    #[test]
    fn an_injected_list_item_makes_an_order() {
        let manifest = json!({"spec": {"volumes": [{"name": "v", "emptyDir": {}}]}});
        let live = json!({"spec": {"volumes": [{"name": "v", "emptyDir": {}}, {"name": "token"}]}});
        let expected = json!({"spec": {"$setElementOrder/volumes": [{"name": "v"}]}});
        check(manifest.clone(), manifest, live, expected);
    }

    #[test]
    fn what_left_the_manifest_is_deleted() {
        let before = json!({"metadata": {"labels": {"a": "1", "b": "2"}}});
        let after = json!({"metadata": {"labels": {"a": "1"}}});
        check(before.clone(), after, before, json!({"metadata": {"labels": {"b": null}}}));
    }
}
