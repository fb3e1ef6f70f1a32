//! YAML as the library reads it that Go's is a copy of: libyaml made the trees of `data/yaml-trees.jsonl`, whose
//! scalars are texts and whose mappings are lists of pairs; where there is no tree, it refused the text.

use k8s_api::manifest::parse as manifest;
use k8s_api::yaml::{Document, NodeId, NodeKind, parse};
use serde_json::{Value, json};

fn tree(document: &Document, id: Option<NodeId>, depth: usize) -> Value {
    assert!(depth < 50, "no alias of the table contains itself");
    let Some(id) = id else { return "".into() };
    let below = |id: &NodeId| tree(document, Some(*id), depth + 1);
    match &document.nodes[id].kind {
        NodeKind::Scalar { text, .. } => text.as_str().into(),
        NodeKind::Alias(target) => below(target),
        NodeKind::Sequence(items) => items.iter().map(below).collect(),
        NodeKind::Mapping(entries) => {
            let pairs: Vec<Value> =
                entries.iter().map(|(key, value)| json!([below(key), below(value)])).collect();
            json!({"m": pairs})
        }
    }
}

#[test]
fn texts_become_the_trees_of_libyaml() {
    let table = include_str!("data/yaml-trees.jsonl");
    let mut failures = Vec::new();
    for line in table.lines() {
        let case: Value = serde_json::from_str(line).expect("a line is JSON");
        let text = case["yaml"].as_str().expect("a text");
        let got = parse(text).map_or(Value::Null, |document| tree(&document, document.root, 0));
        if got != case["tree"] {
            failures.push(format!("{text:?}\n  want {}\n  got  {got}", case["tree"]));
        }
    }
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn scalars_mean_what_they_mean_to_go() {
    for (scalar, value) in [
        ("y", json!(true)),
        ("N", json!(false)),
        ("on", json!(true)),
        ("Off", json!(false)),
        ("yes", json!(true)),
        ("nO", json!("nO")),
        ("oN", json!("oN")),
        ("~", Value::Null),
        ("null", Value::Null),
        ("nULL", json!("nULL")),
        ("0o17", json!(15)),
        ("017", json!(15)),
        ("08", json!(8)),
        ("0b101", json!(5)),
        ("-0x1F", json!(-31)),
        ("+1", json!(1)),
        ("1_000", json!(1000)),
        ("0x", json!("0x")),
        ("1e", json!("1e")),
        ("1e2", json!(100)),
        ("1.", json!(1)),
        (".5", json!(0.5)),
        ("1.2.3", json!("1.2.3")),
        ("12:30", json!("12:30")),
        ("2026-11-20", json!("2026-11-20")),
        ("100m", json!("100m")),
        ("64Mi", json!("64Mi")),
        ("18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
        ("-9223372036854775808", json!(i64::MIN)),
        ("'y'", json!("y")),
        ("\"1\"", json!("1")),
        ("!!str 1", json!("1")),
        ("!!int \"1\"", json!(1)),
        ("a: b", json!({"a": "b"})),
        ("1: b", json!({"1": "b"})),
        ("true: b", json!({"true": "b"})),
    ] {
        let got = parse(scalar).and_then(|document| document.to_json());
        assert_eq!(got, Ok(value), "{scalar}");
    }
}

#[test]
fn streams_of_json_and_yaml_are_told_apart() {
    let one =
        |name: &str| format!(r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"{name}"}}}}"#);
    let (a, b) = (one("a"), one("b"));
    let names = |text: &str| -> Vec<String> {
        let (documents, _) = manifest(text);
        let shown = documents.iter().map(|document| match &document.refusal {
            None => document.name().1.to_string(),
            Some(refusal) => refusal.message(),
        });
        shown.collect()
    };
    assert_eq!(names(&format!("{a}{b}")), ["a", "b"]);
    assert_eq!(names(&format!(" {a}\n---\n{b}\n")), ["a", "b"]);
    assert_eq!(
        names(&format!("{a} {b} oops")),
        ["a", "b", "json: offset 127: invalid character 'o' looking for beginning of value"]
    );
    // JSON with a comma too many is YAML; what is neither is told as JSON's mistake.
    assert_eq!(names(&a.replace("}}", "},}")), ["a"]);
    assert_eq!(
        names(r#"{"apiVersion":"v1" "kind":"ConfigMap"}"#),
        [r#"json: offset 20: invalid character '"' after object key:value pair"#]
    );
    assert_eq!(names(&one(r"\ud83d\ude00")), ["\u{1F600}"]);
    let windows = "\u{feff}apiVersion: v1\r\nkind: ConfigMap\r\nmetadata:\r\n  name: a\r\n---\r\napiVersion: v1\r\nkind: \
                   ConfigMap\r\nmetadata: {name: b}\r\n";
    assert_eq!(names(windows), ["a", "b"]);
}
