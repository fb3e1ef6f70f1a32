//! Looking things up in an object's JSON tree without unwrapping at every step.

use serde_json::Value;

/// Stands for everything that is absent.
pub(crate) static NULL: Value = Value::Null;

/// The value at a path of field names joined by dots; `Null` when any part is missing.
pub(crate) fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.').try_fold(value, |value, name| value.get(name)).unwrap_or(&NULL)
}

/// The text at a path, or `""`.
pub(crate) fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    at(value, path).as_str().unwrap_or("")
}

/// The whole number at a path, or 0.
pub(crate) fn int(value: &Value, path: &str) -> i64 {
    at(value, path).as_i64().unwrap_or(0)
}

/// Whether a boolean stands at a path and is true.
pub(crate) fn truth(value: &Value, path: &str) -> bool {
    at(value, path).as_bool().unwrap_or(false)
}

/// The list at a path, or an empty one.
pub(crate) fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    at(value, path).as_array().map_or(&[], Vec::as_slice)
}

/// The entries of the map at a path, in the order of their keys.
pub(crate) fn entries<'a>(value: &'a Value, path: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    at(value, path).as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

/// Whether something stands at a path.
pub(crate) fn has(value: &Value, path: &str) -> bool {
    !at(value, path).is_null()
}

/// The object's name.
pub(crate) fn name(object: &Value) -> &str {
    text(object, "metadata.name")
}

/// The object's namespace; `""` for objects of the whole cluster.
pub(crate) fn namespace(object: &Value) -> &str {
    text(object, "metadata.namespace")
}

/// A scalar as Go's `%v` prints it.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Sets the value at a path, making the maps on the way.
pub(crate) fn set(value: &mut Value, path: &str, new: Value) {
    let mut here = value;
    for name in path.split('.') {
        if !here.is_object() {
            *here = Value::Object(serde_json::Map::new());
        }
        let Some(map) = here.as_object_mut() else { return };
        here = map.entry(name).or_insert(Value::Null);
    }
    *here = new;
}

/// A map of the entries that are neither null nor empty texts.
pub(crate) fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Object(
        entries
            .into_iter()
            .filter(|(_, value)| !value.is_null() && value.as_str() != Some(""))
            .map(|(key, value)| (key.to_string(), value))
            .collect(),
    )
}
