//! Typed records over the JSON tree: one small macro instead of a serialization framework.
//!
//! Reading is lenient (a missing or mistyped value becomes the default), because manifests are checked by
//! [`crate::manifest`] before they get here. Writing omits empty values, as Go's `omitempty` does, unless the
//! field is marked `always`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// A value that can be read from a field of a tree. Apart from [`Field`], so that a page that only reads a type
/// need not carry the code that writes it.
pub trait Load {
    /// Takes the value from the tree; what does not fit becomes the default. To be called on a fresh value.
    fn load(&mut self, value: &Value);
}

/// A value that can be written into a field of a tree.
pub trait Field {
    /// The value as it stands in the tree.
    fn write(&self) -> Value;
    /// Whether `omitempty` leaves it out.
    fn is_empty(&self) -> bool;
}

/// One field while reading: its JSON name and where it goes.
pub type FieldMut<'a> = (&'static str, &'a mut dyn Load);
/// One field while writing: its JSON name, whether it is written when empty, its value.
pub type FieldRef<'a> = (&'static str, bool, &'a dyn Field);

/// Reads every field of a record; absent ones get their default.
pub fn load_fields(fields: &mut [FieldMut<'_>], value: &Value) {
    for (name, field) in fields {
        field.load(value.get(*name).unwrap_or(&Value::Null));
    }
}

/// Writes the fields of a record that are not empty (or that are always written).
pub fn write_fields(fields: &[FieldRef<'_>]) -> Value {
    let mut map = Map::new();
    for (name, always, field) in fields {
        if *always || !field.is_empty() {
            map.insert((*name).to_string(), field.write());
        }
    }
    Value::Object(map)
}

/// Whether every field that may be omitted is empty and none must be written.
pub fn fields_empty(fields: &[FieldRef<'_>]) -> bool {
    fields.iter().all(|(_, always, field)| !always && field.is_empty())
}

/// A value read from a tree. Not inlined, so that each type has its reader once.
#[inline(never)]
fn fresh<T: Load + Default>(value: &Value) -> T {
    let mut new = T::default();
    new.load(value);
    new
}

impl Load for String {
    fn load(&mut self, value: &Value) {
        self.clear();
        if let Some(text) = value.as_str() {
            self.push_str(text);
        }
    }
}

impl Field for String {
    fn write(&self) -> Value {
        Value::String(self.clone())
    }
    fn is_empty(&self) -> bool {
        self.as_str().is_empty()
    }
}

impl Load for bool {
    fn load(&mut self, value: &Value) {
        *self = value.as_bool().unwrap_or(false);
    }
}

impl Field for bool {
    fn write(&self) -> Value {
        Value::Bool(*self)
    }
    fn is_empty(&self) -> bool {
        !*self
    }
}

impl Load for i64 {
    fn load(&mut self, value: &Value) {
        *self = value.as_i64().unwrap_or(0);
    }
}

impl Field for i64 {
    fn write(&self) -> Value {
        Value::from(*self)
    }
    fn is_empty(&self) -> bool {
        *self == 0
    }
}

impl Load for i32 {
    fn load(&mut self, value: &Value) {
        *self = value.as_i64().and_then(|n| i32::try_from(n).ok()).unwrap_or(0);
    }
}

impl Field for i32 {
    fn write(&self) -> Value {
        Value::from(*self)
    }
    fn is_empty(&self) -> bool {
        *self == 0
    }
}

/// Unsigned counters that the wire writes as decimal strings, such as `resourceVersion`.
impl Load for u64 {
    fn load(&mut self, value: &Value) {
        *self = value.as_str().and_then(|s| s.parse().ok()).or_else(|| value.as_u64()).unwrap_or(0);
    }
}

impl Field for u64 {
    fn write(&self) -> Value {
        Value::String(self.to_string())
    }
    fn is_empty(&self) -> bool {
        *self == 0
    }
}

impl Load for Value {
    fn load(&mut self, value: &Value) {
        self.clone_from(value);
    }
}

impl Field for Value {
    fn write(&self) -> Value {
        self.clone()
    }
    fn is_empty(&self) -> bool {
        self.is_null()
    }
}

impl<T: Load + Default> Load for Option<T> {
    fn load(&mut self, value: &Value) {
        if !value.is_null() {
            *self = Some(fresh(value));
        }
    }
}

impl<T: Field + Default> Field for Option<T> {
    fn write(&self) -> Value {
        self.as_ref().map_or(Value::Null, Field::write)
    }
    fn is_empty(&self) -> bool {
        self.is_none()
    }
}

/// A part that few objects have: they only keep a pointer to it.
impl<T: Load> Load for Box<T> {
    fn load(&mut self, value: &Value) {
        (**self).load(value);
    }
}

impl<T: Field> Field for Box<T> {
    fn write(&self) -> Value {
        (**self).write()
    }
    fn is_empty(&self) -> bool {
        (**self).is_empty()
    }
}

impl<T: Load + Default> Load for Vec<T> {
    fn load(&mut self, value: &Value) {
        let items = value.as_array().map_or(&[][..], Vec::as_slice);
        // Collected, because an extended vector would have room for four.
        *self = items.iter().map(fresh).collect();
    }
}

impl<T: Field + Default> Field for Vec<T> {
    fn write(&self) -> Value {
        Value::Array(self.iter().map(Field::write).collect())
    }
    fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }
}

impl<T: Load + Default> Load for BTreeMap<String, T> {
    fn load(&mut self, value: &Value) {
        self.clear();
        for (key, item) in value.as_object().into_iter().flatten() {
            self.insert(key.clone(), fresh(item));
        }
    }
}

impl<T: Field + Default> Field for BTreeMap<String, T> {
    fn write(&self) -> Value {
        let mut map = Map::new();
        for (key, item) in self {
            map.insert(key.clone(), item.write());
        }
        Value::Object(map)
    }
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Declares a record: `name: Type = "jsonName"`, with `always` after the name of a field that is written even
/// when it is empty.
#[macro_export]
macro_rules! record {
    ($($(#[$meta:meta])* $record:ident { $($(#[$fmeta:meta])* $field:ident : $ty:ty = $json:literal $($always:ident)?),* $(,)? })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Default)]
        pub struct $record {
            $($(#[$fmeta])* #[doc = concat!("`", $json, "`")] pub $field: $ty,)*
        }

        impl $record {
            /// Reads the record from a tree; what is missing or does not fit gets the default.
            pub fn from_value(value: &$crate::Value) -> Self {
                let mut record = Self::default();
                $crate::record::Load::load(&mut record, value);
                record
            }

            /// Writes the record as a tree, empty fields left out.
            pub fn to_value(&self) -> $crate::Value {
                $crate::record::Field::write(self)
            }
        }

        impl $crate::record::Load for $record {
            fn load(&mut self, value: &$crate::Value) {
                $crate::record::load_fields(&mut [$(($json, &mut self.$field)),*], value);
            }
        }

        impl $crate::record::Field for $record {
            fn write(&self) -> $crate::Value {
                $crate::record::write_fields(&[$(($json, $crate::record!(@always $($always)?), &self.$field)),*])
            }
            fn is_empty(&self) -> bool {
                $crate::record::fields_empty(&[$(($json, $crate::record!(@always $($always)?), &self.$field)),*])
            }
        }
    )*};
    (@always always) => { true };
    (@always) => { false };
}

/// Declares enums whose variants are words on the wire.
#[macro_export]
macro_rules! choices {
    ($($(#[$meta:meta])* $name:ident { $($variant:ident),* $(,)? })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $(#[doc = concat!("`", stringify!($variant), "`")] $variant,)*
        }

        impl $name {
            /// Every variant, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The word on the wire.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => stringify!($variant),)*
                }
            }

            /// The variant of that word.
            pub fn parse(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|choice| choice.as_str() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )*};
}
