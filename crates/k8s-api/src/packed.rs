//! Trees put away: the same content in a few hundred bytes, for what is kept but seldom looked at.
//!
//! A tree of the usual kind costs some twenty times as much, because each of its maps has room for eleven entries.

use resting::{Bytes, Reader};
use serde_json::{Map, Number, Value};

/// A tree in one piece of memory. Cloning it is free; reading it makes the tree anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed(Bytes);

/// Words that nearly every object has; each costs one or two bytes instead of its letters.
/// Only memory knows their numbers, so the list may change freely.
const WORDS: [&str; 110] = [
    "",
    "name",
    "type",
    "status",
    "lastTransitionTime",
    "lastProbeTime",
    "observedGeneration",
    "True",
    "False",
    "metadata",
    "namespace",
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "generation",
    "labels",
    "annotations",
    "ownerReferences",
    "default",
    "app",
    "spec",
    "containers",
    "initContainers",
    "image",
    "command",
    "args",
    "sh",
    "-c",
    "env",
    "value",
    "ports",
    "containerPort",
    "protocol",
    "TCP",
    "resources",
    "requests",
    "limits",
    "cpu",
    "memory",
    "volumeMounts",
    "mountPath",
    "/var/run/secrets/kubernetes.io/serviceaccount",
    "readOnly",
    "terminationMessagePath",
    "/dev/termination-log",
    "terminationMessagePolicy",
    "File",
    "imagePullPolicy",
    "IfNotPresent",
    "Always",
    "Never",
    "restartPolicy",
    "terminationGracePeriodSeconds",
    "dnsPolicy",
    "ClusterFirst",
    "serviceAccountName",
    "serviceAccount",
    "nodeName",
    "securityContext",
    "schedulerName",
    "default-scheduler",
    "tolerations",
    "key",
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "operator",
    "Exists",
    "effect",
    "NoExecute",
    "tolerationSeconds",
    "priority",
    "enableServiceLinks",
    "preemptionPolicy",
    "PreemptLowerPriority",
    "volumes",
    "projected",
    "sources",
    "serviceAccountToken",
    "expirationSeconds",
    "path",
    "token",
    "configMap",
    "kube-root-ca.crt",
    "items",
    "ca.crt",
    "downwardAPI",
    "fieldRef",
    "apiVersion",
    "v1",
    "fieldPath",
    "metadata.namespace",
    "defaultMode",
    "phase",
    "conditions",
    "PodReadyToStartContainers",
    "Initialized",
    "Ready",
    "ContainersReady",
    "PodScheduled",
    "containerStatuses",
    "ready",
    "started",
    "restartCount",
    "state",
    "lastState",
    "startedAt",
    "reason",
    "message",
    "httpGet",
    "periodSeconds",
];

// What a number in front of a value says in its lowest three bits; the rest is a count, a length or the value.
const LITERAL: u64 = 0;
const POSITIVE: u64 = 1;
const NEGATIVE: u64 = 2;
const TEXT: u64 = 3;
const WORD: u64 = 4;
const ARRAY: u64 = 5;
const OBJECT: u64 = 6;
/// A number that fills more than the sixty-one bits left beside its kind: it follows.
const LONG: u64 = 7;

impl Packed {
    /// Puts a tree away.
    #[must_use]
    pub fn new(tree: &Value) -> Self {
        let mut bytes = Vec::new();
        write(&mut bytes, tree);
        Self(Bytes::new(bytes))
    }

    /// The tree as it was.
    #[must_use]
    pub fn tree(&self) -> Value {
        read(&mut Reader(&self.0.whole()))
    }

    /// The same tree, as what differs from another one that is kept anyway.
    #[must_use]
    pub fn over(&self, base: &Self) -> Self {
        Self(self.0.over(&base.0))
    }

    /// The same tree, as what differs from that of something alike: see [`Bytes::over_alike`].
    #[must_use]
    pub fn over_alike(&self, other: &Self, bases: usize) -> Self {
        Self(self.0.over_alike(&other.0, bases))
    }
}

impl Default for Packed {
    fn default() -> Self {
        Self::new(&Value::Null)
    }
}

fn write_head(bytes: &mut Vec<u8>, kind: u64, number: u64) {
    resting::write(bytes, number << 3 | kind);
}

fn write_text(bytes: &mut Vec<u8>, text: &str) {
    if let Some(at) = WORDS.iter().position(|word| *word == text) {
        return write_head(bytes, WORD, at as u64);
    }
    write_head(bytes, TEXT, text.len() as u64);
    bytes.extend_from_slice(text.as_bytes());
}

fn write(bytes: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => write_head(bytes, LITERAL, 0),
        Value::Bool(yes) => write_head(bytes, LITERAL, 1 + u64::from(*yes)),
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(positive), _) if positive < 1 << 61 => write_head(bytes, POSITIVE, positive),
            (_, Some(negative)) if negative < 0 && negative.unsigned_abs() < 1 << 61 => {
                write_head(bytes, NEGATIVE, negative.unsigned_abs());
            }
            (Some(long), _) => {
                write_head(bytes, LONG, 0);
                bytes.extend_from_slice(&long.to_le_bytes());
            }
            (None, Some(long)) => {
                write_head(bytes, LONG, 1);
                bytes.extend_from_slice(&long.to_le_bytes());
            }
            (None, None) => {
                write_head(bytes, LONG, 2);
                bytes.extend_from_slice(&number.as_f64().unwrap_or_default().to_bits().to_le_bytes());
            }
        },
        Value::String(text) => write_text(bytes, text),
        Value::Array(items) => {
            write_head(bytes, ARRAY, items.len() as u64);
            for item in items {
                write(bytes, item);
            }
        }
        Value::Object(fields) => {
            write_head(bytes, OBJECT, fields.len() as u64);
            for (key, value) in fields {
                write_text(bytes, key);
                write(bytes, value);
            }
        }
    }
}

/// The next text, of which the head is read.
fn text(from: &mut Reader<'_>, kind: u64, number: u64) -> String {
    match kind {
        WORD => WORDS.get(number as usize).copied().unwrap_or_default().to_owned(),
        _ => String::from_utf8_lossy(from.take(number as usize)).into_owned(),
    }
}

/// The next tree.
fn read(from: &mut Reader<'_>) -> Value {
    let head = from.number();
    let (kind, number) = (head & 7, head >> 3);
    match kind {
        LITERAL => match number {
            0 => Value::Null,
            yes => Value::Bool(yes == 2),
        },
        POSITIVE => Value::from(number),
        NEGATIVE => Value::from(-(number as i64)),
        LONG => {
            let bytes = from.take(8).try_into().unwrap_or_default();
            match number {
                0 => Value::from(u64::from_le_bytes(bytes)),
                1 => Value::from(i64::from_le_bytes(bytes)),
                _ => Number::from_f64(f64::from_le_bytes(bytes)).map_or(Value::Null, Value::Number),
            }
        }
        ARRAY => Value::Array((0..number).map(|_| read(from)).collect()),
        OBJECT => {
            let mut fields = Map::new();
            for _ in 0..number {
                let head = from.number();
                let key = text(from, head & 7, head >> 3);
                fields.insert(key, read(from));
            }
            Value::Object(fields)
        }
        _ => Value::String(text(from, kind, number)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Packed, WORDS};
    use serde_json::{Value, json};

    #[test]
    fn what_is_put_away_comes_back_as_it_was() {
        for tree in [
            Value::Null,
            json!([]),
            json!({}),
            json!([true, false, null, [], {}, [[["deep"]]]]),
            json!([0, 1, -1, 127, 128, -128, 1_u64 << 60, 1_u64 << 61, u64::MAX, i64::MIN, i64::MIN + 1]),
            json!([-(1_i64 << 60), -(1_i64 << 61), 1 - (1_i64 << 61)]),
            json!([0.0, -0.5, 1e300, 0.1]),
            json!(["", "name", "names", "ein Text für später", "x".repeat(5_000)]),
            json!({"name": "name", "spec": {"containers": [{"name": "app", "zzz": {"": ""}}]}}),
            json!(WORDS.to_vec()),
        ] {
            assert_eq!(Packed::new(&tree).tree(), tree);
        }
    }

    #[test]
    fn equal_trees_are_equal_when_put_away() {
        let (a, b) = (json!({"a": 1, "b": ["c"]}), json!({"b": ["c"], "a": 1}));
        assert_eq!(Packed::new(&a), Packed::new(&b));
        assert_ne!(Packed::new(&a), Packed::new(&json!({"a": 1, "b": ["d"]})));
        assert!(Packed::new(&json!({"name": "containers"})).0.kept() < 6);
    }

    #[test]
    fn no_word_is_there_twice() {
        let mut words = WORDS.to_vec();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), WORDS.len());
    }
}
