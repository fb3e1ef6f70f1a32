//! Which fields there are: the table made from the API's Go sources, read once and looked up by path.

use std::sync::OnceLock;

use crate::kind::Kind;
use crate::yaml::Step;

const TABLE: &str = include_str!("../schema/v1.36.txt");

/// A field of a type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// Its name in JSON; empty for a type whose fields are taken in.
    pub name: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// Whether Go writes it even when it is empty.
    pub always: bool,
    /// Whether a structure is left out when it is empty.
    pub omit_zero: bool,
    /// Its Go type, the package `v1` left out: `[]Container`, `*int64`, `map[string]string`.
    pub go_type: &'static str,
    /// How patches merge the list: `name` by that key, `=` by value, a trailing `!` keeps the new keys only.
    pub merge: &'static str,
}

/// A type of the API.
#[derive(Clone, Debug)]
pub enum Type {
    /// A structure.
    Struct(Vec<Field>),
    /// A named simple type and the values that have names.
    Alias(&'static str, Vec<&'static str>),
}

/// The table of all types.
#[derive(Debug)]
pub struct Schema {
    /// By name, sorted.
    types: Vec<(&'static str, Type)>,
}

/// The shape of a Go type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A list of that Go type.
    List(&'static str),
    /// A mapping from strings to that Go type.
    Map(&'static str),
    /// A structure of that name.
    Struct(&'static str),
    /// One of the [`Leaf`]s.
    Leaf(Leaf),
}

/// A type that is one value in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaf {
    /// A text.
    String,
    /// `true` or `false`.
    Bool,
    /// A whole number of so many bits.
    Int(u32),
    /// Bytes in base64.
    Bytes,
    /// An amount.
    Quantity,
    /// A moment.
    Time,
    /// A number or a text.
    IntOrString,
    /// Anything.
    Any,
}

const HELP: &str = include_str!("../schema/help.txt");

/// What a field means, in our own words; `owner` is the type that has it.
pub fn help(owner: &str, field: &str) -> Option<&'static str> {
    HELP.lines().find_map(|line| {
        let (name, text) = line.split_once(' ')?;
        let (of, own) = name.split_once('.')?;
        (of == owner && own == field).then_some(text)
    })
}

/// The table, read at first use.
pub fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(Schema::read)
}

impl Schema {
    fn read() -> Schema {
        let mut types: Vec<(&'static str, Type)> = Vec::new();
        let mut insert = |name: &'static str, new: Type| {
            let at = types.partition_point(|(other, _)| *other < name);
            types.insert(at, (name, new));
        };
        let mut open: Option<(&'static str, Vec<Field>)> = None;
        for line in TABLE.lines() {
            let mut words = line.split(' ');
            let first = words.next().unwrap_or("");
            match first.as_bytes().first() {
                None | Some(b'#') => {}
                Some(b':') => {
                    if let Some((name, fields)) = open.replace((&first[1..], Vec::new())) {
                        insert(name, Type::Struct(fields));
                    }
                }
                Some(b'=') => {
                    insert(&first[1..], Type::Alias(words.next().unwrap_or("string"), words.collect()));
                }
                Some(b'+') => {
                    if let Some((_, fields)) = &mut open {
                        fields.push(Field { go_type: &first[1..], ..Field::default() });
                    }
                }
                Some(_) => {
                    let name = first.trim_end_matches(['*', '!', '?']);
                    let marks = &first[name.len()..];
                    let go_type = words.next().unwrap_or("string");
                    let merge = words.next().and_then(|word| word.strip_prefix('~')).unwrap_or("");
                    if let Some((_, fields)) = &mut open {
                        fields.push(Field {
                            name,
                            required: marks.contains('*'),
                            always: marks.contains('!'),
                            omit_zero: marks.contains('?'),
                            go_type,
                            merge,
                        });
                    }
                }
            }
        }
        if let Some((name, fields)) = open {
            insert(name, Type::Struct(fields));
        }
        Schema { types }
    }

    /// The name of the type of a kind's objects.
    pub fn of_kind(&self, kind: &Kind) -> Option<&'static str> {
        let of_group = |name: &str| name.split_once('.').map(|(_, name)| name) == Some(kind.kind);
        let plain = self.entry(kind.kind).map(|(name, _)| *name);
        plain.or_else(|| self.types.iter().map(|(name, _)| *name).find(|name| of_group(name)))
    }

    /// The type of that name.
    pub fn get(&self, name: &str) -> Option<&Type> {
        self.entry(name).map(|(_, found)| found)
    }

    fn entry(&self, name: &str) -> Option<&(&'static str, Type)> {
        let at = self.types.partition_point(|(other, _)| *other < name);
        self.types.get(at).filter(|(other, _)| *other == name)
    }

    /// The shape of a Go type; pointers are looked through.
    pub fn shape(&self, go_type: &'static str) -> Shape {
        let mut go_type = go_type.trim_start_matches('*');
        for _ in 0..8 {
            if go_type == "[]byte" {
                return Shape::Leaf(Leaf::Bytes);
            }
            if let Some(item) = go_type.strip_prefix("[]") {
                return Shape::List(item);
            }
            if let Some((_, value)) = go_type.strip_prefix("map[").and_then(|rest| rest.split_once(']')) {
                return Shape::Map(value);
            }
            match self.entry(go_type) {
                Some((name, Type::Struct(_))) => return Shape::Struct(name),
                Some((_, Type::Alias(of, _))) => go_type = of,
                None => break,
            }
        }
        Shape::Leaf(match go_type {
            "bool" => Leaf::Bool,
            "int32" | "uint32" => Leaf::Int(32),
            "int" | "int64" => Leaf::Int(64),
            "uint8" | "int8" => Leaf::Int(8),
            "resource.Quantity" => Leaf::Quantity,
            "Time" | "MicroTime" => Leaf::Time,
            "intstr.IntOrString" => Leaf::IntOrString,
            "runtime.RawExtension" | "FieldsV1" => Leaf::Any,
            _ => Leaf::String,
        })
    }

    /// The values that have names, for a simple type.
    pub fn values(&self, go_type: &str) -> &[&'static str] {
        match self.get(go_type.trim_start_matches('*')) {
            Some(Type::Alias(_, values)) => values,
            _ => &[],
        }
    }

    /// The fields of a structure, those of taken-in types among them.
    pub fn fields(&self, name: &str) -> Vec<&Field> {
        let mut found = Vec::new();
        if let Some(Type::Struct(fields)) = self.get(name) {
            for field in fields {
                if field.name.is_empty() {
                    found.extend(self.fields(field.go_type));
                } else {
                    found.push(field);
                }
            }
        }
        found
    }

    /// A field of a structure, and the names of the taken-in types on the way to it.
    pub fn field(&self, name: &str, field: &str) -> Option<(Vec<&'static str>, &Field)> {
        if field.is_empty() {
            return None;
        }
        let Some(Type::Struct(fields)) = self.get(name) else { return None };
        if let Some(own) = fields.iter().find(|f| f.name == field) {
            return Some((Vec::new(), own));
        }
        fields.iter().filter(|f| f.name.is_empty()).find_map(|taken| {
            let (mut way, found) = self.field(taken.go_type, field)?;
            way.insert(0, taken.go_type);
            Some((way, found))
        })
    }

    /// The field at a path below a type, for completion and hover.
    pub fn at(&self, root: &'static str, path: &[Step]) -> Option<Found<'_>> {
        let mut found = Found { owner: "", field: None, go_type: root };
        for step in path {
            found = match (self.shape(found.go_type), step) {
                (Shape::Struct(name), Step::Key(key)) => {
                    let (way, field) = self.field(name, key)?;
                    let owner = way.last().copied().unwrap_or(name);
                    Found { owner, field: Some(field), go_type: field.go_type }
                }
                (Shape::List(item), Step::Index(_)) => Found { go_type: item, ..found },
                (Shape::Map(value), Step::Key(_)) => Found { owner: "", field: None, go_type: value },
                _ => return None,
            };
        }
        Some(found)
    }
}

/// What stands at a path.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// The type that has the field.
    pub owner: &'static str,
    /// The last field on the path, unless it ends in a mapping.
    pub field: Option<&'a Field>,
    /// The Go type at the path.
    pub go_type: &'static str,
}

impl Found<'_> {
    /// The type in words that need no Go: `list of Container`, `integer`, `string`.
    pub fn type_words(&self) -> String {
        describe(self.go_type, 0)
    }
}

fn describe(go_type: &'static str, depth: usize) -> String {
    if depth > 4 {
        return go_type.to_string();
    }
    match schema().shape(go_type) {
        Shape::List(item) => format!("list of {}", describe(item, depth + 1)),
        Shape::Map(value) => format!("map of string to {}", describe(value, depth + 1)),
        Shape::Struct(name) => name.rsplit('.').next().unwrap_or(name).to_string(),
        Shape::Leaf(Leaf::String) => "string".into(),
        Shape::Leaf(Leaf::Bool) => "boolean".into(),
        Shape::Leaf(Leaf::Int(_)) => "integer".into(),
        Shape::Leaf(Leaf::Bytes) => "base64 string".into(),
        Shape::Leaf(Leaf::Quantity) => "quantity".into(),
        Shape::Leaf(Leaf::Time) => "time".into(),
        Shape::Leaf(Leaf::IntOrString) => "integer or string".into(),
        Shape::Leaf(Leaf::Any) => "anything".into(),
    }
}
