//! How the API server stores an object: decoded into its types and written again.
//!
//! Unknown and empty fields go, structures without a pointer are there even when empty, amounts take their
//! canonical form.

use serde_json::{Map, Value};

use crate::kind::Kind;
use crate::quantity::Quantity;
use crate::schema::{Leaf, Shape, schema};

/// The object as the API server stores it.
pub fn normalize(kind: &Kind, object: &Value) -> Value {
    let Some(root) = schema().of_kind(kind) else { return object.clone() };
    let mut stored = structure(root, object);
    if let Some(map) = stored.as_object_mut() {
        map.insert("apiVersion".into(), kind.api_version().into());
        map.insert("kind".into(), kind.kind.into());
    }
    stored
}

fn structure(name: &'static str, value: &Value) -> Value {
    let schema = schema();
    let mut map = Map::new();
    for field in schema.fields(name) {
        let given = value.get(field.name).unwrap_or(&Value::Null);
        let pointer = field.go_type.starts_with('*');
        if pointer && given.is_null() {
            if field.always {
                map.insert(field.name.into(), Value::Null);
            }
            continue;
        }
        let stored = match schema.shape(field.go_type) {
            // Structures are always written, as encoding/json does, moments as null.
            Shape::Struct(inner) => structure(inner, given),
            Shape::Leaf(Leaf::Time | Leaf::Any) if given.is_null() => {
                if field.omit_zero || schema.shape(field.go_type) == Shape::Leaf(Leaf::Any) {
                    continue;
                }
                Value::Null
            }
            Shape::Leaf(Leaf::Quantity) if given.is_null() => "0".into(),
            Shape::Leaf(Leaf::IntOrString) if given.is_null() => 0.into(),
            Shape::Leaf(leaf) => {
                let zero = zero(leaf);
                let given = if given.is_null() { &zero } else { given };
                let keep = pointer
                    || field.always
                    || *given != zero
                    || matches!(leaf, Leaf::Quantity | Leaf::IntOrString | Leaf::Time | Leaf::Any);
                if !keep {
                    continue;
                }
                self::leaf(leaf, given)
            }
            Shape::List(_) | Shape::Map(_) => {
                let empty = match given {
                    Value::Array(items) => items.is_empty(),
                    Value::Object(map) => map.is_empty(),
                    _ => true,
                };
                if empty && !field.always && !pointer {
                    continue;
                }
                collection(field.go_type, given)
            }
        };
        map.insert(field.name.into(), stored);
    }
    // Models Convert_apps_StatefulSetSpec_To_v1_StatefulSetSpec: its templates say what they are.
    if name == "PersistentVolumeClaim" {
        map.insert("apiVersion".into(), "v1".into());
        map.insert("kind".into(), name.into());
    }
    Value::Object(map)
}

fn zero(leaf: Leaf) -> Value {
    match leaf {
        Leaf::String | Leaf::Bytes => "".into(),
        Leaf::Bool => false.into(),
        Leaf::Int(_) => 0.into(),
        Leaf::Quantity | Leaf::Time | Leaf::IntOrString | Leaf::Any => Value::Null,
    }
}

fn leaf(leaf: Leaf, value: &Value) -> Value {
    match leaf {
        Leaf::Quantity => {
            Quantity::from_value(value).map_or_else(|_| value.clone(), |q| Value::String(q.to_string()))
        }
        _ => value.clone(),
    }
}

fn collection(go_type: &'static str, value: &Value) -> Value {
    let one = |item_type: &'static str, item: &Value| match schema().shape(item_type) {
        Shape::Struct(name) => structure(name, item),
        Shape::List(_) | Shape::Map(_) => collection(item_type, item),
        Shape::Leaf(Leaf::Quantity) if go_type.ends_with("ResourceList") => amount(item),
        Shape::Leaf(leaf) if item.is_null() => zero(leaf),
        Shape::Leaf(leaf) => self::leaf(leaf, item),
    };
    match (schema().shape(go_type), value) {
        (Shape::List(item_type), Value::Array(items)) => {
            Value::Array(items.iter().map(|item| one(item_type, item)).collect())
        }
        (Shape::Map(item_type), Value::Object(map)) => {
            let mut stored = Map::new();
            for (key, item) in map {
                stored.insert(key.clone(), one(item_type, item));
            }
            Value::Object(stored)
        }
        _ => Value::Null,
    }
}

/// An amount of a resource, rounded up to thousandths. Models SetDefaults_ResourceList (v1.36)
fn amount(value: &Value) -> Value {
    match Quantity::from_value(value) {
        Ok(quantity) => Value::String(quantity.rounded_to_millis().to_string()),
        Err(_) => value.clone(),
    }
}
