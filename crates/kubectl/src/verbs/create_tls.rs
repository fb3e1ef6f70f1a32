//! `kubectl create secret tls`. Models k8s.io/kubectl/pkg/cmd/create/create_secret_tls.go (v1.36)

use k8s_api::decode::base64_encode;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::files;
use crate::session::Session;

/// The Secret, if both files look like what they should be: what they mean is not checked.
pub(super) fn secret(session: &Session<'_>, name: &str) -> Result<Value, Failure> {
    let read = |flag: &str, what: &str| {
        let path = session.flags.text(flag);
        if path.is_empty() {
            return Err(Failure::error("key and cert must be specified"));
        }
        let text = files::read(session.env, path).ok_or_else(|| {
            Failure::error(format!("Cannot read file {path}, open {path}: no such file or directory"))
        })?;
        if text.contains("-----BEGIN ") { Ok(base64_encode(text.as_bytes())) } else { Err(no_pem(what)) }
    };
    let certificate = read("cert", "certificate")?;
    let key = read("key", "key")?;
    Ok(json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": "kubernetes.io/tls",
        "data": {"tls.crt": certificate, "tls.key": key},
    }))
}

// Models crypto/tls X509KeyPair
fn no_pem(what: &str) -> Failure {
    Failure::error(format!("tls: failed to find any PEM data in {what} input"))
}
