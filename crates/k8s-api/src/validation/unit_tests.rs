//! Inputs of upstream's own unit tests and what the real functions of v1.36.2 said about them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::core::PodSpec;
use crate::meta::ObjectMeta;

use super::container::{self, Surroundings};
use super::field::{ErrorList, Path};
use super::options::Options;
use super::{pod, update, volume};

fn run(function: &str, case: &Value) -> Option<Vec<String>> {
    let mut errors = ErrorList::default();
    let mut spec = PodSpec::from_value(&case["spec"]);
    if let Some(policy) = case["podRestartPolicy"].as_str() {
        spec.restart_policy = policy.to_string();
    }
    let around =
        Surroundings { spec: &spec, volumes: crate::small::Names::default(), options: &Options::default() };
    let field = Path::new("field");
    match function {
        "ValidatePodCreate" => {
            let metadata = ObjectMeta::from_value(&case["pod"]["metadata"]);
            pod::create(&metadata, &PodSpec::from_value(&case["pod"]["spec"]), &mut errors);
        }
        "ValidatePodTemplateSpec" => pod::template(&ObjectMeta::default(), &spec, &field, &mut errors),
        "validateProbe" => {
            if let Some(probe) = &spec.containers.first()?.liveness_probe {
                container::probe(probe, &field, &mut errors);
            }
        }
        "ValidatePodSpec" => {
            pod::spec(&spec, Some(&ObjectMeta::default()), &Options::default(), &field, &mut errors);
        }
        "ValidatePodUpdate" => {
            return Some(
                update::change(crate::kind::by_kind("Pod")?, &case["oldPod"], &case["newPod"]).messages_all(),
            );
        }
        "ValidatePodResize" => {
            let new = Options::default();
            return Some(update::resize_with(&case["oldPod"], &case["newPod"], &new).messages_all());
        }
        "ValidatePodEphemeralContainersUpdate" => {
            return Some(update::ephemeral_containers(&case["oldPod"], &case["newPod"]).messages_all());
        }
        "ValidateVolumes" => {
            let options = Options::default();
            volume::volumes(&spec, Some(&ObjectMeta::default()), &options, &Path::new("[]"), &mut errors);
        }
        "ValidateEnv" => container::env(&spec.containers.first()?.env, &field, &mut errors),
        "validateContainerPorts" => container::ports(&spec.containers.first()?.ports, &field, &mut errors),
        "validateContainers" => container::containers(&around, &Path::new("containers"), &mut errors),
        "validateInitContainers" => {
            container::init_containers(&around, &Path::new("initContainers"), &mut errors);
        }
        _ => return None,
    }
    Some(errors.messages_all())
}

/// The lines of the table that cannot agree, and why.
fn allowed() -> BTreeMap<usize, &'static str> {
    let mut lines = BTreeMap::new();
    let text = include_str!("../../tests/data/validation-unit-allowed.txt");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (numbers, reason) = line.split_once(": ").expect("numbers, a colon and a reason");
        for number in numbers.split(' ') {
            lines.insert(number.parse().expect("the number of a line"), reason);
        }
    }
    lines
}

/// Upstream's tests begin where they like; here every one begins at a path of the same name.
fn evened(function: &str, text: &str) -> String {
    // Some begin at no path at all, some at another.
    let mut text = text.replacen("[][", "field[", 1);
    for (tested, path) in [("ValidatePodTemplateSpec", "spec.template."), ("ValidatePodSpec", "spec.")] {
        if function == tested && text.starts_with(path) {
            text = text.replacen(path, "field.", 1);
        }
    }
    // A path without a name is written so in Go.
    if text.starts_with(": ") {
        text.insert_str(0, "[]");
    }
    if function == "validateProbe" {
        text = text.replacen("test", "field", 1);
    }
    text
}

#[test]
fn upstream_inputs_get_upstream_answers_in_upstream_order() {
    let table = include_str!("../../tests/data/validation-unit.jsonl");
    let allowed = allowed();
    let (mut good, mut all) = (BTreeMap::new(), BTreeMap::new());
    let mut failures = Vec::new();
    for (number, line) in (1..).zip(table.lines()) {
        let case: Value = serde_json::from_str(line).expect("a line is JSON");
        let function = case["func"].as_str().unwrap_or("");
        let got = run(function, &case).expect("every function of the table is known");
        let got: Vec<String> = got.iter().map(|text| evened(function, text)).collect();
        let errors = case["errors"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let want: Vec<String> = errors.map(|text| evened(function, text)).collect();
        *all.entry(function.to_string()).or_insert(0) += 1;
        match (got == want, allowed.get(&number)) {
            (true, None) => *good.entry(function.to_string()).or_insert(0) += 1,
            (true, Some(_)) => failures.push(format!("line {number} agrees: take it off the list")),
            (false, Some(reason)) => eprintln!("allowed: line {number}: {reason}"),
            (false, None) => {
                failures.push(format!("== line {number} {function}\nwant {want:#?}\ngot  {got:#?}"));
            }
        }
    }
    let total: usize = all.values().sum();
    let right: usize = good.values().sum();
    eprintln!("upstream's unit tests: {right} of {total} {good:?}");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(right + allowed.len(), total, "the list names lines that are there");
}
