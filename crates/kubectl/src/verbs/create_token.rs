//! `kubectl create token`: a token of a service account, as far as nobody checks its signature.
//! Models k8s.io/kubectl/pkg/cmd/create/create_token.go (v1.36)

use k8s_api::decode::base64_encode;
use serde_json::json;

use super::Task;
use crate::duration::SECOND;
use crate::failure::Failure;
use crate::session::{Outcome, Session};
use crate::targets;
use crate::tree::text;

const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
/// The API server gives none that is valid for less.
// Models pkg/apis/authentication/validation MinTokenAgeSec (v1.36)
const MIN_SECONDS: i64 = 600;

pub(super) fn run(session: &mut Session<'_>, names: &[String]) -> Outcome {
    let flags = session.flags;
    let [name] = names else {
        let message = format!("exactly one NAME is required, got {}", names.len());
        return Err(Failure::usage("create token", message));
    };
    let namespace = session.namespace();
    let failed = |why: &str| Failure::error(format!("failed to create token: {why}"));
    let account = session.api.get(targets::kind_of("serviceaccounts")?, &namespace, name);
    let account = account.map_err(|status| failed(&status.message))?;
    let seconds = flags.micros("duration").map_or(3600, |micros| micros / SECOND);
    if seconds < MIN_SECONDS {
        return Err(failed(&format!(
            "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: {seconds}: may \
             not specify a duration less than 10 minutes"
        )));
    }
    let now = session.api.now_micros() / SECOND;
    let mut audiences = flags.all("audience");
    if audiences.is_empty() {
        audiences.push(ISSUER);
    }
    let claims = json!({
        "aud": audiences, "exp": now + seconds, "iat": now, "iss": ISSUER,
        "kubernetes.io": {
            "namespace": namespace,
            "serviceaccount": {"name": name, "uid": text(&account, "metadata.uid")},
        },
        "nbf": now, "sub": format!("system:serviceaccount:{namespace}:{name}"),
    });
    let part = |text: &str| {
        let encoded = base64_encode(text.as_bytes()).replace('+', "-").replace('/', "_");
        encoded.trim_end_matches('=').to_string()
    };
    let head = part("{\"alg\":\"RS256\",\"kid\":\"podarium\"}");
    let token = format!("{head}.{}.{}", part(&claims.to_string()), part("not signed"));
    session.out.print(&token);
    if session.env.terminal {
        session.out.print("\n");
    }
    Ok(Task::Done(0))
}
