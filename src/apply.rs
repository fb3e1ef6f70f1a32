//! Apply: the objects of a manifest on their way to the API server, and its answers in kubectl's words.

use k8s_api::meta::Status;
use k8s_api::{Value, manifest};
use k8s_sim::{Answer, ApiRequest, DeleteOptions, PatchType, SimTime};

use crate::scene::PodKey;

/// What came of an Apply.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Applied {
    /// When.
    pub at: SimTime,
    /// Errors because of which nothing was sent at all.
    pub broken: usize,
    /// What kubectl prints for what was done: `pod/web created`.
    pub done: Vec<String>,
    /// What kubectl prints for what was refused.
    pub refused: Vec<String>,
    /// Objects that exist and cannot become what the manifest says: only a new one can.
    pub recreate: Vec<Value>,
    /// The Pods among the objects that were accepted.
    pub pods: Vec<PodKey>,
}

impl Applied {
    /// Whether anything was not accepted.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.broken > 0 || !self.refused.is_empty()
    }

    /// Everything as kubectl prints it.
    #[must_use]
    pub fn text(&self) -> String {
        if self.broken > 0 {
            let mistakes = if self.broken == 1 { "a mistake".into() } else { format!("{} mistakes", self.broken) };
            return format!("The manifest has {mistakes}: see below.");
        }
        let lines: Vec<&str> = self.done.iter().chain(&self.refused).map(String::as_str).collect();
        lines.join("\n")
    }
}

/// The objects of a text that kubectl would send; nothing when it would send none of them.
pub fn prepare(text: &str) -> Result<Vec<Value>, ()> {
    let (documents, diagnostics) = manifest::parse(text);
    if diagnostics.iter().any(|it| it.severity == manifest::Severity::Error) {
        return Err(());
    }
    Ok(documents.into_iter().map(|document| document.object).filter(Value::is_object).collect())
}

/// Kind, namespace and name of an object; a namespaced one without a namespace is in `default`.
#[must_use]
pub fn key_of(object: &Value) -> (String, String, String) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let kind = text(&object["kind"]);
    let namespaced = k8s_api::kind::KINDS.iter().find(|it| it.kind == kind).is_none_or(|it| it.namespaced);
    let namespace = match (namespaced, object["metadata"]["namespace"].as_str()) {
        (false, _) => String::new(),
        (true, Some(namespace)) if !namespace.is_empty() => namespace.to_owned(),
        (true, _) => "default".into(),
    };
    (kind, namespace, text(&object["metadata"]["name"]))
}

/// The request that deletes this object in its own time.
#[must_use]
pub fn delete_request(kind: &str, namespace: &str, name: &str) -> ApiRequest {
    ApiRequest::Delete {
        kind: kind.into(),
        namespace: namespace.into(),
        name: name.into(),
        options: DeleteOptions::default(),
    }
}

/// Sends one object: creates it where there is none of its name (`exists` says what there is), patches the one
/// that is there.
pub fn apply_object(
    object: &Value,
    exists: Option<&Value>,
    applied: &mut Applied,
    submit: impl FnOnce(ApiRequest) -> Answer,
) {
    let (kind, namespace, name) = key_of(object);
    let label = format!("{}/{name}", kind.to_lowercase());
    let request = match exists {
        None => ApiRequest::Create { namespace: namespace.clone(), object: object.clone(), dry_run: false },
        Some(_) => ApiRequest::Patch {
            kind: kind.clone(),
            namespace: namespace.clone(),
            name: name.clone(),
            subresource: String::new(),
            patch_type: PatchType::Strategic,
            patch: object.clone(),
            dry_run: false,
        },
    };
    match submit(request) {
        Answer::Api(Ok(now)) => {
            let word = match exists {
                None => "created",
                Some(old) if old["metadata"]["resourceVersion"] == now["metadata"]["resourceVersion"] => "unchanged",
                Some(_) => "configured",
            };
            applied.done.push(format!("{label} {word}"));
            if kind == "Pod" {
                applied.pods.push(PodKey::new(&namespace, &name));
            }
        }
        Answer::Api(Err(status)) => {
            if exists.is_some() && cannot_change(&status) {
                applied.recreate.push(object.clone());
            }
            applied.refused.push(words(&status));
        }
        Answer::Refused(reason) => applied.refused.push(format!("{label}: {reason}")),
        Answer::Exec(_) | Answer::Done => {}
    }
}

/// Whether a new object could have what this one cannot get.
fn cannot_change(status: &Status) -> bool {
    status.reason == "Invalid"
        && ["may not change fields", "may not add or remove", "field is immutable"]
            .iter()
            .any(|words| status.message.contains(words))
}

/// The answer as kubectl words it.
fn words(status: &Status) -> String {
    if status.reason == "Invalid" {
        // The message begins with kind and name itself; kubectl puts an article before it.
        return format!("The {}", status.message.trim_start_matches("The "));
    }
    format!("Error from server ({}): {}", status.reason, status.message)
}
