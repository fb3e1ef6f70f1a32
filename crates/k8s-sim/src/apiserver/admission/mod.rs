//! Admission: what the API server adds to a request, and what it refuses because of other objects. Each file is
//! one plugin; [`Request`] is what they all look at.
// Models k8s.io/apiserver/pkg/admission and the plugins that are on by default (v1.36), in their order

pub(crate) mod limit_ranger;
pub(crate) mod pod_security;
pub(crate) mod priority;
pub(crate) mod resource_quota;
pub(crate) mod runtime_class;

use k8s_api::Value;
use k8s_api::kind::Kind;
use k8s_api::meta::{Status, StatusCause};

use super::{ObjectKey, Store};

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) store: &'a Store,
    pub(crate) kind: &'a Kind,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
    pub(crate) subresource: &'a str,
    /// The object as it was; absent when it is new.
    pub(crate) old: Option<&'a Value>,
}

/// Refused, with the server's answer.
pub(crate) type Refused = Box<Status>;

impl Request<'_> {
    /// `pods "x" is forbidden: …`
    // Models admission.NewForbidden (v1.36)
    pub(crate) fn forbidden(&self, why: &str) -> Refused {
        let message = format!("{} \"{}\" is forbidden: {why}", self.kind.qualified_plural(), self.name);
        super::details(super::status(403, "Forbidden", message), self.kind, self.name)
    }

    fn is_new(&self) -> bool {
        self.old.is_none()
    }

    /// A field of the namespace object.
    fn namespace_object(&self) -> Option<Value> {
        self.store.get(&ObjectKey::new("Namespace", "", self.namespace)).map(|object| object.to_value())
    }
}

/// Several errors as one text: `[a, b]`, each once.
// Models k8s.io/apimachinery/pkg/util/errors aggregate.Error (v1.36)
fn aggregate(errors: Vec<String>) -> Option<String> {
    let mut once: Vec<String> = Vec::new();
    for error in errors {
        if !once.contains(&error) {
            once.push(error);
        }
    }
    match once.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        several => Some(format!("[{}]", several.join(", "))),
    }
}

/// The namespace must be there, and not on its way out when something new is to go into it.
// Models k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle (v1.36)
pub(crate) fn namespace_lifecycle(request: &Request<'_>) -> Result<(), Refused> {
    if request.namespace.is_empty() {
        return Ok(());
    }
    let Some(namespace) = request.namespace_object() else {
        let kind = k8s_api::kind::by_kind("Namespace").unwrap_or(request.kind);
        return Err(super::not_found(kind, request.namespace));
    };
    if request.is_new() && namespace["status"]["phase"] == "Terminating" {
        let why = format!(
            "unable to create new content in namespace {} because it is being terminated",
            request.namespace
        );
        let mut refused = request.forbidden(&why);
        if let Some(details) = &mut refused.details {
            details.causes.push(StatusCause {
                reason: "NamespaceTerminating".into(),
                message: format!("namespace {} is being terminated", request.namespace),
                field: "metadata.namespace".into(),
            });
        }
        return Err(refused);
    }
    Ok(())
}

/// A new claim is protected, and gets the default class if it asks for none.
// Models plugin/pkg/admission/storage/storageclass/setdefault (v1.36)
pub(crate) fn claim(request: &Request<'_>, claim: &mut Value) {
    let asked = claim["spec"]["storageClassName"].is_string()
        || claim["metadata"]["annotations"]["volume.beta.kubernetes.io/storage-class"].is_string();
    if let Some(class) = crate::controllers::volume::default_class(request.store).filter(|_| !asked) {
        claim["spec"]["storageClassName"] = class.into();
    }
    protect(claim, crate::controllers::volume::CLAIM_FINALIZER);
}

/// It stays while it is used.
// Models plugin/pkg/admission/storage/storageobjectinuseprotection (v1.36)
pub(crate) fn protect(object: &mut Value, finalizer: &str) {
    let mut finalizers = object["metadata"]["finalizers"].as_array().cloned().unwrap_or_default();
    if !finalizers.iter().any(|other| other == finalizer) {
        finalizers.push(finalizer.into());
        object["metadata"]["finalizers"] = finalizers.into();
    }
}

/// The Pod's service account, and whether it mounts its token.
// Models plugin/pkg/admission/serviceaccount (v1.36)
pub(crate) fn service_account(request: &Request<'_>, pod: &Value) -> Result<bool, Refused> {
    let account =
        pod["spec"]["serviceAccountName"].as_str().filter(|name| !name.is_empty()).unwrap_or("default");
    let key = ObjectKey::new("ServiceAccount", request.namespace, account);
    match request.store.get(&key) {
        Some(object) => Ok(object.to_value()["automountServiceAccountToken"].as_bool().unwrap_or(true)),
        None => Err(request.forbidden(&format!(
            "error looking up service account {}/{account}: serviceaccount \"{account}\" not found",
            request.namespace
        ))),
    }
}
