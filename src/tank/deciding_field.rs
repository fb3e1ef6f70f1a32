//! Which line of the learner's YAML decided what happened.

use k8s_api::manifest::{self, Document, Part};
use k8s_api::yaml::Step;
use serde_json::Value;

use crate::scene::{FieldPath, PodKey};

/// A field of a Pod, with its place in the editor's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidingField {
    /// Its path as the API server writes it, such as `spec.containers[0].livenessProbe.failureThreshold`.
    pub path: String,
    /// Its value, if that is a word or a number.
    pub value: Option<String>,
    /// Its line, from 1, and its first byte in the text; nothing if it was filled in by default.
    pub place: Option<(usize, usize)>,
}

/// The first of `fields` that stands in the text of this Pod; if none does, the first that the stored `object` has.
#[must_use]
pub fn deciding_field(
    object: &Value,
    text: &str,
    pod: &PodKey,
    container: &str,
    fields: &[FieldPath],
) -> Option<DecidingField> {
    let (documents, _) = manifest::parse(text);
    let document = documents.iter().find(|document| is_of(document, pod));
    let typed = document.and_then(|document| {
        fields.iter().find_map(|field| {
            let (steps, value) = find(&document.object, container, field)?;
            let at = document.locate(&steps, Part::Key).start;
            let place = Some((manifest::position(text, at).0, at));
            Some(DecidingField { path: written(&steps), value: scalar(value), place })
        })
    });
    typed.or_else(|| {
        fields.iter().find_map(|field| {
            let (steps, value) = find(object, container, field)?;
            Some(DecidingField { path: written(&steps), value: scalar(value), place: None })
        })
    })
}

fn is_of(document: &Document, pod: &PodKey) -> bool {
    let (namespace, name) = document.name();
    document.object["kind"] == "Pod"
        && name == pod.name
        && (namespace.is_empty() || namespace == pod.namespace)
}

/// The steps to a field, and its value, if the object has it.
fn find<'a>(object: &'a Value, container: &str, field: &FieldPath) -> Option<(Vec<Step>, &'a Value)> {
    let key = |key: &str| Step::Key(key.to_owned());
    let (mut steps, mut value, rest) = match field {
        FieldPath::Pod(path) => (Vec::new(), object, *path),
        FieldPath::Container(path) => {
            let (list, index) = ["containers", "initContainers", "ephemeralContainers"]
                .into_iter()
                .find_map(|list| Some((list, named(&object["spec"][list], container)?)))?;
            let steps = vec![key("spec"), key(list), Step::Index(index)];
            (steps, &object["spec"][list][index], *path)
        }
        FieldPath::Volume(name) => {
            let index = named(&object["spec"]["volumes"], name)?;
            let steps = vec![key("spec"), key("volumes"), Step::Index(index)];
            (steps, &object["spec"]["volumes"][index], &[][..])
        }
    };
    for name in rest {
        value = value.get(name)?;
        steps.push(key(name));
    }
    (!value.is_null()).then_some((steps, value))
}

/// Where in a list the item of this name stands.
fn named(list: &Value, name: &str) -> Option<usize> {
    list.as_array()?.iter().position(|item| item["name"] == name)
}

fn written(steps: &[Step]) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Key(key) if path.is_empty() => path.push_str(key),
            Step::Key(key) => {
                path.push('.');
                path.push_str(key);
            }
            Step::Index(index) => path.push_str(&format!("[{index}]")),
        }
    }
    path
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TEXT: &str = "# ours\napiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - name: helper\n    image: busybox\n  - name: web\n    image: nginx\n    livenessProbe:\n      httpGet: {port: 80}\n      failureThreshold: 2\n";

    fn field(text: &str, fields: &[FieldPath]) -> Option<DecidingField> {
        // As stored: a container was put in front, and the defaults were filled in.
        let object = json!({"kind": "Pod", "spec": {"terminationGracePeriodSeconds": 30, "containers": [
            {"name": "helper"},
            {"name": "web", "livenessProbe": {"failureThreshold": 2}},
        ]}});
        deciding_field(&object, text, &PodKey::new("default", "web"), "web", fields)
    }

    const THRESHOLD: FieldPath = FieldPath::Container(&["livenessProbe", "failureThreshold"]);
    const GRACE: FieldPath = FieldPath::Pod(&["spec", "terminationGracePeriodSeconds"]);

    #[test]
    fn a_field_that_was_typed_has_its_line() {
        let found = field(TEXT, &[GRACE, THRESHOLD]).unwrap();
        assert_eq!(found.path, "spec.containers[1].livenessProbe.failureThreshold");
        assert_eq!(found.value.as_deref(), Some("2"));
        let (line, at) = found.place.unwrap();
        assert_eq!((line, &TEXT[at..at + 16]), (14, "failureThreshold"));
    }

    #[test]
    fn a_field_that_was_filled_in_has_only_its_value() {
        let found = field(TEXT, &[GRACE]).unwrap();
        assert_eq!((found.value.as_deref(), found.place), (Some("30"), None));
    }

    #[test]
    fn the_text_of_another_pod_decides_nothing() {
        let found = field(&TEXT.replace("name: web\nspec", "name: other\nspec"), &[THRESHOLD]).unwrap();
        assert_eq!(found.place, None);
        assert_eq!(field("", &[FieldPath::Volume("none".into())]), None);
    }
}
