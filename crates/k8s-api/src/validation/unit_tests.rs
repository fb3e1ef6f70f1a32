//! Inputs of upstream's own unit tests and what the real functions of v1.36.2 said about them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::core::PodSpec;
use crate::meta::ObjectMeta;

use super::container::{self, Surroundings};
use super::field::{ErrorList, Path};
use super::{pod, update, volume};

fn run(function: &str, case: &Value) -> Option<Vec<String>> {
    let mut errors = ErrorList::default();
    let mut spec = PodSpec::from_value(&case["spec"]);
    if let Some(policy) = case["podRestartPolicy"].as_str() {
        spec.restart_policy = policy.to_string();
    }
    let around = Surroundings { spec: &spec, volumes: crate::small::Names::default() };
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
        "ValidatePodSpec" => pod::spec(&spec, Some(&ObjectMeta::default()), &field, &mut errors),
        "ValidatePodUpdate" => {
            return Some(
                update::update(crate::kind::by_kind("Pod")?, &case["oldPod"], &case["newPod"]).messages_all(),
            );
        }
        "ValidatePodResize" => return Some(update::resize(&case["oldPod"], &case["newPod"]).messages_all()),
        "ValidatePodEphemeralContainersUpdate" => {
            return Some(update::ephemeral_containers(&case["oldPod"], &case["newPod"]).messages_all());
        }
        "ValidateVolumes" => {
            volume::volumes(&spec, Some(&ObjectMeta::default()), &Path::new("[]"), &mut errors);
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

#[test]
fn upstream_inputs_get_upstream_answers() {
    let table = include_str!("../../tests/data/validation-unit.jsonl");
    let (mut good, mut all) = (BTreeMap::new(), BTreeMap::new());
    for line in table.lines() {
        let case: Value = serde_json::from_str(line).unwrap_or_default();
        let function = case["func"].as_str().unwrap_or("");
        let Some(mut got) = run(function, &case) else { continue };
        let mut want: Vec<String> = case["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(String::from)
            .collect();
        // Some of upstream's tests begin at no path at all.
        for text in got.iter_mut().chain(&mut want) {
            *text = text.replacen("[][", "field[", 1);
            // And some at another path.
            for (tested, path) in
                [("ValidatePodTemplateSpec", "spec.template."), ("ValidatePodSpec", "spec.")]
            {
                if function == tested && text.starts_with(path) {
                    *text = text.replacen(path, "field.", 1);
                }
            }
            // A path without a name is written so in Go.
            if text.starts_with(": ") {
                text.insert_str(0, "[]");
            }
            if function == "validateProbe" {
                *text = text.replacen("test", "field", 1);
            }
        }
        got.sort();
        want.sort();
        *all.entry(function.to_string()).or_insert(0) += 1;
        if got == want {
            *good.entry(function.to_string()).or_insert(0) += 1;
        } else {
            if std::env::var_os("SHOW_DIFFERENCES").is_some() {
                eprintln!("== {function}\nwant {want:#?}\ngot  {got:#?}");
            }
        }
    }
    let total: usize = all.values().sum();
    let right: usize = good.values().sum();
    eprintln!("upstream's unit tests: {right} of {total} {good:?}");
    // The rest asks for feature gates in other positions, or for metadata that the table does not hold.
    assert!(right >= 631, "{right} of {total}");
}
