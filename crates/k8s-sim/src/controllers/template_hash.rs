//! The hash by which Deployments and DaemonSets tell templates apart.

use k8s_api::Value;

/// What distinguishes a template in names: eight to ten letters without vowels.
///
/// Upstream hashes Go's printing of the whole structure, which nothing else can print; here the template's JSON is
/// hashed the same way. So the letters differ from those of a real cluster, but neither their kind nor their number.
// Models ComputeHash and rand.SafeEncodeString (v1.36)
pub(crate) fn compute_hash(template: &Value, collision_count: Option<i32>) -> String {
    let mut hash: u32 = 0x811c_9dc5;
    let mut add = |byte: u8| hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    template.to_string().bytes().for_each(&mut add);
    if let Some(count) = collision_count {
        i64::from(count).to_le_bytes().into_iter().for_each(&mut add);
    }
    k8s_api::admission::safe_encode(&hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::compute_hash;
    use serde_json::json;

    #[test]
    fn a_template_has_its_hash() {
        let template = json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}});
        let hash = compute_hash(&template, None);
        assert_eq!(hash, compute_hash(&template, None));
        assert!(hash.len() <= 10 && hash.chars().all(|c| "bcdf2456789".contains(c)), "{hash}");
        assert_ne!(hash, compute_hash(&template, Some(1)));
    }
}
