//! A structure of the API as Go prints it with all its types, the unset fields among them: what the hashes of Pod
//! templates are made from, and with them the names of ReplicaSets.
//! Models k8s.io/utils/dump ForHash, which is spew's `%#v` (v1.36).

use std::fmt::Write as _;

use serde_json::Value;

use crate::quantity::{Format, interpret_suffix};
use crate::schema::{Leaf, Schema, Shape, Type, schema};

/// Words that Go writes in capitals where they begin a name.
const INITIALISMS: [&str; 21] = [
    "api", "aws", "csi", "dns", "fc", "fs", "gce", "gmsa", "grpc", "http", "ip", "iqn", "iscsi", "nfs", "os",
    "rbd", "se", "ssl", "tcp", "tty", "uid",
];

/// Fields whose names in Go have little to do with those in JSON.
const NAMES: [(&str, &str); 10] = [
    ("serviceAccount", "DeprecatedServiceAccount"),
    ("pdName", "PDName"),
    ("cephfs", "CephFS"),
    ("storageos", "StorageOS"),
    ("wwids", "WWIDs"),
    ("diskURI", "DataDiskURI"),
    ("pool", "RBDPool"),
    ("endpoints", "EndpointsName"),
    ("chapAuthDiscovery", "DiscoveryCHAPAuth"),
    ("chapAuthSession", "SessionCHAPAuth"),
];

/// The digits that certainly fit into 64 bits.
const DIGITS_MAX: usize = 18;

/// A Pod template, printed.
pub fn pod_template(template: &Value) -> String {
    let mut dump = Dump { schema: schema(), text: String::new() };
    dump.value("PodTemplateSpec", template, false);
    dump.text
}

/// The name that a field has in Go.
fn go_name(owner: &str, field: &str) -> String {
    if owner == "RBDVolumeSource"
        && let Some((_, name)) = [("image", "RBDImage"), ("user", "RadosUser"), ("monitors", "CephMonitors")]
            .iter()
            .find(|own| own.0 == field)
    {
        return (*name).into();
    }
    if let Some((_, name)) = NAMES.iter().find(|(own, _)| *own == field) {
        return (*name).into();
    }
    let end = field.find(|letter: char| letter.is_ascii_uppercase()).unwrap_or(field.len());
    let (first, rest) = field.split_at(end);
    if INITIALISMS.contains(&first) {
        return format!("{}{rest}", first.to_ascii_uppercase());
    }
    let mut name = field.to_string();
    name[..1].make_ascii_uppercase();
    name
}

/// The name that a type has in Go, with its package.
fn type_name(go_type: &str) -> String {
    for prefix in ["[]", "*"] {
        if let Some(rest) = go_type.strip_prefix(prefix) {
            return format!("{prefix}{}", type_name(rest));
        }
    }
    if let Some((key, value)) = go_type.strip_prefix("map[").and_then(|rest| rest.split_once(']')) {
        return format!("map[{}]{}", type_name(key), type_name(value));
    }
    match go_type {
        "string" | "bool" | "byte" | "int32" | "int64" => go_type.into(),
        _ if go_type.contains('.') => go_type.into(),
        _ => format!("v1.{go_type}"),
    }
}

struct Dump {
    schema: &'static Schema,
    text: String,
}

impl Dump {
    /// Prints a value; its type in front of it unless it stands in a list, a map or behind a pointer.
    fn value(&mut self, go_type: &'static str, value: &Value, typed_already: bool) {
        if let Some(inner) = go_type.strip_prefix('*') {
            match (value.is_null(), typed_already) {
                (true, true) => self.text.push_str("<nil>"),
                (true, false) => self.push(&["(", &type_name(go_type), ")<nil>"]),
                (false, true) => self.text.push_str("<*>"),
                (false, false) => self.push(&["(", &type_name(go_type), ")"]),
            }
            if !value.is_null() {
                self.value(inner, value, true);
            }
            return;
        }
        if !typed_already {
            self.push(&["(", &type_name(go_type), ")"]);
        }
        match self.schema.shape(go_type) {
            Shape::List(item) => match value.as_array().filter(|items| !items.is_empty()) {
                None => self.text.push_str("<nil>"),
                Some(items) => {
                    for (i, one) in items.iter().enumerate() {
                        self.text.push_str(if i == 0 { "[" } else { " " });
                        self.value(item, one, true);
                    }
                    self.text.push(']');
                }
            },
            Shape::Map(item) => match value.as_object().filter(|fields| !fields.is_empty()) {
                None => self.text.push_str("<nil>"),
                Some(fields) => {
                    for (i, (key, one)) in fields.iter().enumerate() {
                        self.push(&[if i == 0 { "map[" } else { " " }, key, ":"]);
                        self.value(item, one, true);
                    }
                    self.text.push(']');
                }
            },
            Shape::Struct(name) => self.structure(name, value),
            Shape::Leaf(leaf) => self.leaf(leaf, value),
        }
    }

    fn push(&mut self, parts: &[&str]) {
        parts.iter().for_each(|part| self.text.push_str(part));
    }

    fn structure(&mut self, name: &str, value: &Value) {
        self.text.push('{');
        if let Some(Type::Struct(fields)) = self.schema.get(name) {
            for (i, field) in fields.iter().enumerate() {
                if i > 0 {
                    self.text.push(' ');
                }
                let embedded = field.name.is_empty();
                let own = if embedded || field.go_type == "ObjectMeta" {
                    field.go_type.to_string()
                } else {
                    go_name(name, field.name)
                };
                self.push(&[&own, ":"]);
                let inner = if embedded { value } else { &value[field.name] };
                self.value(field.go_type, inner, false);
            }
        }
        self.text.push('}');
    }

    fn leaf(&mut self, leaf: Leaf, value: &Value) {
        match leaf {
            Leaf::Bool => self.text.push_str(if *value == true { "true" } else { "false" }),
            Leaf::Int(_) => {
                let _ = write!(self.text, "{}", value.as_i64().unwrap_or(0));
            }
            Leaf::Quantity => self.quantity(value),
            Leaf::Time => {
                self.text
                    .push_str("{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}");
            }
            Leaf::IntOrString => {
                let (kind, number, text) = match value.as_str() {
                    Some(text) => (1, 0, text),
                    None => (0, value.as_i64().unwrap_or(0), ""),
                };
                let _ = write!(
                    self.text,
                    "{{Type:(intstr.Type){kind} IntVal:(int32){number} StrVal:(string){text}}}"
                );
            }
            Leaf::String | Leaf::Bytes | Leaf::Any => self.text.push_str(value.as_str().unwrap_or_default()),
        }
    }

    /// An amount: digits, a power of ten, and the text it was read from if that is how it would be written.
    /// Models the fast path of resource.ParseQuantity (v1.36); what does not fit into it is printed all the same.
    fn quantity(&mut self, value: &Value) {
        let number = value.as_i64().map(|number| number.to_string());
        let text = number.as_deref().or(value.as_str()).unwrap_or_default();
        let end = text.find(|letter: char| !(letter.is_ascii_digit() || "+-.".contains(letter)));
        let (digits, suffix) = text.split_at(end.unwrap_or(text.len()));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let shifted = format!("{whole}{part}");
        let (base, exponent, format) = interpret_suffix(suffix).unwrap_or((10, 0, Format::DecimalSi));
        let binary = base == 2;
        let format = match format {
            Format::BinarySi => "BinarySI",
            Format::DecimalExponent => "DecimalExponent",
            Format::DecimalSi => "DecimalSI",
        };
        let parsed = if shifted.len() <= DIGITS_MAX { shifted.parse::<i64>().unwrap_or(0) } else { 0 };
        let amount = if binary { parsed.saturating_mul(1 << exponent) } else { parsed };
        let scale = if binary { 0 } else { exponent - part.len() as i32 };
        let kept = match (text, binary) {
            ("0", _) => true,
            (_, true) => parsed & 7 != 0,
            _ => scale % 3 == 0 && !shifted.ends_with("000") && !shifted.starts_with('0'),
        };
        let _ = write!(
            self.text,
            "{{i:(resource.int64Amount){{value:(int64){amount} scale:(resource.Scale){scale}}} \
             d:(resource.infDecAmount){{Dec:(*inf.Dec)<nil>}} s:(string){} Format:(resource.Format){format}}}",
            if kept { text } else { "" },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{go_name, pod_template};
    use serde_json::json;

    #[test]
    fn names_are_those_of_go() {
        for (field, name) in [
            ("dnsPolicy", "DNSPolicy"),
            ("hostPID", "HostPID"),
            ("fsGroupChangePolicy", "FSGroupChangePolicy"),
            ("seLinuxOptions", "SELinuxOptions"),
            ("securityContext", "SecurityContext"),
            ("setHostnameAsFQDN", "SetHostnameAsFQDN"),
            ("pdID", "PdID"),
            ("pdName", "PDName"),
            ("os", "OS"),
        ] {
            assert_eq!(go_name("PodSpec", field), name);
        }
        assert_eq!(go_name("RBDVolumeSource", "image"), "RBDImage");
        assert_eq!(go_name("Container", "image"), "Image");
    }

    #[test]
    fn what_is_unset_is_printed_too() {
        let text = pod_template(&json!({"metadata": {"labels": {"app": "web"}}, "spec": {
            "containers": [{"name": "a", "resources": {"limits": {"cpu": "100m", "memory": "64Mi"}}}],
            "terminationGracePeriodSeconds": 30, "securityContext": {},
        }}));
        for part in [
            "(v1.PodTemplateSpec){ObjectMeta:(v1.ObjectMeta){Name:(string) GenerateName:(string) ",
            "UID:(types.UID) ",
            "Labels:(map[string]string)map[app:web] Annotations:(map[string]string)<nil> ",
            "Containers:([]v1.Container)[{Name:(string)a Image:(string) ",
            "Limits:(v1.ResourceList)map[cpu:{i:(resource.int64Amount){value:(int64)100 scale:(resource.Scale)-3} \
             d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)100m Format:(resource.Format)DecimalSI} \
             memory:{i:(resource.int64Amount){value:(int64)67108864 scale:(resource.Scale)0} \
             d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string) Format:(resource.Format)BinarySI}]",
            "TerminationGracePeriodSeconds:(*int64)30 ActiveDeadlineSeconds:(*int64)<nil> ",
            "SecurityContext:(*v1.PodSecurityContext){SELinuxOptions:(*v1.SELinuxOptions)<nil> ",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }
}
