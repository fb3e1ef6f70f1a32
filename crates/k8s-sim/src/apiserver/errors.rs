//! The answers by which the API server refuses a request.
// Models k8s.io/apimachinery/pkg/api/errors (v1.36)

use k8s_api::kind::Kind;
use k8s_api::meta::{Status, StatusDetails};
use k8s_api::validation::field::ErrorList;

use super::patch;
use crate::input::PatchType;

pub(super) fn status(code: i32, reason: &str, message: String) -> Box<Status> {
    Box::new(Status { status: "Failure".into(), message, reason: reason.into(), details: None, code })
}

pub(super) fn details(mut answer: Box<Status>, kind: &Kind, name: &str) -> Box<Status> {
    answer.details = Some(StatusDetails {
        name: name.into(),
        group: kind.group.into(),
        kind: kind.plural.into(),
        ..StatusDetails::default()
    });
    answer
}

/// `pods "x" not found`
// Models apierrors.NewNotFound (v1.36)
#[must_use]
pub fn not_found(kind: &Kind, name: &str) -> Box<Status> {
    let message = format!("{} \"{name}\" not found", kind.qualified_plural());
    details(status(404, "NotFound", message), kind, name)
}

/// `pods "x" already exists`
// Models apierrors.NewAlreadyExists (v1.36)
#[must_use]
pub fn already_exists(kind: &Kind, name: &str) -> Box<Status> {
    let message = format!("{} \"{name}\" already exists", kind.qualified_plural());
    details(status(409, "AlreadyExists", message), kind, name)
}

/// `Operation cannot be fulfilled on pods "x": …`
// Models apierrors.NewConflict (v1.36)
#[must_use]
pub fn conflict(kind: &Kind, name: &str, why: &str) -> Box<Status> {
    let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", kind.qualified_plural());
    details(status(409, "Conflict", message), kind, name)
}

/// `Pod "x" is invalid: …`, with a cause for each error.
// Models apierrors.NewInvalid (v1.36)
pub(super) fn invalid(kind: &Kind, name: &str, errors: &ErrorList) -> Box<Status> {
    Box::new(errors.status(kind.group, kind.kind, name))
}

pub(super) fn bad_request(message: String) -> Box<Status> {
    status(400, "BadRequest", message)
}

// Models jsonPatcher.applyJSPatch (v1.36): what does not fit is told in general words only.
// A strategic patch is decoded by strategicPatchObject, which says less.
pub(super) fn patch_refused(refusal: patch::Refusal, patch_type: PatchType) -> Box<Status> {
    match refusal {
        patch::Refusal::NoObject(is) => {
            let prefix = if patch_type == PatchType::Merge { "error decoding patch: " } else { "" };
            bad_request(format!(
                "{prefix}json: cannot unmarshal {is} into Go value of type map[string]interface {{}}"
            ))
        }
        patch::Refusal::NoPatch => bad_request(
            "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp".into(),
        ),
        patch::Refusal::Unfit => {
            status(422, "Invalid", "the server rejected our request due to an error in our request".into())
        }
    }
}
